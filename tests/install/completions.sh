#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Completion in the shells offers what the programs know, no more and no less. bash is asked, and fish and zsh: where these are not installed they are
# unpacked beside the build.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/packages.sh"
scripts=$SINBUN_BUILDDIR/tools/completions
tab=$(printf '\t')
shells=bash
fish=$(command -v fish) zsh=$(command -v zsh) fish_functions='' fish_libraries='' zsh_functions='' zsh_libraries=''
# A shell that is not to be had costs only its part.
got() { (unpack "$@") && unpack "$@"; }
if [ -n "$fish" ] || got fish fish fish-common libpcre2-32-0; then
	[ -n "$fish" ] || fish=$unpacked/usr/bin/fish fish_functions=$unpacked/usr/share/fish/functions fish_libraries=$libraries
	LD_LIBRARY_PATH=$fish_libraries "$fish" --no-config -c true 2>err && shells="$shells fish" || echo "fish does not run here: $(cat err)" >&2
fi
if [ -n "$zsh" ] || got zsh zsh zsh-common; then
	if [ -z "$zsh" ]; then
		zsh=$unpacked/bin/zsh zsh_functions=$(find "$unpacked/usr/share/zsh/functions" -type d) zsh_libraries=$(echo "$unpacked"/usr/lib/*/zsh/[0-9]*)
	fi
	"$zsh" -f -c true 2>err && shells="$shells zsh" || echo "zsh does not run here: $(cat err)" >&2
fi

# --- what is asked: offers LINE, with what is offered for its last word on standard input, a line each ---
mkdir there wanted bash fish zsh
touch there/file.csv
: >questions
offers() { sort >"wanted/$(wc -l <questions)"; echo "$1" >>questions; }
for program in sinbun sinbun-admin sinbun-verify; do
	sh "$SINBUN_SRCDIR/tools/completions/table.sh" "$SINBUN_BUILDDIR/tools/$program" >table
	# Each line of the list of verbs gives a verb, and none of them more options than its own help shows.
	[ "$(grep -c '^verb' table)" = "$("$program" --help --lang en | grep -c '^  [a-z]')" ] || complain "$program: not all verbs are in the table"
	grep '^verb' table | cut -f2 >verbs
	cut -d' ' -f1 verbs | sort -u | offers "$program "
	while read -r verb; do
		[ "$verb" = "${verb% *}" ] || sed -n "s/^${verb% *} //p" verbs | offers "$program ${verb% *} "
		# shellcheck disable=SC2086
		"$program" $verb --help --lang en | sed -n 's/^  \(--[a-z0-9-]*\).*/\1/p' | offers "$program $verb --"
	done <verbs
	# In zsh's script each verb's part has its options, with their help.
	while IFS=$tab read -r what verb name value help; do
		[ "$what" = option ] || continue
		sed -n "/^	'$verb') /,/;;\$/p" "$scripts/zsh/_$program" | grep -qF -- "'$name[" || complain "zsh: $program $verb $name"
	done <table
	head -n 1 "$scripts/zsh/_$program" | grep -qx "#compdef $program" || complain "zsh: _$program is not for $program"
done
# Values, and options before the verb.
printf '%s\n' en ko | offers "sinbun --lang "
echo resume | offers "sinbun-admin --registry there res"
echo import | offers "sinbun-admin --registry there registry im"
echo --dry-run | offers "sinbun-admin --registry there registry import --dr"
echo file.csv | offers "sinbun-admin registry import there/"
echo there | offers "sinbun-admin --registry th"
offers "sinbun-admin issue --officer " </dev/null

# --- the answers: SHELL/N for the Nth question ---
in_bash() {
	local line n=0
	for line in "$scripts"/bash/*; do
		# shellcheck source=/dev/null
		. "$line"
	done
	while IFS= read -r line; do
		read -ra COMP_WORDS <<<"$line"
		[ "${line% }" = "$line" ] || COMP_WORDS+=('')
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMPREPLY=()
		"_${COMP_WORDS[0]//-/_}"
		printf '%s\n' "${COMPREPLY[@]}" >bash/$n
		n=$((n + 1))
	done <questions
}
cat >ask.fish <<'END'
test -z "$FISH_FUNCTIONS"; or set -p fish_function_path $FISH_FUNCTIONS
for script in $argv
	source $script
end
set n 0
while read -l line
	complete -C $line >fish/$n
	set n (math $n + 1)
end <questions
END
in_fish() {
	HOME=$here FISH_FUNCTIONS=$fish_functions LD_LIBRARY_PATH=$fish_libraries "$fish" --no-config ask.fish "$scripts"/fish/*.fish 2>err || complain "fish: $(cat err)"
}
# zsh completes in its line editor only, so on a terminal; what it would show is put down instead.
cat >.zshrc <<'END'
module_path=(${ZSH_LIBRARIES:-$module_path}) fpath=($COMPLETIONS ${(f)ZSH_FUNCTIONS} $fpath)
PROMPT='ready> '
autoload -Uz compinit && compinit -u -D
compadd() {
	local -a found
	if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi
	builtin compadd -A found "$@"
	(( $#found )) || return 1
	print -rl -- $found >>answer
}
answer-all() {
	local line n=0
	while IFS= read -r line <&3; do
		: >answer
		BUFFER=$line CURSOR=$#line
		zle complete-word
		mv answer zsh/$n
		(( n++ ))
	done 3<questions
	BUFFER=
	print -n done
}
zle -N answer-all
zle -C complete-word .complete-word _main_complete
bindkey '^T' answer-all
END
in_zsh() {
	on_terminal 0 'ready>' $'\x14' 'done' $'exit\n' -- env HOME="$here" ZDOTDIR="$here" COMPLETIONS="$scripts/zsh" ZSH_FUNCTIONS="$zsh_functions" \
		ZSH_LIBRARIES="$zsh_libraries" "$zsh" -d -i
}
for shell in $shells; do
	in_$shell
	n=0
	while IFS= read -r line; do
		# With a description behind it, a directory before it or a stroke, as each shell has it.
		cut -f1 "$shell/$n" 2>/dev/null | sed 's,/$,,; s,^there/,,; /^$/d' | sort -u | diff "wanted/$n" - >differs || complain "$shell: $line: $(tr '\n' ' ' <differs)"
		n=$((n + 1))
	done <questions
done
[ "$(wc -l <questions)" -gt 100 ] || complain "only $(wc -l <questions) questions"
[ "$failures" != 0 ] || [ "$shells" = "bash fish zsh" ] || skip "a part, right is: $shells"
finish
