/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "crypto/certificate.h"
#include "fuzz_parts.h"
#include "mdoc_maker.h"

/* Certificates and their path to a root: nothing crashes; what passes has a body that the root signed, is no authority itself, in force, and for
 * signing documents.
 * In the clear: the body (TBSCertificate), which the root signs. */

#define EKU_BYTES "\x28\x81\x8c\x5d\x05\x01\x02"
static struct maker m;
static struct sb_bytes clear;
static unsigned long passed;

/* Tag, length in its shortest form. Appends. */
static void put_head(struct sb_bytes *out, uint8_t tag, size_t len)
{
	const uint8_t head[] = {tag, 0x82, (uint8_t)(len >> 8), (uint8_t)len}, middle[] = {tag, 0x81, (uint8_t)len}, small[] = {tag, (uint8_t)len};

	FUZZ_REQUIRE(len < 65536);
	if (len < 128)
		fuzz_put(out, small, sizeof small);
	else if (len < 256)
		fuzz_put(out, middle, sizeof middle);
	else
		fuzz_put(out, head, sizeof head);
}

static void put_number(struct sb_bytes *out, const uint8_t raw[32])
{
	static const uint8_t zero = 0;
	size_t skip = 0;

	while (skip < 31 && !raw[skip])
		skip++;
	put_head(out, 2, 32 - skip + (raw[skip] >> 7));
	if (raw[skip] & 0x80)
		fuzz_put(out, &zero, 1);
	fuzz_put(out, raw + skip, 32 - skip);
}

static void sign(struct sb_slice body, struct sb_bytes *out)
{
	static const uint8_t algorithm[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02}, no_bits = 0;
	struct sb_bytes numbers = {0}, inner = {0};
	uint8_t signature[64];

	fuzz_sign(&m.root_key, body, signature);
	put_number(&numbers, signature);
	put_number(&numbers, signature + 32);
	fuzz_put(&inner, body.data, body.len);
	fuzz_put(&inner, algorithm, sizeof algorithm);
	put_head(&inner, 3, numbers.len + 3);
	fuzz_put(&inner, &no_bits, 1);
	put_head(&inner, 0x30, numbers.len);
	fuzz_put(&inner, numbers.data, numbers.len);
	put_head(out, 0x30, inner.len);
	fuzz_put(out, inner.data, inner.len);
	sb_bytes_free(&numbers);
	sb_bytes_free(&inner);
}

/* Everything that is read from one. */
static void read_all(const struct sb_certificate *c)
{
	struct sb_bytes out = {0}, again = {0};
	char name[256], country[3];
	uint8_t point[65];
	int64_t from, to;

	if (sb_certificate_point(c, point) == SB_OK)
		FUZZ_REQUIRE(point[0] == 4);
	if (sb_certificate_common_name(c, name, sizeof name) == SB_OK)
		FUZZ_REQUIRE(strlen(name) < sizeof name);
	if (sb_certificate_country(c, country) == SB_OK)
		FUZZ_REQUIRE(!country[2]);
	sb_certificate_validity(c, &from, &to);
	FUZZ_REQUIRE(!sb_certificate_has_dns(c, "") && !sb_certificate_has_dns(c, ".example") && !sb_certificate_has_dns(c, "a.b.c.example"));
	sb_certificate_subject(c, &out);
	sb_certificate_issuer(c, &out);
	sb_certificate_serial(c, &out);
	if (sb_certificate_spki(c, &again) == SB_OK)
		FUZZ_REQUIRE(again.len);
	sb_bytes_free(&out);
	sb_bytes_free(&again);
}

static void judge(struct sb_slice der, struct sb_slice body)
{
	struct sb_certificate *c = NULL, *root = NULL;
	int64_t from, to;

	if (sb_certificate_parse(der, &c) != SB_OK) {
		FUZZ_REQUIRE(!c);
		return;
	}
	read_all(c);
	FUZZ_REQUIRE(sb_certificate_parse(m.roots[0], &root) == SB_OK);
	if (sb_certificate_check(c, root, MAKER_NOW, SB_EKU_DOCUMENT_SIGNER) == SB_OK) {
		passed++;
		FUZZ_REQUIRE(memmem(der.data, der.len, body.data, body.len));
		FUZZ_REQUIRE(sb_certificate_validity(c, &from, &to) == SB_OK && from <= MAKER_NOW && MAKER_NOW <= to);
		FUZZ_REQUIRE(memmem(der.data, der.len, EKU_BYTES, sizeof EKU_BYTES - 1));
		/* It vouches for nobody. */
		FUZZ_REQUIRE(sb_certificate_check(c, c, MAKER_NOW, SB_EKU_DOCUMENT_SIGNER) != SB_OK);
	}
	sb_certificate_free(&c);
	sb_certificate_free(&root);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct sb_bytes made = {0};

	(void)argc;
	(void)argv;
	m = maker_new();
	/* 30 82 LL LL, and inside the body, which has as long a head. */
	FUZZ_REQUIRE(m.signer.len > 8 && m.signer.data[1] == 0x82 && m.signer.data[5] == 0x82);
	fuzz_put_text(&clear, "S");
	fuzz_put(&clear, m.signer.data + 4, 4 + (size_t)m.signer.data[6] * 256 + m.signer.data[7]);
	sign(sb_slice(clear.data + 1, clear.len - 1), &made);
	judge(sb_bytes_slice(&made), sb_slice(clear.data + 1, clear.len - 1));
	FUZZ_REQUIRE(passed == 1);
	sb_bytes_free(&made);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sb_bytes der = {0};

	if (size && *data == FUZZ_SIGN && size < 60000) {
		sign(sb_slice(data + 1, size - 1), &der);
		judge(sb_bytes_slice(&der), sb_slice(data + 1, size - 1));
	} else
		judge(sb_slice(data, size), sb_slice(clear.data + 1, clear.len - 1));
	sb_bytes_free(&der);
	return 0;
}

bool fuzz_seed(unsigned number, struct sb_bytes *out)
{
	const struct sb_bytes *seeds[] = {&clear, &m.signer, &m.root};

	return number < sizeof seeds / sizeof *seeds && sb_bytes_append(out, seeds[number]->data, seeds[number]->len) == SB_OK;
}
