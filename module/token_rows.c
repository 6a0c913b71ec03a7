/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "token_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "crypto/random.h"

/* So many are kept at most; of index rows it is 24 MiB. TAIL: index rows that came since the others were put in order; a search goes through so many
 * one by one. PER_START: of those in order, where their keys are spread evenly.
 * GONE: records that are gone and still stand here. */
enum { RECORDS_MAX = 1 << 22, ROWS_MAX = 1 << 21, ROOM_FIRST = 64, TAIL = 256, PER_START = 8, GONE = 1024, NONE = UINT32_MAX };

/* An index row is the beginning of its key and the number of its record. The first ones are in order of both. */
struct token_rows {
	struct token_row *records;
	uint32_t count, room;
	uint32_t present[2]; /* public ones, private ones */
	uint32_t *places;    /* the numbers of the records by their seq, hashed; twice the room */
	uint64_t multiplier; /* of the hash: odd, and a secret from who writes the file */
	unsigned place_bits; /* of the product, from its upper end */
	uint64_t *keys;
	uint32_t *owners;
	uint32_t rows, rows_room, ordered;
	uint32_t *starts;    /* where the keys begin whose first bits are 0, 1, …, and where the last ones end; NULL until it is looked for something */
	unsigned start_bits;
};

struct token_rows *token_rows_new(void)
{
	struct token_rows *t = calloc(1, sizeof *t);

	if (t && sb_random((uint8_t *)&t->multiplier, sizeof t->multiplier) != SB_OK) {
		free(t);
		return NULL;
	}
	if (t)
		t->multiplier |= 1;
	return t;
}

void token_rows_free(struct token_rows **rows)
{
	struct token_rows *t = *rows;

	if (!t)
		return;
	free(t->records);
	free(t->places);
	free(t->keys);
	free(t->owners);
	free(t->starts);
	free(t);
	*rows = NULL;
}

/* The place of a record's number, or the free one where it belongs. */
static uint32_t *place_of(const struct token_rows *t, int64_t seq)
{
	uint32_t mask = 2 * t->room - 1, at = (uint32_t)(((uint64_t)seq * t->multiplier) >> (64 - t->place_bits));

	while (t->places[at] != NONE && t->records[t->places[at]].seq != seq)
		at = (at + 1) & mask;
	return &t->places[at];
}

static void note_places(struct token_rows *t)
{
	memset(t->places, 0xff, 2 * (size_t)t->room * sizeof *t->places);
	for (uint32_t i = 0; i < t->count; i++)
		*place_of(t, t->records[i].seq) = i;
}

static int grow_records(struct token_rows *t)
{
	uint32_t room = t->room ? 2 * t->room : ROOM_FIRST;
	struct token_row *records;
	uint32_t *places;

	if (room > RECORDS_MAX)
		return SB_E_NOMEM;
	records = realloc(t->records, room * sizeof *records);
	if (!records)
		return SB_E_NOMEM;
	t->records = records;
	places = malloc(2 * (size_t)room * sizeof *places);
	if (!places)
		return SB_E_NOMEM;
	free(t->places);
	t->places = places;
	t->room = room;
	for (t->place_bits = 0; room * 2 >> t->place_bits > 1;)
		t->place_bits++;
	note_places(t);
	return SB_OK;
}

int token_rows_add(struct token_rows *t, const struct sb_record *r)
{
	struct token_row *row;
	int rc = t->count == t->room ? grow_records(t) : SB_OK;

	if (rc != SB_OK)
		return rc;
	token_rows_remove(t, r->seq);
	row = &t->records[t->count];
	*row = (struct token_row){.seq = r->seq, .is_private = r->is_private, .gone = r->malformed};
	memcpy(row->id, r->id, SB_STORE_ID);
	t->present[r->is_private] += !r->malformed;
	/* The newest of a number is the one that is found. */
	*place_of(t, r->seq) = t->count++;
	return SB_OK;
}

static struct token_row *record_of(const struct token_rows *t, int64_t seq)
{
	uint32_t number = t->room ? *place_of(t, seq) : NONE;

	return number == NONE ? NULL : &t->records[number];
}

void token_rows_remove(struct token_rows *t, int64_t seq)
{
	struct token_row *row = record_of(t, seq);

	if (!row || row->gone)
		return;
	row->gone = true;
	t->present[row->is_private]--;
}

int token_rows_tidy(struct token_rows *t)
{
	uint32_t gone = t->count - t->present[0] - t->present[1], records = 0, rows = 0, ordered = 0;
	uint32_t *to;

	if (gone <= GONE || gone <= t->count / 2)
		return SB_OK;
	to = malloc(t->count * sizeof *to);
	if (!to)
		return SB_E_NOMEM;
	for (uint32_t i = 0; i < t->count; i++) {
		to[i] = t->records[i].gone ? NONE : records;
		if (!t->records[i].gone)
			t->records[records++] = t->records[i];
	}
	/* Numbers keep their order, and so the rows theirs. */
	for (uint32_t i = 0; i < t->rows; i++) {
		if (to[t->owners[i]] == NONE)
			continue;
		t->keys[rows] = t->keys[i];
		t->owners[rows++] = to[t->owners[i]];
		ordered += i < t->ordered;
	}
	free(to);
	t->count = records;
	t->rows = rows;
	t->ordered = ordered;
	note_places(t);
	free(t->starts);
	t->starts = NULL;
	return SB_OK;
}

static int grow_rows(struct token_rows *t)
{
	uint32_t room = t->rows_room ? 2 * t->rows_room : ROOM_FIRST;
	uint64_t *keys;
	uint32_t *owners;

	if (room > ROWS_MAX)
		return SB_E_FULL;
	keys = realloc(t->keys, room * sizeof *keys);
	if (!keys)
		return SB_E_NOMEM;
	t->keys = keys;
	owners = realloc(t->owners, room * sizeof *owners);
	if (!owners)
		return SB_E_NOMEM;
	t->owners = owners;
	t->rows_room = room;
	return SB_OK;
}

static bool is_before(uint64_t key, uint32_t owner, uint64_t other_key, uint32_t other_owner)
{
	return key < other_key || (key == other_key && owner < other_owner);
}

int token_rows_index(struct token_rows *t, const uint8_t key[SB_STORE_KEY], int64_t seq, bool *is_private)
{
	const struct token_row *row = record_of(t, seq);
	uint64_t start = sb_get_u64(key);
	uint32_t owner;
	int rc;

	if (!row)
		return SB_E_NOT_FOUND;
	*is_private = row->is_private;
	rc = t->rows == t->rows_room ? grow_rows(t) : SB_OK;
	if (rc != SB_OK)
		return rc;
	owner = (uint32_t)(row - t->records);
	t->keys[t->rows] = start;
	t->owners[t->rows] = owner;
	/* A walk comes in order. */
	if (!t->starts && t->ordered == t->rows && (t->rows == 0 || !is_before(start, owner, t->keys[t->rows - 1], t->owners[t->rows - 1])))
		t->ordered++;
	t->rows++;
	return SB_OK;
}

struct index_row {
	uint64_t key;
	uint32_t owner;
};

static int by_key(const void *a, const void *b)
{
	const struct index_row *x = a, *y = b;

	return is_before(x->key, x->owner, y->key, y->owner) ? -1 : is_before(y->key, y->owner, x->key, x->owner);
}

/* Puts the tail in its places, from the end. */
static int merge_tail(struct token_rows *t)
{
	uint32_t tail = t->rows - t->ordered, head = t->ordered, to = t->rows;
	struct index_row *late;

	late = malloc(tail * sizeof *late);
	if (!late)
		return SB_E_NOMEM;
	for (uint32_t i = 0; i < tail; i++)
		late[i] = (struct index_row){t->keys[head + i], t->owners[head + i]};
	qsort(late, tail, sizeof *late, by_key);
	while (tail) {
		bool from_head = head && is_before(late[tail - 1].key, late[tail - 1].owner, t->keys[head - 1], t->owners[head - 1]);

		to--;
		t->keys[to] = from_head ? t->keys[head - 1] : late[tail - 1].key;
		t->owners[to] = from_head ? t->owners[head - 1] : late[tail - 1].owner;
		head -= from_head;
		tail -= !from_head;
	}
	free(late);
	t->ordered = t->rows;
	return SB_OK;
}

static int note_starts(struct token_rows *t)
{
	unsigned bits = 1;
	uint32_t row = 0;

	while (bits < 24 && t->ordered >> bits > PER_START)
		bits++;
	t->starts = malloc((((size_t)1 << bits) + 1) * sizeof *t->starts);
	if (!t->starts)
		return SB_E_NOMEM;
	t->start_bits = bits;
	for (uint64_t first = 0; first < (uint64_t)1 << bits; first++) {
		while (row < t->ordered && t->keys[row] >> (64 - bits) < first)
			row++;
		t->starts[first] = row;
	}
	t->starts[(size_t)1 << bits] = t->ordered;
	return SB_OK;
}

int token_rows_order(struct token_rows *t)
{
	int rc = SB_OK;

	if (t->rows - t->ordered > TAIL) {
		rc = merge_tail(t);
		free(t->starts);
		t->starts = NULL;
	}
	return rc == SB_OK && !t->starts ? note_starts(t) : rc;
}

/* The first of the ordered rows that does not stand before this. */
static uint32_t first_from(const struct token_rows *t, uint64_t key, uint32_t owner)
{
	const uint32_t *start = t->starts + (key >> (64 - t->start_bits));
	uint32_t low = start[0], high = start[1];

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (is_before(t->keys[middle], t->owners[middle], key, owner))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int token_rows_any(struct token_rows *t, const uint8_t key[SB_STORE_KEY], bool *any)
{
	uint64_t start = sb_get_u64(key);
	int rc = token_rows_order(t);
	uint32_t at = rc == SB_OK ? first_from(t, start, 0) : 0;

	*any = rc == SB_OK && at < t->ordered && t->keys[at] == start;
	for (uint32_t i = t->ordered; rc == SB_OK && !*any && i < t->rows; i++)
		*any = t->keys[i] == start;
	return rc;
}

static int append(const struct token_rows *t, uint32_t number, struct sb_bytes *numbers)
{
	return t->records[number].gone ? SB_OK : sb_bytes_append(numbers, &number, sizeof number);
}

int token_rows_all(const struct token_rows *t, bool is_private, struct sb_bytes *numbers)
{
	int rc = SB_OK;

	for (uint32_t i = 0; rc == SB_OK && i < t->count; i++)
		if (t->records[i].is_private == is_private)
			rc = append(t, i, numbers);
	return rc;
}

int token_rows_under(struct token_rows *t, const uint8_t key[SB_STORE_KEY], struct sb_bytes *numbers)
{
	uint64_t start = sb_get_u64(key);
	int rc = token_rows_order(t);

	if (rc != SB_OK)
		return rc;
	for (uint32_t i = first_from(t, start, 0); rc == SB_OK && i < t->ordered && t->keys[i] == start; i++)
		rc = append(t, t->owners[i], numbers);
	for (uint32_t i = t->ordered; rc == SB_OK && i < t->rows; i++)
		if (t->keys[i] == start)
			rc = append(t, t->owners[i], numbers);
	return rc;
}

static bool stands_under(const struct token_rows *t, uint64_t key, uint32_t number)
{
	uint32_t at = first_from(t, key, number);
	bool stands = at < t->ordered && t->keys[at] == key && t->owners[at] == number;

	for (uint32_t i = t->ordered; !stands && i < t->rows; i++)
		stands = t->keys[i] == key && t->owners[i] == number;
	return stands;
}

int token_rows_narrow(struct token_rows *t, const uint8_t key[SB_STORE_KEY], struct sb_bytes *numbers)
{
	uint32_t *all = (uint32_t *)(void *)numbers->data;
	uint64_t start = sb_get_u64(key);
	size_t kept = 0;
	int rc = token_rows_order(t);

	if (rc != SB_OK)
		return rc;
	for (size_t i = 0; i < numbers->len / sizeof *all; i++)
		if (stands_under(t, start, all[i]))
			all[kept++] = all[i];
	numbers->len = kept * sizeof *all;
	return SB_OK;
}

const struct token_row *token_rows_at(const struct token_rows *t, uint32_t number)
{
	return &t->records[number];
}

bool token_rows_has(const struct token_rows *t, bool is_private)
{
	return t->present[is_private] > 0;
}
