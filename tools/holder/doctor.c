/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/doctor.h"
#include "holder/holder.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "common/card_picture.h"
#include "common/fields.h"
#include "common/i18n.h"

/* Everything that the resident's program depends on. */

enum { SOON = 30 * 24 * 3600 };

static void check_card(struct sb_doctor *d, const struct sb_p11_status *s, int64_t until)
{
	time_t t = (time_t)until, now = time(NULL);
	struct sb_failure f;
	char day[16];
	struct tm tm;

	if (!*s->card_number || !until) {
		sb_doctor_ok(d, "card", "%s", _("No card has been issued to this device yet."));
		return;
	}
	localtime_r(&t, &tm);
	strftime(day, sizeof day, "%Y-%m-%d", &tm);
	if (until > now + SOON) {
		sb_doctor_ok(d, "card", _("Valid until: %s"), sb_fields_date(day));
		return;
	}
	if (until > now)
		sb_fail(&f, SB_EXIT_REFUSED, "card_expires", NULL, _("Valid until: %s. Have it issued anew before that day."), sb_fields_date(day));
	else
		sb_fail(&f, SB_EXIT_REFUSED, "card_expired", NULL, _("It ended on this day: %s. Have it issued anew."), sb_fields_date(day));
	(until > now ? sb_doctor_warning : sb_doctor_fault)(d, "card", &f);
}

static bool is_new(const struct sb_failure *f)
{
	return strcmp(f->error, "no_token") == 0 || strcmp(f->error, "not_enrolled") == 0;
}

static void check_token(struct sb_doctor *d)
{
	struct sb_p11_status s = {0};
	struct sb_p11 *p11 = NULL;
	struct sb_failure f = {.tries_left = -1};
	bool told = true;

	if (holder_token_open(d->p, &p11, &f) == SB_EXIT_OK && sb_p11_status(p11, &s, &f) == SB_EXIT_OK) {
		sb_doctor_pin(d, &s, SB_PROFILE_IDENTITY);
		check_card(d, &s, holder_card_expiry(p11, &s));
		told = *s.seal;
	} else if (is_new(&f))
		sb_doctor_ok(d, "token", "%s", _("No card has been issued to this device yet."));
	else
		sb_doctor_fault(d, "token", &f);
	sb_p11_close(&p11);
	/* Another maker's token is not sealed as sinbun.conf says. */
	if (told)
		sb_doctor_seal(d, strcmp(s.seal, "tpm") == 0, NULL);
}

/* What show --png draws: is there a font for Korean and for Hanja? */
static void check_fonts(struct sb_doctor *d)
{
	const struct sb_card_line line = {.label = "성명", .value = "홍시험 洪試驗"};
	const struct sb_card_face face = {.title = "신분", .lines = &line, .line_count = 1, .note = "유효"};
	struct sb_card_drawn drawn = {0};
	struct sb_bytes png = {0};
	struct sb_failure f;
	int rc = sb_card_png(&face, &png, &drawn);

	sb_bytes_free(&png);
	if (rc == SB_OK && !drawn.unknown_letters) {
		sb_doctor_ok(d, "fonts", "%s", _("There are fonts for Korean letters and Hanja."));
		return;
	}
	sb_fail(&f, SB_EXIT_REFUSED, "no_font", NULL,
		_("There is no font for Korean letters or for Hanja, so the picture of a card would have gaps. Install the package fonts-noto-cjk."));
	sb_doctor_warning(d, "fonts", &f);
}

static int doctor(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct sb_doctor d;
	bool configured;

	sb_doctor_start(p, &d);
	sb_doctor_directory(&d);
	configured = sb_doctor_configuration(&d);
	sb_doctor_module(&d);
	if (configured)
		check_token(&d);
	sb_doctor_clock(&d, 0);
	sb_doctor_documents(&d);
	check_fonts(&d);
	sb_doctor_locale(&d);
	return sb_doctor_finish(&d, result, f);
}

static const struct sb_option no_options[] = {{0}};

const struct sb_verb holder_doctor = {"doctor", "", 0, 0, N_("see whether everything that this program needs is in order, and what to do"), no_options, doctor};
