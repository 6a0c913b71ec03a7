/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/i18n.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "common/paths.h"

#define DOMAIN "sinbun"
static const char *language = "en";

/* The language of the locale: LANGUAGE, LC_ALL, LC_MESSAGES, LANG, as gettext looks. */
static const char *from_locale(void)
{
	static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
	const char *wanted = getenv("LANGUAGE");

	if (wanted && *wanted)
		return strncmp(wanted, "ko", 2) == 0 ? "ko" : "en";
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return strncmp(value, "ko", 2) == 0 ? "ko" : "en";
	}
	return "en";
}

void sb_i18n_start(const char *lang)
{
	language = lang && *lang ? (strcmp(lang, "ko") == 0 ? "ko" : "en") : from_locale();
	/* Only the character set matters of the locale, and ours is always UTF-8; gettext translates nothing in the C locale. */
	if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		setlocale(LC_CTYPE, "C.UTF-8");
	setlocale(LC_MESSAGES, "C.UTF-8");
	setenv("LANGUAGE", language, 1);
	bindtextdomain(DOMAIN, sb_path_locale());
	bind_textdomain_codeset(DOMAIN, "UTF-8");
	textdomain(DOMAIN);
}

const char *sb_i18n_lang(void)
{
	return language;
}
