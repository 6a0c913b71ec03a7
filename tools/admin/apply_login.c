/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/apply_login.h"

#include <stdio.h>
#include <string.h>

#include "admin/admin.h"
#include "base/codec.h"
#include "base/error.h"
#include "common/i18n.h"
#include "common/unicode.h"
#include "formats/jws.h"

/* Signing in: whichever way, what comes of it is a name and a date of birth that somebody answers for. */

static const struct login_way rows[] = {
	{&login_in_person, " --input FILE", "name, birth_date"},
	{&login_simple, " --provider NAME --input FILE", "name, birth_date, phone, consents"},
	{&login_certificate, " --challenge FILE", NULL},
	{&login_member, " --input FILE", "id, password"},
};
enum { ROWS = sizeof rows / sizeof *rows };

/* In person means before a clerk. */
const struct login_way *apply_login_way(const struct applying *a, size_t *i)
{
	while (*i < ROWS && rows[*i].kind == &login_in_person && !a->officer && a->row.self)
		(*i)++;
	return *i < ROWS ? &rows[(*i)++] : NULL;
}

static int fail_kind(const struct applying *a, const char *error, struct sb_failure *f)
{
	const struct login_way *way;
	char list[128] = "";

	for (size_t i = 0; (way = apply_login_way(a, &i));)
		snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", *list ? ", " : "", way->kind->name);
	return sb_fail(f, SB_EXIT_DATA, error, "kind", _("How do you sign in? Known ways: %s."), list);
}

/* The way that was asked for; without one, the way that is under way. */
static int choose(const struct applying *a, const struct login_kind **kind, struct sb_failure *f)
{
	const char *name = sb_json_text(a->input, "kind");

	if (!name)
		name = apply_text(a, "login", "kind");
	if (!name)
		return fail_kind(a, "missing", f);
	for (size_t i = 0; i < ROWS; i++)
		if (strcmp(rows[i].kind->name, name) == 0) {
			*kind = rows[i].kind;
			return SB_EXIT_OK;
		}
	return fail_kind(a, "bad_kind", f);
}

int apply_login_outside(struct applying *a, struct sb_failure *f)
{
	const struct login_kind *kind;
	int rc = choose(a, &kind, f);

	return rc == SB_EXIT_OK && kind->outside ? kind->outside(a, f) : rc;
}

int apply_login(struct applying *a, struct sb_failure *f)
{
	const struct login_kind *kind;
	int rc = choose(a, &kind, f);
	const char *before = apply_text(a, "login", "kind");

	/* Another way than the one begun: nothing of that is carried over. */
	if (rc == SB_EXIT_OK && before && strcmp(before, kind->name) != 0)
		json_object_del(a->data, "login");
	return rc == SB_EXIT_OK ? kind->decide(a, f) : rc;
}

int apply_login_after(struct applying *a, struct sb_failure *f)
{
	const struct login_kind *kind;
	int rc = a->waiting ? choose(a, &kind, f) : SB_EXIT_OK;

	return rc == SB_EXIT_OK && a->waiting && kind->after ? kind->after(a, f) : rc;
}

/* YYYY-MM-DD or YYYYMMDD, and not in the future. */
static bool read_birth_date(const char *text, char digits[9])
{
	char today[9];

	if (strlen(text) == 8 && sb_date_is_real(text))
		memcpy(digits, text, 9);
	else if (!sb_date_parse(text, digits))
		return false;
	sb_date_today(today);
	return strcmp(digits, today) <= 0;
}

int login_read_person(const json_t *input, struct login_person *out, struct sb_failure *f)
{
	int rc = admin_claim_given(input, "name", f);

	*out = (struct login_person){0};
	if (rc == SB_EXIT_OK)
		rc = admin_claim_given(input, "birth_date", f);
	if (rc != SB_EXIT_OK)
		return rc;
	if (!read_birth_date(sb_json_text(input, "birth_date"), out->birth_date))
		return sb_fail(f, SB_EXIT_DATA, "bad_birth_date", "birth_date", _("The date of birth is a calendar date, YYYY-MM-DD, and not in the future."));
	out->name = sb_unicode_nfc(sb_json_text(input, "name"));
	if (!out->name || !sb_is_clean(out->name) || sb_utf8_length(out->name, strlen(out->name)) > LOGIN_NAME_CHARACTERS) {
		sb_text_free(&out->name);
		return sb_fail(f, SB_EXIT_DATA, "bad_name", "name", _("The name has at most %d characters, and none that cannot be seen."), LOGIN_NAME_CHARACTERS);
	}
	return SB_EXIT_OK;
}

int login_done(struct applying *a, const char *kind, const char *name, const char *birth_date)
{
	json_t *person = json_pack("{s:s, s:s, s:s}", "kind", kind, "name", name, "birth_date", birth_date);

	json_object_del(a->data, "login");
	snprintf(a->outcome, sizeof a->outcome, "%s", kind);
	apply_say(a, _("Signed in."));
	return person && json_object_set_new(a->data, "person", person) == 0 ? SB_EXIT_OK : SB_EXIT_STORAGE;
}

int login_done_as(struct applying *a, const char *kind, int64_t resident, struct sb_failure *f)
{
	struct sb_registry_resident who;
	int found = sb_registry_find_id(a->registry, resident, &who), rc;

	rc = found == SB_OK ? apply_bind(a, resident, f) : admin_fail(found, "registry.db", f);
	if (rc == SB_EXIT_OK &&
		login_done(a, kind, sb_json_text(who.fields, "name"), sb_json_text(who.fields, "birth_date")) != SB_EXIT_OK)
		rc = admin_fail(SB_E_CORRUPT, "registry.db", f);
	sb_registry_resident_free(&who);
	return rc;
}

/* A clerk who has the person before him answers for name and date of birth. */
static int sign_in_person(struct applying *a, struct sb_failure *f)
{
	struct login_person person;
	int rc;

	if (!a->officer)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--officer", _("Only a clerk can answer for somebody in person: --officer."));
	rc = login_read_person(a->input, &person, f);
	if (rc == SB_EXIT_OK && login_done(a, login_in_person.name, person.name, person.birth_date) != SB_EXIT_OK)
		rc = sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	sb_text_free(&person.name);
	return rc;
}

const struct login_kind login_in_person = {"in-person", NULL, sign_in_person, NULL};
