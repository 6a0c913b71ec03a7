/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_VERB_PRIVATE_H
#define SINBUN_VERB_PRIVATE_H

#include "common/verb.h"

enum { SB_OPTIONS_MAX = 32 };

struct sb_given {
	const struct sb_option *option;
	const char *value; /* NULL for a flag */
	long number;
};

struct sb_program {
	const struct sb_program_table *table;
	const struct sb_verb *verb;
	struct sb_given given[SB_OPTIONS_MAX];
	size_t given_count;
	const char **operands; /* room for as many as there are arguments */
	size_t operand_count;
	char *root;
	bool json;
	bool answered; /* by sb_answer: an empty result is not printed */
};

/* --- verb_parse.c --- */
/* Fills in *p; SB_EXIT_USAGE with *f. *help: help was asked for. */
int sb_program_parse(struct sb_program *p, int argc, char **argv, bool *help, bool *version, struct sb_failure *f);
/* Option rows that a verb knows: its own, the token's, the common ones. Row by number; NULL at the end. */
const struct sb_option *sb_program_option_at(const struct sb_program_table *table, const struct sb_verb *verb, size_t index);
/* Is this a verb of several words that begin with this one? */
bool sb_program_in_group(const struct sb_verb *verb, const char *group);
/* --- verb_help.c --- */
/* Of one verb; without one, of those in group (NULL: all). */
void sb_program_help(const struct sb_program_table *table, const struct sb_verb *verb, const char *group);

#endif
