/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "formats/mdoc_private.h"

#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "formats/cose.h"
#include "formats/status_list.h"

/* Taking apart. Where nobody has signed (the containers) only what ISO/IEC 18013-5 names may stand; inside what the issuer signed, members
 * of later editions are passed over. */

/* --- the mobile security object --- */

enum mso_member { MSO_VERSION, MSO_ALGORITHM, MSO_DIGESTS, MSO_KEY, MSO_DOCTYPE, MSO_VALIDITY, MSO_STATUS, MSO_MEMBERS };
static const char *const mso_names[MSO_MEMBERS + 1] = {
	"version", "digestAlgorithm", "valueDigests", "deviceKeyInfo", "docType", "validityInfo", "status", NULL};

static int read_algorithm(const struct sb_cbor_item *item, struct sb_mdoc *out, enum sb_mdoc_fault *why)
{
	static const struct {
		const char *name, *openssl;
		size_t size;
	} algorithms[] = {{"SHA-256", "SHA256", 32}, {"SHA-384", "SHA384", 48}, {"SHA-512", "SHA512", 64}};

	for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++)
		if (sb_cbor_text_is(item, algorithms[i].name)) {
			out->digest_name = algorithms[i].openssl;
			out->digest_size = algorithms[i].size;
			return SB_OK;
		}
	return mdoc_fault(why, SB_MDOC_FAULT_DIGEST_ALGORITHM);
}

/* One name space: {+ digestID => bstr of the algorithm's size}. */
static int check_digests(const struct sb_mdoc *out, const struct sb_cbor_item *map, enum sb_mdoc_fault *why)
{
	struct sb_slice in = sb_cbor_enter(map);
	struct sb_cbor_item id, digest;

	if (map->type != SB_CBOR_MAP || map->value == 0)
		return mdoc_fault(why, SB_MDOC_FAULT_STRUCTURE);
	for (uint64_t i = 0; i < map->value; i++)
		if (sb_cbor_expect(&in, SB_CBOR_UINT, &id) != SB_OK || id.value > MDOC_DIGEST_ID_END ||
			sb_cbor_expect(&in, SB_CBOR_BYTES, &digest) != SB_OK || digest.bytes.len != out->digest_size)
			return mdoc_fault(why, SB_MDOC_FAULT_ELEMENT);
	return SB_OK;
}

static int read_digests(const struct sb_cbor_item *map, struct sb_mdoc *out, enum sb_mdoc_fault *why)
{
	struct sb_slice in = sb_cbor_enter(map);
	struct sb_cbor_item name_space, digests;
	int rc = SB_OK;

	if (map->type != SB_CBOR_MAP || map->value == 0)
		return mdoc_fault(why, SB_MDOC_FAULT_STRUCTURE);
	for (uint64_t i = 0; rc == SB_OK && i < map->value; i++) {
		if (sb_cbor_expect(&in, SB_CBOR_TEXT, &name_space) != SB_OK || sb_cbor_next(&in, &digests) != SB_OK)
			return mdoc_fault(why, SB_MDOC_FAULT_STRUCTURE);
		rc = check_digests(out, &digests, why);
	}
	out->value_digests = map->whole;
	return rc;
}

static int read_device_key(const struct sb_cbor_item *info, struct sb_mdoc *out, enum sb_mdoc_fault *why)
{
	static const char *const names[] = {"deviceKey", "keyAuthorizations", NULL};
	struct sb_cbor_item members[2];
	int rc;

	if (mdoc_members(info, names, false, members) != SB_OK || !mdoc_has(&members[0]))
		return mdoc_fault(why, SB_MDOC_FAULT_STRUCTURE);
	if (mdoc_has(&members[1]) && members[1].type != SB_CBOR_MAP)
		return mdoc_fault(why, SB_MDOC_FAULT_STRUCTURE);
	out->authorizations = members[1].whole;
	rc = sb_cose_key_read(&members[0], out->device_point);
	return rc == SB_OK || rc == SB_E_NOMEM ? rc : mdoc_fault(why, SB_MDOC_FAULT_DEVICE_KEY);
}

static int read_validity(const struct sb_cbor_item *info, struct sb_mdoc *out, enum sb_mdoc_fault *why)
{
	static const char *const names[] = {"signed", "validFrom", "validUntil", "expectedUpdate", NULL};
	struct sb_cbor_item m[4];
	int64_t update;

	if (mdoc_members(info, names, false, m) != SB_OK || !mdoc_has(&m[0]) || !mdoc_has(&m[1]) || !mdoc_has(&m[2]))
		return mdoc_fault(why, SB_MDOC_FAULT_STRUCTURE);
	if (mdoc_read_time(&m[0], &out->signed_at) != SB_OK || mdoc_read_time(&m[1], &out->valid_from) != SB_OK ||
		mdoc_read_time(&m[2], &out->valid_until) != SB_OK || (mdoc_has(&m[3]) && mdoc_read_time(&m[3], &update) != SB_OK))
		return mdoc_fault(why, SB_MDOC_FAULT_DATE);
	/* 9.1.2.4: validFrom is not before signed, validUntil is after validFrom. */
	if (out->valid_from < out->signed_at || out->valid_until <= out->valid_from)
		return mdoc_fault(why, SB_MDOC_FAULT_DATE);
	return SB_OK;
}

static int read_object(const struct sb_cbor_item *map, struct sb_mdoc *out, enum sb_mdoc_fault *why)
{
	struct sb_cbor_item m[MSO_MEMBERS];
	int rc;

	if (mdoc_members(map, mso_names, false, m) != SB_OK)
		return mdoc_fault(why, SB_MDOC_FAULT_STRUCTURE);
	for (int i = 0; i < MSO_STATUS; i++)
		if (!mdoc_has(&m[i]))
			return mdoc_fault(why, SB_MDOC_FAULT_STRUCTURE);
	if (!sb_cbor_text_is(&m[MSO_VERSION], MDOC_VERSION))
		return mdoc_fault(why, SB_MDOC_FAULT_VERSION);
	if (m[MSO_DOCTYPE].type != SB_CBOR_TEXT)
		return mdoc_fault(why, SB_MDOC_FAULT_STRUCTURE);
	out->doctype = m[MSO_DOCTYPE].bytes;
	out->has_status = mdoc_has(&m[MSO_STATUS]);
	/* A mechanism that is not known here is not the same as none. */
	if (out->has_status && sb_status_reference_read(&m[MSO_STATUS], &out->status_index, &out->status_uri) != SB_OK)
		return mdoc_fault(why, SB_MDOC_FAULT_STRUCTURE);
	rc = read_algorithm(&m[MSO_ALGORITHM], out, why);
	if (rc == SB_OK)
		rc = read_digests(&m[MSO_DIGESTS], out, why);
	if (rc == SB_OK)
		rc = read_device_key(&m[MSO_KEY], out, why);
	return rc == SB_OK ? read_validity(&m[MSO_VALIDITY], out, why) : rc;
}

/* Unsigned: a key identifier at most, which nothing rests on, and the issuer's certificate, which proves itself. */
static bool only_known_headers(const struct sb_cbor_item *map, bool chain)
{
	struct sb_slice in = sb_cbor_enter(map);
	struct sb_cbor_item label, value;
	int64_t number;

	for (uint64_t i = 0; i < map->value; i++)
		if (sb_cbor_next(&in, &label) != SB_OK || sb_cbor_next(&in, &value) != SB_OK || sb_cbor_int(&label, &number) != SB_OK ||
			(number != SB_COSE_KID && !(chain && number == SB_COSE_X5CHAIN)))
			return false;
	return true;
}

static int read_issuer_auth(const struct sb_cbor_item *item, struct sb_mdoc *out, enum sb_mdoc_fault *why)
{
	struct sb_cose_sign1 message;
	struct sb_cbor_item tag, object;

	out->issuer_auth = item->whole;
	if (sb_cose_sign1_parse_as(item->whole, SB_COSE_BARE, &message) != SB_OK || !only_known_headers(&message.unprotected_map, true))
		return mdoc_fault(why, SB_MDOC_FAULT_COSE);
	if (mdoc_read_chain(&message.unprotected_map, &out->certificate) != SB_OK)
		return mdoc_fault(why, SB_MDOC_FAULT_CHAIN);
	if (sb_cbor_only(message.payload, &tag) != SB_OK || sb_cbor_embedded(&tag, &object) != SB_OK)
		return mdoc_fault(why, SB_MDOC_FAULT_CBOR);
	return read_object(&object, out, why);
}

/* --- elements --- */

static bool stands_there(const struct sb_mdoc *out, const struct sb_mdoc_element *e)
{
	for (size_t i = 0; i < out->element_count; i++) {
		const struct sb_mdoc_element *other = &out->elements[i];

		if (sb_slice_equal(other->name_space, e->name_space) &&
			(sb_slice_equal(other->name, e->name) ||
				(!e->by_device && !other->by_device && other->digest_id == e->digest_id)))
			return true;
	}
	return false;
}

static int add_element(struct sb_mdoc *out, const struct sb_mdoc_element *e, enum sb_mdoc_fault *why)
{
	if (stands_there(out, e))
		return mdoc_fault(why, SB_MDOC_FAULT_ELEMENT);
	if (out->element_count == SB_MDOC_ELEMENTS)
		return mdoc_fault(why, SB_MDOC_FAULT_CBOR);
	out->elements[out->element_count++] = *e;
	return SB_OK;
}

static int read_item(const struct sb_cbor_item *tagged, struct sb_slice name_space, struct sb_mdoc *out, enum sb_mdoc_fault *why)
{
	static const char *const names[] = {"digestID", "random", "elementIdentifier", "elementValue", NULL};
	struct sb_cbor_item map, m[4];

	if (sb_cbor_embedded(tagged, &map) != SB_OK)
		return mdoc_fault(why, SB_MDOC_FAULT_CBOR);
	if (mdoc_members(&map, names, true, m) != SB_OK || m[0].type != SB_CBOR_UINT || m[1].type != SB_CBOR_BYTES ||
		m[2].type != SB_CBOR_TEXT || !mdoc_has(&m[0]) || !mdoc_has(&m[3]))
		return mdoc_fault(why, SB_MDOC_FAULT_STRUCTURE);
	if (m[0].value > MDOC_DIGEST_ID_END)
		return mdoc_fault(why, SB_MDOC_FAULT_ELEMENT);
	if (m[1].bytes.len < MDOC_SALT_MIN)
		return mdoc_fault(why, SB_MDOC_FAULT_SALT);
	return add_element(out,
		&(struct sb_mdoc_element){.name_space = name_space, .name = m[2].bytes, .value = m[3].whole, .item = tagged->whole,
			.digest_id = m[0].value},
		why);
}

static int read_name_spaces(const struct sb_cbor_item *map, struct sb_mdoc *out, enum sb_mdoc_fault *why)
{
	struct sb_slice in = sb_cbor_enter(map), items;
	struct sb_cbor_item name_space, array, item;
	int rc = SB_OK;

	if (map->type != SB_CBOR_MAP || map->value == 0)
		return mdoc_fault(why, SB_MDOC_FAULT_STRUCTURE);
	for (uint64_t i = 0; rc == SB_OK && i < map->value; i++) {
		if (sb_cbor_expect(&in, SB_CBOR_TEXT, &name_space) != SB_OK || sb_cbor_expect(&in, SB_CBOR_ARRAY, &array) != SB_OK ||
			array.value == 0)
			return mdoc_fault(why, SB_MDOC_FAULT_STRUCTURE);
		items = sb_cbor_enter(&array);
		for (uint64_t k = 0; rc == SB_OK && k < array.value; k++)
			rc = sb_cbor_next(&items, &item) == SB_OK ? read_item(&item, name_space.bytes, out, why)
								  : mdoc_fault(why, SB_MDOC_FAULT_CBOR);
	}
	return rc;
}

static int read_issued(const struct sb_cbor_item *map, struct sb_mdoc *out, enum sb_mdoc_fault *why)
{
	static const char *const names[] = {"nameSpaces", "issuerAuth", NULL};
	struct sb_cbor_item m[2];
	int rc;

	if (mdoc_members(map, names, true, m) != SB_OK || !mdoc_has(&m[1]))
		return mdoc_fault(why, SB_MDOC_FAULT_STRUCTURE);
	rc = read_issuer_auth(&m[1], out, why);
	return rc == SB_OK && mdoc_has(&m[0]) ? read_name_spaces(&m[0], out, why) : rc;
}

/* The whole input as one map. */
static int open_input(struct sb_slice in, struct sb_cbor_item *map, enum sb_mdoc_fault *why)
{
	*why = SB_MDOC_FAULT_NONE;
	if (in.len > SB_MDOC_SIZE_MAX || sb_cbor_only(in, map) != SB_OK)
		return mdoc_fault(why, SB_MDOC_FAULT_CBOR);
	return map->type == SB_CBOR_MAP ? SB_OK : mdoc_fault(why, SB_MDOC_FAULT_STRUCTURE);
}

int sb_mdoc_parse_issued(struct sb_slice in, struct sb_mdoc *out, enum sb_mdoc_fault *why)
{
	struct sb_cbor_item map;
	int rc = open_input(in, &map, why);

	memset(out, 0, sizeof *out);
	return rc == SB_OK ? read_issued(&map, out, why) : rc;
}

/* --- what a device presents --- */

/* {* NameSpace => {+ element => value}}, each beside those of the issuer. */
static int read_device_elements(const struct sb_cbor_item *map, struct sb_mdoc *out, enum sb_mdoc_fault *why)
{
	struct sb_slice in = sb_cbor_enter(map), inner;
	struct sb_cbor_item name_space, elements, name, value;
	int rc = SB_OK;

	if (map->type != SB_CBOR_MAP)
		return mdoc_fault(why, SB_MDOC_FAULT_STRUCTURE);
	for (uint64_t i = 0; rc == SB_OK && i < map->value; i++) {
		if (sb_cbor_expect(&in, SB_CBOR_TEXT, &name_space) != SB_OK || sb_cbor_expect(&in, SB_CBOR_MAP, &elements) != SB_OK ||
			elements.value == 0)
			return mdoc_fault(why, SB_MDOC_FAULT_STRUCTURE);
		inner = sb_cbor_enter(&elements);
		for (uint64_t k = 0; rc == SB_OK && k < elements.value; k++) {
			if (sb_cbor_expect(&inner, SB_CBOR_TEXT, &name) != SB_OK || sb_cbor_next(&inner, &value) != SB_OK)
				return mdoc_fault(why, SB_MDOC_FAULT_STRUCTURE);
			rc = add_element(out,
				&(struct sb_mdoc_element){.name_space = name_space.bytes, .name = name.bytes, .value = value.whole, .by_device = true},
				why);
		}
	}
	return rc;
}

static int read_device_auth(const struct sb_cbor_item *map, struct sb_mdoc *out, enum sb_mdoc_fault *why)
{
	static const char *const names[] = {"deviceSignature", "deviceMac", NULL};
	struct sb_cose_sign1 signature;
	struct sb_cose_mac0 mac;
	struct sb_cbor_item m[2];

	if (mdoc_members(map, names, true, m) != SB_OK || mdoc_has(&m[0]) == mdoc_has(&m[1]))
		return mdoc_fault(why, SB_MDOC_FAULT_STRUCTURE);
	out->by_mac = mdoc_has(&m[1]);
	out->device_auth = m[out->by_mac].whole;
	if (out->by_mac ? sb_cose_mac0_parse(out->device_auth, SB_COSE_DETACHED, &mac)
			: sb_cose_sign1_parse_as(out->device_auth, SB_COSE_DETACHED, &signature))
		return mdoc_fault(why, SB_MDOC_FAULT_COSE);
	return only_known_headers(out->by_mac ? &mac.unprotected_map : &signature.unprotected_map, false) ? SB_OK
													  : mdoc_fault(why, SB_MDOC_FAULT_COSE);
}

static int read_device_signed(const struct sb_cbor_item *map, struct sb_mdoc *out, enum sb_mdoc_fault *why)
{
	static const char *const names[] = {"nameSpaces", "deviceAuth", NULL};
	struct sb_cbor_item m[2], elements;
	int rc;

	if (mdoc_members(map, names, true, m) != SB_OK || !mdoc_has(&m[0]) || !mdoc_has(&m[1]))
		return mdoc_fault(why, SB_MDOC_FAULT_STRUCTURE);
	if (sb_cbor_embedded(&m[0], &elements) != SB_OK)
		return mdoc_fault(why, SB_MDOC_FAULT_CBOR);
	out->device_name_spaces = m[0].whole;
	rc = read_device_elements(&elements, out, why);
	return rc == SB_OK ? read_device_auth(&m[1], out, why) : rc;
}

static int read_document(const struct sb_cbor_item *map, struct sb_mdoc *out, enum sb_mdoc_fault *why)
{
	static const char *const names[] = {"docType", "issuerSigned", "deviceSigned", "errors", NULL};
	struct sb_cbor_item m[4];
	int rc;

	memset(out, 0, sizeof *out);
	if (mdoc_members(map, names, true, m) != SB_OK || m[0].type != SB_CBOR_TEXT || !mdoc_has(&m[1]) || !mdoc_has(&m[2]) ||
		(mdoc_has(&m[3]) && m[3].type != SB_CBOR_MAP))
		return mdoc_fault(why, SB_MDOC_FAULT_STRUCTURE);
	rc = read_issued(&m[1], out, why);
	if (rc == SB_OK)
		rc = read_device_signed(&m[2], out, why);
	out->document_type = m[0].bytes;
	return rc;
}

enum response_member { RESPONSE_VERSION, RESPONSE_DOCUMENTS, RESPONSE_ERRORS, RESPONSE_STATUS, RESPONSE_MEMBERS };

static int check_response(const struct sb_cbor_item *map, struct sb_cbor_item m[RESPONSE_MEMBERS], enum sb_mdoc_fault *why)
{
	static const char *const names[] = {"version", "documents", "documentErrors", "status", NULL};

	if (mdoc_members(map, names, true, m) != SB_OK || !mdoc_has(&m[RESPONSE_VERSION]) || !mdoc_has(&m[RESPONSE_STATUS]))
		return mdoc_fault(why, SB_MDOC_FAULT_STRUCTURE);
	if (!sb_cbor_text_is(&m[RESPONSE_VERSION], MDOC_VERSION))
		return mdoc_fault(why, SB_MDOC_FAULT_VERSION);
	if (m[RESPONSE_STATUS].type != SB_CBOR_UINT || (mdoc_has(&m[RESPONSE_ERRORS]) && m[RESPONSE_ERRORS].type != SB_CBOR_ARRAY))
		return mdoc_fault(why, SB_MDOC_FAULT_STRUCTURE);
	if (m[RESPONSE_STATUS].value != 0 || !mdoc_has(&m[RESPONSE_DOCUMENTS]))
		return mdoc_fault(why, SB_MDOC_FAULT_STATUS);
	if (m[RESPONSE_DOCUMENTS].type != SB_CBOR_ARRAY || m[RESPONSE_DOCUMENTS].value == 0)
		return mdoc_fault(why, SB_MDOC_FAULT_STRUCTURE);
	return m[RESPONSE_DOCUMENTS].value > SB_MDOC_DOCUMENTS ? mdoc_fault(why, SB_MDOC_FAULT_CBOR) : SB_OK;
}

int sb_mdoc_parse_response(struct sb_slice in, struct sb_mdoc *documents, size_t *count, enum sb_mdoc_fault *why)
{
	struct sb_cbor_item map, m[RESPONSE_MEMBERS], document;
	struct sb_slice inner;
	int rc = open_input(in, &map, why);

	*count = 0;
	if (rc == SB_OK)
		rc = check_response(&map, m, why);
	if (rc != SB_OK)
		return rc;
	inner = sb_cbor_enter(&m[RESPONSE_DOCUMENTS]);
	for (uint64_t i = 0; rc == SB_OK && i < m[RESPONSE_DOCUMENTS].value; i++)
		rc = sb_cbor_next(&inner, &document) == SB_OK ? read_document(&document, &documents[i], why)
							      : mdoc_fault(why, SB_MDOC_FAULT_CBOR);
	if (rc == SB_OK)
		*count = (size_t)m[RESPONSE_DOCUMENTS].value;
	return rc;
}

const struct sb_mdoc_element *sb_mdoc_find(const struct sb_mdoc *mdoc, struct sb_slice name_space, struct sb_slice name)
{
	for (size_t i = 0; i < mdoc->element_count; i++)
		if (sb_slice_equal(mdoc->elements[i].name_space, name_space) && sb_slice_equal(mdoc->elements[i].name, name))
			return &mdoc->elements[i];
	return NULL;
}

/* --- values for people and programs --- */

static json_t *to_json(const struct sb_cbor_item *item);

static json_t *bytes_to_json(struct sb_slice bytes)
{
	struct sb_bytes text = {0};
	json_t *json = sb_base64url_encode(bytes.data, bytes.len, &text) == SB_OK ? json_stringn((const char *)text.data, text.len) : NULL;

	sb_bytes_free(&text);
	return json;
}

static json_t *array_to_json(const struct sb_cbor_item *item)
{
	struct sb_slice in = sb_cbor_enter(item);
	struct sb_cbor_item inner;
	json_t *json = json_array();

	for (uint64_t i = 0; json && i < item->value; i++)
		if (sb_cbor_next(&in, &inner) != SB_OK || json_array_append_new(json, to_json(&inner)) != 0) {
			json_decref(json);
			json = NULL;
		}
	return json;
}

static json_t *map_to_json(const struct sb_cbor_item *item)
{
	struct sb_slice in = sb_cbor_enter(item);
	struct sb_cbor_item key, value;
	json_t *json = json_object();

	for (uint64_t i = 0; json && i < item->value; i++) {
		char name[256];

		if (sb_cbor_expect(&in, SB_CBOR_TEXT, &key) != SB_OK || sb_cbor_next(&in, &value) != SB_OK || key.bytes.len >= sizeof name ||
			memchr(key.bytes.data, 0, key.bytes.len)) {
			json_decref(json);
			return NULL;
		}
		memcpy(name, key.bytes.data, key.bytes.len);
		name[key.bytes.len] = 0;
		if (json_object_set_new(json, name, to_json(&value)) != 0) {
			json_decref(json);
			return NULL;
		}
	}
	return json;
}

static json_t *number_to_json(const struct sb_cbor_item *item)
{
	int64_t number;

	return sb_cbor_int(item, &number) == SB_OK ? json_integer(number) : NULL;
}

/* Of the tags only those of dates: their text is the value. */
static json_t *tag_to_json(const struct sb_cbor_item *item)
{
	struct sb_cbor_item inner;
	int64_t seconds;

	if (sb_cbor_only(sb_cbor_enter(item), &inner) != SB_OK || inner.type != SB_CBOR_TEXT)
		return NULL;
	if (item->value == SB_CBOR_TAG_FULL_DATE ? !mdoc_is_date((const char *)inner.bytes.data, inner.bytes.len)
						 : mdoc_read_time(item, &seconds) != SB_OK)
		return NULL;
	return to_json(&inner);
}

static json_t *to_json(const struct sb_cbor_item *item)
{
	switch (item->type) {
	case SB_CBOR_UINT:
	case SB_CBOR_NEGATIVE:
		return number_to_json(item);
	case SB_CBOR_BYTES:
		return bytes_to_json(item->bytes);
	case SB_CBOR_TEXT:
		return json_stringn((const char *)item->bytes.data, item->bytes.len);
	case SB_CBOR_ARRAY:
		return array_to_json(item);
	case SB_CBOR_MAP:
		return map_to_json(item);
	case SB_CBOR_TAG:
		return tag_to_json(item);
	case SB_CBOR_SIMPLE:
		return item->value == SB_CBOR_NULL ? json_null() : item->value == SB_CBOR_TRUE ? json_true() : item->value == SB_CBOR_FALSE ? json_false() : NULL;
	}
	return NULL;
}

json_t *sb_mdoc_value_json(struct sb_slice value)
{
	struct sb_cbor_item item;

	return sb_cbor_only(value, &item) == SB_OK ? to_json(&item) : NULL;
}
