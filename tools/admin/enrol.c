/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "base/error.h"
#include "common/i18n.h"
#include "common/unicode.h"
#include "crypto/random.h"
#include "formats/enrolment.h"
#include "formats/jws.h"
#include "registry/rrn.h"

/* `enrol`: the counter's whole application. What was entered is held against the registry field by field; the wrong one is named. */

enum { OFFER_SECONDS = 600, NONCE = 32, AGE_MIN = 17 };

static const char *const required_consents[] = {"terms@1", "own-phone@1", "collection@1", "third-party@1"};

struct applying {
	struct admin *a;
	json_t *input;
	char rrn[SB_RRN_TEXT], birth_date[9], issue_date[9];
	struct sb_registry_resident resident;
};

static int check_consents(const struct applying *e, struct sb_failure *f)
{
	const json_t *given = json_object_get(e->input, "consents");
	json_t *one;
	size_t i;

	for (size_t c = 0; c < sizeof required_consents / sizeof *required_consents; c++) {
		bool found = false;

		json_array_foreach(given, i, one) found |= json_is_string(one) && strcmp(json_string_value(one), required_consents[c]) == 0;
		if (!found) {
			sb_fail(f, SB_EXIT_DATA, "consent_missing", "consents", _("The required consent %s has not been given."),
				required_consents[c]);
			snprintf(f->rule, sizeof f->rule, "%s", required_consents[c]);
			return SB_EXIT_DATA;
		}
	}
	return SB_EXIT_OK;
}

static int check_rrn(struct applying *e, const char *today, struct sb_failure *f)
{
	static const char *const messages[] = {
		[SB_RRN_FORM] = N_("The resident registration number is 13 digits, YYMMDD-SNNNNNN."),
		[SB_RRN_FOREIGNER] = N_("This is a foreigner's registration number; this card is for residents with a resident registration number."),
		[SB_RRN_DATE] = N_("The date of birth in the resident registration number does not exist."),
		[SB_RRN_FUTURE] = N_("The date of birth in the resident registration number is in the future."),
	};
	static const char *const rules[] = {
		[SB_RRN_FORM] = "form", [SB_RRN_FOREIGNER] = "foreigner", [SB_RRN_DATE] = "date", [SB_RRN_FUTURE] = "future"};
	enum sb_rrn_verdict verdict = sb_rrn_check(sb_json_text(e->input, "rrn"), today, e->rrn, e->birth_date);

	if (verdict == SB_RRN_OK)
		return SB_EXIT_OK;
	sb_fail(f, SB_EXIT_DATA, "bad_rrn", "rrn", "%s", _(messages[verdict]));
	snprintf(f->rule, sizeof f->rule, "%s", rules[verdict]);
	return SB_EXIT_DATA;
}

/* There, and not blank. */
static int check_given(const json_t *input, const char *name, struct sb_failure *f)
{
	const char *text = sb_json_text(input, name);

	return text && !sb_unicode_is_blank(text) ? SB_EXIT_OK
						  : sb_fail(f, SB_EXIT_DATA, "missing", name, _("The input lacks \"%s\"."), name);
}

static int check_form(struct applying *e, struct sb_failure *f)
{
	static const char *const names[] = {"name", "rrn", "issue_date"};
	int rc = SB_EXIT_OK;
	char today[9];

	for (size_t i = 0; rc == SB_EXIT_OK && i < 3; i++)
		rc = check_given(e->input, names[i], f);
	sb_date_today(today);
	if (rc == SB_EXIT_OK)
		rc = check_rrn(e, today, f);
	if (rc != SB_EXIT_OK)
		return rc;
	if (!sb_date_parse(sb_json_text(e->input, "issue_date"), e->issue_date))
		return sb_fail(f, SB_EXIT_DATA, "bad_date", "issue_date", _("The issue date is a calendar date, YYYY-MM-DD."));
	if (sb_date_years(e->birth_date, today) < AGE_MIN)
		return sb_fail(f, SB_EXIT_NOT_NOW, "too_young", "rrn", _("The card is issued from the age of %d."), AGE_MIN);
	return SB_EXIT_OK;
}

/* What was stored before texts were brought to form C is brought there now. */
static bool same_name(const char *given, const char *stored)
{
	char *a = sb_unicode_nfc(given), *b = stored ? sb_unicode_nfc(stored) : NULL;
	bool same = a && b && sb_unicode_same_name(a, b);

	sb_text_free(&a);
	sb_text_free(&b);
	return same;
}

static int fail_locked(struct sb_failure *f)
{
	sb_fail(f, SB_EXIT_NOT_NOW, "locked", "issue_date",
		_("The application is locked: the issue date was wrong five times. A registrar unlocks it after checking the person: apply unlock."));
	f->tries_left = 0;
	return SB_EXIT_NOT_NOW;
}

/* Counts the wrong date before it is told, in a transaction of its own. */
static int count_wrong_date(struct applying *e, struct sb_failure *f)
{
	struct sb_registry *r = e->a->registry;
	int left = SB_REGISTRY_WRONG_DATES - e->resident.wrong_dates - 1;
	char subject[ADMIN_SUBJECT];
	int rc = r->ops->begin(r);

	admin_subject(&e->resident, subject);
	if (rc == SB_OK)
		rc = r->ops->resident_set_wrong_dates(r, e->resident.id, e->resident.wrong_dates + 1);
	if (rc == SB_OK)
		rc = sb_registry_audit(r, e->a->officer, "enrol", subject, "wrong issue date");
	if (rc == SB_OK)
		rc = r->ops->commit(r);
	if (rc != SB_OK) {
		r->ops->rollback(r);
		return admin_fail(rc, "registry.db", f);
	}
	if (left > 0)
		sb_fail(f, SB_EXIT_DATA, "mismatch", "issue_date",
			ngettext("The issue date is not the one on the card. %d try left.", "The issue date is not the one on the card. %d tries left.",
				(unsigned long)left),
			left);
	else
		sb_fail(f, SB_EXIT_DATA, "mismatch", "issue_date", _("The issue date is not the one on the card. The application is locked now."));
	f->tries_left = left;
	return SB_EXIT_DATA;
}

static int find_resident(struct applying *e, struct sb_failure *f)
{
	int rc = sb_registry_find(e->a->registry, e->rrn, &e->resident);

	if (rc == SB_E_NOT_FOUND)
		return sb_fail(f, SB_EXIT_DATA, "mismatch", "rrn", _("No resident has this resident registration number. Check the number."));
	return rc == SB_OK ? SB_EXIT_OK : admin_fail(rc, "registry.db", f);
}

/* Field by field, in the order in which a clerk reads them. */
static int check_against_registry(struct applying *e, struct sb_failure *f)
{
	const char *date;
	char digits[9];
	int rc = find_resident(e, f);

	if (rc != SB_EXIT_OK)
		return rc;
	if (e->resident.wrong_dates >= SB_REGISTRY_WRONG_DATES)
		return fail_locked(f);
	if (!same_name(sb_json_text(e->input, "name"), sb_json_text(e->resident.fields, "name")))
		return sb_fail(f, SB_EXIT_DATA, "mismatch", "name", _("The name is not the one that belongs to this number. Check the name."));
	date = sb_json_text(e->resident.fields, "issue_date");
	if (!date || !sb_date_parse(date, digits) || strcmp(digits, e->issue_date) != 0)
		return count_wrong_date(e, f);
	return admin_plastic_check(e->resident.fields, f);
}

static int find_active(void *context, const struct sb_registry_credential *c)
{
	if (c->state != SB_CREDENTIAL_REVOKED && c->expires > time(NULL))
		memcpy(context, c->card, sizeof c->card);
	return SB_OK;
}

/* One device per resident. */
static int check_other_device(const struct applying *e, struct sb_failure *f)
{
	char card[SB_CARD_NUMBER] = "";
	struct sb_registry *r = e->a->registry;
	int rc = r->ops->credential_each(r, e->resident.id, find_active, card);

	if (rc != SB_OK)
		return admin_fail(rc, "registry.db", f);
	if (*card && !sb_program_flag(e->a->p, "--replace"))
		return sb_fail(f, SB_EXIT_NOT_NOW, "on_another_device", card,
			_("This resident has the card %s on a device already. With --replace it ends when the new one is issued."), card);
	return SB_EXIT_OK;
}

static int make_offer(struct applying *e, struct sb_offer *offer)
{
	struct sb_bytes text = {0};
	uint8_t raw[NONCE];
	int rc = sb_random(raw, sizeof raw);

	if (rc == SB_OK)
		rc = sb_base64url_encode(raw, sizeof raw, &text);
	if (rc == SB_OK)
		snprintf(offer->nonce, sizeof offer->nonce, "%.*s", (int)text.len, (const char *)text.data);
	sb_bytes_free(&text);
	if (rc == SB_OK)
		rc = sb_random(raw, 12);
	if (rc == SB_OK)
		rc = sb_hex_encode(raw, 12, &text);
	if (rc == SB_OK)
		snprintf(offer->application, sizeof offer->application, "A%.*s", (int)text.len, (const char *)text.data);
	sb_bytes_free(&text);
	snprintf(offer->issuer, sizeof offer->issuer, "%s", e->a->url);
	memcpy(offer->birth_date, e->birth_date, sizeof offer->birth_date);
	offer->expires = time(NULL) + OFFER_SECONDS;
	return rc;
}

/* The application is in the registry before the offer is in anybody's hands. */
static int record(struct applying *e, const struct sb_offer *offer, struct sb_failure *f)
{
	struct sb_registry *r = e->a->registry;
	struct sb_registry_application application = {
		.resident = e->resident.id, .expires = offer->expires, .replace = sb_program_flag(e->a->p, "--replace")};
	int rc;

	memcpy(application.id, offer->application, sizeof application.id);
	memcpy(application.nonce, offer->nonce, sizeof application.nonce);
	rc = r->ops->begin(r);
	if (rc == SB_OK)
		rc = r->ops->application_add(r, &application);
	if (rc == SB_OK)
		rc = r->ops->resident_set_wrong_dates(r, e->resident.id, 0);
	if (rc == SB_OK)
		rc = sb_registry_audit(r, e->a->officer, "enrol", offer->application, "offered");
	if (rc == SB_OK)
		rc = r->ops->commit(r);
	if (rc == SB_OK)
		return SB_EXIT_OK;
	r->ops->rollback(r);
	return admin_fail(rc, "registry.db", f);
}

static int apply(struct applying *e, json_t *result, struct sb_failure *f)
{
	struct sb_offer offer = {0};
	json_t *json;
	int rc = check_consents(e, f);

	if (rc == SB_EXIT_OK)
		rc = check_form(e, f);
	if (rc == SB_EXIT_OK)
		rc = check_against_registry(e, f);
	if (rc == SB_EXIT_OK)
		rc = check_other_device(e, f);
	if (rc == SB_EXIT_OK && make_offer(e, &offer) != SB_OK)
		rc = sb_fail(f, SB_EXIT_STORAGE, "no_random", NULL, _("No random numbers."));
	if (rc == SB_EXIT_OK)
		rc = record(e, &offer, f);
	if (rc != SB_EXIT_OK)
		return rc;
	json = sb_offer_make(&offer);
	rc = admin_write_json(sb_program_text(e->a->p, "--offer"), "--offer", json, f);
	json_decref(json);
	if (rc == SB_EXIT_OK) {
		json_object_set_new(result, "application", json_string(offer.application));
		json_object_set_new(result, "expires", json_integer(offer.expires));
		sb_say(e->a->p, _("The offer is in %s. It is good for ten minutes, once.\n"), sb_program_text(e->a->p, "--offer"));
	}
	return rc;
}

static int enrol(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct admin a;
	struct applying e = {.a = &a};
	int rc = admin_open(p, &a, f);

	if (rc != SB_EXIT_OK)
		return rc;
	rc = admin_read_json(sb_program_text(p, "--input"), "--input", "bad_input", &e.input, f);
	if (rc == SB_EXIT_OK)
		rc = apply(&e, result, f);
	sb_registry_resident_free(&e.resident);
	json_decref(e.input);
	admin_close(&a);
	return rc;
}

static int give_tries(struct applying *e, struct sb_failure *f)
{
	struct sb_registry *r = e->a->registry;
	char subject[ADMIN_SUBJECT];
	int rc = r->ops->begin(r);

	admin_subject(&e->resident, subject);
	if (rc == SB_OK)
		rc = r->ops->resident_set_wrong_dates(r, e->resident.id, 0);
	if (rc == SB_OK)
		rc = sb_registry_audit(r, e->a->officer, "apply unlock", subject, "ok");
	if (rc == SB_OK)
		rc = r->ops->commit(r);
	if (rc == SB_OK)
		return SB_EXIT_OK;
	r->ops->rollback(r);
	return admin_fail(rc, "registry.db", f);
}

/* After checking the person, a registrar gives the five tries back. */
static int unlock(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct admin a;
	struct applying e = {.a = &a};
	char today[9];
	int rc = admin_open(p, &a, f);

	(void)result;
	if (rc != SB_EXIT_OK)
		return rc;
	sb_date_today(today);
	rc = admin_read_json(sb_program_text(p, "--input"), "--input", "bad_input", &e.input, f);
	if (rc == SB_EXIT_OK)
		rc = check_given(e.input, "rrn", f);
	if (rc == SB_EXIT_OK)
		rc = check_rrn(&e, today, f);
	if (rc == SB_EXIT_OK)
		rc = find_resident(&e, f);
	if (rc == SB_EXIT_OK)
		rc = give_tries(&e, f);
	if (rc == SB_EXIT_OK)
		sb_say(p, "%s\n", _("The application is unlocked, with five tries."));
	sb_registry_resident_free(&e.resident);
	json_decref(e.input);
	admin_close(&a);
	return rc;
}

static const struct sb_option enrol_options[] = {
	OFFICER_OPTION,
	{"--input", SB_OPTION_FILE, "FILE|-", N_("name, rrn, issue_date and consents, as JSON"), true},
	{"--offer", SB_OPTION_FILE, "FILE", N_("where to write the offer for the device"), true},
	{"--replace", SB_OPTION_FLAG, NULL, N_("the resident's card on another device ends when the new one is issued"), false},
	{0},
};
static const struct sb_option unlock_options[] = {
	OFFICER_OPTION,
	{"--input", SB_OPTION_FILE, "FILE|-", N_("the resident's rrn, as JSON"), true},
	{0},
};

const struct sb_verb admin_enrol = {"enrol", "", 0, 0, N_("check an application at the counter and make an offer"), enrol_options, enrol};
const struct sb_verb admin_unlock = {
	"apply unlock", "", 0, 0, N_("unlock an application after five wrong issue dates"), unlock_options, unlock};
