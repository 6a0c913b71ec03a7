/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/import_header.h"
#include "admin/import_lines.h"
#include "admin/import_progress.h"
#include "base/error.h"
#include "common/i18n.h"
#include "common/progress.h"
#include "crypto/digest.h"
#include "registry/csv.h"

/* `registry import`: rows into residents. Every row stands or falls alone; a refused one is reported with its line and field. The file is read
 * line by line. What was stored stays when the import is cut off; the same file given again goes on behind it. */

enum { BATCH = 5000, PAUSE_US = 3000, BUSY_TRIES = 6 };

struct import {
	struct admin *a;
	FILE *report; /* or NULL */
	struct import_columns columns;
	struct import_lines lines;
	char directory[4096], today[9];
	struct sb_progress progress;
	bool dry;
	int lock;
	struct import_mark done;   /* so far */
	struct import_mark before; /* where an import of this file was cut off; rows 0: nowhere */
	unsigned refused;
};

static int report(struct import *im, unsigned line, const struct row_refusal *why)
{
	char number[16];
	const char *const fields[] = {number, why->field, why->code, why->ko, why->en};
	struct sb_bytes row = {0};
	int rc = SB_OK;

	snprintf(number, sizeof number, "%u", line);
	im->refused++;
	for (size_t i = 0; rc == SB_OK && im->report && i < 5; i++) {
		rc = sb_csv_put(&row, fields[i]);
		if (rc == SB_OK)
			rc = sb_bytes_append_byte(&row, i == 4 ? '\n' : ',');
	}
	if (im->report && rc == SB_OK)
		fwrite(row.data, 1, row.len, im->report);
	sb_bytes_free(&row);
	if (!im->report) {
		sb_progress_hide(&im->progress);
		sb_warn(im->a->p, _("line %u refused: %s"), line, strcmp(sb_program_lang(im->a->p), "ko") == 0 ? why->ko : why->en);
	}
	return rc;
}

static int store_row(struct import *im, const struct row *r)
{
	struct sb_registry *registry = im->a->registry;
	json_t *fields = admin_row_fields(r);
	enum sb_registry_change change;
	int rc = im->dry ? sb_registry_compare(registry, fields, im->columns.absent, &change)
			 : sb_registry_store(registry, fields, im->columns.absent, &change);

	if (rc == SB_OK)
		rc = admin_plastic_suspend(im->a, fields, im->dry, &im->done.suspended);
	if (rc == SB_OK && change == SB_REGISTRY_CHANGED)
		rc = admin_plastic_restored(im->a, fields, &im->done.restored);
	if (rc == SB_OK) {
		unsigned *counters[] = {&im->done.added, &im->done.changed, &im->done.same};

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
	int rc = sb_registry_seen(im->a->registry, r->rrn, line, &first);

	if (rc != SB_OK)
		return rc;
	if (first == line)
		return im->done.rows <= im->before.rows ? SB_OK : store_row(im, r);
	admin_row_refuse(&why, admin_row_name(ROW_RRN), "duplicate", "같은 주민등록번호가 %u번째 줄에 있습니다. 앞의 줄만 저장했습니다.",
		"the same number stands in line %u already; only that line is stored", first);
	return report(im, line, &why);
}

static bool has_width(const struct import *im, const struct sb_csv_row *csv, struct row_refusal *why)
{
	if (csv->count == im->columns.width)
		return true;
	if (csv->count > im->columns.width)
		return admin_row_refuse(why, "row", "too_many_fields", "칸이 %zu개로 첫 줄의 %zu개보다 많습니다. 쉼표가 든 값은 큰따옴표로 묶으세요.",
			"%zu fields, more than the %zu of the first line; put a value that has a comma in double quotes", csv->count, im->columns.width);
	return admin_row_refuse(why, "row", "too_few_fields", "칸이 %zu개로 첫 줄의 %zu개보다 적습니다.",
		"%zu fields, fewer than the %zu of the first line", csv->count, im->columns.width);
}

static int take_row(struct import *im, const struct sb_csv_row *csv)
{
	struct row r = {.directory = im->directory, .today = im->today};
	struct row_refusal why;
	int rc = SB_OK;

	if (!has_width(im, csv, &why))
		return report(im, csv->line, &why);
	for (size_t c = 0; rc == SB_OK && c < ROW_COLUMNS; c++)
		rc = admin_row_take(&r, (enum row_column)c, im->columns.place[c] >= 0 ? csv->fields[im->columns.place[c]] : "");
	if (rc == SB_OK && admin_row_check(&r, &why) && admin_extras_take(&im->columns.extras, csv, &r, &why))
		rc = take_right_row(im, &r, csv->line);
	else if (rc == SB_OK)
		rc = why.code ? report(im, csv->line, &why) : SB_E_NOMEM;
	admin_row_free(&r);
	return rc;
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

	return report(im, row->line, &words[row->fault]);
}

static int report_line(struct import *im, const struct import_line *line)
{
	static const struct row_refusal words[] = {
		[IMPORT_NO_FAULT] = {"row", "line", "읽을 수 없는 줄입니다.", "not a readable line"},
		[IMPORT_TOO_LONG] = {"row", "too_long", "줄이 128KiB를 넘습니다.", "the line is longer than 128 KiB"},
		[IMPORT_NOT_UTF8] = {"row", "not_utf8", "UTF-8이 아닙니다.", "not UTF-8"},
		[IMPORT_NOT_CP949] = {"row", "not_cp949", "CP949가 아닙니다.", "not CP949"},
		[IMPORT_CP949_IN_UTF8] = {"row", "mixed_encoding", "파일은 UTF-8인데 이 줄은 CP949로 보입니다. 한 가지 인코딩으로 저장하세요.",
			"the file is UTF-8, and this line looks like CP949; save it in one encoding"},
		[IMPORT_UTF8_IN_CP949] = {"row", "mixed_encoding", "파일은 CP949인데 이 줄은 UTF-8로 보입니다. 한 가지 인코딩으로 저장하세요.",
			"the file is CP949, and this line looks like UTF-8; save it in one encoding"},
	};

	return report(im, line->line, &words[line->fault]);
}

static int take_line(struct import *im, const struct import_line *line)
{
	struct sb_csv_row row;
	struct sb_csv csv = {sb_bytes_slice(&line->text), line->line};
	int rc;

	im->done.rows++;
	if (line->fault)
		return report_line(im, line);
	rc = sb_csv_next(&csv, &row);
	if (rc == SB_E_FORMAT)
		rc = report_malformed(im, &row);
	else if (rc == SB_OK)
		rc = take_row(im, &row);
	sb_csv_row_free(&row);
	return rc;
}

/* Somebody else may be at it for long; an import has time. */
static int begin(struct import *im)
{
	int rc = SB_E_BUSY;

	for (int i = 0; !im->dry && rc == SB_E_BUSY && i < BUSY_TRIES; i++)
		rc = im->a->registry->ops->begin(im->a->registry);
	return im->dry ? SB_OK : rc;
}

static int commit(struct import *im)
{
	return im->dry ? SB_OK : im->a->registry->ops->commit(im->a->registry);
}

/* What an import that was cut off had done up to here is done; its counts are ours. */
static void pass_mark(struct import *im)
{
	if (im->done.rows == im->before.rows) {
		im->done.added = im->before.added;
		im->done.changed = im->before.changed;
		im->done.same = im->before.same;
		im->done.suspended = im->before.suspended;
		im->done.restored = im->before.restored;
	}
}

/* In bits, so that others get their turn and an interrupted import keeps what it did. */
static int breathe(struct import *im)
{
	int rc = SB_OK;

	pass_mark(im);
	if (im->done.rows % BATCH != 0 || im->done.rows <= im->before.rows)
		return SB_OK;
	memcpy(im->done.chain, im->lines.chain, sizeof im->done.chain);
	if (im->report && fflush(im->report) != 0)
		return SB_E_IO;
	if (!im->dry)
		rc = import_mark_put(im->a->registry, &im->done);
	if (rc == SB_OK)
		rc = commit(im);
	if (rc == SB_OK && !im->dry)
		usleep(PAUSE_US);
	return rc == SB_OK ? begin(im) : rc;
}

static int take_rows(struct import *im)
{
	struct sb_registry *registry = im->a->registry;
	struct import_line line = {0};
	int rc = begin(im), got = SB_OK;

	sb_progress_start(&im->progress);
	while (rc == SB_OK && (got = import_lines_next(&im->lines, &line)) == SB_OK) {
		rc = take_line(im, &line);
		if (rc == SB_OK)
			rc = breathe(im);
		sb_progress_tell(&im->progress, im->done.rows, im->lines.size ? (double)im->lines.offset / (double)im->lines.size : -1);
	}
	import_line_free(&line);
	sb_progress_hide(&im->progress);
	if (rc == SB_OK && got != SB_E_NOT_FOUND)
		rc = got;
	if (rc == SB_OK && !im->dry)
		rc = sb_registry_audit(registry, im->a->officer, "registry import", "", im->refused ? "refused rows" : "ok");
	if (rc == SB_OK && !im->dry)
		rc = import_mark_put(registry, NULL);
	if (rc == SB_OK)
		rc = commit(im);
	if (rc != SB_OK)
		registry->ops->rollback(registry);
	return rc;
}

static int fail_report(struct import *im, int error, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_STORAGE, "cannot_write", "--report", _("%s cannot be written: %s."), sb_program_text(im->a->p, "--report"),
		_(sb_error_text(error)));
}

/* The report is written first without a row: what cannot be reported is not begun. */
static int open_report(struct import *im, struct sb_failure *f)
{
	const char *path = sb_program_text(im->a->p, "--report");
	struct stat in, out;
	int fd;

	if (!path)
		return SB_EXIT_OK;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
	if (fd < 0)
		return fail_report(im, sb_error_from_errno(errno), f);
	if (fstat(fd, &out) == 0 && fstat(im->lines.fd, &in) == 0 && in.st_dev == out.st_dev && in.st_ino == out.st_ino) {
		close(fd);
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--report", _("--report names the file that is imported. Give the report a name of its own."));
	}
	if (ftruncate(fd, 0) != 0 && errno != EINVAL) { /* a device has no length */
		close(fd);
		return fail_report(im, SB_E_IO, f);
	}
	im->report = fdopen(fd, "w");
	if (!im->report) {
		close(fd);
		return fail_report(im, SB_E_NOMEM, f);
	}
	fputs("row,field,code,message_ko,message_en\n", im->report);
	return fflush(im->report) == 0 ? SB_EXIT_OK : fail_report(im, sb_error_from_errno(errno), f);
}

static int close_report(struct import *im, struct sb_failure *f)
{
	bool good = true;

	if (im->report) {
		good = fflush(im->report) == 0 && (fsync(fileno(im->report)) == 0 || errno == EINVAL) && !ferror(im->report);
		good = fclose(im->report) == 0 && good;
	}
	im->report = NULL;
	return good ? SB_EXIT_OK : fail_report(im, SB_E_IO, f);
}

static int fail_read(struct import *im, int error, struct sb_failure *f)
{
	const char *path = sb_program_operand(im->a->p, 0);

	if (error == SB_E_UNSUPPORTED)
		return sb_fail(f, SB_EXIT_CONFIG, "no_cp949", path, _("This system cannot read CP949 (gconv)."));
	return sb_fail(f, SB_EXIT_DATA, "cannot_read", path, _("%s cannot be read: %s."), path, _(sb_error_text(error)));
}

/* What else than the file's bytes decides what an import does stands at the chain's beginning. */
static int start_lines(struct import *im, struct sb_failure *f)
{
	const char *words[] = {sb_program_operand(im->a->p, 0), sb_program_text(im->a->p, "--encoding"), sb_program_text(im->a->p, "--map"), im->today};
	struct sb_slice pieces[4];
	enum import_encoding encoding;
	int rc;

	for (size_t i = 0; i < 4; i++)
		pieces[i] = sb_slice(words[i] ? words[i] : "", words[i] ? strlen(words[i]) : 0);
	if (!import_encoding_parse(words[1], &encoding))
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--encoding", _("--encoding takes utf-8, cp949 or auto."));
	import_lines_close(&im->lines);
	rc = import_lines_open(&im->lines, words[0], encoding);
	if (rc == SB_OK)
		rc = sb_mac_pieces(sb_slice(im->lines.chain, sizeof im->lines.chain), pieces, 4, im->lines.chain);
	return rc == SB_OK ? SB_EXIT_OK : fail_read(im, rc, f);
}

/* Passes the lines of an import that was cut off, when this file begins with the same ones: im->before stands then. */
static int find_mark(struct import *im, struct sb_failure *f)
{
	struct import_mark mark;
	struct import_line line = {0};
	int rc = im->dry || !im->lines.size ? SB_E_NOT_FOUND : import_mark_get(im->a->registry, &mark);

	for (unsigned i = 0; rc == SB_OK && i <= mark.rows; i++)
		rc = import_lines_next(&im->lines, &line);
	import_line_free(&line);
	if (rc == SB_OK && memcmp(mark.chain, im->lines.chain, sizeof mark.chain) == 0)
		im->before = mark;
	if (rc != SB_OK && rc != SB_E_NOT_FOUND)
		return admin_fail(rc, "registry.db", f);
	return im->dry || !im->lines.size ? SB_EXIT_OK : start_lines(im, f);
}

static int take_header(struct import *im, struct sb_failure *f)
{
	struct import_line line = {0};
	struct sb_csv_row header = {0};
	struct sb_csv csv;
	int rc = import_lines_next(&im->lines, &line);

	if (rc == SB_OK && !line.fault) {
		sb_csv_start(&csv, sb_bytes_slice(&line.text));
		rc = sb_csv_next(&csv, &header);
	}
	if (rc != SB_OK || line.fault)
		rc = sb_fail(f, SB_EXIT_DATA, "bad_header", NULL, _("The file has no readable first line with the columns' names (UTF-8 or CP949)."));
	else if ((rc = admin_extras_load(&im->columns.extras, f)) == SB_EXIT_OK)
		rc = import_columns_take(&im->columns, &header, sb_program_text(im->a->p, "--map"), f);
	sb_csv_row_free(&header);
	import_line_free(&line);
	return rc;
}

static int take_lock(struct import *im, struct sb_failure *f)
{
	const char *path = admin_path(im->a->p, "import.lock");
	int rc = im->dry ? SB_OK : import_lock(path, &im->lock);

	if (rc == SB_E_BUSY)
		return sb_fail(f, SB_EXIT_NOT_NOW, "import_running", NULL, _("Another import into this registry is running. Wait until it has ended."));
	return rc == SB_OK ? SB_EXIT_OK : admin_fail(rc, path, f);
}

static int import_file(struct import *im, struct sb_failure *f)
{
	int rc = take_lock(im, f), taken;

	if (rc == SB_EXIT_OK)
		rc = start_lines(im, f);
	if (rc == SB_EXIT_OK)
		rc = find_mark(im, f);
	if (rc == SB_EXIT_OK)
		rc = take_header(im, f);
	if (rc == SB_EXIT_OK)
		rc = open_report(im, f);
	if (rc != SB_EXIT_OK)
		return rc;
	if (im->before.rows)
		sb_warn(im->a->p, _("An import of this file was cut off after %u rows; it goes on from there."), im->before.rows);
	taken = take_rows(im);
	if (taken == SB_E_TOO_LARGE)
		return fail_read(im, taken, f);
	return taken == SB_OK ? SB_EXIT_OK : admin_fail(taken, "registry.db", f);
}

static void tell(struct import *im, json_t *result)
{
	const struct import_mark *d = &im->done;

	json_object_set_new(result, "rows", json_integer(d->rows));
	json_object_set_new(result, "added", json_integer(d->added));
	json_object_set_new(result, "changed", json_integer(d->changed));
	json_object_set_new(result, "same", json_integer(d->same));
	json_object_set_new(result, "refused", json_integer(im->refused));
	json_object_set_new(result, "suspended", json_integer(d->suspended));
	json_object_set_new(result, "restored", json_integer(d->restored));
	json_object_set_new(result, "dry_run", json_boolean(im->dry));
	if (im->before.rows)
		json_object_set_new(result, "resumed_at", json_integer(im->before.rows));
	sb_say(im->a->p, _("%u rows: %u added, %u changed, %u the same, %u refused\n"), d->rows, d->added, d->changed, d->same, im->refused);
	if (im->dry)
		sb_say(im->a->p, _("That is what an import would do. Nothing was written.\n"));
	else if (d->suspended)
		sb_say(im->a->p,
			ngettext("%u mobile card suspended, as its plastic card is lost or the registration cancelled.\n",
				"%u mobile cards suspended, as their plastic cards are lost or the registrations cancelled.\n",
				d->suspended),
			d->suspended);
	if (d->restored)
		sb_say(im->a->p,
			ngettext("%u mobile card is still suspended whose plastic card is valid again. See it: cards suspended --restored. Then: resume\n",
				"%u mobile cards are still suspended whose plastic cards are valid again. See them: cards suspended --restored. Then each: resume\n",
				d->restored),
			d->restored);
}

static int finish(struct import *im, json_t *result, struct sb_failure *f)
{
	int rc = close_report(im, f);

	tell(im, result);
	if (!im->dry)
		admin_publish_due(im->a, result);
	if (rc == SB_EXIT_OK && im->refused)
		rc = sb_fail(f, SB_EXIT_DATA, "rows_refused", sb_program_text(im->a->p, "--report"),
			im->dry ? _("Some rows would be refused.") : _("Some rows were refused; the others are stored. Mend them and import again."));
	return rc;
}

static int import(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	const char *path = sb_program_operand(p, 0);
	struct admin a;
	struct import im = {.a = &a, .lock = -1, .lines = {.fd = -1, .iconv = (iconv_t)-1}, .dry = sb_program_flag(p, "--dry-run")};
	char *slash;
	int rc = admin_open(p, &a, f);

	if (rc != SB_EXIT_OK)
		return rc;
	sb_date_today(im.today);
	snprintf(im.directory, sizeof im.directory, "%s", path);
	slash = strrchr(im.directory, '/');
	snprintf(slash ? slash : im.directory, 2, "%s", slash ? "" : ".");
	rc = import_file(&im, f);
	if (rc == SB_EXIT_OK)
		rc = finish(&im, result, f);
	if (im.report)
		fclose(im.report);
	import_lines_close(&im.lines);
	admin_extras_free(&im.columns.extras);
	admin_close(&a);
	if (im.lock >= 0)
		close(im.lock);
	return rc;
}

static const struct sb_option options[] = {
	{"--encoding", SB_OPTION_TEXT, "NAME", N_("utf-8, cp949 or auto (as the file looks)"), false},
	{"--map", SB_OPTION_TEXT, "COLUMN=HEADER,…", N_("which header of the file is which column; - passes one over"), false},
	{"--dry-run", SB_OPTION_FLAG, NULL, N_("check all rows and write nothing but the report"), false},
	{"--report", SB_OPTION_FILE, "FILE", N_("write the refused rows to FILE, as CSV"), false},
	{"--officer", SB_OPTION_TEXT, "ID", N_("who does this, for the audit"), false},
	{0},
};

const struct sb_verb admin_import = {"registry import", "FILE.csv", 1, 1, N_("take residents from a CSV file"), options, import};
