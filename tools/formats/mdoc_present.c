/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "formats/mdoc_private.h"

#include "base/error.h"
#include "formats/cose.h"

/* What a device sends: elements chosen by leaving others out, and its word for this one transcript. */

static const uint8_t no_elements[] = {0xd8, 0x18, 0x41, 0xa0}; /* DeviceNameSpacesBytes: the device states nothing itself */

static bool is_wanted(const struct sb_mdoc_presentation *p, const struct sb_mdoc_element *e)
{
	for (size_t i = 0; i < p->disclose_count; i++)
		if (sb_slice_equal(p->disclose[i].name_space, e->name_space) && sb_slice_equal(p->disclose[i].name, e->name))
			return true;
	return false;
}

static int check_all_there(const struct sb_mdoc_presentation *p, const struct sb_mdoc *mdoc)
{
	for (size_t i = 0; i < p->disclose_count; i++)
		if (!sb_mdoc_find(mdoc, p->disclose[i].name_space, p->disclose[i].name))
			return SB_E_NOT_FOUND;
	return SB_OK;
}

/* The elements of one name space stand together in what was parsed. */
static uint64_t count_items(const struct sb_mdoc_presentation *p, const struct sb_mdoc *mdoc, struct sb_slice name_space)
{
	uint64_t count = 0;

	for (size_t i = 0; i < mdoc->element_count; i++)
		count += sb_slice_equal(mdoc->elements[i].name_space, name_space) && is_wanted(p, &mdoc->elements[i]);
	return count;
}

static bool is_first_of_space(const struct sb_mdoc *mdoc, size_t at)
{
	return at == 0 || !sb_slice_equal(mdoc->elements[at].name_space, mdoc->elements[at - 1].name_space);
}

static int put_name_space(struct sb_bytes *out, const struct sb_mdoc_presentation *p, const struct sb_mdoc *mdoc, size_t first, uint64_t count)
{
	struct sb_slice name_space = mdoc->elements[first].name_space;
	int rc = sb_cbor_put_text(out, (const char *)name_space.data, name_space.len);

	if (rc == SB_OK)
		rc = sb_cbor_put_head(out, SB_CBOR_ARRAY, count);
	for (size_t i = first; rc == SB_OK && i < mdoc->element_count; i++) {
		const struct sb_mdoc_element *e = &mdoc->elements[i];

		if (sb_slice_equal(e->name_space, name_space) && is_wanted(p, e))
			rc = sb_bytes_append(out, e->item.data, e->item.len);
	}
	return rc;
}

static int put_issued(struct sb_bytes *out, const struct sb_mdoc_presentation *p, const struct sb_mdoc *mdoc)
{
	uint64_t spaces = 0;
	int rc;

	for (size_t i = 0; i < mdoc->element_count; i++)
		spaces += is_first_of_space(mdoc, i) && count_items(p, mdoc, mdoc->elements[i].name_space);
	rc = sb_cbor_put_head(out, SB_CBOR_MAP, spaces ? 2 : 1);
	if (rc == SB_OK && spaces)
		rc = sb_cbor_put_string(out, "nameSpaces");
	if (rc == SB_OK && spaces)
		rc = sb_cbor_put_head(out, SB_CBOR_MAP, spaces);
	for (size_t i = 0; rc == SB_OK && i < mdoc->element_count; i++) {
		uint64_t count = is_first_of_space(mdoc, i) ? count_items(p, mdoc, mdoc->elements[i].name_space) : 0;

		if (count)
			rc = put_name_space(out, p, mdoc, i, count);
	}
	if (rc == SB_OK)
		rc = sb_cbor_put_string(out, "issuerAuth");
	return rc == SB_OK ? sb_bytes_append(out, mdoc->issuer_auth.data, mdoc->issuer_auth.len) : rc;
}

static int put_device_signed(struct sb_bytes *out, const char *kind, struct sb_slice message)
{
	int rc = sb_cbor_put_head(out, SB_CBOR_MAP, 2);

	if (rc == SB_OK)
		rc = sb_cbor_put_string(out, "nameSpaces");
	if (rc == SB_OK)
		rc = sb_bytes_append(out, no_elements, sizeof no_elements);
	if (rc == SB_OK)
		rc = sb_cbor_put_string(out, "deviceAuth");
	if (rc == SB_OK)
		rc = sb_cbor_put_head(out, SB_CBOR_MAP, 1);
	if (rc == SB_OK)
		rc = sb_cbor_put_string(out, kind);
	return rc == SB_OK ? sb_bytes_append(out, message.data, message.len) : rc;
}

static int put_document(
	struct sb_bytes *out, const struct sb_mdoc_presentation *p, const struct sb_mdoc *mdoc, const char *kind, struct sb_slice message)
{
	int rc = sb_cbor_put_head(out, SB_CBOR_MAP, 3);

	if (rc == SB_OK)
		rc = sb_cbor_put_string(out, "docType");
	if (rc == SB_OK)
		rc = sb_cbor_put_text(out, (const char *)mdoc->doctype.data, mdoc->doctype.len);
	if (rc == SB_OK)
		rc = sb_cbor_put_string(out, "issuerSigned");
	if (rc == SB_OK)
		rc = put_issued(out, p, mdoc);
	if (rc == SB_OK)
		rc = sb_cbor_put_string(out, "deviceSigned");
	return rc == SB_OK ? put_device_signed(out, kind, message) : rc;
}

static int put_response(
	struct sb_bytes *out, const struct sb_mdoc_presentation *p, const struct sb_mdoc *mdoc, const char *kind, struct sb_slice message)
{
	size_t start = out->len;
	int rc = sb_cbor_put_head(out, SB_CBOR_MAP, 3);

	if (rc == SB_OK)
		rc = sb_cbor_put_string(out, "version");
	if (rc == SB_OK)
		rc = sb_cbor_put_string(out, MDOC_VERSION);
	if (rc == SB_OK)
		rc = sb_cbor_put_string(out, "documents");
	if (rc == SB_OK)
		rc = sb_cbor_put_head(out, SB_CBOR_ARRAY, 1);
	if (rc == SB_OK)
		rc = put_document(out, p, mdoc, kind, message);
	if (rc == SB_OK)
		rc = sb_cbor_put_string(out, "status");
	if (rc == SB_OK)
		rc = sb_cbor_put_head(out, SB_CBOR_UINT, 0);
	if (rc != SB_OK)
		out->len = start;
	return rc;
}

/* device NULL: a MAC with the secret. */
static int present(const struct sb_mdoc_presentation *p, const struct sb_signer *device, struct sb_slice secret, struct sb_bytes *out)
{
	static const uint8_t alg[] = {0xa1, SB_COSE_ALG, 0x26 /* -7 */}, empty_map[] = {0xa0};
	struct sb_bytes covered = {0}, message = {0};
	struct sb_mdoc mdoc;
	enum sb_mdoc_fault why;
	uint8_t key[32];
	int rc = sb_mdoc_parse_issued(p->issued, &mdoc, &why);

	if (rc == SB_OK)
		rc = check_all_there(p, &mdoc);
	if (rc == SB_OK)
		rc = mdoc_device_authentication(p->transcript, mdoc.doctype, sb_slice(no_elements, sizeof no_elements), &covered);
	if (rc == SB_OK && device)
		rc = sb_cose_sign1_make_as(SB_COSE_DETACHED, sb_slice(alg, sizeof alg), sb_slice(empty_map, sizeof empty_map),
			sb_bytes_slice(&covered), device, &message);
	if (rc == SB_OK && !device) {
		rc = mdoc_mac_key(secret, p->transcript, key);
		if (rc == SB_OK)
			rc = sb_cose_mac0_make(SB_COSE_DETACHED, sb_bytes_slice(&covered), sb_slice(key, sizeof key), &message);
		sb_wipe(key, sizeof key);
	}
	if (rc == SB_OK)
		rc = put_response(out, p, &mdoc, device ? "deviceSignature" : "deviceMac", sb_bytes_slice(&message));
	sb_bytes_free(&covered);
	sb_bytes_free(&message);
	return rc;
}

int sb_mdoc_present(const struct sb_mdoc_presentation *presentation, const struct sb_signer *device, struct sb_bytes *out)
{
	return present(presentation, device, sb_slice(NULL, 0), out);
}

int sb_mdoc_present_mac(const struct sb_mdoc_presentation *presentation, struct sb_slice secret, struct sb_bytes *out)
{
	return present(presentation, NULL, secret, out);
}
