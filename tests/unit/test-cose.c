/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <jansson.h>

#include "check.h"
#include "formats/cose.h"
#include "software_signer.h"
#include "vectors.h"

/* The protected map {1: -7} and the payload of the working group's examples. */
static const char es256[] = "a10126", payload_hex[] = "546869732069732074686520636f6e74656e742e";

struct message {
	struct sb_bytes protected_map, unprotected, payload, token;
};

static void message_free(struct message *m)
{
	sb_bytes_free(&m->protected_map);
	sb_bytes_free(&m->unprotected);
	sb_bytes_free(&m->payload);
	sb_bytes_free(&m->token);
}

/* Written by hand, so that the headers can be anything; what is signed is right all the same. */
static void message_sign(struct message *m, const struct software_signer *s, const char *protected_hex, const char *unprotected_hex)
{
	struct sb_bytes made = {0};
	uint8_t *signature;

	*m = (struct message){0};
	hex_append(protected_hex, strlen(protected_hex), &m->protected_map);
	hex_append(unprotected_hex, strlen(unprotected_hex), &m->unprotected);
	hex_append(payload_hex, strlen(payload_hex), &m->payload);
	REQUIRE(sb_cose_sign1_make(sb_bytes_slice(&m->protected_map), sb_bytes_slice(&m->payload), &s->signer, &made) == SB_OK);
	signature = made.data + made.len - 64;
	REQUIRE(sb_cbor_put_head(&m->token, SB_CBOR_TAG, SB_COSE_SIGN1_TAG) == SB_OK);
	REQUIRE(sb_cbor_put_head(&m->token, SB_CBOR_ARRAY, 4) == SB_OK);
	REQUIRE(sb_cbor_put_bytes(&m->token, m->protected_map.data, m->protected_map.len) == SB_OK);
	REQUIRE(sb_bytes_append(&m->token, m->unprotected.data, m->unprotected.len) == SB_OK);
	REQUIRE(sb_cbor_put_bytes(&m->token, m->payload.data, m->payload.len) == SB_OK);
	REQUIRE(sb_cbor_put_bytes(&m->token, signature, 64) == SB_OK);
	sb_bytes_free(&made);
}

static int parse_and_verify(struct sb_slice token, struct sb_slice point)
{
	struct sb_cose_sign1 m;
	int rc = sb_cose_sign1_parse(token, &m);

	return rc == SB_OK ? sb_cose_sign1_verify(&m, point) : rc;
}

static int parse_hex(const char *hex)
{
	struct sb_bytes token = {0};
	struct sb_cose_sign1 m;
	int rc;

	hex_append(hex, strlen(hex), &token);
	rc = sb_cose_sign1_parse(sb_bytes_slice(&token), &m);
	sb_bytes_free(&token);
	return rc;
}

static void coordinate(const json_t *key, const char *plain, const char *hex, struct sb_bytes *point)
{
	const char *text = json_string_value(json_object_get(key, plain));

	if (text)
		REQUIRE(sb_base64url_decode(text, strlen(text), point) == SB_OK);
	else {
		text = json_string_value(json_object_get(key, hex));
		REQUIRE(text && sb_hex_decode(text, strlen(text), point) == SB_OK);
	}
}

static unsigned examples_taken, examples_refused;

/* One file of the working group's examples: what comes of it. */
static void example(const char *name, int want)
{
	struct sb_bytes text = {0}, token = {0}, point = {0};
	const char *cbor;
	json_t *all, *key;
	char path[100];
	int rc;

	snprintf(path, sizeof path, "cose/%s.json", name);
	if (!vector_read(path, &text))
		return;
	all = json_loadb((const char *)text.data, text.len, 0, NULL);
	key = json_object_get(json_object_get(json_object_get(all, "input"), "sign0"), "key");
	cbor = json_string_value(json_object_get(json_object_get(all, "output"), "cbor"));
	REQUIRE(key && cbor);
	REQUIRE(sb_bytes_append_byte(&point, 4) == SB_OK);
	coordinate(key, "x", "x_hex", &point);
	coordinate(key, "y", "y_hex", &point);
	hex_append(cbor, strlen(cbor), &token);
	rc = parse_and_verify(sb_bytes_slice(&token), sb_bytes_slice(&point));
	*(rc == SB_OK ? &examples_taken : &examples_refused) += 1;
	if (rc != want) {
		fprintf(stderr, "%s: %s, not %s\n", name, sb_error_text(rc), sb_error_text(want));
		check_failures++;
	}
	json_decref(all);
	sb_bytes_free(&text);
	sb_bytes_free(&token);
	sb_bytes_free(&point);
}

static void the_working_groups_examples(void)
{
	example("RFC8152_Appendix_C_2_1", SB_OK);
	example("CWT_A_3", SB_OK);
	example("sign1-tests_sign-pass-01", SB_E_FORMAT);    /* alg is not protected: not for us */
	example("sign1-tests_sign-pass-02", SB_E_SIGNATURE); /* external data, which we never have */
	example("sign1-tests_sign-pass-03", SB_E_FORMAT);    /* untagged */
	example("sign1-tests_sign-fail-01", SB_E_FORMAT);    /* another tag */
	example("sign1-tests_sign-fail-02", SB_E_SIGNATURE); /* altered */
	example("sign1-tests_sign-fail-03", SB_E_FORMAT);    /* another algorithm */
	example("sign1-tests_sign-fail-04", SB_E_FORMAT);    /* the same, in words */
	example("sign1-tests_sign-fail-06", SB_E_SIGNATURE); /* a header added */
	example("sign1-tests_sign-fail-07", SB_E_SIGNATURE); /* a header removed */
	printf("COSE_Sign1: %u messages taken, %u refused\n", examples_taken, examples_refused);
}

static void what_was_made_verifies(void)
{
	struct software_signer s = software_signer_new(), other = software_signer_new();
	struct sb_cose_sign1 m;
	struct message g;

	message_sign(&g, &s, es256, "a1044131");
	REQUIRE(sb_cose_sign1_parse(sb_bytes_slice(&g.token), &m) == SB_OK);
	CHECK(sb_slice_equal(m.payload, sb_bytes_slice(&g.payload)));
	CHECK(sb_slice_equal(m.protected_bytes, sb_bytes_slice(&g.protected_map)));
	CHECK(m.unprotected_map.value == 1);
	CHECK_EQ(sb_cose_sign1_verify(&m, software_point(&s)), SB_OK);
	CHECK_EQ(sb_cose_sign1_verify(&m, software_point(&other)), SB_E_SIGNATURE);
	CHECK_EQ(sb_cose_sign1_verify(&m, sb_slice(s.point, 64)), SB_E_SIGNATURE);
	s.point[64] ^= 1; /* no longer on the curve */
	CHECK_EQ(sb_cose_sign1_verify(&m, software_point(&s)), SB_E_SIGNATURE);
	memset(m.signature, 0, sizeof m.signature);
	CHECK_EQ(sb_cose_sign1_verify(&m, software_point(&other)), SB_E_SIGNATURE);
	memset(m.signature, 0xff, sizeof m.signature);
	CHECK_EQ(sb_cose_sign1_verify(&m, software_point(&other)), SB_E_SIGNATURE);
	message_free(&g);
	software_signer_free(&s);
	software_signer_free(&other);
}

/* All of these are signed well: only the headers are at fault. */
static void headers_are_refused(void)
{
	static const struct {
		const char *protected_map, *unprotected;
		int rc;
	} rows[] = {
		{"a10126", "a0", SB_OK},
		{"a2012604413a", "a0", SB_OK},
		{"a10126", "a1044131", SB_OK},
		{"a10126", "a16178f5", SB_OK},
		{"a0", "a10126", SB_E_FORMAT},               /* the algorithm not protected */
		{"a0", "a0", SB_E_FORMAT},                   /* … or nowhere */
		{"a10128", "a0", SB_E_FORMAT},               /* -9, ESP256 */
		{"a1013822", "a0", SB_E_FORMAT},             /* -35, ES384 */
		{"a10127", "a0", SB_E_FORMAT},               /* -8, EdDSA */
		{"a10105", "a0", SB_E_FORMAT},               /* a MAC */
		{"a101654553323536", "a0", SB_E_FORMAT},     /* "ES256" */
		{"a2012602810d", "a0", SB_E_FORMAT},         /* crit */
		{"a20126028101", "a0", SB_E_FORMAT},         /* … even of alg, */
		{"a201260280", "a0", SB_E_FORMAT},           /* … of nothing, */
		{"a10126", "a1028101", SB_E_FORMAT},         /* … or unprotected */
		{"a10126", "a10126", SB_E_FORMAT},           /* alg in both maps */
		{"a2012604413a", "a104413a", SB_E_FORMAT},   /* kid in both */
		{"a2012604413a", "a11804413a", SB_E_FORMAT}, /* … spelled otherwise */
		{"a201266178f5", "a16178f4", SB_E_FORMAT},   /* a text label in both */
		{"a201266178f5", "a1780178f4", SB_E_FORMAT},
		{"a201260126", "a0", SB_E_FORMAT},           /* alg twice */
		{"a10126", "a204413104" "4132", SB_E_FORMAT},
		{"810126", "a0", SB_E_FORMAT},               /* no map */
		{"a1012600", "a0", SB_E_FORMAT},             /* something behind it */
		{"", "a0", SB_E_FORMAT},
		{"a10126", "80", SB_E_FORMAT},
		{"a10126", "40", SB_E_FORMAT},
	};
	struct software_signer s = software_signer_new();

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct message g;
		int rc;

		message_sign(&g, &s, rows[i].protected_map, rows[i].unprotected);
		rc = parse_and_verify(sb_bytes_slice(&g.token), software_point(&s));
		if (rc != rows[i].rc) {
			fprintf(stderr, "headers %s and %s: %s\n", rows[i].protected_map, rows[i].unprotected, sb_error_text(rc));
			check_failures++;
		}
		message_free(&g);
	}
	software_signer_free(&s);
}

#define SIGNATURE_64 "5840" ZERO16 ZERO16 ZERO16 ZERO16
#define ZERO16 "00000000000000000000000000000000"

static void other_forms_are_refused(void)
{
	static const char *const bad[] = {
		"8443a10126a04101" SIGNATURE_64,                    /* untagged */
		"d18443a10126a04101" SIGNATURE_64,                  /* COSE_Mac0's tag */
		"d83d8443a10126a04101" SIGNATURE_64,                /* a CWT's tag around nothing tagged, */
		"d83dd28443a10126a04101" SIGNATURE_64,              /* … and around a COSE_Sign1 */
		"d28443a10126a0f6" SIGNATURE_64,                    /* detached */
		"d28443a10126a06101" SIGNATURE_64,                  /* the payload a text */
		"d28443a10126a04101583f" ZERO16 ZERO16 ZERO16 "000000000000000000000000000000",
		"d28443a10126a041015841" ZERO16 ZERO16 ZERO16 ZERO16 "00",
		"d28443a10126a0410140",
		"d28343a10126a04101",
		"d28543a10126a04101" SIGNATURE_64 "00",
		"d284a10126a04101" SIGNATURE_64,                    /* the protected map not wrapped */
		"d28443a10126a04101" SIGNATURE_64 "00",
		"d2", "d280", "d2a0", "",
	};

	CHECK_EQ(parse_hex("d28443a10126a04101" SIGNATURE_64), SB_OK);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (parse_hex(bad[i]) != SB_E_FORMAT) {
			fprintf(stderr, "%s was not refused\n", bad[i]);
			check_failures++;
		}
}

static int sign_nothing(void *context, const uint8_t digest[32], uint8_t signature[64])
{
	(void)context;
	(void)digest;
	(void)signature;
	return SB_E_PIN_INCORRECT;
}

static void a_failed_signature_leaves_nothing(void)
{
	const struct sb_signer refuses = {sign_nothing, NULL};
	struct sb_bytes out = {0}, header = {0};

	hex_append(es256, strlen(es256), &header);
	REQUIRE(sb_bytes_append_text(&out, "kept") == SB_OK);
	CHECK_EQ(sb_cose_sign1_make(sb_bytes_slice(&header), sb_slice("x", 1), &refuses, &out), SB_E_PIN_INCORRECT);
	CHECK_EQ(out.len, 4);
	sb_bytes_free(&out);
	sb_bytes_free(&header);
}

/* The same act of signing is the same whatever a stranger does to the token; another act is another. */
static void identity(void)
{
	struct software_signer s = software_signer_new();
	struct sb_cose_sign1 m;
	struct message g, h;
	uint8_t id[32], again[32];

	message_sign(&g, &s, es256, "a0");
	message_sign(&h, &s, es256, "a0");
	REQUIRE(sb_cose_sign1_parse(sb_bytes_slice(&g.token), &m) == SB_OK);
	CHECK_EQ(sb_cose_sign1_id(&m, id), SB_OK);
	memset(m.signature + 32, 7, 32);
	m.unprotected_map.value = 1;
	CHECK_EQ(sb_cose_sign1_id(&m, again), SB_OK);
	CHECK(memcmp(id, again, sizeof id) == 0);
	m.signature[0] ^= 1;
	CHECK_EQ(sb_cose_sign1_id(&m, again), SB_OK);
	CHECK(memcmp(id, again, sizeof id) != 0);
	REQUIRE(sb_cose_sign1_parse(sb_bytes_slice(&h.token), &m) == SB_OK);
	CHECK_EQ(sb_cose_sign1_id(&m, again), SB_OK);
	CHECK(memcmp(id, again, sizeof id) != 0);
	message_free(&g);
	message_free(&h);
	software_signer_free(&s);
}

int main(void)
{
	the_working_groups_examples();
	what_was_made_verifies();
	headers_are_refused();
	other_forms_are_refused();
	a_failed_signature_leaves_nothing();
	identity();
	return check_result();
}
