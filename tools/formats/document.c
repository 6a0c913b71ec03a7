/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "formats/document.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/error.h"

enum { VALUE_MAX = 512 };

struct parse {
	struct sb_document *d;
	struct sb_document_error *why;
	unsigned line;
	struct sb_element *element;    /* of the section that is open, */
	struct sb_disclosure_set *set; /* or this, */
	size_t *list, *list_count;     /* or the face or the details */
};

static int complain(struct parse *p, const char *what, const char *message)
{
	if (p->why) {
		p->why->line = p->line;
		snprintf(p->why->message, sizeof p->why->message, "%s", message);
		snprintf(p->why->what, sizeof p->why->what, "%s", what);
	}
	return SB_E_FORMAT;
}

static int keep(char **to, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return SB_E_NOMEM;
	free(*to);
	*to = copy;
	return SB_OK;
}

static int take_word(struct parse *p, const char *value, const char *const *words, int *out)
{
	for (int i = 0; words[i]; i++)
		if (strcmp(words[i], value) == 0) {
			*out = i;
			return SB_OK;
		}
	return complain(p, value, "unknown word");
}

static int take_number(struct parse *p, const char *value, int64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoll(value, &end, 10);
	return *end || end == value || errno ? complain(p, value, "not a number") : SB_OK;
}

/* Names of elements, by then all known, into indices. */
static int take_names(struct parse *p, char *value, size_t *list, size_t *count)
{
	*count = 0;
	for (char *save = NULL, *name = strtok_r(value, " \t", &save); name; name = strtok_r(NULL, " \t", &save)) {
		const struct sb_element *e = sb_document_element(p->d, name);

		if (!e)
			return complain(p, name, "no such element");
		if (*count == SB_SDCWT_CLAIMS_MAX)
			return complain(p, name, "too many elements");
		list[(*count)++] = (size_t)(e - p->d->elements);
	}
	return SB_OK;
}

static bool good_name(const char *name)
{
	return *name && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name) && strlen(name) < 64;
}

static int element_key(struct parse *p, const char *key, char *value)
{
	static const char *const types[] = {"text", "date", "bool", "image", "json", NULL};
	static const char *const masks[] = {"none", "name", "rrn", "address", "phone", NULL};
	static const char *const yes_no[] = {"no", "yes", NULL};
	struct sb_element *e = p->element;
	int word = 0, rc;

	if (strcmp(key, "label.ko") == 0)
		return keep(&e->label_ko, value);
	if (strcmp(key, "label.en") == 0)
		return keep(&e->label_en, value);
	if (strcmp(key, "claim") == 0)
		return take_number(p, value, &e->claim_key);
	if (strcmp(key, "type") == 0) {
		rc = take_word(p, value, types, &word);
		e->type = rc == SB_OK ? (enum sb_element_type)word : e->type;
		return rc;
	}
	if (strcmp(key, "mask") == 0) {
		rc = take_word(p, value, masks, &word);
		e->mask = rc == SB_OK ? (enum sb_element_mask)word : e->mask;
		return rc;
	}
	if (strcmp(key, "required") == 0 || strcmp(key, "qr-only") == 0) {
		rc = take_word(p, value, yes_no, &word);
		*(*key == 'r' ? &e->required : &e->qr_only) = rc == SB_OK && word;
		return rc;
	}
	if (strcmp(key, "source") == 0)
		return good_name(value) ? keep(&e->source, value) : complain(p, value, "not a name");
	if (strcmp(key, "value") == 0)
		return keep(&e->constant, value);
	return complain(p, key, "unknown key of an element");
}

static int set_key(struct parse *p, const char *key, char *value)
{
	struct sb_disclosure_set *s = p->set;

	if (strcmp(key, "label.ko") == 0)
		return keep(&s->label_ko, value);
	if (strcmp(key, "label.en") == 0)
		return keep(&s->label_en, value);
	if (strcmp(key, "elements") == 0)
		return take_names(p, value, s->elements, &s->element_count);
	if (strcmp(key, "only-if") == 0) {
		const struct sb_element *e = sb_document_element(p->d, value);

		return e && e->type == SB_ELEMENT_BOOL ? keep(&s->only_if, value) : complain(p, value, "not a bool element");
	}
	return complain(p, key, "unknown key of a set");
}

static int document_key(struct parse *p, const char *key, const char *value)
{
	struct sb_document *d = p->d;
	const struct {
		const char *key;
		char **text;
	} texts[] = {{"label.ko", &d->label_ko}, {"label.en", &d->label_en}, {"doctype", &d->doctype},
		{"namespace", &d->name_space}, {"vct", &d->vct}, {"expiry", &d->expiry}};
	int64_t number;
	int rc;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (strcmp(texts[i].key, key) == 0)
			return keep(texts[i].text, value);
	if (strcmp(key, "vct-number") == 0)
		return take_number(p, value, &d->vct_number);
	if (strcmp(key, "validity-days") == 0) {
		rc = take_number(p, value, &number);
		if (rc == SB_OK && (number < 1 || number > 36500))
			rc = complain(p, value, "out of range");
		d->validity_days = rc == SB_OK ? (unsigned)number : 0;
		return rc;
	}
	return complain(p, key, "unknown key");
}

static int take_key(struct parse *p, char *key, char *value)
{
	if (p->element)
		return element_key(p, key, value);
	if (p->set)
		return set_key(p, key, value);
	if (p->list)
		return strcmp(key, "elements") == 0 ? take_names(p, value, p->list, p->list_count) : complain(p, key, "unknown key");
	return document_key(p, key, value);
}

static int open_element(struct parse *p, const char *name)
{
	struct sb_document *d = p->d;
	struct sb_element *more;

	if (!good_name(name) || sb_document_element(d, name))
		return complain(p, name, "bad or repeated element");
	if (d->set_count)
		return complain(p, name, "elements stand before sets");
	more = realloc(d->elements, (d->element_count + 1) * sizeof *more);
	if (!more)
		return SB_E_NOMEM;
	d->elements = more;
	p->element = &more[d->element_count++];
	*p->element = (struct sb_element){0};
	return keep(&p->element->name, name);
}

static int open_set(struct parse *p, const char *name)
{
	struct sb_document *d = p->d;
	struct sb_disclosure_set *more;

	if (!good_name(name) || sb_document_set(d, name))
		return complain(p, name, "bad or repeated set");
	more = realloc(d->sets, (d->set_count + 1) * sizeof *more);
	if (!more)
		return SB_E_NOMEM;
	d->sets = more;
	p->set = &more[d->set_count++];
	*p->set = (struct sb_disclosure_set){0};
	return keep(&p->set->name, name);
}

static int open_section(struct parse *p, char *head)
{
	char *end = strchr(head, ']');

	p->element = NULL;
	p->set = NULL;
	p->list = NULL;
	if (!end || end[1])
		return complain(p, head, "not a section");
	*end = 0;
	if (strncmp(head, "element ", 8) == 0)
		return open_element(p, head + 8);
	if (strncmp(head, "set ", 4) == 0)
		return open_set(p, head + 4);
	if (strcmp(head, "face") == 0) {
		p->list = p->d->face;
		p->list_count = &p->d->face_count;
		return SB_OK;
	}
	if (strcmp(head, "details") == 0) {
		p->list = p->d->details;
		p->list_count = &p->d->details_count;
		return SB_OK;
	}
	return complain(p, head, "unknown section");
}

static int take_line(struct parse *p, char *line)
{
	char *text = sb_text_trim(line), *equals;

	if (!*text || *text == '#')
		return SB_OK;
	if (*text == '[')
		return open_section(p, text + 1);
	equals = strchr(text, '=');
	if (!equals)
		return complain(p, text, "neither a section nor key = value");
	*equals = 0;
	if (strlen(equals + 1) > VALUE_MAX)
		return complain(p, sb_text_trim(text), "value too long");
	return take_key(p, sb_text_trim(text), sb_text_trim(equals + 1));
}

static int check_element(struct parse *p, const struct sb_element *e)
{
	if (!e->label_ko || !e->label_en)
		return complain(p, e->name, "element without a label");
	if (e->source && e->constant)
		return complain(p, e->name, "both a source and a value");
	if (e->claim_key && e->type == SB_ELEMENT_JSON)
		return complain(p, e->name, "json has no place in a live QR");
	if (e->qr_only && !e->claim_key)
		return complain(p, e->name, "for live QRs only, but without a claim");
	return SB_OK;
}

/* What a document cannot be without. */
static int check_complete(struct parse *p)
{
	const struct sb_document *d = p->d;

	p->line = 0;
	if (!d->label_ko || !d->label_en)
		return complain(p, "label.ko or label.en", "lacks");
	if (!d->doctype || !d->name_space || !d->vct || !d->vct_number || !d->validity_days)
		return complain(p, "doctype, namespace, vct, vct-number or validity-days", "lacks");
	for (size_t i = 0; i < d->element_count; i++)
		if (check_element(p, &d->elements[i]) != SB_OK)
			return SB_E_FORMAT;
	if (d->expiry) {
		const struct sb_element *e = sb_document_element(d, d->expiry);

		if (!e || e->type != SB_ELEMENT_DATE || !e->required)
			return complain(p, d->expiry, "not a required element that is a date");
	}
	for (size_t i = 0; i < d->set_count; i++) {
		const struct sb_disclosure_set *s = &d->sets[i];

		if (!s->label_ko || !s->label_en || !s->element_count)
			return complain(p, s->name, "set without a label or elements");
		for (size_t k = 0; k < s->element_count; k++)
			if (!d->elements[s->elements[k]].claim_key)
				return complain(p, d->elements[s->elements[k]].name, "in a set, but without a claim");
	}
	return SB_OK;
}

int sb_document_parse(struct sb_slice text, struct sb_document **out, struct sb_document_error *why)
{
	struct parse p = {.d = calloc(1, sizeof *p.d), .why = why};
	char *copy = text.len ? strndup((const char *)text.data, text.len) : strdup("");
	int rc = p.d && copy ? SB_OK : SB_E_NOMEM;

	if (rc == SB_OK && (sb_utf8_length(copy, strlen(copy)) < 0 || strlen(copy) != text.len))
		rc = complain(&p, "", "not UTF-8 text");
	for (char *line = copy, *next; rc == SB_OK && line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		p.line++;
		rc = take_line(&p, line);
	}
	if (rc == SB_OK)
		rc = check_complete(&p);
	free(copy);
	if (rc != SB_OK)
		sb_document_free(&p.d);
	*out = p.d;
	return rc;
}

void sb_document_free(struct sb_document **document)
{
	struct sb_document *d = document ? *document : NULL;

	if (!d)
		return;
	for (size_t i = 0; i < d->element_count; i++) {
		free(d->elements[i].name);
		free(d->elements[i].label_ko);
		free(d->elements[i].label_en);
		free(d->elements[i].source);
		free(d->elements[i].constant);
	}
	for (size_t i = 0; i < d->set_count; i++) {
		free(d->sets[i].name);
		free(d->sets[i].label_ko);
		free(d->sets[i].label_en);
		free(d->sets[i].only_if);
	}
	free(d->elements);
	free(d->sets);
	free(d->id);
	free(d->label_ko);
	free(d->label_en);
	free(d->doctype);
	free(d->name_space);
	free(d->vct);
	free(d->expiry);
	free(d);
	*document = NULL;
}

const struct sb_element *sb_document_element(const struct sb_document *d, const char *name)
{
	for (size_t i = 0; i < d->element_count; i++)
		if (d->elements[i].name && strcmp(d->elements[i].name, name) == 0)
			return &d->elements[i];
	return NULL;
}

const char *sb_element_source(const struct sb_element *e)
{
	return e->constant ? NULL : e->source ? e->source : e->name;
}

const struct sb_element *sb_document_claim(const struct sb_document *d, int64_t claim_key)
{
	for (size_t i = 0; i < d->element_count; i++)
		if (claim_key && d->elements[i].claim_key == claim_key)
			return &d->elements[i];
	return NULL;
}

const struct sb_disclosure_set *sb_document_set(const struct sb_document *d, const char *name)
{
	for (size_t i = 0; i < d->set_count; i++)
		if (d->sets[i].name && strcmp(d->sets[i].name, name) == 0)
			return &d->sets[i];
	return NULL;
}
