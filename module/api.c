/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "api.h"

#include <string.h>

#include "ck_functions.h"

/* The wrappers: what a function needs stands in its row of api.def and is checked here, in one way for all. */

#define ENTER_ANYTIME CKR_OK
#define ENTER_MODULE ck_enter()
#define ENTER_SESSION ck_enter_session(hSession, &session)
#define LEAVE_ANYTIME ((void)0)
#define LEAVE_MODULE ck_leave()
#define LEAVE_SESSION ck_leave()
#define LOCAL_ANYTIME
#define LOCAL_MODULE
#define LOCAL_SESSION struct ck_session *session;

#define SB_FUNCTION(since, need, name, parameters, arguments)                                      \
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
#define SB_REFUSED(since, need, name, parameters, arguments, answer)                               \
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

const struct CK_FUNCTION_LIST sb_function_list_240 = {
	.version = {2, 40},
#define SB_FUNCTION(since, need, name, parameters, arguments) .C_##name = wrap_##name,
#define SB_REFUSED(since, need, name, parameters, arguments, rv) .C_##name = wrap_##name,
#include "api.def"
};

static CK_CHAR standard_name[] = "PKCS 11";

/* Latest first: the first that fits is the default. */
static const CK_INTERFACE interfaces[] = {
	{standard_name, (void *)&sb_function_list_240, 0},
};

const CK_INTERFACE *sb_interfaces(CK_ULONG *count)
{
	*count = sizeof interfaces / sizeof *interfaces;
	return interfaces;
}

const CK_INTERFACE *sb_interface_find(const CK_CHAR *name, const CK_VERSION *version, CK_FLAGS flags)
{
	for (size_t i = 0; i < sizeof interfaces / sizeof *interfaces; i++) {
		/* Every function list starts with its version. */
		const CK_VERSION *has = interfaces[i].pFunctionList;

		if (name && strcmp((const char *)name, (const char *)interfaces[i].pInterfaceName) != 0)
			continue;
		if (version && (version->major != has->major || version->minor != has->minor))
			continue;
		if ((interfaces[i].flags & flags) == flags)
			return &interfaces[i];
	}
	return NULL;
}

CK_RV ck_GetFunctionList(struct CK_FUNCTION_LIST **ppFunctionList)
{
	if (!ppFunctionList)
		return CKR_ARGUMENTS_BAD;
	*ppFunctionList = (struct CK_FUNCTION_LIST *)&sb_function_list_240;
	return CKR_OK;
}
