/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "crypto/random.h"

#include <errno.h>
#include <openssl/rand.h>
#include <sodium.h>
#include <stdbool.h>
#include <sys/random.h>

#include "base/error.h"
#include "crypto/libctx.h"

/* Little comes from the kernel. Much would be slow there: it comes from OpenSSL's generator, seeded by the kernel and anew after a fork. */
enum { MUCH = 512 };

static bool much(uint8_t *out, size_t len)
{
	SB_QUIET;

	return sb_crypto_start() == SB_OK && RAND_bytes_ex(sb_libctx(), out, len, 0) == 1;
}

int sb_random(void *out, size_t len)
{
	uint8_t *to = out;

	if (len >= MUCH && much(to, len))
		return SB_OK;
	while (len) {
		ssize_t n = getrandom(to, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return SB_E_RANDOM;
		to += n;
		len -= (size_t)n;
	}
	return SB_OK;
}

uint32_t sb_random_below(uint32_t bound)
{
	return randombytes_uniform(bound);
}
