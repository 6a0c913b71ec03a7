/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_CRYPTO_SECRET_H
#define SINBUN_CRYPTO_SECRET_H
#include <stddef.h>
#include <stdint.h>

/* Guarded memory: locked, out of core files, between guard pages, wiped when freed (sodium_malloc). */
void *sb_secret_new(size_t len); /* zeroed; NULL without memory */
void sb_secret_free(void **secret);
#endif
