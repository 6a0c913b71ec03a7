/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "crypto/aead.h"

#include <sodium.h>

#include "base/error.h"
#include "crypto/random.h"

enum { NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES };
_Static_assert(SB_AEAD_OVERHEAD == NONCE + TAG, "overhead of a box");
_Static_assert(SB_AEAD_KEY == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key of a box");

int sb_aead_seal(const uint8_t key[SB_AEAD_KEY], struct sb_slice ad, struct sb_slice plain, struct sb_bytes *box)
{
	size_t start = box->len;
	uint8_t *to = sb_bytes_extend(box, plain.len + SB_AEAD_OVERHEAD);
	int rc;

	if (!to)
		return SB_E_NOMEM;
	rc = sb_random(to, NONCE);
	if (rc == SB_OK && crypto_aead_xchacha20poly1305_ietf_encrypt(
				   to + NONCE, NULL, plain.data, plain.len, ad.data, ad.len, NULL, to, key) != 0)
		rc = SB_E_CRYPTO;
	if (rc != SB_OK)
		box->len = start;
	return rc;
}

int sb_aead_open_to(const uint8_t key[SB_AEAD_KEY], struct sb_slice ad, struct sb_slice box, uint8_t *plain, size_t len)
{
	if (box.len < SB_AEAD_OVERHEAD || box.len - SB_AEAD_OVERHEAD != len)
		return SB_E_CORRUPT;
	return crypto_aead_xchacha20poly1305_ietf_decrypt(
		       plain, NULL, NULL, box.data + NONCE, box.len - NONCE, ad.data, ad.len, box.data, key) == 0
		       ? SB_OK
		       : SB_E_CORRUPT;
}

int sb_aead_open(const uint8_t key[SB_AEAD_KEY], struct sb_slice ad, struct sb_slice box, struct sb_bytes *plain)
{
	size_t start = plain->len;
	uint8_t *to;
	int rc;

	if (box.len < SB_AEAD_OVERHEAD)
		return SB_E_CORRUPT;
	to = sb_bytes_extend(plain, box.len - SB_AEAD_OVERHEAD);
	if (!to)
		return SB_E_NOMEM;
	rc = sb_aead_open_to(key, ad, box, to, box.len - SB_AEAD_OVERHEAD);
	if (rc != SB_OK)
		plain->len = start;
	return rc;
}

int sb_box_keypair(uint8_t public_key[SB_BOX_PUBLIC], uint8_t secret_key[SB_BOX_SECRET])
{
	if (sodium_init() < 0)
		return SB_E_CRYPTO;
	return crypto_box_keypair(public_key, secret_key) == 0 ? SB_OK : SB_E_CRYPTO;
}

int sb_box_seal(const uint8_t public_key[SB_BOX_PUBLIC], struct sb_slice plain, struct sb_bytes *out)
{
	uint8_t *to;

	if (sodium_init() < 0)
		return SB_E_CRYPTO;
	to = sb_bytes_extend(out, plain.len + crypto_box_SEALBYTES);
	if (!to)
		return SB_E_NOMEM;
	if (crypto_box_seal(to, plain.data, plain.len, public_key) != 0) {
		out->len -= plain.len + crypto_box_SEALBYTES;
		return SB_E_CRYPTO;
	}
	return SB_OK;
}

int sb_box_open(const uint8_t public_key[SB_BOX_PUBLIC], const uint8_t secret_key[SB_BOX_SECRET], struct sb_slice sealed,
	struct sb_bytes *plain)
{
	uint8_t *to;

	if (sealed.len < crypto_box_SEALBYTES)
		return SB_E_CORRUPT;
	to = sb_bytes_extend(plain, sealed.len - crypto_box_SEALBYTES);
	if (!to)
		return SB_E_NOMEM;
	if (crypto_box_seal_open(to, sealed.data, sealed.len, public_key, secret_key) != 0) {
		plain->len -= sealed.len - crypto_box_SEALBYTES;
		return SB_E_CORRUPT;
	}
	return SB_OK;
}
