/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/credentials.h"

#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "base/error.h"
#include "crypto/digest.h"
#include "formats/jws.h"

/* What a card's device was given last, as a hash, and the request that it was given for: beside what issued.c keeps, sealed with the card. */

#define GIVEN "given"
#define REQUEST "request"

static json_t *hashed(struct sb_slice data)
{
	uint8_t hash[SB_SHA256_SIZE];
	struct sb_bytes text = {0};
	json_t *json = NULL;

	if (sb_sha256(data.data, data.len, hash) == SB_OK && sb_base64url_encode(hash, sizeof hash, &text) == SB_OK)
		json = json_stringn((const char *)text.data, text.len);
	sb_bytes_free(&text);
	return json;
}

static int add_other(void *context, const struct sb_document *d, json_t *fields, struct sb_failure *f)
{
	return json_object_set(context, d->id, fields) == 0 ? SB_EXIT_OK : admin_fail(SB_E_NOMEM, "registry.db", f);
}

/* Everything of a response that is not made anew each time. */
static int hash_content(const struct issuing *g, json_t **hash, struct sb_failure *f)
{
	json_t *portrait = json_object_get(g->resident.fields, "portrait"), *fields = admin_make_fields(g->document, g->resident.fields);
	json_t *all = json_pack("{s:O?, s:o?}", "portrait", portrait, g->document->id, fields);
	int rc = all ? admin_each_other(g, add_other, all, f) : SB_EXIT_OK;
	char *text = all ? json_dumps(all, JSON_COMPACT | JSON_SORT_KEYS) : NULL;

	*hash = text ? hashed(sb_slice(text, strlen(text))) : NULL;
	sb_text_free(&text);
	json_decref(all);
	return rc == SB_EXIT_OK && !*hash ? admin_fail(SB_E_NOMEM, "registry.db", f) : rc;
}

/* A device asks for one answer with one box, however often it makes the request. */
static json_t *hash_request(const struct issuing *g)
{
	return hashed(sb_slice(g->request.box, sizeof g->request.box));
}

int admin_given_put(const struct issuing *g, enum admin_given *how, struct sb_failure *f)
{
	json_t *content, *request = hash_request(g), *kept = NULL;
	int rc = hash_content(g, &content, f), put;

	if (rc == SB_EXIT_OK) {
		put = request ? admin_kept_get(g, &kept) : SB_E_NOMEM;
		*how = !json_equal(json_object_get(kept, GIVEN), content)     ? ADMIN_GIVEN_CHANGED
		       : json_equal(json_object_get(kept, REQUEST), request) ? ADMIN_GIVEN_AGAIN
									     : ADMIN_GIVEN_UNCHANGED;
		json_object_set(kept, GIVEN, content);
		json_object_set(kept, REQUEST, request);
		if (put == SB_OK && *how != ADMIN_GIVEN_AGAIN)
			put = admin_kept_put(g, kept);
		if (put != SB_OK)
			rc = admin_fail(put, "registry.db", f);
	}
	json_decref(content);
	json_decref(request);
	json_decref(kept);
	return rc;
}
