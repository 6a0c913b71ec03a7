/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors
 *
 * What the registrar's program does with providers and gateways, without a registry. ROOT has providers.d/ and sms.conf; each answer is one JSON
 * object, the exit code as in the programs.
 *   identity-client ROOT key                          makes ROOT/key, prints the public half as a JWK
 *   identity-client ROOT providers                    those that are set up
 *   identity-client ROOT start ID PERSON REQUEST [MESSAGE]   files: who is entered; what is kept
 *   identity-client ROOT poll ID PERSON REQUEST       asks once; when done, compares
 *   identity-client ROOT sms PHONE TEXT */
#include <jansson.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/codec.h"
#include "base/error.h"
#include "base/file.h"
#include "common/i18n.h"
#include "crypto/random.h"
#include "crypto/signature.h"
#include "formats/jws.h"
#include "identity/ciba.h"
#include "identity/sms.h"

static struct sb_failure failure;
static char path[4096];

static const char *in_root(const char *root, const char *name)
{
	snprintf(path, sizeof path, "%s/%s", root, name);
	return path;
}

static int sign(void *context, const uint8_t digest[32], uint8_t signature[64])
{
	return sb_pkey_sign(context, digest, 32, signature);
}

/* The key of ROOT/key, where there is one. */
static struct sb_pkey *load_key(const char *root)
{
	struct sb_bytes text = {0}, scalar = {0};
	struct sb_pkey *key = NULL;

	if (sb_file_read(in_root(root, "key"), 100, &text) == SB_OK && sb_hex_decode((const char *)text.data, text.len, &scalar) == SB_OK)
		sb_pkey_from_ec_scalar("P-256", sb_bytes_slice(&scalar), &key);
	sb_bytes_free(&text);
	sb_bytes_free(&scalar);
	return key;
}

static int print(json_t *json)
{
	json_dumpf(json, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(json);
	return SB_EXIT_OK;
}

static int make_key(const char *root)
{
	struct sb_bytes scalar = {0}, hex = {0}, point = {0};
	struct sb_pkey *key = NULL;
	int rc = sb_pkey_generate_ec("P-256", &key) == SB_OK && sb_pkey_scalar(key, &scalar) == SB_OK && sb_pkey_point(key, &point) == SB_OK &&
			 sb_hex_encode(scalar.data, scalar.len, &hex) == SB_OK && sb_file_write(in_root(root, "key"), hex.data, hex.len, 0600) == SB_OK
		     ? print(sb_jwk_from_point(point.data))
		     : SB_EXIT_STORAGE;

	sb_pkey_free(&key);
	sb_bytes_free(&scalar);
	sb_bytes_free(&hex);
	sb_bytes_free(&point);
	return rc;
}

static int list(const char *root)
{
	struct sb_provider_id *ids;
	json_t *json = json_array();
	size_t count;
	int rc = sb_provider_list(root, &ids, &count, &failure);

	for (size_t i = 0; rc == SB_EXIT_OK && i < count; i++) {
		struct sb_provider *p = NULL;

		rc = sb_provider_load(root, ids[i].text, &p, &failure);
		if (rc == SB_EXIT_OK)
			json_array_append_new(json, json_pack("{s:s, s:s, s:s*}", "id", p->id, "label", sb_provider_label(p), "key", p->key_label));
		sb_provider_free(&p);
	}
	free(ids);
	if (rc == SB_EXIT_OK)
		return print(json_pack("{s:o}", "providers", json));
	json_decref(json);
	return rc;
}

static const struct sb_person *read_person(json_t *json, struct sb_person *out)
{
	*out = (struct sb_person){sb_json_text(json, "name"), sb_json_text(json, "birth_date"), sb_json_text(json, "phone"), sb_json_text(json, "carrier")};
	return out;
}

static int start(struct sb_oidc *oidc, const struct sb_person *person, const char *file, const char *message)
{
	struct sb_ciba_request request;
	json_t *stored = NULL;
	int rc = sb_ciba_start(oidc, person, message, time(NULL), &request, &failure);

	if (rc != SB_EXIT_OK)
		return rc;
	stored = sb_ciba_store(&request);
	rc = json_dump_file(stored, file, JSON_COMPACT) == 0 ? SB_EXIT_OK : SB_EXIT_STORAGE;
	json_decref(stored);
	return rc == SB_EXIT_OK ? print(json_pack("{s:i, s:I}", "interval", (int)request.interval, "life", (json_int_t)(request.expires - request.started))) : rc;
}

static int poll(struct sb_oidc *oidc, const struct sb_person *person, const char *file)
{
	struct sb_ciba_request request;
	struct sb_claims claims;
	enum sb_ciba_state state;
	json_t *stored = json_load_file(file, 0, NULL);
	int rc = sb_ciba_restore(stored, &request) == SB_OK ? SB_EXIT_OK : SB_EXIT_DATA;

	json_decref(stored);
	if (rc == SB_EXIT_OK)
		rc = sb_ciba_poll(oidc, &request, time(NULL), &state, &claims, &failure);
	if (rc != SB_EXIT_OK)
		return rc;
	stored = sb_ciba_store(&request);
	json_dump_file(stored, file, JSON_COMPACT);
	json_decref(stored);
	if (state == SB_CIBA_DENIED || state == SB_CIBA_EXPIRED)
		return sb_ciba_fail(oidc, state, &failure);
	if (state == SB_CIBA_DONE)
		rc = sb_claims_check(person, &claims, &failure);
	if (rc == SB_EXIT_OK)
		print(json_pack("{s:s, s:i, s:s*, s:s*, s:s*, s:s*, s:s*}", "state", sb_ciba_state_name(state), "interval", (int)request.interval, "sub", claims.subject,
			"name", claims.name, "birth_date", claims.birth_date, "phone", claims.phone, "token", *claims.token ? claims.token : NULL));
	sb_claims_free(&claims);
	return rc;
}

static int with_provider(int argc, char **argv)
{
	struct sb_provider *provider = NULL;
	struct sb_pkey *key = load_key(argv[1]);
	struct sb_signer signer = {sign, key};
	struct sb_oidc *oidc = NULL;
	struct sb_person person;
	json_t *json = json_load_file(argv[4], 0, NULL);
	int rc = sb_provider_load(argv[1], argv[3], &provider, &failure);

	if (rc == SB_EXIT_OK)
		rc = sb_oidc_open(provider, key ? &signer : NULL, &oidc, &failure);
	if (rc == SB_EXIT_OK && strcmp(argv[2], "start") == 0)
		rc = start(oidc, read_person(json, &person), argv[5], argc > 6 ? argv[6] : NULL);
	else if (rc == SB_EXIT_OK)
		rc = poll(oidc, read_person(json, &person), argv[5]);
	sb_oidc_close(&oidc);
	sb_provider_free(&provider);
	sb_pkey_free(&key);
	json_decref(json);
	return rc;
}

static int send(char **argv)
{
	struct sb_sms *sms = NULL;
	bool queued = false;
	int rc = sb_sms_open(argv[1], &sms, &failure);

	if (rc == SB_EXIT_OK)
		rc = sb_sms_send(sms, argv[3], argv[4], &queued, &failure);
	sb_sms_close(&sms);
	return rc == SB_EXIT_OK ? print(json_pack("{s:b}", "queued", queued)) : rc;
}

int main(int argc, char **argv)
{
	int rc = SB_EXIT_USAGE;

	sb_i18n_start(getenv("SINBUN_TEST_LANG"));
	if (argc < 3 || sb_crypto_start() != SB_OK)
		return rc;
	if (strcmp(argv[2], "key") == 0)
		rc = make_key(argv[1]);
	else if (strcmp(argv[2], "providers") == 0)
		rc = list(argv[1]);
	else if (strcmp(argv[2], "sms") == 0 && argc == 5)
		rc = send(argv);
	else if (argc >= 6)
		rc = with_provider(argc, argv);
	if (rc != SB_EXIT_OK)
		print(json_pack("{s:s, s:s, s:s, s:s}", "error", failure.error, "field", failure.field, "rule", failure.rule, "message", failure.message));
	return rc;
}
