/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_ATTRIBUTE_H
#define SINBUN_ATTRIBUTE_H

#include "base/bytes.h"

/* The attributes of one object: a set sorted by type, whose values are wiped when freed. Types are CK_ATTRIBUTE_TYPE
 * (unsigned long); this header needs no cryptoki.h, so that token.c sees attributes as bytes. */
enum { SB_ATTRIBUTE_SHORT = 14 }; /* bytes: most values are numbers and truths, which need no memory of their own */
struct sb_attribute {
	unsigned long type;
	uint8_t *value; /* `brief`, where it fits: good until the next change of the set, as the attribute itself */
	size_t len;
	bool secret; /* never indexed, matched or returned in the clear */
	bool unindexed; /* as it is stored, it has no index row, though it is no secret */
	uint8_t brief[SB_ATTRIBUTE_SHORT];
};

struct sb_attributes {
	struct sb_attribute *items;
	size_t count;
	size_t room;
};

/* Sets or replaces a value (copied). SB_E_NOMEM. */
int sb_attributes_set(struct sb_attributes *a, unsigned long type, const void *value, size_t len);
int sb_attributes_set_secret(struct sb_attributes *a, unsigned long type, const void *value, size_t len);
int sb_attributes_set_ulong(struct sb_attributes *a, unsigned long type, unsigned long value);
int sb_attributes_set_bool(struct sb_attributes *a, unsigned long type, bool value);
/* The same where the set has no value of that type yet; else nothing. */
int sb_attributes_default(struct sb_attributes *a, unsigned long type, const void *value, size_t len);
const struct sb_attribute *sb_attributes_get(const struct sb_attributes *a, unsigned long type);
bool sb_attributes_bool(const struct sb_attributes *a, unsigned long type, bool otherwise);
unsigned long sb_attributes_ulong(const struct sb_attributes *a, unsigned long type, unsigned long otherwise);
void sb_attributes_remove(struct sb_attributes *a, unsigned long type);
/* The object has every one of match, with the same value; secret ones never match. */
bool sb_attributes_match(const struct sb_attributes *match, const struct sb_attributes *object);
int sb_attributes_copy(struct sb_attributes *to, const struct sb_attributes *from);
/* One byte string and back: u32 count, then per attribute u64 type, u8 flags (1 = secret, 2 = unindexed), u32 length, value. Integers big-endian;
 * CK_ULONG values inside are stored as u64 big-endian so that stores move between word sizes. Decoding bounds count (1024) and
 * total (16 MiB) and refuses trailing bytes and unsorted or repeated types with SB_E_CORRUPT. */
int sb_attributes_encode(const struct sb_attributes *a, struct sb_bytes *out);
int sb_attributes_decode(struct sb_attributes *a, struct sb_slice in);

/* The encoded attributes one after the other, in place. step: `one` is zero before the first; SB_E_NOT_FOUND at the end, SB_E_CORRUPT as in decoding. */
struct sb_attributes_walk {
	struct sb_slice rest;
	uint32_t left;
	bool begun;
};
struct sb_attribute_view {
	unsigned long type;
	struct sb_slice value;
	bool secret, unindexed;
};
int sb_attributes_walk(struct sb_attributes_walk *walk, struct sb_slice in);
int sb_attributes_step(struct sb_attributes_walk *walk, struct sb_attribute_view *one);
void sb_attributes_free(struct sb_attributes *a);

#endif
