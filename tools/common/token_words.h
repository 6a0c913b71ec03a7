/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_TOKEN_WORDS_H
#define SINBUN_TOKEN_WORDS_H

#include "common/p11.h"

/* What a token's status means, for people. */

/* The seal's name, and in sentences what it protects against and what not. */
void sb_say_seal(const struct sb_program *p, const struct sb_p11_status *status);
/* Tries left of the PIN and of the unblocking code; what to run where one is locked. */
void sb_say_tries(const struct sb_program *p, const struct sb_p11_status *status);
/* "seal", "profile", "serial", "pin_set", and of PIN and PUK "…_tries_left" and "…_tries_max". */
void sb_token_json(json_t *result, const struct sb_p11_status *status);

#endif
