/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include <stddef.h>

#include "lib/check.h"

/* C_GetFunctionList, C_GetInterfaceList and C_GetInterface: which interfaces there are, what each holds, and in which order. */

/* The order of the standard's header (pkcs11f.h), written down independently of api.def. */
#define MEMBERS_2_40                                                                                                            \
	X(Initialize) X(Finalize) X(GetInfo) X(GetFunctionList) X(GetSlotList) X(GetSlotInfo) X(GetTokenInfo)                   \
	X(GetMechanismList) X(GetMechanismInfo) X(InitToken) X(InitPIN) X(SetPIN) X(OpenSession) X(CloseSession)                \
	X(CloseAllSessions) X(GetSessionInfo) X(GetOperationState) X(SetOperationState) X(Login) X(Logout) X(CreateObject)      \
	X(CopyObject) X(DestroyObject) X(GetObjectSize) X(GetAttributeValue) X(SetAttributeValue) X(FindObjectsInit)            \
	X(FindObjects) X(FindObjectsFinal) X(EncryptInit) X(Encrypt) X(EncryptUpdate) X(EncryptFinal) X(DecryptInit) X(Decrypt) \
	X(DecryptUpdate) X(DecryptFinal) X(DigestInit) X(Digest) X(DigestUpdate) X(DigestKey) X(DigestFinal) X(SignInit)        \
	X(Sign) X(SignUpdate) X(SignFinal) X(SignRecoverInit) X(SignRecover) X(VerifyInit) X(Verify) X(VerifyUpdate)            \
	X(VerifyFinal) X(VerifyRecoverInit) X(VerifyRecover) X(DigestEncryptUpdate) X(DecryptDigestUpdate)                      \
	X(SignEncryptUpdate) X(DecryptVerifyUpdate) X(GenerateKey) X(GenerateKeyPair) X(WrapKey) X(UnwrapKey) X(DeriveKey)      \
	X(SeedRandom) X(GenerateRandom) X(GetFunctionStatus) X(CancelFunction) X(WaitForSlotEvent)
#define MEMBERS_3_0                                                                                                             \
	MEMBERS_2_40                                                                                                            \
	X(GetInterfaceList) X(GetInterface) X(LoginUser) X(SessionCancel) X(MessageEncryptInit) X(EncryptMessage)               \
	X(EncryptMessageBegin) X(EncryptMessageNext) X(MessageEncryptFinal) X(MessageDecryptInit) X(DecryptMessage)             \
	X(DecryptMessageBegin) X(DecryptMessageNext) X(MessageDecryptFinal) X(MessageSignInit) X(SignMessage)                   \
	X(SignMessageBegin) X(SignMessageNext) X(MessageSignFinal) X(MessageVerifyInit) X(VerifyMessage) X(VerifyMessageBegin)  \
	X(VerifyMessageNext) X(MessageVerifyFinal)
#define MEMBERS_3_2                                                                                                             \
	MEMBERS_3_0                                                                                                             \
	X(EncapsulateKey) X(DecapsulateKey) X(VerifySignatureInit) X(VerifySignature) X(VerifySignatureUpdate)                  \
	X(VerifySignatureFinal) X(GetSessionValidationFlags) X(AsyncComplete) X(AsyncGetID) X(AsyncJoin)                        \
	X(WrapKeyAuthenticated) X(UnwrapKeyAuthenticated)

/* Where the module's own headers put each member. */
#define LIST CK_FUNCTION_LIST
#define X(name) offsetof(struct LIST, C_##name),
static const size_t members_2_40[] = {MEMBERS_2_40};
#undef LIST
#define LIST CK_FUNCTION_LIST_3_0
static const size_t members_3_0[] = {MEMBERS_3_0};
#undef LIST
#define LIST CK_FUNCTION_LIST_3_2
static const size_t members_3_2[] = {MEMBERS_3_2};
#undef X

/* Latest first, as the module lists them. */
static const struct {
	CK_VERSION version;
	const size_t *members;
	size_t count, size;
} lists[] = {
	{{3, 2}, members_3_2, COUNT(members_3_2), sizeof(struct CK_FUNCTION_LIST_3_2)},
	{{3, 1}, members_3_0, COUNT(members_3_0), sizeof(struct CK_FUNCTION_LIST_3_0)},
	{{3, 0}, members_3_0, COUNT(members_3_0), sizeof(struct CK_FUNCTION_LIST_3_0)},
	{{2, 40}, members_2_40, COUNT(members_2_40), sizeof(struct CK_FUNCTION_LIST)},
};

static CK_RV (*get_interface_list)(CK_INTERFACE *all, CK_ULONG *count);
static CK_RV (*get_interface)(CK_CHAR *name, CK_VERSION *version, CK_INTERFACE **interface, CK_FLAGS flags);
static CK_UTF8CHAR standard[] = "PKCS 11";

static const void *list_of(size_t which)
{
	CK_VERSION version = lists[which].version;
	CK_INTERFACE *interface = NULL;

	REQUIRE(get_interface(standard, &version, &interface, 0) == CKR_OK && interface);
	return interface->pFunctionList;
}

/* The standard counts 68 functions in 2.40, 92 in 3.0 and 3.1, 104 in 3.2; each is a pointer after the one before. */
static void members_stand_in_the_standards_order(void)
{
	CHECK_EQ(COUNT(members_2_40), 68);
	CHECK_EQ(COUNT(members_3_0), 92);
	CHECK_EQ(COUNT(members_3_2), 104);
	for (size_t l = 0; l < COUNT(lists); l++) {
		for (size_t i = 0; i < lists[l].count; i++)
			CHECK_EQ(lists[l].members[i], sizeof(void *) * (i + 1));
		CHECK_EQ(lists[l].size, sizeof(void *) * (lists[l].count + 1));
	}
}

static void every_member_is_a_function_of_its_own(void)
{
	for (size_t l = 0; l < COUNT(lists); l++) {
		void *pointers[COUNT(members_3_2)];
		const char *list = list_of(l);

		memcpy(pointers, list + sizeof(void *), lists[l].count * sizeof *pointers);
		for (size_t i = 0; i < lists[l].count; i++) {
			size_t first = 0;

			while (pointers[first] != pointers[i])
				first++;
			CHECK(pointers[i] && first == i);
		}
	}
}

/* What is the same function is the same one in each list; C_GetInfo alone differs, for it tells the list's version. */
static void newer_lists_begin_with_the_older(void)
{
	void *newest[COUNT(members_3_2)], *other[COUNT(members_3_2)];

	memcpy(newest, (const char *)list_of(0) + sizeof(void *), sizeof newest);
	for (size_t l = 1; l < COUNT(lists); l++) {
		memcpy(other, (const char *)list_of(l) + sizeof(void *), lists[l].count * sizeof *other);
		for (size_t i = 0; i < lists[l].count; i++)
			if (lists[l].members[i] != offsetof(struct CK_FUNCTION_LIST, C_GetInfo))
				CHECK(other[i] == newest[i]);
	}
}

static void all_interfaces_are_listed(void)
{
	CK_INTERFACE all[8];
	CK_ULONG count = 0;

	memset(all, 0x5a, sizeof all);
	CHECK_EQ(get_interface_list(NULL, NULL), CKR_ARGUMENTS_BAD);
	CHECK_EQ(get_interface_list(all, NULL), CKR_ARGUMENTS_BAD);
	CHECK_EQ(get_interface_list(NULL, &count), CKR_OK);
	CHECK_EQ(count, COUNT(lists));
	for (CK_ULONG room = 0; room < COUNT(lists); room++) {
		count = room;
		CHECK_EQ(get_interface_list(all, &count), CKR_BUFFER_TOO_SMALL);
		CHECK_EQ(count, COUNT(lists));
		CHECK_EQ(all[0].flags, 0x5a5a5a5a5a5a5a5a);
	}
	count = COUNT(all);
	CHECK_EQ(get_interface_list(all, &count), CKR_OK);
	CHECK_EQ(count, COUNT(lists));
	for (size_t i = 0; i < COUNT(lists); i++) {
		const CK_VERSION *version = all[i].pFunctionList;

		CHECK(strcmp((char *)all[i].pInterfaceName, "PKCS 11") == 0);
		CHECK_EQ(version->major, lists[i].version.major);
		CHECK_EQ(version->minor, lists[i].version.minor);
		CHECK_EQ(all[i].flags, 0); /* a child of fork() has to initialise anew: no CKF_INTERFACE_FORK_SAFE */
		CHECK(all[i].pFunctionList == list_of(i));
	}
	CHECK_EQ(all[COUNT(lists)].flags, 0x5a5a5a5a5a5a5a5a);
}

/* Whatever the caller leaves open is no condition. The latest that fits is the answer. */
static void an_interface_by_name_version_and_flags(void)
{
	static CK_UTF8CHAR vendor[] = "Vendor sinbun", shorter[] = "PKCS 1", longer[] = "PKCS 11 ", small[] = "pkcs 11", empty[] = "";
	static CK_VERSION v2_40 = {2, 40}, v3_0 = {3, 0}, v3_1 = {3, 1}, v3_2 = {3, 2}, v2_20 = {2, 20}, v3_3 = {3, 3}, v0 = {0, 0};
	static const struct {
		CK_UTF8CHAR *name;
		CK_VERSION *version;
		CK_FLAGS flags;
		int list; /* -1: none fits */
	} rows[] = {
		{NULL, NULL, 0, 0}, {standard, NULL, 0, 0}, {NULL, &v3_2, 0, 0}, {standard, &v3_2, 0, 0}, {standard, &v3_1, 0, 1},
		{NULL, &v3_0, 0, 2}, {standard, &v3_0, 0, 2}, {standard, &v2_40, 0, 3}, {NULL, &v2_40, 0, 3}, {standard, &v2_20, 0, -1},
		{standard, &v3_3, 0, -1}, {NULL, &v0, 0, -1}, {vendor, NULL, 0, -1}, {shorter, NULL, 0, -1}, {longer, &v3_0, 0, -1},
		{small, NULL, 0, -1}, {empty, NULL, 0, -1}, {NULL, NULL, 1 /* CKF_INTERFACE_FORK_SAFE */, -1}, {standard, &v3_0, 1, -1},
		{NULL, NULL, 1UL << 63, -1},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		CK_INTERFACE untouched, *interface = &untouched;
		CK_RV rv = get_interface(rows[i].name, rows[i].version, &interface, rows[i].flags);

		CHECK_EQ(rv, rows[i].list < 0 ? CKR_FUNCTION_FAILED : CKR_OK);
		CHECK(rows[i].list < 0 ? interface == &untouched : interface->pFunctionList == list_of((size_t)rows[i].list));
		CHECK_EQ(get_interface(rows[i].name, rows[i].version, NULL, rows[i].flags), CKR_ARGUMENTS_BAD);
	}
}

/* A host that knows 2.40 alone gets the list that looks like it. */
static void the_old_entrance_leads_to_2_40(void)
{
	struct CK_FUNCTION_LIST *list = NULL;

	CHECK(list_of(3) == p11);
	for (size_t l = 0; l < COUNT(lists); l++) {
		/* Every list begins like that of 2.40. */
		const struct CK_FUNCTION_LIST *any = list_of(l);

		CHECK_EQ(any->C_GetFunctionList(NULL), CKR_ARGUMENTS_BAD);
		CHECK_EQ(any->C_GetFunctionList(&list), CKR_OK);
		CHECK(list == p11);
	}
}

/* The entrances are members too, and are exported; they answer before C_Initialize. */
static void interfaces_through_the_lists(void)
{
	for (size_t l = 0; l < 3; l++) {
		const struct CK_FUNCTION_LIST_3_0 *list = list_of(l);
		CK_INTERFACE *interface;
		CK_ULONG count = 0;

		CHECK_EQ(list->C_GetInterfaceList(NULL, &count), CKR_OK);
		CHECK_EQ(count, COUNT(lists));
		CHECK_EQ(list->C_GetInterface(NULL, NULL, &interface, 0), CKR_OK);
		CHECK(interface->pFunctionList == list_of(0));
	}
}

static void info_tells_the_version_of_its_list(void)
{
	for (size_t l = 0; l < COUNT(lists); l++) {
		const struct CK_FUNCTION_LIST *list = list_of(l);
		CK_INFO info;

		CHECK_EQ(list->version.major, lists[l].version.major);
		CHECK_EQ(list->version.minor, lists[l].version.minor);
		CHECK_EQ(list->C_GetInfo(NULL), CKR_ARGUMENTS_BAD);
		CHECK_EQ(list->C_GetInfo(&info), CKR_OK);
		/* Of the lists of 3.x the library's own version, which is the latest. */
		CHECK_EQ(info.cryptokiVersion.major, lists[l].version.major);
		CHECK_EQ(info.cryptokiVersion.minor, lists[l].version.major == 2 ? 40 : 2);
		CHECK_EQ(info.flags, 0);
		CHECK(memcmp(info.manufacturerID, "sinbun                          ", 32) == 0);
	}
}

/* The lists are doors to one room: initialised through one, in use through another. */
static void lists_share_one_state(void)
{
	const struct CK_FUNCTION_LIST *oldest = list_of(3);
	const struct CK_FUNCTION_LIST_3_0 *middle = list_of(2);
	const struct CK_FUNCTION_LIST_3_2 *newest = list_of(0);
	CK_SLOT_ID slot = api_token("interfaces");
	CK_SESSION_HANDLE session;
	CK_FLAGS flags = 7;
	CK_INFO info;

	CHECK_EQ(newest->C_Initialize(NULL), CKR_CRYPTOKI_ALREADY_INITIALIZED);
	CHECK_EQ(middle->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session), CKR_OK);
	CHECK_EQ(middle->C_LoginUser(session, CKU_USER, (CK_UTF8CHAR *)API_PIN, strlen(API_PIN), NULL, 0), CKR_OK);
	CHECK_EQ(newest->C_GetSessionValidationFlags(session, CKS_LAST_VALIDATION_OK, &flags), CKR_OK);
	CHECK_EQ(flags, 0);
	CHECK_EQ(api_state(session), CKS_RO_USER_FUNCTIONS);
	CHECK_EQ(oldest->C_CloseSession(session), CKR_OK);
	CHECK_EQ(newest->C_SessionCancel(session, 0), CKR_SESSION_HANDLE_INVALID);
	CHECK_EQ(middle->C_Finalize(NULL), CKR_OK);
	CHECK_EQ(oldest->C_GetInfo(&info), CKR_CRYPTOKI_NOT_INITIALIZED);
	CHECK_EQ(newest->C_GetInfo(&info), CKR_CRYPTOKI_NOT_INITIALIZED);
}

int main(void)
{
	api_open("");
	*(void **)&get_interface_list = api_symbol("C_GetInterfaceList");
	*(void **)&get_interface = api_symbol("C_GetInterface");
	REQUIRE(get_interface_list && get_interface);
	members_stand_in_the_standards_order();
	every_member_is_a_function_of_its_own();
	newer_lists_begin_with_the_older();
	/* Before C_Initialize, and after. */
	for (int initialised = 0; initialised < 2; initialised++) {
		all_interfaces_are_listed();
		an_interface_by_name_version_and_flags();
		the_old_entrance_leads_to_2_40();
		interfaces_through_the_lists();
		if (!initialised)
			api_initialize();
	}
	info_tells_the_version_of_its_list();
	lists_share_one_state();
	return check_result();
}
