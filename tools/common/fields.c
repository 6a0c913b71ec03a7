/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "common/i18n.h"

/* Fields of a card as text, for people. */

enum { GAP = 2 };

/* Columns on a terminal: Hangul and Hanja take two. */
static int columns(const char *text)
{
	mbstate_t state = {0};
	int n = 0;

	while (*text) {
		wchar_t c;
		size_t len = mbrtowc(&c, text, strlen(text), &state);

		if (len == 0 || len > 8)
			break;
		n += wcwidth(c) > 0 ? wcwidth(c) : 0;
		text += len;
	}
	return n;
}

const char *sb_fields_date(const char *iso)
{
	static const char *const months[] = {"January", "February", "March", "April", "May", "June", "July", "August", "September",
		"October", "November", "December"};
	static char out[64];
	int year, month, day;

	if (sscanf(iso, "%4d-%2d-%2d", &year, &month, &day) != 3 || month < 1 || month > 12)
		return sb_clean(iso);
	if (strcmp(sb_i18n_lang(), "ko") == 0)
		snprintf(out, sizeof out, "%d년 %d월 %d일", year, month, day);
	else
		snprintf(out, sizeof out, "%d %s %d", day, months[month - 1], year);
	return out;
}

const char *sb_fields_label(const struct sb_element *e)
{
	return strcmp(sb_i18n_lang(), "ko") == 0 ? e->label_ko : e->label_en;
}

/* NULL for what is no text for people: pictures and their digests. */
static const char *in_words(const struct sb_element *e, const json_t *value)
{
	if (json_is_boolean(value))
		return json_is_true(value) ? _("yes") : _("no");
	if (!json_is_string(value) || e->type == SB_ELEMENT_IMAGE)
		return NULL;
	if (e->type == SB_ELEMENT_BOOL && strcmp(json_string_value(value), "true") == 0)
		return _("yes");
	if (e->type == SB_ELEMENT_BOOL && strcmp(json_string_value(value), "false") == 0)
		return _("no");
	return e->type == SB_ELEMENT_DATE ? sb_fields_date(json_string_value(value)) : sb_clean(json_string_value(value));
}

char *sb_fields_value(const struct sb_element *e, const json_t *value)
{
	const char *words = in_words(e, value);

	return words && *words ? strdup(words) : NULL;
}

void sb_fields_print(struct sb_program *p, const struct sb_document *d, const json_t *fields, const size_t *list, size_t count)
{
	int widest = 0;

	for (size_t i = 0; i < count; i++) {
		const struct sb_element *e = &d->elements[list[i]];
		int width = in_words(e, json_object_get(fields, e->name)) ? columns(sb_fields_label(e)) : 0;

		widest = width > widest ? width : widest;
	}
	for (size_t i = 0; i < count; i++) {
		const struct sb_element *e = &d->elements[list[i]];
		const char *value = in_words(e, json_object_get(fields, e->name)), *label = sb_fields_label(e);

		if (value && *value)
			sb_say(p, "  %s%*s%s\n", label, widest - columns(label) + GAP, "", value);
	}
}
