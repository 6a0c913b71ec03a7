/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_BUNDLE_H
#define SINBUN_BUNDLE_H

#include "base/bytes.h"
#include "formats/sdcwt.h"
#include "formats/signer.h"
#include "formats/status_list.h"

/* What a desk needs offline (design.md section 8): JWS typ sinbun-bundle+jwt, x5c = the signing document signer's certificate,
 * payload {iat, exp, signers:[base64 DER], status:[base64url status CWT]}. */
enum { SB_BUNDLE_SIGNERS = 16, SB_BUNDLE_LISTS = 16 };

struct sb_bundle {
	int64_t iat, exp;
	struct sb_bytes signers[SB_BUNDLE_SIGNERS];
	size_t signer_count;
	struct sb_bytes lists[SB_BUNDLE_LISTS];
	size_t list_count;
	/* Filled in by sb_bundle_open, so that a desk takes nothing apart twice: */
	uint8_t kids[SB_BUNDLE_SIGNERS][SB_KID];        /* SHA-256(signer)[0..8) */
	uint8_t points[SB_BUNDLE_SIGNERS][65];          /* the signers' keys, uncompressed */
	struct sb_status_list *opened[SB_BUNDLE_LISTS]; /* the lists */
	int64_t from, until;                            /* certificates and bundle are all in force at from <= t < until */
};

int sb_bundle_make(const struct sb_bundle *bundle, struct sb_slice certificate, const struct sb_signer *signer, struct sb_bytes *text);
/* Parses and verifies everything against the root (DER): the bundle's signature and path, each signer's path (EKU document signer),
 * each list's signature by one of the signers. at: now. SB_E_FORMAT, SB_E_SIGNATURE (another root or altered), SB_E_RANGE (expired). */
int sb_bundle_open(struct sb_slice text, struct sb_slice root_der, int64_t at, struct sb_bundle *out);
/* The key of the signer with that kid, 65 bytes; NULL when there is none. Of an opened bundle. */
const uint8_t *sb_bundle_signer(const struct sb_bundle *bundle, const uint8_t kid[SB_KID]);
void sb_bundle_free(struct sb_bundle *bundle);

#endif
