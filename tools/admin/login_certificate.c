/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/login_certificate.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "crypto/certificate.h"
#include "crypto/digest.h"
#include "crypto/trust.h"
#include "formats/x509.h"

enum { CERTIFICATE_MAX = 64 * 1024, LIST_MAX = 64 << 20 };

void login_certificates_free(struct login_certificates *c)
{
	sb_bytes_free(&c->leaf);
	for (size_t i = 0; i < sizeof c->others / sizeof *c->others; i++)
		sb_bytes_free(&c->others[i]);
	c->count = 0;
}

int login_certificate_fingerprint(struct sb_slice der, uint8_t out[SB_FINGERPRINT])
{
	return sb_sha256(der.data, der.len, out);
}

/* --- authorities --- */

static const struct {
	const char *tail;
	int (*add)(struct sb_trust *trust, struct sb_slice bytes);
	bool authority;
} kinds[] = {{".pem", sb_trust_add_authorities, true}, {".crt", sb_trust_add_authorities, true}, {".der", sb_trust_add_authorities, true},
	{".crl", sb_trust_add_revocations, false}};
enum { KINDS = sizeof kinds / sizeof *kinds };

static size_t kind_of(const char *name)
{
	size_t len = strlen(name), k = 0;

	while (k < KINDS && !(len > 4 && strcmp(name + len - 4, kinds[k].tail) == 0))
		k++;
	return k;
}

static int add_file(struct sb_trust *trust, const char *path, size_t kind, struct sb_failure *f)
{
	struct sb_bytes bytes = {0};
	int rc = sb_file_read(path, LIST_MAX, &bytes);

	if (rc == SB_OK)
		rc = kinds[kind].add(trust, sb_bytes_slice(&bytes));
	sb_bytes_free(&bytes);
	return rc == SB_OK ? SB_EXIT_OK : sb_fail(f, SB_EXIT_CONFIG, "bad_authority", path, _("%s cannot be used: %s."), path, _(sb_error_text(rc)));
}

static int load(const char *root, struct sb_trust *trust, struct sb_failure *f)
{
	char directory[4096], path[8192];
	struct dirent *entry;
	size_t authorities = 0;
	int rc = SB_EXIT_OK;
	DIR *dir;

	snprintf(directory, sizeof directory, "%s/login-ca", root);
	dir = opendir(directory);
	while (rc == SB_EXIT_OK && dir && (entry = readdir(dir))) {
		size_t kind = kind_of(entry->d_name);

		if (kind == KINDS || entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
		rc = add_file(trust, path, kind, f);
		authorities += kinds[kind].authority;
	}
	if (dir)
		closedir(dir);
	if (rc == SB_EXIT_OK && !authorities)
		rc = sb_fail(f, SB_EXIT_CONFIG, "no_authorities", directory, _("There is no authority in %s whose certificates could be believed."), directory);
	return rc;
}

static int fail(const char *rule, enum sb_exit exit, const char *message, struct sb_failure *f)
{
	sb_fail(f, exit, "certificate", "certificate", "%s", message);
	snprintf(f->rule, sizeof f->rule, "%s", rule);
	return (int)exit;
}

static int tell(int error, struct sb_failure *f)
{
	switch (error) {
	case SB_OK:
		return SB_EXIT_OK;
	case SB_E_RANGE:
		return fail("expired", SB_EXIT_REFUSED, _("The certificate, or the list of revoked ones, is not valid at this time."), f);
	case SB_E_REMOVED:
		return fail("revoked", SB_EXIT_REFUSED, _("The certificate has been revoked by its authority."), f);
	case SB_E_NOT_FOUND:
		return fail("no_list", SB_EXIT_REFUSED, _("Whether the certificate has been revoked cannot be told: its authority's list is not here."), f);
	case SB_E_FORMAT:
		return fail("form", SB_EXIT_DATA, _("This is no certificate that can be read."), f);
	default:
		return fail("untrusted", SB_EXIT_REFUSED, _("The certificate comes from no authority that is accepted here."), f);
	}
}

int login_certificate_trusted(const char *root, const struct login_certificates *c, int64_t now, struct sb_failure *f)
{
	struct sb_slice others[4];
	struct sb_trust *trust = NULL;
	int rc = sb_trust_new(&trust) == SB_OK ? load(root, trust, f) : sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));

	for (size_t i = 0; i < c->count; i++)
		others[i] = sb_bytes_slice(&c->others[i]);
	if (rc == SB_EXIT_OK)
		rc = tell(sb_trust_check(trust, sb_bytes_slice(&c->leaf), others, c->count, now), f);
	sb_trust_free(&trust);
	return rc;
}

int login_certificate_read(const char *path, struct sb_bytes *der, struct sb_failure *f)
{
	struct sb_certificate *certificate = NULL;
	struct sb_bytes bytes = {0};
	int rc = sb_file_read(path, CERTIFICATE_MAX, &bytes);

	if (rc != SB_OK) {
		sb_bytes_free(&bytes);
		return sb_fail(f, SB_EXIT_DATA, "cannot_read", "--certificate", _("%s cannot be read: %s."), path, _(sb_error_text(rc)));
	}
	if (sb_pem_decode("CERTIFICATE", sb_bytes_slice(&bytes), der) != SB_OK)
		rc = sb_bytes_set(der, bytes.data, bytes.len);
	if (rc == SB_OK)
		rc = sb_certificate_parse(sb_bytes_slice(der), &certificate);
	sb_certificate_free(&certificate);
	sb_bytes_free(&bytes);
	return rc == SB_OK ? SB_EXIT_OK : tell(SB_E_FORMAT, f);
}
