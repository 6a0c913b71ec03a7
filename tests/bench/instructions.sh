#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Instructions of one operation, counted by valgrind: stable where times are not. Each has a limit, a little above what it takes today; a change that
# makes the module slower is seen here. Part of `make check-long`; `tests/bench/instructions.sh` in the build's environment prints them.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
needs_foreign_hosts
command -v valgrind >/dev/null || { echo "skipped: no valgrind" >&2; exit 77; }
bench=$SINBUN_BUILDDIR/tests/bench/bench-module
PIN=bench-passphrase
cheap token 'profile = general'
chmod go= token
wants 0 sinbun-admin --registry token --json token init bench --puk-out puk --pin-fd 4 4<<<"$PIN"
export SINBUN_CONF=$here/token/sinbun.conf
COUNT=1 "$bench" signatures "$SINBUN_MODULE" bench <<<"$PIN" >/dev/null # makes the keys
COUNT=1 "$bench" objects "$SINBUN_MODULE" bench 1000 <<<"$PIN" >/dev/null || complain "no objects"

# run GROUP FIGURE SIDE COUNT: the instructions of the whole process.
run() {
	FIGURE=$2 SIDE=$3 COUNT=$4 valgrind --tool=callgrind --callgrind-out-file=/dev/null --log-file=log "$bench" "$1" "$SINBUN_MODULE" bench 1000 \
		<<<"$PIN" >/dev/null || complain "$2 fails under valgrind: $(tail -n 3 log)"
	sed -n 's/.*Collected : *\([0-9]*\).*/\1/p' log
}
# each GROUP FIGURE SIDE: the instructions of one.
each() {
	local few many more=200
	# What starts and ends differs by thousands from run to run.
	[ "$1" = calls ] && more=10000
	few=$(run "$1" "$2" "$3" 50) many=$(run "$1" "$2" "$3" $((50 + more)))
	echo $(((many - few) / more))
}
# limit GROUP FIGURE MOST: of the module alone.
limit() {
	local n
	n=$(each "$1" "$2" ours)
	printf '%-45s %8d instructions, at most %d\n' "$2" "$n" "$3"
	[ "$n" -gt 0 ] && [ "$n" -le "$3" ] || complain "$2 takes $n instructions, more than $3"
}
# beside GROUP FIGURE MOST: the module's, over bare OpenSSL's in thousandths.
beside() {
	local ours bare
	ours=$(each "$1" "$2" ours) bare=$(each "$1" "$2" bare)
	printf '%-45s %8d instructions, bare OpenSSL %d: %d.%03d, at most %d.%03d\n' "$2" "$ours" "$bare" $((ours / bare)) $((ours * 1000 / bare % 1000)) \
		$(($3 / 1000)) $(($3 % 1000))
	[ "$bare" -gt 0 ] && [ $((ours * 1000 / bare)) -le "$3" ] || complain "$2 takes $ours instructions, bare OpenSSL $bare"
}

beside signatures 'sign P-256' 1035
beside signatures 'verify P-256' 1010
beside mechanisms 'generate P-256' 1230
beside mechanisms 'SHA-256, 64 B' 1270
limit calls C_GetSessionInfo 400
limit calls C_GetAttributeValue 900
limit objects 'find by id' 12000 # each for the first time
limit objects 'find by label' 12000
limit objects 'find a public key' 38000
limit objects 'find the same again' 12000

# A live code at a desk, of which two are signatures.
# desk COUNT: the instructions of a batch of so many.
desk() {
	rm -rf "$desk" && mkdir "$desk"
	wants 0 verify update --bundle bundle.jwt --root root.der
	head -n "$1" codes.txt >some.txt
	valgrind --tool=callgrind --callgrind-out-file=/dev/null --log-file=log sinbun-verify --home "$desk" --json scan --batch --threads 1 --at "$at" some.txt \
		>judged || complain "a batch fails under valgrind: $(tail -n 3 log)"
	sed -n 's/.*Collected : *\([0-9]*\).*/\1/p' log
}
at=$(date -u -d "@$("$SINBUN_BUILDDIR/tests/bench/bench-desk" make 250)" +%Y-%m-%dT%H:%M:%SZ)
few=$(desk 50) many=$(desk 250) n=$(((many - few) / 200))
bare=$(each signatures 'verify P-256' bare)
printf '%-45s %8d instructions, two bare verifications %d, at most %d\n' 'a live code verified' "$n" $((2 * bare)) 2500000
[ "$n" -gt 0 ] && [ "$n" -le 2500000 ] || complain "a live code takes $n instructions"
finish
