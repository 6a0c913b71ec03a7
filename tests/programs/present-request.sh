#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# A web site asks (OpenID4VP), the resident answers with mdoc and SD-JWT VC, the site's desk judges: what was asked for and nothing else, for
# this request and no other, and no changed byte is taken.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
bundle() {
	wants 0 admin bundle --out b.jwt
	wants 0 verify update --bundle b.jwt --root "$registry/pki/root.pem"
}

bundle
# request FILE NONCE [JQ]: what a site asks, changed by a jq program.
request() {
	jq -n --arg n "$2" '{client_id:"redirect_uri:https://rp.example/cb",response_type:"vp_token",response_mode:"direct_post",
		response_uri:"https://rp.example/cb",nonce:$n,state:"s",dcql_query:{credentials:[
		{id:"m",format:"mso_mdoc",meta:{doctype_value:"kr.sinbun.resident.1"},claims:[{path:["kr.sinbun.resident.1","name"]}]},
		{id:"j",format:"dc+sd-jwt",meta:{vct_values:["urn:sinbun:resident:1"]},claims:[{path:["name"]}]}]}}' | jq "${3:-.}" >"$1"
}
# present CODE REQUEST OUT OPTION…
present() { wants "$1" holder present --request "$2" --out "$3" "${@:4}"; }

# --- both formats; exactly what was asked for ---
request r.json N-1
present 0 r.json vp.json --consent all
says '(.vp_token | keys) == ["j", "m"] and .state == "s"'
[ "$(jq -r .vp_token.j[0] vp.json | tr -cd '~' | wc -c)" = 2 ] || complain "disclosures: $(jq -r .vp_token.j[0] vp.json | tr -cd '~' | wc -c)"
! grep -q 900101 <(jq -r .vp_token.m[0] vp.json | tr '_-' '/+' | base64 -d 2>/dev/null) || complain 'the mdoc shows more than the name'
wants 0 verify check vp.json --request r.json
says '.result == "valid" and ([.presentations[].fields] == [{"name":"홍시험"},{"name":"홍시험"}])'
says '.fields == {"name":"홍시험"} and .document == "resident" and .status == "valid" and .presented_at != null'
says '[.presentations[] | .format] | sort == ["dc+sd-jwt", "mso_mdoc"]'
says '.presentations[] | select(.format == "dc+sd-jwt") | .presented_at != null and .status == "valid"'
wants 1 verify check vp.json --request r.json
says '.reason == "replayed" and .fields == {} and ([.presentations[].fields] == [{},{}])'

# --- for another request, or another site ---
request other.json N-2
present 0 r.json vp.json --consent all
wants 1 verify check vp.json --request other.json
says '.result == "refused" and ([.presentations[].reason] | sort == ["holder_mismatch", "wrong_challenge"])'
request elsewhere.json N-1 '.client_id = "redirect_uri:https://rp.example/other" | .response_uri = "https://rp.example/other"'
wants 1 verify check vp.json --request elsewhere.json
says '[.presentations[].reason] | sort == ["holder_mismatch", "wrong_audience"]'
# Asked for more than was answered.
request more.json N-1 '.dcql_query.credentials[].claims += [{path:["x"]}] | .dcql_query.credentials[0].claims[1].path = ["kr.sinbun.resident.1","birth_date"] | .dcql_query.credentials[1].claims[1].path = ["birth_date"]'
wants 1 verify check vp.json --request more.json
says '.reason == "malformed"'
wants 1 verify check vp.json --request r.json --at "$(date -u -d '+1 hour' +%FT%TZ)"
wants 4 verify check vp.json --request vp.json
says '.error == "bad_request"'

# --- over 19, and nothing else ---
request adult.json N-3 '.dcql_query.credentials |= [.[1] | .claims = [{path:["age_over_19"], values:[true]}]]'
present 0 adult.json adult-vp.json --consent all
wants 0 verify check adult-vp.json --request adult.json
says '.presentations[0].fields == {"age_over_19": true}'

# More than was asked for is not told, and is not kept from being valid.
request two.json N-8 '.dcql_query.credentials[0].claims += [{path:["kr.sinbun.resident.1","rrn"]}] | .dcql_query.credentials[1].claims += [{path:["rrn"]}]'
present 0 two.json two-vp.json --consent all
request one.json N-8
wants 0 verify check two-vp.json --request one.json
says '.fields == {"name":"홍시험"}'
! grep -q 900101 out || complain 'what nobody asked for is told'

# --- what the card has not, and what is no request ---
request none.json N-4 '.dcql_query.credentials |= [.[0] | .meta.doctype_value = "org.iso.18013.5.1.mDL"]'
present 10 none.json no.json --consent all
says '.error == "not_held" and .field == "m"'
request lacks.json N-4 '.dcql_query.credentials |= [.[1] | .claims = [{path:["shoe_size"]}]]'
present 10 lacks.json no.json --consent all
request bad.json N-4 'del(.nonce)'
present 4 bad.json no.json --consent all
says '.error == "bad_request" and .field == "nonce"'
echo '{"client_id":' >bad.json
present 4 bad.json no.json --consent all
present 2 r.json no.json --consent some
wants 2 holder present --qr --request r.json
wants 2 holder present
wants 2 holder present --request r.json --fields basic
[ ! -e no.json ] || complain 'an answer to what cannot be answered'

# --- consent is asked for, and can be refused ---
on_terminal 1 'Disclose this?' $'n\n' '' '' -- sh -c "sinbun --home $phone --lang en present --request r.json --out no.json --pin-fd 3 3<<X
$PIN
X"
[ ! -e no.json ] || complain 'disclosed without consent'
request yes-r.json N-7
on_terminal 0 '제시할까요' $'y\n' '응답 파일' '' -- sh -c "sinbun --home $phone --lang ko present --request yes-r.json --out yes.json --pin-fd 3 3<<X
$PIN
X"
wants 0 verify check yes.json --request yes-r.json
wants 0 holder history
grep -q 'redirect_uri:https://rp.example/cb' out || complain "not in the history: $(head -c 300 out)"
grep -q declined out || complain 'what was declined is not in the history'
wants 0 sinbun --home "$phone" --lang en present --request r.json --consent all --out again.json --pin-fd 3 3<<<$PIN
grep -q '^UNVERIFIED' out && grep -q 'https://rp.example/cb' out && grep -q ' - Name' out || complain "not told: $(cat out)"

# --- a changed character anywhere is refused; nothing of it is shown ---
request change.json N-5
present 0 change.json vp.json --consent all
when=$(date -u +%FT%TZ) # the whole sweep takes longer than an answer lives
size=$(stat -c %s vp.json) tried=0 step=${SINBUN_ROUNDS:+1}
for ((at = 1; at < size - 1; at += ${step:-97})); do
	letter=A
	[ "$(tail -c +$((at + 1)) vp.json | head -c 1)" != A ] || letter=B
	{ head -c $at vp.json && printf %s $letter && tail -c +$((at + 2)) vp.json; } >changed.json
	tried=$((tried + 1))
	wants 1 verify check changed.json --request change.json --at "$when"
	says '.result == "refused" and ([.presentations[].fields] | all(. == {}))' || echo "character $at" >&2
done
for ((at = 0; at < size; at += ${step:-211})); do
	head -c $at vp.json >changed.json
	tried=$((tried + 1))
	wants 1 verify check changed.json --request change.json --at "$when"
done
echo "$tried altered answers refused"
wants 0 verify check vp.json --request change.json --at "$when"

# --- a card that is revoked ---
wants 0 admin revoke --officer o1 --card "$card" --reason reissued
bundle
request late.json N-6
present 0 late.json vp.json --consent all
wants 1 verify check vp.json --request late.json
says '.reason == "revoked"'
finish
