/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_HOLDER_REQUEST_H
#define SINBUN_HOLDER_REQUEST_H

#include "holder/holder.h"

/* `present --request FILE|-` (OpenID4VP 1.0, direct_post): --rp-root, --consent, --out. "bad_request" (exit 4) with the member,
 * "untrusted_request" and "declined" (1), "not_held" (10) with the id of what the card has not. */
int holder_request(struct sb_program *p, json_t *result, struct sb_failure *f);

#endif
