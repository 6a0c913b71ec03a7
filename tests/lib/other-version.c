/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
/* A module that is $SINBUN_MODULE, but says that it is of another version. */
#include <dlfcn.h>
#include <stdlib.h>

#include <p11-kit/pkcs11.h>

static CK_FUNCTION_LIST *whole, changed;

static CK_RV get_info(CK_INFO *info)
{
	CK_RV rv = whole->C_GetInfo(info);

	if (rv == CKR_OK)
		info->libraryVersion.major += 7;
	return rv;
}

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list)
{
	void *module = dlopen(getenv("SINBUN_MODULE"), RTLD_NOW | RTLD_LOCAL);
	CK_RV (*get)(CK_FUNCTION_LIST **) = module ? (CK_RV(*)(CK_FUNCTION_LIST **))dlsym(module, "C_GetFunctionList") : NULL;

	if (!get || get(&whole) != CKR_OK)
		return CKR_GENERAL_ERROR;
	changed = *whole;
	changed.C_GetInfo = get_info;
	*list = &changed;
	return CKR_OK;
}
