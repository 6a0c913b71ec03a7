/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "formats/jws.h"

#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "crypto/digest.h"
#include "crypto/pkey.h"
#include "crypto/signature.h"

enum { JSON_BYTES_MAX = 16 << 20, X5C_MAX = 4, PROOF_AGE_MAX = 600 };

json_t *sb_json_parse(struct sb_slice text, int *line, int *column)
{
	/* Nothing at all, or another thing than an object, is wrong from its first letter on. */
	json_error_t error = {.line = 1, .column = 1};
	json_t *json = text.len && text.len <= JSON_BYTES_MAX
			       ? json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &error)
			       : NULL;

	if (json && !json_is_object(json)) {
		json_decref(json);
		json = NULL;
		error.line = error.column = 1;
	}
	if (line)
		*line = error.line;
	if (column)
		*column = error.column;
	return json;
}

const char *sb_json_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* What others may sign with. No key of a secret kind is among them, so a public key is never taken for a secret. */
static const struct algorithm {
	const char *name, *kty, *crv;
	enum sb_key_type type;
	const char *curve;
	struct sb_signature_parameters parameters;
	const char *digest; /* of OpenID Connect's hashes */
	bool hashed;        /* the scheme takes the hash */
} algorithms[] = {
	{"RS256", "RSA", NULL, SB_KEY_RSA, NULL, {.scheme = SB_SCHEME_RSA_PKCS1, .digest = "SHA256"}, "SHA256", true},
	{"PS256", "RSA", NULL, SB_KEY_RSA, NULL, {.scheme = SB_SCHEME_RSA_PSS, .digest = "SHA256", .mgf_digest = "SHA256", .salt_len = SB_SHA256_SIZE},
		"SHA256", true},
	{"ES256", "EC", "P-256", SB_KEY_EC, "P-256", {.scheme = SB_SCHEME_ECDSA}, "SHA256", true},
	{"EdDSA", "OKP", "Ed25519", SB_KEY_EDWARDS, "ED25519", {.scheme = SB_SCHEME_EDDSA}, "SHA512", false},
};

static const struct algorithm *find_algorithm(const char *name)
{
	for (size_t i = 0; name && i < sizeof algorithms / sizeof *algorithms; i++)
		if (strcmp(algorithms[i].name, name) == 0)
			return &algorithms[i];
	return NULL;
}

/* Compact JSON, base64url. */
static int append_part(const json_t *json, struct sb_bytes *out)
{
	char *text = json_dumps(json, JSON_COMPACT);
	int rc = text ? sb_base64url_encode(text, strlen(text), out) : SB_E_NOMEM;

	sb_text_free(&text);
	return rc;
}

int sb_jws_sign(json_t *header, json_t *payload, const struct sb_signer *signer, struct sb_bytes *out)
{
	uint8_t digest[SB_SHA256_SIZE], signature[64];
	size_t start = out->len;
	int rc = json_object_set_new(header, "alg", json_string("ES256")) == 0 ? SB_OK : SB_E_NOMEM;

	if (rc == SB_OK)
		rc = append_part(header, out);
	if (rc == SB_OK)
		rc = sb_bytes_append_byte(out, '.');
	if (rc == SB_OK)
		rc = append_part(payload, out);
	if (rc == SB_OK)
		rc = sb_sha256(out->data + start, out->len - start, digest);
	if (rc == SB_OK)
		rc = signer->sign(signer->context, digest, signature);
	if (rc == SB_OK)
		rc = sb_bytes_append_byte(out, '.');
	if (rc == SB_OK)
		rc = sb_base64url_encode(signature, sizeof signature, out);
	if (rc != SB_OK)
		out->len = start;
	return rc;
}

static int parse_part(struct sb_slice text, json_t **json)
{
	struct sb_bytes raw = {0};
	int rc = sb_base64url_decode((const char *)text.data, text.len, &raw);

	if (rc == SB_OK) {
		*json = sb_json_parse(sb_bytes_slice(&raw), NULL, NULL);
		rc = *json ? SB_OK : SB_E_FORMAT;
	}
	sb_bytes_free(&raw);
	return rc;
}

static int parse_signature(struct sb_slice text, struct sb_jws *out)
{
	struct sb_bytes raw = {0};
	int rc = sb_base64url_decode((const char *)text.data, text.len, &raw);

	if (rc == SB_OK && (!raw.len || raw.len > sizeof out->signature))
		rc = SB_E_FORMAT;
	if (rc == SB_OK) {
		memcpy(out->signature, raw.data, raw.len);
		out->signature_len = raw.len;
	}
	sb_bytes_free(&raw);
	return rc;
}

/* All but what the header allows. */
static int take_apart(struct sb_slice text, struct sb_jws *out)
{
	const uint8_t *first = text.len ? memchr(text.data, '.', text.len) : NULL;
	const uint8_t *end = text.data + text.len;
	const uint8_t *second = first ? memchr(first + 1, '.', (size_t)(end - first - 1)) : NULL;
	int rc = SB_E_FORMAT;

	*out = (struct sb_jws){0};
	if (!second || text.len > JSON_BYTES_MAX || memchr(second + 1, '.', (size_t)(end - second - 1)))
		return rc;
	out->signed_text = sb_slice(text.data, (size_t)(second - text.data));
	rc = parse_part(sb_slice(text.data, (size_t)(first - text.data)), &out->header);
	if (rc == SB_OK)
		rc = parse_part(sb_slice(first + 1, (size_t)(second - first - 1)), &out->payload);
	if (rc == SB_OK && json_object_get(out->header, "crit"))
		rc = SB_E_FORMAT;
	/* Told before the signature's length, which follows from it: "none" has none. */
	if (rc == SB_OK && !find_algorithm(sb_json_text(out->header, "alg")))
		rc = SB_E_UNSUPPORTED;
	if (rc == SB_OK)
		rc = parse_signature(sb_slice(second + 1, (size_t)(end - second - 1)), out);
	if (rc != SB_OK)
		sb_jws_free(out);
	return rc;
}

static bool text_equals(const json_t *object, const char *key, const char *want)
{
	const char *have = sb_json_text(object, key);

	return have && strcmp(have, want) == 0;
}

int sb_jws_parse_any(struct sb_slice text, struct sb_jws *out)
{
	return take_apart(text, out);
}

int sb_jws_parse(struct sb_slice text, const char *typ, struct sb_jws *out)
{
	int rc = take_apart(text, out);

	if (rc != SB_OK)
		return rc == SB_E_UNSUPPORTED ? SB_E_FORMAT : rc;
	if (text_equals(out->header, "alg", "ES256") && out->signature_len == SB_P256_SIGNATURE && (!typ || text_equals(out->header, "typ", typ)))
		return SB_OK;
	sb_jws_free(out);
	return SB_E_FORMAT;
}

int sb_jws_verify(const struct sb_jws *jws, struct sb_slice point)
{
	int rc = text_equals(jws->header, "alg", "ES256") && jws->signature_len == SB_P256_SIGNATURE
			 ? sb_es256_verify(point, jws->signed_text.data, jws->signed_text.len, jws->signature)
			 : SB_E_SIGNATURE;

	return rc == SB_OK || rc == SB_E_NOMEM ? rc : SB_E_SIGNATURE;
}

/* The key may say what it is for; where it does, this must be in it. */
static bool may_verify(const json_t *jwk, const struct algorithm *a)
{
	const json_t *ops = json_object_get(jwk, "key_ops"), *one;
	bool verify = !ops;
	size_t i;

	json_array_foreach(ops, i, one) verify |= json_is_string(one) && strcmp(json_string_value(one), "verify") == 0;
	return verify && text_equals(jwk, "kty", a->kty) && (!a->crv || text_equals(jwk, "crv", a->crv)) &&
	       (!json_object_get(jwk, "use") || text_equals(jwk, "use", "sig")) &&
	       (!json_object_get(jwk, "alg") || text_equals(jwk, "alg", a->name));
}

/* One member of a JWK; names: up to two, one behind the other. */
static int append_members(const json_t *jwk, const char *const names[2], size_t size, struct sb_bytes *out)
{
	int rc = SB_OK;

	for (size_t i = 0; rc == SB_OK && i < 2 && names[i]; i++) {
		const char *text = sb_json_text(jwk, names[i]);
		size_t before = out->len;

		rc = text ? sb_base64url_decode(text, strlen(text), out) : SB_E_FORMAT;
		if (rc == SB_OK && (out->len == before || (size && out->len - before != size)))
			rc = SB_E_FORMAT;
	}
	return rc;
}

static int read_public_key(const json_t *jwk, const struct algorithm *a, struct sb_pkey **key)
{
	static const struct {
		enum sb_key_type type;
		enum sb_part part;
		const char *names[2];
		size_t size; /* of each; 0: any */
		uint8_t before; /* what stands before them; 0: nothing */
	} rows[] = {
		{SB_KEY_RSA, SB_PART_MODULUS, {"n"}, 0, 0},
		{SB_KEY_RSA, SB_PART_PUBLIC_EXPONENT, {"e"}, 0, 0},
		{SB_KEY_EC, SB_PART_POINT, {"x", "y"}, 32, 4},
		{SB_KEY_EDWARDS, SB_PART_POINT, {"x"}, 32, 0},
	};
	struct sb_bytes read[SB_PARTS] = {0};
	struct sb_slice parts[SB_PARTS] = {0};
	int rc = SB_OK;

	for (size_t i = 0; rc == SB_OK && i < sizeof rows / sizeof *rows; i++) {
		struct sb_bytes *part = &read[rows[i].part];

		if (rows[i].type != a->type)
			continue;
		if (rows[i].before)
			rc = sb_bytes_append_byte(part, rows[i].before);
		if (rc == SB_OK)
			rc = append_members(jwk, rows[i].names, rows[i].size, part);
		parts[rows[i].part] = sb_bytes_slice(part);
	}
	if (rc == SB_OK)
		rc = sb_pkey_from_parts(a->type, a->curve, parts, key);
	for (size_t i = 0; i < SB_PARTS; i++)
		sb_bytes_free(&read[i]);
	return rc == SB_E_RANGE ? SB_E_UNSUPPORTED : rc;
}

int sb_jws_verify_jwk(const struct sb_jws *jws, const json_t *jwk)
{
	const struct algorithm *a = find_algorithm(sb_json_text(jws->header, "alg"));
	struct sb_slice data = jws->signed_text;
	struct sb_signing *verify = NULL;
	struct sb_pkey *key = NULL;
	uint8_t hash[SB_SHA256_SIZE];
	int rc = a && !json_object_get(jwk, "d") && may_verify(jwk, a) ? read_public_key(jwk, a, &key) : SB_E_FORMAT;

	if (rc == SB_OK && a->hashed) {
		rc = sb_sha256(data.data, data.len, hash);
		data = sb_slice(hash, sizeof hash);
	}
	if (rc == SB_OK)
		rc = sb_signing_new(key, &a->parameters, true, &verify);
	if (rc == SB_OK && sb_signing_verify(verify, data, sb_slice(jws->signature, jws->signature_len)) != SB_OK)
		rc = SB_E_SIGNATURE;
	sb_signing_free(&verify);
	sb_pkey_free(&key);
	return rc;
}

const char *sb_jws_digest(const struct sb_jws *jws)
{
	const struct algorithm *a = find_algorithm(sb_json_text(jws->header, "alg"));

	return a ? a->digest : "";
}

void sb_jws_free(struct sb_jws *jws)
{
	if (!jws)
		return;
	json_decref(jws->header);
	json_decref(jws->payload);
	*jws = (struct sb_jws){0};
}

int sb_jws_x5c(const struct sb_jws *jws, struct sb_bytes certificates[4], size_t *count)
{
	const json_t *list = json_object_get(jws->header, "x5c");
	size_t n = json_array_size(list);
	int rc = n >= 1 && n <= X5C_MAX ? SB_OK : SB_E_FORMAT;

	for (size_t i = 0; rc == SB_OK && i < n; i++) {
		const char *text = json_string_value(json_array_get(list, i));

		rc = text ? sb_base64_decode(text, strlen(text), &certificates[i]) : SB_E_FORMAT;
	}
	*count = rc == SB_OK ? n : 0;
	return rc;
}

int sb_jws_signer(const struct sb_jws *jws, struct sb_bytes *certificate)
{
	struct sb_bytes chain[X5C_MAX] = {{0}};
	size_t count;
	int rc = sb_jws_x5c(jws, chain, &count);

	if (rc == SB_OK && count != 1)
		rc = SB_E_FORMAT;
	if (rc == SB_OK)
		rc = sb_bytes_append(certificate, chain[0].data, chain[0].len);
	for (size_t i = 0; i < X5C_MAX; i++)
		sb_bytes_free(&chain[i]);
	return rc;
}

static json_t *base64url_string(const uint8_t *data, size_t len)
{
	struct sb_bytes text = {0};
	json_t *json = sb_base64url_encode(data, len, &text) == SB_OK ? json_stringn((const char *)text.data, text.len) : NULL;

	sb_bytes_free(&text);
	return json;
}

json_t *sb_jwk_from_point(const uint8_t point[65])
{
	return json_pack("{s:s, s:s, s:o, s:o}", "kty", "EC", "crv", "P-256", "x", base64url_string(point + 1, 32), "y",
		base64url_string(point + 33, 32));
}

static int read_coordinate(const json_t *jwk, const char *name, uint8_t out[32])
{
	const char *text = sb_json_text(jwk, name);
	struct sb_bytes raw = {0};
	int rc = text ? sb_base64url_decode(text, strlen(text), &raw) : SB_E_FORMAT;

	if (rc == SB_OK && raw.len != 32)
		rc = SB_E_FORMAT;
	if (rc == SB_OK)
		memcpy(out, raw.data, 32);
	sb_bytes_free(&raw);
	return rc;
}

int sb_jwk_to_point(const json_t *jwk, uint8_t point[65])
{
	const char *kty = sb_json_text(jwk, "kty"), *crv = sb_json_text(jwk, "crv");
	int rc = kty && crv && strcmp(kty, "EC") == 0 && strcmp(crv, "P-256") == 0 && !json_object_get(jwk, "d") ? SB_OK
														  : SB_E_FORMAT;

	point[0] = 4;
	if (rc == SB_OK)
		rc = read_coordinate(jwk, "x", point + 1);
	if (rc == SB_OK)
		rc = read_coordinate(jwk, "y", point + 33);
	if (rc == SB_OK)
		rc = sb_p256_point(sb_slice(point, 65), point);
	return rc;
}

#define PROOF_TYP "openid4vci-proof+jwt"

static int add_box(json_t *payload, struct sb_slice box)
{
	struct sb_bytes text = {0};
	int rc = sb_base64url_encode(box.data, box.len, &text);

	if (rc == SB_OK && json_object_set_new(payload, "box", json_stringn((const char *)text.data, text.len)) != 0)
		rc = SB_E_NOMEM;
	sb_bytes_free(&text);
	return rc;
}

int sb_proof_make(const uint8_t point[65], const struct sb_proof *proof, int64_t iat, const struct sb_signer *signer, struct sb_bytes *out)
{
	json_t *header = json_pack("{s:s, s:o}", "typ", PROOF_TYP, "jwk", sb_jwk_from_point(point));
	json_t *payload = json_pack("{s:s, s:I, s:s}", "aud", proof->audience, "iat", (json_int_t)iat, "nonce", proof->nonce);
	int rc = header && payload ? add_box(payload, proof->box) : SB_E_NOMEM;

	if (rc == SB_OK)
		rc = sb_jws_sign(header, payload, signer, out);
	json_decref(header);
	json_decref(payload);
	return rc;
}

/* Named, it is the one that was given; not named, it is anybody's. */
static bool box_fits(const json_t *payload, struct sb_slice box)
{
	struct sb_bytes named = {0};
	const json_t *member = json_object_get(payload, "box");
	bool fits = !member;

	if (json_is_string(member) && sb_base64url_decode(json_string_value(member), json_string_length(member), &named) == SB_OK)
		fits = sb_slice_equal(sb_bytes_slice(&named), box);
	sb_bytes_free(&named);
	return fits;
}

int sb_proof_check(struct sb_slice text, const struct sb_proof *proof, int64_t now, uint8_t point[65])
{
	struct sb_jws jws;
	const json_t *iat;
	int rc = sb_jws_parse(text, PROOF_TYP, &jws);

	if (rc != SB_OK)
		return rc;
	rc = sb_jwk_to_point(json_object_get(jws.header, "jwk"), point);
	if (rc == SB_OK)
		rc = sb_jws_verify(&jws, sb_slice(point, 65));
	iat = json_object_get(jws.payload, "iat");
	if (rc == SB_OK && !json_is_integer(iat))
		rc = SB_E_FORMAT;
	if (rc == SB_OK && (json_integer_value(iat) < now - PROOF_AGE_MAX || json_integer_value(iat) > now + PROOF_AGE_MAX))
		rc = SB_E_RANGE;
	if (rc == SB_OK && (!text_equals(jws.payload, "aud", proof->audience) || !text_equals(jws.payload, "nonce", proof->nonce)))
		rc = SB_E_NOT_FOUND;
	if (rc == SB_OK && !box_fits(jws.payload, proof->box))
		rc = SB_E_SIGNATURE;
	sb_jws_free(&jws);
	return rc;
}
