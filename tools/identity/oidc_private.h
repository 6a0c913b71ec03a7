/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_OIDC_PRIVATE_H
#define SINBUN_OIDC_PRIVATE_H

#include "base/bytes.h"
#include "identity/oidc.h"

/* What the files of a provider that is spoken to share. */
struct sb_oidc {
	const struct sb_provider *provider;
	const struct sb_signer *signer; /* or NULL */
	struct sb_bytes secret;         /* of client_secret_*; terminated */
	json_t *metadata;               /* the discovery document */
	json_t *keys;                   /* the set's array, or NULL: not fetched yet */
	int64_t keys_at;
};

/* --- oidc.c --- */
/* An endpoint of the discovery document, or NULL. */
const char *sb_oidc_endpoint(const struct sb_oidc *oidc, const char *name);
/* GET; bearer: an access token, or NULL. An answer other than 200 with an object is "provider_error" or, above 499, "network". */
int sb_oidc_get(struct sb_oidc *oidc, const char *url, const char *bearer, json_t **out, struct sb_failure *f);
/* POST of a form, with the proof of who we are added to it. *json: the object that came, of whatever status; form is wiped. */
int sb_oidc_post(struct sb_oidc *oidc, const char *url, struct sb_bytes *form, long *status, json_t **json, struct sb_failure *f);
/* "provider_error": an answer that cannot be used; what: which. */
int sb_oidc_fail(const struct sb_oidc *oidc, const char *what, struct sb_failure *f);
/* An error of the provider's own (RFC 6749 5.2): "bad_provider" where it refuses this client, else "provider_error" with its words. */
int sb_oidc_fail_error(const struct sb_oidc *oidc, const json_t *json, struct sb_failure *f);

/* --- id_token.c --- */
/* Fetches the provider's keys unless they are here: before something that cannot be done twice depends on them. */
int sb_oidc_have_keys(struct sb_oidc *oidc, int64_t now, struct sb_failure *f);

/* --- client_auth.c --- */
enum { SB_AUTHORIZATION = 2048 };
/* name=value, percent-encoded, behind what is there; nothing for a value that is NULL. */
int sb_form_add(struct sb_bytes *form, const char *name, const char *value);
/* Reads the client's secret, where there is one. */
int sb_client_auth_open(struct sb_oidc *oidc, struct sb_failure *f);
/* Adds to the form, or makes the line "Authorization: Basic …" (else it stays empty). */
int sb_client_auth_add(struct sb_oidc *oidc, struct sb_bytes *form, char line[SB_AUTHORIZATION], struct sb_failure *f);

#endif
