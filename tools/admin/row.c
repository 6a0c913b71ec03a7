/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/row.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "base/file.h"
#include "common/picture.h"
#include "common/unicode.h"
#include "common/verb.h"
#include "identity/phone.h"

enum { PORTRAIT_MAX = 64 * 1024, NAME_CHARACTERS = 80, TEXT_CHARACTERS = 200 };

typedef bool check_fn(struct row *r, enum row_column c, struct row_refusal *why);
static check_fn check_rrn, check_name, check_text, check_issue_date, check_optional, check_flag, check_card_status, check_phone,
	check_carrier, check_portrait;

static const struct {
	const char *name;
	bool required;
	check_fn *check;
} columns[ROW_COLUMNS] = {
	[ROW_RRN] = {"rrn", true, check_rrn},
	[ROW_NAME] = {"name", true, check_name},
	[ROW_ADDRESS] = {"address", true, check_text},
	[ROW_AUTHORITY] = {"authority", true, check_text},
	[ROW_ISSUE_DATE] = {"issue_date", true, check_issue_date},
	[ROW_NAME_HANJA] = {"name_hanja", false, check_optional},
	[ROW_OVERSEAS] = {"overseas", false, check_flag},
	[ROW_CARD_STATUS] = {"card_status", false, check_card_status},
	[ROW_PHONE] = {"phone", false, check_phone},
	[ROW_CARRIER] = {"carrier", false, check_carrier},
	[ROW_PHONE_OWNER] = {"phone_owner", false, check_optional},
	[ROW_PORTRAIT] = {"portrait", false, check_portrait},
};

const char *admin_row_name(enum row_column column)
{
	return columns[column].name;
}

bool admin_row_requires(enum row_column column)
{
	return columns[column].required;
}

bool admin_row_refuse(struct row_refusal *why, const char *field, const char *code, const char *ko, const char *en, ...)
{
	va_list args;

	*why = (struct row_refusal){.field = field, .code = code};
	va_start(args, en);
	vsnprintf(why->ko, sizeof why->ko, ko, args);
	va_end(args);
	va_start(args, en);
	vsnprintf(why->en, sizeof why->en, en, args);
	va_end(args);
	return false;
}

static bool check_rrn(struct row *r, enum row_column c, struct row_refusal *why)
{
	enum sb_rrn_verdict verdict = sb_rrn_check(r->text[c], r->today, r->rrn, r->birth_date);
	const char *name = columns[c].name;

	switch (verdict) {
	case SB_RRN_FORM:
		return admin_row_refuse(why, name, "rrn_form", "주민등록번호 13자리(YYMMDD-SNNNNNN)가 아닙니다.",
			"not a 13-digit number YYMMDD-SNNNNNN");
	case SB_RRN_FOREIGNER:
		return admin_row_refuse(why, name, "rrn_foreigner", "외국인등록번호입니다. 이 신분증의 발급 대상이 아닙니다.",
			"a foreigner's number: not a holder of this card");
	case SB_RRN_DATE:
		return admin_row_refuse(why, name, "rrn_date", "주민등록번호의 생년월일이 달력에 없습니다.",
			"the date of birth in the number does not exist");
	case SB_RRN_FUTURE:
		return admin_row_refuse(why, name, "rrn_future", "주민등록번호의 생년월일이 미래입니다.",
			"the date of birth in the number is in the future");
	case SB_RRN_OK:
		break;
	}
	return true;
}

static bool text_fits(const char *text, long most)
{
	return !sb_unicode_is_blank(text) && sb_utf8_length(text, strlen(text)) <= most && sb_is_clean(text);
}

static bool check_name(struct row *r, enum row_column c, struct row_refusal *why)
{
	return text_fits(r->text[c], NAME_CHARACTERS) ||
	       admin_row_refuse(why, columns[c].name, "text", "비었거나 80자를 넘거나 쓸 수 없는 문자가 있습니다.",
		       "empty, longer than 80 characters, or with control characters");
}

static bool check_text(struct row *r, enum row_column c, struct row_refusal *why)
{
	return text_fits(r->text[c], TEXT_CHARACTERS) ||
	       admin_row_refuse(why, columns[c].name, "text", "비었거나 200자를 넘거나 쓸 수 없는 문자가 있습니다.",
		       "empty, longer than 200 characters, or with control characters");
}

static bool check_optional(struct row *r, enum row_column c, struct row_refusal *why)
{
	return !*r->text[c] || check_text(r, c, why);
}

static bool check_issue_date(struct row *r, enum row_column c, struct row_refusal *why)
{
	const char *name = columns[c].name;
	char digits[9];

	if (!sb_date_parse(r->text[c], digits))
		return admin_row_refuse(why, name, "date", "YYYY-MM-DD 형식의 실제 날짜가 아닙니다.", "not a calendar date YYYY-MM-DD");
	if (strcmp(digits, r->today) > 0)
		return admin_row_refuse(why, name, "future", "발급일자가 미래입니다.", "the issue date is in the future");
	if (strcmp(digits, r->birth_date) < 0)
		return admin_row_refuse(why, name, "before_birth", "발급일자가 출생보다 앞섭니다.", "the issue date is before the birth");
	return true;
}

static bool one_of(const char *text, const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		if (strcmp(words[i], text) == 0)
			return true;
	return false;
}

static bool check_flag(struct row *r, enum row_column c, struct row_refusal *why)
{
	static const char *const words[] = {"", "0", "1", NULL};

	return one_of(r->text[c], words) || admin_row_refuse(why, columns[c].name, "word", "0 또는 1이어야 합니다.", "must be 0 or 1");
}

static bool check_card_status(struct row *r, enum row_column c, struct row_refusal *why)
{
	static const char *const words[] = {"", "valid", "lost", "cancelled", NULL};

	return one_of(r->text[c], words) ||
	       admin_row_refuse(why, columns[c].name, "word", "valid, lost, cancelled 중 하나여야 합니다.", "must be valid, lost or cancelled");
}

static bool check_carrier(struct row *r, enum row_column c, struct row_refusal *why)
{
	return !*r->text[c] || sb_carrier_find(r->text[c]) ||
	       admin_row_refuse(why, columns[c].name, "word", "알 수 없는 통신사입니다 (SKT, KT, LGU, SKT_MVNO, KT_MVNO, LGU_MVNO).",
		       "unknown carrier (SKT, KT, LGU, SKT_MVNO, KT_MVNO, LGU_MVNO)");
}

static bool check_phone(struct row *r, enum row_column c, struct row_refusal *why)
{
	char phone[SB_PHONE_TEXT];
	bool good = !*r->text[c] || (sb_phone_read(r->text[c], phone) && strcmp(phone, r->text[c]) == 0);

	return good || admin_row_refuse(why, columns[c].name, "phone", "010-0000-0000 형식이어야 합니다.", "must be of the form 010-0000-0000");
}

/* No part of the path is "..", and it does not start at the root. */
static bool stays_beside(const char *path)
{
	if (*path == '/')
		return false;
	for (;;) {
		size_t len = strcspn(path, "/");

		if (len == 2 && strncmp(path, "..", 2) == 0)
			return false;
		if (!path[len])
			return true;
		path += len + 1;
	}
}

/* Nor does a link lead out of the directory. True also where there is nothing: that is told when it is read. */
static bool is_beside(const char *directory, const char *path)
{
	char *within = realpath(directory, NULL), *real = realpath(path, NULL);
	size_t len = within ? strlen(within) : 0;
	bool beside = !real || (len && strncmp(real, within, len) == 0 && (real[len] == '/' || len == 1));

	free(within);
	free(real);
	return beside;
}

/* A JPEG beside the CSV file, small enough to travel with the card; no path leads out of the directory. */
static bool check_portrait(struct row *r, enum row_column c, struct row_refusal *why)
{
	const char *name = columns[c].name;
	struct sb_bytes picture = {0};
	char path[4096];
	int rc;

	if (!*r->text[c])
		return true;
	if (!stays_beside(r->text[c]))
		return admin_row_refuse(why, name, "path", "사진 경로는 CSV 파일이 있는 폴더 안이어야 합니다.", "the path must stay beside the CSV file");
	if ((size_t)snprintf(path, sizeof path, "%s/%s", r->directory, r->text[c]) >= sizeof path)
		return admin_row_refuse(why, name, "path", "사진 경로가 너무 깁니다.", "the path is too long");
	if (!is_beside(r->directory, path))
		return admin_row_refuse(why, name, "path", "사진 경로는 CSV 파일이 있는 폴더 안이어야 합니다.", "the path must stay beside the CSV file");
	rc = sb_file_read(path, PORTRAIT_MAX, &picture);
	if (rc == SB_E_TOO_LARGE)
		admin_row_refuse(why, name, "portrait", "사진이 64KiB를 넘습니다.", "the picture is larger than 64 KiB");
	else if (rc != SB_OK)
		admin_row_refuse(why, name, "portrait", "사진 파일을 읽을 수 없습니다.", "the picture cannot be read");
	else if ((rc = sb_picture_check_jpeg(sb_bytes_slice(&picture))) == SB_E_FORMAT)
		admin_row_refuse(why, name, "portrait", "JPEG 사진이 아닙니다.", "the picture is no JPEG");
	else if (rc == SB_E_TOO_LARGE)
		admin_row_refuse(why, name, "portrait", "사진이 너무 큽니다(한 변이 %d픽셀 이내).", "the picture has too many pixels (at most %d a side)",
			SB_PICTURE_SIDE_MAX);
	else if (rc != SB_OK || (rc = sb_base64_encode(picture.data, picture.len, &r->portrait)) != SB_OK)
		admin_row_refuse(why, name, "portrait", "사진 파일이 손상되었습니다.", "the picture is broken or cut short");
	sb_bytes_free(&picture);
	return rc == SB_OK;
}

/* A path is a name of the file system's, which may tell spellings apart. */
int admin_row_take(struct row *r, enum row_column column, const char *text)
{
	r->text[column] = column == ROW_PORTRAIT ? strdup(text) : sb_unicode_nfc(text);
	return r->text[column] ? SB_OK : SB_E_NOMEM;
}

bool admin_row_check(struct row *r, struct row_refusal *why)
{
	for (size_t c = 0; c < ROW_COLUMNS; c++)
		if (!columns[c].check(r, (enum row_column)c, why))
			return false;
	return true;
}

json_t *admin_row_fields(const struct row *r)
{
	json_t *fields = json_object();

	for (size_t c = 0; c < ROW_COLUMNS; c++)
		if (*r->text[c] && c != ROW_PORTRAIT)
			json_object_set_new(fields, columns[c].name, json_string(r->text[c]));
	json_object_set_new(fields, "rrn", json_string(r->rrn));
	json_object_set_new(fields, "birth_date", json_string(r->birth_date));
	if (r->portrait.len)
		json_object_set_new(fields, "portrait", json_stringn((const char *)r->portrait.data, r->portrait.len));
	if (r->extra)
		json_object_update(fields, r->extra);
	return fields;
}

void admin_row_free(struct row *r)
{
	for (size_t c = 0; c < ROW_COLUMNS; c++)
		sb_text_free(&r->text[c]);
	sb_bytes_free(&r->portrait);
	json_decref(r->extra);
	r->extra = NULL;
}
