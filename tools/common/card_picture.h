/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_CARD_PICTURE_H
#define SINBUN_CARD_PICTURE_H

#include "base/bytes.h"

/* A card as a picture, 86 x 54 mm like the plastic one (cairo, pango). Texts are drawn as they are, never as markup; what is long is wrapped,
 * then made smaller, then cut with an ellipsis, and stays in its own place. */

enum { SB_CARD_WIDTH = 1720, SB_CARD_HEIGHT = 1080 }; /* 20 units, in the PNG pixels, are a millimetre */

struct sb_card_line {
	const char *label, *value; /* UTF-8 */
};

struct sb_card_face {
	const char *title;
	const struct sb_card_line *lines; /* the first is set larger */
	size_t line_count;
	bool portrait;         /* there is a place for it */
	struct sb_slice photo; /* a JPEG; where it is none or broken, a silhouette is drawn */
	const char *qr;        /* the code's text, or NULL for a card without one */
	const char *note;      /* under the code */
	bool large;            /* letters half as large again */
};

/* What was drawn where, for whoever has to answer for it. */
enum { SB_CARD_BOXES = 80 };
enum sb_card_part { SB_CARD_TITLE, SB_CARD_PORTRAIT, SB_CARD_QR, SB_CARD_LABEL, SB_CARD_VALUE, SB_CARD_NOTE };
struct sb_card_drawn {
	struct sb_card_box {
		enum sb_card_part part;
		double x, y, width, height;
	} boxes[SB_CARD_BOXES];
	size_t box_count, lines; /* lines: how many had room */
	bool photo;              /* the photo itself, not a silhouette */
	int unknown_letters;     /* that no font of this machine has */
	double scale;            /* of the letters; 1: as meant */
};

/* Appends a PNG of SB_CARD_WIDTH x SB_CARD_HEIGHT pixels, or an SVG of 86 x 54 mm in which letters are outlines and <title> and <desc> tell
 * the same in words. SB_E_TOO_LARGE where the text fits no code; SB_E_NOMEM. */
int sb_card_png(const struct sb_card_face *face, struct sb_bytes *out, struct sb_card_drawn *drawn);
int sb_card_svg(const struct sb_card_face *face, struct sb_bytes *out, struct sb_card_drawn *drawn);

#endif
