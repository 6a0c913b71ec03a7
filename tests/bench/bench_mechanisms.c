/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "bench_module.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

/* What is no signature: key agreement, key generation, digests, random bytes. And what a call costs that computes nothing. */

enum { BLOCK = 16384, POINT = 65 };

static const CK_BYTE p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

struct work {
	struct CK_FUNCTION_LIST *f;
	CK_SESSION_HANDLE session;
	CK_SLOT_ID slot;
	CK_OBJECT_HANDLE key;
	size_t len;
	CK_MECHANISM mechanism;
	CK_BYTE point[POINT];
	EVP_PKEY *bare;
	EVP_PKEY_CTX *derive, *generate;
	EVP_MD *md;
	EVP_MD_CTX *context;
};

static CK_BYTE data[BLOCK], out[BLOCK];

/* --- digests --- */

static bool module_digest(void *context, size_t count)
{
	struct work *w = context;
	CK_ULONG len;

	while (count--) {
		len = sizeof out;
		if (w->f->C_DigestInit(w->session, &w->mechanism) != CKR_OK || w->f->C_Digest(w->session, data, w->len, out, &len) != CKR_OK)
			return false;
	}
	return true;
}

static bool bare_digest(void *context, size_t count)
{
	struct work *w = context;
	bool good = true;

	while (good && count--)
		good = EVP_DigestInit_ex2(w->context, w->md, NULL) == 1 && EVP_DigestUpdate(w->context, data, w->len) == 1 &&
		       EVP_DigestFinal_ex(w->context, out, NULL) == 1;
	return good;
}

static void digests(struct bench *b)
{
	struct work w = {.f = b->f, .session = b->session, .mechanism = {CKM_SHA256, NULL, 0}, .md = EVP_MD_fetch(NULL, "SHA256", NULL),
		.context = EVP_MD_CTX_new()};

	w.len = 64;
	bench_against(b, "SHA-256, 64 B", module_digest, bare_digest, &w);
	w.len = BLOCK;
	bench_against(b, "SHA-256, 16 KiB", module_digest, bare_digest, &w);
	EVP_MD_CTX_free(w.context);
	EVP_MD_free(w.md);
}

/* --- random --- */

static bool module_random(void *context, size_t count)
{
	struct work *w = context;

	while (count--)
		if (w->f->C_GenerateRandom(w->session, out, w->len) != CKR_OK)
			return false;
	return true;
}

static bool bare_random(void *context, size_t count)
{
	const struct work *w = context;

	while (count--)
		if (RAND_bytes(out, (int)w->len) != 1)
			return false;
	return true;
}

static void random_bytes(struct bench *b)
{
	struct work w = {.f = b->f, .session = b->session, .len = 32};

	bench_against(b, "random, 32 B", module_random, bare_random, &w);
	w.len = BLOCK;
	bench_against(b, "random, 16 KiB", module_random, bare_random, &w);
}

/* --- key pairs of a session --- */

static CK_RV pair(const struct work *w, bool derive, CK_OBJECT_HANDLE handles[2])
{
	CK_MECHANISM mechanism = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
	CK_ATTRIBUTE public[] = {{CKA_TOKEN, &no, 1}, {CKA_EC_PARAMS, (void *)p256, sizeof p256}};
	CK_ATTRIBUTE private[] = {{CKA_TOKEN, &no, 1}, {CKA_SENSITIVE, &yes, 1}, {derive ? CKA_DERIVE : CKA_SIGN, &yes, 1}};

	return w->f->C_GenerateKeyPair(w->session, &mechanism, public, 2, private, 3, &handles[0], &handles[1]);
}

static bool module_generate(void *context, size_t count)
{
	const struct work *w = context;
	CK_OBJECT_HANDLE handles[2];

	while (count--)
		if (pair(w, false, handles) != CKR_OK || w->f->C_DestroyObject(w->session, handles[0]) != CKR_OK ||
			w->f->C_DestroyObject(w->session, handles[1]) != CKR_OK)
			return false;
	return true;
}

static bool bare_generate(void *context, size_t count)
{
	const struct work *w = context;
	EVP_PKEY *key = NULL;

	while (count--) {
		if (EVP_PKEY_generate(w->generate, &key) != 1)
			return false;
		EVP_PKEY_free(key);
		key = NULL;
	}
	return true;
}

static void generation(struct bench *b)
{
	struct work w = {.f = b->f, .session = b->session, .generate = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL)};

	if (EVP_PKEY_keygen_init(w.generate) == 1 && EVP_PKEY_CTX_set_group_name(w.generate, "P-256") == 1)
		bench_against(b, "generate P-256, of the session", module_generate, bare_generate, &w);
	EVP_PKEY_CTX_free(w.generate);
}

/* --- key agreement --- */

static bool module_derive(void *context, size_t count)
{
	struct work *w = context;
	CK_ECDH1_DERIVE_PARAMS parameters = {CKD_NULL, 0, NULL, sizeof w->point, w->point};
	CK_MECHANISM mechanism = {CKM_ECDH1_DERIVE, &parameters, sizeof parameters};
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_ULONG len = 32;
	CK_ATTRIBUTE secret[] = {{CKA_CLASS, &class, sizeof class}, {CKA_KEY_TYPE, &type, sizeof type}, {CKA_TOKEN, &no, 1}, {CKA_VALUE_LEN, &len, sizeof len},
		{CKA_SENSITIVE, &no, 1}, {CKA_EXTRACTABLE, &yes, 1}};
	CK_OBJECT_HANDLE handle;

	while (count--)
		if (w->f->C_DeriveKey(w->session, &mechanism, w->key, secret, sizeof secret / sizeof *secret, &handle) != CKR_OK ||
			w->f->C_DestroyObject(w->session, handle) != CKR_OK)
			return false;
	return true;
}

/* The peer's point is another each time, as far as a module knows: both read it and check it anew. */
static bool bare_derive(void *context, size_t count)
{
	struct work *w = context;
	bool good = true;

	while (good && count--) {
		EVP_PKEY_CTX *reader = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
		OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)"P-256", 0),
			OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, w->point, sizeof w->point), OSSL_PARAM_construct_end()};
		EVP_PKEY *peer = NULL;
		size_t len = sizeof out;

		good = EVP_PKEY_fromdata_init(reader) == 1 && EVP_PKEY_fromdata(reader, &peer, EVP_PKEY_PUBLIC_KEY, parameters) == 1 &&
		       EVP_PKEY_derive_set_peer(w->derive, peer) == 1 && EVP_PKEY_derive(w->derive, out, &len) == 1;
		EVP_PKEY_free(peer);
		EVP_PKEY_CTX_free(reader);
	}
	return good;
}

static bool open_derive(struct work *w)
{
	EVP_PKEY *peer = EVP_EC_gen("P-256");
	size_t len;
	bool good;

	w->bare = EVP_EC_gen("P-256");
	w->derive = EVP_PKEY_CTX_new_from_pkey(NULL, w->bare, NULL);
	good = peer && w->derive && EVP_PKEY_get_octet_string_param(peer, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, w->point, sizeof w->point, &len) == 1 &&
	       len == sizeof w->point && EVP_PKEY_derive_init(w->derive) == 1;
	EVP_PKEY_free(peer);
	return good;
}

static void agreement(struct bench *b)
{
	struct work w = {.f = b->f, .session = b->session};
	CK_OBJECT_HANDLE handles[2];
	CK_RV rv = pair(&w, true, handles);

	w.key = handles[1];
	if (rv != CKR_OK)
		bench_skip("ECDH P-256", "no key for it", rv);
	else if (open_derive(&w))
		bench_against(b, "ECDH P-256", module_derive, bare_derive, &w);
	EVP_PKEY_CTX_free(w.derive);
	EVP_PKEY_free(w.bare);
}

void bench_other_mechanisms(struct bench *b)
{
	agreement(b);
	generation(b);
	digests(b);
	random_bytes(b);
}

/* --- calls --- */

static bool call_floor(void *context, size_t count)
{
	const struct work *w = context;
	CK_SESSION_INFO info;

	while (count--)
		if (w->f->C_GetSessionInfo(w->session, &info) != CKR_OK)
			return false;
	return true;
}

static bool open_close(void *context, size_t count)
{
	const struct work *w = context;
	CK_SESSION_HANDLE session;

	while (count--)
		if (w->f->C_OpenSession(w->slot, CKF_SERIAL_SESSION, NULL, NULL, &session) != CKR_OK || w->f->C_CloseSession(session) != CKR_OK)
			return false;
	return true;
}

static bool get_attribute(void *context, size_t count)
{
	const struct work *w = context;
	CK_BYTE id[64];

	while (count--) {
		CK_ATTRIBUTE a = {CKA_ID, id, sizeof id};

		if (w->f->C_GetAttributeValue(w->session, w->key, &a, 1) != CKR_OK)
			return false;
	}
	return true;
}

void bench_calls(struct bench *b)
{
	CK_RV rv;
	struct work w = {.f = b->f, .session = b->session, .slot = b->slot, .key = bench_signing_key(b, b->session, &rv)};

	bench_alone(b, "C_GetSessionInfo", 0, call_floor, &w);
	bench_alone(b, "C_OpenSession and C_CloseSession", 0, open_close, &w);
	bench_alone(b, "C_GetAttributeValue, of a private key", 0, get_attribute, &w);
}
