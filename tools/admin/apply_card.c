/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <stdio.h>
#include <string.h>

#include "admin/admin.h"
#include "admin/apply.h"
#include "admin/real_name.h"
#include "base/error.h"
#include "common/i18n.h"
#include "formats/jws.h"

/* The last steps: the plastic card's data, the question about biometrics, the offer. */

static int fail_other_person(const char *field, struct sb_failure *f)
{
	sb_fail(f, SB_EXIT_DATA, "mismatch", field, _("This is another person than the one who signed in."));
	snprintf(f->rule, sizeof f->rule, "login");
	return SB_EXIT_DATA;
}

/* Who signed in is whose card it is. Before the registry is asked: nobody learns of others' cards here, or uses up their tries. */
static int check_same_person(struct applying *a, const struct claim *c, struct sb_failure *f)
{
	const char *name = apply_text(a, "person", "name"), *birth_date = apply_text(a, "person", "birth_date");

	if (!admin_claim_same_name(sb_json_text(a->input, "name"), name))
		return fail_other_person("name", f);
	return birth_date && strcmp(birth_date, c->birth_date) == 0 ? SB_EXIT_OK : fail_other_person("rrn", f);
}

/* Held against the registry. Whom no clerk sees is not told which numbers there are: other numbers than the own one are counted. */
static int check_registry(struct applying *a, struct claim *c, struct sb_failure *f)
{
	struct real_name tries;
	bool alone = !a->officer;
	int rc = alone ? real_name_open(a->registry, c, a->now, &tries, f) : SB_EXIT_OK;

	if (rc != SB_EXIT_OK)
		return rc;
	rc = admin_claim_check(a->registry, c, apply_actor(a), "apply card", f);
	a->keep = c->charged;
	if (rc == SB_EXIT_OK && a->row.resident && a->row.resident != c->resident.id)
		rc = fail_other_person("rrn", f);
	if (!alone)
		return rc;
	if (rc == SB_EXIT_OK)
		return real_name_right(a->registry, &tries, f);
	if (strcmp(f->error, "mismatch") != 0 || strcmp(f->field, "issue_date") == 0)
		return rc;
	rc = real_name_wrong(a->registry, &tries, a->now, f);
	a->keep = rc == SB_EXIT_DATA;
	snprintf(f->field, sizeof f->field, "rrn");
	return rc;
}

static int check_card(struct applying *a, struct claim *c, struct sb_failure *f)
{
	int rc = admin_claim_reason(json_is_true(json_object_get(a->input, "replace")), sb_json_text(a->input, "reason"), f);

	if (rc == SB_EXIT_OK)
		rc = admin_claim_card(c, f);
	if (rc == SB_EXIT_OK)
		rc = check_same_person(a, c, f);
	if (rc == SB_EXIT_OK)
		rc = check_registry(a, c, f);
	if (rc == SB_EXIT_OK)
		rc = admin_claim_device(a->registry, c->resident.id, json_is_true(json_object_get(a->input, "replace")), f);
	return rc == SB_EXIT_OK ? apply_bind(a, c->resident.id, f) : rc;
}

int apply_card(struct applying *a, struct sb_failure *f)
{
	struct claim c = {.input = a->input, .notices = a->notices};
	int rc = check_card(a, &c, f), reset;

	if (rc == SB_EXIT_OK && (reset = a->registry->ops->resident_set_wrong_dates(a->registry, c.resident.id, 0)) != SB_OK)
		rc = admin_fail(reset, "registry.db", f);
	if (rc == SB_EXIT_OK) {
		json_object_set_new(a->data, "replace", json_boolean(json_is_true(json_object_get(a->input, "replace"))));
		json_object_set(a->data, "reason", json_object_get(a->input, "reason"));
		snprintf(a->outcome, sizeof a->outcome, "matches");
		apply_say(a, _("Name, number and issue date are those of the plastic card."));
	}
	sb_registry_resident_free(&c.resident);
	return rc;
}

/* There are none on this device, and none are pretended: the question is asked, and what became of it is recorded. */
int apply_biometrics(struct applying *a, struct sb_failure *f)
{
	const char *answer = sb_json_text(a->input, "answer");

	if (!answer)
		return admin_claim_given(a->input, "answer", f);
	if (strcmp(answer, "no") == 0) {
		snprintf(a->outcome, sizeof a->outcome, "declined");
		apply_say(a, _("Biometrics are declined. The card opens with its 6-digit PIN."));
	} else if (strcmp(answer, "yes") == 0) {
		snprintf(a->outcome, sizeof a->outcome, "not available");
		apply_say(a, _("Biometrics are not available on this device. The card opens with its 6-digit PIN."));
	} else
		return sb_fail(f, SB_EXIT_DATA, "bad_answer", "answer", _("The answer is yes or no."));
	return SB_EXIT_OK;
}

/* The offer that is out: the same again while it is good, so that a file that was lost can be written once more. True when there is one. */
static bool offer_again(struct applying *a, const struct sb_registry_resident *resident, struct sb_offer *offer)
{
	struct sb_registry_application stored;
	const char *birth_date = sb_json_text(resident->fields, "birth_date");

	if (!*a->row.offer || a->registry->ops->application_get(a->registry, a->row.offer, &stored) != SB_OK || stored.expires <= a->now)
		return false;
	*offer = (struct sb_offer){.expires = stored.expires};
	snprintf(offer->application, sizeof offer->application, "%s", stored.id);
	snprintf(offer->issuer, sizeof offer->issuer, "%s", a->url);
	snprintf(offer->nonce, sizeof offer->nonce, "%s", stored.nonce);
	snprintf(offer->birth_date, sizeof offer->birth_date, "%s", birth_date ? birth_date : "");
	return true;
}

/* The first has the application's own id; one that ran out is followed by ID-2, ID-3 … */
static int new_offer(struct applying *a, const struct sb_registry_resident *resident, struct sb_offer *offer)
{
	json_int_t number = json_integer_value(json_object_get(a->data, "offers")) + 1;
	const char *birth_date = sb_json_text(resident->fields, "birth_date");
	char id[SB_APPLICATION_ID + 24];
	int rc;

	if (number == 1)
		snprintf(id, sizeof id, "%s", a->row.id);
	else
		snprintf(id, sizeof id, "%s-%lld", a->row.id, (long long)number);
	if (!birth_date || strlen(birth_date) != 8 || strlen(id) >= SB_APPLICATION_ID)
		return SB_E_CORRUPT;
	json_object_set_new(a->data, "offers", json_integer(number));
	rc = *a->row.offer ? a->registry->apply->offer_end(a->registry, a->row.offer) : SB_OK;
	if (rc == SB_OK)
		rc = admin_offer_make(a->url, id, birth_date, offer);
	if (rc == SB_OK)
		rc = admin_offer_add(a->registry, offer, resident->id, json_is_true(json_object_get(a->data, "replace")),
			sb_json_text(a->data, "reason"));
	memcpy(a->row.offer, offer->application, sizeof a->row.offer);
	return rc;
}

/* Much may have happened since the card's step. */
static int check_still(struct applying *a, struct sb_registry_resident *resident, struct sb_failure *f)
{
	int rc = sb_registry_find_id(a->registry, a->row.resident, resident);

	if (rc != SB_OK)
		return admin_fail(rc, "registry.db", f);
	rc = admin_plastic_check(resident->fields, f);
	return rc == SB_EXIT_OK ? admin_claim_device(a->registry, resident->id, json_is_true(json_object_get(a->data, "replace")), f) : rc;
}

int apply_offer(struct applying *a, struct sb_failure *f)
{
	struct sb_registry_resident resident = {0};
	struct sb_offer offer = {0};
	int rc = check_still(a, &resident, f), made;

	if (rc == SB_EXIT_OK && !offer_again(a, &resident, &offer) && (made = new_offer(a, &resident, &offer)) != SB_OK)
		rc = admin_fail(made, "registry.db", f);
	sb_registry_resident_free(&resident);
	if (rc != SB_EXIT_OK)
		return rc;
	a->row.state = SB_APPLY_OFFERED;
	snprintf(a->outcome, sizeof a->outcome, "offered");
	json_object_set_new(a->result, "offer", sb_offer_make(&offer));
	json_object_set_new(a->result, "expires", json_integer(offer.expires));
	apply_say(a, _("The offer is good for ten minutes, once. On the device: sinbun enrol --offer FILE --request FILE. Then the registrar: sinbun-admin issue --officer ID --request FILE --response FILE"));
	return SB_EXIT_OK;
}
