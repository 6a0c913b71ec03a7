/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_ADMIN_IMPORT_PROGRESS_H
#define SINBUN_ADMIN_IMPORT_PROGRESS_H

#include "registry/registry.h"

/* How far an import has come, kept in the registry with the residents themselves: one that was cut off goes on from there. */
struct import_mark {
	uint8_t chain[32]; /* import_lines.h: of the file up to here, and of what it was read with */
	unsigned rows, added, changed, same, suspended, restored;
};

/* The mark of an import that did not come to its end; SB_E_NOT_FOUND. */
int import_mark_get(struct sb_registry *r, struct import_mark *out);
/* Inside the transaction that stores the rows; NULL: the end is reached. */
int import_mark_put(struct sb_registry *r, const struct import_mark *mark);
/* One import at a time: *fd holds the lock until it is closed. SB_E_BUSY: another has it. */
int import_lock(const char *path, int *fd);

#endif
