/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_COSE_H
#define SINBUN_COSE_H

#include "formats/cbor.h"
#include "formats/signer.h"

/* COSE_Sign1 (RFC 9052) with ES256, tagged 18 as CWTs are. */

enum { SB_COSE_SIGN1_TAG = 18, SB_COSE_ES256 = -7 };
enum sb_cose_header {
	SB_COSE_ALG = 1, SB_COSE_CRIT = 2, SB_COSE_CONTENT_TYPE = 3, SB_COSE_KID = 4, SB_COSE_KCWT = 13, SB_COSE_TYP = 16,
	SB_COSE_UNPROTECTED_DISCLOSURES = 17, SB_COSE_SD_ALG = 170,
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
/* What makes this act of signing the same one: SHA-256 over what is signed and the signature's r. Two signatures of one second differ in
 * r; what a stranger can change without the key (s to n - s, the unsigned wrapping) is left out. */
int sb_cose_sign1_id(const struct sb_cose_sign1 *message, uint8_t id[32]);
/* SB_OK, SB_E_SIGNATURE. point: P-256, either form. */
int sb_cose_sign1_verify(const struct sb_cose_sign1 *message, struct sb_slice point);

#endif
