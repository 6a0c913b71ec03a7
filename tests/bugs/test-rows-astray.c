/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/check.h"
#include "lib/damage.h"

/* An index row of a public object that a stranger pointed to a private record brought down whoever searched without a login, and had the SO find a
 * private object. What a stranger does to rows while somebody is logged in is told, and neither hides an object nor finds one that is gone. */

static CK_SLOT_ID slot;
static CK_SESSION_HANDLE session;

static void begin(void)
{
	CK_OBJECT_HANDLE object;

	slot = api_token("test");
	session = api_session(slot, true);
	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	REQUIRE(api_data(session, true, false, "open", &object) == CKR_OK);
	REQUIRE(api_data(session, true, true, "mine", &object) == CKR_OK);
}

static void end(void)
{
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

static CK_ULONG count_private(void)
{
	static CK_OBJECT_CLASS class = CKO_DATA;
	CK_ATTRIBUTE match[] = {ATTRIBUTE_OF(CKA_CLASS, class), ATTRIBUTE_OF(CKA_PRIVATE, api_yes), ATTRIBUTE_TEXT(CKA_VALUE, "value")};

	return api_find(session, match, 3, NULL, 0);
}

static void a_row_to_the_other_side(bool officer)
{
	begin();
	REQUIRE(p11->C_Logout(session) == CKR_OK);
	if (officer)
		REQUIRE(api_login(session, CKU_SO, API_SO_PIN) == CKR_OK);
	CHECK_EQ(api_count_label(session, "open"), 1);
	damage(slot, "insert or ignore into idx select key, (select seq from record where private) from idx where seq = (select seq from record where not private)");
	CHECK_EQ(api_count_label(session, "open"), 1);
	CHECK_EQ(count_private(), 0);
	CHECK(damage_told(slot));
	end();
}

/* The record in a public object's place, which is known to stand there, is a private one now. */
static void a_private_record_in_a_public_place(void)
{
	begin();
	REQUIRE(p11->C_Logout(session) == CKR_OK);
	REQUIRE(api_login(session, CKU_SO, API_SO_PIN) == CKR_OK);
	damage(slot, "create table old as select * from record where private; delete from record where private;"
		     "update record set (id, private, generation, box) = (select id, private, generation, box from old)");
	CHECK_EQ(api_count_label(session, "open"), 0);
	CHECK_EQ(api_count_label(session, "mine"), 0);
	CHECK_EQ(count_private(), 0);
	CHECK(damage_told(slot));
	end();
}

static void private_rows_spoilt(const char *sql)
{
	begin();
	CHECK_EQ(count_private(), 1);
	damage(slot, sql);
	CHECK_EQ(count_private(), 0);
	CHECK(damage_told(slot));
	CHECK_EQ(api_count_label(session, "open"), 1);
	end();
}

/* One that was destroyed is back in the file with all its rows: it is not hidden, and it is told. */
static void a_public_object_comes_back(void)
{
	CK_OBJECT_HANDLE object;

	begin();
	REQUIRE(api_data(session, true, false, "back", &object) == CKR_OK);
	damage(slot, "create table r as select * from record order by seq desc limit 1; create table i as select * from idx where seq = (select seq from r)");
	REQUIRE(p11->C_DestroyObject(session, object) == CKR_OK);
	CHECK_EQ(api_count_label(session, "back"), 0);
	CHECK(!damage_told(slot));
	damage(slot, "insert into record select * from r; insert into idx select * from i");
	CHECK_EQ(api_count_label(session, "back"), 1);
	CHECK(damage_told(slot));
	end();
}

/* With them the damage goes: index rows that nobody made, and those that are missing. */
static void damage_goes_with_its_object(bool is_private, const char *sql)
{
	CK_OBJECT_HANDLE object;
	CK_ATTRIBUTE match = ATTRIBUTE_TEXT(CKA_LABEL, "spoilt");

	begin();
	REQUIRE(api_data(session, true, is_private, "spoilt", &object) == CKR_OK);
	REQUIRE(p11->C_Logout(session) == CKR_OK);
	damage(slot, sql);
	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	CHECK(damage_told(slot));
	CHECK_EQ(api_find(session, &match, 1, &object, 1), 1);
	CHECK_EQ(p11->C_DestroyObject(session, object), CKR_OK);
	for (int i = 0; i < 2; i++) {
		REQUIRE(p11->C_Logout(session) == CKR_OK);
		REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	}
	CHECK(!damage_told(slot));
	end();
}

int main(void)
{
	api_open("");
	api_initialize();
	a_row_to_the_other_side(false);
	a_row_to_the_other_side(true);
	a_private_record_in_a_public_place();
	private_rows_spoilt("update record set box = zeroblob(length(box)) where private");
	private_rows_spoilt("delete from record where private");
	private_rows_spoilt("delete from idx where seq in (select seq from record where private); delete from record where private");
	a_public_object_comes_back();
	damage_goes_with_its_object(false, "insert into idx select x'000102030405060708090a0b0c0d0e0f', max(seq) from record");
	damage_goes_with_its_object(false, "delete from idx where seq = (select max(seq) from record) and key > (select min(key) from idx)");
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
