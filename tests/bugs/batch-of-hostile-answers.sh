#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# One answer with the same presentation twice ended a whole batch as a fault of storage; one that was taken alone was taken again inside of a
# vp_token; a code was taken where a nonce was asked for; a pipe among the files held up the rest; --at and an old list were not told of.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
make_desk
uri=https://rp.example/cb id=redirect_uri:https://rp.example/cb
# answer NAME NONCE [JQ]
answer() {
	jq -n --arg n "$2" --arg u $uri --arg id $id '{client_id: $id, response_type: "vp_token", response_mode: "direct_post", response_uri: $u, nonce: $n,
		dcql_query: {credentials: [
			{id: "m", format: "mso_mdoc", meta: {doctype_value: "kr.sinbun.resident.1"}, claims: [{path: ["kr.sinbun.resident.1", "name"]}]},
			{id: "j", format: "dc+sd-jwt", meta: {vct_values: ["urn:sinbun:resident:1"]}, claims: [{path: ["name"]}]}]}}' | jq "${3:-.}" >"$1.request"
	wants 0 holder present --request "$1.request" --consent all --out "$1"
}
# --- twice in one answer ---
answer 1.json N-1
answer 2.json N-2 '.dcql_query.credentials[0].multiple = true'
jq '.vp_token.m += .vp_token.m' 2.json >twice && mv twice 2.json
answer 3.json N-3
mkfifo pipe
wants 4 timeout 60 sinbun-verify --home "$desk" --json check --batch 1.json 2.json pipe 3.json
[ "$(jq -r '.reason // .error // "summary"' out | tr '\n' ' ')" = 'ok replayed cannot_read ok summary ' ] || complain "$(cut -c1-200 out)"
mkfifo 4.json.request
cp 1.json 4.json
wants 4 timeout 60 sinbun-verify --home "$desk" --json check --batch 4.json
wants 1 verify check 2.json --request 2.json.request
says '.reason == "replayed" and .fields == {}'

# --- alone and inside ---
answer 5.json N-5
for part in m j; do
	jq -r ".vp_token.$part[0]" 5.json >alone
	wants 0 verify check alone --nonce N-5 --client-id $id --response-uri $uri
done
wants 1 verify check 5.json --request 5.json.request
says '.reason == "replayed" and .fields == {}'

# --- a code in the place of an answer ---
show code --fields basic
for binding in "--nonce N-6 --client-id $id --response-uri $uri" "--nonce N-6 --origin https://rp.example"; do
	# shellcheck disable=SC2086
	wants 1 verify check code.txt $binding
	says '.result == "refused" and .reason == "malformed" and .fields == {}'
done
wants 2 verify check code.txt --client-id $id
wants 0 verify check code.txt
wants 4 verify check code.png
says '.error == "picture"'
printf '안녕하세요\n안녕\n' >text
wants 1 verify check text
[ "$(wc -l <out)" = 1 ] || complain "more than one answer to what is none"

# --- another time, an old list ---
echo 'bundle-warn = 1' >"$desk/desk.conf"
answer 7.json N-7
jq -r '.vp_token.m[0]' 7.json >alone
at=$(date -u -d '+2 hours' +%FT%TZ)
wants 0 verify check alone --nonce N-7 --client-id $id --response-uri $uri --at "$at"
says ".at == \"$at\" and .warning == \"status_old\""
answer 8.json N-8 '.dcql_query.credentials |= .[:1]'
wants 0 sinbun-verify --home "$desk" --lang en check 8.json --request 8.json.request --at "$at"
grep -q 'not for now' out && grep -q 'Warning: that is old' out || complain "$(cat out)"
# --- a name that would talk to the terminal ---
wants 4 sinbun-verify --home "$desk" check $'no\e[31mx'
! grep -q $'\e' err || complain 'an escape'
finish
