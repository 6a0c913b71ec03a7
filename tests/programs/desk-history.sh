#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# What a desk remembers of whom it verified: time, result, reason, names of fields; no value, for as long as it was told to.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
wants 0 verify history
says '.entries == []'
[ ! -e "$desk" ] || complain "looking made a desk"
make_desk
show a --fields basic
wants 0 verify scan a.txt
wants 1 verify scan a.txt
show b --fields full
wants 0 verify scan b.txt --fields birth_date
wants 0 verify check <(show c --fields adult; cat c.txt)
echo SB1:X >bad.txt
wants 1 verify scan - < <(cat bad.txt bad.txt bad.txt)
wants 0 verify history
says '.entries | map(.reason) == ["ok", "replayed", "ok", "ok", "malformed"]'
says '.entries | map(.fields) == ["name,birth_date", "", "birth_date", "age_over_19", ""]'
says '.entries[0] | .result == "valid" and .kind == "check" and .document == "resident" and .portrait == "not_checked" and (.time | fromdate) > 0'
wants 0 verify history --limit 2
says '.entries | map(.reason) == ["ok", "malformed"]'
wants 0 verify history --since "$(date +%F)"
says '.entries | length == 5'
wants 0 verify history --since "$(date -d '+1 day' +%F)"
says '.entries == []'
for date in yesterday 2026-02-30 2026-11-24x; do
	wants 2 verify history --since "$date"
	says '.field == "--since"'
done
# No value lies in the desk's files.
for word in 홍시험 1990-01-01 시험로; do
	! grep -rqa "$word" "$desk" || complain "\"$word\" can be read in the desk's files"
done
# As a table, and for people.
wants 0 verify history --export h.csv
[ "$(wc -l <h.csv)" = 6 ] && grep -q '^20.*Z,check,valid,ok,resident,"name,birth_date",not_checked,0$' h.csv || complain "table: $(cat h.csv)"
[ "$(stat -c %a h.csv)" = 600 ] || complain "the table is open to others"
sinbun-verify --home "$desk" --lang ko history >said
[ "$(wc -l <said)" = 5 ] && grep -q '유효  ok  resident  name,birth_date' said || complain "listing: $(cat said)"
# None is kept where none is to be; what was, goes.
echo 'history-days = 0' >"$desk/desk.conf"
show d --fields basic
wants 0 verify scan d.txt
wants 0 verify history
says '.entries == []'
# Older than the days that are set.
if [ -z "${SINBUN_SANITIZED:-}" ]; then
	echo 'history-days = 2' >"$desk/desk.conf"
	show e --fields basic
	wants 0 verify scan e.txt
	wants 0 verify history
	says '.entries | length == 1'
	LD_PRELOAD=$SINBUN_BUILDDIR/tests/lib/.libs/other-clock.so OTHER_CLOCK=173000 sinbun-verify --home "$desk" --json history >out
	says '.entries == []'
fi
# A desk of before this had no history.
cp -r "$desk" before
if command -v sqlite3 >/dev/null; then
	sqlite3 before/desk.db 'drop table history'
	wants 1 sinbun-verify --home before --json scan a.txt
	says '.reason == "replayed"'
fi
finish
