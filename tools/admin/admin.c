/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "common/settings_file.h"
#include "crypto/certificate.h"
#include "crypto/digest.h"
#include "formats/jws.h"
#include "registry/registry_rows.h"

enum { JSON_FILE_MAX = 1 << 20, OFFICER_MAX = 64, OFFICER_DIGITS = 9 };

const char *admin_path(struct sb_program *p, const char *name)
{
	static char ring[4][4096];
	static unsigned turn;
	char *path = ring[turn++ % 4];

	snprintf(path, sizeof ring[0], "%s/%s", sb_program_root(p), name);
	return path;
}

/* The one that is open, for admin_fail. */
static const struct sb_registry *opened;

/* What in the registry is not as it was written is named, where that is known. */
static int fail_damaged(const char *what, struct sb_failure *f)
{
	if (!opened && *sb_registry_sqlite_fault())
		return sb_fail(f, SB_EXIT_STORAGE, "damaged", sb_registry_sqlite_fault(),
			_("There is something in %s that this program did not put there, or that is missing: %s. Find out who could write to it, and put the newest good copy in its place, or save what it has: registry recover"),
			what, sb_clean(sb_registry_sqlite_fault()));
	if (opened && *opened->damaged)
		return sb_fail(f, SB_EXIT_STORAGE, "damaged", opened->damaged,
			_("The registry is not as it was written: %s. Somebody else has changed registry.db, or it is damaged. See what is wrong with it (registry verify), and put the newest good copy of it in its place."),
			sb_clean(opened->damaged));
	return sb_fail(f, SB_EXIT_STORAGE, "damaged", what, _("%s is damaged. Put the newest good copy of it in its place, or save what it still has: registry recover."), what);
}

static bool is_database(const char *what)
{
	const char *name = strrchr(what, '/');

	return strcmp(name ? name + 1 : what, "registry.db") == 0;
}

int admin_fail(int error, const char *what, struct sb_failure *f)
{
	if (error == SB_E_UNSAFE)
		return sb_fail(f, SB_EXIT_STORAGE, "unsafe_file", what,
			_("%s must be yours alone. Run: chmod 600 '%s' (and chown it to yourself if it is another's)."), what, what);
	if (error == SB_E_BUSY && !is_database(what))
		return sb_fail(f, SB_EXIT_NOT_NOW, "busy", what, _("Another sinbun-admin is at work there and holds %s. Try again."), what);
	if (error == SB_E_BUSY)
		return sb_fail(f, SB_EXIT_NOT_NOW, "busy", what, _("Somebody else is writing to the registry. Try again."));
	if (error == SB_E_CORRUPT)
		return fail_damaged(what, f);
	if (error == SB_E_UNSUPPORTED)
		return sb_fail(f, SB_EXIT_STORAGE, "newer_registry", what, _("%s was made by a newer sinbun-admin. Use that one."), what);
	if (error == SB_E_FULL)
		return sb_fail(f, SB_EXIT_STORAGE, "disk_full", what, _("There is no space left for %s. Make room on its disk, and do this again."), what);
	return sb_fail(f, SB_EXIT_STORAGE, "storage", what, _("%s: %s."), what, _(sb_error_text(error)));
}

int admin_fail_signature(struct admin *a, int error, struct sb_failure *f)
{
	*f = *sb_p11_signer_failure(a->p11);
	return *f->error ? (int)f->exit
			 : sb_fail(f, SB_EXIT_TOKEN, "token_error", NULL, _("The issuer's token cannot sign: %s."), _(sb_error_text(error)));
}

void admin_subject(const struct sb_registry_resident *resident, char out[ADMIN_SUBJECT])
{
	snprintf(out, ADMIN_SUBJECT, "resident %lld", (long long)resident->id);
}

int admin_use_data_key(struct sb_p11 *p11, struct sb_registry *registry, struct sb_failure *f)
{
	struct sb_bytes key = {0};
	int rc = sb_p11_get_data(p11, ADMIN_APPLICATION, ADMIN_DATA_KEY, &key, f);

	if (rc == SB_EXIT_OK && (key.len != SB_REGISTRY_KEY || sb_registry_set_key(registry, key.data) != SB_OK))
		rc = sb_fail(f, SB_EXIT_TOKEN, "token_error", ADMIN_DATA_KEY, _("The registry's data key in the issuer's token is damaged."));
	sb_bytes_free(&key);
	return rc;
}

int admin_use_anchor(struct sb_p11 *p11, struct sb_registry *registry, struct sb_failure *f)
{
	struct sb_bytes anchor = {0};
	int rc = sb_p11_get_data(p11, ADMIN_APPLICATION, ADMIN_ANCHOR, &anchor, f), taken;

	if (rc == SB_EXIT_OK && sb_registry_anchor(registry, sb_bytes_slice(&anchor)) != SB_OK)
		rc = sb_fail(f, SB_EXIT_TOKEN, "token_error", ADMIN_ANCHOR, _("What the issuer's token knows of the registry is damaged."));
	else if (rc != SB_EXIT_OK && strcmp(f->error, "not_found") == 0) {
		*f = (struct sb_failure){0};
		taken = sb_registry_adopt(registry);
		rc = taken == SB_OK ? SB_EXIT_OK : admin_fail(taken, "registry.db", f);
	}
	sb_bytes_free(&anchor);
	return rc;
}

void admin_keep_anchor(struct sb_program *p, struct sb_p11 *p11, struct sb_registry *registry)
{
	struct sb_bytes anchor = {0}, known = {0};
	struct sb_failure f;

	if (!registry->anchor.moved)
		return;
	/* As it is now: another clerk may have gone further meanwhile. */
	sb_p11_get_data(p11, ADMIN_APPLICATION, ADMIN_ANCHOR, &known, &f);
	if (sb_registry_anchor_due(registry, sb_bytes_slice(&known), &anchor) == SB_OK &&
		sb_p11_put_data(p11, ADMIN_APPLICATION, ADMIN_ANCHOR, sb_bytes_slice(&anchor), true, &f) != SB_EXIT_OK)
		sb_warn(p, _("The issuer's token could not note how far the audit is: %s"), f.message);
	sb_bytes_free(&anchor);
	sb_bytes_free(&known);
}

/* A new text, or NULL where the setting is not there; SB_E_*. */
static int setting(struct sb_registry *r, const char *name, char **text)
{
	struct sb_bytes value = {0};
	int rc = r->ops->get(r, name, &value);

	*text = rc == SB_OK ? strndup((const char *)value.data, value.len) : NULL;
	sb_bytes_free(&value);
	if (rc == SB_OK && !*text)
		return SB_E_NOMEM;
	return rc == SB_E_NOT_FOUND ? SB_OK : rc;
}

/* registry.conf, which need not be there. */
static const struct sb_setting conf_rows[] = {{"status-dir", SB_SETTING_PATH, offsetof(struct admin, status_dir), NULL, 0, 0, NULL, false}, {0}};
static const struct sb_settings conf = {conf_rows, "bad_configuration", "sinbun-admin(8)"};

int admin_conf_read(struct sb_program *p, struct admin *a, struct sb_failure *f)
{
	bool absent;

	return sb_settings_read(&conf, admin_path(p, "registry.conf"), a, &absent, f);
}

void admin_conf_free(struct admin *a)
{
	sb_settings_free(&conf, a);
}

static int fail_no_registry(struct sb_program *p, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_CONFIG, "no_registry", "--registry",
		_("There is no registry in %s. Make one: sinbun-admin --registry DIR init --issuer NAME --url URL"), sb_program_root(p));
}

static int open_registry(struct admin *a, struct sb_failure *f)
{
	const char *path = admin_path(a->p, "registry.db");
	int rc = sb_registry_sqlite_open(path, false, &a->registry);
	char *url = NULL;

	if (rc == SB_E_NOT_FOUND)
		return fail_no_registry(a->p, f);
	if (rc != SB_OK)
		return admin_fail(rc, path, f);
	opened = a->registry;
	rc = setting(a->registry, SETTING_URL, &url);
	if (rc != SB_OK)
		return admin_fail(rc, path, f);
	rc = url ? SB_EXIT_OK : fail_no_registry(a->p, f);
	free(url);
	return rc;
}

/* With the key, so that they are as they were written. */
static int read_settings(struct admin *a, struct sb_failure *f)
{
	int rc = setting(a->registry, SETTING_ISSUER, &a->issuer);

	if (rc == SB_OK)
		rc = setting(a->registry, SETTING_URL, &a->url);
	if (rc != SB_OK)
		return admin_fail(rc, "registry.db", f);
	if (!a->issuer || !a->url || asprintf(&a->status_uri, "%s/s/1", a->url) < 0) {
		a->status_uri = NULL;
		return fail_no_registry(a->p, f);
	}
	a->notices.issuer = a->issuer;
	return SB_EXIT_OK;
}

int admin_open_token(struct sb_program *p, struct sb_p11 **p11, struct sb_failure *f)
{
	int rc = sb_p11_open(p, SB_PROFILE_GENERAL, p11, f);

	if (rc == SB_EXIT_OK)
		rc = sb_p11_select(*p11, ADMIN_TOKEN, f);
	if (rc != SB_EXIT_OK && strcmp(f->error, "no_token") == 0 && !(*p11 && sb_p11_is_named(*p11)))
		rc = sb_fail(f, SB_EXIT_TOKEN, "no_issuer_token", ADMIN_TOKEN,
			_("The issuer's token is not here: put back the directory of tokens, name it with --token, or run sinbun-admin init in an empty directory."));
	return rc;
}

static int open_token(struct admin *a, struct sb_failure *f)
{
	int rc = admin_open_token(a->p, &a->p11, f);

	if (rc == SB_EXIT_OK)
		rc = sb_secret_ask(a->p, SB_SECRET_PASSPHRASE, "--pin-fd", &a->pin, f);
	return rc == SB_EXIT_OK ? sb_p11_login(a->p11, sb_slice(a->pin.text, a->pin.len), f) : rc;
}

/* It stays in the audit for years, and the audit has no names, RRNs or telephone numbers. */
int admin_check_officer(struct sb_program *p, struct sb_failure *f)
{
	const char *officer = sb_program_text(p, "--officer");
	size_t digits = 0, len = officer ? strlen(officer) : 0;

	for (size_t i = 0; i < len; i++)
		digits += officer[i] >= '0' && officer[i] <= '9';
	if (!officer || (len > 0 && len <= OFFICER_MAX && digits <= OFFICER_DIGITS && strcasecmp(officer, "self") != 0 &&
				strspn(officer, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@-") == len))
		return SB_EXIT_OK;
	return sb_fail(f, SB_EXIT_USAGE, "bad_officer", "--officer",
		_("--officer is an ID: up to %d letters a to z, digits (at most %d) and . _ @ -, and not \"self\". The audit keeps it, so it is no name and no number of a person."),
		OFFICER_MAX, OFFICER_DIGITS);
}

int admin_open(struct sb_program *p, struct admin *a, struct sb_failure *f)
{
	const char *officer = sb_program_text(p, "--officer");
	uint8_t hash[SB_SHA256_SIZE];
	int rc;

	*a = (struct admin){.p = p, .officer = officer ? officer : ""};
	rc = admin_check_officer(p, f);
	if (rc != SB_EXIT_OK)
		return rc;
	if (access(sb_program_root(p), F_OK) != 0)
		return fail_no_registry(p, f);
	rc = open_registry(a, f);
	if (rc == SB_EXIT_OK)
		rc = admin_conf_read(p, a, f);
	if (rc == SB_EXIT_OK)
		rc = notice_conf_read(admin_path(p, "notice.conf"), &a->notices, f);
	if (rc == SB_EXIT_OK)
		rc = open_token(a, f);
	if (rc == SB_EXIT_OK)
		rc = admin_use_data_key(a->p11, a->registry, f);
	if (rc == SB_EXIT_OK)
		rc = admin_use_anchor(a->p11, a->registry, f);
	if (rc == SB_EXIT_OK)
		rc = read_settings(a, f);
	if (rc == SB_EXIT_OK)
		rc = sb_p11_get_certificate(a->p11, ADMIN_SIGNER, &a->signer_certificate, f);
	if (rc == SB_EXIT_OK)
		rc = sb_p11_signer(a->p11, ADMIN_SIGNER, &a->signer, f);
	if (rc != SB_EXIT_OK) {
		admin_close(a);
		return rc;
	}
	sb_sha256(a->signer_certificate.data, a->signer_certificate.len, hash);
	memcpy(a->kid, hash, sizeof a->kid);
	return rc;
}

void admin_close(struct admin *a)
{
	admin_audit_warn(a->p, a->registry);
	notice_send_now(a);
	if (a->registry && a->p11)
		admin_keep_anchor(a->p, a->p11, a->registry);
	opened = NULL;
	sb_registry_close(&a->registry);
	sb_p11_close(&a->p11);
	sb_secret_clear(&a->pin);
	sb_bytes_free(&a->signer_certificate);
	free(a->issuer);
	free(a->url);
	free(a->status_uri);
	admin_conf_free(a);
	notice_conf_free(&a->notices);
	a->issuer = a->url = a->status_uri = NULL;
}

int admin_read_json(const char *path, const char *option, const char *error, json_t **json, struct sb_failure *f)
{
	const char *name = sb_source_name(path);
	struct sb_bytes text = {0};
	int line = 0, column = 0;
	int rc = strcmp(path, "-") == 0 ? sb_file_read_fd(STDIN_FILENO, JSON_FILE_MAX, &text) : sb_file_read(path, JSON_FILE_MAX, &text);

	*json = NULL;
	if (rc != SB_OK)
		rc = sb_fail(f, SB_EXIT_DATA, error, option, _("%s cannot be read: %s."), name, _(sb_error_text(rc)));
	else if (!text.len)
		rc = sb_fail(f, SB_EXIT_DATA, error, option, _("%s is empty."), name);
	else if (!(*json = sb_json_parse(sb_bytes_slice(&text), &line, &column)))
		rc = sb_fail(f, SB_EXIT_DATA, error, option, _("%s is no JSON object (line %d, column %d)."), name, line, column);
	sb_bytes_free(&text);
	return rc == SB_OK ? SB_EXIT_OK : rc;
}

int admin_write_json(const char *path, const char *option, const json_t *json, struct sb_failure *f)
{
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	int rc = text ? sb_file_write(path, text, strlen(text), 0600) : SB_E_NOMEM;

	sb_text_free(&text);
	return rc == SB_OK ? SB_EXIT_OK
			   : sb_fail(f, SB_EXIT_STORAGE, "cannot_write", option, _("%s cannot be written: %s."), path, _(sb_error_text(rc)));
}
