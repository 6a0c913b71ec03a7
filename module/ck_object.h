/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_CK_OBJECT_H
#define SINBUN_CK_OBJECT_H

#include "attribute.h"
#include "crypto/pkey.h"
#include "cryptoki.h"
#include "token.h"

/* Objects behind their handles, as the ck_*.c files share them; part of ck_state.h, with the lock held. */

struct ck_session;
struct sb_rule_context;

enum ck_object_kind { CK_OBJECT_TOKEN, CK_OBJECT_SESSION, CK_OBJECT_COMPUTED };

struct ck_object {
	CK_OBJECT_HANDLE handle; /* 0: the place is free */
	enum ck_object_kind kind;
	struct sb_token *token;
	uint8_t id[SB_OBJECT_ID];         /* of a token object */
	bool is_private;
	struct sb_attributes attributes;  /* of a session object, once it is whole; of a token object: what was read at `change` */
	struct sb_pkey *key;              /* made from the attributes when first used */
	uint64_t change;
	bool loaded;
	bool whole;                       /* session object: nothing is left to be added to its attributes (ck_object_complete) */
	struct sb_pkey *source;           /* session object: the pair that its values are still to be read from */
	struct ck_object *other_half;     /* session object: of the same pair, while both are there */
	struct ck_object *next;           /* token object: in its bucket, by id; session object: of its session */
	struct ck_object *previous;       /* session object: of its session */
	struct ck_session *owner;         /* session object */
};

/* --- ck_handle.c: handles, and what is behind them --- */
/* Gives the handle of a token object, always the same while it lives. */
CK_RV ck_object_handle(struct sb_token *token, const uint8_t id[SB_OBJECT_ID], bool is_private, CK_OBJECT_HANDLE *handle);
/* Takes the attributes over (leaves them empty) for a new session object. */
CK_RV ck_object_add_session(struct ck_session *session, struct sb_attributes *attributes, struct ck_object **object);
/* The two are the halves of a pair: their values, which are not among their attributes yet, are read from it. */
void ck_object_couple(struct ck_object *one, struct ck_object *other, struct sb_pkey *pair);
/* The object as the session may see it, attributes loaded and whole. CKR_OBJECT_HANDLE_INVALID. */
CK_RV ck_object_get(struct ck_session *session, CK_OBJECT_HANDLE handle, struct ck_object **object);
/* The same for somebody who uses or destroys it and reads no values: of a session object those of a key, and CKA_UNIQUE_ID, may not be there yet. */
CK_RV ck_object_get_unread(struct ck_session *session, CK_OBJECT_HANDLE handle, struct ck_object **object);
/* Adds to a session object what is made only when somebody asks: its name, and the values of a key that was made here. Does nothing to others. */
CK_RV ck_object_complete(struct ck_object *object);
void ck_object_forget(struct ck_object *object);
/* Before a private key is forgotten: the other half reads its values, and holds the pair no longer. */
CK_RV ck_object_part(struct ck_object *object);
void ck_object_drop(const struct sb_token *token, bool private_only); /* NULL token: all */
void ck_object_drop_session(struct ck_session *owner);
/* Calls fn for the session objects that the session may see. */
CK_RV ck_object_each_session(struct ck_session *session, CK_RV (*fn)(void *context, struct ck_object *object), void *context);

/* --- ck_object.c: what may be done with them --- */
/* Stores new objects (by CKA_TOKEN: on the token in one commit, or in the session). Attributes are taken over. pair: whose halves they are, where
 * both go into the session and leave their values to be read from it; else NULL. */
CK_RV ck_object_store(struct ck_session *session, struct sb_attributes *objects[], size_t count, struct sb_pkey *pair, CK_OBJECT_HANDLE handles[]);
/* The key in an object's attributes, cached and shared; sb_key_from_attributes's answers. */
CK_RV ck_object_key(struct ck_object *object, struct sb_pkey **key);
/* The session may change this kind of object: read-write session, login where it is private. */
CK_RV ck_object_writable(const struct ck_session *session, bool on_token, bool is_private);
void ck_object_context(struct ck_session *session, struct sb_rule_context *context);

#endif
