/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "crypto/kdf.h"
#include "seal/seal.h"

/* What it costs who copied a software-sealed store to try all 10^6 PINs on one processor core: the module's own derivation, timed. */

enum { PINS = 1000000, DEFAULT_ROUNDS = 5 };

static const struct {
	unsigned memory, passes;
} costs[] = {{SB_KDF_MEMORY_MIN, SB_KDF_PASSES_MIN}, {64, 3}, {256, 3}};

/* Of this process on a processor: what else the machine does is not taken for strength. */
static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* From six digits to the key that opens a wrap. */
static int derive(unsigned memory, unsigned passes, unsigned pin)
{
	static const uint8_t salt[SB_KDF_SALT] = "sinbun bench-pin";
	uint8_t stretched[SB_STRETCHED], kek[SB_KEK];
	char digits[16];
	struct sb_seal_input input = {
		.slot = SB_SEAL_PIN, .serial = sb_slice("0123456789abcdef", 16), .salt = salt, .memory_mib = memory, .passes = passes};
	int rc;

	snprintf(digits, sizeof digits, "%06u", pin % PINS);
	input.pin = sb_slice(digits, strlen(digits));
	rc = sb_seal_software.stretch(&input, stretched);
	return rc == SB_OK ? sb_seal_software.unlock(&input, stretched, kek) : rc;
}

/* The fastest of all rounds is what a guesser with a quiet machine gets; the mean tells how quiet this one is. */
static int measure(unsigned memory, unsigned passes, unsigned rounds)
{
	double fastest = 0, sum = 0;
	int rc = derive(memory, passes, 0); /* the first one also starts the libraries */

	for (unsigned i = 0; rc == SB_OK && i < rounds; i++) {
		double each = seconds();

		rc = derive(memory, passes, 274916 + i);
		each = seconds() - each;
		sum += each;
		if (i == 0 || each < fastest)
			fastest = each;
	}
	if (rc != SB_OK) {
		fprintf(stderr, "%u MiB, %u passes: %s\n", memory, passes, sb_error_text(rc));
		return EXIT_FAILURE;
	}
	printf("%4u MiB  %u passes  %8.3f s a PIN (mean %.3f s)  %7.1f hours for all %d\n", memory, passes, fastest, sum / rounds,
		fastest * PINS / 3600, PINS);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	char *end = NULL;
	unsigned long rounds = argc > 1 ? strtoul(argv[1], &end, 10) : DEFAULT_ROUNDS;
	int rc = EXIT_SUCCESS;

	if (argc > 2 || (end && (*end || end == argv[1])) || rounds < 1 || rounds > 1000) {
		fprintf(stderr, "usage: %s [ROUNDS, 1 to 1000]\n", argv[0]);
		return 2;
	}
	puts("Argon2id on one core, as the software seal derives the key:");
	for (size_t i = 0; rc == EXIT_SUCCESS && i < sizeof costs / sizeof *costs; i++)
		rc = measure(costs[i].memory, costs[i].passes, (unsigned)rounds);
	return rc;
}
