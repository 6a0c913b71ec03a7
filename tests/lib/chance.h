/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_TEST_CHANCE_H
#define SINBUN_TEST_CHANCE_H

#include <stdint.h>

/* Numbers for a test to go by. Not rand(): they are the same in every run, whoever else calls it. */
static inline unsigned long any_below(unsigned long limit)
{
	static uint64_t state = 0x5342;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned long)(state >> 33) % limit;
}

#endif
