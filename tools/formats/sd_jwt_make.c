/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "formats/sd_jwt.h"

#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "crypto/digest.h"
#include "crypto/random.h"

/* What an issuer and a device make: the credential with everything hidden, and of it what is shown. */

/* Base64url of SHA-256. */
static int digest_text(const void *data, size_t len, struct sb_bytes *out)
{
	uint8_t hash[SB_SHA256_SIZE];
	int rc = sb_sha256(data, len, hash);

	return rc == SB_OK ? sb_base64url_encode(hash, sizeof hash, out) : rc;
}

static json_t *text_json(const struct sb_bytes *text)
{
	return json_stringn((const char *)text->data, text->len);
}

/* --- issuing --- */

/* [salt, name, value] in base64url, with "~" behind it, appended to disclosures; its digest to digests. */
static int hide(const char *name, const json_t *value, struct sb_bytes *disclosures, json_t *digests)
{
	uint8_t salt[SB_SD_JWT_SALT_MIN];
	struct sb_bytes coded = {0}, digest = {0};
	size_t start = disclosures->len;
	json_t *array = NULL;
	char *text = NULL;
	int rc = sb_random(salt, sizeof salt);

	if (rc == SB_OK)
		rc = sb_base64url_encode(salt, sizeof salt, &coded);
	if (rc == SB_OK) {
		array = json_pack("[o, s, O]", text_json(&coded), name, value);
		text = array ? json_dumps(array, JSON_COMPACT) : NULL;
		rc = text ? sb_base64url_encode(text, strlen(text), disclosures) : SB_E_NOMEM;
	}
	if (rc == SB_OK)
		rc = digest_text(disclosures->data + start, disclosures->len - start, &digest);
	if (rc == SB_OK && json_array_append_new(digests, text_json(&digest)) != 0)
		rc = SB_E_NOMEM;
	if (rc == SB_OK)
		rc = sb_bytes_append_byte(disclosures, '~');
	json_decref(array);
	sb_text_free(&text);
	sb_bytes_free(&coded);
	sb_bytes_free(&digest);
	return rc;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(json_string_value(*(json_t *const *)a), json_string_value(*(json_t *const *)b));
}

static int sort_texts(json_t *array)
{
	size_t count = json_array_size(array);
	json_t **texts = calloc(count ? count : 1, sizeof(json_t *));

	if (!texts)
		return SB_E_NOMEM;
	for (size_t i = 0; i < count; i++)
		texts[i] = json_incref(json_array_get(array, i));
	qsort(texts, count, sizeof *texts, compare_texts);
	json_array_clear(array);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, texts[i]);
	free(texts);
	return json_array_size(array) == count ? SB_OK : SB_E_NOMEM;
}

static int hide_all(const json_t *values, struct sb_bytes *disclosures, json_t *digests)
{
	const char *name;
	json_t *value;
	int rc = json_object_size(values) <= SB_SD_JWT_DISCLOSURES ? SB_OK : SB_E_TOO_LARGE;

	json_object_foreach((json_t *)values, name, value) {
		if (rc == SB_OK && (sb_sd_jwt_is_registered(name) || strcmp(name, "_sd") == 0 || strcmp(name, "...") == 0))
			rc = SB_E_ARGUMENT;
		if (rc == SB_OK)
			rc = hide(name, value, disclosures, digests);
	}
	return rc == SB_OK ? sort_texts(digests) : rc;
}

static json_t *make_payload(const struct sb_sd_jwt_content *c, json_t *digests)
{
	return json_pack("{s:s, s:I, s:I, s:{s:o}, s:{s:{s:I, s:s}}, s:s, s:O}", "vct", c->vct, "iat", (json_int_t)c->iat, "exp",
		(json_int_t)c->exp, "cnf", "jwk", sb_jwk_from_point(c->holder_point), "status", "status_list", "idx", (json_int_t)c->status_index,
		"uri", c->status_uri, "_sd_alg", "sha-256", "_sd", digests);
}

int sb_sd_jwt_issue(const struct sb_sd_jwt_content *content, const struct sb_signer *signer, struct sb_bytes *out)
{
	struct sb_bytes disclosures = {0}, certificate = {0};
	json_t *digests = json_array(), *header = NULL, *payload = NULL;
	size_t start = out->len;
	int rc = digests ? hide_all(content->values, &disclosures, digests) : SB_E_NOMEM;

	if (rc == SB_OK)
		rc = sb_base64_encode(content->certificate.data, content->certificate.len, &certificate);
	if (rc == SB_OK) {
		header = json_pack("{s:s, s:[o]}", "typ", SB_SD_JWT_TYP, "x5c", text_json(&certificate));
		payload = make_payload(content, digests);
		rc = header && payload ? sb_jws_sign(header, payload, signer, out) : SB_E_NOMEM;
	}
	if (rc == SB_OK)
		rc = sb_bytes_append_byte(out, '~');
	if (rc == SB_OK)
		rc = sb_bytes_append(out, disclosures.data, disclosures.len);
	if (rc != SB_OK)
		out->len = start;
	json_decref(digests);
	json_decref(header);
	json_decref(payload);
	sb_bytes_free(&disclosures);
	sb_bytes_free(&certificate);
	return rc;
}

/* --- choosing --- */

enum { PATH_MAX_STEPS = 32 };

/* On the way along a path: the disclosures passed so far. */
struct walk {
	const struct sb_sd_jwt *t;
	const json_t *path, *values;
	size_t trail[PATH_MAX_STEPS], trail_len;
	bool *chosen;
	bool found;
};

static void step(struct walk *w, const json_t *node, size_t at);

static bool is_wanted(const json_t *value, const json_t *values)
{
	for (size_t i = 0; i < json_array_size(values); i++)
		if (json_equal(value, json_array_get(values, i)))
			return true;
	return !values;
}

static const json_t *value_of(const struct sb_sd_jwt *t, size_t disclosure)
{
	const json_t *array = t->disclosures[disclosure].array;

	return json_array_get(array, json_array_size(array) - 1);
}

/* Everything hidden inside of what was chosen. Its depth was bounded when it was read. */
static void choose_inside(const struct walk *w, const json_t *node)
{
	const char *name;
	json_t *value;
	size_t i, n;

	json_object_foreach((json_t *)node, name, value) choose_inside(w, value);
	json_array_foreach((json_t *)node, i, value) choose_inside(w, value);
	n = json_is_string(node) ? sb_sd_jwt_find(w->t, node) : SB_SD_JWT_DISCLOSURES;
	if (n < SB_SD_JWT_DISCLOSURES && !w->chosen[n]) {
		w->chosen[n] = true;
		choose_inside(w, value_of(w->t, n));
	}
}

static void arrive(struct walk *w, const json_t *node)
{
	if (!is_wanted(node, w->values))
		return;
	w->found = true;
	for (size_t i = 0; i < w->trail_len; i++)
		w->chosen[w->trail[i]] = true;
	if (!json_is_string(node))
		choose_inside(w, node);
}

static void step_into(struct walk *w, size_t disclosure, size_t at)
{
	w->trail[w->trail_len++] = disclosure;
	step(w, value_of(w->t, disclosure), at);
	w->trail_len--;
}

static void step_by_name(struct walk *w, const json_t *node, const char *name, size_t at)
{
	const json_t *open = json_object_get(node, name);
	json_t *digest;
	size_t i;

	if (strcmp(name, "_sd") == 0 || strcmp(name, "_sd_alg") == 0 || strcmp(name, "...") == 0)
		return;
	if (open)
		step(w, open, at);
	json_array_foreach(json_object_get(node, "_sd"), i, digest) {
		size_t n = sb_sd_jwt_find(w->t, digest);

		if (n < SB_SD_JWT_DISCLOSURES && strcmp(json_string_value(json_array_get(w->t->disclosures[n].array, 1)), name) == 0)
			step_into(w, n, at);
	}
}

/* index -1: all. Elements that are hidden and were not disclosed to us do not count. */
static void step_by_index(struct walk *w, const json_t *node, json_int_t index, size_t at)
{
	json_int_t here = 0;
	json_t *element;
	size_t i;

	json_array_foreach((json_t *)node, i, element) {
		const json_t *digest = json_object_get(element, "...");
		size_t n = digest ? sb_sd_jwt_find(w->t, digest) : SB_SD_JWT_DISCLOSURES;

		if (digest && n == SB_SD_JWT_DISCLOSURES)
			continue;
		if (index == -1 || index == here) {
			if (digest)
				step_into(w, n, at);
			else
				step(w, element, at);
		}
		here++;
	}
}

static void step(struct walk *w, const json_t *node, size_t at)
{
	const json_t *next = json_array_get(w->path, at);

	if (!next)
		arrive(w, node);
	else if (json_is_string(next))
		step_by_name(w, node, json_string_value(next), at + 1);
	else if (json_is_null(next) || (json_is_integer(next) && json_integer_value(next) >= 0))
		step_by_index(w, node, json_is_null(next) ? -1 : json_integer_value(next), at + 1);
}

int sb_sd_jwt_select(const struct sb_sd_jwt *token, const json_t *path, const json_t *values, bool chosen[SB_SD_JWT_DISCLOSURES])
{
	struct walk w = {.t = token, .path = path, .values = values, .chosen = chosen};

	if (json_array_size(path) < 1 || json_array_size(path) > PATH_MAX_STEPS)
		return SB_E_NOT_FOUND;
	step(&w, token->issuer.payload, 0);
	return w.found ? SB_OK : SB_E_NOT_FOUND;
}

/* --- presenting --- */

static int bind(const struct sb_sd_jwt_binding *b, struct sb_slice presented, const struct sb_signer *device, struct sb_bytes *out)
{
	struct sb_bytes digest = {0};
	json_t *header = json_pack("{s:s}", "typ", "kb+jwt"), *payload = NULL;
	int rc = digest_text(presented.data, presented.len, &digest);

	if (rc == SB_OK) {
		payload = json_pack("{s:I, s:s, s:s, s:o}", "iat", (json_int_t)b->iat, "aud", b->audience, "nonce", b->nonce, "sd_hash",
			text_json(&digest));
		rc = header && payload ? sb_jws_sign(header, payload, device, out) : SB_E_NOMEM;
	}
	json_decref(header);
	json_decref(payload);
	sb_bytes_free(&digest);
	return rc;
}

int sb_sd_jwt_present(const struct sb_sd_jwt *token, const bool chosen[SB_SD_JWT_DISCLOSURES], const struct sb_sd_jwt_binding *binding,
	const struct sb_signer *device, struct sb_bytes *out)
{
	struct sb_bytes text = {0};
	int rc = sb_bytes_append(&text, token->issued.data, token->issued.len);

	if (rc == SB_OK)
		rc = sb_bytes_append_byte(&text, '~');
	for (size_t i = 0; rc == SB_OK && i < token->disclosure_count; i++) {
		if (!chosen[i])
			continue;
		rc = sb_bytes_append(&text, token->disclosures[i].text.data, token->disclosures[i].text.len);
		if (rc == SB_OK)
			rc = sb_bytes_append_byte(&text, '~');
	}
	if (rc == SB_OK)
		rc = bind(binding, sb_bytes_slice(&text), device, &text);
	if (rc == SB_OK)
		rc = sb_bytes_append(out, text.data, text.len);
	sb_bytes_free(&text);
	return rc;
}
