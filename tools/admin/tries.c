/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/tries.h"

#include "base/error.h"

enum { KEYS_MAX = 4 };

static int64_t pause_after(const struct tries_limit *limit, int count)
{
	int64_t seconds = limit->pause;

	for (int i = limit->tries; i < count && seconds < limit->pause_max; i++)
		seconds *= 2;
	return seconds < limit->pause_max ? seconds : limit->pause_max;
}

/* What was counted, and the latest end of a pause. */
static int look(struct sb_registry *r, const uint8_t (*keys)[SB_REGISTRY_HASH], int count, struct sb_registry_try *tries, int64_t *until)
{
	int rc = SB_OK;

	*until = 0;
	for (int i = 0; rc == SB_OK && i < count; i++) {
		tries[i] = (struct sb_registry_try){0};
		rc = r->apply->try_get(r, keys[i], &tries[i]);
		if (rc == SB_E_NOT_FOUND)
			rc = SB_OK;
		if (tries[i].until > *until)
			*until = tries[i].until;
	}
	return rc;
}

int tries_charge(struct sb_registry *r, const struct tries_limit *limit, const uint8_t (*keys)[SB_REGISTRY_HASH], int count, int64_t now, int *left,
	int64_t *until)
{
	struct sb_registry_try tries[KEYS_MAX];
	int rc = count <= KEYS_MAX ? r->apply->try_forget(r, now - limit->kept) : SB_E_ARGUMENT;

	*left = limit->tries;
	if (rc == SB_OK)
		rc = look(r, keys, count, tries, until);
	if (rc != SB_OK || *until > now)
		return rc;
	for (int i = 0; rc == SB_OK && i < count; i++) {
		int remain = limit->tries - ++tries[i].wrong;

		tries[i].until = remain > 0 ? 0 : now + pause_after(limit, tries[i].wrong);
		if (remain < *left)
			*left = remain > 0 ? remain : 0;
		rc = r->apply->try_put(r, keys[i], &tries[i], now);
	}
	return rc;
}

int tries_pause(struct sb_registry *r, const uint8_t (*keys)[SB_REGISTRY_HASH], int count, int64_t *until)
{
	struct sb_registry_try tries[KEYS_MAX];

	return count <= KEYS_MAX ? look(r, keys, count, tries, until) : SB_E_ARGUMENT;
}

int tries_clear(struct sb_registry *r, const uint8_t (*keys)[SB_REGISTRY_HASH], int count)
{
	const struct sb_registry_try none = {0};
	int rc = SB_OK;

	for (int i = 0; rc == SB_OK && i < count; i++)
		rc = r->apply->try_put(r, keys[i], &none, 0);
	return rc;
}
