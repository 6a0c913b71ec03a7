/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/check.h"
#include "lib/damage.h"

/* Rows that are no records: one hid all objects, one with an empty box was read out of bounds, damage to a box's body was not seen at
 * login and could not be got rid of, and index rows laid out for the next record kept any from being made. */

static bool in_error(CK_SLOT_ID slot)
{
	return api_token_flags(slot) & CKF_ERROR_STATE;
}

static void log_in_again(CK_SESSION_HANDLE session)
{
	CHECK_EQ(p11->C_Logout(session), CKR_OK);
	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
}

static CK_SESSION_HANDLE token_with_objects(CK_SLOT_ID *slot)
{
	CK_OBJECT_HANDLE object;
	CK_SESSION_HANDLE session;

	*slot = api_token("test");
	session = api_session(*slot, true);
	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	REQUIRE(api_data(session, true, false, "open 1", &object) == CKR_OK);
	REQUIRE(api_data(session, true, false, "open 2", &object) == CKR_OK);
	REQUIRE(api_data(session, true, true, "mine 1", &object) == CKR_OK);
	REQUIRE(api_data(session, true, true, "mine 2", &object) == CKR_OK);
	CHECK(!in_error(*slot));
	return session;
}

/* Nothing but the row itself is lost, and the damage is told until the end. */
static void one_row_hides_no_other(const char *sql)
{
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session = token_with_objects(&slot);

	damage(slot, sql);
	CHECK_EQ(api_find(session, NULL, 0, NULL, 0), API_PROFILES + API_LOG + 3);
	CHECK_EQ(api_count_label(session, "open 2"), 1);
	CHECK_EQ(api_count_label(session, "mine 1"), 1);
	CHECK(in_error(slot));
	log_in_again(session);
	CHECK(in_error(slot));
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

static void a_damaged_object_can_be_destroyed(const char *sql)
{
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session = token_with_objects(&slot);
	CK_ATTRIBUTE match = ATTRIBUTE_TEXT(CKA_LABEL, "mine 2");
	CK_BYTE value[16];
	CK_ATTRIBUTE read = ATTRIBUTE_OF(CKA_VALUE, value);
	CK_OBJECT_HANDLE object;

	damage(slot, sql);
	log_in_again(session);
	CHECK(in_error(slot));
	CHECK_EQ(api_find(session, NULL, 0, NULL, 0), API_PROFILES + API_LOG + 3);
	REQUIRE(api_find(session, &match, 1, &object, 1) == 1);
	CHECK_EQ(p11->C_GetAttributeValue(session, object, &read, 1), CKR_DEVICE_ERROR);
	CHECK_EQ(p11->C_DestroyObject(session, object), CKR_OK);
	CHECK_EQ(p11->C_DestroyObject(session, object), CKR_OBJECT_HANDLE_INVALID);
	CHECK(!in_error(slot));
	CHECK_EQ(damage_number(slot, "select count(*) from idx where seq not in (select seq from record)"), 0);
	log_in_again(session);
	CHECK(!in_error(slot));
	CHECK_EQ(api_find(session, NULL, 0, NULL, 0), API_PROFILES + API_LOG + 3);
	CHECK_EQ(api_count_label(session, "mine 1"), 1);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

static void an_empty_box(void)
{
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session = token_with_objects(&slot);

	damage(slot, "update record set box = x''");
	log_in_again(session);
	CHECK(in_error(slot));
	CHECK_EQ(api_find(session, NULL, 0, NULL, 0), API_PROFILES + API_LOG);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

static void rows_laid_out_for_the_next_record(void)
{
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session = token_with_objects(&slot);
	CK_OBJECT_HANDLE object;

	/* Under every key that there is, so under those that the new object has. */
	damage(slot, "insert or ignore into idx select key, (select max(seq) + 1 from record) from idx");
	CHECK_EQ(api_data(session, true, true, "mine 1", &object), CKR_OK);
	CHECK_EQ(api_count_label(session, "mine 1"), 2);
	damage(slot, "insert or ignore into idx select key, (select max(seq) + 1 from record) from idx");
	log_in_again(session);
	CHECK(in_error(slot));
	CHECK_EQ(api_data(session, true, true, "mine 3", &object), CKR_OK);
	CHECK_EQ(api_count_label(session, "mine 3"), 1);
	/* Strangers' rows for a public object to come show too. */
	damage(slot, "insert or ignore into idx values(zeroblob(16), 1000)");
	log_in_again(session);
	CHECK(in_error(slot));
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

int main(void)
{
	api_open("");
	api_initialize();
	one_row_hides_no_other("update record set box = 'text' where seq = 1");
	one_row_hides_no_other("update record set id = x'00' where seq = 1");
	one_row_hides_no_other("update record set id = 'text', box = zeroblob(17000000) where seq = 1");
	a_damaged_object_can_be_destroyed("update record set box = cast(substr(box, 1, 40) || x'0000' || substr(box, 43) as blob) where seq = 4");
	a_damaged_object_can_be_destroyed("update record set generation = 7 where seq = 4");
	an_empty_box();
	rows_laid_out_for_the_next_record();
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
