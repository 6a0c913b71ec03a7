/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_DCQL_H
#define SINBUN_DCQL_H

#include "formats/jws.h"

/* Digital Credentials Query Language (OpenID for Verifiable Presentations 1.0, section 6): what a relying party asks for. Members that the
 * standard does not know are passed over, as it says; what it knows must be as it says, and what is not supported here is refused. */

enum { SB_DCQL_CREDENTIALS = 16, SB_DCQL_CLAIMS = 64, SB_DCQL_SETS = 16, SB_DCQL_OPTIONS = 16, SB_DCQL_PATH = 16 };

enum sb_dcql_format { SB_DCQL_MDOC, SB_DCQL_SD_JWT };
const char *sb_dcql_format_name(enum sb_dcql_format format); /* "mso_mdoc", "dc+sd-jwt" */

/* Where something is wrong and what: member "dcql_query.credentials[1].claims[0].path", an English clause (gettext). */
struct sb_query_fault {
	char member[128];
	const char *why;
};

struct sb_dcql_credential {
	const char *id;
	enum sb_dcql_format format;
	const char *doctype;      /* mso_mdoc */
	const json_t *vct_values; /* dc+sd-jwt: array of texts */
	const json_t *claims;     /* array, or NULL: nothing that is hidden */
	const json_t *claim_sets; /* array of arrays of ids, or NULL: all claims */
};
struct sb_dcql {
	json_t *json; /* what all of it points into; one reference */
	struct sb_dcql_credential credentials[SB_DCQL_CREDENTIALS];
	size_t count;
	const json_t *sets; /* credential_sets, or NULL: all credentials are required */
};
/* json: the value of dcql_query. SB_E_FORMAT with *why. */
int sb_dcql_parse(json_t *json, struct sb_dcql *out, struct sb_query_fault *why);
void sb_dcql_free(struct sb_dcql *dcql);
/* Path and values (NULL: any) of a claim. mso_mdoc: name space and element of the path. */
const json_t *sb_dcql_path(const struct sb_dcql_credential *credential, size_t claim);
const json_t *sb_dcql_values(const struct sb_dcql_credential *credential, size_t claim);
const char *sb_dcql_name_space(const struct sb_dcql_credential *credential, size_t claim);
const char *sb_dcql_element(const struct sb_dcql_credential *credential, size_t claim);
/* The element that a claim is, or is inside of; of either format. */
const char *sb_dcql_claim_name(const struct sb_dcql_credential *credential, size_t claim);
bool sb_dcql_takes_vct(const struct sb_dcql_credential *credential, const char *vct);

/* Does a credential at hand have this claim, with one of the values wanted? */
typedef bool sb_dcql_has(void *context, const struct sb_dcql_credential *credential, size_t claim);
/* Which claims to disclose: the first of claim_sets that can be, else all; a flag for each claim. SB_E_NOT_FOUND when it cannot be done:
 * *lacking is a claim that is not there. */
int sb_dcql_choose_claims(const struct sb_dcql_credential *credential, sb_dcql_has *has, void *context, bool chosen[SB_DCQL_CLAIMS], size_t *lacking);
/* Which credentials to present, of those that can be: with credential_sets the first possible option of each, of those not required only
 * where optional is set; else all. SB_E_NOT_FOUND: *lacking is a credential that is missing. */
int sb_dcql_choose_credentials(
	const struct sb_dcql *dcql, const bool possible[SB_DCQL_CREDENTIALS], bool optional, bool chosen[SB_DCQL_CREDENTIALS], size_t *lacking);

#endif
