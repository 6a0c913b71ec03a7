/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "token_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/error.h"
#include "crypto/random.h"

/* The life of one token: made whole in a directory of another name, opened with suspicion, initialised anew, removed. */

static const uint8_t magic[4] = {'S', 'B', 'T', 'K'};

int token_header_encode(const struct token_header *h, uint8_t out[TOKEN_HEADER])
{
	uint8_t *p = out;

	memcpy(p, magic, 4);
	sb_put_u32(p + 4, TOKEN_FORMAT);
	memcpy(p + 8, h->serial, SB_TOKEN_SERIAL);
	p += 8 + SB_TOKEN_SERIAL;
	sb_put_u32(p, h->slot);
	sb_put_u32(p + 4, h->ordinal);
	p += 8;
	p[0] = h->profile;
	p[1] = h->seal;
	p[2] = h->pin_profile;
	p[3] = h->always_authenticate;
	p[4] = h->import;
	p[5] = h->audit;
	p[6] = h->tries[SB_SEAL_PIN];
	p[7] = h->tries[SB_SEAL_PUK];
	return SB_OK;
}

static int header_decode(struct sb_slice in, struct token_header *h)
{
	const uint8_t *p = in.data;

	if (in.len != TOKEN_HEADER || memcmp(p, magic, 4) != 0 || sb_get_u32(p + 4) != TOKEN_FORMAT)
		return SB_E_CORRUPT;
	memcpy(h->serial, p + 8, SB_TOKEN_SERIAL);
	p += 8 + SB_TOKEN_SERIAL;
	h->slot = sb_get_u32(p);
	h->ordinal = sb_get_u32(p + 4);
	p += 8;
	h->profile = p[0];
	h->seal = p[1];
	h->pin_profile = p[2];
	h->always_authenticate = p[3];
	h->import = p[4];
	h->audit = p[5];
	h->tries[SB_SEAL_PIN] = p[6];
	h->tries[SB_SEAL_PUK] = p[7];
	if (h->profile > SB_PROFILE_GENERAL || h->pin_profile > SB_PIN_STRICT || h->always_authenticate > SB_ALWAYS_AUTH_STRICT ||
		h->import > 1 || h->tries[0] < 1 || h->tries[0] > 15 || h->tries[1] < 1 || h->tries[1] > 15 || h->slot == 0 ||
		h->slot > INT32_MAX)
		return SB_E_CORRUPT;
	return SB_OK;
}

/* A regular file of ours, with one name, that nobody else can read; SB_E_UNSAFE otherwise. */
static int check_file(const char *path, ino_t *inode)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return sb_error_from_errno(errno);
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_nlink != 1 || (st.st_mode & 077))
		return SB_E_UNSAFE;
	*inode = st.st_ino;
	return SB_OK;
}

static int check_directory(const char *path, bool *read_only)
{
	struct statvfs fs;
	struct stat st;

	if (lstat(path, &st) != 0)
		return sb_error_from_errno(errno);
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077))
		return SB_E_UNSAFE;
	if (statvfs(path, &fs) != 0)
		return sb_error_from_errno(errno);
	*read_only = !(st.st_mode & S_IWUSR) || (fs.f_flag & ST_RDONLY);
	return SB_OK;
}

void token_free(struct sb_token **token)
{
	struct sb_token *t = token ? *token : NULL;

	if (!t)
		return;
	token_keys_free(&t->keys);
	if (t->store)
		t->store->ops->close(&t->store);
	if (t->lock_fd >= 0)
		close(t->lock_fd);
	sb_wipe(t, sizeof *t);
	free(t);
	*token = NULL;
}

static int get_exact(struct sb_token *t, const char *name, void *out, size_t len)
{
	struct sb_bytes value = {0};
	int rc = t->store->ops->get(t->store, name, &value);

	if (rc == SB_OK && value.len != len)
		rc = SB_E_CORRUPT;
	if (rc == SB_OK)
		memcpy(out, value.data, len);
	sb_bytes_free(&value);
	return rc == SB_E_NOT_FOUND ? SB_E_CORRUPT : rc;
}

static int read_header(struct sb_token *t)
{
	struct sb_bytes value = {0};
	int rc = t->store->ops->get(t->store, META_HEADER, &value);

	if (rc == SB_OK)
		rc = header_decode(sb_bytes_slice(&value), &t->header);
	/* The directory's name is the serial: a store copied under another name is another's. */
	if (rc == SB_OK && memcmp(t->header.serial, t->name, SB_TOKEN_SERIAL) != 0)
		rc = SB_E_CORRUPT;
	if (rc == SB_OK) {
		t->seal = sb_seal_by_type(t->header.seal);
		rc = t->seal ? SB_OK : SB_E_UNSUPPORTED;
	}
	sb_bytes_free(&value);
	return rc;
}

int token_reload(struct sb_token *t)
{
	uint8_t public_key[TOKEN_KEY];
	int rc = get_exact(t, META_PUBLIC, public_key, TOKEN_KEY);

	if (rc == SB_OK)
		rc = get_exact(t, META_LABEL, t->label, SB_TOKEN_LABEL);
	if (rc != SB_OK || memcmp(public_key, t->public_key, TOKEN_KEY) == 0)
		return rc;
	/* Initialised anew by another process: what we were logged in to is gone. */
	sb_token_logout(t);
	memcpy(t->public_key, public_key, TOKEN_KEY);
	t->change++;
	return token_public_derive(t);
}

int token_open(struct sb_tokens *tokens, const char *name, struct sb_token **out)
{
	struct sb_token *t = calloc(1, sizeof *t);
	char *directory = token_path(tokens, name, "");
	char *database = token_path(tokens, name, "token.db");
	char *lock = token_path(tokens, name, "lock");
	bool read_only = false;
	int rc = t && directory && database && lock ? SB_OK : SB_E_NOMEM;

	*out = NULL;
	if (rc != SB_OK)
		goto out;
	t->tokens = tokens;
	t->lock_fd = -1;
	t->user = SB_USER_NONE;
	t->present = true;
	snprintf(t->name, sizeof t->name, "%s", name);
	directory[strlen(directory) - 1] = 0;
	rc = check_directory(directory, &read_only);
	if (rc == SB_OK)
		rc = check_file(database, &t->inode);
	if (rc == SB_OK && !read_only) {
		t->lock_fd = open(lock, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (t->lock_fd < 0)
			rc = sb_error_from_errno(errno);
	}
	if (rc == SB_OK)
		rc = sb_store_sqlite_open(database, false, read_only, &t->store);
	if (rc == SB_OK)
		rc = read_header(t);
	if (rc == SB_OK)
		rc = token_reload(t);
out:
	free(directory);
	free(database);
	free(lock);
	if (rc == SB_OK)
		*out = t;
	else if (t && t->tokens)
		token_free(&t);
	else
		free(t);
	return rc;
}

/* The rows of a fresh token, in the transaction that is open. */
static int write_fresh(struct sb_token *t, struct sb_slice so_pin, const char label[SB_TOKEN_LABEL])
{
	struct token_digest digest = {.store_generation = 1};
	struct sb_tries tries = {0};
	struct token_keys *keys = NULL;
	const struct sb_store_ops *ops = t->store->ops;
	int rc = token_keys_new(&keys);

	if (rc == SB_OK)
		rc = sb_random(keys->token, TOKEN_KEY);
	if (rc == SB_OK)
		rc = token_keys_derive(keys);
	if (rc == SB_OK)
		rc = sb_random(t->public_key, TOKEN_KEY);
	if (rc == SB_OK)
		rc = token_public_derive(t);
	if (rc == SB_OK)
		rc = ops->clear(t->store);
	if (rc == SB_OK)
		rc = ops->drop(t->store, META_WRAP_PIN);
	if (rc == SB_OK)
		rc = ops->drop(t->store, META_BIRTH);
	if (rc == SB_OK)
		rc = ops->put(t->store, META_PUBLIC, sb_slice(t->public_key, TOKEN_KEY));
	if (rc == SB_OK)
		rc = ops->put(t->store, META_LABEL, sb_slice(label, SB_TOKEN_LABEL));
	if (rc == SB_OK)
		rc = token_write_wrap(t, SB_SEAL_PUK, so_pin, keys);
	if (rc == SB_OK)
		rc = token_write_tries(t, &tries);
	if (rc == SB_OK)
		rc = token_digest_write(t, keys, &digest);
	token_keys_free(&keys);
	memcpy(t->label, label, SB_TOKEN_LABEL);
	return rc;
}

static int write_first(struct sb_token *t, struct sb_slice so_pin, const char label[SB_TOKEN_LABEL])
{
	uint8_t header[TOKEN_HEADER];
	int rc = t->store->ops->begin(t->store);

	if (rc == SB_OK)
		rc = token_header_encode(&t->header, header);
	if (rc == SB_OK)
		rc = t->store->ops->put(t->store, META_HEADER, sb_slice(header, sizeof header));
	if (rc == SB_OK)
		rc = write_fresh(t, so_pin, label);
	if (rc == SB_OK)
		rc = t->store->ops->commit(t->store);
	if (rc == SB_OK)
		rc = t->store->ops->truncate(t->store);
	return rc;
}

/* What the configuration says now is fixed for the token's life. */
static void header_from_config(const struct sb_config *c, struct token_header *h)
{
	h->profile = (uint8_t)c->profile;
	h->seal = SB_SEAL_TYPE_SOFTWARE;
	h->pin_profile = (uint8_t)c->pin_profile;
	h->always_authenticate = (uint8_t)c->always_authenticate;
	h->import = c->import;
	h->audit = (uint8_t)(c->audit < 0 ? c->profile == SB_PROFILE_IDENTITY : c->audit);
	h->tries[SB_SEAL_PIN] = (uint8_t)c->pin_tries;
	h->tries[SB_SEAL_PUK] = (uint8_t)c->puk_tries;
}

/* Builds the store in the directory ".new-SERIAL". */
static int build(struct sb_tokens *tokens, const char *directory, const struct token_header *header, struct sb_slice so_pin,
	const char label[SB_TOKEN_LABEL])
{
	struct sb_token t = {.tokens = tokens, .header = *header, .seal = sb_seal_by_type(header->seal), .lock_fd = -1,
		.user = SB_USER_NONE};
	char *path = token_path(tokens, directory, "token.db");
	int rc = path && t.seal ? SB_OK : SB_E_NOMEM;

	if (rc == SB_OK && mkdirat(tokens->fd, directory, 0700) != 0)
		rc = sb_error_from_errno(errno);
	/* Ours and private before SQLite opens it, whatever the host's umask. */
	if (rc == SB_OK) {
		int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

		if (fd < 0 || fchmod(fd, 0600) != 0)
			rc = sb_error_from_errno(errno);
		if (fd >= 0)
			close(fd);
	}
	if (rc == SB_OK)
		rc = sb_store_sqlite_open(path, true, false, &t.store);
	if (rc == SB_OK)
		rc = write_first(&t, so_pin, label);
	if (t.store)
		t.store->ops->close(&t.store);
	sb_wipe(&t, sizeof t);
	free(path);
	return rc;
}

static int random_serial(char serial[TOKEN_NAME])
{
	struct sb_bytes hex = {0};
	uint8_t raw[SB_TOKEN_SERIAL / 2];
	int rc = sb_random(raw, sizeof raw);

	if (rc == SB_OK)
		rc = sb_hex_encode(raw, sizeof raw, &hex);
	if (rc == SB_OK) {
		memcpy(serial, hex.data, SB_TOKEN_SERIAL);
		serial[SB_TOKEN_SERIAL] = 0;
	}
	sb_bytes_free(&hex);
	return rc;
}

/* Under the directory's lock. */
static int create_locked(struct sb_tokens *tokens, unsigned long slot, struct sb_slice so_pin, const char label[SB_TOKEN_LABEL],
	struct sb_token **out)
{
	struct token_header header = {0};
	char serial[TOKEN_NAME], temporary[TOKEN_NAME + 8];
	int rc = tokens_read_slots(tokens);

	if (rc == SB_OK && sb_tokens_free_slot(tokens) != slot)
		return SB_E_BUSY;
	if (rc == SB_OK)
		rc = random_serial(serial);
	if (rc != SB_OK)
		return rc;
	header_from_config(&tokens->config, &header);
	memcpy(header.serial, serial, SB_TOKEN_SERIAL);
	header.slot = (uint32_t)slot;
	header.ordinal = tokens->made;
	snprintf(temporary, sizeof temporary, ".new-%s", serial);
	rc = build(tokens, temporary, &header, so_pin, label);
	/* The slot is spent before the token appears: an id is never given twice. */
	tokens->made++;
	if (rc == SB_OK)
		rc = tokens_write_slots(tokens);
	if (rc == SB_OK && renameat(tokens->fd, temporary, tokens->fd, serial) != 0)
		rc = sb_error_from_errno(errno);
	if (rc == SB_OK && fsync(tokens->fd) != 0)
		rc = sb_error_from_errno(errno);
	if (rc == SB_OK)
		rc = token_open(tokens, serial, out);
	if (rc != SB_OK) {
		tokens_erase(tokens, temporary);
		tokens->made--;
		return rc;
	}
	return tokens_adopt(tokens, *out);
}

int sb_tokens_create(struct sb_tokens *tokens, unsigned long slot, struct sb_slice so_pin, const char label[SB_TOKEN_LABEL],
	struct sb_token **out)
{
	unsigned long rule;
	int rc = sb_pin_check_puk(so_pin, &rule), fd;

	*out = NULL;
	/* The TPM seal is not built yet; a token that asks for it must not silently get less. */
	if (rc == SB_OK && tokens->config.seal == SB_SEAL_TPM)
		rc = SB_E_UNSUPPORTED;
	if (rc == SB_OK)
		rc = tokens_make_directory(tokens);
	if (rc != SB_OK)
		return rc;
	fd = tokens_lock(tokens);
	if (fd < 0)
		return fd;
	rc = create_locked(tokens, slot, so_pin, label, out);
	tokens_unlock(tokens, fd);
	return rc;
}

int sb_token_reset(struct sb_token *token, struct sb_slice so_pin, const char label[SB_TOKEN_LABEL])
{
	struct token_keys *keys = NULL;
	int rc = token_try(token, SB_SEAL_PUK, so_pin, &keys);

	token_keys_free(&keys);
	if (rc != SB_OK)
		return rc;
	sb_token_logout(token);
	rc = token_lock(token);
	if (rc != SB_OK)
		return rc;
	rc = token->store->ops->begin(token->store);
	if (rc == SB_OK)
		rc = write_fresh(token, so_pin, label);
	if (rc == SB_OK)
		rc = token->store->ops->commit(token->store);
	if (rc != SB_OK) {
		token->store->ops->rollback(token->store);
		/* Back to what the file holds. */
		sb_wipe(token->public_key, sizeof token->public_key);
		token_reload(token);
	} else
		token->store->ops->truncate(token->store);
	token_unlock(token);
	token->change++;
	return rc;
}

int sb_token_remove(struct sb_token *token)
{
	struct sb_tokens *tokens = token->tokens;
	char trash[TOKEN_NAME + 8];
	int rc;

	if (token->user != SB_USER_SO)
		return SB_E_LOGGED_OUT;
	snprintf(trash, sizeof trash, ".old-%s", token->name);
	rc = token_lock(token);
	if (rc != SB_OK)
		return rc;
	/* First out of sight in one step, then away: a crash between leaves rubbish, never half a token. */
	if (renameat(tokens->fd, token->name, tokens->fd, trash) != 0 || fsync(tokens->fd) != 0)
		rc = sb_error_from_errno(errno);
	token_unlock(token);
	if (rc != SB_OK)
		return rc;
	sb_token_logout(token);
	token->present = false;
	token->store->ops->close(&token->store);
	tokens_erase(tokens, trash);
	return SB_OK;
}
