/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "api.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT CK_RV C_GetFunctionList(struct CK_FUNCTION_LIST **ppFunctionList);
EXPORT CK_RV C_GetInterfaceList(CK_INTERFACE *pInterfacesList, CK_ULONG *pulCount);
EXPORT CK_RV C_GetInterface(CK_CHAR *pInterfaceName, CK_VERSION *pVersion, CK_INTERFACE **ppInterface, CK_FLAGS flags);

CK_RV C_GetFunctionList(struct CK_FUNCTION_LIST **ppFunctionList)
{
	return sb_function_list_240.C_GetFunctionList(ppFunctionList);
}

CK_RV C_GetInterfaceList(CK_INTERFACE *pInterfacesList, CK_ULONG *pulCount)
{
	const CK_INTERFACE *all;
	CK_ULONG count, room;

	if (!pulCount)
		return CKR_ARGUMENTS_BAD;
	all = sb_interfaces(&count);
	room = *pulCount;
	*pulCount = count;
	if (!pInterfacesList)
		return CKR_OK;
	if (room < count)
		return CKR_BUFFER_TOO_SMALL;
	for (CK_ULONG i = 0; i < count; i++)
		pInterfacesList[i] = all[i];
	return CKR_OK;
}

CK_RV C_GetInterface(CK_CHAR *pInterfaceName, CK_VERSION *pVersion, CK_INTERFACE **ppInterface, CK_FLAGS flags)
{
	const CK_INTERFACE *found;

	if (!ppInterface)
		return CKR_ARGUMENTS_BAD;
	found = sb_interface_find(pInterfaceName, pVersion, flags);
	if (!found)
		return CKR_FUNCTION_FAILED;
	*ppInterface = (CK_INTERFACE *)found;
	return CKR_OK;
}
