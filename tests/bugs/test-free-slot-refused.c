/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include <stdlib.h>
#include <string.h>

#include "lib/check.h"

/* systemd-cryptenroll --pkcs11-token-uri=list opens a session on every slot whose token can be asked about, whatever the slot's flags, and fails as a
 * whole where one cannot be had. The free slot refused one: then no token of this machine was listed, nobody else's either. */

static CK_SESSION_HANDLE visit(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE session = 0;

	CHECK_EQ(p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session), CKR_OK);
	return session;
}

static CK_RV make_token(CK_SLOT_ID slot)
{
	CK_UTF8CHAR label[33];

	snprintf((char *)label, sizeof label, "%-32s", "made");
	return p11->C_InitToken(slot, (CK_UTF8CHAR *)API_SO_PIN, strlen(API_SO_PIN), label);
}

static CK_ULONG sessions_of(CK_SLOT_ID slot)
{
	CK_TOKEN_INFO info;

	REQUIRE(p11->C_GetTokenInfo(slot, &info) == CKR_OK);
	return info.ulSessionCount;
}

static void nothing_is_found(CK_SESSION_HANDLE session)
{
	CK_OBJECT_HANDLE objects[4];
	CK_ULONG count = 4;

	CHECK_EQ(p11->C_FindObjectsInit(session, NULL, 0), CKR_OK);
	CHECK_EQ(p11->C_FindObjectsInit(session, NULL, 0), CKR_OPERATION_ACTIVE);
	CHECK_EQ(p11->C_FindObjects(session, objects, COUNT(objects), &count), CKR_OK);
	CHECK_EQ(count, 0);
	CHECK_EQ(p11->C_FindObjectsFinal(session), CKR_OK);
}

/* What needs a token is refused, and says that there is none. */
static void nothing_is_done(CK_SESSION_HANDLE session)
{
	CK_MECHANISM sha256 = {CKM_SHA256, NULL, 0};
	CK_ATTRIBUTE class = ATTRIBUTE(CKA_CLASS, NULL, 0);
	CK_BYTE byte;
	CK_ULONG len = 1;

	CHECK_EQ(p11->C_Login(session, CKU_USER, (CK_UTF8CHAR *)API_PIN, strlen(API_PIN)), CKR_TOKEN_NOT_RECOGNIZED);
	CHECK_EQ(p11->C_Login(session, CKU_SO, (CK_UTF8CHAR *)API_SO_PIN, strlen(API_SO_PIN)), CKR_TOKEN_NOT_RECOGNIZED);
	CHECK_EQ(p11->C_Logout(session), CKR_TOKEN_NOT_RECOGNIZED);
	CHECK_EQ(p11->C_InitPIN(session, (CK_UTF8CHAR *)API_PIN, strlen(API_PIN)), CKR_TOKEN_NOT_RECOGNIZED);
	CHECK_EQ(p11->C_GenerateRandom(session, &byte, 1), CKR_TOKEN_NOT_RECOGNIZED);
	CHECK_EQ(p11->C_DigestInit(session, &sha256), CKR_TOKEN_NOT_RECOGNIZED);
	CHECK_EQ(p11->C_GetAttributeValue(session, 1, &class, 1), CKR_TOKEN_NOT_RECOGNIZED);
	CHECK_EQ(p11->C_GetOperationState(session, &byte, &len), CKR_TOKEN_NOT_RECOGNIZED);
	CHECK_EQ(p11_3->C_SessionCancel(session, 0), CKR_OK);
}

static void the_free_slot_is_looked_at(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE session, second;
	CK_SESSION_INFO info;

	CHECK_EQ(p11->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session), CKR_TOKEN_NOT_RECOGNIZED);
	session = visit(slot);
	CHECK_EQ(p11->C_GetSessionInfo(session, &info), CKR_OK);
	CHECK_EQ(info.slotID, slot);
	CHECK_EQ(info.state, CKS_RO_PUBLIC_SESSION);
	CHECK_EQ(info.flags, CKF_SERIAL_SESSION);
	nothing_is_found(session);
	nothing_is_done(session);
	CHECK_EQ(sessions_of(slot), 1);
	second = visit(slot);
	CHECK_EQ(sessions_of(slot), 2);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
	CHECK_EQ(p11->C_CloseSession(session), CKR_SESSION_HANDLE_INVALID);
	/* No token is made under somebody who looks. */
	CHECK_EQ(make_token(slot), CKR_SESSION_EXISTS);
	CHECK_EQ(p11->C_CloseAllSessions(slot), CKR_OK);
	CHECK_EQ(p11->C_CloseSession(second), CKR_SESSION_HANDLE_INVALID);
	CHECK_EQ(sessions_of(slot), 0);
}

static int make_elsewhere(CK_SLOT_ID slot)
{
	api_open_again();
	api_initialize();
	CHECK_EQ(make_token(slot), CKR_OK);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}

/* Another process makes a token there: who looked before sees an empty slot still, and the token's sessions are others. */
static void a_token_is_made_meanwhile(void)
{
	CK_SLOT_ID slot = api_free_slot(), list[8];
	CK_SESSION_HANDLE before = visit(slot), after;
	CK_ULONG count = COUNT(list);
	char argument[32];

	snprintf(argument, sizeof argument, "%lu", slot);
	REQUIRE(api_run_again(argument) == 0);
	CHECK_EQ(p11->C_GetSlotList(CK_TRUE, list, &count), CKR_OK);
	after = visit(slot);
	CHECK_EQ(sessions_of(slot), 1);
	nothing_is_found(before);
	nothing_is_done(before);
	CHECK_EQ(p11->C_CloseSession(before), CKR_OK);
	CHECK_EQ(p11->C_CloseSession(after), CKR_OK);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return make_elsewhere(strtoul(argv[1], NULL, 10));
	api_open("");
	api_initialize();
	the_free_slot_is_looked_at(api_free_slot());
	api_token("beside");
	the_free_slot_is_looked_at(api_free_slot());
	a_token_is_made_meanwhile();
	visit(api_free_slot());
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
