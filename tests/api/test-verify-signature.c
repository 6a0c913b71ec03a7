/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include "lib/check.h"

/* C_VerifySignature*: the signature first, the data afterwards (PKCS#11 3.2). */

enum { SIGNATURE = 64, ROOM = 512, LONG = 100000 };

static CK_MECHANISM ecdsa = {CKM_ECDSA, NULL, 0}, ecdsa_sha256 = {CKM_ECDSA_SHA256, NULL, 0};
static CK_BYTE text[32] = "what is signed", long_text[LONG];

static void sign(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, CK_BYTE *data, CK_ULONG len, CK_BYTE *signature,
	CK_ULONG *signature_len)
{
	REQUIRE(p11->C_SignInit(session, mechanism, key) == CKR_OK);
	*signature_len = ROOM;
	REQUIRE(p11->C_Sign(session, data, len, signature, signature_len) == CKR_OK);
}

/* In parts, in the sizes given up to a 0; without any: in one call. */
static CK_RV verify(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, CK_BYTE *signature, CK_ULONG signature_len,
	CK_BYTE *data, CK_ULONG len, const CK_ULONG *parts)
{
	CK_RV rv = p11_3->C_VerifySignatureInit(session, mechanism, key, signature, signature_len);

	if (rv != CKR_OK)
		return rv;
	if (!parts)
		return p11_3->C_VerifySignature(session, data, len);
	for (CK_ULONG at = 0; at < len; at += *parts ? *parts++ : len) {
		CK_ULONG part = *parts && *parts < len - at ? *parts : len - at;

		CHECK_EQ(p11_3->C_VerifySignatureUpdate(session, data + at, part), CKR_OK);
	}
	return p11_3->C_VerifySignatureFinal(session);
}

/* Each mechanism that verifies, with a key of each kind that it takes: "Any mechanism that supports C_VerifyInit must also support
 * C_VerifySignatureInit." */
static const struct {
	CK_MECHANISM_TYPE type;
	int kind;
	CK_ULONG signature;
} mechanisms[] = {
	{CKM_ECDSA, API_P256, 64}, {CKM_ECDSA_SHA224, API_P256, 64}, {CKM_ECDSA_SHA256, API_P256, 64}, {CKM_ECDSA_SHA384, API_P384, 96},
	{CKM_ECDSA_SHA512, API_P521, 132}, {CKM_ECDSA_SHA3_224, API_P256, 64}, {CKM_ECDSA_SHA3_256, API_P256, 64},
	{CKM_ECDSA_SHA3_384, API_P384, 96}, {CKM_ECDSA_SHA3_512, API_P521, 132}, {CKM_EDDSA, API_ED25519, 64}, {CKM_RSA_PKCS, API_RSA_2048, 256},
	{CKM_SHA224_RSA_PKCS, API_RSA_2048, 256}, {CKM_SHA256_RSA_PKCS, API_RSA_2048, 256}, {CKM_SHA384_RSA_PKCS, API_RSA_2048, 256},
	{CKM_SHA512_RSA_PKCS, API_RSA_2048, 256}, {CKM_SHA3_224_RSA_PKCS, API_RSA_2048, 256}, {CKM_SHA3_256_RSA_PKCS, API_RSA_2048, 256},
	{CKM_SHA3_384_RSA_PKCS, API_RSA_2048, 256}, {CKM_SHA3_512_RSA_PKCS, API_RSA_2048, 256}, {CKM_RSA_PKCS_PSS, API_RSA_2048, 256},
	{CKM_SHA224_RSA_PKCS_PSS, API_RSA_2048, 256}, {CKM_SHA256_RSA_PKCS_PSS, API_RSA_2048, 256}, {CKM_SHA384_RSA_PKCS_PSS, API_RSA_2048, 256},
	{CKM_SHA512_RSA_PKCS_PSS, API_RSA_2048, 256}, {CKM_SHA3_224_RSA_PKCS_PSS, API_RSA_2048, 256}, {CKM_SHA3_256_RSA_PKCS_PSS, API_RSA_2048, 256},
	{CKM_SHA3_384_RSA_PKCS_PSS, API_RSA_2048, 256}, {CKM_SHA3_512_RSA_PKCS_PSS, API_RSA_2048, 256},
};
/* Those of SHA-1 verify too, but nothing here signs with them. */
static const CK_MECHANISM_TYPE verify_only[] = {CKM_ECDSA_SHA1, CKM_SHA1_RSA_PKCS, CKM_SHA1_RSA_PKCS_PSS};

static const CK_RSA_PKCS_PSS_PARAMS pss[] = {
	{CKM_SHA224, CKG_MGF1_SHA224, 28}, {CKM_SHA256, CKG_MGF1_SHA256, 32}, {CKM_SHA384, CKG_MGF1_SHA384, 48},
	{CKM_SHA512, CKG_MGF1_SHA512, 64}, {CKM_SHA3_224, CKG_MGF1_SHA3_224, 28}, {CKM_SHA3_256, CKG_MGF1_SHA3_256, 32},
	{CKM_SHA3_384, CKG_MGF1_SHA3_384, 48}, {CKM_SHA3_512, CKG_MGF1_SHA3_512, 64}, {CKM_SHA_1, CKG_MGF1_SHA1, 20},
};
static const struct {
	CK_MECHANISM_TYPE mechanism, hash;
} pss_hashes[] = {
	{CKM_RSA_PKCS_PSS, CKM_SHA256}, {CKM_SHA224_RSA_PKCS_PSS, CKM_SHA224}, {CKM_SHA256_RSA_PKCS_PSS, CKM_SHA256},
	{CKM_SHA384_RSA_PKCS_PSS, CKM_SHA384}, {CKM_SHA512_RSA_PKCS_PSS, CKM_SHA512}, {CKM_SHA3_224_RSA_PKCS_PSS, CKM_SHA3_224},
	{CKM_SHA3_256_RSA_PKCS_PSS, CKM_SHA3_256}, {CKM_SHA3_384_RSA_PKCS_PSS, CKM_SHA3_384}, {CKM_SHA3_512_RSA_PKCS_PSS, CKM_SHA3_512},
	{CKM_SHA1_RSA_PKCS_PSS, CKM_SHA_1},
};

static CK_MECHANISM with_parameter(CK_MECHANISM_TYPE type)
{
	for (size_t i = 0; i < COUNT(pss_hashes); i++)
		for (size_t k = 0; pss_hashes[i].mechanism == type && k < COUNT(pss); k++)
			if (pss[k].hashAlg == pss_hashes[i].hash)
				return (CK_MECHANISM){type, (void *)&pss[k], sizeof pss[k]};
	return (CK_MECHANISM){type, NULL, 0};
}

static bool known(CK_MECHANISM_TYPE type)
{
	bool found = false;

	for (size_t i = 0; i < COUNT(mechanisms); i++)
		found |= mechanisms[i].type == type;
	for (size_t i = 0; i < COUNT(verify_only); i++)
		found |= verify_only[i] == type;
	return found;
}

static void no_mechanism_is_forgotten_here(CK_SLOT_ID slot)
{
	CK_MECHANISM_TYPE list[128];
	CK_ULONG count = COUNT(list), verifying = 0;
	CK_MECHANISM_INFO info;

	REQUIRE(p11->C_GetMechanismList(slot, list, &count) == CKR_OK);
	for (CK_ULONG i = 0; i < count; i++) {
		REQUIRE(p11->C_GetMechanismInfo(slot, list[i], &info) == CKR_OK);
		if (info.flags & CKF_VERIFY) {
			CHECK(known(list[i]));
			verifying++;
		}
	}
	CHECK_EQ(verifying, COUNT(mechanisms) + COUNT(verify_only));
}

static void every_mechanism_that_verifies(CK_SESSION_HANDLE session)
{
	static const CK_ULONG parts[] = {1, 7, 0};
	struct api_pair pairs[API_RSA_2048 + 1];

	for (int i = 0; i < API_RSA_2048 + 1; i++)
		pairs[i] = api_generate_plain(session, i);
	for (size_t i = 0; i < COUNT(mechanisms); i++) {
		CK_MECHANISM mechanism = with_parameter(mechanisms[i].type);
		struct api_pair pair = pairs[mechanisms[i].kind];
		CK_BYTE signature[ROOM];
		CK_ULONG len;

		sign(session, &mechanism, pair.private, text, sizeof text, signature, &len);
		CHECK_EQ(len, mechanisms[i].signature);
		for (int in_parts = 0; in_parts < 2; in_parts++) {
			const CK_ULONG *cuts = in_parts ? parts : NULL;

			CHECK_EQ(verify(session, &mechanism, pair.public, signature, len, text, sizeof text, cuts), CKR_OK);
			text[31] ^= 1;
			CHECK_EQ(verify(session, &mechanism, pair.public, signature, len, text, sizeof text, cuts), CKR_SIGNATURE_INVALID);
			text[31] ^= 1;
			signature[len / 2] ^= 4;
			CHECK_EQ(verify(session, &mechanism, pair.public, signature, len, text, sizeof text, cuts), CKR_SIGNATURE_INVALID);
			signature[len / 2] ^= 4;
			CHECK_EQ(verify(session, &mechanism, pair.public, signature, len - 1, text, sizeof text, cuts),
				CKR_SIGNATURE_LEN_RANGE);
		}
	}
	for (size_t i = 0; i < COUNT(verify_only); i++) {
		CK_MECHANISM mechanism = with_parameter(verify_only[i]);
		CK_ULONG len = verify_only[i] == CKM_ECDSA_SHA1 ? 64 : 256;
		CK_BYTE signature[ROOM];

		memset(signature, 0x11, sizeof signature);
		CHECK_EQ(verify(session, &mechanism, pairs[len == 64 ? API_P256 : API_RSA_2048].public, signature, len, text, sizeof text, NULL),
			CKR_SIGNATURE_INVALID);
	}
}

static void long_and_empty_data(CK_SESSION_HANDLE session, struct api_pair pair)
{
	static const CK_ULONG parts[] = {1, 4095, 4096, 50000, 0};
	CK_BYTE signature[ROOM];
	CK_ULONG len;

	sign(session, &ecdsa_sha256, pair.private, long_text, LONG, signature, &len);
	CHECK_EQ(verify(session, &ecdsa_sha256, pair.public, signature, len, long_text, LONG, NULL), CKR_OK);
	CHECK_EQ(verify(session, &ecdsa_sha256, pair.public, signature, len, long_text, LONG, parts), CKR_OK);
	CHECK_EQ(verify(session, &ecdsa_sha256, pair.public, signature, len, long_text, LONG - 1, parts), CKR_SIGNATURE_INVALID);
	sign(session, &ecdsa_sha256, pair.private, NULL, 0, signature, &len);
	CHECK_EQ(verify(session, &ecdsa_sha256, pair.public, signature, len, NULL, 0, NULL), CKR_OK);
	CHECK_EQ(verify(session, &ecdsa_sha256, pair.public, signature, len, NULL, 0, parts), CKR_OK);
	/* The hash that raw ECDSA takes is no long text, and not nothing. */
	sign(session, &ecdsa, pair.private, text, sizeof text, signature, &len);
	CHECK_EQ(verify(session, &ecdsa, pair.public, signature, len, long_text, LONG, NULL), CKR_DATA_LEN_RANGE);
	CHECK_EQ(verify(session, &ecdsa, pair.public, signature, len, NULL, 0, NULL), CKR_DATA_LEN_RANGE);
}

/* The signature is copied at the start: what the caller does to its bytes afterwards changes nothing. */
static void the_signature_is_kept(CK_SESSION_HANDLE session, struct api_pair pair)
{
	CK_BYTE signature[ROOM];
	CK_ULONG len;

	sign(session, &ecdsa_sha256, pair.private, text, sizeof text, signature, &len);
	CHECK_EQ(p11_3->C_VerifySignatureInit(session, &ecdsa_sha256, pair.public, signature, len), CKR_OK);
	memset(signature, 0, sizeof signature);
	CHECK_EQ(p11_3->C_VerifySignature(session, text, sizeof text), CKR_OK);
}

/* A length that cannot be is the verdict, which comes with the data: the Init function's codes have no CKR_SIGNATURE_LEN_RANGE. */
static void wrong_lengths(CK_SESSION_HANDLE session, struct api_pair pair)
{
	static const CK_ULONG lengths[] = {0, 1, SIGNATURE - 1, SIGNATURE + 1, ROOM};
	static CK_BYTE signature[ROOM];

	for (size_t i = 0; i < COUNT(lengths); i++) {
		CHECK_EQ(p11_3->C_VerifySignatureInit(session, &ecdsa_sha256, pair.public, signature, lengths[i]), CKR_OK);
		CHECK_EQ(p11_3->C_VerifySignature(session, text, sizeof text), CKR_SIGNATURE_LEN_RANGE);
		CHECK_EQ(p11_3->C_VerifySignatureInit(session, &ecdsa_sha256, pair.public, signature, lengths[i]), CKR_OK);
		CHECK_EQ(p11_3->C_VerifySignatureUpdate(session, text, sizeof text), CKR_OK);
		CHECK_EQ(p11_3->C_VerifySignatureFinal(session), CKR_SIGNATURE_LEN_RANGE);
	}
	CHECK_EQ(p11_3->C_VerifySignature(session, text, sizeof text), CKR_OPERATION_NOT_INITIALIZED);
	/* No more of a signature is read than one of this key can have. */
	CHECK_EQ(p11_3->C_VerifySignatureInit(session, &ecdsa_sha256, pair.public, signature, 1UL << 63), CKR_OK);
	CHECK_EQ(p11_3->C_VerifySignature(session, text, sizeof text), CKR_SIGNATURE_LEN_RANGE);
}

static void the_order_of_calls(CK_SESSION_HANDLE session, struct api_pair pair)
{
	CK_BYTE signature[ROOM];
	CK_ULONG len;

	sign(session, &ecdsa_sha256, pair.private, text, sizeof text, signature, &len);
	CHECK_EQ(p11_3->C_VerifySignature(session, text, sizeof text), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11_3->C_VerifySignatureUpdate(session, text, sizeof text), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11_3->C_VerifySignatureFinal(session), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11_3->C_VerifySignatureInit(session, &ecdsa_sha256, pair.public, signature, len), CKR_OK);
	CHECK_EQ(p11_3->C_VerifySignatureInit(session, &ecdsa_sha256, pair.public, signature, len), CKR_OPERATION_ACTIVE);
	/* The one with the signature last is another operation, and neither ends the other. */
	CHECK_EQ(p11->C_Verify(session, text, sizeof text, signature, len), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11->C_VerifyInit(session, &ecdsa_sha256, pair.public), CKR_OK);
	CHECK_EQ(p11->C_Verify(session, text, 1, signature, len), CKR_SIGNATURE_INVALID);
	CHECK_EQ(p11_3->C_VerifySignature(session, text, sizeof text), CKR_OK);
	/* After a part there is no verdict in one call; a failure ends the operation. */
	CHECK_EQ(p11_3->C_VerifySignatureInit(session, &ecdsa_sha256, pair.public, signature, len), CKR_OK);
	CHECK_EQ(p11_3->C_VerifySignatureUpdate(session, text, 1), CKR_OK);
	CHECK(p11_3->C_VerifySignature(session, text + 1, sizeof text - 1) != CKR_OK);
	CHECK_EQ(p11_3->C_VerifySignatureFinal(session), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11_3->C_VerifySignatureInit(session, &ecdsa_sha256, pair.public, signature, len), CKR_OK);
	CHECK_EQ(p11_3->C_VerifySignatureUpdate(session, NULL, 1), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11_3->C_VerifySignatureUpdate(session, text, 1), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11_3->C_VerifySignatureInit(session, &ecdsa_sha256, pair.public, signature, len), CKR_OK);
	CHECK_EQ(p11_3->C_VerifySignature(session, NULL, 1), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11_3->C_VerifySignature(session, text, 1), CKR_OPERATION_NOT_INITIALIZED);
	/* So does a wrong signature. */
	CHECK_EQ(verify(session, &ecdsa_sha256, pair.public, signature, len, text, 1, NULL), CKR_SIGNATURE_INVALID);
	CHECK_EQ(p11_3->C_VerifySignature(session, text, sizeof text), CKR_OPERATION_NOT_INITIALIZED);
}

static void what_does_not_begin(CK_SESSION_HANDLE session, struct api_pair pair)
{
	CK_MECHANISM digest = {CKM_SHA256, NULL, 0}, unknown = {0x8123, NULL, 0}, parameter = {CKM_ECDSA, text, 1};
	CK_MECHANISM rsa = {CKM_SHA256_RSA_PKCS, NULL, 0};
	static CK_BYTE signature[SIGNATURE];
	CK_OBJECT_HANDLE data;

	CHECK_EQ(p11_3->C_VerifySignatureInit(session, &ecdsa, pair.public, NULL, SIGNATURE), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11_3->C_VerifySignatureInit(session, &digest, pair.public, signature, SIGNATURE), CKR_MECHANISM_INVALID);
	CHECK_EQ(p11_3->C_VerifySignatureInit(session, &unknown, pair.public, signature, SIGNATURE), CKR_MECHANISM_INVALID);
	CHECK_EQ(p11_3->C_VerifySignatureInit(session, &parameter, pair.public, signature, SIGNATURE), CKR_MECHANISM_PARAM_INVALID);
	CHECK_EQ(p11_3->C_VerifySignatureInit(session, &rsa, pair.public, signature, SIGNATURE), CKR_KEY_TYPE_INCONSISTENT);
	CHECK_EQ(p11_3->C_VerifySignatureInit(session, &ecdsa, 0, signature, SIGNATURE), CKR_KEY_HANDLE_INVALID);
	CHECK_EQ(p11_3->C_VerifySignatureInit(session, &ecdsa, pair.private, signature, SIGNATURE), CKR_KEY_HANDLE_INVALID);
	CHECK_EQ(api_data(session, false, false, "no key", &data), CKR_OK);
	CHECK_EQ(p11_3->C_VerifySignatureInit(session, &ecdsa, data, signature, SIGNATURE), CKR_KEY_HANDLE_INVALID);
	CHECK_EQ(p11_3->C_VerifySignature(session, text, sizeof text), CKR_OPERATION_NOT_INITIALIZED);
	/* NULL for the mechanism ends what began. */
	CHECK_EQ(p11_3->C_VerifySignatureInit(session, &ecdsa, pair.public, signature, SIGNATURE), CKR_OK);
	CHECK_EQ(p11_3->C_VerifySignatureInit(session, NULL, 0, NULL, 0), CKR_OK);
	CHECK_EQ(p11_3->C_VerifySignatureInit(session, NULL, 0, NULL, 0), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11_3->C_VerifySignatureFinal(session), CKR_OPERATION_NOT_INITIALIZED);
}

/* Public keys verify for everyone. */
static void nobody_need_be_logged_in(CK_SESSION_HANDLE session)
{
	struct api_pair pair = api_generate(session, true, 1, false);
	CK_BYTE signature[ROOM];
	CK_ULONG len;

	sign(session, &ecdsa_sha256, pair.private, text, sizeof text, signature, &len);
	CHECK_EQ(p11->C_Logout(session), CKR_OK);
	CHECK_EQ(verify(session, &ecdsa_sha256, pair.public, signature, len, text, sizeof text, NULL), CKR_OK);
}

int main(void)
{
	CK_SESSION_HANDLE session;
	struct api_pair pair;
	CK_SLOT_ID slot;

	for (size_t i = 0; i < LONG; i++)
		long_text[i] = (CK_BYTE)(i * 31 + i / 256);
	api_open("");
	session = api_ready(&slot);
	pair = api_generate_plain(session, API_P256);
	no_mechanism_is_forgotten_here(slot);
	every_mechanism_that_verifies(session);
	long_and_empty_data(session, pair);
	the_signature_is_kept(session, pair);
	wrong_lengths(session, pair);
	the_order_of_calls(session, pair);
	what_does_not_begin(session, pair);
	nobody_need_be_logged_in(session);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
