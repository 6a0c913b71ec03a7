/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "formats/bundle.h"
#include "formats/status_list.h"

/* `status publish` and `bundle`: what desks and web sites check cards against. */

enum { DAY = 24 * 3600, BUNDLE_DAYS = 7, BUNDLE_DAYS_MAX = 90 };

static int set_entry(void *context, const struct sb_registry_credential *c)
{
	return sb_status_list_set(context, c->status_index, (unsigned)c->state);
}

static int sign_list(struct admin *a, struct sb_status_list *list, struct sb_bytes *cwt, struct sb_bytes *jwt)
{
	int rc = a->registry->ops->credential_each(a->registry, 0, set_entry, list);

	list->iat = time(NULL);
	list->exp = list->iat + BUNDLE_DAYS_MAX * DAY;
	list->ttl = DAY;
	if (rc == SB_OK)
		rc = sb_status_cwt_issue(list, a->kid, &a->signer, cwt);
	if (rc == SB_OK && jwt)
		rc = sb_status_jwt_issue(list, sb_bytes_slice(&a->signer_certificate), &a->signer, jwt);
	return rc;
}

int admin_status_tokens(struct admin *a, struct sb_bytes *cwt, struct sb_bytes *jwt, struct sb_failure *f)
{
	struct sb_status_list *list = NULL;
	int rc = sb_status_list_new(a->status_uri, 2, ADMIN_LIST_CAPACITY, &list);

	if (rc == SB_OK)
		rc = sign_list(a, list, cwt, jwt);
	sb_status_list_free(&list);
	return rc == SB_OK ? SB_EXIT_OK : admin_fail_signature(a, rc, f);
}

static int write_token(const char *directory, const char *name, const struct sb_bytes *token, struct sb_failure *f)
{
	char path[4096];
	int rc;

	snprintf(path, sizeof path, "%s/%s", directory, name);
	rc = sb_file_write(path, token->data, token->len, 0644);
	return rc == SB_OK ? SB_EXIT_OK : sb_fail(f, SB_EXIT_STORAGE, "cannot_write", path, _("%s cannot be written: %s."), path, _(sb_error_text(rc)));
}

static int publish(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	const char *directory = sb_program_text(p, "--out");
	struct sb_bytes cwt = {0}, jwt = {0};
	struct admin a;
	int rc = admin_open(p, &a, f), made;

	if (rc != SB_EXIT_OK)
		return rc;
	rc = admin_status_tokens(&a, &cwt, &jwt, f);
	if (rc == SB_EXIT_OK) {
		made = sb_file_mkdir(directory, 0755, false);
		if (made != SB_OK)
			rc = sb_fail(f, SB_EXIT_STORAGE, "cannot_write", directory, _("%s cannot be written: %s."), directory, _(sb_error_text(made)));
	}
	if (rc == SB_EXIT_OK)
		rc = write_token(directory, "status.cwt", &cwt, f);
	if (rc == SB_EXIT_OK)
		rc = write_token(directory, "status.jwt", &jwt, f);
	if (rc == SB_EXIT_OK) {
		admin_audit_keep_head(&a);
		json_object_set_new(result, "uri", json_string(a.status_uri));
		sb_say(p, _("The status list is in %s/status.cwt and status.jwt; serve it at %s.\n"), directory, a.status_uri);
	}
	sb_bytes_free(&cwt);
	sb_bytes_free(&jwt);
	admin_close(&a);
	return rc;
}

static int bundle(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	long days = sb_program_number(p, "--days", BUNDLE_DAYS);
	const char *path = sb_program_text(p, "--out");
	struct sb_bundle b = {.iat = time(NULL), .signer_count = 1, .list_count = 1};
	struct sb_bytes text = {0};
	struct admin a;
	int rc, made;

	if (days < 1 || days > BUNDLE_DAYS_MAX)
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--days", _("--days is 1 to %d."), BUNDLE_DAYS_MAX);
	rc = admin_open(p, &a, f);
	if (rc != SB_EXIT_OK)
		return rc;
	b.exp = b.iat + days * DAY;
	rc = admin_status_tokens(&a, &b.lists[0], NULL, f);
	if (rc == SB_EXIT_OK) {
		made = sb_bytes_append(&b.signers[0], a.signer_certificate.data, a.signer_certificate.len);
		if (made == SB_OK)
			made = sb_bundle_make(&b, sb_bytes_slice(&a.signer_certificate), &a.signer, &text);
		if (made != SB_OK)
			rc = admin_fail_signature(&a, made, f);
	}
	if (rc == SB_EXIT_OK) {
		made = sb_file_write(path, text.data, text.len, 0644);
		if (made != SB_OK)
			rc = sb_fail(f, SB_EXIT_STORAGE, "cannot_write", "--out", _("%s cannot be written: %s."), path, _(sb_error_text(made)));
	}
	if (rc == SB_EXIT_OK) {
		admin_audit_keep_head(&a);
		json_object_set_new(result, "iat", json_integer(b.iat));
		json_object_set_new(result, "exp", json_integer(b.exp));
		sb_say(p, _("The bundle is in %s, good for %ld days.\n"), path, days);
	}
	sb_bytes_free(&text);
	sb_bundle_free(&b);
	admin_close(&a);
	return rc;
}

static const struct sb_option publish_options[] = {
	{"--out", SB_OPTION_FILE, "DIR", N_("where status.cwt and status.jwt go"), true},
	{0},
};
static const struct sb_option bundle_options[] = {
	{"--out", SB_OPTION_FILE, "FILE", N_("where the bundle goes"), true},
	{"--days", SB_OPTION_NUMBER, "N", N_("how long desks may use it (7)"), false},
	{0},
};

const struct sb_verb admin_status_publish = {"status publish", "", 0, 0, N_("write the signed status list"), publish_options, publish};
const struct sb_verb admin_bundle = {"bundle", "", 0, 0, N_("write what a desk needs to check cards offline"), bundle_options, bundle};
