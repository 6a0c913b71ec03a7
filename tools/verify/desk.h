/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_VERIFY_DESK_H
#define SINBUN_VERIFY_DESK_H

#include "common/failure.h"
#include "common/verb.h"
#include "formats/bundle.h"
#include "verify/verdict.h"

/* The desk: what it trusts (root, bundle) and what it remembers (open challenges, codes accepted), in HOME/desk.db.
 * What was accepted is on disk before anyone is told "valid"; a crash forgets nothing of it. */

enum { DESK_CHALLENGE_LIFE = 120, DESK_CHALLENGE_DIGITS = 8 };
/* Seconds that the issuer's clock may be ahead of the desk's before either counts as wrong. */
enum { DESK_CLOCK_SLACK = 300 };

struct desk;
/* For `update`, which sets a desk up: makes the directory and the file where absent. Refuses a directory open to others (SB_EXIT_STORAGE). */
int desk_make(struct sb_program *p, struct desk **out, struct sb_failure *f);
/* For all others: makes nothing. A desk that was never set up knows nothing and remembers nothing; desk_is_new tells. */
int desk_open(struct sb_program *p, struct desk **out, struct sb_failure *f);
bool desk_is_new(const struct desk *desk);
void desk_close(struct desk **desk);
/* SB_E_* of the desk's memory as a failure. */
int desk_fail(struct sb_program *p, int error, struct sb_failure *f);
/* For a verb that a new desk cannot serve: SB_EXIT_CONFIG "no_root". */
int desk_fail_new(struct sb_program *p, struct sb_failure *f);

/* One write transaction at a time; desk_commit and desk_rollback end it. SB_E_BUSY after 10 s. */
int desk_begin(struct desk *d);
int desk_commit(struct desk *d);
void desk_rollback(struct desk *d);

/* Named values: "root" (DER), "bundle" (its text). SB_E_NOT_FOUND. Appends. */
int desk_get(struct desk *d, const char *name, struct sb_bytes *value);
int desk_put(struct desk *d, const char *name, struct sb_slice value);

/* The same for times: "bundle-iat". */
int desk_get_time(struct desk *d, const char *name, int64_t *value);
int desk_put_time(struct desk *d, const char *name, int64_t value);

/* One verification, or one that was not needed. All texts are names, "" where there is none. */
struct desk_event {
	int64_t time;
	bool patient;         /* a chart number was given with it */
	const char *kind;     /* "check", "exempt" */
	const char *result;   /* "valid", "refused" */
	const char *reason;   /* of the verdict, or of the exemption */
	const char *document; /* "resident" */
	const char *fields;   /* "name,birth_date" */
	const char *portrait; /* "checked", "not_checked" */
};
/* Notes one and forgets those older than keep_days (0: notes none); inside a transaction. At most 100,000 are kept. */
int desk_note(struct desk *d, const struct desk_event *event, long keep_days);
int desk_history_trim(struct desk *d, int64_t now, long keep_days);
/* The newest `limit` of those since that time, in order. each: SB_OK to go on. */
int desk_history(struct desk *d, int64_t since, long limit, int (*each)(void *context, const struct desk_event *event), void *context);

/* A new challenge of DESK_CHALLENGE_DIGITS digits, open until now + DESK_CHALLENGE_LIFE. */
int desk_challenge_new(struct desk *d, int64_t now, char out[DESK_CHALLENGE_DIGITS + 1]);
/* The memory as the decision asks it; inside a transaction. */
struct verify_memory desk_memory(struct desk *d);
/* Remembers an accepted code and uses up its challenge (data NULL: none). Inside the transaction of the decision. */
int desk_remember(struct desk *d, const uint8_t id[32], struct sb_slice challenge, int64_t now);

#endif
