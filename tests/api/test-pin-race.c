/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/check.h"

/* PINs tried by many at once: wrong ones get exactly as many answers as there are tries, right ones never lock each other out.
 * $SINBUN_ROUNDS: how often; 25 by default. */

enum { PROCESSES = 8, THREADS = 8, TRIES = 5, ROUNDS = 25, WRONG_SHARE = 5 };

/* Shared by all processes. */
static struct tally {
	atomic_int good, incorrect, locked, other;
} *tally;
static CK_SLOT_ID slot;
static char serial[17]; /* of the token of the right PINs */
static int ready[2], gate[2]; /* pipes: children say that they are ready; the gate opens when the parent closes it */
static int rounds = ROUNDS;

static void count(CK_RV rv)
{
	if (rv != CKR_OK && rv != CKR_PIN_INCORRECT && rv != CKR_PIN_LOCKED)
		fprintf(stderr, "a login answers 0x%lx\n", rv);
	atomic_fetch_add(rv == CKR_OK                  ? &tally->good
			 : rv == CKR_PIN_INCORRECT     ? &tally->incorrect
			 : rv == CKR_PIN_LOCKED        ? &tally->locked
						       : &tally->other,
		1);
}

static void wait_at_the_gate(void)
{
	char c;

	close(gate[1]);
	REQUIRE(write(ready[1], "r", 1) == 1);
	REQUIRE(read(gate[0], &c, 1) == 0);
}

static void *try_wrong(void *context)
{
	CK_SESSION_HANDLE session = *(CK_SESSION_HANDLE *)context;

	count(api_login(session, CKU_USER, API_WRONG_PIN));
	return NULL;
}

static int wrong_child(void *context)
{
	CK_SESSION_HANDLE sessions[THREADS];
	pthread_t threads[THREADS];

	(void)context;
	api_initialize();
	for (int i = 0; i < THREADS; i++)
		sessions[i] = api_session(slot, false);
	wait_at_the_gate();
	for (int i = 0; i < THREADS; i++)
		REQUIRE(pthread_create(&threads[i], NULL, try_wrong, &sessions[i]) == 0);
	for (int i = 0; i < THREADS; i++)
		REQUIRE(pthread_join(threads[i], NULL) == 0);
	return p11->C_Finalize(NULL) == CKR_OK ? 0 : 1;
}

/* A host that looks into all files, again and again. Whoever closes a file lets go of all POSIX locks that its process has on it. */
static void *look_into_lock(void *context)
{
	char path[128];

	snprintf(path, sizeof path, "%s/tokens/%.16s/lock", api_directory(), serial);
	while (!atomic_load((atomic_bool *)context)) {
		int fd = open(path, O_RDWR | O_CLOEXEC);

		REQUIRE(fd >= 0);
		close(fd);
		usleep(50);
	}
	return NULL;
}

static int right_child(void *context)
{
	CK_SESSION_HANDLE session;
	atomic_bool done = false;
	pthread_t looker;

	(void)context;
	api_initialize();
	session = api_session(slot, false);
	wait_at_the_gate();
	REQUIRE(pthread_create(&looker, NULL, look_into_lock, &done) == 0);
	for (int i = 0; i < rounds; i++) {
		CK_RV rv = api_login(session, CKU_USER, API_PIN);

		count(rv);
		if (rv == CKR_OK)
			REQUIRE(p11->C_Logout(session) == CKR_OK);
	}
	atomic_store(&done, true);
	REQUIRE(pthread_join(looker, NULL) == 0);
	return p11->C_Finalize(NULL) == CKR_OK ? 0 : 1;
}

static void all_at_once(int (*child)(void *context))
{
	int children[PROCESSES];
	char c;

	memset(tally, 0, sizeof *tally);
	REQUIRE(p11->C_Finalize(NULL) == CKR_OK);
	REQUIRE(pipe2(ready, O_CLOEXEC) == 0 && pipe2(gate, O_CLOEXEC) == 0);
	for (int i = 0; i < PROCESSES; i++)
		children[i] = api_fork(child, NULL);
	/* Its write end closed here, a child that dies early shows as an end of file, not as a wait for ever. */
	close(ready[1]);
	for (int i = 0; i < PROCESSES; i++)
		REQUIRE(read(ready[0], &c, 1) == 1);
	close(gate[1]);
	for (int i = 0; i < PROCESSES; i++)
		CHECK_EQ(api_wait(children[i]), 0);
	close(ready[0]);
	close(gate[0]);
	api_initialize();
}

static void wrong_pins(void)
{
	CK_SESSION_HANDLE session;

	all_at_once(wrong_child);
	CHECK_EQ(tally->good, 0);
	CHECK_EQ(tally->incorrect, TRIES);
	CHECK_EQ(tally->locked, PROCESSES * THREADS - TRIES);
	CHECK_EQ(tally->other, 0);
	session = api_session(slot, true);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_PIN_LOCKED);
	CHECK(api_tries_flags(slot) & CKF_USER_PIN_LOCKED);
	REQUIRE(api_login(session, CKU_SO, API_SO_PIN) == CKR_OK);
	REQUIRE(p11->C_InitPIN(session, (CK_UTF8CHAR *)API_PIN, strlen(API_PIN)) == CKR_OK);
	REQUIRE(p11->C_CloseSession(session) == CKR_OK);
}

/* One try is all this token gives: two logins between whose charge and pardon anybody came would show. */
static void right_pins(void)
{
	CK_TOKEN_INFO info;

	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	api_configure("pin-tries = 1\n");
	api_initialize();
	slot = api_token("single try");
	REQUIRE(p11->C_GetTokenInfo(slot, &info) == CKR_OK);
	snprintf(serial, sizeof serial, "%.16s", (const char *)info.serialNumber);
	all_at_once(right_child);
	CHECK_EQ(tally->good, PROCESSES * rounds);
	CHECK_EQ(tally->incorrect, 0);
	CHECK_EQ(tally->locked, 0);
	CHECK_EQ(tally->other, 0);
	CHECK_EQ(api_tries_flags(slot), CKF_USER_PIN_FINAL_TRY);
}

int main(void)
{
	const char *wanted = getenv("SINBUN_ROUNDS");

	if (wanted && atoi(wanted) > 0)
		rounds = atoi(wanted);
	tally = mmap(NULL, sizeof *tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	REQUIRE(tally != MAP_FAILED);
	api_open("");
	api_initialize();
	slot = api_token("race");
	for (int i = 0; i < (rounds + WRONG_SHARE - 1) / WRONG_SHARE; i++)
		wrong_pins();
	right_pins();
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
