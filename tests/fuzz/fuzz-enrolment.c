/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "crypto/aead.h"
#include "formats/enrolment.h"
#include "formats/jws.h"
#include "formats/login.h"
#include "fuzz_parts.h"

/* The three files of enrolment, and the challenge of a sign-in: nothing crashes, every refusal names a member, what is taken is written again as it was, and a proof holds for
 * the key, the issuer and the box that it was made for alone.
 * In the clear: what is inside of a response, which is sealed before it is opened. */

enum { NOW = 1800000000 };
#define ISSUER "https://id.example"
static struct software_signer presentation, authentication;
static uint8_t box[32], secret[32];
static struct sb_bytes proofs[2], seeds[6];
static const struct sb_proof asked = {ISSUER, "N-1", {NULL, 0}};
static unsigned long taken;

static struct sb_proof question(void)
{
	struct sb_proof q = asked;

	q.box = sb_slice(box, sizeof box);
	return q;
}

static void keep(unsigned at, json_t *json)
{
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	FUZZ_REQUIRE(text);
	fuzz_put_text(&seeds[at], text);
	free(text);
	json_decref(json);
}

static const char inside[] = "{\"x509\":[\"MIIB\",\"MIIB\"],\"credentials\":[{\"type\":\"resident\",\"format\":\"mso_mdoc\",\"set\":\"\",\"value\":\"AAAA\"}],"
			     "\"fields\":{\"name\":\"홍시험\"},\"portrait\":null}";

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const struct sb_offer offer = {"A-1", ISSUER, "N-1", "19900101", NOW + 600};
	struct sb_enrol_request request = {.application = "A-1"};
	const struct sb_login login = {"A-1", ISSUER, "시험구청", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", NOW + 600};
	const struct sb_proof q = question();
	json_t *content = json_loads(inside, 0, NULL);

	(void)argc;
	(void)argv;
	presentation = software_signer_new();
	authentication = software_signer_new();
	FUZZ_REQUIRE(sb_box_keypair(box, secret) == SB_OK);
	FUZZ_REQUIRE(sb_proof_make(presentation.point, &q, NOW, &presentation.signer, &proofs[0]) == SB_OK);
	FUZZ_REQUIRE(sb_proof_make(authentication.point, &q, NOW, &authentication.signer, &proofs[1]) == SB_OK);
	memcpy(request.box, box, sizeof box);
	memcpy(request.presentation_point, presentation.point, 65);
	memcpy(request.authentication_point, authentication.point, 65);
	request.presentation_proof = sb_bytes_slice(&proofs[0]);
	request.authentication_proof = sb_bytes_slice(&proofs[1]);
	keep(0, sb_offer_make(&offer));
	keep(1, sb_enrol_request_make(&request));
	keep(2, sb_response_make("A-1", box, content));
	json_decref(content);
	fuzz_put_text(&seeds[3], "S");
	fuzz_put_text(&seeds[3], inside);
	keep(4, sb_refresh_request_make(&request));
	keep(5, sb_login_make(&login));
	for (size_t i = 0; i < 6; i++)
		LLVMFuzzerTestOneInput(seeds[i].data, seeds[i].len);
	FUZZ_REQUIRE(taken == 6);
	return 0;
}

static bool is_text(const json_t *json, const char *name, const char *text)
{
	return strcmp(sb_json_text(json, name), text) == 0;
}

static void as_offer(const json_t *json)
{
	struct sb_offer o;
	const char *field = NULL;
	json_t *again;

	if (sb_offer_parse(json, &o, &field) != SB_OK) {
		FUZZ_REQUIRE(field);
		return;
	}
	taken++;
	again = sb_offer_make(&o);
	FUZZ_REQUIRE(json_equal(json, again));
	json_decref(again);
}

/* What is taken is signed: so it is exactly what was read. */
static void as_login(const json_t *json)
{
	struct sb_login l;
	const char *field = NULL;
	json_t *again;

	if (sb_login_parse(json, &l, &field) != SB_OK) {
		FUZZ_REQUIRE(field);
		return;
	}
	taken++;
	again = sb_login_make(&l);
	FUZZ_REQUIRE(json_equal(json, again));
	json_decref(again);
}

static void check_proof(struct sb_slice text, const uint8_t point[65])
{
	const struct sb_proof q = question();
	uint8_t key[65];
	int rc = sb_proof_check(text, &q, NOW, key);

	/* What one of the two keys has signed and no more. */
	if (rc == SB_OK && memcmp(key, point, 65) == 0)
		FUZZ_REQUIRE(memcmp(key, presentation.point, 65) == 0 || memcmp(key, authentication.point, 65) == 0);
}

static void as_request(const json_t *json)
{
	struct sb_enrol_request r;
	const char *field = NULL;
	json_t *again;

	if (sb_enrol_request_parse(json, &r, &field) != SB_OK) {
		FUZZ_REQUIRE(field);
		return;
	}
	taken++;
	check_proof(r.presentation_proof, r.presentation_point);
	check_proof(r.authentication_proof, r.authentication_point);
	again = sb_enrol_request_make(&r);
	FUZZ_REQUIRE(again && is_text(again, "application", r.application));
	json_decref(again);
}

static void as_refresh(const json_t *json)
{
	struct sb_enrol_request r;
	const char *field = NULL;
	json_t *again;

	if (sb_refresh_request_parse(json, &r, &field) != SB_OK) {
		FUZZ_REQUIRE(field);
		return;
	}
	taken++;
	check_proof(r.presentation_proof, r.presentation_point);
	check_proof(r.authentication_proof, r.authentication_point);
	again = sb_refresh_request_make(&r);
	FUZZ_REQUIRE(again && is_text(again, "card", r.application));
	json_decref(again);
}

static void as_response(const json_t *json)
{
	char application[40];
	const char *field = NULL;
	json_t *content;

	if (sb_response_open(json, box, secret, application, &content, &field) != SB_OK) {
		FUZZ_REQUIRE(!content);
		return;
	}
	taken++;
	FUZZ_REQUIRE(is_text(json, "application", application) && json_array_size(json_object_get(content, "x509")) >= 1 &&
		     json_array_size(json_object_get(content, "credentials")) >= 1 && json_is_object(json_object_get(content, "fields")));
	json_decref(content);
}

/* The text as it is, sealed for us. */
static void seal(struct sb_slice text)
{
	struct sb_bytes sealed = {0}, coded = {0};
	json_t *json;

	FUZZ_REQUIRE(sb_box_seal(box, text, &sealed) == SB_OK && sb_base64url_encode(sealed.data, sealed.len, &coded) == SB_OK);
	json = json_pack("{s:i, s:s, s:s, s:s%}", "v", 1, "type", "sinbun-response", "application", "A-1", "sealed", (const char *)coded.data, coded.len);
	as_response(json);
	json_decref(json);
	sb_bytes_free(&sealed);
	sb_bytes_free(&coded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *json;

	if (size && *data == FUZZ_SIGN) {
		seal(sb_slice(data + 1, size - 1));
		return 0;
	}
	json = sb_json_parse(sb_slice(data, size), NULL, NULL);
	as_offer(json);
	as_login(json);
	as_request(json);
	as_refresh(json);
	as_response(json);
	json_decref(json);
	return 0;
}

bool fuzz_seed(unsigned number, struct sb_bytes *out)
{
	return number < sizeof seeds / sizeof *seeds && sb_bytes_append(out, seeds[number].data, seeds[number].len) == SB_OK;
}
