/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "holder/face.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "common/fields.h"
#include "common/i18n.h"

/* --- reading --- */

static int mask(const struct sb_element *e, struct sb_bytes *value)
{
	struct sb_bytes masked = {0};
	int rc = sb_bytes_terminate(value);

	if (rc == SB_OK)
		rc = sb_mask(e->mask, (const char *)value->data, &masked);
	if (rc == SB_OK) {
		sb_bytes_free(value);
		*value = masked;
	}
	return rc;
}

static int read_field(struct holder_card *card, const struct sb_element *e, bool masked, json_t *fields, struct sb_failure *f)
{
	struct sb_bytes value = {0};
	int rc = holder_card_field(card, e->name, &value, f);

	if (rc == SB_EXIT_OK && masked && e->mask != SB_MASK_NONE && mask(e, &value) != SB_OK)
		rc = sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	if (rc == SB_EXIT_OK)
		json_object_set_new(fields, e->name, json_stringn((const char *)value.data, value.len));
	else if (!e->required && strcmp(f->error, "not_found") == 0) {
		*f = (struct sb_failure){.tries_left = -1};
		rc = SB_EXIT_OK;
	}
	sb_bytes_free(&value);
	return rc;
}

/* The photo lies beside the fields, under its element's name. */
static int read_photo(struct holder_card *card, const struct sb_element *e, struct holder_face *face, struct sb_failure *f)
{
	int rc = sb_p11_get_data(card->p11, HOLDER_APPLICATION, e->name, &face->photo, f);

	face->portrait = e;
	if (rc == SB_EXIT_OK || strcmp(f->error, "not_found") != 0)
		return rc;
	*f = (struct sb_failure){.tries_left = -1};
	return SB_EXIT_OK;
}

static int read_list(struct holder_card *card, const size_t *list, size_t count, bool masked, struct holder_face *face, struct sb_failure *f)
{
	int rc = SB_EXIT_OK;

	for (size_t i = 0; rc == SB_EXIT_OK && i < count; i++) {
		const struct sb_element *e = &card->document->elements[list[i]];

		if (e->type == SB_ELEMENT_IMAGE && !face->portrait)
			rc = read_photo(card, e, face, f);
		else if (e->type != SB_ELEMENT_IMAGE && !json_object_get(face->fields, e->name)) {
			rc = read_field(card, e, masked, face->fields, f);
			face->list[face->count++] = list[i];
		}
	}
	return rc;
}

int holder_face_read(struct holder_card *card, bool details, bool masked, struct holder_face *out, struct sb_failure *f)
{
	const struct sb_document *d = card->document;
	int rc;

	*out = (struct holder_face){.document = d, .fields = json_object()};
	rc = read_list(card, d->face, d->face_count, masked, out, f);
	if (rc == SB_EXIT_OK && details)
		rc = read_list(card, d->details, d->details_count, masked, out, f);
	return rc;
}

void holder_face_free(struct holder_face *face)
{
	json_decref(face->fields);
	face->fields = NULL;
	sb_bytes_free(&face->photo);
}

/* --- telling --- */

static const char *title_of(const struct holder_face *face)
{
	return strcmp(sb_i18n_lang(), "ko") == 0 ? face->document->label_ko : face->document->label_en;
}

void holder_face_say(struct sb_program *p, const struct holder_face *face)
{
	sb_say(p, "%s\n", title_of(face));
	for (size_t i = 0; i < face->count; i++) {
		const struct sb_element *e = &face->document->elements[face->list[i]];
		char *value = sb_fields_value(e, json_object_get(face->fields, e->name));

		if (value)
			sb_say(p, "%s: %s\n", sb_fields_label(e), value);
		sb_text_free(&value);
	}
	if (face->portrait)
		sb_say(p, "%s: %s\n", sb_fields_label(face->portrait), face->photo.len ? _("on this card, not drawn here") : _("none"));
}

/* --- drawing --- */

struct lines {
	struct sb_card_line line[2 * SB_SDCWT_CLAIMS_MAX];
	char *values[2 * SB_SDCWT_CLAIMS_MAX];
	size_t count;
};

static void make_lines(const struct holder_face *face, struct lines *out)
{
	out->count = 0;
	for (size_t i = 0; i < face->count; i++) {
		const struct sb_element *e = &face->document->elements[face->list[i]];
		char *value = sb_fields_value(e, json_object_get(face->fields, e->name));

		if (!value)
			continue;
		out->values[out->count] = value;
		out->line[out->count++] = (struct sb_card_line){sb_fields_label(e), value};
	}
}

static void free_lines(struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		sb_text_free(&lines->values[i]);
}

static void make_note(int64_t until, char *out, size_t size)
{
	time_t t = (time_t)until;
	char clock[16] = "";
	struct tm tm;

	if (localtime_r(&t, &tm))
		strftime(clock, sizeof clock, "%H:%M:%S", &tm);
	snprintf(out, size, _("This code is valid until %s."), clock);
}

static void warn(struct sb_program *p, const struct holder_face *face, const struct sb_card_drawn *drawn, size_t lines)
{
	if (face->photo.len && !drawn->photo)
		sb_warn(p, "%s", _("The photo on this card is damaged; a silhouette stands in its place. Have the card issued anew."));
	if (drawn->unknown_letters)
		sb_warn(p, "%s", _("No font of this machine has all letters of this card. Install one, on Debian: fonts-nanum, or fonts-noto-cjk for rare Hanja."));
	if (drawn->lines < lines)
		sb_warn(p, _("The picture has no room for all: %zu of %zu lines are on it. All of them: sinbun show --details --plain"), drawn->lines, lines);
}

static int draw_file(const char *option, const char *path, int (*draw)(const struct sb_card_face *, struct sb_bytes *, struct sb_card_drawn *),
	const struct sb_card_face *face, struct sb_card_drawn *drawn, struct sb_failure *f)
{
	struct sb_bytes picture = {0};
	int made, rc = SB_EXIT_OK;

	if (!path)
		return rc;
	made = draw(face, &picture, drawn);
	if (made == SB_OK)
		rc = holder_write(option, path, sb_bytes_slice(&picture), f);
	else
		rc = sb_fail(f, SB_EXIT_STORAGE, "cannot_draw", option, _("The picture cannot be made: %s."), _(sb_error_text(made)));
	sb_bytes_free(&picture);
	return rc;
}

int holder_face_draw(struct sb_program *p, const struct holder_face *face, const struct holder_picture *how, struct sb_failure *f)
{
	struct sb_card_drawn drawn = {0};
	struct lines lines;
	char note[128];
	struct sb_card_face picture = {
		.title = title_of(face),
		.lines = lines.line,
		.portrait = face->portrait != NULL,
		.photo = sb_bytes_slice(&face->photo),
		.qr = how->qr,
		.note = how->qr ? note : NULL,
		.large = how->large,
	};
	int rc;

	make_note(how->until, note, sizeof note);
	make_lines(face, &lines);
	picture.line_count = lines.count;
	rc = draw_file("--png", how->png, sb_card_png, &picture, &drawn, f);
	if (rc == SB_EXIT_OK)
		rc = draw_file("--svg", how->svg, sb_card_svg, &picture, &drawn, f);
	if (rc == SB_EXIT_OK)
		warn(p, face, &drawn, lines.count);
	free_lines(&lines);
	return rc;
}
