#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Half a verb was called no verb, and its --help was that of the whole program; -h was none; Korean had particles in brackets.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"

# --- half a verb ---
for half in 'sinbun pin' 'sinbun-admin registry' 'sinbun-admin apply' 'sinbun-admin status'; do
	program=${half% *} word=${half#* }
	# shellcheck disable=SC2086
	wants 2 $half --json --lang en
	says ".field == \"$word\" and (.message | contains(\"$word \"))"
	# shellcheck disable=SC2086
	wants 0 $half --help --lang en
	grep -q "^  $word " out || complain "$half --help does not list its verbs"
	[ "$(grep -c '^  [a-z]' out)" = "$(grep -c "^  $word " out)" ] || complain "$half --help lists others"
	grep -q "$program VERB --help" out || complain "$half --help does not say how to go on"
done
wants 2 sinbun pin --json --lang en
says '.message | (contains("pin change") and contains("pin unblock"))'
wants 2 sinbun frobnicate --json --lang en
says '.message | contains("has no verb")'

# --- -h is --help ---
for program in sinbun sinbun-admin sinbun-verify; do
	wants 0 $program -h
	cp out short
	wants 0 $program --help
	cmp -s short out || complain "$program -h is not $program --help"
done
wants 0 sinbun show -h
grep -q -e --details out || complain "show -h"

# --- particles depend on the word before them: a sentence is worded so that none stands after a placeholder ---
if grep -nE '을\(를\)|\(를\)|이\(가\)|\(가\)|\(으\)로|은\(는\)|\(는\)|와\(과\)|\(과\)' "$SINBUN_SRCDIR/tools/po/ko.po"; then
	complain "particles in brackets"
fi
LC_ALL=C.UTF-8 msgcat --no-wrap "$SINBUN_SRCDIR/tools/po/ko.po" 2>/dev/null | grep -E '^msgstr.*(%s|%d|%s\\")(을|를|이|가|은|는|와|과|으로|로)( |\.)' && complain "particles after a placeholder"
finish
