/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "bench_module.h"

#include <dlfcn.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* bench-module GROUP MODULE LABEL [NUMBER], with the holder's PIN as a line of standard input: measures a PKCS#11 module, ours or another, beside
 * bare OpenSSL in the same run; or "derivation MIB PASSES" alone. GROUP is one of those below; NUMBER the objects of "objects". $BENCH_INIT is given to C_Initialize, as
 * NSS wants it; $ROUNDS is how often each figure is taken (15); $FIGURE, part of a figure's name, leaves the others out.
 * With $COUNT nothing is timed: what is wanted is done so many times, by the module or, where $SIDE is "bare", by OpenSSL alone (instructions.sh). */

enum { SLICE = 4000000 /* ns */, ROUNDS_MAX = 1000 };

uint64_t bench_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_median(double *values, size_t count)
{
	qsort(values, count, sizeof *values, by_size);
	return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* --- telling --- */

static void tell_name(const char *figure, size_t number)
{
	printf("{\"figure\":\"%s\"", figure);
	if (number)
		printf(",\"with\":%zu", number);
}

void bench_tell_ns(const char *figure, size_t number, double ns)
{
	tell_name(figure, number);
	printf(",\"ns\":%.1f}\n", ns);
	fflush(stdout);
}

void bench_tell_ratio(const char *figure, size_t number, double ours, double bare)
{
	tell_name(figure, number);
	printf(",\"ratio\":%.4f,\"ns\":%.1f,\"bare_ns\":%.1f}\n", bare / ours, ours, bare);
	fflush(stdout);
}

void bench_skip(const char *figure, const char *why, CK_RV rv)
{
	tell_name(figure, 0);
	printf(",\"skipped\":\"%s\",\"rv\":\"0x%lx\"}\n", why, rv);
	fflush(stdout);
}

/* --- timing --- */

bool bench_is_wanted(const char *figure)
{
	const char *part = getenv("FIGURE");

	return !part || strstr(figure, part);
}

/* How often, for a slice. 0 where the work fails. */
static size_t fit(bench_work *work, void *context)
{
	size_t count = 1;

	for (;;) {
		uint64_t start = bench_now(), took;

		if (!work(context, count))
			return 0;
		took = bench_now() - start;
		if (took * 2 >= SLICE || count > 1u << 24)
			return took ? (size_t)((double)count * SLICE / (double)took) + 1 : count;
		count *= 2;
	}
}

/* True where nothing is to be timed. */
static bool is_counted(bench_work *ours, bench_work *bare, void *context)
{
	const char *count = getenv("COUNT"), *side = getenv("SIDE");
	bench_work *work = side && strcmp(side, "bare") == 0 ? bare : ours;

	if (!count)
		return false;
	if (work && !work(context, strtoul(count, NULL, 10)))
		exit(1);
	return true;
}

static double slice(bench_work *work, void *context, size_t count)
{
	uint64_t start = bench_now();

	if (!work(context, count))
		return 0;
	return (double)(bench_now() - start) / (double)count;
}

void bench_against(const struct bench *b, const char *figure, bench_work *ours, bench_work *bare, void *context)
{
	double our_ns[ROUNDS_MAX], bare_ns[ROUNDS_MAX];
	size_t our_count, bare_count;

	if (!bench_is_wanted(figure) || is_counted(ours, bare, context))
		return;
	our_count = fit(ours, context);
	bare_count = fit(bare, context);
	if (!our_count || !bare_count) {
		bench_skip(figure, our_count ? "bare OpenSSL failed" : "the module failed", 0);
		return;
	}
	for (unsigned i = 0; i < b->rounds; i++) {
		bool first = i % 2;

		if (first)
			bare_ns[i] = slice(bare, context, bare_count);
		our_ns[i] = slice(ours, context, our_count);
		if (!first)
			bare_ns[i] = slice(bare, context, bare_count);
	}
	bench_tell_ratio(figure, 0, bench_median(our_ns, b->rounds), bench_median(bare_ns, b->rounds));
}

void bench_alone(const struct bench *b, const char *figure, size_t number, bench_work *ours, void *context)
{
	double ns[ROUNDS_MAX];
	size_t count;

	if (!bench_is_wanted(figure) || is_counted(ours, NULL, context))
		return;
	count = fit(ours, context);
	if (!count) {
		bench_skip(figure, "the module failed", 0);
		return;
	}
	for (unsigned i = 0; i < b->rounds; i++)
		ns[i] = slice(ours, context, count);
	bench_tell_ns(figure, number, bench_median(ns, b->rounds));
}

/* --- the module --- */

bool bench_load(struct bench *b, const char *module)
{
	CK_C_INITIALIZE_ARGS args = {.flags = CKF_OS_LOCKING_OK};
	/* NSS has a member more than the standard. */
	struct { CK_CREATEMUTEX create; CK_DESTROYMUTEX destroy; CK_LOCKMUTEX lock; CK_UNLOCKMUTEX unlock; CK_FLAGS flags; const char *parameters;
		void *reserved; } nss = {.flags = CKF_OS_LOCKING_OK, .parameters = b->init};
	CK_RV (*list)(struct CK_FUNCTION_LIST **f);
	CK_RV rv;

	b->library = dlopen(module, RTLD_NOW | RTLD_LOCAL);
	if (!b->library) {
		fprintf(stderr, "bench-module: %s\n", dlerror());
		return false;
	}
	*(void **)&list = dlsym(b->library, "C_GetFunctionList");
	if (!list || list(&b->f) != CKR_OK) {
		fprintf(stderr, "bench-module: %s is no PKCS#11 module\n", module);
		return false;
	}
	rv = b->f->C_Initialize(b->init ? (void *)&nss : (void *)&args);
	if (rv != CKR_OK)
		fprintf(stderr, "bench-module: C_Initialize: 0x%lx\n", rv);
	return rv == CKR_OK;
}

static bool has_label(const CK_TOKEN_INFO *info, const char *label)
{
	size_t len = strlen(label);

	return len <= sizeof info->label && memcmp(info->label, label, len) == 0 && (len == sizeof info->label || info->label[len] == ' ');
}

bool bench_find_token(struct bench *b, const char *label)
{
	CK_SLOT_ID slots[64];
	CK_ULONG count = sizeof slots / sizeof *slots;
	CK_TOKEN_INFO info;

	if (b->f->C_GetSlotList(CK_TRUE, slots, &count) == CKR_OK)
		for (CK_ULONG i = 0; i < count; i++)
			if (b->f->C_GetTokenInfo(slots[i], &info) == CKR_OK && has_label(&info, label)) {
				b->slot = slots[i];
				return true;
			}
	fprintf(stderr, "bench-module: the module has no token called %s\n", label);
	return false;
}

bool bench_log_in(struct bench *b)
{
	CK_RV rv = b->f->C_OpenSession(b->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &b->session);

	if (rv == CKR_OK)
		rv = b->f->C_Login(b->session, CKU_USER, (CK_UTF8CHAR *)b->pin, strlen(b->pin));
	if (rv != CKR_OK)
		fprintf(stderr, "bench-module: the login: 0x%lx\n", rv);
	return rv == CKR_OK;
}

static bool read_pin(struct bench *b)
{
	if (!fgets(b->pin, sizeof b->pin, stdin))
		return false;
	b->pin[strcspn(b->pin, "\n")] = 0;
	return true;
}

/* --- the start --- */

/* From nothing to the first signature in this process, by step; the key is there. */
static int start(struct bench *b, const char *module, const char *label)
{
	static CK_BYTE digest[32], signature[128];
	CK_MECHANISM ecdsa = {CKM_ECDSA, NULL, 0};
	CK_ULONG len = sizeof signature;
	uint64_t t[6];
	CK_OBJECT_HANDLE key;
	CK_RV rv;

	t[0] = bench_now();
	if (!bench_load(b, module))
		return 1;
	t[1] = bench_now();
	if (!bench_find_token(b, label) || b->f->C_OpenSession(b->slot, CKF_SERIAL_SESSION, NULL, NULL, &b->session) != CKR_OK)
		return 1;
	t[2] = bench_now();
	if (b->f->C_Login(b->session, CKU_USER, (CK_UTF8CHAR *)b->pin, strlen(b->pin)) != CKR_OK)
		return 1;
	t[3] = bench_now();
	key = bench_signing_key(b, b->session, &rv);
	t[4] = bench_now();
	if (key == CK_INVALID_HANDLE || b->f->C_SignInit(b->session, &ecdsa, key) != CKR_OK ||
		b->f->C_Sign(b->session, digest, sizeof digest, signature, &len) != CKR_OK)
		return 1;
	t[5] = bench_now();
	bench_tell_ns("start: load and C_Initialize", 0, (double)(t[1] - t[0]));
	bench_tell_ns("start: find the token, open a session", 0, (double)(t[2] - t[1]));
	bench_tell_ns("start: C_Login", 0, (double)(t[3] - t[2]));
	bench_tell_ns("start: find the key", 0, (double)(t[4] - t[3]));
	bench_tell_ns("start: the first signature", 0, (double)(t[5] - t[4]));
	return 0;
}

/* What the derivation of the PIN's key takes by itself (Argon2id): C_Login less this is the module's own. */
static int derivation(unsigned long mib, unsigned long passes)
{
	static unsigned char key[32], salt[crypto_pwhash_argon2id_SALTBYTES];
	uint64_t start;

	/* Without it libsodium takes no notice of what the processor can do. */
	if (sodium_init() < 0)
		return 1;
	start = bench_now();
	if (crypto_pwhash_argon2id(key, sizeof key, "bench-passphrase", 16, salt, passes, mib << 20, crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0)
		return 1;
	bench_tell_ns("start: of C_Login, the derivation", 0, (double)(bench_now() - start));
	return 0;
}

static double resident_kib(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	unsigned long size, resident = 0, shared = 0;

	if (f && fscanf(f, "%lu %lu %lu", &size, &resident, &shared) != 3)
		resident = shared = 0;
	if (f)
		fclose(f);
	return (double)(resident - shared) * (double)sysconf(_SC_PAGESIZE) / 1024;
}

/* What a host's private memory grows by. */
static int memory(struct bench *b, const char *module, const char *label)
{
	double before = resident_kib();

	if (!bench_load(b, module) || !bench_find_token(b, label) || !bench_log_in(b))
		return 1;
	printf("{\"figure\":\"memory after login\",\"KiB\":%.0f}\n", resident_kib() - before);
	return 0;
}

static const struct {
	const char *name;
	void (*run)(struct bench *b);
} groups[] = {
	{"signatures", bench_signatures},
	{"mechanisms", bench_other_mechanisms},
	{"calls", bench_calls},
	{"threads", bench_threads},
};

static int run_group(struct bench *b, const char *group, size_t number)
{
	if (strcmp(group, "objects") == 0) {
		bench_objects(b, number);
		return 0;
	}
	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
		if (strcmp(groups[i].name, group) == 0) {
			groups[i].run(b);
			return 0;
		}
	fprintf(stderr, "bench-module: there is no group called %s\n", group);
	return 2;
}

int main(int argc, char **argv)
{
	const char *rounds = getenv("ROUNDS");
	struct bench b = {.init = getenv("BENCH_INIT"), .rounds = rounds && atoi(rounds) > 0 ? (unsigned)atoi(rounds) : 15};

	if (argc < 4 || b.rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: bench-module GROUP MODULE LABEL [NUMBER] <PIN\n");
		return 2;
	}
	if (strcmp(argv[1], "derivation") == 0)
		return derivation(strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10));
	if (!read_pin(&b))
		return 2;
	if (strcmp(argv[1], "start") == 0)
		return start(&b, argv[2], argv[3]);
	if (strcmp(argv[1], "memory") == 0)
		return memory(&b, argv[2], argv[3]);
	if (!bench_load(&b, argv[2]) || !bench_find_token(&b, argv[3]))
		return 1;
	if (strcmp(argv[1], "processes") == 0) {
		/* Each logs in for itself: a fork may not share what its parent opened. */
		b.f->C_Finalize(NULL);
		bench_processes(&b);
		return 0;
	}
	return bench_log_in(&b) ? run_group(&b, argv[1], argc > 4 ? strtoul(argv[4], NULL, 10) : 0) : 1;
}
