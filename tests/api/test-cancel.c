/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include <pthread.h>
#include <stdatomic.h>

#include "lib/check.h"

/* Ending operations from outside: C_SessionCancel, the C_*Init functions without a mechanism, C_Logout; also while another thread is in the
 * middle of one. */

enum { LONG = 32 << 20, ROOM = 64 };

static CK_MECHANISM ecdsa_sha256 = {CKM_ECDSA_SHA256, NULL, 0}, sha256 = {CKM_SHA256, NULL, 0};
static CK_BYTE text[] = "what is signed", signature[ROOM];
static struct api_pair pair;

/* --- the operations of a session --- */

static CK_RV begin_search(CK_SESSION_HANDLE s)
{
	return p11->C_FindObjectsInit(s, NULL, 0);
}

static CK_RV begin_digest(CK_SESSION_HANDLE s)
{
	return p11->C_DigestInit(s, &sha256);
}

static CK_RV begin_sign(CK_SESSION_HANDLE s)
{
	return p11->C_SignInit(s, &ecdsa_sha256, pair.private);
}

static CK_RV begin_verify(CK_SESSION_HANDLE s)
{
	return p11->C_VerifyInit(s, &ecdsa_sha256, pair.public);
}

static CK_RV begin_verify_signature(CK_SESSION_HANDLE s)
{
	return p11_3->C_VerifySignatureInit(s, &ecdsa_sha256, pair.public, signature, sizeof signature);
}

static CK_RV begin_message_sign(CK_SESSION_HANDLE s)
{
	return p11_3->C_MessageSignInit(s, &ecdsa_sha256, pair.private);
}

static CK_RV begin_message_verify(CK_SESSION_HANDLE s)
{
	return p11_3->C_MessageVerifyInit(s, &ecdsa_sha256, pair.public);
}

/* Whether each is there is asked by a step that does not end it. */
static CK_RV step_search(CK_SESSION_HANDLE s)
{
	CK_ULONG n;

	return p11->C_FindObjects(s, NULL, 0, &n);
}

static CK_RV step_digest(CK_SESSION_HANDLE s)
{
	return p11->C_DigestUpdate(s, text, sizeof text);
}

static CK_RV step_sign(CK_SESSION_HANDLE s)
{
	return p11->C_SignUpdate(s, text, sizeof text);
}

static CK_RV step_verify(CK_SESSION_HANDLE s)
{
	return p11->C_VerifyUpdate(s, text, sizeof text);
}

static CK_RV step_verify_signature(CK_SESSION_HANDLE s)
{
	return p11_3->C_VerifySignatureUpdate(s, text, sizeof text);
}

static CK_RV step_message_sign(CK_SESSION_HANDLE s)
{
	CK_ULONG len = 0;

	return p11_3->C_SignMessage(s, NULL, 0, text, sizeof text, NULL, &len);
}

static CK_RV step_message_verify(CK_SESSION_HANDLE s)
{
	CK_RV rv = p11_3->C_VerifyMessage(s, NULL, 0, text, sizeof text, signature, sizeof signature);

	return rv == CKR_SIGNATURE_INVALID ? CKR_OK : rv;
}

static CK_RV cancel_digest(CK_SESSION_HANDLE s)
{
	return p11->C_DigestInit(s, NULL);
}

static CK_RV cancel_sign(CK_SESSION_HANDLE s)
{
	return p11->C_SignInit(s, NULL, 0);
}

static CK_RV cancel_verify(CK_SESSION_HANDLE s)
{
	return p11->C_VerifyInit(s, NULL, 0);
}

static CK_RV cancel_verify_signature(CK_SESSION_HANDLE s)
{
	return p11_3->C_VerifySignatureInit(s, NULL, 0, NULL, 0);
}

static CK_RV cancel_message_sign(CK_SESSION_HANDLE s)
{
	return p11_3->C_MessageSignInit(s, NULL, 0);
}

static CK_RV cancel_message_verify(CK_SESSION_HANDLE s)
{
	return p11_3->C_MessageVerifyInit(s, NULL, 0);
}

static const struct {
	CK_FLAGS flag;
	CK_RV (*begin)(CK_SESSION_HANDLE s);
	CK_RV (*step)(CK_SESSION_HANDLE s);
	CK_RV (*cancel)(CK_SESSION_HANDLE s); /* its own Init function, without a mechanism */
} operations[] = {
	{CKF_FIND_OBJECTS, begin_search, step_search, NULL},
	{CKF_DIGEST, begin_digest, step_digest, cancel_digest},
	{CKF_SIGN, begin_sign, step_sign, cancel_sign},
	{CKF_VERIFY, begin_verify, step_verify, cancel_verify},
	{CKF_VERIFY, begin_verify_signature, step_verify_signature, cancel_verify_signature},
	{CKF_MESSAGE_SIGN, begin_message_sign, step_message_sign, cancel_message_sign},
	{CKF_MESSAGE_VERIFY, begin_message_verify, step_message_verify, cancel_message_verify},
};

static void begin_all(CK_SESSION_HANDLE session)
{
	for (size_t i = 0; i < COUNT(operations); i++)
		CHECK_EQ(operations[i].begin(session), CKR_OK);
}

/* The ones with these flags are over; the others go on. */
static void gone_are(CK_SESSION_HANDLE session, CK_FLAGS flags)
{
	for (size_t i = 0; i < COUNT(operations); i++)
		CHECK_EQ(operations[i].step(session), operations[i].flag & flags ? CKR_OPERATION_NOT_INITIALIZED : CKR_OK);
}

/* --- C_SessionCancel --- */

static void each_flag_ends_its_own(CK_SESSION_HANDLE session)
{
	CK_SESSION_HANDLE other;
	CK_SESSION_INFO info;

	REQUIRE(p11->C_GetSessionInfo(session, &info) == CKR_OK);
	other = api_session(info.slotID, false);
	begin_all(other);
	for (size_t i = 0; i < COUNT(operations); i++) {
		begin_all(session);
		CHECK_EQ(p11_3->C_SessionCancel(session, operations[i].flag), CKR_OK);
		gone_are(session, operations[i].flag);
		/* What ended can begin anew; what is not there is no error. */
		CHECK_EQ(operations[i].begin(session), CKR_OK);
		CHECK_EQ(p11_3->C_SessionCancel(session, ~0UL), CKR_OK);
		gone_are(session, ~0UL);
		CHECK_EQ(p11_3->C_SessionCancel(session, operations[i].flag), CKR_OK);
	}
	/* Another session's are another's. */
	gone_are(other, 0);
	CHECK_EQ(p11->C_CloseSession(other), CKR_OK);
}

static void several_flags_at_once(CK_SESSION_HANDLE session)
{
	static const CK_FLAGS sets[] = {0, CKF_SIGN | CKF_VERIFY, CKF_FIND_OBJECTS | CKF_DIGEST | CKF_MESSAGE_SIGN,
		CKF_MESSAGE_SIGN | CKF_MESSAGE_VERIFY, ~(CK_FLAGS)CKF_DIGEST, ~0UL,
		/* Kinds that no operation here has. */
		CKF_ENCRYPT | CKF_DECRYPT | CKF_MESSAGE_ENCRYPT | CKF_MESSAGE_DECRYPT | CKF_SIGN_RECOVER | CKF_VERIFY_RECOVER |
			CKF_GENERATE_KEY_PAIR | CKF_DERIVE | CKF_HW};

	for (size_t i = 0; i < COUNT(sets); i++) {
		begin_all(session);
		CHECK_EQ(p11_3->C_SessionCancel(session, sets[i]), CKR_OK);
		gone_are(session, sets[i]);
		CHECK_EQ(p11_3->C_SessionCancel(session, ~0UL), CKR_OK);
	}
	CHECK_EQ(p11_3->C_SessionCancel(0, ~0UL), CKR_SESSION_HANDLE_INVALID);
	CHECK_EQ(p11_3->C_SessionCancel(session + 1, ~0UL), CKR_SESSION_HANDLE_INVALID);
}

/* What was under way leaves nothing to the next of its kind. */
static void nothing_of_the_cancelled_is_left(CK_SESSION_HANDLE session)
{
	CK_BYTE clean[32], after[32], made[ROOM];
	CK_ULONG len = sizeof clean;

	CHECK_EQ(begin_digest(session), CKR_OK);
	CHECK_EQ(p11->C_Digest(session, text, 3, clean, &len), CKR_OK);
	CHECK_EQ(begin_digest(session), CKR_OK);
	CHECK_EQ(step_digest(session), CKR_OK);
	CHECK_EQ(p11_3->C_SessionCancel(session, CKF_DIGEST), CKR_OK);
	CHECK_EQ(begin_digest(session), CKR_OK);
	CHECK_EQ(p11->C_Digest(session, text, 3, after, &len), CKR_OK);
	CHECK(memcmp(clean, after, sizeof clean) == 0);
	CHECK_EQ(begin_sign(session), CKR_OK);
	CHECK_EQ(step_sign(session), CKR_OK);
	CHECK_EQ(p11_3->C_SessionCancel(session, CKF_SIGN), CKR_OK);
	CHECK_EQ(begin_sign(session), CKR_OK);
	len = sizeof made;
	CHECK_EQ(p11->C_Sign(session, text, 3, made, &len), CKR_OK);
	CHECK_EQ(begin_verify(session), CKR_OK);
	CHECK_EQ(p11->C_Verify(session, text, 3, made, len), CKR_OK);
}

/* Cancelling takes along the login that the signature had, and no more than that. */
static void a_login_for_a_cancelled_signature_is_gone(CK_SESSION_HANDLE session)
{
	CK_OBJECT_HANDLE key = api_generate(session, false, 7, true).private;
	CK_BYTE made[ROOM];
	CK_ULONG len = sizeof made;

	/* The fresh login's credit goes first. */
	CHECK_EQ(p11->C_SignInit(session, &ecdsa_sha256, key), CKR_OK);
	CHECK_EQ(p11->C_SignInit(session, NULL, 0), CKR_OK);
	CHECK_EQ(p11->C_SignInit(session, &ecdsa_sha256, key), CKR_OK);
	CHECK_EQ(api_login(session, CKU_CONTEXT_SPECIFIC, API_PIN), CKR_OK);
	CHECK_EQ(p11_3->C_SessionCancel(session, CKF_SIGN), CKR_OK);
	CHECK_EQ(p11->C_SignInit(session, &ecdsa_sha256, key), CKR_OK);
	CHECK_EQ(p11->C_Sign(session, text, 1, made, &len), CKR_USER_NOT_LOGGED_IN);
	CHECK_EQ(api_state(session), CKS_RW_USER_FUNCTIONS);
}

/* --- C_*Init without a mechanism --- */

static void no_mechanism_ends_the_one_operation(CK_SESSION_HANDLE session)
{
	for (size_t i = 0; i < COUNT(operations); i++) {
		if (!operations[i].cancel)
			continue;
		CHECK_EQ(operations[i].cancel(session), CKR_OPERATION_NOT_INITIALIZED);
		begin_all(session);
		CHECK_EQ(operations[i].cancel(session), CKR_OK);
		for (size_t k = 0; k < COUNT(operations); k++)
			CHECK_EQ(operations[k].step(session), k == i ? CKR_OPERATION_NOT_INITIALIZED : CKR_OK);
		CHECK_EQ(operations[i].cancel(session), CKR_OPERATION_NOT_INITIALIZED);
		CHECK_EQ(operations[i].begin(session), CKR_OK);
		CHECK_EQ(p11_3->C_SessionCancel(session, ~0UL), CKR_OK);
	}
}

/* --- with another thread at work --- */

static CK_BYTE *long_data;
static atomic_bool at_work;

static void *digest_long(void *context)
{
	CK_SESSION_HANDLE session = *(CK_SESSION_HANDLE *)context;
	static CK_RV rv;

	rv = p11->C_DigestUpdate(session, long_data, LONG);
	atomic_store(&at_work, false);
	return &rv;
}

/* While a thread works on the only operation of a session it is nowhere to be found: there is nothing to save. */
static bool caught_inside(CK_SESSION_HANDLE session)
{
	CK_ULONG len;

	while (p11->C_GetOperationState(session, NULL, &len) != CKR_OPERATION_NOT_INITIALIZED)
		if (!atomic_load(&at_work))
			return false;
	return atomic_load(&at_work);
}

/* Ends something while a thread digests; what its call answers then. Until it was in time: a quick machine is no reason to fail. */
static CK_RV end_inside(CK_SESSION_HANDLE session, CK_RV (*end)(CK_SESSION_HANDLE session))
{
	CK_MECHANISM slow = {CKM_SHA3_512, NULL, 0};

	for (int round = 0; round < 20; round++) {
		bool inside;
		pthread_t thread;
		void *rv;

		REQUIRE(p11->C_DigestInit(session, &slow) == CKR_OK);
		atomic_store(&at_work, true);
		REQUIRE(pthread_create(&thread, NULL, digest_long, &session) == 0);
		if (caught_inside(session))
			CHECK_EQ(end(session), CKR_OK);
		/* Still in there when the other call was over. */
		inside = atomic_load(&at_work);
		REQUIRE(pthread_join(thread, &rv) == 0);
		if (inside)
			return *(CK_RV *)rv;
		p11_3->C_SessionCancel(session, ~0UL);
	}
	REQUIRE(!"32 MiB are digested before another thread's call comes");
	return CKR_GENERAL_ERROR;
}

static CK_RV cancel_others(CK_SESSION_HANDLE session)
{
	return p11_3->C_SessionCancel(session, ~(CK_FLAGS)CKF_DIGEST);
}

static CK_RV cancel_nothing(CK_SESSION_HANDLE session)
{
	return p11_3->C_SessionCancel(session, 0);
}

static CK_RV cancel_it(CK_SESSION_HANDLE session)
{
	return p11_3->C_SessionCancel(session, CKF_DIGEST);
}

static CK_RV log_out(CK_SESSION_HANDLE session)
{
	return p11->C_Logout(session);
}

static CK_RV close_it(CK_SESSION_HANDLE session)
{
	return p11->C_CloseSession(session);
}

static void what_another_thread_is_in_the_middle_of(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE session = api_session(slot, false);
	CK_BYTE digest[64];
	CK_ULONG len = sizeof digest;

	/* Flags that are not its own leave it alone. */
	CHECK_EQ(end_inside(session, cancel_others), CKR_OK);
	CHECK_EQ(p11->C_DigestFinal(session, digest, &len), CKR_OK);
	CHECK_EQ(end_inside(session, cancel_nothing), CKR_OK);
	CHECK_EQ(p11->C_DigestFinal(session, digest, &len), CKR_OK);
	/* Its own ends it, and it does not come back. */
	CHECK_EQ(end_inside(session, cancel_it), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11->C_DigestFinal(session, digest, &len), CKR_OPERATION_NOT_INITIALIZED);
	/* So does a logout: with what else was under way in the token's sessions. */
	CHECK_EQ(end_inside(session, log_out), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11->C_DigestFinal(session, digest, &len), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(end_inside(session, close_it), CKR_SESSION_CLOSED);
	CHECK_EQ(p11->C_DigestFinal(session, digest, &len), CKR_SESSION_HANDLE_INVALID);
}

/* --- C_Logout --- */

static void a_logout_ends_all(CK_SESSION_HANDLE session)
{
	begin_all(session);
	CHECK_EQ(p11->C_Logout(session), CKR_OK);
	gone_are(session, ~0UL);
	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	gone_are(session, ~0UL);
}

int main(void)
{
	CK_SESSION_HANDLE session;
	CK_SLOT_ID slot;

	api_open("");
	long_data = calloc(1, LONG);
	REQUIRE(long_data);
	session = api_ready(&slot);
	a_login_for_a_cancelled_signature_is_gone(session);
	pair = api_generate(session, true, 1, false);
	each_flag_ends_its_own(session);
	several_flags_at_once(session);
	nothing_of_the_cancelled_is_left(session);
	no_mechanism_ends_the_one_operation(session);
	a_logout_ends_all(session);
	what_another_thread_is_in_the_middle_of(slot);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	free(long_data);
	return check_result();
}
