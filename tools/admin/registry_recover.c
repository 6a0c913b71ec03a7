/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "common/i18n.h"
#include "registry/registry_recover.h"
#include "registry/registry_rows.h"

/* `registry recover`: what a damaged registry still has, in a new file. The damaged one stays as it is; the registrar puts the new one into its place
 * after a look at what was lost. */

struct recovering {
	struct sb_program *p;
	json_t *tables;
	uint64_t residents, missing, refused;
	bool damaged;
};

static int tell(void *context, const struct sb_registry_salvaged *s)
{
	struct recovering *r = context;

	if (strcmp(s->table, "resident") == 0)
		r->residents = s->kept;
	r->missing += s->missing;
	r->refused += s->refused;
	r->damaged |= s->damaged;
	sb_say(r->p, _("%-18s %8" PRIu64 " kept %8" PRIu64 " refused %8" PRIu64 " missing\n"), s->table, s->kept, s->refused, s->missing);
	return json_object_set_new(r->tables, s->table, json_pack("{s:I, s:I, s:I, s:b}", "kept", (json_int_t)s->kept, "refused", (json_int_t)s->refused,
		       "missing", (json_int_t)s->missing, "damaged", s->damaged)) == 0
		       ? SB_OK
		       : SB_E_NOMEM;
}

static int record(struct sb_registry *r, const char *officer, bool lost)
{
	uint64_t count;
	int rc = r->ops->begin(r);

	if (rc == SB_OK && !r->anchor.number)
		rc = r->rows->adopt(r);
	if (rc == SB_OK)
		rc = sb_registry_audit(r, officer, "registry recover", "", lost ? "with losses" : "whole");
	if (rc == SB_OK)
		rc = sb_registry_rows_accept(r, officer, &count);
	if (rc == SB_OK)
		rc = r->ops->commit(r);
	if (rc != SB_OK)
		r->ops->rollback(r);
	return rc;
}

static int fail_key(struct sb_failure *f)
{
	return sb_fail(f, SB_EXIT_TOKEN, "wrong_key", ADMIN_TOKEN,
		_("No resident of the registry opens with this token's data key. It is another token than the one the registry was made with, or all of the residents are lost."));
}

static int copy(struct recovering *r, const char *from, struct sb_registry *to, struct sb_failure *f)
{
	int rc = sb_registry_sqlite_recover(from, to, tell, r);

	if (rc == SB_E_CORRUPT)
		return sb_fail(f, SB_EXIT_STORAGE, "damaged", from,
			_("Not even the tables of %s can be told any more. Put the newest good copy of it in its place."), from);
	if (rc != SB_OK)
		return admin_fail(rc, from, f);
	if (!r->residents && r->refused)
		return fail_key(f);
	rc = record(to, sb_program_text(r->p, "--officer"), r->missing || r->refused || r->damaged);
	return rc == SB_OK ? SB_EXIT_OK : admin_fail(rc, "registry.db", f);
}

/* The token alone is asked for its key: the registry cannot be opened as usual. */
static int open_key(struct sb_program *p, struct sb_registry *to, struct sb_failure *f)
{
	struct sb_p11 *p11 = NULL;
	struct sb_secret pin = {0};
	int rc = admin_open_token(p, &p11, f);

	if (rc == SB_EXIT_OK)
		rc = sb_secret_ask(p, SB_SECRET_PASSPHRASE, "--pin-fd", &pin, f);
	if (rc == SB_EXIT_OK)
		rc = sb_p11_login(p11, sb_slice(pin.text, pin.len), f);
	if (rc == SB_EXIT_OK)
		rc = admin_use_data_key(p11, to, f);
	if (rc == SB_EXIT_OK)
		rc = admin_use_anchor(p11, to, f);
	sb_p11_close(&p11);
	sb_secret_clear(&pin);
	return rc;
}

static void remove_file(const char *path)
{
	static const char *const tails[] = {"", "-wal", "-shm"};
	char name[4200];

	for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
		snprintf(name, sizeof name, "%s%s", path, tails[i]);
		unlink(name);
	}
}

static int recover_into(struct recovering *r, const char *from, const char *path, struct sb_failure *f)
{
	struct sb_registry *to;
	int rc = sb_registry_sqlite_open(path, true, &to);

	if (rc == SB_E_EXISTS)
		return sb_fail(f, SB_EXIT_STORAGE, "exists", "--out", _("%s is there already. Name another file, or take it away."), path);
	if (rc != SB_OK)
		return admin_fail(rc, path, f);
	rc = open_key(r->p, to, f);
	if (rc == SB_EXIT_OK)
		rc = copy(r, from, to, f);
	admin_audit_warn(r->p, to);
	sb_registry_close(&to);
	if (rc != SB_EXIT_OK)
		remove_file(path);
	return rc;
}

static int recover(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	const char *from = admin_path(p, "registry.db"), *out = sb_program_text(p, "--out");
	struct recovering r = {.p = p, .tables = json_object()};
	int rc;

	rc = admin_check_officer(p, f);
	if (rc == SB_EXIT_OK && access(from, R_OK) != 0)
		rc = sb_fail(f, SB_EXIT_CONFIG, "no_registry", "--registry", _("There is no registry in %s."), sb_program_root(p));
	else if (rc == SB_EXIT_OK)
		rc = recover_into(&r, from, out, f);
	json_object_set_new(result, "tables", r.tables);
	json_object_set_new(result, "whole", json_boolean(rc == SB_EXIT_OK && !r.missing && !r.refused && !r.damaged));
	if (rc != SB_EXIT_OK)
		return rc;
	sb_say(p, _("What could be saved is in %s. To use it, while nobody works: remove %s and its -wal and -shm, and rename the new one to it.\n"), out, from);
	if (r.missing || r.refused || r.damaged)
		sb_warn(p, _("Not everything could be saved. Import the residents again; a lost card is not on status lists any more: ask its holder to enrol again."));
	return rc;
}

static const struct sb_option options[] = {
	OFFICER_OPTION,
	{"--out", SB_OPTION_FILE, "FILE", N_("the new registry, which must not be there yet"), true},
	{0},
};

const struct sb_verb admin_registry_recover = {"registry recover", "", 0, 0, N_("save what a damaged registry still has, into a new file"), options, recover};
