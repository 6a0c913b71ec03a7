/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"

#include "base/error.h"
#include "common/i18n.h"

/* `suspend`, `resume`, `revoke`: a card's state. Revocation is final. */

struct change {
	const char *verb;
	enum sb_credential_state from, to;
	const char *done, *impossible;
};

static const struct change suspend_change = {"suspend", SB_CREDENTIAL_VALID, SB_CREDENTIAL_SUSPENDED,
	N_("The card is suspended. Publish: status publish, bundle."), N_("Only a valid card can be suspended.")};
static const struct change resume_change = {"resume", SB_CREDENTIAL_SUSPENDED, SB_CREDENTIAL_VALID,
	N_("The card is valid again. Publish: status publish, bundle."), N_("Only a suspended card can be resumed; a revoked one is gone for good.")};
static const struct change revoke_change = {"revoke", SB_CREDENTIAL_VALID, SB_CREDENTIAL_REVOKED,
	N_("The card is revoked for good. Publish: status publish, bundle."), N_("The card is revoked already.")};

static bool possible(const struct change *c, enum sb_credential_state state)
{
	return c->to == SB_CREDENTIAL_REVOKED ? state != SB_CREDENTIAL_REVOKED : state == c->from;
}

static int apply(struct admin *a, const struct change *c, struct sb_failure *f)
{
	const char *card = sb_program_text(a->p, "--card"), *reason = sb_program_text(a->p, "--reason");
	struct sb_registry_credential credential;
	struct sb_registry *r = a->registry;
	int rc = r->ops->begin(r);

	if (rc == SB_OK)
		rc = r->ops->credential_get(r, card, &credential);
	if (rc == SB_E_NOT_FOUND) {
		r->ops->rollback(r);
		return sb_fail(f, SB_EXIT_DATA, "no_card", "--card", _("There is no card %s here."), sb_clean(card));
	}
	if (rc == SB_OK && !possible(c, credential.state)) {
		r->ops->rollback(r);
		return sb_fail(f, SB_EXIT_NOT_NOW, "wrong_state", "--card", "%s", _(c->impossible));
	}
	if (rc == SB_OK)
		rc = r->ops->credential_set_state(r, card, c->to);
	if (rc == SB_OK)
		rc = sb_registry_audit(r, a->officer, c->verb, card, reason ? reason : "");
	if (rc == SB_OK)
		rc = r->ops->commit(r);
	if (rc == SB_OK)
		return SB_EXIT_OK;
	r->ops->rollback(r);
	return admin_fail(rc, "registry.db", f);
}

static int run(struct sb_program *p, const struct change *c, json_t *result, struct sb_failure *f)
{
	static const char *const names[] = {"valid", "revoked", "suspended"};
	struct admin a;
	int rc = admin_open(p, &a, f);

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
