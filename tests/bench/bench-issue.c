/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/ec.h>
#include <openssl/evp.h>

#include "admin/credentials.h"
#include "common/i18n.h"
#include "crypto/digest.h"
#include "crypto/pkey.h"

/* What all credentials of one card cost the registrar, signed through the issuer's token, against as many bare signatures of OpenSSL, in turns. The
 * opening of the token and of the registry, which is once a program, is not in it. */

enum { ROUNDS = 200, ROUNDS_MAX = 10000 };

static double microseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *times, size_t count)
{
	qsort(times, count, sizeof *times, compare);
	return times[count / 2];
}

static int some_point(uint8_t point[65])
{
	struct sb_bytes bytes = {0};
	struct sb_pkey *key = NULL;
	int rc = sb_pkey_generate_ec("P-256", &key);

	if (rc == 0)
		rc = sb_pkey_point(key, &bytes);
	if (rc == 0)
		memcpy(point, bytes.data, 65);
	sb_bytes_free(&bytes);
	sb_pkey_free(&key);
	return rc;
}

static int prepare(struct issuing *g, const char *rrn, struct sb_failure *f)
{
	int rc = admin_load_documents(g, f);

	if (rc == SB_EXIT_OK && sb_registry_find(g->a->registry, rrn, &g->resident) != 0)
		rc = sb_fail(f, SB_EXIT_DATA, "not_found", "rrn", "no such resident");
	if (rc == SB_EXIT_OK && (some_point(g->request.presentation_point) != 0 || some_point(g->request.authentication_point) != 0))
		rc = sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, "no keys");
	g->credential = (struct sb_registry_credential){
		.card = "R000000000000", .resident = g->resident.id, .created = time(NULL), .expires = time(NULL) + 1000 * 24 * 3600, .status_index = 7};
	return rc;
}

static int measure(struct issuing *g, size_t rounds, json_t *result, struct sb_failure *f)
{
	double *whole = calloc(rounds, sizeof *whole), *bare = calloc(rounds, sizeof *bare), from, w, b;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	EVP_PKEY_CTX *sign = key ? EVP_PKEY_CTX_new(key, NULL) : NULL;
	uint8_t hash[SB_SHA256_SIZE] = {1}, signature[80];
	size_t signatures = 0, len;
	int rc = SB_EXIT_OK;

	if (!whole || !bare || !sign || EVP_PKEY_sign_init(sign) != 1)
		rc = sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, "OpenSSL, or out of memory");
	for (size_t i = 0; rc == SB_EXIT_OK && i < rounds; i++) {
		json_t *inside = NULL;

		from = microseconds();
		rc = admin_make_credentials(g, &inside, f);
		whole[i] = microseconds() - from;
		signatures = 1 + json_array_size(json_object_get(inside, "credentials"));
		json_decref(inside);
		from = microseconds();
		for (size_t k = 0; k < signatures; k++) {
			len = sizeof signature;
			EVP_PKEY_sign(sign, signature, &len, hash, sizeof hash);
		}
		bare[i] = microseconds() - from;
	}
	if (rc == SB_EXIT_OK) {
		w = median(whole, rounds);
		b = median(bare, rounds);
		json_object_set_new(result, "signatures", json_integer((json_int_t)signatures));
		json_object_set_new(result, "card_us", json_real(w));
		json_object_set_new(result, "bare_us", json_real(b));
		json_object_set_new(result, "ratio", json_real(w / b));
		sb_say(g->a->p, "%zu rounds: a card's certificate and %zu credentials %.0f us; %zu bare P-256 signatures %.0f us; ratio %.2f\n", rounds, signatures - 1, w,
			signatures, b, w / b);
	}
	EVP_PKEY_CTX_free(sign);
	EVP_PKEY_free(key);
	free(whole);
	free(bare);
	return rc;
}

static int run(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	size_t rounds = (size_t)sb_program_number(p, "--rounds", ROUNDS);
	struct admin a;
	struct issuing g = {.a = &a};
	int rc = rounds >= 1 && rounds <= ROUNDS_MAX ? admin_open(p, &a, f) : sb_fail(f, SB_EXIT_USAGE, "usage", "--rounds", "--rounds is 1 to %d.", ROUNDS_MAX);

	if (rc != SB_EXIT_OK)
		return rc;
	rc = prepare(&g, sb_program_text(p, "--rrn"), f);
	if (rc == SB_EXIT_OK)
		rc = measure(&g, rounds, result, f);
	sb_registry_resident_free(&g.resident);
	admin_free_documents(&g);
	admin_close(&a);
	return rc;
}

int main(int argc, char **argv)
{
	static const struct sb_option options[] = {
		{"--rrn", SB_OPTION_TEXT, "RRN", "whose card (a resident that nobody is)", true},
		{"--rounds", SB_OPTION_NUMBER, "N", "how many (200)", false},
		{0},
	};
	const struct sb_verb verbs[] = {{"card", "", 0, 0, "time the making of a card's credentials", options, run}, {0}};
	const struct sb_program_table table = {"bench-issue", "What issuing a card costs.", "--registry", verbs, true};

	return sb_program_run(&table, argc, argv);
}
