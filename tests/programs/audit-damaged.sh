#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# A damaged audit stops no clerk: a lost card is suspended all the same, with a warning, and the audit has a row that tells of the damage.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
wants 0 admin suspend --officer o1 --card "$card"
wants 0 admin resume --officer o1 --card "$card"
db=$registry/registry.db
sqlite3 "$db" 'pragma wal_checkpoint(truncate)' >/dev/null
cp "$db" whole.db
# What its token knew of it then: without that, the older file would be another damage.
cp -a "$registry/tokens" whole.tokens
drop='drop trigger audit_stays; drop trigger audit_kept; drop trigger audit_added;'
triggers=$(sqlite3 "$db" "select sql || ';' from sqlite_master where type = 'trigger'")
damage() {
	rm -f "$db" "$db-wal" "$db-shm"
	cp whole.db "$db" && chmod 600 "$db"
	rm -rf "$registry/tokens" && cp -a whole.tokens "$registry/tokens"
	sqlite3 "$db" "$drop $1; $triggers" >/dev/null || complain "sqlite3: $1"
}
row() { sqlite3 "$db" "select seq, officer, verb, subject, outcome from audit where $1 order by seq"; }
# suspends SQL ROW…: after that damage the card can be suspended; these rows stand at the end then, and the next clerk is not warned again.
suspends() {
	damage "$1"
	wants 0 admin suspend --officer o2 --card "$card" --reason lost
	says '.state == "suspended"'
	grep -q 'audit verify' err || complain "no warning after: $1"
	[ "$(row "seq >= ${2%%|*} and seq < 1000")" = "$(printf '%s\n' "${@:2}")" ] || complain "after $1 the audit has: $(row 1)"
	# Whether the cards have the states that they were given is not sure where the head is gone: nothing makes one valid until somebody has looked.
	case $2 in *'|head '*)
		wants 9 admin resume --officer o2 --card "$card"
		says '.error == "damaged" and .field == "status list"'
		wants 0 admin registry verify --accept --officer o2
		;;
	esac
	wants 0 admin resume --officer o2 --card "$card"
	[ ! -s err ] || complain "warned again: $(cat err)"
	wants 1 admin audit verify
	says 'any(.findings[]; .kind == "recorded") and .headed'
}
forged="'o9', 'suspend', '$card', 'lost'"
suspends 'delete from audit where seq > 5' '8||audit damage|rows 6 to 7|rows cut off' "9|o2|suspend|$card|lost"
says '[.findings[] | [.kind, .row, .to]] == [["removed", 6, 7], ["recorded", 8, 8]]'
suspends 'delete from audit where seq > 5; delete from sqlite_sequence' '8||audit damage|rows 6 to 7|rows cut off' "9|o2|suspend|$card|lost"
suspends 'delete from audit' '8||audit damage|rows 1 to 7|rows cut off' "9|o2|suspend|$card|lost"
suspends "update audit set chain = randomblob(32) where seq = 7" '8||audit damage|row 7|last row altered' "9|o2|suspend|$card|lost"
suspends "update audit set chain = x'00' where seq = 7" '8||audit damage|row 7|last row altered' "9|o2|suspend|$card|lost"
suspends "insert into audit values(8, 1, $forged, randomblob(32))" "8|o9|suspend|$card|lost" '9||audit damage|rows 8 to 8|rows added' "10|o2|suspend|$card|lost"
says '[.findings[] | [.kind, .row, .to]] | (map(select(.[0] == "recorded")) == [["recorded", 9, 9]]) and any(.[]; .[1] == 8)'
suspends "delete from setting where name = 'audit-head'" '8||audit damage|row 7|head missing' "9|o2|suspend|$card|lost"
suspends "update setting set value = randomblob(72) where name = 'audit-head'" '8||audit damage|row 7|head altered' "9|o2|suspend|$card|lost"
suspends "update setting set value = '' where name = 'audit-head'" '8||audit damage|row 7|head altered' "9|o2|suspend|$card|lost"

suspends "delete from audit; delete from sqlite_sequence; delete from setting where name = 'audit-head'" '8||audit damage|rows 1 to 7|head missing' "9|o2|suspend|$card|lost"

# --- rows with numbers beyond all that were ever given: others find their places, and they are found ---
damage "insert into audit values(9007199254740991, 1, $forged, randomblob(32))"
for state in suspend resume suspend; do
	wants 0 admin $state --officer o2 --card "$card"
	[ ! -s err ] || complain "it is in the way: $(cat err)"
done
wants 1 admin audit verify
says '[.findings[] | [.kind, .row]] == [["inserted", 9007199254740991]]'
damage "insert into audit values(9223372036854775807, 1, $forged, randomblob(32))"
for state in suspend resume suspend; do wants 0 admin $state --officer o2 --card "$card"; done
[ "$(row 'seq between 8 and 10' | wc -l)" = 3 ] || complain "no rows behind: $(row 1)"
wants 1 admin audit verify
says '[.findings[] | [.kind, .row]] == [["inserted", 9223372036854775807]]'

# --- all else goes on, too: a new card, the status list, a bundle, an export ---
damage 'delete from audit where seq > 3'
wants 0 admin bundle --out bundle.jwt
grep -q 'audit verify' err || complain "a bundle without a warning"
[ "$(row 'seq >= 8')" = '8||audit damage|rows 4 to 7|rows cut off' ] || complain "the bundle recorded: $(row 1)"
wants 0 admin status publish --out status
wants 0 admin audit export --officer o1 --out rows.csv
says '.whole | not'
wants 0 admin audit show --last 2
says '(.whole | not) and .rows[0].verb == "audit damage" and .rows[1].verb == "audit export" and all(.rows[]; .sound)'
damage "update audit set outcome = 'ok' where seq = 6"
wants 0 admin audit show
says '(.whole | not) and [.rows[] | select(.sound | not) | .row] == [6]'
wants 0 sinbun-admin --registry "$registry" audit show --pin-fd 4 4<<<issuer-passphrase
[ "$(grep -c '^!' out)" = 1 ] && grep -q '^! *6 ' out || complain "row 6 is not marked: $(cat out)"

# --- what is saved of a registry whose audit lost rows tells so ---
damage 'delete from audit where seq > 5'
wants 0 admin registry recover --officer o3 --out new.db
grep -q 'audit verify' err || complain "recovered without a warning"
rm -f "$db"* && mv new.db "$db"
[ "$(row 'seq > 5')" = '8||audit damage|rows 6 to 7|rows cut off
9|o3|registry recover||with losses' ] || [ "$(row 'seq > 5')" = '8||audit damage|rows 6 to 7|rows cut off
9|o3|registry recover||whole' ] || complain "the saved one has: $(row 1)"
wants 1 admin audit verify
says '[.findings[] | [.kind, .row, .to]] == [["removed", 6, 7], ["recorded", 8, 8]] and .headed'

# --- what cannot be recorded is not done ---
damage ''
(
	trap '' XFSZ
	ulimit -f 0
	admin suspend --officer o2 --card "$card" >out 2>err && complain "suspended on a full disk"
	finish
) || failures=$((failures + 1))
wants 0 admin audit verify
says '.whole and .rows == 7'
wants 0 admin registry show --card "$card"
says '.cards[0].state == "valid"'
finish
