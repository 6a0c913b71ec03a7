/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"
#include "lib/check.h"
#include "sinbun-pkcs11.h"

/* The SO's session of before went on acting on the token after another process had initialised it anew: it wrapped the old key for the
 * new holder, sealed a birth date that nobody could read, and removed what was no longer its own. */

#define NEXT_SO_PIN "87654321"
#define NEXT_PIN "837261"

static CK_RV init_pin(CK_SESSION_HANDLE session, const char *pin)
{
	return p11->C_InitPIN(session, (CK_UTF8CHAR *)pin, strlen(pin));
}

/* The other process: a new token, a new PUK, and a new PIN where with_pin says so. */
static int take_over(CK_SLOT_ID slot, bool with_pin)
{
	CK_UTF8CHAR label[33];
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE object;

	api_open_again();
	api_initialize();
	snprintf((char *)label, sizeof label, "%-32s", "next");
	REQUIRE(p11->C_InitToken(slot, (CK_UTF8CHAR *)API_SO_PIN, strlen(API_SO_PIN), label) == CKR_OK);
	session = api_session(slot, true);
	REQUIRE(p11->C_Login(session, CKU_SO, (CK_UTF8CHAR *)API_SO_PIN, strlen(API_SO_PIN)) == CKR_OK);
	REQUIRE(p11->C_SetPIN(session, (CK_UTF8CHAR *)API_SO_PIN, 8, (CK_UTF8CHAR *)NEXT_SO_PIN, 8) == CKR_OK);
	if (with_pin) {
		REQUIRE(init_pin(session, NEXT_PIN) == CKR_OK);
		REQUIRE(p11->C_Logout(session) == CKR_OK);
		REQUIRE(api_login(session, CKU_USER, NEXT_PIN) == CKR_OK);
		REQUIRE(api_data(session, true, true, "next", &object) == CKR_OK);
	}
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}

/* The new holder finds everything as it was left. */
static int look(CK_SLOT_ID slot, bool with_pin)
{
	CK_SESSION_HANDLE session;

	api_open_again();
	api_initialize();
	session = api_session(slot, true);
	if (!with_pin) {
		REQUIRE(api_login(session, CKU_SO, NEXT_SO_PIN) == CKR_OK);
		CHECK_EQ(init_pin(session, NEXT_PIN), CKR_OK);
		CHECK_EQ(p11->C_Logout(session), CKR_OK);
	}
	CHECK_EQ(api_login(session, CKU_USER, NEXT_PIN), CKR_OK);
	CHECK_EQ(api_count_label(session, "next"), with_pin);
	CHECK_EQ(api_token_flags(slot) & CKF_ERROR_STATE, 0);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}

static void other(const char *what, CK_SLOT_ID slot, bool with_pin)
{
	char argument[64];

	snprintf(argument, sizeof argument, "%s %lu %d", what, slot, with_pin);
	REQUIRE(api_run_again(argument) == 0);
}

static CK_RV stale_init_pin(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE status)
{
	(void)status;
	return init_pin(session, API_PIN);
}

static CK_RV stale_birth_date(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE status)
{
	static const CK_OBJECT_CLASS class = CKO_SINBUN_PIN_POLICY;
	CK_ATTRIBUTE template[] = {ATTRIBUTE_OF(CKA_CLASS, class), ATTRIBUTE_TEXT(CKA_SINBUN_BIRTH_DATE, "19900123")};

	return p11->C_CreateObject(session, template, COUNT(template), &status);
}

static CK_RV stale_removal(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE status)
{
	return p11->C_DestroyObject(session, status);
}

static CK_RV stale_puk(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE status)
{
	(void)status;
	return p11->C_SetPIN(session, (CK_UTF8CHAR *)API_SO_PIN, 8, (CK_UTF8CHAR *)"11112222", 8);
}

static void nothing_comes_of(CK_RV (*act)(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE status), bool with_pin, CK_RV answer)
{
	static const CK_OBJECT_CLASS class = CKO_SINBUN_TOKEN;
	CK_ATTRIBUTE match = ATTRIBUTE_OF(CKA_CLASS, class);
	CK_UTF8CHAR label[33];
	CK_SLOT_ID slot = api_free_slot();
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE status;

	snprintf((char *)label, sizeof label, "%-32s", "test");
	REQUIRE(p11->C_InitToken(slot, (CK_UTF8CHAR *)API_SO_PIN, strlen(API_SO_PIN), label) == CKR_OK);
	session = api_session(slot, true);
	REQUIRE(api_login(session, CKU_SO, API_SO_PIN) == CKR_OK);
	REQUIRE(api_find(session, &match, 1, &status, 1) == 1);
	other("take", slot, with_pin);
	CHECK_EQ(act(session, status), answer);
	other("look", slot, with_pin);
	CHECK_EQ(api_state(session), CKS_RW_PUBLIC_SESSION);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

int main(int argc, char **argv)
{
	CK_SLOT_ID slot;
	int with_pin;

	if (argc > 1 && sscanf(argv[1], "take %lu %d", &slot, &with_pin) == 2)
		return take_over(slot, with_pin);
	if (argc > 1 && sscanf(argv[1], "look %lu %d", &slot, &with_pin) == 2)
		return look(slot, with_pin);
	api_open("");
	api_initialize();
	nothing_comes_of(stale_init_pin, true, CKR_USER_NOT_LOGGED_IN);
	nothing_comes_of(stale_init_pin, false, CKR_USER_NOT_LOGGED_IN);
	nothing_comes_of(stale_birth_date, false, CKR_USER_NOT_LOGGED_IN);
	nothing_comes_of(stale_removal, true, CKR_USER_NOT_LOGGED_IN);
	nothing_comes_of(stale_puk, true, CKR_PIN_INCORRECT);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
