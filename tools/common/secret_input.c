/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/secret_input.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/bytes.h"
#include "common/i18n.h"
#include "crypto/secret.h"

enum { LINE_MAX_BYTES = 256, KEPT = 4, NO_LINE = -2 };

/* Lines that came from a descriptor, so that a second question gets the same answer. */
static struct {
	const char *option;
	char *text;
	size_t len;
} kept[KEPT];

static const struct {
	const char *prompt, *again;
} prompts[] = {
	[SB_SECRET_PIN] = {N_("PIN: "), NULL},
	[SB_SECRET_NEW_PIN] = {N_("New 6-digit PIN: "), N_("The same PIN again: ")},
	[SB_SECRET_PUK] = {N_("Unblocking code (PUK): "), NULL},
	[SB_SECRET_PASSPHRASE] = {N_("PIN of the issuer's token: "), NULL},
	[SB_SECRET_NEW_PASSPHRASE] = {N_("New PIN of the issuer's token: "), N_("The same PIN again: ")},
	[SB_SECRET_PASSWORD] = {N_("Password of the member account: "), NULL},
	[SB_SECRET_NEW_PASSWORD] = {N_("New password of the member account: "), N_("The same password again: ")},
};

/* One line, without its end; -1 when it is too long or cannot be read, NO_LINE when there is none any more. */
static long read_line(int fd, char *line)
{
	long n = 0;
	char c;

	for (;;) {
		ssize_t got = read(fd, &c, 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || n == LINE_MAX_BYTES)
			return -1;
		if (got == 0 && n == 0)
			return NO_LINE;
		if (got == 0 || c == '\n')
			break;
		line[n++] = c;
	}
	if (n && line[n - 1] == '\r')
		n--;
	line[n] = 0;
	return n;
}

static struct termios echoing;
static int terminal = -1;

/* Ctrl-C at the prompt must not leave the terminal mute. */
static void restore_and_die(int number)
{
	if (terminal >= 0)
		tcsetattr(terminal, TCSANOW, &echoing);
	signal(number, SIG_DFL);
	raise(number);
}

static long ask_terminal(int fd, const char *prompt, char *line)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	struct sigaction old[4], action = {.sa_handler = restore_and_die};
	struct termios mute;
	long n;

	if (tcgetattr(fd, &echoing) != 0)
		return -1;
	terminal = fd;
	for (size_t i = 0; i < 4; i++)
		sigaction(signals[i], &action, &old[i]);
	mute = echoing;
	mute.c_lflag &= ~(tcflag_t)ECHO;
	/* Mute before the prompt stands there: whoever types at once is not echoed. */
	tcsetattr(fd, TCSAFLUSH, &mute);
	dprintf(fd, "%s", prompt);
	n = read_line(fd, line);
	tcsetattr(fd, TCSAFLUSH, &echoing);
	dprintf(fd, "\n");
	for (size_t i = 0; i < 4; i++)
		sigaction(signals[i], &old[i], NULL);
	terminal = -1;
	return n;
}

/* An empty line is a slip, not a PIN: asked again. The end of input (Ctrl-D) is a wish to stop. */
static long insist(int fd, const char *prompt, char *line)
{
	long n;

	do
		n = ask_terminal(fd, prompt, line);
	while (n == 0);
	return n;
}

static int fail_nothing(const char *option, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_USAGE, "nothing_entered", option, _("Nothing was entered, so nothing was tried."));
}

/* Asks until the second line is the first; their length, or what insist says. */
static long ask_twice(int fd, enum sb_secret_kind kind, char *line, char *again)
{
	for (;;) {
		long n = insist(fd, _(prompts[kind].prompt), line), m = n;

		if (n >= 0 && prompts[kind].again)
			m = insist(fd, _(prompts[kind].again), again);
		if (n < 0 || m < 0)
			return n < 0 ? n : m;
		if (!prompts[kind].again || (n == m && sb_equal_ct(line, again, (size_t)n)))
			return n;
		dprintf(fd, "%s\n", _("The two differ. Once more."));
	}
}

static int from_terminal(enum sb_secret_kind kind, const char *option, struct sb_secret *out, struct sb_failure *f)
{
	char *again = sb_secret_new(LINE_MAX_BYTES + 1);
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY), rc = SB_EXIT_OK;
	long n;

	if (fd < 0 || !again) {
		rc = sb_fail(f, SB_EXIT_USAGE, "no_terminal", option, _("There is no terminal to ask on; give %s N."), option);
		goto out;
	}
	n = ask_twice(fd, kind, out->text, again);
	if (n == NO_LINE)
		rc = fail_nothing(option, f);
	else if (n < 0)
		rc = sb_fail(f, SB_EXIT_USAGE, "no_terminal", option, _("The terminal cannot be read, or the line was too long."));
	out->len = n > 0 ? (size_t)n : 0;
out:
	if (fd >= 0)
		close(fd);
	sb_secret_free((void **)&again);
	return rc;
}

static int from_descriptor(int fd, const char *option, struct sb_secret *out, struct sb_failure *f)
{
	long n;

	for (size_t i = 0; i < KEPT; i++)
		if (kept[i].option && strcmp(kept[i].option, option) == 0) {
			memcpy(out->text, kept[i].text, kept[i].len + 1);
			out->len = kept[i].len;
			return SB_EXIT_OK;
		}
	n = read_line(fd, out->text);
	/* An empty PIN would be charged as a wrong one. */
	if (n == 0 || n == NO_LINE)
		return fail_nothing(option, f);
	if (n < 0)
		return sb_fail(f, SB_EXIT_USAGE, "bad_descriptor", option, _("%s: no line of at most %d bytes can be read from descriptor %d."),
			option, LINE_MAX_BYTES, fd);
	out->len = (size_t)n;
	for (size_t i = 0; i < KEPT; i++)
		if (!kept[i].option && (kept[i].text = sb_secret_new(LINE_MAX_BYTES + 1))) {
			kept[i].option = option;
			memcpy(kept[i].text, out->text, out->len + 1);
			kept[i].len = out->len;
			break;
		}
	return SB_EXIT_OK;
}

int sb_secret_ask(struct sb_program *p, enum sb_secret_kind kind, const char *option, struct sb_secret *out, struct sb_failure *f)
{
	long fd = sb_program_number(p, option, -1);
	int rc;

	*out = (struct sb_secret){.text = sb_secret_new(LINE_MAX_BYTES + 1)};
	if (!out->text)
		return sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	rc = fd >= 0 ? from_descriptor((int)fd, option, out, f) : from_terminal(kind, option, out, f);
	if (rc != SB_EXIT_OK)
		sb_secret_clear(out);
	return rc;
}

void sb_secret_clear(struct sb_secret *secret)
{
	if (!secret)
		return;
	sb_secret_free((void **)&secret->text);
	secret->len = 0;
}
