/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "formats/cbor.h"
#include "formats/cose.h"
#include "formats/mdoc.h"
#include "formats/mdoc_private.h"
#include "fuzz.h"

/* CBOR and COSE: whatever comes, every item lies within what came, the items of a container fill it, and no key stands twice. */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static bool within(struct sb_slice outer, struct sb_slice inner)
{
	return inner.data >= outer.data && inner.data + inner.len <= outer.data + outer.len;
}

static void walk(const struct sb_cbor_item *item, unsigned depth)
{
	struct sb_slice in = sb_cbor_enter(item);
	struct sb_cbor_item inner;
	uint64_t count = item->type == SB_CBOR_MAP ? 2 * item->value : item->type == SB_CBOR_ARRAY ? item->value : 1;
	int64_t number;

	FUZZ_REQUIRE(depth <= SB_CBOR_DEPTH + 1);
	if (item->type == SB_CBOR_BYTES || item->type == SB_CBOR_TEXT)
		FUZZ_REQUIRE(within(item->whole, item->bytes) && item->bytes.len == item->value);
	if (item->type != SB_CBOR_ARRAY && item->type != SB_CBOR_MAP && item->type != SB_CBOR_TAG)
		return;
	for (uint64_t i = 0; i < count; i++) {
		FUZZ_REQUIRE(sb_cbor_next(&in, &inner) == SB_OK && within(item->whole, inner.whole));
		if (item->type == SB_CBOR_MAP && i % 2 == 0 && sb_cbor_int(&inner, &number) == SB_OK) {
			struct sb_cbor_item value;

			FUZZ_REQUIRE(sb_cbor_map_get(item, number, &value) == SB_OK && value.whole.data == in.data);
		}
		walk(&inner, depth + 1);
	}
	FUZZ_REQUIRE(in.len == 0);
}

static void as_value(struct sb_slice data)
{
	json_t *json = sb_mdoc_value_json(data);
	struct sb_bytes again = {0};

	if (json)
		FUZZ_REQUIRE(sb_mdoc_put_json(&again, json) == SB_OK);
	json_decref(json);
	sb_bytes_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sb_slice in = sb_slice(data, size);
	struct sb_cbor_item item;
	struct sb_cose_sign1 sign1;
	struct sb_cose_mac0 mac0;
	uint8_t point[65];
	int64_t seconds;

	if (sb_cbor_only(in, &item) == SB_OK) {
		FUZZ_REQUIRE(item.whole.data == data && item.whole.len == size);
		walk(&item, 0);
		as_value(in);
		sb_cose_key_read(&item, point);
		mdoc_read_time(&item, &seconds);
	}
	for (enum sb_cose_form form = SB_COSE_TAGGED; form <= SB_COSE_DETACHED; form++) {
		if (sb_cose_sign1_parse_as(in, form, &sign1) == SB_OK)
			FUZZ_REQUIRE(within(in, sign1.protected_bytes) && (form == SB_COSE_DETACHED || within(in, sign1.payload)));
		if (sb_cose_mac0_parse(in, form, &mac0) == SB_OK)
			FUZZ_REQUIRE(within(in, mac0.protected_bytes));
	}
	return 0;
}

bool fuzz_seed(unsigned number, struct sb_bytes *out)
{
#define ZERO16 "00000000000000000000000000000000"
	static const char *const seeds[] = {
		"a5018318211903e8f520d2844101a04302030440636b657963ec9b90f83bd81841a04102a1f4f6",
		"d28443a10126a0f65840" ZERO16 ZERO16 ZERO16 ZERO16,
		"8443a10126a1182141005840" ZERO16 ZERO16 ZERO16 ZERO16,
		"8443a10126a0f65840" ZERO16 ZERO16 ZERO16 ZERO16,
		"8443a10105a0f65820" ZERO16 ZERO16,
		"c074323032372d30312d31355430373a35383a32305a",
		"d903ec6a323032302d30322d3239",
		"a27576656869636c655f63617465676f72795f636f646561426a69737375655f64617465d903ec6a323031382d30382d3039",
		"a401022001215820" "65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d" "225820"
		"1e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c",
	};

	return number < sizeof seeds / sizeof *seeds && sb_hex_decode(seeds[number], strlen(seeds[number]), out) == SB_OK;
}
