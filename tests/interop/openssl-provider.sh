#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# OpenSSL 3 with the pkcs11 provider, as its manual has it: keys and certificates by URI, under the property query ?provider=pkcs11, so that what the
# module itself asks of OpenSSL would come back to it. Runs where $PKCS11_PROVIDER_SO names the provider (Debian 12 has none).
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/clients.sh"
[ -n "${PKCS11_PROVIDER_SO:-}" ] || skip 'no $PKCS11_PROVIDER_SO, which names the pkcs11 provider for OpenSSL'
[ -r "$PKCS11_PROVIDER_SO" ] || skip "not there: $PKCS11_PROVIDER_SO"
export PKCS11_PROVIDER_MODULE=$SINBUN_MODULE
cat >openssl.cnf <<-END
	openssl_conf = all
	[all]
	providers = providers
	alg_section = algorithms
	[algorithms]
	default_properties = ?provider=pkcs11
	[providers]
	default = on
	pkcs11 = pkcs11
	[on]
	activate = 1
	[pkcs11]
	module = $PKCS11_PROVIDER_SO
	pkcs11-module-path = $SINBUN_MODULE
	activate = 1
END
with() { run env "OPENSSL_CONF=$here/openssl.cnf" timeout 60 openssl "$@"; }
with list -providers >providers 2>&1
grep -q '^ *pkcs11$' providers || skip "the provider is not loaded: $(head -1 providers)"
client "OpenSSL $(openssl version | cut -d' ' -f2), pkcs11 provider $(sed -n '/^ *pkcs11$/,/status/s/.*version: *//p' providers)"
make_service
echo 'a message of some length' >message
printf 'GET / HTTP/1.0\r\n\r\n' >get
object() { echo "pkcs11:token=$token;object=$key;type=$1"; }
pin() { echo "$(object private)?pin-value=$PIN"; }
sign() { with dgst -sha256 -sign "$(pin)" -out signature message; }
get() { with "$@" <get; }
uses() {
	local whose=$1
	works "$whose: what is there" with storeutl -noout -text "pkcs11:token=$token?pin-value=$PIN"
	works "$whose: its certificate" with storeutl -certs -out read.pem "$(object cert)"
	openssl x509 -in read.pem -pubkey -noout | cmp -s - "$key.pub.pem" || complain "another certificate"
	works "$whose: its public key" with pkey -in "$(object public)" -pubin -pubout -out read.pub
	cmp -s read.pub "$key.pub.pem" || complain "another public key"
	works "$whose: a signature" sign
	openssl dgst -sha256 -verify "$key.pub.pem" -signature signature message >/dev/null || complain "openssl dgst"
	works "$whose: a request" with req -new -key "$(pin)" -subj /CN=test -out request.pem
	openssl req -in request.pem -verify -noout >/dev/null 2>&1 || complain "openssl req"
	works "$whose: a signed message" with cms -sign -inkey "$(pin)" -signer "$key.pem" -in message -out message.cms
	openssl cms -verify -in message.cms -CAfile "$ca" -purpose any -out back >/dev/null 2>&1 || complain "openssl cms -sign"
	openssl cms -encrypt -aes256 -in message -out secret.cms "$key.pem" || complain "openssl cms -encrypt"
	works "$whose: an encrypted message (ECDH)" with cms -decrypt -inkey "$(pin)" -recip "$key.pem" -in secret.cms -out back
	tr -d '\r' <back | cmp -s - message || complain "another message than was encrypted"
	serve server.log openssl s_server -accept @PORT@ -cert server.pem -key server.key -CAfile "$ca" -Verify 2 -verify_return_error -www
	for version in tls1_2 tls1_3; do
		works "$whose: $version with a client's certificate" get s_client -key "$(pin)" -cert "$key.pem" -connect "127.0.0.1:$port" -CAfile ca.pem \
			-verify_return_error -quiet -ign_eof -$version
		grep -q '^HTTP/1.0 200' out || complain "$version: no page: $(tail -3 server.log)"
	done
	stop_all
}
ca=ca.pem
uses service
openssl ecparam -name prime256v1 -genkey -noout -out peer.pem 2>/dev/null
openssl pkey -in peer.pem -pubout -out peer.pub
works 'service: a secret with another (ECDH)' with pkeyutl -derive -inkey "$(pin)" -peerkey peer.pub -out derived
openssl pkeyutl -derive -inkey peer.pem -peerkey web.pub.pem -out secret && cmp -s secret derived || complain "two secrets"

# --- bad input ---
refuses 'wrong PIN' 'rror|Could not' with_pin $WRONG sign
unlock_pin
lock_pin
refuses 'locked PIN' 'rror|Could not' sign
unlock_pin
hide_token
refuses 'missing token' 'rror|Could not' sign
show_token
works 'and back again' sign

# --- the resident's card ---
make_resident
wants 0 tool --token-label mobile-id --read-object --type cert --id 02 -o card.der
openssl x509 -inform DER -in card.der -out authentication.pem
openssl x509 -in authentication.pem -pubkey -noout >authentication.pub.pem
cat "$registry/pki/root.pem" ca.pem >all.pem
ca=all.pem
uses resident
recorded
