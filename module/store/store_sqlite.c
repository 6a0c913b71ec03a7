/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "store/store.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"

enum { BUSY_MS = 5000, TRUNCATE_MS = 500 };

enum statement {
	BEGIN, VIEW, COMMIT, ROLLBACK, GET, PUT, DROP, DROP_ALL, ENDS, ADD, REPLACE, READ, READ_SLOWLY, AT, DESTROY, EACH, INDEX, UNINDEX, UNINDEX_ALL,
	EACH_INDEX, COUNT, CHANGE,
	STATEMENTS
};

/* A box of more than SB_STORE_RECORD_MAX comes out as null: SQLite would end the statement over it, and it would hide the rows behind. */
#define RECORD_COLUMNS(r) r "seq, " r "id, " r "private, " r "generation, case when length(" r "box) <= 16777216 then " r "box end"
_Static_assert(SB_STORE_RECORD_MAX == 16777216, "the number above");

static const char *const texts[STATEMENTS] = {
	[BEGIN] = "begin immediate",
	[VIEW] = "begin",
	[COMMIT] = "commit",
	[ROLLBACK] = "rollback",
	[GET] = "select value from meta where name = ?1",
	[PUT] = "insert or replace into meta(name, value) values(?1, ?2)",
	[DROP] = "delete from meta where name = ?1",
	[DROP_ALL] = "delete from meta where name >= ?1 and name < ?2",
	[ENDS] = "select min(name), max(name) from meta where name >= ?1 and name < ?2",
	[ADD] = "insert into record(id, private, generation, box) values(?1, ?2, ?3, ?4)",
	[REPLACE] = "update record set generation = ?3, box = ?4 where id = ?1 and private = ?2",
	[READ] = "select " RECORD_COLUMNS("") " from record where id = ?1",
	[READ_SLOWLY] = "select " RECORD_COLUMNS("") " from record not indexed where id = ?1",
	[AT] = "select " RECORD_COLUMNS("") " from record where seq = ?1",
	[DESTROY] = "delete from record where seq = ?1",
	[EACH] = "select " RECORD_COLUMNS("") " from record where (private <> 0) = ?1 order by seq",
	/* A row that stands there already was laid out by a stranger for a record to come; it must not hinder the record. */
	[INDEX] = "insert or ignore into idx(key, seq) values(?1, ?2)",
	[UNINDEX] = "delete from idx where key = ?1 and seq = ?2",
	[UNINDEX_ALL] = "delete from idx where seq = ?1",
	[EACH_INDEX] = "select key, seq from idx order by key, seq",
	[COUNT] = "select (select count(*) from (select 1 from idx limit ?1)) + (select count(*) from (select 1 from record limit ?1))",
	[CHANGE] = "pragma data_version",
};

static const char schema[] =
	"create table meta(name text primary key, value blob not null) without rowid;"
	"create table record(seq integer primary key autoincrement, id blob not null unique, private integer not null,"
	" generation integer not null, box blob not null);"
	"create table idx(key blob not null, seq integer not null, primary key(key, seq)) without rowid;";

/* Bytes at the beginning of the log's index: two copies of its header (sqlite.org/walformat.html 2.3.1). */
enum { WAL_HEAD = 96 / sizeof(uint64_t), WAL_REGION = 32768 };

struct sqlite_store {
	struct sb_store base;
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENTS];
	sqlite3_stmt *finders[SB_STORE_KEYS_MAX]; /* by number of keys, less one */
	uint64_t head[WAL_HEAD]; /* of the write-ahead log's index, when change was last asked in earnest */
	uint64_t change;         /* what the answer was; 0: none yet */
};

static const struct {
	int sqlite;
	int error;
} errors[] = {
	{SQLITE_OK, SB_OK},
	{SQLITE_DONE, SB_OK},
	{SQLITE_BUSY, SB_E_BUSY},
	{SQLITE_LOCKED, SB_E_BUSY},
	{SQLITE_NOMEM, SB_E_NOMEM},
	{SQLITE_READONLY, SB_E_READ_ONLY},
	{SQLITE_FULL, SB_E_FULL},
	{SQLITE_CANTOPEN, SB_E_IO},
	{SQLITE_PERM, SB_E_DENIED},
	{SQLITE_AUTH, SB_E_DENIED},
	{SQLITE_CORRUPT, SB_E_CORRUPT},
	{SQLITE_NOTADB, SB_E_CORRUPT},
	{SQLITE_CONSTRAINT, SB_E_EXISTS},
	{SQLITE_TOOBIG, SB_E_TOO_LARGE},
	{SQLITE_ERROR, SB_E_CORRUPT}, /* our texts are fixed: an error means that the schema is not ours */
};

static int translate(int rc)
{
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		if (errors[i].sqlite == (rc & 0xff))
			return errors[i].error;
	return SB_E_IO;
}

/* The same of the connection's last call. What SQLite calls an error of input and output, or a file that cannot be opened, is a full disk too: where
 * the file beside the store that processes share has no room, say. */
static int translate_in(sqlite3 *db, int rc)
{
	bool outside = (rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN;
	int why = outside ? sqlite3_system_errno(db) : 0;

	return why == ENOSPC || why == EDQUOT ? SB_E_FULL : translate(rc);
}

static struct sqlite_store *self(struct sb_store *store)
{
	return (struct sqlite_store *)store;
}

static int prepared(struct sqlite_store *s, enum statement which, sqlite3_stmt **out)
{
	int rc = SQLITE_OK;

	if (!s->statements[which])
		rc = sqlite3_prepare_v3(s->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT, &s->statements[which], NULL);
	*out = s->statements[which];
	return translate_in(s->db, rc);
}

/* Ends a statement: forgets its bindings, and gives the error of its last step. */
static int finish(sqlite3_stmt *st)
{
	int rc = sqlite3_reset(st);

	sqlite3_clear_bindings(st);
	return translate_in(sqlite3_db_handle(st), rc);
}

static int run(struct sqlite_store *s, enum statement which)
{
	sqlite3_stmt *st;
	int rc = prepared(s, which, &st);

	if (rc != SB_OK)
		return rc;
	sqlite3_step(st);
	return finish(st);
}

static int store_begin(struct sb_store *store)
{
	return store->read_only ? SB_E_READ_ONLY : run(self(store), BEGIN);
}

static int store_commit(struct sb_store *store)
{
	return run(self(store), COMMIT);
}

static void store_rollback(struct sb_store *store)
{
	if (!sqlite3_get_autocommit(self(store)->db))
		run(self(store), ROLLBACK);
}

static int store_view(struct sb_store *store, bool *begun)
{
	int rc = SB_OK;

	*begun = sqlite3_get_autocommit(self(store)->db);
	if (*begun)
		rc = run(self(store), VIEW);
	*begun &= rc == SB_OK;
	return rc;
}

static void store_end_view(struct sb_store *store, bool begun)
{
	if (begun)
		store_rollback(store);
}

static int append_column(sqlite3_stmt *st, int column, struct sb_bytes *out)
{
	const void *data;
	int len;

	if (sqlite3_column_type(st, column) != SQLITE_BLOB)
		return SB_E_CORRUPT;
	data = sqlite3_column_blob(st, column);
	len = sqlite3_column_bytes(st, column);
	if (len > SB_STORE_RECORD_MAX)
		return SB_E_CORRUPT;
	return sb_bytes_append(out, data, (size_t)len);
}

static int store_get(struct sb_store *store, const char *name, struct sb_bytes *value)
{
	sqlite3_stmt *st;
	int rc = prepared(self(store), GET, &st), end;

	if (rc != SB_OK)
		return rc;
	sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
	rc = sqlite3_step(st) == SQLITE_ROW ? append_column(st, 0, value) : SB_E_NOT_FOUND;
	end = finish(st);
	return end != SB_OK ? end : rc;
}

static int store_put(struct sb_store *store, const char *name, struct sb_slice value)
{
	sqlite3_stmt *st;
	int rc = prepared(self(store), PUT, &st);

	if (rc != SB_OK)
		return rc;
	sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
	sqlite3_bind_blob64(st, 2, value.len ? (const void *)value.data : "", value.len, SQLITE_STATIC);
	sqlite3_step(st);
	return finish(st);
}

static int store_drop(struct sb_store *store, const char *name)
{
	sqlite3_stmt *st;
	int rc = prepared(self(store), DROP, &st);

	if (rc != SB_OK)
		return rc;
	sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
	sqlite3_step(st);
	return finish(st);
}

/* Binds the range of names that start so. start: not empty. */
static int bind_start(struct sqlite_store *s, enum statement which, const char *start, sqlite3_stmt **st)
{
	int len = (int)strlen(start), rc = prepared(s, which, st);
	char beyond[32];

	if (rc != SB_OK)
		return rc;
	if (len < 1 || len >= (int)sizeof beyond)
		return SB_E_ARGUMENT;
	memcpy(beyond, start, (size_t)len);
	beyond[len - 1]++;
	sqlite3_bind_text(*st, 1, start, len, SQLITE_STATIC);
	sqlite3_bind_text(*st, 2, beyond, len, SQLITE_TRANSIENT);
	return SB_OK;
}

static int store_drop_all(struct sb_store *store, const char *start)
{
	sqlite3_stmt *st;
	int rc = bind_start(self(store), DROP_ALL, start, &st);

	if (rc != SB_OK)
		return rc;
	sqlite3_step(st);
	return finish(st);
}

static int store_ends(struct sb_store *store, const char *start, struct sb_bytes *first, struct sb_bytes *last)
{
	sqlite3_stmt *st;
	int rc = bind_start(self(store), ENDS, start, &st), end;

	if (rc != SB_OK)
		return rc;
	rc = SB_E_NOT_FOUND;
	if (sqlite3_step(st) == SQLITE_ROW && sqlite3_column_type(st, 0) == SQLITE_TEXT && sqlite3_column_type(st, 1) == SQLITE_TEXT) {
		rc = sb_bytes_append_text(first, (const char *)sqlite3_column_text(st, 0));
		if (rc == SB_OK)
			rc = sb_bytes_append_text(last, (const char *)sqlite3_column_text(st, 1));
	}
	end = finish(st);
	return end != SB_OK ? end : rc;
}

static int write_record(struct sqlite_store *s, enum statement which, const struct sb_record *r)
{
	sqlite3_stmt *st;
	int rc = prepared(s, which, &st);

	if (rc != SB_OK)
		return rc;
	sqlite3_bind_blob(st, 1, r->id, SB_STORE_ID, SQLITE_STATIC);
	sqlite3_bind_int(st, 2, r->is_private);
	sqlite3_bind_int64(st, 3, (sqlite3_int64)r->generation);
	sqlite3_bind_blob64(st, 4, r->box.data, r->box.len, SQLITE_STATIC);
	sqlite3_step(st);
	return finish(st);
}

static int store_add(struct sb_store *store, struct sb_record *record)
{
	int rc = write_record(self(store), ADD, record);

	if (rc == SB_OK)
		record->seq = sqlite3_last_insert_rowid(self(store)->db);
	return rc;
}

static int store_replace(struct sb_store *store, const struct sb_record *record)
{
	int rc = write_record(self(store), REPLACE, record);

	return rc == SB_OK && sqlite3_changes(self(store)->db) != 1 ? SB_E_NOT_FOUND : rc;
}

/* The box is appended. */
static int row_to_record(sqlite3_stmt *st, struct sb_record *r)
{
	r->seq = sqlite3_column_int64(st, 0);
	r->is_private = sqlite3_column_int(st, 2) != 0;
	r->generation = (uint64_t)sqlite3_column_int64(st, 3);
	if (sqlite3_column_type(st, 1) != SQLITE_BLOB || sqlite3_column_bytes(st, 1) != SB_STORE_ID)
		return SB_E_CORRUPT;
	memcpy(r->id, sqlite3_column_blob(st, 1), SB_STORE_ID);
	return append_column(st, 4, &r->box);
}

/* The one row of a bound statement. */
static int read_row(sqlite3_stmt *st, struct sb_record *record)
{
	int rc = sqlite3_step(st) == SQLITE_ROW ? row_to_record(st, record) : SB_E_NOT_FOUND, end = finish(st);

	return end != SB_OK ? end : rc;
}

static int read_by(struct sqlite_store *s, enum statement which, const uint8_t id[SB_STORE_ID], struct sb_record *record)
{
	sqlite3_stmt *st;
	int rc = prepared(s, which, &st);

	if (rc != SB_OK)
		return rc;
	sqlite3_bind_blob(st, 1, id, SB_STORE_ID, SQLITE_STATIC);
	return read_row(st, record);
}

/* SQLite's own index of the ids may be damaged too: no record that is there must seem gone. */
static int store_read(struct sb_store *store, const uint8_t id[SB_STORE_ID], struct sb_record *record)
{
	int rc = read_by(self(store), READ, id, record);

	return rc == SB_E_NOT_FOUND ? read_by(self(store), READ_SLOWLY, id, record) : rc;
}

static int store_at(struct sb_store *store, int64_t seq, struct sb_record *record)
{
	sqlite3_stmt *st;
	int rc = prepared(self(store), AT, &st);

	if (rc != SB_OK)
		return rc;
	sqlite3_bind_int64(st, 1, seq);
	return read_row(st, record);
}

static int store_destroy(struct sb_store *store, int64_t seq)
{
	sqlite3_stmt *st;
	int rc = prepared(self(store), DESTROY, &st);

	if (rc != SB_OK)
		return rc;
	sqlite3_bind_int64(st, 1, seq);
	sqlite3_step(st);
	rc = finish(st);
	return rc == SB_OK && sqlite3_changes(self(store)->db) != 1 ? SB_E_NOT_FOUND : rc;
}

/* Calls fn for every row of a bound statement. */
static int walk_records(sqlite3_stmt *st, sb_record_fn *fn, void *context)
{
	struct sb_record record = {0};
	int rc = SB_OK, end;

	while (rc == SB_OK && sqlite3_step(st) == SQLITE_ROW) {
		record.box.len = 0;
		rc = row_to_record(st, &record);
		record.malformed = rc == SB_E_CORRUPT;
		if (rc == SB_OK || record.malformed)
			rc = fn(context, &record);
	}
	sb_bytes_free(&record.box);
	end = finish(st);
	return rc != SB_OK ? rc : end;
}

static int store_each(struct sb_store *store, bool is_private, sb_record_fn *fn, void *context)
{
	sqlite3_stmt *st;
	int rc = prepared(self(store), EACH, &st);

	if (rc != SB_OK)
		return rc;
	sqlite3_bind_int(st, 1, is_private);
	return walk_records(st, fn, context);
}

static int change_index(struct sb_store *store, enum statement which, const uint8_t key[SB_STORE_KEY], int64_t seq)
{
	sqlite3_stmt *st;
	int rc = prepared(self(store), which, &st);

	if (rc != SB_OK)
		return rc;
	sqlite3_bind_blob(st, 1, key, SB_STORE_KEY, SQLITE_STATIC);
	sqlite3_bind_int64(st, 2, seq);
	sqlite3_step(st);
	return finish(st);
}

static int store_index(struct sb_store *store, const uint8_t key[SB_STORE_KEY], int64_t seq)
{
	return change_index(store, INDEX, key, seq);
}

static int store_unindex(struct sb_store *store, const uint8_t key[SB_STORE_KEY], int64_t seq)
{
	return change_index(store, UNINDEX, key, seq);
}

static int store_unindex_all(struct sb_store *store, int64_t seq)
{
	sqlite3_stmt *st;
	int rc = prepared(self(store), UNINDEX_ALL, &st);

	if (rc != SB_OK)
		return rc;
	sqlite3_bind_int64(st, 1, seq);
	sqlite3_step(st);
	return finish(st);
}

/* "the records that stand under the first key, and under every other" */
static int finder(struct sqlite_store *s, size_t count, sqlite3_stmt **out)
{
	struct sb_bytes text = {0};
	char part[96];
	int rc;

	*out = s->finders[count - 1];
	if (*out)
		return SB_OK;
	rc = sb_bytes_append_text(&text, "select " RECORD_COLUMNS("r.") " from idx i join record r"
					 " on r.seq = i.seq where i.key = ?1");
	for (size_t i = 2; rc == SB_OK && i <= count; i++) {
		snprintf(part, sizeof part, " and exists(select 1 from idx where key = ?%zu and seq = i.seq)", i);
		rc = sb_bytes_append_text(&text, part);
	}
	if (rc == SB_OK)
		rc = sb_bytes_append_text(&text, " order by i.seq");
	if (rc == SB_OK)
		rc = translate(sqlite3_prepare_v3(s->db, (const char *)text.data, (int)text.len, SQLITE_PREPARE_PERSISTENT,
			&s->finders[count - 1], NULL));
	*out = s->finders[count - 1];
	sb_bytes_free(&text);
	return rc;
}

static int store_find(struct sb_store *store, const uint8_t keys[][SB_STORE_KEY], size_t count, sb_record_fn *fn, void *context)
{
	sqlite3_stmt *st;
	int rc;

	if (count < 1)
		return SB_E_ARGUMENT;
	if (count > SB_STORE_KEYS_MAX)
		count = SB_STORE_KEYS_MAX; /* the caller compares the whole record anyway */
	rc = finder(self(store), count, &st);
	if (rc != SB_OK)
		return rc;
	for (size_t i = 0; i < count; i++)
		sqlite3_bind_blob(st, (int)i + 1, keys[i], SB_STORE_KEY, SQLITE_STATIC);
	return walk_records(st, fn, context);
}

static int store_each_index(struct sb_store *store, sb_index_fn *fn, void *context)
{
	sqlite3_stmt *st;
	int rc = prepared(self(store), EACH_INDEX, &st), end;

	if (rc != SB_OK)
		return rc;
	while (rc == SB_OK && sqlite3_step(st) == SQLITE_ROW) {
		bool sound = sqlite3_column_type(st, 0) == SQLITE_BLOB && sqlite3_column_bytes(st, 0) == SB_STORE_KEY &&
			     sqlite3_column_type(st, 1) == SQLITE_INTEGER;

		rc = fn(context, sound ? sqlite3_column_blob(st, 0) : NULL, sqlite3_column_int64(st, 1));
	}
	end = finish(st);
	return rc != SB_OK ? rc : end;
}

static int store_count(struct sb_store *store, size_t most, size_t *count)
{
	sqlite3_stmt *st;
	int rc = prepared(self(store), COUNT, &st);

	*count = 0;
	if (rc != SB_OK)
		return rc;
	sqlite3_bind_int64(st, 1, most > INT64_MAX ? INT64_MAX : (sqlite3_int64)most);
	if (sqlite3_step(st) == SQLITE_ROW)
		*count = (size_t)sqlite3_column_int64(st, 0);
	return finish(st);
}

static int store_clear(struct sb_store *store)
{
	return translate(sqlite3_exec(self(store)->db, "delete from idx; delete from record;", NULL, NULL, NULL));
}

/* The header of the log's index as it is now, out of the memory that all processes share. Every commit, by whomever, and every checkpoint writes
 * it anew. False where there is none to see (another journal mode). */
static bool log_head(struct sqlite_store *s, uint64_t head[WAL_HEAD])
{
	sqlite3_file *file = NULL;
	void volatile *region = NULL;

	if (sqlite3_file_control(s->db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || !file || !file->pMethods || file->pMethods->iVersion < 2 ||
		file->pMethods->xShmMap(file, 0, WAL_REGION, 0, &region) != SQLITE_OK || !region)
		return false;
	for (size_t i = 0; i < WAL_HEAD; i++)
		head[i] = ((const uint64_t volatile *)region)[i];
	return true;
}

static int ask_change(struct sqlite_store *s, uint64_t *number)
{
	sqlite3_stmt *st;
	int rc = prepared(s, CHANGE, &st);

	if (rc != SB_OK)
		return rc;
	if (sqlite3_step(st) == SQLITE_ROW)
		*number = (uint64_t)sqlite3_column_int64(st, 0);
	return finish(st);
}

/* SQLite answers in four system calls, for locks; it is asked again only when the header is another. The header is read first: what changes between the
 * two is seen the next time. */
static int store_change(struct sb_store *store, uint64_t *number)
{
	struct sqlite_store *s = self(store);
	uint64_t head[WAL_HEAD];
	/* Of a store that is only read SQLite may have no use for a log, and would never let go of the memory. */
	bool seen = !store->read_only && log_head(s, head);
	int rc;

	if (seen && s->change && memcmp(head, s->head, sizeof s->head) == 0) {
		*number = s->change;
		return SB_OK;
	}
	rc = ask_change(s, number);
	s->change = rc == SB_OK && seen ? *number : 0;
	if (seen)
		memcpy(s->head, head, sizeof s->head);
	return rc;
}

static int store_image(struct sb_store *store, struct sb_bytes *out)
{
	sqlite3_int64 len;
	unsigned char *image = sqlite3_serialize(self(store)->db, "main", &len, 0);
	int rc = image ? sb_bytes_append(out, image, (size_t)len) : SB_E_NOMEM;

	sqlite3_free(image);
	return rc;
}

static int store_truncate(struct sb_store *store)
{
	sqlite3 *db = self(store)->db;
	int rc;

	/* It can be tried again: nobody is held up for long. */
	sqlite3_busy_timeout(db, TRUNCATE_MS);
	rc = sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_timeout(db, BUSY_MS);
	return translate_in(db, rc);
}

static void store_close(struct sb_store **store)
{
	struct sqlite_store *s;

	if (!store || !*store)
		return;
	s = self(*store);
	for (size_t i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(s->statements[i]);
	for (size_t i = 0; i < SB_STORE_KEYS_MAX; i++)
		sqlite3_finalize(s->finders[i]);
	sqlite3_close(s->db);
	free(s);
	*store = NULL;
}

static const struct sb_store_ops ops = {
	.begin = store_begin,
	.view = store_view,
	.end_view = store_end_view,
	.commit = store_commit,
	.rollback = store_rollback,
	.get = store_get,
	.put = store_put,
	.drop = store_drop,
	.drop_all = store_drop_all,
	.ends = store_ends,
	.add = store_add,
	.replace = store_replace,
	.read = store_read,
	.at = store_at,
	.destroy = store_destroy,
	.each = store_each,
	.index = store_index,
	.unindex = store_unindex,
	.unindex_all = store_unindex_all,
	.find = store_find,
	.each_index = store_each_index,
	.count = store_count,
	.clear = store_clear,
	.change = store_change,
	.image = store_image,
	.truncate = store_truncate,
	.close = store_close,
};

/* The file is hostile: no triggers or views of its own, no surprising features, bounded sizes. */
static int set_up(struct sqlite_store *s, bool create)
{
	int rc;

	sqlite3_busy_timeout(s->db, BUSY_MS);
	sqlite3_limit(s->db, SQLITE_LIMIT_LENGTH, SB_STORE_RECORD_MAX + 1024);
	sqlite3_limit(s->db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_limit(s->db, SQLITE_LIMIT_TRIGGER_DEPTH, 1);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	if (s->base.read_only)
		return translate(sqlite3_exec(s->db, "pragma temp_store = memory; select 1 from meta limit 1", NULL, NULL, NULL));
	rc = sqlite3_exec(s->db,
		"pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on;"
		" pragma temp_store = memory; pragma cell_size_check = on",
		NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(s->db, create ? schema : "select 1 from meta limit 1", NULL, NULL, NULL);
	return translate_in(s->db, rc);
}

/* A file name as a URI path. */
static int to_uri(const char *path, const char *query, struct sb_bytes *uri)
{
	static const char hex[] = "0123456789abcdef";
	int rc = sb_bytes_append_text(uri, "file:");

	for (; rc == SB_OK && *path; path++) {
		if (strchr("%?#", *path)) {
			char escaped[4] = {'%', hex[(uint8_t)*path >> 4], hex[*path & 15], 0};

			rc = sb_bytes_append_text(uri, escaped);
		} else
			rc = sb_bytes_append_byte(uri, (uint8_t)*path);
	}
	if (rc == SB_OK)
		rc = sb_bytes_append_text(uri, query);
	return rc == SB_OK ? sb_bytes_terminate(uri) : rc;
}

/* SQLite reads a file that it is told never changes without looking at a write-ahead log; what a crash left in one would be missed. */
static int log_stands(const char *path, bool *stands)
{
	struct stat st;
	char *log;

	if (asprintf(&log, "%s-wal", path) < 0)
		return SB_E_NOMEM;
	*stands = lstat(log, &st) == 0 && st.st_size > 0;
	free(log);
	return SB_OK;
}

int sb_store_sqlite_open(const char *path, bool create, bool read_only, struct sb_store **out)
{
	int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_NOFOLLOW |
		    (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0));
	struct sqlite_store *s = calloc(1, sizeof *s);
	struct sb_bytes uri = {0};
	struct sb_store *base;
	bool log = false;
	int rc = SB_E_NOMEM;

	*out = NULL;
	if (!s)
		return rc;
	base = &s->base;
	s->base.ops = &ops;
	s->base.read_only = read_only;
	rc = read_only ? log_stands(path, &log) : SB_OK;
	if (rc == SB_OK)
		rc = to_uri(path, read_only && !log ? "?immutable=1" : "", &uri);
	if (rc == SB_OK)
		rc = translate(sqlite3_open_v2((const char *)uri.data, &s->db, flags, "unix"));
	if (rc == SB_OK)
		rc = set_up(s, create);
	sb_bytes_free(&uri);
	if (rc != SB_OK)
		store_close(&base);
	*out = base;
	return rc;
}
