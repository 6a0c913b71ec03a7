/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_REGISTRY_LIFE_H
#define SINBUN_REGISTRY_LIFE_H

#include "registry/registry.h"

/* What a registry keeps of the life of cards behind their issue: the status list that is out, and what was issued to whom. */

enum { SB_NOTICE_ID = 32, SB_NOTICE_WORD = 16 };
enum sb_notice_state { SB_NOTICE_WAITING = 0, SB_NOTICE_SENT = 1, SB_NOTICE_GIVEN_UP = 2 };
struct sb_registry_notice {
	char id[SB_NOTICE_ID];
	int64_t created, next, ended; /* its next turn; when it was sent or given up, or 0 */
	char kind[SB_NOTICE_WORD], card[SB_CARD_NUMBER], channel[SB_NOTICE_WORD];
	enum sb_notice_state state;
	int tries;
	char error[32]; /* of the last try, or "" */
};

struct sb_registry_life_ops {
	/* fn for every place in the status list that does not say "valid". */
	int (*status_each)(struct sb_registry *r, int (*fn)(void *context, uint64_t index, enum sb_credential_state state), void *context);
	/* The highest place that a card has; 0 where there is none. */
	int (*status_top)(struct sb_registry *r, uint64_t *index);
	/* What is sealed with a card; SB_E_NOT_FOUND: nothing. get appends. */
	int (*box_put)(struct sb_registry *r, const char *card, struct sb_slice box);
	int (*box_get)(struct sb_registry *r, const char *card, struct sb_bytes *box);
	/* fn for every card that is suspended, the longest first. */
	int (*suspended_each)(struct sb_registry *r, int (*fn)(void *context, const struct sb_registry_credential *c), void *context);
	/* fn for every card in force (valid or suspended) that ends in [from, to), the earliest first. */
	int (*expiring_each)(struct sb_registry *r, int64_t from, int64_t to, int (*fn)(void *context, const struct sb_registry_credential *c),
		void *context);

	/* The outbox of notices; box: what one says. */
	int (*notice_add)(struct sb_registry *r, const struct sb_registry_notice *n, struct sb_slice box);
	/* The waiting one of this channel whose turn came first, with its box (appended); none of a card that has an earlier one. SB_E_NOT_FOUND. */
	int (*notice_due)(struct sb_registry *r, const char *channel, int64_t now, struct sb_registry_notice *n, struct sb_bytes *box);
	/* state, tries, next, ended, error; one that waits no longer loses its box. */
	int (*notice_set)(struct sb_registry *r, const struct sb_registry_notice *n);
	int (*notice_has)(struct sb_registry *r, const char *card, const char *kind); /* SB_OK, SB_E_NOT_FOUND */
	int (*notice_each)(struct sb_registry *r, int (*fn)(void *context, const struct sb_registry_notice *n), void *context); /* the oldest first */
	/* Gives up those that wait since before `since`, and counts them and those that still wait; drops what was ended long ago. */
	int (*notice_tidy)(struct sb_registry *r, int64_t now, int64_t since, unsigned *given_up, unsigned *waiting);
};

/* --- registry_life.c: what is the same for every database --- */
/* The sum of the status list: over every place that does not say "valid", under a key, sealed; a hash of it stands in the head of the audit. So it
 * is seen when somebody puts an older, genuine row of a card back, which its MAC does not tell. A hash of what is stored; zeros: nothing is. */
int sb_registry_status_hash(struct sb_registry *r, uint8_t hash[32]);
/* Makes it anew of the rows as they are, with the head where there is one. Inside a transaction. */
int sb_registry_status_sum_anew(struct sb_registry *r);
/* fn (or NULL) for every place in the status list that does not say "valid". SB_E_CORRUPT, behind the last: it is not the list that was written.
 * Inside a transaction. */
int sb_registry_status_each(struct sb_registry *r, int (*fn)(void *context, uint64_t index, enum sb_credential_state state), void *context);
/* Whether a card has the state that it was given last, and no older row of it was put back: for what its holder gets by it. Goes through all places
 * that do not say "valid". SB_E_CORRUPT. Inside a transaction. */
int sb_registry_card_check(struct sb_registry *r, const struct sb_registry_credential *c);
/* A card's state, why, and that the status list which is out is not the newest. Inside a transaction. */
int sb_registry_set_state(struct sb_registry *r, const char *card, enum sb_credential_state state, const char *reason);
/* The list has changed otherwise: it has grown. Inside a transaction. */
int sb_registry_status_changed(struct sb_registry *r);
/* Which state of the list this is, and whether that one is out. */
int sb_registry_status_revision(struct sb_registry *r, uint64_t *revision, bool *out);
/* This state of it is out. A transaction of its own; where somebody else is writing, it is not noted, and goes out once more. */
int sb_registry_status_published(struct sb_registry *r, uint64_t revision);

#endif
