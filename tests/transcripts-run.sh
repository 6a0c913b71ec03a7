#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# The enrolment at the counter runs through as its transcript tells it, in Korean and English; nothing in the Korean one is English but commands and
# their files. (The one from home, on real services: interop/apply-services.sh.)
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
for lang in ko en; do
	bash "$SINBUN_SRCDIR/tests/transcripts.sh" counter $lang >$lang 2>err || complain "$lang: $(tail -3 err)"
done
grep -q '^State: issued$' en || complain "the end: $(tail -1 en)"
grep -q '^상태: 발급됨$' ko || complain "the end: $(tail -1 ko)"
# A clerk is told what to repeat, and what to type for it.
grep -q '^What is done stays done. To be repeated, step 4/7 (phone in your own name): sinbun-admin apply phone --application A[0-9a-f]* --officer officer-1 --input FILE$' en ||
	complain "no step to repeat"
grep -q '^다음 5/7단계(실물 주민등록증 정보): sinbun-admin apply card --application A[0-9a-f]* --officer officer-1 --input FILE$' ko || complain "no next step"
# Two English words in a row that are neither a command nor its output in JSON are a message that nobody translated.
! sed '/^[$]/d; s/sinbun.*//; s/apply [a-z]*//; s/--[a-z]* [a-z-]*//g' ko | grep '[a-z][a-z]\+ [a-z][a-z]\+' >english || complain "English in the Korean one: $(cat english)"
finish
