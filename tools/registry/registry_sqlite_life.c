/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "registry/registry_sqlite.h"

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

static int each_card(sqlite3_stmt *st, int (*fn)(void *context, const struct sb_registry_credential *c), void *context)
{
	struct sb_registry_credential c;
	int rc = st ? SB_OK : SB_E_CORRUPT, step = SQLITE_DONE;

	while (rc == SB_OK && (step = sqlite3_step(st)) == SQLITE_ROW) {
		sb_sqlite_credential(st, &c);
		rc = fn(context, &c);
	}
	sqlite3_finalize(st);
	return rc == SB_OK ? translate(step) : rc;
}

static int suspended_each(struct sb_registry *r, int (*fn)(void *context, const struct sb_registry_credential *c), void *context)
{
	/* state <> 0: by the index of what the status list tells. */
	return each_card(prepare(r, "select " SB_CREDENTIAL_COLUMNS " from credential where state <> 0 and state = 2 order by changed, card"), fn, context);
}

static int expiring_each(struct sb_registry *r, int64_t from, int64_t to, int (*fn)(void *context, const struct sb_registry_credential *c),
	void *context)
{
	sqlite3_stmt *st = prepare(r, "select " SB_CREDENTIAL_COLUMNS " from credential where expires >= ?1 and expires < ?2 and state <> 1"
				      " order by expires, card");

	sqlite3_bind_int64(st, 1, from);
	sqlite3_bind_int64(st, 2, to);
	return each_card(st, fn, context);
}

const struct sb_registry_life_ops sb_registry_sqlite_life = {
	.status_each = status_each,
	.status_top = status_top,
	.box_put = box_put,
	.box_get = box_get,
	.suspended_each = suspended_each,
	.expiring_each = expiring_each,
};
