/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "ck_state.h"
#include "sinbun-pkcs11.h"

/* Objects that are not stored but made when read. Each kind is a row; their handles follow one another from 1 on, below those of all other
 * objects, and name the same in every session. */

static CK_RV fill_status(struct ck_session *session, size_t index, struct sb_attributes *out)
{
	(void)index;
	return ck_status_attributes(session, out);
}

static bool has_status(const struct ck_session *session, size_t index)
{
	(void)session;
	return index == 0;
}

/* What every computed object is: on the token, for all to see, not to be changed. */
static int set_common(struct sb_attributes *out, CK_OBJECT_CLASS class)
{
	static const struct {
		CK_ATTRIBUTE_TYPE type;
		bool value;
	} common[] = {{CKA_TOKEN, true}, {CKA_PRIVATE, false}, {CKA_MODIFIABLE, false}, {CKA_COPYABLE, false}, {CKA_DESTROYABLE, false}};
	int rc = sb_attributes_set_ulong(out, CKA_CLASS, class);

	for (size_t i = 0; rc == SB_OK && i < sizeof common / sizeof *common; i++)
		rc = sb_attributes_set_bool(out, common[i].type, common[i].value);
	return rc == SB_OK ? sb_attributes_set(out, CKA_LABEL, NULL, 0) : rc;
}

/* The last one is a promise that every certificate shows before the login, which the rules of an identity token keep. */
static const CK_PROFILE_ID profiles[] = {
	CKP_BASELINE_PROVIDER, CKP_EXTENDED_PROVIDER, CKP_AUTHENTICATION_TOKEN, CKP_PUBLIC_CERTIFICATES_TOKEN};
enum { ALL_PROFILES = sizeof profiles / sizeof *profiles };

static bool has_profile(const struct ck_session *session, size_t index)
{
	return index < ALL_PROFILES - (sb_token_policy(session->token)->profile != SB_PROFILE_IDENTITY);
}

static CK_RV fill_profile(struct ck_session *session, size_t index, struct sb_attributes *out)
{
	int rc = set_common(out, CKO_PROFILE);

	(void)session;
	return ck_error(rc == SB_OK ? sb_attributes_set_ulong(out, CKA_PROFILE_ID, profiles[index]) : rc);
}

static bool has_mechanism(const struct ck_session *session, size_t index)
{
	return sb_mechanism_at(index, sb_token_policy(session->token)) != NULL;
}

static CK_RV fill_mechanism(struct ck_session *session, size_t index, struct sb_attributes *out)
{
	const struct sb_mechanism *m = sb_mechanism_at(index, sb_token_policy(session->token));
	int rc = set_common(out, CKO_MECHANISM);

	return ck_error(rc == SB_OK ? sb_attributes_set_ulong(out, CKA_MECHANISM_TYPE, m->type) : rc);
}

/* It tells when the holder logged in and signed, and is the holder's alone to see: PKCS#11 shows the SO no private object. */
static bool has_log(const struct ck_session *session, size_t index)
{
	return index == 0 && sb_token_policy(session->token)->audit && sb_token_user(session->token) == SB_USER_HOLDER;
}

/* What a search compares: making the text takes a while, and other searches for data must not wait for it. */
static CK_RV fill_log_name(struct ck_session *session, size_t index, struct sb_attributes *out)
{
	static const char label[] = SINBUN_LOG_LABEL, application[] = SINBUN_LOG_APPLICATION;
	int rc = set_common(out, CKO_DATA);

	(void)session;
	(void)index;
	if (rc == SB_OK)
		rc = sb_attributes_set_bool(out, CKA_PRIVATE, true);
	if (rc == SB_OK)
		rc = sb_attributes_set(out, CKA_LABEL, label, sizeof label - 1);
	if (rc == SB_OK)
		rc = sb_attributes_set(out, CKA_APPLICATION, application, sizeof application - 1);
	if (rc == SB_OK)
		rc = sb_attributes_set(out, CKA_OBJECT_ID, NULL, 0);
	return ck_error(rc == SB_OK ? sb_attributes_set_ulong(out, CKA_SINBUN_LOG_FORMAT, 1) : rc);
}

static CK_RV fill_log(struct ck_session *session, size_t index, struct sb_attributes *out)
{
	struct sb_bytes text = {0};
	uint64_t broken;
	CK_RV rv = fill_log_name(session, index, out);
	int rc = rv == CKR_OK ? sb_token_log(session->token, &text, &broken) : SB_OK;

	if (rc == SB_E_NOT_FOUND) /* another process ended the login just now */
		rv = CKR_OBJECT_HANDLE_INVALID;
	else if (rv == CKR_OK)
		rv = ck_error(rc);
	if (rv == CKR_OK)
		rv = ck_error(sb_attributes_set(out, CKA_VALUE, text.data, text.len));
	if (rv == CKR_OK)
		rv = ck_error(sb_attributes_set_bool(out, CKA_SINBUN_LOG_INTACT, !broken));
	if (rv == CKR_OK)
		rv = ck_error(sb_attributes_set_ulong(out, CKA_SINBUN_LOG_BROKEN, broken));
	sb_bytes_free(&text);
	return rv;
}

enum { STATUS, PROFILES, MECHANISMS, LOG, KINDS, KIND_SIZE = CK_COMPUTED_MAX / 4 /* KINDS at most */ };
static const struct {
	CK_OBJECT_CLASS class;
	const char *label; /* NULL: the token's */
	bool only_by_class; /* a search that does not name the class does not find it */
	bool (*has)(const struct ck_session *session, size_t index);
	CK_RV (*fill)(struct ck_session *session, size_t index, struct sb_attributes *out);
	CK_RV (*name)(struct ck_session *session, size_t index, struct sb_attributes *out); /* what a search compares */
} kinds[] = {
	[STATUS] = {CKO_SINBUN_TOKEN, NULL, true, has_status, fill_status, fill_status},
	[PROFILES] = {CKO_PROFILE, "", false, has_profile, fill_profile, fill_profile},
	[MECHANISMS] = {CKO_MECHANISM, "", true, has_mechanism, fill_mechanism, fill_mechanism},
	[LOG] = {CKO_DATA, SINBUN_LOG_LABEL, false, has_log, fill_log, fill_log_name},
};

static CK_OBJECT_HANDLE handle_of(size_t kind, size_t index)
{
	return kind * KIND_SIZE + index + 1;
}

bool ck_computed_is_status(CK_OBJECT_HANDLE handle)
{
	return handle == handle_of(STATUS, 0);
}

bool ck_computed_is_log(CK_OBJECT_HANDLE handle)
{
	return handle == handle_of(LOG, 0);
}

/* With the id that tells it from all other objects, the same ever after. Not whole: what a search compares. */
static CK_RV fill(struct ck_session *session, size_t kind, size_t index, bool whole, struct sb_attributes *out)
{
	char id[32];
	CK_RV rv = (whole ? kinds[kind].fill : kinds[kind].name)(session, index, out);

	snprintf(id, sizeof id, "computed-%lu", handle_of(kind, index));
	return rv == CKR_OK ? ck_error(sb_attributes_set(out, CKA_UNIQUE_ID, id, strlen(id))) : rv;
}

CK_RV ck_computed_read(struct ck_session *session, CK_OBJECT_HANDLE handle, struct sb_attributes *out)
{
	size_t kind = (handle - 1) / KIND_SIZE, index = (handle - 1) % KIND_SIZE;

	if (handle == CK_INVALID_HANDLE || kind >= KINDS || !kinds[kind].has(session, index))
		return CKR_OBJECT_HANDLE_INVALID;
	return fill(session, kind, index, true, out);
}

static CK_RV find_kind(struct ck_session *session, size_t kind, const struct sb_attributes *match,
	CK_RV (*found)(void *context, CK_OBJECT_HANDLE handle), void *context)
{
	CK_RV rv = CKR_OK;

	for (size_t i = 0; rv == CKR_OK && kinds[kind].has(session, i); i++) {
		struct sb_attributes attributes = {0};

		rv = fill(session, kind, i, false, &attributes);
		if (rv == CKR_OK && sb_attributes_match(match, &attributes))
			rv = found(context, handle_of(kind, i));
		sb_attributes_free(&attributes);
	}
	return rv;
}

/* Most searches are for a key or a certificate by its label or ID, of which none of these has one. */
static bool is_named_otherwise(const struct sb_attributes *match, size_t kind)
{
	const struct sb_attribute *label = sb_attributes_get(match, CKA_LABEL);
	const char *own = kinds[kind].label;

	return sb_attributes_get(match, CKA_ID) ||
	       (label && own && !sb_slice_is(sb_slice(label->value, label->len), own));
}

CK_RV ck_computed_find(struct ck_session *session, const struct sb_attributes *match, CK_RV (*found)(void *context, CK_OBJECT_HANDLE handle),
	void *context)
{
	const struct sb_attribute *given = sb_attributes_get(match, CKA_CLASS);
	CK_OBJECT_CLASS class = sb_attributes_ulong(match, CKA_CLASS, CKO_DATA);
	CK_RV rv = CKR_OK;

	for (size_t i = 0; rv == CKR_OK && i < KINDS; i++)
		if ((given ? class == kinds[i].class : !kinds[i].only_by_class) && !is_named_otherwise(match, i))
			rv = find_kind(session, i, match, found, context);
	return rv;
}
