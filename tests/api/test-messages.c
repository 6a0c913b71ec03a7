/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include "lib/check.h"

/* Message-based signing and verifying (PKCS#11 3.0, 5.14 and 5.16): one key and mechanism, message after message. */

enum { ROOM = 132, MESSAGES = 50, LONG = 100000 };

static CK_BYTE text[32] = "one message of several", long_text[LONG];

/* What signs messages: ECDSA, raw or with each hash. */
static const struct {
	CK_MECHANISM_TYPE type;
	int kind;
	CK_ULONG size;
} mechanisms[] = {
	{CKM_ECDSA, API_P256, 64}, {CKM_ECDSA, API_P521, 132}, {CKM_ECDSA_SHA224, API_P256, 64}, {CKM_ECDSA_SHA256, API_P256, 64},
	{CKM_ECDSA_SHA384, API_P384, 96}, {CKM_ECDSA_SHA512, API_P521, 132}, {CKM_ECDSA_SHA3_224, API_P256, 64},
	{CKM_ECDSA_SHA3_256, API_P256, 64}, {CKM_ECDSA_SHA3_384, API_P384, 96}, {CKM_ECDSA_SHA3_512, API_P521, 132},
};

static CK_MECHANISM ecdsa = {CKM_ECDSA, NULL, 0}, ecdsa_sha256 = {CKM_ECDSA_SHA256, NULL, 0};

/* The other way to verify: what a message got is an ordinary signature. */
static CK_RV verify_alone(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, CK_BYTE *data, CK_ULONG len,
	CK_BYTE *signature, CK_ULONG signature_len)
{
	CK_RV rv = p11->C_VerifyInit(session, mechanism, key);

	return rv == CKR_OK ? p11->C_Verify(session, data, len, signature, signature_len) : rv;
}

static CK_RV sign_message(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG len, CK_BYTE *signature, CK_ULONG *signature_len)
{
	*signature_len = ROOM;
	return p11_3->C_SignMessage(session, NULL, 0, data, len, signature, signature_len);
}

static CK_RV verify_message(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG len, CK_BYTE *signature, CK_ULONG signature_len)
{
	return p11_3->C_VerifyMessage(session, NULL, 0, data, len, signature, signature_len);
}

static CK_RV sign_next(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG len, CK_BYTE *signature, CK_ULONG *signature_len)
{
	return p11_3->C_SignMessageNext(session, NULL, 0, data, len, signature, signature_len);
}

static CK_RV verify_next(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG len, CK_BYTE *signature, CK_ULONG signature_len)
{
	return p11_3->C_VerifyMessageNext(session, NULL, 0, data, len, signature, signature_len);
}

/* Both processes at once in one session, all messages through the same two. */
static void many_messages(CK_SESSION_HANDLE session, size_t which)
{
	CK_MECHANISM mechanism = {mechanisms[which].type, NULL, 0};
	struct api_pair pair = api_generate_plain(session, mechanisms[which].kind);
	CK_BYTE signature[ROOM], before[ROOM] = {0};
	CK_ULONG len;

	CHECK_EQ(p11_3->C_MessageSignInit(session, &mechanism, pair.private), CKR_OK);
	CHECK_EQ(p11_3->C_MessageVerifyInit(session, &mechanism, pair.public), CKR_OK);
	for (int i = 0; i < MESSAGES; i++) {
		text[31] = (CK_BYTE)i;
		CHECK_EQ(sign_message(session, text, sizeof text, signature, &len), CKR_OK);
		CHECK_EQ(len, mechanisms[which].size);
		CHECK(memcmp(signature, before, len) != 0);
		memcpy(before, signature, len);
		CHECK_EQ(verify_message(session, text, sizeof text, signature, len), CKR_OK);
		CHECK_EQ(verify_alone(session, &mechanism, pair.public, text, sizeof text, signature, len), CKR_OK);
		text[31]++;
		CHECK_EQ(verify_message(session, text, sizeof text, signature, len), CKR_SIGNATURE_INVALID);
	}
	CHECK_EQ(p11_3->C_MessageSignFinal(session), CKR_OK);
	CHECK_EQ(p11_3->C_MessageVerifyFinal(session), CKR_OK);
}

static void in_parts(CK_SESSION_HANDLE session, size_t which)
{
	static const CK_ULONG cuts[] = {0, 1, 7, 4095, 4096, 50000, LONG};
	CK_MECHANISM mechanism = {mechanisms[which].type, NULL, 0};
	struct api_pair pair = api_generate_plain(session, mechanisms[which].kind);
	CK_BYTE signature[ROOM];
	CK_ULONG len;

	CHECK_EQ(p11_3->C_MessageSignInit(session, &mechanism, pair.private), CKR_OK);
	CHECK_EQ(p11_3->C_MessageVerifyInit(session, &mechanism, pair.public), CKR_OK);
	/* Ever more parts; the last message is whole again. */
	for (size_t last = 1; last < COUNT(cuts); last++) {
		CK_ULONG whole = cuts[last];

		CHECK_EQ(p11_3->C_SignMessageBegin(session, NULL, 0), CKR_OK);
		CHECK_EQ(p11_3->C_VerifyMessageBegin(session, NULL, 0), CKR_OK);
		for (size_t i = 1; i < last; i++)
			CHECK_EQ(sign_next(session, long_text + cuts[i - 1], cuts[i] - cuts[i - 1], NULL, NULL), CKR_OK);
		len = ROOM;
		CHECK_EQ(sign_next(session, long_text + cuts[last - 1], whole - cuts[last - 1], signature, &len), CKR_OK);
		CHECK_EQ(len, mechanisms[which].size);
		CHECK_EQ(verify_alone(session, &mechanism, pair.public, long_text, whole, signature, len), CKR_OK);
		/* Verified in other parts than it was signed in: all but the last byte, that byte, nothing more. */
		CHECK_EQ(verify_next(session, long_text, whole - 1, NULL, 0), CKR_OK);
		CHECK_EQ(verify_next(session, long_text + whole - 1, 1, NULL, 0), CKR_OK);
		CHECK_EQ(verify_next(session, NULL, 0, signature, len), CKR_OK);
	}
	CHECK_EQ(sign_message(session, text, sizeof text, signature, &len), CKR_OK);
	CHECK_EQ(verify_message(session, text, sizeof text, signature, len), CKR_OK);
	CHECK_EQ(p11_3->C_MessageSignFinal(session), CKR_OK);
	CHECK_EQ(p11_3->C_MessageVerifyFinal(session), CKR_OK);
}

/* A question for the size and a buffer too small take nothing of the message. */
static void sizes_and_small_buffers(CK_SESSION_HANDLE session, struct api_pair pair)
{
	CK_BYTE signature[ROOM], untouched[ROOM];
	CK_ULONG len;

	memset(signature, 0x5a, sizeof signature);
	memset(untouched, 0x5a, sizeof untouched);
	CHECK_EQ(p11_3->C_MessageSignInit(session, &ecdsa_sha256, pair.private), CKR_OK);
	len = 0;
	CHECK_EQ(p11_3->C_SignMessage(session, NULL, 0, text, sizeof text, NULL, &len), CKR_OK);
	CHECK_EQ(len, 64);
	len = 63;
	CHECK_EQ(p11_3->C_SignMessage(session, NULL, 0, text, sizeof text, signature, &len), CKR_BUFFER_TOO_SMALL);
	CHECK_EQ(len, 64);
	CHECK(memcmp(signature, untouched, sizeof signature) == 0);
	CHECK_EQ(p11_3->C_SignMessage(session, NULL, 0, text, sizeof text, signature, &len), CKR_OK);
	CHECK_EQ(verify_alone(session, &ecdsa_sha256, pair.public, text, sizeof text, signature, len), CKR_OK);
	CHECK(memcmp(signature + 64, untouched + 64, sizeof signature - 64) == 0);

	CHECK_EQ(p11_3->C_SignMessageBegin(session, NULL, 0), CKR_OK);
	CHECK_EQ(sign_next(session, text, 10, NULL, NULL), CKR_OK);
	len = 0;
	CHECK_EQ(sign_next(session, text + 10, sizeof text - 10, NULL, &len), CKR_OK);
	CHECK_EQ(len, 64);
	len = 1;
	CHECK_EQ(sign_next(session, text + 10, sizeof text - 10, signature, &len), CKR_BUFFER_TOO_SMALL);
	CHECK_EQ(len, 64);
	CHECK_EQ(sign_next(session, text + 10, sizeof text - 10, signature, &len), CKR_OK);
	CHECK_EQ(verify_alone(session, &ecdsa_sha256, pair.public, text, sizeof text, signature, len), CKR_OK);
	CHECK_EQ(p11_3->C_MessageSignFinal(session), CKR_OK);
}

/* "C_VerifyMessage does not finish the message-based verification process", whatever its verdict. */
static void a_wrong_signature_then_the_next_message(CK_SESSION_HANDLE session, struct api_pair pair)
{
	CK_BYTE signature[ROOM];
	CK_ULONG len;

	CHECK_EQ(p11_3->C_MessageSignInit(session, &ecdsa_sha256, pair.private), CKR_OK);
	CHECK_EQ(sign_message(session, text, sizeof text, signature, &len), CKR_OK);
	CHECK_EQ(p11_3->C_MessageVerifyInit(session, &ecdsa_sha256, pair.public), CKR_OK);
	for (int i = 0; i < 2; i++) {
		signature[i * 40] ^= 1;
		CHECK_EQ(verify_message(session, text, sizeof text, signature, len), CKR_SIGNATURE_INVALID);
		signature[i * 40] ^= 1;
		CHECK_EQ(verify_message(session, text, sizeof text, signature, len), CKR_OK);
		CHECK_EQ(verify_message(session, text, sizeof text, signature, len - 1), CKR_SIGNATURE_LEN_RANGE);
		CHECK_EQ(verify_message(session, text, sizeof text, signature, 0), CKR_SIGNATURE_LEN_RANGE);
		CHECK_EQ(p11_3->C_VerifyMessageBegin(session, NULL, 0), CKR_OK);
		CHECK_EQ(verify_next(session, text, sizeof text, NULL, 0), CKR_OK);
		CHECK_EQ(verify_next(session, text, 1, signature, len), CKR_SIGNATURE_INVALID);
		/* That message is over, the process is not. */
		CHECK_EQ(verify_next(session, text, sizeof text, signature, len), CKR_OPERATION_NOT_INITIALIZED);
		CHECK_EQ(verify_message(session, text, sizeof text, signature, len), CKR_OK);
	}
	CHECK_EQ(p11_3->C_MessageSignFinal(session), CKR_OK);
	CHECK_EQ(p11_3->C_MessageVerifyFinal(session), CKR_OK);
}

/* An error ends its message ("terminates the current message signature operation"), and leaves the process to the next. */
static void an_error_then_the_next_message(CK_SESSION_HANDLE session, struct api_pair pair)
{
	CK_BYTE signature[ROOM];
	CK_ULONG len;

	CHECK_EQ(p11_3->C_MessageSignInit(session, &ecdsa, pair.private), CKR_OK);
	CHECK_EQ(sign_message(session, long_text, LONG, signature, &len), CKR_DATA_LEN_RANGE);
	CHECK_EQ(sign_message(session, NULL, 0, signature, &len), CKR_DATA_LEN_RANGE);
	CHECK_EQ(sign_message(session, NULL, 1, signature, &len), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11_3->C_SignMessage(session, NULL, 0, text, sizeof text, signature, NULL), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11_3->C_SignMessage(session, text, 1, text, sizeof text, signature, &len), CKR_ARGUMENTS_BAD);
	CHECK_EQ(sign_message(session, text, sizeof text, signature, &len), CKR_OK);
	CHECK_EQ(verify_alone(session, &ecdsa, pair.public, text, sizeof text, signature, len), CKR_OK);
	CHECK_EQ(p11_3->C_MessageSignFinal(session), CKR_OK);

	CHECK_EQ(p11_3->C_MessageVerifyInit(session, &ecdsa, pair.public), CKR_OK);
	CHECK_EQ(verify_message(session, long_text, LONG, signature, len), CKR_DATA_LEN_RANGE);
	CHECK_EQ(verify_message(session, NULL, 1, signature, len), CKR_ARGUMENTS_BAD);
	CHECK_EQ(verify_message(session, text, sizeof text, NULL, len), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11_3->C_VerifyMessage(session, text, 1, text, sizeof text, signature, len), CKR_ARGUMENTS_BAD);
	CHECK_EQ(verify_message(session, text, sizeof text, signature, len), CKR_OK);
	CHECK_EQ(p11_3->C_MessageVerifyFinal(session), CKR_OK);

	/* In parts: nothing of the part before the error gets into the next message. */
	CHECK_EQ(p11_3->C_MessageSignInit(session, &ecdsa_sha256, pair.private), CKR_OK);
	CHECK_EQ(p11_3->C_SignMessageBegin(session, NULL, 0), CKR_OK);
	CHECK_EQ(sign_next(session, text, 10, NULL, NULL), CKR_OK);
	CHECK_EQ(sign_next(session, NULL, 1, NULL, NULL), CKR_ARGUMENTS_BAD);
	CHECK_EQ(sign_next(session, text, 10, NULL, NULL), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11_3->C_SignMessageBegin(session, NULL, 0), CKR_OK);
	CHECK_EQ(sign_next(session, text, 10, NULL, NULL), CKR_OK);
	CHECK_EQ(p11_3->C_SignMessageNext(session, text, 1, text, 1, NULL, NULL), CKR_ARGUMENTS_BAD);
	CHECK_EQ(sign_next(session, text, 10, NULL, NULL), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(sign_message(session, text, sizeof text, signature, &len), CKR_OK);
	CHECK_EQ(verify_alone(session, &ecdsa_sha256, pair.public, text, sizeof text, signature, len), CKR_OK);
	CHECK_EQ(p11_3->C_MessageSignFinal(session), CKR_OK);

	CHECK_EQ(p11_3->C_MessageVerifyInit(session, &ecdsa_sha256, pair.public), CKR_OK);
	CHECK_EQ(p11_3->C_VerifyMessageBegin(session, NULL, 0), CKR_OK);
	CHECK_EQ(verify_next(session, text, 10, NULL, 0), CKR_OK);
	CHECK_EQ(verify_next(session, NULL, 1, NULL, 0), CKR_ARGUMENTS_BAD);
	CHECK_EQ(verify_next(session, text, 10, NULL, 0), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(verify_message(session, text, sizeof text, signature, len), CKR_OK);
	CHECK_EQ(p11_3->C_MessageVerifyFinal(session), CKR_OK);
}

static void nothing_without_a_beginning(CK_SESSION_HANDLE session)
{
	CK_BYTE signature[ROOM] = {0};
	CK_ULONG len = ROOM;

	CHECK_EQ(sign_message(session, text, sizeof text, signature, &len), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11_3->C_SignMessageBegin(session, NULL, 0), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(sign_next(session, text, 1, NULL, NULL), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(sign_next(session, text, 1, signature, &len), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11_3->C_MessageSignFinal(session), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11_3->C_MessageSignInit(session, NULL, 0), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(verify_message(session, text, sizeof text, signature, len), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11_3->C_VerifyMessageBegin(session, NULL, 0), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(verify_next(session, text, 1, NULL, 0), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(verify_next(session, text, 1, signature, len), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11_3->C_MessageVerifyFinal(session), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11_3->C_MessageVerifyInit(session, NULL, 0), CKR_OPERATION_NOT_INITIALIZED);
}

static void the_order_of_calls(CK_SESSION_HANDLE session, struct api_pair pair)
{
	CK_BYTE signature[ROOM];
	CK_ULONG len = ROOM;

	nothing_without_a_beginning(session);
	CHECK_EQ(p11_3->C_MessageSignInit(session, &ecdsa_sha256, pair.private), CKR_OK);
	CHECK_EQ(p11_3->C_MessageVerifyInit(session, &ecdsa_sha256, pair.public), CKR_OK);
	CHECK_EQ(p11_3->C_MessageSignInit(session, &ecdsa_sha256, pair.private), CKR_OPERATION_ACTIVE);
	CHECK_EQ(p11_3->C_MessageVerifyInit(session, &ecdsa_sha256, pair.public), CKR_OPERATION_ACTIVE);
	/* A part belongs to a message that began. */
	CHECK_EQ(sign_next(session, text, 1, signature, &len), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(verify_next(session, text, 1, signature, len), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11_3->C_SignMessageBegin(session, NULL, 0), CKR_OK);
	CHECK_EQ(p11_3->C_VerifyMessageBegin(session, NULL, 0), CKR_OK);
	/* "C_SignMessage cannot be called in the middle of a multi-part message signing operation", and does it no harm. */
	CHECK_EQ(sign_next(session, text, 5, NULL, NULL), CKR_OK);
	CHECK_EQ(sign_message(session, text, sizeof text, signature, &len), CKR_OPERATION_ACTIVE);
	CHECK_EQ(p11_3->C_SignMessageBegin(session, NULL, 0), CKR_OPERATION_ACTIVE);
	CHECK_EQ(sign_next(session, text + 5, sizeof text - 5, signature, &len), CKR_OK);
	CHECK_EQ(verify_alone(session, &ecdsa_sha256, pair.public, text, sizeof text, signature, len), CKR_OK);
	CHECK_EQ(verify_next(session, text, 5, NULL, 0), CKR_OK);
	CHECK_EQ(verify_message(session, text, sizeof text, signature, len), CKR_OPERATION_ACTIVE);
	CHECK_EQ(p11_3->C_VerifyMessageBegin(session, NULL, 0), CKR_OPERATION_ACTIVE);
	CHECK_EQ(verify_next(session, text + 5, sizeof text - 5, signature, len), CKR_OK);
	/* The functions of the other chapters do not see these operations. */
	CHECK_EQ(p11->C_Sign(session, text, 1, signature, &len), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11->C_SignUpdate(session, text, 1), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11->C_SignFinal(session, signature, &len), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11->C_VerifyFinal(session, signature, len), CKR_OPERATION_NOT_INITIALIZED);
	/* In the middle of a message too, Final ends it all. */
	CHECK_EQ(p11_3->C_SignMessageBegin(session, NULL, 0), CKR_OK);
	CHECK_EQ(sign_next(session, text, 5, NULL, NULL), CKR_OK);
	CHECK_EQ(p11_3->C_MessageSignFinal(session), CKR_OK);
	CHECK_EQ(p11_3->C_MessageVerifyFinal(session), CKR_OK);
	nothing_without_a_beginning(session);
}

static void which_mechanisms(CK_SESSION_HANDLE session, CK_SLOT_ID slot)
{
	CK_MECHANISM_TYPE list[128];
	CK_ULONG count = COUNT(list);
	CK_MECHANISM_INFO info;
	struct api_pair ec = api_generate_plain(session, API_P256), rsa = api_generate_plain(session, API_RSA_2048);
	struct api_pair ed = api_generate_plain(session, API_ED25519);

	REQUIRE(p11->C_GetMechanismList(slot, list, &count) == CKR_OK);
	for (CK_ULONG i = 0; i < count; i++) {
		CK_MECHANISM mechanism = {list[i], NULL, 0};
		bool is_ecdsa = false;

		REQUIRE(p11->C_GetMechanismInfo(slot, list[i], &info) == CKR_OK);
		for (size_t k = 0; k < COUNT(mechanisms); k++)
			is_ecdsa |= mechanisms[k].type == list[i];
		CHECK_EQ(!!(info.flags & CKF_MESSAGE_SIGN), is_ecdsa);
		CHECK_EQ(!!(info.flags & CKF_MESSAGE_VERIFY), is_ecdsa || list[i] == CKM_ECDSA_SHA1);
		/* Messages in parts are hashed as they come. */
		CHECK_EQ(!!(info.flags & CKF_MULTI_MESSAGE), (is_ecdsa || list[i] == CKM_ECDSA_SHA1) && list[i] != CKM_ECDSA);
		if (info.flags & CKF_MESSAGE_SIGN)
			continue;
		/* Whatever the key. */
		CHECK_EQ(p11_3->C_MessageSignInit(session, &mechanism, ec.private), CKR_MECHANISM_INVALID);
		CHECK_EQ(p11_3->C_MessageSignInit(session, &mechanism, rsa.private), CKR_MECHANISM_INVALID);
		CHECK_EQ(p11_3->C_MessageSignInit(session, &mechanism, ed.private), CKR_MECHANISM_INVALID);
		if (!(info.flags & CKF_MESSAGE_VERIFY))
			CHECK_EQ(p11_3->C_MessageVerifyInit(session, &mechanism, rsa.public), CKR_MECHANISM_INVALID);
	}
	nothing_without_a_beginning(session);
}

static void wrong_keys(CK_SESSION_HANDLE session, struct api_pair pair)
{
	CK_MECHANISM parameter = {CKM_ECDSA_SHA256, text, 1};
	struct api_pair rsa = api_generate_plain(session, API_RSA_2048);

	CHECK_EQ(p11_3->C_MessageSignInit(session, &ecdsa, 0), CKR_KEY_HANDLE_INVALID);
	CHECK_EQ(p11_3->C_MessageSignInit(session, &ecdsa, pair.public), CKR_KEY_HANDLE_INVALID);
	CHECK_EQ(p11_3->C_MessageSignInit(session, &ecdsa, rsa.private), CKR_KEY_TYPE_INCONSISTENT);
	CHECK_EQ(p11_3->C_MessageSignInit(session, &parameter, pair.private), CKR_MECHANISM_PARAM_INVALID);
	CHECK_EQ(p11_3->C_MessageVerifyInit(session, &ecdsa, 0), CKR_KEY_HANDLE_INVALID);
	CHECK_EQ(p11_3->C_MessageVerifyInit(session, &ecdsa, pair.private), CKR_KEY_HANDLE_INVALID);
	CHECK_EQ(p11_3->C_MessageVerifyInit(session, &ecdsa, rsa.public), CKR_KEY_TYPE_INCONSISTENT);
	CHECK_EQ(p11_3->C_MessageVerifyInit(session, &parameter, pair.public), CKR_MECHANISM_PARAM_INVALID);
	nothing_without_a_beginning(session);
}

/* The hash that raw ECDSA signs comes whole. The standard names no code for this; the whole message may still come. */
static void raw_ecdsa_takes_no_parts(CK_SESSION_HANDLE session, struct api_pair pair)
{
	CK_BYTE signature[ROOM];
	CK_ULONG len;

	CHECK_EQ(p11_3->C_MessageSignInit(session, &ecdsa, pair.private), CKR_OK);
	CHECK_EQ(p11_3->C_MessageVerifyInit(session, &ecdsa, pair.public), CKR_OK);
	CHECK(p11_3->C_SignMessageBegin(session, NULL, 0) != CKR_OK);
	CHECK(p11_3->C_VerifyMessageBegin(session, NULL, 0) != CKR_OK);
	CHECK_EQ(sign_next(session, text, 1, NULL, NULL), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(sign_message(session, text, sizeof text, signature, &len), CKR_OK);
	CHECK_EQ(verify_message(session, text, sizeof text, signature, len), CKR_OK);
	CHECK_EQ(p11_3->C_MessageSignFinal(session), CKR_OK);
	CHECK_EQ(p11_3->C_MessageVerifyFinal(session), CKR_OK);
}

/* CKA_ALWAYS_AUTHENTICATE: the PIN for each use of the key, that is for each message. */
static void a_login_for_each_message(CK_SESSION_HANDLE session)
{
	struct api_pair pair = api_generate(session, false, 3, true);
	CK_BYTE signature[ROOM];
	CK_ULONG len;

	/* There is nothing to log in for yet, and nothing is charged. */
	CHECK_EQ(api_login(session, CKU_CONTEXT_SPECIFIC, API_WRONG_PIN), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11_3->C_MessageSignInit(session, &ecdsa_sha256, pair.private), CKR_OK);
	for (int i = 0; i < 3; i++) {
		len = 0;
		CHECK_EQ(p11_3->C_SignMessage(session, NULL, 0, text, sizeof text, NULL, &len), CKR_OK);
		CHECK_EQ(sign_message(session, text, sizeof text, signature, &len), CKR_USER_NOT_LOGGED_IN);
		CHECK_EQ(api_login(session, CKU_CONTEXT_SPECIFIC, API_PIN), CKR_OK);
		CHECK_EQ(sign_message(session, text, sizeof text, signature, &len), CKR_OK);
		CHECK_EQ(verify_alone(session, &ecdsa_sha256, pair.public, text, sizeof text, signature, len), CKR_OK);
	}
	/* In parts: needed for the last part, wherever it came before. */
	CHECK_EQ(p11_3->C_SignMessageBegin(session, NULL, 0), CKR_OK);
	CHECK_EQ(sign_next(session, text, 5, NULL, NULL), CKR_OK);
	CHECK_EQ(api_login(session, CKU_CONTEXT_SPECIFIC, API_PIN), CKR_OK);
	len = ROOM;
	CHECK_EQ(sign_next(session, text + 5, sizeof text - 5, signature, &len), CKR_OK);
	CHECK_EQ(verify_alone(session, &ecdsa_sha256, pair.public, text, sizeof text, signature, len), CKR_OK);
	CHECK_EQ(p11_3->C_SignMessageBegin(session, NULL, 0), CKR_OK);
	CHECK_EQ(sign_next(session, text, sizeof text, signature, &len), CKR_USER_NOT_LOGGED_IN);
	CHECK_EQ(sign_next(session, text, sizeof text, signature, &len), CKR_OPERATION_NOT_INITIALIZED);
	/* A wrong PIN takes back what a right one gave; and a login spent on a message that failed is spent. */
	CHECK_EQ(api_login(session, CKU_CONTEXT_SPECIFIC, API_PIN), CKR_OK);
	CHECK_EQ(api_login(session, CKU_CONTEXT_SPECIFIC, API_WRONG_PIN), CKR_PIN_INCORRECT);
	CHECK_EQ(sign_message(session, text, sizeof text, signature, &len), CKR_USER_NOT_LOGGED_IN);
	CHECK_EQ(api_login(session, CKU_CONTEXT_SPECIFIC, API_PIN), CKR_OK);
	CHECK_EQ(sign_message(session, NULL, 1, signature, &len), CKR_ARGUMENTS_BAD);
	CHECK_EQ(sign_message(session, text, sizeof text, signature, &len), CKR_USER_NOT_LOGGED_IN);
	CHECK_EQ(p11_3->C_MessageSignFinal(session), CKR_OK);
	CHECK_EQ(api_login(session, CKU_CONTEXT_SPECIFIC, API_PIN), CKR_OPERATION_NOT_INITIALIZED);
}

/* Policy "fresh": the login itself pays for the first message, and for no more. */
static void a_fresh_login_pays_for_one_message(CK_SESSION_HANDLE session)
{
	struct api_pair pair = api_generate(session, false, 4, true);
	CK_BYTE signature[ROOM];
	CK_ULONG len;

	CHECK_EQ(p11_3->C_MessageSignInit(session, &ecdsa_sha256, pair.private), CKR_OK);
	CHECK_EQ(sign_message(session, text, sizeof text, signature, &len), CKR_OK);
	CHECK_EQ(sign_message(session, text, sizeof text, signature, &len), CKR_USER_NOT_LOGGED_IN);
	CHECK_EQ(p11_3->C_MessageSignFinal(session), CKR_OK);
	CHECK_EQ(p11_3->C_MessageSignInit(session, &ecdsa_sha256, pair.private), CKR_OK);
	CHECK_EQ(sign_message(session, text, sizeof text, signature, &len), CKR_USER_NOT_LOGGED_IN);
	CHECK_EQ(p11_3->C_MessageSignFinal(session), CKR_OK);
}

static void a_logout_ends_them(CK_SESSION_HANDLE session)
{
	struct api_pair pair = api_generate_plain(session, API_P256);

	CHECK_EQ(p11_3->C_MessageSignInit(session, &ecdsa_sha256, pair.private), CKR_OK);
	CHECK_EQ(p11_3->C_SignMessageBegin(session, NULL, 0), CKR_OK);
	CHECK_EQ(p11->C_Logout(session), CKR_OK);
	nothing_without_a_beginning(session);
	CHECK_EQ(p11_3->C_MessageSignInit(session, &ecdsa_sha256, pair.private), CKR_KEY_HANDLE_INVALID);
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
	a_fresh_login_pays_for_one_message(session);
	a_login_for_each_message(session);
	for (size_t i = 0; i < COUNT(mechanisms); i++) {
		many_messages(session, i);
		if (mechanisms[i].type != CKM_ECDSA)
			in_parts(session, i);
	}
	pair = api_generate_plain(session, API_P256);
	sizes_and_small_buffers(session, pair);
	a_wrong_signature_then_the_next_message(session, pair);
	an_error_then_the_next_message(session, pair);
	the_order_of_calls(session, pair);
	which_mechanisms(session, slot);
	wrong_keys(session, pair);
	raw_ecdsa_takes_no_parts(session, pair);
	a_logout_ends_them(session);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
