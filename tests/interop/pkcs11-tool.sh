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

# --- threads: this test of pkcs11-tool's waits for half a minute, so it does that while the others run ---
cheap "$here/threads"
threads() { SINBUN_CONF=$here/threads/sinbun.conf tool "$@"; }
wants 0 threads --init-token --label threads --so-pin 12345678
threads --test-threads IN:GI --test-threads IN:SL0 --test-threads IN:SL:T0:GI:T0 --test-threads IL:GI:SL:P1:T0 \
	--test-threads IN:SL:T0:SL:T0 --test-threads IN:GI:GI:SL:GI >threads.out 2>&1 &
threads_job=$!

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

# --- its other mechanisms ---
first() { tool --token-label first --login --pin "$PIN" "$@"; }
wants 0 first --keypairgen --key-type EC:edwards25519 --id 20 --label edwards
wants 0 first --sign --mechanism EDDSA --id 20 -i message -o ed.sig
# What this pkcs11-tool writes as the public key of an Edwards curve is none: here it is made of the point.
wants 0 tool --token-label first -O --type pubkey
point=$(sed -n 's/^ *EC_POINT: *0420\([0-9a-f]\{64\}\)$/\1/p' out)
printf "$(sed 's/../\\x&/g' <<<"302a300506032b6570032100$point")" >ed.der
openssl pkeyutl -verify -pubin -keyform DER -inkey ed.der -rawin -in message -sigfile ed.sig >/dev/null || complain "EDDSA"
wants 0 tool --token-label first --verify --mechanism EDDSA --id 20 -i message --signature-file ed.sig
has 'Signature is valid'

wants 0 first --keypairgen --key-type rsa:2048 --id 21 --label rsa --usage-sign
wants 0 tool --token-label first --read-object --type pubkey --id 21 -o rsa.der
openssl pkey -pubin -inform DER -in rsa.der -out rsa.pem || complain "the RSA public key is none"
for hash in 256 384 512; do
	wants 0 first --sign --mechanism SHA$hash-RSA-PKCS --id 21 -i message -o rsa.sig
	openssl dgst -sha$hash -verify rsa.pem -signature rsa.sig message >/dev/null || complain "SHA$hash-RSA-PKCS"
	wants 0 tool --token-label first --verify --mechanism SHA$hash-RSA-PKCS --id 21 -i message --signature-file rsa.sig
	has 'Signature is valid'
	wants 0 first --sign --mechanism SHA$hash-RSA-PKCS-PSS --id 21 -i message -o pss.sig
	openssl dgst -sha$hash -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest -verify rsa.pem -signature pss.sig message >/dev/null ||
		complain "SHA$hash-RSA-PKCS-PSS"
	wants 0 tool --token-label first --verify --mechanism SHA$hash-RSA-PKCS-PSS --id 21 -i message --signature-file pss.sig
	has 'Signature is valid'
done
wants 0 first --sign --mechanism RSA-PKCS --id 21 -i digest -o rsa.sig
openssl pkeyutl -verify -pubin -inkey rsa.pem -in digest -sigfile rsa.sig -pkeyopt rsa_padding_mode:pkcs1 >/dev/null || complain "RSA-PKCS"
wants 0 first --sign --mechanism RSA-PKCS-PSS --hash-algorithm SHA256 --mgf MGF1-SHA256 --salt-len 20 --id 21 -i digest -o pss.sig
openssl pkeyutl -verify -pubin -inkey rsa.pem -in digest -sigfile pss.sig -pkeyopt rsa_padding_mode:pss -pkeyopt digest:sha256 \
	-pkeyopt rsa_pss_saltlen:20 >/dev/null || complain "RSA-PKCS-PSS"
for old in SHA1-RSA-PKCS:21 SHA1-RSA-PKCS-PSS:21 ECDSA-SHA1:10; do
	first --sign --mechanism "${old%:*}" --id "${old#*:}" -i message -o old.sig >out 2>&1 && complain "a SHA-1 signature in an identity token"
	has CKR_MECHANISM_INVALID
done

# The same secret on both sides, the other's key bare and wrapped.
for curve in prime256v1:P-256:22 secp521r1:P-521:23; do
	IFS=: read -r name nist id <<<"$curve"
	wants 0 first --keypairgen --key-type EC:$name --id $id --label dh --usage-derive
	wants 0 tool --token-label first --read-object --type pubkey --id $id -o dh.der
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:$nist -out peer.pem 2>err || complain "openssl genpkey"
	openssl pkey -in peer.pem -pubout -outform DER -out peer.der
	openssl pkeyutl -derive -inkey peer.pem -peerform DER -peerkey dh.der -out secret || complain "openssl pkeyutl -derive"
	wants 0 first --derive --mechanism ECDH1-DERIVE --id $id -i peer.der -o bare
	wants 0 first --derive --derive-pass-der --mechanism ECDH1-DERIVE --id $id -i peer.der -o wrapped
	wants 0 first --derive --mechanism ECDH1-COFACTOR-DERIVE --id $id -i peer.der -o cofactor
	for way in bare wrapped cofactor; do cmp -s secret $way || complain "ECDH on $nist, $way"; done
done

# --- its own tests ---
wants 0 tool --list-interfaces
for version in 2.40 3.0 3.1 3.2; do has "version: $version"; done
[ "$(grep -c "Interface 'PKCS 11'" out)" = 4 ] || complain "interfaces: $(cat out)"
wants 0 first --test --allow-sw
has 'all 4 digest functions seem to work'
has 'all 4 signature functions seem to work'
has 'RSA-PKCS: OK'
has 'SHA256-RSA-PKCS: OK'
has 'No errors'
# Each process that forks has a module of its own.
wants 0 tool --test-fork
has 'Calling C_Initialize in forked child process'
# Its signature is ECDSA-SHA1, whatever the token says: an identity token makes none, and everything before it holds.
if first --test-ec --session-rw --key-type EC:prime256v1 --id 7e --label tested >out 2>&1; then
	has '==> OK'
else
	has 'Changing the CKA_ID of private and public key into one of 20 bytes'
	grep -A9 'Doing a signature' out | grep -q CKR_MECHANISM_INVALID || grep -q 'C_SignInit.*CKR_MECHANISM_INVALID' out || complain "--test-ec: $(tail -3 out)"
fi
mkdir general
cheap "$here/general" 'profile = general'
general() { SINBUN_CONF=$here/general/sinbun.conf tool "$@"; }
wants 0 general --init-token --label general --so-pin 12345678
wants 0 general --token-label general --login --login-type so --so-pin 12345678 --init-pin --pin $PIN
wants 0 general --token-label general --login --pin $PIN --test-ec --session-rw --key-type EC:prime256v1 --id 7e --label tested
has '==> OK'
wants 0 general --token-label general --login --pin $PIN --test --allow-sw
has 'No errors'

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

wait "$threads_job" || complain "--test-threads"
cp threads.out out
has 'test_threads all threads have ended with CKR_OK'
for thread in 0 1 2 3 4 5; do has "test_threads thread:$thread state:-1, rv:CKR_OK"; done
finish
