/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"
#include "admin/tpm.h"
#include "common/doctor.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "common/fields.h"
#include "common/i18n.h"
#include "common/terms.h"
#include "crypto/certificate.h"
#include "identity/provider.h"
#include "identity/sms.h"
#include "registry/registry_life.h"
#include "registry/registry_sqlite.h"

/* Everything that the registrar's program depends on, as far as it shows without the issuer's PIN. */

enum { SOON = 60 * 24 * 3600 };

/* Is the list that is published the one with all changes? Where it goes out by itself, what kept it from that is told once, to one clerk. */
static void check_list(struct sb_doctor *d, struct sb_registry *registry)
{
	struct admin a = {.p = d->p};
	uint64_t revision;
	bool out = false;
	struct sb_failure f;

	if (admin_conf_read(d->p, &a, &f) != SB_EXIT_OK)
		sb_doctor_fault(d, "status_list", &f);
	else if (!a.status_dir)
		sb_doctor_ok(d, "status_list", "%s", _("It does not go out by itself (status-dir in registry.conf): status publish, bundle."));
	else if (sb_registry_status_revision(registry, &revision, &out) == SB_OK && out)
		sb_doctor_ok(d, "status_list", _("The newest is in %s."), a.status_dir);
	else {
		sb_fail(&f, SB_EXIT_NOT_NOW, "list_not_out", a.status_dir,
			_("Cards have changed since the list in %s was written, so that it still calls them valid. Write it: sinbun-admin status publish"), a.status_dir);
		sb_doctor_fault(d, "status_list", &f);
	}
	admin_conf_free(&a);
}

static void check_registry(struct sb_doctor *d)
{
	const char *path = admin_path(d->p, "registry.db");
	struct sb_registry *registry = NULL;
	struct sb_failure f;
	int rc;

	if (access(path, F_OK) != 0) {
		sb_doctor_ok(d, "registry", _("%s is not there yet."), path);
		return;
	}
	rc = sb_registry_sqlite_open(path, false, &registry);
	if (rc != SB_OK) {
		admin_fail(rc, path, &f);
		sb_doctor_fault(d, "registry", &f);
	} else {
		sb_doctor_ok(d, "registry", _("%s can be opened."), path);
		check_list(d, registry);
	}
	sb_registry_close(&registry);
}

/* The certificate in the issuer's token that signs for it: a card issued after its end is worth nothing. */
static void check_certificate(struct sb_doctor *d, struct sb_p11 *p11, const char *check, const char *label)
{
	struct sb_certificate *c = NULL;
	struct sb_bytes der = {0};
	int64_t from, until = 0;
	struct sb_failure f;
	time_t end;
	char day[16];
	struct tm tm;

	if (sb_p11_get_certificate(p11, label, &der, &f) != SB_EXIT_OK)
		sb_doctor_fault(d, check, &f);
	else if (sb_certificate_parse(sb_bytes_slice(&der), &c) == SB_OK && sb_certificate_validity(c, &from, &until) == SB_OK) {
		end = (time_t)until;
		localtime_r(&end, &tm);
		strftime(day, sizeof day, "%Y-%m-%d", &tm);
		sb_fail(&f, SB_EXIT_REFUSED, "certificate_ends", label, _("It ends on this day: %s. What it signs is worth nothing afterwards; a new one has to be made before."),
			sb_fields_date(day));
		if (until < time(NULL) + SOON)
			sb_doctor_warning(d, check, &f);
		else
			sb_doctor_ok(d, check, _("Valid until: %s"), sb_fields_date(day));
	}
	sb_certificate_free(&c);
	sb_bytes_free(&der);
}

static int ask_tpm(const char *tcti)
{
	struct admin_tpm tpm;
	const char *where = tcti ? tcti : admin_tpm_usual();

	return where ? admin_tpm_survey(where, &tpm) : SB_E_TPM_ABSENT;
}

/* sealed: by a TPM. */
static void tell_token(struct sb_doctor *d, struct sb_p11 *p11, bool *sealed)
{
	struct sb_p11_status s;
	struct sb_failure f;

	if (sb_p11_status(p11, &s, &f) != SB_EXIT_OK) {
		sb_doctor_fault(d, "token", &f);
		return;
	}
	*sealed = strcmp(s.seal, "tpm") == 0;
	sb_doctor_pin(d, &s, SB_PROFILE_GENERAL);
	check_certificate(d, p11, "root", ADMIN_ROOT);
	check_certificate(d, p11, "signer", ADMIN_SIGNER);
}

static void check_token(struct sb_doctor *d)
{
	struct sb_p11 *p11 = NULL;
	bool sealed = false;
	struct sb_failure f;

	if (admin_open_token(d->p, &p11, &f) == SB_EXIT_OK)
		tell_token(d, p11, &sealed);
	else
		sb_doctor_fault(d, "token", &f);
	sb_p11_close(&p11);
	sb_doctor_seal(d, sealed, ask_tpm);
}

static void check_providers(struct sb_doctor *d)
{
	struct sb_provider_id *ids = NULL;
	struct sb_provider *provider;
	struct sb_failure f;
	size_t count = 0, bad = 0;

	if (sb_provider_list(sb_program_root(d->p), &ids, &count, &f) != SB_EXIT_OK) {
		sb_doctor_fault(d, "providers", &f);
		return;
	}
	for (size_t i = 0; i < count && !bad; i++) {
		provider = NULL;
		if (sb_provider_load(sb_program_root(d->p), ids[i].text, &provider, &f) != SB_EXIT_OK)
			bad++;
		sb_provider_free(&provider);
	}
	if (bad)
		sb_doctor_fault(d, "providers", &f);
	else
		sb_doctor_ok(d, "providers", _("Those that are set up: %zu"), count);
	free(ids);
}

static void check_sms(struct sb_doctor *d)
{
	struct sb_sms *sms = NULL;
	struct sb_failure f;

	if (sb_sms_open(sb_program_root(d->p), &sms, &f) == SB_EXIT_OK)
		sb_doctor_ok(d, "sms", "%s", _("A gateway is set up."));
	else if (strcmp(f.error, "no_sms_gateway") == 0)
		sb_doctor_ok(d, "sms", "%s", _("No gateway is set up, so no codes are sent."));
	else
		sb_doctor_fault(d, "sms", &f);
	sb_sms_close(&sms);
}

static void check_terms(struct sb_doctor *d)
{
	struct sb_terms_list list = {0};
	struct sb_failure f;

	if (sb_terms_load(sb_program_root(d->p), sb_program_lang(d->p), &list, &f) == SB_EXIT_OK)
		sb_doctor_ok(d, "terms", _("Texts in force: %zu"), list.count);
	else
		sb_doctor_fault(d, "terms", &f);
	sb_terms_free(&list);
}

static int doctor(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct sb_doctor d;
	bool configured;

	sb_doctor_start(p, &d);
	sb_doctor_directory(&d);
	configured = sb_doctor_configuration(&d);
	sb_doctor_module(&d);
	check_registry(&d);
	if (configured)
		check_token(&d);
	check_providers(&d);
	check_sms(&d);
	check_terms(&d);
	sb_doctor_clock(&d, 0);
	sb_doctor_documents(&d);
	sb_doctor_locale(&d);
	return sb_doctor_finish(&d, result, f);
}

static const struct sb_option no_options[] = {{0}};

const struct sb_verb admin_doctor = {"doctor", "", 0, 0, N_("see whether everything that this program needs is in order, and what to do"), no_options, doctor};
