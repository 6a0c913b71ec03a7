/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <unistd.h>

#include "base/codec.h"
#include "base/error.h"
#include "check.h"
#include "formats/cbor.h"

static void from_hex(const char *hex, struct sb_bytes *out)
{
	REQUIRE(sb_hex_decode(hex, strlen(hex), out) == SB_OK);
}

/* The item is copied to a block of exactly its size, so that a read beyond it is seen by the sanitizers. */
static int only(const void *data, size_t len)
{
	struct sb_cbor_item item;
	uint8_t *copy = malloc(len ? len : 1);
	int rc;

	REQUIRE(copy);
	if (len)
		memcpy(copy, data, len);
	rc = sb_cbor_only(sb_slice(copy, len), &item);
	free(copy);
	return rc;
}

static int only_hex(const char *hex)
{
	struct sb_bytes data = {0};
	int rc;

	from_hex(hex, &data);
	rc = only(data.data, data.len);
	sb_bytes_free(&data);
	return rc;
}

static void heads_are_read_in_every_width(void)
{
	static const struct {
		const char *hex;
		enum sb_cbor_type type;
		uint64_t value;
	} rows[] = {
		{"00", SB_CBOR_UINT, 0}, {"17", SB_CBOR_UINT, 23}, {"1818", SB_CBOR_UINT, 24}, {"18ff", SB_CBOR_UINT, 255},
		{"190100", SB_CBOR_UINT, 256}, {"1a00010000", SB_CBOR_UINT, 65536}, {"1b0000000100000000", SB_CBOR_UINT, 1ULL << 32},
		{"1bffffffffffffffff", SB_CBOR_UINT, UINT64_MAX}, {"20", SB_CBOR_NEGATIVE, 0}, {"3903e7", SB_CBOR_NEGATIVE, 999},
		/* Longer than needed: wallets write that, so it is read. */
		{"1800", SB_CBOR_UINT, 0}, {"1b0000000000000005", SB_CBOR_UINT, 5},
		{"40", SB_CBOR_BYTES, 0}, {"4401020304", SB_CBOR_BYTES, 4}, {"590001ff", SB_CBOR_BYTES, 1}, {"63ed998d", SB_CBOR_TEXT, 3},
		{"80", SB_CBOR_ARRAY, 0}, {"820102", SB_CBOR_ARRAY, 2}, {"a0", SB_CBOR_MAP, 0}, {"a10102", SB_CBOR_MAP, 1},
		{"c100", SB_CBOR_TAG, 1}, {"d81800", SB_CBOR_TAG, 24}, {"f4", SB_CBOR_SIMPLE, SB_CBOR_FALSE},
		{"f5", SB_CBOR_SIMPLE, SB_CBOR_TRUE}, {"f6", SB_CBOR_SIMPLE, SB_CBOR_NULL}, {"f83b", SB_CBOR_SIMPLE, 59},
		{"f8ff", SB_CBOR_SIMPLE, 255},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sb_bytes data = {0};
		struct sb_cbor_item item;
		struct sb_slice in;

		from_hex(rows[i].hex, &data);
		in = sb_bytes_slice(&data);
		CHECK_EQ(sb_cbor_next(&in, &item), SB_OK);
		CHECK_EQ(item.type, rows[i].type);
		CHECK(item.value == rows[i].value);
		CHECK(in.len == 0 && item.whole.data == data.data && item.whole.len == data.len);
		sb_bytes_free(&data);
	}
}

/* A bit of everything that is allowed: {1: [33, 1000, true], -1: 18([h'01', {}, h'020304', h'']), "key": "원", simple(59): 24(h'a0'),
 * h'02': {false: null}} */
static const char everything[] = "a5"
				 "018318211903e8f5"
				 "20d2844101a04302030440"
				 "636b657963ec9b90"
				 "f83bd81841a0"
				 "4102a1f4f6";

static void truncations_and_trailing_bytes_are_refused(void)
{
	struct sb_bytes data = {0};

	from_hex(everything, &data);
	CHECK_EQ(only(data.data, data.len), SB_OK);
	for (size_t len = 0; len < data.len; len++)
		CHECK_EQ(only(data.data, len), SB_E_FORMAT);
	REQUIRE(sb_bytes_append_byte(&data, 0) == SB_OK);
	CHECK_EQ(only(data.data, data.len), SB_E_FORMAT);
	sb_bytes_free(&data);
}

static void what_has_no_place_is_refused(void)
{
	static const char *const bad[] = {
		"", "ff",
		"5f4101ff", "7f6161ff", "9fff", "9f01ff", "bfff", "bf0102ff", "df00", "1f", "3f00", /* indefinite lengths, and 31 where there are none */
		"1c", "1d00", "1e0000", "3c", "5c", "7d", "9e", "bc", "dd", "fc", "fd", "fe",       /* reserved */
		"f90000", "f93c00", "fa47c35000", "fb3ff199999999999a",                            /* floats */
		"f800", "f814", "f81f",                                                            /* simple values below 32 in two bytes */
		"c0", "d818", "81", "a101",                                                        /* nothing inside */
		"a10102ff", "0000",                                                                /* something behind */
		"61ff", "62c080", "63eda080", "64f4908080", "62c328", "61c3", "a161ff00", "8161ff", /* not UTF-8 */
		"82016180",
		"5affffffff", "5bffffffffffffffff", "5b8000000000000000", "5b7fffffffffffffff00", "7bffffffffffffffff", /* huge lengths */
		"9affffffff", "9bffffffffffffffff", "baffffffff", "bbffffffffffffffff", "9b0000000100000000",
		"bb8000000000000000", "9b000000000000000200",
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (only_hex(bad[i]) != SB_E_FORMAT) {
			fprintf(stderr, "%s was not refused\n", bad[i]);
			check_failures++;
		}
}

static void a_key_stands_once(void)
{
	static const char *const twice[] = {
		"a201000100", "a20100180100", "a2180100" "1b000000000000000100", /* by value, in any width */
		"a220002000", "a220003800" "00", "a2616100616100", "a2616100" "780161" "00", "a241010041" "0100", "a24101005801" "0100",
		"a2f400f400", "a2f83b00f83b00", "a28101008101" "00", "a2c10100c10100", "a301000200" "0100",
		"a101a201000100", "81a201000100", "d818a201000100", "a1a20100010000",
	};
	static const char *const once[] = {
		"a201002000", "a20100610100", "a241610061" "6100", "a2f40000f5", "a2f400f500", "a10101", "a201a1010002a10100", "a28101008102" "00",
	};

	for (size_t i = 0; i < sizeof twice / sizeof *twice; i++)
		if (only_hex(twice[i]) != SB_E_FORMAT) {
			fprintf(stderr, "%s: the repeated key was not refused\n", twice[i]);
			check_failures++;
		}
	for (size_t i = 0; i < sizeof once / sizeof *once; i++)
		if (only_hex(once[i]) != SB_OK) {
			fprintf(stderr, "%s was refused\n", once[i]);
			check_failures++;
		}
}

/* So many heads, one inside the other, around a zero. */
static int nested(uint8_t head, const char *key, size_t depth)
{
	struct sb_bytes data = {0};
	int rc;

	for (size_t i = 0; i < depth; i++) {
		REQUIRE(sb_bytes_append_byte(&data, head) == SB_OK);
		REQUIRE(sb_bytes_append_text(&data, key) == SB_OK);
	}
	REQUIRE(sb_bytes_append_byte(&data, 0) == SB_OK);
	rc = only(data.data, data.len);
	sb_bytes_free(&data);
	return rc;
}

static void depth_is_bounded(void)
{
	static const struct {
		uint8_t head;
		const char *key;
	} rows[] = {{0x81, ""}, {0xa1, "\x01"}, {0xc1, ""}};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		CHECK_EQ(nested(rows[i].head, rows[i].key, SB_CBOR_DEPTH), SB_OK);
		CHECK_EQ(nested(rows[i].head, rows[i].key, SB_CBOR_DEPTH + 1), SB_E_FORMAT);
		CHECK_EQ(nested(rows[i].head, rows[i].key, 1000000), SB_E_FORMAT);
	}
}

/* Arrays of so many zeros, in an array of their own. */
static int of_items(size_t arrays, size_t each)
{
	struct sb_bytes data = {0};
	int rc;

	REQUIRE(sb_cbor_put_head(&data, SB_CBOR_ARRAY, arrays) == SB_OK);
	for (size_t i = 0; i < arrays; i++) {
		uint8_t *zeros;

		REQUIRE(sb_cbor_put_head(&data, SB_CBOR_ARRAY, each) == SB_OK);
		zeros = sb_bytes_extend(&data, each);
		REQUIRE(zeros);
		memset(zeros, 0, each);
	}
	rc = only(data.data, data.len);
	sb_bytes_free(&data);
	return rc;
}

static void items_are_bounded(void)
{
	CHECK_EQ(of_items(1, SB_CBOR_ITEMS - 2), SB_OK);
	CHECK_EQ(of_items(1, SB_CBOR_ITEMS - 1), SB_E_FORMAT);
	CHECK_EQ(of_items(1, 1000000), SB_E_FORMAT);
	/* Together, not only each. */
	CHECK_EQ(of_items(2, SB_CBOR_ITEMS / 2 - 2), SB_OK);
	CHECK_EQ(of_items(2, SB_CBOR_ITEMS / 2), SB_E_FORMAT);
	CHECK_EQ(of_items(15, SB_CBOR_ITEMS / 2), SB_E_FORMAT);
}

/* Comparing keys must not cost more than the square of the size: maps in maps, each with several keys behind the inner one, in the few
 * hundred bytes of a QR code. */
static void nested_maps_cost_little(void)
{
	enum { KEYS = 20 };
	struct sb_bytes data = {0};

	for (unsigned depth = 0; depth < SB_CBOR_DEPTH - 1; depth++) {
		REQUIRE(sb_cbor_put_head(&data, SB_CBOR_MAP, KEYS) == SB_OK);
		REQUIRE(sb_cbor_put_int(&data, 0) == SB_OK);
	}
	REQUIRE(sb_cbor_put_int(&data, 0) == SB_OK);
	for (unsigned depth = 0; depth < SB_CBOR_DEPTH - 1; depth++)
		for (int key = 1; key < KEYS; key++) {
			REQUIRE(sb_cbor_put_int(&data, key) == SB_OK);
			REQUIRE(sb_cbor_put_int(&data, 0) == SB_OK);
		}
	/* The signal ends the test, which then has failed. */
	alarm(20);
	CHECK_EQ(only(data.data, data.len), SB_OK);
	alarm(0);
	sb_bytes_free(&data);
}

static void integers_have_a_range(void)
{
	static const struct {
		const char *hex;
		int rc;
		int64_t value;
	} rows[] = {
		{"00", SB_OK, 0}, {"20", SB_OK, -1}, {"1b7fffffffffffffff", SB_OK, INT64_MAX}, {"3b7fffffffffffffff", SB_OK, INT64_MIN},
		{"1b8000000000000000", SB_E_RANGE, 0}, {"3b8000000000000000", SB_E_RANGE, 0}, {"3bffffffffffffffff", SB_E_RANGE, 0},
		{"f4", SB_E_FORMAT, 0}, {"40", SB_E_FORMAT, 0}, {"80", SB_E_FORMAT, 0}, {"c100", SB_E_FORMAT, 0},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sb_bytes data = {0};
		struct sb_cbor_item item;
		int64_t value = 0;

		from_hex(rows[i].hex, &data);
		REQUIRE(sb_cbor_only(sb_bytes_slice(&data), &item) == SB_OK);
		CHECK_EQ(sb_cbor_int(&item, &value), rows[i].rc);
		CHECK_EQ(value, rows[i].value);
		sb_bytes_free(&data);
	}
}

static void maps_are_looked_up(void)
{
	struct sb_bytes data = {0};
	struct sb_cbor_item map, value, inner;
	struct sb_slice in;

	from_hex(everything, &data);
	REQUIRE(sb_cbor_only(sb_bytes_slice(&data), &map) == SB_OK && map.type == SB_CBOR_MAP && map.value == 5);
	CHECK_EQ(sb_cbor_map_get(&map, 1, &value), SB_OK);
	CHECK(value.type == SB_CBOR_ARRAY && value.value == 3 && value.whole.len == 7);
	in = sb_cbor_enter(&value);
	CHECK_EQ(sb_cbor_expect(&in, SB_CBOR_UINT, &inner), SB_OK);
	CHECK_EQ(inner.value, 33);
	CHECK_EQ(sb_cbor_expect(&in, SB_CBOR_TEXT, &inner), SB_E_FORMAT);
	CHECK_EQ(sb_cbor_map_get(&map, -1, &value), SB_OK);
	CHECK(value.type == SB_CBOR_TAG && value.value == 18);
	in = sb_cbor_enter(&value);
	CHECK_EQ(sb_cbor_expect(&in, SB_CBOR_ARRAY, &inner), SB_OK);
	CHECK_EQ(inner.value, 4);
	CHECK_EQ(in.len, 0);
	CHECK_EQ(sb_cbor_map_get(&map, 2, &value), SB_E_NOT_FOUND); /* h'02' is another key */
	CHECK_EQ(sb_cbor_map_get(&map, 59, &value), SB_E_NOT_FOUND);
	sb_bytes_free(&data);
}

static void writing_is_in_preferred_form(void)
{
	static const struct {
		int64_t value;
		const char *hex;
	} ints[] = {
		{0, "00"}, {23, "17"}, {24, "1818"}, {255, "18ff"}, {256, "190100"}, {65535, "19ffff"}, {65536, "1a00010000"},
		{UINT32_MAX, "1affffffff"}, {1LL << 32, "1b0000000100000000"}, {INT64_MAX, "1b7fffffffffffffff"}, {-1, "20"}, {-24, "37"},
		{-25, "3818"}, {-256, "38ff"}, {-257, "390100"}, {-65537, "3a00010000"}, {INT64_MIN, "3b7fffffffffffffff"},
	};
	struct sb_bytes got = {0}, want = {0};

	for (size_t i = 0; i < sizeof ints / sizeof *ints; i++) {
		CHECK_EQ(sb_cbor_put_int(&got, ints[i].value), SB_OK);
		from_hex(ints[i].hex, &want);
	}
	CHECK_EQ(sb_cbor_put_bytes(&got, "\x01\x02", 2), SB_OK);
	CHECK_EQ(sb_cbor_put_bytes(&got, NULL, 0), SB_OK);
	CHECK_EQ(sb_cbor_put_text(&got, "원", 3), SB_OK);
	CHECK_EQ(sb_cbor_put_bool(&got, true), SB_OK);
	CHECK_EQ(sb_cbor_put_bool(&got, false), SB_OK);
	CHECK_EQ(sb_cbor_put_head(&got, SB_CBOR_SIMPLE, SB_CBOR_NULL), SB_OK);
	CHECK_EQ(sb_cbor_put_head(&got, SB_CBOR_TAG, 18), SB_OK);
	CHECK_EQ(sb_cbor_put_head(&got, SB_CBOR_TAG, 24), SB_OK);
	CHECK_EQ(sb_cbor_put_head(&got, SB_CBOR_ARRAY, 24), SB_OK);
	CHECK_EQ(sb_cbor_put_head(&got, SB_CBOR_MAP, 1000), SB_OK);
	CHECK_EQ(sb_cbor_put_head(&got, SB_CBOR_UINT, UINT64_MAX), SB_OK);
	from_hex("4201024063ec9b90f5f4f6d2d8189818b903e81bffffffffffffffff", &want);
	CHECK(sb_slice_equal(sb_bytes_slice(&got), sb_bytes_slice(&want)));
	sb_bytes_free(&got);
	sb_bytes_free(&want);
}

int main(void)
{
	heads_are_read_in_every_width();
	truncations_and_trailing_bytes_are_refused();
	what_has_no_place_is_refused();
	a_key_stands_once();
	depth_is_bounded();
	items_are_bounded();
	integers_have_a_range();
	maps_are_looked_up();
	writing_is_in_preferred_form();
	nested_maps_cost_little();
	return check_result();
}
