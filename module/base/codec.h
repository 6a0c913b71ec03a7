/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_CODEC_H
#define SINBUN_CODEC_H

#include "base/bytes.h"

/* Text codecs. Encoders append text to out (no terminator; see sb_bytes_terminate). Decoders append bytes, refuse
 * every character outside the alphabet, non-zero spare bits and wrong padding with SB_E_FORMAT, and append nothing then. */

int sb_hex_encode(const void *data, size_t len, struct sb_bytes *out);
int sb_hex_decode(const char *text, size_t len, struct sb_bytes *out);
/* RFC 4648 section 4: with padding. */
int sb_base64_encode(const void *data, size_t len, struct sb_bytes *out);
int sb_base64_decode(const char *text, size_t len, struct sb_bytes *out);
/* RFC 4648 section 5: URL alphabet, no padding. */
int sb_base64url_encode(const void *data, size_t len, struct sb_bytes *out);
int sb_base64url_decode(const char *text, size_t len, struct sb_bytes *out);

/* Big-endian integers. */
void sb_put_u32(uint8_t out[4], uint32_t v);
void sb_put_u64(uint8_t out[8], uint64_t v);
uint32_t sb_get_u32(const uint8_t in[4]);
uint64_t sb_get_u64(const uint8_t in[8]);

/* Length in characters of a UTF-8 text; SB_E_FORMAT (negative) for ill-formed text (overlong, surrogates, > U+10FFFF). */
long sb_utf8_length(const char *text, size_t len);

/* Without the white space at both ends. In place: what follows is cut off, the result points into text. */
char *sb_text_trim(char *text);
struct sb_slice sb_slice_trim(struct sb_slice text);

#endif
