/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "registry/registry_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "registry/registry_apply.h"
#include "registry/registry_audit.h"
#include "registry/registry_life.h"

/* Whether a registry is what was written, as a whole: its rows, its cards against the audit, the audit against the issuer's token. */

/* --- the anchor --- */

enum { ANCHOR_NUMBER = 0, ANCHOR_CHAIN = 8, ANCHOR_SIZE = 40 };

int sb_registry_adopt(struct sb_registry *r)
{
	int rc = r->ops->begin(r);

	if (rc == SB_OK)
		rc = r->rows->adopt(r);
	if (rc == SB_OK)
		rc = sb_registry_status_sum_anew(r);
	if (rc == SB_OK)
		rc = r->ops->commit(r);
	r->ops->rollback(r);
	r->anchor.moved = rc == SB_OK;
	return rc;
}

int sb_registry_anchor(struct sb_registry *r, struct sb_slice anchor)
{
	if (anchor.len != ANCHOR_SIZE)
		return SB_E_CORRUPT;
	r->anchor = (struct sb_registry_anchor){.number = (int64_t)sb_get_u64(anchor.data + ANCHOR_NUMBER)};
	memcpy(r->anchor.chain, anchor.data + ANCHOR_CHAIN, sizeof r->anchor.chain);
	return r->anchor.number > 0 ? SB_OK : SB_E_CORRUPT;
}

int sb_registry_anchor_due(struct sb_registry *r, struct sb_slice known, struct sb_bytes *anchor)
{
	int64_t number = known.len == ANCHOR_SIZE ? (int64_t)sb_get_u64(known.data + ANCHOR_NUMBER) : 0;
	struct sb_audit_mark head;
	int rc = sb_registry_audit_head(r, &head);
	uint8_t *to;

	if (rc == SB_E_CORRUPT || (rc == SB_OK && (head.number <= number || head.number <= r->anchor.number)))
		rc = SB_E_NOT_FOUND;
	if (rc != SB_OK)
		return rc;
	to = sb_bytes_extend(anchor, ANCHOR_SIZE);
	if (!to)
		return SB_E_NOMEM;
	sb_put_u64(to + ANCHOR_NUMBER, (uint64_t)head.number);
	memcpy(to + ANCHOR_CHAIN, head.chain, sizeof head.chain);
	return SB_OK;
}

/* --- cards as the audit knows them --- */

/* A card of which there is no row any more: the registrar knows it. */
#define CARD_LOST "card lost"

/* What a row says of a card, in the order in which they were written. */
struct told {
	char card[SB_CARD_NUMBER];
	int64_t row;
	enum sb_credential_state state;
	bool met; /* there is a row of the card */
};

struct telling {
	struct sb_registry *r;
	struct sb_bytes list; /* struct told */
	uint8_t before[32];
};

static const struct {
	const char *verb;
	enum sb_credential_state state;
	bool settled; /* that its row is gone is known */
} verbs[] = {{"issue", SB_CREDENTIAL_VALID, false}, {"suspend", SB_CREDENTIAL_SUSPENDED, false}, {"resume", SB_CREDENTIAL_VALID, false},
	{"revoke", SB_CREDENTIAL_REVOKED, false}, {CARD_LOST, SB_CREDENTIAL_REVOKED, true}};

static int hear(void *context, const struct sb_audit_row *row)
{
	struct telling *t = context;
	bool sound = sb_registry_audit_follows(t->r, t->before, row);
	int rc = SB_OK;

	memcpy(t->before, row->chain, sizeof t->before);
	/* Where the row before was taken out, one that ends or suspends a card is believed all the same: who is wrong with that harms less. */
	for (size_t i = 0; rc == SB_OK && i < sizeof verbs / sizeof *verbs; i++)
		if ((sound || verbs[i].state != SB_CREDENTIAL_VALID) && sb_slice_is(row->verb, verbs[i].verb) && !sb_slice_is(row->outcome, "again") &&
			row->subject.len < SB_CARD_NUMBER) {
			struct told told = {.row = row->number, .state = verbs[i].state, .met = verbs[i].settled};

			memcpy(told.card, row->subject.data, row->subject.len);
			rc = sb_bytes_append(&t->list, &told, sizeof told);
		}
	return rc;
}

static int by_card(const void *a, const void *b)
{
	const struct told *x = a, *y = b;
	int order = strcmp(x->card, y->card);

	return order ? order : (x->row > y->row) - (x->row < y->row);
}

/* A revoked card stays so, whatever is said of it afterwards. */
static int hear_all(struct telling *t)
{
	int rc = t->r->ops->audit_each(t->r, INT64_MIN, hear, t);
	struct told *list = (void *)t->list.data;
	size_t count = t->list.len / sizeof *list;

	if (rc == SB_OK && count)
		qsort(list, count, sizeof *list, by_card);
	for (size_t i = 1; rc == SB_OK && i < count; i++)
		if (strcmp(list[i].card, list[i - 1].card) == 0) {
			list[i].met |= list[i - 1].met;
			if (list[i - 1].state == SB_CREDENTIAL_REVOKED)
				list[i].state = SB_CREDENTIAL_REVOKED;
		}
	return rc;
}

/* The last that is said of it; NULL: nothing is. */
static struct told *last_told(const struct telling *t, const char *card)
{
	struct told *list = (void *)t->list.data;
	size_t low = 0, high = t->list.len / sizeof *list;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(list[middle].card, card) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low && strcmp(list[low - 1].card, card) == 0 ? &list[low - 1] : NULL;
}

/* --- looking --- */

struct looking {
	struct sb_registry *r;
	struct telling told;
	uint64_t rows;
	sb_row_finding_fn *fn;
	void *context;
};

static int look_at_resident(void *context, int64_t id)
{
	struct sb_row_finding finding = {.kind = SB_ROW_RESIDENT, .table = "resident"};
	struct sb_registry_resident resident;
	struct looking *l = context;
	char name[24];
	int rc = sb_registry_find_id(l->r, id, &resident);

	sb_registry_resident_free(&resident);
	l->rows++;
	if (rc != SB_E_CORRUPT && rc != SB_E_NOT_FOUND)
		return rc;
	snprintf(name, sizeof name, "%lld", (long long)id);
	finding.name = name;
	return l->fn(l->context, &finding);
}

static int look_at_card(void *context, const struct sb_registry_row *row)
{
	struct looking *l = context;
	struct told *told = strcmp(row->table, "credential") == 0 ? last_told(&l->told, row->name) : NULL;
	struct sb_row_finding finding = {.kind = SB_ROW_STATE, .table = row->table, .name = row->name};
	struct sb_registry_credential c;

	if (!told)
		return SB_OK;
	told->met = true;
	if (!row->vouched)
		return SB_OK;
	if (l->r->ops->credential_get(l->r, row->name, &c) != SB_OK) {
		finding.kind = SB_ROW_ALTERED; /* an index leads elsewhere */
		return l->fn(l->context, &finding);
	}
	if (c.state == told->state)
		return SB_OK;
	finding.is = c.state;
	finding.was = told->state;
	return l->fn(l->context, &finding);
}

static int look_at_row(void *context, const struct sb_registry_row *row)
{
	struct sb_row_finding finding = {.kind = SB_ROW_ALTERED, .table = row->table, .name = row->name};
	struct looking *l = context;
	int rc = look_at_card(l, row);

	l->rows++;
	return rc == SB_OK && !row->vouched ? l->fn(l->context, &finding) : rc;
}

/* Cards that the audit knows, and of which there is no row. */
static int look_for_missing(struct looking *l)
{
	const struct told *list = (const void *)l->told.list.data, *end = list + l->told.list.len / sizeof *list;
	int rc = SB_OK;

	for (const struct told *t = list; rc == SB_OK && t < end; t++) {
		struct sb_row_finding finding = {.kind = SB_ROW_MISSING, .table = "credential", .name = t->card, .was = t->state};

		if (!t->met && (t + 1 == end || strcmp(t[1].card, t->card) != 0))
			rc = l->fn(l->context, &finding);
	}
	return rc;
}

static int look_at_sum(struct looking *l)
{
	struct sb_row_finding finding = {.kind = SB_ROW_SUM, .table = "credential"};
	int rc = sb_registry_status_each(l->r, NULL, NULL);

	return rc == SB_E_CORRUPT ? l->fn(l->context, &finding) : rc;
}

static int look(struct looking *l)
{
	static const struct sb_row_finding file = {.kind = SB_ROW_FILE, .table = "registry.db"};
	struct sb_registry *r = l->r;
	int rc = r->rows->sound(r);

	if (rc == SB_E_CORRUPT)
		rc = l->fn(l->context, &file);
	if (rc == SB_OK)
		rc = r->apply->resident_each(r, look_at_resident, l);
	if (rc == SB_OK)
		rc = hear_all(&l->told);
	if (rc == SB_OK)
		rc = r->rows->each(r, look_at_row, l);
	if (rc == SB_OK)
		rc = look_for_missing(l);
	return rc == SB_OK ? look_at_sum(l) : rc;
}

int sb_registry_rows_check(struct sb_registry *r, uint64_t *rows, sb_row_finding_fn *fn, void *context)
{
	struct looking l = {.r = r, .told.r = r, .fn = fn, .context = context};
	int rc = r->ops->begin_reading(r);

	if (rc == SB_OK)
		rc = look(&l);
	r->ops->rollback(r);
	r->damaged[0] = 0;
	sb_bytes_free(&l.told.list);
	*rows = l.rows;
	return rc;
}

/* --- making it one that can be worked with --- */

struct mending {
	struct sb_registry *r;
	const char *officer;
	uint64_t count;
};

/* A card that the audit knows as ended does not come back. The other way round it stays as it is, which harms nobody, and the audit hears of it. */
static int mend_card(void *context, const struct sb_row_finding *finding)
{
	struct mending *m = context;

	if (finding->kind == SB_ROW_MISSING)
		return sb_registry_audit(m->r, m->officer, CARD_LOST, finding->name, "damaged");
	if (finding->kind != SB_ROW_STATE)
		return SB_OK;
	if (finding->is == SB_CREDENTIAL_REVOKED || (finding->is == SB_CREDENTIAL_SUSPENDED && finding->was == SB_CREDENTIAL_VALID))
		return sb_registry_audit(m->r, m->officer, finding->is == SB_CREDENTIAL_REVOKED ? "revoke" : "suspend", finding->name, "damaged");
	m->count++;
	return sb_registry_set_state(m->r, finding->name, finding->was, "damaged");
}

int sb_registry_rows_accept(struct sb_registry *r, const char *officer, uint64_t *count)
{
	struct mending m = {.r = r, .officer = officer};
	struct looking l = {.r = r, .told.r = r, .fn = mend_card, .context = &m};
	int rc = r->rows->drop(r, NULL, count);

	if (rc == SB_OK)
		rc = hear_all(&l.told);
	if (rc == SB_OK)
		rc = r->rows->each(r, look_at_card, &l);
	if (rc == SB_OK)
		rc = look_for_missing(&l);
	if (rc == SB_OK)
		rc = sb_registry_status_sum_anew(r);
	if (rc == SB_OK)
		rc = sb_registry_status_changed(r);
	sb_bytes_free(&l.told.list);
	*count += m.count;
	return rc;
}
