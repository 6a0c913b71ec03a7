/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_ADMIN_APPLY_LOGIN_H
#define SINBUN_ADMIN_APPLY_LOGIN_H

#include "admin/apply.h"

/* Ways to sign in, a file each, and what they share. Functions are those of a step (apply.h); NULL where a way needs none. */
struct login_kind {
	const char *name;
	apply_fn *outside, *decide, *after;
};
extern const struct login_kind login_certificate, login_in_person, login_member, login_simple;

/* A way, what its command line needs beside --kind, and the fields of its --input (or NULL). */
struct login_way {
	const struct login_kind *kind;
	const char *options, *fields;
};
/* The next of the ways that are open to who asks; *i begins at 0. NULL: there are no more. */
const struct login_way *apply_login_way(const struct applying *a, size_t *i);

enum { LOGIN_NAME_CHARACTERS = 80 };
/* What was entered of a person. */
struct login_person {
	char *name;         /* Unicode form C; sb_text_free */
	char birth_date[9]; /* YYYYMMDD */
};
/* input's name and birth_date: "missing", "bad_name", "bad_birth_date". */
int login_read_person(const json_t *input, struct login_person *out, struct sb_failure *f);
/* The step is done: who signed in, and how. */
int login_done(struct applying *a, const char *kind, const char *name, const char *birth_date);
/* The same for a resident of the registry, who is bound to the application. Inside the transaction. */
int login_done_as(struct applying *a, const char *kind, int64_t resident, struct sb_failure *f);

#endif
