/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/judge.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "lib/check.h"

EVP_PKEY *judge_key(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
	CK_BYTE der[1024];
	const unsigned char *p = der;
	CK_ATTRIBUTE read = ATTRIBUTE_OF(CKA_PUBLIC_KEY_INFO, der);
	EVP_PKEY *key;

	REQUIRE(p11->C_GetAttributeValue(session, object, &read, 1) == CKR_OK);
	key = d2i_PUBKEY(NULL, &p, (long)read.ulValueLen);
	REQUIRE(key && p == der + read.ulValueLen);
	return key;
}

size_t judge_hash(const char *digest, const void *data, size_t len, CK_BYTE hash[64])
{
	size_t size = 0;

	REQUIRE(EVP_Q_digest(NULL, digest, NULL, data, len, hash, &size) == 1);
	return size;
}

/* --- signatures --- */

static EVP_PKEY_CTX *begin(EVP_PKEY *key, const struct judge_scheme *s, bool verify)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	EVP_MD *md = s->digest ? EVP_MD_fetch(NULL, s->digest, NULL) : NULL;

	REQUIRE(ctx && (verify ? EVP_PKEY_verify_init : EVP_PKEY_sign_init)(ctx) == 1);
	if (s->padding == JUDGE_PKCS1 || s->padding == JUDGE_PSS)
		REQUIRE(EVP_PKEY_CTX_set_rsa_padding(ctx, s->padding == JUDGE_PSS ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) == 1);
	if (md)
		REQUIRE(EVP_PKEY_CTX_set_signature_md(ctx, md) == 1);
	if (s->padding == JUDGE_PSS) {
		REQUIRE(EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, s->mgf, NULL) == 1);
		REQUIRE(EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, s->salt) == 1);
	}
	EVP_MD_free(md);
	return ctx;
}

static int raw_to_der(const CK_BYTE *raw, size_t len, unsigned char **der)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	int n;

	REQUIRE(ECDSA_SIG_set0(sig, BN_bin2bn(raw, (int)len / 2, NULL), BN_bin2bn(raw + len / 2, (int)len / 2, NULL)) == 1);
	n = i2d_ECDSA_SIG(sig, der);
	ECDSA_SIG_free(sig);
	REQUIRE(n > 0);
	return n;
}

static size_t der_to_raw(EVP_PKEY *key, const unsigned char *der, size_t len, CK_BYTE *raw)
{
	int field = (EVP_PKEY_get_bits(key) + 7) / 8;
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);

	REQUIRE(sig);
	REQUIRE(BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, field) == field);
	REQUIRE(BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + field, field) == field);
	ECDSA_SIG_free(sig);
	return 2 * (size_t)field;
}

static bool verifies_eddsa(EVP_PKEY *key, const CK_BYTE *data, size_t len, const CK_BYTE *signature, size_t signature_len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int good;

	REQUIRE(EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1);
	good = EVP_DigestVerify(ctx, signature, signature_len, data, len);
	EVP_MD_CTX_free(ctx);
	return good == 1;
}

bool judge_verifies(EVP_PKEY *key, const struct judge_scheme *scheme, const CK_BYTE *data, size_t len, const CK_BYTE *signature,
	size_t signature_len)
{
	unsigned char *der = NULL;
	CK_BYTE hash[64];
	EVP_PKEY_CTX *ctx;
	int good;

	if (scheme->padding == JUDGE_EDDSA)
		return verifies_eddsa(key, data, len, signature, signature_len);
	if (scheme->digest && !scheme->hashed) {
		len = judge_hash(scheme->digest, data, len, hash);
		data = hash;
	}
	if (scheme->padding == JUDGE_ECDSA) {
		signature_len = (size_t)raw_to_der(signature, signature_len, &der);
		signature = der;
	}
	ctx = begin(key, scheme, true);
	good = EVP_PKEY_verify(ctx, signature, signature_len, data, len);
	EVP_PKEY_CTX_free(ctx);
	OPENSSL_free(der);
	return good == 1;
}

size_t judge_signs(EVP_PKEY *key, const struct judge_scheme *scheme, const CK_BYTE *data, size_t len, CK_BYTE signature[JUDGE_SIGNATURE])
{
	size_t size = JUDGE_SIGNATURE;
	CK_BYTE hash[64], der[JUDGE_SIGNATURE];

	if (scheme->padding == JUDGE_EDDSA) {
		EVP_MD_CTX *md = EVP_MD_CTX_new();

		REQUIRE(EVP_DigestSignInit(md, NULL, NULL, NULL, key) == 1);
		REQUIRE(EVP_DigestSign(md, signature, &size, data, len) == 1);
		EVP_MD_CTX_free(md);
		return size;
	}
	if (scheme->digest && !scheme->hashed) {
		len = judge_hash(scheme->digest, data, len, hash);
		data = hash;
	}
	EVP_PKEY_CTX *ctx = begin(key, scheme, false);
	REQUIRE(EVP_PKEY_sign(ctx, der, &size, data, len) == 1);
	EVP_PKEY_CTX_free(ctx);
	if (scheme->padding == JUDGE_ECDSA)
		return der_to_raw(key, der, size, signature);
	memcpy(signature, der, size);
	return size;
}

EVP_PKEY *judge_generate(int kind)
{
	const struct api_key_kind *k = &api_key_kinds[kind];
	EVP_PKEY *key = k->type == CKK_RSA ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)k->bits)
		      : k->type == CKK_EC  ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", k->name)
					   : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

	REQUIRE(key);
	return key;
}

/* --- templates --- */

void judge_add(struct judge_template *t, CK_ATTRIBUTE_TYPE type, const void *value, size_t len)
{
	REQUIRE(t->count < COUNT(t->rows) && len <= sizeof t->values - t->used);
	if (len)
		memcpy(t->values + t->used, value, len);
	t->rows[t->count++] = (CK_ATTRIBUTE){type, t->values + t->used, len};
	t->used += len;
}

CK_ATTRIBUTE *judge_row(struct judge_template *t, CK_ATTRIBUTE_TYPE type)
{
	CK_ULONG i = 0;

	while (i < t->count && t->rows[i].type != type)
		i++;
	REQUIRE(i < t->count);
	return &t->rows[i];
}

void judge_remove(struct judge_template *t, CK_ATTRIBUTE_TYPE type)
{
	*judge_row(t, type) = t->rows[t->count - 1];
	t->count--;
}

static void add_number(struct judge_template *t, CK_ATTRIBUTE_TYPE type, EVP_PKEY *key, const char *name)
{
	CK_BYTE raw[JUDGE_SIGNATURE];
	BIGNUM *n = NULL;
	int len;

	REQUIRE(EVP_PKEY_get_bn_param(key, name, &n) == 1);
	len = BN_bn2bin(n, raw);
	judge_add(t, type, raw, (size_t)len);
	BN_free(n);
}

/* Class, key type and the curve; which kind of key it is. */
static CK_KEY_TYPE add_head(EVP_PKEY *key, CK_OBJECT_CLASS class, struct judge_template *t)
{
	CK_KEY_TYPE type = EVP_PKEY_is_a(key, "RSA") ? CKK_RSA : EVP_PKEY_is_a(key, "EC") ? CKK_EC : CKK_EC_EDWARDS;

	*t = (struct judge_template){0};
	judge_add(t, CKA_CLASS, &class, sizeof class);
	judge_add(t, CKA_KEY_TYPE, &type, sizeof type);
	for (int i = 0; type != CKK_RSA && i < API_KEY_KINDS; i++)
		if (api_key_kinds[i].type == type && (int)api_key_kinds[i].bits == (type == CKK_EC ? EVP_PKEY_get_bits(key) : 256))
			judge_add(t, CKA_EC_PARAMS, api_key_kinds[i].params, api_key_kinds[i].params_len);
	return type;
}

static void add_point(EVP_PKEY *key, struct judge_template *t)
{
	CK_BYTE der[160];
	size_t len = 0, head;

	REQUIRE(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, der + 3, sizeof der - 3, &len) == 1);
	head = len < 128 ? 2 : 3;
	memmove(der + head, der + 3, len);
	der[0] = 4;
	der[1] = head == 2 ? (CK_BYTE)len : 0x81;
	if (head == 3)
		der[2] = (CK_BYTE)len;
	judge_add(t, CKA_EC_POINT, der, len + head);
}

void judge_public_template(EVP_PKEY *key, struct judge_template *t)
{
	if (add_head(key, CKO_PUBLIC_KEY, t) != CKK_RSA) {
		add_point(key, t);
		return;
	}
	add_number(t, CKA_MODULUS, key, OSSL_PKEY_PARAM_RSA_N);
	add_number(t, CKA_PUBLIC_EXPONENT, key, OSSL_PKEY_PARAM_RSA_E);
}

void judge_private_template(EVP_PKEY *key, struct judge_template *t)
{
	static const struct {
		CK_ATTRIBUTE_TYPE type;
		const char *name;
	} rsa[] = {{CKA_MODULUS, OSSL_PKEY_PARAM_RSA_N}, {CKA_PUBLIC_EXPONENT, OSSL_PKEY_PARAM_RSA_E},
		{CKA_PRIVATE_EXPONENT, OSSL_PKEY_PARAM_RSA_D}, {CKA_PRIME_1, OSSL_PKEY_PARAM_RSA_FACTOR1},
		{CKA_PRIME_2, OSSL_PKEY_PARAM_RSA_FACTOR2}, {CKA_EXPONENT_1, OSSL_PKEY_PARAM_RSA_EXPONENT1},
		{CKA_EXPONENT_2, OSSL_PKEY_PARAM_RSA_EXPONENT2}, {CKA_COEFFICIENT, OSSL_PKEY_PARAM_RSA_COEFFICIENT1}};
	CK_KEY_TYPE type = add_head(key, CKO_PRIVATE_KEY, t);
	CK_BYTE raw[32];
	size_t len = sizeof raw;

	if (type == CKK_EC)
		add_number(t, CKA_VALUE, key, OSSL_PKEY_PARAM_PRIV_KEY);
	if (type == CKK_EC_EDWARDS) {
		REQUIRE(EVP_PKEY_get_raw_private_key(key, raw, &len) == 1);
		judge_add(t, CKA_VALUE, raw, len);
	}
	for (size_t i = 0; type == CKK_RSA && i < COUNT(rsa); i++)
		add_number(t, rsa[i].type, key, rsa[i].name);
}

CK_RV judge_create(CK_SESSION_HANDLE session, struct judge_template *t, CK_OBJECT_HANDLE *object)
{
	return p11->C_CreateObject(session, t->rows, t->count, object);
}
