# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
#
# Kannel, Debian's gateway for text messages, with its own SMS centre for tests, fakesmsc (bash, after programs.sh). The package starts daemons for the
# machine when it is installed: so where it is not, it is fetched and unpacked beside the build, and nothing of it runs but what a test starts here.
skip() { echo "skipped: $*" >&2; exit 77; }
unset http_proxy
kannel_pids=

fetch_kannel() {
	command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || skip "no Kannel, and no apt-get to fetch it with"
	(cd "$kannel" && timeout 120 apt-get download kannel kannel-extras libct4 libhiredis0.14 libmariadb3 libpcre3 libpq5 libxml2) >apt.log 2>&1 ||
		skip "apt-get download: $(grep -m1 '^E:' apt.log)"
	for deb in "$kannel"/*.deb; do dpkg-deb -x "$deb" "$kannel" || skip "$deb cannot be unpacked"; done
	find "$kannel" -path '*/usr/lib/kannel/*' -type f ! -name fakesmsc -delete # sources and scripts of theirs
	touch "$kannel/ready"
}
# Two tests at once do not fetch at once.
needs_kannel() {
	kannel=
	if ! [ -x /usr/sbin/bearerbox ] || ! [ -x /usr/lib/kannel/test/fakesmsc ]; then
		kannel=$SINBUN_BUILDDIR/tests/interop/kannel
		mkdir -p "$kannel"
		exec 9>"$kannel/lock"
		flock 9
		[ -e "$kannel/ready" ] || fetch_kannel
		exec 9>&-
	fi
	(box /usr/sbin/bearerbox --version) >version 2>&1 || skip "Kannel does not run here: $(head -1 version)"
}
# box PROGRAM ARGUMENT…: one of Kannel's.
box() { LD_LIBRARY_PATH=$(printf '%s:' "$kannel"/usr/lib/*-linux-gnu "$kannel"/lib/*-linux-gnu) exec "$kannel$1" "${@:2}"; }
# To be called at the end of the test, whatever happens.
kannel_stop() {
	for pid in $kannel_pids; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done
	kannel_pids=
}
# until_says FILE WORDS: within a minute, unless the process that writes it has ended.
until_says() {
	for _ in $(seq 600); do
		grep -qs "$2" "$1" && return
		kill -0 "${kannel_pids##* }" 2>/dev/null || return
		sleep 0.1
	done
	return 1
}
kannel_conf() {
	cat >kannel.conf <<END
group = core
admin-port = $1
admin-interface = "127.0.0.1"
admin-password = $RANDOM$RANDOM
smsbox-port = $(($1 + 1))
admin-allow-ip = 127.0.0.1
box-allow-ip = 127.0.0.1

group = smsc
smsc = fake
smsc-id = FAKE
port = $(($1 + 2))
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = $(($1 + 3))
sendsms-interface = "127.0.0.1"
global-sender = 13013

group = sendsms-user
username = sinbun
password = a-password
max-messages = 10
END
}
try_kannel() { # PORT
	kannel_conf "$1"
	box /usr/sbin/bearerbox -v 0 kannel.conf >bearerbox.log 2>&1 7>&- 8>&- &
	kannel_pids="$kannel_pids $!"
	until_says bearerbox.log 'Start-up done' && until_says bearerbox.log 'smsc_fake: start called' || return
	box /usr/lib/kannel/test/fakesmsc -H 127.0.0.1 -r $(($1 + 2)) -m 0 '1 2 text nop' >centre.log 2>&1 7>&- 8>&- &
	kannel_centre=$!
	kannel_pids="$kannel_pids $!"
	until_says bearerbox.log 'Fakesmsc client connected' || return
	box /usr/sbin/smsbox -v 0 kannel.conf >smsbox.log 2>&1 7>&- 8>&- &
	kannel_pids="$kannel_pids $!"
	until_says smsbox.log 'Connected to bearerbox' && kill -0 $kannel_pids 2>/dev/null
}
# kannel_begin [PORT]: all of it; its first port in $kannel_port. Ports are chosen blindly: where one is taken, others are.
kannel_begin() {
	for attempt in 1 2 3 4 5; do
		kannel_port=${1:-$((20000 + RANDOM % 20000))}
		try_kannel "$kannel_port" && return
		kannel_stop
	done
	skip "Kannel does not start: $(grep -h -m1 PANIC bearerbox.log smsbox.log 2>/dev/null)"
}
# kannel_settings DIR: what a registry there is told of it.
kannel_settings() {
	echo a-password >"$1/password"
	printf '%s\n' "url = http://127.0.0.1:$((kannel_port + 3))/cgi-bin/sendsms" 'username = sinbun' 'password-file = password' 'from = 15880000' >"$1/sms.conf"
}
# received N PHONE: the text of the Nth message at the centre, sent to that phone, from "%XX" of UTF-16.
received() {
	for _ in $(seq 600); do grep -q "Got message $1: " centre.log && break; sleep 0.1; done
	sed -n "s/.*Got message $1: <15880000 $2 ucs-2 \(.*\)>$/\1/p" centre.log | sed 's/\\/%5C/g; s/+/ /g; s/%/\\x/g' >encoded
	printf '%b' "$(cat encoded)" | iconv -f UTF-16BE -t UTF-8
}
