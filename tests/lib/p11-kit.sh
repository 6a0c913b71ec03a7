# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
#
# For tests of programs that find the module through p11-kit (bash, after clients.sh). p11-kit ignores a user's own modules for root, so they run
# as somebody else where root runs the tests, and the token that is met is that user's while one runs.
as_user= user_id=$(id -u)
if [ "$user_id" = 0 ]; then
	command -v setpriv >/dev/null || skip "no setpriv, and p11-kit does not look at root's own modules"
	user_id=12345
	as_user="setpriv --reuid $user_id --regid $user_id --clear-groups"
fi
# The build tree may be closed to other users.
module=$here/sinbun-pkcs11.so
install -m 755 "$SINBUN_MODULE" "$module"
mkdir -p "$here/home/.config/pkcs11/modules" "$here/run"
printf 'module: %s\n' "$module" >"$here/home/.config/pkcs11/modules/sinbun.module"
printf 'user-config: only\n' >"$here/home/.config/pkcs11/pkcs11.conf"
chmod 711 "$here"
# owned USER: whose the token is, and what p11-kit makes. The module wants a token of who runs it.
owned() { [ -z "$as_user" ] || chown -R "$1:$1" "${SINBUN_CONF%/*}" "$here/home" "$here/run"; }
as() { GNUTLS_PIN=$PIN $as_user env HOME="$here/home" XDG_RUNTIME_DIR="$here/run" USER=nobody timeout 60 "$@"; }
# What the record shows leaves out who runs it.
user() {
	[ -s "$here/ran" ] || as_typed "$@" >"$here/ran"
	owned "$user_id"
	as "$@"
	local got=$?
	owned "$(id -u)"
	return $got
}
