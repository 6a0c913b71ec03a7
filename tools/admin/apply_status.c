/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <string.h>

#include "admin/admin.h"
#include "admin/apply.h"
#include "base/codec.h"
#include "base/error.h"
#include "common/i18n.h"
#include "formats/document.h"
#include "formats/jws.h"

/* Where an application stands, and its end before its time. */

const char *apply_word(const char *word)
{
	static const struct {
		const char *word, *text;
	} rows[] = {
		/* states */
		{"open", N_("open")}, {"waiting", N_("waiting")}, {"offered", N_("offer made")}, {"issued", N_("issued")}, {"withdrawn", N_("withdrawn")},
		{"expired", N_("expired")},
		/* start */
		{"counter", N_("at a counter")}, {"self", N_("the resident")},
		/* login */
		{"in-person", N_("in person")}, {"simple", N_("simple authentication")}, {"certificate", N_("certificate")}, {"card", N_("mobile card")},
		{"member", N_("member account")},
		/* later steps */
		{"given", N_("agreed")}, {"attested", N_("attested by the clerk")}, {"sms", N_("text message")}, {"pass", N_("PASS")},
		{"matches", N_("matches")}, {"declined", N_("not wanted")}, {"not available", N_("not available")},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strcmp(rows[i].word, word) == 0)
			return _(rows[i].text);
	return word;
}

static json_t *masked(enum sb_element_mask mask, const char *text)
{
	struct sb_bytes out = {0};
	json_t *json = text && sb_mask(mask, text, &out) == SB_OK ? json_stringn((const char *)out.data, out.len) : json_null();

	sb_bytes_free(&out);
	return json ? json : json_null();
}

static json_t *steps_json(const struct applying *a)
{
	json_t *list = json_array();

	for (int i = APPLY_START; i <= APPLY_STEPS; i++) {
		const struct sb_registry_step *s = &a->steps[i];
		json_t *one = json_pack("{s:i, s:s, s:b}", "step", i, "name", apply_step_name((enum apply_step)i), "done", s->time != 0);

		json_object_set_new(one, "time", s->time ? json_integer(s->time) : json_null());
		json_object_set_new(one, "by", s->time ? json_string(s->actor) : json_null());
		json_object_set_new(one, "outcome", s->time ? json_string(s->outcome) : json_null());
		json_array_append_new(list, one);
	}
	return list;
}

static int add_consent(void *context, const struct sb_registry_consent *c)
{
	struct sb_bytes hex = {0};
	int rc = sb_hex_encode(c->hash, sizeof c->hash, &hex);
	json_t *one = rc == SB_OK ? json_pack("{s:s, s:b, s:b, s:I, s:s, s:s}", "text", c->text, "required", c->required, "given", c->given, "time",
					    (json_int_t)c->time, "language", c->language, "channel", c->channel)
				  : NULL;

	json_object_set_new(one, "sha256", json_stringn((const char *)hex.data, hex.len));
	json_object_set_new(one, "withdrawn", c->withdrawn ? json_integer(c->withdrawn) : json_null());
	sb_bytes_free(&hex);
	return rc == SB_OK && json_array_append_new(context, one) != 0 ? SB_E_NOMEM : rc;
}

int apply_status(struct applying *a, const char *id, struct sb_failure *f)
{
	struct sb_registry_application offer;
	json_t *consents = json_array();
	int rc = apply_load(a, id, f), read = SB_OK;

	if (rc == SB_EXIT_OK)
		read = a->registry->apply->consent_each(a->registry, a->row.id, add_consent, consents);
	json_object_set_new(a->result, "consents", consents);
	if (rc != SB_EXIT_OK || read != SB_OK)
		return rc != SB_EXIT_OK ? rc : admin_fail(read, "registry.db", f);
	json_object_set_new(a->result, "steps", steps_json(a));
	json_object_set_new(a->result, "opened", json_integer(a->row.created));
	json_object_set_new(a->result, "until", json_integer(a->row.expires));
	json_object_set_new(a->result, "channel", json_string(a->row.self ? "self" : "counter"));
	json_object_set_new(a->result, "name", masked(SB_MASK_NAME, apply_text(a, "person", "name")));
	json_object_set_new(a->result, "phone", masked(SB_MASK_PHONE, apply_text(a, "phone", "number")));
	if (*a->row.offer && a->registry->ops->application_get(a->registry, a->row.offer, &offer) == SB_OK && offer.state == SB_APPLICATION_ISSUED)
		json_object_set_new(a->result, "card", json_string(offer.card));
	return SB_EXIT_OK;
}

/* --- withdrawal --- */

struct finding {
	const char *text;
	struct sb_registry_consent found; /* seq 0: none */
};

static int find_consent(void *context, const struct sb_registry_consent *c)
{
	struct finding *want = context;

	if (strcmp(c->text, want->text) == 0 && c->given && !c->withdrawn)
		want->found = *c;
	return SB_OK;
}

/* Its end, and that of an offer that is out. SB_E_*. */
static int end(struct applying *a)
{
	a->row.state = SB_APPLY_WITHDRAWN;
	json_object_del(a->data, "waiting");
	return *a->row.offer ? a->registry->apply->offer_end(a->registry, a->row.offer) : SB_OK;
}

static int withdraw_consent(struct applying *a, const char *consent, bool issued, struct sb_failure *f)
{
	struct finding want = {.text = consent};
	int rc = a->registry->apply->consent_each(a->registry, a->row.id, find_consent, &want);

	if (rc == SB_OK && !want.found.seq)
		return sb_fail(f, SB_EXIT_DATA, "no_consent", "--consent", _("This application has no consent %s that could be withdrawn."), sb_clean(consent));
	if (rc == SB_OK)
		rc = a->registry->apply->consent_withdraw(a->registry, want.found.seq, a->now);
	if (rc == SB_OK && want.found.required && !issued && a->row.state <= SB_APPLY_OFFERED)
		rc = end(a);
	if (rc != SB_OK)
		return admin_fail(rc, "registry.db", f);
	if (!want.found.required)
		apply_say(a, _("The consent is withdrawn. The rest stays as it is."));
	else if (issued)
		apply_say(a, _("The consent is withdrawn. The card rests on it: revoke the card."));
	else
		apply_say(a, _("The consent is withdrawn. It was required, so the application ends with it."));
	return SB_EXIT_OK;
}

static int withdraw(struct applying *a, const char *consent, struct sb_failure *f)
{
	bool issued = strcmp(apply_state_name(a), "issued") == 0;
	int rc;

	if (!a->officer && !a->row.self)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--officer", _("This application was opened at a counter, so --officer is needed."));
	if (consent)
		return withdraw_consent(a, consent, issued, f);
	if (issued)
		return sb_fail(f, SB_EXIT_NOT_NOW, "issued", "application", _("A card has been issued on this application. Revoke the card instead."));
	if (a->row.state == SB_APPLY_WITHDRAWN)
		return sb_fail(f, SB_EXIT_NOT_NOW, "withdrawn", "application", _("This application is withdrawn already."));
	rc = end(a);
	apply_say(a, _("The application is withdrawn."));
	return rc == SB_OK ? SB_EXIT_OK : admin_fail(rc, "registry.db", f);
}

int apply_withdraw(struct applying *a, const char *id, const char *consent, struct sb_failure *f)
{
	struct sb_registry *r = a->registry;
	int rc = r->ops->begin(r);

	if (rc != SB_OK)
		return admin_fail(rc, "registry.db", f);
	rc = apply_load(a, id, f);
	if (rc == SB_EXIT_OK)
		rc = withdraw(a, consent, f);
	if (rc == SB_EXIT_OK)
		rc = apply_commit(a, "apply withdraw", consent ? consent : "withdrawn", f);
	r->ops->rollback(r);
	return rc;
}
