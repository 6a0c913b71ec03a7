/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_TEST_DAMAGE_H
#define SINBUN_TEST_DAMAGE_H

#include "api.h"

/* Who can write the files of a store, through SQLite. */

/* Runs SQL on the token's store. */
void damage(CK_SLOT_ID slot, const char *sql);
/* The first value of a query, as a number. */
long damage_number(CK_SLOT_ID slot, const char *sql);
/* The same on a store that need not belong to a token that the module shows. */
void damage_at(const char *path, const char *sql);
long damage_number_at(const char *path, const char *sql);
/* The path of a file in the token's directory; "" for the directory itself. */
const char *damage_path(CK_SLOT_ID slot, const char *file);
/* The token says that it is damaged, or cannot say anything. */
bool damage_told(CK_SLOT_ID slot);

#endif
