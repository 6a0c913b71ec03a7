/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_REGISTRY_RECOVER_H
#define SINBUN_REGISTRY_RECOVER_H

#include "registry/registry.h"

/* What became of one table of a damaged registry. */
struct sb_registry_salvaged {
	char table[64];
	uint64_t kept, refused; /* rows that are whole; those that nobody vouches for (a card stands then, but ended), or that break the table's rules */
	uint64_t missing;       /* that were there once, as far as the numbers of the others tell */
	bool damaged;           /* not all of it could be read */
};
typedef int sb_salvaged_fn(void *context, const struct sb_registry_salvaged *salvaged);

/* Puts into a registry just made (with its key and anchor) what can still be read of the file at path and is genuine; fn is told of each table. That file stays
 * as it is. SB_E_CORRUPT: not even its tables are known. */
int sb_registry_sqlite_recover(const char *path, struct sb_registry *to, sb_salvaged_fn *fn, void *context);
/* Whether a resident's box opens under the registry's key. registry.c. SB_OK, SB_E_CORRUPT. */
int sb_registry_box_opens(struct sb_registry *r, const uint8_t hash[SB_REGISTRY_HASH], struct sb_slice box);

#endif
