/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_BYTES_H
#define SINBUN_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A growing buffer that is wiped when it grows and when it is freed. Zero-initialise it: struct sb_bytes b = {0}; */
struct sb_bytes {
	uint8_t *data;
	size_t len;
	size_t cap;
};

/* Bytes that belong to someone else. */
struct sb_slice {
	const uint8_t *data;
	size_t len;
};

static inline struct sb_slice sb_slice(const void *data, size_t len)
{
	return (struct sb_slice){(const uint8_t *)data, len};
}

static inline struct sb_slice sb_bytes_slice(const struct sb_bytes *b)
{
	return (struct sb_slice){b->data, b->len};
}

/* Overwrites memory in a way the compiler keeps. NULL is allowed with length 0. */
void sb_wipe(void *data, size_t len);
/* Compares in time that depends on len only. */
bool sb_equal_ct(const void *a, const void *b, size_t len);
bool sb_slice_equal(struct sb_slice a, struct sb_slice b);
bool sb_slice_is(struct sb_slice slice, const char *text); /* the text's bytes, without its end */

/* All of these return SB_OK, SB_E_NOMEM or SB_E_TOO_LARGE, and leave the buffer as it was on error. */
int sb_bytes_reserve(struct sb_bytes *b, size_t more);
int sb_bytes_append(struct sb_bytes *b, const void *data, size_t len);
int sb_bytes_append_text(struct sb_bytes *b, const char *text);
int sb_bytes_append_byte(struct sb_bytes *b, uint8_t byte);
int sb_bytes_set(struct sb_bytes *b, const void *data, size_t len);
/* Makes room for len bytes at the end, counts them as used and returns where they start; NULL without memory. */
uint8_t *sb_bytes_extend(struct sb_bytes *b, size_t len);
/* Puts a zero byte behind the content (not counted in len), so that data reads as a string. */
int sb_bytes_terminate(struct sb_bytes *b);
/* Wipes and frees; the struct is zero afterwards. NULL is allowed. */
void sb_bytes_free(struct sb_bytes *b);
/* Wipes and frees a heap block of known length, and sets the pointer to NULL. */
void sb_free_wiped(void **p, size_t len);
/* Wipes and frees a string, and sets the pointer to NULL. */
void sb_text_free(char **text);

#endif
