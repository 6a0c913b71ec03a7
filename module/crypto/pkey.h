/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_CRYPTO_PKEY_H
#define SINBUN_CRYPTO_PKEY_H
#include "base/bytes.h"

/* Asymmetric keys: RSA, EC (NIST prime curves) and Edwards. A curve is named as OpenSSL names it: "P-256", "P-384", "P-521", "ED25519". */
struct sb_pkey;
enum sb_key_type { SB_KEY_RSA, SB_KEY_EC, SB_KEY_EDWARDS };
enum { SB_P256_POINT = 65, SB_P256_SIGNATURE = 64, SB_P256_SCALAR = 32, SB_RSA_BITS_MIN = 2048, SB_RSA_BITS_MAX = 4096 };
/* The longest signature of any of them: RSA of SB_RSA_BITS_MAX. */
enum { SB_SIGNATURE_MAX = SB_RSA_BITS_MAX / 8 };

/* What a key consists of. Numbers are big-endian without leading zeros, but for the scalar of EC, which has the size of the field. */
enum sb_part {
	SB_PART_POINT,  /* EC: uncompressed point; Edwards: the 32 bytes of RFC 8032 */
	SB_PART_SCALAR, /* EC: private scalar; Edwards: the 32 bytes of RFC 8032 */
	SB_PART_MODULUS,
	SB_PART_PUBLIC_EXPONENT,
	SB_PART_PRIVATE_EXPONENT,
	SB_PART_PRIME_1,
	SB_PART_PRIME_2,
	SB_PART_EXPONENT_1,
	SB_PART_EXPONENT_2,
	SB_PART_COEFFICIENT,
	SB_PARTS
};

/* A new pair. SB_E_UNSUPPORTED for another curve; RSA: SB_E_RANGE for another size (bits), SB_E_ARGUMENT for an exponent that is even or
 * below 65537 or longer than 8 bytes; empty: 65537. RSA takes its time: call it without a lock. */
int sb_pkey_generate_ec(const char *curve, struct sb_pkey **out);
int sb_pkey_generate_edwards(const char *curve, struct sb_pkey **out);
int sb_pkey_generate_rsa(size_t bits, struct sb_slice exponent, struct sb_pkey **out);
/* From its parts: a private key where SB_PART_SCALAR or SB_PART_PRIVATE_EXPONENT is not empty, else a public one. Everything is checked:
 * points lie on their curve, the parts of an RSA key belong together (its primes may be left out, all five or none).
 * SB_E_FORMAT, SB_E_RANGE (size, or a scalar outside 0 < d < order), SB_E_UNSUPPORTED (curve). */
int sb_pkey_from_parts(enum sb_key_type type, const char *curve, const struct sb_slice parts[SB_PARTS], struct sb_pkey **out);
/* From a point (0x04 x y, or 0x02/0x03 x). SB_E_FORMAT when it is not on the curve. */
int sb_pkey_from_ec_point(const char *curve, struct sb_slice point, struct sb_pkey **out);
/* Whether such a point is on P-256, and the point in full: a quarter of what making a key of it costs. SB_E_FORMAT. encoded may be in point. */
int sb_p256_point(struct sb_slice encoded, uint8_t point[SB_P256_POINT]);
/* From a private scalar, big-endian; SB_E_RANGE unless 0 < d < order. The public point is computed. */
int sb_pkey_from_ec_scalar(const char *curve, struct sb_slice scalar, struct sb_pkey **out);
/* From DER SubjectPublicKeyInfo. */
int sb_pkey_from_spki(struct sb_slice der, struct sb_pkey **out);

enum sb_key_type sb_pkey_type(const struct sb_pkey *key);
const char *sb_pkey_curve(const struct sb_pkey *key); /* NULL for RSA */
size_t sb_pkey_bits(const struct sb_pkey *key);       /* of the modulus or the field */
/* Length of a signature: of the modulus, or twice the field (r||s, RFC 8032). */
size_t sb_pkey_signature_size(const struct sb_pkey *key);
/* Appends one part; SB_E_NOT_FOUND where the key has none such (a public key no private ones). */
int sb_pkey_part(const struct sb_pkey *key, enum sb_part part, struct sb_bytes *out);
/* The point and the scalar, as above; DER SubjectPublicKeyInfo. */
int sb_pkey_point(const struct sb_pkey *key, struct sb_bytes *out);
int sb_pkey_scalar(const struct sb_pkey *key, struct sb_bytes *out);
int sb_pkey_spki(const struct sb_pkey *key, struct sb_bytes *out);
/* One more owner of the same key; each calls sb_pkey_free. Safe between threads. */
struct sb_pkey *sb_pkey_share(struct sb_pkey *key);
void sb_pkey_free(struct sb_pkey **key);

#endif
