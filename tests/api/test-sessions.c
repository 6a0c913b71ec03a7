/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include "lib/check.h"

/* Sessions: their states, what each may do, and what logging out and closing takes along. */

enum { MORE_THAN_THE_LIMIT = 20000, ENOUGH = 1000 };

static void states(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE read_write = api_session(slot, true), read_only = api_session(slot, false), later;
	CK_SESSION_INFO info;

	CHECK_EQ(p11->C_GetSessionInfo(read_only, &info), CKR_OK);
	CHECK_EQ(info.slotID, slot);
	CHECK_EQ(info.flags, CKF_SERIAL_SESSION);
	CHECK_EQ(info.state, CKS_RO_PUBLIC_SESSION);
	CHECK_EQ(p11->C_GetSessionInfo(read_write, &info), CKR_OK);
	CHECK_EQ(info.flags, CKF_SERIAL_SESSION | CKF_RW_SESSION);
	CHECK_EQ(info.state, CKS_RW_PUBLIC_SESSION);
	/* A login is the application's, in all its sessions, those to come too. */
	CHECK_EQ(api_login(read_only, CKU_USER, API_PIN), CKR_OK);
	CHECK_EQ(api_state(read_only), CKS_RO_USER_FUNCTIONS);
	CHECK_EQ(api_state(read_write), CKS_RW_USER_FUNCTIONS);
	later = api_session(slot, true);
	CHECK_EQ(api_state(later), CKS_RW_USER_FUNCTIONS);
	CHECK_EQ(api_login(later, CKU_USER, API_PIN), CKR_USER_ALREADY_LOGGED_IN);
	CHECK_EQ(p11->C_Logout(later), CKR_OK);
	CHECK_EQ(api_state(read_only), CKS_RO_PUBLIC_SESSION);
	CHECK_EQ(api_state(read_write), CKS_RW_PUBLIC_SESSION);
	CHECK_EQ(p11->C_Logout(read_only), CKR_USER_NOT_LOGGED_IN);
	/* The SO never stands beside a read-only session. */
	CHECK_EQ(api_login(read_write, CKU_SO, API_SO_PIN), CKR_SESSION_READ_ONLY_EXISTS);
	CHECK_EQ(p11->C_CloseSession(read_only), CKR_OK);
	CHECK_EQ(api_login(read_write, CKU_SO, API_SO_PIN), CKR_OK);
	CHECK_EQ(api_state(later), CKS_RW_SO_FUNCTIONS);
	CHECK_EQ(p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &read_only), CKR_SESSION_READ_WRITE_SO_EXISTS);
	CHECK_EQ(p11->C_CloseAllSessions(slot), CKR_OK);
	CHECK_EQ(p11->C_OpenSession(slot, CKF_RW_SESSION, NULL, NULL, &later), CKR_SESSION_PARALLEL_NOT_SUPPORTED);
}

/* C_LoginUser without a name is C_Login. The token knows its users by their type; whoever has a name is none of them. */
static void logging_in_by_name(CK_SLOT_ID slot)
{
	static CK_UTF8CHAR name[] = "hong", pin[] = API_PIN, wrong[] = API_WRONG_PIN, so_pin[] = API_SO_PIN;
	CK_SESSION_HANDLE session = api_session(slot, true);
	CK_ULONG len = sizeof pin - 1;

	CHECK_EQ(p11_3->C_LoginUser(session, CKU_USER, pin, len, name, sizeof name - 1), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11_3->C_LoginUser(session, CKU_USER, wrong, len, name, sizeof name - 1), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11_3->C_LoginUser(session, CKU_USER, pin, len, NULL, 4), CKR_ARGUMENTS_BAD);
	/* No PIN was looked at. */
	CHECK_EQ(api_tries_flags(slot), 0);
	CHECK_EQ(api_state(session), CKS_RW_PUBLIC_SESSION);
	CHECK_EQ(p11_3->C_LoginUser(session, CKU_USER, wrong, len, NULL, 0), CKR_PIN_INCORRECT);
	CHECK_EQ(api_tries_flags(slot), CKF_USER_PIN_COUNT_LOW);
	CHECK_EQ(p11_3->C_LoginUser(session, CKU_USER, pin, len, NULL, 0), CKR_OK);
	CHECK_EQ(api_tries_flags(slot), 0);
	CHECK_EQ(api_state(session), CKS_RW_USER_FUNCTIONS);
	CHECK_EQ(p11_3->C_LoginUser(session, CKU_USER, pin, len, NULL, 0), CKR_USER_ALREADY_LOGGED_IN);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_USER_ALREADY_LOGGED_IN);
	CHECK_EQ(p11_3->C_LoginUser(session, CKU_SO, so_pin, sizeof so_pin - 1, NULL, 0), CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
	CHECK_EQ(p11_3->C_LoginUser(session, 3, pin, len, NULL, 0), CKR_USER_TYPE_INVALID);
	CHECK_EQ(p11->C_Logout(session), CKR_OK);
	/* An empty name is no name. */
	CHECK_EQ(p11_3->C_LoginUser(session, CKU_SO, so_pin, sizeof so_pin - 1, name, 0), CKR_OK);
	CHECK_EQ(api_state(session), CKS_RW_SO_FUNCTIONS);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

static void no_session_no_login(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE one = api_session(slot, true), two = api_session(slot, true);

	CHECK_EQ(api_login(one, CKU_USER, API_PIN), CKR_OK);
	CHECK_EQ(p11->C_CloseSession(one), CKR_OK);
	CHECK_EQ(api_state(two), CKS_RW_USER_FUNCTIONS);
	CHECK_EQ(p11->C_CloseSession(two), CKR_OK);
	one = api_session(slot, true);
	CHECK_EQ(api_state(one), CKS_RW_PUBLIC_SESSION);
	CHECK_EQ(api_login(one, CKU_USER, API_PIN), CKR_OK);
	CHECK_EQ(p11->C_CloseAllSessions(slot), CKR_OK);
	one = api_session(slot, true);
	CHECK_EQ(api_state(one), CKS_RW_PUBLIC_SESSION);
	CHECK_EQ(p11->C_CloseSession(one), CKR_OK);
}

/* A login, its sessions and C_CloseAllSessions concern one token. */
static void tokens_are_apart(CK_SLOT_ID slot)
{
	CK_SLOT_ID other_slot = api_token("other");
	CK_SESSION_HANDLE mine = api_session(slot, true), other = api_session(other_slot, true);
	CK_OBJECT_HANDLE object;
	CK_ULONG size;

	CHECK_EQ(api_login(mine, CKU_USER, API_PIN), CKR_OK);
	CHECK_EQ(api_state(other), CKS_RW_PUBLIC_SESSION);
	CHECK_EQ(api_login(other, CKU_SO, API_SO_PIN), CKR_OK);
	CHECK_EQ(api_state(mine), CKS_RW_USER_FUNCTIONS);
	CHECK_EQ(api_data(mine, false, false, "mine", &object), CKR_OK);
	CHECK_EQ(p11->C_GetObjectSize(other, object, &size), CKR_OBJECT_HANDLE_INVALID);
	CHECK_EQ(api_count_label(other, "mine"), 0);
	CHECK_EQ(p11->C_CloseAllSessions(other_slot), CKR_OK);
	CHECK_EQ(p11->C_Logout(other), CKR_SESSION_HANDLE_INVALID);
	CHECK_EQ(api_state(mine), CKS_RW_USER_FUNCTIONS);
	CHECK_EQ(p11->C_CloseAllSessions(slot), CKR_OK);
}

static CK_RV generate_on_token(CK_SESSION_HANDLE session)
{
	CK_MECHANISM mechanism = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
	CK_ATTRIBUTE public[] = {ATTRIBUTE_OF(CKA_TOKEN, api_yes), ATTRIBUTE_OF(CKA_EC_PARAMS, api_p256)};
	CK_ATTRIBUTE private[] = {ATTRIBUTE_OF(CKA_TOKEN, api_yes)};
	CK_OBJECT_HANDLE keys[2];

	return p11->C_GenerateKeyPair(session, &mechanism, public, 2, private, 1, &keys[0], &keys[1]);
}

/* Table "access to different types of objects by different types of sessions". */
static void what_each_state_may_do(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE read_write = api_session(slot, true), read_only = api_session(slot, false);
	CK_ATTRIBUTE label = ATTRIBUTE_TEXT(CKA_LABEL, "renamed");
	CK_OBJECT_HANDLE on_token, object;

	CHECK_EQ(api_data(read_write, true, false, "public token", &on_token), CKR_OK);
	CHECK_EQ(api_data(read_write, false, false, "public session", &object), CKR_OK);
	CHECK_EQ(api_data(read_write, true, true, "private token", &object), CKR_USER_NOT_LOGGED_IN);
	CHECK_EQ(api_data(read_write, false, true, "private session", &object), CKR_USER_NOT_LOGGED_IN);
	CHECK_EQ(api_data(read_only, true, false, "public token", &object), CKR_SESSION_READ_ONLY);
	CHECK_EQ(api_data(read_only, false, false, "public session", &object), CKR_OK);
	CHECK_EQ(p11->C_SetAttributeValue(read_only, object, &label, 1), CKR_OK);
	CHECK_EQ(p11->C_DestroyObject(read_only, object), CKR_OK);
	CHECK_EQ(generate_on_token(read_write), CKR_USER_NOT_LOGGED_IN);
	CHECK_EQ(api_login(read_write, CKU_USER, API_PIN), CKR_OK);
	CHECK_EQ(p11->C_SetAttributeValue(read_only, on_token, &label, 1), CKR_SESSION_READ_ONLY);
	CHECK_EQ(p11->C_DestroyObject(read_only, on_token), CKR_SESSION_READ_ONLY);
	CHECK_EQ(generate_on_token(read_only), CKR_SESSION_READ_ONLY);
	CHECK_EQ(api_data(read_only, true, true, "private token", &object), CKR_SESSION_READ_ONLY);
	CHECK_EQ(api_data(read_only, false, true, "private session", &object), CKR_OK);
	CHECK_EQ(generate_on_token(read_write), CKR_OK);
	CHECK_EQ(p11->C_CloseAllSessions(slot), CKR_OK);
	read_write = api_session(slot, true);
	CHECK_EQ(api_login(read_write, CKU_SO, API_SO_PIN), CKR_OK);
	CHECK_EQ(api_data(read_write, true, false, "by the SO", &object), CKR_OK);
	CHECK_EQ(api_data(read_write, true, true, "by the SO", &object), CKR_USER_NOT_LOGGED_IN);
	CHECK_EQ(api_data(read_write, false, true, "by the SO", &object), CKR_USER_NOT_LOGGED_IN);
	CHECK_EQ(p11->C_CloseAllSessions(slot), CKR_OK);
}

static void a_logout_takes_private_objects(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE session = api_session(slot, true), other = api_session(slot, false);
	CK_OBJECT_HANDLE public_session, private_session, private_token;
	CK_ULONG size;

	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_OK);
	CHECK_EQ(api_data(session, false, false, "stays", &public_session), CKR_OK);
	CHECK_EQ(api_data(session, false, true, "goes", &private_session), CKR_OK);
	CHECK_EQ(api_data(session, true, true, "hides", &private_token), CKR_OK);
	CHECK_EQ(api_count_label(other, "goes"), 1);
	CHECK_EQ(p11->C_Logout(other), CKR_OK);
	CHECK_EQ(p11->C_GetObjectSize(session, public_session, &size), CKR_OK);
	CHECK_EQ(p11->C_GetObjectSize(session, private_session, &size), CKR_OBJECT_HANDLE_INVALID);
	CHECK_EQ(p11->C_GetObjectSize(session, private_token, &size), CKR_OBJECT_HANDLE_INVALID);
	CHECK_EQ(api_count_label(session, "hides"), 0);
	/* Handles stay invalid after the next login; the token's object is found again under another. */
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_OK);
	CHECK_EQ(p11->C_GetObjectSize(session, private_session, &size), CKR_OBJECT_HANDLE_INVALID);
	CHECK_EQ(p11->C_GetObjectSize(session, private_token, &size), CKR_OBJECT_HANDLE_INVALID);
	CHECK_EQ(api_count_label(session, "goes"), 0);
	CHECK_EQ(api_count_label(session, "hides"), 1);
	CHECK_EQ(p11->C_CloseAllSessions(slot), CKR_OK);
}

static void objects_live_as_long_as_their_session(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE owner = api_session(slot, false), other = api_session(slot, false);
	CK_OBJECT_HANDLE object;
	CK_ULONG size;

	CHECK_EQ(api_data(owner, false, false, "short-lived", &object), CKR_OK);
	CHECK_EQ(api_count_label(other, "short-lived"), 1);
	CHECK_EQ(p11->C_GetObjectSize(other, object, &size), CKR_OK);
	CHECK_EQ(p11->C_CloseSession(owner), CKR_OK);
	CHECK_EQ(api_count_label(other, "short-lived"), 0);
	CHECK_EQ(p11->C_GetObjectSize(other, object, &size), CKR_OBJECT_HANDLE_INVALID);
	CHECK_EQ(p11->C_CloseAllSessions(slot), CKR_OK);
}

static void handles_do_not_come_back(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE old = api_session(slot, true);
	CK_SESSION_INFO info;

	CHECK_EQ(p11->C_CloseSession(old), CKR_OK);
	CHECK_EQ(p11->C_CloseSession(old), CKR_SESSION_HANDLE_INVALID);
	for (int i = 0; i < 5; i++) {
		CK_SESSION_HANDLE fresh = api_session(slot, true);

		CHECK(fresh != old);
		CHECK_EQ(p11->C_GetSessionInfo(old, &info), CKR_SESSION_HANDLE_INVALID);
		CHECK_EQ(p11->C_CloseSession(fresh), CKR_OK);
	}
	old = api_session(slot, true);
	api_restart();
	CHECK_EQ(p11->C_GetSessionInfo(old, &info), CKR_SESSION_HANDLE_INVALID);
}

static int compare(const void *a, const void *b)
{
	CK_SESSION_HANDLE x = *(const CK_SESSION_HANDLE *)a, y = *(const CK_SESSION_HANDLE *)b;

	return x < y ? -1 : x > y;
}

static void many_sessions(CK_SLOT_ID slot)
{
	static CK_SESSION_HANDLE all[MORE_THAN_THE_LIMIT];
	CK_TOKEN_INFO info;
	size_t n = 0;
	CK_RV rv = CKR_OK;

	while (n < COUNT(all) && (rv = p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &all[n])) == CKR_OK)
		n++;
	CHECK_EQ(rv, CKR_SESSION_COUNT);
	CHECK(n >= ENOUGH);
	CHECK_EQ(p11->C_GetTokenInfo(slot, &info), CKR_OK);
	CHECK_EQ(info.ulSessionCount, n);
	CHECK_EQ(info.ulRwSessionCount, 0);
	qsort(all, n, sizeof *all, compare);
	for (size_t i = 1; i < n; i++)
		CHECK(all[i] != all[i - 1]);
	/* One closed makes room for one. */
	CHECK_EQ(p11->C_CloseSession(all[n / 2]), CKR_OK);
	all[n / 2] = api_session(slot, true);
	CHECK_EQ(p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &all[0]), CKR_SESSION_COUNT);
	CHECK_EQ(p11->C_CloseAllSessions(slot), CKR_OK);
	CHECK_EQ(p11->C_CloseSession(api_session(slot, true)), CKR_OK);
}

int main(void)
{
	CK_SLOT_ID slot;

	api_open("");
	api_initialize();
	slot = api_token("sessions");
	states(slot);
	logging_in_by_name(slot);
	no_session_no_login(slot);
	tokens_are_apart(slot);
	what_each_state_may_do(slot);
	a_logout_takes_private_objects(slot);
	objects_live_as_long_as_their_session(slot);
	handles_do_not_come_back(slot);
	many_sessions(slot);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
