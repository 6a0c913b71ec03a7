/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "registry/registry_sqlite.h"
#include "registry/registry_sqlite_schema.h"

/* The audit in SQLite. Its rows may have been written by anybody who has the file: nothing here takes for granted what is in them. */

enum { COLUMN_NUMBER, COLUMN_TIME, COLUMN_OFFICER, COLUMN_VERB, COLUMN_SUBJECT, COLUMN_OUTCOME, COLUMN_CHAIN };

static bool copy_chain(sqlite3_stmt *st, int column, uint8_t chain[32])
{
	memset(chain, 0, 32);
	return sqlite3_column_type(st, column) == SQLITE_BLOB && copy_blob(st, column, chain, 32) == SB_OK;
}

int sb_sqlite_audit_last(struct sb_registry *r, int64_t below, int64_t *number, uint8_t chain[32])
{
	sqlite3_stmt *st = prepare_kept(r, "select seq, chain from audit where seq < ?1 order by seq desc limit 1");
	int rc;

	sqlite3_bind_int64(st, 1, below);
	rc = first_row(r, st);
	*number = 0;
	memset(chain, 0, 32);
	if (rc == SB_E_NOT_FOUND)
		return SB_OK;
	if (rc != SB_OK)
		return rc;
	*number = sqlite3_column_int64(st, 0);
	copy_chain(st, 1, chain);
	release(r, st);
	return SB_OK;
}

static void bind_text(sqlite3_stmt *st, int at, struct sb_slice text)
{
	sqlite3_bind_text(st, at, text.len ? (const char *)text.data : "", (int)text.len, SQLITE_STATIC);
}

int sb_sqlite_audit_add(struct sb_registry *r, const struct sb_audit_row *row)
{
	sqlite3_stmt *st = prepare_kept(r, "insert into audit(seq, time, officer, verb, subject, outcome, chain) values(?1, ?2, ?3, ?4, ?5, ?6, ?7)");

	sqlite3_bind_int64(st, 1, row->number);
	sqlite3_bind_int64(st, 2, row->time);
	bind_text(st, 3, row->officer);
	bind_text(st, 4, row->verb);
	bind_text(st, 5, row->subject);
	bind_text(st, 6, row->outcome);
	sqlite3_bind_blob(st, 7, row->chain, sizeof row->chain, SQLITE_STATIC);
	return finish(r, st);
}

static struct sb_slice text_of(sqlite3_stmt *st, int column, bool *odd)
{
	bool text = sqlite3_column_type(st, column) == SQLITE_TEXT;
	const unsigned char *data = sqlite3_column_text(st, column);

	*odd |= !text;
	return data ? sb_slice(data, (size_t)sqlite3_column_bytes(st, column)) : sb_slice("", 0);
}

static void read_row(sqlite3_stmt *st, struct sb_audit_row *row)
{
	*row = (struct sb_audit_row){.odd = sqlite3_column_type(st, COLUMN_TIME) != SQLITE_INTEGER};
	row->number = sqlite3_column_int64(st, COLUMN_NUMBER);
	row->time = sqlite3_column_int64(st, COLUMN_TIME);
	row->officer = text_of(st, COLUMN_OFFICER, &row->odd);
	row->verb = text_of(st, COLUMN_VERB, &row->odd);
	row->subject = text_of(st, COLUMN_SUBJECT, &row->odd);
	row->outcome = text_of(st, COLUMN_OUTCOME, &row->odd);
	row->odd |= !copy_chain(st, COLUMN_CHAIN, row->chain);
}

int sb_sqlite_audit_each(struct sb_registry *r, int64_t from, sb_audit_fn *fn, void *context)
{
	sqlite3_stmt *st = prepare(r, "select seq, time, officer, verb, subject, outcome, chain from audit where seq >= ?1 order by seq");
	struct sb_audit_row row;
	int rc = st ? SB_OK : SB_E_CORRUPT, step = SQLITE_DONE;

	sqlite3_bind_int64(st, 1, from);
	while (rc == SB_OK && (step = sqlite3_step(st)) == SQLITE_ROW) {
		read_row(st, &row);
		rc = fn(context, &row);
	}
	sqlite3_finalize(st);
	return rc == SB_OK ? translate(step) : rc;
}

/* Word for word what the migration made; SQLite writes its own "CREATE TRIGGER" before it. */
int sb_sqlite_audit_guarded(struct sb_registry *r, bool *guarded)
{
	sqlite3_stmt *st = prepare_kept(r, "select count(*) from sqlite_master where type = 'trigger' and tbl_name = 'audit' and instr(?1, substr(sql, 16) || ';') > 0");
	int rc;

	sqlite3_bind_text(st, 1, SB_REGISTRY_SQLITE_AUDIT, -1, SQLITE_STATIC);
	rc = first_row(r, st);
	if (rc != SB_OK)
		return rc;
	*guarded = sqlite3_column_int(st, 0) == 3;
	release(r, st);
	return SB_OK;
}
