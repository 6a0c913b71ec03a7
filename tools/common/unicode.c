/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/unicode.h"

#include <glib.h>
#include <string.h>

/* The tables of Unicode are GLib's, which comes with gdk-pixbuf anyway; ours would have to follow every new version of it. */

char *sb_unicode_nfc(const char *text)
{
	char *composed = g_utf8_validate(text, -1, NULL) ? g_utf8_normalize(text, -1, G_NORMALIZE_NFC) : NULL;
	char *copy = composed ? strdup(composed) : NULL;

	g_free(composed);
	return copy;
}

/* The fillers stand for a missing letter of a Hangul syllable: letters by their class, yet without a shape. */
static bool is_filler(gunichar c)
{
	return c == 0x115f || c == 0x1160 || c == 0x3164 || c == 0xffa0;
}

bool sb_unicode_is_blank(const char *text)
{
	for (const char *p = text; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (g_unichar_isgraph(c) && !is_filler(c))
			return false;
	}
	return true;
}

static const char *skip_blanks(const char *text)
{
	while (*text && g_unichar_isspace(g_utf8_get_char(text)))
		text = g_utf8_next_char(text);
	return text;
}

void sb_unicode_squeeze(char *text)
{
	char *to = text;

	for (const char *from = skip_blanks(text); *from; from = skip_blanks(from)) {
		const char *next = g_utf8_next_char(from);

		memmove(to, from, (size_t)(next - from));
		to += next - from;
		from = next;
	}
	*to = 0;
}

bool sb_unicode_same_name(const char *a, const char *b)
{
	for (;;) {
		a = skip_blanks(a);
		b = skip_blanks(b);
		if (g_utf8_get_char(a) != g_utf8_get_char(b))
			return false;
		if (!*a)
			return true;
		a = g_utf8_next_char(a);
		b = g_utf8_next_char(b);
	}
}
