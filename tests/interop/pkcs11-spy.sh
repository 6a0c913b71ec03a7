#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# OpenSC's pkcs11-spy between a program and the module: it calls through, and writes down what it sees (the PIN too).
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/clients.sh"
spy=$(find /usr/lib /usr/local/lib -name pkcs11-spy.so 2>/dev/null | head -1)
[ -n "$spy" ] && command -v p11tool >/dev/null || skip "no pkcs11-spy or p11tool"
client "pkcs11-spy, OpenSC $(dpkg-query -W -f '${Version}' opensc-pkcs11 2>/dev/null)"
make_service
# The spy is told by its environment what it is in front of.
spied() {
	as_typed "PKCS11SPY=$SINBUN_MODULE" "PKCS11SPY_OUTPUT=spied.log" "$@" | sed "s#$spy#pkcs11-spy.so#g" >"$here/ran"
	rm -f spied.log
	PKCS11SPY=$SINBUN_MODULE PKCS11SPY_OUTPUT=$here/spied.log timeout 60 "$@"
}
# The spy of OpenSC 0.23 is seen through by programs that ask for an interface (PKCS#11 3), as its own pkcs11-tool: those that ask for the list of
# functions, as GnuTLS, are written down.
with() { spied p11tool --provider "$spy" --batch "$@"; }
sign() { GNUTLS_PIN=$PIN with --login --test-sign "pkcs11:token=$token;object=$key;type=private"; }
# logs WHAT PATTERN: it is in what the spy wrote down.
logs() {
	local line
	line=$(grep -a -m1 -E -- "$2" spied.log) || complain "the spy did not see $2: $(tail -3 spied.log)"
	row "$1" 'cat spied.log' "\`$line\`"
}
uses() {
	works "$1: what everybody may see" with --list-all "pkcs11:token=$token"
	grep -q "object=$key;type=cert" out || complain "no $key: $(cat out)"
	works "$1: a signature" sign
	for call in C_Initialize C_OpenSession C_Login C_FindObjects C_SignInit C_Sign; do
		grep -qw $call spied.log || complain "$call was not seen"
	done
}
works 'tokens' with --list-tokens
grep -q 'Label: service' out || complain "no token: $(cat out)"
works 'tokens, by pkcs11-tool' spied pkcs11-tool --module "$spy" -L
grep -q 'token label *: service' out || complain "no token: $(cat out)"
uses service
grep -q "$PIN" spied.log || complain "another log than expected"
row 'what the log tells' 'cat spied.log' 'all that was passed, the PIN too: remove it'

# --- bad input ---
refuses 'wrong PIN' 'PIN' with_pin $WRONG sign
logs 'wrong PIN, in the log' 'CKR_PIN_INCORRECT'
unlock_pin
lock_pin
refuses 'locked PIN' 'locked' sign
logs 'locked PIN, in the log' 'CKR_PIN_LOCKED'
unlock_pin
hide_token
refuses 'missing token' 'not available|rror' sign
show_token
rm -f spied.log
as_typed "PKCS11SPY=$SINBUN_MODULE" PKCS11SPY_OUTPUT=spied.log p11tool --provider pkcs11-spy.so --login --test-sign 'pkcs11:token=service;object=web;type=private' >ran
at_prompt 'token removed in use' 'PKCS #11|rror' 'Enter PIN:' "run:$(removal)" '' "hidden:$PIN
" -- env "PKCS11SPY=$SINBUN_MODULE" "PKCS11SPY_OUTPUT=$here/spied.log" p11tool --provider "$spy" --login --test-sign "pkcs11:token=service;object=web;type=private"
logs 'token removed in use, in the log' 'CKR_DEVICE_REMOVED'
show_token
works 'and back again' sign

# --- the resident's card ---
make_resident
uses resident
recorded
