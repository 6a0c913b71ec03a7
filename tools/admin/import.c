/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"

#include <stdio.h>
#include <string.h>

#include "admin/extra.h"
#include "admin/row.h"
#include "admin/seen.h"
#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "common/progress.h"
#include "registry/csv.h"

/* `registry import`: rows into residents. Every row stands or falls alone; a refused one is reported with its line and field. */

enum { CSV_MAX = 512 << 20, BATCH = 1000 };

struct import {
	struct admin *a;
	struct sb_bytes report;
	size_t width;                       /* fields of the first line */
	int place[ROW_COLUMNS];             /* of each column in a row, -1 when absent */
	struct extras extras;               /* columns of document types */
	const char *absent[ROW_COLUMNS + EXTRA_COLUMNS + 1]; /* names of the columns that the file does not have, ended by NULL */
	char directory[4096], today[9];
	struct seen seen;
	struct sb_progress progress;
	unsigned rows, added, changed, same, refused, suspended;
};

static int report(struct import *im, unsigned line, const struct row_refusal *why)
{
	char number[16];
	const char *const fields[] = {number, why->field, why->code, why->ko, why->en};
	int rc = SB_OK;

	snprintf(number, sizeof number, "%u", line);
	im->refused++;
	for (size_t i = 0; rc == SB_OK && i < 5; i++) {
		rc = sb_csv_put(&im->report, fields[i]);
		if (rc == SB_OK)
			rc = sb_bytes_append_byte(&im->report, i == 4 ? '\n' : ',');
	}
	if (!sb_program_text(im->a->p, "--report")) {
		sb_progress_hide(&im->progress);
		sb_warn(im->a->p, _("line %u refused: %s"), line, strcmp(sb_program_lang(im->a->p), "ko") == 0 ? why->ko : why->en);
	}
	return rc;
}

static int store_row(struct import *im, const struct row *r)
{
	json_t *fields = admin_row_fields(r);
	enum sb_registry_change change;
	int rc = sb_registry_store(im->a->registry, fields, im->absent, &change);

	if (rc == SB_OK)
		rc = admin_plastic_suspend(im->a, fields, &im->suspended);
	if (rc == SB_OK) {
		unsigned *counters[] = {&im->added, &im->changed, &im->same};

		++*counters[change];
	}
	json_decref(fields);
	return rc;
}

/* A row that is right in itself, unless its number stood in the file before: which of the two is meant, nobody knows. */
static int take_right_row(struct import *im, const struct row *r, unsigned line)
{
	struct row_refusal why;
	unsigned first;
	int rc = admin_seen_add(&im->seen, r->rrn, line, &first);

	if (rc != SB_OK)
		return rc;
	if (first == line)
		return store_row(im, r);
	admin_row_refuse(&why, admin_row_name(ROW_RRN), "duplicate", "같은 주민등록번호가 %u번째 줄에 있습니다. 앞의 줄만 저장했습니다.",
		"the same number stands in line %u already; only that line is stored", first);
	return report(im, line, &why);
}

static bool has_width(const struct import *im, const struct sb_csv_row *csv, struct row_refusal *why)
{
	if (csv->count == im->width)
		return true;
	if (csv->count > im->width)
		return admin_row_refuse(why, "row", "too_many_fields", "칸이 %zu개로 첫 줄의 %zu개보다 많습니다. 쉼표가 든 값은 큰따옴표로 묶으세요.",
			"%zu fields, more than the %zu of the first line; put a value that has a comma in double quotes", csv->count, im->width);
	return admin_row_refuse(why, "row", "too_few_fields", "칸이 %zu개로 첫 줄의 %zu개보다 적습니다.",
		"%zu fields, fewer than the %zu of the first line", csv->count, im->width);
}

static int take_row(struct import *im, const struct sb_csv_row *csv)
{
	struct row r = {.directory = im->directory, .today = im->today};
	struct row_refusal why;
	int rc = SB_OK;

	im->rows++;
	if (!has_width(im, csv, &why))
		return report(im, csv->line, &why);
	for (size_t c = 0; rc == SB_OK && c < ROW_COLUMNS; c++)
		rc = admin_row_take(&r, (enum row_column)c, im->place[c] >= 0 ? csv->fields[im->place[c]] : "");
	if (rc == SB_OK && admin_row_check(&r, &why) && admin_extras_take(&im->extras, csv, &r, &why))
		rc = take_right_row(im, &r, csv->line);
	else if (rc == SB_OK)
		rc = why.code ? report(im, csv->line, &why) : SB_E_NOMEM;
	admin_row_free(&r);
	return rc;
}

/* Where the file has this column; false for an unknown or a repeated one. */
static bool take_name(struct import *im, const char *name, int at)
{
	struct extra_column *extra = admin_extra_find(&im->extras, name);
	int *place = extra ? &extra->place : NULL;

	for (size_t c = 0; c < ROW_COLUMNS; c++)
		if (strcmp(admin_row_name((enum row_column)c), name) == 0)
			place = &im->place[c];
	if (!place || *place >= 0)
		return false;
	*place = at;
	return true;
}

static int take_header(struct import *im, const struct sb_csv_row *csv, struct sb_failure *f)
{
	size_t absent = 0;

	im->width = csv->count;
	for (size_t c = 0; c < ROW_COLUMNS; c++)
		im->place[c] = -1;
	for (size_t i = 0; i < csv->count; i++) {
		const char *name = i < SB_CSV_FIELDS ? csv->fields[i] : "…";

		if (!take_name(im, name, (int)i))
			return sb_fail(f, SB_EXIT_DATA, "bad_header", sb_clean(name), _("The first line has an unknown or repeated column: %s."), sb_clean(name));
	}
	for (size_t c = 0; c < ROW_COLUMNS; c++) {
		const char *name = admin_row_name((enum row_column)c);

		if (im->place[c] >= 0)
			continue;
		if (admin_row_requires((enum row_column)c))
			return sb_fail(f, SB_EXIT_DATA, "bad_header", name, _("The first line lacks the column %s."), name);
		im->absent[absent++] = name;
	}
	for (size_t i = 0; i < im->extras.count; i++)
		if (im->extras.columns[i].place < 0)
			im->absent[absent++] = im->extras.columns[i].name;
	return SB_EXIT_OK;
}

static int report_malformed(struct import *im, const struct sb_csv_row *row)
{
	static const struct row_refusal words[] = {
		[SB_CSV_NO_FAULT] = {"row", "csv", "CSV 형식이 아닙니다.", "not a CSV row"},
		[SB_CSV_QUOTE_OPEN] = {"row", "quote_open", "큰따옴표가 같은 줄에서 닫히지 않았습니다.", "a double quote is not closed in this line"},
		[SB_CSV_BEHIND_QUOTE] = {"row", "behind_quote", "닫는 큰따옴표 뒤에 쉼표가 없습니다. 값 안의 큰따옴표는 두 번 쓰세요.",
			"no comma behind a closing double quote; double the quotes inside a value"},
		[SB_CSV_NOT_UTF8] = {"row", "not_utf8", "UTF-8이 아닙니다.", "not UTF-8"},
	};

	im->rows++;
	return report(im, row->line, &words[row->fault]);
}

/* In bits, so that others get their turn and an interrupted import keeps what it did. */
static int breathe(struct import *im)
{
	struct sb_registry *registry = im->a->registry;
	int rc = im->rows % BATCH == 0 ? registry->ops->commit(registry) : SB_OK;

	return rc == SB_OK && im->rows % BATCH == 0 ? registry->ops->begin(registry) : rc;
}

static int take_rows(struct import *im, struct sb_csv *csv)
{
	struct sb_registry *registry = im->a->registry;
	struct sb_csv_row row;
	size_t whole = csv->in.len;
	int rc = registry->ops->begin(registry), got;

	sb_progress_start(&im->progress);
	while (rc == SB_OK && (got = sb_csv_next(csv, &row)) != SB_E_NOT_FOUND) {
		if (got == SB_E_FORMAT)
			rc = report_malformed(im, &row);
		else
			rc = got == SB_OK ? take_row(im, &row) : got;
		sb_csv_row_free(&row);
		if (rc == SB_OK)
			rc = breathe(im);
		sb_progress_tell(&im->progress, im->rows, whole ? 1 - (double)csv->in.len / (double)whole : -1);
	}
	sb_progress_hide(&im->progress);
	if (rc == SB_OK)
		rc = sb_registry_audit(registry, im->a->officer, "registry import", "", im->refused ? "refused rows" : "ok");
	if (rc == SB_OK)
		rc = registry->ops->commit(registry);
	if (rc != SB_OK)
		registry->ops->rollback(registry);
	return rc;
}

static int write_report(struct import *im, struct sb_failure *f)
{
	const char *path = sb_program_text(im->a->p, "--report");
	int rc = path ? sb_file_write(path, im->report.data, im->report.len, 0600) : SB_OK;

	return rc == SB_OK ? SB_EXIT_OK
			   : sb_fail(f, SB_EXIT_STORAGE, "cannot_write", "--report", _("%s cannot be written: %s."), path, _(sb_error_text(rc)));
}

/* The report is written first without a row: what cannot be reported is not begun. */
static int import_text(struct import *im, const struct sb_bytes *text, struct sb_failure *f)
{
	struct sb_csv csv;
	struct sb_csv_row header;
	int rc, taken;

	sb_csv_start(&csv, sb_bytes_slice(text));
	if (sb_csv_next(&csv, &header) != SB_OK)
		return sb_fail(f, SB_EXIT_DATA, "bad_header", NULL, _("The file has no readable first line with the columns' names (UTF-8)."));
	rc = admin_extras_load(&im->extras, f);
	if (rc == SB_EXIT_OK)
		rc = take_header(im, &header, f);
	sb_csv_row_free(&header);
	if (rc != SB_EXIT_OK)
		return rc;
	if (sb_bytes_append_text(&im->report, "row,field,code,message_ko,message_en\n") != SB_OK)
		return sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	rc = write_report(im, f);
	if (rc != SB_EXIT_OK)
		return rc;
	taken = take_rows(im, &csv);
	return taken == SB_OK ? SB_EXIT_OK : admin_fail(taken, "registry.db", f);
}

static int finish(struct import *im, json_t *result, struct sb_failure *f)
{
	struct sb_program *p = im->a->p;
	int rc = write_report(im, f);

	json_object_set_new(result, "rows", json_integer(im->rows));
	json_object_set_new(result, "added", json_integer(im->added));
	json_object_set_new(result, "changed", json_integer(im->changed));
	json_object_set_new(result, "same", json_integer(im->same));
	json_object_set_new(result, "refused", json_integer(im->refused));
	json_object_set_new(result, "suspended", json_integer(im->suspended));
	sb_say(p, _("%u rows: %u added, %u changed, %u the same, %u refused\n"), im->rows, im->added, im->changed, im->same, im->refused);
	if (im->suspended)
		sb_say(p,
			ngettext("%u mobile card suspended, as its plastic card is lost or the registration cancelled. Publish: status publish, bundle.\n",
				"%u mobile cards suspended, as their plastic cards are lost or the registrations cancelled. Publish: status publish, bundle.\n",
				im->suspended),
			im->suspended);
	if (rc == SB_EXIT_OK && im->refused)
		rc = sb_fail(f, SB_EXIT_DATA, "rows_refused", sb_program_text(p, "--report"),
			_("Some rows were refused; the others are stored. Mend them and import again."));
	return rc;
}

static int import(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	const char *path = sb_program_operand(p, 0);
	struct admin a;
	struct import im = {.a = &a};
	struct sb_bytes text = {0};
	char *slash;
	int rc = admin_open(p, &a, f), got;

	if (rc != SB_EXIT_OK)
		return rc;
	sb_date_today(im.today);
	snprintf(im.directory, sizeof im.directory, "%s", path);
	slash = strrchr(im.directory, '/');
	snprintf(slash ? slash : im.directory, 2, "%s", slash ? "" : ".");
	got = sb_file_read(path, CSV_MAX, &text);
	if (got != SB_OK)
		rc = sb_fail(f, SB_EXIT_DATA, "cannot_read", path, _("%s cannot be read: %s."), path, _(sb_error_text(got)));
	if (rc == SB_EXIT_OK)
		rc = import_text(&im, &text, f);
	if (rc == SB_EXIT_OK)
		rc = finish(&im, result, f);
	sb_bytes_free(&text);
	sb_bytes_free(&im.report);
	admin_seen_free(&im.seen);
	admin_extras_free(&im.extras);
	admin_close(&a);
	return rc;
}

static const struct sb_option options[] = {
	{"--report", SB_OPTION_FILE, "FILE", N_("write the refused rows to FILE, as CSV"), false},
	{"--officer", SB_OPTION_TEXT, "ID", N_("who does this, for the audit"), false},
	{0},
};

const struct sb_verb admin_import = {"registry import", "FILE.csv", 1, 1, N_("take residents from a CSV file"), options, import};
