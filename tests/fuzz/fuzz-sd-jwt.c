/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "formats/sd_jwt.h"
#include "fuzz_parts.h"
#include "mdoc_maker.h"

/* SD-JWT VC with key binding: nothing crashes, every refusal has a reason, what is believed of a token that was issued is what was issued; and
 * where the content is strange and the signatures hold, no claim that must not be hidden was, and no digest is taken for a claim.
 * In the clear: header, payload, header and payload of the key binding, then disclosures, a line each; "@0" in the payload stands for the
 * digest of the first disclosure, and so on, "@h" for sd_hash. */

#define AUDIENCE "redirect_uri:https://rp.example/cb"
static struct maker m;
static struct sb_bytes issued, shown, clear;
static json_t *values;
static unsigned long believed;
static void sign_and_judge(struct sb_slice in);
static const struct sb_sd_jwt_binding binding = {AUDIENCE, "N-1", MAKER_NOW - 10};

static struct sb_sd_jwt_question question(void)
{
	return (struct sb_sd_jwt_question){m.roots, 1, SB_EKU_DOCUMENT_SIGNER, MAKER_NOW, AUDIENCE, "N-1", 300};
}

static void put_json(struct sb_bytes *out, const json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);

	FUZZ_REQUIRE(text);
	fuzz_put_text(out, text);
	fuzz_put_text(out, "\n");
	free(text);
}

static void rename_digest(const json_t *list, const char *digest, unsigned number)
{
	char name[8];

	snprintf(name, sizeof name, "@%u", number);
	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(json_string_value(json_array_get(list, i)), digest) == 0)
			json_string_set(json_array_get(list, i), name);
}

/* The token that was made, taken apart into lines. */
static void make_clear(void)
{
	struct sb_sd_jwt t;
	enum sb_sd_jwt_fault why;

	FUZZ_REQUIRE(sb_sd_jwt_parse(sb_bytes_slice(&shown), &t, &why) == SB_OK);
	for (unsigned i = 0; i < t.disclosure_count; i++)
		rename_digest(json_object_get(t.issuer.payload, "_sd"), t.disclosures[i].digest, i);
	json_object_set_new(t.kb.payload, "sd_hash", json_string("@h"));
	fuzz_put_text(&clear, "S");
	put_json(&clear, t.issuer.header);
	put_json(&clear, t.issuer.payload);
	put_json(&clear, t.kb.header);
	put_json(&clear, t.kb.payload);
	for (size_t i = 0; i < t.disclosure_count; i++)
		put_json(&clear, t.disclosures[i].array);
	sb_sd_jwt_free(&t);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct sb_sd_jwt_content c = {.vct = "urn:test:1", .iat = MAKER_NOW - 100, .exp = MAKER_NOW + 1000, .status_index = 7,
		.status_uri = "https://id.example/s"};
	bool chosen[SB_SD_JWT_DISCLOSURES] = {false};
	struct sb_sd_jwt t;
	enum sb_sd_jwt_fault why;

	(void)argc;
	(void)argv;
	m = maker_new();
	values = json_pack("{s:s, s:s, s:b, s:[{s:s}, {s:s}], s:{s:s}}", "name", "홍시험", "birth_date", "1990-01-01", "age_over_19", 1, "list", "code", "A",
		"code", "B", "address", "city", "시험시");
	c.values = values;
	c.certificate = sb_bytes_slice(&m.signer);
	memcpy(c.holder_point, m.device.point, 65);
	FUZZ_REQUIRE(sb_sd_jwt_issue(&c, &m.signer_key.signer, &issued) == SB_OK);
	FUZZ_REQUIRE(sb_sd_jwt_parse(sb_bytes_slice(&issued), &t, &why) == SB_OK);
	for (size_t i = 0; i < t.disclosure_count; i++)
		chosen[i] = true;
	FUZZ_REQUIRE(sb_sd_jwt_present(&t, chosen, &binding, &m.device.signer, &shown) == SB_OK);
	sb_sd_jwt_free(&t);
	make_clear();
	sign_and_judge(sb_slice(clear.data + 1, clear.len - 1));
	FUZZ_REQUIRE(believed == 1);
	return 0;
}

/* --- what was issued, and nothing else --- */

static void is_what_was_issued(const struct sb_sd_jwt *t)
{
	const char *name;
	json_t *value;

	FUZZ_REQUIRE(strcmp(t->vct, "urn:test:1") == 0 && t->exp == MAKER_NOW + 1000 && t->status_index == 7 &&
		     memcmp(t->holder_point, m.device.point, 65) == 0);
	json_object_foreach(t->claims, name, value)
		FUZZ_REQUIRE(sb_sd_jwt_is_registered(name) || json_equal(value, json_object_get(values, name)));
}

static void no_digests(const json_t *node, int depth)
{
	const char *name;
	json_t *value;
	size_t i;

	FUZZ_REQUIRE(depth <= 2 * SB_SD_JWT_DEPTH);
	if (json_is_array(node))
		json_array_foreach(node, i, value)
			no_digests(value, depth + 1);
	if (json_is_object(node))
		json_object_foreach((json_t *)node, name, value) {
			FUZZ_REQUIRE(strcmp(name, "_sd") != 0 && strcmp(name, "...") != 0 && strcmp(name, "_sd_alg") != 0);
			no_digests(value, depth + 1);
		}
}

/* What a signer may have made of it: the credential itself stands in the open. */
static void is_in_order(const struct sb_sd_jwt *t)
{
	static const char *const open[] = {"iss", "nbf", "exp", "cnf", "vct", "status"};

	no_digests(t->claims, 0);
	for (size_t i = 0; i < sizeof open / sizeof *open; i++)
		FUZZ_REQUIRE(json_equal(json_object_get(t->claims, open[i]), json_object_get(t->issuer.payload, open[i])) ||
			     !json_object_get(t->claims, open[i]));
	for (size_t i = 0; i < t->disclosure_count; i++)
		FUZZ_REQUIRE(t->disclosures[i].used && strlen(t->disclosures[i].digest) == SB_SD_JWT_DIGEST);
	FUZZ_REQUIRE(t->vct && *t->vct && t->exp > MAKER_NOW);
}

/* Each claim by itself: what is chosen for it can be presented again, and holds. */
static void present_again(const struct sb_sd_jwt *t, const struct sb_sd_jwt_question *q)
{
	const char *name = json_object_iter_key(json_object_iter(t->claims));
	json_t *path = json_pack("[s]", name);
	bool chosen[SB_SD_JWT_DISCLOSURES] = {false};
	struct sb_bytes out = {0};
	struct sb_sd_jwt again;
	enum sb_sd_jwt_fault why;

	FUZZ_REQUIRE(path && sb_sd_jwt_select(t, path, NULL, chosen) == SB_OK);
	FUZZ_REQUIRE(sb_sd_jwt_present(t, chosen, &binding, &m.device.signer, &out) == SB_OK);
	FUZZ_REQUIRE(sb_sd_jwt_parse(sb_bytes_slice(&out), &again, &why) == SB_OK);
	FUZZ_REQUIRE(json_object_get(again.claims, name) && sb_sd_jwt_verify_issued(&again, q, &why) == SB_OK);
	sb_sd_jwt_free(&again);
	sb_bytes_free(&out);
	json_decref(path);
}

static void judge(struct sb_slice text, bool in_the_clear)
{
	const struct sb_sd_jwt_question q = question();
	struct sb_sd_jwt t;
	enum sb_sd_jwt_fault why;
	int rc = sb_sd_jwt_open(text, NULL, &t, &why);

	FUZZ_REQUIRE((rc == SB_OK) == (why == SB_SD_JWT_FAULT_NONE));
	if (rc == SB_OK)
		no_digests(t.claims, 0);
	sb_sd_jwt_free(&t);
	if (sb_sd_jwt_parse(text, &t, &why) != SB_OK)
		return;
	rc = sb_sd_jwt_verify(&t, &q, &why);
	FUZZ_REQUIRE((rc == SB_OK) == (why == SB_SD_JWT_FAULT_NONE));
	if (rc == SB_OK) {
		believed++;
		is_in_order(&t);
		if (!in_the_clear)
			is_what_was_issued(&t);
		present_again(&t, &q);
	}
	sb_sd_jwt_free(&t);
}

/* --- in the clear --- */

static void replace(struct sb_bytes *text, size_t from, size_t len, struct sb_slice by)
{
	struct sb_bytes out = {0};

	fuzz_put(&out, text->data, from);
	fuzz_put(&out, by.data, by.len);
	fuzz_put(&out, text->data + from + len, text->len - from - len);
	sb_bytes_free(text);
	*text = out;
}

static void digest_of(struct sb_slice text, struct sb_bytes *out)
{
	uint8_t hash[SB_SHA256_SIZE];

	FUZZ_REQUIRE(sb_sha256(text.data, text.len, hash) == SB_OK && sb_base64url_encode(hash, sizeof hash, out) == SB_OK);
}

/* Every "@name" becomes the digest of this. */
static void put_digest(struct sb_bytes *text, const char *name, struct sb_slice of)
{
	struct sb_bytes digest = {0};
	size_t from = 0;
	uint8_t *at;

	digest_of(of, &digest);
	while (from < text->len && (at = memmem(text->data + from, text->len - from, name, strlen(name)))) {
		from = (size_t)(at - text->data);
		replace(text, from, strlen(name), sb_bytes_slice(&digest));
		from += digest.len;
	}
	sb_bytes_free(&digest);
}

static void bind(struct sb_slice kb_header, struct sb_slice kb_payload, struct sb_bytes *token)
{
	struct sb_bytes payload = {0};

	fuzz_put(&payload, kb_payload.data, kb_payload.len);
	put_digest(&payload, "@h", sb_bytes_slice(token));
	fuzz_jws(kb_header, sb_bytes_slice(&payload), &m.device, token);
	sb_bytes_free(&payload);
}

static void sign_and_judge(struct sb_slice in)
{
	struct sb_slice head = fuzz_line(&in), body = fuzz_line(&in), kb_header = fuzz_line(&in), kb_payload = fuzz_line(&in);
	struct sb_bytes payload = {0}, tail = {0}, token = {0};

	fuzz_put(&payload, body.data, body.len);
	for (unsigned n = 0; in.len && n <= SB_SD_JWT_DISCLOSURES; n++) {
		struct sb_slice line = fuzz_line(&in);
		size_t start = tail.len;
		char name[8];

		snprintf(name, sizeof name, "@%u", n);
		FUZZ_REQUIRE(sb_base64url_encode(line.data, line.len, &tail) == SB_OK);
		put_digest(&payload, name, sb_slice(tail.data + start, tail.len - start));
		fuzz_put_text(&tail, "~");
	}
	fuzz_jws(head, sb_bytes_slice(&payload), &m.signer_key, &token);
	fuzz_put_text(&token, "~");
	fuzz_put(&token, tail.data, tail.len);
	if (kb_header.len)
		bind(kb_header, kb_payload, &token);
	judge(sb_bytes_slice(&token), true);
	sb_bytes_free(&payload);
	sb_bytes_free(&tail);
	sb_bytes_free(&token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size && *data == FUZZ_SIGN)
		sign_and_judge(sb_slice(data + 1, size - 1));
	else
		judge(sb_slice(data, size), false);
	return 0;
}

/* In the clear more often: there the changes reach further. */
bool fuzz_seed(unsigned number, struct sb_bytes *out)
{
	const struct sb_bytes *seeds[] = {&clear, &shown, &issued, &clear, &clear};

	return number < sizeof seeds / sizeof *seeds && sb_bytes_append(out, seeds[number]->data, seeds[number]->len) == SB_OK;
}
