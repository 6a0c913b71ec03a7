/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#ifndef SINBUN_TEST_MDOC_MAKER_H
#define SINBUN_TEST_MDOC_MAKER_H

#include "formats/cbor.h"
#include "formats/mdoc.h"
#include "formats/x509.h"
#include "software_signer.h"

/* An issuer, its document signer and a device, with keys in memory, and a small document of theirs. */
enum { MAKER_NOW = 1800000000, MAKER_YEAR = 365 * 86400 };
#define MAKER_TYPE "kr.sinbun.resident.1"

struct maker {
	struct software_signer root_key, signer_key, device;
	struct sb_bytes root, signer; /* certificates, DER */
	struct sb_slice roots[1];
	struct sb_bytes transcript;
};

struct maker_certificate {
	enum sb_x509_kind kind;
	const char *country, *issuer_country;
	int64_t from, to;
};

static inline void maker_certificate(struct maker *m, const struct maker_certificate *c, const struct software_signer *subject,
	const struct software_signer *issuer, struct sb_bytes *der)
{
	struct sb_x509_request r = {
		.kind = c->kind,
		.subject = {c->country, "Test", c->kind == SB_X509_ROOT ? "root" : "leaf"},
		.issuer = {c->issuer_country, "Test", "root"},
		.serial = {0x41, (uint8_t)c->kind},
		.serial_len = 2,
		.not_before = c->from,
		.not_after = c->to,
		.point = software_point(subject),
		.issuer_point = software_point(issuer),
	};

	(void)m;
	REQUIRE(sb_x509_issue(&r, &issuer->signer, der) == SB_OK);
}

static inline struct maker maker_new(void)
{
	struct maker m = {.root_key = software_signer_new(), .signer_key = software_signer_new(), .device = software_signer_new()};
	const struct maker_certificate root = {SB_X509_ROOT, "KR", "KR", MAKER_NOW - MAKER_YEAR, MAKER_NOW + 9 * MAKER_YEAR};
	const struct maker_certificate signer = {SB_X509_SIGNER, "KR", "KR", MAKER_NOW - MAKER_YEAR / 2, MAKER_NOW + 5 * MAKER_YEAR};

	maker_certificate(&m, &root, &m.root_key, &m.root_key, &m.root);
	maker_certificate(&m, &signer, &m.signer_key, &m.root_key, &m.signer);
	m.roots[0] = sb_bytes_slice(&m.root);
	REQUIRE(sb_mdoc_transcript_openid4vp(sb_slice("x509_san_dns:rp.example", 23), sb_slice("N-1", 3), sb_slice(NULL, 0),
			sb_slice("https://rp.example/cb", 21), &m.transcript) == SB_OK);
	return m;
}

static inline void maker_free(struct maker *m)
{
	software_signer_free(&m->root_key);
	software_signer_free(&m->signer_key);
	software_signer_free(&m->device);
	sb_bytes_free(&m->root);
	sb_bytes_free(&m->signer);
	sb_bytes_free(&m->transcript);
}

static inline struct sb_mdoc_question maker_question(const struct maker *m)
{
	return (struct sb_mdoc_question){
		.roots = m->roots, .root_count = 1, .at = MAKER_NOW, .transcript = {m->transcript.data, m->transcript.len}};
}

/* What stands in the document; values of every type. */
enum { MAKER_VALUES = 6 };
struct maker_values {
	struct sb_bytes bytes[MAKER_VALUES];
	struct sb_mdoc_value rows[MAKER_VALUES];
};

static inline void maker_values(struct maker_values *v)
{
	static const char *const names[MAKER_VALUES] = {"name", "birth_date", "age_over_19", "portrait", "address", "extra"};

	*v = (struct maker_values){0};
	REQUIRE(sb_cbor_put_string(&v->bytes[0], "홍시험") == SB_OK);
	REQUIRE(sb_mdoc_put_date(&v->bytes[1], "1990-01-01") == SB_OK);
	REQUIRE(sb_cbor_put_bool(&v->bytes[2], true) == SB_OK);
	REQUIRE(sb_cbor_put_bytes(&v->bytes[3], "\xff\xd8\xff", 3) == SB_OK);
	REQUIRE(sb_cbor_put_string(&v->bytes[4], "서울특별시 시험구 시험로 1") == SB_OK);
	REQUIRE(sb_cbor_put_int(&v->bytes[5], -7) == SB_OK);
	for (size_t i = 0; i < MAKER_VALUES; i++)
		v->rows[i] = (struct sb_mdoc_value){i == 5 ? "other.space" : MAKER_TYPE, names[i], sb_bytes_slice(&v->bytes[i])};
}

static inline void maker_values_free(struct maker_values *v)
{
	for (size_t i = 0; i < MAKER_VALUES; i++)
		sb_bytes_free(&v->bytes[i]);
}

/* The content of the document; v must outlive it. */
static inline struct sb_mdoc_content maker_content(const struct maker *m, const struct maker_values *v)
{
	struct sb_mdoc_content c = {
		.doctype = MAKER_TYPE,
		.values = v->rows,
		.value_count = MAKER_VALUES,
		.signed_at = MAKER_NOW - 100,
		.valid_from = MAKER_NOW - 100,
		.valid_until = MAKER_NOW + MAKER_YEAR,
		.has_status = true,
		.status_index = 77,
		.status_uri = "https://id.example/s",
		.certificate = sb_bytes_slice(&m->signer),
	};

	memcpy(c.device_point, m->device.point, 65);
	return c;
}

static inline void maker_issue(const struct maker *m, struct sb_bytes *issued)
{
	struct maker_values v;
	struct sb_mdoc_content c;

	maker_values(&v);
	c = maker_content(m, &v);
	REQUIRE(sb_mdoc_issue(&c, &m->signer_key.signer, issued) == SB_OK);
	maker_values_free(&v);
}

/* name and birth_date shown. */
static inline void maker_present(const struct maker *m, const struct sb_bytes *issued, struct sb_bytes *response)
{
	const struct sb_mdoc_name names[] = {
		{sb_slice(MAKER_TYPE, strlen(MAKER_TYPE)), sb_slice("name", 4)}, {sb_slice(MAKER_TYPE, strlen(MAKER_TYPE)), sb_slice("birth_date", 10)}};
	const struct sb_mdoc_presentation p = {sb_bytes_slice(issued), names, 2, sb_bytes_slice(&m->transcript)};

	REQUIRE(sb_mdoc_present(&p, &m->device.signer, response) == SB_OK);
}

#endif
