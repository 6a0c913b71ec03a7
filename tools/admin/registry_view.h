/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_ADMIN_REGISTRY_VIEW_H
#define SINBUN_ADMIN_REGISTRY_VIEW_H

#include <jansson.h>

#include "base/bytes.h"

/* What of a resident a registrar sees: masked, unless it is asked for. */

/* Appends the value of a field as text; "" where there is none. Masked ones of no mask of ours are starred out whole. SB_OK, SB_E_NOMEM. */
int admin_view_field(const json_t *fields, const char *name, bool unmasked, struct sb_bytes *out);

#endif
