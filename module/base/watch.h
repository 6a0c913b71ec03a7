/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_WATCH_H
#define SINBUN_WATCH_H

/* Waiting for a directory to change (inotify). Open the watch, look at the directory, then wait: what happens in between is not missed. */

/* Watches the entries of a directory, or of its nearest ancestor that exists. A descriptor, or -1 where the system gives none: waiting on
 * that one looks again after a while. */
int sb_watch_open(const char *directory);
/* Returns when something changed or stop_fd became readable; spurious returns happen. Drains the watch. */
void sb_watch_wait(int watch, int stop_fd);
void sb_watch_close(int watch);

#endif
