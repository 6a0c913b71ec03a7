#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Somebody writes to registry.db and has not the issuer's token: no application, card, step, member or certificate becomes another's, no revoked card
# comes back, and what was done is named.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/apply.sh"
make_registry
mkdir -m755 published
printf 'status-dir = %s\n' "$here/published" >"$registry/registry.conf"
make_card
db=$registry/registry.db
write() { sqlite3 "$db" "$1" || complain "sqlite3: $1"; }
keep() { sqlite3 "$db" 'pragma wal_checkpoint(truncate)' >/dev/null && cp "$db" "$1" && rm -rf "$1.tokens" && cp -a "$registry/tokens" "$1.tokens"; }
use() {
	rm -rf "$db" "$db-wal" "$db-shm" "$registry/tokens"
	cp "$1" "$db" && chmod 600 "$db" && cp -a "$1.tokens" "$registry/tokens"
}
# damaged ROW VERB…: the verb is refused, and says which row; registry verify finds it as well.
damaged() {
	wants 9 admin "${@:2}"
	says ".error == \"damaged\" and (.field | startswith(\"$1\"))"
	wants 1 admin registry verify
	says ".whole == false and any(.findings[]; .kind == \"altered\" and (.table + \" \" + .row | startswith(\"$1\")))"
}
wants 0 admin registry verify
says '.whole and .rows > 3 and .findings == []'

# --- applications and cards: whose they are, until when, and what they are ---
wants 0 admin member add --officer o1 --input - <<<'{"id":"ra.test","name":"홍시험","rrn":"900101-1000000","password":"correct horse 7"}'
steps_to consent
half=$application
wants 0 admin enrol --officer o1 --input person.json --offer offer2.json --replace
offer=$(jq -r .application offer2.json)
phone=$here/phone2
cheap "$phone"
wants 0 holder enrol --offer offer2.json --request request2.json --puk-out puk2
phone=$here/phone
keep whole.db
issue2='issue --officer o1 --request request2.json --response response2.json'
for sql in 'resident = 2' 'expires = expires + 1' "reason = 'lost'" 'replace = 0' 'mac = null' "mac = x''" 'mac = zeroblob(32)' 'nonce = cast(nonce as blob)'; do
	use whole.db
	write "update application set $sql where id = '$offer'"
	damaged "application $offer" $issue2
done
use whole.db
write "update application set mac = (select a.mac from application a where a.id <> '$offer' limit 1) where id = '$offer'"
damaged "application $offer" $issue2
for sql in 'resident = 2' 'state = 1' 'expires = expires + 1' 'status_index = status_index + 1' "card = 'R1'" "reason = 'x'"; do
	use whole.db
	write "update credential set $sql where card = '$card'"
	case $sql in card*) damaged 'credential R1' registry stats ;; *) damaged "credential $card" registry show --card "$card" ;; esac
done
# The number of a resident is not his own either: two that change theirs take no card along.
use whole.db
write 'pragma foreign_keys = off; update resident set id = 9 where id = 1; update resident set id = 1 where id = 2; update resident set id = 2 where id = 9'
damaged "credential $card" registry show --card "$card"

# --- whoever signs in: steps, members, the certificate of a card, consents ---
use whole.db
write "insert into apply_step(application, step, time, actor, outcome) select application, 4, time, actor, outcome from apply_step where application = '$application' and step = 2"
damaged "apply_step $application" apply status --application "$application"
use whole.db
write "update apply set resident = 2 where id = '$application'"
damaged "apply $application" apply status --application "$application"
use whole.db
write 'update member set resident = 2'
wants 0 admin apply withdraw --application "$application" --officer o1
start
wants 9 admin apply login --application "$application" --officer o1 --kind member --input - <<<'{"id":"ra.test","password":"correct horse 7"}'
says '.field == "member 1"'
use whole.db
wants 0 admin apply withdraw --application "$half" --officer o1
start
apply 0 login --kind certificate --challenge challenge.json
wants 0 holder login --challenge challenge.json --signed signed.jws
write "update credential set resident = 2 where card = '$card'"
apply 9 login --kind certificate --signed signed.jws
says ".field == \"credential $card\""
write "update credential set resident = 1 where card = '$card'"
apply 0 login --kind certificate --signed signed.jws
entered 0 consent "{\"consents\":$consents}"
write 'update consent set withdrawn = 5 where seq = (select max(seq) from consent)'
damaged "consent $application" apply status --application "$application"

# --- triggers and views of others do nothing behind our backs: nothing is done at all ---
for sql in "create trigger undo after update of state on credential begin update credential set state = 0 where card = new.card; end" \
	"create trigger once after insert on audit begin update setting set value = x'' where name = 'url'; end" \
	"create view credentials as select * from credential" "drop index apply_open" "alter table credential add column more" \
	"drop trigger audit_kept; create trigger audit_kept before delete on audit begin select 1; end"; do
	use whole.db
	write "$sql"
	wants 9 admin revoke --officer o1 --card "$card" --reason reissued
	says '.error == "damaged"'
done
use whole.db
write 'analyze'
wants 0 admin registry show --card "$card"

# --- a revoked card does not come back by its older row, which is genuine; nor by the sum that was put aside with it ---
use whole.db
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
write "$old; replace into setting select * from old.setting where name in ('status-sum', 'audit-head')"
wants 9 admin bundle --out b
write "delete from setting where name in ('status-sum', 'audit-head')"
wants 9 admin bundle --out b

# A row that is gone altogether: the list would call the card valid.
use revoked.db
write "delete from credential where card = '$card'"
wants 9 admin bundle --out b
wants 1 admin registry verify
says "any(.findings[]; .kind == \"missing\" and .row == \"$card\" and .was == \"revoked\")"
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
write "update credential set resident = 2 where card = '$card'; update application set resident = 2 where id = '$offer'"
wants 0 admin registry recover --officer o1 --out new.db
says '(.whole | not) and .tables.application.refused == 1 and .tables.credential.refused == 1'
rm -f "$db"*
mv new.db "$db"
wants 0 admin registry verify
says '.whole'
[ "$(sqlite3 "$db" 'select state, reason from credential')" = '1|damaged' ] || complain "the card: $(sqlite3 "$db" 'select * from credential')"
wants 0 admin bundle --out b
finish
