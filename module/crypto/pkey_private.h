/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_CRYPTO_PKEY_PRIVATE_H
#define SINBUN_CRYPTO_PKEY_PRIVATE_H

#include <openssl/evp.h>
#include <stdatomic.h>

#include "crypto/pkey.h"

/* What the files of keys in crypto/ share. */

struct curve {
	const char *name;
	enum sb_key_type type;
	int nid;
	size_t field; /* bytes */
	size_t bits;
	const uint8_t *spki; /* what stands before the point in a SubjectPublicKeyInfo */
	size_t spki_len;
};

struct sb_pkey {
	EVP_PKEY *pkey;
	enum sb_key_type type;
	const struct curve *curve; /* NULL for RSA */
	_Atomic(uint8_t *) point; /* EC: uncompressed, once it was asked for; NULL until then */
	atomic_uint owners;
};

enum { FIELD_MAX = 66 };

/* NULL: none of that name and type. */
const struct curve *pkey_curve(const char *name, enum sb_key_type type);
/* The curve of a key that OpenSSL read, or NULL. */
const struct curve *pkey_curve_of(EVP_PKEY *pkey);
/* Takes pkey over, also on error. NULL: SB_E_CRYPTO. */
int pkey_wrap(EVP_PKEY *pkey, enum sb_key_type type, const struct curve *curve, struct sb_pkey **out);
/* A key under our provider's name for its type; NULL when OpenSSL refuses the parameters. */
EVP_PKEY *pkey_from_params(enum sb_key_type type, OSSL_PARAM *params, bool is_private);
/* A context to generate a key of that type, or NULL. */
EVP_PKEY_CTX *pkey_generator(const char *name);
/* The public half is sound: a point on its curve and in its group, a modulus that can be one. */
bool pkey_public_ok(EVP_PKEY *pkey, bool prime_order);
/* Appends a number of the key, padded to size (0: as short as it is). SB_E_NOT_FOUND. */
int pkey_number(const struct sb_pkey *key, const char *name, size_t size, struct sb_bytes *out);

/* By type of key: sb_pkey_from_parts and sb_pkey_part. */
int ec_from_parts(const char *curve, const struct sb_slice parts[SB_PARTS], struct sb_pkey **out);
int ec_part(const struct sb_pkey *key, enum sb_part part, struct sb_bytes *out);
int edwards_from_parts(const char *curve, const struct sb_slice parts[SB_PARTS], struct sb_pkey **out);
int edwards_part(const struct sb_pkey *key, enum sb_part part, struct sb_bytes *out);
int rsa_from_parts(const char *curve, const struct sb_slice parts[SB_PARTS], struct sb_pkey **out);
int rsa_part(const struct sb_pkey *key, enum sb_part part, struct sb_bytes *out);

#endif
