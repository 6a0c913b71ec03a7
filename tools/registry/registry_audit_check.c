/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "registry/registry_audit.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

/* The whole audit, row by row: whether each follows from the one before, and if not, what was done to it. Rows that do not follow are kept, a
 * few; in a second pass their true predecessors are looked for among all rows, which tells a row that was altered from one that was moved or
 * put in. */

enum { SUSPECTS = 64, SUSPECT_TEXT = 1024, MARKS = 8, TELL_EVERY = 4096 };
static const int64_t nowhere = -1;

struct suspect {
	struct sb_audit_row row; /* its texts in text */
	uint8_t before[32];      /* chain of the row that stands before it */
	struct sb_bytes text;
	int64_t gap;  /* first of the numbers that are missing before it; 0: none is */
	int64_t link; /* number of the row that it follows from; 0: it is the first; nowhere: none does */
};

struct checking {
	struct sb_registry *r;
	struct sb_audit_report *out;
	void (*tell)(void *context, uint64_t rows);
	void *context;
	uint64_t done;
	struct sb_audit_mark last;
	bool begun;
	struct mark {
		struct sb_audit_mark head;
		bool met; /* its last row is there, and is that row */
	} marks[MARKS];
	size_t mark_count;
	struct suspect suspects[SUSPECTS];
	size_t suspect_count;
	int64_t known; /* of the registry's own head, where it is genuine; else INT64_MAX */
};

static void find(struct checking *c, enum sb_audit_kind kind, int64_t row, int64_t to, const char *head)
{
	struct sb_audit_report *out = c->out;

	if (out->count < SB_AUDIT_FINDINGS)
		out->findings[out->count++] = (struct sb_audit_finding){kind, row, to, head};
	else
		out->more++;
}

static void count_done(struct checking *c)
{
	if (c->tell && ++c->done % TELL_EVERY == 0)
		c->tell(c->context, c->done);
}

static void keep_text(struct suspect *s, size_t *at, struct sb_slice *text)
{
	text->data = text->len ? s->text.data + *at : (const uint8_t *)"";
	*at += text->len;
}

/* One with long texts is none of ours, and follows from nothing. */
static int keep(struct checking *c, const struct sb_audit_row *row, int64_t gap)
{
	struct suspect *s = &c->suspects[c->suspect_count < SUSPECTS ? c->suspect_count : 0];
	struct sb_slice *texts[] = {&s->row.officer, &s->row.verb, &s->row.subject, &s->row.outcome};
	size_t at = 0;
	int rc = SB_OK;

	if (c->suspect_count == SUSPECTS) {
		c->out->more++;
		return SB_OK;
	}
	*s = (struct suspect){.row = *row, .gap = gap, .link = nowhere};
	memcpy(s->before, c->last.chain, 32);
	for (size_t i = 0; i < 4; i++)
		at += texts[i]->len;
	if (at > SUSPECT_TEXT) {
		s->row.odd = true;
		at = 0;
	}
	for (size_t i = 0; rc == SB_OK && i < 4; i++) {
		if (s->row.odd)
			texts[i]->len = 0;
		rc = sb_bytes_append(&s->text, texts[i]->data, texts[i]->len);
	}
	at = 0;
	for (size_t i = 0; rc == SB_OK && i < 4; i++)
		keep_text(s, &at, texts[i]);
	c->suspect_count += rc == SB_OK;
	return rc;
}

static int take(void *context, const struct sb_audit_row *row)
{
	struct checking *c = context;
	bool follows = sb_registry_audit_follows(c->r, c->last.chain, row), gap = row->number > c->last.number + 1;
	int rc = SB_OK;

	if (!follows || row->number < 1)
		rc = keep(c, row, gap ? c->last.number + 1 : 0);
	else if (gap)
		find(c, SB_AUDIT_REMOVED, c->last.number + 1, row->number - 1, NULL);
	if (follows && sb_slice_is(row->verb, SB_AUDIT_DAMAGE))
		find(c, SB_AUDIT_RECORDED, row->number, row->number, NULL);
	c->begun |= sb_slice_is(row->verb, SB_AUDIT_BEGIN);
	for (size_t i = 0; i < c->mark_count; i++)
		c->marks[i].met |= row->number == c->marks[i].head.number && memcmp(row->chain, c->marks[i].head.chain, 32) == 0;
	c->last.number = row->number > 0 ? row->number : 0;
	memcpy(c->last.chain, row->chain, 32);
	c->out->rows++;
	count_done(c);
	return rc;
}

static void link_all(struct checking *c, int64_t number, const uint8_t chain[32])
{
	for (struct suspect *s = c->suspects; s < c->suspects + c->suspect_count; s++)
		if (s->link == nowhere && sb_registry_audit_follows(c->r, chain, &s->row))
			s->link = number;
}

static int take_again(void *context, const struct sb_audit_row *row)
{
	struct checking *c = context;

	link_all(c, row->number, row->chain);
	count_done(c);
	return SB_OK;
}

/* --- what was done to a row that does not follow from the one before --- */

static bool is_suspect(const struct checking *c, int64_t from, int64_t to)
{
	for (const struct suspect *s = c->suspects; s < c->suspects + c->suspect_count; s++)
		if (s->row.number >= from && s->row.number <= to)
			return true;
	return false;
}

/* Does a later row follow from the one before this? Then this one was put between them. */
static bool is_between(const struct checking *c, const struct suspect *s)
{
	for (const struct suspect *t = s + 1; t < c->suspects + c->suspect_count; t++)
		if (t->link == s->row.number - 1)
			return true;
	return false;
}

static void judge_linked(struct checking *c, const struct suspect *s)
{
	int64_t number = s->row.number, behind = s->link ? s->link + 1 : INT64_MIN;

	if (s->link > number)
		find(c, SB_AUDIT_MOVED, number, s->link, NULL);
	else if (!is_suspect(c, behind, number - 1)) /* else that is what was done, and this a consequence */
		find(c, SB_AUDIT_INSERTED, number, number, NULL);
}

static void judge(struct checking *c, const struct suspect *s)
{
	int64_t number = s->row.number;

	if (number < 1 || number > c->known)
		find(c, SB_AUDIT_INSERTED, number, number, NULL);
	else if (s->gap)
		find(c, SB_AUDIT_REMOVED, s->gap, number - 1, NULL);
	else if (s->link != nowhere)
		judge_linked(c, s);
	else
		find(c, memcmp(s->before, s->row.chain, 32) == 0 || is_between(c, s) ? SB_AUDIT_INSERTED : SB_AUDIT_ALTERED, number, number, NULL);
}

/* The last row is the one of the head, but with a lower number: that many were taken out, and those behind were moved up. */
static void judge_numbers(struct checking *c, const struct sb_audit_mark *head)
{
	for (size_t i = 0; i < c->out->count; i++) {
		struct sb_audit_finding *f = &c->out->findings[i];

		if (f->kind == SB_AUDIT_ALTERED) {
			f->kind = SB_AUDIT_REMOVED;
			f->to = f->row + head->number - c->last.number - 1;
			return;
		}
	}
	find(c, SB_AUDIT_CUT, c->last.number + 1, head->number, head->name);
}

static bool is_found_to(const struct checking *c, int64_t number)
{
	for (size_t i = 0; i < c->out->count; i++)
		if (c->out->findings[i].row <= number && c->out->findings[i].kind != SB_AUDIT_RECORDED)
			return true;
	return false;
}

static void judge_end(struct checking *c)
{
	const struct sb_audit_mark *furthest = NULL;

	for (const struct mark *m = c->marks; m < c->marks + c->mark_count; m++)
		if (m->head.number > c->last.number && (!furthest || m->head.number > furthest->number))
			furthest = &m->head;
	if (furthest && memcmp(furthest->chain, c->last.chain, 32) == 0)
		judge_numbers(c, furthest);
	else if (furthest)
		find(c, SB_AUDIT_CUT, c->last.number + 1, furthest->number, furthest->name);
	for (const struct mark *m = c->marks; m < c->marks + c->mark_count; m++)
		if (m->head.number <= c->last.number && !m->met && !is_found_to(c, m->head.number))
			find(c, SB_AUDIT_REWRITTEN, m->head.number, m->head.number, m->head.name);
}

/* head: the registry's own, as `found` says. Rows behind the last that it was written for are put in, or, where they are genuine, it is an old one. */
static void judge_head(struct checking *c, const struct sb_audit_mark *head, int found)
{
	if (found == SB_E_CORRUPT)
		find(c, SB_AUDIT_HEAD_ALTERED, 0, 0, NULL);
	else if (found == SB_E_NOT_FOUND && (c->begun || !c->out->rows))
		find(c, SB_AUDIT_HEAD_MISSING, 0, 0, NULL);
	else if (found == SB_OK && c->marks[0].met && head->number < c->last.number && !is_suspect(c, head->number + 1, INT64_MAX))
		find(c, SB_AUDIT_HEAD_OLD, head->number, head->number, NULL);
	c->out->headed = found == SB_OK && c->marks[0].met && head->number == c->last.number;
}

/* By rows; what concerns none stands last. */
static int compare_findings(const void *a, const void *b)
{
	const struct sb_audit_finding *x = a, *y = b;

	if (!x->row != !y->row)
		return x->row ? -1 : 1;
	return x->row != y->row ? (x->row > y->row) - (x->row < y->row) : (int)x->kind - (int)y->kind;
}

static void add_mark(struct checking *c, const struct sb_audit_mark *head)
{
	if (c->mark_count < MARKS)
		c->marks[c->mark_count++].head = *head;
}

static int check(struct checking *c, struct sb_audit_mark *own)
{
	static const uint8_t none[32];
	bool guarded;
	int found = sb_registry_audit_head(c->r, own), rc = found == SB_E_NOT_FOUND || found == SB_E_CORRUPT ? SB_OK : found;

	c->known = found == SB_OK ? own->number : INT64_MAX;
	own->number = found == SB_OK ? own->number : 0;
	own->name = "registry";
	if (found == SB_OK)
		c->marks[0].head = *own;
	else
		c->marks[0].met = true; /* there is nothing to miss */
	if (rc == SB_OK)
		rc = c->r->ops->audit_each(c->r, INT64_MIN, take, c);
	if (rc == SB_OK && c->suspect_count) {
		link_all(c, 0, none);
		rc = c->r->ops->audit_each(c->r, INT64_MIN, take_again, c);
	}
	if (rc == SB_OK)
		rc = c->r->ops->audit_guarded(c->r, &guarded);
	if (rc != SB_OK)
		return rc;
	for (size_t i = 0; i < c->suspect_count; i++)
		judge(c, &c->suspects[i]);
	judge_end(c);
	judge_head(c, own, found);
	if (!guarded)
		find(c, SB_AUDIT_UNGUARDED, 0, 0, NULL);
	qsort(c->out->findings, c->out->count, sizeof *c->out->findings, compare_findings);
	c->out->last = c->last.number;
	return SB_OK;
}

int sb_registry_audit_check(struct sb_registry *r, const struct sb_audit_mark *heads, size_t count,
	void (*tell)(void *context, uint64_t rows), void *context, struct sb_audit_report *out)
{
	struct checking *c = calloc(1, sizeof *c);
	struct sb_audit_mark own = {0};
	int rc;

	*out = (struct sb_audit_report){0};
	if (!c)
		return SB_E_NOMEM;
	*c = (struct checking){.r = r, .out = out, .tell = tell, .context = context, .mark_count = 1};
	for (size_t i = 0; i < count; i++)
		add_mark(c, &heads[i]);
	rc = r->ops->begin_reading(r);
	if (rc == SB_OK)
		rc = check(c, &own);
	r->ops->rollback(r);
	for (size_t i = 0; i < c->suspect_count; i++)
		sb_bytes_free(&c->suspects[i].text);
	free(c);
	return rc;
}
