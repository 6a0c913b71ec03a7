/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "token_private.h"

#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "crypto/digest.h"

/* The digest of the private rows: the sum, modulo 2^256, of a keyed hash of each record and each index row. Rows can be added and
 * taken away without reading the others; a row deleted, doubled or put back from an old copy shows at the next login. */

enum { DIGEST_ROW = 8 + 32 + 32, BOX_TAG = 16 };

static void add_256(uint8_t sum[32], const uint8_t term[32])
{
	unsigned carry = 0;

	for (int i = 31; i >= 0; i--) {
		carry += (unsigned)sum[i] + term[i];
		sum[i] = (uint8_t)carry;
		carry >>= 8;
	}
}

static void subtract_256(uint8_t sum[32], const uint8_t term[32])
{
	int borrow = 0;

	for (int i = 31; i >= 0; i--) {
		int d = sum[i] - term[i] - borrow;

		borrow = d < 0;
		sum[i] = (uint8_t)d;
	}
}

static int mix(const struct token_keys *keys, const struct sb_slice *pieces, size_t count, bool add, struct token_digest *digest)
{
	uint8_t term[32];
	int rc = sb_mac_pieces(sb_slice(keys->digest, TOKEN_KEY), pieces, count, term);

	if (rc == SB_OK)
		(add ? add_256 : subtract_256)(digest->sum, term);
	return rc;
}

int token_digest_record(const struct token_keys *keys, const struct sb_record *record, bool add, struct token_digest *digest)
{
	uint8_t numbers[16];
	struct sb_slice pieces[] = {
		sb_slice("record", 6),
		sb_slice(record->id, SB_STORE_ID),
		sb_slice(numbers, sizeof numbers),
		/* The box is authenticated; its tag stands for it. */
		sb_slice(record->box.data + record->box.len - BOX_TAG, BOX_TAG),
	};

	if (record->box.len < BOX_TAG)
		return SB_E_CORRUPT;
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

static int row_mac(const struct sb_token *token, const struct token_keys *keys, const uint8_t *row, uint8_t mac[32])
{
	struct sb_slice pieces[] = {
		sb_slice("digest", 6), sb_slice(token->header.serial, SB_TOKEN_SERIAL), sb_slice(row, DIGEST_ROW - 32)};

	return sb_mac_pieces(sb_slice(keys->mac, TOKEN_KEY), pieces, 3, mac);
}

int token_digest_read(struct sb_token *token, const struct token_keys *keys, struct token_digest *out)
{
	struct sb_bytes row = {0};
	uint8_t mac[32];
	int rc = token->store->ops->get(token->store, META_DIGEST, &row);

	if (rc == SB_E_NOT_FOUND || (rc == SB_OK && row.len != DIGEST_ROW))
		rc = SB_E_CORRUPT;
	if (rc == SB_OK)
		rc = row_mac(token, keys, row.data, mac);
	if (rc == SB_OK && !sb_equal_ct(mac, row.data + DIGEST_ROW - 32, 32))
		rc = SB_E_CORRUPT;
	if (rc == SB_OK) {
		out->store_generation = sb_get_u64(row.data);
		memcpy(out->sum, row.data + 8, 32);
	}
	sb_bytes_free(&row);
	return rc;
}

int token_digest_write(struct sb_token *token, const struct token_keys *keys, const struct token_digest *digest)
{
	uint8_t row[DIGEST_ROW];
	int rc;

	sb_put_u64(row, digest->store_generation);
	memcpy(row + 8, digest->sum, 32);
	rc = row_mac(token, keys, row, row + DIGEST_ROW - 32);
	return rc == SB_OK ? token->store->ops->put(token->store, META_DIGEST, sb_slice(row, sizeof row)) : rc;
}

int token_digest_bump(struct sb_token *token, const struct token_keys *keys)
{
	struct token_digest digest;
	int rc = token_digest_read(token, keys, &digest);

	/* A damaged digest must not stop a PIN change; the damage is told at login. */
	if (rc == SB_E_CORRUPT)
		return SB_OK;
	digest.store_generation++;
	return rc == SB_OK ? token_digest_write(token, keys, &digest) : rc;
}

struct scan {
	const struct token_keys *keys;
	struct token_digest found;
};

static int scan_record(void *context, const struct sb_record *record)
{
	struct scan *scan = context;

	return token_digest_record(scan->keys, record, true, &scan->found);
}

static int scan_index(void *context, const uint8_t key[SB_STORE_KEY], int64_t seq)
{
	struct scan *scan = context;

	return token_digest_index(scan->keys, key, seq, true, &scan->found);
}

int token_digest_verify(struct sb_token *token, const struct token_keys *keys)
{
	struct scan scan = {.keys = keys};
	struct token_digest stored;
	int rc = token_digest_read(token, keys, &stored);

	if (rc == SB_OK)
		rc = token->store->ops->each(token->store, true, scan_record, &scan);
	if (rc == SB_OK)
		rc = token->store->ops->each_index(token->store, true, scan_index, &scan);
	if (rc == SB_OK && !sb_equal_ct(stored.sum, scan.found.sum, 32))
		rc = SB_E_CORRUPT;
	return rc;
}
