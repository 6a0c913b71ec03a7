/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_PHONE_H
#define SINBUN_PHONE_H

#include <stdbool.h>

#include "common/failure.h"

/* Korean mobile phones (010-XXXX-XXXX) and their carriers. */
enum { SB_PHONE_TEXT = 14, SB_PHONE_E164 = 14 };

/* Takes 010-XXXX-XXXX, 010XXXXXXXX, +82-10-XXXX-XXXX, +82 10…, +82(0)10…, with hyphens, dots, blanks and brackets where people put them;
 * writes 010-XXXX-XXXX. False for anything else: another country, a landline, 011, too few digits. */
bool sb_phone_read(const char *text, char phone[SB_PHONE_TEXT]);
/* 010-XXXX-XXXX to +8210XXXXXXXX. */
void sb_phone_e164(const char phone[SB_PHONE_TEXT], char out[SB_PHONE_E164]);
/* The same phone, however it is written; false where either is none. */
bool sb_phone_same(const char *a, const char *b);
/* 010-1234-****; "" for what is no phone. */
void sb_phone_mask(const char *text, char out[SB_PHONE_TEXT]);

struct sb_carrier {
	const char *code;     /* SKT, KT, LGU, SKT_MVNO, KT_MVNO, LGU_MVNO */
	const char *network;  /* the code of the carrier whose network it is: the same but for an MVNO */
	const char *label;    /* English; translate with _() */
};
/* NULL: there is no such code. Rows for lists: sb_carriers[0] … until code NULL. */
const struct sb_carrier *sb_carrier_find(const char *code);
extern const struct sb_carrier sb_carriers[];

/* A line as it is entered, and as it is known: any text may be NULL where it is not known, then it is not compared. */
struct sb_line {
	const char *phone, *carrier, *owner;
};
/* SB_EXIT_OK, or SB_EXIT_DATA: "bad_phone" (field phone), "bad_carrier" (no such code), "carrier_mismatch" (field carrier; rule "mvno" where
 * only MVNO and its network were mixed up), "mismatch" (phone: another number), "not_owner" (field phone: not in one's own name). */
int sb_line_check(const struct sb_line *entered, const struct sb_line *known, struct sb_failure *f);

#endif
