#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# OpenSSL with the pkcs11 engine as its default for everything, also for what the module itself asks of OpenSSL: requests, signatures, CMS and
# both ends of mutual TLS.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/clients.sh"
openssl engine pkcs11 >/dev/null 2>&1 || skip "OpenSSL has no pkcs11 engine"
export PKCS11_MODULE_PATH=$SINBUN_MODULE
client "OpenSSL $(openssl version | cut -d' ' -f2), engine pkcs11 (libp11 $(dpkg-query -W -f '${Version}' libengine-pkcs11-openssl 2>/dev/null))"
make_service
echo 'a message of some length' >message
uri() { echo "pkcs11:token=$token;object=$key;type=private"; }
pin() { echo "$(uri)?pin-value=$PIN"; }
sign() { run timeout 60 openssl dgst -engine pkcs11 -keyform engine -sign "$(pin)" -sha256 -out signature message; }
# What a key is used for, whoever's.
uses() {
	local whose=$1
	works "$whose: a signature" timeout 60 openssl dgst -engine pkcs11 -keyform engine -sign "$(pin)" -sha256 -out signature message
	openssl dgst -sha256 -verify "$key.pub.pem" -signature signature message >/dev/null || complain "openssl dgst"
	works "$whose: a request" timeout 60 openssl req -new -engine pkcs11 -keyform engine -key "$(pin)" -subj /CN=test -out request.pem
	openssl req -in request.pem -verify -noout >/dev/null 2>&1 || complain "openssl req"
	works "$whose: a self-signed certificate" timeout 60 openssl req -new -x509 -engine pkcs11 -keyform engine -key "$(pin)" -subj /CN=test -days 1 -out self.pem
	openssl verify -CAfile self.pem self.pem >/dev/null 2>&1 || complain "openssl req -x509"
	works "$whose: a signed message" timeout 60 openssl cms -sign -engine pkcs11 -keyform engine -inkey "$(pin)" -signer "$key.pem" -in message -out message.cms
	openssl cms -verify -in message.cms -CAfile "$ca" -purpose any -out back >/dev/null 2>&1 || complain "openssl cms -sign"
	tr -d '\r' <back | cmp -s - message || complain "another message"
	openssl cms -encrypt -aes256 -in message -out secret.cms "$key.pem" || complain "openssl cms -encrypt"
	works "$whose: an encrypted message (ECDH)" timeout 60 openssl cms -decrypt -engine pkcs11 -keyform engine -inkey "$(pin)" -recip "$key.pem" -in secret.cms -out back
	tr -d '\r' <back | cmp -s - message || complain "another message than was encrypted"
	serve server.log openssl s_server -accept @PORT@ -cert server.pem -key server.key -CAfile "$ca" -Verify 2 -verify_return_error -www
	for version in tls1_2 tls1_3; do
		printf 'GET / HTTP/1.0\r\n\r\n' >get
		works "$whose: $version with a client's certificate" get openssl s_client -engine pkcs11 -keyform engine -key "$(pin)" -cert "$key.pem" -connect 127.0.0.1:$port \
			-CAfile ca.pem -verify_return_error -quiet -ign_eof -$version
		grep -q '^HTTP/1.0 200' out || complain "$version: no page: $(tail -3 server.log)"
	done
	stop_all
}
get() { run timeout 60 "$@" <get; }

# --- a service's key ---
ca=ca.pem
uses service
serve server.log openssl s_server -engine pkcs11 -keyform engine -key "$(pin)" -cert web.pem -accept @PORT@ -CAfile ca.pem -Verify 2 -verify_return_error -www
works "service: a server whose key is in the token" get openssl s_client -engine pkcs11 -keyform engine -key "$(pin)" -cert web.pem -connect 127.0.0.1:$port \
	-CAfile ca.pem -verify_return_error -quiet -ign_eof
grep -q '^HTTP/1.0 200' out || complain "no page from the token's server: $(tail -3 server.log)"

# --- bad input ---
refuses 'wrong PIN' 'CKR_error:PIN' with_pin $WRONG sign
lock_pin
refuses 'locked PIN' 'CKR_error:PIN' sign
unlock_pin
hide_token
refuses 'missing token' 'No matching' sign
show_token
# While the client waits for the PIN, the token goes.
at_prompt 'token removed in use' 'CKR_error' 'PIN for service' "run:$(removal)" '' "$PIN
" -- openssl dgst -engine pkcs11 -keyform engine -sign "$(uri)" -sha256 -out signature message
show_token
works 'and back again' sign
stop_all

# --- the resident's card ---
make_resident
wants 0 tool --token-label mobile-id --read-object --type cert --id 02 -o card.der
openssl x509 -inform DER -in card.der -out authentication.pem
openssl x509 -in authentication.pem -pubkey -noout >authentication.pub.pem
ca=all.pem
cat "$registry/pki/root.pem" ca.pem >all.pem
uses resident
recorded
