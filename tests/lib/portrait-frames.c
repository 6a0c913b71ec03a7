/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors
 *
 * The frames that a holder shows beside a live code, a line each.  portrait-frames FILE.jpg */
#include <stdio.h>

#include "base/error.h"
#include "base/file.h"
#include "formats/portrait_frames.h"

int main(int argc, char **argv)
{
	struct sb_bytes jpeg = {0}, text = {0};

	if (argc != 2 || sb_file_read(argv[1], SB_PORTRAIT_BYTES_MAX, &jpeg) != SB_OK)
		return 2;
	for (unsigned i = 1; i <= sb_portrait_frame_count(jpeg.len); i++) {
		text.len = 0;
		if (sb_portrait_frame_encode(sb_bytes_slice(&jpeg), i, &text) != SB_OK || sb_bytes_terminate(&text) != SB_OK)
			return 1;
		puts((const char *)text.data);
	}
	sb_bytes_free(&jpeg);
	sb_bytes_free(&text);
	return 0;
}
