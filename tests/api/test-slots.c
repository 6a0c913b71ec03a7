/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include <fcntl.h>
#include <unistd.h>

#include "lib/check.h"
#include "sinbun-pkcs11.h"

/* Slots and tokens: the free slot, ids that every process sees alike, flags. */

enum { RACERS = 6 };

static CK_ULONG slots(bool with_token, CK_SLOT_ID list[8])
{
	CK_ULONG count = 8;

	REQUIRE(p11->C_GetSlotList(with_token, list, &count) == CKR_OK);
	return count;
}

static CK_RV init_token(CK_SLOT_ID slot, const char *so_pin, const char *label)
{
	CK_UTF8CHAR padded[33];

	snprintf((char *)padded, sizeof padded, "%-32s", label);
	return p11->C_InitToken(slot, (CK_UTF8CHAR *)so_pin, strlen(so_pin), padded);
}

static CK_FLAGS slot_flags(CK_SLOT_ID slot)
{
	CK_SLOT_INFO info;

	REQUIRE(p11->C_GetSlotInfo(slot, &info) == CKR_OK);
	return info.flags;
}

static bool blank(const CK_UTF8CHAR *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] != ' ')
			return false;
	return true;
}

static void an_empty_directory_has_one_free_slot(void)
{
	CK_SLOT_ID with[8], all[8];
	CK_SESSION_HANDLE session;
	CK_TOKEN_INFO info;

	CHECK_EQ(slots(true, with), 1);
	CHECK_EQ(slots(false, all), 1);
	CHECK_EQ(with[0], all[0]);
	CHECK(with[0] > 0 && with[0] <= 0x7fffffff);
	CHECK_EQ(slot_flags(with[0]), CKF_TOKEN_PRESENT);
	CHECK_EQ(p11->C_GetTokenInfo(with[0], &info), CKR_OK);
	CHECK_EQ(info.flags, CKF_RNG | CKF_LOGIN_REQUIRED);
	CHECK(blank(info.label, sizeof info.label) && blank(info.serialNumber, sizeof info.serialNumber));
	CHECK_EQ(p11->C_OpenSession(with[0], CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session), CKR_TOKEN_NOT_RECOGNIZED);
	CHECK_EQ(p11->C_GetSlotInfo(with[0] ^ 1, &(CK_SLOT_INFO){0}), CKR_SLOT_ID_INVALID);
	CHECK_EQ(p11->C_GetTokenInfo(0, &info), CKR_SLOT_ID_INVALID);
	CHECK_EQ(init_token(with[0] ^ 1, API_SO_PIN, "x"), CKR_SLOT_ID_INVALID);
	CHECK_EQ(p11->C_OpenSession(with[0] ^ 1, CKF_SERIAL_SESSION, NULL, NULL, &session), CKR_SLOT_ID_INVALID);
	/* Looking makes nothing. */
	CHECK_EQ(slots(false, all), 1);
	CHECK_EQ(with[0], all[0]);
}

static void the_first_token(void)
{
	CK_SLOT_ID list[8], slot = api_free_slot(), free_slot;
	char long_pin[66];
	CK_TOKEN_INFO info;

	memset(long_pin, '7', 65);
	long_pin[65] = 0;
	CHECK_EQ(init_token(slot, "1234567", "first"), CKR_PIN_LEN_RANGE);
	CHECK_EQ(init_token(slot, long_pin, "first"), CKR_PIN_LEN_RANGE);
	CHECK_EQ(init_token(slot, API_SO_PIN, "first"), CKR_OK);
	CHECK_EQ(slots(true, list), 1);
	CHECK_EQ(list[0], slot);
	CHECK_EQ(slots(false, list), 2);
	CHECK_EQ(list[0], slot);
	free_slot = list[1];
	CHECK(free_slot != slot && free_slot > 0 && free_slot <= 0x7fffffff);
	CHECK_EQ(slot_flags(slot), CKF_TOKEN_PRESENT);
	CHECK_EQ(slot_flags(free_slot), 0);
	CHECK_EQ(api_token_flags(free_slot), CKF_RNG | CKF_LOGIN_REQUIRED);
	CHECK_EQ(p11->C_GetTokenInfo(slot, &info), CKR_OK);
	CHECK_EQ(info.flags, CKF_RNG | CKF_LOGIN_REQUIRED | CKF_RESTORE_KEY_NOT_NEEDED | CKF_TOKEN_INITIALIZED);
	CHECK(memcmp(info.label, "first                           ", 32) == 0);
	for (size_t i = 0; i < sizeof info.serialNumber; i++)
		CHECK(info.serialNumber[i] && strchr("0123456789abcdef", info.serialNumber[i]));
	CHECK_EQ(info.ulMinPinLen, 6);
	CHECK_EQ(info.ulMaxPinLen, 64);
}

static void short_buffers(void)
{
	CK_SLOT_ID list[8] = {0};
	CK_MECHANISM_TYPE mechanisms[64];
	CK_ULONG count = 1, all;

	CHECK_EQ(p11->C_GetSlotList(CK_FALSE, list, &count), CKR_BUFFER_TOO_SMALL);
	CHECK_EQ(count, 2);
	CHECK_EQ(list[0], 0);
	count = 99;
	CHECK_EQ(p11->C_GetSlotList(CK_FALSE, NULL, &count), CKR_OK);
	CHECK_EQ(count, 2);
	CHECK_EQ(p11->C_GetMechanismList(api_free_slot(), NULL, &all), CKR_OK);
	REQUIRE(all > 1 && all < COUNT(mechanisms));
	count = all - 1;
	CHECK_EQ(p11->C_GetMechanismList(api_free_slot(), mechanisms, &count), CKR_BUFFER_TOO_SMALL);
	CHECK_EQ(count, all);
	CHECK_EQ(p11->C_GetMechanismList(api_free_slot(), mechanisms, &count), CKR_OK);
	for (CK_ULONG i = 0; i < count; i++) {
		CK_MECHANISM_INFO info = {.flags = 0};

		CHECK_EQ(p11->C_GetMechanismInfo(api_free_slot(), mechanisms[i], &info), CKR_OK);
		CHECK(info.flags != 0 && info.ulMinKeySize <= info.ulMaxKeySize);
	}
	CHECK_EQ(p11->C_GetMechanismInfo(api_free_slot(), 0x8123, &(CK_MECHANISM_INFO){0}), CKR_MECHANISM_INVALID);
}

/* "id,id,…" as this process sees it. */
static void describe(char text[256])
{
	CK_SLOT_ID list[8];
	CK_ULONG count = slots(false, list);
	size_t used = 0;

	for (CK_ULONG i = 0; i < count; i++)
		used += (size_t)snprintf(text + used, 256 - used, "%lu,", list[i]);
}

static void every_process_sees_the_same(void)
{
	CK_SLOT_ID list[8];
	char seen[256];

	api_token("second");
	CHECK_EQ(slots(true, list), 2);
	describe(seen);
	CHECK_EQ(api_run_again(seen), 0);
	/* A token of another process shows without initialising again, in the slot that was free. */
	CHECK_EQ(slots(false, list), 3);
	CHECK_EQ(api_run_again("make"), 0);
	CHECK_EQ(slots(true, list), 3);
	CHECK_EQ(slots(false, list), 4);
	describe(seen);
	CHECK_EQ(api_run_again(seen), 0);
	CHECK_EQ(api_token_flags(list[2]) & CKF_USER_PIN_INITIALIZED, CKF_USER_PIN_INITIALIZED);
	CHECK_EQ(api_login(api_session(list[2], false), CKU_USER, API_PIN), CKR_OK);
	CHECK_EQ(p11->C_CloseAllSessions(list[2]), CKR_OK);
	api_restart();
	CHECK_EQ(api_run_again(seen), 0);
}

/* Each racer has seen the same free slot when the gate opens. */
static int race(void *context)
{
	const int *gate = context;
	CK_SLOT_ID slot;
	CK_RV rv;
	char c;

	close(gate[1]);
	api_initialize();
	slot = api_free_slot();
	if (write(gate[3], "r", 1) != 1 || read(gate[0], &c, 1) != 0)
		return 9;
	rv = init_token(slot, API_SO_PIN, "race");
	return rv == CKR_OK ? 0 : rv == CKR_DEVICE_ERROR ? 1 : 2;
}

static void one_process_wins_a_free_slot(void)
{
	int gate[4], children[RACERS], wins = 0, losses = 0;
	CK_SLOT_ID before[8], after[8];
	CK_ULONG count = slots(false, before);
	char c;

	REQUIRE(pipe2(gate, O_CLOEXEC) == 0 && pipe2(gate + 2, O_CLOEXEC) == 0);
	for (int i = 0; i < RACERS; i++)
		children[i] = api_fork(race, gate);
	for (int i = 0; i < RACERS; i++)
		REQUIRE(read(gate[2], &c, 1) == 1);
	for (int i = 0; i < 4; i++)
		close(gate[i]);
	for (int i = 0; i < RACERS; i++) {
		int code = api_wait(children[i]);

		wins += code == 0;
		losses += code == 1;
	}
	CHECK_EQ(wins, 1);
	CHECK_EQ(losses, RACERS - 1);
	CHECK_EQ(slots(false, after), count + 1);
	CHECK_EQ(after[count - 1], before[count - 1]);
}

/* Who saw the slot free must not wipe the token that another process made there since. */
static void a_slot_taken_meanwhile(void)
{
	CK_SLOT_ID slot = api_free_slot();

	CHECK_EQ(api_run_again("make"), 0);
	CHECK_EQ(init_token(slot, API_SO_PIN, "late"), CKR_DEVICE_ERROR);
	CHECK_EQ(api_token_flags(slot) & CKF_USER_PIN_INITIALIZED, CKF_USER_PIN_INITIALIZED);
	/* Now it is seen, and initialising it anew is meant. */
	CHECK_EQ(init_token(slot, API_SO_PIN, "meant"), CKR_OK);
}

static void wrong(CK_SLOT_ID slot, CK_USER_TYPE user, int times)
{
	CK_SESSION_HANDLE session = api_session(slot, true);

	for (int i = 0; i < times; i++)
		CHECK_EQ(api_login(session, user, API_WRONG_SO_PIN), CKR_PIN_INCORRECT);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

static void right(CK_SLOT_ID slot, CK_USER_TYPE user)
{
	CK_SESSION_HANDLE session = api_session(slot, true);

	CHECK_EQ(api_login(session, user, user == CKU_SO ? API_SO_PIN : API_PIN), CKR_OK);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

/* Now, in a new process, and after initialising again. */
static void flags_are(CK_SLOT_ID slot, CK_FLAGS want)
{
	char argument[64];

	CHECK_EQ(api_tries_flags(slot), want);
	snprintf(argument, sizeof argument, "flags %lu %lu", slot, want);
	CHECK_EQ(api_run_again(argument), 0);
	api_restart();
	CHECK_EQ(api_tries_flags(slot), want);
}

/* COUNT_LOW: a wrong PIN came since the last right one; that stays so when the PIN is locked. */
static void flags_follow_the_tries(void)
{
	CK_FLAGS locked = CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_LOCKED;
	CK_SLOT_ID slot = api_token("flags");

	flags_are(slot, 0);
	wrong(slot, CKU_USER, 1);
	flags_are(slot, CKF_USER_PIN_COUNT_LOW);
	wrong(slot, CKU_USER, 2);
	flags_are(slot, CKF_USER_PIN_COUNT_LOW);
	wrong(slot, CKU_USER, 1);
	flags_are(slot, CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY);
	right(slot, CKU_USER);
	flags_are(slot, 0);
	wrong(slot, CKU_USER, 5);
	flags_are(slot, locked);
	wrong(slot, CKU_SO, 1);
	flags_are(slot, locked | CKF_SO_PIN_COUNT_LOW);
	wrong(slot, CKU_SO, 8);
	flags_are(slot, locked | CKF_SO_PIN_COUNT_LOW | CKF_SO_PIN_FINAL_TRY);
	right(slot, CKU_SO);
	flags_are(slot, locked);
	wrong(slot, CKU_SO, 10);
	flags_are(slot, locked | CKF_SO_PIN_COUNT_LOW | CKF_SO_PIN_LOCKED);
}

static void initialising_anew(void)
{
	CK_SLOT_ID slot = api_token("old");
	CK_SESSION_HANDLE session = api_session(slot, true);
	CK_OBJECT_HANDLE object;
	CK_TOKEN_INFO before, after;

	CHECK_EQ(api_data(session, true, false, "gone", &object), CKR_OK);
	CHECK_EQ(p11->C_GetTokenInfo(slot, &before), CKR_OK);
	CHECK_EQ(before.ulSessionCount, 1);
	CHECK_EQ(before.ulRwSessionCount, 1);
	CHECK_EQ(init_token(slot, API_SO_PIN, "new"), CKR_SESSION_EXISTS);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
	CHECK_EQ(init_token(slot, API_WRONG_SO_PIN, "new"), CKR_PIN_INCORRECT);
	CHECK_EQ(api_tries_flags(slot), CKF_SO_PIN_COUNT_LOW);
	CHECK_EQ(init_token(slot, API_SO_PIN, "new"), CKR_OK);
	CHECK_EQ(p11->C_GetTokenInfo(slot, &after), CKR_OK);
	CHECK_EQ(after.flags, CKF_RNG | CKF_LOGIN_REQUIRED | CKF_RESTORE_KEY_NOT_NEEDED | CKF_TOKEN_INITIALIZED);
	CHECK(memcmp(after.label, "new ", 4) == 0);
	CHECK(memcmp(after.serialNumber, before.serialNumber, sizeof after.serialNumber) == 0);
	session = api_session(slot, true);
	CHECK_EQ(api_count_label(session, "gone"), 0);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_USER_PIN_NOT_INITIALIZED);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

/* Another process initialises the token anew, then takes it away, while this one is logged in to it. */
static void a_token_lost_to_another_process(void)
{
	CK_SLOT_ID slot = api_token("lost");
	CK_SESSION_HANDLE session = api_session(slot, true);
	CK_OBJECT_HANDLE object;
	char argument[64];
	CK_ULONG size;
	CK_RV rv;

	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	CHECK_EQ(api_data(session, true, true, "lost", &object), CKR_OK);
	snprintf(argument, sizeof argument, "reset %lu", slot);
	CHECK_EQ(api_run_again(argument), 0);
	CHECK_EQ(api_token_flags(slot) & CKF_USER_PIN_INITIALIZED, 0);
	CHECK_EQ(api_state(session), CKS_RW_PUBLIC_SESSION);
	CHECK_EQ(api_count_label(session, "lost"), 0);
	CHECK_EQ(p11->C_GetObjectSize(session, object, &size), CKR_OBJECT_HANDLE_INVALID);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_USER_PIN_NOT_INITIALIZED);
	snprintf(argument, sizeof argument, "remove %lu", slot);
	CHECK_EQ(api_run_again(argument), 0);
	CHECK_EQ(p11->C_GetTokenInfo(slot, &(CK_TOKEN_INFO){0}), CKR_SLOT_ID_INVALID);
	rv = p11->C_FindObjectsInit(session, NULL, 0);
	CHECK(rv == CKR_DEVICE_REMOVED || rv == CKR_SESSION_HANDLE_INVALID);
	CHECK(api_free_slot() != slot);
	CHECK_EQ(p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session), CKR_SLOT_ID_INVALID);
}

static void remove_token(CK_SLOT_ID slot)
{
	static const CK_OBJECT_CLASS class = CKO_SINBUN_TOKEN;
	CK_ATTRIBUTE match = ATTRIBUTE_OF(CKA_CLASS, class);
	CK_SESSION_HANDLE session = api_session(slot, true);
	CK_OBJECT_HANDLE status;

	REQUIRE(api_login(session, CKU_SO, API_SO_PIN) == CKR_OK);
	REQUIRE(api_find(session, &match, 1, &status, 1) == 1);
	CHECK_EQ(p11->C_DestroyObject(session, status), CKR_OK);
}

/* What the other process does: something to a token, or see what it was told it would see. */
static int other_process(const char *argument)
{
	CK_SLOT_ID slot;
	CK_FLAGS flags;
	char seen[256];

	api_open_again();
	api_initialize();
	if (strcmp(argument, "make") == 0)
		api_token("of another process");
	else if (sscanf(argument, "flags %lu %lu", &slot, &flags) == 2)
		CHECK_EQ(api_tries_flags(slot), flags);
	else if (sscanf(argument, "reset %lu", &slot) == 1)
		CHECK_EQ(init_token(slot, API_SO_PIN, "anew"), CKR_OK);
	else if (sscanf(argument, "remove %lu", &slot) == 1)
		remove_token(slot);
	else {
		describe(seen);
		CHECK(strcmp(seen, argument) == 0);
	}
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return other_process(argv[1]);
	api_open("");
	api_initialize();
	an_empty_directory_has_one_free_slot();
	the_first_token();
	short_buffers();
	every_process_sees_the_same();
	one_process_wins_a_free_slot();
	a_slot_taken_meanwhile();
	flags_follow_the_tries();
	initialising_anew();
	a_token_lost_to_another_process();
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
