/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"

#include <string.h>

#include "base/error.h"
#include "common/i18n.h"

/* The issuer's token by itself: a new PIN, chosen; `token unblock`. */

enum { PIN_ATTEMPTS = 5 };

int admin_choose_pin(struct sb_program *p, struct sb_p11 *p11, enum sb_secret_kind kind, admin_pin_fn *set, struct sb_slice puk,
	struct sb_secret *pin, struct sb_failure *f)
{
	bool terminal = sb_program_number(p, "--pin-fd", -1) < 0;
	int rc = SB_EXIT_OK;

	for (int i = 0; i < PIN_ATTEMPTS; i++) {
		if (!pin->text)
			rc = sb_secret_ask(p, kind, "--pin-fd", pin, f);
		if (rc == SB_EXIT_OK)
			rc = set(p11, puk, sb_slice(pin->text, pin->len), f);
		if (rc == SB_EXIT_OK || strcmp(f->error, "pin_refused") != 0 || !terminal || i + 1 == PIN_ATTEMPTS)
			break;
		sb_warn(p, "%s", f->message);
		sb_secret_clear(pin);
		rc = SB_EXIT_OK;
	}
	return rc;
}

static int set_plainly(struct sb_p11 *p11, struct sb_slice puk, struct sb_slice pin, struct sb_failure *f)
{
	return sb_p11_init_pin(p11, puk, NULL, pin, f);
}

int admin_set_pin(struct sb_program *p, struct sb_p11 *p11, struct sb_slice puk, struct sb_secret *pin, struct sb_failure *f)
{
	return admin_choose_pin(p, p11, SB_SECRET_NEW_PASSPHRASE, set_plainly, puk, pin, f);
}

/* The audit is the registry's, and its key is in the token: both are open only now. */
int admin_token_record(struct sb_program *p, struct sb_p11 *p11, const char *what, const struct sb_secret *pin, struct sb_failure *f)
{
	const char *officer = sb_program_text(p, "--officer"), *path = admin_path(p, "registry.db");
	struct sb_registry *r = NULL;
	int opened, rc = sb_p11_login(p11, sb_slice(pin->text, pin->len), f);

	if (rc != SB_EXIT_OK)
		return rc;
	opened = sb_registry_sqlite_open(path, false, &r);
	if (opened != SB_OK)
		return admin_fail(opened, path, f);
	rc = admin_use_data_key(p11, r, f);
	if (rc == SB_EXIT_OK) {
		opened = r->ops->begin(r);
		if (opened == SB_OK)
			opened = sb_registry_audit(r, officer ? officer : "", what, ADMIN_TOKEN, "ok");
		if (opened == SB_OK)
			opened = r->ops->commit(r);
		if (opened != SB_OK)
			rc = admin_fail(opened, path, f);
	}
	sb_registry_close(&r);
	return rc;
}

static int unblock(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct sb_secret puk = {0}, pin = {0};
	struct sb_p11 *p11 = NULL;
	struct sb_failure unrecorded;
	int rc = admin_open_token(p, &p11, f);

	(void)result;
	if (rc == SB_EXIT_OK)
		rc = sb_secret_ask(p, SB_SECRET_PUK, "--puk-fd", &puk, f);
	if (rc == SB_EXIT_OK)
		rc = sb_p11_check_puk(p11, sb_slice(puk.text, puk.len), f);
	if (rc == SB_EXIT_OK)
		rc = admin_set_pin(p, p11, sb_slice(puk.text, puk.len), &pin, f);
	if (rc == SB_EXIT_OK) {
		sb_say(p, "%s\n", _("The new PIN of the issuer's token is set, with all its tries."));
		/* A registry that is away or broken is no reason to call the PIN's change off. */
		if (admin_token_record(p, p11, "token unblock", &pin, &unrecorded) != SB_EXIT_OK)
			sb_warn(p, _("This is not in the audit: %s"), unrecorded.message);
	}
	sb_secret_clear(&puk);
	sb_secret_clear(&pin);
	sb_p11_close(&p11);
	return rc;
}

static const struct sb_option options[] = {
	SB_PUK_OPTION,
	{"--officer", SB_OPTION_TEXT, "ID", N_("who does this, for the audit"), false},
	{0},
};

const struct sb_verb admin_token_unblock = {
	"token unblock", "", 0, 0, N_("set a new PIN of the issuer's token with its unblocking code (PUK)"), options, unblock};
