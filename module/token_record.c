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

bool token_sees_private(const struct sb_token *t)
{
	return t->user == SB_USER_HOLDER;
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

/* Types are those of PKCS#11. The class is half of all searches; what is trusted are few. */
static const unsigned long selecting[] = {ATTRIBUTE_CLASS, ATTRIBUTE_LABEL, ATTRIBUTE_UNIQUE_ID, 0x10 /* CKA_APPLICATION */, 0x11 /* CKA_VALUE */,
	0x12 /* CKA_OBJECT_ID */, 0x81 /* CKA_ISSUER */, 0x82 /* CKA_SERIAL_NUMBER */, ATTRIBUTE_TRUSTED, 0x8a /* CKA_HASH_OF_SUBJECT_PUBLIC_KEY */,
	0x101 /* CKA_SUBJECT */, ATTRIBUTE_ID, 0x120 /* CKA_MODULUS */, 0x129 /* CKA_PUBLIC_KEY_INFO */, 0x181 /* CKA_EC_POINT */};

bool token_selects(const struct sb_attribute *a)
{
	size_t i = 0, count = sizeof selecting / sizeof *selecting;

	while (i < count && selecting[i] < a->type)
		i++;
	return i < count && selecting[i] == a->type && a->len && !a->secret && !(a->type == ATTRIBUTE_TRUSTED && a->len == 1 && !a->value[0]);
}

bool token_has_row(const struct sb_attribute *a)
{
	return !a->secret && !a->unindexed;
}

int token_record_seal(const struct sb_token *t, struct sb_attributes *a, struct sb_record *r)
{
	struct sb_bytes ad = {0}, plain = {0};
	int rc = record_ad(t, r, &ad);

	/* The record itself tells afterwards which rows it has: those of a token made before there was a choice have one for each attribute. */
	for (size_t i = 0; i < a->count; i++)
		a->items[i].unindexed = !a->items[i].secret && !token_selects(&a->items[i]);
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

static int open_box(const struct sb_token *t, const struct sb_record *r, struct sb_bytes *plain)
{
	struct sb_bytes ad = {0};
	int rc = r->is_private && !t->keys ? SB_E_CORRUPT : record_ad(t, r, &ad);

	if (rc == SB_OK)
		rc = sb_aead_open(record_key(t, r->is_private), sb_bytes_slice(&ad), sb_bytes_slice(&r->box), plain);
	sb_bytes_free(&ad);
	return rc;
}

int token_record_open(const struct sb_token *t, const struct sb_record *r, struct sb_attributes *a)
{
	struct sb_bytes plain = {0};
	int rc = open_box(t, r, &plain);

	if (rc == SB_OK)
		rc = sb_attributes_decode(a, sb_bytes_slice(&plain));
	/* The column says where to look; the sealed value decides. */
	if (rc == SB_OK && sb_attributes_bool(a, ATTRIBUTE_PRIVATE, false) != r->is_private)
		rc = SB_E_CORRUPT;
	if (rc != SB_OK)
		sb_attributes_free(a);
	sb_bytes_free(&plain);
	return rc;
}

/* All of an object is gone through, as opening it does: of damage behind what was wanted is told too. */
static int match_encoded(struct sb_slice object, bool is_private, const struct sb_attributes *match, bool *matches)
{
	struct sb_attributes_walk walk;
	struct sb_attribute_view one = {0};
	bool says_private = false;
	size_t wanted = 0;
	int rc = sb_attributes_walk(&walk, object);

	while (rc == SB_OK) {
		rc = sb_attributes_step(&walk, &one);
		if (rc != SB_OK)
			break;
		if (one.type == ATTRIBUTE_PRIVATE && one.value.len == 1)
			says_private = one.value.data[0] != 0;
		if (wanted < match->count && match->items[wanted].type == one.type && !one.secret &&
			sb_slice_equal(one.value, sb_slice(match->items[wanted].value, match->items[wanted].len)))
			wanted++;
	}
	*matches = wanted == match->count;
	return rc != SB_E_NOT_FOUND ? rc : says_private == is_private ? SB_OK : SB_E_CORRUPT;
}

int token_record_match(struct sb_token *t, const struct sb_record *r, const struct sb_attributes *match, bool *matches)
{
	struct sb_attributes object = {0};
	struct sb_bytes plain = {0};
	int rc;

	*matches = false;
	if (!sb_attributes_get(match, ATTRIBUTE_TRUSTED)) {
		rc = open_box(t, r, &plain);
		if (rc == SB_OK)
			rc = match_encoded(sb_bytes_slice(&plain), r->is_private, match, matches);
		sb_bytes_free(&plain);
		return rc;
	}
	rc = token_record_open(t, r, &object);
	if (rc == SB_OK)
		rc = token_record_doubt(t, r, &object);
	*matches = rc == SB_OK && sb_attributes_match(match, &object);
	sb_attributes_free(&object);
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
