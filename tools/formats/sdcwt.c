/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "formats/sdcwt.h"

#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "formats/base45.h"
#include "formats/cose.h"
#include "formats/status_list.h"

enum { CLAIM_AUD = 3, CLAIM_EXP = 4, CLAIM_IAT = 6, CLAIM_CNF = 8, CLAIM_VCT = 11, CLAIM_CNONCE = 39, CLAIM_STATUS = 65535 };
enum { TYP_SD_CWT = 293, TYP_KB_CWT = 294, CNF_COSE_KEY = 1 };
enum { QR_TEXT_MAX = 4296 /* alphanumeric characters in the largest QR code */, CHALLENGE_MAX = 64 };

/* --- writing --- */

static int put_pair(struct sb_bytes *out, int64_t key, int64_t value)
{
	int rc = sb_cbor_put_int(out, key);

	return rc == SB_OK ? sb_cbor_put_int(out, value) : rc;
}

/* {1: COSE_Key}: the compressed point saves 31 bytes of a QR code. */
static int put_cnf(struct sb_bytes *out, const uint8_t point[65])
{
	int rc = sb_cbor_put_int(out, CLAIM_CNF);

	if (rc == SB_OK)
		rc = sb_cbor_put_head(out, SB_CBOR_MAP, 1);
	if (rc == SB_OK)
		rc = sb_cbor_put_int(out, CNF_COSE_KEY);
	return rc == SB_OK ? sb_cose_key_put(out, point, true) : rc;
}

static int put_status(struct sb_bytes *out, uint64_t index, struct sb_slice uri)
{
	int rc = sb_cbor_put_int(out, CLAIM_STATUS);

	return rc == SB_OK ? sb_status_reference_put(out, index, uri) : rc;
}

static int put_claim(struct sb_bytes *out, const struct sb_claim *claim)
{
	int rc = sb_cbor_put_int(out, claim->key);

	if (rc != SB_OK)
		return rc;
	switch (claim->type) {
	case SB_CLAIM_TEXT:
		return sb_cbor_put_text(out, (const char *)claim->bytes.data, claim->bytes.len);
	case SB_CLAIM_BYTES:
		return sb_cbor_put_bytes(out, claim->bytes.data, claim->bytes.len);
	case SB_CLAIM_BOOL:
		return sb_cbor_put_bool(out, claim->number);
	case SB_CLAIM_INT:
		return sb_cbor_put_int(out, claim->number);
	}
	return SB_E_ARGUMENT;
}

static int put_sdcwt_payload(struct sb_bytes *out, const struct sb_sdcwt *c)
{
	int rc = sb_cbor_put_head(out, SB_CBOR_MAP, 5 + c->claim_count);

	if (rc == SB_OK)
		rc = put_pair(out, CLAIM_EXP, c->exp);
	if (rc == SB_OK)
		rc = put_pair(out, CLAIM_IAT, c->iat);
	if (rc == SB_OK)
		rc = put_cnf(out, c->holder_point);
	if (rc == SB_OK)
		rc = put_pair(out, CLAIM_VCT, c->vct);
	if (rc == SB_OK)
		rc = put_status(out, c->status_index, c->status_uri);
	for (size_t i = 0; rc == SB_OK && i < c->claim_count; i++)
		rc = put_claim(out, &c->claims[i]);
	return rc;
}

int sb_sdcwt_issue(const struct sb_sdcwt *content, const struct sb_signer *signer, struct sb_bytes *out)
{
	struct sb_bytes header = {0}, payload = {0};
	int rc = sb_cbor_put_head(&header, SB_CBOR_MAP, 3);

	if (rc == SB_OK)
		rc = put_pair(&header, SB_COSE_ALG, SB_COSE_ES256);
	if (rc == SB_OK)
		rc = sb_cbor_put_int(&header, SB_COSE_KID);
	if (rc == SB_OK)
		rc = sb_cbor_put_bytes(&header, content->kid, SB_KID);
	if (rc == SB_OK)
		rc = put_pair(&header, SB_COSE_TYP, TYP_SD_CWT);
	if (rc == SB_OK)
		rc = put_sdcwt_payload(&payload, content);
	if (rc == SB_OK)
		rc = sb_cose_sign1_make(sb_bytes_slice(&header), sb_bytes_slice(&payload), signer, out);
	sb_bytes_free(&header);
	sb_bytes_free(&payload);
	return rc;
}

static int put_kbt_payload(struct sb_bytes *out, const struct sb_kbt *c)
{
	int rc = sb_cbor_put_head(out, SB_CBOR_MAP, c->challenge.data ? 4 : 3);

	if (rc == SB_OK)
		rc = sb_cbor_put_int(out, CLAIM_AUD);
	if (rc == SB_OK)
		rc = sb_cbor_put_text(out, (const char *)c->audience.data, c->audience.len);
	if (rc == SB_OK)
		rc = put_pair(out, CLAIM_EXP, c->exp);
	if (rc == SB_OK)
		rc = put_pair(out, CLAIM_IAT, c->iat);
	if (rc == SB_OK && c->challenge.data)
		rc = sb_cbor_put_int(out, CLAIM_CNONCE);
	if (rc == SB_OK && c->challenge.data)
		rc = sb_cbor_put_bytes(out, c->challenge.data, c->challenge.len);
	return rc;
}

int sb_kbt_make(const struct sb_kbt *content, const struct sb_signer *signer, struct sb_bytes *out)
{
	struct sb_bytes header = {0}, payload = {0};
	int rc = sb_cbor_put_head(&header, SB_CBOR_MAP, 3);

	if (rc == SB_OK)
		rc = put_pair(&header, SB_COSE_ALG, SB_COSE_ES256);
	/* kcwt is the token itself, not a byte string around it; protected, so the holder's signature covers it. */
	if (rc == SB_OK)
		rc = sb_cbor_put_int(&header, SB_COSE_KCWT);
	if (rc == SB_OK)
		rc = sb_bytes_append(&header, content->sdcwt.data, content->sdcwt.len);
	if (rc == SB_OK)
		rc = put_pair(&header, SB_COSE_TYP, TYP_KB_CWT);
	if (rc == SB_OK)
		rc = put_kbt_payload(&payload, content);
	if (rc == SB_OK)
		rc = sb_cose_sign1_make(sb_bytes_slice(&header), sb_bytes_slice(&payload), signer, out);
	sb_bytes_free(&header);
	sb_bytes_free(&payload);
	return rc;
}

/* --- reading --- */

static int get_int(const struct sb_cbor_item *map, int64_t key, int64_t *value)
{
	struct sb_cbor_item item;
	int rc = sb_cbor_map_get(map, key, &item);

	if (rc == SB_OK)
		rc = sb_cbor_int(&item, value);
	return rc == SB_OK ? rc : SB_E_FORMAT;
}

static int get_typed(const struct sb_cbor_item *map, int64_t key, enum sb_cbor_type type, struct sb_cbor_item *value)
{
	int rc = sb_cbor_map_get(map, key, value);

	return rc == SB_OK && value->type == type ? SB_OK : SB_E_FORMAT;
}

static int read_status(const struct sb_cbor_item *claims, struct sb_sdcwt *out)
{
	struct sb_cbor_item status;
	int rc = sb_cbor_map_get(claims, CLAIM_STATUS, &status);

	return rc == SB_OK ? sb_status_reference_read(&status, &out->status_index, &out->status_uri) : SB_E_FORMAT;
}

static int read_claim(const struct sb_cbor_item *value, struct sb_claim *claim)
{
	claim->bytes = value->bytes;
	switch (value->type) {
	case SB_CBOR_TEXT:
		claim->type = SB_CLAIM_TEXT;
		return SB_OK;
	case SB_CBOR_BYTES:
		claim->type = SB_CLAIM_BYTES;
		return SB_OK;
	case SB_CBOR_SIMPLE:
		claim->type = SB_CLAIM_BOOL;
		claim->number = value->value == SB_CBOR_TRUE;
		return value->value == SB_CBOR_TRUE || value->value == SB_CBOR_FALSE ? SB_OK : SB_E_FORMAT;
	default:
		claim->type = SB_CLAIM_INT;
		return sb_cbor_int(value, &claim->number);
	}
}

static bool is_registered(int64_t key)
{
	static const int64_t ours[] = {CLAIM_EXP, CLAIM_IAT, CLAIM_CNF, CLAIM_VCT, CLAIM_STATUS};

	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		if (ours[i] == key)
			return true;
	return false;
}

/* All that is not a registered claim belongs to the document type. */
static int read_claims(const struct sb_cbor_item *map, struct sb_sdcwt *out)
{
	struct sb_slice in = sb_cbor_enter(map);
	struct sb_cbor_item key, value;
	int rc = SB_OK;

	for (uint64_t i = 0; rc == SB_OK && i < map->value; i++) {
		struct sb_claim claim = {0};

		if (sb_cbor_next(&in, &key) != SB_OK || sb_cbor_next(&in, &value) != SB_OK || sb_cbor_int(&key, &claim.key) != SB_OK)
			return SB_E_FORMAT;
		if (is_registered(claim.key))
			continue;
		if (out->claim_count == SB_SDCWT_CLAIMS_MAX)
			return SB_E_FORMAT;
		rc = read_claim(&value, &claim);
		out->claims[out->claim_count++] = claim;
	}
	return rc;
}

/* The envelope: type and kid. */
static int open_sdcwt(struct sb_slice token, struct sb_cose_sign1 *m, uint8_t kid[SB_KID])
{
	struct sb_cbor_item item;
	int64_t typ;
	int rc = sb_cose_sign1_parse(token, m);

	if (rc != SB_OK)
		return rc;
	if (get_int(&m->protected_map, SB_COSE_TYP, &typ) != SB_OK || typ != TYP_SD_CWT)
		return SB_E_FORMAT;
	if (get_typed(&m->protected_map, SB_COSE_KID, SB_CBOR_BYTES, &item) != SB_OK || item.bytes.len != SB_KID)
		return SB_E_FORMAT;
	memcpy(kid, item.bytes.data, SB_KID);
	return SB_OK;
}

int sb_sdcwt_kid(struct sb_slice token, uint8_t kid[SB_KID])
{
	struct sb_cose_sign1 m;

	return open_sdcwt(token, &m, kid);
}

int sb_sdcwt_parse(struct sb_slice token, struct sb_sdcwt *out)
{
	struct sb_cose_sign1 m;
	struct sb_cbor_item claims, item, key;
	int rc;

	*out = (struct sb_sdcwt){0};
	rc = open_sdcwt(token, &m, out->kid);
	if (rc != SB_OK)
		return rc;
	if (sb_cbor_only(m.payload, &claims) != SB_OK || claims.type != SB_CBOR_MAP)
		return SB_E_FORMAT;
	if (get_int(&claims, CLAIM_EXP, &out->exp) != SB_OK || get_int(&claims, CLAIM_IAT, &out->iat) != SB_OK ||
		get_int(&claims, CLAIM_VCT, &out->vct) != SB_OK)
		return SB_E_FORMAT;
	if (get_typed(&claims, CLAIM_CNF, SB_CBOR_MAP, &item) != SB_OK || get_typed(&item, CNF_COSE_KEY, SB_CBOR_MAP, &key) != SB_OK)
		return SB_E_FORMAT;
	rc = sb_cose_key_read(&key, out->holder_point);
	if (rc == SB_OK)
		rc = read_status(&claims, out);
	return rc == SB_OK ? read_claims(&claims, out) : rc;
}

int sb_sdcwt_verify(struct sb_slice token, struct sb_slice signer_point)
{
	struct sb_cose_sign1 m;
	int rc = sb_cose_sign1_parse(token, &m);

	return rc == SB_OK ? sb_cose_sign1_verify(&m, signer_point) : rc;
}

int sb_kbt_parse(struct sb_slice token, struct sb_kbt *out)
{
	struct sb_cose_sign1 m;
	struct sb_cbor_item claims, item;
	int64_t typ;
	int rc = sb_cose_sign1_parse(token, &m);

	*out = (struct sb_kbt){0};
	if (rc != SB_OK)
		return rc;
	/* Nothing unprotected has a place here: what nobody signed must not even be carried. */
	if (m.unprotected_map.value != 0)
		return SB_E_FORMAT;
	if (get_int(&m.protected_map, SB_COSE_TYP, &typ) != SB_OK || typ != TYP_KB_CWT)
		return SB_E_FORMAT;
	if (get_typed(&m.protected_map, SB_COSE_KCWT, SB_CBOR_TAG, &item) != SB_OK)
		return SB_E_FORMAT;
	rc = sb_cose_sign1_id(&m, out->id);
	if (rc != SB_OK)
		return rc;
	out->sdcwt = item.whole;
	if (sb_cbor_only(m.payload, &claims) != SB_OK || claims.type != SB_CBOR_MAP)
		return SB_E_FORMAT;
	if (get_typed(&claims, CLAIM_AUD, SB_CBOR_TEXT, &item) != SB_OK)
		return SB_E_FORMAT;
	out->audience = item.bytes;
	if (get_int(&claims, CLAIM_EXP, &out->exp) != SB_OK || get_int(&claims, CLAIM_IAT, &out->iat) != SB_OK)
		return SB_E_FORMAT;
	rc = sb_cbor_map_get(&claims, CLAIM_CNONCE, &item);
	if (rc == SB_E_NOT_FOUND)
		return SB_OK;
	if (rc != SB_OK || item.type != SB_CBOR_BYTES || item.bytes.len == 0 || item.bytes.len > CHALLENGE_MAX)
		return SB_E_FORMAT;
	out->challenge = item.bytes;
	return SB_OK;
}

int sb_kbt_verify(struct sb_slice token, const uint8_t holder_point[65])
{
	return sb_sdcwt_verify(token, sb_slice(holder_point, 65));
}

/* --- the QR text --- */

int sb_qr_text_encode(struct sb_slice kbt, struct sb_bytes *text)
{
	int rc = sb_bytes_append_text(text, SB_QR_PREFIX);

	return rc == SB_OK ? sb_base45_encode(kbt, text) : rc;
}

int sb_qr_text_decode(struct sb_slice text, struct sb_bytes *kbt)
{
	size_t prefix = strlen(SB_QR_PREFIX);

	/* A blank is a character of base45, but never the last: it stands for 36, too much for the high digit of two bytes or of one. */
	text = sb_slice_trim(text);
	if (text.len < prefix || text.len > QR_TEXT_MAX || memcmp(text.data, SB_QR_PREFIX, prefix) != 0)
		return SB_E_FORMAT;
	return sb_base45_decode(sb_slice(text.data + prefix, text.len - prefix), kbt);
}
