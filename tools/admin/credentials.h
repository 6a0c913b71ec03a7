/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_ADMIN_CREDENTIALS_H
#define SINBUN_ADMIN_CREDENTIALS_H

#include "admin/admin.h"
#include "formats/enrolment.h"

/* Everything a device gets: certificate, credentials, fields, portrait. */
struct issuing {
	struct admin *a;
	struct sb_document **documents;     /* all types */
	const struct sb_document *document; /* the card's own among them */
	struct sb_enrol_request request;
	struct sb_registry_resident resident;
	struct sb_registry_application application;
	struct sb_registry_credential credential;
	bool replaces; /* another card was ended for this one */
};
/* credentials.c: the types, read once for a request, and freed. */
int admin_load_documents(struct issuing *g, struct sb_failure *f);
void admin_free_documents(struct issuing *g);
/* fn for each type beside the card's own that applies to its holder, with the fields; it returns enum sb_exit. */
typedef int admin_document_fn(void *context, const struct sb_document *d, json_t *fields, struct sb_failure *f);
int admin_each_other(const struct issuing *g, admin_document_fn *fn, void *context, struct sb_failure *f);
/* credential_fields.c: every element of a document type that the resident (the registry's fields) has, as text: a new object, or NULL without
 * memory. The portrait is not among them: it travels by itself. */
json_t *admin_make_fields(const struct sb_document *d, const json_t *resident);
/* The first element that the type requires and the resident has not, or NULL. */
const struct sb_element *admin_lacks(const struct sb_document *d, const json_t *fields, const json_t *resident);
/* When a document of this type ends: with the card, or earlier where its expiry element says so. */
int64_t admin_valid_until(const struct issuing *g, const struct sb_document *d, const json_t *fields);
/* Is this made from other fields, so that no file says it? */
bool admin_is_made(const char *source);
/* credential_mdoc.c: IssuerSigned of the type, for the device's key. SB_E_*. */
int admin_make_mdoc(struct issuing *g, const struct sb_document *d, const json_t *fields, struct sb_bytes *out);
/* credential_sdjwt.c: the same as an SD-JWT VC, without key binding: text. */
int admin_make_sdjwt(struct issuing *g, const struct sb_document *d, const json_t *fields, struct sb_bytes *out);
/* issued.c: what is kept, sealed, with the card of g: an object, new from get. Inside the transaction; SB_E_*, SB_E_NOT_FOUND: nothing is. */
int admin_kept_put(const struct issuing *g, const json_t *object);
int admin_kept_get(const struct issuing *g, json_t **object);
/* Puts down with the card for whom and for which keys it is issued. Inside the transaction; SB_E_*. */
int admin_issued_put(const struct issuing *g);
/* Is it still the card of these keys (or "bad_request"), and of this person, with this plastic card ("reissue_needed": field)? */
int admin_issued_check(const struct issuing *g, struct sb_failure *f);
/* given.c: puts down, with the card, what its device is about to be given, and for which request; *how: against what it was given before. Inside the
 * transaction. */
enum admin_given { ADMIN_GIVEN_CHANGED, ADMIN_GIVEN_UNCHANGED, ADMIN_GIVEN_AGAIN /* and to the same request */ };
int admin_given_put(const struct issuing *g, enum admin_given *how, struct sb_failure *f);
/* issue.c: one of the proofs of a request, for what it must say. */
int admin_check_proof(struct sb_slice proof, const uint8_t point[65], const char *audience, const char *nonce, struct sb_slice box,
	struct sb_failure *f);
/* A verb whose --request is JSON: opens, reads, lets take do it, and frees what that put into g. */
typedef int admin_request_fn(struct issuing *g, const json_t *request, json_t *result, struct sb_failure *f);
int admin_take_request(struct sb_program *p, admin_request_fn *take, json_t *result, struct sb_failure *f);
/* "bad_request" */
int admin_fail_request(const char *field, const char *why, struct sb_failure *f);
/* Seals what g has to the device, and writes it to --response. */
int admin_write_response(struct issuing *g, struct sb_failure *f);
/* The inside of the response (a new object), signed through the issuer's token. */
int admin_make_credentials(struct issuing *g, json_t **inside, struct sb_failure *f);

#endif
