/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/check.h"

/* Files in token-dir that are not what they should be: the slot numbering was read through links, held C_Initialize up for ever as a
 * FIFO, and hid every token when garbled; lock files could be anybody's. */

static char path[160];

static const char *in_tokens(const char *file)
{
	snprintf(path, sizeof path, "%s/tokens/%s", api_directory(), file);
	return path;
}

static void put(const char *file, const char *text, mode_t mode)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	REQUIRE(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && fchmod(fd, mode) == 0 && close(fd) == 0);
}

/* The tokens are there and work; only a new one cannot be numbered. */
static void only_new_tokens_suffer(CK_SLOT_ID slot)
{
	CK_UTF8CHAR label[33];
	CK_SLOT_ID slots[8];
	CK_ULONG count = COUNT(slots);
	CK_SESSION_HANDLE session;

	api_initialize();
	REQUIRE(p11->C_GetSlotList(CK_TRUE, slots, &count) == CKR_OK);
	CHECK_EQ(count, 1);
	CHECK_EQ(slots[0], slot);
	session = api_session(slot, true);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_OK);
	snprintf((char *)label, sizeof label, "%-32s", "another");
	CHECK(p11->C_InitToken(api_free_slot(), (CK_UTF8CHAR *)API_SO_PIN, strlen(API_SO_PIN), label) != CKR_OK);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
}

static void garbled_numbering(CK_SLOT_ID slot)
{
	static const char *const texts[] = {"", "garbage", "00112233445566778899aabbccddeeff x\n",
		"0011223344556677889900112233445566778899001122334455667788990011223344556677889900 1\n"};

	for (size_t i = 0; i < COUNT(texts); i++) {
		put(in_tokens("slots"), texts[i], 0600);
		only_new_tokens_suffer(slot);
	}
}

static void numbering_of_somebody_else(CK_SLOT_ID slot)
{
	char other[160];

	snprintf(other, sizeof other, "%s/elsewhere", api_directory());
	put(other, "00112233445566778899aabbccddeeff 7\n", 0600);
	REQUIRE(unlink(in_tokens("slots")) == 0 && symlink(other, path) == 0);
	only_new_tokens_suffer(slot);
	REQUIRE(unlink(in_tokens("slots")) == 0 && mkfifo(path, 0600) == 0);
	alarm(20); /* ends the test */
	only_new_tokens_suffer(slot);
	alarm(0);
	REQUIRE(unlink(in_tokens("slots")) == 0);
	put(path, "00112233445566778899aabbccddeeff 7\n", 0666);
	only_new_tokens_suffer(slot);
	REQUIRE(chmod(in_tokens("slots"), 0600) == 0);
}

static void a_lock_that_others_can_hold(CK_SLOT_ID slot)
{
	CK_SLOT_ID slots[8];
	CK_ULONG count = COUNT(slots);
	glob_t found;

	REQUIRE(glob(in_tokens("*/lock"), 0, NULL, &found) == 0 && found.gl_pathc == 1);
	REQUIRE(chmod(found.gl_pathv[0], 0666) == 0);
	api_initialize();
	REQUIRE(p11->C_GetSlotList(CK_TRUE, slots, &count) == CKR_OK);
	CHECK(count == 1 && slots[0] != slot); /* the free slot */
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	REQUIRE(chmod(found.gl_pathv[0], 0600) == 0);
	globfree(&found);
}

static void rubbish_is_swept(void)
{
	put(in_tokens("slots.a1B2c3"), "half", 0600);
	api_initialize();
	CHECK(access(in_tokens("slots.a1B2c3"), F_OK) != 0);
	CHECK(access(in_tokens("slots"), F_OK) == 0);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
}

/* The numbering was taken away: the next token gets another slot all the same. */
static void lost_numbering(CK_SLOT_ID slot)
{
	CK_SLOT_ID second;

	REQUIRE(unlink(in_tokens("slots")) == 0);
	api_initialize();
	second = api_token("second");
	CHECK(second != slot);
	CHECK(api_free_slot() != slot && api_free_slot() != second);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
}

int main(void)
{
	CK_SLOT_ID slot;

	api_open("");
	api_initialize();
	slot = api_token("test");
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	garbled_numbering(slot);
	numbering_of_somebody_else(slot);
	a_lock_that_others_can_hold(slot);
	rubbish_is_swept();
	lost_numbering(slot);
	return check_result();
}
