/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "holder/enrol.h"

#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "base/error.h"
#include "common/i18n.h"
#include "common/picture.h"
#include "crypto/certificate.h"
#include "crypto/digest.h"
#include "formats/mdoc.h"
#include "formats/portrait_frames.h"
#include "formats/x509.h"

/* Is all that came out of the seal one issuer's word about this device? Whoever saw the request can seal to it, so nothing is believed that
 * is not signed: the certificate and the signer by the root that came along, each credential by that signer, and what will be shown as
 * the credentials say it. Refused as a whole, or taken as a whole. */

/* Extended key usage of a TLS client. */
#define EKU_HOLDER "1.3.6.1.5.5.7.3.2"
#define PORTRAIT_DIGEST "portrait_sha256"
enum { CHAIN = 3 /* the holder's certificate, the document signer's, the root */ };

struct check {
	const json_t *inside;
	struct holder_response *out;
	struct sb_bytes der[CHAIN];
	struct sb_certificate *chain[CHAIN];
	uint8_t kid[SB_SHA256_SIZE], signer[65]; /* of the document signer */
	bool carried[SB_MDOC_ELEMENTS];          /* by element: some credential says it */
};

int holder_fail_part(const char *part, const char *why, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_DATA, "unsigned_response", part,
		_("This response cannot be trusted: %s (%s). Nothing was stored. Ask the registrar for a new one, by a way that nobody else can write to."),
		why, part);
}

int holder_fail_device(const char *part, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_DATA, "foreign_response", part,
		_("This response is for another device or another request, or it was altered (%s). Nothing was stored."), part);
}

static int decode(const json_t *text, int (*codec)(const char *, size_t, struct sb_bytes *), struct sb_bytes *out)
{
	return codec(json_string_value(text), json_string_length(text), out);
}

/* --- certificates --- */

static int read_chain(struct check *c, struct sb_failure *f)
{
	const json_t *x509 = json_object_get(c->inside, "x509");

	if (json_array_size(x509) != CHAIN)
		return holder_fail_part("x509", _("the certificates of its issuer are not with it"), f);
	for (size_t i = 0; i < CHAIN; i++)
		if (decode(json_array_get(x509, i), sb_base64_decode, &c->der[i]) != SB_OK ||
			sb_certificate_parse(sb_bytes_slice(&c->der[i]), &c->chain[i]) != SB_OK)
			return holder_fail_part("x509", _("a certificate is damaged"), f);
	return SB_EXIT_OK;
}

static int check_issued(struct check *c, size_t index, const char *eku, struct sb_failure *f)
{
	int rc = sb_certificate_check(c->chain[index], c->chain[CHAIN - 1], time(NULL), eku);

	if (rc == SB_E_RANGE)
		return holder_fail_part("x509", _("a certificate is not valid at this device's time; is its clock right?"), f);
	return rc == SB_OK ? SB_EXIT_OK : holder_fail_part("x509", _("a certificate is not what the root signed"), f);
}

static int check_certificates(struct check *c, const uint8_t authentication[65], struct sb_failure *f)
{
	struct sb_certificate *own, *signer;
	uint8_t point[65];
	int64_t from;
	int rc = read_chain(c, f), got;

	if (rc == SB_EXIT_OK)
		rc = check_issued(c, 0, EKU_HOLDER, f);
	if (rc == SB_EXIT_OK)
		rc = check_issued(c, 1, SB_EKU_DOCUMENT_SIGNER, f);
	if (rc != SB_EXIT_OK)
		return rc;
	own = c->chain[0];
	signer = c->chain[1];
	got = sb_certificate_point(own, point);
	if (got == SB_OK && memcmp(point, authentication, sizeof point) != 0)
		return holder_fail_device("x509", f);
	if (got == SB_OK)
		got = sb_certificate_common_name(own, c->out->card, sizeof c->out->card);
	if (got == SB_OK)
		got = sb_certificate_validity(own, &from, &c->out->expires);
	if (got == SB_OK)
		got = sb_certificate_point(signer, c->signer);
	if (got == SB_OK)
		got = sb_sha256(c->der[1].data, c->der[1].len, c->kid);
	if (got == SB_OK)
		got = sb_sha256(c->der[CHAIN - 1].data, c->der[CHAIN - 1].len, c->out->root_sha256);
	if (got == SB_OK)
		got = sb_bytes_append(&c->out->certificate, c->der[0].data, c->der[0].len);
	return got == SB_OK ? SB_EXIT_OK : holder_fail_part("x509", _("a certificate is damaged"), f);
}

/* --- credentials --- */

/* A signed claim in the text that fields have. */
static int claim_text(const struct sb_claim *claim, struct sb_bytes *out)
{
	switch (claim->type) {
	case SB_CLAIM_TEXT:
		return sb_bytes_append(out, claim->bytes.data, claim->bytes.len);
	case SB_CLAIM_BOOL:
		return sb_bytes_append_text(out, claim->number ? "true" : "false");
	case SB_CLAIM_BYTES:
		return sb_base64url_encode(claim->bytes.data, claim->bytes.len, out);
	case SB_CLAIM_INT:
		break;
	}
	return SB_E_UNSUPPORTED;
}

static int check_claim(struct check *c, const struct sb_document *d, const struct sb_claim *claim, struct sb_failure *f)
{
	const struct sb_element *e = sb_document_claim(d, claim->key);
	const json_t *field = e ? json_object_get(json_object_get(c->inside, "fields"), e->name) : NULL;
	struct sb_bytes text = {0};
	bool same = field && claim_text(claim, &text) == SB_OK &&
		    sb_slice_equal(sb_bytes_slice(&text), sb_slice(json_string_value(field), json_string_length(field)));

	sb_bytes_free(&text);
	if (!e)
		return holder_fail_part("credentials", _("a credential says a thing that its document type does not have"), f);
	if (!same)
		return holder_fail_part(e->name, _("a field is not what the issuer signed"), f);
	c->carried[e - d->elements] = true;
	return SB_EXIT_OK;
}

static int check_content(struct check *c, const struct sb_document *d, struct sb_slice token, const uint8_t presentation[65],
	struct sb_failure *f)
{
	struct sb_sdcwt content;
	int rc = SB_EXIT_OK;

	if (sb_sdcwt_parse(token, &content) != SB_OK || content.vct != d->vct_number)
		return holder_fail_part("credentials", _("a credential is damaged, or of another document type"), f);
	if (memcmp(content.kid, c->kid, sizeof content.kid) != 0 || sb_sdcwt_verify(token, sb_slice(c->signer, sizeof c->signer)) != SB_OK)
		return holder_fail_part("credentials", _("a credential is not signed by its issuer"), f);
	if (memcmp(content.holder_point, presentation, sizeof content.holder_point) != 0)
		return holder_fail_device("credentials", f);
	for (size_t i = 0; rc == SB_EXIT_OK && i < content.claim_count; i++)
		rc = check_claim(c, d, &content.claims[i], f);
	return rc;
}

/* A set for a live QR: of the card's own type only. */
static int check_set(struct check *c, const struct sb_document *d, const json_t *credential, struct sb_slice token,
	const uint8_t presentation[65], struct sb_failure *f)
{
	if (strcmp(json_string_value(json_object_get(credential, "type")), d->id) != 0)
		return holder_fail_part("credentials", _("its credentials are of several document types"), f);
	if (!sb_document_set(d, json_string_value(json_object_get(credential, "set"))))
		return holder_fail_part("credentials", _("a credential is for a set that its document type does not have"), f);
	return check_content(c, d, token, presentation, f);
}

/* Of the card's own type, with the same fields; or of another one that is issued along with it, and stands by itself. */
static int check_document(struct check *c, const struct sb_document *d, const json_t *credential, struct sb_slice token,
	const uint8_t presentation[65], int (*check_form)(const struct holder_mdoc_check *, struct sb_slice, struct sb_failure *), struct sb_failure *f)
{
	const char *type = json_string_value(json_object_get(credential, "type"));
	bool same = strcmp(type, d->id) == 0;
	struct sb_document *other = NULL;
	struct holder_mdoc_check check = {d, sb_bytes_slice(&c->der[CHAIN - 1]), sb_bytes_slice(&c->der[1]), presentation,
		same ? c->inside : NULL, same ? c->carried : NULL};
	int rc = SB_EXIT_OK;

	if (!holder_is_type(type))
		return holder_fail_part("credentials", _("a credential is damaged, or of another document type"), f);
	if (!same) {
		rc = sb_documents_load(type, &other, f);
		check.document = other;
	}
	if (rc == SB_EXIT_OK)
		rc = check_form(&check, token, f);
	sb_document_free(&other);
	return rc;
}

static int check_mdoc(struct check *c, const struct sb_document *d, const json_t *credential, struct sb_slice token,
	const uint8_t presentation[65], struct sb_failure *f)
{
	return check_document(c, d, credential, token, presentation, holder_check_mdoc, f);
}

static int check_sdjwt(struct check *c, const struct sb_document *d, const json_t *credential, struct sb_slice token,
	const uint8_t presentation[65], struct sb_failure *f)
{
	return check_document(c, d, credential, token, presentation, holder_check_sdjwt, f);
}

typedef int check_format(struct check *c, const struct sb_document *d, const json_t *credential, struct sb_slice token,
	const uint8_t presentation[65], struct sb_failure *f);
static const struct {
	const char *name;
	check_format *check;
	bool binary; /* in base64url */
} formats[] = {{"sd-cwt", check_set, true}, {"mso_mdoc", check_mdoc, true}, {"dc+sd-jwt", check_sdjwt, false}};

/* Formats that are not known here are left for whoever knows them; they are not stored either. */
static int check_credential(struct check *c, const struct sb_document *d, const json_t *credential, const uint8_t presentation[65],
	struct sb_failure *f)
{
	const json_t *value = json_object_get(credential, "value");
	struct sb_bytes token = {0};
	size_t i = 0;
	int rc = SB_OK;

	while (i < sizeof formats / sizeof *formats && !holder_is_format(credential, formats[i].name))
		i++;
	if (i == sizeof formats / sizeof *formats)
		return SB_EXIT_OK;
	if (formats[i].binary)
		rc = decode(value, sb_base64url_decode, &token);
	else
		rc = sb_bytes_append(&token, json_string_value(value), json_string_length(value));
	rc = rc == SB_OK ? formats[i].check(c, d, credential, sb_bytes_slice(&token), presentation, f)
			 : holder_fail_part("credentials", _("a credential is damaged, or of another document type"), f);
	sb_bytes_free(&token);
	return rc;
}

/* --- what is shown --- */

/* Every field is some credential's word. */
static int check_fields(const struct check *c, const struct sb_document *d, struct sb_failure *f)
{
	const json_t *fields = json_object_get(c->inside, "fields");
	const char *name;
	json_t *field;

	for (size_t i = 0; i < d->element_count; i++) {
		const struct sb_element *e = &d->elements[i];
		const char *value = json_string_value(json_object_get(fields, e->name));

		if (value && !c->carried[i])
			return holder_fail_part(e->name, _("a field is not signed by the issuer"), f);
		if (e->required && !value && e->type != SB_ELEMENT_IMAGE)
			return holder_fail_part(e->name, _("a field that the card must have is missing"), f);
	}
	/* The portrait's reduction stands for its digest, which is an element: check_portrait. */
	json_object_foreach((json_t *)fields, name, field) {
		if (!sb_document_element(d, name) && strcmp(name, SB_PORTRAIT_SMALL) != 0)
			return holder_fail_part("fields", _("a field is not signed by the issuer"), f);
	}
	return SB_EXIT_OK;
}

/* The digest is of the photo, or of the reduction that can be shown beside a code: then the photo must show the same. */
static int check_picture(struct sb_slice picture, const json_t *reduction, const json_t *digest)
{
	uint8_t hash[SB_SHA256_SIZE];
	struct sb_bytes small = {0}, text = {0};
	struct sb_slice signed_picture = picture;
	int rc = SB_OK;

	if (reduction) {
		rc = decode(reduction, sb_base64url_decode, &small);
		signed_picture = sb_bytes_slice(&small);
	}
	if (rc == SB_OK)
		rc = sb_sha256(signed_picture.data, signed_picture.len, hash);
	if (rc == SB_OK)
		rc = sb_base64url_encode(hash, sizeof hash, &text);
	if (rc == SB_OK && !sb_slice_equal(sb_bytes_slice(&text), sb_slice(json_string_value(digest), json_string_length(digest))))
		rc = SB_E_SIGNATURE;
	if (rc == SB_OK && reduction)
		rc = sb_picture_alike(picture, signed_picture);
	sb_bytes_free(&small);
	sb_bytes_free(&text);
	return rc;
}

static int check_portrait(const struct check *c, struct sb_failure *f)
{
	const json_t *portrait = json_object_get(c->inside, "portrait"), *fields = json_object_get(c->inside, "fields");
	const json_t *digest = json_object_get(fields, PORTRAIT_DIGEST), *reduction = json_object_get(fields, SB_PORTRAIT_SMALL);
	struct sb_bytes picture = {0};
	bool same;

	if (json_is_null(portrait) && !digest && !reduction)
		return SB_EXIT_OK;
	same = json_is_string(portrait) && digest && decode(portrait, sb_base64_decode, &picture) == SB_OK &&
	       check_picture(sb_bytes_slice(&picture), reduction, digest) == SB_OK;
	sb_bytes_free(&picture);
	return same ? SB_EXIT_OK : holder_fail_part("portrait", _("the photo is not the one that the issuer signed"), f);
}

static int check_all(struct check *c, const struct sb_document *d, const uint8_t presentation[65], struct sb_failure *f)
{
	json_t *credential;
	size_t i;
	int rc = SB_EXIT_OK;

	if (d->element_count > sizeof c->carried)
		return holder_fail_part("credentials", _("its document type has too many elements"), f);
	json_array_foreach(json_object_get(c->inside, "credentials"), i, credential) {
		if (rc == SB_EXIT_OK)
			rc = check_credential(c, d, credential, presentation, f);
	}
	if (rc == SB_EXIT_OK)
		rc = check_fields(c, d, f);
	return rc == SB_EXIT_OK ? check_portrait(c, f) : rc;
}

int holder_response_check(const json_t *inside, const uint8_t presentation[65], const uint8_t authentication[65],
	struct holder_response *out, struct sb_failure *f)
{
	struct check c = {.inside = inside, .out = out};
	const char *type = json_string_value(json_object_get(json_array_get(json_object_get(inside, "credentials"), 0), "type"));
	struct sb_document *document = NULL;
	int rc = check_certificates(&c, authentication, f);

	*out->type = 0;
	if (rc == SB_EXIT_OK && !holder_is_type(type))
		rc = holder_fail_part("credentials", _("a credential is damaged, or of another document type"), f);
	if (rc == SB_EXIT_OK)
		rc = sb_documents_load(type, &document, f);
	if (rc == SB_EXIT_OK)
		rc = check_all(&c, document, presentation, f);
	if (rc == SB_EXIT_OK)
		memcpy(out->type, type, strlen(type) + 1);
	sb_document_free(&document);
	for (size_t i = 0; i < CHAIN; i++) {
		sb_certificate_free(&c.chain[i]);
		sb_bytes_free(&c.der[i]);
	}
	return rc;
}

void holder_response_free(struct holder_response *response)
{
	sb_bytes_free(&response->certificate);
}
