/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"
#include "lib/check.h"

/* The `mechanisms` line of sinbun.conf: what it says holds for tokens initialised from then on, for as long as they live. */

#define ALLOW "mechanisms = CKM_ECDSA, CKM_ECDSA_SHA256, CKM_EC_KEY_PAIR_GEN\n"
#define DENY "mechanisms = -CKM_RSA_PKCS, -CKM_SHA256\n"

enum { LIST_ROOM = 128 };

static const struct CK_FUNCTION_LIST_3_2 *all;

struct list {
	CK_MECHANISM_TYPE types[LIST_ROOM];
	CK_ULONG count;
};

static struct list list_of(CK_SLOT_ID slot)
{
	struct list list = {.count = LIST_ROOM};

	REQUIRE(all->C_GetMechanismList(slot, list.types, &list.count) == CKR_OK);
	return list;
}

static bool has(const struct list *list, CK_MECHANISM_TYPE type)
{
	for (CK_ULONG i = 0; i < list->count; i++)
		if (list->types[i] == type)
			return true;
	return false;
}

static bool same(const struct list *a, const struct list *b)
{
	return a->count == b->count && memcmp(a->types, b->types, a->count * sizeof *a->types) == 0;
}

/* --- lists that are none --- */

static const char *const refused[] = {
	"CKM_NOT_THERE",
	"CKM_ECDSA, CKM_NOT_THERE",
	"CKM_ECDSA CKM_ECDSA_SHA256",
	"ckm_ecdsa",
	"ECDSA",
	"0x1041",
	"CKM_AES_CBC",
	"CKM_ECDSA, -CKM_RSA_PKCS",
	"-CKM_RSA_PKCS, CKM_ECDSA",
	"-CKM_NOT_THERE",
	"--CKM_RSA_PKCS",
	"- CKM_RSA_PKCS",
	"-CKM_RSA_PKCS,",
	"CKM_ECDSA,",
	"CKM_ECDSA , ",
	"CKM_ECDSA,, CKM_ECDSA_SHA256",
	", CKM_ECDSA",
	",",
	"-",
	"CKM_ECDSA_SHA256_",
	"CKM_ECDS",
};

static void bad_lists_are_refused(void)
{
	for (size_t i = 0; i < COUNT(refused); i++) {
		char line[256];
		CK_RV rv;

		snprintf(line, sizeof line, "mechanisms = %s\n", refused[i]);
		api_configure(line);
		rv = all->C_Initialize(NULL);
		if (rv != CKR_GENERAL_ERROR) {
			fprintf(stderr, "%s", line);
			CHECK_EQ(rv, CKR_GENERAL_ERROR);
		}
		CHECK_EQ(all->C_GetInfo(&(CK_INFO){0}), CKR_CRYPTOKI_NOT_INITIALIZED);
	}
	api_configure(ALLOW DENY); /* said twice */
	CHECK_EQ(all->C_Initialize(NULL), CKR_GENERAL_ERROR);
}

/* All that an identity token has. */
static const char *const names[] = {
	"CKM_EC_KEY_PAIR_GEN", "CKM_EC_EDWARDS_KEY_PAIR_GEN", "CKM_RSA_PKCS_KEY_PAIR_GEN", "CKM_ECDSA", "CKM_EDDSA",
	"CKM_RSA_PKCS", "CKM_RSA_PKCS_PSS", "CKM_ECDH1_DERIVE", "CKM_ECDH1_COFACTOR_DERIVE", "CKM_SHA_1", "CKM_SHA224",
	"CKM_SHA256", "CKM_SHA384", "CKM_SHA512", "CKM_SHA512_224", "CKM_SHA512_256", "CKM_SHA3_224", "CKM_SHA3_256",
	"CKM_SHA3_384", "CKM_SHA3_512", "CKM_ECDSA_SHA1", "CKM_ECDSA_SHA224", "CKM_ECDSA_SHA256", "CKM_ECDSA_SHA384",
	"CKM_ECDSA_SHA512", "CKM_ECDSA_SHA3_224", "CKM_ECDSA_SHA3_256", "CKM_ECDSA_SHA3_384", "CKM_ECDSA_SHA3_512",
	"CKM_SHA1_RSA_PKCS", "CKM_SHA224_RSA_PKCS", "CKM_SHA256_RSA_PKCS", "CKM_SHA384_RSA_PKCS", "CKM_SHA512_RSA_PKCS",
	"CKM_SHA3_224_RSA_PKCS", "CKM_SHA3_256_RSA_PKCS", "CKM_SHA3_384_RSA_PKCS", "CKM_SHA3_512_RSA_PKCS",
	"CKM_SHA1_RSA_PKCS_PSS", "CKM_SHA224_RSA_PKCS_PSS", "CKM_SHA256_RSA_PKCS_PSS", "CKM_SHA384_RSA_PKCS_PSS",
	"CKM_SHA512_RSA_PKCS_PSS", "CKM_SHA3_224_RSA_PKCS_PSS", "CKM_SHA3_256_RSA_PKCS_PSS", "CKM_SHA3_384_RSA_PKCS_PSS",
	"CKM_SHA3_512_RSA_PKCS_PSS",
};

static void every_name_is_known(void)
{
	for (size_t i = 0; i < COUNT(names); i++) {
		char line[64];
		struct list one;

		snprintf(line, sizeof line, "mechanisms = %s\n", names[i]);
		api_configure(line);
		CHECK_EQ(all->C_Initialize(NULL), CKR_OK);
		one = list_of(api_free_slot());
		CHECK_EQ(one.count, 1);
		CHECK_EQ(all->C_Finalize(NULL), CKR_OK);
	}
}

/* Every mechanism with a minus before it: a token that can do nothing is a mistake. */
static void nothing_left_is_refused(void)
{
	char line[4096] = "mechanisms = ";

	for (size_t i = 0; i < COUNT(names); i++) {
		size_t used = strlen(line);

		snprintf(line + used, sizeof line - used, "%s-%s", i ? ", " : "", names[i]);
	}
	api_configure(line);
	CHECK_EQ(all->C_Initialize(NULL), CKR_GENERAL_ERROR);
}

/* --- what a token obeys --- */

enum use { DIGEST, SIGN, VERIFY, VERIFY_SIGNATURE, MESSAGE_SIGN, MESSAGE_VERIFY, GENERATE, DERIVE, USES };

static CK_RV generate(CK_SESSION_HANDLE session, CK_MECHANISM *m, struct api_pair *pair)
{
	static const CK_BYTE ed25519[] = {0x06, 0x03, 0x2b, 0x65, 0x70};
	static const CK_ULONG bits = 2048;
	CK_ATTRIBUTE public[2] = {ATTRIBUTE_OF(CKA_VERIFY, api_yes), ATTRIBUTE_OF(CKA_EC_PARAMS, api_p256)};
	CK_ATTRIBUTE private[] = {ATTRIBUTE_OF(CKA_DERIVE, api_yes)};

	if (m->mechanism == CKM_EC_EDWARDS_KEY_PAIR_GEN)
		public[1] = (CK_ATTRIBUTE)ATTRIBUTE_OF(CKA_EC_PARAMS, ed25519);
	if (m->mechanism == CKM_RSA_PKCS_KEY_PAIR_GEN)
		public[1] = (CK_ATTRIBUTE)ATTRIBUTE_OF(CKA_MODULUS_BITS, bits);
	return all->C_GenerateKeyPair(session, m, public, 2, private, 1, &pair->public, &pair->private);
}

static CK_RV use(CK_SESSION_HANDLE session, enum use use, CK_MECHANISM *m, const struct api_pair *pair)
{
	CK_BYTE peer[67];
	CK_ATTRIBUTE point = ATTRIBUTE_OF(CKA_EC_POINT, peer);
	CK_ECDH1_DERIVE_PARAMS ecdh = {CKD_NULL, 0, NULL, sizeof peer, peer};
	static CK_BYTE signature[64];
	struct api_pair made;
	CK_OBJECT_HANDLE key;

	switch (use) {
	case DIGEST:
		return all->C_DigestInit(session, m);
	case SIGN:
		return all->C_SignInit(session, m, pair->private);
	case VERIFY:
		return all->C_VerifyInit(session, m, pair->public);
	case VERIFY_SIGNATURE:
		return all->C_VerifySignatureInit(session, m, pair->public, signature, sizeof signature);
	case MESSAGE_SIGN:
		return all->C_MessageSignInit(session, m, pair->private);
	case MESSAGE_VERIFY:
		return all->C_MessageVerifyInit(session, m, pair->public);
	case GENERATE:
		return generate(session, m, &made);
	default:
		REQUIRE(all->C_GetAttributeValue(session, pair->public, &point, 1) == CKR_OK);
		return all->C_DeriveKey(session, &(CK_MECHANISM){m->mechanism, &ecdh, sizeof ecdh}, pair->private, NULL, 0, &key);
	}
}

/* A mechanism in a use. */
static const struct {
	enum use use;
	CK_MECHANISM_TYPE type;
} attempts[] = {
	{DIGEST, CKM_SHA256}, {DIGEST, CKM_SHA384}, {SIGN, CKM_ECDSA}, {SIGN, CKM_ECDSA_SHA256}, {SIGN, CKM_ECDSA_SHA384},
	{VERIFY, CKM_ECDSA}, {VERIFY, CKM_ECDSA_SHA256}, {VERIFY, CKM_ECDSA_SHA1}, {VERIFY_SIGNATURE, CKM_ECDSA_SHA256},
	{VERIFY_SIGNATURE, CKM_ECDSA_SHA512}, {MESSAGE_SIGN, CKM_ECDSA_SHA256}, {MESSAGE_SIGN, CKM_ECDSA_SHA3_256},
	{MESSAGE_VERIFY, CKM_ECDSA}, {MESSAGE_VERIFY, CKM_ECDSA_SHA224}, {GENERATE, CKM_EC_KEY_PAIR_GEN},
	{GENERATE, CKM_EC_EDWARDS_KEY_PAIR_GEN}, {DERIVE, CKM_ECDH1_DERIVE}, {DERIVE, CKM_ECDH1_COFACTOR_DERIVE},
	/* these with a key of another type: where the token has them, the answer is about the key */
	{SIGN, CKM_RSA_PKCS}, {SIGN, CKM_SHA256_RSA_PKCS}, {VERIFY, CKM_RSA_PKCS}, {VERIFY, CKM_SHA1_RSA_PKCS}, {SIGN, CKM_EDDSA},
};

static bool of_other_key(CK_MECHANISM_TYPE type)
{
	return type == CKM_RSA_PKCS || type == CKM_SHA256_RSA_PKCS || type == CKM_SHA1_RSA_PKCS || type == CKM_EDDSA;
}

static void uses_obey(CK_SLOT_ID slot, const struct list *list)
{
	for (size_t i = 0; i < COUNT(attempts); i++) {
		CK_MECHANISM m = {attempts[i].type, NULL, 0};
		CK_RV want = !has(list, m.mechanism) ? CKR_MECHANISM_INVALID : of_other_key(m.mechanism) ? CKR_KEY_TYPE_INCONSISTENT : CKR_OK;
		CK_SESSION_HANDLE session = api_session(slot, true);
		struct api_pair pair = {0};
		CK_RV rv;

		REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
		REQUIRE(generate(session, &(CK_MECHANISM){CKM_EC_KEY_PAIR_GEN, NULL, 0}, &pair) == CKR_OK);
		rv = use(session, attempts[i].use, &m, &pair);
		if (rv != want)
			fprintf(stderr, "attempt %zu with mechanism 0x%lx\n", i, m.mechanism);
		CHECK_EQ(rv, want);
		CHECK_EQ(all->C_CloseSession(session), CKR_OK);
	}
}

/* C_GetMechanismInfo, and the objects that tell of mechanisms, know the same ones. */
static void tells(CK_SLOT_ID slot, const struct list *list)
{
	static const CK_OBJECT_CLASS class = CKO_MECHANISM;
	CK_ATTRIBUTE match = ATTRIBUTE_OF(CKA_CLASS, class);
	CK_SESSION_HANDLE session = api_session(slot, false);
	CK_OBJECT_HANDLE found[LIST_ROOM];
	CK_MECHANISM_INFO info;

	for (size_t i = 0; i < COUNT(attempts); i++)
		CHECK_EQ(all->C_GetMechanismInfo(slot, attempts[i].type, &info),
			has(list, attempts[i].type) ? CKR_OK : CKR_MECHANISM_INVALID);
	CHECK_EQ(api_find(session, &match, 1, found, COUNT(found)), list->count);
	for (CK_ULONG i = 0; i < list->count; i++)
		CHECK(has(list, api_number(session, found[i], CKA_MECHANISM_TYPE)));
	CHECK_EQ(all->C_CloseSession(session), CKR_OK);
}

static void obeys(CK_SLOT_ID slot, const struct list *list)
{
	struct list now = list_of(slot);

	CHECK(same(&now, list));
	tells(slot, list);
	uses_obey(slot, list);
}

static void configure(const char *line)
{
	CHECK_EQ(all->C_Finalize(NULL), CKR_OK);
	api_configure(line);
	api_initialize();
}

static void an_allow_list(CK_SLOT_ID *slot, struct list *list)
{
	configure(ALLOW);
	*list = list_of(api_free_slot());
	CHECK_EQ(list->count, 3);
	CHECK(has(list, CKM_ECDSA) && has(list, CKM_ECDSA_SHA256) && has(list, CKM_EC_KEY_PAIR_GEN));
	*slot = api_token("allow");
	obeys(*slot, list);
}

static void a_deny_list(CK_SLOT_ID *slot, struct list *list, const struct list *whole)
{
	configure(DENY);
	*list = list_of(api_free_slot());
	CHECK_EQ(list->count, whole->count - 2);
	for (CK_ULONG i = 0; i < whole->count; i++)
		CHECK(has(list, whole->types[i]) == (whole->types[i] != CKM_RSA_PKCS && whole->types[i] != CKM_SHA256));
	*slot = api_token("deny");
	obeys(*slot, list);
}

/* Whatever the file says later, to whichever process. */
static void the_tokens_stay_as_they_are(CK_SLOT_ID allow, const struct list *allowed, CK_SLOT_ID deny, const struct list *denied)
{
	static const char *const later[] = {"", DENY, ALLOW, "mechanisms = CKM_SHA512\n", "profile = general\n"};

	for (size_t i = 0; i < COUNT(later); i++) {
		struct list a, d;

		configure(later[i]);
		a = list_of(allow);
		d = list_of(deny);
		CHECK(same(&a, allowed) && same(&d, denied));
	}
	configure("");
	obeys(allow, allowed);
	obeys(deny, denied);
}

static void initialised_anew_it_is_another(CK_SLOT_ID slot, const struct list *denied)
{
	CK_UTF8CHAR label[33];
	CK_SESSION_HANDLE session;

	configure(DENY);
	snprintf((char *)label, sizeof label, "%-32s", "anew");
	REQUIRE(all->C_InitToken(slot, (CK_UTF8CHAR *)API_SO_PIN, strlen(API_SO_PIN), label) == CKR_OK);
	session = api_session(slot, true);
	REQUIRE(api_login(session, CKU_SO, API_SO_PIN) == CKR_OK);
	REQUIRE(all->C_InitPIN(session, (CK_UTF8CHAR *)API_PIN, strlen(API_PIN)) == CKR_OK);
	REQUIRE(all->C_CloseSession(session) == CKR_OK);
	obeys(slot, denied);
}

/* The free slot tells what a token made there would have, which the profile decides too. */
static void the_free_slot_is_of_the_configured_profile(const struct list *identity)
{
	CK_MECHANISM_INFO info;
	struct list general;

	CHECK_EQ(all->C_GetMechanismInfo(api_free_slot(), CKM_ECDSA_SHA1, &info), CKR_OK);
	CHECK(!(info.flags & CKF_SIGN));
	configure("profile = general\n");
	CHECK_EQ(all->C_GetMechanismInfo(api_free_slot(), CKM_ECDSA_SHA1, &info), CKR_OK);
	CHECK(info.flags & CKF_SIGN);
	general = list_of(api_free_slot());
	CHECK(general.count >= identity->count);
	configure("");
}

int main(void)
{
	CK_RV (*get)(CK_CHAR *name, CK_VERSION *version, CK_INTERFACE **interface, CK_FLAGS flags);
	struct list whole, allowed, denied;
	CK_SLOT_ID allow, deny;
	CK_INTERFACE *interface;

	api_open("");
	*(void **)&get = api_symbol("C_GetInterface");
	REQUIRE(get && get(NULL, &(CK_VERSION){3, 2}, &interface, 0) == CKR_OK);
	all = interface->pFunctionList;
	bad_lists_are_refused();
	every_name_is_known();
	nothing_left_is_refused();
	api_configure("");
	api_initialize();
	whole = list_of(api_free_slot());
	CHECK_EQ(whole.count, COUNT(names));
	obeys(api_token("whole"), &whole);
	the_free_slot_is_of_the_configured_profile(&whole);
	an_allow_list(&allow, &allowed);
	a_deny_list(&deny, &denied, &whole);
	the_tokens_stay_as_they_are(allow, &allowed, deny, &denied);
	initialised_anew_it_is_another(allow, &denied);
	CHECK_EQ(all->C_Finalize(NULL), CKR_OK);
	return check_result();
}
