/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "check.h"
#include "crypto/random.h"
#include "open_tokens.h"
#include "remove_tree.h"
#include "token_private.h"

/* A search for a private object asks no file after a login, whatever this process changed since; what failed to be written is not known; and with the
 * login what was known ends. */

static char directory[] = "/tmp/sinbun-test-known.XXXXXX";
static const char label[SB_TOKEN_LABEL + 1] = "test                            ";
#define PUK sb_slice("puk-puk-puk", 11)
#define PIN sb_slice("274916", 6)
enum { MANY = 300 };

/* --- a store that counts what it is asked, and fails to commit where it is told to --- */
static const struct sb_store_ops *real;
static struct sb_store_ops counting;
static unsigned asked;
static bool is_full;

static int count_find(struct sb_store *store, const uint8_t keys[][SB_STORE_KEY], size_t count, sb_record_fn *fn, void *context)
{
	asked++;
	return real->find(store, keys, count, fn, context);
}

static int count_each(struct sb_store *store, bool is_private, sb_record_fn *fn, void *context)
{
	asked++;
	return real->each(store, is_private, fn, context);
}

static int count_at(struct sb_store *store, int64_t seq, struct sb_record *record)
{
	asked++;
	return real->at(store, seq, record);
}

static int commit_or_fail(struct sb_store *store)
{
	return is_full ? SB_E_FULL : real->commit(store);
}

static void count_from_now(struct sb_token *token)
{
	real = token->store->ops;
	counting = *real;
	counting.find = count_find;
	counting.each = count_each;
	counting.at = count_at;
	counting.commit = commit_or_fail;
	token->store->ops = &counting;
}

/* --- objects --- */
static int make(struct sb_token *token, bool is_private, const char *name, uint8_t id[SB_OBJECT_ID])
{
	struct sb_attributes a = {0}, *all[] = {&a};
	uint8_t ids[1][SB_OBJECT_ID];
	int rc;

	sb_attributes_set_ulong(&a, ATTRIBUTE_CLASS, CLASS_PRIVATE_KEY);
	sb_attributes_set_bool(&a, ATTRIBUTE_TOKEN, true);
	sb_attributes_set_bool(&a, ATTRIBUTE_PRIVATE, is_private);
	sb_attributes_set(&a, ATTRIBUTE_LABEL, name, strlen(name));
	rc = sb_token_create(token, all, 1, ids);
	memcpy(id, ids[0], SB_OBJECT_ID);
	sb_attributes_free(&a);
	return rc;
}

static int rename_to(void *context, struct sb_attributes *a)
{
	return sb_attributes_set(a, ATTRIBUTE_LABEL, context, strlen(context));
}

/* *questions: how often the store was asked for records. */
static size_t found(struct sb_token *token, const char *name, unsigned *questions)
{
	struct sb_attributes match = {0};
	struct sb_bytes ids = {0};
	size_t n;

	sb_attributes_set_ulong(&match, ATTRIBUTE_CLASS, CLASS_PRIVATE_KEY);
	sb_attributes_set(&match, ATTRIBUTE_LABEL, name, strlen(name));
	asked = 0;
	CHECK_EQ(sb_token_find(token, &match, &ids), SB_OK);
	*questions = asked;
	n = ids.len / sizeof(struct sb_found);
	sb_bytes_free(&ids);
	sb_attributes_free(&match);
	return n;
}

static void is_known(struct sb_token *token, const char *name, size_t n)
{
	unsigned questions;

	CHECK_EQ(found(token, name, &questions), n);
	CHECK_EQ(questions, 0);
}

static struct sb_token *make_token(struct sb_tokens *tokens)
{
	struct sb_token *token;
	unsigned long rule;

	REQUIRE(sb_tokens_create(tokens, sb_tokens_free_slot(tokens), PUK, label, sb_slice(NULL, 0), &token) == SB_OK);
	REQUIRE(sb_token_login(token, SB_USER_SO, PUK) == SB_OK);
	REQUIRE(sb_token_init_pin(token, PIN, &rule) == SB_OK);
	REQUIRE(sb_token_logout(token) == SB_OK);
	return token;
}

static void changes_of_this_process(struct sb_token *token)
{
	uint8_t ids[MANY][SB_OBJECT_ID], id[SB_OBJECT_ID];
	unsigned questions;
	char name[24];

	is_known(token, "mine", 0);
	REQUIRE(make(token, true, "mine", id) == SB_OK);
	is_known(token, "mine", 1);
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof name, "number %d", i);
		REQUIRE(make(token, true, name, ids[i]) == SB_OK);
	}
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof name, "number %d", i);
		is_known(token, name, 1);
	}
	CHECK_EQ(sb_token_update(token, ids[7], rename_to, (void *)"mine"), SB_OK);
	is_known(token, "mine", 2);
	is_known(token, "number 7", 0);
	CHECK_EQ(sb_token_destroy(token, id), SB_OK);
	is_known(token, "mine", 1);
	/* A public one is opened, once. */
	REQUIRE(make(token, false, "open", id) == SB_OK);
	CHECK_EQ(found(token, "open", &questions), 1);
	CHECK_EQ(questions, 1);
	is_known(token, "open", 1);
	is_known(token, "mine", 1);
}

static void what_failed(struct sb_token *token)
{
	uint8_t id[SB_OBJECT_ID];
	unsigned questions;
	char name[24];

	is_full = true;
	CHECK_EQ(make(token, true, "never", id), SB_E_FULL);
	is_full = false;
	CHECK_EQ(found(token, "never", &questions), 0);
	CHECK_EQ(found(token, "mine", &questions), 1);
	CHECK(questions > 0);
	/* After so many searches all is known again. */
	for (int i = 0; !token->known.rows && i < 2000; i++) {
		snprintf(name, sizeof name, "nobody %d", i);
		CHECK_EQ(found(token, name, &questions), 0);
	}
	CHECK(token->known.rows);
	is_known(token, "number 8", 1);
	REQUIRE(make(token, true, "never", id) == SB_OK);
	is_known(token, "never", 1);
}

/* What is written and is no row leaves it as it is. */
static void the_rest_of_the_token(struct sb_token *token)
{
	unsigned long rule;
	unsigned questions;

	CHECK_EQ(sb_token_set_pin(token, SB_USER_HOLDER, PIN, sb_slice("837261", 6), &rule), SB_OK);
	is_known(token, "mine", 1);
	CHECK_EQ(sb_token_logout(token), SB_OK);
	CHECK(!token->known.rows && !token->found);
	CHECK_EQ(found(token, "mine", &questions), 0);
	REQUIRE(sb_token_login(token, SB_USER_SO, PUK) == SB_OK);
	is_known(token, "mine", 0);
	CHECK_EQ(sb_token_logout(token), SB_OK);
	REQUIRE(sb_token_login(token, SB_USER_HOLDER, sb_slice("837261", 6)) == SB_OK);
	is_known(token, "mine", 1);
}

static void key_of_label(struct sb_token *token, const char *name, uint8_t key[SB_STORE_KEY])
{
	struct sb_attributes a = {0};

	sb_attributes_set(&a, ATTRIBUTE_LABEL, name, strlen(name));
	REQUIRE(token_index_key(token, false, &a.items[0], key) == SB_OK);
	sb_attributes_free(&a);
}

/* Whoever can write the file has the key of its public rows: the row of one label leads to another object, and the sum is right. The record decides. */
static void a_forged_row(struct sb_token *token)
{
	struct sb_store *store = token->store;
	uint8_t one[SB_OBJECT_ID], other[SB_OBJECT_ID], key[SB_STORE_KEY];
	struct sb_record from = {0}, to = {0};
	struct token_digest digest = {0};
	unsigned questions;

	REQUIRE(make(token, false, "asked for", one) == SB_OK && make(token, false, "something else", other) == SB_OK);
	key_of_label(token, "asked for", key);
	REQUIRE(sb_token_logout(token) == SB_OK);
	REQUIRE(store->ops->begin(store) == SB_OK && store->ops->read(store, one, &from) == SB_OK && store->ops->read(store, other, &to) == SB_OK);
	REQUIRE(token_public_read(token, &digest) == SB_OK);
	REQUIRE(store->ops->unindex(store, key, from.seq) == SB_OK && token_public_index(token, key, from.seq, false, &digest) == SB_OK);
	REQUIRE(store->ops->index(store, key, to.seq) == SB_OK && token_public_index(token, key, to.seq, true, &digest) == SB_OK);
	REQUIRE(token_public_write(token, &digest) == SB_OK && store->ops->commit(store) == SB_OK);
	REQUIRE(sb_token_login(token, SB_USER_HOLDER, sb_slice("837261", 6)) == SB_OK);
	CHECK(token->known.rows);
	CHECK_EQ(found(token, "asked for", &questions), 0);
	CHECK_EQ(questions, 1);
	CHECK_EQ(found(token, "something else", &questions), 1);
	sb_bytes_free(&from.box);
	sb_bytes_free(&to.box);
}

int main(void)
{
	struct sb_tokens *tokens;
	struct sb_token *token;

	REQUIRE(mkdtemp(directory));
	REQUIRE(sb_crypto_start() == SB_OK);
	tokens = open_tokens_in(directory, "", &token);
	token = make_token(tokens);
	REQUIRE(sb_token_login(token, SB_USER_HOLDER, PIN) == SB_OK);
	count_from_now(token);
	changes_of_this_process(token);
	what_failed(token);
	the_rest_of_the_token(token);
	a_forged_row(token);
	token->store->ops = real;
	sb_tokens_close(&tokens);
	remove_tree(directory);
	return check_result();
}
