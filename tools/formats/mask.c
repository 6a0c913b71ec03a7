/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "formats/document.h"

#include <string.h>

#include "base/error.h"

/* Masks for what need not be shown whole. */

/* Length of the UTF-8 character at text. */
static size_t step(const char *text)
{
	size_t n = 1;

	while (((unsigned char)text[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* 홍시험 → 홍*험; 홍길 → 홍*; longer names keep their first and last character. */
static int mask_name(const char *name, struct sb_bytes *out)
{
	const char *last = name;
	int rc = SB_OK;

	if (!*name)
		return SB_OK;
	for (const char *p = name; *p; p += step(p))
		last = p;
	rc = sb_bytes_append(out, name, step(name));
	for (const char *p = name + step(name); rc == SB_OK && *p; p += step(p))
		rc = p == last && last != name + step(name) ? sb_bytes_append_text(out, last) : sb_bytes_append_byte(out, '*');
	return rc;
}

/* Keeps the first so many characters and masks every digit and letter behind them. */
static int mask_tail(const char *value, size_t keep, struct sb_bytes *out)
{
	size_t at = 0;
	int rc = SB_OK;

	for (const char *p = value; rc == SB_OK && *p; p += step(p), at++)
		rc = at < keep || *p == '-' || *p == ' ' ? sb_bytes_append(out, p, step(p)) : sb_bytes_append_byte(out, '*');
	return rc;
}

/* Down to the road's name: the words up to the first that has a digit. */
static int mask_address(const char *value, struct sb_bytes *out)
{
	size_t end = 0;

	for (size_t at = 0; value[at];) {
		size_t word = strcspn(value + at, " ");

		if (strcspn(value + at, "0123456789") < word)
			break;
		end = at + word;
		at += word + strspn(value + at + word, " ");
	}
	return sb_bytes_append(out, value, end);
}

static int unmasked(const char *value, struct sb_bytes *out)
{
	return sb_bytes_append_text(out, value);
}

static int mask_rrn(const char *value, struct sb_bytes *out)
{
	return mask_tail(value, 8, out);
}

static int mask_phone(const char *value, struct sb_bytes *out)
{
	return mask_tail(value, 9, out);
}

static int (*const masks[])(const char *value, struct sb_bytes *out) = {
	[SB_MASK_NONE] = unmasked,
	[SB_MASK_NAME] = mask_name,
	[SB_MASK_RRN] = mask_rrn,
	[SB_MASK_ADDRESS] = mask_address,
	[SB_MASK_PHONE] = mask_phone,
};

int sb_mask(enum sb_element_mask mask, const char *value, struct sb_bytes *out)
{
	return masks[mask](value, out);
}
