/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_PIN_H
#define SINBUN_PIN_H

#include "base/bytes.h"
#include "base/configuration.h"

/* What a PIN may be. Pure functions; the rules are rows. */

struct sb_pin_policy {
	enum sb_profile profile;
	enum sb_pin_profile pin_profile;
	const char *birth_date; /* YYYYMMDD, or NULL when the token does not know it */
};

/* SB_OK; SB_E_PIN_LENGTH or SB_E_PIN_RULE with the rule in *rule (CKV_SINBUN_RULE_*). */
int sb_pin_check(const struct sb_pin_policy *policy, struct sb_slice pin, unsigned long *rule);
/* The PUK: SB_PUK_MIN to SB_PUK_MAX bytes, else SB_E_PIN_LENGTH, likewise. */
int sb_pin_check_puk(struct sb_slice puk, unsigned long *rule);
/* A calendar date between 1850 and 2150, eight digits YYYYMMDD. */
bool sb_pin_is_date(const char date[8]);

/* Tries used, as one row of the store. Damaged or absent: the PIN counts as locked, the PUK still works. */
enum { SB_TRIES_ROW = 2 + 16 };
struct sb_tries {
	uint8_t used[2]; /* PIN, PUK: index SB_SEAL_PIN, SB_SEAL_PUK */
	bool damaged;
};
/* key: K_pub of the token. It tells accidents, not attackers: who can write the file can also put an old one back. */
int sb_tries_encode(const struct sb_tries *tries, struct sb_slice key, uint8_t row[SB_TRIES_ROW]);
void sb_tries_decode(struct sb_slice row, struct sb_slice key, struct sb_tries *tries);

#endif
