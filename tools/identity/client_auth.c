/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "base/error.h"
#include "common/i18n.h"
#include "crypto/random.h"
#include "formats/jws.h"
#include "identity/oidc_private.h"
#include "identity/secret_file.h"

/* How a client proves to a provider who it is (OpenID Connect Core 9). */

#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
enum { ASSERTION_SECONDS = 60, ID_BYTES = 16 };

static int append_encoded(struct sb_bytes *out, const char *text)
{
	char code[4];
	int rc = SB_OK;

	for (const unsigned char *p = (const unsigned char *)text; rc == SB_OK && *p; p++) {
		if (*p < 0x80 && (isalnum(*p) || strchr("-._~", *p))) {
			rc = sb_bytes_append_byte(out, *p);
			continue;
		}
		snprintf(code, sizeof code, "%%%02X", *p);
		rc = sb_bytes_append_text(out, code);
	}
	return rc;
}

int sb_form_add(struct sb_bytes *form, const char *name, const char *value)
{
	int rc = SB_OK;

	if (!value)
		return SB_OK;
	if (form->len)
		rc = sb_bytes_append_byte(form, '&');
	if (rc == SB_OK)
		rc = append_encoded(form, name);
	if (rc == SB_OK)
		rc = sb_bytes_append_byte(form, '=');
	return rc == SB_OK ? append_encoded(form, value) : rc;
}

int sb_client_auth_open(struct sb_oidc *oidc, struct sb_failure *f)
{
	const struct sb_provider *p = oidc->provider;

	if (p->client_auth != SB_PRIVATE_KEY_JWT)
		return sb_secret_file_read(p->secret_file, "bad_provider", &oidc->secret, f);
	if (!oidc->signer)
		return sb_fail(f, SB_EXIT_CONFIG, "bad_provider", p->id, _("%s: the key \"%s\" (client-key) is not at hand."), sb_provider_label(p), p->key_label);
	return SB_EXIT_OK;
}

/* RFC 6749 2.3.1: both are encoded as in a form before they are joined. */
static int make_basic(struct sb_oidc *oidc, char line[SB_AUTHORIZATION])
{
	struct sb_bytes pair = {0}, text = {0};
	int rc = append_encoded(&pair, oidc->provider->client_id);

	if (rc == SB_OK)
		rc = sb_bytes_append_byte(&pair, ':');
	if (rc == SB_OK)
		rc = append_encoded(&pair, (const char *)oidc->secret.data);
	if (rc == SB_OK)
		rc = sb_base64_encode(pair.data, pair.len, &text);
	if (rc == SB_OK)
		rc = sb_bytes_terminate(&text);
	if (rc == SB_OK && snprintf(line, SB_AUTHORIZATION, "Authorization: Basic %s", (const char *)text.data) >= SB_AUTHORIZATION)
		rc = SB_E_TOO_LARGE;
	sb_bytes_free(&pair);
	sb_bytes_free(&text);
	return rc;
}

/* Good for one use, one minute and this provider alone: its audience is the issuer, not an address that a document of somebody's could name. */
static json_t *assertion_payload(const struct sb_provider *p)
{
	uint8_t id[ID_BYTES];
	struct sb_bytes text = {0};
	json_int_t now = time(NULL);
	json_t *payload = NULL;

	if (sb_random(id, sizeof id) == SB_OK && sb_base64url_encode(id, sizeof id, &text) == SB_OK && sb_bytes_terminate(&text) == SB_OK)
		payload = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "iss", p->client_id, "sub", p->client_id, "aud", p->issuer, "jti", (const char *)text.data,
			"iat", now, "exp", now + ASSERTION_SECONDS);
	sb_bytes_free(&text);
	return payload;
}

static int add_assertion(struct sb_oidc *oidc, struct sb_bytes *form)
{
	json_t *header = json_pack("{s:s, s:s*}", "typ", "JWT", "kid", oidc->provider->key_id), *payload = assertion_payload(oidc->provider);
	struct sb_bytes text = {0};
	int rc = header && payload ? sb_jws_sign(header, payload, oidc->signer, &text) : SB_E_NOMEM;

	if (rc == SB_OK)
		rc = sb_bytes_terminate(&text);
	if (rc == SB_OK)
		rc = sb_form_add(form, "client_id", oidc->provider->client_id);
	if (rc == SB_OK)
		rc = sb_form_add(form, "client_assertion_type", ASSERTION_TYPE);
	if (rc == SB_OK)
		rc = sb_form_add(form, "client_assertion", (const char *)text.data);
	sb_bytes_free(&text);
	json_decref(header);
	json_decref(payload);
	return rc;
}

int sb_client_auth_add(struct sb_oidc *oidc, struct sb_bytes *form, char line[SB_AUTHORIZATION], struct sb_failure *f)
{
	const struct sb_provider *p = oidc->provider;
	int rc;

	line[0] = 0;
	if (p->client_auth == SB_CLIENT_SECRET_BASIC)
		rc = make_basic(oidc, line);
	else if (p->client_auth == SB_PRIVATE_KEY_JWT)
		rc = add_assertion(oidc, form);
	else if ((rc = sb_form_add(form, "client_id", p->client_id)) == SB_OK)
		rc = sb_form_add(form, "client_secret", (const char *)oidc->secret.data);
	if (rc == SB_OK)
		return SB_EXIT_OK;
	if (rc == SB_E_NOMEM)
		return sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	return sb_fail(f, SB_EXIT_CONFIG, "bad_provider", p->id, _("%s: the proof of who is asking cannot be made: %s."), sb_provider_label(p),
		_(sb_error_text(rc)));
}
