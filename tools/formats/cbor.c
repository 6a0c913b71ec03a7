/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "formats/cbor.h"

#include <string.h>

#include "base/codec.h"
#include "base/error.h"

struct walk {
	unsigned items;
	bool again; /* over items that were found good: only their ends are looked for */
};

/* Initial byte and argument. */
static int read_head(struct sb_slice *in, struct sb_cbor_item *item)
{
	uint8_t first, extra;
	size_t size;

	if (in->len < 1)
		return SB_E_FORMAT;
	first = in->data[0];
	extra = first & 31;
	item->type = (enum sb_cbor_type)(first >> 5);
	size = extra < 24 ? 0 : (size_t)1 << (extra - 24);
	if (extra > 27 || in->len < 1 + size)
		return SB_E_FORMAT;
	item->value = extra < 24 ? extra : 0;
	for (size_t i = 0; i < size; i++)
		item->value = item->value << 8 | in->data[1 + i];
	/* Simple values: one byte at most (floats share the type), and the two-byte form only for what needs it. */
	if (item->type == SB_CBOR_SIMPLE && (extra > 24 || (extra == 24 && item->value < 32)))
		return SB_E_FORMAT;
	in->data += 1 + size;
	in->len -= 1 + size;
	return SB_OK;
}

static int take(struct walk *walk, struct sb_slice *in, unsigned depth, struct sb_cbor_item *item);

static int take_string(const struct walk *walk, struct sb_slice *in, struct sb_cbor_item *item)
{
	if (item->value > in->len)
		return SB_E_FORMAT;
	item->bytes = sb_slice(in->data, (size_t)item->value);
	in->data += item->value;
	in->len -= (size_t)item->value;
	if (!walk->again && item->type == SB_CBOR_TEXT && sb_utf8_length((const char *)item->bytes.data, item->bytes.len) < 0)
		return SB_E_FORMAT;
	return SB_OK;
}

bool sb_cbor_same_key(const struct sb_cbor_item *a, const struct sb_cbor_item *b)
{
	if (a->type != b->type)
		return false;
	if (a->type == SB_CBOR_UINT || a->type == SB_CBOR_NEGATIVE || a->type == SB_CBOR_SIMPLE)
		return a->value == b->value;
	if (a->type == SB_CBOR_BYTES || a->type == SB_CBOR_TEXT)
		return sb_slice_equal(a->bytes, b->bytes);
	return sb_slice_equal(a->whole, b->whole);
}

/* The pairs before were found good: were their own keys compared again, maps in maps would cost exponentially. */
static int refuse_repeated_key(struct sb_slice start, uint64_t pairs, unsigned depth, const struct sb_cbor_item *key)
{
	struct walk again = {.again = true};
	struct sb_cbor_item other, value;

	for (uint64_t i = 0; i < pairs; i++)
		if (take(&again, &start, depth, &other) != SB_OK || take(&again, &start, depth, &value) != SB_OK || sb_cbor_same_key(&other, key))
			return SB_E_FORMAT;
	return SB_OK;
}

static int take_children(struct walk *walk, struct sb_slice *in, unsigned depth, struct sb_cbor_item *item)
{
	struct sb_slice start = *in;
	struct sb_cbor_item child, value;
	int rc = SB_OK;

	if (item->type == SB_CBOR_TAG)
		return take(walk, in, depth + 1, &child);
	for (uint64_t i = 0; rc == SB_OK && i < item->value; i++) {
		rc = take(walk, in, depth + 1, &child);
		if (rc == SB_OK && item->type == SB_CBOR_MAP) {
			rc = take(walk, in, depth + 1, &value);
			if (rc == SB_OK && !walk->again)
				rc = refuse_repeated_key(start, i, depth + 1, &child);
		}
	}
	return rc;
}

static int take(struct walk *walk, struct sb_slice *in, unsigned depth, struct sb_cbor_item *item)
{
	const uint8_t *start = in->data;
	int rc;

	*item = (struct sb_cbor_item){0};
	if (depth > SB_CBOR_DEPTH || ++walk->items > SB_CBOR_ITEMS)
		return SB_E_FORMAT;
	rc = read_head(in, item);
	if (rc != SB_OK)
		return rc;
	if (item->type == SB_CBOR_BYTES || item->type == SB_CBOR_TEXT)
		rc = take_string(walk, in, item);
	else if (item->type == SB_CBOR_ARRAY || item->type == SB_CBOR_MAP || item->type == SB_CBOR_TAG)
		rc = (item->type != SB_CBOR_TAG && item->value > SB_CBOR_ITEMS) ? SB_E_FORMAT : take_children(walk, in, depth, item);
	item->whole = sb_slice(start, (size_t)(in->data - start));
	return rc;
}

int sb_cbor_next(struct sb_slice *in, struct sb_cbor_item *item)
{
	struct walk walk = {0};

	return take(&walk, in, 0, item);
}

struct sb_slice sb_cbor_enter(const struct sb_cbor_item *item)
{
	struct sb_slice in = item->whole;
	struct sb_cbor_item head;

	/* The item was read before: its head is good. */
	read_head(&in, &head);
	return in;
}

int sb_cbor_only(struct sb_slice in, struct sb_cbor_item *item)
{
	int rc = sb_cbor_next(&in, item);

	return rc == SB_OK && in.len ? SB_E_FORMAT : rc;
}

int sb_cbor_expect(struct sb_slice *in, enum sb_cbor_type type, struct sb_cbor_item *item)
{
	int rc = sb_cbor_next(in, item);

	return rc == SB_OK && item->type != type ? SB_E_FORMAT : rc;
}

int sb_cbor_int(const struct sb_cbor_item *item, int64_t *value)
{
	if (item->type != SB_CBOR_UINT && item->type != SB_CBOR_NEGATIVE)
		return SB_E_FORMAT;
	if (item->value > INT64_MAX)
		return SB_E_RANGE;
	*value = item->type == SB_CBOR_UINT ? (int64_t)item->value : -1 - (int64_t)item->value;
	return SB_OK;
}

int sb_cbor_map_get(const struct sb_cbor_item *map, int64_t key, struct sb_cbor_item *value)
{
	struct sb_slice in = sb_cbor_enter(map);
	struct sb_cbor_item found;
	int64_t number;

	for (uint64_t i = 0; i < map->value; i++) {
		if (sb_cbor_next(&in, &found) != SB_OK || sb_cbor_next(&in, value) != SB_OK)
			return SB_E_FORMAT;
		if (sb_cbor_int(&found, &number) == SB_OK && number == key)
			return SB_OK;
	}
	return SB_E_NOT_FOUND;
}

bool sb_cbor_text_is(const struct sb_cbor_item *item, const char *text)
{
	return item->type == SB_CBOR_TEXT && sb_slice_is(item->bytes, text);
}

int sb_cbor_embedded(const struct sb_cbor_item *tag, struct sb_cbor_item *inside)
{
	struct sb_cbor_item string;

	if (tag->type != SB_CBOR_TAG || tag->value != SB_CBOR_TAG_EMBEDDED || sb_cbor_only(sb_cbor_enter(tag), &string) != SB_OK ||
		string.type != SB_CBOR_BYTES)
		return SB_E_FORMAT;
	return sb_cbor_only(string.bytes, inside);
}

int sb_cbor_put_head(struct sb_bytes *out, enum sb_cbor_type type, uint64_t value)
{
	uint8_t head[9];
	size_t size = value < 24 ? 0 : value <= UINT8_MAX ? 1 : value <= UINT16_MAX ? 2 : value <= UINT32_MAX ? 4 : 8;

	head[0] = (uint8_t)((unsigned)type << 5 | (size == 0 ? (unsigned)value : size == 1 ? 24 : size == 2 ? 25 : size == 4 ? 26 : 27));
	for (size_t i = 0; i < size; i++)
		head[1 + i] = (uint8_t)(value >> 8 * (size - 1 - i));
	return sb_bytes_append(out, head, 1 + size);
}

int sb_cbor_put_int(struct sb_bytes *out, int64_t value)
{
	return value >= 0 ? sb_cbor_put_head(out, SB_CBOR_UINT, (uint64_t)value)
			  : sb_cbor_put_head(out, SB_CBOR_NEGATIVE, (uint64_t)(-1 - value));
}

int sb_cbor_put_bytes(struct sb_bytes *out, const void *data, size_t len)
{
	int rc = sb_cbor_put_head(out, SB_CBOR_BYTES, len);

	return rc == SB_OK ? sb_bytes_append(out, data, len) : rc;
}

int sb_cbor_put_text(struct sb_bytes *out, const char *text, size_t len)
{
	int rc = sb_cbor_put_head(out, SB_CBOR_TEXT, len);

	return rc == SB_OK ? sb_bytes_append(out, text, len) : rc;
}

int sb_cbor_put_bool(struct sb_bytes *out, bool value)
{
	return sb_cbor_put_head(out, SB_CBOR_SIMPLE, value ? SB_CBOR_TRUE : SB_CBOR_FALSE);
}

int sb_cbor_put_null(struct sb_bytes *out)
{
	return sb_cbor_put_head(out, SB_CBOR_SIMPLE, SB_CBOR_NULL);
}

int sb_cbor_put_string(struct sb_bytes *out, const char *text)
{
	return sb_cbor_put_text(out, text, strlen(text));
}

int sb_cbor_put_embedded(struct sb_bytes *out, struct sb_slice encoded)
{
	int rc = sb_cbor_put_head(out, SB_CBOR_TAG, SB_CBOR_TAG_EMBEDDED);

	return rc == SB_OK ? sb_cbor_put_bytes(out, encoded.data, encoded.len) : rc;
}
