/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_RRN_H
#define SINBUN_RRN_H

#include <stdbool.h>
#include <stddef.h>

/* The resident registration number (주민등록번호): YYMMDD-SNNNNNN. Numbers given since October 2020 have random digits after S, so the old
 * check digit says nothing and is not looked at. */
enum sb_rrn_verdict { SB_RRN_OK, SB_RRN_FORM, SB_RRN_FOREIGNER, SB_RRN_DATE, SB_RRN_FUTURE };
enum { SB_RRN_TEXT = 15 }; /* "YYMMDD-SNNNNNN" and its end */

/* Takes 13 digits with or without the hyphen; writes the hyphenated form and the birth date YYYYMMDD (S: 1 2 → 19, 3 4 → 20, 9 0 → 18). today:
 * YYYYMMDD. */
enum sb_rrn_verdict sb_rrn_check(const char *text, const char *today, char rrn[SB_RRN_TEXT], char birth_date[9]);
/* A calendar date; text is YYYYMMDD. */
bool sb_date_is_real(const char *digits);
/* "YYYY-MM-DD" to YYYYMMDD; false when it is no calendar date. */
bool sb_date_parse(const char *text, char digits[9]);
/* Full years between two dates YYYYMMDD (Korean 만 나이). */
int sb_date_years(const char *from, const char *to);
/* Today in Korea (UTC+9), YYYYMMDD: a birthday is one there, wherever the machine's clock thinks it stands. */
void sb_date_today(char digits[9]);

#endif
