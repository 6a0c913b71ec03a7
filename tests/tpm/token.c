/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include <time.h>
#include <unistd.h>

#include "lib/check.h"
#include "sinbun-pkcs11.h"

/* One process that does one thing with a token, as the tests with a TPM want it: token VERB LABEL ARGUMENT…
 * Prints the answer's name; `tries` and `keys` print numbers. */

static const struct {
	CK_RV rv;
	const char *name;
} names[] = {
	{CKR_OK, "OK"},
	{CKR_PIN_INCORRECT, "PIN_INCORRECT"},
	{CKR_PIN_LOCKED, "PIN_LOCKED"},
	{CKR_DEVICE_ERROR, "DEVICE_ERROR"},
	{CKR_DEVICE_MEMORY, "DEVICE_MEMORY"},
	{CKR_DEVICE_REMOVED, "DEVICE_REMOVED"},
	{CKR_TOKEN_NOT_RECOGNIZED, "TOKEN_NOT_RECOGNIZED"},
	{CKR_USER_PIN_NOT_INITIALIZED, "PIN_UNSET"},
	{CKR_USER_NOT_LOGGED_IN, "NOT_LOGGED_IN"},
};

static int answer(CK_RV rv)
{
	for (size_t i = 0; i < COUNT(names); i++)
		if (names[i].rv == rv) {
			puts(names[i].name);
			return 0;
		}
	printf("0x%lx\n", rv);
	return 0;
}

static CK_SLOT_ID find(const char *label)
{
	CK_SLOT_ID slots[64];
	CK_ULONG count = COUNT(slots);
	CK_UTF8CHAR padded[33];
	CK_TOKEN_INFO info;

	snprintf((char *)padded, sizeof padded, "%-32s", label);
	REQUIRE(p11->C_GetSlotList(CK_FALSE, slots, &count) == CKR_OK && count > 0);
	for (CK_ULONG i = 0; i < count; i++)
		if (p11->C_GetTokenInfo(slots[i], &info) == CKR_OK && memcmp(info.label, padded, 32) == 0)
			return slots[i];
	return slots[count - 1];
}

static CK_RV init_slot(CK_SLOT_ID slot, const char *label, const char *puk)
{
	CK_UTF8CHAR padded[33];

	snprintf((char *)padded, sizeof padded, "%-32s", label);
	return p11->C_InitToken(slot, (CK_UTF8CHAR *)puk, strlen(puk), padded);
}

static CK_RV init(char **a)
{
	return init_slot(api_free_slot(), a[0], API_SO_PIN);
}

static CK_RV reinit(char **a)
{
	return init_slot(find(a[0]), a[0], a[1]);
}

static CK_RV login(char **a)
{
	return api_login(api_session(find(a[0]), true), CKU_USER, a[1]);
}

static CK_RV officer(char **a)
{
	return api_login(api_session(find(a[0]), true), CKU_SO, a[1]);
}

static CK_RV set_pin(char **a)
{
	CK_SESSION_HANDLE session = api_session(find(a[0]), true);
	CK_RV rv = api_login(session, CKU_SO, a[1]);

	return rv == CKR_OK ? p11->C_InitPIN(session, (CK_UTF8CHAR *)a[2], strlen(a[2])) : rv;
}

static CK_RV change(char **a)
{
	return p11->C_SetPIN(api_session(find(a[0]), true), (CK_UTF8CHAR *)a[1], strlen(a[1]), (CK_UTF8CHAR *)a[2], strlen(a[2]));
}

/* The officer changes the PUK, and sets a PIN in the same login. */
static CK_RV change_puk(char **a)
{
	CK_SESSION_HANDLE session = api_session(find(a[0]), true);
	CK_RV rv = api_login(session, CKU_SO, a[1]);

	if (rv == CKR_OK)
		rv = p11->C_SetPIN(session, (CK_UTF8CHAR *)a[1], strlen(a[1]), (CK_UTF8CHAR *)a[2], strlen(a[2]));
	return rv == CKR_OK && a[3] ? p11->C_InitPIN(session, (CK_UTF8CHAR *)a[3], strlen(a[3])) : rv;
}

static CK_RV generate(CK_SESSION_HANDLE session)
{
	CK_MECHANISM mechanism = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
	CK_ATTRIBUTE public[] = {ATTRIBUTE(CKA_TOKEN, &api_yes, 1), ATTRIBUTE_OF(CKA_EC_PARAMS, api_p256)};
	CK_ATTRIBUTE private[] = {ATTRIBUTE(CKA_TOKEN, &api_yes, 1)};
	CK_OBJECT_HANDLE handles[2];

	return p11->C_GenerateKeyPair(session, &mechanism, public, COUNT(public), private, COUNT(private), &handles[0], &handles[1]);
}

static CK_RV key(char **a)
{
	CK_SESSION_HANDLE session = api_session(find(a[0]), true);
	CK_RV rv = api_login(session, CKU_USER, a[1]);

	return rv == CKR_OK ? generate(session) : rv;
}

static CK_ULONG private_keys(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *found, CK_ULONG room)
{
	static const CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE match = ATTRIBUTE_OF(CKA_CLASS, class);

	return api_find(session, &match, 1, found, room);
}

static CK_RV destroy_key(char **a)
{
	CK_SESSION_HANDLE session = api_session(find(a[0]), true);
	CK_RV rv = api_login(session, CKU_USER, a[1]);
	CK_OBJECT_HANDLE found;

	if (rv == CKR_OK && private_keys(session, &found, 1) == 0)
		rv = CKR_OBJECT_HANDLE_INVALID;
	return rv == CKR_OK ? p11->C_DestroyObject(session, found) : rv;
}

static CK_RV keys(char **a)
{
	CK_SESSION_HANDLE session = api_session(find(a[0]), true);
	CK_RV rv = api_login(session, CKU_USER, a[1]);

	if (rv == CKR_OK)
		printf("%lu ", private_keys(session, NULL, 0));
	return rv;
}

static CK_OBJECT_HANDLE status_object(CK_SESSION_HANDLE session)
{
	static const CK_OBJECT_CLASS class = CKO_SINBUN_TOKEN;
	CK_ATTRIBUTE match = ATTRIBUTE_OF(CKA_CLASS, class);
	CK_OBJECT_HANDLE status;

	REQUIRE(api_find(session, &match, 1, &status, 1) == 1);
	return status;
}

static CK_RV tries(char **a)
{
	CK_SESSION_HANDLE session = api_session(find(a[0]), false);
	CK_OBJECT_HANDLE status = status_object(session);

	printf("%lu %lu ", api_number(session, status, CKA_SINBUN_PIN_TRIES_LEFT), api_number(session, status, CKA_SINBUN_PUK_TRIES_LEFT));
	return CKR_OK;
}

static CK_RV take_away(char **a)
{
	CK_SESSION_HANDLE session = api_session(find(a[0]), true);
	CK_RV rv = api_login(session, CKU_SO, a[1]);

	return rv == CKR_OK ? p11->C_DestroyObject(session, status_object(session)) : rv;
}

/* a[3]: what somebody else does meanwhile, a command. */
static CK_RV reseal(char **a)
{
	CK_SESSION_HANDLE session = api_session(find(a[0]), true);
	CK_ATTRIBUTE command = ATTRIBUTE_TEXT(CKA_SINBUN_COMMAND, SINBUN_COMMAND_RESEAL);
	CK_RV rv = api_login(session, CKU_SO, a[1]);

	if (rv == CKR_OK)
		rv = p11->C_SetAttributeValue(session, status_object(session), &command, 1);
	if (rv == CKR_OK && a[3])
		REQUIRE(system(a[3]) == 0);
	return rv == CKR_OK ? p11->C_InitPIN(session, (CK_UTF8CHAR *)a[2], strlen(a[2])) : rv;
}

static CK_RV seal(char **a)
{
	CK_SESSION_HANDLE session = api_session(find(a[0]), false);
	char name[16];
	CK_ATTRIBUTE wanted = ATTRIBUTE_OF(CKA_SINBUN_SEAL, name);
	CK_RV rv = p11->C_GetAttributeValue(session, status_object(session), &wanted, 1);

	if (rv == CKR_OK)
		printf("%.*s ", (int)wanted.ulValueLen, name);
	return rv;
}

/* A login, or, where there is no token to write to, a new one; and then the words that stand at the slot. */
static CK_RV why(char **a)
{
	CK_SLOT_ID slot = find(a[0]);
	CK_SESSION_HANDLE session;
	CK_SLOT_INFO info;
	CK_RV rv = p11->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session);

	rv = rv == CKR_OK ? api_login(session, CKU_USER, a[1]) : init_slot(slot, a[0], API_SO_PIN);
	REQUIRE(p11->C_GetSlotInfo(slot, &info) == CKR_OK);
	for (int i = 64; i > 0 && info.slotDescription[i - 1] == ' '; i--)
		info.slotDescription[i - 1] = 0;
	printf("%.64s; ", (const char *)info.slotDescription);
	return rv;
}

/* Milliseconds of a login, the mean of several. */
static CK_RV timed(char **a)
{
	CK_SESSION_HANDLE session = api_session(find(a[0]), true);
	struct timespec from, to;
	CK_RV rv = CKR_OK;

	clock_gettime(CLOCK_MONOTONIC, &from);
	for (int i = 0; rv == CKR_OK && i < 20; i++) {
		rv = api_login(session, CKU_USER, a[1]);
		p11->C_Logout(session);
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("%.1f ms ", ((double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6) / 20);
	return rv;
}

/* Whether libtss2 is in this process, after its tokens were listed. */
static CK_RV loaded(char **a)
{
	char line[512];
	FILE *maps = fopen("/proc/self/maps", "r");
	bool seen = false;

	find(a[0]);
	REQUIRE(maps);
	while (fgets(line, sizeof line, maps))
		seen |= strstr(line, "libtss2") != NULL;
	fclose(maps);
	printf("%s ", seen ? "loaded" : "not loaded");
	return CKR_OK;
}

/* The host's environment, after a login. */
static CK_RV environment(char **a)
{
	CK_RV rv = login(a);

	printf("%s ", getenv("TSS2_LOG") ? getenv("TSS2_LOG") : "unset");
	return rv;
}

/* A login here, and then one in a forked child. */
static int login_of_child(void *context)
{
	CK_RV rv = p11->C_Initialize(NULL);

	if (rv == CKR_OK)
		rv = login(context);
	printf("in the child ");
	answer(rv);
	fflush(stdout);
	return 0;
}

static CK_RV forked(char **a)
{
	CK_RV rv = login(a);

	fflush(stdout);
	REQUIRE(api_wait(api_fork(login_of_child, a)) == 0);
	return rv;
}

static const struct {
	const char *name;
	CK_RV (*fn)(char **arguments);
} verbs[] = {
	{"init", init}, {"reinit", reinit}, {"login", login}, {"officer", officer}, {"set-pin", set_pin}, {"change", change},
	{"change-puk", change_puk}, {"key", key}, {"destroy-key", destroy_key}, {"keys", keys}, {"tries", tries}, {"remove", take_away},
	{"reseal", reseal}, {"seal", seal},
	{"why", why}, {"time", timed}, {"loaded", loaded}, {"environment", environment}, {"fork", forked},
};

int main(int argc, char **argv)
{
	CK_RV rv;

	if (argc < 3)
		SKIP("a tool of the tests in tests/tpm");
	api_open_again();
	rv = p11->C_Initialize(NULL);
	for (size_t i = 0; rv == CKR_OK && i < COUNT(verbs); i++)
		if (strcmp(verbs[i].name, argv[1]) == 0) {
			answer(verbs[i].fn(argv + 2));
			return p11->C_Finalize(NULL) == CKR_OK ? 0 : 1;
		}
	answer(rv);
	return 1;
}
