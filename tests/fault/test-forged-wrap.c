/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/check.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/error.h"
#include "crypto/digest.h"
#include "lib/open_tokens.h"
#include "lib/remove_tree.h"
#include "token_private.h"

/* Who writes to the file makes the checks of wraps anew, for their key stands there. What he changes must not help him all the same: no
 * wrap is taken that is cheaper to guess than the floor or dear enough to exhaust the machine, and none opens under another header. */

static char directory[] = "/tmp/sinbun-test-wrap.XXXXXX";
static const char label[SB_TOKEN_LABEL + 1] = "test                            ";
#define PUK sb_slice("puk-puk-puk", 11)
#define PIN sb_slice("274916", 6)
enum { CHECK_LEN = 16, MEMORY_AT = 1 + SB_KDF_SALT, PASSES_AT = MEMORY_AT + 4 };

static void make_token(void)
{
	struct sb_token *token;
	struct sb_tokens *tokens = open_tokens_in(directory, "", &token);
	unsigned long rule;

	if (!token)
		REQUIRE(sb_tokens_create(tokens, sb_tokens_free_slot(tokens), PUK, label, sb_slice(NULL, 0), &token) == SB_OK);
	else
		REQUIRE(sb_token_reset(token, PUK, label, sb_slice(NULL, 0)) == SB_OK);
	REQUIRE(sb_token_login(token, SB_USER_SO, PUK) == SB_OK);
	REQUIRE(sb_token_init_pin(token, PIN, &rule) == SB_OK);
	sb_tokens_close(&tokens);
}

/* A stranger's write: the value as it is, with no word to the token. */
static void put(struct sb_token *token, const char *name, const struct sb_bytes *row)
{
	REQUIRE(token->store->ops->begin(token->store) == SB_OK);
	REQUIRE(token->store->ops->put(token->store, name, sb_bytes_slice(row)) == SB_OK);
	REQUIRE(token->store->ops->commit(token->store) == SB_OK);
}

/* Makes the check at the end of a wrap anew, as the module makes it. */
static void check_anew(struct sb_token *token, uint8_t slot, struct sb_slice header, struct sb_bytes *row)
{
	struct sb_slice pieces[] = {sb_slice("wrap", 4), sb_slice(&slot, 1), header, sb_slice(row->data, row->len - CHECK_LEN)};
	uint8_t mac[32];

	REQUIRE(sb_mac_pieces(sb_slice(token->public_key, TOKEN_KEY), pieces, 4, mac) == SB_OK);
	memcpy(row->data + row->len - CHECK_LEN, mac, CHECK_LEN);
}

static unsigned tries_left(struct sb_token *token)
{
	struct sb_token_info info;

	REQUIRE(sb_token_info(token, &info) == SB_OK);
	return info.pin_left;
}

static int login_with_cost(size_t at, uint32_t number)
{
	struct sb_token *token;
	struct sb_tokens *tokens;
	struct sb_bytes row = {0};
	unsigned before;
	int rc;

	make_token();
	tokens = open_tokens_in(directory, "", &token);
	REQUIRE(token->store->ops->get(token->store, META_WRAP_PIN, &row) == SB_OK);
	if (at)
		sb_put_u32(row.data + at, number);
	check_anew(token, SB_SEAL_PIN, sb_bytes_slice(&token->header_row), &row);
	put(token, META_WRAP_PIN, &row);
	before = tries_left(token);
	rc = sb_token_login(token, SB_USER_HOLDER, PIN);
	/* What no PIN is tried for costs no try. */
	if (rc == SB_E_CORRUPT)
		CHECK_EQ(tries_left(token), before);
	sb_bytes_free(&row);
	sb_tokens_close(&tokens);
	return rc;
}

static int login_under_header(unsigned tries)
{
	static const char *const wraps[] = {META_WRAP_PIN, META_WRAP_PUK};
	struct sb_token *token;
	struct sb_tokens *tokens;
	struct token_header header;
	struct sb_bytes row = {0};
	int rc;

	make_token();
	tokens = open_tokens_in(directory, "", &token);
	header = token->header;
	header.tries[SB_SEAL_PIN] = (uint8_t)tries;
	REQUIRE(token_header_encode(&header, token->policy.mechanisms, &row) == SB_OK);
	for (uint8_t slot = SB_SEAL_PIN; slot <= SB_SEAL_PUK; slot++) {
		struct sb_bytes wrap = {0};

		REQUIRE(token->store->ops->get(token->store, wraps[slot], &wrap) == SB_OK);
		check_anew(token, slot, sb_bytes_slice(&row), &wrap);
		put(token, wraps[slot], &wrap);
		sb_bytes_free(&wrap);
	}
	put(token, META_HEADER, &row);
	sb_bytes_free(&row);
	sb_tokens_close(&tokens);
	tokens = open_tokens_in(directory, "", &token);
	REQUIRE(token && token->header.tries[SB_SEAL_PIN] == tries);
	rc = sb_token_login(token, SB_USER_HOLDER, PIN);
	sb_tokens_close(&tokens);
	return rc;
}

int main(void)
{
	REQUIRE(mkdtemp(directory));
	/* The forger knows his trade. */
	CHECK_EQ(login_with_cost(0, 0), SB_OK);
	CHECK_EQ(login_with_cost(MEMORY_AT, SB_KDF_MEMORY_MIN - 1), SB_E_CORRUPT);
	CHECK_EQ(login_with_cost(MEMORY_AT, 0), SB_E_CORRUPT);
	CHECK_EQ(login_with_cost(MEMORY_AT, SB_KDF_MEMORY_MAX + 1), SB_E_CORRUPT);
	CHECK_EQ(login_with_cost(MEMORY_AT, UINT32_MAX), SB_E_CORRUPT);
	CHECK_EQ(login_with_cost(PASSES_AT, SB_KDF_PASSES_MIN - 1), SB_E_CORRUPT);
	CHECK_EQ(login_with_cost(PASSES_AT, SB_KDF_PASSES_MAX + 1), SB_E_CORRUPT);
	/* Within the bounds, but not what was sealed. */
	CHECK_EQ(login_with_cost(MEMORY_AT, SB_KDF_MEMORY_MIN + 1), SB_E_PIN_INCORRECT);
	CHECK_EQ(login_under_header(5), SB_OK);
	CHECK_EQ(login_under_header(9), SB_E_PIN_INCORRECT);
	remove_tree(directory);
	return check_result();
}
