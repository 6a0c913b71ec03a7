#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Node through pkcs11js from npm, built here from its source: that needs node's headers beside node, and a compiler.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/clients.sh"
. "$SINBUN_SRCDIR/tests/lib/npm.sh"
needs_npm
node_home=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")
[ -e "$node_home/include/node/node.h" ] || skip "no headers of node's in $node_home/include/node (Debian: libnode-dev)"
npm_home=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
gyp=$(ls "$npm_home"/node_modules/node-gyp/bin/node-gyp.js "$npm_home"/../node-gyp/bin/node-gyp.js 2>/dev/null | head -1)
[ -n "$gyp" ] && command -v c++ >/dev/null && command -v python3 >/dev/null || skip "no node-gyp, C++ compiler or python3"
# What was built goes when the modules are installed anew; another major number of node wants another.
built=$modules/node_modules/pkcs11js/build/for-$(node -p process.versions.modules)
exec 9>"$modules/lock"
flock 9
if [ ! -e "$built" ]; then
	(cd "$modules/node_modules/pkcs11js" && timeout 300 node "$gyp" rebuild --nodedir="$node_home") >gyp.log 2>&1 || skip "pkcs11js does not build: $(grep -m1 -i error gyp.log)"
	touch "$built"
fi
exec 9>&-
client "pkcs11js $(node -p "require('$modules/node_modules/pkcs11js/package.json').version"), Node $(node --version | tr -d v)"
make_service
echo "$PIN" >pin
echo $WRONG >wrong
with() {
	as_typed node pkcs11js.mjs "$@" >"$here/ran"
	timeout 60 node "$modules/pkcs11js.mjs" "$@"
}
sign() { with "${2:-$SINBUN_MODULE}" "$token" "$id" sign "${1:-pin}" </dev/null; }
list() { with "$SINBUN_MODULE" "$token" "$id" list "$@" </dev/null; }
uses() {
	works "$1: what everybody may see" list
	grep -q "object: 1 $key" out && ! grep -q 'object: 3 ' out || complain "not what is there: $(cat out)"
	works "$1: what is there" list pin
	grep -q "object: 3 $key" out || complain "no private key: $(cat out)"
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
