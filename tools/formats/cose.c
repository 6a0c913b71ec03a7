/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "formats/cose.h"

#include <string.h>

#include "base/error.h"
#include "crypto/digest.h"
#include "crypto/kdf.h"
#include "crypto/signature.h"

enum { KEY_KTY = 1, KEY_CRV = -1, KEY_X = -2, KEY_Y = -3, KTY_EC2 = 2, CRV_P256 = 1 };

/* What the two kinds of message differ in. */
struct kind {
	uint64_t tag;
	int64_t algorithm;
	size_t size; /* of signature or MAC */
};
static const struct kind sign1 = {SB_COSE_SIGN1_TAG, SB_COSE_ES256, 64}, mac0 = {SB_COSE_MAC0_TAG, SB_COSE_HMAC_256, SB_COSE_MAC_SIZE};

/* Sig_structure = ["Signature1", protected, external_aad, payload], MAC_structure the same with "MAC0"; an empty protected map stands as
 * an empty string there. */
static int covered(const char *context, struct sb_slice protected_bytes, struct sb_slice payload, struct sb_bytes *out)
{
	bool empty = protected_bytes.len == 1 && protected_bytes.data[0] == 0xa0;
	int rc = sb_cbor_put_head(out, SB_CBOR_ARRAY, 4);

	if (rc == SB_OK)
		rc = sb_cbor_put_string(out, context);
	if (rc == SB_OK)
		rc = sb_cbor_put_bytes(out, protected_bytes.data, empty ? 0 : protected_bytes.len);
	if (rc == SB_OK)
		rc = sb_cbor_put_bytes(out, NULL, 0);
	return rc == SB_OK ? sb_cbor_put_bytes(out, payload.data, payload.len) : rc;
}

static int to_be_signed(struct sb_slice protected_bytes, struct sb_slice payload, struct sb_bytes *out)
{
	return covered("Signature1", protected_bytes, payload, out);
}

/* --- writing --- */

static int put_message(enum sb_cose_form form, const struct kind *kind, const struct sb_slice parts[4], struct sb_bytes *out)
{
	int rc = form == SB_COSE_TAGGED ? sb_cbor_put_head(out, SB_CBOR_TAG, kind->tag) : SB_OK;

	if (rc == SB_OK)
		rc = sb_cbor_put_head(out, SB_CBOR_ARRAY, 4);
	if (rc == SB_OK)
		rc = sb_cbor_put_bytes(out, parts[0].data, parts[0].len);
	if (rc == SB_OK)
		rc = sb_bytes_append(out, parts[1].data, parts[1].len);
	if (rc == SB_OK)
		rc = form == SB_COSE_DETACHED ? sb_cbor_put_null(out) : sb_cbor_put_bytes(out, parts[2].data, parts[2].len);
	return rc == SB_OK ? sb_cbor_put_bytes(out, parts[3].data, parts[3].len) : rc;
}

int sb_cose_sign1_make_as(enum sb_cose_form form, struct sb_slice protected_map, struct sb_slice unprotected_map, struct sb_slice payload,
	const struct sb_signer *signer, struct sb_bytes *out)
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
		rc = put_message(form, &sign1,
			(const struct sb_slice[4]){protected_map, unprotected_map, payload, sb_slice(signature, sizeof signature)}, out);
	if (rc != SB_OK)
		out->len = start;
	sb_bytes_free(&tbs);
	return rc;
}

int sb_cose_sign1_make(struct sb_slice protected_map, struct sb_slice payload, const struct sb_signer *signer, struct sb_bytes *out)
{
	return sb_cose_sign1_make_as(SB_COSE_TAGGED, protected_map, sb_slice("\xa0", 1), payload, signer, out);
}

static int mac_of(struct sb_slice protected_bytes, struct sb_slice payload, struct sb_slice key, uint8_t tag[SB_COSE_MAC_SIZE])
{
	struct sb_bytes tbm = {0};
	int rc = covered("MAC0", protected_bytes, payload, &tbm);

	if (rc == SB_OK)
		rc = sb_hmac_sha256(key, sb_bytes_slice(&tbm), tag);
	sb_bytes_free(&tbm);
	return rc;
}

int sb_cose_mac0_make(enum sb_cose_form form, struct sb_slice payload, struct sb_slice key, struct sb_bytes *out)
{
	static const uint8_t alg[] = {0xa1, SB_COSE_ALG, SB_COSE_HMAC_256};
	uint8_t tag[SB_COSE_MAC_SIZE];
	size_t start = out->len;
	int rc = mac_of(sb_slice(alg, sizeof alg), payload, key, tag);

	if (rc == SB_OK)
		rc = put_message(form, &mac0,
			(const struct sb_slice[4]){sb_slice(alg, sizeof alg), sb_slice("\xa0", 1), payload, sb_slice(tag, sizeof tag)}, out);
	if (rc != SB_OK)
		out->len = start;
	return rc;
}

/* --- reading --- */

static bool has_header(const struct sb_cbor_item *map, const struct sb_cbor_item *label)
{
	struct sb_slice in = sb_cbor_enter(map);
	struct sb_cbor_item key, value;

	for (uint64_t i = 0; i < map->value && sb_cbor_next(&in, &key) == SB_OK && sb_cbor_next(&in, &value) == SB_OK; i++)
		if (sb_cbor_same_key(&key, label))
			return true;
	return false;
}

/* The one algorithm stands in the protected map; nothing is critical; no header twice. */
static int check_headers(const struct sb_cbor_item *protected_map, const struct sb_cbor_item *unprotected_map, int64_t algorithm)
{
	struct sb_slice in = sb_cbor_enter(protected_map);
	struct sb_cbor_item key, value;
	int64_t number;

	if (sb_cbor_map_get(protected_map, SB_COSE_ALG, &value) != SB_OK || sb_cbor_int(&value, &number) != SB_OK || number != algorithm)
		return SB_E_FORMAT;
	if (sb_cbor_map_get(protected_map, SB_COSE_CRIT, &value) != SB_E_NOT_FOUND ||
		sb_cbor_map_get(unprotected_map, SB_COSE_CRIT, &value) != SB_E_NOT_FOUND)
		return SB_E_FORMAT;
	for (uint64_t i = 0; i < protected_map->value; i++) {
		if (sb_cbor_next(&in, &key) != SB_OK || sb_cbor_next(&in, &value) != SB_OK)
			return SB_E_FORMAT;
		if (has_header(unprotected_map, &key))
			return SB_E_FORMAT;
	}
	return SB_OK;
}

/* The array: under its tag, or bare. */
static int open_message(struct sb_slice in, enum sb_cose_form form, uint64_t tag, struct sb_cbor_item *array)
{
	struct sb_cbor_item item;

	if (sb_cbor_only(in, &item) != SB_OK)
		return SB_E_FORMAT;
	*array = item;
	if (form == SB_COSE_TAGGED && (item.type != SB_CBOR_TAG || item.value != tag || sb_cbor_only(sb_cbor_enter(&item), array) != SB_OK))
		return SB_E_FORMAT;
	return array->type == SB_CBOR_ARRAY && array->value == 4 ? SB_OK : SB_E_FORMAT;
}

static int take_payload(struct sb_slice *inside, enum sb_cose_form form, struct sb_slice *payload)
{
	struct sb_cbor_item item;

	if (sb_cbor_next(inside, &item) != SB_OK)
		return SB_E_FORMAT;
	*payload = form == SB_COSE_DETACHED ? sb_slice(NULL, 0) : item.bytes;
	if (form == SB_COSE_DETACHED)
		return item.type == SB_CBOR_SIMPLE && item.value == SB_CBOR_NULL ? SB_OK : SB_E_FORMAT;
	return item.type == SB_CBOR_BYTES ? SB_OK : SB_E_FORMAT;
}

/* proof: the signature or the MAC, of the kind's size. */
static int parse(struct sb_slice in, enum sb_cose_form form, const struct kind *kind, struct sb_cose_mac0 *out, uint8_t *proof)
{
	struct sb_cbor_item array, item;
	struct sb_slice inside;

	if (open_message(in, form, kind->tag, &array) != SB_OK)
		return SB_E_FORMAT;
	inside = sb_cbor_enter(&array);
	if (sb_cbor_expect(&inside, SB_CBOR_BYTES, &item) != SB_OK)
		return SB_E_FORMAT;
	out->protected_bytes = item.bytes;
	if (sb_cbor_only(item.bytes, &out->protected_map) != SB_OK || out->protected_map.type != SB_CBOR_MAP)
		return SB_E_FORMAT;
	if (sb_cbor_expect(&inside, SB_CBOR_MAP, &out->unprotected_map) != SB_OK || take_payload(&inside, form, &out->payload) != SB_OK)
		return SB_E_FORMAT;
	if (sb_cbor_expect(&inside, SB_CBOR_BYTES, &item) != SB_OK || item.bytes.len != kind->size)
		return SB_E_FORMAT;
	memcpy(proof, item.bytes.data, kind->size);
	return check_headers(&out->protected_map, &out->unprotected_map, kind->algorithm);
}

int sb_cose_sign1_parse_as(struct sb_slice in, enum sb_cose_form form, struct sb_cose_sign1 *out)
{
	struct sb_cose_mac0 m;
	int rc = parse(in, form, &sign1, &m, out->signature);

	if (rc != SB_OK)
		return rc;
	out->protected_map = m.protected_map;
	out->protected_bytes = m.protected_bytes;
	out->unprotected_map = m.unprotected_map;
	out->payload = m.payload;
	return SB_OK;
}

int sb_cose_sign1_parse(struct sb_slice in, struct sb_cose_sign1 *out)
{
	return sb_cose_sign1_parse_as(in, SB_COSE_TAGGED, out);
}

int sb_cose_mac0_parse(struct sb_slice in, enum sb_cose_form form, struct sb_cose_mac0 *out)
{
	return parse(in, form, &mac0, out, out->tag);
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

int sb_cose_mac0_verify(const struct sb_cose_mac0 *message, struct sb_slice key)
{
	uint8_t tag[SB_COSE_MAC_SIZE];
	int rc = mac_of(message->protected_bytes, message->payload, key, tag);

	if (rc != SB_OK)
		return rc;
	return sb_equal_ct(tag, message->tag, sizeof tag) ? SB_OK : SB_E_SIGNATURE;
}

/* --- keys --- */

static int get_typed(const struct sb_cbor_item *map, int64_t key, enum sb_cbor_type type, struct sb_cbor_item *value)
{
	int rc = sb_cbor_map_get(map, key, value);

	return rc == SB_OK && value->type == type ? SB_OK : SB_E_FORMAT;
}

static bool number_is(const struct sb_cbor_item *map, int64_t key, int64_t want)
{
	struct sb_cbor_item item;
	int64_t number;

	return sb_cbor_map_get(map, key, &item) == SB_OK && sb_cbor_int(&item, &number) == SB_OK && number == want;
}

/* x with y, or with the sign of y, to an uncompressed point on the curve. */
int sb_cose_key_read(const struct sb_cbor_item *key, uint8_t point[65])
{
	struct sb_cbor_item x, y;
	uint8_t raw[65];
	size_t len = 33;

	if (key->type != SB_CBOR_MAP || !number_is(key, KEY_KTY, KTY_EC2) || !number_is(key, KEY_CRV, CRV_P256) ||
		get_typed(key, KEY_X, SB_CBOR_BYTES, &x) != SB_OK || x.bytes.len != 32 || sb_cbor_map_get(key, KEY_Y, &y) != SB_OK)
		return SB_E_FORMAT;
	memcpy(raw + 1, x.bytes.data, 32);
	if (y.type == SB_CBOR_SIMPLE && (y.value == SB_CBOR_TRUE || y.value == SB_CBOR_FALSE))
		raw[0] = y.value == SB_CBOR_TRUE ? 3 : 2;
	else if (y.type == SB_CBOR_BYTES && y.bytes.len == 32) {
		raw[0] = 4;
		memcpy(raw + 33, y.bytes.data, 32);
		len = 65;
	} else
		return SB_E_FORMAT;
	return sb_p256_point(sb_slice(raw, len), point);
}

static int put_pair(struct sb_bytes *out, int64_t key, int64_t value)
{
	int rc = sb_cbor_put_int(out, key);

	return rc == SB_OK ? sb_cbor_put_int(out, value) : rc;
}

int sb_cose_key_put(struct sb_bytes *out, const uint8_t point[65], bool compressed)
{
	int rc = sb_cbor_put_head(out, SB_CBOR_MAP, 4);

	if (rc == SB_OK)
		rc = put_pair(out, KEY_KTY, KTY_EC2);
	if (rc == SB_OK)
		rc = put_pair(out, KEY_CRV, CRV_P256);
	if (rc == SB_OK)
		rc = sb_cbor_put_int(out, KEY_X);
	if (rc == SB_OK)
		rc = sb_cbor_put_bytes(out, point + 1, 32);
	if (rc == SB_OK)
		rc = sb_cbor_put_int(out, KEY_Y);
	if (rc == SB_OK)
		rc = compressed ? sb_cbor_put_bool(out, point[64] & 1) : sb_cbor_put_bytes(out, point + 33, 32);
	return rc;
}
