/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "ck_functions.h"

/* Message-based signing and verifying (PKCS#11 3.0): one initialisation, any number of messages. ECDSA has no parameter of its own for a
 * message, so that pParameter is empty always. */

CK_RV ck_MessageSignInit(struct ck_session *session, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey)
{
	return ck_operation_init(session, CK_OP_MESSAGE_SIGN, pMechanism, hKey);
}

CK_RV ck_MessageVerifyInit(struct ck_session *session, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey)
{
	return ck_operation_init(session, CK_OP_MESSAGE_VERIFY, pMechanism, hKey);
}

/* The operation, where what the caller is about to do fits its state. in_message: between Begin and the last part. */
static CK_RV expect(struct ck_session *session, enum ck_operation_kind kind, bool in_message, const void *parameter, CK_ULONG len)
{
	struct ck_operation *op = session->operations[kind];

	if (!op)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (op->in_message != in_message)
		return in_message ? CKR_OPERATION_NOT_INITIALIZED : CKR_OPERATION_ACTIVE;
	return parameter || len ? ck_operation_fail(session, kind, CKR_ARGUMENTS_BAD) : CKR_OK;
}

static CK_RV begin_message(struct ck_session *session, enum ck_operation_kind kind, const void *parameter, CK_ULONG len)
{
	CK_RV rv = expect(session, kind, false, parameter, len);

	if (rv != CKR_OK)
		return rv;
	/* Messages in parts are for mechanisms that hash them. */
	if (!session->operations[kind]->digest)
		return CKR_MECHANISM_INVALID;
	session->operations[kind]->in_message = true;
	return CKR_OK;
}

static CK_RV end_messages(struct ck_session *session, enum ck_operation_kind kind)
{
	return session->operations[kind] ? ck_operation_end(session, kind, CKR_OK) : CKR_OPERATION_NOT_INITIALIZED;
}

CK_RV ck_SignMessage(struct ck_session *session, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pData, CK_ULONG ulDataLen,
	CK_BYTE *pSignature, CK_ULONG *pulSignatureLen)
{
	CK_RV rv = expect(session, CK_OP_MESSAGE_SIGN, false, pParameter, ulParameterLen);

	if (rv != CKR_OK)
		return rv;
	return ck_operation_produce(session, CK_OP_MESSAGE_SIGN, pData, ulDataLen, pSignature, pulSignatureLen);
}

CK_RV ck_SignMessageBegin(struct ck_session *session, void *pParameter, CK_ULONG ulParameterLen)
{
	return begin_message(session, CK_OP_MESSAGE_SIGN, pParameter, ulParameterLen);
}

/* Without a place for the length there is more to come. */
CK_RV ck_SignMessageNext(struct ck_session *session, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pData, CK_ULONG ulDataLen,
	CK_BYTE *pSignature, CK_ULONG *pulSignatureLen)
{
	CK_RV rv = expect(session, CK_OP_MESSAGE_SIGN, true, pParameter, ulParameterLen);

	if (rv != CKR_OK)
		return rv;
	if (!pulSignatureLen)
		return ck_operation_update(session, CK_OP_MESSAGE_SIGN, pData, ulDataLen);
	return ck_operation_produce(session, CK_OP_MESSAGE_SIGN, pData, ulDataLen, pSignature, pulSignatureLen);
}

CK_RV ck_MessageSignFinal(struct ck_session *session)
{
	return end_messages(session, CK_OP_MESSAGE_SIGN);
}

CK_RV ck_VerifyMessage(struct ck_session *session, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pData, CK_ULONG ulDataLen,
	CK_BYTE *pSignature, CK_ULONG ulSignatureLen)
{
	CK_RV rv = expect(session, CK_OP_MESSAGE_VERIFY, false, pParameter, ulParameterLen);

	if (rv != CKR_OK)
		return rv;
	return ck_operation_verify(session, CK_OP_MESSAGE_VERIFY, pData, ulDataLen, sb_slice(pSignature, ulSignatureLen));
}

CK_RV ck_VerifyMessageBegin(struct ck_session *session, void *pParameter, CK_ULONG ulParameterLen)
{
	return begin_message(session, CK_OP_MESSAGE_VERIFY, pParameter, ulParameterLen);
}

/* Without a signature there is more to come. */
CK_RV ck_VerifyMessageNext(struct ck_session *session, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pData, CK_ULONG ulDataLen,
	CK_BYTE *pSignature, CK_ULONG ulSignatureLen)
{
	CK_RV rv = expect(session, CK_OP_MESSAGE_VERIFY, true, pParameter, ulParameterLen);

	if (rv != CKR_OK)
		return rv;
	if (!pSignature)
		return ck_operation_update(session, CK_OP_MESSAGE_VERIFY, pData, ulDataLen);
	return ck_operation_verify(session, CK_OP_MESSAGE_VERIFY, pData, ulDataLen, sb_slice(pSignature, ulSignatureLen));
}

CK_RV ck_MessageVerifyFinal(struct ck_session *session)
{
	return end_messages(session, CK_OP_MESSAGE_VERIFY);
}
