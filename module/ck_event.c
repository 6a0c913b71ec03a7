/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "ck_functions.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"
#include "base/watch.h"

/* C_WaitForSlotEvent: a token came into a slot, or left it, by whichever process. */

/* What was told of each token so far: it is there or not. Under the module's lock. */
static bool *told;
static size_t told_count;

/* Who waits without the lock, on this descriptor. Under its own lock: C_Finalize waits for them while it holds the module's. */
static pthread_mutex_t waiting_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gone = PTHREAD_COND_INITIALIZER;
static size_t waiting;
static int stop_fd = -1;

static bool resize_told(size_t count)
{
	bool *more = realloc(told, (count ? count : 1) * sizeof *more);

	if (!more)
		return false;
	for (size_t i = told_count; i < count; i++)
		more[i] = false;
	told = more;
	told_count = count;
	return true;
}

/* The tokens that are there at initialisation are no event. */
void ck_event_start(void)
{
	if (!resize_told(sb_tokens_count(ck_tokens())))
		return;
	for (size_t i = 0; i < told_count; i++)
		told[i] = sb_token_present(sb_tokens_at(ck_tokens(), i));
}

static void close_stop(void)
{
	if (stop_fd >= 0)
		close(stop_fd);
	stop_fd = -1;
}

void ck_event_stop(void)
{
	static const uint64_t one = 1;

	pthread_mutex_lock(&waiting_lock);
	if (waiting && write(stop_fd, &one, sizeof one) == sizeof one)
		while (waiting)
			pthread_cond_wait(&gone, &waiting_lock);
	close_stop();
	pthread_mutex_unlock(&waiting_lock);
	free(told);
	told = NULL;
	told_count = 0;
}

void ck_event_abandon(void)
{
	static const pthread_mutex_t fresh_lock = PTHREAD_MUTEX_INITIALIZER;
	static const pthread_cond_t fresh_cond = PTHREAD_COND_INITIALIZER;

	waiting_lock = fresh_lock;
	gone = fresh_cond;
	waiting = 0;
	close_stop();
	free(told);
	told = NULL;
	told_count = 0;
}

/* The next event that was not told yet. */
static CK_RV next_event(CK_SLOT_ID *slot)
{
	size_t count;
	CK_RV rv = ck_error(sb_tokens_refresh(ck_tokens()));

	if (rv != CKR_OK)
		return rv;
	count = sb_tokens_count(ck_tokens());
	if (count > told_count && !resize_told(count))
		return CKR_HOST_MEMORY;
	for (size_t i = 0; i < told_count; i++) {
		struct sb_token *token = sb_tokens_at(ck_tokens(), i);

		if (sb_token_present(token) == told[i])
			continue;
		told[i] = !told[i];
		*slot = sb_token_slot(token);
		return CKR_OK;
	}
	return CKR_NO_EVENT;
}

static bool join(void)
{
	pthread_mutex_lock(&waiting_lock);
	if (stop_fd < 0)
		stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	waiting += stop_fd >= 0;
	pthread_mutex_unlock(&waiting_lock);
	return stop_fd >= 0;
}

static void part(void)
{
	pthread_mutex_lock(&waiting_lock);
	if (--waiting == 0)
		pthread_cond_broadcast(&gone);
	pthread_mutex_unlock(&waiting_lock);
}

CK_RV ck_WaitForSlotEvent(CK_FLAGS flags, CK_SLOT_ID *pSlot, void *pReserved)
{
	uint64_t life = ck_life();
	CK_RV rv = CKR_NO_EVENT;

	if (!pSlot || pReserved)
		return CKR_ARGUMENTS_BAD;
	if (flags & CKF_DONT_BLOCK)
		return next_event(pSlot);
	while (rv == CKR_NO_EVENT) {
		int watch = sb_watch_open(sb_tokens_path(ck_tokens()));

		rv = next_event(pSlot);
		if (rv == CKR_NO_EVENT && !join())
			rv = CKR_HOST_MEMORY;
		if (rv == CKR_NO_EVENT) {
			/* Without holding up a fork: this may take for ever. Counted out before the lock is taken again. */
			ck_leave();
			sb_watch_wait(watch, stop_fd);
			part();
			ck_reenter();
			rv = ck_life() == life ? CKR_NO_EVENT : CKR_CRYPTOKI_NOT_INITIALIZED;
		}
		sb_watch_close(watch);
	}
	return rv;
}
