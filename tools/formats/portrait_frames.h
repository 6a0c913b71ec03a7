/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_PORTRAIT_FRAMES_H
#define SINBUN_PORTRAIT_FRAMES_H

#include "base/bytes.h"

/* The portrait beside a live QR code: the JPEG (at most 2048 bytes) whose SHA-256 the credential carries as portrait_sha256, in parts that fit
 * into codes no denser than the live one's:
 *   frame = "SBP1:" i "/" n ":" base45(part)      i = 1 … n, n = 1 … 9, one digit each
 * The parts, in the order of i, are the JPEG; a writer makes them 512 bytes long, but for the last. Nothing in a frame is signed: what is
 * put together counts only by its digest. */
/* Where a card's photo is larger, what the digest is of comes with its fields, under this name (base64url). */
#define SB_PORTRAIT_SMALL "portrait_small"
#define SB_PORTRAIT_PREFIX "SBP1:"
enum { SB_PORTRAIT_BYTES_MAX = 2048, SB_PORTRAIT_PART = 512, SB_PORTRAIT_FRAMES_MAX = 9 };

/* How many frames a JPEG of so many bytes takes; 0 when it is empty or too large. */
unsigned sb_portrait_frame_count(size_t len);
/* Appends the text of frame `index` (from 1): SB_E_RANGE for one that there is not. */
int sb_portrait_frame_encode(struct sb_slice jpeg, unsigned index, struct sb_bytes *text);

/* Frames as they come, in any order and repeated. Zero-initialise. */
struct sb_portrait_frames {
	unsigned count; /* n; 0: none yet */
	struct sb_bytes parts[SB_PORTRAIT_FRAMES_MAX];
};

/* Takes one in (white space around it is trimmed). SB_E_FORMAT when it is no frame, or the whole would be too large; SB_E_EXISTS when it
 * contradicts one that came before (another n, other bytes for the same i): nothing is taken in then. */
int sb_portrait_frames_add(struct sb_portrait_frames *frames, struct sb_slice text);
/* The JPEG, appended; SB_E_NOT_FOUND while a frame is missing. */
int sb_portrait_frames_join(const struct sb_portrait_frames *frames, struct sb_bytes *jpeg);
void sb_portrait_frames_free(struct sb_portrait_frames *frames);

#endif
