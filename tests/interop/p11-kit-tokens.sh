#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# p11-kit as an unprivileged user has it: the list, URIs, the proxy, and a token at a server's end of a socket. How a .module file is found, and
# keys of all kinds through GnuTLS: p11-kit.sh.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/clients.sh"
command -v p11-kit >/dev/null && command -v p11tool >/dev/null || skip "no p11-kit or p11tool"
proxy=$(find /usr/lib /usr/local/lib -name p11-kit-proxy.so 2>/dev/null | head -1)
far=$(find /usr/lib /usr/local/lib -name p11-kit-client.so 2>/dev/null | head -1)
[ -n "$proxy" ] && [ -n "$far" ] || skip "no p11-kit-proxy.so or p11-kit-client.so"
. "$SINBUN_SRCDIR/tests/lib/p11-kit.sh"
client "p11-kit $(dpkg-query -W -f '${Version}' p11-kit 2>/dev/null)"
install -m 755 "$module" second.so
object() { echo "pkcs11:token=$token;object=$key;type=$1"; }
test_sign() { user p11tool --batch --login --test-sign "$(object private)"; }
echo 'a message of some length' | openssl dgst -sha256 -binary >digest
chmod 644 digest
# with_module FILE OPTION…: the record leaves out where Debian has these.
with_module() {
	as_typed pkcs11-tool --module "${1##*/}" "${@:2}" >ran
	user pkcs11-tool --module "$@"
}
# Programs that know of no URIs take the proxy, or the other end of a server, as their module.
sign() { with_module "$1" --token-label "$token" --login --pin "$PIN" --sign --mechanism "${2:-ECDSA}" --id "$id" -i digest -o run/signature; }

make_service
works 'tokens' user p11-kit list-modules
grep -q 'token: service' out && [ ! -s err ] || complain "no token: $(cat out err)"
works 'service: by its URI: what everybody may see' user p11tool --batch --list-all 'pkcs11:token=service;manufacturer=sinbun'
grep -q 'object=web;type=cert' out || complain "no certificate: $(cat out)"
works 'service: by its URI: a signature' test_sign
refuses 'service: by a URI of another' 'No matching objects' user p11tool --batch --list-all 'pkcs11:token=nobody'
works 'proxy: tokens' with_module "$proxy" -L
grep -q 'token label *: service' out || complain "no token: $(cat out)"
works 'proxy: a signature' sign "$proxy"

# --- bad input ---
refuses 'wrong PIN' 'CKR_' with_pin $WRONG sign "$proxy"
unlock_pin
lock_pin
refuses 'locked PIN' 'CKR_' sign "$proxy"
unlock_pin
hide_token
refuses 'missing token' 'No slot|CKR_' sign "$proxy"
show_token
works 'and back again' sign "$proxy"
printf 'module: %s\n' "$here/second.so" >home/.config/pkcs11/modules/second.module
works 'module loaded twice, by another name: tokens' user p11-kit list-modules
[ "$(grep -c 'token: service' out)" = 2 ] || complain "not both: $(cat out)"
works 'module loaded twice, by another name: a signature through the proxy' sign "$proxy"
rm home/.config/pkcs11/modules/second.module

# --- far away: a server has the token, the other end has a socket ---
# shared NAME: a server of this token on the socket NAME. Its user owns the token from then on.
shared() {
	owned "$user_id"
	$as_user env HOME="$here/home" XDG_RUNTIME_DIR="$here/run" USER=nobody \
		p11-kit server --foreground --name "$here/run/$1" --provider "$module" "pkcs11:token=$token" >server.out 2>server.log &
	pids="$pids $!"
	for _ in $(seq 200); do [ -S "run/$1" ] && break; kill -0 $! 2>/dev/null || break; sleep 0.05; done
	[ -S "run/$1" ] || complain "no server: $(cat server.log)"
	export P11_KIT_SERVER_ADDRESS=unix:path=$here/run/$1
}
far_away() {
	shared "$1"
	as_typed p11-kit server --provider "$SINBUN_MODULE" "pkcs11:token=$token" >ran
	row "$1: a server of it" '' works
	works "$1: tokens, from afar" with_module "$far" -L
	grep -q "token label *: $token" out || complain "no token: $(cat out)"
	works "$1: a signature, from afar" sign "$far"
}
far_away service
refuses 'wrong PIN, from afar' 'CKR_' with_pin $WRONG sign "$far"
unlock_pin
lock_pin
refuses 'locked PIN, from afar' 'CKR_' sign "$far"
unlock_pin
works 'and back again, from afar' sign "$far"
# p11-kit 0.24 passes on only the mechanisms that it knows.
got=0
sign "$far" ECDSA-SHA256 >out 2>err || got=$?
[ $got = 0 ] && row 'another mechanism, from afar' '' works || told 'another mechanism, from afar' CKR_MECHANISM_INVALID $got ''
hide_token
refuses 'missing token, from afar' 'No slot|rror|CKR_' sign "$far"
show_token
# It goes while the far end waits for a PIN.
printf '#!/bin/sh\nexec %s env HOME=%q pkcs11-tool --module %q --token-label service --login -O\n' "$as_user" "$here/home" "$far" >asks
chmod 755 asks
owned "$user_id"
echo 'pkcs11-tool --module p11-kit-client.so --token-label service --login -O' >ran
at_prompt 'token removed in use, from afar' 'CKR_' 'enter User PIN' "run:chown -R $(id -u) service && $(removal) && chown -R $user_id service" '' "hidden:$PIN
" -- ./asks
show_token
works 'and back again, from afar' sign "$far"
stop_all
refuses 'the server is gone' 'No slot|rror|CKR_' sign "$far"
unset P11_KIT_SERVER_ADDRESS

# --- the resident's card ---
make_resident
chmod 711 "$phone"
works 'resident: by its URI: what everybody may see' user p11tool --batch --list-all 'pkcs11:token=mobile-id'
grep -q 'object=authentication;type=cert' out || complain "no certificate: $(cat out)"
works 'resident: a signature through the proxy' sign "$proxy"
far_away resident
recorded
