/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/check.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "crypto/random.h"
#include "lib/open_tokens.h"
#include "lib/remove_tree.h"
#include "token_private.h"

/* Public objects are readable before login, so their key stands in the file, and who can write it could make any certificate a trusted
 * one, unseen even after login. */

static char directory[] = "/tmp/sinbun-test-trust.XXXXXX";
static const char label[SB_TOKEN_LABEL + 1] = "test                            ";
#define PUK sb_slice("puk-puk-puk", 11)
#define PIN sb_slice("274916", 6)
enum { CLASS = 0, VALUE = 0x11, LABEL = 3 };

static void set_certificate(struct sb_attributes *a, const char *value, bool trusted)
{
	sb_attributes_set_ulong(a, CLASS, 1);
	sb_attributes_set_bool(a, ATTRIBUTE_PRIVATE, false);
	sb_attributes_set(a, LABEL, "certificate", 11);
	sb_attributes_set(a, VALUE, value, strlen(value));
	sb_attributes_set_bool(a, ATTRIBUTE_TRUSTED, trusted);
}

static void create(struct sb_token *token, const char *value, uint8_t id[SB_OBJECT_ID])
{
	struct sb_attributes a = {0};
	struct sb_attributes *one[] = {&a};

	set_certificate(&a, value, true);
	REQUIRE(sb_token_create(token, one, 1, (uint8_t(*)[SB_OBJECT_ID])id) == SB_OK);
	sb_attributes_free(&a);
}

static bool trusted(struct sb_token *token, const uint8_t id[SB_OBJECT_ID])
{
	struct sb_attributes a = {0};
	bool is;

	REQUIRE(sb_token_read(token, id, &a) == SB_OK);
	is = sb_attributes_bool(&a, ATTRIBUTE_TRUSTED, false);
	sb_attributes_free(&a);
	return is;
}

static size_t found_trusted(struct sb_token *token)
{
	struct sb_attributes match = {0};
	struct sb_bytes found = {0};
	size_t n;

	sb_attributes_set_bool(&match, ATTRIBUTE_TRUSTED, true);
	REQUIRE(sb_token_find(token, &match, &found) == SB_OK);
	n = found.len / sizeof(struct sb_found);
	sb_bytes_free(&found);
	sb_attributes_free(&match);
	return n;
}

/* What a stranger does with the key in the file: another certificate in a trusted one's record. */
static void forge(struct sb_token *token, const uint8_t id[SB_OBJECT_ID], uint64_t generations)
{
	const struct sb_store_ops *ops = token->store->ops;
	struct sb_attributes a = {0};
	struct sb_record r = {0};

	REQUIRE(ops->read(token->store, id, &r) == SB_OK && token_record_open(token, &r, &a) == SB_OK);
	REQUIRE(sb_attributes_set(&a, VALUE, "forged", 6) == SB_OK);
	sb_bytes_free(&r.box);
	r.generation += generations;
	REQUIRE(token_record_seal(token, &a, &r) == SB_OK && ops->replace(token->store, &r) == SB_OK);
	sb_bytes_free(&r.box);
	sb_attributes_free(&a);
}

static int touch(void *context, struct sb_attributes *a)
{
	return sb_attributes_set(a, LABEL, context, strlen(context));
}

static int distrust(void *context, struct sb_attributes *a)
{
	(void)context;
	return sb_attributes_set_bool(a, ATTRIBUTE_TRUSTED, false);
}

static void log_in(struct sb_token *token, enum sb_user who)
{
	sb_token_logout(token);
	REQUIRE(sb_token_login(token, who, who == SB_USER_SO ? PUK : PIN) == SB_OK);
}

static bool damaged(struct sb_token *token)
{
	struct sb_token_info info;

	REQUIRE(sb_token_info(token, &info) == SB_OK);
	return info.damaged;
}

static void only_the_so_makes_trusted(struct sb_token *token, uint8_t first[SB_OBJECT_ID], uint8_t second[SB_OBJECT_ID])
{
	uint8_t id[SB_OBJECT_ID];

	log_in(token, SB_USER_SO);
	create(token, "first", first);
	create(token, "second", second);
	CHECK(trusted(token, first));
	log_in(token, SB_USER_HOLDER);
	CHECK(!damaged(token));
	CHECK(trusted(token, first) && trusted(token, second));
	CHECK_EQ(found_trusted(token), 2);
	create(token, "the holder's", id);
	CHECK(!trusted(token, id));
	/* A change by the holder keeps the SO's trust; without a login there is nobody to vouch for one. */
	CHECK_EQ(sb_token_update(token, first, touch, (void *)"renamed"), SB_OK);
	CHECK(trusted(token, first));
	sb_token_logout(token);
	CHECK_EQ(sb_token_update(token, first, touch, (void *)"again"), SB_E_LOGGED_OUT);
	create(token, "nobody's", id);
	CHECK(!trusted(token, id));
	log_in(token, SB_USER_HOLDER);
	CHECK(!damaged(token));
	CHECK_EQ(found_trusted(token), 2);
}

static void a_forged_one_is_not(struct sb_token *token, const uint8_t first[SB_OBJECT_ID], const uint8_t second[SB_OBJECT_ID])
{
	struct sb_tokens *strangers;
	struct sb_token *stranger;

	strangers = open_tokens_in(directory, "", &stranger);
	forge(stranger, first, 1);
	CHECK(!trusted(token, first));
	forge(stranger, second, 0);
	CHECK(!trusted(token, second));
	CHECK_EQ(found_trusted(token), 0);
	sb_tokens_close(&strangers);
	log_in(token, SB_USER_HOLDER);
	CHECK_EQ(found_trusted(token), 0);
	/* What the holder changes of it stays a forgery. */
	CHECK_EQ(sb_token_update(token, first, touch, (void *)"mine"), SB_OK);
	CHECK(!trusted(token, first));
}

/* Trust that the SO took back does not return with the old rows. */
static void trust_taken_back(struct sb_token *token)
{
	const struct sb_store_ops *ops = token->store->ops;
	uint8_t id[SB_OBJECT_ID];
	struct sb_record r = {0};
	struct sb_bytes list = {0};

	log_in(token, SB_USER_SO);
	create(token, "third", id);
	REQUIRE(ops->read(token->store, id, &r) == SB_OK && ops->get(token->store, META_TRUSTED, &list) == SB_OK);
	CHECK_EQ(sb_token_update(token, id, distrust, NULL), SB_OK);
	CHECK(!trusted(token, id));
	REQUIRE(ops->replace(token->store, &r) == SB_OK);
	CHECK(!trusted(token, id));
	REQUIRE(ops->put(token->store, META_TRUSTED, sb_bytes_slice(&list)) == SB_OK);
	CHECK(!trusted(token, id));
	log_in(token, SB_USER_HOLDER);
	CHECK(damaged(token));
	CHECK(!trusted(token, id));
	sb_bytes_free(&r.box);
	sb_bytes_free(&list);
}

int main(void)
{
	uint8_t first[SB_OBJECT_ID], second[SB_OBJECT_ID];
	struct sb_tokens *tokens;
	struct sb_token *token;
	unsigned long rule;

	REQUIRE(mkdtemp(directory));
	REQUIRE(sb_crypto_start() == SB_OK);
	tokens = open_tokens_in(directory, "", &token);
	REQUIRE(sb_tokens_create(tokens, sb_tokens_free_slot(tokens), PUK, label, sb_slice(NULL, 0), &token) == SB_OK);
	log_in(token, SB_USER_SO);
	REQUIRE(sb_token_init_pin(token, PIN, &rule) == SB_OK);
	only_the_so_makes_trusted(token, first, second);
	a_forged_one_is_not(token, first, second);
	trust_taken_back(token);
	sb_tokens_close(&tokens);
	remove_tree(directory);
	return check_result();
}
