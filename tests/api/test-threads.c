/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include <pthread.h>
#include <stdatomic.h>

#include "lib/check.h"

/* Many threads in one process: in sessions of their own, in a shared one, and while sessions close under them. */

enum { THREADS = 8, SIGNATURES = 150, ROUNDS = 60, LONG = 20000 };

static CK_SLOT_ID slot;
static struct api_pair pair;
static CK_SESSION_HANDLE shared;
static pthread_barrier_t start;
static atomic_int failures, done;

static void expect(const char *what, CK_RV rv, bool good)
{
	if (!good) {
		fprintf(stderr, "%s answers 0x%lx\n", what, rv);
		atomic_fetch_add(&failures, 1);
	}
}
#define EXPECT_OK(call)                              \
	do {                                         \
		CK_RV rv_ = (call);                  \
		expect(#call, rv_, rv_ == CKR_OK);   \
	} while (0)

static void *sign_and_verify(void *context)
{
	CK_MECHANISM mechanism = {CKM_ECDSA_SHA256, NULL, 0};
	CK_SESSION_HANDLE session = api_session(slot, false);
	CK_BYTE data[64], signature[64];

	memset(data, *(int *)context, sizeof data);
	pthread_barrier_wait(&start);
	for (int i = 0; i < SIGNATURES; i++) {
		CK_ULONG len = sizeof signature;

		data[0] = (CK_BYTE)i;
		EXPECT_OK(p11->C_SignInit(session, &mechanism, pair.private));
		EXPECT_OK(p11->C_Sign(session, data, sizeof data, signature, &len));
		EXPECT_OK(p11->C_VerifyInit(session, &mechanism, pair.public));
		EXPECT_OK(p11->C_Verify(session, data, sizeof data, signature, len));
	}
	EXPECT_OK(p11->C_CloseSession(session));
	return NULL;
}

/* One session, whose search belongs to whoever began it: each call answers as if it were alone at some moment. */
static void *search_in_the_shared_session(void *context)
{
	CK_ATTRIBUTE match = ATTRIBUTE_TEXT(CKA_LABEL, "to be found");

	(void)context;
	pthread_barrier_wait(&start);
	for (int i = 0; i < SIGNATURES; i++) {
		CK_OBJECT_HANDLE found[4];
		CK_ULONG n = 0;
		char label[32];
		CK_ATTRIBUTE read = ATTRIBUTE_OF(CKA_LABEL, label);
		CK_RV rv = p11->C_FindObjectsInit(shared, &match, 1);

		expect("C_FindObjectsInit", rv, rv == CKR_OK || rv == CKR_OPERATION_ACTIVE);
		rv = p11->C_FindObjects(shared, found, COUNT(found), &n);
		expect("C_FindObjects", rv, rv == CKR_OK || rv == CKR_OPERATION_NOT_INITIALIZED);
		if (rv == CKR_OK && n > 0) {
			EXPECT_OK(p11->C_GetAttributeValue(shared, found[0], &read, 1));
			expect("the label", 0, read.ulValueLen == match.ulValueLen && memcmp(label, match.pValue, match.ulValueLen) == 0);
		}
		rv = p11->C_FindObjectsFinal(shared);
		expect("C_FindObjectsFinal", rv, rv == CKR_OK || rv == CKR_OPERATION_NOT_INITIALIZED);
	}
	return NULL;
}

static void make_and_destroy(CK_SESSION_HANDLE session, int me)
{
	CK_OBJECT_HANDLE object;
	char label[32];
	CK_ATTRIBUTE rename = ATTRIBUTE(CKA_LABEL, label, 4);

	snprintf(label, sizeof label, "of thread %d", me);
	EXPECT_OK(api_data(session, me % 2, me % 4 < 2, label, &object));
	expect("the count", 0, api_count_label(session, label) == 1);
	EXPECT_OK(p11->C_SetAttributeValue(session, object, &rename, 1));
	EXPECT_OK(p11->C_DestroyObject(session, object));
}

/* Everything at once: objects, digests longer than the lock is held, sessions, slots, keys. */
static void *anything(void *context)
{
	CK_MECHANISM sha256 = {CKM_SHA256, NULL, 0};
	CK_BYTE *data = calloc(1, LONG), digest[32];
	int me = *(int *)context;

	pthread_barrier_wait(&start);
	for (int i = 0; i < ROUNDS; i++) {
		CK_SESSION_HANDLE session = api_session(slot, true);
		CK_ULONG len = sizeof digest;
		struct api_pair mine;

		make_and_destroy(session, me);
		EXPECT_OK(p11->C_DigestInit(session, &sha256));
		EXPECT_OK(p11->C_DigestUpdate(session, data, LONG));
		EXPECT_OK(p11->C_DigestFinal(session, digest, &len));
		mine = api_generate(session, false, (CK_BYTE)me, false);
		EXPECT_OK(p11->C_DestroyObject(session, mine.private));
		EXPECT_OK(p11->C_GetTokenInfo(slot, &(CK_TOKEN_INFO){0}));
		EXPECT_OK(p11->C_CloseSession(session));
	}
	free(data);
	return NULL;
}

/* Works until its session is closed under it; then says so by one of these codes and nothing worse. */
static void *work_until_closed(void *context)
{
	CK_MECHANISM ecdsa = {CKM_ECDSA_SHA256, NULL, 0}, sha256 = {CKM_SHA256, NULL, 0};
	CK_SESSION_HANDLE session = api_session(slot, false);
	CK_BYTE *data = calloc(1, LONG), out[64];
	CK_RV rv = CKR_OK;

	(void)context;
	pthread_barrier_wait(&start);
	while (rv == CKR_OK) {
		CK_ULONG len = sizeof out;

		rv = p11->C_SignInit(session, &ecdsa, pair.private);
		if (rv == CKR_OK)
			rv = p11->C_SignUpdate(session, data, LONG);
		if (rv == CKR_OK)
			rv = p11->C_SignFinal(session, out, &len);
		if (rv == CKR_OK)
			rv = p11->C_DigestInit(session, &sha256);
		len = sizeof out;
		if (rv == CKR_OK)
			rv = p11->C_Digest(session, data, LONG, out, &len);
		atomic_fetch_add(&done, 1);
	}
	expect("a session closed meanwhile", rv, rv == CKR_SESSION_HANDLE_INVALID || rv == CKR_SESSION_CLOSED);
	free(data);
	return NULL;
}

static void run(void *(*fn)(void *context), void (*meanwhile)(void))
{
	pthread_t threads[THREADS];
	int numbers[THREADS];

	REQUIRE(pthread_barrier_init(&start, NULL, THREADS) == 0);
	for (int i = 0; i < THREADS; i++) {
		numbers[i] = i;
		REQUIRE(pthread_create(&threads[i], NULL, fn, &numbers[i]) == 0);
	}
	if (meanwhile)
		meanwhile();
	for (int i = 0; i < THREADS; i++)
		REQUIRE(pthread_join(threads[i], NULL) == 0);
	pthread_barrier_destroy(&start);
}

static void close_them(void)
{
	while (atomic_load(&done) < 3 * THREADS)
		sched_yield();
	CHECK_EQ(p11->C_CloseAllSessions(slot), CKR_OK);
}

int main(void)
{
	CK_OBJECT_HANDLE object;

	api_open("");
	shared = api_ready(&slot);
	pair = api_generate(shared, true, 1, false);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(api_data(shared, i % 2, i == 2, "to be found", &object), CKR_OK);
	run(sign_and_verify, NULL);
	run(search_in_the_shared_session, NULL);
	run(anything, NULL);
	CHECK_EQ(api_count_label(shared, "to be found"), 3);
	CHECK_EQ(api_token_flags(slot) & CKF_ERROR_STATE, 0);
	run(work_until_closed, close_them);
	CHECK_EQ(atomic_load(&failures), 0);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
