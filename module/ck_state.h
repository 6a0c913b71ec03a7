/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_CK_STATE_H
#define SINBUN_CK_STATE_H

#include "attribute.h"
#include "crypto/digest.h"
#include "crypto/pkey.h"
#include "crypto/signature.h"
#include "cryptoki.h"
#include "mechanism.h"
#include "token.h"

/* What the ck_*.c files share: the module's state, sessions, object handles. One lock guards all of it; the wrappers of api.c take
 * it, and computations that need no state (a signature) happen outside it. */

enum ck_operation_kind { CK_OP_DIGEST, CK_OP_SIGN, CK_OP_VERIFY, CK_OP_COUNT };

struct ck_operation {
	const struct sb_mechanism *mechanism;
	struct sb_pkey *key;      /* shared with the object's cache */
	struct sb_digest *digest; /* of a hashing mechanism */
	struct sb_bytes data;     /* gathered for a mechanism that does not hash */
	bool updated;             /* an Update came: one-shot is no longer possible */
	bool always_authenticate; /* the key's; a context-specific login is possible */
	bool authorised;          /* false: wants that login first */
};

struct ck_session {
	CK_SESSION_HANDLE handle;
	struct sb_token *token;
	uint64_t epoch; /* of the token's login that operations, private session objects and the credit belong to */
	bool read_write;
	struct ck_operation *operations[CK_OP_COUNT];
	CK_OBJECT_HANDLE *found; /* of an active search */
	size_t found_count, found_next;
	bool searching;
	int64_t credit_until;      /* CLOCK_MONOTONIC seconds: one signature needs no context-specific login */
	unsigned long pin_refusal; /* CKV_SINBUN_RULE_* */
};

enum ck_object_kind { CK_OBJECT_TOKEN, CK_OBJECT_SESSION, CK_OBJECT_STATUS };

struct ck_object {
	CK_OBJECT_HANDLE handle; /* 0: the place is free */
	enum ck_object_kind kind;
	struct sb_token *token;
	uint8_t id[SB_OBJECT_ID];         /* of a token object */
	CK_SESSION_HANDLE owner;          /* of a session object */
	bool is_private;
	struct sb_attributes attributes;  /* of a session object; of a token object: what was read at `change` */
	struct sb_pkey *key;              /* made from the attributes when first used */
	uint64_t change;
	bool loaded;
	struct ck_object *next; /* in its bucket, by id */
};

/* --- ck_general.c: state and lock --- */
CK_RV ck_enter(void); /* CKR_CRYPTOKI_NOT_INITIALIZED, else the lock is held */
CK_RV ck_enter_session(CK_SESSION_HANDLE handle, struct ck_session **session);
void ck_leave(void);
/* Around a computation: the session may be gone afterwards and must be looked up again. fork() waits for ck_lock. */
void ck_unlock(void);
void ck_lock(void);
struct sb_tokens *ck_tokens(void);

/* --- ck_slot.c --- */
/* The token of a slot; *token NULL for the free slot. CKR_SLOT_ID_INVALID. */
CK_RV ck_slot_token(CK_SLOT_ID slot, struct sb_token **token);

/* --- ck_session.c --- */
enum { CK_SESSIONS_MAX = 4096 }; /* of all tokens together */
struct ck_session *ck_session_find(CK_SESSION_HANDLE handle);
void ck_session_counts(const struct sb_token *token, CK_ULONG *all, CK_ULONG *read_write);
void ck_session_close_all(const struct sb_token *token); /* NULL: every session */
/* After a logout, by whatever way: operations end, private handles die. */
void ck_session_forget_login(const struct sb_token *token);
/* After a login: the sessions of the token belong to it, with what they hold. */
void ck_session_follow_login(const struct sb_token *token);
/* A token that was removed, here or by another process: its sessions, objects and login end. */
void ck_session_token_gone(struct sb_token *token);
/* Feeds an operation; the lock is let go for long data. Afterwards the session may be gone. A failure ends the operation. */
typedef CK_RV ck_feed(struct ck_operation *operation, const CK_BYTE *data, CK_ULONG len);
CK_RV ck_operation_feed(struct ck_session *session, enum ck_operation_kind kind, ck_feed *feed, const CK_BYTE *data, CK_ULONG len);
/* Takes the operation out of the session, so that it can be worked on without the lock and ends whatever comes. NULL: none. */
struct ck_operation *ck_operation_take(struct ck_session *session, enum ck_operation_kind kind);
void ck_operation_free(struct ck_operation **operation);

/* --- ck_handle.c: object handles --- */
/* Gives the handle of a token object, always the same while it lives. */
CK_RV ck_object_handle(struct sb_token *token, const uint8_t id[SB_OBJECT_ID], bool is_private, CK_OBJECT_HANDLE *handle);
CK_RV ck_object_status_handle(struct sb_token *token, CK_OBJECT_HANDLE *handle);
/* Takes the attributes over (leaves them empty) for a new session object. */
CK_RV ck_object_add_session(struct ck_session *session, struct sb_attributes *attributes, CK_OBJECT_HANDLE *handle);
/* The object as the session may see it, attributes loaded. CKR_OBJECT_HANDLE_INVALID. */
CK_RV ck_object_get(struct ck_session *session, CK_OBJECT_HANDLE handle, struct ck_object **object);
/* --- ck_object.c --- */
/* Stores new objects (by CKA_TOKEN: on the token in one commit, or in the session). Attributes are taken over. */
CK_RV ck_object_store(struct ck_session *session, struct sb_attributes *objects[], size_t count, CK_OBJECT_HANDLE handles[]);
/* The key in an object's attributes, cached and shared. CKR_KEY_TYPE_INCONSISTENT. */
CK_RV ck_object_key(struct ck_object *object, struct sb_pkey **key);
/* The session may change this kind of object: read-write session, login where it is private. */
CK_RV ck_object_writable(const struct ck_session *session, bool on_token, bool is_private);
struct sb_rule_context;
void ck_object_context(struct ck_session *session, struct sb_rule_context *context);
/* --- ck_handle.c again --- */
void ck_object_forget(struct ck_object *object);
void ck_object_drop(const struct sb_token *token, bool private_only); /* NULL token: all */
void ck_object_drop_session(CK_SESSION_HANDLE owner);
/* Calls fn for the session objects that the session may see. */
CK_RV ck_object_each_session(struct ck_session *session, CK_RV (*fn)(void *context, struct ck_object *object), void *context);

/* --- ck_key.c --- */
/* OpenSSL's name of the curve in CKA_EC_PARAMS (OID, or a printable name), with the OID's DER; NULL for one not supported. */
const char *ck_curve(const struct sb_attribute *params, struct sb_slice *oid);

/* --- ck_status.c --- */
CK_RV ck_status_attributes(struct ck_session *session, struct sb_attributes *out);

/* --- ck_error.c --- */
CK_RV ck_error(int error);

#endif
