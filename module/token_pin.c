/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "token_private.h"

#include <string.h>

#include "base/error.h"
#include "crypto/aead.h"

/* Setting PINs: the rules, and the wraps. */

static const char birth_ad[] = "sinbun birth date";

static int read_birth_date(struct sb_token *token, const struct token_keys *keys, struct sb_bytes *date)
{
	struct sb_bytes box = {0};
	int rc = token->store->ops->get(token->store, META_BIRTH, &box);

	if (rc == SB_OK)
		rc = sb_aead_open(keys->record, sb_slice(birth_ad, sizeof birth_ad), sb_bytes_slice(&box), date);
	if (rc == SB_OK && (date->len != 8 || !sb_pin_is_date((const char *)date->data)))
		rc = SB_E_CORRUPT;
	sb_bytes_free(&box);
	return rc == SB_E_NOT_FOUND ? SB_OK : rc;
}

static int check_rules(struct sb_token *token, const struct token_keys *keys, struct sb_slice pin, unsigned long *rule)
{
	struct sb_bytes date = {0};
	struct sb_pin_policy policy = {
		.profile = token->header.profile,
		.pin_profile = token->header.pin_profile,
	};
	int rc = read_birth_date(token, keys, &date);

	policy.birth_date = date.len ? (const char *)date.data : NULL;
	if (rc == SB_OK)
		rc = sb_pin_check(&policy, pin, rule);
	sb_bytes_free(&date);
	return rc;
}

/* One commit: the new wrap, its tries fresh, the generation bumped. No old copy stays in the log. */
static int replace_wrap(struct sb_token *token, enum sb_seal_slot slot, struct sb_slice pin, const struct token_keys *keys)
{
	struct sb_store *store = token->store;
	struct sb_tries tries;
	int rc = token_lock(token);

	if (rc != SB_OK)
		return rc;
	rc = store->ops->begin(store);
	if (rc == SB_OK)
		rc = token_write_wrap(token, slot, pin, keys);
	if (rc == SB_OK)
		rc = token_read_tries(token, &tries);
	if (rc == SB_OK) {
		if (tries.damaged)
			tries = (struct sb_tries){.used = {token->header.tries[SB_SEAL_PIN], 0}};
		tries.used[slot] = 0;
		rc = token_write_tries(token, &tries);
	}
	if (rc == SB_OK)
		rc = token_digest_bump(token, keys);
	if (rc == SB_OK)
		rc = store->ops->commit(store);
	if (rc != SB_OK)
		store->ops->rollback(store);
	else
		store->ops->truncate(store);
	token_unlock(token);
	token->change++;
	return rc;
}

int sb_token_init_pin(struct sb_token *token, struct sb_slice pin, unsigned long *rule)
{
	int rc;

	*rule = 0;
	if (token->user != SB_USER_SO)
		return SB_E_LOGGED_OUT;
	rc = check_rules(token, token->keys, pin, rule);
	return rc == SB_OK ? replace_wrap(token, SB_SEAL_PIN, pin, token->keys) : rc;
}

int sb_token_set_pin(struct sb_token *token, enum sb_user who, struct sb_slice old, struct sb_slice pin, unsigned long *rule)
{
	enum sb_seal_slot slot = who == SB_USER_SO ? SB_SEAL_PUK : SB_SEAL_PIN;
	struct token_keys *keys = NULL;
	int rc;

	*rule = 0;
	/* The old PIN first: otherwise the rules would tell a stranger the birth date. */
	rc = token_try(token, slot, old, &keys);
	if (rc == SB_OK)
		rc = slot == SB_SEAL_PUK ? sb_pin_check_puk(pin, rule) : check_rules(token, keys, pin, rule);
	if (rc == SB_OK)
		rc = replace_wrap(token, slot, pin, keys);
	token_keys_free(&keys);
	return rc;
}

int sb_token_set_birth_date(struct sb_token *token, const char date[8])
{
	struct sb_bytes row = {0};
	int rc;

	if (token->user != SB_USER_SO)
		return SB_E_LOGGED_OUT;
	if (!sb_pin_is_date(date))
		return SB_E_FORMAT;
	rc = token->store->ops->get(token->store, META_WRAP_PIN, &row);
	if (rc == SB_E_NOT_FOUND)
		rc = token->store->ops->get(token->store, META_BIRTH, &row);
	sb_bytes_free(&row);
	if (rc != SB_E_NOT_FOUND)
		return rc == SB_OK ? SB_E_EXISTS : rc;
	rc = sb_aead_seal(token->keys->record, sb_slice(birth_ad, sizeof birth_ad), sb_slice(date, 8), &row);
	if (rc == SB_OK)
		rc = token->store->ops->put(token->store, META_BIRTH, sb_bytes_slice(&row));
	sb_bytes_free(&row);
	return rc;
}
