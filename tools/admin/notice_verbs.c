/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"

#include <limits.h>
#include <string.h>
#include <time.h>

#include "admin/korea.h"
#include "base/error.h"
#include "common/i18n.h"

/* `notice send`, `notice list`: the outbox, for whoever looks after it, and for cron. */

enum { DAY = 24 * 3600, BATCH = 200 };

/* --- notices of cards that end soon --- */

struct ending {
	struct admin *a;
	struct sb_registry_credential cards[BATCH];
	size_t count;
};

static int gather(void *context, const struct sb_registry_credential *c)
{
	struct ending *e = context;
	int rc;

	if (c->state != SB_CREDENTIAL_VALID || e->count == BATCH)
		return SB_OK;
	rc = e->a->registry->life->notice_has(e->a->registry, c->card, notice_word(NOTICE_EXPIRING));
	if (rc == SB_E_NOT_FOUND)
		e->cards[e->count++] = *c;
	return rc == SB_E_NOT_FOUND ? SB_OK : rc;
}

static int add_one(struct admin *a, const struct sb_registry_credential *c)
{
	struct sb_registry_resident resident;
	char day[KOREA_DAY];
	int rc = sb_registry_find_id(a->registry, c->resident, &resident);

	korea_day(c->expires, day);
	if (rc == SB_OK)
		rc = admin_notice_add(&a->notices, a->registry, NOTICE_EXPIRING, resident.fields, c->card, day);
	sb_registry_resident_free(&resident);
	return rc;
}

/* Looked for inside the transaction, so that of two that do this one adds. */
static int add_batch(struct ending *e)
{
	struct sb_registry *r = e->a->registry;
	int64_t now = time(NULL);
	int rc = r->ops->begin(r);

	e->count = 0;
	if (rc == SB_OK)
		rc = r->life->expiring_each(r, now, now + e->a->notices.expiring * DAY, gather, e);
	for (size_t i = 0; rc == SB_OK && i < e->count; i++)
		rc = add_one(e->a, &e->cards[i]);
	if (rc == SB_OK)
		rc = r->ops->commit(r);
	r->ops->rollback(r);
	return rc;
}

static int add_expiring(struct admin *a, unsigned *added, struct sb_failure *f)
{
	struct ending e = {.a = a};
	int rc = SB_OK;

	*added = 0;
	do {
		rc = a->notices.expiring ? add_batch(&e) : SB_OK;
		*added += (unsigned)e.count;
	} while (rc == SB_OK && e.count == BATCH);
	return rc == SB_OK ? SB_EXIT_OK : admin_fail(rc, "registry.db", f);
}

/* --- send --- */

static int fail_off(struct sb_program *p, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_CONFIG, "no_notices", "notice.conf",
		_("Notices are not set up: %s does not exist. sinbun-admin(8) tells what stands in it."), admin_path(p, "notice.conf"));
}

static int send_all(struct admin *a, json_t *result, struct sb_failure *f)
{
	struct notice_count count = {0};
	unsigned expiring;
	int rc = add_expiring(a, &expiring, f);

	if (rc != SB_EXIT_OK)
		return rc;
	rc = notice_send_due(a, UINT_MAX, 0, &count, f);
	json_object_set_new(result, "sent", json_integer(count.sent));
	json_object_set_new(result, "waiting", json_integer(count.waiting));
	json_object_set_new(result, "given_up", json_integer(count.given_up));
	json_object_set_new(result, "expiring", json_integer(expiring));
	sb_say(a->p, _("%u sent, %u waiting, %u given up\n"), count.sent, count.waiting, count.given_up);
	return rc;
}

static int notice_send(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct admin a;
	int rc = admin_open(p, &a, f);

	if (rc != SB_EXIT_OK)
		return rc;
	rc = a.notices.on ? send_all(&a, result, f) : fail_off(p, f);
	a.notices.added = 0; /* all were tried */
	admin_close(&a);
	return rc;
}

/* --- list --- */

struct listing {
	struct sb_program *p;
	json_t *notices;
	bool all;
};

static int list_one(void *context, const struct sb_registry_notice *n)
{
	static const char *const names[] = {N_("waiting"), N_("sent"), N_("given up")};
	static const char *const words[] = {"waiting", "sent", "given_up"};
	struct listing *l = context;

	if (n->state == SB_NOTICE_SENT && !l->all)
		return SB_OK;
	if (json_array_append_new(l->notices,
		    json_pack("{s:s, s:s, s:s?, s:s, s:s, s:i, s:I, s:s?, s:o}", "notice", n->id, "kind", n->kind, "card", *n->card ? n->card : NULL, "channel",
			    n->channel, "state", words[n->state], "tries", n->tries, "created", (json_int_t)n->created, "error", *n->error ? n->error : NULL,
			    "next", n->state == SB_NOTICE_WAITING ? json_integer(n->next) : json_null())) != 0)
		return SB_E_NOMEM;
	sb_say(l->p, "%s  %s  %s  %s  %s  %s\n", n->id, n->kind, *n->card ? n->card : "-", n->channel, _(names[n->state]), *n->error ? n->error : "-");
	return SB_OK;
}

static int notice_list(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct listing l = {p, NULL, sb_program_flag(p, "--all")};
	struct admin a;
	int rc = admin_open(p, &a, f), listed;

	if (rc != SB_EXIT_OK)
		return rc;
	l.notices = json_array();
	listed = a.registry->life->notice_each(a.registry, list_one, &l);
	if (listed != SB_OK)
		rc = admin_fail(listed, "registry.db", f);
	else if (!json_array_size(l.notices))
		sb_say(p, "%s\n", _("No notice waits, and none was given up."));
	json_object_set_new(result, "count", json_integer((json_int_t)json_array_size(l.notices)));
	json_object_set_new(result, "notices", l.notices);
	admin_close(&a);
	return rc;
}

static const struct sb_option send_options[] = {{0}};
static const struct sb_option list_options[] = {
	{"--all", SB_OPTION_FLAG, NULL, N_("also those that were sent"), false},
	{0},
};

const struct sb_verb admin_notice_send = {"notice send", "", 0, 0, N_("send the notices that wait, and those of cards that end soon"), send_options, notice_send};
const struct sb_verb admin_notice_list = {"notice list", "", 0, 0, N_("list the notices that wait or were given up"), list_options, notice_list};
