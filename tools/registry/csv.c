/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "registry/csv.h"

#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/error.h"

void sb_csv_start(struct sb_csv *csv, struct sb_slice text)
{
	if (text.len >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0)
		text = sb_slice(text.data + 3, text.len - 3);
	*csv = (struct sb_csv){text, 1};
}

static int peek(const struct sb_csv *csv)
{
	return csv->in.len ? csv->in.data[0] : -1;
}

static int take(struct sb_csv *csv)
{
	int c = peek(csv);

	if (c >= 0) {
		csv->in.data++;
		csv->in.len--;
		csv->line += c == '\n';
	}
	return c;
}

static bool ends_field(int c)
{
	return c < 0 || c == ',' || c == '\n' || c == '\r';
}

/* Inside quotes a doubled quote stands for one. */
static int read_quoted(struct sb_csv *csv, struct sb_bytes *field)
{
	int c, rc = SB_OK;

	take(csv);
	while (rc == SB_OK && (c = take(csv)) >= 0) {
		if (c == '"' && peek(csv) != '"')
			return ends_field(peek(csv)) ? SB_OK : SB_E_FORMAT;
		if (c == '"')
			take(csv);
		rc = sb_bytes_append_byte(field, (uint8_t)c);
	}
	return rc == SB_OK ? SB_E_FORMAT : rc;
}

static int read_field(struct sb_csv *csv, struct sb_bytes *field)
{
	int rc = SB_OK;

	if (peek(csv) == '"')
		return read_quoted(csv, field);
	while (rc == SB_OK && !ends_field(peek(csv)))
		rc = sb_bytes_append_byte(field, (uint8_t)take(csv));
	return rc;
}

static int keep_field(struct sb_csv_row *row, struct sb_bytes *field, int rc)
{
	if (rc == SB_OK && row->count == SB_CSV_FIELDS)
		rc = SB_E_FORMAT;
	if (rc == SB_OK && (sb_utf8_length((const char *)field->data, field->len) < 0 || (field->len && memchr(field->data, 0, field->len))))
		rc = SB_E_FORMAT;
	if (rc == SB_OK) {
		row->fields[row->count] = field->len ? strndup((const char *)field->data, field->len) : strdup("");
		rc = row->fields[row->count] ? SB_OK : SB_E_NOMEM;
		row->count += rc == SB_OK;
	}
	sb_bytes_free(field);
	return rc;
}

static void skip_line(struct sb_csv *csv)
{
	while (peek(csv) >= 0 && take(csv) != '\n')
		;
}

int sb_csv_next(struct sb_csv *csv, struct sb_csv_row *row)
{
	int rc = SB_OK, c;

	while (peek(csv) == '\n' || peek(csv) == '\r')
		take(csv);
	*row = (struct sb_csv_row){.line = csv->line};
	if (peek(csv) < 0)
		return SB_E_NOT_FOUND;
	do {
		struct sb_bytes field = {0};

		rc = keep_field(row, &field, read_field(csv, &field));
		c = rc == SB_OK ? peek(csv) : -1;
		if (c == ',')
			take(csv);
	} while (rc == SB_OK && c == ',');
	if (rc != SB_OK)
		sb_csv_row_free(row);
	skip_line(csv);
	return rc;
}

void sb_csv_row_free(struct sb_csv_row *row)
{
	for (size_t i = 0; i < row->count; i++)
		sb_text_free(&row->fields[i]);
	row->count = 0;
}

int sb_csv_put(struct sb_bytes *out, const char *field)
{
	bool quote = strpbrk(field, ",\"\r\n") != NULL;
	int rc = quote ? sb_bytes_append_byte(out, '"') : SB_OK;

	for (; rc == SB_OK && *field; field++) {
		if (*field == '"')
			rc = sb_bytes_append_byte(out, '"');
		if (rc == SB_OK)
			rc = sb_bytes_append_byte(out, (uint8_t)*field);
	}
	return rc == SB_OK && quote ? sb_bytes_append_byte(out, '"') : rc;
}
