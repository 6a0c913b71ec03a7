/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_CRYPTO_AGREEMENT_H
#define SINBUN_CRYPTO_AGREEMENT_H
#include "crypto/pkey.h"

/* Key agreement on EC keys (SP 800-56A). */
/* Appends the shared secret, of the field's size. peer: a point, checked to lie on the key's curve (SB_E_FORMAT). The cofactor of every
 * curve we have is 1, so that with and without it are the same. */
int sb_ecdh(struct sb_pkey *key, struct sb_slice peer, struct sb_bytes *secret);
/* Appends len bytes of ANSI X9.63's key derivation with a hash. */
int sb_x963_kdf(const char *digest, struct sb_slice secret, struct sb_slice shared_info, size_t len, struct sb_bytes *out);

#endif
