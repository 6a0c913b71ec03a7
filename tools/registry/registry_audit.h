/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_REGISTRY_AUDIT_H
#define SINBUN_REGISTRY_AUDIT_H

#include "registry/registry.h"

/* The audit of a registry: rows that are only added to, numbered from 1 without a gap. Each has a MAC over itself and the MAC of the one before
 * (chain), under a key that comes of the data key. The number and chain of the last one, under a MAC of their own, are the head: a setting,
 * written in the same transaction as the row. What an outsider changes in the file does not fit then; a whole older copy of the file does, and so
 * heads are also signed and kept elsewhere. */

/* Rows that the audit writes about itself. */
#define SB_AUDIT_BEGIN "audit begin"   /* the first one, or, in a registry from before there were heads, the first that has one */
#define SB_AUDIT_DAMAGE "audit damage" /* the audit was not as the last row had left it; subject: which rows; outcome: what */

/* A row is added also where the audit is damaged, after one that tells so: clerks are not stopped. r->audit_damaged then.
 * The same for the head alone, where no row is to be added: it is as the last row left it afterwards. Inside a transaction. */
int sb_registry_audit_mend(struct sb_registry *r);

/* A head: how many rows were ever written, and the chain of the last of them. */
struct sb_audit_mark {
	const char *name; /* which head it is */
	int64_t number;
	uint8_t chain[32];
	uint8_t status[32]; /* of the registry's own: hash of the sum of the status list (registry_life.h) */
};
/* The registry's own. SB_E_NOT_FOUND: there is none; SB_E_CORRUPT: its MAC is wrong. */
int sb_registry_audit_head(struct sb_registry *r, struct sb_audit_mark *head);
/* Writes it. Inside a transaction. */
int sb_registry_audit_put_head(struct sb_registry *r, const struct sb_audit_mark *head);
/* Whether this row is what was written behind one with that chain. */
bool sb_registry_audit_follows(struct sb_registry *r, const uint8_t before[32], const struct sb_audit_row *row);

/* What can be wrong, and which rows: row to to. */
enum sb_audit_kind {
	SB_AUDIT_ALTERED,      /* not what was written (or what stood before it is gone, and the numbers were moved up) */
	SB_AUDIT_REMOVED,      /* not there any more, though later ones are */
	SB_AUDIT_CUT,          /* the last ones, which a head knows, are not there */
	SB_AUDIT_INSERTED,     /* written by somebody without the key, or a copy of another row */
	SB_AUDIT_MOVED,        /* genuine, but its place is after row to */
	SB_AUDIT_HEAD_MISSING, /* the registry's head */
	SB_AUDIT_HEAD_ALTERED,
	SB_AUDIT_HEAD_OLD, /* genuine rows stand behind row, for which it was written */
	SB_AUDIT_REWRITTEN, /* all rows fit together, but they are not those that a head was made for; row: its last */
	SB_AUDIT_RECORDED, /* a row that tells of damage, SB_AUDIT_DAMAGE */
	SB_AUDIT_UNGUARDED, /* the database does not refuse to change and delete rows any more */
	SB_AUDIT_KINDS
};
struct sb_audit_finding {
	enum sb_audit_kind kind;
	int64_t row, to;  /* 0: none in particular */
	const char *head; /* CUT, REWRITTEN: name of the head that tells */
};

enum { SB_AUDIT_FINDINGS = 64 };
struct sb_audit_report {
	uint64_t rows;
	int64_t last; /* number of the last row */
	struct sb_audit_finding findings[SB_AUDIT_FINDINGS];
	size_t count;
	uint64_t more; /* findings beyond those */
	bool headed;   /* the registry has a head, and it is the last row's */
};
/* Looks at every row, and holds heads (of signatures that the caller has checked) against them. tell, where given, is called now and then with
 * the rows done. SB_OK also where something is found. Outside a transaction. */
int sb_registry_audit_check(struct sb_registry *r, const struct sb_audit_mark *heads, size_t count,
	void (*tell)(void *context, uint64_t rows), void *context, struct sb_audit_report *out);

#endif
