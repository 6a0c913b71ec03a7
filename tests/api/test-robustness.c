/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/check.h"

/* Whatever a host hands in, the answer is a code that the standard has for it, the process lives, and what was not answered with CKR_OK
 * changed nothing. All functions of the 3.2 list are driven: a row is the function's own prototype from api.def, from which follows what
 * kind of value each argument is; each kind has a list of values, the first of them good. Every value of every argument is tried with
 * good ones in the other places, and every two values together.
 *
 * A length that claims more than there is stands only where nobody can have that much memory: what a caller plausibly claims cannot be
 * checked by anyone. */

enum { WORDS = 10, AREA = 8192, TEMPLATE_ROOM = 8 };
#define NO_MEMORY_SO_LONG (1UL << 48)
#define HALF (1UL << 63)
#define UNKNOWN 0x8123UL
#define WRAP_TEMPLATE 0x40000211UL /* of attributes: not known here */

static const struct CK_FUNCTION_LIST_3_2 *all;

enum need { ANYTIME, MODULE, SESSION, VISIT = SESSION };

static const struct row {
	const char *name, *parameters;
	size_t offset;
	enum need need;
	bool refused; /* answers one code to everything */
} rows[] = {
#define SB_FUNCTION(need, name, parameters, arguments) {#name, #parameters, offsetof(struct CK_FUNCTION_LIST_3_2, C_##name), need, false},
#define SB_REFUSED(need, name, parameters, arguments, rv) {#name, #parameters, offsetof(struct CK_FUNCTION_LIST_3_2, C_##name), need, true},
#include <api.def>
};

/* --- the world that the calls are made in --- */

static CK_SLOT_ID slot;
static CK_SESSION_HANDLE watch, work; /* the one that looks on, the one that is called with */
static struct api_pair pair, of_session;
static CK_OBJECT_HANDLE data;
static CK_MECHANISM ecdsa_sha256 = {CKM_ECDSA_SHA256, NULL, 0}, sha256 = {CKM_SHA256, NULL, 0};
static CK_BYTE some_signature[64] = {1};

static CK_RV start_digest(void) { return all->C_DigestInit(work, &sha256); }
static CK_RV end_digest(void) { return all->C_DigestInit(work, NULL); }
static CK_RV start_sign(void) { return all->C_SignInit(work, &ecdsa_sha256, pair.private); }
static CK_RV end_sign(void) { return all->C_SignInit(work, NULL, 0); }
static CK_RV start_verify(void) { return all->C_VerifyInit(work, &ecdsa_sha256, pair.public); }
static CK_RV end_verify(void) { return all->C_VerifyInit(work, NULL, 0); }
static CK_RV start_verify_signature(void) { return all->C_VerifySignatureInit(work, &ecdsa_sha256, pair.public, some_signature, 64); }
static CK_RV end_verify_signature(void) { return all->C_VerifySignatureInit(work, NULL, 0, NULL, 0); }
static CK_RV start_messages(void) { return all->C_MessageSignInit(work, &ecdsa_sha256, pair.private); }
static CK_RV end_messages(void) { return all->C_MessageSignInit(work, NULL, 0); }
static CK_RV start_verify_messages(void) { return all->C_MessageVerifyInit(work, &ecdsa_sha256, pair.public); }
static CK_RV end_verify_messages(void) { return all->C_MessageVerifyInit(work, NULL, 0); }
static CK_RV start_search(void) { return all->C_FindObjectsInit(work, NULL, 0); }
static CK_RV end_search(void) { return all->C_FindObjectsFinal(work); }

static CK_RV start_message(void)
{
	CK_RV rv = start_messages();

	return rv == CKR_OK ? all->C_SignMessageBegin(work, NULL, 0) : rv;
}

static CK_RV start_verify_message(void)
{
	CK_RV rv = start_verify_messages();

	return rv == CKR_OK ? all->C_VerifyMessageBegin(work, NULL, 0) : rv;
}

/* An operation that is active while the calls come, and the word in the names of the functions that may end it. */
static const struct operation {
	const char *name, *family;
	CK_RV (*start)(void), (*end)(void);
} operations[] = {
	{"a digest", "Digest", start_digest, end_digest},
	{"a signature", "Sign", start_sign, end_sign},
	{"a verification", "Verify", start_verify, end_verify},
	{"a signature to verify", "VerifySignature", start_verify_signature, end_verify_signature},
	{"messages to sign", "Sign", start_messages, end_messages},
	{"a message half signed", "Sign", start_message, end_messages},
	{"messages to verify", "Verify", start_verify_messages, end_verify_messages},
	{"a message half verified", "Verify", start_verify_message, end_verify_messages},
	{"a search", "FindObjects", start_search, end_search},
};

enum login { OFF, NO_SESSION, PUBLIC, HOLDER, SO };
static struct state {
	const char *name;
	enum login login;
	const struct operation *operation;
} now;

struct snapshot {
	CK_STATE state;
	CK_ULONG objects;
	uint64_t content;
};

static uint64_t mix(uint64_t sum, const void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum = (sum ^ ((const CK_BYTE *)bytes)[i]) * 0x100000001b3;
	return sum;
}

static uint64_t content(CK_OBJECT_HANDLE object)
{
	static const CK_ATTRIBUTE_TYPE types[] = {CKA_CLASS, CKA_TOKEN, CKA_LABEL, CKA_ID, CKA_VALUE, CKA_MODIFIABLE, CKA_COPYABLE, CKA_SIGN,
		CKA_DERIVE, CKA_SUBJECT, CKA_START_DATE};
	uint64_t sum = object;

	for (size_t i = 0; i < COUNT(types); i++) {
		CK_BYTE value[256];
		CK_ATTRIBUTE a = ATTRIBUTE_OF(types[i], value);

		if (all->C_GetAttributeValue(watch, object, &a, 1) == CKR_OK)
			sum = mix(sum, value, a.ulValueLen);
		sum = mix(sum, &a.ulValueLen, sizeof a.ulValueLen);
	}
	return sum;
}

static struct snapshot look(void)
{
	CK_OBJECT_HANDLE found[64];
	struct snapshot s = {0};

	if (now.login <= NO_SESSION)
		return s;
	s.state = api_state(watch);
	s.objects = api_find(watch, NULL, 0, found, COUNT(found));
	for (CK_ULONG i = 0; i < s.objects && i < COUNT(found); i++)
		s.content += content(found[i]); /* in whichever order */
	return s;
}

static bool same(const struct snapshot *a, const struct snapshot *b)
{
	return a->state == b->state && a->objects == b->objects && a->content == b->content;
}

static void empty_token(void)
{
	CK_OBJECT_HANDLE found[64];
	CK_ULONG n = api_find(watch, NULL, 0, found, COUNT(found));

	for (CK_ULONG i = 0; i < n && i < COUNT(found); i++)
		all->C_DestroyObject(watch, found[i]);
}

static void open_both(void)
{
	watch = api_session(slot, true);
	work = api_session(slot, true);
}

/* What the holder keeps on the token; the handles of private objects hold while he is logged in. */
static void furnish(void)
{
	empty_token();
	pair = api_generate(watch, true, 1, false);
	of_session = api_generate(watch, false, 2, false);
	REQUIRE(api_data(watch, true, false, "public", &data) == CKR_OK);
}

/* From whatever the last call left: the state anew, and tries as they were. */
static void rebuild(void)
{
	if (all->C_GetInfo(&(CK_INFO){0}) == CKR_OK)
		REQUIRE(all->C_Finalize(NULL) == CKR_OK);
	if (now.login == OFF)
		return;
	api_initialize();
	open_both();
	REQUIRE(api_login(watch, CKU_SO, API_SO_PIN) == CKR_OK && all->C_Logout(watch) == CKR_OK);
	REQUIRE(api_login(watch, CKU_USER, API_PIN) == CKR_OK);
	furnish();
	if (now.login != HOLDER)
		REQUIRE(all->C_Logout(watch) == CKR_OK);
	if (now.login == SO)
		REQUIRE(api_login(watch, CKU_SO, API_SO_PIN) == CKR_OK);
	if (now.login == NO_SESSION)
		REQUIRE(all->C_CloseAllSessions(slot) == CKR_OK);
}

/* --- values --- */

enum kind { K_SESSION, K_SLOT, K_NUMBER, K_HANDLE, K_NOTIFY, K_MECHANISM, K_TEMPLATE, K_IN, K_OUT, K_POINTER, KINDS };

/* One argument, or two that belong together. */
struct unit {
	enum kind kind;
	size_t word;
};

static struct units {
	struct unit at[WORDS];
	size_t count, words;
} units;

static CK_ULONG words[WORDS], lengths[WORDS];
static _Alignas(16) CK_BYTE areas[WORDS][AREA];
static CK_ATTRIBUTE templates[WORDS][TEMPLATE_ROOM];
static CK_MECHANISM mechanism;

static const CK_ULONG numbers[] = {1, 0, 2, 3, 4, 6, 0xe, CKM_SHA256, UNKNOWN, 1UL << 31, HALF, ~0UL};
static const CK_ULONG in_lengths[] = {64, 0, 1, 32, NO_MEMORY_SO_LONG, HALF - 1, HALF, ~0UL};
static const CK_ULONG out_lengths[] = {AREA, 0, 1, 63, HALF, ~0UL};
static const CK_ULONG big_counts[] = {1UL << 31, NO_MEMORY_SO_LONG, HALF, HALF / 3 * 2 + 1, ~0UL};

static CK_ULONG session_value(size_t i)
{
	const CK_ULONG values[] = {work, 0, work + 1, work ^ HALF, ~0UL};

	return now.login <= NO_SESSION && i == 0 ? 77 : values[i];
}

static CK_ULONG slot_value(size_t i)
{
	const CK_ULONG values[] = {slot, slot + 1, 0xdead, ~0UL};

	return values[i];
}

static CK_ULONG handle_value(size_t i)
{
	const CK_ULONG values[] = {pair.private, pair.public, data, of_session.private, 0, 1, 257, 258 + 256, 1023, 1024, data ^ 1UL << 40, HALF, ~0UL};

	return values[i];
}

/* Parameters and their lengths, right and wrong; pointers within them that lead nowhere, with a length. */
static CK_RSA_PKCS_PSS_PARAMS pss = {CKM_SHA256, CKG_MGF1_SHA256, 32}, odd_pss = {UNKNOWN, ~0UL, HALF};
static CK_EDDSA_PARAMS null_context = {CK_FALSE, 5, NULL}, huge_context = {CK_TRUE, HALF, some_signature};
static CK_ECDH1_DERIVE_PARAMS null_peer = {CKD_NULL, 0, NULL, 65, NULL}, huge_peer = {CKD_NULL, 0, NULL, HALF, some_signature};
static CK_ECDH1_DERIVE_PARAMS short_peer = {CKD_NULL, 0, NULL, 1, some_signature}, no_peer = {CKD_NULL, 0, NULL, 0, some_signature};
static CK_ECDH1_DERIVE_PARAMS huge_info = {CKD_SHA256_KDF, HALF, some_signature, 65, some_signature}, odd_kdf = {~0UL, 1, NULL, 65, some_signature};
static const CK_MECHANISM mechanisms[] = {
	{CKM_ECDSA_SHA256, NULL, 0},
	{CKM_EC_KEY_PAIR_GEN, NULL, 0},
	{CKM_EC_EDWARDS_KEY_PAIR_GEN, NULL, 0},
	{CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0},
	{CKM_RSA_PKCS_KEY_PAIR_GEN, some_signature, 1},
	{CKM_SHA256, NULL, 0},
	{CKM_SHA256, NULL, 1},
	{CKM_SHA256, some_signature, 0},
	{CKM_ECDSA, NULL, HALF},
	{CKM_ECDSA_SHA256, some_signature, HALF},
	{CKM_RSA_PKCS, NULL, 0},
	{CKM_RSA_PKCS_PSS, &pss, sizeof pss},
	{CKM_RSA_PKCS_PSS, &pss, sizeof pss - 1},
	{CKM_RSA_PKCS_PSS, &pss, 1},
	{CKM_RSA_PKCS_PSS, &pss, HALF},
	{CKM_RSA_PKCS_PSS, NULL, sizeof pss},
	{CKM_RSA_PKCS_PSS, NULL, 0},
	{CKM_SHA512_RSA_PKCS_PSS, &pss, sizeof pss},
	{CKM_SHA256_RSA_PKCS_PSS, &odd_pss, sizeof odd_pss},
	{CKM_EDDSA, &null_context, sizeof null_context},
	{CKM_EDDSA, &huge_context, sizeof huge_context},
	{CKM_EDDSA, &null_context, ~0UL},
	{CKM_ECDH1_DERIVE, &null_peer, sizeof null_peer},
	{CKM_ECDH1_DERIVE, &huge_peer, sizeof huge_peer},
	{CKM_ECDH1_DERIVE, &short_peer, sizeof short_peer},
	{CKM_ECDH1_DERIVE, &no_peer, sizeof no_peer},
	{CKM_ECDH1_DERIVE, &huge_info, sizeof huge_info},
	{CKM_ECDH1_COFACTOR_DERIVE, &odd_kdf, sizeof odd_kdf},
	{CKM_ECDH1_COFACTOR_DERIVE, NULL, 0},
	{UNKNOWN, NULL, 0},
	{UNKNOWN, some_signature, 8},
	{1UL << 31, NULL, 0},
	{HALF, NULL, 0},
	{~0UL, NULL, HALF},
};

/* One attribute that is odd, put after what makes a good data object, or a good key pair. where: 0 nothing, 1 a good value, 2 the template itself. */
static const struct odd {
	CK_ATTRIBUTE_TYPE type;
	int where;
	CK_ULONG len;
} odd_attributes[] = {
	{CKA_LABEL, 0, 0}, {CKA_LABEL, 0, 1}, {CKA_LABEL, 0, HALF}, {CKA_LABEL, 0, ~0UL}, {CKA_LABEL, 1, HALF}, {CKA_LABEL, 1, ~0UL},
	{CKA_LABEL, 1, 0}, {CKA_LABEL, 1, 1}, {CKA_TOKEN, 0, 1}, {CKA_TOKEN, 1, 0}, {CKA_TOKEN, 1, 2}, {CKA_TOKEN, 1, HALF},
	{CKA_PRIVATE, 0, 0}, {CKA_CLASS, 1, 8}, {CKA_CLASS, 1, 7}, {CKA_CLASS, 0, 8}, {CKA_CLASS, 1, ~0UL}, {CKA_KEY_TYPE, 1, 8},
	{CKA_MODIFIABLE, 1, 1}, {CKA_VALUE, 1, 8}, {CKA_VALUE, 1, 8 << 20}, {CKA_EC_PARAMS, 1, 10}, {CKA_EC_PARAMS, 1, HALF},
	{CKA_MODULUS_BITS, 1, 8}, {CKA_MODULUS_BITS, 1, 1}, {CKA_ALLOWED_MECHANISMS, 1, 7}, {CKA_ALLOWED_MECHANISMS, 1, HALF},
	{CKA_ALLOWED_MECHANISMS, 0, 8}, {CKA_START_DATE, 1, 8}, {CKA_START_DATE, 0, 8}, {CKA_START_DATE, 1, ~0UL}, {CKA_UNIQUE_ID, 1, 8},
	{WRAP_TEMPLATE, 2, sizeof(CK_ATTRIBUTE)}, {WRAP_TEMPLATE, 2, HALF}, {CKA_LABEL, 2, sizeof(CK_ATTRIBUTE)}, {UNKNOWN, 1, 8},
	{1UL << 31, 0, 0}, {HALF, 1, 1}, {~0UL, 1, HALF}, {CKA_VALUE_LEN, 1, 8}, {CKA_PROFILE_ID, 1, 8}, {0xD3420010UL, 1, 8},
};

static bool of_pair; /* the function called makes one */

static void fill_template(CK_ATTRIBUTE *t, CK_BYTE *area, const struct odd *odd)
{
	static const CK_OBJECT_CLASS class = CKO_DATA;
	CK_ATTRIBUTE object[] = {ATTRIBUTE(CKA_CLASS, area, sizeof class), ATTRIBUTE(CKA_APPLICATION, area + 64, 8)};
	CK_ATTRIBUTE public[] = {ATTRIBUTE(CKA_ID, area, 8), ATTRIBUTE_OF(CKA_EC_PARAMS, api_p256)};
	CK_ATTRIBUTE private[] = {ATTRIBUTE(CKA_ID, area, 8), ATTRIBUTE(CKA_SUBJECT, area + 64, 8)};

	memset(area, 0, AREA);
	memcpy(area, &class, sizeof class);
	memcpy(t, !of_pair ? object : t == templates[2] ? public : private, sizeof object);
	/* The odd one may be read into: it has room for whatever an attribute of these objects can be. */
	if (odd)
		t[2] = (CK_ATTRIBUTE){odd->type, odd->where == 0 ? NULL : odd->where == 1 ? (void *)(area + 128) : t, odd->len};
}

/* Good; none; NULL with a count; a count that no memory has; each odd one beside the good ones, and alone. */
static void set_template(size_t at, size_t i, CK_ULONG *w)
{
	CK_ATTRIBUTE *t = templates[at];

	fill_template(t, areas[at], NULL);
	w[0] = (CK_ULONG)t;
	w[1] = 2;
	if (i == 0)
		return;
	if (i == 1)
		w[0] = w[1] = 0;
	else if (i == 2)
		w[1] = 0;
	else if (i == 3)
		w[0] = 0;
	else if (i < 4 + COUNT(big_counts))
		w[1] = big_counts[i - 4];
	else if (i < 4 + 2 * COUNT(big_counts)) {
		w[0] = 0;
		w[1] = big_counts[i - 4 - COUNT(big_counts)];
	} else {
		size_t k = i - 4 - 2 * COUNT(big_counts);

		fill_template(t, areas[at], &odd_attributes[k % COUNT(odd_attributes)]);
		w[1] = 3;
		if (k >= COUNT(odd_attributes)) {
			w[0] = (CK_ULONG)(t + 2);
			w[1] = 1;
		}
	}
}

static void set_in(size_t at, size_t i, CK_ULONG *w)
{
	bool nowhere = i >= COUNT(in_lengths);

	w[0] = nowhere ? 0 : (CK_ULONG)areas[at];
	w[1] = in_lengths[nowhere ? i - COUNT(in_lengths) : i];
}

static void set_out(size_t at, size_t i, CK_ULONG *w)
{
	lengths[at] = out_lengths[i % COUNT(out_lengths)];
	w[0] = i / COUNT(out_lengths) == 0 ? (CK_ULONG)areas[at] : 0;
	w[1] = (CK_ULONG)&lengths[at];
	if (i >= 2 * COUNT(out_lengths)) {
		w[0] = i % 2 ? (CK_ULONG)areas[at] : 0;
		w[1] = 0;
	}
}

static size_t values_of(enum kind kind)
{
	static const size_t counts[KINDS] = {
		[K_SESSION] = 5,
		[K_SLOT] = 4,
		[K_NUMBER] = COUNT(numbers),
		[K_HANDLE] = 13,
		[K_NOTIFY] = 1,
		[K_MECHANISM] = COUNT(mechanisms) + 1,
		[K_TEMPLATE] = 4 + 2 * COUNT(big_counts) + 2 * COUNT(odd_attributes),
		[K_IN] = 2 * COUNT(in_lengths),
		[K_OUT] = 2 * COUNT(out_lengths) + 2,
		[K_POINTER] = 3,
	};

	return counts[kind];
}

static void set_value(const struct unit *unit, size_t i)
{
	CK_ULONG *w = &words[unit->word];
	size_t at = unit->word;

	switch (unit->kind) {
	case K_SESSION:
		*w = session_value(i);
		break;
	case K_SLOT:
		*w = slot_value(i);
		break;
	case K_NUMBER:
		*w = numbers[i];
		break;
	case K_HANDLE:
		*w = handle_value(i);
		break;
	case K_MECHANISM:
		mechanism = mechanisms[i % COUNT(mechanisms)];
		*w = i == COUNT(mechanisms) ? 0 : (CK_ULONG)&mechanism;
		break;
	case K_TEMPLATE:
		set_template(at, i, w);
		break;
	case K_IN:
		set_in(at, i, w);
		break;
	case K_OUT:
		set_out(at, i, w);
		break;
	case K_POINTER:
		memset(areas[at], i == 2 ? 0xa5 : 0, AREA - 1);
		*w = i == 1 ? 0 : (CK_ULONG)areas[at];
		break;
	default:
		*w = 0;
	}
}

/* --- a prototype read --- */

static void type_of(const char *parameter, size_t len, char type[64])
{
	while (len && (isalnum((unsigned char)parameter[len - 1]) || parameter[len - 1] == '_'))
		len--; /* its name */
	while (len && isspace((unsigned char)parameter[len - 1]))
		len--;
	snprintf(type, 64, "%.*s", (int)len, parameter);
}

static enum kind kind_of(const char *type, const char *next)
{
	static const struct {
		const char *type;
		enum kind kind;
	} known[] = {{"CK_SESSION_HANDLE", K_SESSION}, {"CK_SLOT_ID", K_SLOT}, {"CK_OBJECT_HANDLE", K_HANDLE}, {"CK_NOTIFY", K_NOTIFY},
		{"CK_MECHANISM *", K_MECHANISM}, {"CK_ATTRIBUTE *", K_TEMPLATE}};

	for (size_t i = 0; i < COUNT(known); i++)
		if (strcmp(type, known[i].type) == 0)
			return known[i].kind;
	if (!strchr(type, '*'))
		return K_NUMBER;
	return strcmp(next, "CK_ULONG") == 0 ? K_IN : strcmp(next, "CK_ULONG *") == 0 ? K_OUT : K_POINTER;
}

static void read_prototype(const char *parameters)
{
	char types[WORDS + 1][64] = {""};
	size_t n = 0;

	for (const char *p = parameters + 1; *p && *p != ')';) {
		size_t len = strcspn(p, ",)");

		REQUIRE(n < WORDS);
		type_of(p, len, types[n++]);
		p += len + (p[len] == ',');
		p += strspn(p, " \t\n");
	}
	units = (struct units){.words = n};
	for (size_t i = 0; i < n; i++) {
		enum kind kind = kind_of(types[i], types[i + 1]);

		units.at[units.count++] = (struct unit){kind, i};
		i += kind == K_TEMPLATE || kind == K_IN || kind == K_OUT;
	}
}

/* --- calls --- */

/* Every argument is a machine word or less; who takes fewer leaves the rest alone. */
typedef CK_RV (*word_function)(CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG);

static CK_RV call(const struct row *row)
{
	word_function fn;

	memcpy(&fn, (const CK_BYTE *)all + row->offset, sizeof fn);
	return fn(words[0], words[1], words[2], words[3], words[4], words[5], words[6], words[7], words[8], words[9]);
}

/* What bad input may be answered with: no code that speaks of an internal error or a broken device. */
static bool answers(const struct row *row, CK_RV rv)
{
	static const CK_RV codes[] = {CKR_OK, CKR_SLOT_ID_INVALID, CKR_ARGUMENTS_BAD, CKR_NO_EVENT, CKR_ATTRIBUTE_READ_ONLY,
		CKR_ATTRIBUTE_SENSITIVE, CKR_ATTRIBUTE_TYPE_INVALID, CKR_ATTRIBUTE_VALUE_INVALID, CKR_ACTION_PROHIBITED, CKR_DATA_INVALID,
		CKR_DATA_LEN_RANGE, CKR_FUNCTION_NOT_PARALLEL, CKR_FUNCTION_NOT_SUPPORTED, CKR_KEY_HANDLE_INVALID, CKR_KEY_SIZE_RANGE,
		CKR_KEY_TYPE_INCONSISTENT, CKR_KEY_NOT_NEEDED, CKR_KEY_FUNCTION_NOT_PERMITTED, CKR_MECHANISM_INVALID,
		CKR_MECHANISM_PARAM_INVALID, CKR_OBJECT_HANDLE_INVALID, CKR_OPERATION_ACTIVE, CKR_OPERATION_NOT_INITIALIZED,
		CKR_PIN_INCORRECT, CKR_PIN_INVALID, CKR_PIN_LEN_RANGE, CKR_PIN_LOCKED, CKR_SESSION_HANDLE_INVALID,
		CKR_SESSION_PARALLEL_NOT_SUPPORTED, CKR_SESSION_READ_ONLY, CKR_SESSION_EXISTS, CKR_SESSION_READ_ONLY_EXISTS,
		CKR_SESSION_READ_WRITE_SO_EXISTS, CKR_SIGNATURE_INVALID, CKR_SIGNATURE_LEN_RANGE, CKR_TEMPLATE_INCOMPLETE,
		CKR_TEMPLATE_INCONSISTENT, CKR_TOKEN_NOT_RECOGNIZED, CKR_USER_ALREADY_LOGGED_IN, CKR_USER_NOT_LOGGED_IN,
		CKR_USER_PIN_NOT_INITIALIZED, CKR_USER_TYPE_INVALID, CKR_USER_ANOTHER_ALREADY_LOGGED_IN, CKR_CURVE_NOT_SUPPORTED,
		CKR_BUFFER_TOO_SMALL, CKR_SAVED_STATE_INVALID, CKR_STATE_UNSAVEABLE, CKR_CRYPTOKI_ALREADY_INITIALIZED,
		CKR_SESSION_ASYNC_NOT_SUPPORTED};

	if (now.login == OFF && row->need != ANYTIME)
		return rv == CKR_CRYPTOKI_NOT_INITIALIZED;
	if (row->need == SESSION && (now.login == NO_SESSION || words[0] != work))
		return rv == CKR_SESSION_HANDLE_INVALID;
	if (row->refused)
		return rv == CKR_FUNCTION_NOT_SUPPORTED || rv == CKR_FUNCTION_NOT_PARALLEL;
	if (row->need == ANYTIME && (rv == CKR_FUNCTION_FAILED || rv == CKR_CRYPTOKI_NOT_INITIALIZED || rv == CKR_CANT_LOCK))
		return true;
	for (size_t i = 0; i < COUNT(codes); i++)
		if (codes[i] == rv)
			return true;
	return false;
}

static bool is(const struct row *row, const char *name)
{
	return strcmp(row->name, name) == 0;
}

/* Calls that would wait for ever, or end what this test stands on. */
static bool left_out(const struct row *row)
{
	if (is(row, "WaitForSlotEvent"))
		return !(words[0] & CKF_DONT_BLOCK) && words[1] && !words[2];
	/* The SO destroys the status object: the token is removed. */
	if (is(row, "DestroyObject"))
		return now.login == SO && words[1] == 1;
	return is(row, "Finalize") && !words[0];
}

/* The active operation ends only by its own functions, and by those that end all. */
static bool may_end(const struct row *row, CK_RV rv)
{
	static const char *const all_enders[] = {"SessionCancel", "SetOperationState", "Logout", "CloseSession", "CloseAllSessions", "Initialize"};

	if (strstr(row->name, now.operation->family))
		return true;
	for (size_t i = 0; rv == CKR_OK && i < COUNT(all_enders); i++)
		if (is(row, all_enders[i]))
			return true;
	return false;
}

/* After their success the state has to be made anew. */
static bool upsets(const struct row *row)
{
	static const char *const names[] = {"Initialize", "InitToken", "OpenSession", "CloseSession", "CloseAllSessions", "Login", "LoginUser",
		"Logout", "InitPIN", "SetPIN"};

	for (size_t i = 0; i < COUNT(names); i++)
		if (is(row, names[i]))
			return true;
	return false;
}

static unsigned long calls, oks;

static void report(const struct row *row, const char *what, CK_RV rv)
{
	fprintf(stderr, "%s: C_%s(", now.name, row->name);
	for (size_t i = 0; i < units.words; i++)
		fprintf(stderr, "%s0x%lx", i ? ", " : "", words[i]);
	fprintf(stderr, ") answers 0x%lx: %s\n", rv, what);
	for (size_t i = 0; i < units.count; i++)
		if (units.at[i].kind == K_MECHANISM && words[units.at[i].word])
			fprintf(stderr, "  mechanism 0x%lx, %lu bytes\n", mechanism.mechanism, mechanism.ulParameterLen);
		else if (units.at[i].kind == K_TEMPLATE)
			fprintf(stderr, "  last attribute 0x%lx, %lu bytes at %p\n", templates[units.at[i].word][2].type,
				templates[units.at[i].word][2].ulValueLen, templates[units.at[i].word][2].pValue);
	check_failures++;
}

static struct snapshot before;

static void settle(bool login_too)
{
	if (login_too || now.login != HOLDER)
		rebuild();
	else {
		REQUIRE(all->C_CloseSession(work) == CKR_OK);
		work = api_session(slot, true);
		furnish();
	}
	if (now.operation)
		REQUIRE(now.operation->start() == CKR_OK);
	before = look();
}

/* Results are for who was answered CKR_OK; attributes are answered one by one. */
static bool wrote(const struct row *row)
{
	for (size_t i = 0; i < units.count; i++)
		if (units.at[i].kind == K_OUT && words[units.at[i].word])
			for (size_t k = 0; k < 600; k++)
				if (areas[units.at[i].word][k] != 0x5a)
					return !is(row, "GetAttributeValue");
	return false;
}

static void try(const struct row *row)
{
	struct snapshot after;
	CK_RV rv;

	if (left_out(row))
		return;
	for (size_t i = 0; i < units.count; i++)
		if (units.at[i].kind == K_OUT)
			memset(areas[units.at[i].word], 0x5a, AREA);
	rv = call(row);
	calls++;
	oks += rv == CKR_OK;
	check_count++;
	if (!answers(row, rv))
		report(row, "no code for this", rv);
	if (rv != CKR_OK && wrote(row))
		report(row, "it wrote to the result", rv);
	if (rv == CKR_OK && upsets(row)) {
		settle(true);
		return;
	}
	after = look();
	if (!same(&before, &after)) {
		if (rv != CKR_OK)
			report(row, "something changed", rv);
		settle(before.state != after.state);
		return;
	}
	if (!now.operation)
		return;
	if (now.operation->end() != CKR_OK && !may_end(row, rv))
		report(row, "the operation ended", rv);
	REQUIRE(now.operation->start() == CKR_OK);
}

/* A PIN that was looked at costs a try, and Argon2id's time: the tries are set right again where they run short. */
static bool takes_pin(const struct row *row)
{
	return strstr(row->parameters, "Pin,") != NULL;
}

static void watch_tries(const struct row *row)
{
	CK_FLAGS flags;

	if (!takes_pin(row) || now.login == OFF)
		return;
	flags = api_tries_flags(slot);
	if (flags & (CKF_USER_PIN_FINAL_TRY | CKF_SO_PIN_FINAL_TRY))
		settle(true);
	CHECK(!(flags & (CKF_USER_PIN_LOCKED | CKF_SO_PIN_LOCKED)));
}

static void walk(const struct row *row, bool two)
{
	read_prototype(row->parameters);
	of_pair = is(row, "GenerateKeyPair");
	for (size_t a = 0; a < units.count; a++)
		for (size_t b = a; b < units.count; b++)
			for (size_t i = 0; i < values_of(units.at[a].kind); i++)
				for (size_t k = 0; k < (a == b ? 1 : values_of(units.at[b].kind)); k++) {
					if (a != b && (!two || !i || !k))
						continue; /* seen alone */
					memset(words, 0, sizeof words);
					for (size_t u = 0; u < units.count; u++)
						set_value(&units.at[u], 0);
					set_value(&units.at[a], i);
					if (a != b)
						set_value(&units.at[b], k);
					try(row);
					watch_tries(row);
				}
	if (!units.count)
		try(row);
}

static void in_state(const char *name, enum login login, const struct operation *operation, bool two)
{
	now = (struct state){name, login, operation};
	settle(true);
	for (size_t i = 0; i < COUNT(rows); i++) {
		/* PINs do not care for operations. */
		if (operation && takes_pin(&rows[i]))
			continue;
		walk(&rows[i], two && !rows[i].refused && !takes_pin(&rows[i]));
	}
	if (operation)
		CHECK_EQ(operation->end(), CKR_OK);
}

int main(void)
{
	CK_RV (*get)(CK_CHAR *name, CK_VERSION *version, CK_INTERFACE **interface, CK_FLAGS flags);
	bool thorough = getenv("SINBUN_ROUNDS") != NULL;
	CK_INTERFACE *interface;

	api_open("pin-tries = 15\npuk-tries = 15\n");
	*(void **)&get = api_symbol("C_GetInterface");
	REQUIRE(get && get(NULL, &(CK_VERSION){3, 2}, &interface, 0) == CKR_OK);
	all = interface->pFunctionList;
	api_initialize();
	slot = api_token("robust");
	in_state("before initialisation", OFF, NULL, thorough);
	in_state("without a session", NO_SESSION, NULL, thorough);
	in_state("public", PUBLIC, NULL, thorough);
	in_state("logged in", HOLDER, NULL, true);
	in_state("the SO", SO, NULL, thorough);
	for (size_t i = 0; i < COUNT(operations); i++)
		in_state(operations[i].name, HOLDER, &operations[i], thorough);
	printf("%zu functions, %lu calls, %lu of them answered CKR_OK\n", COUNT(rows), calls, oks);
	CHECK(COUNT(rows) > 90 && calls > 20000);
	return check_result();
}
