/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include "lib/check.h"

/* Signing and verifying, judged by libcrypto; and who may sign with a key that always authenticates. */

enum { SIGNATURE = 64, POINT = 65, LONG = 100000 };

static CK_MECHANISM ecdsa = {CKM_ECDSA, NULL, 0}, ecdsa_sha256 = {CKM_ECDSA_SHA256, NULL, 0};
static CK_BYTE text[] = "what is signed";
static CK_BYTE long_text[LONG];

/* libcrypto's opinion, from nothing but CKA_EC_POINT. hashed: the data are the hash. */
static bool libcrypto_verifies(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE public, bool hashed, const CK_BYTE *data, size_t len,
	const CK_BYTE signature[SIGNATURE])
{
	char group[] = "P-256";
	CK_BYTE point[POINT + 2];
	CK_ATTRIBUTE read = ATTRIBUTE_OF(CKA_EC_POINT, point);
	OSSL_PARAM parameters[] = {OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 5),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point + 2, POINT), OSSL_PARAM_END};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	ECDSA_SIG *sig = ECDSA_SIG_new();
	EVP_PKEY *key = NULL;
	unsigned char *der = NULL, hash[32];
	int der_len, good;

	REQUIRE(p11->C_GetAttributeValue(session, public, &read, 1) == CKR_OK && read.ulValueLen == sizeof point);
	REQUIRE(EVP_PKEY_fromdata_init(ctx) == 1);
	REQUIRE(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, parameters) == 1);
	EVP_PKEY_CTX_free(ctx);
	REQUIRE(ECDSA_SIG_set0(sig, BN_bin2bn(signature, 32, NULL), BN_bin2bn(signature + 32, 32, NULL)) == 1);
	der_len = i2d_ECDSA_SIG(sig, &der);
	if (!hashed) {
		REQUIRE(EVP_Digest(data, len, hash, NULL, EVP_sha256(), NULL) == 1);
		data = hash;
		len = sizeof hash;
	}
	ctx = EVP_PKEY_CTX_new(key, NULL);
	REQUIRE(EVP_PKEY_verify_init(ctx) == 1);
	good = EVP_PKEY_verify(ctx, der, (size_t)der_len, data, len);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	ECDSA_SIG_free(sig);
	OPENSSL_free(der);
	return good == 1;
}

static CK_RV sign(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, CK_BYTE *data, CK_ULONG len,
	CK_BYTE signature[SIGNATURE])
{
	CK_ULONG signature_len = SIGNATURE;
	CK_RV rv = p11->C_SignInit(session, mechanism, key);

	return rv == CKR_OK ? p11->C_Sign(session, data, len, signature, &signature_len) : rv;
}

static CK_RV verify(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, CK_BYTE *data, CK_ULONG len,
	CK_BYTE *signature, CK_ULONG signature_len)
{
	CK_RV rv = p11->C_VerifyInit(session, mechanism, key);

	return rv == CKR_OK ? p11->C_Verify(session, data, len, signature, signature_len) : rv;
}

static void in_one_call(CK_SESSION_HANDLE session, struct api_pair pair)
{
	static const CK_ULONG lengths[] = {1, 20, 32, 48, 64};
	CK_BYTE signature[SIGNATURE];

	CHECK_EQ(sign(session, &ecdsa_sha256, pair.private, text, sizeof text, signature), CKR_OK);
	CHECK(libcrypto_verifies(session, pair.public, false, text, sizeof text, signature));
	CHECK_EQ(verify(session, &ecdsa_sha256, pair.public, text, sizeof text, signature, SIGNATURE), CKR_OK);
	CHECK_EQ(verify(session, &ecdsa_sha256, pair.public, text, sizeof text - 1, signature, SIGNATURE), CKR_SIGNATURE_INVALID);
	CHECK_EQ(verify(session, &ecdsa_sha256, pair.public, text, sizeof text, signature, SIGNATURE - 1), CKR_SIGNATURE_LEN_RANGE);
	signature[5] ^= 1;
	CHECK_EQ(verify(session, &ecdsa_sha256, pair.public, text, sizeof text, signature, SIGNATURE), CKR_SIGNATURE_INVALID);
	memset(signature, 0, sizeof signature);
	CHECK_EQ(verify(session, &ecdsa_sha256, pair.public, text, sizeof text, signature, SIGNATURE), CKR_SIGNATURE_INVALID);
	memset(signature, 0xff, sizeof signature);
	CHECK_EQ(verify(session, &ecdsa_sha256, pair.public, text, sizeof text, signature, SIGNATURE), CKR_SIGNATURE_INVALID);
	CHECK_EQ(sign(session, &ecdsa_sha256, pair.private, NULL, 0, signature), CKR_OK);
	CHECK(libcrypto_verifies(session, pair.public, false, text, 0, signature));
	for (size_t i = 0; i < COUNT(lengths); i++) {
		CHECK_EQ(sign(session, &ecdsa, pair.private, long_text, lengths[i], signature), CKR_OK);
		CHECK(libcrypto_verifies(session, pair.public, true, long_text, lengths[i], signature));
		CHECK_EQ(verify(session, &ecdsa, pair.public, long_text, lengths[i], signature, SIGNATURE), CKR_OK);
	}
	CHECK_EQ(sign(session, &ecdsa, pair.private, long_text, LONG, signature), CKR_DATA_LEN_RANGE);
}

static void in_parts(CK_SESSION_HANDLE session, struct api_pair pair)
{
	CK_ULONG cuts[] = {0, 1, 7, 4095, 4096, 50000, LONG}, len = SIGNATURE;
	CK_BYTE signature[SIGNATURE];

	CHECK_EQ(p11->C_SignInit(session, &ecdsa_sha256, pair.private), CKR_OK);
	for (size_t i = 1; i < COUNT(cuts); i++)
		CHECK_EQ(p11->C_SignUpdate(session, long_text + cuts[i - 1], cuts[i] - cuts[i - 1]), CKR_OK);
	CHECK_EQ(p11->C_SignFinal(session, signature, &len), CKR_OK);
	CHECK_EQ(len, SIGNATURE);
	CHECK(libcrypto_verifies(session, pair.public, false, long_text, LONG, signature));
	CHECK_EQ(verify(session, &ecdsa_sha256, pair.public, long_text, LONG, signature, SIGNATURE), CKR_OK);
	for (int wrong = 0; wrong < 2; wrong++) {
		CHECK_EQ(p11->C_VerifyInit(session, &ecdsa_sha256, pair.public), CKR_OK);
		for (size_t i = COUNT(cuts) - 1; i > 0; i--)
			CHECK_EQ(p11->C_VerifyUpdate(session, long_text + cuts[COUNT(cuts) - 1 - i],
					 cuts[COUNT(cuts) - i] - cuts[COUNT(cuts) - 1 - i]),
				CKR_OK);
		if (wrong)
			CHECK_EQ(p11->C_VerifyUpdate(session, text, 1), CKR_OK);
		CHECK_EQ(p11->C_VerifyFinal(session, signature, SIGNATURE), wrong ? CKR_SIGNATURE_INVALID : CKR_OK);
	}
}

/* A question for the length and a short buffer leave the operation as it was. */
static void lengths_and_short_buffers(CK_SESSION_HANDLE session, struct api_pair pair)
{
	CK_BYTE signature[SIGNATURE];
	CK_ULONG len = 0;

	CHECK_EQ(p11->C_SignInit(session, &ecdsa_sha256, pair.private), CKR_OK);
	CHECK_EQ(p11->C_Sign(session, text, sizeof text, NULL, &len), CKR_OK);
	CHECK_EQ(len, SIGNATURE);
	len = SIGNATURE - 1;
	CHECK_EQ(p11->C_Sign(session, text, sizeof text, signature, &len), CKR_BUFFER_TOO_SMALL);
	CHECK_EQ(len, SIGNATURE);
	CHECK_EQ(p11->C_Sign(session, text, sizeof text, signature, &len), CKR_OK);
	CHECK(libcrypto_verifies(session, pair.public, false, text, sizeof text, signature));
	CHECK_EQ(p11->C_SignInit(session, &ecdsa_sha256, pair.private), CKR_OK);
	CHECK_EQ(p11->C_SignUpdate(session, text, sizeof text), CKR_OK);
	len = 0;
	CHECK_EQ(p11->C_SignFinal(session, NULL, &len), CKR_OK);
	CHECK_EQ(len, SIGNATURE);
	len = 1;
	CHECK_EQ(p11->C_SignFinal(session, signature, &len), CKR_BUFFER_TOO_SMALL);
	CHECK_EQ(p11->C_SignFinal(session, signature, &len), CKR_OK);
	CHECK(libcrypto_verifies(session, pair.public, false, text, sizeof text, signature));
}

static void one_operation_at_a_time(CK_SESSION_HANDLE session, struct api_pair pair)
{
	CK_BYTE signature[SIGNATURE];
	CK_ULONG len = SIGNATURE;

	CHECK_EQ(p11->C_Sign(session, text, 1, signature, &len), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11->C_SignUpdate(session, text, 1), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11->C_SignFinal(session, signature, &len), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11->C_Verify(session, text, 1, signature, len), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11->C_SignInit(session, &ecdsa_sha256, pair.private), CKR_OK);
	CHECK_EQ(p11->C_SignInit(session, &ecdsa_sha256, pair.private), CKR_OPERATION_ACTIVE);
	CHECK_EQ(p11->C_Sign(session, text, 1, signature, &len), CKR_OK);
	CHECK_EQ(p11->C_Sign(session, text, 1, signature, &len), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11->C_VerifyInit(session, &ecdsa_sha256, pair.public), CKR_OK);
	CHECK_EQ(p11->C_VerifyInit(session, &ecdsa_sha256, pair.public), CKR_OPERATION_ACTIVE);
	CHECK_EQ(p11->C_Verify(session, text, 1, signature, len), CKR_OK);
	CHECK_EQ(p11->C_Verify(session, text, 1, signature, len), CKR_OPERATION_NOT_INITIALIZED);
	/* One-shot does not end what Update began. */
	CHECK_EQ(p11->C_SignInit(session, &ecdsa_sha256, pair.private), CKR_OK);
	CHECK_EQ(p11->C_SignUpdate(session, text, 1), CKR_OK);
	CHECK(p11->C_Sign(session, text, 1, signature, &len) != CKR_OK);
	/* A failure ends the operation. */
	CHECK_EQ(p11->C_SignInit(session, &ecdsa, pair.private), CKR_OK);
	CHECK_EQ(p11->C_Sign(session, long_text, LONG, signature, &len), CKR_DATA_LEN_RANGE);
	CHECK_EQ(p11->C_Sign(session, text, 1, signature, &len), CKR_OPERATION_NOT_INITIALIZED);
}

static void wrong_keys_and_mechanisms(CK_SESSION_HANDLE session, struct api_pair pair)
{
	CK_MECHANISM digest = {CKM_SHA256, NULL, 0}, unknown = {0x8123, NULL, 0}, parameter = {CKM_ECDSA, text, 1};
	CK_MECHANISM generate = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
	static const CK_MECHANISM_TYPE only = CKM_ECDSA;
	CK_ATTRIBUTE public[] = {ATTRIBUTE_OF(CKA_EC_PARAMS, api_p256), ATTRIBUTE_OF(CKA_VERIFY, api_no)};
	CK_ATTRIBUTE private[] = {ATTRIBUTE_OF(CKA_ALLOWED_MECHANISMS, only)};
	CK_ATTRIBUTE silent[] = {ATTRIBUTE_OF(CKA_SIGN, api_no)};
	CK_BYTE signature[SIGNATURE];
	CK_OBJECT_HANDLE data;
	struct api_pair narrow;
	CK_RV rv;

	CHECK_EQ(p11->C_SignInit(session, &digest, pair.private), CKR_MECHANISM_INVALID);
	CHECK_EQ(p11->C_SignInit(session, &unknown, pair.private), CKR_MECHANISM_INVALID);
	CHECK_EQ(p11->C_SignInit(session, &parameter, pair.private), CKR_MECHANISM_PARAM_INVALID);
	CHECK_EQ(p11->C_SignInit(session, &ecdsa, 0), CKR_KEY_HANDLE_INVALID);
	CHECK_EQ(p11->C_SignInit(session, &ecdsa, pair.private + 1), CKR_KEY_HANDLE_INVALID);
	/* A key of the wrong half: the standard leaves two codes to choose from. */
	rv = p11->C_SignInit(session, &ecdsa, pair.public);
	CHECK(rv == CKR_KEY_HANDLE_INVALID || rv == CKR_KEY_TYPE_INCONSISTENT);
	rv = p11->C_VerifyInit(session, &ecdsa, pair.private);
	CHECK(rv == CKR_KEY_HANDLE_INVALID || rv == CKR_KEY_TYPE_INCONSISTENT);
	CHECK_EQ(api_data(session, false, false, "no key", &data), CKR_OK);
	CHECK_EQ(p11->C_SignInit(session, &ecdsa, data), CKR_KEY_HANDLE_INVALID);
	REQUIRE(p11->C_GenerateKeyPair(session, &generate, public, 2, private, 1, &narrow.public, &narrow.private) == CKR_OK);
	CHECK_EQ(p11->C_VerifyInit(session, &ecdsa, narrow.public), CKR_KEY_FUNCTION_NOT_PERMITTED);
	CHECK_EQ(p11->C_SignInit(session, &ecdsa_sha256, narrow.private), CKR_MECHANISM_INVALID);
	CHECK_EQ(sign(session, &ecdsa, narrow.private, text, 5, signature), CKR_OK);
	CHECK_EQ(p11->C_SetAttributeValue(session, narrow.private, silent, 1), CKR_OK);
	CHECK_EQ(p11->C_SignInit(session, &ecdsa, narrow.private), CKR_KEY_FUNCTION_NOT_PERMITTED);
}

/* Signs as an application does that knows CKA_ALWAYS_AUTHENTICATE: initialises, logs in for this signature, signs. */
static CK_RV sign_with_login(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, const char *pin, CK_RV *login)
{
	CK_BYTE signature[SIGNATURE];
	CK_ULONG len = SIGNATURE;
	CK_RV rv = p11->C_SignInit(session, &ecdsa_sha256, key);

	if (rv != CKR_OK)
		return rv;
	*login = api_login(session, CKU_CONTEXT_SPECIFIC, pin);
	return p11->C_Sign(session, text, sizeof text, signature, &len);
}

static CK_OBJECT_HANDLE always_key(CK_SESSION_HANDLE session)
{
	CK_ATTRIBUTE match[] = {ATTRIBUTE_OF(CKA_ALWAYS_AUTHENTICATE, api_yes)};
	CK_OBJECT_HANDLE key;

	REQUIRE(api_find(session, match, 1, &key, 1) == 1);
	return key;
}

/* By default the login pays for one signature, in its own session. */
static void a_fresh_login_pays_once(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE logged = api_session(slot, true), other = api_session(slot, false);
	CK_BYTE signature[SIGNATURE];
	CK_ULONG len = SIGNATURE;
	CK_OBJECT_HANDLE key;
	CK_RV login;

	REQUIRE(api_login(logged, CKU_USER, API_PIN) == CKR_OK);
	key = api_generate(logged, true, 1, true).private;
	CHECK_EQ(sign(other, &ecdsa_sha256, key, text, sizeof text, signature), CKR_USER_NOT_LOGGED_IN);
	CHECK_EQ(sign(logged, &ecdsa_sha256, key, text, sizeof text, signature), CKR_OK);
	CHECK_EQ(sign(logged, &ecdsa_sha256, key, text, sizeof text, signature), CKR_USER_NOT_LOGGED_IN);
	CHECK_EQ(p11->C_CloseSession(other), CKR_OK);
	other = api_session(slot, false);
	CHECK_EQ(sign_with_login(other, key, API_PIN, &login), CKR_OK);
	CHECK_EQ(login, CKR_OK);
	/* That login was for that signature. */
	CHECK_EQ(sign(other, &ecdsa_sha256, key, text, sizeof text, signature), CKR_USER_NOT_LOGGED_IN);
	CHECK_EQ(p11->C_CloseAllSessions(slot), CKR_OK);
	/* Spent by C_SignInit, whether a signature follows or not: here the call is refused. */
	logged = api_session(slot, false);
	REQUIRE(api_login(logged, CKU_USER, API_PIN) == CKR_OK);
	key = always_key(logged);
	CHECK_EQ(p11->C_SignInit(logged, &ecdsa_sha256, key), CKR_OK);
	CHECK_EQ(p11->C_Sign(logged, NULL, 1, signature, &len), CKR_ARGUMENTS_BAD);
	CHECK_EQ(sign(logged, &ecdsa_sha256, key, text, sizeof text, signature), CKR_USER_NOT_LOGGED_IN);
	CHECK_EQ(p11->C_CloseAllSessions(slot), CKR_OK);
	/* A logout takes the credit along. */
	logged = api_session(slot, false);
	REQUIRE(api_login(logged, CKU_USER, API_PIN) == CKR_OK);
	other = api_session(slot, false);
	CHECK_EQ(p11->C_Logout(logged), CKR_OK);
	REQUIRE(api_login(other, CKU_USER, API_PIN) == CKR_OK);
	CHECK_EQ(sign(logged, &ecdsa_sha256, always_key(logged), text, sizeof text, signature), CKR_USER_NOT_LOGGED_IN);
	CHECK_EQ(p11->C_CloseAllSessions(slot), CKR_OK);
}

/* A wrong PIN for one signature counts like any other, and the credit is not for a second try. */
static void wrong_logins_for_a_signature(CK_SLOT_ID slot)
{
	CK_SESSION_INFO info;
	CK_SESSION_HANDLE session = api_session(slot, false);
	CK_BYTE signature[SIGNATURE];
	CK_ULONG len = SIGNATURE;
	CK_OBJECT_HANDLE key;

	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	key = always_key(session);
	CHECK_EQ(sign(session, &ecdsa_sha256, key, text, 1, signature), CKR_OK);
	CHECK_EQ(api_login(session, CKU_CONTEXT_SPECIFIC, API_PIN), CKR_OPERATION_NOT_INITIALIZED);
	/* Nor is there anything to log in for, and nothing to charge, with a key that asks for no login. */
	CHECK_EQ(p11->C_SignInit(session, &ecdsa_sha256, api_generate(session, false, 9, false).private), CKR_OK);
	CHECK_EQ(api_login(session, CKU_CONTEXT_SPECIFIC, API_WRONG_PIN), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(api_tries_flags(slot), 0);
	CHECK_EQ(p11->C_Sign(session, text, 1, signature, &len), CKR_OK);
	/* A signature refused for want of a login ends the operation. */
	len = SIGNATURE;
	CHECK_EQ(p11->C_SignInit(session, &ecdsa_sha256, key), CKR_OK);
	CHECK_EQ(p11->C_Sign(session, text, 1, signature, &len), CKR_USER_NOT_LOGGED_IN);
	CHECK_EQ(p11->C_SignInit(session, &ecdsa_sha256, key), CKR_OK);
	CHECK_EQ(api_login(session, CKU_CONTEXT_SPECIFIC, API_WRONG_PIN), CKR_PIN_INCORRECT);
	CHECK_EQ(api_tries_flags(slot), CKF_USER_PIN_COUNT_LOW);
	/* The operation is still there for the right one. */
	CHECK_EQ(api_login(session, CKU_CONTEXT_SPECIFIC, API_PIN), CKR_OK);
	CHECK_EQ(api_tries_flags(slot), 0);
	CHECK_EQ(p11->C_Sign(session, text, 1, signature, &len), CKR_OK);
	CHECK_EQ(p11->C_SignInit(session, &ecdsa_sha256, key), CKR_OK);
	for (int i = 0; i < 5; i++)
		CHECK_EQ(api_login(session, CKU_CONTEXT_SPECIFIC, API_WRONG_PIN), CKR_PIN_INCORRECT);
	CHECK_EQ(api_login(session, CKU_CONTEXT_SPECIFIC, API_PIN), CKR_PIN_LOCKED);
	CHECK(p11->C_Sign(session, text, 1, signature, &len) != CKR_OK);
	/* Who cannot show the PIN any more is logged out. */
	CHECK_EQ(p11->C_GetSessionInfo(session, &info), CKR_OK);
	CHECK_EQ(info.state, CKS_RO_PUBLIC_SESSION);
	CHECK_EQ(p11->C_CloseAllSessions(slot), CKR_OK);
}

static void strict_tokens_ask_every_time(void)
{
	CK_BYTE signature[SIGNATURE];
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key;
	CK_SLOT_ID slot;
	CK_RV login;

	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	api_configure("always-authenticate = strict\n");
	session = api_ready(&slot);
	key = api_generate(session, true, 1, true).private;
	CHECK_EQ(sign(session, &ecdsa_sha256, key, text, 1, signature), CKR_USER_NOT_LOGGED_IN);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
	/* Editing the file later changes nothing for this token. */
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	api_configure("always-authenticate = fresh\n");
	api_initialize();
	session = api_session(slot, false);
	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	key = always_key(session);
	CHECK_EQ(sign(session, &ecdsa_sha256, key, text, 1, signature), CKR_USER_NOT_LOGGED_IN);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
	session = api_session(slot, false);
	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	key = always_key(session);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(sign_with_login(session, key, API_PIN, &login), CKR_OK);
		CHECK_EQ(login, CKR_OK);
	}
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
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
	for (int on_token = 0; on_token < 2; on_token++) {
		pair = api_generate(session, on_token, 2, false);
		in_one_call(session, pair);
		in_parts(session, pair);
		lengths_and_short_buffers(session, pair);
		one_operation_at_a_time(session, pair);
	}
	wrong_keys_and_mechanisms(session, pair);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
	a_fresh_login_pays_once(slot);
	wrong_logins_for_a_signature(slot);
	strict_tokens_ask_every_time();
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
