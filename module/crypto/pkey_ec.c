/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "crypto/libctx.h"
#include "crypto/pkey_private.h"
#include "crypto/random.h"

/* Keys on the NIST prime curves. */

/* Builds a key from a point and, when given, its scalar. */
static EVP_PKEY *build(const struct curve *curve, struct sb_slice point, const BIGNUM *scalar)
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY *pkey = NULL;

	if (bld && OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, curve->name, 0) == 1 &&
		OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point.data, point.len) == 1 &&
		(!scalar || OSSL_PARAM_BLD_push_BN_pad(bld, OSSL_PKEY_PARAM_PRIV_KEY, scalar, curve->field) == 1))
		params = OSSL_PARAM_BLD_to_param(bld);
	pkey = pkey_from_params(SB_KEY_EC, params, scalar != NULL);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	return pkey;
}

static int from_point(const struct curve *curve, struct sb_slice point, struct sb_pkey **out)
{
	bool uncompressed = point.len == 1 + 2 * curve->field && point.data[0] == 4;
	bool compressed = point.len == 1 + curve->field && (point.data[0] == 2 || point.data[0] == 3);
	EVP_PKEY *pkey;

	if (!uncompressed && !compressed)
		return SB_E_FORMAT;
	/* A hostile point must never reach ECDH or a signature check. The curves here have prime order, so that being on the curve and not at
	 * infinity is all of it (SP 800-56A, 5.6.2.3.4); multiplying by the order would cost more than the signature check itself. */
	pkey = build(curve, point, NULL);
	if (!pkey || !pkey_public_ok(pkey, true)) {
		EVP_PKEY_free(pkey);
		return SB_E_FORMAT;
	}
	return pkey_wrap(pkey, SB_KEY_EC, curve, out);
}

/* --- a point alone --- */

static EC_GROUP *p256;

static void make_p256(void)
{
	if (sb_crypto_start() == SB_OK)
		p256 = EC_GROUP_new_by_curve_name_ex(sb_libctx(), NULL, NID_X9_62_prime256v1);
}

int sb_p256_point(struct sb_slice encoded, uint8_t point[SB_P256_POINT])
{
	SB_QUIET;
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	EC_POINT *q;
	int rc = SB_E_FORMAT;

	if (!(encoded.len == 65 && encoded.data[0] == 4) && !(encoded.len == 33 && (encoded.data[0] == 2 || encoded.data[0] == 3)))
		return SB_E_FORMAT;
	pthread_once(&once, make_p256);
	q = p256 ? EC_POINT_new(p256) : NULL;
	if (!q)
		return SB_E_CRYPTO;
	/* Reading refuses what is not on the curve, and there is no other place to be: the order is prime, infinity has another form. */
	if (EC_POINT_oct2point(p256, q, encoded.data, encoded.len, NULL) == 1 &&
		EC_POINT_point2oct(p256, q, POINT_CONVERSION_UNCOMPRESSED, point, SB_P256_POINT, NULL) == SB_P256_POINT)
		rc = SB_OK;
	EC_POINT_free(q);
	return rc;
}

/* scalar * G, uncompressed. */
static int point_of(const EC_GROUP *group, const BIGNUM *d, struct sb_bytes *point)
{
	BN_CTX *bn = BN_CTX_new_ex(sb_libctx());
	EC_POINT *q = EC_POINT_new(group);
	int rc = SB_E_CRYPTO;
	size_t len;
	uint8_t *to;

	if (!bn || !q || EC_POINT_mul(group, q, d, NULL, NULL, bn) != 1)
		goto out;
	len = EC_POINT_point2oct(group, q, POINT_CONVERSION_UNCOMPRESSED, NULL, 0, bn);
	to = len ? sb_bytes_extend(point, len) : NULL;
	if (to && EC_POINT_point2oct(group, q, POINT_CONVERSION_UNCOMPRESSED, to, len, bn) == len)
		rc = SB_OK;
out:
	EC_POINT_free(q);
	BN_CTX_free(bn);
	return rc;
}

static int from_scalar(const struct curve *curve, struct sb_slice scalar, struct sb_pkey **out)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name_ex(sb_libctx(), NULL, curve->nid);
	BIGNUM *d = scalar.len && scalar.len <= curve->field ? BN_secure_new() : NULL;
	struct sb_bytes point = {0};
	int rc = group ? SB_E_RANGE : SB_E_CRYPTO;

	if (!group || !d || !BN_bin2bn(scalar.data, (int)scalar.len, d) || BN_is_zero(d) ||
		BN_cmp(d, EC_GROUP_get0_order(group)) >= 0)
		goto out;
	BN_set_flags(d, BN_FLG_CONSTTIME);
	rc = point_of(group, d, &point);
	if (rc == SB_OK)
		rc = pkey_wrap(build(curve, sb_bytes_slice(&point), d), SB_KEY_EC, curve, out);
out:
	sb_bytes_free(&point);
	BN_clear_free(d);
	EC_GROUP_free(group);
	return rc;
}

int ec_from_parts(const char *name, const struct sb_slice parts[SB_PARTS], struct sb_pkey **out)
{
	const struct curve *curve = pkey_curve(name, SB_KEY_EC);

	if (!curve)
		return SB_E_UNSUPPORTED;
	return parts[SB_PART_SCALAR].len ? from_scalar(curve, parts[SB_PART_SCALAR], out) : from_point(curve, parts[SB_PART_POINT], out);
}

int sb_pkey_from_ec_point(const char *name, struct sb_slice point, struct sb_pkey **out)
{
	const struct sb_slice parts[SB_PARTS] = {[SB_PART_POINT] = point};

	return sb_pkey_from_parts(SB_KEY_EC, name, parts, out);
}

int sb_pkey_from_ec_scalar(const char *name, struct sb_slice scalar, struct sb_pkey **out)
{
	const struct sb_slice parts[SB_PARTS] = {[SB_PART_SCALAR] = scalar};

	/* Without a scalar this would be read as a public key. */
	if (!scalar.len) {
		*out = NULL;
		return SB_E_RANGE;
	}
	return sb_pkey_from_parts(SB_KEY_EC, name, parts, out);
}

/* From x and y: uncompressed whatever form the key was made from. */
static int append_coordinates(const struct sb_pkey *key, struct sb_bytes *out)
{
	size_t start = out->len;
	int rc = sb_bytes_append_byte(out, POINT_CONVERSION_UNCOMPRESSED);

	if (rc == SB_OK)
		rc = pkey_number(key, OSSL_PKEY_PARAM_EC_PUB_X, key->curve->field, out);
	if (rc == SB_OK)
		rc = pkey_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, key->curve->field, out);
	if (rc != SB_OK)
		out->len = start;
	return rc;
}

/* Nearly always OpenSSL has the point uncompressed already, and hands it out at a third of what the coordinates cost. */
static int read_point(const struct sb_pkey *key, struct sb_bytes *out)
{
	uint8_t point[1 + 2 * FIELD_MAX];
	size_t len = 0;

	if (EVP_PKEY_get_octet_string_param(key->pkey, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &len) == 1 && len == 1 + 2 * key->curve->field &&
		point[0] == POINT_CONVERSION_UNCOMPRESSED)
		return sb_bytes_append(out, point, len);
	return append_coordinates(key, out);
}

/* Asked for three times when a pair is made: read once, and kept. The key is the same with it. */
static int append_point(const struct sb_pkey *key, struct sb_bytes *out)
{
	const size_t len = 1 + 2 * key->curve->field;
	_Atomic(uint8_t *) *place = &((struct sb_pkey *)key)->point;
	uint8_t *kept = atomic_load(place), *none = NULL;
	int rc;

	if (kept)
		return sb_bytes_append(out, kept, len);
	rc = read_point(key, out);
	kept = rc == SB_OK ? malloc(len) : NULL;
	if (!kept)
		return rc;
	memcpy(kept, out->data + out->len - len, len);
	if (!atomic_compare_exchange_strong(place, &none, kept))
		free(kept);
	return rc;
}

int ec_part(const struct sb_pkey *key, enum sb_part part, struct sb_bytes *out)
{
	if (part == SB_PART_POINT)
		return append_point(key, out);
	return part == SB_PART_SCALAR ? pkey_number(key, OSSL_PKEY_PARAM_PRIV_KEY, key->curve->field, out) : SB_E_NOT_FOUND;
}
