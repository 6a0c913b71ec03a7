/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include <dirent.h>
#include <sys/stat.h>

#include "lib/check.h"

/* A read-write session was opened on a token that nobody can write to. */

/* The only token's directory. */
static void set_mode(mode_t mode)
{
	char tokens[128], path[512] = "";
	struct dirent *entry;
	DIR *dir;

	snprintf(tokens, sizeof tokens, "%s/tokens", api_directory());
	dir = opendir(tokens);
	REQUIRE(dir);
	while ((entry = readdir(dir)))
		if (strlen(entry->d_name) == 16)
			snprintf(path, sizeof path, "%s/%.16s", tokens, entry->d_name);
	closedir(dir);
	REQUIRE(path[0] && chmod(path, mode) == 0);
}

int main(void)
{
	CK_SESSION_HANDLE session = 0x5a5a;
	CK_OBJECT_HANDLE object;
	CK_SLOT_ID slot;

	api_open("");
	REQUIRE(api_data(api_ready(&slot), true, false, "kept", &object) == CKR_OK);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	set_mode(0500);
	api_initialize();
	CHECK(api_token_flags(slot) & CKF_WRITE_PROTECTED);
	CHECK_EQ(p11->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session), CKR_TOKEN_WRITE_PROTECTED);
	CHECK_EQ(session, 0x5a5a);
	/* Reading it is another matter. */
	session = api_session(slot, false);
	CHECK_EQ(api_count_label(session, "kept"), 1);
	CHECK_EQ(api_state(session), CKS_RO_PUBLIC_SESSION);
	CHECK_EQ(api_data(session, true, false, "new", &object), CKR_SESSION_READ_ONLY);
	CHECK_EQ(api_data(session, false, false, "of the session", &object), CKR_OK);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	set_mode(0700);
	api_initialize();
	CHECK(!(api_token_flags(slot) & CKF_WRITE_PROTECTED));
	session = api_session(slot, true);
	CHECK_EQ(api_data(session, true, false, "new", &object), CKR_OK);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
