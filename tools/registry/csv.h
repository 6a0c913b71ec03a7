/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_CSV_H
#define SINBUN_CSV_H

#include "base/bytes.h"

/* CSV (RFC 4180): quoted fields, CR LF or LF, a byte-order mark in front is skipped. */
enum { SB_CSV_FIELDS = 32 };

struct sb_csv {
	struct sb_slice in;
	unsigned line; /* of the next row */
};

struct sb_csv_row {
	unsigned line; /* where the row starts, 1 for the first */
	char *fields[SB_CSV_FIELDS];
	size_t count;
};

void sb_csv_start(struct sb_csv *csv, struct sb_slice text);
/* SB_OK, SB_E_NOT_FOUND at the end, SB_E_FORMAT (row->line says where; reading can go on), SB_E_NOMEM. Blank lines are skipped. */
int sb_csv_next(struct sb_csv *csv, struct sb_csv_row *row);
void sb_csv_row_free(struct sb_csv_row *row);
/* Appends a field, quoted where it must be. */
int sb_csv_put(struct sb_bytes *out, const char *field);

#endif
