/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "check.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "formats/jws.h"
#include "jws_vectors.h"
#include "software_signer.h"
#include "vectors.h"

static struct software_signer signer, stranger;

/* Three parts given as they are, signed well. */
static void signed_parts(const char *header, size_t header_len, const char *payload, struct sb_bytes *out)
{
	struct sb_bytes tbs = {0};
	uint8_t digest[32], signature[64];

	REQUIRE(sb_base64url_encode(header, header_len, &tbs) == SB_OK && sb_bytes_append_byte(&tbs, '.') == SB_OK);
	REQUIRE(sb_base64url_encode(payload, strlen(payload), &tbs) == SB_OK);
	REQUIRE(sb_sha256(tbs.data, tbs.len, digest) == SB_OK && software_sign(signer.key, digest, signature) == SB_OK);
	REQUIRE(sb_bytes_append_byte(&tbs, '.') == SB_OK && sb_base64url_encode(signature, 64, &tbs) == SB_OK);
	REQUIRE(sb_bytes_append(out, tbs.data, tbs.len) == SB_OK);
	sb_bytes_free(&tbs);
}

/* Parses a copy of exactly that size, so that a read beyond it is seen by the sanitizers. */
static int accept(const void *text, size_t len, const char *typ)
{
	char *copy = malloc(len ? len : 1);
	struct sb_jws jws;
	int rc;

	REQUIRE(copy);
	memcpy(copy, text, len);
	rc = sb_jws_parse(sb_slice(copy, len), typ, &jws);
	if (rc == SB_OK)
		rc = sb_jws_verify(&jws, software_point(&signer));
	sb_jws_free(&jws);
	free(copy);
	return rc;
}

static int accept_parts(const char *header, const char *payload)
{
	struct sb_bytes text = {0};
	int rc;

	signed_parts(header, strlen(header), payload, &text);
	rc = accept(text.data, text.len, "t");
	sb_bytes_free(&text);
	return rc;
}

static void what_was_signed_is_read(void)
{
	json_t *header = json_pack("{s:s}", "typ", "t"), *payload = json_pack("{s:s, s:i}", "name", "홍시험", "n", 7);
	struct sb_bytes text = {0};
	struct sb_jws jws;

	REQUIRE(sb_bytes_append_text(&text, "kept") == SB_OK);
	REQUIRE(sb_jws_sign(header, payload, &signer.signer, &text) == SB_OK);
	CHECK(memcmp(text.data, "kept", 4) == 0);
	REQUIRE(sb_jws_parse(sb_slice(text.data + 4, text.len - 4), "t", &jws) == SB_OK);
	CHECK(strcmp(sb_json_text(jws.header, "alg"), "ES256") == 0);
	CHECK(json_equal(jws.payload, payload));
	CHECK_EQ(sb_jws_verify(&jws, software_point(&signer)), SB_OK);
	CHECK_EQ(sb_jws_verify(&jws, software_point(&stranger)), SB_E_SIGNATURE);
	CHECK_EQ(sb_jws_verify(&jws, sb_slice("x", 1)), SB_E_SIGNATURE);
	sb_jws_free(&jws);
	CHECK_EQ(accept(text.data + 4, text.len - 4, NULL), SB_OK);
	CHECK_EQ(accept(text.data + 4, text.len - 4, "T"), SB_E_FORMAT);
	json_decref(header);
	json_decref(payload);
	sb_bytes_free(&text);
}

static void nothing_altered_is_accepted(void)
{
	struct sb_bytes text = {0};

	signed_parts("{\"alg\":\"ES256\",\"typ\":\"t\"}", 25, "{\"a\":[1,2,\"x\"]}", &text);
	CHECK_EQ(accept(text.data, text.len, "t"), SB_OK);
	for (size_t len = 0; len < text.len; len++)
		CHECK(accept(text.data, len, "t") != SB_OK);
	for (size_t i = 0; i < text.len; i++)
		for (unsigned change = 1; change < 256; change++) {
			text.data[i] ^= (uint8_t)change;
			if (accept(text.data, text.len, "t") == SB_OK) {
				fprintf(stderr, "character %zu ^ %02x was accepted\n", i, change);
				check_failures++;
			}
			text.data[i] ^= (uint8_t)change;
		}
	sb_bytes_free(&text);
}

static void other_headers_are_refused(void)
{
	static const char *const bad[] = {
		"{\"typ\":\"t\"}", "{\"alg\":\"none\",\"typ\":\"t\"}", "{\"alg\":\"None\",\"typ\":\"t\"}", "{\"alg\":\"HS256\",\"typ\":\"t\"}",
		"{\"alg\":\"ES384\",\"typ\":\"t\"}", "{\"alg\":\"es256\",\"typ\":\"t\"}", "{\"alg\":\"ES256 \",\"typ\":\"t\"}",
		"{\"alg\":\"ES256\\u0000\",\"typ\":\"t\"}", "{\"alg\":-7,\"typ\":\"t\"}", "{\"alg\":[\"ES256\"],\"typ\":\"t\"}", "{\"alg\":null,\"typ\":\"t\"}",
		"{\"alg\":\"ES256\"}", "{\"alg\":\"ES256\",\"typ\":\"T\"}", "{\"alg\":\"ES256\",\"typ\":\"application/t\"}", "{\"alg\":\"ES256\",\"typ\":7}",
		"{\"alg\":\"ES256\",\"typ\":\"t\\u0000\"}",
		"{\"alg\":\"ES256\",\"typ\":\"t\",\"crit\":[\"exp\"]}", "{\"alg\":\"ES256\",\"typ\":\"t\",\"crit\":[]}",
		"{\"alg\":\"ES256\",\"typ\":\"t\",\"crit\":null}",
		"{\"alg\":\"ES256\",\"typ\":\"t\",\"alg\":\"ES256\"}", "{\"alg\":\"none\",\"alg\":\"ES256\",\"typ\":\"t\"}",
		"{\"alg\":\"ES256\",\"\\u0061lg\":\"ES256\",\"typ\":\"t\"}",
		"{\"alg\":\"ES256\",\"typ\":\"t\",}", "{\"alg\":\"ES256\",\"typ\":\"t\"}x", "{\"alg\":\"ES256\",\"typ\":\"t\"", "[\"ES256\"]", "\"ES256\"", "", "{}",
		"{\"alg\":\"ES256\",\"typ\":\"t\",\"x\":\"\xff\"}", "\xef\xbb\xbf{\"alg\":\"ES256\",\"typ\":\"t\"}",
	};

	CHECK_EQ(accept_parts("{\"alg\":\"ES256\",\"typ\":\"t\"}", "{}"), SB_OK);
	CHECK_EQ(accept_parts(" {\"alg\":\"ES256\",\n\"typ\":\"t\",\"kid\":\"x\"}\n", "{}"), SB_OK);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (accept_parts(bad[i], "{}") != SB_E_FORMAT) {
			fprintf(stderr, "header %s was not refused\n", bad[i]);
			check_failures++;
		}
}

static void other_payloads_are_refused(void)
{
	static const char *const bad[] = {"", "[]", "1", "null", "{\"a\":1,\"a\":1}", "{\"o\":{\"a\":1,\"a\":2}}", "{\"a\":01}", "{\"a\":NaN}", "{} {}", "{'a':1}",
		"{\"a\":99999999999999999999}", "{\"a\":\"\xc0\x80\"}", "{\"a\":\"\\ud800\"}"};
	struct sb_bytes deep = {0};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK_EQ(accept_parts("{\"alg\":\"ES256\",\"typ\":\"t\"}", bad[i]), SB_E_FORMAT);
	REQUIRE(sb_bytes_append_text(&deep, "{\"a\":") == SB_OK);
	for (int i = 0; i < 1000000; i++)
		REQUIRE(sb_bytes_append_byte(&deep, '[') == SB_OK);
	CHECK(!sb_json_parse(sb_bytes_slice(&deep), NULL, NULL));
	sb_bytes_free(&deep);
}

/* The parts' frame: dots, alphabet, padding, the signature's size. */
static void other_frames_are_refused(void)
{
	static const char head[] = "eyJhbGciOiJFUzI1NiIsInR5cCI6InQifQ";
	static const char sig64[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	static const struct {
		const char *middle; /* between header and signature */
		size_t signature;   /* characters of it */
		const char *end;
	} bad[] = {{".e30", 0, ""}, {".e30.", 0, ""}, {".e30.", 85, ""}, {".e30.", 86, "."}, {".e30.", 86, ".AA"}, {".e30.", 86, "AA"}, {".e30.", 86, "=="},
		{".e30.", 86, "\n"}, {"..", 86, ""}, {".e30=.", 86, ""}, {".e31.", 86, ""}, {".e3 0.", 86, ""}, {".e30.", 85, "B"}, {"e30.", 86, ""}};
	char text[300];

	snprintf(text, sizeof text, "%s.e30.%s", head, sig64);
	CHECK_EQ(accept(text, strlen(text), "t"), SB_E_SIGNATURE);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(text, sizeof text, "%s%s%.*s%s", head, bad[i].middle, (int)bad[i].signature, sig64, bad[i].end);
		if (accept(text, strlen(text), "t") != SB_E_FORMAT) {
			fprintf(stderr, "%s was not refused\n", text);
			check_failures++;
		}
	}
	CHECK_EQ(accept("", 0, NULL), SB_E_FORMAT);
	CHECK_EQ(accept("..", 2, NULL), SB_E_FORMAT);
}

static void json_tells_where(void)
{
	static const char text[] = "{\n \"a\": 1,\n \"a\": 2\n}";
	int line = 0, column = 0;
	json_t *json = sb_json_parse(sb_slice("{\"a\":\"b\",\"n\":1}", 15), &line, &column);

	REQUIRE(json);
	CHECK(strcmp(sb_json_text(json, "a"), "b") == 0);
	CHECK(!sb_json_text(json, "n") && !sb_json_text(json, "x") && !sb_json_text(NULL, "x"));
	json_decref(json);
	CHECK(!sb_json_parse(sb_slice(text, sizeof text - 1), &line, &column));
	CHECK_EQ(line, 3);
	CHECK(column > 0);
	CHECK(!sb_json_parse(sb_slice("{}\0", 3), NULL, NULL));
	CHECK(!sb_json_parse((struct sb_slice){0}, NULL, NULL));
}

static int certificates_of(const char *x5c, size_t *count)
{
	struct sb_bytes chain[4] = {{0}}, text = {0};
	struct sb_jws jws;
	char header[200];
	int rc;

	snprintf(header, sizeof header, "{\"alg\":\"ES256\"%s%s}", *x5c ? ",\"x5c\":" : "", x5c);
	signed_parts(header, strlen(header), "{}", &text);
	REQUIRE(sb_jws_parse(sb_bytes_slice(&text), NULL, &jws) == SB_OK);
	rc = sb_jws_x5c(&jws, chain, count);
	if (rc == SB_OK)
		CHECK(sb_slice_equal(sb_bytes_slice(&chain[0]), sb_slice("fo", 2)));
	sb_jws_free(&jws);
	sb_bytes_free(&text);
	for (size_t i = 0; i < 4; i++)
		sb_bytes_free(&chain[i]);
	return rc;
}

static void certificate_chains(void)
{
	static const char *const bad[] = {"", "\"Zm8=\"", "[]", "[1]", "[\"Zm8\"]", "[\"Zm8=\",\"Z_8=\"]", "[\"Zm8=\",null]", "{\"0\":\"Zm8=\"}",
		"[\"Zm8=\",\"Zm8=\",\"Zm8=\",\"Zm8=\",\"Zm8=\"]"};
	size_t count;

	CHECK_EQ(certificates_of("[\"Zm8=\"]", &count), SB_OK);
	CHECK_EQ(count, 1);
	CHECK_EQ(certificates_of("[\"Zm8=\",\"Zm9v\",\"Zg==\",\"\"]", &count), SB_OK);
	CHECK_EQ(count, 4);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		CHECK_EQ(certificates_of(bad[i], &count), SB_E_FORMAT);
		CHECK_EQ(count, 0);
	}
}

static int jwk_with(const char *key, json_t *value)
{
	json_t *jwk = sb_jwk_from_point(signer.point);
	uint8_t point[65];
	int rc;

	REQUIRE(jwk && (value ? json_object_set_new(jwk, key, value) : json_object_del(jwk, key)) == 0);
	rc = sb_jwk_to_point(jwk, point);
	json_decref(jwk);
	return rc;
}

static void keys_are_points_on_the_curve(void)
{
	json_t *jwk = sb_jwk_from_point(signer.point), *other = sb_jwk_from_point(stranger.point);
	uint8_t point[65];

	REQUIRE(jwk && other && json_object_size(jwk) == 4);
	CHECK_EQ(sb_jwk_to_point(jwk, point), SB_OK);
	CHECK(memcmp(point, signer.point, 65) == 0);
	CHECK_EQ(jwk_with("kid", json_string("more is allowed")), SB_OK);
	CHECK_EQ(jwk_with("x", json_incref(json_object_get(other, "x"))), SB_E_FORMAT);
	CHECK_EQ(jwk_with("y", json_incref(json_object_get(other, "y"))), SB_E_FORMAT);
	CHECK_EQ(jwk_with("y", json_incref(json_object_get(jwk, "x"))), SB_E_FORMAT);
	CHECK_EQ(jwk_with("x", json_string("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")), SB_E_FORMAT);
	CHECK_EQ(jwk_with("x", json_string("__________________________________________8")), SB_E_FORMAT);
	CHECK_EQ(jwk_with("x", json_string("")), SB_E_FORMAT);
	CHECK_EQ(jwk_with("x", json_string("AAAA")), SB_E_FORMAT);
	CHECK_EQ(jwk_with("x", json_integer(7)), SB_E_FORMAT);
	CHECK_EQ(jwk_with("x", NULL), SB_E_FORMAT);
	CHECK_EQ(jwk_with("y", NULL), SB_E_FORMAT);
	CHECK_EQ(jwk_with("kty", NULL), SB_E_FORMAT);
	CHECK_EQ(jwk_with("kty", json_string("OKP")), SB_E_FORMAT);
	CHECK_EQ(jwk_with("crv", json_string("P-384")), SB_E_FORMAT);
	CHECK_EQ(jwk_with("crv", json_null()), SB_E_FORMAT);
	/* Whoever sends a private key has made a mistake that must not go on. */
	CHECK_EQ(jwk_with("d", json_string("AAAA")), SB_E_FORMAT);
	CHECK_EQ(sb_jwk_to_point(NULL, point), SB_E_FORMAT);
	json_decref(jwk);
	json_decref(other);
}

enum { NOW = 1750000000 };

static int proof_of(const char *audience, const char *nonce, int64_t iat)
{
	const struct sb_proof made = {audience, nonce, {(const uint8_t *)"box", 3}};
	const struct sb_proof wanted = {"https://issuer.test", "n0nce", {(const uint8_t *)"box", 3}};
	struct sb_bytes text = {0};
	uint8_t point[65];
	int rc;

	REQUIRE(sb_proof_make(signer.point, &made, iat, &signer.signer, &text) == SB_OK);
	rc = sb_proof_check(sb_bytes_slice(&text), &wanted, NOW, point);
	if (rc == SB_OK)
		CHECK(memcmp(point, signer.point, 65) == 0);
	sb_bytes_free(&text);
	return rc;
}

static void proofs_are_for_one_purpose(void)
{
	CHECK_EQ(proof_of("https://issuer.test", "n0nce", NOW), SB_OK);
	CHECK_EQ(proof_of("https://issuer.test", "n0nce", NOW - 600), SB_OK);
	CHECK_EQ(proof_of("https://issuer.test", "n0nce", NOW + 600), SB_OK);
	CHECK_EQ(proof_of("https://issuer.test", "n0nce", NOW - 601), SB_E_RANGE);
	CHECK_EQ(proof_of("https://issuer.test", "n0nce", NOW + 601), SB_E_RANGE);
	CHECK_EQ(proof_of("https://issuer.test", "n0nce", INT64_MIN), SB_E_RANGE);
	CHECK_EQ(proof_of("https://issuer.test", "n0nce", INT64_MAX), SB_E_RANGE);
	CHECK_EQ(proof_of("https://issuer.test/", "n0nce", NOW), SB_E_NOT_FOUND);
	CHECK_EQ(proof_of("", "n0nce", NOW), SB_E_NOT_FOUND);
	CHECK_EQ(proof_of("https://issuer.test", "n0nc", NOW), SB_E_NOT_FOUND);
	CHECK_EQ(proof_of("https://issuer.test", "", NOW), SB_E_NOT_FOUND);
}

/* A proof with this payload, its key in the header as given. */
static int proof_with(const char *typ, json_t *jwk, const char *payload)
{
	json_t *header = json_pack("{s:s, s:o}", "typ", typ, "jwk", jwk), *body = json_loads(payload, 0, NULL);
	const struct sb_proof wanted = {"a", "n", {(const uint8_t *)"box", 3}};
	struct sb_bytes text = {0};
	uint8_t point[65];
	int rc;

	REQUIRE(header && body && sb_jws_sign(header, body, &signer.signer, &text) == SB_OK);
	rc = sb_proof_check(sb_bytes_slice(&text), &wanted, NOW, point);
	json_decref(header);
	json_decref(body);
	sb_bytes_free(&text);
	return rc;
}

static void proofs_have_a_form(void)
{
	static const char typ[] = "openid4vci-proof+jwt", good[] = "{\"aud\":\"a\",\"iat\":1750000000,\"nonce\":\"n\"}";

	CHECK_EQ(proof_with(typ, sb_jwk_from_point(signer.point), good), SB_OK);
	/* Somebody else's key in the header: the signature is not by it. */
	CHECK_EQ(proof_with(typ, sb_jwk_from_point(stranger.point), good), SB_E_SIGNATURE);
	CHECK_EQ(proof_with(typ, json_object(), good), SB_E_FORMAT);
	CHECK_EQ(proof_with(typ, json_string("x"), good), SB_E_FORMAT);
	CHECK_EQ(proof_with("jwt", sb_jwk_from_point(signer.point), good), SB_E_FORMAT);
	CHECK_EQ(proof_with(typ, sb_jwk_from_point(signer.point), "{\"aud\":\"a\",\"nonce\":\"n\"}"), SB_E_FORMAT);
	CHECK_EQ(proof_with(typ, sb_jwk_from_point(signer.point), "{\"aud\":\"a\",\"iat\":1750000000.5,\"nonce\":\"n\"}"), SB_E_FORMAT);
	CHECK_EQ(proof_with(typ, sb_jwk_from_point(signer.point), "{\"aud\":\"a\",\"iat\":\"1750000000\",\"nonce\":\"n\"}"), SB_E_FORMAT);
	CHECK_EQ(proof_with(typ, sb_jwk_from_point(signer.point), "{\"aud\":[\"a\"],\"iat\":1750000000,\"nonce\":\"n\"}"), SB_E_NOT_FOUND);
	CHECK_EQ(proof_with(typ, sb_jwk_from_point(signer.point), "{\"iat\":1750000000,\"nonce\":\"n\"}"), SB_E_NOT_FOUND);
	CHECK_EQ(proof_with(typ, sb_jwk_from_point(signer.point), "{\"aud\":\"a\",\"iat\":1750000000}"), SB_E_NOT_FOUND);
	/* The key for the answer: ours ("box"), none, another's, no base64url, no text. */
	CHECK_EQ(proof_with(typ, sb_jwk_from_point(signer.point), "{\"aud\":\"a\",\"iat\":1750000000,\"nonce\":\"n\",\"box\":\"Ym94\"}"), SB_OK);
	CHECK_EQ(proof_with(typ, sb_jwk_from_point(signer.point), good), SB_OK);
	CHECK_EQ(proof_with(typ, sb_jwk_from_point(signer.point), "{\"aud\":\"a\",\"iat\":1750000000,\"nonce\":\"n\",\"box\":\"Ym95\"}"), SB_E_SIGNATURE);
	CHECK_EQ(proof_with(typ, sb_jwk_from_point(signer.point), "{\"aud\":\"a\",\"iat\":1750000000,\"nonce\":\"n\",\"box\":\"*\"}"), SB_E_SIGNATURE);
	CHECK_EQ(proof_with(typ, sb_jwk_from_point(signer.point), "{\"aud\":\"a\",\"iat\":1750000000,\"nonce\":\"n\",\"box\":7}"), SB_E_SIGNATURE);
}

static int verify_any(const char *text, const char *jwk)
{
	json_t *key = sb_json_parse(sb_slice(jwk, strlen(jwk)), NULL, NULL);
	struct sb_jws jws;
	int rc = sb_jws_parse_any(sb_slice(text, strlen(text)), &jws);

	REQUIRE(key);
	if (rc == SB_OK)
		rc = sb_jws_verify_jwk(&jws, key);
	sb_jws_free(&jws);
	json_decref(key);
	return rc;
}

static void what_others_sign_is_verified(void)
{
	for (size_t i = 0; i < JWS_VECTORS; i++) {
		const struct jws_vector *v = &jws_vectors[i];
		size_t len = strlen(v->jws);
		char *altered = strdup(v->jws);
		struct sb_jws jws;

		REQUIRE(altered && sb_jws_parse_any(sb_slice(v->jws, len), &jws) == SB_OK);
		CHECK(strcmp(sb_jws_digest(&jws), strcmp(v->alg, "EdDSA") == 0 ? "SHA512" : "SHA256") == 0);
		/* Only ES256 is of our own world. */
		CHECK_EQ(sb_jws_verify(&jws, software_point(&signer)), SB_E_SIGNATURE);
		sb_jws_free(&jws);
		CHECK_EQ(sb_jws_parse(sb_slice(v->jws, len), NULL, &jws), strcmp(v->alg, "ES256") == 0 ? SB_OK : SB_E_FORMAT);
		sb_jws_free(&jws);
		CHECK_EQ(verify_any(v->jws, v->jwk), SB_OK);
		altered[len - 10] = altered[len - 10] == 'A' ? 'B' : 'A';
		CHECK_EQ(verify_any(altered, v->jwk), SB_E_SIGNATURE);
		for (size_t other = 0; other < JWS_VECTORS; other++)
			if (other != i)
				CHECK(verify_any(v->jws, jws_vectors[other].jwk) == (i < 2 && other < 2 ? SB_E_SIGNATURE : SB_E_FORMAT));
		free(altered);
	}
}

static void a_key_is_used_as_it_says(void)
{
	static const struct {
		const char *add; /* behind the JWK's first brace */
		int rc;
	} rows[] = {{"\"use\":\"sig\",", SB_OK}, {"\"use\":\"enc\",", SB_E_FORMAT}, {"\"use\":7,", SB_E_FORMAT}, {"\"alg\":\"RS256\",", SB_OK},
		{"\"alg\":\"PS256\",", SB_E_FORMAT}, {"\"alg\":\"none\",", SB_E_FORMAT}, {"\"key_ops\":[\"sign\",\"verify\"],", SB_OK},
		{"\"key_ops\":[\"sign\"],", SB_E_FORMAT}, {"\"key_ops\":[],", SB_E_FORMAT}, {"\"d\":\"AQAB\",", SB_E_FORMAT}, {"\"kid\":\"x\",", SB_OK}};
	char jwk[1000];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(jwk, sizeof jwk, "{%s%s", rows[i].add, jws_vectors[0].jwk + 1);
		CHECK_EQ(verify_any(jws_vectors[0].jws, jwk), rows[i].rc);
	}
	CHECK_EQ(verify_any(jws_vectors[0].jws, jws_small_key), SB_E_UNSUPPORTED);
	CHECK_EQ(verify_any(jws_vectors[2].jws, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}"), SB_E_FORMAT);
	CHECK_EQ(verify_any(jws_vectors[3].jws, "{\"kty\":\"OKP\",\"crv\":\"Ed25519\"}"), SB_E_FORMAT);
	CHECK_EQ(verify_any(jws_vectors[3].jws, "{}"), SB_E_FORMAT);
}

static void forged_headers_are_refused(void)
{
	/* {"alg":"none"}, {"alg":"HS256"}, {"alg":"ES384"}, {}, {"alg":"ES256","crit":["b64"],"b64":false} */
	static const struct {
		const char *text;
		int rc;
	} rows[] = {{"eyJhbGciOiJub25lIn0.e30.", SB_E_UNSUPPORTED}, {"eyJhbGciOiJub25lIn0.e30.AAAA", SB_E_UNSUPPORTED},
		{"eyJhbGciOiJIUzI1NiJ9.e30.AAAA", SB_E_UNSUPPORTED}, {"eyJhbGciOiJFUzM4NCJ9.e30.AAAA", SB_E_UNSUPPORTED}, {"e30.e30.AAAA", SB_E_UNSUPPORTED},
		{"eyJhbGciOiJFUzI1NiIsImNyaXQiOlsiYjY0Il0sImI2NCI6ZmFsc2V9.e30.AAAA", SB_E_FORMAT}, {"eyJhbGciOiJSUzI1NiJ9.e30.", SB_E_FORMAT}};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		CHECK_EQ(verify_any(rows[i].text, jws_vectors[0].jwk), rows[i].rc);
	/* A short signature under each of the names. */
	CHECK_EQ(verify_any("eyJhbGciOiJSUzI1NiJ9.e30.AAAA", jws_vectors[0].jwk), SB_E_SIGNATURE);
	CHECK_EQ(verify_any("eyJhbGciOiJQUzI1NiJ9.e30.AAAA", jws_vectors[1].jwk), SB_E_SIGNATURE);
	CHECK_EQ(verify_any("eyJhbGciOiJFUzI1NiJ9.e30.AAAA", jws_vectors[2].jwk), SB_E_SIGNATURE);
	CHECK_EQ(verify_any("eyJhbGciOiJFZERTQSJ9.e30.AAAA", jws_vectors[3].jwk), SB_E_SIGNATURE);
}

int main(void)
{
	REQUIRE(sb_crypto_start() == SB_OK);
	signer = software_signer_new();
	stranger = software_signer_new();
	what_was_signed_is_read();
	nothing_altered_is_accepted();
	other_headers_are_refused();
	other_payloads_are_refused();
	other_frames_are_refused();
	json_tells_where();
	certificate_chains();
	keys_are_points_on_the_curve();
	proofs_are_for_one_purpose();
	proofs_have_a_form();
	what_others_sign_is_verified();
	a_key_is_used_as_it_says();
	forged_headers_are_refused();
	software_signer_free(&signer);
	software_signer_free(&stranger);
	return check_result();
}
