# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Completion for bash, from the table of a program (after common.awk). It needs nothing of the package bash-completion.
END {
	f = name_of(program)
	printf "# Completion for bash of %s; made from its --help.\n", program
	printf "%s_options() {\n\tcase $1 in\n", f
	for (i = 1; i <= verb_count; i++) printf "\t%s) echo %s ;;\n", quoted(verbs[i]), quoted(substr(options[verbs[i]], 2))
	printf "\t*) echo %s ;;\n\tesac\n}\n", quoted(substr(common(), 2))
	printf "%s_value() {\n\tcase $1 in\n", f
	for (i = 1; i <= verb_count; i++) {
		n = split(substr(options[verbs[i]], 2), names, " ")
		for (j = 1; j <= n; j++)
			if (value[verbs[i], names[j]] != "")
				printf "\t%s) echo %s ;;\n", quoted(verbs[i] " " names[j]), quoted(kind(value[verbs[i], names[j]]))
	}
	n = split(substr(common(), 2), names, " ")
	for (j = 1; j <= n; j++)
		if (value[verbs[1], names[j]] != "") printf "\t%s) echo %s ;;\n", quoted(" " names[j]), quoted(kind(value[verbs[1], names[j]]))
	printf "\tesac\n}\n"
	printf "%s_words() {\n\tcase $1 in\n", f
	for (i = 1; i <= first_count; i++) {
		printf "\t%s) echo %s ;;\n", quoted(firsts[i]), quoted(substr(group_of[firsts[i]], 2))
		all = all " " firsts[i]
	}
	printf "\t'') echo %s ;;\n\tesac\n}\n", quoted(substr(all, 2))
	printf "%s_operand() {\n\tcase $1 in\n", f
	for (i = 1; i <= verb_count; i++)
		if (kind(operands[verbs[i]]) == "file") printf "\t%s) echo file ;;\n", quoted(verbs[i])
	printf "\tesac\n}\n"
	printf "%s() {\n", f
	printf "\tlocal cur=${COMP_WORDS[COMP_CWORD]} last= first= verb= i word kind=\n\tCOMPREPLY=()\n"
	printf "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n\t\tword=${COMP_WORDS[i]}\n"
	printf "\t\tcase $word in\n\t\t-*) case ' %s ' in *\" $word \"*) [ $((++i)) -lt \"$COMP_CWORD\" ] || last=$word ;; esac ;;\n", substr(valued_names, 2)
	printf "\t\t*) if [ -n \"$verb\" ]; then :\n"
	printf "\t\t\telif [ -n \"$first\" ]; then verb=\"$first $word\"\n"
	printf "\t\t\telif [ -n \"$(%s_words \"$word\")\" ]; then first=$word\n\t\t\telse verb=$word; fi ;;\n\t\tesac\n\tdone\n", f
	printf "\tif [ -n \"$last\" ]; then kind=$(%s_value \"$verb $last\")\n", f
	printf "\telif [ \"${cur:0:1}\" = - ]; then kind=\"words $(%s_options \"$verb\")\"\n", f
	printf "\telif [ -z \"$verb\" ]; then kind=\"words $(%s_words \"$first\")\"\n", f
	printf "\telse kind=$(%s_operand \"$verb\"); fi\n", f
	printf "\tcase $kind in\n"
	printf "\twords*) mapfile -t COMPREPLY < <(compgen -W \"${kind#words}\" -- \"$cur\") ;;\n"
	printf "\tfile) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\") ;;\n"
	printf "\tdirectory) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- \"$cur\") ;;\n"
	printf "\tesac\n}\ncomplete -F %s %s\n", f, program
}
