/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/provider.h>
#include <pthread.h>
#include <unistd.h>

#include "lib/check.h"

/* A host that came to OpenSSL after the module found its openssl.cnf switched off; and a provider named there that uses the module made
 * C_Initialize wait for itself. Each case is a process of its own: OpenSSL reads its configuration once. */

enum { PATIENCE = 60 };
#define TEST_OID "1.2.3.4.5.6.7.8.9"

static CK_SLOT_ID the_token(void)
{
	CK_SLOT_ID slots[4];
	CK_ULONG count = COUNT(slots);

	REQUIRE(p11->C_GetSlotList(CK_TRUE, slots, &count) == CKR_OK && count == 1);
	return slots[0];
}

/* The host has what its configuration says. */
static void host_is_configured(void)
{
	EVP_MD *md;

	CHECK_EQ(OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL), 1);
	CHECK(OBJ_txt2nid("sinbunTestOid") != NID_undef);
	/* By default_properties it fetches from nobody, unless it says otherwise. */
	md = EVP_MD_fetch(NULL, "SHA256", NULL);
	CHECK(!md);
	EVP_MD_free(md);
	md = EVP_MD_fetch(NULL, "SHA256", "provider=default");
	CHECK(md);
	EVP_MD_free(md);
}

static void module_works(void)
{
	CK_MECHANISM sha256 = {CKM_SHA256, NULL, 0}, ecdsa = {CKM_ECDSA_SHA256, NULL, 0};
	CK_SESSION_HANDLE session = api_session(the_token(), true);
	CK_BYTE digest[32], signature[64];
	CK_ULONG len = sizeof digest;

	CHECK_EQ(p11->C_DigestInit(session, &sha256), CKR_OK);
	CHECK_EQ(p11->C_Digest(session, (CK_BYTE *)"abc", 3, digest, &len), CKR_OK);
	CHECK(len == 32 && digest[0] == 0xba && digest[31] == 0xad);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_OK);
	CHECK_EQ(p11->C_SignInit(session, &ecdsa, api_generate(session, false, 1, false).private), CKR_OK);
	len = sizeof signature;
	CHECK_EQ(p11->C_Sign(session, (CK_BYTE *)"abc", 3, signature, &len), CKR_OK);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

static int module_first(void)
{
	api_open_again();
	api_initialize();
	module_works();
	host_is_configured();
	module_works();
	return check_result();
}

static int loaded_first(void)
{
	api_open_again();
	host_is_configured();
	api_initialize();
	module_works();
	return check_result();
}

static int host_first(void)
{
	host_is_configured();
	api_open_again();
	api_initialize();
	module_works();
	return check_result();
}

/* What the provider (initialising_provider.c) was answered. */
static long of_provider(void)
{
	const char *text = getenv("SINBUN_TEST_PROVIDER");

	return text ? strtol(text, NULL, 10) : -1;
}

static int provider_by_host(void)
{
	CHECK_EQ(OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL), 1);
	CHECK_EQ(of_provider(), CKR_OK);
	api_open_again();
	CHECK_EQ(p11->C_Initialize(NULL), CKR_CRYPTOKI_ALREADY_INITIALIZED);
	module_works();
	return check_result();
}

static int provider_by_module(void)
{
	CK_RV rv;

	api_open_again();
	rv = p11->C_Initialize(NULL);
	CHECK_EQ(of_provider(), CKR_OK);
	CHECK_EQ(rv, CKR_CRYPTOKI_ALREADY_INITIALIZED);
	module_works();
	return check_result();
}

static void *initialise(void *context)
{
	*(CK_RV *)context = p11->C_Initialize(NULL);
	return NULL;
}

/* One thread by way of OpenSSL, another straight: one of them comes first, and neither waits for ever. */
static int provider_and_thread(void)
{
	pthread_t thread;
	CK_RV rv = CKR_GENERAL_ERROR;

	api_open_again();
	REQUIRE(pthread_create(&thread, NULL, initialise, &rv) == 0);
	CHECK_EQ(OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL), 1);
	REQUIRE(pthread_join(thread, NULL) == 0);
	CHECK(of_provider() == CKR_OK || rv == CKR_OK);
	CHECK(of_provider() == CKR_OK || of_provider() == CKR_CRYPTOKI_ALREADY_INITIALIZED);
	CHECK(rv == CKR_OK || rv == CKR_CRYPTOKI_ALREADY_INITIALIZED);
	module_works();
	return check_result();
}

static const char oids[] = "openssl_conf = init\n"
			   "[init]\noid_section = oids\nalg_section = evp\n"
			   "[oids]\nsinbunTestOid = " TEST_OID "\n"
			   "[evp]\ndefault_properties = provider=nobody\n";
static const char provider[] = "openssl_conf = init\n"
			       "[init]\nproviders = providers\n"
			       "[providers]\ndefault = base\nours = ours\n"
			       "[base]\nactivate = 1\n"
			       "[ours]\nactivate = 1\nmodule = ";

static const struct {
	const char *name, *configuration;
	int (*fn)(void);
} cases[] = {
	{"module-first", oids, module_first},
	{"loaded-first", oids, loaded_first},
	{"host-first", oids, host_first},
	{"provider-by-host", provider, provider_by_host},
	{"provider-by-module", provider, provider_by_module},
	{"provider-and-thread", provider, provider_and_thread},
};

static int run_case(const char *name)
{
	alarm(PATIENCE);
	for (size_t i = 0; i < COUNT(cases); i++)
		if (strcmp(cases[i].name, name) == 0)
			return cases[i].fn();
	return 1;
}

static void write_cnf(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	REQUIRE(file);
	fputs(text, file);
	if (text == provider)
		fprintf(file, "%s/tests/bugs/.libs/initialising-provider.so\n", getenv("SINBUN_BUILDDIR"));
	REQUIRE(fclose(file) == 0);
}

int main(int argc, char **argv)
{
	char path[128];

	if (argc > 1)
		return run_case(argv[1]);
	api_open("");
	api_ready(NULL);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	snprintf(path, sizeof path, "%s/openssl.cnf", api_directory());
	REQUIRE(setenv("OPENSSL_CONF", path, 1) == 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		int code;

		write_cnf(path, cases[i].configuration);
		code = api_run_again(cases[i].name);
		if (code != 0)
			fprintf(stderr, "%s fails\n", cases[i].name);
		CHECK_EQ(code, 0);
	}
	return check_result();
}
