/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "ck_bounds.h"
#include "ck_functions.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

/* Slots and tokens. */

/* Puts text into a blank-padded field without a terminator. */
#define FILL(field, text) fill(field, sizeof(field), text)
static void fill(CK_UTF8CHAR *field, size_t size, const char *text)
{
	size_t len = strlen(text);

	memset(field, ' ', size);
	memcpy(field, text, len < size ? len : size);
}

static size_t tokens_present(void)
{
	size_t present = 0;

	for (size_t i = 0; i < sb_tokens_count(ck_tokens()); i++)
		present += sb_token_present(sb_tokens_at(ck_tokens(), i));
	return present;
}

CK_RV ck_slot_token(CK_SLOT_ID slot, struct sb_token **token)
{
	*token = NULL;
	for (size_t i = 0; i < sb_tokens_count(ck_tokens()); i++) {
		struct sb_token *t = sb_tokens_at(ck_tokens(), i);

		if (sb_token_present(t) && sb_token_slot(t) == slot) {
			*token = t;
			return CKR_OK;
		}
	}
	return slot == sb_tokens_free_slot(ck_tokens()) ? CKR_OK : CKR_SLOT_ID_INVALID;
}

/* Sees what other processes did first. */
static CK_RV current_token(CK_SLOT_ID slot, struct sb_token **token)
{
	CK_RV rv = ck_error(sb_tokens_refresh(ck_tokens()));

	return rv == CKR_OK ? ck_slot_token(slot, token) : rv;
}

/* The free slot counts as holding a token only while there is no other: who asks for slots with tokens is not to meet an uninitialised one beside a
 * real one. */
static size_t list_slots(bool with_token, CK_SLOT_ID *list)
{
	size_t n = 0;

	for (size_t i = 0; i < sb_tokens_count(ck_tokens()); i++) {
		struct sb_token *t = sb_tokens_at(ck_tokens(), i);

		if (!sb_token_present(t))
			continue;
		if (list)
			list[n] = sb_token_slot(t);
		n++;
	}
	if (!with_token || n == 0) {
		if (list)
			list[n] = sb_tokens_free_slot(ck_tokens());
		n++;
	}
	return n;
}

CK_RV ck_GetSlotList(CK_BBOOL tokenPresent, CK_SLOT_ID *pSlotList, CK_ULONG *pulCount)
{
	CK_ULONG room, count;
	CK_RV rv;

	if (!pulCount)
		return CKR_ARGUMENTS_BAD;
	rv = ck_error(sb_tokens_refresh(ck_tokens()));
	if (rv != CKR_OK)
		return rv;
	room = *pulCount;
	count = list_slots(tokenPresent, NULL);
	*pulCount = count;
	if (!pSlotList)
		return CKR_OK;
	if (room < count)
		return CKR_BUFFER_TOO_SMALL;
	list_slots(tokenPresent, pSlotList);
	return CKR_OK;
}

/* What a TPM has against a token, or against making one, stands behind the slot's name: CKR codes are too few to tell, and no session
 * can be had of a token that was not made. */
static void describe(const struct sb_token *token, CK_UTF8CHAR *field, size_t size)
{
	const char *name = token ? "sinbun slot" : "sinbun free slot";
	int fault = token ? sb_token_fault(token) : sb_tokens_fault(ck_tokens());
	char text[65];

	snprintf(text, sizeof text, "%s%s%s", name, fault == SB_OK ? "" : ": ", fault == SB_OK ? "" : sb_error_text(fault));
	fill(field, size, text);
}

CK_RV ck_GetSlotInfo(CK_SLOT_ID slotID, CK_SLOT_INFO *pInfo)
{
	struct sb_token *token;
	CK_RV rv;

	if (!pInfo)
		return CKR_ARGUMENTS_BAD;
	rv = current_token(slotID, &token);
	if (rv != CKR_OK)
		return rv;
	*pInfo = (CK_SLOT_INFO){.hardwareVersion = {0, 1}, .firmwareVersion = {0, 1}};
	describe(token, pInfo->slotDescription, sizeof pInfo->slotDescription);
	FILL(pInfo->manufacturerID, "sinbun");
	if (token || tokens_present() == 0)
		pInfo->flags = CKF_TOKEN_PRESENT;
	return CKR_OK;
}

/* COUNT_LOW says that a wrong PIN came since the last right one: it stays true when the PIN is locked. */
static CK_FLAGS tries_flags(unsigned left, unsigned max, CK_FLAGS low, CK_FLAGS final, CK_FLAGS locked)
{
	return (left < max ? low : 0) | (left == 1 ? final : 0) | (left == 0 ? locked : 0);
}

static CK_FLAGS token_flags(const struct sb_token_info *info)
{
	CK_FLAGS flags = CKF_RNG | CKF_LOGIN_REQUIRED | CKF_RESTORE_KEY_NOT_NEEDED | CKF_TOKEN_INITIALIZED;

	if (info->pin_set) {
		flags |= CKF_USER_PIN_INITIALIZED;
		flags |= tries_flags(info->pin_left, info->pin_max, CKF_USER_PIN_COUNT_LOW, CKF_USER_PIN_FINAL_TRY, CKF_USER_PIN_LOCKED);
	}
	flags |= tries_flags(info->puk_left, info->puk_max, CKF_SO_PIN_COUNT_LOW, CKF_SO_PIN_FINAL_TRY, CKF_SO_PIN_LOCKED);
	if (info->read_only)
		flags |= CKF_WRITE_PROTECTED;
	if (info->damaged)
		flags |= CKF_ERROR_STATE;
	return flags;
}

CK_RV ck_GetTokenInfo(CK_SLOT_ID slotID, CK_TOKEN_INFO *pInfo)
{
	struct sb_token_info info;
	struct sb_token *token;
	CK_RV rv;

	if (!pInfo)
		return CKR_ARGUMENTS_BAD;
	rv = current_token(slotID, &token);
	if (rv == CKR_OK && token)
		rv = ck_error(sb_token_info(token, &info));
	if (rv != CKR_OK)
		return rv;
	*pInfo = (CK_TOKEN_INFO){
		.flags = token ? token_flags(&info) : CKF_RNG | CKF_LOGIN_REQUIRED,
		.ulMaxSessionCount = CK_SESSIONS_MAX,
		.ulMaxRwSessionCount = CK_EFFECTIVELY_INFINITE,
		.ulMinPinLen = SB_PIN_MIN,
		.ulMaxPinLen = SB_PIN_MAX,
		.ulTotalPublicMemory = CK_UNAVAILABLE_INFORMATION,
		.ulFreePublicMemory = CK_UNAVAILABLE_INFORMATION,
		.ulTotalPrivateMemory = CK_UNAVAILABLE_INFORMATION,
		.ulFreePrivateMemory = CK_UNAVAILABLE_INFORMATION,
		.hardwareVersion = {0, 1},
		.firmwareVersion = {0, 1},
	};
	FILL(pInfo->label, "");
	FILL(pInfo->manufacturerID, "sinbun");
	FILL(pInfo->model, "sinbun");
	FILL(pInfo->serialNumber, "");
	FILL(pInfo->utcTime, "");
	if (token) {
		memcpy(pInfo->label, info.label, sizeof pInfo->label);
		memcpy(pInfo->serialNumber, info.serial, sizeof pInfo->serialNumber);
		ck_session_counts(token, &pInfo->ulSessionCount, &pInfo->ulRwSessionCount);
	} else
		pInfo->ulSessionCount = ck_session_visits(slotID);
	return CKR_OK;
}

/* What a slot's token may do; of the free slot, what one made now may. */
static CK_RV slot_policy(CK_SLOT_ID slot, const struct sb_token_policy **policy)
{
	struct sb_token *token;
	CK_RV rv = ck_slot_token(slot, &token);

	*policy = rv == CKR_OK && token ? sb_token_policy(token) : ck_configured_policy();
	return rv;
}

CK_RV ck_GetMechanismList(CK_SLOT_ID slotID, CK_MECHANISM_TYPE *pMechanismList, CK_ULONG *pulCount)
{
	const struct sb_token_policy *policy;
	const struct sb_mechanism *m;
	CK_ULONG room, count = 0;
	CK_RV rv;

	if (!pulCount)
		return CKR_ARGUMENTS_BAD;
	rv = slot_policy(slotID, &policy);
	if (rv != CKR_OK)
		return rv;
	while (sb_mechanism_at(count, policy))
		count++;
	room = *pulCount;
	*pulCount = count;
	if (!pMechanismList)
		return CKR_OK;
	if (room < count)
		return CKR_BUFFER_TOO_SMALL;
	for (CK_ULONG i = 0; (m = sb_mechanism_at(i, policy)); i++)
		pMechanismList[i] = m->type;
	return CKR_OK;
}

CK_RV ck_GetMechanismInfo(CK_SLOT_ID slotID, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *pInfo)
{
	const struct sb_token_policy *policy;
	const struct sb_mechanism *m;
	CK_RV rv;

	if (!pInfo)
		return CKR_ARGUMENTS_BAD;
	rv = slot_policy(slotID, &policy);
	if (rv != CKR_OK)
		return rv;
	m = sb_mechanism_find(type, policy);
	if (!m)
		return CKR_MECHANISM_INVALID;
	*pInfo = (CK_MECHANISM_INFO){m->min_bits, m->max_bits, m->flags};
	return CKR_OK;
}

CK_RV ck_InitToken(CK_SLOT_ID slotID, CK_UTF8CHAR *pPin, CK_ULONG ulPinLen, CK_UTF8CHAR *pLabel)
{
	struct sb_token *token;
	CK_ULONG sessions, read_write;
	struct sb_slice pin = sb_slice(pPin, ulPinLen);
	bool seen_free;
	CK_RV rv;

	if (!pPin || !pLabel || ck_bad_bytes(pPin, ulPinLen))
		return CKR_ARGUMENTS_BAD;
	seen_free = ck_slot_token(slotID, &token) == CKR_OK && !token;
	rv = current_token(slotID, &token);
	if (rv != CKR_OK)
		return rv;
	/* Another process made a token here since the caller looked: that one is not to be wiped unseen. */
	if (seen_free && token)
		return CKR_DEVICE_ERROR;
	if (ck_session_visits(slotID))
		return CKR_SESSION_EXISTS;
	if (!token)
		return ck_error(sb_tokens_create(ck_tokens(), slotID, pin, (const char *)pLabel, ck_configured_policy()->mechanisms, &token));
	ck_session_counts(token, &sessions, &read_write);
	if (sessions)
		return CKR_SESSION_EXISTS;
	rv = ck_error(sb_token_reset(token, pin, (const char *)pLabel, ck_configured_policy()->mechanisms));
	if (rv == CKR_OK)
		ck_object_drop(token, false);
	return rv;
}
