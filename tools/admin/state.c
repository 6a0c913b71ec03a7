/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"

#include <string.h>

#include "admin/reason.h"
#include "base/error.h"
#include "common/i18n.h"
#include "registry/registry_life.h"

/* `suspend`, `resume`, `revoke`: a card's state. Revocation is final. */

struct change {
	const char *verb;
	enum sb_credential_state to;
	enum admin_reason_use use;
	enum notice_kind notice;
	const char *done;
	const char *impossible[3]; /* by the card's state; NULL where the change can be made */
};

static const char revoked_for_good[] = N_("The card is revoked, and that is final. A new one is issued at the counter: enrol, issue.");
static const struct change suspend_change = {"suspend", SB_CREDENTIAL_SUSPENDED, ADMIN_SUSPENDS, NOTICE_SUSPENDED, N_("The card is suspended now."),
	{[SB_CREDENTIAL_SUSPENDED] = N_("The card is suspended already."), [SB_CREDENTIAL_REVOKED] = revoked_for_good}};
static const struct change resume_change = {"resume", SB_CREDENTIAL_VALID, ADMIN_RESUMES, NOTICE_RESUMED, N_("The card is valid again."),
	{[SB_CREDENTIAL_VALID] = N_("The card is valid; there is nothing to take back."), [SB_CREDENTIAL_REVOKED] = revoked_for_good}};
static const struct change revoke_change = {"revoke", SB_CREDENTIAL_REVOKED, ADMIN_REVOKES, NOTICE_REVOKED,
	N_("The card is revoked for good."), {[SB_CREDENTIAL_REVOKED] = N_("The card is revoked already.")}};

static int find_card(struct admin *a, const char *card, struct sb_registry_credential *credential, struct sb_failure *f)
{
	int rc = a->registry->ops->credential_get(a->registry, card, credential);

	if (rc == SB_E_NOT_FOUND)
		return sb_fail(f, SB_EXIT_DATA, "no_card", "--card", _("There is no card %s here."), sb_clean(card));
	if (rc == SB_OK && credential->state > SB_CREDENTIAL_SUSPENDED)
		rc = SB_E_CORRUPT;
	return rc == SB_OK ? SB_EXIT_OK : admin_fail(rc, "registry.db", f);
}

/* A card whose plastic one is lost was suspended for that; it comes back when that is mended in the registry. */
static int check_resident(struct admin *a, const struct sb_registry_credential *credential, struct sb_failure *f)
{
	struct sb_registry_resident resident;
	int rc = sb_registry_find_id(a->registry, credential->resident, &resident);

	rc = rc == SB_OK ? admin_plastic_check(resident.fields, f) : admin_fail(rc, "registry.db", f);
	sb_registry_resident_free(&resident);
	return rc;
}

/* A card that is suspended because of the plastic one may be reported lost itself, with a reason or without: then it waits for that report to be withdrawn
 * as well. */
static bool is_reported(const struct change *c, const struct sb_registry_credential *credential, const char *reason)
{
	return c->to == SB_CREDENTIAL_SUSPENDED && credential->state == SB_CREDENTIAL_SUSPENDED && !(reason && admin_reason_is_plastic(reason)) &&
	       admin_reason_is_plastic(credential->reason);
}

static int check(struct admin *a, const struct change *c, struct sb_registry_credential *credential, struct sb_failure *f)
{
	int rc = find_card(a, sb_program_text(a->p, "--card"), credential, f);

	if (rc == SB_EXIT_OK && c->impossible[credential->state] && !is_reported(c, credential, sb_program_text(a->p, "--reason")))
		rc = sb_fail(f, SB_EXIT_NOT_NOW, "wrong_state", "--card", "%s", _(c->impossible[credential->state]));
	if (rc == SB_EXIT_OK && c->to == SB_CREDENTIAL_VALID)
		rc = admin_reason_check_end(sb_program_text(a->p, "--reason"), credential->reason, f);
	if (rc == SB_EXIT_OK && c->to == SB_CREDENTIAL_VALID)
		rc = check_resident(a, credential, f);
	return rc;
}

/* Where none is given: what follows from why the card was suspended. */
static const char *reason_of(struct admin *a, const struct change *c, const struct sb_registry_credential *credential)
{
	const char *reason = sb_program_text(a->p, "--reason");

	if (reason || c->to != SB_CREDENTIAL_VALID)
		return reason ? reason : "";
	return admin_reason_is_plastic(credential->reason) ? REASON_RESTORED : REASON_WITHDRAWN;
}

static int notify(struct admin *a, const struct change *c, const struct sb_registry_credential *credential, const char *reason)
{
	struct sb_registry_resident resident;
	int rc = a->notices.on ? sb_registry_find_id(a->registry, credential->resident, &resident) : SB_OK;

	if (!a->notices.on)
		return SB_OK;
	if (rc == SB_OK)
		rc = admin_notice_add(&a->notices, a->registry, c->notice, resident.fields, credential->card, reason);
	sb_registry_resident_free(&resident);
	return rc;
}

static int store(struct admin *a, const struct change *c, const struct sb_registry_credential *credential, const char *reason)
{
	struct sb_registry *r = a->registry;
	int rc = sb_registry_set_state(r, credential->card, c->to, reason);

	if (rc == SB_OK)
		rc = sb_registry_audit(r, a->officer, c->verb, credential->card, reason);
	if (rc == SB_OK)
		rc = notify(a, c, credential, reason);
	return rc == SB_OK ? r->ops->commit(r) : rc;
}

static int apply(struct admin *a, const struct change *c, json_t *result, struct sb_failure *f)
{
	static const char *const names[] = {"valid", "revoked", "suspended"};
	struct sb_registry_credential credential;
	const char *reason = "";
	int rc = a->registry->ops->begin(a->registry), stored;

	rc = rc == SB_OK ? check(a, c, &credential, f) : admin_fail(rc, "registry.db", f);
	if (rc == SB_EXIT_OK) {
		reason = reason_of(a, c, &credential);
		stored = store(a, c, &credential, reason);
		if (stored != SB_OK)
			rc = admin_fail(stored, "registry.db", f);
	}
	a->registry->ops->rollback(a->registry);
	if (rc == SB_EXIT_OK) {
		json_object_set_new(result, "card", json_string(credential.card));
		json_object_set_new(result, "state", json_string(names[c->to]));
		json_object_set_new(result, "reason", *reason ? json_string(reason) : json_null());
		sb_say(a->p, "%s\n", _(c->done));
	}
	return rc;
}

static int run(struct sb_program *p, const struct change *c, json_t *result, struct sb_failure *f)
{
	struct admin a;
	int rc = admin_reason_check(sb_program_text(p, "--reason"), c->use, f);

	if (rc == SB_EXIT_OK)
		rc = admin_open(p, &a, f);
	if (rc != SB_EXIT_OK)
		return rc;
	rc = apply(&a, c, result, f);
	/* Where this was done before and its list did not go out then, it goes out now. */
	if (rc == SB_EXIT_OK || (a.status_dir && strcmp(f->error, "wrong_state") == 0))
		admin_publish_due(&a, result);
	admin_close(&a);
	return rc;
}

static int suspend(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	return run(p, &suspend_change, result, f);
}

static int resume(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	return run(p, &resume_change, result, f);
}

static int revoke(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	return run(p, &revoke_change, result, f);
}

static const struct sb_option options[] = {
	OFFICER_OPTION,
	{"--card", SB_OPTION_TEXT, "NUMBER", N_("the card's number"), true},
	{"--reason", SB_OPTION_TEXT, "WORD", N_("why: lost, withdrawn, reissued … (another word lists them all)"), false},
	{0},
};

const struct sb_verb admin_suspend = {"suspend", "", 0, 0, N_("suspend a card (a loss report)"), options, suspend};
const struct sb_verb admin_resume = {"resume", "", 0, 0, N_("take a suspended card back into use"), options, resume};
const struct sb_verb admin_revoke = {"revoke", "", 0, 0, N_("end a card for good"), options, revoke};
