/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_REGISTRY_LIFE_H
#define SINBUN_REGISTRY_LIFE_H

#include "registry/registry.h"

/* What a registry keeps of the life of cards behind their issue: the status list that is out, and what was issued to whom. */

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
};

/* --- registry_life.c: what is the same for every database --- */
/* A card's state, why, and that the status list which is out is not the newest. Inside a transaction. */
int sb_registry_set_state(struct sb_registry *r, const char *card, enum sb_credential_state state, const char *reason);
/* The list has changed otherwise: it has grown. Inside a transaction. */
int sb_registry_status_changed(struct sb_registry *r);
/* Which state of the list this is, and whether that one is out. */
int sb_registry_status_revision(struct sb_registry *r, uint64_t *revision, bool *out);
/* This state of it is out. A transaction of its own; where somebody else is writing, it is not noted, and goes out once more. */
int sb_registry_status_published(struct sb_registry *r, uint64_t revision);

#endif
