/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "common/documents.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "common/paths.h"

enum { DOCUMENT_FILE_MAX = 256 * 1024 };

int sb_documents_load(const char *id, struct sb_document **out, struct sb_failure *f)
{
	struct sb_document_error why = {0};
	struct sb_bytes text = {0};
	char path[4096];
	int rc;

	*out = NULL;
	snprintf(path, sizeof path, "%s/%s.conf", sb_path_documents(), id);
	rc = sb_file_read(path, DOCUMENT_FILE_MAX, &text);
	if (rc != SB_OK) {
		sb_bytes_free(&text);
		return sb_fail(f, SB_EXIT_CONFIG, "no_document_type", path, _("The document type %s cannot be read: %s."), path,
			sb_error_text(rc));
	}
	rc = sb_document_parse(sb_bytes_slice(&text), out, &why);
	sb_bytes_free(&text);
	if (rc == SB_OK && !((*out)->id = strdup(id))) {
		sb_document_free(out);
		rc = SB_E_NOMEM;
	}
	if (rc != SB_OK)
		return sb_fail(f, SB_EXIT_CONFIG, "bad_document_type", path, _("%s, line %u: %s"), path, why.line, why.message);
	return SB_EXIT_OK;
}
