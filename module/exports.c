/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "api.h"

/* The three symbols that a host looks up; all else it reaches through the lists. */
#define EXPORT __attribute__((visibility("default")))

EXPORT CK_RV C_GetFunctionList(struct CK_FUNCTION_LIST **ppFunctionList);
EXPORT CK_RV C_GetInterfaceList(CK_INTERFACE *pInterfacesList, CK_ULONG *pulCount);
EXPORT CK_RV C_GetInterface(CK_UTF8CHAR *pInterfaceName, CK_VERSION *pVersion, CK_INTERFACE **ppInterface, CK_FLAGS flags);

CK_RV C_GetFunctionList(struct CK_FUNCTION_LIST **ppFunctionList)
{
	return sb_function_list_320.C_GetFunctionList(ppFunctionList);
}

CK_RV C_GetInterfaceList(CK_INTERFACE *pInterfacesList, CK_ULONG *pulCount)
{
	return sb_function_list_320.C_GetInterfaceList(pInterfacesList, pulCount);
}

CK_RV C_GetInterface(CK_UTF8CHAR *pInterfaceName, CK_VERSION *pVersion, CK_INTERFACE **ppInterface, CK_FLAGS flags)
{
	return sb_function_list_320.C_GetInterface(pInterfaceName, pVersion, ppInterface, flags);
}
