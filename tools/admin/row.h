/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_ADMIN_ROW_H
#define SINBUN_ADMIN_ROW_H

#include <jansson.h>

#include "base/bytes.h"
#include "registry/rrn.h"

/* One resident as a row of a CSV file: its columns, and what is right in each. */

enum row_column {
	ROW_RRN, ROW_NAME, ROW_ADDRESS, ROW_AUTHORITY, ROW_ISSUE_DATE, ROW_NAME_HANJA, ROW_OVERSEAS, ROW_CARD_STATUS, ROW_PHONE,
	ROW_CARRIER, ROW_PHONE_OWNER, ROW_PORTRAIT, ROW_COLUMNS
};

const char *admin_row_name(enum row_column column);
bool admin_row_requires(enum row_column column);

struct row {
	char *text[ROW_COLUMNS]; /* in form C; "" where the file has no such column */
	const char *directory;   /* of the CSV file, for portraits */
	const char *today;       /* YYYYMMDD */
	char rrn[SB_RRN_TEXT], birth_date[9]; /* once checked */
	struct sb_bytes portrait; /* base64, once checked */
	json_t *extra;            /* what document types ask for beside (extra.h), or NULL */
};

struct row_refusal {
	const char *field, *code; /* of the report */
	char ko[256], en[256];
};
/* Always false, with *why filled. The formats have the same values in the same order. */
bool admin_row_refuse(struct row_refusal *why, const char *field, const char *code, const char *ko, const char *en, ...)
	__attribute__((format(printf, 4, 6), format(printf, 5, 6)));

/* Takes a field of the file (UTF-8). SB_OK, SB_E_NOMEM. */
int admin_row_take(struct row *r, enum row_column column, const char *text);
/* Every column in its turn; false with *why filled for the first that is wrong. */
bool admin_row_check(struct row *r, struct row_refusal *why);
/* What the registry keeps of a checked row: a new object. */
json_t *admin_row_fields(const struct row *r);
void admin_row_free(struct row *r);

#endif
