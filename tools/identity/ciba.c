/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "identity/ciba.h"

#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "common/i18n.h"
#include "common/unicode.h"
#include "common/verb.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "formats/jws.h"
#include "identity/hint.h"
#include "identity/oidc_private.h"
#include "identity/phone.h"

#define GRANT_TYPE "urn:openid:params:grant-type:ciba"
enum { INTERVAL = 5, INTERVAL_MAX = 60, LIFE_MAX = 900, STATUS_OK = 200, STATUS_MANY = 429, MESSAGE_MAX = 20, NONCE_BYTES = 16 };

static int no_memory(struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
}

static const char *const state_names[] = {[SB_CIBA_PENDING] = "pending", [SB_CIBA_SLOW_DOWN] = "slow_down", [SB_CIBA_DONE] = "done",
	[SB_CIBA_DENIED] = "denied", [SB_CIBA_EXPIRED] = "expired"};

const char *sb_ciba_state_name(enum sb_ciba_state state)
{
	return state_names[state];
}

int sb_ciba_fail(const struct sb_oidc *oidc, enum sb_ciba_state state, struct sb_failure *f)
{
	const char *id = oidc->provider->id, *label = sb_provider_label(oidc->provider);

	if (state == SB_CIBA_DENIED)
		return sb_fail(f, SB_EXIT_REFUSED, "denied", id, _("%s: the request was refused on the phone. Begin the sign-in again if that was a mistake."), label);
	if (state == SB_CIBA_EXPIRED)
		return sb_fail(f, SB_EXIT_REFUSED, "expired", id, _("%s: nobody approved on the phone in time. Begin the sign-in again."), label);
	return sb_fail(f, SB_EXIT_NOT_NOW, "pending", id, _("%s: not approved on the phone yet. Approve there, then go on."), label);
}

/* --- begin --- */

/* The person in the forms that hints are made of. */
struct asked {
	struct sb_person person;
	char *name;
	char birth_date[9], phone[SB_PHONE_TEXT];
};

static int fail_missing(const char *field, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_DATA, "missing", field, _("The input lacks \"%s\"."), field);
}

/* YYYY-MM-DD or YYYYMMDD; whether there is such a day is known to whoever entered it. */
static bool read_birth_date(const char *text, char digits[9])
{
	size_t n = 0;

	for (size_t i = 0; text[i]; i++) {
		if (text[i] == '-' && (i == 4 || i == 7) && strlen(text) == 10)
			continue;
		if (text[i] < '0' || text[i] > '9' || n == 8)
			return false;
		digits[n++] = text[i];
	}
	digits[n] = 0;
	return n == 8;
}

static int read_person(const struct sb_person *person, struct asked *out, struct sb_failure *f)
{
	if (!person->name || sb_unicode_is_blank(person->name))
		return fail_missing("name", f);
	if (!person->birth_date)
		return fail_missing("birth_date", f);
	if (!person->phone)
		return fail_missing("phone", f);
	if (!read_birth_date(person->birth_date, out->birth_date))
		return sb_fail(f, SB_EXIT_DATA, "bad_birth_date", "birth_date", _("The date of birth is a calendar date, YYYY-MM-DD."));
	if (!sb_phone_read(person->phone, out->phone))
		return sb_fail(f, SB_EXIT_DATA, "bad_phone", "phone", _("A mobile phone number is 010-XXXX-XXXX."));
	out->name = sb_unicode_nfc(person->name);
	if (!out->name)
		return sb_fail(f, SB_EXIT_DATA, "bad_name", "name", _("The name is not UTF-8 text."));
	out->person = (struct sb_person){out->name, out->birth_date, out->phone, person->carrier};
	return SB_EXIT_OK;
}

static int make_nonce(char out[SB_NONCE])
{
	uint8_t random[NONCE_BYTES];
	struct sb_bytes text = {0};
	int rc = sb_random(random, sizeof random);

	if (rc == SB_OK)
		rc = sb_base64url_encode(random, sizeof random, &text);
	if (rc == SB_OK)
		rc = sb_bytes_terminate(&text);
	if (rc == SB_OK)
		snprintf(out, SB_NONCE, "%s", (const char *)text.data);
	sb_bytes_free(&text);
	return rc;
}

static int make_form(const struct sb_oidc *oidc, const struct sb_person *person, const char *message, const char *nonce, struct sb_bytes *form)
{
	const struct sb_provider *p = oidc->provider;
	struct sb_bytes hint = {0};
	char expiry[16];
	int rc = sb_hint_make(p->hint, person, p->kind == SB_PROVIDER_PASS, &hint);

	snprintf(expiry, sizeof expiry, "%ld", p->expiry);
	if (rc == SB_OK)
		rc = sb_bytes_terminate(&hint);
	if (rc == SB_OK)
		rc = sb_form_add(form, "scope", p->scope);
	if (rc == SB_OK)
		rc = sb_form_add(form, "login_hint", (const char *)hint.data);
	if (rc == SB_OK)
		rc = sb_form_add(form, "binding_message", message);
	if (rc == SB_OK)
		rc = sb_form_add(form, "requested_expiry", expiry);
	if (rc == SB_OK)
		rc = sb_form_add(form, "acr_values", p->acr_values);
	if (rc == SB_OK)
		rc = sb_form_add(form, "nonce", nonce);
	sb_bytes_free(&hint);
	return rc;
}

static long bounded(long value, long min, long max)
{
	return value < min ? min : value > max ? max : value;
}

static int take_request(const struct sb_oidc *oidc, const json_t *json, int64_t now, struct sb_ciba_request *out, struct sb_failure *f)
{
	const char *id = sb_json_text(json, "auth_req_id");
	const json_t *life = json_object_get(json, "expires_in"), *interval = json_object_get(json, "interval");

	if (!id || !*id || strlen(id) >= sizeof out->auth_req_id || !sb_is_clean(id) || !json_is_integer(life) || json_integer_value(life) <= 0 ||
		(interval && !json_is_integer(interval)))
		return sb_oidc_fail(oidc, _("it is no answer to a request for authentication"), f);
	out->started = now;
	out->expires = now + bounded(json_integer_value(life), 1, LIFE_MAX);
	snprintf(out->auth_req_id, sizeof out->auth_req_id, "%s", id);
	out->interval = (unsigned)(interval ? bounded(json_integer_value(interval), 1, INTERVAL_MAX) : INTERVAL);
	out->next_poll = now + out->interval;
	return SB_EXIT_OK;
}

/* CIBA Core 13: whom it does not know, and whom it does not ask. */
static int fail_start(const struct sb_oidc *oidc, const json_t *json, struct sb_failure *f)
{
	const char *error = sb_json_text(json, "error");

	if (error && strcmp(error, "unknown_user_id") == 0)
		return sb_fail(f, SB_EXIT_DATA, "unknown_person", oidc->provider->id,
			_("%s: the provider knows nobody with this name, date of birth and phone number. Check the entry, or choose another provider."),
			sb_provider_label(oidc->provider));
	if (error && strcmp(error, "access_denied") == 0)
		return sb_ciba_fail(oidc, SB_CIBA_DENIED, f);
	return sb_oidc_fail_error(oidc, json, f);
}

int sb_ciba_start(struct sb_oidc *oidc, const struct sb_person *person, const char *message, int64_t now, struct sb_ciba_request *out,
	struct sb_failure *f)
{
	struct asked asked = {0};
	struct sb_bytes form = {0};
	json_t *json = NULL;
	long status = 0;
	int rc = read_person(person, &asked, f);

	if (rc == SB_EXIT_OK && message && (sb_utf8_length(message, strlen(message)) > MESSAGE_MAX || !sb_is_clean(message)))
		rc = sb_fail(f, SB_EXIT_DATA, "bad_message", "binding_message", _("The words shown on the phone are at most %d characters."), MESSAGE_MAX);
	*out = (struct sb_ciba_request){0};
	if (rc == SB_EXIT_OK && (make_nonce(out->nonce) != SB_OK || make_form(oidc, &asked.person, message, out->nonce, &form) != SB_OK))
		rc = no_memory(f);
	if (rc == SB_EXIT_OK)
		rc = sb_oidc_post(oidc, sb_oidc_endpoint(oidc, "backchannel_authentication_endpoint"), &form, &status, &json, f);
	if (rc == SB_EXIT_OK)
		rc = status == STATUS_OK ? take_request(oidc, json, now, out, f) : fail_start(oidc, json, f);
	sb_text_free(&asked.name);
	sb_bytes_free(&form);
	json_decref(json);
	return rc;
}

/* --- ask --- */

/* What the three claims are called is the provider's affair. */
static int take_text(const json_t *from, const char *name, char **to)
{
	const char *text = sb_json_text(from, name);

	if (*to || !text)
		return SB_OK;
	*to = strdup(text);
	return *to ? SB_OK : SB_E_NOMEM;
}

static int take_claims(const struct sb_provider *p, const json_t *from, struct sb_claims *claims)
{
	int rc = take_text(from, "sub", &claims->subject);

	if (rc == SB_OK)
		rc = take_text(from, p->claim_name, &claims->name);
	if (rc == SB_OK)
		rc = take_text(from, p->claim_birth_date, &claims->birth_date);
	return rc == SB_OK ? take_text(from, p->claim_phone, &claims->phone) : rc;
}

/* OpenID Connect Core 5.3: of the same person, or of nobody. */
static int ask_userinfo(struct sb_oidc *oidc, const char *access_token, struct sb_claims *claims, struct sb_failure *f)
{
	const char *url = sb_oidc_endpoint(oidc, "userinfo_endpoint"), *subject;
	json_t *info = NULL;
	int rc;

	if (!url || !access_token)
		return SB_EXIT_OK;
	rc = sb_oidc_get(oidc, url, access_token, &info, f);
	subject = sb_json_text(info, "sub");
	if (rc == SB_EXIT_OK && (!subject || strcmp(subject, claims->subject) != 0))
		rc = sb_oidc_fail(oidc, _("it tells of another person than the one who approved"), f);
	if (rc == SB_EXIT_OK && take_claims(oidc->provider, info, claims) != SB_OK)
		rc = no_memory(f);
	json_decref(info);
	return rc;
}

static int name_token(const char *token, struct sb_claims *claims)
{
	uint8_t hash[SB_SHA256_SIZE];
	struct sb_bytes text = {0};
	int rc = sb_sha256(token, strlen(token), hash);

	if (rc == SB_OK)
		rc = sb_base64url_encode(hash, sizeof hash, &text);
	if (rc == SB_OK)
		rc = sb_bytes_terminate(&text);
	if (rc == SB_OK)
		snprintf(claims->token, sizeof claims->token, "%s", (const char *)text.data);
	sb_bytes_free(&text);
	return rc;
}

static int take_token(struct sb_oidc *oidc, const struct sb_ciba_request *request, const json_t *json, int64_t now, struct sb_claims *claims,
	struct sb_failure *f)
{
	const char *token = sb_json_text(json, "id_token"), *access_token = sb_json_text(json, "access_token");
	struct sb_id_token_wanted wanted = {request->started, request->auth_req_id, request->nonce, access_token};
	json_t *payload = NULL;
	int rc = token ? sb_oidc_id_token(oidc, token, &wanted, now, &payload, f) : sb_oidc_fail(oidc, _("it has no id_token"), f);

	if (rc == SB_EXIT_OK && (name_token(token, claims) != SB_OK || take_claims(oidc->provider, payload, claims) != SB_OK))
		rc = no_memory(f);
	if (rc == SB_EXIT_OK) {
		claims->issued = (int64_t)json_number_value(json_object_get(payload, "iat"));
		if (!claims->name || !claims->birth_date || !claims->phone)
			rc = ask_userinfo(oidc, access_token, claims, f);
	}
	if (rc != SB_EXIT_OK)
		sb_claims_free(claims);
	json_decref(payload);
	return rc;
}

static void slow_down(struct sb_ciba_request *request, enum sb_ciba_state *state)
{
	*state = SB_CIBA_SLOW_DOWN;
	request->interval = (unsigned)bounded(request->interval + INTERVAL, 1, INTERVAL_MAX);
}

/* CIBA Core 11. */
static int take_error(struct sb_oidc *oidc, struct sb_ciba_request *request, const json_t *json, enum sb_ciba_state *state, struct sb_failure *f)
{
	static const struct {
		const char *error;
		enum sb_ciba_state state;
	} rows[] = {{"authorization_pending", SB_CIBA_PENDING}, {"slow_down", SB_CIBA_SLOW_DOWN}, {"access_denied", SB_CIBA_DENIED},
		{"expired_token", SB_CIBA_EXPIRED}};
	const char *error = sb_json_text(json, "error");

	for (size_t i = 0; error && i < sizeof rows / sizeof *rows; i++)
		if (strcmp(error, rows[i].error) == 0) {
			*state = rows[i].state;
			if (*state == SB_CIBA_SLOW_DOWN)
				slow_down(request, state);
			return SB_EXIT_OK;
		}
	if (error && strcmp(error, "invalid_grant") == 0) {
		sb_fail(f, SB_EXIT_REFUSED, "expired", oidc->provider->id, _("%s: the provider does not know this request any more. Begin the sign-in again."),
			sb_provider_label(oidc->provider));
		snprintf(f->rule, sizeof f->rule, "unknown");
		return SB_EXIT_REFUSED;
	}
	return sb_oidc_fail_error(oidc, json, f);
}

static int ask(struct sb_oidc *oidc, struct sb_ciba_request *request, int64_t now, enum sb_ciba_state *state, struct sb_claims *claims, struct sb_failure *f)
{
	struct sb_bytes form = {0};
	json_t *json = NULL;
	long status = 0;
	int rc = SB_EXIT_OK;

	if (sb_form_add(&form, "grant_type", GRANT_TYPE) != SB_OK || sb_form_add(&form, "auth_req_id", request->auth_req_id) != SB_OK)
		rc = no_memory(f);
	if (rc == SB_EXIT_OK)
		rc = sb_oidc_post(oidc, sb_oidc_endpoint(oidc, "token_endpoint"), &form, &status, &json, f);
	if (status == STATUS_MANY) {
		/* Whatever stands before the provider says so in its own way. */
		slow_down(request, state);
		rc = SB_EXIT_OK;
	} else if (rc == SB_EXIT_OK && status == STATUS_OK) {
		*state = SB_CIBA_DONE;
		rc = take_token(oidc, request, json, now, claims, f);
	} else if (rc == SB_EXIT_OK) {
		rc = take_error(oidc, request, json, state, f);
	}
	request->next_poll = now + request->interval;
	sb_bytes_free(&form);
	json_decref(json);
	return rc;
}

int sb_ciba_poll(struct sb_oidc *oidc, struct sb_ciba_request *request, int64_t now, enum sb_ciba_state *state, struct sb_claims *claims,
	struct sb_failure *f)
{
	int rc;

	*claims = (struct sb_claims){0};
	*state = SB_CIBA_PENDING;
	if (now >= request->expires) {
		*state = SB_CIBA_EXPIRED;
		return SB_EXIT_OK;
	}
	if (now < request->next_poll)
		return SB_EXIT_OK;
	/* The token is given once: what is needed to believe it is here before. */
	rc = sb_oidc_have_keys(oidc, now, f);
	return rc == SB_EXIT_OK ? ask(oidc, request, now, state, claims, f) : rc;
}

/* --- kept between two processes --- */

json_t *sb_ciba_store(const struct sb_ciba_request *r)
{
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:i}", "auth_req_id", r->auth_req_id, "nonce", r->nonce, "started", (json_int_t)r->started, "expires", (json_int_t)r->expires,
		"next_poll", (json_int_t)r->next_poll, "interval", (int)r->interval);
}

int sb_ciba_restore(const json_t *stored, struct sb_ciba_request *out)
{
	const char *id = sb_json_text(stored, "auth_req_id"), *nonce = sb_json_text(stored, "nonce");
	const json_t *interval = json_object_get(stored, "interval");

	if (!id || !*id || strlen(id) >= sizeof out->auth_req_id || !nonce || strlen(nonce) >= sizeof out->nonce || !json_is_integer(interval) || !json_is_integer(json_object_get(stored, "started")) ||
		!json_is_integer(json_object_get(stored, "expires")) || !json_is_integer(json_object_get(stored, "next_poll")))
		return SB_E_FORMAT;
	*out = (struct sb_ciba_request){
		.started = json_integer_value(json_object_get(stored, "started")),
		.expires = json_integer_value(json_object_get(stored, "expires")),
		.next_poll = json_integer_value(json_object_get(stored, "next_poll")),
		.interval = (unsigned)bounded(json_integer_value(interval), 1, INTERVAL_MAX),
	};
	snprintf(out->auth_req_id, sizeof out->auth_req_id, "%s", id);
	snprintf(out->nonce, sizeof out->nonce, "%s", nonce);
	return SB_OK;
}
