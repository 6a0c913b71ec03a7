#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# OpenSSH: the public key, the agent, a login at a server of the test's own with the resident's authentication key and with a service's, and a
# signed commit of git's. The server's package starts a daemon for the machine: so where it is not installed, it is unpacked beside the build.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/clients.sh"
command -v ssh-agent >/dev/null && command -v ssh-keygen >/dev/null || skip "no OpenSSH client"
sshd=$(command -v sshd || ls /usr/sbin/sshd 2>/dev/null) libraries=
if [ -z "$sshd" ]; then
	unpack openssh-server openssh-server libwrap0
	sshd=$unpacked/usr/sbin/sshd
fi
client "$(ssh -V 2>&1 | cut -d, -f1), git $(git --version 2>/dev/null | cut -d' ' -f3)"
export HOME=$here
unset SSH_AUTH_SOCK SSH_AGENT_PID DISPLAY SSH_ASKPASS SSH_ASKPASS_REQUIRE
agent() {
	ssh-agent -P "$here/*,$SINBUN_BUILDDIR/module/.libs/*" -a "$here/agent" >agent.env || complain "no agent"
	. ./agent.env >/dev/null
	pids="$pids $SSH_AGENT_PID"
}
# Programs that ask for a PIN get it from here, as from a person; ./before is done first.
cat >askpass <<'END'
#!/bin/bash
cd "${0%/*}" && [ ! -e before ] || { . ./before && rm before; }
echo "$1" >>asked
cat answer
END
chmod +x askpass
answer() { echo "$1" >answer; }
with_askpass() { SSH_ASKPASS=$here/askpass SSH_ASKPASS_REQUIRE=force run "$@"; }

# --- a server that knows nobody yet ---
ssh-keygen -q -t ed25519 -N '' -f host_key
me=$(id -un)
: >authorized
cat >sshd_config <<END
ListenAddress 127.0.0.1
HostKey $here/host_key
PidFile none
AuthorizedKeysFile $here/authorized
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
StrictModes no
UsePAM no
END
cat >config <<END
UserKnownHostsFile $here/known
StrictHostKeyChecking accept-new
PreferredAuthentications publickey
IdentityFile none
User $me
END
login() { with_askpass timeout 60 ssh -F config -p "$port" "$@" 127.0.0.1 echo logged in; }
# exec: what $! names is the server, which is ended with the test. As root it wants a user of its own to be there and a directory under /run:
# both in a view of its own of the machine's files.
as_server() { exec "$@"; }
if [ "$(id -u)" = 0 ] && { [ ! -d /run/sshd ] || ! id sshd >/dev/null 2>&1; }; then
	{ cat /etc/passwd; id sshd >/dev/null 2>&1 || echo 'sshd:x:64999:65534::/run/sshd:/usr/sbin/nologin'; } >passwd
	chmod 644 passwd
	unshare --mount true 2>/dev/null || skip "no user sshd, and no mount name space to make one in"
	as_server() {
		exec unshare --mount sh -c 'mount --bind "$0" /etc/passwd && mount -t tmpfs none /run && mkdir -m 755 /run/sshd && exec "$@"' "$here/passwd" "$@"
	}
fi
started=
for _ in 1 2 3 4 5; do
	free_port
	LD_LIBRARY_PATH=$libraries as_server "$sshd" -D -e -f "$here/sshd_config" -p "$port" >sshd.log 2>&1 </dev/null &
	pids="$pids $!"
	until_open "$port" $! && { started=1; break; }
done
[ -n "$started" ] || skip "sshd does not run here: $(head -1 sshd.log)"

uses() {
	local whose=$1
	works "$whose: its public key, without a PIN" ssh-keygen -D "$SINBUN_MODULE"
	grep "$key" out >"$token.pub"
	[ -s "$token.pub" ] || complain "no public key $key: $(cat out)"
	cat "$token.pub" >>authorized
	answer "$PIN"
	works "$whose: a login" login -o PKCS11Provider="$SINBUN_MODULE"
	grep -q '^logged in$' out || complain "not logged in"
	agent
	works "$whose: into the agent" with_askpass ssh-add -s "$SINBUN_MODULE"
	works "$whose: what the agent has" ssh-add -L
	grep -qF "$(cut -d' ' -f2 "$token.pub")" out || complain "the agent has it not: $(cat out)"
	works "$whose: a login through the agent" login
	grep -q '^logged in$' out || complain "not logged in"
	works "$whose: the agent tests the key" ssh-add -T "$token.pub"
}
signs() {
	local whose=$1
	command -v git >/dev/null || return
	git init -q "$here/$token" && cd "$here/$token" || return
	git config user.name 'A Tester' && git config user.email tester@example.org && git config gpg.format ssh
	git config user.signingkey "key::$(cat "../$token.pub")" && git config gpg.ssh.allowedSignersFile "$here/signers"
	echo "tester@example.org $(cut -d' ' -f1-2 "../$token.pub")" >>"$here/signers"
	echo "$whose" >file
	git add file
	works "$whose: a signed commit" git commit -q -S -m signed
	works "$whose: its signature" git verify-commit HEAD
	grep -q 'Good "git" signature for tester@example.org' out err || complain "not a good signature: $(cat err)"
	cd "$here" || exit 1
}
# --- a service ---
make_service
uses service
signs service
works "service: out of the agent" ssh-add -e "$SINBUN_MODULE"

# --- bad input ---
answer $WRONG
refuses 'wrong PIN' 'agent' with_askpass ssh-add -s "$SINBUN_MODULE"
refuses 'wrong PIN, at a login' 'PIN (incorrect|locked)' login -o PKCS11Provider="$SINBUN_MODULE" -o IdentityAgent=none
lock_pin
answer "$PIN"
refuses 'locked PIN' 'agent' with_askpass ssh-add -s "$SINBUN_MODULE"
refuses 'locked PIN, at a login' 'PIN (incorrect|locked)' login -o PKCS11Provider="$SINBUN_MODULE" -o IdentityAgent=none
unlock_pin
hide_token
refuses 'missing token' 'agent' with_askpass ssh-add -s "$SINBUN_MODULE"
refuses 'missing token: its public key' 'pkcs11' ssh-keygen -D "$SINBUN_MODULE"
show_token
works "service: into the agent again" with_askpass ssh-add -s "$SINBUN_MODULE"
refuses 'module loaded twice' 'agent|already' with_askpass ssh-add -s "$SINBUN_MODULE"
remove_token
refuses 'token removed in use' 'sign_and_send_pubkey|Permission denied' login
show_token
works 'back again: out of the agent' ssh-add -e "$SINBUN_MODULE"
works 'back again: into the agent' with_askpass ssh-add -s "$SINBUN_MODULE"
works 'back again: a login' login
cp "$SINBUN_MODULE" second.so
refuses 'module loaded twice, by another name' 'agent refused' with_askpass ssh-add -s "$here/second.so"
works "service: a login through the agent, with both" login
stop_agent() { ssh-agent -k >/dev/null; }
stop_agent

# --- the resident's card ---
make_resident
uses resident
signs resident
recorded
