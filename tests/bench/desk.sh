#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# What a batch of live codes costs the desk, on one processor and on all of them, against bare P-256 verifications in turns with it; each code takes
# two. From texts, so that reading pictures costs nothing here: make bench-desk ROUNDS=5 CODES=5000
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
bench=$SINBUN_BUILDDIR/tests/bench/bench-desk
codes=${CODES:-5000}
at=$(date -u -d "@$("$bench" make "$codes")" +%Y-%m-%dT%H:%M:%SZ)
median() { sort -n "$1" | awk '{v[NR] = $1} END {printf "%d\n", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }
TIMEFORMAT='%U %S'
# measure THREADS
measure() {
	local round
	for round in $(seq "${ROUNDS:-5}"); do
		"$bench" bare "$1" >bare
		cut -d' ' -f1 bare >>"bare$1" && cut -d' ' -f2 bare >>"bare-ns$1"
		rm -rf "$desk"
		mkdir "$desk"
		wants 0 verify update --bundle bundle.jwt --root root.der
		{ time verify scan --batch --at "$at" --threads "$1" codes.txt >out; } 2>times || complain "the batch failed"
		tail -n 1 out | jq '.summary | .codes / .seconds | floor' >>"batch$1"
		awk -v codes="$codes" 'END {printf "%.0f\n", ($1 + $2) * 1e9 / codes}' times >>"batch-ns$1"
	done
	awk -v n="$1" -v rounds="$round" -v codes="$codes" -v bare="$(median "bare$1")" -v bare_ns="$(median "bare-ns$1")" -v rate="$(median "batch$1")" \
		-v ns="$(median "batch-ns$1")" 'BEGIN {
		printf "threads %d, %d rounds of %d codes, medians:\n", n, rounds, codes
		printf "  by the clock:      %d codes a second; %d bare verifications a second are two each for %d codes: %.2f of that\n", rate, bare, bare / 2, 2 * rate / bare
		printf "  processor time:    %.0f us a code; two bare verifications %.0f us: %.2f of that\n", ns / 1000, 2 * bare_ns / 1000, 2 * bare_ns / ns }'
}
measure 1
[ "$(nproc)" = 1 ] || measure "$(nproc)"
finish
