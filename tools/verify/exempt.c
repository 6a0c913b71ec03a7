/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "common/fields.h"
#include "common/i18n.h"
#include "verify/answer.h"
#include "verify/patient.h"
#include "verify/verify.h"

/* `exempt`: a visit at which the identity need not be checked, and why. Only "recent" is something that the desk itself can know; the others
 * are what the clerk says, noted as that. */

static const struct {
	const char *name, *sentence;
} reasons[] = {
	{"recent", N_("The patient's identity was checked here within six months: no check is needed.")},
	{"under-19", N_("The patient is under 19: no check is needed.")},
	{"emergency", N_("An emergency: no check is needed.")},
	{"referral", N_("Referred by another clinic: no check is needed.")},
	{"prescription", N_("A prescription is filled: no check is needed.")},
};

const char *verify_exempt_sentence(const char *name)
{
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (strcmp(reasons[i].name, name) == 0)
			return _(reasons[i].sentence);
	return NULL;
}

static int find_reason(const char *name, size_t *out, struct sb_failure *f)
{
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (strcmp(reasons[i].name, name) == 0) {
			*out = i;
			return SB_EXIT_OK;
		}
	return sb_fail(f, SB_EXIT_USAGE, "usage", "--reason", _("--reason is recent, under-19, emergency, referral or prescription, not \"%s\"."),
		sb_clean(name));
}

/* Refused when the desk knows of no check; a visit is noted either way it ends well. */
static int decide(struct answer *a, size_t reason, const uint8_t id[PATIENT_ID], int64_t *when, struct sb_failure *f)
{
	struct desk_event e = {.time = time(NULL), .patient = true, .kind = "exempt", .result = "valid", .reason = reasons[reason].name, .document = "",
		.fields = "", .portrait = "not_checked"};
	int rc = desk_begin(a->desk);

	if (rc == SB_OK && reason == 0) {
		rc = patient_checked(a->desk, id, e.time, when);
		if (rc == SB_E_NOT_FOUND) {
			desk_rollback(a->desk);
			return sb_fail(f, SB_EXIT_REFUSED, "check_needed", "--patient",
				_("This patient's identity was not checked here within six months. Check it: sinbun-verify scan FILE --patient NUMBER"));
		}
	}
	if (rc == SB_OK)
		rc = desk_note(a->desk, &e, a->settings.history_days);
	if (rc == SB_OK)
		rc = desk_commit(a->desk);
	desk_rollback(a->desk);
	return rc == SB_OK ? SB_EXIT_OK : desk_fail(a->p, rc, f);
}

static void tell(const struct answer *a, size_t reason, int64_t when, json_t *result)
{
	char day[TELL_TIME];
	struct sb_program *p = a->p;
	bool noted = a->settings.history_days > 0;
	time_t t = when;
	struct tm tm;

	json_object_set_new(result, "exempt", json_true());
	json_object_set_new(result, "reason", json_string(reasons[reason].name));
	sb_say(p, "%s\n", _(reasons[reason].sentence));
	if (when && localtime_r(&t, &tm) && strftime(day, sizeof day, "%Y-%m-%d", &tm)) {
		json_object_set_new(result, "checked_on", json_string(day));
		sb_say(p, _("Checked last: %s\n"), sb_fields_date(day));
	}
	json_object_set_new(result, "noted", json_boolean(noted));
	sb_say(p, "%s\n", noted ? _("This is noted in the desk's history.") : _("This is not noted: the desk keeps no history (history-days = 0 in desk.conf)."));
}

/* The visit and its ground; of a card nothing was seen. */
static int give_receipt(struct answer *a, const json_t *result, struct sb_failure *f)
{
	struct receipt_facts facts = {.kind = "exempt", .desk = a->settings.desk_name, .verdict = result, .patient = a->patient_id, .now = time(NULL)};

	return a->receipt.path ? receipt_write(&a->receipt, &facts, f) : SB_EXIT_OK;
}

static int exempt(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	const char *name = sb_program_text(p, "--reason");
	struct answer a;
	size_t reason = 0;
	int64_t when = 0;
	int rc = find_reason(name ? name : "recent", &reason, f);

	if (rc != SB_EXIT_OK)
		return rc;
	rc = answer_open(p, &a, f);
	if (rc != SB_EXIT_OK)
		return rc;
	rc = desk_is_new(a.desk) ? desk_fail_new(p, f) : answer_refresh(&a, f);
	if (rc == SB_EXIT_OK)
		rc = decide(&a, reason, a.patient_id, &when, f);
	if (rc == SB_EXIT_OK)
		tell(&a, reason, when, result);
	if (rc == SB_EXIT_OK)
		rc = give_receipt(&a, result, f);
	answer_close(&a);
	return rc;
}

static const struct sb_option options[] = {
	{"--patient", SB_OPTION_TEXT, "NUMBER", N_("the patient's chart number"), true},
	{"--reason", SB_OPTION_TEXT, "WHY", N_("recent (checked here within six months), under-19, emergency, referral, prescription"), false},
	RECEIPT_OPTIONS,
	{0},
};

const struct sb_verb verify_exempt = {"exempt", "", 0, 0, N_("a clinic: a visit at which the identity need not be checked"), options, exempt};
