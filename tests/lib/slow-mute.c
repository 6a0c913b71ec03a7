/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
/* Preloaded: turning a terminal's echo off takes a fifth of a second, so that what is printed before it is seen before it. */
#include <dlfcn.h>
#include <termios.h>
#include <unistd.h>

__attribute__((visibility("default"))) int tcsetattr(int fd, int actions, const struct termios *state)
{
	int (*next)(int, int, const struct termios *) = (int (*)(int, int, const struct termios *))dlsym(RTLD_NEXT, "tcsetattr");

	usleep(200000);
	return next(fd, actions, state);
}
