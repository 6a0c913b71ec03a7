/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_TERMINAL_H
#define SINBUN_TERMINAL_H

#include <stdbool.h>

#include "common/failure.h"

/* What stands behind standard output. */

/* A terminal that moves its cursor and knows colours: not a file or a pipe, and TERM names one other than "dumb". */
bool sb_terminal_capable(void);
/* Does so much fit into the window? Its size comes out, 0 where it is not known; what is not known, and what is no terminal, fits all. */
bool sb_terminal_fits(int rows, int columns, int *window_rows, int *window_columns);
/* Asks on the terminal (/dev/tty, so that files in the place of standard input do not answer) and reads a line. SB_EXIT_OK where it is `want`, or,
 * without one, a yes; else SB_EXIT_REFUSED "declined", with unchanged as the message. Without a terminal: SB_EXIT_USAGE "no_terminal", which
 * asks for --yes. */
int sb_terminal_confirm(const char *question, const char *want, const char *unchanged, struct sb_failure *f);

#endif
