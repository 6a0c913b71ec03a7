/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_FILE_H
#define SINBUN_FILE_H

#include "base/bytes.h"

/* Reads a whole regular file (or FIFO), at most max bytes: SB_E_TOO_LARGE beyond. Appends to out. */
int sb_file_read(const char *path, size_t max, struct sb_bytes *out);
/* Reads an open descriptor to its end, at most max bytes. Appends to out. */
int sb_file_read_fd(int fd, size_t max, struct sb_bytes *out);
/* Writes a file so that it appears whole or not at all: temporary file beside it, fsync, rename, fsync of the directory.
 * mode: its rights, e.g. 0600. */
int sb_file_write(const char *path, const void *data, size_t len, unsigned mode);
/* Makes a directory with the given mode where it is absent; its parents too when parents is true. */
int sb_file_mkdir(const char *path, unsigned mode, bool parents);
/* Checks that a directory belongs to the caller and nobody else can enter or write it: SB_OK, SB_E_NOT_FOUND, SB_E_UNSAFE, SB_E_IO. */
int sb_file_private_dir(const char *path);
/* A regular file of the caller's, with one name, that nobody else can read or write. */
struct stat;
bool sb_file_is_private(const struct stat *st);
/* Opens such a file by its name in dir_fd (AT_FDCWD for a path), follows no link and waits for no other end of a pipe: SB_E_UNSAFE for
 * anything else that stands there. flags: of open(); with O_CREAT it is made 0600. *fd: -1 on error. */
int sb_file_open_private(int dir_fd, const char *name, int flags, int *fd);

#endif
