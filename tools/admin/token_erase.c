/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/token_list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"

/* A token's files, taken away without its unblocking code. The module names and orders them so: token.db, what SQLite or an upgrade put
 * beside it, lock; and sweeps up a directory called .old-SERIAL when it starts, noting in "trash" what the token has in a TPM: a line
 * SERIAL NONCE PIN PUK COUNTER, the last three the numbers of NV indices, until they are gone. */

#define STORE "token.db"
#define LOCK "lock"
#define TRASH "trash"

enum { SERIAL = 16, LOCK_ROUNDS = 50, LOCK_PAUSE_US = 100 * 1000, TRASH_MAX = 64 << 10 };

struct erasing {
	const char *serial, *name; /* name: of its directory */
	char path[4096]; /* of the token's directory, for messages */
	int tokens, token;
};

static int fail_errno(const char *path, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_STORAGE, "storage", path, _("%s: %s."), path, _(sb_error_text(sb_error_from_errno(errno))));
}

static int fail_foreign(const char *path, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_STORAGE, "not_a_token", path, _("%s is no part of a token. Nothing was removed. Move it away first."), path);
}

static bool is_ours(const char *name)
{
	return strcmp(name, LOCK) == 0 || (strncmp(name, STORE, sizeof STORE - 1) == 0 && (!name[sizeof STORE - 1] || strchr("-.", name[sizeof STORE - 1])));
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Calls act with every name in the token's directory until it answers other than SB_EXIT_OK. */
static int each_name(struct erasing *e, int (*act)(struct erasing *e, const char *name, struct sb_failure *f), struct sb_failure *f)
{
	int fd = openat(e->token, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = SB_EXIT_OK;
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (!dir) {
		rc = fail_errno(e->path, f);
		if (fd >= 0)
			close(fd);
		return rc;
	}
	while (rc == SB_EXIT_OK && (entry = readdir(dir)))
		if (!is_dots(entry->d_name))
			rc = act(e, entry->d_name, f);
	closedir(dir);
	return rc;
}

static int look(struct erasing *e, const char *name, struct sb_failure *f)
{
	char path[sizeof e->path + 256];
	struct stat st;

	snprintf(path, sizeof path, "%s/%s", e->path, name);
	if (!is_ours(name))
		return fail_foreign(path, f);
	if (fstatat(e->token, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
		return fail_foreign(path, f);
	return SB_EXIT_OK;
}

static int fail_not_yours(const char *path, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_STORAGE, "not_yours", path, _("%s is not a directory of yours. Only the owner of a token's files removes them."), path);
}

/* Opens both directories, following no link below the directory of tokens. */
static int open_both(struct erasing *e, const char *directory, struct sb_failure *f)
{
	char *real = realpath(directory, NULL);
	struct stat st;
	int rc = SB_EXIT_OK;

	if (!real)
		return fail_errno(directory, f);
	if (strlen(e->serial) != SERIAL || strspn(e->serial, "0123456789abcdef") != SERIAL)
		rc = sb_fail(f, SB_EXIT_USAGE, "usage", "SERIAL", _("A serial number is 16 hexadecimal digits."));
	snprintf(e->path, sizeof e->path, "%s/%s", real, e->name);
	if (rc == SB_EXIT_OK)
		e->tokens = open(real, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (rc == SB_EXIT_OK && (e->tokens < 0 || fstatat(e->tokens, e->name, &st, AT_SYMLINK_NOFOLLOW) != 0))
		rc = fail_errno(e->path, f);
	if (rc == SB_EXIT_OK && (!S_ISDIR(st.st_mode) || st.st_uid != geteuid()))
		rc = fail_not_yours(e->path, f);
	if (rc == SB_EXIT_OK && (e->token = openat(e->tokens, e->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
		rc = fail_errno(e->path, f);
	/* What was looked at is what was opened. */
	if (rc == SB_EXIT_OK && (fstat(e->token, &st) != 0 || st.st_uid != geteuid()))
		rc = fail_not_yours(e->path, f);
	free(real);
	return rc;
}

/* No PIN is checked and no wrap changed while the token's lock is held. A lock that is not there, or no file, holds nobody up. */
static int take_lock(struct erasing *e, int *lock, struct sb_failure *f)
{
	struct stat st;

	*lock = openat(e->token, LOCK, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (*lock < 0 || fstat(*lock, &st) != 0 || !S_ISREG(st.st_mode))
		return SB_EXIT_OK;
	for (int i = 0; i < LOCK_ROUNDS; i++) {
		if (flock(*lock, LOCK_EX | LOCK_NB) == 0)
			return SB_EXIT_OK;
		usleep(LOCK_PAUSE_US);
	}
	return sb_fail(f, SB_EXIT_NOT_NOW, "busy", e->path, _("Another program is working with the token in %s. End it and try again."), e->path);
}

static int erase_beside(struct erasing *e, const char *name, struct sb_failure *f)
{
	(void)f;
	if (strcmp(name, LOCK) != 0)
		unlinkat(e->token, name, 0);
	return SB_EXIT_OK;
}

static void old_name(const char *serial, char name[SERIAL + 8])
{
	snprintf(name, SERIAL + 8, ".old-%s", serial);
}

static void close_all(struct erasing *e)
{
	if (e->token >= 0)
		close(e->token);
	if (e->tokens >= 0)
		close(e->tokens);
}

/* A move within the directory of tokens: afterwards no process finds the token any more, whatever becomes of the rest. */
static int put_out_of_sight(struct erasing *e, struct sb_failure *f)
{
	char name[SERIAL + 8];

	old_name(e->serial, name);
	if (renameat(e->tokens, e->serial, e->tokens, name) != 0 || fsync(e->tokens) != 0)
		return fail_errno(e->path, f);
	return SB_EXIT_OK;
}

int admin_token_hide(const char *directory, const char *serial, struct sb_failure *f)
{
	struct erasing e = {.serial = serial, .name = serial, .tokens = -1, .token = -1};
	int lock = -1, rc = open_both(&e, directory, f);

	if (rc == SB_EXIT_OK)
		rc = each_name(&e, look, f);
	if (rc == SB_EXIT_OK)
		rc = take_lock(&e, &lock, f);
	if (rc == SB_EXIT_OK)
		rc = put_out_of_sight(&e, f);
	if (lock >= 0)
		close(lock);
	close_all(&e);
	return rc;
}

bool admin_token_hidden(const char *directory, const char *serial)
{
	char name[SERIAL + 8], path[4096];
	struct stat st;

	old_name(serial, name);
	return (size_t)snprintf(path, sizeof path, "%s/%s", directory, name) < sizeof path && lstat(path, &st) == 0;
}

static int erase(struct erasing *e, struct sb_failure *f)
{
	int rc;

	unlinkat(e->token, STORE, 0);
	rc = each_name(e, erase_beside, f);
	unlinkat(e->token, LOCK, 0);
	/* The module may have been faster. */
	if (rc == SB_EXIT_OK && ((unlinkat(e->tokens, e->name, AT_REMOVEDIR) != 0 && errno != ENOENT) || fsync(e->tokens) != 0))
		rc = fail_errno(e->path, f);
	return rc;
}

int admin_token_erase(const char *directory, const char *serial, struct sb_failure *f)
{
	char name[SERIAL + 8];
	struct erasing e = {.serial = serial, .name = name, .tokens = -1, .token = -1};
	int rc;

	old_name(serial, name);
	rc = open_both(&e, directory, f);
	if (rc == SB_EXIT_OK)
		rc = erase(&e, f);
	close_all(&e);
	return rc;
}

json_t *admin_token_left(const char *directory, const char *serial)
{
	json_t *left = json_array();
	struct sb_bytes text = {0};
	char path[4096], number[16];
	unsigned numbers[3];
	char *save = NULL;
	int fd = -1;

	snprintf(path, sizeof path, "%s/%s", directory, TRASH);
	if (sb_file_open_private(AT_FDCWD, path, O_RDONLY, &fd) == SB_OK && sb_file_read_fd(fd, TRASH_MAX, &text) == SB_OK &&
		sb_bytes_terminate(&text) == SB_OK)
		for (char *line = strtok_r((char *)text.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
			for (size_t i = 0; i < 3 && strncmp(line, serial, SERIAL) == 0 &&
					   sscanf(line + SERIAL, " %*32[0-9a-f] %8x %8x %8x", &numbers[0], &numbers[1], &numbers[2]) == 3; i++) {
				snprintf(number, sizeof number, "0x%08x", numbers[i]);
				json_array_append_new(left, json_string(number));
			}
	if (fd >= 0)
		close(fd);
	sb_bytes_free(&text);
	return left;
}
