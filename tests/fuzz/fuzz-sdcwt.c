/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "formats/jws.h"
#include "formats/sdcwt.h"
#include "formats/status_list.h"
#include "fuzz.h"
#include "software_signer.h"

/* The live QR, as text and as token, and the status list that decides on it, as CWT and as JWT, and as what a signed JWT says: nothing crashes, and what is believed was signed. */

enum { IAT = 1750000000, EXP = 1844000000 };
static struct software_signer issuer, holder;
static struct sb_bytes sdcwt, kbt, text, list, jwt_list;
static const char payload[] = "{\"sub\":\"u\",\"iat\":1,\"exp\":9,\"ttl\":2,\"status_list\":{\"bits\":1,\"lst\":\"eNrbuRgAAhcBXQ\"}}";

static void make_list(void)
{
	struct sb_status_list *l;
	const uint8_t kid[SB_KID] = {1};

	FUZZ_REQUIRE(sb_status_list_new("s://l/1", 2, 1024, &l) == SB_OK && sb_status_list_set(l, 7, SB_STATUS_INVALID) == SB_OK);
	l->iat = IAT;
	FUZZ_REQUIRE(sb_status_cwt_issue(l, kid, &issuer.signer, &list) == SB_OK);
	FUZZ_REQUIRE(sb_status_jwt_issue(l, sb_slice("certificate", 11), &issuer.signer, &jwt_list) == SB_OK);
	sb_status_list_free(&l);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct sb_sdcwt c = {.iat = IAT, .exp = EXP, .vct = 65001, .status_index = 7, .status_uri = sb_slice("s://l/1", 7),
		.claims = {{.key = -65537, .type = SB_CLAIM_TEXT, .bytes = sb_slice("홍시험", 9)}, {.key = -65541, .type = SB_CLAIM_BOOL, .number = 1}},
		.claim_count = 2};
	struct sb_kbt k = {.audience = sb_slice("any", 3), .iat = IAT, .exp = IAT + 30, .challenge = sb_slice("12345678", 8)};

	(void)argc;
	(void)argv;
	issuer = software_signer_new();
	holder = software_signer_new();
	memcpy(c.holder_point, holder.point, sizeof c.holder_point);
	FUZZ_REQUIRE(sb_sdcwt_issue(&c, &issuer.signer, &sdcwt) == SB_OK);
	k.sdcwt = sb_bytes_slice(&sdcwt);
	FUZZ_REQUIRE(sb_kbt_make(&k, &holder.signer, &kbt) == SB_OK && sb_qr_text_encode(sb_bytes_slice(&kbt), &text) == SB_OK);
	make_list();
	return 0;
}

static void as_token(struct sb_slice in)
{
	struct sb_sdcwt c;
	struct sb_kbt k;

	if (sb_kbt_parse(in, &k) != SB_OK || sb_sdcwt_parse(k.sdcwt, &c) != SB_OK)
		return;
	if (sb_sdcwt_verify(k.sdcwt, software_point(&issuer)) != SB_OK || sb_kbt_verify(in, c.holder_point) != SB_OK)
		return;
	FUZZ_REQUIRE(c.claim_count == 2 && sb_slice_equal(c.claims[0].bytes, sb_slice("홍시험", 9)) && c.exp == EXP && c.status_index == 7);
	FUZZ_REQUIRE(k.iat == IAT && k.exp == IAT + 30 && sb_slice_equal(k.challenge, sb_slice("12345678", 8)));
}

static void as_list(struct sb_slice in)
{
	struct sb_status_list *l = NULL;
	uint8_t kid[SB_KID];
	unsigned status;

	if (sb_status_cwt_parse(in, &l, kid) == SB_OK) {
		FUZZ_REQUIRE(l->size <= SB_STATUS_ENTRIES_MAX && sb_status_list_get(l, (uint64_t)l->size * 8 / l->bits, &status) == SB_E_RANGE);
		if (sb_status_cwt_verify(in, software_point(&issuer)) == SB_OK)
			FUZZ_REQUIRE(sb_status_list_get(l, 7, &status) == SB_OK && status == SB_STATUS_INVALID);
	}
	sb_status_list_free(&l);
}

static void as_jwt_list(struct sb_slice in, bool is_ours)
{
	struct sb_status_list *l = NULL;
	uint8_t kid[SB_KID];
	unsigned status;
	bool has_kid;

	if (sb_status_jwt_parse(in, &l, kid, &has_kid) == SB_OK) {
		FUZZ_REQUIRE(l->uri && l->iat > 0 && l->exp >= 0 && l->ttl >= 0 && l->size && l->size <= SB_STATUS_ENTRIES_MAX);
		FUZZ_REQUIRE(sb_status_list_get(l, (uint64_t)l->size * 8 / l->bits, &status) == SB_E_RANGE);
		if (is_ours && sb_status_jwt_verify(in, software_point(&issuer)) == SB_OK)
			FUZZ_REQUIRE(has_kid && sb_status_list_get(l, 7, &status) == SB_OK && status == SB_STATUS_INVALID);
	}
	sb_status_list_free(&l);
}

/* Behind a good signature: whatever the payload says. */
static void as_payload(struct sb_slice in)
{
	json_t *header = json_pack("{s:s}", "typ", "statuslist+jwt"), *json = sb_json_parse(in, NULL, NULL);
	struct sb_bytes token = {0};

	if (json && sb_jws_sign(header, json, &issuer.signer, &token) == SB_OK)
		as_jwt_list(sb_bytes_slice(&token), false);
	json_decref(header);
	json_decref(json);
	sb_bytes_free(&token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sb_slice in = sb_slice(data, size);
	struct sb_bytes token = {0};

	as_token(in);
	as_list(in);
	as_jwt_list(in, true);
	as_payload(in);
	if (sb_qr_text_decode(in, &token) == SB_OK)
		as_token(sb_bytes_slice(&token));
	sb_bytes_free(&token);
	return 0;
}

bool fuzz_seed(unsigned number, struct sb_bytes *out)
{
	const struct sb_bytes *seeds[] = {&kbt, &sdcwt, &text, &list, &jwt_list};

	if (number == sizeof seeds / sizeof *seeds)
		return sb_bytes_append_text(out, payload) == SB_OK;
	return number < sizeof seeds / sizeof *seeds && sb_bytes_append(out, seeds[number]->data, seeds[number]->len) == SB_OK;
}
