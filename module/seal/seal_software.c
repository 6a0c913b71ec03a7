/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "seal/seal.h"

#include "base/error.h"
#include "crypto/kdf.h"

/* KEK = HKDF(Argon2id(PIN)), bound to the token and to which of its two wraps it opens. */

static int stretch(const struct sb_seal_input *input, uint8_t *stretched)
{
	return sb_argon2id(input->pin, input->salt, input->memory_mib, input->passes, stretched, SB_STRETCHED);
}

static int unlock(const struct sb_seal_input *input, const uint8_t *stretched, uint8_t *kek)
{
	static const char *const purpose[] = {"sinbun software seal, PIN", "sinbun software seal, PUK"};

	return sb_hkdf_sha256(sb_slice(stretched, SB_STRETCHED), input->serial,
		sb_slice(purpose[input->slot], sizeof "sinbun software seal, PIN" - 1), kek, SB_KEK);
}

const struct sb_seal sb_seal_software = {SB_SEAL_TYPE_SOFTWARE, "software", stretch, unlock, NULL};
