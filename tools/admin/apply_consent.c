/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <stdio.h>
#include <string.h>

#include "admin/admin.h"
#include "admin/apply.h"
#include "base/error.h"
#include "common/i18n.h"

/* Consents: which text, in which version, by which channel, when; and those that were refused. */

#define THIRD_PARTY "third-party"

/* The failure is about this text. */
static int about(int rc, const char *text, struct sb_failure *f)
{
	if (strlen(text) < sizeof f->rule)
		snprintf(f->rule, sizeof f->rule, "%s", sb_clean(text));
	return rc;
}

static int fail_missing(const struct sb_terms *t, struct sb_failure *f)
{
	return about(sb_fail(f, SB_EXIT_DATA, "consent_missing", "consents", _("A required consent has not been given: %s (%s). The text: sinbun-admin apply consent"),
			     t->values[SB_TERMS_TITLE], t->id),
		t->id, f);
}

static bool has(const json_t *input, const struct apply_given *already, const char *id)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(input, "consents"), i, one) if (json_is_string(one) && strcmp(json_string_value(one), id) == 0)
		return true;
	for (i = 0; already && i < already->count; i++)
		if (strcmp(already->ids[i], id) == 0)
			return true;
	return false;
}

/* Nobody agrees to what is not there, or not in force any more. */
static int check_known(const struct sb_terms_list *terms, const json_t *input, struct sb_failure *f)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(input, "consents"), i, one) {
		const char *id = json_is_string(one) ? json_string_value(one) : "?";

		if (sb_terms_find(terms, id))
			continue;
		if (sb_terms_named(terms, id))
			return about(sb_fail(f, SB_EXIT_DATA, "consent_old", "consents", _("Another version of this text is in force: %s."),
					     sb_terms_named(terms, id)->id),
				sb_terms_named(terms, id)->id, f);
		return about(sb_fail(f, SB_EXIT_DATA, "consent_unknown", "consents", _("There is no text %s to agree to."), sb_clean(id)), id, f);
	}
	return SB_EXIT_OK;
}

int apply_consents_check(const struct sb_terms_list *terms, const json_t *input, const struct apply_given *already, struct sb_failure *f)
{
	int rc = check_known(terms, input, f);

	for (size_t i = 0; rc == SB_EXIT_OK && i < terms->count; i++)
		if (terms->all[i].required && !has(input, already, terms->all[i].id))
			rc = fail_missing(&terms->all[i], f);
	return rc;
}

static int record_one(struct sb_registry *r, const struct sb_terms *t, bool given, const struct apply_consent *how)
{
	struct sb_registry_consent c = {.required = t->required, .given = given, .time = how->time};

	snprintf(c.text, sizeof c.text, "%s", t->id);
	snprintf(c.language, sizeof c.language, "%s", t->language);
	snprintf(c.channel, sizeof c.channel, "%s", how->channel);
	memcpy(c.hash, t->hash, sizeof c.hash);
	return r->apply->consent_add(r, how->application, &c);
}

static int record(struct sb_registry *r, const struct sb_terms_list *terms, const json_t *input, const struct apply_given *already,
	const struct apply_consent *how)
{
	int rc = SB_OK;

	/* What was given before has its record. */
	for (size_t i = 0; rc == SB_OK && i < terms->count; i++)
		if (!already || !has(NULL, already, terms->all[i].id))
			rc = record_one(r, &terms->all[i], has(input, NULL, terms->all[i].id), how);
	return rc;
}

int apply_consents_record(struct sb_registry *r, const struct sb_terms_list *terms, const json_t *input, const struct apply_consent *how)
{
	return record(r, terms, input, NULL, how);
}

static int note_given(void *context, const struct sb_registry_consent *c)
{
	struct apply_given *given = context;

	if (c->given && !c->withdrawn && given->count < SB_TERMS_MAX)
		snprintf(given->ids[given->count++], SB_TERMS_ID, "%s", c->text);
	return SB_OK;
}

/* The texts in force, and what of them was given before. */
static int prepare(struct applying *a, struct sb_terms_list *terms, struct apply_given *given, struct sb_failure *f)
{
	int rc = a->registry->apply->consent_each(a->registry, a->row.id, note_given, given);

	return rc == SB_OK ? sb_terms_load(a->root, a->language, terms, f) : admin_fail(rc, "registry.db", f);
}

int apply_consent(struct applying *a, struct sb_failure *f)
{
	const struct apply_consent how = {a->row.id, apply_channel(a), a->now};
	struct apply_given given = {.count = 0};
	struct sb_terms_list terms = {.count = 0};
	int rc = prepare(a, &terms, &given, f), recorded;

	if (rc == SB_EXIT_OK)
		rc = apply_consents_check(&terms, a->input, &given, f);
	if (rc == SB_EXIT_OK && (recorded = record(a->registry, &terms, a->input, &given, &how)) != SB_OK)
		rc = admin_fail(recorded, "registry.db", f);
	sb_terms_free(&terms);
	snprintf(a->outcome, sizeof a->outcome, "given");
	apply_say(a, _("What was agreed to, and what was not, is recorded."));
	return rc;
}

int apply_consent_third_party(struct applying *a, struct sb_failure *f)
{
	const struct apply_consent how = {a->row.id, apply_channel(a), a->now};
	struct apply_given given = {.count = 0};
	struct sb_terms_list terms = {.count = 0};
	const struct sb_terms *t = NULL;
	int rc = prepare(a, &terms, &given, f), recorded;

	if (rc == SB_EXIT_OK)
		rc = check_known(&terms, a->input, f);
	if (rc == SB_EXIT_OK && !(t = sb_terms_named(&terms, THIRD_PARTY)))
		rc = sb_fail(f, SB_EXIT_CONFIG, "bad_terms", THIRD_PARTY, _("There is no text \"%s\" to agree to, so nothing may be sent to third parties."),
			THIRD_PARTY);
	if (rc == SB_EXIT_OK && !has(a->input, &given, t->id))
		rc = fail_missing(t, f);
	if (rc == SB_EXIT_OK && !has(NULL, &given, t->id) && (recorded = record_one(a->registry, t, true, &how)) != SB_OK)
		rc = admin_fail(recorded, "registry.db", f);
	sb_terms_free(&terms);
	return rc;
}
