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

#endif
