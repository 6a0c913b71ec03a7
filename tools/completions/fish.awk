# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Completion for fish, from the table of a program (after common.awk).
function option_line(verb, name, condition,   k) {
	k = kind(value[verb, name])
	printf "complete -c %s%s -l %s -d %s", program, condition, substr(name, 3), quoted(option_help[verb, name])
	if (k == "file") printf " -r -F"
	else if (k == "directory") printf " -x -a '(__fish_complete_directories)'"
	else if (k ~ /^words/) printf " -x -a %s", quoted(substr(k, 7))
	else if (k != "") printf " -x"
	printf "\n"
}
END {
	f = "_" name_of(program)
	printf "# Completion for fish of %s; made from its --help.\n", program
	printf "# The words so far that are neither options nor their values.\n"
	printf "function %s_words\n\tset -l skip 0\n\tset -l words\n\tfor word in (commandline -opc)[2..-1]\n", f
	printf "\t\tif test $skip = 1\n\t\t\tset skip 0\n\t\telse if string match -q -- '-*' $word\n"
	printf "\t\t\tcontains -- $word%s; and set skip 1\n\t\telse\n\t\t\tset -a words $word\n\t\tend\n\tend\n", valued_names
	printf "\tstring join -- ' ' $words\nend\n"
	printf "function %s_is\n\tset -l words (%s_words)\n\ttest \"$words\" = \"$argv\"\nend\n", f, f
	printf "function %s_verb\n\tset -l words (%s_words)\n\ttest \"$words\" = \"$argv[1]\"; or string match -q -- \"$argv[1] *\" \"$words\"\nend\n", f, f
	printf "complete -c %s -f\n", program
	for (i = 1; i <= first_count; i++)
		printf "complete -c %s -n %s -a %s -d %s\n", program, quoted(f "_is"), quoted(firsts[i]), quoted(first_help[firsts[i]])
	n = split(substr(common(), 2), names, " ")
	for (j = 1; j <= n; j++) option_line(verbs[1], names[j], "")
	for (i = 1; i <= verb_count; i++) {
		at = index(verbs[i], " ")
		if (at)
			printf "complete -c %s -n %s -a %s -d %s\n", program, quoted(f "_is " substr(verbs[i], 1, at - 1)), quoted(substr(verbs[i], at + 1)), quoted(verb_help[verbs[i]])
		condition = " -n " quoted(f "_verb \"" verbs[i] "\"")
		n = split(substr(options[verbs[i]], 2), names, " ")
		for (j = 1; j <= n; j++)
			if (seen[names[j]] < verb_count) option_line(verbs[i], names[j], condition)
		if (kind(operands[verbs[i]]) == "file") printf "complete -c %s%s -F\n", program, condition
	}
}
