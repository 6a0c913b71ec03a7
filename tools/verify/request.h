/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_VERIFY_REQUEST_H
#define SINBUN_VERIFY_REQUEST_H

#include "verify/answer.h"

/* `check --request`: an answer to an OpenID4VP request (vp_token), judged by what the desk trusts and remembers. */

/* answer: what the holder sent; request: what it was asked. Tells the verdict. SB_EXIT_OK, SB_EXIT_REFUSED, or "bad_request" (exit 4) where the
 * request itself is none. */
int request_check(struct answer *a, struct sb_slice answer, struct sb_slice request, json_t *result, struct sb_failure *f);

#endif
