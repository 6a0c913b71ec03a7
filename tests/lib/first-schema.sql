-- SPDX-License-Identifier: BSD-3-Clause
-- Copyright (c) 2026 the sinbun authors
-- A registry as it was first, for tests: its tables, and in them what newer.db has of residents, applications and cards.
pragma journal_mode = delete;
create table setting(name text primary key, value blob not null) without rowid;
create table resident(id integer primary key autoincrement, rrn_hash blob not null unique, box blob not null, wrong_dates integer not null default 0);
create table application(id text primary key, resident integer not null references resident(id), nonce text not null, expires integer not null,
	replace integer not null, state integer not null, request_hash blob, card text);
create table credential(card text primary key, resident integer not null references resident(id), expires integer not null, created integer not null,
	status_index integer not null unique, state integer not null);
create index credential_resident on credential(resident);
create table audit(seq integer primary key autoincrement, time integer not null, officer text not null, verb text not null, subject text not null,
	outcome text not null, chain blob not null);
attach 'newer.db' as newer;
insert into resident select id, rrn_hash, box, wrong_dates from newer.resident;
insert into application select id, resident, nonce, expires, replace, state, request_hash, card from newer.application;
insert into credential select card, resident, expires, created, status_index, state from newer.credential;
