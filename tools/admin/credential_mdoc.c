/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/credentials.h"

#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "base/error.h"
#include "formats/cbor.h"
#include "formats/jws.h"
#include "formats/mdoc.h"

/* A document type as an mdoc: every element that the resident has, each by itself to be shown or not. */

struct values {
	struct sb_mdoc_value rows[SB_MDOC_ELEMENTS];
	struct sb_bytes bytes[SB_MDOC_ELEMENTS];
	size_t count;
};

/* An element's text in the form that its type has in CBOR. */
static int put_value(const struct sb_element *e, const char *text, struct sb_bytes *out)
{
	json_t *json;
	int rc;

	switch (e->type) {
	case SB_ELEMENT_DATE:
		return sb_mdoc_put_date(out, text);
	case SB_ELEMENT_BOOL:
		return sb_cbor_put_bool(out, strcmp(text, "true") == 0);
	case SB_ELEMENT_JSON:
		json = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
		rc = json ? sb_mdoc_put_json(out, json) : SB_E_FORMAT;
		json_decref(json);
		return rc;
	default:
		return sb_cbor_put_string(out, text);
	}
}

/* The JPEG itself. */
static int put_portrait(const char *base64, struct sb_bytes *out)
{
	struct sb_bytes picture = {0};
	int rc = sb_base64_decode(base64, strlen(base64), &picture);

	if (rc == SB_OK)
		rc = sb_cbor_put_bytes(out, picture.data, picture.len);
	sb_bytes_free(&picture);
	return rc;
}

static int add_value(struct values *v, const struct sb_document *d, const struct sb_element *e, const json_t *fields, const json_t *resident)
{
	bool picture = e->type == SB_ELEMENT_IMAGE;
	const char *text = picture ? sb_json_text(resident, sb_element_source(e)) : sb_json_text(fields, e->name);
	struct sb_bytes *bytes = &v->bytes[v->count];
	int rc;

	if (!text)
		return SB_OK;
	if (v->count == SB_MDOC_ELEMENTS)
		return SB_E_TOO_LARGE;
	rc = picture ? put_portrait(text, bytes) : put_value(e, text, bytes);
	v->rows[v->count] = (struct sb_mdoc_value){d->name_space, e->name, sb_bytes_slice(bytes)};
	v->count++;
	return rc;
}

int admin_make_mdoc(struct issuing *g, const struct sb_document *d, const json_t *fields, struct sb_bytes *out)
{
	struct values v = {.count = 0};
	struct sb_mdoc_content content = {
		.doctype = d->doctype,
		.values = v.rows,
		/* A reader's clock may be behind ours. */
		.signed_at = time(NULL) - ADMIN_BACKDATE,
		.valid_until = admin_valid_until(g, d, fields),
		.has_status = true,
		.status_index = g->credential.status_index,
		.status_uri = g->a->status_uri,
		.certificate = sb_bytes_slice(&g->a->signer_certificate),
	};
	int rc = SB_OK;

	memcpy(content.device_point, g->request.presentation_point, sizeof content.device_point);
	content.valid_from = content.signed_at;
	for (size_t i = 0; rc == SB_OK && i < d->element_count; i++)
		if (!d->elements[i].qr_only)
			rc = add_value(&v, d, &d->elements[i], fields, g->resident.fields);
	content.value_count = v.count;
	if (rc == SB_OK)
		rc = sb_mdoc_issue(&content, &g->a->signer, out);
	for (size_t i = 0; i < v.count; i++)
		sb_bytes_free(&v.bytes[i]);
	return rc;
}
