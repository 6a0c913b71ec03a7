/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <jansson.h>

#include "check.h"
#include "crypto/agreement.h"
#include "crypto/certificate.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "crypto/signature.h"
#include "formats/cose.h"
#include "formats/mdoc_private.h"
#include "formats/mdoc_request.h"
#include "formats/x509.h"
#include "vectors.h"

/* What others have published: ISO/IEC 18013-5 Annex D, OpenID4VP 1.0 Appendix B, the COSE working group, the SD-CWT draft. */

#define ANNEX "iso18013-5-annexD/"
#define MDL "org.iso.18013.5.1"
enum { ANNEX_NOW = 1614556800 /* 2021-03-01: it was valid then */ };

static unsigned vectors;

static void hash_is(struct sb_slice data, size_t len, const char *hex)
{
	struct sb_bytes want = {0};
	uint8_t hash[SB_SHA256_SIZE];

	hex_append(hex, strlen(hex), &want);
	CHECK_EQ(data.len, len);
	CHECK(sb_sha256(data.data, data.len, hash) == SB_OK && memcmp(hash, want.data, sizeof hash) == 0);
	vectors++;
	sb_bytes_free(&want);
}

static void bytes_are(struct sb_slice data, const char *hex)
{
	struct sb_bytes want = {0};

	hex_append(hex, strlen(hex), &want);
	CHECK(sb_slice_equal(data, sb_bytes_slice(&want)));
	vectors++;
	sb_bytes_free(&want);
}

static void vector_pem(const char *name, struct sb_bytes *der)
{
	struct sb_bytes pem = {0};

	REQUIRE(vector_read(name, &pem) && sb_pem_decode("CERTIFICATE", sb_bytes_slice(&pem), der) == SB_OK);
	sb_bytes_free(&pem);
}

struct annex {
	struct sb_bytes response, root, tagged_transcript, secret, reader_root, request;
	struct sb_slice transcript;
	struct sb_slice roots[1];
};

/* The reader's ephemeral key with the device's: what both sides agree on. */
static void agree(struct annex *a, const struct sb_mdoc *mdoc)
{
	struct sb_bytes d = {0};
	struct sb_pkey *key = NULL;

	REQUIRE(vector_hex(ANNEX "ephemeral_reader_key_d.hex", &d));
	REQUIRE(sb_pkey_from_ec_scalar("P-256", sb_bytes_slice(&d), &key) == SB_OK);
	REQUIRE(sb_ecdh(key, sb_slice(mdoc->device_point, 65), &a->secret) == SB_OK);
	bytes_are(sb_bytes_slice(&a->secret), "78d98a86fbbb82895874bfafcc161ba69f9b77662172c74b3b0d4643276cf991");
	sb_pkey_free(&key);
	sb_bytes_free(&d);
}

static void device_key_is(const struct sb_mdoc *mdoc)
{
	struct sb_bytes xy = {0};

	REQUIRE(vector_hex(ANNEX "static_device_key_x.hex", &xy) && vector_hex(ANNEX "static_device_key_y.hex", &xy));
	CHECK(xy.len == 64 && memcmp(xy.data, mdoc->device_point + 1, 64) == 0);
	vectors++;
	sb_bytes_free(&xy);
}

static void the_intermediate_values(struct annex *a, const struct sb_mdoc *mdoc)
{
	struct sb_cose_sign1 issuer;
	struct sb_cose_mac0 mac;
	struct sb_bytes covered = {0}, made = {0};
	uint8_t key[32];

	hash_is(mdoc->elements[0].item, 103, "75167333b47b6c2bfb86eccc1f438cf57af055371ac55e1e359e20f254adcebf");
	REQUIRE(sb_cose_sign1_parse_as(mdoc->issuer_auth, SB_COSE_BARE, &issuer) == SB_OK);
	CHECK(issuer.payload.len == 930 && memcmp(issuer.payload.data, "\xd8\x18\x59\x03\x9d\xa6\x67\x76", 8) == 0);
	hash_is(sb_bytes_slice(&a->tagged_transcript), 582, "f823ac566e22b2106c9b7c02fadc7482e559a1de8a809b56c828779e6d67570e");
	REQUIRE(mdoc_device_authentication(a->transcript, mdoc->doctype, mdoc->device_name_spaces, &covered) == SB_OK);
	hash_is(sb_bytes_slice(&covered), 630, "8771204241dcefd65e8ac842589cb49cc4413cada7f7c6540b75ce3df0a6bc1e");
	REQUIRE(mdoc_mac_key(sb_bytes_slice(&a->secret), a->transcript, key) == SB_OK);
	bytes_are(sb_slice(key, 32), "dc2b9566fdaaae3c06baa40993cd0451aeba15e7677ef5305f6531f3533c35dd");
	REQUIRE(sb_cose_mac0_parse(mdoc->device_auth, SB_COSE_DETACHED, &mac) == SB_OK);
	bytes_are(sb_slice(mac.tag, 32), "e99521a85ad7891b806a07f8b5388a332d92c189a7bf293ee1f543405ae6824d");
	/* The same made here. */
	CHECK_EQ(sb_cose_mac0_make(SB_COSE_DETACHED, sb_bytes_slice(&covered), sb_slice(key, 32), &made), SB_OK);
	CHECK(sb_slice_equal(sb_bytes_slice(&made), mdoc->device_auth));
	vectors++;
	sb_bytes_free(&covered);
	sb_bytes_free(&made);
}

static void verified_as_published(struct annex *a, const struct sb_mdoc *mdoc)
{
	struct sb_mdoc_question q = {a->roots, 1, ANNEX_NOW, a->transcript, sb_bytes_slice(&a->secret)};
	enum sb_mdoc_fault why;

	CHECK_EQ(sb_mdoc_verify(mdoc, &q, &why), SB_OK);
	CHECK_EQ(why, SB_MDOC_FAULT_NONE);
	q.at = ANNEX_NOW - 200 * 86400;
	CHECK(sb_mdoc_verify(mdoc, &q, &why) == SB_E_SIGNATURE && why == SB_MDOC_FAULT_SIGNER_TIME);
	q.at = ANNEX_NOW + 365 * 86400;
	CHECK(sb_mdoc_verify(mdoc, &q, &why) == SB_E_SIGNATURE && why == SB_MDOC_FAULT_SIGNER_TIME);
	q.at = ANNEX_NOW;
	q.mac_secret.len = 0;
	CHECK(sb_mdoc_verify(mdoc, &q, &why) == SB_E_SIGNATURE && why == SB_MDOC_FAULT_DEVICE_MAC);
	q.roots = &(struct sb_slice){a->reader_root.data, a->reader_root.len};
	CHECK(sb_mdoc_verify(mdoc, &q, &why) == SB_E_SIGNATURE && why == SB_MDOC_FAULT_ISSUER);
	vectors += 5;
}

static void elements_are(const struct sb_mdoc *mdoc)
{
	static const struct {
		const char *name, *json;
	} rows[] = {{"family_name", "\"Doe\""}, {"issue_date", "\"2019-10-20\""}, {"expiry_date", "\"2024-10-20\""},
		{"document_number", "\"123456789\""},
		{"driving_privileges", "[{\"vehicle_category_code\": \"A\", \"issue_date\": \"2018-08-09\", \"expiry_date\": \"2024-10-20\"}, "
				       "{\"vehicle_category_code\": \"B\", \"issue_date\": \"2017-02-23\", \"expiry_date\": \"2024-10-20\"}]"}};

	CHECK_EQ(mdoc->element_count, 6);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct sb_mdoc_element *e =
			sb_mdoc_find(mdoc, sb_slice(MDL, strlen(MDL)), sb_slice(rows[i].name, strlen(rows[i].name)));
		json_t *got = e ? sb_mdoc_value_json(e->value) : NULL, *want = json_loads(rows[i].json, JSON_DECODE_ANY, NULL);

		CHECK(want && json_equal(got, want));
		vectors++;
		json_decref(got);
		json_decref(want);
	}
}

static void the_reader(struct annex *a)
{
	static struct sb_mdoc_item_request requests[SB_MDOC_DOCUMENTS];
	struct sb_slice root = sb_bytes_slice(&a->reader_root);
	struct sb_mdoc_question q = {&root, 1, ANNEX_NOW, a->transcript, {NULL, 0}};
	struct sb_bytes certificate = {0}, auth = {0}, items = {0};
	enum sb_mdoc_fault why;
	size_t count;

	REQUIRE(vector_hex(ANNEX "reader_cert.hex", &certificate) && vector_hex(ANNEX "reader_auth.hex", &auth) &&
		vector_hex(ANNEX "items_request.hex", &items));
	CHECK_EQ(sb_mdoc_request_parse(sb_bytes_slice(&a->request), requests, &count, &why), SB_OK);
	CHECK_EQ(count, 1);
	CHECK(sb_slice_equal(requests[0].certificate, sb_bytes_slice(&certificate)));
	CHECK(sb_slice_equal(requests[0].reader_auth, sb_bytes_slice(&auth)));
	CHECK(memmem(requests[0].items.data, requests[0].items.len, items.data, items.len));
	CHECK_EQ(requests[0].wish_count, 6);
	CHECK_EQ(sb_mdoc_verify_reader(&requests[0], &q, &why), SB_OK);
	q.roots = a->roots;
	CHECK(sb_mdoc_verify_reader(&requests[0], &q, &why) == SB_E_SIGNATURE && why == SB_MDOC_FAULT_READER);
	vectors += 6;
	sb_bytes_free(&certificate);
	sb_bytes_free(&auth);
	sb_bytes_free(&items);
}

static void annex_d(void)
{
	static struct sb_mdoc documents[SB_MDOC_DOCUMENTS];
	struct annex a = {0};
	struct sb_cbor_item tag, inside;
	enum sb_mdoc_fault why;
	size_t count;

	if (!vector_hex(ANNEX "device_response.hex", &a.response))
		return;
	REQUIRE(vector_hex(ANNEX "session_transcript_bytes.hex", &a.tagged_transcript) && vector_hex(ANNEX "device_request.hex", &a.request));
	vector_pem(ANNEX "iaca_root.pem", &a.root);
	vector_pem(ANNEX "reader_root.pem", &a.reader_root);
	a.roots[0] = sb_bytes_slice(&a.root);
	REQUIRE(sb_cbor_only(sb_bytes_slice(&a.tagged_transcript), &tag) == SB_OK && sb_cbor_embedded(&tag, &inside) == SB_OK);
	a.transcript = inside.whole;
	CHECK_EQ(sb_mdoc_parse_response(sb_bytes_slice(&a.response), documents, &count, &why), SB_OK);
	CHECK_EQ(count, 1);
	device_key_is(&documents[0]);
	agree(&a, &documents[0]);
	the_intermediate_values(&a, &documents[0]);
	verified_as_published(&a, &documents[0]);
	elements_are(&documents[0]);
	the_reader(&a);
	printf("ISO/IEC 18013-5 Annex D: %u values\n", vectors);
	vectors = 0;
	sb_bytes_free(&a.response);
	sb_bytes_free(&a.root);
	sb_bytes_free(&a.tagged_transcript);
	sb_bytes_free(&a.secret);
	sb_bytes_free(&a.reader_root);
	sb_bytes_free(&a.request);
}

static void transcript_is(const char *name, const struct sb_bytes *made)
{
	struct sb_bytes want = {0};

	REQUIRE(vector_hex(name, &want));
	CHECK(sb_slice_equal(sb_bytes_slice(made), sb_bytes_slice(&want)));
	vectors++;
	sb_bytes_free(&want);
}

static struct sb_slice text(const char *t)
{
	return sb_slice(t, strlen(t));
}

/* The values of the specification's example stand in OpenID4VPHandoverInfo.hex. */
static void openid4vp(void)
{
	static const char nonce[] = "exc7gBkxjx1rdc9udRrveKvSsJIq80avlXeLHhGwqtA";
	struct sb_bytes thumbprint = {0}, made = {0}, info = {0};

	if (!vector_hex("openid4vp-1.0/OpenID4VPHandoverInfo.hex", &info))
		return;
	hex_append("4283ec927ae0f208daaa2d026a814f2b22dca52cf85ffa8f3f8626c6bd669047", 64, &thumbprint);
	REQUIRE(memmem(info.data, info.len, nonce, strlen(nonce)) && memmem(info.data, info.len, thumbprint.data, 32));
	CHECK_EQ(sb_mdoc_transcript_openid4vp(text("x509_san_dns:example.com"), text(nonce), sb_bytes_slice(&thumbprint),
			 text("https://example.com/response"), &made), SB_OK);
	transcript_is("openid4vp-1.0/SessionTranscript_redirect.hex", &made);
	made.len = 0;
	CHECK_EQ(sb_mdoc_transcript_dcapi(text("https://example.com"), text(nonce), sb_bytes_slice(&thumbprint), &made), SB_OK);
	transcript_is("openid4vp-1.0/SessionTranscript_dcapi.hex", &made);
	CHECK_EQ(sb_mdoc_transcript_openid4vp(text("a"), text("b"), text("short"), text("c"), &made), SB_E_ARGUMENT);
	printf("OpenID4VP 1.0 transcripts: %u\n", vectors);
	vectors = 0;
	sb_bytes_free(&thumbprint);
	sb_bytes_free(&made);
	sb_bytes_free(&info);
}

/* The working group's examples of COSE_Mac0. */
static void mac0(const char *name, int want)
{
	struct sb_bytes json = {0}, token = {0}, key = {0};
	struct sb_cose_mac0 message;
	const char *cbor, *k;
	json_t *all;
	char path[100];
	int rc;

	snprintf(path, sizeof path, "cose/%s.json", name);
	if (!vector_read(path, &json))
		return;
	all = json_loadb((const char *)json.data, json.len, 0, NULL);
	REQUIRE(json_unpack(all, "{s:{s:s}}", "output", "cbor", &cbor) == 0);
	hex_append(cbor, strlen(cbor), &token);
	rc = sb_cose_mac0_parse(sb_bytes_slice(&token), SB_COSE_TAGGED, &message);
	if (rc == SB_OK) {
		REQUIRE(json_unpack(all, "{s:{s:{s:[{s:{s:s}}]}}}", "input", "mac0", "recipients", "key", "k", &k) == 0);
		REQUIRE(sb_base64url_decode(k, strlen(k), &key) == SB_OK);
		rc = sb_cose_mac0_verify(&message, sb_bytes_slice(&key));
		message.tag[5] ^= 1;
		CHECK_EQ(sb_cose_mac0_verify(&message, sb_bytes_slice(&key)), SB_E_SIGNATURE);
	}
	CHECK_EQ(rc, want);
	vectors++;
	json_decref(all);
	sb_bytes_free(&json);
	sb_bytes_free(&token);
	sb_bytes_free(&key);
}

/* The draft's key-binding token: the holder's signature, and each disclosure's digest in what the issuer signed. The issuer signed with
 * ES384, which is not for us. */
static void sd_cwt(void)
{
	struct sb_bytes token = {0}, hash = {0};
	struct sb_cose_sign1 kbt;
	struct sb_cbor_item item, array, payload, cnf, key, disclosures;
	struct sb_slice in;
	uint8_t point[65], digest[SB_SHA256_SIZE];
	unsigned redacted = 0;

	if (!vector_hex("sd-cwt/kbt.cbor.hex", &token))
		return;
	CHECK_EQ(sb_cose_sign1_parse(sb_bytes_slice(&token), &kbt), SB_OK);
	REQUIRE(sb_cbor_map_get(&kbt.protected_map, SB_COSE_KCWT, &item) == SB_OK && item.type == SB_CBOR_TAG);
	REQUIRE(sb_cbor_only(sb_cbor_enter(&item), &array) == SB_OK && array.value == 4);
	in = sb_cbor_enter(&array);
	REQUIRE(sb_cbor_next(&in, &item) == SB_OK && sb_cbor_next(&in, &disclosures) == SB_OK && sb_cbor_next(&in, &payload) == SB_OK);
	REQUIRE(sb_cbor_only(payload.bytes, &item) == SB_OK && sb_cbor_map_get(&item, 8, &cnf) == SB_OK &&
		sb_cbor_map_get(&cnf, 1, &key) == SB_OK);
	CHECK_EQ(sb_cose_key_read(&key, point), SB_OK);
	CHECK_EQ(sb_cose_sign1_verify(&kbt, sb_slice(point, 65)), SB_OK);
	vectors++;
	REQUIRE(sb_cbor_map_get(&disclosures, SB_COSE_UNPROTECTED_DISCLOSURES, &array) == SB_OK && array.type == SB_CBOR_ARRAY);
	in = sb_cbor_enter(&array);
	for (uint64_t i = 0; i < array.value; i++, redacted++) {
		REQUIRE(sb_cbor_next(&in, &item) == SB_OK && item.type == SB_CBOR_BYTES);
		REQUIRE(sb_sha256(item.whole.data, item.whole.len, digest) == SB_OK);
		CHECK(memmem(payload.bytes.data, payload.bytes.len, digest, sizeof digest));
	}
	vectors += redacted;
	printf("SD-CWT draft: %u values\n", vectors);
	vectors = 0;
	sb_bytes_free(&token);
	sb_bytes_free(&hash);
}

int main(void)
{
	const char *folder = getenv("SINBUN_VECTORS");

	REQUIRE(sb_crypto_start() == SB_OK);
	annex_d();
	openid4vp();
	mac0("mac0-tests_HMac-01", SB_OK);
	mac0("hmac-examples_HMac-01", SB_E_FORMAT); /* with recipients: another message */
	mac0("hmac-examples_HMac-enc-01", SB_OK);
	if (vectors)
		printf("COSE_Mac0: %u messages\n", vectors);
	vectors = 0;
	sd_cwt();
	if (!check_count)
		SKIP(folder ? "no vectors in $SINBUN_VECTORS" : "$SINBUN_VECTORS is not set");
	return check_result();
}
