/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_STORE_H
#define SINBUN_STORE_H

#include "base/bytes.h"

/* Where one token's rows are kept. A store sees opaque bytes only: named values, sealed records in order of creation, and
 * blind index rows. Every function returns SB_OK or SB_E_*; writes outside begin … commit are single transactions. */

enum { SB_STORE_ID = 16, SB_STORE_KEY = 16, SB_STORE_KEYS_MAX = 16 };
enum { SB_STORE_RECORD_MAX = 16 << 20 }; /* bytes of a box; the caller keeps to it: what is larger would not be read back */

struct sb_store {
	const struct sb_store_ops *ops;
	bool read_only;
};

struct sb_record {
	int64_t seq; /* place in the order of creation; never reused */
	uint8_t id[SB_STORE_ID];
	bool is_private;
	uint64_t generation;
	struct sb_bytes box; /* wiped by sb_bytes_free */
	bool malformed;      /* in a walk: the row is no record (wrong type, length or size); only seq and is_private are its own */
};

/* The record is the walk's. The walk goes on after a malformed one, so that it hides no other. */
typedef int sb_record_fn(void *context, const struct sb_record *record);
/* key NULL: a row that is no index row. */
typedef int sb_index_fn(void *context, const uint8_t key[SB_STORE_KEY], int64_t seq);

struct sb_store_ops {
	/* A write transaction; waits for other processes, SB_E_BUSY after five seconds. */
	int (*begin)(struct sb_store *store);
	int (*commit)(struct sb_store *store);
	void (*rollback)(struct sb_store *store); /* does nothing outside a transaction */

	/* What is read until end_view is of one moment. Does nothing inside begin … commit. *begun goes to end_view. */
	int (*view)(struct sb_store *store, bool *begun);
	void (*end_view)(struct sb_store *store, bool begun);

	/* Named values. get appends; SB_E_NOT_FOUND. */
	int (*get)(struct sb_store *store, const char *name, struct sb_bytes *value);
	int (*put)(struct sb_store *store, const char *name, struct sb_slice value);
	int (*drop)(struct sb_store *store, const char *name);
	/* Values whose names start so: all go; the first and the last name, appended, SB_E_NOT_FOUND when there is none. */
	int (*drop_all)(struct sb_store *store, const char *start);
	int (*ends)(struct sb_store *store, const char *start, struct sb_bytes *first, struct sb_bytes *last);

	/* Records. add fills in seq; replace keeps it. read fills *record, whose box must start empty; SB_E_CORRUPT for
	 * a row that is no record, with its seq and is_private. */
	int (*add)(struct sb_store *store, struct sb_record *record);
	int (*replace)(struct sb_store *store, const struct sb_record *record);
	int (*read)(struct sb_store *store, const uint8_t id[SB_STORE_ID], struct sb_record *record);
	int (*at)(struct sb_store *store, int64_t seq, struct sb_record *record); /* the same by its place */
	int (*destroy)(struct sb_store *store, int64_t seq);
	/* All records, private or public ones, in order. Stops at the first result other than SB_OK and returns it. */
	int (*each)(struct sb_store *store, bool is_private, sb_record_fn *fn, void *context);

	/* Blind index. find calls fn for each record that has all the keys (one at least), in order. */
	int (*index)(struct sb_store *store, const uint8_t key[SB_STORE_KEY], int64_t seq);
	int (*unindex)(struct sb_store *store, const uint8_t key[SB_STORE_KEY], int64_t seq);
	int (*unindex_all)(struct sb_store *store, int64_t seq); /* reads the whole index: for mending damage */
	int (*find)(struct sb_store *store, const uint8_t keys[][SB_STORE_KEY], size_t count, sb_record_fn *fn, void *context);
	int (*each_index)(struct sb_store *store, sb_index_fn *fn, void *context); /* all rows, in the order of their keys, then of seq */

	/* Records and index rows together; of each no more than most are counted. */
	int (*count)(struct sb_store *store, size_t most, size_t *count);
	/* All records and index rows go. */
	int (*clear)(struct sb_store *store);
	/* A number that differs after a change by another connection. */
	int (*change)(struct sb_store *store, uint64_t *number);
	/* The whole store as bytes of a file, with the changes of a transaction that is open. Appends. */
	int (*image)(struct sb_store *store, struct sb_bytes *out);
	/* Leaves no copy of replaced rows behind (write-ahead log emptied). SB_E_BUSY while another process reads old rows: to be tried
	 * again later. */
	int (*truncate)(struct sb_store *store);
	void (*close)(struct sb_store **store);
};

/* SQLite. path: the file; its directory must be private. read_only: opened without writing a byte beside it, unless a write-ahead log
 * stands there whose content would be missed. create: make a new one (SB_E_EXISTS), else open (SB_E_NOT_FOUND). */
int sb_store_sqlite_open(const char *path, bool create, bool read_only, struct sb_store **out);

#endif
