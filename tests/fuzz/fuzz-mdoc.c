/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "formats/mdoc_request.h"
#include "fuzz.h"
#include "mdoc_maker.h"

/* Mobile documents: nothing crashes, every refusal has a reason, and what is believed is what was issued: no change of a presentation shows
 * another value. */

static struct maker m;
static struct sb_bytes issued, response, request;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct sb_mdoc_item_request wanted = {.doctype = sb_slice(MAKER_TYPE, strlen(MAKER_TYPE)),
		.wishes = {{sb_slice("a", 1), sb_slice("x", 1), false}, {sb_slice("b", 1), sb_slice("y", 1), true}},
		.wish_count = 2};
	const struct maker_certificate c = {SB_X509_READER, "KR", "KR", MAKER_NOW - MAKER_YEAR, MAKER_NOW + MAKER_YEAR};
	struct sb_bytes der = {0};

	(void)argc;
	(void)argv;
	m = maker_new();
	maker_issue(&m, &issued);
	maker_present(&m, &issued, &response);
	maker_certificate(&m, &c, &m.device, &m.root_key, &der);
	FUZZ_REQUIRE(sb_mdoc_request_make(&wanted, sb_bytes_slice(&der), sb_bytes_slice(&m.transcript), &m.device.signer, &request) == SB_OK);
	sb_bytes_free(&der);
	return 0;
}

/* Everything that it says was said by the issuer. */
static void is_what_was_issued(const struct sb_mdoc *mdoc)
{
	static struct sb_mdoc first;
	enum sb_mdoc_fault why;

	FUZZ_REQUIRE(sb_mdoc_parse_issued(sb_bytes_slice(&issued), &first, &why) == SB_OK);
	FUZZ_REQUIRE(sb_slice_equal(mdoc->doctype, first.doctype));
	for (size_t i = 0; i < mdoc->element_count; i++) {
		const struct sb_mdoc_element *e = &mdoc->elements[i], *same = sb_mdoc_find(&first, e->name_space, e->name);

		FUZZ_REQUIRE(!e->by_device && same && sb_slice_equal(same->value, e->value));
	}
}

static void as_json(const struct sb_mdoc *mdoc)
{
	for (size_t i = 0; i < mdoc->element_count; i++)
		json_decref(sb_mdoc_value_json(mdoc->elements[i].value));
}

static void as_response(struct sb_slice in, const struct sb_mdoc_question *q)
{
	static struct sb_mdoc documents[SB_MDOC_DOCUMENTS];
	enum sb_mdoc_fault why;
	size_t count;
	int rc = sb_mdoc_parse_response(in, documents, &count, &why);

	FUZZ_REQUIRE((rc == SB_OK) == (why == SB_MDOC_FAULT_NONE) && count <= SB_MDOC_DOCUMENTS);
	for (size_t i = 0; rc == SB_OK && i < count; i++) {
		as_json(&documents[i]);
		if (sb_mdoc_verify(&documents[i], q, &why) == SB_OK)
			is_what_was_issued(&documents[i]);
		else
			FUZZ_REQUIRE(why != SB_MDOC_FAULT_NONE);
	}
}

static void as_issued(struct sb_slice in, const struct sb_mdoc_question *q)
{
	static struct sb_mdoc mdoc;
	const struct sb_mdoc_presentation p = {.issued = in, .transcript = q->transcript};
	struct sb_bytes out = {0};
	enum sb_mdoc_fault why;
	int rc = sb_mdoc_parse_issued(in, &mdoc, &why);

	FUZZ_REQUIRE((rc == SB_OK) == (why == SB_MDOC_FAULT_NONE));
	if (rc == SB_OK && sb_mdoc_verify_issued(&mdoc, q, &why) == SB_OK) {
		is_what_was_issued(&mdoc);
		FUZZ_REQUIRE(sb_mdoc_present(&p, &m.device.signer, &out) == SB_OK);
	}
	sb_bytes_free(&out);
}

static void as_request(struct sb_slice in, const struct sb_mdoc_question *q)
{
	static struct sb_mdoc_item_request requests[SB_MDOC_DOCUMENTS];
	enum sb_mdoc_fault why;
	size_t count;

	if (sb_mdoc_request_parse(in, requests, &count, &why) != SB_OK) {
		FUZZ_REQUIRE(why != SB_MDOC_FAULT_NONE);
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (sb_mdoc_verify_reader(&requests[i], q, &why) == SB_OK)
			FUZZ_REQUIRE(memmem(request.data, request.len, requests[i].items.data, requests[i].items.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct sb_mdoc_question q = maker_question(&m);

	as_response(sb_slice(data, size), &q);
	as_issued(sb_slice(data, size), &q);
	as_request(sb_slice(data, size), &q);
	return 0;
}

bool fuzz_seed(unsigned number, struct sb_bytes *out)
{
	const struct sb_bytes *seeds[] = {&response, &issued, &request, &response};

	return number < sizeof seeds / sizeof *seeds && sb_bytes_append(out, seeds[number]->data, seeds[number]->len) == SB_OK;
}
