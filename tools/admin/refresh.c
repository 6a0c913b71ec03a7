/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "admin/credentials.h"
#include "admin/tries.h"
#include "base/error.h"
#include "common/i18n.h"
#include "registry/registry_life.h"

/* `refresh`: a card's data as the registry has them now, for the same keys, under the same number, until the same day. The card's own keys ask for it,
 * so it needs no clerk: who has the phone and its PIN gets what the registry says of the card's holder anyway. */

enum { SELF_TRIES = 5, SELF_PAUSE = 60, SELF_PAUSE_MAX = 3600, SELF_KEPT = 24 * 3600 };

/* Nothing is told of a card to a request that does not prove two keys; and of another's card nothing but that. */
static int check_proofs(struct issuing *g, struct sb_failure *f)
{
	const struct sb_enrol_request *q = &g->request;
	struct sb_slice box = sb_slice(q->box, sizeof q->box);
	char nonce[sizeof SB_REFRESH_NONCE + sizeof q->application];
	int rc;

	snprintf(nonce, sizeof nonce, SB_REFRESH_NONCE "%s", q->application);
	rc = admin_check_proof(q->presentation_proof, q->presentation_point, g->a->status_uri, nonce, box, f);
	if (rc == SB_EXIT_OK)
		rc = admin_check_proof(q->authentication_proof, q->authentication_point, g->a->status_uri, nonce, box, f);
	return rc;
}

static int find(struct issuing *g, struct sb_failure *f)
{
	struct sb_registry *r = g->a->registry;
	int rc = r->ops->credential_get(r, g->request.application, &g->credential);

	if (rc == SB_E_NOT_FOUND)
		return sb_fail(f, SB_EXIT_DATA, "bad_request", "card", _("The card that this request is for was not issued here."));
	if (rc == SB_OK && g->credential.state > SB_CREDENTIAL_SUSPENDED)
		rc = SB_E_CORRUPT;
	if (rc == SB_OK)
		rc = sb_registry_find_id(r, g->credential.resident, &g->resident);
	if (rc == SB_OK)
		rc = sb_registry_card_check(r, &g->credential);
	return rc == SB_OK ? SB_EXIT_OK : admin_fail(rc, "registry.db", f);
}

/* A card that is not in force is not made anew; only the one that is knows its holder's present data. */
static int check_force(const struct issuing *g, struct sb_failure *f)
{
	const struct sb_registry_credential *c = &g->credential;

	if (c->state == SB_CREDENTIAL_REVOKED)
		return sb_fail(f, SB_EXIT_NOT_NOW, "revoked", c->card,
			_("The card is revoked, or another has taken its place: it cannot be refreshed. A new one is issued at the counter: enrol, issue."));
	if (c->state == SB_CREDENTIAL_SUSPENDED)
		return sb_fail(f, SB_EXIT_NOT_NOW, "suspended", c->card, _("The card is suspended: it can be refreshed once it is back in use (resume)."));
	if (c->expires <= time(NULL))
		return sb_fail(f, SB_EXIT_NOT_NOW, "expired", c->card,
			_("The card's three years are over, and a refresh does not extend them. A new one is issued at the counter: enrol --reason expired"));
	return SB_EXIT_OK;
}

static int decide(struct issuing *g, struct sb_failure *f)
{
	int rc = find(g, f);

	if (rc == SB_EXIT_OK)
		rc = admin_issued_check(g, f);
	/* That the keys are others' is said first, and nothing of the card; what follows is for its holder. */
	if (rc != SB_EXIT_OK && (strcmp(f->error, "reissue_needed") != 0 || strcmp(f->field, "card") == 0))
		return rc;
	if (check_force(g, f) != SB_EXIT_OK || admin_plastic_check(g->resident.fields, f) != SB_EXIT_OK)
		return (int)f->exit;
	return rc;
}

/* A device that asks by itself may ask for ever: each answer is signatures, and a row of the audit. What the registrar has changed is nobody's to
 * repeat, so it is not counted. */
static int charge(struct issuing *g, uint8_t key[1][SB_REGISTRY_HASH], struct sb_failure *f)
{
	static const struct tries_limit limit = {SELF_TRIES, SELF_PAUSE, SELF_PAUSE_MAX, SELF_KEPT};
	struct sb_registry *r = g->a->registry;
	int64_t now = time(NULL), until = 0;
	int left, rc = sb_registry_hash(r, "refresh", g->credential.card, key[0]);

	if (rc == SB_OK && !*g->a->officer)
		rc = tries_charge(r, &limit, (const uint8_t(*)[SB_REGISTRY_HASH])key, 1, now, &left, &until);
	if (rc != SB_OK)
		return admin_fail(rc, "registry.db", f);
	if (until > now)
		return sb_fail(f, SB_EXIT_NOT_NOW, "too_many_requests", g->credential.card,
			_("This card was refreshed too often, without anything new. Try again in %lld seconds."), (long long)(until - now));
	return SB_EXIT_OK;
}

static int record(struct issuing *g, enum admin_given how, uint8_t key[1][SB_REGISTRY_HASH])
{
	static const char *const outcomes[] = {[ADMIN_GIVEN_CHANGED] = "ok", [ADMIN_GIVEN_UNCHANGED] = "unchanged", [ADMIN_GIVEN_AGAIN] = "again"};
	struct sb_registry *r = g->a->registry;
	int rc = sb_registry_audit(r, *g->a->officer ? g->a->officer : "self", "refresh", g->credential.card, outcomes[how]);

	if (rc == SB_OK && how == ADMIN_GIVEN_CHANGED)
		rc = admin_notice_add(&g->a->notices, r, NOTICE_REFRESHED, g->resident.fields, g->credential.card, "");
	if (rc == SB_OK && how == ADMIN_GIVEN_CHANGED)
		rc = tries_clear(r, (const uint8_t(*)[SB_REGISTRY_HASH])key, 1);
	return rc == SB_OK ? r->ops->commit(r) : rc;
}

static int refresh_card(struct issuing *g, struct sb_failure *f)
{
	struct sb_registry *r = g->a->registry;
	uint8_t key[1][SB_REGISTRY_HASH];
	enum admin_given how;
	int begun = r->ops->begin(r), rc = begun == SB_OK ? decide(g, f) : admin_fail(begun, "registry.db", f), recorded;

	if (rc == SB_EXIT_OK)
		rc = charge(g, key, f);
	if (rc == SB_EXIT_OK)
		rc = admin_given_put(g, &how, f);
	if (rc == SB_EXIT_OK && (recorded = record(g, how, key)) != SB_OK)
		rc = admin_fail(recorded, "registry.db", f);
	r->ops->rollback(r);
	return rc;
}

static int refresh_request(struct issuing *g, const json_t *json, json_t *result, struct sb_failure *f)
{
	const char *field;
	int rc;

	if (sb_refresh_request_parse(json, &g->request, &field) != SB_OK)
		return sb_fail(f, SB_EXIT_DATA, "bad_request", field, _("This is no request for a refresh, or it is not whole. Make it on the device: sinbun refresh --request FILE"));
	rc = check_proofs(g, f);
	if (rc == SB_EXIT_OK)
		rc = admin_load_documents(g, f);
	if (rc == SB_EXIT_OK)
		rc = refresh_card(g, f);
	if (rc == SB_EXIT_OK)
		rc = admin_write_response(g, f);
	if (rc == SB_EXIT_OK) {
		json_object_set_new(result, "card", json_string(g->credential.card));
		json_object_set_new(result, "expires", json_integer(g->credential.expires));
		sb_say(g->a->p, _("Card %s is refreshed. The response for the device is in %s. On the device: sinbun refresh --response FILE\n"), g->credential.card,
			sb_program_text(g->a->p, "--response"));
	}
	return rc;
}

static int refresh(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	if (!sb_program_text(p, "--officer") == !sb_program_flag(p, "--self"))
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--officer", _("Either --officer ID, at a counter, or --self, by the resident alone."));
	return admin_take_request(p, refresh_request, result, f);
}

static const struct sb_option options[] = {
	{"--officer", SB_OPTION_TEXT, "ID", N_("who does this, for the audit"), false},
	{"--self", SB_OPTION_FLAG, NULL, N_("the device asks by itself, without a clerk"), false},
	{"--request", SB_OPTION_FILE, "FILE", N_("the device's request (sinbun refresh --request)"), true},
	{"--response", SB_OPTION_FILE, "FILE", N_("where to write the response for the device"), true},
	{0},
};

const struct sb_verb admin_refresh = {"refresh", "", 0, 0, N_("give a card its holder's present data"), options, refresh};
