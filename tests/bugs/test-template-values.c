/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"
#include "lib/check.h"

/* What templates said was believed: a search that named one type twice looked for the last value alone; a general token kept private keys
 * that were not private, open in its store; values that follow from others (CKA_PUBLIC_KEY_INFO, CKA_CHECK_VALUE) and certificates that
 * are no DER were stored as given. */

static const CK_OBJECT_CLASS certificate_class = CKO_CERTIFICATE, public_class = CKO_PUBLIC_KEY, private_class = CKO_PRIVATE_KEY;
static const CK_KEY_TYPE ec = CKK_EC;
static const CK_CERTIFICATE_TYPE x509 = CKC_X_509;
static const CK_BYTE scalar[32] = {[31] = 1};
/* The point of that scalar: the generator of P-256. */
static const CK_BYTE point[67] = {
	0x04, 0x41, 0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81,
	0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb,
	0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
};

static void a_search_with_two_values_of_a_type(CK_SESSION_HANDLE session)
{
	CK_ATTRIBUTE a = ATTRIBUTE_TEXT(CKA_LABEL, "a"), b = ATTRIBUTE_TEXT(CKA_LABEL, "b");
	CK_ATTRIBUTE both_orders[2][2] = {{a, b}, {b, a}}, twice_the_same[] = {a, a};
	CK_OBJECT_HANDLE object;

	REQUIRE(api_data(session, false, false, "a", &object) == CKR_OK && api_data(session, true, false, "a", &object) == CKR_OK);
	REQUIRE(api_data(session, false, false, "b", &object) == CKR_OK && api_data(session, true, false, "b", &object) == CKR_OK);
	CHECK_EQ(api_find(session, &a, 1, NULL, 0), 2);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(api_find(session, both_orders[i], 2, NULL, 0), 0);
	CHECK_EQ(api_find(session, twice_the_same, 2, NULL, 0), 2);
}

static void private_keys_are_private(CK_SESSION_HANDLE session, bool import)
{
	CK_MECHANISM generate = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
	CK_ATTRIBUTE public[] = {ATTRIBUTE_OF(CKA_EC_PARAMS, api_p256)};
	CK_OBJECT_HANDLE a, b;

	for (int on_token = 0; on_token < 2; on_token++) {
		CK_ATTRIBUTE private[] = {ATTRIBUTE(CKA_TOKEN, on_token ? &api_yes : &api_no, 1), ATTRIBUTE_OF(CKA_PRIVATE, api_no)};
		CK_ATTRIBUTE imported[] = {ATTRIBUTE_OF(CKA_CLASS, private_class), ATTRIBUTE_OF(CKA_KEY_TYPE, ec),
			ATTRIBUTE_OF(CKA_EC_PARAMS, api_p256), ATTRIBUTE_OF(CKA_VALUE, scalar), private[0], private[1]};

		CHECK_EQ(p11->C_GenerateKeyPair(session, &generate, public, 1, private, 2, &a, &b), CKR_TEMPLATE_INCONSISTENT);
		CHECK_EQ(p11->C_CreateObject(session, imported, 6, &a), CKR_TEMPLATE_INCONSISTENT);
		/* The last row apart it is a good template. */
		CHECK_EQ(p11->C_CreateObject(session, imported, 5, &a), import ? CKR_OK : CKR_ACTION_PROHIBITED);
		if (import)
			CHECK_EQ(p11->C_CopyObject(session, a, private + 1, 1, &b), CKR_TEMPLATE_INCONSISTENT);
	}
}

/* What a computed attribute is, found by leaving it out; then given right, and with one bit wrong. */
static void computed(CK_SESSION_HANDLE session, CK_ATTRIBUTE *template, CK_ULONG count, CK_ATTRIBUTE_TYPE type)
{
	CK_BYTE value[128];
	CK_ATTRIBUTE read = ATTRIBUTE_OF(type, value);
	CK_OBJECT_HANDLE object;

	REQUIRE(p11->C_CreateObject(session, template, count, &object) == CKR_OK);
	REQUIRE(p11->C_GetAttributeValue(session, object, &read, 1) == CKR_OK && read.ulValueLen > 0);
	template[count] = read;
	CHECK_EQ(p11->C_CreateObject(session, template, count + 1, &object), CKR_OK);
	value[read.ulValueLen - 1] ^= 1;
	CHECK_EQ(p11->C_CreateObject(session, template, count + 1, &object), CKR_ATTRIBUTE_VALUE_INVALID);
	value[read.ulValueLen - 1] ^= 1;
	template[count].ulValueLen--;
	CHECK_EQ(p11->C_CreateObject(session, template, count + 1, &object), CKR_ATTRIBUTE_VALUE_INVALID);
}

static void computed_values_are_right_or_refused(CK_SESSION_HANDLE session, bool import)
{
	CK_ATTRIBUTE certificate[5] = {ATTRIBUTE_OF(CKA_CLASS, certificate_class), ATTRIBUTE_OF(CKA_CERTIFICATE_TYPE, x509),
		ATTRIBUTE_TEXT(CKA_SUBJECT, "s"), ATTRIBUTE_OF(CKA_VALUE, api_certificate)};
	CK_ATTRIBUTE public[5] = {ATTRIBUTE_OF(CKA_CLASS, public_class), ATTRIBUTE_OF(CKA_KEY_TYPE, ec),
		ATTRIBUTE_OF(CKA_EC_PARAMS, api_p256), ATTRIBUTE_OF(CKA_EC_POINT, point)};
	CK_ATTRIBUTE private[5] = {ATTRIBUTE_OF(CKA_CLASS, private_class), ATTRIBUTE_OF(CKA_KEY_TYPE, ec),
		ATTRIBUTE_OF(CKA_EC_PARAMS, api_p256), ATTRIBUTE_OF(CKA_VALUE, scalar)};

	computed(session, certificate, 4, CKA_CHECK_VALUE);
	computed(session, certificate, 4, CKA_PUBLIC_KEY_INFO);
	computed(session, public, 4, CKA_PUBLIC_KEY_INFO);
	if (import)
		computed(session, private, 4, CKA_PUBLIC_KEY_INFO);
}

static void certificates_are_der(CK_SESSION_HANDLE session)
{
	CK_BYTE der[sizeof api_certificate + 1];
	CK_ATTRIBUTE template[] = {ATTRIBUTE_OF(CKA_CLASS, certificate_class), ATTRIBUTE_OF(CKA_CERTIFICATE_TYPE, x509),
		ATTRIBUTE_TEXT(CKA_SUBJECT, "s"), ATTRIBUTE_OF(CKA_VALUE, der)};
	CK_OBJECT_HANDLE object;

	memcpy(der, api_certificate, sizeof api_certificate);
	der[sizeof api_certificate] = 0;
	template[3].ulValueLen = sizeof api_certificate;
	CHECK_EQ(p11->C_CreateObject(session, template, 4, &object), CKR_OK);
	/* Cut short anywhere, or with a byte too many. */
	for (CK_ULONG len = 1; len <= sizeof der; len++)
		if (len != sizeof api_certificate) {
			template[3].ulValueLen = len;
			CHECK_EQ(p11->C_CreateObject(session, template, 4, &object), CKR_ATTRIBUTE_VALUE_INVALID);
		}
	template[3] = (CK_ATTRIBUTE)ATTRIBUTE_TEXT(CKA_VALUE, "-----BEGIN CERTIFICATE-----");
	CHECK_EQ(p11->C_CreateObject(session, template, 4, &object), CKR_ATTRIBUTE_VALUE_INVALID);
}

int main(void)
{
	static const struct {
		const char *configuration;
		bool import;
	} tokens[] = {{"", false}, {"profile = general\nimport = yes\n", true}};

	api_open("");
	for (size_t i = 0; i < COUNT(tokens); i++) {
		CK_SESSION_HANDLE session;

		api_configure(tokens[i].configuration);
		session = api_ready(NULL);
		a_search_with_two_values_of_a_type(session);
		private_keys_are_private(session, tokens[i].import);
		computed_values_are_right_or_refused(session, tokens[i].import);
		certificates_are_der(session);
		CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	}
	return check_result();
}
