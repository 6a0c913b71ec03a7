#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# The holder's audit log: shown, checked, exported; tampered with; not kept.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
store=$(echo "$phone"/tokens/*/token.db)
sinbun_log() { sinbun --home "$phone" "$@" --pin-fd 3 3<<<"$PIN"; }

# --- shown ---
wants 0 holder log
says '.intact == true and .broken == null and .count == (.entries | length)'
says '[.entries[].seq] == [range(1; .count + 1)]'
says '.entries[0].event == "token-initialised"'
for event in pin-set policy key-created login signature; do
	says "[.entries[] | select(.event == \"$event\" and .outcome == \"ok\")] | length > 0"
done
says '[.entries[] | select(.event == "key-created") | .key] == ["01", "02"]'
says 'all(.entries[]; .chain | test("^[0-9a-f]{64}$"))'
before=$(jq .count out)

# A code shown is a login and a signature with the key that signs codes; a wrong PIN is told after the next right one.
show code
PIN=111999 wants 6 holder log
wants 0 holder log
says "[.entries[$before:][] | [.event, .outcome, .user, .key]] == [[\"login\", \"ok\", \"holder\", null],
	[\"signature\", \"ok\", \"holder\", \"01\"], [\"login\", \"refused\", \"holder\", null], [\"login\", \"ok\", \"holder\", null]]"
says '(now - .entries[-1].time) | . > -5 and . < 120'
! grep -q "$PIN" out || complain "the PIN is in the log"

# --- for people: newest last, in local time ---
TZ=Asia/Seoul wants 0 sinbun_log log --lang en
[ "$(head -1 out | cut -c1-6)" = '     1' ] || complain 'not the oldest first'
tail -1 out | grep -qE "^ +[0-9]+  $(TZ=Asia/Seoul date +%Y-%m-%d) .* opened with the PIN$" || complain 'not as people read it'
grep -q 'signature allowed (presentation)' out || complain 'the key has no name'
grep -q 'wrong PIN$' out || complain 'no wrong PIN'
wants 0 sinbun_log log --lang ko
grep -q '서명 허용 (presentation)' out || complain 'not in Korean'
wants 0 sinbun_log log --verify --lang en
grep -q 'The log is intact' out || complain 'does not say that it is intact'
wants 0 sinbun_log log --verify --lang ko
grep -q '감사 기록이 온전합니다' out || complain 'does not say so in Korean'
wants 0 holder log --verify
says '.intact and .broken == null and .count > 0 and (has("entries") | not)'

# --- exported ---
wants 0 holder log --export history.jsonl
says '(has("entries") | not)'
[ "$(stat -c %a history.jsonl)" = 600 ] || complain 'others can read it'
count=$(jq .count out)
[ "$(wc -l <history.jsonl)" = "$count" ] || complain 'not all rows'
jq -es --argjson n "$count" 'length == $n and [.[].seq] == [range(1; $n + 1)]' history.jsonl >/dev/null || complain 'not all rows in order'
wants 9 holder log --export nowhere/history.jsonl
says '.error == "cannot_write" and .field == "nowhere/history.jsonl"'
wants 2 holder log --export
wants 2 holder log surplus

# --- tampered with ---
alter() { sqlite3 "$store" "$1" || complain 'sqlite3 fails'; }
alter "delete from meta where name = 'log/0000000000000005'"
wants 1 holder log --verify
says '.error == "log_broken" and .field == "5"'
wants 1 sinbun_log log --verify --lang ko
grep -q '5번 기록부터' err || complain 'does not say where'
wants 0 sinbun_log log --lang en
grep -q '     5  .*entry missing or altered' out || complain 'the hole does not show'
grep -q 'not intact: from entry 5 on' err || complain 'no warning'
wants 0 holder log
says '.intact == false and .broken == 5 and .entries[4] == {"seq": 5, "event": "lost"}'
show code
wants 1 holder log --verify
says '.field == "5"'

# --- not kept ---
phone=$here/other
cheap "$phone" 'audit = no'
wants 10 holder log
says '.error == "not_enrolled"'
wants 0 admin enrol --officer o1 --input person.json --replace --offer offer2.json
wants 0 holder enrol --offer offer2.json --request request2.json --puk-out puk2
wants 10 holder log
says '.error == "no_log"'
wants 10 holder log --verify
finish
