/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include <jansson.h>

#include "check.h"
#include "crypto/agreement.h"
#include "crypto/random.h"
#include "formats/cose.h"
#include "formats/mdoc_request.h"
#include "mdoc_maker.h"
#include "vectors.h"

static struct maker m;

/* As a reader does, with the bytes in a block of exactly their size, so that a read beyond it is seen by the sanitizers. */
static int accept_at(const void *data, size_t len, const struct sb_mdoc_question *q, enum sb_mdoc_fault *why)
{
	static struct sb_mdoc documents[SB_MDOC_DOCUMENTS];
	uint8_t *copy = malloc(len ? len : 1);
	size_t count = 0;
	int rc;

	REQUIRE(copy);
	if (len)
		memcpy(copy, data, len);
	rc = sb_mdoc_parse_response(sb_slice(copy, len), documents, &count, why);
	for (size_t i = 0; rc == SB_OK && i < count; i++)
		rc = sb_mdoc_verify(&documents[i], q, why);
	free(copy);
	return rc;
}

static int accept(const void *data, size_t len, enum sb_mdoc_fault *why)
{
	struct sb_mdoc_question q = maker_question(&m);

	return accept_at(data, len, &q, why);
}

static bool is(struct sb_slice got, const char *want)
{
	return sb_slice_equal(got, sb_slice(want, strlen(want)));
}

static const struct sb_mdoc_element *find(const struct sb_mdoc *mdoc, const char *name_space, const char *name)
{
	return sb_mdoc_find(mdoc, sb_slice(name_space, strlen(name_space)), sb_slice(name, strlen(name)));
}

static void value_is(const struct sb_mdoc *mdoc, const char *name_space, const char *name, const char *want)
{
	const struct sb_mdoc_element *e = find(mdoc, name_space, name);
	json_t *json = e ? sb_mdoc_value_json(e->value) : NULL;
	char *text = json ? json_dumps(json, JSON_ENCODE_ANY) : NULL;

	CHECK(text && strcmp(text, want) == 0);
	free(text);
	json_decref(json);
}

static void what_is_issued_can_be_read(void)
{
	struct sb_mdoc_question q = maker_question(&m);
	struct sb_bytes issued = {0};
	struct sb_mdoc mdoc;
	enum sb_mdoc_fault why;

	maker_issue(&m, &issued);
	CHECK_EQ(sb_mdoc_parse_issued(sb_bytes_slice(&issued), &mdoc, &why), SB_OK);
	CHECK_EQ(why, SB_MDOC_FAULT_NONE);
	CHECK_EQ(mdoc.element_count, MAKER_VALUES);
	CHECK(is(mdoc.doctype, MAKER_TYPE) && !mdoc.document_type.data && !mdoc.device_auth.data);
	CHECK(sb_slice_equal(mdoc.certificate, sb_bytes_slice(&m.signer)));
	CHECK(memcmp(mdoc.device_point, m.device.point, 65) == 0);
	CHECK(mdoc.has_status && mdoc.status_index == 77 && is(mdoc.status_uri, "https://id.example/s"));
	CHECK(mdoc.signed_at == MAKER_NOW - 100 && mdoc.valid_from == MAKER_NOW - 100 && mdoc.valid_until == MAKER_NOW + MAKER_YEAR);
	value_is(&mdoc, MAKER_TYPE, "name", "\"홍시험\"");
	value_is(&mdoc, MAKER_TYPE, "birth_date", "\"1990-01-01\"");
	value_is(&mdoc, MAKER_TYPE, "age_over_19", "true");
	value_is(&mdoc, MAKER_TYPE, "portrait", "\"_9j_\"");
	value_is(&mdoc, "other.space", "extra", "-7");
	CHECK(!find(&mdoc, MAKER_TYPE, "extra") && !find(&mdoc, MAKER_TYPE, "nam"));
	CHECK_EQ(sb_mdoc_verify_issued(&mdoc, &q, &why), SB_OK);
	/* Without a device's word it is no presentation. */
	CHECK_EQ(sb_mdoc_verify(&mdoc, &q, &why), SB_E_SIGNATURE);
	CHECK_EQ(why, SB_MDOC_FAULT_DEVICE_SIGNATURE);
	sb_bytes_free(&issued);
}

/* Salts of 32 bytes that differ; numbers of one name space 0 … n-1, and not always in the order of the values. */
static void order_and_salts_tell_nothing(void)
{
	unsigned in_order = 0, rounds = 40;

	for (unsigned i = 0; i < rounds; i++) {
		struct sb_bytes issued = {0};
		struct sb_mdoc mdoc;
		enum sb_mdoc_fault why;
		unsigned seen = 0;

		maker_issue(&m, &issued);
		REQUIRE(sb_mdoc_parse_issued(sb_bytes_slice(&issued), &mdoc, &why) == SB_OK);
		for (size_t k = 0; k < MAKER_VALUES - 1; k++) {
			CHECK(mdoc.elements[k].digest_id == k);
			seen |= 1u << mdoc.elements[k].digest_id;
			CHECK(memmem(mdoc.elements[k].item.data, mdoc.elements[k].item.len, "frandom\x58\x20", 9));
		}
		CHECK_EQ(seen, 0x1f);
		in_order += is(mdoc.elements[0].name, "name") && is(mdoc.elements[1].name, "birth_date") && is(mdoc.elements[2].name, "age_over_19");
		sb_bytes_free(&issued);
	}
	/* One in 60 by chance. */
	CHECK(in_order < 8);
}

static void only_what_is_chosen_is_sent(void)
{
	struct sb_mdoc documents[SB_MDOC_DOCUMENTS];
	struct sb_bytes issued = {0}, response = {0};
	struct sb_mdoc_question q = maker_question(&m);
	struct sb_mdoc_presentation p = {.transcript = sb_bytes_slice(&m.transcript)};
	const struct sb_mdoc_name unknown = {sb_slice(MAKER_TYPE, strlen(MAKER_TYPE)), sb_slice("rrn", 3)};
	enum sb_mdoc_fault why;
	size_t count;

	maker_issue(&m, &issued);
	maker_present(&m, &issued, &response);
	CHECK_EQ(sb_mdoc_parse_response(sb_bytes_slice(&response), documents, &count, &why), SB_OK);
	CHECK_EQ(count, 1);
	CHECK_EQ(documents[0].element_count, 2);
	value_is(&documents[0], MAKER_TYPE, "name", "\"홍시험\"");
	value_is(&documents[0], MAKER_TYPE, "birth_date", "\"1990-01-01\"");
	CHECK_EQ(sb_mdoc_verify(&documents[0], &q, &why), SB_OK);
	CHECK(!memmem(response.data, response.len, "address", 7));
	/* None of the elements. */
	response.len = 0;
	p.issued = sb_bytes_slice(&issued);
	CHECK_EQ(sb_mdoc_present(&p, &m.device.signer, &response), SB_OK);
	CHECK_EQ(accept(response.data, response.len, &why), SB_OK);
	CHECK(!memmem(response.data, response.len, "digestID", 8));
	/* What is not there cannot be sent, and nothing is. */
	response.len = 0;
	p.disclose = &unknown;
	p.disclose_count = 1;
	CHECK_EQ(sb_mdoc_present(&p, &m.device.signer, &response), SB_E_NOT_FOUND);
	CHECK_EQ(response.len, 0);
	sb_bytes_free(&issued);
	sb_bytes_free(&response);
}

static void a_presentation_is_for_one_transcript(void)
{
	static const char *const parts[][3] = {
		{"x509_san_dns:rp.example", "N-2", "https://rp.example/cb"},
		{"x509_san_dns:other.example", "N-1", "https://rp.example/cb"},
		{"x509_san_dns:rp.example", "N-1", "https://rp.example/cb2"},
	};
	struct sb_mdoc_question q = maker_question(&m);
	struct sb_bytes issued = {0}, response = {0};
	enum sb_mdoc_fault why;

	maker_issue(&m, &issued);
	maker_present(&m, &issued, &response);
	CHECK_EQ(accept(response.data, response.len, &why), SB_OK);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		struct sb_bytes other = {0};

		REQUIRE(sb_mdoc_transcript_openid4vp(sb_slice(parts[i][0], strlen(parts[i][0])), sb_slice(parts[i][1], strlen(parts[i][1])),
				sb_slice(NULL, 0), sb_slice(parts[i][2], strlen(parts[i][2])), &other) == SB_OK);
		q.transcript = sb_bytes_slice(&other);
		CHECK_EQ(accept_at(response.data, response.len, &q, &why), SB_E_SIGNATURE);
		CHECK_EQ(why, SB_MDOC_FAULT_DEVICE_SIGNATURE);
		sb_bytes_free(&other);
	}
	q.transcript = sb_slice("\x01", 1);
	CHECK_EQ(accept_at(response.data, response.len, &q, &why), SB_E_ARGUMENT);
	sb_bytes_free(&issued);
	sb_bytes_free(&response);
}

static void a_mac_in_place_of_a_signature(void)
{
	struct software_signer reader = software_signer_new();
	struct sb_bytes issued = {0}, response = {0}, secret = {0}, theirs = {0};
	struct sb_mdoc_question q = maker_question(&m);
	struct sb_mdoc_presentation p = {.transcript = sb_bytes_slice(&m.transcript)};
	enum sb_mdoc_fault why;

	REQUIRE(sb_ecdh(m.device.key, software_point(&reader), &secret) == SB_OK);
	REQUIRE(sb_ecdh(reader.key, software_point(&m.device), &theirs) == SB_OK);
	maker_issue(&m, &issued);
	p.issued = sb_bytes_slice(&issued);
	CHECK_EQ(sb_mdoc_present_mac(&p, sb_bytes_slice(&secret), &response), SB_OK);
	CHECK_EQ(accept_at(response.data, response.len, &q, &why), SB_E_SIGNATURE);
	CHECK_EQ(why, SB_MDOC_FAULT_DEVICE_MAC);
	q.mac_secret = sb_bytes_slice(&theirs);
	CHECK_EQ(accept_at(response.data, response.len, &q, &why), SB_OK);
	theirs.data[0] ^= 1;
	CHECK_EQ(accept_at(response.data, response.len, &q, &why), SB_E_SIGNATURE);
	CHECK_EQ(why, SB_MDOC_FAULT_DEVICE_MAC);
	sb_bytes_free(&issued);
	sb_bytes_free(&response);
	sb_bytes_free(&secret);
	sb_bytes_free(&theirs);
	software_signer_free(&reader);
}

/* --- nothing altered --- */

static void nothing_altered_is_accepted(void)
{
	static const uint8_t few[] = {0x01, 0x80, 0xff, 0x20};
	bool thorough = getenv("SINBUN_ROUNDS") != NULL;
	struct sb_bytes issued = {0}, response = {0};
	unsigned tried = 0, reasons[SB_MDOC_FAULT_COUNT] = {0};
	enum sb_mdoc_fault why;

	maker_issue(&m, &issued);
	maker_present(&m, &issued, &response);
	CHECK_EQ(accept(response.data, response.len, &why), SB_OK);
	for (size_t len = 0; len < response.len; len++, tried++)
		CHECK(accept(response.data, len, &why) == SB_E_FORMAT && why == SB_MDOC_FAULT_CBOR);
	for (size_t i = 0; i < response.len; i++)
		for (unsigned change = 0; change < (thorough ? 255 : sizeof few); change++, tried++) {
			uint8_t bits = thorough ? (uint8_t)(change + 1) : few[change];

			response.data[i] ^= bits;
			if (accept(response.data, response.len, &why) == SB_OK || why == SB_MDOC_FAULT_NONE) {
				fprintf(stderr, "byte %zu ^ %02x was accepted, or refused without a reason\n", i, bits);
				check_failures++;
			}
			reasons[why]++;
			response.data[i] ^= bits;
		}
	CHECK_EQ(accept(response.data, response.len, &why), SB_OK);
	REQUIRE(sb_bytes_append_byte(&response, 0) == SB_OK);
	CHECK_EQ(accept(response.data, response.len, &why), SB_E_FORMAT);
	printf("DeviceResponse of %zu bytes: %u altered forms refused (", response.len - 1, tried);
	for (unsigned i = 0; i < SB_MDOC_FAULT_COUNT; i++)
		if (reasons[i])
			printf("%s %u ", sb_mdoc_fault_name((enum sb_mdoc_fault)i), reasons[i]);
	puts("\b)");
	sb_bytes_free(&issued);
	sb_bytes_free(&response);
}

/* --- whose word it is, and when --- */

static int issued_at(const struct sb_mdoc_content *c, const struct software_signer *s, int64_t at, enum sb_mdoc_fault *why)
{
	struct sb_mdoc_question q = maker_question(&m);
	struct sb_bytes issued = {0};
	struct sb_mdoc mdoc;
	int rc;

	REQUIRE(sb_mdoc_issue(c, &s->signer, &issued) == SB_OK);
	q.at = at;
	rc = sb_mdoc_parse_issued(sb_bytes_slice(&issued), &mdoc, why);
	if (rc == SB_OK)
		rc = sb_mdoc_verify_issued(&mdoc, &q, why);
	sb_bytes_free(&issued);
	return rc;
}

static void signers_are(void)
{
	enum { NOW = MAKER_NOW, YEAR = MAKER_YEAR };
	static const struct {
		struct maker_certificate c;
		bool stranger; /* not the root's signature */
		enum sb_mdoc_fault why;
	} rows[] = {
		{{SB_X509_SIGNER, "KR", "KR", NOW - YEAR, NOW + YEAR}, false, SB_MDOC_FAULT_NONE},
		{{SB_X509_SIGNER, "KR", "KR", NOW - YEAR, NOW + YEAR}, true, SB_MDOC_FAULT_ISSUER},
		{{SB_X509_HOLDER, "KR", "KR", NOW - YEAR, NOW + YEAR}, false, SB_MDOC_FAULT_SIGNER_PROFILE},
		{{SB_X509_READER, "KR", "KR", NOW - YEAR, NOW + YEAR}, false, SB_MDOC_FAULT_SIGNER_PROFILE},
		{{SB_X509_ROOT, "KR", "KR", NOW - YEAR, NOW + YEAR}, false, SB_MDOC_FAULT_SIGNER_PROFILE},
		{{SB_X509_SIGNER, "US", "KR", NOW - YEAR, NOW + YEAR}, false, SB_MDOC_FAULT_SIGNER_PROFILE},
		{{SB_X509_SIGNER, NULL, "KR", NOW - YEAR, NOW + YEAR}, false, SB_MDOC_FAULT_SIGNER_PROFILE},
		{{SB_X509_SIGNER, "KR", "US", NOW - YEAR, NOW + YEAR}, false, SB_MDOC_FAULT_ISSUER},
		{{SB_X509_SIGNER, "KR", "KR", NOW - YEAR, NOW - 10}, false, SB_MDOC_FAULT_SIGNER_TIME},
		{{SB_X509_SIGNER, "KR", "KR", NOW + 10, NOW + YEAR}, false, SB_MDOC_FAULT_SIGNER_TIME},
		{{SB_X509_SIGNER, "KR", "KR", NOW - 50, NOW + YEAR}, false, SB_MDOC_FAULT_SIGNER_TIME}, /* signed before that */
		{{SB_X509_SIGNER, "KR", "KR", NOW - 100, NOW + YEAR}, false, SB_MDOC_FAULT_NONE},       /* … in its first second */
	};
	struct software_signer stranger = software_signer_new();
	struct maker_values v;

	maker_values(&v);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sb_mdoc_content c = maker_content(&m, &v);
		struct sb_bytes der = {0};
		enum sb_mdoc_fault why;

		maker_certificate(&m, &rows[i].c, &m.signer_key, rows[i].stranger ? &stranger : &m.root_key, &der);
		c.certificate = sb_bytes_slice(&der);
		issued_at(&c, &m.signer_key, MAKER_NOW, &why);
		if (why != rows[i].why) {
			fprintf(stderr, "signer %zu: %s, not %s\n", i, sb_mdoc_fault_name(why), sb_mdoc_fault_name(rows[i].why));
			check_failures++;
		}
		check_count++;
		sb_bytes_free(&der);
	}
	maker_values_free(&v);
	software_signer_free(&stranger);
}

static void validity_has_its_limits(void)
{
	static const struct {
		int64_t at;
		enum sb_mdoc_fault why;
	} rows[] = {
		{MAKER_NOW, SB_MDOC_FAULT_NONE},
		{MAKER_NOW - 100, SB_MDOC_FAULT_NONE},
		{MAKER_NOW - 101, SB_MDOC_FAULT_NOT_YET_VALID},
		{MAKER_NOW + MAKER_YEAR, SB_MDOC_FAULT_NONE},
		{MAKER_NOW + MAKER_YEAR + 1, SB_MDOC_FAULT_EXPIRED},
		{MAKER_NOW + 6 * (int64_t)MAKER_YEAR, SB_MDOC_FAULT_SIGNER_TIME},
	};
	struct maker_values v;
	struct sb_mdoc_content c;
	struct sb_bytes out = {0};
	enum sb_mdoc_fault why;

	maker_values(&v);
	c = maker_content(&m, &v);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		issued_at(&c, &m.signer_key, rows[i].at, &why);
		CHECK_EQ(why, rows[i].why);
	}
	CHECK_EQ(issued_at(&c, &m.root_key, MAKER_NOW, &why), SB_E_SIGNATURE);
	CHECK_EQ(why, SB_MDOC_FAULT_ISSUER_SIGNATURE);
	/* What must not be issued. */
	c.valid_until = c.valid_from;
	CHECK_EQ(sb_mdoc_issue(&c, &m.signer_key.signer, &out), SB_E_ARGUMENT);
	c = maker_content(&m, &v);
	c.signed_at++;
	CHECK_EQ(sb_mdoc_issue(&c, &m.signer_key.signer, &out), SB_E_ARGUMENT);
	c = maker_content(&m, &v);
	v.rows[1].name = "name";
	CHECK_EQ(sb_mdoc_issue(&c, &m.signer_key.signer, &out), SB_E_ARGUMENT);
	v.rows[1].name = "birth_date";
	v.rows[4].name_space = "other.space";
	v.rows[5].name_space = MAKER_TYPE;
	CHECK_EQ(sb_mdoc_issue(&c, &m.signer_key.signer, &out), SB_E_ARGUMENT);
	CHECK_EQ(out.len, 0);
	maker_values_free(&v);
}

/* --- requests of readers --- */

static int reader_is(const struct sb_bytes *request, struct sb_slice root, struct sb_slice transcript, enum sb_mdoc_fault *why)
{
	static struct sb_mdoc_item_request requests[SB_MDOC_DOCUMENTS];
	const struct sb_mdoc_question q = {.roots = &root, .root_count = 1, .at = MAKER_NOW, .transcript = transcript};
	size_t count;
	int rc = sb_mdoc_request_parse(sb_bytes_slice(request), requests, &count, why);

	return rc == SB_OK ? sb_mdoc_verify_reader(&requests[0], &q, why) : rc;
}

static void readers_authenticate_themselves(void)
{
	const struct maker_certificate c = {SB_X509_READER, "KR", "KR", MAKER_NOW - MAKER_YEAR, MAKER_NOW + MAKER_YEAR};
	struct software_signer reader = software_signer_new();
	struct sb_mdoc_item_request wanted = {.doctype = sb_slice(MAKER_TYPE, strlen(MAKER_TYPE)),
		.wishes = {{sb_slice("a", 1), sb_slice("x", 1), false}, {sb_slice("a", 1), sb_slice("y", 1), true},
			{sb_slice("b", 1), sb_slice("x", 1), false}},
		.wish_count = 3};
	static struct sb_mdoc_item_request got[SB_MDOC_DOCUMENTS];
	struct sb_bytes der = {0}, request = {0}, other = {0};
	struct sb_slice transcript = sb_bytes_slice(&m.transcript);
	unsigned altered = 0;
	enum sb_mdoc_fault why;
	size_t count;

	maker_certificate(&m, &c, &reader, &m.root_key, &der);
	REQUIRE(sb_mdoc_transcript_dcapi(sb_slice("o", 1), sb_slice("n", 1), sb_slice(NULL, 0), &other) == SB_OK);
	CHECK_EQ(sb_mdoc_request_make(&wanted, sb_bytes_slice(&der), transcript, &reader.signer, &request), SB_OK);
	CHECK_EQ(sb_mdoc_request_parse(sb_bytes_slice(&request), got, &count, &why), SB_OK);
	CHECK_EQ(count, 1);
	CHECK(is(got[0].doctype, MAKER_TYPE) && got[0].wish_count == 3);
	CHECK(is(got[0].wishes[1].name_space, "a") && is(got[0].wishes[1].name, "y") && got[0].wishes[1].retain && !got[0].wishes[2].retain);
	CHECK(sb_slice_equal(got[0].certificate, sb_bytes_slice(&der)));
	CHECK_EQ(reader_is(&request, m.roots[0], transcript, &why), SB_OK);
	CHECK_EQ(reader_is(&request, m.roots[0], sb_bytes_slice(&other), &why), SB_E_SIGNATURE);
	CHECK_EQ(why, SB_MDOC_FAULT_READER_SIGNATURE);
	CHECK_EQ(reader_is(&request, sb_bytes_slice(&der), transcript, &why), SB_E_SIGNATURE);
	CHECK_EQ(why, SB_MDOC_FAULT_READER);
	for (size_t i = 0; i < request.len; i++, altered++) {
		request.data[i] ^= 0x01;
		CHECK(reader_is(&request, m.roots[0], transcript, &why) != SB_OK);
		request.data[i] ^= 0x01;
	}
	for (size_t len = request.len; len-- > 0; altered++) {
		request.len = len;
		CHECK(reader_is(&request, m.roots[0], transcript, &why) == SB_E_FORMAT);
	}
	/* Without authentication. */
	CHECK_EQ(sb_mdoc_request_make(&wanted, sb_slice(NULL, 0), transcript, NULL, &request), SB_OK);
	CHECK_EQ(reader_is(&request, m.roots[0], transcript, &why), SB_E_NOT_FOUND);
	printf("DeviceRequest: %u altered forms refused\n", altered);
	sb_bytes_free(&der);
	sb_bytes_free(&request);
	sb_bytes_free(&other);
	software_signer_free(&reader);
}

static void values_as_json(void)
{
	static const struct {
		const char *json, *hex;
	} rows[] = {
		{"\"2020-02-29\"", "d903ec6a323032302d30322d3239"}, {"\"2021-02-29\"", "6a323032312d30322d3239"},
		{"[1,-1,true,null,{\"a\":\"b\"}]", "850120f5f6a161616162"}, {"{\"vehicle_category_code\":\"B\",\"issue_date\":\"2018-08-09\"}",
			"a27576656869636c655f63617465676f72795f636f646561426a69737375655f64617465d903ec6a323031382d30382d3039"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		json_t *json = json_loads(rows[i].json, JSON_DECODE_ANY, NULL), *back;
		struct sb_bytes cbor = {0}, hex = {0};

		REQUIRE(json && sb_mdoc_put_json(&cbor, json) == SB_OK && sb_hex_encode(cbor.data, cbor.len, &hex) == SB_OK);
		CHECK(is(sb_bytes_slice(&hex), rows[i].hex));
		back = sb_mdoc_value_json(sb_bytes_slice(&cbor));
		CHECK(json_equal(json, back));
		json_decref(json);
		json_decref(back);
		sb_bytes_free(&cbor);
		sb_bytes_free(&hex);
	}
	for (const char *const *bad = (const char *const[]){"d903ec6a323032312d30322d3239", "c074323031332d30332d32315432303a30343a30305a00",
		     "d90100820102", "f83b", "1bffffffffffffffff", NULL};
		*bad; bad++) {
		struct sb_bytes cbor = {0};

		hex_append(*bad, strlen(*bad), &cbor);
		CHECK(!sb_mdoc_value_json(sb_bytes_slice(&cbor)));
		sb_bytes_free(&cbor);
	}
}

int main(void)
{
	REQUIRE(sb_crypto_start() == SB_OK);
	m = maker_new();
	what_is_issued_can_be_read();
	order_and_salts_tell_nothing();
	only_what_is_chosen_is_sent();
	a_presentation_is_for_one_transcript();
	a_mac_in_place_of_a_signature();
	nothing_altered_is_accepted();
	signers_are();
	validity_has_its_limits();
	readers_authenticate_themselves();
	values_as_json();
	maker_free(&m);
	return check_result();
}
