/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/damage.h"

#include <sqlite3.h>

#include "lib/check.h"

const char *damage_path(CK_SLOT_ID slot, const char *file)
{
	static char path[256];
	CK_TOKEN_INFO info;

	REQUIRE(p11->C_GetTokenInfo(slot, &info) == CKR_OK);
	snprintf(path, sizeof path, "%s/tokens/%.16s/%s", api_directory(), (const char *)info.serialNumber, file);
	return path;
}

static sqlite3 *open_store(const char *path)
{
	sqlite3 *db;

	REQUIRE(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	return db;
}

void damage_at(const char *path, const char *sql)
{
	sqlite3 *db = open_store(path);
	char *why = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fprintf(stderr, "%s: %s\n", sql, why);
	REQUIRE(!why);
	sqlite3_close(db);
}

void damage(CK_SLOT_ID slot, const char *sql)
{
	damage_at(damage_path(slot, "token.db"), sql);
}

long damage_number_at(const char *path, const char *sql)
{
	sqlite3 *db = open_store(path);
	sqlite3_stmt *st;
	long number;

	REQUIRE(sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK);
	REQUIRE(sqlite3_step(st) == SQLITE_ROW);
	number = (long)sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return number;
}

long damage_number(CK_SLOT_ID slot, const char *sql)
{
	return damage_number_at(damage_path(slot, "token.db"), sql);
}

bool damage_told(CK_SLOT_ID slot)
{
	CK_TOKEN_INFO info;

	return p11->C_GetTokenInfo(slot, &info) != CKR_OK || (info.flags & CKF_ERROR_STATE);
}
