/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
/* Runs a command on a terminal of its own, as a person in front of it.
 *   on-terminal [--size ROWSxCOLUMNS] [EXPECT SEND]… -- COMMAND…
 * Waits until EXPECT is on the screen (after what was expected before), then types SEND as it is; "hidden:SEND" waits until it would not be seen (a
 * program that asks first and hides then throws away what was typed in between). "resize:RxC" changes the window instead, and
 * "run:COMMAND" runs that by the shell first (the next EXPECT may be empty: nothing more is waited for).
 * All output goes to standard output. Standard error gets "echo: EXPECT" where what is typed next would be seen. A command that is stopped
 * (Ctrl-Z) is let go on at once, with "[stopped]" on the screen. Exit code: the command's; 128 + signal; 124 when an EXPECT did not come. */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "check.h"

enum { PATIENCE_MS = 20000, SCREEN_MAX = 4 << 20 };

static char screen[SCREEN_MAX];
static size_t shown;

static struct winsize size_of(const char *text)
{
	struct winsize size = {0};

	REQUIRE(sscanf(text, "%hux%hu", &size.ws_row, &size.ws_col) == 2);
	return size;
}

/* What a shell does for one command: puts it in front, and lets it go on when it was stopped. */
static void lead(char **command)
{
	pid_t child;
	int status;

	signal(SIGTTOU, SIG_IGN);
	child = fork();
	if (child == 0) {
		setpgid(0, 0);
		tcsetpgrp(STDIN_FILENO, getpid());
		signal(SIGTTOU, SIG_DFL);
		setenv("TERM", "xterm", 0); /* whoever starts the tests may have none */
		execvp(command[0], command);
		_exit(127);
	}
	setpgid(child, child);
	tcsetpgrp(STDIN_FILENO, child);
	while (waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status)) {
		static const char note[] = "[stopped]";

		if (write(STDOUT_FILENO, note, sizeof note - 1) < 0)
			_exit(126);
		kill(-child, SIGCONT);
	}
	_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

/* false at the end of output. */
static bool read_some(int master)
{
	struct pollfd wait = {.fd = master, .events = POLLIN};
	ssize_t got;

	if (poll(&wait, 1, PATIENCE_MS) != 1) {
		fprintf(stderr, "nothing came any more\n");
		fwrite(screen, 1, shown, stdout);
		exit(124);
	}
	REQUIRE(shown + 1 < sizeof screen);
	got = read(master, screen + shown, sizeof screen - 1 - shown);
	if (got <= 0)
		return false;
	shown += (size_t)got;
	screen[shown] = 0;
	return true;
}

static size_t wait_for(int master, const char *expected, size_t from)
{
	char *found;

	while (!(found = strstr(screen + from, expected)))
		if (!read_some(master)) {
			fprintf(stderr, "never seen: %s\n", expected);
			return from;
		}
	return (size_t)(found - screen) + strlen(expected);
}

/* Whoever hides nothing after all is told of by `type`. */
static void wait_for_hiding(int master)
{
	struct termios state;

	for (int ms = 0; ms < PATIENCE_MS && tcgetattr(master, &state) == 0 && (state.c_lflag & ECHO); ms++)
		usleep(1000);
}

static void type(int master, const char *expected, const char *text)
{
	struct termios state;

	if (strncmp(text, "resize:", 7) == 0) {
		struct winsize size = size_of(text + 7);

		REQUIRE(ioctl(master, TIOCSWINSZ, &size) == 0);
		return;
	}
	if (strncmp(text, "run:", 4) == 0) {
		REQUIRE(system(text + 4) == 0);
		return;
	}
	if (strncmp(text, "hidden:", 7) == 0) {
		text += 7;
		wait_for_hiding(master);
	}
	if (tcgetattr(master, &state) == 0 && (state.c_lflag & ECHO))
		fprintf(stderr, "echo: %s\n", expected);
	REQUIRE(write(master, text, strlen(text)) == (ssize_t)strlen(text));
}

int main(int argc, char **argv)
{
	struct winsize size = {.ws_row = 60, .ws_col = 120};
	int i = 1, master, status, steps;
	size_t from = 0;
	pid_t leader;

	if (argc > 2 && strcmp(argv[1], "--size") == 0) {
		size = size_of(argv[2]);
		i = 3;
	}
	for (steps = i; i < argc && strcmp(argv[i], "--") != 0;)
		i += 2;
	REQUIRE(i + 1 < argc);
	leader = forkpty(&master, NULL, NULL, &size);
	REQUIRE(leader >= 0);
	if (leader == 0)
		lead(argv + i + 1);
	for (; steps < i; steps += 2) {
		from = wait_for(master, argv[steps], from);
		type(master, argv[steps], argv[steps + 1]);
	}
	while (read_some(master))
		;
	fwrite(screen, 1, shown, stdout);
	REQUIRE(waitpid(leader, &status, 0) == leader);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}
