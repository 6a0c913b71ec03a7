/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/extra.h"

#include <string.h>

#include "admin/credentials.h"
#include "base/codec.h"
#include "common/i18n.h"
#include "common/unicode.h"
#include "common/verb.h"

enum { TEXT_CHARACTERS = 200, JSON_CHARACTERS = 4000 };

/* Not those that every resident has, nor those that are made from others. */
static bool is_extra(const struct sb_element *e)
{
	const char *source = sb_element_source(e);

	if (!source || e->type == SB_ELEMENT_IMAGE || admin_is_made(source))
		return false;
	for (int c = 0; c < ROW_COLUMNS; c++)
		if (strcmp(admin_row_name((enum row_column)c), source) == 0)
			return false;
	return true;
}

struct extra_column *admin_extra_find(struct extras *x, const char *name)
{
	for (size_t i = 0; i < x->count; i++)
		if (strcmp(x->columns[i].name, name) == 0)
			return &x->columns[i];
	return NULL;
}

int admin_extras_load(struct extras *x, struct sb_failure *f)
{
	int rc = sb_documents_load_all(&x->documents, f);

	x->count = 0;
	if (rc != SB_EXIT_OK)
		return rc;
	for (struct sb_document **d = x->documents; *d; d++)
		for (size_t i = 0; i < (*d)->element_count; i++) {
			const struct sb_element *e = &(*d)->elements[i];

			if (!is_extra(e) || admin_extra_find(x, sb_element_source(e)))
				continue;
			if (x->count == EXTRA_COLUMNS)
				return sb_fail(f, SB_EXIT_CONFIG, "bad_document_type", (*d)->id,
					_("The document types have more than %d columns of their own."), EXTRA_COLUMNS);
			x->columns[x->count++] = (struct extra_column){sb_element_source(e), e->type, -1};
		}
	return SB_EXIT_OK;
}

void admin_extras_free(struct extras *x)
{
	sb_documents_free_all(&x->documents);
	x->count = 0;
}

/* --- one value; each check may put it into the one spelling that the registry keeps --- */

typedef bool check_fn(const char *name, const char **text, struct row_refusal *why);

static bool fits(const char *text, long most)
{
	return sb_utf8_length(text, strlen(text)) <= most && sb_is_clean(text);
}

static bool check_text(const char *name, const char **text, struct row_refusal *why)
{
	return fits(*text, TEXT_CHARACTERS) || admin_row_refuse(why, name, "text", "200자를 넘거나 쓸 수 없는 문자가 있습니다.",
						       "longer than 200 characters, or with control characters");
}

static bool check_date(const char *name, const char **text, struct row_refusal *why)
{
	char digits[9];

	return sb_date_parse(*text, digits) ||
	       admin_row_refuse(why, name, "date", "YYYY-MM-DD 형식의 실제 날짜가 아닙니다.", "not a calendar date YYYY-MM-DD");
}

static bool check_bool(const char *name, const char **text, struct row_refusal *why)
{
	if (strcmp(*text, "1") == 0 || strcmp(*text, "true") == 0)
		*text = "true";
	else if (strcmp(*text, "0") == 0 || strcmp(*text, "false") == 0)
		*text = "false";
	else
		return admin_row_refuse(why, name, "word", "0 또는 1이어야 합니다.", "must be 0 or 1");
	return true;
}

/* Numbers with a fraction have no place in a document. */
static bool is_plain(const json_t *json)
{
	const char *key;
	json_t *value;
	size_t i;

	json_array_foreach(json, i, value) {
		if (!is_plain(value))
			return false;
	}
	json_object_foreach((json_t *)json, key, value) {
		if (!is_plain(value))
			return false;
	}
	return !json_is_real(json);
}

static bool check_json(const char *name, const char **text, struct row_refusal *why)
{
	json_t *json = fits(*text, JSON_CHARACTERS) ? json_loads(*text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL) : NULL;
	bool good = json && is_plain(json);

	json_decref(json);
	return good || admin_row_refuse(why, name, "json", "JSON이 아니거나 4000자를 넘거나 소수가 있습니다.",
			       "not JSON, longer than 4000 characters, or with fractions");
}

static bool take(const struct extra_column *c, const char *given, struct row *r, struct row_refusal *why)
{
	static check_fn *const checks[] = {[SB_ELEMENT_TEXT] = check_text, [SB_ELEMENT_DATE] = check_date, [SB_ELEMENT_BOOL] = check_bool,
		[SB_ELEMENT_JSON] = check_json};
	char *folded = sb_unicode_nfc(given);
	const char *text = folded;
	bool good = folded != NULL;

	if (good && !sb_unicode_is_blank(text)) {
		good = checks[c->type](c->name, &text, why);
		if (good && json_object_set_new(r->extra, c->name, json_string(text)) != 0)
			good = false;
	}
	sb_text_free(&folded);
	return good;
}

bool admin_extras_take(const struct extras *x, const struct sb_csv_row *csv, struct row *r, struct row_refusal *why)
{
	bool good;

	*why = (struct row_refusal){.code = NULL};
	r->extra = json_object();
	good = r->extra != NULL;
	for (size_t i = 0; good && i < x->count; i++)
		if (x->columns[i].place >= 0)
			good = take(&x->columns[i], csv->fields[x->columns[i].place], r, why);
	return good;
}
