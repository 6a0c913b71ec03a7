/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/claim.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "admin/admin.h"
#include "admin/reason.h"
#include "base/codec.h"
#include "base/error.h"
#include "common/i18n.h"
#include "common/unicode.h"
#include "crypto/random.h"
#include "formats/jws.h"

enum { OFFER_SECONDS = 600, NONCE = 32, ID_BYTES = 12, AGE_MIN = 17 };

int admin_claim_given(const json_t *input, const char *name, struct sb_failure *f)
{
	const char *text = sb_json_text(input, name);

	return text && !sb_unicode_is_blank(text) ? SB_EXIT_OK
						  : sb_fail(f, SB_EXIT_DATA, "missing", name, _("The input lacks \"%s\"."), name);
}

static int check_rrn(struct claim *c, const char *today, struct sb_failure *f)
{
	static const char *const messages[] = {
		[SB_RRN_FORM] = N_("The resident registration number is 13 digits, YYMMDD-SNNNNNN."),
		[SB_RRN_FOREIGNER] = N_("This is a foreigner's registration number; this card is for residents with a resident registration number."),
		[SB_RRN_DATE] = N_("The date of birth in the resident registration number does not exist."),
		[SB_RRN_FUTURE] = N_("The date of birth in the resident registration number is in the future."),
	};
	static const char *const rules[] = {
		[SB_RRN_FORM] = "form", [SB_RRN_FOREIGNER] = "foreigner", [SB_RRN_DATE] = "date", [SB_RRN_FUTURE] = "future"};
	enum sb_rrn_verdict verdict = sb_rrn_check(sb_json_text(c->input, "rrn"), today, c->rrn, c->birth_date);

	if (verdict == SB_RRN_OK)
		return SB_EXIT_OK;
	sb_fail(f, SB_EXIT_DATA, "bad_rrn", "rrn", "%s", _(messages[verdict]));
	snprintf(f->rule, sizeof f->rule, "%s", rules[verdict]);
	return SB_EXIT_DATA;
}

int admin_claim_number(struct claim *c, struct sb_failure *f)
{
	int rc = admin_claim_given(c->input, "rrn", f);
	char today[9];

	sb_date_today(today);
	return rc == SB_EXIT_OK ? check_rrn(c, today, f) : rc;
}

int admin_claim_person(struct claim *c, struct sb_failure *f)
{
	int rc = admin_claim_given(c->input, "name", f);

	return rc == SB_EXIT_OK ? admin_claim_number(c, f) : rc;
}

int admin_claim_card(struct claim *c, struct sb_failure *f)
{
	int rc = admin_claim_person(c, f);
	char today[9];

	if (rc == SB_EXIT_OK)
		rc = admin_claim_given(c->input, "issue_date", f);
	if (rc != SB_EXIT_OK)
		return rc;
	if (!sb_date_parse(sb_json_text(c->input, "issue_date"), c->issue_date))
		return sb_fail(f, SB_EXIT_DATA, "bad_date", "issue_date", _("The issue date is a calendar date, YYYY-MM-DD."));
	sb_date_today(today);
	if (sb_date_years(c->birth_date, today) < AGE_MIN)
		return sb_fail(f, SB_EXIT_NOT_NOW, "too_young", "rrn", _("The card is issued from the age of %d."), AGE_MIN);
	return SB_EXIT_OK;
}

/* What was stored before texts were brought to form C is brought there now. */
bool admin_claim_same_name(const char *given, const char *stored)
{
	char *a = sb_unicode_nfc(given), *b = stored ? sb_unicode_nfc(stored) : NULL;
	bool same = a && b && sb_unicode_same_name(a, b);

	sb_text_free(&a);
	sb_text_free(&b);
	return same;
}

int admin_claim_find_number(struct sb_registry *r, struct claim *c, struct sb_failure *f)
{
	int rc = sb_registry_find(r, c->rrn, &c->resident);

	if (rc == SB_E_NOT_FOUND)
		return sb_fail(f, SB_EXIT_DATA, "mismatch", "rrn", _("No resident has this resident registration number. Check the number."));
	return rc == SB_OK ? SB_EXIT_OK : admin_fail(rc, "registry.db", f);
}

static int check_name(const struct claim *c, struct sb_failure *f)
{
	if (!admin_claim_same_name(sb_json_text(c->input, "name"), sb_json_text(c->resident.fields, "name")))
		return sb_fail(f, SB_EXIT_DATA, "mismatch", "name", _("The name is not the one that belongs to this number. Check the name."));
	return SB_EXIT_OK;
}

int admin_claim_find(struct sb_registry *r, struct claim *c, struct sb_failure *f)
{
	int rc = admin_claim_find_number(r, c, f);

	return rc == SB_EXIT_OK ? check_name(c, f) : rc;
}

static int fail_locked(struct sb_failure *f)
{
	sb_fail(f, SB_EXIT_NOT_NOW, "locked", "issue_date",
		_("The application is locked: the issue date was wrong five times. A registrar unlocks it after checking the person: apply unlock."));
	f->tries_left = 0;
	return SB_EXIT_NOT_NOW;
}

/* Counted before it is told. */
static int count_wrong_date(struct sb_registry *r, struct claim *c, const char *actor, const char *verb, struct sb_failure *f)
{
	int left = SB_REGISTRY_WRONG_DATES - c->resident.wrong_dates - 1;
	char subject[ADMIN_SUBJECT];
	int rc = r->ops->resident_set_wrong_dates(r, c->resident.id, c->resident.wrong_dates + 1);

	admin_subject(&c->resident, subject);
	if (rc == SB_OK)
		rc = sb_registry_audit(r, actor, verb, subject, "wrong issue date");
	if (rc == SB_OK && left <= 0)
		rc = admin_notice_add(c->notices, r, NOTICE_LOCKED, c->resident.fields, "", "");
	if (rc != SB_OK)
		return admin_fail(rc, "registry.db", f);
	c->charged = true;
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

/* Field by field, in the order in which a clerk reads them. */
int admin_claim_check(struct sb_registry *r, struct claim *c, const char *actor, const char *verb, struct sb_failure *f)
{
	const char *date;
	char digits[9];
	int rc = admin_claim_find_number(r, c, f);

	if (rc != SB_EXIT_OK)
		return rc;
	rc = check_name(c, f);
	if (rc != SB_EXIT_OK)
		return rc;
	if (c->resident.wrong_dates >= SB_REGISTRY_WRONG_DATES)
		return fail_locked(f);
	date = sb_json_text(c->resident.fields, "issue_date");
	if (!date || !sb_date_parse(date, digits) || strcmp(digits, c->issue_date) != 0)
		return count_wrong_date(r, c, actor, verb, f);
	return admin_plastic_check(c->resident.fields, f);
}

static int find_active(void *context, const struct sb_registry_credential *c)
{
	if (c->state != SB_CREDENTIAL_REVOKED && c->expires > time(NULL))
		memcpy(context, c->card, sizeof c->card);
	return SB_OK;
}

int admin_claim_device(struct sb_registry *r, int64_t resident, bool replace, struct sb_failure *f)
{
	char card[SB_CARD_NUMBER] = "";
	int rc = r->ops->credential_each(r, resident, find_active, card);

	if (rc != SB_OK)
		return admin_fail(rc, "registry.db", f);
	if (*card && !replace)
		return sb_fail(f, SB_EXIT_NOT_NOW, "on_another_device", card,
			_("This resident has the card %s on a device already. With --replace it ends when the new one is issued."), card);
	return SB_EXIT_OK;
}

int admin_claim_reason(bool replace, const char *reason, struct sb_failure *f)
{
	if (reason && !replace)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--reason", _("--reason says why a card is replaced: it goes with --replace."));
	return admin_reason_check(reason, ADMIN_REPLACES, f);
}

static int random_text(size_t len, int (*codec)(const void *, size_t, struct sb_bytes *), char *out, size_t size)
{
	struct sb_bytes text = {0};
	uint8_t raw[NONCE];
	int rc = sb_random(raw, len);

	if (rc == SB_OK)
		rc = codec(raw, len, &text);
	if (rc == SB_OK)
		snprintf(out, size, "%.*s", (int)text.len, (const char *)text.data);
	sb_bytes_free(&text);
	return rc;
}

int admin_application_id(char out[SB_APPLICATION_ID])
{
	out[0] = 'A';
	return random_text(ID_BYTES, sb_hex_encode, out + 1, SB_APPLICATION_ID - 1);
}

int admin_offer_make(const char *url, const char *application, const char birth_date[9], struct sb_offer *offer)
{
	*offer = (struct sb_offer){.expires = time(NULL) + OFFER_SECONDS};
	snprintf(offer->application, sizeof offer->application, "%s", application);
	snprintf(offer->issuer, sizeof offer->issuer, "%s", url);
	memcpy(offer->birth_date, birth_date, sizeof offer->birth_date);
	return random_text(NONCE, sb_base64url_encode, offer->nonce, sizeof offer->nonce);
}

int admin_offer_add(struct sb_registry *r, const struct sb_offer *offer, int64_t resident, bool replace, const char *reason)
{
	struct sb_registry_application application = {.resident = resident, .expires = offer->expires, .replace = replace};

	memcpy(application.id, offer->application, sizeof application.id);
	memcpy(application.nonce, offer->nonce, sizeof application.nonce);
	snprintf(application.reason, sizeof application.reason, "%s", reason ? reason : "");
	return r->ops->application_add(r, &application);
}
