#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# GnuTLS' tools: p11tool looks and makes, certtool signs with a key in the token, gnutls-serv and gnutls-cli meet with theirs.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/clients.sh"
for program in p11tool certtool gnutls-cli gnutls-serv; do command -v $program >/dev/null || skip "no $program"; done
getent hosts localhost >/dev/null || skip "no localhost here"
client "GnuTLS $(p11tool --version | sed -n '1s/.* //p')"
make_service
with() { run timeout 60 "$@" --provider "$SINBUN_MODULE"; }
with_gnutls_pin() { GNUTLS_PIN=$PIN with "$@"; }
object() { echo "pkcs11:token=$token;object=$key;type=$1"; }

# --- p11tool ---
works 'tokens' with p11tool --list-tokens
grep -q "Label: service" out || complain "no token: $(cat out)"
works 'service: what everybody may see' with p11tool --batch --list-all "pkcs11:token=service"
grep -q 'object=web;type=cert' out || complain "no certificate"
works 'service: mechanisms' with p11tool --list-mechanisms "pkcs11:token=service"
grep -q CKM_ECDSA out || complain "no ECDSA"
works 'service: private keys' with_gnutls_pin p11tool --batch --login --list-privkeys "pkcs11:token=service"
grep -q 'object=web;type=private' out || complain "no private key"
works 'service: its certificate' with p11tool --batch --export "$(object cert)"
openssl x509 -in out -outform DER | cmp -s - web.der || complain "another certificate"
works 'service: the key works' with_gnutls_pin p11tool --batch --login --test-sign "$(object private)"
works 'service: a new key' with_gnutls_pin p11tool --batch --login --generate-privkey=ecdsa --curve=secp384r1 --label made "pkcs11:token=service"
works 'service: … removed' with_gnutls_pin p11tool --batch --login --delete "pkcs11:token=service;object=made;type=private"
works 'service: random numbers' with p11tool --generate-random=32 "pkcs11:token=service"
echo 'data of some length' >data
works 'service: data put in' with_gnutls_pin p11tool --batch --login --write --load-certificate=server.pem --label=other "pkcs11:token=service"
works 'service: … and out' with_gnutls_pin p11tool --batch --login --delete "pkcs11:token=service;object=other;type=cert"

# --- certtool ---
printf 'cn = signed-by-certtool\nca\ncert_signing_key\nexpiration_days = 1\n' >template
works 'service: a self-signed certificate' with_gnutls_pin certtool --generate-self-signed --load-privkey "$(object private)" --load-pubkey "$(object public)" --template template --outfile self.pem
openssl verify -CAfile self.pem self.pem >/dev/null 2>&1 || complain "certtool's certificate"
works 'service: a request' with_gnutls_pin certtool --generate-request --load-privkey "$(object private)" --load-pubkey "$(object public)" --template template --outfile request.pem
openssl req -in request.pem -verify -noout >/dev/null 2>&1 || complain "certtool's request"
works 'service: a signed message' with_gnutls_pin certtool --p7-sign --load-privkey "$(object private)" --load-certificate web.pem --infile data --outfile data.p7
certtool --p7-verify --load-ca-certificate ca.pem --infile data.p7 >p7.log 2>&1 || complain "certtool --p7-sign: $(tail -2 p7.log)"

# --- gnutls-serv and gnutls-cli ---
connect() {
	printf 'GET / HTTP/1.0\r\n\r\n' >get
	GNUTLS_PIN=$PIN with gnutls-cli -p "$port" --x509cafile=ca.pem --x509keyfile="$(object private)" --x509certfile="$1" "${@:2}" localhost <get
}
meets() {
	local whose=$1
	serve server.log gnutls-serv --http --x509cafile="$2" --x509keyfile=server.key --x509certfile=server.pem --require-client-cert --verify-client-cert -p @PORT@
	for version in 1.2 1.3; do
		works "$whose: TLS $version, the certificate in the token" connect "$(object cert)" --priority=NORMAL:-VERS-ALL:+VERS-TLS$version
		grep -q 'HTTP/1.0 200' out || complain "no page: $(tail -3 out server.log)"
		grep -q 'client certificate\|Peer.s certificate is trusted\|is trusted' server.log || complain "not trusted: $(tail -5 server.log)"
	done
	stop_all
}
meets service ca.pem
serve server.log env GNUTLS_PIN=$PIN gnutls-serv --http --provider "$SINBUN_MODULE" --x509cafile=ca.pem --x509keyfile="$(object private)" --x509certfile="$(object cert)" -p @PORT@
works 'service: a server whose key is in the token' connect "$(object cert)"
grep -q 'HTTP/1.0 200' out || complain "no page: $(tail -3 out server.log)"

# --- bad input ---
refuses 'wrong PIN' 'Wrong PIN has' with_pin $WRONG with_gnutls_pin p11tool --batch --login --test-sign "$(object private)"
refuses 'wrong PIN, gnutls-cli' 'Wrong PIN has' with_pin $WRONG connect web.pem
unlock_pin
lock_pin
refuses 'locked PIN' 'PIN locked' with_gnutls_pin p11tool --batch --login --test-sign "$(object private)"
refuses 'locked PIN, gnutls-cli' 'locked' connect web.pem
unlock_pin
hide_token
refuses 'missing token' 'is not available' with_gnutls_pin p11tool --batch --login --test-sign "$(object private)"
refuses 'missing token, gnutls-cli' 'rror' connect web.pem
show_token
at_prompt 'token removed in use' 'PKCS #11|rror' 'Enter PIN:' "run:$(removal)" '' "$PIN
" -- p11tool --provider "$SINBUN_MODULE" --login --test-sign "$(object private)"
show_token
works 'and back again' with_gnutls_pin p11tool --batch --login --test-sign "$(object private)"
works 'module loaded twice' with_gnutls_pin p11tool --batch --provider "$SINBUN_MODULE" --login --test-sign "$(object private)"
stop_all

# --- the resident's card ---
make_resident
works 'resident: what everybody may see' with p11tool --batch --list-all "pkcs11:token=mobile-id"
works 'resident: the key works' with_gnutls_pin p11tool --batch --login --test-sign "$(object private)"
cat "$registry/pki/root.pem" ca.pem >all.pem
meets resident all.pem
recorded
