/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_CBOR_H
#define SINBUN_CBOR_H

#include "base/bytes.h"

/* CBOR (RFC 8949), the part that COSE and CWT need: definite lengths, no floats. The reader keeps what it was given: every item is a
 * slice of the input, so that what was signed is hashed as it came. */

enum sb_cbor_type {
	SB_CBOR_UINT = 0, SB_CBOR_NEGATIVE = 1, SB_CBOR_BYTES = 2, SB_CBOR_TEXT = 3,
	SB_CBOR_ARRAY = 4, SB_CBOR_MAP = 5, SB_CBOR_TAG = 6, SB_CBOR_SIMPLE = 7,
};
enum { SB_CBOR_FALSE = 20, SB_CBOR_TRUE = 21, SB_CBOR_NULL = 22 };
enum { SB_CBOR_TAG_DATE_TIME = 0, SB_CBOR_TAG_EMBEDDED = 24, SB_CBOR_TAG_FULL_DATE = 1004 };
enum { SB_CBOR_DEPTH = 16, SB_CBOR_ITEMS = 4096 };

struct sb_cbor_item {
	enum sb_cbor_type type;
	uint64_t value;        /* number; length of BYTES and TEXT; count of ARRAY (items) and MAP (pairs); tag; simple value */
	struct sb_slice bytes; /* content of BYTES and TEXT */
	struct sb_slice whole; /* the encoded item with everything in it */
};

/* Takes the next item, whole, off the front of *in. SB_E_FORMAT: truncated, indefinite, float, bad UTF-8, duplicate map key, deeper than
 * SB_CBOR_DEPTH, more than SB_CBOR_ITEMS items. For an ARRAY, MAP or TAG, sb_cbor_enter gives the items inside. */
int sb_cbor_next(struct sb_slice *in, struct sb_cbor_item *item);
struct sb_slice sb_cbor_enter(const struct sb_cbor_item *item);
/* Exactly one item and nothing behind it. */
int sb_cbor_only(struct sb_slice in, struct sb_cbor_item *item);
/* The same, of a given type. */
int sb_cbor_expect(struct sb_slice *in, enum sb_cbor_type type, struct sb_cbor_item *item);
/* An integer in either sign; SB_E_FORMAT for other types, SB_E_RANGE outside int64_t. */
int sb_cbor_int(const struct sb_cbor_item *item, int64_t *value);
/* Value of an integer key in a map; SB_E_NOT_FOUND. */
int sb_cbor_map_get(const struct sb_cbor_item *map, int64_t key, struct sb_cbor_item *value);
bool sb_cbor_text_is(const struct sb_cbor_item *item, const char *text);
/* The item in a byte string under tag 24 (encoded CBOR): exactly one. */
int sb_cbor_embedded(const struct sb_cbor_item *tag, struct sb_cbor_item *inside);
/* Same key in any spelling: numbers and strings by value, everything else by its bytes. */
bool sb_cbor_same_key(const struct sb_cbor_item *a, const struct sb_cbor_item *b);

/* Writing, in preferred form. SB_OK or SB_E_NOMEM. */
int sb_cbor_put_head(struct sb_bytes *out, enum sb_cbor_type type, uint64_t value);
int sb_cbor_put_int(struct sb_bytes *out, int64_t value);
int sb_cbor_put_bytes(struct sb_bytes *out, const void *data, size_t len);
int sb_cbor_put_text(struct sb_bytes *out, const char *text, size_t len);
int sb_cbor_put_bool(struct sb_bytes *out, bool value);
int sb_cbor_put_null(struct sb_bytes *out);
int sb_cbor_put_string(struct sb_bytes *out, const char *text); /* text, ended by 0 */
/* Tag 24 around the encoded items. */
int sb_cbor_put_embedded(struct sb_bytes *out, struct sb_slice encoded);

#endif
