/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_REGISTRY_SQLITE_H
#define SINBUN_REGISTRY_SQLITE_H

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "registry/registry_apply.h"
#include "registry/registry_life.h"

/* What the files of the SQLite registry share. Statements bind every value: no text from outside becomes SQL. */

enum { KEPT_STATEMENTS = 32 };

struct sqlite_registry {
	struct sb_registry base;
	sqlite3 *db;
	/* Statements that run for every row of long work: prepared once, found by the address of their text. */
	struct kept_statement {
		const char *text;
		sqlite3_stmt *st;
		bool busy;
	} kept[KEPT_STATEMENTS];
	bool seen_made; /* seen_add's table is there */
	int64_t schema; /* number of the schema that was looked at */
};

/* registry_sqlite_apply.c: applications. */
extern const struct sb_registry_apply_ops sb_registry_sqlite_apply;
/* registry_sqlite_audit.c: the audit, as registry.h says. */
int sb_sqlite_audit_last(struct sb_registry *r, int64_t below, int64_t *number, uint8_t chain[32]);
int sb_sqlite_audit_add(struct sb_registry *r, const struct sb_audit_row *row);
int sb_sqlite_audit_each(struct sb_registry *r, int64_t from, sb_audit_fn *fn, void *context);
int sb_sqlite_audit_guarded(struct sb_registry *r, bool *guarded);
/* registry_sqlite_life.c: cards behind their issue. */
extern const struct sb_registry_life_ops sb_registry_sqlite_life;
/* A row of SB_VOUCHED_CREDENTIAL. SB_E_CORRUPT: not vouched for. */
int sb_sqlite_credential(struct sb_registry *r, sqlite3_stmt *st, struct sb_registry_credential *c);

/* --- registry_sqlite_schema.c --- */
/* From whatever version the file has to ours; SB_E_UNSUPPORTED for a later one, which is not touched. */
int sb_sqlite_migrate(sqlite3 *db);
/* Whether there is in the file what the migrations make, and nothing else: a trigger or a view would do its own behind our statements. Missing
 * guards of the audit are told elsewhere. SB_E_CORRUPT; damaged: what it is. */
int sb_sqlite_schema_check(struct sb_registry *r);

static inline int translate(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return SB_OK;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return SB_E_BUSY;
	case SQLITE_CONSTRAINT:
		return SB_E_EXISTS;
	case SQLITE_FULL:
		return SB_E_FULL;
	case SQLITE_READONLY:
		return SB_E_READ_ONLY;
	case SQLITE_NOMEM:
		return SB_E_NOMEM;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_ERROR:
		return SB_E_CORRUPT;
	default:
		return SB_E_IO;
	}
}

/* The same of the connection's last call. What SQLite calls an error of input and output, or a file that cannot be opened, is a full disk too: where
 * the file beside the database that programs share has no room, say. */
static inline int translate_in(sqlite3 *db, int rc)
{
	bool outside = (rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN;
	int why = outside ? sqlite3_system_errno(db) : 0;

	return why == ENOSPC || why == EDQUOT ? SB_E_FULL : translate(rc);
}

static inline sqlite3 *db_of(struct sb_registry *r)
{
	return ((struct sqlite_registry *)r)->db;
}

static inline sqlite3_stmt *prepare(struct sb_registry *r, const char *text)
{
	sqlite3_stmt *st = NULL;

	sqlite3_prepare_v2(db_of(r), text, -1, &st, NULL);
	return st;
}

/* The same for a statement that is kept until the registry is closed; release() ends its use, finish() and first_row() as well where they
 * say so. text: a literal. One that is in use already, or finds no place, is not kept. */
static inline sqlite3_stmt *prepare_kept(struct sb_registry *r, const char *text)
{
	struct sqlite_registry *s = (struct sqlite_registry *)r;

	for (struct kept_statement *k = s->kept; k < s->kept + KEPT_STATEMENTS; k++) {
		if (k->text && (k->text != text || k->busy))
			continue;
		if (!k->st)
			sqlite3_prepare_v3(s->db, text, -1, SQLITE_PREPARE_PERSISTENT, &k->st, NULL);
		k->text = k->st ? text : NULL;
		k->busy = k->st != NULL;
		return k->st;
	}
	return prepare(r, text);
}

static inline void release(struct sb_registry *r, sqlite3_stmt *st)
{
	struct sqlite_registry *s = (struct sqlite_registry *)r;

	for (struct kept_statement *k = s->kept; st && k < s->kept + KEPT_STATEMENTS; k++)
		if (k->st == st) {
			sqlite3_reset(st);
			sqlite3_clear_bindings(st);
			k->busy = false;
			return;
		}
	sqlite3_finalize(st);
}

/* Runs a statement that gives no rows, and ends it. */
static inline int finish(struct sb_registry *r, sqlite3_stmt *st)
{
	int rc = st ? sqlite3_step(st) : sqlite3_errcode(db_of(r));

	rc = translate_in(db_of(r), rc);
	release(r, st);
	return rc;
}

/* SB_OK with a row at hand, else the statement is ended. */
static inline int first_row(struct sb_registry *r, sqlite3_stmt *st)
{
	int rc = st ? sqlite3_step(st) : sqlite3_errcode(db_of(r));

	if (rc == SQLITE_ROW)
		return SB_OK;
	rc = rc == SQLITE_DONE ? SB_E_NOT_FOUND : translate_in(db_of(r), rc);
	release(r, st);
	return rc;
}

static inline void copy_text(sqlite3_stmt *st, int column, char *out, size_t size)
{
	const unsigned char *text = sqlite3_column_text(st, column);

	snprintf(out, size, "%s", text ? (const char *)text : "");
}

static inline int copy_blob(sqlite3_stmt *st, int column, void *out, size_t size)
{
	if (sqlite3_column_bytes(st, column) != (int)size)
		return SB_E_CORRUPT;
	memcpy(out, sqlite3_column_blob(st, column), size);
	return SB_OK;
}

static inline int append_blob(sqlite3_stmt *st, int column, struct sb_bytes *out)
{
	const void *data = sqlite3_column_blob(st, column);

	return sb_bytes_append(out, data, (size_t)sqlite3_column_bytes(st, column));
}

#endif
