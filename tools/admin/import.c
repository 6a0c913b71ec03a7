/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "registry/csv.h"
#include "registry/rrn.h"

/* `registry import`: rows into residents. Every row stands or falls alone; a refused one is reported with its line and field. */

enum { CSV_MAX = 512 << 20, PORTRAIT_MAX = 64 * 1024, BATCH = 1000, NAME_CHARACTERS = 80, TEXT_CHARACTERS = 200 };

enum column {
	RRN, NAME, ADDRESS, AUTHORITY, ISSUE_DATE, NAME_HANJA, OVERSEAS, CARD_STATUS, PHONE, CARRIER, PHONE_OWNER, PORTRAIT, COLUMNS
};

struct refusal {
	const char *field, *code, *ko, *en;
};

struct row {
	const char *text[COLUMNS]; /* "" where the column is absent */
	const char *directory;     /* of the CSV file, for portraits */
	const char *today;
	char rrn[SB_RRN_TEXT], birth_date[9];
	struct sb_bytes portrait; /* base64 */
};

typedef bool check_fn(struct row *r, enum column c, struct refusal *why);
static check_fn check_rrn, check_name, check_text, check_issue_date, check_optional, check_flag, check_card_status, check_phone,
	check_carrier, check_portrait;

static const struct {
	const char *name;
	bool required;
	check_fn *check;
} columns[COLUMNS] = {
	[RRN] = {"rrn", true, check_rrn},
	[NAME] = {"name", true, check_name},
	[ADDRESS] = {"address", true, check_text},
	[AUTHORITY] = {"authority", true, check_text},
	[ISSUE_DATE] = {"issue_date", true, check_issue_date},
	[NAME_HANJA] = {"name_hanja", false, check_optional},
	[OVERSEAS] = {"overseas", false, check_flag},
	[CARD_STATUS] = {"card_status", false, check_card_status},
	[PHONE] = {"phone", false, check_phone},
	[CARRIER] = {"carrier", false, check_carrier},
	[PHONE_OWNER] = {"phone_owner", false, check_optional},
	[PORTRAIT] = {"portrait", false, check_portrait},
};

static bool refuse(struct refusal *why, const char *field, const char *code, const char *ko, const char *en)
{
	*why = (struct refusal){field, code, ko, en};
	return false;
}

static bool check_rrn(struct row *r, enum column c, struct refusal *why)
{
	static const struct {
		const char *code, *ko, *en;
	} words[] = {
		[SB_RRN_FORM] = {"rrn_form", "주민등록번호 13자리(YYMMDD-SNNNNNN)가 아닙니다.", "not a 13-digit number YYMMDD-SNNNNNN"},
		[SB_RRN_FOREIGNER] = {"rrn_foreigner", "외국인등록번호입니다. 이 신분증의 발급 대상이 아닙니다.",
			"a foreigner's number: not a holder of this card"},
		[SB_RRN_DATE] = {"rrn_date", "주민등록번호의 생년월일이 달력에 없습니다.", "the date of birth in the number does not exist"},
		[SB_RRN_FUTURE] = {"rrn_future", "주민등록번호의 생년월일이 미래입니다.", "the date of birth in the number is in the future"},
	};
	enum sb_rrn_verdict verdict = sb_rrn_check(r->text[c], r->today, r->rrn, r->birth_date);

	return verdict == SB_RRN_OK || refuse(why, columns[c].name, words[verdict].code, words[verdict].ko, words[verdict].en);
}

static bool text_fits(const char *text, long most)
{
	long len = sb_utf8_length(text, strlen(text));

	return len >= 0 && len <= most && strcmp(sb_clean(text), text) == 0;
}

static bool check_name(struct row *r, enum column c, struct refusal *why)
{
	return (*r->text[c] && text_fits(r->text[c], NAME_CHARACTERS)) ||
	       refuse(why, columns[c].name, "text", "비었거나 80자를 넘거나 쓸 수 없는 문자가 있습니다.",
		       "empty, longer than 80 characters, or with control characters");
}

static bool check_text(struct row *r, enum column c, struct refusal *why)
{
	return (*r->text[c] && text_fits(r->text[c], TEXT_CHARACTERS)) ||
	       refuse(why, columns[c].name, "text", "비었거나 200자를 넘거나 쓸 수 없는 문자가 있습니다.",
		       "empty, longer than 200 characters, or with control characters");
}

static bool check_optional(struct row *r, enum column c, struct refusal *why)
{
	return !*r->text[c] || check_text(r, c, why);
}

static bool check_issue_date(struct row *r, enum column c, struct refusal *why)
{
	char digits[9];

	if (!sb_date_parse(r->text[c], digits))
		return refuse(why, columns[c].name, "date", "YYYY-MM-DD 형식의 실제 날짜가 아닙니다.", "not a calendar date YYYY-MM-DD");
	if (strcmp(digits, r->today) > 0)
		return refuse(why, columns[c].name, "future", "발급일자가 미래입니다.", "the issue date is in the future");
	/* A wrong RRN was reported already; then there is nothing to compare with. */
	if (*r->birth_date && strcmp(digits, r->birth_date) < 0)
		return refuse(why, columns[c].name, "before_birth", "발급일자가 출생보다 앞섭니다.", "the issue date is before the birth");
	return true;
}

static bool one_of(const char *text, const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		if (strcmp(words[i], text) == 0)
			return true;
	return false;
}

static bool check_flag(struct row *r, enum column c, struct refusal *why)
{
	static const char *const words[] = {"", "0", "1", NULL};

	return one_of(r->text[c], words) || refuse(why, columns[c].name, "word", "0 또는 1이어야 합니다.", "must be 0 or 1");
}

static bool check_card_status(struct row *r, enum column c, struct refusal *why)
{
	static const char *const words[] = {"", "valid", "lost", "cancelled", NULL};

	return one_of(r->text[c], words) ||
	       refuse(why, columns[c].name, "word", "valid, lost, cancelled 중 하나여야 합니다.", "must be valid, lost or cancelled");
}

static bool check_carrier(struct row *r, enum column c, struct refusal *why)
{
	static const char *const words[] = {"", "SKT", "KT", "LGU", "SKT_MVNO", "KT_MVNO", "LGU_MVNO", NULL};

	return one_of(r->text[c], words) ||
	       refuse(why, columns[c].name, "word", "알 수 없는 통신사입니다 (SKT, KT, LGU, SKT_MVNO, KT_MVNO, LGU_MVNO).",
		       "unknown carrier (SKT, KT, LGU, SKT_MVNO, KT_MVNO, LGU_MVNO)");
}

static bool check_phone(struct row *r, enum column c, struct refusal *why)
{
	const char *t = r->text[c];
	size_t len = strlen(t);
	bool good = !len || (len == 13 && strncmp(t, "010-", 4) == 0 && strspn(t + 4, "0123456789") == 4 && t[8] == '-' &&
				    strspn(t + 9, "0123456789") == 4);

	return good || refuse(why, columns[c].name, "phone", "010-0000-0000 형식이어야 합니다.", "must be of the form 010-0000-0000");
}

/* A JPEG beside the CSV file, small enough to travel with the card; no path leads out of the directory. */
static bool check_portrait(struct row *r, enum column c, struct refusal *why)
{
	struct sb_bytes picture = {0};
	char path[4096];
	bool good;

	if (!*r->text[c])
		return true;
	if (r->text[c][0] == '/' || strstr(r->text[c], ".."))
		return refuse(why, columns[c].name, "path", "사진 경로는 CSV 파일이 있는 폴더 안이어야 합니다.", "the path must stay beside the CSV file");
	snprintf(path, sizeof path, "%s/%s", r->directory, r->text[c]);
	good = sb_file_read(path, PORTRAIT_MAX, &picture) == SB_OK && picture.len > 3 && memcmp(picture.data, "\xff\xd8\xff", 3) == 0 &&
	       sb_base64_encode(picture.data, picture.len, &r->portrait) == SB_OK;
	sb_bytes_free(&picture);
	return good || refuse(why, columns[c].name, "portrait", "사진을 읽을 수 없거나, JPEG가 아니거나, 64KiB를 넘습니다.",
				"the picture cannot be read, is no JPEG, or is larger than 64 KiB");
}

struct import {
	struct admin *a;
	struct sb_bytes report;
	int place[COLUMNS]; /* of each column in a row, -1 when absent */
	char directory[4096], today[9];
	unsigned rows, added, changed, same, refused;
};

static int report(struct import *im, unsigned line, const struct refusal *why)
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
	if (!sb_program_text(im->a->p, "--report"))
		sb_warn(im->a->p, "%s, %s %s: %s", _("refused"), _("line"), number,
			strcmp(sb_program_lang(im->a->p), "ko") == 0 ? why->ko : why->en);
	return rc;
}

static int store_row(struct import *im, const struct row *r)
{
	json_t *fields = json_object();
	enum sb_registry_change change;
	int rc;

	for (size_t c = 0; c < COLUMNS; c++)
		if (*r->text[c] && c != PORTRAIT)
			json_object_set_new(fields, columns[c].name, json_string(r->text[c]));
	json_object_set_new(fields, "rrn", json_string(r->rrn));
	json_object_set_new(fields, "birth_date", json_string(r->birth_date));
	if (r->portrait.len)
		json_object_set_new(fields, "portrait", json_stringn((const char *)r->portrait.data, r->portrait.len));
	rc = sb_registry_store(im->a->registry, fields, &change);
	if (rc == SB_OK) {
		unsigned *counters[] = {&im->added, &im->changed, &im->same};

		++*counters[change];
	}
	json_decref(fields);
	return rc;
}

static int take_row(struct import *im, const struct sb_csv_row *csv)
{
	struct row r = {.directory = im->directory, .today = im->today};
	struct refusal why;
	int rc = SB_OK;

	im->rows++;
	for (size_t c = 0; c < COLUMNS; c++)
		r.text[c] = im->place[c] >= 0 && (size_t)im->place[c] < csv->count ? csv->fields[im->place[c]] : "";
	for (size_t c = 0; c < COLUMNS; c++)
		if (!columns[c].check(&r, (enum column)c, &why)) {
			rc = report(im, csv->line, &why);
			goto out;
		}
	rc = store_row(im, &r);
out:
	sb_bytes_free(&r.portrait);
	return rc;
}

static int take_header(struct import *im, const struct sb_csv_row *csv, struct sb_failure *f)
{
	for (size_t c = 0; c < COLUMNS; c++)
		im->place[c] = -1;
	for (size_t i = 0; i < csv->count; i++) {
		size_t c = 0;

		while (c < COLUMNS && strcmp(columns[c].name, csv->fields[i]) != 0)
			c++;
		if (c == COLUMNS || im->place[c] >= 0)
			return sb_fail(f, SB_EXIT_DATA, "bad_header", sb_clean(csv->fields[i]), _("The first line has an unknown or repeated column: %s."),
				sb_clean(csv->fields[i]));
		im->place[c] = (int)i;
	}
	for (size_t c = 0; c < COLUMNS; c++)
		if (columns[c].required && im->place[c] < 0)
			return sb_fail(f, SB_EXIT_DATA, "bad_header", columns[c].name, _("The first line lacks the column %s."), columns[c].name);
	return SB_EXIT_OK;
}

static int take_rows(struct import *im, struct sb_csv *csv)
{
	static const struct refusal malformed = {"row", "csv", "CSV 형식이 아니거나 UTF-8이 아닙니다.", "not a CSV row, or not UTF-8"};
	struct sb_registry *registry = im->a->registry;
	struct sb_csv_row row;
	int rc = registry->ops->begin(registry), got;

	while (rc == SB_OK && (got = sb_csv_next(csv, &row)) != SB_E_NOT_FOUND) {
		if (got == SB_E_NOMEM)
			rc = got;
		else if (got != SB_OK) {
			im->rows++;
			rc = report(im, row.line, &malformed);
		} else {
			rc = take_row(im, &row);
			sb_csv_row_free(&row);
		}
		/* In bits, so that others get their turn and an interrupted import keeps what it did. */
		if (rc == SB_OK && im->rows % BATCH == 0) {
			rc = registry->ops->commit(registry);
			if (rc == SB_OK)
				rc = registry->ops->begin(registry);
		}
	}
	if (rc == SB_OK)
		rc = sb_registry_audit(registry, im->a->officer, "registry import", "", im->refused ? "refused rows" : "ok");
	if (rc == SB_OK)
		rc = registry->ops->commit(registry);
	if (rc != SB_OK)
		registry->ops->rollback(registry);
	return rc;
}

static int import_text(struct import *im, const struct sb_bytes *text, struct sb_failure *f)
{
	struct sb_csv csv;
	struct sb_csv_row header;
	int rc;

	sb_csv_start(&csv, sb_bytes_slice(text));
	if (sb_csv_next(&csv, &header) != SB_OK)
		return sb_fail(f, SB_EXIT_DATA, "bad_header", NULL, _("The file has no readable first line with the columns' names (UTF-8)."));
	rc = take_header(im, &header, f);
	sb_csv_row_free(&header);
	if (rc != SB_EXIT_OK)
		return rc;
	rc = sb_bytes_append_text(&im->report, "row,field,code,message_ko,message_en\n");
	if (rc == SB_OK)
		rc = take_rows(im, &csv);
	return rc == SB_OK ? SB_EXIT_OK : admin_fail(rc, "registry.db", f);
}

static int finish(struct import *im, json_t *result, struct sb_failure *f)
{
	const char *path = sb_program_text(im->a->p, "--report");
	int rc = path ? sb_file_write(path, im->report.data, im->report.len, 0600) : SB_OK;

	json_object_set_new(result, "rows", json_integer(im->rows));
	json_object_set_new(result, "added", json_integer(im->added));
	json_object_set_new(result, "changed", json_integer(im->changed));
	json_object_set_new(result, "same", json_integer(im->same));
	json_object_set_new(result, "refused", json_integer(im->refused));
	sb_say(im->a->p, _("%u rows: %u added, %u changed, %u the same, %u refused\n"), im->rows, im->added, im->changed, im->same, im->refused);
	if (rc != SB_OK)
		return admin_fail(rc, path, f);
	if (im->refused)
		return sb_fail(f, SB_EXIT_DATA, "rows_refused", path, _("Some rows were refused; the others are stored. Mend them and import again."));
	return SB_EXIT_OK;
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
	admin_close(&a);
	return rc;
}

static const struct sb_option options[] = {
	{"--report", SB_OPTION_FILE, "FILE", N_("write the refused rows to FILE, as CSV"), false},
	{"--officer", SB_OPTION_TEXT, "ID", N_("who does this, for the audit"), false},
	{0},
};

const struct sb_verb admin_import = {"registry import", "FILE.csv", 1, 1, N_("take residents from a CSV file"), options, import};
