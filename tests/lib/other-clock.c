/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
/* Preloaded: the clock that says what time it is goes OTHER_CLOCK seconds ahead (or, below 0, behind). */
#include <stdlib.h>
#include <sys/syscall.h>
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
