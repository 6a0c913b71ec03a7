/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
/* Preloaded: the clock that says what time it is goes OTHER_CLOCK seconds ahead (or, below 0, behind); OTHER_CLOCK_KEPT=yes or =no: the kernel has
 * been told that something keeps it right, or it has not. */
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

__attribute__((visibility("default"))) time_t time(time_t *out)
{
	const char *seconds = getenv("OTHER_CLOCK");
	struct timespec now;

	syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
	now.tv_sec += seconds ? atol(seconds) : 0;
	if (out)
		*out = now.tv_sec;
	return now.tv_sec;
}

__attribute__((visibility("default"))) int adjtimex(struct timex *t)
{
	const char *kept = getenv("OTHER_CLOCK_KEPT");

	if (!kept)
		return (int)syscall(SYS_adjtimex, t);
	return strcmp(kept, "yes") == 0 ? TIME_OK : TIME_ERROR;
}
