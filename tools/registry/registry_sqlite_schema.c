/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "registry/registry_sqlite_schema.h"

#include "registry/registry_sqlite.h"

/* What is in the file, and that nothing else is. */

enum { SCHEMA_VERSION = 8 };

/* migrations[i] leads from version i to i + 1. */
static const char *const migrations[SCHEMA_VERSION] = {
	"create table setting(name text primary key, value blob not null) without rowid;"
	"create table resident(id integer primary key autoincrement, rrn_hash blob not null unique, box blob not null,"
	" wrong_dates integer not null default 0);"
	"create table application(id text primary key, resident integer not null references resident(id), nonce text not null,"
	" expires integer not null, replace integer not null, state integer not null, request_hash blob, card text);"
	"create table credential(card text primary key, resident integer not null references resident(id), expires integer not null,"
	" created integer not null, status_index integer not null unique, state integer not null);"
	"create index credential_resident on credential(resident);"
	"create table audit(seq integer primary key autoincrement, time integer not null, officer text not null, verb text not null,"
	" subject text not null, outcome text not null, chain blob not null);",
	SB_REGISTRY_SQLITE_APPLY,
	SB_REGISTRY_SQLITE_TOKENS,
	SB_REGISTRY_SQLITE_AUDIT,
	SB_REGISTRY_SQLITE_LIFE,
	SB_REGISTRY_SQLITE_TRIES,
	SB_REGISTRY_SQLITE_NOTICES,
	SB_REGISTRY_SQLITE_ROWS,
};

static int64_t number_of(sqlite3 *db, const char *text)
{
	sqlite3_stmt *st = NULL;
	int64_t number = -1;

	if (sqlite3_prepare_v2(db, text, -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
		number = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return number;
}

/* The version is read again under the lock: another program may have been as quick. */
int sb_sqlite_migrate(sqlite3 *db)
{
	int version = (int)number_of(db, "pragma user_version"), rc;
	char text[64];

	if (version < 0) {
		rc = translate_in(db, sqlite3_errcode(db));
		return rc == SB_OK ? SB_E_CORRUPT : rc;
	}
	if (version >= SCHEMA_VERSION)
		return version == SCHEMA_VERSION ? SB_OK : SB_E_UNSUPPORTED;
	rc = sqlite3_exec(db, "begin immediate", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		version = (int)number_of(db, "pragma user_version");
	for (; rc == SQLITE_OK && version >= 0 && version < SCHEMA_VERSION; version++)
		rc = sqlite3_exec(db, migrations[version], NULL, NULL, NULL);
	snprintf(text, sizeof text, "pragma user_version = %d; commit", SCHEMA_VERSION);
	if (rc == SQLITE_OK && version == SCHEMA_VERSION)
		rc = sqlite3_exec(db, text, NULL, NULL, NULL);
	rc = translate_in(db, rc);
	if (!sqlite3_get_autocommit(db))
		sqlite3_exec(db, "rollback", NULL, NULL, NULL);
	return rc;
}

/* --- what is in it --- */

/* What the migrations make, made once more, in memory. */
static int make_model(sqlite3 **model)
{
	int rc = sqlite3_open(":memory:", model);

	for (int i = 0; rc == SQLITE_OK && i < SCHEMA_VERSION; i++)
		rc = sqlite3_exec(*model, migrations[i], NULL, NULL, NULL);
	return rc;
}

/* What SQLite keeps there of its own where somebody ran "analyze" does nothing by itself. The guards of the audit may be missing: that is told by the
 * audit, and work goes on. */
#define OBJECTS \
	"select type, name, tbl_name, sql from sqlite_master where not (type = 'table' and name in ('sqlite_stat1', 'sqlite_stat4') and name = tbl_name" \
	" and (sql = 'CREATE TABLE sqlite_stat1(tbl,idx,stat)' or sql = 'CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)')) is true"

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t';
}

/* But for how much space there is where there is some. */
static bool is_same_text(const char *a, const char *b)
{
	while (*a && *b) {
		if (is_space(*a) != is_space(*b) || (!is_space(*a) && *a != *b))
			return false;
		if (is_space(*a)) {
			a += strspn(a, " \n\t");
			b += strspn(b, " \n\t");
		} else {
			a++;
			b++;
		}
	}
	return *a == *b;
}

static bool is_same(sqlite3_stmt *a, sqlite3_stmt *b, int column)
{
	const char *x = (const char *)sqlite3_column_text(a, column), *y = (const char *)sqlite3_column_text(b, column);

	return x && y ? is_same_text(x, y) : x == y;
}

/* Every object of one stands in the other. missing: the first that does not; or "". */
static int compare(sqlite3 *of, sqlite3 *in, bool guards, char *missing, size_t size)
{
	sqlite3_stmt *each = NULL, *other = NULL;
	int rc = sqlite3_prepare_v2(of, OBJECTS, -1, &each, NULL), step = SQLITE_DONE;
	char type[16], name[64];

	*missing = 0;
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(in, OBJECTS " and type is ?1 and name is ?2", -1, &other, NULL);
	while (rc == SQLITE_OK && !*missing && (step = sqlite3_step(each)) == SQLITE_ROW) {
		bool there;

		sqlite3_bind_value(other, 1, sqlite3_column_value(each, 0));
		sqlite3_bind_value(other, 2, sqlite3_column_value(each, 1));
		there = sqlite3_step(other) == SQLITE_ROW && is_same(each, other, 2) && is_same(each, other, 3);
		sqlite3_reset(other);
		copy_text(each, 0, type, sizeof type);
		copy_text(each, 1, name, sizeof name);
		if (!there && (guards || strcmp(type, "trigger") != 0))
			snprintf(missing, size, "%s %s", type, name);
	}
	sqlite3_finalize(each);
	sqlite3_finalize(other);
	return rc == SQLITE_OK && step != SQLITE_ROW && step != SQLITE_DONE ? step : rc;
}

int sb_sqlite_schema_check(struct sb_registry *r)
{
	struct sqlite_registry *s = (struct sqlite_registry *)r;
	int64_t schema = number_of(s->db, "pragma schema_version");
	sqlite3 *model = NULL;
	int rc;

	if (schema >= 0 && s->schema == schema)
		return SB_OK;
	rc = make_model(&model);
	if (rc == SQLITE_OK)
		rc = compare(s->db, model, true, r->damaged, sizeof r->damaged);
	if (rc == SQLITE_OK && !*r->damaged)
		rc = compare(model, s->db, false, r->damaged, sizeof r->damaged);
	sqlite3_close(model);
	if (rc != SQLITE_OK)
		return translate_in(s->db, rc);
	if (*r->damaged)
		return SB_E_CORRUPT;
	s->schema = schema;
	return SB_OK;
}
