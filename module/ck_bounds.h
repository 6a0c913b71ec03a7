/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_CK_BOUNDS_H
#define SINBUN_CK_BOUNDS_H

#include <stdbool.h>
#include <stdint.h>

#include "cryptoki.h"

/* What a caller hands in, before any of it is looked at. No memory holds so many bytes, no template needs so many rows: what claims more is
 * refused (CKR_ARGUMENTS_BAD) before anything is read or written. */
#define CK_LENGTH_MAX ((CK_ULONG)PTRDIFF_MAX >> (sizeof(void *) > 4 ? 16 : 0))
enum { CK_TEMPLATE_MAX = 1 << 16 };

static inline bool ck_bad_bytes(const void *bytes, CK_ULONG len)
{
	return (!bytes && len) || len > CK_LENGTH_MAX;
}

static inline bool ck_bad_template(const CK_ATTRIBUTE *template, CK_ULONG count)
{
	return (!template && count) || count > CK_TEMPLATE_MAX;
}

#endif
