/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/error.h"
#include "check.h"
#include "crypto/random.h"
#include "open_tokens.h"
#include "remove_tree.h"
#include "token.h"

static char directory[] = "/tmp/sinbun-test-token.XXXXXX";
static const char label[SB_TOKEN_LABEL + 1] = "test                            ";
#define PUK sb_slice("puk-puk-puk", 11)
#define PIN sb_slice("274916", 6)
#define WRONG sb_slice("274917", 6)
enum { CLASS = 0, PRIVATE = 2, LABEL = 3, VALUE = 0x11, UNIQUE = 4 };

static struct sb_tokens *open_tokens(const char *more)
{
	struct sb_token *first;

	return open_tokens_in(directory, more, &first);
}

static struct sb_token *make_token(struct sb_tokens *tokens)
{
	struct sb_token *token;
	unsigned long rule;

	REQUIRE(sb_tokens_create(tokens, sb_tokens_free_slot(tokens), PUK, label, sb_slice(NULL, 0), &token) == SB_OK);
	REQUIRE(sb_token_login(token, SB_USER_SO, PUK) == SB_OK);
	CHECK_EQ(sb_token_set_birth_date(token, "19900123"), SB_OK);
	CHECK_EQ(sb_token_set_birth_date(token, "19900123"), SB_E_EXISTS);
	CHECK_EQ(sb_token_init_pin(token, sb_slice("900123", 6), &rule), SB_E_PIN_RULE);
	REQUIRE(sb_token_init_pin(token, PIN, &rule) == SB_OK);
	REQUIRE(sb_token_logout(token) == SB_OK);
	return token;
}

static struct sb_token_info info_of(struct sb_token *token)
{
	struct sb_token_info info;

	REQUIRE(sb_token_info(token, &info) == SB_OK);
	return info;
}

static void tries_are_charged_and_survive(void)
{
	struct sb_tokens *tokens = open_tokens("");
	struct sb_token *token = make_token(tokens);
	unsigned long rule;

	CHECK_EQ(info_of(token).pin_left, 5);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(sb_token_login(token, SB_USER_HOLDER, WRONG), SB_E_PIN_INCORRECT);
	CHECK_EQ(sb_token_login(token, SB_USER_HOLDER, sb_slice("", 0)), SB_E_PIN_INCORRECT);
	CHECK_EQ(info_of(token).pin_left, 1);
	sb_tokens_close(&tokens);
	tokens = open_tokens("");
	token = sb_tokens_at(tokens, sb_tokens_count(tokens) - 1);
	CHECK_EQ(info_of(token).pin_left, 1);
	CHECK_EQ(sb_token_login(token, SB_USER_HOLDER, PIN), SB_OK);
	CHECK_EQ(info_of(token).pin_left, 5);
	CHECK_EQ(sb_token_logout(token), SB_OK);
	for (int i = 0; i < 5; i++)
		CHECK_EQ(sb_token_login(token, SB_USER_HOLDER, WRONG), SB_E_PIN_INCORRECT);
	CHECK_EQ(sb_token_login(token, SB_USER_HOLDER, PIN), SB_E_PIN_LOCKED);
	CHECK_EQ(sb_token_login(token, SB_USER_SO, PUK), SB_OK);
	CHECK_EQ(sb_token_init_pin(token, PIN, &rule), SB_OK);
	CHECK_EQ(sb_token_logout(token), SB_OK);
	CHECK_EQ(sb_token_login(token, SB_USER_HOLDER, PIN), SB_OK);
	sb_tokens_close(&tokens);
}

static void set_object(struct sb_attributes *a, bool is_private, const char *name)
{
	sb_attributes_set_ulong(a, CLASS, 0);
	sb_attributes_set_bool(a, PRIVATE, is_private);
	sb_attributes_set(a, LABEL, name, strlen(name));
	sb_attributes_set_secret(a, VALUE, "hidden", 6);
}

static size_t found(struct sb_token *token, unsigned long type, const char *value)
{
	struct sb_attributes match = {0};
	struct sb_bytes ids = {0};
	size_t n;

	if (value)
		sb_attributes_set(&match, type, value, strlen(value));
	CHECK_EQ(sb_token_find(token, &match, &ids), SB_OK);
	n = ids.len / sizeof(struct sb_found);
	sb_bytes_free(&ids);
	sb_attributes_free(&match);
	return n;
}

static int rename_to(void *context, struct sb_attributes *a)
{
	return sb_attributes_set(a, LABEL, context, strlen(context));
}

static int make_public(void *context, struct sb_attributes *a)
{
	(void)context;
	return sb_attributes_set_bool(a, PRIVATE, false);
}

static int refuse(void *context, struct sb_attributes *a)
{
	(void)context;
	sb_attributes_remove(a, LABEL);
	return SB_E_RANGE;
}

static void objects_are_sealed_found_and_gone(void)
{
	struct sb_tokens *tokens = open_tokens("");
	struct sb_token *token = make_token(tokens);
	struct sb_attributes a = {0}, b = {0}, back = {0};
	struct sb_attributes *both[] = {&a, &b};
	uint8_t ids[2][SB_OBJECT_ID];

	set_object(&a, true, "mine");
	set_object(&b, false, "open");
	CHECK_EQ(sb_token_create(token, both, 2, ids), SB_E_LOGGED_OUT);
	CHECK_EQ(found(token, 0, NULL), 0);
	REQUIRE(sb_token_login(token, SB_USER_HOLDER, PIN) == SB_OK);
	REQUIRE(sb_token_create(token, both, 2, ids) == SB_OK);
	CHECK_EQ(found(token, 0, NULL), 2);
	CHECK_EQ(found(token, LABEL, "mine"), 1);
	CHECK_EQ(found(token, LABEL, "min"), 0);
	CHECK_EQ(found(token, VALUE, "hidden"), 0);
	CHECK_EQ(sb_token_read(token, ids[0], &back), SB_OK);
	CHECK(sb_attributes_get(&back, UNIQUE) && sb_attributes_get(&back, UNIQUE)->len == 32);
	CHECK_EQ(sb_token_update(token, ids[0], make_public, NULL), SB_E_ARGUMENT);
	CHECK_EQ(sb_token_update(token, ids[0], refuse, NULL), SB_E_RANGE);
	CHECK_EQ(found(token, LABEL, "mine"), 1);
	CHECK_EQ(sb_token_update(token, ids[0], rename_to, (void *)"renamed"), SB_OK);
	CHECK_EQ(found(token, LABEL, "mine"), 0);
	CHECK_EQ(found(token, LABEL, "renamed"), 1);
	sb_token_logout(token);
	CHECK_EQ(found(token, 0, NULL), 1);
	CHECK_EQ(sb_token_read(token, ids[0], &back), SB_E_NOT_FOUND);
	CHECK_EQ(sb_token_update(token, ids[0], rename_to, (void *)"again"), SB_E_NOT_FOUND);
	REQUIRE(sb_token_login(token, SB_USER_HOLDER, PIN) == SB_OK);
	CHECK(!info_of(token).damaged);
	CHECK_EQ(sb_token_destroy(token, ids[0]), SB_OK);
	CHECK_EQ(sb_token_destroy(token, ids[0]), SB_E_NOT_FOUND);
	sb_token_logout(token);
	REQUIRE(sb_token_login(token, SB_USER_HOLDER, PIN) == SB_OK);
	CHECK(!info_of(token).damaged);
	sb_attributes_free(&a);
	sb_attributes_free(&b);
	sb_attributes_free(&back);
	sb_tokens_close(&tokens);
}

static void tamper(const char *serial, const char *statement)
{
	char path[256];
	sqlite3 *db;

	snprintf(path, sizeof path, "%s/tokens/%.16s/token.db", directory, serial);
	REQUIRE(sqlite3_open(path, &db) == SQLITE_OK);
	REQUIRE(sqlite3_exec(db, statement, NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_close(db);
}

static void tampering_shows(void)
{
	static const char *const changes[] = {
		"delete from record where private = 1",
		"update record set generation = generation + 1 where private = 1",
		"delete from idx where seq in (select seq from record where private = 1 limit 1)",
		"insert into record(id, private, generation, box) select randomblob(16), 1, 1, box from record where private = 1 limit 1",
	};

	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		struct sb_tokens *tokens = open_tokens("");
		struct sb_token *token = make_token(tokens);
		struct sb_token_info info = info_of(token);
		struct sb_attributes a = {0};
		struct sb_attributes *one[] = {&a};
		uint8_t ids[1][SB_OBJECT_ID];

		set_object(&a, true, "mine");
		REQUIRE(sb_token_login(token, SB_USER_HOLDER, PIN) == SB_OK);
		REQUIRE(sb_token_create(token, one, 1, ids) == SB_OK);
		sb_attributes_free(&a);
		sb_tokens_close(&tokens);
		tamper(info.serial, changes[i]);
		tokens = open_tokens("");
		token = sb_tokens_at(tokens, sb_tokens_count(tokens) - 1);
		REQUIRE(sb_token_login(token, SB_USER_HOLDER, PIN) == SB_OK);
		CHECK(info_of(token).damaged);
		sb_tokens_close(&tokens);
	}
}

/* The two limits stand before the list of mechanisms. */
static void raise_limits(const char *serial)
{
	char path[256];
	sqlite3_stmt *st;
	uint8_t header[128];
	sqlite3 *db;
	int len;

	snprintf(path, sizeof path, "%s/tokens/%.16s/token.db", directory, serial);
	REQUIRE(sqlite3_open(path, &db) == SQLITE_OK);
	REQUIRE(sqlite3_prepare_v2(db, "select value from meta where name = 'header'", -1, &st, NULL) == SQLITE_OK);
	REQUIRE(sqlite3_step(st) == SQLITE_ROW);
	len = sqlite3_column_bytes(st, 0);
	memcpy(header, sqlite3_column_blob(st, 0), (size_t)len);
	sqlite3_finalize(st);
	header[38] = header[39] = 15;
	REQUIRE(sqlite3_prepare_v2(db, "update meta set value = ?1 where name = 'header'", -1, &st, NULL) == SQLITE_OK);
	sqlite3_bind_blob(st, 1, header, len, SQLITE_STATIC);
	REQUIRE(sqlite3_step(st) == SQLITE_DONE);
	sqlite3_finalize(st);
	sqlite3_close(db);
}

static void damaged_tries_and_old_headers(void)
{
	struct sb_tokens *tokens = open_tokens("");
	struct sb_token_info info = info_of(make_token(tokens));
	struct sb_token *token;

	sb_tokens_close(&tokens);
	tamper(info.serial, "update meta set value = x'0000' where name = 'tries'");
	tokens = open_tokens("");
	token = sb_tokens_at(tokens, sb_tokens_count(tokens) - 1);
	CHECK_EQ(sb_token_login(token, SB_USER_HOLDER, PIN), SB_E_PIN_LOCKED);
	CHECK_EQ(sb_token_login(token, SB_USER_SO, PUK), SB_OK);
	sb_tokens_close(&tokens);
	/* A raised limit is not believed: header and wraps do not go together. No try is spent to say so. */
	raise_limits(info.serial);
	tokens = open_tokens("");
	token = sb_tokens_at(tokens, sb_tokens_count(tokens) - 1);
	CHECK_EQ(info_of(token).puk_max, 15);
	CHECK_EQ(sb_token_login(token, SB_USER_SO, PUK), SB_E_CORRUPT);
	CHECK_EQ(info_of(token).puk_left, 15);
	sb_tokens_close(&tokens);
}

/* What is fixed at C_InitToken stays, whatever the configuration says later; the mechanisms are given anew with the next one. */
static void the_policy_is_fixed(void)
{
	static const uint8_t two[] = {0, 0, 0, 0, 0, 0, 0x10, 0x41, 0, 0, 0, 0, 0, 0, 0x10, 0x40};
	struct sb_tokens *tokens = open_tokens("profile = general\nalways-authenticate = strict\nimport = yes\n");
	const struct sb_token_policy *policy;
	struct sb_token *token;
	size_t last = sb_tokens_count(tokens);

	CHECK_EQ(sb_tokens_create(tokens, sb_tokens_free_slot(tokens), PUK, label, sb_slice(two, 7), &token), SB_E_ARGUMENT);
	REQUIRE(sb_tokens_create(tokens, sb_tokens_free_slot(tokens), PUK, label, sb_slice(two, sizeof two), &token) == SB_OK);
	sb_tokens_close(&tokens);
	tokens = open_tokens("");
	token = sb_tokens_at(tokens, last);
	policy = sb_token_policy(token);
	CHECK_EQ(policy->profile, SB_PROFILE_GENERAL);
	CHECK_EQ(policy->always_authenticate, SB_ALWAYS_AUTH_STRICT);
	CHECK(policy->import);
	CHECK(sb_slice_equal(policy->mechanisms, sb_slice(two, sizeof two)));
	CHECK_EQ(sb_token_login(token, SB_USER_SO, PUK), SB_OK);
	CHECK(!info_of(token).damaged);
	CHECK_EQ(sb_token_reset(token, PUK, label, sb_slice(two, 8)), SB_OK);
	CHECK(sb_slice_equal(sb_token_policy(token)->mechanisms, sb_slice(two, 8)));
	CHECK_EQ(sb_token_policy(token)->profile, SB_PROFILE_GENERAL);
	CHECK_EQ(sb_token_login(token, SB_USER_SO, PUK), SB_OK);
	sb_tokens_close(&tokens);
	tokens = open_tokens("");
	CHECK(sb_slice_equal(sb_token_policy(sb_tokens_at(tokens, last))->mechanisms, sb_slice(two, 8)));
	sb_tokens_close(&tokens);
}

static size_t made(struct sb_token *token, const char *name, uint8_t id[1][SB_OBJECT_ID])
{
	struct sb_attributes a = {0};
	struct sb_attributes *one[] = {&a};

	set_object(&a, false, name);
	CHECK_EQ(sb_token_create(token, one, 1, id), SB_OK);
	sb_attributes_free(&a);
	return found(token, LABEL, name);
}

/* Public objects come, change and go without a login, by several processes: their sum goes along. */
static void public_rows_add_up(void)
{
	struct sb_tokens *tokens = open_tokens(""), *others;
	struct sb_token *token = make_token(tokens), *other;
	uint8_t ids[4][SB_OBJECT_ID];

	others = open_tokens("");
	other = sb_tokens_at(others, sb_tokens_count(others) - 1);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(made(i % 2 ? token : other, "open", &ids[i]), (size_t)i + 1);
	CHECK_EQ(sb_token_update(token, ids[0], rename_to, (char *)"named"), SB_OK);
	CHECK_EQ(sb_token_update(other, ids[1], refuse, NULL), SB_E_RANGE);
	CHECK_EQ(sb_token_update(other, ids[1], rename_to, (char *)"called"), SB_OK);
	CHECK_EQ(sb_token_destroy(token, ids[2]), SB_OK);
	CHECK(!info_of(token).damaged && !info_of(other).damaged);
	CHECK_EQ(found(token, LABEL, "open"), 1);
	CHECK_EQ(found(other, LABEL, "named"), 1);
	sb_tokens_close(&others);
	others = open_tokens("");
	other = sb_tokens_at(others, sb_tokens_count(others) - 1);
	CHECK(!info_of(other).damaged);
	CHECK_EQ(sb_token_login(other, SB_USER_HOLDER, PIN), SB_OK);
	CHECK_EQ(sb_token_destroy(other, ids[3]), SB_OK);
	CHECK(!info_of(token).damaged && !info_of(other).damaged);
	/* Initialised anew there is nothing to add up. */
	CHECK_EQ(sb_token_reset(token, PUK, label, sb_slice(NULL, 0)), SB_OK);
	CHECK(!info_of(token).damaged && !info_of(other).damaged);
	CHECK_EQ(made(other, "open", ids), 1);
	CHECK_EQ(sb_token_login(token, SB_USER_SO, PUK), SB_OK);
	CHECK(!info_of(token).damaged && !info_of(other).damaged);
	sb_tokens_close(&others);
	sb_tokens_close(&tokens);
}

static void life_of_a_token(void)
{
	struct sb_tokens *tokens = open_tokens(""), *other;
	struct sb_token *token = make_token(tokens);
	unsigned long slot = sb_token_slot(token), free_slot = sb_tokens_free_slot(tokens);
	struct sb_token *second;
	size_t count = sb_tokens_count(tokens);

	CHECK(slot != free_slot && slot > 0 && slot <= 0x7fffffff);
	other = open_tokens("");
	CHECK_EQ(sb_tokens_count(other), count);
	CHECK_EQ(sb_tokens_free_slot(other), free_slot);
	REQUIRE(sb_tokens_create(other, free_slot, PUK, label, sb_slice(NULL, 0), &second) == SB_OK);
	CHECK_EQ(sb_tokens_create(tokens, free_slot, PUK, label, sb_slice(NULL, 0), &second), SB_E_BUSY);
	CHECK_EQ(sb_tokens_refresh(tokens), SB_OK);
	CHECK_EQ(sb_tokens_count(tokens), count + 1);
	REQUIRE(sb_token_login(token, SB_USER_HOLDER, PIN) == SB_OK);
	CHECK_EQ(sb_token_reset(sb_tokens_at(other, count - 1), sb_slice("not the puk", 11), label, sb_slice(NULL, 0)), SB_E_PIN_INCORRECT);
	CHECK_EQ(sb_token_reset(sb_tokens_at(other, count - 1), PUK, label, sb_slice(NULL, 0)), SB_OK);
	sb_token_change(token, true);
	CHECK_EQ(sb_token_user(token), SB_USER_NONE);
	CHECK(!info_of(token).pin_set);
	CHECK_EQ(sb_token_slot(token), slot);
	REQUIRE(sb_token_login(token, SB_USER_SO, PUK) == SB_OK);
	CHECK_EQ(sb_token_remove(token), SB_OK);
	CHECK(!sb_token_present(token));
	CHECK_EQ(sb_tokens_refresh(other), SB_OK);
	CHECK(!sb_token_present(sb_tokens_at(other, count - 1)));
	sb_tokens_close(&tokens);
	sb_tokens_close(&other);
}

static void unsafe_stores_are_refused(void)
{
	struct sb_config config;
	struct sb_tokens *tokens;
	char path[256];

	snprintf(path, sizeof path, "%s/tokens", directory);
	chmod(path, 0755);
	cheap_config(&config, directory, "");
	CHECK_EQ(sb_tokens_open(&config, &tokens), SB_E_UNSAFE);
	chmod(path, 0700);
	sb_config_free(&config);
}

int main(void)
{
	REQUIRE(mkdtemp(directory));
	REQUIRE(sb_crypto_start() == SB_OK);
	tries_are_charged_and_survive();
	objects_are_sealed_found_and_gone();
	tampering_shows();
	damaged_tries_and_old_headers();
	the_policy_is_fixed();
	public_rows_add_up();
	life_of_a_token();
	unsafe_stores_are_refused();
	remove_tree(directory);
	return check_result();
}
