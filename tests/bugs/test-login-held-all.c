/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include <pthread.h>
#include <stdatomic.h>

#include "lib/check.h"

/* While one thread's PIN was derived, which takes long by design, every call of every other thread waited for it. */

enum { ENOUGH = 20 };

static atomic_bool done, started;
static CK_SESSION_HANDLE other;

static void *log_in(void *context)
{
	CK_RV *rv = context;

	atomic_store(&started, true);
	*rv = api_login(other, CKU_CONTEXT_SPECIFIC, API_PIN);
	atomic_store(&done, true);
	return NULL;
}

static void sign(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
	CK_MECHANISM mechanism = {CKM_ECDSA, NULL, 0};
	CK_BYTE hash[32] = {1}, signature[64];
	CK_ULONG len = sizeof signature;

	REQUIRE(p11->C_SignInit(session, &mechanism, key) == CKR_OK);
	REQUIRE(p11->C_Sign(session, hash, sizeof hash, signature, &len) == CKR_OK);
}

int main(void)
{
	CK_MECHANISM mechanism = {CKM_ECDSA, NULL, 0};
	CK_SESSION_HANDLE session;
	struct api_pair plain, careful;
	pthread_t thread;
	CK_SLOT_ID slot;
	CK_RV rv = CKR_GENERAL_ERROR;
	int signatures = 0;

	/* Dear enough for a thread to do something meanwhile, on any machine. */
	api_open("");
	api_configure_whole("seal = software\nkdf-memory = 128\nkdf-passes = 4\nalways-authenticate = strict\n");
	session = api_ready(&slot);
	other = api_session(slot, true);
	plain = api_generate(session, true, 1, false);
	careful = api_generate(session, true, 2, true);
	REQUIRE(p11->C_SignInit(other, &mechanism, careful.private) == CKR_OK);
	sign(session, plain.private);
	REQUIRE(pthread_create(&thread, NULL, log_in, &rv) == 0);
	while (!atomic_load(&started))
		;
	while (!atomic_load(&done)) {
		sign(session, plain.private);
		signatures++;
	}
	REQUIRE(pthread_join(thread, NULL) == 0);
	CHECK_EQ(rv, CKR_OK);
	if (signatures < ENOUGH)
		fprintf(stderr, "only %d signatures were made while the other logged in\n", signatures);
	CHECK(signatures >= ENOUGH);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
