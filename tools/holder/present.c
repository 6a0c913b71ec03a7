/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "holder/codes.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "common/i18n.h"
#include "common/qr.h"
#include "common/terminal.h"
#include "holder/history.h"
#include "holder/request.h"
#include "holder/screen.h"

enum { FOR_DEFAULT = 60, FOR_MAX = 300, CHALLENGE_MAX = 32 };

/* A presentation: the set, and the codes that show it. */
struct presentation {
	struct holder_card card;
	const char *set;
	bool portrait;
	struct holder_codes codes;
	int64_t iat;
};

/* The live code for this moment, in the place of the one before. */
static int make_code(struct sb_program *p, struct presentation *s, struct sb_failure *f)
{
	sb_bytes_free(&s->codes.text[0]);
	return holder_card_qr(&s->card, s->set, sb_program_text(p, "--challenge"), &s->codes.text[0], &s->iat, f);
}

static void note(struct sb_program *p, struct presentation *s)
{
	holder_history_add_set(p, &s->card, s->set, s->portrait);
}

static void tell_once(const struct presentation *s, json_t *result)
{
	int version = 0;

	sb_qr_version((const char *)s->codes.text[0].data, &version);
	json_object_set_new(result, "qr", json_string((const char *)s->codes.text[0].data));
	json_object_set_new(result, "set", json_string(s->set));
	json_object_set_new(result, "iat", json_integer(s->iat));
	json_object_set_new(result, "expires", json_integer(s->iat + HOLDER_QR_LIFE));
	json_object_set_new(result, "version", json_integer(version));
	if (s->portrait)
		json_object_set_new(result, "portrait", json_array());
	for (size_t i = 1; i < s->codes.count; i++)
		json_array_append_new(json_object_get(result, "portrait"), json_string((const char *)s->codes.text[i].data));
}

static void draw_once(struct sb_program *p, const struct presentation *s)
{
	for (size_t i = 0; i < s->codes.count; i++) {
		struct sb_bytes drawing = {0};

		if (screen_draw((const char *)s->codes.text[i].data, &drawing) == SB_OK)
			sb_say(p, "%s", (const char *)drawing.data);
		sb_bytes_free(&drawing);
	}
	sb_say(p, "%s\n", _("Valid for 30 seconds."));
}

static int present_once(struct sb_program *p, struct presentation *s, json_t *result, struct sb_failure *f)
{
	int rc = make_code(p, s, f);

	if (rc == SB_EXIT_OK)
		note(p, s);
	if (rc == SB_EXIT_OK)
		rc = holder_codes_write(p, &s->codes, true, f);
	if (rc != SB_EXIT_OK)
		return rc;
	tell_once(s, result);
	if (!sb_program_text(p, "--text") && !sb_program_text(p, "--png") && !sb_program_text(p, "--svg"))
		draw_once(p, s);
	else if (!sb_program_text(p, "--text") || strcmp(sb_program_text(p, "--text"), "-") != 0)
		sb_say(p, "%s\n", _("The code is written. It is valid for 30 seconds."));
	return rc;
}

/* One after the other, a second each. */
static void draw_turn(const struct holder_codes *codes, size_t turn)
{
	struct sb_bytes drawing = {0};

	if (screen_draw((const char *)codes->text[turn].data, &drawing) == SB_OK)
		printf("\033[H\033[2J%s", (const char *)drawing.data);
	sb_bytes_free(&drawing);
}

static void say_beneath(const struct holder_codes *codes, size_t turn, int renewed, int ends)
{
	printf("\r\033[K");
	if (turn)
		printf(_("Photo %zu/%zu. "), turn, codes->count - 1);
	printf(_("New code in %d s. Ends in %d s. (Ctrl-C ends)"), renewed, ends);
	fflush(stdout);
}

/* Draws the codes and waits for the time of the next one, counting down in place. false: stopped. */
static bool show_codes(const struct holder_codes *codes, time_t until, time_t end)
{
	enum screen_event event = SCREEN_REDRAW;
	size_t turn = 0;

	for (time_t now = time(NULL); now < until && now < end; now = time(NULL)) {
		if (event == SCREEN_REDRAW || codes->count > 1)
			draw_turn(codes, turn);
		say_beneath(codes, turn, (int)(until - now), (int)(end - now));
		event = screen_wait();
		if (event == SCREEN_STOP)
			return false;
		if (event == SCREEN_TICK)
			turn = (turn + 1) % codes->count;
	}
	return true;
}

/* The showing: a code every ten seconds, each signed for its moment, drawn in the same place. */
static int present_live(struct sb_program *p, struct presentation *s, long seconds, struct sb_failure *f)
{
	time_t end = time(NULL) + seconds;
	bool on = true, first = true;
	int rc = SB_EXIT_OK;

	screen_enter();
	while (rc == SB_EXIT_OK && on && time(NULL) < end) {
		rc = make_code(p, s, f);
		if (rc == SB_EXIT_OK && first)
			note(p, s);
		if (rc == SB_EXIT_OK)
			rc = holder_codes_write(p, &s->codes, first, f);
		if (rc == SB_EXIT_OK)
			on = show_codes(&s->codes, s->iat + HOLDER_QR_REFRESH, end);
		first = false;
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

static int present_qr(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	long seconds = sb_program_number(p, "--for", FOR_DEFAULT);
	bool once = sb_program_flag(p, "--once") || sb_program_json(p) || !sb_terminal_capable();
	struct presentation s = {.portrait = sb_program_flag(p, "--with-portrait"), .codes = {.count = 1}};
	int rc;

	if (seconds < 1 || seconds > FOR_MAX)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--for", _("--for is 1 to %d seconds."), FOR_MAX);
	rc = check_challenge(sb_program_text(p, "--challenge"), f);
	if (rc == SB_EXIT_OK)
		rc = holder_card_open(p, &s.card, f);
	if (rc != SB_EXIT_OK)
		return rc;
	s.set = sb_program_text(p, "--fields") ? sb_program_text(p, "--fields") : holder_card_default_set(&s.card);
	if (s.portrait)
		rc = holder_codes_add_portrait(&s.card, s.set, &s.codes, f);
	if (rc == SB_EXIT_OK)
		rc = once ? present_once(p, &s, result, f) : present_live(p, &s, seconds, f);
	holder_codes_free(&s.codes);
	holder_card_close(&s.card);
	return rc;
}

/* Options of one way in the other are a mistake, which must not be passed over. */
static int check_ways(struct sb_program *p, struct sb_failure *f)
{
	static const char *const of_qr[] = {"--fields", "--challenge", "--text", "--png", "--svg"}, *const of_request[] = {"--rp-root", "--consent", "--out"};
	bool qr = sb_program_flag(p, "--qr"), request = sb_program_text(p, "--request") != NULL;

	if (qr == request)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--qr", _("Say how: --qr shows a live code to a desk, --request FILE answers a request."));
	for (size_t i = 0; request && i < sizeof of_qr / sizeof *of_qr; i++)
		if (sb_program_text(p, of_qr[i]))
			return sb_fail(f, SB_EXIT_USAGE, "usage", of_qr[i], _("%s does not go with --request."), of_qr[i]);
	for (size_t i = 0; qr && i < sizeof of_request / sizeof *of_request; i++)
		if (sb_program_text(p, of_request[i]))
			return sb_fail(f, SB_EXIT_USAGE, "usage", of_request[i], _("%s does not go with --qr."), of_request[i]);
	return SB_EXIT_OK;
}

static int present(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	int rc = check_ways(p, f);

	if (rc != SB_EXIT_OK)
		return rc;
	return sb_program_flag(p, "--qr") ? present_qr(p, result, f) : holder_request(p, result, f);
}

static const struct sb_option options[] = {
	{"--qr", SB_OPTION_FLAG, NULL, N_("as a live QR code"), false},
	{"--request", SB_OPTION_FILE, "FILE", N_("answer a request (OpenID4VP) in FILE (- for standard input)"), false},
	{"--rp-root", SB_OPTION_FILE, "FILE", N_("the certificate (PEM) that vouches for who asks"), false},
	{"--consent", SB_OPTION_TEXT, "all", N_("consent was given: do not ask"), false},
	{"--out", SB_OPTION_FILE, "FILE", N_("write the answer to FILE"), false},
	{"--fields", SB_OPTION_TEXT, "SET", N_("what to disclose: adult, basic or full (the face; the default)"), false},
	{"--challenge", SB_OPTION_TEXT, "C", N_("the challenge that the desk read out"), false},
	{"--for", SB_OPTION_NUMBER, "SECONDS", N_("how long to show it (60; at most 300)"), false},
	{"--once", SB_OPTION_FLAG, NULL, N_("one code, then end"), false},
	{"--text", SB_OPTION_FILE, "FILE", N_("write the code's text to FILE (- for standard output)"), false},
	{"--png", SB_OPTION_FILE, "FILE", N_("write the code as a picture to FILE"), false},
	{"--svg", SB_OPTION_FILE, "FILE", N_("the same as SVG"), false},
	{"--with-portrait", SB_OPTION_FLAG, NULL, N_("also the photo, in codes of its own beside the live one"), false},
	{0},
};

const struct sb_verb holder_present = {"present", "", 0, 0, N_("present the card: as a live QR code, or to who asks for it"), options, present};
