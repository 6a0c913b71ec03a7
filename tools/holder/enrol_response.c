/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "holder/enrol.h"

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

int holder_check_response(struct sb_p11 *p11, const json_t *inside, struct holder_response *response, struct sb_failure *f)
{
	uint8_t presentation[65], authentication[65];
	int rc = sb_p11_public_point(p11, HOLDER_PRESENTATION, presentation, f);

	if (rc == SB_EXIT_OK)
		rc = sb_p11_public_point(p11, HOLDER_AUTHENTICATION, authentication, f);
	return rc == SB_EXIT_OK ? holder_response_check(inside, presentation, authentication, response, f) : rc;
}

int holder_open_response(struct sb_p11 *p11, const char *box_name, const json_t *json, json_t **inside, struct sb_failure *f)
{
	struct sb_bytes box = {0};
	const char *field = "";
	char application[40];
	int rc = sb_p11_get_data(p11, HOLDER_APPLICATION, box_name, &box, f);

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
		rc = holder_fail_device(field, f);
out:
	sb_bytes_free(&box);
	return rc;
}

static int open_response(struct storing *s, const json_t *json, struct sb_failure *f)
{
	int rc = holder_open_response(s->p11, HOLDER_BOX, json, &s->inside, f);

	if (rc == SB_EXIT_OK || strcmp(f->error, "not_found") != 0)
		return rc;
	return sb_fail(f, SB_EXIT_NOT_NOW, "no_request", NULL,
		_("This device waits for no response: the card is stored already (sinbun show), or no request was made (sinbun enrol --offer FILE --request FILE)."));
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
		rc = holder_token_login(p, &s.p11, &pin, f);
	if (rc == SB_EXIT_OK)
		rc = open_response(&s, json, f);
	if (rc == SB_EXIT_OK)
		rc = holder_check_response(s.p11, s.inside, &s.response, f);
	if (rc == SB_EXIT_OK)
		rc = holder_store(s.p11, s.inside, &s.response, result, f);
	if (rc == SB_EXIT_OK)
		rc = sb_p11_delete_data(s.p11, HOLDER_APPLICATION, HOLDER_BOX, f);
	if (rc == SB_EXIT_OK)
		tell(p, &s.response, result);
	json_decref(json);
	json_decref(s.inside);
	holder_response_free(&s.response);
	sb_secret_clear(&pin);
	sb_p11_close(&s.p11);
	return rc;
}
