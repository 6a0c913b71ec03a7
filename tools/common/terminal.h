/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_TERMINAL_H
#define SINBUN_TERMINAL_H

#include <stdbool.h>

/* What stands behind standard output. */

/* A terminal that moves its cursor and knows colours: not a file or a pipe, and TERM names one other than "dumb". */
bool sb_terminal_capable(void);
/* Does so much fit into the window? Its size comes out, 0 where it is not known; what is not known, and what is no terminal, fits all. */
bool sb_terminal_fits(int rows, int columns, int *window_rows, int *window_columns);

#endif
