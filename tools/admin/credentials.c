/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/credentials.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "base/error.h"
#include "common/i18n.h"
#include "crypto/random.h"
#include "formats/jws.h"
#include "formats/sdcwt.h"
#include "formats/x509.h"

/* From a resident to what the document types' files say: disclosure sets, documents, certificates. */

enum { SERIAL = 16 };

static json_t *encoded(const void *data, size_t len, int (*codec)(const void *, size_t, struct sb_bytes *))
{
	struct sb_bytes text = {0};
	json_t *json = codec(data, len, &text) == SB_OK ? json_stringn((const char *)text.data, text.len) : NULL;

	sb_bytes_free(&text);
	return json;
}

static int fail_lacks(const char *element, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_DATA, "missing", element, _("The registry lacks \"%s\" of this resident, which the card must have."), element);
}

static int fail_memory(struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
}

/* One claim in the form that its type has in CBOR. raw holds decoded bytes while the token is made. */
static int make_claim(const struct sb_element *e, const json_t *value, struct sb_claim *claim, struct sb_bytes *raw)
{
	const char *text = json_string_value(value);

	*claim = (struct sb_claim){.key = e->claim_key, .type = SB_CLAIM_TEXT, .bytes = sb_slice(text, strlen(text))};
	if (e->type == SB_ELEMENT_BOOL) {
		claim->type = SB_CLAIM_BOOL;
		claim->number = strcmp(text, "true") == 0;
	}
	if (e->type == SB_ELEMENT_IMAGE) {
		int rc = sb_base64url_decode(text, strlen(text), raw);

		claim->type = SB_CLAIM_BYTES;
		claim->bytes = sb_bytes_slice(raw);
		return rc;
	}
	return SB_OK;
}

static int make_sdcwt(struct issuing *g, const struct sb_disclosure_set *set, const json_t *fields, struct sb_bytes *out)
{
	struct sb_bytes raw = {0};
	struct sb_sdcwt content = {
		.iat = time(NULL),
		.exp = g->credential.expires,
		.vct = g->document->vct_number,
		.status_index = g->credential.status_index,
		.status_uri = sb_slice(g->a->status_uri, strlen(g->a->status_uri)),
	};
	int rc = SB_OK;

	memcpy(content.kid, g->a->kid, sizeof content.kid);
	memcpy(content.holder_point, g->request.presentation_point, sizeof content.holder_point);
	for (size_t i = 0; rc == SB_OK && i < set->element_count; i++) {
		const struct sb_element *e = &g->document->elements[set->elements[i]];
		const json_t *value = json_object_get(fields, e->name);

		/* One image per set has room in raw; what the resident does not have is left out. */
		if (value)
			rc = make_claim(e, value, &content.claims[content.claim_count++], &raw);
	}
	if (rc == SB_OK)
		rc = sb_sdcwt_issue(&content, &g->a->signer, out);
	sb_bytes_free(&raw);
	return rc;
}

static bool set_applies(const struct sb_disclosure_set *set, const json_t *fields)
{
	const char *value = set->only_if ? sb_json_text(fields, set->only_if) : "true";

	return value && strcmp(value, "true") == 0;
}

static int make_sets(struct issuing *g, const json_t *fields, json_t *credentials, struct sb_failure *f)
{
	for (size_t i = 0; i < g->document->set_count; i++) {
		const struct sb_disclosure_set *set = &g->document->sets[i];
		struct sb_bytes token = {0};
		int rc;

		if (!set_applies(set, fields))
			continue;
		rc = make_sdcwt(g, set, fields, &token);
		if (rc == SB_OK)
			json_array_append_new(credentials, json_pack("{s:s, s:s, s:s, s:o}", "type", g->document->id, "format", "sd-cwt", "set",
								   set->name, "value", encoded(token.data, token.len, sb_base64url_encode)));
		sb_bytes_free(&token);
		if (rc != SB_OK)
			return admin_fail_signature(g->a, rc, f);
	}
	return SB_EXIT_OK;
}

/* For the authentication key; readable without a PIN, so its subject is the card's number and nothing of the person. */
static int make_certificate(struct issuing *g, struct sb_bytes *der, struct sb_failure *f)
{
	char root_name[256];
	struct sb_signer root;
	uint8_t root_point[65];
	struct sb_bytes country = {0};
	struct sb_x509_request r = {
		.kind = SB_X509_HOLDER,
		.serial_len = SERIAL,
		.not_before = time(NULL) - ADMIN_BACKDATE,
		.not_after = g->credential.expires,
		.point = sb_slice(g->request.authentication_point, 65),
		.issuer_point = sb_slice(root_point, 65),
		.issuer_url = g->a->url,
	};
	int rc = sb_p11_public_point(g->a->p11, ADMIN_ROOT, root_point, f), made;

	if (rc == SB_EXIT_OK)
		rc = sb_p11_signer(g->a->p11, ADMIN_ROOT, &root, f);
	if (rc != SB_EXIT_OK)
		return rc;
	made = g->a->registry->ops->get(g->a->registry, SETTING_COUNTRY, &country);
	if (made == SB_OK)
		made = sb_bytes_terminate(&country);
	if (made == SB_OK)
		made = sb_random(r.serial, SERIAL);
	r.serial[0] = (uint8_t)((r.serial[0] & 0x7f) | 0x40);
	snprintf(root_name, sizeof root_name, "%s Root", g->a->issuer);
	r.subject = (struct sb_x509_name){(const char *)country.data, NULL, g->credential.card};
	r.issuer = (struct sb_x509_name){(const char *)country.data, g->a->issuer, root_name};
	if (made == SB_OK)
		made = sb_x509_issue(&r, &root, der);
	sb_bytes_free(&country);
	return made == SB_OK ? SB_EXIT_OK : admin_fail_signature(g->a, made, f);
}

/* The device checks all of it before it stores any: the certificate, the document signer's and the root's. */
static int make_chain(struct issuing *g, json_t **chain, struct sb_failure *f)
{
	struct sb_bytes own = {0}, root = {0};
	const struct sb_bytes *signer = &g->a->signer_certificate;
	int rc = make_certificate(g, &own, f);

	*chain = NULL;
	if (rc == SB_EXIT_OK)
		rc = sb_p11_get_certificate(g->a->p11, ADMIN_ROOT, &root, f);
	if (rc == SB_EXIT_OK)
		*chain = json_pack("[o, o, o]", encoded(own.data, own.len, sb_base64_encode),
			encoded(signer->data, signer->len, sb_base64_encode), encoded(root.data, root.len, sb_base64_encode));
	sb_bytes_free(&own);
	sb_bytes_free(&root);
	return rc == SB_EXIT_OK && !*chain ? fail_memory(f) : rc;
}

static json_t *as_text(const struct sb_bytes *token)
{
	return json_stringn((const char *)token->data, token->len);
}

static json_t *as_base64url(const struct sb_bytes *token)
{
	return encoded(token->data, token->len, sb_base64url_encode);
}

/* One type in the forms that are presented whole: elements are chosen when it is shown. */
static const struct {
	const char *format;
	int (*make)(struct issuing *g, const struct sb_document *d, const json_t *fields, struct sb_bytes *out);
	json_t *(*value)(const struct sb_bytes *token);
} forms[] = {{"mso_mdoc", admin_make_mdoc, as_base64url}, {"dc+sd-jwt", admin_make_sdjwt, as_text}};

static int make_form(struct issuing *g, size_t form, const struct sb_document *d, const json_t *fields, json_t *credentials, struct sb_failure *f)
{
	struct sb_bytes token = {0};
	json_t *credential;
	int rc = forms[form].make(g, d, fields, &token);

	if (rc != SB_OK) {
		sb_bytes_free(&token);
		return admin_fail_signature(g->a, rc, f);
	}
	credential = json_pack(
		"{s:s, s:s, s:s, s:o}", "type", d->id, "format", forms[form].format, "set", "", "value", forms[form].value(&token));
	sb_bytes_free(&token);
	return json_array_append_new(credentials, credential) == 0 ? SB_EXIT_OK : fail_memory(f);
}

static int make_document(struct issuing *g, const struct sb_document *d, const json_t *fields, json_t *credentials, struct sb_failure *f)
{
	int rc = SB_EXIT_OK;

	for (size_t i = 0; rc == SB_EXIT_OK && i < sizeof forms / sizeof *forms; i++)
		rc = make_form(g, i, d, fields, credentials, f);
	return rc;
}

int admin_load_documents(struct issuing *g, struct sb_failure *f)
{
	int rc = sb_documents_load_all(&g->documents, f);

	for (struct sb_document **d = g->documents; rc == SB_EXIT_OK && *d; d++)
		if (strcmp((*d)->id, ADMIN_DOCUMENT) == 0)
			g->document = *d;
	if (rc == SB_EXIT_OK && !g->document)
		rc = sb_fail(f, SB_EXIT_CONFIG, "no_document_type", ADMIN_DOCUMENT, _("There is no document type \"%s\" here."), ADMIN_DOCUMENT);
	return rc;
}

void admin_free_documents(struct issuing *g)
{
	sb_documents_free_all(&g->documents);
	g->document = NULL;
}

int admin_each_other(const struct issuing *g, admin_document_fn *fn, void *context, struct sb_failure *f)
{
	int rc = SB_EXIT_OK;

	for (struct sb_document **d = g->documents; *d && rc == SB_EXIT_OK; d++) {
		json_t *fields;

		if (*d == g->document)
			continue;
		fields = admin_make_fields(*d, g->resident.fields);
		if (!fields)
			rc = fail_memory(f);
		else if (!admin_lacks(*d, fields, g->resident.fields) && admin_valid_until(g, *d, fields) > time(NULL))
			rc = fn(context, *d, fields, f);
		json_decref(fields);
	}
	return rc;
}

struct making {
	struct issuing *g;
	json_t *credentials;
};

static int make_other(void *context, const struct sb_document *d, json_t *fields, struct sb_failure *f)
{
	struct making *m = context;

	return make_document(m->g, d, fields, m->credentials, f);
}

static int make_all(struct issuing *g, const json_t *fields, json_t *credentials, struct sb_failure *f)
{
	const struct sb_element *lacks = admin_lacks(g->document, fields, g->resident.fields);
	struct making m = {g, credentials};
	int rc = lacks ? fail_lacks(lacks->name, f) : SB_EXIT_OK;

	if (rc == SB_EXIT_OK)
		rc = make_sets(g, fields, credentials, f);
	if (rc == SB_EXIT_OK)
		rc = make_document(g, g->document, fields, credentials, f);
	return rc == SB_EXIT_OK ? admin_each_other(g, make_other, &m, f) : rc;
}

int admin_make_credentials(struct issuing *g, json_t **inside, struct sb_failure *f)
{
	json_t *fields = admin_make_fields(g->document, g->resident.fields), *credentials = json_array();
	json_t *portrait = json_object_get(g->resident.fields, "portrait"), *chain = NULL;
	int rc = fields && credentials ? make_all(g, fields, credentials, f) : fail_memory(f);

	*inside = NULL;
	if (rc == SB_EXIT_OK)
		rc = make_chain(g, &chain, f);
	if (rc == SB_EXIT_OK) {
		*inside = json_pack("{s:O, s:O, s:O, s:o}", "x509", chain, "credentials", credentials, "fields", fields, "portrait", portrait ? json_incref(portrait) : json_null());
		if (!*inside)
			rc = fail_memory(f);
	}
	json_decref(fields);
	json_decref(credentials);
	json_decref(chain);
	return rc;
}
