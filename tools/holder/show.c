/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "holder/face.h"

#include <string.h>

#include "base/error.h"
#include "common/fields.h"
#include "common/i18n.h"
#include "holder/history.h"
#include "holder/screen.h"

/* The card to look at: on the terminal, as lines, as a picture. */

struct showing {
	bool details, masked, large, plain, terminal; /* as asked for */
	const char *png, *svg;
	struct sb_bytes qr; /* text of the live code, where one is shown */
	int64_t iat;
};

static int read_options(struct sb_program *p, struct showing *s, struct sb_failure *f)
{
	*s = (struct showing){
		.details = sb_program_flag(p, "--details"),
		.masked = sb_program_flag(p, "--masked"),
		.large = sb_program_flag(p, "--large"),
		.plain = sb_program_flag(p, "--plain"),
		.png = sb_program_text(p, "--png"),
		.svg = sb_program_text(p, "--svg"),
	};
	s->terminal = sb_program_flag(p, "--term") || (!s->plain && !s->png && !s->svg);
	if (s->plain && s->terminal)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--plain", _("--plain draws nothing, --term does: one of them."));
	if (s->large && !s->png && !s->svg)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--large",
			_("--large is for pictures (--png, --svg): a terminal's letters are as large as its settings say."));
	return SB_EXIT_OK;
}

/* A code is signed only for who gets to see it: the details have none on their picture. */
static bool shows_code(struct sb_program *p, const struct showing *s)
{
	return sb_program_json(p) || s->terminal || ((s->png || s->svg) && !s->details);
}

static int make_code(struct sb_program *p, struct holder_card *card, struct showing *s, json_t *result, struct sb_failure *f)
{
	const char *set = holder_card_default_set(card);
	int rc = holder_card_qr(card, set, NULL, &s->qr, &s->iat, f);

	if (rc != SB_EXIT_OK)
		return rc;
	holder_history_add_set(p, card, set, false);
	json_object_set_new(result, "qr", json_string((const char *)s->qr.data));
	json_object_set_new(result, "expires", json_integer(s->iat + HOLDER_QR_LIFE));
	return SB_EXIT_OK;
}

static void say_terminal(struct sb_program *p, const struct holder_face *face, const struct showing *s)
{
	struct sb_bytes drawing = {0};

	sb_say(p, "%s\n", strcmp(sb_program_lang(p), "ko") == 0 ? face->document->label_ko : face->document->label_en);
	sb_fields_print(p, face->document, face->fields, face->list, face->count);
	if (s->qr.len && screen_draw((const char *)s->qr.data, &drawing) == SB_OK)
		sb_say(p, "\n%s%s\n", (const char *)drawing.data,
			_("The code is valid for 30 seconds. For one that renews itself: sinbun present --qr"));
	sb_bytes_free(&drawing);
}

static void say_written(struct sb_program *p, const struct showing *s)
{
	const char *const paths[] = {s->png, s->svg};

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		if (paths[i])
			sb_say(p, _("Written: %s\n"), paths[i]);
}

static int show_card(struct sb_program *p, struct holder_card *card, struct showing *s, json_t *result, struct sb_failure *f)
{
	struct holder_face face;
	struct holder_picture picture = {.png = s->png, .svg = s->svg, .large = s->large};
	int rc = holder_face_read(card, s->details, s->masked, &face, f);

	if (rc == SB_EXIT_OK) {
		json_object_set(result, "fields", face.fields);
		json_object_set(result, "card", json_object_get(card->meta, "card"));
	}
	if (rc == SB_EXIT_OK && shows_code(p, s))
		rc = make_code(p, card, s, result, f);
	if (rc == SB_EXIT_OK && (s->png || s->svg)) {
		picture.qr = s->details ? NULL : (const char *)s->qr.data;
		picture.until = s->iat + HOLDER_QR_LIFE;
		rc = holder_face_draw(p, &face, &picture, f);
	}
	if (rc == SB_EXIT_OK && s->terminal)
		say_terminal(p, &face, s);
	if (rc == SB_EXIT_OK && s->plain) {
		holder_face_say(p, &face);
		sb_say(p, "%s\n", _("QR code: not drawn here. To present the card: sinbun present --qr"));
	}
	if (rc == SB_EXIT_OK)
		say_written(p, s);
	if (rc == SB_EXIT_OK)
		holder_warn_end(p, json_integer_value(json_object_get(card->meta, "expires")));
	holder_face_free(&face);
	return rc;
}

static int show(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct holder_card card;
	struct showing s;
	int rc = read_options(p, &s, f);

	if (rc == SB_EXIT_OK)
		rc = holder_card_open(p, &card, f);
	if (rc != SB_EXIT_OK)
		return rc;
	rc = show_card(p, &card, &s, result, f);
	if (rc != SB_EXIT_OK)
		json_object_clear(result);
	sb_bytes_free(&s.qr);
	holder_card_close(&card);
	return rc;
}

static const struct sb_option options[] = {
	{"--details", SB_OPTION_FLAG, NULL, N_("also the resident registration number, full address, issue date and authority"), false},
	{"--masked", SB_OPTION_FLAG, NULL, N_("hide parts of the name, number and address, where others look on"), false},
	{"--term", SB_OPTION_FLAG, NULL, N_("on the terminal, with the code (the default without the options below)"), false},
	{"--plain", SB_OPTION_FLAG, NULL, N_("as lines of text and no drawing, for screen readers"), false},
	{"--png", SB_OPTION_FILE, "FILE", N_("draw the card into FILE (PNG)"), false},
	{"--svg", SB_OPTION_FILE, "FILE", N_("draw the card into FILE (SVG)"), false},
	{"--large", SB_OPTION_FLAG, NULL, N_("the picture in large letters"), false},
	{0},
};

const struct sb_verb holder_show = {"show", "", 0, 0, N_("show the card, with a live QR code"), options, show};
