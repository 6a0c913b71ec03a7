/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "common/i18n.h"

/* The first comes late: what is done in a moment needs no word. */
static const double FIRST = 1.0, EVERY = 0.2;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void sb_progress_start(struct sb_progress *p)
{
	*p = (struct sb_progress){.on = isatty(STDERR_FILENO), .begun = now()};
	p->told = p->begun + FIRST - EVERY;
}

double sb_progress_seconds(const struct sb_progress *p)
{
	return now() - p->begun;
}

void sb_progress_tell(struct sb_progress *p, size_t count, double part)
{
	double t = p->on ? now() : 0, passed = t - p->begun;
	unsigned left;

	if (!p->on || t - p->told < EVERY)
		return;
	p->told = t;
	p->shown = true;
	/* \033[K: what is left of a longer line. */
	fprintf(stderr, "\r");
	if (part > 0) {
		left = part < 1 ? (unsigned)(passed * (1 - part) / part + 0.5) : 0;
		fprintf(stderr, _("%zu done (%.0f%%), %.0f a second, %u:%02u left"), count, part * 100, (double)count / passed, left / 60, left % 60);
	} else
		fprintf(stderr, _("%zu done, %.0f a second"), count, (double)count / passed);
	fprintf(stderr, "\033[K");
	fflush(stderr);
}

void sb_progress_hide(struct sb_progress *p)
{
	if (!p->shown)
		return;
	fprintf(stderr, "\r\033[K");
	fflush(stderr);
	p->shown = false;
}
