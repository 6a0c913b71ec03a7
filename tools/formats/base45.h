/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_BASE45_H
#define SINBUN_BASE45_H

#include "base/bytes.h"

/* RFC 9285, strict: other characters, impossible lengths and values that no encoder writes are SB_E_FORMAT. Both append. */
int sb_base45_encode(struct sb_slice data, struct sb_bytes *text);
int sb_base45_decode(struct sb_slice text, struct sb_bytes *data);

#endif
