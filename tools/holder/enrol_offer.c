/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "holder/enrol.h"
#include "holder/puk.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "crypto/aead.h"
#include "crypto/secret.h"
#include "formats/enrolment.h"
#include "formats/jws.h"

/* First step: a token with a PIN, two key pairs made inside it, and the request that proves them. A cut at any point can be
 * repeated: a token without a PIN is worth nothing and is made anew; one with a PIN is gone on with. */

enum { BOX_SIZE = 64 };

struct enrolment {
	struct sb_program *p;
	struct sb_offer offer;
	struct sb_p11 *p11;
	struct sb_secret pin;
	char *puk; /* guarded, HOLDER_PUK_SIZE bytes; "" when this run made none */
	char note[4096]; /* path: the PUK, from before the token exists until it has been given to the holder */
};

static int fail_storage(const char *path, int error, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_STORAGE, "cannot_write", path, _("%s cannot be written: %s."), path, _(sb_error_text(error)));
}

/* Reads the note of an enrolment that was cut short. */
static bool read_note(struct enrolment *e)
{
	struct sb_bytes text = {0};
	bool good = sb_file_read(e->note, HOLDER_PUK_SIZE - 1, &text) == SB_OK && text.len == HOLDER_PUK_SIZE - 1;

	if (good)
		memcpy(e->puk, text.data, HOLDER_PUK_SIZE - 1);
	sb_bytes_free(&text);
	return good;
}

static int read_offer(struct enrolment *e, struct sb_failure *f)
{
	const char *path = sb_program_text(e->p, "--offer"), *field;
	json_t *json;
	int rc = holder_read_json(path, "--offer", "bad_offer", &json, f);

	if (rc != SB_EXIT_OK)
		return rc;
	if (sb_offer_parse(json, &e->offer, &field) != SB_OK)
		rc = sb_fail(f, SB_EXIT_DATA, "bad_offer", field, _("%s is no offer of this kind: \"%s\" is missing or wrong. Ask the registrar for a new one."),
			path, field);
	else if (e->offer.expires <= time(NULL))
		rc = sb_fail(f, SB_EXIT_NOT_NOW, "offer_expired", "expires", _("The offer has run out: it is good for ten minutes. Ask the registrar for a new one."));
	json_decref(json);
	return rc;
}

/* The token and its PIN. A refused PIN leaves nothing behind, so that the same offer works again. */
static int make_token(struct enrolment *e, struct sb_failure *f)
{
	struct sb_slice puk = sb_slice(e->puk, HOLDER_PUK_SIZE - 1);
	struct sb_failure ignored;
	bool terminal = sb_program_number(e->p, "--pin-fd", -1) < 0;
	int rc, wrote;

	holder_puk_make(e->puk);
	wrote = sb_file_write(e->note, e->puk, HOLDER_PUK_SIZE - 1, 0600);
	if (wrote != SB_OK)
		return fail_storage(e->note, wrote, f);
	rc = sb_p11_init_token(e->p11, HOLDER_TOKEN, puk, f);
	for (int i = 0; rc == SB_EXIT_OK; i++) {
		rc = sb_p11_init_pin(e->p11, puk, e->offer.birth_date, sb_slice(e->pin.text, e->pin.len), f);
		if (rc == SB_EXIT_OK || strcmp(f->error, "pin_refused") != 0 || !terminal || i + 1 == HOLDER_PIN_ATTEMPTS)
			break;
		sb_warn(e->p, "%s", f->message);
		sb_secret_clear(&e->pin);
		rc = sb_secret_ask(e->p, SB_SECRET_NEW_PIN, "--pin-fd", &e->pin, f);
	}
	if (rc != SB_EXIT_OK && sb_p11_remove_token(e->p11, puk, &ignored) == SB_EXIT_OK)
		unlink(e->note);
	return rc;
}

/* Readable without the PIN, so nobody is asked for one in vain. */
static int refuse_second_card(struct enrolment *e, struct sb_failure *f)
{
	struct sb_bytes der = {0};
	int rc = sb_p11_get_certificate(e->p11, HOLDER_AUTHENTICATION, &der, f);

	sb_bytes_free(&der);
	if (rc == SB_EXIT_OK)
		return sb_fail(f, SB_EXIT_NOT_NOW, "already_enrolled", NULL,
			_("This device has a card already. See it with: sinbun show. For a new one, have the registrar revoke it and use an empty --home."));
	return strcmp(f->error, "not_found") == 0 ? SB_EXIT_OK : rc;
}

static int remove_unfinished(struct enrolment *e, bool noted, struct sb_failure *f)
{
	if (!noted)
		return sb_fail(f, SB_EXIT_NOT_NOW, "unfinished_token", HOLDER_TOKEN,
			_("A token \"%s\" without a PIN stands here, and its unblocking code is not known. Give it up first: sinbun-admin --registry '%s' token list, then token remove --force SERIAL"),
			HOLDER_TOKEN, sb_program_root(e->p));
	return sb_p11_remove_token(e->p11, sb_slice(e->puk, HOLDER_PUK_SIZE - 1), f);
}

static int ask(struct enrolment *e, enum sb_secret_kind kind, struct sb_failure *f)
{
	return sb_secret_ask(e->p, kind, "--pin-fd", &e->pin, f);
}

/* What stands on this device already? Looked at before anything is asked: a first step that is repeated wants the PIN it has set. */
static int prepare_token(struct enrolment *e, struct sb_failure *f)
{
	bool pin_set, noted = read_note(e);
	int rc;

	if (sb_p11_has(e->p11, HOLDER_TOKEN, &pin_set)) {
		rc = sb_p11_select(e->p11, HOLDER_TOKEN, f);
		if (rc == SB_EXIT_OK && pin_set) {
			rc = refuse_second_card(e, f);
			return rc == SB_EXIT_OK ? ask(e, SB_SECRET_PIN, f) : rc;
		}
		if (rc == SB_EXIT_OK)
			rc = remove_unfinished(e, noted, f);
	} else
		rc = sb_p11_readable(e->p11, f); /* before the note of a damaged one's unblocking code is written over */
	if (rc == SB_EXIT_OK)
		rc = ask(e, SB_SECRET_NEW_PIN, f);
	return rc == SB_EXIT_OK ? make_token(e, f) : rc;
}

static int ensure_keys(struct enrolment *e, struct sb_enrol_request *r, struct sb_failure *f)
{
	const struct {
		struct sb_p11_key_spec spec;
		uint8_t *point;
	} keys[] = {
		{{HOLDER_PRESENTATION, HOLDER_PRESENTATION_ID, true, false}, r->presentation_point},
		{{HOLDER_AUTHENTICATION, HOLDER_AUTHENTICATION_ID, false, true}, r->authentication_point},
	};
	int rc = SB_EXIT_OK;

	for (size_t i = 0; rc == SB_EXIT_OK && i < 2; i++)
		rc = sb_p11_has_key(e->p11, keys[i].spec.label) ? sb_p11_public_point(e->p11, keys[i].spec.label, keys[i].point, f)
								: sb_p11_generate_key(e->p11, &keys[i].spec, keys[i].point, f);
	return rc;
}

static int new_box(struct enrolment *e, struct sb_bytes *value, struct sb_failure *f)
{
	uint8_t *raw = sb_bytes_extend(value, BOX_SIZE);
	int rc = raw ? sb_box_keypair(raw + 32, raw) : SB_E_NOMEM;

	if (rc == SB_OK)
		rc = sb_bytes_append_text(value, e->offer.application);
	if (rc != SB_OK)
		return sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	return sb_p11_put_data(e->p11, HOLDER_APPLICATION, HOLDER_BOX, sb_bytes_slice(value), true, f);
}

/* The key that the response is sealed to. The same offer keeps it, so that a response to an earlier copy of the request still opens. */
static int ensure_box(struct enrolment *e, struct sb_enrol_request *r, struct sb_failure *f)
{
	struct sb_slice application = sb_slice(e->offer.application, strlen(e->offer.application));
	struct sb_bytes value = {0};
	int rc = sb_p11_get_data(e->p11, HOLDER_APPLICATION, HOLDER_BOX, &value, f);

	if (rc == SB_EXIT_OK && (value.len <= BOX_SIZE ||
					!sb_slice_equal(application, sb_slice(value.data + BOX_SIZE, value.len - BOX_SIZE)))) {
		sb_warn(e->p, "%s", _("This is another offer than the one before: the earlier request is void, and no response to it can be taken in."));
		sb_bytes_free(&value);
		rc = new_box(e, &value, f);
	} else if (rc != SB_EXIT_OK && strcmp(f->error, "not_found") == 0)
		rc = new_box(e, &value, f);
	if (rc == SB_EXIT_OK)
		memcpy(r->box, value.data + 32, sizeof r->box);
	sb_bytes_free(&value);
	return rc;
}

static int prove(struct enrolment *e, const char *label, const uint8_t point[65], struct sb_slice box, struct sb_bytes *out,
	struct sb_failure *f)
{
	struct sb_proof proof = {e->offer.issuer, e->offer.nonce, box};
	struct sb_signer signer;
	int rc = sb_p11_signer(e->p11, label, &signer, f);

	if (rc == SB_EXIT_OK && sb_proof_make(point, &proof, time(NULL), &signer, out) != SB_OK) {
		*f = *sb_p11_signer_failure(e->p11);
		rc = *f->error ? (int)f->exit : sb_fail(f, SB_EXIT_TOKEN, "token_error", label, _("The key \"%s\" cannot sign."), label);
	}
	return rc;
}

static int write_request(struct enrolment *e, struct sb_enrol_request *r, struct sb_failure *f)
{
	const char *path = sb_program_text(e->p, "--request");
	struct sb_slice box = sb_slice(r->box, sizeof r->box);
	struct sb_bytes proofs[2] = {{0}};
	json_t *json = NULL;
	char *text = NULL;
	int rc = prove(e, HOLDER_PRESENTATION, r->presentation_point, box, &proofs[0], f), wrote;

	if (rc == SB_EXIT_OK)
		rc = prove(e, HOLDER_AUTHENTICATION, r->authentication_point, box, &proofs[1], f);
	if (rc == SB_EXIT_OK) {
		r->presentation_proof = sb_bytes_slice(&proofs[0]);
		r->authentication_proof = sb_bytes_slice(&proofs[1]);
		json = sb_enrol_request_make(r);
		text = json ? json_dumps(json, JSON_COMPACT) : NULL;
		wrote = text ? sb_file_write(path, text, strlen(text), 0600) : SB_E_NOMEM;
		if (wrote != SB_OK)
			rc = fail_storage(path, wrote, f);
	}
	json_decref(json);
	sb_text_free(&text);
	sb_bytes_free(&proofs[0]);
	sb_bytes_free(&proofs[1]);
	return rc;
}

/* The unblocking code goes to the holder once; then the note of it is erased. */
static int give_puk(struct enrolment *e, struct sb_failure *f)
{
	const char *path = sb_program_text(e->p, "--puk-out");
	struct sb_bytes line = {0};
	int rc = SB_OK, told;

	if (!*e->puk)
		return SB_EXIT_OK;
	if (path) {
		rc = sb_bytes_append_text(&line, e->puk);
		if (rc == SB_OK)
			rc = sb_bytes_append_byte(&line, '\n');
		if (rc == SB_OK)
			rc = sb_file_write(path, line.data, line.len, 0600);
		sb_bytes_free(&line);
	} else
		sb_say(e->p, _("\nUnblocking code (PUK): %s\nWrite it down and keep it away from this device: it is shown only now, and sets a new PIN when the old one is forgotten.\n\n"),
			e->puk);
	if (rc != SB_OK)
		return fail_storage(path, rc, f);
	/* Erased only once it is known to be out. */
	told = path ? SB_OK : sb_told();
	if (told != SB_OK)
		return sb_fail(f, SB_EXIT_STORAGE, "cannot_write", "stdout",
			_("The unblocking code could not be shown: standard output cannot be written: %s. Nothing is lost: run the same command again."),
			_(sb_error_text(told)));
	unlink(e->note);
	return SB_EXIT_OK;
}

static int steps(struct enrolment *e, struct sb_failure *f)
{
	struct sb_enrol_request r = {0};
	int rc = sb_p11_make(e->p, SB_PROFILE_IDENTITY, &e->p11, f);

	snprintf(e->note, sizeof e->note, "%s/enrolment.puk", sb_program_root(e->p));
	snprintf(r.application, sizeof r.application, "%s", e->offer.application);
	if (rc == SB_EXIT_OK)
		rc = prepare_token(e, f);
	if (rc == SB_EXIT_OK)
		rc = sb_p11_login(e->p11, sb_slice(e->pin.text, e->pin.len), f);
	if (rc == SB_EXIT_OK)
		rc = ensure_keys(e, &r, f);
	if (rc == SB_EXIT_OK)
		rc = ensure_box(e, &r, f);
	if (rc == SB_EXIT_OK)
		rc = write_request(e, &r, f);
	return rc == SB_EXIT_OK ? give_puk(e, f) : rc;
}

int holder_enrol_offer(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct enrolment e = {.p = p, .puk = sb_secret_new(HOLDER_PUK_SIZE)};
	int rc;

	if (!e.puk)
		return sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	if (sb_program_json(p) && !sb_program_text(p, "--puk-out"))
		rc = sb_fail(f, SB_EXIT_USAGE, "usage", "--puk-out", _("With --json the unblocking code needs --puk-out FILE: it is never printed as JSON."));
	else
		rc = read_offer(&e, f);
	if (rc == SB_EXIT_OK)
		rc = steps(&e, f);
	if (rc == SB_EXIT_OK) {
		json_object_set_new(result, "application", json_string(e.offer.application));
		sb_say(p, _("The keys are made. Take %s to the registrar; then run: sinbun enrol --response FILE\n"),
			sb_program_text(p, "--request"));
	}
	sb_p11_close(&e.p11);
	sb_secret_clear(&e.pin);
	sb_secret_free((void **)&e.puk);
	return rc;
}
