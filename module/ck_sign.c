/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "ck_functions.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "base/error.h"

/* Signing and verifying: one engine for both, driven by the mechanism's row. */

enum { SIGNATURE_MAX = 132 };

static const struct {
	CK_FLAGS flag;          /* of the mechanism */
	CK_OBJECT_CLASS class;  /* of the key */
	CK_ATTRIBUTE_TYPE usage;
} directions[] = {
	[CK_OP_SIGN] = {CKF_SIGN, CKO_PRIVATE_KEY, CKA_SIGN},
	[CK_OP_VERIFY] = {CKF_VERIFY, CKO_PUBLIC_KEY, CKA_VERIFY},
};

/* CKA_ALLOWED_MECHANISMS: absent allows all. */
static bool mechanism_allowed(const struct sb_attributes *a, CK_MECHANISM_TYPE type)
{
	const struct sb_attribute *list = sb_attributes_get(a, CKA_ALLOWED_MECHANISMS);

	if (!list)
		return true;
	for (size_t i = 0; i + 8 <= list->len; i += 8)
		if (sb_get_u64(list->value + i) == type)
			return true;
	return false;
}

static CK_RV check_key(enum ck_operation_kind kind, const struct sb_mechanism *m, const struct ck_object *o)
{
	const struct sb_attributes *a = &o->attributes;

	if (o->kind == CK_OBJECT_STATUS || sb_attributes_ulong(a, CKA_CLASS, CKO_DATA) != directions[kind].class)
		return CKR_KEY_HANDLE_INVALID;
	if (sb_attributes_ulong(a, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION) != m->key_type)
		return CKR_KEY_TYPE_INCONSISTENT;
	if (!sb_attributes_bool(a, directions[kind].usage, false))
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	return mechanism_allowed(a, m->type) ? CKR_OK : CKR_MECHANISM_INVALID;
}

/* The credit of a fresh login: enough for one signature, spent here whether it still holds or not. */
static bool take_credit(struct ck_session *session)
{
	struct timespec now;
	bool credit;

	clock_gettime(CLOCK_MONOTONIC, &now);
	credit = session->credit_until >= now.tv_sec && session->credit_until != 0;
	session->credit_until = 0;
	return credit;
}

static CK_RV find_mechanism(struct ck_session *session, enum ck_operation_kind kind, const CK_MECHANISM *given,
	const struct sb_mechanism **m)
{
	struct sb_token_info info;
	CK_RV rv = ck_error(sb_token_info(session->token, &info));

	if (rv != CKR_OK)
		return rv;
	*m = sb_mechanism_find(given->mechanism, info.profile);
	if (!*m || !((*m)->flags & directions[kind].flag))
		return CKR_MECHANISM_INVALID;
	return given->pParameter || given->ulParameterLen ? CKR_MECHANISM_PARAM_INVALID : CKR_OK;
}

static CK_RV init(struct ck_session *session, enum ck_operation_kind kind, CK_MECHANISM *given, CK_OBJECT_HANDLE key)
{
	const struct sb_mechanism *m;
	struct ck_operation *op;
	struct ck_object *o;
	CK_RV rv;

	if (!given)
		return CKR_ARGUMENTS_BAD;
	if (session->operations[kind])
		return CKR_OPERATION_ACTIVE;
	rv = find_mechanism(session, kind, given, &m);
	if (rv != CKR_OK)
		return rv;
	rv = ck_object_get(session, key, &o);
	if (rv != CKR_OK)
		return rv == CKR_OBJECT_HANDLE_INVALID ? CKR_KEY_HANDLE_INVALID : rv;
	rv = check_key(kind, m, o);
	if (rv != CKR_OK)
		return rv;
	op = calloc(1, sizeof *op);
	if (!op)
		return CKR_HOST_MEMORY;
	op->mechanism = m;
	rv = ck_object_key(o, &op->key);
	if (rv == CKR_OK && m->digest)
		rv = ck_error(sb_digest_new(m->digest, &op->digest));
	if (rv == CKR_OK) {
		op->always_authenticate = kind == CK_OP_SIGN && sb_attributes_bool(&o->attributes, CKA_ALWAYS_AUTHENTICATE, false);
		op->authorised = !op->always_authenticate || take_credit(session);
		session->operations[kind] = op;
	} else
		ck_operation_free(&op);
	return rv;
}

static CK_RV take_data(struct ck_operation *op, const CK_BYTE *data, CK_ULONG len)
{
	if (op->digest)
		return ck_error(sb_digest_update(op->digest, data, len));
	if (len > op->mechanism->max_data || op->data.len + len > op->mechanism->max_data)
		return CKR_DATA_LEN_RANGE;
	return ck_error(sb_bytes_append(&op->data, data, len));
}

/* What is signed: the digest, or the data themselves. */
static CK_RV final_hash(struct ck_operation *op, uint8_t hash[SB_DIGEST_MAX], size_t *len)
{
	if (op->digest) {
		*len = sb_digest_size(op->digest);
		return ck_error(sb_digest_final(op->digest, hash));
	}
	if (op->data.len == 0)
		return CKR_DATA_LEN_RANGE;
	*len = op->data.len;
	memcpy(hash, op->data.data, op->data.len);
	return CKR_OK;
}

static CK_RV update(struct ck_session *session, enum ck_operation_kind kind, CK_BYTE *part, CK_ULONG len)
{
	struct ck_operation *op = session->operations[kind];

	if (!op)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (!part && len) {
		ck_operation_free(&session->operations[kind]);
		return CKR_ARGUMENTS_BAD;
	}
	op->updated = true;
	return ck_operation_feed(session, kind, take_data, part, len);
}

/* True when the call ends here and the operation stays: a question for the length, a small buffer. */
static bool stays_active(const struct ck_operation *op, const CK_BYTE *out, CK_ULONG *out_len, CK_RV *rv)
{
	CK_ULONG need = sb_pkey_signature_size(op->key);

	*rv = CKR_OK;
	if (out && *out_len >= need)
		return false;
	if (out)
		*rv = CKR_BUFFER_TOO_SMALL;
	*out_len = need;
	return true;
}

/* Ends the operation with the last data. The lock is not held while the signature is made; it is again when this returns. */
static CK_RV sign_now(struct ck_operation *op, const CK_BYTE *data, CK_ULONG data_len, CK_BYTE *out, CK_ULONG *out_len)
{
	uint8_t hash[SB_DIGEST_MAX], signature[SIGNATURE_MAX];
	size_t len, size = sb_pkey_signature_size(op->key);
	CK_RV rv;

	ck_unlock();
	rv = op->authorised ? take_data(op, data, data_len) : CKR_USER_NOT_LOGGED_IN;
	if (rv == CKR_OK)
		rv = final_hash(op, hash, &len);
	if (rv == CKR_OK)
		rv = ck_error(sb_pkey_sign(op->key, hash, len, signature));
	if (rv == CKR_OK) {
		memcpy(out, signature, size);
		*out_len = size;
	}
	ck_operation_free(&op);
	ck_lock();
	return rv;
}

static CK_RV verify_now(struct ck_operation *op, const CK_BYTE *data, CK_ULONG data_len, const CK_BYTE *signature, CK_ULONG len)
{
	uint8_t hash[SB_DIGEST_MAX];
	size_t hash_len;
	CK_RV rv;
	int rc;

	ck_unlock();
	rv = take_data(op, data, data_len);
	if (rv == CKR_OK)
		rv = len == sb_pkey_signature_size(op->key) ? final_hash(op, hash, &hash_len) : CKR_SIGNATURE_LEN_RANGE;
	if (rv == CKR_OK) {
		rc = sb_pkey_verify(op->key, hash, hash_len, sb_slice(signature, len));
		rv = ck_error(rc);
	}
	ck_operation_free(&op);
	ck_lock();
	return rv;
}

CK_RV ck_SignInit(struct ck_session *session, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey)
{
	return init(session, CK_OP_SIGN, pMechanism, hKey);
}

CK_RV ck_Sign(struct ck_session *session, CK_BYTE *pData, CK_ULONG ulDataLen, CK_BYTE *pSignature, CK_ULONG *pulSignatureLen)
{
	struct ck_operation *op = session->operations[CK_OP_SIGN];
	CK_RV rv;

	if (!op)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (!pulSignatureLen || (!pData && ulDataLen)) {
		ck_operation_free(&session->operations[CK_OP_SIGN]);
		return CKR_ARGUMENTS_BAD;
	}
	if (op->updated) {
		ck_operation_free(&session->operations[CK_OP_SIGN]);
		return CKR_OPERATION_ACTIVE;
	}
	if (stays_active(op, pSignature, pulSignatureLen, &rv))
		return rv;
	return sign_now(ck_operation_take(session, CK_OP_SIGN), pData, ulDataLen, pSignature, pulSignatureLen);
}

CK_RV ck_SignUpdate(struct ck_session *session, CK_BYTE *pPart, CK_ULONG ulPartLen)
{
	return update(session, CK_OP_SIGN, pPart, ulPartLen);
}

CK_RV ck_SignFinal(struct ck_session *session, CK_BYTE *pSignature, CK_ULONG *pulSignatureLen)
{
	struct ck_operation *op = session->operations[CK_OP_SIGN];
	CK_RV rv;

	if (!op)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (!pulSignatureLen) {
		ck_operation_free(&session->operations[CK_OP_SIGN]);
		return CKR_ARGUMENTS_BAD;
	}
	if (stays_active(op, pSignature, pulSignatureLen, &rv))
		return rv;
	return sign_now(ck_operation_take(session, CK_OP_SIGN), NULL, 0, pSignature, pulSignatureLen);
}

CK_RV ck_VerifyInit(struct ck_session *session, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey)
{
	return init(session, CK_OP_VERIFY, pMechanism, hKey);
}

CK_RV ck_Verify(struct ck_session *session, CK_BYTE *pData, CK_ULONG ulDataLen, CK_BYTE *pSignature, CK_ULONG ulSignatureLen)
{
	struct ck_operation *op = ck_operation_take(session, CK_OP_VERIFY);
	CK_RV rv;

	if (!op)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (!pSignature || (!pData && ulDataLen))
		rv = CKR_ARGUMENTS_BAD;
	else if (op->updated)
		rv = CKR_OPERATION_ACTIVE;
	else
		return verify_now(op, pData, ulDataLen, pSignature, ulSignatureLen);
	ck_operation_free(&op);
	return rv;
}

CK_RV ck_VerifyUpdate(struct ck_session *session, CK_BYTE *pPart, CK_ULONG ulPartLen)
{
	return update(session, CK_OP_VERIFY, pPart, ulPartLen);
}

CK_RV ck_VerifyFinal(struct ck_session *session, CK_BYTE *pSignature, CK_ULONG ulSignatureLen)
{
	struct ck_operation *op = ck_operation_take(session, CK_OP_VERIFY);

	if (!op)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (pSignature)
		return verify_now(op, NULL, 0, pSignature, ulSignatureLen);
	ck_operation_free(&op);
	return CKR_ARGUMENTS_BAD;
}
