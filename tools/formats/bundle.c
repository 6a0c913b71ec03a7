/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "formats/bundle.h"

#include <jansson.h>
#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "crypto/certificate.h"
#include "crypto/digest.h"
#include "formats/jws.h"
#include "formats/x509.h"

#define BUNDLE_TYP "sinbun-bundle+jwt"

typedef int encode_fn(const void *data, size_t len, struct sb_bytes *out);
typedef int decode_fn(const char *text, size_t len, struct sb_bytes *out);

static json_t *to_texts(const struct sb_bytes *items, size_t count, encode_fn *encode)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < count; i++) {
		struct sb_bytes text = {0};

		if (encode(items[i].data, items[i].len, &text) != SB_OK ||
			json_array_append_new(list, json_stringn((const char *)text.data, text.len)) != 0) {
			json_decref(list);
			list = NULL;
		}
		sb_bytes_free(&text);
	}
	return list;
}

int sb_bundle_make(const struct sb_bundle *bundle, struct sb_slice certificate, const struct sb_signer *signer, struct sb_bytes *text)
{
	struct sb_bytes leaf = {(uint8_t *)certificate.data, certificate.len, certificate.len};
	json_t *header = json_pack("{s:s, s:o}", "typ", BUNDLE_TYP, "x5c", to_texts(&leaf, 1, sb_base64_encode));
	json_t *payload = json_pack("{s:I, s:I, s:o, s:o}", "iat", (json_int_t)bundle->iat, "exp", (json_int_t)bundle->exp, "signers",
		to_texts(bundle->signers, bundle->signer_count, sb_base64_encode), "status",
		to_texts(bundle->lists, bundle->list_count, sb_base64url_encode));
	int rc = header && payload ? sb_jws_sign(header, payload, signer, text) : SB_E_NOMEM;

	json_decref(header);
	json_decref(payload);
	return rc;
}

static int from_texts(const json_t *list, struct sb_bytes *items, size_t max, size_t *count, decode_fn *decode)
{
	size_t n = json_array_size(list);
	int rc = json_is_array(list) && n <= max ? SB_OK : SB_E_FORMAT;

	for (*count = 0; rc == SB_OK && *count < n; ++*count) {
		const char *text = json_string_value(json_array_get(list, *count));

		rc = text ? decode(text, strlen(text), &items[*count]) : SB_E_FORMAT;
	}
	return rc;
}

/* The time in which all is in force is that in which the certificate is, too. */
static int narrow(struct sb_bundle *b, const struct sb_certificate *c)
{
	int64_t from, until;
	int rc = sb_certificate_validity(c, &from, &until);

	if (rc != SB_OK)
		return rc;
	b->from = from > b->from ? from : b->from;
	b->until = until < b->until ? until : b->until;
	return SB_OK;
}

/* A document signer's certificate under the root; its point comes out. */
static int check_signer(struct sb_bundle *b, struct sb_slice der, const struct sb_certificate *root, int64_t at, uint8_t point[65])
{
	struct sb_certificate *c = NULL;
	int rc = sb_certificate_parse(der, &c);

	if (rc == SB_OK)
		rc = sb_certificate_check(c, root, at, SB_EKU_DOCUMENT_SIGNER);
	if (rc == SB_OK)
		rc = narrow(b, c);
	if (rc == SB_OK)
		rc = sb_certificate_point(c, point);
	sb_certificate_free(&c);
	return rc;
}

static int open_signer(struct sb_bundle *b, size_t i, const struct sb_certificate *root, int64_t at)
{
	uint8_t hash[SB_SHA256_SIZE];
	int rc = check_signer(b, sb_bytes_slice(&b->signers[i]), root, at, b->points[i]);

	if (rc == SB_OK)
		rc = sb_sha256(b->signers[i].data, b->signers[i].len, hash);
	if (rc == SB_OK)
		memcpy(b->kids[i], hash, SB_KID);
	return rc;
}

const uint8_t *sb_bundle_signer(const struct sb_bundle *b, const uint8_t kid[SB_KID])
{
	for (size_t i = 0; i < b->signer_count; i++)
		if (memcmp(b->kids[i], kid, SB_KID) == 0)
			return b->points[i];
	return NULL;
}

/* A status list signed by one of the bundle's signers, the one that its kid names. */
static int open_list(struct sb_bundle *b, size_t i)
{
	struct sb_slice token = sb_bytes_slice(&b->lists[i]);
	uint8_t kid[SB_KID];
	int rc = sb_status_cwt_parse(token, &b->opened[i], kid);
	const uint8_t *point = rc == SB_OK ? sb_bundle_signer(b, kid) : NULL;

	if (rc != SB_OK)
		return rc;
	return point ? sb_status_cwt_verify(token, sb_slice(point, 65)) : SB_E_SIGNATURE;
}

static int read_payload(const json_t *payload, struct sb_bundle *out)
{
	const json_t *iat = json_object_get(payload, "iat"), *exp = json_object_get(payload, "exp");
	int rc = json_is_integer(iat) && json_is_integer(exp) ? SB_OK : SB_E_FORMAT;

	out->iat = json_integer_value(iat);
	out->exp = json_integer_value(exp);
	if (rc == SB_OK)
		rc = from_texts(json_object_get(payload, "signers"), out->signers, SB_BUNDLE_SIGNERS, &out->signer_count, sb_base64_decode);
	if (rc == SB_OK)
		rc = from_texts(json_object_get(payload, "status"), out->lists, SB_BUNDLE_LISTS, &out->list_count, sb_base64url_decode);
	return rc;
}

/* Who signed the bundle itself: x5c holds the signer alone; the root is never taken from the file. */
static int check_bundle_signature(struct sb_bundle *b, const struct sb_jws *jws, const struct sb_certificate *root, int64_t at)
{
	struct sb_bytes signer = {0};
	uint8_t point[65];
	int rc = sb_jws_signer(jws, &signer);

	if (rc == SB_OK)
		rc = check_signer(b, sb_bytes_slice(&signer), root, at, point);
	if (rc == SB_OK)
		rc = sb_jws_verify(jws, sb_slice(point, 65));
	sb_bytes_free(&signer);
	return rc;
}

/* Everything in it, once its own signature holds. */
static int open_content(struct sb_bundle *b, const struct sb_jws *jws, const struct sb_certificate *root, int64_t at)
{
	int rc = read_payload(jws->payload, b);

	for (size_t i = 0; rc == SB_OK && i < b->signer_count; i++)
		rc = open_signer(b, i, root, at);
	for (size_t i = 0; rc == SB_OK && i < b->list_count; i++)
		rc = open_list(b, i);
	if (rc == SB_OK && b->exp <= at)
		rc = SB_E_RANGE;
	b->until = b->exp < b->until ? b->exp : b->until;
	return rc;
}

int sb_bundle_open(struct sb_slice text, struct sb_slice root_der, int64_t at, struct sb_bundle *out)
{
	struct sb_certificate *root = NULL;
	struct sb_jws jws = {0};
	int rc = sb_certificate_parse(root_der, &root);

	*out = (struct sb_bundle){.from = INT64_MIN, .until = INT64_MAX};
	if (rc == SB_OK)
		rc = narrow(out, root);
	if (rc == SB_OK)
		rc = sb_jws_parse(text, BUNDLE_TYP, &jws);
	if (rc == SB_OK)
		rc = check_bundle_signature(out, &jws, root, at);
	if (rc == SB_OK)
		rc = open_content(out, &jws, root, at);
	if (rc != SB_OK)
		sb_bundle_free(out);
	sb_jws_free(&jws);
	sb_certificate_free(&root);
	return rc;
}

void sb_bundle_free(struct sb_bundle *bundle)
{
	if (!bundle)
		return;
	for (size_t i = 0; i < SB_BUNDLE_SIGNERS; i++)
		sb_bytes_free(&bundle->signers[i]);
	for (size_t i = 0; i < SB_BUNDLE_LISTS; i++)
		sb_bytes_free(&bundle->lists[i]);
	for (size_t i = 0; i < SB_BUNDLE_LISTS; i++)
		sb_status_list_free(&bundle->opened[i]);
	*bundle = (struct sb_bundle){0};
}
