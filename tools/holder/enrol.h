/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_HOLDER_ENROL_H
#define SINBUN_HOLDER_ENROL_H

#include "holder/holder.h"

/* The two halves of `sinbun enrol`. */
int holder_enrol_offer(struct sb_program *p, json_t *result, struct sb_failure *f);    /* enrol_offer.c */
int holder_enrol_response(struct sb_program *p, json_t *result, struct sb_failure *f); /* enrol_response.c */
/* Reads a JSON file; bad ones fail with `error` naming the option. *json is a new reference. */
int holder_read_json(const char *path, const char *option, const char *error, json_t **json, struct sb_failure *f);

/* What a response says of the card, once it has been checked. */
enum { HOLDER_TYPE_MAX = 64 };
struct holder_response {
	char card[64];
	char type[HOLDER_TYPE_MAX]; /* the document type's id */
	int64_t expires;
	uint8_t root_sha256[32];     /* of the root certificate that came along */
	struct sb_bytes certificate; /* DER, for the authentication key */
};
/* enrol_check.c: checks the inside of a response (its form is checked already) against the two public keys of this device. SB_EXIT_DATA:
 * "foreign_response" where it is for other keys, "unsigned_response" where something in it is not what its issuer signed; *f names the part. */
int holder_response_check(const json_t *inside, const uint8_t presentation[65], const uint8_t authentication[65],
	struct holder_response *out, struct sb_failure *f);
/* The same with the two keys of this token. */
int holder_check_response(struct sb_p11 *p11, const json_t *inside, struct holder_response *out, struct sb_failure *f);
/* enrol_response.c: opens a response with the box that this object has, and that it is for what the box is for. "not_found": no such object;
 * "bad_response", "foreign_response". */
int holder_open_response(struct sb_p11 *p11, const char *box_name, const json_t *json, json_t **inside, struct sb_failure *f);
/* store.c: all of it as objects of the token; result: what the card is. Cut short, it can be done again. */
int holder_store(struct sb_p11 *p11, const json_t *inside, const struct holder_response *response, json_t *result, struct sb_failure *f);
/* Takes away what an earlier response brought and this one does not. */
int holder_store_sweep(struct sb_p11 *p11, const json_t *inside, struct sb_failure *f);
int holder_fail_part(const char *part, const char *why, struct sb_failure *f); /* "unsigned_response" */
int holder_fail_device(const char *part, struct sb_failure *f);                /* "foreign_response" */

/* check_mdoc.c: is this what the issuer says of this device's holder? */
struct holder_mdoc_check {
	const struct sb_document *document;
	struct sb_slice root, signer; /* certificates, DER; the latter the only one whose word counts here */
	const uint8_t *presentation;  /* point of the device's key */
	const json_t *inside;         /* what elements must be the same as; NULL: nothing but the mdoc says them */
	bool *carried;                /* by element: set where the mdoc says it; or NULL */
};
int holder_check_mdoc(const struct holder_mdoc_check *check, struct sb_slice token, struct sb_failure *f);
/* The same for an SD-JWT VC: check_sdjwt.c. */
int holder_check_sdjwt(const struct holder_mdoc_check *check, struct sb_slice text, struct sb_failure *f);
/* A field is text: of booleans the word, of anything else than text its JSON. */
bool holder_is_field(const struct sb_element *e, const json_t *field, const json_t *value);
void holder_response_free(struct holder_response *response);
/* A document type's id, which becomes a file name. NULL is none. */
bool holder_is_type(const char *type);
/* format: "sd-cwt", "mso_mdoc", "dc+sd-jwt" */
bool holder_is_format(const json_t *credential, const char *format);

#endif
