/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "ck_functions.h"

#include <string.h>

#include "attribute_rules.h"
#include "base/error.h"
#include "sinbun-pkcs11.h"

/* Objects: create, copy, destroy, read, change. */

void ck_object_context(struct ck_session *session, struct sb_rule_context *context)
{
	struct sb_token_info info = {.profile = SB_PROFILE_IDENTITY};

	sb_token_info(session->token, &info);
	context->so = sb_token_user(session->token) == SB_USER_SO;
	context->identity = info.profile == SB_PROFILE_IDENTITY;
	context->may_import = info.import;
}

CK_RV ck_object_writable(const struct ck_session *session, bool on_token, bool is_private)
{
	if (on_token && !session->read_write)
		return CKR_SESSION_READ_ONLY;
	if (is_private && sb_token_user(session->token) != SB_USER_HOLDER)
		return CKR_USER_NOT_LOGGED_IN;
	return CKR_OK;
}

CK_RV ck_object_store(struct ck_session *session, struct sb_attributes *objects[], size_t count, CK_OBJECT_HANDLE handles[])
{
	uint8_t ids[2][SB_OBJECT_ID];
	CK_RV rv = CKR_OK;

	if (count > 2)
		return CKR_GENERAL_ERROR;
	for (size_t i = 0; i < count; i++)
		if (sb_attributes_bool(objects[i], CKA_TOKEN, false) != sb_attributes_bool(objects[0], CKA_TOKEN, false))
			return CKR_TEMPLATE_INCONSISTENT; /* a pair lives and dies together */
	if (sb_attributes_bool(objects[0], CKA_TOKEN, false)) {
		rv = ck_error(sb_token_create(session->token, objects, count, ids));
		for (size_t i = 0; rv == CKR_OK && i < count; i++)
			rv = ck_object_handle(
				session->token, ids[i], sb_attributes_bool(objects[i], CKA_PRIVATE, false), &handles[i]);
		return rv;
	}
	for (size_t i = 0; rv == CKR_OK && i < count; i++)
		rv = ck_object_add_session(session, objects[i], &handles[i]);
	return rv;
}

/* CKA_EC_POINT is a DER OCTET STRING around the point. */
static struct sb_slice unwrap_point(const struct sb_attribute *a)
{
	if (!a || a->len < 2 || a->value[0] != 4 || a->value[1] > 127 || a->value[1] != a->len - 2)
		return sb_slice(NULL, 0);
	return sb_slice(a->value + 2, a->len - 2);
}

CK_RV ck_object_key(struct ck_object *object, struct sb_pkey **key)
{
	const struct sb_attributes *a = &object->attributes;
	const struct sb_attribute *value = sb_attributes_get(a, CKA_VALUE);
	struct sb_slice oid;
	const char *curve = ck_curve(sb_attributes_get(a, CKA_EC_PARAMS), &oid);
	int rc = SB_OK;

	if (sb_attributes_ulong(a, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION) != CKK_EC || !curve)
		return CKR_KEY_TYPE_INCONSISTENT;
	if (!object->key) {
		if (sb_attributes_ulong(a, CKA_CLASS, 0) == CKO_PRIVATE_KEY)
			rc = value ? sb_pkey_from_ec_scalar(curve, sb_slice(value->value, value->len), &object->key) : SB_E_CORRUPT;
		else
			rc = sb_pkey_from_ec_point(curve, unwrap_point(sb_attributes_get(a, CKA_EC_POINT)), &object->key);
	}
	if (rc != SB_OK)
		return rc == SB_E_NOMEM ? CKR_HOST_MEMORY : CKR_DEVICE_ERROR;
	*key = sb_pkey_share(object->key);
	return CKR_OK;
}

/* The first bytes of SHA-1 of the value (PKCS#11: check value of a certificate). */
static CK_RV add_check_value(struct sb_attributes *a)
{
	const struct sb_attribute *value = sb_attributes_get(a, CKA_VALUE);
	uint8_t hash[SB_DIGEST_MAX];
	int rc;

	if (!value || sb_attributes_get(a, CKA_CHECK_VALUE))
		return CKR_OK;
	rc = sb_digest("SHA1", value->value, value->len, hash, NULL);
	return ck_error(rc == SB_OK ? sb_attributes_set(a, CKA_CHECK_VALUE, hash, 3) : rc);
}

/* An imported key: its values make a key, and nothing of its past is vouched for. */
static CK_RV finish_key(struct sb_attributes *a)
{
	struct ck_object probe = {.kind = CK_OBJECT_SESSION, .attributes = *a};
	bool is_private = sb_attributes_ulong(a, CKA_CLASS, 0) == CKO_PRIVATE_KEY;
	struct sb_bytes spki = {0};
	struct sb_pkey *key = NULL;
	struct sb_slice oid;
	CK_RV rv;
	int rc;

	if (sb_attributes_ulong(a, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION) != CKK_EC)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if (!ck_curve(sb_attributes_get(a, CKA_EC_PARAMS), &oid))
		return CKR_CURVE_NOT_SUPPORTED;
	rv = ck_object_key(&probe, &key);
	sb_pkey_free(&probe.key);
	if (rv != CKR_OK)
		return rv == CKR_HOST_MEMORY ? rv : CKR_ATTRIBUTE_VALUE_INVALID;
	rc = sb_pkey_spki(key, &spki);
	if (rc == SB_OK)
		rc = sb_attributes_set(a, CKA_EC_PARAMS, oid.data, oid.len);
	if (rc == SB_OK)
		rc = sb_attributes_set(a, CKA_PUBLIC_KEY_INFO, spki.data, spki.len);
	if (rc == SB_OK)
		rc = sb_attributes_set_bool(a, CKA_LOCAL, false);
	if (rc == SB_OK)
		rc = sb_attributes_set_ulong(a, CKA_KEY_GEN_MECHANISM, CK_UNAVAILABLE_INFORMATION);
	if (rc == SB_OK && is_private)
		rc = sb_attributes_set_bool(a, CKA_ALWAYS_SENSITIVE, false);
	if (rc == SB_OK && is_private)
		rc = sb_attributes_set_bool(a, CKA_NEVER_EXTRACTABLE, false);
	sb_pkey_free(&key);
	sb_bytes_free(&spki);
	return ck_error(rc);
}

static CK_RV finish_object(struct sb_attributes *a)
{
	switch (sb_attributes_ulong(a, CKA_CLASS, 0)) {
	case CKO_CERTIFICATE:
		if (sb_attributes_ulong(a, CKA_CERTIFICATE_TYPE, CK_UNAVAILABLE_INFORMATION) != CKC_X_509)
			return CKR_ATTRIBUTE_VALUE_INVALID;
		return add_check_value(a);
	case CKO_PUBLIC_KEY:
	case CKO_PRIVATE_KEY:
		return finish_key(a);
	default:
		return CKR_OK;
	}
}

static const CK_ATTRIBUTE *in_template(const CK_ATTRIBUTE *template, CK_ULONG count, CK_ATTRIBUTE_TYPE type)
{
	for (CK_ULONG i = 0; i < count; i++)
		if (template[i].type == type)
			return &template[i];
	return NULL;
}

static bool template_class_is(const CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_CLASS class)
{
	const CK_ATTRIBUTE *a = in_template(template, count, CKA_CLASS);
	CK_OBJECT_CLASS given;

	if (!a || !a->pValue || a->ulValueLen != sizeof given)
		return false;
	memcpy(&given, a->pValue, sizeof given);
	return given == class;
}

/* The holder's birth date on its way to the PIN rules. It gets a handle that names nothing: it can never be read again. */
static CK_RV create_pin_policy(struct ck_session *session, const CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *handle)
{
	const CK_ATTRIBUTE *date = in_template(template, count, CKA_SINBUN_BIRTH_DATE);
	const CK_ATTRIBUTE *private = in_template(template, count, CKA_PRIVATE);
	CK_RV rv;

	for (CK_ULONG i = 0; i < count; i++)
		if (template[i].type != CKA_CLASS && template[i].type != CKA_TOKEN && template[i].type != CKA_PRIVATE &&
			template[i].type != CKA_SINBUN_BIRTH_DATE)
			return CKR_ATTRIBUTE_TYPE_INVALID;
	if (!date)
		return CKR_TEMPLATE_INCOMPLETE;
	if (!date->pValue || date->ulValueLen != 8)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	/* The SO makes no private object. */
	if (private && private->pValue && private->ulValueLen == 1 && *(const CK_BBOOL *)private->pValue)
		return CKR_TEMPLATE_INCONSISTENT;
	rv = ck_error(sb_token_set_birth_date(session->token, date->pValue));
	if (rv == CKR_OK)
		*handle = CK_INVALID_HANDLE;
	return rv;
}

static CK_RV bad_template(const CK_ATTRIBUTE *template, CK_ULONG count)
{
	return !template && count ? CKR_ARGUMENTS_BAD : CKR_OK;
}

CK_RV ck_CreateObject(struct ck_session *session, CK_ATTRIBUTE *pTemplate, CK_ULONG ulCount, CK_OBJECT_HANDLE *phObject)
{
	struct sb_rule_context context = {.origin = SB_ORIGIN_CREATE};
	struct sb_attributes a = {0};
	struct sb_attributes *one[] = {&a};
	CK_OBJECT_HANDLE handle;
	CK_RV rv = bad_template(pTemplate, ulCount);

	if (rv != CKR_OK || !phObject)
		return CKR_ARGUMENTS_BAD;
	if (template_class_is(pTemplate, ulCount, CKO_SINBUN_PIN_POLICY))
		return create_pin_policy(session, pTemplate, ulCount, phObject);
	ck_object_context(session, &context);
	rv = sb_rules_apply(&context, pTemplate, ulCount, &a);
	if (rv == CKR_OK)
		rv = sb_rules_complete(&context, &a);
	if (rv == CKR_OK)
		rv = ck_object_writable(session, sb_attributes_bool(&a, CKA_TOKEN, false), sb_attributes_bool(&a, CKA_PRIVATE, false));
	if (rv == CKR_OK)
		rv = finish_object(&a);
	if (rv == CKR_OK)
		rv = ck_object_store(session, one, 1, &handle);
	if (rv == CKR_OK)
		*phObject = handle;
	sb_attributes_free(&a);
	return rv;
}

CK_RV ck_CopyObject(struct ck_session *session, CK_OBJECT_HANDLE hObject, CK_ATTRIBUTE *pTemplate, CK_ULONG ulCount,
	CK_OBJECT_HANDLE *phNewObject)
{
	struct sb_rule_context context = {.origin = SB_ORIGIN_COPY};
	struct ck_object *from;
	struct sb_attributes a = {0};
	struct sb_attributes *one[] = {&a};
	CK_OBJECT_HANDLE handle;
	CK_RV rv = bad_template(pTemplate, ulCount);

	if (rv != CKR_OK || !phNewObject)
		return CKR_ARGUMENTS_BAD;
	rv = ck_object_get(session, hObject, &from);
	if (rv != CKR_OK)
		return rv;
	if (from->kind == CK_OBJECT_STATUS || !sb_attributes_bool(&from->attributes, CKA_COPYABLE, true))
		return CKR_ACTION_PROHIBITED;
	ck_object_context(session, &context);
	rv = ck_error(sb_attributes_copy(&a, &from->attributes));
	if (rv == CKR_OK)
		rv = sb_rules_apply(&context, pTemplate, ulCount, &a);
	/* A private object never becomes a public one. */
	if (rv == CKR_OK && from->is_private && !sb_attributes_bool(&a, CKA_PRIVATE, true))
		rv = CKR_TEMPLATE_INCONSISTENT;
	if (rv == CKR_OK)
		rv = ck_object_writable(session, sb_attributes_bool(&a, CKA_TOKEN, false), sb_attributes_bool(&a, CKA_PRIVATE, false));
	if (rv == CKR_OK) {
		sb_attributes_remove(&a, CKA_UNIQUE_ID);
		rv = ck_object_store(session, one, 1, &handle);
	}
	if (rv == CKR_OK)
		*phNewObject = handle;
	sb_attributes_free(&a);
	return rv;
}

static CK_RV remove_token(struct ck_session *session)
{
	struct sb_token *token = session->token;
	CK_RV rv;

	if (sb_token_user(token) != SB_USER_SO)
		return CKR_USER_NOT_LOGGED_IN;
	rv = ck_error(sb_token_remove(token));
	/* The sessions stay, and answer CKR_DEVICE_REMOVED, until they are closed. */
	if (rv == CKR_OK)
		ck_object_drop(token, false);
	return rv;
}

CK_RV ck_DestroyObject(struct ck_session *session, CK_OBJECT_HANDLE hObject)
{
	struct ck_object *o;
	CK_RV rv = ck_object_get(session, hObject, &o);

	if (rv != CKR_OK)
		return rv;
	if (o->kind == CK_OBJECT_STATUS)
		return remove_token(session);
	rv = ck_object_writable(session, o->kind == CK_OBJECT_TOKEN, o->is_private);
	if (rv == CKR_OK && !sb_attributes_bool(&o->attributes, CKA_DESTROYABLE, true))
		rv = CKR_ACTION_PROHIBITED;
	if (rv == CKR_OK && o->kind == CK_OBJECT_TOKEN)
		rv = ck_error(sb_token_destroy(session->token, o->id));
	if (rv == CKR_OK)
		ck_object_forget(o);
	return rv;
}

CK_RV ck_GetObjectSize(struct ck_session *session, CK_OBJECT_HANDLE hObject, CK_ULONG *pulSize)
{
	struct sb_bytes encoded = {0};
	struct ck_object *o;
	CK_RV rv;

	if (!pulSize)
		return CKR_ARGUMENTS_BAD;
	rv = ck_object_get(session, hObject, &o);
	if (rv == CKR_OK)
		rv = ck_error(sb_attributes_encode(&o->attributes, &encoded));
	if (rv == CKR_OK)
		*pulSize = encoded.len;
	sb_bytes_free(&encoded);
	return rv;
}

/* Every attribute gets its answer; the call's is the worst of them, in the order of the standard. */
CK_RV ck_GetAttributeValue(struct ck_session *session, CK_OBJECT_HANDLE hObject, CK_ATTRIBUTE *pTemplate, CK_ULONG ulCount)
{
	static const CK_RV order[] = {CKR_ATTRIBUTE_SENSITIVE, CKR_ATTRIBUTE_TYPE_INVALID, CKR_BUFFER_TOO_SMALL};
	struct sb_attributes status = {0};
	struct ck_object *o;
	bool seen[3] = {false};
	CK_RV rv;

	if (!pTemplate || !ulCount)
		return CKR_ARGUMENTS_BAD;
	rv = ck_object_get(session, hObject, &o);
	if (rv == CKR_OK && o->kind == CK_OBJECT_STATUS)
		rv = ck_status_attributes(session, &status);
	if (rv != CKR_OK)
		return rv;
	for (CK_ULONG i = 0; i < ulCount; i++) {
		CK_RV one = sb_rules_read(o->kind == CK_OBJECT_STATUS ? &status : &o->attributes, &pTemplate[i]);

		for (size_t k = 0; k < 3; k++)
			seen[k] |= one == order[k];
	}
	sb_attributes_free(&status);
	for (size_t k = 0; k < 3; k++)
		if (seen[k])
			return order[k];
	return CKR_OK;
}

struct setting {
	struct sb_rule_context context;
	CK_ATTRIBUTE *template;
	CK_ULONG count;
	CK_RV rv;
};

/* The rules compare with the object as it stands in the store, not as this process last read it: otherwise another process's
 * tightening could be undone. */
static int set_attributes(void *context, struct sb_attributes *attributes)
{
	struct setting *setting = context;

	setting->rv = sb_rules_apply(&setting->context, setting->template, setting->count, attributes);
	return setting->rv == CKR_OK ? SB_OK : SB_E_ARGUMENT;
}

static CK_RV set_session_object(struct setting *setting, struct ck_object *o)
{
	struct sb_attributes a = {0}, old;
	CK_RV rv = ck_error(sb_attributes_copy(&a, &o->attributes));

	if (rv == CKR_OK) {
		set_attributes(setting, &a);
		rv = setting->rv;
	}
	if (rv == CKR_OK) {
		old = o->attributes;
		o->attributes = a;
		a = old;
	}
	sb_attributes_free(&a);
	return rv;
}

CK_RV ck_SetAttributeValue(struct ck_session *session, CK_OBJECT_HANDLE hObject, CK_ATTRIBUTE *pTemplate, CK_ULONG ulCount)
{
	struct setting setting = {.context = {.origin = SB_ORIGIN_SET}, .template = pTemplate, .count = ulCount};
	struct ck_object *o;
	CK_RV rv = bad_template(pTemplate, ulCount);

	if (rv == CKR_OK)
		rv = ck_object_get(session, hObject, &o);
	if (rv != CKR_OK)
		return rv;
	if (o->kind == CK_OBJECT_STATUS)
		return CKR_ACTION_PROHIBITED;
	rv = ck_object_writable(session, o->kind == CK_OBJECT_TOKEN, o->is_private);
	if (rv != CKR_OK)
		return rv;
	ck_object_context(session, &setting.context);
	if (o->kind == CK_OBJECT_SESSION)
		return set_session_object(&setting, o);
	rv = ck_error(sb_token_update(session->token, o->id, set_attributes, &setting));
	return setting.rv != CKR_OK ? setting.rv : rv;
}
