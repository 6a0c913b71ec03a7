/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_TOKEN_SEAL_H
#define SINBUN_TOKEN_SEAL_H

#include "seal/seal.h"
#include "token.h"

/* Tokens whose seal has a device (a TPM); for the files token_*.c only. The link to it is opened by who needs it first while the
 * token's lock is held, and closed with the lock (token_unlock). */

/* Names of the store's values: wraps of a change that was cut short. */
#define META_PENDING_PIN "pending-pin"
#define META_PENDING_PUK "pending-puk"

struct token_digest;
struct token_keys;
struct token_opened;
struct token_stretch;

struct token_device {
	struct sb_seal_link *link;
	const struct sb_seal_device *linked; /* what it leads to: a token that is sealed anew may change its seal meanwhile */
	bool refreshed;                /* the store's tries were compared */
	int fault;                     /* SB_E_TPM_*, SB_E_ROLLED_BACK: what the last use met; or SB_OK */
	const struct token_keys *bump; /* the generation was raised to bump_to in the transaction that is open */
	uint64_t bump_to;
};

/* Keeps what the seal's device had to say, for people to be told; gives rc back. */
int token_seal_note(struct sb_token *token, int rc);
void token_seal_unlink(struct sb_token *token);
/* What the token occupies in its device, as far as one of its wraps can be read. */
int token_seal_set(struct sb_token *token, struct sb_seal_set *set);

/* The seal that the configuration asks for now; SB_E_TPM_* where it is one that does not serve. */
int token_seal_choose(const struct sb_config *config, const struct sb_seal **seal);

/* Makes a token's places, and seals for the PUK in stretch. *generation: of the store that goes with them. */
int token_seal_create(struct sb_token *token, const struct sb_seal_set *set, struct token_stretch *puk, const struct token_keys *keys,
	uint64_t *generation);
/* One try with the device, under the token's lock and charged in the store, for the wrap in opened: keys and, after a change that was cut
 * short, the wrap that holds. Where it fails, the store's tries follow. SB_E_PIN_INCORRECT, SB_E_PIN_LOCKED, SB_E_ROLLED_BACK. */
int token_seal_try(struct sb_token *token, struct token_stretch *stretch, struct token_opened *opened);
/* The store is no old copy, under the token's lock: SB_E_ROLLED_BACK. For what is written without raising the generation. */
int token_seal_check_age(struct sb_token *token, const struct token_keys *keys);
/* Brings the store's tries to what the device counts, under the token's lock. */
int token_seal_mirror(struct sb_token *token);
/* The same once for each time the token was opened, taking the lock; a device that does not answer is passed over. */
void token_seal_refresh(struct sb_token *token);
/* Of a set that was just created and that no store knows yet: seals for the first PIN, and opens its place. puk: what it was created for. */
int token_seal_first_pin(struct sb_token *token, const struct sb_seal_set *set, const struct token_stretch *puk, struct token_stretch *pin);
/* In a transaction, which it commits, and begins another: seals for the stretched PIN or PUK as pending, and has the device accept that
 * instead. old: what the place opens to now; NULL: the officer's PUK does it. The caller writes the wrap, which ends the pending one. */
int token_seal_replace(struct sb_token *token, struct token_stretch *stretch, const struct token_keys *keys, const struct token_stretch *old);

/* The store's generation and the device's counter go together. raise: one more, in the transaction that is open; the digest is written
 * afterwards. before: just before it is committed; SB_E_ROLLED_BACK. after: when it was, or was not. All under the token's lock. */
void token_generation_raise(struct sb_token *token, const struct token_keys *keys, struct token_digest *digest);
int token_counter_before(struct sb_token *token);
void token_counter_after(struct sb_token *token, bool committed);

/* --- token_trash.c: sets that are to go from the device, or may have to --- */
/* Puts down one that will go unless the token has it; sweeps. Both take the directory's lock. */
int token_trash_note(struct sb_token *token, const struct sb_seal_set *set);
void token_trash_sweep(struct sb_token *token);
/* The rest under the directory's lock. */
/* Before a set is made, and before the token that has it goes. */
int tokens_trash_add(struct sb_tokens *tokens, const char *serial, const struct sb_seal_set *set);
/* What the token in this directory of token-dir has, one that is out of sight and about to be erased (its name ends in the serial). A seal
 * without a device, and a store that cannot be read, have nothing to note. Failing, it can be noted another time. */
int tokens_trash_note(struct sb_tokens *tokens, const char *directory, bool *noted);
/* Takes away what no token has. What cannot be told, or done now, stays for another time: of a token that another process works on nothing
 * can be told, for it may be making the set that it will have. */
void tokens_trash_sweep(struct sb_tokens *tokens);

#endif
