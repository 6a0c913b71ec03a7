/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"

#include <string.h>

#include "base/error.h"
#include "common/i18n.h"

/* `suspend`, `resume`, `revoke`: a card's state. Revocation is final. */

enum { REASON_MAX = 32 };

struct change {
	const char *verb;
	enum sb_credential_state to;
	const char *done;
	const char *impossible[3]; /* by the card's state; NULL where the change can be made */
};

static const char revoked_for_good[] = N_("The card is revoked, and that is final. A new one is issued at the counter: enrol, issue.");
static const struct change suspend_change = {"suspend", SB_CREDENTIAL_SUSPENDED,
	N_("The card is suspended. Publish: status publish, bundle."),
	{[SB_CREDENTIAL_SUSPENDED] = N_("The card is suspended already."), [SB_CREDENTIAL_REVOKED] = revoked_for_good}};
static const struct change resume_change = {"resume", SB_CREDENTIAL_VALID, N_("The card is valid again. Publish: status publish, bundle."),
	{[SB_CREDENTIAL_VALID] = N_("The card is valid; there is nothing to take back."), [SB_CREDENTIAL_REVOKED] = revoked_for_good}};
static const struct change revoke_change = {"revoke", SB_CREDENTIAL_REVOKED,
	N_("The card is revoked for good. Publish: status publish, bundle."), {[SB_CREDENTIAL_REVOKED] = N_("The card is revoked already.")}};

/* A word for why, and no story about the person: the audit keeps it. */
static int check_reason(struct sb_program *p, struct sb_failure *f)
{
	const char *reason = sb_program_text(p, "--reason");
	size_t len = reason ? strlen(reason) : 1;

	if (!reason || (len && len <= REASON_MAX && strspn(reason, "abcdefghijklmnopqrstuvwxyz _-") == len))
		return SB_EXIT_OK;
	return sb_fail(f, SB_EXIT_USAGE, "bad_reason", "--reason",
		_("--reason is a word or two that say why: small letters a to z, blanks, - and _, at most %d (lost, reissued). The audit keeps it, so nothing about the person stands in it."),
		REASON_MAX);
}

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

static int check(struct admin *a, const struct change *c, const char *card, struct sb_failure *f)
{
	struct sb_registry_credential credential;
	int rc = find_card(a, card, &credential, f);

	if (rc == SB_EXIT_OK && c->impossible[credential.state])
		rc = sb_fail(f, SB_EXIT_NOT_NOW, "wrong_state", "--card", "%s", _(c->impossible[credential.state]));
	if (rc == SB_EXIT_OK && c->to == SB_CREDENTIAL_VALID)
		rc = check_resident(a, &credential, f);
	return rc;
}

static int store(struct admin *a, const struct change *c, const char *card)
{
	const char *reason = sb_program_text(a->p, "--reason");
	struct sb_registry *r = a->registry;
	int rc = r->ops->credential_set_state(r, card, c->to);

	if (rc == SB_OK)
		rc = sb_registry_audit(r, a->officer, c->verb, card, reason ? reason : "");
	return rc == SB_OK ? r->ops->commit(r) : rc;
}

static int apply(struct admin *a, const struct change *c, struct sb_failure *f)
{
	const char *card = sb_program_text(a->p, "--card");
	int rc = a->registry->ops->begin(a->registry);

	rc = rc == SB_OK ? check(a, c, card, f) : admin_fail(rc, "registry.db", f);
	if (rc == SB_EXIT_OK) {
		int stored = store(a, c, card);

		if (stored != SB_OK)
			rc = admin_fail(stored, "registry.db", f);
	}
	if (rc != SB_EXIT_OK)
		a->registry->ops->rollback(a->registry);
	return rc;
}

static int run(struct sb_program *p, const struct change *c, json_t *result, struct sb_failure *f)
{
	static const char *const names[] = {"valid", "revoked", "suspended"};
	struct admin a;
	int rc = check_reason(p, f);

	if (rc == SB_EXIT_OK)
		rc = admin_open(p, &a, f);
	if (rc != SB_EXIT_OK)
		return rc;
	rc = apply(&a, c, f);
	if (rc == SB_EXIT_OK) {
		json_object_set_new(result, "card", json_string(sb_program_text(p, "--card")));
		json_object_set_new(result, "state", json_string(names[c->to]));
		sb_say(p, "%s\n", _(c->done));
	}
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
	{"--reason", SB_OPTION_TEXT, "WORD", N_("why: lost, reissued … (for the audit)"), false},
	{0},
};

const struct sb_verb admin_suspend = {"suspend", "", 0, 0, N_("suspend a card (a loss report)"), options, suspend};
const struct sb_verb admin_resume = {"resume", "", 0, 0, N_("take a suspended card back into use"), options, resume};
const struct sb_verb admin_revoke = {"revoke", "", 0, 0, N_("end a card for good"), options, revoke};
