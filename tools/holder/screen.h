/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_HOLDER_SCREEN_H
#define SINBUN_HOLDER_SCREEN_H

#include "base/bytes.h"

/* The terminal while a code is shown. */

/* A code as text for standard output, ended by 0; where the window is too small for it and for a line beneath, the sentence that says so. */
int screen_draw(const char *text, struct sb_bytes *out);

/* A screen of its own, without cursor, until screen_leave. From then on Ctrl-C, Ctrl-\ and the signals that end a program are events. */
void screen_enter(void);
void screen_leave(void);
enum screen_event { SCREEN_TICK, SCREEN_REDRAW /* another window, or back from Ctrl-Z */, SCREEN_STOP };
/* Waits for an event, a second at most. */
enum screen_event screen_wait(void);

#endif
