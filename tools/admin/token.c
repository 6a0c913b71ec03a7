/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"

#include <string.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "crypto/random.h"

/* Tokens with a PIN that somebody chooses: made, and given another; `token unblock` of the issuer's. */

enum { PIN_ATTEMPTS = 5, PUK_BYTES = 15, PUK_TEXT = 2 * PUK_BYTES };

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

/* A token whose PIN was not set is of no use to anybody. left: it is there all the same, for another maker's cannot be removed. */
static int make_with(struct sb_program *p, struct sb_p11 *p11, const char *label, struct sb_slice puk, struct sb_secret *pin, bool *left,
	struct sb_failure *f)
{
	struct sb_failure ignored;
	int rc = sb_p11_init_token(p11, label, puk, f);

	*left = false;
	if (rc != SB_EXIT_OK)
		return rc;
	rc = admin_set_pin(p, p11, puk, pin, f);
	if (rc != SB_EXIT_OK)
		*left = sb_p11_remove_token(p11, puk, &ignored) != SB_EXIT_OK;
	return rc;
}

/* The code goes to a file of its own: there is nobody at a terminal in a set-up script. */
int admin_make_token(struct sb_program *p, struct sb_p11 *p11, const char *label, const char *puk_path, struct sb_secret *pin,
	struct sb_failure *f)
{
	uint8_t raw[PUK_BYTES];
	struct sb_bytes puk = {0};
	bool left;
	int rc = sb_random(raw, sizeof raw), made;

	if (rc == SB_OK)
		rc = sb_hex_encode(raw, sizeof raw, &puk);
	if (rc == SB_OK)
		rc = sb_bytes_append_byte(&puk, '\n');
	if (rc == SB_OK)
		rc = sb_file_write(puk_path, puk.data, puk.len, 0600);
	sb_wipe(raw, sizeof raw);
	if (rc == SB_OK) {
		made = make_with(p, p11, label, sb_slice(puk.data, PUK_TEXT), pin, &left, f);
		if (made != SB_EXIT_OK && left)
			sb_warn(p, _("The token \"%s\" is left without a PIN. Its unblocking code is in %s; a PIN can be set with it: sinbun-admin token unblock"),
				label, puk_path);
		else if (made != SB_EXIT_OK)
			unlink(puk_path);
	} else
		made = admin_fail(rc, puk_path, f);
	sb_bytes_free(&puk);
	return made;
}

/* The audit is the registry's, and its key is in the token: both are open only now. */
static int record(struct sb_program *p, struct sb_p11 *p11, const char *what, const struct sb_secret *pin, struct sb_failure *f)
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
	if (rc == SB_EXIT_OK)
		rc = admin_use_anchor(p11, r, f);
	if (rc == SB_EXIT_OK) {
		opened = r->ops->begin(r);
		if (opened == SB_OK)
			opened = sb_registry_audit(r, officer ? officer : "", what, ADMIN_TOKEN, "ok");
		if (opened == SB_OK)
			opened = r->ops->commit(r);
		if (opened != SB_OK)
			rc = admin_fail(opened, path, f);
	}
	admin_audit_warn(p, r);
	admin_keep_anchor(p, p11, r);
	sb_registry_close(&r);
	return rc;
}

/* A registry that is away or broken is no reason to call off what was done. */
void admin_token_record(struct sb_program *p, struct sb_p11 *p11, const char *what, const struct sb_secret *pin)
{
	struct sb_failure unrecorded;

	if (record(p, p11, what, pin, &unrecorded) != SB_EXIT_OK)
		sb_warn(p, _("This is not in the audit: %s"), unrecorded.message);
}

static int unblock(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct sb_secret puk = {0}, pin = {0};
	struct sb_p11 *p11 = NULL;
	int rc = admin_open_token(p, &p11, f);

	(void)result;
	if (rc == SB_EXIT_OK)
		rc = admin_check_officer(p, f);
	if (rc == SB_EXIT_OK)
		rc = sb_secret_ask(p, SB_SECRET_PUK, "--puk-fd", &puk, f);
	if (rc == SB_EXIT_OK)
		rc = sb_p11_check_puk(p11, sb_slice(puk.text, puk.len), f);
	if (rc == SB_EXIT_OK)
		rc = admin_set_pin(p, p11, sb_slice(puk.text, puk.len), &pin, f);
	if (rc == SB_EXIT_OK) {
		sb_say(p, "%s\n", _("The new PIN of the issuer's token is set, with all its tries."));
		admin_token_record(p, p11, "token unblock", &pin);
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
