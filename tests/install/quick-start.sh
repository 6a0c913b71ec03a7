#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# The blocks of doc/quick-start.md and of the README's "The module in other programs", pasted by an ordinary user of the installed tree, one after
# the other in one directory. Nothing in them is replaced; where a program asks for a PIN it gets one.
. "${SINBUN_SRCDIR:?}/tests/lib/install.sh"
needs_foreign_hosts
for program in pkcs11-tool openssl; do
	command -v $program >/dev/null || { echo "no $program"; exit 77; }
done
openssl engine pkcs11 >/dev/null 2>&1 || { echo "OpenSSL has no pkcs11 engine"; exit 77; }
getent hosts localhost >/dev/null || { echo "no localhost here"; exit 77; }
# In a network of its own the server has its port; elsewhere somebody else may have it, and it is replaced too.
port=4433
own_network || port=$((20000 + RANDOM % 20000))
have_place
# A prefix of one's own, as distcheck has: the reader would have to tell pkg-config of it.
[ "$(in_place pkg-config --variable=module sinbun-pkcs11 2>/dev/null)" = "$(setting pkcs11dir)/sinbun-pkcs11.so" ] ||
	{ echo "pkg-config does not look below $prefix by itself"; exit 77; }
sed "s/\b4433\b/$port/g" "$SINBUN_SRCDIR/doc/quick-start.md" >home/quick-start.md
sed -n '/^## The module in other programs/,/^## What the PIN/p' "$SINBUN_SRCDIR/README.md" >home/readme.md
cp "$SINBUN_BUILDDIR/tests/lib/on-terminal" home
chmod 644 home/*.md
chmod 755 home/on-terminal
# What others have left in a browser's place.
mkdir -p home/.mozilla/firefox/abcd.default-esr
own home
cat >paste.sh <<'END'
set -u
cd "$HOME" || exit 1
umask 077
failed=0 tried=/ pin=$'hidden:274916\n' puk=$'hidden:unblocking\n'
fails() { echo "$*" >&2; failed=1; }
# block SECTION: its commands, what is in fences that say sh.
block() { awk -v section="## $1" '/^## /{ in_it = $0 == section } /^```/{ fenced = $0 == "```sh" && in_it; next } fenced' "$page"; }
# prepared SECTION PROGRAMS: the commands in ./commands, ended by the first that fails. 1 where a program is missing.
prepared() {
	local program
	tried=$tried$1/
	for program in $2; do
		command -v "$program" >/dev/null || { echo "$1: not pasted, no $program"; return 1; }
	done
	block "$1" >block
	[ -s block ] || fails "$1: nothing to paste"
	# What a block leaves running ends with its shell.
	echo 'trap "kill \${P11_KIT_SERVER_PID-} \${SSH_AGENT_PID-} 2>/dev/null || :" EXIT' >commands
	{ [ "$1" = "$first" ] || sed -n '/^MODULE=/p' start; echo 'set -eo pipefail'; cat block; } >>commands
}
# pasted SECTION PROGRAMS PATTERN… -- [EXPECT SEND]…: done on a terminal; the screen shows each pattern afterwards.
pasted() {
	local section=$1 programs=$2 got=0 patterns=()
	shift 2
	while [ "$1" != -- ]; do patterns+=("$1"); shift; done
	shift
	prepared "$section" "$programs" || return
	"$user/on-terminal" "$@" -- bash ./commands >screen 2>err </dev/null || got=$?
	[ "$got" = 0 ] || fails "$section: exit code $got: $(tail -c 900 screen) $(cat err)"
	[ "$(grep -c '^echo: ' err)" = 0 ] || fails "$section: a PIN is seen while it is typed: $(cat err)"
	for pattern in "${patterns[@]}"; do grep -aqE -- "$pattern" screen || fails "$section: no \"$pattern\": $(tail -c 900 screen)"; done
}
user=$HOME page=~/quick-start.md first='A token and a key'
block "$first" >start
mkdir work other
cp start work
cd work || exit 1
new_pins=('new SO PIN:' "$puk" 'again' "$puk" 'SO PIN:' "$puk" 'new PIN:' "$pin" 'again' "$pin" 'User PIN:' "$pin")
card='PIN for demo:' server=
in_shell() { bash -c "$(sed -n '/^MODULE=/p' start); $*"; }

# --- beside a token that is there already, for which nobody is asked: it stays as it is ---
export HOME=$HOME/other
cp -r "$user/.config" "$HOME"
in_shell 'pkcs11-tool --module "$MODULE" --init-token --label before --so-pin 87654321' >out 2>&1 || fails "a first token: $(cat out)"
pasted "$first" 'pkcs11-tool pkg-config' 'label: *auth' -- "${new_pins[@]}"
in_shell 'pkcs11-tool --module "$MODULE" -L' >out 2>&1
grep -q 'label *: before' out && grep -q 'label *: demo' out || fails "not both tokens: $(cat out)"
pasted 'Away with it' pkcs11-tool --
in_shell 'pkcs11-tool --module "$MODULE" -L' >out 2>&1
! grep -q 'label *: demo' out && grep -q 'label *: before' out || fails "not away, or too much: $(cat out)"
export HOME=$user

# --- by itself ---
pasted "$first" 'pkcs11-tool pkg-config' 'label: *auth' -- "${new_pins[@]}"
pasted pkcs11-tool pkcs11-tool 'label: *auth' 'ECDSA-SHA256' -- 'User PIN:' "$pin"
[ -s message.sig ] || fails "no signature"
pasted p11-kit 'p11-kit pkcs11-tool' '^sinbun: ' 'token: demo' 'token label *: demo' --
pasted OpenSSL openssl 'Verified OK' -- "$card" "$pin"
pasted 'A certificate' 'openssl pkcs11-tool' 'Created certificate' -- "$card" "$pin" 'User PIN:' "$pin"
if prepared 'A server to try it with' openssl; then
	# In its own shell it would end with the terminal.
	echo 'echo $! >server.pid' >>commands
	bash ./commands >out 2>&1 </dev/null
	for ((i = 0; i < 200; i++)); do grep -qs ACCEPT server.log && break; sleep 0.05; done
	server=$(cat server.pid)
	grep -q ACCEPT server.log || fails "no server: $(cat out server.log)"
fi
trap '[ -z "$server" ] || kill $server' EXIT
pasted 'OpenSSL, TLS' openssl 'HTTP/1.0 200' 'CN *= *demo' -- "$card" "$pin"
pasted curl curl 'CN *= *demo' -- "$card" "$pin"
pasted GnuTLS 'p11tool gnutls-cli' 'object=auth;type=cert' 'HTTP/1.0 200' 'CN *= *demo' -- 'Enter PIN:' "$pin" 'Enter PIN:' "$pin"
pasted 'OpenSSH and git' 'ssh-keygen ssh-agent git' 'Card added' 'Good "git" signature for you@example.org' -- 'passphrase for PKCS#11:' "$pin"
pasted 'Chromium and others with NSS' 'modutil certutil' 'ec .*auth' -- 'for "demo":' "$pin"
pasted Firefox 'modutil certutil' 'added to database' --
pasted Java 'keytool jar jarsigner' 'auth, PrivateKeyEntry' 'jar verified' -- 'password:' "$pin" 'Passphrase for keystore:' "$pin"

page=~/readme.md
pasted 'The module in other programs' 'pkcs11-tool p11-kit ssh-keygen' 'token label *: demo' '^sinbun: ' '^ecdsa-sha2-nistp256 ' --
# None is left out.
while read -r section; do
	case $tried in */"$section"/*) ;; *) fails "no test of the blocks of: $section" ;; esac
done < <(sed -n 's/^## //p' "$user/quick-start.md")
exit $failed
END
chmod 644 paste.sh
in_place bash paste.sh 3</dev/null 2>err || complain "$(cat err)"
finish
