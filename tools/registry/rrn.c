/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "registry/rrn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int number(const char *digits, size_t len)
{
	int n = 0;

	for (size_t i = 0; i < len; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return -1;
		n = 10 * n + digits[i] - '0';
	}
	return n;
}

bool sb_date_is_real(const char *digits)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year = number(digits, 4), month = number(digits + 4, 2), day = number(digits + 6, 2);
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return year >= 1800 && year <= 2200 && month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] + (month == 2 && leap);
}

bool sb_date_parse(const char *text, char digits[9])
{
	if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
		return false;
	snprintf(digits, 9, "%.4s%.2s%.2s", text, text + 5, text + 8);
	return strspn(digits, "0123456789") == 8 && sb_date_is_real(digits);
}

int sb_date_years(const char *from, const char *to)
{
	int years = number(to, 4) - number(from, 4);

	/* Born on 29 February: a year older on 1 March where there is no such day, as the comparison of month and day has it. */
	return strncmp(to + 4, from + 4, 4) < 0 ? years - 1 : years;
}

void sb_date_today(char digits[9])
{
	enum { KOREA = 9 * 3600 };
	time_t now = time(NULL) + KOREA;
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(digits, 9, "%Y%m%d", &tm);
}

enum sb_rrn_verdict sb_rrn_check(const char *text, const char *today, char rrn[SB_RRN_TEXT], char birth_date[9])
{
	/* By the digit S. */
	static const char *const centuries[] = {"18", "19", "19", "20", "20", NULL, NULL, NULL, NULL, "18"};
	char digits[14];
	size_t len = strlen(text);
	int s;

	if (len == 14 && text[6] == '-')
		snprintf(digits, sizeof digits, "%.6s%.7s", text, text + 7);
	else if (len == 13)
		memcpy(digits, text, 14);
	else
		return SB_RRN_FORM;
	if (strspn(digits, "0123456789") != 13)
		return SB_RRN_FORM;
	s = digits[6] - '0';
	if (!centuries[s])
		return SB_RRN_FOREIGNER;
	snprintf(birth_date, 9, "%s%.6s", centuries[s], digits);
	if (!sb_date_is_real(birth_date))
		return SB_RRN_DATE;
	if (strcmp(birth_date, today) > 0)
		return SB_RRN_FUTURE;
	snprintf(rrn, SB_RRN_TEXT, "%.6s-%.7s", digits, digits + 6);
	return SB_RRN_OK;
}
