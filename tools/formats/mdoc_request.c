/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "formats/mdoc_request.h"

#include <string.h>

#include "base/error.h"
#include "formats/cose.h"
#include "formats/mdoc_private.h"

/* --- making --- */

static uint64_t count_of_space(const struct sb_mdoc_item_request *r, size_t first)
{
	uint64_t count = 1;

	while (first + count < r->wish_count && sb_slice_equal(r->wishes[first].name_space, r->wishes[first + count].name_space))
		count++;
	return count;
}

static int put_text(struct sb_bytes *out, struct sb_slice text)
{
	return sb_cbor_put_text(out, (const char *)text.data, text.len);
}

static int put_space(struct sb_bytes *out, const struct sb_mdoc_item_request *r, size_t first, uint64_t count)
{
	int rc = put_text(out, r->wishes[first].name_space);

	if (rc == SB_OK)
		rc = sb_cbor_put_head(out, SB_CBOR_MAP, count);
	for (size_t i = first; rc == SB_OK && i < first + count; i++) {
		rc = put_text(out, r->wishes[i].name);
		if (rc == SB_OK)
			rc = sb_cbor_put_bool(out, r->wishes[i].retain);
	}
	return rc;
}

/* ItemsRequestBytes. */
static int put_items(struct sb_bytes *out, const struct sb_mdoc_item_request *r)
{
	struct sb_bytes items = {0};
	uint64_t spaces = 0;
	int rc = r->wish_count && r->wish_count <= SB_MDOC_ELEMENTS ? sb_cbor_put_head(&items, SB_CBOR_MAP, 2) : SB_E_ARGUMENT;

	for (size_t i = 0; i < r->wish_count; i += count_of_space(r, i))
		spaces++;
	if (rc == SB_OK)
		rc = sb_cbor_put_string(&items, "docType");
	if (rc == SB_OK)
		rc = put_text(&items, r->doctype);
	if (rc == SB_OK)
		rc = sb_cbor_put_string(&items, "nameSpaces");
	if (rc == SB_OK)
		rc = sb_cbor_put_head(&items, SB_CBOR_MAP, spaces);
	for (size_t i = 0; rc == SB_OK && i < r->wish_count; i += count_of_space(r, i))
		rc = put_space(&items, r, i, count_of_space(r, i));
	if (rc == SB_OK)
		rc = sb_cbor_put_embedded(out, sb_bytes_slice(&items));
	sb_bytes_free(&items);
	return rc;
}

static int put_reader_auth(struct sb_bytes *out, const struct sb_bytes *items, struct sb_slice certificate, struct sb_slice transcript,
	const struct sb_signer *reader)
{
	static const uint8_t alg[] = {0xa1, SB_COSE_ALG, 0x26 /* -7 */};
	struct sb_bytes covered = {0}, unprotected = {0};
	int rc = mdoc_reader_authentication(transcript, sb_bytes_slice(items), &covered);

	if (rc == SB_OK)
		rc = sb_cbor_put_head(&unprotected, SB_CBOR_MAP, 1);
	if (rc == SB_OK)
		rc = sb_cbor_put_int(&unprotected, SB_COSE_X5CHAIN);
	if (rc == SB_OK)
		rc = sb_cbor_put_bytes(&unprotected, certificate.data, certificate.len);
	if (rc == SB_OK)
		rc = sb_cbor_put_string(out, "readerAuth");
	if (rc == SB_OK)
		rc = sb_cose_sign1_make_as(
			SB_COSE_DETACHED, sb_slice(alg, sizeof alg), sb_bytes_slice(&unprotected), sb_bytes_slice(&covered), reader, out);
	sb_bytes_free(&covered);
	sb_bytes_free(&unprotected);
	return rc;
}

int sb_mdoc_request_make(const struct sb_mdoc_item_request *request, struct sb_slice certificate, struct sb_slice transcript,
	const struct sb_signer *reader, struct sb_bytes *out)
{
	struct sb_bytes items = {0};
	size_t start = out->len;
	int rc = put_items(&items, request);

	if (rc == SB_OK)
		rc = sb_cbor_put_head(out, SB_CBOR_MAP, 2);
	if (rc == SB_OK)
		rc = sb_cbor_put_string(out, "version");
	if (rc == SB_OK)
		rc = sb_cbor_put_string(out, MDOC_VERSION);
	if (rc == SB_OK)
		rc = sb_cbor_put_string(out, "docRequests");
	if (rc == SB_OK)
		rc = sb_cbor_put_head(out, SB_CBOR_ARRAY, 1);
	if (rc == SB_OK)
		rc = sb_cbor_put_head(out, SB_CBOR_MAP, reader ? 2 : 1);
	if (rc == SB_OK)
		rc = sb_cbor_put_string(out, "itemsRequest");
	if (rc == SB_OK)
		rc = sb_bytes_append(out, items.data, items.len);
	if (rc == SB_OK && reader)
		rc = put_reader_auth(out, &items, certificate, transcript, reader);
	if (rc != SB_OK)
		out->len = start;
	sb_bytes_free(&items);
	return rc;
}

/* --- reading --- */

static int read_wishes(const struct sb_cbor_item *map, struct sb_slice name_space, struct sb_mdoc_item_request *out, enum sb_mdoc_fault *why)
{
	struct sb_slice in = sb_cbor_enter(map);
	struct sb_cbor_item name, retain;

	for (uint64_t i = 0; i < map->value; i++) {
		if (sb_cbor_expect(&in, SB_CBOR_TEXT, &name) != SB_OK || sb_cbor_expect(&in, SB_CBOR_SIMPLE, &retain) != SB_OK ||
			(retain.value != SB_CBOR_TRUE && retain.value != SB_CBOR_FALSE))
			return mdoc_fault(why, SB_MDOC_FAULT_STRUCTURE);
		if (out->wish_count == SB_MDOC_ELEMENTS)
			return mdoc_fault(why, SB_MDOC_FAULT_CBOR);
		out->wishes[out->wish_count++] = (struct sb_mdoc_wish){name_space, name.bytes, retain.value == SB_CBOR_TRUE};
	}
	return SB_OK;
}

/* {"docType", "nameSpaces": {+ name space => {+ element => intent to retain}}, ? "requestInfo"}. */
static int read_items(const struct sb_cbor_item *tagged, struct sb_mdoc_item_request *out, enum sb_mdoc_fault *why)
{
	static const char *const names[] = {"docType", "nameSpaces", NULL};
	struct sb_cbor_item map, m[2], name_space, wishes;
	struct sb_slice in;
	int rc = SB_OK;

	if (sb_cbor_embedded(tagged, &map) != SB_OK)
		return mdoc_fault(why, SB_MDOC_FAULT_CBOR);
	if (mdoc_members(&map, names, false, m) != SB_OK || m[0].type != SB_CBOR_TEXT || m[1].type != SB_CBOR_MAP || m[1].value == 0)
		return mdoc_fault(why, SB_MDOC_FAULT_STRUCTURE);
	out->doctype = m[0].bytes;
	in = sb_cbor_enter(&m[1]);
	for (uint64_t i = 0; rc == SB_OK && i < m[1].value; i++) {
		if (sb_cbor_expect(&in, SB_CBOR_TEXT, &name_space) != SB_OK || sb_cbor_expect(&in, SB_CBOR_MAP, &wishes) != SB_OK ||
			wishes.value == 0)
			return mdoc_fault(why, SB_MDOC_FAULT_STRUCTURE);
		rc = read_wishes(&wishes, name_space.bytes, out, why);
	}
	return rc;
}

static int read_request(const struct sb_cbor_item *map, struct sb_mdoc_item_request *out, enum sb_mdoc_fault *why)
{
	static const char *const names[] = {"itemsRequest", "readerAuth", NULL};
	struct sb_cose_sign1 message;
	struct sb_cbor_item m[2];

	*out = (struct sb_mdoc_item_request){0};
	if (mdoc_members(map, names, true, m) != SB_OK || !mdoc_has(&m[0]))
		return mdoc_fault(why, SB_MDOC_FAULT_STRUCTURE);
	out->items = m[0].whole;
	out->reader_auth = m[1].whole;
	if (mdoc_has(&m[1])) {
		if (sb_cose_sign1_parse_as(out->reader_auth, SB_COSE_DETACHED, &message) != SB_OK)
			return mdoc_fault(why, SB_MDOC_FAULT_COSE);
		if (mdoc_read_chain(&message.unprotected_map, &out->certificate) != SB_OK)
			return mdoc_fault(why, SB_MDOC_FAULT_CHAIN);
	}
	return read_items(&m[0], out, why);
}

int sb_mdoc_request_parse(struct sb_slice in, struct sb_mdoc_item_request *requests, size_t *count, enum sb_mdoc_fault *why)
{
	static const char *const names[] = {"version", "docRequests", NULL};
	struct sb_cbor_item map, m[2], request;
	struct sb_slice inner;
	int rc = SB_OK;

	*count = 0;
	*why = SB_MDOC_FAULT_NONE;
	if (in.len > SB_MDOC_SIZE_MAX || sb_cbor_only(in, &map) != SB_OK)
		return mdoc_fault(why, SB_MDOC_FAULT_CBOR);
	if (mdoc_members(&map, names, true, m) != SB_OK || !mdoc_has(&m[0]) || m[1].type != SB_CBOR_ARRAY || m[1].value == 0)
		return mdoc_fault(why, SB_MDOC_FAULT_STRUCTURE);
	if (!sb_cbor_text_is(&m[0], MDOC_VERSION))
		return mdoc_fault(why, SB_MDOC_FAULT_VERSION);
	if (m[1].value > SB_MDOC_DOCUMENTS)
		return mdoc_fault(why, SB_MDOC_FAULT_CBOR);
	inner = sb_cbor_enter(&m[1]);
	for (uint64_t i = 0; rc == SB_OK && i < m[1].value; i++)
		rc = sb_cbor_next(&inner, &request) == SB_OK ? read_request(&request, &requests[i], why) : mdoc_fault(why, SB_MDOC_FAULT_CBOR);
	if (rc == SB_OK)
		*count = (size_t)m[1].value;
	return rc;
}

int sb_mdoc_verify_reader(const struct sb_mdoc_item_request *request, const struct sb_mdoc_question *question, enum sb_mdoc_fault *why)
{
	static const struct mdoc_path path = {MDOC_READER_EKU, false, SB_MDOC_FAULT_READER, SB_MDOC_FAULT_READER, SB_MDOC_FAULT_READER};
	struct sb_bytes covered = {0};
	struct sb_cose_sign1 message;
	struct mdoc_leaf reader;
	int rc;

	*why = SB_MDOC_FAULT_NONE;
	if (!request->reader_auth.data)
		return SB_E_NOT_FOUND;
	rc = mdoc_check_path(request->certificate, &path, question, &reader, why);
	if (rc == SB_OK)
		rc = mdoc_reader_authentication(question->transcript, request->items, &covered);
	if (rc == SB_OK) {
		rc = sb_cose_sign1_parse_as(request->reader_auth, SB_COSE_DETACHED, &message);
		message.payload = sb_bytes_slice(&covered);
		if (rc == SB_OK)
			rc = sb_cose_sign1_verify(&message, sb_slice(reader.point, sizeof reader.point));
		if (rc != SB_OK && rc != SB_E_NOMEM)
			rc = mdoc_fault(why, SB_MDOC_FAULT_READER_SIGNATURE);
	}
	sb_bytes_free(&covered);
	return rc;
}
