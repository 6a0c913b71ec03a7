/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/csv_out.h"

#include <string.h>

#include "base/error.h"

static bool is_computed(const char *cell)
{
	return *cell && ((unsigned char)*cell < 0x20 || strchr("=+-@", *cell));
}

static int put_cell(struct sb_bytes *out, const char *cell)
{
	int rc = sb_bytes_append_text(out, is_computed(cell) ? "\"'" : "\"");

	for (; rc == SB_OK && *cell; cell++)
		rc = *cell == '"' ? sb_bytes_append_text(out, "\"\"") : sb_bytes_append_byte(out, (uint8_t)*cell);
	return rc == SB_OK ? sb_bytes_append_byte(out, '"') : rc;
}

int sb_csv_row(struct sb_bytes *out, const char *const *cells, size_t count)
{
	int rc = SB_OK;

	for (size_t i = 0; rc == SB_OK && i < count; i++) {
		if (i)
			rc = sb_bytes_append_byte(out, ',');
		if (rc == SB_OK)
			rc = put_cell(out, cells[i] ? cells[i] : "");
	}
	return rc == SB_OK ? sb_bytes_append_text(out, "\r\n") : rc;
}
