/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "chance.h"
#include "check.h"
#include "token_rows.h"

/* What is known of the rows, beside a list that is gone through from one end to the other: records come, change and go, and are looked for under their
 * keys, which are few, so that many stand under each. */

enum { RECORDS = 600, KEYS = 24, EACH = 5, STEPS = 6000 };

static struct {
	bool stands, is_private;
	bool under[KEYS];
} model[RECORDS + 1]; /* by seq */

/* Some begin with the same byte, and stand close together; two differ in the last byte that counts. */
static void make_key(int n, uint8_t key[SB_STORE_KEY])
{
	memset(key, 0x5a, SB_STORE_KEY);
	key[0] = (uint8_t)(n < 8 ? 0x80 : n * 10);
	key[7] = (uint8_t)n;
}

static void add(struct token_rows *rows, int seq)
{
	struct sb_record r = {.seq = seq, .is_private = any_below(2)};
	uint8_t key[SB_STORE_KEY];
	bool side;

	memset(r.id, seq & 0xff, sizeof r.id);
	r.id[0] = (uint8_t)(seq >> 8);
	REQUIRE(token_rows_add(rows, &r) == SB_OK);
	memset(&model[seq], 0, sizeof model[seq]);
	model[seq].stands = true;
	model[seq].is_private = r.is_private;
	for (int i = 0; i < EACH; i++) {
		int n = (int)any_below(KEYS);

		if (model[seq].under[n])
			continue;
		model[seq].under[n] = true;
		make_key(n, key);
		REQUIRE(token_rows_index(rows, key, seq, &side) == SB_OK);
		CHECK_EQ(side, r.is_private);
	}
}

static void step(struct token_rows *rows)
{
	int seq = 1 + (int)any_below(RECORDS);

	if (!model[seq].stands || any_below(4) == 0)
		add(rows, seq); /* anew, or in place of what stands there */
	else if (any_below(2)) {
		token_rows_remove(rows, seq);
		model[seq].stands = false;
	}
}

static void compare(const struct token_rows *rows, const struct sb_bytes *numbers, int a, int b, int side)
{
	const uint32_t *n = (const uint32_t *)(const void *)numbers->data;
	bool found[RECORDS + 1] = {0};

	for (size_t i = 0; i < numbers->len / sizeof *n; i++) {
		const struct token_row *row = token_rows_at(rows, n[i]);

		CHECK(!found[row->seq]);
		found[row->seq] = true;
		CHECK_EQ(row->is_private, model[row->seq].is_private);
		CHECK_EQ(row->id[0] << 8 | row->id[1], row->seq);
	}
	for (int seq = 1; seq <= RECORDS; seq++) {
		bool wanted = model[seq].stands && (a < 0 || model[seq].under[a]) && (b < 0 || model[seq].under[b]) &&
			      (side < 0 || model[seq].is_private == (side == 1));

		CHECK_EQ(found[seq], wanted);
	}
}

static void look(struct token_rows *rows)
{
	int a = (int)any_below(KEYS), b = (int)any_below(KEYS);
	struct sb_bytes numbers = {0};
	uint8_t key[SB_STORE_KEY];
	bool any;

	make_key(a, key);
	REQUIRE(token_rows_under(rows, key, &numbers) == SB_OK);
	compare(rows, &numbers, a, -1, -1);
	REQUIRE(token_rows_any(rows, key, &any) == SB_OK);
	CHECK(any || !numbers.len);
	make_key(b, key);
	REQUIRE(token_rows_narrow(rows, key, &numbers) == SB_OK);
	compare(rows, &numbers, a, b, -1);
	numbers.len = 0;
	for (int side = 0; side < 2; side++) {
		REQUIRE(token_rows_all(rows, side, &numbers) == SB_OK);
		compare(rows, &numbers, -1, -1, side);
		CHECK_EQ(token_rows_has(rows, side), numbers.len > 0);
		numbers.len = 0;
	}
	make_key(KEYS + 1, key);
	REQUIRE(token_rows_under(rows, key, &numbers) == SB_OK && numbers.len == 0);
	REQUIRE(token_rows_any(rows, key, &any) == SB_OK && !any);
	sb_bytes_free(&numbers);
}

static void changes(unsigned between)
{
	struct token_rows *rows = token_rows_new();

	REQUIRE(rows);
	memset(model, 0, sizeof model);
	look(rows);
	for (int i = 0; i < STEPS; i++) {
		step(rows);
		REQUIRE(token_rows_tidy(rows) == SB_OK);
		if (any_below(between) == 0)
			look(rows);
	}
	look(rows);
	token_rows_free(&rows);
	CHECK(!rows);
}

/* In the order of a walk through the store: nothing is left to be put in order. Then what points to nothing, and a row that is no record. */
static void a_walk(void)
{
	struct token_rows *rows = token_rows_new();
	struct sb_bytes numbers = {0};
	uint8_t key[SB_STORE_KEY] = {0};
	bool side;

	REQUIRE(rows);
	for (int seq = 1; seq <= 3; seq++)
		REQUIRE(token_rows_add(rows, &(struct sb_record){.seq = seq * 1000000007LL, .is_private = seq == 2, .malformed = seq == 3}) == SB_OK);
	for (int i = 0; i < 300; i++) {
		key[1] = (uint8_t)(i >> 8);
		key[2] = (uint8_t)i;
		REQUIRE(token_rows_index(rows, key, (1 + i % 3) * 1000000007LL, &side) == SB_OK);
		CHECK_EQ(side, i % 3 == 1);
		CHECK_EQ(token_rows_index(rows, key, 5, &side), SB_E_NOT_FOUND);
	}
	for (int i = 0; i < 300; i++) {
		key[1] = (uint8_t)(i >> 8);
		key[2] = (uint8_t)i;
		numbers.len = 0;
		REQUIRE(token_rows_under(rows, key, &numbers) == SB_OK);
		CHECK_EQ(numbers.len / sizeof(uint32_t), i % 3 < 2); /* never the malformed one */
	}
	CHECK(token_rows_has(rows, false) && token_rows_has(rows, true));
	token_rows_remove(rows, 2 * 1000000007LL);
	token_rows_remove(rows, 2 * 1000000007LL);
	token_rows_remove(rows, 3 * 1000000007LL);
	token_rows_remove(rows, 77);
	CHECK(token_rows_has(rows, false) && !token_rows_has(rows, true));
	sb_bytes_free(&numbers);
	token_rows_free(&rows);
}

/* Numbers that are alike in their lower bits, as a stranger would choose them: each is found in few steps, or this takes minutes. */
static void numbers_alike(void)
{
	enum { ALIKE = 200000 };
	struct token_rows *rows = token_rows_new();
	uint8_t key[SB_STORE_KEY] = {0};
	bool side;

	REQUIRE(rows);
	for (int64_t i = 0; i < ALIKE; i++)
		REQUIRE(token_rows_add(rows, &(struct sb_record){.seq = (int64_t)((uint64_t)i << 46 | 77), .is_private = true}) == SB_OK);
	for (int64_t i = 0; i < ALIKE; i++)
		REQUIRE(token_rows_index(rows, key, (int64_t)((uint64_t)i << 46 | 77), &side) == SB_OK);
	token_rows_free(&rows);
}

/* A long life: what is gone does not stay, and what stands keeps its place. */
static void what_is_gone_goes(void)
{
	struct token_rows *rows = token_rows_new();
	struct sb_bytes numbers = {0};
	uint8_t key[SB_STORE_KEY] = {0};
	uint32_t most = 0;
	bool side;

	REQUIRE(rows);
	for (int seq = 1; seq <= 100000; seq++) {
		REQUIRE(token_rows_add(rows, &(struct sb_record){.seq = seq}) == SB_OK);
		key[0] = (uint8_t)seq;
		REQUIRE(token_rows_index(rows, key, seq, &side) == SB_OK);
		if (seq % 1000)
			token_rows_remove(rows, seq);
		REQUIRE(token_rows_tidy(rows) == SB_OK);
	}
	for (int i = 0; i < 256; i++) {
		numbers.len = 0;
		key[0] = (uint8_t)i;
		REQUIRE(token_rows_under(rows, key, &numbers) == SB_OK);
		for (size_t n = 0; n < numbers.len / sizeof(uint32_t); n++) {
			uint32_t number = ((uint32_t *)(void *)numbers.data)[n];

			CHECK_EQ(token_rows_at(rows, number)->seq % 1000, 0);
			CHECK_EQ(token_rows_at(rows, number)->seq & 0xff, i);
			most = number > most ? number : most;
		}
	}
	CHECK(most < 3000);
	numbers.len = 0;
	REQUIRE(token_rows_all(rows, false, &numbers) == SB_OK);
	CHECK_EQ(numbers.len / sizeof(uint32_t), 100);
	sb_bytes_free(&numbers);
	token_rows_free(&rows);
}

int main(void)
{
	changes(1);
	changes(40);
	changes(1000);
	a_walk();
	numbers_alike();
	what_is_gone_goes();
	return check_result();
}
