/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_TOKEN_H
#define SINBUN_TOKEN_H

#include "attribute.h"
#include "audit.h"
#include "base/bytes.h"
#include "base/configuration.h"

/* The tokens of one token-dir: their stores, PINs and objects. Knows attributes as bytes; knows no session, handle or CK_RV.
 * Not thread-safe: the ck_* layer serialises all calls with its lock. Every function returns SB_OK or SB_E_*. */

struct sb_tokens; /* the directory: all tokens, and the free slot */
struct sb_token;  /* one token in it; owned by sb_tokens, lives until sb_tokens_close, even when removed on disk */

enum sb_user { SB_USER_HOLDER = 0, SB_USER_SO = 1, SB_USER_NONE = 2 };

enum { SB_TOKEN_LABEL = 32, SB_TOKEN_SERIAL = 16, SB_OBJECT_ID = 16 };
enum { SB_PIN_MIN = 6, SB_PIN_MAX = 64, SB_PUK_MIN = 8, SB_PUK_MAX = 64 };

struct sb_token_info {
	char label[SB_TOKEN_LABEL];   /* blank-padded, no terminator; all blank while not initialised */
	char serial[SB_TOKEN_SERIAL]; /* hexadecimal digits, no terminator */
	enum sb_profile profile;
	const char *seal; /* "software", "tpm" */
	bool pin_set;
	bool read_only; /* the store cannot be written: no login possible */
	bool damaged;   /* at the last login, records, index rows or values were not what the digest says; or rows met since do not open;
	                 * or the public rows do not add up */
	bool import;    /* private keys may be created from outside */
	enum sb_always_auth always_authenticate;
	unsigned pin_left, pin_max, puk_left, puk_max; /* tries */
};

/* What was fixed at C_InitToken. */
struct sb_token_policy {
	enum sb_profile profile;
	enum sb_always_auth always_authenticate;
	bool import;                /* private keys may be created from outside */
	bool audit;                 /* the token keeps a log */
	struct sb_slice mechanisms; /* those allowed, as numbers of 8 bytes, big-endian; empty: all of the profile */
};

/* --- the directory --- */
/* Opens token-dir (made 0700 where absent), and every token in it. SB_E_UNSAFE, SB_E_DENIED, SB_E_IO.
 * An absent directory that cannot be made counts as empty. A single damaged token does not hinder the others. */
int sb_tokens_open(const struct sb_config *config, struct sb_tokens **out);
/* Finds tokens that other processes made, removed or re-initialised since; cheap when nothing changed. */
int sb_tokens_refresh(struct sb_tokens *tokens);
/* Slots: 0 … count-1 are the tokens in order of making, then one more, the free slot (sb_tokens_at gives NULL for it).
 * A removed token keeps its place (sb_token_present false) until sb_tokens_close. */
size_t sb_tokens_count(const struct sb_tokens *tokens);
struct sb_token *sb_tokens_at(struct sb_tokens *tokens, size_t index);
/* What the TPM had to say against the last creation (of the free slot), the last use (of a token): SB_E_TPM_*, SB_E_ROLLED_BACK, SB_OK. */
int sb_tokens_fault(const struct sb_tokens *tokens);
int sb_token_fault(const struct sb_token *token);
const char *sb_tokens_path(const struct sb_tokens *tokens); /* the directory's path, whether it exists or not */
unsigned long sb_tokens_free_slot(const struct sb_tokens *tokens); /* slot id of the free slot, 1 … 2^31-1 */
unsigned long sb_token_slot(const struct sb_token *token);         /* slot id, kept for life */
bool sb_token_present(const struct sb_token *token);
bool sb_token_read_only(const struct sb_token *token); /* the store cannot be written */
/* Closes everything, wiping every key. NULL allowed. */
void sb_tokens_close(struct sb_tokens **tokens);
/* In a forked child: wipes keys and closes the inherited SQLite connections, in the way that does not disturb the parent. No call
 * may have been in flight when fork() happened (the ck_* layer holds its lock across it). */
void sb_tokens_abandon(struct sb_tokens **tokens);

/* Called around a PIN's derivation, which takes long: let_go may release what the caller of this layer holds, take_back gets it again. Tokens
 * must not be closed in between. Every function that takes a PIN may call them, never with a token locked or a transaction open. */
struct sb_slow_work {
	void (*let_go)(void);
	void (*take_back)(void);
};
void sb_tokens_on_slow_work(const struct sb_slow_work *slow); /* for the whole process; NULL: nobody wants to know */

/* --- administration --- */
/* C_InitToken in the free slot. slot: the id the caller saw; SB_E_BUSY when another process took it meanwhile.
 * so_pin: the PUK, SB_PUK_MIN..MAX bytes, else SB_E_PIN_LENGTH. label: 32 bytes, blank-padded. mechanisms: as in the policy, at most
 * 512, else SB_E_ARGUMENT. SB_E_CORRUPT, SB_E_UNSAFE: the file that numbers the slots is damaged, or not ours alone. */
int sb_tokens_create(struct sb_tokens *tokens, unsigned long slot, struct sb_slice so_pin, const char label[SB_TOKEN_LABEL],
	struct sb_slice mechanisms, struct sb_token **out);
/* C_InitToken on an existing token: PUK checked (charged), all objects gone, new keys, same serial, slot and policy but for the
 * mechanisms, no user PIN. */
int sb_token_reset(struct sb_token *token, struct sb_slice so_pin, const char label[SB_TOKEN_LABEL], struct sb_slice mechanisms);
/* Destroys the token for good; SO logged in. */
int sb_token_remove(struct sb_token *token);
/* Reads nothing and cannot fail. Valid until the next call with the token. */
const struct sb_token_policy *sb_token_policy(const struct sb_token *token);
int sb_token_info(struct sb_token *token, struct sb_token_info *out);

/* --- PINs (design: tries are charged durably before the answer is known) --- */
/* SB_E_PIN_INCORRECT, SB_E_PIN_LOCKED, SB_E_PIN_UNSET, SB_E_LOGGED_IN (same user), SB_E_OTHER_USER, SB_E_READ_ONLY, SB_E_FULL, SB_E_IO.
 * SB_E_CORRUPT, uncharged: header or wrap are not what was written. SB_E_REMOVED: another process took the token away. A wrap cheaper
 * to guess than the configuration asks for is made anew; a token of an older format becomes one of the present. */
int sb_token_login(struct sb_token *token, enum sb_user who, struct sb_slice pin);
int sb_token_logout(struct sb_token *token);
enum sb_user sb_token_user(const struct sb_token *token);
/* One more at each login's begin and at each login's end, whatever ended it: a logout here, or another process that initialised the
 * token anew or took it away. Lets the ck_* layer see that what it keeps for a login is of another one. */
uint64_t sb_token_epoch(const struct sb_token *token);
/* Checks and charges the holder's PIN as login does, without changing who is logged in (CKU_CONTEXT_SPECIFIC). The commit that resets the
 * tries records the signature with this key that the PIN allows. */
int sb_token_check_pin(struct sb_token *token, struct sb_slice pin, const struct sb_audit_key *key);
/* C_InitPIN: SO logged in; sets or replaces the user PIN and resets its tries, keys kept.
 * SB_E_PIN_LENGTH, SB_E_PIN_RULE; the rule is in *rule then (CKV_SINBUN_RULE_*), else 0. */
int sb_token_init_pin(struct sb_token *token, struct sb_slice pin, unsigned long *rule);
/* C_InitPIN that seals the token anew: new keys under everything, all objects kept, the seal that the configuration asks for now, and this
 * PIN; SO logged in. All of it or nothing. Other processes' logins end. As sb_token_init_pin, and SB_E_TPM_*; SB_E_CORRUPT when something in
 * the token is damaged: nothing was done. */
int sb_token_reseal(struct sb_token *token, struct sb_slice pin, unsigned long *rule);
/* C_SetPIN for who (the user when nobody is logged in): old is charged and checked first, then the rules. */
int sb_token_set_pin(struct sb_token *token, enum sb_user who, struct sb_slice old, struct sb_slice pin, unsigned long *rule);
/* The holder's birth date, YYYYMMDD, once, SO logged in and no PIN set: else SB_E_EXISTS. SB_E_FORMAT for no calendar date. */
int sb_token_set_birth_date(struct sb_token *token, const char date[8]);

/* --- the audit log --- */
/* How rows name an object. */
void sb_token_log_key(const struct sb_attributes *attributes, struct sb_audit_key *key);
/* Records, durably, that the fresh login was spent on one use of a key. What cannot be recorded must not happen. The holder is logged in. */
int sb_token_log_use(struct sb_token *token, enum sb_audit_event event, const struct sb_audit_key *key);
/* The log as lines of JSON, appended, oldest first; text NULL: only checked. *broken: 0 when the chain is whole, else the number of the
 * first row that cannot be believed. SB_E_NOT_FOUND where there is no log, or no holder logged in. */
int sb_token_log(struct sb_token *token, struct sb_bytes *text, uint64_t *broken);
/* Another number when the log, or who is logged in, may have changed since, by whichever process. */
uint64_t sb_token_log_version(struct sb_token *token);

/* --- objects on the token --- */
/* Ids never come back. An object is private when its CKA_PRIVATE attribute is true; private ones exist only while the user is logged in. */
/* Any change: SB_E_REMOVED. Only what the SO stores is CKA_TRUSTED: from anyone else it is stored as false, and while somebody is logged
 * in it reads as false unless the SO's list has it. A trusted object is not changed without a login (SB_E_LOGGED_OUT).
 * Stores count objects in one commit; SB_E_TOO_LARGE beyond 16 MiB for one; ids are filled in and each object's CKA_UNIQUE_ID (32 hex digits) is set. */
int sb_token_create(struct sb_token *token, struct sb_attributes *const objects[], size_t count, uint8_t ids[][SB_OBJECT_ID]);
/* Reads one object; SB_E_NOT_FOUND when it is gone or not visible, SB_E_CORRUPT when its record does not open. */
int sb_token_read(struct sb_token *token, const uint8_t id[SB_OBJECT_ID], struct sb_attributes *out);
/* Changes one object. change is called inside the write transaction with the attributes as they stand there, whichever process wrote
 * them last, and alters them in place; anything but SB_OK from it leaves the object as it is and is returned. CKA_PRIVATE and
 * CKA_UNIQUE_ID must stay: SB_E_ARGUMENT. change must not call into the token. */
int sb_token_update(struct sb_token *token, const uint8_t id[SB_OBJECT_ID], int (*change)(void *context, struct sb_attributes *attributes),
	void *context);
int sb_token_destroy(struct sb_token *token, const uint8_t id[SB_OBJECT_ID]);
/* The same for an object whose record does not open; the digest is taken anew. SB_E_ARGUMENT for one that opens. */
int sb_token_destroy_damaged(struct sb_token *token, const uint8_t id[SB_OBJECT_ID]);
struct sb_found {
	uint8_t id[SB_OBJECT_ID];
	bool is_private;
};
/* All visible objects whose stored attributes equal every one of match (secret ones never match), in order of creation, appended to
 * found as struct sb_found each. An empty match finds all. A private object whose record does not open is found only by a match that
 * names it (CKA_ID, CKA_LABEL or CKA_UNIQUE_ID): it can be told of and destroyed, and does not hinder who looks for others. */
int sb_token_find(struct sb_token *token, const struct sb_attributes *match, struct sb_bytes *found);
/* Changes with every change of the token's content, by whichever process; lets the ck_* layer drop what it cached.
 * Throttled (100 ms) unless force. Also sees, at most every 100 ms, that the token was taken away: sb_token_present is false then. */
uint64_t sb_token_change(struct sb_token *token, bool force);

#endif
