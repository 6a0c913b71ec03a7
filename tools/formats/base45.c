/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "formats/base45.h"

#include <string.h>

#include "base/error.h"

static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
enum { BASE = 45 };

int sb_base45_encode(struct sb_slice data, struct sb_bytes *text)
{
	int rc = sb_bytes_reserve(text, data.len / 2 * 3 + 2);

	for (size_t i = 0; rc == SB_OK && i < data.len; i += 2) {
		bool pair = i + 1 < data.len;
		unsigned n = pair ? data.data[i] * 256U + data.data[i + 1] : data.data[i];

		for (int k = 0; rc == SB_OK && k < (pair ? 3 : 2); k++, n /= BASE)
			rc = sb_bytes_append_byte(text, (uint8_t)alphabet[n % BASE]);
	}
	return rc;
}

/* Two or three characters, least significant first; -1 for one outside the alphabet. */
static long value_of(const uint8_t *text, size_t len)
{
	long value = 0;

	for (size_t i = len; i-- > 0;) {
		const char *at = text[i] ? strchr(alphabet, text[i]) : NULL;

		if (!at)
			return -1;
		value = value * BASE + (at - alphabet);
	}
	return value;
}

int sb_base45_decode(struct sb_slice text, struct sb_bytes *data)
{
	size_t start = data->len;
	int rc = text.len % 3 == 1 ? SB_E_FORMAT : SB_OK;

	for (size_t i = 0; rc == SB_OK && i < text.len; i += 3) {
		size_t len = text.len - i < 3 ? 2 : 3;
		long value = value_of(text.data + i, len);

		if (value < 0 || value > (len == 3 ? UINT16_MAX : UINT8_MAX))
			rc = SB_E_FORMAT;
		if (rc == SB_OK && len == 3)
			rc = sb_bytes_append_byte(data, (uint8_t)(value >> 8));
		if (rc == SB_OK)
			rc = sb_bytes_append_byte(data, (uint8_t)value);
	}
	if (rc != SB_OK)
		data->len = start;
	return rc;
}
