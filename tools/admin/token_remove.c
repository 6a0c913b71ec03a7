/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"
#include "admin/token_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/i18n.h"
#include "common/terminal.h"

/* `token remove`: with the unblocking code through the module; --force by whoever owns the files, where there is no other way. */

static int fail_unchanged(struct sb_failure *f, enum sb_exit exit, const char *error, const char *serial, const char *message)
{
	return sb_fail(f, exit, error, serial, "%s", message);
}

static int fail_unusable(const struct sb_p11_token *t, struct sb_failure *f)
{
	if (strcmp(t->why.error, "disk_full") == 0) {
		*f = t->why;
		return (int)f->exit;
	}
	return sb_fail(f, t->why.exit, t->why.error, t->why.field, _("%s To give it up instead: sinbun-admin token remove --force %s"), t->why.message,
		t->status.serial);
}

/* The unblocking code opens it? Then that is the way. */
static int check_way(const struct sb_p11_token *t, bool force, struct sb_failure *f)
{
	bool locked = t->opens && t->status.puk_locked, unusable = *t->why.error != 0;

	/* A full disk passes. */
	if (unusable && (!force || strcmp(t->why.error, "disk_full") == 0))
		return fail_unusable(t, f);
	if (locked && !force)
		return fail_unchanged(f, SB_EXIT_PIN_LOCKED, "puk_locked", t->status.serial,
			_("The unblocking code is locked after too many wrong tries. Who owns the files can give the token up: sinbun-admin token remove --force"));
	if (!*t->path && force)
		return fail_unchanged(f, SB_EXIT_TOKEN, "not_supported", "--force", _("--force is for the tokens of sinbun's own module."));
	/* Without a PIN nobody has used it yet: what an enrolment that was cut short, and its lost code, left behind. */
	if (force && !locked && !unusable && t->status.pin_set)
		return fail_unchanged(f, SB_EXIT_NOT_NOW, "not_needed", "--force",
			_("--force is for a token whose unblocking code is locked, that has no PIN, or that cannot be opened. This one is removed with its unblocking code: leave --force away."));
	return SB_EXIT_OK;
}

/* What goes with it, by whose token it is; of one that does not open, by whose directory. */
static const char *losses(struct sb_program *p, const struct sb_p11_token *t, bool identity)
{
	if (t->opens && strcmp(t->status.label, ADMIN_TOKEN) != 0 && !identity)
		return _("Its keys, certificates and data are lost.");
	if (identity)
		return _("Its keys, and the card on it if there is one, are lost. Have the registrar revoke that card; a new one is issued to a new token.");
	if (access(admin_path(p, "registry.db"), F_OK) != 0)
		return _("The issuer's root and signer keys are lost, and with them everything that only they can sign.");
	if (access(admin_path(p, "pki/registry-key.cms"), F_OK) == 0)
		return _("The issuer's root and signer keys are lost: cards can be neither issued nor revoked any more. The registry beside it can then be read only with the private key of the recovery certificate (pki/registry-key.cms).");
	return _("The issuer's root and signer keys are lost: cards can be neither issued nor revoked any more. The registry beside it can never be read again, for its key is in this token alone.");
}

static bool is_identity(struct sb_p11 *p11, const struct sb_p11_token *t)
{
	return t->opens ? strcmp(t->status.profile, "identity") == 0 : sb_p11_profile(p11) == SB_PROFILE_IDENTITY;
}

static int confirm(const char *lost, const struct sb_p11_token *t, bool force, struct sb_failure *f)
{
	const char *name = t->opens ? sb_clean(t->status.label) : _("(cannot be opened)");
	char *question = NULL;
	int n, rc;

	if (force)
		n = asprintf(&question, _("The token %s, serial number %s, will be removed for good.\n%s\nType the serial number to go on: "), name,
			t->status.serial, lost);
	else
		n = asprintf(&question, _("The token %s, serial number %s, will be removed for good.\n%s\nRemove it? [y/N] "), name, t->status.serial, lost);
	if (n < 0)
		return sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	rc = sb_terminal_confirm(question, force ? t->status.serial : NULL, _("Nothing was removed."), f);
	free(question);
	return rc;
}

static int remove_with_puk(struct sb_program *p, struct sb_p11 *p11, const struct sb_p11_token *t, struct sb_failure *f)
{
	struct sb_secret puk = {0};
	int rc = sb_p11_select_serial(p11, t->status.serial, f);

	if (rc == SB_EXIT_OK)
		rc = sb_secret_ask(p, SB_SECRET_PUK, "--puk-fd", &puk, f);
	if (rc == SB_EXIT_OK)
		rc = sb_p11_remove_token(p11, sb_slice(puk.text, puk.len), f);
	sb_secret_clear(&puk);
	return rc;
}

/* The module's own handles on the files are closed first. */
static int remove_by_force(struct sb_p11 **p11, const struct sb_p11_token *t, struct sb_failure *f)
{
	char *directory = strdup(sb_p11_directory(*p11));
	int rc;

	if (!directory)
		return sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	sb_p11_close(p11);
	rc = admin_token_erase(directory, t->status.serial, f);
	free(directory);
	return rc;
}

static int remove_token(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	bool force = sb_program_flag(p, "--force");
	struct sb_p11_token token;
	struct sb_p11 *p11 = NULL;
	const char *lost;
	int rc = sb_p11_open_any(p, &p11, f);

	if (rc == SB_EXIT_OK)
		rc = admin_token_pick(p11, sb_program_operand(p, 0), &token, f);
	if (rc == SB_EXIT_OK)
		rc = check_way(&token, force, f);
	if (rc == SB_EXIT_OK) {
		lost = losses(p, &token, is_identity(p11, &token));
		rc = sb_program_flag(p, "--yes") ? SB_EXIT_OK : confirm(lost, &token, force, f);
	}
	if (rc == SB_EXIT_OK)
		rc = force ? remove_by_force(&p11, &token, f) : remove_with_puk(p, p11, &token, f);
	if (rc == SB_EXIT_OK) {
		json_object_set_new(result, "serial", json_string(token.status.serial));
		json_object_set_new(result, "removed", json_true());
		json_object_set_new(result, "lost", json_string(lost));
		sb_say(p, _("The token %s is removed.\n"), token.status.serial);
		if (sb_program_flag(p, "--yes"))
			sb_say(p, "%s\n", lost);
	}
	sb_p11_close(&p11);
	return rc;
}

static const struct sb_option options[] = {
	SB_PUK_OPTION,
	{"--yes", SB_OPTION_FLAG, NULL, N_("remove it without asking first"), false},
	{"--force", SB_OPTION_FLAG, NULL, N_("without the unblocking code: where that is locked, no PIN is set, or the store cannot be opened"), false},
	{0},
};

const struct sb_verb admin_token_remove = {
	"token remove", "SERIAL", 1, 1, N_("remove a token for good, with its unblocking code (PUK)"), options, remove_token};
