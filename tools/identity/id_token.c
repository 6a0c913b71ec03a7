/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/codec.h"
#include "base/error.h"
#include "common/i18n.h"
#include "crypto/digest.h"
#include "formats/jws.h"
#include "identity/oidc_private.h"

/* Is an id_token to be believed? (OpenID Connect Core 3.1.3.7, CIBA Core 10.1) */

enum { SKEW = 60, KEYS_SECONDS = 60, TOKEN_MAX = 64 * 1024 };
#define AUTH_REQ_ID_CLAIM "urn:openid:params:jwt:claim:auth_req_id"

struct checking {
	struct sb_oidc *oidc;
	const struct sb_id_token_wanted *wanted;
	int64_t now;
	struct sb_jws jws;
};

static int refuse(const struct checking *c, const char *rule, const char *why, struct sb_failure *f)
{
	sb_fail(f, SB_EXIT_REFUSED, "id_token", c->oidc->provider->id,
		_("%s: the provider's confirmation must not be believed: %s. Nothing was accepted. Begin the sign-in again; if it happens again, tell whoever runs this service."),
		sb_provider_label(c->oidc->provider), why);
	snprintf(f->rule, sizeof f->rule, "%s", rule);
	return SB_EXIT_REFUSED;
}

static bool text_is(const json_t *object, const char *key, const char *want)
{
	const char *have = sb_json_text(object, key);

	return have && want && strcmp(have, want) == 0;
}

/* --- the key --- */

static int fetch_keys(struct sb_oidc *oidc, int64_t now, struct sb_failure *f)
{
	json_t *set = NULL;
	int rc = sb_oidc_get(oidc, sb_oidc_endpoint(oidc, "jwks_uri"), NULL, &set, f);

	if (rc == SB_EXIT_OK && !json_is_array(json_object_get(set, "keys")))
		rc = sb_oidc_fail(oidc, _("it is no set of keys"), f);
	if (rc == SB_EXIT_OK) {
		json_decref(oidc->keys);
		oidc->keys = json_incref(json_object_get(set, "keys"));
		oidc->keys_at = now;
	}
	json_decref(set);
	return rc;
}

int sb_oidc_have_keys(struct sb_oidc *oidc, int64_t now, struct sb_failure *f)
{
	return oidc->keys ? SB_EXIT_OK : fetch_keys(oidc, now, f);
}

/* How many keys of the set the header can mean, and whether one of them made the signature. */
static size_t try_keys(struct checking *c, bool *verified)
{
	const char *kid = sb_json_text(c->jws.header, "kid");
	const json_t *one;
	size_t i, fitting = 0;

	*verified = false;
	json_array_foreach(c->oidc->keys, i, one)
	{
		int rc = kid && !text_is(one, "kid", kid) ? SB_E_NOT_FOUND : sb_jws_verify_jwk(&c->jws, one);

		fitting += rc == SB_OK || rc == SB_E_SIGNATURE;
		*verified |= rc == SB_OK;
	}
	return fitting;
}

/* Without a kid it is plain only where the set has one key that it can be. */
static int check_signature(struct checking *c, struct sb_failure *f)
{
	bool named = sb_json_text(c->jws.header, "kid") != NULL, verified = false, fresh = !c->oidc->keys;
	int rc = sb_oidc_have_keys(c->oidc, c->now, f);
	size_t fitting = rc == SB_EXIT_OK ? try_keys(c, &verified) : 0;

	if (rc == SB_EXIT_OK && !fitting && !fresh && c->now - c->oidc->keys_at >= KEYS_SECONDS) {
		rc = fetch_keys(c->oidc, c->now, f);
		fitting = rc == SB_EXIT_OK ? try_keys(c, &verified) : 0;
	}
	if (rc != SB_EXIT_OK)
		return rc;
	if (!fitting || (!named && fitting > 1))
		return refuse(c, "key", _("none of the provider's keys is named as the signer"), f);
	return verified ? SB_EXIT_OK : refuse(c, "signature", _("the signature is not the provider's"), f);
}

/* --- what it says --- */

/* For us and for nobody beside. */
static bool audience_is_ours(const json_t *payload, const char *client_id)
{
	const json_t *aud = json_object_get(payload, "aud"), *azp = json_object_get(payload, "azp");
	const json_t *one = json_is_array(aud) && json_array_size(aud) == 1 ? json_array_get(aud, 0) : aud;

	return json_is_string(one) && strcmp(json_string_value(one), client_id) == 0 && (!azp || text_is(payload, "azp", client_id));
}

/* A NumericDate; far out of range for what is none. */
static double date(const json_t *payload, const char *name)
{
	const json_t *value = json_object_get(payload, name);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

/* The left half of a hash (OpenID Connect Core 3.1.3.6). */
static bool hash_fits(const struct sb_jws *jws, const char *token, const char *claim)
{
	uint8_t hash[SB_DIGEST_MAX];
	struct sb_bytes text = {0};
	size_t len = 0;
	bool fits = false;

	if (token && claim && sb_digest(sb_jws_digest(jws), token, strlen(token), hash, &len) == SB_OK && sb_base64url_encode(hash, len / 2, &text) == SB_OK)
		fits = sb_slice_is(sb_bytes_slice(&text), claim);
	sb_bytes_free(&text);
	return fits;
}

/* Made for this request, as far as it says for which. */
static bool is_bound(const struct checking *c)
{
	const json_t *payload = c->jws.payload;

	return (!json_object_get(payload, "nonce") || text_is(payload, "nonce", c->wanted->nonce)) &&
	       (!json_object_get(payload, AUTH_REQ_ID_CLAIM) || text_is(payload, AUTH_REQ_ID_CLAIM, c->wanted->auth_req_id)) &&
	       (!json_object_get(payload, "at_hash") || hash_fits(&c->jws, c->wanted->access_token, sb_json_text(payload, "at_hash")));
}

static int check_claims(const struct checking *c, struct sb_failure *f)
{
	const json_t *payload = c->jws.payload;
	double exp = date(payload, "exp"), iat = date(payload, "iat"), nbf = date(payload, "nbf"), now = (double)c->now;
	const char *sub = sb_json_text(payload, "sub");

	if (!text_is(payload, "iss", c->oidc->provider->issuer))
		return refuse(c, "issuer", _("it is another issuer's"), f);
	if (!audience_is_ours(payload, c->oidc->provider->client_id))
		return refuse(c, "audience", _("it was made for another service"), f);
	if (!sub || !*sub || strlen(sub) > 255)
		return refuse(c, "form", _("it names nobody"), f);
	if (!(exp > now - SKEW))
		return refuse(c, "expired", _("it has expired"), f);
	if (!(iat <= now + SKEW) || (json_object_get(payload, "nbf") && !(nbf <= now + SKEW)))
		return refuse(c, "issued", _("it is not valid yet: one of the two clocks is wrong"), f);
	if (!(iat >= (double)c->wanted->since - SKEW))
		return refuse(c, "issued", _("it is older than the request"), f);
	return is_bound(c) ? SB_EXIT_OK : refuse(c, "binding", _("it belongs to another request"), f);
}

/* Other kinds of signed tokens of the same provider say what they are in typ. */
static bool is_id_token_type(const json_t *header)
{
	const char *typ = sb_json_text(header, "typ");

	return !json_object_get(header, "typ") || (typ && strcasecmp(typ, "JWT") == 0);
}

int sb_oidc_id_token(struct sb_oidc *oidc, const char *token, const struct sb_id_token_wanted *wanted, int64_t now, json_t **claims,
	struct sb_failure *f)
{
	struct checking c = {.oidc = oidc, .wanted = wanted, .now = now};
	size_t len = strlen(token);
	int parsed = len <= TOKEN_MAX ? sb_jws_parse_any(sb_slice(token, len), &c.jws) : SB_E_TOO_LARGE, rc = SB_EXIT_OK;

	*claims = NULL;
	if (parsed == SB_E_UNSUPPORTED)
		return refuse(&c, "algorithm", _("it is not signed with RS256, PS256, ES256 or EdDSA"), f);
	if (parsed != SB_OK || !is_id_token_type(c.jws.header))
		rc = refuse(&c, "form", _("it is no id_token"), f);
	if (rc == SB_EXIT_OK)
		rc = check_signature(&c, f);
	if (rc == SB_EXIT_OK)
		rc = check_claims(&c, f);
	if (rc == SB_EXIT_OK)
		*claims = json_incref(c.jws.payload);
	sb_jws_free(&c.jws);
	return rc;
}
