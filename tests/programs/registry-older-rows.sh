#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# A card that was ended does not come back by what somebody kept of registry.db, who has not the issuer's token: older rows of it, the older sum, the
# older head, the older file. And what the registrar can do then.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/apply.sh"
. "$SINBUN_SRCDIR/tests/lib/stranger.sh"
make_card
row() { sqlite3 "$db" "select $1 from credential where card = '$card'"; }
place=$(row status_index)
# So that there is a sum, which can be put aside.
wants 0 admin suspend --officer o1 --card "$card" --reason lost
keep suspended.db
wants 0 admin resume --officer o1 --card "$card"
keep whole.db
wants 0 holder refresh --request refresh.json
refresh='refresh --self --request refresh.json --response refreshed.json'

# --- a revoked card does not come back by its older row, which is genuine; nor by the sum that was put aside with it ---
wants 0 admin revoke --officer o1 --card "$card" --reason reissued
says '.published'
keep revoked.db
old="attach 'whole.db' as old; update credential set state = o.state, reason = o.reason, changed = o.changed, mac = o.mac from old.credential as o where o.card = credential.card"
write "$old"
wants 9 admin status publish --out "$here/elsewhere"
says '.error == "damaged" and (.message | contains("registry verify --accept"))'
wants 9 admin bundle --out b
wants 1 admin registry verify
says "[.findings[] | [.kind, .row, .is, .was]] == [[\"state\", \"$card\", \"valid\", \"revoked\"], [\"status_list\", null, null, null]]"
sinbun-admin --registry "$registry" --lang ko registry verify --pin-fd 4 4<<<issuer-passphrase >out 2>err
grep -q "$card.*유효.*효력 상실" out || complain "not told in Korean: $(cat out)"
# Nor for its holder, to whom it would be good for more than the list.
wants 9 admin $refresh
says ".error == \"damaged\""
start
apply 0 login --kind certificate --challenge challenge.json
wants 0 holder login --challenge challenge.json --signed signed.jws
apply 9 login --kind certificate --signed signed.jws
says '.error == "damaged"'
use revoked.db
write "$old; replace into setting select * from old.setting where name in ('status-sum', 'audit-head')"
wants 9 admin bundle --out b
wants 9 admin status publish --out "$here/elsewhere"
wants 1 admin registry verify
says 'any(.findings[]; .kind == "status_list")'
write "delete from setting where name in ('status-sum', 'audit-head')"
wants 9 admin bundle --out b

# The row of a card that was suspended before it was revoked, and resume.
use revoked.db
write "${old/whole.db/suspended.db}"
[ "$(row state)" = 2 ] || complain "the old row is not there"
wants 9 admin resume --officer o1 --card "$card"
says '.error == "damaged"'
wants 1 admin registry verify
says "any(.findings[]; .kind == \"state\" and .is == \"suspended\" and .was == \"revoked\")"

# The whole older file, with the first thing that is done: a bundle, the list, or a look.
for verb in 'bundle --out b' "status publish --out $here/elsewhere"; do
	use revoked.db
	rm -f "$db"*
	cp whole.db "$db"
	chmod 600 "$db"
	wants 9 admin $verb
done
wants 1 admin registry verify
says 'any(.findings[]; .kind == "status_list")'

# The rows of the audit that tell of it, taken out with care: the revocation is believed without the one before it.
use revoked.db
triggers=$(sqlite3 "$db" "select sql || ';' from sqlite_master where type = 'trigger'")
write "drop trigger audit_stays; drop trigger audit_kept; drop trigger audit_added;
	delete from audit where seq = (select max(seq) - 1 from audit where verb = 'revoke'); $old; $triggers"
wants 1 admin registry verify
says "any(.findings[]; .kind == \"state\" and .row == \"$card\" and .was == \"revoked\")"
wants 0 admin registry verify --accept --officer o1
[ "$(row state)" = 1 ] || complain "the revoked card is back"

# A row that is gone altogether: the list would call the card valid.
use revoked.db
write "delete from credential where card = '$card'"
wants 9 admin bundle --out b
wants 1 admin registry verify
says "any(.findings[]; .kind == \"missing\" and .row == \"$card\" and .was == \"revoked\")"
wants 0 admin registry verify --accept --officer o1
wants 0 admin registry verify
says '.whole'
wants 0 admin audit show --verb 'card lost'
says ".rows[0].subject == \"$card\""
# Another place in the list: it ends at its own.
use revoked.db
write "update credential set status_index = status_index + 1, state = 0 where card = '$card'"
wants 9 admin revoke --officer o1 --card "$card" --reason reissued
wants 0 admin registry verify --accept --officer o1
[ "$(row 'status_index, state')" = "$place|1" ] || complain "it stands at $(row 'status_index, state')"
use revoked.db
write "$old"

# --- the registrar takes it as it is: the card is what the audit says, and work goes on ---
wants 2 admin registry verify --accept
says '.field == "--officer"'
write "update credential set resident = 2 where card = '$card'"
wants 0 admin registry verify --accept --officer o1
says '.mended >= 1 and .published'
wants 0 admin registry verify
says '.whole'
[ "$(sqlite3 "$db" "select state from credential where card = '$card'")" = 1 ] || complain "the revoked card is back"
wants 0 admin bundle --out b
use revoked.db
write "$old"
wants 0 admin registry verify --accept --officer o1
says '.mended == 1 and .published'
[ "$(sqlite3 "$db" "select state from credential where card = '$card'")" = 1 ] || complain "the revoked card is back after all"
wants 0 admin audit show --verb 'registry accept'
says '.rows[0].officer == "o1"'

# --- a backup from before the revocation is put back, the token has gone on: the list waits for somebody to look ---
use revoked.db
rm -f "$db"*
cp whole.db "$db"
chmod 600 "$db"
wants 0 admin suspend --officer o2 --card "$card" --reason lost
grep -q 'audit verify' err || complain "no warning of the older copy"
says '.published == false'
wants 0 admin registry verify --accept --officer o1
says '.published'
wants 0 admin bundle --out b

# --- recovered: what nobody vouches for is left out, and such a card stands as ended ---
use whole.db
offer=$(sqlite3 "$db" 'select id from application limit 1')
write "update credential set resident = 2, status_index = 7 where card = '$card'; update application set resident = 2 where id = '$offer'"
wants 0 admin registry recover --officer o1 --out new.db
says '(.whole | not) and .tables.application.refused == 1 and .tables.credential.refused == 1'
rm -f "$db"*
mv new.db "$db"
wants 0 admin registry verify
says '.whole'
[ "$(sqlite3 "$db" 'select state, reason, status_index from credential')" = "1|damaged|$place" ] || complain "the card: $(sqlite3 "$db" 'select * from credential')"
wants 0 admin bundle --out b
finish
