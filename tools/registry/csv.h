/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_CSV_H
#define SINBUN_CSV_H

#include "base/bytes.h"

/* CSV (RFC 4180): quoted fields, lines ended by LF, CR LF or CR; a byte-order mark in front is skipped. A line is a row: no field of the
 * registry has a line break, and a quote that nobody closed must not swallow the rows behind it. */
enum { SB_CSV_FIELDS = 96 };

struct sb_csv {
	struct sb_slice in;
	unsigned line; /* of the next row */
};

enum sb_csv_fault { SB_CSV_NO_FAULT, SB_CSV_QUOTE_OPEN, SB_CSV_BEHIND_QUOTE, SB_CSV_NOT_UTF8 };

struct sb_csv_row {
	unsigned line; /* where the row stands, 1 for the first */
	char *fields[SB_CSV_FIELDS];
	size_t count; /* of the row; of more than SB_CSV_FIELDS only so many are in fields */
	enum sb_csv_fault fault;
};

void sb_csv_start(struct sb_csv *csv, struct sb_slice text);
/* SB_OK, SB_E_NOT_FOUND at the end, SB_E_FORMAT (row->line and row->fault say where and why; reading goes on with the next line),
 * SB_E_NOMEM. Blank lines are skipped. */
int sb_csv_next(struct sb_csv *csv, struct sb_csv_row *row);
void sb_csv_row_free(struct sb_csv_row *row);
/* Appends a field, quoted where it must be. */
int sb_csv_put(struct sb_bytes *out, const char *field);

#endif
