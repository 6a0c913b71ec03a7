/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_ADMIN_REAL_NAME_H
#define SINBUN_ADMIN_REAL_NAME_H

#include "admin/claim.h"
#include "registry/registry_apply.h"

/* The real-name check (name and RRN) of somebody whom no clerk sees. Tries are counted for the number, and for the name with its date of birth, whether
 * there is such a resident or not: neither other names for a number nor other numbers for a name can be tried without end. After REAL_NAME_TRIES wrong
 * ones in a row there is a pause, each time twice as long, an hour at most; a day without tries forgets them. What is wrong, the name or the number, is
 * not told. */

enum { REAL_NAME_TRIES = 5, REAL_NAME_PAUSE = 30, REAL_NAME_PAUSE_MAX = 3600, REAL_NAME_KEPT = 24 * 3600 /* seconds */ };

struct real_name {
	uint8_t keys[2][SB_REGISTRY_HASH]; /* of the number, of name and date of birth */
	int left;                          /* tries before a pause, this one not counted */
};

/* Charges a try, durably, before anybody knows whether it is right. c: its forms have been checked. "too_many_tries" while there is a pause; nothing is
 * charged then. Outside a transaction. */
int real_name_charge(struct sb_registry *r, const struct claim *c, int64_t now, struct real_name *out, struct sb_failure *f);
/* It was right. Outside a transaction. */
int real_name_give_back(struct sb_registry *r, const struct real_name *t, struct sb_failure *f);
/* It was wrong: "mismatch". */
int real_name_fail(const struct real_name *t, struct sb_failure *f);

/* The same inside a transaction that is committed before anything is told: first whether there is a pause, then what came of it. */
int real_name_open(struct sb_registry *r, const struct claim *c, int64_t now, struct real_name *out, struct sb_failure *f);
int real_name_wrong(struct sb_registry *r, struct real_name *t, int64_t now, struct sb_failure *f); /* charges: "mismatch" */
int real_name_right(struct sb_registry *r, const struct real_name *t, struct sb_failure *f);

#endif
