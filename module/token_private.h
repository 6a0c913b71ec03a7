/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_TOKEN_PRIVATE_H
#define SINBUN_TOKEN_PRIVATE_H

#include <sys/types.h>
#include <time.h>

#include "pin.h"
#include "seal/seal.h"
#include "store/store.h"
#include "token.h"
#include "token_audit.h"
#include "token_digest.h"
#include "token_known.h"
#include "token_record.h"
#include "token_seal.h"
#include "token_wrap.h"

/* What the files token_*.c share; nobody else includes this. */

/* Format 2 added the list of mechanisms to the header, a check to the wraps, and the values and trusted certificates to the digest.
 * A token of format 1 opens, and is brought to format 2 at its first good login (token_upgrade.c). */
enum { TOKEN_KEY = 32, TOKEN_FORMAT = 2, TOKEN_NAME = SB_TOKEN_SERIAL + 1, TOKEN_MECHANISMS_MAX = 512 };

/* Names of the store's values. */
#define META_HEADER "header"   /* what is fixed at C_InitToken */
#define META_PUBLIC "public"   /* K_pub; a new one is a new token under the old serial */
#define META_LABEL "label"     /* 32 bytes */
#define META_TRIES "tries"     /* pin.h */
#define META_WRAP_PIN "wrap-pin"
#define META_WRAP_PUK "wrap-puk"
#define META_WRAP_THIRD "wrap-third" /* reserved for a second way to unlock: none is made yet, and one that stands there shows as damage */
#define META_BIRTH "birth"     /* YYYYMMDD sealed under K_tok */
#define META_TRUSTED "trusted" /* the certificates that the SO trusts */
#define META_LOG "log"         /* the head of the audit log, sealed under K_tok; its rows are "log/" and their number (token_audit.c) */
#define META_LOG_ROWS "log/"
#define META_PENDING "pending" /* what failed before a login, until the log takes it in */
#define META_DIGEST "digest"   /* generations, the digest of private rows and of the values above but the tries, MACed under K_tok */
#define META_DIGEST_PUBLIC "digest-public" /* the sum over the public rows, keyed by K_pub: 32 bytes. Tokens made before it have none until a login */

/* Fixed at initialisation, authenticated as associated data of both wraps. */
struct token_header {
	uint32_t format;
	char serial[SB_TOKEN_SERIAL];
	uint32_t slot, ordinal;
	uint8_t profile, seal, pin_profile, always_authenticate, import, audit;
	uint8_t tries[2]; /* limits, by SB_SEAL_PIN, SB_SEAL_PUK */
};

/* K_tok and what is derived from it. Lives in guarded memory only. */
struct token_keys {
	uint8_t token[TOKEN_KEY], record[TOKEN_KEY], index[TOKEN_KEY], digest[TOKEN_KEY], mac[TOKEN_KEY], log[TOKEN_KEY], chain[TOKEN_KEY], counter[TOKEN_KEY];
};

struct sb_token {
	struct sb_tokens *tokens;
	char name[TOKEN_NAME]; /* the serial, as the directory's name */
	struct token_header header;
	struct sb_bytes header_row; /* as it is stored; the policy's mechanisms point into it */
	struct sb_token_policy policy;
	uint8_t public_key[TOKEN_KEY], public_record[TOKEN_KEY], public_index[TOKEN_KEY], public_digest[TOKEN_KEY];
	char label[SB_TOKEN_LABEL];
	const struct sb_seal *seal;
	struct sb_store *store;
	int lock_fd;
	dev_t dev; /* of token.db */
	ino_t inode;
	bool present;
	bool damaged;      /* the last login found it */
	bool rows_damaged; /* rows that do not open were met since */
	enum token_public_rows public_rows; /* of data version `seen` */
	bool untruncated;  /* the write-ahead log may hold an old copy still */
	enum sb_user user;
	struct token_keys *keys; /* NULL while nobody is logged in */
	struct token_stretch *officer; /* the PUK of the SO that is logged in: it opens the way to a new PIN where the seal has a device */
	struct sb_bytes officer_wrap;  /* the wrap that it opened */
	struct token_device device;    /* of a seal that has one */
	struct token_known known;  /* what rows there are */
	struct token_found *found; /* what searches found, or NULL */
	uint64_t epoch;          /* logins begun and ended */
	uint64_t data_version, change;
	uint64_t log_writes; /* by this process, committed or not */
	struct timespec checked; /* when it was last asked for changes … */
	struct timespec placed;  /* … and for its place in the directory */
	bool loaded; /* header, K_pub and label are those of data version `seen` */
	uint64_t seen;
};

struct sb_tokens {
	struct sb_config config; /* token_dir is the real path once it exists */
	int fd;                  /* the directory, -1 while absent */
	struct timespec modified;
	bool scanned;
	uint8_t uuid[16];
	uint32_t made; /* tokens ever made */
	int fault;     /* why the last token could not be sealed, SB_E_TPM_*; or SB_OK */
	struct sb_token **items;
	size_t count;
};

/* --- token_directory.c --- */
/* "token-dir/serial/file"; asprintf'd. */
char *token_path(const struct sb_tokens *tokens, const char *directory, const char *file);
int tokens_adopt(struct sb_tokens *tokens, struct sb_token *token);
/* A descriptor that holds the directory's lock, or SB_E_*; SB_E_BUSY when not waiting. */
int tokens_lock(struct sb_tokens *tokens, bool wait);
void tokens_unlock(struct sb_tokens *tokens, int fd);
int tokens_make_directory(struct sb_tokens *tokens);
int tokens_read_slots(struct sb_tokens *tokens);
int tokens_write_slots(struct sb_tokens *tokens);
/* Takes the files of a directory away whose names start so. */
void tokens_erase_files(struct sb_tokens *tokens, const char *directory, const char *start);
/* Takes the files of a token's directory away, the lock last, and then the directory. */
void tokens_erase(struct sb_tokens *tokens, const char *directory);

/* --- token_life.c --- */
int token_open(struct sb_tokens *tokens, const char *name, struct sb_token **out);
void token_free(struct sb_token **token);
/* A new K_tok and all that comes from it, and in the token a new K_pub. */
int token_keys_fresh(struct sb_token *token, struct token_keys **keys);
/* The row of h and a list of mechanisms (format 2; none in format 1). */
int token_header_encode(const struct token_header *h, struct sb_slice mechanisms, struct sb_bytes *out);
/* Takes a row for the token's header; SB_E_CORRUPT leaves the token as it was. */
int token_take_header(struct sb_token *token, struct sb_slice row);
/* Reads again what another process may have changed; logs out when the token was initialised anew. Cheap when nothing changed. */
int token_reload(struct sb_token *token);
/* SB_E_REMOVED, and no login any more, when another process took the token away or put another in its place. */
int token_check_place(struct sb_token *token);
/* Empties the write-ahead log, now or, while another process reads, later. */
void token_truncate(struct sb_token *token);

/* --- token_login.c --- */
/* The token's flock: one process at a time changes tries and wraps. */
int token_lock(struct sb_token *token);
int token_try_lock(struct sb_token *token); /* does not wait: not SB_OK while another process has it */
void token_unlock(struct sb_token *token);
/* A change of wraps, tries or policy: the flock and a write transaction, on the token as it is now. end commits where rc is SB_OK, and
 * leaves no old copy in the log. Nothing slow happens between. */
int token_begin_admin(struct sb_token *token);
int token_end_admin(struct sb_token *token, int rc);
/* end in two parts, for who has to put something right between them: a commit that failed leaves the store as it was. */
int token_commit_admin(struct sb_token *token);
int token_leave_admin(struct sb_token *token, int rc);
int token_keys_new(struct token_keys **out);
void token_keys_free(struct token_keys **keys);
int token_keys_derive(struct token_keys *keys); /* from keys->token */
int token_public_derive(struct sb_token *token);
/* The PUK that the officer logged in with is still the one that holds; SB_E_LOGGED_OUT. */
int token_officer_check(struct sb_token *token);
/* The PUK's wrap was written anew: an officer who is logged in goes on with it. Takes the stretched PUK over then. */
void token_officer_replace(struct sb_token *token, struct token_stretch **puk);
int token_write_tries(struct sb_token *token, const struct sb_tries *tries);
int token_read_tries(struct sb_token *token, struct sb_tries *tries);
unsigned token_tries_left(const struct sb_token *token, const struct sb_tries *tries, enum sb_seal_slot slot);
/* What a right PIN gives. */
struct token_opened {
	const struct sb_audit_row *why; /* what the log says of the try: event, user, key; filled in before. NULL: nothing */
	struct token_keys *keys;
	struct sb_bytes wrap; /* the row that it opened: while that stands, the PIN is right */
	bool upgraded;        /* the token was brought to the present format on the way */
	struct token_stretch *stretch; /* of the PIN, for a seal's device */
	bool any_age; /* in: an old copy of the store will do */
};
/* Charges a try, checks the PIN, gives the keys. An old format is left behind on the way. opened: zero, but for what goes in. */
int token_try(struct sb_token *token, enum sb_seal_slot slot, struct sb_slice pin, struct token_opened *opened);
void token_opened_free(struct token_opened *opened);

/* --- token_object.c --- */
/* Adds or takes away the index rows of an object, and their part of the digest. */
int token_index_change(struct sb_token *token, const struct sb_attributes *a, const struct sb_record *r, bool add, struct token_digest *digest);
/* Stores a record again in its place, sealed under the token's keys in its next generation, with its index rows. The old ones are taken out
 * before. */
int token_object_put(struct sb_token *token, struct sb_record *r, struct sb_attributes *a, struct token_digest *digest);

/* --- token_pin.c --- */
/* SB_E_PIN_LENGTH, SB_E_PIN_RULE with the rule: the profile's rules, and the birth date's where there is one. */
int token_pin_check(struct sb_token *token, const struct token_keys *keys, struct sb_slice pin, unsigned long *rule);
/* The SO, who is logged in, gives a PIN: the same of it, with the token as it is now; SB_E_LOGGED_OUT. */
int token_pin_offered(struct sb_token *token, struct sb_slice pin, unsigned long *rule);
/* Inside a transaction: seals the birth date, if there is one, under other keys. */
int token_birth_date_turn(struct sb_token *token, const struct token_keys *from, const struct token_keys *to);

/* --- token_trust.c --- */
/* The list of trusted public certificates says that this record is one. Somebody is logged in. */
bool token_trusts(struct sb_token *token, const struct sb_record *r);
/* Puts a record on the list, or takes it off, inside a transaction whose digest is written afterwards. */
int token_trust_set(struct sb_token *token, const struct token_keys *keys, const struct sb_record *r, bool trusted,
	struct token_digest *digest);

/* --- token_upgrade.c --- */
/* Brings token and wrap to the present format, under the token's lock. */
int token_upgrade(struct sb_token *token, struct token_stretch *stretch, const struct token_keys *keys);
/* Logged in with the PIN that opened wrap: a wrap made with less than is wanted now is made anew. Failing, it stays. */
void token_raise_cost(struct sb_token *token, enum sb_seal_slot slot, struct sb_slice pin, const struct sb_bytes *wrap);
/* The copy of the token in the format before it. */
void token_drop_backup(struct sb_token *token);

#endif
