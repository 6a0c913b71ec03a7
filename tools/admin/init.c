/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "common/unicode.h"
#include "crypto/certificate.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "formats/x509.h"

/* `init`: the issuer's token, its keys and certificates, the data key, the registry. Each step looks first whether it is done, so that
 * an init that was cut short can be repeated; the registry's settings are written last and say that all is there. */

enum { SERIAL = 16, NAME_MAX_BYTES = 200, URL_MAX = 120 };
enum { YEAR = 365 * 24 * 3600, ROOT_YEARS = 15, SIGNER_YEARS = 6 };

struct making {
	struct sb_program *p;
	struct sb_p11 *p11;
	struct sb_secret pin;
	const char *issuer, *url, *country;
	uint8_t root_point[65], signer_point[65];
	struct sb_bytes root, signer;
};

static int check_names(struct making *m, struct sb_failure *f)
{
	const char *host = strncmp(m->url, "https://", 8) == 0 ? m->url + 8 : NULL;

	if (strlen(m->issuer) > NAME_MAX_BYTES || !sb_is_clean(m->issuer) || sb_unicode_is_blank(m->issuer))
		return sb_fail(f, SB_EXIT_USAGE, "bad_issuer", "--issuer", _("--issuer is the issuer's name: 1 to %d bytes, no control characters."),
			NAME_MAX_BYTES);
	if (!host || !*host || *host == '/' || strlen(m->url) > URL_MAX || m->url[strlen(m->url) - 1] == '/' ||
		strspn(m->url, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:/") != strlen(m->url))
		return sb_fail(f, SB_EXIT_USAGE, "bad_url", "--url",
			_("--url is https://HOST[/PATH], at most %d characters, without a slash at the end."), URL_MAX);
	if (strlen(m->country) != 2 || !isupper((unsigned char)m->country[0]) || !isupper((unsigned char)m->country[1]))
		return sb_fail(f, SB_EXIT_USAGE, "bad_country", "--country", _("--country is two capital letters (KR)."));
	if (strlen(m->url) + 4 > ADMIN_URI_SHORT)
		sb_warn(m->p, _("The status address %s/s/1 is longer than %d characters; live QR codes will be larger."), m->url,
			ADMIN_URI_SHORT);
	return SB_EXIT_OK;
}

/* Nothing is made beside a registry that stands here already, or that cannot be read. */
static int check_registry(struct sb_program *p, struct sb_failure *f)
{
	const char *path = admin_path(p, "registry.db");
	struct sb_bytes value = {0};
	struct sb_registry *r = NULL;
	int rc = sb_registry_sqlite_open(path, false, &r);

	if (rc == SB_OK)
		rc = r->ops->get(r, SETTING_URL, &value);
	if (rc == SB_OK)
		rc = r->ops->get(r, SETTING_ISSUER, &value);
	sb_registry_close(&r);
	sb_bytes_free(&value);
	if (rc == SB_OK)
		return sb_fail(f, SB_EXIT_NOT_NOW, "already_initialised", "--registry", _("There is a registry in %s already. Nothing was changed."),
			sb_program_root(p));
	return rc == SB_E_NOT_FOUND ? SB_EXIT_OK : admin_fail(rc, path, f);
}

static int make_token(struct making *m, struct sb_failure *f)
{
	const char *given = sb_program_text(m->p, "--puk-out"), *path = given ? given : admin_path(m->p, "issuer.puk");
	int rc = admin_make_token(m->p, m->p11, sb_p11_label(m->p11, ADMIN_TOKEN), path, &m->pin, f);

	if (rc == SB_EXIT_OK)
		sb_say(m->p, _("The unblocking code of the issuer's token is in %s. Move it to a safe place.\n"), path);
	return rc;
}

/* One that stands here from an init that was cut short has its PIN already. */
static int find_token(struct making *m, bool pin_set, struct sb_failure *f)
{
	if (!pin_set)
		return sb_fail(f, SB_EXIT_NOT_NOW, "unfinished_token", ADMIN_TOKEN,
			_("An issuer's token without a PIN is left over from an init that was cut short. Set one with its unblocking code (issuer.puk), then run init again: sinbun-admin token unblock"));
	return sb_secret_ask(m->p, SB_SECRET_PASSPHRASE, "--pin-fd", &m->pin, f);
}

static int ensure_token(struct making *m, struct sb_failure *f)
{
	bool pin_set;
	int rc;

	if (sb_p11_has(m->p11, ADMIN_TOKEN, &pin_set))
		rc = find_token(m, pin_set, f);
	else {
		/* Before anything is written over what a damaged one left. */
		rc = sb_p11_readable(m->p11, f);
		if (rc == SB_EXIT_OK)
			rc = sb_secret_ask(m->p, SB_SECRET_NEW_PASSPHRASE, "--pin-fd", &m->pin, f);
		if (rc == SB_EXIT_OK)
			rc = make_token(m, f);
	}
	if (rc == SB_EXIT_OK)
		rc = sb_p11_select(m->p11, ADMIN_TOKEN, f);
	return rc == SB_EXIT_OK ? sb_p11_login(m->p11, sb_slice(m->pin.text, m->pin.len), f) : rc;
}

static int ensure_key(struct making *m, const char *label, uint8_t id, uint8_t point[65], struct sb_failure *f)
{
	struct sb_p11_key_spec spec = {label, id, false, false};

	return sb_p11_has_key(m->p11, label) ? sb_p11_public_point(m->p11, label, point, f) : sb_p11_generate_key(m->p11, &spec, point, f);
}

static int ensure_data_key(struct making *m, struct sb_failure *f)
{
	struct sb_bytes old = {0};
	uint8_t *key;
	int rc = sb_p11_get_data(m->p11, ADMIN_APPLICATION, ADMIN_DATA_KEY, &old, f);

	sb_bytes_free(&old);
	if (rc == SB_EXIT_OK || strcmp(f->error, "not_found") != 0)
		return rc;
	key = sb_secret_new(SB_REGISTRY_KEY);
	if (!key || sb_random(key, SB_REGISTRY_KEY) != SB_OK)
		rc = sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	else
		rc = sb_p11_put_data(m->p11, ADMIN_APPLICATION, ADMIN_DATA_KEY, sb_slice(key, SB_REGISTRY_KEY), true, f);
	sb_secret_free((void **)&key);
	return rc;
}

/* A certificate of one of the two keys, signed by the root, unless the token has it already. */
static int ensure_certificate(struct making *m, enum sb_x509_kind kind, const char *label, uint8_t id, const uint8_t point[65],
	struct sb_bytes *der, struct sb_failure *f)
{
	char name[NAME_MAX_BYTES + 32], root_name[NAME_MAX_BYTES + 32];
	struct sb_signer signer;
	struct sb_x509_request r = {
		.kind = kind,
		.serial_len = SERIAL,
		.not_before = time(NULL) - ADMIN_BACKDATE,
		.point = sb_slice(point, 65),
		.issuer_point = sb_slice(m->root_point, 65),
		.issuer_url = m->url,
	};
	int rc = sb_p11_get_certificate(m->p11, label, der, f), made;

	if (rc == SB_EXIT_OK || strcmp(f->error, "not_found") != 0)
		return rc;
	snprintf(root_name, sizeof root_name, "%s Root", m->issuer);
	snprintf(name, sizeof name, "%s %s", m->issuer, kind == SB_X509_ROOT ? "Root" : "Document Signer");
	r.subject = (struct sb_x509_name){m->country, m->issuer, name};
	r.issuer = (struct sb_x509_name){m->country, m->issuer, root_name};
	r.not_after = r.not_before + (int64_t)YEAR * (kind == SB_X509_ROOT ? ROOT_YEARS : SIGNER_YEARS);
	rc = sb_p11_signer(m->p11, ADMIN_ROOT, &signer, f);
	if (rc != SB_EXIT_OK)
		return rc;
	made = sb_random(r.serial, SERIAL);
	r.serial[0] = (uint8_t)((r.serial[0] & 0x7f) | 0x40);
	if (made == SB_OK)
		made = sb_x509_issue(&r, &signer, der);
	if (made != SB_OK)
		return sb_fail(f, SB_EXIT_TOKEN, "token_error", label, _("The certificate \"%s\" cannot be made: %s."), label, _(sb_error_text(made)));
	return sb_p11_put_certificate(m->p11, label, id, sb_bytes_slice(der), f);
}

static int write_pem(struct making *m, const char *name, const struct sb_bytes *der, struct sb_failure *f)
{
	const char *path = admin_path(m->p, name);
	struct sb_bytes pem = {0};
	int rc = sb_pem_encode("CERTIFICATE", sb_bytes_slice(der), &pem);

	if (rc == SB_OK)
		rc = sb_file_write(path, pem.data, pem.len, 0644);
	sb_bytes_free(&pem);
	return rc == SB_OK ? SB_EXIT_OK : admin_fail(rc, path, f);
}

static int write_pki(struct making *m, struct sb_failure *f)
{
	uint8_t hash[SB_SHA256_SIZE];
	struct sb_bytes kid = {0};
	char name[64];
	int rc = sb_file_mkdir(admin_path(m->p, "pki"), 0700, false);

	if (rc == SB_OK)
		rc = sb_sha256(m->signer.data, m->signer.len, hash);
	if (rc == SB_OK)
		rc = sb_hex_encode(hash, 8, &kid);
	if (rc == SB_OK)
		rc = sb_bytes_terminate(&kid);
	if (rc != SB_OK) {
		sb_bytes_free(&kid);
		return admin_fail(rc, admin_path(m->p, "pki"), f);
	}
	snprintf(name, sizeof name, "pki/signer-%s.pem", (const char *)kid.data);
	sb_bytes_free(&kid);
	rc = write_pem(m, "pki/root.pem", &m->root, f);
	return rc == SB_EXIT_OK ? write_pem(m, name, &m->signer, f) : rc;
}

/* The data key, for whoever holds the recovery certificate's private key: openssl cms -decrypt. */
static int write_recovery(struct making *m, struct sb_failure *f)
{
	const char *path = sb_program_text(m->p, "--recovery-cert");
	struct sb_bytes pem = {0}, der = {0}, key = {0}, cms = {0};
	struct sb_certificate *c = NULL;
	int rc, done;

	if (!path)
		return SB_EXIT_OK;
	rc = sb_file_read(path, 64 * 1024, &pem);
	if (rc == SB_OK && sb_pem_decode("CERTIFICATE", sb_bytes_slice(&pem), &der) != SB_OK)
		rc = sb_bytes_set(&der, pem.data, pem.len);
	if (rc == SB_OK)
		rc = sb_certificate_parse(sb_bytes_slice(&der), &c);
	if (rc != SB_OK) {
		done = sb_fail(f, SB_EXIT_DATA, "bad_certificate", "--recovery-cert", _("%s is no certificate: %s."), path, _(sb_error_text(rc)));
		goto out;
	}
	done = sb_p11_get_data(m->p11, ADMIN_APPLICATION, ADMIN_DATA_KEY, &key, f);
	if (done != SB_EXIT_OK)
		goto out;
	rc = sb_certificate_seal(c, sb_bytes_slice(&key), &cms);
	if (rc == SB_OK)
		rc = sb_file_write(admin_path(m->p, "pki/registry-key.cms"), cms.data, cms.len, 0600);
	done = rc == SB_OK ? SB_EXIT_OK : admin_fail(rc, "--recovery-cert", f);
out:
	sb_certificate_free(&c);
	sb_bytes_free(&pem);
	sb_bytes_free(&der);
	sb_bytes_free(&key);
	sb_bytes_free(&cms);
	return done;
}

static int make_registry(struct making *m, struct sb_failure *f)
{
	const char *path = admin_path(m->p, "registry.db");
	struct sb_registry *r;
	int rc = sb_registry_sqlite_open(path, access(path, F_OK) != 0, &r), done;

	if (rc != SB_OK)
		return admin_fail(rc, path, f);
	done = admin_use_data_key(m->p11, r, f);
	if (done == SB_EXIT_OK)
		done = admin_use_anchor(m->p11, r, f);
	if (done == SB_EXIT_OK) {
		rc = r->ops->begin(r);
		if (rc == SB_OK)
			rc = sb_registry_audit(r, "", "init", m->url, "ok");
		if (rc == SB_OK)
			rc = r->ops->put(r, SETTING_ISSUER, sb_slice(m->issuer, strlen(m->issuer)));
		if (rc == SB_OK)
			rc = r->ops->put(r, SETTING_COUNTRY, sb_slice(m->country, strlen(m->country)));
		if (rc == SB_OK)
			rc = r->ops->put(r, SETTING_URL, sb_slice(m->url, strlen(m->url)));
		if (rc == SB_OK)
			rc = r->ops->commit(r);
		if (rc != SB_OK)
			done = admin_fail(rc, path, f);
	}
	admin_keep_anchor(m->p, m->p11, r);
	sb_registry_close(&r);
	return done;
}

static int make_all(struct making *m, struct sb_failure *f)
{
	int rc = sb_p11_make(m->p, SB_PROFILE_GENERAL, &m->p11, f);

	if (rc == SB_EXIT_OK)
		rc = ensure_token(m, f);
	if (rc == SB_EXIT_OK)
		rc = ensure_key(m, ADMIN_ROOT, ADMIN_ROOT_ID, m->root_point, f);
	if (rc == SB_EXIT_OK)
		rc = ensure_key(m, ADMIN_SIGNER, ADMIN_SIGNER_ID, m->signer_point, f);
	if (rc == SB_EXIT_OK)
		rc = ensure_data_key(m, f);
	if (rc == SB_EXIT_OK)
		rc = ensure_certificate(m, SB_X509_ROOT, ADMIN_ROOT, ADMIN_ROOT_ID, m->root_point, &m->root, f);
	if (rc == SB_EXIT_OK)
		rc = ensure_certificate(m, SB_X509_SIGNER, ADMIN_SIGNER, ADMIN_SIGNER_ID, m->signer_point, &m->signer, f);
	if (rc == SB_EXIT_OK)
		rc = write_pki(m, f);
	if (rc == SB_EXIT_OK)
		rc = write_recovery(m, f);
	return rc == SB_EXIT_OK ? make_registry(m, f) : rc;
}

static int init(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	const char *country = sb_program_text(p, "--country");
	struct making m = {.p = p, .issuer = sb_program_text(p, "--issuer"), .url = sb_program_text(p, "--url"),
		.country = country ? country : "KR"};
	int rc = check_names(&m, f);

	if (rc == SB_EXIT_OK)
		rc = check_registry(p, f);
	if (rc == SB_EXIT_OK)
		rc = make_all(&m, f);
	if (rc == SB_EXIT_OK) {
		json_object_set_new(result, "issuer", json_string(m.issuer));
		json_object_set_new(result, "url", json_string(m.url));
		json_object_set_new(result, "root", json_string(admin_path(p, "pki/root.pem")));
		sb_say(p, _("The registry is ready. Desks need %s once.\n"), admin_path(p, "pki/root.pem"));
	}
	sb_p11_close(&m.p11);
	sb_secret_clear(&m.pin);
	sb_bytes_free(&m.root);
	sb_bytes_free(&m.signer);
	return rc;
}

static const struct sb_option options[] = {
	{"--issuer", SB_OPTION_TEXT, "NAME", N_("the issuer's name, as it stands in certificates"), true},
	{"--url", SB_OPTION_TEXT, "URL", N_("the issuer's address, where status lists will be"), true},
	{"--country", SB_OPTION_TEXT, "CC", N_("the country in certificates (KR)"), false},
	{"--recovery-cert", SB_OPTION_FILE, "FILE", N_("also seal the registry's data key to this certificate"), false},
	{"--puk-out", SB_OPTION_FILE, "FILE", N_("where the unblocking code goes (issuer.puk in the registry)"), false},
	{0},
};

const struct sb_verb admin_init = {"init", "", 0, 0, N_("make a registry and the issuer's token"), options, init};
