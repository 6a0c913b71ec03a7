/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_ADMIN_TOKEN_LIST_H
#define SINBUN_ADMIN_TOKEN_LIST_H

#include "common/p11.h"

/* Tokens of the directory, whosever they are: shared by token list, status and remove. */

/* Where a token stands; the first that holds. */
struct admin_token_state {
	const char *word; /* "ready", "pin_not_set", "pin_locked", "puk_locked", "read_only", "damaged", "unsafe", "disk_full" … */
	const char *text; /* the same for people, translated */
};
struct admin_token_state admin_token_state(const struct sb_p11_token *token);
/* The token with this serial; without one, the only one there is: "several_tokens". */
int admin_token_pick(struct sb_p11 *p11, const char *serial, struct sb_p11_token *out, struct sb_failure *f);
/* Takes DIRECTORY/serial out of sight in one step, for the module to sweep up when it next starts. Only where all of it is the caller's and
 * nothing else is in it: "not_yours", "not_a_token", "busy". */
int admin_token_hide(const char *directory, const char *serial, struct sb_failure *f);
/* Is it there still? */
bool admin_token_hidden(const char *directory, const char *serial);
/* Takes the files of one that is out of sight away: the store, what stands beside it, and the lock last. */
int admin_token_erase(const char *directory, const char *serial, struct sb_failure *f);
/* NV indices that a removed token still has in the TPM, and that are to go: a new array of texts, "0x01812345". */
json_t *admin_token_left(const char *directory, const char *serial);

#endif
