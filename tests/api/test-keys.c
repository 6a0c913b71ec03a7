/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/judge.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include "lib/check.h"

/* Key pairs that the token makes: by which names and sizes, and which attributes they have. */

static CK_MECHANISM ec = {CKM_EC_KEY_PAIR_GEN, NULL, 0}, edwards = {CKM_EC_EDWARDS_KEY_PAIR_GEN, NULL, 0},
		    rsa = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};

static CK_ULONG objects(CK_SESSION_HANDLE session)
{
	return api_find(session, NULL, 0, NULL, 0);
}

/* Refused with this code; no handle is given and no half is left. */
static void refused(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *public, CK_ULONG count, CK_RV want)
{
	CK_OBJECT_HANDLE handles[2] = {77, 78};
	CK_ULONG before = objects(session);

	CHECK_EQ(p11->C_GenerateKeyPair(session, mechanism, public, count, NULL, 0, &handles[0], &handles[1]), want);
	CHECK(handles[0] == 77 && handles[1] == 78);
	CHECK_EQ(objects(session), before);
}

static CK_ULONG read(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, CK_BYTE *value, CK_ULONG size)
{
	CK_ATTRIBUTE a = ATTRIBUTE(type, value, size);

	CK_RV rv = p11->C_GetAttributeValue(session, object, &a, 1);

	if (rv != CKR_OK)
		fprintf(stderr, "attribute 0x%lx cannot be read: 0x%lx\n", type, rv);
	REQUIRE(rv == CKR_OK);
	return a.ulValueLen;
}

/* --- by name --- */

static const struct {
	int kind;
	const char *name;
} names[] = {
	{API_P256, "secp256r1"}, {API_P256, "prime256v1"}, {API_P256, "P-256"}, {API_P384, "secp384r1"}, {API_P384, "P-384"},
	{API_P521, "secp521r1"}, {API_P521, "P-521"}, {API_ED25519, "edwards25519"}, {API_ED25519, "Ed25519"}, {API_ED25519, "ED25519"},
};

static CK_ULONG printable(const char *name, CK_BYTE params[64])
{
	params[0] = 0x13;
	params[1] = (CK_BYTE)strlen(name);
	memcpy(params + 2, name, strlen(name));
	return strlen(name) + 2;
}

/* Whatever name it was asked for by, the curve is given as an OID. */
static void curves_by_name(CK_SESSION_HANDLE session)
{
	for (size_t i = 0; i < COUNT(names); i++) {
		const struct api_key_kind *kind = &api_key_kinds[names[i].kind];
		CK_MECHANISM mechanism = {kind->generate, NULL, 0};
		CK_BYTE params[64], value[64];
		CK_ATTRIBUTE public[] = {ATTRIBUTE(CKA_EC_PARAMS, params, printable(names[i].name, params))};
		struct api_pair pair;
		int before = check_failures;

		CHECK_EQ(p11->C_GenerateKeyPair(session, &mechanism, public, 1, NULL, 0, &pair.public, &pair.private), CKR_OK);
		if (check_failures == before) {
			CHECK(read(session, pair.public, CKA_EC_PARAMS, value, sizeof value) == kind->params_len);
			CHECK(memcmp(value, kind->params, kind->params_len) == 0);
			CHECK(read(session, pair.private, CKA_EC_PARAMS, value, sizeof value) == kind->params_len);
			CHECK(memcmp(value, kind->params, kind->params_len) == 0);
			CHECK_EQ(api_number(session, pair.public, CKA_KEY_TYPE), kind->type);
		} else
			fprintf(stderr, "  that is %s\n", names[i].name);
	}
}

static void curves_of_others(CK_SESSION_HANDLE session)
{
	static const CK_BYTE secp256k1[] = {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a}, x25519[] = {0x06, 0x03, 0x2b, 0x65, 0x6e},
			     ed448[] = {0x06, 0x03, 0x2b, 0x65, 0x71}, ed25519[] = {0x06, 0x03, 0x2b, 0x65, 0x70}, null[] = {0x05, 0x00},
			     brainpool[] = {0x06, 0x09, 0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x07}, explicit[] = {0x30, 0x03, 0x02, 0x01, 0x01},
			     trailing[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x00},
			     utf8[] = {0x0c, 0x05, 'P', '-', '2', '5', '6'}, wrong_length[] = {0x13, 0x06, 'P', '-', '2', '5', '6'},
			     part[] = {0x13, 0x04, 'P', '-', '2', '5'}, k1_name[] = "\x13\x09secp256k1", zero[] = {0x13, 0x06, 'P', '-', '2', '5', '6', 0};
	CK_ATTRIBUTE rows[] = {ATTRIBUTE_OF(CKA_EC_PARAMS, secp256k1), ATTRIBUTE_OF(CKA_EC_PARAMS, x25519), ATTRIBUTE_OF(CKA_EC_PARAMS, ed448),
		ATTRIBUTE_OF(CKA_EC_PARAMS, null), ATTRIBUTE_OF(CKA_EC_PARAMS, brainpool), ATTRIBUTE_OF(CKA_EC_PARAMS, explicit),
		ATTRIBUTE_OF(CKA_EC_PARAMS, trailing), ATTRIBUTE_OF(CKA_EC_PARAMS, utf8), ATTRIBUTE_OF(CKA_EC_PARAMS, wrong_length),
		ATTRIBUTE_OF(CKA_EC_PARAMS, part), ATTRIBUTE(CKA_EC_PARAMS, k1_name, sizeof k1_name - 1), ATTRIBUTE_OF(CKA_EC_PARAMS, zero),
		ATTRIBUTE(CKA_EC_PARAMS, api_p256, 9), ATTRIBUTE(CKA_EC_PARAMS, api_p256, 2), ATTRIBUTE(CKA_EC_PARAMS, api_p256, 1),
		ATTRIBUTE(CKA_EC_PARAMS, NULL, 0)};
	CK_ATTRIBUTE nist = ATTRIBUTE_OF(CKA_EC_PARAMS, api_p256), of_edwards = ATTRIBUTE_OF(CKA_EC_PARAMS, ed25519);

	for (size_t i = 0; i < COUNT(rows); i++) {
		refused(session, &ec, &rows[i], 1, CKR_CURVE_NOT_SUPPORTED);
		refused(session, &edwards, &rows[i], 1, CKR_CURVE_NOT_SUPPORTED);
	}
	/* Each mechanism has its own curves. */
	refused(session, &edwards, &nist, 1, CKR_CURVE_NOT_SUPPORTED);
	refused(session, &ec, &of_edwards, 1, CKR_CURVE_NOT_SUPPORTED);
	refused(session, &ec, NULL, 0, CKR_TEMPLATE_INCOMPLETE);
	refused(session, &edwards, NULL, 0, CKR_TEMPLATE_INCOMPLETE);
	refused(session, &rsa, NULL, 0, CKR_TEMPLATE_INCOMPLETE);
}

/* --- RSA --- */

static void rsa_sizes(CK_SESSION_HANDLE session)
{
	static const CK_ULONG bad[] = {0, 1, 512, 1024, 2040, 2047, 2049, 2050, 4097, 4104, 8192, 16384, (1UL << 32) + 2048, 1UL << 63,
		CK_UNAVAILABLE_INFORMATION};
	static const CK_ULONG odd = 2056;
	CK_ATTRIBUTE good = ATTRIBUTE_OF(CKA_MODULUS_BITS, odd);
	struct api_pair pair;
	CK_BYTE modulus[512];

	for (size_t i = 0; i < COUNT(bad); i++) {
		CK_ATTRIBUTE bits = ATTRIBUTE_OF(CKA_MODULUS_BITS, bad[i]);

		refused(session, &rsa, &bits, 1, CKR_KEY_SIZE_RANGE);
	}
	CHECK_EQ(p11->C_GenerateKeyPair(session, &rsa, &good, 1, NULL, 0, &pair.public, &pair.private), CKR_OK);
	CHECK_EQ(api_number(session, pair.public, CKA_MODULUS_BITS), odd);
	CHECK_EQ(read(session, pair.public, CKA_MODULUS, modulus, sizeof modulus), 257);
	CHECK(modulus[0] & 0x80);
}

#define EXPONENT(...) {sizeof((CK_BYTE[]){__VA_ARGS__}), {__VA_ARGS__}}
struct exponent {
	CK_ULONG len;
	CK_BYTE value[12];
};

static void rsa_exponents(CK_SESSION_HANDLE session)
{
	static const struct exponent bad[] = {
		{0, {0}}, EXPONENT(0), EXPONENT(0, 0, 0), EXPONENT(1), EXPONENT(2), EXPONENT(3), EXPONENT(17), EXPONENT(0xff, 0xff), EXPONENT(1, 0, 0), EXPONENT(1, 0, 2),
		EXPONENT(1, 0, 0, 0, 0, 0, 0, 0, 1), EXPONENT(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
	};
	static const struct exponent good[] = {
		EXPONENT(1, 0, 1), EXPONENT(0, 1, 0, 1), EXPONENT(1, 0, 3), EXPONENT(1, 0, 0, 0, 0x0f), EXPONENT(0x80, 0, 0, 0, 0, 0, 0, 0x1d)};
	static const CK_ULONG bits = 2048;

	for (size_t i = 0; i < COUNT(bad); i++) {
		CK_ATTRIBUTE public[] = {ATTRIBUTE_OF(CKA_MODULUS_BITS, bits), ATTRIBUTE(CKA_PUBLIC_EXPONENT, bad[i].value, bad[i].len)};

		refused(session, &rsa, public, 2, CKR_ATTRIBUTE_VALUE_INVALID);
	}
	for (size_t i = 0; i < COUNT(good); i++) {
		CK_ATTRIBUTE add[] = {ATTRIBUTE(CKA_PUBLIC_EXPONENT, good[i].value, good[i].len)};
		struct api_pair pair = api_generate_kind(session, API_RSA_2048, add, 1, NULL, 0);
		CK_ULONG zeros = good[i].value[0] == 0;
		CK_BYTE e[16];

		/* In the shortest form, on both halves. */
		CHECK_EQ(read(session, pair.public, CKA_PUBLIC_EXPONENT, e, sizeof e), good[i].len - zeros);
		CHECK(memcmp(e, good[i].value + zeros, good[i].len - zeros) == 0);
		CHECK_EQ(read(session, pair.private, CKA_PUBLIC_EXPONENT, e, sizeof e), good[i].len - zeros);
		CHECK(memcmp(e, good[i].value + zeros, good[i].len - zeros) == 0);
	}
}

/* --- attributes --- */

enum { PUBLIC = 1, PRIVATE = 2, BOTH = 3, GENERATED = 1000, TEXT };
/* The rows of the standard's tables for keys that nobody gave more than a curve or a size: objects in storage (table 4.4), keys (4.7),
 * public (4.8) and private (4.9) ones. */
static const struct expected {
	CK_ATTRIBUTE_TYPE type;
	const char *name;
	int halves;
	CK_ULONG value; /* GENERATED: the mechanism; TEXT: a string of any length */
	CK_ULONG size;
} table[] = {
#define ROW(type, ...) {type, #type, __VA_ARGS__}
#define BOOL(type, halves, value) ROW(type, halves, value, 1)
	BOOL(CKA_TOKEN, BOTH, CK_FALSE),
	BOOL(CKA_PRIVATE, PUBLIC, CK_FALSE),
	BOOL(CKA_PRIVATE, PRIVATE, CK_TRUE),
	BOOL(CKA_MODIFIABLE, BOTH, CK_TRUE),
	BOOL(CKA_COPYABLE, BOTH, CK_TRUE),
	BOOL(CKA_DESTROYABLE, BOTH, CK_TRUE),
	ROW(CKA_LABEL, BOTH, TEXT, 0),
	ROW(CKA_CLASS, PUBLIC, CKO_PUBLIC_KEY, sizeof(CK_ULONG)),
	ROW(CKA_CLASS, PRIVATE, CKO_PRIVATE_KEY, sizeof(CK_ULONG)),

	ROW(CKA_ID, BOTH, TEXT, 0),
	ROW(CKA_START_DATE, BOTH, TEXT, 0),
	ROW(CKA_END_DATE, BOTH, TEXT, 0),
	BOOL(CKA_DERIVE, BOTH, CK_FALSE),
	BOOL(CKA_LOCAL, BOTH, CK_TRUE),
	ROW(CKA_KEY_GEN_MECHANISM, BOTH, GENERATED, sizeof(CK_ULONG)),

	ROW(CKA_SUBJECT, BOTH, TEXT, 0),
	BOOL(CKA_ENCRYPT, PUBLIC, CK_FALSE),
	BOOL(CKA_VERIFY, PUBLIC, CK_TRUE),
	BOOL(CKA_VERIFY_RECOVER, PUBLIC, CK_FALSE),
	BOOL(CKA_WRAP, PUBLIC, CK_FALSE),
	BOOL(CKA_TRUSTED, PUBLIC, CK_FALSE),

	BOOL(CKA_SENSITIVE, PRIVATE, CK_TRUE),
	BOOL(CKA_DECRYPT, PRIVATE, CK_FALSE),
	BOOL(CKA_SIGN, PRIVATE, CK_TRUE),
	BOOL(CKA_SIGN_RECOVER, PRIVATE, CK_FALSE),
	BOOL(CKA_UNWRAP, PRIVATE, CK_FALSE),
	BOOL(CKA_EXTRACTABLE, PRIVATE, CK_FALSE),
	BOOL(CKA_ALWAYS_SENSITIVE, PRIVATE, CK_TRUE),
	BOOL(CKA_NEVER_EXTRACTABLE, PRIVATE, CK_TRUE),
	BOOL(CKA_WRAP_WITH_TRUSTED, PRIVATE, CK_FALSE),
	BOOL(CKA_ALWAYS_AUTHENTICATE, PRIVATE, CK_FALSE),
};

static void expect_row(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, const struct expected *row, const struct api_key_kind *kind)
{
	union {
		CK_BBOOL flag;
		CK_ULONG number;
		CK_BYTE bytes[64];
	} value;
	CK_ATTRIBUTE a = ATTRIBUTE_OF(row->type, value);
	int before = check_failures;

	CHECK_EQ(p11->C_GetAttributeValue(session, object, &a, 1), CKR_OK);
	CHECK_EQ(a.ulValueLen, row->size);
	if (row->size == 1)
		CHECK_EQ(value.flag, row->value);
	if (row->size == sizeof(CK_ULONG))
		CHECK_EQ(value.number, row->value == GENERATED ? kind->generate : row->value);
	if (check_failures != before)
		fprintf(stderr, "  that is %s of %s\n", row->name, kind->name);
}

static void all_rows(CK_SESSION_HANDLE session, const struct api_pair *pair, const struct api_key_kind *kind)
{
	CK_BYTE one[64], other[64];
	CK_ULONG one_len = read(session, pair->public, CKA_UNIQUE_ID, one, sizeof one);
	CK_ULONG other_len = read(session, pair->private, CKA_UNIQUE_ID, other, sizeof other);

	CHECK(one_len > 0 && (one_len != other_len || memcmp(one, other, one_len) != 0));
	for (size_t i = 0; i < COUNT(table); i++) {
		if (table[i].halves & PUBLIC)
			expect_row(session, pair->public, &table[i], kind);
		if (table[i].halves & PRIVATE)
			expect_row(session, pair->private, &table[i], kind);
	}
	CHECK_EQ(api_number(session, pair->public, CKA_KEY_TYPE), kind->type);
	CHECK_EQ(api_number(session, pair->private, CKA_KEY_TYPE), kind->type);
}

/* What is secret is not told, neither its value nor its length, and the caller's buffer stays as it was. */
static void secrets(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, CK_KEY_TYPE type)
{
	static const CK_ATTRIBUTE_TYPE of_rsa[] = {
		CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_PRIME_2, CKA_EXPONENT_1, CKA_EXPONENT_2, CKA_COEFFICIENT};
	static const CK_ATTRIBUTE_TYPE of_others[] = {CKA_VALUE};
	const CK_ATTRIBUTE_TYPE *types = type == CKK_RSA ? of_rsa : of_others;

	for (size_t i = 0; i < (type == CKK_RSA ? COUNT(of_rsa) : COUNT(of_others)); i++) {
		CK_BYTE buffer[600], before[600];
		CK_ATTRIBUTE rows[] = {ATTRIBUTE_OF(types[i], buffer), ATTRIBUTE(types[i], NULL, 0)};

		memset(buffer, 0xa5, sizeof buffer);
		memcpy(before, buffer, sizeof before);
		for (size_t k = 0; k < COUNT(rows); k++) {
			CHECK_EQ(p11->C_GetAttributeValue(session, key, &rows[k], 1), CKR_ATTRIBUTE_SENSITIVE);
			CHECK_EQ(rows[k].ulValueLen, CK_UNAVAILABLE_INFORMATION);
		}
		CHECK(memcmp(buffer, before, sizeof buffer) == 0);
		/* Nor does a search tell. */
		rows[0].ulValueLen = 32;
		CHECK_EQ(api_find(session, rows, 1, NULL, 0), 0);
	}
}

/* CKA_PUBLIC_KEY_INFO of both halves is what libcrypto makes of the parts; a point is a DER OCTET STRING around an uncompressed one. */
static void public_parts(CK_SESSION_HANDLE session, const struct api_pair *pair, const struct api_key_kind *kind)
{
	EVP_PKEY *key = judge_key(session, pair->public);
	struct judge_template parts;
	unsigned char *der = NULL;
	CK_BYTE value[1024];
	CK_ULONG len = (CK_ULONG)i2d_PUBKEY(key, &der);

	CHECK_EQ(read(session, pair->public, CKA_PUBLIC_KEY_INFO, value, sizeof value), len);
	CHECK(memcmp(value, der, len) == 0);
	CHECK_EQ(read(session, pair->private, CKA_PUBLIC_KEY_INFO, value, sizeof value), len);
	CHECK(memcmp(value, der, len) == 0);
	judge_public_template(key, &parts);
	for (CK_ULONG i = 0; i < parts.count; i++) {
		int before = check_failures;

		len = read(session, pair->public, parts.rows[i].type, value, sizeof value);
		CHECK(len == parts.rows[i].ulValueLen && memcmp(value, parts.rows[i].pValue, len) == 0);
		if (check_failures != before)
			fprintf(stderr, "  that is attribute 0x%lx of %s\n", parts.rows[i].type, kind->name);
	}
	if (kind->type == CKK_RSA) {
		CHECK_EQ(api_number(session, pair->public, CKA_MODULUS_BITS), kind->bits);
		CHECK_EQ(EVP_PKEY_get_bits(key), (int)kind->bits);
		CHECK_EQ(read(session, pair->private, CKA_MODULUS, value, sizeof value), judge_row(&parts, CKA_MODULUS)->ulValueLen);
		CHECK(memcmp(value, judge_row(&parts, CKA_MODULUS)->pValue, kind->bits / 8) == 0);
	}
	OPENSSL_free(der);
	EVP_PKEY_free(key);
}

static void attributes(CK_SESSION_HANDLE session)
{
	for (int kind = 0; kind < API_RSA_4096; kind++) {
		struct api_pair pair = api_generate_kind(session, kind, NULL, 0, NULL, 0);

		all_rows(session, &pair, &api_key_kinds[kind]);
		secrets(session, pair.private, api_key_kinds[kind].type);
		public_parts(session, &pair, &api_key_kinds[kind]);
	}
}

/* What a template may not say of a key that is made here. */
static void templates(CK_SESSION_HANDLE session)
{
	static const CK_MECHANISM_TYPE made = CKM_EC_KEY_PAIR_GEN;
	static const CK_OBJECT_CLASS data = CKO_DATA;
	static const CK_KEY_TYPE other = CKK_RSA;
	const struct {
		CK_ATTRIBUTE a;
		int half;
		CK_RV answer;
	} rows[] = {
		{ATTRIBUTE_OF(CKA_LOCAL, api_yes), BOTH, CKR_ATTRIBUTE_READ_ONLY},
		{ATTRIBUTE_OF(CKA_KEY_GEN_MECHANISM, made), BOTH, CKR_ATTRIBUTE_READ_ONLY},
		{ATTRIBUTE_OF(CKA_ALWAYS_SENSITIVE, api_yes), PRIVATE, CKR_ATTRIBUTE_READ_ONLY},
		{ATTRIBUTE_OF(CKA_NEVER_EXTRACTABLE, api_yes), PRIVATE, CKR_ATTRIBUTE_READ_ONLY},
		{ATTRIBUTE_TEXT(CKA_UNIQUE_ID, "1"), BOTH, CKR_ATTRIBUTE_READ_ONLY},
		{ATTRIBUTE_OF(CKA_TRUSTED, api_yes), PUBLIC, CKR_ATTRIBUTE_READ_ONLY},
		{ATTRIBUTE_OF(CKA_CLASS, data), BOTH, CKR_TEMPLATE_INCONSISTENT},
		{ATTRIBUTE_OF(CKA_KEY_TYPE, other), BOTH, CKR_TEMPLATE_INCONSISTENT},
		{ATTRIBUTE_TEXT(CKA_EC_POINT, "point"), PUBLIC, CKR_TEMPLATE_INCONSISTENT},
		{ATTRIBUTE_TEXT(CKA_VALUE, "value"), PRIVATE, CKR_TEMPLATE_INCONSISTENT},
		{ATTRIBUTE_TEXT(CKA_PUBLIC_KEY_INFO, "info"), BOTH, CKR_TEMPLATE_INCONSISTENT},
		{ATTRIBUTE_OF(CKA_SENSITIVE, api_no), PRIVATE, CKR_TEMPLATE_INCONSISTENT},
		{ATTRIBUTE_OF(CKA_EXTRACTABLE, api_yes), PRIVATE, CKR_TEMPLATE_INCONSISTENT},
		{ATTRIBUTE_OF(CKA_PRIVATE, api_no), PRIVATE, CKR_TEMPLATE_INCONSISTENT},
		{ATTRIBUTE_OF(CKA_MODULUS_BITS, made), PUBLIC, CKR_ATTRIBUTE_TYPE_INVALID},
		{ATTRIBUTE_OF(CKA_SIGN, api_yes), PUBLIC, CKR_ATTRIBUTE_TYPE_INVALID},
		{ATTRIBUTE_OF(CKA_VERIFY, api_yes), PRIVATE, CKR_ATTRIBUTE_TYPE_INVALID},
		{ATTRIBUTE(CKA_SIGN, &api_yes, 2), PRIVATE, CKR_ATTRIBUTE_VALUE_INVALID},
		{ATTRIBUTE_TEXT(CKA_START_DATE, "2026-1-1-"), BOTH, CKR_ATTRIBUTE_VALUE_INVALID},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		for (int half = PUBLIC; half <= PRIVATE; half++) {
			CK_ATTRIBUTE public[] = {ATTRIBUTE_OF(CKA_EC_PARAMS, api_p256), rows[i].a}, private[] = {rows[i].a};
			CK_OBJECT_HANDLE handles[2] = {0};
			CK_ULONG count = objects(session);
			int before = check_failures;

			if (!(rows[i].half & half))
				continue;
			CHECK_EQ(p11->C_GenerateKeyPair(session, &ec, public, half == PUBLIC ? 2 : 1, private, half == PRIVATE, &handles[0],
					 &handles[1]),
				rows[i].answer);
			CHECK_EQ(objects(session), count);
			if (check_failures != before)
				fprintf(stderr, "  that is row %zu\n", i);
		}
}

/* --- where the halves lie --- */

static CK_RV sign(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, CK_BYTE signature[64])
{
	CK_MECHANISM mechanism = {CKM_ECDSA_SHA256, NULL, 0};
	CK_ULONG len = 64;
	CK_RV rv = p11->C_SignInit(session, &mechanism, key);

	return rv == CKR_OK ? p11->C_Sign(session, (CK_BYTE *)"abc", 3, signature, &len) : rv;
}

/* One half in the session, the other on the token: each lives as long as its place. */
static void mixed_pairs(CK_SESSION_HANDLE session, CK_SLOT_ID slot)
{
	static const struct judge_scheme scheme = {JUDGE_ECDSA, "SHA256", false, NULL, 0};

	for (int private_stays = 0; private_stays < 2; private_stays++) {
		CK_SESSION_HANDLE other = api_session(slot, true);
		CK_BYTE id = (CK_BYTE)(0x40 + private_stays), signature[64];
		CK_ATTRIBUTE stays[] = {ATTRIBUTE_OF(CKA_TOKEN, api_yes), ATTRIBUTE_OF(CKA_ID, id)};
		CK_ATTRIBUTE goes[] = {ATTRIBUTE_OF(CKA_TOKEN, api_no), ATTRIBUTE_OF(CKA_ID, id)};
		struct api_pair pair = api_generate_kind(other, API_P256, private_stays ? goes : stays, 2, private_stays ? stays : goes, 2);
		EVP_PKEY *key = judge_key(session, private_stays ? pair.private : pair.public);
		CK_OBJECT_HANDLE left[2];

		CHECK_EQ(api_find(session, &stays[1], 1, NULL, 0), 2);
		CHECK_EQ(sign(other, pair.private, signature), CKR_OK);
		CHECK(judge_verifies(key, &scheme, (const CK_BYTE *)"abc", 3, signature, 64));
		CHECK_EQ(p11->C_CloseSession(other), CKR_OK);
		CHECK_EQ(api_find(session, &stays[1], 1, left, 2), 1);
		CHECK_EQ(api_number(session, left[0], CKA_CLASS), private_stays ? CKO_PRIVATE_KEY : CKO_PUBLIC_KEY);
		if (private_stays) {
			CHECK_EQ(sign(session, left[0], signature), CKR_OK);
			CHECK(judge_verifies(key, &scheme, (const CK_BYTE *)"abc", 3, signature, 64));
		}
		CHECK_EQ(p11->C_DestroyObject(session, left[0]), CKR_OK);
		EVP_PKEY_free(key);
	}
}

/* In a read-only session a token key is refused, whichever half it is, and nothing of the other half is left. */
static void read_only_sessions(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE session = api_session(slot, false);
	CK_ATTRIBUTE public[] = {ATTRIBUTE_OF(CKA_EC_PARAMS, api_p256), ATTRIBUTE_OF(CKA_TOKEN, api_yes)};
	CK_ATTRIBUTE private[] = {ATTRIBUTE_OF(CKA_TOKEN, api_yes)};
	CK_OBJECT_HANDLE handles[2];
	CK_ULONG before = objects(session);

	CHECK_EQ(p11->C_GenerateKeyPair(session, &ec, public, 2, NULL, 0, &handles[0], &handles[1]), CKR_SESSION_READ_ONLY);
	CHECK_EQ(p11->C_GenerateKeyPair(session, &ec, public, 1, private, 1, &handles[0], &handles[1]), CKR_SESSION_READ_ONLY);
	CHECK_EQ(objects(session), before);
	CHECK_EQ(p11->C_GenerateKeyPair(session, &ec, public, 1, NULL, 0, &handles[0], &handles[1]), CKR_OK);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

/* --- a general token --- */

/* The scalar makes the point. */
static bool scalar_fits(EVP_PKEY *public, const CK_BYTE *scalar, CK_ULONG len)
{
	BIGNUM *d = BN_bin2bn(scalar, (int)len, NULL);
	char group[32];
	CK_BYTE point[160];
	size_t point_len;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params;
	EVP_PKEY *key = NULL;
	bool fits;

	REQUIRE(EVP_PKEY_get_utf8_string_param(public, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, NULL) == 1);
	REQUIRE(EVP_PKEY_get_octet_string_param(public, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &point_len) == 1);
	REQUIRE(OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) == 1);
	REQUIRE(OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, point_len) == 1);
	REQUIRE(OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d) == 1);
	params = OSSL_PARAM_BLD_to_param(bld);
	REQUIRE(EVP_PKEY_fromdata_init(ctx) == 1 && EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) == 1);
	EVP_PKEY_CTX_free(ctx);
	ctx = EVP_PKEY_CTX_new(key, NULL);
	fits = EVP_PKEY_pairwise_check(ctx) == 1;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	BN_free(d);
	return fits;
}

static bool seed_fits(EVP_PKEY *public, const CK_BYTE *seed, CK_ULONG len)
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, len);
	bool fits = key && EVP_PKEY_eq(key, public) == 1;

	EVP_PKEY_free(key);
	return fits;
}

static bool primes_fit(EVP_PKEY *public, const CK_BYTE *one, CK_ULONG one_len, const CK_BYTE *other, CK_ULONG other_len)
{
	BIGNUM *p = BN_bin2bn(one, (int)one_len, NULL), *q = BN_bin2bn(other, (int)other_len, NULL), *n = BN_new(), *modulus = NULL;
	BN_CTX *bn = BN_CTX_new();
	bool fit;

	REQUIRE(EVP_PKEY_get_bn_param(public, OSSL_PKEY_PARAM_RSA_N, &modulus) == 1);
	fit = !BN_is_one(p) && !BN_is_one(q) && BN_mul(n, p, q, bn) == 1 && BN_cmp(n, modulus) == 0;
	BN_free(p);
	BN_free(q);
	BN_free(n);
	BN_free(modulus);
	BN_CTX_free(bn);
	return fit;
}

/* There a key may be made that can be taken out; then its parts are told, and they are those of the public half. */
static void keys_that_may_leave(CK_SESSION_HANDLE session)
{
	CK_ATTRIBUTE open[] = {ATTRIBUTE_OF(CKA_SENSITIVE, api_no), ATTRIBUTE_OF(CKA_EXTRACTABLE, api_yes)};
	CK_ATTRIBUTE tighten[] = {ATTRIBUTE_OF(CKA_SENSITIVE, api_yes), ATTRIBUTE_OF(CKA_EXTRACTABLE, api_no)};
	static const CK_ATTRIBUTE_TYPE past[] = {CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE};

	for (int kind = 0; kind <= API_RSA_2048; kind++) {
		struct api_pair pair = api_generate_kind(session, kind, NULL, 0, open, 2);
		CK_KEY_TYPE type = api_key_kinds[kind].type;
		EVP_PKEY *key = judge_key(session, pair.public);
		CK_BYTE one[512], other[512], flag;
		CK_ULONG len = read(session, pair.private, type == CKK_RSA ? CKA_PRIME_1 : CKA_VALUE, one, sizeof one);

		if (type == CKK_RSA)
			CHECK(primes_fit(key, one, len, other, read(session, pair.private, CKA_PRIME_2, other, sizeof other)));
		else
			CHECK((type == CKK_EC ? scalar_fits : seed_fits)(key, one, len));
		/* Tightened later, it has still been open once. */
		CHECK_EQ(p11->C_SetAttributeValue(session, pair.private, tighten, 2), CKR_OK);
		secrets(session, pair.private, type);
		for (size_t i = 0; i < COUNT(past); i++) {
			CHECK_EQ(read(session, pair.private, past[i], &flag, 1), 1);
			CHECK_EQ(flag, CK_FALSE);
		}
		EVP_PKEY_free(key);
	}
}

int main(void)
{
	CK_SESSION_HANDLE session;
	CK_SLOT_ID slot;

	api_open("");
	session = api_ready(&slot);
	curves_by_name(session);
	curves_of_others(session);
	rsa_sizes(session);
	rsa_exponents(session);
	attributes(session);
	templates(session);
	mixed_pairs(session, slot);
	read_only_sessions(slot);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	api_configure("profile = general\n");
	session = api_ready(NULL);
	keys_that_may_leave(session);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
