/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/p11_private.h"

#include <string.h>

#include "base/error.h"
#include "common/i18n.h"

/* Keys: P-256 pairs, and signing with them. */

static uint8_t p256_oid[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
enum { POINT = 65, POINT_DER = POINT + 2 };

/* CKA_EC_POINT: an OCTET STRING around the point; some modules give the bare point. */
static int unwrap_point(const uint8_t *value, CK_ULONG len, uint8_t point[POINT])
{
	if (len == POINT_DER && value[0] == 4 && value[1] == POINT) {
		value += 2;
		len -= 2;
	}
	if (len != POINT || value[0] != 4)
		return SB_E_FORMAT;
	memcpy(point, value, POINT);
	return SB_OK;
}

static int read_point(struct sb_p11 *p11, CK_OBJECT_HANDLE handle, uint8_t point[POINT], struct sb_failure *f)
{
	uint8_t value[POINT_DER];
	CK_ATTRIBUTE a = {CKA_EC_POINT, value, sizeof value};
	CK_RV rv = p11->module->C_GetAttributeValue(p11->session, handle, &a, 1);

	if (rv != CKR_OK)
		return sb_p11_fail(p11, rv, "C_GetAttributeValue", f);
	if (unwrap_point(value, a.ulValueLen, point) != SB_OK)
		return sb_fail(f, SB_EXIT_TOKEN, "token_error", "CKA_EC_POINT", _("The token gives a public key that is no P-256 point."));
	return SB_EXIT_OK;
}

int sb_p11_generate_key(struct sb_p11 *p11, const struct sb_p11_key_spec *spec, uint8_t point[65], struct sb_failure *f)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE, derive = spec->derive, always = spec->always_authenticate;
	CK_MECHANISM mechanism = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
	CK_MECHANISM_TYPE allowed[] = {CKM_ECDSA, CKM_ECDSA_SHA256, CKM_ECDH1_DERIVE};
	uint8_t id = spec->id;
	CK_ATTRIBUTE public[] = {
		{CKA_TOKEN, &yes, sizeof yes},
		{CKA_PRIVATE, &no, sizeof no},
		{CKA_VERIFY, &yes, sizeof yes},
		{CKA_EC_PARAMS, p256_oid, sizeof p256_oid},
		{CKA_LABEL, (void *)spec->label, strlen(spec->label)},
		{CKA_ID, &id, sizeof id},
	};
	/* The last one is left off for a token that does not know it. */
	CK_ATTRIBUTE private[] = {
		{CKA_TOKEN, &yes, sizeof yes},
		{CKA_PRIVATE, &yes, sizeof yes},
		{CKA_SENSITIVE, &yes, sizeof yes},
		{CKA_EXTRACTABLE, &no, sizeof no},
		{CKA_SIGN, &yes, sizeof yes},
		{CKA_DERIVE, &derive, sizeof derive},
		{CKA_ALWAYS_AUTHENTICATE, &always, sizeof always},
		{CKA_LABEL, (void *)spec->label, strlen(spec->label)},
		{CKA_ID, &id, sizeof id},
		{CKA_ALLOWED_MECHANISMS, allowed, (spec->derive ? 3 : 2) * sizeof *allowed},
	};
	enum { PUBLIC = sizeof public / sizeof *public, PRIVATE = sizeof private / sizeof *private };
	CK_OBJECT_HANDLE public_key, private_key;
	CK_RV rv = p11->module->C_GenerateKeyPair(
		p11->session, &mechanism, public, PUBLIC, private, PRIVATE, &public_key, &private_key);

	if (rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_TEMPLATE_INCONSISTENT)
		rv = p11->module->C_GenerateKeyPair(
			p11->session, &mechanism, public, PUBLIC, private, PRIVATE - 1, &public_key, &private_key);
	if (rv != CKR_OK)
		return sb_p11_fail(p11, rv, "C_GenerateKeyPair", f);
	return read_point(p11, public_key, point, f);
}

static CK_RV find_key(struct sb_p11 *p11, CK_OBJECT_CLASS class, const char *label, CK_OBJECT_HANDLE *handle)
{
	CK_ATTRIBUTE match[] = {{CKA_CLASS, &class, sizeof class}, {CKA_LABEL, (void *)label, strlen(label)}};

	return sb_p11_find_first(p11, p11->session, match, 2, handle);
}

bool sb_p11_has_key(struct sb_p11 *p11, const char *label)
{
	CK_OBJECT_HANDLE handle;

	return find_key(p11, CKO_PRIVATE_KEY, label, &handle) == CKR_OK && handle != CK_INVALID_HANDLE;
}

static int fail_no_key(const char *label, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_TOKEN, "not_found", label, _("The token has no key \"%s\"."), label);
}

int sb_p11_public_point(struct sb_p11 *p11, const char *label, uint8_t point[65], struct sb_failure *f)
{
	CK_OBJECT_HANDLE handle;
	CK_RV rv = find_key(p11, CKO_PUBLIC_KEY, label, &handle);

	if (rv == CKR_OK && handle == CK_INVALID_HANDLE)
		return fail_no_key(label, f);
	return rv == CKR_OK ? read_point(p11, handle, point, f) : sb_p11_fail(p11, rv, "C_FindObjects", f);
}

/* A key that always authenticates wants the PIN between C_SignInit and C_Sign, unless the login just now paid for it. */
static CK_RV sign_once(struct sb_p11_signer *s, const uint8_t digest[32], uint8_t signature[64])
{
	struct sb_p11 *p11 = s->p11;
	CK_MECHANISM mechanism = {CKM_ECDSA, NULL, 0};
	CK_ULONG len = 64;
	CK_RV rv = p11->module->C_SignInit(p11->session, &mechanism, s->key);

	if (rv != CKR_OK)
		return rv;
	rv = p11->module->C_Sign(p11->session, (CK_BYTE *)digest, 32, signature, &len);
	if (rv == CKR_USER_NOT_LOGGED_IN && s->always_authenticate) {
		rv = p11->module->C_Login(p11->session, CKU_CONTEXT_SPECIFIC, (CK_UTF8CHAR *)p11->pin.data, p11->pin.len);
		if (rv == CKR_OPERATION_NOT_INITIALIZED) {
			/* A module that ended the operation with its refusal: the standard's order from the start. */
			rv = p11->module->C_SignInit(p11->session, &mechanism, s->key);
			if (rv == CKR_OK)
				rv = p11->module->C_Login(
					p11->session, CKU_CONTEXT_SPECIFIC, (CK_UTF8CHAR *)p11->pin.data, p11->pin.len);
		}
		len = 64;
		if (rv == CKR_OK)
			rv = p11->module->C_Sign(p11->session, (CK_BYTE *)digest, 32, signature, &len);
	}
	return rv == CKR_OK && len != 64 ? CKR_DEVICE_ERROR : rv;
}

static int sign(void *context, const uint8_t digest[32], uint8_t signature[64])
{
	struct sb_p11_signer *s = context;
	CK_RV rv = sign_once(s, digest, signature);

	if (rv == CKR_OK)
		return SB_OK;
	sb_p11_fail(s->p11, rv, "C_Sign", &s->p11->signer_failure);
	return SB_E_CRYPTO;
}

int sb_p11_signer(struct sb_p11 *p11, const char *label, struct sb_signer *out, struct sb_failure *f)
{
	struct sb_p11_signer *s = &p11->signers[p11->signer_count];
	CK_BBOOL always = CK_FALSE;
	CK_ATTRIBUTE a = {CKA_ALWAYS_AUTHENTICATE, &always, sizeof always};
	CK_RV rv;

	if (p11->signer_count == SB_P11_SIGNERS)
		return sb_fail(f, SB_EXIT_TOKEN, "token_error", label, _("Too many keys in use at once."));
	rv = find_key(p11, CKO_PRIVATE_KEY, label, &s->key);
	if (rv == CKR_OK && s->key == CK_INVALID_HANDLE)
		return fail_no_key(label, f);
	if (rv != CKR_OK)
		return sb_p11_fail(p11, rv, "C_FindObjects", f);
	/* Asked for again it is the same one. */
	for (size_t i = 0; i < p11->signer_count; i++)
		if (p11->signers[i].key == s->key) {
			*out = (struct sb_signer){sign, &p11->signers[i]};
			return SB_EXIT_OK;
		}
	/* A token without the attribute never asks. */
	s->always_authenticate = p11->module->C_GetAttributeValue(p11->session, s->key, &a, 1) == CKR_OK && always;
	s->p11 = p11;
	p11->signer_count++;
	*out = (struct sb_signer){sign, s};
	return SB_EXIT_OK;
}

const struct sb_failure *sb_p11_signer_failure(struct sb_p11 *p11)
{
	return &p11->signer_failure;
}
