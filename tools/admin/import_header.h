/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_ADMIN_IMPORT_HEADER_H
#define SINBUN_ADMIN_IMPORT_HEADER_H

#include "admin/extra.h"
#include "admin/row.h"

/* The first line of a CSV file: which of its columns is which of ours. */
struct import_columns {
	size_t width;           /* fields of the first line */
	int place[ROW_COLUMNS]; /* of each column in a row, -1 when absent */
	struct extras extras;   /* columns of document types */
	const char *absent[ROW_COLUMNS + EXTRA_COLUMNS + 1]; /* names of the columns that the file does not have, ended by NULL */
};

/* Columns are known by our names, by the names that Korean registers use, and by what map says: "column=header,…", where the column "-" stands
 * for one to be passed over. map may be NULL. Failures: "bad_map", "bad_header". */
int import_columns_take(struct import_columns *c, const struct sb_csv_row *header, const char *map, struct sb_failure *f);

#endif
