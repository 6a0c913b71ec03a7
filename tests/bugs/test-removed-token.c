/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <unistd.h>

#include "lib/api.h"
#include "lib/check.h"
#include "sinbun-pkcs11.h"

/* A token that another process took away still took logins and new keys: they went into a file that no longer had a name. And a key that was
 * logged in went on signing, for days in an agent. */

static int take_away(CK_SLOT_ID slot)
{
	static const CK_OBJECT_CLASS class = CKO_SINBUN_TOKEN;
	CK_ATTRIBUTE match = ATTRIBUTE_OF(CKA_CLASS, class);
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE status;

	api_open_again();
	api_initialize();
	session = api_session(slot, true);
	REQUIRE(api_login(session, CKU_SO, API_SO_PIN) == CKR_OK);
	REQUIRE(api_find(session, &match, 1, &status, 1) == 1);
	CHECK_EQ(p11->C_DestroyObject(session, status), CKR_OK);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}

static CK_RV create(CK_SESSION_HANDLE session)
{
	CK_OBJECT_HANDLE object;

	return api_data(session, true, true, "lost", &object);
}

static CK_RV create_public(CK_SESSION_HANDLE session)
{
	CK_OBJECT_HANDLE object;

	return api_data(session, true, false, "lost", &object);
}

static CK_RV set_pin(CK_SESSION_HANDLE session)
{
	return p11->C_SetPIN(session, (CK_UTF8CHAR *)API_PIN, 6, (CK_UTF8CHAR *)"837261", 6);
}

static CK_RV log_in(CK_SESSION_HANDLE session)
{
	return api_login(session, CKU_USER, API_PIN);
}

static void no_more(CK_RV (*act)(CK_SESSION_HANDLE session), bool logged_in)
{
	CK_SLOT_ID slot = api_token("test");
	CK_SESSION_HANDLE session = api_session(slot, true);
	char argument[32];

	if (logged_in)
		REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	snprintf(argument, sizeof argument, "%lu", slot);
	REQUIRE(api_run_again(argument) == 0);
	CHECK_EQ(act(session), CKR_DEVICE_REMOVED);
	CHECK(p11->C_GetTokenInfo(slot, &(CK_TOKEN_INFO){0}) == CKR_SLOT_ID_INVALID);
}

/* Signed with once, so that all of it is at hand. */
static void signs_no_more(void)
{
	CK_MECHANISM mechanism = {CKM_ECDSA, NULL, 0};
	CK_BYTE digest[32] = {1}, signature[64];
	CK_ULONG len = sizeof signature;
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session = api_ready(&slot);
	struct api_pair pair = api_generate(session, true, 1, false);
	char argument[32];

	CHECK_EQ(p11->C_SignInit(session, &mechanism, pair.private), CKR_OK);
	CHECK_EQ(p11->C_Sign(session, digest, sizeof digest, signature, &len), CKR_OK);
	snprintf(argument, sizeof argument, "%lu", slot);
	REQUIRE(api_run_again(argument) == 0);
	usleep(200 * 1000); /* looked for at most every 100 ms */
	CHECK_EQ(p11->C_SignInit(session, &mechanism, pair.private), CKR_DEVICE_REMOVED);
	CHECK(p11->C_Sign(session, digest, sizeof digest, signature, &len) != CKR_OK);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return take_away(strtoul(argv[1], NULL, 10));
	api_open("");
	api_initialize();
	no_more(log_in, false);
	no_more(set_pin, false);
	no_more(set_pin, true);
	no_more(create, true);
	no_more(create_public, false);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	signs_no_more();
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
