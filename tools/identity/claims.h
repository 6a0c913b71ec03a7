/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_CLAIMS_H
#define SINBUN_CLAIMS_H

#include <stdint.h>

#include "common/failure.h"

/* Who was entered, and who a provider says it was. */

struct sb_person {
	const char *name;       /* as entered, UTF-8 */
	const char *birth_date; /* YYYYMMDD or YYYY-MM-DD */
	const char *phone;      /* as sb_phone_read takes it */
	const char *carrier;    /* a code of phone.h, or NULL */
};

/* From a verified id_token. Texts of the provider: they may be of any form, and NULL where it told none. */
struct sb_claims {
	char *subject;      /* sub: the provider's own name for the person, stable; at most 255 bytes */
	char *name, *birth_date, *phone;
	int64_t issued;     /* iat */
	char token[44];     /* base64url SHA-256 of the id_token: kept by the caller, it is not taken a second time */
};
void sb_claims_free(struct sb_claims *claims);

/* Compared as people write them: names in Unicode's form C and without blanks, dates with and without hyphens, phones with and without +82.
 * SB_EXIT_OK; SB_EXIT_DATA "mismatch" with field name, birth_date or phone: the first that differs (or, rule "absent", that the provider
 * did not tell). The message names every field that differs, and no value. */
int sb_claims_check(const struct sb_person *entered, const struct sb_claims *claims, struct sb_failure *f);

#endif
