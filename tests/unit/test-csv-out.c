/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/csv_out.h"

#include "base/error.h"
#include "check.h"

static void becomes(const char *cell, const char *want)
{
	const char *cells[] = {"a", cell};
	struct sb_bytes out = {0};

	REQUIRE(sb_csv_row(&out, cells, 2) == SB_OK && sb_bytes_terminate(&out) == SB_OK);
	if (strncmp((char *)out.data, "\"a\",", 4) != 0 || strcmp((char *)out.data + 4, want) != 0) {
		fprintf(stderr, "%s became %s\n", cell ? cell : "NULL", (char *)out.data);
		check_failures++;
	}
	check_count++;
	sb_bytes_free(&out);
}

int main(void)
{
	becomes(NULL, "\"\"\r\n");
	becomes("", "\"\"\r\n");
	becomes("성명, 생년월일", "\"성명, 생년월일\"\r\n");
	becomes("a \"b\"", "\"a \"\"b\"\"\"\r\n");
	becomes("a-b=c", "\"a-b=c\"\r\n");
	becomes("=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\"\r\n");
	becomes("+1", "\"'+1\"\r\n");
	becomes("-1", "\"'-1\"\r\n");
	becomes("@SUM(A1)", "\"'@SUM(A1)\"\r\n");
	becomes("\t=1", "\"'\t=1\"\r\n");
	becomes("\r=1", "\"'\r=1\"\r\n");
	return check_result();
}
