/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "mechanism.h"

#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "base/error.h"

enum { BOTH = 1 << SB_PROFILE_IDENTITY | 1 << SB_PROFILE_GENERAL, RAW_ECDSA_MAX = 64, PKCS1_PADDING = 11, EDDSA_CONTEXT_MAX = 255 };
#define EC_FLAGS (CKF_EC_F_P | CKF_EC_OID | CKF_EC_CURVENAME | CKF_EC_UNCOMPRESS)
#define NO_KEY CK_UNAVAILABLE_INFORMATION
#define EC_BITS 256, 521
#define RSA_BITS SB_RSA_BITS_MIN, SB_RSA_BITS_MAX
#define BOTH_WAYS (CKF_SIGN | CKF_VERIFY)
#define MESSAGES (CKF_MESSAGE_SIGN | CKF_MESSAGE_VERIFY)
#define ROW(type, ...) {type, #type, __VA_ARGS__, BOTH}
#define ROW_IN(profile, type, ...) {type, #type, __VA_ARGS__, 1 << SB_PROFILE_##profile}

static CK_RV read_pss(const struct sb_mechanism *m, const CK_MECHANISM *given, bool sign, struct sb_mechanism_parameters *out);
static CK_RV read_eddsa(const struct sb_mechanism *m, const CK_MECHANISM *given, bool sign, struct sb_mechanism_parameters *out);
static CK_RV read_ecdh(const struct sb_mechanism *m, const CK_MECHANISM *given, bool sign, struct sb_mechanism_parameters *out);

/* One hash in all its uses. SHA-1 signs nothing any more in an identity token, but old signatures still verify. The names are taken here,
 * not by ROW: handed on, a constant is its number already. */
#define DIGEST(type, digest) {type, #type, NO_KEY, 0, 0, CKF_DIGEST, 0, digest, NULL, BOTH}
#define ECDSA(type, digest) \
	{type, #type, CKK_EC, EC_BITS, BOTH_WAYS | MESSAGES | CKF_MULTI_MESSAGE | EC_FLAGS, SB_SCHEME_ECDSA, digest, NULL, BOTH}
#define PKCS1(type, digest) {type, #type, CKK_RSA, RSA_BITS, BOTH_WAYS, SB_SCHEME_RSA_PKCS1, digest, NULL, BOTH}
#define PSS(type, digest) {type, #type, CKK_RSA, RSA_BITS, BOTH_WAYS, SB_SCHEME_RSA_PSS, digest, read_pss, BOTH}

static const struct sb_mechanism mechanisms[] = {
	ROW(CKM_EC_KEY_PAIR_GEN, CKK_EC, EC_BITS, CKF_GENERATE_KEY_PAIR | EC_FLAGS, 0, NULL, NULL),
	ROW(CKM_EC_EDWARDS_KEY_PAIR_GEN, CKK_EC_EDWARDS, 256, 256, CKF_GENERATE_KEY_PAIR | CKF_EC_OID | CKF_EC_CURVENAME, 0, NULL, NULL),
	ROW(CKM_RSA_PKCS_KEY_PAIR_GEN, CKK_RSA, RSA_BITS, CKF_GENERATE_KEY_PAIR, 0, NULL, NULL),

	ROW(CKM_ECDSA, CKK_EC, EC_BITS, BOTH_WAYS | MESSAGES | EC_FLAGS, SB_SCHEME_ECDSA, NULL, NULL),
	ECDSA(CKM_ECDSA_SHA224, "SHA224"),
	ECDSA(CKM_ECDSA_SHA256, "SHA256"),
	ECDSA(CKM_ECDSA_SHA384, "SHA384"),
	ECDSA(CKM_ECDSA_SHA512, "SHA512"),
	ECDSA(CKM_ECDSA_SHA3_224, "SHA3-224"),
	ECDSA(CKM_ECDSA_SHA3_256, "SHA3-256"),
	ECDSA(CKM_ECDSA_SHA3_384, "SHA3-384"),
	ECDSA(CKM_ECDSA_SHA3_512, "SHA3-512"),
	ROW_IN(IDENTITY, CKM_ECDSA_SHA1, CKK_EC, EC_BITS, CKF_VERIFY | CKF_MESSAGE_VERIFY | CKF_MULTI_MESSAGE | EC_FLAGS, SB_SCHEME_ECDSA, "SHA1", NULL),
	ROW_IN(GENERAL, CKM_ECDSA_SHA1, CKK_EC, EC_BITS, BOTH_WAYS | MESSAGES | CKF_MULTI_MESSAGE | EC_FLAGS, SB_SCHEME_ECDSA, "SHA1", NULL),
	ROW(CKM_EDDSA, CKK_EC_EDWARDS, 256, 256, BOTH_WAYS | CKF_EC_OID | CKF_EC_CURVENAME, SB_SCHEME_EDDSA, NULL, read_eddsa),

	PKCS1(CKM_RSA_PKCS, NULL),
	PKCS1(CKM_SHA224_RSA_PKCS, "SHA224"),
	PKCS1(CKM_SHA256_RSA_PKCS, "SHA256"),
	PKCS1(CKM_SHA384_RSA_PKCS, "SHA384"),
	PKCS1(CKM_SHA512_RSA_PKCS, "SHA512"),
	PKCS1(CKM_SHA3_224_RSA_PKCS, "SHA3-224"),
	PKCS1(CKM_SHA3_256_RSA_PKCS, "SHA3-256"),
	PKCS1(CKM_SHA3_384_RSA_PKCS, "SHA3-384"),
	PKCS1(CKM_SHA3_512_RSA_PKCS, "SHA3-512"),
	ROW(CKM_SHA1_RSA_PKCS, CKK_RSA, RSA_BITS, CKF_VERIFY, SB_SCHEME_RSA_PKCS1, "SHA1", NULL),

	PSS(CKM_RSA_PKCS_PSS, NULL),
	PSS(CKM_SHA224_RSA_PKCS_PSS, "SHA224"),
	PSS(CKM_SHA256_RSA_PKCS_PSS, "SHA256"),
	PSS(CKM_SHA384_RSA_PKCS_PSS, "SHA384"),
	PSS(CKM_SHA512_RSA_PKCS_PSS, "SHA512"),
	PSS(CKM_SHA3_224_RSA_PKCS_PSS, "SHA3-224"),
	PSS(CKM_SHA3_256_RSA_PKCS_PSS, "SHA3-256"),
	PSS(CKM_SHA3_384_RSA_PKCS_PSS, "SHA3-384"),
	PSS(CKM_SHA3_512_RSA_PKCS_PSS, "SHA3-512"),
	ROW(CKM_SHA1_RSA_PKCS_PSS, CKK_RSA, RSA_BITS, CKF_VERIFY, SB_SCHEME_RSA_PSS, "SHA1", read_pss),

	ROW(CKM_ECDH1_DERIVE, CKK_EC, EC_BITS, CKF_DERIVE | EC_FLAGS, 0, NULL, read_ecdh),
	ROW(CKM_ECDH1_COFACTOR_DERIVE, CKK_EC, EC_BITS, CKF_DERIVE | EC_FLAGS, 0, NULL, read_ecdh),

	DIGEST(CKM_SHA_1, "SHA1"),
	DIGEST(CKM_SHA224, "SHA224"),
	DIGEST(CKM_SHA256, "SHA256"),
	DIGEST(CKM_SHA384, "SHA384"),
	DIGEST(CKM_SHA512, "SHA512"),
	DIGEST(CKM_SHA512_224, "SHA512-224"),
	DIGEST(CKM_SHA512_256, "SHA512-256"),
	DIGEST(CKM_SHA3_224, "SHA3-224"),
	DIGEST(CKM_SHA3_256, "SHA3-256"),
	DIGEST(CKM_SHA3_384, "SHA3-384"),
	DIGEST(CKM_SHA3_512, "SHA3-512"),
};
enum { MECHANISMS = sizeof mechanisms / sizeof *mechanisms };

/* A hash by its number as the generator function of a mask, and as that of a key derivation. */
static const struct {
	const char *digest;
	CK_RSA_PKCS_MGF_TYPE mgf;
	CK_EC_KDF_TYPE kdf;
} hash_uses[] = {
	{"SHA1", CKG_MGF1_SHA1, CKD_SHA1_KDF},
	{"SHA224", CKG_MGF1_SHA224, CKD_SHA224_KDF},
	{"SHA256", CKG_MGF1_SHA256, CKD_SHA256_KDF},
	{"SHA384", CKG_MGF1_SHA384, CKD_SHA384_KDF},
	{"SHA512", CKG_MGF1_SHA512, CKD_SHA512_KDF},
	{"SHA3-224", CKG_MGF1_SHA3_224, CKD_SHA3_224_KDF},
	{"SHA3-256", CKG_MGF1_SHA3_256, CKD_SHA3_256_KDF},
	{"SHA3-384", CKG_MGF1_SHA3_384, CKD_SHA3_384_KDF},
	{"SHA3-512", CKG_MGF1_SHA3_512, CKD_SHA3_512_KDF},
};
enum { HASH_USES = sizeof hash_uses / sizeof *hash_uses };

bool sb_mechanism_allowed(const struct sb_mechanism *m, const struct sb_token_policy *policy)
{
	if (!(m->profiles & 1U << policy->profile))
		return false;
	for (size_t i = 0; i < policy->mechanisms.len; i += 8)
		if (sb_get_u64(policy->mechanisms.data + i) == m->type)
			return true;
	return policy->mechanisms.len == 0;
}

const struct sb_mechanism *sb_mechanism_at(size_t index, const struct sb_token_policy *policy)
{
	for (size_t i = 0; i < MECHANISMS; i++)
		if (sb_mechanism_allowed(&mechanisms[i], policy) && index-- == 0)
			return &mechanisms[i];
	return NULL;
}

const struct sb_mechanism *sb_mechanism_find(CK_MECHANISM_TYPE type, const struct sb_token_policy *policy)
{
	for (size_t i = 0; i < MECHANISMS; i++)
		if (mechanisms[i].type == type && sb_mechanism_allowed(&mechanisms[i], policy))
			return &mechanisms[i];
	return NULL;
}

const char *sb_mechanism_hash(CK_MECHANISM_TYPE type)
{
	for (size_t i = 0; i < MECHANISMS; i++)
		if (mechanisms[i].type == type && mechanisms[i].flags == CKF_DIGEST)
			return mechanisms[i].digest;
	return NULL;
}

/* The caller's structure, whole and copied, so that no alignment is assumed and nobody changes it meanwhile. */
static CK_RV copy_parameter(const CK_MECHANISM *given, void *to, size_t size)
{
	if (!given->pParameter || given->ulParameterLen != size)
		return CKR_MECHANISM_PARAM_INVALID;
	memcpy(to, given->pParameter, size);
	return CKR_OK;
}

static CK_RV copy_bytes(struct sb_bytes *to, const CK_BYTE *from, CK_ULONG len, CK_ULONG max)
{
	if (len > max || (!from && len))
		return CKR_MECHANISM_PARAM_INVALID;
	return sb_bytes_append(to, from, len) == SB_OK ? CKR_OK : CKR_HOST_MEMORY;
}

static CK_RV read_pss(const struct sb_mechanism *m, const CK_MECHANISM *given, bool sign, struct sb_mechanism_parameters *out)
{
	CK_RSA_PKCS_PSS_PARAMS pss;
	const char *hash;
	CK_RV rv = copy_parameter(given, &pss, sizeof pss);

	if (rv != CKR_OK)
		return rv;
	hash = sb_mechanism_hash(pss.hashAlg);
	if (!hash || (m->digest && strcmp(m->digest, hash) != 0) || (sign && pss.hashAlg == CKM_SHA_1) || pss.sLen > SB_SIGNATURE_MAX)
		return CKR_MECHANISM_PARAM_INVALID;
	out->signature.digest = hash;
	out->signature.salt_len = pss.sLen;
	for (size_t i = 0; i < HASH_USES; i++)
		if (hash_uses[i].mgf == pss.mgf)
			out->signature.mgf_digest = hash_uses[i].digest;
	return out->signature.mgf_digest ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
}

/* Pure Ed25519 has no parameter, or one that asks for nothing. */
static CK_RV read_eddsa(const struct sb_mechanism *m, const CK_MECHANISM *given, bool sign, struct sb_mechanism_parameters *out)
{
	CK_EDDSA_PARAMS eddsa;
	CK_RV rv;

	(void)m;
	(void)sign;
	if (!given->pParameter && !given->ulParameterLen)
		return CKR_OK;
	rv = copy_parameter(given, &eddsa, sizeof eddsa);
	if (rv == CKR_OK)
		rv = copy_bytes(&out->context, eddsa.pContextData, eddsa.ulContextDataLen, EDDSA_CONTEXT_MAX);
	if (rv != CKR_OK)
		return rv;
	out->signature.prehash = eddsa.phFlag;
	out->signature.context = sb_bytes_slice(&out->context);
	return (eddsa.phFlag || out->context.len) && !sb_eddsa_variants() ? CKR_MECHANISM_PARAM_INVALID : CKR_OK;
}

static CK_RV read_ecdh(const struct sb_mechanism *m, const CK_MECHANISM *given, bool sign, struct sb_mechanism_parameters *out)
{
	enum { INFO_MAX = 1 << 16, PEER_MAX = 256 };
	CK_ECDH1_DERIVE_PARAMS ecdh;
	CK_RV rv = copy_parameter(given, &ecdh, sizeof ecdh);

	(void)m;
	(void)sign;
	for (size_t i = 0; rv == CKR_OK && i < HASH_USES; i++)
		if (hash_uses[i].kdf == ecdh.kdf)
			out->kdf_digest = hash_uses[i].digest;
	if (rv == CKR_OK && !out->kdf_digest && (ecdh.kdf != CKD_NULL || ecdh.ulSharedDataLen || ecdh.pSharedData))
		rv = CKR_MECHANISM_PARAM_INVALID;
	if (rv == CKR_OK)
		rv = copy_bytes(&out->shared_info, ecdh.pSharedData, ecdh.ulSharedDataLen, INFO_MAX);
	if (rv == CKR_OK)
		rv = ecdh.ulPublicDataLen ? copy_bytes(&out->peer, ecdh.pPublicData, ecdh.ulPublicDataLen, PEER_MAX) : CKR_MECHANISM_PARAM_INVALID;
	return rv;
}

CK_RV sb_mechanism_read(const struct sb_mechanism *m, const CK_MECHANISM *given, bool sign, struct sb_mechanism_parameters *out)
{
	*out = (struct sb_mechanism_parameters){.signature = {.scheme = m->scheme, .digest = m->digest}};
	if (m->read)
		return m->read(m, given, sign, out);
	return given->pParameter || given->ulParameterLen ? CKR_MECHANISM_PARAM_INVALID : CKR_OK;
}

void sb_mechanism_parameters_free(struct sb_mechanism_parameters *p)
{
	sb_bytes_free(&p->context);
	sb_bytes_free(&p->shared_info);
	sb_bytes_free(&p->peer);
	*p = (struct sb_mechanism_parameters){0};
}

size_t sb_mechanism_data_max(const struct sb_mechanism *m, size_t signature_size)
{
	switch (m->scheme) {
	case SB_SCHEME_ECDSA:
	case SB_SCHEME_RSA_PSS:
		return RAW_ECDSA_MAX; /* a hash */
	case SB_SCHEME_RSA_PKCS1:
		return signature_size - PKCS1_PADDING;
	case SB_SCHEME_EDDSA:
		return SB_MESSAGE_MAX;
	}
	return 0;
}

static const struct sb_mechanism *by_name(const char *name, size_t len)
{
	for (size_t i = 0; i < MECHANISMS; i++)
		if (strlen(mechanisms[i].name) == len && memcmp(mechanisms[i].name, name, len) == 0)
			return &mechanisms[i];
	return NULL;
}

/* One name of a list, of len bytes: trimmed of blanks, and of the "-" before it. */
static const struct sb_mechanism *read_name(const char *text, size_t len, bool *minus, char bad[64])
{
	const struct sb_mechanism *m;
	size_t start = strspn(text, " \t");

	*minus = start < len && text[start] == '-';
	start += *minus;
	start = start < len ? start : len;
	while (len > start && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	m = by_name(text + start, len - start);
	if (!m)
		snprintf(bad, 64, "%.*s", (int)(len - start > 63 ? 63 : len - start), text + start);
	return m;
}

/* Marks the mechanisms that a list names. */
static int mark(const char *text, bool named[MECHANISMS], bool *taken_away, char bad[64])
{
	size_t items = 0, minuses = 0;
	bool more = true;

	for (const char *p = text; more;) {
		size_t len = strcspn(p, ",");
		bool minus;
		const struct sb_mechanism *m = read_name(p, len, &minus, bad);

		if (!m)
			return SB_E_CONFIG;
		for (size_t i = 0; i < MECHANISMS; i++)
			named[i] |= mechanisms[i].type == m->type;
		items++;
		minuses += minus;
		more = p[len] == ',';
		p += len + more;
	}
	*taken_away = minuses != 0;
	return minuses == 0 || minuses == items ? SB_OK : SB_E_CONFIG;
}

int sb_mechanisms_parse(const char *text, enum sb_profile profile, struct sb_bytes *allowed_list, char bad[64])
{
	bool named[MECHANISMS] = {false}, taken_away = false;
	int rc;

	bad[0] = 0;
	rc = mark(text, named, &taken_away, bad);
	for (size_t i = 0; rc == SB_OK && i < MECHANISMS; i++) {
		uint8_t number[8];

		if (!(mechanisms[i].profiles & 1U << profile) || named[i] == taken_away)
			continue;
		sb_put_u64(number, mechanisms[i].type);
		rc = sb_bytes_append(allowed_list, number, sizeof number);
	}
	return rc == SB_OK && !allowed_list->len ? SB_E_CONFIG : rc;
}
