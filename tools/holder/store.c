/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "holder/enrol.h"

#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "common/i18n.h"

/* What a response has, checked before, as objects of the token. */

struct storing {
	struct sb_p11 *p11;
	const json_t *inside;
	const struct holder_response *response;
};

static int decode(const json_t *text, int (*codec)(const char *, size_t, struct sb_bytes *), struct sb_bytes *out)
{
	return codec(json_string_value(text), json_string_length(text), out);
}

bool holder_is_format(const json_t *credential, const char *format)
{
	return strcmp(json_string_value(json_object_get(credential, "format")), format) == 0;
}

/* Names of the objects of credentials: sets by set, documents by type. What is text stays text. */
static const struct {
	const char *format, *kind, *by;
	bool binary; /* in base64url */
} kept[] = {{"sd-cwt", "sd-cwt", "set", true}, {"mso_mdoc", HOLDER_MDOC, "type", true}, {"dc+sd-jwt", HOLDER_SDJWT, "type", false}};

static int store_as(const struct storing *s, size_t how, const json_t *credential, struct sb_failure *f)
{
	const json_t *value = json_object_get(credential, "value");
	struct sb_bytes token = {0};
	char label[96];
	int rc = SB_EXIT_OK, got;

	holder_object_name(label, sizeof label, kept[how].kind, json_string_value(json_object_get(credential, kept[how].by)));
	got = kept[how].binary ? decode(value, sb_base64url_decode, &token)
			       : sb_bytes_append(&token, json_string_value(value), json_string_length(value));
	if (got != SB_OK)
		rc = holder_fail_device("credentials", f);
	if (rc == SB_EXIT_OK)
		rc = sb_p11_put_data(s->p11, HOLDER_APPLICATION, label, sb_bytes_slice(&token), true, f);
	sb_bytes_free(&token);
	return rc;
}

static int store_credential(const struct storing *s, const json_t *credential, struct sb_failure *f)
{
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		if (holder_is_format(credential, kept[i].format))
			return store_as(s, i, credential, f);
	return SB_EXIT_OK;
}

static int store_fields(const struct storing *s, struct sb_failure *f)
{
	const json_t *portrait = json_object_get(s->inside, "portrait");
	struct sb_bytes picture = {0};
	char label[96];
	const char *name;
	json_t *value;
	int rc = SB_EXIT_OK;

	json_object_foreach(json_object_get(s->inside, "fields"), name, value) {
		holder_object_name(label, sizeof label, "field", name);
		if (rc == SB_EXIT_OK)
			rc = sb_p11_put_data(s->p11, HOLDER_APPLICATION, label,
				sb_slice(json_string_value(value), json_string_length(value)), true, f);
	}
	if (rc == SB_EXIT_OK && json_is_string(portrait)) {
		rc = decode(portrait, sb_base64_decode, &picture) == SB_OK
			     ? sb_p11_put_data(s->p11, HOLDER_APPLICATION, HOLDER_PORTRAIT, sb_bytes_slice(&picture), true, f)
			     : holder_fail_device("portrait", f);
		sb_bytes_free(&picture);
	}
	return rc;
}

/* The sets and documents are what `present` can offer. */
static int store_meta(const struct storing *s, json_t *result, struct sb_failure *f)
{
	json_t *sets = json_array(), *documents = json_array(), *credential, *meta;
	char *text;
	size_t i;
	int rc;

	json_array_foreach(json_object_get(s->inside, "credentials"), i, credential) {
		if (holder_is_format(credential, "sd-cwt"))
			json_array_append(sets, json_object_get(credential, "set"));
		if (holder_is_format(credential, "mso_mdoc"))
			json_array_append(documents, json_object_get(credential, "type"));
	}
	meta = json_pack("{s:s, s:s, s:I, s:o, s:o}", "type", s->response->type, "card", s->response->card, "expires",
		(json_int_t)s->response->expires, "sets", sets, "documents", documents);
	text = meta ? json_dumps(meta, JSON_COMPACT) : NULL;
	rc = text ? sb_p11_put_data(s->p11, HOLDER_APPLICATION, HOLDER_META, sb_slice(text, strlen(text)), true, f)
		  : sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	if (rc == SB_EXIT_OK)
		json_object_update(result, meta);
	json_decref(meta);
	sb_text_free(&text);
	return rc;
}

int holder_store(struct sb_p11 *p11, const json_t *inside, const struct holder_response *response, json_t *result, struct sb_failure *f)
{
	const struct storing s = {p11, inside, response};
	json_t *credential;
	size_t i;
	int rc = store_fields(&s, f);

	json_array_foreach(json_object_get(inside, "credentials"), i, credential) {
		if (rc == SB_EXIT_OK)
			rc = store_credential(&s, credential, f);
	}
	if (rc == SB_EXIT_OK)
		rc = store_meta(&s, result, f);
	if (rc == SB_EXIT_OK)
		rc = sb_p11_put_certificate(p11, HOLDER_AUTHENTICATION, HOLDER_AUTHENTICATION_ID, sb_bytes_slice(&response->certificate), f);
	return rc;
}

/* --- what is not of the card any more --- */

static bool is_kept_credential(const json_t *inside, const char *label)
{
	json_t *credential;
	char name[96];
	size_t i;

	json_array_foreach(json_object_get(inside, "credentials"), i, credential) {
		for (size_t how = 0; how < sizeof kept / sizeof *kept; how++) {
			if (!holder_is_format(credential, kept[how].format))
				continue;
			holder_object_name(name, sizeof name, kept[how].kind, json_string_value(json_object_get(credential, kept[how].by)));
			if (strcmp(name, label) == 0)
				return true;
		}
	}
	return false;
}

static bool begins(const char *label, const char *kind)
{
	size_t len = strlen(kind);

	return strncmp(label, kind, len) == 0 && label[len] == ':';
}

/* An object of a kind that a response brings, and that this one did not. */
static bool is_stale(const json_t *inside, const char *label)
{
	if (strcmp(label, HOLDER_PORTRAIT) == 0)
		return !json_is_string(json_object_get(inside, "portrait"));
	if (begins(label, "field"))
		return !json_object_get(json_object_get(inside, "fields"), label + strlen("field:"));
	for (size_t how = 0; how < sizeof kept / sizeof *kept; how++)
		if (begins(label, kept[how].kind))
			return !is_kept_credential(inside, label);
	return false;
}

int holder_store_sweep(struct sb_p11 *p11, const json_t *inside, struct sb_failure *f)
{
	struct sb_p11_label *labels = NULL;
	size_t count = 0;
	int rc = sb_p11_data_labels(p11, HOLDER_APPLICATION, &labels, &count, f);

	for (size_t i = 0; rc == SB_EXIT_OK && i < count; i++) {
		if (!is_stale(inside, labels[i].text))
			continue;
		rc = sb_p11_delete_data(p11, HOLDER_APPLICATION, labels[i].text, f);
		if (rc != SB_EXIT_OK && strcmp(f->error, "not_found") == 0)
			rc = SB_EXIT_OK; /* two of one name went at once */
	}
	free(labels);
	return rc;
}
