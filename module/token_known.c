/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "token_private.h"

#include <string.h>

#include "base/codec.h"
#include "base/error.h"

/* A search in the store costs about as much as going through so many rows; until that has been spent on them they are left alone. */
enum { SEARCH_PRICE = 16, PRICE_FIRST = 1024 };

void token_known_forget(struct sb_token *t)
{
	token_rows_free(&t->known.rows);
	t->known.ahead = t->known.doubted = false;
	t->known.has_class[0] = t->known.has_class[1] = 0;
}

void token_known_take(struct sb_token *t, struct token_rows **rows, uint8_t sum[2][32], bool with_private, uint64_t version)
{
	token_known_forget(t);
	t->known.rows = *rows;
	*rows = NULL;
	memcpy(t->known.sum, sum, sizeof t->known.sum);
	t->known.with_private = with_private;
	t->known.version = version;
	t->known.epoch = t->epoch;
}

static bool same_sums(struct sb_token *t)
{
	struct token_digest now = {0};
	bool begun, same;
	int rc = t->store->ops->view(t->store, &begun);

	if (rc == SB_OK)
		rc = token_public_read(t, &now);
	same = rc == SB_OK && sb_equal_ct(now.public_sum, t->known.sum[0], sizeof now.public_sum);
	if (same && t->known.with_private)
		same = t->keys && token_digest_read(t, t->keys, &now) == SB_OK && sb_equal_ct(now.sum, t->known.sum[1], sizeof now.sum);
	t->store->ops->end_view(t->store, begun);
	return same;
}

bool token_known_stands(struct sb_token *t)
{
	struct token_known *known = &t->known;
	uint64_t version;

	if (!known->rows)
		return false;
	if (known->epoch != t->epoch || t->store->ops->change(t->store, &version) != SB_OK) {
		token_known_forget(t);
		return false;
	}
	if (version == known->version && !known->doubted)
		return true;
	/* Without a login nobody is told but by going through the rows again. */
	if ((version != known->version && !known->with_private) || !same_sums(t)) {
		token_known_forget(t);
		return false;
	}
	known->version = version;
	known->doubted = false;
	return true;
}

void token_known_record(struct sb_token *t, const struct sb_record *r, bool add)
{
	if (!t->known.rows)
		return;
	t->known.ahead = true;
	if (!add)
		token_rows_remove(t->known.rows, r->seq);
	else if (token_rows_add(t->known.rows, r) != SB_OK)
		token_known_forget(t);
}

void token_known_index(struct sb_token *t, const uint8_t key[SB_STORE_KEY], int64_t seq)
{
	bool is_private;

	if (t->known.rows && token_rows_index(t->known.rows, key, seq, &is_private) != SB_OK)
		token_known_forget(t);
}

void token_known_commit(struct sb_token *t, const uint8_t *public_sum, const uint8_t *private_sum)
{
	const uint8_t *sums[2] = {public_sum, private_sum};

	t->known.ahead = false;
	if (t->known.rows && token_rows_tidy(t->known.rows) != SB_OK)
		token_known_forget(t);
	for (int side = 0; side < 2; side++)
		if (sums[side])
			memcpy(t->known.sum[side], sums[side], sizeof t->known.sum[side]);
}

void token_known_rollback(struct sb_token *t)
{
	if (t->known.ahead)
		token_known_forget(t);
}

void token_known_doubt(struct sb_token *t)
{
	token_known_rollback(t);
	t->known.doubted = true;
}

/* What a search for a record of this side has not to be told. */
static bool goes_without_saying(const struct sb_attribute *a, bool is_private)
{
	return a->len == 1 && (a->type == ATTRIBUTE_TOKEN ? a->value[0] == 1 : a->type == ATTRIBUTE_PRIVATE && a->value[0] == is_private);
}

/* Nearly every search names a class, and there are few. */
static int key_of(struct sb_token *t, bool is_private, const struct sb_attribute *a, uint8_t key[SB_STORE_KEY])
{
	struct token_known *known = &t->known;
	uint64_t class = a->type == ATTRIBUTE_CLASS && a->len == 8 ? sb_get_u64(a->value) : TOKEN_CLASSES;
	int rc;

	if (class >= TOKEN_CLASSES)
		return token_index_key(t, is_private, a, key);
	rc = known->has_class[is_private] & 1 << class ? SB_OK : token_index_key(t, is_private, a, known->classes[is_private][class]);
	if (rc == SB_OK) {
		known->has_class[is_private] |= (uint8_t)(1 << class);
		memcpy(key, known->classes[is_private][class], SB_STORE_KEY);
	}
	return rc;
}

/* Whether records of this side are of the class that is wanted. */
static int any_of_class(struct sb_token *t, bool is_private, const struct sb_attributes *match, bool *any)
{
	const struct sb_attribute *class = sb_attributes_get(match, ATTRIBUTE_CLASS);
	uint8_t key[SB_STORE_KEY];
	int rc = class ? key_of(t, is_private, class, key) : SB_OK;

	*any = true;
	return rc == SB_OK && class ? token_rows_any(t->known.rows, key, any) : rc;
}

int token_known_match(struct sb_token *t, bool is_private, const struct sb_attributes *match, struct sb_bytes *numbers, bool *open)
{
	uint8_t key[SB_STORE_KEY];
	bool first = true, any;
	int rc = any_of_class(t, is_private, match, &any);

	/* What stands in a file whose key stands in it too is believed to no index: the record itself decides. Of the private rows the sum is that of
	 * whoever has K_tok. */
	*open = !is_private;
	if (rc != SB_OK || !any)
		return rc;
	/* From the end: the class, which many have, comes first. */
	for (size_t i = match->count; rc == SB_OK && i-- > 0 && (first || numbers->len);) {
		const struct sb_attribute *a = &match->items[i];

		if (!token_selects(a)) {
			*open |= !goes_without_saying(a, is_private);
			continue;
		}
		rc = key_of(t, is_private, a, key);
		if (rc == SB_OK)
			rc = (first ? token_rows_under : token_rows_narrow)(t->known.rows, key, numbers);
		first = false;
	}
	return rc == SB_OK && first ? token_rows_all(t->known.rows, is_private, numbers) : rc;
}

void token_known_asked(struct sb_token *t)
{
	struct token_known *known = &t->known;

	if (known->price < PRICE_FIRST)
		known->price = PRICE_FIRST;
	if (++known->asked < known->price / SEARCH_PRICE)
		return;
	known->asked = 0;
	/* There are more than was thought, or than are kept: it has to be worth more. */
	token_digest_gather(t, known->price);
	if (!known->rows && known->price <= SIZE_MAX / 4)
		known->price *= 2;
}
