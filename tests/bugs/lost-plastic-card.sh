#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# A plastic card that was reported lost, or a registration that was cancelled, left the mobile card in force, and one applied for before was
# still issued. The audit did not say whose issue date was wrong, or whose application was unlocked.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry

# says_plastic STATUS: an import with this for the resident.
plastic() {
	printf '%s\n' rrn,name,address,authority,issue_date,card_status "900101-1000000,홍시험,서울특별시 시험구 시험로 1,서울특별시 시험구청장,2024-03-02,$1" >p.csv
	wants 0 admin registry import p.csv --officer o7
}
# audited OFFICER VERB SUBJECT OUTCOME: stands in the audit. SQLite keeps the texts of a row one behind the other.
audited() { grep -qa "$(printf '%s' "$@")" "$registry/registry.db" || complain "not in the audit: $*"; }

# --- reported between the offer and the card ---
make_request
for status in lost cancelled; do
	plastic $status
	says '.suspended == 0'
	wants 10 admin issue --officer o1 --request request.json --response response.json
	says ".error == \"card_$status\" and .field == \"card_status\""
done
[ ! -e response.json ] || complain "a card was issued"
plastic valid
wants 0 admin issue --officer o1 --request request.json --response response.json
card=$(jq -r .card out)
wants 0 holder enrol --response response.json
make_desk
show before --fields basic && wants 0 verify scan before.txt

# --- reported when the card is out ---
plastic lost
says '.changed == 1 and .suspended == 1'
audited o7 suspend "$card" 'plastic card lost'
wants 0 admin bundle --out bundle.jwt
wants 0 verify update --bundle bundle.jwt
show after --fields basic && refused suspended after.txt
plastic lost
says '.same == 1 and .suspended == 0'
wants 10 admin issue --officer o1 --request request.json --response again.json
says '.error == "card_lost"'
# It comes back when the report is withdrawn, and then only by a registrar's word.
wants 10 admin resume --officer o1 --card "$card"
says '.error == "card_lost"'
plastic valid
wants 10 admin suspend --officer o1 --card "$card" --reason plastic-lost
says '.error == "wrong_state"'
wants 0 admin resume --officer o1 --card "$card"
plastic cancelled
says '.suspended == 1'
audited o7 suspend "$card" 'registration cancelled'

# --- whom the audit speaks of ---
plastic valid
jq '.issue_date = "2024-03-03"' <<<"$resident" >wrong.json
wants 4 admin enrol --officer o8 --input wrong.json --offer o.json
audited o8 enrol 'resident 1' 'wrong issue date'
wants 0 admin apply unlock --officer o9 --input person.json
audited o9 'apply unlock' 'resident 1' ok
finish
