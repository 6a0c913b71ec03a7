/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "base/error.h"

#include <errno.h>
#include <stddef.h>

static const char *const texts[] = {
	"ok",
#define ERROR_TEXT(name, text) text,
	SB_ERRORS(ERROR_TEXT)
#undef ERROR_TEXT
};

static const struct {
	int err;
	int error;
} errnos[] = {
	{ENOMEM, SB_E_NOMEM},
	{ENOENT, SB_E_NOT_FOUND},
	{ENOTDIR, SB_E_NOT_FOUND},
	{EEXIST, SB_E_EXISTS},
	{ENOTEMPTY, SB_E_EXISTS},
	{EISDIR, SB_E_DIRECTORY},
	{EACCES, SB_E_DENIED},
	{EPERM, SB_E_DENIED},
	{EROFS, SB_E_READ_ONLY},
	{ENOSPC, SB_E_FULL},
	{EDQUOT, SB_E_FULL},
	{EFBIG, SB_E_TOO_LARGE},
	{ENAMETOOLONG, SB_E_TOO_LARGE},
	{ELOOP, SB_E_UNSAFE},
	{EAGAIN, SB_E_BUSY},
	{EBUSY, SB_E_BUSY},
	{EINVAL, SB_E_ARGUMENT},
};

const char *sb_error_text(int error)
{
	size_t index = (size_t)-error;

	return error <= 0 && index < sizeof texts / sizeof *texts ? texts[index] : "unknown error";
}

int sb_error_from_errno(int err)
{
	for (size_t i = 0; i < sizeof errnos / sizeof *errnos; i++)
		if (errnos[i].err == err)
			return errnos[i].error;
	return SB_E_IO;
}
