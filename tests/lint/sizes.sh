#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Sizes that keep a house livable: functions to 80 lines, .c files to 800, headers to 200 (cryptoki.h apart); licence line first.
. "${SINBUN_SRCDIR:?}/tests/lib/lint.sh"
for file in $(find module tools tests -name '*.[ch]' -not -path 'tests/interop/*'); do
	lines=$(wc -l <"$file")
	case $file in
	module/cryptoki.h) limit=100000 ;;
	*.h) limit=200 ;;
	*) limit=800 ;;
	esac
	[ "$lines" -le "$limit" ] || complain "$file has $lines lines, more than $limit"
	head -n 1 "$file" | grep -q 'SPDX-License-Identifier: BSD-3-Clause' || complain "$file: no SPDX line"
	long=$(awk '/^\{$/ {start = NR} /^\}/ && start {
		if (NR - start - 1 > 80) printf "line %d: a function of %d lines; ", start, NR - start - 1
		start = 0 }' "$file")
	[ -z "$long" ] || complain "$file: $long"
done
finish
