/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <stdio.h>
#include <string.h>

#include "admin/admin.h"
#include "admin/apply_login.h"
#include "admin/login_certificate.h"
#include "base/codec.h"
#include "base/error.h"
#include "common/i18n.h"
#include "crypto/certificate.h"
#include "crypto/random.h"
#include "crypto/trust.h"
#include "formats/jws.h"
#include "formats/login.h"
#include "registry/registry_life.h"

/* Signing in with a key: a challenge goes out, its signature comes back with a certificate, as a JWS (ES256) or CMS. The certificate was registered to a
 * resident before, or is that of a card's key `authentication`. */

enum { NONCE = 24 };
#define LOGIN "login"
#define EKU_CLIENT "1.3.6.1.5.5.7.3.2"

static int64_t expires(const struct applying *a)
{
	return json_integer_value(json_object_get(json_object_get(a->data, LOGIN), "expires"));
}

/* --- the challenge --- */

static int make_challenge(struct applying *a)
{
	struct sb_login login = {.expires = a->now + SB_LOGIN_SECONDS};
	uint8_t raw[NONCE];
	struct sb_bytes nonce = {0};
	char *text = NULL;
	json_t *json = NULL, *slot;
	int rc = sb_random(raw, sizeof raw);

	if (rc == SB_OK)
		rc = sb_base64url_encode(raw, sizeof raw, &nonce);
	snprintf(login.application, sizeof login.application, "%s", a->row.id);
	snprintf(login.audience, sizeof login.audience, "%s", a->url);
	snprintf(login.name, sizeof login.name, "%s", a->issuer);
	snprintf(login.nonce, sizeof login.nonce, "%.*s", (int)nonce.len, nonce.len ? (const char *)nonce.data : "");
	if (rc == SB_OK)
		rc = (json = sb_login_make(&login)) && (text = json_dumps(json, JSON_COMPACT)) ? SB_OK : SB_E_NOMEM;
	if (rc == SB_OK) {
		slot = json_pack("{s:s, s:s, s:I}", "kind", login_certificate.name, "challenge", text, "expires", (json_int_t)login.expires);
		rc = slot && json_object_set_new(a->data, LOGIN, slot) == 0 ? SB_OK : SB_E_NOMEM;
	}
	sb_text_free(&text);
	json_decref(json);
	sb_bytes_free(&nonce);
	return rc;
}

/* The same again while it is good. */
static int challenge(struct applying *a, struct sb_failure *f)
{
	int rc = apply_text(a, LOGIN, "challenge") && expires(a) > a->now ? SB_OK : make_challenge(a);

	if (rc != SB_OK)
		return admin_fail(rc, "registry.db", f);
	json_object_set_new(a->result, "challenge", json_string(apply_text(a, LOGIN, "challenge")));
	json_object_set_new(a->result, "expires", json_integer(expires(a)));
	apply_say(a, _("Sign the challenge within %d minutes. With a mobile card: sinbun login --challenge FILE --signed FILE"), SB_LOGIN_SECONDS / 60);
	a->waiting = true;
	return SB_EXIT_OK;
}

/* --- the answer --- */

static int fail_signature(struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_DATA, "bad_signature", "signed", _("This is no signature of the challenge: a JWS (ES256, with x5c) or CMS with the certificate."));
}

/* SB_E_*. */
static int take_jws(const struct applying *a, const char *text, struct login_certificates *c)
{
	struct sb_bytes all[4] = {0};
	struct sb_certificate *leaf = NULL;
	struct sb_jws jws;
	size_t count = 0;
	uint8_t point[65];
	const char *challenge = apply_text(a, LOGIN, "challenge"), *typ;
	json_t *asked = sb_json_parse(sb_slice(challenge, strlen(challenge)), NULL, NULL);
	int rc = asked ? sb_jws_parse(sb_slice(text, strlen(text)), NULL, &jws) : SB_E_CORRUPT;

	if (rc != SB_OK) {
		json_decref(asked);
		return rc;
	}
	typ = sb_json_text(jws.header, "typ");
	if (!json_equal(jws.payload, asked) || (typ && strcmp(typ, SB_LOGIN_TYP) != 0))
		rc = SB_E_SIGNATURE;
	if (rc == SB_OK)
		rc = sb_jws_x5c(&jws, all, &count);
	if (rc == SB_OK && !count)
		rc = SB_E_FORMAT;
	if (rc == SB_OK)
		rc = sb_certificate_parse(sb_bytes_slice(&all[0]), &leaf);
	if (rc == SB_OK)
		rc = sb_certificate_point(leaf, point);
	if (rc == SB_OK)
		rc = sb_jws_verify(&jws, sb_slice(point, sizeof point));
	c->leaf = all[0];
	for (size_t i = 1; i < 4; i++)
		c->others[i - 1] = all[i];
	c->count = count > 1 ? count - 1 : 0;
	sb_certificate_free(&leaf);
	sb_jws_free(&jws);
	json_decref(asked);
	return rc;
}

static int take_cms(const struct applying *a, const char *text, struct login_certificates *c)
{
	const char *signed_text = apply_text(a, LOGIN, "challenge");
	struct sb_bytes raw = {0};
	int rc = sb_base64_decode(text, strlen(text), &raw);

	if (rc == SB_OK)
		rc = sb_cms_signer(sb_bytes_slice(&raw), sb_slice(signed_text, strlen(signed_text)), &c->leaf, c->others, &c->count);
	sb_bytes_free(&raw);
	return rc;
}

/* A card of ours: whose, where it is in force. SB_E_NOT_FOUND for a certificate that is no such. */
static int find_card(const struct applying *a, const struct login_certificates *c, int64_t *resident)
{
	struct sb_certificate *leaf = NULL, *root = NULL;
	struct sb_registry_credential credential;
	char card[SB_CARD_NUMBER] = "";
	int rc = sb_certificate_parse(sb_bytes_slice(&c->leaf), &leaf);

	if (rc == SB_OK)
		rc = sb_certificate_parse(a->root_certificate, &root);
	if (rc == SB_OK && sb_certificate_check(leaf, root, a->now, EKU_CLIENT) != SB_OK)
		rc = SB_E_NOT_FOUND;
	if (rc == SB_OK)
		rc = sb_certificate_common_name(leaf, card, sizeof card);
	if (rc == SB_OK)
		rc = a->registry->ops->credential_get(a->registry, card, &credential);
	if (rc == SB_OK)
		rc = sb_registry_card_check(a->registry, &credential);
	if (rc == SB_OK && (credential.state != SB_CREDENTIAL_VALID || credential.expires <= a->now))
		rc = SB_E_REMOVED;
	if (rc == SB_OK)
		*resident = credential.resident;
	sb_certificate_free(&leaf);
	sb_certificate_free(&root);
	return rc;
}

static int fail_unknown(struct sb_failure *f)
{
	sb_fail(f, SB_EXIT_REFUSED, "certificate", "certificate", _("This certificate is registered to nobody here. A clerk registers it: member certificate"));
	snprintf(f->rule, sizeof f->rule, "unknown");
	return SB_EXIT_REFUSED;
}

static int find_resident(struct applying *a, const struct login_certificates *c, const char **how, int64_t *resident, struct sb_failure *f)
{
	uint8_t fingerprint[SB_FINGERPRINT];
	int rc = find_card(a, c, resident);

	*how = "card";
	if (rc == SB_OK)
		return SB_EXIT_OK;
	if (rc == SB_E_REMOVED) {
		sb_fail(f, SB_EXIT_REFUSED, "certificate", "certificate", _("The card of this certificate is suspended, revoked or expired."));
		snprintf(f->rule, sizeof f->rule, "card");
		return SB_EXIT_REFUSED;
	}
	if (rc == SB_E_CORRUPT && *a->registry->damaged)
		return admin_fail(rc, "registry.db", f);
	*how = login_certificate.name;
	rc = login_certificate_fingerprint(sb_bytes_slice(&c->leaf), fingerprint);
	if (rc == SB_OK)
		rc = a->registry->apply->certificate_get(a->registry, fingerprint, resident);
	if (rc == SB_E_NOT_FOUND)
		return fail_unknown(f);
	return rc == SB_OK ? login_certificate_trusted(a->root, c, a->now, f) : admin_fail(rc, "registry.db", f);
}

static int answer(struct applying *a, const char *text, struct sb_failure *f)
{
	struct login_certificates c = {0};
	int64_t resident = 0;
	const char *how;
	int rc = SB_EXIT_OK;

	if (!apply_text(a, LOGIN, "challenge") || expires(a) <= a->now)
		return sb_fail(f, SB_EXIT_NOT_NOW, "no_challenge", "signed", _("There is no challenge, or it has run out. Ask for one: apply login --kind certificate"));
	/* A JWS begins with the base64url of its header, {". */
	if ((strncmp(text, "eyJ", 3) == 0 ? take_jws : take_cms)(a, text, &c) != SB_OK)
		rc = fail_signature(f);
	if (rc == SB_EXIT_OK)
		rc = find_resident(a, &c, &how, &resident, f);
	login_certificates_free(&c);
	return rc == SB_EXIT_OK ? login_done_as(a, how, resident, f) : rc;
}

static int sign_in(struct applying *a, struct sb_failure *f)
{
	const json_t *given = json_object_get(a->input, "signed");

	if (!given)
		return challenge(a, f);
	return json_is_string(given) ? answer(a, json_string_value(given), f) : fail_signature(f);
}

const struct login_kind login_certificate = {"certificate", NULL, sign_in, NULL};
