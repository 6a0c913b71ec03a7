/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "ck_functions.h"
#include "crypto/random.h"

/* C_GetOperationState and C_SetOperationState, for digests. OpenSSL gives no way to write a digest's state down, so that what the caller
 * gets is a name for a copy that stays here: good in any session of the same token and process, as often as wanted, until C_Finalize or
 * until as many newer ones were saved. */

enum { SAVED_MAX = 1024, NAME = 24 };

static struct saved {
	uint8_t name[NAME];
	const struct sb_token *token;
	struct ck_operation operation; /* mechanism, digest, updated */
} *saved[SAVED_MAX];
static size_t next_place;

void ck_saved_states_drop(void)
{
	for (size_t i = 0; i < SAVED_MAX; i++)
		if (saved[i]) {
			sb_digest_free(&saved[i]->operation.digest);
			free(saved[i]);
			saved[i] = NULL;
		}
}

/* Only a digest alone can be saved. */
static CK_RV check_saveable(const struct ck_session *session)
{
	bool any = session->searching, others = session->searching;

	for (size_t i = 0; i < CK_OP_COUNT; i++) {
		any |= session->operations[i] != NULL;
		others |= i != CK_OP_DIGEST && session->operations[i];
	}
	if (!any)
		return CKR_OPERATION_NOT_INITIALIZED;
	return others || !session->operations[CK_OP_DIGEST] ? CKR_STATE_UNSAVEABLE : CKR_OK;
}

static CK_RV save(const struct ck_session *session, struct saved **out)
{
	const struct ck_operation *op = session->operations[CK_OP_DIGEST];
	struct saved *s = calloc(1, sizeof *s);
	CK_RV rv;

	if (!s)
		return CKR_HOST_MEMORY;
	s->token = session->token;
	s->operation.mechanism = op->mechanism;
	s->operation.updated = op->updated;
	rv = ck_error(sb_random(s->name, NAME));
	if (rv == CKR_OK)
		rv = ck_error(sb_digest_copy(op->digest, &s->operation.digest));
	if (rv != CKR_OK)
		free(s);
	else
		*out = s;
	return rv;
}

CK_RV ck_GetOperationState(struct ck_session *session, CK_BYTE *pOperationState, CK_ULONG *pulOperationStateLen)
{
	struct saved *s;
	CK_RV rv = pulOperationStateLen ? check_saveable(session) : CKR_ARGUMENTS_BAD;
	CK_ULONG room;

	if (rv != CKR_OK)
		return rv;
	room = *pulOperationStateLen;
	*pulOperationStateLen = NAME;
	if (!pOperationState)
		return CKR_OK;
	if (room < NAME)
		return CKR_BUFFER_TOO_SMALL;
	rv = save(session, &s);
	if (rv != CKR_OK)
		return rv;
	if (saved[next_place]) {
		sb_digest_free(&saved[next_place]->operation.digest);
		free(saved[next_place]);
	}
	saved[next_place] = s;
	next_place = (next_place + 1) % SAVED_MAX;
	memcpy(pOperationState, s->name, NAME);
	return CKR_OK;
}

static const struct saved *find_saved(const struct ck_session *session, const CK_BYTE *name)
{
	for (size_t i = 0; i < SAVED_MAX; i++)
		if (saved[i] && saved[i]->token == session->token && memcmp(saved[i]->name, name, NAME) == 0)
			return saved[i];
	return NULL;
}

CK_RV ck_SetOperationState(struct ck_session *session, CK_BYTE *pOperationState, CK_ULONG ulOperationStateLen,
	CK_OBJECT_HANDLE hEncryptionKey, CK_OBJECT_HANDLE hAuthenticationKey)
{
	const struct saved *s;
	struct ck_operation *op;
	CK_RV rv;

	if (!pOperationState)
		return CKR_ARGUMENTS_BAD;
	s = ulOperationStateLen == NAME ? find_saved(session, pOperationState) : NULL;
	if (!s)
		return CKR_SAVED_STATE_INVALID;
	if (hEncryptionKey || hAuthenticationKey)
		return CKR_KEY_NOT_NEEDED;
	op = calloc(1, sizeof *op);
	if (!op)
		return CKR_HOST_MEMORY;
	op->mechanism = s->operation.mechanism;
	op->updated = s->operation.updated;
	op->authorised = true;
	rv = ck_error(sb_digest_copy(s->operation.digest, &op->digest));
	if (rv != CKR_OK) {
		ck_operation_free(&op);
		return rv;
	}
	/* What was going on in the session gives way to what was saved. */
	ck_operation_cancel(session, ~(CK_FLAGS)0);
	session->operations[CK_OP_DIGEST] = op;
	return CKR_OK;
}
