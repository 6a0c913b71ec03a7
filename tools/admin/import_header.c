/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/import_header.h"

#include <string.h>

#include "base/bytes.h"
#include "common/i18n.h"
#include "common/unicode.h"
#include "common/verb.h"

#define IGNORED "-"

/* What registers call their columns; compared without blanks. */
static const struct {
	enum row_column column;
	const char *header;
} headers[] = {
	{ROW_RRN, "주민등록번호"},
	{ROW_RRN, "주민번호"},
	{ROW_NAME, "성명"},
	{ROW_NAME, "이름"},
	{ROW_ADDRESS, "주소"},
	{ROW_ADDRESS, "도로명주소"},
	{ROW_AUTHORITY, "발급기관"},
	{ROW_AUTHORITY, "발급청"},
	{ROW_ISSUE_DATE, "발급일자"},
	{ROW_ISSUE_DATE, "발급일"},
	{ROW_NAME_HANJA, "한자성명"},
	{ROW_NAME_HANJA, "한자이름"},
	{ROW_NAME_HANJA, "성명(한자)"},
	{ROW_OVERSEAS, "재외국민"},
	{ROW_OVERSEAS, "재외국민여부"},
	{ROW_CARD_STATUS, "주민등록증상태"},
	{ROW_CARD_STATUS, "카드상태"},
	{ROW_PHONE, "휴대전화"},
	{ROW_PHONE, "휴대전화번호"},
	{ROW_PHONE, "휴대폰번호"},
	{ROW_PHONE, "전화번호"},
	{ROW_CARRIER, "통신사"},
	{ROW_PHONE_OWNER, "명의자"},
	{ROW_PHONE_OWNER, "휴대전화명의자"},
	{ROW_PORTRAIT, "사진"},
	{ROW_PORTRAIT, "사진파일"},
};

/* Ours, or NULL. */
static int *place_of(struct import_columns *c, const char *name)
{
	struct extra_column *extra = admin_extra_find(&c->extras, name);

	for (size_t i = 0; i < ROW_COLUMNS; i++)
		if (strcmp(admin_row_name((enum row_column)i), name) == 0)
			return &c->place[i];
	return extra ? &extra->place : NULL;
}

static int *place_by_header(struct import_columns *c, const char *header)
{
	int *place = place_of(c, header);

	for (size_t i = 0; !place && i < sizeof headers / sizeof *headers; i++)
		if (sb_unicode_same_name(headers[i].header, header))
			place = &c->place[headers[i].column];
	return place;
}

/* A pair of the map, as it stands there. */
struct pair {
	const char *column, *header;
	size_t column_len, header_len;
};

static bool next_pair(const char **map, struct pair *pair)
{
	const char *text = *map;
	size_t len = text ? strcspn(text, ",") : 0, column = len ? strcspn(text, "=") : 0;

	if (!len)
		return false;
	*pair = (struct pair){text, text + column + 1, column, column < len ? len - column - 1 : 0};
	*map = text[len] ? text + len + 1 : text + len;
	return true;
}

static int fail_map(const char *pair, size_t len, struct sb_failure *f)
{
	char text[128];

	snprintf(text, sizeof text, "%.*s", (int)len, pair);
	return sb_fail(f, SB_EXIT_USAGE, "bad_map", "--map", _("--map takes COLUMN=HEADER,… with columns of the registry and headers of the file: %s."),
		sb_clean(text));
}

/* Where the file has this header; -1. */
static int find_header(const struct sb_csv_row *row, const struct pair *pair)
{
	char *wanted = strndup(pair->header, pair->header_len), *form = wanted ? sb_unicode_nfc(wanted) : NULL;
	int at = -1;

	for (size_t i = 0; form && at < 0 && i < row->count && i < SB_CSV_FIELDS; i++)
		if (sb_unicode_same_name(row->fields[i], form))
			at = (int)i;
	sb_text_free(&wanted);
	sb_text_free(&form);
	return at;
}

/* given[i]: the map has spoken of the file's column i. */
static int take_map(struct import_columns *c, const struct sb_csv_row *row, const char *map, bool *given, struct sb_failure *f)
{
	struct pair pair;
	char name[64];

	while (next_pair(&map, &pair)) {
		size_t whole = pair.column_len + 1 + pair.header_len;
		int *place, at = pair.header_len ? find_header(row, &pair) : -1, ignored = -1;

		snprintf(name, sizeof name, "%.*s", (int)pair.column_len, pair.column);
		place = strcmp(name, IGNORED) == 0 ? &ignored : place_of(c, name);
		if (!place || *place >= 0 || at < 0 || given[at])
			return fail_map(pair.column, whole, f);
		*place = at;
		given[at] = true;
	}
	return map && *map ? fail_map(map, strlen(map), f) : SB_EXIT_OK;
}

static int take_names(struct import_columns *c, const struct sb_csv_row *row, const bool *given, struct sb_failure *f)
{
	for (size_t i = 0; i < row->count; i++) {
		const char *name = i < SB_CSV_FIELDS ? row->fields[i] : "…";
		char *form = i < SB_CSV_FIELDS && given[i] ? NULL : sb_unicode_nfc(name);
		int *place = form ? place_by_header(c, form) : NULL;
		bool mine = i < SB_CSV_FIELDS && given[i];

		sb_text_free(&form);
		if (mine)
			continue;
		if (!place || *place >= 0)
			return sb_fail(f, SB_EXIT_DATA, "bad_header", sb_clean(name), _("The first line has an unknown or repeated column: %s."), sb_clean(name));
		*place = (int)i;
	}
	return SB_EXIT_OK;
}

int import_columns_take(struct import_columns *c, const struct sb_csv_row *row, const char *map, struct sb_failure *f)
{
	bool given[SB_CSV_FIELDS] = {false};
	size_t absent = 0;
	int rc;

	c->width = row->count;
	for (size_t i = 0; i < ROW_COLUMNS; i++)
		c->place[i] = -1;
	rc = take_map(c, row, map, given, f);
	if (rc == SB_EXIT_OK)
		rc = take_names(c, row, given, f);
	for (size_t i = 0; rc == SB_EXIT_OK && i < ROW_COLUMNS; i++) {
		const char *name = admin_row_name((enum row_column)i);

		if (c->place[i] >= 0)
			continue;
		if (admin_row_requires((enum row_column)i))
			return sb_fail(f, SB_EXIT_DATA, "bad_header", name, _("The first line lacks the column %s."), name);
		c->absent[absent++] = name;
	}
	for (size_t i = 0; rc == SB_EXIT_OK && i < c->extras.count; i++)
		if (c->extras.columns[i].place < 0)
			c->absent[absent++] = c->extras.columns[i].name;
	return rc;
}
