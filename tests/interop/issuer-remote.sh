#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# The issuer's keys behind p11-kit's remoting: a server holds sinbun's token (its own process, its own directory), the registrar's programs reach it
# through p11-kit-client.so and a socket. All that a registrar does works; a server that is down is told, and nothing is half done.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/issuer.sh"
skip() { echo "skipped: $*" >&2; exit 77; }
needs_foreign_hosts
p11-kit server --help >/dev/null 2>&1 || skip "no p11-kit server"
client=$(find /usr/lib /usr/lib64 /usr/local/lib -name p11-kit-client.so 2>/dev/null | head -1)
[ -n "$client" ] || skip "no p11-kit-client.so"
export XDG_RUNTIME_DIR=$here
server=
stop() { [ -z "$server" ] || kill "$server" 2>/dev/null; server=; }
trap 'stop; rm -rf "$here"' EXIT
begin() {
	SINBUN_CONF=$here/far/sinbun.conf p11-kit server --provider "$SINBUN_BUILDDIR/module/.libs/sinbun-pkcs11.so" --name "$here/socket" --sh \
		'pkcs11:token=hsm' >begun 2>server.err </dev/null || skip "p11-kit server does not run here: $(head -1 server.err)"
	eval "$(cat begun)"
	server=$P11_KIT_SERVER_PID
}
admin() { sinbun-admin --registry "$registry" --json --module "$client" --token pkcs11:token=hsm "$@" --pin-fd 4 4<<<"${passphrase:-issuer-passphrase}"; }
asked() { sinbun-admin --registry "$registry" --json --module "$client" --token pkcs11:token=hsm "$@"; }

cheap far 'profile = general'
wants 0 sinbun-admin --registry far --json token init hsm --puk-out far.puk --pin-fd 4 4<<<issuer-passphrase
begin
make_registry
[ ! -e "$registry/tokens" ] && [ ! -e "$registry/issuer.puk" ] || complain "a token of our own beside it"
issuer_works

# Tries are counted there, and told here.
wants 6 asked bundle --out no.jwt --pin-fd 4 4<<<wrong-passphrase
says '.error == "pin_incorrect" and .tries_left == 4'
wants 0 asked token status
says '.label == "hsm" and .profile == "general"'
wants 0 asked token unblock --officer o1 --puk-fd 5 --pin-fd 4 5<far.puk 4<<<another-passphrase
[ ! -s err ] || complain "said: $(cat err)"
wants 0 asked token reseal --officer o1 --puk-fd 5 --pin-fd 4 5<far.puk 4<<<third-passphrase
for verb in unblock reseal; do
	grep -qa "o1token ${verb}issuerok" "$registry/registry.db" || complain "token $verb is not in the audit"
done
passphrase=third-passphrase
wants 0 admin bundle --out bundle.jwt
# A new token is made where the server is.
cheap other 'profile = general'
wants 5 sinbun-admin --registry other --json --module "$client" init --issuer 시험구청 --url https://id.example --pin-fd 4 4<<<issuer-passphrase
says '.error == "no_free_slot" and (.message | contains("--token"))'
[ ! -e other/issuer.puk ] || complain "an unblocking code of nothing"

# --- the server is down, then there again ---
stop
rm -f "$here/socket"
cp "$registry/registry.db" before.db
wants 5 admin suspend --officer o1 --card "$card" --reason lost
says '.error == "no_token" and .field == "--token"'
wants 5 admin status publish --out down
cmp -s before.db "$registry/registry.db" || complain "the registry has changed"
begin
wants 0 admin bundle --out bundle.jwt
wants 0 verify update --bundle bundle.jwt
finish
