/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "ck_functions.h"

#include <string.h>

#include "attribute_rules.h"
#include "base/error.h"

/* Key pair generation. */

static const uint8_t p256_oid[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};

/* Spellings of a curve in CKA_EC_PARAMS; what is stored is the OID. */
static const struct {
	const char *name; /* PrintableString, after its tag and length */
	const char *curve;
	struct sb_slice oid;
} curves[] = {
	{"prime256v1", "P-256", {p256_oid, sizeof p256_oid}},
	{"secp256r1", "P-256", {p256_oid, sizeof p256_oid}},
	{"P-256", "P-256", {p256_oid, sizeof p256_oid}},
};

const char *ck_curve(const struct sb_attribute *params, struct sb_slice *oid)
{
	enum { PRINTABLE_STRING = 0x13 };

	for (size_t i = 0; params && i < sizeof curves / sizeof *curves; i++) {
		size_t len = strlen(curves[i].name);
		bool named = params->len == len + 2 && params->value[0] == PRINTABLE_STRING && params->value[1] == len &&
			     memcmp(params->value + 2, curves[i].name, len) == 0;

		if (named || sb_slice_equal(sb_slice(params->value, params->len), curves[i].oid)) {
			*oid = curves[i].oid;
			return curves[i].curve;
		}
	}
	return NULL;
}

static int set_common(struct sb_attributes *a, struct sb_slice oid, const struct sb_bytes *spki)
{
	int rc = sb_attributes_set(a, CKA_EC_PARAMS, oid.data, oid.len);

	if (rc == SB_OK)
		rc = sb_attributes_set_bool(a, CKA_LOCAL, true);
	if (rc == SB_OK)
		rc = sb_attributes_set_ulong(a, CKA_KEY_GEN_MECHANISM, CKM_EC_KEY_PAIR_GEN);
	if (rc == SB_OK)
		rc = sb_attributes_set(a, CKA_PUBLIC_KEY_INFO, spki->data, spki->len);
	return rc;
}

static int set_public(struct sb_attributes *a, const struct sb_pkey *key)
{
	struct sb_bytes point = {0}, der = {0};
	int rc = sb_pkey_point(key, &point);

	if (rc == SB_OK)
		rc = sb_bytes_append_byte(&der, 4);
	if (rc == SB_OK)
		rc = sb_bytes_append_byte(&der, (uint8_t)point.len);
	if (rc == SB_OK)
		rc = sb_bytes_append(&der, point.data, point.len);
	if (rc == SB_OK)
		rc = sb_attributes_set(a, CKA_EC_POINT, der.data, der.len);
	sb_bytes_free(&point);
	sb_bytes_free(&der);
	return rc;
}

static int set_private(struct sb_attributes *a, const struct sb_pkey *key)
{
	struct sb_bytes scalar = {0};
	int rc = sb_pkey_scalar(key, &scalar);

	if (rc == SB_OK)
		rc = sb_attributes_set_secret(a, CKA_VALUE, scalar.data, scalar.len);
	if (rc == SB_OK)
		rc = sb_attributes_set_bool(a, CKA_ALWAYS_SENSITIVE, sb_attributes_bool(a, CKA_SENSITIVE, true));
	if (rc == SB_OK)
		rc = sb_attributes_set_bool(a, CKA_NEVER_EXTRACTABLE, !sb_attributes_bool(a, CKA_EXTRACTABLE, false));
	sb_bytes_free(&scalar);
	return rc;
}

/* A template on top of its class and key type. */
static CK_RV prepare(struct ck_session *session, CK_OBJECT_CLASS class, const CK_ATTRIBUTE *template, CK_ULONG count,
	struct sb_attributes *a)
{
	struct sb_rule_context context = {.origin = SB_ORIGIN_GENERATE};
	CK_RV rv;

	ck_object_context(session, &context);
	rv = ck_error(sb_attributes_set_ulong(a, CKA_CLASS, class));
	if (rv == CKR_OK)
		rv = ck_error(sb_attributes_set_ulong(a, CKA_KEY_TYPE, CKK_EC));
	if (rv == CKR_OK)
		rv = sb_rules_apply(&context, template, count, a);
	if (rv == CKR_OK)
		rv = sb_rules_complete(&context, a);
	if (rv == CKR_OK)
		rv = ck_object_writable(session, sb_attributes_bool(a, CKA_TOKEN, false), sb_attributes_bool(a, CKA_PRIVATE, false));
	return rv;
}

static CK_RV generate(const char *curve, struct sb_slice oid, struct sb_attributes *public, struct sb_attributes *private)
{
	struct sb_pkey *key = NULL;
	struct sb_bytes spki = {0};
	int rc = sb_pkey_generate_ec(curve, &key);

	if (rc == SB_OK)
		rc = sb_pkey_spki(key, &spki);
	if (rc == SB_OK)
		rc = set_common(public, oid, &spki);
	if (rc == SB_OK)
		rc = set_common(private, oid, &spki);
	if (rc == SB_OK)
		rc = set_public(public, key);
	if (rc == SB_OK)
		rc = set_private(private, key);
	sb_pkey_free(&key);
	sb_bytes_free(&spki);
	return ck_error(rc);
}

CK_RV ck_GenerateKeyPair(struct ck_session *session, CK_MECHANISM *pMechanism, CK_ATTRIBUTE *pPublicKeyTemplate,
	CK_ULONG ulPublicKeyAttributeCount, CK_ATTRIBUTE *pPrivateKeyTemplate, CK_ULONG ulPrivateKeyAttributeCount,
	CK_OBJECT_HANDLE *phPublicKey, CK_OBJECT_HANDLE *phPrivateKey)
{
	struct sb_attributes public = {0}, private = {0};
	struct sb_attributes *both[] = {&public, &private};
	CK_OBJECT_HANDLE handles[2];
	const char *curve = NULL;
	struct sb_slice oid;
	CK_RV rv;

	if (!pMechanism || !phPublicKey || !phPrivateKey || (!pPublicKeyTemplate && ulPublicKeyAttributeCount) ||
		(!pPrivateKeyTemplate && ulPrivateKeyAttributeCount))
		return CKR_ARGUMENTS_BAD;
	if (pMechanism->mechanism != CKM_EC_KEY_PAIR_GEN)
		return CKR_MECHANISM_INVALID;
	if (pMechanism->pParameter || pMechanism->ulParameterLen)
		return CKR_MECHANISM_PARAM_INVALID;
	rv = prepare(session, CKO_PUBLIC_KEY, pPublicKeyTemplate, ulPublicKeyAttributeCount, &public);
	if (rv == CKR_OK)
		rv = prepare(session, CKO_PRIVATE_KEY, pPrivateKeyTemplate, ulPrivateKeyAttributeCount, &private);
	if (rv == CKR_OK && !sb_attributes_get(&public, CKA_EC_PARAMS))
		rv = CKR_TEMPLATE_INCOMPLETE;
	if (rv == CKR_OK && !(curve = ck_curve(sb_attributes_get(&public, CKA_EC_PARAMS), &oid)))
		rv = CKR_CURVE_NOT_SUPPORTED;
	if (rv == CKR_OK)
		rv = generate(curve, oid, &public, &private);
	if (rv == CKR_OK)
		rv = ck_object_store(session, both, 2, handles);
	if (rv == CKR_OK) {
		*phPublicKey = handles[0];
		*phPrivateKey = handles[1];
	}
	sb_attributes_free(&public);
	sb_attributes_free(&private);
	return rv;
}
