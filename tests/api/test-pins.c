/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include "lib/check.h"
#include "sinbun-pkcs11.h"

/* PINs: what may be one, what a try costs, locking and unblocking, and what the status object tells of it. */

enum { PIN_TRIES = 5, PUK_TRIES = 10 };

static CK_RV init_pin(CK_SESSION_HANDLE session, const char *pin)
{
	return p11->C_InitPIN(session, (CK_UTF8CHAR *)pin, strlen(pin));
}

static CK_RV set_pin(CK_SESSION_HANDLE session, const char *old, const char *pin)
{
	return p11->C_SetPIN(session, (CK_UTF8CHAR *)old, strlen(old), (CK_UTF8CHAR *)pin, strlen(pin));
}

static CK_ULONG status(CK_SESSION_HANDLE session, CK_ATTRIBUTE_TYPE type)
{
	static const CK_OBJECT_CLASS class = CKO_SINBUN_TOKEN;
	CK_ATTRIBUTE match = ATTRIBUTE_OF(CKA_CLASS, class);
	CK_OBJECT_HANDLE object;

	REQUIRE(api_find(session, &match, 1, &object, 1) == 1);
	return api_number(session, object, type);
}

static CK_ULONG pin_left(CK_SESSION_HANDLE session)
{
	return status(session, CKA_SINBUN_PIN_TRIES_LEFT);
}

static CK_ULONG puk_left(CK_SESSION_HANDLE session)
{
	return status(session, CKA_SINBUN_PUK_TRIES_LEFT);
}

/* A token without a PIN, and the SO logged in to it. */
static CK_SESSION_HANDLE bare_token(CK_SLOT_ID *slot)
{
	static const CK_UTF8CHAR label[33] = "pins                            ";
	CK_SESSION_HANDLE session;

	*slot = api_free_slot();
	REQUIRE(p11->C_InitToken(*slot, (CK_UTF8CHAR *)API_SO_PIN, 8, (CK_UTF8CHAR *)label) == CKR_OK);
	session = api_session(*slot, true);
	REQUIRE(api_login(session, CKU_SO, API_SO_PIN) == CKR_OK);
	return session;
}

static CK_RV give_birth_date(CK_SESSION_HANDLE session, const char *date, CK_OBJECT_HANDLE *object)
{
	static const CK_OBJECT_CLASS class = CKO_SINBUN_PIN_POLICY;
	CK_ATTRIBUTE template[] = {
		ATTRIBUTE_OF(CKA_CLASS, class),
		ATTRIBUTE_OF(CKA_PRIVATE, api_no),
		ATTRIBUTE(CKA_SINBUN_BIRTH_DATE, date, strlen(date)),
	};

	return p11->C_CreateObject(session, template, COUNT(template), object);
}

static void the_birth_date_comes_once(CK_SESSION_HANDLE so)
{
	static const CK_OBJECT_CLASS class = CKO_SINBUN_PIN_POLICY;
	CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;
	CK_BYTE date[8];
	CK_ATTRIBUTE read = ATTRIBUTE(CKA_SINBUN_BIRTH_DATE, date, sizeof date);
	CK_ATTRIBUTE match = ATTRIBUTE_OF(CKA_CLASS, class);
	CK_ATTRIBUTE foreign[] = {ATTRIBUTE_OF(CKA_CLASS, class), ATTRIBUTE_TEXT(CKA_SINBUN_BIRTH_DATE, "19900123"),
		ATTRIBUTE_TEXT(CKA_LABEL, "x")};

	CHECK_EQ(p11->C_CreateObject(so, &match, 1, &object), CKR_TEMPLATE_INCOMPLETE);
	CHECK_EQ(p11->C_CreateObject(so, foreign, COUNT(foreign), &object), CKR_ATTRIBUTE_TYPE_INVALID);
	CHECK_EQ(give_birth_date(so, "1990012", &object), CKR_ATTRIBUTE_VALUE_INVALID);
	CHECK_EQ(give_birth_date(so, "19900230", &object), CKR_ATTRIBUTE_VALUE_INVALID);
	CHECK_EQ(p11->C_Logout(so), CKR_OK);
	CHECK_EQ(give_birth_date(so, "19900123", &object), CKR_USER_NOT_LOGGED_IN);
	REQUIRE(api_login(so, CKU_SO, API_SO_PIN) == CKR_OK);
	CHECK_EQ(give_birth_date(so, "19900123", &object), CKR_OK);
	CHECK_EQ(give_birth_date(so, "19900124", &object), CKR_ACTION_PROHIBITED);
	/* Never found, read or destroyed again. */
	CHECK_EQ(api_find(so, &match, 1, NULL, 0), 0);
	CHECK_EQ(p11->C_GetAttributeValue(so, object, &read, 1), CKR_OBJECT_HANDLE_INVALID);
	CHECK_EQ(p11->C_DestroyObject(so, object), CKR_OBJECT_HANDLE_INVALID);
}

static const struct {
	const char *pin;
	CK_RV answer;
	CK_ULONG rule;
} candidates[] = {
	{"", CKR_PIN_LEN_RANGE, CKV_SINBUN_RULE_LENGTH},
	{"27491", CKR_PIN_LEN_RANGE, CKV_SINBUN_RULE_LENGTH},
	{"2749160", CKR_PIN_LEN_RANGE, CKV_SINBUN_RULE_LENGTH},
	{"27491a", CKR_PIN_LEN_RANGE, CKV_SINBUN_RULE_LENGTH},
	{"123490", CKR_PIN_INVALID, CKV_SINBUN_RULE_SEQUENCE},
	{"906789", CKR_PIN_INVALID, CKV_SINBUN_RULE_SEQUENCE},
	{"904321", CKR_PIN_INVALID, CKV_SINBUN_RULE_SEQUENCE},
	{"111129", CKR_PIN_INVALID, CKV_SINBUN_RULE_REPEAT},
	{"121311", CKR_PIN_INVALID, CKV_SINBUN_RULE_REPEAT},
	{"900123", CKR_PIN_INVALID, CKV_SINBUN_RULE_BIRTH_DATE},
	{"199001", CKR_PIN_INVALID, CKV_SINBUN_RULE_BIRTH_DATE},
	{"230190", CKR_PIN_INVALID, CKV_SINBUN_RULE_BIRTH_DATE},
	{"012390", CKR_PIN_INVALID, CKV_SINBUN_RULE_BIRTH_DATE},
	/* Just inside: three in a row, three alike, no wrap at 9 and 0. */
	{"123903", CKR_OK, CKV_SINBUN_RULE_NONE},
	{"111222", CKR_OK, CKV_SINBUN_RULE_NONE},
	{"278901", CKR_OK, CKV_SINBUN_RULE_NONE},
	{"123019", CKR_OK, CKV_SINBUN_RULE_NONE},
};

/* By C_InitPIN and by C_SetPIN alike. */
static void what_may_be_a_pin(void)
{
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session = bare_token(&slot), other;
	CK_OBJECT_HANDLE object;
	const char *now = API_PIN;

	the_birth_date_comes_once(session);
	for (size_t i = 0; i < COUNT(candidates); i++) {
		CHECK_EQ(init_pin(session, candidates[i].pin), candidates[i].answer);
		CHECK_EQ(status(session, CKA_SINBUN_PIN_REFUSAL), candidates[i].rule);
	}
	CHECK_EQ(init_pin(session, "123490"), CKR_PIN_INVALID);
	/* Why is told to the session that was refused, nobody else. */
	other = api_session(slot, true);
	CHECK_EQ(status(other, CKA_SINBUN_PIN_REFUSAL), CKV_SINBUN_RULE_NONE);
	CHECK_EQ(init_pin(session, now), CKR_OK);
	CHECK_EQ(give_birth_date(session, "19900123", &object), CKR_ACTION_PROHIBITED);
	CHECK_EQ(p11->C_Logout(session), CKR_OK);
	for (size_t i = 0; i < COUNT(candidates); i++) {
		CHECK_EQ(set_pin(session, now, candidates[i].pin), candidates[i].answer);
		CHECK_EQ(status(session, CKA_SINBUN_PIN_REFUSAL), candidates[i].rule);
		CHECK_EQ(pin_left(session), PIN_TRIES);
		if (candidates[i].answer == CKR_OK)
			now = candidates[i].pin;
	}
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_PIN_INCORRECT);
	CHECK_EQ(api_login(session, CKU_USER, now), CKR_OK);
	CHECK_EQ(p11->C_CloseAllSessions(slot), CKR_OK);
}

/* Who may set which PIN, in which session. */
static void who_may_set_a_pin(void)
{
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session = bare_token(&slot), read_only;

	CHECK_EQ(init_pin(session, API_PIN), CKR_OK);
	CHECK_EQ(p11->C_Logout(session), CKR_OK);
	CHECK_EQ(init_pin(session, API_PIN), CKR_USER_NOT_LOGGED_IN);
	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	CHECK_EQ(init_pin(session, API_PIN), CKR_USER_NOT_LOGGED_IN);
	CHECK_EQ(set_pin(session, API_PIN, "592716"), CKR_OK);
	CHECK_EQ(api_state(session), CKS_RW_USER_FUNCTIONS);
	read_only = api_session(slot, false);
	CHECK_EQ(set_pin(read_only, "592716", API_PIN), CKR_SESSION_READ_ONLY);
	CHECK_EQ(p11->C_CloseSession(read_only), CKR_OK);
	CHECK_EQ(p11->C_Logout(session), CKR_OK);
	CHECK_EQ(set_pin(session, "592716", API_PIN), CKR_OK);
	/* The SO's session changes the SO's PIN. */
	REQUIRE(api_login(session, CKU_SO, API_SO_PIN) == CKR_OK);
	CHECK_EQ(set_pin(session, API_SO_PIN, "1234567"), CKR_PIN_LEN_RANGE);
	CHECK_EQ(status(session, CKA_SINBUN_PIN_REFUSAL), CKV_SINBUN_RULE_LENGTH);
	CHECK_EQ(set_pin(session, API_SO_PIN, "a new unblocking code"), CKR_OK);
	CHECK_EQ(p11->C_Logout(session), CKR_OK);
	CHECK_EQ(api_login(session, CKU_SO, API_SO_PIN), CKR_PIN_INCORRECT);
	CHECK_EQ(puk_left(session), PUK_TRIES - 1);
	CHECK_EQ(api_login(session, CKU_SO, "a new unblocking code"), CKR_OK);
	CHECK_EQ(puk_left(session), PUK_TRIES);
	CHECK_EQ(p11->C_Logout(session), CKR_OK);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_OK);
	CHECK_EQ(p11->C_CloseAllSessions(slot), CKR_OK);
}

static void what_costs_no_try(void)
{
	CK_UTF8CHAR pin[] = API_PIN;
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session = bare_token(&slot);

	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
	CHECK_EQ(p11->C_Logout(session), CKR_OK);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_USER_PIN_NOT_INITIALIZED);
	CHECK_EQ(set_pin(session, API_PIN, "592716"), CKR_USER_PIN_NOT_INITIALIZED);
	CHECK_EQ(pin_left(session), PIN_TRIES);
	REQUIRE(api_login(session, CKU_SO, API_SO_PIN) == CKR_OK);
	CHECK_EQ(init_pin(session, API_PIN), CKR_OK);
	CHECK_EQ(api_login(session, CKU_SO, API_WRONG_SO_PIN), CKR_USER_ALREADY_LOGGED_IN);
	CHECK_EQ(p11->C_Logout(session), CKR_OK);
	CHECK_EQ(p11->C_Login(session, CKU_USER, NULL, 0), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11->C_Login(session, CKU_USER, NULL, 6), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11->C_Login(session, CKU_SO, NULL, 6), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11->C_Login(session, 3, pin, 6), CKR_USER_TYPE_INVALID);
	CHECK_EQ(p11->C_SetPIN(session, NULL, 6, pin, 6), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11->C_SetPIN(session, pin, 6, NULL, 6), CKR_ARGUMENTS_BAD);
	CHECK_EQ(api_login(session, CKU_CONTEXT_SPECIFIC, API_WRONG_PIN), CKR_OPERATION_NOT_INITIALIZED);
	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	CHECK_EQ(api_login(session, CKU_USER, API_WRONG_PIN), CKR_USER_ALREADY_LOGGED_IN);
	CHECK_EQ(api_login(session, CKU_SO, API_WRONG_SO_PIN), CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
	CHECK_EQ(pin_left(session), PIN_TRIES);
	CHECK_EQ(puk_left(session), PUK_TRIES);
	CHECK_EQ(p11->C_CloseAllSessions(slot), CKR_OK);
}

/* Whatever is not the PIN costs a try, also when its form alone tells that it is none. */
static void what_costs_a_try(CK_SESSION_HANDLE session)
{
	CK_UTF8CHAR with_zero[] = "274916", longer[200];

	memset(longer, '2', sizeof longer);
	CHECK_EQ(p11->C_Login(session, CKU_USER, with_zero, 0), CKR_PIN_INCORRECT);
	CHECK_EQ(pin_left(session), PIN_TRIES - 1);
	CHECK_EQ(p11->C_Login(session, CKU_USER, with_zero, 7), CKR_PIN_INCORRECT);
	CHECK_EQ(pin_left(session), PIN_TRIES - 2);
	CHECK_EQ(p11->C_Login(session, CKU_USER, longer, sizeof longer), CKR_PIN_INCORRECT);
	CHECK_EQ(pin_left(session), PIN_TRIES - 3);
	/* The rules tell nothing to who does not know the old PIN. */
	CHECK_EQ(set_pin(session, API_WRONG_PIN, "123456"), CKR_PIN_INCORRECT);
	CHECK_EQ(status(session, CKA_SINBUN_PIN_REFUSAL), CKV_SINBUN_RULE_NONE);
	CHECK_EQ(pin_left(session), PIN_TRIES - 4);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_OK);
	CHECK_EQ(pin_left(session), PIN_TRIES);
	CHECK_EQ(p11->C_Logout(session), CKR_OK);
}

static void sign_something(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
	CK_MECHANISM mechanism = {CKM_ECDSA_SHA256, NULL, 0};
	CK_BYTE signature[64];
	CK_ULONG len = sizeof signature;

	CHECK_EQ(p11->C_SignInit(session, &mechanism, key), CKR_OK);
	CHECK_EQ(p11->C_Sign(session, (CK_BYTE *)"text", 4, signature, &len), CKR_OK);
}

static void locking_and_unblocking(void)
{
	static const CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE match = ATTRIBUTE_OF(CKA_CLASS, class);
	CK_SLOT_ID slot = api_token("lock");
	CK_SESSION_HANDLE session = api_session(slot, true);
	CK_OBJECT_HANDLE key;

	what_costs_a_try(session);
	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	api_generate(session, true, 1, false);
	CHECK_EQ(p11->C_Logout(session), CKR_OK);
	for (CK_ULONG i = 0; i < PIN_TRIES; i++) {
		CHECK_EQ(pin_left(session), PIN_TRIES - i);
		CHECK_EQ(api_login(session, CKU_USER, API_WRONG_PIN), CKR_PIN_INCORRECT);
	}
	CHECK_EQ(pin_left(session), 0);
	CHECK_EQ(api_login(session, CKU_USER, API_WRONG_PIN), CKR_PIN_LOCKED);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_PIN_LOCKED);
	CHECK_EQ(set_pin(session, API_PIN, "592716"), CKR_PIN_LOCKED);
	api_restart();
	session = api_session(slot, true);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_PIN_LOCKED);
	REQUIRE(api_login(session, CKU_SO, API_SO_PIN) == CKR_OK);
	CHECK_EQ(pin_left(session), 0);
	CHECK_EQ(init_pin(session, "592716"), CKR_OK);
	CHECK_EQ(pin_left(session), PIN_TRIES);
	CHECK_EQ(p11->C_Logout(session), CKR_OK);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_PIN_INCORRECT);
	CHECK_EQ(api_login(session, CKU_USER, "592716"), CKR_OK);
	/* The keys lived on. */
	REQUIRE(api_find(session, &match, 1, &key, 1) == 1);
	sign_something(session, key);
	CHECK_EQ(p11->C_CloseAllSessions(slot), CKR_OK);
}

static void a_locked_puk(void)
{
	CK_UTF8CHAR label[33] = "again                           ";
	CK_SLOT_ID slot = api_token("puk");
	CK_SESSION_HANDLE session = api_session(slot, true);

	for (CK_ULONG i = 0; i < PUK_TRIES; i++) {
		CHECK_EQ(puk_left(session), PUK_TRIES - i);
		CHECK_EQ(api_login(session, CKU_SO, API_WRONG_SO_PIN), CKR_PIN_INCORRECT);
	}
	CHECK_EQ(puk_left(session), 0);
	CHECK_EQ(api_login(session, CKU_SO, API_SO_PIN), CKR_PIN_LOCKED);
	/* The holder goes on. */
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_OK);
	CHECK_EQ(puk_left(session), 0);
	CHECK_EQ(p11->C_CloseAllSessions(slot), CKR_OK);
	CHECK_EQ(p11->C_InitToken(slot, (CK_UTF8CHAR *)API_SO_PIN, 8, label), CKR_PIN_LOCKED);
	api_restart();
	CHECK_EQ(p11->C_InitToken(slot, (CK_UTF8CHAR *)API_SO_PIN, 8, label), CKR_PIN_LOCKED);
}

/* What the file says at C_InitToken holds for the token's life; editing it later relaxes nothing. */
static void the_configuration_is_kept_in_the_token(void)
{
	CK_SLOT_ID strict, general;
	CK_SESSION_HANDLE session;

	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	api_configure("pin-profile = strict\npin-tries = 3\npuk-tries = 4\n");
	api_initialize();
	strict = api_token("strict");
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	api_configure("profile = general\n");
	api_initialize();
	session = api_session(strict, true);
	CHECK_EQ(status(session, CKA_SINBUN_PIN_TRIES_MAX), 3);
	CHECK_EQ(status(session, CKA_SINBUN_PUK_TRIES_MAX), 4);
	CHECK_EQ(set_pin(session, API_PIN, "123903"), CKR_PIN_INVALID);
	CHECK_EQ(set_pin(session, API_PIN, "111927"), CKR_PIN_INVALID);
	CHECK_EQ(set_pin(session, API_PIN, "no digits"), CKR_PIN_LEN_RANGE);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(api_login(session, CKU_USER, API_WRONG_PIN), CKR_PIN_INCORRECT);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_PIN_LOCKED);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
	/* A general token takes what an identity token would not. */
	general = api_token("general");
	session = api_session(general, true);
	CHECK_EQ(set_pin(session, API_PIN, "12345"), CKR_PIN_LEN_RANGE);
	CHECK_EQ(set_pin(session, API_PIN, "123456"), CKR_OK);
	CHECK_EQ(set_pin(session, "123456", "a sentence of words"), CKR_OK);
	CHECK_EQ(api_login(session, CKU_USER, "a sentence of words"), CKR_OK);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

static void the_status_object(void)
{
	static const CK_OBJECT_CLASS class = CKO_SINBUN_TOKEN;
	CK_ATTRIBUTE match = ATTRIBUTE_OF(CKA_CLASS, class);
	CK_SLOT_ID slot = api_token("status");
	CK_SESSION_HANDLE session = api_session(slot, true);
	char seal[16], profile[16], card[64];
	CK_ATTRIBUTE texts[] = {ATTRIBUTE_OF(CKA_SINBUN_SEAL, seal), ATTRIBUTE_OF(CKA_SINBUN_PROFILE, profile),
		ATTRIBUTE_OF(CKA_SINBUN_CARD_NUMBER, card)};
	CK_ATTRIBUTE label = ATTRIBUTE_TEXT(CKA_LABEL, "x");
	CK_OBJECT_HANDLE object, copy;

	CHECK_EQ(api_find(session, NULL, 0, NULL, 0), API_PROFILES);
	REQUIRE(api_find(session, &match, 1, &object, 1) == 1);
	CHECK_EQ(p11->C_GetAttributeValue(session, object, texts, COUNT(texts)), CKR_OK);
	CHECK(texts[0].ulValueLen == 8 && memcmp(seal, "software", 8) == 0);
	CHECK(texts[1].ulValueLen == 8 && memcmp(profile, "identity", 8) == 0);
	CHECK_EQ(texts[2].ulValueLen, 0);
	CHECK_EQ(status(session, CKA_SINBUN_PIN_TRIES_MAX), PIN_TRIES);
	CHECK_EQ(status(session, CKA_SINBUN_PUK_TRIES_MAX), PUK_TRIES);
	CHECK_EQ(p11->C_SetAttributeValue(session, object, &label, 1), CKR_ACTION_PROHIBITED);
	CHECK_EQ(p11->C_CopyObject(session, object, NULL, 0, &copy), CKR_ACTION_PROHIBITED);
	CHECK_EQ(p11->C_DestroyObject(session, object), CKR_USER_NOT_LOGGED_IN);
	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	CHECK_EQ(p11->C_DestroyObject(session, object), CKR_USER_NOT_LOGGED_IN);
	CHECK_EQ(p11->C_Logout(session), CKR_OK);
	/* The SO takes the token away with it. */
	REQUIRE(api_login(session, CKU_SO, API_SO_PIN) == CKR_OK);
	CHECK_EQ(p11->C_DestroyObject(session, object), CKR_OK);
	CHECK_EQ(p11->C_GetSlotInfo(slot, &(CK_SLOT_INFO){0}), CKR_SLOT_ID_INVALID);
	api_restart();
	CHECK_EQ(p11->C_GetSlotInfo(slot, &(CK_SLOT_INFO){0}), CKR_SLOT_ID_INVALID);
}

int main(void)
{
	api_open("");
	api_initialize();
	what_may_be_a_pin();
	who_may_set_a_pin();
	what_costs_no_try();
	locking_and_unblocking();
	a_locked_puk();
	the_status_object();
	the_configuration_is_kept_in_the_token();
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
