/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_CK_STATE_H
#define SINBUN_CK_STATE_H

#include "attribute.h"
#include "ck_object.h"
#include "crypto/digest.h"
#include "crypto/pkey.h"
#include "crypto/signature.h"
#include "cryptoki.h"
#include "mechanism.h"
#include "token.h"

/* What the ck_*.c files share: the module's state, sessions, operations; objects are in ck_object.h. One lock guards all of it; the wrappers of
 * api.c take it, and computations that need no state (a signature) happen outside it. */

enum ck_operation_kind {
	CK_OP_DIGEST,
	CK_OP_SIGN,
	CK_OP_VERIFY,
	CK_OP_VERIFY_SIGNATURE, /* C_VerifySignature*: the signature comes first */
	CK_OP_MESSAGE_SIGN,
	CK_OP_MESSAGE_VERIFY,
	CK_OP_COUNT
};

struct ck_operation {
	uint64_t number;            /* no other operation of the session has it: an address may come again */
	const struct sb_mechanism *mechanism;
	struct sb_mechanism_parameters parameters;
	struct sb_signing *signing; /* the key, prepared; NULL for a digest */
	struct sb_pkey *key;        /* the same; it lives as long as that */
	struct sb_digest *digest;   /* of a hashing mechanism */
	struct sb_bytes data;       /* gathered for a mechanism that does not hash */
	struct sb_bytes signature;  /* of CK_OP_VERIFY_SIGNATURE */
	bool updated;               /* an Update came: one-shot is no longer possible */
	bool in_message;            /* between C_SignMessageBegin and its last part */
	bool always_authenticate;   /* the key's; a context-specific login is possible */
	bool authorised;            /* false: wants that login first */
	struct sb_audit_key named;  /* how the log names a key that always authenticates */
};

/* What is kept from one operation of a session to its next: preparing a key is a good part of a signature's time, and beginning a digest most of a
 * short one's. */
struct ck_prepared {
	const struct sb_mechanism *mechanism; /* the last one */
	struct sb_signing *signing; /* the key */
	struct sb_digest *digest;   /* begun anew */
};

struct ck_session {
	CK_SESSION_HANDLE handle;
	struct sb_token *token; /* NULL: a visit to the free slot */
	CK_SLOT_ID visited;     /* that slot, whatever became of it */
	uint64_t epoch; /* of the token's login that operations, private session objects and the credit belong to */
	bool read_write;
	struct ck_operation *operations[CK_OP_COUNT];
	uint32_t ended[CK_OP_COUNT]; /* one more whenever an operation ends from outside: what is being worked on does not come back */
	struct ck_prepared prepared[CK_OP_COUNT];
	uint64_t begun; /* operations so far */
	struct ck_operation *idle; /* one that ended, all zero: the next one's memory */
	struct ck_object *objects; /* session objects of this session */
	CK_OBJECT_HANDLE *found;   /* of an active search */
	size_t found_count, found_next;
	bool searching;
	int64_t credit_until;      /* CLOCK_MONOTONIC seconds: one signature needs no context-specific login */
	unsigned long pin_refusal; /* CKV_SINBUN_RULE_* */
	bool reseal;               /* the officer's next C_InitPIN seals the token anew */
};

/* --- ck_general.c: state and lock --- */
CK_RV ck_enter(void); /* CKR_CRYPTOKI_NOT_INITIALIZED, else the lock is held */
CK_RV ck_enter_session(CK_SESSION_HANDLE handle, struct ck_session **session); /* to a visit: CKR_TOKEN_NOT_RECOGNIZED */
CK_RV ck_enter_visit(CK_SESSION_HANDLE handle, struct ck_session **session);   /* the same, visits too */
void ck_leave(void);
/* The lock again after ck_leave, whatever happened meanwhile; ck_life tells whether the module is still the same. */
void ck_reenter(void);
uint64_t ck_life(void); /* another number after each C_Initialize and C_Finalize */
/* Around a computation: the session may be gone afterwards and must be looked up again. fork() waits for ck_lock. */
void ck_unlock(void);
void ck_lock(void);
struct sb_tokens *ck_tokens(void);
/* Of a token made now: its profile and mechanisms. */
const struct sb_token_policy *ck_configured_policy(void);

/* --- ck_slot.c --- */
CK_RV ck_slot_token(CK_SLOT_ID slot, struct sb_token **token); /* *token NULL for the free slot; CKR_SLOT_ID_INVALID */

/* --- ck_session.c --- */
enum { CK_SESSIONS_MAX = 4096 }; /* of all tokens together */
struct ck_session *ck_session_find(CK_SESSION_HANDLE handle);
/* The sessions one by one, by index from 0; false at the end. *session is NULL for a free place. */
bool ck_session_at(size_t index, struct ck_session **session);
void ck_session_counts(const struct sb_token *token, CK_ULONG *all, CK_ULONG *read_write);
void ck_session_close_all(const struct sb_token *token); /* NULL: every session */
CK_ULONG ck_session_visits(CK_SLOT_ID free_slot); /* how many sessions look at it */
/* After a logout, by whatever way: operations end, private handles die. */
void ck_session_forget_login(const struct sb_token *token);
/* After a login: the sessions of the token belong to it, with what they hold. */
void ck_session_follow_login(const struct sb_token *token);
/* A token that was removed, here or by another process: its sessions, objects and login end. */
void ck_session_token_gone(struct sb_token *token);

/* --- ck_operation.c --- */
/* Starts an operation, every check first. pMechanism NULL ends the active one. key: none for a digest. */
CK_RV ck_operation_init(struct ck_session *session, enum ck_operation_kind kind, CK_MECHANISM *given, CK_OBJECT_HANDLE key);
void ck_operation_free(struct ck_operation **operation);
/* Ends a session's operation with an answer. */
CK_RV ck_operation_end(struct ck_session *session, enum ck_operation_kind kind, CK_RV rv);
bool ck_operation_parts_came(const struct ck_session *session, enum ck_operation_kind kind); /* one call for the whole is not allowed then */
/* Ends those of a session whose CKF_* is in flags; CKF_FIND_OBJECTS too. */
void ck_operation_cancel(struct ck_session *session, CK_FLAGS flags);
void ck_operation_drop_prepared(struct ck_session *session);
void ck_operation_forget_key(const struct sb_pkey *key); /* a key object is gone: no session keeps it prepared */
/* The same after an error with one message of several: that message ends, the operation goes on to the next. */
CK_RV ck_operation_fail(struct ck_session *session, enum ck_operation_kind kind, CK_RV rv);
/* More data. The operation stays; a failure ends it, or its message. */
CK_RV ck_operation_update(struct ck_session *session, enum ck_operation_kind kind, const CK_BYTE *data, CK_ULONG len);
/* The last data (none: NULL, 0), and what comes of them into out, if there is room; out NULL asks for the size. It ends the operation, or
 * its message. */
CK_RV ck_operation_produce(struct ck_session *session, enum ck_operation_kind kind, const CK_BYTE *data, CK_ULONG len, CK_BYTE *out,
	CK_ULONG *out_len);
/* The last data, and the verdict on a signature. */
CK_RV ck_operation_verify(struct ck_session *session, enum ck_operation_kind kind, const CK_BYTE *data, CK_ULONG len,
	struct sb_slice signature);
/* The key may be used so: its class, type, size, usage, mechanisms and dates. */
struct ck_key_use {
	CK_OBJECT_CLASS class;
	CK_ATTRIBUTE_TYPE usage;
};
CK_RV ck_operation_check_key(const struct ck_key_use *use, const struct sb_mechanism *m, struct ck_object *o, struct sb_pkey **key);
/* A key that always authenticates: *authorised when the session's fresh login still pays for it, which is spent here in any case, and
 * recorded as this use of the key. An error where it cannot be recorded. */
CK_RV ck_operation_authorise(struct ck_session *session, struct ck_object *o, enum sb_audit_event event, bool *authorised);

/* --- ck_computed.c: objects that are not stored but made when read: status, profiles, mechanisms --- */
enum { CK_COMPUTED_MAX = 1024 }; /* their handles are below */
/* Their attributes, by handle. CKR_OBJECT_HANDLE_INVALID. */
CK_RV ck_computed_read(struct ck_session *session, CK_OBJECT_HANDLE handle, struct sb_attributes *out);
/* Calls found for each that matches. */
CK_RV ck_computed_find(struct ck_session *session, const struct sb_attributes *match, CK_RV (*found)(void *context, CK_OBJECT_HANDLE handle),
	void *context);
bool ck_computed_is_status(CK_OBJECT_HANDLE handle);
bool ck_computed_is_log(CK_OBJECT_HANDLE handle);

/* --- ck_status.c --- */
CK_RV ck_status_attributes(struct ck_session *session, struct sb_attributes *out);
/* C_SetAttributeValue on the status object: the officer's commands. */
CK_RV ck_status_set(struct ck_session *session, const CK_ATTRIBUTE *template, CK_ULONG count);

void ck_saved_states_drop(void); /* ck_state_save.c */

/* --- ck_event.c --- */
/* Wakes who waits for a slot event, and waits until they are gone; the lock is let go meanwhile. */
void ck_event_stop(void);
void ck_event_start(void);
void ck_event_abandon(void); /* in a forked child */

/* --- ck_error.c --- */
CK_RV ck_error(int error);

#endif
