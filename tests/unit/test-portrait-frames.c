/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "base/error.h"
#include "check.h"
#include "formats/portrait_frames.h"

static uint8_t picture[SB_PORTRAIT_BYTES_MAX + 1];

static struct sb_bytes frame(size_t len, unsigned index)
{
	struct sb_bytes text = {0};

	REQUIRE(sb_portrait_frame_encode(sb_slice(picture, len), index, &text) == SB_OK);
	REQUIRE(sb_bytes_terminate(&text) == SB_OK);
	return text;
}

static int add(struct sb_portrait_frames *frames, const char *text)
{
	return sb_portrait_frames_add(frames, sb_slice(text, strlen(text)));
}

static void bytes_of_a_frame(void)
{
	struct sb_bytes text = {0};

	CHECK_EQ(sb_portrait_frame_encode(sb_slice("Hello!!", 7), 1, &text), SB_OK);
	CHECK(sb_slice_equal(sb_bytes_slice(&text), sb_slice("SBP1:1/1:%69 VD92EX0", 20)));
	sb_bytes_free(&text);
	CHECK_EQ(sb_portrait_frame_encode(sb_slice(picture, 513), 0, &text), SB_E_RANGE);
	CHECK_EQ(sb_portrait_frame_encode(sb_slice(picture, 513), 3, &text), SB_E_RANGE);
	CHECK_EQ(sb_portrait_frame_encode(sb_slice(picture, sizeof picture), 1, &text), SB_E_RANGE);
	CHECK_EQ(sb_portrait_frame_encode(sb_slice(picture, 0), 1, &text), SB_E_RANGE);
	CHECK_EQ(text.len, 0);
}

/* Backwards, each twice. */
static void round_trips(void)
{
	static const size_t sizes[] = {1, 2, 511, 512, 513, 1024, 1500, 2047, 2048};

	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
		struct sb_portrait_frames frames = {0};
		struct sb_bytes whole = {0};
		unsigned count = sb_portrait_frame_count(sizes[s]);

		CHECK_EQ(count, (sizes[s] + 511) / 512);
		for (unsigned i = count; i >= 1; i--) {
			struct sb_bytes text = frame(sizes[s], i);

			CHECK_EQ(sb_portrait_frames_join(&frames, &whole), SB_E_NOT_FOUND);
			CHECK_EQ(add(&frames, (char *)text.data), SB_OK);
			REQUIRE(sb_bytes_append_text(&text, "\r\n") == SB_OK);
			CHECK_EQ(sb_portrait_frames_add(&frames, sb_bytes_slice(&text)), SB_OK);
			sb_bytes_free(&text);
		}
		CHECK_EQ(sb_portrait_frames_join(&frames, &whole), SB_OK);
		CHECK(sb_slice_equal(sb_bytes_slice(&whole), sb_slice(picture, sizes[s])));
		sb_bytes_free(&whole);
		sb_portrait_frames_free(&frames);
	}
}

static void refuses_what_is_no_frame(void)
{
	static const char *const bad[] = {"", "SBP1:", "SBP1:1/1:", "SB1:1/1:%69", "SBP2:1/1:%69", "sbp1:1/1:%69", "SBP1:0/1:%69", "SBP1:2/1:%69",
		"SBP1:1/0:%69", "SBP1:01/1:%69", "SBP1:1/10:%69", "SBP1:/1:%69", "SBP1:1:1:%69", "SBP1:1/1;%69", "SBP1:1/1:%6", "SBP1:1/1:a",
		"SBP1:1/1::::", "SBP1:\xff/\xff:%69", "SBP1::/::%69"};
	struct sb_portrait_frames frames = {0};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (add(&frames, bad[i]) == SB_OK) {
			fprintf(stderr, "taken for a frame: %s\n", bad[i]);
			check_failures++;
		}
	CHECK_EQ(frames.count, 0);
}

static void refuses_contradictions(void)
{
	struct sb_portrait_frames frames = {0};

	CHECK_EQ(add(&frames, "SBP1:1/2:%69"), SB_OK);
	CHECK_EQ(add(&frames, "SBP1:1/2:%69"), SB_OK);
	CHECK_EQ(add(&frames, "SBP1:1/2:BB8"), SB_E_EXISTS);
	CHECK_EQ(add(&frames, "SBP1:2/3:%69"), SB_E_EXISTS);
	CHECK_EQ(add(&frames, "SBP1:2/2:BB8"), SB_OK);
	CHECK_EQ(frames.parts[0].len + frames.parts[1].len, 4);
	sb_portrait_frames_free(&frames);
}

/* Nine frames of a hostile writer, each as large as a code can be: no more is kept than a portrait has. */
static void holds_no_more_than_a_portrait(void)
{
	static char text[16 + 3 * 600 + 1];
	struct sb_portrait_frames frames = {0};
	size_t sum = 0;

	for (unsigned i = 1; i <= 9; i++) {
		size_t at = (size_t)sprintf(text, "SBP1:%u/9:", i);

		for (size_t k = 0; k < 600; k++, at += 3)
			memcpy(text + at, "BB8", 4);
		CHECK_EQ(add(&frames, text), i <= 1 ? SB_OK : SB_E_FORMAT);
	}
	for (size_t i = 0; i < 9; i++)
		sum += frames.parts[i].len;
	CHECK(sum <= SB_PORTRAIT_BYTES_MAX);
	sb_portrait_frames_free(&frames);
}

int main(void)
{
	for (size_t i = 0; i < sizeof picture; i++)
		picture[i] = (uint8_t)(i * 31 + i / 7);
	bytes_of_a_frame();
	round_trips();
	refuses_what_is_no_frame();
	refuses_contradictions();
	holds_no_more_than_a_portrait();
	return check_result();
}
