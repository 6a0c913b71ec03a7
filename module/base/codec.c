/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "base/codec.h"

#include <ctype.h>
#include <string.h>

#include "base/error.h"

static const char hex_digits[] = "0123456789abcdef";
static const char base64_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* The value of a character in an alphabet of size n, or -1. */
static int value_of(const char *alphabet, size_t n, char c)
{
	const char *at = c ? memchr(alphabet, c, n) : NULL;

	return at ? (int)(at - alphabet) : -1;
}

int sb_hex_encode(const void *data, size_t len, struct sb_bytes *out)
{
	const uint8_t *in = data;
	uint8_t *to = sb_bytes_extend(out, 2 * len);

	if (!to)
		return SB_E_NOMEM;
	for (size_t i = 0; i < len; i++) {
		to[2 * i] = (uint8_t)hex_digits[in[i] >> 4];
		to[2 * i + 1] = (uint8_t)hex_digits[in[i] & 15];
	}
	return SB_OK;
}

static int hex_value(char c)
{
	return value_of(hex_digits, 16, c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c);
}

int sb_hex_decode(const char *text, size_t len, struct sb_bytes *out)
{
	size_t start = out->len;
	uint8_t *to;

	if (len % 2)
		return SB_E_FORMAT;
	to = sb_bytes_extend(out, len / 2);
	if (!to)
		return SB_E_NOMEM;
	for (size_t i = 0; i < len; i += 2) {
		int high = hex_value(text[i]), low = hex_value(text[i + 1]);

		if (high < 0 || low < 0) {
			out->len = start;
			return SB_E_FORMAT;
		}
		to[i / 2] = (uint8_t)(high << 4 | low);
	}
	return SB_OK;
}

static int encode64(const char *alphabet, bool pad, const uint8_t *in, size_t len, struct sb_bytes *out)
{
	size_t odd = len % 3, whole = len - odd, size = len / 3 * 4 + (pad ? (odd ? 4 : 0) : (odd ? odd + 1 : 0));
	uint8_t *to = sb_bytes_extend(out, size), *end = to + size;
	uint32_t v;

	if (!to)
		return SB_E_NOMEM;
	for (size_t i = 0; i < whole; i += 3, to += 4) {
		v = (uint32_t)in[i] << 16 | (uint32_t)in[i + 1] << 8 | in[i + 2];
		to[0] = (uint8_t)alphabet[v >> 18];
		to[1] = (uint8_t)alphabet[v >> 12 & 63];
		to[2] = (uint8_t)alphabet[v >> 6 & 63];
		to[3] = (uint8_t)alphabet[v & 63];
	}
	v = odd ? (uint32_t)in[whole] << 16 | (uint32_t)(odd > 1 ? in[whole + 1] : 0) << 8 : 0;
	for (size_t k = 0; to < end; k++)
		*to++ = k <= odd ? (uint8_t)alphabet[v >> (18 - 6 * k) & 63] : '=';
	return SB_OK;
}

/* The alphabets differ in the last two letters. */
static int value64(const char *alphabet, char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == alphabet[62] ? 62 : c == alphabet[63] ? 63 : -1;
}

/* Decodes unpadded text. */
static int decode64(const char *alphabet, const char *text, size_t len, struct sb_bytes *out)
{
	size_t start = out->len;
	uint32_t bits = 0;
	unsigned have = 0;
	int rc = len % 4 == 1 ? SB_E_FORMAT : sb_bytes_reserve(out, len / 4 * 3 + 3);

	for (size_t i = 0; rc == SB_OK && i < len; i++) {
		int v = value64(alphabet, text[i]);

		if (v < 0) {
			rc = SB_E_FORMAT;
			break;
		}
		bits = bits << 6 | (uint32_t)v;
		have += 6;
		if (have >= 8) {
			have -= 8;
			rc = sb_bytes_append_byte(out, (uint8_t)(bits >> have));
		}
	}
	/* Spare bits must be zero, so that one value has one spelling. */
	if (rc == SB_OK && (bits & ((1U << have) - 1)))
		rc = SB_E_FORMAT;
	if (rc != SB_OK)
		out->len = start;
	return rc;
}

int sb_base64_encode(const void *data, size_t len, struct sb_bytes *out)
{
	return encode64(base64_alphabet, true, data, len, out);
}

int sb_base64_decode(const char *text, size_t len, struct sb_bytes *out)
{
	size_t pad = 0;

	if (len % 4)
		return SB_E_FORMAT;
	while (pad < 2 && pad < len && text[len - 1 - pad] == '=')
		pad++;
	return decode64(base64_alphabet, text, len - pad, out);
}

int sb_base64url_encode(const void *data, size_t len, struct sb_bytes *out)
{
	return encode64(base64url_alphabet, false, data, len, out);
}

int sb_base64url_decode(const char *text, size_t len, struct sb_bytes *out)
{
	return decode64(base64url_alphabet, text, len, out);
}

void sb_put_u32(uint8_t out[4], uint32_t v)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(v >> (24 - 8 * i));
}

void sb_put_u64(uint8_t out[8], uint64_t v)
{
	sb_put_u32(out, (uint32_t)(v >> 32));
	sb_put_u32(out + 4, (uint32_t)v);
}

uint32_t sb_get_u32(const uint8_t in[4])
{
	return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

uint64_t sb_get_u64(const uint8_t in[8])
{
	return (uint64_t)sb_get_u32(in) << 32 | sb_get_u32(in + 4);
}

/* Bytes of the well-formed sequence that starts here (Unicode table 3-7), or 0. */
static size_t utf8_sequence(const uint8_t *s, size_t left)
{
	static const struct {
		uint8_t first, last, low, high;
		size_t length;
	} rows[] = {
		{0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		if (s[0] < rows[r].first || s[0] > rows[r].last)
			continue;
		if (rows[r].length > left)
			return 0;
		if (rows[r].length > 1 && (s[1] < rows[r].low || s[1] > rows[r].high))
			return 0;
		for (size_t i = 2; i < rows[r].length; i++)
			if ((s[i] & 0xc0) != 0x80)
				return 0;
		return rows[r].length;
	}
	return 0;
}

long sb_utf8_length(const char *text, size_t len)
{
	long count = 0;

	for (size_t i = 0; i < len; count++) {
		size_t step = utf8_sequence((const uint8_t *)text + i, len - i);

		if (!step)
			return SB_E_FORMAT;
		i += step;
	}
	return count;
}

struct sb_slice sb_slice_trim(struct sb_slice text)
{
	while (text.len && isspace(text.data[text.len - 1]))
		text.len--;
	while (text.len && isspace(text.data[0]))
		text = sb_slice(text.data + 1, text.len - 1);
	return text;
}

char *sb_text_trim(char *text)
{
	struct sb_slice kept = sb_slice_trim(sb_slice(text, strlen(text)));
	char *start = text + (kept.data - (const uint8_t *)text);

	start[kept.len] = 0;
	return start;
}
