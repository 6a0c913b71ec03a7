/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "crypto/trust.h"

#include <openssl/bio.h>
#include <openssl/pem.h> /* before cms.h, which then declares its PEM functions */
#include <openssl/cms.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "crypto/libctx.h"
#include "crypto/random.h"

enum { OTHERS = 4 };

struct sb_trust {
	X509_STORE *store;
	bool revocations;
};

int sb_trust_new(struct sb_trust **out)
{
	SB_QUIET;
	int rc = sb_crypto_start();

	*out = rc == SB_OK ? calloc(1, sizeof **out) : NULL;
	if (rc != SB_OK)
		return rc;
	if (*out && ((*out)->store = X509_STORE_new()))
		return SB_OK;
	free(*out);
	*out = NULL;
	return SB_E_NOMEM;
}

void sb_trust_free(struct sb_trust **trust)
{
	if (!trust || !*trust)
		return;
	X509_STORE_free((*trust)->store);
	free(*trust);
	*trust = NULL;
}

static X509 *read_certificate(const uint8_t *der, size_t len)
{
	const uint8_t *p = der;
	X509 *x509 = X509_new_ex(sb_libctx(), NULL);

	if (x509 && d2i_X509(&x509, &p, (long)len) && p == der + len)
		return x509;
	X509_free(x509);
	return NULL;
}

/* The bytes as one DER object, else each PEM block of this kind. */
typedef int add_fn(struct sb_trust *trust, const uint8_t *der, size_t len);

static int add_each(struct sb_trust *trust, struct sb_slice bytes, const char *what, add_fn *add)
{
	SB_QUIET;
	BIO *in = BIO_new_mem_buf(bytes.data, (int)bytes.len);
	char *name, *header;
	unsigned char *der;
	long len;
	int found = 0, rc = in ? SB_OK : SB_E_NOMEM;

	while (rc == SB_OK && PEM_read_bio(in, &name, &header, &der, &len) == 1) {
		if (strcmp(name, what) == 0) {
			rc = add(trust, der, (size_t)len);
			found++;
		}
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(der);
	}
	BIO_free(in);
	return rc == SB_OK && !found ? add(trust, bytes.data, bytes.len) : rc;
}

static int add_authority(struct sb_trust *trust, const uint8_t *der, size_t len)
{
	X509 *x509 = read_certificate(der, len);
	int rc = !x509 ? SB_E_FORMAT : X509_STORE_add_cert(trust->store, x509) == 1 ? SB_OK : SB_E_NOMEM;

	X509_free(x509);
	return rc;
}

static int add_list(struct sb_trust *trust, const uint8_t *der, size_t len)
{
	const uint8_t *p = der;
	X509_CRL *crl = X509_CRL_new_ex(sb_libctx(), NULL);
	int rc = crl && d2i_X509_CRL(&crl, &p, (long)len) && p == der + len ? SB_OK : SB_E_FORMAT;

	if (rc == SB_OK && X509_STORE_add_crl(trust->store, crl) != 1)
		rc = SB_E_NOMEM;
	trust->revocations |= rc == SB_OK;
	X509_CRL_free(crl);
	return rc;
}

int sb_trust_add_authorities(struct sb_trust *trust, struct sb_slice bytes)
{
	return add_each(trust, bytes, "CERTIFICATE", add_authority);
}

int sb_trust_add_revocations(struct sb_trust *trust, struct sb_slice bytes)
{
	return add_each(trust, bytes, "X509 CRL", add_list);
}

static int translate(int error)
{
	static const struct {
		int theirs, ours;
	} rows[] = {{X509_V_OK, SB_OK}, {X509_V_ERR_CERT_HAS_EXPIRED, SB_E_RANGE}, {X509_V_ERR_CERT_NOT_YET_VALID, SB_E_RANGE},
		{X509_V_ERR_CRL_HAS_EXPIRED, SB_E_RANGE}, {X509_V_ERR_CRL_NOT_YET_VALID, SB_E_RANGE}, {X509_V_ERR_CERT_REVOKED, SB_E_REMOVED},
		{X509_V_ERR_UNABLE_TO_GET_CRL, SB_E_NOT_FOUND}};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].theirs == error)
			return rows[i].ours;
	return SB_E_SIGNATURE;
}

static int check(struct sb_trust *trust, X509 *leaf, STACK_OF(X509) *others, int64_t at)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new_ex(sb_libctx(), NULL);
	X509_VERIFY_PARAM *parameters;
	int rc = SB_E_NOMEM;

	if (ctx && X509_STORE_CTX_init(ctx, trust->store, leaf, others) == 1) {
		parameters = X509_STORE_CTX_get0_param(ctx);
		X509_VERIFY_PARAM_set_time(parameters, (time_t)at);
		X509_VERIFY_PARAM_set_auth_level(parameters, 2);
		if (trust->revocations)
			X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_CRL_CHECK);
		rc = X509_verify_cert(ctx) == 1 ? SB_OK : translate(X509_STORE_CTX_get_error(ctx));
		if (rc == SB_OK && (X509_check_ca(leaf) || !(X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE)))
			rc = SB_E_SIGNATURE;
	}
	X509_STORE_CTX_free(ctx);
	return rc;
}

int sb_trust_check(struct sb_trust *trust, struct sb_slice leaf, const struct sb_slice *others, size_t count, int64_t at)
{
	SB_QUIET;
	X509 *x509 = read_certificate(leaf.data, leaf.len);
	STACK_OF(X509) *stack = sk_X509_new_null();
	int rc = x509 ? SB_OK : SB_E_FORMAT;

	for (size_t i = 0; rc == SB_OK && i < count; i++) {
		X509 *other = read_certificate(others[i].data, others[i].len);

		if (!other || !sk_X509_push(stack, other)) {
			X509_free(other);
			rc = SB_E_FORMAT;
		}
	}
	if (rc == SB_OK)
		rc = check(trust, x509, stack, at);
	sk_X509_pop_free(stack, X509_free);
	X509_free(x509);
	return rc;
}

static CMS_ContentInfo *read_cms(struct sb_slice bytes)
{
	BIO *in = BIO_new_mem_buf(bytes.data, (int)bytes.len);
	CMS_ContentInfo *cms = CMS_ContentInfo_new_ex(sb_libctx(), NULL);
	const uint8_t *p = bytes.data;
	bool pem = bytes.len > 10 && memcmp(bytes.data, "-----BEGIN", 10) == 0, good;

	good = in && cms && (pem ? PEM_read_bio_CMS(in, &cms, NULL, NULL) != NULL : d2i_CMS_ContentInfo(&cms, &p, (long)bytes.len) != NULL && p == bytes.data + bytes.len);
	BIO_free(in);
	if (good)
		return cms;
	CMS_ContentInfo_free(cms);
	return NULL;
}

static int append(X509 *x509, struct sb_bytes *out)
{
	uint8_t *der = NULL;
	int len = i2d_X509(x509, &der), rc = len > 0 ? sb_bytes_append(out, der, (size_t)len) : SB_E_CRYPTO;

	OPENSSL_free(der);
	return rc;
}

/* The content that stands in the message, if any, is the one that was to be signed. */
static bool same_content(CMS_ContentInfo *cms, struct sb_slice content)
{
	ASN1_OCTET_STRING **inside = CMS_get0_content(cms);

	return !inside || !*inside || sb_slice_equal(sb_slice(ASN1_STRING_get0_data(*inside), (size_t)ASN1_STRING_length(*inside)), content);
}

static int take_signer(CMS_ContentInfo *cms, struct sb_bytes *leaf, struct sb_bytes *others, size_t *count)
{
	STACK_OF(X509) *signers = CMS_get0_signers(cms), *all = CMS_get1_certs(cms);
	int rc = signers && sk_X509_num(signers) == 1 ? append(sk_X509_value(signers, 0), leaf) : SB_E_FORMAT;

	for (int i = 0; rc == SB_OK && i < sk_X509_num(all) && *count < OTHERS; i++)
		if (X509_cmp(sk_X509_value(all, i), sk_X509_value(signers, 0)) != 0)
			rc = append(sk_X509_value(all, i), &others[(*count)++]);
	sk_X509_free(signers);
	sk_X509_pop_free(all, X509_free);
	return rc;
}

int sb_cms_signer(struct sb_slice bytes, struct sb_slice content, struct sb_bytes *leaf, struct sb_bytes others[4], size_t *count)
{
	SB_QUIET;
	int rc = sb_crypto_start();
	CMS_ContentInfo *cms = rc == SB_OK ? read_cms(bytes) : NULL;
	BIO *in = BIO_new_mem_buf(content.data, (int)content.len);
	ASN1_OCTET_STRING **inside;

	*count = 0;
	if (rc == SB_OK && (!cms || OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed))
		rc = SB_E_FORMAT;
	if (rc == SB_OK && !same_content(cms, content))
		rc = SB_E_SIGNATURE;
	if (rc == SB_OK) {
		inside = CMS_get0_content(cms);
		rc = CMS_verify(cms, NULL, NULL, inside && *inside ? NULL : in, NULL, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) == 1 ? SB_OK : SB_E_SIGNATURE;
	}
	if (rc == SB_OK)
		rc = take_signer(cms, leaf, others, count);
	BIO_free(in);
	CMS_ContentInfo_free(cms);
	return rc;
}
