/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_FIELDS_H
#define SINBUN_FIELDS_H

#include "common/verb.h"
#include "formats/document.h"

/* Prints "label  value" lines of the elements in list (indices into d->elements) that fields has, aligned also where letters take two
 * columns. Text from outside is cleaned. Pictures and digests are left out. */
void sb_fields_print(struct sb_program *p, const struct sb_document *d, const json_t *fields, const size_t *list, size_t count);
/* An element's label in the user's language. */
const char *sb_fields_label(const struct sb_element *e);
/* A value in words of the user's language, cleaned: a new text for the caller to free (sb_text_free). NULL for none, for what is empty, and for what is no
 * text for people: pictures and their digests. */
char *sb_fields_value(const struct sb_element *e, const json_t *value);
/* A date (2026-11-24) in the order of the user's language; a static buffer. */
const char *sb_fields_date(const char *iso);

#endif
