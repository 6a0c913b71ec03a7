/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/check.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "lib/open_tokens.h"
#include "lib/remove_tree.h"
#include "token_private.h"

/* While one process stretches a PIN, which holds no lock, another changes the token. What was found before the stretching was acted on
 * afterwards: an old PIN set the next one, and an old login wrote its key into a new token. Here the other process is a second handle,
 * and acts in the middle of a stretching. Last, strangers who make the wrap's check anew for a header of their own. */

static char directory[] = "/tmp/sinbun-test-meanwhile.XXXXXX";
static const char label[SB_TOKEN_LABEL + 1] = "test                            ";
#define PUK sb_slice("puk-puk-puk", 11)
#define NEXT_PUK sb_slice("next-puk-puk", 12)
#define PIN sb_slice("274916", 6)
#define NEXT_PIN sb_slice("837261", 6)
#define THIRD_PIN sb_slice("194837", 6)
#define NO_MECHANISMS sb_slice(NULL, 0)

static struct sb_tokens *tokens, *others;
static struct sb_token *token, *other;
static unsigned long rule;

/* Before the n-th stretching somebody acts, whose own are not counted. */
static int countdown;
static void (*act)(void);

static void let_go(void)
{
	static bool acting;

	if (acting || --countdown != 0)
		return;
	acting = true;
	act();
	acting = false;
}

static void take_back(void)
{
}

static void interrupt(int nth, void (*by)(void))
{
	static const struct sb_slow_work slow = {let_go, take_back};

	countdown = nth;
	act = by;
	sb_tokens_on_slow_work(&slow);
}

static void other_sets_pin(void)
{
	REQUIRE(sb_token_set_pin(other, SB_USER_HOLDER, PIN, THIRD_PIN, &rule) == SB_OK);
}

static void other_resets(void)
{
	REQUIRE(sb_token_reset(other, PUK, label, NO_MECHANISMS) == SB_OK);
}

static void other_sets_puk(void)
{
	REQUIRE(sb_token_set_pin(other, SB_USER_SO, PUK, NEXT_PUK, &rule) == SB_OK);
}

/* A fresh pair of handles on a token with PUK and PIN; nobody logged in. */
static void begin(void)
{
	tokens = open_tokens_in(directory, "", &token);
	if (!token)
		REQUIRE(sb_tokens_create(tokens, sb_tokens_free_slot(tokens), PUK, label, NO_MECHANISMS, &token) == SB_OK);
	REQUIRE(sb_token_login(token, SB_USER_SO, PUK) == SB_OK);
	REQUIRE(sb_token_init_pin(token, PIN, &rule) == SB_OK);
	REQUIRE(sb_token_logout(token) == SB_OK);
	others = open_tokens_in(directory, "", &other);
}

static void end(void)
{
	sb_tokens_on_slow_work(NULL);
	sb_tokens_close(&tokens);
	sb_tokens_close(&others);
}

static bool pin_set(void)
{
	struct sb_token_info info;

	REQUIRE(sb_token_info(other, &info) == SB_OK);
	return info.pin_set;
}

static void the_pin_was_changed(void)
{
	begin();
	interrupt(2, other_sets_pin); /* the first stretching is the old PIN's */
	CHECK_EQ(sb_token_set_pin(token, SB_USER_HOLDER, PIN, NEXT_PIN, &rule), SB_E_PIN_INCORRECT);
	CHECK_EQ(sb_token_login(other, SB_USER_HOLDER, THIRD_PIN), SB_OK);
	end();
}

static void the_token_was_made_anew(void)
{
	begin();
	interrupt(2, other_resets);
	CHECK_EQ(sb_token_set_pin(token, SB_USER_HOLDER, PIN, NEXT_PIN, &rule), SB_E_PIN_UNSET);
	CHECK(!pin_set());
	end();

	begin();
	REQUIRE(sb_token_login(token, SB_USER_SO, PUK) == SB_OK);
	interrupt(1, other_resets);
	CHECK_EQ(sb_token_init_pin(token, NEXT_PIN, &rule), SB_E_LOGGED_OUT);
	CHECK(!pin_set());
	end();

	begin();
	REQUIRE(sb_token_login(token, SB_USER_SO, PUK) == SB_OK);
	other_resets();
	CHECK_EQ(sb_token_remove(token), SB_E_LOGGED_OUT);
	CHECK(sb_token_present(other) && !pin_set());
	end();
}

static void the_puk_was_changed(void)
{
	begin();
	interrupt(2, other_sets_puk);
	CHECK_EQ(sb_token_reset(token, PUK, label, NO_MECHANISMS), SB_E_PIN_INCORRECT);
	CHECK(pin_set());
	CHECK_EQ(sb_token_set_pin(other, SB_USER_SO, NEXT_PUK, PUK, &rule), SB_OK);
	end();
}

/* Another thread of this process, on the same handle. */
static void thread_logs_in(void)
{
	REQUIRE(sb_token_login(token, SB_USER_HOLDER, PIN) == SB_OK);
}

static void thread_removes(void)
{
	REQUIRE(sb_token_login(token, SB_USER_SO, PUK) == SB_OK || token->user == SB_USER_SO);
	REQUIRE(sb_token_remove(token) == SB_OK);
}

static void a_login_meanwhile_ends_with_the_token(void)
{
	begin();
	interrupt(2, thread_logs_in);
	CHECK_EQ(sb_token_reset(token, PUK, label, NO_MECHANISMS), SB_OK);
	CHECK_EQ(sb_token_user(token), SB_USER_NONE);
	CHECK(!token->keys && !pin_set());
	end();
}

static int check_pin(void)
{
	static const struct sb_audit_key none;

	return sb_token_check_pin(token, PIN, &none);
}

static int set_pin(void)
{
	return sb_token_set_pin(token, SB_USER_HOLDER, PIN, NEXT_PIN, &rule);
}

static int init_pin(void)
{
	REQUIRE(sb_token_login(token, SB_USER_SO, PUK) == SB_OK);
	countdown = 1;
	return sb_token_init_pin(token, NEXT_PIN, &rule);
}

static int reset(void)
{
	return sb_token_reset(token, PUK, label, NO_MECHANISMS);
}

static void the_token_was_removed(int (*does)(void), int nth)
{
	begin();
	interrupt(nth, thread_removes);
	CHECK_EQ(does(), SB_E_REMOVED);
	CHECK(!sb_token_present(token));
	end();
}

/* The check of a wrap is keyed by K_pub, which stands in the file. */
static void check_anew(struct sb_slice header, const char *name, uint8_t slot)
{
	struct sb_bytes row = {0};
	uint8_t mac[32];

	REQUIRE(token->store->ops->get(token->store, name, &row) == SB_OK && row.len > 16);
	{
		struct sb_slice pieces[] = {sb_slice("wrap", 4), sb_slice(&slot, 1), header, sb_slice(row.data, row.len - 16)};

		REQUIRE(sb_mac_pieces(sb_slice(token->public_key, TOKEN_KEY), pieces, 4, mac) == SB_OK);
	}
	memcpy(row.data + row.len - 16, mac, 16);
	REQUIRE(token->store->ops->put(token->store, name, sb_bytes_slice(&row)) == SB_OK);
	sb_bytes_free(&row);
}

static void a_header_of_a_stranger(size_t byte, uint8_t value)
{
	struct sb_bytes header = {0}, kept = {0};

	begin();
	REQUIRE(sb_bytes_set(&kept, token->header_row.data, token->header_row.len) == SB_OK);
	REQUIRE(sb_bytes_set(&header, kept.data, kept.len) == SB_OK);
	header.data[byte] = value;
	REQUIRE(token->store->ops->put(token->store, META_HEADER, sb_bytes_slice(&header)) == SB_OK);
	check_anew(sb_bytes_slice(&header), META_WRAP_PIN, SB_SEAL_PIN);
	check_anew(sb_bytes_slice(&header), META_WRAP_PUK, SB_SEAL_PUK);
	CHECK_EQ(sb_token_login(other, SB_USER_HOLDER, PIN), SB_E_PIN_INCORRECT);
	CHECK_EQ(sb_token_login(other, SB_USER_SO, PUK), SB_E_PIN_INCORRECT);
	REQUIRE(token->store->ops->put(token->store, META_HEADER, sb_bytes_slice(&kept)) == SB_OK);
	check_anew(sb_bytes_slice(&kept), META_WRAP_PIN, SB_SEAL_PIN);
	check_anew(sb_bytes_slice(&kept), META_WRAP_PUK, SB_SEAL_PUK);
	CHECK_EQ(sb_token_login(other, SB_USER_HOLDER, PIN), SB_OK);
	sb_bytes_free(&header);
	sb_bytes_free(&kept);
	end();
}

int main(void)
{
	REQUIRE(mkdtemp(directory));
	REQUIRE(sb_crypto_start() == SB_OK);
	the_pin_was_changed();
	the_token_was_made_anew();
	the_puk_was_changed();
	a_login_meanwhile_ends_with_the_token();
	the_token_was_removed(check_pin, 1);
	the_token_was_removed(set_pin, 1);
	the_token_was_removed(set_pin, 2);
	the_token_was_removed(init_pin, 9);
	the_token_was_removed(reset, 1);
	the_token_was_removed(reset, 2);
	a_header_of_a_stranger(32, SB_PROFILE_GENERAL); /* no digit rules */
	a_header_of_a_stranger(36, 1);                  /* import */
	a_header_of_a_stranger(38, 15);                 /* tries */
	remove_tree(directory);
	return check_result();
}
