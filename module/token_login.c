/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "token_found.h"

#include <errno.h>
#include <string.h>
#include <sys/file.h>

#include "base/error.h"
#include "crypto/digest.h"
#include "crypto/secret.h"

/* Login: a try is charged durably before the answer is known; see the order in token_try. */

enum { WRAP_RACES = 16 }; /* lost to a process that changes the PIN again and again */

int token_lock(struct sb_token *token)
{
	while (flock(token->lock_fd, LOCK_EX) != 0)
		if (errno != EINTR)
			return sb_error_from_errno(errno);
	return SB_OK;
}

int token_try_lock(struct sb_token *token)
{
	return flock(token->lock_fd, LOCK_EX | LOCK_NB) == 0 ? SB_OK : sb_error_from_errno(errno);
}

void token_unlock(struct sb_token *token)
{
	token_seal_unlink(token);
	flock(token->lock_fd, LOCK_UN);
}

int token_begin_admin(struct sb_token *token)
{
	int rc = token_check_place(token); /* another thread may have removed it while a PIN was stretched */

	if (rc == SB_OK)
		rc = token->store->read_only ? SB_E_READ_ONLY : token_lock(token);
	if (rc != SB_OK)
		return rc;
	rc = token->store->ops->begin(token->store);
	if (rc == SB_OK)
		rc = token_check_place(token);
	if (rc == SB_OK)
		rc = token_reload(token);
	if (rc != SB_OK) {
		token->store->ops->rollback(token->store);
		token_unlock(token);
	}
	return rc;
}

int token_commit_admin(struct sb_token *token)
{
	int rc = token_counter_before(token);

	if (rc == SB_OK)
		rc = token->store->ops->commit(token->store);
	token_counter_after(token, rc == SB_OK);
	return rc;
}

int token_leave_admin(struct sb_token *token, int rc)
{
	if (rc == SB_OK)
		token_truncate(token);
	else {
		token_counter_after(token, false);
		token->store->ops->rollback(token->store);
		/* Back to what the file holds. */
		token->loaded = false;
		token_reload(token);
	}
	token_unlock(token);
	token_known_doubt(token);
	token->change++;
	return rc;
}

int token_end_admin(struct sb_token *token, int rc)
{
	return token_leave_admin(token, rc == SB_OK ? token_commit_admin(token) : rc);
}

int token_keys_new(struct token_keys **out)
{
	*out = sb_secret_new(sizeof **out);
	return *out ? SB_OK : SB_E_NOMEM;
}

void token_keys_free(struct token_keys **keys)
{
	sb_secret_free((void **)keys);
}

static int derive(const uint8_t from[TOKEN_KEY], const char *purpose, uint8_t out[TOKEN_KEY])
{
	return sb_mac(sb_slice(from, TOKEN_KEY), purpose, strlen(purpose), out);
}

int token_keys_derive(struct token_keys *keys)
{
	int rc = derive(keys->token, "sinbun private records", keys->record);

	if (rc == SB_OK)
		rc = derive(keys->token, "sinbun private index", keys->index);
	if (rc == SB_OK)
		rc = derive(keys->token, "sinbun digest", keys->digest);
	if (rc == SB_OK)
		rc = derive(keys->token, "sinbun mac", keys->mac);
	if (rc == SB_OK)
		rc = derive(keys->token, "sinbun log rows", keys->log);
	if (rc == SB_OK)
		rc = derive(keys->token, "sinbun log chain", keys->chain);
	if (rc == SB_OK)
		rc = derive(keys->token, "sinbun counter", keys->counter);
	return rc;
}

int token_public_derive(struct sb_token *token)
{
	int rc = derive(token->public_key, "sinbun public records", token->public_record);

	if (rc == SB_OK)
		rc = derive(token->public_key, "sinbun public index", token->public_index);
	return rc == SB_OK ? derive(token->public_key, "sinbun public digest", token->public_digest) : rc;
}

int token_read_tries(struct sb_token *token, struct sb_tries *tries)
{
	struct sb_bytes row = {0};
	int rc = token->store->ops->get(token->store, META_TRIES, &row);

	/* Absent, or no row of ours: damaged tries lock the PIN, never the PUK. */
	if (rc == SB_OK || rc == SB_E_NOT_FOUND || rc == SB_E_CORRUPT) {
		sb_tries_decode(sb_bytes_slice(&row), sb_slice(token->public_key, TOKEN_KEY), tries);
		rc = SB_OK;
	}
	sb_bytes_free(&row);
	return rc;
}

int token_write_tries(struct sb_token *token, const struct sb_tries *tries)
{
	uint8_t row[SB_TRIES_ROW];
	int rc = sb_tries_encode(tries, sb_slice(token->public_key, TOKEN_KEY), row);

	return rc == SB_OK ? token->store->ops->put(token->store, META_TRIES, sb_slice(row, sizeof row)) : rc;
}

unsigned token_tries_left(const struct sb_token *token, const struct sb_tries *tries, enum sb_seal_slot slot)
{
	unsigned limit = token->header.tries[slot];

	if (tries->damaged)
		return slot == SB_SEAL_PIN ? 0 : limit;
	return tries->used[slot] < limit ? limit - tries->used[slot] : 0;
}

/* Counts one try as used, durably. Where that cannot be written, nothing may be checked. */
static int charge(struct sb_token *token, enum sb_seal_slot slot, const struct sb_audit_row *why)
{
	struct sb_tries tries;
	int rc = token->store->ops->begin(token->store);

	if (rc != SB_OK)
		return rc;
	rc = token_read_tries(token, &tries);
	if (rc == SB_OK && token_tries_left(token, &tries, slot) == 0)
		rc = SB_E_PIN_LOCKED;
	if (rc == SB_OK && tries.damaged) {
		/* Only the PUK gets here. The PIN stays locked, and the row becomes good again. */
		tries = (struct sb_tries){.used = {token->header.tries[SB_SEAL_PIN], 0}};
	}
	if (rc == SB_OK) {
		tries.used[slot]++;
		rc = token_write_tries(token, &tries);
	}
	if (rc == SB_OK)
		rc = token_audit_charged(token, why, token_tries_left(token, &tries, slot) == 0);
	if (rc == SB_OK)
		rc = token->store->ops->commit(token->store);
	if (rc != SB_OK)
		token->store->ops->rollback(token->store);
	return rc;
}

/* opened NULL: without the log. */
static int reset_tries(struct sb_token *token, enum sb_seal_slot slot, const struct token_opened *opened)
{
	struct sb_tries tries;
	int rc = token->store->ops->begin(token->store);

	if (rc == SB_OK)
		rc = token_read_tries(token, &tries);
	if (rc == SB_OK) {
		tries.used[slot] = 0;
		rc = token_write_tries(token, &tries);
	}
	if (rc == SB_OK && opened)
		rc = token_audit_opened(token, opened);
	if (rc == SB_OK)
		rc = token->store->ops->commit(token->store);
	if (rc != SB_OK)
		token->store->ops->rollback(token->store);
	return rc;
}

/* Where the log has no room nothing is opened, but the right PIN must not use up a try. What waits for the next login tells of it. */
static int forgive(struct sb_token *token, enum sb_seal_slot slot, const struct token_opened *opened)
{
	int rc = reset_tries(token, slot, opened);

	if (rc != SB_OK)
		reset_tries(token, slot, NULL);
	return rc;
}

/* The wrap, with the header and K_pub that it belongs to. */
static int read_current(struct sb_token *token, enum sb_seal_slot slot, struct sb_bytes *row)
{
	bool begun;
	int rc = token->store->ops->view(token->store, &begun);

	if (rc == SB_OK)
		rc = token_reload(token);
	if (rc == SB_OK)
		rc = token_wrap_read(token, slot, row);
	token->store->ops->end_view(token->store, begun);
	return rc;
}

/* Leaves an old format behind while the PIN is at hand. The wrap that stands afterwards is what was opened. */
static int upgrade(struct sb_token *token, struct token_stretch *stretch, struct token_opened *opened)
{
	int rc;

	if (token->header.format == TOKEN_FORMAT && !token_wrap_is_old(&opened->wrap))
		return SB_OK;
	rc = token_upgrade(token, stretch, opened->keys);
	sb_bytes_free(&opened->wrap);
	if (rc == SB_OK)
		rc = read_current(token, stretch->slot, &opened->wrap);
	opened->upgraded = true;
	return rc;
}

/* Under the token's lock, with the PIN stretched for the wrap in opened. *again: the wrap was replaced meanwhile. */
static int charge_and_open(struct sb_token *token, struct token_stretch *stretch, struct token_opened *opened, bool *again)
{
	struct sb_bytes now = {0};
	int rc = token_check_place(token);

	if (rc == SB_OK)
		rc = read_current(token, stretch->slot, &now);
	*again = rc == SB_OK && !sb_slice_equal(sb_bytes_slice(&opened->wrap), sb_bytes_slice(&now));
	sb_bytes_free(&now);
	if (rc != SB_OK || *again)
		return rc;
	rc = charge(token, stretch->slot, opened->why);
	if (rc == SB_OK && token->seal->device) {
		rc = token_seal_try(token, stretch, opened);
		if (rc == SB_OK)
			rc = forgive(token, stretch->slot, opened);
		return rc;
	}
	if (rc == SB_OK)
		rc = token_wrap_open(token, stretch, &opened->wrap, opened->keys);
	if (rc == SB_OK)
		rc = forgive(token, stretch->slot, opened);
	return rc == SB_OK ? upgrade(token, stretch, opened) : rc;
}

static int check_tries(struct sb_token *token, enum sb_seal_slot slot)
{
	struct sb_tries tries;
	int rc = token_read_tries(token, &tries);

	return rc == SB_OK && token_tries_left(token, &tries, slot) == 0 ? SB_E_PIN_LOCKED : rc;
}

/* Spares the derivation where the PIN is locked. The last try may be charged by a right PIN in another process, not yet forgiven:
 * whether it is gone for good is known under the lock only. */
static int refuse_locked(struct sb_token *token, enum sb_seal_slot slot, const struct sb_audit_row *why)
{
	int rc = check_tries(token, slot);

	if (rc != SB_E_PIN_LOCKED)
		return rc;
	rc = token_lock(token);
	if (rc != SB_OK)
		return rc;
	/* Where a device counts, the store has hearsay. */
	rc = token->seal->device ? token_seal_mirror(token) : SB_OK;
	if (rc == SB_OK)
		rc = check_tries(token, slot);
	if (rc == SB_E_PIN_LOCKED)
		token_audit_locked(token, why);
	token_unlock(token);
	return rc;
}

static int try_once(struct sb_token *token, enum sb_seal_slot slot, struct sb_slice pin, struct token_opened *opened, bool *again)
{
	struct token_stretch *stretch = NULL;
	int rc = token_check_place(token);

	*again = false;
	if (rc == SB_OK)
		rc = read_current(token, slot, &opened->wrap);
	if (rc == SB_OK)
		rc = refuse_locked(token, slot, opened->why);
	/* The slow part holds no lock, so that right PINs in many processes do not wait for each other's derivations. */
	if (rc == SB_OK)
		rc = token_stretch_for(token, slot, pin, &opened->wrap, &stretch);
	if (rc == SB_OK)
		rc = token_lock(token);
	if (rc == SB_OK) {
		rc = charge_and_open(token, stretch, opened, again);
		token_unlock(token);
	}
	if (rc == SB_OK && !*again)
		opened->stretch = stretch;
	else
		token_stretch_free(&stretch);
	return rc;
}

int token_try(struct sb_token *token, enum sb_seal_slot slot, struct sb_slice pin, struct token_opened *opened)
{
	bool again = true;
	int rc = token_check_place(token);

	*opened = (struct token_opened){.why = opened->why, .any_age = opened->any_age};
	if (rc == SB_OK && token->store->read_only)
		rc = SB_E_READ_ONLY;
	if (rc == SB_OK)
		rc = token_keys_new(&opened->keys);
	for (int i = 0; rc == SB_OK && again && i < WRAP_RACES; i++) {
		sb_bytes_free(&opened->wrap);
		rc = try_once(token, slot, pin, opened, &again);
	}
	if (rc == SB_OK && again)
		rc = SB_E_BUSY;
	if (rc != SB_OK)
		token_opened_free(opened);
	return rc;
}

void token_opened_free(struct token_opened *opened)
{
	token_keys_free(&opened->keys);
	token_stretch_free(&opened->stretch);
	sb_bytes_free(&opened->wrap);
}

static void keep_officer(struct sb_token *token, struct token_opened *opened)
{
	token->officer = opened->stretch;
	opened->stretch = NULL;
	sb_bytes_set(&token->officer_wrap, opened->wrap.data, opened->wrap.len);
}

int token_officer_check(struct sb_token *token)
{
	struct sb_bytes now = {0};
	int rc = token->officer ? token_wrap_read(token, SB_SEAL_PUK, &now) : SB_E_LOGGED_OUT;

	if (rc == SB_OK && !sb_slice_equal(sb_bytes_slice(&now), sb_bytes_slice(&token->officer_wrap)))
		rc = SB_E_LOGGED_OUT;
	sb_bytes_free(&now);
	return rc;
}

void token_officer_replace(struct sb_token *token, struct token_stretch **puk)
{
	if (!token->officer)
		return;
	token_stretch_free(&token->officer);
	token->officer = *puk;
	*puk = NULL;
	sb_bytes_free(&token->officer_wrap);
	if (token_wrap_read(token, SB_SEAL_PUK, &token->officer_wrap) != SB_OK)
		sb_bytes_free(&token->officer_wrap);
}

static const enum sb_seal_slot slot_of[] = {[SB_USER_HOLDER] = SB_SEAL_PIN, [SB_USER_SO] = SB_SEAL_PUK};

int sb_token_login(struct sb_token *token, enum sb_user who, struct sb_slice pin)
{
	const struct sb_audit_row why = {.event = SB_AUDIT_LOGIN, .user = (uint8_t)who};
	struct token_opened opened = {.why = &why};
	int rc = token_check_place(token);

	/* A login that another process ended is none. */
	if (rc == SB_OK)
		rc = token_reload(token);
	if (rc != SB_OK)
		return rc;
	if (token->user != SB_USER_NONE)
		return token->user == who ? SB_E_LOGGED_IN : SB_E_OTHER_USER;
	rc = token_try(token, slot_of[who], pin, &opened);
	if (rc != SB_OK)
		return rc;
	/* Another thread may have logged in while the PIN was derived. */
	if (token->user != SB_USER_NONE) {
		token_opened_free(&opened);
		return token->user == who ? SB_E_LOGGED_IN : SB_E_OTHER_USER;
	}
	token->keys = opened.keys;
	opened.keys = NULL;
	token->user = who;
	if (who == SB_USER_SO)
		keep_officer(token, &opened);
	token->epoch++;
	token->change++;
	rc = token_digest_verify(token, token->keys);
	token->damaged = rc != SB_OK;
	/* A machine that has no memory says nothing of the token. */
	if (rc == SB_E_NOMEM) {
		token_opened_free(&opened);
		token->damaged = false;
		sb_token_logout(token);
		return rc;
	}
	token_raise_cost(token, slot_of[who], pin, &opened.wrap);
	token_public_check(token, true);
	token_public_begin(token);
	if (!opened.upgraded && !token->damaged && token->public_rows == PUBLIC_SOUND)
		token_drop_backup(token);
	token_opened_free(&opened);
	/* Another process may have initialised the token anew during the last of it. */
	return token->user == who ? SB_OK : SB_E_LOGGED_OUT;
}

int sb_token_logout(struct sb_token *token)
{
	if (token->user == SB_USER_NONE)
		return SB_E_LOGGED_OUT;
	if (token->untruncated)
		token_truncate(token);
	token_keys_free(&token->keys);
	token_stretch_free(&token->officer);
	sb_bytes_free(&token->officer_wrap);
	token_known_forget(token);
	token_found_free(&token->found);
	token->user = SB_USER_NONE;
	token->epoch++;
	token->change++;
	return SB_OK;
}

enum sb_user sb_token_user(const struct sb_token *token)
{
	return token->user;
}

uint64_t sb_token_epoch(const struct sb_token *token)
{
	return token->epoch;
}

int sb_token_check_pin(struct sb_token *token, struct sb_slice pin, const struct sb_audit_key *key)
{
	const struct sb_audit_row why = {.event = SB_AUDIT_SIGN, .user = SB_AUDIT_HOLDER, .key = *key};
	struct token_opened opened = {.why = &why};
	int rc = token_try(token, SB_SEAL_PIN, pin, &opened);

	token_opened_free(&opened);
	return rc;
}
