/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_VERIFY_DESK_PRIVATE_H
#define SINBUN_VERIFY_DESK_PRIVATE_H

#include <sqlite3.h>

#include "verify/desk.h"

/* What the files of the desk's memory share. */

enum { DESK_STATEMENTS = 24 };

struct desk {
	sqlite3 *db;
	bool new; /* in memory: nothing was set up here */
	struct desk_statement {
		const char *text;
		sqlite3_stmt *st;
	} statements[DESK_STATEMENTS]; /* parsed once: a batch asks the same for each of its codes */
};

/* A constant text's statement, ready to be bound; NULL with the error in d->db. It goes back by desk_done (also NULL). */
sqlite3_stmt *desk_statement(struct desk *d, const char *text);
void desk_done(sqlite3_stmt *st);

/* SQLite's code as SB_E_*. */
int desk_translate(int rc);
/* Runs a statement that gives no rows, with a blob (?1) and a number (?2) bound where it has places for them. */
int desk_change(struct desk *d, const char *text, struct sb_slice blob, int64_t number);
/* The number in the first column of the first row; SB_E_NOT_FOUND when there is no row. */
int desk_number(struct desk *d, const char *text, struct sb_slice blob, int64_t number, int64_t *out);

#endif
