/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_HINT_H
#define SINBUN_HINT_H

#include <stdbool.h>

#include "base/bytes.h"
#include "identity/claims.h"

/* The login_hint: whom the provider is to ask. */

/* "json", or a text with at least one {placeholder} and none that is unknown. */
bool sb_hint_is_good(const char *format);
/* person: with a birth date YYYYMMDD and a phone 010-XXXX-XXXX. json: {"name","birthdate","phone_number"[,"carrier"]} as claims of OpenID Connect
 * are written; carrier: it is named too. Appends; SB_E_NOMEM. */
int sb_hint_make(const char *format, const struct sb_person *person, bool carrier, struct sb_bytes *out);

#endif
