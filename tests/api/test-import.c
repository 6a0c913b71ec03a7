/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/judge.h"

#include <openssl/core_names.h>
#include <openssl/x509.h>

#include "lib/check.h"

/* Keys from outside: public ones always, private ones where sinbun.conf says `import = yes`. */

static CK_BYTE message[] = "what is signed";
static EVP_PKEY *keys[API_RSA_4096]; /* of libcrypto's, one of each kind */

static const struct use {
	CK_MECHANISM_TYPE type;
	struct judge_scheme scheme;
} uses[API_RSA_4096] = {
	[API_P256] = {CKM_ECDSA_SHA256, {JUDGE_ECDSA, "SHA256", false, NULL, 0}},
	[API_P384] = {CKM_ECDSA_SHA256, {JUDGE_ECDSA, "SHA256", false, NULL, 0}},
	[API_P521] = {CKM_ECDSA_SHA256, {JUDGE_ECDSA, "SHA256", false, NULL, 0}},
	[API_ED25519] = {CKM_EDDSA, {JUDGE_EDDSA, NULL, false, NULL, 0}},
	[API_RSA_2048] = {CKM_SHA256_RSA_PKCS, {JUDGE_PKCS1, "SHA256", false, NULL, 0}},
	[API_RSA_3072] = {CKM_SHA256_RSA_PKCS, {JUDGE_PKCS1, "SHA256", false, NULL, 0}},
};

static void expect(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, const void *value, size_t len)
{
	CK_BYTE got[1024];
	CK_ATTRIBUTE a = ATTRIBUTE_OF(type, got);
	int before = check_failures;

	CHECK_EQ(p11->C_GetAttributeValue(session, object, &a, 1), CKR_OK);
	CHECK(a.ulValueLen == len && memcmp(got, value, len) == 0);
	if (check_failures != before)
		fprintf(stderr, "  that is attribute 0x%lx\n", type);
}

static void expect_info(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, EVP_PKEY *key)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(key, &der);

	REQUIRE(len > 0);
	expect(session, object, CKA_PUBLIC_KEY_INFO, der, (size_t)len);
	OPENSSL_free(der);
}

/* Nobody vouches for the past of what came from outside. */
static void expect_no_past(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, bool is_private)
{
	expect(session, object, CKA_LOCAL, &api_no, 1);
	CHECK_EQ(api_number(session, object, CKA_KEY_GEN_MECHANISM), CK_UNAVAILABLE_INFORMATION);
	if (is_private) {
		expect(session, object, CKA_ALWAYS_SENSITIVE, &api_no, 1);
		expect(session, object, CKA_NEVER_EXTRACTABLE, &api_no, 1);
		expect(session, object, CKA_SENSITIVE, &api_yes, 1);
		expect(session, object, CKA_EXTRACTABLE, &api_no, 1);
	}
}

static void refused(CK_SESSION_HANDLE session, struct judge_template *t, CK_RV want)
{
	CK_ULONG before = api_find(session, NULL, 0, NULL, 0);
	CK_OBJECT_HANDLE object = 77;

	CHECK_EQ(judge_create(session, t, &object), want);
	CHECK_EQ(object, 77);
	CHECK_EQ(api_find(session, NULL, 0, NULL, 0), before);
}

/* --- public keys --- */

/* The object is the key: it tells its parts in their canonical form, and verifies what the key signed. */
static void is_the_public_key(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, int kind, EVP_PKEY *key)
{
	CK_MECHANISM mechanism = {uses[kind].type, NULL, 0};
	CK_BYTE signature[JUDGE_SIGNATURE];
	struct judge_template canonical;
	CK_ULONG len;

	judge_public_template(key, &canonical);
	for (CK_ULONG i = 0; i < canonical.count; i++)
		expect(session, object, canonical.rows[i].type, canonical.rows[i].pValue, canonical.rows[i].ulValueLen);
	expect_info(session, object, key);
	expect_no_past(session, object, false);
	len = judge_signs(key, &uses[kind].scheme, message, sizeof message, signature);
	CHECK_EQ(p11->C_VerifyInit(session, &mechanism, object), CKR_OK);
	CHECK_EQ(p11->C_Verify(session, message, sizeof message, signature, len), CKR_OK);
	if (api_key_kinds[kind].type == CKK_RSA)
		CHECK_EQ(api_number(session, object, CKA_MODULUS_BITS), api_key_kinds[kind].bits);
}

static void taken(CK_SESSION_HANDLE session, struct judge_template *t, int kind, EVP_PKEY *key)
{
	CK_OBJECT_HANDLE object;
	CK_RV rv = judge_create(session, t, &object);
	int before = check_failures;

	CHECK_EQ(rv, CKR_OK);
	if (rv == CKR_OK) {
		is_the_public_key(session, object, kind, key);
		CHECK_EQ(p11->C_DestroyObject(session, object), CKR_OK);
	}
	if (check_failures != before)
		fprintf(stderr, "  that is %s\n", api_key_kinds[kind].name);
}

/* The point without its OCTET STRING. */
static void unwrap(CK_ATTRIBUTE *point)
{
	const CK_BYTE *der = point->pValue;
	CK_ULONG head = der[1] == 0x81 ? 3 : 2;

	point->pValue = (CK_BYTE *)point->pValue + head;
	point->ulValueLen -= head;
}

static void compress(CK_ATTRIBUTE *bare)
{
	CK_BYTE *point = bare->pValue;

	point[0] = 2 + (point[bare->ulValueLen - 1] & 1);
	bare->ulValueLen = (bare->ulValueLen + 1) / 2;
}

static void wrap(CK_ATTRIBUTE *bare, CK_BYTE der[160])
{
	CK_ULONG head = bare->ulValueLen < 128 ? 2 : 3;

	der[0] = 4;
	der[1] = head == 2 ? (CK_BYTE)bare->ulValueLen : 0x81;
	der[head - 1] = (CK_BYTE)bare->ulValueLen;
	memcpy(der + head, bare->pValue, bare->ulValueLen);
	bare->pValue = der;
	bare->ulValueLen += head;
}

static void points_in_all_forms(CK_SESSION_HANDLE session)
{
	struct judge_template t;
	CK_BYTE der[160];

	for (int kind = 0; kind <= API_ED25519; kind++) {
		judge_public_template(keys[kind], &t);
		taken(session, &t, kind, keys[kind]);
		unwrap(judge_row(&t, CKA_EC_POINT));
		taken(session, &t, kind, keys[kind]);
		if (kind == API_ED25519)
			continue;
		compress(judge_row(&t, CKA_EC_POINT));
		taken(session, &t, kind, keys[kind]);
		wrap(judge_row(&t, CKA_EC_POINT), der);
		taken(session, &t, kind, keys[kind]);
	}
}

/* A bare point whose first bytes read as the head of an OCTET STRING of just its length. */
static void points_that_look_wrapped(CK_SESSION_HANDLE session)
{
	static const struct {
		int kind;
		CK_BYTE second;
	} rows[] = {{API_P256, 65 - 2}, {API_P384, 97 - 2}};
	static const CK_BYTE edwards[32] = {4, 30, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 1};
	struct judge_template t;
	CK_OBJECT_HANDLE object;
	CK_BYTE wrapped[34] = {4, 32};

	for (size_t i = 0; i < COUNT(rows); i++) {
		EVP_PKEY *key = NULL;
		CK_ATTRIBUTE *point;

		do {
			EVP_PKEY_free(key);
			key = judge_generate(rows[i].kind);
			judge_public_template(key, &t);
			point = judge_row(&t, CKA_EC_POINT);
			unwrap(point);
		} while (((CK_BYTE *)point->pValue)[1] != rows[i].second);
		taken(session, &t, rows[i].kind, key);
		EVP_PKEY_free(key);
	}
	judge_public_template(keys[API_ED25519], &t);
	judge_remove(&t, CKA_EC_POINT);
	judge_add(&t, CKA_EC_POINT, edwards, sizeof edwards);
	CHECK_EQ(judge_create(session, &t, &object), CKR_OK);
	memcpy(wrapped + 2, edwards, sizeof edwards);
	expect(session, object, CKA_EC_POINT, wrapped, sizeof wrapped);
}

static void wrong_points(CK_SESSION_HANDLE session)
{
	struct judge_template t;

	for (int kind = 0; kind <= API_P521; kind++) {
		CK_BYTE point[140], altered[140], der[300];
		CK_ATTRIBUTE *row;
		CK_ULONG len, field;

		judge_public_template(keys[kind], &t);
		row = judge_row(&t, CKA_EC_POINT);
		unwrap(row);
		len = row->ulValueLen;
		field = len / 2;
		memcpy(point, row->pValue, len);
		row->pValue = altered;
#define TRY(...)                                     \
	do {                                         \
		memset(altered, 0, sizeof altered);  \
		memcpy(altered, point, len);         \
		row->pValue = altered;               \
		row->ulValueLen = len;               \
		__VA_ARGS__;                         \
		refused(session, &t, CKR_ATTRIBUTE_VALUE_INVALID); \
	} while (0)
		/* off the curve */
		TRY(altered[len - 1] ^= 1);
		TRY(altered[field] ^= 1);
		/* infinity, in all its ways */
		TRY(row->ulValueLen = 1, altered[0] = 0);
		TRY(memset(altered, 0, len));
		TRY(memset(altered + 1, 0, len - 1));
		/* coordinates that are no residues */
		TRY(memset(altered + 1, 0xff, field));
		TRY(memset(altered + 1 + field, 0xff, field));
		/* other forms: hybrid, none at all */
		TRY(altered[0] = 6 + (point[len - 1] & 1));
		TRY(altered[0] = 5);
		TRY(altered[0] = 2);
		TRY(altered[0] = 0xff);
		/* lengths */
		TRY(row->ulValueLen = 0);
		TRY(row->ulValueLen = len - 1);
		TRY(row->ulValueLen = len + 1);
		TRY(row->ulValueLen = field + 1);
		TRY(row->ulValueLen = field);
		/* wrapped wrongly: a tag, a length, a byte behind, twice */
		TRY(wrap(row, der), der[0] = 3);
		TRY(wrap(row, der), der[1]++);
		TRY(wrap(row, der), der[row->ulValueLen] = 0, row->ulValueLen++);
		TRY(wrap(row, der), memcpy(altered, der, row->ulValueLen), row->pValue = altered, wrap(row, der));
		/* another curve's */
		for (int other = 0; other <= API_ED25519; other++)
			if (other != kind) {
				struct judge_template o;

				judge_public_template(keys[other], &o);
				TRY(*row = *judge_row(&o, CKA_EC_POINT));
			}
#undef TRY
	}
}

static void wrong_edwards_points(CK_SESSION_HANDLE session)
{
	static const CK_ULONG lengths[] = {0, 1, 31, 33, 57, 64};
	struct judge_template t;
	CK_BYTE bytes[64] = {4, 5, 6};

	judge_public_template(keys[API_ED25519], &t);
	for (size_t i = 0; i < COUNT(lengths); i++) {
		*judge_row(&t, CKA_EC_POINT) = (CK_ATTRIBUTE){CKA_EC_POINT, bytes, lengths[i]};
		refused(session, &t, CKR_ATTRIBUTE_VALUE_INVALID);
	}
}

static void public_rsa(CK_SESSION_HANDLE session)
{
	CK_BYTE zeros[300] = {0}, e[] = {0, 0, 1, 0, 1};
	static const CK_BYTE even[] = {1, 0, 0}, one[] = {1}, zero[] = {0}, long_e[9] = {1, [8] = 1};
	const CK_ATTRIBUTE exponents[] = {ATTRIBUTE_OF(CKA_PUBLIC_EXPONENT, even), ATTRIBUTE_OF(CKA_PUBLIC_EXPONENT, one),
		ATTRIBUTE_OF(CKA_PUBLIC_EXPONENT, zero), ATTRIBUTE_OF(CKA_PUBLIC_EXPONENT, long_e), ATTRIBUTE(CKA_PUBLIC_EXPONENT, one, 0)};
	struct judge_template t;
	CK_ATTRIBUTE *n;

	for (int kind = API_RSA_2048; kind <= API_RSA_3072; kind++) {
		judge_public_template(keys[kind], &t);
		taken(session, &t, kind, keys[kind]);
		/* Zeros before a number are not part of it. */
		n = judge_row(&t, CKA_MODULUS);
		memcpy(zeros + 3, n->pValue, n->ulValueLen < 290 ? n->ulValueLen : 0);
		if (kind == API_RSA_2048)
			*n = (CK_ATTRIBUTE){CKA_MODULUS, zeros, 259};
		*judge_row(&t, CKA_PUBLIC_EXPONENT) = (CK_ATTRIBUTE)ATTRIBUTE_OF(CKA_PUBLIC_EXPONENT, e);
		taken(session, &t, kind, keys[kind]);
	}
	for (size_t i = 0; i < COUNT(exponents); i++) {
		judge_public_template(keys[API_RSA_2048], &t);
		*judge_row(&t, CKA_PUBLIC_EXPONENT) = exponents[i];
		refused(session, &t, CKR_ATTRIBUTE_VALUE_INVALID);
	}
	judge_public_template(keys[API_RSA_2048], &t);
	((CK_BYTE *)judge_row(&t, CKA_MODULUS)->pValue)[255] &= 0xfe;
	refused(session, &t, CKR_ATTRIBUTE_VALUE_INVALID);
	judge_row(&t, CKA_MODULUS)->ulValueLen = 0;
	refused(session, &t, CKR_KEY_SIZE_RANGE);
}

static void what_a_public_key_must_say(CK_SESSION_HANDLE session)
{
	static const CK_ATTRIBUTE_TYPE ec[] = {CKA_CLASS, CKA_KEY_TYPE, CKA_EC_PARAMS, CKA_EC_POINT};
	static const CK_ATTRIBUTE_TYPE rsa[] = {CKA_CLASS, CKA_KEY_TYPE, CKA_MODULUS, CKA_PUBLIC_EXPONENT};
	static const CK_ULONG bits = 2048, from = CKM_RSA_PKCS_KEY_PAIR_GEN;
	struct judge_template t;

	for (size_t i = 0; i < COUNT(ec); i++) {
		judge_public_template(keys[API_P256], &t);
		judge_remove(&t, ec[i]);
		refused(session, &t, CKR_TEMPLATE_INCOMPLETE);
		judge_public_template(keys[API_RSA_2048], &t);
		judge_remove(&t, rsa[i]);
		refused(session, &t, CKR_TEMPLATE_INCOMPLETE);
	}
	judge_public_template(keys[API_RSA_2048], &t);
	judge_add(&t, CKA_MODULUS_BITS, &bits, sizeof bits);
	refused(session, &t, CKR_TEMPLATE_INCONSISTENT);
	judge_public_template(keys[API_RSA_2048], &t);
	judge_add(&t, CKA_LOCAL, &api_yes, 1);
	refused(session, &t, CKR_ATTRIBUTE_READ_ONLY);
	judge_public_template(keys[API_RSA_2048], &t);
	judge_add(&t, CKA_KEY_GEN_MECHANISM, &from, sizeof from);
	refused(session, &t, CKR_ATTRIBUTE_READ_ONLY);
	judge_public_template(keys[API_P256], &t);
	*judge_row(&t, CKA_EC_PARAMS) = (CK_ATTRIBUTE)ATTRIBUTE(CKA_EC_PARAMS, api_key_kinds[API_P384].params, 7);
	refused(session, &t, CKR_ATTRIBUTE_VALUE_INVALID);
	*judge_row(&t, CKA_EC_PARAMS) = (CK_ATTRIBUTE)ATTRIBUTE(CKA_EC_PARAMS, api_key_kinds[API_ED25519].params, 5);
	refused(session, &t, CKR_CURVE_NOT_SUPPORTED);
}

/* CKA_PUBLIC_KEY_INFO may be given where it is right, or left empty; then it is told as computed. */
static void given_info(CK_SESSION_HANDLE session, bool is_private)
{
	for (int kind = 0; kind < API_RSA_3072; kind++) {
		void (*make)(EVP_PKEY *key, struct judge_template *t) = is_private ? judge_private_template : judge_public_template;
		EVP_PKEY *stranger = judge_generate(kind);
		unsigned char *right = NULL, *wrong = NULL;
		int right_len = i2d_PUBKEY(keys[kind], &right), wrong_len = i2d_PUBKEY(stranger, &wrong);
		CK_OBJECT_HANDLE object;
		struct judge_template t;

		make(keys[kind], &t);
		judge_add(&t, CKA_PUBLIC_KEY_INFO, right, (size_t)right_len);
		CHECK_EQ(judge_create(session, &t, &object), CKR_OK);
		expect_info(session, object, keys[kind]);
		judge_row(&t, CKA_PUBLIC_KEY_INFO)->ulValueLen--;
		refused(session, &t, CKR_ATTRIBUTE_VALUE_INVALID);
		judge_row(&t, CKA_PUBLIC_KEY_INFO)->ulValueLen = 0;
		CHECK_EQ(judge_create(session, &t, &object), CKR_OK);
		expect_info(session, object, keys[kind]);
		make(keys[kind], &t);
		judge_add(&t, CKA_PUBLIC_KEY_INFO, wrong, (size_t)wrong_len);
		refused(session, &t, CKR_ATTRIBUTE_VALUE_INVALID);
		EVP_PKEY_free(stranger);
		OPENSSL_free(right);
		OPENSSL_free(wrong);
	}
}

/* --- private keys --- */

static void no_private_keys(CK_SESSION_HANDLE session)
{
	struct judge_template t;

	for (int on_token = 0; on_token < 2; on_token++)
		for (int kind = 0; kind < API_RSA_4096; kind++) {
			judge_private_template(keys[kind], &t);
			judge_add(&t, CKA_TOKEN, on_token ? &api_yes : &api_no, 1);
			refused(session, &t, CKR_ACTION_PROHIBITED);
		}
}

/* The object is the key: libcrypto's public half verifies what it signs; and it tells no secret. */
static void is_the_private_key(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, int kind, EVP_PKEY *key)
{
	CK_ATTRIBUTE_TYPE secret = api_key_kinds[kind].type == CKK_RSA ? CKA_PRIVATE_EXPONENT : CKA_VALUE;
	CK_MECHANISM mechanism = {uses[kind].type, NULL, 0};
	CK_BYTE signature[JUDGE_SIGNATURE], value[JUDGE_SIGNATURE];
	CK_ATTRIBUTE a = ATTRIBUTE_OF(secret, value);
	CK_ULONG len = sizeof signature;

	expect_info(session, object, key);
	expect_no_past(session, object, true);
	CHECK_EQ(p11->C_GetAttributeValue(session, object, &a, 1), CKR_ATTRIBUTE_SENSITIVE);
	CHECK_EQ(p11->C_SignInit(session, &mechanism, object), CKR_OK);
	CHECK_EQ(p11->C_Sign(session, message, sizeof message, signature, &len), CKR_OK);
	CHECK(judge_verifies(key, &uses[kind].scheme, message, sizeof message, signature, len));
}

static void private_taken(CK_SESSION_HANDLE session, struct judge_template *t, int kind)
{
	CK_OBJECT_HANDLE object;
	CK_RV rv = judge_create(session, t, &object);
	int before = check_failures;

	CHECK_EQ(rv, CKR_OK);
	if (rv == CKR_OK)
		is_the_private_key(session, object, kind, keys[kind]);
	if (check_failures != before)
		fprintf(stderr, "  that is %s\n", api_key_kinds[kind].name);
}

static const CK_ATTRIBUTE_TYPE crt[] = {CKA_PRIME_1, CKA_PRIME_2, CKA_EXPONENT_1, CKA_EXPONENT_2, CKA_COEFFICIENT};

static void private_keys(CK_SESSION_HANDLE session)
{
	struct judge_template t;
	CK_BYTE value[67] = {0};
	CK_ATTRIBUTE *row;

	for (int kind = 0; kind < API_RSA_4096; kind++) {
		judge_private_template(keys[kind], &t);
		private_taken(session, &t, kind);
		if (api_key_kinds[kind].type == CKK_RSA) {
			for (size_t i = 0; i < COUNT(crt); i++)
				judge_remove(&t, crt[i]);
			private_taken(session, &t, kind);
		}
		/* Zeros before a number are not part of it. */
		if (api_key_kinds[kind].type != CKK_EC)
			continue;
		row = judge_row(&t, CKA_VALUE);
		memcpy(value + sizeof value - row->ulValueLen, row->pValue, row->ulValueLen);
		*row = (CK_ATTRIBUTE){CKA_VALUE, value, sizeof value};
		private_taken(session, &t, kind);
	}
}

/* Brought in once, it is there after a restart as it was; and its past stays unknown when it is copied or tightened. */
static CK_SESSION_HANDLE on_the_token(CK_SESSION_HANDLE session, CK_SLOT_ID slot)
{
	CK_ATTRIBUTE session_copy[] = {ATTRIBUTE_OF(CKA_TOKEN, api_no), ATTRIBUTE_OF(CKA_SENSITIVE, api_yes)};

	for (int kind = 0; kind < API_RSA_4096; kind++) {
		CK_BYTE id = (CK_BYTE)(0x60 + kind);
		struct judge_template t;
		CK_OBJECT_HANDLE object;

		judge_private_template(keys[kind], &t);
		judge_add(&t, CKA_TOKEN, &api_yes, 1);
		judge_add(&t, CKA_ID, &id, 1);
		CHECK_EQ(judge_create(session, &t, &object), CKR_OK);
	}
	api_restart();
	session = api_session(slot, true);
	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	for (int kind = 0; kind < API_RSA_4096; kind++) {
		CK_BYTE id = (CK_BYTE)(0x60 + kind);
		CK_ATTRIBUTE match = ATTRIBUTE_OF(CKA_ID, id);
		CK_OBJECT_HANDLE object, copy;

		REQUIRE(api_find(session, &match, 1, &object, 1) == 1);
		is_the_private_key(session, object, kind, keys[kind]);
		CHECK_EQ(p11->C_CopyObject(session, object, session_copy, 2, &copy), CKR_OK);
		is_the_private_key(session, copy, kind, keys[kind]);
	}
	return session;
}

static void wrong_scalars(CK_SESSION_HANDLE session)
{
	struct judge_template t;

	for (int kind = 0; kind <= API_P521; kind++) {
		BIGNUM *order = NULL;
		CK_BYTE n[66], ones[67];
		CK_ULONG len;
		CK_ATTRIBUTE *row;

		REQUIRE(EVP_PKEY_get_bn_param(keys[kind], OSSL_PKEY_PARAM_EC_ORDER, &order) == 1);
		len = (CK_ULONG)BN_bn2bin(order, n);
		judge_private_template(keys[kind], &t);
		row = judge_row(&t, CKA_VALUE);
		*row = (CK_ATTRIBUTE){CKA_VALUE, n, len};
		refused(session, &t, CKR_ATTRIBUTE_VALUE_INVALID);
		n[len - 1]++;
		refused(session, &t, CKR_ATTRIBUTE_VALUE_INVALID);
		row->ulValueLen = 0;
		refused(session, &t, CKR_ATTRIBUTE_VALUE_INVALID);
		memset(n, 0, sizeof n);
		row->ulValueLen = len;
		refused(session, &t, CKR_ATTRIBUTE_VALUE_INVALID);
		row->ulValueLen = 1;
		refused(session, &t, CKR_ATTRIBUTE_VALUE_INVALID);
		memset(ones, 1, sizeof ones);
		*row = (CK_ATTRIBUTE){CKA_VALUE, ones, len + 1};
		refused(session, &t, CKR_ATTRIBUTE_VALUE_INVALID);
		BN_free(order);
	}
	for (CK_ULONG len = 0; len < 66; len++) {
		CK_BYTE seed[66] = {1};

		judge_private_template(keys[API_ED25519], &t);
		*judge_row(&t, CKA_VALUE) = (CK_ATTRIBUTE){CKA_VALUE, seed, len};
		if (len != 32)
			refused(session, &t, CKR_ATTRIBUTE_VALUE_INVALID);
	}
}

/* Parts of two RSA keys are none: each part is taken from the other key once, the CRT parts also together. */
static void rsa_of_two_keys(CK_SESSION_HANDLE session)
{
	static const CK_ATTRIBUTE_TYPE parts[] = {
		CKA_MODULUS, CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_PRIME_2, CKA_EXPONENT_1, CKA_EXPONENT_2, CKA_COEFFICIENT};
	EVP_PKEY *stranger = judge_generate(API_RSA_2048);
	static const CK_BYTE other_e[] = {1, 0, 3};
	struct judge_template t, other;

	judge_private_template(stranger, &other);
	for (size_t i = 0; i < COUNT(parts); i++) {
		int before = check_failures;

		judge_private_template(keys[API_RSA_2048], &t);
		*judge_row(&t, parts[i]) = *judge_row(&other, parts[i]);
		refused(session, &t, CKR_ATTRIBUTE_VALUE_INVALID);
		if (check_failures != before)
			fprintf(stderr, "  that is with the other's 0x%lx\n", parts[i]);
	}
	judge_private_template(keys[API_RSA_2048], &t);
	*judge_row(&t, CKA_PUBLIC_EXPONENT) = (CK_ATTRIBUTE)ATTRIBUTE_OF(CKA_PUBLIC_EXPONENT, other_e);
	refused(session, &t, CKR_ATTRIBUTE_VALUE_INVALID);
	judge_private_template(keys[API_RSA_2048], &t);
	for (size_t i = 0; i < COUNT(crt); i++)
		*judge_row(&t, crt[i]) = *judge_row(&other, crt[i]);
	refused(session, &t, CKR_ATTRIBUTE_VALUE_INVALID);
	/* The five CRT parts come together or not at all. */
	for (size_t i = 0; i < COUNT(crt); i++) {
		judge_private_template(keys[API_RSA_2048], &t);
		judge_remove(&t, crt[i]);
		refused(session, &t, CKR_ATTRIBUTE_VALUE_INVALID);
	}
	EVP_PKEY_free(stranger);
}

static void what_a_private_key_may_not_say(CK_SESSION_HANDLE session)
{
	static const struct {
		CK_ATTRIBUTE_TYPE type;
		CK_BBOOL value;
		CK_RV answer;
	} rows[] = {
		{CKA_LOCAL, CK_TRUE, CKR_ATTRIBUTE_READ_ONLY},
		{CKA_ALWAYS_SENSITIVE, CK_TRUE, CKR_ATTRIBUTE_READ_ONLY},
		{CKA_NEVER_EXTRACTABLE, CK_TRUE, CKR_ATTRIBUTE_READ_ONLY},
		{CKA_SENSITIVE, CK_FALSE, CKR_TEMPLATE_INCONSISTENT},
		{CKA_EXTRACTABLE, CK_TRUE, CKR_TEMPLATE_INCONSISTENT},
		{CKA_PRIVATE, CK_FALSE, CKR_TEMPLATE_INCONSISTENT},
		{CKA_VERIFY, CK_TRUE, CKR_ATTRIBUTE_TYPE_INVALID},
		{CKA_EC_POINT, CK_TRUE, CKR_ATTRIBUTE_TYPE_INVALID},
	};
	static const CK_ATTRIBUTE_TYPE ec[] = {CKA_EC_PARAMS, CKA_VALUE};
	static const CK_ATTRIBUTE_TYPE rsa[] = {CKA_MODULUS, CKA_PUBLIC_EXPONENT, CKA_PRIVATE_EXPONENT};
	struct judge_template t;

	for (size_t i = 0; i < COUNT(rows); i++) {
		judge_private_template(keys[API_P256], &t);
		judge_add(&t, rows[i].type, &rows[i].value, 1);
		refused(session, &t, rows[i].answer);
	}
	for (size_t i = 0; i < COUNT(ec); i++) {
		judge_private_template(keys[API_P256], &t);
		judge_remove(&t, ec[i]);
		refused(session, &t, CKR_TEMPLATE_INCOMPLETE);
	}
	for (size_t i = 0; i < COUNT(rsa); i++) {
		judge_private_template(keys[API_RSA_2048], &t);
		judge_remove(&t, rsa[i]);
		refused(session, &t, CKR_TEMPLATE_INCOMPLETE);
	}
}

int main(void)
{
	CK_SESSION_HANDLE session;
	CK_SLOT_ID slot;

	api_open("");
	for (int kind = 0; kind < API_RSA_4096; kind++)
		keys[kind] = judge_generate(kind);
	session = api_ready(NULL);
	points_in_all_forms(session);
	points_that_look_wrapped(session);
	wrong_points(session);
	wrong_edwards_points(session);
	public_rsa(session);
	what_a_public_key_must_say(session);
	given_info(session, false);
	no_private_keys(session);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	api_configure("import = yes\n");
	session = api_ready(&slot);
	private_keys(session);
	given_info(session, true);
	wrong_scalars(session);
	rsa_of_two_keys(session);
	what_a_private_key_may_not_say(session);
	on_the_token(session, slot);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	for (int kind = 0; kind < API_RSA_4096; kind++)
		EVP_PKEY_free(keys[kind]);
	return check_result();
}
