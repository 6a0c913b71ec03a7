/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/audit.h"

#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "common/progress.h"

/* `audit verify`: whether the audit is what was written: row by row, and against its heads. */

enum { HEAD_FILE_MAX = 64 * 1024 };
#define GIVEN "given"
#define SIGNED "signed"
#define TOKEN "token"

static const struct kind {
	const char *name, *what;
} kinds[SB_AUDIT_KINDS] = {
	[SB_AUDIT_ALTERED] = {"altered", N_("not what was written, or what stood before is gone")},
	[SB_AUDIT_REMOVED] = {"removed", N_("taken out")},
	[SB_AUDIT_CUT] = {"cut", N_("cut off at the end, or an older copy of the registry was put back")},
	[SB_AUDIT_INSERTED] = {"inserted", N_("put in later, by somebody else or as a copy")},
	[SB_AUDIT_MOVED] = {"moved", NULL}, /* names another row */
	[SB_AUDIT_HEAD_MISSING] = {"head_missing", N_("the audit's head is gone")},
	[SB_AUDIT_HEAD_ALTERED] = {"head_altered", N_("the audit's head was altered")},
	[SB_AUDIT_HEAD_OLD] = {"head_old", N_("the audit's head is an older one")},
	[SB_AUDIT_REWRITTEN] = {"rewritten", N_("up to here the rows fit together, but they are not those that were written")},
	[SB_AUDIT_RECORDED] = {"recorded", N_("tells of damage that was found then")},
	[SB_AUDIT_UNGUARDED] = {"unguarded", N_("the database does not refuse any more to change and delete rows")},
};

struct verifying {
	struct admin *a;
	struct sb_bytes root;
	struct sb_audit_head given, stored;
	bool has_given, has_stored, bad_stored;
	struct sb_audit_report report;
	struct sb_progress progress;
};

static int read_given(struct verifying *v, const char *path, struct sb_failure *f)
{
	struct sb_bytes text = {0};
	int rc = sb_file_read(path, HEAD_FILE_MAX, &text);

	if (rc == SB_OK)
		rc = sb_audit_head_open(sb_bytes_slice(&text), sb_bytes_slice(&v->root), &v->given);
	sb_bytes_free(&text);
	v->has_given = rc == SB_OK;
	return rc == SB_OK ? SB_EXIT_OK : sb_fail(f, SB_EXIT_DATA, "bad_head", "--head", _("%s is no head of this issuer's audit: %s."), path, _(sb_error_text(rc)));
}

static int read_stored(struct verifying *v, struct sb_failure *f)
{
	struct sb_registry *r = v->a->registry;
	struct sb_bytes text = {0};
	int rc = r->ops->get(r, SETTING_SIGNED_HEAD, &text);

	if (rc == SB_OK) {
		v->has_stored = sb_audit_head_open(sb_bytes_slice(&text), sb_bytes_slice(&v->root), &v->stored) == SB_OK;
		v->bad_stored = !v->has_stored;
	}
	v->bad_stored |= rc == SB_E_CORRUPT;
	sb_bytes_free(&text);
	return rc == SB_OK || rc == SB_E_NOT_FOUND || rc == SB_E_CORRUPT ? SB_EXIT_OK : admin_fail(rc, "registry.db", f);
}

static void tell_progress(void *context, uint64_t rows)
{
	sb_progress_tell(context, rows, -1);
}

static struct sb_audit_mark mark_of(const char *name, const struct sb_audit_head *head)
{
	struct sb_audit_mark mark = {.name = name, .number = head->count};

	memcpy(mark.chain, head->chain, sizeof mark.chain);
	return mark;
}

static int check(struct verifying *v, struct sb_failure *f)
{
	const struct sb_registry_anchor *anchor = &v->a->registry->anchor;
	struct sb_audit_mark heads[3];
	size_t count = 0;
	int rc;

	if (v->has_given)
		heads[count++] = mark_of(GIVEN, &v->given);
	if (v->has_stored)
		heads[count++] = mark_of(SIGNED, &v->stored);
	if (anchor->number) {
		heads[count] = (struct sb_audit_mark){.name = TOKEN, .number = anchor->number};
		memcpy(heads[count++].chain, anchor->chain, sizeof anchor->chain);
	}
	sb_progress_start(&v->progress);
	rc = sb_registry_audit_check(v->a->registry, heads, count, tell_progress, &v->progress, &v->report);
	sb_progress_hide(&v->progress);
	return rc == SB_OK ? SB_EXIT_OK : admin_fail(rc, "registry.db", f);
}

/* --- what was found --- */

static const char *where(const struct sb_audit_finding *finding)
{
	static char text[96];

	if (!finding->row)
		snprintf(text, sizeof text, "%s", _("the audit"));
	else if (finding->kind != SB_AUDIT_MOVED && finding->to != finding->row)
		snprintf(text, sizeof text, _("rows %lld to %lld"), (long long)finding->row, (long long)finding->to);
	else
		snprintf(text, sizeof text, _("row %lld"), (long long)finding->row);
	return text;
}

static void add_finding(struct sb_program *p, json_t *list, const struct sb_audit_finding *finding)
{
	json_t *json = json_pack("{s:s}", "kind", kinds[finding->kind].name);

	json_object_set_new(json, "row", finding->row ? json_integer(finding->row) : json_null());
	json_object_set_new(json, finding->kind == SB_AUDIT_MOVED ? "after" : "to", finding->row ? json_integer(finding->to) : json_null());
	json_object_set_new(json, "head", finding->head ? json_string(finding->head) : json_null());
	json_array_append_new(list, json);
	if (finding->kind == SB_AUDIT_MOVED)
		sb_say(p, _("%s: genuine, but its place is after row %lld\n"), where(finding), (long long)finding->to);
	else
		sb_say(p, "%s: %s\n", where(finding), _(kinds[finding->kind].what));
}

static json_t *head_json(bool has, const struct sb_audit_head *head)
{
	return has ? json_pack("{s:I, s:I}", "count", (json_int_t)head->count, "time", (json_int_t)head->iat) : json_null();
}

static int fail_damaged(const struct verifying *v, size_t found, struct sb_failure *f)
{
	const struct sb_audit_finding *first = v->report.count ? &v->report.findings[0] : NULL;

	return sb_fail(f, SB_EXIT_REFUSED, "audit_damaged", first && first->row ? where(first) : NULL,
		ngettext("The audit is not whole: %zu finding. Keep a copy of registry.db as it is, and find out who could write to it. Clerks can go on.",
			"The audit is not whole: %zu findings. Keep a copy of registry.db as it is, and find out who could write to it. Clerks can go on.",
			found),
		found);
}

static int tell(struct verifying *v, json_t *result, struct sb_failure *f)
{
	const struct sb_audit_report *report = &v->report;
	struct sb_program *p = v->a->p;
	json_t *list = json_array();

	for (size_t i = 0; i < report->count; i++)
		add_finding(p, list, &report->findings[i]);
	if (v->bad_stored) {
		json_array_append_new(list, json_pack("{s:s, s:n, s:n, s:s}", "kind", "signed_head_altered", "row", "to", "head", SIGNED));
		sb_say(p, "%s: %s\n", _("the audit"), _("the signed head in the registry is not this issuer's"));
	}
	json_object_set_new(result, "whole", json_boolean(!json_array_size(list)));
	json_object_set_new(result, "rows", json_integer((json_int_t)report->rows));
	json_object_set_new(result, "last", json_integer(report->last));
	json_object_set_new(result, "headed", json_boolean(report->headed));
	json_object_set_new(result, "signed", head_json(v->has_stored, &v->stored));
	json_object_set_new(result, "given", head_json(v->has_given, &v->given));
	json_object_set_new(result, "more", json_integer((json_int_t)report->more));
	json_object_set_new(result, "findings", list);
	if (json_array_size(list))
		return fail_damaged(v, json_array_size(list) + report->more, f);
	sb_say(p, ngettext("The audit is whole: %llu row.\n", "The audit is whole: %llu rows.\n", report->rows), (unsigned long long)report->rows);
	if (!report->headed)
		sb_say(p, "%s\n", _("It has no head yet, being of an older version: the next row brings one."));
	if (!v->has_given)
		sb_say(p, "%s\n", _("Whether an older copy of the registry was put back together with one of the issuer's token, only a head kept elsewhere tells: --head."));
	return SB_EXIT_OK;
}

static int verify(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	const char *given = sb_program_text(p, "--head");
	struct admin a;
	struct verifying v = {.a = &a};
	int rc = admin_open(p, &a, f);

	if (rc != SB_EXIT_OK)
		return rc;
	rc = sb_p11_get_certificate(a.p11, ADMIN_ROOT, &v.root, f);
	if (rc == SB_EXIT_OK && given)
		rc = read_given(&v, given, f);
	if (rc == SB_EXIT_OK)
		rc = read_stored(&v, f);
	if (rc == SB_EXIT_OK)
		rc = check(&v, f);
	if (rc == SB_EXIT_OK)
		rc = tell(&v, result, f);
	sb_bytes_free(&v.root);
	admin_close(&a);
	return rc;
}

static const struct sb_option options[] = {
	{"--head", SB_OPTION_FILE, "FILE", N_("a head that was kept elsewhere"), false},
	{0},
};

const struct sb_verb admin_audit_verify = {"audit verify", "", 0, 0, N_("check that the audit is what was written"), options, verify};
