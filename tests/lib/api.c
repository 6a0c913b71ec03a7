/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include <dlfcn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/check.h"
#include "lib/remove_tree.h"

struct CK_FUNCTION_LIST *p11;
const struct CK_FUNCTION_LIST_3_2 *p11_3;
const CK_BBOOL api_yes = CK_TRUE, api_no = CK_FALSE;
const CK_BYTE api_p256[10] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};

const CK_BYTE api_certificate[268] = {
	0x30, 0x82, 0x01, 0x08, 0x30, 0x81, 0xae, 0x02, 0x01, 0x05, 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
	0x3d, 0x04, 0x03, 0x02, 0x30, 0x0f, 0x31, 0x0d, 0x30, 0x0b, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x04, 0x74,
	0x65, 0x73, 0x74, 0x30, 0x20, 0x17, 0x0d, 0x32, 0x36, 0x31, 0x31, 0x32, 0x35, 0x30, 0x38, 0x33, 0x34, 0x30,
	0x33, 0x5a, 0x18, 0x0f, 0x32, 0x31, 0x32, 0x36, 0x31, 0x31, 0x30, 0x31, 0x30, 0x38, 0x33, 0x34, 0x30, 0x33,
	0x5a, 0x30, 0x0f, 0x31, 0x0d, 0x30, 0x0b, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x04, 0x74, 0x65, 0x73, 0x74,
	0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
	0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04, 0xa2, 0x4e, 0x7d, 0x78, 0x05, 0x66, 0xc8, 0x62, 0xbb,
	0x57, 0x38, 0xcc, 0xbd, 0xcc, 0x30, 0x79, 0xe8, 0x3e, 0x89, 0xa2, 0xf8, 0x61, 0x41, 0x19, 0x2f, 0xed, 0x94,
	0x15, 0x0d, 0x7c, 0x6c, 0x00, 0xd3, 0xe3, 0xf9, 0x34, 0xb3, 0x47, 0xd2, 0x64, 0x98, 0xc3, 0x3a, 0xd2, 0xf0,
	0xbe, 0xd6, 0x19, 0x09, 0x74, 0x34, 0x82, 0xf0, 0xc0, 0xd8, 0xe7, 0x6d, 0x18, 0xa7, 0x4f, 0x55, 0xb2, 0xeb,
	0x65, 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02, 0x03, 0x49, 0x00, 0x30, 0x46,
	0x02, 0x21, 0x00, 0xe2, 0xff, 0xf1, 0x8f, 0xf1, 0xa5, 0x0a, 0x0e, 0xb4, 0x7d, 0x48, 0x21, 0x87, 0x48, 0x5b,
	0x9a, 0xaa, 0xba, 0x54, 0xd8, 0xe1, 0x38, 0x1e, 0x85, 0xf0, 0xcf, 0x5f, 0x55, 0x40, 0x15, 0x20, 0xf2, 0x02,
	0x21, 0x00, 0xc5, 0xaf, 0xa5, 0x12, 0x04, 0x25, 0x06, 0xbc, 0x65, 0xeb, 0xfb, 0x54, 0x92, 0x53, 0x2a, 0x7c,
	0xd2, 0x6b, 0xcb, 0x82, 0xa5, 0x78, 0x70, 0xfe, 0x2c, 0x57, 0x9b, 0x9e, 0x4e, 0x17, 0x7b, 0x92,
};

const struct api_key_kind api_key_kinds[API_KEY_KINDS] = {
	[API_P256] = {"P-256", CKK_EC, CKM_EC_KEY_PAIR_GEN, {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07}, 10, 256, 64},
	[API_P384] = {"P-384", CKK_EC, CKM_EC_KEY_PAIR_GEN, {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22}, 7, 384, 96},
	[API_P521] = {"P-521", CKK_EC, CKM_EC_KEY_PAIR_GEN, {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23}, 7, 521, 132},
	[API_ED25519] = {"Ed25519", CKK_EC_EDWARDS, CKM_EC_EDWARDS_KEY_PAIR_GEN, {0x06, 0x03, 0x2b, 0x65, 0x70}, 5, 256, 64},
	[API_RSA_2048] = {"RSA 2048", CKK_RSA, CKM_RSA_PKCS_KEY_PAIR_GEN, {0}, 0, 2048, 256},
	[API_RSA_3072] = {"RSA 3072", CKK_RSA, CKM_RSA_PKCS_KEY_PAIR_GEN, {0}, 0, 3072, 384},
	[API_RSA_4096] = {"RSA 4096", CKK_RSA, CKM_RSA_PKCS_KEY_PAIR_GEN, {0}, 0, 4096, 512},
};

static char directory[] = "/tmp/sinbun-test-api.XXXXXX";
static pid_t owner; /* a child must not take the directory away */
static void *module;

static void remove_directory(void)
{
	if (getpid() == owner)
		remove_tree(directory);
}

static void load(void)
{
	CK_RV (*get_list)(struct CK_FUNCTION_LIST **list);
	CK_RV (*get_interface)(CK_UTF8CHAR *name, CK_VERSION *version, CK_INTERFACE **interface, CK_FLAGS flags);
	CK_VERSION newest = {3, 2};
	CK_INTERFACE *interface = NULL;
	const char *path = getenv("SINBUN_MODULE");

	if (!path)
		SKIP("SINBUN_MODULE names no module: run by make check");
	module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!module)
		fprintf(stderr, "%s\n", dlerror());
	REQUIRE(module);
	*(void **)&get_list = api_symbol("C_GetFunctionList");
	REQUIRE(get_list);
	REQUIRE(get_list(&p11) == CKR_OK && p11);
	*(void **)&get_interface = api_symbol("C_GetInterface");
	REQUIRE(get_interface);
	REQUIRE(get_interface(NULL, &newest, &interface, 0) == CKR_OK && interface);
	p11_3 = interface->pFunctionList;
}

void api_open(const char *more)
{
	char path[64];

	REQUIRE(mkdtemp(directory));
	owner = getpid();
	REQUIRE(atexit(remove_directory) == 0);
	snprintf(path, sizeof path, "%s/sinbun.conf", directory);
	REQUIRE(setenv("SINBUN_CONF", path, 1) == 0);
	api_configure(more);
	load();
}

void api_open_again(void)
{
	REQUIRE(getenv("SINBUN_CONF"));
	load();
}

void api_close(void)
{
	REQUIRE(dlclose(module) == 0);
}

void api_configure_whole(const char *text)
{
	FILE *conf = fopen(getenv("SINBUN_CONF"), "w");

	REQUIRE(conf);
	REQUIRE(fputs(text, conf) >= 0);
	REQUIRE(fclose(conf) == 0);
}

void api_configure(const char *more)
{
	char text[1024];

	REQUIRE((size_t)snprintf(text, sizeof text, "seal = software\nkdf-memory = 19\nkdf-passes = 2\n%s", more) < sizeof text);
	api_configure_whole(text);
}

const char *api_directory(void)
{
	return directory;
}

void *api_symbol(const char *name)
{
	return dlsym(module, name);
}

void api_initialize(void)
{
	CK_C_INITIALIZE_ARGS args = {.flags = CKF_OS_LOCKING_OK};

	REQUIRE(p11->C_Initialize(&args) == CKR_OK);
}

void api_restart(void)
{
	REQUIRE(p11->C_Finalize(NULL) == CKR_OK);
	api_initialize();
}

CK_SLOT_ID api_free_slot(void)
{
	CK_SLOT_ID slots[64];
	CK_ULONG count = COUNT(slots);

	REQUIRE(p11->C_GetSlotList(CK_FALSE, slots, &count) == CKR_OK);
	REQUIRE(count > 0);
	return slots[count - 1];
}

CK_SLOT_ID api_token(const char *label)
{
	CK_SLOT_ID slot = api_free_slot();
	CK_SESSION_HANDLE session;
	CK_UTF8CHAR padded[33];

	snprintf((char *)padded, sizeof padded, "%-32s", label);
	REQUIRE(p11->C_InitToken(slot, (CK_UTF8CHAR *)API_SO_PIN, strlen(API_SO_PIN), padded) == CKR_OK);
	session = api_session(slot, true);
	REQUIRE(api_login(session, CKU_SO, API_SO_PIN) == CKR_OK);
	REQUIRE(p11->C_InitPIN(session, (CK_UTF8CHAR *)API_PIN, strlen(API_PIN)) == CKR_OK);
	REQUIRE(p11->C_CloseSession(session) == CKR_OK);
	return slot;
}

CK_FLAGS api_token_flags(CK_SLOT_ID slot)
{
	CK_TOKEN_INFO info;

	REQUIRE(p11->C_GetTokenInfo(slot, &info) == CKR_OK);
	return info.flags;
}

CK_FLAGS api_tries_flags(CK_SLOT_ID slot)
{
	return api_token_flags(slot) & (CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED | CKF_SO_PIN_COUNT_LOW |
					       CKF_SO_PIN_FINAL_TRY | CKF_SO_PIN_LOCKED);
}

CK_SESSION_HANDLE api_ready(CK_SLOT_ID *slot)
{
	CK_SESSION_HANDLE session;
	CK_SLOT_ID made;

	api_initialize();
	made = api_token("test");
	session = api_session(made, true);
	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	if (slot)
		*slot = made;
	return session;
}

CK_SESSION_HANDLE api_session(CK_SLOT_ID slot, bool read_write)
{
	CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
	CK_FLAGS flags = CKF_SERIAL_SESSION | (read_write ? CKF_RW_SESSION : 0);

	REQUIRE(p11->C_OpenSession(slot, flags, NULL, NULL, &session) == CKR_OK);
	REQUIRE(session != CK_INVALID_HANDLE);
	return session;
}

CK_RV api_login(CK_SESSION_HANDLE session, CK_USER_TYPE user, const char *pin)
{
	return p11->C_Login(session, user, (CK_UTF8CHAR *)pin, strlen(pin));
}

CK_STATE api_state(CK_SESSION_HANDLE session)
{
	CK_SESSION_INFO info;

	REQUIRE(p11->C_GetSessionInfo(session, &info) == CKR_OK);
	return info.state;
}

struct api_pair api_generate(CK_SESSION_HANDLE session, bool on_token, CK_BYTE id, bool always_authenticate)
{
	CK_MECHANISM mechanism = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
	const CK_BBOOL *token = on_token ? &api_yes : &api_no, *always = always_authenticate ? &api_yes : &api_no;
	CK_ATTRIBUTE public[] = {
		ATTRIBUTE(CKA_TOKEN, token, 1),
		ATTRIBUTE(CKA_ID, &id, 1),
		ATTRIBUTE_OF(CKA_EC_PARAMS, api_p256),
	};
	CK_ATTRIBUTE private[] = {
		ATTRIBUTE(CKA_TOKEN, token, 1),
		ATTRIBUTE(CKA_ID, &id, 1),
		ATTRIBUTE(CKA_ALWAYS_AUTHENTICATE, always, 1),
	};
	struct api_pair pair = {0};

	REQUIRE(p11->C_GenerateKeyPair(session, &mechanism, public, COUNT(public), private, COUNT(private), &pair.public,
			&pair.private) == CKR_OK);
	return pair;
}

struct api_pair api_generate_kind(CK_SESSION_HANDLE session, int kind, CK_ATTRIBUTE *public, CK_ULONG public_count, CK_ATTRIBUTE *private,
	CK_ULONG private_count)
{
	const struct api_key_kind *k = &api_key_kinds[kind];
	CK_MECHANISM mechanism = {k->generate, NULL, 0};
	CK_ATTRIBUTE template[16] = {ATTRIBUTE(CKA_EC_PARAMS, k->params, k->params_len)};
	struct api_pair pair = {0};

	if (k->type == CKK_RSA)
		template[0] = (CK_ATTRIBUTE)ATTRIBUTE_OF(CKA_MODULUS_BITS, k->bits);
	REQUIRE(public_count < COUNT(template));
	for (CK_ULONG i = 0; i < public_count; i++)
		template[i + 1] = public[i];
	REQUIRE(p11->C_GenerateKeyPair(session, &mechanism, template, public_count + 1, private, private_count, &pair.public,
			&pair.private) == CKR_OK);
	return pair;
}

struct api_pair api_generate_plain(CK_SESSION_HANDLE session, int kind)
{
	CK_ATTRIBUTE public = ATTRIBUTE_OF(CKA_VERIFY, api_yes), private = ATTRIBUTE_OF(CKA_SIGN, api_yes);

	return api_generate_kind(session, kind, &public, 1, &private, 1);
}

CK_RV api_data(CK_SESSION_HANDLE session, bool on_token, bool is_private, const char *label, CK_OBJECT_HANDLE *object)
{
	static const CK_OBJECT_CLASS class = CKO_DATA;
	CK_ATTRIBUTE template[] = {
		ATTRIBUTE_OF(CKA_CLASS, class),
		ATTRIBUTE(CKA_TOKEN, on_token ? &api_yes : &api_no, 1),
		ATTRIBUTE(CKA_PRIVATE, is_private ? &api_yes : &api_no, 1),
		ATTRIBUTE(CKA_LABEL, label, strlen(label)),
		ATTRIBUTE_TEXT(CKA_VALUE, "value"),
	};

	return p11->C_CreateObject(session, template, COUNT(template), object);
}

CK_ULONG api_find(CK_SESSION_HANDLE session, CK_ATTRIBUTE *match, CK_ULONG count, CK_OBJECT_HANDLE *found, CK_ULONG room)
{
	CK_OBJECT_HANDLE page[16];
	CK_ULONG all = 0, n;

	REQUIRE(p11->C_FindObjectsInit(session, match, count) == CKR_OK);
	do {
		REQUIRE(p11->C_FindObjects(session, page, COUNT(page), &n) == CKR_OK);
		for (CK_ULONG i = 0; i < n; i++, all++)
			if (all < room)
				found[all] = page[i];
	} while (n);
	REQUIRE(p11->C_FindObjectsFinal(session) == CKR_OK);
	return all;
}

CK_ULONG api_count_label(CK_SESSION_HANDLE session, const char *label)
{
	CK_ATTRIBUTE match = ATTRIBUTE(CKA_LABEL, label, strlen(label));

	return api_find(session, &match, 1, NULL, 0);
}

CK_ULONG api_number(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
	CK_ULONG number;
	CK_ATTRIBUTE a = ATTRIBUTE_OF(type, number);

	return p11->C_GetAttributeValue(session, object, &a, 1) == CKR_OK && a.ulValueLen == sizeof number ? number
													    : CK_UNAVAILABLE_INFORMATION;
}

int api_fork(int (*fn)(void *context), void *context)
{
	pid_t child;

	fflush(NULL);
	child = fork();
	REQUIRE(child >= 0);
	if (child == 0)
		_exit(fn(context));
	return child;
}

int api_wait(int child)
{
	int status;

	REQUIRE(waitpid(child, &status, 0) == child);
	if (WIFSIGNALED(status))
		fprintf(stderr, "a child was ended by signal %d\n", WTERMSIG(status));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int api_run_again(const char *argument)
{
	pid_t child;

	fflush(NULL);
	child = fork();
	REQUIRE(child >= 0);
	if (child == 0) {
		execl("/proc/self/exe", "again", argument, (char *)NULL);
		_exit(1);
	}
	return api_wait(child);
}
