#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Man pages are clean, and tell of every option that the programs know.
. "${SINBUN_SRCDIR:?}/tests/lib/lint.sh"
command -v mandoc >/dev/null || { echo "no mandoc"; exit 77; }
for page in $(find module tools conf -name '*.[1578]'); do
	mandoc -Tlint -W warning "$page" >&2 || complain "$page: mandoc finds fault"
done
for program in sinbun sinbun-admin sinbun-verify; do
	page=$(find tools -name "$program.[18]")
	[ -n "$page" ] || { complain "$program has no man page"; continue; }
	text=$(mandoc -Tutf8 "$page" | sed 's/.\x08//g')
	# The first column of the list of verbs, without operands; each verb's own help has its options.
	options=$("$SINBUN_BUILDDIR/tools/$program" --help | sed -n 's/^  \([a-z]*\( [a-z]*\)\{0,1\}\) .*/\1/p' | while read -r verb; do
		# shellcheck disable=SC2086
		"$SINBUN_BUILDDIR/tools/$program" $verb --help | sed -n 's/^  \(--[a-z-]*\).*/\1/p'
	done | sort -u)
	[ -n "$options" ] || complain "$program: no options found"
	for option in $options; do
		printf '%s\n' "$text" | grep -qE -- "$option([^a-z-]|\$)" || complain "$page does not tell of $option"
	done
	# And the other way: what the page lists as an option is one.
	for option in $(sed -n 's/^\.It Fl -\([a-z0-9-]*\).*/--\1/p' "$page" | sort -u); do
		printf '%s\n' "$options" | grep -qxF -- "$option" || complain "$page tells of $option, which $program does not know"
	done
	# Every verb has its place in the page.
	verbs=$("$SINBUN_BUILDDIR/tools/$program" --help | sed -n 's/^  \([a-z]*\( [a-z]*\)\{0,1\}\) .*/\1/p' | sed 's/ *$//; s/ /_/')
	for verb in $verbs; do
		grep -qE "^\.It Cm (.* , )?$(echo "$verb" | tr _ ' ')( |\$)" "$page" || complain "$page does not tell of the verb $verb"
	done
done
# The tests that sinbun-security(7) names as proofs are there and run, and have the functions named.
grep '^\.It Pa tests/' conf/sinbun-security.7 >/dev/null || complain "sinbun-security.7 names no tests"
while read -r line; do
	for name in $(printf '%s\n' "$line" | grep -oE 'tests/[a-z0-9/-]+'); do
		file=$(ls "$name.c" "$name.sh" 2>/dev/null)
		[ -n "$file" ] && find . -name '*.am' -exec grep -qF "$name" {} + ||
			complain "sinbun-security.7: $name is no test that runs"
		for function in $(printf '%s\n' "$line" | grep -oE 'Fn [a-z0-9_]+' | cut -c4-); do
			grep -qE "^static .*[ *]$function\(" "$file" || complain "sinbun-security.7: $name has no $function"
		done
	done
done <<END
$(grep '^\.It Pa tests/' conf/sinbun-security.7)
END
finish
