/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/ec.h>
#include <openssl/evp.h>

#include "base/file.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "formats/bundle.h"
#include "formats/x509.h"
#include "software_signer.h"

/* For desk.sh. "make COUNT": an issuer with root.der and bundle.jwt, and codes.txt, that many live codes of one card of his, shown at the time it
 * prints. "bare THREADS": P-256 verifications of OpenSSL's EVP in a second, on so many threads, and the nanoseconds of processor time that one took. */

enum { LIFE = 30, YEAR = 365 * 86400, ENTRIES = 1 << 20, THREADS_MAX = 64 };
#define LIST "https://id.example/status/1"

static struct software_signer root, issuer, holder;

static void certificate(enum sb_x509_kind kind, const struct software_signer *subject, const char *name, int64_t now, struct sb_bytes *der)
{
	struct sb_x509_request r = {.kind = kind, .subject = {"KR", "bench", name}, .issuer = {"KR", "bench", "root"}, .serial = {(uint8_t)kind + 1},
		.serial_len = 1, .not_before = now - 3600, .not_after = now + YEAR, .point = software_point(subject), .issuer_point = software_point(&root),
		.issuer_url = "https://id.example"};

	REQUIRE(sb_x509_issue(&r, &root.signer, der) == SB_OK);
}

static void write_file(const char *path, const struct sb_bytes *content)
{
	REQUIRE(sb_file_write(path, content->data, content->len, 0600) == SB_OK);
}

static void make_bundle(int64_t now, uint8_t kid[SB_KID])
{
	struct sb_bytes root_der = {0}, text = {0};
	struct sb_bundle b = {.iat = now - 60, .exp = now + 86400, .signer_count = 1, .list_count = 1};
	struct sb_status_list *list;
	uint8_t hash[SB_SHA256_SIZE];

	certificate(SB_X509_ROOT, &root, "root", now, &root_der);
	certificate(SB_X509_SIGNER, &issuer, "signer", now, &b.signers[0]);
	REQUIRE(sb_sha256(b.signers[0].data, b.signers[0].len, hash) == SB_OK);
	memcpy(kid, hash, SB_KID);
	REQUIRE(sb_status_list_new(LIST, 2, ENTRIES, &list) == SB_OK);
	list->iat = now - 60;
	list->exp = now + 86400;
	REQUIRE(sb_status_cwt_issue(list, kid, &issuer.signer, &b.lists[0]) == SB_OK);
	REQUIRE(sb_bundle_make(&b, sb_bytes_slice(&b.signers[0]), &issuer.signer, &text) == SB_OK);
	write_file("root.der", &root_der);
	write_file("bundle.jwt", &text);
	sb_status_list_free(&list);
	sb_bundle_free(&b);
	sb_bytes_free(&root_der);
	sb_bytes_free(&text);
}

/* The set "basic": name and birth date. */
static void make_card(int64_t now, const uint8_t kid[SB_KID], struct sb_bytes *card)
{
	struct sb_sdcwt c = {.iat = now - 60, .exp = now + YEAR / 2, .vct = 65001, .status_index = 70000, .status_uri = sb_slice(LIST, strlen(LIST)),
		.claims = {{.key = -65537, .type = SB_CLAIM_TEXT, .bytes = sb_slice("홍시험", 9)},
			{.key = -65538, .type = SB_CLAIM_TEXT, .bytes = sb_slice("1990-01-01", 10)}},
		.claim_count = 2};

	memcpy(c.kid, kid, SB_KID);
	memcpy(c.holder_point, holder.point, sizeof c.holder_point);
	REQUIRE(sb_sdcwt_issue(&c, &issuer.signer, card) == SB_OK);
}

static void make(long count)
{
	int64_t now = time(NULL);
	struct sb_bytes card = {0}, texts = {0};
	uint8_t kid[SB_KID];

	root = software_signer_new();
	issuer = software_signer_new();
	holder = software_signer_new();
	make_bundle(now, kid);
	make_card(now, kid, &card);
	for (long i = 0; i < count; i++) {
		const struct sb_kbt c = {.sdcwt = sb_bytes_slice(&card), .audience = sb_slice("any", 3), .iat = now, .exp = now + LIFE};
		struct sb_bytes token = {0};

		REQUIRE(sb_kbt_make(&c, &holder.signer, &token) == SB_OK && sb_qr_text_encode(sb_bytes_slice(&token), &texts) == SB_OK &&
			sb_bytes_append_byte(&texts, '\n') == SB_OK);
		sb_bytes_free(&token);
	}
	write_file("codes.txt", &texts);
	sb_bytes_free(&texts);
	sb_bytes_free(&card);
	software_signer_free(&root);
	software_signer_free(&issuer);
	software_signer_free(&holder);
	printf("%lld\n", (long long)now);
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* How many in a second of the wall's clock; the key and its context are made once. */
static void *verify(void *context)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	EVP_PKEY_CTX *sign = EVP_PKEY_CTX_new(key, NULL), *check = EVP_PKEY_CTX_new(key, NULL);
	uint8_t hash[SB_SHA256_SIZE] = {1}, signature[80];
	size_t len = sizeof signature;
	double end;
	long *count = context;

	REQUIRE(sign && check && EVP_PKEY_sign_init(sign) == 1 && EVP_PKEY_sign(sign, signature, &len, hash, sizeof hash) == 1);
	REQUIRE(EVP_PKEY_verify_init(check) == 1);
	for (end = now_s() + 1; now_s() < end; ++*count)
		REQUIRE(EVP_PKEY_verify(check, signature, len, hash, sizeof hash) == 1);
	EVP_PKEY_CTX_free(sign);
	EVP_PKEY_CTX_free(check);
	EVP_PKEY_free(key);
	return NULL;
}

/* Of the whole process: on a machine that others use too, the wall's clock says less. */
static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void bare(long threads)
{
	pthread_t ids[THREADS_MAX];
	long counts[THREADS_MAX] = {0}, sum = 0;

	REQUIRE(threads >= 1 && threads <= THREADS_MAX);
	for (long i = 0; i < threads; i++)
		REQUIRE(pthread_create(&ids[i], NULL, verify, &counts[i]) == 0);
	for (long i = 0; i < threads; i++) {
		pthread_join(ids[i], NULL);
		sum += counts[i];
	}
	printf("%ld %.0f\n", sum, cpu_s() * 1e9 / (double)sum);
}

int main(int argc, char **argv)
{
	REQUIRE(sb_crypto_start() == SB_OK);
	if (argc == 3 && strcmp(argv[1], "make") == 0)
		make(strtol(argv[2], NULL, 10));
	else if (argc == 3 && strcmp(argv[1], "bare") == 0)
		bare(strtol(argv[2], NULL, 10));
	else
		return 2;
	return 0;
}
