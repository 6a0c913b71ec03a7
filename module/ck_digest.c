/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "ck_functions.h"

/* Digests. */

CK_RV ck_DigestInit(struct ck_session *session, CK_MECHANISM *pMechanism)
{
	return ck_operation_init(session, CK_OP_DIGEST, pMechanism, CK_INVALID_HANDLE);
}

CK_RV ck_Digest(struct ck_session *session, CK_BYTE *pData, CK_ULONG ulDataLen, CK_BYTE *pDigest, CK_ULONG *pulDigestLen)
{
	if (ck_operation_parts_came(session, CK_OP_DIGEST))
		return ck_operation_end(session, CK_OP_DIGEST, CKR_OPERATION_ACTIVE);
	return ck_operation_produce(session, CK_OP_DIGEST, pData, ulDataLen, pDigest, pulDigestLen);
}

CK_RV ck_DigestUpdate(struct ck_session *session, CK_BYTE *pPart, CK_ULONG ulPartLen)
{
	return ck_operation_update(session, CK_OP_DIGEST, pPart, ulPartLen);
}

CK_RV ck_DigestFinal(struct ck_session *session, CK_BYTE *pDigest, CK_ULONG *pulDigestLen)
{
	return ck_operation_produce(session, CK_OP_DIGEST, NULL, 0, pDigest, pulDigestLen);
}
