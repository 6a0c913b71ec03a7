/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/check.h"

/* What stays in the process's memory, looked for in all of it through /proc/self/mem: after a login no PIN; after a logout, and after
 * C_Finalize, no private key and no private value either. And what is there while somebody is logged in, of which a core file would tell:
 * PINs, KEK and K_tok are in guarded memory that no core file takes in. A key that was used is not: OpenSSL keeps it in the host's heap
 * (in its secure heap where the host has set one up), as long as the login lasts, and a core file of that time has it. So have the values
 * of private objects that were read, in our own cache, until the logout wipes them.
 * This test keeps what it looks for encoded, or it would find itself. */

enum { MASK = 0x5a, WINDOW = 1 << 20, SCALAR = 32, FRAGMENT = 16 };

/* Each byte with MASK. The scalar is a number below the order of P-256, and no key of anybody. */
static const CK_BYTE scalar[SCALAR] = {0x1d, 0xc4, 0x7e, 0xa9, 0x30, 0x0b, 0x92, 0xef, 0x63, 0x5d, 0x88, 0x17, 0xf4, 0x2a, 0xb1, 0xd6, 0x0c,
	0x99, 0xe3, 0x45, 0x7a, 0x2e, 0xc8, 0x51, 0xbf, 0x06, 0xda, 0x74, 0x3b, 0xe8, 0x91, 0x6f};
static const CK_BYTE pin[6] = {'8' ^ MASK, '3' ^ MASK, '0' ^ MASK, '5' ^ MASK, '7' ^ MASK, '1' ^ MASK};
static const CK_BYTE wrong_pin[6] = {'9' ^ MASK, '4' ^ MASK, '0' ^ MASK, '6' ^ MASK, '2' ^ MASK, '7' ^ MASK};
static const CK_BYTE new_pin[6] = {'6' ^ MASK, '9' ^ MASK, '2' ^ MASK, '8' ^ MASK, '4' ^ MASK, '0' ^ MASK};
static const CK_BYTE puk[12] = {'q' ^ MASK, '7' ^ MASK, 'w' ^ MASK, '2' ^ MASK, 'x' ^ MASK, '9' ^ MASK, 'k' ^ MASK, '4' ^ MASK, 'm' ^ MASK,
	'6' ^ MASK, 't' ^ MASK, '1' ^ MASK};
static const CK_BYTE secret[20] = {0x0e, 0xf3, 0xb7, 0x21, 0x95, 0x6c, 0xd8, 0x4f, 0xa2, 0x13, 0xee, 0x7d, 0x58, 0xc1, 0x39, 0x84, 0xfb, 0x26,
	0x6a, 0x9d};

struct needle {
	const char *name;
	CK_BYTE bytes[SCALAR]; /* encoded */
	size_t len;
};

/* As it stands, and backwards, as OpenSSL keeps numbers; by halves, for what was overwritten in part. */
static struct needle needles[16];
static size_t needle_count;
static int memory_fd;
static CK_BYTE *window; /* in a mapping of its own, which is not searched */

static void add_needle(const char *name, const CK_BYTE *bytes, size_t len, bool backwards)
{
	struct needle *n = &needles[needle_count++];

	REQUIRE(needle_count <= COUNT(needles) && len <= sizeof n->bytes);
	n->name = name;
	n->len = len;
	for (size_t i = 0; i < len; i++)
		n->bytes[i] = bytes[backwards ? len - 1 - i : i];
}

static void gather_needles(void)
{
	add_needle("the private key, first half", scalar, FRAGMENT, false);
	add_needle("the private key, second half", scalar + FRAGMENT, FRAGMENT, false);
	add_needle("the private key, first half backwards", scalar, FRAGMENT, true);
	add_needle("the private key, second half backwards", scalar + FRAGMENT, FRAGMENT, true);
	add_needle("a private value", secret, sizeof secret, false);
	add_needle("the PIN", pin, sizeof pin, false);
	add_needle("a wrong PIN", wrong_pin, sizeof wrong_pin, false);
	add_needle("the new PIN", new_pin, sizeof new_pin, false);
	add_needle("the PUK", puk, sizeof puk, false);
}

/* --- the search --- */

static size_t count_in(const CK_BYTE *data, size_t len, const struct needle *n)
{
	size_t found = 0;
	const CK_BYTE first = n->bytes[0] ^ MASK, *at = data;

	while (len >= n->len && (at = memchr(at, first, len - (size_t)(at - data) - n->len + 1))) {
		size_t i = 1;

		while (i < n->len && at[i] == (n->bytes[i] ^ MASK))
			i++;
		found += i == n->len;
		if (++at > data + len - n->len)
			break;
	}
	return found;
}

/* Windows overlap by what a needle is long. */
static void search_mapping(unsigned long from, unsigned long to, size_t found[])
{
	for (unsigned long at = from; at < to; at += WINDOW - SCALAR) {
		size_t len = to - at < WINDOW ? to - at : WINDOW;
		ssize_t got = pread(memory_fd, window, len, (off_t)at);

		for (size_t i = 0; got > 0 && i < needle_count; i++)
			found[i] += count_in(window, (size_t)got, &needles[i]);
		if (len < WINDOW)
			break;
	}
	memset(window, 0, WINDOW);
}

/* All that can be written to, or is nobody's file, guard pages too. */
static void search(size_t found[])
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512], modes[5];
	unsigned long from, to;

	memset(found, 0, COUNT(needles) * sizeof *found);
	REQUIRE(maps);
	while (fgets(line, sizeof line, maps))
		if (sscanf(line, "%lx-%lx %4s", &from, &to, modes) == 3 && (modes[1] == 'w' || !strchr(line, '/')) && !strstr(line, "[v") &&
			(CK_BYTE *)from != window)
			search_mapping(from, to, found);
	fclose(maps);
}

static void expect_none(const char *when, size_t first, size_t last)
{
	size_t found[COUNT(needles)];

	search(found);
	for (size_t i = first; i < last; i++) {
		if (found[i])
			fprintf(stderr, "%s: %s, %zu times\n", when, needles[i].name, found[i]);
		CHECK_EQ(found[i], 0);
	}
}

enum { KEYS = 0, PINS = 5, ALL = 9 }; /* of needles */

/* The search finds what is there. */
static void search_works(void)
{
	size_t found[COUNT(needles)];
	volatile CK_BYTE *copy = malloc(SCALAR);

	REQUIRE(copy);
	expect_none("before anything", 0, ALL);
	for (size_t i = 0; i < SCALAR; i++)
		copy[i] = scalar[i] ^ MASK;
	search(found);
	CHECK_EQ(found[0], 1);
	CHECK_EQ(found[1], 1);
	explicit_bzero((void *)copy, SCALAR);
	free((void *)copy);
	expect_none("after the trial", 0, ALL);
}

/* --- what is done with them --- */

/* Runs a call with the decoded bytes and wipes them. */
static CK_BYTE *decode(const CK_BYTE *bytes, size_t len)
{
	static CK_BYTE plain[2][SCALAR];
	static int turn;
	volatile CK_BYTE *out = plain[turn++ % 2];

	for (size_t i = 0; i < len; i++)
		out[i] = bytes[i] ^ MASK;
	return (CK_BYTE *)out;
}

static void forget(CK_BYTE *plain)
{
	explicit_bzero(plain, SCALAR);
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, const CK_BYTE *bytes, size_t len)
{
	CK_BYTE *plain = decode(bytes, len);
	CK_RV rv = p11->C_Login(session, user, plain, len);

	forget(plain);
	return rv;
}

static CK_SESSION_HANDLE make_token(CK_SLOT_ID *slot)
{
	CK_BYTE *plain = decode(puk, sizeof puk);
	CK_UTF8CHAR label[33];
	CK_SESSION_HANDLE session;

	*slot = api_free_slot();
	snprintf((char *)label, sizeof label, "%-32s", "memory");
	REQUIRE(p11->C_InitToken(*slot, plain, sizeof puk, label) == CKR_OK);
	forget(plain);
	session = api_session(*slot, true);
	REQUIRE(login(session, CKU_SO, puk, sizeof puk) == CKR_OK);
	expect_none("with the SO logged in", PINS, ALL);
	plain = decode(pin, sizeof pin);
	REQUIRE(p11->C_InitPIN(session, plain, sizeof pin) == CKR_OK);
	forget(plain);
	REQUIRE(p11->C_Logout(session) == CKR_OK);
	expect_none("after C_InitPIN", 0, ALL);
	return session;
}

static void import_key(CK_SESSION_HANDLE session, bool on_token)
{
	static const CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	static const CK_KEY_TYPE type = CKK_EC;
	CK_BYTE *plain = decode(scalar, sizeof scalar);
	CK_ATTRIBUTE template[] = {ATTRIBUTE_OF(CKA_CLASS, class), ATTRIBUTE_OF(CKA_KEY_TYPE, type),
		ATTRIBUTE(CKA_TOKEN, on_token ? &api_yes : &api_no, 1), ATTRIBUTE_OF(CKA_SIGN, api_yes), ATTRIBUTE_OF(CKA_EC_PARAMS, api_p256),
		ATTRIBUTE_TEXT(CKA_LABEL, "known"), {CKA_VALUE, plain, sizeof scalar}};
	CK_OBJECT_HANDLE object;

	REQUIRE(p11->C_CreateObject(session, template, COUNT(template), &object) == CKR_OK);
	forget(plain);
}

static void store_secret(CK_SESSION_HANDLE session)
{
	static const CK_OBJECT_CLASS class = CKO_DATA;
	CK_BYTE *plain = decode(secret, sizeof secret);
	CK_ATTRIBUTE template[] = {ATTRIBUTE_OF(CKA_CLASS, class), ATTRIBUTE_OF(CKA_TOKEN, api_yes), ATTRIBUTE_OF(CKA_PRIVATE, api_yes),
		ATTRIBUTE_TEXT(CKA_LABEL, "secret"), {CKA_VALUE, plain, sizeof secret}};
	CK_OBJECT_HANDLE object;

	REQUIRE(p11->C_CreateObject(session, template, COUNT(template), &object) == CKR_OK);
	forget(plain);
}

static void read_secret(CK_SESSION_HANDLE session)
{
	CK_ATTRIBUTE match = ATTRIBUTE_TEXT(CKA_LABEL, "secret");
	static CK_BYTE value[SCALAR];
	CK_ATTRIBUTE read = ATTRIBUTE_OF(CKA_VALUE, value);
	CK_OBJECT_HANDLE object;

	REQUIRE(api_find(session, &match, 1, &object, 1) == 1);
	REQUIRE(p11->C_GetAttributeValue(session, object, &read, 1) == CKR_OK && read.ulValueLen == sizeof secret);
	forget(value);
}

static void sign(CK_SESSION_HANDLE session)
{
	CK_ATTRIBUTE match = ATTRIBUTE_TEXT(CKA_LABEL, "known");
	CK_MECHANISM ecdsa = {CKM_ECDSA_SHA256, NULL, 0};
	CK_OBJECT_HANDLE keys[2];
	CK_BYTE signature[64];
	CK_ULONG n = api_find(session, &match, 1, keys, COUNT(keys));

	REQUIRE(n >= 1);
	for (CK_ULONG i = 0; i < n; i++) {
		CK_ULONG len = sizeof signature;

		REQUIRE(p11->C_SignInit(session, &ecdsa, keys[i]) == CKR_OK);
		REQUIRE(p11->C_Sign(session, (CK_BYTE *)"text", 4, signature, &len) == CKR_OK);
	}
}

/* --- guarded memory --- */

/* Sizes in KiB of the mappings that can be read and that no core file takes in (smaps: dd). */
static unsigned long guarded(void)
{
	FILE *smaps = fopen("/proc/self/smaps", "r");
	unsigned long sum = 0, size = 0, number;
	char line[512];

	REQUIRE(smaps);
	while (fgets(line, sizeof line, smaps)) {
		if (sscanf(line, "Size: %lu kB", &number) == 1)
			size = number;
		if (strncmp(line, "VmFlags:", 8) == 0 && strstr(line, " dd") && strstr(line, " rd"))
			sum += size;
	}
	fclose(smaps);
	return sum;
}

static void use_and_leave(CK_SESSION_HANDLE session)
{
	unsigned long before = guarded(), during;
	size_t found[COUNT(needles)];

	REQUIRE(login(session, CKU_USER, pin, sizeof pin) == CKR_OK);
	during = guarded();
	CHECK(during > before);
	read_secret(session);
	import_key(session, false);
	sign(session);
	/* Not the PIN, not even now. The key is there: without it nothing below would be worth anything. */
	expect_none("with the holder logged in", PINS, ALL);
	search(found);
	CHECK(found[0] + found[1] + found[2] + found[3] > 0);
	printf("logged in: %lu KiB guarded, the used key in memory %zu times\n", during - before, found[0] + found[2]);
	REQUIRE(p11->C_Logout(session) == CKR_OK);
	CHECK_EQ(guarded(), before);
	expect_none("after C_Logout", 0, ALL);
}

/* The private half of a pair that is made here, encoded. */
static void learn_scalar(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE private, CK_BYTE encoded[SCALAR])
{
	static CK_BYTE value[SCALAR];
	CK_ATTRIBUTE read = ATTRIBUTE_OF(CKA_VALUE, value);

	REQUIRE(p11->C_GetAttributeValue(session, private, &read, 1) == CKR_OK && read.ulValueLen == SCALAR);
	for (size_t i = 0; i < SCALAR; i++)
		encoded[i] = value[i] ^ MASK;
	forget(value);
}

/* Of a pair whose public half nobody has read, that half stays, and does not keep the private one. */
static void leave_public_half(CK_SESSION_HANDLE session, bool by_logout)
{
	CK_ATTRIBUTE open[] = {ATTRIBUTE_OF(CKA_SENSITIVE, api_no), ATTRIBUTE_OF(CKA_EXTRACTABLE, api_yes)};
	struct api_pair pair;
	CK_BYTE encoded[SCALAR];
	size_t found[COUNT(needles)];

	REQUIRE(login(session, CKU_USER, pin, sizeof pin) == CKR_OK);
	pair = api_generate_kind(session, API_P256, NULL, 0, open, COUNT(open));
	learn_scalar(session, pair.private, encoded);
	needle_count = ALL;
	add_needle("the generated key", encoded, SCALAR, false);
	add_needle("the generated key, backwards", encoded, SCALAR, true);
	search(found);
	CHECK(found[ALL] + found[ALL + 1] > 0);
	if (!by_logout)
		REQUIRE(p11->C_DestroyObject(session, pair.private) == CKR_OK);
	else
		REQUIRE(p11->C_Logout(session) == CKR_OK);
	expect_none(by_logout ? "after C_Logout, the public half left" : "after C_DestroyObject, the public half left", ALL, ALL + 2);
	CHECK_EQ(api_number(session, pair.public, CKA_CLASS), CKO_PUBLIC_KEY);
	if (!by_logout)
		REQUIRE(p11->C_Logout(session) == CKR_OK);
	needle_count = ALL;
}

static void change_pin(CK_SESSION_HANDLE session)
{
	CK_BYTE *old = decode(pin, sizeof pin), *new = decode(new_pin, sizeof new_pin);

	CHECK_EQ(p11->C_SetPIN(session, old, sizeof pin, new, sizeof new_pin), CKR_OK);
	forget(old);
	forget(new);
	expect_none("after C_SetPIN", 0, ALL);
	old = decode(new_pin, sizeof new_pin);
	new = decode(pin, sizeof pin);
	REQUIRE(p11->C_SetPIN(session, old, sizeof new_pin, new, sizeof pin) == CKR_OK);
	forget(old);
	forget(new);
}

int main(void)
{
	CK_SESSION_HANDLE session;
	CK_SLOT_ID slot;

	if (getenv("SINBUN_SANITIZED"))
		SKIP("a sanitizer keeps what was freed");
	memory_fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	if (memory_fd < 0)
		SKIP("/proc/self/mem cannot be read");
	window = mmap(NULL, WINDOW, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	REQUIRE(window != MAP_FAILED);
	gather_needles();
	api_open("profile = general\nimport = yes\n");
	search_works();
	api_initialize();
	session = make_token(&slot);
	REQUIRE(login(session, CKU_USER, pin, sizeof pin) == CKR_OK);
	import_key(session, true);
	store_secret(session);
	REQUIRE(p11->C_Logout(session) == CKR_OK);
	expect_none("after what was stored", 0, ALL);
	use_and_leave(session);
	leave_public_half(session, true);
	leave_public_half(session, false);
	CHECK_EQ(login(session, CKU_USER, wrong_pin, sizeof wrong_pin), CKR_PIN_INCORRECT);
	expect_none("after a wrong PIN", 0, ALL);
	change_pin(session);
	/* Left without a logout. */
	REQUIRE(login(session, CKU_USER, pin, sizeof pin) == CKR_OK);
	read_secret(session);
	sign(session);
	CHECK_EQ(p11->C_CloseAllSessions(slot), CKR_OK);
	expect_none("after C_CloseAllSessions", 0, ALL);
	session = api_session(slot, true);
	REQUIRE(login(session, CKU_USER, pin, sizeof pin) == CKR_OK);
	read_secret(session);
	sign(session);
	CHECK_EQ(p11->C_Finalize(NULL), CKR_OK);
	expect_none("after C_Finalize", 0, ALL);
	return check_result();
}
