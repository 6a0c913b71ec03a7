/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "crypto/random.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/provider.h>
#include <pthread.h>
#include <sodium.h>
#include <sys/random.h>

#include "base/error.h"
#include "crypto/libctx.h"

static OSSL_LIB_CTX *context;
static pthread_mutex_t start_lock = PTHREAD_MUTEX_INITIALIZER;

OSSL_LIB_CTX *sb_libctx(void)
{
	return context;
}

/* The context lives as long as the process: freeing it in an exit handler would race with OpenSSL's own clean-up. */
static int make_context(void)
{
	SB_QUIET;
	OSSL_LIB_CTX *fresh = OSSL_LIB_CTX_new();

	if (!fresh)
		return SB_E_CRYPTO;
	if (!OSSL_PROVIDER_load(fresh, "default")) {
		OSSL_LIB_CTX_free(fresh);
		return SB_E_CRYPTO;
	}
	context = fresh;
	return SB_OK;
}

int sb_crypto_start(void)
{
	int rc = sb_crypto_alive();

	if (rc != SB_OK)
		return rc;
	pthread_mutex_lock(&start_lock);
	if (sodium_init() < 0)
		rc = SB_E_CRYPTO;
	else if (!context)
		rc = make_context();
	pthread_mutex_unlock(&start_lock);
	return rc;
}

int sb_crypto_alive(void)
{
	/* After OPENSSL_cleanup() this fails, and signing would crash. No config is read, no exit handler is set here. */
	return OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL) == 1 ? SB_OK : SB_E_CRYPTO;
}

int sb_random(void *out, size_t len)
{
	uint8_t *to = out;

	while (len) {
		ssize_t n = getrandom(to, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return SB_E_RANDOM;
		to += n;
		len -= (size_t)n;
	}
	return SB_OK;
}

uint32_t sb_random_below(uint32_t bound)
{
	return randombytes_uniform(bound);
}
