/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "bench_module.h"

#include <stdio.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

/* Signatures and their verification with keys on the token. Bare is OpenSSL's EVP with a key of the same kind, its algorithms fetched and its
 * context made before, as fast as a program gets it. */

enum { SIGNATURE = 512 };

enum bare { BARE_ECDSA, BARE_EDDSA, BARE_PKCS1, BARE_PSS };

static const CK_BYTE p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
static const CK_BYTE p384[] = {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22};
static const CK_BYTE ed25519[] = {0x06, 0x03, 0x2b, 0x65, 0x70};
static CK_RSA_PKCS_PSS_PARAMS pss = {CKM_SHA256, CKG_MGF1_SHA256, 32};

static const struct kind {
	const char *name, *label;
	CK_MECHANISM_TYPE generate;
	const CK_BYTE *params; /* CKA_EC_PARAMS; NULL: RSA of 2048 bits */
	CK_ULONG params_len;
	CK_MECHANISM mechanism;
	size_t data; /* bytes signed */
	enum bare bare;
	const char *curve; /* OpenSSL's name */
} kinds[] = {
	{"P-256", BENCH_P256, CKM_EC_KEY_PAIR_GEN, p256, sizeof p256, {CKM_ECDSA, NULL, 0}, 32, BARE_ECDSA, "P-256"},
	{"P-384", "bench P-384", CKM_EC_KEY_PAIR_GEN, p384, sizeof p384, {CKM_ECDSA, NULL, 0}, 48, BARE_ECDSA, "P-384"},
	{"Ed25519", "bench Ed25519", CKM_EC_EDWARDS_KEY_PAIR_GEN, ed25519, sizeof ed25519, {CKM_EDDSA, NULL, 0}, 32, BARE_EDDSA, NULL},
	/* 51 bytes: the DigestInfo of a SHA-256. */
	{"RSA-2048 PKCS#1", "bench RSA", CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0, {CKM_RSA_PKCS, NULL, 0}, 51, BARE_PKCS1, NULL},
	{"RSA-2048 PSS", "bench RSA", CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0, {CKM_RSA_PKCS_PSS, &pss, sizeof pss}, 32, BARE_PSS, NULL},
};

struct signing {
	struct CK_FUNCTION_LIST *f;
	CK_SESSION_HANDLE session;
	const struct kind *kind;
	CK_OBJECT_HANDLE private, public;
	CK_BYTE data[64], signature[SIGNATURE];
	CK_ULONG signature_len;
	EVP_PKEY *key;
	EVP_PKEY_CTX *sign, *verify;
	EVP_MD_CTX *md_sign, *md_verify; /* of Ed25519 */
	unsigned char bare_signature[SIGNATURE];
	size_t bare_len;
};

/* --- keys --- */

static CK_OBJECT_HANDLE find(struct CK_FUNCTION_LIST *f, CK_SESSION_HANDLE session, CK_OBJECT_CLASS class, const char *label)
{
	CK_ATTRIBUTE want[] = {{CKA_CLASS, &class, sizeof class}, {CKA_LABEL, (void *)label, strlen(label)}};
	CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;
	CK_ULONG count = 0;

	if (f->C_FindObjectsInit(session, want, 2) == CKR_OK) {
		f->C_FindObjects(session, &object, 1, &count);
		f->C_FindObjectsFinal(session);
	}
	return count ? object : CK_INVALID_HANDLE;
}

static CK_RV generate(struct CK_FUNCTION_LIST *f, CK_SESSION_HANDLE session, const struct kind *kind)
{
	static CK_BBOOL yes = CK_TRUE;
	static CK_ULONG bits = 2048;
	static CK_BYTE exponent[] = {1, 0, 1}, id[] = {0xbe};
	CK_MECHANISM mechanism = {kind->generate, NULL, 0};
	CK_ATTRIBUTE ec[] = {{CKA_TOKEN, &yes, 1}, {CKA_VERIFY, &yes, 1}, {CKA_LABEL, (void *)kind->label, strlen(kind->label)}, {CKA_ID, id, sizeof id},
		{CKA_EC_PARAMS, (void *)kind->params, kind->params_len}};
	CK_ATTRIBUTE rsa[] = {{CKA_TOKEN, &yes, 1}, {CKA_VERIFY, &yes, 1}, {CKA_LABEL, (void *)kind->label, strlen(kind->label)}, {CKA_ID, id, sizeof id},
		{CKA_MODULUS_BITS, &bits, sizeof bits}, {CKA_PUBLIC_EXPONENT, exponent, sizeof exponent}};
	CK_ATTRIBUTE private[] = {{CKA_TOKEN, &yes, 1}, {CKA_PRIVATE, &yes, 1}, {CKA_SENSITIVE, &yes, 1}, {CKA_SIGN, &yes, 1},
		{CKA_LABEL, (void *)kind->label, strlen(kind->label)}, {CKA_ID, id, sizeof id}};
	CK_OBJECT_HANDLE pair[2];

	return f->C_GenerateKeyPair(session, &mechanism, kind->params ? ec : rsa, kind->params ? 5 : 6, private, 6, &pair[0], &pair[1]);
}

static CK_OBJECT_HANDLE private_of(struct CK_FUNCTION_LIST *f, CK_SESSION_HANDLE session, const struct kind *kind, CK_RV *rv)
{
	CK_OBJECT_HANDLE key = find(f, session, CKO_PRIVATE_KEY, kind->label);

	*rv = CKR_OK;
	if (key == CK_INVALID_HANDLE && (*rv = generate(f, session, kind)) == CKR_OK)
		key = find(f, session, CKO_PRIVATE_KEY, kind->label);
	return key;
}

CK_OBJECT_HANDLE bench_signing_key(struct bench *b, CK_SESSION_HANDLE session, CK_RV *rv)
{
	return private_of(b->f, session, &kinds[0], rv);
}

/* --- bare --- */

static bool set_bare(EVP_PKEY_CTX *context, enum bare bare)
{
	if (bare == BARE_PKCS1)
		return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
	return bare != BARE_PSS || (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
					   EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1 && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, 32) == 1);
}

static bool open_bare(struct signing *s)
{
	const struct kind *kind = s->kind;

	s->key = kind->bare == BARE_ECDSA ? EVP_EC_gen(kind->curve) : kind->bare == BARE_EDDSA ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") : EVP_RSA_gen(2048);
	if (!s->key)
		return false;
	if (kind->bare == BARE_EDDSA) {
		s->md_sign = EVP_MD_CTX_new();
		s->md_verify = EVP_MD_CTX_new();
		return EVP_DigestSignInit_ex(s->md_sign, NULL, NULL, NULL, NULL, s->key, NULL) == 1 &&
		       EVP_DigestVerifyInit_ex(s->md_verify, NULL, NULL, NULL, NULL, s->key, NULL) == 1;
	}
	s->sign = EVP_PKEY_CTX_new_from_pkey(NULL, s->key, NULL);
	s->verify = EVP_PKEY_CTX_new_from_pkey(NULL, s->key, NULL);
	return EVP_PKEY_sign_init(s->sign) == 1 && EVP_PKEY_verify_init(s->verify) == 1 && set_bare(s->sign, kind->bare) && set_bare(s->verify, kind->bare);
}

static void close_bare(struct signing *s)
{
	EVP_PKEY_CTX_free(s->sign);
	EVP_PKEY_CTX_free(s->verify);
	EVP_MD_CTX_free(s->md_sign);
	EVP_MD_CTX_free(s->md_verify);
	EVP_PKEY_free(s->key);
}

static bool bare_sign(void *context, size_t count)
{
	struct signing *s = context;
	bool good = true;

	while (good && count--) {
		s->bare_len = sizeof s->bare_signature;
		good = s->md_sign ? EVP_DigestSign(s->md_sign, s->bare_signature, &s->bare_len, s->data, s->kind->data) == 1
				  : EVP_PKEY_sign(s->sign, s->bare_signature, &s->bare_len, s->data, s->kind->data) == 1;
	}
	return good;
}

static bool bare_verify(void *context, size_t count)
{
	struct signing *s = context;
	bool good = true;

	while (good && count--)
		good = s->md_verify ? EVP_DigestVerify(s->md_verify, s->bare_signature, s->bare_len, s->data, s->kind->data) == 1
				    : EVP_PKEY_verify(s->verify, s->bare_signature, s->bare_len, s->data, s->kind->data) == 1;
	return good;
}

/* --- the module --- */

static bool module_sign(void *context, size_t count)
{
	struct signing *s = context;
	CK_MECHANISM mechanism = s->kind->mechanism;

	while (count--) {
		s->signature_len = sizeof s->signature;
		if (s->f->C_SignInit(s->session, &mechanism, s->private) != CKR_OK ||
			s->f->C_Sign(s->session, s->data, s->kind->data, s->signature, &s->signature_len) != CKR_OK)
			return false;
	}
	return true;
}

static bool module_verify(void *context, size_t count)
{
	struct signing *s = context;
	CK_MECHANISM mechanism = s->kind->mechanism;

	while (count--)
		if (s->f->C_VerifyInit(s->session, &mechanism, s->public) != CKR_OK ||
			s->f->C_Verify(s->session, s->data, s->kind->data, s->signature, s->signature_len) != CKR_OK)
			return false;
	return true;
}

static void measure(struct bench *b, const struct kind *kind)
{
	struct signing s = {.f = b->f, .session = b->session, .kind = kind};
	char sign[64], verify[64];
	CK_RV rv;

	snprintf(sign, sizeof sign, "sign %s", kind->name);
	snprintf(verify, sizeof verify, "verify %s", kind->name);
	if (!bench_is_wanted(sign) && !bench_is_wanted(verify))
		return;
	memset(s.data, 0x5b, sizeof s.data);
	s.private = private_of(b->f, b->session, kind, &rv);
	s.public = find(b->f, b->session, CKO_PUBLIC_KEY, kind->label);
	if (s.private == CK_INVALID_HANDLE)
		bench_skip(sign, "no such key", rv);
	else if (!open_bare(&s) || !bare_sign(&s, 1))
		bench_skip(sign, "bare OpenSSL failed", 0);
	else if (!module_sign(&s, 1))
		bench_skip(sign, "the module failed", 0);
	else {
		bench_against(b, sign, module_sign, bare_sign, &s);
		if (s.public != CK_INVALID_HANDLE)
			bench_against(b, verify, module_verify, bare_verify, &s);
	}
	close_bare(&s);
}

void bench_signatures(struct bench *b)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		measure(b, &kinds[i]);
}
