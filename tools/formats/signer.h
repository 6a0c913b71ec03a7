/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_SIGNER_H
#define SINBUN_SIGNER_H

#include <stdint.h>

/* How formats sign: through a callback, so that no key is ever here. ES256 only.
 * digest: SHA-256 of what is signed; signature: r||s. Returns SB_OK or SB_E_*. */
struct sb_signer {
	int (*sign)(void *context, const uint8_t digest[32], uint8_t signature[64]);
	void *context;
};

#endif
