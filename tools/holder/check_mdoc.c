/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "holder/enrol.h"

#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "base/error.h"
#include "common/i18n.h"
#include "formats/cbor.h"
#include "formats/mdoc.h"

/* The check of an mdoc that came in a response: form and signature as any reader checks them, then that it is this device's, by the signer
 * that came along, of its document type, and says nothing else than what will be shown. */

/* A value of the type that the document's file says. */
static bool value_fits(const struct sb_element *e, struct sb_slice value)
{
	struct sb_cbor_item item;

	if (sb_cbor_only(value, &item) != SB_OK)
		return false;
	switch (e->type) {
	case SB_ELEMENT_TEXT:
		return item.type == SB_CBOR_TEXT;
	case SB_ELEMENT_DATE:
		return item.type == SB_CBOR_TAG && item.value == SB_CBOR_TAG_FULL_DATE;
	case SB_ELEMENT_BOOL:
		return item.type == SB_CBOR_SIMPLE && (item.value == SB_CBOR_TRUE || item.value == SB_CBOR_FALSE);
	case SB_ELEMENT_IMAGE:
		return item.type == SB_CBOR_BYTES;
	case SB_ELEMENT_JSON:
		return true;
	}
	return false;
}

/* The photo as it will be shown. */
static bool is_portrait(const json_t *inside, struct sb_slice value)
{
	const json_t *portrait = json_object_get(inside, "portrait");
	struct sb_bytes picture = {0};
	struct sb_cbor_item item;
	bool same = json_is_string(portrait) &&
		    sb_base64_decode(json_string_value(portrait), json_string_length(portrait), &picture) == SB_OK &&
		    sb_cbor_only(value, &item) == SB_OK && sb_slice_equal(item.bytes, sb_bytes_slice(&picture));

	sb_bytes_free(&picture);
	return same;
}

/* A field is text: of booleans the word, of anything else than text its JSON. */
bool holder_is_field(const struct sb_element *e, const json_t *field, const json_t *value)
{
	const char *text = json_string_value(field);
	json_t *parsed;
	bool same;

	if (!text)
		return false;
	if (json_is_boolean(value))
		return strcmp(text, json_is_true(value) ? "true" : "false") == 0;
	if (e->type != SB_ELEMENT_JSON)
		return json_equal(field, value);
	parsed = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
	same = parsed && json_equal(parsed, value);
	json_decref(parsed);
	return same;
}

static bool says_the_same(const struct holder_mdoc_check *c, const struct sb_element *e, struct sb_slice value)
{
	json_t *json;
	bool same;

	if (!c->inside)
		return true;
	if (e->type == SB_ELEMENT_IMAGE)
		return is_portrait(c->inside, value);
	json = sb_mdoc_value_json(value);
	same = json && holder_is_field(e, json_object_get(json_object_get(c->inside, "fields"), e->name), json);
	json_decref(json);
	return same;
}

static const struct sb_element *find_element(const struct sb_document *d, struct sb_slice name)
{
	for (size_t i = 0; i < d->element_count; i++)
		if (sb_slice_is(name, d->elements[i].name) && !d->elements[i].qr_only)
			return &d->elements[i];
	return NULL;
}

static int check_element(const struct holder_mdoc_check *c, const struct sb_mdoc_element *element, struct sb_failure *f)
{
	const struct sb_element *e = sb_slice_is(element->name_space, c->document->name_space) ? find_element(c->document, element->name) : NULL;

	if (!e || !value_fits(e, element->value))
		return holder_fail_part("credentials", _("a credential says a thing that its document type does not have"), f);
	if (!says_the_same(c, e, element->value))
		return holder_fail_part(e->name, _("a field is not what the issuer signed"), f);
	if (c->carried)
		c->carried[e - c->document->elements] = true;
	return SB_EXIT_OK;
}

/* Nothing that the type requires is missing; the card's own fields are checked together. */
static int check_required(const struct holder_mdoc_check *c, const struct sb_mdoc *mdoc, struct sb_failure *f)
{
	const struct sb_document *d = c->document;

	for (size_t i = 0; i < d->element_count; i++) {
		const struct sb_element *e = &d->elements[i];

		if (e->required && !e->qr_only &&
			!sb_mdoc_find(mdoc, sb_slice(d->name_space, strlen(d->name_space)), sb_slice(e->name, strlen(e->name))))
			return holder_fail_part(e->name, _("a field that the card must have is missing"), f);
	}
	return SB_EXIT_OK;
}

static int fail_fault(enum sb_mdoc_fault fault, struct sb_failure *f)
{
	return holder_fail_part("credentials", _(sb_mdoc_fault_text(fault)), f);
}

int holder_check_mdoc(const struct holder_mdoc_check *check, struct sb_slice token, struct sb_failure *f)
{
	const struct sb_mdoc_question question = {.roots = &check->root, .root_count = 1, .at = time(NULL)};
	struct sb_mdoc mdoc;
	enum sb_mdoc_fault fault;
	int rc = SB_EXIT_OK;

	if (sb_mdoc_parse_issued(token, &mdoc, &fault) != SB_OK || sb_mdoc_verify_issued(&mdoc, &question, &fault) != SB_OK)
		return fail_fault(fault, f);
	if (!sb_slice_equal(mdoc.certificate, check->signer))
		return holder_fail_part("credentials", _("a credential is not signed by its issuer"), f);
	if (!sb_slice_is(mdoc.doctype, check->document->doctype))
		return holder_fail_part("credentials", _("a credential is damaged, or of another document type"), f);
	if (memcmp(mdoc.device_point, check->presentation, sizeof mdoc.device_point) != 0)
		return holder_fail_device("credentials", f);
	for (size_t i = 0; rc == SB_EXIT_OK && i < mdoc.element_count; i++)
		rc = check_element(check, &mdoc.elements[i], f);
	return rc == SB_EXIT_OK ? check_required(check, &mdoc, f) : rc;
}
