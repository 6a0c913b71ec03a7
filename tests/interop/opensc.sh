#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# OpenSC's pkcs11-tool with a service's token and a resident's card, and what it says of bad input. All that it can do: pkcs11-tool.sh.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/clients.sh"
client "pkcs11-tool, $(pkcs11-tool --help 2>&1 | grep -m1 -oE 'OpenSC [0-9.]+' || dpkg-query -W -f 'OpenSC ${Version}' opensc 2>/dev/null || echo OpenSC)"
make_service
echo 'a message of some length' >message
with() { run timeout 60 pkcs11-tool --module "$SINBUN_MODULE" "$@"; }
mine() { with --token-label "$token" --login --pin "$PIN" "$@"; }
sign() { mine --sign --mechanism ECDSA-SHA256 --id "$id" --signature-format openssl -i message -o signature; }
# What a key is used for, whoever's.
uses() {
	works "$1: objects, without a PIN" with --token-label "$token" -O
	grep -q "label: *$key" out || complain "no $key: $(cat out)"
	! grep -q 'Private Key' out || complain "a private key shows before the login"
	works "$1: objects" mine -O
	grep -q 'Private Key Object; EC' out || complain "no private key"
	works "$1: a signature" sign
	openssl dgst -sha256 -verify "$key.pub.pem" -signature signature message >/dev/null || complain "the signature"
	works "$1: verified by the token" with --token-label "$token" --verify --mechanism ECDSA-SHA256 --id "$id" --signature-format openssl -i message \
		--signature-file signature
	grep -q 'Signature is valid' out || complain "not valid: $(cat out)"
	works "$1: its certificate" with --token-label "$token" --read-object --type cert --id "$id" -o read.der
	openssl x509 -inform DER -in read.der -pubkey -noout | cmp -s - "$key.pub.pem" || complain "another certificate"
}

works 'tokens' with -L
works 'interfaces' with --list-interfaces
works 'mechanisms' with --token-label service -M
grep -q 'ECDSA-SHA256, keySize={256,521}, sign, verify' out || complain "no ECDSA-SHA256"
works 'service: pkcs11-tool tests it' with --token-label service --login --pin "$PIN" --test --allow-sw
grep -q 'No errors' out || complain "its test: $(tail -3 out)"
uses service
works 'service: a secret with another (ECDH): a key pair' mine --keypairgen --key-type EC:prime256v1 --id 22 --label dh --usage-derive
openssl ecparam -name prime256v1 -genkey -noout -out peer.pem 2>/dev/null
openssl pkey -in peer.pem -pubout -outform DER -out peer.der
works 'service: a secret with another (ECDH): the secret' mine --derive --mechanism ECDH1-DERIVE --id 22 -i peer.der -o derived
wants 0 tool --token-label service --read-object --type pubkey --id 22 -o dh.der
openssl pkeyutl -derive -inkey peer.pem -peerform DER -peerkey dh.der -out secret && cmp -s secret derived || complain "two secrets"
works 'service: an RSA key pair' mine --keypairgen --key-type rsa:2048 --id 23 --label rsa --usage-sign
works 'service: another PIN' mine --change-pin --new-pin 830261
PIN=830261
works 'service: and the first again' mine --change-pin --new-pin 274916
PIN=274916

# --- bad input ---
refuses 'wrong PIN' 'CKR_PIN_INCORRECT' with_pin $WRONG sign
unlock_pin
lock_pin
refuses 'locked PIN' 'CKR_PIN_LOCKED' sign
works 'locked PIN: tokens' with -L
grep -q 'user PIN locked' out || complain "not told: $(cat out)"
works 'locked PIN: its officer sets one' with --token-label service --login --login-type so --so-pin $PUK --init-pin --pin "$PIN"
works 'locked PIN: and back again' sign
hide_token
refuses 'missing token' 'No slot with token|rror' sign
works 'missing token: tokens' with -L
show_token
at_prompt 'token removed in use' 'CKR_' 'enter User PIN' "run:$(removal)" '' "hidden:$PIN
" -- pkcs11-tool --module "$SINBUN_MODULE" --token-label service --login -O
show_token
works 'and back again' sign

# --- the resident's card ---
make_resident
wants 0 tool --token-label mobile-id --read-object --type cert --id 02 -o card.der
openssl x509 -inform DER -in card.der -pubkey -noout >authentication.pub.pem
uses resident
refuses 'resident: a PIN that is too simple' 'CKR_PIN_INVALID' mine --change-pin --new-pin 123456
openssl pkey -in peer.pem -outform DER -out peer.key.der
refuses 'resident: a private key from outside' 'CKR_ACTION_PROHIBITED|0x1b' mine --write-object peer.key.der --type privkey --id 77
recorded
