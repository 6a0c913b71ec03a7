/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "registry/registry_audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "base/error.h"
#include "crypto/digest.h"
#include "registry/registry_keys.h"
#include "registry/registry_life.h"

/* Rows are added to the audit here, each behind the last and under a new head. */

#define SETTING_HEAD "audit-head"
enum { HEAD_NUMBER = 0, HEAD_CHAIN = 8, HEAD_STATUS = 40, HEAD_MAC = 72, HEAD_SIZE = 104 };
enum { OLD_HEAD_MAC = 40, OLD_HEAD_SIZE = 72 }; /* without the status list: before a registry is adopted */
/* Rows that somebody puts in with numbers far beyond the last are passed over: behind them there would be no room. */
static const int64_t reach = INT64_C(1) << 32;

static int chain_of(struct sb_registry *r, const uint8_t before[32], const struct sb_audit_row *row, uint8_t chain[32])
{
	uint8_t time[8];
	const struct sb_slice pieces[] = {sb_slice(before, 32), sb_slice(time, sizeof time), row->officer, row->verb, row->subject, row->outcome};

	sb_put_u64(time, (uint64_t)row->time);
	return sb_mac_pieces(registry_child(r, CHILD_AUDIT), pieces, sizeof pieces / sizeof *pieces, chain);
}

bool sb_registry_audit_follows(struct sb_registry *r, const uint8_t before[32], const struct sb_audit_row *row)
{
	uint8_t chain[32];

	return !row->odd && chain_of(r, before, row, chain) == SB_OK && sb_slice_equal(sb_slice(chain, 32), sb_slice(row->chain, 32));
}

static int check_head(struct sb_registry *r, struct sb_slice head)
{
	bool old = head.len == OLD_HEAD_SIZE && !r->anchor.number;
	size_t at = old ? OLD_HEAD_MAC : HEAD_MAC;
	uint8_t mac[32];
	int rc;

	if (head.len != (old ? OLD_HEAD_SIZE : HEAD_SIZE))
		return SB_E_CORRUPT;
	rc = sb_mac(registry_child(r, CHILD_HEAD), head.data, at, mac);
	return rc == SB_OK && !sb_slice_equal(sb_slice(mac, 32), sb_slice(head.data + at, 32)) ? SB_E_CORRUPT : rc;
}

int sb_registry_audit_head(struct sb_registry *r, struct sb_audit_mark *head)
{
	struct sb_bytes value = {0};
	int rc = r->ops->get(r, SETTING_HEAD, &value);

	if (rc == SB_OK)
		rc = check_head(r, sb_bytes_slice(&value));
	if (rc == SB_E_CORRUPT)
		r->damaged[0] = 0; /* the audit tells of it */
	if (rc == SB_OK) {
		head->number = (int64_t)sb_get_u64(value.data + HEAD_NUMBER);
		memcpy(head->chain, value.data + HEAD_CHAIN, 32);
		if (value.len == HEAD_SIZE)
			memcpy(head->status, value.data + HEAD_STATUS, 32);
		else
			rc = sb_registry_status_hash(r, head->status);
	}
	sb_bytes_free(&value);
	return rc;
}

int sb_registry_audit_put_head(struct sb_registry *r, const struct sb_audit_mark *last)
{
	uint8_t head[HEAD_SIZE];
	int rc;

	sb_put_u64(head + HEAD_NUMBER, (uint64_t)last->number);
	memcpy(head + HEAD_CHAIN, last->chain, 32);
	memcpy(head + HEAD_STATUS, last->status, 32);
	rc = sb_mac(registry_child(r, CHILD_HEAD), head, HEAD_MAC, head + HEAD_MAC);
	return rc == SB_OK ? r->ops->put(r, SETTING_HEAD, sb_slice(head, sizeof head)) : rc;
}

/* Behind *last, which it becomes. */
static int append(struct sb_registry *r, struct sb_audit_mark *last, const char *officer, const char *verb, const char *subject, const char *outcome)
{
	struct sb_audit_row row = {.time = time(NULL), .officer = sb_slice(officer, strlen(officer)), .verb = sb_slice(verb, strlen(verb)),
		.subject = sb_slice(subject, strlen(subject)), .outcome = sb_slice(outcome, strlen(outcome))};
	int rc = last->number < INT64_MAX ? chain_of(r, last->chain, &row, row.chain) : SB_E_CORRUPT;

	if (rc != SB_OK)
		return rc;
	row.number = last->number + 1;
	r->anchor.moved = true;
	rc = r->ops->audit_add(r, &row);
	last->number = row.number;
	memcpy(last->chain, row.chain, 32);
	return rc;
}

/* --- how the last row left it --- */

struct old_rows {
	struct sb_registry *r;
	uint8_t before[32];
	bool whole, begun;
};

static int take_old(void *context, const struct sb_audit_row *row)
{
	struct old_rows *o = context;

	o->whole &= sb_registry_audit_follows(o->r, o->before, row);
	o->begun |= sb_slice_is(row->verb, SB_AUDIT_BEGIN);
	memcpy(o->before, row->chain, 32);
	return SB_OK;
}

/* There is no head: the registry is from before there were any, unless a row tells that it had one; or it is being made, unless it is finished
 * already. *wrong: what is wrong. */
static int look_back(struct sb_registry *r, int64_t last, const char **wrong)
{
	struct old_rows o = {.r = r, .whole = true};
	struct sb_bytes url = {0};
	int rc = last ? r->ops->audit_each(r, INT64_MIN, take_old, &o) : r->ops->get(r, SB_SETTING_URL, &url);

	sb_bytes_free(&url);
	*wrong = o.begun || (!last && rc == SB_OK) ? "head missing" : o.whole ? NULL : "chain broken";
	return !last && rc == SB_E_NOT_FOUND ? SB_OK : rc;
}

/* --- how the token knows it --- */

enum { ENOUGH = SB_E_REMOVED };
#define OLDER "older copy"

/* The row at the anchor, or the first behind it: that one has told that it is gone, then. */
static int see_anchor(void *context, const struct sb_audit_row *row)
{
	struct sb_registry *r = context;
	struct sb_audit_mark before;

	if (row->number == r->anchor.number)
		r->anchor.checked = memcmp(row->chain, r->anchor.chain, 32) == 0;
	else
		r->anchor.checked = sb_slice_is(row->verb, SB_AUDIT_DAMAGE) &&
				    r->ops->audit_last(r, row->number, &before.number, before.chain) == SB_OK &&
				    sb_registry_audit_follows(r, before.chain, row);
	return ENOUGH;
}

static bool is_at_anchor(struct sb_registry *r)
{
	if (r->anchor.number && !r->anchor.checked)
		r->ops->audit_each(r, r->anchor.number, see_anchor, r);
	else
		r->anchor.checked = true;
	return r->anchor.checked;
}

/* *known: how many rows there were at least. */
static const char *compare(struct sb_registry *r, const struct sb_audit_mark *last, const struct sb_audit_mark *head, int64_t *known)
{
	if (last->number != head->number)
		return last->number < head->number ? "rows cut off" : "rows added";
	if (memcmp(last->chain, head->chain, 32) != 0)
		return "last row altered";
	if (r->anchor.number > head->number) {
		*known = r->anchor.number;
		return OLDER;
	}
	/* An older copy may have got so many rows that it is longer again. */
	return is_at_anchor(r) ? NULL : OLDER;
}

/* Which rows are concerned, and that it was so. known: how many there were, or 0. Numbers are not used again: those of rows that were cut off stay
 * free. */
static int record_damage(struct sb_registry *r, struct sb_audit_mark *last, int64_t known, const char *wrong)
{
	char rows[64];
	int64_t low = known < last->number ? known : last->number, high = known < last->number ? last->number : known;

	r->audit_damaged = r->anchor.checked = true;
	if (known && low < high)
		snprintf(rows, sizeof rows, "rows %" PRId64 " to %" PRId64, low + 1, high);
	else
		snprintf(rows, sizeof rows, "row %" PRId64, last->number);
	last->number = high;
	return append(r, last, "", SB_AUDIT_DAMAGE, rows, wrong);
}

/* Whether the status list has what was written is not known from now on, but where the registry is being adopted: that takes it as it is. */
static int lose_status(struct sb_registry *r, struct sb_audit_mark *last)
{
	if (!r->anchor.number)
		return sb_registry_status_hash(r, last->status);
	memset(last->status, 0xff, sizeof last->status);
	return SB_OK;
}

/* There is no head that can be believed. */
static int find_headless(struct sb_registry *r, struct sb_audit_mark *last, bool altered)
{
	const char *wrong = altered ? "head altered" : r->anchor.number ? "head missing" : NULL;
	int rc = wrong ? SB_OK : look_back(r, last->number, &wrong);

	if (rc == SB_OK && !wrong)
		rc = sb_registry_status_hash(r, last->status);
	else if (rc == SB_OK)
		rc = lose_status(r, last);
	if (rc == SB_OK && wrong)
		return record_damage(r, last, r->anchor.number, wrong);
	return rc == SB_OK ? append(r, last, "", SB_AUDIT_BEGIN, "", last->number ? "adopted" : "ok") : rc;
}

/* The last row, for the next one to follow: the audit's first one, or one that tells of damage, is added where there is reason to. */
static int find_last(struct sb_registry *r, struct sb_audit_mark *last)
{
	struct sb_audit_mark head = {0};
	int found = sb_registry_audit_head(r, &head);
	int64_t known = found == SB_OK && head.number > r->anchor.number ? head.number : r->anchor.number;
	int rc = r->ops->audit_last(r, known + reach, &last->number, last->chain);
	const char *wrong;

	if (rc != SB_OK)
		return rc;
	if (found == SB_E_NOT_FOUND || found == SB_E_CORRUPT)
		return find_headless(r, last, found == SB_E_CORRUPT);
	if (found != SB_OK)
		return found;
	memcpy(last->status, head.status, sizeof last->status);
	known = head.number;
	wrong = compare(r, last, &head, &known);
	/* A head that is not older than what the token knows is believed, whatever became of the rows. */
	if (wrong && (head.number < r->anchor.number || strcmp(wrong, OLDER) == 0))
		rc = lose_status(r, last);
	return rc == SB_OK && wrong ? record_damage(r, last, known, wrong) : rc;
}

int sb_registry_audit(struct sb_registry *r, const char *officer, const char *verb, const char *subject, const char *outcome)
{
	struct sb_audit_mark last = {0};
	int rc = find_last(r, &last);

	if (rc == SB_OK)
		rc = append(r, &last, officer, verb, subject, outcome);
	return rc == SB_OK ? sb_registry_audit_put_head(r, &last) : rc;
}

int sb_registry_audit_mend(struct sb_registry *r)
{
	struct sb_audit_mark last = {0};
	int rc = find_last(r, &last);

	return rc == SB_OK ? sb_registry_audit_put_head(r, &last) : rc;
}

int sb_registry_audit_alone(struct sb_registry *r, const char *officer, const char *verb, const char *subject, const char *outcome)
{
	int rc = r->ops->begin(r);

	if (rc == SB_OK)
		rc = sb_registry_audit(r, officer, verb, subject, outcome);
	if (rc == SB_OK)
		rc = r->ops->commit(r);
	r->ops->rollback(r);
	return rc;
}
