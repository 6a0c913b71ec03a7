/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"
#include "lib/check.h"

/* A copy was a way around CKA_MODIFIABLE: what a key may be used for could be changed on the way. And a certificate that the SO trusts was
 * changed by its holder, whose copies of it were trusted too. */

static const CK_OBJECT_CLASS certificate_class = CKO_CERTIFICATE;
static const CK_CERTIFICATE_TYPE x509 = CKC_X_509;

static CK_BBOOL flag(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
	CK_BBOOL value = 2;
	CK_ATTRIBUTE a = ATTRIBUTE_OF(type, value);

	CHECK_EQ(p11->C_GetAttributeValue(session, object, &a, 1), CKR_OK);
	return value;
}

static void a_copy_of_what_is_not_modifiable(CK_SESSION_HANDLE session)
{
	static const CK_ATTRIBUTE fixed[] = {ATTRIBUTE_OF(CKA_SIGN, api_yes), ATTRIBUTE_OF(CKA_DERIVE, api_yes), ATTRIBUTE_OF(CKA_DECRYPT, api_yes),
		ATTRIBUTE_TEXT(CKA_LABEL, "renamed"), ATTRIBUTE_TEXT(CKA_ID, "other"), ATTRIBUTE_OF(CKA_MODIFIABLE, api_yes)};
	CK_MECHANISM generate = {CKM_EC_KEY_PAIR_GEN, NULL, 0}, ecdsa = {CKM_ECDSA, NULL, 0};
	CK_ATTRIBUTE public[] = {ATTRIBUTE_OF(CKA_EC_PARAMS, api_p256)};
	CK_ATTRIBUTE private[] = {ATTRIBUTE_OF(CKA_SIGN, api_no), ATTRIBUTE_OF(CKA_MODIFIABLE, api_no)};
	CK_ATTRIBUTE same[] = {ATTRIBUTE_OF(CKA_SIGN, api_no), ATTRIBUTE_OF(CKA_TOKEN, api_yes)};
	CK_OBJECT_HANDLE a, key, copy;

	REQUIRE(p11->C_GenerateKeyPair(session, &generate, public, 1, private, 2, &a, &key) == CKR_OK);
	for (size_t i = 0; i < COUNT(fixed); i++) {
		copy = 0x5a5a;
		CHECK_EQ(p11->C_CopyObject(session, key, (CK_ATTRIBUTE *)&fixed[i], 1, &copy), CKR_ATTRIBUTE_READ_ONLY);
		CHECK_EQ(copy, 0x5a5a);
	}
	/* As it stands, and onto the token: that is what a copy is for. */
	REQUIRE(p11->C_CopyObject(session, key, same, 2, &copy) == CKR_OK);
	CHECK_EQ(flag(session, copy, CKA_MODIFIABLE), CK_FALSE);
	CHECK_EQ(p11->C_SignInit(session, &ecdsa, copy), CKR_KEY_FUNCTION_NOT_PERMITTED);
}

static CK_OBJECT_HANDLE trusted(CK_SLOT_ID slot)
{
	CK_ATTRIBUTE template[] = {ATTRIBUTE_OF(CKA_CLASS, certificate_class), ATTRIBUTE_OF(CKA_CERTIFICATE_TYPE, x509),
		ATTRIBUTE_TEXT(CKA_SUBJECT, "s"), ATTRIBUTE_OF(CKA_VALUE, api_certificate), ATTRIBUTE_OF(CKA_TOKEN, api_yes),
		ATTRIBUTE_OF(CKA_TRUSTED, api_yes), ATTRIBUTE_TEXT(CKA_LABEL, "of the SO")};
	CK_SESSION_HANDLE session = api_session(slot, true);
	CK_OBJECT_HANDLE object;

	REQUIRE(api_login(session, CKU_SO, API_SO_PIN) == CKR_OK);
	REQUIRE(p11->C_CreateObject(session, template, COUNT(template), &object) == CKR_OK);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
	return object;
}

static void change(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_RV answer)
{
	CK_ATTRIBUTE changes[] = {ATTRIBUTE_TEXT(CKA_LABEL, "mine"), ATTRIBUTE_TEXT(CKA_ID, "mine"), ATTRIBUTE_TEXT(CKA_ISSUER, "mine"),
		ATTRIBUTE_OF(CKA_TRUSTED, api_no)};

	for (size_t i = 0; i < COUNT(changes); i++)
		CHECK_EQ(p11->C_SetAttributeValue(session, object, &changes[i], 1), answer);
	CHECK_EQ(api_count_label(session, "mine"), 0);
	CHECK_EQ(flag(session, object, CKA_TRUSTED), CK_TRUE);
}

static void a_trusted_certificate(CK_SLOT_ID slot)
{
	CK_ATTRIBUTE label = ATTRIBUTE_TEXT(CKA_LABEL, "of the SO"), in_session[] = {ATTRIBUTE_OF(CKA_TOKEN, api_no)};
	CK_ATTRIBUTE still[] = {ATTRIBUTE_OF(CKA_TRUSTED, api_yes)};
	CK_OBJECT_HANDLE object = trusted(slot), copy;
	CK_SESSION_HANDLE session = api_session(slot, true);

	/* Neither the public nor the holder. */
	REQUIRE(api_find(session, &label, 1, &object, 1) == 1);
	change(session, object, CKR_USER_NOT_LOGGED_IN);
	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	REQUIRE(api_find(session, &label, 1, &object, 1) == 1);
	change(session, object, CKR_ATTRIBUTE_READ_ONLY);
	for (int i = 0; i < 2; i++) {
		REQUIRE(p11->C_CopyObject(session, object, in_session, i, &copy) == CKR_OK);
		CHECK_EQ(flag(session, copy, CKA_TRUSTED), CK_FALSE);
	}
	CHECK_EQ(p11->C_CopyObject(session, object, still, 1, &copy), CKR_ATTRIBUTE_READ_ONLY);
	CHECK_EQ(p11->C_Logout(session), CKR_OK);
	/* The SO may, as ever. */
	REQUIRE(api_login(session, CKU_SO, API_SO_PIN) == CKR_OK);
	still[0] = (CK_ATTRIBUTE)ATTRIBUTE_OF(CKA_TRUSTED, api_no);
	CHECK_EQ(p11->C_SetAttributeValue(session, object, still, 1), CKR_OK);
}

int main(void)
{
	CK_SESSION_HANDLE session;
	CK_SLOT_ID slot;

	api_open("");
	session = api_ready(&slot);
	a_copy_of_what_is_not_modifiable(session);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
	a_trusted_certificate(slot);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
