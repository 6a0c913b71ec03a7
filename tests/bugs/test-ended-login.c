/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"
#include "lib/check.h"

/* A login that another process ended by initialising the token anew left its signatures, its private session objects and its credit
 * behind: a signature with an erased key still came, and the next holder's session saw the last one's objects. */

static void the_token_is_made_anew(CK_SLOT_ID slot)
{
	char argument[32];

	snprintf(argument, sizeof argument, "%lu", slot);
	REQUIRE(api_run_again(argument) == 0);
}

static int make_anew(CK_SLOT_ID slot)
{
	CK_UTF8CHAR label[33];
	CK_SESSION_HANDLE session;

	api_open_again();
	api_initialize();
	snprintf((char *)label, sizeof label, "%-32s", "next");
	REQUIRE(p11->C_InitToken(slot, (CK_UTF8CHAR *)API_SO_PIN, strlen(API_SO_PIN), label) == CKR_OK);
	session = api_session(slot, true);
	REQUIRE(api_login(session, CKU_SO, API_SO_PIN) == CKR_OK);
	REQUIRE(p11->C_InitPIN(session, (CK_UTF8CHAR *)API_PIN, strlen(API_PIN)) == CKR_OK);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}

int main(int argc, char **argv)
{
	CK_MECHANISM mechanism = {CKM_ECDSA, NULL, 0};
	CK_BYTE hash[32] = {1}, signature[64];
	CK_ULONG len = sizeof signature, size;
	CK_SESSION_HANDLE session, second;
	CK_OBJECT_HANDLE object;
	CK_SLOT_ID slot;

	if (argc > 1)
		return make_anew(strtoul(argv[1], NULL, 10));
	api_open("");
	session = api_ready(&slot);
	REQUIRE(p11->C_SignInit(session, &mechanism, api_generate(session, true, 1, false).private) == CKR_OK);
	REQUIRE(api_data(session, false, true, "of the last holder", &object) == CKR_OK);
	the_token_is_made_anew(slot);
	CHECK_EQ(api_token_flags(slot) & CKF_ERROR_STATE, 0); /* sees what happened */
	CHECK_EQ(p11->C_Sign(session, hash, sizeof hash, signature, &len), CKR_OPERATION_NOT_INITIALIZED);
	/* Through a session of the time before, and through a new one. */
	second = api_session(slot, true);
	REQUIRE(api_login(second, CKU_USER, API_PIN) == CKR_OK);
	CHECK_EQ(api_count_label(second, "of the last holder"), 0);
	CHECK_EQ(api_count_label(session, "of the last holder"), 0);
	CHECK_EQ(p11->C_GetObjectSize(session, object, &size), CKR_OBJECT_HANDLE_INVALID);

	/* Nobody looked between the end of the old login and the new one: C_Login itself finds out. */
	REQUIRE(api_data(session, false, true, "of the last holder", &object) == CKR_OK);
	the_token_is_made_anew(slot);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_OK);
	CHECK_EQ(api_count_label(session, "of the last holder"), 0);
	/* A login does not end what needs none. */
	CHECK_EQ(p11->C_Logout(session), CKR_OK);
	CHECK_EQ(p11->C_FindObjectsInit(second, NULL, 0), CKR_OK);
	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	CHECK_EQ(p11->C_FindObjectsFinal(second), CKR_OK);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
