#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
#
# A test that cannot fail is worth nothing. Each defect of mutants.list is put into a copy of the sources, by itself, and the test that
# guards against it must fail. Run by `make mutants`; $SINBUN_MUTANTS: only those whose first line this extended regular expression fits.
list=${SINBUN_SRCDIR:?}/tests/fault/mutants.list
work=$(mktemp -d "${TMPDIR:-/tmp}/sinbun-mutants.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
jobs=$(nproc)

echo 'building a copy'
mkdir "$work/tree" && tar -C "$SINBUN_SRCDIR" --exclude=./.git --exclude='*.o' --exclude='*.lo' --exclude='*.la' --exclude=.libs -cf - . |
	tar -C "$work/tree" -xf - && cd "$work/tree" || exit 1
# The copy is configured as itself: nothing in it may point back.
{ make -s distclean; ./configure --quiet && make -s -j"$jobs"; } >"$work/log" 2>&1 || { tail "$work/log"; echo 'the copy does not build'; exit 1; }

# The entries as four lines each, in arrays.
names=() tests=() files=() seds=()
while read -r name && read -r test && read -r file && IFS= read -r expression; do
	read -r _ # the empty line
	[[ $name =~ ${SINBUN_MUTANTS-} ]] || continue
	names+=("$name") tests+=("$test") files+=("$file") seds+=("$expression")
done < <(sed '/^#/d' "$list" | sed '1{/^$/d}')
tools='tests/fault/crash-driver tests/fault/lost-writes tests/tpm/token tests/tpm/insider tests/lib/tcp-proxy'
programs=$(printf '%s\n' "${tests[@]}" | grep -o '[^ ]*$' | grep -v '\.sh$' | sort -u)

export SINBUN_SRCDIR=$work/tree SINBUN_BUILDDIR=$work/tree SINBUN_MODULE=$work/tree/module/.libs/sinbun-pkcs11.so PATH=$work/tree/tools:$PATH
build() { make -s -j"$jobs" module/sinbun-pkcs11.la $tools $programs >"$work/log" 2>&1; }
# run_test TEST: with its settings; the exit code is the test's.
run_test() {
	local words
	read -ra words <<<"$1"
	env "${words[@]:0:${#words[@]}-1}" timeout 1800 "./${words[-1]}" >"$work/said" 2>&1
}

build || { tail "$work/log"; echo 'the tests do not build'; exit 1; }
while read -r test; do
	run_test "$test"
	case $? in
	0) ;;
	77) echo "$test is skipped here: $(tail -1 "$work/said")" ;;
	*) cat "$work/said"; echo "$test fails without any defect"; exit 1 ;;
	esac
done < <(printf '%s\n' "${tests[@]}" | sort -u)

missed=0
printf '%-8s  %-62s  %s\n' caught mutant test
for i in "${!names[@]}"; do
	read -ra mutated <<<"${files[i]}"
	answer=
	for file in "${mutated[@]}"; do
		cp "$file" "$work/${file##*/}"
		sed -i "${seds[i]}" "$file"
		! cmp -s "$file" "$work/${file##*/}" || answer='no such line'
	done
	if [ -n "$answer" ]; then
		:
	elif ! build; then
		answer='no build'
		tail -3 "$work/log"
	else
		run_test "${tests[i]}"
		case $? in
		0) answer=MISSED ;;
		77) answer=skipped ;;
		124) answer='no end' ;;
		*) answer=yes ;;
		esac
	fi
	[ "$answer" = yes ] || [ "$answer" = skipped ] || missed=$((missed + 1))
	printf '%-8s  %-62s  %s\n' "$answer" "${names[i]}" "${tests[i]##* }"
	for file in "${mutated[@]}"; do cp "$work/${file##*/}" "$file"; done
done
echo "${#names[@]} mutants, $missed not caught"
[ "$missed" = 0 ]
