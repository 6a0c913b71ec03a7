/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "crypto/pkey.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "crypto/digest.h"
#include "crypto/libctx.h"
#include "crypto/random.h"

struct curve {
	const char *name;
	int nid;
	size_t field; /* bytes */
};

static const struct curve curves[] = {
	{"P-256", NID_X9_62_prime256v1, 32},
	{"P-384", NID_secp384r1, 48},
	{"P-521", NID_secp521r1, 66},
};

struct sb_pkey {
	EVP_PKEY *pkey;
	const struct curve *curve;
	atomic_uint owners;
};

enum { DER_SIGNATURE_MAX = 160, FIELD_MAX = 66 };

static const struct curve *find_curve(const char *name)
{
	for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
		if (strcmp(curves[i].name, name) == 0)
			return &curves[i];
	return NULL;
}

/* Takes pkey over, also on error. */
static int wrap(EVP_PKEY *pkey, const struct curve *curve, struct sb_pkey **out)
{
	struct sb_pkey *key = calloc(1, sizeof *key);

	if (!key) {
		EVP_PKEY_free(pkey);
		return SB_E_NOMEM;
	}
	key->pkey = pkey;
	key->curve = curve;
	atomic_init(&key->owners, 1);
	*out = key;
	return SB_OK;
}

void sb_pkey_free(struct sb_pkey **key)
{
	if (!key || !*key)
		return;
	if (atomic_fetch_sub(&(*key)->owners, 1) == 1) {
		EVP_PKEY_free((*key)->pkey);
		free(*key);
	}
	*key = NULL;
}

struct sb_pkey *sb_pkey_share(struct sb_pkey *key)
{
	atomic_fetch_add(&key->owners, 1);
	return key;
}

int sb_pkey_generate_ec(const char *name, struct sb_pkey **out)
{
	SB_QUIET;
	const struct curve *curve = find_curve(name);
	EVP_PKEY_CTX *ctx;
	EVP_PKEY *pkey = NULL;
	int rc = sb_crypto_start();

	*out = NULL;
	if (rc != SB_OK)
		return rc;
	if (!curve)
		return SB_E_UNSUPPORTED;
	ctx = EVP_PKEY_CTX_new_from_name(sb_libctx(), SB_KEY_EC, SB_PROPERTIES);
	if (ctx && EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_CTX_set_group_name(ctx, curve->name) == 1)
		EVP_PKEY_generate(ctx, &pkey);
	EVP_PKEY_CTX_free(ctx);
	return pkey ? wrap(pkey, curve, out) : SB_E_CRYPTO;
}

/* Builds an EC key from a point and, when given, its scalar. */
static EVP_PKEY *build(const struct curve *curve, struct sb_slice point, const BIGNUM *scalar)
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY_CTX *ctx = NULL;
	EVP_PKEY *pkey = NULL;

	if (!bld || !OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, curve->name, 0) ||
		!OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point.data, point.len) ||
		(scalar && !OSSL_PARAM_BLD_push_BN_pad(bld, OSSL_PKEY_PARAM_PRIV_KEY, scalar, curve->field)))
		goto out;
	params = OSSL_PARAM_BLD_to_param(bld);
	ctx = EVP_PKEY_CTX_new_from_name(sb_libctx(), SB_KEY_EC, SB_PROPERTIES);
	if (!params || !ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
		EVP_PKEY_fromdata(ctx, &pkey, scalar ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) != 1) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
out:
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	return pkey;
}

/* The point is on the curve and in its group: a hostile point must never reach ECDH or a signature check. */
static bool public_ok(EVP_PKEY *pkey)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(sb_libctx(), pkey, SB_PROPERTIES);
	bool ok = ctx && EVP_PKEY_public_check(ctx) == 1;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

int sb_pkey_from_ec_point(const char *name, struct sb_slice point, struct sb_pkey **out)
{
	SB_QUIET;
	const struct curve *curve = find_curve(name);
	bool uncompressed, compressed;
	EVP_PKEY *pkey;
	int rc = sb_crypto_start();

	*out = NULL;
	if (rc != SB_OK)
		return rc;
	if (!curve)
		return SB_E_UNSUPPORTED;
	uncompressed = point.len == 1 + 2 * curve->field && point.data[0] == 4;
	compressed = point.len == 1 + curve->field && (point.data[0] == 2 || point.data[0] == 3);
	if (!uncompressed && !compressed)
		return SB_E_FORMAT;
	pkey = build(curve, point, NULL);
	if (!pkey || !public_ok(pkey)) {
		EVP_PKEY_free(pkey);
		return SB_E_FORMAT;
	}
	return wrap(pkey, curve, out);
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

int sb_pkey_from_ec_scalar(const char *name, struct sb_slice scalar, struct sb_pkey **out)
{
	SB_QUIET;
	const struct curve *curve = find_curve(name);
	struct sb_bytes point = {0};
	EC_GROUP *group = NULL;
	BIGNUM *d = NULL;
	EVP_PKEY *pkey;
	int rc = sb_crypto_start();

	*out = NULL;
	if (rc != SB_OK)
		return rc;
	if (!curve)
		return SB_E_UNSUPPORTED;
	group = EC_GROUP_new_by_curve_name_ex(sb_libctx(), NULL, curve->nid);
	d = scalar.len && scalar.len <= curve->field ? BN_secure_new() : NULL;
	rc = group ? SB_E_RANGE : SB_E_CRYPTO;
	if (!group || !d || !BN_bin2bn(scalar.data, (int)scalar.len, d) || BN_is_zero(d) ||
		BN_cmp(d, EC_GROUP_get0_order(group)) >= 0)
		goto out;
	BN_set_flags(d, BN_FLG_CONSTTIME);
	rc = point_of(group, d, &point);
	if (rc != SB_OK)
		goto out;
	pkey = build(curve, sb_bytes_slice(&point), d);
	rc = pkey ? wrap(pkey, curve, out) : SB_E_CRYPTO;
out:
	sb_bytes_free(&point);
	BN_clear_free(d);
	EC_GROUP_free(group);
	return rc;
}

/* The curve of a key that OpenSSL read, or NULL. */
static const struct curve *curve_of(EVP_PKEY *pkey)
{
	char group[64];
	int nid;

	if (EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL) != 1)
		return NULL;
	nid = OBJ_txt2nid(group);
	for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
		if (curves[i].nid == nid)
			return &curves[i];
	return NULL;
}

/* Only the curve and the point are taken from the decoded key: ours is built anew, under our name. */
int sb_pkey_from_spki(struct sb_slice der, struct sb_pkey **out)
{
	SB_QUIET;
	const uint8_t *p = der.data;
	const struct curve *curve;
	uint8_t point[1 + 2 * FIELD_MAX];
	size_t len = 0;
	EVP_PKEY *pkey;
	int rc = sb_crypto_start();

	*out = NULL;
	if (rc != SB_OK)
		return rc;
	pkey = d2i_PUBKEY_ex(NULL, &p, (long)der.len, sb_libctx(), NULL);
	curve = pkey ? curve_of(pkey) : NULL;
	if (!pkey || p != der.data + der.len)
		rc = SB_E_FORMAT;
	else if (!curve)
		rc = SB_E_UNSUPPORTED;
	else if (EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &len) != 1)
		rc = SB_E_FORMAT;
	else
		rc = sb_pkey_from_ec_point(curve->name, sb_slice(point, len), out);
	EVP_PKEY_free(pkey);
	return rc;
}

int sb_pkey_point(const struct sb_pkey *key, struct sb_bytes *out)
{
	SB_QUIET;
	uint8_t raw[1 + 2 * FIELD_MAX];
	size_t field = key->curve->field;
	BIGNUM *x = NULL, *y = NULL;
	int rc = SB_E_CRYPTO;

	/* From x and y, so that the point is uncompressed whatever form the key was made from. */
	if (EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_EC_PUB_X, &x) == 1 &&
		EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_EC_PUB_Y, &y) == 1) {
		raw[0] = 4;
		if (BN_bn2binpad(x, raw + 1, (int)field) == (int)field &&
			BN_bn2binpad(y, raw + 1 + field, (int)field) == (int)field)
			rc = sb_bytes_append(out, raw, 1 + 2 * field);
	}
	BN_free(x);
	BN_free(y);
	return rc;
}

int sb_pkey_scalar(const struct sb_pkey *key, struct sb_bytes *out)
{
	SB_QUIET;
	size_t field = key->curve->field;
	BIGNUM *d = NULL;
	uint8_t *to;
	int rc = SB_E_ARGUMENT;

	if (EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_PRIV_KEY, &d) == 1) {
		to = sb_bytes_extend(out, field);
		if (!to)
			rc = SB_E_NOMEM;
		else if (BN_bn2binpad(d, to, (int)field) != (int)field) {
			out->len -= field;
			rc = SB_E_CRYPTO;
		} else
			rc = SB_OK;
	}
	BN_clear_free(d);
	return rc;
}

int sb_pkey_spki(const struct sb_pkey *key, struct sb_bytes *out)
{
	SB_QUIET;
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key->pkey, &der);
	int rc = len > 0 ? sb_bytes_append(out, der, (size_t)len) : SB_E_CRYPTO;

	OPENSSL_free(der);
	return rc;
}

size_t sb_pkey_signature_size(const struct sb_pkey *key)
{
	return 2 * key->curve->field;
}

/* DER ECDSA-Sig-Value to r||s. */
static int signature_to_raw(const uint8_t *der, size_t len, size_t field, uint8_t *raw)
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);
	const BIGNUM *r, *s;
	int rc = SB_E_CRYPTO;

	if (!sig)
		return rc;
	ECDSA_SIG_get0(sig, &r, &s);
	if (BN_bn2binpad(r, raw, (int)field) == (int)field && BN_bn2binpad(s, raw + field, (int)field) == (int)field)
		rc = SB_OK;
	ECDSA_SIG_free(sig);
	return rc;
}

static int signature_to_der(struct sb_slice raw, uint8_t **der, size_t *len)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw.data, (int)(raw.len / 2), NULL);
	BIGNUM *s = BN_bin2bn(raw.data + raw.len / 2, (int)(raw.len / 2), NULL);
	int n = -1;

	*der = NULL;
	if (sig && r && s && ECDSA_SIG_set0(sig, r, s) == 1)
		n = i2d_ECDSA_SIG(sig, der);
	else {
		BN_free(r);
		BN_free(s);
	}
	ECDSA_SIG_free(sig);
	*len = n > 0 ? (size_t)n : 0;
	return n > 0 ? SB_OK : SB_E_CRYPTO;
}

int sb_pkey_sign(struct sb_pkey *key, const void *hash, size_t len, uint8_t *signature)
{
	SB_QUIET;
	uint8_t der[DER_SIGNATURE_MAX];
	size_t der_len = sizeof der;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(sb_libctx(), key->pkey, SB_PROPERTIES);
	int rc = SB_E_CRYPTO;

	if (ctx && EVP_PKEY_sign_init(ctx) == 1 && EVP_PKEY_sign(ctx, der, &der_len, hash, len) == 1)
		rc = signature_to_raw(der, der_len, key->curve->field, signature);
	EVP_PKEY_CTX_free(ctx);
	return rc;
}

int sb_pkey_verify(struct sb_pkey *key, const void *hash, size_t len, struct sb_slice signature)
{
	SB_QUIET;
	EVP_PKEY_CTX *ctx = NULL;
	uint8_t *der = NULL;
	size_t der_len;
	int rc;

	if (signature.len != sb_pkey_signature_size(key))
		return SB_E_RANGE;
	rc = signature_to_der(signature, &der, &der_len);
	if (rc != SB_OK)
		return rc;
	ctx = EVP_PKEY_CTX_new_from_pkey(sb_libctx(), key->pkey, SB_PROPERTIES);
	if (!ctx || EVP_PKEY_verify_init(ctx) != 1)
		rc = SB_E_CRYPTO;
	else if (EVP_PKEY_verify(ctx, der, der_len, hash, len) != 1)
		rc = SB_E_SIGNATURE;
	EVP_PKEY_CTX_free(ctx);
	OPENSSL_free(der);
	return rc;
}

int sb_es256_verify(struct sb_slice point, const void *data, size_t len, const uint8_t signature[SB_P256_SIGNATURE])
{
	struct sb_pkey *key = NULL;
	uint8_t hash[SB_SHA256_SIZE];
	int rc = sb_pkey_from_ec_point("P-256", point, &key);

	if (rc == SB_OK)
		rc = sb_sha256(data, len, hash);
	if (rc == SB_OK)
		rc = sb_pkey_verify(key, hash, sizeof hash, sb_slice(signature, SB_P256_SIGNATURE));
	sb_pkey_free(&key);
	return rc;
}
