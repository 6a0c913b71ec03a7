/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "formats/login.h"

#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "formats/jws.h"

enum { VERSION = 1, NONCE = 24, MEMBERS = 7 };
#define HTTPS "https://"

json_t *sb_login_make(const struct sb_login *l)
{
	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:I}", "v", VERSION, "type", SB_LOGIN_TYPE, "application", l->application, "audience", l->audience,
		"name", l->name, "nonce", l->nonce, "expires", (json_int_t)l->expires);
}

/* --- what each member may be --- */

static bool is_type(const char *text)
{
	return strcmp(text, SB_LOGIN_TYPE) == 0;
}

static bool is_application(const char *text)
{
	return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") == strlen(text);
}

static bool is_audience(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return len > sizeof HTTPS - 1 && strncmp(text, HTTPS, sizeof HTTPS - 1) == 0;
}

static bool is_name(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

static bool is_nonce(const char *text)
{
	struct sb_bytes raw = {0};
	bool good = sb_base64url_decode(text, strlen(text), &raw) == SB_OK && raw.len == NONCE;

	sb_bytes_free(&raw);
	return good;
}

static const struct row {
	const char *name;
	size_t at, size; /* where it goes; size 0: nowhere */
	bool (*good)(const char *text);
} rows[] = {
	{"type", 0, 0, is_type},
	{"application", offsetof(struct sb_login, application), sizeof(((struct sb_login *)0)->application), is_application},
	{"audience", offsetof(struct sb_login, audience), sizeof(((struct sb_login *)0)->audience), is_audience},
	{"name", offsetof(struct sb_login, name), sizeof(((struct sb_login *)0)->name), is_name},
	{"nonce", offsetof(struct sb_login, nonce), sizeof(((struct sb_login *)0)->nonce), is_nonce},
};

static int take_text(const json_t *json, const struct row *row, struct sb_login *out)
{
	const json_t *member = json_object_get(json, row->name);
	const char *text = json_string_value(member);

	if (!text || !*text || strlen(text) != json_string_length(member) || !row->good(text))
		return SB_E_FORMAT;
	if (!row->size)
		return SB_OK;
	if (strlen(text) >= row->size)
		return SB_E_FORMAT;
	memcpy((char *)out + row->at, text, strlen(text) + 1);
	return SB_OK;
}

int sb_login_parse(const json_t *json, struct sb_login *out, const char **field)
{
	*out = (struct sb_login){0};
	*field = "type";
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		*field = rows[i].name;
		if (take_text(json, &rows[i], out) != SB_OK)
			return SB_E_FORMAT;
	}
	*field = "v";
	if (!json_is_integer(json_object_get(json, "v")) || json_integer_value(json_object_get(json, "v")) != VERSION)
		return SB_E_FORMAT;
	*field = "expires";
	if (!json_is_integer(json_object_get(json, "expires")))
		return SB_E_FORMAT;
	out->expires = json_integer_value(json_object_get(json, "expires"));
	*field = "unknown member";
	return json_object_size(json) == MEMBERS ? SB_OK : SB_E_FORMAT;
}

int sb_login_sign(const struct sb_login *login, struct sb_slice certificate, const struct sb_signer *signer, struct sb_bytes *out)
{
	struct sb_bytes base64 = {0};
	json_t *header = NULL, *payload = sb_login_make(login);
	int rc = sb_base64_encode(certificate.data, certificate.len, &base64);

	if (rc == SB_OK)
		header = json_pack("{s:s, s:[o]}", "typ", SB_LOGIN_TYP, "x5c", json_stringn((const char *)base64.data, base64.len));
	if (rc == SB_OK)
		rc = header && payload ? sb_jws_sign(header, payload, signer, out) : SB_E_NOMEM;
	json_decref(header);
	json_decref(payload);
	sb_bytes_free(&base64);
	return rc;
}
