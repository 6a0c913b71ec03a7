/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_CRYPTO_KDF_H
#define SINBUN_CRYPTO_KDF_H
#include "base/bytes.h"

enum { SB_KDF_SALT = 16, SB_KDF_MEMORY_MIN = 19, SB_KDF_MEMORY_MAX = 1024, SB_KDF_PASSES_MIN = 2, SB_KDF_PASSES_MAX = 10 };

/* Argon2id (RFC 9106), one lane. memory in MiB. Outside floor and ceiling: SB_E_RANGE. Serialised within the process. */
int sb_argon2id(struct sb_slice password, const uint8_t salt[SB_KDF_SALT], unsigned memory_mib, unsigned passes, uint8_t *out,
	size_t out_len);
/* HKDF-SHA-256 (RFC 5869), extract and expand. */
int sb_hkdf_sha256(struct sb_slice secret, struct sb_slice salt, struct sb_slice info, uint8_t *out, size_t out_len);
/* HMAC-SHA-256 (RFC 2104). */
int sb_hmac_sha256(struct sb_slice key, struct sb_slice data, uint8_t mac[32]);
#endif
