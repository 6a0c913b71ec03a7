/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_CRYPTO_DIGEST_H
#define SINBUN_CRYPTO_DIGEST_H
#include "base/bytes.h"

enum { SB_SHA256_SIZE = 32, SB_DIGEST_MAX = 64 };

/* A running digest. name: OpenSSL's ("SHA256", "SHA384", "SHA3-256", "SHA1" …). */
struct sb_digest;
int sb_digest_new(const char *name, struct sb_digest **out);
int sb_digest_update(struct sb_digest *d, const void *data, size_t len);
/* Writes sb_digest_size() bytes; the digest can then only begin anew, or be freed. */
int sb_digest_final(struct sb_digest *d, uint8_t *out);
/* Begins anew, after the end of one message or in the middle of it; nothing of that message is left. */
int sb_digest_again(struct sb_digest *d);
bool sb_digest_is(const struct sb_digest *d, const char *name);
int sb_digest_copy(const struct sb_digest *d, struct sb_digest **out);
size_t sb_digest_size(const struct sb_digest *d);
/* The same by name; 0 for a hash we have not. */
size_t sb_digest_length(const char *name);
void sb_digest_free(struct sb_digest **d);

int sb_sha256(const void *data, size_t len, uint8_t out[SB_SHA256_SIZE]);
/* One shot by name; out must hold SB_DIGEST_MAX bytes. */
int sb_digest(const char *name, const void *data, size_t len, uint8_t *out, size_t *out_len);
/* Keyed BLAKE2b, 32 bytes out, key 16..64 bytes (libsodium generichash). */
int sb_mac(struct sb_slice key, const void *data, size_t len, uint8_t out[32]);
/* The same over several pieces (each preceded by its length as u64, so that boundaries count). */
int sb_mac_pieces(struct sb_slice key, const struct sb_slice *pieces, size_t count, uint8_t out[32]);
#endif
