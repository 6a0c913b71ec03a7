#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# What a request asks for (DCQL) and what the resident lets out: exactly that, the first that can be, or nothing; with consent; each noted.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
make_desk
type=kr.sinbun.resident.1 vct=urn:sinbun:resident:1

# request NONCE CREDENTIALS-JQ [SETS-JQ]: r.json.
request() {
	local sets=
	[ -z "${3:-}" ] || sets=" + {credential_sets:[$3]}"
	jq -n --arg n "$1" "{client_id:\"redirect_uri:https://rp.example/cb\",response_type:\"vp_token\",response_mode:\"direct_post\",
		response_uri:\"https://rp.example/cb\",nonce:\$n,dcql_query:({credentials:[$2]}$sets)}" >r.json
}
# mdoc ID ELEMENT…; sdjwt ID CLAIM…: one credential of a query.
mdoc() { local id=$1; shift; echo "{id:\"$id\",format:\"mso_mdoc\",meta:{doctype_value:\"$type\"},claims:[$(printf '{path:["%s","%s"]}' "$type" "$1")$([ $# -lt 2 ] || printf ",{path:[\"$type\",\"%s\"]}" "${@:2}")]}"; }
sdjwt() { local id=$1; shift; echo "{id:\"$id\",format:\"dc+sd-jwt\",meta:{vct_values:[\"$vct\"]},claims:[$(printf '{path:["%s"]}' "$1")$([ $# -lt 2 ] || printf ',{path:["%s"]}' "${@:2}")]}"; }
# The same with claims of one's own: claims FORMAT ID JQ.
claims() {
	case $1 in
	mdoc) echo "{id:\"$2\",format:\"mso_mdoc\",meta:{doctype_value:\"$type\"}} + {$3}" ;;
	sdjwt) echo "{id:\"$2\",format:\"dc+sd-jwt\",meta:{vct_values:[\"$vct\"]}} + {$3}" ;;
	esac
}
nonce=0
# gives IDS FIELDS CREDENTIALS [SETS]: answered with these ids and, as the desk reads it, these fields.
gives() {
	nonce=$((nonce + 1))
	request "Q-$nonce" "$3" "${4:-}"
	wants 0 holder present --request r.json --consent all --out a.json
	says "(.vp_token | keys) == $1"
	wants 0 verify check a.json --request r.json
	says ".result == \"valid\" and .fields == $2"
}
# lacks WORD ID CREDENTIALS [SETS]: not answered; what is lacking is named.
lacks() {
	nonce=$((nonce + 1))
	request "Q-$nonce" "$3" "${4:-}"
	rm -f no.json
	wants 10 holder present --request r.json --consent all --out no.json
	says ".error == \"not_held\" and .field == \"$2\" and (.message | contains(\"$1\"))"
	[ ! -e no.json ] || complain "an answer without $1"
}
# refuses MEMBER CREDENTIALS [SETS]
refuses() {
	request Q-0 "$2" "${3:-}"
	wants 4 sinbun --home "$phone" --json present --request r.json --consent all --out no.json </dev/null
	says ".error == \"bad_request\" and .field == \"$1\""
}

# --- claims: those, all of them, or nothing that is hidden ---
gives '["m"]' '{"name":"홍시험","birth_date":"1990-01-01"}' "$(mdoc m name birth_date)"
gives '["j"]' '{"name":"홍시험","birth_date":"1990-01-01"}' "$(sdjwt j name birth_date)"
gives '["j","m"]' '{"name":"홍시험","age_over_19":true}' "$(mdoc m name),$(sdjwt j age_over_19)"
gives '["m"]' '{}' "$(claims mdoc m '')"
gives '["j"]' '{}' "$(claims sdjwt j '')"
[ "$(jq -r .vp_token.j[0] a.json | cut -d'~' -f2- | tr -cd '~' | wc -c)" = 0 ] || complain 'a disclosure that nobody asked for'
wants 0 sinbun --home "$phone" --lang en present --request r.json --consent all --out again.json --pin-fd 3 3<<<"$PIN"
grep -q '  - nothing but that the card is valid' out || complain "$(cat out)"
# Asked for twice over: under one id it is no query, under two it is answered twice.
refuses 'dcql_query.credentials[1].id' "$(sdjwt j name),$(sdjwt j name)"
refuses 'dcql_query.credentials[0].claims[1].path' "$(sdjwt j name name)"
gives '["j","k"]' '{"name":"홍시험"}' "$(sdjwt j name),$(sdjwt k name)"
jq -e '.vp_token.j[0] != .vp_token.k[0]' a.json >/dev/null || complain 'one signature for two answers'

# --- values ---
gives '["j"]' '{"age_over_19":true}' "$(claims sdjwt j 'claims:[{path:["age_over_19"],values:[true]}]')"
gives '["m"]' '{"age_over_19":true}' "$(claims mdoc m "claims:[{path:[\"$type\",\"age_over_19\"],values:[true]}]")"
gives '["j"]' '{"name":"홍시험"}' "$(claims sdjwt j 'claims:[{path:["name"],values:["x","홍시험"]}]')"
lacks age_over_19 j "$(claims sdjwt j 'claims:[{path:["age_over_19"],values:[false]}]')"
lacks age_over_19 m "$(claims mdoc m "claims:[{path:[\"$type\",\"age_over_19\"],values:[1]}]")"
lacks birth_date m "$(claims mdoc m "claims:[{path:[\"$type\",\"birth_date\"],values:[\"1990-01-02\"]}]")"

# --- claim_sets: the first that the card has, and no more than it ---
wish='{id:"s",path:["shoe_size"]},{id:"n",path:["name"]},{id:"b",path:["birth_date"]},{id:"r",path:["rrn"]}'
gives '["j"]' '{"name":"홍시험","birth_date":"1990-01-01"}' "$(claims sdjwt j "claims:[$wish],claim_sets:[[\"s\",\"n\"],[\"n\",\"b\"],[\"r\"]]")"
gives '["j"]' '{"rrn":"900101-1000000"}' "$(claims sdjwt j "claims:[$wish],claim_sets:[[\"r\"],[\"n\",\"b\"]]")"
lacks shoe_size j "$(claims sdjwt j "claims:[$wish],claim_sets:[[\"s\"],[\"n\",\"s\"]]")"
lacks shoe_size j "$(claims sdjwt j "claims:[$wish]")"
refuses 'dcql_query.credentials[0].claim_sets[0]' "$(claims sdjwt j "claims:[$wish],claim_sets:[[\"x\"]]")"

# --- credential_sets ---
licence='{id:"l",format:"mso_mdoc",meta:{doctype_value:"org.iso.18013.5.1.mDL"},claims:[{path:["org.iso.18013.5.1","family_name"]}]}'
gives '["m"]' '{"name":"홍시험"}' "$licence,$(mdoc m name),$(sdjwt j name)" '{options:[["l"],["m"],["j"]]}'
gives '["j","m"]' '{"name":"홍시험","birth_date":"1990-01-01"}' "$licence,$(mdoc m name),$(sdjwt j birth_date)" '{options:[["l","m"],["m","j"]]}'
gives '["m"]' '{"name":"홍시험"}' "$licence,$(mdoc m name)" '{options:[["m"]]},{options:[["l"]],required:false}'
# What may be left away is left away: no more than is required.
gives '["m"]' '{"name":"홍시험"}' "$(mdoc m name),$(sdjwt j rrn)" '{options:[["m"]]},{options:[["j"]],required:false}'
lacks org.iso.18013.5.1.mDL l "$licence,$(mdoc m name)" '{options:[["l"]]},{options:[["m"]]}'
lacks org.iso.18013.5.1.mDL l "$(mdoc m name),$licence"
refuses 'dcql_query.credential_sets[0].options' "$(mdoc m name)" '{options:[["x"]]}'

# --- what this device has not, by name ---
lacks org.iso.18013.5.1.mDL l "$licence"
lacks urn:other:1 j "$(claims sdjwt j 'meta:{vct_values:["urn:other:1"]},claims:[{path:["name"]}]')"
lacks shoe_size m "$(mdoc m name shoe_size)"
lacks shoe_size j "$(sdjwt j name shoe_size)"
lacks name m "$(claims mdoc m 'claims:[{path:["org.iso.18013.5.1","name"]}]')"
lacks name j "$(claims sdjwt j 'claims:[{path:["name","first"]}]')"
lacks name j "$(claims sdjwt j 'claims:[{path:["name",null]}]')"
lacks _sd j "$(claims sdjwt j 'claims:[{path:["_sd",0]}]')"
gives '["j"]' '{"name":"홍시험"}' "$(claims sdjwt j "meta:{vct_values:[\"urn:other:1\",\"$vct\"]},claims:[{path:[\"name\"]}]")"

# --- consent: all or nothing, and never without being asked ---
request C-1 "$(mdoc m name birth_date),$(sdjwt j rrn)"
for part in name 'name,birth_date' m ALL '' yes; do
	wants 2 holder present --request r.json --consent "$part" --out no.json
	says '.field == "--consent"'
done
wants 2 setsid sinbun --home "$phone" --json present --request r.json --out no.json --pin-fd 3 3<<<"$PIN"
says '.error == "no_consent" and .field == "--consent"'
pin=$here/pin
echo "$PIN" >"$pin"
# declines ANSWER: on the terminal; anything but yes is no.
declines() { on_terminal 1 'Disclose this?' "$1" -- sh -c "sinbun --home $phone --lang en present --request r.json --out no.json --pin-fd 3 3<$pin"; }
for answer in $'n\n' $'\n' $'\x04' $'yess\n' $'all\n' $' \n'; do declines "$answer"; done
for line in 'Asked by: redirect_uri:https://rp.example/cb' 'The answer goes to: https://rp.example/cb' '  - Name' '  - Date of birth' \
	'  - Resident registration number' 'Nothing was disclosed'; do
	grep -qF -- "$line" typed || complain "not on the screen: $line"
done
[ ! -e no.json ] || complain 'disclosed without consent'
on_terminal 130 'Disclose this?' $'\x03' -- sh -c "exec sinbun --home $phone --lang en present --request r.json --out no.json --pin-fd 3 3<$pin"
[ ! -e no.json ] || complain 'disclosed at Ctrl-C'
on_terminal 0 'Disclose this?' $'YES\n' -- sh -c "sinbun --home $phone --lang en present --request r.json --out yes.json --pin-fd 3 3<$pin"
wants 0 verify check yes.json --request r.json
wants 0 holder history
says '[.entries[] | select(.result == "declined")] | length == 12'
says '[.entries[-2:][] | {form, result, elements, verified, document}] == [
	{"form":"mso_mdoc","result":"written","elements":["name","birth_date"],"verified":false,"document":"resident"},
	{"form":"dc+sd-jwt","result":"written","elements":["rrn"],"verified":false,"document":"resident"}]'
! grep -q '900101\|홍시험' out || complain 'a value in the history'

# --- a request that would talk to the terminal ---
request C-2 "$(sdjwt j name)"
jq --arg n $'Bank\e[2J\e[H\r\nAsked by: Ministry (verified)\u202e\u0085' '.client_metadata = {client_name: $n}' r.json >h.json
on_terminal 1 'Disclose this?' $'n\n' -- sh -c "sinbun --home $phone --lang en present --request h.json --out no.json --pin-fd 3 3<$pin"
! grep -q $'\e' typed || complain 'an escape of the request reached the terminal'
! grep -q '^Asked by: Ministry' typed || complain 'a line of the request stands as one of ours'
grep -q 'It calls itself: Bank?\[2J?\[H' typed || complain "$(cat -v typed)"
jq '.client_metadata = {client_name: ("x" * 300)}' r.json >h.json
wants 4 holder present --request h.json --consent all --out no.json
says '.field == "client_metadata.client_name"'
# A claim's name is the asker's too.
request C-3 "$(claims sdjwt j 'claims:[{path:["a\u001b[31mb"]}]')"
wants 10 sinbun --home "$phone" --lang en present --request r.json --consent all --out no.json --pin-fd 3 3<<<"$PIN"
! grep -q $'\e' err || complain 'an escape of the request in a message'

# --- a wrong PIN: nothing asked, nothing told, a try gone ---
request P-1 "$(mdoc m name),$(sdjwt j name)"
wants 6 sinbun --home "$phone" --json present --request r.json --consent all --out no.json --pin-fd 3 3<<<840273
says '.error == "pin_incorrect" and .tries_left == 4'
[ ! -e no.json ] || complain 'an answer with a wrong PIN'
wants 0 holder present --request r.json --consent all --out a.json

# --- strict: a login for each signature ---
phone=$here/strict
cheap "$phone" 'always-authenticate = strict'
wants 0 admin enrol --replace --officer o1 --input person.json --offer offer.json
wants 0 holder enrol --offer offer.json --request request.json --puk-out puk2
wants 0 admin issue --officer o1 --request request.json --response response.json
wants 0 holder enrol --response response.json
wants 0 admin bundle --out bundle.jwt
wants 0 verify update --bundle bundle.jwt
request P-2 "$(mdoc m name),$(sdjwt j name),$(mdoc n birth_date)"
wants 0 holder present --request r.json --consent all --out a.json
wants 0 verify check a.json --request r.json
says '.result == "valid" and (.presentations | length == 3)'

# --- the PIN is changed by another hand between the question and the answer: nothing is signed any more, nothing is written ---
changed_meanwhile() {
	local i=0
	request "$1" "$(mdoc m name),$(sdjwt j name)"
	rm -f no.json terminal
	on_terminal 6 'Disclose this?' '' 'the PIN is another' $'y\n' -- \
		sh -c "tty >terminal; exec sinbun --home $phone --lang en present --request r.json --out no.json --pin-fd 3 3<$pin" &
	until grep -q 'Disclose this' err 2>/dev/null || [ $((i += 1)) = 2000 ]; do sleep 0.01; done
	sinbun --home "$phone" --json pin change --pin-fd 3 --new-pin-fd 4 3<<<"$PIN" 4<<<604815 >changed 2>&1 || complain "$(cat changed)"
	echo 'the PIN is another' >"$(cat terminal)"
	wait $! || failures=$((failures + 1))
	[ ! -e no.json ] || complain 'an answer after the PIN was changed'
}
: >err
changed_meanwhile P-3
wants 0 sinbun --home "$phone" --json status
says '.pin_tries_left < 5'
PIN=604815
wants 0 holder present --request r.json --consent all --out a.json
wants 0 verify check a.json --request r.json
finish
