/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "token_found.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* Searches: in what is known of the rows, or else in the store. */

struct hit {
	int64_t seq;
	struct sb_found found;
};

struct search {
	struct sb_token *token;
	const struct sb_attributes *match;
	bool named; /* it is about one object, not about a kind */
	bool is_private; /* the side that is being searched */
	struct sb_bytes hits; /* struct hit, unordered */
};

static int add_hit(struct search *search, int64_t seq, const uint8_t id[SB_STORE_ID], bool is_private)
{
	struct hit hit = {.seq = seq, .found = {.is_private = is_private}};

	memcpy(hit.found.id, id, SB_OBJECT_ID);
	return sb_bytes_append(&search->hits, &hit, sizeof hit);
}

/* An index row only points: the record itself decides. One that does not open is told of as damage, and so is a row that points to the other side. */
static int consider(void *context, const struct sb_record *record)
{
	struct search *search = context;
	struct sb_token *t = search->token;
	bool matches = false, astray = record->is_private != search->is_private;
	int rc = record->malformed || astray ? SB_E_CORRUPT : token_record_match(t, record, search->match, &matches);

	if (rc == SB_E_CORRUPT) {
		t->rows_damaged = true;
		matches = !record->malformed && !astray && record->is_private && search->named;
		rc = SB_OK;
	}
	return rc == SB_OK && matches ? add_hit(search, record->seq, record->id, record->is_private) : rc;
}

/* Where it says which side it means, the other one has nothing. */
static bool may_be_on(const struct search *search, bool is_private)
{
	const struct sb_attribute *a = sb_attributes_get(search->match, ATTRIBUTE_PRIVATE);

	if (is_private && !token_sees_private(search->token))
		return false;
	return !a || (a->len == 1 && a->value[0] == is_private);
}

/* --- in the store --- */

/* by_record: through all records. */
static int search_side(struct search *search, bool is_private, bool by_record)
{
	uint8_t keys[SB_STORE_KEYS_MAX][SB_STORE_KEY];
	struct sb_token *t = search->token;
	size_t count = 0;
	int rc = SB_OK;

	if (!may_be_on(search, is_private))
		return SB_OK;
	search->is_private = is_private;
	for (size_t i = 0; rc == SB_OK && i < search->match->count && count < SB_STORE_KEYS_MAX; i++)
		if (token_selects(&search->match->items[i]))
			rc = token_index_key(t, is_private, &search->match->items[i], keys[count++]);
	if (rc != SB_OK)
		return rc;
	return count && !by_record ? t->store->ops->find(t->store, (const uint8_t(*)[SB_STORE_KEY])keys, count, consider, search)
				   : t->store->ops->each(t->store, is_private, consider, search);
}

/* Index rows that do not add up may hide an object: then the records are gone through. Where there are many rows, they are added up
 * before it is answered that nothing is there. */
static int search_public(struct search *search)
{
	struct sb_token *t = search->token;
	int rc = SB_OK;

	if (t->public_rows == PUBLIC_MANY) {
		rc = search_side(search, false, false);
		if (rc != SB_OK || search->hits.len)
			return rc;
		rc = token_public_check(t, true);
		if (t->public_rows == PUBLIC_SOUND)
			return rc;
	}
	return rc == SB_OK ? search_side(search, false, t->public_rows != PUBLIC_SOUND) : rc;
}

static int search_store(struct search *search)
{
	int rc = search_public(search);

	if (rc == SB_OK)
		rc = search_side(search, true, false);
	token_known_asked(search->token);
	return rc;
}

/* --- in what is known --- */

/* What the index of one side has. */
struct candidates {
	struct sb_bytes numbers; /* uint32_t */
	bool open;               /* they are to be opened */
};

static int candidates_of(struct search *search, bool is_private, struct candidates *c)
{
	struct sb_token *t = search->token;

	return may_be_on(search, is_private) && token_rows_has(t->known.rows, is_private) ? token_known_match(t, is_private, search->match, &c->numbers, &c->open) : SB_OK;
}

/* One that went meanwhile is none, and so is what stands in its place. */
static int consider_at(struct search *search, const struct token_row *row)
{
	struct sb_store *store = search->token->store;
	struct sb_record record = {0};
	int rc = store->ops->at(store, row->seq, &record);

	record.malformed = rc == SB_E_CORRUPT || (rc == SB_OK && memcmp(record.id, row->id, SB_STORE_ID) != 0);
	if (rc == SB_OK || rc == SB_E_CORRUPT)
		rc = consider(search, &record);
	sb_bytes_free(&record.box);
	return rc == SB_E_NOT_FOUND ? SB_OK : rc;
}

static int take_candidates(struct search *search, bool is_private, const struct candidates *c)
{
	const uint32_t *numbers = (const uint32_t *)(const void *)c->numbers.data;
	int rc = SB_OK;

	search->is_private = is_private;
	for (size_t i = 0; rc == SB_OK && i < c->numbers.len / sizeof *numbers; i++) {
		const struct token_row *row = token_rows_at(search->token->known.rows, numbers[i]);

		rc = c->open || row->is_private != is_private ? consider_at(search, row) : add_hit(search, row->seq, row->id, is_private);
	}
	return rc;
}

/* --- both --- */

static int by_seq(const void *a, const void *b)
{
	int64_t x = ((const struct hit *)a)->seq, y = ((const struct hit *)b)->seq;

	return x < y ? -1 : x > y;
}

static bool names_one(const struct sb_attributes *match)
{
	return sb_attributes_get(match, ATTRIBUTE_LABEL) || sb_attributes_get(match, ATTRIBUTE_ID) ||
	       sb_attributes_get(match, ATTRIBUTE_UNIQUE_ID);
}

static int tell(struct search *search, struct sb_bytes *found)
{
	struct hit *hits = (struct hit *)(void *)search->hits.data;
	size_t count = search->hits.len / sizeof *hits;
	int rc = SB_OK;

	if (count > 1)
		qsort(hits, count, sizeof *hits, by_seq);
	for (size_t i = 0; rc == SB_OK && i < count; i++)
		rc = sb_bytes_append(found, &hits[i].found, sizeof(struct sb_found));
	return rc;
}

/* What damage makes of a search is not kept. */
static bool is_sound(const struct sb_token *t)
{
	return !t->damaged && !t->rows_damaged && t->public_rows != PUBLIC_DAMAGED;
}

/* With records that have to be opened, unless the same was found before. */
static int search_opening(struct search *search, const struct candidates sides[2], bool known, struct sb_bytes *found)
{
	struct sb_token *t = search->token;
	size_t before = found->len;
	uint8_t key[TOKEN_FOUND_KEY];
	uint64_t change = t->change, epoch = t->epoch;
	bool keyed = t->present && token_found_key(t, search->match, key);
	int rc = SB_OK;

	if (keyed && token_found_get(t, key, found))
		return SB_OK;
	if (!known)
		rc = search_store(search);
	for (int side = 0; known && rc == SB_OK && side < 2; side++)
		rc = take_candidates(search, side, &sides[side]);
	if (rc == SB_OK)
		rc = tell(search, found);
	if (rc == SB_OK && keyed && is_sound(t) && t->change == change && t->epoch == epoch)
		token_found_put(t, key, sb_slice(found->len > before ? found->data + before : NULL, found->len - before));
	return rc;
}

static bool must_open(const struct candidates *c)
{
	return c->open && c->numbers.len;
}

static int search_known(struct search *search, struct sb_bytes *found)
{
	struct candidates sides[2] = {0};
	int rc = SB_OK;

	for (int side = 0; rc == SB_OK && side < 2; side++)
		rc = candidates_of(search, side, &sides[side]);
	if (rc == SB_OK && (must_open(&sides[0]) || must_open(&sides[1])))
		rc = search_opening(search, sides, true, found);
	else {
		for (int side = 0; rc == SB_OK && side < 2; side++)
			rc = take_candidates(search, side, &sides[side]);
		if (rc == SB_OK)
			rc = tell(search, found);
	}
	for (int side = 0; side < 2; side++)
		sb_bytes_free(&sides[side].numbers);
	return rc;
}

int sb_token_find(struct sb_token *t, const struct sb_attributes *match, struct sb_bytes *found)
{
	struct search search = {.token = t, .match = match, .named = names_one(match)};
	int rc;

	sb_token_change(t, true);
	rc = token_reload(t);
	if (rc == SB_OK)
		rc = token_public_check(t, false);
	if (rc == SB_OK)
		rc = token_known_stands(t) ? search_known(&search, found) : search_opening(&search, NULL, false, found);
	sb_bytes_free(&search.hits);
	return rc;
}
