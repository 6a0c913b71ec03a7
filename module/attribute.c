/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "attribute.h"

#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/error.h"

/* Room for what a key of a session has, in a block that malloc has at hand. */
enum { ATTRIBUTES_MAX = 1024, ROOM = 25, VALUES_MAX = 16 << 20, FLAG_SECRET = 1, FLAG_UNINDEXED = 2, FLAGS = 3, HEAD = 8 + 1 + 4 };

/* Index of the type, or where it belongs. */
static size_t place_of(const struct sb_attributes *a, unsigned long type)
{
	size_t low = 0, high = a->count;

	/* Copies and records come in order. */
	if (!high || a->items[high - 1].type < type)
		return high;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (a->items[middle].type < type)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool stands_at(const struct sb_attributes *a, size_t place, unsigned long type)
{
	return place < a->count && a->items[place].type == type;
}

static bool is_short(size_t len)
{
	return len <= SB_ATTRIBUTE_SHORT;
}

/* After items were moved: short values went with them. */
static void point_again(struct sb_attributes *a, size_t from)
{
	for (size_t i = from; i < a->count; i++)
		if (is_short(a->items[i].len))
			a->items[i].value = a->items[i].brief;
}

static void free_items(struct sb_attributes *a)
{
	sb_free_wiped((void **)&a->items, a->room * sizeof *a->items);
}

static int make_room(struct sb_attributes *a)
{
	size_t room = a->room ? 2 * a->room : ROOM;
	struct sb_attribute *items;

	if (a->count < a->room)
		return SB_OK;
	if (a->count >= ATTRIBUTES_MAX)
		return SB_E_TOO_LARGE;
	/* Not realloc: it would leave short values behind. */
	items = malloc(room * sizeof *items);
	if (!items)
		return SB_E_NOMEM;
	if (a->count)
		memcpy(items, a->items, a->count * sizeof *items);
	free_items(a);
	a->items = items;
	a->room = room;
	point_again(a, 0);
	return SB_OK;
}

static void free_value(struct sb_attribute *item)
{
	if (is_short(item->len))
		sb_wipe(item->brief, sizeof item->brief);
	else
		sb_free_wiped((void **)&item->value, item->len);
}

/* A place for a new item; the items after it move up. */
static int open_place(struct sb_attributes *a, size_t place)
{
	int rc = make_room(a);

	if (rc != SB_OK)
		return rc;
	if (place < a->count)
		memmove(a->items + place + 1, a->items + place, (a->count - place) * sizeof *a->items);
	a->count++;
	point_again(a, place + 1);
	return SB_OK;
}

/* The value may be one of the set's own. */
static int set_at(struct sb_attributes *a, size_t place, unsigned long type, const void *value, size_t len, bool secret)
{
	struct sb_attribute fresh = {.type = type, .len = len, .secret = secret};
	int rc = SB_OK;

	if (!is_short(len)) {
		fresh.value = malloc(len);
		if (!fresh.value)
			return SB_E_NOMEM;
	}
	if (len)
		memcpy(is_short(len) ? fresh.brief : fresh.value, value, len);
	if (stands_at(a, place, type))
		free_value(&a->items[place]);
	else
		rc = open_place(a, place);
	if (rc == SB_OK) {
		a->items[place] = fresh;
		if (is_short(len))
			a->items[place].value = a->items[place].brief;
	} else if (!is_short(len))
		sb_free_wiped((void **)&fresh.value, len);
	if (secret)
		sb_wipe(fresh.brief, sizeof fresh.brief);
	return rc;
}

static int set(struct sb_attributes *a, unsigned long type, const void *value, size_t len, bool secret)
{
	return set_at(a, place_of(a, type), type, value, len, secret);
}

int sb_attributes_default(struct sb_attributes *a, unsigned long type, const void *value, size_t len)
{
	size_t place = place_of(a, type);

	return stands_at(a, place, type) ? SB_OK : set_at(a, place, type, value, len, false);
}

int sb_attributes_set(struct sb_attributes *a, unsigned long type, const void *value, size_t len)
{
	return set(a, type, value, len, false);
}

int sb_attributes_set_secret(struct sb_attributes *a, unsigned long type, const void *value, size_t len)
{
	return set(a, type, value, len, true);
}

int sb_attributes_set_ulong(struct sb_attributes *a, unsigned long type, unsigned long value)
{
	uint8_t raw[8];

	sb_put_u64(raw, value);
	return set(a, type, raw, sizeof raw, false);
}

int sb_attributes_set_bool(struct sb_attributes *a, unsigned long type, bool value)
{
	uint8_t raw = value;

	return set(a, type, &raw, 1, false);
}

const struct sb_attribute *sb_attributes_get(const struct sb_attributes *a, unsigned long type)
{
	size_t place = place_of(a, type);

	return stands_at(a, place, type) ? &a->items[place] : NULL;
}

bool sb_attributes_bool(const struct sb_attributes *a, unsigned long type, bool otherwise)
{
	const struct sb_attribute *found = sb_attributes_get(a, type);

	return found && found->len == 1 ? found->value[0] != 0 : otherwise;
}

unsigned long sb_attributes_ulong(const struct sb_attributes *a, unsigned long type, unsigned long otherwise)
{
	const struct sb_attribute *found = sb_attributes_get(a, type);

	return found && found->len == 8 ? (unsigned long)sb_get_u64(found->value) : otherwise;
}

void sb_attributes_remove(struct sb_attributes *a, unsigned long type)
{
	size_t place = place_of(a, type);

	if (!stands_at(a, place, type))
		return;
	free_value(&a->items[place]);
	a->count--;
	memmove(a->items + place, a->items + place + 1, (a->count - place) * sizeof *a->items);
	sb_wipe(a->items + a->count, sizeof *a->items);
	point_again(a, place);
}

bool sb_attributes_match(const struct sb_attributes *match, const struct sb_attributes *object)
{
	for (size_t i = 0; i < match->count; i++) {
		const struct sb_attribute *want = &match->items[i], *have = sb_attributes_get(object, want->type);

		if (!have || have->secret || !sb_slice_equal(sb_slice(have->value, have->len), sb_slice(want->value, want->len)))
			return false;
	}
	return true;
}

int sb_attributes_copy(struct sb_attributes *to, const struct sb_attributes *from)
{
	int rc = SB_OK;

	for (size_t i = 0; rc == SB_OK && i < from->count; i++)
		rc = set(to, from->items[i].type, from->items[i].value, from->items[i].len, from->items[i].secret);
	return rc;
}

int sb_attributes_encode(const struct sb_attributes *a, struct sb_bytes *out)
{
	uint8_t head[HEAD];
	int rc;

	sb_put_u32(head, (uint32_t)a->count);
	rc = sb_bytes_append(out, head, 4);
	for (size_t i = 0; rc == SB_OK && i < a->count; i++) {
		const struct sb_attribute *item = &a->items[i];

		if (item->len > VALUES_MAX)
			return SB_E_TOO_LARGE;
		sb_put_u64(head, item->type);
		head[8] = (uint8_t)((item->secret ? FLAG_SECRET : 0) | (item->unindexed ? FLAG_UNINDEXED : 0));
		sb_put_u32(head + 9, (uint32_t)item->len);
		rc = sb_bytes_append(out, head, HEAD);
		if (rc == SB_OK)
			rc = sb_bytes_append(out, item->value, item->len);
	}
	return rc;
}

int sb_attributes_walk(struct sb_attributes_walk *w, struct sb_slice in)
{
	if (in.len < 4 || in.len > VALUES_MAX)
		return SB_E_CORRUPT;
	*w = (struct sb_attributes_walk){.rest = sb_slice(in.data + 4, in.len - 4), .left = sb_get_u32(in.data)};
	return w->left > ATTRIBUTES_MAX ? SB_E_CORRUPT : SB_OK;
}

int sb_attributes_step(struct sb_attributes_walk *w, struct sb_attribute_view *one)
{
	unsigned long before = one->type;
	uint32_t len;

	if (!w->left)
		return w->rest.len ? SB_E_CORRUPT : SB_E_NOT_FOUND;
	if (w->rest.len < HEAD)
		return SB_E_CORRUPT;
	len = sb_get_u32(w->rest.data + 9);
	*one = (struct sb_attribute_view){(unsigned long)sb_get_u64(w->rest.data), sb_slice(w->rest.data + HEAD, len), w->rest.data[8] & FLAG_SECRET,
		w->rest.data[8] & FLAG_UNINDEXED};
	if (len > w->rest.len - HEAD || w->rest.data[8] > FLAGS || (w->begun && one->type <= before))
		return SB_E_CORRUPT;
	w->rest = sb_slice(w->rest.data + HEAD + len, w->rest.len - HEAD - len);
	w->begun = true;
	w->left--;
	return SB_OK;
}

int sb_attributes_decode(struct sb_attributes *a, struct sb_slice in)
{
	struct sb_attributes_walk walk;
	struct sb_attribute_view one = {0};
	int rc = a->count ? SB_E_CORRUPT : sb_attributes_walk(&walk, in);

	while (rc == SB_OK) {
		rc = sb_attributes_step(&walk, &one);
		if (rc == SB_OK)
			rc = set(a, one.type, one.value.data, one.value.len, one.secret);
		if (rc == SB_OK)
			a->items[a->count - 1].unindexed = one.unindexed;
	}
	if (rc == SB_E_NOT_FOUND)
		return SB_OK;
	sb_attributes_free(a);
	return rc;
}

void sb_attributes_free(struct sb_attributes *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->count; i++)
		if (!is_short(a->items[i].len))
			free_value(&a->items[i]);
	free_items(a);
	*a = (struct sb_attributes){0};
}
