/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "ck_bounds.h"
#include "ck_functions.h"

#include <time.h>

#include "base/error.h"
#include "sinbun-pkcs11.h"

/* Login, logout, PINs. */

enum { CREDIT_SECONDS = 30 };

static int64_t now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static bool any_read_only_session(const struct sb_token *token)
{
	CK_ULONG all, read_write;

	ck_session_counts(token, &all, &read_write);
	return all != read_write;
}

/* The operation that a context-specific login is for: one that has none yet, else one that has. */
static struct ck_operation *waiting(const struct ck_session *session)
{
	static const enum ck_operation_kind kinds[] = {CK_OP_SIGN, CK_OP_MESSAGE_SIGN};
	struct ck_operation *found = NULL;

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct ck_operation *op = session->operations[kinds[i]];

		if (op && op->always_authenticate && (!found || (found->authorised && !op->authorised)))
			found = op;
	}
	return found;
}

/* For one signature with a key that always authenticates; the operation must be waiting for it. */
static CK_RV login_for_signature(struct ck_session *session, struct sb_slice pin)
{
	CK_SESSION_HANDLE handle = session->handle;
	struct sb_token *token = session->token;
	struct ck_operation *op = waiting(session);
	struct sb_audit_key key;
	uint64_t number;
	CK_RV rv;

	if (!op)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (sb_token_user(token) != SB_USER_HOLDER)
		return CKR_USER_NOT_LOGGED_IN;
	number = op->number;
	/* A wrong PIN takes back what an earlier right one gave, also while it is checked. */
	op->authorised = false;
	key = op->named;
	rv = ck_error(sb_token_check_pin(token, pin, &key));
	/* With the PIN locked meanwhile, who sits there may be somebody else. */
	if (rv == CKR_PIN_LOCKED && sb_token_logout(token) == SB_OK)
		ck_session_forget_login(token);
	if (rv != CKR_OK)
		return rv;
	session = ck_session_find(handle);
	if (!session)
		return CKR_SESSION_CLOSED;
	op = waiting(session);
	if (!op || op->number != number)
		return CKR_OPERATION_NOT_INITIALIZED;
	op->authorised = true;
	return CKR_OK;
}

/* With policy "fresh" the login itself pays for one signature, soon, in this session. */
static void give_credit(CK_SESSION_HANDLE handle)
{
	struct ck_session *session = ck_session_find(handle);

	if (session && sb_token_policy(session->token)->always_authenticate == SB_ALWAYS_AUTH_FRESH)
		session->credit_until = now_seconds() + CREDIT_SECONDS;
}

/* While the PIN was derived another thread may have closed the last session, or opened a read-only one that an officer's login forbids:
 * then the login is over before it began. */
static CK_RV settle_login(CK_SESSION_HANDLE handle, struct sb_token *token)
{
	bool forbidden = sb_token_user(token) == SB_USER_SO && any_read_only_session(token);
	CK_ULONG all, read_write;

	ck_session_counts(token, &all, &read_write);
	if (all && !forbidden)
		return ck_session_find(handle) ? CKR_OK : CKR_SESSION_CLOSED;
	sb_token_logout(token);
	ck_session_forget_login(token);
	return forbidden ? CKR_SESSION_READ_ONLY_EXISTS : CKR_SESSION_CLOSED;
}

static CK_RV login(struct ck_session *session, enum sb_user who, struct sb_slice pin)
{
	CK_SESSION_HANDLE handle = session->handle;
	struct sb_token *token = session->token;
	uint64_t epoch = sb_token_epoch(token);
	CK_RV rv;

	/* What another process did to the token may have ended the login that is in the way. */
	sb_token_change(token, true);
	if (sb_token_epoch(token) != epoch)
		ck_session_forget_login(token);
	epoch = sb_token_epoch(token);
	if (who == SB_USER_SO && sb_token_user(token) == SB_USER_NONE && any_read_only_session(token))
		return CKR_SESSION_READ_ONLY_EXISTS;
	rv = ck_error(sb_token_login(token, who, pin));
	/* Another login ended on the way to this one: its operations and private session objects are nobody's. */
	if (sb_token_epoch(token) > epoch + 1)
		ck_session_forget_login(token);
	if (rv == CKR_OK)
		ck_session_follow_login(token);
	if (rv == CKR_OK && who == SB_USER_HOLDER)
		give_credit(handle);
	return rv == CKR_OK ? settle_login(handle, token) : rv;
}

CK_RV ck_Login(struct ck_session *session, CK_USER_TYPE userType, CK_UTF8CHAR *pPin, CK_ULONG ulPinLen)
{
	if (userType > CKU_CONTEXT_SPECIFIC)
		return CKR_USER_TYPE_INVALID;
	if (!pPin || ck_bad_bytes(pPin, ulPinLen))
		return CKR_ARGUMENTS_BAD; /* there is no protected authentication path */
	if (userType == CKU_CONTEXT_SPECIFIC)
		return login_for_signature(session, sb_slice(pPin, ulPinLen));
	return login(session, userType == CKU_SO ? SB_USER_SO : SB_USER_HOLDER, sb_slice(pPin, ulPinLen));
}

/* The token knows its users by their type alone. */
CK_RV ck_LoginUser(struct ck_session *session, CK_USER_TYPE userType, CK_UTF8CHAR *pPin, CK_ULONG ulPinLen, CK_UTF8CHAR *pUsername,
	CK_ULONG ulUsernameLen)
{
	(void)pUsername;
	return ulUsernameLen ? CKR_ARGUMENTS_BAD : ck_Login(session, userType, pPin, ulPinLen);
}

CK_RV ck_Logout(struct ck_session *session)
{
	CK_RV rv = ck_error(sb_token_logout(session->token));

	if (rv == CKR_OK)
		ck_session_forget_login(session->token);
	return rv;
}

/* Keeps why a PIN was refused, for the status object to tell. */
static CK_RV keep_refusal(CK_SESSION_HANDLE handle, unsigned long rule, CK_RV rv)
{
	struct ck_session *session = ck_session_find(handle);

	if (session)
		session->pin_refusal = rule;
	return rv;
}

CK_RV ck_InitPIN(struct ck_session *session, CK_UTF8CHAR *pPin, CK_ULONG ulPinLen)
{
	CK_SESSION_HANDLE handle = session->handle;
	unsigned long rule = CKV_SINBUN_RULE_NONE;
	struct sb_token *token = session->token;
	bool reseal = session->reseal;
	CK_RV rv;

	if (!pPin || ck_bad_bytes(pPin, ulPinLen))
		return CKR_ARGUMENTS_BAD;
	rv = ck_error((reseal ? sb_token_reseal : sb_token_init_pin)(token, sb_slice(pPin, ulPinLen), &rule));
	session = ck_session_find(handle);
	if (session && reseal && rv == CKR_OK)
		session->reseal = false;
	return keep_refusal(handle, rule, rv);
}

CK_RV ck_SetPIN(struct ck_session *session, CK_UTF8CHAR *pOldPin, CK_ULONG ulOldLen, CK_UTF8CHAR *pNewPin, CK_ULONG ulNewLen)
{
	enum sb_user who = sb_token_user(session->token) == SB_USER_SO ? SB_USER_SO : SB_USER_HOLDER;
	CK_SESSION_HANDLE handle = session->handle;
	unsigned long rule = CKV_SINBUN_RULE_NONE;
	CK_RV rv;

	if (!pOldPin || !pNewPin || ck_bad_bytes(pOldPin, ulOldLen) || ck_bad_bytes(pNewPin, ulNewLen))
		return CKR_ARGUMENTS_BAD;
	if (!session->read_write)
		return CKR_SESSION_READ_ONLY;
	rv = ck_error(sb_token_set_pin(session->token, who, sb_slice(pOldPin, ulOldLen), sb_slice(pNewPin, ulNewLen), &rule));
	return keep_refusal(handle, rule, rv);
}
