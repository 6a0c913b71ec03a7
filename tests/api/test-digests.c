/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include <openssl/evp.h>

#include "lib/chance.h"
#include "lib/check.h"

/* Digests against libcrypto, in one call and in parts cut at random; their state saved and restored; random numbers. */

enum { LONG = 70000, ROUNDS = 20, STATE_ROOM = 256 };

static const struct {
	CK_MECHANISM_TYPE type;
	const EVP_MD *(*md)(void);
	CK_ULONG size;
} digests[] = {
	{CKM_SHA_1, EVP_sha1, 20},
	{CKM_SHA224, EVP_sha224, 28},
	{CKM_SHA256, EVP_sha256, 32},
	{CKM_SHA384, EVP_sha384, 48},
	{CKM_SHA512, EVP_sha512, 64},
	{CKM_SHA512_224, EVP_sha512_224, 28},
	{CKM_SHA512_256, EVP_sha512_256, 32},
	{CKM_SHA3_224, EVP_sha3_224, 28},
	{CKM_SHA3_256, EVP_sha3_256, 32},
	{CKM_SHA3_384, EVP_sha3_384, 48},
	{CKM_SHA3_512, EVP_sha3_512, 64},
};
static CK_BYTE data[LONG];

static void expect(size_t which, CK_ULONG len, const CK_BYTE *got, CK_ULONG got_len)
{
	CK_BYTE want[EVP_MAX_MD_SIZE];

	REQUIRE(EVP_Digest(data, len, want, NULL, digests[which].md(), NULL) == 1);
	CHECK_EQ(got_len, digests[which].size);
	CHECK(memcmp(got, want, digests[which].size) == 0);
}

static void no_digest_is_forgotten_here(CK_SLOT_ID slot)
{
	CK_MECHANISM_TYPE list[128];
	CK_ULONG count = COUNT(list), found = 0;

	REQUIRE(p11->C_GetMechanismList(slot, list, &count) == CKR_OK);
	for (CK_ULONG i = 0; i < count; i++) {
		CK_MECHANISM_INFO info;

		REQUIRE(p11->C_GetMechanismInfo(slot, list[i], &info) == CKR_OK);
		if (info.flags & CKF_DIGEST) {
			CHECK_EQ(info.flags, CKF_DIGEST);
			CHECK_EQ(info.ulMinKeySize, 0);
			CHECK_EQ(info.ulMaxKeySize, 0);
			found++;
		}
	}
	CHECK_EQ(found, COUNT(digests));
}

static void in_one_call(CK_SESSION_HANDLE session, size_t which)
{
	static const CK_ULONG lengths[] = {0, 1, 55, 56, 64, 4095, 4096, LONG};
	CK_MECHANISM mechanism = {digests[which].type, NULL, 0};

	for (size_t i = 0; i < COUNT(lengths); i++) {
		CK_BYTE got[64];
		CK_ULONG len = sizeof got;

		CHECK_EQ(p11->C_DigestInit(session, &mechanism), CKR_OK);
		CHECK_EQ(p11->C_Digest(session, lengths[i] ? data : NULL, lengths[i], got, &len), CKR_OK);
		expect(which, lengths[i], got, len);
	}
}

static void in_parts(CK_SESSION_HANDLE session, size_t which)
{
	CK_MECHANISM mechanism = {digests[which].type, NULL, 0};

	for (int round = 0; round < ROUNDS; round++) {
		CK_ULONG total = any_below(LONG), most = 1 + any_below(round % 2 ? 200 : 20000), at = 0, len = 64;
		CK_BYTE got[64];

		CHECK_EQ(p11->C_DigestInit(session, &mechanism), CKR_OK);
		while (at < total) {
			CK_ULONG part = any_below(most + 1);

			if (part > total - at)
				part = total - at;
			CHECK_EQ(p11->C_DigestUpdate(session, data + at, part), CKR_OK);
			at += part;
		}
		CHECK_EQ(p11->C_DigestFinal(session, got, &len), CKR_OK);
		expect(which, total, got, len);
	}
}

static void operations(CK_SESSION_HANDLE session, size_t which)
{
	CK_MECHANISM mechanism = {digests[which].type, NULL, 0}, parameter = {digests[which].type, data, 1};
	CK_ULONG len = 0;
	CK_BYTE got[64];

	CHECK_EQ(p11->C_DigestInit(session, &parameter), CKR_MECHANISM_PARAM_INVALID);
	CHECK_EQ(p11->C_DigestInit(session, &mechanism), CKR_OK);
	CHECK_EQ(p11->C_DigestInit(session, &mechanism), CKR_OPERATION_ACTIVE);
	CHECK_EQ(p11->C_Digest(session, data, 100, NULL, &len), CKR_OK);
	CHECK_EQ(len, digests[which].size);
	len--;
	CHECK_EQ(p11->C_Digest(session, data, 100, got, &len), CKR_BUFFER_TOO_SMALL);
	CHECK_EQ(len, digests[which].size);
	CHECK_EQ(p11->C_Digest(session, data, 100, got, &len), CKR_OK);
	expect(which, 100, got, len);
	CHECK_EQ(p11->C_Digest(session, data, 100, got, &len), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11->C_DigestInit(session, &mechanism), CKR_OK);
	CHECK_EQ(p11->C_DigestUpdate(session, data, 100), CKR_OK);
	CHECK_EQ(p11->C_DigestFinal(session, NULL, &len), CKR_OK);
	len = 1;
	CHECK_EQ(p11->C_DigestFinal(session, got, &len), CKR_BUFFER_TOO_SMALL);
	CHECK_EQ(p11->C_DigestFinal(session, got, &len), CKR_OK);
	expect(which, 100, got, len);
	CHECK_EQ(p11->C_DigestInit(session, &mechanism), CKR_OK);
	CHECK_EQ(p11->C_DigestUpdate(session, data, 100), CKR_OK);
	CHECK(p11->C_Digest(session, data, 100, got, &len) != CKR_OK);
	/* Data and digest may share their place. */
	if (p11->C_DigestInit(session, &mechanism) == CKR_OPERATION_ACTIVE) {
		len = sizeof got;
		CHECK_EQ(p11->C_DigestFinal(session, got, &len), CKR_OK);
		CHECK_EQ(p11->C_DigestInit(session, &mechanism), CKR_OK);
	}
	memcpy(got, data, sizeof got);
	len = sizeof got;
	CHECK_EQ(p11->C_Digest(session, got, sizeof got, got, &len), CKR_OK);
	expect(which, sizeof got, got, len);
}

/* One hash after another in one session, whatever became of the one before: nothing of it is left in the next. */
static void one_after_another(CK_SESSION_HANDLE session)
{
	enum { TURNS = 400 };

	for (int turn = 0; turn < TURNS; turn++) {
		size_t which = any_below(COUNT(digests)), before = any_below(COUNT(digests));
		CK_MECHANISM mechanism = {digests[which].type, NULL, 0}, other = {digests[turn % 3 ? before : which].type, NULL, 0};
		CK_ULONG len = 64, total = any_below(turn % 5 ? 200 : 9000);
		CK_BYTE got[64];

		REQUIRE(p11->C_DigestInit(session, &other) == CKR_OK);
		REQUIRE(p11->C_DigestUpdate(session, data + 500, any_below(300)) == CKR_OK);
		switch (any_below(4)) {
		case 0:
			CHECK_EQ(p11->C_DigestFinal(session, got, &len), CKR_OK);
			break;
		case 1:
			CHECK_EQ(p11->C_DigestInit(session, NULL), CKR_OK);
			break;
		case 2:
			CHECK_EQ(p11->C_DigestUpdate(session, NULL, 3), CKR_ARGUMENTS_BAD);
			break;
		default:
			CHECK_EQ(p11->C_Digest(session, data, 3, got, &len), CKR_OPERATION_ACTIVE);
		}
		len = sizeof got;
		CHECK_EQ(p11->C_DigestInit(session, &mechanism), CKR_OK);
		CHECK_EQ(p11->C_Digest(session, data, total, got, &len), CKR_OK);
		expect(which, total, got, len);
	}
}

/* --- C_GetOperationState, C_SetOperationState --- */

static CK_ULONG save(CK_SESSION_HANDLE session, CK_BYTE state[STATE_ROOM])
{
	CK_ULONG len = STATE_ROOM;

	REQUIRE(p11->C_GetOperationState(session, state, &len) == CKR_OK && len <= STATE_ROOM);
	return len;
}

static CK_RV restore(CK_SESSION_HANDLE session, CK_BYTE *state, CK_ULONG len)
{
	return p11->C_SetOperationState(session, state, len, CK_INVALID_HANDLE, CK_INVALID_HANDLE);
}

static void finish(CK_SESSION_HANDLE session, size_t which, CK_ULONG from, CK_ULONG to)
{
	CK_BYTE got[64];
	CK_ULONG len = sizeof got;

	CHECK_EQ(p11->C_DigestUpdate(session, data + from, to - from), CKR_OK);
	CHECK_EQ(p11->C_DigestFinal(session, got, &len), CKR_OK);
	expect(which, to, got, len);
}

/* One beginning, several ends: twice in the session it came from, and in another. Saving leaves the digest as it was. */
static void a_saved_digest_goes_on(CK_SESSION_HANDLE session, size_t which)
{
	CK_MECHANISM mechanism = {digests[which].type, NULL, 0};
	CK_SESSION_INFO info;
	CK_SESSION_HANDLE other;
	CK_BYTE early[STATE_ROOM], late[STATE_ROOM], got[64];
	CK_ULONG early_len, late_len, len = sizeof got;

	REQUIRE(p11->C_GetSessionInfo(session, &info) == CKR_OK);
	other = api_session(info.slotID, true);
	CHECK_EQ(p11->C_DigestInit(session, &mechanism), CKR_OK);
	early_len = save(session, early);
	CHECK_EQ(p11->C_DigestUpdate(session, data, 1000), CKR_OK);
	late_len = save(session, late);
	finish(session, which, 1000, 5000);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(restore(session, late, late_len), CKR_OK);
		finish(session, which, 1000, 2000 + 7 * (CK_ULONG)i);
		CHECK_EQ(restore(other, late, late_len), CKR_OK);
		finish(other, which, 1000, LONG);
		/* Saved before the first part, the whole may still come in one call; after it, not. */
		CHECK_EQ(restore(session, early, early_len), CKR_OK);
		CHECK_EQ(p11->C_Digest(session, data, 300, got, &len), CKR_OK);
		expect(which, 300, got, len);
		CHECK_EQ(restore(session, late, late_len), CKR_OK);
		CHECK(p11->C_Digest(session, data, 300, got, &len) != CKR_OK);
	}
	/* What was saved outlives its session; a state restored can be saved again. */
	CHECK_EQ(p11->C_CloseSession(other), CKR_OK);
	CHECK_EQ(restore(session, late, late_len), CKR_OK);
	CHECK_EQ(p11->C_DigestUpdate(session, data + 1000, 1), CKR_OK);
	late_len = save(session, late);
	CHECK_EQ(restore(session, late, late_len), CKR_OK);
	finish(session, which, 1001, 4000);
}

/* What is under way in a session gives way to what is restored, and only to what can be. */
static void restoring_takes_the_place_of_what_was(CK_SESSION_HANDLE session)
{
	CK_MECHANISM sha256 = {CKM_SHA256, NULL, 0}, sha512 = {CKM_SHA512, NULL, 0};
	CK_BYTE state[STATE_ROOM], got[64];
	CK_ULONG state_len, len = sizeof got, n;

	CHECK_EQ(p11->C_DigestInit(session, &sha256), CKR_OK);
	CHECK_EQ(p11->C_DigestUpdate(session, data, 10), CKR_OK);
	state_len = save(session, state);
	CHECK_EQ(p11->C_DigestInit(session, NULL), CKR_OK);
	CHECK_EQ(p11->C_DigestInit(session, &sha512), CKR_OK);
	CHECK_EQ(p11->C_FindObjectsInit(session, NULL, 0), CKR_OK);
	CHECK_EQ(restore(session, state, state_len - 1), CKR_SAVED_STATE_INVALID);
	CHECK_EQ(p11->C_DigestUpdate(session, data, 10), CKR_OK);
	CHECK_EQ(restore(session, state, state_len), CKR_OK);
	CHECK_EQ(p11->C_FindObjects(session, &(CK_OBJECT_HANDLE){0}, 1, &n), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11->C_DigestFinal(session, got, &len), CKR_OK);
	expect(2, 10, got, len);
}

static void sizes_of_states(CK_SESSION_HANDLE session)
{
	CK_MECHANISM sha256 = {CKM_SHA256, NULL, 0};
	CK_BYTE state[STATE_ROOM];
	CK_ULONG len = 0, size;

	CHECK_EQ(p11->C_GetOperationState(session, NULL, &len), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11->C_DigestInit(session, &sha256), CKR_OK);
	CHECK_EQ(p11->C_GetOperationState(session, NULL, NULL), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11->C_GetOperationState(session, state, NULL), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11->C_GetOperationState(session, NULL, &len), CKR_OK);
	size = len;
	CHECK(size > 0 && size < STATE_ROOM);
	memset(state, 0x5a, sizeof state);
	len = size - 1;
	CHECK_EQ(p11->C_GetOperationState(session, state, &len), CKR_BUFFER_TOO_SMALL);
	CHECK_EQ(len, size);
	CHECK(state[0] == 0x5a && memcmp(state, state + 1, sizeof state - 1) == 0);
	CHECK_EQ(p11->C_GetOperationState(session, state, &len), CKR_OK);
	CHECK_EQ(len, size);
	CHECK(state[size] == 0x5a);
	CHECK_EQ(p11->C_DigestInit(session, NULL), CKR_OK);
}

static void what_is_no_state(CK_SESSION_HANDLE session)
{
	CK_MECHANISM sha256 = {CKM_SHA256, NULL, 0};
	CK_BYTE state[STATE_ROOM] = {0};
	CK_ULONG len;

	CHECK_EQ(restore(session, NULL, 0), CKR_ARGUMENTS_BAD);
	CHECK_EQ(restore(session, NULL, 24), CKR_ARGUMENTS_BAD);
	for (len = 0; len <= STATE_ROOM; len++)
		CHECK_EQ(restore(session, state, len), CKR_SAVED_STATE_INVALID);
	CHECK_EQ(restore(session, state, 1UL << 63), CKR_SAVED_STATE_INVALID);
	CHECK_EQ(p11->C_DigestInit(session, &sha256), CKR_OK);
	len = save(session, state);
	CHECK_EQ(p11->C_DigestInit(session, NULL), CKR_OK);
	for (CK_ULONG i = 0; i < len; i++) {
		state[i] ^= 0x20;
		CHECK_EQ(restore(session, state, len), CKR_SAVED_STATE_INVALID);
		state[i] ^= 0x20;
	}
	CHECK_EQ(restore(session, state, len - 1), CKR_SAVED_STATE_INVALID);
	CHECK_EQ(restore(session, state, len + 1), CKR_SAVED_STATE_INVALID);
	/* A digest has no key. */
	CHECK_EQ(p11->C_SetOperationState(session, state, len, 1, 0), CKR_KEY_NOT_NEEDED);
	CHECK_EQ(p11->C_SetOperationState(session, state, len, 0, 1), CKR_KEY_NOT_NEEDED);
	CHECK_EQ(p11->C_DigestUpdate(session, data, 1), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(restore(session, state, len), CKR_OK);
	finish(session, 2, 0, 100);
}

/* A state belongs to its token, and to the time until C_Finalize. */
static void states_stay_at_home(CK_SLOT_ID slot)
{
	CK_MECHANISM sha256 = {CKM_SHA256, NULL, 0};
	CK_SESSION_HANDLE session = api_session(slot, false), abroad = api_session(api_token("other"), false);
	CK_BYTE state[STATE_ROOM];
	CK_ULONG len;

	CHECK_EQ(p11->C_DigestInit(session, &sha256), CKR_OK);
	len = save(session, state);
	CHECK_EQ(restore(abroad, state, len), CKR_SAVED_STATE_INVALID);
	CHECK_EQ(restore(session, state, len), CKR_OK);
	api_restart();
	session = api_session(slot, false);
	CHECK_EQ(restore(session, state, len), CKR_SAVED_STATE_INVALID);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

/* Signatures, searches and messages cannot be saved, alone or beside a digest. */
static void what_cannot_be_saved(CK_SLOT_ID slot)
{
	CK_MECHANISM sha256 = {CKM_SHA256, NULL, 0}, ecdsa = {CKM_ECDSA_SHA256, NULL, 0};
	CK_SESSION_HANDLE session = api_session(slot, true);
	CK_BYTE state[STATE_ROOM];
	struct api_pair pair;

	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	pair = api_generate_plain(session, API_P256);
	for (int other = 0; other < 5; other++)
		for (int digest = 0; digest < 2; digest++) {
			CK_ULONG len = sizeof state;

			if (digest)
				CHECK_EQ(p11->C_DigestInit(session, &sha256), CKR_OK);
			CHECK_EQ(other == 0   ? p11->C_SignInit(session, &ecdsa, pair.private)
				 : other == 1 ? p11->C_VerifyInit(session, &ecdsa, pair.public)
				 : other == 2 ? p11->C_FindObjectsInit(session, NULL, 0)
				 : other == 3 ? p11_3->C_MessageSignInit(session, &ecdsa, pair.private)
					      : p11_3->C_VerifySignatureInit(session, &ecdsa, pair.public, data, 64),
				CKR_OK);
			CHECK_EQ(p11->C_GetOperationState(session, NULL, &len), CKR_STATE_UNSAVEABLE);
			CHECK_EQ(p11->C_GetOperationState(session, state, &len), CKR_STATE_UNSAVEABLE);
			CHECK_EQ(p11_3->C_SessionCancel(session, ~(CK_FLAGS)CKF_DIGEST), CKR_OK);
			CHECK_EQ(p11->C_GetOperationState(session, state, &len), digest ? CKR_OK : CKR_OPERATION_NOT_INITIALIZED);
			CHECK_EQ(p11_3->C_SessionCancel(session, ~0UL), CKR_OK);
		}
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

/* However many are saved, memory is bounded: the oldest go. The latest 1024 are there. */
static void very_many_states(CK_SESSION_HANDLE session)
{
	enum { KEPT = 1024 };
	CK_MECHANISM sha256 = {CKM_SHA256, NULL, 0};
	static CK_BYTE states[KEPT + 1][STATE_ROOM];
	CK_ULONG len = 0;

	CHECK_EQ(p11->C_DigestInit(session, &sha256), CKR_OK);
	for (int i = 0; i <= KEPT; i++) {
		REQUIRE(p11->C_DigestUpdate(session, data + i, 1) == CKR_OK);
		len = save(session, states[i]);
	}
	CHECK_EQ(restore(session, states[0], len), CKR_SAVED_STATE_INVALID);
	for (CK_ULONG i = 1; i <= KEPT; i += 93) {
		CHECK_EQ(restore(session, states[i], len), CKR_OK);
		finish(session, 2, i + 1, 3000);
	}
}

static void random_numbers(CK_SESSION_HANDLE session)
{
	static CK_BYTE a[LONG], b[LONG];
	size_t counts[256] = {0};

	CHECK_EQ(p11->C_SeedRandom(session, data, 16), CKR_OK);
	CHECK_EQ(p11->C_GenerateRandom(session, a, 0), CKR_OK);
	CHECK_EQ(p11->C_GenerateRandom(session, a, LONG), CKR_OK);
	CHECK_EQ(p11->C_SeedRandom(session, data, 16), CKR_OK);
	CHECK_EQ(p11->C_GenerateRandom(session, b, LONG), CKR_OK);
	CHECK(memcmp(a, b, 32) != 0 && memcmp(a + LONG - 32, b + LONG - 32, 32) != 0);
	/* 273 of each expected: ten standard deviations are 165. */
	for (size_t i = 0; i < LONG; i++)
		counts[a[i]]++;
	for (size_t i = 0; i < 256; i++)
		CHECK(counts[i] > 273 - 165 && counts[i] < 273 + 165);
}

int main(void)
{
	CK_MECHANISM no_digest = {CKM_ECDSA, NULL, 0};
	CK_SESSION_HANDLE session;
	CK_SLOT_ID slot;

	for (size_t i = 0; i < LONG; i++)
		data[i] = (CK_BYTE)any_below(256);
	api_open("");
	api_initialize();
	slot = api_token("digests");
	/* Nobody need be logged in. */
	session = api_session(slot, false);
	no_digest_is_forgotten_here(slot);
	for (size_t i = 0; i < COUNT(digests); i++) {
		in_one_call(session, i);
		in_parts(session, i);
		operations(session, i);
		a_saved_digest_goes_on(session, i);
	}
	one_after_another(session);
	restoring_takes_the_place_of_what_was(session);
	sizes_of_states(session);
	what_is_no_state(session);
	very_many_states(session);
	CHECK_EQ(p11->C_DigestInit(session, &no_digest), CKR_MECHANISM_INVALID);
	random_numbers(session);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
	states_stay_at_home(slot);
	what_cannot_be_saved(slot);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
