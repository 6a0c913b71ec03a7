/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "token_found.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "crypto/digest.h"
#include "crypto/random.h"

/* What searches found, for as long as the token is as it was and the same one is logged in: a program looks for its key before each signature.
 * A search is known by a keyed hash, so that what somebody looked for is not kept. */

enum { ROOM_FIRST = 64, ROOM_MAX = 16384, FOUND_MAX = 2, PLACES = 4 };

struct entry {
	uint8_t key[TOKEN_FOUND_KEY];
	uint8_t used, count;
	struct sb_found found[FOUND_MAX];
};

struct token_found {
	uint8_t secret[TOKEN_KEY];
	uint64_t change, epoch;
	enum sb_user user;
	size_t room, count; /* a power of two; entries in use */
	struct entry *entries;
};

/* The entry with this key, or else a free one; where others have all its places, one of theirs. */
static struct entry *place_of(struct entry *entries, size_t room, const uint8_t key[TOKEN_FOUND_KEY])
{
	struct entry *first = NULL, *at;
	size_t start;

	memcpy(&start, key, sizeof start);
	for (size_t i = 0; i < PLACES; i++) {
		at = &entries[(start + i) & (room - 1)];
		if (at->used && memcmp(at->key, key, TOKEN_FOUND_KEY) == 0)
			return at;
		if (!first && !at->used)
			first = at;
	}
	return first ? first : &entries[start & (room - 1)];
}

static void forget(struct token_found *f, const struct sb_token *t)
{
	free(f->entries);
	f->entries = NULL;
	f->room = f->count = 0;
	f->change = t->change;
	f->epoch = t->epoch;
	f->user = t->user;
}

static struct token_found *found_of(struct sb_token *t)
{
	struct token_found *f = t->found;

	if (!f) {
		f = calloc(1, sizeof *f);
		if (f && sb_random(f->secret, sizeof f->secret) != SB_OK) {
			free(f);
			f = NULL;
		}
		t->found = f;
	}
	if (f && (f->change != t->change || f->epoch != t->epoch || f->user != t->user))
		forget(f, t);
	return f;
}

bool token_found_key(struct sb_token *t, const struct sb_attributes *match, uint8_t key[TOKEN_FOUND_KEY])
{
	struct token_found *f = found_of(t);
	struct sb_bytes text = {0};
	uint8_t hash[32];
	bool known = f && sb_attributes_encode(match, &text) == SB_OK && sb_mac(sb_slice(f->secret, TOKEN_KEY), text.data, text.len, hash) == SB_OK;

	if (known)
		memcpy(key, hash, TOKEN_FOUND_KEY);
	sb_bytes_free(&text);
	return known;
}

bool token_found_get(const struct sb_token *t, const uint8_t key[TOKEN_FOUND_KEY], struct sb_bytes *found)
{
	const struct token_found *f = t->found;
	const struct entry *e = f->room ? place_of(f->entries, f->room, key) : NULL;

	return e && e->used && memcmp(e->key, key, TOKEN_FOUND_KEY) == 0 && sb_bytes_append(found, e->found, e->count * sizeof *e->found) == SB_OK;
}

/* Twice the room, where half of it is in use; SB_E_NOMEM leaves it. */
static int grow(struct token_found *f)
{
	size_t room = f->room ? 2 * f->room : ROOM_FIRST;
	struct entry *entries = calloc(room, sizeof *entries);

	if (!entries)
		return SB_E_NOMEM;
	for (size_t i = 0; i < f->room; i++)
		if (f->entries[i].used)
			*place_of(entries, room, f->entries[i].key) = f->entries[i];
	free(f->entries);
	f->entries = entries;
	f->room = room;
	return SB_OK;
}

void token_found_put(struct sb_token *t, const uint8_t key[TOKEN_FOUND_KEY], struct sb_slice found)
{
	struct token_found *f = found_of(t);
	size_t count = found.len / sizeof(struct sb_found);
	struct entry *e;

	if (!f || count > FOUND_MAX || (f->count >= f->room / 2 && f->room < ROOM_MAX && grow(f) != SB_OK))
		return;
	e = place_of(f->entries, f->room, key);
	f->count += !e->used;
	*e = (struct entry){.used = 1, .count = (uint8_t)count};
	memcpy(e->key, key, TOKEN_FOUND_KEY);
	if (count)
		memcpy(e->found, found.data, found.len);
}

void token_found_free(struct token_found **found)
{
	if (*found)
		free((*found)->entries);
	sb_free_wiped((void **)found, sizeof **found);
}
