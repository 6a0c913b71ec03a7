/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_TOKEN_ROWS_H
#define SINBUN_TOKEN_ROWS_H

#include "store/store.h"

/* Which records there are, and under which keys of the blind index they stand, in memory: a search then asks no file. Gathered while all rows are
 * added up (token_digest.c), and kept in step with the changes of this process. What stands here stands in the file as well, where it is no secret:
 * ids, keyed hashes, numbers. 40 bytes for a record, 12 for an index row. */

struct token_rows;

struct token_row {
	int64_t seq;
	uint8_t id[SB_STORE_ID];
	bool is_private;
	bool gone; /* destroyed, or malformed: no search comes to it */
};

/* NULL without memory. */
struct token_rows *token_rows_new(void);
void token_rows_free(struct token_rows **rows);
/* A record that stands there under the same number is gone. SB_E_NOMEM. */
int token_rows_add(struct token_rows *rows, const struct sb_record *record);
/* Gone, and with it the index rows that point to it. */
void token_rows_remove(struct token_rows *rows, int64_t seq);
/* Where most records are gone, they go with their rows, and the numbers of the others change. SB_E_NOMEM. */
int token_rows_tidy(struct token_rows *rows);
/* Takes an index row in. *is_private: the record's. SB_E_NOT_FOUND where it points to no record, SB_E_FULL where no more are kept, SB_E_NOMEM. */
int token_rows_index(struct token_rows *rows, const uint8_t key[SB_STORE_KEY], int64_t seq, bool *is_private);

/* The rows of one side, by their numbers (uint32_t each). */
int token_rows_all(const struct token_rows *rows, bool is_private, struct sb_bytes *numbers);
/* What a walk ends with, so that the first search has not to do it. SB_E_NOMEM. */
int token_rows_order(struct token_rows *rows);
/* Whether a row stands under the key, if only of a record that is gone. SB_E_NOMEM. */
int token_rows_any(struct token_rows *rows, const uint8_t key[SB_STORE_KEY], bool *any);
/* Those that stand under a key. Those of `numbers` that stand under it: the others are taken out. SB_E_NOMEM. */
int token_rows_under(struct token_rows *rows, const uint8_t key[SB_STORE_KEY], struct sb_bytes *numbers);
int token_rows_narrow(struct token_rows *rows, const uint8_t key[SB_STORE_KEY], struct sb_bytes *numbers);
const struct token_row *token_rows_at(const struct token_rows *rows, uint32_t number);
/* There is a record of this side. */
bool token_rows_has(const struct token_rows *rows, bool is_private);

#endif
