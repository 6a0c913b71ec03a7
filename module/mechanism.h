/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_MECHANISM_H
#define SINBUN_MECHANISM_H

#include "cryptoki.h"
#include "token.h"

/* Mechanisms as rows. */
struct sb_mechanism {
	CK_MECHANISM_TYPE type;
	CK_KEY_TYPE key_type;
	CK_ULONG min_bits, max_bits;
	CK_FLAGS flags;       /* CKF_*: what it can be used for */
	const char *digest;   /* OpenSSL's name of the hash it applies, or NULL */
	CK_ULONG max_data;    /* longest input of a mechanism that does not hash */
	unsigned profiles;    /* bits 1 << enum sb_profile: the profiles that have it */
};

/* The row, if the token's profile has it; else NULL. */
const struct sb_mechanism *sb_mechanism_find(CK_MECHANISM_TYPE type, enum sb_profile profile);
/* Row by number, to list them; NULL at the end. */
const struct sb_mechanism *sb_mechanism_at(size_t index, enum sb_profile profile);

#endif
