/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "holder/holder.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "common/qr.h"
#include "common/terminal.h"
#include "holder/history.h"
#include "holder/screen.h"

enum { FOR_DEFAULT = 60, FOR_MAX = 300, PIXELS = 6, CHALLENGE_MAX = 32 };

static int write_files(struct sb_program *p, const struct sb_bytes *text, struct sb_failure *f)
{
	const char *text_path = sb_program_text(p, "--text"), *png_path = sb_program_text(p, "--png");
	struct sb_bytes line = {0};
	int rc = SB_OK;

	if (text_path && strcmp(text_path, "-") == 0)
		sb_say(p, "%s\n", (const char *)text->data);
	else if (text_path) {
		rc = sb_bytes_append(&line, text->data, text->len);
		if (rc == SB_OK)
			rc = sb_bytes_append_byte(&line, '\n');
		if (rc == SB_OK)
			rc = sb_file_write(text_path, line.data, line.len, 0600);
		sb_bytes_free(&line);
	}
	if (rc != SB_OK)
		return holder_fail_write("--text", text_path, rc, f);
	if (png_path)
		rc = sb_qr_png((const char *)text->data, PIXELS, png_path);
	return rc == SB_OK ? SB_EXIT_OK : holder_fail_write("--png", png_path, rc, f);
}

static int present_once(struct sb_program *p, struct holder_card *card, const char *set, json_t *result, struct sb_failure *f)
{
	struct sb_bytes text = {0}, drawing = {0};
	int64_t iat;
	int version = 0;
	int rc = holder_card_qr(card, set, sb_program_text(p, "--challenge"), &text, &iat, f);

	if (rc == SB_EXIT_OK)
		holder_history_add_set(p, card, set);
	if (rc == SB_EXIT_OK)
		rc = write_files(p, &text, f);
	if (rc == SB_EXIT_OK) {
		sb_qr_version((const char *)text.data, &version);
		json_object_set_new(result, "qr", json_string((const char *)text.data));
		json_object_set_new(result, "set", json_string(set));
		json_object_set_new(result, "iat", json_integer(iat));
		json_object_set_new(result, "expires", json_integer(iat + HOLDER_QR_LIFE));
		json_object_set_new(result, "version", json_integer(version));
	}
	if (rc == SB_EXIT_OK && !sb_program_text(p, "--text") && !sb_program_text(p, "--png") &&
		screen_draw((const char *)text.data, &drawing) == SB_OK)
		sb_say(p, "%s%s\n", (const char *)drawing.data, _("Valid for 30 seconds."));
	sb_bytes_free(&text);
	sb_bytes_free(&drawing);
	return rc;
}

/* Draws the code and waits for the time of the next one, counting down in place. false: stopped. */
static bool show_code(const char *text, time_t until, time_t end)
{
	enum screen_event event = SCREEN_REDRAW;

	for (time_t now = time(NULL); now < until && now < end; now = time(NULL)) {
		struct sb_bytes drawing = {0};

		if (event == SCREEN_REDRAW && screen_draw(text, &drawing) == SB_OK)
			printf("\033[H\033[2J%s", (const char *)drawing.data);
		sb_bytes_free(&drawing);
		printf("\r\033[K");
		printf(_("New code in %d s. Ends in %d s. (Ctrl-C ends)"), (int)(until - now), (int)(end - now));
		fflush(stdout);
		event = screen_wait();
		if (event == SCREEN_STOP)
			return false;
	}
	return true;
}

/* The showing: a code every ten seconds, each signed for its moment, drawn in the same place. */
static int present_live(struct sb_program *p, struct holder_card *card, const char *set, long seconds, struct sb_failure *f)
{
	time_t end = time(NULL) + seconds;
	bool on = true, noted = false;
	int rc = SB_EXIT_OK;

	screen_enter();
	while (rc == SB_EXIT_OK && on && time(NULL) < end) {
		struct sb_bytes text = {0};
		int64_t iat;

		rc = holder_card_qr(card, set, sb_program_text(p, "--challenge"), &text, &iat, f);
		if (rc == SB_EXIT_OK && !noted)
			holder_history_add_set(p, card, set);
		noted = true;
		if (rc == SB_EXIT_OK)
			rc = write_files(p, &text, f);
		if (rc == SB_EXIT_OK)
			on = show_code((const char *)text.data, iat + HOLDER_QR_REFRESH, end);
		sb_bytes_free(&text);
	}
	screen_leave();
	if (rc == SB_EXIT_OK)
		sb_say(p, "%s\n", _("The showing has ended."));
	return rc;
}

static int check_challenge(const char *challenge, struct sb_failure *f)
{
	if (challenge && (strlen(challenge) > CHALLENGE_MAX ||
				 strspn(challenge, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-") != strlen(challenge)))
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--challenge",
			_("The challenge is the desk's: digits and letters, at most %d."), CHALLENGE_MAX);
	return SB_EXIT_OK;
}

static int present(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	const char *set = sb_program_text(p, "--fields");
	long seconds = sb_program_number(p, "--for", FOR_DEFAULT);
	bool once = sb_program_flag(p, "--once") || sb_program_json(p) || !sb_terminal_capable();
	struct holder_card card;
	int rc;

	if (seconds < 1 || seconds > FOR_MAX)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--for", _("--for is 1 to %d seconds."), FOR_MAX);
	rc = check_challenge(sb_program_text(p, "--challenge"), f);
	if (rc == SB_EXIT_OK)
		rc = holder_card_open(p, &card, f);
	if (rc != SB_EXIT_OK)
		return rc;
	set = set ? set : holder_card_default_set(&card);
	rc = once ? present_once(p, &card, set, result, f) : present_live(p, &card, set, seconds, f);
	holder_card_close(&card);
	return rc;
}

static const struct sb_option options[] = {
	{"--qr", SB_OPTION_FLAG, NULL, N_("as a live QR code"), true},
	{"--fields", SB_OPTION_TEXT, "SET", N_("what to disclose: adult, basic or full (the face; the default)"), false},
	{"--challenge", SB_OPTION_TEXT, "C", N_("the challenge that the desk read out"), false},
	{"--for", SB_OPTION_NUMBER, "SECONDS", N_("how long to show it (60; at most 300)"), false},
	{"--once", SB_OPTION_FLAG, NULL, N_("one code, then end"), false},
	{"--text", SB_OPTION_FILE, "FILE", N_("write the code's text to FILE (- for standard output)"), false},
	{"--png", SB_OPTION_FILE, "FILE", N_("write the code as a picture to FILE"), false},
	{0},
};

const struct sb_verb holder_present = {"present", "", 0, 0, N_("present the card as a live QR code"), options, present};
