/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "lib/check.h"

/* fork(): a child starts afresh, and neither side disturbs the other's store. */

enum { OBJECTS = 40, CHILDREN = 12, PATIENCE = 120 };

struct shared {
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session; /* the parent's */
	CK_OBJECT_HANDLE key;
	int to_parent[2], to_child[2];
	bool tell_first; /* the child writes one object before it waits for the parent */
};

static CK_RV sign(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
	CK_MECHANISM mechanism = {CKM_ECDSA_SHA256, NULL, 0};
	CK_BYTE text[] = "text", signature[64];
	CK_ULONG len = sizeof signature;
	CK_RV rv = p11->C_SignInit(session, &mechanism, key);

	return rv == CKR_OK ? p11->C_Sign(session, text, 4, signature, &len) : rv;
}

static CK_OBJECT_HANDLE find_key(CK_SESSION_HANDLE session)
{
	static const CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE match = ATTRIBUTE_OF(CKA_CLASS, class);
	CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;

	CHECK_EQ(api_find(session, &match, 1, &key, 1), 1);
	return key;
}

/* The whole use of a token in a child. */
static void use_token(CK_SLOT_ID slot, const char *label)
{
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE object;

	api_initialize();
	session = api_session(slot, true);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_OK);
	CHECK_EQ(sign(session, find_key(session)), CKR_OK);
	if (label)
		CHECK_EQ(api_data(session, true, true, label, &object), CKR_OK);
}

/* Nothing of the parent's state works here, and its login is not ours. */
static int plain_child(void *context)
{
	struct shared *s = context;
	CK_ULONG count = 0;
	CK_INFO info;

	alarm(PATIENCE);
	CHECK_EQ(p11->C_GetInfo(&info), CKR_CRYPTOKI_NOT_INITIALIZED);
	CHECK_EQ(p11->C_GetSlotList(CK_FALSE, NULL, &count), CKR_CRYPTOKI_NOT_INITIALIZED);
	CHECK_EQ(p11->C_DigestUpdate(s->session, (CK_BYTE *)"x", 1), CKR_CRYPTOKI_NOT_INITIALIZED);
	CHECK_EQ(sign(s->session, s->key), CKR_CRYPTOKI_NOT_INITIALIZED);
	CHECK_EQ(p11->C_CloseSession(s->session), CKR_CRYPTOKI_NOT_INITIALIZED);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
	use_token(s->slot, "of the child");
	CHECK_EQ(sign(s->session, s->key), CKR_SESSION_HANDLE_INVALID);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	CHECK_EQ(p11->C_GetInfo(&info), CKR_CRYPTOKI_NOT_INITIALIZED);
	return check_result();
}

/* C_Initialize may be the child's first call; its own child starts afresh again. */
static int child_with_a_child(void *context)
{
	struct shared *s = context;
	struct shared mine = *s;

	alarm(PATIENCE);
	use_token(s->slot, NULL);
	mine.session = api_session(s->slot, true);
	mine.key = find_key(mine.session);
	CHECK_EQ(api_wait(api_fork(plain_child, &mine)), 0);
	CHECK_EQ(sign(mine.session, mine.key), CKR_OK);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}

static int idle_child(void *context)
{
	(void)context;
	return 0;
}

static void the_parent_goes_on(struct shared *s)
{
	CK_MECHANISM sha256 = {CKM_SHA256, NULL, 0};
	CK_BYTE digest[32];
	CK_ULONG len = sizeof digest;

	/* An operation of the parent's survives the fork. */
	CHECK_EQ(p11->C_DigestInit(s->session, &sha256), CKR_OK);
	CHECK_EQ(api_wait(api_fork(plain_child, s)), 0);
	CHECK_EQ(p11->C_DigestUpdate(s->session, (CK_BYTE *)"x", 1), CKR_OK);
	CHECK_EQ(p11->C_DigestFinal(s->session, digest, &len), CKR_OK);
	CHECK_EQ(sign(s->session, s->key), CKR_OK);
	CHECK_EQ(api_count_label(s->session, "of the child"), 1);
	CHECK_EQ(api_wait(api_fork(child_with_a_child, s)), 0);
	CHECK_EQ(api_count_label(s->session, "of the child"), 2);
	CHECK_EQ(api_wait(api_fork(idle_child, s)), 0);
	CHECK_EQ(sign(s->session, s->key), CKR_OK);
	CHECK_EQ(api_state(s->session), CKS_RW_USER_FUNCTIONS);
}

/* Writes while the parent, whose connection to the store it inherited, finalises. */
static int writing_child(void *context)
{
	struct shared *s = context;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE object;
	char c;

	alarm(PATIENCE);
	if (s->tell_first) {
		use_token(s->slot, "written");
		REQUIRE(write(s->to_parent[1], "x", 1) == 1);
		REQUIRE(read(s->to_child[0], &c, 1) == 1);
		session = api_session(s->slot, true);
	} else {
		REQUIRE(write(s->to_parent[1], "x", 1) == 1);
		REQUIRE(read(s->to_child[0], &c, 1) == 1);
		use_token(s->slot, "written");
		session = api_session(s->slot, true);
	}
	for (int i = 0; i < OBJECTS; i++)
		CHECK_EQ(api_data(session, true, i % 2, "written", &object), CKR_OK);
	return check_result();
}

static void the_parent_finalises_while_the_child_writes(struct shared *s, bool tell_first)
{
	CK_OBJECT_HANDLE found[2 * OBJECTS];
	CK_ATTRIBUTE match = ATTRIBUTE_TEXT(CKA_LABEL, "written");
	CK_ULONG n;
	int child;
	char c;

	s->tell_first = tell_first;
	REQUIRE(pipe2(s->to_parent, O_CLOEXEC) == 0 && pipe2(s->to_child, O_CLOEXEC) == 0);
	child = api_fork(writing_child, s);
	REQUIRE(read(s->to_parent[0], &c, 1) == 1);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	REQUIRE(write(s->to_child[1], "x", 1) == 1);
	CHECK_EQ(api_wait(child), 0);
	for (int i = 0; i < 2; i++) {
		close(s->to_parent[i]);
		close(s->to_child[i]);
	}
	api_initialize();
	s->session = api_session(s->slot, true);
	REQUIRE(api_login(s->session, CKU_USER, API_PIN) == CKR_OK);
	s->key = find_key(s->session);
	n = api_find(s->session, &match, 1, found, COUNT(found));
	CHECK_EQ(n, OBJECTS + 1);
	CHECK_EQ(api_token_flags(s->slot) & CKF_ERROR_STATE, 0);
	for (CK_ULONG i = 0; i < n; i++)
		CHECK_EQ(p11->C_DestroyObject(s->session, found[i]), CKR_OK);
}

static atomic_bool stop;

static void *sign_on(void *context)
{
	struct shared *s = context;
	CK_SESSION_HANDLE session = api_session(s->slot, false);
	long failures = 0;

	while (!atomic_load(&stop))
		failures += sign(session, s->key) != CKR_OK;
	return (void *)failures;
}

static int one_more_child(void *context)
{
	struct shared *s = context;

	alarm(PATIENCE);
	use_token(s->slot, NULL);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}

/* fork() in the midst of other threads' signatures leaves neither side hanging. */
static void forking_among_threads(struct shared *s)
{
	pthread_t threads[3];
	void *failures;

	for (size_t i = 0; i < COUNT(threads); i++)
		REQUIRE(pthread_create(&threads[i], NULL, sign_on, s) == 0);
	for (int i = 0; i < CHILDREN; i++)
		CHECK_EQ(api_wait(api_fork(one_more_child, s)), 0);
	atomic_store(&stop, true);
	for (size_t i = 0; i < COUNT(threads); i++) {
		REQUIRE(pthread_join(threads[i], &failures) == 0);
		CHECK_EQ((long)failures, 0);
	}
}

static int child_of_nothing(void *context)
{
	struct shared *s = context;

	CHECK_EQ(p11->C_GetInfo(&(CK_INFO){0}), CKR_CRYPTOKI_NOT_INITIALIZED);
	use_token(s->slot, NULL);
	return check_result();
}

int main(void)
{
	struct shared s;

	api_open("");
	s.session = api_ready(&s.slot);
	s.key = api_generate(s.session, true, 1, false).private;
	the_parent_goes_on(&s);
	the_parent_finalises_while_the_child_writes(&s, true);
	the_parent_finalises_while_the_child_writes(&s, false);
	forking_among_threads(&s);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	CHECK_EQ(api_wait(api_fork(child_of_nothing, &s)), 0);
	return check_result();
}
