/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "admin/credentials.h"
#include "admin/reason.h"
#include "base/error.h"
#include "common/i18n.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "formats/jws.h"
#include "formats/status_list.h"
#include "registry/registry_life.h"

/* `issue`: a request becomes a card. The card stands in the registry before the response is written; the same request given again
 * gets a response for the same card, another one is refused. */

enum { DAY = 24 * 3600, INDEX_ATTEMPTS = 16 };

int admin_fail_request(const char *field, const char *why, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_DATA, "bad_request", field, _("The request cannot be used: %s (%s)."), why, field);
}

int admin_check_proof(struct sb_slice proof, const uint8_t point[65], const char *audience, const char *nonce, struct sb_slice box,
	struct sb_failure *f)
{
	struct sb_proof wanted = {audience, nonce, box};
	uint8_t proven[65];
	int rc = sb_proof_check(proof, &wanted, time(NULL), proven);

	if (rc == SB_E_NOT_FOUND)
		return admin_fail_request("proofs", _("it answers another offer"), f);
	if (rc == SB_E_RANGE)
		return admin_fail_request("proofs", _("it was made more than ten minutes ago, or a clock is wrong"), f);
	if (rc != SB_OK || memcmp(proven, point, sizeof proven) != 0)
		return admin_fail_request("proofs", _("a proof of possession does not hold"), f);
	return SB_EXIT_OK;
}

static int check_proof(struct issuing *g, struct sb_slice proof, const uint8_t point[65], struct sb_failure *f)
{
	return admin_check_proof(proof, point, g->a->url, g->application.nonce, sb_slice(g->request.box, sizeof g->request.box), f);
}

/* What makes a request this one and no other: the application, the two keys, and the key to seal to. Its proofs are new each time the
 * device makes it. */
static int identify(const struct sb_enrol_request *request, uint8_t hash[SB_SHA256_SIZE])
{
	struct sb_bytes text = {0};
	int rc = sb_bytes_append(&text, request->presentation_point, sizeof request->presentation_point);

	if (rc == SB_OK)
		rc = sb_bytes_append(&text, request->authentication_point, sizeof request->authentication_point);
	if (rc == SB_OK)
		rc = sb_bytes_append(&text, request->box, sizeof request->box);
	if (rc == SB_OK)
		rc = sb_bytes_append_text(&text, request->application);
	if (rc == SB_OK)
		rc = sb_sha256(text.data, text.len, hash);
	sb_bytes_free(&text);
	return rc;
}

static int check_same(const struct issuing *g, const uint8_t hash[SB_SHA256_SIZE], struct sb_failure *f)
{
	return memcmp(hash, g->application.request_hash, SB_SHA256_SIZE) == 0
		       ? SB_EXIT_OK
		       : sb_fail(f, SB_EXIT_NOT_NOW, "offer_used", "application", _("A card has been issued on this offer already, to another request."));
}

/* The order matters: nothing is told of an application to a request that does not prove its keys under that application's nonce. */
static int check_request(struct issuing *g, const uint8_t hash[SB_SHA256_SIZE], struct sb_failure *f)
{
	struct sb_registry *r = g->a->registry;
	int rc = r->ops->application_get(r, g->request.application, &g->application);

	if (rc == SB_E_NOT_FOUND)
		return admin_fail_request("application", _("no such application here"), f);
	if (rc != SB_OK)
		return admin_fail(rc, "registry.db", f);
	rc = check_proof(g, g->request.presentation_proof, g->request.presentation_point, f);
	if (rc == SB_EXIT_OK)
		rc = check_proof(g, g->request.authentication_proof, g->request.authentication_point, f);
	if (rc == SB_EXIT_OK && memcmp(g->request.presentation_point, g->request.authentication_point, 65) == 0)
		rc = admin_fail_request("keys", _("the two keys are one"), f);
	if (rc != SB_EXIT_OK)
		return rc;
	if (g->application.state == SB_APPLICATION_ISSUED)
		return check_same(g, hash, f);
	if (g->application.expires <= time(NULL))
		return sb_fail(f, SB_EXIT_NOT_NOW, "offer_expired", "application", _("The offer has run out. Make a new one: sinbun-admin enrol"));
	return SB_EXIT_OK;
}

struct ending {
	struct sb_registry *r;
	const char *officer, *reason;
	bool *ended;
};

static int end_other(void *context, const struct sb_registry_credential *c)
{
	struct ending *e = context;
	int rc;

	if (c->state == SB_CREDENTIAL_REVOKED)
		return SB_OK;
	*e->ended = true;
	rc = sb_registry_set_state(e->r, c->card, SB_CREDENTIAL_REVOKED, e->reason);
	return rc == SB_OK ? sb_registry_audit(e->r, e->officer, "revoke", c->card, e->reason) : rc;
}

static int find_live(void *context, const struct sb_registry_credential *c)
{
	*(bool *)context |= c->state != SB_CREDENTIAL_REVOKED && c->expires > time(NULL);
	return SB_OK;
}

static int try_places(struct issuing *g, size_t capacity)
{
	struct sb_registry *r = g->a->registry;
	int rc = SB_E_EXISTS;

	for (int i = 0; rc == SB_E_EXISTS && i < INDEX_ATTEMPTS; i++) {
		snprintf(g->credential.card, sizeof g->credential.card, "R%06u%06u", sb_random_below(1000000), sb_random_below(1000000));
		g->credential.status_index = sb_random_below((uint32_t)capacity);
		rc = r->ops->credential_add(r, &g->credential);
	}
	return rc;
}

/* A card number and a place in the status list that nobody has; both random, so that neither tells of the other or of the order. A list that is
 * rather full doubles, which happens at about two thirds. */
static int add_credential(struct issuing *g)
{
	struct sb_registry *r = g->a->registry;
	size_t capacity;
	int rc = admin_status_capacity(r, &capacity);

	if (rc != SB_OK)
		return rc;
	rc = try_places(g, capacity);
	if (rc != SB_E_EXISTS || capacity > SB_STATUS_ENTRIES_MAX / 2)
		return rc;
	rc = try_places(g, 2 * capacity);
	return rc == SB_OK && g->credential.status_index >= capacity ? sb_registry_status_changed(r) : rc;
}

/* Is there still room for a card? Inside the transaction that makes it: two clerks with one resident, and one of them wins. */
static int check_still(struct issuing *g, struct sb_failure *f)
{
	struct sb_registry *r = g->a->registry;
	struct ending ending = {r, g->a->officer, REASON_REPLACED, &g->replaces};
	bool live = false;
	int rc = sb_registry_find_id(r, g->application.resident, &g->resident);
	if (rc != SB_OK)
		return admin_fail(rc, "registry.db", f);
	rc = admin_plastic_check(g->resident.fields, f);
	if (rc != SB_EXIT_OK)
		return rc;
	if (*g->application.reason)
		ending.reason = g->application.reason;
	rc = g->application.replace ? r->ops->credential_each(r, g->application.resident, end_other, &ending)
				    : r->ops->credential_each(r, g->application.resident, find_live, &live);
	if (rc != SB_OK)
		return admin_fail(rc, "registry.db", f);
	if (live)
		return sb_fail(f, SB_EXIT_NOT_NOW, "on_another_device", NULL,
			_("This resident has got a card on another device meanwhile. Enrol again, with --replace if it is to end."));
	return SB_EXIT_OK;
}

static int add_card(struct issuing *g, const uint8_t hash[SB_SHA256_SIZE])
{
	struct sb_registry *r = g->a->registry;
	int rc;

	g->credential = (struct sb_registry_credential){.resident = g->application.resident, .created = time(NULL)};
	g->credential.expires = g->credential.created + (int64_t)g->document->validity_days * DAY;
	rc = add_credential(g);
	if (rc == SB_OK)
		rc = admin_issued_put(g);
	if (rc != SB_OK)
		return rc;
	g->application.state = SB_APPLICATION_ISSUED;
	memcpy(g->application.request_hash, hash, SB_SHA256_SIZE);
	memcpy(g->application.card, g->credential.card, sizeof g->application.card);
	rc = r->ops->application_issued(r, &g->application);
	if (rc == SB_OK)
		rc = sb_registry_audit(r, g->a->officer, "issue", g->credential.card, *g->application.reason ? g->application.reason : "ok");
	if (rc != SB_OK)
		return rc;
	return admin_notice_add(&g->a->notices, r, g->replaces ? NOTICE_REPLACED : NOTICE_ISSUED, g->resident.fields, g->credential.card,
		g->replaces ? g->application.reason : "");
}

/* The card that this request got before: the same data under the same number, so for as long as it is in force and they are the holder's. */
static int check_again(struct issuing *g, const uint8_t hash[SB_SHA256_SIZE], struct sb_failure *f)
{
	struct sb_registry *r = g->a->registry;
	const struct sb_registry_credential *c = &g->credential;
	int rc = check_same(g, hash, f), found;

	if (rc != SB_EXIT_OK)
		return rc;
	found = r->ops->credential_get(r, g->application.card, &g->credential);
	if (found == SB_OK)
		found = sb_registry_find_id(r, g->application.resident, &g->resident);
	if (found == SB_OK)
		found = sb_registry_card_check(r, c);
	if (found != SB_OK)
		return admin_fail(found, "registry.db", f);
	if (c->state == SB_CREDENTIAL_REVOKED)
		return sb_fail(f, SB_EXIT_NOT_NOW, "revoked", c->card, _("The card of this request is revoked."));
	rc = admin_plastic_check(g->resident.fields, f);
	if (rc != SB_EXIT_OK)
		return rc;
	if (c->state == SB_CREDENTIAL_SUSPENDED)
		return sb_fail(f, SB_EXIT_NOT_NOW, "suspended", c->card, _("The card of this request is suspended. Take it back into use first: resume"));
	if (c->expires <= time(NULL))
		return sb_fail(f, SB_EXIT_NOT_NOW, "expired", c->card, _("The three years of this request's card are over. A new one is issued: enrol --reason expired"));
	return admin_issued_check(g, f);
}

static int register_again(struct issuing *g)
{
	return sb_registry_audit(g->a->registry, g->a->officer, "issue", g->credential.card, "again");
}

/* Two clerks may have the same request: the second gets the card of the first. */
static int register_card(struct issuing *g, const uint8_t hash[SB_SHA256_SIZE], struct sb_failure *f)
{
	struct sb_registry *r = g->a->registry;
	int stored = r->ops->begin(r), rc;
	enum admin_given how;
	bool again;

	if (stored == SB_OK)
		stored = r->ops->application_get(r, g->application.id, &g->application);
	again = g->application.state == SB_APPLICATION_ISSUED;
	if (stored != SB_OK)
		rc = admin_fail(stored, "registry.db", f);
	else
		rc = again ? check_again(g, hash, f) : check_still(g, f);
	if (rc == SB_EXIT_OK && (stored = again ? register_again(g) : add_card(g, hash)) != SB_OK)
		rc = admin_fail(stored, "registry.db", f);
	if (rc == SB_EXIT_OK && !again)
		rc = admin_given_put(g, &how, f);
	if (rc == SB_EXIT_OK && (stored = r->ops->commit(r)) != SB_OK)
		rc = admin_fail(stored, "registry.db", f);
	if (rc != SB_EXIT_OK)
		r->ops->rollback(r);
	return rc;
}

int admin_write_response(struct issuing *g, struct sb_failure *f)
{
	json_t *inside, *response;
	int rc = admin_make_credentials(g, &inside, f);

	if (rc != SB_EXIT_OK)
		return rc;
	response = sb_response_make(g->request.application, g->request.box, inside);
	rc = admin_write_json(sb_program_text(g->a->p, "--response"), "--response", response, f);
	json_decref(response);
	json_decref(inside);
	return rc;
}

static int write_response(struct issuing *g, json_t *result, struct sb_failure *f)
{
	int rc = admin_write_response(g, f);

	if (rc == SB_EXIT_OK) {
		json_object_set_new(result, "card", json_string(g->credential.card));
		json_object_set_new(result, "expires", json_integer(g->credential.expires));
		sb_say(g->a->p, _("Card %s is issued. The response for the device is in %s.\n"), g->credential.card, sb_program_text(g->a->p, "--response"));
	}
	return rc;
}

static int issue_request(struct issuing *g, const json_t *json, json_t *result, struct sb_failure *f)
{
	uint8_t hash[SB_SHA256_SIZE];
	const char *field;
	int rc;

	if (sb_enrol_request_parse(json, &g->request, &field) != SB_OK)
		return admin_fail_request(field, _("it is not whole, or no request"), f);
	if (identify(&g->request, hash) != SB_OK)
		return sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	rc = check_request(g, hash, f);
	if (rc == SB_EXIT_OK)
		rc = admin_load_documents(g, f);
	if (rc == SB_EXIT_OK)
		rc = register_card(g, hash, f);
	if (rc == SB_EXIT_OK)
		rc = write_response(g, result, f);
	/* A card that was ended for this one is ended, also where the response cannot be written. */
	if (*g->credential.card)
		admin_publish_due(g->a, result);
	return rc;
}

int admin_take_request(struct sb_program *p, admin_request_fn *take, json_t *result, struct sb_failure *f)
{
	struct admin a;
	struct issuing g = {.a = &a};
	json_t *json = NULL;
	int rc = admin_open(p, &a, f);

	if (rc != SB_EXIT_OK)
		return rc;
	rc = admin_read_json(sb_program_text(p, "--request"), "--request", "bad_request", &json, f);
	if (rc == SB_EXIT_OK)
		rc = take(&g, json, result, f);
	json_decref(json);
	sb_registry_resident_free(&g.resident);
	admin_free_documents(&g);
	admin_close(&a);
	return rc;
}

static int issue(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	return admin_take_request(p, issue_request, result, f);
}

static const struct sb_option options[] = {
	OFFICER_OPTION,
	{"--request", SB_OPTION_FILE, "FILE", N_("the device's request"), true},
	{"--response", SB_OPTION_FILE, "FILE", N_("where to write the response for the device"), true},
	{0},
};

const struct sb_verb admin_issue = {"issue", "", 0, 0, N_("issue the card that a device asks for"), options, issue};
