/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_AUDIT_H
#define SINBUN_AUDIT_H

#include "base/bytes.h"

/* Rows of the token's audit log: their bytes, their chain, their text. Pure functions; token_audit.c keeps them in the store. */

/* Numbers are stored: never change one. */
enum sb_audit_event {
	SB_AUDIT_INIT = 1,        /* C_InitToken */
	SB_AUDIT_UPGRADE = 2,     /* a token of an older format, with no log: it begins here */
	SB_AUDIT_LOGIN = 3,
	SB_AUDIT_SIGN = 4,        /* the holder let a key that always authenticates be used once: by PIN, or by a fresh login's credit */
	SB_AUDIT_DERIVE = 5,      /* the same, for C_DeriveKey */
	SB_AUDIT_PIN_SET = 6,
	SB_AUDIT_PIN_CHANGE = 7,  /* user SO: the PUK */
	SB_AUDIT_PIN_UNBLOCK = 8, /* replaced by the SO */
	SB_AUDIT_PIN_LOCK = 9,    /* the last try failed; user SO: the PUK */
	SB_AUDIT_KEY_CREATE = 10, /* private keys on the token */
	SB_AUDIT_KEY_DESTROY = 11,
	SB_AUDIT_POLICY = 12,     /* the birth date was given */
	SB_AUDIT_ROTATE = 13,     /* stands for the `count` rows before it; its chain is that of the last of them */
	SB_AUDIT_DROPPED = 14,    /* `count` failures that were counted instead of kept */
	SB_AUDIT_RESEAL = 15,     /* the token has a new key */
	SB_AUDIT_EVENTS
};
enum sb_audit_outcome { SB_AUDIT_OK = 0, SB_AUDIT_REFUSED = 1, SB_AUDIT_LOCKED = 2, SB_AUDIT_DAMAGED = 3, SB_AUDIT_OUTCOMES };
/* As enum sb_user of token.h. */
enum sb_audit_user { SB_AUDIT_HOLDER = 0, SB_AUDIT_SO = 1, SB_AUDIT_NOBODY = 2, SB_AUDIT_USERS };
enum sb_audit_key_kind { SB_AUDIT_KEY_NONE = 0, SB_AUDIT_KEY_ID = 1, SB_AUDIT_KEY_OBJECT = 2, SB_AUDIT_KEY_KINDS };

enum {
	SB_AUDIT_KEY_MAX = 64,       /* bytes of a CKA_ID; a longer one gives way to the object's unique id */
	SB_AUDIT_CHAIN = 32,
	SB_AUDIT_ROWS_MAX = 4096,    /* kept; then the oldest SB_AUDIT_ROTATED and the one that stood for those before make one */
	SB_AUDIT_ROTATED = 1024,
	SB_AUDIT_PENDING_MAX = 64,   /* failures kept until a login */
	SB_AUDIT_LOCKED_SECONDS = 60 /* tries of a locked PIN are told of at most this often */
};

/* The key that a row is about. */
struct sb_audit_key {
	uint8_t kind; /* enum sb_audit_key_kind: its CKA_ID, else its object's unique id */
	uint8_t len;
	uint8_t bytes[SB_AUDIT_KEY_MAX];
};

struct sb_audit_row {
	uint64_t seq;  /* from 1 on, without gaps */
	uint64_t time; /* UTC, seconds since 1970, by the machine's clock */
	uint8_t event, outcome, user;
	uint32_t count;
	struct sb_audit_key key;
	uint8_t chain[SB_AUDIT_CHAIN]; /* MAC over the chain of the row before (zeros before the first) and this row's other bytes */
};

int sb_audit_row_encode(const struct sb_audit_row *row, struct sb_bytes *out);
/* SB_E_CORRUPT. */
int sb_audit_row_decode(struct sb_slice in, struct sb_audit_row *row);
/* What row->chain has to be. */
int sb_audit_row_chain(struct sb_slice key, const uint8_t before[SB_AUDIT_CHAIN], const struct sb_audit_row *row,
	uint8_t chain[SB_AUDIT_CHAIN]);
/* One line of JSON, with its line feed. Appends. */
int sb_audit_row_text(const struct sb_audit_row *row, struct sb_bytes *out);
/* The line for a row that is missing or is not what was written. */
int sb_audit_lost_text(uint64_t seq, struct sb_bytes *out);

/* What failed before a login, oldest first. */
struct sb_audit_failure {
	uint64_t time;
	uint8_t event, outcome, user;
	bool last; /* it was the last try */
};
struct sb_audit_pending {
	uint32_t dropped; /* older ones */
	uint8_t count;
	bool damaged; /* a row that was not what was written stood in its place */
	struct sb_audit_failure items[SB_AUDIT_PENDING_MAX];
};
void sb_audit_pending_add(struct sb_audit_pending *pending, const struct sb_audit_failure *failure);
/* key: K_pub. It tells accidents, not attackers: who can write the file can also make the row anew. */
int sb_audit_pending_encode(const struct sb_audit_pending *pending, struct sb_slice key, struct sb_bytes *out);
/* in.data NULL: there is none. */
void sb_audit_pending_decode(struct sb_slice in, struct sb_slice key, struct sb_audit_pending *pending);

#endif
