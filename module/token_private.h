/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_TOKEN_PRIVATE_H
#define SINBUN_TOKEN_PRIVATE_H

#include <sys/types.h>
#include <time.h>

#include "crypto/kdf.h"
#include "pin.h"
#include "seal/seal.h"
#include "store/store.h"
#include "token.h"

/* What the files token_*.c share; nobody else includes this. */

enum { TOKEN_KEY = 32, TOKEN_HEADER = 4 + 4 + SB_TOKEN_SERIAL + 4 + 4 + 8, TOKEN_FORMAT = 1, TOKEN_NAME = SB_TOKEN_SERIAL + 1 };

/* Names of the store's values. */
#define META_HEADER "header"   /* what is fixed at C_InitToken */
#define META_PUBLIC "public"   /* K_pub; a new one is a new token under the old serial */
#define META_LABEL "label"     /* 32 bytes */
#define META_TRIES "tries"     /* pin.h */
#define META_WRAP_PIN "wrap-pin"
#define META_WRAP_PUK "wrap-puk"
#define META_BIRTH "birth"     /* YYYYMMDD sealed under K_tok */
#define META_DIGEST "digest"   /* generations and the digest of private rows, MACed under K_tok */

/* Fixed at initialisation, authenticated as associated data of both wraps. */
struct token_header {
	char serial[SB_TOKEN_SERIAL];
	uint32_t slot, ordinal;
	uint8_t profile, seal, pin_profile, always_authenticate, import, audit;
	uint8_t tries[2]; /* limits, by SB_SEAL_PIN, SB_SEAL_PUK */
};

/* K_tok and what is derived from it. Lives in guarded memory only. */
struct token_keys {
	uint8_t token[TOKEN_KEY], record[TOKEN_KEY], index[TOKEN_KEY], digest[TOKEN_KEY], mac[TOKEN_KEY];
};

struct sb_token {
	struct sb_tokens *tokens;
	char name[TOKEN_NAME]; /* the serial, as the directory's name */
	struct token_header header;
	uint8_t public_key[TOKEN_KEY], public_record[TOKEN_KEY], public_index[TOKEN_KEY];
	char label[SB_TOKEN_LABEL];
	const struct sb_seal *seal;
	struct sb_store *store;
	int lock_fd;
	ino_t inode; /* of token.db */
	bool present, damaged;
	enum sb_user user;
	struct token_keys *keys; /* NULL while nobody is logged in */
	uint64_t epoch;        /* logins begun and ended */
	uint64_t data_version, change;
	struct timespec checked;
};

struct sb_tokens {
	struct sb_config config; /* token_dir is the real path once it exists */
	int fd;                  /* the directory, -1 while absent */
	struct timespec modified;
	bool scanned;
	uint8_t uuid[16];
	uint32_t made; /* tokens ever made */
	struct sb_token **items;
	size_t count;
};

/* --- token_directory.c --- */
/* "token-dir/serial/file"; asprintf'd. */
char *token_path(const struct sb_tokens *tokens, const char *directory, const char *file);
int tokens_adopt(struct sb_tokens *tokens, struct sb_token *token);
int tokens_lock(struct sb_tokens *tokens);
void tokens_unlock(struct sb_tokens *tokens, int fd);
int tokens_make_directory(struct sb_tokens *tokens);
int tokens_read_slots(struct sb_tokens *tokens);
int tokens_write_slots(struct sb_tokens *tokens);
/* Takes the files of a directory away (store first, then lock, then the directory). */
void tokens_erase(struct sb_tokens *tokens, const char *directory);

/* --- token_life.c --- */
int token_open(struct sb_tokens *tokens, const char *name, struct sb_token **out);
void token_free(struct sb_token **token);
/* Reads again what another process may have changed; logs out when the token was initialised anew. */
int token_reload(struct sb_token *token);
int token_header_encode(const struct token_header *h, uint8_t out[TOKEN_HEADER]);

/* --- token_login.c --- */
/* The token's flock: one process at a time changes tries and wraps. */
int token_lock(struct sb_token *token);
void token_unlock(struct sb_token *token);
int token_keys_new(struct token_keys **out);
void token_keys_free(struct token_keys **keys);
int token_keys_derive(struct token_keys *keys); /* from keys->token */
int token_public_derive(struct sb_token *token);
/* Stores a wrap of keys->token under a PIN or PUK, inside a transaction. */
int token_write_wrap(struct sb_token *token, enum sb_seal_slot slot, struct sb_slice pin, const struct token_keys *keys);
int token_write_tries(struct sb_token *token, const struct sb_tries *tries);
int token_read_tries(struct sb_token *token, struct sb_tries *tries);
/* Charges a try, checks the PIN, gives the keys. */
int token_try(struct sb_token *token, enum sb_seal_slot slot, struct sb_slice pin, struct token_keys **keys);
unsigned token_tries_left(const struct sb_token *token, const struct sb_tries *tries, enum sb_seal_slot slot);

/* --- token_digest.c --- */
struct token_digest {
	uint64_t store_generation;
	uint8_t sum[32];
};
int token_digest_read(struct sb_token *token, const struct token_keys *keys, struct token_digest *out);
int token_digest_write(struct sb_token *token, const struct token_keys *keys, const struct token_digest *digest);
int token_digest_record(const struct token_keys *keys, const struct sb_record *record, bool add, struct token_digest *digest);
int token_digest_index(const struct token_keys *keys, const uint8_t key[SB_STORE_KEY], int64_t seq, bool add,
	struct token_digest *digest);
/* SB_E_CORRUPT when the private rows are not what the digest says. */
int token_digest_verify(struct sb_token *token, const struct token_keys *keys);
/* store_generation + 1: PIN, PUK, private keys. */
int token_digest_bump(struct sb_token *token, const struct token_keys *keys);

#endif
