/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/codec.h"

/* Text that was too long for its place is cut at a whole character: half of one cannot be written as JSON. */
static void trim(char *text)
{
	for (size_t n = strlen(text); n && sb_utf8_length(text, n) < 0; n--)
		text[n - 1] = 0;
}

int sb_fail(struct sb_failure *f, enum sb_exit exit, const char *error, const char *field, const char *message, ...)
{
	va_list args;

	*f = (struct sb_failure){.exit = exit, .tries_left = -1};
	snprintf(f->error, sizeof f->error, "%s", error);
	snprintf(f->field, sizeof f->field, "%s", field ? field : "");
	va_start(args, message);
	vsnprintf(f->message, sizeof f->message, message, args);
	va_end(args);
	trim(f->field);
	trim(f->message);
	return exit;
}
