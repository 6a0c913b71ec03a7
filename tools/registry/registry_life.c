/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "registry/registry_life.h"

#include <time.h>

#include "base/codec.h"
#include "base/error.h"

/* The state of the status list is a number that counts on with each change, in the same transaction: what was changed and could not be published,
 * whatever the reason, is published with the next change. */

#define REVISION "status-revision"
#define PUBLISHED "status-published"
enum { NUMBER = 8 };

static int get_number(struct sb_registry *r, const char *name, uint64_t *number)
{
	struct sb_bytes value = {0};
	int rc = r->ops->get(r, name, &value);

	*number = rc == SB_OK && value.len == NUMBER ? sb_get_u64(value.data) : 0;
	if (rc == SB_OK && value.len != NUMBER)
		rc = SB_E_CORRUPT;
	sb_bytes_free(&value);
	return rc == SB_E_NOT_FOUND ? SB_OK : rc;
}

static int put_number(struct sb_registry *r, const char *name, uint64_t number)
{
	uint8_t value[NUMBER];

	sb_put_u64(value, number);
	return r->ops->put(r, name, sb_slice(value, sizeof value));
}

int sb_registry_status_changed(struct sb_registry *r)
{
	uint64_t revision;
	int rc = get_number(r, REVISION, &revision);

	return rc == SB_OK ? put_number(r, REVISION, revision + 1) : rc;
}

int sb_registry_set_state(struct sb_registry *r, const char *card, enum sb_credential_state state, const char *reason)
{
	int rc = r->ops->credential_set_state(r, card, state, reason, time(NULL));

	return rc == SB_OK ? sb_registry_status_changed(r) : rc;
}

int sb_registry_status_revision(struct sb_registry *r, uint64_t *revision, bool *out)
{
	uint64_t published = 0;
	int rc = get_number(r, REVISION, revision);

	if (rc == SB_OK)
		rc = get_number(r, PUBLISHED, &published);
	/* A number that no list can have is as none. */
	*out = published == *revision;
	return rc;
}

int sb_registry_status_published(struct sb_registry *r, uint64_t revision)
{
	uint64_t published, newest;
	int rc = r->ops->begin(r);

	if (rc == SB_OK)
		rc = get_number(r, REVISION, &newest);
	if (rc == SB_OK)
		rc = get_number(r, PUBLISHED, &published);
	if (rc == SB_OK && (published < revision || published > newest))
		rc = put_number(r, PUBLISHED, revision);
	if (rc == SB_OK)
		rc = r->ops->commit(r);
	r->ops->rollback(r);
	return rc;
}
