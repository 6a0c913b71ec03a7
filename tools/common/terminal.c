/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/codec.h"
#include "common/i18n.h"

bool sb_terminal_capable(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

bool sb_terminal_fits(int rows, int columns, int *window_rows, int *window_columns)
{
	struct winsize size = {0};

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
		size = (struct winsize){0};
	*window_rows = size.ws_row;
	*window_columns = size.ws_col;
	return (!size.ws_row || rows <= size.ws_row) && (!size.ws_col || columns <= size.ws_col);
}

/* In either language, whichever the question was in. */
static bool is_yes(const char *answer)
{
	static const char *const words[] = {"y", "yes", "예", "네"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcasecmp(answer, words[i]) == 0)
			return true;
	return false;
}

int sb_terminal_confirm(const char *question, const char *want, const char *unchanged, struct sb_failure *f)
{
	char line[256] = "", *answer;
	FILE *terminal = fopen("/dev/tty", "r+e");

	if (!terminal)
		return sb_fail(f, SB_EXIT_USAGE, "no_terminal", "--yes", _("There is no terminal to ask on; give %s if it is to be done."), "--yes");
	fputs(question, terminal);
	fflush(terminal);
	/* What is longer than any answer is none. */
	answer = fgets(line, sizeof line, terminal) ? sb_text_trim(line) : line;
	fclose(terminal);
	if (want ? strcmp(answer, want) == 0 : is_yes(answer))
		return SB_EXIT_OK;
	return sb_fail(f, SB_EXIT_REFUSED, "declined", NULL, "%s", unchanged);
}
