/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_TEST_OPEN_TOKENS_H
#define SINBUN_TEST_OPEN_TOKENS_H

#include "base/error.h"
#include "check.h"
#include "token.h"

/* For tests that link the token's library. */

/* The cheapest tokens there are, in DIRECTORY/tokens; more: further lines of sinbun.conf. */
static inline void cheap_config(struct sb_config *config, const char *directory, const char *more)
{
	char text[256];

	REQUIRE((size_t)snprintf(text, sizeof text, "kdf-memory = 19\nkdf-passes = 2\nseal = software\n%s", more) < sizeof text);
	REQUIRE(sb_config_parse(config, sb_slice(text, strlen(text)), directory, NULL) == SB_OK);
}

/* first: the first of them, NULL where there is none. */
static inline struct sb_tokens *open_tokens_in(const char *directory, const char *more, struct sb_token **first)
{
	struct sb_config config;
	struct sb_tokens *tokens;

	cheap_config(&config, directory, more);
	REQUIRE(sb_tokens_open(&config, &tokens) == SB_OK);
	sb_config_free(&config);
	*first = sb_tokens_count(tokens) ? sb_tokens_at(tokens, 0) : NULL;
	return tokens;
}

#endif
