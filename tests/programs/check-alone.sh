#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# An mdoc or an SD-JWT that comes to the desk alone, as a file: told from the text of a code, bound to what the desk asked, and refused in every
# altered form. SINBUN_ROUNDS=1 tries every character, otherwise a slice of them.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
make_desk
uri=https://rp.example/cb id=redirect_uri:https://rp.example/cb
# answer NONCE: m.b64u and j.txt, both made for this nonce.
answer() {
	jq -n --arg n "$1" --arg u $uri --arg id $id '{client_id: $id, response_type: "vp_token", response_mode: "direct_post", response_uri: $u, nonce: $n,
		dcql_query: {credentials: [
			{id: "m", format: "mso_mdoc", meta: {doctype_value: "kr.sinbun.resident.1"},
				claims: [{path: ["kr.sinbun.resident.1", "name"]}, {path: ["kr.sinbun.resident.1", "birth_date"]}]},
			{id: "j", format: "dc+sd-jwt", meta: {vct_values: ["urn:sinbun:resident:1"]}, claims: [{path: ["name"]}, {path: ["birth_date"]}]}]}}' >r.json
	wants 0 holder present --request r.json --consent all --out vp.json
	jq -r '.vp_token.m[0]' vp.json >m.b64u
	jq -r '.vp_token.j[0]' vp.json >j.txt
	tr _- /+ <m.b64u | tr -d '\n' | base64 -di >m.cbor 2>/dev/null
}
bound=(--nonce N-1 --client-id $id --response-uri $uri)
# judged REASON FILE OPTION…: refused for this, no field told.
judged() {
	wants 1 verify check "${@:2}"
	says ".result == \"refused\" and .reason == \"$1\" and .fields == {}"
	! grep -q 홍시험 out || complain 'a name in a refusal'
}

answer N-1
# For somebody else, or in answer to another request.
judged holder_mismatch m.b64u --nonce N-2 --client-id $id --response-uri $uri
judged holder_mismatch m.b64u --nonce N-1 --client-id $id --response-uri https://rp.example/other
judged holder_mismatch m.b64u --nonce N-1 --client-id redirect_uri:https://other.example/cb --response-uri $uri
judged holder_mismatch m.b64u --nonce N-1 --origin https://rp.example
judged wrong_challenge j.txt --nonce N-2 --client-id $id
judged wrong_audience j.txt --nonce N-1 --client-id redirect_uri:https://other.example/cb
judged wrong_audience j.txt --nonce N-1 --origin https://rp.example
# Without what was asked nothing is told, not even whether it is genuine.
for file in m.b64u m.cbor j.txt; do
	wants 2 verify check $file
	says '.error == "usage" and .field == "--nonce"'
	wants 2 verify check $file --nonce N-1
	says '.field == "--client-id"'
	wants 2 verify check $file "${bound[@]}" --origin https://rp.example
	says '.field == "--origin"'
	wants 2 verify check $file "${bound[@]}" --challenge 12345678
	says '.field == "--challenge"'
	wants 2 verify check $file "${bound[@]}" --request r.json
	says '.field == "--nonce"'
done
wants 2 verify check m.b64u --nonce N-1 --client-id $id
says '.field == "--response-uri"'
wants 2 verify check m.b64u "${bound[@]}" --fields nonsense
# Another time.
judged too_old j.txt "${bound[@]}" --at "$(date -u -d +10min +%FT%TZ)"
judged no_bundle m.b64u "${bound[@]}" --at "$(date -u -d '+4 years' +%FT%TZ)"
says '.format == "mso_mdoc" and .document == null'

# --- altered: every character in turn is another, or the text ends there ---
step=37
[ "${SINBUN_ROUNDS:-0}" != 1 ] || step=1
tried=0
altered() {
	wants 1 verify check altered "${bound[@]}"
	says '.result == "refused" and .reason != "ok" and .fields == {}'
	tried=$((tried + 1))
}
for file in m.b64u j.txt; do
	text=$(cat $file)
	for ((i = 0; i < ${#text}; i += step)); do
		c=A
		[ "${text:i:1}" != A ] || c=B
		printf %s "${text:0:i}$c${text:i+1}" >altered
		altered
		printf %s "${text:0:i}" >altered
		[ $i = 0 ] || altered
	done
done
size=$(stat -c %s m.cbor)
for ((i = 0; i < size; i += step)); do
	byte=$(od -An -tu1 -j$i -N1 m.cbor)
	{ head -c $i m.cbor; printf "\\x$(printf %02x $((byte ^ 1)))"; tail -c +$((i + 2)) m.cbor; } >altered
	altered
done
printf '%s\0more' "$(cat j.txt)" >altered
altered
printf '%s\0more' "$(cat m.b64u)" >altered
altered
printf '%s=' "$(cat m.b64u)" >altered
altered
{ cat m.cbor; echo; } >altered
altered
echo "$tried altered forms refused"

# --- a credential as it was issued is no presentation ---
if command -v pkcs11-tool >/dev/null && [ -z "${SINBUN_SANITIZED:-}" ]; then
	for label in mdoc:resident dc+sd-jwt:resident; do
		SINBUN_CONF=$phone/sinbun.conf pkcs11-tool --module "$SINBUN_MODULE" --token-label mobile-id --login --pin $PIN \
			--read-object --type data --application-label sinbun --label $label -o issued >/dev/null 2>&1
		[ -s issued ] || complain "no $label"
		wants 1 verify check issued "${bound[@]}"
		says '.result == "refused" and (.reason == "holder_mismatch" or .reason == "malformed") and .fields == {}'
		rm -f issued
	done
fi

# --- and as they are: each once ---
for file in m.b64u j.txt; do
	wants 0 verify check $file "${bound[@]}"
	says '.result == "valid" and .reason == "ok" and .document == "resident" and .fields == {name: "홍시험", birth_date: "1990-01-01"} and .status == "valid"
		and (has("presentations") | not)'
	judged replayed $file "${bound[@]}"
done
says '.format == "dc+sd-jwt" and .presented_at == null'
judged replayed m.cbor "${bound[@]}"
says '.format == "mso_mdoc"'
answer N-2
bound=(--nonce N-2 --client-id $id --response-uri $uri)
wants 0 verify check m.cbor "${bound[@]}" --fields name,rrn
says '.fields == {name: "홍시험"} and .missing == ["rrn"]'
wants 0 sinbun-verify --home "$desk" --lang ko check j.txt "${bound[@]}" --fields name,rrn
grep -q '홍시험' out && grep -q '주민등록번호' out && ! grep -q 1990 out || complain "$(cat out)"
# A card that is suspended is refused here too.
wants 0 admin suspend --officer o1 --card "$card" --reason lost
wants 0 admin bundle --out bundle.jwt
wants 0 verify update --bundle bundle.jwt
answer N-3
for file in m.b64u j.txt; do
	judged suspended $file --nonce N-3 --client-id $id --response-uri $uri
	says '.status == "suspended"'
done

# --- through a browser: the origin stands for client and address (by another issuer and device, that of the tests) ---
printf '%s\n' 'bundle good' 'mdoc good' 'sdjwt good' | "$SINBUN_BUILDDIR/tests/lib/hostile-issuer" origin:https://rp.example N-4 - || complain 'the issuer'
desk=$here/browser-desk
mkdir "$desk"
wants 0 verify update --bundle bundle-good --root root.pem
for kind in mdoc sdjwt; do
	jq -r '.vp_token.q[0]' $kind-good >presented
	judged $([ $kind = mdoc ] && echo holder_mismatch || echo wrong_audience) presented --nonce N-4 --origin https://rp.example.other
	judged $([ $kind = mdoc ] && echo holder_mismatch || echo wrong_challenge) presented --nonce N-5 --origin https://rp.example
	judged $([ $kind = mdoc ] && echo holder_mismatch || echo wrong_audience) presented --nonce N-4 --client-id https://rp.example --response-uri $uri
	wants 0 verify check presented --nonce N-4 --origin https://rp.example
	says '.result == "valid" and .fields.name == "홍시험"'
done
finish
