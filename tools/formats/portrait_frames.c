/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "formats/portrait_frames.h"

#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "formats/base45.h"

enum { HEAD = sizeof SB_PORTRAIT_PREFIX "1/1:" - 1 };

unsigned sb_portrait_frame_count(size_t len)
{
	return len > SB_PORTRAIT_BYTES_MAX ? 0 : (unsigned)((len + SB_PORTRAIT_PART - 1) / SB_PORTRAIT_PART);
}

int sb_portrait_frame_encode(struct sb_slice jpeg, unsigned index, struct sb_bytes *text)
{
	unsigned count = sb_portrait_frame_count(jpeg.len);
	size_t from = (size_t)(index - 1) * SB_PORTRAIT_PART, len;
	char head[HEAD + 1];
	int rc;

	if (index < 1 || index > count)
		return SB_E_RANGE;
	len = jpeg.len - from < SB_PORTRAIT_PART ? jpeg.len - from : SB_PORTRAIT_PART;
	snprintf(head, sizeof head, SB_PORTRAIT_PREFIX "%u/%u:", index % 10, count % 10);
	rc = sb_bytes_append_text(text, head);
	return rc == SB_OK ? sb_base45_encode(sb_slice(jpeg.data + from, len), text) : rc;
}

/* "SBP1:i/n:" */
static bool read_head(struct sb_slice text, unsigned *index, unsigned *count)
{
	const uint8_t *at = text.data + sizeof SB_PORTRAIT_PREFIX - 1;

	if (text.len <= HEAD || memcmp(text.data, SB_PORTRAIT_PREFIX, sizeof SB_PORTRAIT_PREFIX - 1) != 0 || at[1] != '/' || at[3] != ':')
		return false;
	*index = (unsigned)(at[0] - '0');
	*count = (unsigned)(at[2] - '0');
	return *index >= 1 && *count >= 1 && *count <= SB_PORTRAIT_FRAMES_MAX && *index <= *count;
}

static size_t held(const struct sb_portrait_frames *frames)
{
	size_t sum = 0;

	for (unsigned i = 0; i < SB_PORTRAIT_FRAMES_MAX; i++)
		sum += frames->parts[i].len;
	return sum;
}

/* Moves the part into its place, or compares it with what is there. */
static int place(struct sb_portrait_frames *frames, unsigned index, unsigned count, struct sb_bytes *part)
{
	struct sb_bytes *to = &frames->parts[index - 1];

	if (frames->count && frames->count != count)
		return SB_E_EXISTS;
	if (to->len)
		return sb_slice_equal(sb_bytes_slice(to), sb_bytes_slice(part)) ? SB_OK : SB_E_EXISTS;
	if (!part->len || held(frames) + part->len > SB_PORTRAIT_BYTES_MAX)
		return SB_E_FORMAT;
	frames->count = count;
	*to = *part;
	*part = (struct sb_bytes){0};
	return SB_OK;
}

int sb_portrait_frames_add(struct sb_portrait_frames *frames, struct sb_slice text)
{
	struct sb_bytes part = {0};
	unsigned index, count;
	int rc;

	text = sb_slice_trim(text);
	if (!read_head(text, &index, &count))
		return SB_E_FORMAT;
	rc = sb_base45_decode(sb_slice(text.data + HEAD, text.len - HEAD), &part);
	if (rc == SB_OK)
		rc = place(frames, index, count, &part);
	sb_bytes_free(&part);
	return rc;
}

int sb_portrait_frames_join(const struct sb_portrait_frames *frames, struct sb_bytes *jpeg)
{
	int rc = frames->count ? SB_OK : SB_E_NOT_FOUND;

	for (unsigned i = 0; rc == SB_OK && i < frames->count; i++)
		if (!frames->parts[i].len)
			rc = SB_E_NOT_FOUND;
	for (unsigned i = 0; rc == SB_OK && i < frames->count; i++)
		rc = sb_bytes_append(jpeg, frames->parts[i].data, frames->parts[i].len);
	return rc;
}

void sb_portrait_frames_free(struct sb_portrait_frames *frames)
{
	for (unsigned i = 0; i < SB_PORTRAIT_FRAMES_MAX; i++)
		sb_bytes_free(&frames->parts[i]);
	frames->count = 0;
}
