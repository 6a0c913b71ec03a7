#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Text messages through Kannel, Debian's, with its own SMS centre for tests (fakesmsc): what arrives there is what was sent, Hangul and all; a wrong
# password, a centre that is away and a gateway that is down are told apart. The package starts daemons for the machine when it is installed: so where
# it is not, it is fetched and unpacked beside the build, and nothing of it runs but what this test starts.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
skip() { echo "skipped: $*" >&2; exit 77; }
unset http_proxy
client() { "$SINBUN_BUILDDIR/tests/lib/identity-client" "$here/root" "$@"; }

if [ -x /usr/sbin/bearerbox ] && [ -x /usr/lib/kannel/test/fakesmsc ]; then
	kannel=
else
	kannel=$SINBUN_BUILDDIR/tests/interop/kannel
	if [ ! -e "$kannel/ready" ]; then
		command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || skip "no Kannel, and no apt-get to fetch it with"
		mkdir -p "$kannel"
		(cd "$kannel" && timeout 120 apt-get download kannel kannel-extras libct4 libhiredis0.14 libmariadb3 libpcre3 libpq5 libxml2) >apt.log 2>&1 ||
			skip "apt-get download: $(grep -m1 '^E:' apt.log)"
		for deb in "$kannel"/*.deb; do dpkg-deb -x "$deb" "$kannel" || skip "$deb cannot be unpacked"; done
		find "$kannel" -path '*/usr/lib/kannel/*' -type f ! -name fakesmsc -delete # sources and scripts of theirs
		touch "$kannel/ready"
	fi
fi
# box PROGRAM ARGUMENT…: one of Kannel's.
box() { LD_LIBRARY_PATH=$(printf '%s:' "$kannel"/usr/lib/*-linux-gnu "$kannel"/lib/*-linux-gnu) exec "$kannel$1" "${@:2}"; }
(box /usr/sbin/bearerbox --version) >version 2>&1 || skip "Kannel does not run here: $(head -1 version)"

pids=
stop() { for pid in $pids; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done; pids=; }
trap 'stop; rm -rf "$here"' EXIT
# until_says FILE WORDS: within a minute, unless the process that writes it has ended.
until_says() {
	for _ in $(seq 600); do
		grep -q "$2" "$1" && return
		kill -0 "${pids##* }" 2>/dev/null || return
		sleep 0.1
	done
	return 1
}
# Ports are chosen blindly: where one is taken, others are.
begin() {
	port=$((20000 + RANDOM % 20000))
	cat >kannel.conf <<END
group = core
admin-port = $port
admin-interface = "127.0.0.1"
admin-password = $RANDOM$RANDOM
smsbox-port = $((port + 1))
admin-allow-ip = 127.0.0.1
box-allow-ip = 127.0.0.1

group = smsc
smsc = fake
smsc-id = FAKE
port = $((port + 2))
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = $((port + 3))
sendsms-interface = "127.0.0.1"
global-sender = 13013

group = sendsms-user
username = sinbun
password = a-password
max-messages = 10
END
	box /usr/sbin/bearerbox -v 0 kannel.conf >bearerbox.log 2>&1 &
	pids="$pids $!"
	until_says bearerbox.log 'Start-up done' && until_says bearerbox.log 'smsc_fake: start called' || return
	box /usr/lib/kannel/test/fakesmsc -H 127.0.0.1 -r $((port + 2)) -m 0 '1 2 text nop' >centre.log 2>&1 &
	centre=$!
	pids="$pids $!"
	until_says bearerbox.log 'Fakesmsc client connected' || return
	box /usr/sbin/smsbox -v 0 kannel.conf >smsbox.log 2>&1 &
	pids="$pids $!"
	until_says smsbox.log 'Connected to bearerbox'
}
for attempt in 1 2 3 4 5; do
	begin && kill -0 $pids 2>/dev/null && break
	stop
	[ "$attempt" != 5 ] || skip "Kannel does not start: $(grep -h -m1 PANIC bearerbox.log smsbox.log 2>/dev/null)"
done
mkdir root
echo a-password >root/password
printf '%s\n' "url = http://127.0.0.1:$((port + 3))/cgi-bin/sendsms" 'username = sinbun' 'password-file = password' 'from = 15880000' >root/sms.conf

# received N: the text of the Nth message at the centre, from "%XX" of UTF-16.
received() {
	for _ in $(seq 600); do grep -q "Got message $1: " centre.log && break; sleep 0.1; done
	sed -n "s/.*Got message $1: <15880000 01000001234 ucs-2 \(.*\)>$/\1/p" centre.log | sed 's/\\/%5C/g; s/+/ /g; s/%/\\x/g' >encoded
	printf '%b' "$(cat encoded)" | iconv -f UTF-16BE -t UTF-8
}
# --- what is sent arrives ---
n=0
for text in '[모바일 신분증] 인증번호 482913 (3분 안에 입력하세요)' 'plain text, 100% + more' '뷁 똠방각하 金洪 «é» €'; do
	n=$((n + 1))
	wants 0 client sms 010-0000-1234 "$text"
	says '.queued == false'
	got=$(received $n)
	[ "$got" = "$text" ] || complain "received: $got ($(tail -1 centre.log))"
done
# The password and the text are in no address that Kannel saw.
! grep -q 'Got HTTP request.*[?]' smsbox.log || complain "an address with parameters: $(grep 'Got HTTP request.*[?]' smsbox.log)"

# --- and what is not is told ---
echo another >root/password
wants 3 client sms 010-0000-1234 'not sent'
says '.error == "sms_denied" and (.message | contains("Authorization failed"))'
echo a-password >root/password
kill "$centre"
until_says bearerbox.log 'Closing connection'
wants 0 client sms 010-0000-1234 'kept until the centre is back'
says '.queued == true'
stop
wants 8 client sms 010-0000-1234 'not sent'
says '.error == "network" and .field == "sms.conf"'
! grep -q 'not sent' centre.log || complain "sent all the same"
finish
