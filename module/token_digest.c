/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "token_private.h"

#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "crypto/digest.h"

/* What a login vouches for. The digest of the private rows is the sum, modulo 2^256, of a keyed hash of each record and each index
 * row: rows can be added and taken away without reading the others, and a row deleted, doubled, altered or put back from an old copy
 * shows at the next login. Beside it stands a hash of each value, so that one that is damaged spoils no other. */

enum { SUM = 32, MAC = 32, METAS = TOKEN_METAS * TOKEN_META_HASH, DIGEST_ROW = 8 + SUM + METAS + MAC };

static const char *const metas[TOKEN_METAS] = {
	[TOKEN_META_HEADER] = META_HEADER,
	[TOKEN_META_PUBLIC] = META_PUBLIC,
	[TOKEN_META_LABEL] = META_LABEL,
	[TOKEN_META_WRAP_PIN] = META_WRAP_PIN,
	[TOKEN_META_WRAP_PUK] = META_WRAP_PUK,
	[TOKEN_META_BIRTH] = META_BIRTH,
	[TOKEN_META_TRUSTED] = META_TRUSTED,
	[TOKEN_META_LOG] = META_LOG,
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

static int mix(const struct token_keys *keys, const struct sb_slice *pieces, size_t count, bool add, struct token_digest *digest)
{
	uint8_t term[SUM];
	int rc = sb_mac_pieces(sb_slice(keys->digest, TOKEN_KEY), pieces, count, term);

	if (rc == SB_OK)
		(add ? token_sum_add : token_sum_subtract)(digest->sum, term);
	return rc;
}

int token_digest_record(const struct token_keys *keys, const struct sb_record *record, bool add, struct token_digest *digest)
{
	uint8_t numbers[16];
	/* All of the box: its tag says nothing of the rest until it is opened. */
	struct sb_slice pieces[] = {sb_slice("record 2", 8), sb_slice(record->id, SB_STORE_ID), sb_slice(numbers, sizeof numbers),
		sb_bytes_slice(&record->box)};

	sb_put_u64(numbers, (uint64_t)record->seq);
	sb_put_u64(numbers + 8, record->generation);
	return mix(keys, pieces, 4, add, digest);
}

int token_digest_index(const struct token_keys *keys, const uint8_t key[SB_STORE_KEY], int64_t seq, bool add,
	struct token_digest *digest)
{
	uint8_t number[8];
	struct sb_slice pieces[] = {sb_slice("index", 5), sb_slice(key, SB_STORE_KEY), sb_slice(number, 8)};

	sb_put_u64(number, (uint64_t)seq);
	return mix(keys, pieces, 3, add, digest);
}

/* len: all of the row. */
static int row_mac(const struct sb_token *token, const struct token_keys *keys, const uint8_t *row, size_t len, uint8_t mac[MAC])
{
	struct sb_slice pieces[] = {sb_slice("digest 2", 8), sb_slice(token->header.serial, SB_TOKEN_SERIAL), sb_slice(row, len - MAC)};

	return sb_mac_pieces(sb_slice(keys->mac, TOKEN_KEY), pieces, 3, mac);
}

/* One written before the log was covered has no hash of it: then there was none. */
static bool right_length(size_t len)
{
	return len == DIGEST_ROW || len == DIGEST_ROW - (TOKEN_METAS - TOKEN_METAS_MIN) * TOKEN_META_HASH;
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
		*out = (struct token_digest){.store_generation = sb_get_u64(row.data)};
		memcpy(out->sum, row.data + 8, SUM);
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
	struct token_digest digest;
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
	const struct token_keys *keys;
	struct token_digest found;
	bool odd;
};

static int scan_record(void *context, const struct sb_record *record)
{
	struct scan *scan = context;

	scan->odd |= !record;
	return record ? token_digest_record(scan->keys, record, true, &scan->found) : SB_OK;
}

static int scan_index(void *context, const uint8_t key[SB_STORE_KEY], int64_t seq)
{
	struct scan *scan = context;

	scan->odd |= !key;
	return key ? token_digest_index(scan->keys, key, seq, true, &scan->found) : SB_OK;
}

int token_digest_sum(struct sb_token *token, const struct token_keys *keys, struct token_digest *out)
{
	struct scan scan = {.keys = keys};
	int rc = token->store->ops->each(token->store, true, scan_record, &scan);

	if (rc == SB_OK)
		rc = token->store->ops->each_index(token->store, true, scan_index, &scan);
	memcpy(out->sum, scan.found.sum, SUM);
	return rc == SB_OK && scan.odd ? SB_E_CORRUPT : rc;
}

int token_digest_verify(struct sb_token *token, const struct token_keys *keys)
{
	struct token_digest stored, found;
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
