/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "crypto/random.h"
#include "formats/jws.h"
#include "fuzz.h"
#include "jws_vectors.h"
#include "software_signer.h"

/* What providers sign, and the keys that they publish: nothing crashes, and what is believed was signed. */

enum { RSA_VECTORS = 2 }; /* come first; a modulus may have zeros before it */
static json_t *keys[JWS_VECTORS];

static json_t *parse(const char *text)
{
	return sb_json_parse(sb_slice(text, strlen(text)), NULL, NULL);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	FUZZ_REQUIRE(sb_crypto_start() == SB_OK);
	for (size_t i = 0; i < JWS_VECTORS; i++)
		FUZZ_REQUIRE((keys[i] = parse(jws_vectors[i].jwk)));
	return 0;
}

static void as_token(struct sb_slice in)
{
	struct sb_jws jws;

	if (sb_jws_parse_any(in, &jws) != SB_OK)
		return;
	for (size_t i = 0; i < JWS_VECTORS; i++)
		if (sb_jws_verify_jwk(&jws, keys[i]) == SB_OK)
			FUZZ_REQUIRE(strcmp(sb_json_text(jws.payload, "name"), "홍시험") == 0 && json_object_size(jws.payload) == 2);
	FUZZ_REQUIRE(jws.signature_len <= sizeof jws.signature && *sb_jws_digest(&jws));
	sb_jws_free(&jws);
}

/* A key that verifies is the key, whatever else stands in it. */
static void as_key(struct sb_slice in)
{
	json_t *key = sb_json_parse(in, NULL, NULL);

	for (size_t i = 0; key && i < JWS_VECTORS; i++) {
		struct sb_jws jws;

		FUZZ_REQUIRE(sb_jws_parse_any(sb_slice(jws_vectors[i].jws, strlen(jws_vectors[i].jws)), &jws) == SB_OK);
		if (sb_jws_verify_jwk(&jws, key) == SB_OK)
			FUZZ_REQUIRE((i < RSA_VECTORS || json_equal(json_object_get(key, "x"), json_object_get(keys[i], "x"))) && !json_object_get(key, "d"));
		sb_jws_free(&jws);
	}
	json_decref(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	as_token(sb_slice(data, size));
	as_key(sb_slice(data, size));
	return 0;
}

bool fuzz_seed(unsigned number, struct sb_bytes *out)
{
	const char *seed;

	if (number >= 2 * JWS_VECTORS)
		return false;
	seed = number < JWS_VECTORS ? jws_vectors[number].jws : jws_vectors[number - JWS_VECTORS].jwk;
	return sb_bytes_append_text(out, seed) == SB_OK;
}
