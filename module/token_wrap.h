/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_TOKEN_WRAP_H
#define SINBUN_TOKEN_WRAP_H

#include "crypto/kdf.h"
#include "seal/seal.h"
#include "token.h"

/* Wraps of the token key; for the files token_*.c only. */

struct token_keys;

enum { TOKEN_WRAP_HEAD = SB_KDF_SALT + 4 + 4 };
/* Argon2id's memory in MiB and passes. */
struct token_cost {
	unsigned memory, passes;
};
/* A PIN stretched for one wrap; in guarded memory. */
struct token_stretch {
	enum sb_seal_slot slot;
	uint8_t head[TOKEN_WRAP_HEAD]; /* salt, memory, passes */
	uint8_t stretched[SB_STRETCHED], kek[SB_KEK];
	struct sb_bytes state; /* of a seal with a device, made for the wrap to come */
};
/* SB_E_PIN_UNSET when there is none; SB_E_CORRUPT for one that is not what was written, before a try is charged for it. */
int token_wrap_read(struct sb_token *token, enum sb_seal_slot slot, struct sb_bytes *row);
bool token_wrap_is_old(const struct sb_bytes *row);
struct token_cost token_wrap_cost(const struct sb_bytes *row);
/* What a new wrap takes: what the configuration says, but never less than a wrap that stands. */
struct token_cost token_cost_wanted(struct sb_token *token);
struct token_cost token_cost_configured(const struct sb_config *config, const struct sb_seal *seal);
/* The slow part: hold no lock. */
int token_stretch_for(struct sb_token *token, enum sb_seal_slot slot, struct sb_slice pin, const struct sb_bytes *row,
	struct token_stretch **out);
int token_stretch_new(const struct sb_seal *seal, enum sb_seal_slot slot, struct sb_slice pin, struct token_cost cost,
	struct token_stretch **out);
/* For a wrap that takes the place of the one that stands, if any. */
int token_stretch_next(struct sb_token *token, enum sb_seal_slot slot, struct sb_slice pin, struct token_stretch **out);
/* The same stretched PIN, for another wrap of it. */
int token_stretch_copy(const struct token_stretch *stretch, struct token_stretch **out);
void token_stretch_free(struct token_stretch **stretch);
/* What a device keeps there; empty for a seal without one. */
struct sb_slice token_wrap_state(const struct sb_bytes *row);
/* The wrap that was to be put in another's place when something came between; SB_E_NOT_FOUND. */
int token_wrap_pending(struct sb_token *token, enum sb_seal_slot slot, struct sb_bytes *row);
/* SB_E_PIN_INCORRECT. With a device: after it opened, the KEK in stretch. */
int token_wrap_open(struct sb_token *token, struct token_stretch *stretch, const struct sb_bytes *row, struct token_keys *keys);
/* Stores a wrap of keys->token, inside a transaction: as the one that holds, and no pending one any more; or as pending. With a
 * device: after it sealed, KEK and state in stretch. */
int token_wrap_write(struct sb_token *token, struct token_stretch *stretch, const struct token_keys *keys);
int token_wrap_write_pending(struct sb_token *token, struct token_stretch *stretch, const struct token_keys *keys);
/* Inside a transaction: the pending one holds, or goes. */
int token_wrap_promote(struct sb_token *token, enum sb_seal_slot slot, const struct sb_bytes *row);
int token_wrap_drop_pending(struct sb_token *token, enum sb_seal_slot slot);

#endif
