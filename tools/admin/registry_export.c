/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/admin.h"

#include <errno.h>
#include <stdio.h>

#include "admin/extra.h"
#include "admin/registry_view.h"
#include "base/error.h"
#include "common/csv_out.h"
#include "common/i18n.h"
#include "common/progress.h"
#include "registry/registry_apply.h"

/* `registry export`: the residents as a CSV file with the columns of an import, without the pictures. It appears whole or not at all. */

struct export
{
	struct admin *a;
	struct extras extras;
	const char *columns[ROW_COLUMNS + EXTRA_COLUMNS];
	size_t count;
	bool unmasked;
	FILE *file;
	struct sb_progress progress;
	unsigned rows;
};

static void choose_columns(struct export *x)
{
	for (size_t c = 0; c < ROW_COLUMNS; c++)
		if (c != ROW_PORTRAIT)
			x->columns[x->count++] = admin_row_name((enum row_column)c);
	for (size_t i = 0; i < x->extras.count; i++)
		x->columns[x->count++] = x->extras.columns[i].name;
}

static int write_row(struct export *x, const char *const *cells)
{
	struct sb_bytes row = {0};
	int rc = sb_csv_row(&row, cells, x->count);

	if (rc == SB_OK && fwrite(row.data, 1, row.len, x->file) != row.len)
		rc = sb_error_from_errno(errno);
	sb_bytes_free(&row);
	return rc;
}

static int write_resident(struct export *x, const json_t *fields)
{
	struct sb_bytes cells[ROW_COLUMNS + EXTRA_COLUMNS] = {{0}};
	const char *texts[ROW_COLUMNS + EXTRA_COLUMNS];
	int rc = SB_OK;

	for (size_t i = 0; rc == SB_OK && i < x->count; i++) {
		rc = admin_view_field(fields, x->columns[i], x->unmasked, &cells[i]);
		if (rc == SB_OK)
			rc = sb_bytes_terminate(&cells[i]);
		texts[i] = (const char *)cells[i].data;
	}
	if (rc == SB_OK)
		rc = write_row(x, texts);
	for (size_t i = 0; i < x->count; i++)
		sb_bytes_free(&cells[i]);
	return rc;
}

static int take_resident(void *context, int64_t id)
{
	struct export *x = context;
	struct sb_registry_resident resident;
	int rc = sb_registry_find_id(x->a->registry, id, &resident);

	if (rc == SB_OK)
		rc = write_resident(x, resident.fields);
	sb_registry_resident_free(&resident);
	sb_progress_tell(&x->progress, ++x->rows, -1);
	return rc;
}

static int write_rows(void *context, FILE *file, struct sb_failure *f)
{
	struct export *x = context;
	struct sb_registry *r = x->a->registry;
	/* Who takes the data out is on record before it is out. */
	int rc = sb_registry_audit_alone(x->a->registry, x->a->officer, "registry export", "", x->unmasked ? "unmasked" : "masked");

	x->file = file;
	if (rc != SB_OK)
		return admin_fail(rc, "registry.db", f);
	fputs(SB_CSV_MARK, x->file);
	rc = write_row(x, x->columns);
	sb_progress_start(&x->progress);
	if (rc == SB_OK)
		rc = r->apply->resident_each(r, take_resident, x);
	sb_progress_hide(&x->progress);
	if (rc != SB_OK && !ferror(x->file))
		return admin_fail(rc, "registry.db", f);
	return SB_EXIT_OK;
}

static int export(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	const char *path = sb_program_text(p, "--out");
	struct admin a;
	struct export x = {.a = &a, .unmasked = sb_program_flag(p, "--unmasked")};
	int rc = admin_open(p, &a, f);

	if (rc != SB_EXIT_OK)
		return rc;
	rc = admin_extras_load(&x.extras, f);
	if (rc == SB_EXIT_OK) {
		choose_columns(&x);
		rc = admin_write_stream(path, write_rows, &x, f);
	}
	if (rc == SB_EXIT_OK) {
		json_object_set_new(result, "rows", json_integer(x.rows));
		json_object_set_new(result, "masked", json_boolean(!x.unmasked));
		sb_say(p, ngettext("%u resident is in %s.\n", "%u residents are in %s.\n", x.rows), x.rows, path);
	}
	admin_extras_free(&x.extras);
	admin_close(&a);
	return rc;
}

static const struct sb_option options[] = {
	OFFICER_OPTION,
	{"--out", SB_OPTION_FILE, "FILE", N_("where to write the CSV"), true},
	{"--unmasked", SB_OPTION_FLAG, NULL, N_("personal data whole; the audit tells who took it"), false},
	{0},
};

const struct sb_verb admin_registry_export = {"registry export", "", 0, 0, N_("write the residents to a CSV file, masked"), options, export};
