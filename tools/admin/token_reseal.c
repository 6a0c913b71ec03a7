/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"
#include "admin/token_list.h"

#include <string.h>
#include <unistd.h>

#include "common/i18n.h"
#include "common/token_words.h"

/* `token reseal`: new keys under a whole token, and the seal that sinbun.conf asks for now. */

/* By its name, or because --token says so. */
static bool is_issuers(struct sb_program *p, const struct sb_p11 *p11, const struct sb_p11_token *t)
{
	return (sb_p11_is_named(p11) || strcmp(t->status.label, ADMIN_TOKEN) == 0) && access(admin_path(p, "registry.db"), F_OK) == 0;
}

static int pick(struct sb_program *p, struct sb_p11 *p11, struct sb_p11_token *token, struct sb_failure *f)
{
	int rc = admin_token_pick(p11, sb_program_operand(p, 0), token, f);

	if (rc == SB_EXIT_OK && *token->why.error) {
		*f = token->why;
		rc = (int)f->exit;
	}
	return rc == SB_EXIT_OK ? sb_p11_select_serial(p11, token->status.serial, f) : rc;
}

/* What the clerk has to know of the seal that it has now. */
static void say_done(struct sb_program *p, const struct sb_p11_status *was, const struct sb_p11_status *is)
{
	sb_say(p, "%s\n", _("The token is sealed anew, and the new PIN is set with all its tries."));
	sb_say_seal(p, is);
	if (strcmp(is->seal, "tpm") == 0 && strcmp(was->seal, "tpm") != 0)
		sb_say(p, "%s\n",
			_("From now on it opens on this machine only. When the TPM is cleared or the machine is lost, its keys are lost too."));
	if (strcmp(is->seal, "software") == 0 && strcmp(was->seal, "tpm") == 0)
		sb_say(p, "%s\n", _("From now on the TPM no longer protects it: a stolen copy of its files can be guessed at elsewhere."));
	sb_say(p, "%s\n",
		_("Copies of its files from before, such as backups, keep what they had and the protection they had: destroy them."));
}

static int reseal_picked(struct sb_program *p, struct sb_p11 *p11, const struct sb_p11_token *token, struct sb_secret *pin, struct sb_failure *f)
{
	enum sb_secret_kind kind = strcmp(token->status.profile, "identity") == 0 ? SB_SECRET_NEW_PIN : SB_SECRET_NEW_PASSPHRASE;
	struct sb_secret puk = {0};
	int rc = sb_secret_ask(p, SB_SECRET_PUK, "--puk-fd", &puk, f);

	if (rc == SB_EXIT_OK)
		rc = sb_p11_check_puk(p11, sb_slice(puk.text, puk.len), f);
	if (rc == SB_EXIT_OK)
		rc = admin_choose_pin(p, p11, kind, sb_p11_reseal, sb_slice(puk.text, puk.len), pin, f);
	sb_secret_clear(&puk);
	return rc;
}

static int reseal(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct sb_p11_status now = {0};
	struct sb_secret pin = {0};
	struct sb_p11_token token;
	struct sb_p11 *p11 = NULL;
	int rc = sb_p11_open_any(p, &p11, f);

	if (rc == SB_EXIT_OK)
		rc = admin_check_officer(p, f);
	if (rc == SB_EXIT_OK)
		rc = pick(p, p11, &token, f);
	if (rc == SB_EXIT_OK)
		rc = reseal_picked(p, p11, &token, &pin, f);
	if (rc == SB_EXIT_OK)
		rc = sb_p11_status(p11, &now, f);
	if (rc == SB_EXIT_OK) {
		sb_token_json(result, &now);
		say_done(p, &token.status, &now);
		if (is_issuers(p, p11, &token))
			admin_token_record(p, p11, "token reseal", &pin);
	}
	sb_secret_clear(&pin);
	sb_p11_close(&p11);
	return rc;
}

static const struct sb_option options[] = {
	SB_PUK_OPTION,
	{"--officer", SB_OPTION_TEXT, "ID", N_("who does this, for the audit"), false},
	{0},
};

const struct sb_verb admin_token_reseal = {
	"token reseal", "[SERIAL]", 0, 1, N_("new keys under a whole token, and the seal that sinbun.conf asks for now, with its unblocking code (PUK)"), options, reseal};
