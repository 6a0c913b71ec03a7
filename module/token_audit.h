/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_TOKEN_AUDIT_H
#define SINBUN_TOKEN_AUDIT_H

#include "audit.h"
#include "token.h"

/* The audit log of a token; for the files token_*.c only. Every function does nothing, and answers SB_OK, on a token without one. */

struct token_keys;
struct token_digest;
struct token_opened;

/* Inside the transaction that charges a try: it counts as failed until it is known better. last: no try is left. */
int token_audit_charged(struct sb_token *token, const struct sb_audit_row *why, bool last);
/* Inside the transaction that gives it back: takes in what waited, and the login or signature that the try was for. */
int token_audit_opened(struct sb_token *token, const struct token_opened *opened);
/* A try of what is locked already: noted, at most once a minute. Under the token's lock, outside a transaction. Failing, it is not noted. */
void token_audit_locked(struct sb_token *token, const struct sb_audit_row *why);
/* Inside a transaction whose digest is written afterwards. row: event, outcome, user, count, key; number, time and chain are filled in. */
int token_audit_note(struct sb_token *token, const struct token_keys *keys, struct token_digest *digest, const struct sb_audit_row *row);
/* The same, with the digest read and written here. */
int token_audit_write(struct sb_token *token, const struct token_keys *keys, const struct sb_audit_row *row);
/* Inside the transaction that makes a token, before its digest is made: a new log. */
int token_audit_begin(struct sb_token *token, const struct token_keys *keys, struct token_digest *digest, enum sb_audit_event event,
	enum sb_user user);
/* Inside the transaction that gives the token new keys, before the digest under them is written: the log goes over, with what is broken in
 * it still broken. old: the digest as it was. */
int token_audit_rekey(struct sb_token *token, const struct token_keys *old_keys, const struct token_digest *old,
	const struct token_keys *keys, struct token_digest *digest);
/* The same for the failures that wait, which stand under K_pub. from: the token with its old one. */
int token_audit_move_pending(struct sb_token *from, struct sb_token *to);

#endif
