/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/judge.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>

#include "lib/check.h"

/* ECDH: the secret that libcrypto finds on the other side, with each key derivation function; and the secret keys that come of it. */

static const CK_OBJECT_CLASS secret_class = CKO_SECRET_KEY;
static const CK_KEY_TYPE generic = CKK_GENERIC_SECRET, aes = CKK_AES;
static CK_ATTRIBUTE open[] = {ATTRIBUTE_OF(CKA_SENSITIVE, api_no), ATTRIBUTE_OF(CKA_EXTRACTABLE, api_yes)};

enum { ROOM = 1100 };

/* The other side: a key of libcrypto's, and its point as peers give it. */
struct peer {
	EVP_PKEY *key;
	struct judge_template point;
	CK_ATTRIBUTE wrapped, bare;
};

static void make_peer(int kind, struct peer *peer)
{
	CK_ULONG head;

	peer->key = judge_generate(kind);
	judge_public_template(peer->key, &peer->point);
	peer->wrapped = *judge_row(&peer->point, CKA_EC_POINT);
	head = ((CK_BYTE *)peer->wrapped.pValue)[1] == 0x81 ? 3 : 2;
	peer->bare = (CK_ATTRIBUTE){CKA_EC_POINT, (CK_BYTE *)peer->wrapped.pValue + head, peer->wrapped.ulValueLen - head};
}

static struct api_pair make_base(CK_SESSION_HANDLE session, int kind)
{
	CK_ATTRIBUTE derives[] = {ATTRIBUTE_OF(CKA_DERIVE, api_yes)};

	return api_generate_kind(session, kind, NULL, 0, derives, 1);
}

static CK_ECDH1_DERIVE_PARAMS parameters(CK_EC_KDF_TYPE kdf, const CK_ATTRIBUTE *point)
{
	return (CK_ECDH1_DERIVE_PARAMS){kdf, 0, NULL, point->ulValueLen, point->pValue};
}

static CK_RV derive(CK_SESSION_HANDLE session, CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE base, CK_ECDH1_DERIVE_PARAMS *params,
	CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *made)
{
	CK_MECHANISM mechanism = {type, params, sizeof *params};

	return p11->C_DeriveKey(session, &mechanism, base, template, count, made);
}

/* Refused with this code: no handle, no object. */
static void refused(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE base, CK_ECDH1_DERIVE_PARAMS params, CK_ATTRIBUTE *template, CK_ULONG count,
	CK_RV want)
{
	static const CK_MECHANISM_TYPE types[] = {CKM_ECDH1_DERIVE, CKM_ECDH1_COFACTOR_DERIVE};
	CK_ULONG before = api_find(session, NULL, 0, NULL, 0);

	for (size_t i = 0; i < COUNT(types); i++) {
		CK_OBJECT_HANDLE made = 77;

		CHECK_EQ(derive(session, types[i], base, &params, template, count, &made), want);
		CHECK_EQ(made, 77);
	}
	CHECK_EQ(api_find(session, NULL, 0, NULL, 0), before);
}

static bool flag(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
	CK_BBOOL value = 2;
	CK_ATTRIBUTE a = ATTRIBUTE_OF(type, value);

	CHECK_EQ(p11->C_GetAttributeValue(session, object, &a, 1), CKR_OK);
	CHECK(value <= 1);
	return value == CK_TRUE;
}

/* --- the secret --- */

/* libcrypto's, from its own private key and from what CKA_PUBLIC_KEY_INFO tells. */
static size_t expected_secret(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE public, const struct peer *peer, CK_BYTE secret[66])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(peer->key, NULL);
	EVP_PKEY *theirs = judge_key(session, public);
	size_t len = 66;

	REQUIRE(EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, theirs) == 1);
	REQUIRE(EVP_PKEY_derive(ctx, secret, &len) == 1);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(theirs);
	return len;
}

static void expand(const char *digest, CK_BYTE *secret, size_t secret_len, CK_BYTE *info, size_t info_len, CK_BYTE *out, size_t len)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "X963KDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)digest, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret, secret_len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, info_len), OSSL_PARAM_construct_end()};

	REQUIRE(EVP_KDF_derive(ctx, out, len, params) == 1);
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

static void expect_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, const CK_BYTE *want, size_t len)
{
	CK_BYTE got[ROOM];
	CK_ATTRIBUTE value = ATTRIBUTE_OF(CKA_VALUE, got);

	CHECK_EQ(p11->C_GetAttributeValue(session, object, &value, 1), CKR_OK);
	CHECK(value.ulValueLen == len && memcmp(got, want, len) == 0);
	CHECK_EQ(api_number(session, object, CKA_VALUE_LEN), len);
}

static const struct kdf {
	CK_EC_KDF_TYPE type;
	const char *digest;
	size_t size;
} kdfs[] = {
	{CKD_SHA1_KDF, "SHA1", 20},
	{CKD_SHA224_KDF, "SHA224", 28},
	{CKD_SHA256_KDF, "SHA256", 32},
	{CKD_SHA384_KDF, "SHA384", 48},
	{CKD_SHA512_KDF, "SHA512", 64},
	{CKD_SHA3_224_KDF, "SHA3-224", 28},
	{CKD_SHA3_256_KDF, "SHA3-256", 32},
	{CKD_SHA3_384_KDF, "SHA3-384", 48},
	{CKD_SHA3_512_KDF, "SHA3-512", 64},
};

/* Without a length the new key is as long as the hash. */
static void each_kdf(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE base, const struct peer *peer, CK_BYTE *secret, size_t secret_len)
{
	static const CK_ULONG lengths[] = {0, 1, 16, 63, 65, 200, 1024};
	CK_BYTE info[300] = "what both sides know", want[ROOM];

	for (size_t i = 0; i < COUNT(kdfs); i++)
		for (size_t k = 0; k < COUNT(lengths); k++)
			for (CK_ULONG info_len = 0; info_len <= sizeof info; info_len += 150) {
				CK_ATTRIBUTE template[] = {open[0], open[1], ATTRIBUTE_OF(CKA_VALUE_LEN, lengths[k])};
				CK_ECDH1_DERIVE_PARAMS params = parameters(kdfs[i].type, &peer->wrapped);
				size_t len = lengths[k] ? lengths[k] : kdfs[i].size;
				CK_OBJECT_HANDLE made = 0;
				int before = check_failures;

				params.pSharedData = info_len ? info : NULL;
				params.ulSharedDataLen = info_len;
				expand(kdfs[i].digest, secret, secret_len, info, info_len, want, len);
				CHECK_EQ(derive(session, CKM_ECDH1_DERIVE, base, &params, template, lengths[k] ? 3 : 2, &made), CKR_OK);
				expect_value(session, made, want, len);
				CHECK_EQ(p11->C_DestroyObject(session, made), CKR_OK);
				if (check_failures != before)
					fprintf(stderr, "  that is %s, %zu bytes, %lu of shared data\n", kdfs[i].digest, len, info_len);
			}
}

static void same_secret_on_both_sides(CK_SESSION_HANDLE session, int kind)
{
	static const CK_MECHANISM_TYPE types[] = {CKM_ECDH1_DERIVE, CKM_ECDH1_COFACTOR_DERIVE};
	struct api_pair pair = make_base(session, kind);
	struct peer peer;
	CK_BYTE secret[66], compressed[67];
	size_t len;

	make_peer(kind, &peer);
	len = expected_secret(session, pair.public, &peer, secret);
	CHECK_EQ(len, (api_key_kinds[kind].bits + 7) / 8);
	memcpy(compressed, peer.bare.pValue, len + 1);
	compressed[0] = 2 + (((CK_BYTE *)peer.bare.pValue)[2 * len] & 1);
	CK_ATTRIBUTE points[] = {peer.bare, peer.wrapped, {CKA_EC_POINT, compressed, len + 1}};
	for (size_t i = 0; i < COUNT(types); i++)
		for (size_t k = 0; k < COUNT(points); k++) {
			CK_ECDH1_DERIVE_PARAMS params = parameters(CKD_NULL, &points[k]);
			CK_OBJECT_HANDLE made = 0;

			CHECK_EQ(derive(session, types[i], pair.private, &params, open, 2, &made), CKR_OK);
			expect_value(session, made, secret, len);
			CHECK_EQ(p11->C_DestroyObject(session, made), CKR_OK);
		}
	each_kdf(session, pair.private, &peer, secret, len);
	EVP_PKEY_free(peer.key);
}

/* --- parameters --- */

static void wrong_points(CK_SESSION_HANDLE session, int kind)
{
	struct api_pair pair = make_base(session, kind);
	struct peer peer, others;
	CK_BYTE altered[300] = {0};
	CK_ATTRIBUTE point = {CKA_EC_POINT, altered, 0};
	CK_ULONG len;

	make_peer(kind, &peer);
	len = peer.bare.ulValueLen;
#define TRY(...)                                                                                                   \
	do {                                                                                                       \
		memcpy(altered, peer.bare.pValue, len);                                                            \
		point = (CK_ATTRIBUTE){CKA_EC_POINT, altered, len};                                                \
		__VA_ARGS__;                                                                                       \
		refused(session, pair.private, parameters(CKD_NULL, &point), open, 2, CKR_MECHANISM_PARAM_INVALID); \
		refused(session, pair.private, parameters(CKD_SHA256_KDF, &point), NULL, 0, CKR_MECHANISM_PARAM_INVALID); \
	} while (0)
	TRY(altered[len - 1] ^= 1);
	TRY(altered[1] ^= 1);
	TRY(memset(altered, 0, len));
	TRY(memset(altered + 1, 0, len - 1));
	TRY(memset(altered + 1, 0xff, len - 1));
	TRY(altered[0] = 0, point.ulValueLen = 1);
	TRY(altered[0] = 6 + (altered[len - 1] & 1));
	TRY(altered[0] = 5);
	TRY(point.ulValueLen--);
	TRY(point.ulValueLen++);
	TRY(point.ulValueLen = 0);
	TRY(point.ulValueLen = sizeof altered);
	TRY(point.ulValueLen = 1UL << 63);
	TRY(point.pValue = NULL);
#undef TRY
	for (int other = 0; other <= API_P521; other++)
		if (other != kind) {
			make_peer(other, &others);
			refused(session, pair.private, parameters(CKD_NULL, &others.bare), open, 2, CKR_MECHANISM_PARAM_INVALID);
			refused(session, pair.private, parameters(CKD_NULL, &others.wrapped), open, 2, CKR_MECHANISM_PARAM_INVALID);
			EVP_PKEY_free(others.key);
		}
	EVP_PKEY_free(peer.key);
}

static void wrong_parameters(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE base, const struct peer *peer)
{
	static const CK_EC_KDF_TYPE none[] = {0, 3, 4, 9, 14, 0x80000001UL, CK_UNAVAILABLE_INFORMATION};
	static const CK_ULONG sizes[] = {0, 1, sizeof(CK_ECDH1_DERIVE_PARAMS) - 1, sizeof(CK_ECDH1_DERIVE_PARAMS) + 1, 1UL << 63};
	CK_ECDH1_DERIVE_PARAMS params = parameters(CKD_NULL, &peer->bare);
	CK_BYTE info[1] = {1}, odd[sizeof params + 1];
	CK_MECHANISM mechanism = {CKM_ECDH1_DERIVE, &params, 0};
	CK_OBJECT_HANDLE made = 77;

	for (size_t i = 0; i < COUNT(none); i++)
		refused(session, base, parameters(none[i], &peer->bare), open, 2, CKR_MECHANISM_PARAM_INVALID);
	/* A secret taken as it is has no use for shared data. */
	params.pSharedData = info;
	refused(session, base, params, open, 2, CKR_MECHANISM_PARAM_INVALID);
	params.ulSharedDataLen = 1;
	refused(session, base, params, open, 2, CKR_MECHANISM_PARAM_INVALID);
	params = parameters(CKD_SHA256_KDF, &peer->bare);
	params.ulSharedDataLen = 1;
	refused(session, base, params, open, 2, CKR_MECHANISM_PARAM_INVALID);
	params.pSharedData = info;
	params.ulSharedDataLen = 1UL << 63;
	refused(session, base, params, open, 2, CKR_MECHANISM_PARAM_INVALID);
	params = parameters(CKD_NULL, &peer->bare);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		mechanism.ulParameterLen = sizes[i];
		CHECK_EQ(p11->C_DeriveKey(session, &mechanism, base, open, 2, &made), CKR_MECHANISM_PARAM_INVALID);
	}
	mechanism = (CK_MECHANISM){CKM_ECDH1_DERIVE, NULL, sizeof params};
	CHECK_EQ(p11->C_DeriveKey(session, &mechanism, base, open, 2, &made), CKR_MECHANISM_PARAM_INVALID);
	CHECK_EQ(p11->C_DeriveKey(session, NULL, base, open, 2, &made), CKR_ARGUMENTS_BAD);
	mechanism.pParameter = &params;
	CHECK_EQ(p11->C_DeriveKey(session, &mechanism, base, NULL, 2, &made), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11->C_DeriveKey(session, &mechanism, base, open, 2, NULL), CKR_ARGUMENTS_BAD);
	CHECK_EQ(made, 77);
	/* At an odd address it is as good as anywhere. */
	memcpy(odd + 1, &params, sizeof params);
	mechanism.pParameter = odd + 1;
	CHECK_EQ(p11->C_DeriveKey(session, &mechanism, base, open, 2, &made), CKR_OK);
}

/* --- the template --- */

/* Without a template the key is a generic secret that nobody reads, for this session alone. */
static void defaults(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE base, const struct peer *peer)
{
	static const CK_ATTRIBUTE_TYPE off[] = {CKA_TOKEN, CKA_EXTRACTABLE, CKA_LOCAL, CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY, CKA_WRAP,
		CKA_UNWRAP, CKA_DERIVE, CKA_WRAP_WITH_TRUSTED};
	static const CK_ATTRIBUTE_TYPE on[] = {
		CKA_PRIVATE, CKA_SENSITIVE, CKA_MODIFIABLE, CKA_COPYABLE, CKA_DESTROYABLE, CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE};
	CK_ECDH1_DERIVE_PARAMS params = parameters(CKD_NULL, &peer->bare);
	CK_ATTRIBUTE loosen[] = {ATTRIBUTE_OF(CKA_SENSITIVE, api_no), ATTRIBUTE_OF(CKA_EXTRACTABLE, api_yes)};
	CK_BYTE value[ROOM], before[ROOM];
	CK_ATTRIBUTE secret = ATTRIBUTE_OF(CKA_VALUE, value);
	CK_OBJECT_HANDLE made = 0;

	CHECK_EQ(derive(session, CKM_ECDH1_DERIVE, base, &params, NULL, 0, &made), CKR_OK);
	CHECK_EQ(api_number(session, made, CKA_CLASS), CKO_SECRET_KEY);
	CHECK_EQ(api_number(session, made, CKA_KEY_TYPE), CKK_GENERIC_SECRET);
	CHECK_EQ(api_number(session, made, CKA_VALUE_LEN), 32);
	CHECK_EQ(api_number(session, made, CKA_KEY_GEN_MECHANISM), CK_UNAVAILABLE_INFORMATION);
	for (size_t i = 0; i < COUNT(off); i++)
		CHECK(!flag(session, made, off[i]));
	for (size_t i = 0; i < COUNT(on); i++)
		CHECK(flag(session, made, on[i]));
	memset(value, 0xa5, sizeof value);
	memcpy(before, value, sizeof value);
	CHECK_EQ(p11->C_GetAttributeValue(session, made, &secret, 1), CKR_ATTRIBUTE_SENSITIVE);
	CHECK(memcmp(value, before, sizeof value) == 0);
	/* And so it stays. */
	for (size_t i = 0; i < COUNT(loosen); i++) {
		CK_OBJECT_HANDLE copy;

		CHECK_EQ(p11->C_SetAttributeValue(session, made, &loosen[i], 1), CKR_ATTRIBUTE_READ_ONLY);
		CHECK_EQ(p11->C_CopyObject(session, made, &loosen[i], 1, &copy), CKR_ATTRIBUTE_READ_ONLY);
	}
}

static void what_the_template_says(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE base, const struct peer *peer)
{
	static const CK_ULONG good[] = {16, 24, 32}, bad[] = {0, 1, 15, 17, 31, 33, 48, 64};
	CK_ECDH1_DERIVE_PARAMS plain = parameters(CKD_NULL, &peer->bare), params = parameters(CKD_SHA512_KDF, &peer->bare);
	CK_ATTRIBUTE named[] = {ATTRIBUTE_OF(CKA_CLASS, secret_class), ATTRIBUTE_OF(CKA_KEY_TYPE, aes), ATTRIBUTE_TEXT(CKA_LABEL, "agreed"),
		ATTRIBUTE_TEXT(CKA_ID, "7"), ATTRIBUTE_OF(CKA_ENCRYPT, api_yes), ATTRIBUTE_OF(CKA_SENSITIVE, api_no)};
	CK_OBJECT_HANDLE made = 0;

	CHECK_EQ(derive(session, CKM_ECDH1_DERIVE, base, &plain, named, COUNT(named), &made), CKR_OK);
	CHECK_EQ(api_number(session, made, CKA_KEY_TYPE), CKK_AES);
	CHECK_EQ(api_number(session, made, CKA_VALUE_LEN), 32);
	CHECK_EQ(api_count_label(session, "agreed"), 1);
	CHECK(flag(session, made, CKA_ENCRYPT));
	/* Sensitive it is not, but nor does it leave; so its past is mixed. */
	CHECK(!flag(session, made, CKA_SENSITIVE) && !flag(session, made, CKA_ALWAYS_SENSITIVE));
	CHECK(!flag(session, made, CKA_EXTRACTABLE) && flag(session, made, CKA_NEVER_EXTRACTABLE));
	CHECK_EQ(derive(session, CKM_ECDH1_DERIVE, base, &plain, &open[1], 1, &made), CKR_OK);
	CHECK(flag(session, made, CKA_SENSITIVE) && flag(session, made, CKA_ALWAYS_SENSITIVE));
	CHECK(flag(session, made, CKA_EXTRACTABLE) && !flag(session, made, CKA_NEVER_EXTRACTABLE));
	/* AES keys have their lengths. */
	for (size_t i = 0; i < COUNT(good); i++) {
		CK_ATTRIBUTE template[] = {ATTRIBUTE_OF(CKA_KEY_TYPE, aes), ATTRIBUTE_OF(CKA_VALUE_LEN, good[i])};

		CHECK_EQ(derive(session, CKM_ECDH1_DERIVE, base, &params, template, 2, &made), CKR_OK);
		CHECK_EQ(api_number(session, made, CKA_VALUE_LEN), good[i]);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		CK_ATTRIBUTE template[] = {ATTRIBUTE_OF(CKA_KEY_TYPE, aes), ATTRIBUTE_OF(CKA_VALUE_LEN, bad[i])};

		refused(session, base, params, template, 2, CKR_KEY_SIZE_RANGE);
	}
	/* The hash's own length, 64, is none of them. */
	refused(session, base, params, &named[1], 1, CKR_KEY_SIZE_RANGE);
}

/* A secret taken as it is is taken whole. */
static void lengths(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE base, const struct peer *peer)
{
	static const CK_ULONG whole = 32, bad[] = {0, 1, 16, 24, 31, 33, 64, 1025, 1UL << 32, 1UL << 63, CK_UNAVAILABLE_INFORMATION};
	CK_ECDH1_DERIVE_PARAMS params = parameters(CKD_NULL, &peer->bare);
	CK_ATTRIBUTE right = ATTRIBUTE_OF(CKA_VALUE_LEN, whole);
	CK_OBJECT_HANDLE made;

	CHECK_EQ(derive(session, CKM_ECDH1_DERIVE, base, &params, &right, 1, &made), CKR_OK);
	for (size_t i = 0; i < COUNT(bad); i++) {
		CK_ATTRIBUTE length = ATTRIBUTE_OF(CKA_VALUE_LEN, bad[i]);

		refused(session, base, params, &length, 1, CKR_KEY_SIZE_RANGE);
		if (bad[i] == 0 || bad[i] > 1024)
			refused(session, base, parameters(CKD_SHA256_KDF, &peer->bare), &length, 1, CKR_KEY_SIZE_RANGE);
	}
}

static void wrong_templates(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE base, const struct peer *peer)
{
	static const CK_OBJECT_CLASS private_class = CKO_PRIVATE_KEY, data = CKO_DATA;
	static const CK_KEY_TYPE rsa = CKK_RSA;
	static const CK_ULONG length = 32;
	const struct {
		CK_ATTRIBUTE a;
		CK_RV answer;
	} rows[] = {
		{ATTRIBUTE_OF(CKA_CLASS, private_class), CKR_TEMPLATE_INCONSISTENT},
		{ATTRIBUTE_OF(CKA_CLASS, data), CKR_TEMPLATE_INCONSISTENT},
		{ATTRIBUTE_OF(CKA_KEY_TYPE, rsa), CKR_ATTRIBUTE_VALUE_INVALID},
		{ATTRIBUTE_TEXT(CKA_VALUE, "12345678901234567890123456789012"), CKR_TEMPLATE_INCONSISTENT},
		{ATTRIBUTE_OF(CKA_LOCAL, api_no), CKR_ATTRIBUTE_READ_ONLY},
		{ATTRIBUTE_OF(CKA_ALWAYS_SENSITIVE, api_yes), CKR_ATTRIBUTE_READ_ONLY},
		{ATTRIBUTE_OF(CKA_NEVER_EXTRACTABLE, api_yes), CKR_ATTRIBUTE_READ_ONLY},
		{ATTRIBUTE_OF(CKA_MODULUS_BITS, length), CKR_ATTRIBUTE_TYPE_INVALID},
		{ATTRIBUTE(CKA_VALUE_LEN, &length, 4), CKR_ATTRIBUTE_VALUE_INVALID},
		{ATTRIBUTE(CKA_SENSITIVE, &api_yes, 0), CKR_ATTRIBUTE_VALUE_INVALID},
		/* an identity token keeps no secret keys */
		{ATTRIBUTE_OF(CKA_TOKEN, api_yes), CKR_TEMPLATE_INCONSISTENT},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		CK_ATTRIBUTE one = rows[i].a, twice[] = {ATTRIBUTE_OF(CKA_SENSITIVE, api_no), ATTRIBUTE_OF(CKA_SENSITIVE, api_no)};
		int before = check_failures;

		refused(session, base, parameters(CKD_NULL, &peer->bare), &one, 1, rows[i].answer);
		refused(session, base, parameters(CKD_NULL, &peer->bare), twice, 2, CKR_TEMPLATE_INCONSISTENT);
		if (check_failures != before)
			fprintf(stderr, "  that is row %zu\n", i);
	}
}

/* --- the base key --- */

static void wrong_keys(CK_SESSION_HANDLE session, const struct peer *peer)
{
	static const CK_MECHANISM_TYPE sign_only[] = {CKM_ECDSA};
	CK_ECDH1_DERIVE_PARAMS params = parameters(CKD_NULL, &peer->bare);
	CK_ATTRIBUTE derives = ATTRIBUTE_OF(CKA_DERIVE, api_yes), narrow[] = {derives, ATTRIBUTE_OF(CKA_ALLOWED_MECHANISMS, sign_only)};
	CK_ATTRIBUTE late[] = {derives, ATTRIBUTE_TEXT(CKA_START_DATE, "29990101")}, past[] = {derives, ATTRIBUTE_TEXT(CKA_END_DATE, "20200101")};
	struct api_pair pair = api_generate_kind(session, API_P256, &derives, 1, NULL, 0);
	CK_MECHANISM none = {CKM_ECDSA, &params, sizeof params};
	CK_OBJECT_HANDLE made = 77;

	refused(session, pair.private, params, NULL, 0, CKR_KEY_FUNCTION_NOT_PERMITTED);
	refused(session, pair.public, params, NULL, 0, CKR_KEY_HANDLE_INVALID);
	refused(session, 0, params, NULL, 0, CKR_KEY_HANDLE_INVALID);
	refused(session, api_generate_kind(session, API_ED25519, NULL, 0, &derives, 1).private, params, NULL, 0, CKR_KEY_TYPE_INCONSISTENT);
	refused(session, api_generate_kind(session, API_RSA_2048, NULL, 0, &derives, 1).private, params, NULL, 0, CKR_KEY_TYPE_INCONSISTENT);
	refused(session, api_generate_kind(session, API_P256, NULL, 0, narrow, 2).private, params, NULL, 0, CKR_MECHANISM_INVALID);
	refused(session, api_generate_kind(session, API_P256, NULL, 0, late, 2).private, params, NULL, 0, CKR_KEY_FUNCTION_NOT_PERMITTED);
	refused(session, api_generate_kind(session, API_P256, NULL, 0, past, 2).private, params, NULL, 0, CKR_KEY_FUNCTION_NOT_PERMITTED);
	CHECK_EQ(p11->C_DeriveKey(session, &none, pair.private, NULL, 0, &made), CKR_MECHANISM_INVALID);
	CHECK_EQ(made, 77);
}

/* With a key that always authenticates, a login pays for one derivation; what is refused before it costs nothing. */
static void a_login_pays_once(CK_SLOT_ID slot, const struct peer *peer)
{
	CK_SESSION_HANDLE session = api_session(slot, true);
	CK_ATTRIBUTE always[] = {ATTRIBUTE_OF(CKA_DERIVE, api_yes), ATTRIBUTE_OF(CKA_ALWAYS_AUTHENTICATE, api_yes)};
	static const CK_ULONG cut = 16;
	CK_ATTRIBUTE length = ATTRIBUTE_OF(CKA_VALUE_LEN, cut), wrong = ATTRIBUTE_OF(CKA_LOCAL, api_yes);
	CK_ECDH1_DERIVE_PARAMS params = parameters(CKD_NULL, &peer->bare);
	CK_OBJECT_HANDLE key, made;

	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	key = api_generate_kind(session, API_P256, NULL, 0, always, 2).private;
	refused(session, key, params, &length, 1, CKR_KEY_SIZE_RANGE);
	refused(session, key, params, &wrong, 1, CKR_ATTRIBUTE_READ_ONLY);
	refused(session, key, parameters(0, &peer->bare), NULL, 0, CKR_MECHANISM_PARAM_INVALID);
	CHECK_EQ(derive(session, CKM_ECDH1_DERIVE, key, &params, NULL, 0, &made), CKR_OK);
	refused(session, key, params, NULL, 0, CKR_USER_NOT_LOGGED_IN);
	/* After the logout neither key is there. */
	CHECK_EQ(p11->C_Logout(session), CKR_OK);
	CHECK_EQ(api_number(session, made, CKA_CLASS), CK_UNAVAILABLE_INFORMATION);
	CHECK_EQ(derive(session, CKM_ECDH1_DERIVE, key, &params, NULL, 0, &made), CKR_KEY_HANDLE_INVALID);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

/* --- secret keys elsewhere --- */

static CK_RV create_secret(CK_SESSION_HANDLE session, bool on_token)
{
	CK_ATTRIBUTE template[] = {ATTRIBUTE_OF(CKA_CLASS, secret_class), ATTRIBUTE_OF(CKA_KEY_TYPE, generic),
		ATTRIBUTE_TEXT(CKA_VALUE, "0123456789abcdef"), ATTRIBUTE(CKA_TOKEN, on_token ? &api_yes : &api_no, 1)};
	CK_OBJECT_HANDLE made = 77;
	CK_RV rv = p11->C_CreateObject(session, template, COUNT(template), &made);

	CHECK((made == 77) == (rv != CKR_OK));
	return rv;
}

/* Neither created in an identity token, nor copied to it from the session. */
static void no_secret_keys_in_an_identity_token(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE base, const struct peer *peer)
{
	CK_ECDH1_DERIVE_PARAMS params = parameters(CKD_NULL, &peer->bare);
	CK_ATTRIBUTE keep = ATTRIBUTE_OF(CKA_TOKEN, api_yes);
	CK_OBJECT_HANDLE made, copy = 77;

	CHECK_EQ(create_secret(session, false), CKR_ACTION_PROHIBITED);
	CHECK(create_secret(session, true) != CKR_OK);
	CHECK_EQ(derive(session, CKM_ECDH1_DERIVE, base, &params, NULL, 0, &made), CKR_OK);
	CHECK_EQ(p11->C_CopyObject(session, made, &keep, 1, &copy), CKR_TEMPLATE_INCONSISTENT);
	CHECK_EQ(copy, 77);
	CHECK_EQ(p11->C_CopyObject(session, made, NULL, 0, &copy), CKR_OK);
}

/* Of a key whose past nobody knows comes a key whose past nobody knows. */
static void past_of_an_imported_key(CK_SESSION_HANDLE session, const struct peer *peer)
{
	CK_ECDH1_DERIVE_PARAMS params = parameters(CKD_NULL, &peer->bare);
	EVP_PKEY *key = judge_generate(API_P256);
	CK_OBJECT_HANDLE base, made;
	struct judge_template t;

	judge_private_template(key, &t);
	judge_add(&t, CKA_DERIVE, &api_yes, 1);
	CHECK_EQ(judge_create(session, &t, &base), CKR_OK);
	CHECK_EQ(derive(session, CKM_ECDH1_DERIVE, base, &params, NULL, 0, &made), CKR_OK);
	CHECK(flag(session, made, CKA_SENSITIVE) && !flag(session, made, CKA_EXTRACTABLE));
	CHECK(!flag(session, made, CKA_ALWAYS_SENSITIVE) && !flag(session, made, CKA_NEVER_EXTRACTABLE) && !flag(session, made, CKA_LOCAL));
	EVP_PKEY_free(key);
}

/* A general token keeps a derived key. */
static void kept_by_a_general_token(const struct peer *peer)
{
	CK_ECDH1_DERIVE_PARAMS params = parameters(CKD_NULL, &peer->bare);
	CK_ATTRIBUTE keep[] = {ATTRIBUTE_OF(CKA_TOKEN, api_yes), ATTRIBUTE_TEXT(CKA_LABEL, "kept"), open[0], open[1]};
	CK_ATTRIBUTE match = ATTRIBUTE_TEXT(CKA_LABEL, "kept");
	struct api_pair pair;
	CK_BYTE secret[66];
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE made;
	CK_SLOT_ID slot;
	size_t len;

	api_configure("profile = general\n");
	session = api_ready(&slot);
	pair = make_base(session, API_P256);
	len = expected_secret(session, pair.public, peer, secret);
	CHECK_EQ(derive(session, CKM_ECDH1_DERIVE, pair.private, &params, keep, COUNT(keep), &made), CKR_OK);
	api_restart();
	session = api_session(slot, false);
	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	CHECK_EQ(api_find(session, &match, 1, &made, 1), 1);
	expect_value(session, made, secret, len);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
}

int main(void)
{
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE base;
	struct peer peer;
	CK_SLOT_ID slot;

	api_open("");
	make_peer(API_P256, &peer);
	session = api_ready(&slot);
	base = make_base(session, API_P256).private;
	for (int kind = 0; kind <= API_P521; kind++) {
		same_secret_on_both_sides(session, kind);
		wrong_points(session, kind);
	}
	wrong_parameters(session, base, &peer);
	defaults(session, base, &peer);
	what_the_template_says(session, base, &peer);
	lengths(session, base, &peer);
	wrong_templates(session, base, &peer);
	wrong_keys(session, &peer);
	no_secret_keys_in_an_identity_token(session, base, &peer);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
	a_login_pays_once(slot, &peer);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	api_configure("import = yes\n");
	session = api_ready(NULL);
	past_of_an_imported_key(session, &peer);
	no_secret_keys_in_an_identity_token(session, make_base(session, API_P256).private, &peer);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	kept_by_a_general_token(&peer);
	EVP_PKEY_free(peer.key);
	return check_result();
}
