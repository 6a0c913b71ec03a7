#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# table.sh PROGRAM: its verbs and options as its own --help tells them, a line each, columns parted by tabs:
#   verb WORDS OPERANDS HELP
#   option WORDS NAME VALUE HELP
# What completes command lines in shells is made from it, so it cannot know other options than the program.
set -eu
program=$1
tab=$(printf '\t')

"$program" --lang en --help | sed -n 's/^  \([^ ].*[^ ]\)   *\([^ ].*\)$/\1'"$tab"'\2/p' | while IFS=$tab read -r left help; do
	words=$(printf '%s\n' "$left" | sed 's/ [^a-z].*//')
	operands=${left#"$words"}
	printf 'verb\t%s\t%s\t%s\n' "$words" "${operands# }" "$help"
	# Words of a verb are words of the command line.
	# shellcheck disable=SC2086
	"$program" --lang en $words --help | sed -n 's/^  \(--[^ ]*\) \{0,1\}\([^ ]*\)   *\([^ ].*\)$/option'"$tab$words$tab"'\1'"$tab"'\2'"$tab"'\3/p'
done
