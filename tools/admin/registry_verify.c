/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"

#include <inttypes.h>

#include "base/error.h"
#include "common/i18n.h"
#include "registry/registry_rows.h"

/* `registry verify`: whether every row is what was written, and every card what the audit says; and what is not, taken out or put right. */

static const char *const states[] = {[SB_CREDENTIAL_VALID] = N_("valid"), [SB_CREDENTIAL_REVOKED] = N_("revoked"), [SB_CREDENTIAL_SUSPENDED] = N_("suspended")};
static const char *const kinds[SB_ROW_KINDS] = {
	[SB_ROW_ALTERED] = "altered", [SB_ROW_RESIDENT] = "resident", [SB_ROW_STATE] = "state", [SB_ROW_MISSING] = "missing", [SB_ROW_SUM] = "status_list", [SB_ROW_FILE] = "file"};

struct verifying {
	struct admin *a;
	json_t *list;
};

static void say(struct sb_program *p, const struct sb_row_finding *finding)
{
	if (finding->kind == SB_ROW_ALTERED)
		sb_say(p, _("%s %s: not what was written\n"), finding->table, sb_clean(finding->name));
	else if (finding->kind == SB_ROW_RESIDENT)
		sb_say(p, _("resident %s: does not open\n"), finding->name);
	else if (finding->kind == SB_ROW_STATE)
		sb_say(p, _("card %s: is %s, and the audit says %s\n"), sb_clean(finding->name), _(states[finding->is]), _(states[finding->was]));
	else if (finding->kind == SB_ROW_MISSING)
		sb_say(p, _("card %s: is gone; the audit says %s. The status list cannot tell of it\n"), sb_clean(finding->name), _(states[finding->was]));
	else if (finding->kind == SB_ROW_FILE)
		sb_say(p, "%s\n", _("the file: its tables and indexes do not fit together. Save what it has: registry recover"));
	else
		sb_say(p, "%s\n", _("the status list: not what was written, or an older copy of the registry was put back"));
}

static int take(void *context, const struct sb_row_finding *finding)
{
	struct verifying *v = context;
	json_t *json = json_pack("{s:s, s:s, s:s?}", "kind", kinds[finding->kind], "table", finding->table, "row", finding->name);

	if (json && finding->kind == SB_ROW_STATE)
		json_object_set_new(json, "is", json_string(states[finding->is]));
	if (json && (finding->kind == SB_ROW_STATE || finding->kind == SB_ROW_MISSING))
		json_object_set_new(json, "was", json_string(states[finding->was]));
	say(v->a->p, finding);
	return json_array_append_new(v->list, json) == 0 ? SB_OK : SB_E_NOMEM;
}

static int accept(struct admin *a, json_t *result, struct sb_failure *f)
{
	struct sb_registry *r = a->registry;
	uint64_t count = 0;
	int rc = r->ops->begin(r);

	if (rc == SB_OK)
		rc = sb_registry_audit(r, a->officer, "registry accept", "", "ok");
	if (rc == SB_OK)
		rc = sb_registry_rows_accept(r, a->officer, &count);
	if (rc == SB_OK)
		rc = r->ops->commit(r);
	r->ops->rollback(r);
	if (rc != SB_OK)
		return admin_fail(rc, "registry.db", f);
	json_object_set_new(result, "mended", json_integer((json_int_t)count));
	sb_say(a->p, ngettext("The registry is taken as it is: %llu row was taken out or put right.\n", "The registry is taken as it is: %llu rows were taken out or put right.\n", count),
		(unsigned long long)count);
	admin_publish_due(a, result);
	return SB_EXIT_OK;
}

static int fail_damaged(size_t found, struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_REFUSED, "registry_damaged", NULL,
		ngettext("The registry is not what was written: %zu finding. Keep a copy of registry.db, and find out who could write to it. Put the newest good copy in its place; or suspend and revoke again what is not there any more, and then: registry verify --accept --officer ID",
			"The registry is not what was written: %zu findings. Keep a copy of registry.db, and find out who could write to it. Put the newest good copy in its place; or suspend and revoke again what is not there any more, and then: registry verify --accept --officer ID",
			found),
		found);
}

static int look(struct verifying *v, json_t *result, struct sb_failure *f)
{
	struct sb_program *p = v->a->p;
	uint64_t rows;
	size_t found;
	int rc = sb_registry_rows_check(v->a->registry, &rows, take, v);

	if (rc != SB_OK)
		return admin_fail(rc, "registry.db", f);
	found = json_array_size(v->list);
	json_object_set_new(result, "whole", json_boolean(!found));
	json_object_set_new(result, "rows", json_integer((json_int_t)rows));
	json_object_set(result, "findings", v->list);
	if (!found)
		sb_say(p, ngettext("The registry is what was written: %llu row.\n", "The registry is what was written: %llu rows.\n", rows), (unsigned long long)rows);
	if (sb_program_flag(p, "--accept"))
		return accept(v->a, result, f);
	return found ? fail_damaged(found, f) : SB_EXIT_OK;
}

static int verify(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	struct admin a;
	struct verifying v = {.a = &a};
	int rc;

	if (sb_program_flag(p, "--accept") && !sb_program_text(p, "--officer"))
		return sb_fail(f, SB_EXIT_USAGE, "usage", "--officer", "%s", _("--accept needs --officer: who takes the registry as it is."));
	rc = admin_open(p, &a, f);
	if (rc != SB_EXIT_OK)
		return rc;
	v.list = json_array();
	rc = look(&v, result, f);
	json_decref(v.list);
	admin_close(&a);
	return rc;
}

static const struct sb_option options[] = {
	{"--accept", SB_OPTION_FLAG, NULL, N_("take the registry as it is, without what nobody vouches for"), false},
	{"--officer", SB_OPTION_TEXT, "ID", N_("who does this, for the audit"), false},
	{0},
};

const struct sb_verb admin_registry_verify = {"registry verify", "", 0, 0, N_("check that the registry is what was written"), options, verify};
