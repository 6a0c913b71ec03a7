/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_TOKEN_RECORD_H
#define SINBUN_TOKEN_RECORD_H

#include "store/store.h"
#include "token.h"

/* Objects as sealed records; for the files token_*.c only. */

/* Marks the attributes that are to have no index row. */
int token_record_seal(const struct sb_token *token, struct sb_attributes *a, struct sb_record *r);
/* The SO has K_tok as well, and sees public objects only. */
bool token_sees_private(const struct sb_token *token);
/* What is stored; SB_E_CORRUPT. */
int token_record_open(const struct sb_token *token, const struct sb_record *r, struct sb_attributes *a);
/* The object has every one of match, as it would be answered; the same, without taking the object apart. SB_E_CORRUPT. */
int token_record_match(struct sb_token *token, const struct sb_record *r, const struct sb_attributes *match, bool *matches);
/* Makes of it what is answered: where somebody is logged in, CKA_TRUSTED is false unless the login vouches for it. */
int token_record_doubt(struct sb_token *token, const struct sb_record *r, struct sb_attributes *a);
/* Its value tells one object from another, and is not what half of them have: it is to have an index row. */
bool token_selects(const struct sb_attribute *a);
/* It has one: of an object that was opened or sealed. */
bool token_has_row(const struct sb_attribute *a);
int token_index_key(const struct sb_token *token, bool is_private, const struct sb_attribute *a, uint8_t key[SB_STORE_KEY]);
/* The attributes that the token itself has to know. */
enum { ATTRIBUTE_CLASS = 0x00, CLASS_PRIVATE_KEY = 0x03, ATTRIBUTE_TOKEN = 0x01, ATTRIBUTE_PRIVATE = 0x02, ATTRIBUTE_LABEL = 0x03, ATTRIBUTE_UNIQUE_ID = 0x04, ATTRIBUTE_TRUSTED = 0x86, ATTRIBUTE_ID = 0x102 };

#endif
