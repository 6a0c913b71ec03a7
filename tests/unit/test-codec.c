/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "base/codec.h"
#include "base/error.h"
#include "check.h"

static void same_text(const struct sb_bytes *got, const char *want)
{
	CHECK(sb_slice_equal(sb_bytes_slice(got), sb_slice(want, strlen(want))));
}

static void round_trips(void)
{
	static const struct {
		const char *plain, *hex, *b64, *b64u;
	} rows[] = {
		{"", "", "", ""},
		{"f", "66", "Zg==", "Zg"},
		{"fo", "666f", "Zm8=", "Zm8"},
		{"foo", "666f6f", "Zm9v", "Zm9v"},
		{"foob", "666f6f62", "Zm9vYg==", "Zm9vYg"},
		{"\xff\xef\xfe", "ffeffe", "/+/+", "_-_-"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sb_bytes out = {0};
		size_t len = strlen(rows[i].plain);

		CHECK_EQ(sb_hex_encode(rows[i].plain, len, &out), SB_OK);
		same_text(&out, rows[i].hex);
		sb_bytes_free(&out);
		CHECK_EQ(sb_base64_encode(rows[i].plain, len, &out), SB_OK);
		same_text(&out, rows[i].b64);
		sb_bytes_free(&out);
		CHECK_EQ(sb_base64url_encode(rows[i].plain, len, &out), SB_OK);
		same_text(&out, rows[i].b64u);
		sb_bytes_free(&out);
		CHECK_EQ(sb_hex_decode(rows[i].hex, strlen(rows[i].hex), &out), SB_OK);
		CHECK_EQ(sb_base64_decode(rows[i].b64, strlen(rows[i].b64), &out), SB_OK);
		CHECK_EQ(sb_base64url_decode(rows[i].b64u, strlen(rows[i].b64u), &out), SB_OK);
		CHECK_EQ(out.len, 3 * len);
		CHECK(len == 0 || memcmp(out.data + 2 * len, rows[i].plain, len) == 0);
		sb_bytes_free(&out);
	}
}

static void refusals_append_nothing(void)
{
	static const char *const bad64[] = {"Zg", "Zg=", "Zh==", "Z===", "====", "Zm9v\n", "Zm9_", "Zg==Zg=="};
	static const char *const bad64u[] = {"Z", "Zh", "Zg==", "Zm9/", "Zm9v "};
	static const char *const badhex[] = {"6", "6g", "0x66"};
	struct sb_bytes out = {0};

	CHECK_EQ(sb_bytes_append_text(&out, "kept"), SB_OK);
	for (size_t i = 0; i < sizeof bad64 / sizeof *bad64; i++)
		CHECK_EQ(sb_base64_decode(bad64[i], strlen(bad64[i]), &out), SB_E_FORMAT);
	for (size_t i = 0; i < sizeof bad64u / sizeof *bad64u; i++)
		CHECK_EQ(sb_base64url_decode(bad64u[i], strlen(bad64u[i]), &out), SB_E_FORMAT);
	for (size_t i = 0; i < sizeof badhex / sizeof *badhex; i++)
		CHECK_EQ(sb_hex_decode(badhex[i], strlen(badhex[i]), &out), SB_E_FORMAT);
	CHECK_EQ(out.len, 4);
	sb_bytes_free(&out);
}

static void utf8(void)
{
	CHECK_EQ(sb_utf8_length("홍시험", 9), 3);
	CHECK_EQ(sb_utf8_length("\xc0\x80", 2), SB_E_FORMAT);
	CHECK_EQ(sb_utf8_length("\xed\xa0\x80", 3), SB_E_FORMAT);
	CHECK_EQ(sb_utf8_length("\xf4\x90\x80\x80", 4), SB_E_FORMAT);
	CHECK_EQ(sb_utf8_length("\xe3\x81", 2), SB_E_FORMAT);
	CHECK_EQ(sb_utf8_length("", 0), 0);
}

static void trims(void)
{
	static const struct {
		const char *given, *want;
	} rows[] = {{"", ""}, {" ", ""}, {"\t \r\n", ""}, {"a", "a"}, {" a", "a"}, {"a\n", "a"}, {" \ta b \r\n", "a b"}, {"홍시험 ", "홍시험"}};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sb_slice inside = sb_slice_trim(sb_slice(rows[i].given, strlen(rows[i].given)));
		char text[32];

		CHECK(sb_slice_equal(inside, sb_slice(rows[i].want, strlen(rows[i].want))));
		snprintf(text, sizeof text, "%s", rows[i].given);
		CHECK(strcmp(sb_text_trim(text), rows[i].want) == 0);
	}
}

int main(void)
{
	round_trips();
	refusals_append_nothing();
	utf8();
	trims();
	return check_result();
}
