/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "formats/cose.h"
#include "formats/sdcwt.h"
#include "formats/status_list.h"
#include "fuzz_parts.h"
#include "mdoc_maker.h"

/* What stands behind the signatures of an mdoc, a live code and a status list, where the signer himself wrote strange things: every input is
 * signed before it is read. The first byte says what it is; nothing crashes, and what is believed is in order and shows no element that has no
 * digest of its own. */

static struct maker m;
static struct sb_bytes issued, seeds[4];
static struct sb_slice mso, spaces;
static const uint8_t kid[SB_KID] = {1, 2, 3, 4, 5, 6, 7, 8};
static unsigned long believed[4];
enum { MOBILE_DOCUMENT, ISSUER_CWT, HOLDER_CWT, STATUS_CWT };

/* {1: -7, …}: the members behind the algorithm as they come. */
static void put_protected(struct sb_bytes *out, uint64_t typ, const char *typ_text, struct sb_slice kcwt)
{
	FUZZ_REQUIRE(sb_cbor_put_head(out, SB_CBOR_MAP, 3) == SB_OK && sb_cbor_put_int(out, SB_COSE_ALG) == SB_OK && sb_cbor_put_int(out, SB_COSE_ES256) == SB_OK);
	FUZZ_REQUIRE(sb_cbor_put_int(out, kcwt.data ? SB_COSE_KCWT : SB_COSE_KID) == SB_OK);
	if (kcwt.data)
		fuzz_put(out, kcwt.data, kcwt.len);
	else
		FUZZ_REQUIRE(sb_cbor_put_bytes(out, kid, sizeof kid) == SB_OK);
	FUZZ_REQUIRE(sb_cbor_put_int(out, SB_COSE_TYP) == SB_OK);
	FUZZ_REQUIRE((typ_text ? sb_cbor_put_string(out, typ_text) : sb_cbor_put_int(out, (int64_t)typ)) == SB_OK);
}

static void make_cwt(struct sb_slice claims, uint64_t typ, const char *typ_text, struct sb_slice kcwt, const struct software_signer *by, struct sb_bytes *out)
{
	struct sb_bytes head = {0};

	put_protected(&head, typ, typ_text, kcwt);
	FUZZ_REQUIRE(sb_cose_sign1_make(sb_bytes_slice(&head), claims, &by->signer, out) == SB_OK);
	sb_bytes_free(&head);
}

/* --- the live code --- */

static struct sb_bytes good_cwt;

static void as_issuer_cwt(struct sb_slice claims)
{
	struct sb_bytes token = {0};
	struct sb_sdcwt c;

	make_cwt(claims, 293, NULL, sb_slice(NULL, 0), &m.signer_key, &token);
	if (sb_sdcwt_parse(sb_bytes_slice(&token), &c) == SB_OK) {
		believed[ISSUER_CWT]++;
		FUZZ_REQUIRE(sb_sdcwt_verify(sb_bytes_slice(&token), software_point(&m.signer_key)) == SB_OK && memcmp(c.kid, kid, SB_KID) == 0);
		FUZZ_REQUIRE(c.claim_count <= SB_SDCWT_CLAIMS_MAX && c.holder_point[0] == 4 && c.status_uri.len);
		for (size_t i = 0; i < c.claim_count; i++)
			for (size_t k = 0; k < i; k++)
				FUZZ_REQUIRE(c.claims[i].key != c.claims[k].key);
	}
	sb_bytes_free(&token);
}

static void as_holder_cwt(struct sb_slice claims)
{
	struct sb_bytes token = {0};
	struct sb_kbt k;

	make_cwt(claims, 294, NULL, sb_bytes_slice(&good_cwt), &m.device, &token);
	if (sb_kbt_parse(sb_bytes_slice(&token), &k) == SB_OK) {
		believed[HOLDER_CWT]++;
		FUZZ_REQUIRE(sb_kbt_verify(sb_bytes_slice(&token), m.device.point) == SB_OK && sb_slice_equal(k.sdcwt, sb_bytes_slice(&good_cwt)));
	}
	sb_bytes_free(&token);
}

static void as_status(struct sb_slice claims)
{
	struct sb_bytes token = {0};
	struct sb_status_list *list = NULL;
	uint8_t by[SB_KID];
	unsigned status;

	make_cwt(claims, 0, "application/statuslist+cwt", sb_slice(NULL, 0), &m.signer_key, &token);
	if (sb_status_cwt_parse(sb_bytes_slice(&token), &list, by) == SB_OK) {
		believed[STATUS_CWT]++;
		FUZZ_REQUIRE(list->size <= SB_STATUS_ENTRIES_MAX && memcmp(by, kid, SB_KID) == 0 && list->uri);
		FUZZ_REQUIRE(list->bits == 1 || list->bits == 2 || list->bits == 4 || list->bits == 8);
		FUZZ_REQUIRE(sb_status_list_get(list, (uint64_t)list->size * 8 / list->bits, &status) == SB_E_RANGE);
		FUZZ_REQUIRE(!list->size || (sb_status_list_get(list, (uint64_t)list->size * 8 / list->bits - 1, &status) == SB_OK && status < 256));
	}
	sb_status_list_free(&list);
	sb_bytes_free(&token);
}

/* --- the mobile document: nameSpaces, then the MobileSecurityObject, one behind the other --- */

static void put_pair(struct sb_bytes *out, const char *name, struct sb_slice value)
{
	FUZZ_REQUIRE(sb_cbor_put_string(out, name) == SB_OK);
	fuzz_put(out, value.data, value.len);
}

/* COSE_Sign1 with x5chain over the object in its tag. */
static void put_issuer_auth(struct sb_bytes *out, struct sb_slice object)
{
	static const uint8_t head[] = {0xa1, 0x01, 0x26};
	struct sb_bytes payload = {0}, chain = {0};

	FUZZ_REQUIRE(sb_cbor_put_embedded(&payload, object) == SB_OK);
	FUZZ_REQUIRE(sb_cbor_put_head(&chain, SB_CBOR_MAP, 1) == SB_OK && sb_cbor_put_int(&chain, SB_COSE_X5CHAIN) == SB_OK &&
		     sb_cbor_put_bytes(&chain, m.signer.data, m.signer.len) == SB_OK);
	FUZZ_REQUIRE(sb_cose_sign1_make_as(SB_COSE_BARE, sb_slice(head, sizeof head), sb_bytes_slice(&chain), sb_bytes_slice(&payload), &m.signer_key.signer,
			     out) == SB_OK);
	sb_bytes_free(&payload);
	sb_bytes_free(&chain);
}

/* Where the object holds the digest of an item as it was issued, it holds that of the item as it is: n-th item, n-th digest. */
static void mend_digests(struct sb_slice in, struct sb_bytes *object)
{
	size_t from = 0;

	for (size_t at = 0; at + 4 < in.len; at++) {
		struct sb_slice rest = sb_slice(in.data + at, in.len - at);
		struct sb_cbor_item item;
		uint8_t *place;

		if (in.data[at] != 0xd8 || in.data[at + 1] != 0x18 || sb_cbor_next(&rest, &item) != SB_OK)
			continue;
		place = from < object->len ? memmem(object->data + from, object->len - from, "\x58\x20", 2) : NULL;
		if (!place || (size_t)(object->data + object->len - place) < 34)
			return;
		FUZZ_REQUIRE(sb_sha256(item.whole.data, item.whole.len, place + 2) == SB_OK);
		from = (size_t)(place - object->data) + 34;
		at += item.whole.len - 1;
	}
}

static void show(struct sb_slice whole, const struct sb_mdoc *mdoc)
{
	const struct sb_mdoc_question q = maker_question(&m);
	static struct sb_mdoc documents[SB_MDOC_DOCUMENTS];
	struct sb_mdoc_name names[SB_MDOC_ELEMENTS];
	struct sb_mdoc_presentation p = {.issued = whole, .disclose = names, .transcript = q.transcript};
	struct sb_bytes response = {0};
	enum sb_mdoc_fault why;
	size_t count;

	for (size_t i = 0; i < mdoc->element_count && i < SB_MDOC_ELEMENTS; i += 2)
		names[p.disclose_count++] = (struct sb_mdoc_name){mdoc->elements[i].name_space, mdoc->elements[i].name};
	if (sb_mdoc_present(&p, &m.device.signer, &response) == SB_OK) {
		FUZZ_REQUIRE(sb_mdoc_parse_response(sb_bytes_slice(&response), documents, &count, &why) == SB_OK && count == 1);
		FUZZ_REQUIRE(documents[0].element_count == p.disclose_count);
		if (memcmp(mdoc->device_point, m.device.point, 65) == 0)
			FUZZ_REQUIRE(sb_mdoc_verify(&documents[0], &q, &why) == SB_OK);
		else
			FUZZ_REQUIRE(sb_mdoc_verify(&documents[0], &q, &why) != SB_OK);
	}
	sb_bytes_free(&response);
}

static void judge_document(struct sb_slice whole)
{
	const struct sb_mdoc_question q = maker_question(&m);
	static struct sb_mdoc mdoc;
	enum sb_mdoc_fault why;
	int rc = sb_mdoc_parse_issued(whole, &mdoc, &why);

	FUZZ_REQUIRE((rc == SB_OK) == (why == SB_MDOC_FAULT_NONE));
	if (rc != SB_OK || sb_mdoc_verify_issued(&mdoc, &q, &why) != SB_OK)
		return;
	believed[MOBILE_DOCUMENT]++;
	FUZZ_REQUIRE(mdoc.doctype.len && mdoc.element_count <= SB_MDOC_ELEMENTS && mdoc.device_point[0] == 4);
	for (size_t i = 0; i < mdoc.element_count; i++) {
		FUZZ_REQUIRE(sb_mdoc_find(&mdoc, mdoc.elements[i].name_space, mdoc.elements[i].name) == &mdoc.elements[i]);
		json_decref(sb_mdoc_value_json(mdoc.elements[i].value));
	}
	show(whole, &mdoc);
}

static void as_document(struct sb_slice in)
{
	struct sb_bytes whole = {0}, object = {0};
	struct sb_cbor_item first;
	struct sb_slice rest = in;

	if (sb_cbor_next(&rest, &first) != SB_OK)
		return;
	fuzz_put(&object, rest.data, rest.len);
	mend_digests(first.whole, &object);
	FUZZ_REQUIRE(sb_cbor_put_head(&whole, SB_CBOR_MAP, 2) == SB_OK);
	put_pair(&whole, "nameSpaces", first.whole);
	FUZZ_REQUIRE(sb_cbor_put_string(&whole, "issuerAuth") == SB_OK);
	put_issuer_auth(&whole, sb_bytes_slice(&object));
	judge_document(sb_bytes_slice(&whole));
	sb_bytes_free(&whole);
	sb_bytes_free(&object);
}

/* --- good ones --- */

static struct sb_slice member(const struct sb_cbor_item *map, const char *name)
{
	struct sb_slice inside = sb_cbor_enter(map);
	struct sb_cbor_item key, value;

	while (inside.len) {
		FUZZ_REQUIRE(sb_cbor_next(&inside, &key) == SB_OK && sb_cbor_next(&inside, &value) == SB_OK);
		if (sb_cbor_text_is(&key, name))
			return value.whole;
	}
	abort();
}

static void make_document(void)
{
	struct sb_cbor_item map, tag, inside;
	struct sb_cose_sign1 message;

	maker_issue(&m, &issued);
	FUZZ_REQUIRE(sb_cbor_only(sb_bytes_slice(&issued), &map) == SB_OK);
	spaces = member(&map, "nameSpaces");
	FUZZ_REQUIRE(sb_cose_sign1_parse_as(member(&map, "issuerAuth"), SB_COSE_BARE, &message) == SB_OK);
	FUZZ_REQUIRE(sb_cbor_only(message.payload, &tag) == SB_OK && sb_cbor_embedded(&tag, &inside) == SB_OK);
	mso = inside.whole;
	fuzz_put_text(&seeds[MOBILE_DOCUMENT], "0");
	fuzz_put(&seeds[MOBILE_DOCUMENT], spaces.data, spaces.len);
	fuzz_put(&seeds[MOBILE_DOCUMENT], mso.data, mso.len);
}

static void keep_payload(unsigned at, const struct sb_bytes *token)
{
	struct sb_cose_sign1 message;
	char name[2] = {(char)('0' + at), 0};

	FUZZ_REQUIRE(sb_cose_sign1_parse(sb_bytes_slice(token), &message) == SB_OK);
	fuzz_put_text(&seeds[at], name);
	fuzz_put(&seeds[at], message.payload.data, message.payload.len);
}

static void make_cwts(void)
{
	struct sb_sdcwt c = {.iat = MAKER_NOW, .exp = MAKER_NOW + 1000, .vct = 65001, .status_index = 7, .status_uri = sb_slice("s://l/1", 7),
		.claims = {{.key = -65537, .type = SB_CLAIM_TEXT, .bytes = sb_slice("홍시험", 9)}, {.key = -65541, .type = SB_CLAIM_BOOL, .number = 1}},
		.claim_count = 2};
	struct sb_kbt k = {.audience = sb_slice("any", 3), .iat = MAKER_NOW, .exp = MAKER_NOW + 30, .challenge = sb_slice("12345678", 8)};
	struct sb_bytes kbt = {0}, token = {0};
	struct sb_status_list *list;

	memcpy(c.holder_point, m.device.point, 65);
	memcpy(c.kid, kid, sizeof kid);
	FUZZ_REQUIRE(sb_sdcwt_issue(&c, &m.signer_key.signer, &good_cwt) == SB_OK);
	k.sdcwt = sb_bytes_slice(&good_cwt);
	FUZZ_REQUIRE(sb_kbt_make(&k, &m.device.signer, &kbt) == SB_OK);
	FUZZ_REQUIRE(sb_status_list_new("s://l/1", 2, 1024, &list) == SB_OK);
	list->iat = MAKER_NOW;
	FUZZ_REQUIRE(sb_status_cwt_issue(list, kid, &m.signer_key.signer, &token) == SB_OK);
	keep_payload(ISSUER_CWT, &good_cwt);
	keep_payload(HOLDER_CWT, &kbt);
	keep_payload(STATUS_CWT, &token);
	sb_status_list_free(&list);
	sb_bytes_free(&kbt);
	sb_bytes_free(&token);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	m = maker_new();
	make_document();
	make_cwts();
	for (size_t i = 0; i < 4; i++) {
		LLVMFuzzerTestOneInput(seeds[i].data, seeds[i].len);
		FUZZ_REQUIRE(believed[i] == 1);
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const kinds[])(struct sb_slice) = {as_document, as_issuer_cwt, as_holder_cwt, as_status};

	if (size && *data >= '0' && *data < '4')
		kinds[*data - '0'](sb_slice(data + 1, size - 1));
	return 0;
}

bool fuzz_seed(unsigned number, struct sb_bytes *out)
{
	return number < sizeof seeds / sizeof *seeds && sb_bytes_append(out, seeds[number].data, seeds[number].len) == SB_OK;
}
