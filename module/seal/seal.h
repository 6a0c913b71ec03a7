/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_SEAL_H
#define SINBUN_SEAL_H

#include "base/bytes.h"

/* How the key-encryption key (KEK) of a wrap comes from a PIN. Two steps: the slow one, which needs no lock, and the one that
 * happens after a try has been charged (a TPM counts and unseals there). */

enum { SB_KEK = 32, SB_STRETCHED = 32 };
enum sb_seal_type { SB_SEAL_TYPE_SOFTWARE = 1, SB_SEAL_TYPE_TPM = 2 };
enum sb_seal_slot { SB_SEAL_PIN = 0, SB_SEAL_PUK = 1 };

struct sb_seal_input {
	enum sb_seal_slot slot;
	struct sb_slice pin;
	struct sb_slice serial;
	const uint8_t *salt; /* SB_KDF_SALT bytes */
	unsigned memory_mib, passes;
};

struct sb_seal {
	enum sb_seal_type type;
	const char *name;
	/* PIN to SB_STRETCHED bytes; hundreds of milliseconds. stretched is guarded memory of the caller. */
	int (*stretch)(const struct sb_seal_input *input, uint8_t *stretched);
	/* Stretched bytes to the KEK. kek is guarded memory of the caller. */
	int (*unlock)(const struct sb_seal_input *input, const uint8_t *stretched, uint8_t *kek);
};

/* NULL for a type that is not built. */
const struct sb_seal *sb_seal_by_type(unsigned type);
extern const struct sb_seal sb_seal_software;

#endif
