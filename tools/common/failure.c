/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/failure.h"

#include <stdarg.h>
#include <stdio.h>

int sb_fail(struct sb_failure *f, enum sb_exit exit, const char *error, const char *field, const char *message, ...)
{
	va_list args;

	*f = (struct sb_failure){.exit = exit, .tries_left = -1};
	snprintf(f->error, sizeof f->error, "%s", error);
	snprintf(f->field, sizeof f->field, "%s", field ? field : "");
	va_start(args, message);
	vsnprintf(f->message, sizeof f->message, message, args);
	va_end(args);
	return exit;
}
