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

/* --- addresses: [시도] [시군구] [읍면] 도로명 건물번호, or … 읍면동 [리] 지번 --- */

struct word {
	const char *text;
	size_t len;
};

static struct word first_word(const char *text)
{
	text += strspn(text, " ");
	return (struct word){text, strcspn(text, " ")};
}

static struct word next_word(struct word w)
{
	return first_word(w.text + w.len);
}

static bool starts_with_digit(const char *text)
{
	return *text >= '0' && *text <= '9';
}

/* One of the syllables in list (3 bytes each, as all Hangul), at the end of the first len bytes, and not all of them. */
static bool ends_in(const char *text, size_t len, const char *list)
{
	for (; len > 3 && *list; list += 3)
		if (memcmp(text + len - 3, list, 3) == 0)
			return true;
	return false;
}

/* What may stand behind a road's name without a blank: nothing, a building's number, a comma. (구로동 and 종로구 are no roads; 종로1가 is none.) */
static bool ends_road(const char *text, size_t len)
{
	size_t digits = strspn(text, "0123456789");

	if (digits && digits + 3 == len && memcmp(text + digits, "가", 3) == 0)
		return false;
	return len == 0 || (unsigned char)*text < 0x80 || (len >= 6 && memcmp(text, "지하", 6) == 0);
}

/* The longest part of the word that is a road's name, ending in one of these syllables (테헤란로, 판교역로146번길); 0 when there is none. */
static size_t road_length(struct word w, const char *endings)
{
	for (size_t len = w.len; len > 3; len--)
		if (ends_in(w.text, len, endings) && ends_road(w.text + len, w.len - len))
			return len;
	return 0;
}

/* A place's name by its last syllable; numbers (101동) are houses, and what has none of these a village or a building. */
static bool is_place(struct word w)
{
	size_t len = w.len;

	while (len && w.text[len - 1] == ',')
		len--;
	return !starts_with_digit(w.text) && ends_in(w.text, len, "도시군구읍면동리가");
}

/* Down to the road's name; where there is none, to the smallest place with a name. Of any other text the first word, if it is no number. */
static int mask_address(const char *value, struct sb_bytes *out)
{
	const char *end = value;
	struct word w = first_word(value);
	size_t road;

	for (bool first = true; w.len; w = next_word(w), first = false) {
		road = road_length(w, "로길");
		if (road) {
			/* Its branch may stand apart: 판교역로 146번길. */
			end = w.text + road;
			w = next_word(w);
			if (road == strcspn(end - road, " ") && starts_with_digit(w.text) && road_length(w, "길"))
				end = w.text + road_length(w, "길");
			break;
		}
		/* The region comes short, too: 서울, 경기. */
		if (!is_place(w) && (!first || starts_with_digit(w.text)))
			break;
		end = w.text + w.len;
	}
	while (end > value && end[-1] == ',')
		end--;
	return sb_bytes_append(out, value, (size_t)(end - value));
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
