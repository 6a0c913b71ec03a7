/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <unistd.h>

#include "lib/check.h"
#include "lib/damage.h"
#include "sinbun-pkcs11.h"

/* Sealing a token anew, as the officer does it: the command, then C_InitPIN. What was there stays; what it was sealed with does not. */

#define NEW_PIN "837261"
enum { KEY = 1, PIN_MAX = 5 };

static CK_OBJECT_HANDLE status_object(CK_SESSION_HANDLE session)
{
	static const CK_OBJECT_CLASS class = CKO_SINBUN_TOKEN;
	CK_ATTRIBUTE match = ATTRIBUTE_OF(CKA_CLASS, class);
	CK_OBJECT_HANDLE status;

	REQUIRE(api_find(session, &match, 1, &status, 1) == 1);
	return status;
}

static CK_RV command(CK_SESSION_HANDLE session, const char *text)
{
	CK_ATTRIBUTE a = ATTRIBUTE(CKA_SINBUN_COMMAND, text, strlen(text));

	return p11->C_SetAttributeValue(session, status_object(session), &a, 1);
}

static CK_RV init_pin(CK_SESSION_HANDLE session, const char *pin)
{
	return p11->C_InitPIN(session, (CK_UTF8CHAR *)pin, strlen(pin));
}

static CK_RV relogin(CK_SESSION_HANDLE session, CK_USER_TYPE user, const char *pin)
{
	p11->C_Logout(session);
	return api_login(session, user, pin);
}

static CK_RV reseal(CK_SESSION_HANDLE session, const char *pin)
{
	CK_RV rv = relogin(session, CKU_SO, API_SO_PIN);

	if (rv == CKR_OK)
		rv = command(session, SINBUN_COMMAND_RESEAL);
	return rv == CKR_OK ? init_pin(session, pin) : rv;
}

static CK_OBJECT_HANDLE find_id(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class)
{
	CK_BYTE id = KEY;
	CK_ATTRIBUTE match[] = {ATTRIBUTE_OF(CKA_CLASS, class), ATTRIBUTE_OF(CKA_ID, id)};
	CK_OBJECT_HANDLE found = CK_INVALID_HANDLE;

	CHECK_EQ(api_find(session, match, COUNT(match), &found, 1), 1);
	return found;
}

/* Signed with the private key as it is, checked with the public one as it is. */
static bool signs(CK_SESSION_HANDLE session)
{
	CK_MECHANISM ecdsa = {CKM_ECDSA_SHA256, NULL, 0};
	CK_BYTE signature[64];
	CK_ULONG len = sizeof signature;

	return p11->C_SignInit(session, &ecdsa, find_id(session, CKO_PRIVATE_KEY)) == CKR_OK &&
	       p11->C_Sign(session, (CK_BYTE *)"text", 4, signature, &len) == CKR_OK &&
	       p11->C_VerifyInit(session, &ecdsa, find_id(session, CKO_PUBLIC_KEY)) == CKR_OK &&
	       p11->C_Verify(session, (CK_BYTE *)"text", 4, signature, len) == CKR_OK;
}

/* A certificate that the SO trusts. */
static void add_trusted(CK_SESSION_HANDLE session)
{
	static const CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	static const CK_CERTIFICATE_TYPE type = CKC_X_509;
	CK_BYTE id = KEY;
	CK_ATTRIBUTE certificate[] = {ATTRIBUTE_OF(CKA_CLASS, class), ATTRIBUTE_OF(CKA_CERTIFICATE_TYPE, type),
		ATTRIBUTE_OF(CKA_TOKEN, api_yes), ATTRIBUTE_OF(CKA_ID, id), ATTRIBUTE_OF(CKA_TRUSTED, api_yes), ATTRIBUTE_TEXT(CKA_SUBJECT, "subject"),
		ATTRIBUTE_OF(CKA_VALUE, api_certificate)};
	CK_OBJECT_HANDLE object;

	REQUIRE(relogin(session, CKU_SO, API_SO_PIN) == CKR_OK);
	REQUIRE(p11->C_CreateObject(session, certificate, COUNT(certificate), &object) == CKR_OK);
}

static bool trusted(CK_SESSION_HANDLE session)
{
	CK_BBOOL is = CK_FALSE;
	CK_ATTRIBUTE a = ATTRIBUTE_OF(CKA_TRUSTED, is);

	CHECK_EQ(p11->C_GetAttributeValue(session, find_id(session, CKO_CERTIFICATE), &a, 1), CKR_OK);
	return is;
}

static void give_birth_date(CK_SESSION_HANDLE session)
{
	static const CK_OBJECT_CLASS class = CKO_SINBUN_PIN_POLICY;
	CK_ATTRIBUTE policy[] = {ATTRIBUTE_OF(CKA_CLASS, class), ATTRIBUTE_TEXT(CKA_SINBUN_BIRTH_DATE, "19900123")};
	CK_OBJECT_HANDLE object;

	REQUIRE(p11->C_CreateObject(session, policy, COUNT(policy), &object) == CKR_OK);
}

static CK_SLOT_ID furnished(CK_SESSION_HANDLE *session)
{
	CK_SLOT_ID slot = api_free_slot();
	CK_UTF8CHAR label[33] = "reseal                          ";
	CK_OBJECT_HANDLE object;

	REQUIRE(p11->C_InitToken(slot, (CK_UTF8CHAR *)API_SO_PIN, strlen(API_SO_PIN), label) == CKR_OK);
	*session = api_session(slot, true);
	REQUIRE(api_login(*session, CKU_SO, API_SO_PIN) == CKR_OK);
	give_birth_date(*session);
	REQUIRE(init_pin(*session, API_PIN) == CKR_OK);
	add_trusted(*session);
	REQUIRE(relogin(*session, CKU_USER, API_PIN) == CKR_OK);
	api_generate(*session, true, KEY, false);
	REQUIRE(api_data(*session, true, true, "private data", &object) == CKR_OK);
	REQUIRE(api_data(*session, true, false, "public data", &object) == CKR_OK);
	return slot;
}

static void all_is_there(CK_SESSION_HANDLE session, const char *pin)
{
	REQUIRE(relogin(session, CKU_USER, pin) == CKR_OK);
	CHECK(signs(session));
	CHECK_EQ(api_count_label(session, "private data"), 1);
	CHECK_EQ(api_count_label(session, "public data"), 1);
	CHECK(trusted(session));
}

/* Old handles of public objects go on naming them. */
static void everything_stays(void)
{
	CK_SESSION_HANDLE session;
	CK_SLOT_ID slot = furnished(&session);
	CK_OBJECT_HANDLE certificate = find_id(session, CKO_CERTIFICATE);
	CK_BYTE value[512];
	CK_ATTRIBUTE a = ATTRIBUTE_OF(CKA_VALUE, value);

	CHECK_EQ(reseal(session, NEW_PIN), CKR_OK);
	CHECK_EQ(api_state(session), CKS_RW_SO_FUNCTIONS);
	CHECK_EQ(p11->C_GetAttributeValue(session, certificate, &a, 1), CKR_OK);
	CHECK(a.ulValueLen == sizeof api_certificate && memcmp(value, api_certificate, sizeof api_certificate) == 0);
	CHECK(!(api_token_flags(slot) & CKF_ERROR_STATE));
	all_is_there(session, NEW_PIN);
	CHECK_EQ(relogin(session, CKU_USER, API_PIN), CKR_PIN_INCORRECT);
	/* And as another process sees it. */
	api_restart();
	session = api_session(slot, true);
	all_is_there(session, NEW_PIN);
	CHECK(!(api_token_flags(slot) & CKF_ERROR_STATE));
	/* The officer's login of before, the birth date, and the next time. */
	CHECK_EQ(reseal(session, "900123"), CKR_PIN_INVALID);
	CHECK_EQ(reseal(session, API_PIN), CKR_OK);
	all_is_there(session, API_PIN);
	CHECK_EQ(relogin(session, CKU_SO, API_SO_PIN), CKR_OK);
	CHECK_EQ(init_pin(session, NEW_PIN), CKR_OK);
	all_is_there(session, NEW_PIN);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

/* No row of before stands in the store any more, but the label and the header; and an old wrap put back opens nothing. */
static void every_row_is_another(void)
{
	static const char *const same[] = {"select count(*) from record b join now.record r on r.id = b.id where r.box = b.box",
		"select count(*) from idx b join now.idx r on r.key = b.key",
		"select count(*) from meta b join now.meta r on r.name = b.name where r.value = b.value and r.name not in ('label', 'header')"};
	CK_SESSION_HANDLE session;
	CK_SLOT_ID slot = furnished(&session);
	char sql[4096], before[1024];

	snprintf(before, sizeof before, "%s/before.db", api_directory());
	snprintf(sql, sizeof sql, "vacuum into '%s'", before);
	damage(slot, sql);
	CHECK_EQ(reseal(session, API_PIN), CKR_OK);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
	for (size_t i = 0; i < COUNT(same); i++) {
		snprintf(sql, sizeof sql, "attach '%s' as now; drop table if exists same; create table same as %s", damage_path(slot, "token.db"), same[i]);
		damage_at(before, sql);
		CHECK_EQ(damage_number_at(before, "select * from same"), 0);
	}
	snprintf(sql, sizeof sql,
		"attach '%s' as before; update meta set value = (select value from before.meta b where b.name = 'wrap-pin') where name = 'wrap-pin'", before);
	damage(slot, sql);
	session = api_session(slot, true);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_DEVICE_ERROR);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

static void who_may_not(void)
{
	CK_SESSION_HANDLE session, reading;
	CK_SLOT_ID slot = furnished(&session);
	CK_ATTRIBUTE two[] = {ATTRIBUTE_TEXT(CKA_SINBUN_COMMAND, ""), ATTRIBUTE_TEXT(CKA_LABEL, "x")};

	CHECK_EQ(command(session, SINBUN_COMMAND_RESEAL), CKR_USER_NOT_LOGGED_IN);
	p11->C_Logout(session);
	CHECK_EQ(command(session, SINBUN_COMMAND_RESEAL), CKR_USER_NOT_LOGGED_IN);
	reading = api_session(slot, false);
	CHECK_EQ(command(reading, SINBUN_COMMAND_RESEAL), CKR_SESSION_READ_ONLY);
	CHECK_EQ(p11->C_CloseSession(reading), CKR_OK);
	REQUIRE(api_login(session, CKU_SO, API_SO_PIN) == CKR_OK);
	CHECK_EQ(command(session, "rese"), CKR_ATTRIBUTE_VALUE_INVALID);
	CHECK_EQ(command(session, "reseal "), CKR_ATTRIBUTE_VALUE_INVALID);
	CHECK_EQ(p11->C_SetAttributeValue(session, status_object(session), two, 2), CKR_TEMPLATE_INCONSISTENT);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

static long generation(CK_SLOT_ID slot)
{
	return damage_number(slot, "select sum(generation) from record");
}

/* The command is for one C_InitPIN that succeeds, in its session, in its login; or is taken back. */
static void the_command_is_for_once(void)
{
	CK_SESSION_HANDLE session, other;
	CK_SLOT_ID slot = furnished(&session);
	long before = generation(slot);

	REQUIRE(relogin(session, CKU_SO, API_SO_PIN) == CKR_OK);
	other = api_session(slot, true);
	CHECK_EQ(command(session, SINBUN_COMMAND_RESEAL), CKR_OK);
	CHECK_EQ(init_pin(other, API_PIN), CKR_OK);
	CHECK_EQ(command(session, ""), CKR_OK);
	CHECK_EQ(init_pin(session, API_PIN), CKR_OK);
	CHECK_EQ(command(session, SINBUN_COMMAND_RESEAL), CKR_OK);
	REQUIRE(relogin(session, CKU_SO, API_SO_PIN) == CKR_OK);
	CHECK_EQ(init_pin(session, API_PIN), CKR_OK);
	CHECK_EQ(generation(slot), before);
	CHECK_EQ(command(session, SINBUN_COMMAND_RESEAL), CKR_OK);
	CHECK_EQ(init_pin(session, "111111"), CKR_PIN_INVALID);
	CHECK_EQ(generation(slot), before);
	CHECK_EQ(init_pin(session, API_PIN), CKR_OK);
	CHECK(generation(slot) > before);
	before = generation(slot);
	CHECK_EQ(init_pin(session, API_PIN), CKR_OK);
	CHECK_EQ(generation(slot), before);
	CHECK_EQ(p11->C_CloseSession(other), CKR_OK);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

/* With a row that does not open nothing is done, and nothing of the rest is lost. */
static void damage_is_no_foundation(void)
{
	CK_SESSION_HANDLE session;
	CK_SLOT_ID slot = furnished(&session);
	long before;

	damage(slot, "update record set box = zeroblob(length(box)) where seq = (select max(seq) from record where private)");
	before = generation(slot);
	CHECK_EQ(reseal(session, NEW_PIN), CKR_DEVICE_ERROR);
	CHECK_EQ(generation(slot), before);
	CHECK_EQ(api_state(session), CKS_RW_SO_FUNCTIONS);
	CHECK_EQ(relogin(session, CKU_USER, API_PIN), CKR_OK);
	CHECK(signs(session));
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

/* A row that is gone opens for nobody to miss: the digest misses it. */
static void loss_is_no_foundation(void)
{
	CK_SESSION_HANDLE session;
	CK_SLOT_ID slot = furnished(&session);
	long before;

	damage(slot, "delete from idx where seq = (select max(seq) from record where private);"
		     "delete from record where seq = (select max(seq) from record where private)");
	before = generation(slot);
	CHECK_EQ(reseal(session, NEW_PIN), CKR_DEVICE_ERROR);
	CHECK_EQ(generation(slot), before);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

static int change_puk(void *context)
{
	CK_SESSION_HANDLE session;

	REQUIRE(p11->C_Initialize(NULL) == CKR_OK);
	session = api_session(*(CK_SLOT_ID *)context, true);
	REQUIRE(api_login(session, CKU_SO, API_SO_PIN) == CKR_OK);
	CHECK_EQ(p11->C_SetPIN(session, (CK_UTF8CHAR *)API_SO_PIN, 8, (CK_UTF8CHAR *)"87654321", 8), CKR_OK);
	return check_failures;
}

/* Somebody else has changed the PUK since this officer logged in: it does not come back. */
static void a_changed_puk_stays_changed(void)
{
	CK_SESSION_HANDLE session;
	CK_SLOT_ID slot = furnished(&session);

	REQUIRE(relogin(session, CKU_SO, API_SO_PIN) == CKR_OK);
	CHECK_EQ(command(session, SINBUN_COMMAND_RESEAL), CKR_OK);
	CHECK_EQ(api_wait(api_fork(change_puk, &slot)), 0);
	CHECK_EQ(init_pin(session, NEW_PIN), CKR_USER_NOT_LOGGED_IN);
	CHECK_EQ(relogin(session, CKU_SO, API_SO_PIN), CKR_PIN_INCORRECT);
	CHECK_EQ(relogin(session, CKU_SO, "87654321"), CKR_OK);
	all_is_there(session, API_PIN);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

/* A login of another process is over: its keys are those of before. */
static int logged_in_elsewhere(void *context)
{
	const int *pipes = context;
	CK_SESSION_HANDLE session;
	CK_SLOT_ID slot;
	char go;

	close(pipes[1]);
	close(pipes[2]);
	REQUIRE(read(pipes[0], &slot, sizeof slot) == sizeof slot);
	REQUIRE(p11->C_Initialize(NULL) == CKR_OK);
	session = api_session(slot, true);
	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	REQUIRE(write(pipes[3], "r", 1) == 1 && read(pipes[0], &go, 1) == 1);
	CHECK(!(api_token_flags(slot) & CKF_ERROR_STATE));
	CHECK_EQ(api_state(session), CKS_RW_PUBLIC_SESSION);
	CHECK_EQ(api_count_label(session, "private data"), 0);
	CHECK_EQ(api_count_label(session, "public data"), 1);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_PIN_INCORRECT);
	CHECK_EQ(api_login(session, CKU_USER, NEW_PIN), CKR_OK);
	CHECK(signs(session));
	return check_failures;
}

static void others_are_logged_out(void)
{
	CK_SESSION_HANDLE session;
	CK_SLOT_ID slot;
	int pipes[4], child;
	char ready;

	REQUIRE(pipe(pipes) == 0 && pipe(pipes + 2) == 0);
	child = api_fork(logged_in_elsewhere, pipes);
	close(pipes[0]);
	close(pipes[3]);
	api_initialize();
	slot = furnished(&session);
	REQUIRE(write(pipes[1], &slot, sizeof slot) == sizeof slot && read(pipes[2], &ready, 1) == 1);
	CHECK_EQ(reseal(session, NEW_PIN), CKR_OK);
	REQUIRE(write(pipes[1], "g", 1) == 1);
	CHECK_EQ(api_wait(child), 0);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

static void read_log(CK_SESSION_HANDLE session, char *text, size_t room, CK_BBOOL *intact)
{
	static const CK_ULONG format = 1;
	CK_ATTRIBUTE match = ATTRIBUTE_OF(CKA_SINBUN_LOG_FORMAT, format);
	CK_ATTRIBUTE wanted[] = {{CKA_VALUE, text, room - 1}, {CKA_SINBUN_LOG_INTACT, intact, sizeof *intact}};
	CK_OBJECT_HANDLE log;

	REQUIRE(api_find(session, &match, 1, &log, 1) == 1);
	REQUIRE(p11->C_GetAttributeValue(session, log, wanted, COUNT(wanted)) == CKR_OK);
	text[wanted[0].ulValueLen] = 0;
}

/* With what failed meanwhile and waits for a login. */
static void the_log_goes_over(void)
{
	static char before[1 << 16], after[1 << 16];
	CK_BBOOL intact = CK_FALSE;
	CK_SESSION_HANDLE session;

	furnished(&session);
	read_log(session, before, sizeof before, &intact);
	REQUIRE(relogin(session, CKU_SO, API_SO_PIN) == CKR_OK);
	CHECK_EQ(command(session, SINBUN_COMMAND_RESEAL), CKR_OK);
	CHECK_EQ(p11->C_SetPIN(session, (CK_UTF8CHAR *)API_WRONG_SO_PIN, 8, (CK_UTF8CHAR *)"87654321", 8), CKR_PIN_INCORRECT);
	CHECK_EQ(init_pin(session, NEW_PIN), CKR_OK);
	REQUIRE(relogin(session, CKU_USER, NEW_PIN) == CKR_OK);
	read_log(session, after, sizeof after, &intact);
	CHECK(intact);
	CHECK(strlen(after) > strlen(before));
	CHECK(strstr(after, "\"event\":\"token-initialised\""));
	CHECK(strstr(after, "\"event\":\"token-resealed\",\"outcome\":\"ok\",\"user\":\"so\""));
	CHECK(strstr(after, "\"event\":\"pin-changed\",\"outcome\":\"refused\",\"user\":\"so\""));
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

/* Spent tries of the PIN are given back with the new PIN; the PUK's, spent since the login, stay spent. */
static void tries(void)
{
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE status;

	furnished(&session);
	p11->C_Logout(session);
	for (int i = 0; i < PIN_MAX; i++)
		CHECK_EQ(api_login(session, CKU_USER, API_WRONG_PIN), CKR_PIN_INCORRECT);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_PIN_LOCKED);
	REQUIRE(api_login(session, CKU_SO, API_SO_PIN) == CKR_OK);
	CHECK_EQ(command(session, SINBUN_COMMAND_RESEAL), CKR_OK);
	CHECK_EQ(p11->C_SetPIN(session, (CK_UTF8CHAR *)API_WRONG_SO_PIN, 8, (CK_UTF8CHAR *)"87654321", 8), CKR_PIN_INCORRECT);
	CHECK_EQ(init_pin(session, NEW_PIN), CKR_OK);
	status = status_object(session);
	CHECK_EQ(api_number(session, status, CKA_SINBUN_PIN_TRIES_LEFT), PIN_MAX);
	CHECK_EQ(api_number(session, status, CKA_SINBUN_PUK_TRIES_LEFT), 9);
	CHECK_EQ(relogin(session, CKU_USER, NEW_PIN), CKR_OK);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

/* The officer's login goes by the PUK: one that was changed in that login, and one that somebody else changed. */
static void the_puk_of_the_moment(void)
{
	CK_SESSION_HANDLE session;
	CK_SLOT_ID slot = furnished(&session);

	REQUIRE(relogin(session, CKU_SO, API_SO_PIN) == CKR_OK);
	CHECK_EQ(p11->C_SetPIN(session, (CK_UTF8CHAR *)API_SO_PIN, 8, (CK_UTF8CHAR *)"87654321", 8), CKR_OK);
	CHECK_EQ(command(session, SINBUN_COMMAND_RESEAL), CKR_OK);
	CHECK_EQ(init_pin(session, NEW_PIN), CKR_OK);
	CHECK_EQ(relogin(session, CKU_SO, API_SO_PIN), CKR_PIN_INCORRECT);
	CHECK_EQ(relogin(session, CKU_SO, "87654321"), CKR_OK);
	all_is_there(session, NEW_PIN);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
	/* Costlier derivation from now on: the login itself makes the PUK's wrap anew, and goes on with that. */
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	api_configure_whole("seal = software\nkdf-memory = 19\nkdf-passes = 3\n");
	api_initialize();
	session = api_session(slot, true);
	REQUIRE(api_login(session, CKU_SO, "87654321") == CKR_OK);
	CHECK_EQ(command(session, SINBUN_COMMAND_RESEAL), CKR_OK);
	CHECK_EQ(init_pin(session, API_PIN), CKR_OK);
	all_is_there(session, API_PIN);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

int main(void)
{
	api_open("");
	api_initialize();
	everything_stays();
	every_row_is_another();
	who_may_not();
	the_command_is_for_once();
	damage_is_no_foundation();
	loss_is_no_foundation();
	a_changed_puk_stays_changed();
	the_log_goes_over();
	tries();
	the_puk_of_the_moment();
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	others_are_logged_out();
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	api_close();
	return check_result();
}
