/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "token_found.h"

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
#include "base/file.h"
#include "crypto/random.h"

/* The life of one token: made whole in a directory of another name, opened with suspicion, initialised anew, removed. */

enum { RESET_RACES = 5 };

static const uint8_t magic[4] = {'S', 'B', 'T', 'K'};

enum { FIXED = 4 + 4 + SB_TOKEN_SERIAL + 4 + 4 + 8 }; /* bytes before the mechanisms: all of format 1 */

int token_header_encode(const struct token_header *h, struct sb_slice mechanisms, struct sb_bytes *out)
{
	uint8_t fixed[FIXED], count[4], *p = fixed;
	int rc;

	memcpy(p, magic, 4);
	sb_put_u32(p + 4, h->format);
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
	rc = sb_bytes_append(out, fixed, sizeof fixed);
	if (rc != SB_OK || h->format == 1)
		return rc;
	sb_put_u32(count, (uint32_t)(mechanisms.len / 8));
	rc = sb_bytes_append(out, count, sizeof count);
	return rc == SB_OK ? sb_bytes_append(out, mechanisms.data, mechanisms.len) : rc;
}

static bool sensible(const struct token_header *h)
{
	return h->profile <= SB_PROFILE_GENERAL && h->pin_profile <= SB_PIN_STRICT && h->always_authenticate <= SB_ALWAYS_AUTH_STRICT &&
	       h->import <= 1 && h->tries[0] >= 1 && h->tries[0] <= 15 && h->tries[1] >= 1 && h->tries[1] <= 15 && h->slot != 0 &&
	       h->slot <= INT32_MAX;
}

/* Format 1 ends after the fixed part; format 2 has a count and as many numbers. */
static bool right_length(struct sb_slice in, uint32_t format)
{
	if (format == 1)
		return in.len == FIXED;
	return format == TOKEN_FORMAT && in.len >= FIXED + 4 && sb_get_u32(in.data + FIXED) <= TOKEN_MECHANISMS_MAX &&
	       in.len == FIXED + 4 + 8 * (size_t)sb_get_u32(in.data + FIXED);
}

static int header_decode(struct sb_slice in, struct token_header *h)
{
	const uint8_t *p = in.data;

	if (in.len < FIXED || memcmp(p, magic, 4) != 0)
		return SB_E_CORRUPT;
	h->format = sb_get_u32(p + 4);
	if (!right_length(in, h->format))
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
	return sensible(h) ? SB_OK : SB_E_CORRUPT;
}

int token_take_header(struct sb_token *t, struct sb_slice row)
{
	struct token_header header = {0};
	const struct sb_seal *seal;
	size_t before = FIXED + 4;
	int rc = header_decode(row, &header);

	/* The directory's name is the serial: a store copied under another name is another's. */
	if (rc == SB_OK && memcmp(header.serial, t->name, SB_TOKEN_SERIAL) != 0)
		rc = SB_E_CORRUPT;
	if (rc != SB_OK)
		return rc;
	seal = sb_seal_by_type(header.seal);
	if (!seal)
		return SB_E_UNSUPPORTED;
	rc = sb_bytes_set(&t->header_row, row.data, row.len);
	if (rc != SB_OK)
		return rc;
	t->header = header;
	t->seal = seal;
	t->policy = (struct sb_token_policy){
		.profile = header.profile,
		.always_authenticate = header.always_authenticate,
		.import = header.import,
		.audit = header.audit,
	};
	if (row.len > before)
		t->policy.mechanisms = sb_slice(t->header_row.data + before, row.len - before);
	return SB_OK;
}

const struct sb_token_policy *sb_token_policy(const struct sb_token *token)
{
	return &token->policy;
}

/* A regular file of ours, with one name, that nobody else can read; SB_E_UNSAFE otherwise. */
static int check_file(const char *path, struct sb_token *t)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return sb_error_from_errno(errno);
	if (!sb_file_is_private(&st))
		return SB_E_UNSAFE;
	t->dev = st.st_dev;
	t->inode = st.st_ino;
	return SB_OK;
}

int token_check_place(struct sb_token *t)
{
	char name[TOKEN_NAME + sizeof "/token.db"];
	struct stat st;

	if (!t->present || !t->store)
		return SB_E_REMOVED;
	snprintf(name, sizeof name, "%s/token.db", t->name);
	if (fstatat(t->tokens->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		if (st.st_ino == t->inode && st.st_dev == t->dev)
			return SB_OK;
	} else if (errno != ENOENT && errno != ENOTDIR)
		return sb_error_from_errno(errno);
	sb_token_logout(t);
	t->present = false;
	return SB_E_REMOVED;
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
	token_stretch_free(&t->officer);
	sb_bytes_free(&t->officer_wrap);
	if (t->store && t->untruncated)
		token_truncate(t);
	if (t->store)
		t->store->ops->close(&t->store);
	sb_bytes_free(&t->header_row);
	token_known_forget(t);
	token_found_free(&t->found);
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

static int read_header(struct sb_token *t, bool *changed)
{
	struct sb_bytes row = {0};
	int rc = t->store->ops->get(t->store, META_HEADER, &row);

	*changed = rc == SB_OK && !sb_slice_equal(sb_bytes_slice(&row), sb_bytes_slice(&t->header_row));
	if (*changed)
		rc = token_take_header(t, sb_bytes_slice(&row));
	sb_bytes_free(&row);
	return rc == SB_E_NOT_FOUND ? SB_E_CORRUPT : rc;
}

/* Header, K_pub and label, of one moment. */
static int load(struct sb_token *t)
{
	uint8_t public_key[TOKEN_KEY];
	bool changed, begun;
	int rc = t->store->ops->view(t->store, &begun);

	if (rc == SB_OK)
		rc = read_header(t, &changed);
	if (rc == SB_OK)
		rc = get_exact(t, META_PUBLIC, public_key, TOKEN_KEY);
	if (rc == SB_OK)
		rc = get_exact(t, META_LABEL, t->label, SB_TOKEN_LABEL);
	t->store->ops->end_view(t->store, begun);
	if (rc != SB_OK)
		return rc;
	t->change += changed;
	if (memcmp(public_key, t->public_key, TOKEN_KEY) == 0)
		return SB_OK;
	/* Initialised anew by another process: what we were logged in to is gone. */
	sb_token_logout(t);
	t->damaged = t->rows_damaged = false;
	token_known_forget(t);
	memcpy(t->public_key, public_key, TOKEN_KEY);
	t->change++;
	return token_public_derive(t);
}

int token_reload(struct sb_token *t)
{
	uint64_t version;
	int rc = t->store->ops->change(t->store, &version);

	if (rc != SB_OK || (t->loaded && version == t->seen))
		return rc;
	t->public_rows = PUBLIC_UNCHECKED;
	rc = load(t);
	t->loaded = rc == SB_OK;
	t->seen = version;
	return rc;
}

void token_truncate(struct sb_token *t)
{
	t->untruncated = t->store->ops->truncate(t->store) != SB_OK;
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
		rc = check_file(database, t);
	if (rc == SB_OK && !read_only)
		rc = sb_file_open_private(AT_FDCWD, lock, O_RDWR | O_CREAT, &t->lock_fd);
	if (rc == SB_OK)
		rc = sb_store_sqlite_open(database, false, read_only, &t->store);
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

int token_keys_fresh(struct sb_token *t, struct token_keys **keys)
{
	int rc = token_keys_new(keys);

	if (rc == SB_OK)
		rc = sb_random((*keys)->token, TOKEN_KEY);
	if (rc == SB_OK)
		rc = token_keys_derive(*keys);
	if (rc == SB_OK)
		rc = sb_random(t->public_key, TOKEN_KEY);
	return rc == SB_OK ? token_public_derive(t) : rc;
}

static int put_fresh_values(struct sb_token *t, const struct token_header *header, const char label[SB_TOKEN_LABEL],
	struct sb_slice mechanisms)
{
	static const char *const gone[] = {META_WRAP_PIN, META_PENDING_PIN, META_PENDING_PUK, META_WRAP_THIRD, META_BIRTH, META_TRUSTED};
	const struct sb_store_ops *ops = t->store->ops;
	struct sb_bytes row = {0};
	int rc = ops->clear(t->store);

	for (size_t i = 0; rc == SB_OK && i < sizeof gone / sizeof *gone; i++)
		rc = ops->drop(t->store, gone[i]);
	if (rc == SB_OK)
		rc = token_header_encode(header, mechanisms, &row);
	if (rc == SB_OK)
		rc = ops->put(t->store, META_HEADER, sb_bytes_slice(&row));
	if (rc == SB_OK)
		rc = token_take_header(t, sb_bytes_slice(&row));
	if (rc == SB_OK)
		rc = ops->put(t->store, META_PUBLIC, sb_slice(t->public_key, TOKEN_KEY));
	if (rc == SB_OK)
		rc = ops->put(t->store, META_LABEL, sb_slice(label, SB_TOKEN_LABEL));
	memcpy(t->label, label, SB_TOKEN_LABEL);
	sb_bytes_free(&row);
	return rc;
}

/* What a fresh token is made of. */
struct making {
	struct token_header header;
	const struct sb_seal *seal;
	struct sb_seal_set set; /* of a seal with a device */
	struct token_stretch *puk;
	const char *label;
	struct sb_slice mechanisms;
};

/* The rows of a fresh token, in the transaction that is open; the PUK is stretched already. */
static int write_fresh(struct sb_token *t, const struct making *m)
{
	struct token_digest digest = {.store_generation = 1};
	struct sb_tries tries = {0};
	struct token_keys *keys = NULL;
	int rc = token_keys_fresh(t, &keys);

	if (rc == SB_OK)
		rc = put_fresh_values(t, &m->header, m->label, m->mechanisms);
	if (rc == SB_OK && t->seal->device)
		rc = token_seal_create(t, &m->set, m->puk, keys, &digest.store_generation);
	if (rc == SB_OK)
		rc = token_wrap_write(t, m->puk, keys);
	if (rc == SB_OK)
		rc = token_write_tries(t, &tries);
	if (rc == SB_OK)
		rc = token_public_write(t, &digest);
	if (rc == SB_OK)
		rc = token_audit_begin(t, keys, &digest, SB_AUDIT_INIT, SB_USER_SO);
	if (rc == SB_OK)
		rc = token_digest_note(t, keys, TOKEN_METAS_ALL, &digest);
	if (rc == SB_OK)
		rc = token_digest_write(t, keys, &digest);
	token_keys_free(&keys);
	return rc;
}

/* What the configuration says now is fixed for the token's life. */
static void header_from_config(const struct sb_config *c, const struct sb_seal *seal, struct token_header *h)
{
	h->format = TOKEN_FORMAT;
	h->profile = (uint8_t)c->profile;
	h->seal = (uint8_t)seal->type;
	h->pin_profile = (uint8_t)c->pin_profile;
	h->always_authenticate = (uint8_t)c->always_authenticate;
	h->import = c->import;
	h->audit = (uint8_t)(c->audit < 0 ? c->profile == SB_PROFILE_IDENTITY : c->audit);
	h->tries[SB_SEAL_PIN] = (uint8_t)c->pin_tries;
	h->tries[SB_SEAL_PUK] = (uint8_t)c->puk_tries;
}

static int write_first(struct sb_token *t, const struct making *m)
{
	int rc = t->store->ops->begin(t->store);

	if (rc == SB_OK)
		rc = write_fresh(t, m);
	if (rc == SB_OK)
		rc = t->store->ops->commit(t->store);
	return rc == SB_OK ? t->store->ops->truncate(t->store) : rc;
}

/* Builds the store in the directory ".new-SERIAL". */
static int build(struct sb_tokens *tokens, const char *directory, const struct making *m)
{
	struct sb_token t = {.tokens = tokens, .lock_fd = -1, .user = SB_USER_NONE};
	char *path = token_path(tokens, directory, "token.db");
	int rc = path ? SB_OK : SB_E_NOMEM;

	memcpy(t.name, m->header.serial, SB_TOKEN_SERIAL);
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
		rc = write_first(&t, m);
	if (t.seal)
		token_seal_unlink(&t);
	if (t.store)
		t.store->ops->close(&t.store);
	sb_bytes_free(&t.header_row);
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

/* Makes the token appear under its name; a failure leaves nothing behind, or the caller would make another. */
static int reveal(struct sb_tokens *tokens, const char *temporary, const char *serial, struct sb_token **out)
{
	int rc = SB_OK;

	if (renameat(tokens->fd, temporary, tokens->fd, serial) != 0)
		return sb_error_from_errno(errno);
	if (fsync(tokens->fd) != 0)
		rc = sb_error_from_errno(errno);
	if (rc == SB_OK)
		rc = token_open(tokens, serial, out);
	if (rc == SB_OK) {
		rc = tokens_adopt(tokens, *out);
		if (rc != SB_OK)
			*out = NULL; /* freed */
	}
	if (rc != SB_OK)
		renameat(tokens->fd, serial, tokens->fd, temporary);
	return rc;
}

/* Chooses what the token will occupy in its seal's device, and puts it down before it is made there. Under the directory's lock. */
static int note_set(struct sb_tokens *tokens, struct making *m)
{
	int rc = m->seal->device ? m->seal->device->choose(&m->set) : SB_OK;

	return rc == SB_OK && m->seal->device ? tokens_trash_add(tokens, m->header.serial, &m->set) : rc;
}

/* Under the directory's lock. */
static int create_locked(struct sb_tokens *tokens, unsigned long slot, struct making *m, struct sb_token **out)
{
	char serial[TOKEN_NAME], temporary[TOKEN_NAME + 8];
	int rc = tokens_read_slots(tokens);

	if (rc == SB_OK && sb_tokens_free_slot(tokens) != slot)
		return SB_E_BUSY;
	if (rc == SB_OK)
		rc = random_serial(serial);
	if (rc != SB_OK)
		return rc;
	header_from_config(&tokens->config, m->seal, &m->header);
	memcpy(m->header.serial, serial, SB_TOKEN_SERIAL);
	m->header.slot = (uint32_t)slot;
	m->header.ordinal = tokens->made;
	snprintf(temporary, sizeof temporary, ".new-%s", serial);
	rc = note_set(tokens, m);
	if (rc == SB_OK)
		rc = build(tokens, temporary, m);
	/* The slot is spent before the token appears: an id is never given twice. */
	tokens->made++;
	if (rc == SB_OK)
		rc = tokens_write_slots(tokens);
	if (rc == SB_OK)
		rc = reveal(tokens, temporary, serial, out);
	if (rc != SB_OK) {
		tokens_erase(tokens, temporary);
		tokens->made--;
		tokens_read_slots(tokens); /* the slot may be spent all the same */
	}
	if (m->seal->device)
		tokens_trash_sweep(tokens);
	return rc;
}

static int check_mechanisms(struct sb_slice mechanisms)
{
	return mechanisms.len % 8 || mechanisms.len / 8 > TOKEN_MECHANISMS_MAX ? SB_E_ARGUMENT : SB_OK;
}

/* "auto": a TPM where there is one. One that is there and does not serve must not silently give less. */
int token_seal_choose(const struct sb_config *config, const struct sb_seal **seal)
{
	bool tpm = config->seal == SB_SEAL_TPM;
	int rc = config->seal == SB_SEAL_AUTO ? sb_seal_tpm.device->find(config->tcti, &tpm) : SB_OK;
	struct sb_seal_link *link = NULL;

	*seal = tpm ? &sb_seal_tpm : &sb_seal_software;
	/* Before the derivation, which takes long. */
	if (rc == SB_OK && tpm)
		rc = sb_seal_tpm.device->connect(config->tcti, &link);
	sb_seal_tpm.device->disconnect(&link);
	return rc;
}

int sb_tokens_create(struct sb_tokens *tokens, unsigned long slot, struct sb_slice so_pin, const char label[SB_TOKEN_LABEL],
	struct sb_slice mechanisms, struct sb_token **out)
{
	struct making m = {.label = label, .mechanisms = mechanisms};
	unsigned long rule;
	int rc = sb_pin_check_puk(so_pin, &rule), fd;

	*out = NULL;
	if (rc == SB_OK)
		rc = check_mechanisms(mechanisms);
	if (rc == SB_OK)
		rc = token_seal_choose(&tokens->config, &m.seal);
	if (rc == SB_OK)
		rc = tokens_make_directory(tokens);
	/* The slow part first: every process that starts wants the directory's lock for a moment. */
	if (rc == SB_OK)
		rc = token_stretch_new(m.seal, SB_SEAL_PUK, so_pin, token_cost_configured(&tokens->config, m.seal), &m.puk);
	tokens->fault = rc <= SB_E_TPM_ABSENT && rc >= SB_E_TPM_FAILED ? rc : SB_OK;
	if (rc != SB_OK)
		return rc;
	fd = tokens_lock(tokens, true);
	rc = fd < 0 ? fd : create_locked(tokens, slot, &m, out);
	if (fd >= 0)
		tokens_unlock(tokens, fd);
	token_stretch_free(&m.puk);
	tokens->fault = rc <= SB_E_TPM_ABSENT && rc >= SB_E_TPM_FAILED ? rc : SB_OK;
	return rc;
}

static int note_old(struct sb_token *token)
{
	struct sb_seal_set set;

	if (!token->seal->device)
		return SB_OK;
	/* Where its wraps are damaged nobody knows what it has. */
	return token_seal_set(token, &set) == SB_OK ? token_trash_note(token, &set) : SB_OK;
}

static int note_both(struct sb_token *token, struct making *m)
{
	int rc = note_old(token);

	if (rc == SB_OK && token->seal->device)
		rc = token->seal->device->choose(&m->set);
	return rc == SB_OK && token->seal->device ? token_trash_note(token, &m->set) : rc;
}

/* With the PUK checked. *again: it was changed meanwhile. */
static int reset_opened(struct sb_token *token, struct sb_slice so_pin, struct making *m, const struct token_opened *opened, bool *again)
{
	struct sb_bytes now = {0};
	int rc = token_stretch_new(token->seal, SB_SEAL_PUK, so_pin, token_cost_wanted(token), &m->puk);

	if (rc == SB_OK)
		rc = token_begin_admin(token);
	if (rc != SB_OK)
		goto out;
	m->header = token->header;
	m->header.format = TOKEN_FORMAT;
	m->seal = token->seal;
	rc = token_wrap_read(token, SB_SEAL_PUK, &now);
	*again = rc == SB_OK && !sb_slice_equal(sb_bytes_slice(&now), sb_bytes_slice(&opened->wrap));
	if (rc == SB_OK && *again)
		rc = SB_E_BUSY;
	if (rc == SB_OK)
		rc = note_both(token, m);
	/* Only now: another thread may have logged in while the PUK was stretched. */
	if (rc == SB_OK)
		sb_token_logout(token);
	if (rc == SB_OK)
		rc = write_fresh(token, m);
	rc = token_seal_note(token, token_end_admin(token, rc));
	if (rc == SB_OK) {
		token->damaged = token->rows_damaged = false;
		token->public_rows = PUBLIC_UNCHECKED;
		token_drop_backup(token);
	}
out:
	token_stretch_free(&m->puk);
	sb_bytes_free(&now);
	return rc;
}

int sb_token_reset(struct sb_token *token, struct sb_slice so_pin, const char label[SB_TOKEN_LABEL], struct sb_slice mechanisms)
{
	struct making m = {.label = label, .mechanisms = mechanisms};
	const struct sb_audit_row why = {.event = SB_AUDIT_INIT, .user = SB_AUDIT_SO};
	int rc = check_mechanisms(mechanisms);
	bool again = rc == SB_OK;

	for (int i = 0; again && i < RESET_RACES; i++) {
		struct token_opened opened = {.why = &why, .any_age = true};

		again = false;
		rc = token_try(token, SB_SEAL_PUK, so_pin, &opened);
		if (rc == SB_OK)
			rc = reset_opened(token, so_pin, &m, &opened, &again);
		if (token->seal->device)
			token_trash_sweep(token);
		token_opened_free(&opened);
	}
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
	rc = token_begin_admin(token);
	if (rc != SB_OK)
		return rc;
	token->store->ops->rollback(token->store);
	/* Initialised anew by another process: it is not this SO's to remove. */
	if (token->user != SB_USER_SO) {
		token_unlock(token);
		return SB_E_LOGGED_OUT;
	}
	rc = note_old(token);
	/* First out of sight in one step, then away: a crash between leaves rubbish, never half a token. */
	if (rc == SB_OK && (renameat(tokens->fd, token->name, tokens->fd, trash) != 0 || fsync(tokens->fd) != 0))
		rc = sb_error_from_errno(errno);
	token_unlock(token);
	if (rc != SB_OK)
		return rc;
	sb_token_logout(token);
	token->present = false;
	token->store->ops->close(&token->store);
	tokens_erase(tokens, trash);
	if (token->seal->device)
		token_trash_sweep(token);
	return SB_OK;
}
