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
 * $SINBUN_ROUNDS: how often; 25 by default. $SINBUN_EACH: wrong PINs of each thread. $SINBUN_TCTI: the tokens are sealed by the TPM there
 * (tests/tpm/race.sh). The module is used in children only: what libtss2 leaves in a process does not outlive a fork. */

enum { PROCESSES = 8, THREADS = 8, EACH = 50, TRIES = 5, ROUNDS = 25, WRONG_SHARE = 5 };

/* Shared by all processes. */
static struct shared {
	atomic_int good, incorrect, locked, other;
	CK_SLOT_ID slot;
	char serial[17]; /* of the token of the right PINs */
} *tally;
static char directory[64];
static int ready[2], gate[2]; /* pipes: children say that they are ready; the gate opens when the parent closes it */
static int rounds = ROUNDS, each = EACH;

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

	for (int i = 0; i < each; i++)
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
		sessions[i] = api_session(tally->slot, false);
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

	snprintf(path, sizeof path, "%s/tokens/%.16s/lock", directory, tally->serial);
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
	session = api_session(tally->slot, false);
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

	tally->good = tally->incorrect = tally->locked = tally->other = 0;
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
}

/* One of many steps, by itself. */
static void by_child(int (*child)(void *context), void *context)
{
	REQUIRE(api_wait(api_fork(child, context)) == 0);
}

static int make_token(void *label)
{
	CK_TOKEN_INFO info;

	api_initialize();
	tally->slot = api_token(label);
	REQUIRE(p11->C_GetTokenInfo(tally->slot, &info) == CKR_OK);
	snprintf(tally->serial, sizeof tally->serial, "%.16s", (const char *)info.serialNumber);
	return p11->C_Finalize(NULL) == CKR_OK ? 0 : 1;
}

/* Locked, for the right PIN too; the PUK gives all tries back, and takes none. */
static int unblock(void *context)
{
	CK_SESSION_HANDLE session;

	(void)context;
	api_initialize();
	session = api_session(tally->slot, true);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_PIN_LOCKED);
	CHECK(api_tries_flags(tally->slot) & CKF_USER_PIN_LOCKED);
	REQUIRE(api_login(session, CKU_SO, API_SO_PIN) == CKR_OK);
	REQUIRE(p11->C_InitPIN(session, (CK_UTF8CHAR *)API_PIN, strlen(API_PIN)) == CKR_OK);
	REQUIRE(p11->C_Logout(session) == CKR_OK);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_OK);
	return p11->C_Finalize(NULL) == CKR_OK && check_failures == 0 ? 0 : 1;
}

static void wrong_pins(void)
{
	all_at_once(wrong_child);
	CHECK_EQ(tally->good, 0);
	CHECK_EQ(tally->incorrect, TRIES);
	CHECK_EQ(tally->locked, PROCESSES * THREADS * each - TRIES);
	CHECK_EQ(tally->other, 0);
	by_child(unblock, NULL);
}

static int look_at_flags(void *context)
{
	(void)context;
	api_initialize();
	CHECK_EQ(api_tries_flags(tally->slot), CKF_USER_PIN_FINAL_TRY);
	return p11->C_Finalize(NULL) == CKR_OK && check_failures == 0 ? 0 : 1;
}

static void configure(const char *more)
{
	const char *tcti = getenv("SINBUN_TCTI");
	char text[512];

	if (tcti)
		snprintf(text, sizeof text, "seal = tpm\ntcti = %s\nkdf-memory = 19\nkdf-passes = 2\n%s", tcti, more);
	else
		snprintf(text, sizeof text, "seal = software\nkdf-memory = 19\nkdf-passes = 2\n%s", more);
	api_configure_whole(text);
}

/* One try is all this token gives: two logins between whose charge and pardon anybody came would show. */
static void right_pins(void)
{
	configure("pin-tries = 1\n");
	by_child(make_token, (void *)"single try");
	all_at_once(right_child);
	CHECK_EQ(tally->good, PROCESSES * rounds);
	CHECK_EQ(tally->incorrect, 0);
	CHECK_EQ(tally->locked, 0);
	CHECK_EQ(tally->other, 0);
	by_child(look_at_flags, NULL);
}

static int number(const char *name, int otherwise)
{
	const char *wanted = getenv(name);

	return wanted && atoi(wanted) > 0 ? atoi(wanted) : otherwise;
}

int main(void)
{
	rounds = number("SINBUN_ROUNDS", ROUNDS);
	each = number("SINBUN_EACH", EACH);
	tally = mmap(NULL, sizeof *tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	REQUIRE(tally != MAP_FAILED);
	api_open("");
	snprintf(directory, sizeof directory, "%s", api_directory());
	configure("");
	by_child(make_token, (void *)"race");
	for (int i = 0; i < (rounds + WRONG_SHARE - 1) / WRONG_SHARE; i++)
		wrong_pins();
	right_pins();
	return check_result();
}
