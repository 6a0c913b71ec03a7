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
/* So many rows are gone through before any search, in less than a millisecond. */
enum { IN_PASSING = 1024, PART = 256 };

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
	uint64_t carry = 0;

	for (int i = SUM - 8; i >= 0; i -= 8) {
		uint64_t x = sb_get_u64(sum + i), y = sb_get_u64(term + i), total = x + y;
		bool over = total < x;

		over |= total + carry < total;
		sb_put_u64(sum + i, total + carry);
		carry = over;
	}
}

void token_sum_subtract(uint8_t sum[32], const uint8_t term[32])
{
	uint64_t borrow = 0;

	for (int i = SUM - 8; i >= 0; i -= 8) {
		uint64_t x = sb_get_u64(sum + i), y = sb_get_u64(term + i), rest = x - y;
		bool under = x < y;

		under |= rest < borrow;
		sb_put_u64(sum + i, rest - borrow);
		borrow = under;
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

/* All rows, gone through once. */
struct scan {
	struct sb_token *token;
	const uint8_t *keys[2]; /* of the sums over public and private rows; NULL: not wanted */
	uint8_t sum[2][SUM];
	bool odd[2];             /* rows stand there that are none */
	struct token_rows *rows; /* what was seen */
	size_t left;             /* so much work more: a row is one, and each PART bytes of a box */
	bool unkept;             /* more than is kept */
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
	bool side = record->is_private;
	int rc;

	scan->odd[side] |= record->malformed;
	if (!spend(scan, 1 + record->box.len / PART))
		return SB_E_TOO_LARGE;
	rc = token_rows_add(scan->rows, record);
	return rc == SB_OK && scan->keys[side] && !record->malformed ? mix_record(scan->keys[side], record, true, scan->sum[side]) : rc;
}

static int scan_index(void *context, const uint8_t key[SB_STORE_KEY], int64_t seq)
{
	static const uint8_t none[SB_STORE_KEY];
	struct scan *scan = context;
	bool side = false;
	int rc;

	if (!spend(scan, 1))
		return SB_E_TOO_LARGE;
	rc = token_rows_index(scan->rows, key ? key : none, seq, &side);
	if (rc == SB_E_NOT_FOUND)
		scan->odd[0] = scan->odd[1] = true;
	else if (!key)
		scan->odd[side] = true;
	scan->unkept |= rc == SB_E_FULL;
	if (rc != SB_OK && rc != SB_E_FULL)
		return rc == SB_E_NOT_FOUND ? SB_OK : rc;
	return key && scan->keys[side] ? mix_index(scan->keys[side], key, seq, true, scan->sum[side]) : SB_OK;
}

/* Spares the work of what would come to nothing: it costs a tenth. */
static int expect_all(struct scan *scan)
{
	struct sb_store *store = scan->token->store;
	size_t rows = 0;
	int rc = scan->left == SIZE_MAX ? SB_OK : store->ops->count(store, scan->left + 1, &rows);

	return rc == SB_OK && rows > scan->left ? SB_E_TOO_LARGE : rc;
}

/* SB_E_TOO_LARGE when that is more work than what is left. The rows that were seen are the caller's. */
static int scan_all(struct scan *scan)
{
	struct sb_store *store = scan->token->store;
	int rc = expect_all(scan);

	if (rc != SB_OK)
		return rc;
	scan->rows = token_rows_new();
	if (!scan->rows)
		return SB_E_NOMEM;
	for (int side = 0; rc == SB_OK && side < 2; side++)
		rc = store->ops->each(store, side, scan_record, scan);
	return rc == SB_OK ? store->ops->each_index(store, scan_index, scan) : rc;
}

int token_digest_sum(struct sb_token *token, const struct token_keys *keys, struct token_digest *out)
{
	struct scan scan = {.token = token, .keys = {NULL, keys->digest}, .left = SIZE_MAX};
	int rc = scan_all(&scan);

	memcpy(out->sum, scan.sum[1], SUM);
	token_rows_free(&scan.rows);
	return rc == SB_OK && scan.odd[1] ? SB_E_CORRUPT : rc;
}

static int compare_private(struct sb_token *token, const struct token_keys *keys, const struct scan *scan)
{
	struct token_digest stored = {0};
	int rc = token_digest_read(token, keys, &stored);

	if (rc == SB_OK)
		rc = token_digest_vouches(token, keys, TOKEN_METAS_ALL, &stored);
	return rc == SB_OK && (scan->odd[1] || !sb_equal_ct(stored.sum, scan->sum[1], SUM)) ? SB_E_CORRUPT : rc;
}

static int compare_public(struct sb_token *token, const struct scan *scan)
{
	struct token_digest stored = {0};
	int rc = token_public_read(token, &stored);

	return rc == SB_OK && (scan->odd[0] || !sb_equal_ct(stored.public_sum, scan->sum[0], SUM)) ? SB_E_CORRUPT : rc;
}

static void note_public(struct sb_token *token, int rc)
{
	static const struct {
		int answer;
		enum token_public_rows rows;
	} meanings[] = {
		{SB_OK, PUBLIC_SOUND}, {SB_E_CORRUPT, PUBLIC_DAMAGED}, {SB_E_NOT_FOUND, PUBLIC_UNSUMMED}, {SB_E_TOO_LARGE, PUBLIC_MANY}};

	for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
		if (rc == meanings[i].answer)
			token->public_rows = meanings[i].rows;
	/* Then the records decide. */
	if (token->public_rows == PUBLIC_DAMAGED || token->public_rows == PUBLIC_UNSUMMED)
		token_known_forget(token);
}

struct verdict {
	int private_rows, public_rows;
};

/* Goes through all rows of one moment: another process that writes meanwhile is no damage. What was seen is kept for searches where it is what the sums
 * say. most: of work; SB_E_TOO_LARGE beyond it. keys NULL: nothing is said of the private rows. */
static int look(struct sb_token *token, const struct token_keys *keys, size_t most, struct verdict *verdict)
{
	struct scan scan = {.token = token, .keys = {token->public_digest, keys ? keys->digest : NULL}, .left = most};
	uint64_t version;
	bool begun = false;
	int rc = token->store->ops->change(token->store, &version);

	if (rc == SB_OK)
		rc = token->store->ops->view(token->store, &begun);
	if (rc == SB_OK)
		rc = scan_all(&scan);
	*verdict = (struct verdict){rc, rc};
	if (rc == SB_OK && keys)
		verdict->private_rows = compare_private(token, keys, &scan);
	if (rc == SB_OK)
		verdict->public_rows = compare_public(token, &scan);
	token->store->ops->end_view(token->store, begun);
	if (rc == SB_OK && verdict->private_rows == SB_OK && verdict->public_rows == SB_OK && !scan.unkept && token_rows_order(scan.rows) == SB_OK)
		token_known_take(token, &scan.rows, scan.sum, keys, version);
	token_rows_free(&scan.rows);
	return rc;
}

int token_digest_gather(struct sb_token *token, size_t most)
{
	struct verdict verdict;

	return look(token, token->keys, most, &verdict);
}

int token_digest_verify(struct sb_token *token, const struct token_keys *keys)
{
	struct verdict verdict;

	look(token, keys, SIZE_MAX, &verdict);
	note_public(token, verdict.public_rows);
	return verdict.private_rows;
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
	int rc = record->malformed ? SB_OK : token_public_record(e->token, record, true, e->out), opened;

	if (rc != SB_OK || record->malformed)
		return rc;
	opened = token_record_open(e->token, record, &a);
	if (opened != SB_OK && opened != SB_E_CORRUPT)
		rc = opened;
	for (size_t i = 0; rc == SB_OK && i < a.count; i++) {
		if (!token_has_row(&a.items[i]))
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

int token_public_check(struct sb_token *token, bool whole)
{
	struct verdict verdict;
	int rc;

	if (token->public_rows != PUBLIC_UNCHECKED && !(whole && token->public_rows == PUBLIC_MANY))
		return SB_OK;
	rc = look(token, token->keys, whole ? SIZE_MAX : IN_PASSING, &verdict);
	note_public(token, verdict.public_rows);
	if (token->keys && verdict.private_rows == SB_E_CORRUPT) {
		token->rows_damaged = true;
		token_known_forget(token);
	}
	return rc == SB_E_TOO_LARGE || token->public_rows != PUBLIC_UNCHECKED ? SB_OK : verdict.public_rows;
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
