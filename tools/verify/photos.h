/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_VERIFY_PHOTOS_H
#define SINBUN_VERIFY_PHOTOS_H

#include "formats/portrait_frames.h"

/* Photos that were shown beside codes, frame by frame (formats/portrait_frames.h). A photo counts only by its digest, so it does not matter
 * whose frames come first, or that another holder's begin before one's own are all there. */
enum { PHOTOS_MAX = 8 };

struct photos {
	struct sb_portrait_frames frames; /* of the one that is coming in */
	struct sb_bytes whole[PHOTOS_MAX];
	uint8_t hashes[PHOTOS_MAX][32];
	unsigned count; /* ever completed; the newest PHOTOS_MAX are kept */
};

bool photos_is_frame(struct sb_slice text);
/* A frame that contradicts those before it begins anew. *complete: a photo not known yet has become whole. SB_E_FORMAT for what is no frame. */
int photos_add(struct photos *photos, struct sb_slice frame, bool *complete);
/* The photo with this SHA-256, or NULL. */
const struct sb_bytes *photos_find(const struct photos *photos, struct sb_slice sha256);
void photos_free(struct photos *photos);

#endif
