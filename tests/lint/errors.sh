#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# sinbun-errors(7) tells cause and mend of every error name of the programs and of every code of the module, and of no others.
. "${SINBUN_SRCDIR:?}/tests/lib/lint.sh"
export LC_ALL=C
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
page=conf/sinbun-errors.7
sed -n 's/^\.It Li //p' "$page" >"$work/told"
sed -n 's/^\.It Dv //p' "$page" >"$work/codes-told"

# Names stand in calls of sb_fail, in rows with an exit code or an error of ours, and before a message that is passed on.
find tools -name '*.c' | sort | xargs cat | tr '\n\t' '  ' >"$work/all"
{
	grep -oE 'sb_fail\([^;"]*SB_EXIT_[A-Z_]+, "[a-z0-9_]+"' "$work/all"
	grep -oE 'sb_fail\([^;"]*\? "[a-z0-9_]+" : "[a-z0-9_]+"' "$work/all"
	grep -oE '\{[^{}();"]*SB_EXIT_[A-Z_]+, "[a-z0-9_]+"' "$work/all"
	grep -oE 'SB_EXIT_[A-Z_]+, "[a-z0-9_]+", _\(' "$work/all"
	grep -oE '\{SB_E_[A-Z_]+, "[a-z0-9_]+", +N_\(' "$work/all"
} | grep -oE '"[a-z0-9_]+"' | tr -d '"' | sort -u >"$work/used"
[ "$(wc -l <"$work/used")" -ge 150 ] || complain "too few names found in the sources: is the search still right?"
for name in $(sort "$work/told" | comm -23 "$work/used" -); do complain "$page does not tell of the error $name"; done
while read -r name; do
	grep -qF "\"$name\"" "$work/all" || complain "$page tells of $name, which no program says"
done <"$work/told"

find module -name '*.c' -o -name api.def | sort | xargs cat | grep -oE '\bCKR_[A-Z_0-9]+' | grep -vx CKR_OK | sort -u >"$work/codes"
for code in $(sort "$work/codes-told" | comm -3 "$work/codes" -); do complain "$page and the module do not agree on $code"; done
for list in told codes-told; do sort -c "$work/$list" 2>/dev/null || complain "$page: $list not in order"; done
# Each row has both.
[ "$(grep -c '^\.It \(Li\|Dv\) ' "$page")" = "$(grep -c '^\.Em Mend:$' "$page")" ] || complain "$page: a row without a mend"
finish
