/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/documents.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "common/paths.h"

#define SUFFIX ".conf"
enum { DOCUMENT_FILE_MAX = 256 * 1024 };

int sb_documents_load(const char *id, struct sb_document **out, struct sb_failure *f)
{
	struct sb_document_error why = {0};
	struct sb_bytes text = {0};
	char path[4096];
	int rc;

	*out = NULL;
	snprintf(path, sizeof path, "%s/%s" SUFFIX, sb_path_documents(), id);
	rc = sb_file_read(path, DOCUMENT_FILE_MAX, &text);
	if (rc != SB_OK) {
		sb_bytes_free(&text);
		return sb_fail(f, SB_EXIT_CONFIG, "no_document_type", path, _("The document type %s cannot be read: %s."), path,
			_(sb_error_text(rc)));
	}
	rc = sb_document_parse(sb_bytes_slice(&text), out, &why);
	sb_bytes_free(&text);
	if (rc == SB_OK && !((*out)->id = strdup(id))) {
		sb_document_free(out);
		rc = SB_E_NOMEM;
	}
	if (rc != SB_OK)
		return sb_fail(f, SB_EXIT_CONFIG, "bad_document_type", path, _("%s, line %u: %s: %s"), path, why.line, _(why.message), why.what);
	return SB_EXIT_OK;
}

static int is_type(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name), tail = strlen(SUFFIX);

	return entry->d_name[0] != '.' && len > tail && strcmp(entry->d_name + len - tail, SUFFIX) == 0;
}

int sb_documents_load_all(struct sb_document ***out, struct sb_failure *f)
{
	struct dirent **entries = NULL;
	int count = scandir(sb_path_documents(), &entries, is_type, alphasort), rc = SB_EXIT_OK;

	*out = calloc((size_t)(count > 0 ? count : 0) + 1, sizeof **out);
	if (count <= 0 || !*out)
		rc = sb_fail(f, SB_EXIT_CONFIG, "no_document_type", sb_path_documents(), _("There is no document type in %s."),
			sb_path_documents());
	for (int i = 0; i < count; i++) {
		entries[i]->d_name[strlen(entries[i]->d_name) - strlen(SUFFIX)] = 0;
		if (rc == SB_EXIT_OK)
			rc = sb_documents_load(entries[i]->d_name, &(*out)[i], f);
		free(entries[i]);
	}
	free(entries);
	if (rc != SB_EXIT_OK)
		sb_documents_free_all(out);
	return rc;
}

void sb_documents_free_all(struct sb_document ***documents)
{
	for (struct sb_document **d = *documents; d && *d; d++)
		sb_document_free(d);
	free(*documents);
	*documents = NULL;
}
