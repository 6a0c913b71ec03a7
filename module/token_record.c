/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "token_private.h"

#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "crypto/aead.h"
#include "crypto/digest.h"

/* One object as a sealed record, and its blind index keys. */

static const uint8_t *record_key(const struct sb_token *t, bool is_private)
{
	return is_private ? t->keys->record : t->public_record;
}

static int record_ad(const struct sb_token *t, const struct sb_record *r, struct sb_bytes *ad)
{
	uint8_t generation[8];
	int rc = sb_bytes_append_text(ad, "sinbun record 1");

	sb_put_u64(generation, r->generation);
	if (rc == SB_OK)
		rc = sb_bytes_append(ad, t->header.serial, SB_TOKEN_SERIAL);
	if (rc == SB_OK)
		rc = sb_bytes_append(ad, r->id, SB_STORE_ID);
	if (rc == SB_OK)
		rc = sb_bytes_append(ad, generation, sizeof generation);
	return rc == SB_OK ? sb_bytes_append_byte(ad, r->is_private) : rc;
}

int token_record_seal(const struct sb_token *t, const struct sb_attributes *a, struct sb_record *r)
{
	struct sb_bytes ad = {0}, plain = {0};
	int rc = record_ad(t, r, &ad);

	if (rc == SB_OK)
		rc = sb_attributes_encode(a, &plain);
	/* What could not be read back must not be written. */
	if (rc == SB_OK && plain.len + SB_AEAD_OVERHEAD > SB_STORE_RECORD_MAX)
		rc = SB_E_TOO_LARGE;
	if (rc == SB_OK)
		rc = sb_aead_seal(record_key(t, r->is_private), sb_bytes_slice(&ad), sb_bytes_slice(&plain), &r->box);
	sb_bytes_free(&plain);
	sb_bytes_free(&ad);
	return rc;
}

int token_record_open(const struct sb_token *t, const struct sb_record *r, struct sb_attributes *a)
{
	struct sb_bytes ad = {0}, plain = {0};
	int rc = record_ad(t, r, &ad);

	if (rc == SB_OK)
		rc = sb_aead_open(record_key(t, r->is_private), sb_bytes_slice(&ad), sb_bytes_slice(&r->box), &plain);
	if (rc == SB_OK)
		rc = sb_attributes_decode(a, sb_bytes_slice(&plain));
	/* The column says where to look; the sealed value decides. */
	if (rc == SB_OK && sb_attributes_bool(a, ATTRIBUTE_PRIVATE, false) != r->is_private)
		rc = SB_E_CORRUPT;
	if (rc != SB_OK)
		sb_attributes_free(a);
	sb_bytes_free(&plain);
	sb_bytes_free(&ad);
	return rc;
}

int token_record_doubt(struct sb_token *t, const struct sb_record *r, struct sb_attributes *a)
{
	if (r->is_private || !t->keys || !sb_attributes_bool(a, ATTRIBUTE_TRUSTED, false) || token_trusts(t, r))
		return SB_OK;
	return sb_attributes_set_bool(a, ATTRIBUTE_TRUSTED, false);
}

int token_index_key(const struct sb_token *t, bool is_private, const struct sb_attribute *a, uint8_t key[SB_STORE_KEY])
{
	uint8_t type[8], mac[32];
	struct sb_slice pieces[] = {sb_slice(type, sizeof type), sb_slice(a->value, a->len)};
	int rc;

	sb_put_u64(type, a->type);
	rc = sb_mac_pieces(sb_slice(is_private ? t->keys->index : t->public_index, TOKEN_KEY), pieces, 2, mac);
	memcpy(key, mac, SB_STORE_KEY);
	return rc;
}
