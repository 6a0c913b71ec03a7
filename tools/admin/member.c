/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/member.h"

#include <stdio.h>
#include <string.h>

#include "admin/admin.h"
#include "admin/claim.h"
#include "admin/real_name.h"
#include "base/codec.h"
#include "base/error.h"
#include "common/i18n.h"
#include "crypto/kdf.h"
#include "crypto/random.h"
#include "formats/jws.h"

enum { MEMORY = 64, PASSES = 3, HASH = 32 };
#define USE "member"

/* --- passwords --- */

struct verifier {
	uint8_t salt[SB_KDF_SALT], hash[HASH];
	unsigned memory, passes;
};

static int derive(struct sb_slice password, const struct verifier *v, uint8_t hash[HASH])
{
	return sb_argon2id(password, v->salt, v->memory, v->passes, hash, HASH);
}

static json_t *hex(const void *data, size_t len)
{
	struct sb_bytes text = {0};
	json_t *json = sb_hex_encode(data, len, &text) == SB_OK ? json_stringn((const char *)text.data, text.len) : NULL;

	sb_bytes_free(&text);
	return json;
}

static int unhex(const json_t *json, const char *name, void *out, size_t len)
{
	const char *text = sb_json_text(json, name);
	struct sb_bytes raw = {0};
	int rc = text ? sb_hex_decode(text, strlen(text), &raw) : SB_E_CORRUPT;

	if (rc == SB_OK && raw.len != len)
		rc = SB_E_CORRUPT;
	if (rc == SB_OK)
		memcpy(out, raw.data, len);
	sb_bytes_free(&raw);
	return rc;
}

/* The sealed part of an account. */
static int seal(struct sb_registry *r, const char *id, const struct verifier *v, struct sb_bytes *box)
{
	json_t *json = json_pack("{s:s, s:s, s:o, s:o, s:i, s:i}", "id", id, "type", "personal", "salt", hex(v->salt, sizeof v->salt), "hash",
		hex(v->hash, sizeof v->hash), "memory", (int)v->memory, "passes", (int)v->passes);
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	int rc = text ? sb_registry_seal(r, USE, id, sb_slice(text, strlen(text)), box) : SB_E_NOMEM;

	sb_text_free(&text);
	json_decref(json);
	return rc;
}

static int unseal(struct sb_registry *r, const char *id, const struct sb_bytes *box, struct verifier *v)
{
	struct sb_bytes plain = {0};
	json_t *json = NULL;
	int rc = sb_registry_unseal(r, USE, id, sb_bytes_slice(box), &plain);

	if (rc == SB_OK && !(json = sb_json_parse(sb_bytes_slice(&plain), NULL, NULL)))
		rc = SB_E_CORRUPT;
	if (rc == SB_OK)
		rc = unhex(json, "salt", v->salt, sizeof v->salt);
	if (rc == SB_OK)
		rc = unhex(json, "hash", v->hash, sizeof v->hash);
	v->memory = (unsigned)json_integer_value(json_object_get(json, "memory"));
	v->passes = (unsigned)json_integer_value(json_object_get(json, "passes"));
	json_decref(json);
	sb_bytes_free(&plain);
	return rc;
}

/* --- signing up --- */

static bool is_id(const char *id)
{
	size_t len = strlen(id);

	return len >= MEMBER_ID_MIN && len <= MEMBER_ID_MAX && id[0] >= 'a' && id[0] <= 'z' &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}

static int check_id(const json_t *input, struct sb_failure *f)
{
	int rc = admin_claim_given(input, "id", f);

	if (rc == SB_EXIT_OK && !is_id(sb_json_text(input, "id")))
		rc = sb_fail(f, SB_EXIT_DATA, "bad_id", "id", _("The id has %d to %d characters: small letters, digits, . _ and -, a letter first."), MEMBER_ID_MIN,
			MEMBER_ID_MAX);
	return rc;
}

static int refuse_password(const char *rule, const char *message, struct sb_failure *f)
{
	sb_fail(f, SB_EXIT_DATA, "bad_password", "password", "%s", message);
	snprintf(f->rule, sizeof f->rule, "%s", rule);
	return SB_EXIT_DATA;
}

static bool contains(struct sb_slice password, const char *word)
{
	return memmem(password.data, password.len, word, strlen(word)) != NULL;
}

static int check_password(struct sb_slice password, const char *id, const char *birth_date, struct sb_failure *f)
{
	char message[200];

	snprintf(message, sizeof message, _("The password has %d to %d characters."), MEMBER_PASSWORD_MIN, MEMBER_PASSWORD_MAX);
	if (sb_utf8_length((const char *)password.data, password.len) < 0 || memchr(password.data, 0, password.len))
		return refuse_password("text", _("The password is not UTF-8 text."), f);
	if (sb_utf8_length((const char *)password.data, password.len) < MEMBER_PASSWORD_MIN || password.len > MEMBER_PASSWORD_MAX)
		return refuse_password("length", message, f);
	if (contains(password, id))
		return refuse_password("id", _("The password contains the id."), f);
	if (contains(password, birth_date + 2))
		return refuse_password("birth_date", _("The password contains the date of birth."), f);
	return SB_EXIT_OK;
}

static int fail_exists(const char *field, const char *message, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_NOT_NOW, "member_exists", field, "%s", message);
}

/* Inside the transaction. */
static int add(struct sb_registry *r, struct claim *c, const struct verifier *v, int64_t now, int64_t *number, struct sb_failure *f)
{
	const char *id = sb_json_text(c->input, "id");
	struct sb_bytes box = {0};
	uint8_t hash[SB_REGISTRY_HASH];
	int rc = admin_claim_find(r, c, f), stored;

	if (rc != SB_EXIT_OK)
		return rc;
	if (r->apply->member_of(r, c->resident.id, number) == SB_OK)
		return fail_exists("rrn", _("This resident has a member account already."), f);
	stored = sb_registry_hash(r, USE, id, hash);
	if (stored == SB_OK)
		stored = seal(r, id, v, &box);
	if (stored == SB_OK)
		stored = r->apply->member_add(r, hash, c->resident.id, sb_bytes_slice(&box), now);
	sb_bytes_free(&box);
	if (stored == SB_E_EXISTS)
		return fail_exists("id", _("This id is taken. Choose another one."), f);
	if (stored == SB_OK)
		stored = r->apply->member_of(r, c->resident.id, number);
	return stored == SB_OK ? SB_EXIT_OK : admin_fail(stored, "registry.db", f);
}

/* Ends the transaction as rc says, after a row of the audit. */
static int end(struct sb_registry *r, int rc, const char *actor, const char *verb, int64_t number, const char *outcome, struct sb_failure *f)
{
	char subject[ADMIN_SUBJECT];
	int stored = SB_OK;

	snprintf(subject, sizeof subject, "member %lld", (long long)number);
	if (rc == SB_EXIT_OK)
		stored = sb_registry_audit(r, actor, verb, subject, outcome);
	if (rc == SB_EXIT_OK && stored == SB_OK)
		stored = r->ops->commit(r);
	r->ops->rollback(r);
	return stored == SB_OK ? rc : admin_fail(stored, "registry.db", f);
}

/* What came of a charged try. A right one gives the tries back, whatever becomes of the account. */
static int settle(struct sb_registry *r, const struct real_name *t, int rc, struct sb_failure *f)
{
	struct sb_failure ignored;

	if (rc == SB_EXIT_DATA && strcmp(f->error, "mismatch") == 0)
		return real_name_fail(t, f);
	if (rc == SB_EXIT_OK || strcmp(f->error, "member_exists") == 0)
		real_name_give_back(r, t, &ignored);
	return rc;
}

int member_add(struct sb_registry *r, const json_t *input, struct sb_slice password, const char *officer, int64_t now, int64_t *number,
	struct sb_failure *f)
{
	struct claim c = {.input = input};
	struct verifier v = {.memory = MEMORY, .passes = PASSES};
	struct real_name tries = {.left = 0};
	int rc = check_id(input, f), made;

	if (rc == SB_EXIT_OK)
		rc = admin_claim_person(&c, f);
	if (rc == SB_EXIT_OK)
		rc = check_password(password, sb_json_text(input, "id"), c.birth_date, f);
	if (rc == SB_EXIT_OK && !officer)
		rc = real_name_charge(r, &c, now, &tries, f);
	if (rc != SB_EXIT_OK)
		return rc;
	made = sb_random(v.salt, sizeof v.salt);
	if (made == SB_OK)
		made = derive(password, &v, v.hash);
	if (made == SB_OK)
		made = r->ops->begin(r);
	if (made != SB_OK)
		return admin_fail(made, "registry.db", f);
	rc = end(r, add(r, &c, &v, now, number, f), officer ? officer : "self", "member add", *number, "ok", f);
	if (!officer)
		rc = settle(r, &tries, rc, f);
	sb_registry_resident_free(&c.resident);
	sb_wipe(&v, sizeof v);
	return rc;
}

/* --- leaving --- */

static int find(struct sb_registry *r, const char *id, struct sb_registry_member *m, struct sb_bytes *box)
{
	uint8_t hash[SB_REGISTRY_HASH];
	int rc = sb_registry_hash(r, USE, id, hash);

	return rc == SB_OK ? r->apply->member_get(r, hash, m, box) : rc;
}

int member_remove(struct sb_registry *r, const char *id, const char *actor, struct sb_failure *f)
{
	struct sb_registry_member m = {0};
	struct sb_bytes box = {0};
	int found = r->ops->begin(r), rc;

	if (found != SB_OK)
		return admin_fail(found, "registry.db", f);
	found = find(r, id, &m, &box);
	sb_bytes_free(&box);
	if (found == SB_OK)
		found = r->apply->member_remove(r, m.id);
	if (found == SB_E_NOT_FOUND)
		rc = sb_fail(f, SB_EXIT_DATA, "no_member", "id", _("There is no member account with this id."));
	else
		rc = found == SB_OK ? SB_EXIT_OK : admin_fail(found, "registry.db", f);
	return end(r, rc, actor, "member remove", m.id, "ok", f);
}

/* --- signing in --- */

static int64_t pause_after(int wrong)
{
	int64_t seconds = MEMBER_PAUSE;

	for (int i = MEMBER_TRIES; i < wrong && seconds < MEMBER_PAUSE_MAX; i++)
		seconds *= 2;
	return seconds < MEMBER_PAUSE_MAX ? seconds : MEMBER_PAUSE_MAX;
}

/* Charges a try in a transaction of its own. SB_E_NOT_FOUND; SB_E_PIN_LOCKED where the account waits, and nothing is charged. */
static int charge(struct sb_registry *r, const char *id, int64_t now, struct sb_registry_member *m, struct verifier *v)
{
	struct sb_bytes box = {0};
	int rc = r->ops->begin(r);

	if (rc == SB_OK)
		rc = find(r, id, m, &box);
	if (rc == SB_OK && m->locked_until > now)
		rc = SB_E_PIN_LOCKED;
	if (rc == SB_OK)
		rc = unseal(r, id, &box, v);
	if (rc == SB_OK) {
		m->wrong++;
		if (m->wrong >= MEMBER_TRIES)
			m->locked_until = now + pause_after(m->wrong);
		rc = r->apply->member_tries(r, m->id, m->wrong, m->locked_until);
	}
	if (rc == SB_OK)
		rc = r->ops->commit(r);
	r->ops->rollback(r);
	sb_bytes_free(&box);
	return rc;
}

/* The right password gives the tries back, whatever becomes of what it was for. */
static int give_back(struct sb_registry *r, const struct sb_registry_member *m, struct sb_failure *f)
{
	int rc = r->ops->begin(r);

	if (rc == SB_OK)
		rc = r->apply->member_tries(r, m->id, 0, 0);
	if (rc == SB_OK)
		rc = r->ops->commit(r);
	r->ops->rollback(r);
	return rc == SB_OK ? SB_EXIT_OK : admin_fail(rc, "registry.db", f);
}

static int fail_login(struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_DATA, "bad_login", "password", _("The id or the password is wrong. After %d wrong passwords in a row the account waits a while."),
		MEMBER_TRIES);
}

int member_check(struct sb_registry *r, const char *id, struct sb_slice password, int64_t now, struct sb_registry_member *out, struct sb_failure *f)
{
	/* Where there is no such account as much is computed, so that the time tells nothing. */
	struct verifier v = {.memory = MEMORY, .passes = PASSES};
	uint8_t hash[HASH];
	int charged = charge(r, id, now, out, &v), rc;

	if (charged == SB_E_PIN_LOCKED)
		return sb_fail(f, SB_EXIT_NOT_NOW, "member_locked", "id", _("The password was wrong too often. Try again in %lld seconds."),
			(long long)(out->locked_until - now));
	if (charged != SB_OK && charged != SB_E_NOT_FOUND)
		return admin_fail(charged, "registry.db", f);
	rc = derive(password, &v, hash);
	if (rc != SB_OK)
		return admin_fail(rc, "registry.db", f);
	rc = charged == SB_OK && sb_equal_ct(hash, v.hash, HASH) ? give_back(r, out, f) : fail_login(f);
	sb_wipe(hash, sizeof hash);
	sb_wipe(&v, sizeof v);
	return rc;
}
