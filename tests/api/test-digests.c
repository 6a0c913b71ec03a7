/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include <openssl/evp.h>

#include "lib/check.h"

/* Digests against libcrypto, in one call and in parts cut at random; random numbers. */

enum { LONG = 70000, ROUNDS = 20 };

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
};
static CK_BYTE data[LONG];

/* Not rand(): the same cuts in every run, whoever else calls it. */
static CK_ULONG any_below(CK_ULONG limit)
{
	static unsigned long long state = 0x5342;

	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (CK_ULONG)(state >> 33) % limit;
}

static void expect(size_t which, CK_ULONG len, const CK_BYTE *got, CK_ULONG got_len)
{
	CK_BYTE want[EVP_MAX_MD_SIZE];

	REQUIRE(EVP_Digest(data, len, want, NULL, digests[which].md(), NULL) == 1);
	CHECK_EQ(got_len, digests[which].size);
	CHECK(memcmp(got, want, digests[which].size) == 0);
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
	for (size_t i = 0; i < COUNT(digests); i++) {
		in_one_call(session, i);
		in_parts(session, i);
		operations(session, i);
	}
	CHECK_EQ(p11->C_DigestInit(session, &no_digest), CKR_MECHANISM_INVALID);
	random_numbers(session);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
