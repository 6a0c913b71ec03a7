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
#include "common/verb.h"

#define SUFFIX ".conf"
enum { DOCUMENT_FILE_MAX = 256 * 1024 };

/* documents.d of the program's own directory, before the installed one; "" until it is known. */
static char own[4096];

void sb_documents_beside(const char *root)
{
	if ((size_t)snprintf(own, sizeof own, "%s/documents.d", root) >= sizeof own)
		*own = 0;
}

/* The file of a type, in the first directory that has it. */
static int read_type(const char *id, char path[8192], struct sb_bytes *text)
{
	int rc = SB_E_NOT_FOUND;

	if (*own) {
		snprintf(path, 8192, "%s/%s" SUFFIX, own, id);
		rc = sb_file_read(path, DOCUMENT_FILE_MAX, text);
	}
	if (rc == SB_E_NOT_FOUND) {
		snprintf(path, 8192, "%s/%s" SUFFIX, sb_path_documents(), id);
		rc = sb_file_read(path, DOCUMENT_FILE_MAX, text);
	}
	return rc;
}

/* It becomes part of file names and of object names in tokens. */
static bool is_id(const char *id)
{
	return *id && strlen(id) < SB_DOCUMENT_ID && strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(id);
}

int sb_documents_load(const char *id, struct sb_document **out, struct sb_failure *f)
{
	struct sb_document_error why = {0};
	struct sb_bytes text = {0};
	char path[8192];
	int rc;

	*out = NULL;
	if (!is_id(id))
		return sb_fail(f, SB_EXIT_CONFIG, "bad_document_type", id, _("\"%s\" is no name for a document type: small letters, digits, _ and -, at most %d."),
			sb_clean(id), SB_DOCUMENT_ID - 1);
	rc = read_type(id, path, &text);
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

struct names {
	char **ids;
	size_t count;
};

static int add_name(struct names *n, const char *file)
{
	size_t len = strlen(file) - strlen(SUFFIX);
	char **more;

	for (size_t i = 0; i < n->count; i++)
		if (strlen(n->ids[i]) == len && strncmp(n->ids[i], file, len) == 0)
			return SB_OK;
	more = realloc(n->ids, (n->count + 1) * sizeof *more);
	if (!more)
		return SB_E_NOMEM;
	n->ids = more;
	more[n->count] = strndup(file, len);
	return more[n->count] ? (n->count++, SB_OK) : SB_E_NOMEM;
}

static int add_directory(struct names *n, const char *directory)
{
	struct dirent **entries = NULL;
	int count = *directory ? scandir(directory, &entries, is_type, alphasort) : 0, rc = SB_OK;

	for (int i = 0; i < count; i++) {
		if (rc == SB_OK)
			rc = add_name(n, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What comes from outside names a type by one of these: each stands for one type. */
static const char *same_names(const struct sb_document *a, const struct sb_document *b)
{
	if (strcmp(a->doctype, b->doctype) == 0)
		return "doctype";
	if (strcmp(a->vct, b->vct) == 0)
		return "vct";
	return a->vct_number == b->vct_number ? "vct-number" : NULL;
}

static int check_distinct(struct sb_document *const *all, size_t at, struct sb_failure *f)
{
	for (size_t i = 0; i < at; i++) {
		const char *key = same_names(all[i], all[at]);

		if (key)
			return sb_fail(f, SB_EXIT_CONFIG, "bad_document_type", all[at]->id, _("The document types %s and %s have the same %s."),
				all[i]->id, all[at]->id, key);
	}
	return SB_EXIT_OK;
}

int sb_documents_load_all(struct sb_document ***out, struct sb_failure *f)
{
	struct names n = {0};
	int got = add_directory(&n, own), rc = SB_EXIT_OK;

	if (got == SB_OK)
		got = add_directory(&n, sb_path_documents());
	*out = calloc(n.count + 1, sizeof **out);
	if (got != SB_OK || !*out)
		rc = sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, _("Out of memory."));
	else if (!n.count)
		rc = sb_fail(f, SB_EXIT_CONFIG, "no_document_type", sb_path_documents(), _("There is no document type in %s."),
			sb_path_documents());
	if (n.count)
		qsort(n.ids, n.count, sizeof *n.ids, by_name);
	for (size_t i = 0; i < n.count; i++) {
		if (rc == SB_EXIT_OK)
			rc = sb_documents_load(n.ids[i], &(*out)[i], f);
		if (rc == SB_EXIT_OK)
			rc = check_distinct(*out, i, f);
		free(n.ids[i]);
	}
	free(n.ids);
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
