/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "base/error.h"
#include "crypto/libctx.h"
#include "crypto/pkey_private.h"
#include "crypto/random.h"
#include "crypto/signature.h"

/* RSA keys. */

enum { EXPONENT_BYTES_MAX = 8, EXPONENT_MIN = 65537 };

static const char *const names[SB_PARTS] = {
	[SB_PART_MODULUS] = OSSL_PKEY_PARAM_RSA_N,
	[SB_PART_PUBLIC_EXPONENT] = OSSL_PKEY_PARAM_RSA_E,
	[SB_PART_PRIVATE_EXPONENT] = OSSL_PKEY_PARAM_RSA_D,
	[SB_PART_PRIME_1] = OSSL_PKEY_PARAM_RSA_FACTOR1,
	[SB_PART_PRIME_2] = OSSL_PKEY_PARAM_RSA_FACTOR2,
	[SB_PART_EXPONENT_1] = OSSL_PKEY_PARAM_RSA_EXPONENT1,
	[SB_PART_EXPONENT_2] = OSSL_PKEY_PARAM_RSA_EXPONENT2,
	[SB_PART_COEFFICIENT] = OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
};
enum { FIRST = SB_PART_MODULUS, FIRST_PRIVATE = SB_PART_PRIVATE_EXPONENT, FIRST_CRT = SB_PART_PRIME_1, CRT_PARTS = SB_PARTS - FIRST_CRT };

int sb_pkey_generate_rsa(size_t bits, struct sb_slice exponent, struct sb_pkey **out)
{
	SB_QUIET;
	EVP_PKEY_CTX *ctx = NULL;
	EVP_PKEY *pkey = NULL;
	BIGNUM *e = NULL;
	int rc = sb_crypto_start();

	*out = NULL;
	if (rc != SB_OK)
		return rc;
	if (bits < SB_RSA_BITS_MIN || bits > SB_RSA_BITS_MAX || bits % 8)
		return SB_E_RANGE;
	if (exponent.len > EXPONENT_BYTES_MAX)
		return SB_E_ARGUMENT;
	e = BN_new();
	if (!e || (exponent.len ? !BN_bin2bn(exponent.data, (int)exponent.len, e) : BN_set_word(e, EXPONENT_MIN) != 1))
		rc = SB_E_NOMEM;
	else if (!BN_is_odd(e) || BN_get_word(e) < EXPONENT_MIN)
		rc = SB_E_ARGUMENT;
	if (rc == SB_OK) {
		ctx = pkey_generator(SB_KEY_NAME_RSA);
		if (ctx && EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)bits) == 1 && EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e) == 1)
			EVP_PKEY_generate(ctx, &pkey);
		rc = pkey_wrap(pkey, SB_KEY_RSA, NULL, out);
	}
	BN_free(e);
	EVP_PKEY_CTX_free(ctx);
	return rc;
}

/* The sizes of what came from outside, before OpenSSL computes with it; all five CRT parts or none. */
static int check_parts(const struct sb_slice parts[SB_PARTS])
{
	struct sb_slice n = parts[SB_PART_MODULUS], e = parts[SB_PART_PUBLIC_EXPONENT];
	size_t crt = 0;

	while (n.len && n.data[0] == 0)
		n = sb_slice(n.data + 1, n.len - 1);
	if (n.len < SB_RSA_BITS_MIN / 8 || n.len > SB_RSA_BITS_MAX / 8)
		return SB_E_RANGE;
	if (!e.len || e.len > EXPONENT_BYTES_MAX || !(e.data[e.len - 1] & 1) || (e.len == 1 && e.data[0] < 3))
		return SB_E_FORMAT;
	for (size_t i = FIRST_PRIVATE; i < SB_PARTS; i++)
		if (parts[i].len > n.len + 1)
			return SB_E_FORMAT;
	for (size_t i = FIRST_CRT; i < SB_PARTS; i++)
		crt += parts[i].len != 0;
	return crt == 0 || crt == CRT_PARTS ? SB_OK : SB_E_FORMAT;
}

/* A signature that the public half verifies: the parts of a key from outside belong together. */
static int check_pair(struct sb_pkey *key)
{
	static const uint8_t hash[32] = {1};
	const struct sb_signature_parameters pkcs1 = {.scheme = SB_SCHEME_RSA_PKCS1, .digest = "SHA256"};
	uint8_t signature[SB_SIGNATURE_MAX];
	struct sb_signing *sign = NULL, *verify = NULL;
	int rc = sb_signing_new(key, &pkcs1, false, &sign);

	if (rc == SB_OK)
		rc = sb_signing_new(key, &pkcs1, true, &verify);
	if (rc == SB_OK)
		rc = sb_signing_sign(sign, sb_slice(hash, sizeof hash), signature);
	if (rc == SB_OK)
		rc = sb_signing_verify(verify, sb_slice(hash, sizeof hash), sb_slice(signature, sb_pkey_signature_size(key)));
	sb_signing_free(&sign);
	sb_signing_free(&verify);
	return rc == SB_OK || rc == SB_E_NOMEM ? rc : SB_E_FORMAT;
}

static OSSL_PARAM *to_params(const struct sb_slice parts[SB_PARTS], BIGNUM *numbers[SB_PARTS])
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	bool good = bld != NULL;

	for (size_t i = FIRST; good && i < SB_PARTS; i++) {
		if (!parts[i].len)
			continue;
		numbers[i] = i < FIRST_PRIVATE ? BN_new() : BN_secure_new();
		good = numbers[i] && BN_bin2bn(parts[i].data, (int)parts[i].len, numbers[i]) &&
		       OSSL_PARAM_BLD_push_BN(bld, names[i], numbers[i]) == 1;
	}
	if (good)
		params = OSSL_PARAM_BLD_to_param(bld);
	OSSL_PARAM_BLD_free(bld);
	return params;
}

/* OpenSSL quietly signs without CRT parts that are wrong, so that a signature does not tell: n = p q, and the others follow from d, p and q.
 * That p and q are primes the signature tells. */
static int check_crt(BIGNUM *const n[SB_PARTS])
{
	static const enum sb_part primes[] = {SB_PART_PRIME_1, SB_PART_PRIME_2}, exponents[] = {SB_PART_EXPONENT_1, SB_PART_EXPONENT_2};
	BN_CTX *ctx = BN_CTX_secure_new();
	BIGNUM *x = BN_secure_new(), *y = BN_secure_new();
	bool able = ctx && x && y, fit = able;

	if (able && n[SB_PART_PRIME_1]) {
		able = BN_mul(x, n[SB_PART_PRIME_1], n[SB_PART_PRIME_2], ctx) == 1;
		fit = able && !BN_is_one(n[SB_PART_PRIME_1]) && !BN_is_one(n[SB_PART_PRIME_2]) && BN_cmp(x, n[SB_PART_MODULUS]) == 0;
		for (size_t i = 0; fit && i < 2; i++)
			fit = BN_sub(y, n[primes[i]], BN_value_one()) == 1 && BN_mod(x, n[SB_PART_PRIVATE_EXPONENT], y, ctx) == 1 &&
			      BN_cmp(x, n[exponents[i]]) == 0;
		fit = fit && BN_mod_mul(x, n[SB_PART_PRIME_2], n[SB_PART_COEFFICIENT], n[SB_PART_PRIME_1], ctx) == 1 && BN_is_one(x);
	}
	BN_clear_free(x);
	BN_clear_free(y);
	BN_CTX_free(ctx);
	return fit ? SB_OK : able ? SB_E_FORMAT : SB_E_NOMEM;
}

int rsa_from_parts(const char *curve, const struct sb_slice parts[SB_PARTS], struct sb_pkey **out)
{
	BIGNUM *numbers[SB_PARTS] = {NULL};
	OSSL_PARAM *params;
	bool is_private = parts[SB_PART_PRIVATE_EXPONENT].len != 0;
	EVP_PKEY *pkey;
	int rc = check_parts(parts);

	(void)curve;
	if (rc != SB_OK)
		return rc;
	params = to_params(parts, numbers);
	rc = params ? check_crt(numbers) : SB_E_NOMEM;
	pkey = rc == SB_OK ? pkey_from_params(SB_KEY_RSA, params, is_private) : NULL;
	if (rc == SB_OK)
		rc = pkey ? pkey_wrap(pkey, SB_KEY_RSA, NULL, out) : SB_E_FORMAT;
	if (rc == SB_OK && sb_pkey_bits(*out) < SB_RSA_BITS_MIN)
		rc = SB_E_RANGE;
	if (rc == SB_OK)
		rc = is_private ? check_pair(*out) : pkey_public_ok(pkey, false) ? SB_OK : SB_E_FORMAT;
	if (rc != SB_OK)
		sb_pkey_free(out);
	for (size_t i = 0; i < SB_PARTS; i++)
		BN_clear_free(numbers[i]);
	OSSL_PARAM_free(params);
	return rc;
}

int rsa_part(const struct sb_pkey *key, enum sb_part part, struct sb_bytes *out)
{
	return names[part] ? pkey_number(key, names[part], 0, out) : SB_E_NOT_FOUND;
}
