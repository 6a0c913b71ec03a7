/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "holder/holder.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "common/fields.h"
#include "common/i18n.h"
#include "crypto/certificate.h"

/* The end of the certificate's life is the card's; readable without the PIN. */
static int64_t expiry(struct sb_p11 *p11)
{
	struct sb_certificate *c = NULL;
	struct sb_failure ignored;
	struct sb_bytes der = {0};
	int64_t from, to = 0;

	if (sb_p11_get_certificate(p11, HOLDER_AUTHENTICATION, &der, &ignored) == SB_EXIT_OK &&
		sb_certificate_parse(sb_bytes_slice(&der), &c) == SB_OK && sb_certificate_validity(c, &from, &to) != SB_OK)
		to = 0;
	sb_certificate_free(&c);
	sb_bytes_free(&der);
	return to;
}

static void day_of(int64_t seconds, char out[16])
{
	time_t t = (time_t)seconds;
	struct tm tm;

	localtime_r(&t, &tm);
	strftime(out, 16, "%Y-%m-%d", &tm);
}

static const struct {
	const char *seal, *meaning;
} seals[] = {
	{"software", N_("software: holds against guessing on this device; a stolen copy of the files can be guessed elsewhere")},
	{"tpm", N_("TPM: holds against guessing, and a stolen copy of the files is worthless without this machine")},
};

static void say_status(struct sb_program *p, const struct sb_p11_status *s, int64_t until)
{
	char day[16];

	if (*s->card_number)
		sb_say(p, _("Card number: %s\n"), sb_clean(s->card_number));
	else
		sb_say(p, "%s\n", _("No card has been issued to this device yet."));
	if (until) {
		day_of(until, day);
		sb_say(p, _("Valid until: %s\n"), sb_fields_date(day));
	}
	for (size_t i = 0; i < sizeof seals / sizeof *seals; i++)
		if (strcmp(seals[i].seal, s->seal) == 0)
			sb_say(p, _("Seal: %s\n"), _(seals[i].meaning));
	if (!s->pin_set)
		sb_say(p, "%s\n", _("PIN: not set"));
	else if (s->pin_left > 0)
		sb_say(p, _("PIN: %d of %d tries left\n"), s->pin_left, s->pin_max);
	else if (s->pin_locked)
		sb_say(p, "%s\n", _("PIN: locked. Unblock it: sinbun pin unblock"));
	if (s->puk_left > 0)
		sb_say(p, _("Unblocking code: %d of %d tries left\n"), s->puk_left, s->puk_max);
	else if (s->puk_locked)
		sb_say(p, "%s\n", _("Unblocking code: locked. The card has to be issued anew."));
}

static int status(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct sb_p11_status s;
	struct sb_p11 *p11 = NULL;
	int64_t until;
	int rc = holder_token_open(p, &p11, f);

	if (rc == SB_EXIT_OK)
		rc = sb_p11_status(p11, &s, f);
	if (rc == SB_EXIT_OK) {
		until = expiry(p11);
		json_object_set_new(result, "card", *s.card_number ? json_string(s.card_number) : json_null());
		json_object_set_new(result, "expires", until ? json_integer(until) : json_null());
		json_object_set_new(result, "seal", json_string(s.seal));
		json_object_set_new(result, "profile", json_string(s.profile));
		json_object_set_new(result, "serial", json_string(s.serial));
		json_object_set_new(result, "pin_set", json_boolean(s.pin_set));
		json_object_set_new(result, "pin_tries_left", json_integer(s.pin_left));
		json_object_set_new(result, "puk_tries_left", json_integer(s.puk_left));
		say_status(p, &s, until);
	}
	sb_p11_close(&p11);
	return rc;
}

static const struct sb_option no_options[] = {{0}};

const struct sb_verb holder_status = {"status", "", 0, 0, N_("tell what is on this device and how it is protected"), no_options, status};
