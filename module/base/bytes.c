/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum { BYTES_MAX = 1 << 30 };

void sb_wipe(void *data, size_t len)
{
	if (len)
		explicit_bzero(data, len);
}

bool sb_equal_ct(const void *a, const void *b, size_t len)
{
	const volatile uint8_t *x = a, *y = b;
	uint8_t difference = 0;

	for (size_t i = 0; i < len; i++)
		difference |= (uint8_t)(x[i] ^ y[i]);
	return difference == 0;
}

bool sb_slice_equal(struct sb_slice a, struct sb_slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool sb_slice_is(struct sb_slice slice, const char *text)
{
	return sb_slice_equal(slice, sb_slice(text, strlen(text)));
}

int sb_bytes_reserve(struct sb_bytes *b, size_t more)
{
	size_t cap = b->cap ? b->cap : 64;
	uint8_t *data;

	if (more > BYTES_MAX || b->len + more > BYTES_MAX)
		return SB_E_TOO_LARGE;
	if (b->len + more <= b->cap)
		return SB_OK;
	while (cap < b->len + more)
		cap *= 2;
	/* Not realloc: the old block may hold secrets and must be wiped. */
	data = malloc(cap);
	if (!data)
		return SB_E_NOMEM;
	if (b->len)
		memcpy(data, b->data, b->len);
	sb_wipe(b->data, b->cap);
	free(b->data);
	b->data = data;
	b->cap = cap;
	return SB_OK;
}

uint8_t *sb_bytes_extend(struct sb_bytes *b, size_t len)
{
	uint8_t *start;

	if (sb_bytes_reserve(b, len ? len : 1) != SB_OK)
		return NULL;
	start = b->data + b->len;
	b->len += len;
	return start;
}

int sb_bytes_append(struct sb_bytes *b, const void *data, size_t len)
{
	int rc = sb_bytes_reserve(b, len);

	if (rc == SB_OK && len) {
		memcpy(b->data + b->len, data, len);
		b->len += len;
	}
	return rc;
}

int sb_bytes_append_text(struct sb_bytes *b, const char *text)
{
	return sb_bytes_append(b, text, strlen(text));
}

int sb_bytes_append_byte(struct sb_bytes *b, uint8_t byte)
{
	return sb_bytes_append(b, &byte, 1);
}

int sb_bytes_set(struct sb_bytes *b, const void *data, size_t len)
{
	struct sb_bytes fresh = {0};
	int rc = sb_bytes_append(&fresh, data, len);

	if (rc != SB_OK)
		return rc;
	sb_bytes_free(b);
	*b = fresh;
	return SB_OK;
}

int sb_bytes_terminate(struct sb_bytes *b)
{
	int rc = sb_bytes_reserve(b, 1);

	if (rc == SB_OK)
		b->data[b->len] = 0;
	return rc;
}

void sb_bytes_free(struct sb_bytes *b)
{
	if (!b || !b->data)
		return;
	sb_wipe(b->data, b->cap);
	free(b->data);
	*b = (struct sb_bytes){0};
}

void sb_free_wiped(void **p, size_t len)
{
	if (!p || !*p)
		return;
	sb_wipe(*p, len);
	free(*p);
	*p = NULL;
}

void sb_text_free(char **text)
{
	if (text && *text)
		sb_free_wiped((void **)text, strlen(*text));
}
