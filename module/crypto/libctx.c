/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "crypto/libctx.h"

#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/provider.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "crypto/random.h"

/* The private library context, and in it a provider of our own over OpenSSL's.
 *
 * A host that made an ENGINE the default for EC keys (`openssl dgst -engine pkcs11` does) makes it so for every context: OpenSSL looks the
 * engine up by the key type's legacy number before it asks any provider, and the engine would hand our key to the module we are. A key
 * type that has no legacy number is left alone. So our provider shows the key types of "default" once more, each under a first name that
 * OpenSSL's tables do not know (SB-EC); the implementations are default's. */

enum { ALGORITHMS_MAX = 32, NAMES_MAX = 128 };

static OSSL_LIB_CTX *context;
static OSSL_PROVIDER *base;
static pthread_mutex_t start_lock = PTHREAD_MUTEX_INITIALIZER;

OSSL_LIB_CTX *sb_libctx(void)
{
	return context;
}

struct renamed {
	OSSL_ALGORITHM algorithms[ALGORITHMS_MAX + 1];
	char names[ALGORITHMS_MAX][NAMES_MAX];
};

/* prefix: put before the first name as another name of the same algorithm; NULL: names as they are. */
static const OSSL_ALGORITHM *copy(struct renamed *out, int operation, const char *prefix)
{
	int no_cache = 0;
	size_t n = 0;

	for (const OSSL_ALGORITHM *a = OSSL_PROVIDER_query_operation(base, operation, &no_cache); a && a->algorithm_names; a++) {
		size_t first = strcspn(a->algorithm_names, ":");
		int len = prefix ? snprintf(out->names[n], NAMES_MAX, "%s%.*s:%s", prefix, (int)first, a->algorithm_names, a->algorithm_names)
				 : snprintf(out->names[n], NAMES_MAX, "%s", a->algorithm_names);

		if (n == ALGORITHMS_MAX || len >= NAMES_MAX)
			break;
		out->algorithms[n] = *a;
		out->algorithms[n].algorithm_names = out->names[n];
		out->algorithms[n].property_definition = "provider=sinbun";
		n++;
	}
	return out->algorithms;
}

static const OSSL_ALGORITHM *query(void *provctx, int operation, int *no_cache)
{
	static struct renamed keys, signatures, exchanges;

	(void)provctx;
	*no_cache = 0;
	switch (operation) {
	case OSSL_OP_KEYMGMT:
		return copy(&keys, operation, SB_KEY_PREFIX);
	case OSSL_OP_SIGNATURE:
		return copy(&signatures, operation, NULL);
	case OSSL_OP_KEYEXCH:
		return copy(&exchanges, operation, NULL);
	default:
		return NULL;
	}
}

static int start_provider(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out, void **provctx)
{
	static const OSSL_DISPATCH dispatch[] = {{OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query}, {0, NULL}};

	(void)handle;
	(void)in;
	*out = dispatch;
	/* Default's own: its implementations find their library context there. */
	*provctx = OSSL_PROVIDER_get0_provider_ctx(base);
	return 1;
}

/* The context lives as long as the process: freeing it in an exit handler would race with OpenSSL's own clean-up. */
static int make_context(void)
{
	SB_QUIET;
	OSSL_LIB_CTX *fresh = OSSL_LIB_CTX_new();

	if (!fresh)
		return SB_E_CRYPTO;
	base = OSSL_PROVIDER_load(fresh, "default");
	if (!base || !OSSL_PROVIDER_add_builtin(fresh, "sinbun", start_provider) || !OSSL_PROVIDER_load(fresh, "sinbun")) {
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
