/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_VERIFY_REQUEST_H
#define SINBUN_VERIFY_REQUEST_H

#include "formats/openid4vp.h"
#include "verify/answer.h"

/* `check --request`: an answer to an OpenID4VP request (vp_token), judged by what the desk trusts and remembers. */

/* answer: what the holder sent; request: what it was asked. Tells the verdict. SB_EXIT_OK, SB_EXIT_REFUSED, or "bad_request" (exit 4) where the
 * request itself is none. */
int request_check(struct answer *a, struct sb_slice answer, struct sb_slice request, json_t *result, struct sb_failure *f);

/* What a presentation that came alone must be bound to: what this desk, or the web site behind it, put into its request. */
struct request_binding {
	const char *nonce;
	const char *client_id, *response_uri; /* OpenID4VP; response_uri may be NULL for an SD-JWT, which does not depend on it */
	const char *origin;                   /* instead of both: through the Digital Credentials API */
};
/* One presentation: an SD-JWT with its key binding, or an mdoc's DeviceResponse as base64url. All that it shows is told, or what --fields names of
 * it. Tells the verdict: SB_EXIT_OK, SB_EXIT_REFUSED. */
int request_check_alone(
	struct answer *a, const char *text, enum sb_dcql_format format, const struct request_binding *binding, json_t *result, struct sb_failure *f);

/* The parts of it, for whoever checks many, behind answer_refresh. First what the answer is by itself: in any thread; it points into *a. SB_E_FORMAT with
 * *why where the request is none. */
struct checking;
int request_examine(struct answer *a, struct sb_slice answer, struct sb_slice request, int64_t at, struct checking **out, struct sb_query_fault *why);
/* What the desk remembers of it, and the note of it; inside desk_begin … desk_commit. SB_E_*. */
int request_settle(struct checking *c);
enum verify_reason request_reason(const struct checking *c);
/* The verdict as the members of result; names of the fields that are told, with commas between, appended. */
void request_fill(const struct checking *c, json_t *result);
int request_names(const struct checking *c, struct sb_bytes *names);
int request_fail(const struct sb_query_fault *why, struct sb_failure *f);
void request_free(struct checking **c);

#endif
