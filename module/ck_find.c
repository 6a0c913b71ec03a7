/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "ck_bounds.h"
#include "ck_functions.h"

#include <stdlib.h>

#include "attribute_rules.h"
#include "base/error.h"
#include "sinbun-pkcs11.h"

/* Searching. What matches is fixed by C_FindObjectsInit. */

struct gather {
	struct ck_session *session;
	const struct sb_attributes *match;
	size_t room;
};

static CK_RV add_handle(struct gather *g, CK_OBJECT_HANDLE handle)
{
	struct ck_session *s = g->session;

	if (s->found_count == g->room) {
		size_t room = g->room ? 2 * g->room : 16;
		CK_OBJECT_HANDLE *more = realloc(s->found, room * sizeof *more);

		if (!more)
			return CKR_HOST_MEMORY;
		s->found = more;
		g->room = room;
	}
	s->found[s->found_count++] = handle;
	return CKR_OK;
}

static CK_RV consider_session_object(void *context, struct ck_object *object)
{
	struct gather *g = context;

	return sb_attributes_match(g->match, &object->attributes) ? add_handle(g, object->handle) : CKR_OK;
}

static CK_RV found_computed(void *context, CK_OBJECT_HANDLE handle)
{
	return add_handle(context, handle);
}

static CK_RV find_on_token(struct gather *g)
{
	struct sb_token *token = g->session->token;
	struct sb_bytes found = {0};
	CK_OBJECT_HANDLE handle;
	CK_RV rv;

	rv = ck_error(sb_token_find(token, g->match, &found));
	for (size_t i = 0; rv == CKR_OK && i < found.len / sizeof(struct sb_found); i++) {
		const struct sb_found *one = (const struct sb_found *)(const void *)found.data + i;

		rv = ck_object_handle(token, one->id, one->is_private, &handle);
		if (rv == CKR_OK)
			rv = add_handle(g, handle);
	}
	sb_bytes_free(&found);
	return rv;
}

static CK_RV find_all(struct gather *g)
{
	CK_RV rv;

	if (!g->session->token)
		return CKR_OK;
	rv = sb_attributes_bool(g->match, CKA_TOKEN, true) ? find_on_token(g) : CKR_OK;
	if (rv == CKR_OK)
		rv = ck_computed_find(g->session, g->match, found_computed, g);
	return rv == CKR_OK ? ck_object_each_session(g->session, consider_session_object, g) : rv;
}

CK_RV ck_FindObjectsInit(struct ck_session *session, CK_ATTRIBUTE *pTemplate, CK_ULONG ulCount)
{
	struct sb_attributes match = {0};
	struct gather gather = {session, &match, 0};
	bool never;
	CK_RV rv;

	if (ck_bad_template(pTemplate, ulCount))
		return CKR_ARGUMENTS_BAD;
	if (session->searching)
		return CKR_OPERATION_ACTIVE;
	rv = sb_rules_match(pTemplate, ulCount, &match, &never);
	session->found_count = session->found_next = 0;
	if (rv == CKR_OK && !never)
		rv = find_all(&gather);
	sb_attributes_free(&match);
	if (rv == CKR_OK)
		session->searching = true;
	else {
		free(session->found);
		session->found = NULL;
	}
	return rv;
}

CK_RV ck_FindObjects(struct ck_session *session, CK_OBJECT_HANDLE *phObject, CK_ULONG ulMaxObjectCount, CK_ULONG *pulObjectCount)
{
	CK_ULONG n = 0;

	if (!pulObjectCount || (!phObject && ulMaxObjectCount))
		return CKR_ARGUMENTS_BAD;
	if (!session->searching)
		return CKR_OPERATION_NOT_INITIALIZED;
	while (n < ulMaxObjectCount && session->found_next < session->found_count)
		phObject[n++] = session->found[session->found_next++];
	*pulObjectCount = n;
	return CKR_OK;
}

CK_RV ck_FindObjectsFinal(struct ck_session *session)
{
	if (!session->searching)
		return CKR_OPERATION_NOT_INITIALIZED;
	free(session->found);
	session->found = NULL;
	session->searching = false;
	return CKR_OK;
}
