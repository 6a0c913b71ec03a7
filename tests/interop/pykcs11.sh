#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Python through PyKCS11. Where it is not installed it is fetched and unpacked beside the build.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/clients.sh"
command -v python3 >/dev/null || skip "no python3"
if ! python3 -c 'import PyKCS11' 2>/dev/null; then
	unpack pykcs11 python3-pykcs11
	export PYTHONPATH=$unpacked/usr/lib/python3/dist-packages
fi
python3 -c 'import PyKCS11' 2>import.log || skip "PyKCS11 does not run here: $(tail -1 import.log)"
client "PyKCS11 $(cd "${unpacked:-/usr}/lib/python3/dist-packages" 2>/dev/null || cd "$unpacked/usr/lib/python3/dist-packages"; ls -d PyKCS11-* pykcs11-* 2>/dev/null | sed -n 's/^[^-]*-\([0-9.]*[0-9]\).*/\1/p' | head -1), Python $(python3 -c 'import platform; print(platform.python_version())')"
make_service
echo "$PIN" >pin
echo $WRONG >wrong
export PYTHONDONTWRITEBYTECODE=1
cp "$SINBUN_SRCDIR/tests/interop/token_client.py" .
with() { run timeout 60 python3 token_client.py "$@"; }
sign() { with "${2:-$SINBUN_MODULE}" "$token" "$id" sign "${1:-pin}" </dev/null; }
uses() {
	list() { with "$SINBUN_MODULE" "$token" "$id" list "$@" </dev/null; }
	works "$1: what everybody may see" list
	grep -q "object: CKO_CERTIFICATE $key" out && ! grep -q CKO_PRIVATE_KEY out || complain "not what is there: $(cat out)"
	works "$1: what is there" list pin
	grep -q "object: CKO_PRIVATE_KEY $key" out || complain "no private key: $(cat out)"
	works "$1: signatures, verified" sign
	grep -q 'signed and verified' out || complain "not signed: $(cat out)"
}
uses service

# --- bad input ---
refuses 'wrong PIN' 'CKR_PIN_INCORRECT' sign wrong
lock_pin
refuses 'locked PIN' 'CKR_PIN_LOCKED' sign
unlock_pin
hide_token
refuses 'missing token' 'no token service' sign
show_token
works 'module loaded twice' sign pin "$SINBUN_MODULE,$SINBUN_MODULE"
cp "$SINBUN_MODULE" second.so
works 'module loaded twice, by another name' sign pin "$SINBUN_MODULE,$here/second.so"
[ "$(grep -c 'signed and verified' out)" = 2 ] || complain "not both: $(cat out)"
# It signs, the token goes, it is to sign again.
mkfifo lines
(exec >lines; for _ in $(seq 400); do grep -qs 'signed and verified' out && break; sleep 0.05; done; remove_token; sleep 0.3; echo) &
pids="$pids $!"
signs_on() { with "$SINBUN_MODULE" "$token" "$id" sign pin <lines; }
: >out
refuses 'token removed in use' 'CKR_' signs_on
show_token
works 'and back again' sign

# --- the resident's card ---
make_resident
uses resident
recorded
