#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Clerks at the same time: with one application, and with one resident. One wins, the others are told.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/apply.sh"
make_lines
clerks=8

# --- one application, one step: done once ---
steps_to card
for i in $(seq $clerks); do
	admin apply card --application "$application" --officer "o$i" --input - <<<"$card_data" >"card.$i" 2>"err.$i" &
done
wait
[ "$(jq -s '[.[] | select(.step == 5 and .error == null and .already == null)] | length' card.*)" = 1 ] || complain "not one clerk did it: $(cat card.*)"
[ "$(jq -s '[.[] | select(.already == true)] | length' card.*)" = $((clerks - 1)) ] || complain "the others were not told: $(cat card.*)"
wants 0 admin apply withdraw --application "$application" --officer o1

# --- one resident, an application each: one is bound to him, the others are told which ---
for i in $(seq $clerks); do
	start
	entered 0 login '{"name":"홍시험","birth_date":"1990-01-01"}' --kind in-person
	entered 0 consent "{\"consents\":$consents}"
	echo "$application" >"id.$i"
done
for i in $(seq $clerks); do
	admin apply phone --application "$(cat "id.$i")" --officer "o$i" --attested --input - <<<'{"phone":"010-0000-0001","carrier":"SKT"}' >"phone.$i" 2>"err.$i" &
done
wait
winner=$(jq -r 'select(.error == null) | .application' phone.*)
[ "$(wc -w <<<"$winner")" = 1 ] || complain "not one application: $(cat phone.*)"
[ "$(jq -s "[.[] | select(.error == \"other_application\" and .field == \"$winner\")] | length" phone.*)" = $((clerks - 1)) ] ||
	complain "the others were not told: $(cat phone.*)"

# --- wrong dates at the same time: five are looked at, and no sixth ---
application=$winner
for i in $(seq $clerks); do
	admin apply card --application "$application" --officer "o$i" --input - <<<"${card_data/03-02/03-03}" >"wrong.$i" 2>"err.$i" &
done
wait
[ "$(jq -s '[.[] | select(.error == "mismatch") | .tries_left] | sort == [0, 1, 2, 3, 4]' wrong.*)" = true ] || complain "not five tries: $(cat wrong.*)"
[ "$(jq -s '[.[] | select(.error == "locked")] | length' wrong.*)" = $((clerks - 5)) ] || complain "not locked: $(cat wrong.*)"
finish
