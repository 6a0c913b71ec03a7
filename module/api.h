/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_API_H
#define SINBUN_API_H

#include "cryptoki.h"

/* The function lists of PKCS#11, from api.def: 2.40, then 3.0 (which 3.1 shares) and 3.2, each with the rows of the one before. */
#define SB_MEMBERS
struct CK_FUNCTION_LIST {
	CK_VERSION version;
#define SB_LIST 240
#include "api.def"
};

struct CK_FUNCTION_LIST_3_0 {
	CK_VERSION version;
#define SB_LIST 300
#include "api.def"
};

struct CK_FUNCTION_LIST_3_2 {
	CK_VERSION version;
#include "api.def"
};
#undef SB_MEMBERS

extern const struct CK_FUNCTION_LIST_3_2 sb_function_list_320;

#endif
