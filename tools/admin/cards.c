/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"

#include <string.h>
#include <time.h>

#include "admin/korea.h"
#include "admin/reason.h"
#include "base/error.h"
#include "common/fields.h"
#include "common/i18n.h"
#include "registry/registry_life.h"

/* `cards suspended`, `cards expiring`: numbers of cards that somebody has to look after. */

enum { DAY = 24 * 3600, DAYS = 30, DAYS_MAX = 3 * 366 };

struct listing {
	struct admin *a;
	json_t *cards;
	bool restored_only;
};

static const char *day_of(int64_t seconds)
{
	char day[KOREA_DAY];

	korea_day(seconds, day);
	return sb_fields_date(day);
}

static int is_restored(struct admin *a, const struct sb_registry_credential *c, bool *restored)
{
	struct sb_registry_resident resident;
	struct sb_failure ignored;
	int rc;

	*restored = false;
	if (!admin_reason_is_plastic(c->reason))
		return SB_OK;
	rc = sb_registry_find_id(a->registry, c->resident, &resident);
	if (rc == SB_OK)
		*restored = admin_plastic_check(resident.fields, &ignored) == SB_EXIT_OK;
	sb_registry_resident_free(&resident);
	return rc;
}

static int add_suspended(void *context, const struct sb_registry_credential *c)
{
	const struct admin_reason *reason = admin_reason_find(c->reason);
	struct listing *l = context;
	bool restored;
	int rc = is_restored(l->a, c, &restored);

	if (rc != SB_OK || (l->restored_only && !restored))
		return rc;
	if (json_array_append_new(l->cards, json_pack("{s:s, s:s?, s:o, s:b}", "card", c->card, "reason", *c->reason ? c->reason : NULL, "since",
							   c->changed ? json_integer(c->changed) : json_null(), "restored", restored)) != 0)
		return SB_E_NOMEM;
	sb_say(l->a->p, "%s  %s  %s%s\n", c->card, c->changed ? day_of(c->changed) : "-", reason ? admin_reason_text(reason, sb_program_lang(l->a->p)) : "-",
		restored ? _("  (the plastic card is valid again)") : "");
	return SB_OK;
}

static int add_expiring(void *context, const struct sb_registry_credential *c)
{
	struct listing *l = context;

	if (json_array_append_new(l->cards, json_pack("{s:s, s:I}", "card", c->card, "expires", (json_int_t)c->expires)) != 0)
		return SB_E_NOMEM;
	sb_say(l->a->p, "%s  %s\n", c->card, day_of(c->expires));
	return SB_OK;
}

static int finish(struct listing *l, int listed, json_t *result, struct sb_failure *f)
{
	size_t count = json_array_size(l->cards);

	if (listed == SB_OK)
		sb_say(l->a->p, ngettext("%u card\n", "%u cards\n", (unsigned long)count), (unsigned)count);
	json_object_set_new(result, "count", json_integer((json_int_t)count));
	json_object_set_new(result, "cards", l->cards);
	return listed == SB_OK ? SB_EXIT_OK : admin_fail(listed, "registry.db", f);
}

static int suspended(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct admin a;
	struct listing l = {.a = &a, .cards = json_array(), .restored_only = sb_program_flag(p, "--restored")};
	int rc = admin_open(p, &a, f);

	if (rc != SB_EXIT_OK) {
		json_decref(l.cards);
		return rc;
	}
	rc = finish(&l, a.registry->life->suspended_each(a.registry, add_suspended, &l), result, f);
	admin_close(&a);
	return rc;
}

static int expiring(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	long days = sb_program_number(p, "--days", DAYS);
	struct admin a;
	struct listing l = {.a = &a};
	int64_t now = time(NULL);
	int rc;

	if (days < 1 || days > DAYS_MAX)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--days", _("--days is 1 to %d."), DAYS_MAX);
	rc = admin_open(p, &a, f);
	if (rc != SB_EXIT_OK)
		return rc;
	l.cards = json_array();
	rc = finish(&l, a.registry->life->expiring_each(a.registry, now, now + days * DAY, add_expiring, &l), result, f);
	admin_close(&a);
	return rc;
}

static const struct sb_option suspended_options[] = {
	{"--restored", SB_OPTION_FLAG, NULL, N_("those alone that were suspended because of the plastic card, which is valid again"), false},
	{0},
};
static const struct sb_option expiring_options[] = {
	{"--days", SB_OPTION_NUMBER, "N", N_("that end within so many days (30)"), false},
	{0},
};

const struct sb_verb admin_cards_suspended = {"cards suspended", "", 0, 0, N_("list the cards that are suspended, and why"), suspended_options, suspended};
const struct sb_verb admin_cards_expiring = {"cards expiring", "", 0, 0, N_("list the cards that end soon"), expiring_options, expiring};
