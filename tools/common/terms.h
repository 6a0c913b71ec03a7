/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_TERMS_H
#define SINBUN_TERMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/failure.h"

/* Texts that people agree to, one at a time: NAME@VERSION.{ko,en}.txt in a directory terms beside the program's files (which goes first) and in
 * the installed one. Lines "key: value", an empty line, and the text itself:
 *   title, kind (terms, acknowledgement, collection, third-party), required (yes, no), order (a number: in which they are shown);
 *   collection and third-party: purpose, items, retention, refusal; third-party: recipient. */

enum { SB_TERMS_ID = 64, SB_TERMS_MAX = 32 };

enum sb_terms_key {
	SB_TERMS_TITLE, SB_TERMS_KIND, SB_TERMS_REQUIRED, SB_TERMS_ORDER, SB_TERMS_RECIPIENT, SB_TERMS_PURPOSE, SB_TERMS_ITEMS,
	SB_TERMS_RETENTION, SB_TERMS_REFUSAL, SB_TERMS_KEYS
};

struct sb_terms {
	char id[SB_TERMS_ID]; /* "collection@1" */
	char language[3];     /* of this text */
	bool required;
	long order;
	char *values[SB_TERMS_KEYS]; /* NULL where the kind has none such */
	char *text;
	uint8_t hash[32]; /* SHA-256 of the file */
};

struct sb_terms_list {
	struct sb_terms all[SB_TERMS_MAX];
	size_t count;
};

/* The newest version of each text, in "ko" or "en", in their order. A text that lacks a part, or is not the same in both languages (kind, required,
 * order), is SB_EXIT_CONFIG naming file and line. root: the program's directory. */
int sb_terms_load(const char *root, const char *language, struct sb_terms_list *out, struct sb_failure *f);
/* By id; NULL. */
const struct sb_terms *sb_terms_find(const struct sb_terms_list *list, const char *id);
/* The version in force of what this id (or a name alone) names; NULL. */
const struct sb_terms *sb_terms_named(const struct sb_terms_list *list, const char *id);
void sb_terms_free(struct sb_terms_list *list);
/* What a key is called in files and JSON: "purpose". */
const char *sb_terms_key_name(enum sb_terms_key key);

#endif
