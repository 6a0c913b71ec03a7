/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_VERIFY_ANSWER_H
#define SINBUN_VERIFY_ANSWER_H

#include "verify/desk.h"
#include "verify/patient.h"
#include "verify/photos.h"
#include "verify/receipt.h"
#include "verify/settings.h"

/* From a code's text to an answer at the desk: asks the decision, remembers, tells. Shared by scan and check. */

struct answer {
	struct sb_program *p;
	struct desk *desk;
	struct sb_document **documents;
	struct settings settings;
	const char *challenge; /* of --challenge, or NULL */
	const char *wanted;    /* of --fields, or NULL: all that is shown */
	const char *portrait_out; /* of --portrait-out, or NULL */
	bool patient;          /* --patient is given: its hash */
	uint8_t patient_id[PATIENT_ID];
	int64_t at;            /* of --at; -1: now, at each code */
	struct receipt receipt; /* of --receipt */
	bool batch;            /* --batch or --files-from: every file for itself */
	bool received;         /* --at received: each as of when it came (batch.h) */
	struct photos photos;
	bool one_person;       /* all photos belong to this code: one that does not fit is somebody else's */
	struct sb_bundle bundle; /* in force, when have */
	struct sb_bytes bundle_text;
	struct sb_bytes root; /* what the desk trusts, DER; empty: nothing */
	bool have;
	unsigned valid, refused;
};

/* Opens the desk, reads its settings and the options --challenge, --at, --fields, --portrait-out, --receipt. */
int answer_open(struct sb_program *p, struct answer *a, struct sb_failure *f);
void answer_close(struct answer *a);

/* 2026-11-24T09:30:00Z, or with +09:00 instead of the Z. SB_E_FORMAT, SB_E_RANGE (no such day or time). In any thread. */
int answer_read_time(const char *text, int64_t *out);

/* Judges one code and tells the verdict. SB_EXIT_OK for a verdict of either kind; result is empty afterwards. */
int answer_give(struct answer *a, struct sb_slice text, json_t *result, struct sb_failure *f);
/* The same, and the verdict is the caller's to free. */
int answer_judge(struct answer *a, struct sb_slice text, struct verify_verdict *v, json_t *result, struct sb_failure *f);

/* Tells a verdict (again, when its photo has become whole). */
int answer_tell(struct answer *a, const struct verify_verdict *v, json_t *result, struct sb_failure *f);

/* The parts of it, for whoever judges many. First: the bundle as it is now, and whether the clock can be right ("clock", exit 10). */
int answer_refresh(struct answer *a, struct sb_failure *f);
int64_t answer_time(const struct answer *a);
/* What the code is by itself: touches nothing of *a, in any thread. SB_E_*. */
int answer_examine(const struct answer *a, struct sb_slice text, int64_t at, struct verify_verdict *v);
/* What the desk remembers of it, and the note of it; inside desk_begin … desk_commit. SB_E_*. */
int answer_settle(struct answer *a, int64_t at, struct verify_verdict *v);

/* verify_status by what this desk has. */
enum verify_reason answer_status(const struct answer *a, int64_t at, struct verify_verdict *v);

/* Several codes, and a receipt of one is wanted. */
int answer_fail_several(struct sb_failure *f);
bool answer_is_blank(struct sb_slice line);
/* Every line of a text that is not blank. */
int answer_lines(struct answer *a, struct sb_slice text, json_t *result, struct sb_failure *f);
/* The exit code after all codes: valid, refused, or SB_EXIT_DATA "no_code" when there was none in source. */
int answer_exit(const struct answer *a, const char *source, struct sb_failure *f);

/* --- fields.c --- */
/* --fields is made of names that some document type has; SB_EXIT_USAGE. */
int wanted_check(const struct answer *a, struct sb_failure *f);
bool wanted_has(const struct answer *a, const struct sb_document *d, const char *element);
/* Names of elements that were asked for and not shown. */
json_t *wanted_missing(const struct answer *a, const struct verify_verdict *v);

/* --- tell.c --- */
enum { TELL_TIME = 32 };
/* 2026-11-24T09:30:00Z; NULL for a time that has no such form. */
const char *tell_time(int64_t seconds, char text[TELL_TIME]);
/* The verdict as the members of result. */
void tell_fill(const struct answer *a, const struct verify_verdict *v, json_t *result);
/* Of it, what the list of revoked cards says: status, status_age_s. */
void tell_status(const struct verify_verdict *v, json_t *result);
/* What a verdict of any form says beside: at, where --at was given; warning, where that list is old by this desk's settings. */
void tell_circumstances(const struct answer *a, const struct verify_verdict *v, json_t *result);
/* The same for people. */
void tell_say_at(const struct answer *a);
void tell_say_age(const struct answer *a, const struct verify_verdict *v);
/* Valid, and it says whose card it is: a code that tells the age alone is not a check of identity. */
bool tell_identifies(const struct verify_verdict *v);
/* Names of the fields that are told, with commas between; appended. */
int tell_names(const struct answer *a, const struct verify_verdict *v, struct sb_bytes *names);
/* The verdict for people. */
void tell_person(const struct answer *a, const struct verify_verdict *v, const json_t *result);

/* --- banner.c --- */
/* The word, in letters that are seen from across a counter where the terminal can. */
void banner_say(const struct answer *a, bool valid);

#define ANSWER_OPTIONS                                                                                                                       \
	{"--challenge", SB_OPTION_TEXT, "C", N_("the challenge that the code must answer"), false},                                          \
	{"--fields", SB_OPTION_TEXT, "NAMES", N_("only these fields (name,birth_date), or those of a set (basic)"), false},                  \
	{"--plain", SB_OPTION_FLAG, NULL, N_("sentences only, for a screen reader"), false},                                                 \
	{                                                                                                                                    \
		"--at", SB_OPTION_TEXT, "TIME", N_("judge as of this time (2026-11-24T09:30:00Z) instead of now"), false                     \
	}

#endif
