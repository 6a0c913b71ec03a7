/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/verb_private.h"

#include <stdio.h>
#include <string.h>

#include "common/i18n.h"

static void print_option(const struct sb_option *o)
{
	char left[64];

	snprintf(left, sizeof left, "%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
	printf("  %-21s  %s\n", left, _(o->help));
}

static void verb_help(const struct sb_program_table *table, const struct sb_verb *verb)
{
	const struct sb_option *o;

	printf(_("Usage: %s %s%s%s [OPTION…]\n"), table->name, verb->words, *verb->operands ? " " : "", verb->operands);
	printf("\n%s\n\n", _(verb->help));
	for (size_t i = 0; (o = sb_program_option_at(table, verb, i)); i++)
		print_option(o);
}

/* A word that no verb begins with is no group: all verbs are listed. */
static bool is_group(const struct sb_program_table *table, const char *group)
{
	const struct sb_verb *v = table->verbs;

	while (group && v->words && !sb_program_in_group(v, group))
		v++;
	return group && v->words;
}

void sb_program_help(const struct sb_program_table *table, const struct sb_verb *verb, const char *group)
{
	bool some = is_group(table, group);

	if (verb) {
		verb_help(table, verb);
		return;
	}
	printf(_("Usage: %s VERB [OPTION…]\n"), table->name);
	printf("\n%s\n\n", _(table->about));
	for (const struct sb_verb *v = table->verbs; v->words; v++) {
		char left[64];

		if (some && !sb_program_in_group(v, group))
			continue;
		snprintf(left, sizeof left, "%s %s", v->words, v->operands);
		printf("  %-27s  %s\n", left, _(v->help));
	}
	printf(_("\nEvery verb tells its options: %s VERB --help\n"), table->name);
}
