/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "fuzz_parts.h"
#include "registry/csv.h"
#include "registry/rrn.h"

/* The registry's CSV, and the numbers and dates in it: nothing crashes, reading comes to an end, what is read is written and read again the same,
 * and a number or a date that is taken is one of the calendar. */

#define TODAY "20261125"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static void as_date(const char *text)
{
	char digits[9];

	if (sb_date_parse(text, digits))
		FUZZ_REQUIRE(strlen(digits) == 8 && sb_date_is_real(digits) && strlen(text) == 10 && sb_date_years(digits, TODAY) <= 2026);
}

static void as_number(const char *text)
{
	char rrn[SB_RRN_TEXT], birth[9], again[SB_RRN_TEXT], same[9];

	if (sb_rrn_check(text, TODAY, rrn, birth) != SB_RRN_OK)
		return;
	FUZZ_REQUIRE(strlen(rrn) == 14 && rrn[6] == '-' && sb_date_is_real(birth) && strcmp(birth, TODAY) <= 0 && memcmp(rrn, birth + 2, 6) == 0);
	FUZZ_REQUIRE(sb_rrn_check(rrn, TODAY, again, same) == SB_RRN_OK && strcmp(rrn, again) == 0 && strcmp(birth, same) == 0);
}

static void write_and_read(const struct sb_csv_row *row)
{
	struct sb_bytes text = {0};
	struct sb_csv csv;
	struct sb_csv_row again;

	for (size_t i = 0; i < row->count; i++) {
		if (i)
			fuzz_put_text(&text, ",");
		FUZZ_REQUIRE(sb_csv_put(&text, row->fields[i]) == SB_OK);
	}
	/* One empty field is a blank line, which is no row; and what looks like a mark at the beginning is one. */
	if (text.len && memcmp(text.data, "\xef", 1) != 0) {
		sb_csv_start(&csv, sb_bytes_slice(&text));
		FUZZ_REQUIRE(sb_csv_next(&csv, &again) == SB_OK && again.count == row->count);
		for (size_t i = 0; i < row->count; i++)
			FUZZ_REQUIRE(strcmp(row->fields[i], again.fields[i]) == 0);
		sb_csv_row_free(&again);
	}
	sb_bytes_free(&text);
}

static void take_row(const struct sb_csv_row *row)
{
	size_t kept = row->count < SB_CSV_FIELDS ? row->count : SB_CSV_FIELDS;

	FUZZ_REQUIRE(row->count >= 1);
	for (size_t i = 0; i < kept; i++) {
		FUZZ_REQUIRE(!strpbrk(row->fields[i], "\r\n"));
		as_date(row->fields[i]);
		as_number(row->fields[i]);
	}
	if (row->count <= SB_CSV_FIELDS)
		write_and_read(row);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sb_csv csv;
	struct sb_csv_row row;
	unsigned line = 0;
	int rc;

	sb_csv_start(&csv, sb_slice(data, size));
	for (size_t rows = 0; (rc = sb_csv_next(&csv, &row)) != SB_E_NOT_FOUND; rows++) {
		FUZZ_REQUIRE(rows <= size && row.line > line && (rc == SB_OK || rc == SB_E_FORMAT));
		FUZZ_REQUIRE((rc == SB_OK) == (row.fault == SB_CSV_NO_FAULT));
		line = row.line;
		if (rc == SB_OK)
			take_row(&row);
		sb_csv_row_free(&row);
	}
	return 0;
}

bool fuzz_seed(unsigned number, struct sb_bytes *out)
{
	static const char *const seeds[] = {
		"\xef\xbb\xbfrrn,name,address,authority,issue_date\r\n900101-1000000,홍시험,\"서울, \"\"시험\"\"로 1\",구청장,2024-03-02\r\n\r\n0001013000000,나,다,라,2024-02-29\n",
		"a,\"b,c\",,\rd\n\"open\n1,2,3\n\"behind\"x,4\n", "991231-4000000,1999-12-31\n"};

	if (number >= sizeof seeds / sizeof *seeds)
		return false;
	fuzz_put_text(out, seeds[number]);
	return true;
}
