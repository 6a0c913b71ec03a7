/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "pin.h"

#include <string.h>

#include "base/error.h"
#include "crypto/digest.h"
#include "sinbun-pkcs11.h"

enum { IDENTITY_LENGTH = 6, GENERAL_MIN = 6, GENERAL_MAX = 64, PUK_MIN = 8, PUK_MAX = 64 };

static bool digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* Longest run in which each digit differs from the one before by step. No wrap at 9 and 0. */
static size_t longest_run(struct sb_slice pin, int step)
{
	size_t run = 1, longest = 1;

	for (size_t i = 1; i < pin.len; i++) {
		run = pin.data[i] - pin.data[i - 1] == step ? run + 1 : 1;
		if (run > longest)
			longest = run;
	}
	return longest;
}

static bool breaks_length(const struct sb_pin_policy *policy, struct sb_slice pin)
{
	(void)policy;
	if (pin.len != IDENTITY_LENGTH)
		return true;
	for (size_t i = 0; i < pin.len; i++)
		if (!digit(pin.data[i]))
			return true;
	return false;
}

static bool breaks_general_length(const struct sb_pin_policy *policy, struct sb_slice pin)
{
	(void)policy;
	return pin.len < GENERAL_MIN || pin.len > GENERAL_MAX;
}

/* The article says "more than 3 consecutive": 4 are too many. The usual Korean reading, "3 or more", is the strict profile. */
static bool breaks_sequence(const struct sb_pin_policy *policy, struct sb_slice pin)
{
	size_t most = policy->pin_profile == SB_PIN_STRICT ? 2 : 3;

	return longest_run(pin, 1) > most || longest_run(pin, -1) > most;
}

static bool breaks_repeat(const struct sb_pin_policy *policy, struct sb_slice pin)
{
	unsigned count[10] = {0};

	if (policy->pin_profile == SB_PIN_STRICT && longest_run(pin, 0) > 2)
		return true;
	for (size_t i = 0; i < pin.len; i++)
		if (++count[pin.data[i] - '0'] > 3)
			return true;
	return false;
}

static bool breaks_birth_date(const struct sb_pin_policy *policy, struct sb_slice pin)
{
	/* Positions in YYYYMMDD. */
	static const uint8_t forms[][IDENTITY_LENGTH] = {
		{2, 3, 4, 5, 6, 7}, /* YYMMDD */
		{0, 1, 2, 3, 4, 5}, /* YYYYMM */
		{6, 7, 4, 5, 2, 3}, /* DDMMYY */
		{4, 5, 6, 7, 2, 3}, /* MMDDYY */
	};
	bool found = false;

	if (!policy->birth_date)
		return false;
	for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
		uint8_t form[IDENTITY_LENGTH];

		for (size_t i = 0; i < IDENTITY_LENGTH; i++)
			form[i] = (uint8_t)policy->birth_date[forms[f][i]];
		found |= sb_equal_ct(form, pin.data, IDENTITY_LENGTH);
		sb_wipe(form, sizeof form);
	}
	return found;
}

static const struct {
	enum sb_profile profile;
	bool (*breaks)(const struct sb_pin_policy *policy, struct sb_slice pin);
	unsigned long rule;
	int error;
} rules[] = {
	{SB_PROFILE_IDENTITY, breaks_length, CKV_SINBUN_RULE_LENGTH, SB_E_PIN_LENGTH},
	{SB_PROFILE_IDENTITY, breaks_birth_date, CKV_SINBUN_RULE_BIRTH_DATE, SB_E_PIN_RULE},
	{SB_PROFILE_IDENTITY, breaks_sequence, CKV_SINBUN_RULE_SEQUENCE, SB_E_PIN_RULE},
	{SB_PROFILE_IDENTITY, breaks_repeat, CKV_SINBUN_RULE_REPEAT, SB_E_PIN_RULE},
	{SB_PROFILE_GENERAL, breaks_general_length, CKV_SINBUN_RULE_LENGTH, SB_E_PIN_LENGTH},
};

int sb_pin_check(const struct sb_pin_policy *policy, struct sb_slice pin, unsigned long *rule)
{
	*rule = CKV_SINBUN_RULE_NONE;
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (rules[i].profile == policy->profile && rules[i].breaks(policy, pin)) {
			*rule = rules[i].rule;
			return rules[i].error;
		}
	return SB_OK;
}

int sb_pin_check_puk(struct sb_slice puk, unsigned long *rule)
{
	bool fits = puk.len >= PUK_MIN && puk.len <= PUK_MAX;

	*rule = fits ? CKV_SINBUN_RULE_NONE : CKV_SINBUN_RULE_LENGTH;
	return fits ? SB_OK : SB_E_PIN_LENGTH;
}

static int number(const char *digits, size_t len)
{
	int n = 0;

	for (size_t i = 0; i < len; i++) {
		if (!digit((uint8_t)digits[i]))
			return -1;
		n = 10 * n + digits[i] - '0';
	}
	return n;
}

bool sb_pin_is_date(const char date[8])
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year = number(date, 4), month = number(date + 4, 2), day = number(date + 6, 2);
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	if (year < 1850 || year > 2150 || month < 1 || month > 12 || day < 1)
		return false;
	return day <= days[month - 1] + (month == 2 && leap);
}

static int tries_mac(const uint8_t *used, struct sb_slice key, uint8_t mac[32])
{
	struct sb_slice pieces[] = {sb_slice("tries", 5), sb_slice(used, 2)};

	return sb_mac_pieces(key, pieces, 2, mac);
}

int sb_tries_encode(const struct sb_tries *tries, struct sb_slice key, uint8_t row[SB_TRIES_ROW])
{
	uint8_t mac[32];
	int rc;

	memcpy(row, tries->used, 2);
	rc = tries_mac(row, key, mac);
	memcpy(row + 2, mac, SB_TRIES_ROW - 2);
	return rc;
}

void sb_tries_decode(struct sb_slice row, struct sb_slice key, struct sb_tries *tries)
{
	uint8_t mac[32];

	*tries = (struct sb_tries){.damaged = true};
	if (row.len != SB_TRIES_ROW || tries_mac(row.data, key, mac) != SB_OK ||
		!sb_equal_ct(row.data + 2, mac, SB_TRIES_ROW - 2))
		return;
	memcpy(tries->used, row.data, 2);
	tries->damaged = false;
}
