/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <jansson.h>
#include <sys/resource.h>
#include <zlib.h>

#include "check.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "formats/cose.h"
#include "formats/jws.h"
#include "formats/status_list.h"
#include "software_signer.h"
#include "vectors.h"

static struct software_signer issuer, stranger;
static const uint8_t kid[8] = {1, 2, 3, 4, 5, 6, 7, 8};
#define STATUS_TYP "application/statuslist+cwt"

static unsigned entry(const struct sb_status_list *list, uint64_t index)
{
	unsigned status = 99;

	CHECK_EQ(sb_status_list_get(list, index, &status), SB_OK);
	return status;
}

/* formats.md section 5, from the draft. */
static void the_drafts_bits(void)
{
	static const uint8_t one[] = {1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1}, two[] = {1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3};
	struct sb_status_list *list = NULL;

	REQUIRE(sb_status_list_new("u", 1, sizeof one, &list) == SB_OK && list->size == 2);
	for (size_t i = 0; i < sizeof one; i++)
		CHECK_EQ(sb_status_list_set(list, i, one[i]), SB_OK);
	CHECK(memcmp(list->entries, "\xb9\xa3", 2) == 0);
	for (size_t i = 0; i < sizeof one; i++)
		CHECK_EQ(entry(list, i), one[i]);
	sb_status_list_free(&list);
	REQUIRE(sb_status_list_new("u", 2, sizeof two, &list) == SB_OK && list->size == 3);
	for (size_t i = 0; i < sizeof two; i++)
		CHECK_EQ(sb_status_list_set(list, i, two[i]), SB_OK);
	CHECK(memcmp(list->entries, "\xc9\x44\xf9", 3) == 0);
	for (size_t i = 0; i < sizeof two; i++)
		CHECK_EQ(entry(list, i), two[i]);
	sb_status_list_free(&list);
}

static void entries_change_alone(void)
{
	static const unsigned widths[] = {1, 2, 4, 8};

	for (size_t w = 0; w < 4; w++) {
		unsigned bits = widths[w], most = (1U << bits) - 1, status;
		struct sb_status_list *list = NULL;

		REQUIRE(sb_status_list_new("u", bits, 64, &list) == SB_OK);
		CHECK_EQ(list->size, 8 * bits);
		for (uint64_t i = 0; i < 64; i++) {
			CHECK_EQ(sb_status_list_set(list, i, most), SB_OK);
			for (uint64_t k = 0; k < 64; k++)
				CHECK_EQ(entry(list, k), k == i ? most : 0);
			CHECK_EQ(sb_status_list_set(list, i, most + 1), SB_E_RANGE);
			CHECK_EQ(entry(list, i), most);
			CHECK_EQ(sb_status_list_set(list, i, 0), SB_OK);
		}
		CHECK_EQ(sb_status_list_set(list, 64, 0), SB_E_RANGE);
		CHECK_EQ(sb_status_list_get(list, 64, &status), SB_E_RANGE);
		CHECK_EQ(sb_status_list_get(list, UINT64_MAX, &status), SB_E_RANGE);
		/* … whose product with the width would be small again. */
		if (bits > 1)
			CHECK_EQ(sb_status_list_get(list, UINT64_MAX / bits + 1, &status), SB_E_RANGE);
		sb_status_list_free(&list);
	}
}

static void lists_have_a_size(void)
{
	static const unsigned bad[] = {0, 3, 5, 6, 7, 9, 16, 32};
	struct sb_status_list *list = NULL;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK_EQ(sb_status_list_new("u", bad[i], 10, &list), SB_E_ARGUMENT);
	CHECK_EQ(sb_status_list_new("u", 2, 0, &list), SB_E_ARGUMENT);
	CHECK_EQ(sb_status_list_new("u", 2, SB_STATUS_ENTRIES_MAX + 1, &list), SB_E_ARGUMENT);
	CHECK_EQ(sb_status_list_new("u", 2, SIZE_MAX, &list), SB_E_ARGUMENT);
	CHECK(!list);
	REQUIRE(sb_status_list_new("u", 2, 5, &list) == SB_OK);
	CHECK_EQ(list->size, 2);
	sb_status_list_free(&list);
	CHECK(!list);
	sb_status_list_free(&list);
}

static struct sb_status_list *sample(void)
{
	struct sb_status_list *list = NULL;

	REQUIRE(sb_status_list_new("https://example.test/1", 2, 1000, &list) == SB_OK);
	REQUIRE(sb_status_list_set(list, 0, SB_STATUS_INVALID) == SB_OK);
	REQUIRE(sb_status_list_set(list, 999, SB_STATUS_SUSPENDED) == SB_OK);
	list->iat = 1750000000;
	list->exp = 1750000000 + 86400;
	list->ttl = 3600;
	return list;
}

static void what_was_issued_is_read(void)
{
	struct sb_status_list *list = sample(), *back = NULL;
	struct sb_bytes token = {0};
	uint8_t found[8];

	REQUIRE(sb_status_cwt_issue(list, kid, &issuer.signer, &token) == SB_OK);
	CHECK_EQ(sb_status_cwt_verify(sb_bytes_slice(&token), software_point(&issuer)), SB_OK);
	CHECK_EQ(sb_status_cwt_verify(sb_bytes_slice(&token), software_point(&stranger)), SB_E_SIGNATURE);
	REQUIRE(sb_status_cwt_parse(sb_bytes_slice(&token), &back, found) == SB_OK);
	CHECK(memcmp(found, kid, 8) == 0);
	CHECK(back->bits == 2 && back->iat == list->iat && back->exp == list->exp && back->ttl == list->ttl);
	CHECK(strcmp(back->uri, list->uri) == 0);
	CHECK(back->size == list->size && memcmp(back->entries, list->entries, list->size) == 0);
	CHECK(entry(back, 0) == 1 && entry(back, 1) == 0 && entry(back, 999) == 2);
	sb_status_list_free(&back);
	token.len = 0;
	list->exp = list->ttl = 0;
	REQUIRE(sb_status_cwt_issue(list, kid, &issuer.signer, &token) == SB_OK);
	REQUIRE(sb_status_cwt_parse(sb_bytes_slice(&token), &back, found) == SB_OK);
	CHECK(back->exp == 0 && back->ttl == 0);
	sb_status_list_free(&back);
	sb_status_list_free(&list);
	sb_bytes_free(&token);
}

/* Parses a copy of exactly that size, so that a read beyond it is seen by the sanitizers. */
static int accept(const void *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1), found[8];
	struct sb_status_list *list = NULL;
	int rc;

	REQUIRE(copy);
	memcpy(copy, data, len);
	rc = sb_status_cwt_parse(sb_slice(copy, len), &list, found);
	if (rc == SB_OK)
		rc = sb_status_cwt_verify(sb_slice(copy, len), software_point(&issuer));
	else
		CHECK(!list);
	sb_status_list_free(&list);
	free(copy);
	return rc;
}

static void nothing_altered_is_accepted(void)
{
	struct sb_status_list *list = sample();
	struct sb_bytes token = {0};
	struct sb_cose_sign1 m;
	size_t free_byte;

	REQUIRE(sb_status_cwt_issue(list, kid, &issuer.signer, &token) == SB_OK);
	REQUIRE(sb_cose_sign1_parse(sb_bytes_slice(&token), &m) == SB_OK);
	free_byte = (size_t)(m.unprotected_map.whole.data - token.data);
	for (size_t len = 0; len < token.len; len++)
		CHECK(accept(token.data, len) != SB_OK);
	for (size_t i = 0; i < token.len; i++)
		for (unsigned change = 1; change < 256; change = 2 * change + 1 + change % 3) {
			token.data[i] ^= (uint8_t)change;
			if (i != free_byte && accept(token.data, token.len) == SB_OK) {
				fprintf(stderr, "byte %zu ^ %02x was accepted\n", i, change);
				check_failures++;
			}
			token.data[i] ^= (uint8_t)change;
		}
	CHECK_EQ(accept(token.data, token.len), SB_OK);
	sb_status_list_free(&list);
	sb_bytes_free(&token);
}

struct parts {
	const char *header_hex, *claims_hex; /* the map's claims without 65533; its head counts that too */
	struct sb_slice list;                /* the value of 65533 */
};

static int parse_parts(const struct parts *p, struct sb_status_list **list)
{
	struct sb_bytes header = {0}, payload = {0}, token = {0};
	uint8_t found[8];
	int rc;

	hex_append(p->header_hex, strlen(p->header_hex), &header);
	hex_append(p->claims_hex, strlen(p->claims_hex), &payload);
	REQUIRE(sb_cbor_put_int(&payload, 65533) == SB_OK);
	REQUIRE(sb_bytes_append(&payload, p->list.data, p->list.len) == SB_OK);
	REQUIRE(sb_cose_sign1_make(sb_bytes_slice(&header), sb_bytes_slice(&payload), &issuer.signer, &token) == SB_OK);
	rc = sb_status_cwt_parse(sb_bytes_slice(&token), list, found);
	sb_bytes_free(&header);
	sb_bytes_free(&payload);
	sb_bytes_free(&token);
	return rc;
}

#define HEADER_KID "0448" "0102030405060708"
#define HEADER_TYP "10781a6170706c69636174696f6e2f7374617475736c6973742b637774"
#define HEADER "a30126" HEADER_KID HEADER_TYP
#define CLAIMS "a3026175061a684eda80"
#define LIST_2 "a2646269747302636c73744b78da3be9f2130003df0207"

static void form_is(const char *header, const char *claims, const char *list_hex, int want)
{
	struct sb_status_list *list = NULL;
	struct sb_bytes value = {0};
	struct parts p = {header, claims, {0}};
	int rc;

	hex_append(list_hex, strlen(list_hex), &value);
	p.list = sb_bytes_slice(&value);
	rc = parse_parts(&p, &list);
	if (rc != want) {
		fprintf(stderr, "%s %s %s: %s\n", header, claims, list_hex, sb_error_text(rc));
		check_failures++;
	}
	CHECK((rc == SB_OK) == !!list);
	sb_status_list_free(&list);
	sb_bytes_free(&value);
}

static void other_forms_are_refused(void)
{
	static const char *const headers[] = {"a2" "0126" HEADER_TYP, "a2" "0126" HEADER_KID, "a3" "0126" HEADER_KID "10190125",
		"a3" "0126" "0447" "01020304050607" HEADER_TYP, "a3" "0126" "0400" HEADER_TYP, "a4" "0126" HEADER_KID HEADER_TYP "028110"};
	static const char *const claims[] = {"a2" "061a684eda80", "a2" "026175", "a3" "02" "4175" "061a684eda80", "a3" "026175" "06" "6175",
		"a4" "026175" "061a684eda80" "04f5", "a4" "026175" "061a684eda80" "19fffe" "40", "a3" "02" "6100" "061a684eda80",
		"a4" "026175" "061a684eda80" "026175", "a2026175061a684eda80"};
	static const char *const lists[] = {"a0", "80", "40",
		"a1646269747302", "a1636c73744b78da3be9f2130003df0207",
		"a2646269747303636c73744b78da3be9f2130003df0207", "a2646269747300636c73744b78da3be9f2130003df0207",
		"a2646269747310636c73744b78da3be9f2130003df0207", "a2646269747321636c73744b78da3be9f2130003df0207",
		"a26462697473f5636c73744b78da3be9f2130003df0207", "a2646269747302636c73746b78da3be9f2130003df0207",
		"a2646269747302636c737440", "a2646269747302636c73744a78da3be9f2130003df02",  /* cut off */
		"a2646269747302636c73744b78da3be9f2130003df0208",                            /* checksum */
		"a2646269747302636c73744c78da3be9f2130003df020700",                          /* something behind */
		"a2646269747302636c737448789c030000000001",                                  /* no entries */
		"a2646269747302636c737443c944f9",                                            /* not compressed */
		"a2646269747302636c73744b1fda3be9f2130003df0207", "a2646269747302014b78da3be9f2130003df0207"};

	form_is(HEADER, CLAIMS, LIST_2, SB_OK);
	form_is(HEADER, CLAIMS, "a3646269747302636c73744b78da3be9f2130003df0207" "6f6167677265676174696f6e5f757269" "6175", SB_OK);
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
		form_is(headers[i], CLAIMS, LIST_2, SB_E_FORMAT);
	for (size_t i = 0; i < sizeof claims / sizeof *claims; i++)
		form_is(HEADER, claims[i], LIST_2, SB_E_FORMAT);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		form_is(HEADER, CLAIMS, lists[i], SB_E_FORMAT);
}

/* {"bits": 2, "lst": …} around so many times a block that stands for a megabyte of zeros. */
static void put_zeros(struct sb_bytes *out, size_t megabytes)
{
	static uint8_t zeros[1 << 20], block[1 << 14];
	struct sb_bytes lst = {0};
	z_stream z = {0};
	size_t first, second;

	REQUIRE(deflateInit(&z, 9) == Z_OK);
	z.next_out = block;
	z.avail_out = sizeof block;
	for (int i = 0; i < 2; i++) {
		z.next_in = zeros;
		z.avail_in = sizeof zeros;
		REQUIRE(deflate(&z, Z_FULL_FLUSH) == Z_OK && z.avail_in == 0 && z.avail_out > 0);
		if (i == 0)
			first = sizeof block - z.avail_out;
	}
	second = sizeof block - z.avail_out - first;
	deflateEnd(&z);
	REQUIRE(sb_bytes_append(&lst, block, first) == SB_OK);
	for (size_t i = 1; i < megabytes; i++)
		REQUIRE(sb_bytes_append(&lst, block + first, second) == SB_OK);
	hex_append("a2646269747302636c7374", 22, out);
	REQUIRE(sb_cbor_put_bytes(out, lst.data, lst.len) == SB_OK);
	sb_bytes_free(&lst);
}

static long resident_kilobytes(void)
{
	struct rusage usage;

	REQUIRE(getrusage(RUSAGE_SELF, &usage) == 0);
	return usage.ru_maxrss;
}

static void a_bomb_does_no_harm(void)
{
	struct sb_status_list *list = NULL;
	struct sb_bytes value = {0};
	struct parts p = {HEADER, CLAIMS, {0}};
	long before;

	put_zeros(&value, 2048);
	p.list = sb_bytes_slice(&value);
	before = resident_kilobytes();
	CHECK_EQ(parse_parts(&p, &list), SB_E_FORMAT);
	CHECK(!list);
	CHECK(resident_kilobytes() - before < 256 * 1024);
	sb_bytes_free(&value);
}

/* The bound itself: as many entries as there may be, at a byte each. */
static void the_largest_list_is_read(void)
{
	struct sb_status_list *list = NULL, *back = NULL;
	struct sb_bytes token = {0};
	uint8_t found[8];

	REQUIRE(sb_status_list_new("u", 8, SB_STATUS_ENTRIES_MAX, &list) == SB_OK);
	REQUIRE(sb_status_list_set(list, SB_STATUS_ENTRIES_MAX - 1, 7) == SB_OK);
	REQUIRE(sb_status_cwt_issue(list, kid, &issuer.signer, &token) == SB_OK);
	REQUIRE(sb_status_cwt_parse(sb_bytes_slice(&token), &back, found) == SB_OK);
	CHECK_EQ(entry(back, SB_STATUS_ENTRIES_MAX - 1), 7);
	CHECK_EQ(entry(back, SB_STATUS_ENTRIES_MAX - 2), 0);
	sb_status_list_free(&list);
	sb_status_list_free(&back);
	sb_bytes_free(&token);
}

/* The draft's {"bits", "lst"} maps, behind the words in front of some of them. */
static void drafts_list(const char *name, const unsigned *pairs, size_t count)
{
	struct sb_bytes text = {0}, value = {0};
	struct sb_status_list *list = NULL;
	struct parts p = {HEADER, CLAIMS, {0}};
	const char *hex;

	if (!vector_read(name, &text))
		return;
	hex = memmem(text.data, text.len, "a264", 4);
	REQUIRE(hex);
	hex_append(hex, text.len - (size_t)((const uint8_t *)hex - text.data), &value);
	p.list = sb_bytes_slice(&value);
	CHECK_EQ(parse_parts(&p, &list), SB_OK);
	for (size_t i = 0; list && i < count; i++)
		CHECK_EQ(entry(list, pairs[2 * i]), pairs[2 * i + 1]);
	printf("%s: %zu entries\n", name, count);
	sb_status_list_free(&list);
	sb_bytes_free(&text);
	sb_bytes_free(&value);
}

static void the_drafts_lists(void)
{
	static const unsigned one[] = {0, 1, 1, 0, 2, 0, 3, 1, 7, 1, 8, 1, 15, 1}, two[] = {0, 1, 1, 2, 2, 0, 3, 3, 11, 3};
	static const unsigned long_one[] = {0, 1, 1, 0, 1993, 1, 25460, 1, 159495, 1, 495669, 1, 554353, 1, 645645, 1, 723232, 1, 854545, 1,
		934534, 1, 1000345, 1, 1000346, 0};
	static const unsigned long_two[] = {0, 1, 1, 0, 1993, 2, 25460, 1, 159495, 3, 495669, 1, 554353, 1, 645645, 2, 723232, 1, 854545, 1,
		934534, 2, 1000345, 3, 1000346, 0};
	static const unsigned long_four[] = {0, 1, 1993, 2, 35460, 3, 459495, 4, 595669, 5, 754353, 6, 845645, 7, 923232, 8, 924445, 9,
		934534, 10, 1004534, 11, 1000345, 12, 1030203, 13, 1030204, 14, 1030205, 15};

	drafts_list("status-list/status_list_encoding_cbor.md", one, sizeof one / sizeof *one / 2);
	drafts_list("status-list/status_list_encoding2_cbor.md", two, sizeof two / sizeof *two / 2);
	drafts_list("status-list/status_list_encoding1_long_cbor.md", long_one, sizeof long_one / sizeof *long_one / 2);
	drafts_list("status-list/status_list_encoding2_long_cbor.md", long_two, sizeof long_two / sizeof *long_two / 2);
	drafts_list("status-list/status_list_encoding4_cbor.md", long_four, sizeof long_four / sizeof *long_four / 2);
}

/* The draft's signed example names its key in another way than ours, but is signed as ours. */
static void the_drafts_token(void)
{
	struct sb_bytes token = {0}, key = {0};
	struct sb_status_list *list = NULL;
	uint8_t point[65], found[8];
	json_t *jwk;

	if (!vector_hex("status-list/status_list_cwt.md", &token) || !vector_read("status-list/example_key_public.json", &key)) {
		sb_bytes_free(&token);
		return;
	}
	jwk = sb_json_parse(sb_bytes_slice(&key), NULL, NULL);
	REQUIRE(jwk && sb_jwk_to_point(jwk, point) == SB_OK);
	CHECK_EQ(sb_status_cwt_verify(sb_bytes_slice(&token), sb_slice(point, 65)), SB_OK);
	CHECK_EQ(sb_status_cwt_parse(sb_bytes_slice(&token), &list, found), SB_E_FORMAT);
	token.data[60] ^= 1;
	CHECK_EQ(sb_status_cwt_verify(sb_bytes_slice(&token), sb_slice(point, 65)), SB_E_SIGNATURE);
	json_decref(jwk);
	sb_bytes_free(&token);
	sb_bytes_free(&key);
}

static void the_jwt_form(void)
{
	struct sb_status_list *list = sample();
	struct sb_bytes text = {0}, lst = {0}, chain[4] = {{0}}, name = {0};
	uint8_t entries[250], hash[SB_SHA256_SIZE];
	uLongf size = sizeof entries;
	const json_t *inner;
	const char *coded;
	struct sb_jws jws;
	size_t count;

	REQUIRE(sb_status_jwt_issue(list, sb_slice("certificate", 11), &issuer.signer, &text) == SB_OK);
	REQUIRE(sb_jws_parse(sb_bytes_slice(&text), "statuslist+jwt", &jws) == SB_OK);
	CHECK_EQ(sb_jws_verify(&jws, software_point(&issuer)), SB_OK);
	CHECK_EQ(sb_jws_x5c(&jws, chain, &count), SB_OK);
	CHECK(count == 1 && sb_slice_equal(sb_bytes_slice(&chain[0]), sb_slice("certificate", 11)));
	REQUIRE(sb_sha256("certificate", 11, hash) == SB_OK && sb_base64url_encode(hash, 8, &name) == SB_OK);
	coded = sb_json_text(jws.header, "kid");
	CHECK(coded && sb_slice_equal(sb_slice(coded, strlen(coded)), sb_bytes_slice(&name)));
	CHECK(strcmp(sb_json_text(jws.payload, "sub"), list->uri) == 0);
	CHECK_EQ(json_integer_value(json_object_get(jws.payload, "iat")), list->iat);
	CHECK_EQ(json_integer_value(json_object_get(jws.payload, "exp")), list->exp);
	CHECK_EQ(json_integer_value(json_object_get(jws.payload, "ttl")), list->ttl);
	inner = json_object_get(jws.payload, "status_list");
	CHECK_EQ(json_integer_value(json_object_get(inner, "bits")), 2);
	coded = sb_json_text(inner, "lst");
	REQUIRE(coded && sb_base64url_decode(coded, strlen(coded), &lst) == SB_OK);
	CHECK_EQ(uncompress(entries, &size, lst.data, lst.len), Z_OK);
	CHECK(size == list->size && memcmp(entries, list->entries, size) == 0);
	sb_jws_free(&jws);
	sb_status_list_free(&list);
	sb_bytes_free(&text);
	sb_bytes_free(&lst);
	sb_bytes_free(&name);
	sb_bytes_free(&chain[0]);
}

/* The JWT of a list, as it was issued and with one character changed or cut off. */
static void the_jwt_is_read(void)
{
	struct sb_status_list *list = sample(), *read = NULL;
	struct sb_bytes text = {0};
	uint8_t hash[SB_SHA256_SIZE], found[8];
	bool has_kid = false;

	REQUIRE(sb_status_jwt_issue(list, sb_slice("certificate", 11), &issuer.signer, &text) == SB_OK && sb_sha256("certificate", 11, hash) == SB_OK);
	REQUIRE(sb_status_jwt_parse(sb_bytes_slice(&text), &read, found, &has_kid) == SB_OK);
	CHECK(has_kid && memcmp(found, hash, 8) == 0);
	CHECK(read->bits == list->bits && read->size == list->size && memcmp(read->entries, list->entries, list->size) == 0);
	CHECK(strcmp(read->uri, list->uri) == 0 && read->iat == list->iat && read->exp == list->exp && read->ttl == list->ttl);
	CHECK_EQ(sb_status_jwt_verify(sb_bytes_slice(&text), software_point(&issuer)), SB_OK);
	CHECK_EQ(sb_status_jwt_verify(sb_bytes_slice(&text), software_point(&stranger)), SB_E_SIGNATURE);
	sb_status_list_free(&read);
	for (size_t i = 0; i < text.len; i++) {
		uint8_t was = text.data[i];

		text.data[i] = was == 'A' ? 'B' : 'A';
		CHECK(sb_status_jwt_verify(sb_bytes_slice(&text), software_point(&issuer)) != SB_OK);
		sb_status_jwt_parse(sb_bytes_slice(&text), &read, found, &has_kid);
		sb_status_list_free(&read);
		text.data[i] = was;
		CHECK(sb_status_jwt_verify(sb_slice(text.data, i), software_point(&issuer)) != SB_OK);
	}
	sb_status_list_free(&list);
	sb_bytes_free(&text);
}

/* Signed by the issuer, and yet not what the draft says. */
static int read_jwt(const char *header, const char *payload)
{
	json_t *h = json_loads(header, 0, NULL), *p = json_loads(payload, 0, NULL);
	struct sb_status_list *list = NULL;
	struct sb_bytes text = {0};
	uint8_t found[8];
	bool has_kid;
	int rc;

	REQUIRE(h && p && sb_jws_sign(h, p, &issuer.signer, &text) == SB_OK);
	rc = sb_status_jwt_parse(sb_bytes_slice(&text), &list, found, &has_kid);
	CHECK((rc == SB_OK) == (list != NULL));
	sb_status_list_free(&list);
	sb_bytes_free(&text);
	json_decref(h);
	json_decref(p);
	return rc;
}

static void other_jwts_are_refused(void)
{
#define H "{\"typ\":\"statuslist+jwt\"}"
#define P(list) "{\"sub\":\"https://e.example/1\",\"iat\":1686920170,\"status_list\":" list "}"
	static const struct {
		const char *header, *payload;
		int rc;
	} rows[] = {
		{H, P("{\"bits\":1,\"lst\":\"eNrbuRgAAhcBXQ\"}"), SB_OK},
		{"{\"typ\":\"statuslist+jwt\",\"kid\":\"12\"}", P("{\"bits\":1,\"lst\":\"eNrbuRgAAhcBXQ\"}"), SB_OK},
		{"{\"typ\":\"JWT\"}", P("{\"bits\":1,\"lst\":\"eNrbuRgAAhcBXQ\"}"), SB_E_FORMAT},
		{"{}", P("{\"bits\":1,\"lst\":\"eNrbuRgAAhcBXQ\"}"), SB_E_FORMAT},
		{"{\"typ\":\"statuslist+jwt\",\"crit\":[\"b64\"]}", P("{\"bits\":1,\"lst\":\"eNrbuRgAAhcBXQ\"}"), SB_E_FORMAT},
		{"{\"typ\":\"statuslist+jwt\",\"x5c\":[\"AAAA\"],\"kid\":\"AQIDBAUGBwg\"}", P("{\"bits\":1,\"lst\":\"eNrbuRgAAhcBXQ\"}"), SB_E_FORMAT},
		{"{\"typ\":\"statuslist+jwt\",\"x5c\":[]}", P("{\"bits\":1,\"lst\":\"eNrbuRgAAhcBXQ\"}"), SB_E_FORMAT},
		{H, P("{\"bits\":3,\"lst\":\"eNrbuRgAAhcBXQ\"}"), SB_E_FORMAT},
		{H, P("{\"bits\":16,\"lst\":\"eNrbuRgAAhcBXQ\"}"), SB_E_FORMAT},
		{H, P("{\"bits\":1.0,\"lst\":\"eNrbuRgAAhcBXQ\"}"), SB_E_FORMAT},
		{H, P("{\"lst\":\"eNrbuRgAAhcBXQ\"}"), SB_E_FORMAT},
		{H, P("{\"bits\":1}"), SB_E_FORMAT},
		{H, P("{\"bits\":1,\"lst\":\"\"}"), SB_E_FORMAT},
		{H, P("{\"bits\":1,\"lst\":\"eNrbuRgAAhcBXQ==\"}"), SB_E_FORMAT},
		{H, P("{\"bits\":1,\"lst\":\"eNrbuRgAAhcBXA\"}"), SB_E_FORMAT},
		{H, P("{\"bits\":1,\"lst\":\"eNrbuRgAAhcB\"}"), SB_E_FORMAT},
		{H, P("{\"bits\":1,\"lst\":\"eNrbuRgAAhcBXQA\"}"), SB_E_FORMAT},
		{H, P("[1]"), SB_E_FORMAT},
		{H, "{\"iat\":1,\"status_list\":{\"bits\":1,\"lst\":\"eNrbuRgAAhcBXQ\"}}", SB_E_FORMAT},
		{H, "{\"sub\":7,\"iat\":1,\"status_list\":{\"bits\":1,\"lst\":\"eNrbuRgAAhcBXQ\"}}", SB_E_FORMAT},
		{H, "{\"sub\":\"u\",\"status_list\":{\"bits\":1,\"lst\":\"eNrbuRgAAhcBXQ\"}}", SB_E_FORMAT},
		{H, "{\"sub\":\"u\",\"iat\":\"1\",\"status_list\":{\"bits\":1,\"lst\":\"eNrbuRgAAhcBXQ\"}}", SB_E_FORMAT},
		{H, "{\"sub\":\"u\",\"iat\":-1,\"status_list\":{\"bits\":1,\"lst\":\"eNrbuRgAAhcBXQ\"}}", SB_E_FORMAT},
		{H, "{\"sub\":\"u\",\"iat\":1,\"exp\":0,\"status_list\":{\"bits\":1,\"lst\":\"eNrbuRgAAhcBXQ\"}}", SB_E_FORMAT},
		{H, "{\"sub\":\"u\",\"iat\":1,\"exp\":1.5,\"status_list\":{\"bits\":1,\"lst\":\"eNrbuRgAAhcBXQ\"}}", SB_E_FORMAT},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (read_jwt(rows[i].header, rows[i].payload) != rows[i].rc) {
			fprintf(stderr, "JWT %zu: not %d: %s %s\n", i, rows[i].rc, rows[i].header, rows[i].payload);
			check_failures++;
		} else
			check_count++;
#undef H
#undef P
}

/* 64 MiB of zeros in some 64 KiB. */
static void a_bomb_in_a_jwt(void)
{
	uLong room = compressBound(64 << 20);
	uint8_t *zeros = calloc(1, 64 << 20), *packed = malloc(room);
	struct sb_bytes lst = {0}, payload = {0};

	REQUIRE(zeros && packed && compress2(packed, &room, zeros, 64 << 20, 9) == Z_OK);
	REQUIRE(sb_base64url_encode(packed, room, &lst) == SB_OK);
	REQUIRE(sb_bytes_append_text(&payload, "{\"sub\":\"u\",\"iat\":1,\"status_list\":{\"bits\":1,\"lst\":\"") == SB_OK);
	REQUIRE(sb_bytes_append(&payload, lst.data, lst.len) == SB_OK && sb_bytes_append_text(&payload, "\"}}") == SB_OK);
	REQUIRE(sb_bytes_terminate(&payload) == SB_OK);
	CHECK_EQ(read_jwt("{\"typ\":\"statuslist+jwt\"}", (const char *)payload.data), SB_E_FORMAT);
	free(zeros);
	free(packed);
	sb_bytes_free(&lst);
	sb_bytes_free(&payload);
}

int main(void)
{
	REQUIRE(sb_crypto_start() == SB_OK);
	issuer = software_signer_new();
	stranger = software_signer_new();
	the_drafts_bits();
	entries_change_alone();
	lists_have_a_size();
	what_was_issued_is_read();
	nothing_altered_is_accepted();
	other_forms_are_refused();
	a_bomb_does_no_harm();
	the_largest_list_is_read();
	the_drafts_lists();
	the_drafts_token();
	the_jwt_form();
	the_jwt_is_read();
	other_jwts_are_refused();
	a_bomb_in_a_jwt();
	software_signer_free(&issuer);
	software_signer_free(&stranger);
	return check_result();
}
