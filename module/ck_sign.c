/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "base/error.h"
#include "ck_functions.h"

/* Signing and verifying, in the three orders of the standard: C_Sign*, C_Verify*, C_VerifySignature*. ck_operation.c does the work. */

CK_RV ck_SignInit(struct ck_session *session, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey)
{
	return ck_operation_init(session, CK_OP_SIGN, pMechanism, hKey);
}

CK_RV ck_Sign(struct ck_session *session, CK_BYTE *pData, CK_ULONG ulDataLen, CK_BYTE *pSignature, CK_ULONG *pulSignatureLen)
{
	if (ck_operation_parts_came(session, CK_OP_SIGN))
		return ck_operation_end(session, CK_OP_SIGN, CKR_OPERATION_ACTIVE);
	return ck_operation_produce(session, CK_OP_SIGN, pData, ulDataLen, pSignature, pulSignatureLen);
}

CK_RV ck_SignUpdate(struct ck_session *session, CK_BYTE *pPart, CK_ULONG ulPartLen)
{
	return ck_operation_update(session, CK_OP_SIGN, pPart, ulPartLen);
}

CK_RV ck_SignFinal(struct ck_session *session, CK_BYTE *pSignature, CK_ULONG *pulSignatureLen)
{
	return ck_operation_produce(session, CK_OP_SIGN, NULL, 0, pSignature, pulSignatureLen);
}

CK_RV ck_VerifyInit(struct ck_session *session, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey)
{
	return ck_operation_init(session, CK_OP_VERIFY, pMechanism, hKey);
}

CK_RV ck_Verify(struct ck_session *session, CK_BYTE *pData, CK_ULONG ulDataLen, CK_BYTE *pSignature, CK_ULONG ulSignatureLen)
{
	if (ck_operation_parts_came(session, CK_OP_VERIFY))
		return ck_operation_end(session, CK_OP_VERIFY, CKR_OPERATION_ACTIVE);
	return ck_operation_verify(session, CK_OP_VERIFY, pData, ulDataLen, sb_slice(pSignature, ulSignatureLen));
}

CK_RV ck_VerifyUpdate(struct ck_session *session, CK_BYTE *pPart, CK_ULONG ulPartLen)
{
	return ck_operation_update(session, CK_OP_VERIFY, pPart, ulPartLen);
}

CK_RV ck_VerifyFinal(struct ck_session *session, CK_BYTE *pSignature, CK_ULONG ulSignatureLen)
{
	return ck_operation_verify(session, CK_OP_VERIFY, NULL, 0, sb_slice(pSignature, ulSignatureLen));
}

CK_RV ck_VerifySignatureInit(struct ck_session *session, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey, CK_BYTE *pSignature,
	CK_ULONG ulSignatureLen)
{
	struct ck_operation *op;
	size_t size;
	CK_RV rv;

	if (pMechanism && !pSignature)
		return CKR_ARGUMENTS_BAD;
	rv = ck_operation_init(session, CK_OP_VERIFY_SIGNATURE, pMechanism, hKey);
	op = session->operations[CK_OP_VERIFY_SIGNATURE];
	if (rv != CKR_OK || !op)
		return rv;
	/* A wrong length is told with the verdict, so one byte too many is all that need be known of a longer one. */
	size = sb_pkey_signature_size(op->key);
	if (sb_bytes_append(&op->signature, pSignature, ulSignatureLen > size ? size + 1 : ulSignatureLen) != SB_OK)
		return ck_operation_end(session, CK_OP_VERIFY_SIGNATURE, CKR_HOST_MEMORY);
	return CKR_OK;
}

/* The signature given at the start, with which the operation ends. */
static struct sb_slice kept_signature(const struct ck_session *session)
{
	const struct ck_operation *op = session->operations[CK_OP_VERIFY_SIGNATURE];

	return op && op->signature.len ? sb_bytes_slice(&op->signature) : sb_slice("", 0);
}

CK_RV ck_VerifySignature(struct ck_session *session, CK_BYTE *pData, CK_ULONG ulDataLen)
{
	if (ck_operation_parts_came(session, CK_OP_VERIFY_SIGNATURE))
		return ck_operation_end(session, CK_OP_VERIFY_SIGNATURE, CKR_OPERATION_ACTIVE);
	return ck_operation_verify(session, CK_OP_VERIFY_SIGNATURE, pData, ulDataLen, kept_signature(session));
}

CK_RV ck_VerifySignatureUpdate(struct ck_session *session, CK_BYTE *pPart, CK_ULONG ulPartLen)
{
	return ck_operation_update(session, CK_OP_VERIFY_SIGNATURE, pPart, ulPartLen);
}

CK_RV ck_VerifySignatureFinal(struct ck_session *session)
{
	return ck_operation_verify(session, CK_OP_VERIFY_SIGNATURE, NULL, 0, kept_signature(session));
}
