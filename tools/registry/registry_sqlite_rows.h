/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_REGISTRY_SQLITE_ROWS_H
#define SINBUN_REGISTRY_SQLITE_ROWS_H

#include "registry/registry_rows.h"
#include "registry/registry_sqlite.h"

/* Rows with a MAC, in SQLite: what it goes over in each table, and the same with whether it holds as a last column. */

#define SB_OWNER(table) "(select rrn_hash from resident where id = " table ".resident)"
#define SB_APPLICATION_COLUMNS "id, resident, nonce, expires, replace, state, request_hash, card, reason, " SB_OWNER("application")
#define SB_CREDENTIAL_COLUMNS "card, resident, expires, created, status_index, state, reason, changed, " SB_OWNER("credential")
#define SB_APPLY_COLUMNS "id, created, expires, self, resident, state, revision, offer, box, " SB_OWNER("apply")
#define SB_STEP_COLUMNS "step, time, actor, outcome, application"
#define SB_CONSENT_COLUMNS "seq, text, language, hash, required, given, time, channel, withdrawn, application"
#define SB_MEMBER_COLUMNS "id, resident, created, box, name_hash, " SB_OWNER("member")
#define SB_CERTIFICATE_COLUMNS "resident, fingerprint, created, " SB_OWNER("login_certificate")
/* More than any status list has. */
enum { SB_SQLITE_PLACES = 1 << 24 };
#define SB_SETTING_COLUMNS "name, value"
/* Behind the condition of an update: only a row that is as it was put is changed, and gets a new MAC. */
#define SB_AND_VOUCHED(table, columns) " and row_vouched('" table "', mac, " columns ")"
#define SB_VOUCHED(table, columns) columns ", row_vouched('" table "', mac, " columns ")"
#define SB_VOUCHED_CREDENTIAL SB_VOUCHED("credential", SB_CREDENTIAL_COLUMNS)
enum sb_rows { SB_ROWS_APPLICATION, SB_ROWS_CREDENTIAL, SB_ROWS_APPLY, SB_ROWS_STEP, SB_ROWS_CONSENT, SB_ROWS_MEMBER, SB_ROWS_CERTIFICATE, SB_ROWS_SETTING, SB_ROWS };
/* Of one row: what its table goes by. */
struct sb_row_key {
	const char *text;
	int64_t number;
	const uint8_t *blob;
};
int sb_sqlite_rows_prepare(struct sb_registry *r);
/* Whether the row at hand, of SB_VOUCHED, is as it was put. SB_E_CORRUPT, and r->damaged says which. */
int sb_sqlite_row_check(struct sb_registry *r, enum sb_rows which, sqlite3_stmt *st, const char *name);
/* Behind an update of SB_AND_VOUCHED: SB_E_CORRUPT where it changed nothing. */
int sb_sqlite_row_changed(struct sb_registry *r, enum sb_rows which, struct sb_row_key key);
/* The MAC of the row with this key, as it stands now. */
int sb_sqlite_row_put(struct sb_registry *r, enum sb_rows which, struct sb_row_key key);
extern const struct sb_registry_row_ops sb_registry_sqlite_rows;

#endif
