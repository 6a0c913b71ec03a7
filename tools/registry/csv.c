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

/* CR LF counts once. */
static int take(struct sb_csv *csv)
{
	int c = peek(csv);

	if (c >= 0) {
		csv->in.data++;
		csv->in.len--;
		csv->line += c == '\n' || (c == '\r' && peek(csv) != '\n');
	}
	return c;
}

static bool ends_line(int c)
{
	return c < 0 || c == '\n' || c == '\r';
}

static bool ends_field(int c)
{
	return c == ',' || ends_line(c);
}

/* Inside quotes a doubled quote stands for one. */
static int read_quoted(struct sb_csv *csv, struct sb_bytes *field, enum sb_csv_fault *fault)
{
	int c, rc = SB_OK;

	take(csv);
	while (rc == SB_OK && !ends_line(peek(csv))) {
		c = take(csv);
		if (c == '"' && peek(csv) != '"') {
			*fault = ends_field(peek(csv)) ? SB_CSV_NO_FAULT : SB_CSV_BEHIND_QUOTE;
			return *fault ? SB_E_FORMAT : SB_OK;
		}
		if (c == '"')
			take(csv);
		rc = sb_bytes_append_byte(field, (uint8_t)c);
	}
	*fault = SB_CSV_QUOTE_OPEN;
	return rc == SB_OK ? SB_E_FORMAT : rc;
}

static int read_field(struct sb_csv *csv, struct sb_bytes *field, enum sb_csv_fault *fault)
{
	int rc = SB_OK;

	if (peek(csv) == '"')
		return read_quoted(csv, field, fault);
	while (rc == SB_OK && !ends_field(peek(csv)))
		rc = sb_bytes_append_byte(field, (uint8_t)take(csv));
	return rc;
}

static int keep_field(struct sb_csv_row *row, const struct sb_bytes *field)
{
	char *text;

	if (sb_utf8_length((const char *)field->data, field->len) < 0 || (field->len && memchr(field->data, 0, field->len))) {
		row->fault = SB_CSV_NOT_UTF8;
		return SB_E_FORMAT;
	}
	if (row->count++ >= SB_CSV_FIELDS)
		return SB_OK;
	text = field->len ? strndup((const char *)field->data, field->len) : strdup("");
	row->fields[row->count - 1] = text;
	return text ? SB_OK : SB_E_NOMEM;
}

static void skip_line(struct sb_csv *csv)
{
	while (!ends_line(peek(csv)))
		take(csv);
	if (take(csv) == '\r' && peek(csv) == '\n')
		take(csv);
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

		rc = read_field(csv, &field, &row->fault);
		if (rc == SB_OK)
			rc = keep_field(row, &field);
		sb_bytes_free(&field);
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
	for (size_t i = 0; i < SB_CSV_FIELDS; i++)
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
