/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "base/watch.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { LOOK_AGAIN_MS = 500 };

int sb_watch_open(const char *directory)
{
	const uint32_t events = IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
	char *path = strdup(directory), *slash;
	int fd = path ? inotify_init1(IN_NONBLOCK | IN_CLOEXEC) : -1;
	int watched = -1;

	while (fd >= 0 && (watched = inotify_add_watch(fd, *path ? path : "/", events)) < 0 && (slash = strrchr(path, '/')))
		*slash = 0;
	if (fd >= 0 && watched < 0) {
		close(fd);
		fd = -1;
	}
	free(path);
	return fd;
}

void sb_watch_wait(int watch, int stop_fd)
{
	struct pollfd fds[] = {{.fd = stop_fd, .events = POLLIN}, {.fd = watch, .events = POLLIN}};
	char drain[4096];

	poll(fds, 2, watch < 0 ? LOOK_AGAIN_MS : -1);
	while (watch >= 0 && read(watch, drain, sizeof drain) > 0)
		;
}

void sb_watch_close(int watch)
{
	if (watch >= 0)
		close(watch);
}
