/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/codec.h"
#include "base/error.h"
#include "base/file.h"
#include "check.h"
#include "crypto/random.h"
#include "open_tokens.h"
#include "remove_tree.h"
#include "token_private.h"

/* A token of format 1, as version 0.1 made it (tests/samples), becomes one of format 2 at its first good login, and loses nothing. */

#define SERIAL "f7fa66de7dfd0256"
#define PUK sb_slice("12345678", 8)
#define PIN sb_slice("274916", 6)
#define WRONG sb_slice("274917", 6)
enum { HEADER_1 = 40, HEADER_2 = 44, WRAP_1 = 96, WRAP_2 = 113 };

static char directory[64];

static void copy(const char *from, const char *to)
{
	char path[512];
	struct sb_bytes content = {0};

	snprintf(path, sizeof path, "%s/tests/samples/format-1/%s", getenv("SINBUN_SRCDIR"), from);
	REQUIRE(sb_file_read(path, 1 << 20, &content) == SB_OK);
	snprintf(path, sizeof path, "%s/tokens/%s", directory, to);
	REQUIRE(sb_file_write(path, content.data, content.len, 0600) == SB_OK);
	sb_bytes_free(&content);
}

static void remove_sample(void)
{
	remove_tree(directory);
}

static void lay_out_sample(void)
{
	char path[128];

	snprintf(directory, sizeof directory, "/tmp/sinbun-test-formats.XXXXXX");
	REQUIRE(mkdtemp(directory));
	snprintf(path, sizeof path, "%s/tokens/" SERIAL, directory);
	REQUIRE(sb_file_mkdir(path, 0700, true) == SB_OK);
	snprintf(path, sizeof path, "%s/tokens", directory);
	REQUIRE(chmod(path, 0700) == 0);
	copy("slots", "slots");
	copy("token.db", SERIAL "/token.db");
}

static struct sb_tokens *open_tokens(struct sb_token **token)
{
	struct sb_tokens *tokens = open_tokens_in(directory, "", token);

	REQUIRE(sb_tokens_count(tokens) == 1);
	return tokens;
}

static sqlite3 *open_store(const char *file)
{
	char path[160];
	sqlite3 *db;

	snprintf(path, sizeof path, "%s/tokens/" SERIAL "/%s", directory, file);
	REQUIRE(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
	return db;
}

static long number(const char *file, const char *statement)
{
	sqlite3 *db = open_store(file);
	sqlite3_stmt *st;
	long n;

	REQUIRE(sqlite3_prepare_v2(db, statement, -1, &st, NULL) == SQLITE_OK);
	REQUIRE(sqlite3_step(st) == SQLITE_ROW);
	n = (long)sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return n;
}

static void tamper(const char *statement)
{
	sqlite3 *db = open_store("token.db");

	REQUIRE(sqlite3_exec(db, statement, NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_close(db);
}

static long length_of(const char *name)
{
	char statement[80];

	snprintf(statement, sizeof statement, "select length(value) from meta where name = '%s'", name);
	return number("token.db", statement);
}

static bool stands(const char *file)
{
	char path[160];
	struct stat st;

	snprintf(path, sizeof path, "%s/tokens/" SERIAL "/%s", directory, file);
	if (lstat(path, &st) != 0)
		return false;
	CHECK_EQ(st.st_mode & 07777, 0600);
	return true;
}

static bool backup_stands(void)
{
	return stands("token.db.format-1");
}

static struct sb_token_info info_of(struct sb_token *token)
{
	struct sb_token_info info;

	REQUIRE(sb_token_info(token, &info) == SB_OK);
	return info;
}

static size_t count(struct sb_token *token, const char *name)
{
	struct sb_attributes match = {0};
	struct sb_bytes found = {0};
	size_t n;

	if (name)
		sb_attributes_set(&match, ATTRIBUTE_LABEL, name, strlen(name));
	CHECK_EQ(sb_token_find(token, &match, &found), SB_OK);
	n = found.len / sizeof(struct sb_found);
	sb_bytes_free(&found);
	sb_attributes_free(&match);
	return n;
}

static size_t trusted(struct sb_token *token)
{
	struct sb_attributes match = {0};
	struct sb_bytes found = {0};
	size_t n;

	sb_attributes_set_bool(&match, ATTRIBUTE_TRUSTED, true);
	CHECK_EQ(sb_token_find(token, &match, &found), SB_OK);
	n = found.len / sizeof(struct sb_found);
	sb_bytes_free(&found);
	sb_attributes_free(&match);
	return n;
}

static void log_in(struct sb_token *token, enum sb_user who, bool damaged)
{
	REQUIRE(sb_token_login(token, who, who == SB_USER_SO ? PUK : PIN) == SB_OK);
	CHECK_EQ(info_of(token).damaged, damaged);
}

/* There was no log before: it begins with the upgrade, takes in what failed until then, and is whole. */
static void the_log_begins(struct sb_token *token)
{
	struct sb_bytes text = {0};
	uint64_t broken;

	REQUIRE(sb_token_log(token, &text, &broken) == SB_OK && sb_bytes_terminate(&text) == SB_OK);
	CHECK_EQ(broken, 0);
	CHECK(strstr((char *)text.data, "{\"seq\":1,") == (char *)text.data && strstr((char *)text.data, "\"event\":\"token-upgraded\",\"outcome\":\"ok\""));
	CHECK(strstr((char *)text.data, "{\"seq\":2,") && strstr((char *)text.data, "\"event\":\"login\",\"outcome\":\"refused\""));
	CHECK(!strstr((char *)text.data, "{\"seq\":3,"));
	sb_bytes_free(&text);
}

static void the_first_good_login_upgrades(void)
{
	struct sb_token *token;
	struct sb_tokens *tokens;
	unsigned long rule;

	lay_out_sample();
	tokens = open_tokens(&token);
	CHECK_EQ(sb_token_policy(token)->mechanisms.len, 0);
	CHECK_EQ(info_of(token).pin_left, 4);
	CHECK_EQ(sb_token_login(token, SB_USER_HOLDER, WRONG), SB_E_PIN_INCORRECT);
	CHECK_EQ(length_of("header"), HEADER_1);
	CHECK(!backup_stands());
	log_in(token, SB_USER_HOLDER, false);
	CHECK_EQ(info_of(token).pin_left, 5);
	CHECK_EQ(length_of("header"), HEADER_2);
	CHECK_EQ(length_of("wrap-pin"), WRAP_2);
	CHECK_EQ(length_of("wrap-puk"), WRAP_1);
	CHECK(backup_stands());
	CHECK_EQ(number("token.db.format-1", "select length(value) from meta where name = 'header'"), HEADER_1);
	CHECK_EQ(number("token.db.format-1", "select count(*) from record"), 5);
	CHECK_EQ(count(token, NULL), 5);
	CHECK_EQ(count(token, "mine"), 1);
	CHECK_EQ(trusted(token), 1);
	the_log_begins(token);
	sb_tokens_close(&tokens);

	copy("slots", SERIAL "/token.db.format-1.a1B2c3"); /* half a backup of an upgrade cut short */
	tokens = open_tokens(&token);
	CHECK_EQ(count(token, NULL), 3); /* the certificate, the public key, "open" */
	log_in(token, SB_USER_HOLDER, false);
	CHECK(!backup_stands());
	CHECK(!stands("token.db.format-1.a1B2c3"));
	CHECK_EQ(sb_token_logout(token), SB_OK);
	log_in(token, SB_USER_SO, false);
	CHECK_EQ(length_of("wrap-puk"), WRAP_2);
	CHECK_EQ(sb_token_logout(token), SB_OK);
	/* The birth date came along. */
	CHECK_EQ(sb_token_set_pin(token, SB_USER_HOLDER, PIN, sb_slice("900123", 6), &rule), SB_E_PIN_RULE);
	log_in(token, SB_USER_HOLDER, false);
	sb_tokens_close(&tokens);
	remove_sample();
}

static int rename_it(void *context, struct sb_attributes *a)
{
	return sb_attributes_set(a, ATTRIBUTE_LABEL, context, strlen(context));
}

/* Each attribute had an index row in those days, those too that have none now. They go with their objects, and nothing shows as damage. */
static void rows_of_every_attribute(void)
{
	enum { MODIFIABLE = 0x170 };
	char name[] = "renamed";
	struct sb_attributes match = {0};
	struct sb_bytes found = {0};
	struct sb_token *token;
	struct sb_tokens *tokens;
	long before;

	lay_out_sample();
	tokens = open_tokens(&token);
	log_in(token, SB_USER_HOLDER, false);
	before = number("token.db", "select count(*) from idx join record using (seq) where private");
	sb_attributes_set_bool(&match, MODIFIABLE, true);
	REQUIRE(sb_token_find(token, &match, &found) == SB_OK);
	CHECK_EQ(found.len / sizeof(struct sb_found), 5);
	for (size_t i = 0; i < found.len / sizeof(struct sb_found); i++) {
		REQUIRE(sb_token_update(token, ((struct sb_found *)(void *)found.data)[i].id, rename_it, name) == SB_OK);
		CHECK_EQ(count(token, "renamed"), i + 1);
		CHECK_EQ(sb_token_logout(token), SB_OK);
		log_in(token, SB_USER_HOLDER, false);
	}
	CHECK(number("token.db", "select count(*) from idx join record using (seq) where private") < before / 2);
	CHECK_EQ(count(token, "mine"), 0);
	for (size_t i = 0; i < found.len / sizeof(struct sb_found); i++) {
		REQUIRE(sb_token_destroy(token, ((struct sb_found *)(void *)found.data)[i].id) == SB_OK);
		CHECK_EQ(sb_token_logout(token), SB_OK);
		log_in(token, SB_USER_HOLDER, false);
	}
	CHECK_EQ(number("token.db", "select count(*) from idx"), 0);
	sb_bytes_free(&found);
	sb_attributes_free(&match);
	sb_tokens_close(&tokens);
	remove_sample();
}

/* Such an object, whose index rows are lost, takes the damage with it when it goes. */
static void rows_that_are_lost(void)
{
	struct sb_attributes match = {0};
	struct sb_bytes found = {0}, statement = {0};
	struct sb_token *token;
	struct sb_tokens *tokens;

	lay_out_sample();
	tokens = open_tokens(&token);
	log_in(token, SB_USER_HOLDER, false);
	sb_attributes_set(&match, ATTRIBUTE_LABEL, "mine", 4);
	REQUIRE(sb_token_find(token, &match, &found) == SB_OK && found.len == sizeof(struct sb_found));
	CHECK_EQ(sb_token_logout(token), SB_OK);
	REQUIRE(sb_bytes_append_text(&statement, "delete from idx where seq = (select seq from record where id = x'") == SB_OK);
	REQUIRE(sb_hex_encode(((struct sb_found *)(void *)found.data)->id, SB_OBJECT_ID, &statement) == SB_OK);
	REQUIRE(sb_bytes_append_text(&statement, "')") == SB_OK && sb_bytes_terminate(&statement) == SB_OK);
	tamper((const char *)statement.data);
	log_in(token, SB_USER_HOLDER, true);
	CHECK_EQ(sb_token_destroy(token, ((struct sb_found *)(void *)found.data)->id), SB_OK);
	CHECK_EQ(sb_token_logout(token), SB_OK);
	log_in(token, SB_USER_HOLDER, false);
	sb_bytes_free(&statement);
	sb_bytes_free(&found);
	sb_attributes_free(&match);
	sb_tokens_close(&tokens);
	remove_sample();
}

static void the_so_may_come_first(void)
{
	struct sb_token *token, *seen;
	struct sb_tokens *tokens, *other;
	unsigned long rule;

	lay_out_sample();
	tokens = open_tokens(&token);
	other = open_tokens(&seen); /* has the token as it was */
	log_in(token, SB_USER_SO, false);
	CHECK_EQ(length_of("wrap-pin"), WRAP_1);
	CHECK_EQ(length_of("wrap-puk"), WRAP_2);
	CHECK_EQ(info_of(token).pin_left, 4);
	CHECK_EQ(sb_token_logout(token), SB_OK);
	log_in(seen, SB_USER_HOLDER, false);
	CHECK_EQ(length_of("wrap-pin"), WRAP_2);
	CHECK_EQ(sb_token_logout(seen), SB_OK);
	sb_tokens_close(&other);
	/* A changed PIN leaves no copy that the old one opens. */
	lay_out_sample();
	sb_tokens_close(&tokens);
	tokens = open_tokens(&token);
	CHECK_EQ(sb_token_set_pin(token, SB_USER_HOLDER, PIN, sb_slice("837261", 6), &rule), SB_OK);
	CHECK(!backup_stands());
	CHECK_EQ(length_of("header"), HEADER_2);
	CHECK_EQ(sb_token_login(token, SB_USER_HOLDER, PIN), SB_E_PIN_INCORRECT);
	CHECK_EQ(sb_token_login(token, SB_USER_HOLDER, sb_slice("837261", 6)), SB_OK);
	CHECK(!info_of(token).damaged);
	sb_tokens_close(&tokens);
	remove_sample();
}

/* The upgrade takes no damage for good. */
static void damage_stays_visible(const char *statement)
{
	struct sb_token *token;
	struct sb_tokens *tokens;

	lay_out_sample();
	tamper(statement);
	tokens = open_tokens(&token);
	for (int i = 0; i < 3; i++) {
		log_in(token, SB_USER_HOLDER, true);
		CHECK_EQ(sb_token_logout(token), SB_OK);
	}
	CHECK_EQ(length_of("header"), HEADER_2);
	CHECK(backup_stands());
	sb_tokens_close(&tokens);
	remove_sample();
}

static void an_old_wrap_put_back_shows(void)
{
	struct sb_token *token;
	struct sb_tokens *tokens;

	lay_out_sample();
	tamper("create table old(value blob); insert into old select value from meta where name = 'wrap-pin'");
	tokens = open_tokens(&token);
	log_in(token, SB_USER_HOLDER, false);
	sb_tokens_close(&tokens);
	tamper("update meta set value = (select value from old) where name = 'wrap-pin'");
	tokens = open_tokens(&token);
	for (int i = 0; i < 2; i++) {
		log_in(token, SB_USER_HOLDER, true);
		CHECK_EQ(sb_token_logout(token), SB_OK);
	}
	CHECK_EQ(length_of("wrap-pin"), WRAP_1);
	sb_tokens_close(&tokens);
	remove_sample();
}

/* A wrap of format 1 knows no list of mechanisms, so it vouches for none. */
static void a_list_slipped_in(void)
{
	struct sb_token *token;
	struct sb_tokens *tokens;

	lay_out_sample();
	tokens = open_tokens(&token);
	log_in(token, SB_USER_HOLDER, false);
	sb_tokens_close(&tokens);
	tamper("update meta set value = cast(substr(value, 1, 40) || x'000000010000000000001041' as blob) where name = 'header'");
	tokens = open_tokens(&token);
	CHECK_EQ(length_of("wrap-puk"), WRAP_1);
	CHECK_EQ(sb_token_login(token, SB_USER_SO, PUK), SB_E_CORRUPT);
	CHECK_EQ(sb_token_login(token, SB_USER_HOLDER, PIN), SB_E_CORRUPT);
	sb_tokens_close(&tokens);
	remove_sample();
}

/* The n-th change to the store ends the process, or fails as on a full disk. */
static const struct sb_store_ops *real;
static int countdown;
static bool dies;

static int trip(void)
{
	if (--countdown != 0)
		return SB_OK;
	if (dies)
		_exit(7);
	return SB_E_FULL;
}

static int put_or_trip(struct sb_store *store, const char *name, struct sb_slice value)
{
	int rc = trip();

	return rc == SB_OK ? real->put(store, name, value) : rc;
}

static int commit_or_trip(struct sb_store *store)
{
	int rc = trip();

	return rc == SB_OK ? real->commit(store) : rc;
}

static int image_or_trip(struct sb_store *store, struct sb_bytes *out)
{
	int rc = real->image(store, out);

	return rc == SB_OK ? trip() : rc;
}

static int truncate_or_trip(struct sb_store *store)
{
	int rc = trip();

	return rc == SB_OK ? real->truncate(store) : rc;
}

/* True when the n-th change came at all. */
static bool cut_short(struct sb_token *token, int n)
{
	struct sb_store_ops ops = *token->store->ops;
	int rc;

	real = token->store->ops;
	ops.put = put_or_trip;
	ops.commit = commit_or_trip;
	ops.image = image_or_trip;
	ops.truncate = truncate_or_trip;
	token->store->ops = &ops;
	countdown = n;
	rc = sb_token_login(token, SB_USER_HOLDER, PIN);
	token->store->ops = real;
	CHECK(rc == SB_OK || rc == SB_E_FULL);
	sb_token_logout(token);
	return countdown <= 0;
}

static bool cut_short_elsewhere(int n)
{
	struct sb_tokens *tokens;
	struct sb_token *token;
	pid_t child = fork();
	int status;

	REQUIRE(child >= 0);
	if (child == 0) {
		tokens = open_tokens(&token);
		cut_short(token, n);
		sb_tokens_close(&tokens);
		_exit(check_result());
	}
	REQUIRE(waitpid(child, &status, 0) == child && WIFEXITED(status));
	CHECK(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 7);
	return WEXITSTATUS(status) == 7;
}

/* Wherever an upgrade is cut short, the next login finds everything and brings it to its end. */
static void an_upgrade_cut_short(bool by_death)
{
	struct sb_tokens *tokens;
	struct sb_token *token;
	bool cut = true;
	int n;

	dies = by_death;
	for (n = 1; cut && n < 40; n++) {
		lay_out_sample();
		tokens = by_death ? NULL : open_tokens(&token);
		cut = by_death ? cut_short_elsewhere(n) : cut_short(token, n);
		if (!tokens)
			tokens = open_tokens(&token);
		log_in(token, SB_USER_HOLDER, false);
		CHECK_EQ(length_of("header"), HEADER_2);
		CHECK_EQ(length_of("wrap-pin"), WRAP_2);
		CHECK_EQ(count(token, NULL), 5);
		CHECK_EQ(trusted(token), 1);
		CHECK_EQ(sb_token_logout(token), SB_OK);
		log_in(token, SB_USER_SO, false);
		sb_tokens_close(&tokens);
		remove_sample();
	}
	CHECK(n > 8 && n < 40);
}

static void an_unknown_format_is_left_alone(void)
{
	struct sb_config config;
	struct sb_tokens *tokens;
	const char *text = "kdf-memory = 19\nkdf-passes = 2\nseal = software\n";

	lay_out_sample();
	tamper("update meta set value = cast(x'5342544b00000003' || substr(value, 9) as blob) where name = 'header'");
	REQUIRE(sb_config_parse(&config, sb_slice(text, strlen(text)), directory, NULL) == SB_OK);
	REQUIRE(sb_tokens_open(&config, &tokens) == SB_OK);
	sb_config_free(&config);
	CHECK_EQ(sb_tokens_count(tokens), 0);
	sb_tokens_close(&tokens);
	remove_sample();
}

/* A token of format 2 from before there was a sum over the public rows: searches go by the records until a login makes one, and what was
 * spoilt before shows. */
static void a_token_without_a_sum(bool spoilt)
{
	struct token_digest digest = {0};
	struct sb_token *token;
	struct sb_tokens *tokens;

	lay_out_sample();
	tokens = open_tokens(&token);
	log_in(token, SB_USER_HOLDER, false);
	CHECK_EQ(length_of("digest-public"), 32);
	REQUIRE(token_digest_read(token, token->keys, &digest) == SB_OK);
	/* A digest of that time was shorter; what is missing at its end is zero. */
	memset(digest.meta[TOKEN_META_DIGEST_PUBLIC], 0, TOKEN_META_HASH);
	REQUIRE(token_digest_write(token, token->keys, &digest) == SB_OK);
	sb_tokens_close(&tokens);
	tamper("delete from meta where name = 'digest-public'");
	if (spoilt)
		tamper("update idx set key = cast(x'0102' || substr(key, 3) as blob) where seq in (select seq from record where private = 0)");
	tokens = open_tokens(&token);
	CHECK_EQ(count(token, "open"), 1);
	CHECK(!info_of(token).damaged);
	log_in(token, SB_USER_SO, spoilt);
	CHECK_EQ(length_of("digest-public"), 32);
	CHECK_EQ(count(token, "open"), 1);
	CHECK_EQ(sb_token_logout(token), SB_OK);
	log_in(token, SB_USER_HOLDER, spoilt);
	sb_tokens_close(&tokens);
	tokens = open_tokens(&token);
	CHECK_EQ(info_of(token).damaged, spoilt);
	sb_tokens_close(&tokens);
	remove_sample();
}

int main(void)
{
	if (!getenv("SINBUN_SRCDIR"))
		SKIP("run by make check");
	REQUIRE(sb_crypto_start() == SB_OK);
	the_first_good_login_upgrades();
	rows_of_every_attribute();
	rows_that_are_lost();
	the_so_may_come_first();
	damage_stays_visible("delete from record where private = 1 and seq = (select max(seq) from record where private = 1)");
	damage_stays_visible("update meta set value = zeroblob(72) where name = 'digest'");
	damage_stays_visible("delete from idx where seq = (select min(seq) from record where private = 1)");
	damage_stays_visible("delete from idx where seq = (select min(seq) from record where private = 0)");
	an_old_wrap_put_back_shows();
	a_token_without_a_sum(false);
	a_token_without_a_sum(true);
	an_unknown_format_is_left_alone();
	a_list_slipped_in();
	an_upgrade_cut_short(false);
	an_upgrade_cut_short(true);
	return check_result();
}
