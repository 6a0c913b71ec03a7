/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_PICTURE_H
#define SINBUN_PICTURE_H

#include "base/bytes.h"

/* A portrait's largest width and height, in pixels. */
enum { SB_PICTURE_SIDE_MAX = 4096 };
/* Decodes a whole JPEG and forgets it: SB_OK; SB_E_FORMAT when it is no JPEG, SB_E_CORRUPT when it is cut short or broken,
 * SB_E_TOO_LARGE when it has more pixels than any portrait needs. */
int sb_picture_check_jpeg(struct sb_slice jpeg);

#endif
