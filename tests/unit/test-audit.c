/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <unistd.h>

#include <sqlite3.h>

#include "base/error.h"
#include "check.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "remove_tree.h"
#include "token_private.h"

/* The audit log where applications cannot reach: bounds, rotation, new keys, and what a log goes on from. */

static char directory[] = "/tmp/sinbun-test-audit.XXXXXX";
static const char label[SB_TOKEN_LABEL + 1] = "test                            ";
#define PUK sb_slice("12345678", 8)
#define PIN sb_slice("274916", 6)
#define KEY sb_slice("0123456789abcdef0123456789abcdef", 32)

static void remove_directory(void)
{
	remove_tree(directory);
}

/* --- rows and failures as bytes --- */

static void rows_come_back(void)
{
	struct sb_audit_row row = {.seq = 7, .time = 1764061200, .event = SB_AUDIT_SIGN, .outcome = SB_AUDIT_OK, .user = SB_AUDIT_HOLDER,
		.count = 3, .key = {SB_AUDIT_KEY_ID, 2, {0x01, 0xfe}}}, back;
	static const uint8_t before[SB_AUDIT_CHAIN];
	uint8_t other[SB_AUDIT_CHAIN];
	struct sb_bytes bytes = {0}, text = {0};

	REQUIRE(sb_audit_row_chain(KEY, before, &row, row.chain) == SB_OK);
	REQUIRE(sb_audit_row_encode(&row, &bytes) == SB_OK);
	CHECK_EQ(sb_audit_row_decode(sb_bytes_slice(&bytes), &back), SB_OK);
	CHECK(memcmp(&row, &back, sizeof row) == 0);
	for (size_t len = 0; len < bytes.len; len++)
		CHECK_EQ(sb_audit_row_decode(sb_slice(bytes.data, len), &back), SB_E_CORRUPT);
	row.count = 4;
	CHECK(sb_audit_row_chain(KEY, before, &row, other) == SB_OK && memcmp(other, row.chain, sizeof other) != 0);
	REQUIRE(sb_audit_row_text(&row, &text) == SB_OK && sb_bytes_terminate(&text) == SB_OK);
	CHECK(strncmp((char *)text.data,
		      "{\"seq\":7,\"time\":1764061200,\"event\":\"signature\",\"outcome\":\"ok\",\"user\":\"holder\",\"key\":\"01fe\",\"count\":4,"
		      "\"chain\":\"", 104) == 0);
	sb_bytes_free(&bytes);
	sb_bytes_free(&text);
}

static void failures_are_bounded(void)
{
	struct sb_audit_pending pending = {0}, back;
	struct sb_bytes row = {0};

	for (uint64_t i = 0; i < 1000; i++) {
		struct sb_audit_failure failure = {i, SB_AUDIT_LOGIN, SB_AUDIT_REFUSED, SB_AUDIT_HOLDER, false};

		sb_audit_pending_add(&pending, &failure);
	}
	CHECK_EQ(pending.count, SB_AUDIT_PENDING_MAX);
	CHECK_EQ(pending.dropped, 1000 - SB_AUDIT_PENDING_MAX);
	CHECK_EQ(pending.items[0].time, 1000 - SB_AUDIT_PENDING_MAX);
	REQUIRE(sb_audit_pending_encode(&pending, KEY, &row) == SB_OK);
	CHECK(row.len <= 1024);
	sb_audit_pending_decode(sb_bytes_slice(&row), KEY, &back);
	CHECK(!back.damaged && back.count == pending.count && back.dropped == pending.dropped && back.items[63].time == 999);
	for (size_t i = 0; i < row.len; i++) {
		row.data[i] ^= 0x10;
		sb_audit_pending_decode(sb_bytes_slice(&row), KEY, &back);
		CHECK(back.damaged && back.count == 0);
		row.data[i] ^= 0x10;
		sb_audit_pending_decode(sb_slice(row.data, i), KEY, &back);
		CHECK(back.damaged && back.count == 0);
	}
	/* What was damaged is still said after the next failure. */
	sb_audit_pending_add(&back, &pending.items[0]);
	REQUIRE(sb_audit_pending_encode(&back, KEY, &row) == SB_OK);
	sb_audit_pending_decode(sb_bytes_slice(&row), KEY, &back);
	CHECK(back.damaged && back.count == 1);
	sb_audit_pending_decode(sb_slice(NULL, 0), KEY, &back);
	CHECK(!back.damaged && !back.count);
	sb_bytes_free(&row);
}

/* --- in a token --- */

static struct sb_tokens *make_token(struct sb_token **token)
{
	struct sb_config config;
	struct sb_tokens *tokens;
	const char *text = "kdf-memory = 19\nkdf-passes = 2\nseal = software\n";
	unsigned long rule;

	REQUIRE(sb_config_parse(&config, sb_slice(text, strlen(text)), directory, NULL) == SB_OK);
	REQUIRE(sb_tokens_open(&config, &tokens) == SB_OK);
	sb_config_free(&config);
	REQUIRE(sb_tokens_create(tokens, sb_tokens_free_slot(tokens), PUK, label, sb_slice(NULL, 0), token) == SB_OK);
	REQUIRE(sb_token_login(*token, SB_USER_SO, PUK) == SB_OK);
	REQUIRE(sb_token_init_pin(*token, PIN, &rule) == SB_OK);
	REQUIRE(sb_token_logout(*token) == SB_OK);
	REQUIRE(sb_token_login(*token, SB_USER_HOLDER, PIN) == SB_OK);
	return tokens;
}

enum { MADE = 4 /* rows: initialised, login, PIN set, login */ };

static void add_rows(struct sb_token *t, size_t count)
{
	const struct sb_audit_row row = {.event = SB_AUDIT_LOGIN, .user = SB_AUDIT_HOLDER};
	struct token_digest digest;

	REQUIRE(t->store->ops->begin(t->store) == SB_OK);
	REQUIRE(token_digest_read(t, t->keys, &digest) == SB_OK);
	for (size_t i = 0; i < count; i++)
		REQUIRE(token_audit_note(t, t->keys, &digest, &row) == SB_OK);
	REQUIRE(token_digest_write(t, t->keys, &digest) == SB_OK);
	REQUIRE(t->store->ops->commit(t->store) == SB_OK);
}

/* How many lines the log has, and from which row on it is broken. *first: the first line, freed by the caller. */
static size_t lines(struct sb_token *t, uint64_t *broken, struct sb_bytes *first)
{
	struct sb_bytes text = {0};
	size_t n = 0;

	REQUIRE(sb_token_log(t, &text, broken) == SB_OK);
	for (size_t i = 0; i < text.len; i++)
		n += text.data[i] == '\n';
	if (first) {
		const uint8_t *end = memchr(text.data, '\n', text.len);

		REQUIRE(end && sb_bytes_set(first, text.data, (size_t)(end - text.data)) == SB_OK && sb_bytes_terminate(first) == SB_OK);
	}
	sb_bytes_free(&text);
	return n;
}

static uint64_t broken_at(struct sb_token *t)
{
	uint64_t broken;

	lines(t, &broken, NULL);
	return broken;
}

static void alter(struct sb_token *t, const char *sql)
{
	char path[256];
	sqlite3 *db;

	snprintf(path, sizeof path, "%s/tokens/%s/token.db", directory, t->name);
	REQUIRE(sqlite3_open(path, &db) == SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	REQUIRE(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_close(db);
}

static void rotation_keeps_the_chain(void)
{
	struct sb_token *t;
	struct sb_tokens *tokens = make_token(&t);
	struct sb_bytes first = {0};
	uint64_t broken;

	add_rows(t, SB_AUDIT_ROWS_MAX - MADE);
	CHECK_EQ(lines(t, &broken, NULL), SB_AUDIT_ROWS_MAX);
	CHECK_EQ(broken, 0);
	add_rows(t, 1);
	CHECK_EQ(lines(t, &broken, &first), SB_AUDIT_ROWS_MAX + 1 - SB_AUDIT_ROTATED);
	CHECK_EQ(broken, 0);
	CHECK(strstr((char *)first.data, "{\"seq\":1025,") && strstr((char *)first.data, "\"event\":\"rotated\",\"outcome\":\"ok\"") &&
		strstr((char *)first.data, "\"count\":1025,"));
	/* And again, over the row that stands for the first ones. */
	add_rows(t, 3 * SB_AUDIT_ROTATED);
	CHECK(lines(t, &broken, &first) <= SB_AUDIT_ROWS_MAX);
	CHECK_EQ(broken, 0);
	CHECK(strstr((char *)first.data, "\"event\":\"rotated\",\"outcome\":\"ok\"") && strstr((char *)first.data, "\"count\":4097,"));
	CHECK_EQ(token_digest_verify(t, t->keys), SB_OK);
	/* The row that carries the chain cannot be left out, nor can the one after it be taken for the first. */
	alter(t, "delete from meta where name = 'log/0000000000001001'");
	CHECK_EQ(broken_at(t), 4097);
	sb_bytes_free(&first);
	sb_tokens_close(&tokens);
}

/* What did not hold does not become whole by being rotated away. */
static void rotation_heals_nothing(void)
{
	struct sb_token *t;
	struct sb_tokens *tokens = make_token(&t);
	struct sb_bytes first = {0};
	uint64_t broken;

	add_rows(t, 100);
	alter(t, "delete from meta where name = 'log/0000000000000020'");
	CHECK_EQ(broken_at(t), 32);
	add_rows(t, SB_AUDIT_ROWS_MAX);
	lines(t, &broken, &first);
	CHECK_EQ(broken, 32);
	CHECK(strstr((char *)first.data, "\"event\":\"rotated\",\"outcome\":\"damaged\""));
	sb_bytes_free(&first);
	sb_tokens_close(&tokens);
}

static void move_to_new_keys(struct sb_token *t)
{
	struct token_keys *keys;
	struct token_digest old, digest;

	REQUIRE(token_keys_new(&keys) == SB_OK && sb_random(keys->token, TOKEN_KEY) == SB_OK && token_keys_derive(keys) == SB_OK);
	REQUIRE(t->store->ops->begin(t->store) == SB_OK);
	REQUIRE(token_digest_read(t, t->keys, &old) == SB_OK);
	digest = old;
	REQUIRE(token_audit_rekey(t, t->keys, &old, keys, &digest) == SB_OK);
	REQUIRE(token_digest_note(t, keys, TOKEN_METAS_ALL, &digest) == SB_OK);
	REQUIRE(token_digest_write(t, keys, &digest) == SB_OK);
	REQUIRE(t->store->ops->commit(t->store) == SB_OK);
	token_keys_free(&t->keys);
	t->keys = keys;
}

static void the_log_goes_over_to_new_keys(void)
{
	struct sb_token *t;
	struct sb_tokens *tokens = make_token(&t);
	uint64_t broken;

	add_rows(t, 20);
	move_to_new_keys(t);
	CHECK_EQ(lines(t, &broken, NULL), MADE + 20);
	CHECK_EQ(broken, 0);
	add_rows(t, SB_AUDIT_ROWS_MAX);
	move_to_new_keys(t);
	add_rows(t, 1);
	CHECK_EQ(broken_at(t), 0);
	sb_tokens_close(&tokens);
	tokens = make_token(&t);
	add_rows(t, 20);
	alter(t, "update meta set value = zeroblob(length(value)) where name = 'log/000000000000000a'");
	move_to_new_keys(t);
	CHECK_EQ(lines(t, &broken, NULL), MADE + 20);
	CHECK_EQ(broken, 10);
	sb_tokens_close(&tokens);
}

/* A digest from before there was a log, and a sum over the public rows, covers none: then one begins, and is whole. */
static void an_older_token_begins_a_log(void)
{
	enum { SHORT = TOKEN_META_HASH * (TOKEN_METAS - TOKEN_METAS_MIN), MAC = 32 };
	struct sb_token *t;
	struct sb_tokens *tokens = make_token(&t);
	struct sb_bytes row = {0};
	uint64_t broken;

	alter(t, "delete from meta where name in ('log', 'digest-public') or name like 'log/%'");
	REQUIRE(t->store->ops->get(t->store, META_DIGEST, &row) == SB_OK);
	row.len -= SHORT;
	struct sb_slice pieces[] = {
		sb_slice("digest 2", 8), sb_slice(t->header.serial, SB_TOKEN_SERIAL), sb_slice(row.data, row.len - MAC)};
	REQUIRE(sb_mac_pieces(sb_slice(t->keys->mac, TOKEN_KEY), pieces, 3, row.data + row.len - MAC) == SB_OK);
	REQUIRE(t->store->ops->put(t->store, META_DIGEST, sb_bytes_slice(&row)) == SB_OK);
	CHECK_EQ(token_digest_verify(t, t->keys), SB_OK);
	CHECK_EQ(lines(t, &broken, NULL), 0);
	CHECK_EQ(broken, 0);
	add_rows(t, 1);
	CHECK_EQ(lines(t, &broken, NULL), 1);
	CHECK_EQ(broken, 0);
	CHECK_EQ(token_digest_verify(t, t->keys), SB_OK);
	/* But not with the digest of now: a log taken away whole shows. */
	alter(t, "delete from meta where name = 'log' or name like 'log/%'");
	CHECK_EQ(broken_at(t), 1);
	add_rows(t, 1);
	CHECK_EQ(broken_at(t), 1);
	sb_bytes_free(&row);
	sb_tokens_close(&tokens);
}

/* Names that a stranger laid out make no log endless, and no number run over. */
static void odd_names_lead_nowhere(void)
{
	static const char *const names[] = {"log/ffffffffffffffff", "log/zzzzzzzzzzzzzzzz", "log/0000000000000000", "log/", "log/1", "log/7fffffffffffffff"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct sb_token *t;
		struct sb_tokens *tokens = make_token(&t);
		char sql[160];
		uint64_t broken;

		snprintf(sql, sizeof sql, "delete from meta where name = 'log'; insert into meta values('%s', x'00')", names[i]);
		alter(t, sql);
		CHECK(broken_at(t) != 0);
		add_rows(t, 10);
		CHECK(lines(t, &broken, NULL) <= SB_AUDIT_ROWS_MAX);
		CHECK(broken != 0);
		sb_tokens_close(&tokens);
	}
}

int main(void)
{
	REQUIRE(mkdtemp(directory));
	REQUIRE(atexit(remove_directory) == 0);
	REQUIRE(sb_crypto_start() == SB_OK);
	rows_come_back();
	failures_are_bounded();
	rotation_keeps_the_chain();
	rotation_heals_nothing();
	the_log_goes_over_to_new_keys();
	an_older_token_begins_a_log();
	odd_names_lead_nowhere();
	return check_result();
}
