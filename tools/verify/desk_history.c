/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "base/error.h"
#include "verify/desk_private.h"

/* What the desk verified: when, what came out, names of fields. Never a value, a card's number or a person. */

enum { DAY = 24 * 3600, ROWS_MAX = 100000, TEXTS = 6 };

int desk_history_trim(struct desk *d, int64_t now, long keep_days)
{
	/* None is to be kept: neither this second's, nor those of a clock that was ahead. */
	int64_t oldest = keep_days ? now - keep_days * DAY : INT64_MAX;
	int rc = desk_change(d, "delete from history where time < ?2", sb_slice("", 0), oldest);

	return rc == SB_OK ? desk_change(d, "delete from history where id <= (select max(id) from history) - ?2", sb_slice("", 0), ROWS_MAX) : rc;
}

int desk_note(struct desk *d, const struct desk_event *e, long keep_days)
{
	static const char text[] = "insert into history(time, patient, kind, result, reason, document, fields, portrait) values(?, ?, ?, ?, ?, ?, ?, ?)";
	const char *texts[TEXTS] = {e->kind, e->result, e->reason, e->document, e->fields, e->portrait};
	sqlite3_stmt *st;
	int rc;

	if (!keep_days || d->new)
		return SB_OK;
	st = desk_statement(d, text);
	rc = st ? SQLITE_OK : sqlite3_errcode(d->db);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(st, 1, e->time);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int(st, 2, e->patient);
	for (int i = 0; rc == SQLITE_OK && i < TEXTS; i++)
		rc = sqlite3_bind_text(st, 3 + i, texts[i], -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	desk_done(st);
	return rc == SQLITE_DONE ? desk_history_trim(d, e->time, keep_days) : desk_translate(rc);
}

static const char *column(sqlite3_stmt *st, int i)
{
	const char *text = (const char *)sqlite3_column_text(st, i);

	return text ? text : "";
}

int desk_history(struct desk *d, int64_t since, long limit, int (*each)(void *context, const struct desk_event *e), void *context)
{
	/* The newest so many, the oldest of them first. */
	static const char text[] = "select * from (select time, patient, kind, result, reason, document, fields, portrait, id from history "
				   "where time >= ? order by id desc limit ?) order by id";
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(d->db, text, -1, &st, NULL), told = SB_OK;

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(st, 1, since);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(st, 2, limit);
	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(st);
		if (rc == SQLITE_ROW)
			told = each(context, &(struct desk_event){.time = sqlite3_column_int64(st, 0), .patient = sqlite3_column_int(st, 1),
						     .kind = column(st, 2), .result = column(st, 3), .reason = column(st, 4), .document = column(st, 5),
						     .fields = column(st, 6), .portrait = column(st, 7)});
		if (told != SB_OK)
			break;
	}
	sqlite3_finalize(st);
	return told != SB_OK ? told : desk_translate(rc);
}
