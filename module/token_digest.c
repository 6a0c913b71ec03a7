/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "token_private.h"

#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "crypto/digest.h"

/* What a login vouches for. The digest of the private rows is the sum, modulo 2^256, of a keyed hash of each record and each index
 * row: rows can be added and taken away without reading the others, and a row deleted, doubled, altered or put back from an old copy
 * shows at the next login. Beside it stands a hash of each value, so that one that is damaged spoils no other.
 * The public rows have such a sum too, under a key that stands in the file: it can be kept, and looked at, without a login, and tells of
 * accidents. K_tok vouches that it is there. Where it does not fit, searches go by the records themselves, and nothing is hidden. */

enum { SUM = 32, MAC = 32, METAS = TOKEN_METAS * TOKEN_META_HASH, DIGEST_ROW = 8 + SUM + METAS + MAC };
/* So many public rows are gone through before any search, in about a millisecond. */
enum { PUBLIC_IN_PASSING = 1024, PART = 256 };

static const char *const metas[TOKEN_METAS] = {
	[TOKEN_META_HEADER] = META_HEADER,
	[TOKEN_META_PUBLIC] = META_PUBLIC,
	[TOKEN_META_LABEL] = META_LABEL,
	[TOKEN_META_WRAP_PIN] = META_WRAP_PIN,
	[TOKEN_META_WRAP_PUK] = META_WRAP_PUK,
	[TOKEN_META_BIRTH] = META_BIRTH,
	[TOKEN_META_TRUSTED] = META_TRUSTED,
	[TOKEN_META_LOG] = META_LOG,
	[TOKEN_META_DIGEST_PUBLIC] = META_DIGEST_PUBLIC,
	[TOKEN_META_WRAP_THIRD] = META_WRAP_THIRD,
};

void token_sum_add(uint8_t sum[32], const uint8_t term[32])
{
	unsigned carry = 0;

	for (int i = SUM - 1; i >= 0; i--) {
		carry += (unsigned)sum[i] + term[i];
		sum[i] = (uint8_t)carry;
		carry >>= 8;
	}
}

void token_sum_subtract(uint8_t sum[32], const uint8_t term[32])
{
	int borrow = 0;

	for (int i = SUM - 1; i >= 0; i--) {
		int d = sum[i] - term[i] - borrow;

		borrow = d < 0;
		sum[i] = (uint8_t)d;
	}
}

static int mix(const uint8_t key[TOKEN_KEY], const struct sb_slice *pieces, size_t count, bool add, uint8_t sum[SUM])
{
	uint8_t term[SUM];
	int rc = sb_mac_pieces(sb_slice(key, TOKEN_KEY), pieces, count, term);

	if (rc == SB_OK)
		(add ? token_sum_add : token_sum_subtract)(sum, term);
	return rc;
}

static int mix_record(const uint8_t key[TOKEN_KEY], const struct sb_record *record, bool add, uint8_t sum[SUM])
{
	uint8_t numbers[16];
	/* All of the box: its tag says nothing of the rest until it is opened. */
	struct sb_slice pieces[] = {sb_slice("record 2", 8), sb_slice(record->id, SB_STORE_ID), sb_slice(numbers, sizeof numbers),
		sb_bytes_slice(&record->box)};

	sb_put_u64(numbers, (uint64_t)record->seq);
	sb_put_u64(numbers + 8, record->generation);
	return mix(key, pieces, 4, add, sum);
}

static int mix_index(const uint8_t digest_key[TOKEN_KEY], const uint8_t key[SB_STORE_KEY], int64_t seq, bool add, uint8_t sum[SUM])
{
	uint8_t number[8];
	struct sb_slice pieces[] = {sb_slice("index", 5), sb_slice(key, SB_STORE_KEY), sb_slice(number, 8)};

	sb_put_u64(number, (uint64_t)seq);
	return mix(digest_key, pieces, 3, add, sum);
}

int token_digest_record(const struct token_keys *keys, const struct sb_record *record, bool add, struct token_digest *digest)
{
	return mix_record(keys->digest, record, add, digest->sum);
}

int token_digest_index(const struct token_keys *keys, const uint8_t key[SB_STORE_KEY], int64_t seq, bool add,
	struct token_digest *digest)
{
	return mix_index(keys->digest, key, seq, add, digest->sum);
}

int token_public_record(const struct sb_token *token, const struct sb_record *record, bool add, struct token_digest *digest)
{
	return mix_record(token->public_digest, record, add, digest->public_sum);
}

int token_public_index(const struct sb_token *token, const uint8_t key[SB_STORE_KEY], int64_t seq, bool add, struct token_digest *digest)
{
	return mix_index(token->public_digest, key, seq, add, digest->public_sum);
}

/* len: all of the row. */
static int row_mac(const struct sb_token *token, const struct token_keys *keys, const uint8_t *row, size_t len, uint8_t mac[MAC])
{
	struct sb_slice pieces[] = {sb_slice("digest 2", 8), sb_slice(token->header.serial, SB_TOKEN_SERIAL), sb_slice(row, len - MAC)};

	return sb_mac_pieces(sb_slice(keys->mac, TOKEN_KEY), pieces, 3, mac);
}

/* One written before the log was covered, or before the public rows had a sum, or a third wrap had its place, has no hash of them: then there was none. */
static bool right_length(size_t len)
{
	return len <= DIGEST_ROW && len >= DIGEST_ROW - (TOKEN_METAS - TOKEN_METAS_MIN) * TOKEN_META_HASH &&
	       (DIGEST_ROW - len) % TOKEN_META_HASH == 0;
}

int token_digest_read(struct sb_token *token, const struct token_keys *keys, struct token_digest *out)
{
	struct sb_bytes row = {0};
	uint8_t mac[MAC];
	int rc = token->store->ops->get(token->store, META_DIGEST, &row);

	if (rc == SB_E_NOT_FOUND || (rc == SB_OK && !right_length(row.len)))
		rc = SB_E_CORRUPT;
	if (rc == SB_OK)
		rc = row_mac(token, keys, row.data, row.len, mac);
	if (rc == SB_OK && !sb_equal_ct(mac, row.data + row.len - MAC, MAC))
		rc = SB_E_CORRUPT;
	if (rc == SB_OK) {
		out->store_generation = sb_get_u64(row.data);
		memcpy(out->sum, row.data + 8, SUM);
		memset(out->meta, 0, sizeof out->meta);
		memcpy(out->meta, row.data + 8 + SUM, row.len - 8 - SUM - MAC);
	}
	sb_bytes_free(&row);
	return rc;
}

int token_digest_write(struct sb_token *token, const struct token_keys *keys, const struct token_digest *digest)
{
	uint8_t row[DIGEST_ROW];
	int rc;

	sb_put_u64(row, digest->store_generation);
	memcpy(row + 8, digest->sum, SUM);
	memcpy(row + 8 + SUM, digest->meta, METAS);
	rc = row_mac(token, keys, row, DIGEST_ROW, row + DIGEST_ROW - MAC);
	return rc == SB_OK ? token->store->ops->put(token->store, META_DIGEST, sb_slice(row, sizeof row)) : rc;
}

static int hash_meta(struct sb_token *token, const struct token_keys *keys, const char *name, uint8_t hash[TOKEN_META_HASH])
{
	struct sb_bytes value = {0};
	uint8_t mac[MAC] = {0};
	int rc = token->store->ops->get(token->store, name, &value);
	/* A value of another type than ours is none that was ever noted. */
	struct sb_slice pieces[] = {sb_slice(rc == SB_OK ? "value" : "odd", rc == SB_OK ? 5 : 3), sb_slice(name, strlen(name)),
		sb_bytes_slice(&value)};

	/* Of the public rows' sum only that it stands. */
	if (strcmp(name, META_DIGEST_PUBLIC) == 0)
		pieces[2].len = 0;
	if (rc == SB_OK || rc == SB_E_CORRUPT)
		rc = sb_mac_pieces(sb_slice(keys->mac, TOKEN_KEY), pieces, 3, mac);
	else if (rc == SB_E_NOT_FOUND)
		rc = SB_OK;
	memcpy(hash, mac, TOKEN_META_HASH);
	sb_bytes_free(&value);
	return rc;
}

int token_digest_note(struct sb_token *token, const struct token_keys *keys, unsigned which, struct token_digest *digest)
{
	int rc = SB_OK;

	for (unsigned i = 0; rc == SB_OK && i < TOKEN_METAS; i++)
		if (which & 1u << i)
			rc = hash_meta(token, keys, metas[i], digest->meta[i]);
	return rc;
}

int token_digest_vouches(struct sb_token *token, const struct token_keys *keys, unsigned which, const struct token_digest *digest)
{
	struct token_digest now = *digest;
	int rc = token_digest_note(token, keys, which, &now);

	return rc == SB_OK && !sb_equal_ct(now.meta, digest->meta, METAS) ? SB_E_CORRUPT : rc;
}

int token_digest_amend(struct sb_token *token, const struct token_keys *keys, unsigned which)
{
	struct token_digest digest = {0};
	int rc = token_digest_read(token, keys, &digest);

	if (rc == SB_E_CORRUPT)
		return SB_OK;
	if (rc == SB_OK) {
		token_generation_raise(token, keys, &digest);
		rc = token_digest_note(token, keys, which, &digest);
	}
	return rc == SB_OK ? token_digest_write(token, keys, &digest) : rc;
}

struct scan {
	const uint8_t *key;
	uint8_t sum[SUM];
	size_t left; /* so much work more: a row is one, and each PART bytes of a box */
	bool odd;
};

static bool spend(struct scan *scan, size_t work)
{
	bool enough = scan->left >= work;

	scan->left -= enough ? work : 0;
	return enough;
}

static int scan_record(void *context, const struct sb_record *record)
{
	struct scan *scan = context;

	scan->odd |= !record;
	if (!spend(scan, 1 + (record ? record->box.len / PART : 0)))
		return SB_E_TOO_LARGE;
	return record ? mix_record(scan->key, record, true, scan->sum) : SB_OK;
}

static int scan_index(void *context, const uint8_t key[SB_STORE_KEY], int64_t seq)
{
	struct scan *scan = context;

	scan->odd |= !key;
	if (!spend(scan, 1))
		return SB_E_TOO_LARGE;
	return key ? mix_index(scan->key, key, seq, true, scan->sum) : SB_OK;
}

/* SB_E_TOO_LARGE when that is more work than `most`. */
static int add_up(struct sb_token *token, bool is_private, const uint8_t key[TOKEN_KEY], size_t most, uint8_t sum[SUM])
{
	struct scan scan = {.key = key, .left = most};
	int rc = token->store->ops->each(token->store, is_private, scan_record, &scan);

	if (rc == SB_OK)
		rc = token->store->ops->each_index(token->store, is_private, scan_index, &scan);
	memcpy(sum, scan.sum, SUM);
	return rc == SB_OK && scan.odd ? SB_E_CORRUPT : rc;
}

int token_digest_sum(struct sb_token *token, const struct token_keys *keys, struct token_digest *out)
{
	return add_up(token, true, keys->digest, SIZE_MAX, out->sum);
}

int token_digest_verify(struct sb_token *token, const struct token_keys *keys)
{
	struct token_digest stored = {0}, found;
	bool begun;
	int rc = token->store->ops->view(token->store, &begun);

	/* All of one moment: another process that writes meanwhile is no damage. */
	if (rc == SB_OK)
		rc = token_digest_read(token, keys, &stored);
	if (rc == SB_OK)
		rc = token_digest_vouches(token, keys, TOKEN_METAS_ALL, &stored);
	if (rc == SB_OK)
		rc = token_digest_sum(token, keys, &found);
	token->store->ops->end_view(token->store, begun);
	return rc == SB_OK && !sb_equal_ct(stored.sum, found.sum, SUM) ? SB_E_CORRUPT : rc;
}

/* --- the public rows --- */

int token_public_read(struct sb_token *token, struct token_digest *out)
{
	struct sb_bytes row = {0};
	int rc = token->store->ops->get(token->store, META_DIGEST_PUBLIC, &row);

	if (rc == SB_OK && row.len != SUM)
		rc = SB_E_CORRUPT;
	if (rc == SB_OK)
		memcpy(out->public_sum, row.data, SUM);
	sb_bytes_free(&row);
	return rc;
}

int token_public_write(struct sb_token *token, const struct token_digest *digest)
{
	return token->store->ops->put(token->store, META_DIGEST_PUBLIC, sb_slice(digest->public_sum, SUM));
}

struct expecting {
	struct sb_token *token;
	struct token_digest *out;
};

/* What does not open is told of whenever it is met; its index rows nobody knows. */
static int expect_record(void *context, const struct sb_record *record)
{
	const struct expecting *e = context;
	struct sb_attributes a = {0};
	uint8_t key[SB_STORE_KEY];
	int rc = record ? token_public_record(e->token, record, true, e->out) : SB_OK, opened;

	if (rc != SB_OK || !record)
		return rc;
	opened = token_record_open(e->token, record, &a);
	if (opened != SB_OK && opened != SB_E_CORRUPT)
		rc = opened;
	for (size_t i = 0; rc == SB_OK && i < a.count; i++) {
		if (a.items[i].secret)
			continue;
		rc = token_index_key(e->token, false, &a.items[i], key);
		if (rc == SB_OK)
			rc = token_public_index(e->token, key, record->seq, true, e->out);
	}
	sb_attributes_free(&a);
	return rc;
}

int token_public_expect(struct sb_token *token, struct token_digest *out)
{
	struct expecting e = {token, out};

	memset(out->public_sum, 0, SUM);
	return token->store->ops->each(token->store, false, expect_record, &e);
}

/* SB_E_CORRUPT when the rows are not what the sum says; SB_E_NOT_FOUND without one; SB_E_TOO_LARGE when to tell is more work than `most`. */
static int verify_public(struct sb_token *token, size_t most)
{
	struct token_digest stored = {0}, found;
	bool begun;
	int rc = token->store->ops->view(token->store, &begun);

	if (rc == SB_OK)
		rc = token_public_read(token, &stored);
	if (rc == SB_OK)
		rc = add_up(token, false, token->public_digest, most, found.public_sum);
	token->store->ops->end_view(token->store, begun);
	return rc == SB_OK && !sb_equal_ct(stored.public_sum, found.public_sum, SUM) ? SB_E_CORRUPT : rc;
}

int token_public_check(struct sb_token *token, bool whole)
{
	static const struct {
		int answer;
		enum token_public_rows rows;
	} meanings[] = {
		{SB_OK, PUBLIC_SOUND}, {SB_E_CORRUPT, PUBLIC_DAMAGED}, {SB_E_NOT_FOUND, PUBLIC_UNSUMMED}, {SB_E_TOO_LARGE, PUBLIC_MANY}};
	int rc;

	if (token->public_rows != PUBLIC_UNCHECKED && !(whole && token->public_rows == PUBLIC_MANY))
		return SB_OK;
	rc = verify_public(token, whole ? SIZE_MAX : PUBLIC_IN_PASSING);
	for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
		if (rc == meanings[i].answer) {
			token->public_rows = meanings[i].rows;
			return SB_OK;
		}
	return rc;
}

/* In the transaction that is open. What the digest says is there and is not must go on showing. */
static int begin_sum(struct sb_token *token)
{
	struct token_digest digest = {0}, old;
	int rc = token->keys ? token_digest_read(token, token->keys, &digest) : SB_E_LOGGED_OUT;

	if (rc == SB_OK)
		rc = token_digest_vouches(token, token->keys, 1u << TOKEN_META_DIGEST_PUBLIC, &digest);
	if (rc == SB_OK)
		rc = token_public_read(token, &old) == SB_E_NOT_FOUND ? SB_OK : SB_E_EXISTS;
	if (rc == SB_OK)
		rc = token_public_expect(token, &digest);
	if (rc == SB_OK)
		rc = token_public_write(token, &digest);
	if (rc == SB_OK)
		rc = token_digest_note(token, token->keys, 1u << TOKEN_META_DIGEST_PUBLIC, &digest);
	return rc == SB_OK ? token_digest_write(token, token->keys, &digest) : rc;
}

void token_public_begin(struct sb_token *token)
{
	if (token->public_rows != PUBLIC_UNSUMMED || token->damaged || token_begin_admin(token) != SB_OK)
		return;
	if (token_end_admin(token, begin_sum(token)) == SB_OK)
		token->public_rows = PUBLIC_UNCHECKED;
	token_public_check(token, true);
}
