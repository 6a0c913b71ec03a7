/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_TOKEN_DIGEST_H
#define SINBUN_TOKEN_DIGEST_H

#include "store/store.h"

/* What a login vouches for, and the sum over the public rows, which needs none. Part of token_private.h. */

struct sb_token;
struct token_keys;

/* The values that the digest covers. */
enum token_meta {
	TOKEN_META_HEADER, TOKEN_META_PUBLIC, TOKEN_META_LABEL, TOKEN_META_WRAP_PIN, TOKEN_META_WRAP_PUK, TOKEN_META_BIRTH,
	TOKEN_META_TRUSTED, TOKEN_META_LOG, TOKEN_META_DIGEST_PUBLIC /* that it stands: it changes without a login */,
	TOKEN_META_WRAP_THIRD, TOKEN_METAS
};
enum { TOKEN_META_HASH = 16, TOKEN_METAS_MIN = TOKEN_META_LOG /* in digests from before the log */, TOKEN_METAS_ALL = (1 << TOKEN_METAS) - 1 };
struct token_digest {
	uint64_t store_generation;
	uint8_t sum[32];
	uint8_t meta[TOKEN_METAS][TOKEN_META_HASH]; /* all zero: there is none */
	uint8_t public_sum[32]; /* a value of its own: token_public_read, _write */
};
/* SB_E_CORRUPT when the row is not what was written. public_sum stays as it is. */
int token_digest_read(struct sb_token *token, const struct token_keys *keys, struct token_digest *out);
int token_digest_write(struct sb_token *token, const struct token_keys *keys, const struct token_digest *digest);
int token_digest_record(const struct token_keys *keys, const struct sb_record *record, bool add, struct token_digest *digest);
int token_digest_index(const struct token_keys *keys, const uint8_t key[SB_STORE_KEY], int64_t seq, bool add,
	struct token_digest *digest);
/* sum += term, or sum -= term, modulo 2^256. */
void token_sum_add(uint8_t sum[32], const uint8_t term[32]);
void token_sum_subtract(uint8_t sum[32], const uint8_t term[32]);
/* The sum over the private rows as they stand. SB_E_CORRUPT, with the sum, when rows stand there that are none. */
int token_digest_sum(struct sb_token *token, const struct token_keys *keys, struct token_digest *out);
/* Notes the values as they stand; which: bits 1 << TOKEN_META_*. */
int token_digest_note(struct sb_token *token, const struct token_keys *keys, unsigned which, struct token_digest *digest);
/* SB_E_CORRUPT when one of the values is not what the digest says. */
int token_digest_vouches(struct sb_token *token, const struct token_keys *keys, unsigned which, const struct token_digest *digest);
/* SB_E_CORRUPT when the private rows or the values are not what the digest says. What comes of the public rows is noted on the way, and rows that are
 * all sound are known from then on (token_known.h). */
int token_digest_verify(struct sb_token *token, const struct token_keys *keys);
/* Goes through the rows for that alone, where they are no more than `most` (an object's box of each 256 bytes is one); SB_E_TOO_LARGE. */
int token_digest_gather(struct sb_token *token, size_t most);
/* store_generation + 1 and the values noted, inside a transaction: PIN, PUK, policy. A digest that cannot be read stays as it is. */
int token_digest_amend(struct sb_token *token, const struct token_keys *keys, unsigned which);

/* What is known of the public rows: whether they add up. */
enum token_public_rows {
	PUBLIC_UNCHECKED,
	PUBLIC_MANY, /* too many to be gone through in passing */
	PUBLIC_SOUND,
	PUBLIC_UNSUMMED, /* there is no sum */
	PUBLIC_DAMAGED
};

/* The sum over the public rows, made in the same way. Its key stands in the file: it tells of accidents, not of forgeries.
 * token_public_read: SB_E_NOT_FOUND when there is none, SB_E_CORRUPT for one of another length. */
int token_public_read(struct sb_token *token, struct token_digest *out);
int token_public_write(struct sb_token *token, const struct token_digest *digest);
int token_public_record(const struct sb_token *token, const struct sb_record *record, bool add, struct token_digest *digest);
int token_public_index(const struct sb_token *token, const uint8_t key[SB_STORE_KEY], int64_t seq, bool add, struct token_digest *digest);
/* The sum over the public records as they stand, and the index rows that they ought to have. */
int token_public_expect(struct sb_token *token, struct token_digest *out);
/* Looks, once for each state of the store, whether the public rows add up; what came of it is in public_rows. whole: however many there
 * are. Failing (SB_E_IO and the like), nothing is known. */
int token_public_check(struct sb_token *token, bool whole);
/* After a login: gives a token its sum that was made before there was one. Failing, it goes without. */
void token_public_begin(struct sb_token *token);

#endif
