/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_CRYPTO_AEAD_H
#define SINBUN_CRYPTO_AEAD_H
#include "base/bytes.h"

enum { SB_AEAD_KEY = 32, SB_AEAD_OVERHEAD = 24 + 16 };

/* XChaCha20-Poly1305 (IETF), random nonce in front: box = nonce(24) || ciphertext || tag(16). Appends to out. */
int sb_aead_seal(const uint8_t key[SB_AEAD_KEY], struct sb_slice ad, struct sb_slice plain, struct sb_bytes *box);
/* SB_E_CORRUPT when it does not open; appends nothing then. */
int sb_aead_open(const uint8_t key[SB_AEAD_KEY], struct sb_slice ad, struct sb_slice box, struct sb_bytes *plain);
/* The same straight to where the plain text belongs, such as guarded memory; it must be exactly len bytes. */
int sb_aead_open_to(const uint8_t key[SB_AEAD_KEY], struct sb_slice ad, struct sb_slice box, uint8_t *plain, size_t len);

enum { SB_BOX_PUBLIC = 32, SB_BOX_SECRET = 32 };
/* X25519 sealed boxes (crypto_box_seal): anyone seals to the public key, its secret opens. */
int sb_box_keypair(uint8_t public_key[SB_BOX_PUBLIC], uint8_t secret_key[SB_BOX_SECRET]);
int sb_box_seal(const uint8_t public_key[SB_BOX_PUBLIC], struct sb_slice plain, struct sb_bytes *out);
int sb_box_open(const uint8_t public_key[SB_BOX_PUBLIC], const uint8_t secret_key[SB_BOX_SECRET], struct sb_slice sealed,
	struct sb_bytes *plain);
#endif
