/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "verify/answer.h"
#include "verify/verify.h"

/* `history`: what this desk verified, for people, as JSON, or as a table in a file. */

enum { LIMIT = 20, DATE = 32 };

struct listing {
	struct sb_program *p;
	json_t *entries;    /* under --json */
	struct sb_bytes *csv; /* under --export */
};

static int add_json(const struct listing *l, const struct desk_event *e)
{
	char at[TELL_TIME];
	json_t *entry = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "time", tell_time(e->time, at), "kind", e->kind, "result", e->result, "reason",
		e->reason, "document", e->document, "fields", e->fields, "portrait", e->portrait, "patient", e->patient);

	return json_array_append_new(l->entries, entry) == 0 ? SB_OK : SB_E_NOMEM;
}

static int add_csv(const struct listing *l, const struct desk_event *e)
{
	char at[TELL_TIME], line[1024];

	/* Names of fields are the document type's, none has a quotation mark; a comma is between them. */
	snprintf(line, sizeof line, "%s,%s,%s,%s,%s,\"%s\",%s,%d\n", tell_time(e->time, at), e->kind, e->result, e->reason, e->document, e->fields, e->portrait,
		e->patient);
	return sb_bytes_append_text(l->csv, line);
}

static int say_entry(const struct listing *l, const struct desk_event *e)
{
	bool valid = strcmp(e->result, "valid") == 0;
	char when[DATE] = "?";
	time_t t = e->time;
	struct tm tm;

	if (localtime_r(&t, &tm))
		strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &tm);
	sb_say(l->p, "%s  %s  %s", when, strcmp(e->kind, "exempt") == 0 ? _("exempt") : valid ? _("valid") : _("not valid"), e->reason);
	if (*e->document)
		sb_say(l->p, "  %s", e->document);
	if (*e->fields)
		sb_say(l->p, "  %s", e->fields);
	if (strcmp(e->portrait, "checked") == 0)
		sb_say(l->p, "  %s", _("[ photo checked ]"));
	sb_say(l->p, "\n");
	return SB_OK;
}

static int each(void *context, const struct desk_event *e)
{
	const struct listing *l = context;

	if (l->csv)
		return add_csv(l, e);
	return l->entries ? add_json(l, e) : say_entry(l, e);
}

/* Midnight here. */
static int read_since(const char *text, int64_t *out, struct sb_failure *f)
{
	struct tm tm = {.tm_isdst = -1}, given;
	const char *end = text ? strptime(text, "%Y-%m-%d", &tm) : NULL;

	*out = 0;
	if (!text)
		return SB_EXIT_OK;
	given = tm;
	*out = mktime(&tm);
	if (!end || *end || given.tm_mday != tm.tm_mday || given.tm_mon != tm.tm_mon)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--since", _("--since is a date such as 2026-11-24, not \"%s\"."), sb_clean(text));
	return SB_EXIT_OK;
}

static int list(struct sb_program *p, struct desk *d, const struct settings *settings, json_t *result, struct sb_failure *f)
{
	const char *path = sb_program_text(p, "--export");
	struct sb_bytes csv = {0};
	struct listing l = {.p = p, .entries = sb_program_json(p) && !path ? json_array() : NULL, .csv = path ? &csv : NULL};
	int64_t since;
	int rc = read_since(sb_program_text(p, "--since"), &since, f), got = SB_OK;

	if (rc == SB_EXIT_OK && !desk_is_new(d))
		got = desk_history_trim(d, time(NULL), settings->history_days);
	if (rc == SB_EXIT_OK && got == SB_OK && path)
		got = sb_bytes_append_text(&csv, "time,kind,result,reason,document,fields,portrait,patient\n");
	if (rc == SB_EXIT_OK && got == SB_OK)
		got = desk_history(d, since, sb_program_number(p, "--limit", path || since ? LONG_MAX : LIMIT), each, &l);
	if (rc == SB_EXIT_OK && got != SB_OK)
		rc = desk_fail(p, got, f);
	if (rc == SB_EXIT_OK && path && (got = sb_file_write(path, csv.data, csv.len, 0600)) != SB_OK)
		rc = sb_fail(f, SB_EXIT_STORAGE, "cannot_write", "--export", _("%s cannot be written: %s."), path, _(sb_error_text(got)));
	if (l.entries)
		json_object_set_new(result, "entries", l.entries);
	sb_bytes_free(&csv);
	return rc;
}

static int history(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct settings settings;
	struct desk *d;
	int rc = settings_read(p, &settings, f);

	if (rc != SB_EXIT_OK)
		return rc;
	rc = desk_open(p, &d, f);
	if (rc == SB_EXIT_OK)
		rc = list(p, d, &settings, result, f);
	desk_close(&d);
	settings_free(&settings);
	return rc;
}

static const struct sb_option options[] = {
	{"--since", SB_OPTION_TEXT, "DATE", N_("only what was verified on that day and later"), false},
	{"--limit", SB_OPTION_NUMBER, "N", N_("the newest so many (20; all with --since or --export)"), false},
	{"--export", SB_OPTION_FILE, "FILE", N_("write it as a table (CSV) to FILE"), false},
	{0},
};

const struct sb_verb verify_history = {"history", "", 0, 0, N_("tell what this desk verified, by names of fields, never values"), options, history};
