/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/judge.h"

#include "lib/check.h"

/* Parameters of signature mechanisms in every wrong form, and how long the data may be where the caller hashes. */

static CK_BYTE message[] = "what is signed", hash[64] = {1, 2, 3};

/* Nothing began. */
static void idle(CK_SESSION_HANDLE session)
{
	CK_BYTE signature[JUDGE_SIGNATURE];
	CK_ULONG len = sizeof signature;

	CHECK_EQ(p11->C_Sign(session, message, 1, signature, &len), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11->C_Verify(session, message, 1, signature, 256), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11_3->C_VerifySignature(session, message, 1), CKR_OPERATION_NOT_INITIALIZED);
}

/* Refused by all three, before anything happens. */
static void refused(CK_SESSION_HANDLE session, struct api_pair pair, CK_MECHANISM *mechanism)
{
	CK_BYTE signature[256] = {0};

	CHECK_EQ(p11->C_SignInit(session, mechanism, pair.private), CKR_MECHANISM_PARAM_INVALID);
	CHECK_EQ(p11->C_VerifyInit(session, mechanism, pair.public), CKR_MECHANISM_PARAM_INVALID);
	CHECK_EQ(p11_3->C_VerifySignatureInit(session, mechanism, pair.public, signature, sizeof signature), CKR_MECHANISM_PARAM_INVALID);
	idle(session);
}

static CK_RV sign(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, CK_MECHANISM *mechanism, CK_BYTE *data, CK_ULONG len, CK_BYTE *signature)
{
	CK_ULONG signature_len = JUDGE_SIGNATURE;
	CK_RV rv = p11->C_SignInit(session, mechanism, key);

	return rv == CKR_OK ? p11->C_Sign(session, data, len, signature, &signature_len) : rv;
}

static CK_RV verify(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, CK_MECHANISM *mechanism, CK_BYTE *data, CK_ULONG len,
	CK_BYTE *signature, CK_ULONG signature_len)
{
	CK_RV rv = p11->C_VerifyInit(session, mechanism, key);

	return rv == CKR_OK ? p11->C_Verify(session, data, len, signature, signature_len) : rv;
}

/* --- PSS --- */

enum { LONGEST_SALT_2048 = 256 - 32 - 2 };

static void wrong_pss_values(CK_SESSION_HANDLE session, struct api_pair rsa)
{
	static const struct {
		CK_MECHANISM_TYPE mechanism;
		CK_RSA_PKCS_PSS_PARAMS pss;
	} rows[] = {
		/* the hash: another than the mechanism's, one of no hash, a mechanism that is none */
		{CKM_SHA256_RSA_PKCS_PSS, {CKM_SHA384, CKG_MGF1_SHA256, 32}},
		{CKM_SHA256_RSA_PKCS_PSS, {CKM_SHA3_256, CKG_MGF1_SHA256, 32}},
		{CKM_SHA3_256_RSA_PKCS_PSS, {CKM_SHA256, CKG_MGF1_SHA3_256, 32}},
		{CKM_SHA256_RSA_PKCS_PSS, {CKM_SHA256_RSA_PKCS, CKG_MGF1_SHA256, 32}},
		{CKM_SHA256_RSA_PKCS_PSS, {0, CKG_MGF1_SHA256, 32}},
		{CKM_SHA256_RSA_PKCS_PSS, {CK_UNAVAILABLE_INFORMATION, CKG_MGF1_SHA256, 32}},
		{CKM_RSA_PKCS_PSS, {CKM_RSA_PKCS, CKG_MGF1_SHA256, 32}},
		{CKM_RSA_PKCS_PSS, {0, CKG_MGF1_SHA256, 32}},
		/* the mask */
		{CKM_SHA256_RSA_PKCS_PSS, {CKM_SHA256, 0, 32}},
		{CKM_SHA256_RSA_PKCS_PSS, {CKM_SHA256, CKG_MGF1_SHA3_512 + 1, 32}},
		{CKM_SHA256_RSA_PKCS_PSS, {CKM_SHA256, CKM_SHA256, 32}},
		{CKM_SHA256_RSA_PKCS_PSS, {CKM_SHA256, CK_UNAVAILABLE_INFORMATION, 32}},
		/* the salt: longer than fits */
		{CKM_SHA256_RSA_PKCS_PSS, {CKM_SHA256, CKG_MGF1_SHA256, LONGEST_SALT_2048 + 1}},
		{CKM_SHA256_RSA_PKCS_PSS, {CKM_SHA256, CKG_MGF1_SHA256, 256}},
		{CKM_SHA256_RSA_PKCS_PSS, {CKM_SHA256, CKG_MGF1_SHA256, 1UL << 31}},
		{CKM_SHA256_RSA_PKCS_PSS, {CKM_SHA256, CKG_MGF1_SHA256, 1UL << 32}},
		{CKM_SHA256_RSA_PKCS_PSS, {CKM_SHA256, CKG_MGF1_SHA256, 1UL << 63}},
		/* OpenSSL's special lengths are none here */
		{CKM_SHA256_RSA_PKCS_PSS, {CKM_SHA256, CKG_MGF1_SHA256, (CK_ULONG)-1}},
		{CKM_SHA256_RSA_PKCS_PSS, {CKM_SHA256, CKG_MGF1_SHA256, (CK_ULONG)-2}},
		{CKM_SHA256_RSA_PKCS_PSS, {CKM_SHA256, CKG_MGF1_SHA256, 0xffffffff}},
		{CKM_SHA256_RSA_PKCS_PSS, {CKM_SHA256, CKG_MGF1_SHA256, 0xfffffffe}},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		CK_RSA_PKCS_PSS_PARAMS pss = rows[i].pss;
		CK_MECHANISM mechanism = {rows[i].mechanism, &pss, sizeof pss};
		int before = check_failures;

		refused(session, rsa, &mechanism);
		if (check_failures != before)
			fprintf(stderr, "  that is row %zu\n", i);
	}
}

static void wrong_pss_forms(CK_SESSION_HANDLE session, struct api_pair rsa)
{
	static const CK_ULONG sizes[] = {0, 1, sizeof(CK_RSA_PKCS_PSS_PARAMS) - 1, sizeof(CK_RSA_PKCS_PSS_PARAMS) + 1, 1UL << 63,
		CK_UNAVAILABLE_INFORMATION};
	CK_RSA_PKCS_PSS_PARAMS pss = {CKM_SHA256, CKG_MGF1_SHA256, 32};
	CK_BYTE room[sizeof pss + 1], signature[JUDGE_SIGNATURE];
	CK_MECHANISM mechanism = {CKM_SHA256_RSA_PKCS_PSS, NULL, sizeof pss};

	refused(session, rsa, &mechanism);
	mechanism.ulParameterLen = 0;
	refused(session, rsa, &mechanism);
	mechanism.pParameter = &pss;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		mechanism.ulParameterLen = sizes[i];
		refused(session, rsa, &mechanism);
	}
	/* At an odd address it is as good as anywhere, and after the initialisation it is not looked at again. */
	memcpy(room + 1, &pss, sizeof pss);
	mechanism = (CK_MECHANISM){CKM_SHA256_RSA_PKCS_PSS, room + 1, sizeof pss};
	CHECK_EQ(p11->C_SignInit(session, &mechanism, rsa.private), CKR_OK);
	memset(room, 0xff, sizeof room);
	CHECK_EQ(p11->C_Sign(session, message, sizeof message, signature, &(CK_ULONG){sizeof signature}), CKR_OK);
	mechanism.pParameter = &pss;
	CHECK_EQ(verify(session, rsa.public, &mechanism, message, sizeof message, signature, 256), CKR_OK);
}

/* The longest salt is good, and a signature with one salt is none with another. */
static void salts(CK_SESSION_HANDLE session, struct api_pair rsa)
{
	static const struct judge_scheme longest = {JUDGE_PSS, "SHA256", false, "SHA256", LONGEST_SALT_2048};
	CK_RSA_PKCS_PSS_PARAMS pss = {CKM_SHA256, CKG_MGF1_SHA256, LONGEST_SALT_2048};
	CK_MECHANISM mechanism = {CKM_SHA256_RSA_PKCS_PSS, &pss, sizeof pss};
	EVP_PKEY *key = judge_key(session, rsa.public);
	CK_BYTE signature[JUDGE_SIGNATURE], again[JUDGE_SIGNATURE];

	CHECK_EQ(sign(session, rsa.private, &mechanism, message, sizeof message, signature), CKR_OK);
	CHECK(judge_verifies(key, &longest, message, sizeof message, signature, 256));
	CHECK_EQ(verify(session, rsa.public, &mechanism, message, sizeof message, signature, 256), CKR_OK);
	pss.sLen--;
	CHECK_EQ(verify(session, rsa.public, &mechanism, message, sizeof message, signature, 256), CKR_SIGNATURE_INVALID);
	pss.sLen = 0;
	CHECK_EQ(verify(session, rsa.public, &mechanism, message, sizeof message, signature, 256), CKR_SIGNATURE_INVALID);
	pss = (CK_RSA_PKCS_PSS_PARAMS){CKM_SHA256, CKG_MGF1_SHA384, LONGEST_SALT_2048};
	CHECK_EQ(verify(session, rsa.public, &mechanism, message, sizeof message, signature, 256), CKR_SIGNATURE_INVALID);
	/* Salts are new each time; without one a signature is the same. */
	for (CK_ULONG len = 0; len < 33; len += 32) {
		pss = (CK_RSA_PKCS_PSS_PARAMS){CKM_SHA256, CKG_MGF1_SHA256, len};
		CHECK_EQ(sign(session, rsa.private, &mechanism, message, sizeof message, signature), CKR_OK);
		CHECK_EQ(sign(session, rsa.private, &mechanism, message, sizeof message, again), CKR_OK);
		CHECK((memcmp(signature, again, 256) == 0) == (len == 0));
	}
	EVP_PKEY_free(key);
}

/* CKM_RSA_PKCS_PSS signs a hash of the length that its parameter names, and nothing else. */
static void raw_pss(CK_SESSION_HANDLE session, struct api_pair rsa)
{
	static const CK_ULONG lengths[] = {0, 1, 20, 31, 33, 48, 64};
	CK_RSA_PKCS_PSS_PARAMS pss = {CKM_SHA256, CKG_MGF1_SHA256, 32};
	CK_MECHANISM mechanism = {CKM_RSA_PKCS_PSS, &pss, sizeof pss};
	CK_BYTE signature[JUDGE_SIGNATURE], untouched[JUDGE_SIGNATURE];

	CHECK_EQ(sign(session, rsa.private, &mechanism, hash, 32, signature), CKR_OK);
	CHECK_EQ(verify(session, rsa.public, &mechanism, hash, 32, signature, 256), CKR_OK);
	memset(untouched, 0xa5, sizeof untouched);
	memset(signature, 0xa5, sizeof signature);
	for (size_t i = 0; i < COUNT(lengths); i++) {
		CHECK_EQ(sign(session, rsa.private, &mechanism, hash, lengths[i], signature), CKR_DATA_LEN_RANGE);
		CHECK_EQ(verify(session, rsa.public, &mechanism, hash, lengths[i], signature, 256), CKR_DATA_LEN_RANGE);
	}
	CHECK_EQ(sign(session, rsa.private, &mechanism, hash, 1UL << 63, signature), CKR_ARGUMENTS_BAD);
	CHECK(memcmp(signature, untouched, sizeof signature) == 0);
}

/* --- PKCS#1 v1.5 --- */

/* CKM_RSA_PKCS pads what it is given, a DigestInfo or not, up to eleven bytes less than the modulus. */
static void raw_pkcs1(CK_SESSION_HANDLE session, struct api_pair rsa)
{
	static const struct judge_scheme raw = {JUDGE_PKCS1, NULL, false, NULL, 0};
	static const CK_ULONG good[] = {1, 19, 20, 51, 83, 128, 244, 245}, bad[] = {0, 246, 255, 256, 257, 1UL << 32};
	CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
	EVP_PKEY *key = judge_key(session, rsa.public);
	CK_BYTE data[512] = {7}, signature[JUDGE_SIGNATURE], untouched[JUDGE_SIGNATURE];

	for (size_t i = 0; i < COUNT(good); i++) {
		CHECK_EQ(sign(session, rsa.private, &mechanism, data, good[i], signature), CKR_OK);
		CHECK(judge_verifies(key, &raw, data, good[i], signature, 256));
		CHECK_EQ(verify(session, rsa.public, &mechanism, data, good[i], signature, 256), CKR_OK);
		CHECK_EQ(verify(session, rsa.public, &mechanism, data, good[i] == 1 ? 2 : good[i] - 1, signature, 256), CKR_SIGNATURE_INVALID);
	}
	memset(untouched, 0xa5, sizeof untouched);
	memset(signature, 0xa5, sizeof signature);
	for (size_t i = 0; i < COUNT(bad); i++) {
		CHECK_EQ(sign(session, rsa.private, &mechanism, data, bad[i], signature), CKR_DATA_LEN_RANGE);
		CHECK_EQ(verify(session, rsa.public, &mechanism, data, bad[i], signature, 256), CKR_DATA_LEN_RANGE);
	}
	CHECK(memcmp(signature, untouched, sizeof signature) == 0);
	EVP_PKEY_free(key);
}

/* A DigestInfo that the caller made signs as the mechanism that makes it, and for it alone. */
static void a_digest_info_is_the_mechanism(CK_SESSION_HANDLE session, struct api_pair rsa)
{
	static const CK_BYTE head[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
		0x04, 0x20};
	CK_MECHANISM raw = {CKM_RSA_PKCS, NULL, 0}, whole = {CKM_SHA256_RSA_PKCS, NULL, 0}, other = {CKM_SHA3_256_RSA_PKCS, NULL, 0};
	CK_BYTE info[sizeof head + 64], one[JUDGE_SIGNATURE], two[JUDGE_SIGNATURE];

	memcpy(info, head, sizeof head);
	judge_hash("SHA256", message, sizeof message, info + sizeof head);
	CHECK_EQ(sign(session, rsa.private, &raw, info, sizeof head + 32, one), CKR_OK);
	CHECK_EQ(sign(session, rsa.private, &whole, message, sizeof message, two), CKR_OK);
	CHECK(memcmp(one, two, 256) == 0);
	CHECK_EQ(verify(session, rsa.public, &whole, message, sizeof message, one, 256), CKR_OK);
	CHECK_EQ(verify(session, rsa.public, &other, message, sizeof message, one, 256), CKR_SIGNATURE_INVALID);
	/* The bare hash is not its DigestInfo. */
	CHECK_EQ(sign(session, rsa.private, &raw, info + sizeof head, 32, one), CKR_OK);
	CHECK_EQ(verify(session, rsa.public, &whole, message, sizeof message, one, 256), CKR_SIGNATURE_INVALID);
}

/* --- EdDSA --- */

static void eddsa(CK_SESSION_HANDLE session, struct api_pair ed)
{
	static CK_BYTE context[256];
	bool variants = OpenSSL_version_num() >= 0x30200000; /* which OpenSSL has ctx and ph */
	CK_EDDSA_PARAMS nothing = {CK_FALSE, 0, NULL}, prehash = {CK_TRUE, 0, NULL}, short_context = {CK_FALSE, 3, context},
			long_context = {CK_FALSE, 256, context}, no_context = {CK_FALSE, 3, NULL}, huge = {CK_FALSE, 1UL << 63, context};
	CK_MECHANISM pure = {CKM_EDDSA, NULL, 0}, given = {CKM_EDDSA, &nothing, sizeof nothing};
	static const CK_ULONG sizes[] = {0, 1, sizeof nothing - 1, sizeof nothing + 1, 1UL << 63};
	CK_EDDSA_PARAMS *wrong[] = {&long_context, &no_context, &huge}, *variant[] = {&prehash, &short_context};
	CK_BYTE one[JUDGE_SIGNATURE], two[JUDGE_SIGNATURE];

	CHECK_EQ(sign(session, ed.private, &pure, message, sizeof message, one), CKR_OK);
	CHECK_EQ(sign(session, ed.private, &given, message, sizeof message, two), CKR_OK);
	CHECK(memcmp(one, two, 64) == 0);
	CHECK_EQ(verify(session, ed.public, &given, message, sizeof message, one, 64), CKR_OK);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		given.ulParameterLen = sizes[i];
		refused(session, ed, &given);
	}
	given = (CK_MECHANISM){CKM_EDDSA, NULL, sizeof nothing};
	refused(session, ed, &given);
	for (size_t i = 0; i < COUNT(wrong); i++) {
		given = (CK_MECHANISM){CKM_EDDSA, wrong[i], sizeof nothing};
		refused(session, ed, &given);
	}
	for (size_t i = 0; i < COUNT(variant); i++) {
		given = (CK_MECHANISM){CKM_EDDSA, variant[i], sizeof nothing};
		if (!variants) {
			refused(session, ed, &given);
			continue;
		}
		CHECK_EQ(sign(session, ed.private, &given, message, sizeof message, two), CKR_OK);
		CHECK_EQ(verify(session, ed.public, &given, message, sizeof message, two, 64), CKR_OK);
		CHECK_EQ(verify(session, ed.public, &pure, message, sizeof message, two, 64), CKR_SIGNATURE_INVALID);
	}
}

/* --- those without a parameter --- */

static void none_wanted(CK_SESSION_HANDLE session, struct api_pair ec, struct api_pair rsa)
{
	static const CK_MECHANISM_TYPE types[] = {CKM_ECDSA, CKM_ECDSA_SHA256, CKM_ECDSA_SHA3_512, CKM_RSA_PKCS, CKM_SHA256_RSA_PKCS};

	for (size_t i = 0; i < COUNT(types); i++) {
		CK_MECHANISM with[] = {{types[i], message, 1}, {types[i], message, 0}, {types[i], NULL, 1}, {types[i], NULL, 1UL << 63}};

		for (size_t k = 0; k < COUNT(with); k++)
			refused(session, i < 3 ? ec : rsa, &with[k]);
	}
}

/* A hash that the caller made: from one byte to sixty-four, cut to the curve's order as ECDSA does. */
static void raw_ecdsa(CK_SESSION_HANDLE session, struct api_pair ec)
{
	static const struct judge_scheme raw = {JUDGE_ECDSA, NULL, false, NULL, 0};
	CK_MECHANISM mechanism = {CKM_ECDSA, NULL, 0};
	EVP_PKEY *key = judge_key(session, ec.public);
	CK_BYTE data[66] = {9, 8, 7}, signature[JUDGE_SIGNATURE], untouched[JUDGE_SIGNATURE];

	for (CK_ULONG len = 1; len <= 64; len++) {
		CHECK_EQ(sign(session, ec.private, &mechanism, data, len, signature), CKR_OK);
		CHECK(judge_verifies(key, &raw, data, len, signature, 64));
		CHECK_EQ(verify(session, ec.public, &mechanism, data, len, signature, 64), CKR_OK);
	}
	memset(untouched, 0xa5, sizeof untouched);
	memset(signature, 0xa5, sizeof signature);
	CHECK_EQ(sign(session, ec.private, &mechanism, data, 0, signature), CKR_DATA_LEN_RANGE);
	CHECK_EQ(sign(session, ec.private, &mechanism, data, 65, signature), CKR_DATA_LEN_RANGE);
	CHECK_EQ(sign(session, ec.private, &mechanism, data, 1UL << 63, signature), CKR_ARGUMENTS_BAD);
	CHECK(memcmp(signature, untouched, sizeof signature) == 0);
	EVP_PKEY_free(key);
}

int main(void)
{
	CK_SESSION_HANDLE session;
	struct api_pair rsa, ec, ed;

	api_open("");
	session = api_ready(NULL);
	rsa = api_generate_kind(session, API_RSA_2048, NULL, 0, NULL, 0);
	ec = api_generate_kind(session, API_P256, NULL, 0, NULL, 0);
	ed = api_generate_kind(session, API_ED25519, NULL, 0, NULL, 0);
	wrong_pss_values(session, rsa);
	wrong_pss_forms(session, rsa);
	salts(session, rsa);
	raw_pss(session, rsa);
	raw_pkcs1(session, rsa);
	a_digest_info_is_the_mechanism(session, rsa);
	eddsa(session, ed);
	none_wanted(session, ec, rsa);
	raw_ecdsa(session, ec);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
