/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/p11_private.h"

#include <stdio.h>
#include <string.h>

#include "common/i18n.h"
#include "sinbun-pkcs11.h"

/* Sessions, logins, PINs, status. */

int sb_p11_session(struct sb_p11 *p11, bool read_write, CK_SESSION_HANDLE *session, struct sb_failure *f)
{
	CK_RV rv = p11->module->C_OpenSession(
		p11->slot, CKF_SERIAL_SESSION | (read_write ? CKF_RW_SESSION : 0), NULL, NULL, session);

	return rv == CKR_OK ? SB_EXIT_OK : sb_p11_fail(p11, rv, "C_OpenSession", f);
}

int sb_p11_ensure_session(struct sb_p11 *p11, struct sb_failure *f)
{
	return p11->session ? SB_EXIT_OK : sb_p11_session(p11, true, &p11->session, f);
}

static CK_RV login(struct sb_p11 *p11, CK_SESSION_HANDLE session, CK_USER_TYPE user, struct sb_slice pin)
{
	return p11->module->C_Login(session, user, (CK_UTF8CHAR *)(pin.len ? pin.data : (const uint8_t *)""), pin.len);
}

int sb_p11_login(struct sb_p11 *p11, struct sb_slice pin, struct sb_failure *f)
{
	int rc = sb_p11_ensure_session(p11, f);
	CK_RV rv;

	if (rc != SB_EXIT_OK)
		return rc;
	rv = login(p11, p11->session, CKU_USER, pin);
	if (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN)
		return sb_p11_fail(p11, rv, "C_Login", f);
	p11->pin = pin;
	return SB_EXIT_OK;
}

void sb_p11_logout(struct sb_p11 *p11)
{
	if (p11->session)
		p11->module->C_Logout(p11->session);
	p11->pin = sb_slice(NULL, 0);
	p11->signer_count = 0;
}

static const char *const puk_locked[] = {
	[SB_PROFILE_IDENTITY] = N_("The unblocking code is locked after too many wrong tries. The card has to be issued anew: ask the registrar."),
	[SB_PROFILE_GENERAL] = N_("The unblocking code is locked after too many wrong tries. The issuer's token has to be made anew."),
};

/* The wrong unblocking code is its own failure: the PIN's tries are not touched by it. */
static int fail_puk(struct sb_p11 *p11, CK_RV rv, struct sb_failure *f)
{
	CK_SESSION_HANDLE session;
	int left = -1;

	if (rv == CKR_PIN_LOCKED)
		return sb_fail(f, SB_EXIT_PIN_LOCKED, "puk_locked", NULL, "%s", _(puk_locked[p11->profile]));
	if (rv != CKR_PIN_INCORRECT)
		return sb_p11_fail(p11, rv, "C_Login", f);
	if (p11->module->C_OpenSession(p11->slot, CKF_SERIAL_SESSION, NULL, NULL, &session) == CKR_OK) {
		left = (int)sb_p11_status_number(p11, session, CKA_SINBUN_PUK_TRIES_LEFT);
		p11->module->C_CloseSession(session);
	}
	if (left > 0)
		sb_fail(f, SB_EXIT_PIN, "puk_incorrect", NULL,
			ngettext("That unblocking code is wrong. %d try left.", "That unblocking code is wrong. %d tries left.", (unsigned long)left),
			left);
	else
		sb_fail(f, SB_EXIT_PIN, "puk_incorrect", NULL, "%s", _("That unblocking code is wrong."));
	f->tries_left = left;
	return SB_EXIT_PIN;
}

/* A session of the SO alone: the user's must be closed for it. */
static int so_session(struct sb_p11 *p11, struct sb_slice so_pin, CK_SESSION_HANDLE *session, struct sb_failure *f)
{
	CK_RV rv;
	int rc;

	if (p11->session) {
		p11->module->C_Logout(p11->session);
		p11->module->C_CloseSession(p11->session);
		p11->session = 0;
		p11->signer_count = 0;
	}
	rc = sb_p11_session(p11, true, session, f);
	if (rc != SB_EXIT_OK)
		return rc;
	rv = login(p11, *session, CKU_SO, so_pin);
	if (rv == CKR_OK)
		return SB_EXIT_OK;
	p11->module->C_CloseSession(*session);
	return fail_puk(p11, rv, f);
}

static void end_so_session(struct sb_p11 *p11, CK_SESSION_HANDLE session)
{
	p11->module->C_Logout(session);
	p11->module->C_CloseSession(session);
}

/* Sinbun's module wants the birth date for its rules; another maker's does not know the class, and then has no such rule. */
static CK_RV put_birth_date(struct sb_p11 *p11, CK_SESSION_HANDLE session, const char *birth_date)
{
	CK_OBJECT_CLASS class = CKO_SINBUN_PIN_POLICY;
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE template[] = {
		{CKA_CLASS, &class, sizeof class},
		{CKA_TOKEN, &yes, sizeof yes},
		{CKA_SINBUN_BIRTH_DATE, (void *)birth_date, 8},
	};
	CK_OBJECT_HANDLE handle;
	CK_RV rv;

	if (!birth_date || sb_p11_status_number(p11, session, CKA_SINBUN_PIN_TRIES_MAX) < 0)
		return CKR_OK;
	rv = p11->module->C_CreateObject(session, template, 3, &handle);
	/* Known already, from an enrolment that was cut short: it is the same person's token. */
	return rv == 0x0000001BUL /* CKR_ACTION_PROHIBITED, newer than p11-kit's header */ ? CKR_OK : rv;
}

/* The status object of sinbun's module; another maker's has none. */
static CK_RV find_status(struct sb_p11 *p11, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *status)
{
	CK_OBJECT_CLASS class = CKO_SINBUN_TOKEN;
	CK_ATTRIBUTE match = {CKA_CLASS, &class, sizeof class};
	CK_RV rv;

	*status = CK_INVALID_HANDLE;
	rv = sb_p11_find_first(p11, session, &match, 1, status);
	return rv == CKR_OK && *status == CK_INVALID_HANDLE ? CKR_FUNCTION_NOT_SUPPORTED : rv;
}

static int fail_others(struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_TOKEN, "not_supported", NULL, "%s",
		_("Only sinbun's own module can do this; this token is another maker's. Use the tool that came with it (SoftHSM2: softhsm2-util). Nothing was changed."));
}

static CK_RV command_reseal(struct sb_p11 *p11, CK_SESSION_HANDLE session, const char *unused)
{
	CK_ATTRIBUTE command = {CKA_SINBUN_COMMAND, (void *)SINBUN_COMMAND_RESEAL, strlen(SINBUN_COMMAND_RESEAL)};
	CK_OBJECT_HANDLE status;
	CK_RV rv = find_status(p11, session, &status);

	(void)unused;
	return rv == CKR_OK ? p11->module->C_SetAttributeValue(session, status, &command, 1) : rv;
}

/* What comes before the SO's C_InitPIN, and the call's name for messages. */
struct prelude {
	CK_RV (*fn)(struct sb_p11 *p11, CK_SESSION_HANDLE session, const char *argument);
	const char *call;
};

static int init_pin(struct sb_p11 *p11, struct sb_slice so_pin, const struct prelude *prelude, const char *argument, struct sb_slice pin,
	struct sb_failure *f)
{
	CK_SESSION_HANDLE session;
	int rc = so_session(p11, so_pin, &session, f);
	CK_RV rv;

	if (rc != SB_EXIT_OK)
		return rc;
	rv = prelude->fn(p11, session, argument);
	if (rv != CKR_OK)
		rc = rv == CKR_FUNCTION_NOT_SUPPORTED ? fail_others(f) : sb_p11_fail(p11, rv, prelude->call, f);
	if (rc == SB_EXIT_OK) {
		rv = p11->module->C_InitPIN(session, (CK_UTF8CHAR *)pin.data, pin.len);
		if (rv != CKR_OK)
			rc = sb_p11_fail_pin_rule(p11, rv, session, f);
	}
	end_so_session(p11, session);
	return rc;
}

int sb_p11_init_pin(struct sb_p11 *p11, struct sb_slice so_pin, const char *birth_date, struct sb_slice pin, struct sb_failure *f)
{
	static const struct prelude prelude = {put_birth_date, "C_CreateObject"};

	return init_pin(p11, so_pin, &prelude, birth_date, pin, f);
}

int sb_p11_reseal(struct sb_p11 *p11, struct sb_slice so_pin, struct sb_slice pin, struct sb_failure *f)
{
	static const struct prelude prelude = {command_reseal, "C_SetAttributeValue"};

	return init_pin(p11, so_pin, &prelude, NULL, pin, f);
}

int sb_p11_check_puk(struct sb_p11 *p11, struct sb_slice so_pin, struct sb_failure *f)
{
	CK_SESSION_HANDLE session;
	int rc = so_session(p11, so_pin, &session, f);

	if (rc == SB_EXIT_OK)
		end_so_session(p11, session);
	return rc;
}

int sb_p11_change_pin(struct sb_p11 *p11, struct sb_slice old_pin, struct sb_slice pin, struct sb_failure *f)
{
	int rc = sb_p11_ensure_session(p11, f);
	CK_RV rv;

	if (rc != SB_EXIT_OK)
		return rc;
	rv = p11->module->C_SetPIN(p11->session, (CK_UTF8CHAR *)old_pin.data, old_pin.len, (CK_UTF8CHAR *)pin.data, pin.len);
	return rv == CKR_OK ? SB_EXIT_OK : sb_p11_fail_pin_rule(p11, rv, p11->session, f);
}

int sb_p11_remove_token(struct sb_p11 *p11, struct sb_slice so_pin, struct sb_failure *f)
{
	CK_OBJECT_HANDLE status;
	CK_SESSION_HANDLE session;
	int rc = so_session(p11, so_pin, &session, f);
	CK_RV rv;

	if (rc != SB_EXIT_OK)
		return rc;
	rv = find_status(p11, session, &status);
	if (rv == CKR_OK)
		rv = p11->module->C_DestroyObject(session, status);
	end_so_session(p11, session);
	if (rv != CKR_OK)
		return rv == CKR_FUNCTION_NOT_SUPPORTED ? fail_others(f) : sb_p11_fail(p11, rv, "C_DestroyObject", f);
	p11->selected = false;
	return SB_EXIT_OK;
}

/* A blank-padded field as a string. */
static void copy_padded(char *out, const CK_UTF8CHAR *field, size_t len)
{
	while (len && field[len - 1] == ' ')
		len--;
	memcpy(out, field, len);
	out[len] = 0;
}

static void status_text(struct sb_p11 *p11, CK_ATTRIBUTE_TYPE type, char *out, size_t size)
{
	CK_OBJECT_CLASS class = CKO_SINBUN_TOKEN;
	CK_ATTRIBUTE match = {CKA_CLASS, &class, sizeof class}, text = {type, out, size - 1};
	CK_OBJECT_HANDLE handle;

	out[0] = 0;
	if (sb_p11_find_first(p11, p11->session, &match, 1, &handle) == CKR_OK && handle != CK_INVALID_HANDLE &&
		p11->module->C_GetAttributeValue(p11->session, handle, &text, 1) == CKR_OK)
		out[text.ulValueLen] = 0;
}

int sb_p11_status(struct sb_p11 *p11, struct sb_p11_status *out, struct sb_failure *f)
{
	CK_TOKEN_INFO info;
	CK_RV rv = p11->module->C_GetTokenInfo(p11->slot, &info);
	int rc;

	*out = (struct sb_p11_status){0};
	if (rv != CKR_OK)
		return sb_p11_fail(p11, rv, "C_GetTokenInfo", f);
	rc = sb_p11_ensure_session(p11, f);
	if (rc != SB_EXIT_OK)
		return rc;
	copy_padded(out->label, info.label, sizeof info.label);
	copy_padded(out->serial, info.serialNumber, sizeof info.serialNumber);
	copy_padded(out->manufacturer, info.manufacturerID, sizeof info.manufacturerID);
	copy_padded(out->model, info.model, sizeof info.model);
	out->pin_set = info.flags & CKF_USER_PIN_INITIALIZED;
	out->pin_locked = info.flags & CKF_USER_PIN_LOCKED;
	out->puk_locked = info.flags & CKF_SO_PIN_LOCKED;
	out->pin_final_try = info.flags & CKF_USER_PIN_FINAL_TRY;
	out->read_only = info.flags & CKF_WRITE_PROTECTED;
	out->damaged = info.flags & 0x01000000UL; /* CKF_ERROR_STATE, which p11-kit's header has not */
	out->pin_left = (int)sb_p11_status_number(p11, p11->session, CKA_SINBUN_PIN_TRIES_LEFT);
	out->pin_max = (int)sb_p11_status_number(p11, p11->session, CKA_SINBUN_PIN_TRIES_MAX);
	out->puk_left = (int)sb_p11_status_number(p11, p11->session, CKA_SINBUN_PUK_TRIES_LEFT);
	out->puk_max = (int)sb_p11_status_number(p11, p11->session, CKA_SINBUN_PUK_TRIES_MAX);
	status_text(p11, CKA_SINBUN_SEAL, out->seal, sizeof out->seal);
	status_text(p11, CKA_SINBUN_PROFILE, out->profile, sizeof out->profile);
	status_text(p11, CKA_SINBUN_CARD_NUMBER, out->card_number, sizeof out->card_number);
	return SB_EXIT_OK;
}
