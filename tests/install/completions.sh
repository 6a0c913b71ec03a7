#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Completion in the shells offers what the programs know, no more and no less: bash is asked, and fish where it is; for zsh its functions' text.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
scripts=$SINBUN_BUILDDIR/tools/completions
tab=$(printf '\t')

# offered SHELL WORD…: what bash would offer for the last word.
in_bash() {
	local program=$1
	COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
	"_${program//-/_}"
	printf '%s\n' "${COMPREPLY[@]}" | sort
}
in_fish() { fish --no-config -c "source $scripts/fish/$1.fish; complete -C '$*'" 2>/dev/null | cut -f1 | sort; }
shells=in_bash
! command -v fish >/dev/null || shells="$shells in_fish"
# same WANTED COMMAND…: as sets of lines.
same() { [ "$1" = "$("${@:2}")" ] || complain "${*:2}: $(diff <(echo "$1") <("${@:2}") | tr '\n' ' ')"; }

for program in sinbun sinbun-admin sinbun-verify; do
	# shellcheck source=/dev/null
	. "$scripts/bash/$program"
	sh "$SINBUN_SRCDIR/tools/completions/table.sh" "$SINBUN_BUILDDIR/tools/$program" >table
	# Each line of the list of verbs gives a verb, and none of them more options than its own help shows.
	[ "$(grep -c '^verb' table)" = "$("$program" --help --lang en | grep -c '^  [a-z]')" ] || complain "$program: not all verbs are in the table"
	grep "^verb" table | cut -f2 >verbs
	for shell in $shells; do
		same "$(cut -d' ' -f1 verbs | sort -u)" $shell $program ""
		while read -r verb; do
			[ "$verb" = "${verb% *}" ] || same "$(sed -n "s/^${verb% *} //p" verbs | sort)" $shell $program "${verb% *}" ""
			# shellcheck disable=SC2086
			"$program" $verb --help --lang en | sed -n 's/^  \(--[a-z0-9-]*\).*/\1/p' | sort >options
			# shellcheck disable=SC2086
			same "$(cat options)" $shell $program $verb --
		done <verbs
	done
	# In zsh's script each verb's part has its options, with their help.
	while IFS=$tab read -r what verb name value help; do
		[ "$what" = option ] || continue
		sed -n "/^	'$verb') /,/;;\$/p" "$scripts/zsh/_$program" | grep -qF -- "'$name[" || complain "zsh: $program $verb $name"
	done <table
	! command -v zsh >/dev/null || zsh -n "$scripts/zsh/_$program" 2>err || complain "zsh: $(cat err)"
	head -n 1 "$scripts/zsh/_$program" | grep -qx "#compdef $program" || complain "zsh: _$program is not for $program"
done

# --- values, and options before the verb ---
mkdir there
touch there/file.csv
for shell in $shells; do
	same "$(printf 'en\nko')" $shell sinbun --lang ""
	same resume $shell sinbun-admin --registry there res
	same import $shell sinbun-admin --registry there registry im
	same --dry-run $shell sinbun-admin --registry there registry import --dr
	same there/file.csv $shell sinbun-admin registry import there/
done
same there in_bash sinbun-admin --registry th
same "" in_bash sinbun-admin issue --officer ""
finish
