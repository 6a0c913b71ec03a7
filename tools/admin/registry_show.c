/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"

#include <string.h>
#include <time.h>

#include "admin/claim.h"
#include "admin/reason.h"
#include "admin/registry_view.h"
#include "base/error.h"
#include "common/i18n.h"
#include "formats/jws.h"

/* `registry show`: what the registry has of one resident, and the cards. Whole only for an officer, whom the audit names. */

struct showing {
	struct admin *a;
	bool unmasked;
	struct sb_registry_resident resident;
	json_t *cards;
};

static int find_by_card(struct showing *s, const char *card, struct sb_failure *f)
{
	struct sb_registry *r = s->a->registry;
	struct sb_registry_credential credential;
	int rc = r->ops->credential_get(r, card, &credential);

	if (rc == SB_E_NOT_FOUND)
		return sb_fail(f, SB_EXIT_DATA, "no_card", "--card", _("There is no card %s here."), sb_clean(card));
	if (rc == SB_OK)
		rc = sb_registry_find_id(r, credential.resident, &s->resident);
	return rc == SB_OK ? SB_EXIT_OK : admin_fail(rc, "registry.db", f);
}

static int find_by_number(struct showing *s, const char *path, struct sb_failure *f)
{
	struct claim claim = {0};
	json_t *input = NULL;
	int rc = admin_read_json(path, "--input", "bad_input", &input, f);

	claim.input = input;
	if (rc == SB_EXIT_OK)
		rc = admin_claim_number(&claim, f);
	if (rc == SB_EXIT_OK)
		rc = admin_claim_find_number(s->a->registry, &claim, f);
	s->resident = claim.resident;
	json_decref(input);
	return rc;
}

static const char *state_of(const struct sb_registry_credential *c)
{
	static const char *const names[] = {N_("valid"), N_("revoked"), N_("suspended")};

	return c->state == SB_CREDENTIAL_VALID && c->expires <= time(NULL) ? N_("expired") : names[c->state];
}

static int add_card(void *context, const struct sb_registry_credential *c)
{
	json_t *cards = context;

	if (c->state > SB_CREDENTIAL_SUSPENDED)
		return SB_E_CORRUPT;
	return json_array_append_new(cards, json_pack("{s:s, s:s, s:I, s:I, s:s?}", "card", c->card, "state", state_of(c), "issued",
		       (json_int_t)c->created, "expires", (json_int_t)c->expires, "reason", *c->reason ? c->reason : NULL)) == 0
		       ? SB_OK
		       : SB_E_NOMEM;
}

static int audit(const struct showing *s)
{
	char subject[ADMIN_SUBJECT];

	admin_subject(&s->resident, subject);
	return sb_registry_audit_alone(s->a->registry, s->a->officer, "registry show", subject, "unmasked");
}

/* The picture is told of and not shown: it is no text. */
static int tell(struct showing *s, json_t *result)
{
	json_t *fields = json_object();
	const char *name;
	json_t *value;
	int rc = fields ? SB_OK : SB_E_NOMEM;

	json_object_foreach(s->resident.fields, name, value)
	{
		struct sb_bytes text = {0};

		if (rc != SB_OK || strcmp(name, "portrait") == 0)
			continue;
		rc = admin_view_field(s->resident.fields, name, s->unmasked, &text);
		if (rc == SB_OK) {
			json_object_set_new(fields, name, json_stringn(text.len ? (const char *)text.data : "", text.len));
			rc = sb_bytes_terminate(&text);
		}
		if (rc == SB_OK)
			sb_say(s->a->p, "%-14s %s\n", sb_clean(name), sb_clean((const char *)text.data));
		sb_bytes_free(&text);
	}
	json_object_set_new(result, "fields", fields);
	json_object_set_new(result, "masked", json_boolean(!s->unmasked));
	json_object_set_new(result, "portrait", json_boolean(json_object_get(s->resident.fields, "portrait")));
	json_object_set_new(result, "wrong_dates", json_integer(s->resident.wrong_dates));
	return rc;
}

static void tell_cards(struct showing *s)
{
	size_t i;
	json_t *card;

	json_array_foreach(s->cards, i, card)
	{
		const struct admin_reason *reason = admin_reason_find(sb_json_text(card, "reason") ? sb_json_text(card, "reason") : "");

		sb_say(s->a->p, reason ? _("card %s: %s (%s)\n") : _("card %s: %s\n"), sb_json_text(card, "card"), _(sb_json_text(card, "state")),
			reason ? admin_reason_text(reason, sb_program_lang(s->a->p)) : "");
	}
	if (!json_array_size(s->cards))
		sb_say(s->a->p, _("no card\n"));
}

/* Who looks is on record before anything is seen. */
static int show_resident(struct showing *s, json_t *result, struct sb_failure *f)
{
	struct sb_registry *r = s->a->registry;
	int rc = s->unmasked ? audit(s) : SB_OK;

	s->cards = json_array();
	if (rc == SB_OK)
		rc = r->ops->credential_each(r, s->resident.id, add_card, s->cards);
	if (rc == SB_OK)
		rc = tell(s, result);
	if (rc == SB_OK)
		tell_cards(s);
	json_object_set_new(result, "cards", s->cards);
	return rc == SB_OK ? SB_EXIT_OK : admin_fail(rc, "registry.db", f);
}

static int show(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	const char *card = sb_program_text(p, "--card"), *input = sb_program_text(p, "--input");
	struct admin a;
	struct showing s = {.a = &a, .unmasked = sb_program_flag(p, "--unmasked")};
	int rc;

	if (!card == !input)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--card", _("Give one of --card and --input."));
	if (s.unmasked && !sb_program_text(p, "--officer"))
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--officer", _("--unmasked needs --officer, for the audit."));
	rc = admin_open(p, &a, f);
	if (rc != SB_EXIT_OK)
		return rc;
	rc = card ? find_by_card(&s, card, f) : find_by_number(&s, input, f);
	if (rc == SB_EXIT_OK)
		rc = show_resident(&s, result, f);
	sb_registry_resident_free(&s.resident);
	admin_close(&a);
	return rc;
}

static const struct sb_option options[] = {
	{"--input", SB_OPTION_FILE, "FILE|-", N_("rrn, as JSON"), false},
	{"--card", SB_OPTION_TEXT, "NUMBER", N_("the card's number"), false},
	{"--unmasked", SB_OPTION_FLAG, NULL, N_("personal data whole; the audit tells who looked"), false},
	{"--officer", SB_OPTION_TEXT, "ID", N_("who does this, for the audit"), false},
	{0},
};

const struct sb_verb admin_registry_show = {"registry show", "", 0, 0, N_("show a resident and the cards, masked"), options, show};
