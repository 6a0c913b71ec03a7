/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/judge.h"

#include <openssl/x509.h>

#include "lib/check.h"

/* The values of a pair that is made in a session are written down when somebody asks for them. Nobody can tell: whatever became of the other
 * half, of the login or of the attributes meanwhile, both halves are what they would have been. */

static const struct judge_scheme ecdsa = {JUDGE_ECDSA, NULL, true, NULL, 0};
static const struct judge_scheme eddsa = {JUDGE_EDDSA, NULL, false, NULL, 0};
static const struct judge_scheme pkcs1 = {JUDGE_PKCS1, "SHA256", false, NULL, 0};
static const struct {
	int kind;
	CK_MECHANISM_TYPE sign;
	const struct judge_scheme *scheme;
} kinds[] = {{API_P256, CKM_ECDSA, &ecdsa}, {API_P384, CKM_ECDSA, &ecdsa}, {API_ED25519, CKM_EDDSA, &eddsa}, {API_RSA_2048, CKM_SHA256_RSA_PKCS, &pkcs1}};
static const CK_BYTE data[32] = {1, 2, 3};

static CK_ULONG sign(CK_SESSION_HANDLE session, size_t kind, CK_OBJECT_HANDLE key, CK_BYTE signature[JUDGE_SIGNATURE])
{
	CK_MECHANISM mechanism = {kinds[kind].sign, NULL, 0};
	CK_ULONG len = JUDGE_SIGNATURE;

	REQUIRE(p11->C_SignInit(session, &mechanism, key) == CKR_OK);
	REQUIRE(p11->C_Sign(session, (CK_BYTE *)data, sizeof data, signature, &len) == CKR_OK);
	return len;
}

static CK_RV verify(CK_SESSION_HANDLE session, size_t kind, CK_OBJECT_HANDLE key, CK_BYTE *signature, CK_ULONG len)
{
	CK_MECHANISM mechanism = {kinds[kind].sign, NULL, 0};
	CK_RV rv = p11->C_VerifyInit(session, &mechanism, key);

	return rv == CKR_OK ? p11->C_Verify(session, (CK_BYTE *)data, sizeof data, signature, len) : rv;
}

/* The public half tells the key that made the signature, and is it. */
static void expect_public(CK_SESSION_HANDLE session, size_t kind, CK_OBJECT_HANDLE public, CK_BYTE *signature, CK_ULONG len)
{
	EVP_PKEY *key = judge_key(session, public);

	CHECK(judge_verifies(key, kinds[kind].scheme, data, sizeof data, signature, len));
	CHECK_EQ(verify(session, kind, public, signature, len), CKR_OK);
	signature[5] ^= 1;
	CHECK_EQ(verify(session, kind, public, signature, len), CKR_SIGNATURE_INVALID);
	signature[5] ^= 1;
	EVP_PKEY_free(key);
}

static void other_half_destroyed(CK_SESSION_HANDLE session)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct api_pair pair = api_generate_plain(session, kinds[i].kind), second = api_generate_plain(session, kinds[i].kind);
		CK_BYTE signature[JUDGE_SIGNATURE];
		CK_ULONG len = sign(session, i, pair.private, signature);

		CHECK_EQ(p11->C_DestroyObject(session, pair.private), CKR_OK);
		expect_public(session, i, pair.public, signature, len);
		CHECK_EQ(p11->C_DestroyObject(session, pair.public), CKR_OK);
		/* The other way round. */
		CHECK_EQ(p11->C_DestroyObject(session, second.public), CKR_OK);
		len = sign(session, i, second.private, signature);
		CHECK(len > 0);
		CHECK_EQ(p11->C_DestroyObject(session, second.private), CKR_OK);
	}
}

static void verified_unread(CK_SESSION_HANDLE session)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct api_pair pair = api_generate_plain(session, kinds[i].kind);
		CK_BYTE signature[JUDGE_SIGNATURE];
		CK_ULONG len = sign(session, i, pair.private, signature);

		CHECK_EQ(verify(session, i, pair.public, signature, len), CKR_OK);
		signature[5] ^= 1;
		CHECK(verify(session, i, pair.public, signature, len) == CKR_SIGNATURE_INVALID);
	}
}

/* What is left of a pair after the logout: the public half, which another login's keys have nothing to do with. */
static void logged_out(CK_SESSION_HANDLE session)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct api_pair pair = api_generate_plain(session, kinds[i].kind);
		CK_BYTE signature[JUDGE_SIGNATURE], id[64];
		CK_ATTRIBUTE name = ATTRIBUTE_OF(CKA_UNIQUE_ID, id);
		CK_ULONG len = sign(session, i, pair.private, signature);

		REQUIRE(p11->C_Logout(session) == CKR_OK);
		CHECK_EQ(p11->C_GetAttributeValue(session, pair.private, &name, 1), CKR_OBJECT_HANDLE_INVALID);
		expect_public(session, i, pair.public, signature, len);
		REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
		expect_public(session, i, pair.public, signature, len);
		CHECK_EQ(p11->C_DestroyObject(session, pair.public), CKR_OK);
	}
}

/* By a value that was written down nowhere, and by the name. */
static void found_unread(CK_SESSION_HANDLE session)
{
	struct api_pair pair = api_generate_plain(session, API_P256), twin = api_generate_plain(session, API_P256);
	CK_BYTE info[128], name[64], again[64];
	CK_ATTRIBUTE rows[] = {ATTRIBUTE_OF(CKA_PUBLIC_KEY_INFO, info), ATTRIBUTE_OF(CKA_UNIQUE_ID, name)}, second = ATTRIBUTE_OF(CKA_UNIQUE_ID, again);
	CK_OBJECT_HANDLE found[4];

	/* From one half; the search is for both. */
	CHECK_EQ(p11->C_GetAttributeValue(session, pair.private, rows, 2), CKR_OK);
	CHECK_EQ(api_find(session, rows, 1, found, COUNT(found)), 2);
	CHECK((found[0] == pair.public && found[1] == pair.private) || (found[0] == pair.private && found[1] == pair.public));
	CHECK_EQ(api_find(session, rows + 1, 1, found, COUNT(found)), 1);
	CHECK_EQ(found[0], pair.private);
	/* A name stays. */
	CHECK_EQ(p11->C_GetAttributeValue(session, pair.private, &second, 1), CKR_OK);
	CHECK(second.ulValueLen == rows[1].ulValueLen && memcmp(name, again, second.ulValueLen) == 0);
	CHECK_EQ(p11->C_DestroyObject(session, twin.private), CKR_OK);
	CHECK_EQ(p11->C_DestroyObject(session, twin.public), CKR_OK);
}

/* What is told of the size is told of the whole. */
static void sizes(CK_SESSION_HANDLE session)
{
	struct api_pair unread = api_generate_plain(session, API_P256), read = api_generate_plain(session, API_P256);
	CK_OBJECT_HANDLE handles[2][2] = {{unread.public, read.public}, {unread.private, read.private}};

	for (size_t i = 0; i < 2; i++) {
		CK_ULONG first = 0, second = 0;
		CK_BYTE info[128];
		CK_ATTRIBUTE a = ATTRIBUTE_OF(CKA_PUBLIC_KEY_INFO, info);

		CHECK_EQ(p11->C_GetObjectSize(session, handles[i][0], &first), CKR_OK);
		CHECK_EQ(p11->C_GetAttributeValue(session, handles[i][1], &a, 1), CKR_OK);
		CHECK_EQ(p11->C_GetObjectSize(session, handles[i][1], &second), CKR_OK);
		CHECK(first == second && first > 2 * a.ulValueLen);
	}
}

/* Copies have it all: in the session, and on the token, from where they are read again. */
static void copied_unread(CK_SESSION_HANDLE session, bool on_token)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct api_pair pair = api_generate_plain(session, kinds[i].kind);
		CK_ATTRIBUTE rows[] = {ATTRIBUTE(CKA_TOKEN, on_token ? &api_yes : &api_no, 1), ATTRIBUTE_TEXT(CKA_LABEL, "copy")};
		CK_BYTE signature[JUDGE_SIGNATURE];
		CK_OBJECT_HANDLE public, private;
		CK_ULONG len;

		REQUIRE(p11->C_CopyObject(session, pair.public, rows, 2, &public) == CKR_OK);
		REQUIRE(p11->C_CopyObject(session, pair.private, rows, 2, &private) == CKR_OK);
		len = sign(session, i, private, signature);
		expect_public(session, i, public, signature, len);
		expect_public(session, i, pair.public, signature, len);
		CHECK_EQ(p11->C_DestroyObject(session, public), CKR_OK);
		CHECK_EQ(p11->C_DestroyObject(session, private), CKR_OK);
	}
}

/* One half on the token, the other in the session. */
static void halves_apart(CK_SESSION_HANDLE session, bool public_on_token)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		CK_ATTRIBUTE on_token = ATTRIBUTE_OF(CKA_TOKEN, api_yes);
		struct api_pair pair = api_generate_kind(session, kinds[i].kind, &on_token, public_on_token, &on_token, !public_on_token);
		CK_BYTE signature[JUDGE_SIGNATURE];
		CK_ULONG len = sign(session, i, pair.private, signature);

		expect_public(session, i, pair.public, signature, len);
		CHECK_EQ(p11->C_DestroyObject(session, pair.private), CKR_OK);
		expect_public(session, i, pair.public, signature, len);
		CHECK_EQ(p11->C_DestroyObject(session, pair.public), CKR_OK);
	}
}

/* A change before anybody read anything. */
static void changed_unread(CK_SESSION_HANDLE session)
{
	struct api_pair pair = api_generate_plain(session, API_P256);
	CK_ATTRIBUTE label = ATTRIBUTE_TEXT(CKA_LABEL, "other than it was"), no_more = ATTRIBUTE_OF(CKA_VERIFY, api_no);
	CK_BYTE signature[JUDGE_SIGNATURE];
	CK_ULONG len = sign(session, 0, pair.private, signature);

	CHECK_EQ(p11->C_SetAttributeValue(session, pair.public, &label, 1), CKR_OK);
	CHECK_EQ(p11->C_SetAttributeValue(session, pair.private, &label, 1), CKR_OK);
	CHECK_EQ(api_count_label(session, "other than it was"), 2);
	expect_public(session, 0, pair.public, signature, len);
	CHECK_EQ(p11->C_SetAttributeValue(session, pair.public, &no_more, 1), CKR_OK);
	CHECK_EQ(verify(session, 0, pair.public, signature, len), CKR_KEY_FUNCTION_NOT_PERMITTED);
}

/* What their session leaves: nothing, in whatever order they go, and to another session's keys nothing happens. */
static void session_closed(CK_SESSION_HANDLE session, CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE other = api_session(slot, true);
	struct api_pair pair = api_generate_plain(session, API_P256);
	CK_ULONG before = api_find(session, NULL, 0, NULL, 0), len;
	CK_BYTE signature[JUDGE_SIGNATURE];

	for (int i = 0; i < 3; i++)
		api_generate_plain(other, API_P256);
	CHECK_EQ(p11->C_CloseSession(other), CKR_OK);
	CHECK_EQ(api_find(session, NULL, 0, NULL, 0), before);
	len = sign(session, 0, pair.private, signature);
	expect_public(session, 0, pair.public, signature, len);
}

int main(void)
{
	CK_SESSION_HANDLE session;
	CK_SLOT_ID slot;

	api_open("profile = general\n");
	session = api_ready(&slot);
	other_half_destroyed(session);
	verified_unread(session);
	logged_out(session);
	found_unread(session);
	sizes(session);
	copied_unread(session, false);
	copied_unread(session, true);
	halves_apart(session, true);
	halves_apart(session, false);
	changed_unread(session);
	session_closed(session, slot);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
