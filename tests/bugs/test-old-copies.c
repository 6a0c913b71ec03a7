/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include "lib/check.h"
#include "lib/damage.h"

/* While another process read, the write-ahead log was not emptied after a PIN change, and nothing did it later: the old wrap stayed in
 * the file for who knew the old PIN. */

static long log_size(CK_SLOT_ID slot)
{
	struct stat st;

	return stat(damage_path(slot, "token.db-wal"), &st) == 0 ? (long)st.st_size : 0;
}

static sqlite3 *begin_reading(CK_SLOT_ID slot)
{
	sqlite3 *db;

	REQUIRE(sqlite3_open_v2(damage_path(slot, "token.db"), &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
	REQUIRE(sqlite3_exec(db, "begin; select count(*) from meta", NULL, NULL, NULL) == SQLITE_OK);
	return db;
}

static void end_reading(sqlite3 *db)
{
	REQUIRE(sqlite3_exec(db, "rollback", NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_close(db);
}

static void change_pin(CK_SESSION_HANDLE session, const char *old, const char *new)
{
	CHECK_EQ(p11->C_SetPIN(session, (CK_UTF8CHAR *)old, strlen(old), (CK_UTF8CHAR *)new, strlen(new)), CKR_OK);
}

int main(void)
{
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE object;
	CK_SLOT_ID slot;
	sqlite3 *reader;

	api_open("");
	session = api_ready(&slot);
	change_pin(session, API_PIN, "837261");
	CHECK_EQ(log_size(slot), 0);

	reader = begin_reading(slot);
	change_pin(session, "837261", API_PIN);
	CHECK(log_size(slot) > 0); /* it cannot be otherwise */
	end_reading(reader);
	CHECK_EQ(api_data(session, true, false, "next", &object), CKR_OK);
	CHECK_EQ(log_size(slot), 0);

	reader = begin_reading(slot);
	change_pin(session, API_PIN, "837261");
	CHECK(log_size(slot) > 0);
	end_reading(reader);
	CHECK_EQ(p11->C_Logout(session), CKR_OK);
	CHECK_EQ(log_size(slot), 0);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
