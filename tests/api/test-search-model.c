/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include <stdio.h>
#include <string.h>

#include "lib/chance.h"
#include "lib/check.h"

/* Whatever is searched for, what is found is what going through all objects gives: while objects come, change and go, here and in another process, with
 * and without a login, while there are few and when there are many. */

enum { MOST = 400, STEPS = 900, SEARCHES = 4, VALUES = 5, WANTED = 7, FOUND = STEPS + 64 };

static const char *const labels[VALUES] = {"", "one", "two", "three", "a label that is somewhat longer than the others are"};

static struct object {
	CK_OBJECT_HANDLE handle;
	CK_BBOOL is_private, modifiable;
	int label, application, value;
} objects[MOST];
static int count;
static CK_SLOT_ID slot;
static bool holder;

static CK_ATTRIBUTE text(CK_ATTRIBUTE_TYPE type, int n)
{
	return (CK_ATTRIBUTE){type, (void *)labels[n], strlen(labels[n])};
}

static void make(CK_SESSION_HANDLE session)
{
	static CK_OBJECT_CLASS class = CKO_DATA;
	struct object *o = &objects[count];

	*o = (struct object){.is_private = holder && any_below(2), .modifiable = any_below(4) != 0, .label = (int)any_below(VALUES), .application = (int)any_below(VALUES),
		.value = (int)any_below(VALUES)};
	CK_ATTRIBUTE template[] = {ATTRIBUTE_OF(CKA_CLASS, class), ATTRIBUTE_OF(CKA_TOKEN, api_yes), ATTRIBUTE_OF(CKA_PRIVATE, o->is_private),
		ATTRIBUTE_OF(CKA_MODIFIABLE, o->modifiable), text(CKA_LABEL, o->label), text(CKA_APPLICATION, o->application), text(CKA_VALUE, o->value)};

	REQUIRE(p11->C_CreateObject(session, template, COUNT(template), &o->handle) == CKR_OK);
	count++;
}

static bool is_visible(const struct object *o)
{
	return holder || !o->is_private;
}

static void change(CK_SESSION_HANDLE session)
{
	struct object *o = &objects[any_below((unsigned long)count)];
	int label = (int)any_below(VALUES);
	CK_ATTRIBUTE a = text(CKA_LABEL, label);

	if (!is_visible(o))
		return;
	if (any_below(2)) {
		REQUIRE(p11->C_DestroyObject(session, o->handle) == CKR_OK);
		*o = objects[--count];
	} else if (o->modifiable) {
		REQUIRE(p11->C_SetAttributeValue(session, o->handle, &a, 1) == CKR_OK);
		o->label = label;
	}
}

struct wanted {
	bool class, token, private, modifiable, label, application, value;
	CK_BBOOL is_private, is_modifiable;
	int of[3];
};

static bool is_wanted(const struct object *o, const struct wanted *w)
{
	return is_visible(o) && (!w->private || o->is_private == w->is_private) && (!w->modifiable || o->modifiable == w->is_modifiable) &&
	       (!w->label || o->label == w->of[0]) && (!w->application || o->application == w->of[1]) && (!w->value || o->value == w->of[2]);
}

static bool stands_in(CK_OBJECT_HANDLE handle, const CK_OBJECT_HANDLE *found, CK_ULONG n)
{
	for (CK_ULONG i = 0; i < n; i++)
		if (found[i] == handle)
			return true;
	return false;
}

static void search(CK_SESSION_HANDLE session)
{
	static CK_OBJECT_CLASS class = CKO_DATA;
	struct wanted w = {any_below(2), any_below(3) == 0, any_below(4) == 0, any_below(6) == 0, any_below(2), any_below(3) == 0, any_below(4) == 0, any_below(2),
		any_below(2), {(int)any_below(VALUES), (int)any_below(VALUES), (int)any_below(VALUES)}};
	CK_ATTRIBUTE all[WANTED] = {ATTRIBUTE_OF(CKA_CLASS, class), ATTRIBUTE_OF(CKA_TOKEN, api_yes), ATTRIBUTE_OF(CKA_PRIVATE, w.is_private),
		ATTRIBUTE_OF(CKA_MODIFIABLE, w.is_modifiable), text(CKA_LABEL, w.of[0]), text(CKA_APPLICATION, w.of[1]), text(CKA_VALUE, w.of[2])};
	bool in[WANTED] = {w.class, w.token, w.private, w.modifiable, w.label, w.application, w.value};
	CK_OBJECT_HANDLE found[FOUND];
	CK_ATTRIBUTE match[WANTED];
	CK_ULONG n = 0, some;

	for (int i = 0; i < WANTED; i++)
		if (in[i])
			match[n++] = all[i];
	some = api_find(session, match, n, found, FOUND);
	REQUIRE(some <= FOUND);
	for (int i = 0; i < count; i++)
		CHECK_EQ(stands_in(objects[i].handle, found, some), is_wanted(&objects[i], &w));
}

/* Another process makes objects, private and public ones in turn: what was known of the store is old. */
static int other_process(const char *at)
{
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE object;
	CK_ULONG number;
	char which;

	REQUIRE(sscanf(at, "%lu %c", &number, &which) == 2);
	api_open_again();
	api_initialize();
	session = api_session(number, true);
	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	REQUIRE(api_data(session, true, which == 'p', "elsewhere", &object) == CKR_OK);
	REQUIRE(p11->C_Finalize(NULL) == CKR_OK);
	return 0;
}

static void log_in_or_out(CK_SESSION_HANDLE session)
{
	if (holder)
		REQUIRE(p11->C_Logout(session) == CKR_OK);
	else
		REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	holder = !holder;
	/* Handles of private objects do not outlive a login. */
	for (int i = 0; i < count;)
		if (objects[i].is_private)
			objects[i] = objects[--count];
		else
			i++;
}

static void searches(CK_SESSION_HANDLE session, int many)
{
	while (many--)
		search(session);
}

int main(int argc, char **argv)
{
	CK_SESSION_HANDLE session;
	char argument[24];
	CK_ULONG elsewhere[2] = {0};

	if (argc > 1)
		return other_process(argv[1]);
	api_open("");
	session = api_ready(&slot);
	holder = true;
	for (int i = 0; i < STEPS; i++) {
		if (count < MOST && (count < 10 || any_below(3)))
			make(session);
		else
			change(session);
		searches(session, SEARCHES);
		if (i % 150 == 100) {
			bool is_private = i / 150 % 2;

			snprintf(argument, sizeof argument, "%lu %c", slot, is_private ? 'p' : 'o');
			REQUIRE(api_run_again(argument) == 0);
			elsewhere[is_private]++;
			CHECK_EQ(api_count_label(session, "elsewhere"), elsewhere[0] + holder * elsewhere[1]);
			searches(session, 3 * SEARCHES);
		}
		/* So often that what was given up is made anew. */
		if (i % 300 == 299)
			searches(session, 400);
		if (i == 450 || i == 600)
			log_in_or_out(session);
	}
	CHECK(count > MOST / 4);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
