/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "verify/batch.h"

/* Work shared among processors: a number is taken by one thread, and worked on by that one alone. */

enum { THREADS_MAX = 64 };

struct work {
	void (*one)(void *context, size_t i);
	void *context;
	size_t count;
	atomic_size_t next;
};

static void *run(void *context)
{
	struct work *w = context;

	for (size_t i = atomic_fetch_add(&w->next, 1); i < w->count; i = atomic_fetch_add(&w->next, 1))
		w->one(w->context, i);
	return NULL;
}

void batch_share(size_t threads, size_t count, void (*one)(void *context, size_t i), void *context)
{
	struct work w = {.one = one, .context = context, .count = count};
	pthread_t others[THREADS_MAX];
	size_t made = 0;

	while (made < THREADS_MAX && made + 1 < threads && made + 1 < count && pthread_create(&others[made], NULL, run, &w) == 0)
		made++;
	run(&w);
	while (made)
		pthread_join(others[--made], NULL);
}

size_t batch_processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof set, &set) == 0 ? (size_t)CPU_COUNT(&set) : 1;
}
