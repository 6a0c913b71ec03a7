/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/settings_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "common/verb.h"

enum { FILE_MAX = 1 << 16, ROWS_MAX = 64, WHY = 256 };

struct reading {
	const struct sb_settings *settings;
	const char *path;
	void *out;
	unsigned line;
	bool seen[ROWS_MAX];
	struct sb_failure *f;
};

static int fail_line(struct reading *r, const char *key, const char *why)
{
	return sb_fail(r->f, SB_EXIT_CONFIG, r->settings->error, key, _("%s, line %u: %s: %s. Correct that line, or remove it; %s explains the keys."),
		r->path, r->line, sb_clean(key), why, r->settings->manual);
}

int sb_settings_fail(const struct sb_settings *settings, const char *path, const char *key, const char *why, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_CONFIG, settings->error, key, _("%s: %s: %s. %s explains the keys."), path, key, why, settings->manual);
}

static int no_memory(struct reading *r)
{
	return sb_fail(r->f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
}

static void *member(void *out, const struct sb_setting *s)
{
	return (char *)out + s->offset;
}

static int keep(struct reading *r, const struct sb_setting *s, char *copy)
{
	char **text = member(r->out, s);

	if (!copy)
		return no_memory(r);
	free(*text);
	*text = copy;
	return SB_EXIT_OK;
}

static int take_text(struct reading *r, const struct sb_setting *s, const char *value)
{
	char why[WHY];

	if (s->begin && (strncmp(value, s->begin, strlen(s->begin)) != 0 || !value[strlen(s->begin)])) {
		snprintf(why, sizeof why, _("it begins with %s"), s->begin);
		return fail_line(r, s->name, why);
	}
	return keep(r, s, strdup(value));
}

static int take_path(struct reading *r, const struct sb_setting *s, const char *value)
{
	const char *slash = strrchr(r->path, '/');
	char *path = NULL;

	if (value[0] == '/' || !slash)
		return take_text(r, s, value);
	if (asprintf(&path, "%.*s/%s", (int)(slash - r->path), r->path, value) < 0)
		path = NULL;
	return keep(r, s, path);
}

static int take_number(struct reading *r, const struct sb_setting *s, const char *value)
{
	char why[WHY], *end;
	long number;

	errno = 0;
	number = strtol(value, &end, 10);
	if (!isdigit((unsigned char)*value) || *end || errno || number < s->min || number > s->max) {
		snprintf(why, sizeof why, _("it is a number from %ld to %ld"), s->min, s->max);
		return fail_line(r, s->name, why);
	}
	*(long *)member(r->out, s) = number;
	return SB_EXIT_OK;
}

static int take_word(struct reading *r, const struct sb_setting *s, const char *value)
{
	char why[WHY], list[WHY / 2] = "";
	size_t used = 0;

	for (int i = 0; s->words[i]; i++) {
		if (strcmp(s->words[i], value) == 0) {
			*(int *)member(r->out, s) = i;
			return SB_EXIT_OK;
		}
		if (used < sizeof list)
			used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", s->words[i]);
	}
	snprintf(why, sizeof why, _("it is one of these: %s"), list);
	return fail_line(r, s->name, why);
}

static int (*const takers[])(struct reading *, const struct sb_setting *, const char *) = {
	[SB_SETTING_TEXT] = take_text, [SB_SETTING_PATH] = take_path, [SB_SETTING_NUMBER] = take_number, [SB_SETTING_WORD] = take_word};

static int take_line(struct reading *r, char *line)
{
	const struct sb_setting *s = r->settings->rows;
	char *equals, *name, *value;

	line = sb_text_trim(line);
	if (!*line || *line == '#')
		return SB_EXIT_OK;
	equals = strchr(line, '=');
	if (!equals)
		return fail_line(r, line, _("a line is \"key = value\""));
	*equals = 0;
	name = sb_text_trim(line);
	value = sb_text_trim(equals + 1);
	while (s->name && strcmp(s->name, name) != 0)
		s++;
	if (!s->name)
		return fail_line(r, name, _("there is no such key"));
	if (r->seen[s - r->settings->rows])
		return fail_line(r, name, _("it is there twice"));
	r->seen[s - r->settings->rows] = true;
	if (!*value)
		return fail_line(r, name, _("it has no value"));
	if (!sb_is_clean(value))
		return fail_line(r, name, _("it has control characters"));
	return takers[s->kind](r, s, value);
}

static int take_all(struct reading *r, char *text)
{
	int rc = SB_EXIT_OK;

	while (rc == SB_EXIT_OK && text) {
		char *line = strsep(&text, "\n");

		r->line++;
		rc = sb_utf8_length(line, strlen(line)) < 0 ? fail_line(r, line, _("it is not UTF-8")) : take_line(r, line);
	}
	for (size_t i = 0; rc == SB_EXIT_OK && r->settings->rows[i].name; i++)
		if (r->settings->rows[i].required && !r->seen[i])
			rc = sb_settings_fail(r->settings, r->path, r->settings->rows[i].name, _("this key is missing"), r->f);
	return rc;
}

int sb_settings_read(const struct sb_settings *settings, const char *path, void *out, bool *absent, struct sb_failure *f)
{
	struct reading r = {.settings = settings, .path = path, .out = out, .f = f};
	struct sb_bytes text = {0};
	int rc, got = sb_file_read(path, FILE_MAX, &text);

	if (absent)
		*absent = got == SB_E_NOT_FOUND;
	if (got == SB_E_NOT_FOUND && absent)
		return SB_EXIT_OK;
	if (got == SB_OK && text.len && memchr(text.data, 0, text.len))
		got = SB_E_FORMAT;
	if (got == SB_OK)
		got = sb_bytes_terminate(&text);
	if (got != SB_OK)
		rc = sb_fail(f, SB_EXIT_CONFIG, settings->error, path, _("%s cannot be read: %s."), path, _(sb_error_text(got)));
	else
		rc = take_all(&r, (char *)text.data);
	if (rc != SB_EXIT_OK)
		sb_settings_free(settings, out);
	sb_bytes_free(&text);
	return rc;
}

void sb_settings_free(const struct sb_settings *settings, void *out)
{
	for (const struct sb_setting *s = settings->rows; s->name; s++)
		if (s->kind == SB_SETTING_TEXT || s->kind == SB_SETTING_PATH)
			sb_text_free((char **)member(out, s));
}
