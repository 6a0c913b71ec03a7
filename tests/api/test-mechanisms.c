/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/judge.h"

#include "lib/check.h"

/* Every signature mechanism with every kind of key: what the module signs libcrypto verifies, from CKA_PUBLIC_KEY_INFO; what libcrypto
 * signs the module verifies; what was altered neither does. */

enum { LONG = 9000 };
static CK_BYTE message[LONG];

#define PSS_OF(hash, mgf) {hash, mgf, 0}
static const struct row {
	CK_MECHANISM_TYPE type;
	const char *name;
	CK_KEY_TYPE key;
	struct judge_scheme scheme;
	CK_RSA_PKCS_PSS_PARAMS pss; /* but for the salt's length */
	const char *whole;          /* raw PKCS#1: the hash in the DigestInfo */
} rows[] = {
#define ROW(type, ...) {type, #type, __VA_ARGS__}
#define ECDSA(type, digest) ROW(type, CKK_EC, {JUDGE_ECDSA, digest, false, NULL, 0}, {0}, NULL)
#define PKCS1(type, digest) ROW(type, CKK_RSA, {JUDGE_PKCS1, digest, false, NULL, 0}, {0}, NULL)
#define PSS(type, digest, salt, hash, mgf) ROW(type, CKK_RSA, {JUDGE_PSS, digest, false, digest, salt}, PSS_OF(hash, mgf), NULL)
#define RAW_PSS(digest, mgf_digest, salt, hash, mgf) \
	ROW(CKM_RSA_PKCS_PSS, CKK_RSA, {JUDGE_PSS, digest, true, mgf_digest, salt}, PSS_OF(hash, mgf), NULL)
	ROW(CKM_ECDSA, CKK_EC, {JUDGE_ECDSA, NULL, false, NULL, 0}, {0}, NULL),
	ECDSA(CKM_ECDSA_SHA1, "SHA1"),
	ECDSA(CKM_ECDSA_SHA224, "SHA224"),
	ECDSA(CKM_ECDSA_SHA256, "SHA256"),
	ECDSA(CKM_ECDSA_SHA384, "SHA384"),
	ECDSA(CKM_ECDSA_SHA512, "SHA512"),
	ECDSA(CKM_ECDSA_SHA3_224, "SHA3-224"),
	ECDSA(CKM_ECDSA_SHA3_256, "SHA3-256"),
	ECDSA(CKM_ECDSA_SHA3_384, "SHA3-384"),
	ECDSA(CKM_ECDSA_SHA3_512, "SHA3-512"),
	ROW(CKM_EDDSA, CKK_EC_EDWARDS, {JUDGE_EDDSA, NULL, false, NULL, 0}, {0}, NULL),

	ROW(CKM_RSA_PKCS, CKK_RSA, {JUDGE_PKCS1, NULL, false, NULL, 0}, {0}, "SHA256"),
	PKCS1(CKM_SHA1_RSA_PKCS, "SHA1"),
	PKCS1(CKM_SHA224_RSA_PKCS, "SHA224"),
	PKCS1(CKM_SHA256_RSA_PKCS, "SHA256"),
	PKCS1(CKM_SHA384_RSA_PKCS, "SHA384"),
	PKCS1(CKM_SHA512_RSA_PKCS, "SHA512"),
	PKCS1(CKM_SHA3_224_RSA_PKCS, "SHA3-224"),
	PKCS1(CKM_SHA3_256_RSA_PKCS, "SHA3-256"),
	PKCS1(CKM_SHA3_384_RSA_PKCS, "SHA3-384"),
	PKCS1(CKM_SHA3_512_RSA_PKCS, "SHA3-512"),

	PSS(CKM_SHA1_RSA_PKCS_PSS, "SHA1", 20, CKM_SHA_1, CKG_MGF1_SHA1),
	PSS(CKM_SHA224_RSA_PKCS_PSS, "SHA224", 28, CKM_SHA224, CKG_MGF1_SHA224),
	PSS(CKM_SHA256_RSA_PKCS_PSS, "SHA256", 32, CKM_SHA256, CKG_MGF1_SHA256),
	PSS(CKM_SHA384_RSA_PKCS_PSS, "SHA384", 48, CKM_SHA384, CKG_MGF1_SHA384),
	PSS(CKM_SHA512_RSA_PKCS_PSS, "SHA512", 64, CKM_SHA512, CKG_MGF1_SHA512),
	PSS(CKM_SHA3_224_RSA_PKCS_PSS, "SHA3-224", 28, CKM_SHA3_224, CKG_MGF1_SHA3_224),
	PSS(CKM_SHA3_256_RSA_PKCS_PSS, "SHA3-256", 32, CKM_SHA3_256, CKG_MGF1_SHA3_256),
	PSS(CKM_SHA3_384_RSA_PKCS_PSS, "SHA3-384", 48, CKM_SHA3_384, CKG_MGF1_SHA3_384),
	PSS(CKM_SHA3_512_RSA_PKCS_PSS, "SHA3-512", 64, CKM_SHA3_512, CKG_MGF1_SHA3_512),
	/* Other salts, a mask of another hash, and hashes that have no mechanism of their own. */
	PSS(CKM_SHA256_RSA_PKCS_PSS, "SHA256", 0, CKM_SHA256, CKG_MGF1_SHA256),
	PSS(CKM_SHA256_RSA_PKCS_PSS, "SHA256", 100, CKM_SHA256, CKG_MGF1_SHA256),
	RAW_PSS("SHA1", "SHA1", 20, CKM_SHA_1, CKG_MGF1_SHA1),
	RAW_PSS("SHA256", "SHA256", 32, CKM_SHA256, CKG_MGF1_SHA256),
	RAW_PSS("SHA256", "SHA1", 20, CKM_SHA256, CKG_MGF1_SHA1),
	RAW_PSS("SHA384", "SHA512", 48, CKM_SHA384, CKG_MGF1_SHA512),
	RAW_PSS("SHA512", "SHA512", 64, CKM_SHA512, CKG_MGF1_SHA512),
	RAW_PSS("SHA512-256", "SHA256", 32, CKM_SHA512_256, CKG_MGF1_SHA256),
	RAW_PSS("SHA3-256", "SHA3-512", 32, CKM_SHA3_256, CKG_MGF1_SHA3_512),
};

/* A mechanism with its parameter, and the data that it takes. */
struct job {
	const struct row *row;
	CK_RSA_PKCS_PSS_PARAMS pss;
	CK_MECHANISM mechanism;
	CK_BYTE input[128];
	CK_BYTE *data;
	CK_ULONG len;
	bool raw; /* the data are a hash: one call */
};

static void prepare(const struct row *row, struct job *job)
{
	static const CK_BYTE info_of_sha256[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
		0x00, 0x04, 0x20};

	*job = (struct job){.row = row, .pss = row->pss, .mechanism = {row->type, NULL, 0}, .data = message, .len = LONG};
	job->pss.sLen = (CK_ULONG)row->scheme.salt;
	if (row->scheme.padding == JUDGE_PSS) {
		job->mechanism.pParameter = &job->pss;
		job->mechanism.ulParameterLen = sizeof job->pss;
	}
	job->raw = row->scheme.hashed || (!row->scheme.digest && row->scheme.padding != JUDGE_EDDSA);
	if (!job->raw)
		return;
	job->data = job->input;
	if (row->whole)
		memcpy(job->input, info_of_sha256, sizeof info_of_sha256);
	job->len = row->whole ? sizeof info_of_sha256 : 0;
	job->len += judge_hash(row->scheme.digest ? row->scheme.digest : "SHA256", message, LONG, job->input + job->len);
}

static CK_RV sign(CK_SESSION_HANDLE session, struct job *job, CK_OBJECT_HANDLE key, CK_BYTE *signature, CK_ULONG *len)
{
	CK_RV rv = p11->C_SignInit(session, &job->mechanism, key);

	*len = JUDGE_SIGNATURE;
	return rv == CKR_OK ? p11->C_Sign(session, job->data, job->len, signature, len) : rv;
}

static CK_RV sign_in_parts(CK_SESSION_HANDLE session, struct job *job, CK_OBJECT_HANDLE key, CK_BYTE *signature, CK_ULONG *len)
{
	static const CK_ULONG cuts[] = {0, 0, 1, 64, 4095, 8191, LONG};
	CK_RV rv = p11->C_SignInit(session, &job->mechanism, key);

	*len = JUDGE_SIGNATURE;
	for (size_t i = 1; rv == CKR_OK && i < COUNT(cuts); i++)
		rv = p11->C_SignUpdate(session, job->data + cuts[i - 1], cuts[i] - cuts[i - 1]);
	return rv == CKR_OK ? p11->C_SignFinal(session, signature, len) : rv;
}

static CK_RV verify(CK_SESSION_HANDLE session, struct job *job, CK_OBJECT_HANDLE key, CK_BYTE *signature, CK_ULONG len)
{
	CK_RV rv = p11->C_VerifyInit(session, &job->mechanism, key);

	return rv == CKR_OK ? p11->C_Verify(session, job->data, job->len, signature, len) : rv;
}

static CK_RV verify_in_parts(CK_SESSION_HANDLE session, struct job *job, CK_OBJECT_HANDLE key, CK_BYTE *signature, CK_ULONG len)
{
	CK_RV rv = p11->C_VerifyInit(session, &job->mechanism, key);

	for (CK_ULONG at = 0; rv == CKR_OK && at < job->len; at += 1000)
		rv = p11->C_VerifyUpdate(session, job->data + at, job->len - at < 1000 ? job->len - at : 1000);
	return rv == CKR_OK ? p11->C_VerifyFinal(session, signature, len) : rv;
}

/* As 3.2 has it: the signature first. */
static CK_RV verify_signature(CK_SESSION_HANDLE session, struct job *job, CK_OBJECT_HANDLE key, CK_BYTE *signature, CK_ULONG len)
{
	CK_RV rv = p11_3->C_VerifySignatureInit(session, &job->mechanism, key, signature, len);

	return rv == CKR_OK ? p11_3->C_VerifySignature(session, job->data, job->len) : rv;
}

static CK_RV verify_signature_in_parts(CK_SESSION_HANDLE session, struct job *job, CK_OBJECT_HANDLE key, CK_BYTE *signature, CK_ULONG len)
{
	CK_RV rv = p11_3->C_VerifySignatureInit(session, &job->mechanism, key, signature, len);

	for (CK_ULONG at = 0; rv == CKR_OK && at < job->len; at += 4500)
		rv = p11_3->C_VerifySignatureUpdate(session, job->data + at, 4500);
	return rv == CKR_OK ? p11_3->C_VerifySignatureFinal(session) : rv;
}

static const struct way {
	CK_RV (*verify)(CK_SESSION_HANDLE session, struct job *job, CK_OBJECT_HANDLE key, CK_BYTE *signature, CK_ULONG len);
	bool parts;
} ways[] = {{verify, false}, {verify_in_parts, true}, {verify_signature, false}, {verify_signature_in_parts, true}};

/* Every way of verifying says so. */
static void all_say(CK_RV want, CK_SESSION_HANDLE session, struct job *job, CK_OBJECT_HANDLE key, CK_BYTE *signature, CK_ULONG len)
{
	for (size_t i = 0; i < COUNT(ways); i++) {
		int before = check_failures;

		if (ways[i].parts && job->raw)
			continue;
		CHECK_EQ(ways[i].verify(session, job, key, signature, len), want);
		if (check_failures != before)
			fprintf(stderr, "  that is %s, salt %d, signature of %lu bytes, way %zu\n", job->row->name, job->row->scheme.salt, len, i);
	}
}

/* The good signature verifies; with any part of it, of the data or of its length altered it does not. */
static void only_the_right_one_verifies(CK_SESSION_HANDLE session, struct job *job, CK_OBJECT_HANDLE key, CK_BYTE *signature, CK_ULONG len)
{
	const CK_ULONG bytes[] = {0, len / 2 - 1, len / 2, len - 1}, lengths[] = {0, 1, len / 2, len - 1, len + 1};
	CK_BYTE longer[JUDGE_SIGNATURE + 1] = {0}, zero[JUDGE_SIGNATURE] = {0}, full[JUDGE_SIGNATURE];

	memcpy(longer, signature, len);
	all_say(CKR_OK, session, job, key, signature, len);
	for (size_t i = 0; i < COUNT(bytes); i++) {
		signature[bytes[i]] ^= 1;
		all_say(CKR_SIGNATURE_INVALID, session, job, key, signature, len);
		signature[bytes[i]] ^= 1;
	}
	for (size_t i = 0; i < COUNT(lengths); i++)
		all_say(CKR_SIGNATURE_LEN_RANGE, session, job, key, longer, lengths[i]);
	memset(full, 0xff, sizeof full);
	all_say(CKR_SIGNATURE_INVALID, session, job, key, zero, len);
	all_say(CKR_SIGNATURE_INVALID, session, job, key, full, len);
	job->data[job->len - 1] ^= 1;
	all_say(CKR_SIGNATURE_INVALID, session, job, key, signature, len);
	job->data[job->len - 1] ^= 1;
	all_say(CKR_OK, session, job, key, signature, len);
}

static bool verifies_only(const struct row *row)
{
	return strcmp(row->scheme.digest ? row->scheme.digest : "", "SHA1") == 0;
}

/* In an identity token SHA-1 signs nothing, and the refusal begins nothing. */
static void refuses_to_sign(CK_SESSION_HANDLE session, struct job *job, CK_OBJECT_HANDLE key)
{
	CK_RV want = job->row->scheme.hashed ? CKR_MECHANISM_PARAM_INVALID : CKR_MECHANISM_INVALID;
	CK_BYTE signature[JUDGE_SIGNATURE];
	CK_ULONG len = sizeof signature;

	CHECK_EQ(p11->C_SignInit(session, &job->mechanism, key), want);
	CHECK_EQ(p11->C_Sign(session, job->data, job->len, signature, &len), CKR_OPERATION_NOT_INITIALIZED);
}

static void module_signs(CK_SESSION_HANDLE session, const struct api_key_kind *kind, const struct api_pair *pair, struct job *job)
{
	EVP_PKEY *key = judge_key(session, pair->public);
	CK_BYTE signature[JUDGE_SIGNATURE];
	CK_ULONG len;

	for (int parts = 0; parts < (job->raw ? 1 : 2); parts++) {
		CHECK_EQ((parts ? sign_in_parts : sign)(session, job, pair->private, signature, &len), CKR_OK);
		CHECK_EQ(len, kind->signature);
		CHECK(judge_verifies(key, &job->row->scheme, job->data, job->len, signature, len));
		only_the_right_one_verifies(session, job, pair->public, signature, len);
	}
	EVP_PKEY_free(key);
}

static void with_keys_of_its_own(CK_SESSION_HANDLE session, int kind)
{
	struct api_pair pair = api_generate_kind(session, kind, NULL, 0, NULL, 0);
	struct job job;

	for (size_t i = 0; i < COUNT(rows); i++) {
		int before = check_failures;

		if (rows[i].key != api_key_kinds[kind].type)
			continue;
		prepare(&rows[i], &job);
		if (verifies_only(&rows[i]))
			refuses_to_sign(session, &job, pair.private);
		else
			module_signs(session, &api_key_kinds[kind], &pair, &job);
		if (check_failures != before)
			fprintf(stderr, "  that is %s with %s\n", rows[i].name, api_key_kinds[kind].name);
	}
}

static void with_keys_of_others(CK_SESSION_HANDLE session, int kind)
{
	EVP_PKEY *key = judge_generate(kind);
	struct judge_template template;
	CK_BYTE signature[JUDGE_SIGNATURE];
	CK_OBJECT_HANDLE public;
	struct job job;

	judge_public_template(key, &template);
	REQUIRE(judge_create(session, &template, &public) == CKR_OK);
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].key == api_key_kinds[kind].type) {
			prepare(&rows[i], &job);
			only_the_right_one_verifies(session, &job, public, signature,
				judge_signs(key, &rows[i].scheme, job.data, job.len, signature));
		}
	EVP_PKEY_free(key);
}

/* Where libcrypto signs an empty message, so does the module. */
static void empty_messages(CK_SESSION_HANDLE session, int kind)
{
	struct api_pair pair = api_generate_kind(session, kind, NULL, 0, NULL, 0);
	EVP_PKEY *key = judge_key(session, pair.public);
	CK_BYTE signature[JUDGE_SIGNATURE];
	CK_ULONG len;
	struct job job;

	for (size_t i = 0; i < COUNT(rows); i++) {
		if (rows[i].key != api_key_kinds[kind].type || verifies_only(&rows[i]))
			continue;
		prepare(&rows[i], &job);
		job.len = 0;
		CHECK_EQ(sign(session, &job, pair.private, signature, &len), job.raw ? CKR_DATA_LEN_RANGE : CKR_OK);
		if (job.raw)
			continue;
		CHECK(judge_verifies(key, &rows[i].scheme, (const CK_BYTE *)"", 0, signature, len));
		all_say(CKR_OK, session, &job, pair.public, signature, len);
		CHECK_EQ(p11->C_SignInit(session, &job.mechanism, pair.private), CKR_OK);
		len = sizeof signature;
		CHECK_EQ(p11->C_SignFinal(session, signature, &len), CKR_OK);
		all_say(CKR_OK, session, &job, pair.public, signature, len);
	}
	EVP_PKEY_free(key);
}

/* A general token signs with ECDSA and SHA-1 for those who must. */
static void sha1_in_a_general_token(void)
{
	static const struct row old = {CKM_ECDSA_SHA1, "CKM_ECDSA_SHA1", CKK_EC, {JUDGE_ECDSA, "SHA1", false, NULL, 0}, {0}, NULL};
	CK_SESSION_HANDLE session;
	struct api_pair pair;
	struct job job;

	REQUIRE(p11->C_Finalize(NULL) == CKR_OK);
	api_configure("profile = general\n");
	session = api_ready(NULL);
	pair = api_generate_kind(session, API_P256, NULL, 0, NULL, 0);
	prepare(&old, &job);
	module_signs(session, &api_key_kinds[API_P256], &pair, &job);
	REQUIRE(p11->C_Finalize(NULL) == CKR_OK);
}

int main(void)
{
	CK_SESSION_HANDLE session;

	for (size_t i = 0; i < LONG; i++)
		message[i] = (CK_BYTE)(i * 31 + i / 256);
	api_open("");
	session = api_ready(NULL);
	for (int kind = 0; kind < API_KEY_KINDS; kind++)
		with_keys_of_its_own(session, kind);
	for (int kind = 0; kind <= API_RSA_3072; kind++)
		with_keys_of_others(session, kind);
	empty_messages(session, API_P256);
	empty_messages(session, API_ED25519);
	empty_messages(session, API_RSA_2048);
	sha1_in_a_general_token();
	return check_result();
}
