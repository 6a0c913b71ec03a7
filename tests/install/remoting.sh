#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# The systemd unit is sound, and the command in it gives the tokens to programs elsewhere.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
needs_foreign_hosts
unit=$SINBUN_BUILDDIR/conf/systemd/sinbun-token.service
socket=$here/pkcs11
if command -v systemd-analyze >/dev/null; then
	# What it starts is not installed here.
	sed "s,^ExecStart=[^ ]*,ExecStart=/bin/true," "$unit" >sinbun-token.service
	XDG_RUNTIME_DIR=$here systemd-analyze --user --man=no verify "$here/sinbun-token.service" >said 2>&1 && ! grep -i sinbun-token said || complain "systemd-analyze: $(cat said)"
fi
client=$(pkg-config --variable=p11_module_path p11-kit-1 2>/dev/null)/p11-kit-client.so
command -v p11-kit >/dev/null && command -v pkcs11-tool >/dev/null && [ -e "$client" ] ||
	{ [ "$failures" = 0 ] || exit 1; echo "no p11-kit, pkcs11-tool or p11-kit-client.so"; exit 77; }
cheap "$here"
export SINBUN_CONF=$here/sinbun.conf
wants 0 pkcs11-tool --module "$SINBUN_MODULE" --init-token --label far --so-pin 12345678
wants 0 pkcs11-tool --module "$SINBUN_MODULE" --token-label far --login --login-type so --so-pin 12345678 --init-pin --pin $PIN

# %t is the runtime directory; the module stands in the build tree.
command=$(sed -n 's/^ExecStart=//p' "$unit" | sed "s,%t/sinbun/pkcs11,$socket,; s,--provider [^ ]*,--provider $SINBUN_MODULE,")
# shellcheck disable=SC2086
$command >server 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null; rm -rf "$here"' EXIT
for ((i = 0; i < 200; i++)); do [ -S "$socket" ] && break; sleep 0.05; done
far() { P11_KIT_SERVER_ADDRESS="unix:path=$socket" timeout 60 pkcs11-tool --module "$client" "$@"; }
wants 0 far --list-slots
grep -q 'token label *: far' out || complain "the token is not seen from afar: $(cat out server)"
wants 0 far --token-label far --login --pin $PIN --keypairgen --key-type EC:prime256v1 --id 02 --label auth
wants 0 pkcs11-tool --module "$SINBUN_MODULE" --token-label far --list-objects --type pubkey
grep -q 'label: *auth' out || complain "the key was made elsewhere: $(cat out)"
finish
