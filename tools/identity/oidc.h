/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_OIDC_H
#define SINBUN_OIDC_H

#include <jansson.h>
#include <stdint.h>

#include "formats/signer.h"
#include "identity/provider.h"

/* An OpenID provider that is being spoken to: its discovery document (OpenID Connect Discovery 1.0), its keys (RFC 7517), and the proofs of
 * who we are that it wants (OpenID Connect Core 9). Failures, field: the provider's id:
 *   SB_EXIT_NETWORK "network"        no connection, TLS, time, size
 *                   "provider_error" an answer that is no OpenID provider's, or an error of its own
 *   SB_EXIT_CONFIG  "bad_provider"   it does not do what is needed (CIBA by poll, this client authentication), refuses this client, the
 *                                    secret file cannot be read, or its key is missing
 *   SB_EXIT_REFUSED "id_token"       an id_token that must not be believed; rule: form | algorithm | key | signature | issuer | audience |
 *                                    expired | issued | binding */
struct sb_oidc;

/* Fetches the discovery document; its issuer must be the one of the file, to the letter, and its endpoints https (or, where the issuer is on
 * this machine, there too). signer: for private_key_jwt the key that provider->key names, ES256; else NULL. Both are borrowed. */
int sb_oidc_open(const struct sb_provider *provider, const struct sb_signer *signer, struct sb_oidc **out, struct sb_failure *f);
void sb_oidc_close(struct sb_oidc **oidc);

/* What an id_token must fit. */
struct sb_id_token_wanted {
	int64_t since;            /* issued then or later, less a minute for clocks: an older one was for somebody else's request */
	const char *auth_req_id;  /* where the token names one, it is this */
	const char *nonce;        /* where it has one, it is this */
	const char *access_token; /* where the token has at_hash, it is this one's; NULL: there was none */
};
/* Signature by a key of the provider's set (by kid; fetched once, and anew when a kid is unknown, at most once a minute), RS256, PS256, ES256
 * or EdDSA and nothing else, no "crit"; iss, aud, azp, exp, iat; all of them with a minute for clocks. *claims: the payload, new. */
int sb_oidc_id_token(struct sb_oidc *oidc, const char *token, const struct sb_id_token_wanted *wanted, int64_t now, json_t **claims,
	struct sb_failure *f);

#endif
