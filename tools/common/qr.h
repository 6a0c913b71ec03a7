/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_QR_H
#define SINBUN_QR_H

#include "base/bytes.h"

/* QR writing (libqrencode: level L, alphanumeric segments, 4-module quiet zone) and reading (picture.h + zbar). */
enum { SB_QR_VERSION_MAX = 22 }; /* up to here cameras read a code surely; design, section 5 */
int sb_qr_version(const char *text, int *version); /* 1..40 */
/* Unicode half blocks, dark modules dark whatever the terminal's colours (ANSI black on white when colour), one line per two rows. */
int sb_qr_cells(const char *text, int *rows, int *columns); /* what that takes */
int sb_qr_terminal(const char *text, bool colour, struct sb_bytes *out);
/* Both whole or not at all (sb_file_write), mode 0600. The SVG is as many millimetres wide as it has modules, the quiet zone among them. */
int sb_qr_png(const char *text, unsigned pixels_per_module, const char *path);
int sb_qr_svg(const char *text, const char *path);
/* The code as it is, for whoever draws it: dark or not, line after line, quiet zone and all. free(dark). */
struct sb_qr_modules {
	int width;
	bool *dark;
};
int sb_qr_modules(const char *text, struct sb_qr_modules *out);
/* All QR texts of a PNG or JPEG picture; SB_E_FORMAT when it is neither, SB_E_CORRUPT when it is a broken one, SB_E_TOO_LARGE beyond 8000
 * pixels a side or 40 million in all, SB_E_NOT_FOUND when no code is in it. Each text with a newline. */
int sb_qr_read(struct sb_slice picture, struct sb_bytes *texts);

#endif
