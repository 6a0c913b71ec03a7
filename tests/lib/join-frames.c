/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
/* Puts together the portrait whose frames stand on standard input, one a line among others, and writes it to standard output. */
#include <stdio.h>

#include "base/error.h"
#include "check.h"
#include "formats/portrait_frames.h"

int main(void)
{
	struct sb_portrait_frames frames = {0};
	struct sb_bytes jpeg = {0};
	char line[4096];

	while (fgets(line, sizeof line, stdin)) {
		int rc = sb_portrait_frames_add(&frames, sb_slice(line, strlen(line)));

		REQUIRE(rc == SB_OK || strncmp(line, SB_PORTRAIT_PREFIX, strlen(SB_PORTRAIT_PREFIX)) != 0);
	}
	REQUIRE(sb_portrait_frames_join(&frames, &jpeg) == SB_OK);
	REQUIRE(fwrite(jpeg.data, 1, jpeg.len, stdout) == jpeg.len);
	sb_portrait_frames_free(&frames);
	sb_bytes_free(&jpeg);
	return 0;
}
