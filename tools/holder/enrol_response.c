/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "holder/enrol.h"

#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "common/i18n.h"
#include "crypto/aead.h"
#include "crypto/certificate.h"
#include "formats/enrolment.h"

/* Second step: what the registrar sealed to this device becomes objects of the token. Everything is checked before anything is
 * stored; the box key goes last, so that a cut in between can be repeated. */

enum { BOX_SIZE = 64 };

struct storing {
	struct sb_p11 *p11;
	json_t *inside;
	uint8_t presentation[65], authentication[65];
	struct sb_bytes certificate;
	char card[64];
	int64_t expires;
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

/* The certificate is for this token's authentication key. */
static int check_certificate(struct storing *s, struct sb_failure *f)
{
	struct sb_certificate *c = NULL;
	uint8_t point[65];
	int64_t from;
	int rc = decode(json_array_get(json_object_get(s->inside, "x509"), 0), sb_base64_decode, &s->certificate);

	if (rc == SB_OK)
		rc = sb_certificate_parse(sb_bytes_slice(&s->certificate), &c);
	if (rc == SB_OK)
		rc = sb_certificate_point(c, point);
	if (rc == SB_OK)
		rc = sb_certificate_common_name(c, s->card, sizeof s->card);
	if (rc == SB_OK)
		rc = sb_certificate_validity(c, &from, &s->expires);
	sb_certificate_free(&c);
	return rc == SB_OK && memcmp(point, s->authentication, sizeof point) == 0 ? SB_EXIT_OK : fail_foreign("x509", f);
}

/* Each credential is bound to this token's presentation key. Other formats than today's are left for whoever knows them. */
static int check_credential(struct storing *s, const json_t *credential, struct sb_failure *f)
{
	struct sb_bytes token = {0};
	struct sb_sdcwt content;
	int rc;

	if (strcmp(json_string_value(json_object_get(credential, "format")), "sd-cwt") != 0)
		return SB_EXIT_OK;
	rc = decode(json_object_get(credential, "value"), sb_base64url_decode, &token);
	if (rc == SB_OK)
		rc = sb_sdcwt_parse(sb_bytes_slice(&token), &content);
	if (rc == SB_OK && memcmp(content.holder_point, s->presentation, sizeof s->presentation) != 0)
		rc = SB_E_SIGNATURE;
	sb_bytes_free(&token);
	return rc == SB_OK ? SB_EXIT_OK : fail_foreign("credentials", f);
}

static int store_credential(struct storing *s, const json_t *credential, struct sb_failure *f)
{
	struct sb_bytes token = {0};
	char label[96];
	int rc = SB_EXIT_OK;

	if (strcmp(json_string_value(json_object_get(credential, "format")), "sd-cwt") != 0)
		return rc;
	holder_object_name(label, sizeof label, "sd-cwt", json_string_value(json_object_get(credential, "set")));
	if (decode(json_object_get(credential, "value"), sb_base64url_decode, &token) != SB_OK)
		rc = fail_foreign("credentials", f);
	if (rc == SB_EXIT_OK)
		rc = sb_p11_put_data(s->p11, HOLDER_APPLICATION, label, sb_bytes_slice(&token), true, f);
	sb_bytes_free(&token);
	return rc;
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

/* The document type is the credentials'; the sets are what `present` can offer. */
static int store_meta(struct storing *s, json_t *result, struct sb_failure *f)
{
	json_t *sets = json_array(), *credential, *meta;
	const char *type = NULL;
	char *text;
	size_t i;
	int rc;

	json_array_foreach(json_object_get(s->inside, "credentials"), i, credential) {
		type = json_string_value(json_object_get(credential, "type"));
		json_array_append(sets, json_object_get(credential, "set"));
	}
	meta = json_pack("{s:s, s:s, s:I, s:o}", "type", type, "card", s->card, "expires", (json_int_t)s->expires, "sets", sets);
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
	json_t *credential;
	size_t i;
	int rc = sb_p11_public_point(s->p11, HOLDER_PRESENTATION, s->presentation, f);

	if (rc == SB_EXIT_OK)
		rc = sb_p11_public_point(s->p11, HOLDER_AUTHENTICATION, s->authentication, f);
	if (rc == SB_EXIT_OK)
		rc = check_certificate(s, f);
	json_array_foreach(json_object_get(s->inside, "credentials"), i, credential) {
		if (rc == SB_EXIT_OK)
			rc = check_credential(s, credential, f);
	}
	return rc;
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
		rc = sb_p11_put_certificate(s->p11, HOLDER_AUTHENTICATION, HOLDER_AUTHENTICATION_ID, sb_bytes_slice(&s->certificate), f);
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
		sb_say(p, _("The card %s is on this device. See it with: sinbun show\n"), sb_clean(s.card));
	json_decref(json);
	json_decref(s.inside);
	sb_bytes_free(&s.certificate);
	sb_secret_clear(&pin);
	sb_p11_close(&s.p11);
	return rc;
}
