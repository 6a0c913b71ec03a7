/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "token_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/error.h"
#include "base/file.h"
#include "crypto/digest.h"

/* What a login mends for good: a token of an older format, and a wrap that is cheaper to guess than one made now would be. */

#define BACKUP "token.db.format-1"

enum { OLD_ROW = 8 + 32 + 32, OLD_TAG = 16 };

/* In format 1 a record's term had the tag of its box only, and the digest row knew no values. */
static int old_term(const struct token_keys *keys, const struct sb_record *r, uint8_t term[32])
{
	uint8_t numbers[16];
	size_t rest = r->box.len < OLD_TAG ? 0 : r->box.len - OLD_TAG;
	struct sb_slice pieces[] = {sb_slice("record", 6), sb_slice(r->id, SB_STORE_ID), sb_slice(numbers, sizeof numbers),
		sb_slice(r->box.data + rest, r->box.len - rest)};

	sb_put_u64(numbers, (uint64_t)r->seq);
	sb_put_u64(numbers + 8, r->generation);
	return sb_mac_pieces(sb_slice(keys->digest, TOKEN_KEY), pieces, 4, term);
}

struct scan {
	const struct token_keys *keys;
	uint8_t sum[32];
};

/* By how much the terms of the records differ between the formats; the index rows' are the same. */
static int scan_record(void *context, const struct sb_record *record)
{
	struct scan *scan = context;
	struct token_digest one = {0};
	uint8_t term[32];
	int rc = record->malformed ? SB_OK : old_term(scan->keys, record, term);

	if (rc == SB_OK && !record->malformed)
		rc = token_digest_record(scan->keys, record, true, &one);
	if (rc == SB_OK && !record->malformed) {
		token_sum_add(scan->sum, one.sum);
		token_sum_subtract(scan->sum, term);
	}
	return rc;
}

static int read_old_digest(struct sb_token *token, const struct token_keys *keys, struct token_digest *digest)
{
	struct sb_bytes row = {0};
	uint8_t mac[32];
	int rc = token->store->ops->get(token->store, META_DIGEST, &row);

	if (rc == SB_E_NOT_FOUND || (rc == SB_OK && row.len != OLD_ROW))
		rc = SB_E_CORRUPT;
	if (rc == SB_OK) {
		struct sb_slice pieces[] = {
			sb_slice("digest", 6), sb_slice(token->header.serial, SB_TOKEN_SERIAL), sb_slice(row.data, OLD_ROW - 32)};

		rc = sb_mac_pieces(sb_slice(keys->mac, TOKEN_KEY), pieces, 3, mac);
	}
	if (rc == SB_OK && !sb_equal_ct(mac, row.data + OLD_ROW - 32, 32))
		rc = SB_E_CORRUPT;
	if (rc == SB_OK) {
		digest->store_generation = sb_get_u64(row.data);
		memcpy(digest->sum, row.data + 8, 32);
	}
	sb_bytes_free(&row);
	return rc;
}

/* The old sum moved by what the terms differ in: a row that was missing or altered under the old sum stays so under the new one. */
static int convert_digest(struct sb_token *token, const struct token_keys *keys, struct token_digest *digest)
{
	struct scan scan = {.keys = keys};
	int rc = read_old_digest(token, keys, digest);

	/* Nothing to go on: a sum that no rows have, so that the damage goes on being told. */
	if (rc == SB_E_CORRUPT) {
		rc = token_digest_sum(token, keys, digest);
		digest->sum[0] ^= 0x80;
		return rc == SB_E_CORRUPT ? SB_OK : rc;
	}
	if (rc == SB_OK)
		rc = token->store->ops->each(token->store, true, scan_record, &scan);
	if (rc == SB_OK)
		token_sum_add(digest->sum, scan.sum);
	return rc;
}

struct trusting {
	struct sb_token *token;
	const struct token_keys *keys;
	struct token_digest *digest;
};

static int trust_record(void *context, const struct sb_record *record)
{
	const struct trusting *t = context;
	struct sb_attributes a = {0};
	int rc = SB_OK;

	if (!record->malformed && token_record_open(t->token, record, &a) == SB_OK && sb_attributes_bool(&a, ATTRIBUTE_TRUSTED, false))
		rc = token_trust_set(t->token, t->keys, record, true, t->digest);
	sb_attributes_free(&a);
	return rc;
}

/* Format 1 vouched for no trusted certificate. Those that stand there are believed this once. */
static int trust_present(struct sb_token *token, const struct token_keys *keys, struct token_digest *digest)
{
	struct trusting context = {token, keys, digest};
	int rc = token_digest_note(token, keys, 1u << TOKEN_META_TRUSTED, digest);

	return rc == SB_OK ? token->store->ops->each(token->store, false, trust_record, &context) : rc;
}

static int write_header(struct sb_token *token)
{
	struct token_header header = token->header;
	struct sb_bytes row = {0};
	int rc;

	header.format = TOKEN_FORMAT;
	rc = token_header_encode(&header, sb_slice(NULL, 0), &row);
	if (rc == SB_OK)
		rc = token->store->ops->put(token->store, META_HEADER, sb_bytes_slice(&row));
	if (rc == SB_OK)
		rc = token_take_header(token, sb_bytes_slice(&row));
	sb_bytes_free(&row);
	return rc;
}

static int write_backup(struct sb_token *token)
{
	struct sb_bytes image = {0};
	char *path = token_path(token->tokens, token->name, BACKUP);
	int rc = path ? token->store->ops->image(token->store, &image) : SB_E_NOMEM;

	if (rc == SB_OK && unlink(path) != 0 && errno != ENOENT)
		rc = sb_error_from_errno(errno);
	if (rc == SB_OK)
		rc = sb_file_write(path, image.data, image.len, 0600);
	free(path);
	sb_bytes_free(&image);
	return rc;
}

void token_drop_backup(struct sb_token *token)
{
	tokens_erase_files(token->tokens, token->name, BACKUP); /* and what was left of making one */
}

/* From format 1, in the transaction that is open. The other wrap keeps its form until its PIN is at hand. */
static int convert(struct sb_token *token, struct token_stretch *stretch, const struct token_keys *keys)
{
	struct token_digest digest = {0};
	int rc = write_backup(token);

	if (rc == SB_OK)
		rc = convert_digest(token, keys, &digest);
	if (rc == SB_OK)
		rc = write_header(token);
	if (rc == SB_OK)
		rc = token_wrap_write(token, stretch, keys);
	if (rc == SB_OK)
		rc = trust_present(token, keys, &digest);
	if (rc == SB_OK)
		rc = token_public_expect(token, &digest);
	if (rc == SB_OK)
		rc = token_public_write(token, &digest);
	if (rc == SB_OK)
		rc = token_audit_begin(token, keys, &digest, SB_AUDIT_UPGRADE, stretch->slot == SB_SEAL_PIN ? SB_USER_HOLDER : SB_USER_SO);
	if (rc == SB_OK)
		rc = token_digest_note(token, keys, TOKEN_METAS_ALL, &digest);
	digest.store_generation++;
	return rc == SB_OK ? token_digest_write(token, keys, &digest) : rc;
}

static unsigned meta_of(enum sb_seal_slot slot)
{
	return 1u << (slot == SB_SEAL_PIN ? TOKEN_META_WRAP_PIN : TOKEN_META_WRAP_PUK);
}

/* Rewrites a wrap that the digest vouches for. An old one put back stays as it is: it must go on showing. */
static int renew_wrap(struct sb_token *token, struct token_stretch *stretch, const struct token_keys *keys)
{
	struct token_digest digest;
	int rc = token_digest_read(token, keys, &digest);

	if (rc == SB_OK)
		rc = token_digest_vouches(token, keys, meta_of(stretch->slot), &digest);
	if (rc == SB_OK)
		rc = token_wrap_write(token, stretch, keys);
	return rc == SB_OK ? token_digest_amend(token, keys, meta_of(stretch->slot)) : rc;
}

int token_upgrade(struct sb_token *token, struct token_stretch *stretch, const struct token_keys *keys)
{
	int rc = token->store->ops->begin(token->store);

	if (rc != SB_OK)
		return rc;
	if (token->header.format < TOKEN_FORMAT)
		rc = convert(token, stretch, keys);
	else {
		rc = renew_wrap(token, stretch, keys);
		if (rc == SB_E_CORRUPT) {
			token->store->ops->rollback(token->store);
			return SB_OK;
		}
	}
	if (rc == SB_OK)
		rc = token->store->ops->commit(token->store);
	token_known_doubt(token);
	if (rc == SB_OK)
		token_truncate(token);
	else {
		token->store->ops->rollback(token->store);
		token->loaded = false;
		token_reload(token);
	}
	return rc;
}

/* The wrap that was opened still stands. */
static bool stands(struct sb_token *token, enum sb_seal_slot slot, const struct sb_bytes *wrap)
{
	struct sb_bytes now = {0};
	bool same = token_wrap_read(token, slot, &now) == SB_OK && sb_slice_equal(sb_bytes_slice(&now), sb_bytes_slice(wrap));

	sb_bytes_free(&now);
	return same;
}

void token_raise_cost(struct sb_token *token, enum sb_seal_slot slot, struct sb_slice pin, const struct sb_bytes *wrap)
{
	struct token_cost wanted = token_cost_wanted(token), has = token_wrap_cost(wrap);
	struct token_stretch *stretch = NULL;
	int rc;

	/* A device's wraps keep their cost: token_stretch_next. */
	if (token->seal->device || (wanted.memory <= has.memory && wanted.passes <= has.passes))
		return;
	if (token_stretch_new(token->seal, slot, pin, wanted, &stretch) != SB_OK)
		return;
	if (token_begin_admin(token) == SB_OK) {
		rc = token->keys && stands(token, slot, wrap) ? renew_wrap(token, stretch, token->keys) : SB_E_BUSY;
		if (token_end_admin(token, rc) == SB_OK && slot == SB_SEAL_PUK)
			token_officer_replace(token, &stretch);
	}
	token_stretch_free(&stretch);
}
