#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Programs that write to the audit are killed, here and there, two at a time: what stands there is whole, and each row is that of work that was done.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
sql() { sqlite3 -cmd '.timeout 20000' "$registry/registry.db" "$1"; }
# change STATE: started so that its own process can be killed.
change() { exec sinbun-admin --registry "$registry" --json "$1" --officer o1 --card "$card" --pin-fd 4 4<<<issuer-passphrase; }
for i in $(seq 20); do
	{
		(change suspend) >/dev/null 2>&1 &
		first=$!
		(change resume) >/dev/null 2>&1 &
		second=$!
		sleep "0.0$((i % 10))"
		kill -9 "$first"
		sleep "0.0$((i % 7))"
		kill -9 "$second"
		wait "$first" "$second"
	} 2>/dev/null
	[ $((i % 5)) != 0 ] || { wants 0 admin audit verify && says '.whole and .headed and .rows == .last'; }
done
# The card is as its last row says.
last=$(sql "select verb from audit where subject = '$card' order by seq desc limit 1")
case $last in suspend) state=2 ;; *) state=0 ;; esac
[ "$(sql "select state from credential where card = '$card'")" = "$state" ] || complain "the audit's last row is $last, the card another"
# Nothing was done twice in a row.
sql "select group_concat(verb, ' ') from (select verb from audit where subject = '$card' order by seq)" >verbs
grep -q -e 'suspend suspend' -e 'resume resume' verbs && complain "done twice: $(cat verbs)"

# --- two writers at once, with an old and a new head between them ---
for i in 1 2 3 4 5; do
	for officer in a b; do (admin bundle --out "$officer.jwt" && admin audit export --officer $officer --out "$officer.csv") >"$officer.out" 2>"$officer.err" & done
	wait
	cat a.err b.err >err
	[ ! -s err ] || complain "one of two: $(cat err)"
done
wants 0 admin audit verify
says '.whole and .headed and .signed.count > 0'
[ "$(sql "select count(*) from audit where verb = 'audit export'")" = 10 ] || complain "exports that are not in the audit"
finish
