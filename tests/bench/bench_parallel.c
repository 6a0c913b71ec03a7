/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "bench_module.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/evp.h>

/* P-256 signatures by many at once, with one key: threads that each have a session, then processes that each have a login. Told is the time from one
 * signature to the next of them all, beside bare EVP with as many, in turns. */

enum { THREADS_MAX = 8, SLICE_MS = 60, PROCESSES = 2 };

struct crowd {
	struct bench *b;
	CK_OBJECT_HANDLE key;
	EVP_PKEY *bare;
	atomic_bool *go, *stop; /* shared with children */
	bool ours;
};

struct member {
	struct crowd *crowd;
	CK_SESSION_HANDLE session;
	size_t signatures;
	bool failed;
};

static bool sign_ours(const struct member *m)
{
	static const CK_BYTE digest[32] = {1};
	CK_MECHANISM ecdsa = {CKM_ECDSA, NULL, 0};
	CK_BYTE signature[128];
	CK_ULONG len = sizeof signature;
	struct CK_FUNCTION_LIST *f = m->crowd->b->f;

	return f->C_SignInit(m->session, &ecdsa, m->crowd->key) == CKR_OK && f->C_Sign(m->session, (CK_BYTE *)digest, sizeof digest, signature, &len) == CKR_OK;
}

static bool sign_bare(EVP_PKEY_CTX *context)
{
	static const unsigned char digest[32] = {1};
	unsigned char signature[128];
	size_t len = sizeof signature;

	return EVP_PKEY_sign(context, signature, &len, digest, sizeof digest) == 1;
}

static void *work(void *argument)
{
	struct member *m = argument;
	EVP_PKEY_CTX *context = m->crowd->ours ? NULL : EVP_PKEY_CTX_new_from_pkey(NULL, m->crowd->bare, NULL);

	m->failed = !m->crowd->ours && EVP_PKEY_sign_init(context) != 1;
	while (!atomic_load(m->crowd->go))
		;
	while (!m->failed && !atomic_load_explicit(m->crowd->stop, memory_order_relaxed)) {
		m->failed = m->crowd->ours ? !sign_ours(m) : !sign_bare(context);
		m->signatures++;
	}
	EVP_PKEY_CTX_free(context);
	return NULL;
}

static void let_run(struct crowd *c)
{
	usleep(2000);
	atomic_store(c->go, true);
	usleep(SLICE_MS * 1000);
	atomic_store(c->stop, true);
}

/* Nanoseconds between signatures, of all together; 0: failed. */
static double threads(struct crowd *c, struct member *members, size_t count, bool ours)
{
	pthread_t thread[THREADS_MAX];
	size_t signatures = 0;
	bool failed = false;
	uint64_t start;

	c->ours = ours;
	atomic_store(c->go, false);
	atomic_store(c->stop, false);
	for (size_t i = 0; i < count; i++) {
		members[i].signatures = 0;
		if (pthread_create(&thread[i], NULL, work, &members[i]) != 0)
			exit(1);
	}
	start = bench_now();
	let_run(c);
	for (size_t i = 0; i < count; i++) {
		pthread_join(thread[i], NULL);
		signatures += members[i].signatures;
		failed |= members[i].failed;
	}
	return failed || !signatures ? 0 : (double)(bench_now() - start) / (double)signatures;
}

static void measure_threads(struct crowd *c, struct member *members, size_t count)
{
	double ours[1000], bare[1000];

	for (unsigned i = 0; i < c->b->rounds; i++) {
		/* Who goes first has another processor, perhaps, or one that idled. */
		bool first = i % 2;

		if (first)
			bare[i] = threads(c, members, count, false);
		ours[i] = threads(c, members, count, true);
		if (!first)
			bare[i] = threads(c, members, count, false);
		if (ours[i] <= 0 || bare[i] <= 0) {
			bench_skip("sign P-256, threads", "a signature failed", 0);
			return;
		}
	}
	bench_tell_ratio("sign P-256, threads", count, bench_median(ours, c->b->rounds), bench_median(bare, c->b->rounds));
}

void bench_threads(struct bench *b)
{
	atomic_bool go = false, stop = false;
	struct crowd c = {.b = b, .bare = EVP_EC_gen("P-256"), .go = &go, .stop = &stop};
	struct member members[THREADS_MAX];
	CK_RV rv;

	c.key = bench_signing_key(b, b->session, &rv);
	for (size_t i = 0; i < THREADS_MAX; i++) {
		members[i] = (struct member){.crowd = &c};
		if (rv != CKR_OK || (rv = b->f->C_OpenSession(b->slot, CKF_SERIAL_SESSION, NULL, NULL, &members[i].session)) != CKR_OK) {
			bench_skip("sign P-256, threads", "no session", rv);
			return;
		}
	}
	for (size_t count = 1; count <= THREADS_MAX; count *= 2)
		measure_threads(&c, members, count);
	EVP_PKEY_free(c.bare);
}

/* --- processes --- */

struct shared {
	atomic_bool go, stop;
	atomic_size_t ready, signatures;
	atomic_bool failed;
};

/* A child's whole life: its own C_Initialize and login, then what it is told. */
static void child(struct crowd *c, struct shared *s)
{
	CK_C_INITIALIZE_ARGS args = {.flags = CKF_OS_LOCKING_OK};
	struct member m = {.crowd = c};
	CK_RV rv = CKR_OK;

	if (c->ours) {
		if (c->b->f->C_Initialize(&args) != CKR_OK || !bench_log_in(c->b))
			rv = CKR_GENERAL_ERROR;
		else
			c->key = bench_signing_key(c->b, c->b->session, &rv);
		m.session = c->b->session;
	}
	atomic_fetch_add(&s->ready, 1);
	if (rv == CKR_OK)
		work(&m);
	if (rv != CKR_OK || m.failed)
		atomic_store(&s->failed, true);
	atomic_fetch_add(&s->signatures, m.signatures);
	_exit(0);
}

static double processes(struct crowd *c, struct shared *s, bool ours)
{
	pid_t children[PROCESSES];
	uint64_t start;

	*s = (struct shared){0};
	c->ours = ours;
	for (size_t i = 0; i < PROCESSES; i++)
		if ((children[i] = fork()) == 0)
			child(c, s);
	while (atomic_load(&s->ready) < PROCESSES)
		usleep(1000);
	start = bench_now();
	let_run(c);
	for (size_t i = 0; i < PROCESSES; i++)
		waitpid(children[i], NULL, 0);
	return atomic_load(&s->failed) || !atomic_load(&s->signatures) ? 0 : (double)(bench_now() - start) / (double)atomic_load(&s->signatures);
}

void bench_processes(struct bench *b)
{
	struct shared *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct crowd c = {.b = b, .bare = EVP_EC_gen("P-256")};
	double ours[1000], bare[1000];

	if (s == MAP_FAILED)
		return;
	c.go = &s->go;
	c.stop = &s->stop;
	for (unsigned i = 0; i < b->rounds; i++) {
		ours[i] = processes(&c, s, true);
		bare[i] = processes(&c, s, false);
		if (ours[i] <= 0 || bare[i] <= 0) {
			bench_skip("sign P-256, processes", "a signature failed", 0);
			return;
		}
	}
	bench_tell_ratio("sign P-256, processes", PROCESSES, bench_median(ours, b->rounds), bench_median(bare, b->rounds));
	munmap(s, sizeof *s);
}
