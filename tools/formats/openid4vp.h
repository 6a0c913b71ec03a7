/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_OPENID4VP_H
#define SINBUN_OPENID4VP_H

#include "formats/dcql.h"

/* OpenID for Verifiable Presentations 1.0: the request of a relying party and the response to it. Response mode direct_post, not encrypted. */

#define SB_VP_REQUEST_TYP "oauth-authz-req+jwt"
enum { SB_VP_SIZE_MAX = 4 << 20 /* characters that are looked at */, SB_VP_PRESENTATIONS = SB_DCQL_CREDENTIALS };

struct sb_vp_request {
	json_t *parameters; /* what all texts point into */
	const char *client_id; /* with its prefix: what presentations are bound to */
	const char *nonce, *response_uri;
	const char *state;       /* NULL: none */
	const char *client_name; /* what the asker calls itself, or NULL: nobody vouches for it */
	struct sb_dcql query;
	bool is_signed; /* by the certificate that client_id names */
	bool verified;  /* and that certificate is from a root that is trusted */
	char name[256]; /* verified: the certificate's common name, else its host */
};
struct sb_vp_trust {
	const struct sb_slice *roots; /* certificates (DER) that vouch for relying parties */
	size_t root_count;            /* 0: nobody is verified; else nobody else is answered */
	int64_t at;                   /* now; 0: the request's times are not looked at */
};
/* A request object (JWT) or its parameters as plain JSON. SB_E_FORMAT with *why (member and clause); SB_E_SIGNATURE and SB_E_RANGE (times), with
 * *why too, where it is signed and does not hold. Plain JSON: client_id redirect_uri:…; signed: x509_san_dns:… or x509_hash:…. */
int sb_vp_request_parse(struct sb_slice text, const struct sb_vp_trust *trust, struct sb_vp_request *out, struct sb_query_fault *why);
void sb_vp_request_free(struct sb_vp_request *request);
/* SessionTranscript for mdocs that answer it. Appends. */
int sb_vp_transcript(const struct sb_vp_request *request, struct sb_bytes *out);

/* {"vp_token": …, "state": …}: vp_token maps ids of the query to arrays of presentations; borrowed. A new object. */
json_t *sb_vp_response_make(const struct sb_vp_request *request, json_t *vp_token);

struct sb_vp_presentation {
	size_t query; /* which of the query's credentials it answers */
	const char *text;
};
struct sb_vp_response {
	json_t *json;
	struct sb_vp_presentation presentations[SB_VP_PRESENTATIONS];
	size_t count;
};
/* Strict: these two members, every id one of the query's, everything there that the query requires. SB_E_FORMAT with *why. */
int sb_vp_response_parse(struct sb_slice text, const struct sb_vp_request *request, struct sb_vp_response *out, struct sb_query_fault *why);
void sb_vp_response_free(struct sb_vp_response *response);

#endif
