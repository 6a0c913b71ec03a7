/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_ENROLMENT_H
#define SINBUN_ENROLMENT_H

#include <jansson.h>
#include "base/bytes.h"
#include "formats/signer.h"

/* The three files of enrolment (design.md section 8): offer → request → response. Parsers are strict: a missing, wrongly typed or
 * unknown member, another version or another type is SB_E_FORMAT with the member's name in *field (static text). */

struct sb_offer {
	char application[40]; /* text id */
	char issuer[256];     /* URL */
	char nonce[64];       /* base64url of 32 random bytes */
	char birth_date[9];   /* YYYYMMDD digits in the struct; "YYYY-MM-DD" in the file */
	int64_t expires;      /* seconds since 1970 */
};
json_t *sb_offer_make(const struct sb_offer *offer);
int sb_offer_parse(const json_t *json, struct sb_offer *out, const char **field);

struct sb_enrol_request {
	char application[40];
	uint8_t box[32];                   /* X25519 public key of this device */
	uint8_t presentation_point[65], authentication_point[65];
	struct sb_slice presentation_proof, authentication_proof; /* JWTs; borrowed from the json, or given */
};
json_t *sb_enrol_request_make(const struct sb_enrol_request *request);
int sb_enrol_request_parse(const json_t *json, struct sb_enrol_request *out, const char **field);
/* The request for a card's data as they are now, for the same keys: type "sinbun-refresh", and where that has the application, "card" with the card's
 * number, which stands in `application` here and in the response. No offer comes before it: its proofs have SB_REFRESH_NONCE and the card's number for
 * a nonce, and the address of the status list that the card names for an audience. */
#define SB_REFRESH_NONCE "refresh:"
json_t *sb_refresh_request_make(const struct sb_enrol_request *request);
int sb_refresh_request_parse(const json_t *json, struct sb_enrol_request *out, const char **field);

/* Response: the outside, and the inside that is sealed to the box key. */
json_t *sb_response_make(const char *application, const uint8_t box[32], const json_t *inside);
/* SB_E_CORRUPT: sealed for another device, or altered. *inside is a new reference, checked: x509 (array of base64), credentials
 * (array of {type,format,set,value}), fields (object of texts), portrait (base64 or null). */
int sb_response_open(const json_t *json, const uint8_t box_public[32], const uint8_t box_secret[32], char application[40], json_t **inside,
	const char **field);

#endif
