/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "crypto/signature.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "crypto/digest.h"
#include "crypto/digest_private.h"
#include "crypto/libctx.h"
#include "crypto/pkey_private.h"

/* Preparing an EVP_PKEY_CTX costs a good part of an ECDSA signature: it is made once and used again. */

enum { DER_SEQUENCE = 0x30, DER_INTEGER = 2, DER_LONG_FORM = 0x81, DER_SIGNATURE_MAX = 3 + 2 * (3 + FIELD_MAX), OPENSSL_WITH_VARIANTS = 0x30200000 };

struct sb_signing {
	struct sb_pkey *key;
	const struct scheme *scheme;
	EVP_PKEY_CTX *ctx; /* of schemes over a hash */
	EVP_MD_CTX *md;    /* of EdDSA, which OpenSSL begins anew for each message */
	bool begun;        /* md was begun once */
	struct sb_signature_parameters parameters; /* names are constants; context is below */
	struct sb_bytes context;
};

struct scheme {
	enum sb_key_type type;
	int (*prepare)(struct sb_signing *s, const struct sb_signature_parameters *p, bool verify);
	int (*sign)(struct sb_signing *s, struct sb_slice data, uint8_t *signature);
	int (*verify)(struct sb_signing *s, struct sb_slice data, struct sb_slice signature);
};

static int begin(struct sb_signing *s, bool verify)
{
	s->ctx = EVP_PKEY_CTX_new_from_pkey(sb_libctx(), s->key->pkey, SB_PROPERTIES);
	if (!s->ctx)
		return SB_E_CRYPTO;
	return (verify ? EVP_PKEY_verify_init : EVP_PKEY_sign_init)(s->ctx) == 1 ? SB_OK : SB_E_CRYPTO;
}

/* --- ECDSA --- */

static int prepare_ecdsa(struct sb_signing *s, const struct sb_signature_parameters *p, bool verify)
{
	(void)p;
	return begin(s, verify);
}

/* ECDSA-Sig-Value (RFC 3279, 2.2.3) in DER is what OpenSSL gives and takes: SEQUENCE { INTEGER r, INTEGER s }. Through its numbers it would cost as much as
 * all else that is done around a signature. */

/* What is in an element of that tag, which is all of *der or its beginning; *der is then what follows. */
static bool take_element(struct sb_slice *der, uint8_t tag, struct sb_slice *content)
{
	bool is_long = der->len > 2 && der->data[1] == DER_LONG_FORM;
	size_t head = is_long ? 3 : 2, len;

	if (der->len < head || der->data[0] != tag || (!is_long && der->data[1] >= 128))
		return false;
	len = der->data[head - 1];
	if (len > der->len - head)
		return false;
	*content = sb_slice(der->data + head, len);
	*der = sb_slice(content->data + len, der->len - head - len);
	return true;
}

/* An INTEGER, which is not negative, as that many bytes. */
static bool take_number(struct sb_slice *der, size_t field, uint8_t *out)
{
	struct sb_slice n;

	if (!take_element(der, DER_INTEGER, &n))
		return false;
	while (n.len && n.data[0] == 0)
		n = sb_slice(n.data + 1, n.len - 1);
	if (n.len > field)
		return false;
	memset(out, 0, field - n.len);
	if (n.len)
		memcpy(out + field - n.len, n.data, n.len);
	return true;
}

static int signature_to_raw(struct sb_slice der, size_t field, uint8_t *raw)
{
	struct sb_slice numbers;

	if (!take_element(&der, DER_SEQUENCE, &numbers) || der.len || !take_number(&numbers, field, raw) || !take_number(&numbers, field, raw + field) ||
		numbers.len)
		return SB_E_CRYPTO;
	return SB_OK;
}

/* In the shortest form; a zero before what would be read as a negative number. Returns where it ends. */
static uint8_t *put_number(uint8_t *to, struct sb_slice n)
{
	bool zero;

	while (n.len > 1 && n.data[0] == 0)
		n = sb_slice(n.data + 1, n.len - 1);
	zero = n.data[0] >= 128;
	*to++ = DER_INTEGER;
	*to++ = (uint8_t)(n.len + zero);
	if (zero)
		*to++ = 0;
	memcpy(to, n.data, n.len);
	return to + n.len;
}

static size_t signature_to_der(struct sb_slice raw, uint8_t der[DER_SIGNATURE_MAX])
{
	uint8_t numbers[DER_SIGNATURE_MAX], *end, *to = der;
	size_t len;

	end = put_number(numbers, sb_slice(raw.data, raw.len / 2));
	end = put_number(end, sb_slice(raw.data + raw.len / 2, raw.len / 2));
	len = (size_t)(end - numbers);
	*to++ = DER_SEQUENCE;
	if (len >= 128)
		*to++ = DER_LONG_FORM;
	*to++ = (uint8_t)len;
	memcpy(to, numbers, len);
	return (size_t)(to - der) + len;
}

static int sign_ecdsa(struct sb_signing *s, struct sb_slice data, uint8_t *signature)
{
	uint8_t der[DER_SIGNATURE_MAX];
	size_t len = sizeof der;

	if (EVP_PKEY_sign(s->ctx, der, &len, data.data, data.len) != 1)
		return SB_E_CRYPTO;
	return signature_to_raw(sb_slice(der, len), s->key->curve->field, signature);
}

static int verify_ecdsa(struct sb_signing *s, struct sb_slice data, struct sb_slice signature)
{
	uint8_t der[DER_SIGNATURE_MAX];
	size_t len = signature_to_der(signature, der);

	return EVP_PKEY_verify(s->ctx, der, len, data.data, data.len) == 1 ? SB_OK : SB_E_SIGNATURE;
}

/* --- RSA --- */

static bool set_digest(EVP_PKEY_CTX *ctx, const char *digest)
{
	const EVP_MD *md = digest_method(digest);

	return md && EVP_PKEY_CTX_set_signature_md(ctx, md) == 1;
}

static int prepare_pkcs1(struct sb_signing *s, const struct sb_signature_parameters *p, bool verify)
{
	int rc = begin(s, verify);

	if (rc == SB_OK && EVP_PKEY_CTX_set_rsa_padding(s->ctx, RSA_PKCS1_PADDING) != 1)
		rc = SB_E_CRYPTO;
	return rc == SB_OK && p->digest && !set_digest(s->ctx, p->digest) ? SB_E_UNSUPPORTED : rc;
}

/* RFC 8017 9.1.1: emLen - hLen - sLen - 2 must not be negative; the modulus has one bit more than EM. */
static bool salt_fits(const struct sb_pkey *key, const struct sb_signature_parameters *p)
{
	size_t em = (sb_pkey_bits(key) - 1 + 7) / 8, hash = sb_digest_length(p->digest);

	return hash && p->salt_len <= em && hash + 2 <= em - p->salt_len;
}

static int prepare_pss(struct sb_signing *s, const struct sb_signature_parameters *p, bool verify)
{
	int rc = salt_fits(s->key, p) ? begin(s, verify) : SB_E_RANGE;

	if (rc != SB_OK)
		return rc;
	if (EVP_PKEY_CTX_set_rsa_padding(s->ctx, RSA_PKCS1_PSS_PADDING) != 1 || !set_digest(s->ctx, p->digest) ||
		EVP_PKEY_CTX_set_rsa_mgf1_md_name(s->ctx, p->mgf_digest, NULL) != 1 ||
		EVP_PKEY_CTX_set_rsa_pss_saltlen(s->ctx, (int)p->salt_len) != 1)
		return SB_E_UNSUPPORTED;
	return SB_OK;
}

static int sign_rsa(struct sb_signing *s, struct sb_slice data, uint8_t *signature)
{
	size_t len = sb_pkey_signature_size(s->key);

	return EVP_PKEY_sign(s->ctx, signature, &len, data.data, data.len) == 1 ? SB_OK : SB_E_RANGE;
}

static int verify_rsa(struct sb_signing *s, struct sb_slice data, struct sb_slice signature)
{
	return EVP_PKEY_verify(s->ctx, signature.data, signature.len, data.data, data.len) == 1 ? SB_OK : SB_E_SIGNATURE;
}

/* --- EdDSA --- */

bool sb_eddsa_variants(void)
{
	return OpenSSL_version_num() >= OPENSSL_WITH_VARIANTS;
}

static int prepare_eddsa(struct sb_signing *s, const struct sb_signature_parameters *p, bool verify)
{
	(void)verify;
	if ((p->prehash || p->context.len) && !sb_eddsa_variants())
		return SB_E_UNSUPPORTED;
	s->md = EVP_MD_CTX_new();
	return s->md ? sb_bytes_append(&s->context, p->context.data, p->context.len) : SB_E_NOMEM;
}

/* The first message takes the key; for those after it the context, which keeps it, is only begun again. Before 3.2 OpenSSL's Ed25519 keeps nothing of a
 * message, and needs not even that. */
static bool begin_message(struct sb_signing *s, bool verify)
{
	/* Names of OpenSSL 3.2; pure Ed25519 takes no parameter, in older versions neither. */
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string("instance", (char *)(s->parameters.prehash ? "Ed25519ph" : "Ed25519ctx"), 0),
		OSSL_PARAM_construct_octet_string("context-string", s->context.data, s->context.len),
		OSSL_PARAM_construct_end(),
	};
	const OSSL_PARAM *given = s->parameters.prehash || s->context.len ? params : NULL;
	EVP_PKEY *key = s->begun ? NULL : s->key->pkey;

	if (s->begun && !sb_eddsa_variants())
		return true;
	s->begun = (verify ? EVP_DigestVerifyInit_ex : EVP_DigestSignInit_ex)(s->md, NULL, NULL, sb_libctx(), SB_PROPERTIES, key, given) == 1;
	if (!s->begun)
		EVP_MD_CTX_reset(s->md);
	return s->begun;
}

static int sign_eddsa(struct sb_signing *s, struct sb_slice data, uint8_t *signature)
{
	size_t len = sb_pkey_signature_size(s->key);

	return begin_message(s, false) && EVP_DigestSign(s->md, signature, &len, data.data, data.len) == 1 ? SB_OK : SB_E_CRYPTO;
}

static int verify_eddsa(struct sb_signing *s, struct sb_slice data, struct sb_slice signature)
{
	if (!begin_message(s, true))
		return SB_E_CRYPTO;
	return EVP_DigestVerify(s->md, signature.data, signature.len, data.data, data.len) == 1 ? SB_OK : SB_E_SIGNATURE;
}

static const struct scheme schemes[] = {
	[SB_SCHEME_ECDSA] = {SB_KEY_EC, prepare_ecdsa, sign_ecdsa, verify_ecdsa},
	[SB_SCHEME_EDDSA] = {SB_KEY_EDWARDS, prepare_eddsa, sign_eddsa, verify_eddsa},
	[SB_SCHEME_RSA_PKCS1] = {SB_KEY_RSA, prepare_pkcs1, sign_rsa, verify_rsa},
	[SB_SCHEME_RSA_PSS] = {SB_KEY_RSA, prepare_pss, sign_rsa, verify_rsa},
};

int sb_signing_new(struct sb_pkey *key, const struct sb_signature_parameters *parameters, bool verify, struct sb_signing **out)
{
	SB_QUIET;
	const struct scheme *scheme = &schemes[parameters->scheme];
	struct sb_signing *s;
	int rc;

	*out = NULL;
	if (key->type != scheme->type)
		return SB_E_ARGUMENT;
	s = calloc(1, sizeof *s);
	if (!s)
		return SB_E_NOMEM;
	s->key = sb_pkey_share(key);
	s->scheme = scheme;
	s->parameters = *parameters;
	rc = scheme->prepare(s, parameters, verify);
	if (rc == SB_OK)
		*out = s;
	else
		sb_signing_free(&s);
	return rc;
}

struct sb_pkey *sb_signing_key(const struct sb_signing *signing)
{
	return signing->key;
}

static bool same_name(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool sb_signing_is_for(const struct sb_signing *signing, const struct sb_signature_parameters *p)
{
	const struct sb_signature_parameters *own = &signing->parameters;

	return own->scheme == p->scheme && same_name(own->digest, p->digest) && same_name(own->mgf_digest, p->mgf_digest) && own->salt_len == p->salt_len &&
	       own->prehash == p->prehash && sb_slice_equal(sb_bytes_slice(&signing->context), p->context);
}

int sb_signing_sign(struct sb_signing *signing, struct sb_slice data, uint8_t *signature)
{
	SB_QUIET;

	return signing->scheme->sign(signing, data, signature);
}

int sb_signing_verify(struct sb_signing *signing, struct sb_slice data, struct sb_slice signature)
{
	SB_QUIET;

	if (signature.len != sb_pkey_signature_size(signing->key))
		return SB_E_RANGE;
	return signing->scheme->verify(signing, data, signature);
}

void sb_signing_free(struct sb_signing **signing)
{
	if (!signing || !*signing)
		return;
	EVP_PKEY_CTX_free((*signing)->ctx);
	EVP_MD_CTX_free((*signing)->md);
	sb_pkey_free(&(*signing)->key);
	sb_bytes_free(&(*signing)->context);
	free(*signing);
	*signing = NULL;
}

static const struct sb_signature_parameters ecdsa = {.scheme = SB_SCHEME_ECDSA};

int sb_pkey_sign(struct sb_pkey *key, const void *hash, size_t len, uint8_t *signature)
{
	struct sb_signing *signing;
	int rc = sb_signing_new(key, &ecdsa, false, &signing);

	if (rc == SB_OK)
		rc = sb_signing_sign(signing, sb_slice(hash, len), signature);
	sb_signing_free(&signing);
	return rc;
}

int sb_pkey_verify(struct sb_pkey *key, const void *hash, size_t len, struct sb_slice signature)
{
	struct sb_signing *signing;
	int rc = sb_signing_new(key, &ecdsa, true, &signing);

	if (rc == SB_OK)
		rc = sb_signing_verify(signing, sb_slice(hash, len), signature);
	sb_signing_free(&signing);
	return rc;
}
