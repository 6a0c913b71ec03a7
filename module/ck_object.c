/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "ck_bounds.h"
#include "ck_functions.h"

#include <string.h>

#include "attribute_rules.h"
#include "base/error.h"
#include "crypto/certificate.h"
#include "attribute_key.h"
#include "sinbun-pkcs11.h"

/* Objects: create, copy, destroy, read, change. */

void ck_object_context(struct ck_session *session, struct sb_rule_context *context)
{
	const struct sb_token_policy *policy = sb_token_policy(session->token);

	context->so = sb_token_user(session->token) == SB_USER_SO;
	context->identity = policy->profile == SB_PROFILE_IDENTITY;
	context->may_import = policy->import;
}

CK_RV ck_object_writable(const struct ck_session *session, bool on_token, bool is_private)
{
	if (on_token && !session->read_write)
		return CKR_SESSION_READ_ONLY;
	if (is_private && sb_token_user(session->token) != SB_USER_HOLDER)
		return CKR_USER_NOT_LOGGED_IN;
	return CKR_OK;
}

static CK_RV store_on_token(struct ck_session *session, struct sb_attributes *objects[], size_t count, CK_OBJECT_HANDLE *handles[])
{
	uint8_t ids[2][SB_OBJECT_ID];
	CK_RV rv = ck_error(sb_token_create(session->token, objects, count, ids));

	for (size_t i = 0; rv == CKR_OK && i < count; i++)
		rv = ck_object_handle(session->token, ids[i], sb_attributes_bool(objects[i], CKA_PRIVATE, false), handles[i]);
	/* What nobody has a handle for is not left behind. */
	for (size_t i = 0; rv == CKR_HOST_MEMORY && i < count; i++)
		sb_token_destroy(session->token, ids[i]);
	return rv;
}

/* A pair may be of one of each: what can fail for want of memory alone comes last. */
CK_RV ck_object_store(struct ck_session *session, struct sb_attributes *objects[], size_t count, struct sb_pkey *pair, CK_OBJECT_HANDLE handles[])
{
	struct ck_object *in_session[2] = {NULL, NULL};
	struct sb_attributes *on_token[2];
	CK_OBJECT_HANDLE *where[2];
	size_t stored = 0;
	CK_RV rv = CKR_OK;

	if (count > 2)
		return CKR_GENERAL_ERROR;
	for (size_t i = 0; i < count; i++)
		if (sb_attributes_bool(objects[i], CKA_TOKEN, false)) {
			on_token[stored] = objects[i];
			where[stored++] = &handles[i];
		}
	if (stored)
		rv = store_on_token(session, on_token, stored, where);
	for (size_t i = 0; rv == CKR_OK && i < count; i++)
		if (!sb_attributes_bool(objects[i], CKA_TOKEN, false)) {
			rv = ck_object_add_session(session, objects[i], &in_session[i]);
			handles[i] = rv == CKR_OK ? in_session[i]->handle : CK_INVALID_HANDLE;
		}
	if (rv == CKR_OK && pair)
		ck_object_couple(in_session[0], in_session[1], pair);
	for (size_t i = 0; rv != CKR_OK && i < count; i++)
		if (in_session[i])
			ck_object_forget(in_session[i]);
	return rv;
}

CK_RV ck_object_key(struct ck_object *object, struct sb_pkey **key)
{
	CK_RV rv = object->key ? CKR_OK : ck_object_complete(object);

	if (rv == CKR_OK && !object->key)
		rv = sb_key_from_attributes(&object->attributes, &object->key);
	*key = rv == CKR_OK ? sb_pkey_share(object->key) : NULL;
	return rv;
}

/* What a template says of a value that follows from others is either left out or right. */
static CK_RV set_computed(struct sb_attributes *a, CK_ATTRIBUTE_TYPE type, struct sb_slice value)
{
	const struct sb_attribute *given = sb_attributes_get(a, type);

	if (given && given->len && !sb_slice_equal(sb_slice(given->value, given->len), value))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	return ck_error(sb_attributes_set(a, type, value.data, value.len));
}

/* The first bytes of SHA-1 of the value (PKCS#11: check value of a certificate), and the subject's key. */
static CK_RV finish_certificate_value(struct sb_attributes *a, const struct sb_attribute *value)
{
	struct sb_certificate *certificate = NULL;
	struct sb_bytes spki = {0};
	uint8_t hash[SB_DIGEST_MAX];
	int rc = sb_certificate_parse(sb_slice(value->value, value->len), &certificate);
	CK_RV rv = rc == SB_E_FORMAT ? CKR_ATTRIBUTE_VALUE_INVALID : ck_error(rc);

	if (rv == CKR_OK)
		rv = ck_error(sb_digest("SHA1", value->value, value->len, hash, NULL));
	if (rv == CKR_OK)
		rv = ck_error(sb_certificate_spki(certificate, &spki));
	if (rv == CKR_OK)
		rv = set_computed(a, CKA_CHECK_VALUE, sb_slice(hash, 3));
	if (rv == CKR_OK)
		rv = set_computed(a, CKA_PUBLIC_KEY_INFO, sb_bytes_slice(&spki));
	sb_certificate_free(&certificate);
	sb_bytes_free(&spki);
	return rv;
}

static bool is_empty(const struct sb_attributes *a, CK_ATTRIBUTE_TYPE type)
{
	const struct sb_attribute *found = sb_attributes_get(a, type);

	return !found || found->len == 0;
}

/* A certificate stands in its value, or at an address with the hashes that tell it. */
static CK_RV finish_certificate(struct sb_attributes *a)
{
	if (sb_attributes_ulong(a, CKA_CERTIFICATE_TYPE, CK_UNAVAILABLE_INFORMATION) != CKC_X_509 ||
		sb_attributes_ulong(a, CKA_CERTIFICATE_CATEGORY, 0) > CK_CERTIFICATE_CATEGORY_OTHER_ENTITY)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if (!is_empty(a, CKA_VALUE))
		return finish_certificate_value(a, sb_attributes_get(a, CKA_VALUE));
	if (is_empty(a, CKA_URL) || is_empty(a, CKA_HASH_OF_SUBJECT_PUBLIC_KEY) || is_empty(a, CKA_HASH_OF_ISSUER_PUBLIC_KEY))
		return CKR_TEMPLATE_INCONSISTENT;
	return CKR_OK;
}

/* Nothing of the past of a key from outside is vouched for. */
static int set_no_past(struct sb_attributes *a)
{
	bool held = sb_attributes_ulong(a, CKA_CLASS, 0) != CKO_PUBLIC_KEY;
	int rc = sb_attributes_set_bool(a, CKA_LOCAL, false);

	if (rc == SB_OK)
		rc = sb_attributes_set_ulong(a, CKA_KEY_GEN_MECHANISM, CK_UNAVAILABLE_INFORMATION);
	if (rc == SB_OK && held)
		rc = sb_attributes_set_bool(a, CKA_ALWAYS_SENSITIVE, false);
	return rc == SB_OK && held ? sb_attributes_set_bool(a, CKA_NEVER_EXTRACTABLE, false) : rc;
}

/* Its values make a key. */
static CK_RV finish_key(struct sb_attributes *a)
{
	struct sb_bytes spki = {0};
	struct sb_pkey *key = NULL;
	CK_RV rv = sb_key_from_attributes(a, &key);

	if (rv == CKR_OK)
		rv = ck_error(sb_pkey_spki(key, &spki));
	if (rv == CKR_OK)
		rv = set_computed(a, CKA_PUBLIC_KEY_INFO, sb_bytes_slice(&spki));
	if (rv == CKR_OK)
		rv = ck_error(sb_key_to_attributes(key, a));
	if (rv == CKR_OK)
		rv = ck_error(set_no_past(a));
	sb_bytes_free(&spki);
	sb_pkey_free(&key);
	return rv;
}

static CK_RV finish_secret(struct sb_attributes *a)
{
	const struct sb_attribute *value = sb_attributes_get(a, CKA_VALUE);
	int rc;

	if (!value->len || (sb_attributes_ulong(a, CKA_KEY_TYPE, 0) == CKK_AES && value->len != 16 && value->len != 24 && value->len != 32))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	rc = sb_attributes_set_ulong(a, CKA_VALUE_LEN, value->len);
	return ck_error(rc == SB_OK ? set_no_past(a) : rc);
}

/* What follows from the values of a new object, by class. */
static const struct {
	CK_OBJECT_CLASS class;
	CK_RV (*finish)(struct sb_attributes *a);
} finishers[] = {
	{CKO_CERTIFICATE, finish_certificate},
	{CKO_PUBLIC_KEY, finish_key},
	{CKO_PRIVATE_KEY, finish_key},
	{CKO_SECRET_KEY, finish_secret},
};

static CK_RV finish_object(struct sb_attributes *a)
{
	CK_OBJECT_CLASS class = sb_attributes_ulong(a, CKA_CLASS, CKO_DATA);

	for (size_t i = 0; i < sizeof finishers / sizeof *finishers; i++)
		if (finishers[i].class == class)
			return finishers[i].finish(a);
	return CKR_OK;
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

CK_RV ck_CreateObject(struct ck_session *session, CK_ATTRIBUTE *pTemplate, CK_ULONG ulCount, CK_OBJECT_HANDLE *phObject)
{
	struct sb_rule_context context = {.origin = SB_ORIGIN_CREATE};
	struct sb_attributes a = {0};
	struct sb_attributes *one[] = {&a};
	CK_OBJECT_HANDLE handle;
	CK_RV rv;

	if (!phObject || ck_bad_template(pTemplate, ulCount))
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
		rv = ck_object_store(session, one, 1, NULL, &handle);
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
	CK_RV rv;

	if (!phNewObject || ck_bad_template(pTemplate, ulCount))
		return CKR_ARGUMENTS_BAD;
	rv = ck_object_get(session, hObject, &from);
	if (rv != CKR_OK)
		return rv;
	if (from->kind == CK_OBJECT_COMPUTED || !sb_attributes_bool(&from->attributes, CKA_COPYABLE, true))
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
		rv = ck_object_store(session, one, 1, NULL, &handle);
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

/* An object whose record does not open has no attributes to ask, and must not stay for ever. */
static CK_RV destroy_damaged(struct ck_session *session, struct ck_object *o)
{
	CK_RV rv = ck_object_writable(session, true, o->is_private);

	if (rv == CKR_OK)
		rv = ck_error(sb_token_destroy_damaged(session->token, o->id));
	if (rv == CKR_OK)
		ck_object_forget(o);
	return rv;
}

CK_RV ck_DestroyObject(struct ck_session *session, CK_OBJECT_HANDLE hObject)
{
	struct ck_object *o;
	CK_RV rv = ck_object_get_unread(session, hObject, &o);

	if (rv == CKR_DEVICE_ERROR)
		return destroy_damaged(session, o);
	if (rv != CKR_OK)
		return rv;
	if (ck_computed_is_status(hObject))
		return remove_token(session);
	if (o->kind == CK_OBJECT_COMPUTED)
		return CKR_ACTION_PROHIBITED;
	rv = ck_object_writable(session, o->kind == CK_OBJECT_TOKEN, o->is_private);
	if (rv == CKR_OK && !sb_attributes_bool(&o->attributes, CKA_DESTROYABLE, true))
		rv = CKR_ACTION_PROHIBITED;
	if (rv == CKR_OK)
		rv = o->kind == CK_OBJECT_TOKEN ? ck_error(sb_token_destroy(session->token, o->id)) : ck_object_part(o);
	if (rv != CKR_OK)
		return rv;
	if (o->key)
		ck_operation_forget_key(o->key);
	ck_object_forget(o);
	return CKR_OK;
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
	struct ck_object *o;
	bool seen[3] = {false};
	CK_RV rv;

	if (!pTemplate || !ulCount || ck_bad_template(pTemplate, ulCount))
		return CKR_ARGUMENTS_BAD;
	rv = ck_object_get(session, hObject, &o);
	if (rv != CKR_OK)
		return rv;
	for (CK_ULONG i = 0; i < ulCount; i++) {
		CK_RV one = sb_rules_read(&o->attributes, &pTemplate[i]);

		for (size_t k = 0; k < 3; k++)
			seen[k] |= one == order[k];
	}
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
	CK_RV rv;

	if (ck_bad_template(pTemplate, ulCount))
		return CKR_ARGUMENTS_BAD;
	rv = ck_object_get(session, hObject, &o);
	if (rv != CKR_OK)
		return rv;
	if (ck_computed_is_status(hObject))
		return ck_status_set(session, pTemplate, ulCount);
	if (o->kind == CK_OBJECT_COMPUTED)
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
