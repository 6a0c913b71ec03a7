/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <signal.h>
#include <sys/resource.h>

#include "lib/api.h"
#include "lib/check.h"
#include "sinbun-pkcs11.h"

/* Where there was no room for the last step of sealing a token anew, the officer's login was over: the token took its own new key, which
 * was not in the store, for a stranger's. */

#define NEW_PIN "837261"

static CK_RV init_pin(CK_SESSION_HANDLE session)
{
	return p11->C_InitPIN(session, (CK_UTF8CHAR *)NEW_PIN, strlen(NEW_PIN));
}

static void command(CK_SESSION_HANDLE session)
{
	static const CK_OBJECT_CLASS class = CKO_SINBUN_TOKEN;
	CK_ATTRIBUTE match = ATTRIBUTE_OF(CKA_CLASS, class);
	CK_ATTRIBUTE reseal = ATTRIBUTE_TEXT(CKA_SINBUN_COMMAND, SINBUN_COMMAND_RESEAL);
	CK_OBJECT_HANDLE status;

	REQUIRE(api_find(session, &match, 1, &status, 1) == 1);
	REQUIRE(p11->C_SetAttributeValue(session, status, &reseal, 1) == CKR_OK);
}

int main(void)
{
	struct rlimit all, small;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE object;
	CK_RV rv;

	api_open("");
	api_initialize();
	session = api_session(api_token("lost"), true);
	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	REQUIRE(api_data(session, true, true, "private data", &object) == CKR_OK);
	REQUIRE(p11->C_Logout(session) == CKR_OK);
	REQUIRE(api_login(session, CKU_SO, API_SO_PIN) == CKR_OK);
	command(session);
	signal(SIGXFSZ, SIG_IGN);
	REQUIRE(getrlimit(RLIMIT_FSIZE, &all) == 0);
	small = all;
	small.rlim_cur = 1000;
	REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
	rv = init_pin(session);
	REQUIRE(setrlimit(RLIMIT_FSIZE, &all) == 0);
	CHECK(rv == CKR_DEVICE_ERROR || rv == CKR_DEVICE_MEMORY);
	CHECK_EQ(api_state(session), CKS_RW_SO_FUNCTIONS);
	CHECK_EQ(init_pin(session), CKR_OK);
	CHECK_EQ(p11->C_Logout(session), CKR_OK);
	CHECK_EQ(api_login(session, CKU_USER, NEW_PIN), CKR_OK);
	CHECK_EQ(api_count_label(session, "private data"), 1);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	api_close();
	return check_result();
}
