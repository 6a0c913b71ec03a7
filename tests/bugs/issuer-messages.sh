#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# What a clerk reads: "line -1, column -1" of an empty file, "-" for standard input, one sentence for every fault of a number, "only a valid
# card can be suspended" of a suspended one.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
enrol() { admin enrol --officer o1 --input "$1" --offer o.json; }
message() { says ".message | $1"; }

: >empty.json
wants 4 enrol empty.json
message 'contains("empty.json is empty")'
for text in '[]' '"홍시험"' '12'; do
	echo "$text" >no.json
	wants 4 enrol no.json
	message 'contains("no JSON object") and (contains("-1") | not)'
done
printf '{"name":\n "홍시험",}' >no.json
wants 4 enrol no.json
message 'contains("line 2")'
wants 4 enrol - </dev/null
message 'contains("standard input is empty")'
wants 4 enrol - <<<'{"name"'
message 'contains("standard input is no JSON object")'

# unlock RULE RRN: what is wrong with the number.
unlock() {
	jq -n --arg rrn "$2" '{rrn: $rrn}' >rrn.json
	wants 4 admin apply unlock --officer o1 --input rrn.json
	says ".error == \"bad_rrn\" and .field == \"rrn\" and .rule == \"$1\""
}
unlock form 900101-100000
unlock foreigner 900101-5000000
unlock date 900230-1000000
unlock future "$(date -d '+40 days' +%y%m%d)-3000000"
jq -n '{}' >rrn.json
wants 4 admin apply unlock --officer o1 --input rrn.json
says '.error == "missing" and .field == "rrn"'

make_card
wants 10 admin resume --officer o1 --card "$card"
message 'contains("is valid")'
wants 0 admin suspend --officer o1 --card "$card"
wants 10 admin suspend --officer o1 --card "$card"
message 'contains("suspended already")'
wants 0 admin revoke --officer o1 --card "$card"
for verb in suspend resume; do
	wants 10 admin $verb --officer o1 --card "$card"
	message 'contains("final")'
done
wants 10 admin revoke --officer o1 --card "$card"
message 'contains("revoked already")'
finish
