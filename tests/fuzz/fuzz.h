/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_FUZZ_H
#define SINBUN_FUZZ_H

#include "base/bytes.h"

/* A fuzz target: what is done with any bytes. It ends the process where something happens that must not.
 * With libFuzzer:  clang -g -fsanitize=fuzzer,address,undefined … TARGET.c -l…   (not driver.c)
 * Without, driver.c runs it over its own seeds, over files, and over random changes of both. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Before the first input; argc and argv are left as they are. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
/* Good inputs, from 0 on: appends one; false when there are no more. */
bool fuzz_seed(unsigned number, struct sb_bytes *out);

/* What must hold. */
#define FUZZ_REQUIRE(condition)                                                              \
	do {                                                                                 \
		if (!(condition)) {                                                          \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                             \
		}                                                                            \
	} while (0)

#endif
