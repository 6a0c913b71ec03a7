/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_ADMIN_TRIES_H
#define SINBUN_ADMIN_TRIES_H

#include "registry/registry_apply.h"

/* What can be tried by everybody is counted under keyed hashes of what it is about: after so many in a row there is a pause, each time twice as long.
 * All inside a transaction; SB_E_*. */
struct tries_limit {
	int tries;
	int64_t pause, pause_max, kept; /* seconds; kept: without any for so long, they are forgotten */
};

/* Charges one under each key. *until: the end of a pause that is on (> now); then nothing is charged. *left: how many remain before a pause. */
int tries_charge(struct sb_registry *r, const struct tries_limit *limit, const uint8_t (*keys)[SB_REGISTRY_HASH], int count, int64_t now, int *left,
	int64_t *until);
/* The end of a pause that is on, or a time that is past. */
int tries_pause(struct sb_registry *r, const uint8_t (*keys)[SB_REGISTRY_HASH], int count, int64_t *until);
/* It was right: nothing is counted any more. */
int tries_clear(struct sb_registry *r, const uint8_t (*keys)[SB_REGISTRY_HASH], int count);

#endif
