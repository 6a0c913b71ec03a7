/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_CRYPTO_SIGNATURE_H
#define SINBUN_CRYPTO_SIGNATURE_H
#include "crypto/pkey.h"

/* Signatures: a key prepared for one scheme, once, for any number of signatures. */
enum sb_scheme {
	SB_SCHEME_ECDSA,     /* over a hash, r||s (FIPS 186-5) */
	SB_SCHEME_EDDSA,     /* over the message (RFC 8032) */
	SB_SCHEME_RSA_PKCS1, /* RSASSA-PKCS1-v1_5 over a hash, or with no digest over any bytes (a DigestInfo made by the caller) */
	SB_SCHEME_RSA_PSS,   /* RSASSA-PSS over a hash */
};

struct sb_signature_parameters {
	enum sb_scheme scheme;
	const char *digest;     /* OpenSSL's name of the hash that is signed; RSA only, NULL: raw */
	const char *mgf_digest; /* PSS: hash of MGF1 */
	size_t salt_len;        /* PSS */
	bool prehash;           /* EdDSA: Ed25519ph; with a context or this, OpenSSL 3.2 is needed (SB_E_UNSUPPORTED) */
	struct sb_slice context;
};

/* True where OpenSSL has Ed25519ctx and Ed25519ph (3.2 on). */
bool sb_eddsa_variants(void);

struct sb_signing; /* for one thread at a time */
/* SB_E_UNSUPPORTED, SB_E_RANGE (a PSS salt too long for key and hash). */
int sb_signing_new(struct sb_pkey *key, const struct sb_signature_parameters *parameters, bool verify, struct sb_signing **out);
/* The key that it was made of, which lives as long as it does. */
struct sb_pkey *sb_signing_key(const struct sb_signing *signing);
/* Whether it was made for the same parameters, and does for these. */
bool sb_signing_is_for(const struct sb_signing *signing, const struct sb_signature_parameters *parameters);
/* data: the hash, for EdDSA the message. signature: room for sb_pkey_signature_size(). SB_E_RANGE for data that do not fit the key. */
int sb_signing_sign(struct sb_signing *signing, struct sb_slice data, uint8_t *signature);
/* SB_OK, SB_E_SIGNATURE, or SB_E_RANGE for a signature of the wrong length. */
int sb_signing_verify(struct sb_signing *signing, struct sb_slice data, struct sb_slice signature);
void sb_signing_free(struct sb_signing **signing);

/* One call: ECDSA on a hash (truncated to the order's length as FIPS 186-5 says), r||s big-endian of sb_pkey_signature_size() bytes. */
int sb_pkey_sign(struct sb_pkey *key, const void *hash, size_t len, uint8_t *signature);
int sb_pkey_verify(struct sb_pkey *key, const void *hash, size_t len, struct sb_slice signature);
/* One call (es256.c): ES256 verification of data (hashed with SHA-256 here) under an uncompressed or compressed P-256 point. */
int sb_es256_verify(struct sb_slice point, const void *data, size_t len, const uint8_t signature[SB_P256_SIGNATURE]);

#endif
