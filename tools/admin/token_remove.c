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

enum { SWEEP_ROUNDS = 10, SWEEP_PAUSE_US = 200 * 1000 };

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
static const char *losses(struct sb_program *p, const struct sb_p11 *p11, const struct sb_p11_token *t, bool identity)
{
	if (t->opens && !sb_p11_is_named(p11) && strcmp(t->status.label, ADMIN_TOKEN) != 0 && !identity)
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

/* What the token has in a TPM only the module can read from its store, and free: it does so when it starts. Another process may hold it up for a
 * moment. */
static void let_module_sweep(struct sb_program *p, const char *directory, const char *serial)
{
	struct sb_failure ignored;
	struct sb_p11 *p11 = NULL;

	for (int i = 0; i < SWEEP_ROUNDS && admin_token_hidden(directory, serial); i++) {
		if (i)
			usleep(SWEEP_PAUSE_US);
		sb_p11_open_any(p, &p11, &ignored);
		sb_p11_close(&p11);
	}
}

/* The module's own handles on the files are closed first. Whatever comes of the TPM, the files go. */
static int remove_by_force(struct sb_program *p, struct sb_p11 **p11, const char *directory, const char *serial, struct sb_failure *f)
{
	int rc;

	sb_p11_close(p11);
	rc = admin_token_hide(directory, serial, f);
	if (rc == SB_EXIT_OK)
		let_module_sweep(p, directory, serial);
	return rc == SB_EXIT_OK && admin_token_hidden(directory, serial) ? admin_token_erase(directory, serial, f) : rc;
}

/* A TPM may have been used by a token that nothing more is known of. */
static bool may_have_tpm(enum sb_seal_choice seal)
{
	return seal == SB_SEAL_TPM || (seal == SB_SEAL_AUTO && (access("/dev/tpmrm0", F_OK) == 0 || access("/dev/tpm0", F_OK) == 0));
}

static void say_left(struct sb_program *p, const struct sb_p11_token *t, enum sb_seal_choice seal, const char *directory, json_t *result)
{
	json_t *left = admin_token_left(directory, t->status.serial), *index;
	bool unknown = !t->opens && json_array_size(left) == 0 && may_have_tpm(seal);
	char commands[1024] = "";
	size_t i, used = 0;

	json_array_foreach(left, i, index)
		if (used < sizeof commands)
			used += (size_t)snprintf(commands + used, sizeof commands - used, "%stpm2_nvundefine -C o %s", i ? "; " : "", json_string_value(index));
	if (json_array_size(left))
		sb_warn(p, _("What it had in the TPM is still there: the TPM does not answer, or its owner has a password. It goes when a token is made or removed here and the TPM permits it. Its owner can take it away too: %s (with the password: -P file:FILE)"),
			commands);
	else if (unknown)
		sb_warn(p, "%s", _("If this token was sealed by a TPM, and its store could not be read any more, three NV indices of it stay in the TPM for good. sinbun-admin tpm check counts what is there."));
	json_object_set_new(result, "left_in_tpm", unknown ? json_null() : left);
	if (unknown)
		json_decref(left);
}

static int remove_token(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	bool force = sb_program_flag(p, "--force");
	struct sb_p11_token token;
	struct sb_p11 *p11 = NULL;
	enum sb_seal_choice seal = SB_SEAL_AUTO;
	char *directory = NULL;
	const char *lost;
	int rc = sb_p11_open_any(p, &p11, f);

	if (rc == SB_EXIT_OK)
		rc = admin_token_pick(p11, sb_program_operand(p, 0), &token, f);
	if (rc == SB_EXIT_OK)
		rc = check_way(&token, force, f);
	if (rc == SB_EXIT_OK) {
		lost = losses(p, p11, &token, is_identity(p11, &token));
		rc = sb_program_flag(p, "--yes") ? SB_EXIT_OK : confirm(lost, &token, force, f);
	}
	if (rc == SB_EXIT_OK && !(directory = strdup(sb_p11_directory(p11))))
		rc = sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	if (rc == SB_EXIT_OK) {
		seal = sb_p11_seal(p11);
		rc = force ? remove_by_force(p, &p11, directory, token.status.serial, f) : remove_with_puk(p, p11, &token, f);
	}
	if (rc == SB_EXIT_OK) {
		json_object_set_new(result, "serial", json_string(token.status.serial));
		json_object_set_new(result, "removed", json_true());
		json_object_set_new(result, "lost", json_string(lost));
		sb_say(p, _("The token %s is removed.\n"), token.status.serial);
		if (sb_program_flag(p, "--yes"))
			sb_say(p, "%s\n", lost);
		say_left(p, &token, seal, directory, result);
	}
	free(directory);
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
