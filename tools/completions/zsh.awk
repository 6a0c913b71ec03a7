# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Completion for zsh, from the table of a program (after common.awk).
function escaped(text) {
	gsub(/\\/, "\\\\", text)
	gsub(/\[/, "\\[", text)
	gsub(/\]/, "\\]", text)
	gsub(/:/, "\\:", text)
	return text
}
function action(k) {
	if (k == "file") return "_files"
	if (k == "directory") return "_files -/"
	return k ~ /^words/ ? "(" substr(k, 7) ")" : " "
}
function specification(verb, name,   v) {
	v = value[verb, name]
	return quoted(name "[" escaped(option_help[verb, name]) "]" (v == "" ? "" : ":" escaped(v) ":" action(kind(v))))
}
# The options of a verb, or those of all.
function specifications(verb, list,   n, j, names) {
	n = split(list, names, " ")
	for (j = 1; j <= n; j++) printf "\t\t%s \\\n", specification(verb, names[j])
}
function described(word, help) {
	return quoted(escaped(word) ":" help)
}
END {
	f = name_of(program)
	printf "#compdef %s\n# Completion for zsh of %s; made from its --help.\n", program, program
	printf "%s_verb() {\n\tlocal verb=$words[1]\n\tlocal -a described\n", f
	printf "\tif (( CURRENT == 1 )); then\n\t\tdescribed=(\n"
	for (i = 1; i <= first_count; i++) printf "\t\t\t%s\n", described(firsts[i], first_help[firsts[i]])
	printf "\t\t)\n\t\t_describe -t verbs verb described\n\t\treturn\n\tfi\n"
	printf "\tcase $verb in\n"
	for (i = 1; i <= first_count; i++) {
		if (group_of[firsts[i]] == "") continue
		printf "\t%s)\n\t\tif (( CURRENT == 2 )); then\n\t\t\tdescribed=(\n", firsts[i]
		n = split(substr(group_of[firsts[i]], 2), names, " ")
		for (j = 1; j <= n; j++) printf "\t\t\t\t%s\n", described(names[j], verb_help[firsts[i] " " names[j]])
		printf "\t\t\t)\n\t\t\t_describe -t verbs verb described\n\t\t\treturn\n\t\tfi\n"
		printf "\t\tverb=\"$verb $words[2]\"\n\t\tshift words\n\t\t(( CURRENT-- )) ;;\n"
	}
	printf "\tesac\n\tcase $verb in\n"
	for (i = 1; i <= verb_count; i++) {
		printf "\t%s) _arguments -S \\\n", quoted(verbs[i])
		specifications(verbs[i], substr(options[verbs[i]], 2))
		printf "\t\t%s ;;\n", quoted("*:" escaped(operands[verbs[i]]) ":" action(kind(operands[verbs[i]])))
	}
	printf "\tesac\n}\n"
	printf "_arguments -C -S \\\n"
	specifications(verbs[1], substr(common(), 2))
	printf "\t\t'*:: :%s_verb'\n", f
}
