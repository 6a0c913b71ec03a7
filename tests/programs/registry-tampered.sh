#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Somebody writes to registry.db and has not the issuer's token: no application, card, step, member or certificate becomes another's, no revoked card
# comes back, and what was done is named.
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/apply.sh"
. "$SINBUN_SRCDIR/tests/lib/stranger.sh"
make_card
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
for sql in 'create trigger "sqlite-stat1" before update of state on credential begin select raise(ignore); end' \
	"create trigger t before insert on audit begin select raise(ignore); end; pragma writable_schema = on; update sqlite_master set name = 'sqlite_stat4' where name = 't'" \
	'create table sqliteXstat1(a)' \
	"create trigger undo after update of state on credential begin update credential set state = 0 where card = new.card; end" \
	"create trigger once after insert on audit begin update setting set value = x'' where name = 'url'; end" \
	"create view credentials as select * from credential" "drop index apply_open" "alter table credential add column more" \
	"drop trigger audit_kept; create trigger audit_kept before delete on audit begin select 1; end"; do
	use whole.db
	write "$sql"
	wants 9 admin revoke --officer o1 --card "$card" --reason reissued
	says '.error == "damaged" and (.message | contains("registry recover"))'
	case $sql in 'create trigger "'*) says '.field == "trigger sqlite-stat1"' ;; esac
	wants 9 admin registry verify
done
# Also one that comes while a verb is under way: here it waits for the PIN.
use whole.db
mkfifo pin
exec 9<>pin
sinbun-admin --registry "$registry" --json revoke --officer o1 --card "$card" --reason reissued --pin-fd 4 4<&9 >out 2>err &
until ls -l /proc/$!/fd 2>/dev/null | grep -q 'registry\.db'; do sleep 0.05; done
write "create trigger undo after update of state on credential begin update credential set state = 0 where card = new.card; end"
echo issuer-passphrase >&9
wait $! && complain "it was done all the same: $(cat out)"
exec 9>&-
says '.error == "damaged" and .field == "trigger undo"'
use whole.db
write 'analyze'
wants 0 admin registry show --card "$card"

# --- settings: the issuer's address and name (what was published last: tests/programs/life-status) ---
for name in url issuer; do
	use whole.db
	write "update setting set value = 'https://other.example' where name = '$name'"
	wants 9 admin registry show --card "$card"
	says ".error == \"damaged\" and .field == \"setting $name\""
done
# What is recovered has no issuer; init makes it whole.
wants 0 admin registry recover --officer o1 --out new.db
says '.tables.setting.refused == 1'
rm -f "$db"*
mv new.db "$db"
wants 3 admin registry show --card "$card"
says '.error == "no_registry"'
wants 0 admin init --issuer 시험구청 --url https://id.example
wants 0 admin registry show --card "$card"
wants 0 admin registry verify
says .whole
# --- a changed row gets no good checksum by what comes next ---
use whole.db
write "update application set resident = 2, state = 1 where id = (select offer from apply where offer <> '' union select '$offer' limit 1)"
write "update apply set offer = '$offer', resident = 2 where id = '$half'"
wants 9 admin apply withdraw --application "$half" --officer o1
wants 1 admin registry verify
says '[.findings[] | .table] | sort == ["application", "apply"]'
# … and what is taken out takes along what hangs on it.
wants 0 admin registry verify --accept --officer o1
says '.mended == 2'
wants 0 admin registry verify
says '.whole'

# The same with an offer that an application made: it ends with the application, and gets no checksum by that.
use whole.db
wants 0 admin apply withdraw --application "$half" --officer o1
printf '%s\n' rrn,name,address,authority,issue_date,phone,carrier '900101-1000000,홍시험,서울특별시 시험구 시험로 1,서울특별시 시험구청장,2024-03-02,010-0000-0001,SKT' >line.csv
wants 0 admin registry import line.csv
steps_to card
entered 0 card "$card_data" --replace
apply 0 biometrics --answer no
apply 0 offer --offer offer3.json
write "update application set resident = 2 where id = '$(jq -r .application offer3.json)'"
apply 0 withdraw
wants 1 admin registry verify
says '[.findings[] | .table] == ["application"]'
finish
