/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "holder/enrol.h"

#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "base/error.h"
#include "common/i18n.h"
#include "formats/sd_jwt.h"
#include "formats/x509.h"

/* The check of an SD-JWT VC that came in a response, as that of an mdoc. */


static bool value_fits(const struct sb_element *e, const json_t *value)
{
	switch (e->type) {
	case SB_ELEMENT_BOOL:
		return json_is_boolean(value);
	case SB_ELEMENT_JSON:
		return true;
	default:
		return json_is_string(value);
	}
}

/* The photo as it will be shown: there in base64, here in base64url. */
static bool is_portrait(const json_t *inside, const json_t *value)
{
	const json_t *portrait = json_object_get(inside, "portrait");
	struct sb_bytes shown = {0}, signed_picture = {0};
	bool same = json_is_string(portrait) &&
		    sb_base64_decode(json_string_value(portrait), json_string_length(portrait), &shown) == SB_OK &&
		    sb_base64url_decode(json_string_value(value), json_string_length(value), &signed_picture) == SB_OK &&
		    sb_slice_equal(sb_bytes_slice(&shown), sb_bytes_slice(&signed_picture));

	sb_bytes_free(&shown);
	sb_bytes_free(&signed_picture);
	return same;
}

static bool says_the_same(const struct holder_mdoc_check *c, const struct sb_element *e, const json_t *value)
{
	if (!c->inside)
		return true;
	if (e->type == SB_ELEMENT_IMAGE)
		return is_portrait(c->inside, value);
	return holder_is_field(e, json_object_get(json_object_get(c->inside, "fields"), e->name), value);
}

static int check_claim(const struct holder_mdoc_check *c, const char *name, const json_t *value, struct sb_failure *f)
{
	const struct sb_element *e = sb_document_element(c->document, name);

	if (!e || e->qr_only || !value_fits(e, value))
		return holder_fail_part("credentials", _("a credential says a thing that its document type does not have"), f);
	if (!says_the_same(c, e, value))
		return holder_fail_part(e->name, _("a field is not what the issuer signed"), f);
	if (c->carried)
		c->carried[e - c->document->elements] = true;
	return SB_EXIT_OK;
}

/* Everything about the holder is a disclosure: what stood open would be shown to everybody. */
static int check_claims(const struct holder_mdoc_check *c, const struct sb_sd_jwt *token, struct sb_failure *f)
{
	const struct sb_document *d = c->document;
	const char *name;
	json_t *value;
	size_t disclosed = 0;
	int rc = SB_EXIT_OK;

	json_object_foreach(token->claims, name, value) {
		if (sb_sd_jwt_is_registered(name))
			continue;
		disclosed++;
		if (rc == SB_EXIT_OK)
			rc = check_claim(c, name, value, f);
	}
	if (rc == SB_EXIT_OK && disclosed != token->disclosure_count)
		rc = holder_fail_part("credentials", _("a credential is damaged, or of another document type"), f);
	for (size_t i = 0; rc == SB_EXIT_OK && i < d->element_count; i++)
		if (d->elements[i].required && !d->elements[i].qr_only && !json_object_get(token->claims, d->elements[i].name))
			rc = holder_fail_part(d->elements[i].name, _("a field that the card must have is missing"), f);
	return rc;
}

static int check_token(const struct holder_mdoc_check *c, const struct sb_sd_jwt *token, struct sb_failure *f)
{
	const struct sb_sd_jwt_question question = {.roots = &c->root, .root_count = 1, .eku = SB_EKU_DOCUMENT_SIGNER, .at = time(NULL)};
	enum sb_sd_jwt_fault fault;

	if (token->binding.len)
		return holder_fail_part("credentials", _("a credential is damaged, or of another document type"), f);
	if (sb_sd_jwt_verify_issued(token, &question, &fault) != SB_OK)
		return holder_fail_part("credentials", _(sb_sd_jwt_fault_text(fault)), f);
	if (!sb_slice_equal(sb_bytes_slice(&token->certificate), c->signer))
		return holder_fail_part("credentials", _("a credential is not signed by its issuer"), f);
	if (!c->document->vct || strcmp(token->vct, c->document->vct) != 0)
		return holder_fail_part("credentials", _("a credential is damaged, or of another document type"), f);
	if (memcmp(token->holder_point, c->presentation, sizeof token->holder_point) != 0)
		return holder_fail_device("credentials", f);
	return check_claims(c, token, f);
}

int holder_check_sdjwt(const struct holder_mdoc_check *check, struct sb_slice text, struct sb_failure *f)
{
	enum sb_sd_jwt_fault fault;
	struct sb_sd_jwt token;
	int rc;

	if (sb_sd_jwt_parse(text, &token, &fault) != SB_OK)
		return holder_fail_part("credentials", _(sb_sd_jwt_fault_text(fault)), f);
	rc = check_token(check, &token, f);
	sb_sd_jwt_free(&token);
	return rc;
}
