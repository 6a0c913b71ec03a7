/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_MECHANISM_H
#define SINBUN_MECHANISM_H

#include "crypto/signature.h"
#include "cryptoki.h"
#include "token.h"

/* Mechanisms as rows. */

/* What a mechanism's parameter says, copied: the caller's memory is not looked at again. */
struct sb_mechanism_parameters {
	struct sb_signature_parameters signature;
	struct sb_bytes context;     /* that signature.context points into */
	const char *kdf_digest;      /* of ECDH; NULL: the secret as it is */
	struct sb_bytes shared_info, peer;
};

struct sb_mechanism {
	CK_MECHANISM_TYPE type;
	const char *name;       /* as sinbun.conf writes it: "CKM_…" */
	CK_KEY_TYPE key_type;   /* CK_UNAVAILABLE_INFORMATION: works without a key */
	CK_ULONG min_bits, max_bits;
	CK_FLAGS flags;         /* CKF_*: what it can be used for */
	enum sb_scheme scheme;  /* of a signature */
	const char *digest;     /* OpenSSL's name of the hash it applies, or NULL */
	/* Reads the parameter; NULL: the mechanism has none. CKR_MECHANISM_PARAM_INVALID, CKR_HOST_MEMORY. */
	CK_RV (*read)(const struct sb_mechanism *m, const CK_MECHANISM *given, bool sign, struct sb_mechanism_parameters *out);
	unsigned profiles;      /* bits 1 << enum sb_profile: the profiles that have it */
};

/* The longest message that EdDSA takes: it is read twice, so it has to be kept. */
enum { SB_MESSAGE_MAX = 64 << 20 };

/* The row, if the token has it by its profile and by what was allowed at its initialisation; else NULL. */
const struct sb_mechanism *sb_mechanism_find(CK_MECHANISM_TYPE type, const struct sb_token_policy *policy);
bool sb_mechanism_allowed(const struct sb_mechanism *m, const struct sb_token_policy *policy);
/* The same by index, to list them; NULL at the end. */
const struct sb_mechanism *sb_mechanism_at(size_t index, const struct sb_token_policy *policy);
/* Reads and checks a mechanism's parameter for signing or another use. Free it in any case. */
CK_RV sb_mechanism_read(const struct sb_mechanism *m, const CK_MECHANISM *given, bool sign, struct sb_mechanism_parameters *out);
void sb_mechanism_parameters_free(struct sb_mechanism_parameters *parameters);
/* The longest input of a signature mechanism that does not hash, for a key of that signature size (bytes). */
size_t sb_mechanism_data_max(const struct sb_mechanism *m, size_t signature_size);
/* OpenSSL's name of a hash mechanism (CKM_SHA256 …), or NULL. */
const char *sb_mechanism_hash(CK_MECHANISM_TYPE type);

/* The `mechanisms` line of sinbun.conf: names separated by commas, either all to allow or, each with a "-" before it, all to take away
 * from what the profile has. allowed: the numbers that remain, u64 big-endian each. SB_E_CONFIG: a name that is none (copied to bad),
 * the two ways mixed, nothing left. */
int sb_mechanisms_parse(const char *text, enum sb_profile profile, struct sb_bytes *allowed, char bad[64]);

#endif
