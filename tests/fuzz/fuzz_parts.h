/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_FUZZ_PARTS_H
#define SINBUN_FUZZ_PARTS_H

#include "base/codec.h"
#include "crypto/digest.h"
#include "formats/signer.h"
#include "fuzz.h"
#include "software_signer.h"

/* An input that begins with the byte FUZZ_SIGN is content in the clear: its lines are signed by a test key before they are read, so that what
 * stands behind a signature's check meets strange content too. */
enum { FUZZ_SIGN = 'S' };

/* The next line, without its end; empty at the end. */
static inline struct sb_slice fuzz_line(struct sb_slice *rest)
{
	const uint8_t *end = rest->len ? memchr(rest->data, '\n', rest->len) : NULL;
	struct sb_slice line = sb_slice(rest->data, end ? (size_t)(end - rest->data) : rest->len);

	*rest = end ? sb_slice(end + 1, rest->len - line.len - 1) : sb_slice(rest->data + rest->len, 0);
	return line;
}

static inline void fuzz_put(struct sb_bytes *out, const void *data, size_t len)
{
	FUZZ_REQUIRE(sb_bytes_append(out, data, len) == SB_OK);
}

static inline void fuzz_put_text(struct sb_bytes *out, const char *text)
{
	fuzz_put(out, text, strlen(text));
}

static inline void fuzz_sign(const struct software_signer *by, struct sb_slice data, uint8_t signature[64])
{
	uint8_t digest[SB_SHA256_SIZE];

	FUZZ_REQUIRE(sb_sha256(data.data, data.len, digest) == SB_OK && by->signer.sign(by->signer.context, digest, signature) == SB_OK);
}

/* A compact JWS over these very bytes, whether they are JSON or not. Appends. */
static inline void fuzz_jws(struct sb_slice header, struct sb_slice payload, const struct software_signer *by, struct sb_bytes *out)
{
	size_t start = out->len;
	uint8_t signature[64];

	FUZZ_REQUIRE(sb_base64url_encode(header.data, header.len, out) == SB_OK && sb_bytes_append_byte(out, '.') == SB_OK &&
		     sb_base64url_encode(payload.data, payload.len, out) == SB_OK);
	fuzz_sign(by, sb_slice(out->data + start, out->len - start), signature);
	FUZZ_REQUIRE(sb_bytes_append_byte(out, '.') == SB_OK && sb_base64url_encode(signature, sizeof signature, out) == SB_OK);
}

static inline struct sb_slice fuzz_text(const char *text)
{
	return sb_slice(text, strlen(text));
}

#endif
