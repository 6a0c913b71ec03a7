#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# The first step of an enrolment done again with the same offer made the response to the first request worthless, asked for a "new" PIN and
# tried it as the old one; the unblocking code was gone when it could not be shown.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
tries() { holder status | jq .pin_tries_left; }

# --- the box key stays while the offer is the same ---
make_request
wants 0 admin issue --officer o1 --request request.json --response response.json
cp request.json first.json
wants 0 holder enrol --offer offer.json --request request.json --puk-out puk
[ "$(jq .box request.json)" = "$(jq .box first.json)" ] || complain "another box key for the same offer"
[ ! -s err ] || complain "a warning about nothing: $(cat err)"
wants 0 admin enrol --officer o1 --replace --input person.json --offer other.json
cp -r "$phone" two-offers
wants 0 sinbun --home two-offers --json enrol --offer other.json --request other-request.json --puk-out puk2 --pin-fd 3 3<<<$PIN
grep -q 'earlier request is void' err || complain "no warning that another offer voids the first request"
[ "$(jq .box other-request.json)" != "$(jq .box first.json)" ] || complain "one box key for two offers"
wants 0 holder enrol --response response.json

# --- a device with a card asks for no PIN, and uses up no try ---
wants 10 sinbun --home "$phone" --json enrol --offer other.json --request q.json --puk-out puk2 --pin-fd 3 3<<<111222
says '.error == "already_enrolled"'
[ "$(tries)" = 5 ] || complain "a try was used up: $(tries) left"

# --- the unblocking code is kept until it has been shown ---
home=$here/full
cheap "$home"
got=0
sinbun --home "$home" enrol --offer other.json --request q.json --pin-fd 3 3<<<$PIN >/dev/full 2>err || got=$?
[ $got = 9 ] || complain "exit code $got, not 9"
grep -q 'unblocking code' err || complain "nothing said of what could not be shown"
[ -s "$home/enrolment.puk" ] || complain "the unblocking code is lost"
noted=$(cat "$home/enrolment.puk")
wants 0 sinbun --home "$home" enrol --offer other.json --request q.json --pin-fd 3 3<<<$PIN
grep -qF "$noted" out || complain "the second run does not show the unblocking code"
[ ! -e "$home/enrolment.puk" ] || complain "the note is still there"
# Whatever cannot be told is said on standard error.
for option in --help --version; do
	got=0
	sinbun status $option >/dev/full 2>err || got=$?
	{ [ $got = 9 ] && [ -s err ]; } || complain "$option to a full disk: exit code $got, $(cat err)"
done
got=0
sinbun --home "$phone" --json status >/dev/full 2>err || got=$?
{ [ $got = 9 ] && [ -s err ]; } || complain "status to a full disk: exit code $got, $(cat err)"

# --- on a terminal: a step that is repeated asks once, for the PIN ---
on_terminal 0 'PIN: ' "$PIN"$'\n' -- sinbun --home "$here/two-offers" --lang en enrol --offer other.json --request q.json
grep -q 'New 6-digit' typed && complain "asked for a new PIN: $(cat typed)"
finish
