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
certificate=1 private=3 # classes, as it gives them
. "$SINBUN_SRCDIR/tests/lib/bindings.sh"
