/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <jansson.h>

#include "check.h"
#include "formats/base45.h"
#include "vectors.h"

static int decode(const char *text, size_t len, struct sb_bytes *out)
{
	return sb_base45_decode(sb_slice(text, len), out);
}

static void decodes_to(const char *text, const char *hex)
{
	struct sb_bytes want = {0}, got = {0};

	REQUIRE(sb_hex_decode(hex, strlen(hex), &want) == SB_OK);
	CHECK_EQ(decode(text, strlen(text), &got), SB_OK);
	CHECK(sb_slice_equal(sb_bytes_slice(&got), sb_bytes_slice(&want)));
	sb_bytes_free(&want);
	sb_bytes_free(&got);
}

static void encodes_to(const char *hex, const char *text)
{
	struct sb_bytes data = {0}, got = {0};

	REQUIRE(sb_hex_decode(hex, strlen(hex), &data) == SB_OK);
	CHECK_EQ(sb_base45_encode(sb_bytes_slice(&data), &got), SB_OK);
	CHECK(sb_slice_equal(sb_bytes_slice(&got), sb_slice(text, strlen(text))));
	sb_bytes_free(&data);
	sb_bytes_free(&got);
}

static void refuses(const char *text, size_t len)
{
	struct sb_bytes out = {0};

	REQUIRE(sb_bytes_append_text(&out, "kept") == SB_OK);
	CHECK_EQ(decode(text, len, &out), SB_E_FORMAT);
	CHECK_EQ(out.len, 4);
	sb_bytes_free(&out);
}

static void rfc9285_vectors(void)
{
	struct sb_bytes text = {0};
	json_t *all, *row;
	size_t i;

	if (!vector_read("base45/rfc9285.json", &text))
		return;
	all = json_loadb((const char *)text.data, text.len, 0, NULL);
	REQUIRE(json_array_size(json_object_get(all, "encode")) && json_array_size(json_object_get(all, "decode")));
	json_array_foreach(json_object_get(all, "encode"), i, row) {
		encodes_to(json_string_value(json_array_get(row, 0)), json_string_value(json_array_get(row, 1)));
		decodes_to(json_string_value(json_array_get(row, 1)), json_string_value(json_array_get(row, 0)));
	}
	json_array_foreach(json_object_get(all, "decode"), i, row)
		decodes_to(json_string_value(json_array_get(row, 0)), json_string_value(json_array_get(row, 1)));
	json_array_foreach(json_object_get(all, "decode_must_fail"), i, row)
		refuses(json_string_value(row), json_string_length(row));
	printf("RFC 9285: %zu texts encoded and decoded, %zu decoded, %zu refused\n", json_array_size(json_object_get(all, "encode")),
		json_array_size(json_object_get(all, "decode")), json_array_size(json_object_get(all, "decode_must_fail")));
	json_decref(all);
	sb_bytes_free(&text);
}

static void strange_texts_are_refused(void)
{
	static const char *const bad[] = {
		"A", "BB8B", "%69 VD9", /* no encoder writes 3n + 1 characters */
		":::", "GGW", "BB8GGW", /* three characters for more than 65535 */
		"::", "V5", "BB8ZZ",    /* two for more than 255 */
		"bb8", "BB=", "B\tB", "BB8\n", "B_8", "홍8", "BB#",
	};

	/* 65535 and 255 are the last that fit; the next ones do not. */
	decodes_to("FGW", "ffff");
	decodes_to("U5", "ff");
	encodes_to("ffff", "FGW");
	encodes_to("ff", "U5");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		refuses(bad[i], strlen(bad[i]));
	refuses("B\0B", 3);
	refuses("BB8BB\0", 6);
	refuses("\0\0\0", 3);
	refuses("\xff\xff\xff", 3);
}

static void round_trips_at_every_length(void)
{
	uint8_t data[64];

	for (size_t len = 0; len <= sizeof data; len++)
		for (unsigned fill = 0; fill < 3; fill++) {
			struct sb_bytes text = {0}, back = {0};

			for (size_t i = 0; i < len; i++)
				data[i] = fill == 0 ? 0 : fill == 1 ? 0xff : (uint8_t)(37 * i + 11 * len);
			CHECK_EQ(sb_base45_encode(sb_slice(data, len), &text), SB_OK);
			CHECK_EQ(text.len, len / 2 * 3 + len % 2 * 2);
			CHECK_EQ(sb_base45_decode(sb_bytes_slice(&text), &back), SB_OK);
			CHECK(sb_slice_equal(sb_bytes_slice(&back), sb_slice(data, len)));
			sb_bytes_free(&text);
			sb_bytes_free(&back);
		}
}

static void every_byte_is_in_the_alphabet_or_refused(void)
{
	static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

	for (int c = 0; c < 256; c++) {
		char text[3] = {(char)c, '0', '0'};
		struct sb_bytes out = {0};
		bool in = c && strchr(alphabet, c);

		CHECK_EQ(decode(text, 3, &out), in ? SB_OK : SB_E_FORMAT);
		CHECK_EQ(out.len, in ? 2 : 0);
		if (in)
			CHECK(out.data[0] == 0 && out.data[1] == strchr(alphabet, c) - alphabet);
		sb_bytes_free(&out);
	}
}

int main(void)
{
	rfc9285_vectors();
	strange_texts_are_refused();
	round_trips_at_every_length();
	every_byte_is_in_the_alphabet_or_refused();
	return check_result();
}
