/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_HOLDER_CODES_H
#define SINBUN_HOLDER_CODES_H

#include "formats/portrait_frames.h"
#include "holder/holder.h"

/* What one showing puts before a camera: the live code, and where asked for the photo beside it, in frames. */
struct holder_codes {
	struct sb_bytes text[1 + SB_PORTRAIT_FRAMES_MAX]; /* each ended by 0; the live one first */
	size_t count;
};

/* Fills in the photo's frames behind the live code (which is made later): "no_portrait" (exit 10) where the card has none, "usage" where the set
 * does not vouch for it. */
int holder_codes_add_portrait(struct holder_card *card, const char *set, struct holder_codes *codes, struct sb_failure *f);
void holder_codes_free(struct holder_codes *codes);

/* Writes what --text, --png and --svg name. With frames, the pictures are FILE for the live code and FILE-1, FILE-2 … (before the ending) for them;
 * the text has a line for each. frames false: they are there already. */
int holder_codes_write(struct sb_program *p, const struct holder_codes *codes, bool frames, struct sb_failure *f);

#endif
