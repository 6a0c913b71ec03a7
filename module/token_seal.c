/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "token_private.h"

#include <string.h>

#include "base/error.h"

/* Tokens whose seal has a device: it counts the tries, and the store follows. */

static const struct sb_seal_device *device(const struct sb_token *t)
{
	return t->seal->device;
}

static struct sb_slice serial_of(const struct sb_token *t)
{
	return sb_slice(t->header.serial, SB_TOKEN_SERIAL);
}

int token_seal_note(struct sb_token *t, int rc)
{
	bool about_device = rc <= SB_E_TPM_ABSENT && rc >= SB_E_ROLLED_BACK;

	if (about_device)
		t->device.fault = rc;
	else if (rc == SB_OK || rc == SB_E_PIN_INCORRECT || rc == SB_E_PIN_LOCKED)
		t->device.fault = SB_OK;
	return rc;
}

static int need_link(struct sb_token *t)
{
	if (t->device.link)
		return SB_OK;
	t->device.linked = device(t);
	return device(t)->connect(t->tokens->config.tcti, &t->device.link);
}

void token_seal_unlink(struct sb_token *t)
{
	if (t->device.link)
		t->device.linked->disconnect(&t->device.link);
}

/* A wrap that tells where the token's places are. */
static int any_wrap(struct sb_token *t, struct sb_bytes *row)
{
	int rc = token_wrap_read(t, SB_SEAL_PUK, row);

	if (rc == SB_OK)
		return rc;
	sb_bytes_free(row);
	rc = token_wrap_read(t, SB_SEAL_PIN, row);
	return rc == SB_E_PIN_UNSET ? SB_E_CORRUPT : rc;
}

int token_seal_set(struct sb_token *t, struct sb_seal_set *set)
{
	struct sb_bytes row = {0};
	int rc = any_wrap(t, &row);

	if (rc == SB_OK)
		rc = device(t)->set_of(token_wrap_state(&row), set);
	sb_bytes_free(&row);
	return rc;
}

int token_seal_create(struct sb_token *t, const struct sb_seal_set *set, struct token_stretch *puk, const struct token_keys *keys,
	uint64_t *generation)
{
	const unsigned limits[] = {t->header.tries[SB_SEAL_PIN], t->header.tries[SB_SEAL_PUK]};
	int rc = need_link(t);

	if (rc == SB_OK)
		rc = device(t)->create(t->device.link, set, limits, puk->stretched, keys->counter, generation);
	if (rc == SB_OK)
		rc = device(t)->seal(t->device.link, set, SB_SEAL_PUK, serial_of(t), puk->stretched, &puk->state, puk->kek);
	return rc;
}

int token_seal_first_pin(struct sb_token *t, const struct sb_seal_set *set, const struct token_stretch *puk, struct token_stretch *pin)
{
	int rc = device(t)->seal(t->device.link, set, SB_SEAL_PIN, serial_of(t), pin->stretched, &pin->state, pin->kek);

	if (rc != SB_OK)
		return rc;
	return device(t)->unblock(
		t->device.link, sb_bytes_slice(&pin->state), puk->stretched, t->header.tries[SB_SEAL_PIN], pin->stretched);
}

/* Writes tries where they differ from what stands there. That this fails costs nobody a try, and gives nobody one. */
static void follow(struct sb_token *t, const struct sb_tries *tries)
{
	struct sb_tries stands;
	int rc = token_read_tries(t, &stands);

	if (rc != SB_OK || (!stands.damaged && memcmp(stands.used, tries->used, sizeof stands.used) == 0))
		return;
	rc = t->store->ops->begin(t->store);
	if (rc == SB_OK)
		rc = token_write_tries(t, tries);
	if (rc == SB_OK)
		rc = t->store->ops->commit(t->store);
	if (rc != SB_OK)
		t->store->ops->rollback(t->store);
}

static int mirror(struct sb_token *t, struct sb_slice state)
{
	struct sb_tries tries = {0};
	unsigned used[2];
	int rc = need_link(t);

	if (rc == SB_OK)
		rc = device(t)->tries(t->device.link, state, used);
	if (rc != SB_OK)
		return rc;
	for (int slot = SB_SEAL_PIN; slot <= SB_SEAL_PUK; slot++)
		tries.used[slot] = (uint8_t)(used[slot] < t->header.tries[slot] ? used[slot] : t->header.tries[slot]);
	follow(t, &tries);
	return SB_OK;
}

int token_seal_mirror(struct sb_token *t)
{
	struct sb_bytes row = {0};
	int rc = any_wrap(t, &row);

	if (rc == SB_OK)
		rc = mirror(t, token_wrap_state(&row));
	sb_bytes_free(&row);
	return token_seal_note(t, rc);
}

void token_seal_refresh(struct sb_token *t)
{
	if (!device(t) || t->device.refreshed || t->store->read_only)
		return;
	t->device.refreshed = true;
	if (token_lock(t) != SB_OK)
		return;
	token_seal_mirror(t);
	token_unlock(t);
}

/* What became of a try that the store charged before. Where the device could not say, it charged none either. */
static void follow_try(struct sb_token *t, const struct token_stretch *s, struct sb_slice state, int rc)
{
	struct sb_tries tries;

	/* The row may have been damaged: with the PUK it was made good, and does not know of the PIN. */
	if (rc == SB_E_PIN_INCORRECT || rc == SB_E_PIN_LOCKED || s->slot == SB_SEAL_PUK)
		if (mirror(t, state) == SB_OK)
			return;
	if (rc == SB_OK || token_read_tries(t, &tries) != SB_OK || tries.damaged || tries.used[s->slot] == 0)
		return;
	tries.used[s->slot]--;
	follow(t, &tries);
}

/* The store is of the time that the counter shows, or one ahead: then a crash came between the two. An unreadable generation could hide
 * an old one. */
static int check_age(struct sb_token *t, struct sb_slice state, const struct token_keys *keys)
{
	struct token_digest digest;
	uint64_t count;
	int rc = token_digest_read(t, keys, &digest);

	if (rc == SB_OK)
		rc = device(t)->count(t->device.link, state, keys->counter, false, &count);
	if (rc == SB_OK && digest.store_generation == count + 1)
		rc = device(t)->count(t->device.link, state, keys->counter, true, &count);
	return rc == SB_OK && digest.store_generation != count ? SB_E_ROLLED_BACK : rc;
}

int token_seal_check_age(struct sb_token *t, const struct token_keys *keys)
{
	struct sb_bytes row = {0};
	int rc = any_wrap(t, &row);

	if (rc == SB_OK)
		rc = need_link(t);
	if (rc == SB_OK)
		rc = check_age(t, token_wrap_state(&row), keys);
	sb_bytes_free(&row);
	return token_seal_note(t, rc);
}

/* A change of the PIN that was cut short: what the device accepts decides which wrap holds. */
static int settle(struct sb_token *t, enum sb_seal_slot slot, const struct sb_bytes *pending, bool holds, struct token_opened *opened)
{
	const struct sb_store_ops *ops = t->store->ops;
	int rc = ops->begin(t->store);

	if (rc == SB_OK)
		rc = holds ? token_wrap_promote(t, slot, pending) : token_wrap_drop_pending(t, slot);
	if (rc == SB_OK && holds)
		rc = token_digest_amend(t, opened->keys, 1u << (slot == SB_SEAL_PIN ? TOKEN_META_WRAP_PIN : TOKEN_META_WRAP_PUK));
	if (rc == SB_OK)
		rc = token_counter_before(t);
	if (rc == SB_OK)
		rc = ops->commit(t->store);
	if (rc != SB_OK)
		ops->rollback(t->store);
	token_counter_after(t, rc == SB_OK);
	return rc == SB_OK && holds ? sb_bytes_set(&opened->wrap, pending->data, pending->len) : rc;
}

static int open_wrap(struct sb_token *t, struct token_stretch *s, struct token_opened *opened, const struct sb_bytes *pending)
{
	const struct sb_slice states[] = {token_wrap_state(&opened->wrap), token_wrap_state(pending)};
	unsigned which;
	int rc = device(t)->open(t->device.link, s->slot, serial_of(t), s->stretched, states, &which, s->kek);

	if (rc != SB_OK)
		return rc;
	rc = token_wrap_open(t, s, which ? pending : &opened->wrap, opened->keys);
	/* The device says that the PIN is right. */
	if (rc == SB_E_PIN_INCORRECT)
		rc = SB_E_CORRUPT;
	if (rc == SB_OK && !opened->any_age)
		rc = check_age(t, states[0], opened->keys);
	if (rc == SB_OK && pending->len && !opened->any_age)
		rc = settle(t, s->slot, pending, which, opened);
	return rc;
}

int token_seal_try(struct sb_token *t, struct token_stretch *s, struct token_opened *opened)
{
	struct sb_bytes pending = {0};
	int rc = need_link(t);

	/* One that is damaged is none. */
	if (rc == SB_OK && token_wrap_pending(t, s->slot, &pending) != SB_OK)
		sb_bytes_free(&pending);
	if (rc == SB_OK)
		rc = open_wrap(t, s, opened, &pending);
	follow_try(t, s, token_wrap_state(&opened->wrap), rc);
	sb_bytes_free(&pending);
	return token_seal_note(t, rc);
}

static int accept(struct sb_token *t, const struct token_stretch *s, const struct token_stretch *old)
{
	struct sb_slice state = sb_bytes_slice(&s->state);

	if (old)
		return device(t)->change(t->device.link, state, s->slot, old->stretched, s->stretched);
	return device(t)->unblock(t->device.link, state, t->officer->stretched, t->header.tries[SB_SEAL_PIN], s->stretched);
}

int token_seal_replace(struct sb_token *t, struct token_stretch *s, const struct token_keys *keys, const struct token_stretch *old)
{
	const struct sb_store_ops *ops = t->store->ops;
	struct sb_seal_set set;
	int rc = old ? SB_OK : token_officer_check(t);

	if (rc == SB_OK)
		rc = token_seal_set(t, &set);
	if (rc == SB_OK)
		rc = need_link(t);
	if (rc == SB_OK)
		rc = device(t)->seal(t->device.link, &set, s->slot, serial_of(t), s->stretched, &s->state, s->kek);
	if (rc == SB_OK)
		rc = token_wrap_write_pending(t, s, keys);
	if (rc == SB_OK)
		rc = ops->commit(t->store);
	if (rc == SB_OK)
		rc = accept(t, s, old);
	if (rc == SB_OK)
		rc = ops->begin(t->store);
	return token_seal_note(t, rc);
}

/* Once in a transaction where a counter has to follow. */
void token_generation_raise(struct sb_token *t, const struct token_keys *keys, struct token_digest *digest)
{
	if (t->device.bump)
		return;
	digest->store_generation++;
	if (device(t)) {
		t->device.bump = keys;
		t->device.bump_to = digest->store_generation;
	}
}

static int count(struct sb_token *t, bool step, uint64_t *value)
{
	struct sb_bytes row = {0};
	int rc = any_wrap(t, &row);

	if (rc == SB_OK)
		rc = need_link(t);
	if (rc == SB_OK)
		rc = device(t)->count(t->device.link, token_wrap_state(&row), t->device.bump->counter, step, value);
	sb_bytes_free(&row);
	return token_seal_note(t, rc);
}

int token_counter_before(struct sb_token *t)
{
	uint64_t value = 0;
	int rc = t->device.bump ? count(t, false, &value) : SB_OK;

	if (rc == SB_OK && t->device.bump && value + 2 == t->device.bump_to)
		rc = count(t, true, &value);
	return rc == SB_OK && t->device.bump && value + 1 != t->device.bump_to ? token_seal_note(t, SB_E_ROLLED_BACK) : rc;
}

/* Where the step fails, the next login makes it: the store is one ahead. */
void token_counter_after(struct sb_token *t, bool committed)
{
	uint64_t value;

	if (t->device.bump && committed)
		count(t, true, &value);
	t->device.bump = NULL;
}
