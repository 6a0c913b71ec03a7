/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/apply.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "admin/admin.h"
#include "base/error.h"
#include "common/i18n.h"
#include "crypto/digest.h"
#include "formats/jws.h"

/* The engine of applications: steps as rows, loaded, run and stored in one way. */

enum { DAY = 24 * 3600 };

static const struct {
	const char *name, *title, *options;
	const char *fields; /* of the input, where it is not said otherwise */
	bool again; /* also when it is done: its own function knows what that means */
	apply_fn *outside, *decide, *after;
} rows[APPLY_STEPS + 1] = {
	[APPLY_START] = {"start", N_("start"), "", NULL, false, NULL, NULL, NULL},
	[APPLY_LOGIN] = {"login", N_("sign in"), " --kind KIND --input FILE", NULL, false, apply_login_outside, apply_login, apply_login_after},
	[APPLY_CONSENT] = {"consent", N_("consent"), " --input FILE", "consents", false, NULL, apply_consent, NULL},
	[APPLY_PHONE] = {"phone", N_("phone in your own name"), " --input FILE", "phone, carrier", false, apply_phone_outside, apply_phone, apply_phone_after},
	[APPLY_CARD] = {"card", N_("the plastic card's data"), " --input FILE", "name, rrn, issue_date", false, NULL, apply_card, NULL},
	[APPLY_BIOMETRICS] = {"biometrics", N_("biometrics"), " --answer yes|no", NULL, false, NULL, apply_biometrics, NULL},
	[APPLY_OFFER] = {"offer", N_("offer for the device"), " --offer FILE", NULL, true, NULL, apply_offer, NULL},
};

const char *apply_step_name(enum apply_step step)
{
	return rows[step].name;
}

const char *apply_step_title(enum apply_step step)
{
	return _(rows[step].title);
}

const char *apply_step_options(enum apply_step step)
{
	return rows[step].options;
}

/* Nothing in it that a shell would take for something else. */
static bool is_plain(const char *text)
{
	return *text && *text != '-' && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == strlen(text);
}

const char *apply_command(const struct applying *a, enum apply_step step, const char *options, char out[APPLY_COMMAND])
{
	const char *officer = a->officer && is_plain(a->officer) ? a->officer : "ID";
	bool counter = a->officer || !a->row.self;

	snprintf(out, APPLY_COMMAND, "sinbun-admin apply %s --application %s%s%.64s%s", rows[step].name, a->row.id, counter ? " --officer " : "",
		counter ? officer : "", options);
	return out;
}

const char *apply_step_fields(enum apply_step step)
{
	return rows[step].fields;
}

const char *apply_actor(const struct applying *a)
{
	return a->officer ? a->officer : "self";
}

const char *apply_channel(const struct applying *a)
{
	return a->officer ? "counter" : "self";
}

void apply_say(struct applying *a, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(a->message, sizeof a->message, format, args);
	va_end(args);
}

json_t *apply_part(struct applying *a, const char *part)
{
	json_t *object = json_object_get(a->data, part);

	if (!object && json_object_set_new(a->data, part, json_object()) == 0)
		object = json_object_get(a->data, part);
	return object;
}

const char *apply_text(const struct applying *a, const char *part, const char *name)
{
	return sb_json_text(json_object_get(a->data, part), name);
}

void apply_free(struct applying *a)
{
	json_decref(a->data);
	json_decref(a->learned);
	a->data = a->learned = NULL;
}

/* --- loading and storing --- */

static int note_step(void *context, const struct sb_registry_step *s)
{
	struct applying *a = context;

	if (s->step >= 1 && s->step <= APPLY_STEPS)
		a->steps[s->step] = *s;
	return SB_OK;
}

static int open_data(struct applying *a, const struct sb_bytes *box)
{
	struct sb_bytes plain = {0};
	int rc = sb_registry_unseal(a->registry, "apply", a->row.id, sb_bytes_slice(box), &plain);

	if (rc == SB_OK) {
		a->data = sb_json_parse(sb_bytes_slice(&plain), NULL, NULL);
		rc = a->data ? SB_OK : SB_E_CORRUPT;
	}
	sb_bytes_free(&plain);
	return rc;
}

int apply_load(struct applying *a, const char *id, struct sb_failure *f)
{
	struct sb_bytes box = {0};
	int rc = a->registry->apply->get(a->registry, id, &a->row, &box);

	json_decref(a->data);
	a->data = NULL;
	memset(a->steps, 0, sizeof a->steps);
	if (rc == SB_OK)
		rc = open_data(a, &box);
	if (rc == SB_OK)
		rc = a->registry->apply->step_each(a->registry, a->row.id, note_step, a);
	sb_bytes_free(&box);
	if (rc == SB_E_NOT_FOUND)
		return sb_fail(f, SB_EXIT_DATA, "no_application", "application",
			_("There is no such application here. Open one: sinbun-admin apply start"));
	if (rc != SB_OK)
		return admin_fail(rc, "registry.db", f);
	if (a->row.state == SB_APPLY_OPEN && a->row.expires <= a->now)
		a->row.state = SB_APPLY_EXPIRED;
	return SB_EXIT_OK;
}

static int seal_data(struct applying *a, struct sb_bytes *box)
{
	char *text = json_dumps(a->data, JSON_COMPACT);
	int rc = text ? sb_registry_seal(a->registry, "apply", a->row.id, sb_slice(text, strlen(text)), box) : SB_E_NOMEM;

	sb_text_free(&text);
	return rc;
}

void apply_alias(const char *id, char out[APPLY_SUBJECT])
{
	enum { BYTES = 7 };
	uint8_t hash[SB_SHA256_SIZE];
	size_t used = (size_t)snprintf(out, APPLY_SUBJECT, "application ");

	if (sb_sha256(id, strlen(id), hash) != SB_OK)
		return;
	for (size_t i = 0; i < BYTES; i++)
		used += (size_t)snprintf(out + used, APPLY_SUBJECT - used, "%02x", hash[i]);
}

static int audit(const struct applying *a, const char *verb, const char *outcome)
{
	char alias[APPLY_SUBJECT];

	apply_alias(a->row.id, alias);
	return sb_registry_audit(a->registry, apply_actor(a), verb, a->row.self ? alias : a->row.id, outcome);
}

/* Inside the transaction. */
static int put(struct applying *a, const char *verb, const char *outcome)
{
	struct sb_bytes box = {0};
	int rc = seal_data(a, &box);

	if (rc == SB_OK)
		rc = a->registry->apply->store(a->registry, &a->row, sb_bytes_slice(&box));
	if (rc == SB_OK)
		rc = audit(a, verb, outcome);
	sb_bytes_free(&box);
	return rc;
}

static int put_step(struct applying *a, enum apply_step step)
{
	struct sb_registry_step s = {.step = step, .time = a->now};

	snprintf(s.actor, sizeof s.actor, "%s", apply_actor(a));
	snprintf(s.outcome, sizeof s.outcome, "%s", a->outcome);
	a->steps[step] = s;
	return a->registry->apply->step_put(a->registry, a->row.id, &s);
}

static int fail_store(int error, struct sb_failure *f)
{
	if (error == SB_E_BUSY)
		return sb_fail(f, SB_EXIT_NOT_NOW, "changed_meanwhile", "application",
			_("Somebody else has worked on this application meanwhile. See where it stands: sinbun-admin apply status"));
	return admin_fail(error, "registry.db", f);
}

int apply_commit(struct applying *a, const char *verb, const char *outcome, struct sb_failure *f)
{
	int rc = put(a, verb, outcome);

	if (rc == SB_OK)
		rc = a->registry->ops->commit(a->registry);
	return rc == SB_OK ? SB_EXIT_OK : fail_store(rc, f);
}

int apply_store(struct applying *a, const char *verb, const char *outcome, struct sb_failure *f)
{
	int rc = a->registry->ops->begin(a->registry);

	rc = rc == SB_OK ? apply_commit(a, verb, outcome, f) : admin_fail(rc, "registry.db", f);
	a->registry->ops->rollback(a->registry);
	return rc;
}

/* --- what may be done now --- */

enum apply_step apply_next(const struct applying *a)
{
	int step = APPLY_START;

	while (step <= APPLY_STEPS && a->steps[step].time)
		step++;
	return step <= APPLY_STEPS ? (enum apply_step)step : 0;
}

/* The card that came of the offer, or "". */
static const char *card_of(struct applying *a, struct sb_registry_application *offer)
{
	if (!*a->row.offer || a->registry->ops->application_get(a->registry, a->row.offer, offer) != SB_OK ||
		offer->state != SB_APPLICATION_ISSUED)
		return "";
	return offer->card;
}

const char *apply_state_name(struct applying *a)
{
	static const char *const names[] = {"open", "offered", "withdrawn", "expired"};
	struct sb_registry_application offer;

	if (a->row.state == SB_APPLY_OPEN && json_object_get(a->data, "waiting"))
		return "waiting";
	if (a->row.state == SB_APPLY_OFFERED && *card_of(a, &offer))
		return "issued";
	return names[a->row.state];
}

static int check_state(struct applying *a, struct sb_failure *f)
{
	struct sb_registry_application offer;

	if (a->row.state == SB_APPLY_WITHDRAWN)
		return sb_fail(f, SB_EXIT_NOT_NOW, "withdrawn", "application",
			_("This application has been withdrawn. Open another one: sinbun-admin apply start"));
	if (a->row.state == SB_APPLY_EXPIRED)
		return sb_fail(f, SB_EXIT_NOT_NOW, "expired", "application",
			_("This application was not finished within %d days. Open another one: sinbun-admin apply start"), APPLY_DAYS);
	if (*card_of(a, &offer))
		return sb_fail(f, SB_EXIT_NOT_NOW, "issued", "application", _("This application is finished: card %s has been issued on it."),
			offer.card);
	return SB_EXIT_OK;
}

static int check_officer(const struct applying *a, struct sb_failure *f)
{
	if (a->officer || a->row.self)
		return SB_EXIT_OK;
	return sb_fail(f, SB_EXIT_USAGE, "usage", "--officer", _("This application was opened at a counter, so --officer is needed."));
}

/* *already: it is done, and that is all. */
static int check_turn(struct applying *a, enum apply_step step, bool *already, struct sb_failure *f)
{
	enum apply_step next = apply_next(a);
	char line[APPLY_COMMAND];
	int rc = check_state(a, f);

	*already = false;
	if (rc == SB_EXIT_OK)
		rc = check_officer(a, f);
	if (rc != SB_EXIT_OK)
		return rc;
	if (next && next < step)
		return sb_fail(f, SB_EXIT_NOT_NOW, "out_of_order", rows[next].name,
			_("Step %d/%d (%s) comes first: %s"), next, APPLY_STEPS, _(rows[next].title), apply_command(a, next, rows[next].options, line));
	*already = a->steps[step].time && !rows[step].again;
	return SB_EXIT_OK;
}

/* --- running --- */

int apply_bind(struct applying *a, int64_t resident, struct sb_failure *f)
{
	char other[SB_APPLICATION_ID];
	int rc = a->registry->apply->open_of(a->registry, resident, a->now, other);

	if (rc != SB_OK && rc != SB_E_NOT_FOUND)
		return admin_fail(rc, "registry.db", f);
	if (rc == SB_OK && strcmp(other, a->row.id) != 0)
		return sb_fail(f, SB_EXIT_NOT_NOW, "other_application", other,
			_("Another application of this resident is under way: %s. Finish it, or withdraw it: sinbun-admin apply withdraw"), other);
	a->row.resident = resident;
	return SB_EXIT_OK;
}

/* Loads anew inside the transaction; what was learned outside is only good for the application that it was learned for. */
static int reload(struct applying *a, enum apply_step step, bool *already, struct sb_failure *f)
{
	int64_t revision = a->row.revision;
	char id[SB_APPLICATION_ID];
	int rc;

	memcpy(id, a->row.id, sizeof id);
	rc = apply_load(a, id, f);
	if (rc == SB_EXIT_OK)
		rc = check_turn(a, step, already, f);
	if (rc == SB_EXIT_OK && !*already && rows[step].outside && a->row.revision != revision)
		rc = fail_store(SB_E_BUSY, f);
	return rc;
}

/* What is stored of a step that succeeded, is waited for, or failed at a price. */
static int keep(struct applying *a, enum apply_step step, int rc, struct sb_failure *f)
{
	int stored = SB_OK;
	char verb[32];

	if (rc != SB_EXIT_OK && !a->keep)
		return rc;
	if (rc == SB_EXIT_OK && a->waiting)
		json_object_set_new(a->data, "waiting", json_integer(step));
	if (rc == SB_EXIT_OK && !a->waiting) {
		json_object_del(a->data, "waiting");
		stored = put_step(a, step);
	}
	if (stored != SB_OK)
		return fail_store(stored, f);
	snprintf(verb, sizeof verb, "apply %s", rows[step].name);
	stored = apply_commit(a, verb, rc == SB_EXIT_OK ? (a->waiting ? "waiting" : a->outcome) : f->error, f);
	return stored == SB_EXIT_OK ? rc : stored;
}

static int transact(struct applying *a, enum apply_step step, bool *already, struct sb_failure *f)
{
	struct sb_registry *r = a->registry;
	int rc = r->ops->begin(r);

	if (rc != SB_OK)
		return admin_fail(rc, "registry.db", f);
	rc = reload(a, step, already, f);
	if (rc == SB_EXIT_OK && !*already)
		rc = keep(a, step, rows[step].decide(a, f), f);
	r->ops->rollback(r);
	return rc;
}

int apply_run(struct applying *a, const char *id, enum apply_step step, struct sb_failure *f)
{
	bool already = false;
	int rc = apply_load(a, id, f);

	a->waiting = a->keep = false;
	a->message[0] = a->outcome[0] = a->failure.error[0] = 0;
	if (rc == SB_EXIT_OK)
		rc = check_turn(a, step, &already, f);
	if (rc == SB_EXIT_OK && !already && rows[step].outside)
		rc = rows[step].outside(a, f);
	if (rc == SB_EXIT_OK && !already)
		rc = transact(a, step, &already, f);
	if (rc == SB_EXIT_OK && !already && rows[step].after)
		rc = rows[step].after(a, f);
	if (already) {
		json_object_set_new(a->result, "already", json_true());
		apply_say(a, _("This step is done already; nothing was changed."));
	}
	return rc;
}

int apply_start(struct applying *a, struct sb_failure *f)
{
	struct sb_registry *r = a->registry;
	struct sb_bytes box = {0};
	int rc = admin_application_id(a->row.id);

	a->row.created = a->now;
	a->row.expires = a->now + (int64_t)APPLY_DAYS * DAY;
	a->row.self = !a->officer;
	a->data = json_object();
	snprintf(a->outcome, sizeof a->outcome, "%s", apply_channel(a));
	if (rc == SB_OK)
		rc = seal_data(a, &box);
	if (rc == SB_OK)
		rc = r->ops->begin(r);
	if (rc == SB_OK)
		rc = r->apply->add(r, &a->row, sb_bytes_slice(&box));
	if (rc == SB_OK)
		rc = put_step(a, APPLY_START);
	if (rc == SB_OK)
		rc = audit(a, "apply start", a->outcome);
	if (rc == SB_OK)
		rc = r->ops->commit(r);
	r->ops->rollback(r);
	sb_bytes_free(&box);
	if (rc != SB_OK)
		return admin_fail(rc, "registry.db", f);
	apply_say(a,
		a->officer ? _("The application %s is open. It can be finished within %d days.")
			   : _("The application %s is open. It can be finished within %d days. Keep its number to yourself: whoever has it can go on with the application, or withdraw it."),
		a->row.id, APPLY_DAYS);
	return SB_EXIT_OK;
}

void apply_tell(struct applying *a, enum apply_step step)
{
	enum apply_step next = apply_next(a);
	const char *state;

	if (!a->data)
		return;
	state = apply_state_name(a);
	json_object_set_new(a->result, "application", json_string(a->row.id));
	json_object_set_new(a->result, "step", json_integer(step));
	json_object_set_new(a->result, "of", json_integer(APPLY_STEPS));
	json_object_set_new(a->result, "state", json_string(state));
	if (next && a->row.state == SB_APPLY_OPEN)
		json_object_set_new(a->result, "next", json_string(rows[next].name));
	else
		json_object_set_new(a->result, "next", strcmp(state, "offered") == 0 ? json_string("issue") : json_null());
	if (*a->message)
		json_object_set_new(a->result, "message", json_string(a->message));
}
