/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "identity/claims.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "common/i18n.h"
#include "common/unicode.h"
#include "identity/phone.h"

enum { DATE = 8 };

static bool same_name(const char *a, const char *b)
{
	char *left = sb_unicode_nfc(a), *right = sb_unicode_nfc(b);
	bool same = left && right && !sb_unicode_is_blank(left) && sb_unicode_same_name(left, right);

	sb_text_free(&left);
	sb_text_free(&right);
	return same;
}

/* YYYYMMDD or YYYY-MM-DD, as digits. */
static bool read_date(const char *text, char digits[DATE + 1])
{
	size_t n = 0;
	bool dashes = strlen(text) == DATE + 2;

	for (size_t i = 0; text[i] && n < DATE + 1; i++) {
		if (dashes && (i == 4 || i == 7)) {
			if (text[i] != '-')
				return false;
		} else if (text[i] < '0' || text[i] > '9' || n == DATE) {
			return false;
		} else {
			digits[n++] = text[i];
		}
	}
	digits[n] = 0;
	return n == DATE;
}

static bool same_date(const char *a, const char *b)
{
	char left[DATE + 2], right[DATE + 2];

	return read_date(a, left) && read_date(b, right) && strcmp(left, right) == 0;
}

static const struct row {
	const char *field;
	size_t entered, told; /* offsets in sb_person and sb_claims */
	bool (*same)(const char *a, const char *b);
	const char *label;
} rows[] = {
	{"name", offsetof(struct sb_person, name), offsetof(struct sb_claims, name), same_name, N_("name")},
	{"birth_date", offsetof(struct sb_person, birth_date), offsetof(struct sb_claims, birth_date), same_date, N_("date of birth")},
	{"phone", offsetof(struct sb_person, phone), offsetof(struct sb_claims, phone), sb_phone_same, N_("phone number")},
};

static const char *text_at(const void *base, size_t offset)
{
	return *(const char *const *)((const char *)base + offset);
}

int sb_claims_check(const struct sb_person *entered, const struct sb_claims *claims, struct sb_failure *f)
{
	const struct row *first = NULL;
	bool absent = false;
	char list[256] = "";

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *a = text_at(entered, rows[i].entered), *b = text_at(claims, rows[i].told);
		size_t used = strlen(list);

		if (a && b && rows[i].same(a, b))
			continue;
		snprintf(list + used, sizeof list - used, "%s%s", first ? ", " : "", _(rows[i].label));
		if (!first) {
			first = &rows[i];
			absent = !b;
		}
	}
	if (!first)
		return SB_EXIT_OK;
	if (absent)
		sb_fail(f, SB_EXIT_DATA, "mismatch", first->field,
			_("The provider did not tell all that is needed to compare (%s). Choose another provider, or sign in at the counter."), list);
	else
		sb_fail(f, SB_EXIT_DATA, "mismatch", first->field, _("What was entered is not what the provider knows of whoever approved: %s. Check the entry."), list);
	snprintf(f->rule, sizeof f->rule, "%s", absent ? "absent" : "");
	return SB_EXIT_DATA;
}

void sb_claims_free(struct sb_claims *claims)
{
	if (!claims)
		return;
	sb_text_free(&claims->subject);
	sb_text_free(&claims->name);
	sb_text_free(&claims->birth_date);
	sb_text_free(&claims->phone);
	*claims = (struct sb_claims){0};
}
