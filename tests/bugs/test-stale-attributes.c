/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include <unistd.h>

#include "lib/check.h"

/* An attribute that only tightens was set by one process and undone by another, which still had the object as it was before and
 * wrote all of it back when it set a label. */

static CK_OBJECT_HANDLE private_key(CK_SESSION_HANDLE session)
{
	static const CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE match = ATTRIBUTE_OF(CKA_CLASS, class);
	CK_OBJECT_HANDLE key;

	REQUIRE(api_find(session, &match, 1, &key, 1) == 1);
	return key;
}

static CK_BBOOL flag(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
	CK_BBOOL value = 2;
	CK_ATTRIBUTE a = ATTRIBUTE_OF(type, value);

	CHECK_EQ(p11->C_GetAttributeValue(session, object, &a, 1), CKR_OK);
	return value;
}

static CK_SESSION_HANDLE enter(void)
{
	CK_SLOT_ID slot;
	CK_ULONG one = 1;
	CK_SESSION_HANDLE session;

	REQUIRE(p11->C_GetSlotList(CK_TRUE, &slot, &one) == CKR_OK);
	session = api_session(slot, true);
	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	return session;
}

/* The other process: ready with a session, it waits for the word and tells when it is done. */
static int tighten(void *context)
{
	CK_ATTRIBUTE template[] = {ATTRIBUTE(CKA_SENSITIVE, &api_yes, 1), ATTRIBUTE(CKA_EXTRACTABLE, &api_no, 1)};
	const int *pipes = context;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key;
	char word = 'x';

	api_initialize();
	session = enter();
	key = private_key(session);
	REQUIRE(write(pipes[3], &word, 1) == 1 && read(pipes[0], &word, 1) == 1);
	CHECK_EQ(p11->C_SetAttributeValue(session, key, template, 2), CKR_OK);
	REQUIRE(write(pipes[3], &word, 1) == 1);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}

static CK_OBJECT_HANDLE open_key(CK_SESSION_HANDLE session)
{
	CK_MECHANISM mechanism = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
	CK_ATTRIBUTE public[] = {ATTRIBUTE(CKA_TOKEN, &api_yes, 1), ATTRIBUTE_OF(CKA_EC_PARAMS, api_p256)};
	CK_ATTRIBUTE private[] = {ATTRIBUTE(CKA_TOKEN, &api_yes, 1), ATTRIBUTE(CKA_SENSITIVE, &api_no, 1),
		ATTRIBUTE(CKA_EXTRACTABLE, &api_yes, 1)};
	CK_OBJECT_HANDLE pub, priv;

	REQUIRE(p11->C_GenerateKeyPair(session, &mechanism, public, COUNT(public), private, COUNT(private), &pub, &priv) == CKR_OK);
	return priv;
}

int main(void)
{
	CK_ATTRIBUTE label = ATTRIBUTE_TEXT(CKA_LABEL, "renamed");
	CK_ATTRIBUTE loosen = ATTRIBUTE(CKA_EXTRACTABLE, &api_yes, 1);
	CK_BYTE value[64];
	CK_ATTRIBUTE read_out = ATTRIBUTE_OF(CKA_VALUE, value);
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key;
	int pipes[4], child;
	char word;

	api_open("profile = general\nimport = yes\n");
	session = api_ready(NULL);
	key = open_key(session);
	REQUIRE(pipe(pipes) == 0 && pipe(pipes + 2) == 0);
	child = api_fork(tighten, pipes);
	REQUIRE(read(pipes[2], &word, 1) == 1);
	CHECK_EQ(flag(session, key, CKA_EXTRACTABLE), CK_TRUE); /* from here on this process looks again after 100 ms only */
	REQUIRE(write(pipes[1], &word, 1) == 1 && read(pipes[2], &word, 1) == 1);
	CHECK_EQ(p11->C_SetAttributeValue(session, key, &label, 1), CKR_OK);
	CHECK(p11->C_SetAttributeValue(session, key, &loosen, 1) != CKR_OK);
	CHECK_EQ(flag(session, key, CKA_SENSITIVE), CK_TRUE);
	CHECK_EQ(flag(session, key, CKA_EXTRACTABLE), CK_FALSE);
	CHECK_EQ(p11->C_GetAttributeValue(session, key, &read_out, 1), CKR_ATTRIBUTE_SENSITIVE);
	CHECK_EQ(api_count_label(session, "renamed"), 1);
	CHECK_EQ(api_wait(child), 0);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
