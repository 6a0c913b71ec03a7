/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"

#include <string.h>
#include <time.h>

#include "admin/apply.h"
#include "admin/claim.h"
#include "base/error.h"
#include "common/i18n.h"

/* `enrol`: the counter's whole application in one go. What was entered is held against the registry field by field; the wrong one is named. */

struct enrolling {
	struct admin *a;
	struct claim claim;
	struct sb_terms_list terms;
	struct sb_offer offer;
};

/* The application is in the registry before the offer is in anybody's hands. */
static int record(struct enrolling *e)
{
	struct sb_registry *r = e->a->registry;
	const struct apply_consent how = {e->offer.application, "counter", time(NULL)};
	int64_t resident = e->claim.resident.id;
	int rc = admin_offer_add(r, &e->offer, resident, sb_program_flag(e->a->p, "--replace"), sb_program_text(e->a->p, "--reason"));

	if (rc == SB_OK)
		rc = apply_consents_record(r, &e->terms, e->claim.input, &how);
	if (rc == SB_OK)
		rc = r->ops->resident_set_wrong_dates(r, resident, 0);
	return rc == SB_OK ? sb_registry_audit(r, e->a->officer, "enrol", e->offer.application, "offered") : rc;
}

static int make_offer(struct enrolling *e, struct sb_failure *f)
{
	char id[SB_APPLICATION_ID];
	int rc = admin_application_id(id);

	if (rc == SB_OK)
		rc = admin_offer_make(e->a->url, id, e->claim.birth_date, &e->offer);
	if (rc != SB_OK)
		return sb_fail(f, SB_EXIT_STORAGE, "no_random", NULL, _("No random numbers."));
	rc = record(e);
	return rc == SB_OK ? SB_EXIT_OK : admin_fail(rc, "registry.db", f);
}

/* All of it in one transaction: two clerks with one resident do not count past each other. */
static int decide(struct enrolling *e, struct sb_failure *f)
{
	struct sb_registry *r = e->a->registry;
	int rc = r->ops->begin(r), ended;

	if (rc != SB_OK)
		return admin_fail(rc, "registry.db", f);
	rc = admin_claim_check(r, &e->claim, e->a->officer, "enrol", f);
	if (rc == SB_EXIT_OK)
		rc = admin_claim_device(r, e->claim.resident.id, sb_program_flag(e->a->p, "--replace"), f);
	if (rc == SB_EXIT_OK)
		rc = make_offer(e, f);
	ended = rc == SB_EXIT_OK || e->claim.charged ? r->ops->commit(r) : SB_OK;
	r->ops->rollback(r);
	return ended == SB_OK ? rc : admin_fail(ended, "registry.db", f);
}

static int apply(struct enrolling *e, json_t *result, struct sb_failure *f)
{
	json_t *json;
	int rc = sb_terms_load(sb_program_root(e->a->p), sb_program_lang(e->a->p), &e->terms, f);

	if (rc == SB_EXIT_OK)
		rc = apply_consents_check(&e->terms, e->claim.input, NULL, f);
	if (rc == SB_EXIT_OK)
		rc = admin_claim_card(&e->claim, f);
	if (rc == SB_EXIT_OK)
		rc = decide(e, f);
	if (rc != SB_EXIT_OK)
		return rc;
	json = sb_offer_make(&e->offer);
	rc = admin_write_json(sb_program_text(e->a->p, "--offer"), "--offer", json, f);
	json_decref(json);
	if (rc == SB_EXIT_OK) {
		json_object_set_new(result, "application", json_string(e->offer.application));
		json_object_set_new(result, "expires", json_integer(e->offer.expires));
		sb_say(e->a->p, _("The offer is in %s. It is good for ten minutes, once.\n"), sb_program_text(e->a->p, "--offer"));
	}
	return rc;
}

static int enrol(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct admin a;
	struct enrolling e = {.a = &a};
	json_t *input = NULL;
	int rc = admin_claim_reason(sb_program_flag(p, "--replace"), sb_program_text(p, "--reason"), f);

	if (rc == SB_EXIT_OK)
		rc = admin_open(p, &a, f);

	if (rc != SB_EXIT_OK)
		return rc;
	rc = admin_read_json(sb_program_text(p, "--input"), "--input", "bad_input", &input, f);
	e.claim.input = input;
	e.claim.notices = &a.notices;
	if (rc == SB_EXIT_OK)
		rc = apply(&e, result, f);
	sb_registry_resident_free(&e.claim.resident);
	sb_terms_free(&e.terms);
	json_decref(input);
	admin_close(&a);
	return rc;
}

static const struct sb_option options[] = {
	OFFICER_OPTION,
	{"--input", SB_OPTION_FILE, "FILE|-", N_("name, rrn, issue_date and consents, as JSON"), true},
	{"--offer", SB_OPTION_FILE, "FILE", N_("where to write the offer for the device"), true},
	{"--replace", SB_OPTION_FLAG, NULL, N_("the resident's card on another device ends when the new one is issued"), false},
	{"--reason", SB_OPTION_TEXT, "WORD", N_("why it is replaced: phone-replaced, name-change … (another word lists them all)"), false},
	{0},
};

const struct sb_verb admin_enrol = {"enrol", "", 0, 0, N_("check an application at the counter and make an offer"), options, enrol};
