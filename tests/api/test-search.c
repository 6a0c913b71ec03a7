/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include <stdio.h>
#include <string.h>

#include "lib/check.h"

/* The same search again and again: what was found is kept, and must not outlive a change, by whichever process, nor a login. */

enum { MANY = 200 };

static CK_SLOT_ID slot;

static CK_ULONG again(CK_SESSION_HANDLE session, const char *label)
{
	CK_ULONG first = api_count_label(session, label);

	for (int i = 0; i < 3; i++)
		CHECK_EQ(api_count_label(session, label), first);
	return first;
}

static CK_OBJECT_HANDLE one(CK_SESSION_HANDLE session, const char *label)
{
	CK_ATTRIBUTE match = {CKA_LABEL, (void *)label, strlen(label)};
	CK_OBJECT_HANDLE found[4], same[4];

	REQUIRE(api_find(session, &match, 1, found, 4) == 1);
	REQUIRE(api_find(session, &match, 1, same, 4) == 1);
	CHECK_EQ(found[0], same[0]);
	return found[0];
}

/* What happens in this process. */
static void changes_here(CK_SESSION_HANDLE session)
{
	CK_ATTRIBUTE change = ATTRIBUTE_TEXT(CKA_LABEL, "renamed");
	CK_OBJECT_HANDLE object, second;

	CHECK_EQ(again(session, "here"), 0);
	REQUIRE(api_data(session, true, true, "here", &object) == CKR_OK);
	CHECK_EQ(again(session, "here"), 1);
	CHECK_EQ(one(session, "here"), object);
	REQUIRE(api_data(session, true, false, "here", &second) == CKR_OK);
	CHECK_EQ(again(session, "here"), 2);
	CHECK_EQ(p11->C_SetAttributeValue(session, object, &change, 1), CKR_OK);
	CHECK_EQ(again(session, "here"), 1);
	CHECK_EQ(one(session, "renamed"), object);
	CHECK_EQ(p11->C_DestroyObject(session, object), CKR_OK);
	CHECK_EQ(again(session, "renamed"), 0);
	/* More than are kept with one search. */
	for (int i = 0; i < 3; i++)
		REQUIRE(api_data(session, true, i & 1, "here", &object) == CKR_OK);
	CHECK_EQ(again(session, "here"), 4);
	/* One of the session is nobody else's, and comes and goes with it. */
	REQUIRE(api_data(session, false, false, "of the session", &object) == CKR_OK);
	CHECK_EQ(again(session, "of the session"), 1);
	CHECK_EQ(p11->C_DestroyObject(session, object), CKR_OK);
	CHECK_EQ(again(session, "of the session"), 0);
}

/* A value that was searched for is not another one that begins alike, nor one of another attribute. */
static void values_are_told_apart(CK_SESSION_HANDLE session)
{
	CK_ATTRIBUTE label = ATTRIBUTE_TEXT(CKA_LABEL, "told"), application = ATTRIBUTE_TEXT(CKA_APPLICATION, "told");
	CK_ATTRIBUTE both[] = {ATTRIBUTE_TEXT(CKA_LABEL, "told"), ATTRIBUTE_OF(CKA_PRIVATE, api_yes)};
	CK_OBJECT_HANDLE object;

	REQUIRE(api_data(session, true, true, "told", &object) == CKR_OK);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(api_find(session, &label, 1, NULL, 0), 1);
		CHECK_EQ(api_find(session, &application, 1, NULL, 0), 0);
		CHECK_EQ(api_find(session, both, 2, NULL, 0), 1);
		CHECK_EQ(api_count_label(session, "tol"), 0);
		CHECK_EQ(api_count_label(session, "told "), 0);
		CHECK_EQ(api_count_label(session, ""), API_PROFILES);
	}
}

/* So many that their places are shared. */
static void many(CK_SESSION_HANDLE session)
{
	CK_OBJECT_HANDLE objects[MANY];
	char label[32];

	for (int i = 0; i < MANY; i++) {
		snprintf(label, sizeof label, "one of many %d", i);
		REQUIRE(api_data(session, true, i & 1, label, &objects[i]) == CKR_OK);
	}
	for (int round = 0; round < 3; round++)
		for (int i = 0; i < MANY; i++) {
			snprintf(label, sizeof label, "one of many %d", i);
			CHECK_EQ(one(session, label), objects[i]);
		}
}

static void logins(CK_SESSION_HANDLE session)
{
	CK_OBJECT_HANDLE object;

	REQUIRE(api_data(session, true, true, "secret", &object) == CKR_OK);
	REQUIRE(api_data(session, true, false, "open", &object) == CKR_OK);
	CHECK_EQ(again(session, "secret"), 1);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(p11->C_Logout(session), CKR_OK);
		CHECK_EQ(again(session, "secret"), 0);
		CHECK_EQ(again(session, "open"), 1);
		CHECK_EQ(api_login(session, CKU_SO, API_SO_PIN), CKR_OK);
		CHECK_EQ(again(session, "secret"), 0);
		CHECK_EQ(p11->C_Logout(session), CKR_OK);
		CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_OK);
		CHECK_EQ(again(session, "secret"), 1);
	}
}

/* Another process: "make LABEL" or "destroy LABEL". */
static int other_process(const char *what)
{
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE object;
	char verb[16], label[32];
	CK_ULONG at;

	REQUIRE(sscanf(what, "%lu %15s %31s", &at, verb, label) == 3);
	api_open_again();
	api_initialize();
	session = api_session(at, true);
	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	if (strcmp(verb, "make") == 0)
		REQUIRE(api_data(session, true, true, label, &object) == CKR_OK);
	else
		REQUIRE(p11->C_DestroyObject(session, one(session, label)) == CKR_OK);
	REQUIRE(p11->C_Finalize(NULL) == CKR_OK);
	return 0;
}

static void another(const char *verb, const char *label)
{
	char argument[64];

	snprintf(argument, sizeof argument, "%lu %s %s", slot, verb, label);
	REQUIRE(api_run_again(argument) == 0);
}

static void changes_elsewhere(CK_SESSION_HANDLE session)
{
	CHECK_EQ(again(session, "elsewhere"), 0);
	another("make", "elsewhere");
	CHECK_EQ(again(session, "elsewhere"), 1);
	another("make", "elsewhere2");
	CHECK_EQ(again(session, "elsewhere"), 1);
	another("destroy", "elsewhere");
	CHECK_EQ(again(session, "elsewhere"), 0);
	CHECK_EQ(again(session, "elsewhere2"), 1);
}

int main(int argc, char **argv)
{
	CK_SESSION_HANDLE session;

	if (argc > 1)
		return other_process(argv[1]);
	api_open("");
	session = api_ready(&slot);
	changes_here(session);
	values_are_told_apart(session);
	many(session);
	logins(session);
	changes_elsewhere(session);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
