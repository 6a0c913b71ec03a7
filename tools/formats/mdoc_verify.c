/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "formats/mdoc_private.h"

#include <string.h>

#include "base/error.h"
#include "crypto/digest.h"
#include "formats/cose.h"
#include "formats/x509.h"

/* What a reader believes, in the order of ISO/IEC 18013-5 9.3.1: whose certificate, its signature, the type, the digests, the times; and
 * then the device. */

static int pass_memory(int rc, enum sb_mdoc_fault *why, enum sb_mdoc_fault fault)
{
	return rc == SB_OK || rc == SB_E_NOMEM ? rc : mdoc_fault(why, fault);
}

static int check_issuer_signature(const struct sb_mdoc *mdoc, const uint8_t signer[65], enum sb_mdoc_fault *why)
{
	struct sb_cose_sign1 message;
	int rc = sb_cose_sign1_parse_as(mdoc->issuer_auth, SB_COSE_BARE, &message);

	if (rc != SB_OK)
		return mdoc_fault(why, SB_MDOC_FAULT_COSE);
	return pass_memory(sb_cose_sign1_verify(&message, sb_slice(signer, 65)), why, SB_MDOC_FAULT_ISSUER_SIGNATURE);
}

/* --- digests --- */

static int find_digest(const struct sb_mdoc *mdoc, const struct sb_mdoc_element *e, struct sb_slice *digest)
{
	struct sb_cbor_item all, name_space, digests, found;
	struct sb_slice in;

	if (sb_cbor_only(mdoc->value_digests, &all) != SB_OK)
		return SB_E_FORMAT;
	in = sb_cbor_enter(&all);
	for (uint64_t i = 0; i < all.value; i++) {
		if (sb_cbor_next(&in, &name_space) != SB_OK || sb_cbor_next(&in, &digests) != SB_OK)
			return SB_E_FORMAT;
		if (!sb_slice_equal(name_space.bytes, e->name_space))
			continue;
		if (sb_cbor_map_get(&digests, (int64_t)e->digest_id, &found) != SB_OK)
			return SB_E_NOT_FOUND;
		*digest = found.bytes;
		return SB_OK;
	}
	return SB_E_NOT_FOUND;
}

/* Over the item with its tag, as it was received. */
static bool digest_holds(const struct sb_mdoc *mdoc, const struct sb_mdoc_element *e)
{
	uint8_t hash[SB_DIGEST_MAX];
	struct sb_slice want;
	size_t len = 0;

	return find_digest(mdoc, e, &want) == SB_OK && sb_digest(mdoc->digest_name, e->item.data, e->item.len, hash, &len) == SB_OK &&
	       sb_slice_equal(want, sb_slice(hash, len));
}

static int check_digests(const struct sb_mdoc *mdoc, enum sb_mdoc_fault *why)
{
	for (size_t i = 0; i < mdoc->element_count; i++)
		if (!mdoc->elements[i].by_device && !digest_holds(mdoc, &mdoc->elements[i]))
			return mdoc_fault(why, SB_MDOC_FAULT_DIGEST);
	return SB_OK;
}

/* --- times --- */

static int check_times(const struct sb_mdoc *mdoc, const struct mdoc_leaf *signer, int64_t at, enum sb_mdoc_fault *why)
{
	if (mdoc->valid_from > at)
		return mdoc_fault(why, SB_MDOC_FAULT_NOT_YET_VALID);
	if (mdoc->valid_until < at)
		return mdoc_fault(why, SB_MDOC_FAULT_EXPIRED);
	return mdoc->signed_at < signer->from || mdoc->signed_at > signer->to ? mdoc_fault(why, SB_MDOC_FAULT_SIGNER_TIME) : SB_OK;
}

int sb_mdoc_verify_issued(const struct sb_mdoc *mdoc, const struct sb_mdoc_question *question, enum sb_mdoc_fault *why)
{
	static const struct mdoc_path path = {
		SB_EKU_DOCUMENT_SIGNER, true, SB_MDOC_FAULT_ISSUER, SB_MDOC_FAULT_SIGNER_PROFILE, SB_MDOC_FAULT_SIGNER_TIME};
	struct mdoc_leaf signer;
	int rc;

	*why = SB_MDOC_FAULT_NONE;
	rc = mdoc_check_path(mdoc->certificate, &path, question, &signer, why);
	if (rc == SB_OK)
		rc = check_issuer_signature(mdoc, signer.point, why);
	if (rc == SB_OK && mdoc->document_type.data && !sb_slice_equal(mdoc->document_type, mdoc->doctype))
		rc = mdoc_fault(why, SB_MDOC_FAULT_DOCTYPE);
	if (rc == SB_OK)
		rc = check_digests(mdoc, why);
	return rc == SB_OK ? check_times(mdoc, &signer, question->at, why) : rc;
}

/* --- the device --- */

static int check_signature(const struct sb_mdoc *mdoc, struct sb_slice covered, enum sb_mdoc_fault *why)
{
	struct sb_cose_sign1 message;

	if (sb_cose_sign1_parse_as(mdoc->device_auth, SB_COSE_DETACHED, &message) != SB_OK)
		return mdoc_fault(why, SB_MDOC_FAULT_COSE);
	message.payload = covered;
	return pass_memory(sb_cose_sign1_verify(&message, sb_slice(mdoc->device_point, 65)), why, SB_MDOC_FAULT_DEVICE_SIGNATURE);
}

static int check_mac(const struct sb_mdoc *mdoc, const struct sb_mdoc_question *q, struct sb_slice covered, enum sb_mdoc_fault *why)
{
	struct sb_cose_mac0 message;
	uint8_t key[32];
	int rc = q->mac_secret.len == MDOC_SECRET ? mdoc_mac_key(q->mac_secret, q->transcript, key) : SB_E_NOT_FOUND;

	if (rc == SB_OK && sb_cose_mac0_parse(mdoc->device_auth, SB_COSE_DETACHED, &message) != SB_OK)
		rc = SB_E_FORMAT;
	if (rc == SB_OK) {
		message.payload = covered;
		rc = sb_cose_mac0_verify(&message, sb_slice(key, sizeof key));
	}
	sb_wipe(key, sizeof key);
	return pass_memory(rc, why, SB_MDOC_FAULT_DEVICE_MAC);
}

static bool lists(const struct sb_cbor_item *array, struct sb_slice name)
{
	struct sb_slice in = sb_cbor_enter(array);
	struct sb_cbor_item item;

	if (array->type != SB_CBOR_ARRAY)
		return false;
	for (uint64_t i = 0; i < array->value; i++)
		if (sb_cbor_expect(&in, SB_CBOR_TEXT, &item) != SB_OK)
			return false;
		else if (sb_slice_equal(item.bytes, name))
			return true;
	return false;
}

/* keyAuthorizations: {? "nameSpaces": [+ name space], ? "dataElements": {+ name space => [+ element]}}. */
static bool is_authorized(const struct sb_mdoc *mdoc, const struct sb_mdoc_element *e)
{
	static const char *const names[] = {"nameSpaces", "dataElements", NULL};
	struct sb_cbor_item map, m[2], name_space, elements;
	struct sb_slice in;

	if (!mdoc->authorizations.data || sb_cbor_only(mdoc->authorizations, &map) != SB_OK || mdoc_members(&map, names, false, m) != SB_OK)
		return false;
	if (mdoc_has(&m[0]) && lists(&m[0], e->name_space))
		return true;
	if (!mdoc_has(&m[1]) || m[1].type != SB_CBOR_MAP)
		return false;
	in = sb_cbor_enter(&m[1]);
	for (uint64_t i = 0; i < m[1].value; i++) {
		if (sb_cbor_expect(&in, SB_CBOR_TEXT, &name_space) != SB_OK || sb_cbor_next(&in, &elements) != SB_OK)
			return false;
		if (sb_slice_equal(name_space.bytes, e->name_space))
			return lists(&elements, e->name);
	}
	return false;
}

static int check_device(const struct sb_mdoc *mdoc, const struct sb_mdoc_question *question, enum sb_mdoc_fault *why)
{
	struct sb_bytes covered = {0};
	int rc = SB_E_ARGUMENT;

	if (!mdoc->device_auth.data)
		return mdoc_fault(why, SB_MDOC_FAULT_DEVICE_SIGNATURE);
	rc = mdoc_device_authentication(question->transcript, mdoc->doctype, mdoc->device_name_spaces, &covered);
	if (rc == SB_OK)
		rc = mdoc->by_mac ? check_mac(mdoc, question, sb_bytes_slice(&covered), why) : check_signature(mdoc, sb_bytes_slice(&covered), why);
	sb_bytes_free(&covered);
	for (size_t i = 0; rc == SB_OK && i < mdoc->element_count; i++)
		if (mdoc->elements[i].by_device && !is_authorized(mdoc, &mdoc->elements[i]))
			rc = mdoc_fault(why, SB_MDOC_FAULT_UNAUTHORIZED);
	return rc;
}

int sb_mdoc_verify(const struct sb_mdoc *mdoc, const struct sb_mdoc_question *question, enum sb_mdoc_fault *why)
{
	int rc = sb_mdoc_verify_issued(mdoc, question, why);

	return rc == SB_OK ? check_device(mdoc, question, why) : rc;
}
