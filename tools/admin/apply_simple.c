/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <stdio.h>
#include <string.h>

#include "admin/apply_ciba.h"
#include "admin/apply_login.h"
#include "admin/apply_phone.h"
#include "base/bytes.h"
#include "common/i18n.h"
#include "formats/jws.h"

/* Simple authentication (간편인증): a provider asks the person on the phone, and answers for name, date of birth and phone number. The same proves
 * a phone, where the provider is a carriers' one (PASS). */

#define LOGIN "login"

/* --- signing in --- */

static int ask(struct applying *a, struct sb_failure *f)
{
	char phone[SB_PHONE_TEXT];
	struct login_person person = {0};
	int rc = login_read_person(a->input, &person, f);

	if (rc == SB_EXIT_OK)
		rc = admin_claim_given(a->input, "phone", f);
	if (rc == SB_EXIT_OK && !sb_phone_read(sb_json_text(a->input, "phone"), phone))
		rc = sb_fail(f, SB_EXIT_DATA, "bad_phone", "phone", _("A mobile phone number is 010-XXXX-XXXX."));
	if (rc == SB_EXIT_OK)
		rc = ciba_begin(a, LOGIN, login_simple.name, &(struct sb_person){person.name, person.birth_date, phone, sb_json_text(a->input, "carrier")}, -1, f);
	sb_text_free(&person.name);
	return rc;
}

static int sign_in_outside(struct applying *a, struct sb_failure *f)
{
	return ciba_poll(a, LOGIN, f);
}

static int approved(struct applying *a, struct sb_failure *f)
{
	char *name = strdup(apply_text(a, LOGIN, "name"));
	char birth_date[9];
	int rc;

	snprintf(birth_date, sizeof birth_date, "%s", apply_text(a, LOGIN, "birth_date"));
	rc = name ? login_done(a, login_simple.name, name, birth_date) : SB_EXIT_STORAGE;
	sb_text_free(&name);
	return rc == SB_EXIT_OK ? rc : sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
}

static int sign_in(struct applying *a, struct sb_failure *f)
{
	int rc;

	if (ciba_is_new(a, LOGIN))
		return ask(a, f);
	rc = ciba_decide(a, LOGIN, f);
	return rc == SB_EXIT_OK && !a->waiting ? approved(a, f) : rc;
}

static int sign_in_after(struct applying *a, struct sb_failure *f)
{
	return ciba_send(a, LOGIN, f);
}

const struct login_kind login_simple = {"simple", sign_in_outside, sign_in, sign_in_after};

/* --- a phone --- */

static int pass_outside(struct applying *a, struct sb_failure *f)
{
	return ciba_poll(a, PHONE_REQUEST, f);
}

static int pass_ask(struct applying *a, struct sb_failure *f)
{
	char phone[SB_PHONE_TEXT];
	const char *carrier;
	int rc = phone_read(a->input, phone, &carrier, f);

	/* The carriers themselves answer for a line that the registry does not know. */
	if (rc == SB_EXIT_OK)
		rc = phone_check_line(a, phone, carrier, true, f);
	if (rc == SB_EXIT_OK)
		rc = ciba_begin(a, PHONE_REQUEST, phone_pass.name,
			&(struct sb_person){apply_text(a, "person", "name"), apply_text(a, "person", "birth_date"), phone, carrier}, SB_PROVIDER_PASS, f);
	return rc;
}

static int pass_decide(struct applying *a, struct sb_failure *f)
{
	char phone[SB_PHONE_TEXT], carrier[16];
	int rc;

	if (ciba_is_new(a, PHONE_REQUEST))
		return pass_ask(a, f);
	rc = ciba_decide(a, PHONE_REQUEST, f);
	if (rc != SB_EXIT_OK || a->waiting)
		return rc;
	snprintf(phone, sizeof phone, "%s", apply_text(a, PHONE_REQUEST, "phone"));
	snprintf(carrier, sizeof carrier, "%s", apply_text(a, PHONE_REQUEST, "carrier"));
	rc = phone_check_line(a, phone, carrier, true, f);
	return rc == SB_EXIT_OK ? phone_done(a, phone, carrier, phone_pass.name) : rc;
}

static int pass_after(struct applying *a, struct sb_failure *f)
{
	return ciba_send(a, PHONE_REQUEST, f);
}

const struct phone_kind phone_pass = {"pass", pass_outside, pass_decide, pass_after};
