/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_ADMIN_SEEN_H
#define SINBUN_ADMIN_SEEN_H

#include <stddef.h>
#include <stdint.h>

/* In which line of a file each RRN stood first: 16 bytes a resident, wiped when freed. Zero-initialise. */
struct seen {
	struct seen_place {
		uint64_t rrn; /* its 13 digits as a number; 0: nobody here */
		unsigned line;
	} *places;
	size_t capacity, count;
};

/* rrn: "YYMMDD-SNNNNNN". *first is the line it had before, or this one. SB_OK, SB_E_NOMEM. */
int admin_seen_add(struct seen *s, const char *rrn, unsigned line, unsigned *first);
void admin_seen_free(struct seen *s);

#endif
