/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "lib/check.h"

/* Processes that work at once: a login took another's writing for damage; a PIN change held the store while it stretched the PIN, so that
 * writers failed; and C_Initialize waited for whoever made a token. */

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static CK_SESSION_HANDLE enter(CK_SLOT_ID *slot)
{
	CK_ULONG one = 1;
	CK_SESSION_HANDLE session;

	REQUIRE(p11->C_GetSlotList(CK_TRUE, slot, &one) == CKR_OK);
	session = api_session(*slot, true);
	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	return session;
}

/* The other process's pipes: told to stop, tells that it began, and at last how long its longest write took. */
struct writing {
	int stop[2], told[2], child;
};

static int write_on(void *context)
{
	struct writing *w = context;
	CK_OBJECT_HANDLE object;
	CK_SESSION_HANDLE session;
	CK_SLOT_ID slot;
	double longest = 0;
	char end;

	api_initialize();
	session = enter(&slot);
	REQUIRE(write(w->told[1], "", 1) == 1);
	while (read(w->stop[0], &end, 1) != 1) {
		double start = seconds();

		REQUIRE(api_data(session, true, true, "written", &object) == CKR_OK);
		if (seconds() - start > longest)
			longest = seconds() - start;
		usleep(500);
	}
	REQUIRE(write(w->told[1], &longest, sizeof longest) == sizeof longest);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}

static void begin_writing(struct writing *w)
{
	char begun;

	REQUIRE(pipe(w->stop) == 0 && pipe(w->told) == 0 && fcntl(w->stop[0], F_SETFL, O_NONBLOCK) == 0);
	w->child = api_fork(write_on, w);
	close(w->told[1]);
	REQUIRE(read(w->told[0], &begun, 1) == 1);
}

static double end_writing(struct writing *w)
{
	double longest;

	REQUIRE(write(w->stop[1], "", 1) == 1);
	REQUIRE(read(w->told[0], &longest, sizeof longest) == sizeof longest);
	CHECK_EQ(api_wait(w->child), 0);
	close(w->stop[0]);
	close(w->stop[1]);
	close(w->told[0]);
	return longest;
}

static void writing_is_no_damage(CK_SESSION_HANDLE session, CK_SLOT_ID slot)
{
	struct writing w;
	CK_OBJECT_HANDLE object;
	int damaged = 0;

	for (int i = 0; i < 200; i++)
		REQUIRE(api_data(session, true, true, "before", &object) == CKR_OK);
	begin_writing(&w);
	for (int i = 0; i < 40; i++) {
		CHECK_EQ(p11->C_Logout(session), CKR_OK);
		REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
		damaged += (api_token_flags(slot) & CKF_ERROR_STATE) != 0;
	}
	end_writing(&w);
	CHECK_EQ(damaged, 0);
}

/* From the next C_Initialize on PINs are stretched for seconds. */
static void make_stretching_slow(void)
{
	FILE *conf = fopen(getenv("SINBUN_CONF"), "w");

	REQUIRE(conf && fputs("seal = software\nkdf-memory = 256\nkdf-passes = 10\n", conf) >= 0 && fclose(conf) == 0);
}

static void nobody_waits_for_a_stretched_pin(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE session;
	struct writing w;
	double start, longest;

	begin_writing(&w);
	make_stretching_slow();
	api_restart();
	session = api_session(slot, true);
	start = seconds();
	CHECK_EQ(p11->C_SetPIN(session, (CK_UTF8CHAR *)API_PIN, 6, (CK_UTF8CHAR *)"837261", 6), CKR_OK);
	start = seconds() - start;
	longest = end_writing(&w);
	if (longest > start / 2)
		fprintf(stderr, "C_SetPIN took %.2f s, the longest write meanwhile %.2f s\n", start, longest);
	CHECK(longest <= start / 2);
	api_configure("");
	api_restart();
}

/* Somebody makes a token, for as long as it takes. */
static void nobody_waits_for_a_new_token(void)
{
	char path[128];
	int fd;

	snprintf(path, sizeof path, "%s/tokens/lock", api_directory());
	fd = open(path, O_RDWR | O_CLOEXEC);
	REQUIRE(fd >= 0 && flock(fd, LOCK_EX) == 0);
	alarm(20); /* ends the test */
	api_restart();
	alarm(0);
	close(fd);
}

int main(void)
{
	CK_SESSION_HANDLE session;
	CK_SLOT_ID slot;

	api_open("");
	session = api_ready(&slot);
	writing_is_no_damage(session, slot);
	nobody_waits_for_a_stretched_pin(slot);
	nobody_waits_for_a_new_token();
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
