/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/verb_private.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"

/* Command lines into rows. Words of the verb come first among the operands; options may stand anywhere. */

static const struct sb_option root_options[] = {
	{"--home", SB_OPTION_FILE, "DIR", N_("where this program keeps its files"), false},
	{"--registry", SB_OPTION_FILE, "DIR", N_("the registry's directory"), false},
};

static const struct sb_option token_options[] = {
	{"--module", SB_OPTION_FILE, "PATH", N_("the PKCS#11 module to use"), false},
	{"--token", SB_OPTION_TEXT, "URI", N_("the token to use, as a PKCS#11 URI"), false},
	{"--pin-fd", SB_OPTION_FD, "N", N_("read the PIN as one line from descriptor N"), false},
	{NULL, 0, NULL, NULL, false},
};

static const struct sb_option common_options[] = {
	{"--json", SB_OPTION_FLAG, NULL, N_("print one JSON object"), false},
	{"--lang", SB_OPTION_TEXT, "ko|en", N_("the language of messages"), false},
	{"--help", SB_OPTION_FLAG, NULL, N_("print this help"), false},
	{"--version", SB_OPTION_FLAG, NULL, N_("print the version"), false},
	{NULL, 0, NULL, NULL, false},
};

static size_t rows(const struct sb_option *options)
{
	size_t n = 0;

	while (options && options[n].name)
		n++;
	return n;
}

const struct sb_option *sb_program_option_at(const struct sb_program_table *table, const struct sb_verb *verb, size_t index)
{
	size_t own = verb ? rows(verb->options) : 0, token = table->uses_token ? rows(token_options) : 0;

	if (index < own)
		return &verb->options[index];
	index -= own;
	if (index < token)
		return &token_options[index];
	index -= token;
	if (index == 0)
		return &root_options[strcmp(table->root_option, "--home") != 0];
	index--;
	return index < rows(common_options) ? &common_options[index] : NULL;
}

static const struct sb_option *find_option(const struct sb_program *p, const char *name, size_t len)
{
	const struct sb_option *o;

	for (size_t i = 0; (o = sb_program_option_at(p->table, p->verb, i)); i++)
		if (strlen(o->name) == len && strncmp(o->name, name, len) == 0)
			return o;
	return NULL;
}

/* Any option of any verb takes a value: needed to tell operands from values before the verb is known. */
static bool takes_value(const struct sb_program_table *table, const char *name)
{
	const struct sb_option *o;
	struct sb_program p = {.table = table};

	for (p.verb = table->verbs; p.verb->words; p.verb++) {
		o = find_option(&p, name, strlen(name));
		if (o)
			return o->kind != SB_OPTION_FLAG;
	}
	return false;
}

static bool is_option(const char *argument)
{
	return argument[0] == '-' && argument[1] == '-' && argument[2];
}

static size_t count_words(const char *words)
{
	size_t n = 1;

	for (; *words; words++)
		n += *words == ' ';
	return n;
}

bool sb_program_in_group(const struct sb_verb *verb, const char *group)
{
	size_t len = strlen(group);

	return strncmp(verb->words, group, len) == 0 && verb->words[len] == ' ';
}

static bool words_match(const char *words, const char *const *operands, size_t count)
{
	for (size_t i = 0; *words; i++) {
		size_t len = strcspn(words, " ");

		if (i >= count || strlen(operands[i]) != len || strncmp(operands[i], words, len) != 0)
			return false;
		words += len + (words[len] == ' ');
	}
	return true;
}

/* Gathers the operands without looking at options' meaning. */
static size_t gather(const struct sb_program_table *table, int argc, char **argv, const char **operands)
{
	size_t n = 0;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-h") == 0)
			continue;
		if (!is_option(argv[i]))
			operands[n++] = argv[i];
		else if (!strchr(argv[i], '=') && takes_value(table, argv[i]))
			i++;
	}
	return n;
}

/* Verbs of two words whose first is what was given: "pin change, pin unblock". */
static bool list_group(const struct sb_program *p, char *out, size_t size)
{
	size_t used = 0;

	out[0] = 0;
	for (const struct sb_verb *v = p->table->verbs; v->words; v++)
		if (sb_program_in_group(v, p->operands[0]) && used < size)
			used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "", v->words);
	return used > 0;
}

static int find_verb(struct sb_program *p, struct sb_failure *f)
{
	char group[256];

	for (const struct sb_verb *v = p->table->verbs; v->words; v++)
		if (words_match(v->words, p->operands, p->operand_count)) {
			size_t words = count_words(v->words);

			p->verb = v;
			p->operand_count -= words;
			memmove(p->operands, p->operands + words, p->operand_count * sizeof *p->operands);
			return SB_EXIT_OK;
		}
	if (p->operand_count == 0)
		return sb_fail(f, SB_EXIT_USAGE, "usage", NULL, _("Which verb? Run: %s --help"), p->table->name);
	if (list_group(p, group, sizeof group) )
		return sb_fail(f, SB_EXIT_USAGE, "usage", p->operands[0], _("\"%s\" needs another word: %s."), sb_clean(p->operands[0]), group);
	return sb_fail(f, SB_EXIT_USAGE, "usage", p->operands[0], _("%s has no verb \"%s\". Run: %s --help"), p->table->name,
		p->operands[0], p->table->name);
}

static int take_number(struct sb_given *g, struct sb_failure *f)
{
	char *end;

	errno = 0;
	g->number = strtol(g->value, &end, 10);
	if (*end || end == g->value || errno || g->number < 0 || g->number > INT_MAX)
		return sb_fail(f, SB_EXIT_USAGE, "usage", g->option->name, _("%s wants a number, not \"%s\"."), g->option->name, g->value);
	return SB_EXIT_OK;
}

static int take_option(struct sb_program *p, char **argv, int argc, int *i, struct sb_failure *f)
{
	const char *argument = argv[*i], *equals = strchr(argument, '=');
	size_t len = equals ? (size_t)(equals - argument) : strlen(argument);
	struct sb_given *g = &p->given[p->given_count];

	*g = (struct sb_given){.option = find_option(p, argument, len)};
	if (!g->option)
		return sb_fail(f, SB_EXIT_USAGE, "usage", argument, _("Unknown option %s. Run: %s %s --help"), argument, p->table->name,
			p->verb ? p->verb->words : "");
	for (size_t k = 0; k < p->given_count; k++)
		if (p->given[k].option == g->option)
			return sb_fail(f, SB_EXIT_USAGE, "usage", g->option->name, _("%s is given twice."), g->option->name);
	if (p->given_count + 1 == SB_OPTIONS_MAX)
		return sb_fail(f, SB_EXIT_USAGE, "usage", argument, _("Too many options."));
	if (g->option->kind == SB_OPTION_FLAG && equals)
		return sb_fail(f, SB_EXIT_USAGE, "usage", g->option->name, _("%s takes no value."), g->option->name);
	if (g->option->kind != SB_OPTION_FLAG) {
		g->value = equals ? equals + 1 : *i + 1 < argc ? argv[++*i] : NULL;
		if (!g->value || !*g->value)
			return sb_fail(f, SB_EXIT_USAGE, "usage", g->option->name, _("%s wants a value."), g->option->name);
	}
	p->given_count++;
	return g->option->kind == SB_OPTION_FD || g->option->kind == SB_OPTION_NUMBER ? take_number(g, f) : SB_EXIT_OK;
}

/* Only what does not depend on everything else being right: --json and --lang shape even the complaint. */
static void look_ahead(struct sb_program *p, int argc, char **argv)
{
	const char *lang = NULL;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			p->json = true;
		else if (strcmp(argv[i], "--lang") == 0 && i + 1 < argc)
			lang = argv[i + 1];
		else if (strncmp(argv[i], "--lang=", 7) == 0)
			lang = argv[i] + 7;
	}
	sb_i18n_start(lang);
}

static int check_required(const struct sb_program *p, struct sb_failure *f)
{
	for (const struct sb_option *o = p->verb->options; o && o->name; o++)
		if (o->required && !sb_program_flag(p, o->name) && !sb_program_text(p, o->name))
			return sb_fail(f, SB_EXIT_USAGE, "usage", o->name, _("%s is needed here: %s."), o->name, _(o->help));
	if (p->operand_count < p->verb->operands_min || p->operand_count > p->verb->operands_max)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "operands", _("Usage: %s %s %s"), p->table->name, p->verb->words,
			p->verb->operands);
	return SB_EXIT_OK;
}

int sb_program_parse(struct sb_program *p, int argc, char **argv, bool *help, bool *version, struct sb_failure *f)
{
	const char *lang;
	int rc;

	look_ahead(p, argc, argv);
	p->operand_count = gather(p->table, argc, argv, p->operands);
	for (int i = 1; i < argc; i++) {
		*help |= strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0;
		*version |= strcmp(argv[i], "--version") == 0;
	}
	rc = find_verb(p, f);
	if (*help || *version)
		return SB_EXIT_OK;
	for (int i = 1; rc == SB_EXIT_OK && i < argc; i++)
		if (is_option(argv[i]))
			rc = take_option(p, argv, argc, &i, f);
	if (rc != SB_EXIT_OK)
		return rc;
	lang = sb_program_text(p, "--lang");
	if (lang && strcmp(lang, "ko") != 0 && strcmp(lang, "en") != 0)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--lang", _("--lang is ko or en, not \"%s\"."), lang);
	return check_required(p, f);
}
