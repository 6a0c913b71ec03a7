/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "formats/mdoc_private.h"

#include <string.h>

#include "base/error.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "formats/cose.h"
#include "formats/status_list.h"

/* What an issuer signs. Elements of a name space are numbered and written in a random order. */

/* A run of values with one name space, and the order they are written in. */
struct space {
	const char *name;
	size_t first, count;
	size_t order[SB_MDOC_ELEMENTS]; /* value of digestID i */
};

static void shuffle(struct space *s)
{
	for (size_t i = 0; i < s->count; i++)
		s->order[i] = s->first + i;
	for (size_t i = s->count; i > 1; i--) {
		size_t k = sb_random_below((uint32_t)i), kept = s->order[i - 1];

		s->order[i - 1] = s->order[k];
		s->order[k] = kept;
	}
}

/* false: no more. */
static bool next_space(const struct sb_mdoc_content *c, struct space *s)
{
	s->first += s->count;
	if (s->first >= c->value_count)
		return false;
	s->name = c->values[s->first].name_space;
	for (s->count = 1; s->first + s->count < c->value_count; s->count++)
		if (strcmp(c->values[s->first + s->count].name_space, s->name) != 0)
			break;
	shuffle(s);
	return true;
}

static bool says_once(const struct sb_mdoc_content *c, size_t at)
{
	const struct sb_mdoc_value *v = c->values;

	for (size_t i = 0; i < at; i++) {
		bool same_space = strcmp(v[i].name_space, v[at].name_space) == 0;

		if (same_space && (strcmp(v[i].name, v[at].name) == 0 || strcmp(v[at - 1].name_space, v[at].name_space) != 0))
			return false;
	}
	return true;
}

/* No element twice, the name spaces each together, every value one item. */
static int check_content(const struct sb_mdoc_content *c)
{
	struct sb_cbor_item item;

	if (c->value_count < 1 || c->value_count > SB_MDOC_ELEMENTS || !c->certificate.len || c->valid_from < c->signed_at ||
		c->valid_until <= c->valid_from)
		return SB_E_ARGUMENT;
	for (size_t i = 0; i < c->value_count; i++)
		if (!says_once(c, i) || sb_cbor_only(c->values[i].value, &item) != SB_OK)
			return SB_E_ARGUMENT;
	return SB_OK;
}

/* IssuerSignedItem. */
static int put_item(struct sb_bytes *out, size_t id, const struct sb_mdoc_value *value)
{
	uint8_t salt[MDOC_SALT];
	int rc = sb_random(salt, sizeof salt);

	if (rc == SB_OK)
		rc = sb_cbor_put_head(out, SB_CBOR_MAP, 4);
	if (rc == SB_OK)
		rc = sb_cbor_put_string(out, "digestID");
	if (rc == SB_OK)
		rc = sb_cbor_put_head(out, SB_CBOR_UINT, id);
	if (rc == SB_OK)
		rc = sb_cbor_put_string(out, "random");
	if (rc == SB_OK)
		rc = sb_cbor_put_bytes(out, salt, sizeof salt);
	if (rc == SB_OK)
		rc = sb_cbor_put_string(out, "elementIdentifier");
	if (rc == SB_OK)
		rc = sb_cbor_put_string(out, value->name);
	if (rc == SB_OK)
		rc = sb_cbor_put_string(out, "elementValue");
	return rc == SB_OK ? sb_bytes_append(out, value->value.data, value->value.len) : rc;
}

/* The item goes to items, its digest to digests. */
static int put_element(struct sb_bytes *items, struct sb_bytes *digests, size_t id, const struct sb_mdoc_value *value)
{
	struct sb_bytes item = {0};
	size_t start = items->len;
	uint8_t hash[SB_SHA256_SIZE];
	int rc = put_item(&item, id, value);

	if (rc == SB_OK)
		rc = sb_cbor_put_embedded(items, sb_bytes_slice(&item));
	if (rc == SB_OK)
		rc = sb_sha256(items->data + start, items->len - start, hash);
	if (rc == SB_OK)
		rc = sb_cbor_put_head(digests, SB_CBOR_UINT, id);
	if (rc == SB_OK)
		rc = sb_cbor_put_bytes(digests, hash, sizeof hash);
	sb_bytes_free(&item);
	return rc;
}

static int put_space(struct sb_bytes *items, struct sb_bytes *digests, const struct sb_mdoc_content *c, const struct space *s)
{
	int rc = sb_cbor_put_string(items, s->name);

	if (rc == SB_OK)
		rc = sb_cbor_put_string(digests, s->name);
	if (rc == SB_OK)
		rc = sb_cbor_put_head(items, SB_CBOR_ARRAY, s->count);
	if (rc == SB_OK)
		rc = sb_cbor_put_head(digests, SB_CBOR_MAP, s->count);
	for (size_t i = 0; rc == SB_OK && i < s->count; i++)
		rc = put_element(items, digests, i, &c->values[s->order[i]]);
	return rc;
}

/* nameSpaces and valueDigests, each as a map. */
static int put_spaces(struct sb_bytes *items, struct sb_bytes *digests, const struct sb_mdoc_content *c)
{
	struct space s = {0};
	uint64_t count = 0;
	int rc;

	while (next_space(c, &s))
		count++;
	rc = sb_cbor_put_head(items, SB_CBOR_MAP, count);
	if (rc == SB_OK)
		rc = sb_cbor_put_head(digests, SB_CBOR_MAP, count);
	s = (struct space){0};
	while (rc == SB_OK && next_space(c, &s))
		rc = put_space(items, digests, c, &s);
	return rc;
}

static int put_named_time(struct sb_bytes *out, const char *name, int64_t seconds)
{
	int rc = sb_cbor_put_string(out, name);

	return rc == SB_OK ? mdoc_put_time(out, seconds) : rc;
}

static int put_validity(struct sb_bytes *out, const struct sb_mdoc_content *c)
{
	int rc = sb_cbor_put_string(out, "validityInfo");

	if (rc == SB_OK)
		rc = sb_cbor_put_head(out, SB_CBOR_MAP, 3);
	if (rc == SB_OK)
		rc = put_named_time(out, "signed", c->signed_at);
	if (rc == SB_OK)
		rc = put_named_time(out, "validFrom", c->valid_from);
	return rc == SB_OK ? put_named_time(out, "validUntil", c->valid_until) : rc;
}

static int put_device_key(struct sb_bytes *out, const struct sb_mdoc_content *c)
{
	int rc = sb_cbor_put_string(out, "deviceKeyInfo");

	if (rc == SB_OK)
		rc = sb_cbor_put_head(out, SB_CBOR_MAP, 1);
	if (rc == SB_OK)
		rc = sb_cbor_put_string(out, "deviceKey");
	return rc == SB_OK ? sb_cose_key_put(out, c->device_point, false) : rc;
}

static int put_pair(struct sb_bytes *out, const char *name, const char *text)
{
	int rc = sb_cbor_put_string(out, name);

	return rc == SB_OK ? sb_cbor_put_string(out, text) : rc;
}

/* MobileSecurityObject. */
static int put_object(struct sb_bytes *out, const struct sb_mdoc_content *c, struct sb_slice digests)
{
	int rc = sb_cbor_put_head(out, SB_CBOR_MAP, c->has_status ? 7 : 6);

	if (rc == SB_OK)
		rc = put_pair(out, "version", MDOC_VERSION);
	if (rc == SB_OK)
		rc = put_pair(out, "digestAlgorithm", "SHA-256");
	if (rc == SB_OK)
		rc = sb_cbor_put_string(out, "valueDigests");
	if (rc == SB_OK)
		rc = sb_bytes_append(out, digests.data, digests.len);
	if (rc == SB_OK)
		rc = put_device_key(out, c);
	if (rc == SB_OK)
		rc = put_pair(out, "docType", c->doctype);
	if (rc == SB_OK)
		rc = put_validity(out, c);
	if (rc == SB_OK && c->has_status)
		rc = sb_cbor_put_string(out, "status");
	if (rc == SB_OK && c->has_status)
		rc = sb_status_reference_put(out, c->status_index, sb_slice(c->status_uri, strlen(c->status_uri)));
	return rc;
}

static int put_issuer_auth(struct sb_bytes *out, const struct sb_mdoc_content *c, struct sb_slice digests, const struct sb_signer *signer)
{
	static const uint8_t alg[] = {0xa1, SB_COSE_ALG, 0x26 /* -7 */};
	struct sb_bytes object = {0}, payload = {0}, unprotected = {0};
	int rc = put_object(&object, c, digests);

	if (rc == SB_OK)
		rc = sb_cbor_put_embedded(&payload, sb_bytes_slice(&object));
	if (rc == SB_OK)
		rc = sb_cbor_put_head(&unprotected, SB_CBOR_MAP, 1);
	if (rc == SB_OK)
		rc = sb_cbor_put_int(&unprotected, SB_COSE_X5CHAIN);
	if (rc == SB_OK)
		rc = sb_cbor_put_bytes(&unprotected, c->certificate.data, c->certificate.len);
	if (rc == SB_OK)
		rc = sb_cose_sign1_make_as(SB_COSE_BARE, sb_slice(alg, sizeof alg), sb_bytes_slice(&unprotected), sb_bytes_slice(&payload),
			signer, out);
	sb_bytes_free(&object);
	sb_bytes_free(&payload);
	sb_bytes_free(&unprotected);
	return rc;
}

int sb_mdoc_issue(const struct sb_mdoc_content *content, const struct sb_signer *signer, struct sb_bytes *out)
{
	struct sb_bytes items = {0}, digests = {0};
	size_t start = out->len;
	int rc = check_content(content);

	if (rc == SB_OK)
		rc = put_spaces(&items, &digests, content);
	if (rc == SB_OK)
		rc = sb_cbor_put_head(out, SB_CBOR_MAP, 2);
	if (rc == SB_OK)
		rc = sb_cbor_put_string(out, "nameSpaces");
	if (rc == SB_OK)
		rc = sb_bytes_append(out, items.data, items.len);
	if (rc == SB_OK)
		rc = sb_cbor_put_string(out, "issuerAuth");
	if (rc == SB_OK)
		rc = put_issuer_auth(out, content, sb_bytes_slice(&digests), signer);
	if (rc != SB_OK)
		out->len = start;
	sb_bytes_free(&items);
	sb_bytes_free(&digests);
	return rc;
}

/* --- values --- */

int sb_mdoc_put_date(struct sb_bytes *out, const char *date)
{
	int rc = mdoc_is_date(date, strlen(date)) ? sb_cbor_put_head(out, SB_CBOR_TAG, SB_CBOR_TAG_FULL_DATE) : SB_E_FORMAT;

	return rc == SB_OK ? sb_cbor_put_string(out, date) : rc;
}

static int put_json_text(struct sb_bytes *out, const json_t *json)
{
	const char *text = json_string_value(json);
	size_t len = json_string_length(json);

	return mdoc_is_date(text, len) ? sb_mdoc_put_date(out, text) : sb_cbor_put_text(out, text, len);
}

static int put_json_array(struct sb_bytes *out, const json_t *json)
{
	json_t *value;
	size_t i;
	int rc = sb_cbor_put_head(out, SB_CBOR_ARRAY, json_array_size(json));

	json_array_foreach(json, i, value) {
		if (rc == SB_OK)
			rc = sb_mdoc_put_json(out, value);
	}
	return rc;
}

static int put_json_object(struct sb_bytes *out, const json_t *json)
{
	const char *name;
	json_t *value;
	int rc = sb_cbor_put_head(out, SB_CBOR_MAP, json_object_size(json));

	json_object_foreach((json_t *)json, name, value) {
		if (rc == SB_OK)
			rc = sb_cbor_put_string(out, name);
		if (rc == SB_OK)
			rc = sb_mdoc_put_json(out, value);
	}
	return rc;
}

int sb_mdoc_put_json(struct sb_bytes *out, const json_t *json)
{
	if (json_is_string(json))
		return put_json_text(out, json);
	if (json_is_integer(json))
		return sb_cbor_put_int(out, json_integer_value(json));
	if (json_is_boolean(json))
		return sb_cbor_put_bool(out, json_is_true(json));
	if (json_is_array(json))
		return put_json_array(out, json);
	if (json_is_object(json))
		return put_json_object(out, json);
	return json_is_null(json) ? sb_cbor_put_null(out) : SB_E_UNSUPPORTED;
}
