/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "ck_functions.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/error.h"
#include "crypto/random.h"

/* C_Initialize, C_Finalize, C_GetInfo; the module's one lock; fork. */

/* What every call writes to stands in one line of the processor's cache: with two threads a line more would cost as much as the lock. A thread that
 * finds the lock taken looks again a few times before it sleeps, since it is held for less time than that takes. */
enum { CACHE_LINE = 64 };

static struct {
	_Alignas(CACHE_LINE) pthread_mutex_t lock;
	atomic_bool ready;
	atomic_bool forked; /* set in a child: everything here is the parent's */
	unsigned working;   /* computations without the lock */
	unsigned forking;   /* threads that are about to fork: they wait for those to end, and no other begins */
	_Alignas(CACHE_LINE) pthread_cond_t fork_turn; /* nothing is computed any more, or nobody forks */
	struct sb_tokens *tokens;
	struct sb_bytes mechanisms; /* that the configuration allows to new tokens */
	struct sb_token_policy configured; /* its mechanisms point to those */
	uint64_t life;
	unsigned guests; /* calls that derive a PIN without the lock, and use the tokens afterwards */
	pthread_cond_t no_guests;
} module = {.lock = PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP, .fork_turn = PTHREAD_COND_INITIALIZER, .no_guests = PTHREAD_COND_INITIALIZER};

static pthread_once_t fork_once = PTHREAD_ONCE_INIT;

/* fork() waits until no call and no computation is in flight, so that the child inherits a state that can be taken apart, and no lock
 * inside OpenSSL that nobody is left to release. */
static void before_fork(void)
{
	pthread_mutex_lock(&module.lock);
	module.forking++;
	while (module.working)
		pthread_cond_wait(&module.fork_turn, &module.lock);
}

static void after_fork_in_parent(void)
{
	module.forking--;
	pthread_cond_broadcast(&module.fork_turn);
	pthread_mutex_unlock(&module.lock);
}

static void after_fork_in_child(void)
{
	static const pthread_mutex_t fresh_lock = PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP;
	static const pthread_cond_t fresh_condition = PTHREAD_COND_INITIALIZER;

	module.lock = fresh_lock;
	module.fork_turn = module.no_guests = fresh_condition;
	module.forking = module.guests = 0;
	if (atomic_load(&module.ready))
		atomic_store(&module.forked, true);
}

static void watch_forks(void)
{
	pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

/* Takes the state apart, with the lock held. */
static void tear_down(void)
{
	module.life++;
	if (atomic_load(&module.forked))
		ck_event_abandon();
	else
		ck_event_stop();
	ck_session_close_all(NULL);
	ck_object_drop(NULL, false);
	ck_saved_states_drop();
	if (atomic_load(&module.forked))
		sb_tokens_abandon(&module.tokens);
	else
		sb_tokens_close(&module.tokens);
	sb_bytes_free(&module.mechanisms);
	atomic_store(&module.ready, false);
	atomic_store(&module.forked, false);
}

/* The child's first call wipes what it inherited of the parent's keys. */
static CK_RV refuse_in_child(void)
{
	pthread_mutex_lock(&module.lock);
	if (atomic_load(&module.forked))
		tear_down();
	pthread_mutex_unlock(&module.lock);
	return CKR_CRYPTOKI_NOT_INITIALIZED;
}

CK_RV ck_enter(void)
{
	if (!atomic_load_explicit(&module.ready, memory_order_acquire))
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	if (atomic_load_explicit(&module.forked, memory_order_acquire))
		return refuse_in_child();
	/* After OpenSSL's own exit clean-up nothing of it may be called any more. */
	if (sb_crypto_alive() != SB_OK)
		return CKR_GENERAL_ERROR;
	pthread_mutex_lock(&module.lock);
	if (atomic_load(&module.ready))
		return CKR_OK;
	pthread_mutex_unlock(&module.lock);
	return CKR_CRYPTOKI_NOT_INITIALIZED;
}

CK_RV ck_enter_visit(CK_SESSION_HANDLE handle, struct ck_session **session)
{
	CK_RV rv = ck_enter();

	if (rv != CKR_OK)
		return rv;
	*session = ck_session_find(handle);
	if (!*session)
		rv = CKR_SESSION_HANDLE_INVALID;
	else if (!(*session)->token)
		return CKR_OK;
	else if (!sb_token_present((*session)->token)) {
		/* Said once, to whoever asks first; the sessions went with the token. */
		ck_session_token_gone((*session)->token);
		rv = CKR_DEVICE_REMOVED;
	} else if ((*session)->epoch != sb_token_epoch((*session)->token))
		ck_session_forget_login((*session)->token);
	if (rv != CKR_OK)
		ck_leave();
	return rv;
}

CK_RV ck_enter_session(CK_SESSION_HANDLE handle, struct ck_session **session)
{
	CK_RV rv = ck_enter_visit(handle, session);

	if (rv == CKR_OK && !(*session)->token) {
		ck_leave();
		rv = CKR_TOKEN_NOT_RECOGNIZED;
	}
	return rv;
}

void ck_leave(void)
{
	pthread_mutex_unlock(&module.lock);
}

void ck_reenter(void)
{
	pthread_mutex_lock(&module.lock);
}

uint64_t ck_life(void)
{
	return module.life;
}

void ck_unlock(void)
{
	while (module.forking)
		pthread_cond_wait(&module.fork_turn, &module.lock);
	module.working++;
	pthread_mutex_unlock(&module.lock);
}

void ck_lock(void)
{
	pthread_mutex_lock(&module.lock);
	if (--module.working == 0 && module.forking)
		pthread_cond_broadcast(&module.fork_turn);
}

/* A PIN's derivation must not hold up the other threads; C_Finalize waits for it. */
static void let_go(void)
{
	module.guests++;
	ck_unlock();
}

static void take_back(void)
{
	ck_lock();
	if (--module.guests == 0)
		pthread_cond_broadcast(&module.no_guests);
}

static const struct sb_slow_work slow_work = {let_go, take_back};

struct sb_tokens *ck_tokens(void)
{
	return module.tokens;
}

const struct sb_token_policy *ck_configured_policy(void)
{
	return &module.configured;
}

/* We lock with the system's mutexes always; a caller that forbids them and gives its own cannot be served. */
static CK_RV check_arguments(const CK_C_INITIALIZE_ARGS *args)
{
	int given;

	if (!args)
		return CKR_OK;
	if (args->pReserved)
		return CKR_ARGUMENTS_BAD;
	given = !!args->CreateMutex + !!args->DestroyMutex + !!args->LockMutex + !!args->UnlockMutex;
	if (given != 0 && given != 4)
		return CKR_ARGUMENTS_BAD;
	return given == 4 && !(args->flags & CKF_OS_LOCKING_OK) ? CKR_CANT_LOCK : CKR_OK;
}

static int read_policy(const struct sb_config *config)
{
	char bad[64];
	int rc = config->mechanisms ? sb_mechanisms_parse(config->mechanisms, config->profile, &module.mechanisms, bad) : SB_OK;

	module.configured = (struct sb_token_policy){.profile = config->profile, .mechanisms = sb_bytes_slice(&module.mechanisms)};
	return rc;
}

static CK_RV start(void)
{
	struct sb_config config;
	int rc = sb_crypto_start();

	if (rc != SB_OK)
		return ck_error(rc);
	rc = sb_config_load(&config, NULL);
	if (rc != SB_OK)
		return ck_error(rc);
	rc = read_policy(&config);
	if (rc == SB_OK)
		rc = sb_tokens_open(&config, &module.tokens);
	sb_config_free(&config);
	if (rc != SB_OK) {
		sb_bytes_free(&module.mechanisms);
		return rc == SB_E_NOMEM ? CKR_HOST_MEMORY : rc == SB_E_CONFIG ? CKR_GENERAL_ERROR : CKR_DEVICE_ERROR;
	}
	sb_tokens_on_slow_work(&slow_work);
	module.life++;
	atomic_store(&module.ready, true);
	return CKR_OK;
}

CK_RV ck_Initialize(void *pInitArgs)
{
	CK_RV rv = check_arguments(pInitArgs);

	if (rv != CKR_OK)
		return rv;
	pthread_once(&fork_once, watch_forks);
	/* Before the lock: what openssl.cnf loads may come back to us. */
	sb_crypto_settle_host();
	pthread_mutex_lock(&module.lock);
	if (atomic_load(&module.forked))
		tear_down();
	rv = atomic_load(&module.ready) ? CKR_CRYPTOKI_ALREADY_INITIALIZED : start();
	if (rv == CKR_OK)
		ck_event_start();
	pthread_mutex_unlock(&module.lock);
	return rv;
}

CK_RV ck_Finalize(void *pReserved)
{
	CK_RV rv = CKR_CRYPTOKI_NOT_INITIALIZED;

	if (pReserved)
		return CKR_ARGUMENTS_BAD;
	pthread_mutex_lock(&module.lock);
	while (module.guests)
		pthread_cond_wait(&module.no_guests, &module.lock);
	if (atomic_load(&module.ready)) {
		rv = atomic_load(&module.forked) ? CKR_CRYPTOKI_NOT_INITIALIZED : CKR_OK;
		tear_down();
	}
	pthread_mutex_unlock(&module.lock);
	return rv;
}

CK_RV ck_GetInfo(CK_INFO *pInfo)
{
	if (!pInfo)
		return CKR_ARGUMENTS_BAD;
	*pInfo = (CK_INFO){.cryptokiVersion = {3, 2}, .libraryVersion = {0, 1}};
	memset(pInfo->manufacturerID, ' ', sizeof pInfo->manufacturerID);
	memset(pInfo->libraryDescription, ' ', sizeof pInfo->libraryDescription);
	memcpy(pInfo->manufacturerID, "sinbun", 6);
	memcpy(pInfo->libraryDescription, "sinbun identity token", 21);
	return CKR_OK;
}
