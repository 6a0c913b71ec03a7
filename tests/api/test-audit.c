/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "lib/check.h"
#include "lib/damage.h"
#include "sinbun-pkcs11.h"

/* The audit log as applications meet it: what it tells and what not, who sees it, and that it says so when its rows were tampered with. */

#define OTHER_PIN "837261"
enum { TEXT_MAX = 1 << 20 };

static char text[TEXT_MAX];
static CK_BBOOL intact;
static CK_ULONG broken;

static CK_OBJECT_HANDLE log_object(CK_SESSION_HANDLE session)
{
	static const CK_OBJECT_CLASS class = CKO_DATA;
	static const CK_ULONG format = 1;
	CK_ATTRIBUTE match[] = {ATTRIBUTE_OF(CKA_CLASS, class), ATTRIBUTE_TEXT(CKA_LABEL, SINBUN_LOG_LABEL),
		ATTRIBUTE_TEXT(CKA_APPLICATION, SINBUN_LOG_APPLICATION), ATTRIBUTE_OF(CKA_SINBUN_LOG_FORMAT, format)};
	CK_OBJECT_HANDLE found[2] = {CK_INVALID_HANDLE};

	return api_find(session, match, COUNT(match), found, 2) == 1 ? found[0] : CK_INVALID_HANDLE;
}

static void read_log(CK_SESSION_HANDLE session)
{
	CK_ATTRIBUTE wanted[] = {{CKA_VALUE, text, sizeof text - 1}, {CKA_SINBUN_LOG_INTACT, &intact, sizeof intact},
		{CKA_SINBUN_LOG_BROKEN, &broken, sizeof broken}};
	CK_OBJECT_HANDLE log = log_object(session);

	REQUIRE(log != CK_INVALID_HANDLE);
	REQUIRE(p11->C_GetAttributeValue(session, log, wanted, COUNT(wanted)) == CKR_OK);
	text[wanted[0].ulValueLen] = 0;
	CHECK_EQ(intact, broken == 0);
}

static unsigned count(const char *what)
{
	unsigned n = 0;

	for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
		n++;
	return n;
}

#define ROW(event, outcome, user) "\"event\":\"" event "\",\"outcome\":\"" outcome "\",\"user\":\"" user "\""
#define LINES() count("\n")

static CK_RV log_out_and_in(CK_SESSION_HANDLE session, CK_USER_TYPE user, const char *pin)
{
	p11->C_Logout(session);
	return api_login(session, user, pin);
}

static CK_RV sign(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, const char *pin)
{
	CK_MECHANISM mechanism = {CKM_ECDSA, NULL, 0};
	CK_BYTE hash[32] = {1}, signature[64];
	CK_ULONG len = sizeof signature;
	CK_RV rv = p11->C_SignInit(session, &mechanism, key);

	if (rv == CKR_OK && pin)
		rv = api_login(session, CKU_CONTEXT_SPECIFIC, pin);
	if (rv == CKR_OK)
		return p11->C_Sign(session, hash, sizeof hash, signature, &len);
	p11->C_SignInit(session, NULL, 0);
	return rv;
}

/* --- what is told --- */

static void a_life_is_told(void)
{
	CK_SESSION_HANDLE session = api_session(api_token("test"), true);

	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	read_log(session);
	CHECK_EQ(LINES(), 4);
	CHECK(strncmp(text, "{\"seq\":1,\"time\":", 16) == 0);
	CHECK_EQ(count(ROW("token-initialised", "ok", "so")), 1);
	CHECK_EQ(count(ROW("login", "ok", "so")), 1);
	CHECK_EQ(count(ROW("pin-set", "ok", "so")), 1);
	CHECK_EQ(count(ROW("login", "ok", "holder")), 1);
	CHECK(intact);
	REQUIRE(p11->C_SetPIN(session, (CK_UTF8CHAR *)API_PIN, 6, (CK_UTF8CHAR *)OTHER_PIN, 6) == CKR_OK);
	CHECK_EQ(p11->C_SetPIN(session, (CK_UTF8CHAR *)API_PIN, 6, (CK_UTF8CHAR *)OTHER_PIN, 6), CKR_PIN_INCORRECT);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(log_out_and_in(session, CKU_USER, API_WRONG_PIN), CKR_PIN_INCORRECT);
	for (int i = 0; i < 3; i++) /* told once a minute */
		CHECK_EQ(log_out_and_in(session, CKU_USER, OTHER_PIN), CKR_PIN_LOCKED);
	CHECK_EQ(log_out_and_in(session, CKU_SO, API_WRONG_SO_PIN), CKR_PIN_INCORRECT);
	REQUIRE(log_out_and_in(session, CKU_SO, API_SO_PIN) == CKR_OK);
	CHECK_EQ(log_object(session), CK_INVALID_HANDLE);
	REQUIRE(p11->C_InitPIN(session, (CK_UTF8CHAR *)API_PIN, 6) == CKR_OK);
	REQUIRE(p11->C_SetPIN(session, (CK_UTF8CHAR *)API_SO_PIN, 8, (CK_UTF8CHAR *)"87654321", 8) == CKR_OK);
	REQUIRE(log_out_and_in(session, CKU_USER, API_PIN) == CKR_OK);
	read_log(session);
	CHECK_EQ(count(ROW("pin-changed", "ok", "holder")), 1);
	CHECK_EQ(count(ROW("pin-changed", "refused", "holder")), 1);
	CHECK_EQ(count(ROW("login", "refused", "holder")), 4);
	CHECK_EQ(count(ROW("pin-locked", "ok", "holder")), 1);
	CHECK_EQ(count(ROW("login", "locked", "holder")), 1);
	CHECK_EQ(count(ROW("login", "refused", "so")), 1);
	CHECK_EQ(count(ROW("pin-unblocked", "ok", "so")), 1);
	CHECK_EQ(count(ROW("pin-changed", "ok", "so")), 1);
	CHECK(strstr(text, ROW("pin-locked", "ok", "holder")) < strstr(text, ROW("pin-unblocked", "ok", "so")));
	CHECK_EQ(LINES(), 4 + 1 + 1 + 4 + 1 + 1 + 1 + 1 + 1 + 1 + 1);
	CHECK(intact);
	/* No value, and nothing that is not on the list: a logout, for one. */
	CHECK(!strstr(text, API_PIN) && !strstr(text, API_WRONG_PIN) && !strstr(text, API_SO_PIN) && !strstr(text, "logout"));
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

static void keys_are_told(void)
{
	CK_SESSION_HANDLE session = api_session(api_token("test"), true);
	struct api_pair plain, always, fleeting;
	CK_OBJECT_HANDLE data;
	unsigned before;

	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	plain = api_generate(session, true, 1, false);
	always = api_generate(session, true, 2, true);
	fleeting = api_generate(session, false, 3, false);
	REQUIRE(api_data(session, true, true, "mine", &data) == CKR_OK);
	REQUIRE(p11->C_DestroyObject(session, data) == CKR_OK);
	for (int i = 0; i < 10; i++)
		CHECK_EQ(sign(session, plain.private, NULL), CKR_OK);
	read_log(session);
	CHECK_EQ(count(ROW("key-created", "ok", "holder") ",\"key\":\"01\""), 1);
	CHECK_EQ(count(ROW("key-created", "ok", "holder") ",\"key\":\"02\""), 1);
	CHECK_EQ(LINES(), 4 + 2);
	/* The fresh login pays for the first, the PIN for the second; a wrong PIN is told at the next right one. */
	CHECK_EQ(sign(session, always.private, NULL), CKR_OK);
	CHECK_EQ(sign(session, always.private, API_WRONG_PIN), CKR_PIN_INCORRECT);
	CHECK_EQ(sign(session, always.private, API_PIN), CKR_OK);
	CHECK_EQ(sign(session, always.private, NULL), CKR_USER_NOT_LOGGED_IN);
	read_log(session);
	CHECK_EQ(count(ROW("signature", "ok", "holder") ",\"key\":\"02\""), 2);
	CHECK_EQ(count(ROW("signature", "refused", "holder")), 1);
	CHECK_EQ(LINES(), 4 + 2 + 3);
	before = LINES();
	REQUIRE(p11->C_DestroyObject(session, always.private) == CKR_OK);
	REQUIRE(p11->C_DestroyObject(session, plain.public) == CKR_OK);
	REQUIRE(p11->C_DestroyObject(session, fleeting.private) == CKR_OK);
	read_log(session);
	CHECK_EQ(count(ROW("key-destroyed", "ok", "holder") ",\"key\":\"02\""), 1);
	CHECK_EQ(LINES(), before + 1);
	CHECK(intact);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

/* No row, no signature: and the credit is gone. */
static void what_cannot_be_told_does_not_happen(void)
{
	CK_SLOT_ID slot = api_token("test");
	CK_SESSION_HANDLE session = api_session(slot, true);
	struct rlimit whole, none;
	struct api_pair always;
	CK_MECHANISM mechanism = {CKM_ECDSA, NULL, 0};

	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	always = api_generate(session, true, 2, true);
	REQUIRE(getrlimit(RLIMIT_FSIZE, &whole) == 0);
	REQUIRE(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	none = (struct rlimit){0, whole.rlim_max};
	REQUIRE(setrlimit(RLIMIT_FSIZE, &none) == 0);
	CHECK(p11->C_SignInit(session, &mechanism, always.private) != CKR_OK);
	CHECK(api_login(session, CKU_USER, API_PIN) == CKR_USER_ALREADY_LOGGED_IN);
	REQUIRE(setrlimit(RLIMIT_FSIZE, &whole) == 0);
	CHECK_EQ(sign(session, always.private, NULL), CKR_USER_NOT_LOGGED_IN);
	read_log(session);
	CHECK_EQ(count("signature"), 0);
	CHECK_EQ(sign(session, always.private, API_PIN), CKR_OK);
	read_log(session);
	CHECK_EQ(count(ROW("signature", "ok", "holder")), 1);
	CHECK(intact);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

static off_t size_of(CK_SLOT_ID slot, const char *file)
{
	struct stat st;

	return stat(damage_path(slot, file), &st) == 0 ? st.st_size : 0;
}

/* No login without its row, and no row without its login, wherever the disk is full; and right PINs lock nobody out. */
static void a_full_disk_loses_nothing(void)
{
	CK_SLOT_ID slot = api_token("test");
	CK_SESSION_HANDLE session = api_session(slot, true);
	struct rlimit whole, tight;
	unsigned logins = 0, refused = 0;

	REQUIRE(getrlimit(RLIMIT_FSIZE, &whole) == 0);
	for (rlim_t room = 0; room < 80000; room += 4120) {
		CK_RV rv;

		tight = (struct rlimit){(rlim_t)size_of(slot, "token.db-wal") + room, whole.rlim_max};
		REQUIRE(setrlimit(RLIMIT_FSIZE, &tight) == 0);
		rv = api_login(session, CKU_USER, API_PIN);
		REQUIRE(setrlimit(RLIMIT_FSIZE, &whole) == 0);
		CHECK(rv != CKR_PIN_INCORRECT && rv != CKR_PIN_LOCKED);
		logins += rv == CKR_OK;
		refused += rv != CKR_OK;
		CHECK_EQ(log_out_and_in(session, CKU_USER, API_PIN), CKR_OK);
		logins++;
		REQUIRE(p11->C_Logout(session) == CKR_OK);
	}
	CHECK(refused > 0 && logins > 25);
	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	read_log(session);
	CHECK_EQ(count(ROW("login", "ok", "holder")), logins + 1);
	CHECK(count(ROW("login", "refused", "holder")) <= refused);
	CHECK(intact);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

enum { PROCESSES = 4, ROUNDS = 5 };

static int log_in_often(void *context)
{
	const CK_SLOT_ID *slot = context;
	CK_SESSION_HANDLE session;

	api_initialize();
	session = api_session(*slot, true);
	for (int i = 0; i < ROUNDS; i++) {
		if (api_login(session, CKU_USER, API_PIN) != CKR_OK)
			return 1;
		api_generate(session, true, 7, false);
		read_log(session);
		if (!intact || p11->C_Logout(session) != CKR_OK)
			return 1;
	}
	return 0;
}

static void processes_write_one_log(void)
{
	CK_SLOT_ID slot = api_token("test");
	CK_SESSION_HANDLE session;
	int children[PROCESSES];

	for (int i = 0; i < PROCESSES; i++)
		children[i] = api_fork(log_in_often, &slot);
	for (int i = 0; i < PROCESSES; i++)
		CHECK_EQ(api_wait(children[i]), 0);
	session = api_session(slot, true);
	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	read_log(session);
	CHECK_EQ(count(ROW("login", "ok", "holder")), PROCESSES * ROUNDS + 1);
	CHECK_EQ(count(ROW("key-created", "ok", "holder") ",\"key\":\"07\""), PROCESSES * ROUNDS);
	CHECK_EQ(LINES(), 3 + 2 * PROCESSES * ROUNDS + 1);
	CHECK(intact);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

/* --- who sees it, and what can be done with it --- */

static void nobody_writes_it(void)
{
	static const CK_OBJECT_CLASS class = CKO_DATA;
	static const CK_ULONG format = 1;
	CK_SESSION_HANDLE session = api_session(api_token("test"), true);
	CK_ATTRIBUTE value = ATTRIBUTE_TEXT(CKA_VALUE, "nothing happened");
	CK_ATTRIBUTE forged[] = {ATTRIBUTE_OF(CKA_CLASS, class), ATTRIBUTE_TEXT(CKA_LABEL, SINBUN_LOG_LABEL),
		ATTRIBUTE_TEXT(CKA_APPLICATION, SINBUN_LOG_APPLICATION), ATTRIBUTE(CKA_TOKEN, &api_yes, 1), ATTRIBUTE(CKA_PRIVATE, &api_yes, 1),
		ATTRIBUTE_OF(CKA_SINBUN_LOG_FORMAT, format)};
	CK_OBJECT_HANDLE log, copy;

	CHECK_EQ(log_object(session), CK_INVALID_HANDLE);
	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	log = log_object(session);
	REQUIRE(log != CK_INVALID_HANDLE);
	CHECK_EQ(p11->C_SetAttributeValue(session, log, &value, 1), CKR_ACTION_PROHIBITED);
	CHECK_EQ(p11->C_DestroyObject(session, log), CKR_ACTION_PROHIBITED);
	CHECK_EQ(p11->C_CopyObject(session, log, NULL, 0, &copy), CKR_ACTION_PROHIBITED);
	CHECK(p11->C_CreateObject(session, forged, COUNT(forged), &copy) != CKR_OK);
	/* One of the same name is found beside it, never in its place. */
	CHECK_EQ(p11->C_CreateObject(session, forged, COUNT(forged) - 1, &copy), CKR_OK);
	CHECK_EQ(log_object(session), log);
	CHECK_EQ(api_count_label(session, SINBUN_LOG_LABEL), 2);
	read_log(session);
	CHECK_EQ(LINES(), 4);
	REQUIRE(p11->C_Logout(session) == CKR_OK);
	CHECK_EQ(p11->C_GetAttributeValue(session, log, &value, 1), CKR_OBJECT_HANDLE_INVALID);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

/* --- tampering --- */

static void keep(CK_SLOT_ID slot) { damage(slot, "create table old as select * from meta where name = 'log'"); }

/* Rows 1 … 6: initialised, login, PIN set, login, key created, key created. */
static const struct {
	const char *what, *sql;
	CK_ULONG broken, broken_later; /* at once, and after another row was written */
	bool old_head;
} tampered[] = {
	{"altered", "update meta set value = cast(substr(value, 1, 30) || x'00' || substr(value, 32) as blob) where name = 'log/0000000000000003'", 3, 3, false},
	{"emptied", "update meta set value = x'' where name = 'log/0000000000000002'", 2, 2, false},
	{"of another type", "update meta set value = 'text' where name = 'log/0000000000000001'", 1, 1, false},
	{"deleted first", "delete from meta where name = 'log/0000000000000001'", 1, 1, false},
	{"deleted", "delete from meta where name = 'log/0000000000000004'", 4, 4, false},
	{"swapped", "update meta set name = case name when 'log/0000000000000003' then 'log/0000000000000004x' else 'log/0000000000000003' end"
		    " where name in ('log/0000000000000003', 'log/0000000000000004');"
		    "update meta set name = 'log/0000000000000004' where name = 'log/0000000000000004x'", 3, 3, false},
	{"doubled", "update meta set value = (select value from meta where name = 'log/0000000000000002') where name = 'log/0000000000000004'", 4, 4, false},
	{"added", "insert into meta select 'log/0000000000000007', value from meta where name = 'log/0000000000000006'", 0, 0, false},
	{"cut off", "delete from meta where name = 'log/0000000000000006'", 6, 6, false},
	{"cut off, with the head of then", "delete from meta where name in ('log/0000000000000006', 'log');"
					   "insert into meta select * from old; drop table old", 6, 6, true},
	{"the head taken away", "delete from meta where name = 'log'", 7, 7, false},
	{"the head altered", "update meta set value = zeroblob(length(value)) where name = 'log'", 7, 7, false},
	{"all taken away", "delete from meta where name = 'log' or name like 'log/%'", 1, 1, false},
	{"the digest taken away", "delete from meta where name = 'digest'", 7, 8, false},
};

static void tampering_shows(void)
{
	for (size_t i = 0; i < COUNT(tampered); i++) {
		CK_SLOT_ID slot = api_token("test");
		CK_SESSION_HANDLE session = api_session(slot, true);

		REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
		api_generate(session, true, 1, false);
		if (tampered[i].old_head)
			keep(slot);
		api_generate(session, true, 2, false);
		read_log(session);
		REQUIRE(intact && LINES() == 6);
		damage(slot, tampered[i].sql);
		read_log(session);
		if (broken != tampered[i].broken)
			fprintf(stderr, "%s:\n", tampered[i].what);
		CHECK_EQ(broken, tampered[i].broken);
		/* The next row heals nothing. */
		REQUIRE(log_out_and_in(session, CKU_USER, API_PIN) == CKR_OK);
		read_log(session);
		if (broken != tampered[i].broken_later)
			fprintf(stderr, "%s, later:\n", tampered[i].what);
		CHECK_EQ(broken, tampered[i].broken_later);
		CHECK(count(ROW("login", "ok", "holder")) >= 1);
		CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
	}
}

/* A row that was sealed for the same place, in a store that was then put back: only the chain tells it from the one that belongs there. */
static void a_row_of_another_past_shows(void)
{
	CK_SLOT_ID slot = api_token("test");
	CK_SESSION_HANDLE session = api_session(slot, true);

	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	damage(slot, "create table \"then\" as select * from meta");
	REQUIRE(p11->C_SetPIN(session, (CK_UTF8CHAR *)API_PIN, 6, (CK_UTF8CHAR *)OTHER_PIN, 6) == CKR_OK);
	read_log(session);
	REQUIRE(LINES() == 5 && count(ROW("pin-changed", "ok", "holder")) == 1);
	damage(slot, "create table other as select * from meta where name = 'log/0000000000000005';"
		     "delete from meta; insert into meta select * from \"then\"");
	for (int i = 0; i < 2; i++)
		REQUIRE(log_out_and_in(session, CKU_USER, API_PIN) == CKR_OK);
	read_log(session);
	REQUIRE(intact && LINES() == 6 && count("pin-changed") == 0);
	damage(slot, "update meta set value = (select value from other) where name = 'log/0000000000000005'");
	read_log(session);
	CHECK_EQ(count(ROW("pin-changed", "ok", "holder")), 1);
	CHECK_EQ(broken, 6);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

static void damaged_failures_are_told(void)
{
	static const char *const sql[] = {"update meta set value = zeroblob(length(value)) where name = 'pending'",
		"update meta set value = x'' where name = 'pending'", "update meta set value = 'text' where name = 'pending'"};

	for (size_t i = 0; i < COUNT(sql); i++) {
		CK_SLOT_ID slot = api_token("test");
		CK_SESSION_HANDLE session = api_session(slot, true);

		CHECK_EQ(api_login(session, CKU_USER, API_WRONG_PIN), CKR_PIN_INCORRECT);
		damage(slot, sql[i]);
		REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
		read_log(session);
		CHECK_EQ(count(ROW("failures-dropped", "damaged", "nobody")), 1);
		CHECK_EQ(LINES(), 5);
		CHECK(intact);
		CHECK_EQ(damage_number(slot, "select count(*) from meta where name = 'pending'"), 0);
		CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
	}
}

/* --- across initialisation and configuration --- */

static void a_token_made_anew_begins_anew(void)
{
	CK_SLOT_ID slot = api_token("test");
	CK_UTF8CHAR label[33];
	CK_SESSION_HANDLE session;

	snprintf((char *)label, sizeof label, "%-32s", "again");
	CHECK_EQ(p11->C_InitToken(slot, (CK_UTF8CHAR *)API_WRONG_SO_PIN, 8, label), CKR_PIN_INCORRECT);
	REQUIRE(p11->C_InitToken(slot, (CK_UTF8CHAR *)API_SO_PIN, 8, label) == CKR_OK);
	session = api_session(slot, true);
	REQUIRE(api_login(session, CKU_SO, API_SO_PIN) == CKR_OK);
	REQUIRE(p11->C_InitPIN(session, (CK_UTF8CHAR *)API_PIN, 6) == CKR_OK);
	REQUIRE(log_out_and_in(session, CKU_USER, API_PIN) == CKR_OK);
	read_log(session);
	CHECK_EQ(LINES(), 4);
	CHECK(intact && strncmp(text, "{\"seq\":1,", 9) == 0);
	CHECK_EQ(damage_number(slot, "select count(*) from meta where name like 'log/%'"), 4);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

/* A token as the file says, and the log as it was made with: the file changed later changes nothing. */
static void kept_as_configured(void)
{
	static const struct {
		const char *conf;
		bool kept;
	} cases[] = {{"profile = identity\n", true}, {"profile = identity\naudit = no\n", false}, {"profile = general\n", false},
		{"profile = general\naudit = yes\n", true}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		CK_SLOT_ID slot;
		CK_SESSION_HANDLE session;

		api_configure(cases[i].conf);
		api_restart();
		slot = api_token("test");
		for (int changed = 0; changed < 2; changed++) {
			session = api_session(slot, true);
			CHECK_EQ(api_login(session, CKU_USER, API_WRONG_PIN), CKR_PIN_INCORRECT);
			REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
			CHECK_EQ(log_object(session) != CK_INVALID_HANDLE, cases[i].kept);
			CHECK_EQ(damage_number(slot, "select count(*) from meta where name like 'log%' or name = 'pending'") > 0, cases[i].kept);
			api_configure(cases[i].kept ? "audit = no\n" : "audit = yes\n");
			api_restart();
		}
	}
}

int main(void)
{
	api_open("");
	api_initialize();
	a_life_is_told();
	keys_are_told();
	what_cannot_be_told_does_not_happen();
	a_full_disk_loses_nothing();
	processes_write_one_log();
	nobody_writes_it();
	tampering_shows();
	a_row_of_another_past_shows();
	damaged_failures_are_told();
	a_token_made_anew_begins_anew();
	kept_as_configured();
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
