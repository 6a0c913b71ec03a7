/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/check.h"

/* The module in its host's life: loaded and let go, ended in disorder, begun and ended thousands of times, forked while it works, beside
 * other processes, and shared by threads that do not agree on who does what. */

enum { ROUNDS = 200, WARM = 20, PATIENCE = 120, THREADS = 6, LONG = 1 << 20, DELAY_MS = 100 };

static CK_MECHANISM ecdsa = {CKM_ECDSA_SHA256, NULL, 0}, sha256 = {CKM_SHA256, NULL, 0};

static CK_RV sign(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
	CK_BYTE signature[64];
	CK_ULONG len = sizeof signature;
	CK_RV rv = p11->C_SignInit(session, &ecdsa, key);

	return rv == CKR_OK ? p11->C_Sign(session, (CK_BYTE *)"text", 4, signature, &len) : rv;
}

static CK_SLOT_ID first_token(void)
{
	CK_SLOT_ID slots[8];
	CK_ULONG count = COUNT(slots);

	REQUIRE(p11->C_GetSlotList(CK_TRUE, slots, &count) == CKR_OK);
	return slots[0];
}

static CK_OBJECT_HANDLE private_key(CK_SESSION_HANDLE session)
{
	static const CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE match = ATTRIBUTE_OF(CKA_CLASS, class);
	CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;

	REQUIRE(api_find(session, &match, 1, &key, 1) >= 1);
	return key;
}

/* A session of the holder with a signature half made, a digest and a search. */
static CK_SESSION_HANDLE busy_session(void)
{
	CK_SESSION_HANDLE session;

	api_initialize();
	session = api_session(first_token(), true);
	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	CHECK_EQ(p11->C_SignInit(session, &ecdsa, private_key(session)), CKR_OK);
	CHECK_EQ(p11->C_SignUpdate(session, (CK_BYTE *)"te", 2), CKR_OK);
	CHECK_EQ(p11->C_DigestInit(session, &sha256), CKR_OK);
	CHECK_EQ(p11->C_FindObjectsInit(session, NULL, 0), CKR_OK);
	return session;
}

/* --- ends, each in a process of its own --- */

static int unloaded_after_finalize(void)
{
	struct CK_FUNCTION_LIST *before;

	api_open_again();
	before = p11;
	busy_session();
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	api_close();
	/* What a host kept of the list does no harm. */
	CHECK_EQ(before->C_GetInfo(&(CK_INFO){0}), CKR_CRYPTOKI_NOT_INITIALIZED);
	api_open_again();
	busy_session();
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	api_close();
	return check_result();
}

/* Unloaded in the midst of it all, and loaded again: the module never left. */
static int unloaded_without_finalize(void)
{
	CK_SESSION_HANDLE session;
	CK_BYTE signature[64];
	CK_ULONG len = sizeof signature;

	api_open_again();
	session = busy_session();
	api_close();
	api_open_again();
	CHECK_EQ(p11->C_Initialize(NULL), CKR_CRYPTOKI_ALREADY_INITIALIZED);
	CHECK_EQ(p11->C_SignUpdate(session, (CK_BYTE *)"xt", 2), CKR_OK);
	CHECK_EQ(p11->C_SignFinal(session, signature, &len), CKR_OK);
	api_close();
	return check_result();
}

static int left_without_finalize(void)
{
	api_open_again();
	busy_session();
	return check_result();
}

static CK_SESSION_HANDLE late_session;
static bool late_order; /* C_Finalize first */

/* Runs when OpenSSL has cleaned up already, for it was registered first. */
static void too_late(void)
{
	CK_BYTE out[64];
	CK_ULONG len = sizeof out;

	if (late_order)
		CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	CHECK(p11->C_Sign(late_session, (CK_BYTE *)"text", 4, out, &len) != CKR_OK);
	CHECK(p11->C_SignFinal(late_session, out, &len) != CKR_OK);
	CHECK(p11->C_DigestFinal(late_session, out, &len) != CKR_OK);
	CHECK(api_login(late_session, CKU_USER, API_PIN) != CKR_OK);
	CHECK(p11->C_Logout(late_session) != CKR_OK);
	CHECK(p11->C_CloseSession(late_session) != CKR_OK);
	if (!late_order)
		CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
	CHECK(p11->C_Initialize(NULL) != CKR_OK);
	CHECK_EQ(p11->C_CloseSession(late_session), CKR_CRYPTOKI_NOT_INITIALIZED);
	fflush(NULL);
	_exit(check_failures ? 1 : 42);
}

static int called_too_late(void)
{
	REQUIRE(atexit(too_late) == 0);
	api_open_again();
	late_session = busy_session();
	return check_result();
}

static int finalized_too_late(void)
{
	late_order = true;
	return called_too_late();
}

static const struct {
	const char *name;
	int (*fn)(void);
	int code;
} ends[] = {
	{"unloaded-after-finalize", unloaded_after_finalize, 0},
	{"unloaded-without-finalize", unloaded_without_finalize, 0},
	{"left-without-finalize", left_without_finalize, 0},
	{"called-too-late", called_too_late, 42},
	{"finalized-too-late", finalized_too_late, 42},
};

static int end_like(const char *name)
{
	alarm(PATIENCE);
	for (size_t i = 0; i < COUNT(ends); i++)
		if (strcmp(ends[i].name, name) == 0)
			return ends[i].fn();
	return 1;
}

static void processes_end(void)
{
	for (size_t i = 0; i < COUNT(ends); i++) {
		int code = api_run_again(ends[i].name);

		if (code != ends[i].code)
			fprintf(stderr, "%s ends with %d\n", ends[i].name, code);
		CHECK_EQ(code, ends[i].code);
	}
}

/* --- begun and ended again and again --- */

static long descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	long n = 0;

	REQUIRE(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static long resident_kib(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long size = 0, resident = 0;

	REQUIRE(file && fscanf(file, "%ld %ld", &size, &resident) == 2);
	fclose(file);
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static void one_life(bool orderly)
{
	CK_SESSION_HANDLE session;
	CK_SLOT_ID slot;
	CK_OBJECT_HANDLE found[8];
	CK_ULONG n;

	api_initialize();
	slot = first_token();
	session = api_session(slot, true);
	CHECK_EQ(p11->C_DigestInit(session, &sha256), CKR_OK);
	CHECK_EQ(p11->C_DigestUpdate(session, (CK_BYTE *)"text", 4), CKR_OK);
	CHECK_EQ(api_data(session, false, false, "of a session", &found[0]), CKR_OK);
	CHECK_EQ(p11->C_FindObjectsInit(session, NULL, 0), CKR_OK);
	CHECK_EQ(p11->C_FindObjects(session, found, COUNT(found), &n), CKR_OK);
	if (orderly)
		CHECK_EQ(p11->C_CloseSession(session), CKR_OK);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
}

static void many_lives(void)
{
	enum { KIB_ALLOWED = 2048 };
	const char *text = getenv("SINBUN_ROUNDS");
	int rounds = text ? atoi(text) : ROUNDS;
	long fds = 0, kib = 0;

	for (int i = 0; i < WARM + rounds; i++) {
		if (i == WARM) {
			fds = descriptors();
			kib = resident_kib();
		}
		one_life(i % 2);
	}
	CHECK_EQ(descriptors(), fds);
	/* A sanitizer keeps what was freed for a while. */
	if (!getenv("SINBUN_SANITIZED"))
		CHECK(resident_kib() - kib < KIB_ALLOWED);
	printf("%d lives: %ld KiB more\n", rounds, resident_kib() - kib);
}

/* --- forked while a thread computes without the lock --- */

static atomic_bool started, stop;

static void *long_signatures(void *context)
{
	CK_SESSION_HANDLE session = api_session(*(CK_SLOT_ID *)context, true);
	CK_OBJECT_HANDLE key = private_key(session);
	CK_BYTE *data = calloc(1, LONG), signature[64];
	long failures = 0;

	do {
		CK_ULONG len = sizeof signature;

		failures += p11->C_SignInit(session, &ecdsa, key) != CKR_OK;
		for (int i = 0; i < 20; i++) {
			atomic_store(&started, true);
			failures += p11->C_SignUpdate(session, data, LONG) != CKR_OK;
		}
		failures += p11->C_SignFinal(session, signature, &len) != CKR_OK;
	} while (!atomic_load(&stop));
	free(data);
	return (void *)failures;
}

static void *rsa_pairs(void *context)
{
	CK_MECHANISM generate = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};
	CK_SESSION_HANDLE session = api_session(*(CK_SLOT_ID *)context, true);
	CK_ULONG bits = 2048;
	CK_ATTRIBUTE public[] = {ATTRIBUTE_OF(CKA_MODULUS_BITS, bits)};
	long failures = 0;

	do {
		CK_OBJECT_HANDLE handles[2];

		atomic_store(&started, true);
		failures += p11->C_GenerateKeyPair(session, &generate, public, 1, NULL, 0, &handles[0], &handles[1]) != CKR_OK;
	} while (!atomic_load(&stop));
	return (void *)failures;
}

/* A PIN is stretched without the lock as well: the old one, then the new one. */
static void *pin_changes(void *context)
{
	CK_SESSION_HANDLE session = api_session(*(CK_SLOT_ID *)context, true);
	CK_UTF8CHAR *pin = (CK_UTF8CHAR *)API_PIN;
	long failures = 0;

	do {
		atomic_store(&started, true);
		failures += p11->C_SetPIN(session, pin, strlen(API_PIN), pin, strlen(API_PIN)) != CKR_OK;
	} while (!atomic_load(&stop));
	return (void *)failures;
}

static int child_that_begins_anew(void *context)
{
	CK_SESSION_HANDLE session;

	alarm(PATIENCE);
	CHECK_EQ(p11->C_GetInfo(&(CK_INFO){0}), CKR_CRYPTOKI_NOT_INITIALIZED);
	api_initialize();
	session = api_session(*(CK_SLOT_ID *)context, true);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_OK);
	CHECK_EQ(sign(session, private_key(session)), CKR_OK);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}

/* The child can work, whatever the other thread was at; the thread's work comes out well. */
static void forked_during(void *(*work)(void *context), CK_SLOT_ID slot)
{
	pthread_t thread;
	void *failures;

	atomic_store(&started, false);
	atomic_store(&stop, false);
	REQUIRE(pthread_create(&thread, NULL, work, &slot) == 0);
	while (!atomic_load(&started))
		sched_yield();
	for (int i = 0; i < 3; i++) {
		usleep(3000);
		CHECK_EQ(api_wait(api_fork(child_that_begins_anew, &slot)), 0);
	}
	atomic_store(&stop, true);
	REQUIRE(pthread_join(thread, &failures) == 0);
	CHECK_EQ((long)failures, 0);
}

/* --- beside another process --- */

/* The other one obeys words on a pipe and answers each when it is done. */
struct other {
	int words[2], answers[2];
	int child;
};

static void remove_token(CK_SLOT_ID slot)
{
	static const CK_OBJECT_CLASS status = 0xD3420001UL; /* CKO_SINBUN_TOKEN */
	CK_ATTRIBUTE match = ATTRIBUTE_OF(CKA_CLASS, status);
	CK_SESSION_HANDLE session = api_session(slot, true);
	CK_OBJECT_HANDLE object;

	CHECK_EQ(api_login(session, CKU_SO, API_SO_PIN), CKR_OK);
	REQUIRE(api_find(session, &match, 1, &object, 1) == 1);
	CHECK_EQ(p11->C_DestroyObject(session, object), CKR_OK);
}

static int obey(void *context)
{
	const struct other *other = context;
	CK_OBJECT_HANDLE data = 0;
	struct api_pair pair = {0};
	CK_SESSION_HANDLE session;
	CK_SLOT_ID more = 0;
	char word;

	alarm(PATIENCE);
	api_initialize();
	session = api_session(first_token(), true);
	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	while (read(other->words[0], &word, 1) == 1 && word != 'q') {
		if (word == 'd')
			CHECK_EQ(api_data(session, true, false, "of the other", &data), CKR_OK);
		else if (word == 'D')
			CHECK_EQ(p11->C_DestroyObject(session, data), CKR_OK);
		else if (word == 'k')
			pair = api_generate(session, true, 7, false);
		else if (word == 'K')
			CHECK_EQ(p11->C_DestroyObject(session, pair.private), CKR_OK);
		else if (word == 't')
			more = api_token("of the other");
		else if (word == 'T')
			remove_token(more);
		REQUIRE(write(other->answers[1], &word, 1) == 1);
	}
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	return check_result();
}

static void tell(const struct other *other, char word)
{
	REQUIRE(write(other->words[1], &word, 1) == 1);
	if (word != 'q')
		REQUIRE(read(other->answers[0], &word, 1) == 1);
}

static void wait_for_delay(void)
{
	nanosleep(&(struct timespec){0, (DELAY_MS + 20) * 1000000L}, NULL);
}

static void objects_come_and_go(const struct other *other, CK_SESSION_HANDLE session)
{
	CK_BYTE id = 7;
	CK_ATTRIBUTE label = ATTRIBUTE_TEXT(CKA_LABEL, "of the other");
	static const CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE match[] = {ATTRIBUTE_OF(CKA_CLASS, class), ATTRIBUTE_OF(CKA_ID, id)};
	CK_OBJECT_HANDLE data, key;
	CK_BYTE value[32];
	CK_ATTRIBUTE read_value = ATTRIBUTE_OF(CKA_VALUE, value);

	CHECK_EQ(api_find(session, &label, 1, NULL, 0), 0);
	tell(other, 'd');
	/* A search looks at once. */
	REQUIRE(api_find(session, &label, 1, &data, 1) == 1);
	CHECK_EQ(p11->C_GetAttributeValue(session, data, &read_value, 1), CKR_OK);
	tell(other, 'D');
	CHECK_EQ(api_find(session, &label, 1, NULL, 0), 0);
	CHECK_EQ(p11->C_GetAttributeValue(session, data, &read_value, 1), CKR_OBJECT_HANDLE_INVALID);
	tell(other, 'k');
	REQUIRE(api_find(session, match, 2, &key, 1) == 1);
	CHECK_EQ(sign(session, key), CKR_OK);
	tell(other, 'K');
	/* Nothing but signatures: they look ten times a second. */
	wait_for_delay();
	CHECK_EQ(sign(session, key), CKR_KEY_HANDLE_INVALID);
}

static CK_ULONG tokens(CK_SLOT_ID *last)
{
	CK_SLOT_ID slots[8];
	CK_ULONG count = COUNT(slots);

	REQUIRE(p11->C_GetSlotList(CK_TRUE, slots, &count) == CKR_OK && count > 0);
	*last = slots[count - 1];
	return count;
}

static void tokens_come_and_go(const struct other *other)
{
	CK_SLOT_ID slot, event;
	CK_SESSION_HANDLE session;
	CK_ULONG before = tokens(&slot);

	/* Our own token is news too. */
	while (p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, &event, NULL) == CKR_OK)
		CHECK_EQ(event, slot);
	tell(other, 't');
	CHECK_EQ(tokens(&slot), before + 1);
	CHECK_EQ(p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, &event, NULL), CKR_OK);
	CHECK_EQ(event, slot);
	session = api_session(slot, true);
	CHECK_EQ(api_login(session, CKU_USER, API_PIN), CKR_OK);
	tell(other, 'T');
	CHECK_EQ(tokens(&event), before);
	CHECK_EQ(p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, &event, NULL), CKR_OK);
	CHECK_EQ(event, slot);
	CHECK_EQ(p11->C_GetSessionInfo(session, &(CK_SESSION_INFO){0}), CKR_DEVICE_REMOVED);
	CHECK_EQ(p11->C_GetSessionInfo(session, &(CK_SESSION_INFO){0}), CKR_SESSION_HANDLE_INVALID);
}

static void beside_another_process(CK_SESSION_HANDLE session)
{
	struct other other;

	REQUIRE(pipe2(other.words, O_CLOEXEC) == 0 && pipe2(other.answers, O_CLOEXEC) == 0);
	other.child = api_fork(obey, &other);
	objects_come_and_go(&other, session);
	tokens_come_and_go(&other);
	tell(&other, 'q');
	CHECK_EQ(api_wait(other.child), 0);
}

/* --- threads in one session --- */

static CK_SESSION_HANDLE shared;
static struct api_pair pair;
static atomic_int wrong;
static CK_SLOT_ID shared_slot;

static bool expected(const char *what, CK_RV rv)
{
	static const CK_RV codes[] = {CKR_OK, CKR_OPERATION_ACTIVE, CKR_OPERATION_NOT_INITIALIZED};

	for (size_t i = 0; i < COUNT(codes); i++)
		if (codes[i] == rv)
			return rv == CKR_OK;
	fprintf(stderr, "%s in a shared session answers 0x%lx\n", what, rv);
	atomic_fetch_add(&wrong, 1);
	return false;
}

static void demand(const char *what, bool good)
{
	if (!good) {
		fprintf(stderr, "%s: wrong\n", what);
		atomic_fetch_add(&wrong, 1);
	}
}

/* Whoever began it: what is answered with CKR_OK is right for the data of the one who asked. */
static void signature_is_right(CK_SESSION_HANDLE own, CK_BYTE *text, CK_ULONG text_len)
{
	CK_BYTE signature[64];
	CK_ULONG len = sizeof signature;

	expected("C_SignInit", p11->C_SignInit(shared, &ecdsa, pair.private));
	if (!expected("C_Sign", p11->C_Sign(shared, text, text_len, signature, &len)))
		return;
	demand("C_VerifyInit", p11->C_VerifyInit(own, &ecdsa, pair.public) == CKR_OK);
	demand("a signature made in a shared session", p11->C_Verify(own, text, text_len, signature, len) == CKR_OK);
}

static void digest_is_right(CK_SESSION_HANDLE own, CK_BYTE *text, CK_ULONG text_len)
{
	CK_BYTE got[32], want[32];
	CK_ULONG len = sizeof got, want_len = sizeof want;

	expected("C_DigestInit", p11->C_DigestInit(shared, &sha256));
	if (!expected("C_Digest", p11->C_Digest(shared, text, text_len, got, &len)))
		return;
	demand("C_DigestInit", p11->C_DigestInit(own, &sha256) == CKR_OK);
	demand("C_Digest", p11->C_Digest(own, text, text_len, want, &want_len) == CKR_OK);
	demand("a digest made in a shared session", len == want_len && memcmp(got, want, len) == 0);
}

static void parts(CK_BYTE *text, CK_ULONG text_len)
{
	CK_BYTE out[64];
	CK_ULONG len = sizeof out;

	expected("C_DigestInit", p11->C_DigestInit(shared, &sha256));
	expected("C_DigestUpdate", p11->C_DigestUpdate(shared, text, text_len));
	expected("C_DigestFinal", p11->C_DigestFinal(shared, out, &len));
	len = sizeof out;
	expected("C_SignInit", p11->C_SignInit(shared, &ecdsa, pair.private));
	expected("C_SignUpdate", p11->C_SignUpdate(shared, text, text_len));
	expected("C_SignFinal", p11->C_SignFinal(shared, out, &len));
	expected("C_SignInit(NULL)", p11->C_SignInit(shared, NULL, 0));
}

static void own_object(int me)
{
	CK_OBJECT_HANDLE object;
	char label[32];
	CK_BYTE value[8];
	CK_ATTRIBUTE read_value = ATTRIBUTE_OF(CKA_VALUE, value);

	snprintf(label, sizeof label, "thread %d", me);
	demand("C_CreateObject", api_data(shared, me % 2, false, label, &object) == CKR_OK);
	demand("C_GetAttributeValue", p11->C_GetAttributeValue(shared, object, &read_value, 1) == CKR_OK);
	demand("the value", read_value.ulValueLen == 5 && memcmp(value, "value", 5) == 0);
	demand("C_DestroyObject", p11->C_DestroyObject(shared, object) == CKR_OK);
}

static void *quarrel(void *context)
{
	int me = *(int *)context;
	CK_SESSION_HANDLE own = api_session(shared_slot, false);
	CK_BYTE *text = malloc(LONG / 16);

	memset(text, me, LONG / 16);
	for (int i = 0; i < 40; i++) {
		signature_is_right(own, text, i % 3 ? 64 : LONG / 16);
		digest_is_right(own, text, i % 3 ? 64 : LONG / 16);
		parts(text, LONG / 16);
		own_object(me);
	}
	free(text);
	demand("C_CloseSession", p11->C_CloseSession(own) == CKR_OK);
	return NULL;
}

static void threads_share_a_session(CK_SESSION_HANDLE session, CK_SLOT_ID slot)
{
	pthread_t threads[THREADS];
	int numbers[THREADS];

	shared = session;
	shared_slot = slot;
	pair = api_generate(session, true, 3, false);
	for (int i = 0; i < THREADS; i++) {
		numbers[i] = i;
		REQUIRE(pthread_create(&threads[i], NULL, quarrel, &numbers[i]) == 0);
	}
	for (int i = 0; i < THREADS; i++)
		REQUIRE(pthread_join(threads[i], NULL) == 0);
	CHECK_EQ(atomic_load(&wrong), 0);
	CHECK_EQ(api_token_flags(slot) & CKF_ERROR_STATE, 0);
	CHECK_EQ(sign(session, pair.private), CKR_OK);
}

int main(int argc, char **argv)
{
	CK_SESSION_HANDLE session;
	CK_SLOT_ID slot;

	if (argc > 1)
		return end_like(argv[1]);
	api_open("");
	session = api_ready(&slot);
	api_generate(session, true, 1, false);
	forked_during(long_signatures, slot);
	forked_during(rsa_pairs, slot);
	forked_during(pin_changes, slot);
	beside_another_process(session);
	threads_share_a_session(session, slot);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	processes_end();
	many_lives();
	return check_result();
}
