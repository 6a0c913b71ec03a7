/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "ck_functions.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* Digests. */

CK_RV ck_DigestInit(struct ck_session *session, CK_MECHANISM *pMechanism)
{
	struct sb_token_info info;
	const struct sb_mechanism *m;
	struct ck_operation *op;
	CK_RV rv;

	if (!pMechanism)
		return CKR_ARGUMENTS_BAD;
	if (session->operations[CK_OP_DIGEST])
		return CKR_OPERATION_ACTIVE;
	rv = ck_error(sb_token_info(session->token, &info));
	if (rv != CKR_OK)
		return rv;
	m = sb_mechanism_find(pMechanism->mechanism, info.profile);
	if (!m || !(m->flags & CKF_DIGEST))
		return CKR_MECHANISM_INVALID;
	if (pMechanism->pParameter || pMechanism->ulParameterLen)
		return CKR_MECHANISM_PARAM_INVALID;
	op = calloc(1, sizeof *op);
	if (!op)
		return CKR_HOST_MEMORY;
	op->mechanism = m;
	rv = ck_error(sb_digest_new(m->digest, &op->digest));
	if (rv == CKR_OK)
		session->operations[CK_OP_DIGEST] = op;
	else
		ck_operation_free(&op);
	return rv;
}

static CK_RV feed(struct ck_operation *op, const CK_BYTE *data, CK_ULONG len)
{
	return ck_error(sb_digest_update(op->digest, data, len));
}

/* Gives the digest into the caller's buffer, after the last data, and ends the operation. The lock is not held meanwhile. */
static CK_RV finish(struct ck_session *session, const CK_BYTE *data, CK_ULONG len, CK_BYTE *out, CK_ULONG *out_len)
{
	struct ck_operation *op = ck_operation_take(session, CK_OP_DIGEST);
	uint8_t digest[SB_DIGEST_MAX];
	CK_ULONG size = sb_digest_size(op->digest);
	CK_RV rv;

	ck_unlock();
	rv = feed(op, data, len);
	if (rv == CKR_OK)
		rv = ck_error(sb_digest_final(op->digest, digest));
	if (rv == CKR_OK) {
		memcpy(out, digest, size);
		*out_len = size;
	}
	ck_operation_free(&op);
	ck_lock();
	return rv;
}

/* True when the call ends here with *answer, the operation going on: a question for the length, a small buffer. */
static bool length_only(struct ck_operation *op, const CK_BYTE *out, CK_ULONG *out_len, CK_RV *answer)
{
	CK_ULONG size = sb_digest_size(op->digest);

	if (out && *out_len >= size)
		return false;
	*answer = out ? CKR_BUFFER_TOO_SMALL : CKR_OK;
	*out_len = size;
	return true;
}

static CK_RV end(struct ck_session *session, CK_RV rv)
{
	ck_operation_free(&session->operations[CK_OP_DIGEST]);
	return rv;
}

CK_RV ck_Digest(struct ck_session *session, CK_BYTE *pData, CK_ULONG ulDataLen, CK_BYTE *pDigest, CK_ULONG *pulDigestLen)
{
	struct ck_operation *op = session->operations[CK_OP_DIGEST];
	CK_RV rv;

	if (!op)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (!pulDigestLen || (!pData && ulDataLen))
		return end(session, CKR_ARGUMENTS_BAD);
	if (op->updated)
		return end(session, CKR_OPERATION_ACTIVE);
	if (length_only(op, pDigest, pulDigestLen, &rv))
		return rv;
	return finish(session, pData, ulDataLen, pDigest, pulDigestLen);
}

CK_RV ck_DigestUpdate(struct ck_session *session, CK_BYTE *pPart, CK_ULONG ulPartLen)
{
	struct ck_operation *op = session->operations[CK_OP_DIGEST];

	if (!op)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (!pPart && ulPartLen)
		return end(session, CKR_ARGUMENTS_BAD);
	op->updated = true;
	return ck_operation_feed(session, CK_OP_DIGEST, feed, pPart, ulPartLen);
}

CK_RV ck_DigestFinal(struct ck_session *session, CK_BYTE *pDigest, CK_ULONG *pulDigestLen)
{
	struct ck_operation *op = session->operations[CK_OP_DIGEST];
	CK_RV rv;

	if (!op)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (!pulDigestLen)
		return end(session, CKR_ARGUMENTS_BAD);
	if (length_only(op, pDigest, pulDigestLen, &rv))
		return rv;
	return finish(session, NULL, 0, pDigest, pulDigestLen);
}
