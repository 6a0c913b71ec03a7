/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_TEST_CHECK_H
#define SINBUN_TEST_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Tests are programs: exit 0 passed, 1 failed, 77 skipped. Each names what it checks, so that a failure reads as a sentence. */
static int check_failures, check_count;

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		check_count++;                                                                     \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s: failed: %s\n", __FILE__, __LINE__, __func__,   \
				#condition);                                                       \
			check_failures++;                                                          \
		}                                                                                  \
	} while (0)

#define CHECK_EQ(got, want)                                                                        \
	do {                                                                                       \
		long long got_ = (long long)(got), want_ = (long long)(want);                      \
		check_count++;                                                                     \
		if (got_ != want_) {                                                               \
			fprintf(stderr, "%s:%d: %s: %s is %lld (0x%llx), not %lld (0x%llx)\n",     \
				__FILE__, __LINE__, __func__, #got, got_, got_, want_, want_);     \
			check_failures++;                                                          \
		}                                                                                  \
	} while (0)

/* For what later lines depend on. */
#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s: required: %s\n", __FILE__, __LINE__, __func__, \
				#condition);                                                       \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

#define SKIP(why)                                                                                  \
	do {                                                                                       \
		fprintf(stderr, "skipped: %s\n", why);                                             \
		exit(77);                                                                          \
	} while (0)

static inline int check_result(void)
{
	printf("%d checks\n", check_count);
	return check_failures ? 1 : 0;
}

#endif
