/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/root.h"

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"

static int fail_unsafe(const char *path, bool directory, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_STORAGE, directory ? "unsafe_directory" : "unsafe_file", path,
		_("%s must be yours alone. Run: chmod go= '%s' (and chown it to yourself if it is another's)."), path, path);
}

int sb_root_prepare(const char *root, struct sb_failure *f)
{
	int rc = sb_file_mkdir(root, 0700, true);

	if (rc == SB_OK)
		rc = sb_file_private_dir(root);
	if (rc == SB_E_UNSAFE)
		return fail_unsafe(root, true, f);
	if (rc != SB_OK)
		return sb_fail(f, SB_EXIT_STORAGE, "no_directory", root, _("%s cannot be used: %s."), root, _(sb_error_text(rc)));
	return SB_EXIT_OK;
}

enum { OPEN_DIRECTORIES = 8 };

/* nftw takes no context. */
static char unsafe_path[PATH_MAX];
static struct stat unsafe;

static bool is_safe(const struct stat *st)
{
	if (st->st_uid != geteuid() || (st->st_mode & 077))
		return false;
	return S_ISDIR(st->st_mode) || (S_ISREG(st->st_mode) && st->st_nlink == 1);
}

static int look(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)where;
	if (kind == FTW_NS || is_safe(st))
		return 0;
	snprintf(unsafe_path, sizeof unsafe_path, "%s", path);
	unsafe = *st;
	return 1;
}

int sb_root_check_token(const char *path, struct sb_failure *f)
{
	bool directory;

	if (nftw(path, look, OPEN_DIRECTORIES, FTW_PHYS) != 1)
		return SB_EXIT_OK;
	directory = S_ISDIR(unsafe.st_mode);
	if (S_ISLNK(unsafe.st_mode))
		return sb_fail(f, SB_EXIT_STORAGE, "unsafe_file", unsafe_path,
			_("%s is a link: a token's files must stand where they are. Put the directory itself in its place."), unsafe_path);
	if (!directory && !S_ISREG(unsafe.st_mode))
		return sb_fail(f, SB_EXIT_STORAGE, "unsafe_file", unsafe_path,
			_("%s is neither a file nor a directory. Take it away, and put the token's own file in its place."), unsafe_path);
	if (unsafe.st_uid == geteuid() && (unsafe.st_mode & 077) == 0)
		return sb_fail(f, SB_EXIT_STORAGE, "unsafe_file", unsafe_path,
			_("%s has a second name (a hard link), through which it can be changed. Run: cp -p '%s' '%s.copy' && mv '%s.copy' '%s'"),
			unsafe_path, unsafe_path, unsafe_path, unsafe_path, unsafe_path);
	return fail_unsafe(unsafe_path, directory, f);
}

int sb_root_check_tokens(const char *token_dir, struct sb_failure *f)
{
	char *real = realpath(token_dir, NULL);
	int rc = real ? sb_root_check_token(real, f) : SB_EXIT_OK;

	free(real);
	return rc;
}
