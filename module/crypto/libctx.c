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

/* Filled once, before the context is anybody's: OpenSSL asks for them from any thread. */
static struct renamed {
	int operation;
	OSSL_ALGORITHM algorithms[ALGORITHMS_MAX + 1];
	char names[ALGORITHMS_MAX][NAMES_MAX];
} operations[] = {{.operation = OSSL_OP_KEYMGMT}, {.operation = OSSL_OP_SIGNATURE}, {.operation = OSSL_OP_KEYEXCH}};
enum { OPERATIONS = sizeof operations / sizeof *operations };

/* Each algorithm of an operation, with the prefix before its first name as one more name. */
static void rename_algorithms(struct renamed *out)
{
	int no_cache = 0;
	size_t n = 0;

	for (const OSSL_ALGORITHM *a = OSSL_PROVIDER_query_operation(base, out->operation, &no_cache); a && a->algorithm_names; a++) {
		size_t first = strcspn(a->algorithm_names, ":");
		int len = snprintf(out->names[n], NAMES_MAX, "%s%.*s:%s", SB_KEY_PREFIX, (int)first, a->algorithm_names, a->algorithm_names);

		if (n == ALGORITHMS_MAX || len >= NAMES_MAX)
			break;
		out->algorithms[n] = *a;
		out->algorithms[n].algorithm_names = out->names[n];
		out->algorithms[n].property_definition = "provider=sinbun";
		n++;
	}
}

static const OSSL_ALGORITHM *query(void *provctx, int operation, int *no_cache)
{
	(void)provctx;
	*no_cache = 0;
	for (size_t i = 0; i < OPERATIONS; i++)
		if (operations[i].operation == operation)
			return operations[i].algorithms;
	return NULL;
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
	for (size_t i = 0; base && i < OPERATIONS; i++)
		rename_algorithms(&operations[i]);
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
	/* After OPENSSL_cleanup() this fails, and signing would crash. No options: what they would settle (whether openssl.cnf is read, an
	 * exit handler set) is settled once for the whole process, and that is the host's business. */
	return OPENSSL_init_crypto(0, NULL) == 1 ? SB_OK : SB_E_CRYPTO;
}

void sb_crypto_settle_host(void)
{
	SB_QUIET;

	OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);
}
