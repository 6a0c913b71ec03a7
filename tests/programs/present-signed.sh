#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Signed requests (OpenID4VP request objects): who asks is vouched for by --rp-root or is not answered; taking the signature off is no way
# around it, and nothing of a request can be changed under its signature.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
command -v openssl >/dev/null || exit 77
make_registry
make_card
make_desk

# --- two roots, and people who ask ---
config() { printf '[req]\ndistinguished_name=d\n[d]\n' >openssl.cnf; }
config
new_key() { openssl ecparam -name "${2:-prime256v1}" -genkey -noout -out "$1.key"; }
# new_root NAME [DAYS]
new_root() {
	new_key "$1"
	openssl req -config openssl.cnf -new -x509 -key "$1.key" -subj "/CN=$1 root" -days "${2:-30}" -out "$1.pem" \
		-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign 2>/dev/null
}
# new_asker NAME ROOT SUBJECT EXTENSIONS [OPTION…]: NAME.key, NAME.pem
new_asker() {
	[ -e "$1.key" ] || new_key "$1"
	openssl req -config openssl.cnf -new -key "$1.key" -subj "$3" -out csr.pem 2>/dev/null
	printf '%b\n' "$4" >extensions
	openssl x509 -req -in csr.pem -CA "$2.pem" -CAkey "$2.key" -set_serial 7 -days 20 -extfile extensions -out "$1.pem" "${@:5}" 2>/dev/null ||
		complain "no certificate $1"
}
usual='subjectAltName=DNS:rp.example\nkeyUsage=critical,digitalSignature\nbasicConstraints=CA:FALSE'
new_root good
new_root other
new_asker shop good '/CN=Seoul Test Shop' "$usual"
new_asker stranger other '/CN=Seoul Test Shop' "$usual"

# --- requests ---
b64u() { base64 -w0 | tr '+/' '-_' | tr -d =; }
der() { openssl x509 -in "$1.pem" -outform DER; }
# header NAME [JQ]; payload NONCE [JQ]
header() { jq -cn --arg c "$(der "$1" | base64 -w0)" '{alg:"ES256",typ:"oauth-authz-req+jwt",x5c:[$c]}' | jq -c "${2:-.}"; }
payload() {
	jq -cn --arg n "$1" '{client_id:"x509_san_dns:rp.example",response_type:"vp_token",response_mode:"direct_post",
		response_uri:"https://rp.example/cb",nonce:$n,state:"s",aud:"https://self-issued.me/v2",iat:(now|floor),exp:((now|floor)+300),dcql_query:{credentials:[
		{id:"m",format:"mso_mdoc",meta:{doctype_value:"kr.sinbun.resident.1"},claims:[{path:["kr.sinbun.resident.1","name"]}]},
		{id:"j",format:"dc+sd-jwt",meta:{vct_values:["urn:sinbun:resident:1"]},claims:[{path:["name"]}]}]}}' | jq -c "${2:-.}"
}
# signed KEY HEADER PAYLOAD: a compact JWS of these texts, whatever they say.
signed() {
	local text
	text=$(printf %s "$2" | b64u).$(printf %s "$3" | b64u)
	printf %s "$text" | openssl dgst -sha256 -sign "$1.key" -out signature.der
	printf '%s.' "$text"
	openssl asn1parse -inform DER -in signature.der | sed -n 's/.*INTEGER *://p' | while read -r number; do
		printf '%64s' "$number" | tr ' ' 0 | sed 's/../\\x&/g'
	done | { read -r bytes || :; printf '%b' "$bytes"; } | b64u
}
# object NAME FILE NONCE [PAYLOAD-JQ] [HEADER-JQ]: a request object signed by NAME.
object() { signed "$1" "$(header "$1" "${5:-.}")" "$(payload "$3" "${4:-.}")" >"$2"; }
asked=0
# answered FILE OPTION…; unanswered CODE ERROR FIELD FILE OPTION…: no PIN is needed to say no, and nothing is written.
answered() { wants 0 holder present --request "$1" --consent all --out answer.json "${@:2}"; }
unanswered() {
	asked=$((asked + 1))
	rm -f no.json
	wants "$1" sinbun --home "$phone" --json present --request "$4" --consent all --out no.json "${@:5}" --pin-fd 3 3<<<"$PIN"
	says ".error == \"$2\" and .field == \"$3\" and (.message | length > 30) and (has(\"vp_token\") | not)"
	[ ! -e no.json ] || complain "an answer to $4"
}

# --- vouched for ---
object shop r.jwt S-1
answered r.jwt --rp-root good.pem
wants 0 verify check answer.json --request r.jwt
says '.result == "valid" and .fields == {"name":"홍시험"} and ([.presentations[].format] | sort == ["dc+sd-jwt","mso_mdoc"])'
wants 0 holder history
says '[.entries[-2:][] | {to, verified, result, elements}] | unique == [{"to":"Seoul Test Shop","verified":true,"result":"written","elements":["name"]}]'
wants 0 sinbun --home "$phone" --lang en present --request r.jwt --rp-root good.pem --consent all --out said.json --pin-fd 3 3<<<"$PIN"
grep -q '^Asked by: Seoul Test Shop (verified)$' out && ! grep -q UNVERIFIED out || complain "who asks: $(cat out)"

# --- not vouched for: by nobody asked, it is answered as unverified; by another root, or unsigned where a root is to vouch, not at all ---
object shop r.jwt S-2
wants 0 sinbun --home "$phone" --lang en present --request r.jwt --consent all --out answer.json --pin-fd 3 3<<<"$PIN"
grep -q '^Asked by: x509_san_dns:rp.example$' out && grep -q ^UNVERIFIED out && ! grep -q 'Seoul Test Shop' out || complain "who asks: $(cat out)"
wants 0 verify check answer.json --request r.jwt
wants 0 holder history
says '.entries[-1] | .to == "x509_san_dns:rp.example" and .verified == false'
unanswered 1 untrusted_request x5c r.jwt --rp-root other.pem
object stranger r.jwt S-3
unanswered 1 untrusted_request x5c r.jwt --rp-root good.pem
payload S-4 '.client_id = "redirect_uri:https://rp.example/cb" | del(.aud, .iat, .exp)' >plain.json
answered plain.json
unanswered 1 untrusted_request --request plain.json --rp-root good.pem
# The same with its signature taken off.
payload S-4 >plain.json
unanswered 4 bad_request client_id plain.json
unanswered 1 untrusted_request --request plain.json --rp-root good.pem

# --- another root of the same name does not vouch; files that are no root are named ---
cp good.pem first.pem
new_root good
object shop r.jwt S-5
unanswered 1 untrusted_request x5c r.jwt --rp-root good.pem
answered r.jwt --rp-root first.pem
for file in person.json absent.pem . shop.key; do
	unanswered 4 bad_certificate --rp-root r.jwt --rp-root "$file"
done

# --- certificates that must not vouch ---
# certificate WHAT FIELD NAME SUBJECT EXTENSIONS [OPTION…]
certificate() {
	new_asker "$1" good "$3" "$4" "${@:5}"
	object "$1" r.jwt S-6
	unanswered 1 untrusted_request "$2" r.jwt --rp-root good.pem
}
certificate ended x5c '/CN=Ended' "$usual" -days -1
says '.message | contains("not valid at this time")'
certificate authority x5c '/CN=Authority' 'subjectAltName=DNS:rp.example\nkeyUsage=critical,digitalSignature,keyCertSign\nbasicConstraints=critical,CA:TRUE'
certificate encipher x5c '/CN=Encipher' 'subjectAltName=DNS:rp.example\nkeyUsage=critical,keyEncipherment\nbasicConstraints=CA:FALSE'
certificate strange x5c '/CN=Strange' "$usual\n1.2.3.4.5=critical,ASN1:NULL"
# The root itself, and a certificate that somebody signed for himself.
printf '%s' "$usual" >extensions
object good r.jwt S-6 '.client_id = "x509_hash:'"$(der good | openssl dgst -sha256 -binary | b64u)"'"'
unanswered 1 untrusted_request x5c r.jwt --rp-root good.pem
# One without a name is called by its host.
new_asker nameless good / "$usual"
object nameless r.jwt S-6
answered r.jwt --rp-root good.pem
wants 0 holder history
says '.entries[-1] | .to == "rp.example" and .verified'

# --- client_id and its prefix ---
new_asker shop good '/CN=Seoul Test Shop' "$usual"
hash=$(der shop | openssl dgst -sha256 -binary | b64u)
object shop r.jwt S-7 ".client_id = \"x509_hash:$hash\" | .response_uri = \"https://pay.example/elsewhere\""
answered r.jwt --rp-root good.pem
wants 0 verify check answer.json --request r.jwt
# client_id FIELD CLIENT-ID [JQ]
client_id() {
	object shop r.jwt S-8 ".client_id = \"$2\" | ${3:-.}"
	unanswered 4 bad_request "$1" r.jwt --rp-root good.pem
	unanswered 4 bad_request "$1" r.jwt
}
client_id client_id x509_san_dns:other.example
client_id client_id x509_san_dns:www.rp.example
client_id client_id x509_san_dns:example
client_id client_id x509_san_dns:
client_id client_id x509_san_dns:.rp.example
client_id response_uri x509_san_dns:rp.example '.response_uri = "https://evil.example/cb"'
client_id response_uri x509_san_dns:rp.example '.response_uri = "https://rp.example.evil.example/cb"'
client_id response_uri x509_san_dns:rp.example '.response_uri = "https://rp.example@evil.example/cb"'
client_id response_uri x509_san_dns:rp.example '.response_uri = "http://rp.example/cb"'
client_id client_id "x509_hash:${hash%?}"
client_id client_id "x509_hash:$(printf %s x | openssl dgst -sha256 -binary | b64u)"
client_id client_id redirect_uri:https://rp.example/cb
client_id client_id rp.example
client_id client_id did:web:rp.example
new_asker wild good '/CN=rp.example' 'subjectAltName=DNS:*.example\nkeyUsage=critical,digitalSignature'
object wild r.jwt S-8
unanswered 4 bad_request client_id r.jwt --rp-root good.pem
new_asker unnamed good '/CN=rp.example' 'keyUsage=critical,digitalSignature'
object unnamed r.jwt S-8
unanswered 4 bad_request client_id r.jwt --rp-root good.pem

# --- certificates between the root's and the asker's ---
# between NAME ISSUER [EXTENSIONS]: an authority under another
between() { new_asker "$1" "$2" "/CN=$1" "${3:-basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign}" "${@:4}"; }
# path NAME…: a request whose x5c is these, the first of them the asker's
path() {
	local rest
	rest=$(for name in "${@:2}"; do der "$name" | base64 -w0; echo; done | jq -Rcn '[inputs]')
	object "$1" r.jwt S-7 . ".x5c += $rest"
}
between first-floor good
between second-floor first-floor
between third-floor second-floor
between fourth-floor third-floor
for floor in first second third fourth; do
	new_asker on-$floor $floor-floor '/CN=Seoul Test Shop' "$usual"
done
for list in 'on-first first-floor' 'on-second second-floor first-floor' 'on-third third-floor second-floor first-floor'; do
	# shellcheck disable=SC2086
	path $list
	answered r.jwt --rp-root good.pem
done
# One is missing, in another order, twice, too many, has nothing to do with it, or is the root itself.
for list in on-first 'on-second second-floor' 'on-second first-floor second-floor' 'on-first first-floor first-floor' 'on-first first-floor second-floor' \
	'on-first first-floor other' 'on-first first-floor good' 'shop good' 'shop shop' 'on-first second-floor'; do
	# shellcheck disable=SC2086
	path $list
	unanswered 1 untrusted_request x5c r.jwt --rp-root good.pem
done
path on-fourth fourth-floor third-floor second-floor first-floor
unanswered 4 bad_request x5c r.jwt --rp-root good.pem
path on-first first-floor
unanswered 1 untrusted_request x5c r.jwt --rp-root other.pem
# Authorities that are none, may not, are over, or may have nobody beneath them.
between no-authority good "$usual"
between no-usage good 'basicConstraints=critical,CA:TRUE'
between wrong-usage good 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,cRLSign'
between over good 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign' -days -1
between strange-floor good 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n1.2.3.4.5=critical,ASN1:NULL'
for floor in no-authority no-usage wrong-usage over strange-floor; do
	new_asker of-$floor $floor '/CN=Seoul Test Shop' "$usual"
	path of-$floor $floor
	unanswered 1 untrusted_request x5c r.jwt --rp-root good.pem
done
between short good 'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign'
new_asker of-short short '/CN=Seoul Test Shop' "$usual"
path of-short short
answered r.jwt --rp-root good.pem
between too-far short
new_asker of-too-far too-far '/CN=Seoul Test Shop' "$usual"
path of-too-far too-far short
unanswered 1 untrusted_request x5c r.jwt --rp-root good.pem

# --- what the request object says of itself ---
for jq in '.typ = "JWT"' 'del(.typ)' '.typ = "OAUTH-AUTHZ-REQ+JWT"' '.typ = 7' '.alg = "none"' '.alg = "ES384"' '.alg = "HS256"' 'del(.alg)' \
	'.crit = ["exp"] | .exp = 1' '.crit = []'; do
	object shop r.jwt S-9 . "$jq"
	unanswered 4 bad_request --request r.jwt --rp-root good.pem
done
for jq in 'del(.x5c)' '.x5c = []' '.x5c = .x5c[0]' '.x5c = [7]' '.x5c[0] |= .[:-4]' '.x5c = ["AAAA"]'; do
	object shop r.jwt S-9 . "$jq"
	unanswered 4 bad_request x5c r.jwt --rp-root good.pem
done
object shop r.jwt S-9 . ".x5c = [\"$(der stranger | base64 -w0)\"]"
unanswered 1 untrusted_request signature r.jwt --rp-root good.pem
# alg none as it is meant: no signature at all.
printf '%s.%s.' "$(header shop '.alg = "none"' | tr -d '\n' | b64u)" "$(payload S-9 | tr -d '\n' | b64u)" >r.jwt
unanswered 4 bad_request --request r.jwt --rp-root good.pem
object shop r.jwt S-9
printf '%s.%s.' "$(cut -d. -f1 r.jwt)" "$(cut -d. -f2 r.jwt)" >empty.jwt
unanswered 4 bad_request --request empty.jwt --rp-root good.pem
# A signature as DER, as other software writes it.
printf '%s.%s.%s' "$(cut -d. -f1 r.jwt)" "$(cut -d. -f2 r.jwt)" "$(b64u <signature.der)" >der.jwt
unanswered 4 bad_request --request der.jwt --rp-root good.pem
new_key wide secp384r1
new_asker wide good '/CN=Wide' "$usual"
object wide r.jwt S-9
unanswered 4 bad_request --request r.jwt --rp-root good.pem
# A member twice, under a good signature.
signed shop "$(header shop)" "$(payload S-9 | sed 's/^{/{"nonce":"S-0",/')" >r.jwt
unanswered 4 bad_request --request r.jwt --rp-root good.pem
signed shop "$(header shop | sed 's/^{/{"alg":"none",/')" "$(payload S-9)" >r.jwt
unanswered 4 bad_request --request r.jwt --rp-root good.pem

# --- times, and whom it is for ---
# parameter CODE ERROR FIELD JQ
parameter() {
	object shop r.jwt S-10 "$4"
	unanswered "$1" "$2" "$3" r.jwt --rp-root good.pem
}
parameter 1 untrusted_request exp '.exp = (now | floor)'
parameter 1 untrusted_request exp '.exp = 0'
parameter 1 untrusted_request iat '.iat = (now | floor) + 3600'
parameter 1 untrusted_request nbf '.nbf = (now | floor) + 3600'
parameter 4 bad_request exp '.exp = "tomorrow"'
parameter 4 bad_request iat '.iat = 1.5'
parameter 4 bad_request aud 'del(.aud)'
parameter 4 bad_request aud '.aud = "https://rp.example"'
parameter 4 bad_request aud '.aud = ["https://self-issued.me/v2"]'
parameter 4 bad_request nonce 'del(.nonce)'
parameter 4 bad_request response_mode '.response_mode = "direct_post.jwt"'
parameter 4 bad_request redirect_uri '.redirect_uri = "https://rp.example/cb"'
parameter 4 bad_request transaction_data '.transaction_data = []'

# --- a changed character anywhere ---
object shop r.jwt S-11
answered r.jwt --rp-root good.pem
size=$(stat -c %s r.jwt) step=${SINBUN_ROUNDS:+1}
for ((at = 0; at < size; at += ${step:-53})); do
	letter=A
	[ "$(tail -c +$((at + 1)) r.jwt | head -c 1)" != A ] || letter=B
	{ head -c $at r.jwt && printf %s $letter && tail -c +$((at + 2)) r.jwt; } >changed.jwt
	for root in '' '--rp-root good.pem'; do
		rm -f no.json
		asked=$((asked + 1)) got=0
		# shellcheck disable=SC2086
		sinbun --home "$phone" --json present --request changed.jwt --consent all --out no.json $root --pin-fd 3 3<<<"$PIN" >out 2>err || got=$?
		case $got in 1) says '.error == "untrusted_request"' ;; 4) says '.error == "bad_request"' ;; *) complain "character $at: $got" ;; esac
		[ ! -e no.json ] || complain "character $at: an answer"
	done
done
for at in 0 1 100 $((size / 2)) $((size - 90)) $((size - 1)); do
	head -c $at r.jwt >cut.jwt
	unanswered 4 bad_request --request cut.jwt --rp-root good.pem
done
echo "$asked requests not answered"
wants 0 sinbun --home "$phone" --json status
says '.pin_tries_left == 5'
finish
