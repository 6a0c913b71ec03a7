/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "holder/codes.h"

#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "common/i18n.h"
#include "common/qr.h"
#include "crypto/digest.h"

enum { PIXELS = 6, PATH = 4096 };

/* --- the photo --- */

/* The image whose digest the set carries. */
static const struct sb_element *digest_of(const struct holder_card *card, const char *name)
{
	const struct sb_disclosure_set *set = sb_document_set(card->document, name);

	for (size_t i = 0; set && i < set->element_count; i++)
		if (card->document->elements[set->elements[i]].type == SB_ELEMENT_IMAGE)
			return &card->document->elements[set->elements[i]];
	return NULL;
}

/* The reduction that came with the card, or the photo itself where that is small enough. */
static int read_picture(struct holder_card *card, struct sb_bytes *picture, struct sb_failure *f)
{
	struct sb_bytes text = {0};
	int rc = holder_card_field(card, SB_PORTRAIT_SMALL, &text, f);

	if (rc == SB_EXIT_OK && sb_base64url_decode((const char *)text.data, text.len, picture) != SB_OK)
		rc = sb_fail(f, SB_EXIT_TOKEN, "token_error", SB_PORTRAIT_SMALL, _("The card on this device is damaged. Have it issued anew."));
	else if (rc != SB_EXIT_OK && strcmp(f->error, "not_found") == 0)
		rc = sb_p11_get_data(card->p11, HOLDER_APPLICATION, HOLDER_PORTRAIT, picture, f);
	sb_bytes_free(&text);
	return rc;
}

static int fail_no_portrait(struct sb_failure *f, const char *message)
{
	return sb_fail(f, SB_EXIT_NOT_NOW, "no_portrait", "--with-portrait", "%s", message);
}

/* What the desk will compare it with; better to be told here. */
static int check_picture(const struct sb_bytes *picture, const struct sb_bytes *digest, struct sb_failure *f)
{
	uint8_t hash[SB_SHA256_SIZE];
	struct sb_bytes text = {0};
	bool same = sb_sha256(picture->data, picture->len, hash) == SB_OK && sb_base64url_encode(hash, sizeof hash, &text) == SB_OK &&
		    sb_slice_equal(sb_bytes_slice(&text), sb_bytes_slice(digest));

	sb_bytes_free(&text);
	if (same && sb_portrait_frame_count(picture->len))
		return SB_EXIT_OK;
	return fail_no_portrait(f, _("The photo on this card cannot be shown beside a code. Have the card issued anew, or present it without --with-portrait."));
}

static int append_frames(const struct sb_bytes *picture, struct holder_codes *codes, struct sb_failure *f)
{
	unsigned count = sb_portrait_frame_count(picture->len);
	int rc = SB_OK;

	for (unsigned i = 1; rc == SB_OK && i <= count; i++) {
		rc = sb_portrait_frame_encode(sb_bytes_slice(picture), i, &codes->text[i]);
		if (rc == SB_OK)
			rc = sb_bytes_terminate(&codes->text[i]);
	}
	codes->count = 1 + count;
	return rc == SB_OK ? SB_EXIT_OK : sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
}

int holder_codes_add_portrait(struct holder_card *card, const char *set, struct holder_codes *codes, struct sb_failure *f)
{
	const struct sb_element *e = digest_of(card, set);
	struct sb_bytes digest = {0}, picture = {0};
	int rc;

	if (!e)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--with-portrait",
			_("The set \"%s\" does not vouch for the photo. Show another with it: --fields %s"), sb_clean(set), holder_card_default_set(card));
	rc = holder_card_field(card, e->name, &digest, f);
	if (rc == SB_EXIT_OK)
		rc = read_picture(card, &picture, f);
	if (rc != SB_EXIT_OK && strcmp(f->error, "not_found") == 0)
		rc = fail_no_portrait(f, _("There is no photo on this card."));
	if (rc == SB_EXIT_OK)
		rc = check_picture(&picture, &digest, f);
	if (rc == SB_EXIT_OK)
		rc = append_frames(&picture, codes, f);
	sb_bytes_free(&digest);
	sb_bytes_free(&picture);
	return rc;
}

void holder_codes_free(struct holder_codes *codes)
{
	for (size_t i = 0; i < sizeof codes->text / sizeof *codes->text; i++)
		sb_bytes_free(&codes->text[i]);
	codes->count = 0;
}

/* --- files --- */

/* live.png, live-1.png … */
static int number_path(const char *path, size_t index, char out[PATH])
{
	const char *name = strrchr(path, '/'), *dot;
	size_t stem;
	int len;

	name = name ? name + 1 : path;
	dot = strrchr(name, '.');
	stem = dot && dot != name ? (size_t)(dot - path) : strlen(path);
	len = index ? snprintf(out, PATH, "%.*s-%zu%s", (int)stem, path, index, path + stem) : snprintf(out, PATH, "%s", path);
	return len < PATH ? SB_OK : SB_E_TOO_LARGE;
}

static int write_png(const char *text, const char *path)
{
	return sb_qr_png(text, PIXELS, path);
}

static int write_pictures(const char *option, const char *path, const struct holder_codes *codes, size_t count,
	int (*write)(const char *, const char *), struct sb_failure *f)
{
	char numbered[PATH];

	for (size_t i = 0; path && i < count; i++) {
		int rc = number_path(path, i, numbered);

		if (rc == SB_OK)
			rc = write((const char *)codes->text[i].data, numbered);
		if (rc != SB_OK)
			return holder_fail_write(option, numbered, rc, f);
	}
	return SB_EXIT_OK;
}

static int write_text(struct sb_program *p, const char *path, const struct holder_codes *codes, struct sb_failure *f)
{
	struct sb_bytes lines = {0};
	int rc = SB_OK; /* = SB_EXIT_OK */

	if (!path)
		return rc;
	for (size_t i = 0; rc == SB_OK && i < codes->count; i++) {
		rc = sb_bytes_append(&lines, codes->text[i].data, codes->text[i].len);
		if (rc == SB_OK)
			rc = sb_bytes_append_byte(&lines, '\n');
	}
	if (rc != SB_OK)
		rc = holder_fail_write("--text", path, rc, f);
	else if (strcmp(path, "-") == 0)
		sb_say(p, "%.*s", (int)lines.len, (const char *)lines.data);
	else
		rc = holder_write("--text", path, sb_bytes_slice(&lines), f);
	sb_bytes_free(&lines);
	return rc;
}

int holder_codes_write(struct sb_program *p, const struct holder_codes *codes, bool frames, struct sb_failure *f)
{
	size_t count = frames ? codes->count : 1;
	int rc = write_text(p, sb_program_text(p, "--text"), codes, f);

	if (rc == SB_EXIT_OK)
		rc = write_pictures("--png", sb_program_text(p, "--png"), codes, count, write_png, f);
	return rc == SB_EXIT_OK ? write_pictures("--svg", sb_program_text(p, "--svg"), codes, count, sb_qr_svg, f) : rc;
}
