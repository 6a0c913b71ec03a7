/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include "lib/check.h"

/* What the OASIS document "PKCS #11 Profiles" demands of a provider that says it is a Baseline Provider, an Extended Provider, an
 * Authentication Token and a Public Certificates Token, clause by clause, and each profile's mandatory test case as its calls.
 *
 * Clauses are numbered as in version 3.2 (chapter 5: 5.1 baseline, 5.3 extended, 5.4 authentication, 5.5 certificates), from the technical
 * committee's own text; version 3.1 demands the same in chapter 5 without 5.2. Of the test cases (BL-M-1-32, EXT-M-1-32, AUTH-M-1-32,
 * CERT-M-1-32) the calls and their order are kept; the names and keys of the token that they were recorded with are not. Data types (clause
 * 2 of each) are the compiler's to check; error handling is tested chapter by chapter in the other tests here. */

enum { ROOM = 1024 };

static const CK_OBJECT_CLASS profile_class = CKO_PROFILE, mechanism_class = CKO_MECHANISM, certificate_class = CKO_CERTIFICATE,
			     private_class = CKO_PRIVATE_KEY, public_class = CKO_PUBLIC_KEY;
static const CK_PROFILE_ID profiles[] = {
	CKP_BASELINE_PROVIDER, CKP_EXTENDED_PROVIDER, CKP_AUTHENTICATION_TOKEN, CKP_PUBLIC_CERTIFICATES_TOKEN};

/* What the holder keeps on the token: a key pair and its certificate under one CKA_ID, a certificate of somebody else, data. */
static const CK_BYTE own_id = 2, other_id = 9;
enum { CERTIFICATES = 2 };

static void make_certificate(CK_SESSION_HANDLE session, const CK_BYTE *id, const char *label)
{
	static const CK_CERTIFICATE_TYPE x509 = CKC_X_509;
	CK_ATTRIBUTE template[] = {
		ATTRIBUTE_OF(CKA_CLASS, certificate_class),
		ATTRIBUTE_OF(CKA_CERTIFICATE_TYPE, x509),
		ATTRIBUTE_OF(CKA_TOKEN, api_yes),
		ATTRIBUTE(CKA_ID, id, 1),
		ATTRIBUTE(CKA_LABEL, label, strlen(label)),
		ATTRIBUTE_TEXT(CKA_SUBJECT, "subject"),
		ATTRIBUTE_OF(CKA_VALUE, api_certificate),
	};
	CK_OBJECT_HANDLE object;

	REQUIRE(p11->C_CreateObject(session, template, COUNT(template), &object) == CKR_OK);
}

static void fill_token(CK_SESSION_HANDLE session)
{
	CK_MECHANISM generate = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};
	static const CK_ULONG bits = 2048;
	CK_ATTRIBUTE public[] = {ATTRIBUTE_OF(CKA_TOKEN, api_yes), ATTRIBUTE_OF(CKA_ID, other_id), ATTRIBUTE_TEXT(CKA_LABEL, "testrsa-pub"),
		ATTRIBUTE_OF(CKA_MODULUS_BITS, bits)};
	CK_ATTRIBUTE private[] = {ATTRIBUTE_OF(CKA_TOKEN, api_yes), ATTRIBUTE_OF(CKA_ID, other_id), ATTRIBUTE_TEXT(CKA_LABEL, "testrsa-pri")};
	CK_OBJECT_HANDLE object, keys[2];

	api_generate(session, true, own_id, false);
	make_certificate(session, &own_id, "certificate");
	make_certificate(session, &other_id, "another");
	REQUIRE(p11->C_GenerateKeyPair(session, &generate, public, COUNT(public), private, COUNT(private), &keys[0], &keys[1]) == CKR_OK);
	REQUIRE(api_data(session, true, false, "public data", &object) == CKR_OK);
	REQUIRE(api_data(session, true, true, "private data", &object) == CKR_OK);
	REQUIRE(api_data(session, false, false, "session data", &object) == CKR_OK);
}

static CK_BBOOL reads_bool(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
	CK_BBOOL value = 0x5a;
	CK_ATTRIBUTE a = ATTRIBUTE_OF(type, value);

	CHECK_EQ(p11->C_GetAttributeValue(session, object, &a, 1), CKR_OK);
	return value;
}

/* --- the objects that say it: 5.1 (4), 5.3 (5), 5.4 (5 c), 5.5 (5 b) --- */

static void each_profile_has_its_object(CK_SESSION_HANDLE session)
{
	CK_OBJECT_HANDLE found[8];

	CK_ATTRIBUTE by_class = ATTRIBUTE_OF(CKA_CLASS, profile_class);
	CHECK_EQ(api_find(session, &by_class, 1, found, COUNT(found)), COUNT(profiles));
	for (size_t i = 0; i < COUNT(profiles); i++) {
		CK_ATTRIBUTE match[] = {ATTRIBUTE_OF(CKA_PROFILE_ID, profiles[i]), ATTRIBUTE_OF(CKA_CLASS, profile_class),
			ATTRIBUTE_OF(CKA_TOKEN, api_yes), ATTRIBUTE_OF(CKA_PRIVATE, api_no)};
		CK_OBJECT_HANDLE by_id;

		/* By its id alone, and by as much as one likes. */
		for (CK_ULONG count = 1; count <= COUNT(match); count++)
			CHECK_EQ(api_find(session, match, count, &by_id, 1), 1);
		CHECK_EQ(by_id, found[i]);
		CHECK_EQ(api_number(session, by_id, CKA_CLASS), CKO_PROFILE);
		CHECK_EQ(api_number(session, by_id, CKA_PROFILE_ID), profiles[i]);
	}
}

/* Profiles the module does not claim: none, complete, HKDF TLS, and what may come. */
static void no_other_profile_is_claimed(CK_SESSION_HANDLE session)
{
	static const CK_PROFILE_ID others[] = {0, 5, 6, 0x80000000UL, CK_UNAVAILABLE_INFORMATION};

	for (size_t i = 0; i < COUNT(others); i++) {
		CK_ATTRIBUTE match = ATTRIBUTE_OF(CKA_PROFILE_ID, others[i]);

		CHECK_EQ(api_find(session, &match, 1, NULL, 0), 0);
	}
}

/* A search without a template finds them, with their handles of before; mechanism objects show to those who name their class. */
static void profiles_show_without_a_template(CK_SESSION_HANDLE session)
{
	CK_ATTRIBUTE by_class = ATTRIBUTE_OF(CKA_CLASS, profile_class), on_token = ATTRIBUTE_OF(CKA_TOKEN, api_yes);
	CK_OBJECT_HANDLE all[64], named[8];
	CK_ATTRIBUTE *templates[] = {NULL, &on_token};

	REQUIRE(api_find(session, &by_class, 1, named, COUNT(named)) == COUNT(profiles));
	for (size_t t = 0; t < COUNT(templates); t++) {
		CK_ULONG count = api_find(session, templates[t], templates[t] != NULL, all, COUNT(all)), seen = 0;

		REQUIRE(count <= COUNT(all));
		for (CK_ULONG i = 0; i < count; i++) {
			CHECK(api_number(session, all[i], CKA_CLASS) != CKO_MECHANISM);
			for (size_t k = 0; k < COUNT(profiles); k++)
				seen += all[i] == named[k];
		}
		CHECK_EQ(seen, COUNT(profiles));
	}
}

/* "CKA_MECHANISM_TYPE": one for each mechanism of the token. "Mechanism objects are not returned unless the CKA_CLASS attribute in the
 * template has the value CKO_MECHANISM." */
static void mechanism_objects_show_by_class_only(CK_SESSION_HANDLE session, CK_SLOT_ID slot)
{
	CK_ATTRIBUTE by_class = ATTRIBUTE_OF(CKA_CLASS, mechanism_class);
	CK_MECHANISM_TYPE list[128];
	CK_ULONG count = COUNT(list);
	CK_OBJECT_HANDLE found[128];

	REQUIRE(p11->C_GetMechanismList(slot, list, &count) == CKR_OK);
	CHECK_EQ(api_find(session, &by_class, 1, found, COUNT(found)), count);
	for (CK_ULONG i = 0; i < count; i++) {
		CK_ATTRIBUTE match[] = {ATTRIBUTE_OF(CKA_MECHANISM_TYPE, list[i]), ATTRIBUTE_OF(CKA_CLASS, mechanism_class)};

		CHECK_EQ(api_number(session, found[i], CKA_MECHANISM_TYPE), list[i]);
		CHECK_EQ(api_find(session, match, 1, NULL, 0), 0);
		CHECK_EQ(api_find(session, match, 2, NULL, 0), 1);
	}
}

/* Nobody makes, changes, copies or destroys them, whoever is logged in. */
static void they_are_read_only(CK_SESSION_HANDLE session)
{
	static const CK_OBJECT_CLASS classes[] = {CKO_PROFILE, CKO_MECHANISM};
	CK_ATTRIBUTE label = ATTRIBUTE_TEXT(CKA_LABEL, "mine"), id = ATTRIBUTE_OF(CKA_PROFILE_ID, profiles[1]);

	for (size_t i = 0; i < COUNT(classes); i++) {
		CK_ATTRIBUTE match = ATTRIBUTE_OF(CKA_CLASS, classes[i]);
		CK_OBJECT_HANDLE object, copy;
		CK_ULONG before = api_find(session, &match, 1, &object, 1);

		CHECK_EQ(p11->C_SetAttributeValue(session, object, &label, 1), CKR_ACTION_PROHIBITED);
		CHECK_EQ(p11->C_SetAttributeValue(session, object, &id, 1), CKR_ACTION_PROHIBITED);
		CHECK_EQ(p11->C_CopyObject(session, object, NULL, 0, &copy), CKR_ACTION_PROHIBITED);
		CHECK_EQ(p11->C_DestroyObject(session, object), CKR_ACTION_PROHIBITED);
		CHECK_EQ(reads_bool(session, object, CKA_MODIFIABLE), CK_FALSE);
		CHECK_EQ(reads_bool(session, object, CKA_COPYABLE), CK_FALSE);
		CHECK_EQ(reads_bool(session, object, CKA_DESTROYABLE), CK_FALSE);
		CHECK_EQ(reads_bool(session, object, CKA_TOKEN), CK_TRUE);
		CHECK_EQ(reads_bool(session, object, CKA_PRIVATE), CK_FALSE);
		CHECK(p11->C_CreateObject(session, &match, 1, &object) != CKR_OK);
		CHECK_EQ(api_find(session, &match, 1, NULL, 0), before);
	}
}

/* --- 5.1 Baseline Provider --- */

/* (3): a CKA_CLASS, b CKA_TOKEN, c CKA_VALUE, d CKA_ID, e CKA_PRIVATE, f CKA_MODIFIABLE, g CKA_LABEL, h CKA_UNIQUE_ID, i CKA_PROFILE_ID,
 * each on the objects that have it. */
static void baseline_3_attributes(CK_SESSION_HANDLE session)
{
	static const struct {
		CK_OBJECT_CLASS class;
		CK_ATTRIBUTE_TYPE type;
	} rows[] = {
		{CKO_DATA, CKA_VALUE}, {CKO_CERTIFICATE, CKA_VALUE}, {CKO_CERTIFICATE, CKA_ID}, {CKO_PUBLIC_KEY, CKA_ID},
		{CKO_PRIVATE_KEY, CKA_ID}, {CKO_PROFILE, CKA_PROFILE_ID},
	};
	static const CK_ATTRIBUTE_TYPE common[] = {CKA_CLASS, CKA_TOKEN, CKA_PRIVATE, CKA_MODIFIABLE, CKA_LABEL, CKA_UNIQUE_ID};
	static const CK_OBJECT_CLASS classes[] = {CKO_DATA, CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_PROFILE, CKO_MECHANISM};

	for (size_t i = 0; i < COUNT(rows) + COUNT(classes) * COUNT(common); i++) {
		CK_OBJECT_CLASS class = i < COUNT(rows) ? rows[i].class : classes[(i - COUNT(rows)) / COUNT(common)];
		CK_ATTRIBUTE match = ATTRIBUTE_OF(CKA_CLASS, class);
		CK_BYTE value[ROOM];
		CK_ATTRIBUTE read = ATTRIBUTE_OF(i < COUNT(rows) ? rows[i].type : common[(i - COUNT(rows)) % COUNT(common)], value);
		CK_OBJECT_HANDLE object;

		REQUIRE(api_find(session, &match, 1, &object, 1) > 0);
		CHECK_EQ(p11->C_GetAttributeValue(session, object, &read, 1), CKR_OK);
	}
}

/* (3 h): "values generated MUST be unique across all objects visible to any particular session": on the token, of the session, and made
 * when read. By it each object, and only that one, is found again. */
static void baseline_3h_unique_ids(CK_SESSION_HANDLE session)
{
	CK_ATTRIBUTE by_class = ATTRIBUTE_OF(CKA_CLASS, mechanism_class), change = ATTRIBUTE_TEXT(CKA_UNIQUE_ID, "mine");
	CK_OBJECT_HANDLE all[256];
	CK_ULONG count, mechanisms;

	api_generate(session, false, 5, false);
	count = api_find(session, NULL, 0, all, COUNT(all));
	mechanisms = api_find(session, &by_class, 1, all + count, COUNT(all) - count);
	REQUIRE(count + mechanisms <= COUNT(all));
	for (CK_ULONG i = 0; i < count + mechanisms; i++) {
		char id[65];
		CK_ATTRIBUTE match[] = {{CKA_UNIQUE_ID, id, sizeof id - 1}, by_class};
		CK_OBJECT_HANDLE again = 0;

		CHECK_EQ(p11->C_GetAttributeValue(session, all[i], match, 1), CKR_OK);
		CHECK(match[0].ulValueLen > 0 && match[0].ulValueLen < sizeof id);
		if (match[0].ulValueLen >= sizeof id)
			continue;
		CHECK_EQ(api_find(session, match, i < count ? 1 : 2, &again, 1), 1);
		CHECK_EQ(again, all[i]);
		CHECK(p11->C_SetAttributeValue(session, all[i], &change, 1) != CKR_OK);
	}
}

/* A copy is another object. */
static void baseline_3h_a_copy_gets_its_own_id(CK_SESSION_HANDLE session)
{
	CK_ATTRIBUTE match = ATTRIBUTE_TEXT(CKA_LABEL, "public data");
	CK_ATTRIBUTE where[] = {ATTRIBUTE_OF(CKA_TOKEN, api_no), ATTRIBUTE_OF(CKA_TOKEN, api_yes)};
	CK_OBJECT_HANDLE object;
	char ids[3][64] = {{0}};

	REQUIRE(api_find(session, &match, 1, &object, 1) == 1);
	for (size_t i = 0; i < COUNT(ids); i++) {
		CK_OBJECT_HANDLE copy = object;
		CK_ATTRIBUTE read = {CKA_UNIQUE_ID, ids[i], sizeof ids[i] - 1};

		if (i)
			CHECK_EQ(p11->C_CopyObject(session, object, &where[i - 1], 1, &copy), CKR_OK);
		CHECK_EQ(p11->C_GetAttributeValue(session, copy, &read, 1), CKR_OK);
		for (size_t k = 0; k < i; k++)
			CHECK(strcmp(ids[i], ids[k]) != 0);
		if (i)
			CHECK_EQ(p11->C_DestroyObject(session, copy), CKR_OK);
	}
}

/* The first calls of each test case. */
static CK_SLOT_ID first_slot(void)
{
	CK_SLOT_ID slots[8];
	CK_ULONG count = 0;
	CK_INFO info;

	CHECK_EQ(p11_3->C_Initialize(NULL), CKR_OK);
	CHECK_EQ(p11_3->C_GetInfo(&info), CKR_OK);
	CHECK_EQ(info.cryptokiVersion.major, 3);
	CHECK_EQ(info.cryptokiVersion.minor, 2);
	CHECK_EQ(info.flags, 0);
	CHECK_EQ(p11_3->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
	REQUIRE(count == 1);
	CHECK_EQ(p11_3->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
	REQUIRE(count == 1);
	return slots[0];
}

static void slot_and_token(CK_SLOT_ID slot)
{
	CK_SLOT_INFO slot_info;
	CK_TOKEN_INFO token;

	CHECK_EQ(p11_3->C_GetSlotInfo(slot, &slot_info), CKR_OK);
	CHECK_EQ(slot_info.flags, CKF_TOKEN_PRESENT);
	CHECK_EQ(p11_3->C_GetTokenInfo(slot, &token), CKR_OK);
	CHECK_EQ(token.flags, CKF_RNG | CKF_LOGIN_REQUIRED | CKF_RESTORE_KEY_NOT_NEEDED | CKF_USER_PIN_INITIALIZED | CKF_TOKEN_INITIALIZED);
	CHECK(memcmp(token.label, "profiles                        ", sizeof token.label) == 0);
	CHECK_EQ(token.ulSessionCount, 0);
	CHECK_EQ(token.ulRwSessionCount, 0);
	CHECK(token.ulMinPinLen <= 6 && token.ulMaxPinLen >= 6);
}

static CK_SESSION_HANDLE open_session(CK_SLOT_ID slot, CK_FLAGS flags)
{
	CK_SESSION_HANDLE session = CK_INVALID_HANDLE;

	CHECK_EQ(p11_3->C_OpenSession(slot, flags, NULL, NULL, &session), CKR_OK);
	return session;
}

/* The last calls of each. */
static void close_all(CK_SESSION_HANDLE session, CK_SLOT_ID slot)
{
	CHECK_EQ(p11_3->C_CloseSession(session), CKR_OK);
	CHECK_EQ(p11_3->C_CloseAllSessions(slot), CKR_OK);
	CHECK_EQ(p11_3->C_Finalize(NULL), CKR_OK);
}

static CK_ULONG find(CK_SESSION_HANDLE session, CK_ATTRIBUTE *match, CK_ULONG count, CK_OBJECT_HANDLE *found, CK_ULONG room)
{
	CK_ULONG n = 0;

	CHECK_EQ(p11_3->C_FindObjectsInit(session, match, count), CKR_OK);
	CHECK_EQ(p11_3->C_FindObjects(session, found, room, &n), CKR_OK);
	CHECK_EQ(p11_3->C_FindObjectsFinal(session), CKR_OK);
	return n;
}

/* (5): the functions a to p; C_GetFunctionList, C_GetInterfaceList and C_GetInterface (a to c) are in test-interfaces. */
static void baseline_test_case(void)
{
	CK_ATTRIBUTE on_token = ATTRIBUTE_OF(CKA_TOKEN, api_yes);
	CK_SLOT_ID slot = first_slot();
	CK_SESSION_HANDLE session;
	CK_SESSION_INFO info;
	CK_OBJECT_HANDLE object = 0;
	CK_OBJECT_CLASS class;
	CK_ATTRIBUTE read = ATTRIBUTE_OF(CKA_CLASS, class);

	slot_and_token(slot);
	session = open_session(slot, CKF_SERIAL_SESSION);
	CHECK_EQ(p11_3->C_GetSessionInfo(session, &info), CKR_OK);
	CHECK_EQ(info.slotID, slot);
	CHECK_EQ(info.state, CKS_RO_PUBLIC_SESSION);
	CHECK_EQ(info.flags, CKF_SERIAL_SESSION);
	CHECK_EQ(find(session, &on_token, 1, &object, 1), 1);
	CHECK_EQ(p11_3->C_GetAttributeValue(session, object, &read, 1), CKR_OK);
	close_all(session, slot);
}

/* --- 5.3 Extended Provider --- */

/* (6): a C_GetMechanismList, b C_GetMechanismInfo, c C_Login, d C_LoginUser, e C_Logout. */
static void extended_test_case(void)
{
	CK_ATTRIBUTE on_token = ATTRIBUTE_OF(CKA_TOKEN, api_yes);
	CK_SLOT_ID slot = first_slot();
	CK_MECHANISM_TYPE list[128];
	CK_ULONG count = 0, room;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE object;

	slot_and_token(slot);
	CHECK_EQ(p11_3->C_GetMechanismList(slot, NULL, &count), CKR_OK);
	REQUIRE(count > 0 && count <= COUNT(list));
	room = count;
	CHECK_EQ(p11_3->C_GetMechanismList(slot, list, &room), CKR_OK);
	CHECK_EQ(room, count);
	for (CK_ULONG i = 0; i < count; i++) {
		CK_MECHANISM_INFO info = {1, 0, 0};

		CHECK_EQ(p11_3->C_GetMechanismInfo(slot, list[i], &info), CKR_OK);
		CHECK(info.ulMinKeySize <= info.ulMaxKeySize);
		CHECK(info.flags != 0);
	}
	session = open_session(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_OK);
	CHECK_EQ(find(session, &on_token, 1, &object, 1), 1);
	CHECK_EQ(p11_3->C_Logout(session), CKR_OK);
	CHECK_EQ(p11_3->C_LoginUser(session, CKU_USER, (CK_UTF8CHAR *)API_PIN, strlen(API_PIN), NULL, 0), CKR_OK);
	CHECK_EQ(api_state(session), CKS_RW_USER_FUNCTIONS);
	CHECK_EQ(p11_3->C_Logout(session), CKR_OK);
	close_all(session, slot);
}

/* --- 5.4 Authentication Token --- */

static CK_OBJECT_HANDLE find_key(CK_SESSION_HANDLE session, const CK_OBJECT_CLASS *class, const char *label)
{
	CK_ATTRIBUTE match[] = {ATTRIBUTE_OF(CKA_TOKEN, api_yes), ATTRIBUTE(CKA_LABEL, label, strlen(label)), ATTRIBUTE(CKA_CLASS, class, sizeof *class)};
	CK_OBJECT_HANDLE object = 0;

	CHECK_EQ(find(session, match, COUNT(match), &object, 1), 1);
	return object;
}

/* (5): a CKO_PRIVATE_KEY, b CKO_PUBLIC_KEY. (6): a C_Login, b C_LoginUser, c C_Logout, d C_SignInit, e C_Sign and/or C_SignUpdate and
 * C_SignFinal: here both ways, and both make the same PKCS#1 signature. */
static void authentication_test_case(void)
{
	CK_MECHANISM mechanism = {CKM_SHA256_RSA_PKCS, NULL, 0};
	CK_BYTE request[200] = {0x30, 0x82, 0x01, 0x83}, modulus[ROOM], exponent[ROOM], signature[256], again[256];
	CK_ATTRIBUTE read[] = {ATTRIBUTE_OF(CKA_MODULUS, modulus), ATTRIBUTE_OF(CKA_PUBLIC_EXPONENT, exponent)};
	CK_SLOT_ID slot = first_slot();
	CK_SESSION_HANDLE session = open_session(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION);
	CK_OBJECT_HANDLE public, private;
	CK_ULONG len = sizeof signature;

	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_OK);
	public = find_key(session, &public_class, "testrsa-pub");
	CHECK_EQ(p11_3->C_GetAttributeValue(session, public, read, COUNT(read)), CKR_OK);
	CHECK_EQ(read[0].ulValueLen, 256);
	CHECK(read[1].ulValueLen == 3 && memcmp(exponent, "\1\0\1", 3) == 0);
	private = find_key(session, &private_class, "testrsa-pri");
	CHECK_EQ(p11_3->C_SignInit(session, &mechanism, private), CKR_OK);
	CHECK_EQ(p11_3->C_Sign(session, request, sizeof request, signature, &len), CKR_OK);
	CHECK_EQ(len, sizeof signature);
	CHECK_EQ(p11_3->C_SignInit(session, &mechanism, private), CKR_OK);
	CHECK_EQ(p11_3->C_SignUpdate(session, request, 100), CKR_OK);
	CHECK_EQ(p11_3->C_SignUpdate(session, request + 100, sizeof request - 100), CKR_OK);
	CHECK_EQ(p11_3->C_SignFinal(session, again, &len), CKR_OK);
	CHECK(memcmp(signature, again, sizeof signature) == 0);
	CHECK_EQ(p11_3->C_VerifyInit(session, &mechanism, public), CKR_OK);
	CHECK_EQ(p11_3->C_Verify(session, request, sizeof request, signature, len), CKR_OK);
	CHECK_EQ(p11_3->C_Logout(session), CKR_OK);
	/* Without the login there is no key to sign with. */
	CHECK_EQ(p11_3->C_SignInit(session, &mechanism, private), CKR_KEY_HANDLE_INVALID);
	close_all(session, slot);
}

/* --- 5.5 Public Certificates Token --- */

/* The sizes are asked for first, then the values read, while the search is still open. */
static void certificates_test_case(void)
{
	CK_ATTRIBUTE on_token = ATTRIBUTE_OF(CKA_TOKEN, api_yes);
	CK_SLOT_ID slot = first_slot();
	CK_SESSION_HANDLE session = open_session(slot, CKF_SERIAL_SESSION);
	CK_OBJECT_HANDLE found[64];
	CK_ULONG n = 0, certificates = 0;

	CHECK_EQ(p11_3->C_FindObjectsInit(session, &on_token, 1), CKR_OK);
	CHECK_EQ(p11_3->C_FindObjects(session, found, 5, &n), CKR_OK);
	CHECK_EQ(n, 5);
	CHECK_EQ(p11_3->C_FindObjects(session, found + 5, COUNT(found) - 5, &n), CKR_OK);
	for (CK_ULONG i = 0; i < n + 5; i++) {
		CK_BYTE value[ROOM];
		CK_ATTRIBUTE label = {CKA_LABEL, NULL, 0}, der = {CKA_VALUE, NULL, 0};

		CHECK_EQ(p11_3->C_GetAttributeValue(session, found[i], &label, 1), CKR_OK);
		label.pValue = value;
		CHECK_EQ(p11_3->C_GetAttributeValue(session, found[i], &label, 1), CKR_OK);
		if (api_number(session, found[i], CKA_CLASS) != CKO_CERTIFICATE)
			continue;
		certificates++;
		CHECK_EQ(p11_3->C_GetAttributeValue(session, found[i], &der, 1), CKR_OK);
		CHECK_EQ(der.ulValueLen, sizeof api_certificate);
		der.pValue = value;
		CHECK_EQ(p11_3->C_GetAttributeValue(session, found[i], &der, 1), CKR_OK);
		CHECK(memcmp(value, api_certificate, sizeof api_certificate) == 0);
	}
	CHECK_EQ(certificates, CERTIFICATES);
	CHECK_EQ(p11_3->C_FindObjectsFinal(session), CKR_OK);
	close_all(session, slot);
}

/* (8 a): "All certificates are publicly readable, able to be found on the token without a login having been performed": those that
 * the holder sees, everyone sees. The module makes certificates public unless an application asks for a private one. */
static void certificates_8a_are_public(CK_SLOT_ID slot)
{
	CK_ATTRIBUTE match = ATTRIBUTE_OF(CKA_CLASS, certificate_class);
	CK_SESSION_HANDLE session = api_session(slot, false);
	CK_OBJECT_HANDLE found[CERTIFICATES];

	CHECK_EQ(api_find(session, &match, 1, found, COUNT(found)), CERTIFICATES);
	for (size_t i = 0; i < COUNT(found); i++)
		CHECK_EQ(reads_bool(session, found[i], CKA_PRIVATE), CK_FALSE);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_OK);
	CHECK_EQ(api_find(session, &match, 1, NULL, 0), CERTIFICATES);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

/* (8 b): "All certificates for which a matching private key also exists on the token must have a matching CKA_ID attribute for the
 * certificate and private key"; (8 c ii): "The matching public key for a certificate can be found via C_FindObjects using the matching CKA_ID
 * value without a login having been performed". */
static void certificates_8bc_lead_to_their_keys(CK_SLOT_ID slot)
{
	CK_ATTRIBUTE certificate[] = {ATTRIBUTE_OF(CKA_CLASS, certificate_class), ATTRIBUTE_OF(CKA_ID, own_id)};
	CK_SESSION_HANDLE session = api_session(slot, false);
	CK_BYTE id = 0;
	CK_ATTRIBUTE read = ATTRIBUTE_OF(CKA_ID, id);
	CK_ATTRIBUTE public[] = {ATTRIBUTE_OF(CKA_ID, id), ATTRIBUTE_OF(CKA_CLASS, public_class)};
	CK_ATTRIBUTE private[] = {ATTRIBUTE_OF(CKA_ID, id), ATTRIBUTE_OF(CKA_CLASS, private_class)};
	CK_OBJECT_HANDLE object;

	REQUIRE(api_find(session, certificate, COUNT(certificate), &object, 1) == 1);
	CHECK_EQ(p11->C_GetAttributeValue(session, object, &read, 1), CKR_OK);
	CHECK_EQ(api_find(session, public, COUNT(public), NULL, 0), 1);
	CHECK_EQ(api_find(session, private, COUNT(private), NULL, 0), 0);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_OK);
	CHECK_EQ(api_find(session, private, COUNT(private), NULL, 0), 1);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

int main(void)
{
	CK_SESSION_HANDLE session;
	CK_SLOT_ID slot;

	api_open("");
	api_initialize();
	slot = api_token("profiles");
	session = api_session(slot, true);
	/* Of an empty token, without a login; with one; and as the security officer. */
	each_profile_has_its_object(session);
	mechanism_objects_show_by_class_only(session, slot);
	they_are_read_only(session);
	REQUIRE(api_login(session, CKU_SO, API_SO_PIN) == CKR_OK);
	each_profile_has_its_object(session);
	they_are_read_only(session);
	REQUIRE(p11->C_Logout(session) == CKR_OK);
	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	fill_token(session);
	each_profile_has_its_object(session);
	no_other_profile_is_claimed(session);
	profiles_show_without_a_template(session);
	mechanism_objects_show_by_class_only(session, slot);
	they_are_read_only(session);
	baseline_3_attributes(session);
	baseline_3h_unique_ids(session);
	baseline_3h_a_copy_gets_its_own_id(session);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
	certificates_8a_are_public(slot);
	certificates_8bc_lead_to_their_keys(slot);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	baseline_test_case();
	extended_test_case();
	authentication_test_case();
	certificates_test_case();
	return check_result();
}
