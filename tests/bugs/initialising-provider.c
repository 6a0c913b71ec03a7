/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <dlfcn.h>
#include <openssl/core_dispatch.h>
#include <openssl/types.h>
#include <stdio.h>
#include <stdlib.h>

#include <api.h>

/* An OpenSSL provider without algorithms, for test-host-openssl.c. When OpenSSL loads it the module is loaded and initialised, as a
 * pkcs11 provider does. It tells what the module answered through the environment. */

OSSL_provider_init_fn OSSL_provider_init;

static const OSSL_ALGORITHM *query(void *provctx, int operation, int *no_cache)
{
	(void)provctx;
	(void)operation;
	*no_cache = 0;
	return NULL;
}

static CK_RV initialise(void)
{
	CK_C_INITIALIZE_ARGS args = {.flags = CKF_OS_LOCKING_OK};
	CK_RV (*get_list)(struct CK_FUNCTION_LIST **list);
	struct CK_FUNCTION_LIST *list;
	const char *path = getenv("SINBUN_MODULE");
	void *module = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;

	if (!module)
		return CKR_GENERAL_ERROR;
	*(void **)&get_list = dlsym(module, "C_GetFunctionList");
	return get_list && get_list(&list) == CKR_OK ? list->C_Initialize(&args) : CKR_GENERAL_ERROR;
}

__attribute__((visibility("default"))) int OSSL_provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
	const OSSL_DISPATCH **out, void **provctx)
{
	static const OSSL_DISPATCH dispatch[] = {{OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query}, {0, NULL}};
	char answer[32];

	(void)in;
	snprintf(answer, sizeof answer, "%lu", initialise());
	setenv("SINBUN_TEST_PROVIDER", answer, 1);
	*out = dispatch;
	*provctx = (void *)handle;
	return 1;
}
