#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# A gateway that is down, slow or refuses undoes no step: notices wait, are tried again later and later, each goes out once, and after some days they
# are given up, which is told. Killed anywhere, the step and its notice are both there or both not.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/apply.sh"
[ -z "${SINBUN_SANITIZED:-}" ] || ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
make_lines
make_card
outside
database() { sqlite3 "$registry/registry.db" "$1"; }
messages() { tr -d '\r' <requests 2>/dev/null | grep -c '^\[시험구청\]'; }
gone() { [ "$(messages)" = "$1" ] || complain "$(messages) messages went to the gateway, not $1"; }
waiting() { # COUNT [EXPRESSION]
	wants 0 admin notice list
	says "([.notices[] | select(.state == \"waiting\")] | length) == $1 and (${2:-true})"
}
echo 'sms = yes' >"$registry/notice.conf"
: >requests

# --- no gateway at all ---
url=$(grep ^url "$registry/sms.conf")
sed -i 's#^url.*#url = http://127.0.0.1:1/sms#' "$registry/sms.conf"
wants 0 admin suspend --officer o1 --card "$card" --reason lost
says '.state == "suspended"'
grep -q 'notice send' err || complain "not told that a notice waits: $(cat err)"
waiting 1 '.notices[0].error == "network" and .notices[0].tries == 1 and .notices[0].kind == "suspended"'
wants 0 admin notice send # its turn has not come
says '.sent == 0 and .waiting == 1'
mv "$registry/sms.conf" away
wants 0 admin resume --officer o1 --card "$card"
waiting 2 '.notices[0].kind == "suspended" and .notices[1].kind == "resumed" and .notices[1].tries == 0' # one behind the other
wants 0 admin notice send
says '.sent == 0 and .waiting == 2'
database 'update notice set next = 0'
wants 3 admin notice send
says '.error == "no_sms_gateway"'
waiting 2 '.notices[0].error == "no_sms_gateway" and .notices[1].tries == 0'
mv away "$registry/sms.conf"

# --- it is there again: everything goes out, once ---
sed -i "s#^url.*#$url#" "$registry/sms.conf"
mode "$accepted"
if [ -z "${SINBUN_SANITIZED:-}" ]; then
	wants 0 later 121 sinbun-admin --registry "$registry" --json notice send --pin-fd 4 4<<<issuer-passphrase
else
	database 'update notice set next = 0'
	wants 0 admin notice send
fi
says '.sent == 2 and .waiting == 0'
gone 2
[ "$(tr -d '\r' <requests | grep '^\[시험구청\]' | grep -n '정지\|다시' | sed 's/:.*\(정지\|다시\).*/\1/' | tr '\n' ' ')" = '1정지 2다시 ' ] || complain "not in their order"
[ "$(database 'select count(*) from notice where length(box) > 0')" = 0 ] || complain "what was sent is kept"
# Many send at once: still each once.
sed -i 's#^url.*#url = http://127.0.0.1:1/sms#' "$registry/sms.conf"
for i in 1 2 3; do
	wants 0 admin suspend --officer o1 --card "$card" --reason lost
	wants 0 admin resume --officer o1 --card "$card"
done
waiting 6
sed -i "s#^url.*#$url#" "$registry/sms.conf"
database 'update notice set next = 0 where state = 0'
for i in 1 2 3 4; do admin notice send >"send.$i" 2>"send-err.$i" & done
wait $(jobs -p | tail -n +2)
gone 8
[ "$(jq -s 'map(.sent) | add' send.*)" = 6 ] || complain "sent: $(cat send.*)"

# --- busy, not allowed: later; what it will never take: not at all ---
mode '{"at":"/sms","status":503,"raw":"later"}'
wants 0 admin suspend --officer o1 --card "$card" --reason lost
waiting 1 '.notices[0].error == "sms_busy"'
mode '{"at":"/sms","status":403,"raw":"no"}'
database 'update notice set next = 0 where state = 0'
wants 3 admin notice send
says '.error == "sms_denied" and .sent == 0 and .waiting == 1'
waiting 1 '.notices[0].tries == 2 and .notices[0].next - now > 100 and .notices[0].next - now <= 120'
mode '{"at":"/sms","status":400,"raw":"no such number"}'
database 'update notice set next = 0 where state = 0'
wants 0 admin notice send
says '.given_up == 1 and .waiting == 0'
wants 0 admin notice list
says '.count == 1 and .notices[0].state == "given_up" and .notices[0].error == "sms_refused"'
database 'delete from notice where state = 2'

# --- down for three days: given up, and said ---
mode '{"at":"/sms","status":503,"raw":"later"}'
wants 0 admin resume --officer o1 --card "$card"
wants 0 admin suspend --officer o1 --card "$card" --reason lost
waiting 2
database 'update notice set created = created - 3 * 86400 - 1, next = 0 where state = 0'
wants 0 admin notice send
says '.given_up == 2 and .waiting == 0'
wants 0 sinbun-admin --registry "$registry" --lang ko notice list --pin-fd 4 4<<<issuer-passphrase
[ "$(grep -c '포기' out)" = 2 ] || complain "not told as given up: $(cat out)"
[ "$(database 'select count(*) from notice where state = 2 and length(box) > 0')" = 0 ] || complain "what was given up is kept"
database 'delete from notice'

# --- mail that cannot be dropped waits as well; the text message does not wait for it ---
printf '%s\n' 'sms = yes' 'mail-dir = ../mail' >"$registry/notice.conf"
mode "$accepted"
: >requests
wants 0 admin resume --officer o1 --card "$card"
gone 1
waiting 1 '.notices[0].channel == "mail" and .notices[0].error == "cannot_write"'
mkdir mail
database 'update notice set next = 0 where state = 0'
wants 0 admin notice send
[ "$(find mail -type f | wc -l)" = 1 ] || complain "no mail"
gone 1

# --- killed at any write: the step with its notice, or neither; and the notice goes out ---
if [ -z "${SINBUN_SANITIZED:-}" ] && strace -o /dev/null true 2>/dev/null; then
	echo 'sms = yes' >"$registry/notice.conf"
	database 'delete from notice'
	calls=pwrite64,fdatasync,fsync,ftruncate,rename
	strace -f -o writes -e trace=$calls sinbun-admin --registry "$registry" --json notice list --pin-fd 4 4<<<issuer-passphrase >out
	first=$(grep -cE '^[0-9]+ +[a-z0-9]+\(' writes)
	cp -r "$registry" kept
	done=0 undone=0
	for n in $(seq $((first - 1)) 2 $((first + 60))); do
		rm -rf "$registry" && cp -r kept "$registry"
		: >requests
		got=0
		{
			strace -f -o /dev/null -e trace=$calls -e inject="$calls:signal=KILL:when=$n" \
				sinbun-admin --registry "$registry" --json suspend --officer o1 --card "$card" --reason lost --pin-fd 4 4<<<issuer-passphrase >out || got=$?
		} 2>/dev/null
		[ $got = 137 ] || break
		case $(database "select state from credential where card = '$card'") in
		0)
			undone=$((undone + 1))
			[ "$(database 'select count(*) from notice')" = 0 ] || complain "kill $n: a notice of what did not happen"
			;;
		2)
			done=$((done + 1))
			[ "$(database 'select count(*) from notice')" = 1 ] || complain "kill $n: no notice"
			before=$(messages)
			database 'update notice set next = 0 where state = 0'
			wants 0 admin notice send
			[ "$(messages)" -ge 1 ] || complain "kill $n: the notice did not go out"
			# Twice only where the gateway's answer was had and could not be noted.
			[ "$(messages)" -le $((before + 1)) ] || complain "kill $n: it went out $(messages) times"
			;;
		esac
	done
	echo "killed: $undone undone, $done done" >&2
	[ $done -gt 0 ] && [ $undone -gt 0 ] || complain "done $done, undone $undone"
fi
exec 7>&-
wait
finish
