/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_CRYPTO_PKEY_H
#define SINBUN_CRYPTO_PKEY_H
#include "base/bytes.h"

/* Asymmetric keys. A curve is named as OpenSSL names it: "P-256", "P-384", "P-521". */
struct sb_pkey;
enum { SB_P256_POINT = 65, SB_P256_SIGNATURE = 64, SB_P256_SCALAR = 32 };

int sb_pkey_generate_ec(const char *curve, struct sb_pkey **out);
/* From a point (0x04 x y, or 0x02/0x03 x). SB_E_FORMAT when it is not on the curve. */
int sb_pkey_from_ec_point(const char *curve, struct sb_slice point, struct sb_pkey **out);
/* From a private scalar, big-endian; SB_E_RANGE unless 0 < d < order. The public point is computed. */
int sb_pkey_from_ec_scalar(const char *curve, struct sb_slice scalar, struct sb_pkey **out);
/* From DER SubjectPublicKeyInfo. */
int sb_pkey_from_spki(struct sb_slice der, struct sb_pkey **out);
/* Appends the uncompressed point / the scalar padded to the field size / DER SubjectPublicKeyInfo. */
int sb_pkey_point(const struct sb_pkey *key, struct sb_bytes *out);
int sb_pkey_scalar(const struct sb_pkey *key, struct sb_bytes *out);
int sb_pkey_spki(const struct sb_pkey *key, struct sb_bytes *out);
/* Length of an r||s signature: twice the field size. */
size_t sb_pkey_signature_size(const struct sb_pkey *key);
/* ECDSA on a hash (truncated to the order's length as FIPS 186-5 says), r||s big-endian of sb_pkey_signature_size() bytes. */
int sb_pkey_sign(struct sb_pkey *key, const void *hash, size_t len, uint8_t *signature);
/* SB_OK, SB_E_SIGNATURE, or SB_E_RANGE for a signature of the wrong length. */
int sb_pkey_verify(struct sb_pkey *key, const void *hash, size_t len, struct sb_slice signature);
/* One more owner of the same key; each calls sb_pkey_free. Safe between threads. */
struct sb_pkey *sb_pkey_share(struct sb_pkey *key);
void sb_pkey_free(struct sb_pkey **key);

/* One call: ES256 verification of data (hashed with SHA-256 here) under an uncompressed or compressed P-256 point. */
int sb_es256_verify(struct sb_slice point, const void *data, size_t len, const uint8_t signature[SB_P256_SIGNATURE]);
#endif
