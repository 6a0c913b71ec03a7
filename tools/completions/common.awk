# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Reads the table of one program (table.sh) for the scripts of the three shells; -v program=NAME.
BEGIN { FS = "\t" }
$1 == "verb" {
	verbs[++verb_count] = $2
	operands[$2] = $3
	verb_help[$2] = $4
	first = $2
	sub(/ .*/, "", first)
	if (!(first in group_of)) firsts[++first_count] = first
	group_of[first] = (first == $2) ? "" : group_of[first] " " substr($2, length(first) + 2)
	first_help[first] = (first == $2) ? $4 : first " …"
}
$1 == "option" {
	options[$2] = options[$2] " " $3
	value[$2, $3] = $4
	option_help[$2, $3] = $5
	seen[$3]++
	if ($4 != "" && !valued[$3]++) valued_names = valued_names " " $3
	if ($2 == verbs[1]) order[++option_count] = $3
}
# What a value is: "file", "directory", "words a b", "other", or "" for an option that takes none.
function kind(value,   words) {
	if (value ~ /^FILE/ || value == "PATH") return "file"
	if (value == "DIR") return "directory"
	if (value ~ /^[a-z]+(\|[a-z]+)+$/) {
		words = value
		gsub(/\|/, " ", words)
		return "words " words
	}
	return value == "" ? "" : "other"
}
# Those that take a value in some verb: valued_names, each after a blank. The options that every verb has: they may stand before the verb too.
function common(   i, text) {
	for (i = 1; i <= option_count; i++)
		if (seen[order[i]] == verb_count) text = text " " order[i]
	return text
}
# A text between single quotes of a shell.
function quoted(text) {
	gsub(/'/, "'\\''", text)
	return "'" text "'"
}
function name_of(program) {
	gsub(/-/, "_", program)
	return "_" program
}
