/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "registry/registry_life.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "base/error.h"
#include "crypto/digest.h"
#include "registry/registry_apply.h"
#include "registry/registry_audit.h"
#include "registry/registry_keys.h"

/* The state of the status list is a number that counts on with each change, in the same transaction: what was changed and could not be published,
 * whatever the reason, is published with the next change. Beside it stands which state is out. */

#define STATUS_LIST "status-list"
enum { REVISION = 0, PUBLISHED = 8, NUMBERS = 16 };

struct list_state {
	uint64_t revision, published;
	bool known; /* false: somebody has changed it, so that nothing counts as out */
};

static int get_state(struct sb_registry *r, struct list_state *s)
{
	struct sb_bytes value = {0};
	int rc = r->ops->get(r, STATUS_LIST, &value);

	*s = (struct list_state){.known = rc == SB_E_NOT_FOUND};
	if (rc == SB_OK && value.len == NUMBERS)
		*s = (struct list_state){sb_get_u64(value.data + REVISION), sb_get_u64(value.data + PUBLISHED), true};
	if (rc == SB_E_CORRUPT)
		r->damaged[0] = 0;
	sb_bytes_free(&value);
	return rc == SB_E_NOT_FOUND || rc == SB_E_CORRUPT ? SB_OK : rc;
}

static int put_state(struct sb_registry *r, uint64_t revision, uint64_t published)
{
	uint8_t value[NUMBERS];

	sb_put_u64(value + REVISION, revision);
	sb_put_u64(value + PUBLISHED, published);
	return r->ops->put(r, STATUS_LIST, sb_slice(value, sizeof value));
}

int sb_registry_status_changed(struct sb_registry *r)
{
	struct list_state s;
	int rc = get_state(r, &s);

	return rc == SB_OK ? put_state(r, s.revision + 1, s.published) : rc;
}

/* --- the sum --- */

#define SUM "status-sum"
enum { SUM_SIZE = 32 };

/* Adds to it what stands for one place, or takes that away: as numbers of 256 bits. Each place counts by a MAC, so that no other set of places has
 * the same sum. */
static int sum_add(struct sb_registry *r, uint8_t sum[SUM_SIZE], bool take_away, uint64_t index, enum sb_credential_state state)
{
	uint8_t place[16], value[SUM_SIZE];
	unsigned carry = take_away;
	int rc;

	if (state == SB_CREDENTIAL_VALID)
		return SB_OK;
	sb_put_u64(place, index);
	sb_put_u64(place + 8, (uint64_t)state);
	rc = sb_mac(registry_child(r, CHILD_ROW), place, sizeof place, value);
	for (size_t i = SUM_SIZE; rc == SB_OK && i-- > 0;) {
		carry += sum[i] + (take_away ? (uint8_t)~value[i] : value[i]);
		sum[i] = (uint8_t)carry;
		carry >>= 8;
	}
	return rc;
}

static int sum_box(struct sb_registry *r, struct sb_bytes *box)
{
	int rc = r->ops->get(r, SUM, box);

	return rc == SB_E_NOT_FOUND ? SB_OK : rc;
}

static int hash_box(const struct sb_bytes *box, uint8_t hash[32])
{
	memset(hash, 0, 32);
	return box->len ? sb_sha256(box->data, box->len, hash) : SB_OK;
}

int sb_registry_status_hash(struct sb_registry *r, uint8_t hash[32])
{
	struct sb_bytes box = {0};
	int rc = sum_box(r, &box);

	if (rc == SB_OK)
		rc = hash_box(&box, hash);
	sb_bytes_free(&box);
	return rc;
}

/* Than what the token knows. */
static bool is_older(const struct sb_registry *r, const struct sb_audit_mark *head)
{
	return head->number < r->anchor.number || (head->number == r->anchor.number && memcmp(head->chain, r->anchor.chain, 32) != 0);
}

/* SB_E_CORRUPT: it is not the one that the head knows, or that is an older head. */
static int sum_get(struct sb_registry *r, uint8_t sum[SUM_SIZE])
{
	struct sb_bytes box = {0}, plain = {0};
	struct sb_audit_mark head;
	uint8_t hash[32];
	int rc = sum_box(r, &box);

	memset(sum, 0, SUM_SIZE);
	if (rc == SB_OK)
		rc = hash_box(&box, hash);
	if (rc == SB_OK)
		rc = sb_registry_audit_head(r, &head);
	if (rc == SB_E_NOT_FOUND || (rc == SB_OK && (memcmp(head.status, hash, sizeof hash) != 0 || is_older(r, &head))))
		rc = SB_E_CORRUPT;
	if (rc == SB_OK && box.len)
		rc = sb_registry_unseal(r, SUM, "", sb_bytes_slice(&box), &plain);
	if (rc == SB_OK && box.len)
		rc = plain.len == SUM_SIZE ? SB_OK : SB_E_CORRUPT;
	if (rc == SB_OK && box.len)
		memcpy(sum, plain.data, SUM_SIZE);
	sb_bytes_free(&box);
	sb_bytes_free(&plain);
	return rc;
}

static int sum_put(struct sb_registry *r, const uint8_t sum[SUM_SIZE])
{
	struct sb_bytes box = {0};
	struct sb_audit_mark head;
	int rc = sb_registry_seal(r, SUM, "", sb_slice(sum, SUM_SIZE), &box), found;

	if (rc == SB_OK)
		rc = r->ops->put(r, SUM, sb_bytes_slice(&box));
	if (rc == SB_OK) {
		found = sb_registry_audit_head(r, &head);
		rc = found == SB_OK ? hash_box(&box, head.status) : found == SB_E_NOT_FOUND || found == SB_E_CORRUPT ? SB_OK : found;
		if (rc == SB_OK && found == SB_OK)
			rc = sb_registry_audit_put_head(r, &head);
	}
	sb_bytes_free(&box);
	return rc;
}

struct summing {
	struct sb_registry *r;
	int (*fn)(void *context, uint64_t index, enum sb_credential_state state);
	void *context;
	uint8_t sum[SUM_SIZE];
};

static int sum_place(void *context, uint64_t index, enum sb_credential_state state)
{
	struct summing *s = context;
	int rc = sum_add(s->r, s->sum, false, index, state);

	return rc == SB_OK && s->fn ? s->fn(s->context, index, state) : rc;
}

int sb_registry_status_sum_anew(struct sb_registry *r)
{
	struct summing s = {.r = r};
	int rc = r->life->status_each(r, sum_place, &s);

	return rc == SB_OK ? sum_put(r, s.sum) : rc;
}

int sb_registry_status_each(struct sb_registry *r, int (*fn)(void *context, uint64_t index, enum sb_credential_state state), void *context)
{
	struct summing s = {.r = r, .fn = fn, .context = context};
	uint8_t sum[SUM_SIZE];
	int rc = r->life->status_each(r, sum_place, &s);

	if (rc == SB_OK)
		rc = sum_get(r, sum);
	if (rc == SB_OK && !sb_slice_equal(sb_slice(sum, SUM_SIZE), sb_slice(s.sum, SUM_SIZE)))
		rc = SB_E_CORRUPT;
	if (rc == SB_E_CORRUPT && !*r->damaged)
		snprintf(r->damaged, sizeof r->damaged, "status list");
	return rc;
}

struct meeting {
	uint64_t index;
	enum sb_credential_state state;
};

static int meet(void *context, uint64_t index, enum sb_credential_state state)
{
	struct meeting *m = context;

	if (index == m->index)
		m->state = state;
	return SB_OK;
}

int sb_registry_card_check(struct sb_registry *r, const struct sb_registry_credential *c)
{
	struct meeting m = {.index = c->status_index, .state = SB_CREDENTIAL_VALID};
	int rc = sb_registry_status_each(r, meet, &m);

	if (rc == SB_OK && m.state != c->state) {
		snprintf(r->damaged, sizeof r->damaged, "credential %s", c->card);
		rc = SB_E_CORRUPT;
	}
	return rc;
}

/* A sum that is not the right one any more is left as it is: a loss report is taken all the same. */
static int move_sum(struct sb_registry *r, const struct sb_registry_credential *was, enum sb_credential_state state)
{
	uint8_t sum[SUM_SIZE];
	int rc = sum_get(r, sum);

	if (rc == SB_E_CORRUPT)
		return SB_OK;
	if (rc == SB_OK)
		rc = sum_add(r, sum, true, was->status_index, was->state);
	if (rc == SB_OK)
		rc = sum_add(r, sum, false, was->status_index, state);
	return rc == SB_OK ? sum_put(r, sum) : rc;
}

int sb_registry_set_state(struct sb_registry *r, const char *card, enum sb_credential_state state, const char *reason)
{
	struct sb_registry_credential was;
	int rc = r->ops->credential_get(r, card, &was);

	if (rc == SB_OK && state == SB_CREDENTIAL_VALID)
		rc = sb_registry_card_check(r, &was);
	if (rc == SB_OK)
		rc = r->ops->credential_set_state(r, card, state, reason, time(NULL));
	if (rc == SB_OK)
		rc = move_sum(r, &was, state);
	return rc == SB_OK ? sb_registry_status_changed(r) : rc;
}

int sb_registry_status_revision(struct sb_registry *r, uint64_t *revision, bool *out)
{
	struct list_state s;
	int rc = get_state(r, &s);

	*revision = s.revision;
	*out = s.known && s.published == s.revision;
	return rc;
}

int sb_registry_status_published(struct sb_registry *r, uint64_t revision)
{
	struct list_state s;
	int rc = r->ops->begin(r);

	if (rc == SB_OK)
		rc = get_state(r, &s);
	if (rc == SB_OK && (!s.known || s.published < revision || s.published > s.revision))
		rc = put_state(r, s.known ? s.revision : revision, revision);
	if (rc == SB_OK)
		rc = r->ops->commit(r);
	r->ops->rollback(r);
	return rc;
}
