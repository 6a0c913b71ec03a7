/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "crypto/digest.h"

enum { FIXED = 8 + 8 + 1 + 1 + 1 + 4 + 1 + 1, FAILURE = 8 + 4, PENDING_HEAD = 1 + 4 + 1, MAC = 16 };

static const char *const events[SB_AUDIT_EVENTS] = {
	[SB_AUDIT_INIT] = "token-initialised",
	[SB_AUDIT_UPGRADE] = "token-upgraded",
	[SB_AUDIT_LOGIN] = "login",
	[SB_AUDIT_SIGN] = "signature",
	[SB_AUDIT_DERIVE] = "derivation",
	[SB_AUDIT_PIN_SET] = "pin-set",
	[SB_AUDIT_PIN_CHANGE] = "pin-changed",
	[SB_AUDIT_PIN_UNBLOCK] = "pin-unblocked",
	[SB_AUDIT_PIN_LOCK] = "pin-locked",
	[SB_AUDIT_KEY_CREATE] = "key-created",
	[SB_AUDIT_KEY_DESTROY] = "key-destroyed",
	[SB_AUDIT_POLICY] = "policy",
	[SB_AUDIT_ROTATE] = "rotated",
	[SB_AUDIT_DROPPED] = "failures-dropped",
	[SB_AUDIT_RESEAL] = "token-resealed",
};
static const char *const outcomes[SB_AUDIT_OUTCOMES] = {"ok", "refused", "locked", "damaged"};
static const char *const users[SB_AUDIT_USERS] = {"holder", "so", "nobody"};
static const char *const key_kinds[SB_AUDIT_KEY_KINDS] = {NULL, "key", "object"};

/* --- bytes --- */

/* All but the chain. */
static int encode_head(const struct sb_audit_row *row, struct sb_bytes *out)
{
	uint8_t fixed[FIXED], *p = fixed;
	int rc;

	if (row->key.len > SB_AUDIT_KEY_MAX)
		return SB_E_ARGUMENT;
	sb_put_u64(p, row->seq);
	sb_put_u64(p + 8, row->time);
	p[16] = row->event;
	p[17] = row->outcome;
	p[18] = row->user;
	sb_put_u32(p + 19, row->count);
	p[23] = row->key.kind;
	p[24] = row->key.len;
	rc = sb_bytes_append(out, fixed, sizeof fixed);
	return rc == SB_OK ? sb_bytes_append(out, row->key.bytes, row->key.len) : rc;
}

int sb_audit_row_encode(const struct sb_audit_row *row, struct sb_bytes *out)
{
	int rc = encode_head(row, out);

	return rc == SB_OK ? sb_bytes_append(out, row->chain, SB_AUDIT_CHAIN) : rc;
}

int sb_audit_row_decode(struct sb_slice in, struct sb_audit_row *row)
{
	const uint8_t *p = in.data;

	*row = (struct sb_audit_row){0};
	if (in.len < FIXED + SB_AUDIT_CHAIN || p[24] > SB_AUDIT_KEY_MAX || in.len != (size_t)FIXED + p[24] + SB_AUDIT_CHAIN)
		return SB_E_CORRUPT;
	row->seq = sb_get_u64(p);
	row->time = sb_get_u64(p + 8);
	row->event = p[16];
	row->outcome = p[17];
	row->user = p[18];
	row->count = sb_get_u32(p + 19);
	row->key.kind = p[23];
	row->key.len = p[24];
	memcpy(row->key.bytes, p + FIXED, row->key.len);
	memcpy(row->chain, p + FIXED + row->key.len, SB_AUDIT_CHAIN);
	return SB_OK;
}

int sb_audit_row_chain(struct sb_slice key, const uint8_t before[SB_AUDIT_CHAIN], const struct sb_audit_row *row,
	uint8_t chain[SB_AUDIT_CHAIN])
{
	struct sb_bytes head = {0};
	int rc = encode_head(row, &head);

	if (rc == SB_OK) {
		struct sb_slice pieces[] = {sb_slice("log row", 7), sb_slice(before, SB_AUDIT_CHAIN), sb_bytes_slice(&head)};

		rc = sb_mac_pieces(key, pieces, 3, chain);
	}
	sb_bytes_free(&head);
	return rc;
}

/* --- text --- */

/* A number of a later version has a name too: the log stays readable. */
static int append_name(struct sb_bytes *out, const char *member, const char *const *names, size_t count, unsigned number)
{
	char text[64];

	if (number < count && names[number])
		snprintf(text, sizeof text, ",\"%s\":\"%s\"", member, names[number]);
	else
		snprintf(text, sizeof text, ",\"%s\":\"%u\"", member, number);
	return sb_bytes_append_text(out, text);
}

static int append_hex(struct sb_bytes *out, const char *member, const uint8_t *data, size_t len)
{
	char text[32];
	int rc;

	snprintf(text, sizeof text, ",\"%s\":\"", member);
	rc = sb_bytes_append_text(out, text);
	if (rc == SB_OK)
		rc = sb_hex_encode(data, len, out);
	return rc == SB_OK ? sb_bytes_append_text(out, "\"") : rc;
}

int sb_audit_row_text(const struct sb_audit_row *row, struct sb_bytes *out)
{
	char text[96];
	int rc;

	snprintf(text, sizeof text, "{\"seq\":%" PRIu64 ",\"time\":%" PRIu64, row->seq, row->time);
	rc = sb_bytes_append_text(out, text);
	if (rc == SB_OK)
		rc = append_name(out, "event", events, SB_AUDIT_EVENTS, row->event);
	if (rc == SB_OK)
		rc = append_name(out, "outcome", outcomes, SB_AUDIT_OUTCOMES, row->outcome);
	if (rc == SB_OK)
		rc = append_name(out, "user", users, SB_AUDIT_USERS, row->user);
	if (rc == SB_OK && row->key.len && row->key.kind > 0 && row->key.kind < SB_AUDIT_KEY_KINDS)
		rc = append_hex(out, key_kinds[row->key.kind], row->key.bytes, row->key.len);
	if (rc == SB_OK && row->count) {
		snprintf(text, sizeof text, ",\"count\":%" PRIu32, row->count);
		rc = sb_bytes_append_text(out, text);
	}
	if (rc == SB_OK)
		rc = append_hex(out, "chain", row->chain, SB_AUDIT_CHAIN);
	return rc == SB_OK ? sb_bytes_append_text(out, "}\n") : rc;
}

int sb_audit_lost_text(uint64_t seq, struct sb_bytes *out)
{
	char text[64];

	snprintf(text, sizeof text, "{\"seq\":%" PRIu64 ",\"event\":\"lost\"}\n", seq);
	return sb_bytes_append_text(out, text);
}

/* --- what failed before a login --- */

void sb_audit_pending_add(struct sb_audit_pending *p, const struct sb_audit_failure *failure)
{
	if (p->count == SB_AUDIT_PENDING_MAX) {
		memmove(p->items, p->items + 1, sizeof p->items - sizeof *p->items);
		p->count--;
		p->dropped += p->dropped < UINT32_MAX;
	}
	p->items[p->count++] = *failure;
}

static int pending_mac(struct sb_slice row, struct sb_slice key, uint8_t mac[32])
{
	struct sb_slice pieces[] = {sb_slice("log pending", 11), row};

	return sb_mac_pieces(key, pieces, 2, mac);
}

int sb_audit_pending_encode(const struct sb_audit_pending *p, struct sb_slice key, struct sb_bytes *out)
{
	uint8_t head[PENDING_HEAD] = {p->damaged, [PENDING_HEAD - 1] = p->count}, mac[32];
	int rc;

	sb_put_u32(head + 1, p->dropped);
	rc = sb_bytes_set(out, head, sizeof head);
	for (size_t i = 0; rc == SB_OK && i < p->count; i++) {
		uint8_t one[FAILURE];

		sb_put_u64(one, p->items[i].time);
		one[8] = p->items[i].event;
		one[9] = p->items[i].outcome;
		one[10] = p->items[i].user;
		one[11] = p->items[i].last;
		rc = sb_bytes_append(out, one, sizeof one);
	}
	if (rc == SB_OK)
		rc = pending_mac(sb_bytes_slice(out), key, mac);
	return rc == SB_OK ? sb_bytes_append(out, mac, MAC) : rc;
}

static bool sound(struct sb_slice in, struct sb_slice key)
{
	uint8_t mac[32];
	size_t count;

	if (in.len < PENDING_HEAD + MAC)
		return false;
	count = in.data[PENDING_HEAD - 1];
	return count <= SB_AUDIT_PENDING_MAX && in.len == PENDING_HEAD + count * FAILURE + MAC &&
	       pending_mac(sb_slice(in.data, in.len - MAC), key, mac) == SB_OK && sb_equal_ct(mac, in.data + in.len - MAC, MAC);
}

void sb_audit_pending_decode(struct sb_slice in, struct sb_slice key, struct sb_audit_pending *p)
{
	const uint8_t *one;

	*p = (struct sb_audit_pending){0};
	if (!in.data)
		return;
	p->damaged = !sound(in, key);
	if (p->damaged)
		return;
	p->damaged = in.data[0];
	p->dropped = sb_get_u32(in.data + 1);
	p->count = in.data[PENDING_HEAD - 1];
	one = in.data + PENDING_HEAD;
	for (size_t i = 0; i < p->count; i++, one += FAILURE)
		p->items[i] = (struct sb_audit_failure){sb_get_u64(one), one[8], one[9], one[10], one[11]};
}
