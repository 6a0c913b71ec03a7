/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "api.h"

#include <string.h>

#include "ck_functions.h"

/* The wrappers: what a function needs stands in its row of api.def and is checked here, in one way for all. */

#define ENTER_ANYTIME CKR_OK
#define ENTER_MODULE ck_enter()
#define ENTER_SESSION ck_enter_session(hSession, &session)
#define ENTER_VISIT ck_enter_visit(hSession, &session)
#define LEAVE_ANYTIME ((void)0)
#define LEAVE_MODULE ck_leave()
#define LEAVE_SESSION ck_leave()
#define LEAVE_VISIT ck_leave()
#define LOCAL_ANYTIME
#define LOCAL_MODULE
#define LOCAL_SESSION struct ck_session *session;
#define LOCAL_VISIT LOCAL_SESSION

#define SB_FUNCTION(need, name, parameters, arguments)                                             \
	static CK_RV wrap_##name parameters                                                        \
	{                                                                                          \
		LOCAL_##need CK_RV rv = ENTER_##need;                                              \
		if (rv != CKR_OK)                                                                  \
			return rv;                                                                 \
		rv = ck_##name arguments;                                                          \
		LEAVE_##need;                                                                      \
		return rv;                                                                         \
	}
#define UNUSED(...) unused(0, ##__VA_ARGS__)
static inline void unused(int first, ...)
{
	(void)first;
}
#define SB_REFUSED(need, name, parameters, arguments, answer)                                      \
	static CK_RV wrap_##name parameters                                                        \
	{                                                                                          \
		LOCAL_##need CK_RV rv = ENTER_##need;                                              \
		if (rv != CKR_OK)                                                                  \
			return rv;                                                                 \
		UNUSED arguments;                                                                  \
		LEAVE_##need;                                                                      \
		return answer;                                                                     \
	}
#include "api.def"

static const struct CK_FUNCTION_LIST function_list_240;

/* Who asks through the list of 2.40 is told that version: some hosts take another for a mistake. */
static CK_RV wrap_GetInfo_240(CK_INFO *pInfo)
{
	CK_RV rv = wrap_GetInfo(pInfo);

	if (rv == CKR_OK)
		pInfo->cryptokiVersion = function_list_240.version;
	return rv;
}

#define SB_ENTRIES
#define wrap_GetInfo wrap_GetInfo_240
static const struct CK_FUNCTION_LIST function_list_240 = {
	.version = {2, 40},
#define SB_LIST 240
#include "api.def"
};
#undef wrap_GetInfo

static const struct CK_FUNCTION_LIST_3_0 function_list_300 = {
	.version = {3, 0},
#define SB_LIST 300
#include "api.def"
};

static const struct CK_FUNCTION_LIST_3_0 function_list_310 = {
	.version = {3, 1},
#define SB_LIST 300
#include "api.def"
};

const struct CK_FUNCTION_LIST_3_2 sb_function_list_320 = {
	.version = {3, 2},
#include "api.def"
};
#undef SB_ENTRIES

static CK_UTF8CHAR standard_name[] = "PKCS 11";

/* Latest first: the first that fits is the default. No flags: a child of fork() has to initialise anew. */
static const CK_INTERFACE interfaces[] = {
	{standard_name, (void *)&sb_function_list_320, 0},
	{standard_name, (void *)&function_list_310, 0},
	{standard_name, (void *)&function_list_300, 0},
	{standard_name, (void *)&function_list_240, 0},
};
enum { INTERFACES = sizeof interfaces / sizeof *interfaces };

CK_RV ck_GetInterfaceList(CK_INTERFACE *pInterfacesList, CK_ULONG *pulCount)
{
	CK_ULONG room;

	if (!pulCount)
		return CKR_ARGUMENTS_BAD;
	room = *pulCount;
	*pulCount = INTERFACES;
	if (!pInterfacesList)
		return CKR_OK;
	if (room < INTERFACES)
		return CKR_BUFFER_TOO_SMALL;
	memcpy(pInterfacesList, interfaces, sizeof interfaces);
	return CKR_OK;
}

static bool fits(const CK_INTERFACE *interface, const CK_UTF8CHAR *name, const CK_VERSION *version, CK_FLAGS flags)
{
	/* Every function list starts with its version. */
	const CK_VERSION *has = interface->pFunctionList;

	if (name && strcmp((const char *)name, (const char *)interface->pInterfaceName) != 0)
		return false;
	if (version && (version->major != has->major || version->minor != has->minor))
		return false;
	return (interface->flags & flags) == flags;
}

CK_RV ck_GetInterface(CK_UTF8CHAR *pInterfaceName, CK_VERSION *pVersion, CK_INTERFACE **ppInterface, CK_FLAGS flags)
{
	if (!ppInterface)
		return CKR_ARGUMENTS_BAD;
	for (size_t i = 0; i < INTERFACES; i++)
		if (fits(&interfaces[i], pInterfaceName, pVersion, flags)) {
			*ppInterface = (CK_INTERFACE *)&interfaces[i];
			return CKR_OK;
		}
	return CKR_FUNCTION_FAILED;
}

CK_RV ck_GetFunctionList(struct CK_FUNCTION_LIST **ppFunctionList)
{
	if (!ppFunctionList)
		return CKR_ARGUMENTS_BAD;
	*ppFunctionList = (struct CK_FUNCTION_LIST *)&function_list_240;
	return CKR_OK;
}
