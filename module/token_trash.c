/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "token_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/error.h"
#include "base/file.h"

/* A device's places are made before the token that has them appears, and taken away after it went; what comes between must not leave
 * them there for ever. So a set is noted first, as a line of the file "trash":
 *   SERIAL NONCE PIN PUK COUNTER          (hexadecimal digits)
 * and a line stands for a set that is to go, unless the token of that serial has it. */

enum { LINE = SB_TOKEN_SERIAL + 1 + 2 * SB_SEAL_NONCE + 3 * 9 + 1, TRASH_MAX = 64 << 10 };

struct entry {
	char serial[TOKEN_NAME];
	struct sb_seal_set set;
};

static int read_trash(struct sb_tokens *tokens, struct sb_bytes *text)
{
	int fd, rc = sb_file_open_private(tokens->fd, "trash", O_RDONLY, &fd);

	if (rc != SB_OK)
		return rc == SB_E_NOT_FOUND ? SB_OK : rc;
	rc = sb_file_read_fd(fd, TRASH_MAX, text);
	close(fd);
	return rc;
}

static int write_trash(struct sb_tokens *tokens, const struct sb_bytes *text)
{
	char *path = token_path(tokens, ".", "trash");
	int rc = path ? SB_OK : SB_E_NOMEM;

	if (rc == SB_OK && text->len)
		rc = sb_file_write(path, text->data, text->len, 0600);
	else if (rc == SB_OK && unlink(path) != 0 && errno != ENOENT)
		rc = sb_error_from_errno(errno);
	free(path);
	return rc;
}

static int append_entry(const struct entry *e, struct sb_bytes *text)
{
	char numbers[3 * 9 + 2];
	int rc = sb_bytes_append(text, e->serial, SB_TOKEN_SERIAL);

	snprintf(numbers, sizeof numbers, " %08x %08x %08x\n", e->set.index[SB_SEAL_PIN], e->set.index[SB_SEAL_PUK], e->set.counter);
	if (rc == SB_OK)
		rc = sb_bytes_append_byte(text, ' ');
	if (rc == SB_OK)
		rc = sb_hex_encode(e->set.nonce, SB_SEAL_NONCE, text);
	return rc == SB_OK ? sb_bytes_append_text(text, numbers) : rc;
}

static bool parse_entry(const char *line, struct entry *e)
{
	struct sb_bytes nonce = {0};
	char hex[2 * SB_SEAL_NONCE + 1];
	unsigned numbers[3];
	bool good = sscanf(line, "%16[0-9a-f] %32[0-9a-f] %8x %8x %8x\n", e->serial, hex, &numbers[0], &numbers[1], &numbers[2]) == 5 &&
		    strlen(e->serial) == SB_TOKEN_SERIAL && sb_hex_decode(hex, strlen(hex), &nonce) == SB_OK && nonce.len == SB_SEAL_NONCE;

	if (good) {
		memcpy(e->set.nonce, nonce.data, SB_SEAL_NONCE);
		e->set.index[SB_SEAL_PIN] = numbers[0];
		e->set.index[SB_SEAL_PUK] = numbers[1];
		e->set.counter = numbers[2];
	}
	sb_bytes_free(&nonce);
	return good;
}

int tokens_trash_add(struct sb_tokens *tokens, const char *serial, const struct sb_seal_set *set)
{
	struct entry e = {.set = *set};
	struct sb_bytes text = {0};
	int rc = read_trash(tokens, &text);

	memcpy(e.serial, serial, SB_TOKEN_SERIAL);
	if (rc == SB_OK)
		rc = append_entry(&e, &text);
	if (rc == SB_OK)
		rc = write_trash(tokens, &text);
	sb_bytes_free(&text);
	return rc;
}

/* What others can write would have us take away what they like. */
static int check_private(struct sb_tokens *tokens, const char *directory, const char *path)
{
	struct stat st;

	if (fstatat(tokens->fd, directory, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return sb_error_from_errno(errno);
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077))
		return SB_E_UNSAFE;
	if (lstat(path, &st) != 0)
		return sb_error_from_errno(errno);
	return sb_file_is_private(&st) ? SB_OK : SB_E_UNSAFE;
}

/* As much as it takes to believe a wrap. */
static int take_values(struct sb_token *t)
{
	struct sb_bytes header = {0}, public = {0};
	int rc = t->store->ops->get(t->store, META_HEADER, &header);

	if (rc == SB_OK)
		rc = token_take_header(t, sb_bytes_slice(&header));
	if (rc == SB_OK)
		rc = t->store->ops->get(t->store, META_PUBLIC, &public);
	if (rc == SB_OK && public.len != TOKEN_KEY)
		rc = SB_E_CORRUPT;
	if (rc == SB_OK)
		memcpy(t->public_key, public.data, TOKEN_KEY);
	sb_bytes_free(&header);
	sb_bytes_free(&public);
	return rc;
}

/* The set of a token that is out of sight. A store of another serial, copied there, says nothing of this one's. */
static int set_in(struct sb_tokens *tokens, const char *directory, struct sb_seal_set *set)
{
	struct sb_token t = {.tokens = tokens, .lock_fd = -1, .user = SB_USER_NONE};
	char *path = token_path(tokens, directory, "token.db");
	int rc = path ? check_private(tokens, directory, path) : SB_E_NOMEM;

	snprintf(t.name, sizeof t.name, "%s", directory + strlen(directory) - SB_TOKEN_SERIAL);
	if (rc == SB_OK)
		rc = sb_store_sqlite_open(path, false, true, &t.store);
	if (rc == SB_OK)
		rc = take_values(&t);
	if (rc == SB_OK)
		rc = t.seal->device ? token_seal_set(&t, set) : SB_E_NOT_FOUND;
	if (t.store)
		t.store->ops->close(&t.store);
	sb_bytes_free(&t.header_row);
	free(path);
	return rc;
}

int tokens_trash_note(struct sb_tokens *tokens, const char *directory, bool *noted)
{
	struct sb_seal_set set;
	int rc = set_in(tokens, directory, &set);

	*noted = false;
	/* For want of memory or room it may be read another time. */
	if (rc != SB_OK)
		return rc == SB_E_NOMEM || rc == SB_E_FULL || rc == SB_E_BUSY ? rc : SB_OK;
	rc = tokens_trash_add(tokens, directory + strlen(directory) - SB_TOKEN_SERIAL, &set);
	*noted = rc == SB_OK;
	return rc;
}

enum fate { HAD, UNCLEAR, RUBBISH };

/* A token that is there and does not tell what it has, has it. */
static enum fate fate_at(struct sb_token *t, const struct entry *e)
{
	struct sb_seal_set set;

	if (token_check_place(t) != SB_OK || token_reload(t) != SB_OK)
		return UNCLEAR;
	if (!t->seal->device)
		return RUBBISH;
	if (token_seal_set(t, &set) != SB_OK)
		return UNCLEAR;
	return memcmp(set.nonce, e->set.nonce, SB_SEAL_NONCE) == 0 ? HAD : RUBBISH;
}

/* A line under a serial that is not its own is nobody's word: the set stays with the token that has it. */
static bool anyone_has(struct sb_tokens *tokens, const struct entry *e)
{
	bool has = false;

	for (size_t i = 0; !has && i < tokens->count; i++) {
		struct sb_token *t = tokens->items[i];

		has = t->present && strcmp(t->name, e->serial) != 0 && fate_at(t, e) == HAD;
	}
	return has;
}

static enum fate fate_of(struct sb_tokens *tokens, const struct entry *e)
{
	enum fate fate = UNCLEAR;
	struct stat st;

	for (size_t i = 0; i < tokens->count; i++) {
		struct sb_token *t = tokens->items[i];

		if (!t->present || strcmp(t->name, e->serial) != 0)
			continue;
		/* Who holds the lock may be making this set for it at the moment. */
		if (token_try_lock(t) != SB_OK)
			return UNCLEAR;
		fate = fate_at(t, e);
		token_unlock(t);
		return fate;
	}
	return fstatat(tokens->fd, e->serial, &st, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT ? RUBBISH : UNCLEAR;
}

/* From *at on; what stands between is passed over. */
static bool next_entry(const struct sb_bytes *text, size_t *at, struct entry *e)
{
	char line[LINE + 1] = {0};

	for (; *at + LINE <= text->len; ++*at) {
		memcpy(line, text->data + *at, LINE);
		if ((*at && text->data[*at - 1] != '\n') || line[LINE - 1] != '\n' || !parse_entry(line, e))
			continue;
		*at += LINE;
		return true;
	}
	return false;
}

/* What is left of the trash, in kept. */
static int sweep_lines(struct sb_tokens *tokens, struct sb_seal_link *link, const struct sb_bytes *text, struct sb_bytes *kept)
{
	struct entry e;
	size_t at = 0;
	int rc = SB_OK;

	while (rc == SB_OK && next_entry(text, &at, &e)) {
		enum fate fate;

		fate = fate_of(tokens, &e);
		if (fate == RUBBISH && anyone_has(tokens, &e))
			fate = HAD;
		if (fate == UNCLEAR || (fate == RUBBISH && sb_seal_tpm.device->destroy(link, &e.set) != SB_OK))
			rc = append_entry(&e, kept);
	}
	return rc;
}

void tokens_trash_sweep(struct sb_tokens *tokens)
{
	struct sb_bytes text = {0}, kept = {0};
	struct sb_seal_link *link = NULL;
	int rc = read_trash(tokens, &text);

	if (rc == SB_OK && text.len)
		rc = sb_seal_tpm.device->connect(tokens->config.tcti, &link);
	if (rc == SB_OK && text.len)
		rc = sweep_lines(tokens, link, &text, &kept);
	if (rc == SB_OK && kept.len != text.len)
		write_trash(tokens, &kept);
	sb_seal_tpm.device->disconnect(&link);
	sb_bytes_free(&kept);
	sb_bytes_free(&text);
}

int token_trash_note(struct sb_token *token, const struct sb_seal_set *set)
{
	int fd = tokens_lock(token->tokens, true), rc;

	if (fd < 0)
		return fd;
	rc = tokens_trash_add(token->tokens, token->name, set);
	tokens_unlock(token->tokens, fd);
	return rc;
}

void token_trash_sweep(struct sb_token *token)
{
	int fd = tokens_lock(token->tokens, true);

	if (fd < 0)
		return;
	tokens_trash_sweep(token->tokens);
	tokens_unlock(token->tokens, fd);
}
