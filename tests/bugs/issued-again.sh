#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# The request of a card given to `issue` once more got a response while the card was suspended, and with another name after that had changed; the
# audit had no word of it. Of several clerks with one request, one was told that somebody else was writing.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_request
for i in 1 2 3 4 5 6; do
	admin issue --officer "o$i" --request request.json --response "response.$i" >"out.$i" 2>"err.$i" &
done
wait
for i in 1 2 3 4 5 6; do jq -e .card "out.$i" >/dev/null || complain "clerk $i: $(cat "out.$i")"; done
card=$(jq -r .card out.1)
[ "$(jq -r .card out.? | sort -u)" = "$card" ] || complain "several cards: $(jq -r .card out.?)"
wants 0 admin audit show --verb issue
says '.matching == 6 and ([.rows[] | select(.outcome == "ok")] | length == 1) and ([.rows[] | select(.outcome == "again")] | length == 5)'
wants 0 holder enrol --response response.4
again='issue --officer o1 --request request.json --response again.json'

wants 0 admin suspend --officer o1 --card "$card" --reason lost
rm -f again.json
wants 10 admin $again
says '.error == "suspended" and .field == "'"$card"'"'
[ ! -e again.json ] || complain "a response for a suspended card"
wants 0 admin resume --officer o1 --card "$card"
wants 0 admin $again
says ".card == \"$card\""

sed -i 's/홍시험/홍가명/' residents.csv
wants 0 admin registry import residents.csv
rm -f again.json
wants 10 admin $again
says '.error == "reissue_needed" and .field == "name"'
[ ! -e again.json ] || complain "a response with another name"
wants 0 admin revoke --officer o1 --card "$card" --reason reissued
wants 10 admin $again
says '.error == "revoked"'
finish
