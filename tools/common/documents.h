/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_DOCUMENTS_H
#define SINBUN_DOCUMENTS_H

#include "common/failure.h"
#include "formats/document.h"

enum { SB_DOCUMENT_ID = 64 }; /* length of an id, with its end: small letters, digits, _ and - */

/* Document types are read from documents.d of this directory (the program's root) as well, which goes before what is installed. */
void sb_documents_beside(const char *root);

/* Loads one document type by id ("resident") from documents.d; SB_EXIT_CONFIG naming file and line. */
int sb_documents_load(const char *id, struct sb_document **out, struct sb_failure *f);

/* Every document type, in the order of their names, ended by NULL; for those who read cards of any type. Two with the same doctype, vct or
 * number are SB_EXIT_CONFIG. */
int sb_documents_load_all(struct sb_document ***out, struct sb_failure *f);
void sb_documents_free_all(struct sb_document ***documents);

#endif
