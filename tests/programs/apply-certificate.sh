#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Signing in with a certificate: one that was registered before, from a PKCS#12 file through openssl; and that of a card, whose key signs in its token.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/apply.sh"
needs_foreign_hosts
make_lines

# --- an authority, its list, and certificates: hong's, one that is revoked, one of another authority ---
authority() {
	mkdir -p "$1"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1/key" -out "$1/ca.pem" -days 30 -subj "/CN=$1" \
		-addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
	: >"$1/index"
	printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s/index\ndefault_md=sha256\ndefault_crl_days=20\n' "$1" >"$1/conf"
}
# certificate AUTHORITY NAME [ALGORITHM…]
certificate() {
	openssl req -new -nodes -keyout "$2.key" -out "$2.csr" -subj "/CN=$2" -newkey "${@:3}" 2>/dev/null
	openssl x509 -req -in "$2.csr" -CA "$1/ca.pem" -CAkey "$1/key" -CAcreateserial -days 20 -out "$2.pem" \
		-extfile <(echo keyUsage=critical,digitalSignature) 2>/dev/null
}
list() { openssl ca -config good/conf -gencrl -keyfile good/key -cert good/ca.pem -out "$registry/login-ca/good.crl" 2>/dev/null; }
authority good
authority other
certificate good hong rsa:2048
certificate good late ec -pkeyopt ec_paramgen_curve:P-256
certificate other strange ec -pkeyopt ec_paramgen_curve:P-256
openssl pkcs12 -export -in hong.pem -inkey hong.key -passout pass:a-pass -out hong.p12
who='{"name":"홍시험","rrn":"900101-1000000"}'
register() { wants "$1" admin member certificate --officer o1 --certificate "$2" --input - "${@:3}" <<<"$who"; }

register 3 hong.pem
says '.error == "no_authorities"'
mkdir "$registry/login-ca"
cp good/ca.pem "$registry/login-ca"
register 0 hong.pem
register 10 hong.pem
says '.error == "certificate_exists"'
register 1 strange.pem
says '.error == "certificate" and .rule == "untrusted"'
register 4 lines.csv
says '.error == "certificate" and .rule == "form"'
wants 4 admin member certificate --officer o1 --certificate late.pem --input - <<<"${who/홍시험/가시험}"
says '.error == "mismatch" and .field == "name"'
openssl x509 -in late.pem -outform DER -out late.der
register 0 late.der

# --- the challenge ---
open_alone() {
	wants 0 admin apply start --self
	application=$(jq -r .application out)
}
login() { wants "$1" admin apply login --application "$application" "${@:2}"; }
refuses() { # CODE ERROR RULE FILE
	login "$1" --kind certificate --signed "$4"
	says ".error == \"$2\" and .rule == $3 and .state != \"offered\" and .next == \"login\""
}
open_alone
login 10 --kind certificate --signed lines.csv
says '.error == "no_challenge"'
login 0 --kind certificate --challenge challenge
says '.state == "waiting" and .expires > now'
jq -e --arg a "$application" '.type == "sinbun-login" and .application == $a and (.nonce | length == 32)' challenge >/dev/null || complain "$(cat challenge)"
login 0 --kind certificate --challenge again
cmp -s challenge again || complain "another challenge while the first is good"

# --- CMS: detached or with the content, DER or PEM, RSA or EC; through a PKCS#12 file ---
openssl pkcs12 -in hong.p12 -passin pass:a-pass -nodes -out from-p12.pem 2>/dev/null
cms() { openssl cms -sign -binary -in challenge -signer "$1" -inkey "$2" "${@:3}" 2>/dev/null; }
cms strange.pem strange.key -outform DER -out strange.cms
refuses 1 certificate '"unknown"' strange.cms
cms from-p12.pem from-p12.pem -outform DER -nocerts -out bare.cms
refuses 4 bad_signature null bare.cms
sed 's/sinbun-login/sinbun-logon/' challenge >changed && openssl cms -sign -binary -in changed -signer hong.pem -inkey hong.key -outform DER -out changed.cms
refuses 4 bad_signature null changed.cms
openssl cms -sign -binary -nodetach -in changed -signer hong.pem -inkey hong.key -outform DER -out changed.cms
refuses 4 bad_signature null changed.cms
head -c 400 strange.cms >cut.cms
refuses 4 bad_signature null cut.cms
refuses 4 bad_signature null lines.csv
: >empty
refuses 4 bad_signature null empty
openssl cms -encrypt -binary -in challenge -outform DER -out sealed.cms hong.pem
refuses 4 bad_signature null sealed.cms
cms from-p12.pem from-p12.pem -outform DER -out hong.cms
list
# Whose it is, changed in the file by somebody without the issuer's token.
database() { sqlite3 "$registry/registry.db" "$1" || complain "sqlite3: $1"; }
for sql in 'resident = 1 + (resident = 1)' 'mac = null' 'mac = zeroblob(32)'; do
	kept=$(sqlite3 -cmd '.mode insert login_certificate' "$registry/registry.db" 'select * from login_certificate')
	database "update login_certificate set $sql"
	wants 9 admin apply login --application "$application" --kind certificate --signed hong.cms
	says '.error == "damaged" and (.field | startswith("login_certificate"))'
	database "delete from login_certificate; $kept"
done
login 0 --kind certificate --signed hong.cms
says '.next == "consent"'
stands open consent
says '.name == "홍*험" and .steps[1].outcome == "certificate"'
login 0 --kind certificate --signed hong.cms # done is done
says '.already == true'
wants 0 admin apply withdraw --application "$application"
open_alone
login 0 --kind certificate --challenge challenge
refuses 4 bad_signature null hong.cms # of another challenge
cms late.pem late.key -nodetach -outform PEM -out late.cms
login 0 --kind certificate --signed late.cms
wants 0 admin apply withdraw --application "$application"

# --- revoked, expired, registered no more ---
openssl ca -config good/conf -revoke late.pem -keyfile good/key -cert good/ca.pem 2>/dev/null
rm "$registry/login-ca/good.crl"
list
open_alone
login 0 --kind certificate --challenge challenge
cms late.pem late.key -outform DER -out late.cms
refuses 1 certificate '"revoked"' late.cms
cms hong.pem hong.key -outform DER -out hong.cms
register 0 hong.pem --remove
refuses 1 certificate '"unknown"' hong.cms
register 4 hong.pem --remove
says '.error == "no_certificate"'
register 0 hong.pem
# A list of the authority that has run out tells nothing any more.
openssl ca -config good/conf -gencrl -crlsec 1 -keyfile good/key -cert good/ca.pem -out "$registry/login-ca/good.crl" 2>/dev/null
sleep 2
refuses 1 certificate '"expired"' hong.cms
list
rm "$registry/login-ca/ca.pem"
cp other/ca.pem "$registry/login-ca"
refuses 1 certificate '"untrusted"' hong.cms
cp good/ca.pem "$registry/login-ca"
wants 0 admin apply withdraw --application "$application"

# --- the card's own key, in its token: a JWS over the challenge ---
command -v pkcs11-tool >/dev/null || finish
make_card
b64u() { base64 -w0 | tr '+/' '-_' | tr -d =; }
tool() { SINBUN_CONF="$phone/sinbun.conf" pkcs11-tool --module "$SINBUN_MODULE" --token-label mobile-id "$@" 2>/dev/null; }
tool --read-object --type cert --id 02 --output-file card.der
# jws CHALLENGE CERTIFICATE: signed by the card.
jws() {
	printf '%s.%s' "$(jq -nc --arg c "$(base64 -w0 <"$2")" '{alg: "ES256", x5c: [$c]}' | tr -d '\n' | b64u)" "$(tr -d '\n' <"$1" | b64u)" >to-sign
	tool --login --pin "$PIN" --sign --mechanism ECDSA-SHA256 --signature-format rs --id 02 --input-file to-sign --output-file signature
	printf '%s.%s\n' "$(cat to-sign)" "$(b64u <signature)"
}
open_alone
login 0 --kind certificate --challenge challenge
jws challenge card.der >card.jws
jws changed card.der >changed.jws
refuses 4 bad_signature null changed.jws
sed 's/sinbun-login/sinbun-logon/' challenge >changed
jws changed card.der >changed.jws
refuses 4 bad_signature null changed.jws
jws challenge late.der >late.jws
refuses 4 bad_signature null late.jws
wants 0 admin suspend --officer o1 --card "$card" --reason lost
refuses 1 certificate '"card"' card.jws
wants 0 admin resume --officer o1 --card "$card"
login 0 --kind certificate --signed card.jws
stands open consent
says '.name == "홍*험" and .steps[1].outcome == "card"'
finish
