/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "attribute.h"

#include "chance.h"
#include "check.h"

/* The set of an object's attributes, beside an array that does the same in the simplest way: values of all lengths, short ones that stand in the
 * set itself and long ones that do not, set, replaced, removed and copied in an order that is always the same. */

enum { TYPES = 60, LONGEST = SB_ATTRIBUTE_SHORT + 10, STEPS = 20000 };

static struct {
	bool there, secret;
	size_t len;
	uint8_t value[LONGEST];
} model[TYPES];

static void expect_same(const struct sb_attributes *a)
{
	size_t count = 0;
	int before = check_failures;

	for (unsigned type = 0; type < TYPES; type++) {
		const struct sb_attribute *have = sb_attributes_get(a, type);

		count += model[type].there;
		if (!model[type].there) {
			CHECK(!have);
			continue;
		}
		REQUIRE(have);
		CHECK(have->type == type && have->len == model[type].len && have->secret == model[type].secret);
		CHECK(memcmp(have->value, model[type].value, have->len) == 0);
	}
	CHECK_EQ(a->count, count);
	REQUIRE(check_failures == before);
}

static void fill(unsigned type)
{
	model[type].there = true;
	model[type].secret = any_below(4) == 0;
	model[type].len = any_below(LONGEST + 1);
	for (size_t i = 0; i < model[type].len; i++)
		model[type].value[i] = (uint8_t)any_below(256);
}

static void set(struct sb_attributes *a, unsigned type)
{
	fill(type);
	REQUIRE((model[type].secret ? sb_attributes_set_secret : sb_attributes_set)(a, type, model[type].value, model[type].len) == 0);
}

static void set_default(struct sb_attributes *a, unsigned type)
{
	bool was_there = model[type].there;

	if (!was_there) {
		fill(type);
		model[type].secret = false;
	}
	REQUIRE(sb_attributes_default(a, type, was_there ? (const void *)"another" : model[type].value, was_there ? 7 : model[type].len) == 0);
}

/* A value of the set itself, which the change moves away. */
static void set_from_itself(struct sb_attributes *a, unsigned type)
{
	unsigned from = (unsigned)any_below(TYPES);
	const struct sb_attribute *own = sb_attributes_get(a, from);

	if (!own || from == type)
		return;
	REQUIRE(sb_attributes_set(a, type, own->value, own->len) == 0);
	model[type] = model[from];
	model[type].secret = false;
}

static void forget(struct sb_attributes *a, unsigned type)
{
	sb_attributes_remove(a, type);
	model[type].there = false;
}

/* Through a copy and through its bytes; the set goes on with what came back. */
static void go_round(struct sb_attributes *a, unsigned type)
{
	struct sb_attributes copy = {0}, back = {0};
	struct sb_bytes bytes = {0};

	(void)type;
	REQUIRE(sb_attributes_copy(&copy, a) == 0);
	sb_attributes_free(a);
	REQUIRE(sb_attributes_encode(&copy, &bytes) == 0 && sb_attributes_decode(&back, sb_bytes_slice(&bytes)) == 0);
	expect_same(&copy);
	sb_attributes_free(&copy);
	sb_bytes_free(&bytes);
	*a = back;
}

int main(void)
{
	static void (*const steps[])(struct sb_attributes *a, unsigned type) = {set, set, set, set_default, set_from_itself, forget, forget, go_round};
	struct sb_attributes a = {0};

	for (int i = 0; i < STEPS; i++) {
		steps[any_below(sizeof steps / sizeof *steps)](&a, (unsigned)any_below(TYPES));
		expect_same(&a);
	}
	sb_attributes_free(&a);
	CHECK(!a.items && !a.count && !a.room);
	return check_result();
}
