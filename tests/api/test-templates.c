/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include "lib/check.h"
#include "sinbun-pkcs11.h"

/* Templates that are refused, each with its code: PKCS#11, "Creating objects", rules 1 to 5, and the tables' footnotes. */

static const CK_OBJECT_CLASS data_class = CKO_DATA, certificate_class = CKO_CERTIFICATE, public_class = CKO_PUBLIC_KEY,
			     private_class = CKO_PRIVATE_KEY, secret_class = CKO_SECRET_KEY, no_class = 0x77, policy_class = CKO_SINBUN_PIN_POLICY;
static const CK_KEY_TYPE ec = CKK_EC, rsa = CKK_RSA, aes = CKK_AES, no_type = 0x77;
static const CK_CERTIFICATE_TYPE x509 = CKC_X_509, wtls = 2;
static const CK_BBOOL no_bool = 2;
/* A point that is not on the curve, and another curve. */
static const CK_BYTE bad_point[67] = {4, 65, 4, 1}, p521[] = {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x24}, scalar[32] = {[31] = 5};

struct refused {
	CK_RV answer;
	CK_ATTRIBUTE a[8]; /* ends with type ~0 */
};
#define END {CK_UNAVAILABLE_INFORMATION, NULL, 0}
#define CLASS(class) ATTRIBUTE_OF(CKA_CLASS, class)
#define TYPE(type) ATTRIBUTE_OF(CKA_KEY_TYPE, type)
#define CERTIFICATE                                                                                          \
	CLASS(certificate_class), ATTRIBUTE_OF(CKA_CERTIFICATE_TYPE, x509), ATTRIBUTE_TEXT(CKA_SUBJECT, "s"), \
		ATTRIBUTE_OF(CKA_VALUE, api_certificate)
#define PUBLIC CLASS(public_class), TYPE(ec), ATTRIBUTE_OF(CKA_EC_PARAMS, api_p256)
#define PRIVATE CLASS(private_class), TYPE(ec), ATTRIBUTE_OF(CKA_EC_PARAMS, api_p256), ATTRIBUTE_OF(CKA_VALUE, scalar)

static const struct refused create[] = {
	/* 1: no attribute of this class, or of none */
	{CKR_ATTRIBUTE_TYPE_INVALID, {CLASS(data_class), ATTRIBUTE_TEXT(0x1234, "x"), END}},
	{CKR_ATTRIBUTE_TYPE_INVALID, {CLASS(data_class), ATTRIBUTE_TEXT(CKA_ID, "x"), END}},
	{CKR_ATTRIBUTE_TYPE_INVALID, {CERTIFICATE, ATTRIBUTE_OF(CKA_SIGN, api_yes), END}},
	/* 2: values */
	{CKR_ATTRIBUTE_VALUE_INVALID, {CLASS(no_class), END}},
	{CKR_ATTRIBUTE_VALUE_INVALID, {ATTRIBUTE(CKA_CLASS, &data_class, 4), END}},
	{CKR_ATTRIBUTE_VALUE_INVALID, {CLASS(data_class), ATTRIBUTE_OF(CKA_TOKEN, no_bool), END}},
	{CKR_ATTRIBUTE_VALUE_INVALID, {CLASS(data_class), ATTRIBUTE(CKA_TOKEN, &api_yes, 0), END}},
	{CKR_ATTRIBUTE_VALUE_INVALID, {CLASS(data_class), ATTRIBUTE(CKA_VALUE, NULL, 5), END}},
	{CKR_ATTRIBUTE_VALUE_INVALID, {CLASS(data_class), ATTRIBUTE(CKA_VALUE, "x", CK_UNAVAILABLE_INFORMATION), END}},
	{CKR_ATTRIBUTE_VALUE_INVALID, {CERTIFICATE, ATTRIBUTE_TEXT(CKA_START_DATE, "2026"), END}},
	{CKR_ATTRIBUTE_VALUE_INVALID, {CERTIFICATE, ATTRIBUTE_TEXT(CKA_START_DATE, "2026x101"), END}},
	{CKR_ATTRIBUTE_VALUE_INVALID, {CLASS(certificate_class), ATTRIBUTE_OF(CKA_CERTIFICATE_TYPE, wtls),
					      ATTRIBUTE_TEXT(CKA_SUBJECT, "s"), ATTRIBUTE_TEXT(CKA_VALUE, "v"), END}},
	{CKR_ATTRIBUTE_VALUE_INVALID, {PUBLIC, ATTRIBUTE_OF(CKA_EC_POINT, bad_point), END}},
	{CKR_ATTRIBUTE_VALUE_INVALID, {PUBLIC, ATTRIBUTE_TEXT(CKA_EC_POINT, ""), END}},
	{CKR_ATTRIBUTE_TYPE_INVALID, {CLASS(public_class), TYPE(rsa), ATTRIBUTE_OF(CKA_EC_PARAMS, api_p256),
					     ATTRIBUTE_OF(CKA_EC_POINT, bad_point), END}},
	{CKR_ATTRIBUTE_VALUE_INVALID, {CLASS(public_class), TYPE(no_type), ATTRIBUTE_OF(CKA_EC_PARAMS, api_p256), END}},
	{CKR_ATTRIBUTE_VALUE_INVALID, {CERTIFICATE, ATTRIBUTE_TEXT(CKA_CHECK_VALUE, "abc"), END}},
	{CKR_ATTRIBUTE_VALUE_INVALID, {CERTIFICATE, ATTRIBUTE_TEXT(CKA_PUBLIC_KEY_INFO, "abc"), END}},
	{CKR_ATTRIBUTE_VALUE_INVALID, {CLASS(certificate_class), ATTRIBUTE_OF(CKA_CERTIFICATE_TYPE, x509),
					      ATTRIBUTE_TEXT(CKA_SUBJECT, "s"), ATTRIBUTE_TEXT(CKA_VALUE, "no DER"), END}},
	{CKR_CURVE_NOT_SUPPORTED, {CLASS(public_class), TYPE(ec), ATTRIBUTE_OF(CKA_EC_PARAMS, p521),
					  ATTRIBUTE_OF(CKA_EC_POINT, bad_point), END}},
	/* 3: what the application may not set */
	{CKR_ATTRIBUTE_READ_ONLY, {CLASS(data_class), ATTRIBUTE_TEXT(CKA_UNIQUE_ID, "x"), END}},
	{CKR_ATTRIBUTE_READ_ONLY, {PUBLIC, ATTRIBUTE_OF(CKA_LOCAL, api_yes), END}},
	{CKR_ATTRIBUTE_READ_ONLY, {PRIVATE, ATTRIBUTE_OF(CKA_ALWAYS_SENSITIVE, api_yes), END}},
	{CKR_ATTRIBUTE_READ_ONLY, {CERTIFICATE, ATTRIBUTE_OF(CKA_TRUSTED, api_yes), END}},
	/* 4: what is missing */
	{CKR_TEMPLATE_INCOMPLETE, {END}},
	{CKR_TEMPLATE_INCOMPLETE, {ATTRIBUTE_TEXT(CKA_LABEL, "x"), END}},
	{CKR_TEMPLATE_INCOMPLETE, {CLASS(certificate_class), END}},
	{CKR_TEMPLATE_INCOMPLETE, {CLASS(certificate_class), ATTRIBUTE_OF(CKA_CERTIFICATE_TYPE, x509),
					  ATTRIBUTE_TEXT(CKA_VALUE, "v"), END}},
	{CKR_TEMPLATE_INCOMPLETE, {CLASS(public_class), ATTRIBUTE_OF(CKA_EC_PARAMS, api_p256), END}},
	{CKR_TEMPLATE_INCOMPLETE, {PUBLIC, END}},
	/* 5: what contradicts itself */
	{CKR_TEMPLATE_INCONSISTENT, {CLASS(data_class), ATTRIBUTE_TEXT(CKA_LABEL, "x"), ATTRIBUTE_TEXT(CKA_LABEL, "y"), END}},
	{CKR_TEMPLATE_INCONSISTENT, {PRIVATE, ATTRIBUTE_OF(CKA_EXTRACTABLE, api_yes), END}},
	{CKR_TEMPLATE_INCONSISTENT, {PRIVATE, ATTRIBUTE_OF(CKA_PRIVATE, api_no), END}},
	/* an identity token shows its certificates before the login */
	{CKR_TEMPLATE_INCONSISTENT, {CERTIFICATE, ATTRIBUTE_OF(CKA_PRIVATE, api_yes), END}},
	{CKR_TEMPLATE_INCONSISTENT, {CLASS(certificate_class), ATTRIBUTE_OF(CKA_CERTIFICATE_TYPE, x509),
					    ATTRIBUTE_TEXT(CKA_SUBJECT, "s"), ATTRIBUTE_TEXT(CKA_VALUE, ""), END}},
	/* an identity token takes no key from outside */
	{CKR_ACTION_PROHIBITED, {PRIVATE, END}},
	/* the PIN policy is of this token, and no secret at the API */
	{CKR_TEMPLATE_INCONSISTENT, {CLASS(policy_class), ATTRIBUTE_OF(CKA_PRIVATE, api_yes), ATTRIBUTE_TEXT(CKA_SINBUN_BIRTH_DATE, "19900123"),
					    END}},
};

/* Beside CKA_EC_PARAMS and CKA_TOKEN, in the public (first) or the private template of C_GenerateKeyPair. */
static const struct {
	CK_RV answer;
	bool private;
	CK_ATTRIBUTE a;
} generate[] = {
	{CKR_OK, false, ATTRIBUTE_OF(CKA_KEY_TYPE, ec)},
	{CKR_OK, false, ATTRIBUTE_OF(CKA_CLASS, public_class)},
	{CKR_OK, true, ATTRIBUTE_OF(CKA_CLASS, private_class)},
	{CKR_OK, true, ATTRIBUTE_OF(CKA_DECRYPT, api_yes)},
	{CKR_TEMPLATE_INCONSISTENT, false, ATTRIBUTE_OF(CKA_KEY_TYPE, rsa)},
	{CKR_TEMPLATE_INCONSISTENT, false, ATTRIBUTE_OF(CKA_CLASS, private_class)},
	{CKR_TEMPLATE_INCONSISTENT, false, ATTRIBUTE_OF(CKA_EC_POINT, bad_point)},
	{CKR_TEMPLATE_INCONSISTENT, true, ATTRIBUTE_OF(CKA_VALUE, scalar)},
	{CKR_ATTRIBUTE_READ_ONLY, false, ATTRIBUTE_OF(CKA_LOCAL, api_yes)},
	{CKR_ATTRIBUTE_READ_ONLY, true, ATTRIBUTE_OF(CKA_NEVER_EXTRACTABLE, api_yes)},
	{CKR_ATTRIBUTE_READ_ONLY, false, ATTRIBUTE_OF(CKA_TRUSTED, api_yes)},
	{CKR_ATTRIBUTE_TYPE_INVALID, true, ATTRIBUTE_OF(CKA_VERIFY, api_yes)},
	{CKR_ATTRIBUTE_TYPE_INVALID, false, ATTRIBUTE_OF(CKA_SENSITIVE, api_yes)},
	{CKR_ATTRIBUTE_VALUE_INVALID, true, ATTRIBUTE_OF(CKA_SIGN, no_bool)},
	/* an identity token's private keys are private, sensitive and stay */
	{CKR_TEMPLATE_INCONSISTENT, true, ATTRIBUTE_OF(CKA_EXTRACTABLE, api_yes)},
	{CKR_TEMPLATE_INCONSISTENT, true, ATTRIBUTE_OF(CKA_SENSITIVE, api_no)},
	{CKR_TEMPLATE_INCONSISTENT, true, ATTRIBUTE_OF(CKA_PRIVATE, api_no)},
};

static const struct {
	CK_RV answer;
	CK_ATTRIBUTE a;
} change_private[] = {
	{CKR_OK, ATTRIBUTE_TEXT(CKA_LABEL, "x")},
	{CKR_OK, ATTRIBUTE_OF(CKA_SENSITIVE, api_yes)},
	{CKR_OK, ATTRIBUTE_OF(CKA_EXTRACTABLE, api_no)},
	{CKR_OK, ATTRIBUTE_OF(CKA_SIGN, api_no)},
	{CKR_ATTRIBUTE_READ_ONLY, ATTRIBUTE_OF(CKA_SENSITIVE, api_no)},
	{CKR_ATTRIBUTE_READ_ONLY, ATTRIBUTE_OF(CKA_EXTRACTABLE, api_yes)},
	{CKR_ATTRIBUTE_READ_ONLY, ATTRIBUTE_OF(CKA_TOKEN, api_yes)},
	{CKR_ATTRIBUTE_READ_ONLY, ATTRIBUTE_OF(CKA_PRIVATE, api_no)},
	{CKR_ATTRIBUTE_READ_ONLY, ATTRIBUTE_OF(CKA_MODIFIABLE, api_no)},
	{CKR_ATTRIBUTE_READ_ONLY, ATTRIBUTE_OF(CKA_CLASS, data_class)},
	{CKR_ATTRIBUTE_READ_ONLY, ATTRIBUTE_OF(CKA_KEY_TYPE, rsa)},
	{CKR_ATTRIBUTE_READ_ONLY, ATTRIBUTE_OF(CKA_EC_PARAMS, p521)},
	{CKR_ATTRIBUTE_READ_ONLY, ATTRIBUTE_OF(CKA_VALUE, scalar)},
	{CKR_ATTRIBUTE_READ_ONLY, ATTRIBUTE_OF(CKA_LOCAL, api_no)},
	{CKR_ATTRIBUTE_READ_ONLY, ATTRIBUTE_OF(CKA_ALWAYS_AUTHENTICATE, api_no)},
	{CKR_ATTRIBUTE_TYPE_INVALID, ATTRIBUTE_TEXT(CKA_APPLICATION, "x")},
	{CKR_ATTRIBUTE_VALUE_INVALID, ATTRIBUTE_OF(CKA_SIGN, no_bool)},
};

static void answers(const char *table, size_t row, CK_RV got, CK_RV want)
{
	if (got != want) {
		fprintf(stderr, "%s[%zu]: answered 0x%lx, not 0x%lx\n", table, row, got, want);
		check_failures++;
	}
}

static void creating(CK_SESSION_HANDLE session)
{
	for (size_t i = 0; i < COUNT(create); i++) {
		CK_OBJECT_HANDLE object = 0x5a5a;
		CK_ULONG count = 0;

		while (create[i].a[count].type != CK_UNAVAILABLE_INFORMATION)
			count++;
		answers("create", i, p11->C_CreateObject(session, (CK_ATTRIBUTE *)create[i].a, count, &object), create[i].answer);
		CHECK_EQ(object, 0x5a5a);
	}
	CHECK_EQ(api_find(session, NULL, 0, NULL, 0), API_PROFILES + API_LOG);
}

static void generating(CK_SESSION_HANDLE session)
{
	CK_MECHANISM mechanism = {CKM_EC_KEY_PAIR_GEN, NULL, 0}, wrong = {CKM_ECDSA, NULL, 0}, more = {CKM_EC_KEY_PAIR_GEN, &wrong, 1};
	CK_ATTRIBUTE public[3] = {ATTRIBUTE_OF(CKA_EC_PARAMS, api_p256), ATTRIBUTE_OF(CKA_TOKEN, api_no)};
	CK_ATTRIBUTE private[2] = {ATTRIBUTE_OF(CKA_TOKEN, api_no)};
	CK_ATTRIBUTE other[] = {ATTRIBUTE_OF(CKA_EC_PARAMS, p521)};
	CK_OBJECT_HANDLE a, b;

	for (size_t i = 0; i < COUNT(generate); i++) {
		bool in_private = generate[i].private;
		CK_RV rv;

		(in_private ? private : public)[in_private ? 1 : 2] = generate[i].a;
		rv = p11->C_GenerateKeyPair(session, &mechanism, public, in_private ? 2 : 3, private, in_private ? 2 : 1, &a, &b);
		answers("generate", i, rv, generate[i].answer);
	}
	CHECK_EQ(p11->C_GenerateKeyPair(session, &mechanism, public + 1, 1, private, 1, &a, &b), CKR_TEMPLATE_INCOMPLETE);
	CHECK_EQ(p11->C_GenerateKeyPair(session, &mechanism, other, 1, private, 1, &a, &b), CKR_CURVE_NOT_SUPPORTED);
	CHECK_EQ(p11->C_GenerateKeyPair(session, &wrong, public, 2, private, 1, &a, &b), CKR_MECHANISM_INVALID);
	CHECK_EQ(p11->C_GenerateKeyPair(session, &more, public, 2, private, 1, &a, &b), CKR_MECHANISM_PARAM_INVALID);
	private[0] = (CK_ATTRIBUTE)ATTRIBUTE_OF(CKA_TOKEN, api_yes);
	CHECK_EQ(p11->C_GenerateKeyPair(session, &mechanism, public, 2, private, 1, &a, &b), CKR_OK);
}

static void changing(CK_SESSION_HANDLE session)
{
	struct api_pair pair = api_generate(session, false, 1, true);
	CK_ATTRIBUTE two[] = {ATTRIBUTE_TEXT(CKA_LABEL, "half done"), ATTRIBUTE_OF(CKA_SENSITIVE, api_no)};
	CK_ATTRIBUTE twice[] = {ATTRIBUTE_TEXT(CKA_LABEL, "x"), ATTRIBUTE_TEXT(CKA_LABEL, "y")};

	for (size_t i = 0; i < COUNT(change_private); i++) {
		CK_RV rv = p11->C_SetAttributeValue(session, pair.private, (CK_ATTRIBUTE *)&change_private[i].a, 1);

		answers("change_private", i, rv, change_private[i].answer);
	}
	/* All of a template, or nothing. */
	CHECK_EQ(p11->C_SetAttributeValue(session, pair.private, two, 2), CKR_ATTRIBUTE_READ_ONLY);
	CHECK_EQ(api_count_label(session, "half done"), 0);
	CHECK_EQ(p11->C_SetAttributeValue(session, pair.private, twice, 2), CKR_TEMPLATE_INCONSISTENT);
	CHECK_EQ(p11->C_SetAttributeValue(session, 0, two, 1), CKR_OBJECT_HANDLE_INVALID);
}

static void the_so_trusts(CK_SLOT_ID slot)
{
	CK_ATTRIBUTE template[] = {CERTIFICATE, ATTRIBUTE_OF(CKA_TRUSTED, api_yes)};
	CK_ATTRIBUTE distrust = ATTRIBUTE_OF(CKA_TRUSTED, api_no);
	CK_SESSION_HANDLE session = api_session(slot, true);
	CK_OBJECT_HANDLE object;

	REQUIRE(api_login(session, CKU_SO, API_SO_PIN) == CKR_OK);
	CHECK_EQ(p11->C_CreateObject(session, template, COUNT(template), &object), CKR_OK);
	CHECK_EQ(p11->C_SetAttributeValue(session, object, &distrust, 1), CKR_OK);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

static CK_OBJECT_HANDLE import_key(CK_SESSION_HANDLE session, const CK_BBOOL *sensitive, const CK_BBOOL *extractable)
{
	CK_ATTRIBUTE template[] = {PRIVATE, ATTRIBUTE(CKA_SENSITIVE, sensitive, 1), ATTRIBUTE(CKA_EXTRACTABLE, extractable, 1)};
	CK_OBJECT_HANDLE object;

	REQUIRE(p11->C_CreateObject(session, template, COUNT(template), &object) == CKR_OK);
	return object;
}

/* A general token may import, and reveals what is neither sensitive nor locked in. */
static void a_general_token(void)
{
	CK_BYTE value[64];
	CK_BBOOL local = 2, always = 2, never = 2;
	CK_ATTRIBUTE read = ATTRIBUTE_OF(CKA_VALUE, value);
	CK_ATTRIBUTE past[] = {ATTRIBUTE_OF(CKA_LOCAL, local), ATTRIBUTE_OF(CKA_ALWAYS_SENSITIVE, always),
		ATTRIBUTE_OF(CKA_NEVER_EXTRACTABLE, never)};
	CK_ATTRIBUTE sensitive = ATTRIBUTE_OF(CKA_SENSITIVE, api_yes);
	CK_ATTRIBUTE hidden[] = {CERTIFICATE, ATTRIBUTE_OF(CKA_PRIVATE, api_yes)};
	CK_ATTRIBUTE secret[] = {CLASS(secret_class), TYPE(aes), ATTRIBUTE_OF(CKA_VALUE, scalar)};
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE object;

	api_configure("profile = general\nimport = yes\n");
	session = api_ready(NULL);
	/* One profile less: its certificates may be private. */
	CHECK_EQ(api_find(session, NULL, 0, NULL, 0), API_PROFILES - 1);
	CHECK_EQ(p11->C_CreateObject(session, hidden, COUNT(hidden), &object), CKR_OK);
	CHECK_EQ(p11->C_CreateObject(session, secret, COUNT(secret), &object), CKR_OK);
	CHECK_EQ(api_number(session, object, CKA_VALUE_LEN), sizeof scalar);
	CHECK_EQ(p11->C_GetAttributeValue(session, object, past, COUNT(past)), CKR_OK);
	CHECK(!local && !always && !never);
	object = import_key(session, &api_no, &api_yes);
	CHECK_EQ(p11->C_GetAttributeValue(session, object, &read, 1), CKR_OK);
	CHECK(read.ulValueLen == sizeof scalar && memcmp(value, scalar, sizeof scalar) == 0);
	CHECK_EQ(p11->C_GetAttributeValue(session, object, past, COUNT(past)), CKR_OK);
	CHECK(!local && !always && !never);
	CHECK_EQ(p11->C_SetAttributeValue(session, object, &sensitive, 1), CKR_OK);
	CHECK_EQ(p11->C_GetAttributeValue(session, object, &read, 1), CKR_ATTRIBUTE_SENSITIVE);
	object = import_key(session, &api_no, &api_no);
	read.ulValueLen = sizeof value;
	CHECK_EQ(p11->C_GetAttributeValue(session, object, &read, 1), CKR_ATTRIBUTE_SENSITIVE);
	object = import_key(session, &api_yes, &api_yes);
	read.ulValueLen = sizeof value;
	CHECK_EQ(p11->C_GetAttributeValue(session, object, &read, 1), CKR_ATTRIBUTE_SENSITIVE);
}

int main(void)
{
	CK_SESSION_HANDLE session;
	CK_SLOT_ID slot;

	api_open("");
	session = api_ready(&slot);
	creating(session);
	generating(session);
	changing(session);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
	the_so_trusts(slot);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	a_general_token();
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
