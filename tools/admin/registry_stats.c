/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"

#include <string.h>
#include <time.h>

#include "admin/reason.h"
#include "base/error.h"
#include "common/i18n.h"
#include "common/progress.h"
#include "formats/jws.h"
#include "registry/registry_apply.h"

/* `registry stats`: numbers of residents and cards, and nothing of any one of them. */

struct counting {
	struct sb_registry *registry;
	json_t *authorities, *plastic, *states, *months, *suspended, *revoked; /* counts by name; the last two by reason */
	struct sb_progress progress;
	unsigned residents, cards;
};

static int count(json_t *counts, const char *name)
{
	return json_object_set_new(counts, name, json_integer(json_integer_value(json_object_get(counts, name)) + 1)) == 0 ? SB_OK : SB_E_NOMEM;
}

static int count_resident(void *context, int64_t id)
{
	struct counting *c = context;
	struct sb_registry_resident resident;
	const char *authority, *status;
	int rc = sb_registry_find_id(c->registry, id, &resident);

	if (rc == SB_OK) {
		authority = sb_json_text(resident.fields, "authority");
		status = sb_json_text(resident.fields, "card_status");
		rc = count(c->authorities, authority ? authority : "");
		if (rc == SB_OK)
			rc = count(c->plastic, status ? status : "valid");
	}
	sb_registry_resident_free(&resident);
	sb_progress_tell(&c->progress, ++c->residents, -1);
	return rc;
}

/* Months as they are in Korea, where cards are issued. */
static int count_card(void *context, const struct sb_registry_credential *card)
{
	static const char *const states[] = {"valid", "revoked", "suspended"};
	struct counting *c = context;
	time_t issued = (time_t)card->created + 9 * 3600;
	struct tm tm;
	char month[16];
	int rc;

	if (card->state > SB_CREDENTIAL_SUSPENDED || !gmtime_r(&issued, &tm))
		return SB_E_CORRUPT;
	strftime(month, sizeof month, "%Y-%m", &tm);
	c->cards++;
	rc = count(c->states, card->state == SB_CREDENTIAL_VALID && card->expires <= time(NULL) ? "expired" : states[card->state]);
	if (rc == SB_OK && card->state != SB_CREDENTIAL_VALID)
		rc = count(card->state == SB_CREDENTIAL_SUSPENDED ? c->suspended : c->revoked, *card->reason ? card->reason : "none");
	return rc == SB_OK ? count(c->months, month) : rc;
}

/* --- in words --- */

static const char *as_it_is(const char *name)
{
	return sb_clean(name);
}

static const char *state(const char *name)
{
	static const struct {
		const char *name, *words;
	} rows[] = {{"valid", N_("in force")}, {"revoked", N_("revoked")}, {"suspended", N_("suspended")}, {"expired", N_("expired")},
		{"lost", N_("reported lost")}, {"cancelled", N_("registration cancelled")}};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strcmp(rows[i].name, name) == 0)
			return _(rows[i].words);
	return sb_clean(name);
}

static const char *reason(const char *name)
{
	const struct admin_reason *known = admin_reason_find(name);

	if (strcmp(name, "none") == 0)
		return _("no reason given");
	return known ? admin_reason_text(known, sb_i18n_lang()) : sb_clean(name);
}

static void tell(struct sb_program *p, const char *title, json_t *counts, const char *(*in_words)(const char *name))
{
	const char *name;
	json_t *value;

	if (json_object_size(counts))
		sb_say(p, "%s\n", title);
	json_object_foreach(counts, name, value)
		sb_say(p, "  %10lld  %s\n", (long long)json_integer_value(value), in_words(name));
}

static int stats(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct admin a;
	struct counting c = {.authorities = json_object(), .plastic = json_object(), .states = json_object(), .months = json_object(),
		.suspended = json_object(), .revoked = json_object()};
	int rc = admin_open(p, &a, f), counted = SB_OK;

	if (rc == SB_EXIT_OK) {
		c.registry = a.registry;
		sb_progress_start(&c.progress);
		counted = a.registry->apply->resident_each(a.registry, count_resident, &c);
		if (counted == SB_OK)
			counted = a.registry->ops->credential_each(a.registry, 0, count_card, &c);
		sb_progress_hide(&c.progress);
		rc = counted == SB_OK ? SB_EXIT_OK : admin_fail(counted, "registry.db", f);
		admin_close(&a);
	}
	if (rc == SB_EXIT_OK) {
		sb_say(p, _("%u residents, %u cards\n"), c.residents, c.cards);
		tell(p, _("Residents by authority"), c.authorities, as_it_is);
		tell(p, _("Plastic cards by state"), c.plastic, state);
		tell(p, _("Mobile cards by state"), c.states, state);
		tell(p, _("Mobile cards by month of issue"), c.months, as_it_is);
		tell(p, _("Suspended cards by reason"), c.suspended, reason);
		tell(p, _("Revoked cards by reason"), c.revoked, reason);
	}
	json_object_set_new(result, "residents", json_integer(c.residents));
	json_object_set_new(result, "cards", json_integer(c.cards));
	json_object_set_new(result, "by_authority", c.authorities);
	json_object_set_new(result, "by_card_status", c.plastic);
	json_object_set_new(result, "by_state", c.states);
	json_object_set_new(result, "by_month", c.months);
	json_object_set_new(result, "suspended_by_reason", c.suspended);
	json_object_set_new(result, "revoked_by_reason", c.revoked);
	return rc;
}

static const struct sb_option options[] = {{0}};

const struct sb_verb admin_registry_stats = {"registry stats", "", 0, 0, N_("count residents and cards"), options, stats};
