/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_REGISTRY_ROWS_H
#define SINBUN_REGISTRY_ROWS_H

#include "registry/registry.h"

/* What stands in a registry's file against somebody who can write to it and has not the issuer's token. Rows that somebody acts on (applications,
 * cards, steps, consents, members, certificates to sign in with) have a MAC; a changed one is SB_E_CORRUPT wherever it is read. That an older,
 * genuine row of a card was put back is told by the sum of the status list (registry_life.h), and that the end of the audit was cut off, or an
 * older file put back, by what the issuer's token knows of it: the anchor. */

enum { SB_ROW_NAME = 64 };
struct sb_registry_row {
	const char *table;
	char name[SB_ROW_NAME]; /* by which people know it: a card, an application */
	bool vouched;
};
typedef int sb_row_fn(void *context, const struct sb_registry_row *row);

struct sb_registry_row_ops {
	int (*adopt)(struct sb_registry *r); /* every row gets a MAC */
	int (*each)(struct sb_registry *r, sb_row_fn *fn, void *context);
	/* Takes out what nobody vouches for, of one table or, NULL, of all. A card ends instead ("damaged"), at the place in the status list that it
	 * was given, whatever its row says. Inside a transaction. */
	int (*drop)(struct sb_registry *r, const char *table, uint64_t *count);
	int (*sound)(struct sb_registry *r); /* the database itself; SB_E_CORRUPT */
};

/* --- registry_rows.c --- */
/* A registry that no token knows yet: its rows are taken as they are. A transaction of its own. */
int sb_registry_adopt(struct sb_registry *r);
/* What the token knows; 8 + 32 bytes. SB_E_CORRUPT: it is no anchor. */
int sb_registry_anchor(struct sb_registry *r, struct sb_slice anchor);
/* What the token is to know now, which knows `known` (or nothing, where it is empty). SB_E_NOT_FOUND: it knows that already, or the audit has no
 * genuine head. Appends. */
int sb_registry_anchor_due(struct sb_registry *r, struct sb_slice known, struct sb_bytes *anchor);

/* What is not as it was written. */
enum sb_row_kind { SB_ROW_ALTERED, SB_ROW_RESIDENT, SB_ROW_STATE, SB_ROW_MISSING, SB_ROW_SUM, SB_ROW_FILE, SB_ROW_KINDS };
struct sb_row_finding {
	enum sb_row_kind kind;
	const char *table, *name; /* of the row; good until the function returns */
	enum sb_credential_state is, was; /* SB_ROW_STATE: what a card is, and what the audit says (so does SB_ROW_MISSING) */
};
typedef int sb_row_finding_fn(void *context, const struct sb_row_finding *finding);
/* Looks at every row: fn for each finding. rows: how many. Outside a transaction. */
int sb_registry_rows_check(struct sb_registry *r, uint64_t *rows, sb_row_finding_fn *fn, void *context);
/* Makes the registry one that can be worked with: what nobody vouches for goes (see drop), cards that the audit knows as ended or suspended are so
 * again, and the sum is made anew. Inside a transaction. */
int sb_registry_rows_accept(struct sb_registry *r, const char *officer, uint64_t *count);

#endif
