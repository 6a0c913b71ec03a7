/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/doctor.h"
#include "verify/desk.h"
#include "verify/settings.h"
#include "verify/verify.h"

#include <time.h>

#include "base/error.h"
#include "common/i18n.h"

/* Everything that the desk's program depends on. */

enum { HOUR = 3600, DAY = 24 * HOUR };

static void tell_bundle(struct sb_doctor *d, const struct settings *settings, const struct sb_bundle *bundle, int64_t now)
{
	long hours = (long)((now - bundle->iat) / HOUR);
	struct sb_failure f;

	if (settings->bundle_refuse && hours >= settings->bundle_refuse) {
		sb_fail(&f, SB_EXIT_CONFIG, "status_stale", NULL,
			_("It is %ld hours old, older than desk.conf allows, so every card is refused. Take in a new one: sinbun-verify update --bundle FILE"), hours);
		sb_doctor_fault(d, "bundle", &f);
	} else if (settings->bundle_warn && hours >= settings->bundle_warn) {
		sb_fail(&f, SB_EXIT_REFUSED, "bundle_old", NULL,
			_("It is %ld hours old: cards that were revoked since then still pass. Take in a new one: sinbun-verify update --bundle FILE"), hours);
		sb_doctor_warning(d, "bundle", &f);
	} else
		sb_doctor_ok(d, "bundle", _("It is %ld hours old, and good for %ld days more."), hours, (long)((bundle->until - now) / DAY));
}

static void check_bundle(struct sb_doctor *d, struct desk *desk, const struct settings *settings)
{
	struct sb_bytes root = {0}, text = {0};
	struct sb_bundle bundle = {0};
	int64_t now = time(NULL);
	struct sb_failure f;
	int rc = desk_get(desk, "root", &root);

	if (rc == SB_OK)
		rc = desk_get(desk, "bundle", &text);
	if (rc != SB_OK && rc != SB_E_NOT_FOUND) {
		desk_fail(d->p, rc, &f);
		sb_doctor_fault(d, "bundle", &f);
	} else if (rc == SB_OK && sb_bundle_open(sb_bytes_slice(&text), sb_bytes_slice(&root), now, &bundle) == SB_OK)
		tell_bundle(d, settings, &bundle, now);
	else {
		sb_fail(&f, SB_EXIT_CONFIG, "no_bundle", NULL,
			_("There is none that is in force now, so every card is refused. Take in a new one: sinbun-verify update --bundle FILE"));
		sb_doctor_fault(d, "bundle", &f);
	}
	sb_bundle_free(&bundle);
	sb_bytes_free(&root);
	sb_bytes_free(&text);
}

static int64_t check_desk(struct sb_doctor *d, const struct settings *settings)
{
	struct desk *desk = NULL;
	struct sb_failure f;
	int64_t made = 0;

	if (desk_open(d->p, &desk, &f) != SB_EXIT_OK)
		sb_doctor_fault(d, "bundle", &f);
	else if (desk_is_new(desk)) {
		desk_fail_new(d->p, &f);
		sb_doctor_fault(d, "bundle", &f);
	} else {
		check_bundle(d, desk, settings);
		if (desk_get_time(desk, "bundle-iat", &made) != SB_OK)
			made = 0;
	}
	desk_close(&desk);
	return made;
}

static int doctor(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct settings settings = {0};
	struct sb_failure why;
	struct sb_doctor d;
	int64_t made;

	sb_doctor_start(p, &d);
	sb_doctor_directory(&d);
	if (settings_read(p, &settings, &why) == SB_EXIT_OK)
		sb_doctor_ok(&d, "settings", "%s", _("They can be read."));
	else
		sb_doctor_fault(&d, "settings", &why);
	made = check_desk(&d, &settings);
	sb_doctor_clock(&d, made);
	sb_doctor_documents(&d);
	sb_doctor_locale(&d);
	settings_free(&settings);
	return sb_doctor_finish(&d, result, f);
}

static const struct sb_option no_options[] = {{0}};

const struct sb_verb verify_doctor = {"doctor", "", 0, 0, N_("see whether everything that this program needs is in order, and what to do"), no_options, doctor};
