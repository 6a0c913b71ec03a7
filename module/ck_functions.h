/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_CK_FUNCTIONS_H
#define SINBUN_CK_FUNCTIONS_H

#include "ck_state.h"

/* The handlers ck_Name, which the wrappers of api.c call. A SESSION row's handler gets the session for the handle.
 * Everything else about a function (its parameters' meaning, its codes) is the standard's chapter of that name. */
struct CK_FUNCTION_LIST;

CK_RV ck_Initialize(void *pInitArgs);
CK_RV ck_Finalize(void *pReserved);
CK_RV ck_GetInfo(CK_INFO *pInfo);
CK_RV ck_GetFunctionList(struct CK_FUNCTION_LIST **ppFunctionList);
CK_RV ck_GetSlotList(CK_BBOOL tokenPresent, CK_SLOT_ID *pSlotList, CK_ULONG *pulCount);
CK_RV ck_GetSlotInfo(CK_SLOT_ID slotID, CK_SLOT_INFO *pInfo);
CK_RV ck_GetTokenInfo(CK_SLOT_ID slotID, CK_TOKEN_INFO *pInfo);
CK_RV ck_GetMechanismList(CK_SLOT_ID slotID, CK_MECHANISM_TYPE *pMechanismList, CK_ULONG *pulCount);
CK_RV ck_GetMechanismInfo(CK_SLOT_ID slotID, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *pInfo);
CK_RV ck_InitToken(CK_SLOT_ID slotID, CK_UTF8CHAR *pPin, CK_ULONG ulPinLen, CK_UTF8CHAR *pLabel);
CK_RV ck_InitPIN(struct ck_session *session, CK_UTF8CHAR *pPin, CK_ULONG ulPinLen);
CK_RV ck_SetPIN(struct ck_session *session, CK_UTF8CHAR *pOldPin, CK_ULONG ulOldLen, CK_UTF8CHAR *pNewPin, CK_ULONG ulNewLen);
CK_RV ck_OpenSession(CK_SLOT_ID slotID, CK_FLAGS flags, void *pApplication, CK_NOTIFY Notify, CK_SESSION_HANDLE *phSession);
CK_RV ck_CloseSession(struct ck_session *session);
CK_RV ck_CloseAllSessions(CK_SLOT_ID slotID);
CK_RV ck_GetSessionInfo(struct ck_session *session, CK_SESSION_INFO *pInfo);
CK_RV ck_GetOperationState(struct ck_session *session, CK_BYTE *pOperationState, CK_ULONG *pulOperationStateLen);
CK_RV ck_SetOperationState(struct ck_session *session, CK_BYTE *pOperationState, CK_ULONG ulOperationStateLen,
	CK_OBJECT_HANDLE hEncryptionKey, CK_OBJECT_HANDLE hAuthenticationKey);
CK_RV ck_Login(struct ck_session *session, CK_USER_TYPE userType, CK_UTF8CHAR *pPin, CK_ULONG ulPinLen);
CK_RV ck_Logout(struct ck_session *session);
CK_RV ck_CreateObject(struct ck_session *session, CK_ATTRIBUTE *pTemplate, CK_ULONG ulCount, CK_OBJECT_HANDLE *phObject);
CK_RV ck_CopyObject(struct ck_session *session, CK_OBJECT_HANDLE hObject, CK_ATTRIBUTE *pTemplate, CK_ULONG ulCount,
	CK_OBJECT_HANDLE *phNewObject);
CK_RV ck_DestroyObject(struct ck_session *session, CK_OBJECT_HANDLE hObject);
CK_RV ck_GetObjectSize(struct ck_session *session, CK_OBJECT_HANDLE hObject, CK_ULONG *pulSize);
CK_RV ck_GetAttributeValue(struct ck_session *session, CK_OBJECT_HANDLE hObject, CK_ATTRIBUTE *pTemplate, CK_ULONG ulCount);
CK_RV ck_SetAttributeValue(struct ck_session *session, CK_OBJECT_HANDLE hObject, CK_ATTRIBUTE *pTemplate, CK_ULONG ulCount);
CK_RV ck_FindObjectsInit(struct ck_session *session, CK_ATTRIBUTE *pTemplate, CK_ULONG ulCount);
CK_RV ck_FindObjects(struct ck_session *session, CK_OBJECT_HANDLE *phObject, CK_ULONG ulMaxObjectCount, CK_ULONG *pulObjectCount);
CK_RV ck_FindObjectsFinal(struct ck_session *session);
CK_RV ck_DigestInit(struct ck_session *session, CK_MECHANISM *pMechanism);
CK_RV ck_Digest(struct ck_session *session, CK_BYTE *pData, CK_ULONG ulDataLen, CK_BYTE *pDigest, CK_ULONG *pulDigestLen);
CK_RV ck_DigestUpdate(struct ck_session *session, CK_BYTE *pPart, CK_ULONG ulPartLen);
CK_RV ck_DigestFinal(struct ck_session *session, CK_BYTE *pDigest, CK_ULONG *pulDigestLen);
CK_RV ck_SignInit(struct ck_session *session, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey);
CK_RV ck_Sign(struct ck_session *session, CK_BYTE *pData, CK_ULONG ulDataLen, CK_BYTE *pSignature, CK_ULONG *pulSignatureLen);
CK_RV ck_SignUpdate(struct ck_session *session, CK_BYTE *pPart, CK_ULONG ulPartLen);
CK_RV ck_SignFinal(struct ck_session *session, CK_BYTE *pSignature, CK_ULONG *pulSignatureLen);
CK_RV ck_VerifyInit(struct ck_session *session, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey);
CK_RV ck_Verify(struct ck_session *session, CK_BYTE *pData, CK_ULONG ulDataLen, CK_BYTE *pSignature, CK_ULONG ulSignatureLen);
CK_RV ck_VerifyUpdate(struct ck_session *session, CK_BYTE *pPart, CK_ULONG ulPartLen);
CK_RV ck_VerifyFinal(struct ck_session *session, CK_BYTE *pSignature, CK_ULONG ulSignatureLen);
CK_RV ck_GenerateKeyPair(struct ck_session *session, CK_MECHANISM *pMechanism, CK_ATTRIBUTE *pPublicKeyTemplate,
	CK_ULONG ulPublicKeyAttributeCount, CK_ATTRIBUTE *pPrivateKeyTemplate, CK_ULONG ulPrivateKeyAttributeCount,
	CK_OBJECT_HANDLE *phPublicKey, CK_OBJECT_HANDLE *phPrivateKey);
CK_RV ck_DeriveKey(struct ck_session *session, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hBaseKey, CK_ATTRIBUTE *pTemplate,
	CK_ULONG ulAttributeCount, CK_OBJECT_HANDLE *phKey);
CK_RV ck_SeedRandom(struct ck_session *session, CK_BYTE *pSeed, CK_ULONG ulSeedLen);
CK_RV ck_GenerateRandom(struct ck_session *session, CK_BYTE *pRandomData, CK_ULONG ulRandomLen);
CK_RV ck_WaitForSlotEvent(CK_FLAGS flags, CK_SLOT_ID *pSlot, void *pReserved);

/* --- 3.0 --- */
CK_RV ck_GetInterfaceList(CK_INTERFACE *pInterfacesList, CK_ULONG *pulCount);
CK_RV ck_GetInterface(CK_UTF8CHAR *pInterfaceName, CK_VERSION *pVersion, CK_INTERFACE **ppInterface, CK_FLAGS flags);
CK_RV ck_LoginUser(struct ck_session *session, CK_USER_TYPE userType, CK_UTF8CHAR *pPin, CK_ULONG ulPinLen, CK_UTF8CHAR *pUsername,
	CK_ULONG ulUsernameLen);
CK_RV ck_SessionCancel(struct ck_session *session, CK_FLAGS flags);
CK_RV ck_MessageSignInit(struct ck_session *session, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey);
CK_RV ck_SignMessage(struct ck_session *session, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pData, CK_ULONG ulDataLen,
	CK_BYTE *pSignature, CK_ULONG *pulSignatureLen);
CK_RV ck_SignMessageBegin(struct ck_session *session, void *pParameter, CK_ULONG ulParameterLen);
CK_RV ck_SignMessageNext(struct ck_session *session, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pData, CK_ULONG ulDataLen,
	CK_BYTE *pSignature, CK_ULONG *pulSignatureLen);
CK_RV ck_MessageSignFinal(struct ck_session *session);
CK_RV ck_MessageVerifyInit(struct ck_session *session, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey);
CK_RV ck_VerifyMessage(struct ck_session *session, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pData, CK_ULONG ulDataLen,
	CK_BYTE *pSignature, CK_ULONG ulSignatureLen);
CK_RV ck_VerifyMessageBegin(struct ck_session *session, void *pParameter, CK_ULONG ulParameterLen);
CK_RV ck_VerifyMessageNext(struct ck_session *session, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pData, CK_ULONG ulDataLen,
	CK_BYTE *pSignature, CK_ULONG ulSignatureLen);
CK_RV ck_MessageVerifyFinal(struct ck_session *session);

/* --- 3.2 --- */
CK_RV ck_VerifySignatureInit(struct ck_session *session, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey, CK_BYTE *pSignature,
	CK_ULONG ulSignatureLen);
CK_RV ck_VerifySignature(struct ck_session *session, CK_BYTE *pData, CK_ULONG ulDataLen);
CK_RV ck_VerifySignatureUpdate(struct ck_session *session, CK_BYTE *pPart, CK_ULONG ulPartLen);
CK_RV ck_VerifySignatureFinal(struct ck_session *session);
CK_RV ck_GetSessionValidationFlags(struct ck_session *session, CK_SESSION_VALIDATION_FLAGS_TYPE type, CK_FLAGS *pFlags);

#endif
