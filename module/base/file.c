/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

int sb_file_read_fd(int fd, size_t max, struct sb_bytes *out)
{
	size_t start = out->len;

	for (;;) {
		uint8_t *to;
		ssize_t got;

		if (sb_bytes_reserve(out, 4096) != SB_OK)
			return SB_E_NOMEM;
		to = out->data + out->len;
		got = read(fd, to, out->cap - out->len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return sb_error_from_errno(errno);
		if (got == 0)
			return SB_OK;
		out->len += (size_t)got;
		if (out->len - start > max) {
			out->len = start;
			return SB_E_TOO_LARGE;
		}
	}
}

int sb_file_read(const char *path, size_t max, struct sb_bytes *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return sb_error_from_errno(errno);
	rc = sb_file_read_fd(fd, max, out);
	close(fd);
	return rc;
}

static int write_all(int fd, const uint8_t *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sb_error_from_errno(errno);
		data += n;
		len -= (size_t)n;
	}
	return fsync(fd) == 0 ? SB_OK : sb_error_from_errno(errno);
}

/* Makes the rename itself durable. */
static int sync_parent(const char *path)
{
	char *copy = strdup(path);
	char *slash;
	int fd, rc = SB_OK;

	if (!copy)
		return SB_E_NOMEM;
	slash = strrchr(copy, '/');
	if (slash)
		slash[slash == copy ? 1 : 0] = 0;
	fd = open(slash ? copy : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		rc = sb_error_from_errno(errno);
	if (fd >= 0)
		close(fd);
	free(copy);
	return rc;
}

/* Devices and pipes (/dev/stdout, a FIFO) cannot be replaced by a rename. */
static int write_in_place(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return sb_error_from_errno(errno);
	rc = write_all(fd, data, len);
	if (close(fd) != 0 && rc == SB_OK)
		rc = sb_error_from_errno(errno);
	/* fsync answers EINVAL on pipes and terminals. */
	return rc == SB_E_ARGUMENT ? SB_OK : rc;
}

int sb_file_write(const char *path, const void *data, size_t len, unsigned mode)
{
	struct stat st;
	char *temporary;
	int fd, rc;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? SB_E_DIRECTORY : write_in_place(path, data, len);
	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return SB_E_NOMEM;
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0) {
		rc = sb_error_from_errno(errno);
		free(temporary);
		return rc;
	}
	rc = write_all(fd, data, len);
	if (rc == SB_OK && fchmod(fd, mode) != 0)
		rc = sb_error_from_errno(errno);
	if (close(fd) != 0 && rc == SB_OK)
		rc = sb_error_from_errno(errno);
	if (rc == SB_OK && rename(temporary, path) != 0)
		rc = sb_error_from_errno(errno);
	if (rc == SB_OK)
		rc = sync_parent(path);
	else
		unlink(temporary);
	free(temporary);
	return rc;
}

static int make_parents(const char *path)
{
	char *copy = strdup(path);
	int rc = SB_OK;

	if (!copy)
		return SB_E_NOMEM;
	for (char *p = copy + 1; rc == SB_OK && (p = strchr(p, '/')); p++) {
		*p = 0;
		if (mkdir(copy, 0755) != 0 && errno != EEXIST)
			rc = sb_error_from_errno(errno);
		*p = '/';
	}
	free(copy);
	return rc;
}

int sb_file_mkdir(const char *path, unsigned mode, bool parents)
{
	struct stat st;
	int rc = SB_OK;

	if (parents)
		rc = make_parents(path);
	if (rc != SB_OK)
		return rc;
	if (mkdir(path, mode) == 0)
		return SB_OK;
	if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return SB_OK;
	return sb_error_from_errno(errno);
}

int sb_file_private_dir(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return sb_error_from_errno(errno);
	if (!S_ISDIR(st.st_mode))
		return SB_E_NOT_FOUND;
	return st.st_uid == geteuid() && (st.st_mode & 077) == 0 ? SB_OK : SB_E_UNSAFE;
}

bool sb_file_is_private(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_uid == geteuid() && st->st_nlink == 1 && (st->st_mode & 077) == 0;
}

int sb_file_open_private(int dir_fd, const char *name, int flags, int *fd)
{
	struct stat st;
	int rc = SB_OK;

	/* O_NONBLOCK: a FIFO in the file's place must not hold the caller up. It means nothing for regular files. */
	*fd = openat(dir_fd, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (*fd < 0)
		return errno == ENXIO || errno == EISDIR ? SB_E_UNSAFE : sb_error_from_errno(errno);
	if (fstat(*fd, &st) != 0)
		rc = sb_error_from_errno(errno);
	else if (!sb_file_is_private(&st))
		rc = SB_E_UNSAFE;
	if (rc != SB_OK) {
		close(*fd);
		*fd = -1;
	}
	return rc;
}
