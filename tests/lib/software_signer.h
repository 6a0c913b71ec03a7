/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_TEST_SOFTWARE_SIGNER_H
#define SINBUN_TEST_SOFTWARE_SIGNER_H

#include "check.h"
#include "base/error.h"
#include "crypto/signature.h"
#include "formats/signer.h"

/* What a token does for the programs, done by a key in memory: formats are tested without a module. */
struct software_signer {
	struct sb_pkey *key;
	uint8_t point[65];
	struct sb_signer signer;
};

static inline int software_sign(void *context, const uint8_t digest[32], uint8_t signature[64])
{
	return sb_pkey_sign(context, digest, 32, signature);
}

static inline struct software_signer software_signer_new(void)
{
	struct software_signer s = {0};
	struct sb_bytes point = {0};

	REQUIRE(sb_pkey_generate_ec("P-256", &s.key) == SB_OK);
	REQUIRE(sb_pkey_point(s.key, &point) == SB_OK && point.len == sizeof s.point);
	memcpy(s.point, point.data, sizeof s.point);
	sb_bytes_free(&point);
	s.signer = (struct sb_signer){software_sign, s.key};
	return s;
}

static inline void software_signer_free(struct software_signer *s)
{
	sb_pkey_free(&s->key);
}

static inline struct sb_slice software_point(const struct software_signer *s)
{
	return sb_slice(s->point, sizeof s->point);
}

#endif
