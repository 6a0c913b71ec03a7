/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_AUDIT_ROWS_H
#define SINBUN_AUDIT_ROWS_H

#include "admin/admin.h"
#include "formats/audit_head.h"
#include "registry/registry_audit.h"

/* What the verbs of `audit` share: which rows are wanted, and a row as texts. Times and days are Korea's. */

enum audit_column {
	AUDIT_ROW, AUDIT_TIME, AUDIT_OFFICER, AUDIT_VERB, AUDIT_SUBJECT, AUDIT_OUTCOME, AUDIT_CLASS, AUDIT_KEEP_UNTIL, AUDIT_CHAIN, AUDIT_COLUMNS
};
/* "row", "time" … as they stand in files. */
extern const char *const audit_column_names[AUDIT_COLUMNS];

/* A row's cells; good while this is, and the row, and until the next call. */
struct audit_texts {
	char number[24], time[32], keep_until[12], chain[65];
	const char *cells[AUDIT_COLUMNS];
};
void audit_texts_of(const struct sb_audit_row *row, struct audit_texts *out);

/* --officer-id, --verb, --subject, --since, --until; NULL and 0: any. */
struct audit_filter {
	const char *officer, *verb, *subject;
	char alias[32]; /* what the subject is called, where it is an application of a resident alone */
	int64_t since, until; /* since <= time < until */
};
int audit_filter_read(struct sb_program *p, struct audit_filter *out, struct sb_failure *f);
bool audit_filter_takes(const struct audit_filter *filter, const struct sb_audit_row *row);
/* clang-format off */
#define AUDIT_FILTER_OPTIONS \
	{"--officer-id", SB_OPTION_TEXT, "ID", N_("only what this officer did"), false}, \
	{"--verb", SB_OPTION_TEXT, "VERB", N_("only this verb, or this first word of verbs"), false}, \
	{"--subject", SB_OPTION_TEXT, "CARD", N_("only this card, application or record"), false}, \
	{"--since", SB_OPTION_TEXT, "DATE", N_("only from this day on (YYYY-MM-DD)"), false}, \
	{"--until", SB_OPTION_TEXT, "DATE", N_("only up to this day"), false}
/* clang-format on */

/* Follows the rows as they come, and tells whether they are what was written. */
struct audit_walk {
	struct sb_registry *r;
	struct sb_audit_mark last;
	bool whole; /* so far */
	bool begun; /* a row tells that there is a head */
};
/* Whether this row is sound: whole, and behind the one before. */
bool audit_walk_step(struct audit_walk *w, const struct sb_audit_row *row);
/* At the end: are all of them sound, and the last one the head's? */
bool audit_walk_ends(struct audit_walk *w);
/* Where not, a warning that names audit verify. */
void audit_warn_unsound(struct sb_program *p, bool whole);

#endif
