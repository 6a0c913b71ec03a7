/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "verify/desk_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/error.h"
#include "common/i18n.h"
#include "common/root.h"
#include "crypto/random.h"

/* Codes are kept for a day although they live 30 s: a clock set back must not bring an accepted one to life again. */
enum { BUSY_MS = 10000, RETRY_MS = 10, KEEP_SECONDS = 24 * 3600, CHALLENGE_ATTEMPTS = 100 };

static const char schema[] =
	"create table if not exists setting(name text primary key, value blob not null) without rowid;"
	"create table if not exists challenge(value blob primary key, expires integer not null) without rowid;"
	"create table if not exists seen(id blob primary key, time integer not null) without rowid;"
	"create index if not exists seen_time on seen(time);"
	"create table if not exists history(id integer primary key, time integer not null, patient integer not null, kind text not null,"
	" result text not null, reason text not null, document text not null, fields text not null, portrait text not null);"
	"create index if not exists history_time on history(time);"
	"create table if not exists patient(id blob primary key, time integer not null) without rowid;";

int desk_translate(int rc)
{
	static const struct {
		int from, to;
	} rows[] = {{SQLITE_OK, SB_OK}, {SQLITE_DONE, SB_OK}, {SQLITE_ROW, SB_OK}, {SQLITE_BUSY, SB_E_BUSY}, {SQLITE_LOCKED, SB_E_BUSY},
		{SQLITE_CONSTRAINT, SB_E_EXISTS}, {SQLITE_FULL, SB_E_FULL}, {SQLITE_READONLY, SB_E_READ_ONLY}, {SQLITE_NOMEM, SB_E_NOMEM},
		{SQLITE_CORRUPT, SB_E_CORRUPT}, {SQLITE_NOTADB, SB_E_CORRUPT}, {SQLITE_CANTOPEN, SB_E_DENIED}};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].from == (rc & 0xff))
			return rows[i].to;
	return SB_E_IO;
}

int desk_fail(struct sb_program *p, int error, struct sb_failure *f)
{
	if (error == SB_E_BUSY)
		return sb_fail(f, SB_EXIT_NOT_NOW, "busy", "--home", _("Another check is under way in %s. Try again."), sb_program_root(p));
	if (error == SB_E_CORRUPT)
		return sb_fail(f, SB_EXIT_STORAGE, "storage", "--home",
			_("%s/desk.db is damaged. Remove it and take the bundle in again: sinbun-verify update --bundle FILE --root PEM"),
			sb_program_root(p));
	return sb_fail(f, SB_EXIT_STORAGE, "storage", "--home", _("%s/desk.db: %s."), sb_program_root(p), _(sb_error_text(error)));
}

int desk_fail_new(struct sb_program *p, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_CONFIG, "no_root", "--home",
		_("There is no desk in %s yet. Set it up: sinbun-verify update --bundle FILE --root PEM"), sb_program_root(p));
}

static int run(struct desk *d, const char *text)
{
	return desk_translate(sqlite3_exec(d->db, text, NULL, NULL, NULL));
}

/* While the file gets its write-ahead log, SQLite does not wait for another program that does the same, as it does otherwise. */
static int set_up(struct desk *d)
{
	int rc = SB_E_BUSY;

	for (int left = BUSY_MS; rc == SB_E_BUSY && left > 0; left -= RETRY_MS) {
		if (left < BUSY_MS)
			sqlite3_sleep(RETRY_MS);
		rc = run(d, "pragma journal_mode = wal; pragma synchronous = full;");
	}
	sqlite3_busy_timeout(d->db, BUSY_MS);
	return rc;
}

static int open_database(struct desk *d, const char *path)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW;
	int rc = desk_translate(sqlite3_open_v2(path, &d->db, flags, NULL));

	if (rc == SB_OK)
		rc = set_up(d);
	return rc == SB_OK ? run(d, schema) : rc;
}

/* Looked at before SQLite does, which has one code for all of it. */
static int check_file(const char *path, bool *there, struct sb_failure *f)
{
	struct stat st;

	*there = lstat(path, &st) == 0;
	if (*there && S_ISLNK(st.st_mode))
		return sb_fail(f, SB_EXIT_STORAGE, "unsafe_file", path,
			_("%s is a link: the desk's memory must stand where it is. Put the file itself in its place."), path);
	if (*there && !S_ISREG(st.st_mode))
		return sb_fail(f, SB_EXIT_STORAGE, "unsafe_file", path, _("%s is no file. Move it away."), path);
	return SB_EXIT_OK;
}

static int open_desk(struct sb_program *p, bool make, struct desk **out, struct sb_failure *f)
{
	const char *root = sb_program_root(p);
	bool there = false, absent = !make && access(root, F_OK) != 0;
	char path[4096];
	int rc = absent ? SB_EXIT_OK : sb_root_prepare(root, f), opened;

	*out = NULL;
	if (rc == SB_EXIT_OK && (size_t)snprintf(path, sizeof path, "%s/desk.db", root) >= sizeof path)
		rc = desk_fail(p, SB_E_RANGE, f);
	if (rc == SB_EXIT_OK)
		rc = check_file(path, &there, f);
	if (rc != SB_EXIT_OK)
		return rc;
	*out = calloc(1, sizeof **out);
	if (*out)
		(*out)->new = !make && !there;
	opened = *out ? open_database(*out, (*out)->new ? ":memory:" : path) : SB_E_NOMEM;
	if (opened == SB_OK)
		return SB_EXIT_OK;
	desk_close(out);
	return desk_fail(p, opened, f);
}

int desk_make(struct sb_program *p, struct desk **out, struct sb_failure *f)
{
	return open_desk(p, true, out, f);
}

int desk_open(struct sb_program *p, struct desk **out, struct sb_failure *f)
{
	return open_desk(p, false, out, f);
}

bool desk_is_new(const struct desk *desk)
{
	return desk->new;
}

void desk_close(struct desk **desk)
{
	if (!desk || !*desk)
		return;
	for (size_t i = 0; i < DESK_STATEMENTS; i++)
		sqlite3_finalize((*desk)->statements[i].st);
	sqlite3_close((*desk)->db);
	free(*desk);
	*desk = NULL;
}

int desk_begin(struct desk *d)
{
	return run(d, "begin immediate");
}

int desk_commit(struct desk *d)
{
	return run(d, "commit");
}

void desk_rollback(struct desk *d)
{
	if (!sqlite3_get_autocommit(d->db))
		run(d, "rollback");
}

sqlite3_stmt *desk_statement(struct desk *d, const char *text)
{
	struct desk_statement *place = d->statements;

	while (place < d->statements + DESK_STATEMENTS - 1 && place->text && strcmp(place->text, text) != 0)
		place++;
	if (place->text && strcmp(place->text, text) == 0)
		return place->st;
	/* The last place takes all that come after. */
	sqlite3_finalize(place->st);
	*place = (struct desk_statement){0};
	if (sqlite3_prepare_v3(d->db, text, -1, SQLITE_PREPARE_PERSISTENT, &place->st, NULL) != SQLITE_OK)
		return NULL;
	place->text = text;
	return place->st;
}

void desk_done(sqlite3_stmt *st)
{
	if (!st)
		return;
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
}

/* A statement with a blob and a number bound, where it has places for them. */
static sqlite3_stmt *prepare(struct desk *d, const char *text, struct sb_slice blob, int64_t number)
{
	sqlite3_stmt *st = desk_statement(d, text);

	if (!st)
		return NULL;
	sqlite3_bind_blob(st, 1, blob.len ? (const void *)blob.data : "", (int)blob.len, SQLITE_STATIC);
	if (sqlite3_bind_parameter_count(st) > 1)
		sqlite3_bind_int64(st, 2, number);
	return st;
}

int desk_change(struct desk *d, const char *text, struct sb_slice blob, int64_t number)
{
	sqlite3_stmt *st = prepare(d, text, blob, number);
	int rc = st ? sqlite3_step(st) : sqlite3_errcode(d->db);

	desk_done(st);
	return desk_translate(rc);
}

/* Whether a statement gives a row. */
static int exists(struct desk *d, const char *text, struct sb_slice blob, int64_t number, bool *yes)
{
	sqlite3_stmt *st = prepare(d, text, blob, number);
	int rc = st ? sqlite3_step(st) : sqlite3_errcode(d->db);

	desk_done(st);
	*yes = rc == SQLITE_ROW;
	return desk_translate(rc);
}

int desk_number(struct desk *d, const char *text, struct sb_slice blob, int64_t number, int64_t *out)
{
	sqlite3_stmt *st = prepare(d, text, blob, number);
	int rc = st ? sqlite3_step(st) : sqlite3_errcode(d->db);

	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int64(st, 0);
	desk_done(st);
	return rc == SQLITE_DONE ? SB_E_NOT_FOUND : desk_translate(rc);
}

int desk_get(struct desk *d, const char *name, struct sb_bytes *value)
{
	sqlite3_stmt *st = desk_statement(d, "select value from setting where name = ?");
	int rc = st ? SQLITE_OK : sqlite3_errcode(d->db);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		rc = sb_bytes_append(value, sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0));
	else
		rc = rc == SQLITE_DONE ? SB_E_NOT_FOUND : desk_translate(rc);
	desk_done(st);
	return rc;
}

int desk_put(struct desk *d, const char *name, struct sb_slice value)
{
	sqlite3_stmt *st = prepare(d, "insert or replace into setting(value, name) values(?1, ?2)", value, 0);
	int rc = st ? sqlite3_bind_text(st, 2, name, -1, SQLITE_STATIC) : sqlite3_errcode(d->db);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	desk_done(st);
	return desk_translate(rc);
}

int desk_get_time(struct desk *d, const char *name, int64_t *value)
{
	struct sb_bytes bytes = {0};
	int rc = desk_get(d, name, &bytes);

	if (rc == SB_OK && bytes.len != 8)
		rc = SB_E_CORRUPT;
	if (rc == SB_OK)
		*value = (int64_t)sb_get_u64(bytes.data);
	sb_bytes_free(&bytes);
	return rc;
}

int desk_put_time(struct desk *d, const char *name, int64_t value)
{
	uint8_t bytes[8];

	sb_put_u64(bytes, (uint64_t)value);
	return desk_put(d, name, sb_slice(bytes, sizeof bytes));
}

int desk_challenge_new(struct desk *d, int64_t now, char out[DESK_CHALLENGE_DIGITS + 1])
{
	int rc = desk_change(d, "delete from challenge where expires <= ?2", sb_slice("", 0), now);

	for (int i = 0; rc == SB_OK && i < CHALLENGE_ATTEMPTS; i++) {
		snprintf(out, DESK_CHALLENGE_DIGITS + 1, "%08u", sb_random_below(100000000));
		rc = desk_change(d, "insert into challenge(value, expires) values(?1, ?2)", sb_slice(out, DESK_CHALLENGE_DIGITS),
			now + DESK_CHALLENGE_LIFE);
		if (rc != SB_E_EXISTS)
			return rc;
		rc = SB_OK;
	}
	return rc == SB_OK ? SB_E_EXISTS : rc;
}

static int seen(void *context, const uint8_t id[32], bool *yes)
{
	return exists(context, "select 1 from seen where id = ?1", sb_slice(id, 32), 0, yes);
}

static int open_challenge(void *context, struct sb_slice challenge, int64_t at, bool *yes)
{
	return exists(context, "select 1 from challenge where value = ?1 and expires > ?2", challenge, at, yes);
}

struct verify_memory desk_memory(struct desk *d)
{
	return (struct verify_memory){d, seen, open_challenge};
}

int desk_remember(struct desk *d, const uint8_t id[32], struct sb_slice challenge, int64_t now)
{
	int rc = desk_change(d, "delete from seen where time < ?2", sb_slice("", 0), now - KEEP_SECONDS);

	if (rc == SB_OK)
		rc = desk_change(d, "insert into seen(id, time) values(?1, ?2)", sb_slice(id, 32), now);
	if (rc == SB_OK && challenge.data)
		rc = desk_change(d, "delete from challenge where value = ?1", challenge, 0);
	return rc;
}
