/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "registry/registry_sqlite_rows.h"

#include <time.h>

#include "base/codec.h"
#include "crypto/digest.h"
#include "registry/registry_keys.h"

/* Rows that somebody acts on have a MAC over what they say and over whose they are: whoever can write to the file, but has not the issuer's token,
 * cannot turn an application, a card, a member or a certificate to sign in with into another's. SQLite calculates it by two functions, row_mac()
 * and row_vouched(), which only statements of this program can call. */

enum { ARGUMENTS_MAX = 20, MAC_SIZE = 32 };

#define TABLE(name, columns, key, called) \
	{name, called, "update " name " set mac = row_mac('" name "', " columns ") where " key, "update " name " set mac = row_mac('" name "', " columns ")", \
		"select " called ", row_vouched('" name "', mac, " columns ") from " name, "delete from " name " where not row_vouched('" name "', mac, " columns ")"}
static const struct {
	const char *name, *called, *put, *put_all, *all, *drop;
} tables[SB_ROWS] = {
	[SB_ROWS_APPLICATION] = TABLE("application", SB_APPLICATION_COLUMNS, "id = ?1", "id"),
	[SB_ROWS_CREDENTIAL] = TABLE("credential", SB_CREDENTIAL_COLUMNS, "card = ?1", "card"),
	[SB_ROWS_APPLY] = TABLE("apply", SB_APPLY_COLUMNS, "id = ?1", "id"),
	[SB_ROWS_SETTING] = TABLE("setting", SB_SETTING_COLUMNS, "name = ?1", "name"),
	[SB_ROWS_STEP] = TABLE("apply_step", SB_STEP_COLUMNS, "application = ?1 and step = ?2", "application"),
	[SB_ROWS_CONSENT] = TABLE("consent", SB_CONSENT_COLUMNS, "seq = ?2", "application"),
	[SB_ROWS_MEMBER] = TABLE("member", SB_MEMBER_COLUMNS, "id = ?2", "id"),
	[SB_ROWS_CERTIFICATE] = TABLE("login_certificate", SB_CERTIFICATE_COLUMNS, "fingerprint = ?3", "substr(hex(fingerprint), 1, 16)"),
};

/* A value counts with its type; the first is the table. */
static int mac_of(const struct sb_registry *r, sqlite3_value **values, int count, uint8_t mac[MAC_SIZE])
{
	static const char types[] = {[SQLITE_INTEGER] = 'i', [SQLITE_FLOAT] = 'f', [SQLITE_TEXT] = 't', [SQLITE_BLOB] = 'b', [SQLITE_NULL] = 'n'};
	struct sb_slice pieces[2 * ARGUMENTS_MAX];
	uint8_t numbers[ARGUMENTS_MAX][8];

	if (!r->keys || count > ARGUMENTS_MAX)
		return SB_E_ARGUMENT;
	for (int i = 0; i < count; i++) {
		int type = sqlite3_value_type(values[i]);
		bool bytes = type == SQLITE_TEXT || type == SQLITE_BLOB || type == SQLITE_FLOAT;
		const void *data = bytes ? sqlite3_value_blob(values[i]) : numbers[i];

		sb_put_u64(numbers[i], type == SQLITE_INTEGER ? (uint64_t)sqlite3_value_int64(values[i]) : 0);
		pieces[2 * i] = sb_slice(&types[type], 1);
		pieces[2 * i + 1] = sb_slice(data ? data : "", bytes ? (size_t)sqlite3_value_bytes(values[i]) : sizeof numbers[i]);
	}
	return sb_mac_pieces(registry_child(r, CHILD_ROW), pieces, 2 * (size_t)count, mac);
}

/* row_mac(table, value, …) */
static void row_mac(sqlite3_context *context, int count, sqlite3_value **values)
{
	uint8_t mac[MAC_SIZE];

	if (mac_of(sqlite3_user_data(context), values, count, mac) == SB_OK)
		sqlite3_result_blob(context, mac, sizeof mac, SQLITE_TRANSIENT);
	else
		sqlite3_result_error(context, "no MAC", -1);
}

/* row_vouched(table, mac, value, …): 1 or 0. */
static void row_vouched(sqlite3_context *context, int count, sqlite3_value **values)
{
	sqlite3_value *stored = values[1], *rest[ARGUMENTS_MAX];
	uint8_t mac[MAC_SIZE];

	if (count < 2 || count > ARGUMENTS_MAX) {
		sqlite3_result_error(context, "no MAC", -1);
		return;
	}
	rest[0] = values[0];
	for (int i = 2; i < count; i++)
		rest[i - 1] = values[i];
	if (mac_of(sqlite3_user_data(context), rest, count - 1, mac) != SB_OK)
		sqlite3_result_error(context, "no MAC", -1);
	else
		sqlite3_result_int(context, sqlite3_value_type(stored) == SQLITE_BLOB &&
						    sb_slice_equal(sb_slice(mac, MAC_SIZE),
							    sb_slice(sqlite3_value_blob(stored), (size_t)sqlite3_value_bytes(stored))));
}

int sb_sqlite_rows_prepare(struct sb_registry *r)
{
	static const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
	int rc = sqlite3_create_function_v2(db_of(r), "row_mac", -1, flags, r, row_mac, NULL, NULL, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_create_function_v2(db_of(r), "row_vouched", -1, flags, r, row_vouched, NULL, NULL, NULL);
	return translate(rc);
}

int sb_sqlite_row_check(struct sb_registry *r, enum sb_rows which, sqlite3_stmt *st, const char *name)
{
	if (sqlite3_column_int(st, sqlite3_column_count(st) - 1) == 1)
		return SB_OK;
	snprintf(r->damaged, sizeof r->damaged, "%s %s", tables[which].name, name);
	return SB_E_CORRUPT;
}

int sb_sqlite_row_put(struct sb_registry *r, enum sb_rows which, struct sb_row_key key)
{
	sqlite3_stmt *st = prepare_kept(r, tables[which].put);

	if (key.text)
		sqlite3_bind_text(st, 1, key.text, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 2, key.number);
	if (key.blob)
		sqlite3_bind_blob(st, 3, key.blob, SB_FINGERPRINT, SQLITE_STATIC);
	return finish(r, st);
}

int sb_sqlite_row_changed(struct sb_registry *r, enum sb_rows which, struct sb_row_key key)
{
	if (sqlite3_changes(db_of(r)) == 1)
		return sb_sqlite_row_put(r, which, key);
	snprintf(r->damaged, sizeof r->damaged, "%s %s", tables[which].name, key.text ? key.text : "");
	return SB_E_CORRUPT;
}

/* --- all of them --- */

static int rows_adopt(struct sb_registry *r)
{
	int rc = SB_OK;

	for (enum sb_rows i = 0; rc == SB_OK && i < SB_ROWS; i++)
		rc = finish(r, prepare(r, tables[i].put_all));
	return rc == SB_OK ? finish(r, prepare(r, "update credential set place = row_mac('place', card, status_index)")) : rc;
}

static int each_of(struct sb_registry *r, enum sb_rows which, sb_row_fn *fn, void *context)
{
	sqlite3_stmt *st = prepare(r, tables[which].all);
	int rc = st ? SB_OK : SB_E_CORRUPT, step = SQLITE_DONE;
	struct sb_registry_row row = {.table = tables[which].name};

	while (rc == SB_OK && (step = sqlite3_step(st)) == SQLITE_ROW) {
		copy_text(st, 0, row.name, sizeof row.name);
		row.vouched = sqlite3_column_int(st, 1) == 1;
		rc = fn(context, &row);
	}
	sqlite3_finalize(st);
	return rc == SB_OK ? translate_in(db_of(r), step) : rc;
}

static int rows_each(struct sb_registry *r, sb_row_fn *fn, void *context)
{
	int rc = SB_OK;

	for (enum sb_rows i = 0; rc == SB_OK && i < SB_ROWS; i++)
		rc = each_of(r, i, fn, context);
	return rc;
}

/* --- cards that nobody vouches for --- */

/* As row_mac('place', card, status_index). */
static int place_mac(const struct sb_registry *r, const char *card, uint64_t index, uint8_t mac[MAC_SIZE])
{
	uint8_t number[8];
	const struct sb_slice pieces[] = {sb_slice("t", 1), sb_slice("place", 5), sb_slice("t", 1), sb_slice(card, strlen(card)), sb_slice("i", 1), sb_slice(number, 8)};

	sb_put_u64(number, index);
	return sb_mac_pieces(registry_child(r, CHILD_ROW), pieces, sizeof pieces / sizeof *pieces, mac);
}

/* The place is not in the MAC, but each has another: so it is tried which. */
static bool find_place(const struct sb_registry *r, const char *card, struct sb_slice place, uint64_t *index)
{
	uint8_t mac[MAC_SIZE];

	for (*index = 0; *index < SB_SQLITE_PLACES; ++*index)
		if (place_mac(r, card, *index, mac) == SB_OK && sb_slice_equal(place, sb_slice(mac, MAC_SIZE)))
			return true;
	return false;
}

static int end_at(struct sb_registry *r, const char *card, uint64_t index)
{
	sqlite3_stmt *st = prepare(r, "update or ignore credential set status_index = ?2, state = 1, reason = 'damaged', changed = ?3 where card = ?1");
	int rc;

	sqlite3_bind_text(st, 1, card, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)index);
	sqlite3_bind_int64(st, 3, time(NULL));
	rc = finish(r, st);
	if (rc == SB_OK && sqlite3_changes(db_of(r)) != 1)
		return SB_E_EXISTS;
	return rc == SB_OK ? sb_sqlite_row_put(r, SB_ROWS_CREDENTIAL, (struct sb_row_key){.text = card}) : rc;
}

/* One whose place nobody knows, or another has, goes. */
static int end_card(struct sb_registry *r, const char *card, struct sb_slice place)
{
	sqlite3_stmt *st;
	uint64_t index;
	int rc = find_place(r, card, place, &index) ? end_at(r, card, index) : SB_E_EXISTS;

	if (rc != SB_E_EXISTS)
		return rc;
	st = prepare(r, "delete from credential where card = ?1");
	sqlite3_bind_text(st, 1, card, -1, SQLITE_STATIC);
	return finish(r, st);
}

/* One after the other, for each ends or goes. */
static int end_cards(struct sb_registry *r, int *count)
{
	char card[SB_ROW_NAME];
	uint8_t place[MAC_SIZE];
	int rc = SB_OK;

	*count = 0;
	while (rc == SB_OK) {
		sqlite3_stmt *st = prepare(r, "select card, place from credential where not row_vouched('credential', mac, " SB_CREDENTIAL_COLUMNS ") limit 1");

		rc = first_row(r, st);
		if (rc != SB_OK)
			break;
		copy_text(st, 0, card, sizeof card);
		if (copy_blob(st, 1, place, sizeof place) != SB_OK)
			memset(place, 0, sizeof place);
		release(r, st);
		rc = end_card(r, card, sb_slice(place, sizeof place));
		++*count;
	}
	return rc == SB_E_NOT_FOUND ? SB_OK : rc;
}

static int drop_of(struct sb_registry *r, enum sb_rows which, int *count)
{
	int rc;

	if (which == SB_ROWS_CREDENTIAL)
		return end_cards(r, count);
	rc = finish(r, prepare(r, tables[which].drop));
	*count = rc == SB_OK ? sqlite3_changes(db_of(r)) : 0;
	/* Its steps go with an application. */
	if (rc == SB_OK && which == SB_ROWS_APPLY && *count)
		rc = finish(r, prepare(r, "delete from apply_step where application not in (select id from apply)"));
	return rc;
}

static int rows_drop(struct sb_registry *r, const char *table, uint64_t *count)
{
	int rc = translate(sqlite3_exec(db_of(r), "pragma defer_foreign_keys = on", NULL, NULL, NULL)), dropped = 0;

	*count = 0;
	for (enum sb_rows i = 0; rc == SB_OK && i < SB_ROWS; i++)
		if (!table || strcmp(tables[i].name, table) == 0) {
			rc = drop_of(r, i, &dropped);
			*count += (uint64_t)dropped;
		}
	return rc;
}

/* Whether tables and indexes are of one mind. */
static int rows_sound(struct sb_registry *r)
{
	sqlite3_stmt *st = prepare(r, "pragma integrity_check(1)");
	int rc = first_row(r, st);
	const unsigned char *text;

	if (rc != SB_OK)
		return rc;
	text = sqlite3_column_text(st, 0);
	rc = text && strcmp((const char *)text, "ok") == 0 ? SB_OK : SB_E_CORRUPT;
	release(r, st);
	return rc;
}

const struct sb_registry_row_ops sb_registry_sqlite_rows = {.adopt = rows_adopt, .each = rows_each, .drop = rows_drop, .sound = rows_sound};
