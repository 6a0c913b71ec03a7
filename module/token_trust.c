/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "token_private.h"

#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "crypto/digest.h"

/* The public objects with CKA_TRUSTED. They are readable before any login, so whoever can write the file can make one. Hence a list
 * of those that the SO stored: an entry is an object's id and a hash of its record, keyed by K_tok; the digest covers the list. */

enum { HASH = 32, ENTRY = SB_STORE_ID + HASH };

static int hash_record(const struct sb_token *token, const struct token_keys *keys, const struct sb_record *r, uint8_t hash[HASH])
{
	uint8_t generation[8];
	struct sb_slice pieces[] = {sb_slice("trusted", 7), sb_slice(token->header.serial, SB_TOKEN_SERIAL), sb_slice(r->id, SB_STORE_ID),
		sb_slice(generation, sizeof generation), sb_bytes_slice(&r->box)};

	sb_put_u64(generation, r->generation);
	return sb_mac_pieces(sb_slice(keys->mac, TOKEN_KEY), pieces, 5, hash);
}

/* SB_E_CORRUPT when the digest does not vouch for the list. Absent: empty. */
static int read_list(struct sb_token *token, const struct token_keys *keys, const struct token_digest *digest, struct sb_bytes *list)
{
	int rc = token_digest_vouches(token, keys, 1u << TOKEN_META_TRUSTED, digest);

	if (rc == SB_OK)
		rc = token->store->ops->get(token->store, META_TRUSTED, list);
	if (rc == SB_OK && list->len % ENTRY)
		rc = SB_E_CORRUPT;
	return rc == SB_E_NOT_FOUND ? SB_OK : rc;
}

static uint8_t *find(const struct sb_bytes *list, const uint8_t id[SB_STORE_ID])
{
	for (size_t i = 0; i < list->len; i += ENTRY)
		if (memcmp(list->data + i, id, SB_STORE_ID) == 0)
			return list->data + i;
	return NULL;
}

bool token_trusts(struct sb_token *token, const struct sb_record *r)
{
	struct token_digest digest;
	struct sb_bytes list = {0};
	const uint8_t *entry = NULL;
	uint8_t hash[HASH];
	int rc = token_digest_read(token, token->keys, &digest);

	if (rc == SB_OK)
		rc = read_list(token, token->keys, &digest, &list);
	if (rc == SB_OK)
		entry = find(&list, r->id);
	rc = entry ? hash_record(token, token->keys, r, hash) : SB_E_NOT_FOUND;
	if (rc == SB_OK && !sb_equal_ct(entry + SB_STORE_ID, hash, HASH))
		rc = SB_E_CORRUPT;
	sb_bytes_free(&list);
	return rc == SB_OK;
}

static void take_off(struct sb_bytes *list, const uint8_t id[SB_STORE_ID])
{
	uint8_t *entry = find(list, id);

	if (!entry)
		return;
	memmove(entry, entry + ENTRY, (size_t)(list->data + list->len - entry) - ENTRY);
	list->len -= ENTRY;
}

int token_trust_set(struct sb_token *token, const struct token_keys *keys, const struct sb_record *r, bool trusted,
	struct token_digest *digest)
{
	struct sb_bytes list = {0};
	uint8_t hash[HASH];
	int rc = read_list(token, keys, digest, &list);

	/* A list that nothing vouches for is worth nothing: it begins anew. */
	if (rc == SB_E_CORRUPT) {
		sb_bytes_free(&list);
		rc = SB_OK;
	}
	if (rc == SB_OK)
		take_off(&list, r->id);
	if (rc == SB_OK && trusted)
		rc = hash_record(token, keys, r, hash);
	if (rc == SB_OK && trusted)
		rc = sb_bytes_append(&list, r->id, SB_STORE_ID);
	if (rc == SB_OK && trusted)
		rc = sb_bytes_append(&list, hash, HASH);
	if (rc == SB_OK)
		rc = token->store->ops->put(token->store, META_TRUSTED, sb_bytes_slice(&list));
	if (rc == SB_OK)
		rc = token_digest_note(token, keys, 1u << TOKEN_META_TRUSTED, digest);
	sb_bytes_free(&list);
	return rc;
}
