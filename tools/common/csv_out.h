/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_CSV_OUT_H
#define SINBUN_CSV_OUT_H

#include "base/bytes.h"

/* One row of a CSV table (RFC 4180, CR LF) for people with a spreadsheet: every cell quoted, and one that a spreadsheet would compute (it begins
 * with = + - @ or a control character) gets an apostrophe in front. NULL is an empty cell. Appends. */
int sb_csv_row(struct sb_bytes *out, const char *const *cells, size_t count);
/* The byte-order mark without which some of them read UTF-8 as something else. Stands first. */
#define SB_CSV_MARK "\xef\xbb\xbf"

#endif
