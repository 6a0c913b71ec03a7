/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_DOCUMENTS_H
#define SINBUN_DOCUMENTS_H

#include "common/failure.h"
#include "formats/document.h"

/* Loads one document type by id ("resident") from documents.d; SB_EXIT_CONFIG naming file and line. */
int sb_documents_load(const char *id, struct sb_document **out, struct sb_failure *f);

#endif
