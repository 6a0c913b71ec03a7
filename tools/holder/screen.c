/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "holder/screen.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "common/i18n.h"
#include "common/qr.h"
#include "common/terminal.h"

/* A code on the terminal: whole or not at all, and gone when the showing is over. */

enum { BELOW = 1 /* rows that the line beneath takes */ };

/* The alternate screen keeps the code out of what can be scrolled back to; where there is none, clearing does. */
static const char enter[] = "\033[?1049h\033[?25l\033[H\033[2J", leave[] = "\033[H\033[2J\033[?25h\033[?1049l";

static volatile sig_atomic_t stopped, suspended, resized;

static void note_stop(int number)
{
	(void)number;
	stopped = 1;
}

static void note_suspend(int number)
{
	(void)number;
	suspended = 1;
}

static void note_resize(int number)
{
	(void)number;
	resized = 1;
}

static const struct {
	int number;
	void (*note)(int);
} signals[] = {{SIGINT, note_stop}, {SIGTERM, note_stop}, {SIGHUP, note_stop}, {SIGQUIT, note_stop}, {SIGTSTP, note_suspend},
	{SIGWINCH, note_resize}};

int screen_draw(const char *text, struct sb_bytes *out)
{
	int rows, columns, has_rows, has_columns;
	char sentence[512];
	int rc = sb_qr_cells(text, &rows, &columns);

	if (rc == SB_OK && sb_terminal_fits(rows + BELOW, columns, &has_rows, &has_columns))
		rc = sb_qr_terminal(text, sb_terminal_capable(), out);
	else if (rc == SB_OK) {
		snprintf(sentence, sizeof sentence,
			_("The code does not fit here: it needs a window of %d columns and %d rows, and this one has %d and %d. Enlarge the window, make the letters smaller, or write a picture: sinbun present --qr --png FILE"),
			columns, rows + BELOW, has_columns, has_rows);
		rc = sb_bytes_append_text(out, sentence);
		if (rc == SB_OK)
			rc = sb_bytes_append_byte(out, '\n');
	}
	return rc == SB_OK ? sb_bytes_terminate(out) : rc;
}

static void show(const char *sequence)
{
	fputs(sequence, stdout);
	fflush(stdout);
}

void screen_enter(void)
{
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
		struct sigaction action = {.sa_handler = signals[i].note};

		sigaction(signals[i].number, &action, NULL);
	}
	show(enter);
}

void screen_leave(void)
{
	show(leave);
}

/* Ctrl-Z: the terminal is the shell's until we are let go on. */
static void suspend(void)
{
	struct sigaction ours, usual = {.sa_handler = SIG_DFL};

	show(leave);
	sigaction(SIGTSTP, &usual, &ours);
	raise(SIGTSTP);
	sigaction(SIGTSTP, &ours, NULL);
	suspended = 0;
	show(enter);
}

enum screen_event screen_wait(void)
{
	if (!stopped && !suspended && !resized)
		sleep(1);
	if (stopped)
		return SCREEN_STOP;
	if (suspended) {
		suspend();
		resized = 1;
	}
	if (!resized)
		return SCREEN_TICK;
	resized = 0;
	return SCREEN_REDRAW;
}
