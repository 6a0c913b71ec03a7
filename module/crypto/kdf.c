/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "crypto/kdf.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <pthread.h>
#include <sodium.h>

#include "base/error.h"
#include "crypto/libctx.h"
#include "crypto/random.h"

/* One derivation at a time: each takes hundreds of MiB, and a host with many threads must not run out of memory. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

int sb_argon2id(struct sb_slice password, const uint8_t salt[SB_KDF_SALT], unsigned memory_mib, unsigned passes, uint8_t *out,
	size_t out_len)
{
	int rc;

	_Static_assert(SB_KDF_SALT == crypto_pwhash_SALTBYTES, "salt of Argon2id");
	if (memory_mib < SB_KDF_MEMORY_MIN || memory_mib > SB_KDF_MEMORY_MAX || passes < SB_KDF_PASSES_MIN ||
		passes > SB_KDF_PASSES_MAX)
		return SB_E_RANGE;
	rc = sb_crypto_start();
	if (rc != SB_OK)
		return rc;
	pthread_mutex_lock(&one_at_a_time);
	rc = crypto_pwhash(out, out_len, (const char *)password.data, password.len, salt, passes, (size_t)memory_mib << 20,
		crypto_pwhash_ALG_ARGON2ID13);
	pthread_mutex_unlock(&one_at_a_time);
	return rc == 0 ? SB_OK : SB_E_NOMEM;
}

int sb_hkdf_sha256(struct sb_slice secret, struct sb_slice salt, struct sb_slice info, uint8_t *out, size_t out_len)
{
	SB_QUIET;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)secret.data, secret.len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info.data, info.len),
		salt.len ? OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)salt.data, salt.len)
			 : OSSL_PARAM_construct_end(),
		OSSL_PARAM_construct_end(),
	};
	EVP_KDF *kdf = NULL;
	EVP_KDF_CTX *ctx = NULL;
	int rc = sb_crypto_start();

	if (rc != SB_OK)
		return rc;
	kdf = EVP_KDF_fetch(sb_libctx(), "HKDF", NULL);
	ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	rc = ctx && EVP_KDF_derive(ctx, out, out_len, params) == 1 ? SB_OK : SB_E_CRYPTO;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return rc;
}

int sb_hmac_sha256(struct sb_slice key, struct sb_slice data, uint8_t mac[32])
{
	SB_QUIET;
	static const uint8_t none;
	size_t len = 0;
	int rc = sb_crypto_start();

	if (rc != SB_OK)
		return rc;
	return EVP_Q_mac(sb_libctx(), "HMAC", NULL, "SHA256", NULL, key.data, key.len, data.len ? data.data : &none, data.len, mac, 32, &len) &&
				       len == 32
		       ? SB_OK
		       : SB_E_CRYPTO;
}
