/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_CRYPTO_RANDOM_H
#define SINBUN_CRYPTO_RANDOM_H
#include <stddef.h>
#include <stdint.h>

/* Once per process before anything else of crypto/, and again after C_Finalize; thread-safe to call twice.
 * Makes the private OSSL_LIB_CTX (provider "default", no openssl.cnf) and starts libsodium. */
int sb_crypto_start(void);
/* SB_E_CRYPTO when OpenSSL's own exit clean-up has run: nothing of crypto/ may be used then. */
int sb_crypto_alive(void);

/* Lets OpenSSL read the host's openssl.cnf now, if it has not yet. Some call of ours would have it read anyway, and what it loads may be a
 * provider or an engine that loads this very module: call it where no lock is held. */
void sb_crypto_settle_host(void);

/* Fills with random bytes from the kernel. SB_E_RANDOM. */
int sb_random(void *out, size_t len);
/* A uniform number in [0, bound). */
uint32_t sb_random_below(uint32_t bound);
#endif
