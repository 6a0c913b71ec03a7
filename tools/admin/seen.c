/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "admin/seen.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/error.h"

enum { CAPACITY_FIRST = 1024 };

static uint64_t number_of(const char *rrn)
{
	uint64_t n = 0;

	for (; *rrn; rrn++)
		if (*rrn != '-')
			n = 10 * n + (uint64_t)(*rrn - '0');
	return n;
}

/* Where this number is, or where it would go. The capacity is a power of two; multiplying by 2^64 / φ spreads birth dates. */
static struct seen_place *find(struct seen_place *places, size_t capacity, uint64_t rrn)
{
	size_t at = (size_t)((rrn * 0x9e3779b97f4a7c15U) >> 20) & (capacity - 1);

	while (places[at].rrn && places[at].rrn != rrn)
		at = (at + 1) & (capacity - 1);
	return &places[at];
}

static int grow(struct seen *s)
{
	size_t capacity = s->capacity ? 2 * s->capacity : CAPACITY_FIRST;
	struct seen_place *places = calloc(capacity, sizeof *places);

	if (!places)
		return SB_E_NOMEM;
	for (size_t i = 0; i < s->capacity; i++)
		if (s->places[i].rrn)
			*find(places, capacity, s->places[i].rrn) = s->places[i];
	sb_free_wiped((void **)&s->places, s->capacity * sizeof *s->places);
	s->places = places;
	s->capacity = capacity;
	return SB_OK;
}

int admin_seen_add(struct seen *s, const char *rrn, unsigned line, unsigned *first)
{
	uint64_t number = number_of(rrn);
	struct seen_place *place;
	int rc = 2 * s->count >= s->capacity ? grow(s) : SB_OK;

	if (rc != SB_OK)
		return rc;
	place = find(s->places, s->capacity, number);
	if (!place->rrn) {
		*place = (struct seen_place){number, line};
		s->count++;
	}
	*first = place->line;
	return SB_OK;
}

void admin_seen_free(struct seen *s)
{
	sb_free_wiped((void **)&s->places, s->capacity * sizeof *s->places);
	*s = (struct seen){0};
}
