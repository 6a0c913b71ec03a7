/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "registry/registry_sqlite_rows.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

/* The registry in one SQLite file. */

enum { BUSY_MS = 10000, RETRY_MS = 10, BLOB_MAX = 16 << 20 };

/* What somebody adds to the schema while this is open is seen before anything is written. */
static int registry_begin(struct sb_registry *r)
{
	int rc = translate_in(db_of(r), sqlite3_exec(db_of(r), "begin immediate", NULL, NULL, NULL));

	if (rc == SB_OK && (rc = sb_sqlite_schema_check(r)) != SB_OK)
		sqlite3_exec(db_of(r), "rollback", NULL, NULL, NULL);
	return rc;
}

/* A transaction of this kind reads from its first look on: that is now. */
static int begin_reading(struct sb_registry *r)
{
	return translate(sqlite3_exec(db_of(r), "begin; select 1 from setting limit 1", NULL, NULL, NULL));
}

static int registry_commit(struct sb_registry *r)
{
	return translate_in(db_of(r), sqlite3_exec(db_of(r), "commit", NULL, NULL, NULL));
}

static void registry_rollback(struct sb_registry *r)
{
	if (!sqlite3_get_autocommit(db_of(r)))
		sqlite3_exec(db_of(r), "rollback", NULL, NULL, NULL);
}

/* Before the registry has its key nothing can be said of a setting: then it is looked at again (settings_check). */
static int registry_get(struct sb_registry *r, const char *name, struct sb_bytes *value)
{
	sqlite3_stmt *st = prepare_kept(r, r->keys ? "select value, " SB_VOUCHED("setting", SB_SETTING_COLUMNS) " from setting where name = ?1"
						   : "select value from setting where name = ?1");
	int rc;

	sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
	rc = first_row(r, st);
	if (rc != SB_OK)
		return rc;
	rc = r->keys ? sb_sqlite_row_check(r, SB_ROWS_SETTING, st, name) : SB_OK;
	if (rc == SB_OK)
		rc = append_blob(st, 0, value);
	release(r, st);
	return rc;
}

static int registry_put(struct sb_registry *r, const char *name, struct sb_slice value)
{
	sqlite3_stmt *st = prepare_kept(r, "insert into setting(name, value) values(?1, ?2) on conflict(name) do update set value = excluded.value");
	int rc;

	sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
	sqlite3_bind_blob64(st, 2, value.data, value.len, SQLITE_STATIC);
	rc = finish(r, st);
	return rc == SB_OK ? sb_sqlite_row_put(r, SB_ROWS_SETTING, (struct sb_row_key){.text = name}) : rc;
}

static int resident_by_hash(struct sb_registry *r, const uint8_t hash[SB_REGISTRY_HASH], int64_t *id, struct sb_bytes *box,
	int *wrong_dates)
{
	sqlite3_stmt *st = prepare_kept(r, "select id, box, wrong_dates from resident where rrn_hash = ?1");
	int rc;

	sqlite3_bind_blob(st, 1, hash, SB_REGISTRY_HASH, SQLITE_STATIC);
	rc = first_row(r, st);
	if (rc != SB_OK)
		return rc;
	*id = sqlite3_column_int64(st, 0);
	*wrong_dates = sqlite3_column_int(st, 2);
	rc = append_blob(st, 1, box);
	release(r, st);
	return rc;
}

static int resident_by_id(struct sb_registry *r, int64_t id, uint8_t hash[SB_REGISTRY_HASH], struct sb_bytes *box, int *wrong_dates)
{
	sqlite3_stmt *st = prepare_kept(r, "select rrn_hash, box, wrong_dates from resident where id = ?1");
	int rc;

	sqlite3_bind_int64(st, 1, id);
	rc = first_row(r, st);
	if (rc != SB_OK)
		return rc;
	*wrong_dates = sqlite3_column_int(st, 2);
	rc = copy_blob(st, 0, hash, SB_REGISTRY_HASH);
	if (rc == SB_OK)
		rc = append_blob(st, 1, box);
	release(r, st);
	return rc;
}

static int resident_put(struct sb_registry *r, const uint8_t hash[SB_REGISTRY_HASH], struct sb_slice box)
{
	sqlite3_stmt *st = prepare_kept(r, "insert into resident(rrn_hash, box) values(?1, ?2)"
				      " on conflict(rrn_hash) do update set box = excluded.box");

	sqlite3_bind_blob(st, 1, hash, SB_REGISTRY_HASH, SQLITE_STATIC);
	sqlite3_bind_blob64(st, 2, box.data, box.len, SQLITE_STATIC);
	return finish(r, st);
}

static int resident_set_wrong_dates(struct sb_registry *r, int64_t id, int count)
{
	sqlite3_stmt *st = prepare(r, "update resident set wrong_dates = ?2 where id = ?1");

	sqlite3_bind_int64(st, 1, id);
	sqlite3_bind_int(st, 2, count);
	return finish(r, st);
}

static int application_add(struct sb_registry *r, const struct sb_registry_application *a)
{
	sqlite3_stmt *st = prepare(r, "insert into application(id, resident, nonce, expires, replace, reason, state) values(?1, ?2, ?3, ?4, ?5, ?6, 0)");
	int rc;

	sqlite3_bind_text(st, 1, a->id, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 2, a->resident);
	sqlite3_bind_text(st, 3, a->nonce, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 4, a->expires);
	sqlite3_bind_int(st, 5, a->replace);
	sqlite3_bind_text(st, 6, a->reason, -1, SQLITE_STATIC);
	rc = finish(r, st);
	return rc == SB_OK ? sb_sqlite_row_put(r, SB_ROWS_APPLICATION, (struct sb_row_key){.text = a->id}) : rc;
}

static int application_get(struct sb_registry *r, const char *id, struct sb_registry_application *out)
{
	sqlite3_stmt *st = prepare(r, "select " SB_VOUCHED("application", SB_APPLICATION_COLUMNS) " from application where id = ?1");
	struct sb_registry_application a = {0}; /* id may stand in *out */
	int rc;

	sqlite3_bind_text(st, 1, id, -1, SQLITE_STATIC);
	rc = first_row(r, st);
	if (rc != SB_OK)
		return rc;
	copy_text(st, 0, a.id, sizeof a.id);
	a.resident = sqlite3_column_int64(st, 1);
	copy_text(st, 2, a.nonce, sizeof a.nonce);
	a.expires = sqlite3_column_int64(st, 3);
	a.replace = sqlite3_column_int(st, 4);
	a.state = sqlite3_column_int(st, 5) ? SB_APPLICATION_ISSUED : SB_APPLICATION_OFFERED;
	if (a.state == SB_APPLICATION_ISSUED)
		rc = copy_blob(st, 6, a.request_hash, sizeof a.request_hash);
	copy_text(st, 7, a.card, sizeof a.card);
	copy_text(st, 8, a.reason, sizeof a.reason);
	if (rc == SB_OK)
		rc = sb_sqlite_row_check(r, SB_ROWS_APPLICATION, st, a.id);
	sqlite3_finalize(st);
	if (rc == SB_OK)
		*out = a;
	return rc;
}

static int application_issued(struct sb_registry *r, const struct sb_registry_application *a)
{
	sqlite3_stmt *st = prepare(r, "update application set state = 1, request_hash = ?2, card = ?3 where id = ?1"
				      SB_AND_VOUCHED("application", SB_APPLICATION_COLUMNS));
	int rc;

	sqlite3_bind_text(st, 1, a->id, -1, SQLITE_STATIC);
	sqlite3_bind_blob(st, 2, a->request_hash, sizeof a->request_hash, SQLITE_STATIC);
	sqlite3_bind_text(st, 3, a->card, -1, SQLITE_STATIC);
	rc = finish(r, st);
	return rc == SB_OK ? sb_sqlite_row_changed(r, SB_ROWS_APPLICATION, (struct sb_row_key){.text = a->id}) : rc;
}

static int credential_add(struct sb_registry *r, const struct sb_registry_credential *c)
{
	sqlite3_stmt *st = prepare(r, "insert into credential(card, resident, expires, created, status_index, state, place)"
				      " values(?1, ?2, ?3, ?4, ?5, ?6, row_mac('place', ?1, ?5))");
	int rc;

	sqlite3_bind_text(st, 1, c->card, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 2, c->resident);
	sqlite3_bind_int64(st, 3, c->expires);
	sqlite3_bind_int64(st, 4, c->created);
	sqlite3_bind_int64(st, 5, (sqlite3_int64)c->status_index);
	sqlite3_bind_int(st, 6, c->state);
	rc = finish(r, st);
	return rc == SB_OK ? sb_sqlite_row_put(r, SB_ROWS_CREDENTIAL, (struct sb_row_key){.text = c->card}) : rc;
}

int sb_sqlite_credential(struct sb_registry *r, sqlite3_stmt *st, struct sb_registry_credential *c)
{
	copy_text(st, 0, c->card, sizeof c->card);
	c->resident = sqlite3_column_int64(st, 1);
	c->expires = sqlite3_column_int64(st, 2);
	c->created = sqlite3_column_int64(st, 3);
	c->status_index = (uint64_t)sqlite3_column_int64(st, 4);
	c->state = (enum sb_credential_state)sqlite3_column_int(st, 5);
	copy_text(st, 6, c->reason, sizeof c->reason);
	c->changed = sqlite3_column_int64(st, 7);
	return sb_sqlite_row_check(r, SB_ROWS_CREDENTIAL, st, c->card);
}

static int credential_get(struct sb_registry *r, const char *card, struct sb_registry_credential *out)
{
	sqlite3_stmt *st = prepare_kept(r, "select " SB_VOUCHED_CREDENTIAL " from credential where card = ?1");
	int rc;

	sqlite3_bind_text(st, 1, card, -1, SQLITE_STATIC);
	rc = first_row(r, st);
	if (rc != SB_OK)
		return rc;
	rc = sb_sqlite_credential(r, st, out);
	release(r, st);
	return rc;
}

static int credential_set_state(struct sb_registry *r, const char *card, enum sb_credential_state state, const char *reason, int64_t now)
{
	sqlite3_stmt *st = prepare(r, "update credential set state = ?2, reason = ?3, changed = ?4 where card = ?1"
				      SB_AND_VOUCHED("credential", SB_CREDENTIAL_COLUMNS));
	int rc;

	sqlite3_bind_text(st, 1, card, -1, SQLITE_STATIC);
	sqlite3_bind_int(st, 2, state);
	sqlite3_bind_text(st, 3, reason, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 4, now);
	rc = finish(r, st);
	return rc == SB_OK ? sb_sqlite_row_changed(r, SB_ROWS_CREDENTIAL, (struct sb_row_key){.text = card}) : rc;
}

static int credential_each(struct sb_registry *r, int64_t resident, int (*fn)(void *context, const struct sb_registry_credential *c),
	void *context)
{
	sqlite3_stmt *st = prepare(r, "select " SB_VOUCHED_CREDENTIAL " from credential where ?1 = 0 or resident = ?1 order by status_index");
	struct sb_registry_credential c;
	int rc = st ? SB_OK : SB_E_CORRUPT, step = SQLITE_DONE;

	sqlite3_bind_int64(st, 1, resident);
	while (rc == SB_OK && (step = sqlite3_step(st)) == SQLITE_ROW) {
		rc = sb_sqlite_credential(r, st, &c);
		if (rc == SB_OK)
			rc = fn(context, &c);
	}
	sqlite3_finalize(st);
	return rc == SB_OK ? translate(step) : rc;
}

/* Beside the database, in a file of SQLite's own that has no name and ends with the process: as good as nothing in memory. Half a hash tells
 * two among billions apart. */
static int seen_add(struct sb_registry *r, const uint8_t hash[SB_REGISTRY_HASH], unsigned line, unsigned *first)
{
	struct sqlite_registry *s = (struct sqlite_registry *)r;
	sqlite3_stmt *st;
	sqlite3_int64 key;
	int rc;

	if (!s->seen_made &&
		sqlite3_exec(s->db, "pragma temp_store = file; create temp table seen(key integer primary key, line integer not null);"
				    " pragma temp.journal_mode = off; pragma temp.cache_size = -4096", NULL, NULL, NULL) != SQLITE_OK)
		return translate(sqlite3_errcode(s->db));
	s->seen_made = true;
	memcpy(&key, hash, sizeof key);
	*first = line;
	st = prepare_kept(r, "insert or ignore into seen values(?1, ?2)");
	sqlite3_bind_int64(st, 1, key);
	sqlite3_bind_int64(st, 2, line);
	rc = finish(r, st);
	if (rc != SB_OK || sqlite3_changes(s->db))
		return rc;
	st = prepare_kept(r, "select line from seen where key = ?1");
	sqlite3_bind_int64(st, 1, key);
	rc = first_row(r, st);
	if (rc != SB_OK)
		return rc;
	*first = (unsigned)sqlite3_column_int64(st, 0);
	release(r, st);
	return SB_OK;
}

static void registry_close(struct sb_registry **r)
{
	struct sqlite_registry *s = (struct sqlite_registry *)*r;

	for (size_t i = 0; i < KEPT_STATEMENTS; i++)
		sqlite3_finalize(s->kept[i].st);
	sqlite3_close_v2(db_of(*r));
	free(*r);
	*r = NULL;
}

static const struct sb_registry_ops ops = {
	.begin = registry_begin,
	.begin_reading = begin_reading,
	.commit = registry_commit,
	.rollback = registry_rollback,
	.get = registry_get,
	.put = registry_put,
	.resident_by_hash = resident_by_hash,
	.resident_by_id = resident_by_id,
	.resident_put = resident_put,
	.resident_set_wrong_dates = resident_set_wrong_dates,
	.application_add = application_add,
	.application_get = application_get,
	.application_issued = application_issued,
	.credential_add = credential_add,
	.credential_get = credential_get,
	.credential_set_state = credential_set_state,
	.credential_each = credential_each,
	.audit_last = sb_sqlite_audit_last,
	.audit_add = sb_sqlite_audit_add,
	.audit_each = sb_sqlite_audit_each,
	.audit_guarded = sb_sqlite_audit_guarded,
	.seen_add = seen_add,
	.close = registry_close,
};

/* Ours alone; made so before SQLite sees it, whatever the umask. */
static int check_file(const char *path, bool create)
{
	struct stat st;
	int fd;

	if (create) {
		fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0)
			return sb_error_from_errno(errno);
		close(fd);
	}
	if (lstat(path, &st) != 0)
		return sb_error_from_errno(errno);
	return S_ISREG(st.st_mode) && st.st_uid == geteuid() && !(st.st_mode & 077) && st.st_nlink == 1 ? SB_OK : SB_E_UNSAFE;
}

/* A file that has no write-ahead log yet gets one. For that change, unlike for any other, SQLite does not wait for another program that writes. */
static int set_up(sqlite3 *db, const char *text)
{
	int rc = SQLITE_BUSY;

	for (int left = BUSY_MS; (rc & 0xff) == SQLITE_BUSY && left > 0; left -= RETRY_MS) {
		if (left < BUSY_MS)
			sqlite3_sleep(RETRY_MS);
		rc = sqlite3_exec(db, text, NULL, NULL, NULL);
	}
	sqlite3_busy_timeout(db, BUSY_MS);
	return rc;
}

static char fault[SB_REGISTRY_DAMAGED];

const char *sb_registry_sqlite_fault(void)
{
	return fault;
}

int sb_registry_sqlite_open(const char *path, bool create, struct sb_registry **out)
{
	struct sqlite_registry *s = calloc(1, sizeof *s);
	int rc = s ? check_file(path, create) : SB_E_NOMEM;

	*out = NULL;
	fault[0] = 0;
	if (rc == SB_OK)
		rc = translate(sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_PRIVATECACHE, NULL));
	/* Residents are found by hashes, so that an import writes all over the indexes: room for their pages, and not every commit brings them
	 * from the log into the file. */
	if (rc == SB_OK) {
		sqlite3_limit(s->db, SQLITE_LIMIT_LENGTH, BLOB_MAX);
		rc = translate_in(s->db, set_up(s->db,
			"pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on; pragma foreign_keys = on;"
			" pragma trusted_schema = off; pragma cache_size = -16384; pragma wal_autocheckpoint = 8000"));
	}
	if (rc == SB_OK)
		rc = sb_sqlite_migrate(s->db);
	if (rc == SB_OK)
		rc = sb_sqlite_rows_prepare(&s->base);
	if (rc == SB_OK)
		rc = sb_sqlite_schema_check(&s->base);
	if (rc != SB_OK) {
		if (s) {
			memcpy(fault, s->base.damaged, sizeof fault);
			sqlite3_close(s->db);
		}
		free(s);
		return rc;
	}
	s->base.ops = &ops;
	s->base.apply = &sb_registry_sqlite_apply;
	s->base.life = &sb_registry_sqlite_life;
	s->base.rows = &sb_registry_sqlite_rows;
	*out = &s->base;
	return SB_OK;
}
