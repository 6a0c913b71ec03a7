/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"
#include "lib/check.h"

/* A wrong PIN after a right one left the signature authorised: whoever sat down at the device in between could sign with the other's PIN. */

static CK_MECHANISM mechanism = {CKM_ECDSA_SHA256, NULL, 0};

static CK_RV finish(CK_SESSION_HANDLE session)
{
	CK_BYTE text[] = "text", signature[64];
	CK_ULONG len = sizeof signature;

	return p11->C_Sign(session, text, 4, signature, &len);
}

static const struct CK_FUNCTION_LIST_3_0 *list_300(void)
{
	CK_RV (*get)(CK_CHAR *name, CK_VERSION *version, CK_INTERFACE **interface, CK_FLAGS flags);
	CK_INTERFACE *interface;

	*(void **)&get = api_symbol("C_GetInterface");
	REQUIRE(get && get(NULL, &(CK_VERSION){3, 0}, &interface, 0) == CKR_OK);
	return interface->pFunctionList;
}

static CK_RV start_messages(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
	return list_300()->C_MessageSignInit(session, &mechanism, key);
}

static CK_RV finish_messages(CK_SESSION_HANDLE session)
{
	CK_BYTE text[] = "text", signature[64];
	CK_ULONG len = sizeof signature;
	CK_RV rv = list_300()->C_SignMessage(session, NULL, 0, text, 4, signature, &len);

	list_300()->C_MessageSignFinal(session);
	return rv;
}

static CK_RV start(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
	return p11->C_SignInit(session, &mechanism, key);
}

static const struct {
	CK_RV (*start)(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key), (*finish)(CK_SESSION_HANDLE session);
} ways[] = {{start, finish}, {start_messages, finish_messages}};

int main(void)
{
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key;

	api_open("always-authenticate = strict\n");
	session = api_ready(NULL);
	key = api_generate(session, true, 1, true).private;
	for (size_t i = 0; i < COUNT(ways); i++) {
		REQUIRE(ways[i].start(session, key) == CKR_OK);
		CHECK_EQ(api_login(session, CKU_CONTEXT_SPECIFIC, API_PIN), CKR_OK);
		CHECK_EQ(api_login(session, CKU_CONTEXT_SPECIFIC, API_WRONG_PIN), CKR_PIN_INCORRECT);
		CHECK_EQ(ways[i].finish(session), CKR_USER_NOT_LOGGED_IN);
		/* The other way round it is good. */
		REQUIRE(ways[i].start(session, key) == CKR_OK);
		CHECK_EQ(api_login(session, CKU_CONTEXT_SPECIFIC, API_WRONG_PIN), CKR_PIN_INCORRECT);
		CHECK_EQ(api_login(session, CKU_CONTEXT_SPECIFIC, API_PIN), CKR_OK);
		CHECK_EQ(ways[i].finish(session), CKR_OK);
	}
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
