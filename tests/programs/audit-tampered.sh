#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Somebody writes to the registry's file: whatever is done to the audit is found, with the row. A head kept elsewhere finds an older copy of it all.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
make_registry
make_card
for i in 1 2 3; do
	wants 0 admin suspend --officer "o$i" --card "$card" --reason lost
	wants 0 admin resume --officer "o$i" --card "$card"
done
db=$registry/registry.db
# keep NAME / use NAME: the registry's file, put aside and put back.
keep() { sqlite3 "$db" 'pragma wal_checkpoint(truncate)' >/dev/null && cp "$db" "$1"; }
use() { rm -f "$db" "$db-wal" "$db-shm"; cp "$1" "$db"; chmod 600 "$db"; }
wants 0 admin audit head --out early.jws
says '.count == 11'
keep early.db
cp -a "$registry/tokens" early.tokens
wants 0 admin suspend --officer o4 --card "$card"
wants 0 admin bundle --out bundle.jwt
wants 0 admin resume --officer o4 --card "$card"
wants 0 admin audit head --out head.jws
says '.count == 13'
keep whole.db
wants 0 admin audit verify
says '.whole and .headed and .rows == 13 and .last == 13 and .signed.count == 13 and .given == null and .findings == []'
wants 0 admin audit verify --head head.jws
says '.whole and .given.count == 13'
wants 0 admin audit verify --head early.jws
says '.whole and .given.count == 11'

# --- the database itself refuses, until the triggers are dropped ---
for sql in 'update audit set outcome = 1' 'delete from audit where seq = 13' "replace into audit select seq, 0, '', '', '', '', chain from audit"; do
	sqlite3 "$db" "$sql" 2>err && complain "the database does: $sql"
done
drop='drop trigger audit_stays; drop trigger audit_kept; drop trigger audit_added;'
# What the triggers are, to put them back: who tampers with care leaves none of it to be seen.
triggers=$(sqlite3 "$db" "select sql || ';' from sqlite_master where type = 'trigger'")
# tampered SQL FINDINGS [OPTION…]: after this was done to the whole registry, verify finds these (kind, row and to or after), and a row's number
# stands in the failure where one is found.
tampered() {
	use whole.db
	sqlite3 "$db" "$drop $1; $triggers" >/dev/null || complain "sqlite3: $1"
	wants 1 admin audit verify "${@:3}"
	says '.error == "audit_damaged" and (.whole | not) and .more == 0'
	says "[.findings[] | [.kind, .row, .to // .after]] == $2"
}
shift_down='create temp table t as select * from audit; delete from audit'
renumber="insert into audit select row_number() over (order by seq), time, officer, verb, subject, outcome, chain from t"

# --- altered: each column ---
for column in time officer verb subject outcome chain; do
	tampered "update audit set $column = x'00' || $column where seq = 6" "$([ $column = chain ] && echo '[["altered",6,6],["altered",7,7]]' || echo '[["altered",6,6]]')"
done
tampered "update audit set time = time + 1 where seq = 1" '[["altered",1,1]]'
tampered "update audit set officer = 'o9' where seq in (4, 13)" '[["altered",4,4],["altered",13,13]]'
tampered "update audit set outcome = cast(outcome as blob) where seq = 5" '[["altered",5,5]]'
tampered "update audit set outcome = outcome || char(0) || 'x' where seq = 5" '[["altered",5,5]]'
tampered "update audit set time = time + 0.5 where seq = 5" '[["altered",5,5]]'
tampered "update audit set outcome = hex(zeroblob(100000)) where seq = 5" '[["altered",5,5]]'
tampered "update audit set chain = zeroblob(32) where seq = 13" '[["altered",13,13]]'
says '.headed | not'

# --- taken out of the middle: with the numbers as they were, and moved up ---
tampered 'delete from audit where seq = 6' '[["removed",6,6]]'
says '.field == "row 6" and .rows == 12'
tampered 'delete from audit where seq in (1, 6, 7)' '[["removed",1,1],["removed",6,7]]'
tampered "$shift_down; delete from t where seq in (6, 7); $renumber" '[["removed",6,7]]'

# --- cut off at the end ---
tampered 'delete from audit where seq > 11' '[["cut",12,13]]'
says '.findings[0].head == "registry" and .field == "rows 12 to 13"'
tampered 'delete from audit' '[["cut",1,13]]'
tampered "delete from audit where seq > 11; delete from sqlite_sequence; delete from setting where name in ('audit-head', 'audit-signed-head')" \
	'[["cut",12,13],["head_missing",null,null]]'
tampered "delete from audit; delete from setting where name in ('audit-head', 'audit-signed-head')" '[["cut",1,13],["head_missing",null,null]]'

# --- put in: at the end, in the middle, a copy of a genuine row, before the first ---
forged="'o1', 'suspend', '$card', 'lost'"
tampered "insert into audit select 14, 1, $forged, chain from audit where seq = 13" '[["inserted",14,14]]'
tampered "insert into audit values(900, 1, $forged, randomblob(32))" '[["inserted",900,900]]'
tampered "insert into audit values(9223372036854775807, 1, $forged, randomblob(32))" '[["inserted",9223372036854775807,9223372036854775807]]'
tampered "insert into audit values(-3, 1, $forged, randomblob(32))" '[["inserted",-3,-3]]'
for chain in 'randomblob(32)' '(select chain from audit where seq = 6)'; do
	tampered "create temp table t as select * from audit; insert into t select 6.5, 1, $forged, $chain; delete from audit; $renumber" '[["inserted",7,7]]'
done
tampered "create temp table t as select * from audit; insert into t select 9.5, time, officer, verb, subject, outcome, chain from audit where seq = 4; delete from audit; $renumber" \
	'[["inserted",10,10]]'

# --- out of order ---
swap() { echo "update audit set seq = -1 where seq = $1; update audit set seq = $1 where seq = $2; update audit set seq = $2 where seq = -1"; }
tampered "$(swap 6 7)" '[["moved",6,7]]'
tampered "create temp table t as select * from audit; update t set seq = 10.5 where seq = 5; delete from audit; $renumber" '[["moved",5,10]]'

# --- the head: gone, altered, an older one; put together of parts ---
tampered "delete from setting where name = 'audit-head'" '[["head_missing",null,null]]'
tampered "update setting set value = randomblob(72) where name = 'audit-head'" '[["head_altered",null,null]]'
tampered "update setting set value = 'x' where name = 'audit-head'" '[["head_altered",null,null]]'
older="attach 'early.db' as early; replace into setting select * from early.setting"
tampered "$older where name = 'audit-head'" '[["head_old",11,11]]'
tampered "delete from audit where seq > 11; $older where name = 'audit-head'" '[["cut",12,13]]'
says '.findings[0].head == "signed"'
# Also where the signed head goes with them: the issuer's token knows.
tampered "delete from audit where seq > 11; $older where name = 'audit-head'; delete from setting where name = 'audit-signed-head'" '[["cut",12,13]]'
says '.findings[0].head == "token"'
tampered "update setting set value = 'x.y.z' where name = 'audit-signed-head'" '[["signed_head_altered",null,null]]'

# --- the triggers gone ---
use whole.db
sqlite3 "$db" 'drop trigger audit_kept'
wants 1 admin audit verify
says '[.findings[].kind] == ["unguarded"] and .field == null'

# --- an older copy of it all: the issuer's token tells ---
use early.db
wants 1 admin audit verify
says '.rows == 11 and [.findings[] | [.kind, .row, .to, .head]] == [["cut", 12, 13, "token"]]'
cp -a "$registry/tokens" tokens
# The next row tells of it, and those behind that one are in order.
wants 0 admin suspend --officer o6 --card "$card"
grep -q 'audit verify' err || complain "no warning of an older copy"
wants 9 admin resume --officer o6 --card "$card"
wants 0 admin registry verify --accept --officer o6
wants 0 admin resume --officer o6 --card "$card"
[ ! -s err ] || complain "warned again: $(cat err)"
wants 1 admin audit verify
says '[.findings[] | [.kind, .row, .to]] == [["removed", 12, 13], ["recorded", 14, 14]]'
# … and an older copy of the token as well: only a head kept elsewhere.
use early.db
rm -rf "$registry/tokens"
cp -a early.tokens "$registry/tokens"
wants 0 admin audit verify
says '.whole and .rows == 11'
wants 0 admin audit verify --head early.jws
wants 1 admin audit verify --head head.jws
says '[.findings[] | [.kind, .row, .to, .head]] == [["cut", 12, 13, "given"]]'
# Work goes on there: other rows stand under those numbers.
wants 0 admin suspend --officer o6 --card "$card"
wants 0 admin resume --officer o6 --card "$card"
wants 0 admin audit verify
wants 1 admin audit verify --head head.jws
says '[.findings[] | [.kind, .row, .head]] == [["rewritten", 13, "given"]]'
rm -rf "$registry/tokens"
mv tokens "$registry/tokens"
# As long as the audit that the token knows, but not that one.
wants 0 admin suspend --officer o7 --card "$card"
grep -q 'audit verify' err || complain "no warning of another audit of the same length"
wants 0 admin audit show --verb 'audit damage'
says '.rows[-1].outcome == "older copy"'

# --- a head that is none ---
use whole.db
cut -c1-100 head.jws >half.jws
sed 's/\.[^.]*$/.'"$(head -c 64 /dev/zero | base64 -w0 | tr -d =)/" head.jws >forged.jws
for bad in half.jws forged.jws bundle.jwt /dev/null nowhere.jws; do
	wants 4 admin audit verify --head "$bad"
	says '.error == "bad_head" and .field == "--head"'
done
(
	registry=$here/other
	make_registry
	wants 0 admin audit head --out other.jws
	finish
) || failures=$((failures + 1))
wants 4 admin audit verify --head other.jws
says '.error == "bad_head"'

# --- what people read ---
use whole.db
sqlite3 "$db" "$drop update audit set officer = 'o9' where seq = 6"
wants 1 sinbun-admin --registry "$registry" --lang ko audit verify --pin-fd 4 4<<<issuer-passphrase
grep -q '^6번' out && grep -q '감사 기록' err || complain "not for people: $(cat out err)"
finish
