#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# gnupg-pkcs11-scd, GnuPG's way to PKCS#11: the smart-card server as gpg-agent talks to it. It knows RSA keys only (0.10). Where it is not installed
# it is fetched and unpacked beside the build.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/clients.sh"
program=$(command -v gnupg-pkcs11-scd) libraries=
if [ -z "$program" ]; then
	unpack gnupg-pkcs11-scd gnupg-pkcs11-scd libpkcs11-helper1 libassuan0
	program=$unpacked/usr/bin/gnupg-pkcs11-scd
fi
LD_LIBRARY_PATH=$libraries "$program" --version >version 2>&1 || skip "gnupg-pkcs11-scd does not run here: $(head -1 version)"
client "$(sed -n '1s/\(gnupg-pkcs11-scd [0-9.]*\).*/\1/p' version)"
make_service
wants 0 service_key 02 rsa rsa:2048 /CN=rsa
mkdir gnupg
# configuration NAME=MODULE…
configuration() {
	{
		echo "providers $(printf '%s\n' "$@" | cut -d= -f1 | paste -sd,)"
		printf 'provider-%s\n' "${@/=/-library }"
	} >gnupg/gnupg-pkcs11-scd.conf
}
# scd LINE…: one conversation.
scd() {
	[ -s "$here/ran" ] || as_typed gnupg-pkcs11-scd --server '<<<' "$*" >"$here/ran"
	printf '%s\n' "$@" BYE | LD_LIBRARY_PATH=$libraries timeout 60 "$program" --homedir "$here/gnupg" --server
	! grep -q '^ERR' out
}
echo 'a message of some length' >message
digest=$(openssl dgst -sha256 -r message | cut -d' ' -f1)
# pksign NAME: as gpg-agent asks for a signature; the answer to its question for the PIN is in it.
pksign() {
	as_typed gnupg-pkcs11-scd --server '<<<' "SETDATA …; PKSIGN --hash=sha256 $1" >"$here/ran"
	scd "SETDATA 3031300d060960864801650304020105000420$digest" "PKSIGN --hash=sha256 $1" "D $PIN" END
}
signed() {
	perl -ne 'if (s/^D //) { chomp; s/%([0-9A-F]{2})/chr hex $1/ge; print }' out >signature
	openssl dgst -sha256 -verify rsa.pub.pem -signature signature message >/dev/null 2>&1 || complain "no signature: $(tail -3 err)"
}
configuration "sinbun=$SINBUN_MODULE"
works 'service: what is there' scd 'LEARN --force'
name=$(sed -n 's/^S KEYPAIRINFO [0-9A-F]* //p' out)
[[ "$name" == */service/02 ]] || complain "no key: $(cat out)"
works 'service: its certificate' scd "READCERT $name"
works 'service: its public key' scd "READKEY $name"
works 'service: a signature' pksign "$name"
signed

# --- bad input ---
refuses 'wrong PIN: it asks again' 'NEEDPIN' with_pin $WRONG pksign "$name"
unlock_pin
lock_pin
refuses 'locked PIN' '^ERR' pksign "$name"
unlock_pin
hide_token
works 'missing token: what is there' scd 'LEARN --force'
! grep -q KEYPAIRINFO out || complain "there all the same"
refuses 'missing token' '^ERR|INQUIRE' pksign "$name"
show_token
works 'and back again' pksign "$name"
signed
# It goes while the PIN is asked for.
goes() {
	as_typed gnupg-pkcs11-scd --server '<<<' "SETDATA …; PKSIGN --hash=sha256 $name" >"$here/ran"
	{
		printf '%s\n' "SETDATA 3031300d060960864801650304020105000420$digest" "PKSIGN --hash=sha256 $name"
		for _ in $(seq 400); do grep -qs NEEDPIN out && break; sleep 0.05; done
		remove_token
		printf '%s\n' "D $PIN" END BYE
	} | LD_LIBRARY_PATH=$libraries timeout 60 "$program" --homedir "$here/gnupg" --server
	! grep -q '^ERR' out
}
: >out
refuses 'token removed in use' '^ERR' goes
show_token
works 'and back again' pksign "$name"
signed
cp "$SINBUN_MODULE" second.so
configuration "sinbun=$SINBUN_MODULE" "second=$here/second.so"
works 'module loaded twice, by another name' pksign "$name"
signed
configuration "sinbun=$SINBUN_MODULE"

# --- the resident's card has EC keys, which are none to it ---
make_resident
works 'resident: what is there' scd 'LEARN --force'
[ -s out ] && ! grep -q '^ERR' out || complain "not answered: $(cat out)"
row 'resident: its EC keys' "gnupg-pkcs11-scd --server <<< 'LEARN --force'" "$(grep -q KEYPAIRINFO out && echo listed || echo 'not listed: this gnupg-pkcs11-scd knows RSA only')"
recorded
