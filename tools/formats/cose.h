/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_COSE_H
#define SINBUN_COSE_H

#include "formats/cbor.h"
#include "formats/signer.h"

/* COSE_Sign1 (RFC 9052) with ES256, tagged 18 as CWTs are, or bare as in mobile documents; COSE_Mac0 with HMAC 256/256; COSE_Key. */

enum { SB_COSE_SIGN1_TAG = 18, SB_COSE_MAC0_TAG = 17, SB_COSE_ES256 = -7, SB_COSE_HMAC_256 = 5 };
enum { SB_COSE_MAC_SIZE = 32 };
enum sb_cose_header {
	SB_COSE_ALG = 1, SB_COSE_CRIT = 2, SB_COSE_CONTENT_TYPE = 3, SB_COSE_KID = 4, SB_COSE_KCWT = 13, SB_COSE_TYP = 16,
	SB_COSE_UNPROTECTED_DISCLOSURES = 17, SB_COSE_X5CHAIN = 33, SB_COSE_SD_ALG = 170,
};

enum sb_cose_form {
	SB_COSE_TAGGED,
	SB_COSE_BARE,     /* untagged: a tag is refused */
	SB_COSE_DETACHED, /* bare, and nil in place of the payload, which is known otherwise */
};

struct sb_cose_sign1 {
	struct sb_cbor_item protected_map; /* inside the protected byte string */
	struct sb_slice protected_bytes;   /* content of that byte string, as received */
	struct sb_cbor_item unprotected_map;
	struct sb_slice payload;
	uint8_t signature[64];
};

/* Signs: protected_map is an encoded map (with alg), payload any bytes. Appends the tagged message with an empty unprotected map. */
int sb_cose_sign1_make(struct sb_slice protected_map, struct sb_slice payload, const struct sb_signer *signer, struct sb_bytes *out);
/* Takes apart one tagged COSE_Sign1 and nothing behind it. Refuses (SB_E_FORMAT) another algorithm than ES256, a critical header, a
 * detached payload, another signature size, a header in both maps. */
int sb_cose_sign1_parse(struct sb_slice in, struct sb_cose_sign1 *out);
/* Both in any form; unprotected_map is an encoded map. After parsing a detached one, payload is empty: set it before verifying. */
int sb_cose_sign1_make_as(enum sb_cose_form form, struct sb_slice protected_map, struct sb_slice unprotected_map, struct sb_slice payload,
	const struct sb_signer *signer, struct sb_bytes *out);
int sb_cose_sign1_parse_as(struct sb_slice in, enum sb_cose_form form, struct sb_cose_sign1 *out);
/* What makes this act of signing the same one: SHA-256 over what is signed and the signature's r. Two signatures of one second differ in
 * r; what a stranger can change without the key (s to n - s, the unsigned wrapping) is left out. */
int sb_cose_sign1_id(const struct sb_cose_sign1 *message, uint8_t id[32]);
/* SB_OK, SB_E_SIGNATURE. point: P-256, either form. */
int sb_cose_sign1_verify(const struct sb_cose_sign1 *message, struct sb_slice point);

struct sb_cose_mac0 {
	struct sb_cbor_item protected_map;
	struct sb_slice protected_bytes;
	struct sb_cbor_item unprotected_map;
	struct sb_slice payload;
	uint8_t tag[SB_COSE_MAC_SIZE];
};

/* COSE_Mac0 with alg 5 (HMAC with SHA-256, the whole of it), as above. */
int sb_cose_mac0_make(enum sb_cose_form form, struct sb_slice payload, struct sb_slice key, struct sb_bytes *out);
int sb_cose_mac0_parse(struct sb_slice in, enum sb_cose_form form, struct sb_cose_mac0 *out);
/* SB_OK, SB_E_SIGNATURE. */
int sb_cose_mac0_verify(const struct sb_cose_mac0 *message, struct sb_slice key);

/* COSE_Key of P-256: {1: 2, -1: 1, -2: x, -3: y}. Read with y or with its sign alone; the point is on the curve, else SB_E_FORMAT. */
int sb_cose_key_read(const struct sb_cbor_item *key, uint8_t point[65]);
/* compressed: only the sign of y, which saves 31 bytes of a QR code. */
int sb_cose_key_put(struct sb_bytes *out, const uint8_t point[65], bool compressed);

#endif
