/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <stdio.h>
#include <string.h>

#include "admin/admin.h"
#include "admin/apply_phone.h"
#include "base/error.h"
#include "common/i18n.h"
#include "formats/jws.h"
#include "identity/phone.h"

/* A phone in one's own name: the line is held against the registry, and somebody proves that he has it in his hands. */

/* What the registry knows of a line, of the one who signed in. */
struct looking {
	struct applying *a;
	int64_t resident; /* whose line it is, if it is the applicant's; 0 */
	bool others;      /* it is in somebody else's record */
	char carrier[16];
	char owner[512];
};

static int look(void *context, int64_t id)
{
	struct looking *l = context;
	struct sb_registry_resident resident;
	int rc = sb_registry_find_id(l->a->registry, id, &resident);
	const char *name = apply_text(l->a, "person", "name"), *birth_date = apply_text(l->a, "person", "birth_date");
	const char *born = sb_json_text(resident.fields, "birth_date"), *carrier, *owner;

	if (rc != SB_OK)
		return rc;
	if (!name || !birth_date || !born || strcmp(born, birth_date) != 0 ||
		!admin_claim_same_name(name, sb_json_text(resident.fields, "name")) || (l->a->row.resident && l->a->row.resident != id))
		l->others = true;
	else {
		carrier = sb_json_text(resident.fields, "carrier");
		owner = sb_json_text(resident.fields, "phone_owner");
		l->resident = id;
		snprintf(l->carrier, sizeof l->carrier, "%s", carrier ? carrier : "");
		snprintf(l->owner, sizeof l->owner, "%s", owner && *owner ? owner : name);
	}
	sb_registry_resident_free(&resident);
	return SB_OK;
}

static int fail_others(struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_DATA, "not_owner", "phone", _("This line is not in your own name. Only a phone in your own name can be registered."));
}

int phone_check_line(struct applying *a, const char *phone, const char *carrier, bool vouched, struct sb_failure *f)
{
	struct looking l = {.a = a};
	int rc = sb_registry_line_each(a->registry, phone, look, &l);
	struct sb_line entered = {phone, carrier, apply_text(a, "person", "name")};
	struct sb_line known = {phone, *l.carrier ? l.carrier : NULL, l.owner};

	if (rc != SB_OK)
		return admin_fail(rc, "registry.db", f);
	if (!l.resident && l.others)
		return fail_others(f);
	if (!l.resident && !vouched) {
		sb_fail(f, SB_EXIT_DATA, "unknown_line", "phone",
			_("Nothing is known here of this line, so it cannot be told whose it is. A clerk can check it: --attested."));
		return SB_EXIT_DATA;
	}
	rc = l.resident ? sb_line_check(&entered, &known, f) : SB_EXIT_OK;
	return rc == SB_EXIT_OK && l.resident && !a->row.resident ? apply_bind(a, l.resident, f) : rc;
}

int phone_read(const json_t *input, char phone[SB_PHONE_TEXT], const char **carrier, struct sb_failure *f)
{
	int rc = admin_claim_given(input, "phone", f);
	struct sb_line line;

	if (rc == SB_EXIT_OK)
		rc = admin_claim_given(input, "carrier", f);
	if (rc != SB_EXIT_OK)
		return rc;
	*carrier = sb_json_text(input, "carrier");
	line = (struct sb_line){sb_json_text(input, "phone"), *carrier, NULL};
	rc = sb_line_check(&line, &(struct sb_line){0}, f);
	if (rc == SB_EXIT_OK && !sb_phone_read(line.phone, phone))
		rc = sb_fail(f, SB_EXIT_DATA, "bad_phone", "phone", _("This is no mobile phone number: 010-XXXX-XXXX."));
	return rc;
}

int phone_done(struct applying *a, const char *phone, const char *carrier, const char *how)
{
	json_object_del(a->data, PHONE_REQUEST);
	json_object_set_new(a->data, "phone", json_pack("{s:s, s:s}", "number", phone, "carrier", carrier));
	snprintf(a->outcome, sizeof a->outcome, "%s", how);
	apply_say(a, _("The phone in your own name is registered."));
	return SB_EXIT_OK;
}

/* At the counter: the clerk has seen that the line is theirs, and that they have the phone. */
static int attest(struct applying *a, struct sb_failure *f)
{
	char phone[SB_PHONE_TEXT];
	const char *carrier;
	int rc;

	if (!a->officer)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--officer", _("Only a clerk can answer for a line: --officer."));
	rc = phone_read(a->input, phone, &carrier, f);
	if (rc == SB_EXIT_OK)
		rc = phone_check_line(a, phone, carrier, true, f);
	return rc == SB_EXIT_OK ? phone_done(a, phone, carrier, "attested") : rc;
}

static const struct phone_kind phone_attested = {"attested", NULL, attest, NULL};

/* The way to prove it: what the input speaks of, else what is under way; a text message where nothing is said. */
static const struct phone_kind *choose(const struct applying *a)
{
	const char *under_way = apply_text(a, PHONE_REQUEST, "kind");

	if (json_is_true(json_object_get(a->input, "attested")))
		return &phone_attested;
	if (json_object_get(a->input, "provider"))
		return &phone_pass;
	if (json_object_get(a->input, "phone") || json_object_get(a->input, "code"))
		return &phone_sms;
	return under_way && strcmp(under_way, phone_pass.name) == 0 ? &phone_pass : &phone_sms;
}

int apply_phone_outside(struct applying *a, struct sb_failure *f)
{
	const struct phone_kind *kind = choose(a);

	return kind->outside ? kind->outside(a, f) : SB_EXIT_OK;
}

int apply_phone(struct applying *a, struct sb_failure *f)
{
	return choose(a)->decide(a, f);
}

int apply_phone_after(struct applying *a, struct sb_failure *f)
{
	const struct phone_kind *kind = choose(a);

	return a->waiting && kind->after ? kind->after(a, f) : SB_EXIT_OK;
}
