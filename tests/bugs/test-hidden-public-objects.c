/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/check.h"
#include "lib/damage.h"

/* The search keys of public objects were covered by nothing: one turned bit hid an object from who looked for it by that attribute, and
 * nobody was told. Now the public rows have a sum; where it does not fit the token says so, before any login, and nothing is hidden. */

enum { MANY = 300 };
#define ROW_OF(label) "seq = (select seq from names where name = '" label "')"
#define TURN(column) "update or ignore idx set " column " where " ROW_OF("open 2")

static bool in_error(CK_SLOT_ID slot)
{
	return api_token_flags(slot) & CKF_ERROR_STATE;
}

static CK_OBJECT_HANDLE find(CK_SESSION_HANDLE session, const char *label)
{
	CK_ATTRIBUTE match = ATTRIBUTE(CKA_LABEL, label, strlen(label));
	CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;

	CHECK_EQ(api_find(session, &match, 1, &object, 1), 1);
	return object;
}

/* Three public objects and a private one; nobody is logged in. The table `names` says which row is whose. */
static CK_SESSION_HANDLE token_with_objects(CK_SLOT_ID *slot)
{
	CK_OBJECT_HANDLE object;
	CK_SESSION_HANDLE session;

	*slot = api_token("test");
	session = api_session(*slot, true);
	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	REQUIRE(api_data(session, true, false, "open 1", &object) == CKR_OK);
	REQUIRE(api_data(session, true, false, "open 2", &object) == CKR_OK);
	REQUIRE(api_data(session, true, false, "open 3", &object) == CKR_OK);
	REQUIRE(api_data(session, true, true, "mine", &object) == CKR_OK);
	REQUIRE(p11->C_Logout(session) == CKR_OK);
	damage(*slot, "create table names as select seq, 'open ' || row_number() over (order by seq) as name from record where private = 0");
	CHECK_EQ(api_count_label(session, "open 2"), 1);
	CHECK(!in_error(*slot));
	return session;
}

static void nothing_is_hidden(CK_SESSION_HANDLE session)
{
	CHECK_EQ(api_count_label(session, "open 1"), 1);
	CHECK_EQ(api_count_label(session, "open 2"), 1);
	CHECK_EQ(api_count_label(session, "open 3"), 1);
	CHECK_EQ(api_count_label(session, "open 4"), 0);
	CHECK_EQ(api_find(session, NULL, 0, NULL, 0), API_PROFILES + 3);
}

/* Met by a process that has the token open, by one that opens it, and by a login. */
static void a_spoilt_index_hides_nothing(const char *sql)
{
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session = token_with_objects(&slot);

	damage(slot, sql);
	nothing_is_hidden(session);
	CHECK(in_error(slot));
	api_restart();
	CHECK(in_error(slot));
	session = api_session(slot, true);
	nothing_is_hidden(session);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_OK);
	CHECK(in_error(slot));
	CHECK_EQ(api_count_label(session, "open 2"), 1);
	CHECK_EQ(api_count_label(session, "mine"), 1);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

/* Whoever changes or destroys the object whose index rows are spoilt ends the damage. */
static void a_change_ends_the_damage(const char *sql, bool destroy)
{
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session = token_with_objects(&slot);
	CK_ATTRIBUTE label = ATTRIBUTE_TEXT(CKA_LABEL, "open 4");
	CK_OBJECT_HANDLE object;

	damage(slot, sql);
	object = find(session, "open 2");
	CHECK_EQ(destroy ? p11->C_DestroyObject(session, object) : p11->C_SetAttributeValue(session, object, &label, 1), CKR_OK);
	CHECK(!in_error(slot));
	api_restart();
	CHECK(!in_error(slot));
	session = api_session(slot, true);
	CHECK_EQ(api_count_label(session, "open 2"), 0);
	CHECK_EQ(api_count_label(session, "open 4"), !destroy);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_OK);
	CHECK(!in_error(slot));
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

/* Records that are gone, moved or put twice are told of, too. */
static void records_add_up(const char *sql)
{
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session = token_with_objects(&slot);

	damage(slot, sql);
	CHECK(in_error(slot));
	api_restart();
	CHECK(in_error(slot));
	session = api_session(slot, true);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_OK);
	CHECK(in_error(slot));
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

/* An earlier record of the same content opens, and has the same index rows. */
static void an_old_record_put_back(void)
{
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session = token_with_objects(&slot);
	CK_ATTRIBUTE labels[] = {ATTRIBUTE_TEXT(CKA_LABEL, "open 4"), ATTRIBUTE_TEXT(CKA_LABEL, "open 2")};
	CK_OBJECT_HANDLE object = find(session, "open 2");

	damage(slot, "create table old as select * from record");
	CHECK_EQ(p11->C_SetAttributeValue(session, object, &labels[0], 1), CKR_OK);
	CHECK_EQ(p11->C_SetAttributeValue(session, object, &labels[1], 1), CKR_OK);
	CHECK(!in_error(slot));
	damage(slot, "replace into record select * from old where " ROW_OF("open 2"));
	CHECK_EQ(api_count_label(session, "open 2"), 1);
	CHECK(in_error(slot));
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

static void a_damaged_record_can_be_destroyed(void)
{
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session = token_with_objects(&slot);
	CK_OBJECT_HANDLE object = find(session, "open 2");

	damage(slot, "update record set generation = 7 where " ROW_OF("open 2"));
	CHECK_EQ(api_count_label(session, "open 2"), 0);
	CHECK(in_error(slot));
	CHECK_EQ(p11->C_DestroyObject(session, object), CKR_OK);
	CHECK(!in_error(slot));
	CHECK_EQ(api_count_label(session, "open 3"), 1);
	api_restart();
	CHECK(!in_error(slot));
}

/* The sum is not there, or is none: then nothing is believed, either. That it was there only a login knows. */
static void a_spoilt_sum(const char *sql, bool told_at_once)
{
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session = token_with_objects(&slot);
	CK_OBJECT_HANDLE object;

	damage(slot, sql);
	CHECK_EQ(in_error(slot), told_at_once);
	damage(slot, TURN("key = zeroblob(16) || substr(key, 17)"));
	nothing_is_hidden(session);
	CHECK_EQ(in_error(slot), told_at_once);
	CHECK_EQ(api_data(session, true, false, "open 4", &object), CKR_OK);
	CHECK_EQ(api_count_label(session, "open 4"), 1);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_OK);
	CHECK(in_error(slot));
	CHECK_EQ(p11->C_Logout(session), CKR_OK);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_OK);
	CHECK(in_error(slot));
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

static void a_sum_taken_away(void)
{
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session = token_with_objects(&slot);

	damage(slot, "delete from meta where name = 'digest-public'");
	nothing_is_hidden(session);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_OK);
		CHECK(in_error(slot));
		CHECK_EQ(p11->C_Logout(session), CKR_OK);
	}
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

/* More rows than are added up before every search: none is hidden there, and the login tells. */
static void one_of_many(void)
{
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session = token_with_objects(&slot);
	CK_OBJECT_HANDLE object;
	char label[16];

	for (int i = 0; i < MANY; i++) {
		snprintf(label, sizeof label, "many %d", i);
		REQUIRE(api_data(session, true, false, label, &object) == CKR_OK);
	}
	damage(slot, TURN("key = cast(x'01' || substr(key, 2) as blob)"));
	CHECK_EQ(api_count_label(session, "many 7"), 1);
	CHECK_EQ(api_count_label(session, "open 2"), 1);
	CHECK(in_error(slot));
	api_restart();
	session = api_session(slot, true);
	CHECK_EQ(api_count_label(session, "open 2"), 1);
	CHECK(in_error(slot));
	api_restart();
	session = api_session(slot, true);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_OK);
	CHECK(in_error(slot));
	object = find(session, "open 2");
	CHECK_EQ(p11->C_DestroyObject(session, object), CKR_OK);
	CHECK_EQ(p11->C_Logout(session), CKR_OK);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_OK);
	CHECK(!in_error(slot));
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

int main(void)
{
	api_open("");
	api_initialize();
	a_spoilt_index_hides_nothing(TURN("key = cast(x'01' || substr(key, 2) as blob)"));
	a_spoilt_index_hides_nothing(TURN("seq = seq + 1024"));
	a_spoilt_index_hides_nothing(TURN("key = x'00'"));
	a_spoilt_index_hides_nothing("delete from idx where " ROW_OF("open 2"));
	a_spoilt_index_hides_nothing("delete from idx where seq in (select seq from names)");
	a_spoilt_index_hides_nothing("insert into idx values(zeroblob(16), 1000)");
	a_change_ends_the_damage(TURN("key = cast(x'01' || substr(key, 2) as blob)"), false);
	a_change_ends_the_damage(TURN("key = cast(x'01' || substr(key, 2) as blob)"), true);
	a_change_ends_the_damage("delete from idx where " ROW_OF("open 2"), false);
	records_add_up("delete from record where " ROW_OF("open 2"));
	records_add_up("delete from record where " ROW_OF("open 2") "; delete from idx where " ROW_OF("open 2"));
	records_add_up("update record set private = 1 where " ROW_OF("open 2"));
	records_add_up("update record set seq = seq + 1000 where " ROW_OF("open 2"));
	an_old_record_put_back();
	a_damaged_record_can_be_destroyed();
	a_spoilt_sum("update meta set value = zeroblob(32) where name = 'digest-public'", true);
	a_spoilt_sum("update meta set value = x'00' where name = 'digest-public'", true);
	a_spoilt_sum("update meta set value = 'text' where name = 'digest-public'", true);
	a_spoilt_sum("delete from meta where name = 'digest-public'", false);
	a_sum_taken_away();
	one_of_many();
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
