/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "token_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/error.h"
#include "base/file.h"
#include "crypto/digest.h"
#include "crypto/random.h"

/* The directory of tokens: which there are, and the number of the free slot. */

enum { SLOTS_TEXT_MAX = 64, TOKENS_MAX = 1000 };

char *token_path(const struct sb_tokens *tokens, const char *directory, const char *file)
{
	char *path;

	return asprintf(&path, "%s/%s/%s", tokens->config.token_dir, directory, file) < 0 ? NULL : path;
}

int tokens_lock(struct sb_tokens *tokens, bool wait)
{
	int fd, rc = sb_file_open_private(tokens->fd, "lock", O_RDWR | O_CREAT, &fd);

	if (rc != SB_OK)
		return rc;
	while (flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB)) != 0)
		if (errno != EINTR) {
			rc = sb_error_from_errno(errno);
			close(fd);
			return rc;
		}
	return fd;
}

void tokens_unlock(struct sb_tokens *tokens, int fd)
{
	(void)tokens;
	close(fd);
}

/* "UUID COUNT\n". Absent: nothing was ever made here. */
int tokens_read_slots(struct sb_tokens *tokens)
{
	struct sb_bytes text = {0}, uuid = {0};
	int fd, rc = sb_file_open_private(tokens->fd, "slots", O_RDONLY, &fd);
	char *end;

	if (rc == SB_E_NOT_FOUND)
		return SB_OK;
	if (rc == SB_OK) {
		rc = sb_file_read_fd(fd, SLOTS_TEXT_MAX, &text);
		close(fd);
	}
	if (rc == SB_E_TOO_LARGE)
		rc = SB_E_CORRUPT;
	if (rc == SB_OK)
		rc = sb_bytes_terminate(&text);
	if (rc == SB_OK && (text.len < 34 || sb_hex_decode((const char *)text.data, 32, &uuid) != SB_OK || text.data[32] != ' '))
		rc = SB_E_CORRUPT;
	if (rc == SB_OK) {
		unsigned long made = strtoul((const char *)text.data + 33, &end, 10);

		if (*end != '\n' || made > INT32_MAX)
			rc = SB_E_CORRUPT;
		else {
			tokens->made = (uint32_t)made;
			memcpy(tokens->uuid, uuid.data, sizeof tokens->uuid);
		}
	}
	sb_bytes_free(&uuid);
	sb_bytes_free(&text);
	return rc;
}

int tokens_write_slots(struct sb_tokens *tokens)
{
	static const uint8_t none[16];
	struct sb_bytes text = {0};
	char count[16];
	char *path = token_path(tokens, ".", "slots");
	int rc = path ? SB_OK : SB_E_NOMEM;

	if (rc == SB_OK && memcmp(tokens->uuid, none, sizeof none) == 0)
		rc = sb_random(tokens->uuid, sizeof tokens->uuid);
	if (rc == SB_OK)
		rc = sb_hex_encode(tokens->uuid, sizeof tokens->uuid, &text);
	snprintf(count, sizeof count, " %u\n", tokens->made);
	if (rc == SB_OK)
		rc = sb_bytes_append_text(&text, count);
	if (rc == SB_OK)
		rc = sb_file_write(path, text.data, text.len, 0600);
	sb_bytes_free(&text);
	free(path);
	return rc;
}

const char *sb_tokens_path(const struct sb_tokens *tokens)
{
	return tokens->config.token_dir;
}

int sb_tokens_fault(const struct sb_tokens *tokens)
{
	return tokens->fault;
}

int sb_token_fault(const struct sb_token *token)
{
	return token->device.fault;
}

unsigned long sb_tokens_free_slot(const struct sb_tokens *tokens)
{
	uint8_t input[20], hash[SB_SHA256_SIZE];
	uint32_t id;

	memcpy(input, tokens->uuid, 16);
	sb_put_u32(input + 16, tokens->made);
	sb_sha256(input, sizeof input, hash);
	id = sb_get_u32(hash) & INT32_MAX;
	return id ? id : 1;
}

/* Locks and write-ahead logs do not hold on network file systems. */
static bool network_file_system(int fd)
{
	static const unsigned long types[] = {NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, 0xFF534D42 /* CIFS */, 0xFE534D42 /* SMB2 */,
		AFS_SUPER_MAGIC, CODA_SUPER_MAGIC, 0x00C36400 /* Ceph */};
	struct statfs fs;

	if (fstatfs(fd, &fs) != 0)
		return false;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if ((unsigned long)fs.f_type == types[i])
			return true;
	return false;
}

/* Opens the directory where it exists. The path is resolved once; no link in it is followed afterwards. */
static int open_directory(struct sb_tokens *tokens)
{
	struct stat st;
	char *real = realpath(tokens->config.token_dir, NULL);

	if (!real)
		return sb_error_from_errno(errno);
	free(tokens->config.token_dir);
	tokens->config.token_dir = real;
	tokens->fd = open(real, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (tokens->fd < 0)
		return errno == ENOTDIR ? SB_E_IO : sb_error_from_errno(errno); /* a file in its place is not an empty directory */
	if (fstat(tokens->fd, &st) != 0)
		return sb_error_from_errno(errno);
	if (st.st_uid != geteuid() || (st.st_mode & 077))
		return SB_E_UNSAFE;
	return network_file_system(tokens->fd) ? SB_E_UNSUPPORTED : SB_OK;
}

int tokens_make_directory(struct sb_tokens *tokens)
{
	int rc;

	if (tokens->fd >= 0)
		return SB_OK;
	rc = sb_file_mkdir(tokens->config.token_dir, 0700, true);
	return rc == SB_OK ? open_directory(tokens) : rc;
}

static bool is_serial(const char *name)
{
	return strlen(name) == SB_TOKEN_SERIAL && strspn(name, "0123456789abcdef") == SB_TOKEN_SERIAL;
}

static struct sb_token *find_token(struct sb_tokens *tokens, const char *name)
{
	for (size_t i = 0; i < tokens->count; i++)
		if (tokens->items[i]->present && strcmp(tokens->items[i]->name, name) == 0)
			return tokens->items[i];
	return NULL;
}

/* Places never change while the module is in use, so a new token goes to the end. */
int tokens_adopt(struct sb_tokens *tokens, struct sb_token *token)
{
	struct sb_token **items = realloc(tokens->items, (tokens->count + 1) * sizeof *items);

	if (!items) {
		token_free(&token);
		return SB_E_NOMEM;
	}
	tokens->items = items;
	tokens->items[tokens->count++] = token;
	return SB_OK;
}

static int by_making(const void *a, const void *b)
{
	const struct sb_token *x = *(struct sb_token *const *)a, *y = *(struct sb_token *const *)b;

	return x->header.ordinal < y->header.ordinal ? -1 : x->header.ordinal > y->header.ordinal;
}

/* Sees which tokens are gone, and what changed in those that are there. */
static bool any_gone(struct sb_tokens *tokens)
{
	bool gone = false;

	for (size_t i = 0; i < tokens->count; i++) {
		struct sb_token *token = tokens->items[i];

		if (!token->present)
			continue;
		if (token_check_place(token) == SB_E_REMOVED)
			gone = true;
		else
			sb_token_change(token, true);
	}
	return gone;
}

static bool starts_with(const char *name, const char *start)
{
	return strncmp(name, start, strlen(start)) == 0;
}

/* Opens a directory in token-dir for reading its names; NULL when that cannot be done. */
static DIR *open_names(const struct sb_tokens *tokens, const char *directory)
{
	int fd = openat(tokens->fd, directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

static int scan(struct sb_tokens *tokens)
{
	size_t before = tokens->count;
	struct dirent *entry;
	DIR *dir = open_names(tokens, ".");
	int rc = SB_OK;

	if (!dir)
		return SB_E_IO;
	while (rc == SB_OK && (entry = readdir(dir)) && tokens->count < TOKENS_MAX) {
		struct sb_token *token;

		if (!is_serial(entry->d_name) || find_token(tokens, entry->d_name))
			continue;
		/* One token that is damaged, or not ours, does not hinder the others. */
		rc = token_open(tokens, entry->d_name, &token);
		if (rc == SB_OK)
			rc = tokens_adopt(tokens, token);
		else if (rc != SB_E_NOMEM)
			rc = SB_OK;
	}
	closedir(dir);
	if (tokens->count > before)
		qsort(tokens->items + before, tokens->count - before, sizeof *tokens->items, by_making);
	return rc;
}

/* A directory changed a moment ago may change again within the same tick of the file system's clock. */
static bool unchanged(const struct sb_tokens *tokens, const struct timespec *modified)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return tokens->scanned && modified->tv_sec == tokens->modified.tv_sec && modified->tv_nsec == tokens->modified.tv_nsec &&
	       now.tv_sec > modified->tv_sec + 1;
}

/* Where the numbering is lost, the free slot must not take the id of a token that is there. */
static void skip_taken_slots(struct sb_tokens *tokens)
{
	bool taken = true;

	while (taken) {
		unsigned long free_slot = sb_tokens_free_slot(tokens);

		taken = false;
		for (size_t i = 0; i < tokens->count; i++)
			taken |= tokens->items[i]->header.slot == free_slot;
		tokens->made += taken;
	}
}

int sb_tokens_refresh(struct sb_tokens *tokens)
{
	struct stat st;
	int rc;

	if (tokens->fd < 0) {
		rc = open_directory(tokens);
		if (rc == SB_E_NOT_FOUND)
			return SB_OK;
		if (rc != SB_OK)
			return rc;
	}
	if (fstat(tokens->fd, &st) != 0)
		return sb_error_from_errno(errno);
	if (!any_gone(tokens) && unchanged(tokens, &st.st_mtim))
		return SB_OK;
	/* Tokens know their slot themselves. Without the numbering only new ones cannot be made, and that says why. */
	rc = tokens_read_slots(tokens);
	if (rc != SB_E_NOMEM)
		rc = scan(tokens);
	skip_taken_slots(tokens);
	if (rc == SB_OK) {
		tokens->modified = st.st_mtim;
		tokens->scanned = true;
	}
	return rc;
}

/* What was put out of sight, by a removal that was cut short or by who had not the unblocking code. What it has in its seal's device is
 * noted first: with the files goes all that tells of it. True: there is something to take away in the device. */
static bool sweep_old(struct sb_tokens *tokens, const char *name)
{
	bool noted;

	if (tokens_trash_note(tokens, name, &noted) != SB_OK)
		return false;
	tokens_erase(tokens, name);
	return noted;
}

/* Rubbish of a creation or a removal that was cut short. Who makes a token just now sees to it that nobody waits here. */
static void sweep(struct sb_tokens *tokens)
{
	char name[NAME_MAX + 1];
	struct dirent *entry;
	int lock = tokens_lock(tokens, false);
	DIR *dir = lock >= 0 ? open_names(tokens, ".") : NULL;
	bool noted = false;

	while (dir && (entry = readdir(dir))) {
		snprintf(name, sizeof name, "%s", entry->d_name);
		if (starts_with(name, ".old-") && is_serial(name + 5))
			noted |= sweep_old(tokens, name);
		else if (starts_with(name, ".new-") && is_serial(name + 5))
			tokens_erase(tokens, name);
		else if (starts_with(name, "slots.") && strlen(name) == sizeof "slots.XXXXXX" - 1)
			unlinkat(tokens->fd, name, 0);
	}
	if (dir)
		closedir(dir);
	if (noted)
		tokens_trash_sweep(tokens);
	if (lock >= 0)
		tokens_unlock(tokens, lock);
}

void tokens_erase_files(struct sb_tokens *tokens, const char *directory, const char *start)
{
	DIR *dir = open_names(tokens, directory);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (starts_with(entry->d_name, start))
			unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
}

void tokens_erase(struct sb_tokens *tokens, const char *directory)
{
	/* The store, with what SQLite, a backup, or the making of one put beside it. */
	tokens_erase_files(tokens, directory, "token.db");
	tokens_erase_files(tokens, directory, "lock");
	unlinkat(tokens->fd, directory, AT_REMOVEDIR);
}

static int copy_text(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return from && !*to ? SB_E_NOMEM : SB_OK;
}

static int copy_config(struct sb_config *to, const struct sb_config *from)
{
	int rc;

	*to = *from;
	to->tcti = to->mechanisms = to->path = NULL;
	rc = copy_text(&to->token_dir, from->token_dir);
	if (rc == SB_OK)
		rc = copy_text(&to->tcti, from->tcti);
	return rc;
}

int sb_tokens_open(const struct sb_config *config, struct sb_tokens **out)
{
	struct sb_tokens *tokens = calloc(1, sizeof *tokens);
	int rc;

	*out = NULL;
	if (!tokens)
		return SB_E_NOMEM;
	tokens->fd = -1;
	rc = copy_config(&tokens->config, config);
	if (rc == SB_OK)
		rc = sb_tokens_refresh(tokens);
	if (rc == SB_OK && tokens->fd >= 0)
		sweep(tokens);
	if (rc != SB_OK)
		sb_tokens_close(&tokens);
	*out = tokens;
	return rc;
}

size_t sb_tokens_count(const struct sb_tokens *tokens)
{
	return tokens->count;
}

struct sb_token *sb_tokens_at(struct sb_tokens *tokens, size_t index)
{
	return index < tokens->count ? tokens->items[index] : NULL;
}

unsigned long sb_token_slot(const struct sb_token *token)
{
	return token->header.slot;
}

bool sb_token_read_only(const struct sb_token *token)
{
	return token->store->read_only;
}

bool sb_token_present(const struct sb_token *token)
{
	return token->present;
}

void sb_tokens_close(struct sb_tokens **tokens)
{
	struct sb_tokens *all = tokens ? *tokens : NULL;

	if (!all)
		return;
	for (size_t i = 0; i < all->count; i++)
		token_free(&all->items[i]);
	free(all->items);
	if (all->fd >= 0)
		close(all->fd);
	sb_config_free(&all->config);
	free(all);
	*tokens = NULL;
}

void sb_tokens_abandon(struct sb_tokens **tokens)
{
	for (size_t i = 0; *tokens && i < (*tokens)->count; i++)
		(*tokens)->items[i]->untruncated = false; /* the parent's to do */
	/* Closing the inherited connection here is safe: the parent's own locks on the file keep SQLite from checkpointing or
	 * unlinking the write-ahead log, and POSIX locks are the parent's, not ours. It must happen before this process opens a
	 * connection of its own, or that close would drop the new one's locks. Descriptors of lock files go with it. */
	sb_tokens_close(tokens);
}
