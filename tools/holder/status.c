/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "holder/holder.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "common/fields.h"
#include "common/i18n.h"
#include "common/token_words.h"
#include "crypto/certificate.h"

int64_t holder_card_expiry(struct sb_p11 *p11, struct sb_p11_status *status)
{
	struct sb_certificate *c = NULL;
	struct sb_failure ignored;
	struct sb_bytes der = {0};
	int64_t from, to = 0;

	if (sb_p11_get_certificate(p11, HOLDER_AUTHENTICATION, &der, &ignored) == SB_EXIT_OK &&
		sb_certificate_parse(sb_bytes_slice(&der), &c) == SB_OK && sb_certificate_validity(c, &from, &to) != SB_OK)
		to = 0;
	if (to && !*status->card_number && sb_certificate_common_name(c, status->card_number, sizeof status->card_number) != SB_OK)
		*status->card_number = 0;
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
	sb_say_seal(p, s);
	sb_say_tries(p, s);
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
		until = holder_card_expiry(p11, &s);
		json_object_set_new(result, "card", *s.card_number ? json_string(s.card_number) : json_null());
		json_object_set_new(result, "expires", until ? json_integer(until) : json_null());
		sb_token_json(result, &s);
		json_object_set_new(result, "days_left", until && holder_days_left(until) >= 0 ? json_integer(holder_days_left(until)) : json_null());
		say_status(p, &s, until);
		if (until)
			holder_warn_end(p, until);
	}
	sb_p11_close(&p11);
	return rc;
}

static const struct sb_option no_options[] = {{0}};

const struct sb_verb holder_status = {"status", "", 0, 0, N_("tell what is on this device and how it is protected"), no_options, status};
