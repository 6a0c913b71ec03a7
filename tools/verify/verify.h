/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_VERIFY_H
#define SINBUN_VERIFY_H

#include "common/verb.h"

/* The relying party's program. */
extern const struct sb_verb verify_update, verify_challenge, verify_scan, verify_check, verify_history, verify_exempt, verify_receipt, verify_doctor;

/* The sentence of a ground of `exempt` ("emergency"), translated; NULL where there is none of that name. */
const char *verify_exempt_sentence(const char *name);

#endif
