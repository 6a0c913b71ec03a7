/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "token_private.h"

#include <string.h>

#include "base/error.h"
#include "crypto/aead.h"

/* Setting PINs: the rules, and the wraps. */

enum { SET_RACES = 5 };

static const char birth_ad[] = "sinbun birth date";

/* SB_E_NOT_FOUND: none is there. */
static int read_birth_date(struct sb_token *token, const struct token_keys *keys, struct sb_bytes *date)
{
	struct sb_bytes box = {0};
	int rc = token->store->ops->get(token->store, META_BIRTH, &box);

	if (rc == SB_OK)
		rc = sb_aead_open(keys->record, sb_slice(birth_ad, sizeof birth_ad), sb_bytes_slice(&box), date);
	if (rc == SB_OK && (date->len != 8 || !sb_pin_is_date((const char *)date->data)))
		rc = SB_E_CORRUPT;
	sb_bytes_free(&box);
	return rc;
}

/* That there never was a birth date is for the digest to say: who takes the row away must not get rid of the rule. */
static int check_absence(struct sb_token *token, const struct token_keys *keys)
{
	static const uint8_t absent[TOKEN_META_HASH];
	struct token_digest digest;
	int rc = token_digest_read(token, keys, &digest);

	return rc == SB_OK && !sb_equal_ct(digest.meta[TOKEN_META_BIRTH], absent, sizeof absent) ? SB_E_CORRUPT : rc;
}

/* One that opens is the one that was given: it is given once, and sealed under K_tok. date stays empty where none was. */
static int vouched_birth_date(struct sb_token *token, const struct token_keys *keys, struct sb_bytes *date)
{
	int rc = read_birth_date(token, keys, date);

	return rc == SB_E_NOT_FOUND ? check_absence(token, keys) : rc;
}

int token_pin_check(struct sb_token *token, const struct token_keys *keys, struct sb_slice pin, unsigned long *rule)
{
	struct sb_bytes date = {0};
	struct sb_pin_policy policy = {
		.profile = token->header.profile,
		.pin_profile = token->header.pin_profile,
	};
	int rc = policy.profile == SB_PROFILE_IDENTITY ? vouched_birth_date(token, keys, &date) : SB_OK;

	policy.birth_date = date.len ? (const char *)date.data : NULL;
	if (rc == SB_OK)
		rc = sb_pin_check(&policy, pin, rule);
	sb_bytes_free(&date);
	return rc;
}

/* The wrap that opened is no old one put back, as far as the digest can be read. */
static int vouched_wrap(struct sb_token *token, enum sb_seal_slot slot, const struct token_keys *keys)
{
	static const unsigned which[] = {1u << TOKEN_META_WRAP_PIN, 1u << TOKEN_META_WRAP_PUK};
	struct token_digest digest;
	int rc = token_digest_read(token, keys, &digest);

	return rc == SB_OK ? token_digest_vouches(token, keys, which[slot], &digest) : rc == SB_E_CORRUPT ? SB_OK : rc;
}

/* Inside the transaction: the new wrap, its tries fresh, the generation bumped. */
static int put_wrap(struct sb_token *token, struct token_stretch *stretch, const struct token_keys *keys, const struct sb_audit_row *what)
{
	struct sb_tries tries;
	int rc = token_wrap_write(token, stretch, keys);

	if (rc == SB_OK)
		rc = token_read_tries(token, &tries);
	if (rc == SB_OK) {
		if (tries.damaged)
			tries = (struct sb_tries){.used = {token->header.tries[SB_SEAL_PIN], 0}};
		tries.used[stretch->slot] = 0;
		rc = token_write_tries(token, &tries);
	}
	if (rc == SB_OK)
		rc = token_digest_amend(token, keys, 1u << (stretch->slot == SB_SEAL_PIN ? TOKEN_META_WRAP_PIN : TOKEN_META_WRAP_PUK));
	return rc == SB_OK ? token_audit_write(token, keys, what) : rc;
}

/* The SO gives the first PIN, or replaces one. */
static int put_pin(struct sb_token *token, struct token_stretch *stretch)
{
	struct sb_bytes wrap = {0};
	bool first = token_wrap_read(token, SB_SEAL_PIN, &wrap) == SB_E_PIN_UNSET;
	const struct sb_audit_row what = {.event = first ? SB_AUDIT_PIN_SET : SB_AUDIT_PIN_UNBLOCK, .user = SB_AUDIT_SO};

	sb_bytes_free(&wrap);
	return put_wrap(token, stretch, token->keys, &what);
}

int token_pin_offered(struct sb_token *token, struct sb_slice pin, unsigned long *rule)
{
	int rc = token_reload(token);

	*rule = 0;
	if (rc == SB_OK && token->user != SB_USER_SO)
		rc = SB_E_LOGGED_OUT;
	return rc == SB_OK ? token_pin_check(token, token->keys, pin, rule) : rc;
}

int sb_token_init_pin(struct sb_token *token, struct sb_slice pin, unsigned long *rule)
{
	struct token_stretch *stretch = NULL;
	int rc = token_pin_offered(token, pin, rule);

	if (rc == SB_OK)
		rc = token_stretch_next(token, SB_SEAL_PIN, pin, &stretch);
	if (rc == SB_OK)
		rc = token_begin_admin(token);
	if (rc != SB_OK)
		goto out;
	/* The token may be another by now, and this login over. */
	rc = token->user == SB_USER_SO ? token_pin_check(token, token->keys, pin, rule) : SB_E_LOGGED_OUT;
	if (rc == SB_OK && token->seal->device)
		rc = token_seal_replace(token, stretch, token->keys, NULL);
	if (rc == SB_OK)
		rc = put_pin(token, stretch);
	rc = token_end_admin(token, rc);
	if (rc == SB_OK)
		token_drop_backup(token);
out:
	token_stretch_free(&stretch);
	return rc;
}

/* With the old PIN checked. *again: the wrap that it opened was replaced meanwhile, so it may be wrong by now. */
static int set_opened_pin(struct sb_token *token, enum sb_seal_slot slot, struct sb_slice pin, const struct token_opened *opened,
	unsigned long *rule, bool *again)
{
	struct token_stretch *stretch = NULL;
	struct sb_bytes now = {0};
	int rc = vouched_wrap(token, slot, opened->keys);

	if (rc == SB_OK)
		rc = slot == SB_SEAL_PUK ? sb_pin_check_puk(pin, rule) : token_pin_check(token, opened->keys, pin, rule);
	if (rc == SB_OK)
		rc = token_stretch_next(token, slot, pin, &stretch);
	if (rc == SB_OK)
		rc = token_begin_admin(token);
	if (rc != SB_OK)
		goto out;
	rc = token_wrap_read(token, slot, &now);
	if (rc == SB_OK && !sb_slice_equal(sb_bytes_slice(&now), sb_bytes_slice(&opened->wrap)))
		*again = true;
	if (rc == SB_OK && *again)
		rc = SB_E_BUSY;
	if (rc == SB_OK && token->seal->device)
		rc = token_seal_replace(token, stretch, opened->keys, opened->stretch);
	if (rc == SB_OK)
		rc = put_wrap(token, stretch, opened->keys, opened->why);
	rc = token_end_admin(token, rc);
	/* What the old PIN opens must not stay. */
	if (rc == SB_OK)
		token_drop_backup(token);
	if (rc == SB_OK && slot == SB_SEAL_PUK)
		token_officer_replace(token, &stretch);
out:
	token_stretch_free(&stretch);
	sb_bytes_free(&now);
	return rc;
}

int sb_token_set_pin(struct sb_token *token, enum sb_user who, struct sb_slice old, struct sb_slice pin, unsigned long *rule)
{
	enum sb_seal_slot slot = who == SB_USER_SO ? SB_SEAL_PUK : SB_SEAL_PIN;
	const struct sb_audit_row why = {.event = SB_AUDIT_PIN_CHANGE, .user = who == SB_USER_SO ? SB_AUDIT_SO : SB_AUDIT_HOLDER};
	bool again = true;
	int rc = SB_OK;

	*rule = 0;
	for (int i = 0; again && i < SET_RACES; i++) {
		struct token_opened opened = {.why = &why};

		again = false;
		/* The old PIN first: otherwise the rules would tell a stranger the birth date. */
		rc = token_try(token, slot, old, &opened);
		if (rc == SB_OK)
			rc = set_opened_pin(token, slot, pin, &opened, rule, &again);
		token_opened_free(&opened);
	}
	return rc;
}

static int seal_birth_date(struct sb_token *token, const struct token_keys *keys, struct sb_slice date)
{
	struct sb_bytes row = {0};
	int rc = sb_aead_seal(keys->record, sb_slice(birth_ad, sizeof birth_ad), date, &row);

	if (rc == SB_OK)
		rc = token->store->ops->put(token->store, META_BIRTH, sb_bytes_slice(&row));
	sb_bytes_free(&row);
	return rc;
}

int token_birth_date_turn(struct sb_token *token, const struct token_keys *from, const struct token_keys *to)
{
	struct sb_bytes date = {0};
	int rc = vouched_birth_date(token, from, &date);

	if (rc == SB_OK && date.len)
		rc = seal_birth_date(token, to, sb_bytes_slice(&date));
	sb_bytes_free(&date);
	return rc;
}

static int put_birth_date(struct sb_token *token, const char date[8])
{
	static const struct sb_audit_row what = {.event = SB_AUDIT_POLICY, .user = SB_AUDIT_SO};
	struct sb_bytes row = {0};
	int rc = token->store->ops->get(token->store, META_WRAP_PIN, &row);

	if (rc == SB_E_NOT_FOUND)
		rc = token->store->ops->get(token->store, META_BIRTH, &row);
	if (rc == SB_OK || rc == SB_E_CORRUPT)
		rc = SB_E_EXISTS;
	else if (rc == SB_E_NOT_FOUND)
		rc = check_absence(token, token->keys);
	sb_bytes_free(&row);
	if (rc == SB_OK)
		rc = seal_birth_date(token, token->keys, sb_slice(date, 8));
	if (rc == SB_OK)
		rc = token_digest_amend(token, token->keys, 1u << TOKEN_META_BIRTH);
	if (rc == SB_OK)
		rc = token_audit_write(token, token->keys, &what);
	return rc;
}

int sb_token_set_birth_date(struct sb_token *token, const char date[8])
{
	int rc;

	if (token->user != SB_USER_SO)
		return SB_E_LOGGED_OUT;
	if (!sb_pin_is_date(date))
		return SB_E_FORMAT;
	rc = token_begin_admin(token);
	if (rc != SB_OK)
		return rc;
	rc = token->user == SB_USER_SO ? put_birth_date(token, date) : SB_E_LOGGED_OUT;
	return token_end_admin(token, rc);
}
