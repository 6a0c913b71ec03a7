/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include "lib/check.h"

/* Objects: made, found, read, changed, copied, destroyed; and the exact code of each template that is refused.
 * What templates are refused stands in test-templates.c. */

enum { MANY = 300, EC_POINT = 67, P256_SPKI = 91 };

static const CK_OBJECT_CLASS data_class = CKO_DATA, certificate_class = CKO_CERTIFICATE, public_class = CKO_PUBLIC_KEY,
			     private_class = CKO_PRIVATE_KEY;
static const CK_CERTIFICATE_TYPE x509 = CKC_X_509;

static bool reads_text(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, const char *want)
{
	char value[256];
	CK_ATTRIBUTE a = ATTRIBUTE_OF(type, value);

	return p11->C_GetAttributeValue(session, object, &a, 1) == CKR_OK && a.ulValueLen == strlen(want) &&
	       memcmp(value, want, strlen(want)) == 0;
}

static int reads_bool(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
	CK_BBOOL value = 2;
	CK_ATTRIBUTE a = ATTRIBUTE_OF(type, value);

	return p11->C_GetAttributeValue(session, object, &a, 1) == CKR_OK && a.ulValueLen == 1 ? value : -1;
}

static CK_ULONG length_of(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
	CK_ATTRIBUTE a = {type, NULL, 0};

	CHECK_EQ(p11->C_GetAttributeValue(session, object, &a, 1), CKR_OK);
	return a.ulValueLen;
}

static void data_objects(CK_SESSION_HANDLE session)
{
	CK_ATTRIBUTE template[] = {ATTRIBUTE_OF(CKA_CLASS, data_class), ATTRIBUTE_TEXT(CKA_LABEL, "a label"),
		ATTRIBUTE_TEXT(CKA_APPLICATION, "an application"), ATTRIBUTE_TEXT(CKA_VALUE, "some value"), {CKA_OBJECT_ID, NULL, 0}};
	CK_ATTRIBUTE change[] = {ATTRIBUTE_TEXT(CKA_LABEL, "another"), ATTRIBUTE_TEXT(CKA_VALUE, "")};
	CK_OBJECT_HANDLE object;
	CK_ULONG size = 0;

	CHECK_EQ(p11->C_CreateObject(session, template, COUNT(template), &object), CKR_OK);
	CHECK_EQ(api_number(session, object, CKA_CLASS), CKO_DATA);
	CHECK(reads_text(session, object, CKA_LABEL, "a label"));
	CHECK(reads_text(session, object, CKA_APPLICATION, "an application"));
	CHECK(reads_text(session, object, CKA_VALUE, "some value"));
	CHECK(reads_text(session, object, CKA_OBJECT_ID, ""));
	CHECK_EQ(reads_bool(session, object, CKA_TOKEN), CK_FALSE);
	CHECK_EQ(reads_bool(session, object, CKA_PRIVATE), CK_FALSE);
	CHECK_EQ(reads_bool(session, object, CKA_MODIFIABLE), CK_TRUE);
	CHECK_EQ(p11->C_GetObjectSize(session, object, &size), CKR_OK);
	CHECK(size > 0 && size != CK_UNAVAILABLE_INFORMATION);
	CHECK_EQ(p11->C_SetAttributeValue(session, object, change, COUNT(change)), CKR_OK);
	CHECK(reads_text(session, object, CKA_LABEL, "another"));
	CHECK(reads_text(session, object, CKA_VALUE, ""));
	CHECK_EQ(p11->C_DestroyObject(session, object), CKR_OK);
	CHECK_EQ(p11->C_DestroyObject(session, object), CKR_OBJECT_HANDLE_INVALID);
	CHECK_EQ(api_count_label(session, "another"), 0);
}

static void certificates(CK_SESSION_HANDLE session)
{
	CK_ATTRIBUTE template[] = {ATTRIBUTE_OF(CKA_CLASS, certificate_class), ATTRIBUTE_OF(CKA_CERTIFICATE_TYPE, x509),
		ATTRIBUTE_TEXT(CKA_SUBJECT, "subject"), ATTRIBUTE_TEXT(CKA_ID, "\2"), ATTRIBUTE_OF(CKA_VALUE, api_certificate)};
	CK_MECHANISM sha1 = {CKM_SHA_1, NULL, 0};
	CK_BYTE digest[20], check[3];
	CK_ATTRIBUTE read = ATTRIBUTE_OF(CKA_CHECK_VALUE, check);
	CK_OBJECT_HANDLE object;
	CK_ULONG len = sizeof digest;

	CHECK_EQ(p11->C_CreateObject(session, template, COUNT(template), &object), CKR_OK);
	CHECK_EQ(api_number(session, object, CKA_CERTIFICATE_TYPE), CKC_X_509);
	CHECK_EQ(reads_bool(session, object, CKA_TRUSTED), CK_FALSE);
	CHECK_EQ(p11->C_GetAttributeValue(session, object, &read, 1), CKR_OK);
	CHECK_EQ(p11->C_DigestInit(session, &sha1), CKR_OK);
	CHECK_EQ(p11->C_Digest(session, (CK_BYTE *)api_certificate, sizeof api_certificate, digest, &len), CKR_OK);
	CHECK(read.ulValueLen == 3 && memcmp(check, digest, 3) == 0);
	CHECK_EQ(p11->C_DestroyObject(session, object), CKR_OK);
}

static void key_pairs(CK_SESSION_HANDLE session)
{
	struct api_pair pair = api_generate(session, true, 7, true);
	CK_BYTE point[EC_POINT];
	CK_ATTRIBUTE read = ATTRIBUTE_OF(CKA_EC_POINT, point);
	CK_OBJECT_HANDLE both[2] = {pair.public, pair.private};

	CHECK_EQ(api_number(session, pair.public, CKA_CLASS), CKO_PUBLIC_KEY);
	CHECK_EQ(api_number(session, pair.private, CKA_CLASS), CKO_PRIVATE_KEY);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(api_number(session, both[i], CKA_KEY_TYPE), CKK_EC);
		CHECK_EQ(api_number(session, both[i], CKA_KEY_GEN_MECHANISM), CKM_EC_KEY_PAIR_GEN);
		CHECK_EQ(reads_bool(session, both[i], CKA_LOCAL), CK_TRUE);
		CHECK_EQ(reads_bool(session, both[i], CKA_TOKEN), CK_TRUE);
		CHECK(reads_text(session, both[i], CKA_ID, "\7"));
		CHECK_EQ(length_of(session, both[i], CKA_EC_PARAMS), sizeof api_p256);
		CHECK_EQ(length_of(session, both[i], CKA_PUBLIC_KEY_INFO), P256_SPKI);
	}
	CHECK_EQ(p11->C_GetAttributeValue(session, pair.public, &read, 1), CKR_OK);
	CHECK(read.ulValueLen == EC_POINT && point[0] == 4 && point[1] == EC_POINT - 2 && point[2] == 4);
	CHECK_EQ(reads_bool(session, pair.public, CKA_PRIVATE), CK_FALSE);
	CHECK_EQ(reads_bool(session, pair.public, CKA_VERIFY), CK_TRUE);
	CHECK_EQ(reads_bool(session, pair.private, CKA_PRIVATE), CK_TRUE);
	CHECK_EQ(reads_bool(session, pair.private, CKA_SIGN), CK_TRUE);
	CHECK_EQ(reads_bool(session, pair.private, CKA_SENSITIVE), CK_TRUE);
	CHECK_EQ(reads_bool(session, pair.private, CKA_ALWAYS_SENSITIVE), CK_TRUE);
	CHECK_EQ(reads_bool(session, pair.private, CKA_EXTRACTABLE), CK_FALSE);
	CHECK_EQ(reads_bool(session, pair.private, CKA_NEVER_EXTRACTABLE), CK_TRUE);
	CHECK_EQ(reads_bool(session, pair.private, CKA_ALWAYS_AUTHENTICATE), CK_TRUE);
	CHECK_EQ(p11->C_DestroyObject(session, pair.public), CKR_OK);
	CHECK_EQ(p11->C_DestroyObject(session, pair.private), CKR_OK);
}

/* Every attribute of one call gets its own answer; the call's code is that of one of the failures. */
static void many_answers_in_one_call(CK_SESSION_HANDLE session)
{
	struct api_pair pair = api_generate(session, false, 9, false);
	CK_BYTE id[4] = {0}, value[64] = {0}, small[3] = {0}, other[8];
	CK_ULONG type = 0;
	CK_ATTRIBUTE a[] = {
		ATTRIBUTE_OF(CKA_ID, id),
		ATTRIBUTE_OF(CKA_VALUE, value),
		ATTRIBUTE_OF(CKA_URL, other),
		ATTRIBUTE_OF(CKA_EC_PARAMS, small),
		{CKA_PUBLIC_KEY_INFO, NULL, 0},
		ATTRIBUTE_OF(CKA_KEY_TYPE, type),
	};
	CK_RV rv = p11->C_GetAttributeValue(session, pair.private, a, COUNT(a));
	static const CK_BYTE nothing[64];

	CHECK(rv == CKR_ATTRIBUTE_SENSITIVE || rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_BUFFER_TOO_SMALL);
	CHECK(a[0].ulValueLen == 1 && id[0] == 9);
	CHECK_EQ(a[1].ulValueLen, CK_UNAVAILABLE_INFORMATION);
	CHECK_EQ(a[2].ulValueLen, CK_UNAVAILABLE_INFORMATION);
	CHECK_EQ(a[3].ulValueLen, CK_UNAVAILABLE_INFORMATION);
	CHECK_EQ(a[4].ulValueLen, P256_SPKI);
	CHECK(a[5].ulValueLen == sizeof type && type == CKK_EC);
	CHECK(memcmp(value, nothing, sizeof value) == 0 && memcmp(small, nothing, sizeof small) == 0);
	for (int i = 1; i <= 3; i++) {
		static const CK_RV alone[] = {0, CKR_ATTRIBUTE_SENSITIVE, CKR_ATTRIBUTE_TYPE_INVALID, CKR_BUFFER_TOO_SMALL};

		a[i].ulValueLen = i == 3 ? sizeof small : sizeof other;
		CHECK_EQ(p11->C_GetAttributeValue(session, pair.private, &a[i], 1), alone[i]);
	}
	/* Not even the length of a sensitive value is told, nor is it there to be searched for. */
	a[1] = (CK_ATTRIBUTE){CKA_VALUE, NULL, 0};
	CHECK_EQ(p11->C_GetAttributeValue(session, pair.private, &a[1], 1), CKR_ATTRIBUTE_SENSITIVE);
	CHECK_EQ(a[1].ulValueLen, CK_UNAVAILABLE_INFORMATION);
	CHECK_EQ(p11->C_GetAttributeValue(session, 0, a, 1), CKR_OBJECT_HANDLE_INVALID);
	CHECK_EQ(p11->C_DestroyObject(session, pair.public), CKR_OK);
	CHECK_EQ(p11->C_DestroyObject(session, pair.private), CKR_OK);
}

static void searching(CK_SESSION_HANDLE session)
{
	CK_ATTRIBUTE nothing = ATTRIBUTE_TEXT(CKA_LABEL, "no such label"), unknown = ATTRIBUTE_TEXT(0x1234, "x");
	CK_ATTRIBUTE two[] = {ATTRIBUTE_TEXT(CKA_LABEL, "the one"), ATTRIBUTE_OF(CKA_CLASS, data_class)};
	CK_ATTRIBUTE broken = {CKA_LABEL, NULL, 4};
	CK_OBJECT_HANDLE object, found[4];
	CK_ULONG n = 9;

	CHECK_EQ(api_data(session, false, false, "the one", &object), CKR_OK);
	CHECK_EQ(api_find(session, &nothing, 1, NULL, 0), 0);
	CHECK_EQ(api_find(session, &unknown, 1, NULL, 0), 0);
	CHECK_EQ(api_find(session, two, 2, found, 1), 1);
	CHECK_EQ(found[0], object);
	two[1].pValue = (void *)&certificate_class;
	CHECK_EQ(api_find(session, two, 2, NULL, 0), 0);
	CHECK_EQ(p11->C_FindObjectsInit(session, &broken, 1), CKR_ATTRIBUTE_VALUE_INVALID);
	CHECK_EQ(p11->C_FindObjects(session, found, 1, &n), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11->C_FindObjectsFinal(session), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11->C_FindObjectsInit(session, two, 1), CKR_OK);
	CHECK_EQ(p11->C_FindObjectsInit(session, two, 1), CKR_OPERATION_ACTIVE);
	CHECK_EQ(p11->C_FindObjects(session, found, 0, &n), CKR_OK);
	CHECK_EQ(n, 0);
	CHECK_EQ(p11->C_FindObjects(session, found, COUNT(found), &n), CKR_OK);
	CHECK_EQ(n, 1);
	CHECK_EQ(p11->C_FindObjects(session, found, COUNT(found), &n), CKR_OK);
	CHECK_EQ(n, 0);
	CHECK_EQ(p11->C_FindObjectsFinal(session), CKR_OK);
	CHECK_EQ(p11->C_DestroyObject(session, object), CKR_OK);
}

/* Pages of 7: all of them, each once. */
static void searching_among_many(CK_SESSION_HANDLE session)
{
	static CK_OBJECT_HANDLE made[MANY], all[2 * MANY];
	CK_ATTRIBUTE match = ATTRIBUTE_TEXT(CKA_LABEL, "one of many");
	CK_ULONG total = 0, n;

	for (int i = 0; i < MANY; i++)
		REQUIRE(api_data(session, i % 2, i % 3 == 0, "one of many", &made[i]) == CKR_OK);
	CHECK_EQ(p11->C_FindObjectsInit(session, &match, 1), CKR_OK);
	do {
		CHECK_EQ(p11->C_FindObjects(session, all + total, 7, &n), CKR_OK);
		total += n;
	} while (n && total + 7 <= COUNT(all));
	CHECK_EQ(p11->C_FindObjectsFinal(session), CKR_OK);
	CHECK_EQ(total, MANY);
	for (int i = 0; i < MANY; i++) {
		int times = 0;

		for (CK_ULONG k = 0; k < total; k++)
			times += all[k] == made[i];
		CHECK_EQ(times, 1);
		CHECK_EQ(p11->C_DestroyObject(session, made[i]), CKR_OK);
	}
	CHECK_EQ(api_count_label(session, "one of many"), 0);
}

static void what_may_not_be_done(CK_SESSION_HANDLE session)
{
	static const CK_ATTRIBUTE_TYPE refusing[] = {CKA_MODIFIABLE, CKA_COPYABLE, CKA_DESTROYABLE};
	CK_ATTRIBUTE label = ATTRIBUTE_TEXT(CKA_LABEL, "changed");

	for (size_t i = 0; i < COUNT(refusing); i++)
		for (int on_token = 0; on_token < 2; on_token++) {
			CK_ATTRIBUTE template[] = {ATTRIBUTE_OF(CKA_CLASS, data_class), ATTRIBUTE_OF(refusing[i], api_no),
				ATTRIBUTE(CKA_TOKEN, on_token ? &api_yes : &api_no, 1)};
			CK_OBJECT_HANDLE object, copy;

			REQUIRE(p11->C_CreateObject(session, template, COUNT(template), &object) == CKR_OK);
			CHECK_EQ(p11->C_SetAttributeValue(session, object, &label, 1), i == 0 ? CKR_ACTION_PROHIBITED : CKR_OK);
			CHECK_EQ(p11->C_CopyObject(session, object, NULL, 0, &copy), i == 1 ? CKR_ACTION_PROHIBITED : CKR_OK);
			CHECK_EQ(p11->C_DestroyObject(session, object), i == 2 ? CKR_ACTION_PROHIBITED : CKR_OK);
		}
}

static void copies(CK_SESSION_HANDLE session)
{
	struct api_pair pair = api_generate(session, false, 5, false);
	CK_ATTRIBUTE to_token[] = {ATTRIBUTE_OF(CKA_TOKEN, api_yes), ATTRIBUTE_TEXT(CKA_LABEL, "copy")};
	CK_ATTRIBUTE public[] = {ATTRIBUTE_OF(CKA_PRIVATE, api_no)};
	CK_ATTRIBUTE insensitive[] = {ATTRIBUTE_OF(CKA_SENSITIVE, api_no)};
	CK_ATTRIBUTE other_class[] = {ATTRIBUTE_OF(CKA_CLASS, data_class)};
	CK_ATTRIBUTE other_curve[] = {ATTRIBUTE_TEXT(CKA_EC_PARAMS, "x")};
	CK_OBJECT_HANDLE secret, copy;

	CHECK_EQ(p11->C_CopyObject(session, pair.private, to_token, COUNT(to_token), &copy), CKR_OK);
	CHECK_EQ(reads_bool(session, copy, CKA_TOKEN), CK_TRUE);
	CHECK_EQ(reads_bool(session, copy, CKA_SENSITIVE), CK_TRUE);
	CHECK(reads_text(session, copy, CKA_ID, "\5"));
	CHECK(reads_text(session, pair.private, CKA_LABEL, ""));
	CHECK_EQ(p11->C_DestroyObject(session, copy), CKR_OK);
	CHECK_EQ(p11->C_CopyObject(session, pair.private, insensitive, 1, &copy), CKR_ATTRIBUTE_READ_ONLY);
	CHECK_EQ(p11->C_CopyObject(session, pair.private, other_class, 1, &copy), CKR_ATTRIBUTE_READ_ONLY);
	CHECK_EQ(p11->C_CopyObject(session, pair.public, other_curve, 1, &copy), CKR_ATTRIBUTE_READ_ONLY);
	CHECK_EQ(p11->C_CopyObject(session, pair.private, public, 1, &copy), CKR_TEMPLATE_INCONSISTENT);
	CHECK_EQ(api_data(session, false, true, "secret", &secret), CKR_OK);
	CHECK_EQ(p11->C_CopyObject(session, secret, public, 1, &copy), CKR_TEMPLATE_INCONSISTENT);
	CHECK_EQ(p11->C_DestroyObject(session, secret), CKR_OK);
}

static void private_objects_show_after_login_only(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE session = api_session(slot, true);
	CK_ATTRIBUTE keys = ATTRIBUTE_OF(CKA_CLASS, private_class);
	CK_OBJECT_HANDLE object;

	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	api_generate(session, true, 3, false);
	CHECK_EQ(api_data(session, true, true, "mine alone", &object), CKR_OK);
	CHECK_EQ(api_data(session, true, false, "for all", &object), CKR_OK);
	CHECK_EQ(api_find(session, &keys, 1, NULL, 0), 1);
	CHECK_EQ(p11->C_Logout(session), CKR_OK);
	CHECK_EQ(api_find(session, &keys, 1, NULL, 0), 0);
	CHECK_EQ(api_count_label(session, "mine alone"), 0);
	CHECK_EQ(api_count_label(session, "for all"), 1);
	CHECK_EQ(api_login(session, CKU_SO, API_SO_PIN), CKR_OK);
	CHECK_EQ(api_find(session, &keys, 1, NULL, 0), 0);
	CHECK_EQ(api_count_label(session, "mine alone"), 0);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

static void token_objects_survive(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE session = api_session(slot, true);
	CK_ATTRIBUTE match = ATTRIBUTE_OF(CKA_CLASS, public_class);
	CK_OBJECT_HANDLE object;
	CK_ULONG before, after;
	CK_BYTE unique[64];
	CK_ATTRIBUTE id = ATTRIBUTE_OF(CKA_UNIQUE_ID, unique);

	CHECK_EQ(api_data(session, false, false, "of the session", &object), CKR_OK);
	before = api_find(session, &match, 1, &object, 1);
	CHECK_EQ(before, 1);
	CHECK_EQ(p11->C_GetAttributeValue(session, object, &id, 1), CKR_OK);
	CHECK_EQ(id.ulValueLen, 32);
	api_restart();
	session = api_session(slot, false);
	after = api_find(session, &match, 1, &object, 1);
	CHECK_EQ(after, before);
	match = (CK_ATTRIBUTE){CKA_UNIQUE_ID, unique, 32};
	CHECK_EQ(api_find(session, &match, 1, &object, 1), 1);
	CHECK_EQ(api_number(session, object, CKA_KEY_TYPE), CKK_EC);
	CHECK_EQ(api_count_label(session, "for all"), 1);
	CHECK_EQ(api_count_label(session, "mine alone"), 0);
	CHECK_EQ(api_count_label(session, "of the session"), 0);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_OK);
	CHECK_EQ(api_count_label(session, "mine alone"), 1);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

/* What another process changes shows at the next search. */
static void another_process_changes(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE session = api_session(slot, false);
	CK_ATTRIBUTE match = ATTRIBUTE_TEXT(CKA_LABEL, "for all");
	CK_OBJECT_HANDLE object;

	REQUIRE(api_find(session, &match, 1, &object, 1) == 1);
	CHECK(reads_text(session, object, CKA_LABEL, "for all"));
	CHECK_EQ(api_run_again("rename"), 0);
	CHECK_EQ(api_count_label(session, "for all"), 0);
	CHECK_EQ(api_count_label(session, "for all others"), 1);
	CHECK(reads_text(session, object, CKA_LABEL, "for all others"));
	CHECK_EQ(api_run_again("destroy"), 0);
	CHECK_EQ(api_count_label(session, "for all others"), 0);
	CHECK_EQ(p11->C_GetObjectSize(session, object, &(CK_ULONG){0}), CKR_OBJECT_HANDLE_INVALID);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

static int other_process(const char *what)
{
	CK_ATTRIBUTE match = ATTRIBUTE_TEXT(CKA_LABEL, "for all"), renamed = ATTRIBUTE_TEXT(CKA_LABEL, "for all others");
	bool rename = strcmp(what, "rename") == 0;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE object;
	CK_SLOT_ID slot;
	CK_ULONG count = 1;

	api_open_again();
	api_initialize();
	REQUIRE(p11->C_GetSlotList(CK_TRUE, &slot, &count) == CKR_OK);
	session = api_session(slot, true);
	REQUIRE(api_find(session, rename ? &match : &renamed, 1, &object, 1) == 1);
	if (rename)
		CHECK_EQ(p11->C_SetAttributeValue(session, object, &renamed, 1), CKR_OK);
	else
		CHECK_EQ(p11->C_DestroyObject(session, object), CKR_OK);
	return check_result();
}

int main(int argc, char **argv)
{
	CK_SESSION_HANDLE session;
	CK_SLOT_ID slot;

	if (argc > 1)
		return other_process(argv[1]);
	api_open("");
	session = api_ready(&slot);
	data_objects(session);
	certificates(session);
	key_pairs(session);
	many_answers_in_one_call(session);
	searching(session);
	searching_among_many(session);
	copies(session);
	CHECK_EQ(p11->C_CloseAllSessions(slot), CKR_OK);
	private_objects_show_after_login_only(slot);
	token_objects_survive(slot);
	another_process_changes(slot);
	session = api_session(slot, true);
	what_may_not_be_done(session);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
