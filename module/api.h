/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_API_H
#define SINBUN_API_H

#include "cryptoki.h"

/* The function list of PKCS#11 2.40, from api.def. Lists of later versions repeat the rows up to theirs. */
struct CK_FUNCTION_LIST {
	CK_VERSION version;
#define SB_FUNCTION(since, need, name, parameters, arguments) CK_RV(*C_##name) parameters;
#define SB_REFUSED(since, need, name, parameters, arguments, rv) CK_RV(*C_##name) parameters;
#include "api.def"
};

extern const struct CK_FUNCTION_LIST sb_function_list_240;

/* An interface by name and version; either may be NULL for the default. NULL when there is none such. */
const CK_INTERFACE *sb_interface_find(const CK_CHAR *name, const CK_VERSION *version, CK_FLAGS flags);
const CK_INTERFACE *sb_interfaces(CK_ULONG *count);

#endif
