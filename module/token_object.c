/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "token_private.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "base/error.h"
#include "crypto/random.h"

/* Objects as sealed records with blind index rows. */

enum { CHECK_INTERVAL_NS = 100 * 1000 * 1000 };

int token_index_change(struct sb_token *t, const struct sb_attributes *a, const struct sb_record *r, bool add,
	struct token_digest *digest)
{
	const struct sb_store_ops *ops = t->store->ops;
	int rc = SB_OK;

	for (size_t i = 0; rc == SB_OK && i < a->count; i++) {
		uint8_t key[SB_STORE_KEY];

		if (!token_has_row(&a->items[i]))
			continue;
		rc = token_index_key(t, r->is_private, &a->items[i], key);
		if (rc == SB_OK)
			rc = (add ? ops->index : ops->unindex)(t->store, key, r->seq);
		if (rc == SB_OK && add)
			token_known_index(t, key, r->seq);
		if (rc == SB_OK)
			rc = r->is_private ? token_digest_index(t->keys, key, r->seq, add, digest) : token_public_index(t, key, r->seq, add, digest);
	}
	return rc;
}

static int digest_record(struct sb_token *t, const struct sb_record *r, bool add, struct token_digest *digest)
{
	token_known_record(t, r, add);
	return r->is_private ? token_digest_record(t->keys, r, add, digest) : token_public_record(t, r, add, digest);
}

/* One change in its write transaction. */
struct change {
	struct token_digest digest;
	bool digested; /* the digest was read, and is written back at the end */
	bool summed;   /* so was the sum over the public rows */
	bool locked;   /* the token's lock is held, for the counter in its seal's device */
};

/* Begins a change on what is now the token. */
static int begin(struct sb_token *t, struct change *change)
{
	int rc;

	*change = (struct change){.locked = t->seal->device && t->keys};
	rc = change->locked ? token_lock(t) : SB_OK;
	if (rc != SB_OK)
		return rc;
	rc = t->store->ops->begin(t->store);
	if (rc == SB_OK)
		rc = token_check_place(t);
	if (rc == SB_OK)
		rc = token_reload(t);
	/* What is not known now cannot be brought up to date. */
	if (rc == SB_OK)
		token_known_stands(t);
	if (rc == SB_OK)
		return rc;
	t->store->ops->rollback(t->store);
	if (change->locked)
		token_unlock(t);
	return rc;
}

/* Has the digest at hand, when rows that it covers are at stake. */
static int need_digest(struct sb_token *t, struct change *change)
{
	int rc = SB_OK;

	if (!change->digested)
		rc = t->keys ? token_digest_read(t, t->keys, &change->digest) : SB_E_LOGGED_OUT;
	change->digested = rc == SB_OK;
	return rc;
}

/* The same for the public rows. One that is not there, or is none, stays so. */
static int need_sum(struct sb_token *t, struct change *change)
{
	int rc = change->summed ? SB_OK : token_public_check(t, false);

	if (rc == SB_OK && !change->summed)
		rc = token_public_read(t, &change->digest);
	change->summed = rc == SB_OK;
	return rc == SB_E_NOT_FOUND || rc == SB_E_CORRUPT ? SB_OK : rc;
}

static int need_side(struct sb_token *t, bool is_private, struct change *change)
{
	if (!is_private)
		return need_sum(t, change);
	return token_sees_private(t) ? need_digest(t, change) : SB_E_LOGGED_OUT;
}

static int end(struct sb_token *t, int rc, const struct change *change)
{
	if (rc == SB_OK && change->digested)
		rc = token_digest_write(t, t->keys, &change->digest);
	if (rc == SB_OK && change->summed)
		rc = token_public_write(t, &change->digest);
	if (rc == SB_OK)
		rc = token_counter_before(t);
	if (rc == SB_OK)
		rc = t->store->ops->commit(t->store);
	token_counter_after(t, rc == SB_OK);
	if (rc == SB_OK)
		token_known_commit(t, change->summed ? change->digest.public_sum : NULL, change->digested ? change->digest.sum : NULL);
	else {
		t->store->ops->rollback(t->store);
		token_known_rollback(t);
	}
	if (rc == SB_OK && t->untruncated)
		token_truncate(t);
	/* It may have ended the damage. */
	if (t->public_rows == PUBLIC_DAMAGED)
		t->public_rows = PUBLIC_UNCHECKED;
	if (change->locked)
		token_unlock(t);
	t->change++;
	return rc;
}

/* Private keys that come or go are what an old copy of the store would bring back. */
static void raise_for_key(struct sb_token *t, const struct sb_attributes *a, const struct sb_record *r, struct change *change)
{
	if (r->is_private && sb_attributes_ulong(a, ATTRIBUTE_CLASS, 0) == CLASS_PRIVATE_KEY)
		token_generation_raise(t, t->keys, &change->digest);
}

static int name_object(struct sb_attributes *a, const uint8_t id[SB_OBJECT_ID])
{
	struct sb_bytes hex = {0};
	int rc = sb_hex_encode(id, SB_OBJECT_ID, &hex);

	if (rc == SB_OK)
		rc = sb_attributes_set(a, ATTRIBUTE_UNIQUE_ID, hex.data, hex.len);
	sb_bytes_free(&hex);
	return rc;
}

/* Only the SO's word makes an object trusted; a copy that somebody else makes of a trusted one is not. */
static int settle_trust(const struct sb_token *t, struct sb_attributes *a)
{
	if (t->user == SB_USER_SO || !sb_attributes_bool(a, ATTRIBUTE_TRUSTED, false))
		return SB_OK;
	return sb_attributes_set_bool(a, ATTRIBUTE_TRUSTED, false);
}

/* Keeps the list of trusted objects in step with a public record that was stored. */
static int list_trust(struct sb_token *t, const struct sb_record *r, bool was, bool is, struct change *change)
{
	int rc;

	if (r->is_private || (!was && !is))
		return SB_OK;
	rc = need_digest(t, change);
	return rc == SB_OK ? token_trust_set(t, t->keys, r, is, &change->digest) : rc;
}

/* The log tells of private keys. One that is not private itself may come and go without a login, and unseen. */
static int log_key(struct sb_token *t, const struct sb_attributes *a, enum sb_audit_event event, struct change *change)
{
	struct sb_audit_row row = {.event = (uint8_t)event, .user = (uint8_t)t->user};
	int rc;

	if (!t->keys || sb_attributes_ulong(a, ATTRIBUTE_CLASS, 0) != CLASS_PRIVATE_KEY)
		return SB_OK;
	sb_token_log_key(a, &row.key);
	rc = need_digest(t, change);
	return rc == SB_OK ? token_audit_note(t, t->keys, &change->digest, &row) : rc;
}

/* What a record was that does not open nobody can tell. */
static int log_damaged(struct sb_token *t, const struct sb_record *r, struct change *change)
{
	struct sb_audit_row row = {.event = SB_AUDIT_KEY_DESTROY, .outcome = SB_AUDIT_DAMAGED, .user = (uint8_t)t->user};

	row.key.kind = SB_AUDIT_KEY_OBJECT;
	row.key.len = SB_OBJECT_ID;
	memcpy(row.key.bytes, r->id, SB_OBJECT_ID);
	return token_audit_note(t, t->keys, &change->digest, &row);
}

static int add_object(struct sb_token *t, struct sb_attributes *a, uint8_t id[SB_OBJECT_ID], struct change *change)
{
	struct sb_record r = {.generation = 1, .is_private = sb_attributes_bool(a, ATTRIBUTE_PRIVATE, false)};
	int rc = need_side(t, r.is_private, change);

	if (rc == SB_OK)
		rc = settle_trust(t, a);
	if (rc == SB_OK)
		rc = sb_random(r.id, sizeof r.id);
	if (rc == SB_OK)
		rc = name_object(a, r.id);
	if (rc == SB_OK)
		rc = token_record_seal(t, a, &r);
	if (rc == SB_OK)
		rc = t->store->ops->add(t->store, &r);
	/* Where rows were damaged, some may wait for a record of this number. */
	if (rc == SB_OK && (t->damaged || t->public_rows == PUBLIC_DAMAGED))
		rc = t->store->ops->unindex_all(t->store, r.seq);
	if (rc == SB_OK)
		rc = digest_record(t, &r, true, &change->digest);
	if (rc == SB_OK)
		rc = token_index_change(t, a, &r, true, &change->digest);
	if (rc == SB_OK)
		rc = list_trust(t, &r, false, sb_attributes_bool(a, ATTRIBUTE_TRUSTED, false), change);
	if (rc == SB_OK)
		rc = log_key(t, a, SB_AUDIT_KEY_CREATE, change);
	if (rc == SB_OK)
		raise_for_key(t, a, &r, change);
	memcpy(id, r.id, SB_OBJECT_ID);
	sb_bytes_free(&r.box);
	return rc;
}

int sb_token_create(struct sb_token *t, struct sb_attributes *const objects[], size_t count, uint8_t ids[][SB_OBJECT_ID])
{
	struct change change;
	int rc = begin(t, &change);

	if (rc != SB_OK)
		return rc;
	for (size_t i = 0; rc == SB_OK && i < count; i++)
		rc = add_object(t, objects[i], ids[i], &change);
	return end(t, rc, &change);
}

/* A record that the caller may see. */
static int visible_record(struct sb_token *t, const uint8_t id[SB_OBJECT_ID], struct sb_record *r)
{
	int rc = t->store->ops->read(t->store, id, r);

	return (rc == SB_OK || rc == SB_E_CORRUPT) && r->is_private && !token_sees_private(t) ? SB_E_NOT_FOUND : rc;
}

int sb_token_read(struct sb_token *t, const uint8_t id[SB_OBJECT_ID], struct sb_attributes *out)
{
	struct sb_record r = {0};
	int rc = token_reload(t);

	if (rc == SB_OK)
		rc = visible_record(t, id, &r);
	if (rc == SB_OK)
		rc = token_record_open(t, &r, out);
	if (rc == SB_OK)
		rc = token_record_doubt(t, &r, out);
	t->rows_damaged |= rc == SB_E_CORRUPT;
	sb_bytes_free(&r.box);
	return rc;
}

/* Reads record and attributes inside a change: as they are stored. */
static int open_for_change(struct sb_token *t, const uint8_t id[SB_OBJECT_ID], struct sb_record *r, struct sb_attributes *old,
	struct change *change)
{
	int rc = visible_record(t, id, r), need;

	if (rc != SB_OK && rc != SB_E_CORRUPT)
		return rc;
	need = need_side(t, r->is_private, change);
	if (need != SB_OK)
		return need;
	return rc == SB_OK ? token_record_open(t, r, old) : rc;
}

/* Takes an object out of index and digest. */
static int take_out(struct sb_token *t, const struct sb_record *r, const struct sb_attributes *old, struct change *change)
{
	int rc = digest_record(t, r, false, &change->digest);

	if (rc == SB_OK)
		rc = token_index_change(t, old, r, false, &change->digest);
	/* What stands there in the place of its index rows goes as well. */
	return rc == SB_OK && !r->is_private && t->public_rows == PUBLIC_DAMAGED ? t->store->ops->unindex_all(t->store, r->seq) : rc;
}

int token_object_put(struct sb_token *t, struct sb_record *r, struct sb_attributes *attributes, struct token_digest *digest)
{
	int rc;

	sb_bytes_free(&r->box);
	r->generation++;
	rc = token_record_seal(t, attributes, r);
	if (rc == SB_OK)
		rc = t->store->ops->replace(t->store, r);
	if (rc == SB_OK)
		rc = digest_record(t, r, true, digest);
	return rc == SB_OK ? token_index_change(t, attributes, r, true, digest) : rc;
}

/* What the token itself goes by cannot be changed. */
static bool same_object(const struct sb_attributes *a, const struct sb_attributes *b)
{
	const struct sb_attribute *x = sb_attributes_get(a, ATTRIBUTE_UNIQUE_ID), *y = sb_attributes_get(b, ATTRIBUTE_UNIQUE_ID);

	return sb_attributes_bool(a, ATTRIBUTE_PRIVATE, false) == sb_attributes_bool(b, ATTRIBUTE_PRIVATE, false) && !x == !y &&
	       (!x || sb_slice_equal(sb_slice(x->value, x->len), sb_slice(y->value, y->len)));
}

/* What a change begins with: what would be answered. The SO's trust must not be spoilt by who cannot renew it. */
static int copy_for_change(struct sb_token *t, const struct sb_record *r, const struct sb_attributes *old, struct sb_attributes *now)
{
	int rc = sb_attributes_copy(now, old);

	if (!r->is_private && !t->keys && sb_attributes_bool(old, ATTRIBUTE_TRUSTED, false))
		rc = SB_E_LOGGED_OUT;
	return rc == SB_OK ? token_record_doubt(t, r, now) : rc;
}

int sb_token_update(struct sb_token *t, const uint8_t id[SB_OBJECT_ID], int (*change)(void *context, struct sb_attributes *attributes),
	void *context)
{
	struct sb_attributes old = {0}, now = {0};
	struct sb_record r = {0};
	struct change c;
	int rc = begin(t, &c);

	if (rc != SB_OK)
		return rc;
	rc = open_for_change(t, id, &r, &old, &c);
	if (rc == SB_OK)
		rc = copy_for_change(t, &r, &old, &now);
	if (rc == SB_OK)
		rc = change(context, &now);
	if (rc == SB_OK && !same_object(&old, &now))
		rc = SB_E_ARGUMENT;
	if (rc == SB_OK)
		rc = take_out(t, &r, &old, &c);
	if (rc == SB_OK)
		rc = token_object_put(t, &r, &now, &c.digest);
	if (rc == SB_OK)
		rc = list_trust(t, &r, sb_attributes_bool(&old, ATTRIBUTE_TRUSTED, false), sb_attributes_bool(&now, ATTRIBUTE_TRUSTED, false), &c);
	rc = end(t, rc, &c);
	sb_attributes_free(&now);
	sb_attributes_free(&old);
	sb_bytes_free(&r.box);
	return rc;
}

/* A record that does not open goes without its attributes being known: its index rows are searched for, and the digest is taken anew. */
static int destroy_damaged(struct sb_token *t, const struct sb_record *r, struct change *change)
{
	int rc = t->store->ops->destroy(t->store, r->seq);

	token_known_forget(t);
	if (rc == SB_OK)
		rc = t->store->ops->unindex_all(t->store, r->seq);
	if (rc == SB_OK)
		rc = r->is_private ? token_digest_sum(t, t->keys, &change->digest) : token_public_expect(t, &change->digest);
	/* What else is damaged there goes on being told. */
	if (rc == SB_E_CORRUPT)
		rc = SB_OK;
	return rc == SB_OK && r->is_private ? log_damaged(t, r, change) : rc;
}

static int destroy(struct sb_token *t, const struct sb_record *r, const struct sb_attributes *old, struct change *change)
{
	int rc = take_out(t, r, old, change);

	if (rc == SB_OK)
		rc = t->store->ops->destroy(t->store, r->seq);
	/* Without a login an entry stays on the list of trusted objects; ids never come back. */
	if (rc == SB_OK && t->keys)
		rc = list_trust(t, r, sb_attributes_bool(old, ATTRIBUTE_TRUSTED, false), false, change);
	if (rc == SB_OK)
		rc = log_key(t, old, SB_AUDIT_KEY_DESTROY, change);
	if (rc == SB_OK)
		raise_for_key(t, old, r, change);
	return rc;
}

static int destroy_object(struct sb_token *t, const uint8_t id[SB_OBJECT_ID], bool damaged)
{
	struct sb_attributes old = {0};
	struct sb_record r = {0};
	struct change change;
	int rc = begin(t, &change);

	if (rc != SB_OK)
		return rc;
	rc = open_for_change(t, id, &r, &old, &change);
	if (damaged && rc == SB_OK)
		rc = SB_E_ARGUMENT;
	else if (damaged && rc == SB_E_CORRUPT && (!r.is_private || change.digested))
		rc = destroy_damaged(t, &r, &change);
	else if (rc == SB_OK)
		rc = destroy(t, &r, &old, &change);
	rc = end(t, rc, &change);
	if (rc == SB_OK && r.is_private)
		token_truncate(t);
	sb_attributes_free(&old);
	sb_bytes_free(&r.box);
	return rc;
}

int sb_token_destroy(struct sb_token *t, const uint8_t id[SB_OBJECT_ID])
{
	return destroy_object(t, id, false);
}

int sb_token_destroy_damaged(struct sb_token *t, const uint8_t id[SB_OBJECT_ID])
{
	int rc = destroy_object(t, id, true);

	if (rc == SB_OK) {
		t->rows_damaged = false; /* where others are, they will be met again */
		t->damaged = t->keys ? token_digest_verify(t, t->keys) != SB_OK : t->damaged;
	}
	return rc;
}

/* Whether an interval has passed since; then the next one begins. */
static bool is_due(struct timespec *since, const struct timespec *now)
{
	if ((int64_t)(now->tv_sec - since->tv_sec) * 1000000000 + (now->tv_nsec - since->tv_nsec) < CHECK_INTERVAL_NS)
		return false;
	*since = *now;
	return true;
}

uint64_t sb_token_change(struct sb_token *t, bool force)
{
	struct timespec now;
	uint64_t version;

	if (!t->present)
		return t->change;
	clock_gettime(CLOCK_MONOTONIC, &now);
	/* A store that was taken away does not change any more: who took it away does not want it to sign on. */
	if (is_due(&t->placed, &now) && token_check_place(t) == SB_E_REMOVED)
		return ++t->change;
	if (!is_due(&t->checked, &now) && !force)
		return t->change;
	if (t->store->ops->change(t->store, &version) == SB_OK && version != t->data_version) {
		t->data_version = version;
		t->change++;
		token_reload(t);
	}
	return t->change;
}

/* Where wrap and header do not belong together no PIN is looked at, and what the header says is nobody's word. */
static int tell_wrap(struct sb_token *t, enum sb_seal_slot slot, struct sb_token_info *out)
{
	struct sb_bytes wrap = {0};
	int rc = token_wrap_read(t, slot, &wrap);

	sb_bytes_free(&wrap);
	if (slot == SB_SEAL_PIN)
		out->pin_set = rc != SB_E_PIN_UNSET;
	out->damaged |= rc == SB_E_CORRUPT;
	return rc == SB_E_PIN_UNSET || rc == SB_E_CORRUPT ? SB_OK : rc;
}

int sb_token_info(struct sb_token *t, struct sb_token_info *out)
{
	struct sb_tries tries;
	int rc = t->present ? token_reload(t) : SB_E_NOT_FOUND;

	if (rc == SB_OK)
		token_seal_refresh(t);
	if (rc == SB_OK)
		rc = token_public_check(t, false);
	if (rc == SB_OK)
		rc = token_read_tries(t, &tries);
	if (rc != SB_OK)
		return rc;
	*out = (struct sb_token_info){
		.profile = t->header.profile,
		.seal = t->seal->name,
		.read_only = t->store->read_only,
		.damaged = t->damaged || t->rows_damaged || t->public_rows == PUBLIC_DAMAGED,
		.import = t->header.import,
		.always_authenticate = t->header.always_authenticate,
		.pin_left = token_tries_left(t, &tries, SB_SEAL_PIN),
		.pin_max = t->header.tries[SB_SEAL_PIN],
		.puk_left = token_tries_left(t, &tries, SB_SEAL_PUK),
		.puk_max = t->header.tries[SB_SEAL_PUK],
	};
	memcpy(out->label, t->label, sizeof out->label);
	memcpy(out->serial, t->header.serial, sizeof out->serial);
	for (int slot = SB_SEAL_PIN; rc == SB_OK && slot <= SB_SEAL_PUK; slot++)
		rc = tell_wrap(t, slot, out);
	return rc;
}
