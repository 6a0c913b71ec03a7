/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_REGISTRY_KEYS_H
#define SINBUN_REGISTRY_KEYS_H

#include "registry/registry.h"

/* The keys that come of the data key, one for each use. */
enum { CHILD_KEY = 32 };
enum registry_child { CHILD_SEAL, CHILD_HASH, CHILD_AUDIT, CHILD_INDEX, CHILD_HEAD, CHILD_ROW, CHILDREN };

static inline struct sb_slice registry_child(const struct sb_registry *r, enum registry_child which)
{
	return sb_slice(r->keys + which * CHILD_KEY, CHILD_KEY);
}

#endif
