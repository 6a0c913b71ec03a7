/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/apply_ciba.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/admin.h"
#include "admin/tries.h"
#include "base/codec.h"
#include "base/error.h"
#include "common/i18n.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "formats/jws.h"
#include "identity/ciba.h"
#include "identity/phone.h"

/* Approval on the phone, asked for by the issuer (OpenID CIBA, poll mode). */

enum { BINDING_BOUND = 100, ASKED_TRIES = 5, ASKED_PAUSE = 60, ASKED_PAUSE_MAX = 3600, ASKED_KEPT = 24 * 3600 };
#define ASKED "asked on the phone"

static json_t *request_of(const struct applying *a, const char *part)
{
	return json_object_get(json_object_get(a->data, part), "request");
}

/* Dates go with and without hyphens. */
static bool same_date(const char *a, const char *b)
{
	while (*a && *b) {
		a += *a == '-';
		b += *b == '-';
		if (*a != *b)
			return false;
		a += *a != 0;
		b += *b != 0;
	}
	return !*a && !*b;
}

static bool same_text(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static bool differs(const struct applying *a, const char *part, const char *name, bool (*same)(const char *, const char *))
{
	const char *entered = sb_json_text(a->input, name), *stored = apply_text(a, part, name);

	if (!entered || !stored)
		return entered && !stored;
	return !same(entered, stored);
}

bool ciba_is_new(const struct applying *a, const char *part)
{
	static const struct {
		const char *name;
		bool (*same)(const char *a, const char *b);
	} rows[] = {{"provider", same_text}, {"name", admin_claim_same_name}, {"birth_date", same_date}, {"phone", sb_phone_same}, {"carrier", same_text}};
	bool new = !apply_text(a, part, "provider");

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		new |= differs(a, part, rows[i].name, rows[i].same);
	return new;
}

/* Provider and connection; both to be closed. */
static int open_provider(const struct applying *a, const char *id, struct sb_provider **provider, struct sb_oidc **oidc, struct sb_failure *f)
{
	struct sb_signer signer;
	bool signs;
	int rc = sb_provider_load(a->root, id, provider, f);

	*oidc = NULL;
	if (rc != SB_EXIT_OK)
		return rc;
	signs = (*provider)->client_auth == SB_PRIVATE_KEY_JWT;
	if (signs)
		rc = a->signer_for(a->signer_context, *provider, &signer, f);
	return rc == SB_EXIT_OK ? sb_oidc_open(*provider, signs ? &signer : NULL, oidc, f) : rc;
}

/* --- asking whether it is approved --- */

static json_t *learned_json(enum sb_ciba_state state, const struct sb_ciba_request *request, const struct sb_claims *claims)
{
	json_t *learned = json_pack("{s:i, s:o}", "state", (int)state, "request", sb_ciba_store(request));
	const struct {
		const char *name, *text;
	} texts[] = {{"name", claims->name}, {"birth_date", claims->birth_date}, {"phone", claims->phone}, {"token", claims->token}};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (texts[i].text)
			json_object_set_new(learned, texts[i].name, json_string(texts[i].text));
	return learned;
}

int ciba_poll(struct applying *a, const char *part, struct sb_failure *f)
{
	struct sb_provider *provider = NULL;
	struct sb_oidc *oidc = NULL;
	struct sb_ciba_request request;
	struct sb_claims claims = {0};
	enum sb_ciba_state state = SB_CIBA_PENDING;
	int rc;

	if (!request_of(a, part) || ciba_is_new(a, part))
		return SB_EXIT_OK;
	if (sb_ciba_restore(request_of(a, part), &request) != SB_OK)
		return admin_fail(SB_E_CORRUPT, "registry.db", f);
	rc = open_provider(a, apply_text(a, part, "provider"), &provider, &oidc, f);
	if (rc == SB_EXIT_OK) {
		rc = sb_ciba_poll(oidc, &request, a->now, &state, &claims, f);
		if (rc == SB_EXIT_OK && (state == SB_CIBA_DENIED || state == SB_CIBA_EXPIRED))
			rc = sb_ciba_fail(oidc, state, f);
		/* Where nobody could be reached the request stands; after any other failure it is over, which is to be stored. */
		if (rc != SB_EXIT_OK && strcmp(f->error, "network") != 0) {
			a->failure = *f;
			rc = SB_EXIT_OK;
		} else if (rc == SB_EXIT_OK)
			a->learned = learned_json(state, &request, &claims);
	}
	sb_claims_free(&claims);
	sb_oidc_close(&oidc);
	sb_provider_free(&provider);
	return rc;
}

/* --- beginning --- */

/* A phone that rings again and again is approved on in the end, by whoever wants to be left alone: so questions to one phone that nobody has approved
 * are counted, whichever application they are for. */
static int charge_question(struct applying *a, const char *phone, struct sb_failure *f)
{
	static const struct tries_limit limit = {ASKED_TRIES, ASKED_PAUSE, ASKED_PAUSE_MAX, ASKED_KEPT};
	uint8_t key[1][SB_REGISTRY_HASH];
	int64_t until = 0;
	int left, rc = sb_registry_hash(a->registry, ASKED, phone, key[0]);

	if (rc == SB_OK)
		rc = tries_charge(a->registry, &limit, key, 1, a->now, &left, &until);
	if (rc != SB_OK)
		return admin_fail(rc, "registry.db", f);
	if (until > a->now)
		return sb_fail(f, SB_EXIT_NOT_NOW, "too_many_requests", "phone",
			_("This phone was asked too often without an approval. Try again in %lld seconds, or choose another way."), (long long)(until - a->now));
	return SB_EXIT_OK;
}

static int clear_questions(struct applying *a, const char *phone)
{
	uint8_t key[1][SB_REGISTRY_HASH];
	int rc = phone ? sb_registry_hash(a->registry, ASKED, phone, key[0]) : SB_E_CORRUPT;

	return rc == SB_OK ? tries_clear(a->registry, key, 1) : rc;
}

/* Whoever has to choose sees what there is to choose from. */
static int fail_no_choice(const struct applying *a, struct sb_failure *f)
{
	struct sb_provider_id *ids = NULL;
	size_t count = 0, used = 0;
	char list[512] = "";
	int rc = sb_provider_list(a->root, &ids, &count, f);

	for (size_t i = 0; rc == SB_EXIT_OK && i < count && used < sizeof list; i++)
		used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", ids[i].text);
	free(ids);
	if (rc != SB_EXIT_OK || !count)
		return rc != SB_EXIT_OK ? rc : admin_claim_given(a->input, "provider", f);
	return sb_fail(f, SB_EXIT_DATA, "missing", "provider", _("Who is to ask on the phone? Choose a provider: --provider NAME, one of %s"), list);
}

int ciba_begin(struct applying *a, const char *part, const char *kind, const struct sb_person *person, int only, struct sb_failure *f)
{
	const char *id = sb_json_text(a->input, "provider");
	struct sb_provider *provider = NULL;
	char binding[8];
	json_t *slot;
	int rc;

	if (!id)
		id = apply_text(a, part, "provider");
	if (!id)
		return fail_no_choice(a, f);
	rc = sb_provider_load(a->root, id, &provider, f);
	if (rc == SB_EXIT_OK && only >= 0 && provider->kind != only)
		rc = sb_fail(f, SB_EXIT_DATA, "bad_provider", "provider", _("%s does not answer for phones. Choose a provider that does (kind = pass)."),
			sb_provider_label(provider));
	if (rc == SB_EXIT_OK)
		rc = apply_consent_third_party(a, f);
	if (rc == SB_EXIT_OK)
		rc = charge_question(a, person->phone, f);
	if (rc == SB_EXIT_OK) {
		snprintf(binding, sizeof binding, "%02u", sb_random_below(BINDING_BOUND));
		slot = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "kind", kind, "provider", provider->id, "name", person->name, "birth_date",
			person->birth_date, "phone", person->phone, "binding", binding);
		if (person->carrier)
			json_object_set_new(slot, "carrier", json_string(person->carrier));
		json_object_set_new(a->data, part, slot);
		a->waiting = true;
	}
	sb_provider_free(&provider);
	return rc;
}

static void say_waiting(struct applying *a, const char *part, const struct sb_provider *provider, const struct sb_ciba_request *request)
{
	json_object_set_new(a->result, "provider", json_string(provider->id));
	json_object_set_new(a->result, "binding", json_string(apply_text(a, part, "binding")));
	json_object_set_new(a->result, "next_poll", json_integer(request->next_poll));
	json_object_set_new(a->result, "expires", json_integer(request->expires));
	apply_say(a, _("Approve on the phone in %s, where it shows the number %s."), sb_provider_label(provider),
		apply_text(a, part, "binding"));
}

int ciba_send(struct applying *a, const char *part, struct sb_failure *f)
{
	const struct sb_person person = {apply_text(a, part, "name"), apply_text(a, part, "birth_date"), apply_text(a, part, "phone"),
		apply_text(a, part, "carrier")};
	const char *id = apply_text(a, part, "provider");
	struct sb_provider *provider = NULL;
	struct sb_oidc *oidc = NULL;
	struct sb_ciba_request request;
	char message[32];
	int rc;

	if (request_of(a, part) || !id)
		return SB_EXIT_OK;
	snprintf(message, sizeof message, "%s", apply_text(a, part, "binding"));
	rc = open_provider(a, id, &provider, &oidc, f);
	if (rc == SB_EXIT_OK)
		rc = sb_ciba_start(oidc, &person, message, a->now, &request, f);
	if (rc == SB_EXIT_OK) {
		json_object_set_new(json_object_get(a->data, part), "request", sb_ciba_store(&request));
		rc = apply_store(a, strcmp(part, "login") == 0 ? "apply login" : "apply phone", "asked", f);
	}
	if (rc == SB_EXIT_OK)
		say_waiting(a, part, provider, &request);
	sb_oidc_close(&oidc);
	sb_provider_free(&provider);
	return rc;
}

/* --- what came of it --- */

/* Not approved yet: kept with the time before which nobody is asked again. */
static int still_waiting(struct applying *a, const char *part, struct sb_failure *f)
{
	struct sb_provider *provider = NULL;
	struct sb_ciba_request request;
	int rc = sb_provider_load(a->root, apply_text(a, part, "provider"), &provider, f);

	a->waiting = true;
	json_object_set(json_object_get(a->data, part), "request", json_object_get(a->learned, "request"));
	if (rc == SB_EXIT_OK && sb_ciba_restore(request_of(a, part), &request) == SB_OK)
		say_waiting(a, part, provider, &request);
	sb_provider_free(&provider);
	return rc;
}

/* A token is believed once, for one application. */
static int use_token(struct applying *a, const char *token, struct sb_failure *f)
{
	uint8_t hash[SB_SHA256_SIZE];
	int rc = token ? sb_sha256(token, strlen(token), hash) : SB_E_CORRUPT;

	if (rc == SB_OK)
		rc = a->registry->apply->token_use(a->registry, hash, a->now);
	if (rc == SB_E_EXISTS)
		return sb_fail(f, SB_EXIT_REFUSED, "id_token", "provider", _("The provider's answer has been used before. Begin the sign-in again."));
	return rc == SB_OK ? SB_EXIT_OK : admin_fail(rc, "registry.db", f);
}

static int compare(struct applying *a, const char *part, struct sb_failure *f)
{
	const struct sb_person person = {apply_text(a, part, "name"), apply_text(a, part, "birth_date"), apply_text(a, part, "phone"), NULL};
	/* Borrowed from what was learned. */
	const struct sb_claims claims = {.name = (char *)sb_json_text(a->learned, "name"),
		.birth_date = (char *)sb_json_text(a->learned, "birth_date"), .phone = (char *)sb_json_text(a->learned, "phone")};
	int rc = use_token(a, sb_json_text(a->learned, "token"), f), cleared;

	if (rc == SB_EXIT_OK)
		rc = sb_claims_check(&person, &claims, f);
	if (rc == SB_EXIT_OK && (cleared = clear_questions(a, person.phone)) != SB_OK)
		rc = admin_fail(cleared, "registry.db", f);
	return rc;
}

int ciba_decide(struct applying *a, const char *part, struct sb_failure *f)
{
	int rc = SB_EXIT_OK;

	if (!*a->failure.error && !a->learned) {
		/* Stored, and not sent: whoever was to send it was killed, or reached nobody. */
		a->waiting = true;
		return SB_EXIT_OK;
	}
	if (a->learned && json_integer_value(json_object_get(a->learned, "state")) != SB_CIBA_DONE)
		return still_waiting(a, part, f);
	if (*a->failure.error) {
		*f = a->failure;
		rc = (int)f->exit;
	} else
		rc = compare(a, part, f);
	if (rc != SB_EXIT_OK) {
		json_object_del(a->data, part);
		json_object_del(a->data, "waiting");
		a->keep = true;
	}
	return rc;
}
