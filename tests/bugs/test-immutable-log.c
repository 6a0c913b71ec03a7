/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include <sys/stat.h>
#include <unistd.h>

#include "lib/check.h"
#include "lib/damage.h"

/* A directory made read-only after a crash showed the token as it was before its write-ahead log: the last objects were missing. */

/* Ends with the log full, as a crash would. */
static int crash(void *context)
{
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE object;

	api_initialize();
	session = api_session(*(CK_SLOT_ID *)context, true);
	REQUIRE(api_data(session, true, false, "last", &object) == CKR_OK);
	_exit(0);
}

int main(void)
{
	struct stat st;
	CK_SESSION_HANDLE session;
	CK_SLOT_ID slot;
	char directory[256];

	api_open("");
	api_initialize();
	slot = api_token("test");
	snprintf(directory, sizeof directory, "%s", damage_path(slot, ""));
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	REQUIRE(api_wait(api_fork(crash, &slot)) == 0);
	snprintf(directory + strlen(directory), 32, "token.db-wal");
	REQUIRE(stat(directory, &st) == 0 && st.st_size > 0);
	*strrchr(directory, '/') = 0;
	REQUIRE(chmod(directory, 0500) == 0);
	api_initialize();
	session = api_session(slot, false);
	CHECK(api_token_flags(slot) & CKF_WRITE_PROTECTED);
	CHECK_EQ(api_count_label(session, "last"), 1);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	/* Without a log nothing is written beside the file. */
	REQUIRE(chmod(directory, 0700) == 0);
	api_initialize();
	CHECK_EQ(api_token_flags(slot) & CKF_WRITE_PROTECTED, 0);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	REQUIRE(chmod(directory, 0500) == 0);
	api_initialize();
	session = api_session(slot, false);
	CHECK_EQ(api_count_label(session, "last"), 1);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_TOKEN_WRITE_PROTECTED);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	REQUIRE(chmod(directory, 0700) == 0);
	return check_result();
}
