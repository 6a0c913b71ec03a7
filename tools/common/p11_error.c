/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/p11_private.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "common/i18n.h"
#include "sinbun-pkcs11.h"

/* PKCS#11 codes into words and exit codes. */

static const struct {
	CK_RV rv;
	enum sb_exit exit;
	const char *error;
	const char *message;
} rows[] = {
	{CKR_PIN_INCORRECT, SB_EXIT_PIN, "pin_incorrect", N_("That PIN is wrong.")},
	{CKR_PIN_LOCKED, SB_EXIT_PIN_LOCKED, "pin_locked", NULL /* below */},
	{CKR_USER_PIN_NOT_INITIALIZED, SB_EXIT_NOT_NOW, "pin_not_set", N_("No PIN has been set on this token yet. Finish the enrolment first.")},
	{CKR_TOKEN_NOT_PRESENT, SB_EXIT_TOKEN, "no_token", N_("The token is gone.")},
	{CKR_DEVICE_REMOVED, SB_EXIT_TOKEN, "no_token", N_("The token is gone.")},
	{CKR_TOKEN_NOT_RECOGNIZED, SB_EXIT_TOKEN, "token_unreadable",
		N_("The token's store is not safe to use: it must belong to you, and nobody else may read it (chmod -R go= its directory).")},
	{CKR_TOKEN_WRITE_PROTECTED, SB_EXIT_STORAGE, "read_only", N_("The token's store cannot be written, so no PIN can be tried.")},
	{CKR_DEVICE_MEMORY, SB_EXIT_STORAGE, "disk_full", N_("There is no space left for the token's store.")},
	{CKR_HOST_MEMORY, SB_EXIT_STORAGE, "no_memory", N_("Out of memory.")},
	{CKR_DEVICE_ERROR, SB_EXIT_TOKEN, "token_error",
		N_("The token's store cannot be used: it is damaged, busy, or its rights are wrong (the directory must be yours alone: chmod 700).")},
	{CKR_FUNCTION_NOT_SUPPORTED, SB_EXIT_TOKEN, "not_supported", N_("The token cannot do this.")},
	{CKR_USER_NOT_LOGGED_IN, SB_EXIT_TOKEN, "not_logged_in", N_("The token wants the PIN first.")},
};

/* What to run depends on whose token it is. */
static const struct {
	const char *locked, *last_try, *length;
} words[] = {
	[SB_PROFILE_IDENTITY] = {
		N_("The PIN is locked after too many wrong tries. Unblock it with the unblocking code (PUK): sinbun pin unblock"),
		N_("That PIN is wrong, and it was the last try: the PIN is locked. Unblock it with the unblocking code (PUK): sinbun pin unblock"),
		N_("The PIN has the wrong length: a mobile ID's is exactly 6 digits. Choose another; this used up no try."),
	},
	[SB_PROFILE_GENERAL] = {
		N_("The PIN is locked after too many wrong tries. Unblock it with the unblocking code (PUK): sinbun-admin token unblock"),
		N_("That PIN is wrong, and it was the last try: the PIN is locked. Unblock it with the unblocking code (PUK): sinbun-admin token unblock"),
		N_("The PIN has the wrong length: that of the issuer's token is 6 to 64 characters. Choose another; this used up no try."),
	},
};

/* What the module says of a TPM, behind the name of the slot. */
static const struct {
	int fault;
	const char *error, *message;
} faults[] = {
	{SB_E_TPM_ABSENT, "tpm_absent",
		N_("No TPM answers. See that it is switched on, and that \"tcti\" in sinbun.conf says how to reach it. To make a token without a TPM, write there: seal = software")},
	{SB_E_TPM_LIBRARY, "tpm_library",
		N_("The library for the TPM is not installed. Install libtss2-esys, libtss2-tctildr and the TCTI that sinbun.conf names. To make a token without a TPM, write there: seal = software")},
	{SB_E_TPM_DENIED, "tpm_denied",
		N_("You are not permitted to use the TPM. Have yourself added to its group (adduser YOUR-NAME tss) and log in again. To make a token without a TPM, write in sinbun.conf: seal = software")},
	{SB_E_TPM_OWNER, "tpm_owner",
		N_("The TPM's owner has set a password, so nothing can be made in the TPM. Have the owner lift it for the time being. To make a token without a TPM, write in sinbun.conf: seal = software")},
	{SB_E_TPM_FOREIGN, "tpm_foreign",
		N_("This token was sealed by another TPM, or the TPM was cleared since then. It can no longer be opened: the card has to be issued anew.")},
	{SB_E_TPM_LOCKOUT, "tpm_lockout",
		N_("The TPM is in lockout after too many failures, and answers nobody for a while. No try was used up. Wait, or have the TPM's owner end it (tpm2_dictionarylockout --clear-lockout).")},
	{SB_E_TPM_FULL, "tpm_full",
		N_("The TPM has no room: other programs are using it, or too much is stored in it. Try again; if that does not help, remove tokens that nobody needs.")},
	{SB_E_TPM_FAILED, "tpm_failed", N_("The TPM did not do its work. Try again; if it goes on, restart this machine.")},
	{SB_E_ROLLED_BACK, "rolled_back",
		N_("An old copy of the token was put back, and the TPM remembers a newer one: the old one is refused. Put the newest copy back, or have the card issued anew.")},
};

bool sb_p11_fail_tpm(int fault, enum sb_exit exit, const char *field, struct sb_failure *f)
{
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		if (faults[i].fault == fault) {
			sb_fail(f, exit, faults[i].error, field, "%s", _(faults[i].message));
			return true;
		}
	return false;
}

bool sb_p11_fail_seal(struct sb_p11 *p11, CK_SLOT_ID slot, enum sb_exit exit, const char *field, struct sb_failure *f)
{
	CK_SLOT_INFO info;
	char text[sizeof info.slotDescription + 1] = "";
	const char *said;
	size_t len = sizeof info.slotDescription;

	if (!p11->module || p11->module->C_GetSlotInfo(slot, &info) != CKR_OK)
		return false;
	while (len && info.slotDescription[len - 1] == ' ')
		len--;
	memcpy(text, info.slotDescription, len);
	said = strncmp(text, "sinbun", 6) == 0 ? strstr(text, ": ") : NULL;
	for (size_t i = 0; said && i < sizeof faults / sizeof *faults; i++)
		if (strcmp(said + 2, sb_error_text(faults[i].fault)) == 0)
			return sb_p11_fail_tpm(faults[i].fault, exit, field, f);
	return false;
}

/* These may be the TPM's doing. */
static bool may_be_seal(CK_RV rv)
{
	return rv == CKR_DEVICE_ERROR || rv == CKR_DEVICE_MEMORY || rv == CKR_TOKEN_NOT_RECOGNIZED;
}

static int tries_left(struct sb_p11 *p11)
{
	CK_SESSION_HANDLE session;
	CK_TOKEN_INFO info;
	long left = -1;

	if (!p11->module || !p11->selected)
		return -1;
	if (p11->module->C_OpenSession(p11->slot, CKF_SERIAL_SESSION, NULL, NULL, &session) == CKR_OK) {
		left = sb_p11_status_number(p11, session, CKA_SINBUN_PIN_TRIES_LEFT);
		p11->module->C_CloseSession(session);
	}
	/* Another maker's token tells only the extremes. */
	if (left < 0 && p11->module->C_GetTokenInfo(p11->slot, &info) == CKR_OK)
		left = info.flags & CKF_USER_PIN_LOCKED ? 0 : info.flags & CKF_USER_PIN_FINAL_TRY ? 1 : -1;
	return (int)left;
}

static int fail_incorrect(struct sb_p11 *p11, struct sb_failure *f)
{
	int left = tries_left(p11);

	if (left == 0)
		sb_fail(f, SB_EXIT_PIN, "pin_incorrect", NULL, "%s", _(words[p11->profile].last_try));
	else if (left > 0)
		sb_fail(f, SB_EXIT_PIN, "pin_incorrect", NULL,
			ngettext("That PIN is wrong. %d try left.", "That PIN is wrong. %d tries left.", (unsigned long)left), left);
	f->tries_left = left;
	return SB_EXIT_PIN;
}

int sb_p11_fail(struct sb_p11 *p11, CK_RV rv, const char *what, struct sb_failure *f)
{
	if (may_be_seal(rv) && p11->selected && sb_p11_fail_seal(p11, p11->slot, SB_EXIT_TOKEN, NULL, f))
		return SB_EXIT_TOKEN;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (rows[i].rv != rv)
			continue;
		sb_fail(f, rows[i].exit, rows[i].error, NULL, "%s", _(rv == CKR_PIN_LOCKED ? words[p11->profile].locked : rows[i].message));
		if (rv == CKR_PIN_LOCKED)
			f->tries_left = 0;
		return rv == CKR_PIN_INCORRECT ? fail_incorrect(p11, f) : (int)rows[i].exit;
	}
	return sb_fail(f, SB_EXIT_TOKEN, "token_error", what, _("The token answered %s to %s."), p11_kit_strerror(rv), what);
}

static const struct {
	unsigned long rule;
	const char *word, *message;
} rules[] = {
	{CKV_SINBUN_RULE_LENGTH, "length", NULL /* the profile's */},
	{CKV_SINBUN_RULE_SEQUENCE, "sequence",
		N_("The PIN has too many digits in a row, rising or falling (such as 1234). Choose another; this used up no try.")},
	{CKV_SINBUN_RULE_REPEAT, "repeat", N_("The PIN has the same digit too often. Choose another; this used up no try.")},
	{CKV_SINBUN_RULE_BIRTH_DATE, "birth_date", N_("The PIN is the holder's birth date. Choose another; this used up no try.")},
};

int sb_p11_fail_pin_rule(struct sb_p11 *p11, CK_RV rv, CK_SESSION_HANDLE session, struct sb_failure *f)
{
	long rule = sb_p11_status_number(p11, session, CKA_SINBUN_PIN_REFUSAL);

	if (rv != CKR_PIN_INVALID && rv != CKR_PIN_LEN_RANGE)
		return sb_p11_fail(p11, rv, "C_SetPIN", f);
	if (rule <= 0)
		rule = CKV_SINBUN_RULE_LENGTH;
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (rules[i].rule == (unsigned long)rule) {
			sb_fail(f, SB_EXIT_DATA, "pin_refused", NULL, "%s",
				_(rules[i].message ? rules[i].message : words[p11->profile].length));
			snprintf(f->rule, sizeof f->rule, "%s", rules[i].word);
			return SB_EXIT_DATA;
		}
	return sb_fail(f, SB_EXIT_DATA, "pin_refused", NULL, _("The token refuses this PIN. Choose another."));
}
