/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "lib/api.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/check.h"
#include "lib/damage.h"
#include "sinbun-pkcs11.h"

/* A store that somebody else wrote to, or that a disk spoilt: one bit turned in every byte of every value, record and index row, and of
 * the file itself; rows moved, swapped, taken away, doubled and put back as they were. What may come of each: a refusal, a damage that is
 * told of (CKF_ERROR_STATE, CKR_DEVICE_ERROR), or nothing at all. Never: another value served as good, a wrong PIN taken, more tries, a
 * PIN that the rules forbid, a crash.
 * Rows readable before the login are sealed and added up under a key that stands in the file: that detects accidents, and all this is one.
 * $SINBUN_FLIPS: how many bits are turned, evenly spread (120 by default); "all": one in every byte, "bits": every bit. */

#define BIRTH_PIN "850417"
#define OLD_TABLE "old" /* where an earlier record waits */
enum { PIN_BEFORE = 4, PUK_BEFORE = 9, OBJECTS_MAX = 16, ATTRIBUTES_MAX = 40, SNAPSHOT_MAX = 4096, ID = 32, FLIPS = 120 };

static const CK_ATTRIBUTE_TYPE types[] = {CKA_CLASS, CKA_TOKEN, CKA_PRIVATE, CKA_LABEL, CKA_VALUE, CKA_ID, CKA_SUBJECT, CKA_TRUSTED,
	CKA_KEY_TYPE, CKA_SENSITIVE, CKA_EXTRACTABLE, CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE, CKA_LOCAL, CKA_SIGN, CKA_DERIVE,
	CKA_ALWAYS_AUTHENTICATE, CKA_MODIFIABLE, CKA_COPYABLE, CKA_DESTROYABLE, CKA_EC_PARAMS, CKA_EC_POINT, CKA_PUBLIC_KEY_INFO,
	CKA_ALLOWED_MECHANISMS};

struct snapshot {
	char id[ID]; /* CKA_UNIQUE_ID */
	bool is_private;
	CK_BYTE data[SNAPSHOT_MAX];
	size_t len;
};

static struct snapshot before[OBJECTS_MAX];
static size_t before_count;
static char store[256];
static CK_BYTE *image;
static size_t image_len;
static char what[512]; /* the damage that is being judged */
static struct {
	long refused, told, nothing, hidden, all;
} effects;

/* What is known of a damage before it is judged. */
struct bounds {
	bool pins;       /* look at PINs closely: the damage may concern them */
	bool tries_row;  /* a spoilt one locks the PIN and leaves the PUK all its tries */
	bool old;        /* an earlier record put back whole: served, and told of */
	bool vouched;    /* a login knows what it was: no change may go without a word */
	bool index;      /* no more than index rows: told of or not, every public object is found */
	bool no_flip;    /* not a turned bit: what no login can tell from another store is not an accident to be told of */
};

static void complain(const char *text)
{
	fprintf(stderr, "%s: %s\n", what, text);
	check_failures++;
}

static void crashed(int signal_number)
{
	(void)!write(2, what, strlen(what));
	(void)!write(2, ": a crash\n", 10);
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static void read_image(void)
{
	struct stat st;
	int fd = open(store, O_RDONLY);

	REQUIRE(fd >= 0 && fstat(fd, &st) == 0);
	image_len = (size_t)st.st_size;
	image = malloc(image_len);
	REQUIRE(image && read(fd, image, image_len) == (ssize_t)image_len);
	close(fd);
}

static void write_image(void)
{
	char beside[300];
	int fd = open(store, O_WRONLY | O_TRUNC);

	REQUIRE(fd >= 0 && write(fd, image, image_len) == (ssize_t)image_len);
	close(fd);
	snprintf(beside, sizeof beside, "%s-wal", store);
	unlink(beside);
	snprintf(beside, sizeof beside, "%s-shm", store);
	unlink(beside);
}

/* --- the token --- */

static CK_RV set_pin(CK_SESSION_HANDLE session, const char *old, const char *pin)
{
	return p11->C_SetPIN(session, (CK_UTF8CHAR *)old, strlen(old), (CK_UTF8CHAR *)pin, strlen(pin));
}

static void add_certificate(CK_SESSION_HANDLE session, const CK_BBOOL *trusted)
{
	static const CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	static const CK_CERTIFICATE_TYPE type = CKC_X_509;
	CK_ATTRIBUTE template[] = {ATTRIBUTE_OF(CKA_CLASS, class), ATTRIBUTE_OF(CKA_CERTIFICATE_TYPE, type), ATTRIBUTE_OF(CKA_TOKEN, api_yes),
		ATTRIBUTE_TEXT(CKA_LABEL, "certificate"), ATTRIBUTE_TEXT(CKA_SUBJECT, "subject"), ATTRIBUTE_OF(CKA_VALUE, api_certificate),
		ATTRIBUTE(CKA_TRUSTED, trusted, 1)};
	CK_OBJECT_HANDLE object;

	REQUIRE(p11->C_CreateObject(session, template, COUNT(template), &object) == CKR_OK);
}

static CK_SESSION_HANDLE give_birth_date(CK_SLOT_ID slot)
{
	static const CK_OBJECT_CLASS class = CKO_SINBUN_PIN_POLICY;
	CK_ATTRIBUTE template[] = {ATTRIBUTE_OF(CKA_CLASS, class), ATTRIBUTE_TEXT(CKA_SINBUN_BIRTH_DATE, "19850417")};
	CK_UTF8CHAR label[33];
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE none;

	snprintf((char *)label, sizeof label, "%-32s", "test");
	REQUIRE(p11->C_InitToken(slot, (CK_UTF8CHAR *)API_SO_PIN, strlen(API_SO_PIN), label) == CKR_OK);
	session = api_session(slot, true);
	REQUIRE(api_login(session, CKU_SO, API_SO_PIN) == CKR_OK);
	REQUIRE(p11->C_CreateObject(session, template, COUNT(template), &none) == CKR_OK);
	REQUIRE(p11->C_InitPIN(session, (CK_UTF8CHAR *)API_PIN, strlen(API_PIN)) == CKR_OK);
	add_certificate(session, &api_yes);
	REQUIRE(p11->C_Logout(session) == CKR_OK);
	return session;
}

static void make_token(void)
{
	CK_SLOT_ID slot = api_free_slot();
	CK_SESSION_HANDLE session = give_birth_date(slot);
	CK_ATTRIBUTE value = ATTRIBUTE_TEXT(CKA_VALUE, "a later value");
	CK_OBJECT_HANDLE object;

	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	api_generate(session, true, 1, true);
	api_generate(session, true, 2, false);
	REQUIRE(api_data(session, true, false, "open 1", &object) == CKR_OK);
	REQUIRE(api_data(session, true, false, "open 2", &object) == CKR_OK);
	REQUIRE(api_data(session, true, true, "mine 1", &object) == CKR_OK);
	REQUIRE(api_data(session, true, true, "mine 2", &object) == CKR_OK);
	damage(slot, "create table " OLD_TABLE " as select * from record");
	REQUIRE(p11->C_SetAttributeValue(session, object, &value, 1) == CKR_OK);
	REQUIRE(p11->C_Logout(session) == CKR_OK);
	/* One try less each: more would show. */
	REQUIRE(api_login(session, CKU_USER, API_WRONG_PIN) == CKR_PIN_INCORRECT);
	REQUIRE(api_login(session, CKU_SO, API_WRONG_SO_PIN) == CKR_PIN_INCORRECT);
	snprintf(store, sizeof store, "%s", damage_path(slot, "token.db"));
	REQUIRE(p11->C_CloseSession(session) == CKR_OK);
}

/* --- what it shows --- */

static bool refused; /* a search was answered with CKR_DEVICE_ERROR: that tells of the damage too */

/* As api_find(), but a search may be refused: then nothing is found. */
static CK_ULONG search(CK_SESSION_HANDLE session, CK_ATTRIBUTE *match, CK_ULONG count, CK_OBJECT_HANDLE *found, CK_ULONG room)
{
	CK_ULONG n = 0;
	CK_RV rv = p11->C_FindObjectsInit(session, match, count);

	if (rv != CKR_OK && rv != CKR_DEVICE_ERROR && rv != CKR_DEVICE_REMOVED)
		complain("an odd answer to a search");
	refused |= rv != CKR_OK;
	if (rv != CKR_OK)
		return 0;
	REQUIRE(p11->C_FindObjects(session, found, room, &n) == CKR_OK);
	REQUIRE(p11->C_FindObjectsFinal(session) == CKR_OK);
	return n;
}

static CK_ULONG count_label(CK_SESSION_HANDLE session, const char *label)
{
	CK_ATTRIBUTE match = ATTRIBUTE(CKA_LABEL, label, strlen(label));
	CK_OBJECT_HANDLE found[4];

	return search(session, &match, 1, found, COUNT(found));
}

/* All attributes of an object in a row, with their answers; false where it cannot be read at all. */
static bool take(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, struct snapshot *s)
{
	CK_ATTRIBUTE id = ATTRIBUTE_OF(CKA_UNIQUE_ID, s->id);
	CK_BBOOL is_private = CK_FALSE;
	CK_ATTRIBUTE private = ATTRIBUTE_OF(CKA_PRIVATE, is_private);
	CK_BBOOL intact;
	CK_ATTRIBUTE log = ATTRIBUTE_OF(CKA_SINBUN_LOG_INTACT, intact);

	s->len = 0;
	/* The log changes with every login; what is known of it is whether it is whole. */
	if (p11->C_GetAttributeValue(session, object, &log, 1) == CKR_OK)
		return false;
	if (p11->C_GetAttributeValue(session, object, &id, 1) != CKR_OK || p11->C_GetAttributeValue(session, object, &private, 1) != CKR_OK)
		return false;
	s->is_private = is_private;
	for (size_t i = 0; i < COUNT(types); i++) {
		CK_BYTE value[1024] = {0};
		CK_ATTRIBUTE a = {types[i], value, sizeof value};
		CK_ULONG head[2] = {p11->C_GetAttributeValue(session, object, &a, 1), 0};

		if (head[0] == CKR_DEVICE_ERROR)
			return false;
		head[1] = head[0] == CKR_OK ? a.ulValueLen : 0;
		REQUIRE(s->len + sizeof head + head[1] <= sizeof s->data);
		memcpy(s->data + s->len, head, sizeof head);
		memcpy(s->data + s->len + sizeof head, value, head[1]);
		s->len += sizeof head + head[1];
	}
	return true;
}

static size_t take_all(CK_SESSION_HANDLE session, struct snapshot out[OBJECTS_MAX])
{
	CK_OBJECT_HANDLE found[OBJECTS_MAX + API_PROFILES];
	CK_ULONG n = search(session, NULL, 0, found, COUNT(found));
	size_t count = 0;

	for (CK_ULONG i = 0; i < n && i < COUNT(found) && count < OBJECTS_MAX; i++)
		if (take(session, found[i], &out[count]) && api_number(session, found[i], CKA_CLASS) != CKO_PROFILE)
			count++;
	return count;
}

static const struct snapshot *same_object(const struct snapshot *s)
{
	for (size_t i = 0; i < before_count; i++)
		if (memcmp(before[i].id, s->id, ID) == 0)
			return &before[i];
	return NULL;
}

/* An object as it was but for CKA_TRUSTED, which became false: nobody vouches for it any more. */
static bool only_distrusted(const struct snapshot *now, const struct snapshot *then)
{
	size_t at = 0;

	if (now->len != then->len)
		return false;
	for (size_t i = 0; i < COUNT(types); i++) {
		CK_ULONG head[2];
		bool same;

		memcpy(head, then->data + at, sizeof head);
		same = memcmp(now->data + at, then->data + at, sizeof head + head[1]) == 0;
		at += sizeof head;
		if (!same && (types[i] != CKA_TRUSTED || head[1] != 1 || now->data[at] != CK_FALSE))
			return false;
		at += head[1];
	}
	return true;
}

struct seen {
	bool complete;   /* every object is there, as it was */
	bool distrusted; /* a trusted certificate is trusted no more */
	bool open_missing, private_missing;
	bool changed;    /* an earlier value is served */
};

static struct seen look(CK_SESSION_HANDLE session, bool old)
{
	static struct snapshot now[OBJECTS_MAX];
	size_t count = take_all(session, now);
	bool there[OBJECTS_MAX] = {false};
	struct seen seen = {.complete = count == before_count};

	for (size_t i = 0; i < count; i++) {
		const struct snapshot *then = same_object(&now[i]);

		if (!then) {
			complain("an object is served that never was");
			continue;
		}
		there[then - before] = true;
		if (now[i].len == then->len && memcmp(now[i].data, then->data, then->len) == 0)
			continue;
		seen.complete = false;
		if (only_distrusted(&now[i], then))
			seen.distrusted = true;
		else if (old)
			seen.changed = true;
		else
			complain("an object is served with other values");
	}
	for (size_t i = 0; i < before_count; i++)
		if (!there[i])
			*(before[i].is_private ? &seen.private_missing : &seen.open_missing) = true;
	seen.complete &= !seen.private_missing && !seen.open_missing;
	return seen;
}

/* Objects also by their names. */
static bool public_found(CK_SESSION_HANDLE session)
{
	return count_label(session, "open 1") == 1 && count_label(session, "open 2") == 1 && count_label(session, "certificate") == 1;
}

static bool keys_sign(CK_SESSION_HANDLE session)
{
	static const CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_BYTE id = 2, signature[64];
	CK_ATTRIBUTE match[] = {ATTRIBUTE_OF(CKA_CLASS, class), ATTRIBUTE_OF(CKA_ID, id)};
	CK_MECHANISM ecdsa = {CKM_ECDSA_SHA256, NULL, 0};
	CK_ULONG len = sizeof signature;
	CK_OBJECT_HANDLE key;

	return search(session, match, COUNT(match), &key, 1) == 1 && p11->C_SignInit(session, &ecdsa, key) == CKR_OK &&
	       p11->C_Sign(session, (CK_BYTE *)"text", 4, signature, &len) == CKR_OK;
}

/* --- the judgement --- */

static unsigned long tries(CK_SESSION_HANDLE session, CK_ATTRIBUTE_TYPE type)
{
	static const CK_OBJECT_CLASS class = CKO_SINBUN_TOKEN;
	CK_ATTRIBUTE match = ATTRIBUTE_OF(CKA_CLASS, class);
	CK_OBJECT_HANDLE status;

	/* A store that cannot be read shows no tries, and takes none. */
	return search(session, &match, 1, &status, 1) == 1 ? api_number(session, status, type) : CK_UNAVAILABLE_INFORMATION;
}

/* A header that fits no wrap may say anything: then no PIN is looked at, and it is told of. */
static bool nothing_to_try(CK_SLOT_ID slot, CK_SESSION_HANDLE session, CK_USER_TYPE user)
{
	return damage_told(slot) && api_login(session, user, user == CKU_USER ? API_PIN : API_SO_PIN) == CKR_DEVICE_ERROR;
}

static void check_tries(CK_SLOT_ID slot, CK_SESSION_HANDLE session, const struct bounds *b)
{
	unsigned long pin = tries(session, CKA_SINBUN_PIN_TRIES_LEFT), puk = tries(session, CKA_SINBUN_PUK_TRIES_LEFT);

	if (pin != CK_UNAVAILABLE_INFORMATION && pin > PIN_BEFORE && !nothing_to_try(slot, session, CKU_USER))
		complain("more tries of the PIN");
	if (puk != CK_UNAVAILABLE_INFORMATION && puk > PUK_BEFORE && !b->tries_row && pin && !nothing_to_try(slot, session, CKU_SO))
		complain("more tries of the PUK");
}

/* What the store itself counts, where nothing can be searched for. */
static long used(CK_USER_TYPE user)
{
	char sql[160];

	snprintf(sql, sizeof sql, "select coalesce((select instr('123456789ABC', substr(hex(value), %d, 1)) from meta where name = 'tries'), 0)",
		user == CKU_USER ? 2 : 4);
	return damage_number_at(store, sql);
}

static void try_wrong(CK_SESSION_HANDLE session, CK_USER_TYPE user, const char *pin, CK_ATTRIBUTE_TYPE type)
{
	unsigned long left = tries(session, type);
	long spent = left == CK_UNAVAILABLE_INFORMATION ? used(user) : 0;
	CK_RV rv = api_login(session, user, pin);

	if (rv == CKR_OK) {
		complain("a wrong PIN is taken");
		p11->C_Logout(session);
	} else if (rv == CKR_PIN_INCORRECT && (left == CK_UNAVAILABLE_INFORMATION ? used(user) != spent + 1 : tries(session, type) != left - 1))
		complain("a wrong PIN was looked at, and no try charged");
	else if (rv != CKR_PIN_INCORRECT && rv != CKR_PIN_LOCKED && rv != CKR_DEVICE_ERROR && rv != CKR_USER_PIN_NOT_INITIALIZED)
		complain("an odd answer to a wrong PIN");
}

static void check_pins(CK_SESSION_HANDLE session)
{
	try_wrong(session, CKU_USER, API_WRONG_PIN, CKA_SINBUN_PIN_TRIES_LEFT);
	try_wrong(session, CKU_SO, API_WRONG_SO_PIN, CKA_SINBUN_PUK_TRIES_LEFT);
	if (set_pin(session, API_PIN, BIRTH_PIN) == CKR_OK)
		complain("the birth date is taken for a PIN");
}

enum effect { REFUSED, TOLD, NOTHING, HIDDEN };

static bool log_broken(CK_SESSION_HANDLE session)
{
	CK_ATTRIBUTE match = ATTRIBUTE_TEXT(CKA_LABEL, SINBUN_LOG_LABEL);
	CK_BBOOL intact = CK_TRUE;
	CK_ATTRIBUTE read = ATTRIBUTE_OF(CKA_SINBUN_LOG_INTACT, intact);
	CK_OBJECT_HANDLE log;

	return search(session, &match, 1, &log, 1) == 1 && p11->C_GetAttributeValue(session, log, &read, 1) == CKR_OK && !intact;
}

/* With the holder logged in. */
static enum effect look_inside(CK_SLOT_ID slot, CK_SESSION_HANDLE session, const struct bounds *b)
{
	struct seen seen = look(session, b->old);
	bool open = public_found(session), signs = keys_sign(session);
	bool named = open && count_label(session, "mine 1") == 1 && count_label(session, "mine 2") == 1;
	bool told = log_broken(session) || refused || damage_told(slot);

	if (b->index && !(open && !seen.open_missing))
		complain("a public object is hidden by its index rows");
	if (told)
		return TOLD;
	if (b->vouched)
		complain("what a login knows was changed, and no word of it");
	if (seen.complete && named && signs)
		return NOTHING;
	if (seen.changed)
		complain("an earlier value is served, and no word of it");
	if (seen.private_missing || !signs)
		complain("what is private is gone, and no word of it");
	if (seen.distrusted && !b->no_flip)
		complain("trust is gone, and no word of it");
	if (seen.open_missing)
		complain("a public object is gone, and no word of it");
	complain("an object is not found by its name, and no word of it");
	return HIDDEN;
}

static enum effect judge_open(CK_SLOT_ID slot, const struct bounds *b)
{
	CK_SESSION_HANDLE session;
	enum effect effect = REFUSED;
	CK_RV rv = p11->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session);

	if (rv != CKR_OK)
		return REFUSED;
	check_tries(slot, session, b);
	look(session, false); /* what is served before a login */
	if (b->pins)
		check_pins(session);
	rv = api_login(session, CKU_USER, API_PIN);
	if (rv == CKR_OK)
		effect = look_inside(slot, session, b);
	else if (rv == CKR_PIN_INCORRECT && !b->no_flip)
		complain("the right PIN counts as a wrong one");
	else if (rv != CKR_PIN_INCORRECT && rv != CKR_PIN_LOCKED && rv != CKR_DEVICE_ERROR && rv != CKR_USER_PIN_NOT_INITIALIZED)
		complain("an odd answer to the right PIN");
	REQUIRE(p11->C_CloseSession(session) == CKR_OK);
	return effect;
}

static void judge(const struct bounds *b)
{
	CK_C_INITIALIZE_ARGS args = {.flags = CKF_OS_LOCKING_OK};
	CK_SLOT_ID slots[4];
	CK_ULONG count = COUNT(slots);
	enum effect effect = REFUSED;

	refused = false;
	if (p11->C_Initialize(&args) != CKR_OK) {
		complain("the module does not start");
		return;
	}
	if (p11->C_GetSlotList(CK_FALSE, slots, &count) != CKR_OK)
		complain("the slots are not told of");
	else if (count > 1)
		effect = judge_open(slots[0], b);
	REQUIRE(p11->C_Finalize(NULL) == CKR_OK);
	effects.all++;
	*(effect == REFUSED ? &effects.refused : effect == TOLD ? &effects.told : effect == NOTHING ? &effects.nothing : &effects.hidden) += 1;
	if (effect == HIDDEN && getenv("SINBUN_SHOW"))
		printf("hidden: %s\n", what);
}

/* Whether the damage changed anything: a row may stand in its own way. */
static bool is_damaged(void)
{
	CK_BYTE *now = malloc(image_len + 1);
	int fd = open(store, O_RDONLY);
	bool same;

	REQUIRE(now && fd >= 0);
	same = read(fd, now, image_len + 1) == (ssize_t)image_len && memcmp(now, image, image_len) == 0;
	close(fd);
	free(now);
	return !same;
}

/* --- turned bits --- */

/* Bytes that can be turned, in the order they are gone through: a column of each row that a query names by a condition. */
static const struct column {
	const char *table, *column, *key; /* key: an expression that is one row's own */
	const char *vouched;              /* and one that says whether a login knows what it was */
	bool number;                      /* an integer of which the lowest 8 bits are turned */
	bool pins;
} columns[] = {
	/* The tries lock the PIN; what failed before a login is what anybody may say. */
	{"meta", "value", "name", "name not in ('tries', 'pending')", false, true},
	{"record", "box", "seq", "1", false, false},
	{"record", "id", "seq", "1", false, false},
	{"record", "generation", "seq", "1", true, false},
	/* Any number but 0 is the same. */
	{"record", "private", "seq", "not private", true, false},
	{"record", "seq", "seq", "1", true, false},
	{"idx", "key", "hex(key) || seq", "1", false, false},
	{"idx", "seq", "hex(key) || seq", "1", true, false},
};

static long wanted, bytes_all;
static bool every_bit;

/* Evenly spread: whether the n-th of bytes_all is one of those wanted. */
static bool is_wanted(long n)
{
	return wanted >= bytes_all || (n + 1) * wanted / bytes_all > n * wanted / bytes_all;
}

static void turn_in_row(const struct column *c, long row, long byte, int bit)
{
	char sql[700], where[160];
	struct bounds b = {.pins = c->pins, .index = strcmp(c->table, "idx") == 0};

	write_image();
	snprintf(where, sizeof where, "(select %s from %s order by 1 limit 1 offset %ld)", c->key, c->table, row);
	snprintf(sql, sizeof sql, "select %s = 'tries' from %s where %s = %s", c->key, c->table, c->key, where);
	b.tries_row = c->pins && damage_number_at(store, sql);
	snprintf(sql, sizeof sql, "select %s from %s where %s = %s", c->vouched, c->table, c->key, where);
	b.vouched = damage_number_at(store, sql);
	snprintf(what, sizeof what, "%s.%s, row %ld, byte %ld, bit %d", c->table, c->column, row, byte, bit);
	if (c->number)
		snprintf(sql, sizeof sql, "update or ignore %s set %s = (%s | %d) - (%s & %d) where %s = %s", c->table, c->column, c->column, 1 << bit,
			c->column, 1 << bit, c->key, where);
	else {
		long old;

		snprintf(sql, sizeof sql, "select instr('123456789ABCDEF', substr(hex(%s), %ld, 1)) * 16 + instr('123456789ABCDEF', substr(hex(%s), %ld, 1))"
			" from %s where %s = %s", c->column, 2 * byte + 1, c->column, 2 * byte + 2, c->table, c->key, where);
		old = damage_number_at(store, sql);
		snprintf(sql, sizeof sql, "update or ignore %s set %s = cast(substr(%s, 1, %ld) || x'%02lx' || substr(%s, %ld) as blob) where %s = %s",
			c->table, c->column, c->column, byte, old ^ (1 << bit), c->column, byte + 2, c->key, where);
	}
	damage_at(store, sql);
	if (is_damaged())
		judge(&b);
}

/* Goes through all bytes of all rows of a column; counts only where count_only. */
static void walk(const struct column *c, bool count_only, long *n)
{
	char sql[256];
	long rows;

	write_image(); /* the last judgement's logins are in the log */
	snprintf(sql, sizeof sql, "select count(*) from %s", c->table);
	rows = damage_number_at(store, sql);
	for (long row = 0; row < rows; row++) {
		long len = 1;

		write_image();
		snprintf(sql, sizeof sql, "select length(%s) from %s order by %s limit 1 offset %ld", c->column, c->table, c->key, row);
		if (!c->number)
			len = damage_number_at(store, sql);
		for (long byte = 0; byte < len; byte++, ++*n)
			if (!count_only && is_wanted(*n))
				for (int bit = every_bit ? 0 : (int)(*n % 8); bit < (every_bit ? 8 : (int)(*n % 8) + 1); bit++)
					turn_in_row(c, row, byte, bit);
	}
}

/* The file itself, with what SQLite keeps in it: a byte in 16, so that it is not the most of the work. */
enum { FILE_STEP = 16 };

static void turn_in_file(long *n)
{
	for (size_t at = 0; at < image_len; at += FILE_STEP, ++*n) {
		size_t byte = at + (size_t)(*n % FILE_STEP);

		if (!is_wanted(*n) || byte >= image_len)
			continue;
		snprintf(what, sizeof what, "token.db, byte %zu, bit %d", byte, (int)(*n / FILE_STEP % 8));
		image[byte] ^= (CK_BYTE)(1 << (*n / FILE_STEP % 8));
		write_image();
		image[byte] ^= (CK_BYTE)(1 << (*n / FILE_STEP % 8));
		/* Nothing tells which value it is: SQLite may take any row for another, as if it were moved. */
		judge(&(struct bounds){.pins = true, .tries_row = true});
		}
}

static void turn_bits(void)
{
	const char *how = getenv("SINBUN_FLIPS");
	long n = 0;

	every_bit = how && strcmp(how, "bits") == 0;
	for (size_t i = 0; i < COUNT(columns); i++)
		walk(&columns[i], true, &bytes_all);
	bytes_all += (long)(image_len + FILE_STEP - 1) / FILE_STEP;
	wanted = !how ? FLIPS : every_bit || strcmp(how, "all") == 0 ? bytes_all : atol(how);
	for (size_t i = 0; i < COUNT(columns); i++)
		walk(&columns[i], false, &n);
	turn_in_file(&n);
}

/* --- rows --- */

#define PRIVATE_1 "(select min(seq) from record where private)"
#define PRIVATE_2 "(select max(seq) from record where private)"
#define OPEN_1 "(select min(seq) from record where not private)"
#define OPEN_2 "(select max(seq) from record where not private)"
#define SWAP(column, a, b)                                                                                                                 \
	"create temp table t as select seq as s, " column " as v from record where seq in (" a ", " b ");"                                 \
	"update record set " column " = case when seq = " a " then zeroblob(16) else zeroblob(15) end where seq in (select s from t);"     \
	"update record set " column " = (select v from t where s <> record.seq) where seq in (select s from t)"
#define SWAP_VALUES(a, b)                                                                                                                  \
	"create temp table t as select name as n, value as v from meta where name in ('" a "', '" b "');"                                  \
	"update meta set value = (select v from t where n <> meta.name) where name in ('" a "', '" b "')"

static const struct {
	const char *sql;
	struct bounds bounds;
} moves[] = {
	{SWAP("box", PRIVATE_1, PRIVATE_2), {.no_flip = true}},
	{SWAP("box", OPEN_1, OPEN_2), {.no_flip = true}},
	{SWAP("box", PRIVATE_1, OPEN_1), {.no_flip = true}},
	{SWAP("id", PRIVATE_1, PRIVATE_2), {.no_flip = true}},
	{SWAP("id", OPEN_1, OPEN_2), {.no_flip = true}},
	{"update record set private = 1 - private", {.no_flip = true}},
	{"update record set private = 32 where seq = " OPEN_1, {.no_flip = true}},
	{"delete from record where seq = " PRIVATE_1, {.no_flip = true}},
	{"delete from record where private", {.no_flip = true}},
	{"delete from record where seq = " OPEN_1, {.no_flip = true}},
	{"delete from record", {.no_flip = true}},
	{"insert into record(id, private, generation, box) select randomblob(16), private, generation, box from record", {.no_flip = true}},
	{"update record set box = (select box from " OLD_TABLE " o where o.seq = record.seq) where seq = " PRIVATE_2, {.no_flip = true}},
	{"update record set box = (select box from " OLD_TABLE " o where o.seq = record.seq),"
	 " generation = (select generation from " OLD_TABLE " o where o.seq = record.seq) where seq = " PRIVATE_2, {.no_flip = true, .old = true}},
	{"update record set seq = seq + 1000", {.no_flip = true}},
	{"update record set box = substr(box, 1, length(box) - 1)", {.no_flip = true}},
	{"update record set box = x''", {.no_flip = true}},
	{"update record set box = box || x'00'", {.no_flip = true}},
	{"delete from idx", {.index = true, .no_flip = true}},
	{"delete from idx where seq = " PRIVATE_1, {.index = true, .no_flip = true}},
	{"delete from idx where seq = " OPEN_1, {.index = true, .no_flip = true}},
	{"insert or ignore into idx select key, " OPEN_2 " from idx", {.index = true, .no_flip = true}},
	{"update or ignore idx set seq = " PRIVATE_2 " where seq = " PRIVATE_1, {.index = true, .no_flip = true}},
	{"update or replace idx set seq = " OPEN_1 " where seq = " PRIVATE_1, {.index = true, .no_flip = true}},
	{"insert into idx select randomblob(16), seq from record", {.index = true, .no_flip = true}},
	{SWAP_VALUES("wrap-pin", "wrap-puk"), {.pins = true, .no_flip = true}},
	{SWAP_VALUES("public", "label"), {.pins = true, .no_flip = true}},
	{SWAP_VALUES("birth", "trusted"), {.pins = true, .no_flip = true}},
	{SWAP_VALUES("header", "digest"), {.pins = true, .no_flip = true}},
	{"delete from meta where name = 'header'", {.pins = true, .no_flip = true}},
	{"delete from meta where name = 'public'", {.pins = true, .no_flip = true}},
	{"delete from meta where name = 'label'", {.pins = true, .no_flip = true}},
	{"delete from meta where name = 'tries'", {.pins = true, .tries_row = true, .no_flip = true}},
	{"delete from meta where name = 'wrap-pin'", {.pins = true, .no_flip = true}},
	{"delete from meta where name = 'wrap-puk'", {.pins = true, .no_flip = true}},
	{"delete from meta where name = 'birth'", {.pins = true, .no_flip = true}},
	{"delete from meta where name = 'trusted'", {.pins = true, .no_flip = true}},
	{"delete from meta where name = 'digest'", {.pins = true, .no_flip = true}},
	{"delete from meta where name in ('digest', 'birth')", {.pins = true, .no_flip = true}},
	{"delete from meta", {.pins = true, .no_flip = true}},
	{"update meta set value = value || x'00'", {.pins = true, .tries_row = true, .no_flip = true}},
	{"update meta set value = substr(value, 1, length(value) - 1)", {.pins = true, .tries_row = true, .no_flip = true}},
	{"drop table record", {.pins = true, .no_flip = true}},
	{"drop table idx", {.pins = true, .no_flip = true}},
	{"drop table meta", {.pins = true, .no_flip = true}},
};

static void move_rows(void)
{
	for (size_t i = 0; i < COUNT(moves); i++) {
		snprintf(what, sizeof what, "%s", moves[i].sql);
		write_image();
		damage_at(store, moves[i].sql);
		judge(&moves[i].bounds);
	}
}

#define ONE_INDEX_ROW "(key, seq) in (select key, seq from idx order by seq, key limit 1 offset (select n from at))"
#define ONE_RECORD "seq = (select seq from record order by seq limit 1 offset (select n from at))"
#define NEXT "coalesce((select min(r.seq) from record r where r.seq > idx.seq), (select min(seq) from record))"

/* What is done to each index row and to each record by itself, the row whose number stands in `at`. A login knows them all. */
static const struct {
	const char *table, *sql;
} each_row[] = {
	{"idx", "delete from idx where " ONE_INDEX_ROW},
	{"idx", "update or replace idx set seq = " NEXT " where " ONE_INDEX_ROW},
	{"idx", "insert or ignore into idx select key, " NEXT " from idx where " ONE_INDEX_ROW},
	{"idx", "insert into idx select randomblob(16), seq from idx where " ONE_INDEX_ROW},
	{"record", "delete from record where " ONE_RECORD},
	{"record", "insert into record(id, private, generation, box) select randomblob(16), private, generation, box from record where " ONE_RECORD},
	{"record", "update record set seq = seq + 1000 where " ONE_RECORD},
	{"record", "update record set private = not private where " ONE_RECORD},
	{"record",
		"create temp table two as select seq as s, box as v from record order by seq limit 2 offset (select n from at);"
		"update record set box = (select v from two where s <> record.seq) where seq in (select s from two) and (select count(*) from two) = 2"},
};
enum { ROW_STEP = 8 }; /* without $SINBUN_FLIPS: one in so many */

static void move_each_row(void)
{
	long step = getenv("SINBUN_FLIPS") ? 1 : ROW_STEP;
	char sql[640];

	for (size_t i = 0; i < COUNT(each_row); i++) {
		struct bounds b = {.vouched = true, .no_flip = true, .index = strcmp(each_row[i].table, "idx") == 0};
		long rows;

		write_image();
		snprintf(sql, sizeof sql, "select count(*) from %s", each_row[i].table);
		rows = damage_number_at(store, sql);
		for (long row = (long)i % step; row < rows; row += step) {
			write_image();
			snprintf(sql, sizeof sql, "create temp table at as select %ld as n; %s", row, each_row[i].sql);
			snprintf(what, sizeof what, "row %ld: %s", row, each_row[i].sql);
			damage_at(store, sql);
			if (is_damaged())
				judge(&b);
		}
	}
}

static void cut_file(void)
{
	static const long parts[] = {0, 1, 100, 4096, 4097, 8192};
	size_t whole = image_len;

	for (size_t i = 0; i < COUNT(parts); i++) {
		snprintf(what, sizeof what, "token.db cut to %ld bytes", parts[i]);
		image_len = (size_t)parts[i] < whole ? (size_t)parts[i] : whole;
		write_image();
		judge(&(struct bounds){.pins = true, .tries_row = true, .no_flip = true});
	}
	image_len = whole;
	write_image();
}

/* Where the ids of records stand: in the rows, and in SQLite's own index of them, which no query shows. A record that the index did not
 * know could be found and not be read, and nobody was told. */
static void turn_ids(void)
{
	for (size_t i = 0; i < before_count; i++)
		for (size_t at = 0; at + ID / 2 <= image_len; at++) {
			char hex[ID + 1];

			for (size_t j = 0; j < ID / 2; j++)
				snprintf(hex + 2 * j, 3, "%02x", image[at + j]);
			if (memcmp(hex, before[i].id, ID) != 0)
				continue;
			snprintf(what, sizeof what, "token.db, byte %zu, in the id of object %zu", at + 5, i);
			image[at + 5] ^= 1;
			write_image();
			image[at + 5] ^= 1;
			judge(&(struct bounds){0});
		}
}

static void show(const char *of)
{
	printf("%s: %ld, of which %ld refused, %ld told of, %ld without effect, %ld hid a public object from a search by name\n", of, effects.all,
		effects.refused, effects.told, effects.nothing, effects.hidden);
	memset(&effects, 0, sizeof effects);
}

/* What all is measured by; and the undamaged store has no effect at all. */
static void take_measure(void)
{
	CK_SLOT_ID slots[4];
	CK_ULONG count = COUNT(slots);
	CK_SESSION_HANDLE session;

	read_image();
	api_initialize();
	REQUIRE(p11->C_GetSlotList(CK_TRUE, slots, &count) == CKR_OK && count == 1);
	session = api_session(slots[0], true);
	REQUIRE(api_login(session, CKU_USER, API_PIN) == CKR_OK);
	before_count = take_all(session, before);
	REQUIRE(before_count == 9);
	REQUIRE(p11->C_Finalize(NULL) == CKR_OK);
	snprintf(what, sizeof what, "no damage");
	write_image();
	judge(&(struct bounds){.pins = true});
	REQUIRE(effects.nothing == 1);
	memset(&effects, 0, sizeof effects);
}

int main(void)
{
	signal(SIGSEGV, crashed);
	signal(SIGBUS, crashed);
	signal(SIGABRT, crashed);
	api_open("");
	api_initialize();
	make_token();
	REQUIRE(p11->C_Finalize(NULL) == CKR_OK);
	take_measure();
	move_rows();
	move_each_row();
	cut_file();
	turn_ids();
	show("rows moved and files cut");
	turn_bits();
	show("bits turned");
	return check_failures ? 1 : 0;
}
