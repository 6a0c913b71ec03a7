/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "common/i18n.h"

/* Files that are too long for memory, whole or not at all. */

static int fail_write(const char *path, int error, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_STORAGE, "cannot_write", "--out", _("%s cannot be written: %s."), path, _(sb_error_text(error)));
}

/* Into its place, by a name that is on the disk. */
static int put_in_place(const char *part, const char *path)
{
	char copy[4096];
	int fd, rc;

	if (rename(part, path) != 0)
		return sb_error_from_errno(errno);
	snprintf(copy, sizeof copy, "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rc = fd >= 0 && fsync(fd) == 0 ? SB_OK : sb_error_from_errno(errno);
	if (fd >= 0)
		close(fd);
	return rc;
}

int admin_write_stream(const char *path, admin_stream_fn *fn, void *context, struct sb_failure *f)
{
	char part[4096];
	FILE *file;
	int fd, rc, placed = SB_OK;

	if ((size_t)snprintf(part, sizeof part, "%s.part", path) >= sizeof part)
		return fail_write(path, SB_E_TOO_LARGE, f);
	unlink(part);
	fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_write(path, sb_error_from_errno(errno), f);
	file = fdopen(fd, "w");
	if (!file) {
		close(fd);
		unlink(part);
		return fail_write(path, SB_E_NOMEM, f);
	}
	rc = fn(context, file, f);
	if (fflush(file) != 0 || ferror(file) || fsync(fd) != 0)
		rc = fail_write(path, errno ? sb_error_from_errno(errno) : SB_E_IO, f);
	fclose(file);
	if (rc == SB_EXIT_OK)
		placed = put_in_place(part, path);
	if (placed != SB_OK)
		rc = fail_write(path, placed, f);
	if (rc != SB_EXIT_OK)
		unlink(part);
	return rc;
}
