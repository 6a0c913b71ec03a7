/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/korea.h"

bool korea_tm(int64_t seconds, struct tm *tm)
{
	time_t at = (time_t)seconds;

	return !__builtin_add_overflow(at, KOREA, &at) && gmtime_r(&at, tm) && tm->tm_year > -1900 && tm->tm_year < 8000;
}

void korea_time(int64_t seconds, char out[KOREA_TIME])
{
	struct tm tm;

	*out = 0;
	if (korea_tm(seconds, &tm))
		strftime(out, KOREA_TIME, "%Y-%m-%d %H:%M:%S KST", &tm);
}

void korea_day(int64_t seconds, char out[KOREA_DAY])
{
	struct tm tm;

	*out = 0;
	if (korea_tm(seconds, &tm))
		strftime(out, KOREA_DAY, "%Y-%m-%d", &tm);
}
