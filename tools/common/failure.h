/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_FAILURE_H
#define SINBUN_FAILURE_H

/* Why a verb failed: what --json prints, what a person reads, and the exit code. */
enum sb_exit {
	SB_EXIT_OK = 0, SB_EXIT_REFUSED = 1, SB_EXIT_USAGE = 2, SB_EXIT_CONFIG = 3, SB_EXIT_DATA = 4, SB_EXIT_TOKEN = 5,
	SB_EXIT_PIN = 6, SB_EXIT_PIN_LOCKED = 7, SB_EXIT_NETWORK = 8, SB_EXIT_STORAGE = 9, SB_EXIT_NOT_NOW = 10,
};

struct sb_failure {
	enum sb_exit exit;
	char error[32];    /* machine name: "mismatch", "pin_refused", "pin_incorrect" … */
	char field[256];   /* the field, file, line or option concerned, or "" */
	char rule[32];     /* e.g. "birth_date", or "" */
	int tries_left;    /* -1: does not apply */
	char message[1024]; /* in the user's language, what is wrong and what to do next */
};

/* Fills *f (message formatted, already translated by the caller through _()) and returns exit. error: static name. field may be NULL. */
int sb_fail(struct sb_failure *f, enum sb_exit exit, const char *error, const char *field, const char *message, ...)
	__attribute__((format(printf, 5, 6)));

#endif
