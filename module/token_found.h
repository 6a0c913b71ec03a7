/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_TOKEN_FOUND_H
#define SINBUN_TOKEN_FOUND_H

#include "token_private.h"

/* What searches found, kept with the token that they went through. */

enum { TOKEN_FOUND_KEY = 16 };
/* The name of a search; false: it is not kept. */
bool token_found_key(struct sb_token *token, const struct sb_attributes *match, uint8_t key[TOKEN_FOUND_KEY]);
/* Appends what it found, where nothing has changed since. */
bool token_found_get(const struct sb_token *token, const uint8_t key[TOKEN_FOUND_KEY], struct sb_bytes *found);
/* found: struct sb_found, one after the other. */
void token_found_put(struct sb_token *token, const uint8_t key[TOKEN_FOUND_KEY], struct sb_slice found);
void token_found_free(struct token_found **found);

#endif
