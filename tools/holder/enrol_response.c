/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "holder/enrol.h"

#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "common/i18n.h"
#include "crypto/aead.h"
#include "formats/enrolment.h"

/* Second step: what the registrar sealed to this device becomes objects of the token. Everything is checked before anything is
 * stored; the box key goes last, so that a cut in between can be repeated. */

enum { BOX_SIZE = 64 };

struct storing {
	struct sb_p11 *p11;
	json_t *inside;
	struct holder_response response;
};

static int fail_foreign(const char *field, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_DATA, "foreign_response", field,
		_("This response is for another device or another request, or it was altered (%s). Nothing was stored."), field);
}

static int decode(const json_t *text, int (*codec)(const char *, size_t, struct sb_bytes *), struct sb_bytes *out)
{
	return codec(json_string_value(text), json_string_length(text), out);
}

bool holder_is_format(const json_t *credential, const char *format)
{
	return strcmp(json_string_value(json_object_get(credential, "format")), format) == 0;
}

/* Names of the objects of credentials: sets by set, documents by type. What is text stays text. */
static const struct {
	const char *format, *kind, *by;
	bool binary; /* in base64url */
} kept[] = {{"sd-cwt", "sd-cwt", "set", true}, {"mso_mdoc", HOLDER_MDOC, "type", true}, {"dc+sd-jwt", HOLDER_SDJWT, "type", false}};

static int store_as(struct storing *s, size_t how, const json_t *credential, struct sb_failure *f)
{
	const json_t *value = json_object_get(credential, "value");
	struct sb_bytes token = {0};
	char label[96];
	int rc = SB_EXIT_OK, got;

	holder_object_name(label, sizeof label, kept[how].kind, json_string_value(json_object_get(credential, kept[how].by)));
	got = kept[how].binary ? decode(value, sb_base64url_decode, &token)
			       : sb_bytes_append(&token, json_string_value(value), json_string_length(value));
	if (got != SB_OK)
		rc = fail_foreign("credentials", f);
	if (rc == SB_EXIT_OK)
		rc = sb_p11_put_data(s->p11, HOLDER_APPLICATION, label, sb_bytes_slice(&token), true, f);
	sb_bytes_free(&token);
	return rc;
}

static int store_credential(struct storing *s, const json_t *credential, struct sb_failure *f)
{
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		if (holder_is_format(credential, kept[i].format))
			return store_as(s, i, credential, f);
	return SB_EXIT_OK;
}

static int store_fields(struct storing *s, struct sb_failure *f)
{
	const json_t *portrait = json_object_get(s->inside, "portrait");
	struct sb_bytes picture = {0};
	char label[96];
	const char *name;
	json_t *value;
	int rc = SB_EXIT_OK;

	json_object_foreach(json_object_get(s->inside, "fields"), name, value) {
		holder_object_name(label, sizeof label, "field", name);
		if (rc == SB_EXIT_OK)
			rc = sb_p11_put_data(s->p11, HOLDER_APPLICATION, label,
				sb_slice(json_string_value(value), json_string_length(value)), true, f);
	}
	if (rc == SB_EXIT_OK && json_is_string(portrait)) {
		rc = decode(portrait, sb_base64_decode, &picture) == SB_OK
			     ? sb_p11_put_data(s->p11, HOLDER_APPLICATION, HOLDER_PORTRAIT, sb_bytes_slice(&picture), true, f)
			     : fail_foreign("portrait", f);
		sb_bytes_free(&picture);
	}
	return rc;
}

/* The sets and documents are what `present` can offer. */
static int store_meta(struct storing *s, json_t *result, struct sb_failure *f)
{
	json_t *sets = json_array(), *documents = json_array(), *credential, *meta;
	char *text;
	size_t i;
	int rc;

	json_array_foreach(json_object_get(s->inside, "credentials"), i, credential) {
		if (holder_is_format(credential, "sd-cwt"))
			json_array_append(sets, json_object_get(credential, "set"));
		if (holder_is_format(credential, "mso_mdoc"))
			json_array_append(documents, json_object_get(credential, "type"));
	}
	meta = json_pack("{s:s, s:s, s:I, s:o, s:o}", "type", s->response.type, "card", s->response.card, "expires",
		(json_int_t)s->response.expires, "sets", sets, "documents", documents);
	text = meta ? json_dumps(meta, JSON_COMPACT) : NULL;
	rc = text ? sb_p11_put_data(s->p11, HOLDER_APPLICATION, HOLDER_META, sb_slice(text, strlen(text)), true, f)
		  : sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	if (rc == SB_EXIT_OK)
		json_object_update(result, meta);
	json_decref(meta);
	sb_text_free(&text);
	return rc;
}

static int check_all(struct storing *s, struct sb_failure *f)
{
	uint8_t presentation[65], authentication[65];
	int rc = sb_p11_public_point(s->p11, HOLDER_PRESENTATION, presentation, f);

	if (rc == SB_EXIT_OK)
		rc = sb_p11_public_point(s->p11, HOLDER_AUTHENTICATION, authentication, f);
	return rc == SB_EXIT_OK ? holder_response_check(s->inside, presentation, authentication, &s->response, f) : rc;
}

static int store_all(struct storing *s, json_t *result, struct sb_failure *f)
{
	json_t *credential;
	size_t i;
	int rc = store_fields(s, f);

	json_array_foreach(json_object_get(s->inside, "credentials"), i, credential) {
		if (rc == SB_EXIT_OK)
			rc = store_credential(s, credential, f);
	}
	if (rc == SB_EXIT_OK)
		rc = store_meta(s, result, f);
	if (rc == SB_EXIT_OK)
		rc = sb_p11_put_certificate(s->p11, HOLDER_AUTHENTICATION, HOLDER_AUTHENTICATION_ID, sb_bytes_slice(&s->response.certificate), f);
	return rc == SB_EXIT_OK ? sb_p11_delete_data(s->p11, HOLDER_APPLICATION, HOLDER_BOX, f) : rc;
}

/* Opens the seal with the key that the request named. */
static int open_response(struct sb_p11 *p11, const json_t *json, json_t **inside, struct sb_failure *f)
{
	struct sb_bytes box = {0};
	const char *field = "";
	char application[40];
	int rc = sb_p11_get_data(p11, HOLDER_APPLICATION, HOLDER_BOX, &box, f);

	if (rc != SB_EXIT_OK && strcmp(f->error, "not_found") == 0)
		rc = sb_fail(f, SB_EXIT_NOT_NOW, "no_request", NULL,
			_("This device waits for no response: the card is stored already (sinbun show), or no request was made (sinbun enrol --offer FILE --request FILE)."));
	if (rc != SB_EXIT_OK)
		goto out;
	rc = box.len > BOX_SIZE ? sb_response_open(json, box.data + 32, box.data, application, inside, &field) : SB_E_CORRUPT;
	if (rc == SB_OK && (strlen(application) != box.len - BOX_SIZE || memcmp(application, box.data + BOX_SIZE, box.len - BOX_SIZE) != 0)) {
		field = "application";
		rc = SB_E_CORRUPT;
	}
	if (rc == SB_E_FORMAT)
		rc = sb_fail(f, SB_EXIT_DATA, "bad_response", field, _("The file is no response of this kind: \"%s\" is missing or wrong."), field);
	else if (rc != SB_OK)
		rc = fail_foreign(field, f);
out:
	sb_bytes_free(&box);
	return rc;
}

/* The root's digest is for comparing with what the issuer publishes: nothing else here tells one issuer from another. */
static void tell(struct sb_program *p, const struct holder_response *r, json_t *result)
{
	struct sb_bytes hex = {0};

	if (sb_hex_encode(r->root_sha256, sizeof r->root_sha256, &hex) == SB_OK && sb_bytes_terminate(&hex) == SB_OK) {
		json_object_set_new(result, "root_sha256", json_string((const char *)hex.data));
		sb_say(p, _("Root certificate (SHA-256): %s\n"), (const char *)hex.data);
	}
	sb_bytes_free(&hex);
	sb_say(p, _("The card %s is on this device. See it with: sinbun show\n"), sb_clean(r->card));
}

int holder_enrol_response(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct storing s = {0};
	struct sb_secret pin = {0};
	json_t *json = NULL;
	int rc = holder_read_json(sb_program_text(p, "--response"), "--response", "bad_response", &json, f);

	if (rc == SB_EXIT_OK)
		rc = holder_token_open(p, &s.p11, f);
	if (rc == SB_EXIT_OK)
		rc = sb_secret_ask(p, SB_SECRET_PIN, "--pin-fd", &pin, f);
	if (rc == SB_EXIT_OK)
		rc = sb_p11_login(s.p11, sb_slice(pin.text, pin.len), f);
	if (rc == SB_EXIT_OK)
		rc = open_response(s.p11, json, &s.inside, f);
	if (rc == SB_EXIT_OK)
		rc = check_all(&s, f);
	if (rc == SB_EXIT_OK)
		rc = store_all(&s, result, f);
	if (rc == SB_EXIT_OK)
		tell(p, &s.response, result);
	json_decref(json);
	json_decref(s.inside);
	holder_response_free(&s.response);
	sb_secret_clear(&pin);
	sb_p11_close(&s.p11);
	return rc;
}
