#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# curl with a client certificate whose key is in the token, by PKCS#11 URIs, at a server that asks for one.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/clients.sh"
command -v curl >/dev/null || skip "no curl"
curl --version | grep -q OpenSSL && openssl engine pkcs11 >/dev/null 2>&1 || skip "no curl with OpenSSL and its pkcs11 engine"
export PKCS11_MODULE_PATH=$SINBUN_MODULE
client "$(curl --version | cut -d' ' -f1-2 | head -1), engine pkcs11"
make_service
object() { echo "pkcs11:token=$token;object=$key"; }
fetch() {
	run timeout 60 curl -sS --cacert ca.pem --engine pkcs11 --cert-type ENG --cert "$(object);type=cert" --key-type ENG \
		--key "$(object);type=private?pin-value=$PIN" "https://localhost:$port/"
}
serves() { serve server.log openssl s_server -accept @PORT@ -cert server.pem -key server.key -CAfile "$1" -Verify 2 -verify_return_error -www; }
serves ca.pem
works "service: a page for those with a certificate" fetch
grep -q 'CN *= *service' out || complain "the server does not know who: $(cat out)"
# Without it there is none.
refuses 'no certificate at all' 'alert|SSL|empty reply' timeout 60 curl -sS --cacert ca.pem "https://localhost:$port/"

# --- bad input ---
refuses 'wrong PIN' 'curl:' with_pin $WRONG fetch
lock_pin
refuses 'locked PIN' 'curl:' fetch
unlock_pin
hide_token
refuses 'missing token' 'curl:' fetch
show_token
# The certificate has been read when it asks for the PIN of the key.
at_prompt 'token removed in use' 'curl:' 'PIN for service' "run:$(removal)" '' "$PIN
" -- curl -sS --cacert ca.pem --engine pkcs11 --cert-type ENG --cert "$(object);type=cert" --key-type ENG --key "$(object);type=private" "https://localhost:$port/"
show_token
works 'and back again' fetch
# Many at once.
for n in 1 2 3 4 5 6; do (wants 0 fetch; [ "$failures" = 0 ]) >/dev/null 2>&1 & many="${many:-} $!"; done
for pid in $many; do wait "$pid" || complain "one of many"; done
stop_all

# --- the resident's card ---
make_resident
cat "$registry/pki/root.pem" ca.pem >all.pem
serves all.pem
works "resident: a page for those with a certificate" fetch
grep -q "CN *= *$card" out || complain "the server does not know who: $(grep -i subject out)"
recorded
