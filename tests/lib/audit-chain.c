/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "crypto/digest.h"

/* audit-chain [-w | -h] FILE <KEY: whether every row of a registry's audit hangs on the one before, by the registry's data key (32 bytes on standard
 * input). Prints how many there are. With -w they are made to, as by somebody who has the key; with -h there
 * is also a head, as it was before it knew the status list. */

static struct sb_slice column(sqlite3_stmt *st, int i)
{
	return sb_slice(sqlite3_column_blob(st, i), (size_t)sqlite3_column_bytes(st, i));
}

static int write_chain(sqlite3 *db, sqlite3_int64 number, const uint8_t chain[32])
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db, "update audit set chain = ?2 where seq = ?1", -1, &st, NULL);

	sqlite3_bind_int64(st, 1, number);
	sqlite3_bind_blob(st, 2, chain, 32, SQLITE_STATIC);
	rc = rc == SQLITE_OK ? sqlite3_step(st) : rc;
	sqlite3_finalize(st);
	return rc == SQLITE_DONE ? SB_OK : SB_E_IO;
}

static int write_head(sqlite3 *db, struct sb_slice key, long rows, const uint8_t chain[32])
{
	static const char purpose[] = "sinbun registry audit head";
	uint8_t head_key[32], head[72];
	sqlite3_stmt *st = NULL;
	int rc = sb_mac(key, purpose, strlen(purpose), head_key);

	sb_put_u64(head, (uint64_t)rows);
	memcpy(head + 8, chain, 32);
	if (rc == SB_OK)
		rc = sb_mac(sb_slice(head_key, sizeof head_key), head, 40, head + 40);
	if (rc == SB_OK && sqlite3_prepare_v2(db, "replace into setting(name, value) values('audit-head', ?1)", -1, &st, NULL) == SQLITE_OK) {
		sqlite3_bind_blob(st, 1, head, sizeof head, SQLITE_STATIC);
		rc = sqlite3_step(st) == SQLITE_DONE ? SB_OK : SB_E_IO;
	}
	sqlite3_finalize(st);
	return rc;
}

/* db: where to write them; NULL: they are only looked at. */
static int check(sqlite3_stmt *st, sqlite3 *db, struct sb_slice key, long *rows, uint8_t last[32])
{
	static const char purpose[] = "sinbun registry audit";
	uint8_t chain_key[32], number[8], chain[32];
	int rc = sb_mac(key, purpose, strlen(purpose), chain_key);

	while (rc == SB_OK && sqlite3_step(st) == SQLITE_ROW) {
		struct sb_slice pieces[6] = {sb_slice(last, 32), sb_slice(number, sizeof number)};

		sb_put_u64(number, (uint64_t)sqlite3_column_int64(st, 0));
		for (int i = 1; i <= 4; i++)
			pieces[i + 1] = column(st, i);
		rc = sb_mac_pieces(sb_slice(chain_key, sizeof chain_key), pieces, 6, chain);
		if (rc == SB_OK && db)
			rc = write_chain(db, sqlite3_column_int64(st, 6), chain);
		else if (rc == SB_OK && !sb_slice_equal(column(st, 5), sb_slice(chain, sizeof chain)))
			rc = SB_E_CORRUPT;
		memcpy(last, chain, 32);
		++*rows;
	}
	return rc;
}

int main(int argc, char **argv)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *st = NULL;
	uint8_t key[33], last[32] = {0};
	long rows = 0;
	bool heads = argc == 3 && strcmp(argv[1], "-h") == 0, writes = heads || (argc == 3 && strcmp(argv[1], "-w") == 0);
	int rc;

	if (argc != 2 + writes || fread(key, 1, sizeof key, stdin) != 32 ||
		sqlite3_open_v2(argv[argc - 1], &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
		sqlite3_exec(db, writes ? "begin" : "", NULL, NULL, NULL) != SQLITE_OK ||
		sqlite3_prepare_v2(db, "select time, officer, verb, subject, outcome, chain, seq from audit order by seq", -1, &st, NULL) != SQLITE_OK) {
		fprintf(stderr, "usage: audit-chain [-w | -h] FILE <KEY, of 32 bytes (%s)\n", db ? sqlite3_errmsg(db) : "");
		return 2;
	}
	rc = check(st, writes ? db : NULL, sb_slice(key, 32), &rows, last);
	sqlite3_finalize(st);
	if (rc == SB_OK && heads)
		rc = write_head(db, sb_slice(key, 32), rows, last);
	if (rc == SB_OK && writes)
		rc = sqlite3_exec(db, "commit", NULL, NULL, NULL) == SQLITE_OK ? SB_OK : SB_E_IO;
	sqlite3_close(db);
	if (rc != SB_OK)
		fprintf(stderr, "row %ld: %s\n", rows, sb_error_text(rc));
	printf("%ld\n", rows);
	return rc == SB_OK ? 0 : 1;
}
