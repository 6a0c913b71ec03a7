/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "formats/enrolment.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "crypto/aead.h"
#include "formats/jws.h"

enum { VERSION = 1 };

/* An object has exactly these members. The wrong one's name goes to *field. */
static int check_members(const json_t *json, const char *const *names, const char **field)
{
	const char *key;
	json_t *value;

	*field = "";
	if (!json_is_object(json))
		return SB_E_FORMAT;
	for (size_t i = 0; names[i]; i++)
		if (!json_object_get(json, names[i])) {
			*field = names[i];
			return SB_E_FORMAT;
		}
	json_object_foreach((json_t *)json, key, value) {
		size_t i = 0;

		while (names[i] && strcmp(names[i], key) != 0)
			i++;
		if (!names[i]) {
			*field = "unknown member";
			return SB_E_FORMAT;
		}
	}
	return SB_OK;
}

static int check_kind(const json_t *json, const char *type, const char **field)
{
	const char *is = sb_json_text(json, "type");

	*field = "type";
	if (!is || strcmp(is, type) != 0)
		return SB_E_FORMAT;
	*field = "v";
	return json_integer_value(json_object_get(json, "v")) == VERSION ? SB_OK : SB_E_FORMAT;
}

static int copy_text(const json_t *json, const char *name, char *out, size_t size, const char **field)
{
	const char *text = sb_json_text(json, name);

	*field = name;
	if (!text || !*text || strlen(text) >= size || strlen(text) != json_string_length(json_object_get(json, name)))
		return SB_E_FORMAT;
	memcpy(out, text, strlen(text) + 1);
	return SB_OK;
}

static int decode_exact(const json_t *json, const char *name, uint8_t *out, size_t size, const char **field)
{
	const char *text = sb_json_text(json, name);
	struct sb_bytes raw = {0};
	int rc = text ? sb_base64url_decode(text, strlen(text), &raw) : SB_E_FORMAT;

	*field = name;
	if (rc == SB_OK && raw.len != size)
		rc = SB_E_FORMAT;
	if (rc == SB_OK)
		memcpy(out, raw.data, size);
	sb_bytes_free(&raw);
	return rc;
}

static json_t *base64url(const void *data, size_t len)
{
	struct sb_bytes text = {0};
	json_t *json = sb_base64url_encode(data, len, &text) == SB_OK ? json_stringn((const char *)text.data, text.len) : NULL;

	sb_bytes_free(&text);
	return json;
}

/* --- offer --- */

json_t *sb_offer_make(const struct sb_offer *o)
{
	char date[16];

	snprintf(date, sizeof date, "%.4s-%.2s-%.2s", o->birth_date, o->birth_date + 4, o->birth_date + 6);
	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:I}", "v", VERSION, "type", "sinbun-offer", "application", o->application,
		"issuer", o->issuer, "nonce", o->nonce, "birth_date", date, "expires", (json_int_t)o->expires);
}

static int parse_date(const json_t *json, char out[9], const char **field)
{
	char text[16];
	int rc = copy_text(json, "birth_date", text, sizeof text, field);

	if (rc != SB_OK || strlen(text) != 10 || text[4] != '-' || text[7] != '-')
		return SB_E_FORMAT;
	snprintf(out, 9, "%.4s%.2s%.2s", text, text + 5, text + 8);
	return strspn(out, "0123456789") == 8 ? SB_OK : SB_E_FORMAT;
}

int sb_offer_parse(const json_t *json, struct sb_offer *out, const char **field)
{
	static const char *const names[] = {"v", "type", "application", "issuer", "nonce", "birth_date", "expires", NULL};
	const json_t *expires = json_object_get(json, "expires");
	int rc = check_members(json, names, field);

	*out = (struct sb_offer){0};
	if (rc == SB_OK)
		rc = check_kind(json, "sinbun-offer", field);
	if (rc == SB_OK)
		rc = copy_text(json, "application", out->application, sizeof out->application, field);
	if (rc == SB_OK)
		rc = copy_text(json, "issuer", out->issuer, sizeof out->issuer, field);
	if (rc == SB_OK)
		rc = copy_text(json, "nonce", out->nonce, sizeof out->nonce, field);
	if (rc == SB_OK)
		rc = parse_date(json, out->birth_date, field);
	if (rc == SB_OK && !json_is_integer(expires)) {
		*field = "expires";
		rc = SB_E_FORMAT;
	}
	out->expires = json_integer_value(expires);
	return rc;
}

/* --- request --- */

static const struct request_kind {
	const char *type, *subject; /* the member that says what it is about */
} enrols = {"sinbun-request", "application"}, refreshes = {"sinbun-refresh", "card"};

static json_t *make_request(const struct request_kind *kind, const struct sb_enrol_request *r)
{
	return json_pack("{s:i, s:s, s:s, s:o, s:{s:o, s:o}, s:{s:s%, s:s%}}", "v", VERSION, "type", kind->type, kind->subject, r->application, "box", base64url(r->box, sizeof r->box), "keys", "presentation", sb_jwk_from_point(r->presentation_point),
		"authentication", sb_jwk_from_point(r->authentication_point), "proofs", "presentation",
		(const char *)r->presentation_proof.data, r->presentation_proof.len, "authentication",
		(const char *)r->authentication_proof.data, r->authentication_proof.len);
}

json_t *sb_enrol_request_make(const struct sb_enrol_request *r)
{
	return make_request(&enrols, r);
}

json_t *sb_refresh_request_make(const struct sb_enrol_request *r)
{
	return make_request(&refreshes, r);
}

static int parse_proof(const json_t *proofs, const char *name, struct sb_slice *out)
{
	const json_t *text = json_object_get(proofs, name);

	*out = sb_slice(json_string_value(text), json_string_length(text));
	return json_is_string(text) ? SB_OK : SB_E_FORMAT;
}

static int parse_request(const struct request_kind *kind, const json_t *json, struct sb_enrol_request *out, const char **field)
{
	const char *const names[] = {"v", "type", kind->subject, "box", "keys", "proofs", NULL};
	static const char *const two[] = {"presentation", "authentication", NULL};
	const json_t *keys = json_object_get(json, "keys"), *proofs = json_object_get(json, "proofs");
	const char *inner;
	int rc = check_members(json, names, field);

	*out = (struct sb_enrol_request){0};
	if (rc == SB_OK)
		rc = check_kind(json, kind->type, field);
	if (rc == SB_OK)
		rc = copy_text(json, kind->subject, out->application, sizeof out->application, field);
	if (rc == SB_OK)
		rc = decode_exact(json, "box", out->box, sizeof out->box, field);
	if (rc != SB_OK)
		return rc;
	*field = "keys";
	rc = check_members(keys, two, &inner);
	if (rc == SB_OK)
		rc = sb_jwk_to_point(json_object_get(keys, "presentation"), out->presentation_point);
	if (rc == SB_OK)
		rc = sb_jwk_to_point(json_object_get(keys, "authentication"), out->authentication_point);
	if (rc != SB_OK)
		return SB_E_FORMAT;
	*field = "proofs";
	rc = check_members(proofs, two, &inner);
	if (rc == SB_OK)
		rc = parse_proof(proofs, "presentation", &out->presentation_proof);
	return rc == SB_OK ? parse_proof(proofs, "authentication", &out->authentication_proof) : rc;
}

int sb_enrol_request_parse(const json_t *json, struct sb_enrol_request *out, const char **field)
{
	return parse_request(&enrols, json, out, field);
}

int sb_refresh_request_parse(const json_t *json, struct sb_enrol_request *out, const char **field)
{
	return parse_request(&refreshes, json, out, field);
}

/* --- response --- */

json_t *sb_response_make(const char *application, const uint8_t box[32], const json_t *inside)
{
	char *text = json_dumps(inside, JSON_COMPACT);
	struct sb_bytes sealed = {0};
	json_t *json = NULL;

	if (text && sb_box_seal(box, sb_slice(text, strlen(text)), &sealed) == SB_OK)
		json = json_pack("{s:i, s:s, s:s, s:o}", "v", VERSION, "type", "sinbun-response", "application", application, "sealed",
			base64url(sealed.data, sealed.len));
	sb_bytes_free(&sealed);
	sb_text_free(&text);
	return json;
}

static bool all_texts(const json_t *object, const char *const *names)
{
	for (size_t i = 0; names[i]; i++)
		if (!json_is_string(json_object_get(object, names[i])))
			return false;
	return true;
}

/* The form of what came out of the seal: the issuer's word, yet a program's input. */
static int check_inside(const json_t *inside, const char **field)
{
	static const char *const names[] = {"x509", "credentials", "fields", "portrait", NULL};
	static const char *const credential[] = {"type", "format", "set", "value", NULL};
	const json_t *x509 = json_object_get(inside, "x509"), *credentials = json_object_get(inside, "credentials");
	const json_t *fields = json_object_get(inside, "fields"), *portrait = json_object_get(inside, "portrait");
	const char *key;
	json_t *value;
	size_t i;
	int rc = check_members(inside, names, field);

	if (rc != SB_OK)
		return rc;
	*field = "x509";
	if (json_array_size(x509) < 1)
		return SB_E_FORMAT;
	json_array_foreach(x509, i, value) if (!json_is_string(value)) return SB_E_FORMAT;
	*field = "credentials";
	if (json_array_size(credentials) < 1)
		return SB_E_FORMAT;
	json_array_foreach(credentials, i, value) if (!all_texts(value, credential)) return SB_E_FORMAT;
	*field = "fields";
	if (!json_is_object(fields))
		return SB_E_FORMAT;
	json_object_foreach((json_t *)fields, key, value) if (!json_is_string(value)) return SB_E_FORMAT;
	*field = "portrait";
	return json_is_null(portrait) || json_is_string(portrait) ? SB_OK : SB_E_FORMAT;
}

int sb_response_open(const json_t *json, const uint8_t box_public[32], const uint8_t box_secret[32], char application[40],
	json_t **inside, const char **field)
{
	static const char *const names[] = {"v", "type", "application", "sealed", NULL};
	struct sb_bytes sealed = {0}, plain = {0};
	const char *text = sb_json_text(json, "sealed");
	int rc = check_members(json, names, field);

	*inside = NULL;
	if (rc == SB_OK)
		rc = check_kind(json, "sinbun-response", field);
	if (rc == SB_OK)
		rc = copy_text(json, "application", application, 40, field);
	if (rc == SB_OK) {
		*field = "sealed";
		rc = text ? sb_base64url_decode(text, strlen(text), &sealed) : SB_E_FORMAT;
	}
	if (rc == SB_OK)
		rc = sb_box_open(box_public, box_secret, sb_bytes_slice(&sealed), &plain);
	if (rc == SB_OK) {
		*inside = sb_json_parse(sb_bytes_slice(&plain), NULL, NULL);
		rc = *inside ? check_inside(*inside, field) : SB_E_FORMAT;
	}
	if (rc != SB_OK) {
		json_decref(*inside);
		*inside = NULL;
	}
	sb_bytes_free(&sealed);
	sb_bytes_free(&plain);
	return rc;
}
