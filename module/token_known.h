/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_TOKEN_KNOWN_H
#define SINBUN_TOKEN_KNOWN_H

#include "attribute.h"
#include "store/store.h"
#include "token_rows.h"

/* The rows that were found sound, for as long as they are the store's. Part of token_private.h. */

struct sb_token;

enum { TOKEN_CLASSES = 8 };
struct token_known {
	struct token_rows *rows; /* NULL: nothing is known */
	uint8_t sum[2][32];      /* that the public rows and the private ones had */
	bool with_private;       /* so have the private ones; without a login nobody can tell */
	uint64_t version, epoch; /* of the store, and of the login */
	bool doubted;            /* this process wrote something else: the sums tell */
	bool ahead;              /* it has changes that are not yet committed */
	size_t asked, price;     /* searches in the store since; rows that there were to go through, or more */
	uint8_t classes[2][TOKEN_CLASSES][SB_STORE_KEY]; /* index keys of CKA_CLASS, by side and value, … */
	uint8_t has_class[2];                            /* … where these bits say so */
};

/* Takes the rows over that were gone through, with their sums, at this version of the store. */
void token_known_take(struct sb_token *token, struct token_rows **rows, uint8_t sum[2][32], bool with_private, uint64_t version);
void token_known_forget(struct sb_token *token);
/* They are still those of the store: nothing was committed since, or what was left the sums as they are. */
bool token_known_stands(struct sb_token *token);
/* Rows that this process changes in the transaction that is open, where token_known_stands. */
void token_known_record(struct sb_token *token, const struct sb_record *record, bool add);
void token_known_index(struct sb_token *token, const uint8_t key[SB_STORE_KEY], int64_t seq);
/* The transaction ended; sums NULL: without those changes. Otherwise the new sums, NULL where one stayed. */
void token_known_commit(struct sb_token *token, const uint8_t *public_sum, const uint8_t *private_sum);
void token_known_rollback(struct sb_token *token);
/* The store was changed by other means. */
void token_known_doubt(struct sb_token *token);

/* The records of one side that the index has under all that it has keys for: numbers for token_rows_at, appended. *open: whether each is to be
 * compared with match itself. */
int token_known_match(struct sb_token *token, bool is_private, const struct sb_attributes *match, struct sb_bytes *numbers, bool *open);
/* A search went to the store. After many of them all rows are gone through once more; SB_E_* is no failure of the search. */
void token_known_asked(struct sb_token *token);

#endif
