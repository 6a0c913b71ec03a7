/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"

#include <string.h>

#include "base/file.h"
#include "common/i18n.h"
#include "common/token_words.h"
#include "common/unicode.h"

/* `token init`: a token for a service, such as a desk's for its receipts or a web server's; not the issuer's, nor a resident's. */

enum { LABEL_MAX = 32 }; /* bytes, of CK_TOKEN_INFO */

static int check_label(struct sb_p11 *p11, const char *label, struct sb_failure *f)
{
	bool pin_set;

	if (strcmp(label, ADMIN_TOKEN) == 0)
		return sb_fail(f, SB_EXIT_NOT_NOW, "issuers_token", "LABEL", "%s",
			_("The issuer's token is made together with its registry: sinbun-admin init"));
	if (sb_p11_has(p11, label, &pin_set))
		return sb_fail(f, SB_EXIT_NOT_NOW, "label_taken", "LABEL", _("There is a token called \"%s\" here already. Nothing was changed."), label);
	return sb_p11_readable(p11, f);
}

/* Before anything is made. */
static int check_words(const struct sb_program *p, struct sb_failure *f)
{
	const char *label = sb_program_operand(p, 0);

	if (!*label || strlen(label) > LABEL_MAX || !sb_is_clean(label) || sb_unicode_is_blank(label))
		return sb_fail(f, SB_EXIT_USAGE, "bad_label", "LABEL", _("LABEL is the token's name: 1 to %d bytes, no control characters."), LABEL_MAX);
	return SB_EXIT_OK;
}

static int make(struct sb_program *p, struct sb_p11 *p11, struct sb_secret *pin, struct sb_failure *f)
{
	const char *label = sb_program_operand(p, 0), *path = sb_program_text(p, "--puk-out");
	int rc = check_label(p11, label, f);

	if (rc == SB_EXIT_OK)
		rc = sb_secret_ask(p, SB_SECRET_NEW_PASSPHRASE, "--pin-fd", pin, f);
	if (rc == SB_EXIT_OK)
		rc = admin_make_token(p, p11, label, path, pin, f);
	return rc == SB_EXIT_OK ? sb_p11_select(p11, label, f) : rc;
}

static int init(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct sb_p11_status status;
	struct sb_secret pin = {0};
	struct sb_p11 *p11 = NULL;
	int rc = check_words(p, f);

	if (rc == SB_EXIT_OK)
		rc = sb_p11_make(p, SB_PROFILE_GENERAL, &p11, f);
	if (rc == SB_EXIT_OK)
		rc = make(p, p11, &pin, f);
	if (rc == SB_EXIT_OK)
		rc = sb_p11_status(p11, &status, f);
	if (rc == SB_EXIT_OK) {
		json_object_set_new(result, "label", json_string(status.label));
		sb_token_json(result, &status);
		sb_say(p, _("The token \"%s\" is made, serial number %s.\n"), sb_clean(status.label), status.serial);
		sb_say(p, _("Its unblocking code is in %s. Move it to a safe place.\n"), sb_program_text(p, "--puk-out"));
		sb_say_seal(p, &status);
	}
	sb_secret_clear(&pin);
	sb_p11_close(&p11);
	return rc;
}

static const struct sb_option options[] = {
	{"--puk-out", SB_OPTION_FILE, "FILE", N_("where its unblocking code (PUK) is put"), true},
	{0},
};

const struct sb_verb admin_token_init = {"token init", "LABEL", 1, 1, N_("make a token for a service, with a PIN and an unblocking code"), options, init};
