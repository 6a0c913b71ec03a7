/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/terminal.h"
#include "verify/answer.h"

/* The word is drawn, and stands in text beneath the drawing: colour alone, or a drawing alone, tells some people nothing. */

enum { ROWS = 7, BAR = 30, WIDE = 64 };

static const char *const drawings[2][2][ROWS] = {
	/* English: NOT VALID, VALID */
	{{"#   #  ###  #####    #   #  ###  #     ##### #### ", "##  # #   #   #      #   # #   # #       #   #   #", "# # # #   #   #      #   # #   # #       #   #   #",
		 "#  ## #   #   #      #   # ##### #       #   #   #", "#   # #   #   #       # #  #   # #       #   #   #",
		 "#   #  ###    #        #   #   # ##### ##### #### ", ""},
		{"#   #  ###  #     ##### #### ", "#   # #   # #       #   #   #", "#   # #   # #       #   #   #", "#   # ##### #       #   #   #",
			" # #  #   # #       #   #   #", "  #   #   # ##### ##### #### ", ""}},
	/* Korean: 무효, 유효 */
	{{"  #######       ###      ", "  #     #     #######    ", "  #     #      #   #     ", "  #######       ###      ", "                # #      ",
		 " #########    #######    ", "     #                   "},
		{"    ###         ###      ", "   #   #      #######    ", "    ###        #   #     ", "                ###      ", " #########      # #      ",
			"   #   #      #######    ", "   #   #                 "}},
};

static void say_row(struct sb_program *p, const char *row, bool wide, const char *start, const char *end)
{
	int used = 2;

	sb_say(p, "%s  ", start);
	for (; *row; row++) {
		sb_say(p, "%s", *row == '#' ? (wide ? "██" : "█") : (wide ? "  " : " "));
		used += wide ? 2 : 1;
	}
	sb_say(p, "%*s%s\n", used < WIDE ? WIDE - used : 0, "", end);
}

static bool draws(const struct answer *a, bool colour)
{
	int rows, columns;

	return colour && !sb_program_flag(a->p, "--plain") && sb_terminal_fits(2 * ROWS, WIDE, &rows, &columns);
}

static void say_drawing(struct sb_program *p, bool valid, const char *start, const char *end)
{
	bool korean = strcmp(sb_program_lang(p), "ko") == 0;

	for (size_t i = 0; i < ROWS; i++)
		say_row(p, drawings[korean][valid][i], korean, start, end);
}

/* With another time than now, that stands beneath the word. */
void banner_say(const struct answer *a, bool valid)
{
	struct sb_program *p = a->p;
	const char *no_colour = getenv("NO_COLOR");
	bool plain = sb_program_flag(p, "--plain"), capable = sb_terminal_capable() && !plain, colour = capable && !(no_colour && *no_colour);
	const char *start = !colour ? "" : valid ? "\033[1;30;42m" : "\033[1;37;41m", *end = colour ? "\033[0m" : "";

	if (plain) {
		sb_say(p, "%s\n", valid ? _("Result: valid.") : _("Result: not valid."));
		return;
	}
	sb_say(p, "\n%s%*s%s\n", start, BAR, "", end);
	if (draws(a, capable))
		say_drawing(p, valid, start, end);
	sb_say(p, "%s  %s  %s\n", start, valid ? _("✔  VALID                  ") : _("✘  NOT VALID              "), end);
	if (a->at >= 0) {
		char at[TELL_TIME];

		sb_say(p, "%s  ", start);
		sb_say(p, _("as of %s"), tell_time(a->at, at));
		sb_say(p, "  %s\n", end);
	}
	sb_say(p, "%s%*s%s\n\n", start, BAR, "", end);
}
