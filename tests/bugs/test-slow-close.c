/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include <stdint.h>
#include <time.h>

#include "lib/check.h"

/* Closing a session looked at every object of the module: twenty thousand in one session made another one's life slow. Measured against
 * itself: the same openings and closings beside many times as many objects. */

enum { PAIRS = 2000, FEW = 1250, MANY = 20000, TRIES = 5, ALLOWED = 3 };

static int64_t processor_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* The best of several: what else the machine does only ever adds. */
static int64_t openings(CK_SLOT_ID slot)
{
	int64_t best = INT64_MAX;

	for (int i = 0; i < TRIES; i++) {
		int64_t start = processor_ns(), took;

		for (int k = 0; k < PAIRS; k++)
			if (p11->C_CloseSession(api_session(slot, k % 2)) != CKR_OK)
				check_failures++;
		took = processor_ns() - start;
		best = took < best ? took : best;
	}
	return best;
}

static void fill(CK_SESSION_HANDLE session, int from, int to)
{
	CK_OBJECT_HANDLE object;

	for (int i = from; i < to; i++)
		REQUIRE(api_data(session, false, i % 2, "one of many", &object) == CKR_OK);
}

int main(void)
{
	CK_SESSION_HANDLE session;
	int64_t few, many;
	CK_SLOT_ID slot;

	api_open("");
	session = api_ready(&slot);
	fill(session, 0, FEW);
	few = openings(slot);
	fill(session, FEW, MANY);
	many = openings(slot);
	if (many >= ALLOWED * few)
		fprintf(stderr, "%d sessions: %lld us beside %d objects, %lld us beside %d\n", PAIRS, (long long)few / 1000, FEW,
			(long long)many / 1000, MANY);
	CHECK(many < ALLOWED * few);
	CHECK_EQ(api_count_label(session, "one of many"), MANY);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
