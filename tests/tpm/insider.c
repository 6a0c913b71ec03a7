/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <sqlite3.h>

#include "base/codec.h"
#include "base/error.h"
#include "check.h"
#include "crypto/kdf.h"
#include "crypto/random.h"
#include "seal/tpm.h"

/* Who has the files of a sealed token, its TPM and this source: insider VERB TCTI STORE ARGUMENT…
 *   secrets … PIN    prints what must never be seen on the bus, in hexadecimal: what the PIN authorises with, and the unsealed secret
 *   puk-secrets … PUK  the same of the PUK
 *   redefine …       puts an index with an auth of its own in the place of the PIN's, and tries to unseal with it
 *   rewrite …        tries to give all tries back, with the branch that writes the limit once
 *   numbers …        prints the NV indices
 *   set …            prints a line of the file "trash" without its serial
 *   counts …         prints how many wrong PINs and PUKs the TPM has counted
 *   sql … STATEMENT  changes the store */

static const char *tcti;
static struct sb_bytes row;
static struct sb_slice state;
static struct sb_seal_set set;
static enum sb_seal_slot slot = SB_SEAL_PIN;

static void read_row(const char *path)
{
	static const char *const names[] = {"wrap-pin", "wrap-puk"};
	sqlite3_stmt *st;
	sqlite3 *db;

	REQUIRE(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK);
	REQUIRE(sqlite3_prepare_v2(db, "select value from meta where name = ?", -1, &st, NULL) == SQLITE_OK);
	REQUIRE(sqlite3_bind_text(st, 1, names[slot], -1, SQLITE_STATIC) == SQLITE_OK);
	REQUIRE(sqlite3_step(st) == SQLITE_ROW);
	REQUIRE(sb_bytes_append(&row, sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0)) == SB_OK);
	sqlite3_finalize(st);
	sqlite3_close(db);
	/* 3, salt, memory, passes, length, state */
	REQUIRE(row.len > 1 + SB_KDF_SALT + 12 && row.data[0] == 3);
	state = sb_slice(row.data + 1 + SB_KDF_SALT + 12, sb_get_u32(row.data + 1 + SB_KDF_SALT + 8));
	REQUIRE(sb_seal_tpm.device->set_of(state, &set) == SB_OK);
}

static void run_sql(const char *path, const char *sql)
{
	sqlite3 *db;

	REQUIRE(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
	REQUIRE(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_close(db);
}

static void print_hex(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		printf("%02x", data[i]);
	putchar('\n');
}

static struct tpm_sealed sealed(void)
{
	struct tpm_sealed s;
	size_t head = 1 + SB_SEAL_NONCE + 12 + TPM_NAME;

	memcpy(s.unique, state.data + head, SB_SHA256_SIZE);
	s.private = sb_slice(state.data + head + SB_SHA256_SIZE, state.len - head - SB_SHA256_SIZE);
	return s;
}

/* Opens with the auths of index and object. */
static int unseal(struct sb_seal_link *link, const uint8_t *index, const uint8_t *object, uint8_t *secret)
{
	struct tpm_sealed s = sealed();
	uint8_t name[TPM_NAME];
	ESYS_TR handle;
	int rc;

	REQUIRE(tpm_secure(link) == SB_OK);
	REQUIRE(tpm_index_name(&set, slot, name) == SB_OK);
	REQUIRE(tpm_index_open(link, &set, slot, &handle) == SB_OK);
	REQUIRE(tpm_set_auth(link, handle, index) == SB_OK);
	REQUIRE(tpm_policy_begin(link) == SB_OK);
	REQUIRE(tpm_policy_secret(link, handle) == SB_OK);
	rc = tpm_unseal(link, name, &s, object, secret);
	tpm_policy_end(link);
	return rc;
}

static void part(const uint8_t *stretched, const char *purpose, uint8_t *out)
{
	REQUIRE(sb_hkdf_sha256(sb_slice(stretched, 32), sb_slice(NULL, 0), sb_slice(purpose, strlen(purpose)), out, 32) == SB_OK);
}

static void secrets(const char *pin)
{
	uint8_t stretched[32], index[32], object[32], key[32], secret[32];
	const uint8_t *salt = row.data + 1;
	struct sb_seal_link *link;

	REQUIRE(sb_argon2id(sb_slice(pin, strlen(pin)), salt, sb_get_u32(salt + SB_KDF_SALT), sb_get_u32(salt + SB_KDF_SALT + 4), stretched,
			32) == SB_OK);
	part(stretched, "sinbun tpm seal, index", index);
	part(stretched, "sinbun tpm seal, object", object);
	part(stretched, "sinbun tpm seal, key", key);
	/* As the seal makes them fit, for a TPM takes trailing zeros off. */
	index[31] |= !index[31];
	object[31] |= !object[31];
	REQUIRE(tpm_connect(tcti, &link) == SB_OK);
	REQUIRE(unseal(link, index, object, secret) == SB_OK);
	tpm_disconnect(&link);
	print_hex(index, 32);
	print_hex(object, 32);
	print_hex(key, 32);
	print_hex(secret, 32);
}

/* Owner auth is empty: the index can be taken away and made again under the same name. Its auth passes; the seal's own does not. */
static void redefine(void)
{
	static const uint8_t own[32] = "an auth that the attacker knows";
	struct sb_seal_link *link;
	uint8_t secret[32];

	REQUIRE(tpm_connect(tcti, &link) == SB_OK);
	REQUIRE(tpm_secure(link) == SB_OK);
	REQUIRE(tpm_index_undefine(link, &set, set.index[SB_SEAL_PIN]) == SB_OK);
	REQUIRE(tpm_index_define(link, &set, SB_SEAL_PIN, own, 5) == SB_OK);
	printf("%s\n", sb_error_text(unseal(link, own, own, secret)));
	tpm_disconnect(&link);
}

static void rewrite(void)
{
	TPM2B_MAX_NV_BUFFER all_tries = {.size = 8, .buffer = {0, 0, 0, 0, 0, 0, 0, 200}};
	struct sb_seal_link *link;
	struct tpm_policy policy;
	ESYS_TR index;
	TSS2_RC answer;

	REQUIRE(tpm_connect(tcti, &link) == SB_OK);
	REQUIRE(tpm_secure(link) == SB_OK);
	REQUIRE(tpm_index_open(link, &set, SB_SEAL_PIN, &index) == SB_OK);
	REQUIRE(tpm_policy_of(&set, SB_SEAL_PIN, &policy) == SB_OK);
	REQUIRE(tpm_policy_satisfy(link, &policy, TPM_INIT, ESYS_TR_NONE) == SB_OK);
	answer = link->tss->Esys_NV_Write(link->esys, index, index, link->policy, link->session, ESYS_TR_NONE, &all_tries, 0);
	printf("0x%x\n", answer);
	tpm_disconnect(&link);
}

static void counts(void)
{
	struct sb_seal_link *link;
	unsigned used[2];

	REQUIRE(tpm_connect(tcti, &link) == SB_OK);
	REQUIRE(sb_seal_tpm.device->tries(link, state, used) == SB_OK);
	printf("%u %u\n", used[SB_SEAL_PIN], used[SB_SEAL_PUK]);
	tpm_disconnect(&link);
}

static void print_set(void)
{
	for (size_t i = 0; i < SB_SEAL_NONCE; i++)
		printf("%02x", set.nonce[i]);
	printf(" %08x %08x %08x\n", set.index[SB_SEAL_PIN], set.index[SB_SEAL_PUK], set.counter);
}

int main(int argc, char **argv)
{
	if (argc < 4)
		SKIP("a tool of the tests in tests/tpm");
	tcti = argv[2];
	REQUIRE(sb_crypto_start() == SB_OK);
	if (strcmp(argv[1], "sql") == 0 && argc > 4) {
		run_sql(argv[3], argv[4]);
		return 0;
	}
	if (strcmp(argv[1], "puk-secrets") == 0)
		slot = SB_SEAL_PUK;
	read_row(argv[3]);
	if (strstr(argv[1], "secrets") && argc > 4)
		secrets(argv[4]);
	else if (strcmp(argv[1], "redefine") == 0)
		redefine();
	else if (strcmp(argv[1], "rewrite") == 0)
		rewrite();
	else if (strcmp(argv[1], "set") == 0)
		print_set();
	else if (strcmp(argv[1], "counts") == 0)
		counts();
	else if (strcmp(argv[1], "numbers") == 0)
		printf("0x%x 0x%x 0x%x\n", set.index[0], set.index[1], set.counter);
	sb_bytes_free(&row);
	return check_failures;
}
