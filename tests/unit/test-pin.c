/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "base/error.h"
#include "check.h"
#include "pin.h"
#include "sinbun-pkcs11.h"

struct row {
	const char *pin;
	unsigned long standard, strict;
};

enum { NONE = CKV_SINBUN_RULE_NONE, LENGTH = CKV_SINBUN_RULE_LENGTH, SEQ = CKV_SINBUN_RULE_SEQUENCE, REP = CKV_SINBUN_RULE_REPEAT,
	BIRTH = CKV_SINBUN_RULE_BIRTH_DATE };

/* Birth date 1990-01-23. */
static const struct row rows[] = {
	{"274916", NONE, NONE},   {"27491", LENGTH, LENGTH}, {"2749167", LENGTH, LENGTH}, {"27491a", LENGTH, LENGTH},
	{"", LENGTH, LENGTH},     {"123475", SEQ, SEQ},      {"551234", SEQ, SEQ},        {"432175", SEQ, SEQ},
	{"123795", NONE, SEQ},    {"907890", NONE, SEQ},      {"890152", NONE, NONE},      {"111121", REP, REP},
	{"121311", REP, REP},     {"111523", NONE, REP},     {"151612", NONE, NONE},      {"900123", BIRTH, BIRTH},
	{"199001", BIRTH, BIRTH}, {"230190", BIRTH, BIRTH},  {"012390", BIRTH, BIRTH},    {"901230", SEQ, SEQ},
};

static void rules(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (int strict = 0; strict <= 1; strict++) {
			struct sb_pin_policy policy = {SB_PROFILE_IDENTITY, strict ? SB_PIN_STRICT : SB_PIN_STANDARD, "19900123"};
			unsigned long rule, want = strict ? rows[i].strict : rows[i].standard;
			int rc = sb_pin_check(&policy, sb_slice(rows[i].pin, strlen(rows[i].pin)), &rule);

			if (rule != want)
				fprintf(stderr, "PIN %s, strict %d: rule %lu, not %lu\n", rows[i].pin, strict, rule, want);
			CHECK(rule == want);
			CHECK_EQ(rc, want == NONE ? SB_OK : want == LENGTH ? SB_E_PIN_LENGTH : SB_E_PIN_RULE);
		}
	}
}

static void general_profile_counts_only(void)
{
	struct sb_pin_policy policy = {SB_PROFILE_GENERAL, SB_PIN_STANDARD, "19900123"};
	char long_pin[66];
	unsigned long rule;

	memset(long_pin, 'x', sizeof long_pin);
	CHECK_EQ(sb_pin_check(&policy, sb_slice("111111", 6), &rule), SB_OK);
	CHECK_EQ(sb_pin_check(&policy, sb_slice("abcde", 5), &rule), SB_E_PIN_LENGTH);
	CHECK_EQ(sb_pin_check(&policy, sb_slice(long_pin, 64), &rule), SB_OK);
	CHECK_EQ(sb_pin_check(&policy, sb_slice(long_pin, 65), &rule), SB_E_PIN_LENGTH);
	CHECK_EQ(sb_pin_check_puk(sb_slice(long_pin, 7), &rule), SB_E_PIN_LENGTH);
	CHECK_EQ(rule, CKV_SINBUN_RULE_LENGTH);
	CHECK_EQ(sb_pin_check_puk(sb_slice(long_pin, 8), &rule), SB_OK);
}

static void dates(void)
{
	CHECK(sb_pin_is_date("20240229"));
	CHECK(!sb_pin_is_date("20230229"));
	CHECK(!sb_pin_is_date("19000229"));
	CHECK(!sb_pin_is_date("19901301"));
	CHECK(!sb_pin_is_date("19900100"));
	CHECK(!sb_pin_is_date("1990o101"));
}

static void damaged_tries_lock_the_pin(void)
{
	static const uint8_t key[32] = {9};
	struct sb_tries tries = {.used = {2, 3}}, back;
	uint8_t row[SB_TRIES_ROW];

	CHECK_EQ(sb_tries_encode(&tries, sb_slice(key, 32), row), SB_OK);
	sb_tries_decode(sb_slice(row, sizeof row), sb_slice(key, 32), &back);
	CHECK(!back.damaged && back.used[0] == 2 && back.used[1] == 3);
	for (size_t i = 0; i < sizeof row; i++) {
		row[i] ^= 1;
		sb_tries_decode(sb_slice(row, sizeof row), sb_slice(key, 32), &back);
		CHECK(back.damaged);
		row[i] ^= 1;
	}
	sb_tries_decode(sb_slice(row, 0), sb_slice(key, 32), &back);
	CHECK(back.damaged);
}

int main(void)
{
	rules();
	general_profile_counts_only();
	dates();
	damaged_tries_lock_the_pin();
	return check_result();
}
