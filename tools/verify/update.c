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
#include "verify/verify.h"

/* `update`: takes in a bundle, after checking all of it against the root. The root comes once, by hand, and is remembered. */

enum { BUNDLE_MAX = 8 << 20, ROOT_MAX = 1 << 16, FINGERPRINT_TEXT = 65 };

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

/* Not older than the one at hand: an old one would forget revocations. */
static int check_newer(struct desk *d, struct sb_slice root, const struct sb_bundle *b, const char *path, int64_t now, struct sb_failure *f)
{
	struct sb_bytes text = {0};
	struct sb_bundle old;
	int rc = SB_EXIT_OK;

	if (b->iat > now + DESK_CLOCK_SLACK)
		rc = sb_fail(f, SB_EXIT_DATA, "bundle_not_yet_valid", "--bundle",
			_("%s is from the future: this desk's clock is wrong, or the issuer's. Nothing was changed."), path);
	else if (desk_get(d, "bundle", &text) == SB_OK && sb_bundle_open(sb_bytes_slice(&text), root, now, &old) == SB_OK) {
		if (b->iat < old.iat)
			rc = sb_fail(f, SB_EXIT_DATA, "bundle_older", "--bundle",
				_("%s is older than the bundle this desk has. Nothing was changed."), path);
		sb_bundle_free(&old);
	}
	sb_bytes_free(&text);
	return rc;
}

static int store(struct sb_program *p, struct desk *d, struct sb_slice root, struct sb_slice text, int64_t iat, struct sb_failure *f)
{
	int rc = desk_put(d, "root", root);

	if (rc == SB_OK)
		rc = desk_put_time(d, "bundle-iat", iat);
	if (rc == SB_OK)
		rc = desk_put(d, "bundle", text);
	if (rc == SB_OK)
		rc = desk_commit(d);
	return rc == SB_OK ? SB_EXIT_OK : desk_fail(p, rc, f);
}

static void tell(struct sb_program *p, struct sb_slice root, const struct sb_bundle *b, json_t *result)
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
	sb_say(p, _("The bundle is taken in, good for %d more days. Cards can be checked without a network.\n"), (int)days);
	sb_bytes_free(&hex);
}

static int update(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	const char *path = sb_program_text(p, "--bundle");
	struct sb_bytes root = {0}, text = {0};
	struct sb_bundle b = {0};
	struct desk *d;
	int rc = desk_make(p, &d, f), opened;

	if (rc != SB_EXIT_OK)
		return rc;
	rc = read_file("--bundle", path, BUNDLE_MAX, &text, f);
	while (text.len && isspace(text.data[text.len - 1]))
		text.len--;
	if (rc == SB_EXIT_OK && (opened = desk_begin(d)) != SB_OK)
		rc = desk_fail(p, opened, f);
	if (rc == SB_EXIT_OK)
		rc = choose_root(p, d, &root, f);
	if (rc == SB_EXIT_OK && (opened = sb_bundle_open(sb_bytes_slice(&text), sb_bytes_slice(&root), time(NULL), &b)) != SB_OK)
		rc = refuse(opened, path, f);
	if (rc == SB_EXIT_OK)
		rc = check_newer(d, sb_bytes_slice(&root), &b, path, time(NULL), f);
	if (rc == SB_EXIT_OK)
		rc = store(p, d, sb_bytes_slice(&root), sb_bytes_slice(&text), b.iat, f);
	if (rc == SB_EXIT_OK)
		tell(p, sb_bytes_slice(&root), &b, result);
	desk_rollback(d);
	desk_close(&d);
	sb_bundle_free(&b);
	sb_bytes_free(&root);
	sb_bytes_free(&text);
	return rc;
}

static const struct sb_option options[] = {
	{"--bundle", SB_OPTION_FILE, "FILE", N_("the issuer's bundle"), true},
	{"--root", SB_OPTION_FILE, "FILE", N_("the issuer's root certificate; needed once, the first time"), false},
	{0},
};

const struct sb_verb verify_update = {
	"update", "", 0, 0, N_("take in the issuer's bundle: signers and the list of revoked cards"), options, update};
