/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "formats/sd_jwt.h"

#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "crypto/digest.h"

/* Reading: the parts between the tildes, and what the digests stand for. */

static const struct {
	const char *name, *text;
	enum sb_sd_jwt_kind kind;
} faults[SB_SD_JWT_FAULT_COUNT] = {
#define SB_SD_JWT_FAULT_ROW(name, text, kind) {#name, text, SB_SD_JWT_KIND_##kind},
	SB_SD_JWT_FAULTS(SB_SD_JWT_FAULT_ROW)
#undef SB_SD_JWT_FAULT_ROW
};

const char *sb_sd_jwt_fault_name(enum sb_sd_jwt_fault fault)
{
	return faults[fault].name;
}

const char *sb_sd_jwt_fault_text(enum sb_sd_jwt_fault fault)
{
	return faults[fault].text;
}

enum sb_sd_jwt_kind sb_sd_jwt_fault_kind(enum sb_sd_jwt_fault fault)
{
	return faults[fault].kind;
}

static int refuse(enum sb_sd_jwt_fault fault, enum sb_sd_jwt_fault *why)
{
	*why = fault;
	return SB_E_FORMAT;
}

static bool is_one_of(const char *name, const char *const *names)
{
	for (size_t i = 0; names[i]; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* What must stand in the open (SD-JWT VC, "Registered JWT Claims"). */
static bool is_never_hidden(const char *name)
{
	static const char *const names[] = {"iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status", NULL};

	return is_one_of(name, names);
}

bool sb_sd_jwt_is_registered(const char *name)
{
	static const char *const names[] = {"iat", "sub", "aud", "jti", "_sd_alg", NULL};

	return is_never_hidden(name) || is_one_of(name, names);
}

/* --- the parts --- */

static int digest_of(struct sb_slice text, char out[SB_SD_JWT_DIGEST + 1])
{
	uint8_t hash[SB_SHA256_SIZE];
	struct sb_bytes coded = {0};
	int rc = sb_sha256(text.data, text.len, hash);

	if (rc == SB_OK)
		rc = sb_base64url_encode(hash, sizeof hash, &coded);
	if (rc == SB_OK) {
		memcpy(out, coded.data, SB_SD_JWT_DIGEST);
		out[SB_SD_JWT_DIGEST] = 0;
	}
	sb_bytes_free(&coded);
	return rc;
}

static bool salt_is_long_enough(const json_t *salt)
{
	struct sb_bytes raw = {0};
	bool is = json_is_string(salt) && sb_base64url_decode(json_string_value(salt), json_string_length(salt), &raw) == SB_OK &&
		  raw.len >= SB_SD_JWT_SALT_MIN;

	sb_bytes_free(&raw);
	return is;
}

static int read_disclosure(struct sb_slice text, struct sb_sd_disclosure *d, enum sb_sd_jwt_fault *why)
{
	struct sb_bytes raw = {0};
	size_t parts;
	int rc = sb_base64url_decode((const char *)text.data, text.len, &raw);

	d->text = text;
	if (rc == SB_OK)
		d->array = json_loadb((const char *)raw.data, raw.len, JSON_REJECT_DUPLICATES, NULL);
	sb_bytes_free(&raw);
	parts = json_array_size(d->array);
	if (rc == SB_E_NOMEM)
		return rc;
	if ((parts != 2 && parts != 3) || !json_is_string(json_array_get(d->array, 0)) ||
		(parts == 3 && !json_is_string(json_array_get(d->array, 1))))
		return refuse(SB_SD_JWT_FAULT_DISCLOSURE, why);
	if (!salt_is_long_enough(json_array_get(d->array, 0)))
		return refuse(SB_SD_JWT_FAULT_SALT, why);
	return digest_of(text, d->digest);
}

/* <JWS>~<disclosure>~…<disclosure>~[<key-binding JWT>] */
static int split(struct sb_slice text, struct sb_sd_jwt *t, enum sb_sd_jwt_fault *why)
{
	const uint8_t *end = text.data + text.len, *tilde = text.len ? memchr(text.data, '~', text.len) : NULL;
	int rc = SB_OK;

	if (!tilde || text.len > SB_SD_JWT_SIZE_MAX)
		return refuse(SB_SD_JWT_FAULT_STRUCTURE, why);
	t->issued = sb_slice(text.data, (size_t)(tilde - text.data));
	for (const uint8_t *from = tilde + 1; rc == SB_OK; from = tilde + 1) {
		tilde = from < end ? memchr(from, '~', (size_t)(end - from)) : NULL;
		if (!tilde) {
			t->presented = sb_slice(text.data, (size_t)(from - text.data));
			t->binding = sb_slice(from, (size_t)(end - from));
			return SB_OK;
		}
		if (t->disclosure_count == SB_SD_JWT_DISCLOSURES)
			return refuse(SB_SD_JWT_FAULT_STRUCTURE, why);
		rc = read_disclosure(sb_slice(from, (size_t)(tilde - from)), &t->disclosures[t->disclosure_count++], why);
	}
	return rc;
}

/* --- what the digests stand for --- */

size_t sb_sd_jwt_find(const struct sb_sd_jwt *token, const json_t *digest)
{
	const char *text = json_string_value(digest);

	for (size_t i = 0; text && i < token->disclosure_count; i++)
		if (strcmp(token->disclosures[i].digest, text) == 0)
			return i;
	return SB_SD_JWT_DISCLOSURES;
}

struct resolving {
	struct sb_sd_jwt *t;
	json_t *seen; /* every digest met, as a name */
	enum sb_sd_jwt_fault why;
};

static json_t *resolve(struct resolving *r, const json_t *node, int depth);

/* The first fault is the one that is told. */
static bool fault(struct resolving *r, enum sb_sd_jwt_fault why)
{
	if (r->why == SB_SD_JWT_FAULT_NONE)
		r->why = why;
	return false;
}

/* The disclosure that a digest stands for, in *d; NULL where it was not disclosed. false: refused. */
static bool take_digest(struct resolving *r, const json_t *digest, size_t parts, struct sb_sd_disclosure **d)
{
	size_t i = sb_sd_jwt_find(r->t, digest);

	*d = i < SB_SD_JWT_DISCLOSURES ? &r->t->disclosures[i] : NULL;
	if (json_string_length(digest) != SB_SD_JWT_DIGEST)
		return fault(r, SB_SD_JWT_FAULT_DIGEST);
	if (json_object_get(r->seen, json_string_value(digest)) || (*d && (*d)->used))
		return fault(r, SB_SD_JWT_FAULT_DIGEST_REPEATED);
	if (json_object_set_new(r->seen, json_string_value(digest), json_true()) != 0)
		return false;
	if (*d && json_array_size((*d)->array) != parts)
		return fault(r, SB_SD_JWT_FAULT_DISCLOSURE);
	if (*d)
		(*d)->used = true;
	return true;
}

static bool disclose_members(struct resolving *r, const json_t *digests, json_t *out, int depth)
{
	struct sb_sd_disclosure *d;
	json_t *digest, *value;
	size_t i;

	if (digests && !json_is_array(digests))
		return fault(r, SB_SD_JWT_FAULT_DIGEST);
	json_array_foreach((json_t *)digests, i, digest) {
		const char *name;

		if (!take_digest(r, digest, 3, &d))
			return false;
		if (!d)
			continue;
		name = json_string_value(json_array_get(d->array, 1));
		if (strcmp(name, "_sd") == 0 || strcmp(name, "...") == 0 || strcmp(name, "_sd_alg") == 0 ||
			(depth == 0 && is_never_hidden(name)))
			return fault(r, SB_SD_JWT_FAULT_RESERVED);
		if (json_object_get(out, name))
			return fault(r, SB_SD_JWT_FAULT_CLASH);
		value = resolve(r, json_array_get(d->array, 2), depth + 1);
		if (!value || json_object_set_new(out, name, value) != 0)
			return false;
	}
	return true;
}

static json_t *resolve_object(struct resolving *r, const json_t *node, int depth)
{
	json_t *out = json_object(), *value, *inner;
	const char *name;
	bool good = out;

	json_object_foreach((json_t *)node, name, value) {
		if (!good)
			break;
		if (strcmp(name, "_sd") == 0 || (depth == 0 && strcmp(name, "_sd_alg") == 0))
			continue;
		if (strcmp(name, "...") == 0 || strcmp(name, "_sd_alg") == 0)
			good = fault(r, SB_SD_JWT_FAULT_RESERVED);
		inner = good ? resolve(r, value, depth + 1) : NULL;
		good = inner && json_object_set_new(out, name, inner) == 0;
	}
	if (good && disclose_members(r, json_object_get(node, "_sd"), out, depth))
		return out;
	json_decref(out);
	return NULL;
}

/* An element {"...": digest} is hidden; disclosed, its value takes its place, else it is not there. */
static json_t *resolve_array(struct resolving *r, const json_t *node, int depth)
{
	json_t *out = json_array(), *element;
	struct sb_sd_disclosure *d;
	bool good = out;
	size_t i;

	json_array_foreach((json_t *)node, i, element) {
		const json_t *digest = json_object_get(element, "..."), *value = element;
		json_t *inner;

		if (!good)
			break;
		if (digest) {
			good = json_object_size(element) == 1 ? take_digest(r, digest, 2, &d) : fault(r, SB_SD_JWT_FAULT_RESERVED);
			if (!good || !d)
				continue;
			value = json_array_get(d->array, 1);
		}
		inner = resolve(r, value, depth + 1);
		good = inner && json_array_append_new(out, inner) == 0;
	}
	if (good)
		return out;
	json_decref(out);
	return NULL;
}

static json_t *resolve(struct resolving *r, const json_t *node, int depth)
{
	if (depth > SB_SD_JWT_DEPTH) {
		fault(r, SB_SD_JWT_FAULT_DEPTH);
		return NULL;
	}
	if (json_is_object(node))
		return resolve_object(r, node, depth);
	return json_is_array(node) ? resolve_array(r, node, depth) : json_incref((json_t *)node);
}

static int resolve_all(struct sb_sd_jwt *t, enum sb_sd_jwt_fault *why)
{
	struct resolving r = {.t = t, .seen = json_object()};
	const json_t *algorithm = json_object_get(t->issuer.payload, "_sd_alg");

	if (algorithm && (!json_is_string(algorithm) || strcmp(json_string_value(algorithm), "sha-256") != 0)) {
		json_decref(r.seen);
		return refuse(SB_SD_JWT_FAULT_DIGEST_ALGORITHM, why);
	}
	t->claims = r.seen ? resolve(&r, t->issuer.payload, 0) : NULL;
	json_decref(r.seen);
	if (!t->claims)
		return r.why == SB_SD_JWT_FAULT_NONE ? SB_E_NOMEM : refuse(r.why, why);
	/* Of two that are the same only the first is found. */
	for (size_t i = 0; i < t->disclosure_count; i++)
		if (!t->disclosures[i].used)
			return refuse(SB_SD_JWT_FAULT_UNREFERENCED, why);
	return SB_OK;
}

int sb_sd_jwt_open(struct sb_slice text, const char *typ, struct sb_sd_jwt *out, enum sb_sd_jwt_fault *why)
{
	int rc;

	*out = (struct sb_sd_jwt){0};
	*why = SB_SD_JWT_FAULT_NONE;
	rc = split(text, out, why);
	if (rc == SB_OK && sb_jws_parse(out->issued, typ, &out->issuer) != SB_OK)
		rc = refuse(SB_SD_JWT_FAULT_ISSUER_JWT, why);
	if (rc == SB_OK)
		rc = resolve_all(out, why);
	if (rc == SB_OK && out->binding.len && sb_jws_parse(out->binding, "kb+jwt", &out->kb) != SB_OK)
		rc = refuse(SB_SD_JWT_FAULT_BINDING_JWT, why);
	if (rc != SB_OK)
		sb_sd_jwt_free(out);
	return rc;
}

void sb_sd_jwt_free(struct sb_sd_jwt *token)
{
	if (!token)
		return;
	sb_jws_free(&token->issuer);
	sb_jws_free(&token->kb);
	for (size_t i = 0; i < token->disclosure_count; i++)
		json_decref(token->disclosures[i].array);
	json_decref(token->claims);
	sb_bytes_free(&token->certificate);
	*token = (struct sb_sd_jwt){0};
}

/* --- the credential --- */

static bool read_time(const json_t *claims, const char *name, bool required, int64_t *out)
{
	const json_t *value = json_object_get(claims, name);

	*out = json_integer_value(value);
	return value ? json_is_integer(value) && *out > 0 : !required;
}

/* {"status_list": {"idx": …, "uri": …}}; a status of another kind cannot be looked up here, so it is not passed over. */
static bool read_status(struct sb_sd_jwt *t)
{
	const json_t *status = json_object_get(t->claims, "status"), *list = json_object_get(status, "status_list");
	const json_t *index = json_object_get(list, "idx");

	t->status_uri = sb_json_text(list, "uri");
	t->has_status = status;
	t->status_index = (uint64_t)json_integer_value(index);
	return !status || (t->status_uri && *t->status_uri && json_is_integer(index) && json_integer_value(index) >= 0);
}

static bool read_claims(struct sb_sd_jwt *t)
{
	t->vct = sb_json_text(t->claims, "vct");
	return t->vct && *t->vct && read_time(t->claims, "iat", true, &t->iat) && read_time(t->claims, "exp", true, &t->exp) &&
	       read_time(t->claims, "nbf", false, &t->nbf) && read_status(t) &&
	       sb_jwk_to_point(json_object_get(json_object_get(t->claims, "cnf"), "jwk"), t->holder_point) == SB_OK;
}

static int read_certificate(struct sb_sd_jwt *t, enum sb_sd_jwt_fault *why)
{
	int rc = sb_jws_signer(&t->issuer, &t->certificate);

	return rc == SB_E_FORMAT ? refuse(SB_SD_JWT_FAULT_CHAIN, why) : rc;
}

int sb_sd_jwt_parse(struct sb_slice text, struct sb_sd_jwt *out, enum sb_sd_jwt_fault *why)
{
	int rc = sb_sd_jwt_open(text, SB_SD_JWT_TYP, out, why);

	if (rc != SB_OK)
		return rc;
	rc = read_certificate(out, why);
	if (rc == SB_OK && !read_claims(out))
		rc = refuse(SB_SD_JWT_FAULT_CLAIMS, why);
	if (rc != SB_OK)
		sb_sd_jwt_free(out);
	return rc;
}
