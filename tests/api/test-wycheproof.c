/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/judge.h"

#include <dirent.h>
#include <jansson.h>
#include <openssl/ecdsa.h>
#include <openssl/x509.h>

#include "lib/vectors.h"

/* Wycheproof's vectors, run through the module as an application would: keys created as objects, signatures verified or made, secrets
 * derived. "valid" must be taken, "invalid" refused, "acceptable" may be either, but for the cases listed in `choices`. What does not
 * reach a PKCS#11 module at all, such as the DER around a signature, is counted and named. */

/* How a test ended. */
enum outcome { TAKEN, REFUSED, BROKEN, NOT_APPLICABLE };

/* Why some do not apply; each is counted for each file. */
enum reason {
	DER_ALONE,
	NO_SUCH_NUMBER,
	SPKI_ALONE,
	NO_MECHANISM,
	REASONS
};
static const char *const reasons[REASONS] = {
	[DER_ALONE] = "a DER form of r and s that is not the canonical one: the module takes r||s",
	[NO_SUCH_NUMBER] = "an r or s that is negative or longer than the field: r||s has no place for it",
	[SPKI_ALONE] = "a SubjectPublicKeyInfo that is malformed or has explicit parameters: the module takes points",
	[NO_MECHANISM] = "no mechanism, curve or key size of ours",
};

/* Where a vector is "acceptable" and we have chosen. */
static const struct choice {
	const char *flag;
	enum outcome want;
	const char *why;
} choices[] = {
	{"MissingNull", REFUSED, "PKCS#1 v1.5: a DigestInfo without the NULL parameter is not what RFC 8017 makes"},
	{"WeakHash", TAKEN, "SHA-1 signatures still verify"},
	{"SmallPublicKey", TAKEN, "public exponents from 3 on are taken of others"},
	{"CompressedPoint", TAKEN, "compressed points are taken"},
};

struct run {
	CK_SESSION_HANDLE session;
	json_t *group;
	CK_OBJECT_HANDLE key;
	enum reason reason;
};

/* --- fields --- */

static const char *text_of(json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	if (!text)
		fprintf(stderr, "a vector has no \"%s\"\n", name);
	REQUIRE(text);
	return text;
}

static struct sb_bytes bytes_of(json_t *object, const char *name)
{
	struct sb_bytes out = {0};
	const char *text = text_of(object, name);

	REQUIRE(sb_hex_decode(text, strlen(text), &out) == SB_OK);
	return out;
}

static struct sb_bytes number_of(json_t *object, const char *name)
{
	struct sb_bytes out = bytes_of(object, name);
	size_t zeros = 0;

	while (zeros + 1 < out.len && out.data[zeros] == 0)
		zeros++;
	memmove(out.data, out.data + zeros, out.len - zeros);
	out.len -= zeros;
	return out;
}

static bool has_flag(json_t *test, const char *flag)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(test, "flags"), i, one)
		if (strcmp(json_string_value(one), flag) == 0)
			return true;
	return false;
}

/* --- keys: one public key for a group --- */

static bool import_public(struct run *run)
{
	struct sb_bytes der = bytes_of(run->group, "publicKeyDer");
	const unsigned char *p = der.data;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)der.len);
	struct judge_template template;
	CK_RV rv;

	REQUIRE(key);
	judge_public_template(key, &template);
	rv = judge_create(run->session, &template, &run->key);
	if (rv != CKR_OK)
		fprintf(stderr, "a public key is not taken: 0x%lx\n", rv);
	EVP_PKEY_free(key);
	sb_bytes_free(&der);
	return rv == CKR_OK;
}

/* --- verifying --- */

static const struct hash {
	const char *name;
	CK_MECHANISM_TYPE type, ecdsa, pkcs1, pss;
	CK_RSA_PKCS_MGF_TYPE mgf;
} hashes[] = {
	{"SHA-1", CKM_SHA_1, CKM_ECDSA_SHA1, CKM_SHA1_RSA_PKCS, CKM_SHA1_RSA_PKCS_PSS, CKG_MGF1_SHA1},
	{"SHA-224", CKM_SHA224, CKM_ECDSA_SHA224, CKM_SHA224_RSA_PKCS, CKM_SHA224_RSA_PKCS_PSS, CKG_MGF1_SHA224},
	{"SHA-256", CKM_SHA256, CKM_ECDSA_SHA256, CKM_SHA256_RSA_PKCS, CKM_SHA256_RSA_PKCS_PSS, CKG_MGF1_SHA256},
	{"SHA-384", CKM_SHA384, CKM_ECDSA_SHA384, CKM_SHA384_RSA_PKCS, CKM_SHA384_RSA_PKCS_PSS, CKG_MGF1_SHA384},
	{"SHA-512", CKM_SHA512, CKM_ECDSA_SHA512, CKM_SHA512_RSA_PKCS, CKM_SHA512_RSA_PKCS_PSS, CKG_MGF1_SHA512},
};

static const struct hash *hash_of(json_t *group, const char *name)
{
	for (size_t i = 0; i < COUNT(hashes); i++)
		if (strcmp(hashes[i].name, text_of(group, name)) == 0)
			return &hashes[i];
	fprintf(stderr, "hash %s is not known\n", text_of(group, name));
	exit(1);
}

static enum outcome answer(CK_RV rv)
{
	if (rv == CKR_OK)
		return TAKEN;
	if (rv == CKR_SIGNATURE_INVALID || rv == CKR_SIGNATURE_LEN_RANGE)
		return REFUSED;
	fprintf(stderr, "a verification ends with 0x%lx\n", rv);
	return BROKEN;
}

/* In the order of 2.40, or in that of 3.2 with the signature first: every other test, or all in both where $SINBUN_ROUNDS says that there
 * is time. */
static enum outcome verify(struct run *run, CK_MECHANISM *mechanism, json_t *test, struct sb_bytes *signature)
{
	bool all = getenv("SINBUN_ROUNDS") != NULL, odd = json_integer_value(json_object_get(test, "tcId")) % 2;
	struct sb_bytes message = bytes_of(test, "msg");
	CK_BYTE none[1] = {0};
	CK_BYTE *data = message.len ? message.data : none, *sig = signature->len ? signature->data : none;
	CK_RV one = CKR_OK, other = CKR_OK;

	if (all || !odd) {
		one = p11->C_VerifyInit(run->session, mechanism, run->key);
		if (one == CKR_OK)
			one = p11->C_Verify(run->session, data, message.len, sig, signature->len);
	}
	if (all || odd) {
		other = p11_3->C_VerifySignatureInit(run->session, mechanism, run->key, sig, signature->len);
		if (other == CKR_OK)
			other = p11_3->C_VerifySignature(run->session, data, message.len);
	}
	if (all)
		CHECK_EQ(other, one);
	sb_bytes_free(&message);
	sb_bytes_free(signature);
	return answer(odd ? other : one);
}

static enum outcome ecdsa_p1363(struct run *run, json_t *test)
{
	CK_MECHANISM mechanism = {hash_of(run->group, "sha")->ecdsa, NULL, 0};
	struct sb_bytes signature = bytes_of(test, "sig");

	return verify(run, &mechanism, test, &signature);
}

/* To r||s, where the DER is exactly what r and s make. */
static bool to_raw(const struct sb_bytes *der, size_t field, struct sb_bytes *raw, enum reason *reason)
{
	const unsigned char *p = der->data;
	ECDSA_SIG *sig = der->len ? d2i_ECDSA_SIG(NULL, &p, (long)der->len) : NULL;
	unsigned char *again = NULL;
	int len = sig ? i2d_ECDSA_SIG(sig, &again) : -1;
	uint8_t *to = sb_bytes_extend(raw, 2 * field);
	bool good = len > 0 && (size_t)len == der->len && memcmp(again, der->data, der->len) == 0;

	*reason = DER_ALONE;
	if (good) {
		const BIGNUM *r = ECDSA_SIG_get0_r(sig), *s = ECDSA_SIG_get0_s(sig);

		*reason = NO_SUCH_NUMBER;
		good = !BN_is_negative(r) && !BN_is_negative(s) && BN_bn2binpad(r, to, (int)field) == (int)field &&
		       BN_bn2binpad(s, to + field, (int)field) == (int)field;
	}
	OPENSSL_free(again);
	ECDSA_SIG_free(sig);
	return good;
}

static enum outcome ecdsa_der(struct run *run, json_t *test)
{
	size_t bits = (size_t)json_integer_value(json_object_get(json_object_get(run->group, "publicKey"), "keySize"));
	CK_MECHANISM mechanism = {hash_of(run->group, "sha")->ecdsa, NULL, 0};
	struct sb_bytes der = bytes_of(test, "sig"), raw = {0};
	bool good = to_raw(&der, (bits + 7) / 8, &raw, &run->reason);

	sb_bytes_free(&der);
	if (good)
		return verify(run, &mechanism, test, &raw);
	sb_bytes_free(&raw);
	return NOT_APPLICABLE;
}

static enum outcome eddsa(struct run *run, json_t *test)
{
	CK_MECHANISM mechanism = {CKM_EDDSA, NULL, 0};
	struct sb_bytes signature = bytes_of(test, "sig");

	return verify(run, &mechanism, test, &signature);
}

static enum outcome pkcs1(struct run *run, json_t *test)
{
	CK_MECHANISM mechanism = {hash_of(run->group, "sha")->pkcs1, NULL, 0};
	struct sb_bytes signature = bytes_of(test, "sig");

	return verify(run, &mechanism, test, &signature);
}

static enum outcome pss(struct run *run, json_t *test)
{
	const struct hash *hash = hash_of(run->group, "sha");
	CK_RSA_PKCS_PSS_PARAMS params = {hash->type, hash_of(run->group, "mgfSha")->mgf,
		(CK_ULONG)json_integer_value(json_object_get(run->group, "sLen"))};
	CK_MECHANISM mechanism = {hash->pss, &params, sizeof params};
	struct sb_bytes signature = bytes_of(test, "sig");

	return verify(run, &mechanism, test, &signature);
}

/* --- signing: PKCS#1 v1.5 has one signature only --- */

static bool import_private_rsa(struct run *run)
{
	struct sb_bytes der = bytes_of(run->group, "privateKeyPkcs8");
	const unsigned char *p = der.data;
	EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &p, (long)der.len);
	struct judge_template template;
	CK_RV rv;

	REQUIRE(key);
	judge_private_template(key, &template);
	rv = judge_create(run->session, &template, &run->key);
	if (rv != CKR_OK)
		fprintf(stderr, "a private key is not taken: 0x%lx\n", rv);
	EVP_PKEY_free(key);
	sb_bytes_free(&der);
	return rv == CKR_OK;
}

/* SHA-1 signs nothing as such, but whoever brings a DigestInfo of it gets it signed. */
static const CK_BYTE info_of_sha1[] = {0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14};

static enum outcome pkcs1_generate(struct run *run, json_t *test)
{
	const struct hash *hash = hash_of(run->group, "sha");
	CK_MECHANISM mechanism = {hash->type == CKM_SHA_1 ? CKM_RSA_PKCS : hash->pkcs1, NULL, 0};
	struct sb_bytes message = bytes_of(test, "msg"), want = bytes_of(test, "sig");
	CK_BYTE made[JUDGE_SIGNATURE], info[sizeof info_of_sha1 + 64];
	CK_ULONG len = sizeof made, data_len = message.len;
	CK_BYTE *data = message.len ? message.data : info;
	CK_RV rv;

	if (hash->type == CKM_SHA_1) {
		memcpy(info, info_of_sha1, sizeof info_of_sha1);
		data_len = sizeof info_of_sha1 + judge_hash("SHA1", message.data, message.len, info + sizeof info_of_sha1);
		data = info;
	}
	rv = p11->C_SignInit(run->session, &mechanism, run->key);
	if (rv == CKR_OK)
		rv = p11->C_Sign(run->session, data, data_len, made, &len);
	if (rv == CKR_OK && (len != want.len || memcmp(made, want.data, len) != 0))
		rv = CKR_SIGNATURE_INVALID;
	sb_bytes_free(&message);
	sb_bytes_free(&want);
	return answer(rv);
}

/* --- ECDH --- */

static const struct api_key_kind *curve_of(json_t *group)
{
	static const struct {
		const char *name;
		int kind;
	} curves[] = {{"secp256r1", API_P256}, {"secp384r1", API_P384}, {"secp521r1", API_P521}};

	for (size_t i = 0; i < COUNT(curves); i++)
		if (strcmp(curves[i].name, text_of(group, "curve")) == 0)
			return &api_key_kinds[curves[i].kind];
	return NULL;
}

static CK_RV import_private_ec(struct run *run, const struct sb_bytes *scalar)
{
	static const CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	static const CK_KEY_TYPE ec = CKK_EC;
	const struct api_key_kind *curve = curve_of(run->group);
	CK_ATTRIBUTE template[] = {
		ATTRIBUTE_OF(CKA_CLASS, class),
		ATTRIBUTE_OF(CKA_KEY_TYPE, ec),
		ATTRIBUTE(CKA_EC_PARAMS, curve->params, curve->params_len),
		ATTRIBUTE(CKA_VALUE, scalar->data, scalar->len),
		ATTRIBUTE_OF(CKA_DERIVE, api_yes),
	};

	return p11->C_CreateObject(run->session, template, COUNT(template), &run->key);
}

static enum outcome derive(struct run *run, struct sb_bytes *point, const struct sb_bytes *want)
{
	CK_ECDH1_DERIVE_PARAMS params = {CKD_NULL, 0, NULL, point->len, point->data};
	CK_MECHANISM mechanism = {CKM_ECDH1_DERIVE, &params, sizeof params};
	CK_ATTRIBUTE template[] = {ATTRIBUTE_OF(CKA_SENSITIVE, api_no), ATTRIBUTE_OF(CKA_EXTRACTABLE, api_yes)};
	CK_BYTE secret[66];
	CK_ATTRIBUTE value = ATTRIBUTE_OF(CKA_VALUE, secret);
	CK_OBJECT_HANDLE derived;
	CK_RV rv = p11->C_DeriveKey(run->session, &mechanism, run->key, template, COUNT(template), &derived);
	enum outcome outcome;

	if (rv == CKR_MECHANISM_PARAM_INVALID)
		return REFUSED;
	CHECK_EQ(rv, CKR_OK);
	if (rv != CKR_OK)
		return BROKEN;
	CHECK_EQ(p11->C_GetAttributeValue(run->session, derived, &value, 1), CKR_OK);
	outcome = value.ulValueLen == want->len && memcmp(secret, want->data, want->len) == 0 ? TAKEN : BROKEN;
	CHECK_EQ(p11->C_DestroyObject(run->session, derived), CKR_OK);
	return outcome;
}

static enum outcome agree(struct run *run, json_t *test, struct sb_bytes *point)
{
	struct sb_bytes scalar = number_of(test, "private"), want = bytes_of(test, "shared");
	enum outcome outcome = BROKEN;

	CHECK_EQ(import_private_ec(run, &scalar), CKR_OK);
	outcome = derive(run, point, &want);
	CHECK_EQ(p11->C_DestroyObject(run->session, run->key), CKR_OK);
	sb_bytes_free(&scalar);
	sb_bytes_free(&want);
	return outcome;
}

static enum outcome ecdh_point(struct run *run, json_t *test)
{
	struct sb_bytes point = bytes_of(test, "public");
	enum outcome outcome = agree(run, test, &point);

	sb_bytes_free(&point);
	return outcome;
}

/* The content of one DER element of a tag, in definite lengths of the shortest form; what follows it in *rest. */
static bool element(struct sb_slice from, uint8_t tag, struct sb_slice *content, struct sb_slice *rest)
{
	size_t len, head = 2;

	if (from.len < 2 || from.data[0] != tag)
		return false;
	len = from.data[1];
	if (len == 0x81 && from.len > 2 && from.data[2] >= 128) {
		len = from.data[2];
		head = 3;
	} else if (len >= 128)
		return false;
	if (from.len - head < len)
		return false;
	*content = sb_slice(from.data + head, len);
	*rest = sb_slice(from.data + head + len, from.len - head - len);
	return true;
}

/* The point of a SubjectPublicKeyInfo that is well-formed and names its curve, whichever that is. */
static bool named_point(const struct sb_bytes *spki, struct sb_bytes *point)
{
	static const uint8_t ec_public_key[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
	struct sb_slice all, algorithm, oid, curve, bits, rest;

	if (!element(sb_bytes_slice(spki), 0x30, &all, &rest) || rest.len || !element(all, 0x30, &algorithm, &bits) ||
		!element(algorithm, 0x06, &oid, &curve) || !sb_slice_equal(oid, sb_slice(ec_public_key, sizeof ec_public_key)) ||
		!element(curve, 0x06, &oid, &rest) || rest.len)
		return false;
	if (!element(bits, 0x03, &bits, &rest) || rest.len || bits.len < 2 || bits.data[0] != 0)
		return false;
	return sb_bytes_append(point, bits.data + 1, bits.len - 1) == SB_OK;
}

static enum outcome ecdh_spki(struct run *run, json_t *test)
{
	struct sb_bytes spki = bytes_of(test, "public"), point = {0};
	enum outcome outcome = NOT_APPLICABLE;

	run->reason = SPKI_ALONE;
	if (named_point(&spki, &point))
		outcome = agree(run, test, &point);
	sb_bytes_free(&spki);
	sb_bytes_free(&point);
	return outcome;
}

/* --- files --- */

static const struct handler {
	const char *type;
	bool (*key)(struct run *run);
	enum outcome (*test)(struct run *run, json_t *test);
} handlers[] = {
	{"EcdsaP1363Verify", import_public, ecdsa_p1363},
	{"EcdsaVerify", import_public, ecdsa_der},
	{"EddsaVerify", import_public, eddsa},
	{"RsassaPkcs1Verify", import_public, pkcs1},
	{"RsassaPssVerify", import_public, pss},
	{"RsassaPkcs1Generate", import_private_rsa, pkcs1_generate},
	{"EcdhEcpointTest", NULL, ecdh_point},
	{"EcdhTest", NULL, ecdh_spki},
};

static const struct handler *handler_of(json_t *group)
{
	json_int_t size = json_integer_value(json_object_get(group, "keySize"));
	const char *curve = json_string_value(json_object_get(json_object_get(group, "publicKey"), "curve"));

	if ((size && (size < 2048 || size > 4096)) || (curve && strcmp(curve, "edwards448") == 0))
		return NULL;
	for (size_t i = 0; i < COUNT(handlers); i++)
		if (strcmp(handlers[i].type, text_of(group, "type")) == 0)
			return &handlers[i];
	return NULL;
}

struct tally {
	size_t groups, tests, taken, refused, left_out[REASONS];
};

static bool right(json_t *test, enum outcome outcome)
{
	const char *result = text_of(test, "result");

	if (strcmp(result, "valid") == 0)
		return outcome == TAKEN;
	/* What does not even reach the module is refused before it. */
	if (strcmp(result, "invalid") == 0)
		return outcome == REFUSED || outcome == NOT_APPLICABLE;
	for (size_t i = 0; i < COUNT(choices); i++)
		if (has_flag(test, choices[i].flag))
			return outcome == choices[i].want;
	return outcome != BROKEN;
}

static void one_test(struct run *run, const struct handler *handler, json_t *test, const char *file, struct tally *tally)
{
	enum outcome outcome = handler->test(run, test);
	bool good = right(test, outcome);

	if (!good)
		fprintf(stderr, "%s, tcId %d (%s): %s, but it is %s\n", file, (int)json_integer_value(json_object_get(test, "tcId")),
			text_of(test, "comment"), outcome == TAKEN ? "taken" : outcome == REFUSED ? "refused" : "broken or not applicable",
			text_of(test, "result"));
	CHECK(good);
	tally->taken += outcome == TAKEN;
	tally->refused += outcome == REFUSED;
	if (outcome == NOT_APPLICABLE)
		tally->left_out[run->reason]++;
}

static void one_group(CK_SESSION_HANDLE session, json_t *group, const char *file, struct tally *tally)
{
	struct run run = {.session = session, .group = group};
	const struct handler *handler = handler_of(group);
	json_t *test, *tests = json_object_get(group, "tests");
	size_t i;

	tally->groups++;
	tally->tests += json_array_size(tests);
	if (!handler) {
		tally->left_out[NO_MECHANISM] += json_array_size(tests);
		return;
	}
	if (handler->key) {
		bool taken = handler->key(&run);

		CHECK(taken);
		if (!taken)
			return;
	}
	json_array_foreach(tests, i, test)
		one_test(&run, handler, test, file, tally);
	if (handler->key)
		CHECK_EQ(p11->C_DestroyObject(session, run.key), CKR_OK);
}

static void add(struct tally *to, const struct tally *from)
{
	to->groups += from->groups;
	to->tests += from->tests;
	to->taken += from->taken;
	to->refused += from->refused;
	for (int i = 0; i < REASONS; i++)
		to->left_out[i] += from->left_out[i];
}

static void report(const char *what, const struct tally *t)
{
	printf("%s: %zu groups, %zu tests: %zu taken, %zu refused\n", what, t->groups, t->tests, t->taken, t->refused);
	for (int i = 0; i < REASONS; i++)
		if (t->left_out[i])
			printf("    %zu not applicable: %s\n", t->left_out[i], reasons[i]);
}

static void one_file(CK_SESSION_HANDLE session, const char *folder, const char *name, struct tally *all)
{
	struct tally tally = {0};
	char path[5000];
	json_error_t error;
	json_t *json, *group;
	size_t i;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	json = json_load_file(path, 0, &error);
	if (!json)
		fprintf(stderr, "%s: %s\n", path, error.text);
	REQUIRE(json);
	json_array_foreach(json_object_get(json, "testGroups"), i, group)
		one_group(session, group, name, &tally);
	CHECK_EQ(tally.tests, json_integer_value(json_object_get(json, "numberOfTests")));
	json_decref(json);
	report(name, &tally);
	add(all, &tally);
}

static int is_json(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0;
}

int main(void)
{
	const char *vectors = getenv("SINBUN_VECTORS");
	CK_SESSION_HANDLE session;
	struct tally all = {0};
	struct dirent **names;
	char folder[4000];
	int count;

	snprintf(folder, sizeof folder, "%s/wycheproof", vectors ? vectors : ".");
	count = scandir(folder, &names, is_json, alphasort);
	if (count <= 0)
		SKIP("the Wycheproof vectors are not here (SINBUN_VECTORS)");
	api_open("import = yes\n");
	session = api_ready(NULL);
	for (int i = 0; i < count; i++) {
		one_file(session, folder, names[i]->d_name, &all);
		free(names[i]);
	}
	free(names);
	report("all", &all);
	for (size_t i = 0; i < COUNT(choices); i++)
		printf("\"acceptable\" and %s is to be %s: %s\n", choices[i].flag, choices[i].want == TAKEN ? "taken" : "refused", choices[i].why);
	CHECK(all.taken > 0 && all.refused > 0);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
