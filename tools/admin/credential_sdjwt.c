/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/credentials.h"

#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "base/error.h"
#include "formats/sd_jwt.h"

/* A document type as an SD-JWT VC: every element that the resident has is a disclosure of its own. */

/* The registry has the picture in base64; here as everywhere in a JWT it is base64url. */
static json_t *picture_value(const char *base64)
{
	struct sb_bytes picture = {0}, text = {0};
	json_t *json = NULL;

	if (sb_base64_decode(base64, strlen(base64), &picture) == SB_OK && sb_base64url_encode(picture.data, picture.len, &text) == SB_OK)
		json = json_stringn((const char *)text.data, text.len);
	sb_bytes_free(&picture);
	sb_bytes_free(&text);
	return json;
}

/* An element's text in the form that its type has in JSON. */
static json_t *value_of(const struct sb_element *e, const char *text)
{
	switch (e->type) {
	case SB_ELEMENT_BOOL:
		return json_boolean(strcmp(text, "true") == 0);
	case SB_ELEMENT_JSON:
		return json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
	case SB_ELEMENT_IMAGE:
		return picture_value(text);
	default:
		return json_string(text);
	}
}

static json_t *make_values(const struct sb_document *d, const json_t *fields, const json_t *resident)
{
	json_t *values = json_object();

	for (size_t i = 0; values && i < d->element_count; i++) {
		const struct sb_element *e = &d->elements[i];
		const char *text = e->type == SB_ELEMENT_IMAGE ? sb_json_text(resident, sb_element_source(e)) : sb_json_text(fields, e->name);

		if (text && !e->qr_only && json_object_set_new(values, e->name, value_of(e, text)) != 0) {
			json_decref(values);
			values = NULL;
		}
	}
	return values;
}

int admin_make_sdjwt(struct issuing *g, const struct sb_document *d, const json_t *fields, struct sb_bytes *out)
{
	json_t *values = make_values(d, fields, g->resident.fields);
	struct sb_sd_jwt_content content = {
		.vct = d->vct,
		/* A reader's clock may be behind ours. */
		.iat = time(NULL) - ADMIN_BACKDATE,
		.exp = admin_valid_until(g, d, fields),
		.status_index = g->credential.status_index,
		.status_uri = g->a->status_uri,
		.values = values,
		.certificate = sb_bytes_slice(&g->a->signer_certificate),
	};
	int rc;

	memcpy(content.holder_point, g->request.presentation_point, sizeof content.holder_point);
	rc = values ? sb_sd_jwt_issue(&content, &g->a->signer, out) : SB_E_FORMAT;
	json_decref(values);
	return rc;
}
