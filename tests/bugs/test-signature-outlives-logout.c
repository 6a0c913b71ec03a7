/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include <pthread.h>
#include <stdatomic.h>

#include "lib/check.h"

/* While one thread was inside a long C_SignUpdate another logged out; the operation came back into the session afterwards, with the key of
 * a holder who had left, and C_SignFinal made a signature. Nor may it come back when somebody logged in again meanwhile. */

enum { LONG = 32 << 20, ROUNDS = 3, TRIES = 20 };

static CK_MECHANISM mechanism = {CKM_ECDSA_SHA3_512, NULL, 0};
static CK_BYTE *long_data;
static CK_SESSION_HANDLE session;
static atomic_bool at_work;
static CK_RV answer;

static void *sign_long(void *context)
{
	(void)context;
	answer = p11->C_SignUpdate(session, long_data, LONG);
	atomic_store(&at_work, false);
	return NULL;
}

/* A signature under way cannot be saved; one that a thread has in its hands is not even seen. */
static void wait_until_inside(void)
{
	CK_ULONG len;

	while (atomic_load(&at_work) && p11->C_GetOperationState(session, NULL, &len) == CKR_STATE_UNSAVEABLE)
		;
}

/* Whether the logout came in the middle. */
static bool log_out_meanwhile(CK_OBJECT_HANDLE key, bool in_again)
{
	CK_BYTE signature[64];
	CK_ULONG len = sizeof signature;
	pthread_t thread;
	bool inside;

	REQUIRE(p11->C_SignInit(session, &mechanism, key) == CKR_OK);
	atomic_store(&at_work, true);
	REQUIRE(pthread_create(&thread, NULL, sign_long, NULL) == 0);
	wait_until_inside();
	CHECK_EQ(p11->C_Logout(session), CKR_OK);
	inside = atomic_load(&at_work);
	if (in_again)
		REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	REQUIRE(pthread_join(thread, NULL) == 0);
	if (inside)
		CHECK_EQ(answer, CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11->C_SignFinal(session, signature, &len), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11->C_SignUpdate(session, signature, 1), CKR_OPERATION_NOT_INITIALIZED);
	if (!in_again)
		REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	return inside;
}

int main(void)
{
	static const CK_BYTE id = 1;
	CK_ATTRIBUTE match[] = {ATTRIBUTE_OF(CKA_ID, id), ATTRIBUTE_OF(CKA_SIGN, api_yes)};
	int inside = 0;

	api_open("");
	long_data = calloc(1, LONG);
	REQUIRE(long_data);
	session = api_ready(NULL);
	api_generate(session, true, id, false);
	for (int i = 0; inside < ROUNDS && i < TRIES; i++) {
		CK_OBJECT_HANDLE key;

		/* Its handle died with the logout. */
		REQUIRE(api_find(session, match, COUNT(match), &key, 1) == 1);
		inside += log_out_meanwhile(key, i % 2);
	}
	CHECK_EQ(inside, ROUNDS);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	free(long_data);
	return check_result();
}
