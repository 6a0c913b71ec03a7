/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_ADMIN_KOREA_H
#define SINBUN_ADMIN_KOREA_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* Times and days in what a registrar reads are Korea's, wherever the machine is; the zone stands beside a time. */

enum { KOREA = 9 * 3600 /* seconds ahead of UTC; there is no summer time */, KOREA_TIME = 32, KOREA_DAY = 16 };

/* seconds since 1970; false for what is no time. */
bool korea_tm(int64_t seconds, struct tm *tm);
/* "2026-11-26 14:03:59 KST", "2026-11-26"; "" for what is no time. */
void korea_time(int64_t seconds, char out[KOREA_TIME]);
void korea_day(int64_t seconds, char out[KOREA_DAY]);

#endif
