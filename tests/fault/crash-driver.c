/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fault/crash-report.h"
#include "lib/check.h"
#include "sinbun-pkcs11.h"

/* One operation on a token, to be killed or hindered at any of its system calls by crash-sweep.sh, and the look at what it left behind:
 *   crash-driver operations          a line for each: its name, and the token that it begins with
 *   crash-driver prepare TOKEN       makes that token
 *   crash-driver run OPERATION       between two calls of access(CRASH_MARK), which the sweep finds in its trace
 *   crash-driver check OPERATION     after it: the old state or the new one, whole, and no try given away
 * $SINBUN_CONF names the directory's sinbun.conf; $CRASH_REPORT a file in which the answers of `run` survive its end. */

#define NEW_PIN "837261"
#define NEW_SO_PIN "87654321"
#define KEPT "kept"
#define VICTIM "victim"
#define FRESH "fresh"
#define OLD_VALUE "value" /* what api_data() stores */
#define NEW_VALUE "a longer value, so that the record grows"
#define LABEL "crash"
#define NEW_LABEL "again"
#define BIRTH_DATE "19850417"
#define BIRTH_PIN "850417"
/* Of tests/samples/format-1: PIN and PUK are those of api.h. */
#define SAMPLE_LABEL "format-1"
#define SAMPLE_BIRTH_PIN "900123"
enum { PIN_MAX = 5, PUK_MAX = 10, FRESH_ID = 7, KEY_ID = 1 };
/* Each has one try spent when an operation begins: a pardon shows. */
enum { PIN_BEFORE = PIN_MAX - 1, PUK_BEFORE = PUK_MAX - 1 };

static CK_MECHANISM ecdsa = {CKM_ECDSA_SHA256, NULL, 0};

/* In a file that is mapped: writing there takes no system call. */
static struct crash_report *report;

enum actor { NOBODY, HOLDER, SO, STRANGER, FALSE_SO };
/* What an operation begins with: a token with PIN and objects; one fresh from C_InitToken; one of an earlier format, which the caller
 * lays out. */
enum base { TOKEN, BARE, SAMPLE };
static const char *const bases[] = {[TOKEN] = "token", [BARE] = "bare", [SAMPLE] = "sample"};

struct outcome {
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session; /* the holder's, read-write; where the operation is not of the token itself */
	bool must_be_new;
};

struct operation {
	const char *name;
	enum actor actor;
	CK_RV (*act)(CK_SESSION_HANDLE session, CK_SLOT_ID slot);
	/* Whether it is the new state that stands; ends the program when it is neither. NULL: the operation is a login only. */
	bool (*is_new)(const struct outcome *o);
	enum base base;
};

static void say(const char *what)
{
	fprintf(stderr, "%s\n", what);
	exit(1);
}

static void want(bool condition, const char *what)
{
	if (!condition)
		say(what);
}

static CK_ULONG slots(CK_SLOT_ID list[16])
{
	CK_ULONG count = 16;

	/* All slots but the free one, which is the last. */
	REQUIRE(p11->C_GetSlotList(CK_FALSE, list, &count) == CKR_OK);
	REQUIRE(count >= 1);
	return count - 1;
}

static CK_OBJECT_HANDLE find(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class, const char *label)
{
	CK_ATTRIBUTE match[] = {ATTRIBUTE_OF(CKA_CLASS, class), ATTRIBUTE(CKA_LABEL, label, strlen(label))};
	CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;

	want(api_find(session, match, COUNT(match), &object, 1) <= 1, "an object is there twice");
	return object;
}

static CK_OBJECT_HANDLE find_id(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class, CK_BYTE id)
{
	CK_ATTRIBUTE match[] = {ATTRIBUTE_OF(CKA_CLASS, class), ATTRIBUTE_OF(CKA_ID, id)};
	CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;

	want(api_find(session, match, COUNT(match), &object, 1) <= 1, "an object is there twice");
	return object;
}

static bool has_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, const void *value, size_t len)
{
	CK_BYTE read[512];
	CK_ATTRIBUTE a = ATTRIBUTE_OF(CKA_VALUE, read);

	return p11->C_GetAttributeValue(session, object, &a, 1) == CKR_OK && a.ulValueLen == len && memcmp(read, value, len) == 0;
}

static CK_RV set_pin(CK_SESSION_HANDLE session, const char *old, const char *pin)
{
	return p11->C_SetPIN(session, (CK_UTF8CHAR *)old, strlen(old), (CK_UTF8CHAR *)pin, strlen(pin));
}

static CK_RV init_token(CK_SLOT_ID slot, const char *label)
{
	CK_UTF8CHAR padded[33];

	snprintf((char *)padded, sizeof padded, "%-32s", label);
	return p11->C_InitToken(slot, (CK_UTF8CHAR *)API_SO_PIN, strlen(API_SO_PIN), padded);
}

/* --- the operations --- */

static CK_RV change_pin(CK_SESSION_HANDLE session, CK_SLOT_ID slot)
{
	(void)slot;
	return set_pin(session, API_PIN, NEW_PIN);
}

static CK_RV change_so_pin(CK_SESSION_HANDLE session, CK_SLOT_ID slot)
{
	(void)slot;
	return set_pin(session, API_SO_PIN, NEW_SO_PIN);
}

static CK_RV unblock(CK_SESSION_HANDLE session, CK_SLOT_ID slot)
{
	(void)slot;
	return p11->C_InitPIN(session, (CK_UTF8CHAR *)NEW_PIN, strlen(NEW_PIN));
}

static CK_OBJECT_HANDLE status_object(CK_SESSION_HANDLE session)
{
	CK_OBJECT_CLASS class = CKO_SINBUN_TOKEN;
	CK_ATTRIBUTE match = ATTRIBUTE_OF(CKA_CLASS, class);
	CK_OBJECT_HANDLE status;

	REQUIRE(api_find(session, &match, 1, &status, 1) == 1);
	return status;
}

static CK_RV reseal(CK_SESSION_HANDLE session, CK_SLOT_ID slot)
{
	CK_ATTRIBUTE command = ATTRIBUTE_TEXT(CKA_SINBUN_COMMAND, SINBUN_COMMAND_RESEAL);
	CK_RV rv = p11->C_SetAttributeValue(session, status_object(session), &command, 1);

	return rv == CKR_OK ? unblock(session, slot) : rv;
}

static CK_RV give_birth_date(CK_SESSION_HANDLE session, CK_SLOT_ID slot)
{
	CK_OBJECT_CLASS class = CKO_SINBUN_PIN_POLICY;
	CK_ATTRIBUTE template[] = {ATTRIBUTE_OF(CKA_CLASS, class), ATTRIBUTE_TEXT(CKA_SINBUN_BIRTH_DATE, BIRTH_DATE)};
	CK_OBJECT_HANDLE none;

	(void)slot;
	return p11->C_CreateObject(session, template, COUNT(template), &none);
}

static CK_RV make_pair(CK_SESSION_HANDLE session, CK_SLOT_ID slot)
{
	CK_BYTE id = FRESH_ID;
	CK_MECHANISM mechanism = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
	CK_ATTRIBUTE public[] = {ATTRIBUTE_OF(CKA_TOKEN, api_yes), ATTRIBUTE_OF(CKA_ID, id), ATTRIBUTE_OF(CKA_EC_PARAMS, api_p256)};
	CK_ATTRIBUTE private[] = {ATTRIBUTE_OF(CKA_TOKEN, api_yes), ATTRIBUTE_OF(CKA_ID, id)};
	CK_OBJECT_HANDLE pair[2];

	(void)slot;
	return p11->C_GenerateKeyPair(session, &mechanism, public, COUNT(public), private, COUNT(private), &pair[0], &pair[1]);
}

static CK_RV make_object(CK_SESSION_HANDLE session, CK_SLOT_ID slot)
{
	CK_OBJECT_HANDLE object;

	(void)slot;
	return api_data(session, true, true, FRESH, &object);
}

static CK_RV change_object(CK_SESSION_HANDLE session, CK_SLOT_ID slot)
{
	CK_ATTRIBUTE value = ATTRIBUTE_TEXT(CKA_VALUE, NEW_VALUE);

	(void)slot;
	return p11->C_SetAttributeValue(session, find(session, CKO_DATA, VICTIM), &value, 1);
}

static CK_RV destroy_object(CK_SESSION_HANDLE session, CK_SLOT_ID slot)
{
	(void)slot;
	return p11->C_DestroyObject(session, find(session, CKO_DATA, VICTIM));
}

static CK_RV init_again(CK_SESSION_HANDLE session, CK_SLOT_ID slot)
{
	(void)session;
	return init_token(slot, NEW_LABEL);
}

static CK_RV init_free(CK_SESSION_HANDLE session, CK_SLOT_ID slot)
{
	(void)session;
	(void)slot;
	return init_token(api_free_slot(), NEW_LABEL);
}

static CK_RV remove_token(CK_SESSION_HANDLE session, CK_SLOT_ID slot)
{
	(void)slot;
	return p11->C_DestroyObject(session, status_object(session));
}

/* --- what is looked at afterwards --- */

static bool sign_and_verify(CK_SESSION_HANDLE session, CK_BYTE id)
{
	CK_OBJECT_HANDLE private = find_id(session, CKO_PRIVATE_KEY, id), public = find_id(session, CKO_PUBLIC_KEY, id);
	CK_BYTE signature[64];
	CK_ULONG len = sizeof signature;

	return private && public && p11->C_SignInit(session, &ecdsa, private) == CKR_OK &&
	       p11->C_Sign(session, (CK_BYTE *)"text", 4, signature, &len) == CKR_OK &&
	       p11->C_VerifyInit(session, &ecdsa, public) == CKR_OK &&
	       p11->C_Verify(session, (CK_BYTE *)"text", 4, signature, len) == CKR_OK;
}

/* What no operation but the token's own end touches. */
static void check_kept(CK_SESSION_HANDLE session)
{
	want(sign_and_verify(session, KEY_ID), "the key pair of before does not sign any more");
	want(has_value(session, find(session, CKO_DATA, KEPT), OLD_VALUE, strlen(OLD_VALUE)), "the private data of before are not there");
	want(has_value(session, find(session, CKO_DATA, "open"), OLD_VALUE, strlen(OLD_VALUE)), "the public data of before are not there");
	want(has_value(session, find_id(session, CKO_CERTIFICATE, KEY_ID), api_certificate, sizeof api_certificate),
		"the certificate of before is not there");
}

static bool pair_is_new(const struct outcome *o)
{
	bool private = find_id(o->session, CKO_PRIVATE_KEY, FRESH_ID), public = find_id(o->session, CKO_PUBLIC_KEY, FRESH_ID);

	want(private == public, "half a key pair is there");
	want(!private || sign_and_verify(o->session, FRESH_ID), "the new key pair does not sign");
	return private;
}

static bool object_is_new(const struct outcome *o)
{
	CK_OBJECT_HANDLE object = find(o->session, CKO_DATA, FRESH);

	want(!object || has_value(o->session, object, OLD_VALUE, strlen(OLD_VALUE)), "the new object has another value");
	return object;
}

static bool change_is_new(const struct outcome *o)
{
	CK_OBJECT_HANDLE object = find(o->session, CKO_DATA, VICTIM);
	bool is_new = has_value(o->session, object, NEW_VALUE, strlen(NEW_VALUE));

	want(is_new || has_value(o->session, object, OLD_VALUE, strlen(OLD_VALUE)), "the changed object has neither value");
	return is_new;
}

static bool destroy_is_new(const struct outcome *o)
{
	return !find(o->session, CKO_DATA, VICTIM);
}

static const struct operation operations[] = {
	{"login", HOLDER, NULL, NULL, TOKEN},
	{"wrong-login", STRANGER, NULL, NULL, TOKEN},
	{"so-login", SO, NULL, NULL, TOKEN},
	{"wrong-so-login", FALSE_SO, NULL, NULL, TOKEN},
	{"pin-change", NOBODY, change_pin, NULL, TOKEN},
	{"so-pin-change", SO, change_so_pin, NULL, TOKEN},
	{"unblock", SO, unblock, NULL, TOKEN},
	{"reseal", SO, reseal, NULL, TOKEN},
	{"key-pair", HOLDER, make_pair, pair_is_new, TOKEN},
	{"object-create", HOLDER, make_object, object_is_new, TOKEN},
	{"object-modify", HOLDER, change_object, change_is_new, TOKEN},
	{"object-destroy", HOLDER, destroy_object, destroy_is_new, TOKEN},
	{"init-again", NOBODY, init_again, NULL, TOKEN},
	{"init-free", NOBODY, init_free, NULL, TOKEN},
	{"remove", SO, remove_token, NULL, TOKEN},
	{"birth-date", SO, give_birth_date, NULL, BARE},
	{"upgrade", HOLDER, NULL, NULL, SAMPLE},
	{"so-upgrade", SO, NULL, NULL, SAMPLE},
};

static bool is(const struct operation *op, CK_RV (*act)(CK_SESSION_HANDLE session, CK_SLOT_ID slot))
{
	return op->act == act;
}

/* --- before --- */

/* $CRASH_WARM: ends as a crash would, with a write-ahead log that the next one has to read. */
static void leave(void)
{
	if (getenv("CRASH_WARM"))
		_exit(0);
	REQUIRE(p11->C_Finalize(NULL) == CKR_OK);
}

static void prepare_token(void)
{
	static const CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	static const CK_CERTIFICATE_TYPE type = CKC_X_509;
	CK_BYTE id = KEY_ID;
	CK_ATTRIBUTE certificate[] = {ATTRIBUTE_OF(CKA_CLASS, class), ATTRIBUTE_OF(CKA_CERTIFICATE_TYPE, type),
		ATTRIBUTE_OF(CKA_TOKEN, api_yes), ATTRIBUTE_OF(CKA_ID, id), ATTRIBUTE_TEXT(CKA_SUBJECT, "subject"),
		ATTRIBUTE_OF(CKA_VALUE, api_certificate)};
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE object;
	CK_SLOT_ID slot;

	api_initialize();
	slot = api_token(LABEL);
	session = api_session(slot, true);
	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	api_generate(session, true, KEY_ID, false);
	REQUIRE(p11->C_CreateObject(session, certificate, COUNT(certificate), &object) == CKR_OK);
	REQUIRE(api_data(session, true, true, KEPT, &object) == CKR_OK);
	REQUIRE(api_data(session, true, false, "open", &object) == CKR_OK);
	REQUIRE(api_data(session, true, true, VICTIM, &object) == CKR_OK);
	REQUIRE(p11->C_Logout(session) == CKR_OK);
	REQUIRE(api_login(session, CKU_USER, API_WRONG_PIN) == CKR_PIN_INCORRECT);
	REQUIRE(api_login(session, CKU_SO, API_WRONG_SO_PIN) == CKR_PIN_INCORRECT);
	leave();
}

static void prepare_bare(void)
{
	CK_SLOT_ID slot;

	api_initialize();
	slot = api_free_slot();
	REQUIRE(init_token(slot, LABEL) == CKR_OK);
	REQUIRE(api_login(api_session(slot, true), CKU_SO, API_WRONG_SO_PIN) == CKR_PIN_INCORRECT);
	leave();
}

/* A try of the PIN was spent when it was made. */
static void prepare_sample(void)
{
	CK_SLOT_ID list[16];

	api_initialize();
	REQUIRE(slots(list) == 1);
	REQUIRE(api_login(api_session(list[0], true), CKU_SO, API_WRONG_SO_PIN) == CKR_PIN_INCORRECT);
	leave();
}

static void (*const preparations[])(void) = {[TOKEN] = prepare_token, [BARE] = prepare_bare, [SAMPLE] = prepare_sample};

static int prepare(const char *base)
{
	for (size_t i = 0; i < COUNT(bases); i++)
		if (strcmp(base, bases[i]) == 0) {
			api_open_again();
			preparations[i]();
			return 0;
		}
	return 2;
}

/* --- the run --- */

static void mark(const char *path)
{
	/* Ends up in the trace, and is nothing else's. */
	want(access(path, F_OK) != 0, "what is nobody's file exists");
}

static const struct {
	CK_USER_TYPE user;
	const char *pin;
} logins[] = {
	[HOLDER] = {CKU_USER, API_PIN},
	[SO] = {CKU_SO, API_SO_PIN},
	[STRANGER] = {CKU_USER, API_WRONG_PIN},
	[FALSE_SO] = {CKU_SO, API_WRONG_SO_PIN},
};

/* The token's slot. One that could not be opened is not there, and the first slot is the free one then. */
static CK_RV find_slot(CK_SLOT_ID *slot)
{
	CK_SLOT_ID list[16];
	CK_ULONG count = COUNT(list);
	CK_TOKEN_INFO info;
	CK_RV rv = p11->C_GetSlotList(CK_TRUE, list, &count);

	*slot = list[0];
	if (rv == CKR_OK)
		rv = count ? p11->C_GetTokenInfo(list[0], &info) : CKR_SLOT_ID_INVALID;
	return rv == CKR_OK && !(info.flags & CKF_TOKEN_INITIALIZED) ? CKR_SLOT_ID_INVALID : rv;
}

/* Any answer is taken: the system calls fail. */
static void run(const struct operation *op)
{
	CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
	CK_SLOT_ID slot = 0;
	CK_RV rv;

	mark(CRASH_MARK);
	rv = p11->C_Initialize(NULL);
	if (rv == CKR_OK)
		rv = find_slot(&slot);
	if (rv == CKR_OK && !is(op, init_again))
		rv = p11->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session);
	if (is(op, init_free) && session)
		rv = p11->C_CloseSession(session);
	if (rv == CKR_OK && op->actor != NOBODY) {
		rv = report->login = api_login(session, logins[op->actor].user, logins[op->actor].pin);
		report->login_done = 1;
		mark(CRASH_LOGIN_ANSWERED);
	}
	if (rv == CKR_OK && op->act) {
		report->act = op->act(session, slot);
		report->act_done = 1;
		mark(CRASH_ACT_ANSWERED);
	}
	p11->C_Finalize(NULL);
	mark(CRASH_MARK);
}

/* --- after --- */

static unsigned long number(CK_SESSION_HANDLE session, CK_ATTRIBUTE_TYPE type)
{
	return api_number(session, status_object(session), type);
}

/* How many tries are left after one: as many as before, one less once it was charged, all once it was pardoned. */
static void check_tries(const char *whose, unsigned long left, unsigned long before, unsigned long max, bool tried, bool wrong)
{
	bool answered = report->login_done && report->login == CKR_PIN_INCORRECT;
	bool fits = left == before || (tried && left == before - 1) || (tried && !wrong && left == max);

	if (tried && wrong && answered)
		fits = left == before - 1;
	if (tried && wrong && report->login_done && report->login == CKR_OK)
		say("a wrong PIN was taken");
	if (fits)
		return;
	fprintf(stderr, "%s: %lu tries are left, %lu of %lu before%s\n", whose, left, before, max, answered ? ", and the try was answered" : "");
	exit(1);
}

static void check_all_tries(const struct operation *op, CK_SESSION_HANDLE session)
{
	bool pin = op->actor == HOLDER || op->actor == STRANGER || is(op, change_pin);
	bool puk = op->actor == SO || op->actor == FALSE_SO || is(op, init_again);
	unsigned long left = number(session, CKA_SINBUN_PIN_TRIES_LEFT);

	/* A PIN that the SO sets has all its tries. */
	if (!((is(op, unblock) || is(op, reseal)) && left == PIN_MAX))
		check_tries("PIN", left, PIN_BEFORE, PIN_MAX, pin, op->actor == STRANGER);
	check_tries("PUK", number(session, CKA_SINBUN_PUK_TRIES_LEFT), PUK_BEFORE, PUK_MAX, puk, op->actor == FALSE_SO);
}

/* Exactly one of two PINs works: true for the new one. */
static bool which_pin(CK_SESSION_HANDLE session, CK_USER_TYPE user, const char *old, const char *new)
{
	CK_RV by_old = api_login(session, user, old), by_new;

	if (by_old == CKR_OK)
		REQUIRE(p11->C_Logout(session) == CKR_OK);
	by_new = api_login(session, user, new);
	if (by_new == CKR_OK)
		REQUIRE(p11->C_Logout(session) == CKR_OK);
	want((by_old == CKR_OK && by_new == CKR_PIN_INCORRECT) || (by_old == CKR_PIN_INCORRECT && by_new == CKR_OK),
		"of the old and the new PIN not exactly one works");
	return by_new == CKR_OK;
}

static void must(bool is_new)
{
	want(is_new || !report->act_done || report->act != CKR_OK, "the answer was CKR_OK, but the old state stands");
}

/* What a crash left is gone after the next start. */
static void check_no_rubbish(void)
{
	char path[256];
	const char *conf = getenv("SINBUN_CONF");
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof path, "%.*s/tokens", (int)(strrchr(conf, '/') - conf), conf);
	dir = opendir(path);
	REQUIRE(dir);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] == '.' ? strlen(entry->d_name) > 2 : strchr(entry->d_name, '.') != NULL) {
			fprintf(stderr, "left behind: %s\n", entry->d_name);
			exit(1);
		}
	closedir(dir);
}

/* The old PIN and PUK, or those that the operation sets: as they stand in pins. */
static void check_pins(const struct operation *op, CK_SESSION_HANDLE session, const char *pins[2])
{
	bool new_pin = is(op, change_pin) || is(op, unblock) || is(op, reseal);

	pins[0] = API_PIN;
	pins[1] = API_SO_PIN;
	if (new_pin && which_pin(session, CKU_USER, API_PIN, NEW_PIN))
		pins[0] = NEW_PIN;
	if (is(op, change_so_pin) && which_pin(session, CKU_SO, API_SO_PIN, NEW_SO_PIN))
		pins[1] = NEW_SO_PIN;
	if (new_pin)
		must(strcmp(pins[0], NEW_PIN) == 0);
	if (is(op, change_so_pin))
		must(strcmp(pins[1], NEW_SO_PIN) == 0);
}

static void check_objects(const struct operation *op, CK_SLOT_ID slot, CK_SESSION_HANDLE session, const char *pins[2])
{
	struct outcome o = {.slot = slot, .session = session};
	CK_OBJECT_HANDLE object;

	want(api_login(session, CKU_SO, pins[1]) == CKR_OK, "the SO cannot log in");
	REQUIRE(p11->C_Logout(session) == CKR_OK);
	want(api_login(session, CKU_USER, pins[0]) == CKR_OK, "the holder cannot log in");
	want(!(api_token_flags(slot) & CKF_ERROR_STATE), "the token says that it is damaged");
	check_kept(session);
	if (op->is_new)
		must(op->is_new(&o));
	want(op->is_new == destroy_is_new || find(session, CKO_DATA, VICTIM), "an object is gone");
	want(api_data(session, true, true, "afterwards", &object) == CKR_OK, "nothing can be stored any more");
	want(p11->C_DestroyObject(session, object) == CKR_OK, "nothing can be destroyed any more");
	REQUIRE(p11->C_Logout(session) == CKR_OK);
	want(!(api_token_flags(slot) & CKF_ERROR_STATE), "the token says that it is damaged after a change");
}

static bool has_label(CK_SLOT_ID slot, const char *label)
{
	CK_TOKEN_INFO info;

	REQUIRE(p11->C_GetTokenInfo(slot, &info) == CKR_OK);
	return memcmp(info.label, label, strlen(label)) == 0 && info.label[strlen(label)] == ' ';
}

/* A token fresh from C_InitToken: no PIN, no objects, the SO's PIN as given. */
static void check_fresh(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE session = api_session(slot, true);

	want(!(api_token_flags(slot) & CKF_USER_PIN_INITIALIZED), "a fresh token has a PIN");
	want(api_find(session, NULL, 0, NULL, 0) == API_PROFILES, "a fresh token has objects");
	want(number(session, CKA_SINBUN_PUK_TRIES_LEFT) == PUK_MAX, "a fresh token has tries spent");
	want(api_login(session, CKU_SO, API_SO_PIN) == CKR_OK, "the SO cannot log in to a fresh token");
	want(unblock(session, slot) == CKR_OK, "a fresh token cannot be given a PIN");
	REQUIRE(p11->C_Logout(session) == CKR_OK);
	want(api_login(session, CKU_USER, NEW_PIN) == CKR_OK, "the holder of a fresh token cannot log in");
	want(!(api_token_flags(slot) & CKF_ERROR_STATE), "a fresh token says that it is damaged");
	REQUIRE(p11->C_CloseSession(session) == CKR_OK);
}

/* With the birth date or without it, which can then be given: in the end no PIN may be made of it. */
static void check_bare(const struct operation *op, CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE session = api_session(slot, true);
	CK_OBJECT_HANDLE object;

	want(!(api_token_flags(slot) & CKF_USER_PIN_INITIALIZED), "a token has a PIN that nobody set");
	check_tries("PUK", number(session, CKA_SINBUN_PUK_TRIES_LEFT), PUK_BEFORE, PUK_MAX, true, false);
	want(api_login(session, CKU_SO, API_SO_PIN) == CKR_OK, "the SO cannot log in");
	want(!(api_token_flags(slot) & CKF_ERROR_STATE), "the token says that it is damaged");
	if (is(op, give_birth_date))
		must(give_birth_date(session, slot) != CKR_OK);
	want(give_birth_date(session, slot) != CKR_OK, "a birth date is given twice");
	want(p11->C_InitPIN(session, (CK_UTF8CHAR *)BIRTH_PIN, strlen(BIRTH_PIN)) == CKR_PIN_INVALID, "the birth date is taken for a PIN");
	want(unblock(session, slot) == CKR_OK, "a token cannot be given a PIN");
	REQUIRE(p11->C_Logout(session) == CKR_OK);
	want(set_pin(session, NEW_PIN, BIRTH_PIN) == CKR_PIN_INVALID, "the birth date is taken for a new PIN");
	want(api_login(session, CKU_USER, NEW_PIN) == CKR_OK, "the holder cannot log in");
	want(api_data(session, true, true, "afterwards", &object) == CKR_OK, "nothing can be stored");
	want(!(api_token_flags(slot) & CKF_ERROR_STATE), "the token says that it is damaged after a change");
	REQUIRE(p11->C_CloseSession(session) == CKR_OK);
}

/* What stands beside the store: no copy of an earlier format, and none half made. */
static void check_beside(CK_SLOT_ID slot)
{
	const char *conf = getenv("SINBUN_CONF");
	struct dirent *entry;
	CK_TOKEN_INFO info;
	char path[256];
	DIR *dir;

	REQUIRE(p11->C_GetTokenInfo(slot, &info) == CKR_OK);
	snprintf(path, sizeof path, "%.*s/tokens/%.16s", (int)(strrchr(conf, '/') - conf), conf, (const char *)info.serialNumber);
	dir = opendir(path);
	REQUIRE(dir);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, "lock") != 0 && strcmp(entry->d_name, "token.db") != 0 &&
			strcmp(entry->d_name, "token.db-wal") != 0 && strcmp(entry->d_name, "token.db-shm") != 0) {
			fprintf(stderr, "left behind: %s\n", entry->d_name);
			exit(1);
		}
	closedir(dir);
}

static bool trusts_certificate(CK_SESSION_HANDLE session)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_ATTRIBUTE match[] = {ATTRIBUTE_OF(CKA_CLASS, class), ATTRIBUTE_OF(CKA_TRUSTED, api_yes)};

	return api_find(session, match, COUNT(match), NULL, 0) == 1;
}

/* Of either format: nothing of it is lost, and two logins bring it to the present one and take the copy away. */
static void check_sample(const struct operation *op, CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE session = api_session(slot, true);
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE keys = ATTRIBUTE_OF(CKA_CLASS, class);

	check_all_tries(op, session);
	for (int i = 0; i < 2; i++) {
		want(api_login(session, CKU_SO, API_SO_PIN) == CKR_OK, "the SO cannot log in");
		want(!(api_token_flags(slot) & CKF_ERROR_STATE), "the token says to the SO that it is damaged");
		REQUIRE(p11->C_Logout(session) == CKR_OK);
		want(api_login(session, CKU_USER, API_PIN) == CKR_OK, "the holder cannot log in");
		want(!(api_token_flags(slot) & CKF_ERROR_STATE), "the token says that it is damaged");
		want(find(session, CKO_DATA, "mine") && find(session, CKO_DATA, "open"), "an object is gone");
		want(api_find(session, &keys, 1, NULL, 0) == 1, "the key is gone");
		want(trusts_certificate(session), "the certificate is gone, or trusted no more");
		REQUIRE(p11->C_Logout(session) == CKR_OK);
	}
	want(set_pin(session, API_PIN, SAMPLE_BIRTH_PIN) == CKR_PIN_INVALID, "the birth date is taken for a PIN");
	check_beside(slot);
	REQUIRE(p11->C_CloseSession(session) == CKR_OK);
}

static void check_token(const struct operation *op, CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE session;
	const char *pins[2];

	if (op->base != TOKEN) {
		want(has_label(slot, op->base == BARE ? LABEL : SAMPLE_LABEL), "the token has another label");
		(op->base == BARE ? check_bare : check_sample)(op, slot);
		return;
	}
	if (is(op, init_again)) {
		bool is_new = has_label(slot, NEW_LABEL);

		must(is_new);
		if (is_new) {
			check_fresh(slot);
			return;
		}
	}
	want(has_label(slot, LABEL), "the token has another label");
	session = api_session(slot, true);
	check_all_tries(op, session);
	check_pins(op, session, pins);
	check_objects(op, slot, session, pins);
}

static void check(const struct operation *op)
{
	CK_SLOT_ID list[16];
	CK_ULONG count, free_slot;

	api_initialize();
	check_no_rubbish();
	count = slots(list);
	if (is(op, remove_token) && count == 0)
		return;
	if (is(op, remove_token))
		must(false);
	want(count == 1 || (is(op, init_free) && count == 2), "a token is gone, or too many are there");
	check_token(op, list[0]);
	if (is(op, init_free)) {
		must(count == 2);
		if (count == 2) {
			want(has_label(list[1], NEW_LABEL), "the new token has another label");
			check_fresh(list[1]);
		}
		/* The numbering goes on. */
		free_slot = api_free_slot();
		want(free_slot != list[0] && (count < 2 || free_slot != list[1]), "the free slot has the number of a token");
		want(init_token(free_slot, NEW_LABEL) == CKR_OK, "no token can be made any more");
	}
	REQUIRE(p11->C_Finalize(NULL) == CKR_OK);
}

static void open_report(void)
{
	const char *path = getenv("CRASH_REPORT");
	int fd;

	REQUIRE(path);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	REQUIRE(fd >= 0 && ftruncate(fd, sizeof *report) == 0);
	report = mmap(NULL, sizeof *report, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	REQUIRE(report != MAP_FAILED);
	close(fd);
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "", *name = argc > 2 ? argv[2] : "";

	for (size_t i = 0; i < COUNT(operations); i++) {
		if (strcmp(verb, "operations") == 0)
			printf("%s %s\n", operations[i].name, bases[operations[i].base]);
		if (strcmp(name, operations[i].name) != 0)
			continue;
		open_report();
		api_open_again();
		(strcmp(verb, "check") == 0 ? check : run)(&operations[i]);
		return 0;
	}
	if (strcmp(verb, "prepare") == 0)
		return prepare(name);
	return strcmp(verb, "operations") == 0 ? 0 : 2;
}
