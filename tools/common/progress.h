/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_PROGRESS_H
#define SINBUN_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

/* How far long work is: one line on standard error where that is a terminal, else nothing. It appears after the first second. */
struct sb_progress {
	bool on, shown;
	double begun, told; /* seconds */
};

void sb_progress_start(struct sb_progress *progress);
/* count: pieces done; part: how much of the whole that is, 0 … 1, or less than 0 where nobody knows. Writes a few times a second at most. */
void sb_progress_tell(struct sb_progress *progress, size_t count, double part);
/* Takes the line away: before anything else is written to the terminal, and at the end. */
void sb_progress_hide(struct sb_progress *progress);
/* Seconds since the start. */
double sb_progress_seconds(const struct sb_progress *progress);

#endif
