#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Answers to a request as a site's desk meets them: whole, for this request, once; nothing left away, doubled, put in from elsewhere, or of two
# people; of a card that is in force. What is refused in one part shows nothing of any.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
make_desk
bundle() {
	wants 0 admin bundle --out b.jwt
	wants 0 verify update --bundle b.jwt
}
# request FILE NONCE [JQ]
request() {
	jq -n --arg n "$2" '{client_id:"redirect_uri:https://rp.example/cb",response_type:"vp_token",response_mode:"direct_post",
		response_uri:"https://rp.example/cb",nonce:$n,state:"s-1",dcql_query:{credentials:[
		{id:"m",format:"mso_mdoc",meta:{doctype_value:"kr.sinbun.resident.1"},claims:[{path:["kr.sinbun.resident.1","name"]}]},
		{id:"j",format:"dc+sd-jwt",meta:{vct_values:["urn:sinbun:resident:1"]},claims:[{path:["name"]}]}]}}' | jq "${3:-.}" >"$1"
}
present() { wants 0 holder present --request "$1" --consent all --out "$2"; }
only() { echo ".dcql_query.credentials |= map(select(.id == \"$1\"))"; }
# judged REASON FILE REQUEST: refused for this, no field of any part, and the desk's history says so.
judged() {
	wants 1 verify check "$2" --request "$3"
	says ".result == \"refused\" and .reason == \"$1\" and .fields == {} and ([.presentations[]? | .fields] | all(. == {}))"
	! grep -q 홍시험 out || complain 'a name in a refusal'
	refusals=$((refusals + 1))
}
# altered REASON JQ: answer.json changed so.
altered() {
	jq -c "$2" answer.json >changed.json
	judged "$1" changed.json r.json
}
refusals=0

# --- what is not the whole answer, or more than it ---
request r.json A-1
present r.json answer.json
altered malformed 'del(.vp_token.j)'
altered malformed 'del(.vp_token.m)'
altered malformed '.vp_token = {}'
altered malformed 'del(.vp_token)'
altered malformed '.vp_token |= tostring'
altered malformed '.vp_token |= [.]'
altered malformed '.vp_token.m = []'
altered malformed '.vp_token.m = null'
altered malformed '.vp_token.m |= .[0]'
altered malformed '.vp_token.m = [7]'
altered malformed '.vp_token.m = [""]'
altered malformed '.vp_token.m += .vp_token.m'
altered malformed '.vp_token.j += .vp_token.j'
altered malformed '.vp_token.x = .vp_token.m'
altered malformed '.vp_token.x = []'
altered malformed '.vp_token |= with_entries(.key |= ascii_upcase)'
altered malformed '.vp_token |= {m: .j, j: .m}'
altered malformed 'del(.state)'
altered malformed '.state = "s-2"'
altered malformed '.state = 1'
altered malformed '.state = null'
altered malformed '.iss = "https://id.example"'
altered malformed '[.]'
altered malformed '.vp_token.m[0]'
jq -r '.vp_token.m[0]' answer.json >m.txt
jq -r '.vp_token.j[0]' answer.json >j.txt
judged malformed m.txt r.json
judged malformed j.txt r.json
sed 's/^{/{"state":"s-1",/' answer.json >changed.json
judged malformed changed.json r.json
sed 's/"vp_token":{/&"m":["x"],/' answer.json >changed.json
judged malformed changed.json r.json
{ cat answer.json && cat answer.json; } >changed.json
judged malformed changed.json r.json
: >changed.json
judged malformed changed.json r.json
# Neither signature is used up by any of that.
wants 0 verify check answer.json --request r.json
judged replayed answer.json r.json

# --- pieces of other answers ---
request r.json A-2
present r.json answer.json
request other.json A-3
present other.json other-answer.json
piece() { jq -c --slurpfile o other-answer.json "$1" answer.json >changed.json; }
piece '.vp_token.m = $o[0].vp_token.m'
judged holder_mismatch changed.json r.json
piece '.vp_token.j = $o[0].vp_token.j'
judged wrong_challenge changed.json r.json
piece '.vp_token.j[0] |= (split("~")[:-1] + [$o[0].vp_token.j[0] | split("~")[-1]] | join("~"))'
judged wrong_challenge changed.json r.json
# The binding taken off, and disclosures changed after it was made.
altered holder_mismatch '.vp_token.j[0] |= (split("~")[:-1] | join("~") + "~")'
altered altered '.vp_token.j[0] |= (split("~") | [.[0]] + .[-1:] | join("~"))'
altered altered '.vp_token.j[0] |= (split("~") | [.[0], .[1], .[1]] + .[-1:] | join("~"))'
altered malformed '.vp_token.j[0] |= split("~")[0]'

# --- what a site did not ask for ---
request big.json A-4 '.dcql_query.credentials[].claims += [{path:["rrn"]}] | .dcql_query.credentials[0].claims[1].path = ["kr.sinbun.resident.1","rrn"]'
present big.json answer.json
request r.json A-4
wants 0 verify check answer.json --request r.json
says '.fields == {"name":"홍시험"} and ([.presentations[].fields] | all(. == {"name":"홍시험"}))'
! grep -q 900101 out || complain 'more than was asked for is told'
wants 0 verify history
! grep -q rrn out || complain 'more than was asked for is in the history'
# One alternative was asked for, two came: both are judged.
request r.json A-5
present r.json answer.json
request either.json A-5 '.dcql_query.credential_sets = [{options:[["m"],["j"]]}]'
wants 0 verify check answer.json --request either.json
says '.presentations | length == 2'
request r.json A-6
present r.json answer.json
request either.json A-6 '.dcql_query.credential_sets = [{options:[["m"],["j"]]}]'
jq -c '.vp_token.j[0] |= .[:-9] + "AAAAAAAAA"' answer.json >changed.json
wants 1 verify check changed.json --request either.json
says '.result == "refused" and .fields == {} and ([.presentations[].fields] | all(. == {}))'
jq -c 'del(.vp_token.j)' answer.json >changed.json
wants 0 verify check changed.json --request either.json
# A value that was asked for and is not the card's.
request r.json A-7 "$(only j) | .dcql_query.credentials[0].claims = [{path:[\"age_over_19\"]}]"
present r.json answer.json
request wish.json A-7 "$(only j) | .dcql_query.credentials[0].claims = [{path:[\"age_over_19\"],values:[false]}]"
judged malformed answer.json wish.json
# Another type of document than was asked for.
request wish.json A-7 "$(only j) | .dcql_query.credentials[0].claims = [{path:[\"age_over_19\"]}] | .dcql_query.credentials[0].meta.vct_values = [\"urn:other:1\"]"
judged malformed answer.json wish.json
request r.json A-8 "$(only m)"
present r.json answer.json
request wish.json A-8 "$(only m) | .dcql_query.credentials[0].meta.doctype_value = \"org.iso.18013.5.1.mDL\""
judged malformed answer.json wish.json
request wish.json A-8 "$(only m) | .dcql_query.credentials[0].claims = [{path:[\"org.iso.18013.5.1\",\"name\"]}]"
judged malformed answer.json wish.json
wants 0 verify check answer.json --request r.json

# --- the cards of two people in one answer ---
jq --arg rrn "$(sed -n 3p residents.csv | cut -d, -f1)" '.name = "나시험" | .rrn = $rrn' <<<"$resident" >person.json
first=$phone firstcard=$card phone=$here/child
make_card
child=$phone
bundle
request r.json A-9
phone=$first
present r.json answer.json
phone=$child
present r.json other-answer.json
piece '.vp_token.j = $o[0].vp_token.j'
judged holder_mismatch changed.json r.json
phone=$first
wants 0 verify check answer.json --request r.json
wants 0 verify check other-answer.json --request r.json

# --- times: an answer of a quarter of an hour ago, of tomorrow ---
request r.json A-10 "$(only j)"
present r.json answer.json
wants 1 verify check answer.json --request r.json --at "$(date -u -d '+15 min' +%FT%TZ)"
says '.reason == "too_old"'
wants 1 verify check answer.json --request r.json --at "$(date -u -d '-5 min' +%FT%TZ)"
says '.reason == "not_yet_valid"'
wants 1 verify check answer.json --request r.json --at "$(date -u -d '+30 days' +%FT%TZ)"
says '.reason == "no_bundle"'
wants 0 verify check answer.json --request r.json

# --- a card that is suspended, back in force, revoked: in both formats ---
# in_state REASON: each format by itself, and both together.
in_state() {
	local format
	bundle
	for format in 'select(.id == "m")' 'select(.id == "j")' .; do
		nonce=$((nonce + 1))
		request r.json "B-$nonce" ".dcql_query.credentials |= map($format)"
		present r.json answer.json
		if [ "$1" = valid ]; then
			wants 0 verify check answer.json --request r.json
		else
			judged "$1" answer.json r.json
		fi
		says "[.presentations[] | .status] | all(. == \"$1\")"
	done
}
nonce=0
card=$firstcard
wants 0 admin suspend --officer o1 --card "$card" --reason lost
in_state suspended
wants 0 admin resume --officer o1 --card "$card"
in_state valid
wants 0 admin revoke --officer o1 --card "$card" --reason reissued
in_state revoked

# --- the desk has noted every one of them, and no value ---
wants 0 verify history --limit 1000
says "[.entries[]? | select(.result == \"refused\" and .kind == \"check\")] | length == $refusals + 4"
! grep -q '홍시험\|900101' out || complain 'a value in the history of the desk'
echo "$refusals answers refused"
# --- a desk without a bundle, and a request that is none ---
wants 1 sinbun-verify --home "$here/new-desk" --json check answer.json --request r.json
says '.reason == "no_bundle" and .fields == {}'
for file in absent.json . answer.json residents.csv; do
	wants 4 verify check answer.json --request "$file"
	says '.error == "cannot_read" or .error == "bad_request"'
done
wants 2 verify check answer.json --request r.json --challenge 12345678
wants 2 verify check answer.json --request r.json --fields name
finish
