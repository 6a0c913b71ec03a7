/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"

#include <string.h>

#include "admin/reason.h"
#include "base/error.h"
#include "common/i18n.h"
#include "formats/jws.h"
#include "registry/registry_life.h"

/* What the plastic card's state means for the mobile one: while it is reported lost, or the registration is cancelled, no mobile card is
 * issued, and none is valid. */

static const struct {
	const char *status, *error, *message;
	const char *word, *reason; /* with the card, in the audit */
} rows[] = {
	{"lost", "card_lost", N_("The plastic card is reported lost. It must be reissued, or the report withdrawn, first."), REASON_PLASTIC_LOST, "plastic card lost"},
	{"cancelled", "card_cancelled", N_("The registration is cancelled. No card can be issued."), REASON_CANCELLED, "registration cancelled"},
};
enum { ROWS = sizeof rows / sizeof *rows };

/* ROWS where nothing stands in the way. */
static size_t row_of(const json_t *fields)
{
	const char *status = sb_json_text(fields, "card_status");
	size_t i = 0;

	while (i < ROWS && !(status && strcmp(rows[i].status, status) == 0))
		i++;
	return i;
}

int admin_plastic_check(const json_t *fields, struct sb_failure *f)
{
	size_t i = row_of(fields);

	return i == ROWS ? SB_EXIT_OK : sb_fail(f, SB_EXIT_NOT_NOW, rows[i].error, "card_status", "%s", _(rows[i].message));
}

struct suspending {
	struct admin *a;
	const char *word, *reason;
	const json_t *resident; /* fields */
	bool dry;
	unsigned *count;
};

static int suspend_valid(void *context, const struct sb_registry_credential *c)
{
	struct suspending *s = context;
	struct sb_registry *r = s->a->registry;
	int rc;

	if (c->state != SB_CREDENTIAL_VALID)
		return SB_OK;
	rc = s->dry ? SB_OK : sb_registry_set_state(r, c->card, SB_CREDENTIAL_SUSPENDED, s->word);
	if (rc == SB_OK && !s->dry)
		rc = sb_registry_audit(r, s->a->officer, "suspend", c->card, s->reason);
	if (rc == SB_OK && !s->dry)
		rc = admin_notice_add(&s->a->notices, r, NOTICE_SUSPENDED, s->resident, c->card, s->word);
	*s->count += rc == SB_OK;
	return rc;
}

int admin_plastic_suspend(struct admin *a, const json_t *fields, bool dry, unsigned *count)
{
	size_t i = row_of(fields);
	struct suspending s = {a, i < ROWS ? rows[i].word : "", i < ROWS ? rows[i].reason : "", NULL, dry, count};
	struct sb_registry_resident resident;
	int rc;

	if (i == ROWS)
		return SB_OK;
	rc = sb_registry_find(a->registry, sb_json_text(fields, "rrn"), &resident);
	s.resident = resident.fields;
	if (rc == SB_OK)
		rc = a->registry->ops->credential_each(a->registry, resident.id, suspend_valid, &s);
	else if (rc == SB_E_NOT_FOUND && dry)
		rc = SB_OK;
	sb_registry_resident_free(&resident);
	return rc;
}

static int count_restored(void *context, const struct sb_registry_credential *c)
{
	*(unsigned *)context += c->state == SB_CREDENTIAL_SUSPENDED && admin_reason_is_plastic(c->reason);
	return SB_OK;
}

int admin_plastic_restored(struct admin *a, const json_t *fields, unsigned *count)
{
	struct sb_registry_resident resident;
	int rc;

	if (row_of(fields) < ROWS)
		return SB_OK;
	rc = sb_registry_find(a->registry, sb_json_text(fields, "rrn"), &resident);
	if (rc == SB_OK)
		rc = a->registry->ops->credential_each(a->registry, resident.id, count_restored, count);
	sb_registry_resident_free(&resident);
	return rc;
}
