/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_BENCH_MODULE_H
#define SINBUN_BENCH_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <api.h> /* the module's */

/* Measures any PKCS#11 module, as bench-module.c tells. Every figure is a line of JSON on standard output. */

struct bench {
	struct CK_FUNCTION_LIST *f;
	void *library;
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session; /* read-write, logged in */
	const char *init; /* parameters for C_Initialize (NSS), or NULL */
	char pin[128];
	unsigned rounds;
};

/* What is timed: does it count times, in the context given; false where it fails. */
typedef bool bench_work(void *context, size_t count);

uint64_t bench_now(void); /* nanoseconds */
double bench_median(double *values, size_t count); /* sorts them */

/* $FIGURE leaves others out. */
bool bench_is_wanted(const char *figure);
/* The module's work and the bare one in turns: slices of a few milliseconds, medians of the rounds, their ratio (1: as fast as bare). */
void bench_against(const struct bench *b, const char *figure, bench_work *ours, bench_work *bare, void *context);
/* The module's alone, in nanoseconds each. number: what it grows with, told as "with"; 0: nothing. */
void bench_alone(const struct bench *b, const char *figure, size_t number, bench_work *ours, void *context);
void bench_tell_ns(const char *figure, size_t number, double ns);
void bench_tell_ratio(const char *figure, size_t number, double ours, double bare);
/* A figure that this module has not, and the CKR_ value or the word that says why. */
void bench_skip(const char *figure, const char *why, CK_RV rv);

/* Loads, initialises, finds the token; false with a message. */
bool bench_load(struct bench *b, const char *module);
bool bench_find_token(struct bench *b, const char *label);
bool bench_log_in(struct bench *b);

/* --- the groups of figures; each takes a bench that is logged in --- */
void bench_signatures(struct bench *b);
void bench_other_mechanisms(struct bench *b);
void bench_calls(struct bench *b);
void bench_threads(struct bench *b);
void bench_processes(struct bench *b);
void bench_objects(struct bench *b, size_t count); /* makes them on a token that has none, or searches among them */

/* The private key of that label, generated on the token where it is not there yet. CK_INVALID_HANDLE with *rv. */
CK_OBJECT_HANDLE bench_signing_key(struct bench *b, CK_SESSION_HANDLE session, CK_RV *rv);
#define BENCH_P256 "bench P-256"

#endif
