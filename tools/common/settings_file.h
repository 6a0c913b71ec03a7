/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_SETTINGS_FILE_H
#define SINBUN_SETTINGS_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/failure.h"

/* Files of settings: "key = value" a line, "#" comments, UTF-8. An unknown or repeated key or a bad value is an error with its line. What a file
 * may say is a table of rows. */
enum sb_setting_kind {
	SB_SETTING_TEXT,   /* char *: any text; where begin is set, one that begins so and goes on */
	SB_SETTING_PATH,   /* char *: made absolute against the file's directory */
	SB_SETTING_NUMBER, /* long: min..max */
	SB_SETTING_WORD,   /* int: the index in words */
};

struct sb_setting {
	const char *name;
	enum sb_setting_kind kind;
	size_t offset;            /* of the member */
	const char *begin;
	long min, max;
	const char *const *words; /* ended by NULL */
	bool required;
};

struct sb_settings {
	const struct sb_setting *rows; /* ended by name NULL */
	const char *error;             /* of the failure: "bad_configuration" */
	const char *manual;            /* page that explains the keys: "sinbun-verify(1)" */
};

/* out: the struct that the rows describe, with its defaults in it; text members NULL or of the heap. SB_EXIT_OK; SB_EXIT_CONFIG with field the
 * key, or the path of a file that cannot be read; *absent, where it is given, instead of a failure where there is no such file. */
int sb_settings_read(const struct sb_settings *settings, const char *path, void *out, bool *absent, struct sb_failure *f);
/* Frees the texts. */
void sb_settings_free(const struct sb_settings *settings, void *out);
/* A failure of a file that was read: what is wrong with the value of this key, a clause. */
int sb_settings_fail(const struct sb_settings *settings, const char *path, const char *key, const char *why, struct sb_failure *f);

#endif
