/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "formats/cose.h"

#include <string.h>

#include "base/error.h"
#include "crypto/digest.h"
#include "crypto/signature.h"

/* Sig_structure = ["Signature1", protected, external_aad, payload]; an empty protected map stands as an empty string there. */
static int to_be_signed(struct sb_slice protected_bytes, struct sb_slice payload, struct sb_bytes *out)
{
	static const char context[] = "Signature1";
	bool empty = protected_bytes.len == 1 && protected_bytes.data[0] == 0xa0;
	int rc = sb_cbor_put_head(out, SB_CBOR_ARRAY, 4);

	if (rc == SB_OK)
		rc = sb_cbor_put_text(out, context, sizeof context - 1);
	if (rc == SB_OK)
		rc = sb_cbor_put_bytes(out, protected_bytes.data, empty ? 0 : protected_bytes.len);
	if (rc == SB_OK)
		rc = sb_cbor_put_bytes(out, NULL, 0);
	return rc == SB_OK ? sb_cbor_put_bytes(out, payload.data, payload.len) : rc;
}

int sb_cose_sign1_make(struct sb_slice protected_map, struct sb_slice payload, const struct sb_signer *signer, struct sb_bytes *out)
{
	struct sb_bytes tbs = {0};
	uint8_t digest[SB_SHA256_SIZE], signature[64];
	size_t start = out->len;
	int rc = to_be_signed(protected_map, payload, &tbs);

	if (rc == SB_OK)
		rc = sb_sha256(tbs.data, tbs.len, digest);
	if (rc == SB_OK)
		rc = signer->sign(signer->context, digest, signature);
	if (rc == SB_OK)
		rc = sb_cbor_put_head(out, SB_CBOR_TAG, SB_COSE_SIGN1_TAG);
	if (rc == SB_OK)
		rc = sb_cbor_put_head(out, SB_CBOR_ARRAY, 4);
	if (rc == SB_OK)
		rc = sb_cbor_put_bytes(out, protected_map.data, protected_map.len);
	if (rc == SB_OK)
		rc = sb_cbor_put_head(out, SB_CBOR_MAP, 0);
	if (rc == SB_OK)
		rc = sb_cbor_put_bytes(out, payload.data, payload.len);
	if (rc == SB_OK)
		rc = sb_cbor_put_bytes(out, signature, sizeof signature);
	if (rc != SB_OK)
		out->len = start;
	sb_bytes_free(&tbs);
	return rc;
}

static bool has_header(const struct sb_cbor_item *map, const struct sb_cbor_item *label)
{
	struct sb_slice in = sb_cbor_enter(map);
	struct sb_cbor_item key, value;

	for (uint64_t i = 0; i < map->value && sb_cbor_next(&in, &key) == SB_OK && sb_cbor_next(&in, &value) == SB_OK; i++)
		if (sb_cbor_same_key(&key, label))
			return true;
	return false;
}

/* alg is ES256 and stands in the protected map; nothing is critical; no header twice. */
static int check_headers(const struct sb_cose_sign1 *m)
{
	struct sb_slice in = sb_cbor_enter(&m->protected_map);
	struct sb_cbor_item key, value;
	int64_t number;

	if (sb_cbor_map_get(&m->protected_map, SB_COSE_ALG, &value) != SB_OK || sb_cbor_int(&value, &number) != SB_OK ||
		number != SB_COSE_ES256)
		return SB_E_FORMAT;
	if (sb_cbor_map_get(&m->protected_map, SB_COSE_CRIT, &value) != SB_E_NOT_FOUND ||
		sb_cbor_map_get(&m->unprotected_map, SB_COSE_CRIT, &value) != SB_E_NOT_FOUND)
		return SB_E_FORMAT;
	for (uint64_t i = 0; i < m->protected_map.value; i++) {
		if (sb_cbor_next(&in, &key) != SB_OK || sb_cbor_next(&in, &value) != SB_OK)
			return SB_E_FORMAT;
		if (has_header(&m->unprotected_map, &key))
			return SB_E_FORMAT;
	}
	return SB_OK;
}

int sb_cose_sign1_parse(struct sb_slice in, struct sb_cose_sign1 *out)
{
	struct sb_cbor_item tag, array, item;
	struct sb_slice inside;

	if (sb_cbor_only(in, &tag) != SB_OK || tag.type != SB_CBOR_TAG || tag.value != SB_COSE_SIGN1_TAG)
		return SB_E_FORMAT;
	inside = sb_cbor_enter(&tag);
	if (sb_cbor_only(inside, &array) != SB_OK || array.type != SB_CBOR_ARRAY || array.value != 4)
		return SB_E_FORMAT;
	inside = sb_cbor_enter(&array);
	if (sb_cbor_expect(&inside, SB_CBOR_BYTES, &item) != SB_OK)
		return SB_E_FORMAT;
	out->protected_bytes = item.bytes;
	if (sb_cbor_only(item.bytes, &out->protected_map) != SB_OK || out->protected_map.type != SB_CBOR_MAP)
		return SB_E_FORMAT;
	if (sb_cbor_expect(&inside, SB_CBOR_MAP, &out->unprotected_map) != SB_OK)
		return SB_E_FORMAT;
	if (sb_cbor_expect(&inside, SB_CBOR_BYTES, &item) != SB_OK)
		return SB_E_FORMAT;
	out->payload = item.bytes;
	if (sb_cbor_expect(&inside, SB_CBOR_BYTES, &item) != SB_OK || item.bytes.len != sizeof out->signature)
		return SB_E_FORMAT;
	memcpy(out->signature, item.bytes.data, sizeof out->signature);
	return check_headers(out);
}

int sb_cose_sign1_id(const struct sb_cose_sign1 *message, uint8_t id[32])
{
	struct sb_bytes tbs = {0};
	int rc = to_be_signed(message->protected_bytes, message->payload, &tbs);

	if (rc == SB_OK)
		rc = sb_bytes_append(&tbs, message->signature, sizeof message->signature / 2);
	if (rc == SB_OK)
		rc = sb_sha256(tbs.data, tbs.len, id);
	sb_bytes_free(&tbs);
	return rc;
}

int sb_cose_sign1_verify(const struct sb_cose_sign1 *message, struct sb_slice point)
{
	struct sb_bytes tbs = {0};
	int rc = to_be_signed(message->protected_bytes, message->payload, &tbs);

	if (rc == SB_OK)
		rc = sb_es256_verify(point, tbs.data, tbs.len, message->signature);
	sb_bytes_free(&tbs);
	return rc == SB_OK || rc == SB_E_NOMEM ? rc : SB_E_SIGNATURE;
}
