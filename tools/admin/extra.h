/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_ADMIN_EXTRA_H
#define SINBUN_ADMIN_EXTRA_H

#include "admin/row.h"
#include "common/documents.h"
#include "registry/csv.h"

/* Columns of the CSV file that document types ask for beside those of every resident: a driving licence's number, a library card's. */

enum { EXTRA_COLUMNS = 64 };

struct extra_column {
	const char *name;          /* of the field in the registry */
	enum sb_element_type type; /* text, date, bool or json */
	int place;                 /* in a row of the file, -1 when absent */
};
struct extras {
	struct sb_document **documents; /* own the names */
	struct extra_column columns[EXTRA_COLUMNS];
	size_t count;
};

int admin_extras_load(struct extras *x, struct sb_failure *f);
void admin_extras_free(struct extras *x);
/* NULL: no document type asks for it. */
struct extra_column *admin_extra_find(struct extras *x, const char *name);
/* Takes a row's extra columns into r->extra; false with *why for the first that is wrong, or without memory (why->code NULL). */
bool admin_extras_take(const struct extras *x, const struct sb_csv_row *csv, struct row *r, struct row_refusal *why);

#endif
