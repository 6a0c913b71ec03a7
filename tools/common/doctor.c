/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/doctor.h"

#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "common/documents.h"
#include "common/i18n.h"
#include "common/paths.h"
#include "common/root.h"

enum { CLOCK_SLACK = 300 };

static const struct {
	const char *name, *title;
} titles[] = {
	{"directory", N_("Directory")},
	{"configuration", N_("Configuration")},
	{"configuration_of_others", N_("Configuration of other programs")},
	{"seal", N_("Seal")},
	{"store", N_("Directory of tokens")},
	{"module", N_("Module")},
	{"p11_kit", N_("Registration with p11-kit")},
	{"token", N_("Token")},
	{"card", N_("Card")},
	{"registry", N_("Registry")},
	{"status_list", N_("Status list")},
	{"root", N_("Certificate of the root")},
	{"signer", N_("Certificate of the signer")},
	{"providers", N_("Providers of simple authentication")},
	{"sms", N_("Text messages")},
	{"terms", N_("Texts to agree to")},
	{"clock", N_("Clock")},
	{"documents", N_("Document types")},
	{"fonts", N_("Fonts")},
	{"locale", N_("Language and letters")},
	{"settings", N_("Settings of the desk")},
	{"bundle", N_("Bundle")},
};

static const char *title_of(const char *check)
{
	for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
		if (strcmp(titles[i].name, check) == 0)
			return _(titles[i].title);
	return check;
}

static void tell(struct sb_doctor *d, const char *check, const char *status, const char *word, const char *error, const char *message)
{
	json_t *o = json_object();

	json_object_set_new(o, "check", json_string(check));
	json_object_set_new(o, "status", json_string(status));
	json_object_set_new(o, "error", error ? json_string(error) : json_null());
	json_object_set_new(o, "message", json_string(message));
	json_array_append_new(d->checks, o);
	sb_say(d->p, "[%s] %s: %s\n", word, title_of(check), message);
}

void sb_doctor_start(struct sb_program *p, struct sb_doctor *d)
{
	*d = (struct sb_doctor){.p = p, .checks = json_array(), .first = {.tries_left = -1}};
}

void sb_doctor_ok(struct sb_doctor *d, const char *check, const char *message, ...)
{
	struct sb_failure text = {0};
	va_list args;

	va_start(args, message);
	vsnprintf(text.message, sizeof text.message, message, args);
	va_end(args);
	tell(d, check, "ok", _("OK"), NULL, sb_clean(text.message));
}

void sb_doctor_warning(struct sb_doctor *d, const char *check, const struct sb_failure *why)
{
	if (!d->warnings++ && !d->faults)
		d->first = *why;
	tell(d, check, "warning", _("warning"), why->error, sb_clean(why->message));
}

void sb_doctor_fault(struct sb_doctor *d, const char *check, const struct sb_failure *why)
{
	if (!d->faults++)
		d->first = *why;
	tell(d, check, "fault", _("fault"), why->error, sb_clean(why->message));
}

int sb_doctor_finish(struct sb_doctor *d, json_t *result, struct sb_failure *f)
{
	json_object_set_new(result, "checks", d->checks);
	json_object_set_new(result, "worst", json_string(d->faults ? "fault" : d->warnings ? "warning" : "ok"));
	if (!d->faults && !d->warnings) {
		sb_say(d->p, "%s\n", _("Everything is in order."));
		return SB_EXIT_OK;
	}
	sb_say(d->p, _("Faults: %u. Warnings: %u.\n"), d->faults, d->warnings);
	/* A person has read it already. */
	if (sb_program_json(d->p))
		*f = d->first;
	return d->faults ? (int)d->first.exit : SB_EXIT_REFUSED;
}

bool sb_doctor_directory(struct sb_doctor *d)
{
	const char *root = sb_program_root(d->p);
	struct sb_failure why;

	if (access(root, F_OK) != 0) {
		sb_doctor_ok(d, "directory", _("%s is not there yet."), root);
		return false;
	}
	if (sb_root_prepare(root, &why) == SB_EXIT_OK)
		sb_doctor_ok(d, "directory", _("%s is yours alone."), root);
	else
		sb_doctor_fault(d, "directory", &why);
	return true;
}

/* Does anything set this machine's clock? The kernel is told so by what does. */
static bool synchronised(void)
{
	struct timex t = {0};

	return adjtimex(&t) != TIME_ERROR;
}

void sb_doctor_clock(struct sb_doctor *d, int64_t made)
{
	time_t now = time(NULL);
	struct sb_failure why;
	char text[40];
	struct tm tm;

	made = made > SB_BUILD_TIME ? made : SB_BUILD_TIME;
	localtime_r(&now, &tm);
	strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
	if (now + CLOCK_SLACK < made) {
		sb_fail(&why, SB_EXIT_NOT_NOW, "clock", NULL, _("It says %s, which is too early. Set it; cards are shown and checked by the time."), text);
		sb_doctor_fault(d, "clock", &why);
	} else if (!synchronised()) {
		sb_fail(&why, SB_EXIT_REFUSED, "clock_not_synchronised", NULL,
			_("It says %s. Nothing keeps it right, and a live code is good for thirty seconds. Run: timedatectl set-ntp true"), text);
		sb_doctor_warning(d, "clock", &why);
	} else
		sb_doctor_ok(d, "clock", _("It says %s, and is kept right."), text);
}

void sb_doctor_documents(struct sb_doctor *d)
{
	struct sb_document **all = NULL;
	struct sb_failure why;
	size_t n = 0;

	if (sb_documents_load_all(&all, &why) != SB_EXIT_OK) {
		sb_doctor_fault(d, "documents", &why);
		return;
	}
	while (all[n])
		n++;
	sb_doctor_ok(d, "documents", _("Those that are known: %zu"), n);
	sb_documents_free_all(&all);
}

/* The terminal's letters: what the user's own locale says, not what this program works in. */
static bool locale_is_utf8(void)
{
	const char *was = setlocale(LC_CTYPE, NULL);
	char *before = was ? strdup(was) : NULL;
	bool utf8 = setlocale(LC_CTYPE, "") && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;

	if (before)
		setlocale(LC_CTYPE, before);
	free(before);
	return utf8;
}

void sb_doctor_locale(struct sb_doctor *d)
{
	char path[4096];
	struct sb_failure why;

	snprintf(path, sizeof path, "%s/ko/LC_MESSAGES/sinbun.mo", sb_path_locale());
	if (access(path, R_OK) != 0) {
		sb_fail(&why, SB_EXIT_REFUSED, "no_translation", path, _("The Korean messages are missing (%s). Install sinbun whole."), path);
		sb_doctor_warning(d, "locale", &why);
	} else if (!locale_is_utf8()) {
		sb_fail(&why, SB_EXIT_REFUSED, "no_utf8", NULL,
			_("The terminal is not set to UTF-8, so Korean letters and codes may look wrong. Put this into ~/.profile and log in again: export LANG=ko_KR.UTF-8 (or C.UTF-8)"));
		sb_doctor_warning(d, "locale", &why);
	} else
		sb_doctor_ok(d, "locale", "%s, UTF-8", sb_program_lang(d->p));
}
