/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "token_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "base/error.h"
#include "crypto/aead.h"

/* The audit log in the store. Each row is sealed under K_tok and bound to its number; each carries the chain up to itself; the head says
 * which rows there are and the last one's chain, and the digest covers the head. So a row altered, taken out, doubled, swapped or cut off at
 * the end shows, and an old head put back does too. */

enum { FORMAT_WITH_LOG = 2, HEAD_ROW = 8 + 8 + 8 + SB_AUDIT_CHAIN, NAME = sizeof META_LOG_ROWS + 16 };

_Static_assert((int)SB_USER_HOLDER == (int)SB_AUDIT_HOLDER && (int)SB_USER_SO == (int)SB_AUDIT_SO &&
		       (int)SB_USER_NONE == (int)SB_AUDIT_NOBODY, "users have one number in both");

struct head {
	uint64_t first, next; /* rows first … next-1 are there */
	uint64_t broken;      /* from this row on it was found not to hold once; 0: never */
	uint8_t chain[SB_AUDIT_CHAIN];
};

static void row_name(uint64_t seq, char name[NAME])
{
	snprintf(name, NAME, META_LOG_ROWS "%016" PRIx64, seq);
}

/* --- sealed rows --- */

static int seal_value(struct sb_token *token, const struct token_keys *keys, const char *name, struct sb_slice plain)
{
	struct sb_bytes ad = {0}, box = {0};
	int rc = sb_bytes_append(&ad, token->header.serial, SB_TOKEN_SERIAL);

	if (rc == SB_OK)
		rc = sb_bytes_append_text(&ad, name);
	if (rc == SB_OK)
		rc = sb_aead_seal(keys->log, sb_bytes_slice(&ad), plain, &box);
	if (rc == SB_OK)
		rc = token->store->ops->put(token->store, name, sb_bytes_slice(&box));
	sb_bytes_free(&ad);
	sb_bytes_free(&box);
	return rc;
}

/* SB_E_NOT_FOUND, SB_E_CORRUPT. */
static int open_value(struct sb_token *token, const struct token_keys *keys, const char *name, struct sb_bytes *plain)
{
	struct sb_bytes ad = {0}, box = {0};
	int rc = token->store->ops->get(token->store, name, &box);

	if (rc == SB_OK)
		rc = sb_bytes_append(&ad, token->header.serial, SB_TOKEN_SERIAL);
	if (rc == SB_OK)
		rc = sb_bytes_append_text(&ad, name);
	if (rc == SB_OK)
		rc = sb_aead_open(keys->log, sb_bytes_slice(&ad), sb_bytes_slice(&box), plain);
	sb_bytes_free(&ad);
	sb_bytes_free(&box);
	return rc;
}

static int put_row(struct sb_token *token, const struct token_keys *keys, const struct sb_audit_row *row)
{
	struct sb_bytes plain = {0};
	char name[NAME];
	int rc = sb_audit_row_encode(row, &plain);

	row_name(row->seq, name);
	if (rc == SB_OK)
		rc = seal_value(token, keys, name, sb_bytes_slice(&plain));
	sb_bytes_free(&plain);
	return rc;
}

/* SB_E_CORRUPT when it is missing too. */
static int get_row(struct sb_token *token, const struct token_keys *keys, uint64_t seq, struct sb_audit_row *row)
{
	struct sb_bytes plain = {0};
	char name[NAME];
	int rc;

	row_name(seq, name);
	rc = open_value(token, keys, name, &plain);
	if (rc == SB_OK)
		rc = sb_audit_row_decode(sb_bytes_slice(&plain), row);
	if (rc == SB_E_NOT_FOUND || (rc == SB_OK && row->seq != seq))
		rc = SB_E_CORRUPT;
	sb_bytes_free(&plain);
	return rc;
}

/* --- head --- */

static int put_head(struct sb_token *token, const struct token_keys *keys, const struct head *head)
{
	uint8_t row[HEAD_ROW];

	sb_put_u64(row, head->first);
	sb_put_u64(row + 8, head->next);
	sb_put_u64(row + 16, head->broken);
	memcpy(row + 24, head->chain, SB_AUDIT_CHAIN);
	return seal_value(token, keys, META_LOG, sb_slice(row, sizeof row));
}

static int open_head(struct sb_token *token, const struct token_keys *keys, struct head *head)
{
	struct sb_bytes plain = {0};
	int rc = open_value(token, keys, META_LOG, &plain);

	*head = (struct head){.first = 1, .next = 1};
	if (rc == SB_OK && plain.len != HEAD_ROW)
		rc = SB_E_CORRUPT;
	if (rc == SB_OK) {
		head->first = sb_get_u64(plain.data);
		head->next = sb_get_u64(plain.data + 8);
		head->broken = sb_get_u64(plain.data + 16);
		memcpy(head->chain, plain.data + 24, SB_AUDIT_CHAIN);
	}
	sb_bytes_free(&plain);
	return rc;
}

/* The number in a row's name. */
static bool read_name(const struct sb_bytes *name, uint64_t *seq)
{
	struct sb_bytes number = {0};
	bool good = name->len == NAME - 1 && sb_hex_decode((const char *)name->data + sizeof META_LOG_ROWS - 1, 16, &number) == SB_OK;

	*seq = good ? sb_get_u64(number.data) : 0;
	sb_bytes_free(&number);
	return good && *seq > 0;
}

/* Which rows stand there, for want of a head that can be believed. False where a stranger's names make no sense. */
static bool find_rows(struct sb_token *token, uint64_t *first, uint64_t *last)
{
	struct sb_bytes a = {0}, b = {0};
	bool found = token->store->ops->ends(token->store, META_LOG_ROWS, &a, &b) == SB_OK && read_name(&a, first) && read_name(&b, last) &&
		     *last - *first < SB_AUDIT_ROWS_MAX && *last < INT64_MAX;

	sb_bytes_free(&a);
	sb_bytes_free(&b);
	return found;
}

/* Goes on behind what is there. From here on the log is broken for good, or a loss would heal by the next row. */
static void recover_head(struct sb_token *token, const struct token_keys *keys, struct head *head)
{
	struct sb_audit_row row;
	uint64_t first, last;

	if (find_rows(token, &first, &last)) {
		head->first = first;
		head->next = last + 1 > head->next ? last + 1 : head->next;
		if (get_row(token, keys, last, &row) == SB_OK)
			memcpy(head->chain, row.chain, SB_AUDIT_CHAIN);
	}
	/* More than ever stand there at once: rows are missing anyway. */
	if (head->next - head->first > SB_AUDIT_ROWS_MAX)
		head->first = head->next - SB_AUDIT_ROWS_MAX;
	if (!head->broken || head->broken > head->next)
		head->broken = head->next;
}

/* digest NULL: it cannot be read, and vouches for nothing. */
static int read_head(struct sb_token *token, const struct token_keys *keys, const struct token_digest *digest, struct head *head)
{
	static const uint8_t none[TOKEN_META_HASH];
	int rc = open_head(token, keys, head);
	bool recover = rc == SB_E_NOT_FOUND || rc == SB_E_CORRUPT;

	if (rc == SB_E_NOT_FOUND && digest && sb_equal_ct(digest->meta[TOKEN_META_LOG], none, sizeof none))
		return SB_OK; /* there never was one */
	if (rc == SB_OK && digest) {
		rc = token_digest_vouches(token, keys, 1u << TOKEN_META_LOG, digest);
		recover = rc == SB_E_CORRUPT;
	}
	if (recover)
		recover_head(token, keys, head);
	return recover ? SB_OK : rc;
}

static int write_head(struct sb_token *token, const struct token_keys *keys, const struct head *head, struct token_digest *digest)
{
	int rc = put_head(token, keys, head);

	token->log_writes++;
	return rc == SB_OK && digest ? token_digest_note(token, keys, 1u << TOKEN_META_LOG, digest) : rc;
}

/* --- walking --- */

struct walk {
	uint64_t broken; /* the first row that does not hold, 0: none */
	uint8_t chain[SB_AUDIT_CHAIN]; /* of the last row seen */
	bool known;      /* chain is one */
};

static void break_at(uint64_t *broken, uint64_t seq)
{
	if (!*broken || seq < *broken)
		*broken = seq;
}

/* The row follows the one before. The first is number 1, or stands for those that were before it. */
static int check_row(const struct token_keys *keys, const struct head *head, const struct sb_audit_row *row, struct walk *w)
{
	uint8_t chain[SB_AUDIT_CHAIN];
	int rc;

	if (row->event == SB_AUDIT_ROTATE || !w->known) {
		if (row->seq != head->first || row->event != SB_AUDIT_ROTATE)
			break_at(&w->broken, row->seq);
		return SB_OK;
	}
	rc = sb_audit_row_chain(sb_slice(keys->chain, TOKEN_KEY), w->chain, row, chain);
	if (rc == SB_OK && !sb_equal_ct(chain, row->chain, sizeof chain))
		break_at(&w->broken, row->seq);
	return rc;
}

/* Rows first … until-1. row NULL: it is lost. */
typedef int row_fn(void *context, uint64_t seq, const struct sb_audit_row *row);

static int walk_rows(struct sb_token *token, const struct token_keys *keys, const struct head *head, uint64_t until, struct walk *w,
	row_fn *fn, void *context)
{
	int rc = SB_OK;

	*w = (struct walk){.known = head->first == 1};
	for (uint64_t seq = head->first; rc == SB_OK && seq < until; seq++) {
		struct sb_audit_row row = {0};
		bool lost;

		rc = get_row(token, keys, seq, &row);
		lost = rc == SB_E_CORRUPT;
		if (lost) {
			break_at(&w->broken, seq);
			rc = SB_OK;
		} else if (rc == SB_OK)
			rc = check_row(keys, head, &row, w);
		w->known = !lost;
		memcpy(w->chain, row.chain, SB_AUDIT_CHAIN);
		if (rc == SB_OK && fn)
			rc = fn(context, seq, lost ? NULL : &row);
	}
	return rc;
}

/* --- writing --- */

/* The oldest rows become one that carries on their chain. What did not hold in them is remembered by the head. */
static int rotate(struct sb_token *token, const struct token_keys *keys, struct head *head)
{
	uint64_t last = head->first + SB_AUDIT_ROTATED;
	struct sb_audit_row row = {0};
	struct walk w;
	int rc = walk_rows(token, keys, head, last + 1, &w, NULL, NULL);

	if (rc == SB_OK && w.broken)
		break_at(&head->broken, w.broken);
	if (rc == SB_OK && get_row(token, keys, last, &row) != SB_OK)
		row = (struct sb_audit_row){.seq = last};
	for (uint64_t seq = head->first; rc == SB_OK && seq < last; seq++) {
		char name[NAME];

		row_name(seq, name);
		rc = token->store->ops->drop(token->store, name);
	}
	row.event = SB_AUDIT_ROTATE;
	row.outcome = head->broken && head->broken <= last ? SB_AUDIT_DAMAGED : SB_AUDIT_OK;
	row.user = SB_AUDIT_NOBODY;
	row.count = last > UINT32_MAX ? UINT32_MAX : (uint32_t)last;
	row.key = (struct sb_audit_key){0};
	head->first = last;
	return rc == SB_OK ? put_row(token, keys, &row) : rc;
}

/* Fills in number, time (where it has none) and chain. */
static int add_row(struct sb_token *token, const struct token_keys *keys, struct head *head, const struct sb_audit_row *given)
{
	struct sb_audit_row row = *given;
	int rc;

	row.seq = head->next;
	row.time = row.time ? row.time : (uint64_t)time(NULL);
	rc = sb_audit_row_chain(sb_slice(keys->chain, TOKEN_KEY), head->chain, &row, row.chain);
	if (rc == SB_OK)
		rc = put_row(token, keys, &row);
	memcpy(head->chain, row.chain, SB_AUDIT_CHAIN);
	head->next++;
	return rc == SB_OK && head->next - head->first > SB_AUDIT_ROWS_MAX ? rotate(token, keys, head) : rc;
}

static int append(struct sb_token *token, const struct token_keys *keys, struct token_digest *digest, const struct sb_audit_row *rows,
	size_t count)
{
	struct head head;
	int rc = read_head(token, keys, digest, &head);

	for (size_t i = 0; rc == SB_OK && i < count; i++)
		rc = add_row(token, keys, &head, &rows[i]);
	return rc == SB_OK ? write_head(token, keys, &head, digest) : rc;
}

int token_audit_note(struct sb_token *token, const struct token_keys *keys, struct token_digest *digest, const struct sb_audit_row *row)
{
	return token->header.audit ? append(token, keys, digest, row, 1) : SB_OK;
}

/* With a digest that cannot be read the log goes on, and is broken. */
static int append_whole(struct sb_token *token, const struct token_keys *keys, const struct sb_audit_row *rows, size_t count)
{
	struct token_digest digest;
	int rc = token_digest_read(token, keys, &digest);

	if (rc == SB_E_CORRUPT)
		return append(token, keys, NULL, rows, count);
	if (rc == SB_OK)
		rc = append(token, keys, &digest, rows, count);
	return rc == SB_OK ? token_digest_write(token, keys, &digest) : rc;
}

int token_audit_write(struct sb_token *token, const struct token_keys *keys, const struct sb_audit_row *row)
{
	return token->header.audit ? append_whole(token, keys, row, 1) : SB_OK;
}

/* --- failures --- */

static int read_pending(struct sb_token *token, struct sb_audit_pending *pending)
{
	struct sb_bytes row = {0};
	int rc = token->store->ops->get(token->store, META_PENDING, &row);
	bool odd = rc == SB_E_CORRUPT || (rc == SB_OK && row.len == 0);

	if (rc == SB_OK || rc == SB_E_NOT_FOUND || odd) {
		/* A value of another type than ours is damage, not absence. */
		sb_audit_pending_decode(odd ? sb_slice("", 0) : sb_bytes_slice(&row), sb_slice(token->public_key, TOKEN_KEY), pending);
		rc = SB_OK;
	}
	sb_bytes_free(&row);
	return rc;
}

static int write_pending(struct sb_token *token, const struct sb_audit_pending *pending)
{
	struct sb_bytes row = {0};
	int rc;

	if (!pending->count && !pending->dropped && !pending->damaged)
		return token->store->ops->drop(token->store, META_PENDING);
	rc = sb_audit_pending_encode(pending, sb_slice(token->public_key, TOKEN_KEY), &row);
	if (rc == SB_OK)
		rc = token->store->ops->put(token->store, META_PENDING, sb_bytes_slice(&row));
	sb_bytes_free(&row);
	return rc;
}

static int add_failure(struct sb_token *token, const struct sb_audit_row *why, enum sb_audit_outcome outcome, bool last)
{
	const struct sb_audit_failure failure = {(uint64_t)time(NULL), why->event, (uint8_t)outcome, why->user, last};
	struct sb_audit_pending pending;
	int rc = read_pending(token, &pending);

	if (rc != SB_OK)
		return rc;
	sb_audit_pending_add(&pending, &failure);
	return write_pending(token, &pending);
}

int token_audit_charged(struct sb_token *token, const struct sb_audit_row *why, bool last)
{
	return token->header.audit && why ? add_failure(token, why, SB_AUDIT_REFUSED, last) : SB_OK;
}

/* One of the same kind is noted already, a moment ago. */
static bool noted(struct sb_token *token, const struct sb_audit_row *why)
{
	struct sb_audit_pending pending;
	uint64_t now = (uint64_t)time(NULL);

	if (read_pending(token, &pending) != SB_OK)
		return true;
	for (size_t i = pending.count; i-- > 0;)
		if (pending.items[i].outcome == SB_AUDIT_LOCKED && pending.items[i].user == why->user)
			return pending.items[i].time <= now && now - pending.items[i].time < SB_AUDIT_LOCKED_SECONDS;
	return false;
}

void token_audit_locked(struct sb_token *token, const struct sb_audit_row *why)
{
	const struct sb_store_ops *ops = token->store->ops;
	int rc;

	if (!token->header.audit || !why || token->store->read_only || noted(token, why))
		return;
	rc = ops->begin(token->store);
	if (rc == SB_OK)
		rc = add_failure(token, why, SB_AUDIT_LOCKED, false);
	if (rc == SB_OK)
		rc = ops->commit(token->store);
	if (rc != SB_OK)
		ops->rollback(token->store);
}

enum { TAKEN_MAX = 2 * SB_AUDIT_PENDING_MAX + 2 };

/* The rows that the failures become. */
static size_t rows_of(const struct sb_audit_pending *p, struct sb_audit_row *rows)
{
	size_t n = 0;

	if (p->damaged || p->dropped)
		rows[n++] = (struct sb_audit_row){.event = SB_AUDIT_DROPPED,
			.outcome = p->damaged ? SB_AUDIT_DAMAGED : SB_AUDIT_OK,
			.user = SB_AUDIT_NOBODY,
			.count = p->dropped};
	for (size_t i = 0; i < p->count; i++) {
		const struct sb_audit_failure *f = &p->items[i];

		rows[n++] = (struct sb_audit_row){.time = f->time, .event = f->event, .outcome = f->outcome, .user = f->user};
		if (f->last)
			rows[n++] = (struct sb_audit_row){.time = f->time, .event = SB_AUDIT_PIN_LOCK, .user = f->user};
	}
	return n;
}

/* A change of PIN and an initialisation are told of in the commit that does them. */
static bool told_at_once(const struct sb_audit_row *why)
{
	return why->event == SB_AUDIT_LOGIN || why->event == SB_AUDIT_SIGN;
}

int token_audit_opened(struct sb_token *token, const struct token_opened *opened)
{
	struct sb_audit_row rows[TAKEN_MAX + 1];
	struct sb_audit_pending pending;
	size_t count;
	int rc;

	if (!token->header.audit || !opened->why)
		return SB_OK;
	rc = read_pending(token, &pending);
	/* The newest is the try that was right after all: between its charge and now the token was locked. */
	if (rc == SB_OK && pending.count)
		pending.count--;
	if (rc != SB_OK || token->header.format < FORMAT_WITH_LOG) /* a log begins with the upgrade */
		return rc == SB_OK ? write_pending(token, &pending) : rc;
	count = rows_of(&pending, rows);
	if (told_at_once(opened->why))
		rows[count++] = *opened->why;
	rc = token->store->ops->drop(token->store, META_PENDING);
	return rc == SB_OK && count ? append_whole(token, opened->keys, rows, count) : rc;
}

int token_audit_begin(struct sb_token *token, const struct token_keys *keys, struct token_digest *digest, enum sb_audit_event event,
	enum sb_user user)
{
	const struct sb_store_ops *ops = token->store->ops;
	struct sb_audit_row rows[TAKEN_MAX + 1] = {{.event = (uint8_t)event, .user = (uint8_t)user}};
	struct sb_audit_pending pending = {0};
	int rc = ops->drop_all(token->store, META_LOG_ROWS);

	if (rc == SB_OK)
		rc = ops->drop(token->store, META_LOG);
	/* What failed on a token that is initialised anew went with it. */
	if (rc == SB_OK && event != SB_AUDIT_INIT)
		rc = read_pending(token, &pending);
	if (rc == SB_OK)
		rc = ops->drop(token->store, META_PENDING);
	return rc == SB_OK && token->header.audit ? append(token, keys, digest, rows, 1 + rows_of(&pending, rows + 1)) : rc;
}

int sb_token_log_use(struct sb_token *token, enum sb_audit_event event, const struct sb_audit_key *key)
{
	const struct sb_audit_row row = {.event = (uint8_t)event, .user = SB_AUDIT_HOLDER, .key = *key};
	const struct sb_store_ops *ops;
	int rc;

	if (!token->header.audit)
		return SB_OK;
	if (!token->store)
		return SB_E_REMOVED;
	ops = token->store->ops;
	rc = ops->begin(token->store);
	if (rc != SB_OK)
		return rc;
	rc = token_check_place(token);
	if (rc == SB_OK)
		rc = token_reload(token);
	if (rc == SB_OK)
		rc = token->user == SB_USER_HOLDER ? token_audit_write(token, token->keys, &row) : SB_E_LOGGED_OUT;
	if (rc == SB_OK)
		rc = ops->commit(token->store);
	if (rc != SB_OK)
		ops->rollback(token->store);
	return rc;
}

void sb_token_log_key(const struct sb_attributes *a, struct sb_audit_key *key)
{
	const struct sb_attribute *id = sb_attributes_get(a, ATTRIBUTE_ID), *unique = sb_attributes_get(a, ATTRIBUTE_UNIQUE_ID);
	struct sb_bytes raw = {0};

	*key = (struct sb_audit_key){0};
	if (id && id->len && id->len <= SB_AUDIT_KEY_MAX) {
		key->kind = SB_AUDIT_KEY_ID;
		key->len = (uint8_t)id->len;
		memcpy(key->bytes, id->value, id->len);
	} else if (unique && unique->len == 2 * SB_OBJECT_ID && sb_hex_decode((const char *)unique->value, unique->len, &raw) == SB_OK) {
		key->kind = SB_AUDIT_KEY_OBJECT;
		key->len = SB_OBJECT_ID;
		memcpy(key->bytes, raw.data, SB_OBJECT_ID);
	}
	sb_bytes_free(&raw);
}

/* --- reading --- */

static int add_text(void *context, uint64_t seq, const struct sb_audit_row *row)
{
	return row ? sb_audit_row_text(row, context) : sb_audit_lost_text(seq, context);
}

static int read_log(struct sb_token *token, struct sb_bytes *text, uint64_t *broken)
{
	struct token_digest digest;
	struct head head;
	struct walk w;
	int rc = token_digest_read(token, token->keys, &digest);
	bool anchored = rc == SB_OK;

	if (rc == SB_OK || rc == SB_E_CORRUPT)
		rc = read_head(token, token->keys, anchored ? &digest : NULL, &head);
	if (rc == SB_OK)
		rc = walk_rows(token, token->keys, &head, head.next, &w, text ? add_text : NULL, text);
	if (rc != SB_OK)
		return rc;
	*broken = w.broken;
	if (head.broken)
		break_at(broken, head.broken);
	/* Nothing vouches for where it ends. */
	if (!anchored || !w.known || !sb_equal_ct(w.chain, head.chain, sizeof w.chain))
		break_at(broken, head.next);
	return SB_OK;
}

int sb_token_log(struct sb_token *token, struct sb_bytes *text, uint64_t *broken)
{
	bool begun;
	int rc = token_reload(token);

	*broken = 0;
	if (rc != SB_OK)
		return rc;
	if (token->user != SB_USER_HOLDER || !token->header.audit)
		return SB_E_NOT_FOUND;
	rc = token->store->ops->view(token->store, &begun);
	if (rc == SB_OK)
		rc = read_log(token, text, broken);
	token->store->ops->end_view(token->store, begun);
	return rc;
}

/* Both only grow, so their sum changes with either. */
uint64_t sb_token_log_version(struct sb_token *token)
{
	return sb_token_change(token, true) + token->log_writes;
}

/* --- new keys --- */

struct rekeying {
	struct sb_token *token;
	const struct token_keys *keys;
	uint8_t before[SB_AUDIT_CHAIN]; /* under the new keys */
};

/* A row that stood before a break keeps its place; what is lost stays lost. */
static int rekey_row(void *context, uint64_t seq, const struct sb_audit_row *row)
{
	struct rekeying *r = context;
	struct sb_audit_row fresh;
	char name[NAME];
	int rc;

	row_name(seq, name);
	if (!row)
		return r->token->store->ops->drop(r->token->store, name);
	fresh = *row;
	if (row->event != SB_AUDIT_ROTATE) {
		rc = sb_audit_row_chain(sb_slice(r->keys->chain, TOKEN_KEY), r->before, row, fresh.chain);
		if (rc != SB_OK)
			return rc;
	}
	memcpy(r->before, fresh.chain, SB_AUDIT_CHAIN);
	return put_row(r->token, r->keys, &fresh);
}

int token_audit_rekey(struct sb_token *token, const struct token_keys *old_keys, const struct token_digest *old,
	const struct token_keys *keys, struct token_digest *digest)
{
	struct rekeying r = {.token = token, .keys = keys};
	struct head head;
	struct walk w;
	int rc;

	if (!token->header.audit)
		return SB_OK;
	rc = read_head(token, old_keys, old, &head);
	if (rc == SB_OK)
		rc = walk_rows(token, old_keys, &head, head.next, &w, rekey_row, &r);
	if (rc != SB_OK)
		return rc;
	if (w.broken)
		break_at(&head.broken, w.broken);
	memcpy(head.chain, r.before, SB_AUDIT_CHAIN);
	return write_head(token, keys, &head, digest);
}

int token_audit_move_pending(struct sb_token *from, struct sb_token *to)
{
	struct sb_audit_pending pending;
	int rc = to->header.audit ? read_pending(from, &pending) : SB_E_NOT_FOUND;

	return rc == SB_OK ? write_pending(to, &pending) : rc == SB_E_NOT_FOUND ? SB_OK : rc;
}
