/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "check.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "formats/sd_jwt.h"
#include "formats/x509.h"
#include "software_signer.h"
#include "vectors.h"

/* SD-JWT VC: what is issued, presented and refused. */

#define EKU "1.0.18013.5.1.2"
#define AUDIENCE "redirect_uri:https://rp.example/cb"
enum { NOW = 1800000000, YEAR = 365 * 24 * 3600 };

static struct software_signer root, signer, device, stranger;
static struct sb_bytes root_der, signer_der, other_root_der, holder_der;
static json_t *values;

static struct sb_sd_jwt_question question(void)
{
	static struct sb_slice roots[1];

	roots[0] = sb_bytes_slice(&root_der);
	return (struct sb_sd_jwt_question){roots, 1, EKU, NOW, AUDIENCE, "N-1", 300};
}

static void make_certificate(enum sb_x509_kind kind, const struct software_signer *subject, const struct software_signer *issuer, const char *name,
	struct sb_bytes *der)
{
	struct sb_x509_request r = {.kind = kind, .subject = {"KR", "Test", name}, .issuer = {"KR", "Test", "Root"}, .serial = {1}, .serial_len = 1,
		.not_before = NOW - YEAR, .not_after = NOW + YEAR, .point = software_point(subject), .issuer_point = software_point(issuer)};

	REQUIRE(sb_x509_issue(&r, &issuer->signer, der) == SB_OK);
}

static void issue(struct sb_bytes *out)
{
	struct sb_sd_jwt_content c = {.vct = "urn:test:1", .iat = NOW - 100, .exp = NOW + 1000, .status_index = 7,
		.status_uri = "https://id.example/s", .values = values, .certificate = sb_bytes_slice(&signer_der)};

	memcpy(c.holder_point, device.point, 65);
	REQUIRE(sb_sd_jwt_issue(&c, &signer.signer, out) == SB_OK);
}

/* Parses a copy of exactly that size, and asks everything. */
static enum sb_sd_jwt_fault judge(const void *text, size_t len, const struct sb_sd_jwt_question *q)
{
	char *copy = malloc(len ? len : 1);
	enum sb_sd_jwt_fault why;
	struct sb_sd_jwt t;
	int rc;

	REQUIRE(copy);
	memcpy(copy, text, len);
	rc = sb_sd_jwt_parse(sb_slice(copy, len), &t, &why);
	if (rc == SB_OK)
		rc = sb_sd_jwt_verify(&t, q, &why);
	CHECK((rc == SB_OK) == (why == SB_SD_JWT_FAULT_NONE));
	sb_sd_jwt_free(&t);
	free(copy);
	return why;
}

static void is_refused(const struct sb_bytes *text, const struct sb_sd_jwt_question *q, enum sb_sd_jwt_fault want, const char *what)
{
	enum sb_sd_jwt_fault got = judge(text->data, text->len, q);

	check_count++;
	if (got != want) {
		fprintf(stderr, "%s: %s, not %s\n", what, sb_sd_jwt_fault_name(got), sb_sd_jwt_fault_name(want));
		check_failures++;
	}
}

static void present(struct sb_slice issued, const char *const *names, const struct sb_sd_jwt_binding *b, const struct software_signer *by,
	struct sb_bytes *out)
{
	bool chosen[SB_SD_JWT_DISCLOSURES] = {false};
	enum sb_sd_jwt_fault why;
	struct sb_sd_jwt t;

	REQUIRE(sb_sd_jwt_parse(issued, &t, &why) == SB_OK);
	for (size_t i = 0; names[i]; i++) {
		json_t *path = json_pack("[s]", names[i]);

		REQUIRE(sb_sd_jwt_select(&t, path, NULL, chosen) == SB_OK);
		json_decref(path);
	}
	REQUIRE(sb_sd_jwt_present(&t, chosen, b, &by->signer, out) == SB_OK);
	sb_sd_jwt_free(&t);
}

static const struct sb_sd_jwt_binding good_binding = {AUDIENCE, "N-1", NOW - 10};

static void present_name(struct sb_bytes *out)
{
	static const char *const names[] = {"name", "age_over_19", NULL};
	struct sb_bytes issued = {0};

	issue(&issued);
	present(sb_bytes_slice(&issued), names, &good_binding, &device, out);
	sb_bytes_free(&issued);
}

static void exactly_what_was_chosen_is_shown(void)
{
	struct sb_sd_jwt_question q = question();
	struct sb_bytes issued = {0}, shown = {0};
	enum sb_sd_jwt_fault why;
	struct sb_sd_jwt t;

	issue(&issued);
	REQUIRE(sb_sd_jwt_parse(sb_bytes_slice(&issued), &t, &why) == SB_OK);
	CHECK_EQ(t.disclosure_count, json_object_size(values));
	CHECK(t.has_status && t.status_index == 7 && strcmp(t.status_uri, "https://id.example/s") == 0);
	CHECK(strcmp(t.vct, "urn:test:1") == 0 && t.exp == NOW + 1000 && memcmp(t.holder_point, device.point, 65) == 0);
	CHECK(json_equal(json_object_get(t.claims, "driving_privileges"), json_object_get(values, "driving_privileges")));
	CHECK_EQ(sb_sd_jwt_verify_issued(&t, &q, &why), SB_OK);
	CHECK(sb_sd_jwt_verify(&t, &q, &why) == SB_E_SIGNATURE && why == SB_SD_JWT_FAULT_BINDING_MISSING);
	CHECK_EQ(json_array_size(json_object_get(t.issuer.payload, "_sd")), json_object_size(values));
	sb_sd_jwt_free(&t);
	present_name(&shown);
	REQUIRE(sb_sd_jwt_parse(sb_bytes_slice(&shown), &t, &why) == SB_OK);
	CHECK_EQ(sb_sd_jwt_verify(&t, &q, &why), SB_OK);
	CHECK_EQ(t.disclosure_count, 2);
	CHECK(strcmp(sb_json_text(t.claims, "name"), "홍시험") == 0 && json_is_true(json_object_get(t.claims, "age_over_19")));
	CHECK(!json_object_get(t.claims, "rrn") && !json_object_get(t.claims, "_sd") && !json_object_get(t.claims, "_sd_alg"));
	sb_sd_jwt_free(&t);
	sb_bytes_free(&issued);
	sb_bytes_free(&shown);
}

/* Truncated anywhere; every character changed into sixteen others, which are others at every place. */
static void nothing_altered_is_accepted(void)
{
	struct sb_sd_jwt_question q = question();
	struct sb_bytes shown = {0};
	unsigned long truncations = 0, changes = 0, accepted = 0;

	present_name(&shown);
	REQUIRE(judge(shown.data, shown.len, &q) == SB_SD_JWT_FAULT_NONE);
	for (size_t len = 0; len < shown.len; len++, truncations++)
		accepted += judge(shown.data, len, &q) == SB_SD_JWT_FAULT_NONE;
	for (size_t i = 0; i < shown.len; i++) {
		uint8_t was = shown.data[i];

		for (unsigned k = 0; k < 16; k++, changes++) {
			shown.data[i] = was ^ (uint8_t)(k < 3 ? 1U << k : 1 + (i * 16 + k * 17) % 255);
			if (judge(shown.data, shown.len, &q) == SB_SD_JWT_FAULT_NONE) {
				fprintf(stderr, "character %zu, %02x instead of %02x, was accepted\n", i, shown.data[i], was);
				accepted++;
			}
		}
		shown.data[i] = was;
	}
	CHECK_EQ(accepted, 0);
	printf("%lu truncations and %lu changes of %zu characters refused\n", truncations, changes, shown.len);
	sb_bytes_free(&shown);
}

/* --- made by hand --- */

static void append_signed(const char *header, const char *payload, const struct software_signer *by, struct sb_bytes *out)
{
	struct sb_bytes tbs = {0};
	uint8_t digest[32], signature[64];

	REQUIRE(sb_base64url_encode(header, strlen(header), &tbs) == SB_OK && sb_bytes_append_byte(&tbs, '.') == SB_OK);
	REQUIRE(sb_base64url_encode(payload, strlen(payload), &tbs) == SB_OK);
	REQUIRE(sb_sha256(tbs.data, tbs.len, digest) == SB_OK && software_sign(by->key, digest, signature) == SB_OK);
	REQUIRE(sb_bytes_append_byte(&tbs, '.') == SB_OK && sb_base64url_encode(signature, 64, &tbs) == SB_OK);
	REQUIRE(sb_bytes_append(out, tbs.data, tbs.len) == SB_OK);
	sb_bytes_free(&tbs);
}

/* In text, @0 … @9 stand for the digests of the disclosures, @k for the device's key, @c and @r for the certificates in base64. */
static void fill_in(const char *text, const char *const *disclosures, struct sb_bytes *out)
{
	char *jwk;
	json_t *key = sb_jwk_from_point(device.point);

	jwk = json_dumps(key, JSON_COMPACT);
	for (; *text; text++) {
		struct sb_bytes coded = {0};
		uint8_t hash[32];

		if (*text != '@') {
			REQUIRE(sb_bytes_append_byte(out, (uint8_t)*text) == SB_OK);
			continue;
		}
		switch (*++text) {
		case 'k':
			REQUIRE(sb_bytes_append_text(out, jwk) == SB_OK);
			break;
		case 'c':
			REQUIRE(sb_base64_encode(signer_der.data, signer_der.len, out) == SB_OK);
			break;
		case 'r':
			REQUIRE(sb_base64_encode(root_der.data, root_der.len, out) == SB_OK);
			break;
		case 'h':
			REQUIRE(sb_base64_encode(holder_der.data, holder_der.len, out) == SB_OK);
			break;
		default:
			REQUIRE(sb_base64url_encode(disclosures[*text - '0'], strlen(disclosures[*text - '0']), &coded) == SB_OK);
			REQUIRE(sb_sha256(coded.data, coded.len, hash) == SB_OK && sb_base64url_encode(hash, 32, out) == SB_OK);
			sb_bytes_free(&coded);
		}
	}
	REQUIRE(sb_bytes_terminate(out) == SB_OK);
	json_decref(key);
	free(jwk);
}

#define HEADER "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\",\"x5c\":[\"@c\"]}"
#define OPEN "\"vct\":\"urn:test:1\",\"iat\":1799999900,\"exp\":1800001000,\"cnf\":{\"jwk\":@k},\"status\":{\"status_list\":{\"idx\":7,\"uri\":\"u\"}}"
#define SALT "\"AAAAAAAAAAAAAAAAAAAAAA\""

static void craft(const char *header, const char *payload, const char *const *disclosures, struct sb_bytes *out)
{
	struct sb_bytes h = {0}, p = {0};

	fill_in(header, disclosures, &h);
	fill_in(payload, disclosures, &p);
	append_signed((const char *)h.data, (const char *)p.data, &signer, out);
	REQUIRE(sb_bytes_append_byte(out, '~') == SB_OK);
	for (size_t i = 0; disclosures[i]; i++)
		REQUIRE(sb_base64url_encode(disclosures[i], strlen(disclosures[i]), out) == SB_OK && sb_bytes_append_byte(out, '~') == SB_OK);
	sb_bytes_free(&h);
	sb_bytes_free(&p);
}

/* A key-binding JWT behind what is there; payload NULL: a good one. @s stands for the hash. */
static void bind_with(const char *header, const char *payload, const struct software_signer *by, struct sb_bytes *text)
{
	struct sb_bytes hash = {0}, body = {0};
	uint8_t raw[32];
	const char *rest;

	if (!payload)
		payload = "{\"iat\":1799999990,\"aud\":\"" AUDIENCE "\",\"nonce\":\"N-1\",\"sd_hash\":\"@s\"}";
	REQUIRE(sb_sha256(text->data, text->len, raw) == SB_OK && sb_base64url_encode(raw, 32, &hash) == SB_OK);
	rest = strstr(payload, "@s");
	REQUIRE(sb_bytes_append(&body, payload, rest ? (size_t)(rest - payload) : strlen(payload)) == SB_OK);
	if (rest)
		REQUIRE(sb_bytes_append(&body, hash.data, hash.len) == SB_OK && sb_bytes_append_text(&body, rest + 2) == SB_OK);
	REQUIRE(sb_bytes_terminate(&body) == SB_OK);
	append_signed(header, (const char *)body.data, by, text);
	sb_bytes_free(&hash);
	sb_bytes_free(&body);
}

#define KB "{\"alg\":\"ES256\",\"typ\":\"kb+jwt\"}"

static void what_is_in_it(void)
{
#define D(name, value) "[" SALT ",\"" name "\"," value "]"
	static const struct {
		const char *what, *header, *payload, *disclosures[5];
		enum sb_sd_jwt_fault want;
	} rows[] = {
		{"plain", HEADER, "{" OPEN ",\"_sd\":[\"@0\"],\"_sd_alg\":\"sha-256\"}", {D("a", "1")}, SB_SD_JWT_FAULT_NONE},
		{"no _sd_alg", HEADER, "{" OPEN ",\"_sd\":[\"@0\"]}", {D("a", "1")}, SB_SD_JWT_FAULT_NONE},
		{"inside of a disclosure", HEADER, "{" OPEN ",\"_sd\":[\"@1\"]}", {D("b", "1"), D("a", "{\"_sd\":[\"1qR84AXXYHXDNvXjrmLrZ7tdPrFLKPNlfvwb5Ytq-J0\"]}")},
			SB_SD_JWT_FAULT_UNREFERENCED},
		{"an array's elements", HEADER, "{" OPEN ",\"l\":[{\"...\":\"@0\"},{\"...\":\"@1\"},2]}", {"[" SALT ",1]", "[" SALT ",{}]"}, SB_SD_JWT_FAULT_NONE},
		{"decoys", HEADER, "{" OPEN ",\"_sd\":[\"1qR84AXXYHXDNvXjrmLrZ7tdPrFLKPNlfvwb5Ytq-J0\"],\"l\":[{\"...\":\"0qR84AXXYHXDNvXjrmLrZ7tdPrFLKPNlfvwb5Ytq-J0\"}]}",
			{0}, SB_SD_JWT_FAULT_NONE},
		{"not referenced", HEADER, "{" OPEN "}", {D("a", "1")}, SB_SD_JWT_FAULT_UNREFERENCED},
		{"disclosed twice", HEADER, "{" OPEN ",\"_sd\":[\"@0\"]}", {D("a", "1"), D("a", "1")}, SB_SD_JWT_FAULT_UNREFERENCED},
		{"digest twice", HEADER, "{" OPEN ",\"_sd\":[\"@0\",\"@0\"]}", {D("a", "1")}, SB_SD_JWT_FAULT_DIGEST_REPEATED},
		{"digest twice, apart", HEADER, "{" OPEN ",\"_sd\":[\"@0\"],\"o\":{\"_sd\":[\"@0\"]}}", {D("a", "1")}, SB_SD_JWT_FAULT_DIGEST_REPEATED},
		{"decoy twice", HEADER,
			"{" OPEN ",\"_sd\":[\"1qR84AXXYHXDNvXjrmLrZ7tdPrFLKPNlfvwb5Ytq-J0\",\"1qR84AXXYHXDNvXjrmLrZ7tdPrFLKPNlfvwb5Ytq-J0\"]}", {0},
			SB_SD_JWT_FAULT_DIGEST_REPEATED},
		{"stands there already", HEADER, "{" OPEN ",\"a\":2,\"_sd\":[\"@0\"]}", {D("a", "1")}, SB_SD_JWT_FAULT_CLASH},
		{"two of one name", HEADER, "{" OPEN ",\"_sd\":[\"@0\",\"@1\"]}", {D("a", "1"), D("a", "2")}, SB_SD_JWT_FAULT_CLASH},
		{"named _sd", HEADER, "{" OPEN ",\"_sd\":[\"@0\"]}", {D("_sd", "[]")}, SB_SD_JWT_FAULT_RESERVED},
		{"named ...", HEADER, "{" OPEN ",\"_sd\":[\"@0\"]}", {D("...", "1")}, SB_SD_JWT_FAULT_RESERVED},
		{"named _sd_alg", HEADER, "{" OPEN ",\"_sd\":[\"@0\"]}", {D("_sd_alg", "1")}, SB_SD_JWT_FAULT_RESERVED},
		{"a member ...", HEADER, "{" OPEN ",\"...\":\"x\"}", {0}, SB_SD_JWT_FAULT_RESERVED},
		{"more beside ...", HEADER, "{" OPEN ",\"l\":[{\"...\":\"@0\",\"x\":1}]}", {"[" SALT ",1]"}, SB_SD_JWT_FAULT_RESERVED},
		{"hidden exp", HEADER, "{" OPEN ",\"_sd\":[\"@0\"]}", {D("exp", "1")}, SB_SD_JWT_FAULT_RESERVED},
		{"hidden vct", HEADER, "{" OPEN ",\"_sd\":[\"@0\"]}", {D("vct", "\"x\"")}, SB_SD_JWT_FAULT_RESERVED},
		{"hidden status", HEADER, "{" OPEN ",\"_sd\":[\"@0\"]}", {D("status", "{}")}, SB_SD_JWT_FAULT_RESERVED},
		{"element as member", HEADER, "{" OPEN ",\"_sd\":[\"@0\"]}", {"[" SALT ",1]"}, SB_SD_JWT_FAULT_DISCLOSURE},
		{"member as element", HEADER, "{" OPEN ",\"l\":[{\"...\":\"@0\"}]}", {D("a", "1")}, SB_SD_JWT_FAULT_DISCLOSURE},
		{"four parts", HEADER, "{" OPEN ",\"_sd\":[\"@0\"]}", {"[" SALT ",\"a\",1,2]"}, SB_SD_JWT_FAULT_DISCLOSURE},
		{"one part", HEADER, "{" OPEN ",\"_sd\":[\"@0\"]}", {"[" SALT "]"}, SB_SD_JWT_FAULT_DISCLOSURE},
		{"an object", HEADER, "{" OPEN ",\"_sd\":[\"@0\"]}", {"{\"a\":1}"}, SB_SD_JWT_FAULT_DISCLOSURE},
		{"no JSON", HEADER, "{" OPEN ",\"_sd\":[\"@0\"]}", {"x"}, SB_SD_JWT_FAULT_DISCLOSURE},
		{"a name that is a number", HEADER, "{" OPEN ",\"_sd\":[\"@0\"]}", {"[" SALT ",1,1]"}, SB_SD_JWT_FAULT_DISCLOSURE},
		{"salt that is a number", HEADER, "{" OPEN ",\"_sd\":[\"@0\"]}", {"[1,\"a\",1]"}, SB_SD_JWT_FAULT_DISCLOSURE},
		{"a key twice in a value", HEADER, "{" OPEN ",\"_sd\":[\"@0\"]}", {D("a", "{\"b\":1,\"b\":2}")}, SB_SD_JWT_FAULT_DISCLOSURE},
		{"salt of 15 bytes", HEADER, "{" OPEN ",\"_sd\":[\"@0\"]}", {"[\"AAAAAAAAAAAAAAAAAAAA\",\"a\",1]"}, SB_SD_JWT_FAULT_SALT},
		{"salt that is no base64url", HEADER, "{" OPEN ",\"_sd\":[\"@0\"]}", {"[\"AAAA AAAA AAAA AAAA AAAA AAAA\",\"a\",1]"}, SB_SD_JWT_FAULT_SALT},
		{"sha-512", HEADER, "{" OPEN ",\"_sd\":[\"@0\"],\"_sd_alg\":\"sha-512\"}", {D("a", "1")}, SB_SD_JWT_FAULT_DIGEST_ALGORITHM},
		{"_sd_alg 7", HEADER, "{" OPEN ",\"_sd_alg\":7}", {0}, SB_SD_JWT_FAULT_DIGEST_ALGORITHM},
		{"_sd that is a text", HEADER, "{" OPEN ",\"_sd\":\"@0\"}", {D("a", "1")}, SB_SD_JWT_FAULT_DIGEST},
		{"_sd of a number", HEADER, "{" OPEN ",\"_sd\":[7]}", {0}, SB_SD_JWT_FAULT_DIGEST},
		{"a short digest", HEADER, "{" OPEN ",\"_sd\":[\"abc\"]}", {0}, SB_SD_JWT_FAULT_DIGEST},
		{"deep", HEADER, "{" OPEN ",\"d\":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}", {0}, SB_SD_JWT_FAULT_DEPTH},
		{"a key twice", HEADER, "{" OPEN ",\"a\":1,\"a\":1}", {0}, SB_SD_JWT_FAULT_ISSUER_JWT},
		{"alg none", "{\"alg\":\"none\",\"typ\":\"dc+sd-jwt\",\"x5c\":[\"@c\"]}", "{" OPEN "}", {0}, SB_SD_JWT_FAULT_ISSUER_JWT},
		{"alg ES384", "{\"alg\":\"ES384\",\"typ\":\"dc+sd-jwt\",\"x5c\":[\"@c\"]}", "{" OPEN "}", {0}, SB_SD_JWT_FAULT_ISSUER_JWT},
		{"typ JWT", "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"x5c\":[\"@c\"]}", "{" OPEN "}", {0}, SB_SD_JWT_FAULT_ISSUER_JWT},
		{"typ vc+sd-jwt", "{\"alg\":\"ES256\",\"typ\":\"vc+sd-jwt\",\"x5c\":[\"@c\"]}", "{" OPEN "}", {0}, SB_SD_JWT_FAULT_ISSUER_JWT},
		{"crit", "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\",\"x5c\":[\"@c\"],\"crit\":[\"x\"]}", "{" OPEN "}", {0}, SB_SD_JWT_FAULT_ISSUER_JWT},
		{"no x5c", "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\"}", "{" OPEN "}", {0}, SB_SD_JWT_FAULT_CHAIN},
		{"the root in x5c", "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\",\"x5c\":[\"@c\",\"@r\"]}", "{" OPEN "}", {0}, SB_SD_JWT_FAULT_CHAIN},
		{"the root alone", "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\",\"x5c\":[\"@r\"]}", "{" OPEN "}", {0}, SB_SD_JWT_FAULT_ISSUER},
		{"no certificate", "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\",\"x5c\":[\"AAAA\"]}", "{" OPEN "}", {0}, SB_SD_JWT_FAULT_CHAIN},
		{"a holder's certificate", "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\",\"x5c\":[\"@h\"]}", "{" OPEN "}", {0}, SB_SD_JWT_FAULT_SIGNER_PROFILE},
	};
	struct sb_sd_jwt_question q = question();

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sb_bytes text = {0};

		craft(rows[i].header, rows[i].payload, rows[i].disclosures, &text);
		bind_with(KB, NULL, &device, &text);
		is_refused(&text, &q, rows[i].want, rows[i].what);
		sb_bytes_free(&text);
	}
}

static void claims_of_the_credential(void)
{
	static const char *const bad[] = {
		"{\"iat\":1799999900,\"exp\":1800001000,\"cnf\":{\"jwk\":@k}}", "{\"vct\":7,\"iat\":1799999900,\"exp\":1800001000,\"cnf\":{\"jwk\":@k}}",
		"{\"vct\":\"\",\"iat\":1799999900,\"exp\":1800001000,\"cnf\":{\"jwk\":@k}}", "{\"vct\":\"v\",\"exp\":1800001000,\"cnf\":{\"jwk\":@k}}",
		"{\"vct\":\"v\",\"iat\":1799999900,\"cnf\":{\"jwk\":@k}}", "{\"vct\":\"v\",\"iat\":1799999900,\"exp\":\"1800001000\",\"cnf\":{\"jwk\":@k}}",
		"{\"vct\":\"v\",\"iat\":1799999900,\"exp\":1800001000.5,\"cnf\":{\"jwk\":@k}}", "{\"vct\":\"v\",\"iat\":1799999900,\"exp\":1800001000}",
		"{\"vct\":\"v\",\"iat\":1799999900,\"exp\":1800001000,\"cnf\":{\"jwk\":{}}}", "{\"vct\":\"v\",\"iat\":1799999900,\"exp\":1800001000,\"cnf\":{\"kid\":\"x\"}}",
		"{\"vct\":\"v\",\"iat\":-1,\"exp\":1800001000,\"cnf\":{\"jwk\":@k}}",
		"{\"vct\":\"v\",\"iat\":1799999900,\"nbf\":\"x\",\"exp\":1800001000,\"cnf\":{\"jwk\":@k}}",
		"{\"vct\":\"v\",\"iat\":1799999900,\"exp\":1800001000,\"cnf\":{\"jwk\":@k},\"status\":7}",
		"{\"vct\":\"v\",\"iat\":1799999900,\"exp\":1800001000,\"cnf\":{\"jwk\":@k},\"status\":{\"status_list\":{\"idx\":-1,\"uri\":\"u\"}}}",
		"{\"vct\":\"v\",\"iat\":1799999900,\"exp\":1800001000,\"cnf\":{\"jwk\":@k},\"status\":{\"status_list\":{\"idx\":1}}}",
		"{\"vct\":\"v\",\"iat\":1799999900,\"exp\":1800001000,\"cnf\":{\"jwk\":@k},\"status\":{\"other\":{}}}"};
	static const char *const none[] = {NULL};
	struct sb_sd_jwt_question q = question();

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct sb_bytes text = {0};

		craft(HEADER, bad[i], none, &text);
		bind_with(KB, NULL, &device, &text);
		is_refused(&text, &q, SB_SD_JWT_FAULT_CLAIMS, bad[i]);
		sb_bytes_free(&text);
	}
}

static void the_form_between_the_tildes(void)
{
	static const char *const one[] = {D("a", "1"), NULL};
	struct sb_sd_jwt_question q = question();
	struct sb_bytes text = {0};

	craft(HEADER, "{" OPEN ",\"_sd\":[\"@0\"]}", one, &text);
	is_refused(&text, &q, SB_SD_JWT_FAULT_BINDING_MISSING, "no key binding");
	REQUIRE(sb_bytes_append_byte(&text, '~') == SB_OK);
	bind_with(KB, NULL, &device, &text);
	is_refused(&text, &q, SB_SD_JWT_FAULT_DISCLOSURE, "an empty disclosure");
	text.len = 0;
	for (int i = 0; i < 1000; i++)
		REQUIRE(sb_bytes_append_text(&text, "x~") == SB_OK);
	is_refused(&text, &q, SB_SD_JWT_FAULT_DISCLOSURE, "rubbish");
	text.len = 0;
	craft(HEADER, "{" OPEN "}", one + 1, &text);
	for (int i = 0; i < SB_SD_JWT_DISCLOSURES + 1; i++)
		REQUIRE(sb_base64url_encode(one[0], strlen(one[0]), &text) == SB_OK && sb_bytes_append_byte(&text, '~') == SB_OK);
	is_refused(&text, &q, SB_SD_JWT_FAULT_STRUCTURE, "more disclosures than are looked at");
	REQUIRE(sb_bytes_extend(&text, SB_SD_JWT_SIZE_MAX));
	is_refused(&text, &q, SB_SD_JWT_FAULT_STRUCTURE, "too large");
	sb_bytes_free(&text);
}

static void key_binding(void)
{
#define KB_BODY(iat, aud, nonce, hash) "{\"iat\":" iat ",\"aud\":" aud ",\"nonce\":" nonce ",\"sd_hash\":" hash "}"
#define AUD "\"" AUDIENCE "\""
	static const struct {
		const char *what, *header, *payload;
		enum sb_sd_jwt_fault want;
	} rows[] = {
		{"good", KB, KB_BODY("1799999990", AUD, "\"N-1\"", "\"@s\""), SB_SD_JWT_FAULT_NONE},
		{"the oldest", KB, KB_BODY("1799999700", AUD, "\"N-1\"", "\"@s\""), SB_SD_JWT_FAULT_NONE},
		{"too old", KB, KB_BODY("1799999699", AUD, "\"N-1\"", "\"@s\""), SB_SD_JWT_FAULT_TOO_OLD},
		{"a little ahead", KB, KB_BODY("1800000005", AUD, "\"N-1\"", "\"@s\""), SB_SD_JWT_FAULT_NONE},
		{"ahead", KB, KB_BODY("1800000006", AUD, "\"N-1\"", "\"@s\""), SB_SD_JWT_FAULT_AHEAD},
		{"iat a text", KB, KB_BODY("\"1799999990\"", AUD, "\"N-1\"", "\"@s\""), SB_SD_JWT_FAULT_BINDING_JWT},
		{"another audience", KB, KB_BODY("1799999990", "\"redirect_uri:https://rp.example/c\"", "\"N-1\"", "\"@s\""), SB_SD_JWT_FAULT_AUDIENCE},
		{"the audience without its prefix", KB, KB_BODY("1799999990", "\"https://rp.example/cb\"", "\"N-1\"", "\"@s\""), SB_SD_JWT_FAULT_AUDIENCE},
		{"several audiences", KB, KB_BODY("1799999990", "[" AUD "]", "\"N-1\"", "\"@s\""), SB_SD_JWT_FAULT_BINDING_JWT},
		{"another nonce", KB, KB_BODY("1799999990", AUD, "\"N-2\"", "\"@s\""), SB_SD_JWT_FAULT_NONCE},
		{"another hash", KB, KB_BODY("1799999990", AUD, "\"N-1\"", "\"0_Af-2B-EhLWX5ydh_w2xzwmO6iM66B_2QCEanI4fUY\""), SB_SD_JWT_FAULT_SD_HASH},
		{"no hash", KB, "{\"iat\":1799999990,\"aud\":" AUD ",\"nonce\":\"N-1\"}", SB_SD_JWT_FAULT_BINDING_JWT},
		{"no nonce", KB, "{\"iat\":1799999990,\"aud\":" AUD ",\"sd_hash\":\"@s\"}", SB_SD_JWT_FAULT_BINDING_JWT},
		{"no aud", KB, "{\"iat\":1799999990,\"nonce\":\"N-1\",\"sd_hash\":\"@s\"}", SB_SD_JWT_FAULT_BINDING_JWT},
		{"no iat", KB, "{\"aud\":" AUD ",\"nonce\":\"N-1\",\"sd_hash\":\"@s\"}", SB_SD_JWT_FAULT_BINDING_JWT},
		{"ended", KB, "{\"iat\":1799999990,\"exp\":1800000000,\"aud\":" AUD ",\"nonce\":\"N-1\",\"sd_hash\":\"@s\"}", SB_SD_JWT_FAULT_TOO_OLD},
		{"typ JWT", "{\"alg\":\"ES256\",\"typ\":\"JWT\"}", NULL, SB_SD_JWT_FAULT_BINDING_JWT},
		{"typ dc+sd-jwt", "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\"}", NULL, SB_SD_JWT_FAULT_BINDING_JWT},
		{"alg none", "{\"alg\":\"none\",\"typ\":\"kb+jwt\"}", NULL, SB_SD_JWT_FAULT_BINDING_JWT},
		{"crit", "{\"alg\":\"ES256\",\"typ\":\"kb+jwt\",\"crit\":[\"exp\"]}", NULL, SB_SD_JWT_FAULT_BINDING_JWT},
	};
	static const char *const two[] = {D("a", "1"), D("b", "1"), NULL};
	struct sb_sd_jwt_question q = question();
	struct sb_bytes text = {0}, moved = {0};
	size_t body;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		text.len = 0;
		craft(HEADER, "{" OPEN ",\"_sd\":[\"@0\",\"@1\"]}", two, &text);
		bind_with(rows[i].header, rows[i].payload, &device, &text);
		is_refused(&text, &q, rows[i].want, rows[i].what);
	}
	text.len = 0;
	craft(HEADER, "{" OPEN ",\"_sd\":[\"@0\",\"@1\"]}", two, &text);
	body = text.len;
	bind_with(KB, NULL, &stranger, &text);
	is_refused(&text, &q, SB_SD_JWT_FAULT_BINDING_SIGNATURE, "another device");
	text.len = body;
	bind_with(KB, NULL, &device, &text);
	/* Two disclosures of one length change places, then one is left out. */
	{
		size_t first = (size_t)((uint8_t *)memchr(text.data, '~', text.len) - text.data) + 1, len = (body - first) / 2;

		REQUIRE(sb_bytes_append(&moved, text.data, text.len) == SB_OK);
		memcpy(moved.data + first, text.data + first + len, len);
		memcpy(moved.data + first + len, text.data + first, len);
		is_refused(&moved, &q, SB_SD_JWT_FAULT_SD_HASH, "another order");
		moved.len = 0;
		REQUIRE(sb_bytes_append(&moved, text.data, first) == SB_OK);
		REQUIRE(sb_bytes_append(&moved, text.data + first + len, text.len - first - len) == SB_OK);
		is_refused(&moved, &q, SB_SD_JWT_FAULT_SD_HASH, "one left out");
	}
	sb_bytes_free(&text);
	sb_bytes_free(&moved);
}

static void times_and_trust(void)
{
	struct sb_slice roots[2] = {sb_bytes_slice(&other_root_der), sb_bytes_slice(&root_der)};
	struct sb_sd_jwt_question q = question();
	struct sb_bytes shown = {0};

	present_name(&shown);
	q.roots = roots;
	q.root_count = 2;
	is_refused(&shown, &q, SB_SD_JWT_FAULT_NONE, "two roots");
	q.root_count = 1;
	is_refused(&shown, &q, SB_SD_JWT_FAULT_ISSUER, "another root");
	q.root_count = 0;
	is_refused(&shown, &q, SB_SD_JWT_FAULT_ISSUER, "no root");
	q = question();
	q.eku = "1.2.3.4";
	is_refused(&shown, &q, SB_SD_JWT_FAULT_SIGNER_PROFILE, "another use");
	q = question();
	q.at = NOW + 1000;
	is_refused(&shown, &q, SB_SD_JWT_FAULT_EXPIRED, "expired");
	q.at = NOW - 106;
	is_refused(&shown, &q, SB_SD_JWT_FAULT_NOT_YET_VALID, "not yet valid");
	q.at = NOW + 2 * YEAR;
	is_refused(&shown, &q, SB_SD_JWT_FAULT_SIGNER_TIME, "the signer's certificate has ended");
	sb_bytes_free(&shown);
}

/* --- choosing --- */

static void chosen_for(const struct sb_sd_jwt *t, const char *path, const char *wanted, const char *want)
{
	bool chosen[SB_SD_JWT_DISCLOSURES] = {false};
	json_t *p = json_loads(path, 0, NULL), *v = wanted ? json_loads(wanted, 0, NULL) : NULL;
	char got[SB_SD_JWT_DISCLOSURES + 1] = "";
	int rc;

	REQUIRE(p && (v || !wanted));
	rc = sb_sd_jwt_select(t, p, v, chosen);
	for (size_t i = 0; i < t->disclosure_count; i++)
		got[i] = chosen[i] ? '1' : '0';
	check_count++;
	if (strcmp(rc == SB_OK ? got : "-", want) != 0 || (rc != SB_OK && rc != SB_E_NOT_FOUND)) {
		fprintf(stderr, "%s %s: chose %s (%d), not %s\n", path, wanted ? wanted : "", got, rc, want);
		check_failures++;
	}
	json_decref(p);
	json_decref(v);
}

static void paths(void)
{
	static const char *const disclosures[] = {D("street", "\"s\""), NULL, D("n", "1"), "[" SALT ",\"KR\"]", NULL};
	struct sb_bytes text = {0}, address = {0};
	const char *all[5] = {disclosures[0], NULL, disclosures[2], disclosures[3], NULL};
	enum sb_sd_jwt_fault why;
	struct sb_sd_jwt t;

	fill_in(D("address", "{\"_sd\":[\"@0\"],\"country\":\"KR\"}"), disclosures, &address);
	all[1] = (const char *)address.data;
	craft(HEADER, "{" OPEN ",\"_sd\":[\"@1\",\"@2\"],\"open\":{\"x\":[1,{\"...\":\"1qR84AXXYHXDNvXjrmLrZ7tdPrFLKPNlfvwb5Ytq-J0\"},{\"...\":\"@3\"}]}}", all, &text);
	REQUIRE(sb_sd_jwt_parse(sb_bytes_slice(&text), &t, &why) == SB_OK);
	chosen_for(&t, "[\"n\"]", NULL, "0010");
	chosen_for(&t, "[\"n\"]", "[2,1]", "0010");
	chosen_for(&t, "[\"n\"]", "[\"1\",true,2]", "-");
	chosen_for(&t, "[\"address\"]", NULL, "1100");
	chosen_for(&t, "[\"address\",\"street\"]", NULL, "1100");
	chosen_for(&t, "[\"address\",\"country\"]", NULL, "0100");
	chosen_for(&t, "[\"address\",\"city\"]", NULL, "-");
	chosen_for(&t, "[\"address\",\"street\",\"x\"]", NULL, "-");
	chosen_for(&t, "[\"address\",0]", NULL, "-");
	chosen_for(&t, "[\"open\",\"x\",0]", NULL, "0000");
	/* The hidden element that is not disclosed to us does not count. */
	chosen_for(&t, "[\"open\",\"x\",1]", NULL, "0001");
	chosen_for(&t, "[\"open\",\"x\",2]", NULL, "-");
	chosen_for(&t, "[\"open\",\"x\",null]", NULL, "0001");
	chosen_for(&t, "[\"open\",\"x\",null]", "[1]", "0000");
	chosen_for(&t, "[\"open\"]", NULL, "0001");
	chosen_for(&t, "[\"vct\"]", NULL, "0000");
	chosen_for(&t, "[\"vct\"]", "[\"urn:test:2\"]", "-");
	chosen_for(&t, "[\"_sd\"]", NULL, "-");
	chosen_for(&t, "[\"_sd\",0]", NULL, "-");
	chosen_for(&t, "[]", NULL, "-");
	sb_sd_jwt_free(&t);
	sb_bytes_free(&text);
	sb_bytes_free(&address);
}

/* --- published --- */

static bool issuer_of_the_rfc(uint8_t point[65])
{
	struct sb_bytes key = {0};
	json_t *jwk;

	if (!vector_read("sd-jwt-rfc9901/issuer_jwk.json", &key))
		return false;
	jwk = sb_json_parse(sb_bytes_slice(&key), NULL, NULL);
	REQUIRE(jwk && sb_jwk_to_point(jwk, point) == SB_OK);
	json_decref(jwk);
	sb_bytes_free(&key);
	return true;
}

static bool vector_token(const char *name, const char *typ, struct sb_bytes *text, struct sb_sd_jwt *t)
{
	enum sb_sd_jwt_fault why;

	if (!vector_read(name, text))
		return false;
	/* Printed with line ends in it. */
	for (size_t i = 0, len = text->len; i < len; i++) {
		if (i == 0)
			text->len = 0;
		if (!isspace(text->data[i]))
			text->data[text->len++] = text->data[i];
	}
	if (sb_sd_jwt_open(sb_bytes_slice(text), typ, t, &why) == SB_OK)
		return true;
	fprintf(stderr, "%s: %s\n", name, sb_sd_jwt_fault_name(why));
	check_failures++;
	return false;
}

static void the_rfcs_presentation(void)
{
	struct sb_bytes text = {0};
	uint8_t point[65], holder[65];
	enum sb_sd_jwt_fault why;
	struct sb_sd_jwt t;

	if (!issuer_of_the_rfc(point) || !vector_token("sd-jwt-rfc9901/section5_presentation_kb.txt", "example+sd-jwt", &text, &t))
		return;
	CHECK_EQ(sb_jws_verify(&t.issuer, sb_slice(point, 65)), SB_OK);
	CHECK(strcmp(sb_json_text(t.claims, "given_name"), "John") == 0 && strcmp(sb_json_text(t.claims, "family_name"), "Doe") == 0);
	CHECK(strcmp(sb_json_text(json_object_get(t.claims, "address"), "locality"), "Anytown") == 0);
	CHECK(json_array_size(json_object_get(t.claims, "nationalities")) == 1 && !json_object_get(t.claims, "email"));
	CHECK(strcmp(sb_json_text(t.kb.payload, "sd_hash"), "0_Af-2B-EhLWX5ydh_w2xzwmO6iM66B_2QCEanI4fUY") == 0);
	for (size_t i = 0; i < t.disclosure_count; i++)
		if (strcmp(json_string_value(json_array_get(t.disclosures[i].array, 1)), "family_name") == 0)
			CHECK(strcmp(t.disclosures[i].digest, "TGf4oLbgwd5JQaHyKVQZU9UdGE0w5rtDsrZzfUaomLo") == 0);
	REQUIRE(sb_jwk_to_point(json_object_get(json_object_get(t.claims, "cnf"), "jwk"), holder) == SB_OK);
	{
		const char *aud = sb_json_text(t.kb.payload, "aud"), *nonce = sb_json_text(t.kb.payload, "nonce");
		struct sb_sd_jwt_question q = {.at = json_integer_value(json_object_get(t.kb.payload, "iat")), .audience = aud, .nonce = nonce, .max_age = 1};

		CHECK_EQ(sb_sd_jwt_verify_binding(&t, holder, &q, &why), SB_OK);
		q.nonce = "another";
		CHECK_EQ(sb_sd_jwt_verify_binding(&t, holder, &q, &why), SB_E_SIGNATURE);
		CHECK_EQ(why, SB_SD_JWT_FAULT_NONCE);
	}
	sb_sd_jwt_free(&t);
	/* As a credential of ours it is not accepted: no vct, no x5c, another typ. */
	CHECK_EQ(sb_sd_jwt_parse(sb_bytes_slice(&text), &t, &why), SB_E_FORMAT);
	sb_bytes_free(&text);
}

static void other_examples(void)
{
	static const char *const names[] = {"sd-jwt-rfc9901/rfc_a_1_example_2_verification.txt", "sd-jwt-rfc9901/rfc_a_2_example_3_verification.txt",
		"openid4vp-1.0/sd_jwt_vcld/01/sd_jwt_issuance.txt", "openid4vp-1.0/sd_jwt_vcld/01/sd_jwt_presentation.txt"};
	uint8_t point[65];
	unsigned verified = 0;

	if (!issuer_of_the_rfc(point))
		return;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct sb_bytes text = {0};
		struct sb_sd_jwt t;

		if (vector_token(names[i], NULL, &text, &t)) {
			CHECK_EQ(sb_jws_verify(&t.issuer, sb_slice(point, 65)), SB_OK);
			CHECK(json_object_size(t.claims) > 3 && !json_object_get(t.claims, "_sd"));
			verified++;
			sb_sd_jwt_free(&t);
		}
		sb_bytes_free(&text);
	}
	printf("%u published SD-JWTs verified\n", verified);
}

int main(void)
{
	REQUIRE(sb_crypto_start() == SB_OK);
	root = software_signer_new();
	signer = software_signer_new();
	device = software_signer_new();
	stranger = software_signer_new();
	make_certificate(SB_X509_ROOT, &root, &root, "Root", &root_der);
	make_certificate(SB_X509_ROOT, &stranger, &stranger, "Root", &other_root_der);
	make_certificate(SB_X509_SIGNER, &signer, &root, "Signer", &signer_der);
	make_certificate(SB_X509_HOLDER, &signer, &root, "Holder", &holder_der);
	values = json_pack("{s:s, s:s, s:s, s:b, s:[{s:s}]}", "name", "홍시험", "birth_date", "1990-01-01", "rrn", "900101-1000000", "age_over_19", 1,
		"driving_privileges", "vehicle_category_code", "B");
	exactly_what_was_chosen_is_shown();
	nothing_altered_is_accepted();
	what_is_in_it();
	claims_of_the_credential();
	the_form_between_the_tildes();
	key_binding();
	times_and_trust();
	paths();
	the_rfcs_presentation();
	other_examples();
	json_decref(values);
	sb_bytes_free(&root_der);
	sb_bytes_free(&other_root_der);
	sb_bytes_free(&signer_der);
	sb_bytes_free(&holder_der);
	software_signer_free(&root);
	software_signer_free(&signer);
	software_signer_free(&device);
	software_signer_free(&stranger);
	return check_result();
}
