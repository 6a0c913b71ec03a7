/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/audit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "common/i18n.h"
#include "formats/jws.h"

/* `audit show`: the newest rows of those that are asked for. */

enum { LAST = 100, LAST_MAX = 100000, TEXT_CHARACTERS = 100 };

struct showing {
	struct audit_filter filter;
	struct audit_walk walk;
	json_t **ring; /* the newest so far; taken % last is the next place */
	size_t last;
	uint64_t taken;
};

/* No text that this program writes is longer; what somebody else has put into the file may be as long as the file. */
static json_t *short_json(const char *text)
{
	char cut[4 * TEXT_CHARACTERS + sizeof "…"];
	const char *end = text;

	for (int i = 0; *end && i < TEXT_CHARACTERS; i++)
		for (end++; ((unsigned char)*end & 0xc0) == 0x80; end++)
			;
	if (!*end)
		return json_string(text);
	snprintf(cut, sizeof cut, "%.*s…", (int)(end - text), text);
	return json_string(cut);
}

static json_t *row_json(const struct sb_audit_row *row, bool sound)
{
	struct audit_texts texts;
	json_t *json = json_pack("{s:I, s:I, s:b}", "row", (json_int_t)row->number, "time", (json_int_t)row->time, "sound", sound);

	audit_texts_of(row, &texts);
	for (size_t i = AUDIT_OFFICER; i <= AUDIT_KEEP_UNTIL; i++)
		json_object_set_new(json, audit_column_names[i], short_json(texts.cells[i]));
	json_object_set_new(json, "at", json_string(texts.time));
	return json;
}

static int take(void *context, const struct sb_audit_row *row)
{
	struct showing *s = context;
	bool sound = audit_walk_step(&s->walk, row);
	json_t **place = &s->ring[s->taken % s->last];

	if (!audit_filter_takes(&s->filter, row))
		return SB_OK;
	json_decref(*place);
	*place = row_json(row, sound);
	s->taken++;
	return *place ? SB_OK : SB_E_NOMEM;
}

static void say_row(struct sb_program *p, json_t *row)
{
	const char *officer = sb_json_text(row, "officer"), *at = sb_json_text(row, "at");
	char clock[16];

	snprintf(clock, sizeof clock, "%.8s KST", *at == '?' ? "" : at + 11);
	sb_say(p, "%c%8lld  %.10s %-12s  %-10s  %-20s  %-26s  %-20s  %s, %s\n", json_is_true(json_object_get(row, "sound")) ? ' ' : '!',
		(long long)json_integer_value(json_object_get(row, "row")), at, *at == '?' ? "" : clock, *officer ? officer : "-",
		sb_json_text(row, "verb"), sb_json_text(row, "subject"), sb_json_text(row, "outcome"), _(sb_json_text(row, "class")),
		sb_json_text(row, "keep_until"));
	json_object_del(row, "at");
}

static void tell(struct sb_program *p, struct showing *s, json_t *result)
{
	uint64_t first = s->taken > s->last ? s->taken - s->last : 0;
	bool whole = audit_walk_ends(&s->walk);
	json_t *rows = json_array();

	for (uint64_t i = first; i < s->taken; i++) {
		say_row(p, s->ring[i % s->last]);
		json_array_append(rows, s->ring[i % s->last]);
	}
	if (!s->taken)
		sb_say(p, "%s\n", _("No such rows."));
	else if (first)
		sb_say(p, ngettext("%llu older row of these is not shown: --last.\n", "%llu older rows of these are not shown: --last.\n", first),
			(unsigned long long)first);
	json_object_set_new(result, "rows", rows);
	json_object_set_new(result, "matching", json_integer((json_int_t)s->taken));
	json_object_set_new(result, "whole", json_boolean(whole));
	audit_warn_unsound(p, whole);
}

static int show_rows(struct admin *a, struct showing *s, json_t *result, struct sb_failure *f)
{
	struct sb_registry *r = a->registry;
	int rc = r->ops->begin_reading(r);

	s->walk = (struct audit_walk){.r = r, .whole = true};
	s->ring = calloc(s->last, sizeof *s->ring);
	if (rc == SB_OK)
		rc = s->ring ? r->ops->audit_each(r, INT64_MIN, take, s) : SB_E_NOMEM;
	if (rc == SB_OK)
		tell(a->p, s, result);
	r->ops->rollback(r);
	for (size_t i = 0; s->ring && i < s->last; i++)
		json_decref(s->ring[i]);
	free(s->ring);
	return rc == SB_OK ? SB_EXIT_OK : admin_fail(rc, "registry.db", f);
}

static int show(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	long last = sb_program_number(p, "--last", LAST);
	struct showing s = {.last = (size_t)last};
	struct admin a;
	int rc = audit_filter_read(p, &s.filter, f);

	if (rc == SB_EXIT_OK && (last < 1 || last > LAST_MAX))
		rc = sb_fail(f, SB_EXIT_USAGE, "usage", "--last", _("--last is 1 to %d; for more: audit export."), LAST_MAX);
	if (rc == SB_EXIT_OK)
		rc = admin_open(p, &a, f);
	if (rc != SB_EXIT_OK)
		return rc;
	rc = show_rows(&a, &s, result, f);
	admin_close(&a);
	return rc;
}

static const struct sb_option options[] = {
	AUDIT_FILTER_OPTIONS,
	{"--last", SB_OPTION_NUMBER, "N", N_("how many of them, the newest (100)"), false},
	{0},
};

const struct sb_verb admin_audit_show = {"audit show", "", 0, 0, N_("show who did what, and when"), options, show};
