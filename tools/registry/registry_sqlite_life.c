/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "registry/registry_sqlite_rows.h"

/* The life of cards in SQLite. */

static int status_each(struct sb_registry *r, int (*fn)(void *context, uint64_t index, enum sb_credential_state state), void *context)
{
	sqlite3_stmt *st = prepare(r, "select status_index, state from credential where state <> 0");
	int rc = st ? SB_OK : SB_E_CORRUPT, step = SQLITE_DONE;

	while (rc == SB_OK && (step = sqlite3_step(st)) == SQLITE_ROW)
		rc = fn(context, (uint64_t)sqlite3_column_int64(st, 0), (enum sb_credential_state)sqlite3_column_int(st, 1));
	sqlite3_finalize(st);
	return rc == SB_OK ? translate(step) : rc;
}

static int status_top(struct sb_registry *r, uint64_t *index)
{
	sqlite3_stmt *st = prepare(r, "select max(status_index) from credential");
	int rc = first_row(r, st);

	if (rc != SB_OK)
		return rc;
	*index = (uint64_t)sqlite3_column_int64(st, 0);
	release(r, st);
	return SB_OK;
}

static int box_put(struct sb_registry *r, const char *card, struct sb_slice box)
{
	sqlite3_stmt *st = prepare(r, "update credential set box = ?2 where card = ?1");

	sqlite3_bind_text(st, 1, card, -1, SQLITE_STATIC);
	sqlite3_bind_blob64(st, 2, box.data, box.len, SQLITE_STATIC);
	return finish(r, st);
}

static int box_get(struct sb_registry *r, const char *card, struct sb_bytes *box)
{
	sqlite3_stmt *st = prepare(r, "select box from credential where card = ?1 and box is not null");
	int rc;

	sqlite3_bind_text(st, 1, card, -1, SQLITE_STATIC);
	rc = first_row(r, st);
	if (rc != SB_OK)
		return rc;
	rc = append_blob(st, 0, box);
	release(r, st);
	return rc;
}

static int each_card(struct sb_registry *r, sqlite3_stmt *st, int (*fn)(void *context, const struct sb_registry_credential *c), void *context)
{
	struct sb_registry_credential c;
	int rc = st ? SB_OK : SB_E_CORRUPT, step = SQLITE_DONE;

	while (rc == SB_OK && (step = sqlite3_step(st)) == SQLITE_ROW) {
		rc = sb_sqlite_credential(r, st, &c);
		if (rc == SB_OK)
			rc = fn(context, &c);
	}
	sqlite3_finalize(st);
	return rc == SB_OK ? translate(step) : rc;
}

static int suspended_each(struct sb_registry *r, int (*fn)(void *context, const struct sb_registry_credential *c), void *context)
{
	/* state <> 0: by the index of what the status list tells. */
	return each_card(r, prepare(r, "select " SB_VOUCHED_CREDENTIAL " from credential where state <> 0 and state = 2 order by changed, card"), fn, context);
}

static int expiring_each(struct sb_registry *r, int64_t from, int64_t to, int (*fn)(void *context, const struct sb_registry_credential *c),
	void *context)
{
	sqlite3_stmt *st = prepare(r, "select " SB_VOUCHED_CREDENTIAL " from credential where expires >= ?1 and expires < ?2 and state <> 1"
				      " order by expires, card");

	sqlite3_bind_int64(st, 1, from);
	sqlite3_bind_int64(st, 2, to);
	return each_card(r, st, fn, context);
}

/* --- notices --- */

#define NOTICE_COLUMNS "id, created, kind, card, channel, state, tries, next, ended, error"
enum { KEEP_SECONDS = 90 * 24 * 3600 };

static void row_to_notice(sqlite3_stmt *st, struct sb_registry_notice *n)
{
	int state = sqlite3_column_int(st, 5);

	copy_text(st, 0, n->id, sizeof n->id);
	n->created = sqlite3_column_int64(st, 1);
	copy_text(st, 2, n->kind, sizeof n->kind);
	copy_text(st, 3, n->card, sizeof n->card);
	copy_text(st, 4, n->channel, sizeof n->channel);
	n->state = state == SB_NOTICE_WAITING || state == SB_NOTICE_SENT ? (enum sb_notice_state)state : SB_NOTICE_GIVEN_UP;
	n->tries = sqlite3_column_int(st, 6);
	n->next = sqlite3_column_int64(st, 7);
	n->ended = sqlite3_column_int64(st, 8);
	copy_text(st, 9, n->error, sizeof n->error);
}

static int notice_add(struct sb_registry *r, const struct sb_registry_notice *n, struct sb_slice box)
{
	sqlite3_stmt *st = prepare_kept(r, "insert into notice(" NOTICE_COLUMNS ", box) values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");

	sqlite3_bind_text(st, 1, n->id, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 2, n->created);
	sqlite3_bind_text(st, 3, n->kind, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 4, n->card, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 5, n->channel, -1, SQLITE_STATIC);
	sqlite3_bind_int(st, 6, n->state);
	sqlite3_bind_int(st, 7, n->tries);
	sqlite3_bind_int64(st, 8, n->next);
	sqlite3_bind_int64(st, 9, n->ended);
	sqlite3_bind_text(st, 10, n->error, -1, SQLITE_STATIC);
	sqlite3_bind_blob64(st, 11, box.len ? box.data : (const void *)"", box.len, SQLITE_STATIC);
	return finish(r, st);
}

static int notice_due(struct sb_registry *r, const char *channel, int64_t now, struct sb_registry_notice *n, struct sb_bytes *box)
{
	/* Of one card the earlier goes first: nobody is to read last that it is suspended when it is valid again. */
	sqlite3_stmt *st = prepare_kept(r, "select " NOTICE_COLUMNS ", box from notice as n where state = 0 and channel = ?1 and next <= ?2"
					   " and not exists (select 1 from notice as e where e.card = n.card and n.card <> '' and e.channel = n.channel"
					   " and e.state = 0 and e.seq < n.seq)"
					   " order by next, seq limit 1");
	int rc;

	sqlite3_bind_text(st, 1, channel, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 2, now);
	rc = first_row(r, st);
	if (rc != SB_OK)
		return rc;
	row_to_notice(st, n);
	rc = append_blob(st, 10, box);
	release(r, st);
	return rc;
}

static int notice_set(struct sb_registry *r, const struct sb_registry_notice *n)
{
	sqlite3_stmt *st = prepare_kept(r, "update notice set state = ?2, tries = ?3, next = ?4, ended = ?5, error = ?6,"
					   " box = case when ?2 = 0 then box else x'' end where id = ?1");

	sqlite3_bind_text(st, 1, n->id, -1, SQLITE_STATIC);
	sqlite3_bind_int(st, 2, n->state);
	sqlite3_bind_int(st, 3, n->tries);
	sqlite3_bind_int64(st, 4, n->next);
	sqlite3_bind_int64(st, 5, n->ended);
	sqlite3_bind_text(st, 6, n->error, -1, SQLITE_STATIC);
	return finish(r, st);
}

static int notice_has(struct sb_registry *r, const char *card, const char *kind)
{
	sqlite3_stmt *st = prepare_kept(r, "select 1 from notice where card = ?1 and kind = ?2 limit 1");
	int rc;

	sqlite3_bind_text(st, 1, card, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 2, kind, -1, SQLITE_STATIC);
	rc = first_row(r, st);
	if (rc == SB_OK)
		release(r, st);
	return rc;
}

static int notice_each(struct sb_registry *r, int (*fn)(void *context, const struct sb_registry_notice *n), void *context)
{
	sqlite3_stmt *st = prepare(r, "select " NOTICE_COLUMNS " from notice order by seq");
	struct sb_registry_notice n;
	int rc = st ? SB_OK : SB_E_CORRUPT, step = SQLITE_DONE;

	while (rc == SB_OK && (step = sqlite3_step(st)) == SQLITE_ROW) {
		row_to_notice(st, &n);
		rc = fn(context, &n);
	}
	sqlite3_finalize(st);
	return rc == SB_OK ? translate(step) : rc;
}

static int notice_tidy(struct sb_registry *r, int64_t now, int64_t since, unsigned *given_up, unsigned *waiting)
{
	sqlite3_stmt *st = prepare(r, "update notice set state = 2, ended = ?1, box = x'', error = case when error = '' then 'not_tried' else error end"
				      " where state = 0 and created < ?2");
	int rc;

	sqlite3_bind_int64(st, 1, now);
	sqlite3_bind_int64(st, 2, since);
	rc = finish(r, st);
	*given_up = rc == SB_OK ? (unsigned)sqlite3_changes(db_of(r)) : 0;
	if (rc != SB_OK)
		return rc;
	st = prepare(r, "delete from notice where state <> 0 and ended < ?1");
	sqlite3_bind_int64(st, 1, now - KEEP_SECONDS);
	rc = finish(r, st);
	st = rc == SB_OK ? prepare(r, "select count(*) from notice where state = 0") : NULL;
	if (rc == SB_OK)
		rc = first_row(r, st);
	if (rc != SB_OK)
		return rc;
	*waiting = (unsigned)sqlite3_column_int64(st, 0);
	release(r, st);
	return SB_OK;
}

const struct sb_registry_life_ops sb_registry_sqlite_life = {
	.status_each = status_each,
	.status_top = status_top,
	.box_put = box_put,
	.box_get = box_get,
	.suspended_each = suspended_each,
	.expiring_each = expiring_each,
	.notice_add = notice_add,
	.notice_due = notice_due,
	.notice_set = notice_set,
	.notice_has = notice_has,
	.notice_each = notice_each,
	.notice_tidy = notice_tidy,
};
