/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <jansson.h>

#include "base/codec.h"
#include "formats/audit_head.h"
#include "formats/jws.h"
#include "mdoc_maker.h"

/* Signed heads of an audit: what is taken, and what of the signer's own making, of another's, or of another time is not. */

static struct maker m;

static struct sb_audit_head head(void)
{
	struct sb_audit_head h = {.issuer = "시험구청", .iat = MAKER_NOW, .count = 1234567890123};

	for (size_t i = 0; i < sizeof h.chain; i++)
		h.chain[i] = (uint8_t)(i * 9);
	return h;
}

static void what_is_made_is_opened(void)
{
	struct sb_audit_head made = head(), opened;
	struct sb_bytes text = {0};

	CHECK_EQ(sb_audit_head_make(&made, sb_bytes_slice(&m.signer), &m.signer_key.signer, &text), SB_OK);
	CHECK_EQ(sb_audit_head_open(sb_bytes_slice(&text), m.roots[0], &opened), SB_OK);
	CHECK(strcmp(opened.issuer, made.issuer) == 0 && opened.iat == made.iat && opened.count == made.count);
	CHECK(memcmp(opened.chain, made.chain, sizeof made.chain) == 0);
	REQUIRE(sb_bytes_append_text(&text, "\r\n \n") == SB_OK);
	CHECK_EQ(sb_audit_head_open(sb_bytes_slice(&text), m.roots[0], &opened), SB_OK);
	sb_bytes_free(&text);
	CHECK_EQ(sb_audit_head_open(sb_slice("\n", 1), m.roots[0], &opened), SB_E_FORMAT);
	CHECK_EQ(sb_audit_head_open(sb_slice("", 0), m.roots[0], &opened), SB_E_FORMAT);
}

static json_t *base64(struct sb_slice data)
{
	struct sb_bytes text = {0};
	json_t *json;

	REQUIRE(sb_base64_encode(data.data, data.len, &text) == SB_OK);
	json = json_stringn((const char *)text.data, text.len);
	sb_bytes_free(&text);
	return json;
}

/* What comes of a head whose payload is this JSON and whose type is this, by a genuine signer. */
static int opened(const char *typ, const char *payload)
{
	json_t *header = json_pack("{s:s, s:[o]}", "typ", typ, "x5c", base64(sb_bytes_slice(&m.signer))), *body = json_loads(payload, 0, NULL);
	struct sb_audit_head out;
	struct sb_bytes text = {0};
	int rc;

	REQUIRE(header && body && sb_jws_sign(header, body, &m.signer_key.signer, &text) == SB_OK);
	rc = sb_audit_head_open(sb_bytes_slice(&text), m.roots[0], &out);
	json_decref(header);
	json_decref(body);
	sb_bytes_free(&text);
	return rc;
}

#define TYP "sinbun-audit-head+jwt"
#define CHAIN "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define PAYLOAD(iss, iat, count, chain) "{\"iss\":" iss ",\"iat\":" iat ",\"count\":" count ",\"chain\":" chain "}"

static void malformed_ones_are_refused(void)
{
	static const char *const bad[] = {
		"{}",
		PAYLOAD("1", "1800000000", "5", "\"" CHAIN "\""),
		PAYLOAD("\"x\"", "\"1800000000\"", "5", "\"" CHAIN "\""),
		PAYLOAD("\"x\"", "1800000000", "5.0", "\"" CHAIN "\""),
		PAYLOAD("\"x\"", "1800000000", "-1", "\"" CHAIN "\""),
		PAYLOAD("\"x\"", "1800000000", "5", "null"),
		PAYLOAD("\"x\"", "1800000000", "5", "\"AAAA\""),
		PAYLOAD("\"x\"", "1800000000", "5", "\"" CHAIN "AAAA\""),
		PAYLOAD("\"x\"", "1800000000", "5", "\"" CHAIN "=\""),
	};
	char text[600], issuer[SB_AUDIT_ISSUER + 1];

	CHECK_EQ(opened(TYP, PAYLOAD("\"x\"", "1800000000", "0", "\"" CHAIN "\"")), SB_OK);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK_EQ(opened(TYP, bad[i]), SB_E_FORMAT);
	memset(issuer, 'x', SB_AUDIT_ISSUER);
	issuer[SB_AUDIT_ISSUER] = 0;
	snprintf(text, sizeof text, "{\"iss\":\"%s\",\"iat\":1800000000,\"count\":5,\"chain\":\"" CHAIN "\"}", issuer);
	CHECK_EQ(opened(TYP, text), SB_E_FORMAT);
	CHECK_EQ(opened("sinbun-bundle+jwt", PAYLOAD("\"x\"", "1800000000", "5", "\"" CHAIN "\"")), SB_E_FORMAT);
}

static void others_and_other_times_are_refused(void)
{
	struct maker other = maker_new();
	struct sb_audit_head h = head(), out;
	struct sb_bytes text = {0};

	REQUIRE(sb_audit_head_make(&h, sb_bytes_slice(&m.signer), &m.signer_key.signer, &text) == SB_OK);
	CHECK_EQ(sb_audit_head_open(sb_bytes_slice(&text), other.roots[0], &out), SB_E_SIGNATURE);
	for (size_t i = 0; i < text.len; i += 7) {
		text.data[i] ^= 1;
		CHECK(sb_audit_head_open(sb_bytes_slice(&text), m.roots[0], &out) != SB_OK);
		text.data[i] ^= 1;
	}
	sb_bytes_free(&text);
	/* Signed by another key than the certificate's; by the root, which is no document signer; before and after the certificate's time. */
	REQUIRE(sb_audit_head_make(&h, sb_bytes_slice(&m.signer), &other.signer_key.signer, &text) == SB_OK);
	CHECK_EQ(sb_audit_head_open(sb_bytes_slice(&text), m.roots[0], &out), SB_E_SIGNATURE);
	sb_bytes_free(&text);
	REQUIRE(sb_audit_head_make(&h, sb_bytes_slice(&m.root), &m.root_key.signer, &text) == SB_OK);
	CHECK(sb_audit_head_open(sb_bytes_slice(&text), m.roots[0], &out) != SB_OK);
	sb_bytes_free(&text);
	for (int side = -1; side <= 1; side += 2) {
		h.iat = MAKER_NOW + side * (int64_t)6 * MAKER_YEAR;
		REQUIRE(sb_audit_head_make(&h, sb_bytes_slice(&m.signer), &m.signer_key.signer, &text) == SB_OK);
		CHECK_EQ(sb_audit_head_open(sb_bytes_slice(&text), m.roots[0], &out), SB_E_RANGE);
		sb_bytes_free(&text);
	}
	maker_free(&other);
}

int main(void)
{
	m = maker_new();
	what_is_made_is_opened();
	malformed_ones_are_refused();
	others_and_other_times_are_refused();
	maker_free(&m);
	return check_result();
}
