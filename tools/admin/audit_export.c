/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/audit.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "common/csv_out.h"
#include "common/i18n.h"
#include "common/progress.h"

/* `audit export`: the rows into a file, for a spreadsheet or a program. The file appears whole or not at all. */

struct export
{
	struct admin *a;
	const struct format *format;
	struct audit_filter filter;
	struct audit_walk walk;
	FILE *file;
	struct sb_progress progress;
	uint64_t seen, rows;
	bool whole;
};

static int write_out(struct export *x, const void *data, size_t len)
{
	return fwrite(data, 1, len, x->file) == len ? SB_OK : sb_error_from_errno(errno);
}

static int write_csv(struct export *x, const char *const *cells)
{
	struct sb_bytes line = {0};
	int rc = sb_csv_row(&line, cells, AUDIT_COLUMNS);

	if (rc == SB_OK)
		rc = write_out(x, line.data, line.len);
	sb_bytes_free(&line);
	return rc;
}

static int begin_csv(struct export *x)
{
	int rc = write_out(x, SB_CSV_MARK, strlen(SB_CSV_MARK));

	return rc == SB_OK ? write_csv(x, audit_column_names) : rc;
}

static int csv_row(struct export *x, const struct sb_audit_row *row)
{
	struct audit_texts texts;

	audit_texts_of(row, &texts);
	return write_csv(x, texts.cells);
}

static int begin_jsonl(struct export *x)
{
	(void)x;
	return SB_OK;
}

static int jsonl_row(struct export *x, const struct sb_audit_row *row)
{
	json_t *json = json_pack("{s:I}", "row", (json_int_t)row->number);
	struct audit_texts texts;
	int rc = json ? SB_OK : SB_E_NOMEM;

	audit_texts_of(row, &texts);
	for (size_t i = AUDIT_TIME; i < AUDIT_COLUMNS; i++)
		json_object_set_new(json, audit_column_names[i], json_string(texts.cells[i]));
	if (rc == SB_OK && (json_dumpf(json, x->file, JSON_COMPACT) != 0 || putc('\n', x->file) == EOF))
		rc = sb_error_from_errno(errno);
	json_decref(json);
	return rc;
}

static const struct format {
	const char *name;
	int (*begin)(struct export *x);
	int (*row)(struct export *x, const struct sb_audit_row *row);
} formats[] = {
	{"csv", begin_csv, csv_row},
	{"jsonl", begin_jsonl, jsonl_row},
};

static int take(void *context, const struct sb_audit_row *row)
{
	struct export *x = context;
	int rc = SB_OK;

	audit_walk_step(&x->walk, row);
	if (audit_filter_takes(&x->filter, row)) {
		rc = x->format->row(x, row);
		x->rows++;
	}
	sb_progress_tell(&x->progress, ++x->seen, -1);
	return rc;
}

static int write_rows(void *context, FILE *file, struct sb_failure *f)
{
	struct export *x = context;
	struct sb_registry *r = x->a->registry;
	/* Who takes them out is on record before they are out. */
	int rc = sb_registry_audit_alone(x->a->registry, x->a->officer, "audit export", "", x->format->name);

	x->file = file;
	x->walk = (struct audit_walk){.r = r, .whole = true};
	if (rc == SB_OK)
		rc = r->ops->begin_reading(r);
	if (rc == SB_OK)
		rc = x->format->begin(x);
	sb_progress_start(&x->progress);
	if (rc == SB_OK)
		rc = r->ops->audit_each(r, INT64_MIN, take, x);
	sb_progress_hide(&x->progress);
	x->whole = audit_walk_ends(&x->walk);
	r->ops->rollback(r);
	return rc == SB_OK || ferror(file) ? SB_EXIT_OK : admin_fail(rc, "registry.db", f);
}

static int choose_format(struct sb_program *p, struct export *x, struct sb_failure *f)
{
	const char *name = sb_program_text(p, "--format");

	for (size_t i = 0; i < sizeof formats / sizeof *formats && !x->format; i++)
		if (!name || strcmp(formats[i].name, name) == 0)
			x->format = &formats[i];
	return x->format ? SB_EXIT_OK : sb_fail(f, SB_EXIT_USAGE, "usage", "--format", _("--format is csv or jsonl."));
}

static int export(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	const char *path = sb_program_text(p, "--out");
	struct admin a;
	struct export x = {.a = &a};
	int rc = choose_format(p, &x, f);

	if (rc == SB_EXIT_OK)
		rc = audit_filter_read(p, &x.filter, f);
	if (rc == SB_EXIT_OK)
		rc = admin_open(p, &a, f);
	if (rc != SB_EXIT_OK)
		return rc;
	rc = admin_write_stream(path, write_rows, &x, f);
	if (rc == SB_EXIT_OK) {
		json_object_set_new(result, "rows", json_integer((json_int_t)x.rows));
		json_object_set_new(result, "whole", json_boolean(x.whole));
		sb_say(p, ngettext("%llu row of the audit is in %s.\n", "%llu rows of the audit are in %s.\n", x.rows), (unsigned long long)x.rows, path);
		audit_warn_unsound(p, x.whole);
	}
	admin_close(&a);
	return rc;
}

static const struct sb_option options[] = {
	OFFICER_OPTION,
	{"--out", SB_OPTION_FILE, "FILE", N_("where to write the rows"), true},
	{"--format", SB_OPTION_TEXT, "csv|jsonl", N_("a table, or a line of JSON for each row (csv)"), false},
	AUDIT_FILTER_OPTIONS,
	{0},
};

const struct sb_verb admin_audit_export = {"audit export", "", 0, 0, N_("write the audit to a file"), options, export};
