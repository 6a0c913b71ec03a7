/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "crypto/random.h"

#include <errno.h>
#include <sodium.h>
#include <sys/random.h>

#include "base/error.h"

int sb_random(void *out, size_t len)
{
	uint8_t *to = out;

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
