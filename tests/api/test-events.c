/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sinbun-pkcs11.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/check.h"

/* C_WaitForSlotEvent: a token comes or goes, by this process or another; asking, waiting, and being woken. */

enum { WAITERS = 4, ANSWER_S = 10, QUIET_MS = 100 };

static CK_RV ask(CK_SLOT_ID *slot)
{
	return p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, slot, NULL);
}

static void nothing_happened(void)
{
	CK_SLOT_ID slot = 4711;

	CHECK_EQ(ask(&slot), CKR_NO_EVENT);
	CHECK_EQ(slot, 4711);
}

static void happened(CK_SLOT_ID where)
{
	CK_SLOT_ID slot = 0;

	CHECK_EQ(ask(&slot), CKR_OK);
	CHECK_EQ(slot, where);
}

static void remove_token(CK_SLOT_ID slot)
{
	static const CK_OBJECT_CLASS class = CKO_SINBUN_TOKEN;
	CK_ATTRIBUTE match = ATTRIBUTE_OF(CKA_CLASS, class);
	CK_SESSION_HANDLE session = api_session(slot, true);
	CK_OBJECT_HANDLE status;

	REQUIRE(api_login(session, CKU_SO, API_SO_PIN) == CKR_OK);
	REQUIRE(api_find(session, &match, 1, &status, 1) == 1);
	REQUIRE(p11->C_DestroyObject(session, status) == CKR_OK);
}

/* The other process: makes a token in the free slot that this one sees, or removes one. */
static int other_process(const char *what)
{
	CK_SLOT_ID slot;

	api_open_again();
	api_initialize();
	if (sscanf(what, "remove %lu", &slot) == 1)
		remove_token(slot);
	else
		api_token(what);
	REQUIRE(p11->C_Finalize(NULL) == CKR_OK);
	return 0;
}

/* The slot that the next token will be in. */
static CK_SLOT_ID another_makes(const char *label)
{
	CK_SLOT_ID slot = api_free_slot();

	REQUIRE(api_run_again(label) == 0);
	return slot;
}

static void another_removes(CK_SLOT_ID slot)
{
	char argument[64];

	snprintf(argument, sizeof argument, "remove %lu", slot);
	REQUIRE(api_run_again(argument) == 0);
}

/* --- asking --- */

static void arguments(void)
{
	CK_SLOT_ID slot;

	CHECK_EQ(p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, NULL, NULL), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11->C_WaitForSlotEvent(0, NULL, NULL), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, &slot), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11->C_WaitForSlotEvent(0, &slot, &slot), CKR_ARGUMENTS_BAD);
}

/* Each event is told once. The directory of tokens is not even there at the start. */
static void what_another_process_does(void)
{
	CK_SLOT_ID first, second, told[2];

	nothing_happened();
	first = another_makes("first");
	happened(first);
	nothing_happened();
	second = another_makes("second");
	another_removes(first);
	/* Both, in whatever order, each in its slot. */
	for (int i = 0; i < 2; i++)
		CHECK_EQ(ask(&told[i]), CKR_OK);
	CHECK((told[0] == first && told[1] == second) || (told[0] == second && told[1] == first));
	nothing_happened();
}

static void what_this_process_does(void)
{
	CK_SLOT_ID slot = api_token("here");

	happened(slot);
	nothing_happened();
	/* Initialised anew it is the same token in the same slot. */
	REQUIRE(p11->C_InitToken(slot, (CK_UTF8CHAR *)API_SO_PIN, strlen(API_SO_PIN),
			(CK_UTF8CHAR *)"anew                            ") == CKR_OK);
	nothing_happened();
	remove_token(slot);
	happened(slot);
	nothing_happened();
	/* What comes and goes between two questions was nothing. */
	remove_token(api_token("short"));
	nothing_happened();
}

/* What is there at C_Initialize is no event; nor is what happened before. */
static void what_is_there_at_the_start(void)
{
	CK_SLOT_ID slot = another_makes("there");

	api_restart();
	nothing_happened();
	another_removes(slot);
	api_restart();
	nothing_happened();
}

/* --- waiting --- */

struct waiter {
	pthread_t thread;
	CK_SLOT_ID slot;
	CK_RV rv;
	atomic_bool back;
};

static void *wait_for_event(void *context)
{
	struct waiter *w = context;

	w->rv = p11->C_WaitForSlotEvent(0, &w->slot, NULL);
	atomic_store(&w->back, true);
	return NULL;
}

static void rest(long ms)
{
	struct timespec time = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&time, NULL);
}

static void send(struct waiter *w)
{
	*w = (struct waiter){.rv = CKR_GENERAL_ERROR};
	REQUIRE(pthread_create(&w->thread, NULL, wait_for_event, w) == 0);
}

/* With which slot. A thread that is not back in good time will not come back: that ends the test, for it cannot be joined. */
static CK_SLOT_ID comes_back(struct waiter *w, CK_RV rv)
{
	for (int i = 0; i < ANSWER_S * 100 && !atomic_load(&w->back); i++)
		rest(10);
	REQUIRE(atomic_load(&w->back));
	REQUIRE(pthread_join(w->thread, NULL) == 0);
	CHECK_EQ(w->rv, rv);
	return w->slot;
}

static void still_waits(struct waiter *w)
{
	rest(QUIET_MS);
	CHECK(!atomic_load(&w->back));
}

static void waiting_for_another_process(void)
{
	struct waiter w;
	CK_SLOT_ID slot;

	send(&w);
	still_waits(&w);
	/* The module goes on working for the others. */
	CHECK_EQ(api_token_flags(api_free_slot()) & CKF_TOKEN_INITIALIZED, 0);
	slot = another_makes("awaited");
	CHECK_EQ(comes_back(&w, CKR_OK), slot);
	nothing_happened();
	send(&w);
	still_waits(&w);
	another_removes(slot);
	CHECK_EQ(comes_back(&w, CKR_OK), slot);
	/* What was not fetched yet is fetched at once. */
	slot = another_makes("unseen");
	send(&w);
	CHECK_EQ(comes_back(&w, CKR_OK), slot);
	nothing_happened();
	another_removes(slot);
	happened(slot);
}

static void waiting_for_this_process(void)
{
	struct waiter w;
	CK_SLOT_ID slot;

	send(&w);
	still_waits(&w);
	slot = api_token("awaited");
	CHECK_EQ(comes_back(&w, CKR_OK), slot);
	send(&w);
	remove_token(slot);
	CHECK_EQ(comes_back(&w, CKR_OK), slot);
}

/* What is put beside the tokens is no event. */
static void rubbish_in_the_directory(void)
{
	struct waiter w;
	char path[128];
	CK_SLOT_ID slot;

	send(&w);
	rest(QUIET_MS);
	snprintf(path, sizeof path, "%s/tokens/0123456789abcdef", api_directory());
	REQUIRE(mkdir(path, 0700) == 0);
	still_waits(&w);
	REQUIRE(rmdir(path) == 0);
	still_waits(&w);
	slot = another_makes("beside rubbish");
	CHECK_EQ(comes_back(&w, CKR_OK), slot);
	another_removes(slot);
	happened(slot);
}

/* One event is for one of them; the others go on waiting, until there is one for each. */
static void several_waiters(void)
{
	struct waiter w[WAITERS];
	CK_SLOT_ID made[WAITERS] = {0}, told[WAITERS] = {0};

	for (int i = 0; i < WAITERS; i++)
		send(&w[i]);
	for (int i = 0; i < WAITERS; i++) {
		int back = 0;

		rest(QUIET_MS);
		for (int k = 0; k < WAITERS; k++)
			back += atomic_load(&w[k].back);
		CHECK_EQ(back, i);
		made[i] = another_makes("for one");
	}
	for (int i = 0; i < WAITERS; i++) {
		told[i] = comes_back(&w[i], CKR_OK);
	}
	for (int i = 0; i < WAITERS; i++) {
		int times = 0;

		for (int k = 0; k < WAITERS; k++)
			times += told[k] == made[i];
		CHECK_EQ(times, 1);
		another_removes(made[i]);
		happened(made[i]);
	}
}

/* C_Finalize wakes all of them, and leaves nothing behind for the next C_Initialize. */
static void finalising_wakes_who_waits(void)
{
	struct waiter w[WAITERS];
	CK_SLOT_ID slot;

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < WAITERS; i++)
			send(&w[i]);
		/* Also while they are on their way in. */
		if (round)
			rest(QUIET_MS);
		for (int i = 0; round && i < WAITERS; i++)
			CHECK(!atomic_load(&w[i].back));
		CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
		if (round == 2) /* as in a host that begins anew at once */
			api_initialize();
		for (int i = 0; i < WAITERS; i++)
			comes_back(&w[i], CKR_CRYPTOKI_NOT_INITIALIZED);
		if (round < 2) {
			CHECK_EQ(ask(&slot), CKR_CRYPTOKI_NOT_INITIALIZED);
			CHECK_EQ(p11->C_WaitForSlotEvent(0, &slot, NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
			api_initialize();
		}
		nothing_happened();
	}
}

/* --- waiting for a directory that is not there --- */

static void a_directory_that_comes_later(void)
{
	struct waiter w;
	CK_SLOT_ID slot;
	char line[160];

	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	snprintf(line, sizeof line, "token-dir = %s/not/there/yet\n", api_directory());
	api_configure(line);
	api_initialize();
	send(&w);
	still_waits(&w);
	REQUIRE(api_run_again("deep down") == 0);
	slot = comes_back(&w, CKR_OK);
	CHECK_EQ(api_token_flags(slot) & CKF_TOKEN_INITIALIZED, CKF_TOKEN_INITIALIZED);
	send(&w);
	still_waits(&w);
	another_removes(slot);
	CHECK_EQ(comes_back(&w, CKR_OK), slot);
}

/* --- forking --- */

/* Nobody waits in the child: the thread is the parent's. Its own C_Finalize does not wait for that one, but for the child's own. */
static int child_of_a_waiting_parent(void *context)
{
	CK_SLOT_ID slot;
	struct waiter w;

	(void)context;
	check_failures = 0;
	alarm(5 * ANSWER_S); /* the parent's is not inherited */
	CHECK_EQ(ask(&slot), CKR_CRYPTOKI_NOT_INITIALIZED);
	CHECK_EQ(p11->C_WaitForSlotEvent(0, &slot, NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
	api_initialize();
	nothing_happened();
	slot = api_token("of the child");
	happened(slot);
	send(&w);
	still_waits(&w);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	comes_back(&w, CKR_CRYPTOKI_NOT_INITIALIZED);
	return check_failures != 0;
}

static void a_fork_while_a_thread_waits(void)
{
	struct waiter w;
	CK_SLOT_ID slot;

	send(&w);
	still_waits(&w);
	slot = api_free_slot();
	CHECK_EQ(api_wait(api_fork(child_of_a_waiting_parent, NULL)), 0);
	CHECK_EQ(comes_back(&w, CKR_OK), slot);
	/* And it can be woken still. */
	send(&w);
	still_waits(&w);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	comes_back(&w, CKR_CRYPTOKI_NOT_INITIALIZED);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return other_process(argv[1]);
	/* A call that should come back and does not is a failure too. */
	alarm(10 * ANSWER_S);
	api_open("");
	api_initialize();
	arguments();
	what_another_process_does();
	what_this_process_does();
	what_is_there_at_the_start();
	waiting_for_another_process();
	waiting_for_this_process();
	rubbish_in_the_directory();
	several_waiters();
	finalising_wakes_who_waits();
	a_directory_that_comes_later();
	a_fork_while_a_thread_waits();
	return check_result();
}
