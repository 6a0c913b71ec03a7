/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/judge.h"

#include <time.h>
#include <unistd.h>

#include "lib/check.h"

/* What is asked of a key before anything happens: its class, type, usage, mechanisms, days and size; and how operations end. */

static CK_BYTE message[] = "what is signed";
static CK_MECHANISM ecdsa = {CKM_ECDSA, NULL, 0}, ecdsa_sha256 = {CKM_ECDSA_SHA256, NULL, 0}, sha256_rsa = {CKM_SHA256_RSA_PKCS, NULL, 0},
		    eddsa = {CKM_EDDSA, NULL, 0}, edwards = {CKM_EC_EDWARDS_KEY_PAIR_GEN, NULL, 0}, digest = {CKM_SHA256, NULL, 0};

static CK_RV sign(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	CK_BYTE signature[JUDGE_SIGNATURE];
	CK_ULONG len = sizeof signature;
	CK_RV rv = p11->C_SignInit(session, mechanism, key);

	return rv == CKR_OK ? p11->C_Sign(session, message, sizeof message, signature, &len) : rv;
}

static CK_RV init_verify(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	CK_RV rv = p11->C_VerifyInit(session, mechanism, key);

	/* A NULL mechanism ends what began. */
	return rv == CKR_OK ? p11->C_VerifyInit(session, NULL, 0) : rv;
}

/* --- what is asked --- */

static void types_and_classes(CK_SESSION_HANDLE session, struct api_pair ec, struct api_pair ed, struct api_pair rsa)
{
	const struct {
		CK_MECHANISM *mechanism;
		struct api_pair key;
	} crossed[] = {{&ecdsa, ed}, {&ecdsa, rsa}, {&ecdsa_sha256, ed}, {&ecdsa_sha256, rsa}, {&eddsa, ec}, {&eddsa, rsa}, {&sha256_rsa, ec},
		{&sha256_rsa, ed}};
	CK_MECHANISM *generators[] = {&digest, &edwards};

	for (size_t i = 0; i < COUNT(crossed); i++) {
		CHECK_EQ(sign(session, crossed[i].mechanism, crossed[i].key.private), CKR_KEY_TYPE_INCONSISTENT);
		CHECK_EQ(init_verify(session, crossed[i].mechanism, crossed[i].key.public), CKR_KEY_TYPE_INCONSISTENT);
		/* The half is asked for first. */
		CHECK_EQ(sign(session, crossed[i].mechanism, crossed[i].key.public), CKR_KEY_HANDLE_INVALID);
		CHECK_EQ(init_verify(session, crossed[i].mechanism, crossed[i].key.private), CKR_KEY_HANDLE_INVALID);
	}
	for (size_t i = 0; i < COUNT(generators); i++) {
		CHECK_EQ(sign(session, generators[i], ec.private), CKR_MECHANISM_INVALID);
		CHECK_EQ(init_verify(session, generators[i], ec.public), CKR_MECHANISM_INVALID);
	}
	/* The mechanism comes before the key, and the key before its use. */
	CHECK_EQ(sign(session, &digest, 0), CKR_MECHANISM_INVALID);
	CHECK_EQ(sign(session, &ecdsa, 0), CKR_KEY_HANDLE_INVALID);
	CHECK_EQ(sign(session, &ecdsa, 0x7fffffff), CKR_KEY_HANDLE_INVALID);
}

static void usages(CK_SESSION_HANDLE session)
{
	CK_ATTRIBUTE mute[] = {ATTRIBUTE_OF(CKA_SIGN, api_no)}, blind[] = {ATTRIBUTE_OF(CKA_VERIFY, api_no)};
	CK_ATTRIBUTE speak[] = {ATTRIBUTE_OF(CKA_SIGN, api_yes)};

	for (int kind = 0; kind <= API_RSA_2048; kind++) {
		CK_MECHANISM *m = kind == API_RSA_2048 ? &sha256_rsa : kind == API_ED25519 ? &eddsa : &ecdsa_sha256;
		struct api_pair pair = api_generate_kind(session, kind, blind, 1, mute, 1);

		CHECK_EQ(sign(session, m, pair.private), CKR_KEY_FUNCTION_NOT_PERMITTED);
		CHECK_EQ(init_verify(session, m, pair.public), CKR_KEY_FUNCTION_NOT_PERMITTED);
		CHECK_EQ(p11->C_SetAttributeValue(session, pair.private, speak, 1), CKR_OK);
		CHECK_EQ(sign(session, m, pair.private), CKR_OK);
	}
}

static void allowed_mechanisms(CK_SESSION_HANDLE session)
{
	static const CK_MECHANISM_TYPE two[] = {CKM_ECDSA_SHA384, CKM_ECDSA_SHA256}, foreign[] = {CKM_RSA_PKCS, 0x80001234};
	CK_ATTRIBUTE some[] = {ATTRIBUTE_OF(CKA_ALLOWED_MECHANISMS, two)}, none[] = {ATTRIBUTE(CKA_ALLOWED_MECHANISMS, two, 0)};
	CK_ATTRIBUTE others[] = {ATTRIBUTE_OF(CKA_ALLOWED_MECHANISMS, foreign)};
	struct api_pair pair = api_generate_kind(session, API_P256, some, 1, some, 1);
	CK_MECHANISM_TYPE read[2];
	CK_ATTRIBUTE list = ATTRIBUTE_OF(CKA_ALLOWED_MECHANISMS, read);

	CHECK_EQ(sign(session, &ecdsa_sha256, pair.private), CKR_OK);
	CHECK_EQ(sign(session, &ecdsa, pair.private), CKR_MECHANISM_INVALID);
	CHECK_EQ(init_verify(session, &ecdsa_sha256, pair.public), CKR_OK);
	CHECK_EQ(init_verify(session, &ecdsa, pair.public), CKR_MECHANISM_INVALID);
	CHECK_EQ(p11->C_GetAttributeValue(session, pair.private, &list, 1), CKR_OK);
	CHECK(list.ulValueLen == sizeof two && memcmp(read, two, sizeof two) == 0);
	pair = api_generate_kind(session, API_P256, others, 1, others, 1);
	CHECK_EQ(sign(session, &ecdsa, pair.private), CKR_MECHANISM_INVALID);
	CHECK_EQ(init_verify(session, &ecdsa, pair.public), CKR_MECHANISM_INVALID);
	/* An empty list allows nothing, and cannot be changed into more. */
	pair = api_generate_kind(session, API_P256, none, 1, none, 1);
	CHECK_EQ(sign(session, &ecdsa, pair.private), CKR_MECHANISM_INVALID);
	CHECK_EQ(p11->C_SetAttributeValue(session, pair.private, some, 1), CKR_ATTRIBUTE_READ_ONLY);
	CHECK_EQ(sign(session, &ecdsa_sha256, pair.private), CKR_MECHANISM_INVALID);
}

/* A day so many days from today, in UTC. */
static void day(int from_today, CK_BYTE date[9])
{
	time_t then = time(NULL) + from_today * 86400;
	struct tm tm;

	gmtime_r(&then, &tm);
	strftime((char *)date, 9, "%Y%m%d", &tm);
}

/* So that today is one day throughout the test. */
static void not_at_midnight(void)
{
	time_t left = 86400 - time(NULL) % 86400;

	if (left < 20)
		sleep((unsigned)left + 1);
}

static void days(CK_SESSION_HANDLE session)
{
	enum { NONE = 99 };
	static const struct {
		int start, end;
		CK_RV answer;
	} rows[] = {
		{NONE, NONE, CKR_OK},
		{-1, NONE, CKR_OK},
		{0, NONE, CKR_OK},
		{1, NONE, CKR_KEY_FUNCTION_NOT_PERMITTED},
		{NONE, -1, CKR_KEY_FUNCTION_NOT_PERMITTED},
		{NONE, 0, CKR_OK},
		{NONE, 1, CKR_OK},
		{0, 0, CKR_OK},
		{-1, 1, CKR_OK},
		{-400, -1, CKR_KEY_FUNCTION_NOT_PERMITTED},
		{1, 400, CKR_KEY_FUNCTION_NOT_PERMITTED},
	};

	not_at_midnight();
	for (size_t i = 0; i < COUNT(rows); i++) {
		CK_BYTE start[9], end[9];
		CK_ATTRIBUTE dates[] = {ATTRIBUTE(CKA_START_DATE, start, rows[i].start == NONE ? 0 : 8),
			ATTRIBUTE(CKA_END_DATE, end, rows[i].end == NONE ? 0 : 8)};
		struct api_pair pair;
		int before = check_failures;

		day(rows[i].start, start);
		day(rows[i].end, end);
		pair = api_generate_kind(session, API_P256, dates, 2, dates, 2);
		CHECK_EQ(sign(session, &ecdsa_sha256, pair.private), rows[i].answer);
		/* What was signed in time can be verified ever after. */
		CHECK_EQ(init_verify(session, &ecdsa_sha256, pair.public), CKR_OK);
		if (check_failures != before)
			fprintf(stderr, "  that is from day %d to day %d\n", rows[i].start, rows[i].end);
	}
}

/* Keys that are too small or too large do not even come in. */
static void sizes(CK_SESSION_HANDLE session)
{
	static const size_t bits[] = {512, 1024, 2040, 4104};
	struct judge_template template;
	CK_OBJECT_HANDLE object = 77;

	for (size_t i = 0; i < COUNT(bits); i++) {
		EVP_PKEY *key = bits[i] > 4000 ? judge_generate(API_RSA_2048) : EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits[i]);
		CK_BYTE large[4104 / 8];

		judge_public_template(key, &template);
		memset(large, 0xfd, sizeof large);
		if (bits[i] > 4000) {
			judge_remove(&template, CKA_MODULUS);
			judge_add(&template, CKA_MODULUS, large, sizeof large);
		}
		CHECK_EQ(judge_create(session, &template, &object), CKR_KEY_SIZE_RANGE);
		EVP_PKEY_free(key);
	}
	CHECK_EQ(object, 77);
}

/* A refusal costs nothing: neither the login for one signature nor the operation that runs. */
static void refusals_cost_nothing(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE session = api_session(slot, true);
	CK_MECHANISM parameter = {CKM_ECDSA, message, 1};
	CK_OBJECT_HANDLE key;
	struct api_pair pair;

	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	pair = api_generate(session, false, 1, true);
	key = pair.private;
	CHECK_EQ(sign(session, &digest, key), CKR_MECHANISM_INVALID);
	CHECK_EQ(sign(session, &parameter, key), CKR_MECHANISM_PARAM_INVALID);
	CHECK_EQ(sign(session, &sha256_rsa, key), CKR_KEY_TYPE_INCONSISTENT);
	CHECK_EQ(sign(session, &ecdsa, pair.public), CKR_KEY_HANDLE_INVALID);
	CHECK_EQ(init_verify(session, &ecdsa, pair.public), CKR_OK);
	CHECK_EQ(sign(session, &ecdsa_sha256, key), CKR_OK);
	CHECK_EQ(sign(session, &ecdsa_sha256, key), CKR_USER_NOT_LOGGED_IN);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

/* --- how operations end --- */

enum { SIGNATURE = 64 };
static CK_BYTE buffer[SIGNATURE], untouched[SIGNATURE];

static CK_ULONG room(CK_ULONG len)
{
	memset(buffer, 0xa5, sizeof buffer);
	memset(untouched, 0xa5, sizeof untouched);
	return len;
}

static bool signing(CK_SESSION_HANDLE session)
{
	CK_ULONG len;
	CK_RV rv = p11->C_SignFinal(session, NULL, &len); /* asks for the length: ends nothing */

	CHECK(rv == CKR_OK || rv == CKR_OPERATION_NOT_INITIALIZED);
	return rv == CKR_OK;
}

static bool verifying(CK_SESSION_HANDLE session)
{
	CK_RV rv = p11->C_VerifyUpdate(session, message, 0);

	CHECK(rv == CKR_OK || rv == CKR_OPERATION_NOT_INITIALIZED);
	return rv == CKR_OK;
}

static void signing_ends(CK_SESSION_HANDLE session, struct api_pair pair)
{
	CK_ULONG len;

	/* Not by a question for the length, nor by a short buffer, which stays as it was. */
	CHECK_EQ(p11->C_SignInit(session, &ecdsa_sha256, pair.private), CKR_OK);
	for (CK_ULONG given = 0; given < SIGNATURE; given += 21) {
		len = room(given);
		CHECK_EQ(p11->C_Sign(session, message, 5, buffer, &len), CKR_BUFFER_TOO_SMALL);
		CHECK_EQ(len, SIGNATURE);
		CHECK(memcmp(buffer, untouched, sizeof buffer) == 0);
	}
	CHECK(signing(session));
	/* By the signature. */
	len = room(SIGNATURE);
	CHECK_EQ(p11->C_Sign(session, message, 5, buffer, &len), CKR_OK);
	CHECK(!signing(session));
	/* By an error of each call. */
	CHECK_EQ(p11->C_SignInit(session, &ecdsa_sha256, pair.private), CKR_OK);
	CHECK_EQ(p11->C_Sign(session, message, 5, buffer, NULL), CKR_ARGUMENTS_BAD);
	CHECK(!signing(session));
	CHECK_EQ(p11->C_SignInit(session, &ecdsa_sha256, pair.private), CKR_OK);
	CHECK_EQ(p11->C_Sign(session, NULL, 5, buffer, &len), CKR_ARGUMENTS_BAD);
	CHECK(!signing(session));
	CHECK_EQ(p11->C_SignInit(session, &ecdsa_sha256, pair.private), CKR_OK);
	CHECK_EQ(p11->C_SignUpdate(session, NULL, 5), CKR_ARGUMENTS_BAD);
	CHECK(!signing(session));
	CHECK_EQ(p11->C_SignInit(session, &ecdsa_sha256, pair.private), CKR_OK);
	CHECK_EQ(p11->C_SignUpdate(session, message, 5), CKR_OK);
	CHECK_EQ(p11->C_SignFinal(session, buffer, NULL), CKR_ARGUMENTS_BAD);
	CHECK(!signing(session));
	/* After a part the call for the whole is an error too, and its buffer stays as it was. */
	CHECK_EQ(p11->C_SignInit(session, &ecdsa_sha256, pair.private), CKR_OK);
	CHECK_EQ(p11->C_SignUpdate(session, message, 5), CKR_OK);
	len = room(SIGNATURE);
	CHECK_EQ(p11->C_Sign(session, message, 5, buffer, &len), CKR_OPERATION_ACTIVE);
	CHECK(memcmp(buffer, untouched, sizeof buffer) == 0);
	CHECK(!signing(session));
	/* By a NULL mechanism; a second initialisation ends nothing. */
	CHECK_EQ(p11->C_SignInit(session, NULL, 0), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11->C_SignInit(session, &ecdsa_sha256, pair.private), CKR_OK);
	CHECK_EQ(p11->C_SignInit(session, &ecdsa_sha256, pair.private), CKR_OPERATION_ACTIVE);
	CHECK_EQ(p11->C_SignInit(session, &digest, 0), CKR_OPERATION_ACTIVE);
	CHECK(signing(session));
	CHECK_EQ(p11->C_SignInit(session, NULL, 0), CKR_OK);
	CHECK(!signing(session));
}

static void verifying_ends(CK_SESSION_HANDLE session, struct api_pair pair)
{
	CK_ULONG len = SIGNATURE;
	CK_BYTE signature[SIGNATURE], wrong[SIGNATURE] = {1};

	CHECK_EQ(p11->C_SignInit(session, &ecdsa_sha256, pair.private), CKR_OK);
	CHECK_EQ(p11->C_Sign(session, message, 5, signature, &len), CKR_OK);
	const struct {
		CK_BYTE *data, *signature;
		CK_ULONG len;
		CK_RV answer;
	} rows[] = {
		{message, signature, SIGNATURE, CKR_OK},
		{message, wrong, SIGNATURE, CKR_SIGNATURE_INVALID},
		{message, signature, SIGNATURE - 1, CKR_SIGNATURE_LEN_RANGE},
		{message, NULL, SIGNATURE, CKR_ARGUMENTS_BAD},
		{NULL, signature, SIGNATURE, CKR_ARGUMENTS_BAD},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		CHECK_EQ(p11->C_VerifyInit(session, &ecdsa_sha256, pair.public), CKR_OK);
		CHECK_EQ(p11->C_Verify(session, rows[i].data, 5, rows[i].signature, rows[i].len), rows[i].answer);
		CHECK(!verifying(session));
		CHECK_EQ(p11->C_VerifyInit(session, &ecdsa_sha256, pair.public), CKR_OK);
		if (p11->C_VerifyUpdate(session, rows[i].data, 5) == CKR_OK) {
			CHECK(verifying(session));
			CHECK_EQ(p11->C_VerifyFinal(session, rows[i].signature, rows[i].len), rows[i].answer);
		}
		CHECK(!verifying(session));
	}
	CHECK_EQ(p11->C_VerifyInit(session, &ecdsa_sha256, pair.public), CKR_OK);
	CHECK_EQ(p11->C_VerifyUpdate(session, message, 5), CKR_OK);
	CHECK_EQ(p11->C_Verify(session, message, 5, signature, SIGNATURE), CKR_OPERATION_ACTIVE);
	CHECK(!verifying(session));
	/* 3.2's order: the signature comes first, and is judged at the end, its length too. */
	CHECK_EQ(p11_3->C_VerifySignatureInit(session, &ecdsa_sha256, pair.public, signature, SIGNATURE - 1), CKR_OK);
	CHECK_EQ(p11_3->C_VerifySignature(session, message, 5), CKR_SIGNATURE_LEN_RANGE);
	CHECK_EQ(p11_3->C_VerifySignature(session, message, 5), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11_3->C_VerifySignatureInit(session, &ecdsa_sha256, pair.public, NULL, SIGNATURE), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11_3->C_VerifySignatureInit(session, &ecdsa_sha256, pair.public, wrong, SIGNATURE), CKR_OK);
	CHECK_EQ(p11_3->C_VerifySignature(session, message, 5), CKR_SIGNATURE_INVALID);
	CHECK_EQ(p11_3->C_VerifySignature(session, message, 5), CKR_OPERATION_NOT_INITIALIZED);
	CHECK_EQ(p11_3->C_VerifySignatureInit(session, &ecdsa_sha256, pair.public, signature, SIGNATURE), CKR_OK);
	memset(signature, 0, sizeof signature); /* it was copied */
	CHECK_EQ(p11_3->C_VerifySignatureUpdate(session, message, 5), CKR_OK);
	CHECK_EQ(p11_3->C_VerifySignatureFinal(session), CKR_OK);
	CHECK_EQ(p11_3->C_VerifySignatureFinal(session), CKR_OPERATION_NOT_INITIALIZED);
}

/* Operations of different kinds, and of different sessions, do not know of each other. */
static void operations_beside_each_other(CK_SESSION_HANDLE session, CK_SLOT_ID slot, struct api_pair pair)
{
	CK_SESSION_HANDLE other = api_session(slot, false);
	CK_BYTE signature[SIGNATURE], hash[32];
	CK_ULONG len = SIGNATURE, hash_len = sizeof hash;

	CHECK_EQ(p11->C_SignInit(session, &ecdsa_sha256, pair.private), CKR_OK);
	CHECK_EQ(p11->C_DigestInit(session, &digest), CKR_OK);
	CHECK_EQ(p11->C_VerifyInit(session, &ecdsa_sha256, pair.public), CKR_OK);
	CHECK_EQ(p11->C_SignInit(other, &ecdsa, pair.private), CKR_OK);
	CHECK_EQ(p11->C_SignUpdate(session, message, 5), CKR_OK);
	CHECK_EQ(p11->C_VerifyUpdate(session, message, 5), CKR_OK);
	CHECK_EQ(p11->C_DigestUpdate(session, message, 5), CKR_OK);
	CHECK_EQ(p11->C_SignFinal(session, signature, &len), CKR_OK);
	CHECK_EQ(p11->C_VerifyFinal(session, signature, len), CKR_OK);
	CHECK_EQ(p11->C_DigestFinal(session, hash, &hash_len), CKR_OK);
	CHECK_EQ(p11->C_Sign(other, hash, hash_len, signature, &len), CKR_OK);
	CHECK_EQ(p11->C_VerifyInit(session, &ecdsa_sha256, pair.public), CKR_OK);
	CHECK_EQ(p11->C_Verify(session, message, 5, signature, len), CKR_OK);
	/* A key that goes takes no operation along that has begun. */
	CHECK_EQ(p11->C_SignInit(session, &ecdsa_sha256, pair.private), CKR_OK);
	CHECK_EQ(p11->C_DestroyObject(session, pair.private), CKR_OK);
	CHECK_EQ(p11->C_Sign(session, message, 5, signature, &len), CKR_OK);
	CHECK_EQ(p11->C_VerifyInit(session, &ecdsa_sha256, pair.public), CKR_OK);
	CHECK_EQ(p11->C_Verify(session, message, 5, signature, len), CKR_OK);
	CHECK_EQ(p11->C_SignInit(session, &ecdsa_sha256, pair.private), CKR_KEY_HANDLE_INVALID);
	CHECK_EQ(p11->C_CloseSession(other), CKR_OK);
}

int main(void)
{
	CK_SESSION_HANDLE session;
	struct api_pair pair;
	CK_SLOT_ID slot;

	api_open("");
	session = api_ready(&slot);
	pair = api_generate_kind(session, API_P256, NULL, 0, NULL, 0);
	types_and_classes(session, pair, api_generate_kind(session, API_ED25519, NULL, 0, NULL, 0),
		api_generate_kind(session, API_RSA_2048, NULL, 0, NULL, 0));
	usages(session);
	allowed_mechanisms(session);
	days(session);
	sizes(session);
	signing_ends(session, pair);
	verifying_ends(session, pair);
	operations_beside_each_other(session, slot, pair);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
	refusals_cost_nothing(slot);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}
