/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "formats/status_list.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/codec.h"
#include "base/error.h"
#include "crypto/digest.h"
#include "formats/cose.h"
#include "formats/jws.h"

enum { CLAIM_SUB = 2, CLAIM_EXP = 4, CLAIM_IAT = 6, CLAIM_TTL = 65534, CLAIM_STATUS_LIST = 65533, URI_MAX = 1024, KID = 8 };
static const char typ[] = "application/statuslist+cwt", jwt_typ[] = "statuslist+jwt";

int sb_status_list_new(const char *uri, unsigned bits, size_t capacity, struct sb_status_list **out)
{
	struct sb_status_list *list;

	*out = NULL;
	if ((bits != 1 && bits != 2 && bits != 4 && bits != 8) || capacity == 0 || capacity > SB_STATUS_ENTRIES_MAX)
		return SB_E_ARGUMENT;
	list = calloc(1, sizeof *list);
	if (!list)
		return SB_E_NOMEM;
	list->bits = bits;
	list->size = (capacity * bits + 7) / 8;
	list->entries = calloc(1, list->size);
	list->uri = strdup(uri);
	if (!list->entries || !list->uri) {
		sb_status_list_free(&list);
		return SB_E_NOMEM;
	}
	*out = list;
	return SB_OK;
}

void sb_status_list_free(struct sb_status_list **list)
{
	if (!list || !*list)
		return;
	free((*list)->entries);
	free((*list)->uri);
	free(*list);
	*list = NULL;
}

/* Byte and shift of an entry: least significant bits first. */
static int locate(const struct sb_status_list *list, uint64_t index, size_t *byte, unsigned *shift)
{
	if (index >= (uint64_t)list->size * 8 / list->bits)
		return SB_E_RANGE;
	*byte = (size_t)(index * list->bits / 8);
	*shift = (unsigned)(index * list->bits % 8);
	return SB_OK;
}

int sb_status_list_set(struct sb_status_list *list, uint64_t index, unsigned status)
{
	unsigned mask = (1U << list->bits) - 1, shift;
	size_t byte;
	int rc = locate(list, index, &byte, &shift);

	if (rc == SB_OK && status > mask)
		rc = SB_E_RANGE;
	if (rc == SB_OK)
		list->entries[byte] = (uint8_t)((list->entries[byte] & ~(mask << shift)) | status << shift);
	return rc;
}

int sb_status_list_get(const struct sb_status_list *list, uint64_t index, unsigned *status)
{
	unsigned shift;
	size_t byte;
	int rc = locate(list, index, &byte, &shift);

	if (rc == SB_OK)
		*status = list->entries[byte] >> shift & ((1U << list->bits) - 1);
	return rc;
}

static int deflate_entries(const struct sb_status_list *list, struct sb_bytes *out)
{
	uLongf len = compressBound(list->size);
	uint8_t *to = sb_bytes_extend(out, len);

	if (!to)
		return SB_E_NOMEM;
	if (compress2(to, &len, list->entries, list->size, Z_BEST_COMPRESSION) != Z_OK) {
		out->len = 0;
		return SB_E_INTERNAL;
	}
	out->len = len;
	return SB_OK;
}

/* At most SB_STATUS_ENTRIES_MAX bytes come out, whatever goes in. */
static int inflate_entries(struct sb_slice in, struct sb_bytes *out)
{
	z_stream z = {.next_in = (Bytef *)in.data, .avail_in = (uInt)in.len};
	int rc = SB_OK, state = Z_OK;

	if (inflateInit(&z) != Z_OK)
		return SB_E_NOMEM;
	while (rc == SB_OK && state == Z_OK) {
		if (sb_bytes_reserve(out, 4096) != SB_OK) {
			rc = SB_E_NOMEM;
			break;
		}
		z.next_out = out->data + out->len;
		z.avail_out = 4096;
		state = inflate(&z, Z_NO_FLUSH);
		out->len += 4096 - z.avail_out;
		if (out->len > SB_STATUS_ENTRIES_MAX || (state == Z_OK && z.avail_out && !z.avail_in))
			rc = SB_E_FORMAT;
	}
	if (rc == SB_OK && (state != Z_STREAM_END || z.avail_in || out->len == 0))
		rc = SB_E_FORMAT;
	inflateEnd(&z);
	return rc;
}

static int put_int(struct sb_bytes *out, int64_t key, int64_t value)
{
	int rc = sb_cbor_put_int(out, key);

	return rc == SB_OK ? sb_cbor_put_int(out, value) : rc;
}

static int put_list(struct sb_bytes *out, const struct sb_status_list *list)
{
	struct sb_bytes lst = {0};
	int rc = deflate_entries(list, &lst);

	if (rc == SB_OK)
		rc = sb_cbor_put_int(out, CLAIM_STATUS_LIST);
	if (rc == SB_OK)
		rc = sb_cbor_put_head(out, SB_CBOR_MAP, 2);
	if (rc == SB_OK)
		rc = sb_cbor_put_text(out, "bits", 4);
	if (rc == SB_OK)
		rc = sb_cbor_put_int(out, list->bits);
	if (rc == SB_OK)
		rc = sb_cbor_put_text(out, "lst", 3);
	if (rc == SB_OK)
		rc = sb_cbor_put_bytes(out, lst.data, lst.len);
	sb_bytes_free(&lst);
	return rc;
}

static int put_payload(struct sb_bytes *out, const struct sb_status_list *list)
{
	int rc = sb_cbor_put_head(out, SB_CBOR_MAP, 3U + !!list->exp + !!list->ttl);

	if (rc == SB_OK)
		rc = sb_cbor_put_int(out, CLAIM_SUB);
	if (rc == SB_OK)
		rc = sb_cbor_put_text(out, list->uri, strlen(list->uri));
	if (rc == SB_OK)
		rc = put_int(out, CLAIM_IAT, list->iat);
	if (rc == SB_OK && list->exp)
		rc = put_int(out, CLAIM_EXP, list->exp);
	if (rc == SB_OK && list->ttl)
		rc = put_int(out, CLAIM_TTL, list->ttl);
	return rc == SB_OK ? put_list(out, list) : rc;
}

int sb_status_cwt_issue(const struct sb_status_list *list, const uint8_t kid[8], const struct sb_signer *signer, struct sb_bytes *out)
{
	struct sb_bytes header = {0}, payload = {0};
	int rc = sb_cbor_put_head(&header, SB_CBOR_MAP, 3);

	if (rc == SB_OK)
		rc = put_int(&header, SB_COSE_ALG, SB_COSE_ES256);
	if (rc == SB_OK)
		rc = sb_cbor_put_int(&header, SB_COSE_KID);
	if (rc == SB_OK)
		rc = sb_cbor_put_bytes(&header, kid, 8);
	if (rc == SB_OK)
		rc = sb_cbor_put_int(&header, SB_COSE_TYP);
	if (rc == SB_OK)
		rc = sb_cbor_put_text(&header, typ, sizeof typ - 1);
	if (rc == SB_OK)
		rc = put_payload(&payload, list);
	if (rc == SB_OK)
		rc = sb_cose_sign1_make(sb_bytes_slice(&header), sb_bytes_slice(&payload), signer, out);
	sb_bytes_free(&header);
	sb_bytes_free(&payload);
	return rc;
}

static json_t *json_payload(const struct sb_status_list *list)
{
	struct sb_bytes lst = {0}, text = {0};
	json_t *json = NULL;

	if (deflate_entries(list, &lst) == SB_OK && sb_base64url_encode(lst.data, lst.len, &text) == SB_OK)
		json = json_pack("{s:s, s:I, s:{s:i, s:s%}}", "sub", list->uri, "iat", (json_int_t)list->iat, "status_list", "bits",
			(int)list->bits, "lst", (const char *)text.data, text.len);
	if (json && list->exp)
		json_object_set_new(json, "exp", json_integer(list->exp));
	if (json && list->ttl)
		json_object_set_new(json, "ttl", json_integer(list->ttl));
	sb_bytes_free(&lst);
	sb_bytes_free(&text);
	return json;
}

static json_t *json_header(struct sb_slice certificate)
{
	struct sb_bytes x5c = {0}, kid = {0};
	uint8_t hash[SB_SHA256_SIZE];
	json_t *json = NULL;

	if (sb_sha256(certificate.data, certificate.len, hash) == SB_OK && sb_base64url_encode(hash, KID, &kid) == SB_OK &&
		sb_base64_encode(certificate.data, certificate.len, &x5c) == SB_OK)
		json = json_pack("{s:s, s:s%, s:[s%]}", "typ", jwt_typ, "kid", (const char *)kid.data, kid.len, "x5c",
			(const char *)x5c.data, x5c.len);
	sb_bytes_free(&x5c);
	sb_bytes_free(&kid);
	return json;
}

int sb_status_jwt_issue(const struct sb_status_list *list, struct sb_slice certificate, const struct sb_signer *signer,
	struct sb_bytes *out)
{
	json_t *header = json_header(certificate), *payload = json_payload(list);
	int rc = header && payload ? sb_jws_sign(header, payload, signer, out) : SB_E_NOMEM;

	json_decref(header);
	json_decref(payload);
	return rc;
}

static int take_entries(struct sb_status_list *list, const struct sb_bytes *entries)
{
	if ((list->bits != 1 && list->bits != 2 && list->bits != 4 && list->bits != 8) || !entries->len)
		return SB_E_FORMAT;
	list->entries = malloc(entries->len);
	if (!list->entries)
		return SB_E_NOMEM;
	memcpy(list->entries, entries->data, entries->len);
	list->size = entries->len;
	return SB_OK;
}

/* {"bits": n, "lst": zlib} */
static int read_list(const struct sb_cbor_item *map, struct sb_status_list *list)
{
	struct sb_slice in = sb_cbor_enter(map);
	struct sb_cbor_item name, value;
	struct sb_bytes entries = {0};
	int rc = SB_OK;

	for (uint64_t i = 0; rc == SB_OK && i < map->value; i++) {
		if (sb_cbor_expect(&in, SB_CBOR_TEXT, &name) != SB_OK || sb_cbor_next(&in, &value) != SB_OK)
			rc = SB_E_FORMAT;
		else if (sb_slice_equal(name.bytes, sb_slice("bits", 4)) && value.type == SB_CBOR_UINT && value.value <= 8)
			list->bits = (unsigned)value.value;
		else if (sb_slice_equal(name.bytes, sb_slice("lst", 3)) && value.type == SB_CBOR_BYTES && !entries.len)
			rc = inflate_entries(value.bytes, &entries);
	}
	if (rc == SB_OK)
		rc = take_entries(list, &entries);
	sb_bytes_free(&entries);
	return rc;
}

/* 0 stands for "absent" here, and is no time or life of any list. */
static int optional_int(const struct sb_cbor_item *map, int64_t key, int64_t *value)
{
	struct sb_cbor_item item;
	int rc = sb_cbor_map_get(map, key, &item);

	if (rc == SB_E_NOT_FOUND)
		return SB_OK;
	if (rc == SB_OK)
		rc = sb_cbor_int(&item, value);
	return rc == SB_OK && *value <= 0 ? SB_E_FORMAT : rc;
}

static int read_claims(const struct sb_cbor_item *claims, struct sb_status_list *list)
{
	struct sb_cbor_item item;
	int rc = sb_cbor_map_get(claims, CLAIM_SUB, &item);

	if (rc != SB_OK || item.type != SB_CBOR_TEXT || item.bytes.len > URI_MAX || memchr(item.bytes.data, 0, item.bytes.len))
		return SB_E_FORMAT;
	list->uri = strndup((const char *)item.bytes.data, item.bytes.len);
	if (!list->uri)
		return SB_E_NOMEM;
	if (sb_cbor_map_get(claims, CLAIM_IAT, &item) != SB_OK || sb_cbor_int(&item, &list->iat) != SB_OK)
		return SB_E_FORMAT;
	rc = optional_int(claims, CLAIM_EXP, &list->exp);
	if (rc == SB_OK)
		rc = optional_int(claims, CLAIM_TTL, &list->ttl);
	if (rc == SB_OK && (sb_cbor_map_get(claims, CLAIM_STATUS_LIST, &item) != SB_OK || item.type != SB_CBOR_MAP))
		rc = SB_E_FORMAT;
	return rc == SB_OK ? read_list(&item, list) : rc;
}

int sb_status_cwt_parse(struct sb_slice token, struct sb_status_list **out, uint8_t kid[8])
{
	struct sb_status_list *list;
	struct sb_cose_sign1 m;
	struct sb_cbor_item item;
	int rc = sb_cose_sign1_parse(token, &m);

	*out = NULL;
	if (rc != SB_OK)
		return rc;
	if (sb_cbor_map_get(&m.protected_map, SB_COSE_TYP, &item) != SB_OK || item.type != SB_CBOR_TEXT ||
		!sb_slice_equal(item.bytes, sb_slice(typ, sizeof typ - 1)))
		return SB_E_FORMAT;
	if (sb_cbor_map_get(&m.protected_map, SB_COSE_KID, &item) != SB_OK || item.type != SB_CBOR_BYTES || item.bytes.len != 8)
		return SB_E_FORMAT;
	memcpy(kid, item.bytes.data, 8);
	if (sb_cbor_only(m.payload, &item) != SB_OK || item.type != SB_CBOR_MAP)
		return SB_E_FORMAT;
	list = calloc(1, sizeof *list);
	rc = list ? read_claims(&item, list) : SB_E_NOMEM;
	if (rc != SB_OK)
		sb_status_list_free(&list);
	*out = list;
	return rc;
}

int sb_status_cwt_verify(struct sb_slice token, struct sb_slice signer_point)
{
	struct sb_cose_sign1 m;
	int rc = sb_cose_sign1_parse(token, &m);

	return rc == SB_OK ? sb_cose_sign1_verify(&m, signer_point) : rc;
}

/* --- the JWT --- */

/* A whole number of seconds; absent where that is allowed. */
static int json_seconds(const json_t *payload, const char *name, bool required, int64_t *value)
{
	const json_t *number = json_object_get(payload, name);

	if (!number)
		return required ? SB_E_FORMAT : SB_OK;
	*value = json_integer_value(number);
	return json_is_integer(number) && *value > 0 ? SB_OK : SB_E_FORMAT;
}

static int read_json_list(const json_t *json, struct sb_status_list *list)
{
	const json_t *bits = json_object_get(json, "bits");
	const char *lst = sb_json_text(json, "lst");
	struct sb_bytes packed = {0}, entries = {0};
	int rc = json_is_integer(bits) && json_integer_value(bits) > 0 && json_integer_value(bits) <= 8 && lst ? SB_OK : SB_E_FORMAT;

	if (rc == SB_OK) {
		list->bits = (unsigned)json_integer_value(bits);
		rc = sb_base64url_decode(lst, strlen(lst), &packed);
	}
	if (rc == SB_OK)
		rc = inflate_entries(sb_bytes_slice(&packed), &entries);
	if (rc == SB_OK)
		rc = take_entries(list, &entries);
	sb_bytes_free(&packed);
	sb_bytes_free(&entries);
	return rc;
}

static int read_json_claims(const json_t *payload, struct sb_status_list *list)
{
	const char *uri = sb_json_text(payload, "sub");
	int rc = uri && strlen(uri) <= URI_MAX ? SB_OK : SB_E_FORMAT;

	if (rc == SB_OK)
		rc = json_seconds(payload, "iat", true, &list->iat);
	if (rc == SB_OK)
		rc = json_seconds(payload, "exp", false, &list->exp);
	if (rc == SB_OK)
		rc = json_seconds(payload, "ttl", false, &list->ttl);
	if (rc != SB_OK)
		return rc;
	list->uri = strdup(uri);
	return list->uri ? read_json_list(json_object_get(payload, "status_list"), list) : SB_E_NOMEM;
}

static int read_kid(const struct sb_jws *jws, uint8_t kid[8], bool *has_kid)
{
	const char *text = sb_json_text(jws->header, "kid");
	struct sb_bytes given = {0}, chain[4] = {{0}};
	uint8_t hash[SB_SHA256_SIZE];
	size_t count = 0;
	int rc = SB_OK;

	*has_kid = text && sb_base64url_decode(text, strlen(text), &given) == SB_OK && given.len == KID;
	if (*has_kid)
		memcpy(kid, given.data, KID);
	if (json_object_get(jws->header, "x5c")) {
		rc = sb_jws_x5c(jws, chain, &count);
		if (rc == SB_OK)
			rc = sb_sha256(chain[0].data, chain[0].len, hash);
		if (rc == SB_OK && *has_kid && memcmp(hash, kid, KID) != 0)
			rc = SB_E_FORMAT;
		if (rc == SB_OK)
			memcpy(kid, hash, KID);
		*has_kid = rc == SB_OK;
	}
	for (size_t i = 0; i < 4; i++)
		sb_bytes_free(&chain[i]);
	sb_bytes_free(&given);
	return rc;
}

int sb_status_jwt_parse(struct sb_slice token, struct sb_status_list **out, uint8_t kid[8], bool *has_kid)
{
	struct sb_status_list *list = NULL;
	struct sb_jws jws;
	int rc = sb_jws_parse(token, jwt_typ, &jws);

	*out = NULL;
	*has_kid = false;
	if (rc != SB_OK)
		return rc;
	rc = read_kid(&jws, kid, has_kid);
	if (rc == SB_OK) {
		list = calloc(1, sizeof *list);
		rc = list ? read_json_claims(jws.payload, list) : SB_E_NOMEM;
	}
	if (rc != SB_OK)
		sb_status_list_free(&list);
	sb_jws_free(&jws);
	*out = list;
	return rc;
}

int sb_status_jwt_verify(struct sb_slice token, struct sb_slice signer_point)
{
	struct sb_jws jws;
	int rc = sb_jws_parse(token, jwt_typ, &jws);

	if (rc != SB_OK)
		return rc;
	rc = sb_jws_verify(&jws, signer_point);
	sb_jws_free(&jws);
	return rc;
}

/* --- references to a list --- */

int sb_status_reference_put(struct sb_bytes *out, uint64_t index, struct sb_slice uri)
{
	int rc = sb_cbor_put_head(out, SB_CBOR_MAP, 1);

	if (rc == SB_OK)
		rc = sb_cbor_put_string(out, "status_list");
	if (rc == SB_OK)
		rc = sb_cbor_put_head(out, SB_CBOR_MAP, 2);
	if (rc == SB_OK)
		rc = sb_cbor_put_string(out, "idx");
	if (rc == SB_OK)
		rc = sb_cbor_put_head(out, SB_CBOR_UINT, index);
	if (rc == SB_OK)
		rc = sb_cbor_put_string(out, "uri");
	return rc == SB_OK ? sb_cbor_put_text(out, (const char *)uri.data, uri.len) : rc;
}

int sb_status_reference_read(const struct sb_cbor_item *status, uint64_t *index, struct sb_slice *uri)
{
	struct sb_cbor_item name, list, value;
	struct sb_slice in;
	bool has_index = false, has_uri = false;

	if (status->type != SB_CBOR_MAP || status->value != 1)
		return SB_E_FORMAT;
	in = sb_cbor_enter(status);
	if (sb_cbor_next(&in, &name) != SB_OK || !sb_cbor_text_is(&name, "status_list") || sb_cbor_expect(&in, SB_CBOR_MAP, &list) != SB_OK)
		return SB_E_FORMAT;
	in = sb_cbor_enter(&list);
	for (uint64_t i = 0; i < list.value; i++) {
		if (sb_cbor_next(&in, &name) != SB_OK || sb_cbor_next(&in, &value) != SB_OK)
			return SB_E_FORMAT;
		if (sb_cbor_text_is(&name, "idx") && value.type == SB_CBOR_UINT) {
			*index = value.value;
			has_index = true;
		} else if (sb_cbor_text_is(&name, "uri") && value.type == SB_CBOR_TEXT) {
			*uri = value.bytes;
			has_uri = true;
		}
	}
	return has_index && has_uri ? SB_OK : SB_E_FORMAT;
}
