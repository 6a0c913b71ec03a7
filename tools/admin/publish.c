/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "formats/bundle.h"
#include "formats/status_list.h"
#include "registry/registry_life.h"

/* `status publish` and `bundle`: what desks and web sites check cards against. */

enum { DAY = 24 * 3600, BUNDLE_DAYS = 7, BUNDLE_DAYS_MAX = 90 };

/* Another one publishes; that takes well under a second. */
enum { LOCK_TRIES = 100, LOCK_PAUSE_US = 100000 };

static int set_entry(void *context, uint64_t index, enum sb_credential_state state)
{
	return sb_status_list_set(context, index, (unsigned)state);
}

static int sign_list(struct admin *a, struct sb_status_list *list, struct sb_bytes *cwt, struct sb_bytes *jwt)
{
	struct sb_registry *r = a->registry;
	int rc = r->ops->begin_reading(r);

	if (rc == SB_OK)
		rc = sb_registry_status_each(r, set_entry, list);
	r->ops->rollback(r);
	list->iat = time(NULL);
	list->exp = list->iat + BUNDLE_DAYS_MAX * DAY;
	list->ttl = DAY;
	if (rc == SB_OK)
		rc = sb_status_cwt_issue(list, a->kid, &a->signer, cwt);
	if (rc == SB_OK && jwt)
		rc = sb_status_jwt_issue(list, sb_bytes_slice(&a->signer_certificate), &a->signer, jwt);
	return rc;
}

int admin_status_capacity(struct sb_registry *r, size_t *capacity)
{
	uint64_t top = 0;
	int rc = r->life->status_top(r, &top);

	*capacity = ADMIN_LIST_CAPACITY;
	while (rc == SB_OK && *capacity <= top && *capacity < SB_STATUS_ENTRIES_MAX)
		*capacity *= 2;
	return rc;
}

int admin_status_tokens(struct admin *a, struct sb_bytes *cwt, struct sb_bytes *jwt, struct sb_failure *f)
{
	struct sb_status_list *list = NULL;
	size_t capacity;
	int rc = admin_status_capacity(a->registry, &capacity);

	if (rc == SB_OK)
		rc = sb_status_list_new(a->status_uri, 2, capacity, &list);
	if (rc == SB_OK)
		rc = sign_list(a, list, cwt, jwt);
	sb_status_list_free(&list);
	if (rc == SB_E_CORRUPT)
		return sb_fail(f, SB_EXIT_STORAGE, "damaged", "status list", "%s",
			_("It is not sure that all cards have the state that they were given: an older copy of the registry was put back, or somebody has changed it. See what is wrong (registry verify), suspend and revoke again what is missing, and then: registry verify --accept --officer ID"));
	return rc == SB_OK ? SB_EXIT_OK : admin_fail_signature(a, rc, f);
}

/* --- the list as files --- */

enum { FORMS = 2, PATH_SIZE = 4096 };
static const char *const names[FORMS] = {"status.cwt", "status.jwt"};

static int fail_write(const char *path, int error, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_STORAGE, "cannot_write", path, _("%s cannot be written: %s."), path, _(sb_error_text(error)));
}

static void path_of(const char *directory, size_t form, bool fresh, char path[PATH_SIZE])
{
	snprintf(path, PATH_SIZE, "%s/%s%s%s", directory, fresh ? "." : "", names[form], fresh ? ".new" : "");
}

/* Both forms or neither: all that takes room is done before the first takes the old one's place. */
static int write_tokens(const char *directory, const struct sb_bytes token[FORMS], struct sb_failure *f)
{
	char fresh[PATH_SIZE], path[PATH_SIZE];
	int rc = sb_file_mkdir(directory, 0755, false);

	if (rc != SB_OK)
		return fail_write(directory, rc, f);
	for (size_t i = 0; rc == SB_OK && i < FORMS; i++) {
		path_of(directory, i, true, fresh);
		path_of(directory, i, false, path);
		rc = sb_file_write(fresh, token[i].data, token[i].len, 0644);
	}
	for (size_t i = 0; rc == SB_OK && i < FORMS; i++) {
		path_of(directory, i, true, fresh);
		path_of(directory, i, false, path);
		rc = rename(fresh, path) == 0 ? SB_OK : sb_error_from_errno(errno);
	}
	for (size_t i = 0; rc != SB_OK && i < FORMS; i++) {
		path_of(directory, i, true, fresh);
		unlink(fresh);
	}
	return rc == SB_OK ? SB_EXIT_OK : fail_write(path, rc, f);
}

/* One at a time, from reading the registry to the last file, so that no older list takes a newer one's place. */
static int take_lock(struct admin *a, int *fd, struct sb_failure *f)
{
	const char *path = admin_path(a->p, "publish.lock");
	int rc = sb_file_open_private(AT_FDCWD, path, O_RDWR | O_CREAT, fd);

	if (rc != SB_OK)
		return admin_fail(rc, path, f);
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
			return SB_EXIT_OK;
		usleep(LOCK_PAUSE_US);
	}
	return admin_fail(SB_E_BUSY, path, f);
}

static int publish_to(struct admin *a, const char *directory, struct sb_failure *f)
{
	bool everywhere = !a->status_dir || strcmp(directory, a->status_dir) == 0, out;
	struct sb_bytes token[FORMS] = {{0}};
	uint64_t revision = 0;
	int fd = -1, rc = take_lock(a, &fd, f), got = SB_OK;

	if (rc == SB_EXIT_OK && (got = sb_registry_status_revision(a->registry, &revision, &out)) != SB_OK)
		rc = admin_fail(got, "registry.db", f);
	if (rc == SB_EXIT_OK)
		rc = admin_status_tokens(a, &token[0], &token[1], f);
	if (rc == SB_EXIT_OK)
		rc = write_tokens(directory, token, f);
	if (rc == SB_EXIT_OK && everywhere)
		sb_registry_status_published(a->registry, revision);
	for (size_t i = 0; i < FORMS; i++)
		sb_bytes_free(&token[i]);
	if (fd >= 0)
		close(fd);
	return rc;
}

void admin_publish_due(struct admin *a, json_t *result)
{
	struct sb_failure why;
	uint64_t revision;
	bool out = false;
	int rc = sb_registry_status_revision(a->registry, &revision, &out);

	if (rc == SB_OK && out)
		return;
	if (!a->status_dir) {
		sb_say(a->p, "%s\n", _("Publish: status publish, bundle."));
		return;
	}
	if (publish_to(a, a->status_dir, &why) == SB_EXIT_OK) {
		json_object_set_new(result, "published", json_true());
		sb_say(a->p, _("The status list is published in %s. Desks without a network learn of it with the next bundle.\n"), a->status_dir);
		return;
	}
	json_object_set_new(result, "published", json_false());
	json_object_set_new(result, "publish_error", json_string(why.message));
	sb_warn(a->p, _("What was done stands, but the status list is NOT out yet: %s Once that is mended: sinbun-admin --registry '%s' status publish"), why.message,
		sb_program_root(a->p));
}

static int publish(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	const char *directory = sb_program_text(p, "--out");
	struct admin a;
	int rc = admin_open(p, &a, f);

	if (rc != SB_EXIT_OK)
		return rc;
	directory = directory ? directory : a.status_dir;
	if (!directory)
		rc = sb_fail(f, SB_EXIT_USAGE, "usage", "--out",
			_("--out DIR is needed: where the list goes. Or set it once: status-dir = DIR in %s"), admin_path(p, "registry.conf"));
	if (rc == SB_EXIT_OK)
		rc = publish_to(&a, directory, f);
	if (rc == SB_EXIT_OK) {
		admin_audit_keep_head(&a);
		json_object_set_new(result, "uri", json_string(a.status_uri));
		sb_say(p, _("The status list is in %s/status.cwt and status.jwt; serve it at %s.\n"), directory, a.status_uri);
	}
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
	{"--out", SB_OPTION_FILE, "DIR", N_("where status.cwt and status.jwt go (status-dir of registry.conf)"), false},
	{0},
};
static const struct sb_option bundle_options[] = {
	{"--out", SB_OPTION_FILE, "FILE", N_("where the bundle goes"), true},
	{"--days", SB_OPTION_NUMBER, "N", N_("how long desks may use it (7)"), false},
	{0},
};

const struct sb_verb admin_status_publish = {"status publish", "", 0, 0, N_("write the signed status list"), publish_options, publish};
const struct sb_verb admin_bundle = {"bundle", "", 0, 0, N_("write what a desk needs to check cards offline"), bundle_options, bundle};
