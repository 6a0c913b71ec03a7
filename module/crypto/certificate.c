/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "crypto/certificate.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "crypto/libctx.h"
#include "crypto/pkey.h"
#include "crypto/random.h"

struct sb_certificate {
	X509 *x509;
};

int sb_certificate_parse(struct sb_slice der, struct sb_certificate **out)
{
	SB_QUIET;
	struct sb_certificate *c;
	const uint8_t *p = der.data;
	X509 *x509;
	int rc = sb_crypto_start();

	*out = NULL;
	if (rc != SB_OK)
		return rc;
	c = calloc(1, sizeof *c);
	x509 = c ? X509_new_ex(sb_libctx(), NULL) : NULL;
	if (!x509)
		rc = SB_E_NOMEM;
	else if (!d2i_X509(&x509, &p, (long)der.len) || p != der.data + der.len)
		rc = SB_E_FORMAT;
	if (rc != SB_OK) {
		X509_free(x509);
		free(c);
		return rc;
	}
	c->x509 = x509;
	*out = c;
	return SB_OK;
}

void sb_certificate_free(struct sb_certificate **certificate)
{
	if (!certificate || !*certificate)
		return;
	X509_free((*certificate)->x509);
	free(*certificate);
	*certificate = NULL;
}

/* What OpenSSL encoded, len bytes; error where it could not. */
static int take_der(uint8_t *raw, int len, int error, struct sb_bytes *der)
{
	int rc = len > 0 ? sb_bytes_append(der, raw, (size_t)len) : error;

	OPENSSL_free(raw);
	return rc;
}

int sb_certificate_spki(const struct sb_certificate *c, struct sb_bytes *der)
{
	SB_QUIET;
	uint8_t *raw = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(c->x509), &raw);

	return take_der(raw, len, SB_E_FORMAT, der);
}

int sb_certificate_point(const struct sb_certificate *c, uint8_t point[65])
{
	struct sb_pkey *key = NULL;
	struct sb_bytes out = {0}, spki = {0};
	int rc = sb_certificate_spki(c, &spki);

	if (rc == SB_OK)
		rc = sb_pkey_from_spki(sb_bytes_slice(&spki), &key);
	if (rc == SB_OK)
		rc = sb_pkey_point(key, &out);
	if (rc == SB_E_NOT_FOUND || (rc == SB_OK && out.len != 65))
		rc = SB_E_UNSUPPORTED;
	if (rc == SB_OK)
		memcpy(point, out.data, 65);
	sb_pkey_free(&key);
	sb_bytes_free(&out);
	sb_bytes_free(&spki);
	return rc;
}

int sb_certificate_common_name(const struct sb_certificate *c, char *out, size_t size)
{
	SB_QUIET;
	X509_NAME *name = X509_get_subject_name(c->x509);
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	unsigned char *text = NULL;
	int len = at < 0 ? -1 : ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	int rc = len < 0 ? SB_E_NOT_FOUND : SB_OK;

	if (rc == SB_OK && ((size_t)len >= size || memchr(text, 0, (size_t)len)))
		rc = SB_E_FORMAT;
	if (rc == SB_OK) {
		memcpy(out, text, (size_t)len);
		out[len] = 0;
	}
	OPENSSL_free(text);
	return rc;
}

int sb_certificate_country(const struct sb_certificate *c, char out[3])
{
	SB_QUIET;
	X509_NAME *name = X509_get_subject_name(c->x509);
	int at = X509_NAME_get_index_by_NID(name, NID_countryName, -1);
	const ASN1_STRING *text = at < 0 ? NULL : X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));

	if (!text || X509_NAME_get_index_by_NID(name, NID_countryName, at) >= 0 || ASN1_STRING_length(text) != 2)
		return SB_E_NOT_FOUND;
	memcpy(out, ASN1_STRING_get0_data(text), 2);
	out[2] = 0;
	return SB_OK;
}

bool sb_certificate_has_dns(const struct sb_certificate *c, const char *name)
{
	SB_QUIET;

	/* A dot in front would ask for any name below. */
	return *name && *name != '.' &&
	       X509_check_host(c->x509, name, strlen(name), X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_WILDCARDS, NULL) == 1;
}

static int append_name(const X509_NAME *name, struct sb_bytes *der)
{
	SB_QUIET;
	uint8_t *raw = NULL;
	int len = i2d_X509_NAME(name, &raw);

	return take_der(raw, len, SB_E_CRYPTO, der);
}

int sb_certificate_subject(const struct sb_certificate *c, struct sb_bytes *der)
{
	return append_name(X509_get_subject_name(c->x509), der);
}

int sb_certificate_issuer(const struct sb_certificate *c, struct sb_bytes *der)
{
	return append_name(X509_get_issuer_name(c->x509), der);
}

int sb_certificate_serial(const struct sb_certificate *c, struct sb_bytes *der)
{
	SB_QUIET;
	uint8_t *raw = NULL;
	int len = i2d_ASN1_INTEGER(X509_get_serialNumber(c->x509), &raw);

	return take_der(raw, len, SB_E_CRYPTO, der);
}

static int to_seconds(const ASN1_TIME *time, int64_t *seconds)
{
	struct tm tm;

	if (!time || ASN1_TIME_to_tm(time, &tm) != 1)
		return SB_E_FORMAT;
	*seconds = timegm(&tm);
	return SB_OK;
}

int sb_certificate_validity(const struct sb_certificate *c, int64_t *not_before, int64_t *not_after)
{
	SB_QUIET;
	int rc = to_seconds(X509_get0_notBefore(c->x509), not_before);

	return rc == SB_OK ? to_seconds(X509_get0_notAfter(c->x509), not_after) : rc;
}

static bool valid_at(const struct sb_certificate *c, int64_t at)
{
	int64_t from, to;

	return sb_certificate_validity(c, &from, &to) == SB_OK && from <= at && at <= to;
}

static bool has_eku(X509 *x509, const char *oid)
{
	EXTENDED_KEY_USAGE *list = X509_get_ext_d2i(x509, NID_ext_key_usage, NULL, NULL);
	ASN1_OBJECT *want = OBJ_txt2obj(oid, 1);
	bool found = false;

	for (int i = 0; list && want && i < sk_ASN1_OBJECT_num(list); i++)
		found |= OBJ_cmp(sk_ASN1_OBJECT_value(list, i), want) == 0;
	ASN1_OBJECT_free(want);
	sk_ASN1_OBJECT_pop_free(list, ASN1_OBJECT_free);
	return found;
}

/* basicConstraints: a CA for the root, none for the leaf; the usages that their work needs. */
static bool profiles_fit(const struct sb_certificate *leaf, const struct sb_certificate *root, const char *eku)
{
	bool root_ca = X509_check_ca(root->x509) == 1 && (X509_get_key_usage(root->x509) & KU_KEY_CERT_SIGN);
	bool leaf_ca = X509_get_extension_flags(leaf->x509) & EXFLAG_CA;
	bool strange = (X509_get_extension_flags(leaf->x509) | X509_get_extension_flags(root->x509)) & (EXFLAG_INVALID | EXFLAG_CRITICAL);

	return root_ca && !leaf_ca && !strange && X509_get_pathlen(root->x509) <= 0 &&
	       (X509_get_key_usage(leaf->x509) & KU_DIGITAL_SIGNATURE) && (!eku || has_eku(leaf->x509, eku));
}

int sb_certificate_check(const struct sb_certificate *leaf, const struct sb_certificate *root, int64_t at, const char *eku)
{
	SB_QUIET;
	EVP_PKEY *key = X509_get0_pubkey(root->x509);

	if (!key || X509_NAME_cmp(X509_get_issuer_name(leaf->x509), X509_get_subject_name(root->x509)) != 0 ||
		X509_verify(leaf->x509, key) != 1)
		return SB_E_SIGNATURE;
	if (!valid_at(leaf, at) || !valid_at(root, at))
		return SB_E_RANGE;
	return profiles_fit(leaf, root, eku) ? SB_OK : SB_E_FORMAT;
}

/* What OpenSSL found, in our words. */
static int path_error(int error)
{
	static const struct {
		int theirs, ours;
	} rows[] = {
		{X509_V_ERR_CERT_NOT_YET_VALID, SB_E_RANGE},
		{X509_V_ERR_CERT_HAS_EXPIRED, SB_E_RANGE},
		{X509_V_ERR_OUT_OF_MEM, SB_E_NOMEM},
		{X509_V_ERR_CERT_SIGNATURE_FAILURE, SB_E_SIGNATURE},
		{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, SB_E_SIGNATURE},
		{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, SB_E_SIGNATURE},
		{X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, SB_E_SIGNATURE},
		{X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, SB_E_SIGNATURE},
		{X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, SB_E_SIGNATURE},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].theirs == error)
			return rows[i].ours;
	return SB_E_FORMAT;
}

/* The path that was found is the one that was given, with the root behind it. */
static bool is_path(X509_STORE_CTX *ctx, struct sb_certificate *const *chain, size_t count, X509 *root)
{
	STACK_OF(X509) *found = X509_STORE_CTX_get0_chain(ctx);

	for (size_t i = 0; i < count; i++)
		if ((size_t)sk_X509_num(found) != count + 1 || X509_cmp(sk_X509_value(found, (int)i), chain[i]->x509) != 0)
			return false;
	return X509_cmp(sk_X509_value(found, (int)count), root) == 0;
}

static bool may_sign(X509 *leaf)
{
	uint32_t flags = X509_get_extension_flags(leaf);

	return !(flags & (EXFLAG_CA | EXFLAG_INVALID)) && (X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE);
}

static bool may_certify(X509 *x509)
{
	return X509_check_ca(x509) == 1 && !(X509_get_extension_flags(x509) & EXFLAG_INVALID) && (X509_get_key_usage(x509) & KU_KEY_CERT_SIGN);
}

/* A certificate without key usages has them all, for OpenSSL. The root is trusted as it is; of the others RFC 5280 asks that they say so. */
static bool path_fits(struct sb_certificate *const *chain, size_t count, X509 *root)
{
	bool fits = may_sign(chain[0]->x509) && may_certify(root);

	for (size_t i = 1; i < count; i++)
		fits = fits && may_certify(chain[i]->x509) && (X509_get_extension_flags(chain[i]->x509) & EXFLAG_KUSAGE);
	return fits;
}

int sb_certificate_check_path(struct sb_certificate *const *chain, size_t count, const struct sb_certificate *root, int64_t at)
{
	SB_QUIET;
	STACK_OF(X509) *trusted = sk_X509_new_null(), *others = sk_X509_new_null();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new_ex(sb_libctx(), NULL);
	X509_STORE *store = X509_STORE_new();
	X509_VERIFY_PARAM *param;
	int rc = trusted && others && ctx && store && sk_X509_push(trusted, root->x509) ? SB_OK : SB_E_NOMEM;

	for (size_t i = 1; rc == SB_OK && i < count; i++)
		rc = sk_X509_push(others, chain[i]->x509) ? SB_OK : SB_E_NOMEM;
	if (rc == SB_OK && X509_STORE_CTX_init(ctx, store, chain[0]->x509, others) != 1)
		rc = SB_E_NOMEM;
	if (rc == SB_OK) {
		X509_STORE_CTX_set0_trusted_stack(ctx, trusted);
		param = X509_STORE_CTX_get0_param(ctx);
		X509_VERIFY_PARAM_set_time(param, at);
		X509_VERIFY_PARAM_set_depth(param, SB_CERTIFICATE_PATH);
		/* The root is trusted by whoever named it, whether it signed itself or not. */
		X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
		if (X509_verify_cert(ctx) != 1)
			rc = path_error(X509_STORE_CTX_get_error(ctx));
		else
			rc = is_path(ctx, chain, count, root->x509) && path_fits(chain, count, root->x509) ? SB_OK : SB_E_FORMAT;
	}
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	sk_X509_free(trusted); /* the certificates themselves stay the caller's */
	sk_X509_free(others);
	return rc;
}

int sb_certificate_seal(const struct sb_certificate *c, struct sb_slice data, struct sb_bytes *cms)
{
	SB_QUIET;
	STACK_OF(X509) *recipients = sk_X509_new_null();
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(sb_libctx(), "AES-256-CBC", NULL);
	BIO *in = BIO_new_mem_buf(data.data, (int)data.len);
	CMS_ContentInfo *message = NULL;
	uint8_t *der = NULL;
	int len, rc = SB_E_CRYPTO;

	if (recipients && cipher && in && sk_X509_push(recipients, c->x509))
		message = CMS_encrypt_ex(recipients, in, cipher, CMS_BINARY, sb_libctx(), NULL);
	len = message ? i2d_CMS_ContentInfo(message, &der) : -1;
	if (len > 0)
		rc = sb_bytes_append(cms, der, (size_t)len);
	OPENSSL_free(der);
	CMS_ContentInfo_free(message);
	BIO_free(in);
	EVP_CIPHER_free(cipher);
	sk_X509_free(recipients); /* the certificate itself stays the caller's */
	return rc;
}
