/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_VERIFY_ANSWER_H
#define SINBUN_VERIFY_ANSWER_H

#include "verify/desk.h"

/* From a code's text to an answer at the desk: asks the decision, remembers, tells. Shared by scan and check. */

struct answer {
	struct sb_program *p;
	struct desk *desk;
	struct sb_document **documents;
	const char *challenge; /* of --challenge, or NULL */
	int64_t at;            /* of --at; -1: now, at each code */
	unsigned valid, refused;
};

/* Opens the desk, reads the options --challenge and --at. */
int answer_open(struct sb_program *p, struct answer *a, struct sb_failure *f);
void answer_close(struct answer *a);
/* Judges one code and tells the verdict. SB_EXIT_OK for a verdict of either kind; result is empty afterwards. */
int answer_give(struct answer *a, struct sb_slice text, json_t *result, struct sb_failure *f);
bool answer_is_blank(struct sb_slice line);
/* Every line of a text that is not blank. */
int answer_lines(struct answer *a, struct sb_slice text, json_t *result, struct sb_failure *f);
/* The exit code after all codes: valid, refused, or SB_EXIT_DATA "no_code" when there was none in source. */
int answer_exit(const struct answer *a, const char *source, struct sb_failure *f);

#define ANSWER_OPTIONS                                                                                                                       \
	{"--challenge", SB_OPTION_TEXT, "C", N_("the challenge that the code must answer"), false},                                          \
	{                                                                                                                                    \
		"--at", SB_OPTION_TEXT, "TIME", N_("judge as of this time (2026-11-24T09:30:00Z) instead of now"), false                     \
	}

#endif
