/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "token_private.h"

#include <string.h>

#include "base/error.h"

/* Sealing a token anew: a new K_tok and a new K_pub, every row under them, both wraps made for them, and the seal that the configuration
 * asks for now. Whoever has an old copy of the store, and finds the PIN of that copy, has nothing of what comes after. It is one
 * transaction: a token is sealed the old way or the new one. What a device needs is made before and noted, and what is left over is
 * taken away (token_trash.c). */

struct resealing {
	struct sb_token *token;
	struct sb_token before; /* the token with its old keys, for reading; owns nothing but those */
	struct token_digest old, digest;
	const struct sb_seal *seal;
	struct sb_seal_set set;
	struct token_stretch *pin, *puk;
};

/* An object, and whether the SO trusts it. */
struct entry {
	uint8_t id[SB_STORE_ID];
	bool trusted;
};

struct listing {
	struct sb_token *token;
	struct sb_bytes entries; /* struct entry */
};

/* What does not open could not be written anew. */
static int list_record(void *context, const struct sb_record *record)
{
	struct listing *listing = context;
	struct entry entry = {0};

	if (record->malformed)
		return SB_E_CORRUPT;
	memcpy(entry.id, record->id, SB_STORE_ID);
	entry.trusted = !record->is_private && token_trusts(listing->token, record);
	return sb_bytes_append(&listing->entries, &entry, sizeof entry);
}

/* Takes the record out under the old keys and puts it back under the new ones. */
static int turn_record(struct resealing *r, struct sb_record *record, bool trusted)
{
	struct token_digest spent = {0};
	struct sb_attributes a = {0};
	int rc = token_record_open(&r->before, record, &a);

	if (rc == SB_OK)
		rc = token_index_change(&r->before, &a, record, false, &spent);
	if (rc == SB_OK)
		rc = token_object_put(r->token, record, &a, &r->digest);
	if (rc == SB_OK && trusted)
		rc = token_trust_set(r->token, r->token->keys, record, true, &r->digest);
	sb_attributes_free(&a);
	return rc;
}

static int turn_object(struct resealing *r, const struct entry *entry)
{
	struct sb_record record = {0};
	int rc = r->token->store->ops->read(r->token->store, entry->id, &record);

	if (rc == SB_OK)
		rc = turn_record(r, &record, entry->trusted);
	sb_bytes_free(&record.box);
	return rc;
}

static int turn_objects(struct resealing *r)
{
	const struct sb_store_ops *ops = r->token->store->ops;
	struct listing listing = {.token = &r->before};
	int rc = ops->each(r->token->store, false, list_record, &listing);

	if (rc == SB_OK)
		rc = ops->each(r->token->store, true, list_record, &listing);
	/* The list of trusted ones begins anew. */
	if (rc == SB_OK)
		rc = ops->drop(r->token->store, META_TRUSTED);
	for (size_t at = 0; rc == SB_OK && at < listing.entries.len; at += sizeof(struct entry))
		rc = turn_object(r, (const struct entry *)(const void *)(listing.entries.data + at));
	sb_bytes_free(&listing.entries);
	return rc;
}

static int write_header(struct resealing *r)
{
	struct sb_token *t = r->token;
	struct token_header header = t->header;
	struct sb_bytes row = {0};
	int rc;

	header.seal = (uint8_t)r->seal->type;
	rc = token_header_encode(&header, t->policy.mechanisms, &row);
	if (rc == SB_OK)
		rc = t->store->ops->put(t->store, META_HEADER, sb_bytes_slice(&row));
	if (rc == SB_OK)
		rc = t->store->ops->put(t->store, META_PUBLIC, sb_slice(t->public_key, TOKEN_KEY));
	/* What was linked was the old seal's device. */
	token_seal_unlink(t);
	if (rc == SB_OK)
		rc = token_take_header(t, sb_bytes_slice(&row));
	sb_bytes_free(&row);
	return rc;
}

/* The PUK keeps its tries; the PIN, given now, has all of them. */
static int turn_tries(struct resealing *r)
{
	struct sb_tries tries;
	int rc = token_read_tries(&r->before, &tries);

	if (rc == SB_OK && tries.damaged)
		tries = (struct sb_tries){0};
	tries.used[SB_SEAL_PIN] = 0;
	return rc == SB_OK ? token_write_tries(r->token, &tries) : rc;
}

static int turn_log(struct resealing *r)
{
	static const struct sb_audit_row what = {.event = SB_AUDIT_RESEAL, .user = SB_AUDIT_SO};
	struct sb_token *t = r->token;
	int rc = token_audit_move_pending(&r->before, t);

	if (rc == SB_OK)
		rc = token_audit_rekey(t, r->before.keys, &r->old, t->keys, &r->digest);
	return rc == SB_OK ? token_audit_note(t, t->keys, &r->digest, &what) : rc;
}

/* The places of the new seal, if it has a device: nothing of the store knows of them yet. */
static int make_places(struct resealing *r)
{
	struct sb_token *t = r->token;
	int rc;

	r->digest.store_generation = r->old.store_generation + 1;
	if (!r->seal->device)
		return SB_OK;
	rc = token_seal_create(t, &r->set, r->puk, t->keys, &r->digest.store_generation);
	return rc == SB_OK ? token_seal_first_pin(t, &r->set, r->puk, r->pin) : rc;
}

static int write_wraps(struct resealing *r)
{
	struct sb_token *t = r->token;
	int rc = token_wrap_write(t, r->puk, t->keys);

	if (rc == SB_OK)
		rc = token_wrap_write(t, r->pin, t->keys);
	for (int slot = SB_SEAL_PIN; rc == SB_OK && slot <= SB_SEAL_PUK; slot++)
		rc = token_wrap_drop_pending(t, slot);
	return rc;
}

/* Everything, in the transaction that is open; the new keys are the token's. */
static int rewrite(struct resealing *r)
{
	struct sb_token *t = r->token;
	int rc = write_header(r);

	if (rc == SB_OK)
		rc = turn_objects(r);
	if (rc == SB_OK)
		rc = token_birth_date_turn(t, r->before.keys, t->keys);
	if (rc == SB_OK)
		rc = turn_tries(r);
	if (rc == SB_OK)
		rc = turn_log(r);
	if (rc == SB_OK)
		rc = make_places(r);
	if (rc == SB_OK)
		rc = write_wraps(r);
	if (rc == SB_OK)
		rc = token_public_write(t, &r->digest);
	if (rc == SB_OK)
		rc = token_digest_note(t, t->keys, TOKEN_METAS_ALL, &r->digest);
	return rc == SB_OK ? token_digest_write(t, t->keys, &r->digest) : rc;
}

/* From here on the token is what before was. */
static void turn_back(struct resealing *r)
{
	struct sb_token *t = r->token;

	token_keys_free(&t->keys);
	t->keys = r->before.keys;
	memcpy(t->public_key, r->before.public_key, TOKEN_KEY);
	memcpy(t->public_record, r->before.public_record, TOKEN_KEY);
	memcpy(t->public_index, r->before.public_index, TOKEN_KEY);
	memcpy(t->public_digest, r->before.public_digest, TOKEN_KEY);
}

static int turn(struct resealing *r)
{
	struct sb_token *t = r->token;
	int rc;

	token_known_forget(t);
	r->before = *t;
	r->before.header_row = (struct sb_bytes){0};
	r->before.device = (struct token_device){0};
	rc = token_keys_fresh(t, &t->keys);
	if (rc == SB_OK)
		rc = rewrite(r);
	if (rc != SB_OK)
		turn_back(r);
	return rc;
}

/* Of what does not add up, nothing would be found any more once the keys changed. */
static int check_whole(struct resealing *r)
{
	int rc = token_digest_verify(r->token, r->token->keys);

	/* Nor would an old copy show, put back since the login: the counter is another from now on. */
	if (rc == SB_OK && r->token->seal->device)
		rc = token_seal_check_age(r->token, r->token->keys);
	if (rc == SB_OK)
		rc = token_public_check(r->token, true);
	if (rc == SB_OK && r->token->public_rows == PUBLIC_DAMAGED)
		rc = SB_E_CORRUPT;
	return rc == SB_OK ? token_digest_read(r->token, r->token->keys, &r->old) : rc;
}

static int note_sets(struct resealing *r)
{
	struct sb_token *t = r->token;
	struct sb_seal_set old;
	int rc = t->seal->device ? token_seal_set(t, &old) : SB_OK;

	if (rc == SB_OK && t->seal->device)
		rc = token_trash_note(t, &old);
	if (rc == SB_OK && r->seal->device)
		rc = r->seal->device->choose(&r->set);
	return rc == SB_OK && r->seal->device ? token_trash_note(t, &r->set) : rc;
}

/* Under the token's lock, in its transaction, with the PIN stretched. */
static int reseal_locked(struct resealing *r, struct sb_slice pin, unsigned long *rule)
{
	struct sb_token *t = r->token;
	/* The token may be another by now, and this login over. */
	int rc = t->user == SB_USER_SO ? token_officer_check(t) : SB_E_LOGGED_OUT;

	if (rc == SB_OK)
		rc = token_pin_check(t, t->keys, pin, rule);
	if (rc == SB_OK)
		rc = check_whole(r);
	if (rc == SB_OK)
		rc = token_stretch_copy(t->officer, &r->puk);
	if (rc == SB_OK)
		rc = note_sets(r);
	return rc == SB_OK ? turn(r) : rc;
}

/* A PIN that goes to another kind of seal costs what that asks for. */
static struct token_cost cost_of(const struct resealing *r)
{
	struct sb_token *t = r->token;

	return r->seal == t->seal ? token_cost_wanted(t) : token_cost_configured(&t->tokens->config, r->seal);
}

static int finish(struct resealing *r, int rc)
{
	struct sb_token *t = r->token;

	if (rc == SB_OK) {
		rc = token_commit_admin(t);
		/* Before the store is looked at again: a stranger's K_pub would end this login. */
		if (rc == SB_OK)
			token_keys_free(&r->before.keys);
		else
			turn_back(r);
	}
	rc = token_leave_admin(t, rc);
	if (rc == SB_OK) {
		t->public_rows = PUBLIC_UNCHECKED;
		token_officer_replace(t, &r->puk);
		token_drop_backup(t);
	}
	return rc;
}

int sb_token_reseal(struct sb_token *token, struct sb_slice pin, unsigned long *rule)
{
	struct resealing r = {.token = token};
	bool device;
	int rc = token_pin_offered(token, pin, rule);

	if (rc == SB_OK)
		rc = token_seal_choose(&token->tokens->config, &r.seal);
	if (rc == SB_OK)
		rc = token_stretch_new(r.seal, SB_SEAL_PIN, pin, cost_of(&r), &r.pin);
	if (rc == SB_OK)
		rc = token_begin_admin(token);
	if (rc != SB_OK)
		goto out;
	device = token->seal->device || r.seal->device;
	rc = finish(&r, reseal_locked(&r, pin, rule));
	if (device)
		token_trash_sweep(token);
out:
	token_stretch_free(&r.pin);
	token_stretch_free(&r.puk);
	sb_wipe(&r, sizeof r);
	return token_seal_note(token, rc);
}
