/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "crypto/agreement.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>

#include "base/error.h"
#include "crypto/libctx.h"
#include "crypto/pkey_private.h"

int sb_ecdh(struct sb_pkey *key, struct sb_slice peer, struct sb_bytes *secret)
{
	SB_QUIET;
	struct sb_pkey *other = NULL;
	EVP_PKEY_CTX *ctx = NULL;
	size_t len = key->curve ? key->curve->field : 0;
	uint8_t *to;
	int rc;

	if (key->type != SB_KEY_EC)
		return SB_E_UNSUPPORTED;
	rc = sb_pkey_from_ec_point(key->curve->name, peer, &other);
	if (rc != SB_OK)
		return rc;
	to = sb_bytes_extend(secret, len);
	ctx = EVP_PKEY_CTX_new_from_pkey(sb_libctx(), key->pkey, SB_PROPERTIES);
	if (!to)
		rc = SB_E_NOMEM;
	/* Reading the peer's point has checked it; checking it once more here would cost as much as the rest. */
	else if (!ctx || EVP_PKEY_derive_init(ctx) != 1 || EVP_PKEY_derive_set_peer_ex(ctx, other->pkey, 0) != 1 ||
		 EVP_PKEY_derive(ctx, to, &len) != 1) {
		secret->len -= key->curve->field;
		rc = SB_E_CRYPTO;
	}
	EVP_PKEY_CTX_free(ctx);
	sb_pkey_free(&other);
	return rc;
}

int sb_x963_kdf(const char *digest, struct sb_slice secret, struct sb_slice shared_info, size_t len, struct sb_bytes *out)
{
	SB_QUIET;
	EVP_KDF *kdf = EVP_KDF_fetch(sb_libctx(), OSSL_KDF_NAME_X963KDF, NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)digest, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)secret.data, secret.len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)shared_info.data, shared_info.len),
		OSSL_PARAM_construct_end(),
	};
	uint8_t *to = sb_bytes_extend(out, len);
	int rc = to ? SB_OK : SB_E_NOMEM;

	if (to && (!ctx || EVP_KDF_derive(ctx, to, len, params) != 1)) {
		out->len -= len;
		rc = SB_E_CRYPTO;
	}
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return rc;
}
