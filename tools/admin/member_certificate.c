/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <stdio.h>
#include <time.h>

#include "admin/admin.h"
#include "admin/claim.h"
#include "admin/login_certificate.h"
#include "base/error.h"
#include "common/i18n.h"

/* `member certificate`: registers a certificate to a resident, who then signs in with it; or takes it back. */

static int store(struct admin *a, struct claim *c, const struct sb_bytes *der, struct sb_failure *f)
{
	struct sb_registry *r = a->registry;
	bool remove = sb_program_flag(a->p, "--remove");
	uint8_t fingerprint[SB_FINGERPRINT];
	char subject[ADMIN_SUBJECT];
	int64_t owner = 0;
	int rc = admin_claim_find(r, c, f), done = login_certificate_fingerprint(sb_bytes_slice(der), fingerprint);

	if (rc != SB_EXIT_OK)
		return rc;
	admin_subject(&c->resident, subject);
	if (done == SB_OK && remove) {
		done = r->apply->certificate_get(r, fingerprint, &owner);
		if (done == SB_E_NOT_FOUND || (done == SB_OK && owner != c->resident.id))
			return sb_fail(f, SB_EXIT_DATA, "no_certificate", "--certificate", _("This certificate is not registered to this resident."));
		if (done == SB_OK)
			done = r->apply->certificate_remove(r, fingerprint);
	} else if (done == SB_OK)
		done = r->apply->certificate_add(r, fingerprint, c->resident.id, time(NULL));
	if (done == SB_E_EXISTS)
		return sb_fail(f, SB_EXIT_NOT_NOW, "certificate_exists", "--certificate", _("This certificate is registered already."));
	if (done == SB_OK)
		done = sb_registry_audit(r, a->officer, "member certificate", subject, remove ? "removed" : "registered");
	if (done == SB_OK)
		done = r->ops->commit(r);
	return done == SB_OK ? SB_EXIT_OK : admin_fail(done, "registry.db", f);
}

static int register_it(struct admin *a, struct claim *c, struct sb_failure *f)
{
	struct login_certificates certificates = {0};
	int rc = login_certificate_read(sb_program_text(a->p, "--certificate"), &certificates.leaf, f), begun;

	if (rc == SB_EXIT_OK)
		rc = admin_claim_person(c, f);
	if (rc == SB_EXIT_OK && !sb_program_flag(a->p, "--remove"))
		rc = login_certificate_trusted(sb_program_root(a->p), &certificates, time(NULL), f);
	if (rc == SB_EXIT_OK && (begun = a->registry->ops->begin(a->registry)) != SB_OK)
		rc = admin_fail(begun, "registry.db", f);
	if (rc == SB_EXIT_OK)
		rc = store(a, c, &certificates.leaf, f);
	a->registry->ops->rollback(a->registry);
	login_certificates_free(&certificates);
	return rc;
}

static int certificate(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct admin a;
	struct claim c = {0};
	json_t *input = NULL;
	int rc = admin_open(p, &a, f);

	(void)result;
	if (rc != SB_EXIT_OK)
		return rc;
	rc = admin_read_json(sb_program_text(p, "--input"), "--input", "bad_input", &input, f);
	c.input = input;
	if (rc == SB_EXIT_OK)
		rc = register_it(&a, &c, f);
	if (rc == SB_EXIT_OK)
		sb_say(p, "%s\n", sb_program_flag(p, "--remove") ? _("The certificate is registered no more.") : _("The certificate is registered. Sign in with it: apply login --kind certificate"));
	sb_registry_resident_free(&c.resident);
	json_decref(input);
	admin_close(&a);
	return rc;
}

static const struct sb_option options[] = {
	OFFICER_OPTION,
	{"--input", SB_OPTION_FILE, "FILE|-", N_("the resident's name and rrn, as JSON"), true},
	{"--certificate", SB_OPTION_FILE, "FILE", N_("the certificate, PEM or DER"), true},
	{"--remove", SB_OPTION_FLAG, NULL, N_("take it back"), false},
	{0},
};

const struct sb_verb admin_member_certificate = {"member certificate", "", 0, 0, N_("register a certificate that a resident signs in with"), options, certificate};
