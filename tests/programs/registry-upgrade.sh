#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 the sinbun authors
# Registries of earlier schemas, made here from SQL as it was then, and every verb on them: of the first, whose phone lines nobody had put into an index;
# and of the third, with an application half way. (Opened by many at once: registry-old.sh.)
. "${SINBUN_SRCDIR:?}/tests/lib/programs.sh"
. "$SINBUN_SRCDIR/tests/lib/apply.sh"
[ -z "${SINBUN_SANITIZED:-}" ] || ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
make_lines
outside
mode "$accepted"
make_card
version=$(sqlite3 "$registry/registry.db" 'pragma user_version')

first_tables() {
	cat "$SINBUN_SRCDIR/tests/lib/first-schema.sql"
	echo 'insert into audit select seq, time, officer, verb, subject, outcome, chain from newer.audit;'
}
second_tables() {
	cat <<'END'
create table apply(id text primary key, created integer not null, expires integer not null, self integer not null,
	resident integer references resident(id), state integer not null, revision integer not null, offer text not null, box blob not null);
create unique index apply_open on apply(resident) where state = 0;
create table apply_step(application text not null references apply(id), step integer not null, time integer not null, actor text not null,
	outcome text not null, primary key(application, step)) without rowid;
create table consent(seq integer primary key autoincrement, application text not null, text text not null, language text not null, hash blob not null,
	required integer not null, given integer not null, time integer not null, channel text not null, withdrawn integer not null default 0);
create index consent_application on consent(application);
create table member(id integer primary key autoincrement, name_hash blob not null unique, resident integer not null unique references resident(id),
	box blob not null, created integer not null, wrong integer not null default 0, locked_until integer not null default 0);
create table login_certificate(fingerprint blob primary key, resident integer not null references resident(id), created integer not null) without rowid;
create index login_certificate_resident on login_certificate(resident);
create table phone_line(phone_hash blob not null, resident integer not null references resident(id), primary key(phone_hash, resident)) without rowid;
create index phone_line_resident on phone_line(resident);
create table used_token(hash blob primary key, time integer not null) without rowid;
insert into apply select id, created, expires, self, resident, state, revision, offer, box from newer.apply;
insert into apply_step select application, step, time, actor, outcome from newer.apply_step;
insert into consent select seq, application, text, language, hash, required, given, time, channel, withdrawn from newer.consent;
insert into member select id, name_hash, resident, box, created, wrong, locked_until from newer.member;
insert into phone_line select phone_hash, resident from newer.phone_line;
END
}
# becomes VERSION SETTINGS SQL: the registry as that version had it.
becomes() {
	sqlite3 "$registry/registry.db" 'pragma wal_checkpoint(truncate)' >/dev/null
	mv "$registry/registry.db" newer.db
	rm -f "$registry"/registry.db-*
	{ first_tables; echo "insert into setting select name, value from newer.setting where name in ($2);"; $3; echo "pragma user_version = $1;"; } |
		sqlite3 "$registry/registry.db" >/dev/null || complain "the old registry was not made"
	chmod 600 "$registry/registry.db"
	forget_anchor
}
is_new() {
	[ "$(sqlite3 "$registry/registry.db" 'pragma user_version')" = "$version" ] || complain "it has not the present schema"
	[ "$(sqlite3 "$registry/registry.db" 'pragma integrity_check; pragma foreign_key_check')" = ok ] || complain "it is damaged"
}

# --- of the third schema: the application goes on where it was, the member signs in ---
wants 0 admin member add --officer o1 --input - <<<'{"id":"ra.test","name":"라시험","rrn":"930101-1000000","password":"correct horse 7"}'
steps_to card
half=$application
becomes 3 "'issuer', 'url', 'country', 'phone-lines'" second_tables
stands open card
is_new
says '.name == "홍*험" and .phone == "010-0000-****" and (.consents | length == 5)'
entered 10 card "$card_data"
says '.error == "on_another_device"'
entered 0 card "$card_data" --replace
apply 0 biometrics --answer no
apply 0 offer --offer offer.json
start
entered 0 login '{"id":"ra.test","password":"correct horse 7"}' --kind member
wants 0 admin apply withdraw --application "$application" --officer o1
wants 4 admin member add --self --input - <<<'{"id":"some.one","name":"나시험","rrn":"920101-1000000","password":"correct horse 7"}'
says '.error == "mismatch" and .tries_left == 4'
wants 0 admin apply withdraw --application "$half" --officer o1

# --- of the first schema: phone lines are found, though it has no index of them; and every verb works ---
becomes 1 "'issuer', 'url', 'country'" :
steps_to phone
is_new
entered 4 phone '{"phone":"010-0000-0001","carrier":"LGU"}'
says '.error == "carrier_mismatch"'
entered 4 phone '{"phone":"010-0000-0002","carrier":"KT_MVNO"}'
says '.error == "not_owner"'
entered 0 phone '{"phone":"010-0000-0001","carrier":"SKT"}'
entered 0 phone "{\"code\":\"$(code)\"}"
for _ in 1 2 3 4 5; do entered 4 card "${card_data/03-02/03-03}" --replace; done
entered 10 card "$card_data" --replace
says '.error == "locked"'
wants 0 admin apply unlock --officer o1 --input - <<<'{"rrn":"900101-1000000"}'
entered 0 card "$card_data" --replace
apply 0 biometrics --answer no
apply 0 offer --offer offer.json
first=$card phone=$here/phone2
cheap "$phone"
wants 0 holder enrol --offer offer.json --request request.json --puk-out puk2
wants 0 admin issue --officer o1 --request request.json --response response.json
card=$(jq -r .card out)
wants 0 holder enrol --response response.json
make_desk
show live
wants 0 verify scan live.png
says '.result == "valid"'
wants 10 admin resume --officer o1 --card "$first" # replaced: revoked
wants 0 admin suspend --officer o1 --card "$card" --reason lost
wants 0 admin resume --officer o1 --card "$card"
wants 0 admin enrol --officer o1 --input person.json --offer offer2.json --replace
wants 0 admin registry import lines.csv
says '.same == 4'
wants 0 admin registry show --card "$card"
says '.cards | length == 2'
wants 0 admin registry stats
wants 0 admin registry export --officer o1 --out ledger.csv
[ "$(wc -l <ledger.csv)" = 6 ] || complain "the ledger has $(wc -l <ledger.csv) lines"
wants 0 admin status publish --out "$here/published"
wants 0 admin bundle --out bundle.jwt
wants 0 admin member add --self --input - <<<'{"id":"ra.test","name":"라시험","rrn":"930101-1000000","password":"correct horse 7"}'
start
entered 0 login '{"id":"ra.test","password":"correct horse 7"}' --kind member
wants 0 admin apply withdraw --application "$application" --officer o1
wants 0 admin member remove --officer o1 --input - <<<'{"id":"ra.test"}'
start
apply 0 login --kind certificate --challenge challenge.json
wants 0 holder login --challenge challenge.json --signed signed.jws
apply 0 login --kind certificate --signed signed.jws
stands open consent
says '.steps[1].outcome == "card"'
wants 0 admin registry recover --officer o1 --out recovered.db
wants 0 admin revoke --officer o1 --card "$card" --reason reissued
is_new
exec 7>&-
wait
finish
