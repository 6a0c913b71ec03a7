/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 the sinbun authors */
#include "formats/cose.h"
#include "fuzz_parts.h"

/* COSE_Sign1 in its three forms, COSE_Mac0, COSE_Key: nothing crashes, and what is verified is what was signed, with ES256 and nothing critical.
 * In the clear: a byte for the length of the protected map, the map, the payload; signed in every form. */

#define PAYLOAD "what is signed"
static struct software_signer signer;
static struct sb_bytes seeds[6];
static const uint8_t mac_key[32] = {1, 2, 3};
static const enum sb_cose_form forms[] = {SB_COSE_TAGGED, SB_COSE_BARE, SB_COSE_DETACHED};
enum { FORMS = 3 };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const uint8_t map[] = {0xa1, 0x01, 0x26}, empty[] = {0xa0};

	(void)argc;
	(void)argv;
	signer = software_signer_new();
	for (size_t i = 0; i < FORMS; i++)
		FUZZ_REQUIRE(sb_cose_sign1_make_as(forms[i], sb_slice(map, 3), sb_slice(empty, 1), fuzz_text(PAYLOAD), &signer.signer, &seeds[i]) == SB_OK);
	FUZZ_REQUIRE(sb_cose_mac0_make(SB_COSE_BARE, fuzz_text(PAYLOAD), sb_slice(mac_key, sizeof mac_key), &seeds[3]) == SB_OK);
	FUZZ_REQUIRE(sb_cose_key_put(&seeds[4], signer.point, false) == SB_OK);
	fuzz_put(&seeds[5], "S\x03\xa1\x01\x26" PAYLOAD, 5 + strlen(PAYLOAD));
	return 0;
}

static bool says(const struct sb_cbor_item *map, int64_t key)
{
	struct sb_cbor_item value;

	return sb_cbor_map_get(map, key, &value) != SB_E_NOT_FOUND;
}

/* This algorithm, in the protected map alone, and nothing that must be understood. */
static void is_in_order(const struct sb_cose_sign1 *message)
{
	struct sb_cbor_item value;
	int64_t algorithm = 0;
	uint8_t id[32];

	FUZZ_REQUIRE(!says(&message->protected_map, SB_COSE_CRIT) && !says(&message->unprotected_map, SB_COSE_CRIT));
	FUZZ_REQUIRE(sb_cbor_map_get(&message->protected_map, SB_COSE_ALG, &value) == SB_OK && sb_cbor_int(&value, &algorithm) == SB_OK);
	FUZZ_REQUIRE(algorithm == SB_COSE_ES256 && !says(&message->unprotected_map, SB_COSE_ALG));
	FUZZ_REQUIRE(sb_cose_sign1_id(message, id) == SB_OK);
}

static void as_sign1(struct sb_slice in, enum sb_cose_form form)
{
	struct sb_cose_sign1 message;

	if (sb_cose_sign1_parse_as(in, form, &message) != SB_OK)
		return;
	is_in_order(&message);
	if (form == SB_COSE_DETACHED)
		message.payload = fuzz_text(PAYLOAD);
	if (sb_cose_sign1_verify(&message, software_point(&signer)) == SB_OK)
		FUZZ_REQUIRE(sb_slice_equal(message.payload, fuzz_text(PAYLOAD)));
}

static void as_mac0(struct sb_slice in, enum sb_cose_form form)
{
	struct sb_cose_mac0 message;

	if (sb_cose_mac0_parse(in, form, &message) != SB_OK)
		return;
	if (sb_cose_mac0_verify(&message, sb_slice(mac_key, sizeof mac_key)) == SB_OK)
		FUZZ_REQUIRE(sb_slice_equal(message.payload, fuzz_text(PAYLOAD)));
}

static void as_key(struct sb_slice in)
{
	struct sb_cbor_item item;
	uint8_t point[65], same[65];
	struct sb_bytes again = {0};

	if (sb_cbor_only(in, &item) != SB_OK || sb_cose_key_read(&item, point) != SB_OK)
		return;
	for (int compressed = 0; compressed < 2; compressed++) {
		again.len = 0;
		FUZZ_REQUIRE(sb_cose_key_put(&again, point, compressed) == SB_OK && sb_cbor_only(sb_bytes_slice(&again), &item) == SB_OK);
		FUZZ_REQUIRE(sb_cose_key_read(&item, same) == SB_OK && memcmp(point, same, 65) == 0);
	}
	sb_bytes_free(&again);
}

/* What is made and can be read holds, over these bytes. */
static void sign(struct sb_slice in)
{
	static const uint8_t empty[] = {0xa0};
	size_t size = in.len ? in.data[0] % in.len : 0;
	struct sb_slice map = sb_slice(in.data + (in.len ? 1 : 0), size), payload;

	payload = in.len ? sb_slice(in.data + 1 + size, in.len - 1 - size) : in;
	for (size_t i = 0; i < FORMS; i++) {
		struct sb_bytes out = {0};
		struct sb_cose_sign1 message;

		FUZZ_REQUIRE(sb_cose_sign1_make_as(forms[i], map, sb_slice(empty, 1), payload, &signer.signer, &out) == SB_OK);
		if (sb_cose_sign1_parse_as(sb_bytes_slice(&out), forms[i], &message) == SB_OK) {
			is_in_order(&message);
			if (forms[i] == SB_COSE_DETACHED)
				message.payload = payload;
			FUZZ_REQUIRE(sb_slice_equal(message.payload, payload) && sb_cose_sign1_verify(&message, software_point(&signer)) == SB_OK);
		}
		sb_bytes_free(&out);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sb_slice in = sb_slice(data, size);

	if (size && *data == FUZZ_SIGN) {
		sign(sb_slice(data + 1, size - 1));
		return 0;
	}
	for (size_t i = 0; i < FORMS; i++) {
		as_sign1(in, forms[i]);
		as_mac0(in, forms[i]);
	}
	as_key(in);
	return 0;
}

bool fuzz_seed(unsigned number, struct sb_bytes *out)
{
	return number < sizeof seeds / sizeof *seeds && sb_bytes_append(out, seeds[number].data, seeds[number].len) == SB_OK;
}
