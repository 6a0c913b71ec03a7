/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <ctype.h>
#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "crypto/certificate.h"
#include "crypto/digest.h"
#include "formats/x509.h"
#include "verify/desk.h"
#include "verify/fetch.h"
#include "verify/settings.h"
#include "verify/verify.h"

/* `update`: takes in a bundle, after checking all of it against the root. The root comes once, by hand, and is remembered. */

enum { BUNDLE_MAX = 8 << 20, ROOT_MAX = 1 << 16, URL_MAX = 1024 };

static int read_file(const char *option, const char *path, size_t max, struct sb_bytes *out, struct sb_failure *f)
{
	int rc = sb_file_read(path, max, out);

	return rc == SB_OK ? SB_EXIT_OK
			   : sb_fail(f, SB_EXIT_DATA, "cannot_read", option, _("%s cannot be read: %s."), path, _(sb_error_text(rc)));
}

/* PEM, or DER as it is. */
static int read_root(const char *path, struct sb_bytes *der, struct sb_failure *f)
{
	struct sb_certificate *c = NULL;
	struct sb_bytes file = {0};
	int rc = read_file("--root", path, ROOT_MAX, &file, f), parsed;

	if (rc == SB_EXIT_OK) {
		parsed = file.len && file.data[0] == 0x30 ? sb_bytes_append(der, file.data, file.len)
							  : sb_pem_decode("CERTIFICATE", sb_bytes_slice(&file), der);
		if (parsed == SB_OK)
			parsed = sb_certificate_parse(sb_bytes_slice(der), &c);
		if (parsed != SB_OK)
			rc = sb_fail(f, SB_EXIT_DATA, "bad_root", "--root", _("%s is no certificate (PEM or DER)."), path);
	}
	sb_certificate_free(&c);
	sb_bytes_free(&file);
	return rc;
}

static int choose_root(struct sb_program *p, struct desk *d, struct sb_bytes *root, struct sb_failure *f)
{
	const char *path = sb_program_text(p, "--root");
	struct sb_bytes kept = {0};
	int known = desk_get(d, "root", &kept), rc = SB_EXIT_OK;

	if (known != SB_OK && known != SB_E_NOT_FOUND)
		rc = desk_fail(p, known, f);
	else if (path)
		rc = read_root(path, root, f);
	else if (known == SB_OK)
		rc = sb_bytes_append(root, kept.data, kept.len) == SB_OK ? SB_EXIT_OK : desk_fail(p, SB_E_NOMEM, f);
	else
		rc = sb_fail(f, SB_EXIT_CONFIG, "no_root", "--root",
			_("This desk has no root certificate yet. Get it from the issuer by a way you trust, and give it once: --root FILE.pem"));
	if (rc == SB_EXIT_OK && known == SB_OK && !sb_slice_equal(sb_bytes_slice(root), sb_bytes_slice(&kept)))
		rc = sb_fail(f, SB_EXIT_REFUSED, "root_differs", "--root",
			_("%s is another root than the one this desk trusts. For another issuer, use another directory: --home DIR"), path);
	sb_bytes_free(&kept);
	return rc;
}

static const struct {
	int error;
	const char *name, *message;
} refusals[] = {
	{SB_E_FORMAT, "bundle_malformed", N_("this is no bundle, or not all of it. Nothing was changed.")},
	{SB_E_SIGNATURE, "bundle_untrusted", N_("the bundle was altered, or is from another issuer than this desk's root. Nothing was changed.")},
	{SB_E_RANGE, "bundle_expired", N_("the bundle or a certificate in it has expired or is not yet valid. Get a new one; if it is new, check the clock. Nothing was changed.")},
};

static int refuse(int error, const char *path, struct sb_failure *f)
{
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
		if (refusals[i].error == error)
			return sb_fail(f, SB_EXIT_DATA, refusals[i].name, "--bundle", "%s: %s", path, _(refusals[i].message));
	return sb_fail(f, SB_EXIT_DATA, "bundle_malformed", "--bundle", _("%s: %s."), path, _(sb_error_text(error)));
}

static int fail_older(const char *path, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_DATA, "bundle_older", "--bundle", _("%s is older than the bundle this desk has. Nothing was changed."), path);
}

/* A list of the same name that is older than the one at hand, in a bundle that is newer. */
static bool has_older_list(const struct sb_bundle *b, const struct sb_bundle *old)
{
	for (size_t i = 0; i < b->list_count; i++)
		for (size_t k = 0; k < old->list_count; k++)
			if (strcmp(b->opened[i]->uri, old->opened[k]->uri) == 0 && b->opened[i]->iat < old->opened[k]->iat)
				return true;
	return false;
}

/* Not older than the one at hand, even when that has expired meanwhile: an old one would forget revocations. */
static int check_newer(struct desk *d, struct sb_slice root, const struct sb_bundle *b, const char *path, int64_t now, struct sb_failure *f)
{
	struct sb_bytes text = {0};
	struct sb_bundle old;
	int64_t iat = INT64_MIN;
	int rc = SB_EXIT_OK;

	if (b->iat > now + DESK_CLOCK_SLACK)
		rc = sb_fail(f, SB_EXIT_DATA, "bundle_not_yet_valid", "--bundle",
			_("%s is from the future: this desk's clock is wrong, or the issuer's. Nothing was changed."), path);
	else if (desk_get_time(d, "bundle-iat", &iat) == SB_OK && b->iat < iat)
		rc = fail_older(path, f);
	/* Desks of before kept no such time: theirs is judged by now. */
	else if (desk_get(d, "bundle", &text) == SB_OK && sb_bundle_open(sb_bytes_slice(&text), root, iat > 0 ? iat : now, &old) == SB_OK) {
		if (b->iat < old.iat || has_older_list(b, &old))
			rc = fail_older(path, f);
		sb_bundle_free(&old);
	}
	sb_bytes_free(&text);
	return rc;
}

static int put_text(struct desk *d, const char *name, const char *text)
{
	return desk_put(d, name, sb_slice(text, strlen(text)));
}

/* Whether the next question to the server may be "newer than this?" hangs on where this came from. */
static int store_source(struct desk *d, const struct fetch *fetch)
{
	int rc = put_text(d, "bundle-url", fetch->url ? fetch->url : "");

	if (rc == SB_OK)
		rc = put_text(d, "bundle-etag", fetch->etag);
	return rc == SB_OK ? put_text(d, "bundle-modified", fetch->modified) : rc;
}

static int store(struct sb_program *p, struct desk *d, struct sb_slice root, const struct fetch *fetch, int64_t iat, struct sb_failure *f)
{
	int rc = desk_put(d, "root", root);

	if (rc == SB_OK)
		rc = desk_put_time(d, "bundle-iat", iat);
	if (rc == SB_OK)
		rc = desk_put(d, "bundle", sb_bytes_slice(&fetch->body));
	if (rc == SB_OK)
		rc = store_source(d, fetch);
	if (rc == SB_OK)
		rc = desk_commit(d);
	return rc == SB_OK ? SB_EXIT_OK : desk_fail(p, rc, f);
}

static void tell(struct sb_program *p, struct sb_slice root, const struct sb_bundle *b, bool unchanged, json_t *result)
{
	uint8_t hash[SB_SHA256_SIZE];
	struct sb_bytes hex = {0};
	int64_t days = (b->exp - time(NULL)) / (24 * 3600);

	if (sb_sha256(root.data, root.len, hash) == SB_OK && sb_hex_encode(hash, sizeof hash, &hex) == SB_OK &&
		sb_bytes_terminate(&hex) == SB_OK) {
		json_object_set_new(result, "root_sha256", json_string((const char *)hex.data));
		sb_say(p, _("Root certificate (SHA-256): %s\n"), (const char *)hex.data);
	}
	json_object_set_new(result, "iat", json_integer(b->iat));
	json_object_set_new(result, "exp", json_integer(b->exp));
	json_object_set_new(result, "signers", json_integer((json_int_t)b->signer_count));
	json_object_set_new(result, "lists", json_integer((json_int_t)b->list_count));
	json_object_set_new(result, "unchanged", json_boolean(unchanged));
	sb_say(p,
		unchanged ? _("The bundle at hand is the newest, good for %d more days.\n")
			  : _("The bundle is taken in, good for %d more days. Cards can be checked without a network.\n"),
		(int)days);
	sb_bytes_free(&hex);
}

static void get_text(struct desk *d, const char *name, char *out, size_t size)
{
	struct sb_bytes text = {0};

	out[0] = 0;
	if (desk_get(d, name, &text) == SB_OK && text.len < size) {
		memcpy(out, text.data, text.len);
		out[text.len] = 0;
	}
	sb_bytes_free(&text);
}

/* From the server; the desk's memory is not held meanwhile. */
static int fetch_bundle(struct desk *d, struct fetch *fetch, struct sb_failure *f)
{
	char url[URL_MAX];

	get_text(d, "bundle-url", url, sizeof url);
	if (strcmp(url, fetch->url) == 0) {
		get_text(d, "bundle-etag", fetch->etag, sizeof fetch->etag);
		get_text(d, "bundle-modified", fetch->modified, sizeof fetch->modified);
	}
	return fetch_get(fetch, f);
}

/* All of it verified, then put in the place of the old one, or nothing. */
static int take_in(struct sb_program *p, struct desk *d, const char *path, struct fetch *fetch, json_t *result, struct sb_failure *f)
{
	struct sb_bytes root = {0};
	struct sb_bundle b = {0};
	int opened = desk_begin(d), rc = opened == SB_OK ? choose_root(p, d, &root, f) : desk_fail(p, opened, f);

	if (rc == SB_EXIT_OK && fetch->unchanged && (opened = desk_get(d, "bundle", &fetch->body)) != SB_OK)
		rc = desk_fail(p, opened, f);
	while (fetch->body.len && isspace(fetch->body.data[fetch->body.len - 1]))
		fetch->body.len--;
	if (rc == SB_EXIT_OK && (opened = sb_bundle_open(sb_bytes_slice(&fetch->body), sb_bytes_slice(&root), time(NULL), &b)) != SB_OK)
		rc = refuse(opened, path, f);
	if (rc == SB_EXIT_OK && !fetch->unchanged)
		rc = check_newer(d, sb_bytes_slice(&root), &b, path, time(NULL), f);
	if (rc == SB_EXIT_OK && !fetch->unchanged)
		rc = store(p, d, sb_bytes_slice(&root), fetch, b.iat, f);
	if (rc == SB_EXIT_OK)
		tell(p, sb_bytes_slice(&root), &b, fetch->unchanged, result);
	desk_rollback(d);
	sb_bundle_free(&b);
	sb_bytes_free(&root);
	return rc;
}

/* A file where one is given, else the server: of --url, or of desk.conf. */
static int choose_source(struct sb_program *p, const struct settings *settings, struct fetch *fetch, struct sb_failure *f)
{
	const char *path = sb_program_text(p, "--bundle"), *url = sb_program_text(p, "--url");

	if (path && url)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--url", _("Either --bundle or --url, not both."));
	if (!path && !url && !settings->bundle_url)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--bundle",
			_("Where is the bundle? --bundle FILE, --url https://…, or bundle-url in %s/desk.conf"), sb_program_root(p));
	fetch->url = path ? NULL : url ? url : settings->bundle_url;
	fetch->ca = settings->bundle_ca;
	if (fetch->url && (strncmp(fetch->url, "https://", 8) != 0 || strlen(fetch->url) >= URL_MAX || !sb_is_clean(fetch->url)))
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--url", _("--url begins with https://."));
	return SB_EXIT_OK;
}

static int update(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	const char *path = sb_program_text(p, "--bundle");
	struct fetch fetch = {.max = BUNDLE_MAX};
	struct settings settings;
	struct desk *d = NULL;
	int rc = settings_read(p, &settings, f);

	if (rc != SB_EXIT_OK)
		return rc;
	rc = choose_source(p, &settings, &fetch, f);
	if (rc == SB_EXIT_OK)
		rc = desk_make(p, &d, f);
	if (rc == SB_EXIT_OK)
		rc = fetch.url ? fetch_bundle(d, &fetch, f) : read_file("--bundle", path, BUNDLE_MAX, &fetch.body, f);
	if (rc == SB_EXIT_OK)
		rc = take_in(p, d, fetch.url ? fetch.url : path, &fetch, result, f);
	desk_close(&d);
	sb_bytes_free(&fetch.body);
	settings_free(&settings);
	return rc;
}

static const struct sb_option options[] = {
	{"--bundle", SB_OPTION_FILE, "FILE", N_("the issuer's bundle"), false},
	{"--url", SB_OPTION_TEXT, "URL", N_("fetch the bundle from there, when it is newer than the one at hand (https)"), false},
	{"--root", SB_OPTION_FILE, "FILE", N_("the issuer's root certificate; needed once, the first time"), false},
	{0},
};

const struct sb_verb verify_update = {
	"update", "", 0, 0, N_("take in the issuer's bundle: signers and the list of revoked cards"), options, update};
