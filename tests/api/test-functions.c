/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include "lib/check.h"

/* Every function of the 2.40 list: that it is there, and what it says to nothing at all.
 * ROW(need, name, answer, arguments...): called with an open session `h`, arguments of zero and NULL are answered so. The rows stand
 * in the standard's order, written down here independently of api.def. */
enum need { ANYTIME, MODULE, SESSION };

#define NO CKR_FUNCTION_NOT_SUPPORTED
#define BAD CKR_ARGUMENTS_BAD
#define IDLE CKR_OPERATION_NOT_INITIALIZED
#define ROWS                                                                                                 \
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

static int something;

#define ROW(need, name, answer, ...)                    \
	static CK_RV call_##name(CK_SESSION_HANDLE h)   \
	{                                               \
		(void)h;                                \
		return p11->C_##name(__VA_ARGS__);      \
	}
ROWS
#undef ROW

static const struct {
	const char *name;
	enum need need;
	CK_RV answer;
	CK_RV (*call)(CK_SESSION_HANDLE h);
} rows[] = {
#define ROW(need, name, answer, ...) {#name, need, answer, call_##name},
	ROWS
#undef ROW
};

static const char *const names[] = {
#define SB_FUNCTION(need, name, parameters, arguments) #name,
#define SB_REFUSED(need, name, parameters, arguments, rv) #name,
#include "api.def"
};

static void answers(size_t row, CK_RV got, CK_RV want, const char *when)
{
	if (got != want) {
		fprintf(stderr, "C_%s %s answers 0x%lx, not 0x%lx\n", rows[row].name, when, got, want);
		check_failures++;
	}
}

static void the_list_is_whole_and_in_order(void)
{
	void *pointers[COUNT(rows)];

	CHECK_EQ(COUNT(rows), 68);
	CHECK_EQ(p11->version.major, 2);
	CHECK_EQ(p11->version.minor, 40);
	REQUIRE(COUNT(names) >= COUNT(rows));
	for (size_t i = 0; i < COUNT(rows); i++)
		if (strcmp(names[i], rows[i].name) != 0) {
			fprintf(stderr, "function %zu is %s, not %s\n", i, names[i], rows[i].name);
			check_failures++;
		}
	memcpy(pointers, &p11->C_Initialize, sizeof pointers);
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
	CHECK_EQ(p11->C_CloseSession(h), CKR_OK);
}

static void interfaces(void)
{
	CK_RV (*list)(CK_INTERFACE *all, CK_ULONG *count);
	CK_RV (*get)(CK_CHAR *name, CK_VERSION *version, CK_INTERFACE **interface, CK_FLAGS flags);
	CK_INTERFACE all[16], *one;
	CK_VERSION v240 = {2, 40}, v999 = {9, 99};
	CK_ULONG count = 0, most;

	*(void **)&list = api_symbol("C_GetInterfaceList");
	*(void **)&get = api_symbol("C_GetInterface");
	REQUIRE(list && get);
	CHECK_EQ(list(NULL, NULL), CKR_ARGUMENTS_BAD);
	CHECK_EQ(list(NULL, &count), CKR_OK);
	REQUIRE(count >= 1 && count <= COUNT(all));
	most = count;
	count--;
	CHECK_EQ(list(all, &count), CKR_BUFFER_TOO_SMALL);
	CHECK_EQ(count, most);
	CHECK_EQ(list(all, &count), CKR_OK);
	for (CK_ULONG i = 0; i < count; i++) {
		CHECK(strcmp((char *)all[i].pInterfaceName, "PKCS 11") == 0);
		CHECK(all[i].pFunctionList);
	}
	CHECK_EQ(get(NULL, NULL, NULL, 0), CKR_ARGUMENTS_BAD);
	CHECK_EQ(get(NULL, NULL, &one, 0), CKR_OK);
	CHECK(one->pFunctionList == all[0].pFunctionList);
	CHECK_EQ(get((CK_CHAR *)"PKCS 11", &v240, &one, 0), CKR_OK);
	CHECK(one->pFunctionList == p11);
	CHECK_EQ(get((CK_CHAR *)"PKCS 11", &v999, &one, 0), CKR_FUNCTION_FAILED);
	CHECK_EQ(get((CK_CHAR *)"Vendor other", NULL, &one, 0), CKR_FUNCTION_FAILED);
	CHECK_EQ(get(NULL, NULL, &one, 1UL << 31), CKR_FUNCTION_FAILED);
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
	interfaces();
	nothing_works_before_initialisation();
	initialisation();
	nothing_works_before_initialisation();
	zeros_are_answered();
	null_pointers_are_refused();
	about_itself();
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	nothing_works_before_initialisation();
	return check_result();
}
