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

/* Rows are added to the audit here, each behind the last and under a new head. */

#define SETTING_HEAD "audit-head"
enum { HEAD_NUMBER = 0, HEAD_CHAIN = 8, HEAD_MAC = 40, HEAD_SIZE = 72 };

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

static int head_mac(struct sb_registry *r, const uint8_t head[HEAD_SIZE], uint8_t mac[32])
{
	return sb_mac(registry_child(r, CHILD_HEAD), head, HEAD_MAC, mac);
}

int sb_registry_audit_head(struct sb_registry *r, struct sb_audit_mark *head)
{
	struct sb_bytes value = {0};
	uint8_t mac[32];
	int rc = r->ops->get(r, SETTING_HEAD, &value);

	if (rc == SB_OK)
		rc = value.len == HEAD_SIZE ? head_mac(r, value.data, mac) : SB_E_CORRUPT;
	if (rc == SB_OK && !sb_slice_equal(sb_slice(mac, 32), sb_slice(value.data + HEAD_MAC, 32)))
		rc = SB_E_CORRUPT;
	if (rc == SB_OK) {
		head->number = (int64_t)sb_get_u64(value.data + HEAD_NUMBER);
		memcpy(head->chain, value.data + HEAD_CHAIN, 32);
	}
	sb_bytes_free(&value);
	return rc;
}

static int put_head(struct sb_registry *r, const struct sb_audit_mark *last)
{
	uint8_t head[HEAD_SIZE];
	int rc;

	sb_put_u64(head + HEAD_NUMBER, (uint64_t)last->number);
	memcpy(head + HEAD_CHAIN, last->chain, 32);
	rc = head_mac(r, head, head + HEAD_MAC);
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
	o->begun |= sb_slice_equal(row->verb, sb_slice(SB_AUDIT_BEGIN, strlen(SB_AUDIT_BEGIN)));
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

static const char *compare(const struct sb_audit_mark *last, const struct sb_audit_mark *head)
{
	if (last->number != head->number)
		return last->number < head->number ? "rows cut off" : "rows added";
	return memcmp(last->chain, head->chain, 32) == 0 ? NULL : "last row altered";
}

/* Which rows are concerned, and that it was so. known: how many there were by the head, or 0. Numbers are not used again: those of rows that were cut off stay free. */
static int record_damage(struct sb_registry *r, struct sb_audit_mark *last, int64_t known, const char *wrong)
{
	char rows[64];
	int64_t low = known < last->number ? known : last->number, high = known < last->number ? last->number : known;

	r->audit_damaged = true;
	if (known && low < high)
		snprintf(rows, sizeof rows, "rows %" PRId64 " to %" PRId64, low + 1, high);
	else
		snprintf(rows, sizeof rows, "row %" PRId64, last->number);
	last->number = high;
	return append(r, last, "", SB_AUDIT_DAMAGE, rows, wrong);
}

/* The last row, for the next one to follow: the audit's first one, or one that tells of damage, is added where there is reason to. */
static int find_last(struct sb_registry *r, struct sb_audit_mark *last)
{
	struct sb_audit_mark head = {0};
	const char *wrong = NULL;
	int rc = r->ops->audit_last(r, &last->number, last->chain), found;

	if (rc != SB_OK)
		return rc;
	found = sb_registry_audit_head(r, &head);
	if (found == SB_E_NOT_FOUND) {
		rc = look_back(r, last->number, &wrong);
		if (rc == SB_OK && !wrong)
			return append(r, last, "", SB_AUDIT_BEGIN, "", last->number ? "adopted" : "ok");
	} else if (found == SB_E_CORRUPT)
		wrong = "head altered";
	else
		rc = found;
	if (found == SB_OK)
		wrong = compare(last, &head);
	return rc == SB_OK && wrong ? record_damage(r, last, head.number, wrong) : rc;
}

int sb_registry_audit(struct sb_registry *r, const char *officer, const char *verb, const char *subject, const char *outcome)
{
	struct sb_audit_mark last = {0};
	int rc = find_last(r, &last);

	if (rc == SB_OK)
		rc = append(r, &last, officer, verb, subject, outcome);
	return rc == SB_OK ? put_head(r, &last) : rc;
}

int sb_registry_audit_mend(struct sb_registry *r)
{
	struct sb_audit_mark last = {0};
	int rc = find_last(r, &last);

	return rc == SB_OK ? put_head(r, &last) : rc;
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
