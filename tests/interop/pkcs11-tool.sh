#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# OpenSC's pkcs11-tool as an engineer uses it, and OpenSSL on the other side of every signature.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
needs_foreign_hosts
command -v pkcs11-tool >/dev/null || exit 77
cheap "$here"
export SINBUN_CONF=$here/sinbun.conf
tool() { pkcs11-tool --module "$SINBUN_MODULE" "$@"; }
has() { grep -q -- "$1" out || complain "no \"$1\" in what it prints"; }

# --- an empty directory: one slot that waits for a token ---
wants 0 tool -L
has 'uninitialized'
wants 0 tool --init-token --label first --so-pin 12345678
wants 0 tool --token-label first --login --login-type so --so-pin 12345678 --init-pin --pin $PIN
wants 0 tool -L
has 'first'
has 'PIN initialized'
wants 0 tool -M
has 'ECDSA-SHA256, keySize={256,521}, sign, verify'
has 'ECDSA-KEY-PAIR-GEN, keySize={256,521}'

# --- a key, a signature of each mechanism, verified by OpenSSL with the public key that the token gives ---
wants 0 tool --token-label first --login --pin $PIN --keypairgen --key-type EC:prime256v1 --id 10 --label signing
wants 0 tool --token-label first --login --pin $PIN -O
has 'Private Key Object; EC'
has 'never extractable'
wants 0 tool --token-label first --read-object --type pubkey --id 10 -o public.der
openssl pkey -pubin -inform DER -in public.der -out public.pem 2>err || complain "the public key is none"
echo 'a message of some length' >message
openssl dgst -sha256 -binary message >digest
wants 0 tool --token-label first --login --pin $PIN --sign --mechanism ECDSA-SHA256 --id 10 --signature-format openssl -i message -o one.sig
openssl dgst -sha256 -verify public.pem -signature one.sig message >/dev/null || complain "ECDSA-SHA256"
wants 0 tool --token-label first --login --pin $PIN --sign --mechanism ECDSA --id 10 --signature-format openssl -i digest -o raw.sig
openssl pkeyutl -verify -pubin -inkey public.pem -in digest -sigfile raw.sig >/dev/null || complain "ECDSA"
# Long data go through C_SignUpdate.
head -c 300000 /dev/urandom >long
wants 0 tool --token-label first --login --pin $PIN --sign --mechanism ECDSA-SHA256 --id 10 --signature-format openssl -i long -o long.sig
openssl dgst -sha256 -verify public.pem -signature long.sig long >/dev/null || complain "ECDSA-SHA256, multi-part"
# And back: what OpenSSL signed with another key does not verify under this one.
wants 0 tool --token-label first --verify --mechanism ECDSA-SHA256 --id 10 --signature-format openssl -i message --signature-file one.sig
has 'Signature is valid'
tool --token-label first --verify --mechanism ECDSA-SHA256 --id 10 --signature-format openssl -i long --signature-file one.sig >out 2>&1
has 'Invalid signature'
wants 0 tool --token-label first --hash --mechanism SHA256 -i long -o long.hash
[ "$(xxd -p -c 64 long.hash 2>/dev/null || od -An -tx1 long.hash | tr -d ' \n')" = "$(sha256sum long | cut -d' ' -f1)" ] || complain "SHA-256"

# --- objects ---
wants 0 tool --token-label first --login --pin $PIN --write-object message --type data --label note --private
wants 0 tool --token-label first --login --pin $PIN --read-object --type data --label note -o note
cmp -s message note || complain "a data object"
tool --token-label first -O >out 2>&1
! grep -q note out || complain "a private object shows before the login"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout other.pem -subj '/CN=test' -days 1 -outform DER -out c.der 2>/dev/null
wants 0 tool --token-label first --login --pin $PIN --write-object c.der --type cert --id 11 --label mine
wants 0 tool --token-label first --read-object --type cert --id 11 -o back.der
cmp -s c.der back.der || complain "a certificate"
# A private key from outside is refused: the profile's keys are made inside.
openssl pkey -in other.pem -outform DER -out other.der
tool --token-label first --login --pin $PIN --write-object other.der --type privkey --id 12 >out 2>&1 && complain "a private key could be brought in"
wants 0 tool --token-label first --login --pin $PIN --delete-object --type data --label note
wants 0 tool --token-label first --generate-random 32 -o random
[ "$(stat -c %s random)" = 32 ] || complain "random"

# --- a second token beside it ---
wants 0 tool --slot-index 1 --init-token --label second --so-pin 87654321
wants 0 tool -L
has first
has second

# --- PINs: by rule, by tries ---
for weak in 123475 111121 12345 1234567 abcdef; do
	tool --token-label first --login --pin $PIN --change-pin --new-pin $weak >out 2>&1 && complain "PIN $weak was taken"
	grep -qE 'CKR_PIN_(INVALID|LEN_RANGE)' out || complain "PIN $weak: $(cat out)"
done
wants 0 tool --token-label first --login --pin $PIN --change-pin --new-pin 830261
PIN=830261
for _ in 1 2 3; do
	tool --token-label first --login --pin 111222 -O >out 2>&1 && complain "a wrong PIN"
	has CKR_PIN_INCORRECT
done
wants 0 tool -L
has 'user PIN count low'
tool --token-label first --login --pin 111222 -O >out 2>&1
wants 0 tool -L
has 'final user PIN try'
tool --token-label first --login --pin 111222 -O >out 2>&1
wants 0 tool -L
has 'user PIN locked'
tool --token-label first --login --pin $PIN -O >out 2>&1 && complain "a locked PIN"
has CKR_PIN_LOCKED
# The unblocking code sets a new one; the keys are as they were.
wants 0 tool --token-label first --login --login-type so --so-pin 12345678 --init-pin --pin $PIN
wants 0 tool --token-label first --login --pin $PIN --sign --mechanism ECDSA --id 10 --signature-format openssl -i digest -o raw.sig
openssl pkeyutl -verify -pubin -inkey public.pem -in digest -sigfile raw.sig >/dev/null || complain "after the unblocking"
finish
