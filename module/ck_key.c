/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "ck_bounds.h"
#include "ck_functions.h"

#include <string.h>

#include "attribute_rules.h"
#include "base/error.h"
#include "crypto/agreement.h"
#include "attribute_key.h"

/* Key pair generation and key derivation. */

enum { DERIVED_MAX = 1024 }; /* bytes */

/* A session that computed without the lock, and whether it is still what it was. */
struct absence {
	CK_SESSION_HANDLE handle;
	uint64_t epoch;
};

static struct absence leave(const struct ck_session *session)
{
	struct absence absence = {session->handle, session->epoch};

	ck_unlock();
	return absence;
}

static CK_RV come_back(const struct absence *absence, struct ck_session **session)
{
	ck_lock();
	*session = ck_session_find(absence->handle);
	if (!*session)
		return CKR_SESSION_CLOSED;
	return (*session)->epoch == absence->epoch ? CKR_OK : CKR_USER_NOT_LOGGED_IN;
}

static int set_past(struct sb_attributes *a, bool local, CK_MECHANISM_TYPE mechanism)
{
	int rc = sb_attributes_set_bool(a, CKA_LOCAL, local);

	return rc == SB_OK ? sb_attributes_set_ulong(a, CKA_KEY_GEN_MECHANISM, mechanism) : rc;
}

/* --- generation --- */

static int generate_ec(const struct sb_attributes *public, struct sb_pkey **key)
{
	const char *curve = sb_key_curve(sb_attributes_get(public, CKA_EC_PARAMS), CKK_EC);

	return curve ? sb_pkey_generate_ec(curve, key) : SB_E_UNSUPPORTED;
}

static int generate_edwards(const struct sb_attributes *public, struct sb_pkey **key)
{
	const char *curve = sb_key_curve(sb_attributes_get(public, CKA_EC_PARAMS), CKK_EC_EDWARDS);

	return curve ? sb_pkey_generate_edwards(curve, key) : SB_E_UNSUPPORTED;
}

static int generate_rsa(const struct sb_attributes *public, struct sb_pkey **key)
{
	const struct sb_attribute *e = sb_attributes_get(public, CKA_PUBLIC_EXPONENT);
	struct sb_slice exponent = e ? sb_slice(e->value, e->len) : sb_slice(NULL, 0);

	while (exponent.len && exponent.data[0] == 0)
		exponent = sb_slice(exponent.data + 1, exponent.len - 1);
	/* Only an exponent that was not asked for is ours to choose. */
	if (e && !exponent.len)
		return SB_E_ARGUMENT;
	return sb_pkey_generate_rsa(sb_attributes_ulong(public, CKA_MODULUS_BITS, 0), exponent, key);
}

static const struct generator {
	CK_MECHANISM_TYPE type;
	int (*generate)(const struct sb_attributes *public, struct sb_pkey **key);
} generators[] = {
	{CKM_EC_KEY_PAIR_GEN, generate_ec},
	{CKM_EC_EDWARDS_KEY_PAIR_GEN, generate_edwards},
	{CKM_RSA_PKCS_KEY_PAIR_GEN, generate_rsa},
};

static const struct generator *find_generator(CK_MECHANISM_TYPE type)
{
	for (size_t i = 0; i < sizeof generators / sizeof *generators; i++)
		if (generators[i].type == type)
			return &generators[i];
	return NULL;
}

static CK_RV generation_error(int rc)
{
	switch (rc) {
	case SB_E_UNSUPPORTED:
		return CKR_CURVE_NOT_SUPPORTED;
	case SB_E_RANGE:
		return CKR_KEY_SIZE_RANGE;
	case SB_E_ARGUMENT:
		return CKR_ATTRIBUTE_VALUE_INVALID; /* the public exponent */
	default:
		return ck_error(rc);
	}
}

/* A template on top of its class and key type. */
static CK_RV prepare(struct ck_session *session, CK_OBJECT_CLASS class, CK_KEY_TYPE type, const CK_ATTRIBUTE *template, CK_ULONG count,
	struct sb_attributes *a)
{
	struct sb_rule_context context = {.origin = class == CKO_SECRET_KEY ? SB_ORIGIN_DERIVE : SB_ORIGIN_GENERATE};
	CK_RV rv;

	ck_object_context(session, &context);
	rv = ck_error(sb_attributes_set_ulong(a, CKA_CLASS, class));
	if (rv == CKR_OK)
		rv = ck_error(sb_attributes_set_ulong(a, CKA_KEY_TYPE, type));
	if (rv == CKR_OK)
		rv = sb_rules_apply(&context, template, count, a);
	if (rv == CKR_OK)
		rv = sb_rules_complete(&context, a);
	if (rv == CKR_OK)
		rv = ck_object_writable(session, sb_attributes_bool(a, CKA_TOKEN, false), sb_attributes_bool(a, CKA_PRIVATE, false));
	return rv;
}

static int set_pair_past(struct sb_attributes *public, struct sb_attributes *private, CK_MECHANISM_TYPE mechanism)
{
	int rc = set_past(public, true, mechanism);

	if (rc == SB_OK)
		rc = set_past(private, true, mechanism);
	if (rc == SB_OK)
		rc = sb_attributes_set_bool(private, CKA_ALWAYS_SENSITIVE, sb_attributes_bool(private, CKA_SENSITIVE, false));
	if (rc == SB_OK)
		rc = sb_attributes_set_bool(private, CKA_NEVER_EXTRACTABLE, !sb_attributes_bool(private, CKA_EXTRACTABLE, true));
	return rc;
}

/* Values of a pair that stays in the session are written down when somebody asks for them; what goes on the token has them. */
static CK_RV store_pair(struct ck_session *session, struct sb_attributes *public, struct sb_attributes *private, struct sb_pkey *key,
	CK_OBJECT_HANDLE handles[2])
{
	struct sb_attributes *both[] = {public, private};
	bool on_token = sb_attributes_bool(public, CKA_TOKEN, false) || sb_attributes_bool(private, CKA_TOKEN, false);
	int rc = on_token ? sb_key_to_attributes(key, public) : SB_OK;

	if (rc == SB_OK && on_token)
		rc = sb_key_to_attributes(key, private);
	return rc == SB_OK ? ck_object_store(session, both, 2, on_token ? NULL : key, handles) : ck_error(rc);
}

/* The lock is let go while the key is made: an RSA key takes long. */
static CK_RV generate(struct ck_session **session, const struct generator *generator, struct sb_attributes *public,
	struct sb_attributes *private, CK_OBJECT_HANDLE handles[2])
{
	struct absence absence = leave(*session);
	struct sb_pkey *key = NULL;
	int rc = generator->generate(public, &key);
	CK_RV rv = come_back(&absence, session);

	if (rv == CKR_OK)
		rv = rc == SB_OK ? ck_error(set_pair_past(public, private, generator->type)) : generation_error(rc);
	if (rv == CKR_OK)
		rv = store_pair(*session, public, private, key, handles);
	sb_pkey_free(&key);
	return rv;
}

static CK_RV find_key_mechanism(struct ck_session *session, const CK_MECHANISM *given, CK_FLAGS flag, const struct sb_mechanism **m,
	struct sb_mechanism_parameters *parameters)
{
	*m = sb_mechanism_find(given->mechanism, sb_token_policy(session->token));
	if (!*m || !((*m)->flags & flag))
		return CKR_MECHANISM_INVALID;
	return sb_mechanism_read(*m, given, false, parameters);
}

CK_RV ck_GenerateKeyPair(struct ck_session *session, CK_MECHANISM *pMechanism, CK_ATTRIBUTE *pPublicKeyTemplate,
	CK_ULONG ulPublicKeyAttributeCount, CK_ATTRIBUTE *pPrivateKeyTemplate, CK_ULONG ulPrivateKeyAttributeCount,
	CK_OBJECT_HANDLE *phPublicKey, CK_OBJECT_HANDLE *phPrivateKey)
{
	struct sb_attributes public = {0}, private = {0};
	struct sb_mechanism_parameters parameters = {0};
	const struct sb_mechanism *m;
	CK_OBJECT_HANDLE handles[2];
	CK_RV rv;

	if (!pMechanism || !phPublicKey || !phPrivateKey || ck_bad_template(pPublicKeyTemplate, ulPublicKeyAttributeCount) ||
		ck_bad_template(pPrivateKeyTemplate, ulPrivateKeyAttributeCount))
		return CKR_ARGUMENTS_BAD;
	rv = find_key_mechanism(session, pMechanism, CKF_GENERATE_KEY_PAIR, &m, &parameters);
	if (rv == CKR_OK)
		rv = prepare(session, CKO_PUBLIC_KEY, m->key_type, pPublicKeyTemplate, ulPublicKeyAttributeCount, &public);
	if (rv == CKR_OK)
		rv = prepare(session, CKO_PRIVATE_KEY, m->key_type, pPrivateKeyTemplate, ulPrivateKeyAttributeCount, &private);
	if (rv == CKR_OK)
		rv = generate(&session, find_generator(m->type), &public, &private, handles);
	if (rv == CKR_OK) {
		*phPublicKey = handles[0];
		*phPrivateKey = handles[1];
	}
	sb_mechanism_parameters_free(&parameters);
	sb_attributes_free(&public);
	sb_attributes_free(&private);
	return rv;
}

/* --- derivation --- */

/* How long the new key is. A shared secret is taken whole or expanded by a key derivation function, never cut: with keys of many lengths
 * made of one secret, the short ones would betray the long ones byte by byte. */
static CK_RV derived_length(const struct sb_attributes *a, const struct sb_mechanism_parameters *p, size_t secret, size_t *len)
{
	size_t natural = p->kdf_digest ? sb_digest_length(p->kdf_digest) : secret;

	*len = sb_attributes_ulong(a, CKA_VALUE_LEN, natural);
	if (*len == 0 || *len > DERIVED_MAX || (!p->kdf_digest && *len != secret))
		return CKR_KEY_SIZE_RANGE;
	if (sb_attributes_ulong(a, CKA_KEY_TYPE, CKK_GENERIC_SECRET) == CKK_AES && *len != 16 && *len != 24 && *len != 32)
		return CKR_KEY_SIZE_RANGE;
	return CKR_OK;
}

static int agree(struct sb_pkey *key, const struct sb_mechanism_parameters *p, size_t len, struct sb_bytes *value)
{
	struct sb_bytes secret = {0};
	size_t field = sb_pkey_signature_size(key) / 2;
	int rc = sb_ecdh(key, sb_key_bare_point(sb_bytes_slice(&p->peer), field), &secret);

	if (rc == SB_OK)
		rc = p->kdf_digest ? sb_x963_kdf(p->kdf_digest, sb_bytes_slice(&secret), sb_bytes_slice(&p->shared_info), len, value)
				   : sb_bytes_append(value, secret.data, secret.len);
	sb_bytes_free(&secret);
	return rc;
}

/* What is known of the base key's past holds for what comes of it. */
static int fill_derived(const struct sb_bytes *value, bool always_sensitive, bool never_extractable, struct sb_attributes *a)
{
	int rc = sb_attributes_set_secret(a, CKA_VALUE, value->data, value->len);

	if (rc == SB_OK)
		rc = sb_attributes_set_ulong(a, CKA_VALUE_LEN, value->len);
	if (rc == SB_OK)
		rc = set_past(a, false, CK_UNAVAILABLE_INFORMATION);
	if (rc == SB_OK)
		rc = sb_attributes_set_bool(a, CKA_ALWAYS_SENSITIVE, always_sensitive && sb_attributes_bool(a, CKA_SENSITIVE, false));
	if (rc == SB_OK)
		rc = sb_attributes_set_bool(a, CKA_NEVER_EXTRACTABLE, never_extractable && !sb_attributes_bool(a, CKA_EXTRACTABLE, true));
	return rc;
}

static CK_RV derive(struct ck_session **session, struct ck_object *base, struct sb_pkey *key, const struct sb_mechanism_parameters *p,
	struct sb_attributes *a)
{
	bool always_sensitive = sb_attributes_bool(&base->attributes, CKA_ALWAYS_SENSITIVE, false);
	bool never_extractable = sb_attributes_bool(&base->attributes, CKA_NEVER_EXTRACTABLE, false);
	struct sb_bytes value = {0};
	struct absence absence;
	bool authorised;
	size_t len;
	CK_RV rv = derived_length(a, p, sb_pkey_signature_size(key) / 2, &len);
	int rc;

	if (rv != CKR_OK)
		return rv;
	rv = ck_operation_authorise(*session, base, SB_AUDIT_DERIVE, &authorised);
	if (rv != CKR_OK || !authorised)
		return rv != CKR_OK ? rv : CKR_USER_NOT_LOGGED_IN;
	absence = leave(*session);
	rc = agree(key, p, len, &value);
	rv = come_back(&absence, session);
	/* The other's point lies on no curve, or on another. */
	if (rv == CKR_OK)
		rv = rc == SB_E_FORMAT ? CKR_MECHANISM_PARAM_INVALID : ck_error(rc);
	if (rv == CKR_OK)
		rv = ck_error(fill_derived(&value, always_sensitive, never_extractable, a));
	sb_bytes_free(&value);
	return rv;
}

CK_RV ck_DeriveKey(struct ck_session *session, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hBaseKey, CK_ATTRIBUTE *pTemplate,
	CK_ULONG ulAttributeCount, CK_OBJECT_HANDLE *phKey)
{
	static const struct ck_key_use use = {CKO_PRIVATE_KEY, CKA_DERIVE};
	struct sb_mechanism_parameters parameters = {0};
	struct sb_attributes a = {0};
	struct sb_attributes *one[] = {&a};
	const struct sb_mechanism *m;
	struct ck_object *base;
	struct sb_pkey *key = NULL;
	CK_OBJECT_HANDLE handle;
	CK_RV rv;

	if (!pMechanism || !phKey || ck_bad_template(pTemplate, ulAttributeCount))
		return CKR_ARGUMENTS_BAD;
	rv = find_key_mechanism(session, pMechanism, CKF_DERIVE, &m, &parameters);
	if (rv == CKR_OK)
		rv = ck_object_get_unread(session, hBaseKey, &base);
	if (rv == CKR_OBJECT_HANDLE_INVALID)
		rv = CKR_KEY_HANDLE_INVALID;
	if (rv == CKR_OK)
		rv = ck_operation_check_key(&use, m, base, &key);
	if (rv == CKR_OK)
		rv = prepare(session, CKO_SECRET_KEY, CKK_GENERIC_SECRET, pTemplate, ulAttributeCount, &a);
	if (rv == CKR_OK)
		rv = derive(&session, base, key, &parameters, &a);
	if (rv == CKR_OK)
		rv = ck_object_store(session, one, 1, NULL, &handle);
	if (rv == CKR_OK)
		*phKey = handle;
	sb_pkey_free(&key);
	sb_mechanism_parameters_free(&parameters);
	sb_attributes_free(&a);
	return rv;
}
