/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "ck_state.h"

#include <stdlib.h>
#include <string.h>

#include "attribute_key.h"
#include "base/codec.h"
#include "base/error.h"
#include "crypto/random.h"

/* Object handles: place in a table and a counter. Token objects are found again by their id, so that a handle stays the same; session
 * objects hang on their session. */

enum { PLACE_BITS = 20, PLACES_MAX = 1 << PLACE_BITS, BUCKETS = 4096 };

static struct ck_object **objects;
static size_t places, first_free; /* no place below first_free is free */
static struct ck_object *buckets[BUCKETS];
static uint32_t counter;
/* The computed object that was asked for last. */
static struct ck_object computed = {.kind = CK_OBJECT_COMPUTED};
/* The log, which takes long to make and is read attribute by attribute: kept while it stays the same. */
static struct ck_object computed_log = {.kind = CK_OBJECT_COMPUTED};

_Static_assert((int)CK_COMPUTED_MAX <= (int)PLACES_MAX, "handles of computed objects lie below those with a counter");

static struct ck_object **bucket_of(const uint8_t id[SB_OBJECT_ID])
{
	/* Ids are random. */
	return &buckets[(id[0] | id[1] << 8) & (BUCKETS - 1)];
}

static int grow(void)
{
	size_t more = places ? 2 * places : 64;
	struct ck_object **fresh;

	if (places >= PLACES_MAX)
		return SB_E_TOO_LARGE;
	fresh = realloc(objects, more * sizeof *fresh);
	if (!fresh)
		return SB_E_NOMEM;
	memset(fresh + places, 0, (more - places) * sizeof *fresh);
	objects = fresh;
	places = more;
	return SB_OK;
}

static CK_RV add(enum ck_object_kind kind, struct sb_token *token, struct ck_object **out)
{
	struct ck_object *o;

	while (first_free < places && objects[first_free])
		first_free++;
	if (first_free == places) {
		int rc = grow();

		if (rc != SB_OK)
			return ck_error(rc);
	}
	o = calloc(1, sizeof *o);
	if (!o)
		return CKR_HOST_MEMORY;
	counter = counter >= INT32_MAX >> (PLACE_BITS - 10) ? 1 : counter + 1;
	o->handle = (CK_OBJECT_HANDLE)counter << PLACE_BITS | first_free;
	o->kind = kind;
	o->token = token;
	objects[first_free] = o;
	*out = o;
	return CKR_OK;
}

static void forget_contents(struct ck_object *o)
{
	sb_attributes_free(&o->attributes);
	sb_pkey_free(&o->key);
	sb_pkey_free(&o->source);
	o->loaded = false;
}

static void unlink_token_object(struct ck_object *o)
{
	struct ck_object **link = bucket_of(o->id);

	while (*link && *link != o)
		link = &(*link)->next;
	if (*link)
		*link = o->next;
}

static void unlink_session_object(struct ck_object *o)
{
	*(o->previous ? &o->previous->next : &o->owner->objects) = o->next;
	if (o->next)
		o->next->previous = o->previous;
	if (o->other_half)
		o->other_half->other_half = NULL;
}

void ck_object_forget(struct ck_object *o)
{
	size_t place = o->handle & (PLACES_MAX - 1);

	(o->kind == CK_OBJECT_TOKEN ? unlink_token_object : unlink_session_object)(o);
	forget_contents(o);
	free(o);
	objects[place] = NULL;
	if (place < first_free)
		first_free = place;
}

CK_RV ck_object_handle(struct sb_token *token, const uint8_t id[SB_OBJECT_ID], bool is_private, CK_OBJECT_HANDLE *handle)
{
	struct ck_object **bucket = bucket_of(id), *o;
	CK_RV rv;

	for (o = *bucket; o; o = o->next)
		if (o->token == token && memcmp(o->id, id, SB_OBJECT_ID) == 0) {
			*handle = o->handle;
			return CKR_OK;
		}
	rv = add(CK_OBJECT_TOKEN, token, &o);
	if (rv != CKR_OK)
		return rv;
	memcpy(o->id, id, SB_OBJECT_ID);
	o->is_private = is_private;
	o->next = *bucket;
	*bucket = o;
	*handle = o->handle;
	return CKR_OK;
}

/* Every object has an id that no other has; the store names those on the token. */
static int name_session_object(struct sb_attributes *attributes)
{
	uint8_t id[SB_OBJECT_ID];
	struct sb_bytes hex = {0};
	int rc = sb_random(id, sizeof id);

	if (rc == SB_OK)
		rc = sb_hex_encode(id, sizeof id, &hex);
	if (rc == SB_OK)
		rc = sb_attributes_set(attributes, CKA_UNIQUE_ID, hex.data, hex.len);
	sb_bytes_free(&hex);
	return rc;
}

/* What a key's values are is settled with the key; writing them down costs as much as half of making it, and most keys of a session are used
 * and thrown away unread. So is it with the name. */
CK_RV ck_object_complete(struct ck_object *o)
{
	int rc = SB_OK;

	if (o->kind != CK_OBJECT_SESSION || o->whole)
		return CKR_OK;
	if (o->source)
		rc = sb_key_to_attributes(o->source, &o->attributes);
	if (rc == SB_OK)
		rc = name_session_object(&o->attributes);
	if (rc != SB_OK)
		return ck_error(rc);
	sb_pkey_free(&o->source);
	o->whole = true;
	return CKR_OK;
}

CK_RV ck_object_part(struct ck_object *o)
{
	return o->is_private && o->other_half && o->other_half->source ? ck_object_complete(o->other_half) : CKR_OK;
}

CK_RV ck_object_add_session(struct ck_session *session, struct sb_attributes *attributes, struct ck_object **object)
{
	struct ck_object *o;
	CK_RV rv = add(CK_OBJECT_SESSION, session->token, &o);

	if (rv != CKR_OK)
		return rv;
	o->owner = session;
	o->next = session->objects;
	if (o->next)
		o->next->previous = o;
	session->objects = o;
	o->is_private = sb_attributes_bool(attributes, CKA_PRIVATE, false);
	o->attributes = *attributes;
	o->loaded = true;
	*attributes = (struct sb_attributes){0};
	*object = o;
	return CKR_OK;
}

/* The private half is used as it was made. The public one is not: it must not hold the private one any longer than its values are to be read. */
static void take_half(struct ck_object *o, struct ck_object *other, struct sb_pkey *pair)
{
	o->other_half = other;
	o->source = sb_pkey_share(pair);
	if (sb_attributes_ulong(&o->attributes, CKA_CLASS, CKO_DATA) == CKO_PRIVATE_KEY)
		o->key = sb_pkey_share(pair);
}

void ck_object_couple(struct ck_object *one, struct ck_object *other, struct sb_pkey *pair)
{
	take_half(one, other, pair);
	take_half(other, one, pair);
}

/* A token object's attributes are read again when anything on the token changed. */
static CK_RV load(struct ck_object *o)
{
	uint64_t change = sb_token_change(o->token, false);
	int rc;

	if (!sb_token_present(o->token))
		return CKR_DEVICE_REMOVED;
	if (o->loaded && o->change == change)
		return CKR_OK;
	forget_contents(o);
	rc = sb_token_read(o->token, o->id, &o->attributes);
	if (rc == SB_E_NOT_FOUND) {
		ck_object_forget(o);
		return CKR_OBJECT_HANDLE_INVALID;
	}
	if (rc != SB_OK)
		return ck_error(rc);
	o->is_private = sb_attributes_bool(&o->attributes, CKA_PRIVATE, false);
	o->change = change;
	o->loaded = true;
	return CKR_OK;
}

static CK_RV get_log(struct ck_session *session, CK_OBJECT_HANDLE handle, struct ck_object **object)
{
	uint64_t version = sb_token_log_version(session->token); /* first: it may end the login */
	struct ck_object *o = &computed_log;
	CK_RV rv;

	*object = o;
	if (o->loaded && o->token == session->token && o->change == version && sb_token_user(o->token) == SB_USER_HOLDER)
		return CKR_OK;
	forget_contents(o);
	o->handle = handle;
	o->token = session->token;
	o->change = version;
	rv = ck_computed_read(session, handle, &o->attributes);
	o->loaded = rv == CKR_OK;
	return rv;
}

static CK_RV get_computed(struct ck_session *session, CK_OBJECT_HANDLE handle, struct ck_object **object)
{
	sb_attributes_free(&computed.attributes);
	computed.handle = handle;
	computed.token = session->token;
	*object = &computed;
	return ck_computed_read(session, handle, &computed.attributes);
}

CK_RV ck_object_get_unread(struct ck_session *session, CK_OBJECT_HANDLE handle, struct ck_object **object)
{
	size_t place = handle & (PLACES_MAX - 1);
	struct ck_object *o = place < places ? objects[place] : NULL;

	if (handle < CK_COMPUTED_MAX)
		return ck_computed_is_log(handle) ? get_log(session, handle, object) : get_computed(session, handle, object);
	if (!o || o->handle != handle || o->token != session->token)
		return CKR_OBJECT_HANDLE_INVALID;
	if (o->is_private && sb_token_user(o->token) != SB_USER_HOLDER)
		return CKR_OBJECT_HANDLE_INVALID;
	*object = o;
	return o->kind == CK_OBJECT_TOKEN ? load(o) : CKR_OK;
}

CK_RV ck_object_get(struct ck_session *session, CK_OBJECT_HANDLE handle, struct ck_object **object)
{
	CK_RV rv = ck_object_get_unread(session, handle, object);

	return rv == CKR_OK ? ck_object_complete(*object) : rv;
}

/* A public half that cannot let go of the private one goes with it. */
static void drop_private(struct ck_object *o)
{
	if (ck_object_part(o) != CKR_OK)
		ck_object_forget(o->other_half);
	ck_object_forget(o);
}

void ck_object_drop(const struct sb_token *token, bool private_only)
{
	for (size_t i = 0; i < places; i++) {
		if (!objects[i] || (token && objects[i]->token != token))
			continue;
		if (!private_only)
			ck_object_forget(objects[i]);
		else if (objects[i]->is_private)
			drop_private(objects[i]);
	}
	sb_attributes_free(&computed.attributes);
	forget_contents(&computed_log);
	if (!token) {
		free(objects);
		objects = NULL;
		places = first_free = 0;
	}
}

void ck_object_drop_session(struct ck_session *owner)
{
	while (owner->objects)
		ck_object_forget(owner->objects);
}

CK_RV ck_object_each_session(struct ck_session *session, CK_RV (*fn)(void *context, struct ck_object *object), void *context)
{
	bool sees_private = sb_token_user(session->token) == SB_USER_HOLDER;
	struct ck_session *s;
	CK_RV rv = CKR_OK;

	for (size_t i = 0; rv == CKR_OK && ck_session_at(i, &s); i++) {
		if (!s || s->token != session->token)
			continue;
		for (struct ck_object *o = s->objects; rv == CKR_OK && o; o = o->next)
			if (!o->is_private || sees_private) {
				rv = ck_object_complete(o);
				if (rv == CKR_OK)
					rv = fn(context, o);
			}
	}
	return rv;
}
