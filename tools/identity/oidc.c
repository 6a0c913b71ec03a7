/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "common/http.h"
#include "common/i18n.h"
#include "common/verb.h"
#include "formats/jws.h"
#include "identity/oidc_private.h"

#define WELL_KNOWN "/.well-known/openid-configuration"
enum { ANSWER_MAX = 256 * 1024, URL_MAX = 2048, STATUS_OK = 200, STATUS_SERVER = 500, STATUS_MANY = 429, BEARER = 4096 };

static int no_memory(struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
}

int sb_oidc_fail(const struct sb_oidc *oidc, const char *what, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_NETWORK, "provider_error", oidc->provider->id, _("%s: the provider's answer cannot be used: %s. Choose another way, or try again later."),
		sb_provider_label(oidc->provider), what);
}

static int fail_configured(const struct sb_oidc *oidc, const char *what, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_CONFIG, "bad_provider", oidc->provider->id, _("%s: %s. Whoever runs this service corrects providers.d/%s.conf, or asks the provider."),
		sb_provider_label(oidc->provider), what, oidc->provider->id);
}

int sb_oidc_fail_error(const struct sb_oidc *oidc, const json_t *json, struct sb_failure *f)
{
	static const char *const ours[] = {"invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope"};
	const char *error = sb_json_text(json, "error"), *why = sb_json_text(json, "error_description");
	char what[512];

	if (!error)
		return sb_oidc_fail(oidc, _("it is neither what was asked for nor an error"), f);
	snprintf(what, sizeof what, why ? "%.100s (%.300s)" : "%.100s", sb_clean(error), why ? sb_clean(why) : "");
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		if (strcmp(error, ours[i]) == 0)
			return sb_fail(f, SB_EXIT_CONFIG, "bad_provider", oidc->provider->id,
				_("%s: the provider does not accept this service: %s. Whoever runs this service corrects client-id, client-auth and its secret or key in providers.d/%s.conf."),
				sb_provider_label(oidc->provider), what, oidc->provider->id);
	return sb_oidc_fail(oidc, what, f);
}

static int fail_http(const struct sb_oidc *oidc, enum sb_http_fault fault, const struct sb_http_answer *answer, struct sb_failure *f)
{
	const char *id = oidc->provider->id, *label = sb_provider_label(oidc->provider);

	if (fault == SB_HTTP_NO_MEMORY)
		return no_memory(f);
	if (fault == SB_HTTP_NO_LIBRARY)
		return sb_fail(f, SB_EXIT_NETWORK, "network", id, _("The library libcurl (libcurl.so.4) cannot be loaded. Install it."));
	if (fault == SB_HTTP_CERTIFICATE)
		return sb_fail(f, SB_EXIT_NETWORK, "network", id,
			_("%s: the server cannot prove that it is the provider (%s). Nothing was sent. For an authority of the provider's own: ca-file in providers.d/%s.conf"),
			label, answer->why, id);
	if (fault == SB_HTTP_TIME)
		return sb_fail(f, SB_EXIT_NETWORK, "network", id, _("%s: the provider did not answer within %ld seconds. Try again, or choose another way."), label,
			oidc->provider->timeout);
	if (fault == SB_HTTP_TOO_LARGE)
		return sb_oidc_fail(oidc, _("it is too large"), f);
	return sb_fail(f, SB_EXIT_NETWORK, "network", id, _("%s: the provider cannot be reached: %s. Try again, or choose another way."), label, answer->why);
}

/* The address was allowed before; where it is of this machine, so is the provider's. */
static int exchange(struct sb_oidc *oidc, struct sb_http_request *request, long *status, json_t **json, struct sb_failure *f)
{
	struct sb_http_answer answer;
	enum sb_http_fault fault;
	int rc = SB_EXIT_OK;

	*json = NULL;
	request->plain_here = strncmp(oidc->provider->issuer, "http://", 7) == 0;
	request->ca = oidc->provider->ca_file;
	request->max = ANSWER_MAX;
	request->seconds = (unsigned)oidc->provider->timeout;
	fault = sb_http(request, &answer);
	*status = answer.status;
	if (fault != SB_HTTP_OK)
		rc = fail_http(oidc, fault, &answer, f);
	else if (answer.status >= STATUS_SERVER || answer.status == STATUS_MANY)
		rc = sb_fail(f, SB_EXIT_NETWORK, "network", oidc->provider->id,
			_("%s: the provider cannot answer just now (HTTP %ld). Try again later, or choose another way."), sb_provider_label(oidc->provider), answer.status);
	else if (!(*json = sb_json_parse(sb_bytes_slice(&answer.body), NULL, NULL)))
		rc = sb_oidc_fail(oidc, _("it is no JSON object"), f);
	sb_http_answer_free(&answer);
	return rc;
}

int sb_oidc_get(struct sb_oidc *oidc, const char *url, const char *bearer, json_t **out, struct sb_failure *f)
{
	char line[BEARER];
	const char *headers[] = {"Accept: application/json", bearer ? line : NULL, NULL};
	struct sb_http_request request = {.url = url, .headers = headers};
	long status;
	int rc;

	if (bearer && !sb_is_clean(bearer))
		return sb_oidc_fail(oidc, _("its access token is no text"), f);
	if (bearer && snprintf(line, sizeof line, "Authorization: Bearer %s", bearer) >= (int)sizeof line)
		return sb_oidc_fail(oidc, _("its access token is too long"), f);
	rc = exchange(oidc, &request, &status, out, f);
	sb_wipe(line, sizeof line);
	if (rc == SB_EXIT_OK && status != STATUS_OK) {
		rc = sb_oidc_fail_error(oidc, *out, f);
		json_decref(*out);
		*out = NULL;
	}
	return rc;
}

int sb_oidc_post(struct sb_oidc *oidc, const char *url, struct sb_bytes *form, long *status, json_t **json, struct sb_failure *f)
{
	char line[SB_AUTHORIZATION];
	const char *headers[] = {"Accept: application/json", line, NULL};
	struct sb_http_request request = {.url = url, .headers = headers, .post = true};
	int rc = sb_client_auth_add(oidc, form, line, f);

	*json = NULL;
	if (!*line)
		headers[1] = NULL;
	request.body = sb_bytes_slice(form);
	if (rc == SB_EXIT_OK)
		rc = exchange(oidc, &request, status, json, f);
	sb_wipe(line, sizeof line);
	sb_bytes_free(form);
	return rc;
}

const char *sb_oidc_endpoint(const struct sb_oidc *oidc, const char *name)
{
	const char *url = sb_json_text(oidc->metadata, name);

	return url && sb_http_allowed(url, strncmp(oidc->provider->issuer, "http://", 7) == 0) ? url : NULL;
}

/* A list of the discovery document has the word; absent says what an absent list means. */
static bool offers(const json_t *metadata, const char *list, const char *word, bool absent)
{
	const json_t *array = json_object_get(metadata, list), *one;
	bool found = !array && absent;
	size_t i;

	json_array_foreach(array, i, one) found |= json_is_string(one) && strcmp(json_string_value(one), word) == 0;
	return found;
}

static bool offers_algorithm(const json_t *metadata)
{
	static const char *const ours[] = {"RS256", "PS256", "ES256", "EdDSA"};
	bool any = false;

	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		any |= offers(metadata, "id_token_signing_alg_values_supported", ours[i], true);
	return any;
}

static int check_metadata(struct sb_oidc *oidc, struct sb_failure *f)
{
	static const char *const endpoints[] = {"backchannel_authentication_endpoint", "token_endpoint", "jwks_uri"};
	static const char *const methods[] = {
		[SB_CLIENT_SECRET_BASIC] = "client_secret_basic", [SB_CLIENT_SECRET_POST] = "client_secret_post", [SB_PRIVATE_KEY_JWT] = "private_key_jwt"};
	const char *issuer = sb_json_text(oidc->metadata, "issuer"), *method = methods[oidc->provider->client_auth];
	char what[256];

	if (!issuer || strcmp(issuer, oidc->provider->issuer) != 0)
		return fail_configured(oidc, _("the provider at this address calls itself another issuer"), f);
	for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++)
		if (!sb_oidc_endpoint(oidc, endpoints[i])) {
			snprintf(what, sizeof what, _("the provider offers no %s over HTTPS"), endpoints[i]);
			return fail_configured(oidc, what, f);
		}
	if (!offers(oidc->metadata, "backchannel_token_delivery_modes_supported", "poll", false))
		return fail_configured(oidc, _("the provider does not let itself be polled (CIBA poll mode)"), f);
	if (!offers(oidc->metadata, "token_endpoint_auth_methods_supported", method, oidc->provider->client_auth == SB_CLIENT_SECRET_BASIC) ||
		(oidc->provider->client_auth == SB_PRIVATE_KEY_JWT &&
			!offers(oidc->metadata, "token_endpoint_auth_signing_alg_values_supported", "ES256", true))) {
		snprintf(what, sizeof what, _("the provider does not take client-auth = %s"), method);
		return fail_configured(oidc, what, f);
	}
	if (!offers_algorithm(oidc->metadata))
		return fail_configured(oidc, _("the provider signs with none of RS256, PS256, ES256 and EdDSA"), f);
	return SB_EXIT_OK;
}

static int discover(struct sb_oidc *oidc, struct sb_failure *f)
{
	const char *issuer = oidc->provider->issuer;
	size_t len = strlen(issuer);
	char url[URL_MAX];
	int rc;

	/* OpenID Connect Discovery 4: a slash at the end does not count. */
	if (issuer[len - 1] == '/')
		len--;
	if (snprintf(url, sizeof url, "%.*s" WELL_KNOWN, (int)len, issuer) >= (int)sizeof url)
		return fail_configured(oidc, _("the issuer's address is too long"), f);
	rc = sb_oidc_get(oidc, url, NULL, &oidc->metadata, f);
	return rc == SB_EXIT_OK ? check_metadata(oidc, f) : rc;
}

int sb_oidc_open(const struct sb_provider *provider, const struct sb_signer *signer, struct sb_oidc **out, struct sb_failure *f)
{
	struct sb_oidc *oidc = calloc(1, sizeof *oidc);
	int rc;

	*out = NULL;
	if (!oidc)
		return no_memory(f);
	oidc->provider = provider;
	oidc->signer = signer;
	rc = sb_client_auth_open(oidc, f);
	if (rc == SB_EXIT_OK)
		rc = discover(oidc, f);
	if (rc == SB_EXIT_OK)
		*out = oidc;
	else
		sb_oidc_close(&oidc);
	return rc;
}

void sb_oidc_close(struct sb_oidc **oidc)
{
	if (!oidc || !*oidc)
		return;
	json_decref((*oidc)->metadata);
	json_decref((*oidc)->keys);
	sb_bytes_free(&(*oidc)->secret);
	free(*oidc);
	*oidc = NULL;
}
