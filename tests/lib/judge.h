/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_TEST_JUDGE_H
#define SINBUN_TEST_JUDGE_H

#include <openssl/evp.h>

#include "api.h" /* the tests' */

/* libcrypto as the other side of what the module does with keys. It knows of them what the attributes tell. */

enum judge_padding { JUDGE_ECDSA, JUDGE_EDDSA, JUDGE_PKCS1, JUDGE_PSS };
struct judge_scheme {
	enum judge_padding padding;
	const char *digest; /* NULL: the data as they are */
	bool hashed;        /* the data are the digest already */
	const char *mgf;    /* of PSS */
	int salt;           /* bytes */
};
enum { JUDGE_SIGNATURE = 512 };

/* The public half, from nothing but CKA_PUBLIC_KEY_INFO. */
EVP_PKEY *judge_key(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object);
/* ECDSA signatures are r||s here as there. */
bool judge_verifies(EVP_PKEY *key, const struct judge_scheme *scheme, const CK_BYTE *data, size_t len, const CK_BYTE *signature,
	size_t signature_len);
/* Its length. */
size_t judge_signs(EVP_PKEY *key, const struct judge_scheme *scheme, const CK_BYTE *data, size_t len, CK_BYTE signature[JUDGE_SIGNATURE]);
size_t judge_hash(const char *digest, const void *data, size_t len, CK_BYTE hash[64]);
/* A key of a kind, which the module never saw. */
EVP_PKEY *judge_generate(int kind);

/* A template with its values in it. */
struct judge_template {
	CK_ATTRIBUTE rows[24];
	CK_ULONG count;
	CK_BYTE values[8192];
	size_t used;
};
void judge_add(struct judge_template *t, CK_ATTRIBUTE_TYPE type, const void *value, size_t len);
/* The row, for a test that alters it. */
CK_ATTRIBUTE *judge_row(struct judge_template *t, CK_ATTRIBUTE_TYPE type);
void judge_remove(struct judge_template *t, CK_ATTRIBUTE_TYPE type);
/* What C_CreateObject wants of a key of libcrypto's; the point wrapped into a DER OCTET STRING. */
void judge_public_template(EVP_PKEY *key, struct judge_template *t);
void judge_private_template(EVP_PKEY *key, struct judge_template *t);
CK_RV judge_create(CK_SESSION_HANDLE session, struct judge_template *t, CK_OBJECT_HANDLE *object);

#endif
