/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "formats/base45.h"
#include "formats/portrait_frames.h"
#include "formats/sdcwt.h"
#include "fuzz_parts.h"

/* What a scanner gives: base45, the text of a live code, frames of a portrait. Nothing crashes, and there is one text for each token: what is
 * decoded is written again as it was, so that no second spelling passes for another code. */

static struct sb_bytes jpeg, seeds[3];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char token[] = "\xd2\x84\x43\xa1\x01\x26\xa0\x40\x58\x40 a token of some length, as long as one";

	(void)argc;
	(void)argv;
	for (unsigned i = 0; i < 1800; i++)
		FUZZ_REQUIRE(sb_bytes_append_byte(&jpeg, (uint8_t)(i * 7 + i / 256)) == SB_OK);
	FUZZ_REQUIRE(sb_base45_encode(sb_slice(token, sizeof token), &seeds[0]) == SB_OK);
	FUZZ_REQUIRE(sb_qr_text_encode(sb_slice(token, sizeof token), &seeds[1]) == SB_OK);
	for (unsigned i = sb_portrait_frame_count(jpeg.len); i >= 1; i--) {
		FUZZ_REQUIRE(sb_portrait_frame_encode(sb_bytes_slice(&jpeg), i, &seeds[2]) == SB_OK);
		fuzz_put_text(&seeds[2], "\n");
	}
	return 0;
}

static void as_base45(struct sb_slice text)
{
	struct sb_bytes data = {0}, again = {0};

	if (sb_base45_decode(text, &data) == SB_OK)
		FUZZ_REQUIRE(sb_base45_encode(sb_bytes_slice(&data), &again) == SB_OK && sb_slice_equal(sb_bytes_slice(&again), text));
	else
		FUZZ_REQUIRE(!data.len);
	sb_bytes_free(&data);
	sb_bytes_free(&again);
}

static void as_live_code(struct sb_slice text)
{
	struct sb_bytes data = {0}, again = {0};

	if (sb_qr_text_decode(text, &data) == SB_OK)
		FUZZ_REQUIRE(sb_qr_text_encode(sb_bytes_slice(&data), &again) == SB_OK && memmem(text.data, text.len, again.data, again.len));
	sb_bytes_free(&data);
	sb_bytes_free(&again);
}

/* A line each. Frames that were not changed join to the picture, whatever came in between. */
static void as_frames(struct sb_slice text)
{
	struct sb_portrait_frames frames = {0};
	struct sb_bytes out = {0};
	size_t held;

	while (text.len) {
		struct sb_slice line = fuzz_line(&text);
		int rc = sb_portrait_frames_add(&frames, line);

		FUZZ_REQUIRE(rc == SB_OK || rc == SB_E_FORMAT || rc == SB_E_EXISTS);
		/* The same again is nothing new. */
		FUZZ_REQUIRE(rc != SB_OK || sb_portrait_frames_add(&frames, line) == SB_OK);
	}
	held = 0;
	for (unsigned i = 0; i < SB_PORTRAIT_FRAMES_MAX; i++)
		held += frames.parts[i].len;
	FUZZ_REQUIRE(held <= SB_PORTRAIT_BYTES_MAX && frames.count <= SB_PORTRAIT_FRAMES_MAX);
	if (sb_portrait_frames_join(&frames, &out) == SB_OK)
		FUZZ_REQUIRE(out.len && out.len == held);
	sb_portrait_frames_free(&frames);
	sb_bytes_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	as_base45(sb_slice(data, size));
	as_live_code(sb_slice(data, size));
	as_frames(sb_slice(data, size));
	return 0;
}

bool fuzz_seed(unsigned number, struct sb_bytes *out)
{
	return number < sizeof seeds / sizeof *seeds && sb_bytes_append(out, seeds[number].data, seeds[number].len) == SB_OK;
}
