/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "token_private.h"

#include <errno.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/error.h"
#include "crypto/aead.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "crypto/secret.h"

/* PINs: a try is charged durably before the answer is known; see the order in token_try. */

enum { WRAP_BOX = TOKEN_KEY + SB_AEAD_OVERHEAD, WRAP_ROW = SB_KDF_SALT + 4 + 4 + WRAP_BOX, WRAP_RACES = 5 };
enum { DEFAULT_MEMORY = 256, DEFAULT_PASSES = 3, MEMORY_SHARE = 8 };

static const char *const wrap_names[] = {META_WRAP_PIN, META_WRAP_PUK};

/* Working memory of one try, guarded. */
struct attempt {
	uint8_t stretched[SB_STRETCHED], kek[SB_KEK];
};

int token_lock(struct sb_token *token)
{
	while (flock(token->lock_fd, LOCK_EX) != 0)
		if (errno != EINTR)
			return sb_error_from_errno(errno);
	return SB_OK;
}

void token_unlock(struct sb_token *token)
{
	flock(token->lock_fd, LOCK_UN);
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
	return rc;
}

int token_public_derive(struct sb_token *token)
{
	int rc = derive(token->public_key, "sinbun public records", token->public_record);

	return rc == SB_OK ? derive(token->public_key, "sinbun public index", token->public_index) : rc;
}

int token_read_tries(struct sb_token *token, struct sb_tries *tries)
{
	struct sb_bytes row = {0};
	int rc = token->store->ops->get(token->store, META_TRIES, &row);

	if (rc == SB_OK || rc == SB_E_NOT_FOUND) {
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

/* Everything fixed at initialisation, and the wrap's own parameters. */
static int wrap_ad(const struct sb_token *token, enum sb_seal_slot slot, const uint8_t *parameters, struct sb_bytes *ad)
{
	uint8_t header[TOKEN_HEADER];
	int rc = token_header_encode(&token->header, header);

	if (rc == SB_OK)
		rc = sb_bytes_append(ad, header, sizeof header);
	if (rc == SB_OK)
		rc = sb_bytes_append_byte(ad, (uint8_t)slot);
	if (rc == SB_OK)
		rc = sb_bytes_append(ad, parameters, SB_KDF_SALT + 8);
	return rc;
}

/* A quarter of a GiB, less where that would be too large a share of the machine. */
static unsigned default_memory(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
	unsigned long mib = pages > 0 && page > 0 ? (unsigned long)pages / 1024 * (unsigned long)page / 1024 : 0;

	if (mib / MEMORY_SHARE >= DEFAULT_MEMORY || mib == 0)
		return DEFAULT_MEMORY;
	return mib / MEMORY_SHARE < SB_KDF_MEMORY_MIN ? SB_KDF_MEMORY_MIN : (unsigned)(mib / MEMORY_SHARE);
}

static void seal_input(const struct sb_token *token, enum sb_seal_slot slot, struct sb_slice pin, const uint8_t *row,
	struct sb_seal_input *input)
{
	*input = (struct sb_seal_input){
		.slot = slot,
		.pin = pin,
		.serial = sb_slice(token->header.serial, SB_TOKEN_SERIAL),
		.salt = row,
		.memory_mib = sb_get_u32(row + SB_KDF_SALT),
		.passes = sb_get_u32(row + SB_KDF_SALT + 4),
	};
}

int token_write_wrap(struct sb_token *token, enum sb_seal_slot slot, struct sb_slice pin, const struct token_keys *keys)
{
	const struct sb_config *config = &token->tokens->config;
	struct attempt *a = sb_secret_new(sizeof *a);
	uint8_t parameters[SB_KDF_SALT + 8];
	struct sb_seal_input input;
	struct sb_bytes ad = {0}, row = {0};
	int rc = a ? sb_random(parameters, SB_KDF_SALT) : SB_E_NOMEM;

	if (rc != SB_OK)
		goto out;
	sb_put_u32(parameters + SB_KDF_SALT, config->kdf_memory ? config->kdf_memory : default_memory());
	sb_put_u32(parameters + SB_KDF_SALT + 4, config->kdf_passes ? config->kdf_passes : DEFAULT_PASSES);
	seal_input(token, slot, pin, parameters, &input);
	rc = token->seal->stretch(&input, a->stretched);
	if (rc == SB_OK)
		rc = token->seal->unlock(&input, a->stretched, a->kek);
	if (rc == SB_OK)
		rc = wrap_ad(token, slot, parameters, &ad);
	if (rc == SB_OK)
		rc = sb_bytes_append(&row, parameters, sizeof parameters);
	if (rc == SB_OK)
		rc = sb_aead_seal(a->kek, sb_bytes_slice(&ad), sb_slice(keys->token, TOKEN_KEY), &row);
	if (rc == SB_OK)
		rc = token->store->ops->put(token->store, wrap_names[slot], sb_bytes_slice(&row));
out:
	sb_secret_free((void **)&a);
	sb_bytes_free(&ad);
	sb_bytes_free(&row);
	return rc;
}

/* SB_E_PIN_UNSET when there is none. */
static int read_wrap(struct sb_token *token, enum sb_seal_slot slot, struct sb_bytes *row)
{
	int rc = token->store->ops->get(token->store, wrap_names[slot], row);
	uint32_t memory, passes;

	if (rc != SB_OK)
		return rc == SB_E_NOT_FOUND ? SB_E_PIN_UNSET : rc;
	if (row->len != WRAP_ROW)
		return SB_E_CORRUPT;
	memory = sb_get_u32(row->data + SB_KDF_SALT);
	passes = sb_get_u32(row->data + SB_KDF_SALT + 4);
	/* A row that asks for too little was weakened; one that asks for too much wants to exhaust the machine. */
	return memory < SB_KDF_MEMORY_MIN || memory > SB_KDF_MEMORY_MAX || passes < SB_KDF_PASSES_MIN || passes > SB_KDF_PASSES_MAX
		       ? SB_E_CORRUPT
		       : SB_OK;
}

/* Counts one try as used, durably. Where that cannot be written, nothing may be checked. */
static int charge(struct sb_token *token, enum sb_seal_slot slot)
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
		rc = token->store->ops->commit(token->store);
	if (rc != SB_OK)
		token->store->ops->rollback(token->store);
	return rc;
}

static int forgive(struct sb_token *token, enum sb_seal_slot slot)
{
	struct sb_tries tries;
	int rc = token->store->ops->begin(token->store);

	if (rc == SB_OK)
		rc = token_read_tries(token, &tries);
	if (rc == SB_OK) {
		tries.used[slot] = 0;
		rc = token_write_tries(token, &tries);
	}
	if (rc == SB_OK)
		rc = token->store->ops->commit(token->store);
	if (rc != SB_OK)
		token->store->ops->rollback(token->store);
	return rc;
}

static int unwrap(struct sb_token *token, const struct sb_seal_input *input, struct attempt *a, const struct sb_bytes *row,
	struct token_keys *keys)
{
	struct sb_bytes ad = {0}, plain = {0};
	int rc = token->seal->unlock(input, a->stretched, a->kek);

	if (rc == SB_OK)
		rc = wrap_ad(token, input->slot, row->data, &ad);
	if (rc == SB_OK) {
		rc = sb_aead_open(a->kek, sb_bytes_slice(&ad),
			sb_slice(row->data + SB_KDF_SALT + 8, row->len - SB_KDF_SALT - 8), &plain);
		if (rc == SB_E_CORRUPT)
			rc = SB_E_PIN_INCORRECT;
	}
	if (rc == SB_OK && plain.len != TOKEN_KEY)
		rc = SB_E_CORRUPT;
	if (rc == SB_OK) {
		memcpy(keys->token, plain.data, TOKEN_KEY);
		rc = token_keys_derive(keys);
	}
	sb_bytes_free(&plain);
	sb_bytes_free(&ad);
	return rc;
}

/* Under the token's lock, with the PIN stretched for the wrap in row. *again: the wrap was replaced meanwhile. */
static int charge_and_unwrap(struct sb_token *token, const struct sb_seal_input *input, struct attempt *a, const struct sb_bytes *row,
	struct token_keys *keys, bool *again)
{
	struct sb_bytes now = {0};
	int rc = read_wrap(token, input->slot, &now);

	*again = rc == SB_OK && !sb_slice_equal(sb_bytes_slice(row), sb_bytes_slice(&now));
	sb_bytes_free(&now);
	if (rc != SB_OK || *again)
		return rc;
	rc = charge(token, input->slot);
	if (rc == SB_OK)
		rc = unwrap(token, input, a, row, keys);
	if (rc == SB_OK)
		rc = forgive(token, input->slot);
	return rc;
}

static int check_tries(struct sb_token *token, enum sb_seal_slot slot)
{
	struct sb_tries tries;
	int rc = token_read_tries(token, &tries);

	return rc == SB_OK && token_tries_left(token, &tries, slot) == 0 ? SB_E_PIN_LOCKED : rc;
}

/* Spares the derivation where the PIN is locked. The last try may be charged by a right PIN in another process, not yet forgiven:
 * whether it is gone for good is known under the lock only. */
static int refuse_locked(struct sb_token *token, enum sb_seal_slot slot)
{
	int rc = check_tries(token, slot);

	if (rc != SB_E_PIN_LOCKED)
		return rc;
	rc = token_lock(token);
	if (rc != SB_OK)
		return rc;
	rc = check_tries(token, slot);
	token_unlock(token);
	return rc;
}

static int try_once(struct sb_token *token, enum sb_seal_slot slot, struct sb_slice pin, struct token_keys *keys, bool *again)
{
	struct attempt *a = sb_secret_new(sizeof *a);
	struct sb_seal_input input;
	struct sb_bytes row = {0};
	int rc = a ? read_wrap(token, slot, &row) : SB_E_NOMEM;

	*again = false;
	if (rc == SB_OK)
		rc = refuse_locked(token, slot);
	if (rc != SB_OK)
		goto out;
	/* The slow part holds no lock, so that right PINs in many processes do not wait for each other's derivations. */
	seal_input(token, slot, pin, row.data, &input);
	rc = token->seal->stretch(&input, a->stretched);
	if (rc == SB_OK)
		rc = token_lock(token);
	if (rc == SB_OK) {
		rc = charge_and_unwrap(token, &input, a, &row, keys, again);
		token_unlock(token);
	}
out:
	sb_secret_free((void **)&a);
	sb_bytes_free(&row);
	return rc;
}

int token_try(struct sb_token *token, enum sb_seal_slot slot, struct sb_slice pin, struct token_keys **keys)
{
	bool again = true;
	int rc = token->store->read_only ? SB_E_READ_ONLY : token_keys_new(keys);

	for (int i = 0; rc == SB_OK && again && i < WRAP_RACES; i++) {
		rc = token_reload(token);
		if (rc == SB_OK)
			rc = try_once(token, slot, pin, *keys, &again);
	}
	if (rc == SB_OK && again)
		rc = SB_E_BUSY;
	if (rc != SB_OK && rc != SB_E_READ_ONLY)
		token_keys_free(keys);
	return rc;
}

static const enum sb_seal_slot slot_of[] = {[SB_USER_HOLDER] = SB_SEAL_PIN, [SB_USER_SO] = SB_SEAL_PUK};

int sb_token_login(struct sb_token *token, enum sb_user who, struct sb_slice pin)
{
	struct token_keys *keys = NULL;
	int rc = token_reload(token);

	if (rc != SB_OK)
		return rc;
	if (token->user != SB_USER_NONE)
		return token->user == who ? SB_E_LOGGED_IN : SB_E_OTHER_USER;
	rc = token_try(token, slot_of[who], pin, &keys);
	if (rc != SB_OK)
		return rc;
	token->damaged = token_digest_verify(token, keys) != SB_OK;
	token->keys = keys;
	token->user = who;
	token->epoch++;
	token->change++;
	return SB_OK;
}

int sb_token_logout(struct sb_token *token)
{
	if (token->user == SB_USER_NONE)
		return SB_E_LOGGED_OUT;
	token_keys_free(&token->keys);
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

int sb_token_check_pin(struct sb_token *token, enum sb_user who, struct sb_slice pin)
{
	struct token_keys *keys = NULL;
	int rc = token_try(token, slot_of[who], pin, &keys);

	token_keys_free(&keys);
	return rc;
}
