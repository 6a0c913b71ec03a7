/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/ec.h>
#include <openssl/evp.h>

#include "common/i18n.h"
#include "crypto/digest.h"
#include "crypto/kdf.h"
#include "holder/holder.h"

/* What a live QR code costs the resident's device: the whole of one, as `sinbun present --qr` makes each, against what the derivation of the PIN
 * in it costs by itself and a bare signature of OpenSSL, in turns. With the costs of sinbun.conf in --home, and what its seal costs on top. */

enum { ROUNDS = 100, ROUNDS_MAX = 10000 };
enum { WHOLE, DERIVATION, SIGNATURE, KINDS };

struct bench {
	struct holder_card card;
	const char *set;
	struct sb_config config; /* what of it the derivation costs */
	EVP_PKEY *key;
	EVP_PKEY_CTX *sign;
	double *times[KINDS];
};

static double microseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int make_whole(struct bench *b, struct sb_failure *f)
{
	struct sb_bytes text = {0};
	int64_t iat;
	int rc = holder_card_qr(&b->card, b->set, NULL, &text, &iat, f);

	sb_bytes_free(&text);
	return rc;
}

static int derive(struct bench *b, struct sb_failure *f)
{
	static const uint8_t salt[SB_KDF_SALT] = "sinbun bench qr";
	uint8_t out[32];
	int rc = sb_argon2id(sb_slice(b->card.pin.text, b->card.pin.len), salt, b->config.kdf_memory, b->config.kdf_passes, out, sizeof out);

	return rc == 0 ? SB_EXIT_OK : sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, "Argon2id failed");
}

static int sign_bare(struct bench *b, struct sb_failure *f)
{
	uint8_t hash[SB_SHA256_SIZE] = {1}, signature[80];
	size_t len = sizeof signature;

	return EVP_PKEY_sign(b->sign, signature, &len, hash, sizeof hash) == 1 ? SB_EXIT_OK
									       : sb_fail(f, SB_EXIT_TOKEN, "openssl", NULL, "EVP_PKEY_sign failed");
}

static int (*const kinds[KINDS])(struct bench *, struct sb_failure *) = {make_whole, derive, sign_bare};

static int start(struct bench *b, struct sb_program *p, size_t rounds, struct sb_failure *f)
{
	char path[4096];
	struct sb_config_error why;
	int rc;

	snprintf(path, sizeof path, "%s/sinbun.conf", sb_program_root(p));
	if (sb_config_read(&b->config, path, &why) != 0)
		return sb_p11_fail_config(path, &why, f);
	if (!b->config.kdf_memory || !b->config.kdf_passes)
		return sb_fail(f, SB_EXIT_CONFIG, "not_set", "kdf-memory", "%s: set kdf-memory and kdf-passes, so that they can be timed alone", path);
	rc = holder_card_open(p, &b->card, f);
	if (rc != SB_EXIT_OK)
		return rc;
	b->set = sb_program_text(p, "--fields") ? sb_program_text(p, "--fields") : holder_card_default_set(&b->card);
	b->key = EVP_EC_gen("P-256");
	b->sign = b->key ? EVP_PKEY_CTX_new(b->key, NULL) : NULL;
	for (size_t k = 0; k < KINDS; k++)
		b->times[k] = calloc(rounds, sizeof **b->times);
	if (!b->sign || EVP_PKEY_sign_init(b->sign) != 1 || !b->times[WHOLE] || !b->times[DERIVATION] || !b->times[SIGNATURE])
		return sb_fail(f, SB_EXIT_STORAGE, "no_memory", NULL, "OpenSSL, or out of memory");
	return rc;
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

static void tell(struct bench *b, struct sb_program *p, size_t rounds, json_t *result)
{
	static const char *const names[] = {"rest_us", "derivation_us", "bare_signature_us"};
	double medians[KINDS];

	/* Round by round, since a machine that is slow for a while is so for both. */
	for (size_t i = 0; i < rounds; i++)
		b->times[WHOLE][i] -= b->times[DERIVATION][i];
	json_object_set_new(result, "set", json_string(b->set));
	json_object_set_new(result, "rounds", json_integer((json_int_t)rounds));
	for (size_t k = 0; k < KINDS; k++) {
		medians[k] = median(b->times[k], rounds);
		json_object_set_new(result, names[k], json_real(medians[k]));
	}
	sb_say(p, "%-6s %zu rounds: the derivation (%u MiB, %u passes) %.0f us, all the rest of a live code %.0f us; a bare P-256 signature %.0f us\n", b->set,
		rounds, b->config.kdf_memory, b->config.kdf_passes, medians[DERIVATION], medians[WHOLE], medians[SIGNATURE]);
}

static int run(struct sb_program *p, json_t *result, struct sb_failure *f)
{
	size_t rounds = (size_t)sb_program_number(p, "--rounds", ROUNDS);
	struct bench b = {0};
	int rc = rounds >= 1 && rounds <= ROUNDS_MAX ? start(&b, p, rounds, f)
						     : sb_fail(f, SB_EXIT_USAGE, "usage", "--rounds", "--rounds is 1 to %d.", ROUNDS_MAX);

	for (size_t i = 0; rc == SB_EXIT_OK && i < rounds; i++)
		for (size_t k = 0; rc == SB_EXIT_OK && k < KINDS; k++) {
			double from = microseconds();

			rc = kinds[k](&b, f);
			b.times[k][i] = microseconds() - from;
		}
	if (rc == SB_EXIT_OK)
		tell(&b, p, rounds, result);
	for (size_t k = 0; k < KINDS; k++)
		free(b.times[k]);
	EVP_PKEY_CTX_free(b.sign);
	EVP_PKEY_free(b.key);
	sb_config_free(&b.config);
	holder_card_close(&b.card);
	return rc;
}

int main(int argc, char **argv)
{
	static const struct sb_option options[] = {
		{"--fields", SB_OPTION_TEXT, "SET", "what the code discloses", false},
		{"--rounds", SB_OPTION_NUMBER, "N", "how many (100)", false},
		{0},
	};
	const struct sb_verb verbs[] = {{"qr", "", 0, 0, "time the making of live codes", options, run}, {0}};
	const struct sb_program_table table = {"bench-live-qr", "What a live QR code costs.", "--home", verbs, true};

	return sb_program_run(&table, argc, argv);
}
