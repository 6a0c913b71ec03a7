/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/check.h"

/* A module is a guest in its host: whatever happens, it writes nothing to the host's output and raises no signal. The life below is
 * led in a child whose output goes to files; a failed check there is output too. */

static const char *const bad_configurations[] = {
	"no-such-key = 1\n",
	"seal = software\n", /* stands twice then */
	"no equals sign\n",
	"pin-tries = many\n",
	"profile = \n",
	"profile = other\n",
	"\xff\xfe\n",
};

static void write_file(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	REQUIRE(fd >= 0 && write(fd, text, len) == (ssize_t)len);
	close(fd);
}

static void configuration_errors(void)
{
	char path[128];

	for (size_t i = 0; i < COUNT(bad_configurations); i++) {
		api_configure(bad_configurations[i]);
		CHECK_EQ(p11->C_Initialize(NULL), CKR_GENERAL_ERROR);
		CHECK_EQ(p11->C_GetInfo(&(CK_INFO){0}), CKR_CRYPTOKI_NOT_INITIALIZED);
	}
	REQUIRE(remove(getenv("SINBUN_CONF")) == 0);
	CHECK_EQ(p11->C_Initialize(NULL), CKR_GENERAL_ERROR);
	api_configure("token-dir = open-to-all\n");
	snprintf(path, sizeof path, "%s/open-to-all", api_directory());
	REQUIRE(mkdir(path, 0700) == 0 && chmod(path, 0755) == 0);
	CHECK_EQ(p11->C_Initialize(NULL), CKR_DEVICE_ERROR);
	REQUIRE(rmdir(path) == 0);
	write_file(path, "a file", 6);
	if (p11->C_Initialize(NULL) == CKR_OK)
		CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	api_configure("token-dir = /proc/nowhere/at/all\n");
	api_initialize();
	CHECK(p11->C_InitToken(api_free_slot(), (CK_UTF8CHAR *)API_SO_PIN, 8, (CK_UTF8CHAR *)"label                           ") !=
	      CKR_OK);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	api_configure("");
}

static void wrong_use(CK_SESSION_HANDLE session)
{
	CK_MECHANISM wrong = {0x8123, NULL, 0};
	CK_ATTRIBUTE broken = {CKA_LABEL, NULL, 5};
	CK_OBJECT_HANDLE object;
	CK_ULONG len = 0;

	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_USER_ALREADY_LOGGED_IN);
	CHECK_EQ(p11->C_SignInit(session, &wrong, 1), CKR_MECHANISM_INVALID);
	CHECK_EQ(p11->C_Sign(session, NULL, 0, NULL, &len), CKR_OPERATION_NOT_INITIALIZED);
	CHECK(p11->C_CreateObject(session, &broken, 1, &object) != CKR_OK);
	CHECK_EQ(p11->C_EncryptInit(session, &wrong, 1), CKR_FUNCTION_NOT_SUPPORTED);
	CHECK_EQ(p11->C_CloseSession(session + 12345), CKR_SESSION_HANDLE_INVALID);
}

static void an_ordinary_life(CK_SLOT_ID *slot)
{
	CK_MECHANISM mechanism = {CKM_ECDSA_SHA256, NULL, 0};
	CK_SESSION_HANDLE session = api_ready(slot);
	struct api_pair pair = api_generate(session, true, 1, true);
	CK_BYTE signature[64], text[] = "text";
	CK_ULONG len = sizeof signature;
	CK_OBJECT_HANDLE object;

	CHECK_EQ(p11->C_SignInit(session, &mechanism, pair.private), CKR_OK);
	CHECK_EQ(p11->C_Sign(session, text, 4, signature, &len), CKR_OK);
	CHECK_EQ(p11->C_VerifyInit(session, &mechanism, pair.public), CKR_OK);
	CHECK_EQ(p11->C_Verify(session, text, 3, signature, len), CKR_SIGNATURE_INVALID);
	CHECK_EQ(api_data(session, true, true, "private", &object), CKR_OK);
	CHECK_EQ(api_data(session, true, false, "public", &object), CKR_OK);
	wrong_use(session);
	CHECK_EQ(p11->C_Logout(session), CKR_OK);
	for (int i = 0; i < 5; i++)
		CHECK_EQ(api_login(session, CKU_USER, API_WRONG_PIN), CKR_PIN_INCORRECT);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_PIN_LOCKED);
	CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
}

/* The store's file of the only token. */
static void database_path(char path[256], const char *file)
{
	char tokens[128];
	struct dirent *entry;
	DIR *dir;

	snprintf(tokens, sizeof tokens, "%s/tokens", api_directory());
	dir = opendir(tokens);
	REQUIRE(dir);
	path[0] = 0;
	while ((entry = readdir(dir)))
		if (strlen(entry->d_name) == 16)
			snprintf(path, 256, "%s/%.16s/%s", tokens, entry->d_name, file);
	closedir(dir);
	REQUIRE(path[0]);
}

/* Overwrites part of the file, as a bad disk would. */
static void spoil(const char *path, off_t from, size_t len)
{
	char *rubbish = malloc(len);
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	REQUIRE(rubbish && fd >= 0);
	memset(rubbish, 0xa5, len);
	REQUIRE(pwrite(fd, rubbish, len, from) == (ssize_t)len);
	close(fd);
	free(rubbish);
}

/* Any answers will do, so long as they come. */
static void use_what_is_left(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE found[8], object;
	CK_TOKEN_INFO info;
	CK_ULONG n = 0;

	p11->C_GetTokenInfo(slot, &info);
	if (p11->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session) != CKR_OK)
		return;
	api_login(session, CKU_USER, API_PIN);
	api_login(session, CKU_SO, API_SO_PIN);
	if (p11->C_FindObjectsInit(session, NULL, 0) == CKR_OK) {
		p11->C_FindObjects(session, found, COUNT(found), &n);
		p11->C_FindObjectsFinal(session);
	}
	for (CK_ULONG i = 0; i < n; i++)
		p11->C_DestroyObject(session, found[i]);
	api_data(session, true, false, "late", &object);
	p11->C_Logout(session);
	p11->C_CloseSession(session);
}

static void damaged_stores(CK_SLOT_ID slot)
{
	char path[256], spare[] = "/tmp/sinbun-test-spare.XXXXXX", command[600];
	struct stat st;
	int fd = mkstemp(spare);

	REQUIRE(fd >= 0);
	close(fd);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	database_path(path, "token.db");
	snprintf(command, sizeof command, "cp %s %s", path, spare);
	REQUIRE(system(command) == 0 && stat(path, &st) == 0);
	snprintf(command, sizeof command, "cp %s %s", spare, path);
	for (int kind = 0; kind < 8; kind++) {
		api_initialize();
		/* First under a running module, then as found at the start. */
		if (kind < 6)
			spoil(path, kind * st.st_size / 6, (size_t)st.st_size / 6);
		else
			REQUIRE(truncate(path, kind == 6 ? 0 : st.st_size / 2) == 0);
		use_what_is_left(slot);
		CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
		CHECK_EQ(p11->C_Initialize(NULL), CKR_OK);
		use_what_is_left(slot);
		CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
		REQUIRE(system(command) == 0);
	}
	/* Whole again, after all that. */
	api_initialize();
	CHECK(api_token_flags(slot) & CKF_TOKEN_INITIALIZED);
	REQUIRE(remove(path) == 0);
	use_what_is_left(slot);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	remove(spare);
}

static int life(void *context)
{
	CK_SLOT_ID slot;

	(void)context;
	configuration_errors();
	an_ordinary_life(&slot);
	damaged_stores(slot);
	return check_failures ? 1 : 0;
}

/* Handlers that the host set, or did not, stay as they are. */
static bool signals_untouched(void)
{
	struct sigaction action;

	for (int number = 1; number < 32; number++)
		if (number != SIGKILL && number != SIGSTOP && sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_DFL &&
			action.sa_handler != SIG_IGN)
			return false;
	return true;
}

static int quiet_child(void *context)
{
	const char *const *files = context;
	bool before = signals_untouched();
	int code;

	for (int i = 0; i < 2; i++) {
		int fd = open(files[i], O_WRONLY | O_CREAT | O_APPEND, 0600);

		if (fd < 0 || dup2(fd, i + 1) < 0)
			return 2;
		close(fd);
	}
	code = life(NULL);
	/* A sanitizer's own handlers stand there from the start. */
	if (before)
		CHECK(signals_untouched());
	fflush(NULL);
	return code ? code : check_failures ? 1 : 0;
}

static void is_empty(const char *path)
{
	char line[512];
	FILE *file = fopen(path, "r");

	REQUIRE(file);
	while (fgets(line, sizeof line, file)) {
		fprintf(stderr, "%s: %s", path, line);
		check_failures++;
	}
	fclose(file);
}

int main(void)
{
	char out[128], err[128];
	const char *files[] = {out, err};

	api_open("");
	snprintf(out, sizeof out, "%s/stdout", api_directory());
	snprintf(err, sizeof err, "%s/stderr", api_directory());
	CHECK_EQ(api_wait(api_fork(quiet_child, files)), 0);
	is_empty(out);
	is_empty(err);
	return check_result();
}
