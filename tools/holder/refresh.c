/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "holder/refresh.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/error.h"
#include "common/fields.h"
#include "common/i18n.h"
#include "crypto/aead.h"
#include "crypto/certificate.h"
#include "formats/enrolment.h"
#include "formats/jws.h"

/* `refresh`: the card's data as the registry has them now. The card's two keys ask for it; what comes back is taken whole or not at all. */

enum { BOX_SIZE = 64 };

static const char *card_number(const struct holder_card *card)
{
	const char *number = sb_json_text(card->meta, "card");

	return number ? number : "";
}

/* --- the request --- */

/* The same until its response is taken, so that a response to an earlier copy of the request still opens. */
static int ensure_box(struct holder_card *card, struct sb_enrol_request *r, struct sb_failure *f)
{
	struct sb_bytes value = {0};
	int rc = sb_p11_get_data(card->p11, HOLDER_APPLICATION, HOLDER_REFRESH_BOX, &value, f), made = SB_OK;
	uint8_t *raw;

	if (rc != SB_EXIT_OK && strcmp(f->error, "not_found") == 0) {
		raw = sb_bytes_extend(&value, BOX_SIZE);
		made = raw ? sb_box_keypair(raw + 32, raw) : SB_E_NOMEM;
		if (made == SB_OK)
			made = sb_bytes_append_text(&value, r->application);
		rc = made == SB_OK ? sb_p11_put_data(card->p11, HOLDER_APPLICATION, HOLDER_REFRESH_BOX, sb_bytes_slice(&value), true, f)
				   : sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	}
	if (rc == SB_EXIT_OK && value.len <= BOX_SIZE)
		rc = sb_fail(f, SB_EXIT_TOKEN, "token_error", HOLDER_REFRESH_BOX, _("The card on this device is damaged. Have it issued anew."));
	if (rc == SB_EXIT_OK)
		memcpy(r->box, value.data + 32, sizeof r->box);
	sb_bytes_free(&value);
	return rc;
}

static int fail_signature(struct holder_card *card, const char *label, struct sb_failure *f)
{
	*f = *sb_p11_signer_failure(card->p11);
	return *f->error ? (int)f->exit : sb_fail(f, SB_EXIT_TOKEN, "token_error", label, _("The key \"%s\" cannot sign."), label);
}

static int prove(struct holder_card *card, const char *label, const struct sb_proof *proof, uint8_t point[65], struct sb_bytes *out, struct sb_failure *f)
{
	struct sb_signer signer = card->signer;
	int rc = sb_p11_public_point(card->p11, label, point, f);

	if (rc == SB_EXIT_OK && strcmp(label, HOLDER_PRESENTATION) != 0)
		rc = sb_p11_signer(card->p11, label, &signer, f);
	if (rc == SB_EXIT_OK && sb_proof_make(point, proof, time(NULL), &signer, out) != SB_OK)
		rc = fail_signature(card, label, f);
	return rc;
}

/* Who issued the card is told by the address of the status list that it names. */
static int find_issuer(struct holder_card *card, struct sb_bytes *uri, struct sb_failure *f)
{
	struct sb_bytes token = {0};
	struct sb_sdcwt content;
	int rc = holder_card_set(card, holder_card_default_set(card), &token, f);

	if (rc == SB_EXIT_OK && (sb_sdcwt_parse(sb_bytes_slice(&token), &content) != SB_OK ||
					sb_bytes_append(uri, content.status_uri.data, content.status_uri.len) != SB_OK || sb_bytes_terminate(uri) != SB_OK))
		rc = sb_fail(f, SB_EXIT_TOKEN, "token_error", NULL, _("The credential in the token is damaged. Enrol again."));
	else if (rc == SB_EXIT_OK && content.exp <= time(NULL))
		rc = sb_fail(f, SB_EXIT_NOT_NOW, "expired", NULL, _("The card has expired. Have it issued anew at the counter."));
	sb_bytes_free(&token);
	return rc;
}

static int make_request(struct holder_card *card, struct sb_bytes *text, struct sb_failure *f)
{
	struct sb_enrol_request r = {0};
	struct sb_bytes issuer = {0}, proofs[2] = {{0}};
	char nonce[sizeof SB_REFRESH_NONCE + sizeof r.application];
	struct sb_proof proof;
	json_t *json = NULL;
	char *dumped = NULL;
	int rc = find_issuer(card, &issuer, f);

	snprintf(r.application, sizeof r.application, "%s", card_number(card));
	snprintf(nonce, sizeof nonce, SB_REFRESH_NONCE "%s", r.application);
	if (rc == SB_EXIT_OK)
		rc = ensure_box(card, &r, f);
	proof = (struct sb_proof){(const char *)issuer.data, nonce, sb_slice(r.box, sizeof r.box)};
	if (rc == SB_EXIT_OK)
		rc = prove(card, HOLDER_PRESENTATION, &proof, r.presentation_point, &proofs[0], f);
	if (rc == SB_EXIT_OK)
		rc = prove(card, HOLDER_AUTHENTICATION, &proof, r.authentication_point, &proofs[1], f);
	r.presentation_proof = sb_bytes_slice(&proofs[0]);
	r.authentication_proof = sb_bytes_slice(&proofs[1]);
	if (rc == SB_EXIT_OK) {
		json = sb_refresh_request_make(&r);
		dumped = json ? json_dumps(json, JSON_COMPACT) : NULL;
		if (!dumped || sb_bytes_append_text(text, dumped) != SB_OK)
			rc = sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	}
	json_decref(json);
	sb_text_free(&dumped);
	sb_bytes_free(&issuer);
	sb_bytes_free(&proofs[0]);
	sb_bytes_free(&proofs[1]);
	return rc;
}

static int write_request(struct sb_program *p, struct holder_card *card, const char *path, json_t *result, struct sb_failure *f)
{
	struct sb_bytes text = {0};
	int rc = make_request(card, &text, f);

	if (rc == SB_EXIT_OK)
		rc = holder_write("--request", path, sb_bytes_slice(&text), f);
	if (rc == SB_EXIT_OK) {
		json_object_set_new(result, "card", json_string(card_number(card)));
		sb_say(p, _("The request is in %s, good for ten minutes. At the registrar: sinbun-admin refresh. Then here: sinbun refresh --response FILE\n"), path);
	}
	sb_bytes_free(&text);
	return rc;
}

/* --- the response --- */

/* Whoever saw the request can seal to it: the root that came along must be the one that this card comes from. */
static int check_root(struct holder_card *card, const json_t *inside, struct sb_failure *f)
{
	const char *text = json_string_value(json_array_get(json_object_get(inside, "x509"), 2));
	struct sb_certificate *own = NULL, *root = NULL;
	struct sb_bytes own_der = {0}, root_der = {0};
	int rc = sb_p11_get_certificate(card->p11, HOLDER_AUTHENTICATION, &own_der, f);
	bool good = rc == SB_EXIT_OK && text && sb_base64_decode(text, strlen(text), &root_der) == SB_OK &&
		    sb_certificate_parse(sb_bytes_slice(&own_der), &own) == SB_OK && sb_certificate_parse(sb_bytes_slice(&root_der), &root) == SB_OK &&
		    sb_certificate_check(own, root, time(NULL), NULL) == SB_OK;

	sb_certificate_free(&own);
	sb_certificate_free(&root);
	sb_bytes_free(&own_der);
	sb_bytes_free(&root_der);
	if (rc != SB_EXIT_OK || good)
		return rc;
	return holder_fail_part("x509", _("it comes from another issuer than the card"), f);
}

static int check_card(struct holder_card *card, const json_t *inside, struct holder_response *response, struct sb_failure *f)
{
	int rc = holder_check_response(card->p11, inside, response, f);

	if (rc == SB_EXIT_OK && (strcmp(response->card, card_number(card)) != 0 || strcmp(response->type, card->document->id) != 0))
		rc = holder_fail_part("x509", _("it is for another card"), f);
	return rc == SB_EXIT_OK ? check_root(card, inside, f) : rc;
}

/* Of a picture its digest is a field of the codes, and the picture is named for it. */
static void add_change(json_t *changed, const struct sb_document *d, const char *name, struct sb_bytes *labels)
{
	const struct sb_element *e = sb_document_element(d, name);

	json_array_append_new(changed, json_string(name));
	if (labels->len)
		sb_bytes_append_text(labels, ", ");
	sb_bytes_append_text(labels, e ? sb_fields_label(e) : name);
}

/* By elements of the document type; a set of codes comes and goes with one of them. */
static json_t *compare(struct holder_card *card, const json_t *inside, struct sb_bytes *labels)
{
	const struct sb_document *d = card->document;
	json_t *changed = json_array();

	for (size_t i = 0; i < d->element_count; i++) {
		const json_t *now = json_object_get(json_object_get(inside, "fields"), d->elements[i].name);
		struct sb_bytes was = {0};
		struct sb_failure ignored;
		bool had = holder_card_field(card, d->elements[i].name, &was, &ignored) == SB_EXIT_OK;

		if (had != (now != NULL) || (now && !sb_slice_equal(sb_bytes_slice(&was), sb_slice(json_string_value(now), json_string_length(now)))))
			add_change(changed, d, d->elements[i].name, labels);
		sb_bytes_free(&was);
	}
	if (sb_bytes_terminate(labels) != SB_OK)
		labels->len = 0;
	return changed;
}

static int take(struct holder_card *card, const json_t *inside, const struct holder_response *response, json_t *result, struct sb_failure *f)
{
	int rc = holder_journal_write(card->p11, inside, response, f);

	return rc == SB_EXIT_OK ? holder_journal_move(card->p11, result, f) : rc;
}

static int open_response(struct holder_card *card, const json_t *json, json_t **inside, struct sb_failure *f)
{
	int rc = holder_open_response(card->p11, HOLDER_REFRESH_BOX, json, inside, f);

	if (rc == SB_EXIT_OK || strcmp(f->error, "not_found") != 0)
		return rc;
	return sb_fail(f, SB_EXIT_NOT_NOW, "no_request", NULL,
		_("This device waits for no such response: it is taken already (sinbun show), or no request was made (sinbun refresh --request FILE)."));
}

static int read_response(struct sb_program *p, struct holder_card *card, const json_t *json, json_t *result, struct sb_failure *f)
{
	struct holder_response response = {0};
	struct sb_bytes labels = {0};
	json_t *inside = NULL, *changed = NULL;
	int rc = open_response(card, json, &inside, f);

	if (rc == SB_EXIT_OK)
		rc = check_card(card, inside, &response, f);
	if (rc == SB_EXIT_OK) {
		changed = compare(card, inside, &labels);
		rc = take(card, inside, &response, result, f);
	}
	if (rc == SB_EXIT_OK && json_array_size(changed))
		sb_say(p, _("The card is refreshed. Changed: %s\n"), labels.len ? sb_clean((const char *)labels.data) : "");
	else if (rc == SB_EXIT_OK)
		sb_say(p, "%s\n", _("Nothing on the card has changed."));
	if (rc == SB_EXIT_OK)
		json_object_set(result, "changed", changed);
	json_decref(changed);
	json_decref(inside);
	sb_bytes_free(&labels);
	holder_response_free(&response);
	return rc;
}

static int take_response(struct sb_program *p, struct holder_card *card, const char *path, json_t *result, struct sb_failure *f)
{
	json_t *json;
	int fd = -1, rc = holder_read_json(path, "--response", "bad_response", &json, f);

	if (rc == SB_EXIT_OK)
		rc = holder_journal_lock(p, &fd, f);
	if (rc == SB_EXIT_OK)
		rc = read_response(p, card, json, result, f);
	json_decref(json);
	if (fd >= 0)
		close(fd);
	return rc;
}

static int refresh(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	const char *request = sb_program_text(p, "--request"), *response = sb_program_text(p, "--response");
	struct holder_card card;
	int rc;

	if (!request == !response)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--request",
			_("Either --request FILE (first step) or --response FILE (second step) is needed."));
	rc = holder_card_open(p, &card, f);
	if (rc != SB_EXIT_OK)
		return rc;
	rc = request ? write_request(p, &card, request, result, f) : take_response(p, &card, response, result, f);
	holder_card_close(&card);
	return rc;
}

static const struct sb_option options[] = {
	{"--request", SB_OPTION_FILE, "FILE", N_("where to write the request for the registrar (first step)"), false},
	{"--response", SB_OPTION_FILE, "FILE", N_("the registrar's response (second step)"), false},
	{0},
};

const struct sb_verb holder_refresh = {"refresh", "", 0, 0, N_("bring the card's data up to date: a new address, over 19"), options, refresh};
