/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "verify/settings.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"

enum { FILE_MAX = 1 << 16, HOURS_MAX = 24 * 366, DAYS_MAX = 3660, WARN_HOURS = 24, HISTORY_DAYS = 365, KEYS = 5 };

static const struct key {
	const char *name;
	size_t offset;
	long max;          /* of a number; 0: a text */
	const char *begin; /* of a text */
} keys[KEYS] = {
	{"bundle-warn", offsetof(struct settings, bundle_warn), HOURS_MAX, NULL},
	{"bundle-refuse", offsetof(struct settings, bundle_refuse), HOURS_MAX, NULL},
	{"history-days", offsetof(struct settings, history_days), DAYS_MAX, NULL},
	{"bundle-url", offsetof(struct settings, bundle_url), 0, "https://"},
	{"bundle-ca", offsetof(struct settings, bundle_ca), 0, "/"},
};

static int fail_line(const char *path, unsigned line, const char *key, const char *why, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_CONFIG, "bad_configuration", key,
		_("%s, line %u: %s: %s. Correct that line, or remove it; sinbun-verify(1) explains the keys."), path, line, sb_clean(key), why);
}

static int take_number(const struct key *k, const char *value, struct settings *out)
{
	char *end;
	long number = strtol(value, &end, 10);

	if (!isdigit((unsigned char)*value) || *end || number > k->max)
		return SB_E_RANGE;
	*(long *)((char *)out + k->offset) = number;
	return SB_OK;
}

static int take_text(const struct key *k, const char *value, struct settings *out)
{
	char *copy;

	if (strncmp(value, k->begin, strlen(k->begin)) != 0 || !value[strlen(k->begin)])
		return SB_E_FORMAT;
	copy = strdup(value);
	if (!copy)
		return SB_E_NOMEM;
	*(char **)((char *)out + k->offset) = copy;
	return SB_OK;
}

static char *trim(char *text)
{
	size_t len;

	while (isspace((unsigned char)*text))
		text++;
	len = strlen(text);
	while (len && isspace((unsigned char)text[len - 1]))
		text[--len] = 0;
	return text;
}

static const struct key *find(const char *name)
{
	for (size_t i = 0; i < KEYS; i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

static int take_line(const char *path, unsigned number, char *line, bool *seen, struct settings *out, struct sb_failure *f)
{
	char *equals, *name, why[128];
	const struct key *k;
	int rc;

	line = trim(line);
	if (!*line || *line == '#')
		return SB_EXIT_OK;
	equals = strchr(line, '=');
	if (!equals)
		return fail_line(path, number, line, _("a line is \"key = value\""), f);
	*equals = 0;
	name = trim(line);
	k = find(name);
	if (!k)
		return fail_line(path, number, name, _("there is no such key"), f);
	if (seen[k - keys])
		return fail_line(path, number, name, _("it is there twice"), f);
	seen[k - keys] = true;
	rc = k->max ? take_number(k, trim(equals + 1), out) : take_text(k, trim(equals + 1), out);
	if (rc == SB_E_RANGE)
		snprintf(why, sizeof why, _("it is a number from 0 to %ld"), k->max);
	else if (rc == SB_E_FORMAT)
		snprintf(why, sizeof why, _("it begins with %s"), k->begin);
	if (rc == SB_E_NOMEM)
		return sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	return rc == SB_OK ? SB_EXIT_OK : fail_line(path, number, name, why, f);
}

static int take_all(const char *path, char *text, struct settings *out, struct sb_failure *f)
{
	bool seen[KEYS] = {false};
	unsigned number = 0;
	int rc = SB_EXIT_OK;

	while (rc == SB_EXIT_OK && text) {
		char *line = strsep(&text, "\n");

		rc = take_line(path, ++number, line, seen, out, f);
	}
	return rc;
}

int settings_read(struct sb_program *p, struct settings *out, struct sb_failure *f)
{
	struct sb_bytes text = {0};
	char path[4096];
	int rc, got;

	*out = (struct settings){.bundle_warn = WARN_HOURS, .history_days = HISTORY_DAYS};
	snprintf(path, sizeof path, "%s/desk.conf", sb_program_root(p));
	got = sb_file_read(path, FILE_MAX, &text);
	if (got == SB_E_NOT_FOUND)
		return SB_EXIT_OK;
	if (got == SB_OK)
		got = sb_bytes_terminate(&text);
	if (got != SB_OK)
		rc = sb_fail(f, SB_EXIT_CONFIG, "bad_configuration", path, _("%s cannot be read: %s."), path, _(sb_error_text(got)));
	else
		rc = take_all(path, (char *)text.data, out, f);
	if (rc != SB_EXIT_OK)
		settings_free(out);
	sb_bytes_free(&text);
	return rc;
}

void settings_free(struct settings *settings)
{
	free(settings->bundle_url);
	free(settings->bundle_ca);
	*settings = (struct settings){0};
}
