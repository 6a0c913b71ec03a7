/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include "lib/check.h"

/* Every function of the lists of 2.40 and 3.2 (which has all of 3.0): that it is there, and what it says to nothing at all.
 * ROW(need, name, answer, arguments...): called with an open session `h`, arguments of zero and NULL are answered so. The rows stand
 * in the standard's order, written down here independently of api.def. */
enum need { ANYTIME, MODULE, SESSION };

#define NO CKR_FUNCTION_NOT_SUPPORTED
#define BAD CKR_ARGUMENTS_BAD
#define IDLE CKR_OPERATION_NOT_INITIALIZED
#define ROWS_2_40                                                                                            \
	ROW(ANYTIME, Initialize, CKR_CRYPTOKI_ALREADY_INITIALIZED, NULL)                                     \
	ROW(ANYTIME, Finalize, BAD, &something)                                                              \
	ROW(MODULE, GetInfo, BAD, NULL)                                                                      \
	ROW(ANYTIME, GetFunctionList, BAD, NULL)                                                             \
	ROW(MODULE, GetSlotList, BAD, CK_FALSE, NULL, NULL)                                                  \
	ROW(MODULE, GetSlotInfo, BAD, 0, NULL)                                                               \
	ROW(MODULE, GetTokenInfo, BAD, 0, NULL)                                                              \
	ROW(MODULE, GetMechanismList, BAD, 0, NULL, NULL)                                                    \
	ROW(MODULE, GetMechanismInfo, BAD, 0, 0, NULL)                                                       \
	ROW(MODULE, InitToken, BAD, 0, NULL, 0, NULL)                                                        \
	ROW(SESSION, InitPIN, BAD, h, NULL, 0)                                                               \
	ROW(SESSION, SetPIN, BAD, h, NULL, 0, NULL, 0)                                                       \
	ROW(MODULE, OpenSession, BAD, 0, CKF_SERIAL_SESSION, NULL, NULL, NULL)                               \
	ROW(SESSION, CloseSession, CKR_OK, h)                                                                \
	ROW(MODULE, CloseAllSessions, CKR_SLOT_ID_INVALID, 0)                                                \
	ROW(SESSION, GetSessionInfo, BAD, h, NULL)                                                           \
	ROW(SESSION, GetOperationState, BAD, h, NULL, NULL)                                                   \
	ROW(SESSION, SetOperationState, BAD, h, NULL, 0, 0, 0)                                                \
	ROW(SESSION, Login, BAD, h, CKU_USER, NULL, 0)                                                       \
	ROW(SESSION, Logout, CKR_USER_NOT_LOGGED_IN, h)                                                      \
	ROW(SESSION, CreateObject, BAD, h, NULL, 1, NULL)                                                    \
	ROW(SESSION, CopyObject, BAD, h, 0, NULL, 0, NULL)                                                   \
	ROW(SESSION, DestroyObject, CKR_OBJECT_HANDLE_INVALID, h, 0)                                         \
	ROW(SESSION, GetObjectSize, BAD, h, 0, NULL)                                                         \
	ROW(SESSION, GetAttributeValue, BAD, h, 0, NULL, 1)                                                  \
	ROW(SESSION, SetAttributeValue, BAD, h, 0, NULL, 1)                                                  \
	ROW(SESSION, FindObjectsInit, BAD, h, NULL, 1)                                                       \
	ROW(SESSION, FindObjects, BAD, h, NULL, 1, NULL)                                                     \
	ROW(SESSION, FindObjectsFinal, IDLE, h)                                                              \
	ROW(SESSION, EncryptInit, NO, h, NULL, 0)                                                            \
	ROW(SESSION, Encrypt, NO, h, NULL, 0, NULL, NULL)                                                    \
	ROW(SESSION, EncryptUpdate, NO, h, NULL, 0, NULL, NULL)                                              \
	ROW(SESSION, EncryptFinal, NO, h, NULL, NULL)                                                        \
	ROW(SESSION, DecryptInit, NO, h, NULL, 0)                                                            \
	ROW(SESSION, Decrypt, NO, h, NULL, 0, NULL, NULL)                                                    \
	ROW(SESSION, DecryptUpdate, NO, h, NULL, 0, NULL, NULL)                                              \
	ROW(SESSION, DecryptFinal, NO, h, NULL, NULL)                                                        \
	ROW(SESSION, DigestInit, IDLE, h, NULL)                                                               \
	ROW(SESSION, Digest, IDLE, h, NULL, 0, NULL, NULL)                                                   \
	ROW(SESSION, DigestUpdate, IDLE, h, NULL, 0)                                                         \
	ROW(SESSION, DigestKey, NO, h, 0)                                                                    \
	ROW(SESSION, DigestFinal, IDLE, h, NULL, NULL)                                                       \
	ROW(SESSION, SignInit, IDLE, h, NULL, 0)                                                              \
	ROW(SESSION, Sign, IDLE, h, NULL, 0, NULL, NULL)                                                     \
	ROW(SESSION, SignUpdate, IDLE, h, NULL, 0)                                                           \
	ROW(SESSION, SignFinal, IDLE, h, NULL, NULL)                                                         \
	ROW(SESSION, SignRecoverInit, NO, h, NULL, 0)                                                        \
	ROW(SESSION, SignRecover, NO, h, NULL, 0, NULL, NULL)                                                \
	ROW(SESSION, VerifyInit, IDLE, h, NULL, 0)                                                            \
	ROW(SESSION, Verify, IDLE, h, NULL, 0, NULL, 0)                                                      \
	ROW(SESSION, VerifyUpdate, IDLE, h, NULL, 0)                                                         \
	ROW(SESSION, VerifyFinal, IDLE, h, NULL, 0)                                                          \
	ROW(SESSION, VerifyRecoverInit, NO, h, NULL, 0)                                                      \
	ROW(SESSION, VerifyRecover, NO, h, NULL, 0, NULL, NULL)                                              \
	ROW(SESSION, DigestEncryptUpdate, NO, h, NULL, 0, NULL, NULL)                                        \
	ROW(SESSION, DecryptDigestUpdate, NO, h, NULL, 0, NULL, NULL)                                        \
	ROW(SESSION, SignEncryptUpdate, NO, h, NULL, 0, NULL, NULL)                                          \
	ROW(SESSION, DecryptVerifyUpdate, NO, h, NULL, 0, NULL, NULL)                                        \
	ROW(SESSION, GenerateKey, NO, h, NULL, NULL, 0, NULL)                                                \
	ROW(SESSION, GenerateKeyPair, BAD, h, NULL, NULL, 0, NULL, 0, NULL, NULL)                            \
	ROW(SESSION, WrapKey, NO, h, NULL, 0, 0, NULL, NULL)                                                 \
	ROW(SESSION, UnwrapKey, NO, h, NULL, 0, NULL, 0, NULL, 0, NULL)                                      \
	ROW(SESSION, DeriveKey, BAD, h, NULL, 0, NULL, 0, NULL)                                               \
	ROW(SESSION, SeedRandom, BAD, h, NULL, 1)                                                            \
	ROW(SESSION, GenerateRandom, BAD, h, NULL, 1)                                                        \
	ROW(SESSION, GetFunctionStatus, CKR_FUNCTION_NOT_PARALLEL, h)                                        \
	ROW(SESSION, CancelFunction, CKR_FUNCTION_NOT_PARALLEL, h)                                           \
	ROW(MODULE, WaitForSlotEvent, BAD, CKF_DONT_BLOCK, NULL, NULL)

#define ROWS_3_2                                                                                             \
	ROW(ANYTIME, GetInterfaceList, BAD, NULL, NULL)                                                      \
	ROW(ANYTIME, GetInterface, BAD, NULL, NULL, NULL, 0)                                                 \
	ROW(SESSION, LoginUser, BAD, h, CKU_USER, NULL, 0, NULL, 0)                                          \
	ROW(SESSION, SessionCancel, CKR_OK, h, 0)                                                            \
	ROW(SESSION, MessageEncryptInit, NO, h, NULL, 0)                                                     \
	ROW(SESSION, EncryptMessage, NO, h, NULL, 0, NULL, 0, NULL, 0, NULL, NULL)                           \
	ROW(SESSION, EncryptMessageBegin, NO, h, NULL, 0, NULL, 0)                                           \
	ROW(SESSION, EncryptMessageNext, NO, h, NULL, 0, NULL, 0, NULL, NULL, 0)                             \
	ROW(SESSION, MessageEncryptFinal, NO, h)                                                             \
	ROW(SESSION, MessageDecryptInit, NO, h, NULL, 0)                                                     \
	ROW(SESSION, DecryptMessage, NO, h, NULL, 0, NULL, 0, NULL, 0, NULL, NULL)                           \
	ROW(SESSION, DecryptMessageBegin, NO, h, NULL, 0, NULL, 0)                                           \
	ROW(SESSION, DecryptMessageNext, NO, h, NULL, 0, NULL, 0, NULL, NULL, 0)                             \
	ROW(SESSION, MessageDecryptFinal, NO, h)                                                             \
	ROW(SESSION, MessageSignInit, IDLE, h, NULL, 0)                                                      \
	ROW(SESSION, SignMessage, IDLE, h, NULL, 0, NULL, 0, NULL, NULL)                                     \
	ROW(SESSION, SignMessageBegin, IDLE, h, NULL, 0)                                                     \
	ROW(SESSION, SignMessageNext, IDLE, h, NULL, 0, NULL, 0, NULL, NULL)                                 \
	ROW(SESSION, MessageSignFinal, IDLE, h)                                                              \
	ROW(SESSION, MessageVerifyInit, IDLE, h, NULL, 0)                                                    \
	ROW(SESSION, VerifyMessage, IDLE, h, NULL, 0, NULL, 0, NULL, 0)                                      \
	ROW(SESSION, VerifyMessageBegin, IDLE, h, NULL, 0)                                                   \
	ROW(SESSION, VerifyMessageNext, IDLE, h, NULL, 0, NULL, 0, NULL, 0)                                  \
	ROW(SESSION, MessageVerifyFinal, IDLE, h)                                                            \
	ROW(SESSION, EncapsulateKey, NO, h, NULL, 0, NULL, 0, NULL, NULL, NULL)                              \
	ROW(SESSION, DecapsulateKey, NO, h, NULL, 0, NULL, 0, NULL, 0, NULL)                                 \
	ROW(SESSION, VerifySignatureInit, IDLE, h, NULL, 0, NULL, 0)                                         \
	ROW(SESSION, VerifySignature, IDLE, h, NULL, 0)                                                      \
	ROW(SESSION, VerifySignatureUpdate, IDLE, h, NULL, 0)                                                \
	ROW(SESSION, VerifySignatureFinal, IDLE, h)                                                          \
	ROW(SESSION, GetSessionValidationFlags, BAD, h, 0, NULL)                                             \
	ROW(SESSION, AsyncComplete, NO, h, NULL, NULL)                                                       \
	ROW(SESSION, AsyncGetID, NO, h, NULL, NULL)                                                          \
	ROW(SESSION, AsyncJoin, NO, h, NULL, 0, NULL, 0)                                                     \
	ROW(SESSION, WrapKeyAuthenticated, NO, h, NULL, 0, 0, NULL, 0, NULL, NULL)                           \
	ROW(SESSION, UnwrapKeyAuthenticated, NO, h, NULL, 0, NULL, 0, NULL, 0, NULL, 0, NULL)

static int something;

#define ROW(need, name, answer, ...)                    \
	static CK_RV call_##name(CK_SESSION_HANDLE h)   \
	{                                               \
		(void)h;                                \
		return list->C_##name(__VA_ARGS__);     \
	}
#define list p11
ROWS_2_40
#undef list
#define list p11_3
ROWS_3_2
#undef list
#undef ROW

static const struct {
	const char *name;
	enum need need;
	CK_RV answer;
	CK_RV (*call)(CK_SESSION_HANDLE h);
} rows[] = {
#define ROW(need, name, answer, ...) {#name, need, answer, call_##name},
	ROWS_2_40 ROWS_3_2
#undef ROW
};
enum { IN_2_40 = 68, IN_3_0 = 92, IN_3_2 = 104 };

static const char *const names[] = {
#define SB_FUNCTION(need, name, parameters, arguments) #name,
#define SB_REFUSED(need, name, parameters, arguments, rv) #name,
#include "api.def"
};

static void answers(size_t row, CK_RV got, CK_RV want, const char *when)
{
	check_count++;
	if (got != want) {
		fprintf(stderr, "C_%s %s answers 0x%lx, not 0x%lx\n", rows[row].name, when, got, want);
		check_failures++;
	}
}

static void the_list_is_whole_and_in_order(void)
{
	void *pointers[COUNT(rows)];

	CHECK_EQ(COUNT(rows), IN_3_2);
	CHECK_EQ(p11->version.major, 2);
	CHECK_EQ(p11->version.minor, 40);
	CHECK_EQ(p11_3->version.major, 3);
	CHECK_EQ(p11_3->version.minor, 2);
	CHECK(strcmp(rows[IN_2_40].name, "GetInterfaceList") == 0);
	CHECK(strcmp(rows[IN_3_0].name, "EncapsulateKey") == 0);
	REQUIRE(COUNT(names) == COUNT(rows));
	for (size_t i = 0; i < COUNT(rows); i++)
		if (strcmp(names[i], rows[i].name) != 0) {
			fprintf(stderr, "function %zu is %s, not %s\n", i, names[i], rows[i].name);
			check_failures++;
		}
	memcpy(pointers, &p11->C_Initialize, IN_2_40 * sizeof *pointers);
	for (size_t i = 0; i < IN_2_40; i++)
		CHECK(pointers[i]);
	memcpy(pointers, &p11_3->C_Initialize, sizeof pointers);
	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK(pointers[i]);
}

static void nothing_works_before_initialisation(void)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].need != ANYTIME)
			answers(i, rows[i].call(0), CKR_CRYPTOKI_NOT_INITIALIZED, "before C_Initialize");
	CHECK_EQ(p11->C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
	CHECK_EQ(p11->C_Finalize(&something), CKR_ARGUMENTS_BAD);
}

static void zeros_are_answered(void)
{
	CK_SLOT_ID slot;

	api_initialize();
	slot = api_token("functions");
	for (size_t i = 0; i < COUNT(rows); i++) {
		CK_SESSION_HANDLE h = api_session(slot, true);

		answers(i, rows[i].call(h), rows[i].answer, "of zeros");
		if (rows[i].need == SESSION) {
			answers(i, rows[i].call(0), CKR_SESSION_HANDLE_INVALID, "without a session");
			answers(i, rows[i].call(h + 1), CKR_SESSION_HANDLE_INVALID, "in a session that never was");
			answers(i, rows[i].call(~0UL), CKR_SESSION_HANDLE_INVALID, "in session ~0");
		}
		CHECK_EQ(p11->C_CloseAllSessions(slot), CKR_OK);
	}
}

/* Places where NULL goes with a count, a valid slot or a running operation. */
static void null_pointers_are_refused(void)
{
	CK_MECHANISM sha256 = {CKM_SHA256, NULL, 0}, generate = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
	CK_SLOT_ID slot = api_token("nulls");
	CK_SESSION_HANDLE h = api_session(slot, true);
	CK_OBJECT_HANDLE object;
	CK_ULONG n = 0;
	CK_BYTE some[64];
	CK_ATTRIBUTE label = ATTRIBUTE_TEXT(CKA_LABEL, "label");

	CHECK_EQ(p11->C_GetSlotInfo(slot, NULL), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11->C_GetTokenInfo(slot, NULL), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11->C_GetMechanismInfo(slot, CKM_SHA256, NULL), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11->C_InitToken(slot, NULL, 8, some), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11->C_InitToken(slot, (CK_UTF8CHAR *)API_SO_PIN, 8, NULL), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11->C_CreateObject(h, &label, 1, NULL), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11->C_GenerateKeyPair(h, &generate, NULL, 1, NULL, 0, &object, &object), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11->C_GenerateKeyPair(h, &generate, &label, 1, &label, 1, NULL, &object), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11->C_GenerateKeyPair(h, &generate, &label, 1, &label, 1, &object, NULL), CKR_ARGUMENTS_BAD);
	REQUIRE(p11->C_FindObjectsInit(h, NULL, 0) == CKR_OK);
	CHECK_EQ(p11->C_FindObjects(h, NULL, 1, &n), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11->C_FindObjects(h, &object, 1, NULL), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11->C_FindObjectsFinal(h), CKR_OK);
	REQUIRE(p11->C_DigestInit(h, &sha256) == CKR_OK);
	CHECK_EQ(p11->C_Digest(h, NULL, 1, some, &n), CKR_ARGUMENTS_BAD);
	REQUIRE(p11->C_DigestInit(h, &sha256) == CKR_OK);
	CHECK_EQ(p11->C_Digest(h, some, 1, some, NULL), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11_3->C_LoginUser(h, CKU_USER, NULL, 6, some, 1), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11_3->C_GetSessionValidationFlags(h, CKS_LAST_VALIDATION_OK, NULL), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11_3->C_VerifySignatureInit(h, &sha256, 0, NULL, 64), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, &slot), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11->C_CloseSession(h), CKR_OK);
}

static CK_RV mutex(void *m)
{
	(void)m;
	return CKR_OK;
}

static CK_RV create_mutex(void **m)
{
	*m = NULL;
	return CKR_OK;
}

/* The standard's four combinations of mutex functions and CKF_OS_LOCKING_OK, and what is no combination. */
static void initialisation(void)
{
	CK_C_INITIALIZE_ARGS none = {0}, system = {.flags = CKF_OS_LOCKING_OK};
	CK_C_INITIALIZE_ARGS threadless = {.flags = CKF_OS_LOCKING_OK | CKF_LIBRARY_CANT_CREATE_OS_THREADS};
	CK_C_INITIALIZE_ARGS given = {create_mutex, mutex, mutex, mutex, 0, NULL}, either = given, partial = given, reserved = none;

	either.flags = CKF_OS_LOCKING_OK;
	partial.LockMutex = NULL;
	reserved.pReserved = &something;
	CHECK_EQ(p11->C_Initialize(NULL), CKR_OK);
	CHECK_EQ(p11->C_Initialize(NULL), CKR_CRYPTOKI_ALREADY_INITIALIZED);
	CHECK_EQ(p11->C_Initialize(&system), CKR_CRYPTOKI_ALREADY_INITIALIZED);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
	CHECK_EQ(p11->C_Initialize(&none), CKR_OK);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	CHECK_EQ(p11->C_Initialize(&system), CKR_OK);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	CHECK_EQ(p11->C_Initialize(&threadless), CKR_OK);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	CHECK_EQ(p11->C_Initialize(&either), CKR_OK);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	CHECK_EQ(p11->C_Initialize(&given), CKR_CANT_LOCK);
	CHECK_EQ(p11->C_Initialize(&partial), CKR_ARGUMENTS_BAD);
	CHECK_EQ(p11->C_Initialize(&reserved), CKR_ARGUMENTS_BAD);
	/* None of the refused ones left anything half done. */
	CHECK_EQ(p11->C_GetInfo(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
}

/* Left over from Cryptoki 1: "should simply return the value CKR_FUNCTION_NOT_PARALLEL", whatever is under way. */
static void legacy_functions(void)
{
	CK_MECHANISM sha256 = {CKM_SHA256, NULL, 0};
	CK_SESSION_HANDLE h = api_session(api_token("legacy"), true);
	CK_BYTE digest[32];
	CK_ULONG n = sizeof digest;

	CHECK_EQ(p11->C_DigestInit(h, &sha256), CKR_OK);
	CHECK_EQ(p11->C_GetFunctionStatus(h), CKR_FUNCTION_NOT_PARALLEL);
	CHECK_EQ(p11->C_CancelFunction(h), CKR_FUNCTION_NOT_PARALLEL);
	/* Nothing was cancelled. */
	CHECK_EQ(p11->C_Digest(h, digest, 1, digest, &n), CKR_OK);
	CHECK_EQ(p11->C_CloseSession(h), CKR_OK);
	CHECK_EQ(p11->C_GetFunctionStatus(h), CKR_SESSION_HANDLE_INVALID);
	CHECK_EQ(p11->C_CancelFunction(h), CKR_SESSION_HANDLE_INVALID);
	/* Parallel and asynchronous sessions, which those would be for, are not to be had. */
	CHECK_EQ(p11->C_OpenSession(api_free_slot(), 0, NULL, NULL, &h), CKR_SESSION_PARALLEL_NOT_SUPPORTED);
	CHECK_EQ(p11->C_OpenSession(api_free_slot(), CKF_RW_SESSION, NULL, NULL, &h), CKR_SESSION_PARALLEL_NOT_SUPPORTED);
	CHECK_EQ(p11->C_OpenSession(api_free_slot(), CKF_SERIAL_SESSION | CKF_ASYNC_SESSION, NULL, NULL, &h),
		CKR_SESSION_ASYNC_NOT_SUPPORTED);
}

/* The module is validated by no scheme, and says so. There is one kind of flags to ask for. */
static void validation_flags(void)
{
	static const CK_SESSION_VALIDATION_FLAGS_TYPE others[] = {0, 2, CK_UNAVAILABLE_INFORMATION};
	CK_SESSION_HANDLE h = api_session(api_token("validation"), false);
	CK_FLAGS flags = 0x5a;

	for (size_t i = 0; i < COUNT(others); i++)
		CHECK_EQ(p11_3->C_GetSessionValidationFlags(h, others[i], &flags), CKR_ARGUMENTS_BAD);
	CHECK_EQ(flags, 0x5a);
	CHECK_EQ(p11_3->C_GetSessionValidationFlags(h, CKS_LAST_VALIDATION_OK, &flags), CKR_OK);
	CHECK_EQ(flags, 0);
	CHECK_EQ(p11->C_CloseSession(h), CKR_OK);
}

static bool padded(const CK_UTF8CHAR *text, size_t len)
{
	return !memchr(text, 0, len) && text[0] != ' ' && text[len - 1] == ' ';
}

static void about_itself(void)
{
	CK_INFO info;

	CHECK_EQ(p11->C_GetInfo(&info), CKR_OK);
	CHECK_EQ(info.cryptokiVersion.major, p11->version.major);
	CHECK_EQ(info.flags, 0);
	CHECK(padded(info.manufacturerID, sizeof info.manufacturerID));
	CHECK(padded(info.libraryDescription, sizeof info.libraryDescription));
}

int main(void)
{
	api_open("");
	the_list_is_whole_and_in_order();
	nothing_works_before_initialisation();
	initialisation();
	nothing_works_before_initialisation();
	zeros_are_answered();
	null_pointers_are_refused();
	legacy_functions();
	validation_flags();
	about_itself();
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	nothing_works_before_initialisation();
	return check_result();
}
