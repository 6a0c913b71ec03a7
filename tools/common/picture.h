/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_PICTURE_H
#define SINBUN_PICTURE_H

#include "base/bytes.h"

/* Pictures from outside, PNG and JPEG only, at most so many pixels a side and in all. Errors: SB_E_FORMAT when it is neither, SB_E_TOO_LARGE,
 * SB_E_CORRUPT when it is cut short or broken. */
enum { SB_PICTURE_SIDE_MAX = 8000, SB_PICTURE_PIXELS_MAX = 40 * 1000 * 1000 };

/* Grey, one byte a pixel, line after line, for the caller to free; transparent parts are white as paper. */
int sb_picture_grey(struct sb_slice picture, uint8_t **grey, unsigned *width, unsigned *height);
/* A whole JPEG that can be decoded? SB_E_FORMAT for a PNG too. */
int sb_picture_check_jpeg(struct sb_slice picture);

/* Pixels as cairo has them (RGB24: one word each, 0x00RRGGBB), line after line; free(words). */
struct sb_pixels {
	unsigned width, height;
	uint32_t *words;
};
/* A whole JPEG, made smaller in its own proportions where it is larger than so much. */
int sb_picture_pixels(struct sb_slice jpeg, unsigned width_max, unsigned height_max, struct sb_pixels *out);
/* Appends a JPEG of at most max bytes, for a portrait's sake: as large and as fine as that allows. SB_E_TOO_LARGE when even the smallest takes more. */
int sb_picture_reduce(struct sb_slice jpeg, size_t max, struct sb_bytes *out);
/* Do both show the same, as far as the smaller and coarser can show it? SB_E_SIGNATURE when they do not: a reduction is checked against its original by
 * sight, since no two libraries make it to the byte alike. */
int sb_picture_alike(struct sb_slice a, struct sb_slice b);

#endif
