/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "identity/provider.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/codec.h"
#include "base/error.h"
#include "common/http.h"
#include "common/i18n.h"
#include "common/paths.h"
#include "common/settings_file.h"
#include "common/verb.h"
#include "identity/hint.h"

#define SUFFIX ".conf"
enum { EXPIRY = 180, TIMEOUT = 10, PATH_SIZE = 4096 };

static const char *const kinds[] = {[SB_PROVIDER_CIBA] = "ciba", [SB_PROVIDER_PASS] = "pass", NULL};
static const char *const client_auths[] = {
	[SB_CLIENT_SECRET_BASIC] = "client_secret_basic", [SB_CLIENT_SECRET_POST] = "client_secret_post", [SB_PRIVATE_KEY_JWT] = "private_key_jwt", NULL};

#define AT(field) offsetof(struct sb_provider, field)
static const struct sb_setting rows[] = {
	{"label.ko", SB_SETTING_TEXT, AT(label_ko), NULL, 0, 0, NULL, true},
	{"label.en", SB_SETTING_TEXT, AT(label_en), NULL, 0, 0, NULL, true},
	{"kind", SB_SETTING_WORD, AT(kind), NULL, 0, 0, kinds, true},
	{"issuer", SB_SETTING_TEXT, AT(issuer), "http", 0, 0, NULL, true},
	{"client-id", SB_SETTING_TEXT, AT(client_id), NULL, 0, 0, NULL, true},
	{"client-auth", SB_SETTING_WORD, AT(client_auth), NULL, 0, 0, client_auths, true},
	{"client-secret-file", SB_SETTING_PATH, AT(secret_file), NULL, 0, 0, NULL, false},
	{"client-key", SB_SETTING_TEXT, AT(key), "pkcs11:", 0, 0, NULL, false},
	{"client-key-id", SB_SETTING_TEXT, AT(key_id), NULL, 0, 0, NULL, false},
	{"scope", SB_SETTING_TEXT, AT(scope), "openid", 0, 0, NULL, false},
	{"hint", SB_SETTING_TEXT, AT(hint), NULL, 0, 0, NULL, false},
	{"acr-values", SB_SETTING_TEXT, AT(acr_values), NULL, 0, 0, NULL, false},
	{"ca-file", SB_SETTING_PATH, AT(ca_file), NULL, 0, 0, NULL, false},
	{"claim-name", SB_SETTING_TEXT, AT(claim_name), NULL, 0, 0, NULL, false},
	{"claim-birth-date", SB_SETTING_TEXT, AT(claim_birth_date), NULL, 0, 0, NULL, false},
	{"claim-phone", SB_SETTING_TEXT, AT(claim_phone), NULL, 0, 0, NULL, false},
	{"expiry", SB_SETTING_NUMBER, AT(expiry), NULL, 30, 900, NULL, false},
	{"timeout", SB_SETTING_NUMBER, AT(timeout), NULL, 1, 60, NULL, false},
	{0},
};
static const struct sb_settings provider_conf = {rows, "bad_provider", "sinbun-providers(5)"};

/* The file's name comes from what somebody chose. */
static bool is_id(const char *id)
{
	return *id && strlen(id) < SB_PROVIDER_ID && strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(id);
}

static const struct {
	size_t offset;
	const char *text;
} defaults[] = {{AT(scope), "openid profile phone"}, {AT(hint), "json"}, {AT(claim_name), "name"}, {AT(claim_birth_date), "birthdate"},
	{AT(claim_phone), "phone_number"}};

static int set_defaults(struct sb_provider *p, struct sb_failure *f)
{
	for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++) {
		char **text = (char **)((char *)p + defaults[i].offset);

		if (!*text && !(*text = strdup(defaults[i].text)))
			return sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	}
	return SB_EXIT_OK;
}

/* "%20" and the like undone, into a new text; NULL for what is no such text. */
static char *decode_percent(const char *text, size_t len)
{
	struct sb_bytes out = {0};
	int rc = SB_OK;

	for (size_t i = 0; rc == SB_OK && i < len; i++) {
		if (text[i] != '%') {
			rc = sb_bytes_append_byte(&out, (uint8_t)text[i]);
			continue;
		}
		rc = i + 2 < len ? sb_hex_decode(text + i + 1, 2, &out) : SB_E_FORMAT;
		i += 2;
	}
	if (rc == SB_OK)
		rc = sb_bytes_terminate(&out);
	if (rc != SB_OK || !out.len || strlen((const char *)out.data) != out.len || !sb_is_clean((const char *)out.data))
		sb_bytes_free(&out);
	return (char *)out.data;
}

/* RFC 7512, of which a key in a token that is open already needs its name, and perhaps the token's. */
static bool read_key_uri(struct sb_provider *p)
{
	const char *at = p->key + strlen("pkcs11:");

	/* A query would name a module or a PIN: both come from the program's options. */
	if (strchr(at, '?'))
		return false;
	while (*at) {
		size_t len = strcspn(at, ";"), name = strcspn(at, "=");
		char **text = name == 6 && strncmp(at, "object", 6) == 0  ? &p->key_label
			      : name == 5 && strncmp(at, "token", 5) == 0 ? &p->key_token
									  : NULL;

		if (name < len && text && !*text)
			*text = decode_percent(at + name + 1, len - name - 1);
		else if (len != strlen("type=private") || strncmp(at, "type=private", len) != 0)
			return false;
		if (text && !*text)
			return false;
		at += len + (at[len] == ';');
	}
	return p->key_label != NULL;
}

/* What one row alone cannot say. */
static int check_whole(struct sb_provider *p, const char *path, struct sb_failure *f)
{
	bool by_key = p->client_auth == SB_PRIVATE_KEY_JWT;

	if (!sb_http_allowed(p->issuer, true) || strpbrk(p->issuer, "?#"))
		return sb_settings_fail(&provider_conf, path, "issuer", _("it is an address that begins with https://, without \"?\" and \"#\""), f);
	if (!by_key && !p->secret_file)
		return sb_settings_fail(&provider_conf, path, "client-secret-file", _("this key is missing"), f);
	if (by_key && !p->key)
		return sb_settings_fail(&provider_conf, path, "client-key", _("this key is missing"), f);
	if (p->key && !read_key_uri(p))
		return sb_settings_fail(&provider_conf, path, "client-key", _("it is of the form pkcs11:token=LABEL;object=LABEL"), f);
	if (p->scope[6] && p->scope[6] != ' ')
		return sb_settings_fail(&provider_conf, path, "scope", _("its first word is openid"), f);
	if (!sb_hint_is_good(p->hint))
		return sb_settings_fail(&provider_conf, path, "hint",
			_("it is \"json\", or a text with {name}, {birth_date}, {birth_digits}, {phone}, {phone_e164} or {carrier}"), f);
	return SB_EXIT_OK;
}

/* Says which there are, so that whoever mistyped sees it. */
static int fail_none(const char *root, const char *id, struct sb_failure *f)
{
	struct sb_provider_id *ids = NULL;
	size_t count = 0, used = 0;
	char list[512] = "";

	if (sb_provider_list(root, &ids, &count, f) != SB_EXIT_OK)
		return f->exit;
	for (size_t i = 0; i < count && used < sizeof list; i++)
		used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", ids[i].text);
	free(ids);
	if (!count)
		return sb_fail(f, SB_EXIT_CONFIG, "no_provider", sb_clean(id),
			_("No provider is set up. Copy a sample from %s/providers.d to %s/providers.d and fill it in; sinbun-providers(5) explains it."), sb_path_samples(), root);
	return sb_fail(f, SB_EXIT_CONFIG, "no_provider", sb_clean(id), _("There is no provider \"%s\". Those set up are: %s"), sb_clean(id), list);
}

int sb_provider_load(const char *root, const char *id, struct sb_provider **out, struct sb_failure *f)
{
	struct sb_provider *p = calloc(1, sizeof *p);
	char path[PATH_SIZE];
	bool absent = false;
	int rc;

	*out = NULL;
	if (!p)
		return sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	p->expiry = EXPIRY;
	p->timeout = TIMEOUT;
	snprintf(path, sizeof path, "%s/providers.d/%s" SUFFIX, root, is_id(id) ? id : "");
	rc = is_id(id) ? sb_settings_read(&provider_conf, path, p, &absent, f) : fail_none(root, id, f);
	if (rc == SB_EXIT_OK && absent)
		rc = fail_none(root, id, f);
	if (rc == SB_EXIT_OK)
		rc = set_defaults(p, f);
	if (rc == SB_EXIT_OK)
		rc = check_whole(p, path, f);
	snprintf(p->id, sizeof p->id, "%s", is_id(id) ? id : "");
	if (rc == SB_EXIT_OK)
		*out = p;
	else
		sb_provider_free(&p);
	return rc;
}

void sb_provider_free(struct sb_provider **provider)
{
	if (!provider || !*provider)
		return;
	sb_settings_free(&provider_conf, *provider);
	sb_text_free(&(*provider)->key_label);
	sb_text_free(&(*provider)->key_token);
	free(*provider);
	*provider = NULL;
}

const char *sb_provider_label(const struct sb_provider *provider)
{
	return strcmp(sb_i18n_lang(), "ko") == 0 ? provider->label_ko : provider->label_en;
}

static int is_provider(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name), tail = strlen(SUFFIX);
	char id[SB_PROVIDER_ID];

	if (len <= tail || len - tail >= sizeof id || strcmp(entry->d_name + len - tail, SUFFIX) != 0)
		return 0;
	snprintf(id, sizeof id, "%.*s", (int)(len - tail), entry->d_name);
	return is_id(id);
}

int sb_provider_list(const char *root, struct sb_provider_id **ids, size_t *count, struct sb_failure *f)
{
	struct dirent **entries = NULL;
	char path[PATH_SIZE];
	int n;

	*ids = NULL;
	*count = 0;
	snprintf(path, sizeof path, "%s/providers.d", root);
	n = access(path, F_OK) == 0 ? scandir(path, &entries, is_provider, alphasort) : 0;
	if (n < 0)
		return sb_fail(f, SB_EXIT_CONFIG, "bad_provider", path, _("%s cannot be read."), path);
	*ids = n ? calloc((size_t)n, sizeof **ids) : NULL;
	for (int i = 0; i < n; i++) {
		if (*ids)
			snprintf((*ids)[i].text, SB_PROVIDER_ID, "%.*s", (int)(strlen(entries[i]->d_name) - strlen(SUFFIX)), entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	if (n && !*ids)
		return sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	*count = (size_t)n;
	return SB_EXIT_OK;
}
