/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "verify/photos.h"

#include <string.h>

#include "base/error.h"
#include "crypto/digest.h"

bool photos_is_frame(struct sb_slice text)
{
	size_t len = strlen(SB_PORTRAIT_PREFIX);

	return text.len >= len && memcmp(text.data, SB_PORTRAIT_PREFIX, len) == 0;
}

const struct sb_bytes *photos_find(const struct photos *photos, struct sb_slice sha256)
{
	for (size_t i = 0; i < PHOTOS_MAX; i++)
		if (photos->whole[i].len && sb_slice_equal(sha256, sb_slice(photos->hashes[i], SB_SHA256_SIZE)))
			return &photos->whole[i];
	return NULL;
}

/* Into the place of the oldest, unless it is there already: the holder's screen goes round. */
static int keep(struct photos *photos, struct sb_bytes *jpeg, bool *complete)
{
	uint8_t hash[SB_SHA256_SIZE];
	size_t place = photos->count % PHOTOS_MAX;
	int rc = sb_sha256(jpeg->data, jpeg->len, hash);

	if (rc != SB_OK || photos_find(photos, sb_slice(hash, sizeof hash)))
		return rc;
	sb_bytes_free(&photos->whole[place]);
	photos->whole[place] = *jpeg;
	memcpy(photos->hashes[place], hash, sizeof hash);
	*jpeg = (struct sb_bytes){0};
	photos->count++;
	*complete = true;
	return SB_OK;
}

int photos_add(struct photos *photos, struct sb_slice frame, bool *complete)
{
	struct sb_bytes jpeg = {0};
	int rc = sb_portrait_frames_add(&photos->frames, frame);

	*complete = false;
	if (rc == SB_E_EXISTS) {
		sb_portrait_frames_free(&photos->frames);
		rc = sb_portrait_frames_add(&photos->frames, frame);
	}
	if (rc != SB_OK)
		return rc;
	rc = sb_portrait_frames_join(&photos->frames, &jpeg);
	if (rc == SB_OK) {
		rc = keep(photos, &jpeg, complete);
		sb_portrait_frames_free(&photos->frames);
	} else if (rc == SB_E_NOT_FOUND)
		rc = SB_OK;
	sb_bytes_free(&jpeg);
	return rc;
}

void photos_free(struct photos *photos)
{
	sb_portrait_frames_free(&photos->frames);
	for (size_t i = 0; i < PHOTOS_MAX; i++)
		sb_bytes_free(&photos->whole[i]);
	*photos = (struct photos){0};
}
