/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_REGISTRY_SQLITE_SCHEMA_H
#define SINBUN_REGISTRY_SQLITE_SCHEMA_H

#include "registry/registry_apply.h"

/* What came to the schema after the first: a step each of the migrations in registry_sqlite_schema.c, in this order. */

#define SB_REGISTRY_SQLITE_APPLY \
	"create table apply(id text primary key, created integer not null, expires integer not null, self integer not null," \
	" resident integer references resident(id), state integer not null, revision integer not null, offer text not null, box blob not null);" \
	"create unique index apply_open on apply(resident) where state = 0;" \
	"create table apply_step(application text not null references apply(id), step integer not null, time integer not null," \
	" actor text not null, outcome text not null, primary key(application, step)) without rowid;" \
	"create table consent(seq integer primary key autoincrement, application text not null, text text not null," \
	" language text not null, hash blob not null, required integer not null, given integer not null, time integer not null," \
	" channel text not null, withdrawn integer not null default 0);" \
	"create index consent_application on consent(application);" \
	"create table member(id integer primary key autoincrement, name_hash blob not null unique," \
	" resident integer not null unique references resident(id), box blob not null, created integer not null," \
	" wrong integer not null default 0, locked_until integer not null default 0);" \
	"create table login_certificate(fingerprint blob primary key, resident integer not null references resident(id)," \
	" created integer not null) without rowid;" \
	"create index login_certificate_resident on login_certificate(resident);" \
	"create table phone_line(phone_hash blob not null, resident integer not null references resident(id)," \
	" primary key(phone_hash, resident)) without rowid;" \
	"create index phone_line_resident on phone_line(resident);" \
	"insert into setting select '" SB_SETTING_LINES "', x'01' where not exists (select 1 from resident);"
#define SB_REGISTRY_SQLITE_TOKENS "create table used_token(hash blob primary key, time integer not null) without rowid;"
/* "insert or replace" deletes without asking the second of them: so it is not let in at all. */
#define SB_REGISTRY_SQLITE_AUDIT \
	"create trigger audit_stays before update on audit begin select raise(abort, 'rows of the audit are not changed'); end;" \
	"create trigger audit_kept before delete on audit begin select raise(abort, 'rows of the audit are not deleted'); end;" \
	"create trigger audit_added before insert on audit when exists (select 1 from audit where seq = new.seq)" \
	" begin select raise(abort, 'rows of the audit are not replaced'); end;"
#define SB_REGISTRY_SQLITE_LIFE \
	"alter table credential add column reason text not null default '';" \
	"alter table credential add column changed integer not null default 0;" \
	"alter table credential add column box blob;" \
	"create index credential_status on credential(status_index, state) where state <> 0;" \
	"create index credential_expires on credential(expires);" \
	"alter table application add column reason text not null default '';"
#define SB_REGISTRY_SQLITE_TRIES \
	"create table wrong_try(key blob primary key, wrong integer not null, until integer not null, time integer not null) without rowid;" \
	"create index wrong_try_time on wrong_try(time);"
#define SB_REGISTRY_SQLITE_NOTICES \
	"create table notice(seq integer primary key autoincrement, id text not null unique, created integer not null, kind text not null," \
	" card text not null, channel text not null," \
	" state integer not null, tries integer not null, next integer not null, ended integer not null, error text not null, box blob not null);" \
	"create index notice_waiting on notice(channel, next) where state = 0;" \
	"create index notice_ended on notice(ended) where state <> 0;" \
	"create index notice_card on notice(card, kind);"
/* registry_sqlite_rows.c */
#define SB_REGISTRY_SQLITE_ROWS \
	"alter table application add column mac blob; alter table credential add column mac blob; alter table apply add column mac blob;" \
	"alter table apply_step add column mac blob; alter table consent add column mac blob; alter table member add column mac blob;" \
	"alter table login_certificate add column mac blob;" \
	"alter table setting add column mac blob; alter table credential add column place blob;"

#endif
