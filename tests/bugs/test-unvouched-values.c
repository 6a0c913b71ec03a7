/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/check.h"
#include "lib/damage.h"
#include "sinbun-pkcs11.h"

/* Values of the store that no login vouched for: a birth date taken away let it be the PIN, an old wrap put back let the old PIN in
 * unseen, a tries row of another type locked the PUK too, and a damaged header spent the tries of right PINs. */

#define NEW_PIN "837261"
#define BIRTH_PIN "900517"

static CK_RV set_pin(CK_SESSION_HANDLE session, const char *old, const char *new)
{
	return p11->C_SetPIN(session, (CK_UTF8CHAR *)old, strlen(old), (CK_UTF8CHAR *)new, strlen(new));
}

static CK_RV init_pin(CK_SESSION_HANDLE session, const char *pin)
{
	return p11->C_InitPIN(session, (CK_UTF8CHAR *)pin, strlen(pin));
}

/* With a birth date, which api_token gives none. */
static CK_SESSION_HANDLE holder_token(CK_SLOT_ID *slot)
{
	static const CK_OBJECT_CLASS class = CKO_SINBUN_PIN_POLICY;
	CK_ATTRIBUTE template[] = {ATTRIBUTE_OF(CKA_CLASS, class), ATTRIBUTE_TEXT(CKA_SINBUN_BIRTH_DATE, "19900517")};
	CK_UTF8CHAR label[33];
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE none;

	*slot = api_free_slot();
	snprintf((char *)label, sizeof label, "%-32s", "test");
	REQUIRE(p11->C_InitToken(*slot, (CK_UTF8CHAR *)API_SO_PIN, strlen(API_SO_PIN), label) == CKR_OK);
	session = api_session(*slot, true);
	REQUIRE(api_login(session, CKU_SO, API_SO_PIN) == CKR_OK);
	REQUIRE(p11->C_CreateObject(session, template, COUNT(template), &none) == CKR_OK);
	REQUIRE(init_pin(session, API_PIN) == CKR_OK);
	REQUIRE(p11->C_Logout(session) == CKR_OK);
	return session;
}

static CK_RV log_out_and_in(CK_SESSION_HANDLE session, CK_USER_TYPE user, const char *pin)
{
	p11->C_Logout(session);
	return api_login(session, user, pin);
}

static void a_birth_date_taken_away(void)
{
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session = holder_token(&slot);

	CHECK_EQ(set_pin(session, API_PIN, BIRTH_PIN), CKR_PIN_INVALID);
	damage(slot, "delete from meta where name = 'birth'");
	CHECK_EQ(set_pin(session, API_PIN, BIRTH_PIN), CKR_DEVICE_ERROR);
	CHECK_EQ(set_pin(session, API_PIN, NEW_PIN), CKR_DEVICE_ERROR);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_OK);
	CHECK(damage_told(slot));
	/* Nor can the SO's session be used to forget it, or to put another in its place. */
	CHECK_EQ(log_out_and_in(session, CKU_SO, API_SO_PIN), CKR_OK);
	CHECK_EQ(init_pin(session, BIRTH_PIN), CKR_DEVICE_ERROR);
	damage(slot, "delete from meta where name = 'digest'");
	CHECK_EQ(init_pin(session, BIRTH_PIN), CKR_DEVICE_ERROR);
	CHECK_EQ(log_out_and_in(session, CKU_USER, API_PIN), CKR_OK);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

/* A digest that cannot be read stands in nobody's way while the birth date itself is there. */
static void a_digest_taken_away(void)
{
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session = holder_token(&slot);

	damage(slot, "update meta set value = zeroblob(length(value)) where name = 'digest'");
	CHECK_EQ(set_pin(session, API_PIN, BIRTH_PIN), CKR_PIN_INVALID);
	CHECK_EQ(set_pin(session, API_PIN, NEW_PIN), CKR_OK);
	CHECK_EQ(api_login(session, CKU_SO, API_SO_PIN), CKR_OK);
	CHECK(damage_told(slot));
	CHECK_EQ(init_pin(session, BIRTH_PIN), CKR_PIN_INVALID);
	CHECK_EQ(init_pin(session, API_PIN), CKR_OK);
	damage(slot, "update meta set value = zeroblob(length(value)) where name = 'birth'");
	CHECK_EQ(init_pin(session, NEW_PIN), CKR_DEVICE_ERROR);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

static void an_old_wrap_put_back(void)
{
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session = holder_token(&slot);

	damage(slot, "create table old(value blob); insert into old select value from meta where name = 'wrap-pin'");
	CHECK_EQ(set_pin(session, API_PIN, NEW_PIN), CKR_OK);
	CHECK_EQ(api_login(session, CKU_USER, NEW_PIN), CKR_OK);
	CHECK(!damage_told(slot));
	damage(slot, "update meta set value = (select value from old) where name = 'wrap-pin'");
	CHECK_EQ(log_out_and_in(session, CKU_USER, API_PIN), CKR_OK);
	CHECK(damage_told(slot));
	CHECK_EQ(set_pin(session, API_PIN, "194837"), CKR_DEVICE_ERROR);
	/* The SO's new PIN is a good one again. */
	CHECK_EQ(log_out_and_in(session, CKU_SO, API_SO_PIN), CKR_OK);
	CHECK_EQ(init_pin(session, NEW_PIN), CKR_OK);
	CHECK_EQ(log_out_and_in(session, CKU_USER, NEW_PIN), CKR_OK);
	CHECK(!damage_told(slot));
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

static void another_label(void)
{
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session = holder_token(&slot);

	damage(slot, "update meta set value = cast(replace(cast(value as text), 'test', 'fake') as blob) where name = 'label'");
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_OK);
	CHECK(damage_told(slot));
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

static void rows_of_another_type(void)
{
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session = holder_token(&slot);

	damage(slot, "update meta set value = 'text' where name = 'tries'");
	CHECK_EQ(api_tries_flags(slot), CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_LOCKED);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_PIN_LOCKED);
	CHECK_EQ(api_login(session, CKU_SO, API_SO_PIN), CKR_OK);
	CHECK_EQ(init_pin(session, API_PIN), CKR_OK);
	CHECK_EQ(log_out_and_in(session, CKU_USER, API_PIN), CKR_OK);
	CHECK(!damage_told(slot));
	CHECK_EQ(p11->C_Logout(session), CKR_OK);

	damage(slot, "update meta set value = 'text' where name = 'wrap-pin'");
	CHECK(api_token_flags(slot) & CKF_USER_PIN_INITIALIZED);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_DEVICE_ERROR);
	CHECK_EQ(api_tries_flags(slot), 0);
	CHECK_EQ(api_login(session, CKU_SO, API_SO_PIN), CKR_OK);
	CHECK(damage_told(slot));
	CHECK_EQ(init_pin(session, API_PIN), CKR_OK);
	CHECK_EQ(log_out_and_in(session, CKU_USER, API_PIN), CKR_OK);
	CHECK(!damage_told(slot));
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

/* A place is kept for a third wrap. Nobody made one: whoever puts one there is told of, and it opens nothing. */
static void a_third_wrap(void)
{
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session = holder_token(&slot);

	damage(slot, "insert into meta(name, value) select 'wrap-third', value from meta where name = 'wrap-pin'");
	CHECK_EQ(log_out_and_in(session, CKU_USER, API_PIN), CKR_OK);
	CHECK(damage_told(slot));
	damage(slot, "delete from meta where name = 'wrap-third'");
	CHECK_EQ(log_out_and_in(session, CKU_USER, API_PIN), CKR_OK);
	CHECK(!damage_told(slot));
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

/* Header, and the memory and passes of a wrap: no try is spent on a PIN that cannot be right. */
static void damage_is_no_wrong_pin(const char *sql)
{
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session = holder_token(&slot);

	damage(slot, sql);
	CHECK(damage_told(slot));
	for (int i = 0; i < 6; i++)
		CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_DEVICE_ERROR);
	CHECK_EQ(api_tries_flags(slot), 0);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

int main(void)
{
	api_open("");
	api_initialize();
	a_birth_date_taken_away();
	a_digest_taken_away();
	an_old_wrap_put_back();
	another_label();
	rows_of_another_type();
	a_third_wrap();
	damage_is_no_wrong_pin("update meta set value = cast(substr(value, 1, 32) || x'01' || substr(value, 34) as blob) where name = 'header'");
	/* How many tries a PIN has. */
	damage_is_no_wrong_pin("update meta set value = cast(substr(value, 1, 38) || x'0f' || substr(value, 40) as blob) where name = 'header'");
	damage_is_no_wrong_pin("update meta set value = cast(substr(value, 1, 24) || x'03' || substr(value, 26) as blob) where name = 'wrap-pin'");
	damage_is_no_wrong_pin("update meta set value = cast(substr(value, 1, 60) || x'0000' || substr(value, 63) as blob) where name = 'wrap-pin'");
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
