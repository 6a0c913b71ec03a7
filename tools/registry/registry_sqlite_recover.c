/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "registry/registry_recover.h"

#include <stdlib.h>

#include "registry/registry_rows.h"
#include "registry/registry_sqlite.h"

/* Row by row out of a damaged file: forwards up to the damage, backwards up to it, and between the two each row by its number. Nothing is
 * written to that file. */

enum { COLUMNS = 32, STATEMENT = 2048, GAP_MAX = 100000000 };

struct salvage {
	sqlite3 *from;
	struct sb_registry *to;
	char table[64], columns[STATEMENT / 2];
	bool without_rowid;
	int count, hash, box; /* columns, and where those of a resident are */
	sqlite3_stmt *insert;
	struct sb_registry_salvaged told;
	sqlite3_int64 last; /* row number reached from the front; 0: none */
};

/* What is made anew from the residents, or speaks of work that was cut off, is left behind. */
static bool is_left_behind(const struct salvage *s, sqlite3_stmt *row)
{
	static const char *const settings[] = {SB_SETTING_LINES, "import"};
	const unsigned char *name = strcmp(s->table, "setting") == 0 ? sqlite3_column_text(row, 1) : NULL;

	for (size_t i = 0; name && i < sizeof settings / sizeof *settings; i++)
		if (strcmp((const char *)name, settings[i]) == 0)
			return true;
	return false;
}

static bool is_genuine(const struct salvage *s, sqlite3_stmt *row)
{
	if (strcmp(s->table, "resident") != 0)
		return true;
	return s->hash && s->box && sqlite3_column_bytes(row, s->hash) == SB_REGISTRY_HASH &&
	       sb_registry_box_opens(s->to, sqlite3_column_blob(row, s->hash),
		       sb_slice(sqlite3_column_blob(row, s->box), (size_t)sqlite3_column_bytes(row, s->box))) == SB_OK;
}

static int take(struct salvage *s, sqlite3_stmt *row)
{
	int rc;

	if (is_left_behind(s, row))
		return SB_OK;
	if (!is_genuine(s, row)) {
		s->told.refused++;
		return SB_OK;
	}
	for (int i = 1; i <= s->count; i++)
		sqlite3_bind_value(s->insert, i, sqlite3_column_value(row, i));
	rc = sqlite3_step(s->insert);
	sqlite3_reset(s->insert);
	s->told.kept += rc == SQLITE_DONE && sqlite3_changes(db_of(s->to)) > 0;
	/* A row that the new file's rules refuse is a damaged one. */
	s->told.refused += (rc & 0xff) == SQLITE_CONSTRAINT;
	return rc == SQLITE_DONE || (rc & 0xff) == SQLITE_CONSTRAINT ? SB_OK : translate(rc);
}

static sqlite3_stmt *select_rows(struct salvage *s, const char *tail)
{
	sqlite3_stmt *st = NULL;
	char text[STATEMENT];

	snprintf(text, sizeof text, "select %s, %s from \"%s\" %s", s->without_rowid ? "0" : "rowid", s->columns, s->table, tail);
	sqlite3_prepare_v2(s->from, text, -1, &st, NULL);
	return st;
}

/* Up to the end, or to a row that was reached before (down: from the end), or to damage. *reached: the last row's number. True at an end. */
static int scan(struct salvage *s, bool down, bool *whole, sqlite3_int64 *reached)
{
	sqlite3_stmt *st = select_rows(s, s->without_rowid ? (down ? "order by 2 desc" : "") : down ? "order by rowid desc" : "order by rowid");
	int rc = SB_OK, step = st ? SQLITE_ROW : SQLITE_ERROR;

	while (rc == SB_OK && (step = st ? sqlite3_step(st) : step) == SQLITE_ROW) {
		sqlite3_int64 at = sqlite3_column_int64(st, 0);

		if (down && !s->without_rowid && at <= s->last) {
			step = SQLITE_DONE;
			break;
		}
		*reached = at;
		rc = take(s, st);
	}
	*whole = step == SQLITE_DONE;
	sqlite3_finalize(st);
	return rc;
}

/* Each row by its number, between the two damaged places. What is in a broken page has no row; what is behind it has. */
static int probe(struct salvage *s, sqlite3_int64 from, sqlite3_int64 to)
{
	sqlite3_stmt *st = select_rows(s, "where rowid = ?1");
	int rc = SB_OK;

	for (sqlite3_int64 at = from; st && rc == SB_OK && at < to && at - from < GAP_MAX; at++) {
		sqlite3_bind_int64(st, 1, at);
		if (sqlite3_step(st) == SQLITE_ROW)
			rc = take(s, st);
		sqlite3_reset(st);
	}
	sqlite3_finalize(st);
	return rc;
}

/* Highest number that a row of this table ever had, as far as the file still tells. */
static sqlite3_int64 highest(struct salvage *s)
{
	sqlite3_stmt *st = NULL;
	sqlite3_int64 seq = 0;

	if (sqlite3_prepare_v2(s->from, "select seq from sqlite_sequence where name = ?1", -1, &st, NULL) == SQLITE_OK) {
		sqlite3_bind_text(st, 1, s->table, -1, SQLITE_STATIC);
		if (sqlite3_step(st) == SQLITE_ROW)
			seq = sqlite3_column_int64(st, 0);
	}
	sqlite3_finalize(st);
	return seq;
}

static int copy_rows(struct salvage *s)
{
	sqlite3_int64 first = 0, top = highest(s);
	bool whole;
	int rc = scan(s, false, &whole, &s->last);

	if (rc != SB_OK || whole)
		goto out;
	s->told.damaged = true;
	rc = scan(s, true, &whole, &first);
	if (rc == SB_OK && !whole && !s->without_rowid)
		rc = probe(s, s->last + 1, first ? first : top + 1);
	if (first > top)
		top = first;
out:
	if (s->last > top)
		top = s->last;
	if (!s->without_rowid && (uint64_t)top > s->told.kept + s->told.refused)
		s->told.missing = (uint64_t)top - s->told.kept - s->told.refused;
	return rc;
}

/* The columns that both files know, and a statement that puts them into the new one. */
static int match_columns(struct salvage *s)
{
	sqlite3_stmt *st = NULL;
	char insert[STATEMENT], marks[COLUMNS * 2 + 1] = "";
	size_t len = 0;

	s->count = 0;
	sqlite3_prepare_v2(s->from, "select name from pragma_table_info(?1)", -1, &st, NULL);
	sqlite3_bind_text(st, 1, s->table, -1, SQLITE_STATIC);
	while (st && sqlite3_step(st) == SQLITE_ROW && s->count < COLUMNS) {
		const char *name = (const char *)sqlite3_column_text(st, 0);

		if (sqlite3_table_column_metadata(db_of(s->to), NULL, s->table, name, NULL, NULL, NULL, NULL, NULL) != SQLITE_OK)
			continue;
		len += (size_t)snprintf(s->columns + len, sizeof s->columns - len, "%s\"%s\"", s->count ? "," : "", name);
		if (len >= sizeof s->columns)
			break;
		s->count++;
		s->hash = strcmp(name, "rrn_hash") == 0 ? s->count : s->hash;
		s->box = strcmp(name, "box") == 0 ? s->count : s->box;
		strcat(marks, s->count > 1 ? ",?" : "?");
	}
	sqlite3_finalize(st);
	if (!s->count || len >= sizeof s->columns)
		return SB_E_NOT_FOUND;
	snprintf(insert, sizeof insert, "insert or ignore into \"%s\"(%s) values(%s)", s->table, s->columns, marks);
	return translate(sqlite3_prepare_v2(db_of(s->to), insert, -1, &s->insert, NULL));
}

/* Of a registry that no token knows, all rows count. */
static int drop_unvouched(struct salvage *s)
{
	uint64_t dropped = 0;
	int rc = s->to->anchor.number ? s->to->rows->drop(s->to, s->table, &dropped) : SB_OK;

	s->told.kept -= dropped;
	s->told.refused += dropped;
	return rc;
}

static int copy_table(sqlite3 *from, struct sb_registry *to, const char *table, const char *sql, sb_salvaged_fn *fn, void *context)
{
	struct salvage s = {.from = from, .to = to};
	size_t len = strlen(sql);
	int rc;

	snprintf(s.table, sizeof s.table, "%s", table);
	snprintf(s.told.table, sizeof s.told.table, "%s", table);
	s.without_rowid = len > 13 && sqlite3_stricmp(sql + len - 13, "without rowid") == 0;
	rc = match_columns(&s);
	if (rc == SB_OK)
		rc = copy_rows(&s);
	else if (rc == SB_E_NOT_FOUND) /* an older file has it not, or lost it */
		rc = SB_OK;
	if (rc == SB_OK)
		rc = drop_unvouched(&s);
	sqlite3_finalize(s.insert);
	return rc == SB_OK ? fn(context, &s.told) : rc;
}

static int copy_tables(sqlite3 *from, struct sb_registry *to, sb_salvaged_fn *fn, void *context)
{
	sqlite3_stmt *st = prepare(to, "select name, sql from sqlite_master where type = 'table' and name not like 'sqlite_%' and name <> 'phone_line'"
				       " order by rowid");
	int rc = st ? SB_OK : SB_E_CORRUPT, step = SQLITE_DONE;

	while (rc == SB_OK && (step = sqlite3_step(st)) == SQLITE_ROW)
		rc = copy_table(from, to, (const char *)sqlite3_column_text(st, 0), (const char *)sqlite3_column_text(st, 1), fn, context);
	sqlite3_finalize(st);
	return rc == SB_OK ? translate(step) : rc;
}

static int open_damaged(const char *path, sqlite3 **db)
{
	int rc = sqlite3_open_v2(path, db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_PRIVATECACHE, NULL);

	if (rc != SQLITE_OK)
		return translate(rc);
	sqlite3_busy_timeout(*db, 10000);
	sqlite3_db_config(*db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_exec(*db, "pragma trusted_schema = off; pragma cell_size_check = on; pragma query_only = on", NULL, NULL, NULL);
	/* Without its first page nothing tells what is where. */
	return translate(sqlite3_exec(*db, "select count(*) from sqlite_master", NULL, NULL, NULL));
}

/* Cards whose resident is lost are kept, as ended, since nobody vouches for whose they are. So the keys between tables do not count here. */
int sb_registry_sqlite_recover(const char *path, struct sb_registry *to, sb_salvaged_fn *fn, void *context)
{
	sqlite3 *from = NULL;
	int rc = open_damaged(path, &from);

	if (rc == SB_OK)
		rc = translate(sqlite3_exec(db_of(to), "pragma foreign_keys = off; begin immediate; delete from setting", NULL, NULL, NULL));
	if (rc == SB_OK)
		rc = copy_tables(from, to, fn, context);
	if (rc == SB_OK)
		rc = to->ops->commit(to);
	if (rc != SB_OK)
		to->ops->rollback(to);
	sqlite3_exec(db_of(to), "pragma foreign_keys = on", NULL, NULL, NULL);
	sqlite3_close(from);
	return rc;
}
